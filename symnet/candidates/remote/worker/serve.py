"""Answers requests about one framework, a line of JSON each, until its input ends: `python serve.py theano`.

Arrays travel as their bytes. The first line that it writes is `{"version": …}`. A request is either
{"values": NAME, "arrays": [...], "options": {...}}, for a row of the framework's VALUES, from arrays to arrays, or
{"steps": [...], "answers": [...], "arrays": [...]}: tensors 0, 1, … are the arrays, and every step adds some:
{"call": NAME, "of": [...]} one, by a row of FUNCTIONS (of tensors {"tensor": k} and numbers), and
{"gradients": [...], "above": [...], "by": [...]} those of sum above output by each tensor. An error is {"error": …}.
"""

import base64
import importlib
import json
import os
import sys
from typing import Any, Dict, List

import numpy as np


def packed(array: Any) -> Dict[str, Any]:
    array = np.asarray(array, order="C")
    text = base64.b64encode(array.tobytes()).decode("ascii")
    return {"dtype": array.dtype.str, "shape": array.shape, "bytes": text}


def unpacked(data: Dict[str, Any]) -> Any:
    flat = np.frombuffer(base64.b64decode(data["bytes"]), dtype=np.dtype(data["dtype"]))
    return flat.reshape(data["shape"]).copy()


def follow(framework: Any, arrays: List[Any], steps: List[Dict[str, Any]], answers: List[int]) -> List[Any]:
    tensors = [framework.tensor(a) for a in arrays]
    given = list(tensors)

    def value(data: Any) -> Any:
        return tensors[data["tensor"]] if isinstance(data, dict) else data

    for step in steps:
        if "call" in step:
            tensors.append(framework.FUNCTIONS[step["call"]](*map(value, step["of"])))
        else:
            groups = [list(map(value, step[name])) for name in ("gradients", "above", "by")]
            tensors.extend(framework.gradients(*groups))
    return framework.numbers(given, arrays, [tensors[k] for k in answers])


def answer(framework: Any, request: Dict[str, Any]) -> Dict[str, Any]:
    arrays = [unpacked(a) for a in request["arrays"]]
    try:
        if "values" in request:
            made = framework.VALUES[request["values"]](*arrays, **request["options"])
        else:
            made = follow(framework, arrays, request["steps"], request["answers"])
    except Exception as error:  # whatever the framework raises
        return {"error": "{}: {}".format(type(error).__name__, str(error).strip().split("\n")[0])}
    return {"arrays": [packed(a) for a in made]}


def main() -> None:
    """What the framework itself prints goes to the standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    framework = importlib.import_module("of_" + sys.argv[1])
    print(json.dumps({"version": framework.VERSION}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(framework, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()

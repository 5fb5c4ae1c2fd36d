"""An engine whose tensors live in another process: what a function does is recorded, sent, and evaluated there.

The interpreter is the one that SYMNET_THEANO_PYTHON and the like name; with it runs `worker/serve.py`, which says how
requests look.
"""

import atexit
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import Engine, Function, taking
from symnet.candidates.remote.worker.serve import packed, unpacked
from symnet.errors import SymnetError

__all__ = ["Remote", "function"]

_SERVE = Path(__file__).parent / "worker" / "serve.py"


@dataclass(frozen=True)
class Remote(Engine):
    """A framework in a process of its own, which starts when it is first asked.

    python: the version that it wants. packages: what pip installs there.
    """

    framework: str
    python: str
    packages: str

    @property
    def version(self) -> str:
        """Of the framework. Raises SymnetError where there is no interpreter with it."""
        return _process(self).version

    def values(self, function: str, /, *arrays: Any, **options: Any) -> list[Any]:
        """Arrays from arrays, by a function of the worker."""
        return _process(self).ask({"values": function, "options": options}, arrays)

    def running(self, x: Any) -> dict[str, Any]:
        """What a batch normalization does to statistics of 0 and 1, beside its answer to x."""
        mean, variance = self.values("running", x)
        return {"running_mean": mean, "running_variance": variance}

    # As an Engine

    def pair(self, forward: Function, wrt: Sequence[int], outputs: int) -> Function:
        def both(*arguments: Any) -> tuple[Any, ...]:
            inputs, above = arguments[:-outputs], arguments[-outputs:]
            out = forward(*inputs)
            outs = out if isinstance(out, tuple) else (out,)
            return (*outs, *outs[0].steps.gradients(outs, above, [inputs[k] for k in wrt]))

        return both

    def numbers(self, function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        """Arrays of no dimension are numbers of the program itself."""
        sent = [np.asarray(a) for a in arrays if np.ndim(a)]
        steps = _Steps(len(sent))
        tensors = (_Tensor(steps, k) for k in range(len(sent)))
        answers = function(*(next(tensors) if np.ndim(a) else float(a) for a in arrays))
        wanted = answers if isinstance(answers, tuple) else (answers,)
        return _process(self).ask({"steps": steps.made, "answers": [t.number for t in wanted]}, sent)

    def exact(self, function: Function) -> Function | None:
        return None


def function(name: str, *parameters: str) -> Function:
    """The worker's function of that name, with names for its parameters; the first one is a tensor."""
    return taking(parameters, lambda *arguments: arguments[0].steps.call(name, arguments))


@dataclass
class _Steps:
    """A program for the worker. count: how many tensors there are."""

    count: int
    made: list[dict[str, Any]] = field(default_factory=list)

    def call(self, name: str, arguments: Sequence[Any]) -> "_Tensor":
        return self._add({"call": name, "of": _told(arguments)}, 1)[0]

    def gradients(self, outputs: Sequence[Any], above: Sequence[Any], by: Sequence[Any]) -> list["_Tensor"]:
        return self._add({"gradients": _told(outputs), "above": _told(above), "by": _told(by)}, len(by))

    def _add(self, step: dict[str, Any], answers: int) -> list["_Tensor"]:
        self.made.append(step)
        self.count += answers
        return [_Tensor(self, self.count - answers + k) for k in range(answers)]


@dataclass(frozen=True)
class _Tensor:
    """A value of the program."""

    steps: _Steps
    number: int


def _told(arguments: Sequence[Any]) -> list[Any]:
    return [{"tensor": a.number} if isinstance(a, _Tensor) else float(a) for a in arguments]


class _Process:
    def __init__(self, remote: Remote, interpreter: str) -> None:
        self.remote = remote
        self.errors = TemporaryFile("w+")  # noqa: SIM115 (open as long as the process is)
        command = [interpreter, str(_SERVE), remote.framework]
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
            )
        except OSError as error:
            self.errors.close()
            said = f"{_variable(remote)} is {interpreter!r}, which cannot be run: {error.strerror}"
            raise SymnetError(said) from error
        atexit.register(self.close)
        self.version: str = self._read()["version"]

    def ask(self, request: Mapping[str, Any], arrays: Sequence[Any]) -> list[Any]:
        """Raises RuntimeError with what the framework raised."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({**request, "arrays": [packed(a) for a in arrays]}) + "\n")
        self.process.stdin.flush()
        answer = self._read()
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return [unpacked(a) for a in answer["arrays"]]

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            said = self.errors.read().strip().splitlines() or ["it says nothing"]
            self.close()
            _process.cache_clear()  # who asks again gets a new one
            raise SymnetError(f"{self.remote.framework} ended in its own process: {said[-1]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            if stream is not None:
                stream.close()
        self.process.wait()


def _variable(remote: Remote) -> str:
    return f"SYMNET_{remote.framework.upper()}_PYTHON"


@cache
def _process(remote: Remote) -> _Process:
    interpreter = os.environ.get(_variable(remote))
    if not interpreter:
        raise SymnetError(
            f"{remote.framework} wants a Python {remote.python} of its own: make a virtual environment with it, "
            f"pip install {remote.packages} there, and let {_variable(remote)} name its python"
        )
    return _Process(remote, interpreter)

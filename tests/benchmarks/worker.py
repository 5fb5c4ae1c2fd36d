"""One peer in a process of its own: `PYTHON -m tests.benchmarks.worker COLUMN WORKLOAD DEPTH WIDTH OBJECTS`.

It answers in lines of JSON: what building took, then, for every number of repetitions on standard input, the
shortest time of one.
"""

import json
import os
import sys
from time import perf_counter, process_time
from typing import Any

import numpy as np

from tests.benchmarks.peers import module_of
from tests.benchmarks.timing import megabytes

__all__ = ["values_of"]

LONG = 1e-3  # what takes longer on one processor is interrupted by others: its own seconds count
AGAIN, QUICK = 5, 1.0  # how often what takes fewer seconds is built again, for the smallest time


def values_of(workload: str, depth: int, n: int, m: int) -> dict[str, Any]:
    """Random data and parameters, the same in every process; a name of the chain is a number."""
    rng = np.random.default_rng(7)
    if workload == "chain":
        values: dict[str, Any] = {"x": rng.normal(size=m), "y": rng.normal(size=m)}
        for layer in range(1, depth + 1):
            values[f"w{layer}"], values[f"v{layer}"] = np.array(rng.uniform(0.5, 1.5)), np.array(rng.normal())
        return values | {"a": np.array(rng.uniform(0.5, 1.5)), "b": np.array(rng.normal())}
    values = {"x": rng.normal(size=(m, n)), "y": rng.normal(size=(m, n))}
    for layer in range(1, depth + 1):
        values[f"W{layer}"] = rng.normal(size=(n, n)) / np.sqrt(n)
        values[f"a{layer}"], values[f"b{layer}"] = rng.uniform(0.5, 1.5, n), rng.normal(size=n)
    return values


def main(column: str, workload: str, depth: int, n: int, m: int) -> None:
    if "SYMNET_ONE_PROCESSOR" in os.environ and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the only limit that XLA respects
    module = module_of(column)
    build = module.COLUMNS[column][workload]
    if not getattr(module, "COLD", False):
        build(values_of(workload, 1, 2, 3), 1)  # imports, and what is compiled once for all
    values = values_of(workload, depth, n, m)
    built = build(values, depth)
    derive, compile_time = built.derive, built.compile
    for _ in range(AGAIN):
        if derive + compile_time > QUICK:
            break
        built = build(values, depth)
        derive, compile_time = min(derive, built.derive), min(compile_time, built.compile)
    loss, gradients = built.run()
    slopes = np.concatenate([np.ravel(np.asarray(g, dtype=float)) for g in gradients])
    answer = {
        "derive": derive,
        "compile": compile_time,
        "operations": built.operations,
        "memory": megabytes(),
        "loss": float(np.asarray(loss).item()),
        "size": float(np.abs(slopes).sum()),
    }
    print(json.dumps(answer), flush=True)
    clock = perf_counter
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = clock()
            built.run()
            times.append(clock() - start)
        print(json.dumps(min(times)), flush=True)
        if "SYMNET_ONE_PROCESSOR" in os.environ and min(times) > LONG:
            clock = process_time


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))

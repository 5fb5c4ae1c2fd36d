"""The peers of the benchmark, a module for each: how one derives, compiles and runs the two workloads.

A module names the packages it NEEDS and its COLUMNS: a title, and the functions that build `chain` (the lecture's
normalized chain, one neuron a layer) and `mlp` (a normalized network) from {name: array}. It imports its packages
inside these functions, and nothing of symnet but `symnet_peer`, so that any interpreter that has them can run it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from resource import RUSAGE_CHILDREN, getrusage
from time import process_time
from types import ModuleType
from typing import Any

__all__ = ["EPS", "NAMES", "Built", "Stopwatch", "differentiated", "installed", "module_of"]

MODULES = {
    "symnet": "symnet_peer",
    "symnet scalar": "symnet_peer",
    "by hand": "hand_peer",
    "PyTorch": "torch_peer",
    "PyTorch composed": "torch_peer",
    "JAX": "jax_peer",
    "PyTensor": "pytensor_peer",
    "CasADi MX": "casadi_peer",
    "CasADi SX": "casadi_peer",
    "SymEngine": "symengine_peer",
    "SymPy": "sympy_peer",
    "SymPy cse": "sympy_peer",
}
NAMES = tuple(MODULES)
EPS = 1e-5  # beside the variances; without it the gradients by weights of a normalized chain are 0


@dataclass(frozen=True)
class Built:
    """run: returns the loss and a list of gradients, those of `differentiated`. derive, compile: seconds.

    operations: as the peer itself counts them (scalars for scalar programs, whole arrays for others).
    """

    run: Callable[[], tuple[Any, list[Any]]]
    derive: float
    compile: float
    operations: int | None = None


class Stopwatch:
    """Seconds of the processor since the last reading, those of a compiler that was started included."""

    def __init__(self) -> None:
        self.last = self._now()

    def __call__(self) -> float:
        before, self.last = self.last, self._now()
        return self.last - before

    @staticmethod
    def _now() -> float:
        children = getrusage(RUSAGE_CHILDREN)
        return process_time() + children.ru_utime + children.ru_stime


def differentiated(values: Mapping[str, Any]) -> list[str]:
    """The names a gradient is taken by: all but the data."""
    return [name for name in values if name not in ("x", "y")]


def module_of(column: str) -> ModuleType:
    return import_module(f"{__name__}.{MODULES[column]}")


def installed(column: str) -> bool:
    return all(find_spec(name) is not None for name in module_of(column).NEEDS)

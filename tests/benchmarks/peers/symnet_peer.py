"""symnet: equations, their gradient as equations, and source for arrays or for single numbers."""

from collections.abc import Callable
from typing import Any

from symnet.differentiate import gradient
from symnet.equations import Derivation, size
from symnet.expressions import rewrite
from symnet.numeric.compile import compile_numpy
from symnet.operations import Call, call
from tests.benchmarks.mlp import EPS, normalized_mlp
from tests.benchmarks.peers import Built, Stopwatch, differentiated
from tests.builders import M, normalized_chain

NEEDS = ("symnet",)


def _concrete(node: Any) -> Any:
    return call("tanh", *node.args) if isinstance(node, Call) and node.operation.abstract else None


def tanh_chain(depth: int) -> Derivation:
    return normalized_chain(depth, EPS).map(lambda rhs: rewrite(rhs, _concrete))


def _vector(network: Callable[[], Derivation], values: dict[str, Any]) -> Built:
    names = differentiated(values)
    watch = Stopwatch()
    derived = gradient(network(), "L", names)
    derive = watch()
    compiled = compile_numpy(derived, ["L", *(f"dL_d{name}" for name in names)], style="numpy")
    compile_time = watch()
    workspace: dict[str, Any] = {}

    def run() -> tuple[Any, list[Any]]:
        loss, *gradients = compiled(workspace, **values).values()
        return loss, gradients

    operations = sum(line.lstrip()[:1] not in ("#", "") for line in compiled.source.splitlines()[4:])
    return Built(run, derive, compile_time, operations)


def _scalar(network: Callable[[], Derivation], values: dict[str, Any], sizes: dict[Any, int]) -> Built:
    names = differentiated(values)
    watch = Stopwatch()
    derived = gradient(network(), "L", names).instantiate(sizes)
    derive = watch()
    where = {f"{n}{''.join(f'_{k + 1}' for k in at)}": float(u) for n in values for at, u in _elements(values[n])}
    slopes = [f"dL_d{name}" for name in where if f"dL_d{name}" in derived]
    compiled = compile_numpy(derived, ["L", *slopes], style="scalar")
    compile_time = watch()
    given = {argument.spelling: where[argument.name] for argument in compiled.arguments}

    def run() -> tuple[Any, list[Any]]:
        result = compiled.function(**given)
        return result["L"], [result[name] for name in slopes]

    operations = sum(map(compiled.source.count, (" + ", " - ", " * ", " / ", "sqrt(", "tanh(")))
    return Built(run, derive, compile_time, operations)


def _elements(array: Any) -> Any:
    from numpy import ndenumerate

    return ndenumerate(array)


def chain(values: dict[str, Any], depth: int) -> Built:
    return _vector(lambda: tanh_chain(depth), values)


def mlp(values: dict[str, Any], depth: int) -> Built:
    return _vector(lambda: normalized_mlp(depth), values)


def scalar_chain(values: dict[str, Any], depth: int) -> Built:
    return _scalar(lambda: tanh_chain(depth), values, {M: len(values["x"])})


def scalar_mlp(values: dict[str, Any], depth: int) -> Built:
    m, n = values["x"].shape
    return _scalar(lambda: normalized_mlp(depth), values, {size("m"): m, size("n"): n})


COLUMNS = {"symnet": {"chain": chain, "mlp": mlp}, "symnet scalar": {"chain": scalar_chain, "mlp": scalar_mlp}}

"""CasADi: a graph of scalars (SX) or of matrices (MX), run by its virtual machine."""

from typing import Any

from tests.benchmarks.peers import EPS, Built, Stopwatch, differentiated

NEEDS = ("casadi",)


def _built(values: dict[str, Any], kind: str, loss_of: Any, depth: int) -> Built:
    import casadi
    import numpy as np

    make = getattr(casadi, kind).sym
    arrays = {name: value.reshape(1, -1) if value.ndim == 1 else value for name, value in values.items()}
    for name in ("x", "y"):
        if values[name].ndim == 1:
            arrays[name] = values[name].reshape(-1, 1)
    watch = Stopwatch()
    data = {name: make(name, *np.atleast_2d(array).shape) for name, array in arrays.items()}
    loss = loss_of(casadi, data, depth)
    gradients = [casadi.gradient(loss, data[name]) for name in differentiated(values)]
    derive = watch()
    function = casadi.Function("f", list(data.values()), [loss, *gradients])
    compile_time = watch()
    given = [casadi.DM(np.atleast_2d(array)) for array in arrays.values()]

    def run() -> tuple[Any, list[Any]]:
        value, *slopes = function.call(given)
        return value, slopes

    return Built(run, derive, compile_time, function.n_instructions())


def _chain(casadi: Any, data: dict[str, Any], depth: int) -> Any:
    h = data["x"]
    m = h.shape[0]
    for layer in range(1, depth + 1):
        z = data[f"w{layer}"] * casadi.tanh(h) + data[f"v{layer}"]
        centred = z - casadi.sum1(z) / m
        h = data["a"] * centred / casadi.sqrt(casadi.sumsqr(centred) / m + EPS) + data["b"]
    return casadi.sumsqr(h - data["y"])


def _mlp(casadi: Any, data: dict[str, Any], depth: int) -> Any:
    h = data["x"]
    m = h.shape[0]
    for layer in range(1, depth + 1):
        z = casadi.mtimes(h, data[f"W{layer}"])
        centred = z - casadi.repmat(casadi.sum1(z) / m, m, 1)
        slope = data[f"a{layer}"] / casadi.sqrt(casadi.sum1(centred**2) / m + EPS)
        h = casadi.tanh(casadi.repmat(slope, m, 1) * centred + casadi.repmat(data[f"b{layer}"], m, 1))
    return casadi.sumsqr(h - data["y"]) / m


def _columns(kind: str) -> dict[str, Any]:
    return {
        "chain": lambda values, depth: _built(values, kind, _chain, depth),
        "mlp": lambda values, depth: _built(values, kind, _mlp, depth),
    }


COLUMNS = {"CasADi MX": _columns("MX"), "CasADi SX": _columns("SX")}

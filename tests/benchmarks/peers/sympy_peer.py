"""Plain SymPy: diff and lambdify, without and with cse."""

from typing import Any

from tests.benchmarks.peers import Built, Stopwatch, differentiated
from tests.benchmarks.peers.forward import scalar_chain

NEEDS = ("sympy",)


def _chain(values: dict[str, Any], depth: int, cse: bool) -> Built:
    import sympy

    names = differentiated(values)
    watch = Stopwatch()
    symbols = {name: sympy.Symbol(name) for name in names}
    loss = scalar_chain(values, depth, symbols, sympy.tanh, sympy.sqrt)
    gradients = [loss.diff(symbols[name]) for name in names]
    derive = watch()
    function = sympy.lambdify(list(symbols.values()), [loss, *gradients], "math", cse=cse)
    compile_time = watch()
    point = [float(values[name]) for name in names]

    def run() -> tuple[Any, list[Any]]:
        value, *slopes = function(*point)
        return value, slopes

    return Built(run, derive, compile_time, int(sum(e.count_ops() for e in (loss, *gradients))))


COLUMNS = {
    "SymPy": {"chain": lambda values, depth: _chain(values, depth, False)},
    "SymPy cse": {"chain": lambda values, depth: _chain(values, depth, True)},
}

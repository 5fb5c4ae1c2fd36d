"""SymEngine: SymPy's way in C++, its gradient compiled with common subexpressions taken out."""

from typing import Any

from tests.benchmarks.peers import Built, Stopwatch, differentiated
from tests.benchmarks.peers.forward import scalar_chain

NEEDS = ("symengine",)


def chain(values: dict[str, Any], depth: int) -> Built:
    import numpy as np
    import symengine

    names = differentiated(values)
    watch = Stopwatch()
    symbols = {name: symengine.Symbol(name) for name in names}
    loss = scalar_chain(values, depth, symbols, symengine.tanh, symengine.sqrt)
    gradients = [loss.diff(symbols[name]) for name in names]
    derive = watch()
    function = symengine.Lambdify(list(symbols.values()), [loss, *gradients], cse=True)
    compile_time = watch()
    point = np.array([float(values[name]) for name in names])

    def run() -> tuple[Any, list[Any]]:
        value, *slopes = function(point)
        return value, slopes

    return Built(run, derive, compile_time)


COLUMNS = {"SymEngine": {"chain": chain}}

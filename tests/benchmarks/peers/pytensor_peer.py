"""PyTensor: a symbolic graph, its gradient, and the function it compiles."""

from typing import Any

from tests.benchmarks.peers import Built, Stopwatch, differentiated
from tests.benchmarks.peers.forward import chain_loss, mlp_loss

NEEDS = ("pytensor",)
COLD = True  # numba compiles every graph anew: warming up would take as long again


def _built(values: dict[str, Any], loss_of: Any, depth: int) -> Built:
    import pytensor
    import pytensor.tensor as pt

    names = differentiated(values)
    watch = Stopwatch()
    data = {name: pt.tensor(name, dtype="float64", shape=value.shape) for name, value in values.items()}
    loss = loss_of(data, depth, pt.tanh, pt.sqrt)
    gradients = pytensor.grad(loss, [data[name] for name in names])
    derive = watch()
    function = pytensor.function([data[name] for name in values], [loss, *gradients])
    function.trust_input = True
    given = list(values.values())
    function(*given)  # what is compiled at the first call
    compile_time = watch()

    def run() -> tuple[Any, list[Any]]:
        value, *slopes = function(*given)
        return value, slopes

    return Built(run, derive, compile_time, len(function.maker.fgraph.toposort()))


def chain(values: dict[str, Any], depth: int) -> Built:
    return _built(values, chain_loss, depth)


def mlp(values: dict[str, Any], depth: int) -> Built:
    return _built(values, mlp_loss, depth)


COLUMNS = {"PyTensor": {"chain": chain, "mlp": mlp}}

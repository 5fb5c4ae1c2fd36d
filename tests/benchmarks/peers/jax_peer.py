"""JAX: value_and_grad of the forward program, compiled by XLA."""

from typing import Any

from tests.benchmarks.peers import Built, Stopwatch, differentiated
from tests.benchmarks.peers.forward import chain_loss, mlp_loss

NEEDS = ("jax",)


def _built(values: dict[str, Any], loss_of: Any, depth: int) -> Built:
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    data = {name: jnp.asarray(value) for name, value in values.items()}
    fixed = {name: data.pop(name) for name in ("x", "y")}
    names = differentiated(values)
    watch = Stopwatch()
    both = jax.jit(jax.value_and_grad(lambda p, d: loss_of({**p, **d}, depth, jnp.tanh, jnp.sqrt)))
    lowered = both.lower(data, fixed)
    derive = watch()
    program = lowered.compile()
    compile_time = watch()

    def run() -> tuple[Any, list[Any]]:
        loss, gradients = jax.block_until_ready(program(data, fixed))
        return loss, [gradients[name] for name in names]

    return Built(run, derive, compile_time, lowered.as_text().count(" = "))


def chain(values: dict[str, Any], depth: int) -> Built:
    return _built(values, chain_loss, depth)


def mlp(values: dict[str, Any], depth: int) -> Built:
    return _built(values, mlp_loss, depth)


COLUMNS = {"JAX": {"chain": chain, "mlp": mlp}}

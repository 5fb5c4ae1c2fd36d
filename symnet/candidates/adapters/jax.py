"""JAX: the functions of jax.nn and jax.numpy, in float64; flax and optax build on its engine."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import Beside, Engine, Function, Table, forward_only, layer, merged, require
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec
from symnet.candidates.tracing.jax_graph import recorded

__all__ = ["ENGINE", "ROWS", "preset", "row"]


def preset(name: str, spec: Spec) -> Candidate:
    """`jax:relu` and the like. Raises SymnetError for what it does not have, and without JAX."""
    ENGINE.start()
    return row_of(Table("jax", "jax", ROWS), name, spec)


class _Engine(Engine):
    def pair(self, forward: Function, wrt: Sequence[int], outputs: int) -> Function:
        def both(*arguments: Any) -> tuple[Any, ...]:
            jax = import_module("jax")
            inputs, above = arguments[:-outputs], arguments[-outputs:]

            def of_chosen(*chosen: Any) -> Any:
                whole = list(inputs)
                for k, value in zip(wrt, chosen, strict=True):
                    whole[k] = value
                return forward(*whole)

            out, backward = jax.vjp(of_chosen, *(inputs[k] for k in wrt))
            outs = out if isinstance(out, tuple) else (out,)
            above = tuple(jax.numpy.asarray(a, dtype=o.dtype) for a, o in zip(above, outs, strict=True))
            return (*outs, *backward(above if isinstance(out, tuple) else above[0]))

        return both

    def numbers(self, function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        jax = import_module("jax")
        with jax.enable_x64(True):
            answers = function(*(jax.numpy.asarray(a) if np.ndim(a) else float(a) for a in arrays))
            return [np.asarray(a) for a in (answers if isinstance(answers, tuple) else (answers,))]

    def exact(self, function: Function) -> Function | None:
        return recorded(function)

    def start(self) -> None:
        require("jax", "jax jaxlib")

    def source(self) -> Any:
        return import_module("jax").random.key(1)


ENGINE = _Engine()


def row(
    framework: str, name: str, spec: str, forward: Function, beside: Beside | None = None
) -> tuple[str, dict[str, Callable[[Spec], Candidate]]]:
    """One preset of this engine."""
    return name, {spec: lambda wanted: layer(ENGINE, f"{framework}:{name}", forward, wanted, beside)}


def _function(module: str, name: str) -> Function:
    return lambda x: getattr(import_module(module), name)(x)


def _initializer(name: str) -> Callable[[Spec], Candidate]:
    def draw(inputs: int, outputs: int) -> dict[str, Any]:
        jax = import_module("jax")
        with jax.enable_x64(True):
            made = getattr(jax.nn.initializers, name)(dtype=float)(jax.random.PRNGKey(1), (inputs, outputs))
            return {"weights": np.asarray(made)}

    return lambda spec: forward_only(f"jax:{name}", draw, spec)


_INITIALIZERS = (
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
)  # fmt: skip
_NN = ("relu", "leaky_relu", "elu", "selu", "gelu", "sigmoid", "softplus", "softmax", "relu6", "hard_sigmoid")
_NUMPY = ("tanh", "exp", "log", "sqrt", "abs")

ROWS = merged(
    (
        *(row("jax", name, name, _function("jax.nn", name)) for name in _NN),
        row("jax", "hard_tanh", "hardtanh", _function("jax.nn", "hard_tanh")),
        *(row("jax", name, name, _function("jax.numpy", name)) for name in _NUMPY),
        row("jax", "clip", "hardtanh", lambda x: import_module("jax.numpy").clip(x, -1, 1)),
        *((name, {name: _initializer(name)}) for name in _INITIALIZERS),
    )
)

"""optax: losses, as the mean over what it gives for each element or object, and optimizers."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import Function, Step, Table, merged, optimizer, require
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.adapters.jax import row
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["ROWS", "preset"]


def preset(name: str, spec: Spec) -> Candidate:
    """`optax:adam` and the like. Raises SymnetError for what it does not have, and without optax."""
    require("optax", "optax")
    return row_of(Table("optax", "optax", ROWS), name, spec)


def _loss(name: str) -> Function:
    return lambda prediction, target: getattr(import_module("optax"), name)(prediction, target).mean()


def _optimizer(name: str, **fixed: Any) -> Callable[[Spec], Candidate]:
    """What each setting of a spec is called by optax: gamma is its momentum, rho its decay."""

    def start(x: Any, **settings: float) -> Step:
        optax, jax = import_module("optax"), import_module("jax")
        names = {"gamma": "momentum", "beta1": "b1", "beta2": "b2", "rho": "decay"}
        told = {names.get(h, h): value for h, value in settings.items()}

        def rule(rate: float) -> Any:
            return getattr(optax, name)(rate, **told, **fixed)

        with jax.enable_x64(True):
            place = jax.numpy.asarray(x)
            state = rule(1.0).init(place)

        def step(gradient: Any, rate: float) -> Any:
            nonlocal place, state
            with jax.enable_x64(True):
                change, state = rule(rate).update(jax.numpy.asarray(gradient), state)
                place = optax.apply_updates(place, change)
                return np.asarray(place)

        return step

    return lambda spec: optimizer(f"optax:{name}", start, spec)


_LOSSES = {
    "squared_error": "mse", "l2_loss": "half_mse", "huber_loss": "huber", "softmax_cross_entropy": "cross_entropy",
    "hinge_loss": "hinge",
}  # fmt: skip

ROWS = merged(
    (
        *(row("optax", name, spec, _loss(name)) for name, spec in _LOSSES.items()),
        ("sgd", dict.fromkeys(("sgd", "momentum"), _optimizer("sgd")) | {"nesterov": _optimizer("sgd", nesterov=True)}),
        ("adam", {"adam": _optimizer("adam")}),
        ("rmsprop", {"rmsprop": _optimizer("rmsprop")}),
        ("adagrad", {"adagrad": _optimizer("adagrad", initial_accumulator_value=0.0)}),
    )
)

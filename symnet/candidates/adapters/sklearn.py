"""scikit-learn: the functions its multilayer perceptron is made of; plain NumPy, which can be proved.

There is no normalization and no dropout in it. A derivative is offered as a function of the output y.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import Step, Table, forward_only, merged, optimizer, require
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["ROWS", "preset"]


def preset(name: str, spec: Spec) -> Candidate:
    """`sklearn:AdamOptimizer` and the like. Raises SymnetError for what it does not have, and without it."""
    require("sklearn", "scikit-learn")
    return row_of(Table("sklearn", "scikit-learn", ROWS), name, spec)


def _base() -> Any:
    return import_module("sklearn.neural_network._base")


def _activation(name: str) -> tuple[str, dict[str, Callable[[Spec], Candidate]]]:
    def run(x: Any, dy: Any) -> Mapping[str, Any]:
        """Both work in place."""
        y = np.array(x)
        _base().ACTIVATIONS[name](y)
        if dy is None or name not in _base().DERIVATIVES:
            return {"y": y}
        dx = np.array(dy)
        _base().DERIVATIVES[name](y, dx)
        return {"y": y, "dx": dx}

    spec = {"logistic": "sigmoid"}.get(name, name)
    return name, {spec: lambda wanted: forward_only(f"sklearn:{name}", run, wanted, traceable=True)}


def _loss(name: str, spec: str) -> tuple[str, dict[str, Callable[[Spec], Candidate]]]:
    def run(prediction: Any, target: Any) -> Mapping[str, Any]:
        return {"L": getattr(_base(), name)(target, prediction)}

    return name, {spec: lambda wanted: forward_only(f"sklearn:{name}", run, wanted)}


def _optimizer(name: str, **fixed: Any) -> Callable[[Spec], Candidate]:
    def start(x: Any, **settings: float) -> Step:
        module = import_module("sklearn.neural_network._stochastic_optimizers")
        names = {"gamma": "momentum", "beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon"}
        told = {names[h]: value for h, value in settings.items()}
        rule = getattr(module, name)([x], **told, **fixed)

        def step(gradient: Any, rate: float) -> Any:
            rule.learning_rate = rule.learning_rate_init = rate
            rule.update_params([x], [gradient])
            return x

        return step

    return lambda spec: optimizer(f"sklearn:{name}", start, spec)


_SGD = "SGDOptimizer"
ROWS = merged(
    (
        *map(_activation, ("logistic", "tanh", "relu", "softmax")),
        _loss("squared_loss", "half_mse"),
        _loss("binary_log_loss", "bce"),
        (
            _SGD,
            {"momentum": _optimizer(_SGD, nesterov=False), "nesterov": _optimizer(_SGD, nesterov=True)},
        ),
        ("AdamOptimizer", {"adam": _optimizer("AdamOptimizer")}),
    )
)

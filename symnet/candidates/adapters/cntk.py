"""CNTK in a Python 3.6 of its own: layers in training mode, functions, losses, initializers and learners, in float64.

A layer of C.layers is as it is made by default; a loss is the mean over the minibatch, as a trainer reports it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import Table, forward_only, merged, row
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.remote.engine import Remote, function
from symnet.candidates.spec import Spec

__all__ = ["ROWS", "preset", "version"]

_CNTK = Remote("cntk", "3.6", "cntk==2.7.post2")
_row = partial(row, _CNTK, "cntk")


def preset(name: str, spec: Spec) -> Candidate:
    """`cntk:relu` and the like. Raises SymnetError for what it does not have, and without CNTK."""
    version()
    return row_of(Table("cntk", "cntk==2.7.post2", ROWS), name, spec)


def version() -> str:
    """Raises SymnetError without CNTK."""
    return _CNTK.version


def _initializer(name: str) -> Callable[[Spec], Candidate]:
    def draw(inputs: int, outputs: int) -> dict[str, Any]:
        return {"weights": _CNTK.values("draw", name=name, inputs=inputs, outputs=outputs)[0]}

    return lambda spec: forward_only(f"cntk:{name}", draw, spec)


def _learner(name: str, **fixed: Any) -> Callable[[Spec], Candidate]:
    """What each setting of a spec is called by CNTK: gamma and beta_1 are its momentum."""
    names = {"gamma": "momentum", "beta1": "momentum", "beta2": "variance_momentum", "eps": "epsilon"}

    def made(spec: Spec) -> Candidate:
        def run(given: Mapping[str, Any]) -> dict[str, Any]:
            settings = {names[h]: float(given[h]) for h in spec.settings} | fixed
            steps = range(1, len(spec.outputs) + 1)
            gradients = np.stack([given[f"g_{k}"] for k in steps])
            rates = np.array([float(given[f"alpha_{k}"]) for k in steps])
            places = _CNTK.values("learn", given["x"], gradients, rates, name=name, settings=settings)
            return dict(zip(spec.outputs, places, strict=True))

        return Candidate(f"cntk:{name}", run, frozenset(spec.settings), traceable=False)

    return made


_ACTIVATIONS = (
    "relu", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "softmax", "exp", "log", "sqrt", "abs",
)  # fmt: skip
_INITIALIZERS = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal")
_LOSSES = {"squared_error": "mse", "binary_cross_entropy": "bce", "cross_entropy_with_softmax": "cross_entropy"}

ROWS = merged(
    (
        _row("BatchNormalization", "batch_norm", function("BatchNormalization", "x", "scale", "shift"), _CNTK.running),
        _row("LayerNormalization", "layer_norm", function("LayerNormalization", "x", "scale", "shift")),
        _row("dropout", "dropout", function("dropout", "x", "drop_probability")),
        _row("Dense", "dense", function("Dense", "x", "w", "b")),
        _row("Convolution2D", "conv2d", function("Convolution2D", "x", "w", "b")),
        _row("MaxPooling", "max_pool2d", function("MaxPooling", "x")),
        _row("AveragePooling", "avg_pool2d", function("AveragePooling", "x")),
        _row("AveragePooling", "avg_pool2d_padded", function("AveragePooling padded", "x")),
        _row("clip", "hardtanh", function("clip", "x")),
        *(_row(name, name, function(name, "x")) for name in _ACTIVATIONS),
        *(_row(name, spec, function(name, "prediction", "target")) for name, spec in _LOSSES.items()),
        *((name, {name: _initializer(name)}) for name in _INITIALIZERS),
        ("sgd", {"sgd": _learner("sgd")}),
        ("momentum_sgd", {"momentum": _learner("momentum_sgd")}),
        ("nesterov", {"nesterov": _learner("nesterov")}),
        ("adam", {"adam": _learner("adam")}),
    )
)

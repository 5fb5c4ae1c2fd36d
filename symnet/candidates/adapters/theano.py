"""Theano (theano-pymc), the graphs of theano.tensor.nnet, in a Python 3.8 of its own and without its C compiler."""

from functools import partial
from typing import Any

from symnet.candidates.adapters.engine import Table, merged, row
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.remote.engine import Remote, function
from symnet.candidates.spec import Spec

__all__ = ["ROWS", "preset", "version"]

_THEANO = Remote("theano", "3.8", "theano-pymc==1.1.2 'numpy<1.22' 'scipy<1.8' 'setuptools<60'")
_row = partial(row, _THEANO, "theano")


def preset(name: str, spec: Spec) -> Candidate:
    """`theano:relu` and the like. Raises SymnetError for what it does not have, and without Theano."""
    version()
    return row_of(Table("theano", "theano-pymc", ROWS), name, spec)


def version() -> str:
    """Raises SymnetError without Theano."""
    return _THEANO.version


def _batch_norm(x: Any, scale: Any, shift: Any) -> Any:
    return function("batch_normalization_train")(x, scale, shift)


def _running(x: Any) -> dict[str, Any]:
    mean, variance = _THEANO.values("running", x)
    return {"running_mean": mean, "running_variance": variance}


def _unary(name: str) -> Any:
    return lambda x: function(name)(x)


def _weighted(name: str) -> Any:
    return lambda x, w, b: function(name)(x, w, b)


def _loss(name: str) -> Any:
    return lambda prediction, target: function(name)(prediction, target)


_ACTIVATIONS = ("relu", "elu", "selu", "softmax", "sigmoid", "softplus", "tanh", "exp", "log", "sqrt", "abs")

ROWS = merged(
    (
        _row("batch_normalization_train", "batch_norm", _batch_norm, _running),
        _row("dot", "dense", _weighted("dot")),
        _row("conv2d", "conv2d", _weighted("conv2d")),
        _row("max_pool_2d", "max_pool2d", _unary("max_pool_2d")),
        _row("average_inc_pad", "avg_pool2d", _unary("average_pool_2d")),
        _row("average_inc_pad", "avg_pool2d_padded", _unary("average_inc_pad")),
        _row("average_exc_pad", "avg_pool2d_padded", _unary("average_exc_pad")),
        _row("hard_sigmoid", "hard_sigmoid", _unary("hard_sigmoid")),
        _row("clip", "hardtanh", _unary("clip")),
        *(_row(name, name, _unary(name)) for name in _ACTIVATIONS),
        _row("binary_crossentropy", "bce", _loss("binary_crossentropy")),
        _row("categorical_crossentropy", "cross_entropy", _loss("categorical_crossentropy")),
    )
)

"""Theano (theano-pymc), the graphs of theano.tensor.nnet, in a Python 3.8 of its own and without its C compiler."""

from functools import partial

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


_ACTIVATIONS = ("relu", "elu", "selu", "softmax", "sigmoid", "softplus", "tanh", "exp", "log", "sqrt", "abs")

ROWS = merged(
    (
        _row(
            "batch_normalization_train",
            "batch_norm",
            function("batch_normalization_train", "x", "scale", "shift"),
            _THEANO.running,
        ),
        _row("dot", "dense", function("dot", "x", "w", "b")),
        _row("conv2d", "conv2d", function("conv2d", "x", "w", "b")),
        _row("max_pool_2d", "max_pool2d", function("max_pool_2d", "x")),
        _row("average_inc_pad", "avg_pool2d", function("average_pool_2d", "x")),
        _row("average_inc_pad", "avg_pool2d_padded", function("average_inc_pad", "x")),
        _row("average_exc_pad", "avg_pool2d_padded", function("average_exc_pad", "x")),
        _row("hard_sigmoid", "hard_sigmoid", function("hard_sigmoid", "x")),
        _row("clip", "hardtanh", function("clip", "x")),
        *(_row(name, name, function(name, "x")) for name in _ACTIVATIONS),
        _row("binary_crossentropy", "bce", function("binary_crossentropy", "prediction", "target")),
        _row("categorical_crossentropy", "cross_entropy", function("categorical_crossentropy", "prediction", "target")),
    )
)

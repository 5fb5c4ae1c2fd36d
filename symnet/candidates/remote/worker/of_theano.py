"""Theano's functions, on its own graphs, without its C compiler."""

import os
from typing import Any, Callable, List

import numpy as np

os.environ.setdefault("THEANO_FLAGS", "cxx=,floatX=float64")

from importlib import import_module

theano: Any = import_module("theano")
tt: Any = import_module("theano.tensor")
nnet: Any = import_module("theano.tensor.nnet")
pool: Any = import_module("theano.tensor.signal.pool")

VERSION = theano.__version__
# A convolution has a definition in Python, which Theano refuses to use unless it is told to.
_MODE = theano.compile.mode.get_mode("FAST_RUN").excluding("AbstractConvCheck")


def tensor(array: Any) -> Any:
    return tt.TensorType("float64", (False,) * array.ndim)()


def gradients(outputs: List[Any], above: List[Any], by: List[Any]) -> Any:
    whole = sum((o * a).sum() for o, a in zip(outputs, above))
    return theano.grad(whole, by, disconnected_inputs="ignore", add_names=False)


def numbers(tensors: List[Any], arrays: List[Any], answers: List[Any]) -> Any:
    run = theano.function(tensors, answers, mode=_MODE, on_unused_input="ignore")
    return run(*arrays)


def _batch_norm(x: Any, scale: Any, shift: Any) -> Any:
    return nnet.bn.batch_normalization_train(x, scale, shift, axes="per-activation")[0]


def _running(x: Any) -> Any:
    """Of mean and variance, from 0 and 1."""
    place, (start, one) = tensor(x), (tt.dvector(), tt.dvector())
    made = nnet.bn.batch_normalization_train(
        place, one, start, axes="per-activation", running_mean=start, running_var=one
    )[3:]
    ones = np.ones(x.shape[1])
    return [a.ravel() for a in numbers([place, start, one], [x, 0 * ones, ones], list(made))]


def _pool(mode: str, width: int = 2, padding: int = 0) -> Callable[[Any], Any]:
    def pooled(x: Any) -> Any:
        return pool.pool_2d(x, (width, width), ignore_border=True, stride=(2, 2), pad=(padding, padding), mode=mode)

    return pooled


def _entropy(prediction: Any, target: Any) -> Any:
    return nnet.binary_crossentropy(prediction, target).mean()


def _categorical(prediction: Any, target: Any) -> Any:
    return nnet.categorical_crossentropy(nnet.softmax(prediction), target).mean()


FUNCTIONS = {
    "batch_normalization_train": _batch_norm,
    "dot": lambda x, w, b: tt.dot(x, w) + b,
    "conv2d": lambda x, w, b: nnet.conv2d(x, w, filter_flip=False) + b.dimshuffle("x", 0, "x", "x"),
    "max_pool_2d": _pool("max"),
    "average_pool_2d": _pool("average_inc_pad"),
    "average_inc_pad": _pool("average_inc_pad", 3, 1),
    "average_exc_pad": _pool("average_exc_pad", 3, 1),
    "hard_sigmoid": nnet.sigm.hard_sigmoid,
    "clip": lambda x: tt.clip(x, -1, 1),
    "binary_crossentropy": _entropy,
    "categorical_crossentropy": _categorical,
    "abs": abs,
}
for _name in ("relu", "elu", "selu", "softmax", "sigmoid", "softplus"):
    FUNCTIONS[_name] = getattr(nnet, _name)
for _name in ("tanh", "exp", "log", "sqrt"):
    FUNCTIONS[_name] = getattr(tt, _name)
VALUES = {"running": _running}

"""Aesara, the successor of Theano: the graphs of aesara.tensor.nnet, evaluated as they are, without its C compiler."""

import os
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import Engine, Function, Table, merged, require, row
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["ENGINE", "ROWS", "preset"]


def preset(name: str, spec: Spec) -> Candidate:
    """`aesara:relu` and the like. Raises SymnetError for what it does not have, and without Aesara."""
    ENGINE.start()
    return row_of(Table("aesara", "aesara", ROWS), name, spec)


class _Engine(Engine):
    def pair(self, forward: Function, wrt: Sequence[int], outputs: int) -> Function:
        def both(*arguments: Any) -> tuple[Any, ...]:
            inputs, above = arguments[:-outputs], arguments[-outputs:]
            out = forward(*inputs)
            outs = out if isinstance(out, tuple) else (out,)
            whole = sum((o * a).sum() for o, a in zip(outs, above, strict=True))
            gradients = import_module("aesara").grad(
                whole, [inputs[k] for k in wrt], disconnected_inputs="ignore", add_names=False
            )
            return (*outs, *gradients)

        return both

    def numbers(self, function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        aesara, tensor = import_module("aesara"), import_module("aesara.tensor")
        symbols = [tensor.TensorType("float64", (None,) * np.ndim(a))() if np.ndim(a) else float(a) for a in arrays]
        answers = function(*symbols)
        given = [(s, a) for s, a in zip(symbols, arrays, strict=True) if np.ndim(a)]
        whole = list(answers) if isinstance(answers, tuple) else [answers]
        # A convolution has a definition in Python, which Aesara refuses to use unless it is told to.
        mode = import_module("aesara.compile.mode").get_mode("FAST_COMPILE").excluding("AbstractConvCheck")
        run = aesara.function([s for s, _ in given], whole, mode=mode, on_unused_input="ignore")
        return list(map(np.asarray, run(*(a for _, a in given))))

    def exact(self, function: Function) -> Function | None:
        return None

    def start(self) -> None:
        os.environ.setdefault("AESARA_FLAGS", "cxx=,floatX=float64")
        require("aesara", "aesara 'numpy<2'")
        import_module("aesara.tensor.nnet")  # registers rewrites, which it can only before a function is compiled


ENGINE = _Engine()
_row = partial(row, ENGINE, "aesara")


def _batch_norm(x: Any, scale: Any, shift: Any) -> Any:
    train = import_module("aesara.tensor.nnet.batchnorm").batch_normalization_train
    return train(x, scale, shift, axes="per-activation")[0]


def _running(x: Any) -> dict[str, Any]:
    train = import_module("aesara.tensor.nnet.batchnorm").batch_normalization_train
    ones = np.ones(x.shape[1])

    def statistics(place: Any, start: Any, one: Any) -> Any:
        return tuple(train(place, one, start, axes="per-activation", running_mean=start, running_var=one)[3:])

    mean, variance = ENGINE.numbers(statistics, [x, 0 * ones, ones])
    return {"running_mean": mean.ravel(), "running_variance": variance.ravel()}


def _conv2d(x: Any, w: Any, b: Any) -> Any:
    return import_module("aesara.tensor.nnet").conv2d(x, w, filter_flip=False) + b.dimshuffle("x", 0, "x", "x")


def _pool(mode: str, width: int = 2, padding: int = 0) -> Function:
    def pooled(x: Any) -> Any:
        pool_2d, pad = import_module("aesara.tensor.signal.pool").pool_2d, (padding, padding)
        return pool_2d(x, (width, width), ignore_border=True, stride=(2, 2), pad=pad, mode=mode)

    return pooled


def _in(module: str, name: str) -> Function:
    return lambda x: getattr(import_module(module), name)(x)


def _entropy(prediction: Any, target: Any) -> Any:
    return import_module("aesara.tensor.nnet").binary_crossentropy(prediction, target).mean()


def _categorical(prediction: Any, target: Any) -> Any:
    nnet = import_module("aesara.tensor.nnet")
    return nnet.categorical_crossentropy(nnet.softmax(prediction, axis=-1), target).mean()


_NNET, _TENSOR = "aesara.tensor.nnet", "aesara.tensor"
ROWS = merged(
    (
        _row("batch_normalization_train", "batch_norm", _batch_norm, _running),
        _row("dot", "dense", lambda x, w, b: import_module(_TENSOR).dot(x, w) + b),
        _row("conv2d", "conv2d", _conv2d),
        _row("max_pool_2d", "max_pool2d", _pool("max")),
        _row("average_inc_pad", "avg_pool2d", _pool("average_inc_pad")),
        _row("average_inc_pad", "avg_pool2d_padded", _pool("average_inc_pad", 3, 1)),
        _row("average_exc_pad", "avg_pool2d_padded", _pool("average_exc_pad", 3, 1)),
        _row("hard_sigmoid", "hard_sigmoid", _in(_NNET, "hard_sigmoid")),
        _row("clip", "hardtanh", lambda x: import_module(_TENSOR).clip(x, -1, 1)),
        *(_row(name, name, _in(_NNET, name)) for name in ("relu", "elu", "selu")),
        _row("softmax", "softmax", lambda x: import_module(_NNET).softmax(x, axis=-1)),
        *(
            _row(name, name, _in(_TENSOR, name))
            for name in ("tanh", "sigmoid", "softplus", "exp", "log", "sqrt", "abs")
        ),
        _row("binary_crossentropy", "bce", _entropy),
        _row("categorical_crossentropy", "cross_entropy", _categorical),
    )
)

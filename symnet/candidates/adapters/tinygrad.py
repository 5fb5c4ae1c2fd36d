"""tinygrad: its tensors' methods, its layers and optimizers, in float64 on the interpreter it has in Python."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import Engine, Function, Step, Table, merged, optimizer, require, row
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["ENGINE", "ROWS", "preset"]


def preset(name: str, spec: Spec) -> Candidate:
    """`tinygrad:relu` and the like. Raises SymnetError for what it does not have, and without tinygrad."""
    ENGINE.start()
    return row_of(Table("tinygrad", "tinygrad", ROWS), name, spec)


def _tensor(array: Any) -> Any:
    tinygrad = import_module("tinygrad")
    return tinygrad.Tensor(np.asarray(array), dtype=tinygrad.dtypes.float64)


class _Engine(Engine):
    def pair(self, forward: Function, wrt: Sequence[int], outputs: int) -> Function:
        def both(*arguments: Any) -> tuple[Any, ...]:
            inputs, above = self.watched(arguments[:-outputs], wrt), arguments[-outputs:]
            out = forward(*inputs)
            outs = out if isinstance(out, tuple) else (out,)
            whole = sum((o * a).sum() for o, a in zip(outs, above, strict=True))
            chosen = [inputs[k] for k in wrt]
            return (*outs, *whole.gradient(*chosen))

        return both

    def numbers(self, function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        answers = function(*(_tensor(a) if np.ndim(a) else float(a) for a in arrays))
        return [a.numpy() for a in (answers if isinstance(answers, tuple) else (answers,))]

    def exact(self, function: Function) -> Function | None:
        return None

    def start(self) -> None:
        os.environ.setdefault("DEV", "PYTHON")
        os.environ.setdefault("OPTIM_DTYPE", "float64")  # else the state of an optimizer is float32
        require("tinygrad", "tinygrad")

    def tensor(self, value: Any) -> Any:
        return _tensor(value) if isinstance(value, float) else value

    def source(self) -> Any:
        return import_module("tinygrad").Tensor.manual_seed(1)


ENGINE = _Engine()
_row = partial(row, ENGINE, "tinygrad")


def _nn() -> Any:
    return import_module("tinygrad.nn")


def _training() -> Any:
    return import_module("tinygrad").Context(TRAINING=1)


def _batch_norm(x: Any, scale: Any, shift: Any) -> Any:
    module = _nn().BatchNorm(x.shape[1], track_running_stats=False)
    module.weight, module.bias = scale, shift
    with _training():
        return module(x)


def _running(x: Any) -> dict[str, Any]:
    module = _nn().BatchNorm(x.shape[1])
    with _training():
        module(_tensor(x).float()).realize()  # the statistics themselves are float32
    return {"running_mean": module.running_mean.numpy(), "running_variance": module.running_var.numpy()}


def _layer_norm(x: Any, scale: Any, shift: Any) -> Any:
    module = _nn().LayerNorm(x.shape[1])
    module.weight, module.bias = scale, shift
    return module(x)


def _dropout(x: Any, drop_probability: float) -> Any:
    tensor = import_module("tinygrad").Tensor
    tensor.manual_seed(1)
    with _training():
        return x.dropout(drop_probability)


def _conv2d(x: Any, w: Any, b: Any) -> Any:
    return x.conv2d(w, b)


def _optimizer(name: str, **fixed: Any) -> Callable[[Spec], Candidate]:
    def start(x: Any, **settings: float) -> Step:
        names = {"gamma": "momentum", "beta1": "b1", "beta2": "b2"}
        told = {names.get(h, h): value for h, value in settings.items()}
        w = _tensor(x)
        rule = getattr(_nn().optim, name)([w], lr=1.0, **told, **fixed)

        def step(gradient: Any, rate: float) -> Any:
            rule.lr.assign(rule.lr.full_like(rate)).realize()
            w.grad = _tensor(gradient)
            with _training():
                rule.step()
            return w.numpy()

        return step

    return lambda spec: optimizer(f"tinygrad:{name}", start, spec)


def _method(name: str) -> Function:
    return lambda x: getattr(x, name)()


_METHODS = (
    "relu", "leaky_relu", "elu", "selu", "gelu", "sigmoid", "tanh", "softplus", "softmax", "exp", "log", "sqrt", "abs",
)  # fmt: skip

ROWS = merged(
    (
        _row("BatchNorm", "batch_norm", _batch_norm, _running),
        _row("LayerNorm", "layer_norm", _layer_norm),
        _row("dropout", "dropout", _dropout),
        _row("linear", "dense", lambda x, w, b: x.linear(w, b)),
        _row("conv2d", "conv2d", _conv2d),
        _row("max_pool2d", "max_pool2d", lambda x: x.max_pool2d(2)),
        _row("avg_pool2d", "avg_pool2d", lambda x: x.avg_pool2d(2)),
        _row("avg_pool2d", "avg_pool2d_padded", lambda x: x.avg_pool2d(3, 2, padding=1)),
        _row("clip", "hardtanh", lambda x: x.clip(-1, 1)),
        _row("hardtanh", "hardtanh", _method("hardtanh")),
        _row("relu6", "relu6", _method("relu6")),
        _row("hardsigmoid", "hard_sigmoid", _method("hardsigmoid")),
        *(_row(name, name, _method(name)) for name in _METHODS),
        _row("cross_entropy", "cross_entropy", lambda prediction, target: prediction.cross_entropy(target)),
        _row("binary_crossentropy", "bce", lambda prediction, target: prediction.binary_crossentropy(target)),
        ("SGD", dict.fromkeys(("sgd", "momentum"), _optimizer("SGD")) | {"nesterov": _optimizer("SGD", nesterov=True)}),
        ("Adam", {"adam": _optimizer("Adam")}),
    )
)

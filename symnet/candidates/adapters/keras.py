"""Keras on TensorFlow: layers in training as they are made by default, functions, losses and optimizers, in float64."""

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import (
    Engine,
    Function,
    Step,
    Table,
    forward_only,
    merged,
    optimizer,
    require,
    row,
    weight_names,
)
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["ENGINE", "ROWS", "preset"]


def preset(name: str, spec: Spec) -> Candidate:
    """`keras:BatchNormalization` and the like. Raises SymnetError for what it does not have, and without Keras."""
    ENGINE.start()
    return row_of(Table("keras", "tensorflow-cpu", ROWS), name, spec)


def _keras() -> Any:
    return import_module("keras")


class _Engine(Engine):
    def pair(self, forward: Function, wrt: Sequence[int], outputs: int) -> Function:
        def both(*arguments: Any) -> tuple[Any, ...]:
            tf, above = import_module("tensorflow"), arguments[-outputs:]
            inputs = self.watched(arguments[:-outputs], wrt)
            chosen = [inputs[k] for k in wrt]
            with tf.GradientTape() as tape:
                tape.watch(chosen)
                out = forward(*inputs)
            outs = out if isinstance(out, tuple) else (out,)
            upstream = [tf.convert_to_tensor(a, o.dtype) for a, o in zip(above, outs, strict=True)]
            gradients = tape.gradient(outs, chosen, upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return (*outs, *gradients)

        return both

    def numbers(self, function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        tf = import_module("tensorflow")
        answers = function(*(tf.constant(a) if np.ndim(a) else float(a) for a in arrays))
        return [np.asarray(a) for a in (answers if isinstance(answers, tuple) else (answers,))]

    def exact(self, function: Function) -> Function | None:
        return None

    def start(self) -> None:
        """Keras computes in the float type of its settings, rates of optimizers included."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        require("tensorflow", "tensorflow-cpu")
        require("keras", "tensorflow-cpu").config.set_floatx("float64")

    def source(self) -> Any:
        return import_module("tensorflow").random.set_seed(1)

    def tensor(self, value: Any) -> Any:
        return import_module("tensorflow").convert_to_tensor(value, "float64")

    def modules(self) -> tuple[type, ...]:
        return (_keras().Layer,)

    def applied(self, make: Callable[[], Any], weights: Mapping[str, Any], x: Any) -> Any:
        module = make()
        if not module.built:
            module.build(x.shape)
        own = [weight.name for weight in module.trainable_variables]
        named = {where: weights[name] for name, where in weight_names(own, weights).items()}
        training = {"training": True} if "training" in inspect.signature(module.call).parameters else {}
        fixed = list(module.non_trainable_variables)
        return module.stateless_call([named[where] for where in own], fixed, x, **training)[0]


ENGINE = _Engine()
_row = partial(row, ENGINE, "keras")


def _with(module: Any, x: Any, *weights: Any, **options: Any) -> Any:
    """What a layer answers when it has these weights."""
    module.build(x.shape)
    return module.stateless_call(list(weights), list(module.non_trainable_variables), x, **options)[0]


def _batch_norm(x: Any, scale: Any, shift: Any) -> Any:
    return _with(_keras().layers.BatchNormalization(), x, scale, shift, training=True)


def _running(x: Any) -> dict[str, Any]:
    module = _keras().layers.BatchNormalization()
    module(x, training=True)
    return {"running_mean": np.asarray(module.moving_mean), "running_variance": np.asarray(module.moving_variance)}


def _layer_norm(x: Any, scale: Any, shift: Any) -> Any:
    return _with(_keras().layers.LayerNormalization(), x, scale, shift)


def _dropout(x: Any, drop_probability: float) -> Any:
    return _keras().layers.Dropout(drop_probability, seed=1)(x, training=True)


def _dense(x: Any, w: Any, b: Any) -> Any:
    return _with(_keras().layers.Dense(w.shape[1]), x, w, b)


def _last(x: Any) -> Any:
    """Channels come last here."""
    return import_module("tensorflow").transpose(x, (0, 2, 3, 1))


def _first(x: Any) -> Any:
    return import_module("tensorflow").transpose(x, (0, 3, 1, 2))


def _conv(x: Any, w: Any, b: Any) -> Any:
    kernel = import_module("tensorflow").transpose(w, (2, 3, 1, 0))
    return _first(_with(_keras().layers.Conv2D(w.shape[0], tuple(w.shape[2:])), _last(x), kernel, b))


def _pool(name: str, width: int = 2, **options: Any) -> Function:
    return lambda x: _first(getattr(_keras().layers, name)(width, 2, **options)(_last(x)))


def _activation(name: str) -> Function:
    return lambda x: getattr(_keras().activations, name)(x)


def _operation(name: str) -> Function:
    return lambda x: getattr(_keras().ops, name)(x)


def _loss(name: str, **options: Any) -> Function:
    return lambda prediction, target: getattr(_keras().losses, name)(**options)(target, prediction)


def _initializer(name: str, spec: str) -> tuple[str, dict[str, Callable[[Spec], Candidate]]]:
    def draw(inputs: int, outputs: int) -> dict[str, Any]:
        return {"weights": np.asarray(getattr(_keras().initializers, name)(seed=1)((inputs, outputs)))}

    return name, {spec: lambda wanted: forward_only(f"keras:{name}", draw, wanted)}


def _optimizer(name: str, **fixed: Any) -> Callable[[Spec], Candidate]:
    """What each setting of a spec is called by Keras: gamma is its momentum, eps its epsilon."""

    def begin(x: Any, **settings: float) -> Step:
        keras = _keras()
        names = {"gamma": "momentum", "beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon"}
        told = {names.get(h, h): value for h, value in settings.items()}
        w = keras.Variable(x)
        rule = getattr(keras.optimizers, name)(learning_rate=1.0, **told, **fixed)

        def step(gradient: Any, rate: float) -> Any:
            rule.learning_rate = rate
            rule.apply([keras.ops.convert_to_tensor(gradient)], [w])
            return w.numpy()

        return step

    return lambda spec: optimizer(f"keras:{name}", begin, spec)


_INITIALIZERS = {
    "GlorotUniform": "glorot_uniform", "GlorotNormal": "glorot_normal", "HeUniform": "he_uniform",
    "HeNormal": "he_normal", "LecunUniform": "lecun_uniform", "LecunNormal": "lecun_normal",
}  # fmt: skip
_ACTIVATIONS = (
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "sigmoid",
    "tanh",
    "softplus",
    "softmax",
    "relu6",
    "hard_sigmoid",
)
_LOSSES = {"MeanSquaredError": "mse", "MeanAbsoluteError": "mae", "Huber": "huber", "BinaryCrossentropy": "bce"}

ROWS = merged(
    (
        _row("BatchNormalization", "batch_norm", _batch_norm, _running),
        _row("LayerNormalization", "layer_norm", _layer_norm),
        _row("Dropout", "dropout", _dropout),
        _row("Dense", "dense", _dense),
        _row("Conv2D", "conv2d", _conv),
        _row("MaxPooling2D", "max_pool2d", _pool("MaxPooling2D")),
        _row("AveragePooling2D", "avg_pool2d", _pool("AveragePooling2D")),
        _row("AveragePooling2D", "avg_pool2d_padded", _pool("AveragePooling2D", 3, padding="same")),
        *(_row(name, name, _activation(name)) for name in _ACTIVATIONS),
        *(_row(name, name, _operation(name)) for name in ("exp", "log", "sqrt", "abs")),
        _row("clip", "hardtanh", lambda x: _keras().ops.clip(x, -1, 1)),
        _row("hard_tanh", "hardtanh", _activation("hard_tanh")),
        *(_row(name, spec, _loss(name)) for name, spec in _LOSSES.items()),
        *(_initializer(name, spec) for name, spec in _INITIALIZERS.items()),
        _row("CategoricalCrossentropy", "cross_entropy", _loss("CategoricalCrossentropy", from_logits=True)),
        _row("Hinge", "hinge", _loss("Hinge")),
        ("SGD", dict.fromkeys(("sgd", "momentum"), _optimizer("SGD")) | {"nesterov": _optimizer("SGD", nesterov=True)}),
        ("Adam", {"adam": _optimizer("Adam")}),
        ("RMSprop", {"rmsprop": _optimizer("RMSprop")}),
        ("Adagrad", {"adagrad": _optimizer("Adagrad", initial_accumulator_value=0.0)}),
    )
)

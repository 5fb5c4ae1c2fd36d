"""CNTK's layers in training mode, functions, losses and learners, in float64 on the processor.

The first axis of an array is CNTK's axis of the minibatch, but for what a layer takes as its weights.
"""

from importlib import import_module
from typing import Any, Callable, List

import numpy as np

C: Any = import_module("cntk")

VERSION = C.__version__
C.device.try_set_default_device(C.device.cpu())


class Tensor:
    """An array that becomes a minibatch, or the parameter of a layer that was made for it."""

    def __init__(self, array: Any) -> None:
        self.array: Any = array
        self.variable: Any = None
        self.weight = False

    def batch(self) -> Any:
        if self.variable is None:
            self.variable = C.input_variable(self.array.shape[1:], dtype=np.float64, needs_gradient=True)
        return self.variable

    def become(self, parameter: Any) -> None:
        parameter.value = self.array.reshape(parameter.shape)
        self.variable, self.weight = parameter, True


class Gradient:
    """Of sum above output, by a tensor: CNTK gives the numbers, not a graph."""

    def __init__(self, output: Any, above: Any, by: Tensor) -> None:
        self.output, self.above, self.by = output, above, by


tensor = Tensor


def gradients(outputs: List[Any], above: List[Any], by: List[Any]) -> Any:
    if not all(isinstance(b, Tensor) for b in by) or len(outputs) != 1 or isinstance(outputs[0], Gradient):
        raise NotImplementedError("CNTK has no gradients of gradients")
    return [Gradient(outputs[0], above[0], b) for b in by]


def numbers(tensors: List[Any], arrays: List[Any], answers: List[Any]) -> Any:
    """With a gradient even where none is asked for: a layer is in training mode only then."""
    wanted = [a for a in answers if isinstance(a, Gradient)]
    output = next(a for a in answers if not isinstance(a, Gradient))
    root = output
    if wanted and isinstance(wanted[0].above, Tensor):
        root = output * wanted[0].above.batch()
    root = C.reduce_sum(root, axis=C.Axis.all_axes())
    by = [g.by for g in wanted] or [t for t in tensors if t.variable is not None][:1]
    given = {t.variable: t.array for t in tensors if t.variable is not None and not t.weight}
    both = C.combine(output, root)
    made, value = both.grad(given, wrt=[t.variable for t in by], outputs=[output.output], grad_root=root.output)
    if len(by) == 1:
        made = {by[0].variable: made}
    return [_value(value, made, a) for a in answers]


def _value(value: Any, made: Any, answer: Any) -> Any:
    if not isinstance(answer, Gradient):
        return value
    return np.asarray(made[answer.by.variable]).reshape(answer.by.array.shape)


def _on_batches(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *inputs: function(*(t.batch() if isinstance(t, Tensor) else t for t in inputs))


def _layer(make: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """A layer of C.layers, made for the weights it gets; names are those of its parameters."""

    def layer(x: Tensor, *weights: Tensor) -> Any:
        with C.default_options(dtype=np.float64):
            made = make(*(w.array for w in weights))(x.batch())
        parameters = {p.name: p for p in made.parameters}
        for name, weight in zip(names, weights):
            weight.become(parameters[name])
        return made

    return layer


def _mean(loss: Callable[..., Any]) -> Callable[..., Any]:
    """Over the minibatch, as a trainer reports it."""
    return _on_batches(lambda prediction, target: C.reduce_mean(loss(prediction, target), axis=C.Axis.all_axes()))


def _convolution(w: Any, b: Any) -> Any:
    return C.layers.Convolution2D(w.shape[2:], w.shape[0])


_ACTIVATIONS = ("relu", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "softmax")
FUNCTIONS = {
    "BatchNormalization": _layer(lambda scale, shift: C.layers.BatchNormalization(), "scale", "bias"),
    "LayerNormalization": _layer(lambda scale, shift: C.layers.LayerNormalization(), "scale", "bias"),
    "Dense": _layer(lambda w, b: C.layers.Dense(w.shape[1]), "W", "b"),
    "Convolution2D": _layer(_convolution, "W", "b"),
    "MaxPooling": _layer(lambda: C.layers.MaxPooling((2, 2), 2)),
    "AveragePooling": _layer(lambda: C.layers.AveragePooling((2, 2), 2)),
    "AveragePooling padded": _layer(lambda: C.layers.AveragePooling((3, 3), 2, pad=True)),
    "clip": _on_batches(lambda x: C.clip(x, -1.0, 1.0)),
    "dropout": _on_batches(lambda x, drop_probability: C.dropout(x, drop_probability, seed=1)),
}
for _name in (*_ACTIVATIONS, "exp", "log", "sqrt", "abs"):
    FUNCTIONS[_name] = _on_batches(getattr(C, _name))
for _name in ("squared_error", "binary_cross_entropy", "cross_entropy_with_softmax"):
    FUNCTIONS[_name] = _mean(getattr(C, _name))


def running(x: Any) -> Any:
    """Of mean and variance, from 0 and 1, after one object was seen."""
    place = Tensor(x)
    ones = np.ones(x.shape[1])
    made = FUNCTIONS["BatchNormalization"](place, Tensor(ones), Tensor(0 * ones))
    state = {c.name: c for c in made.constants}
    state["aggregate_variance"].value = ones
    state["aggregate_count"].value = np.array(1.0)
    numbers([place], [x], [made])
    return [state["aggregate_mean"].value, state["aggregate_variance"].value]


def draw(name: str, inputs: int, outputs: int) -> Any:
    return [C.parameter((inputs, outputs), init=getattr(C.initializer, name)(seed=1), dtype=np.float64).value]


def learn(x: Any, gradients: Any, rates: Any, name: str, settings: Any) -> Any:
    """Where x is after each step with its gradient and rate."""
    w = C.parameter(x.shape, init=x, dtype=np.float64)
    learner: Any = None
    places = []
    for gradient, rate in zip(gradients, rates):
        schedule = C.learning_parameter_schedule(float(rate))
        if learner is None:
            learner = getattr(C, name)([w], lr=schedule, **settings)
        else:
            learner.reset_learning_rate(schedule)
        learner.update({w: np.ascontiguousarray(gradient)}, 1)
        places.append(w.value.copy())
    return places


VALUES = {"running": running, "draw": draw, "learn": learn}

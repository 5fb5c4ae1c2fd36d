"""Networks by layers: each layer maps the list of one object's signals to the next list.

`layered` turns a list of layers into a `Network` of named neurons, so that everything known of those (dropping,
data, normalization, gradients) holds for layers as well. The order of the layers decides what a lecture decides
in words: `Dense, Normalize, Bias, Activate` normalizes before the bias and before the activation,
`Dense(bias=…), Activate, Normalize` after both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sympy import Expr, Rational, Symbol

from symnet.errors import SymnetError
from symnet.expressions import as_expression, product, total
from symnet.network.network import Network
from symnet.network.neurons import Neuron, Norm
from symnet.operations import call

__all__ = ["Activate", "Bias", "Dense", "Normalize", "Softmax", "layered", "softmax"]

Entry: TypeAlias = str | int | Rational  # a parameter's name or an exact number
PerNeuron: TypeAlias = Entry | Sequence[Entry]  # one for the whole layer or network, or one for each neuron


def _entry(value: Entry) -> Expr:
    return Symbol(value) if isinstance(value, str) else as_expression(value)


def _spread(value: PerNeuron, width: int, what: str) -> list[Expr]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return [_entry(value)] * width
    if len(value) != width:
        raise SymnetError(f"{len(value)} values of {what} for a layer of {width} neurons")
    return [_entry(v) for v in value]


@dataclass(frozen=True)
class Dense:
    """weights[j][k] leads from signal j to neuron k: a name, an exact number, or 0 for no connection."""

    weights: Sequence[Sequence[Entry]]
    bias: PerNeuron = 0

    def __call__(self, signals: list[Expr]) -> list[Expr]:
        if len(self.weights) != len(signals):
            raise SymnetError(f"the weight matrix has {len(self.weights)} rows for {len(signals)} signals")
        widths = {len(row) for row in self.weights}
        if len(widths) != 1:
            raise SymnetError("the rows of a weight matrix have different lengths")
        (width,) = widths
        sums = [
            total(*(product(_entry(row[k]), x) for row, x in zip(self.weights, signals, strict=True)))
            for k in range(width)
        ]
        return Bias(self.bias)(sums)


@dataclass(frozen=True)
class Bias:
    """Add a bias: one for the layer, or one a neuron."""

    bias: PerNeuron

    def __call__(self, signals: list[Expr]) -> list[Expr]:
        biases = _spread(self.bias, len(signals), "bias")
        return [x + b for x, b in zip(signals, biases, strict=True)]


@dataclass(frozen=True)
class Activate:
    """Apply an activation of the table, or an abstract f, to every signal; `arguments` are its further ones."""

    function: str
    arguments: tuple[Entry, ...] = ()

    def __call__(self, signals: list[Expr]) -> list[Expr]:
        return [call(self.function, x, *map(_entry, self.arguments)) for x in signals]


def softmax(signals: Sequence[Expr]) -> list[Expr]:
    """e^(z_k) / sum_j e^(z_j) for every k: positive, and 1 together."""
    powers = [call("exp", z) for z in signals]
    return [power / total(*powers) for power in powers]


@dataclass(frozen=True)
class Softmax:
    """The signals of one object as probabilities."""

    def __call__(self, signals: list[Expr]) -> list[Expr]:
        return softmax(signals)


@dataclass(frozen=True)
class Normalize:
    """scale (x - C)/S + shift, with a C and an S of its own for every neuron (lecture 8, fine tuning).

    scale, shift: the same name in every layer shares them over the network, a name per layer or a sequence per
    neuron does not; None leaves them out. eps is inside the root; ddof = 1 divides by n - 1.
    """

    eps: Entry = 0
    ddof: int = 0
    scale: PerNeuron | None = None
    shift: PerNeuron | None = None

    def __call__(self, signals: list[Expr]) -> list[Expr]:
        width = len(signals)
        scales = _spread(1 if self.scale is None else self.scale, width, "scale")
        shifts = _spread(0 if self.shift is None else self.shift, width, "shift")
        return [
            product(a, Norm(x, _entry(self.eps), self.ddof)) + b
            for x, a, b in zip(signals, scales, shifts, strict=True)
        ]


Layer = Dense | Bias | Activate | Softmax | Normalize


def layered(inputs: Sequence[str], layers: Sequence[Layer], **options: Any) -> Network:
    """The network of these layers; `options` are the other fields of `Network` (targets, rows, loss, …).

    A neuron is closed where its signal enters the next Dense layer: neuron k of dense layer l is `h{l}_{k}`, and
    the neurons of the last one are `F`, or `F1`, `F2`, … Raises SymnetError when widths do not fit.
    """
    signals: list[Expr] = [Symbol(name) for name in inputs]
    neurons: list[Neuron] = []
    depth = 0
    for layer in layers:
        if isinstance(layer, Dense) and depth:
            signals = _close(signals, [f"h{depth}_{k}" for k in range(1, len(signals) + 1)], neurons)
        depth += isinstance(layer, Dense)
        signals = layer(signals)
    width = len(signals)
    names = ["F"] if width == 1 else [f"F{k}" for k in range(1, width + 1)]
    _close(signals, names, neurons)
    return Network(tuple(inputs), tuple(neurons), outputs=tuple(names), **options)


def _close(signals: list[Expr], names: list[str], neurons: list[Neuron]) -> list[Expr]:
    neurons += [Neuron(name, signal) for name, signal in zip(names, signals, strict=True)]
    return [Symbol(name) for name in names]

r"""Convolution and pooling as equations with affine indices.

A window slides along each axis of a signal with channels x[c, r, s]; every output is one equation in the inputs it
sees, so that gradients, proofs and evaluation are those of any `Derivation`. As in every framework, "convolution"
is cross-correlation: the mask is not turned round. All indices begin at 1, and what lies outside the input is 0.

    y[o, i, j] = b[o] + sum_{c, p, q} w[o, c, p, q] x[c, s (i - 1) + d (p - 1) + 1 - P, …]

with stride s, dilation d and P zeros of padding at either end. Sizes may be symbolic.
Source of the arithmetic: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as choices
from typing import Any, Literal

from sympy import Expr, Indexed, Integer, S, Symbol

from symnet.equations import Derivation, Equation, Index, Variable, index, name_of, names_used
from symnet.errors import SymnetError
from symnet.expressions import as_expression, product, rewrite, total
from symnet.operations import call
from symnet.sums import Sum, Within

__all__ = ["Window", "convolution", "masked", "pairing", "parameter_count", "pooling", "same", "stacked"]

Kind = Literal["average", "max", "min"]
Ties = Literal["first", "last"]


@dataclass(frozen=True)
class Window:
    """A window of `width` places along an axis of `length` places, moved by `stride` at a time.

    padding: zeros at either end. dilation: the distance of two places of the window. Every field is an integer or
    an expression in sizes. Raises SymnetError for a window that does not fit, or when numbers are out of range.
    """

    length: Any
    width: Any
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1

    def __post_init__(self) -> None:
        for name, least in (("length", 1), ("width", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            value = as_expression(getattr(self, name))
            object.__setattr__(self, name, value)
            if value.is_number and not (value.is_Integer and value >= least):
                raise SymnetError(f"the {name} of a window is {value}: it must be an integer not below {least}")
        if self._room.is_number and self._room < 0:
            raise SymnetError(f"a window of {self.width} does not fit in {self.length} places")

    @property
    def _room(self) -> Expr:
        """By how many places the window can be moved from its first position."""
        return (self.length + 2 * self.padding - self.dilation * (self.width - 1) - 1).expand()

    @property
    def outputs(self) -> Expr:
        """The number of positions. Raises SymnetError for a stride above 1 over a symbolic number of places."""
        if self.stride == 1:
            return self._room + 1
        if not (self._room.is_Integer and self.stride.is_Integer):
            raise SymnetError(f"the number of steps of {self.stride} in {self._room} places needs numbers")
        return self._room // self.stride + 1

    @property
    def unused(self) -> Expr:
        """How many places at the far end no window reaches; 0 where the stride divides the room exactly."""
        return self._room - (self.outputs - 1) * self.stride

    def place(self, output: Any, inside: Any) -> Expr:
        """Where place `inside` of the window lies on the input when it stands at `output`."""
        at = self.stride * (output - 1) + self.dilation * (inside - 1) + 1 - self.padding
        return at.expand()

    def within(self, place: Any) -> Expr:
        """1 where the place is on the input, else 0; nothing to ask without padding."""
        return S.One if self.padding == 0 else Within(place, S.One, self.length)


def same(length: Any, width: int, dilation: int = 1) -> Window:
    """The window of stride 1 with as many outputs as inputs. Raises SymnetError for an extent that is even."""
    extent = dilation * (width - 1)
    if extent % 2:
        raise SymnetError(f"a window of {width} cannot be padded alike at both ends to keep the length")
    return Window(length, width, 1, extent // 2, dilation)


def convolution(
    windows: Sequence[Window],
    channels: Any = 1,
    filters: Any = 1,
    connections: Sequence[Sequence[int]] | None = None,
    bias: bool = True,
) -> Derivation:
    """The derivation of y[o, i, …] over inputs x[c, r, …], with parameters w[o, c, p, …] and b[o].

    windows: one for each axis (one or two). channels, filters: how many of x and of y. connections: for each filter
    the channels it reads, numbered from 1 (default: all); then each filter o has a parameter of its own, `w{o}` whose
    second index counts the channels it reads. Raises SymnetError for connections that name no channel.
    """
    axes = _Axes.of(windows)
    channel, out = index("c", channels), index("o", filters)
    x = Variable("x", (channel, *axes.inputs))
    b = Variable("b", (out,))
    if connections is None:
        w = Variable("w", (out, channel, *axes.window))
        body = product(axes.on_input, w.reference, x.at(channel.symbol, *axes.places))
        rhs = _summed(body, (channel, *axes.window))
        equation = Equation("y", (out, *axes.outputs), rhs=total(b.reference, rhs) if bias else rhs)
        return Derivation((equation,), (x,), (w, b) if bias else (w,), "convolution")
    _check_connections(connections, channels, filters)
    equations, parameters = [], []
    for o, read in enumerate(connections, 1):
        w = Variable(f"w{o}", (index("c", len(read)), *axes.window))
        terms = [
            _summed(product(axes.on_input, w.at(k, *axes.inner), x.at(c, *axes.places)), axes.window)
            for k, c in enumerate(read, 1)
        ]
        own = [Symbol(f"b{o}")] if bias else []
        equations.append(Equation(f"y{o}", axes.outputs, rhs=total(*own, *terms)))
        parameters += [w, Variable(f"b{o}")] if bias else [w]
    return Derivation(tuple(equations), (x,), tuple(parameters), "convolution")


def pooling(
    kind: Kind, windows: Sequence[Window], channels: Any = 1, ties: Ties = "first", padding_counts: bool = True
) -> Derivation:
    """The derivation of y[c, i, …], the average, maximum or minimum of x[c, r, …] under each window.

    ties: which of several greatest (least) places, in reading order, gets the whole gradient; PyTorch, TensorFlow and
    flax give it to the first. An average counts the zeros of the padding (PyTorch, flax) unless `padding_counts` is
    false (TensorFlow, ONNX); a maximum or minimum takes only what lies on the input, as frameworks do. Raises
    SymnetError for a maximum over a window of no fixed width, or of so much padding that no place of it is on the
    input wherever it stands.
    """
    axes = _Axes.of(windows)
    channel = index("c", channels)
    x = Variable("x", (channel, *axes.inputs))
    if kind == "average":
        area = product(*(w.width for w in windows)) if padding_counts else _summed(axes.on_input, axes.window)
        body = product(axes.on_input, x.at(channel.symbol, *axes.places))
        rhs = product(1 / area, _summed(body, axes.window))
    else:
        return Derivation(tuple(_extreme(kind, axes, x, channel, ties)), (x,), (), f"{kind} pooling")
    return Derivation((Equation("y", (channel, *axes.outputs), rhs=rhs),), (x,), (), f"{kind} pooling")


def _extreme(kind: str, axes: "_Axes", x: Variable, channel: Index, ties: Ties) -> Iterator[Equation]:
    """A chain of max or min over the window's places in reading order, with a name for each step beside the input.

    At a tie the table's max gives the gradient to its second argument, min to its first. The chain starts with a
    place that is on the input wherever the window stands, goes back to the first one and then on to the last; a place
    beside the input is replaced by the result so far.
    """
    places, padded = list(axes.each_place()), any(w.padding != 0 for w in axes.windows)
    start = axes.always_on_input if padded else 0
    result = x.at(channel.symbol, *places[start])
    for number in (*reversed(range(start)), *range(start + 1, len(places))):
        inside, cell = axes.at_input(places[number]), x.at(channel.symbol, *places[number])
        if inside != 1:
            so_far = Equation(f"y{number}", (channel, *axes.outputs), rhs=result)
            yield so_far
            result = so_far.reference
            cell = total(product(inside, cell), product(1 - inside, result))
        result_wins_ties = (ties == "first") == (number > start)
        result_is_second = result_wins_ties == (kind == "max")
        result = call(kind, cell, result) if result_is_second else call(kind, result, cell)
    yield Equation("y", (channel, *axes.outputs), rhs=result)


def stacked(layers: Sequence[Derivation], activation: str) -> Derivation:
    """Layers in a row: layer l reads x{l} and has y{l} = …, and x{l+1} is the activation of y{l}.

    Every name of layer l ends in its number, the input of all is x1, the last layer has no activation.
    Raises SymnetError for a layer with connections, or one that does not read what the layer before it gives.
    """
    equations: list[Equation] = []
    parameters: list[Variable] = []
    masks: list[Variable] = []
    for number, layer in enumerate(layers, 1):
        x, *further = layer.inputs
        if equations:
            last = equations[-1]
            if [k.size for k in last.indices] != [k.size for k in x.indices]:
                sizes, given = (" x ".join(str(k.size) for k in v.indices) for v in (x, last))
                raise SymnetError(f"layer {number} reads {sizes} places, and layer {number - 1} gives {given or 1}")
            equations.append(Equation(f"x{number}", last.indices, rhs=call(activation, last.reference)))
        if len(_outputs(layer)) > 1:
            raise SymnetError(f"layer {number} has connections of its own for each filter: it cannot be stacked")
        names = {name: Symbol(f"{name}{number}") for name in layer.variables}
        numbered = layer.map(lambda rhs, names=names: _renamed(rhs, names))  # type: ignore[misc]
        equations += [replace(e, name=names[e.name].name) for e in numbered]
        parameters += [replace(v, name=names[v.name].name) for v in layer.parameters]
        masks += [replace(v, name=names[v.name].name) for v in further]
    first = replace(layers[0].inputs[0], name="x1")
    return Derivation(tuple(equations), (first, *masks), tuple(parameters), "layers")


def masked(layer: Derivation) -> Derivation:
    """A convolution whose filter o reads channel c only where the input t[o, c] is 1 and not 0 (LeNet-5's C3).

    Unlike with `connections`, all filters stay one equation, so that the layer can be stacked.
    """
    (equation,), w = layer.equations, layer.parameters[0]
    t = Variable("t", w.indices[:2])
    kept = Equation("u", w.indices, rhs=product(t.at(*(k.symbol for k in w.indices[:2])), w.reference))
    rhs = rewrite(
        equation.rhs, lambda v: kept.at(*v.indices) if isinstance(v, Indexed) and name_of(v) == w.name else None
    )
    return replace(layer, equations=(kept, replace(equation, rhs=rhs)), inputs=(*layer.inputs, t))


def _renamed(expression: Expr, names: Mapping[str, Symbol]) -> Expr:
    return rewrite(expression, lambda node: names.get(str(name_of(node))) if isinstance(node, Symbol) else None)


def pairing(derivation: Derivation) -> Derivation:
    """The same with L = sum g y over all outputs: g is what comes back from above, and dL/dx what goes on below.

    Outputs are the equations that no other one uses; those of y1 pair with g1.
    """
    above, terms = [], []
    for equation in _outputs(derivation):
        above.append(Variable("g" + equation.name.removeprefix("y"), equation.indices))
        terms.append(_summed(product(above[-1].reference, equation.reference), equation.indices))
    extended = derivation.extend([Equation("L", rhs=total(*terms))])
    return replace(extended, inputs=(*derivation.inputs, *above))


def _outputs(derivation: Derivation) -> list[Equation]:
    used = {name for equation in derivation for name in names_used(equation.rhs)}
    return [equation for equation in derivation if equation.name not in used]


def parameter_count(derivation: Derivation) -> Expr:
    """How many numbers the parameters of a derivation are."""
    return total(*(product(*(k.size for k in v.indices)) for v in derivation.parameters)).expand()


@dataclass(frozen=True)
class _Axes:
    """The indices of the input, the output and the window along each axis."""

    windows: tuple[Window, ...]
    inputs: tuple[Index, ...]
    outputs: tuple[Index, ...]
    window: tuple[Index, ...]

    @classmethod
    def of(cls, windows: Sequence[Window]) -> "_Axes":
        if not 1 <= len(windows) <= 2:
            raise SymnetError(f"a window along {len(windows)} axes: there are one or two")
        return cls(
            tuple(windows),
            tuple(index(name, v.length) for name, v in zip("rs", windows, strict=False)),
            tuple(index(name, v.outputs) for name, v in zip("ij", windows, strict=False)),
            tuple(index(name, v.width) for name, v in zip("pq", windows, strict=False)),
        )

    @property
    def inner(self) -> tuple[Symbol, ...]:
        return tuple(k.symbol for k in self.window)

    @property
    def places(self) -> tuple[Expr, ...]:
        """Where the window's place (p, q) lies when it stands at (i, j)."""
        moved = zip(self.windows, self.outputs, self.inner, strict=True)
        return tuple(v.place(out.symbol, p) for v, out, p in moved)

    @property
    def on_input(self) -> Expr:
        return self.at_input(self.places)

    def at_input(self, places: Sequence[Expr]) -> Expr:
        """1 where the place is on the input, else 0."""
        return product(*(v.within(place) for v, place in zip(self.windows, places, strict=True)))

    @property
    def always_on_input(self) -> int:
        """The number, in reading order, of a place that is on the input wherever the window stands."""
        number = 0
        for v in self.windows:
            skipped = -(-v.padding // v.dilation)
            if not v.dilation * (v.width - 1 - skipped) >= v.padding:
                raise SymnetError(f"a padding of {v.padding} is too much for the maximum under a window of {v.width}")
            number = number * int(v.width) + int(skipped)
        return number

    def each_place(self) -> Iterator[tuple[Expr, ...]]:
        """The places under the window in reading order."""
        if not all(v.width.is_Integer and v.padding.is_Integer and v.dilation.is_Integer for v in self.windows):
            raise SymnetError("a maximum or minimum needs windows of a fixed width")
        ranges = (range(1, int(v.width) + 1) for v in self.windows)
        for inside in choices(*ranges):
            moved = zip(self.windows, self.outputs, inside, strict=True)
            yield tuple(v.place(out.symbol, Integer(p)) for v, out, p in moved)


def _summed(body: Expr, indices: Sequence[Index]) -> Expr:
    for k in reversed(indices):
        body = Sum(body, k.limits)
    return body


def _check_connections(connections: Sequence[Sequence[int]], channels: Any, filters: Any) -> None:
    if len(connections) != filters:
        raise SymnetError(f"there are connections for {len(connections)} filters, not for {filters}")
    for read in connections:
        if not read or len(set(read)) < len(read) or not all(1 <= c <= channels for c in read):
            raise SymnetError(f"{list(read)} are not different channels of 1..{channels}")

r"""The network as lectures draw it: circles, weights on the edges, dropped neurons crossed out, normalization marked.

A neuron a*norm(w1*h1 + w2*h2) + b is a circle with what it does in it, the weights w1 and w2 on its edges, its free
term below it, and a mark with the names of C and S where the normalization stands: before the circle when it
normalizes the sum, behind it when it normalizes what the activation gives.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sympy import Add, Expr, Mul, Symbol

from symnet.drawing.picture import Box, Circle, Item, Label, Line, Picture, Point
from symnet.errors import SymnetError
from symnet.expressions import free_references, product, subexpressions, total
from symnet.network.network import Network
from symnet.network.neurons import Norm
from symnet.operations import Call
from symnet.render.align import width
from symnet.render.latex import latex
from symnet.render.naming import Naming

__all__ = ["diagram"]

_CROWDED = 12  # edges between two columns that still get their weights
_MARGIN = 30.0
_SHORT = 12.0  # em of a formula that has room below its circle
_MARK = 42.0  # the room of a normalization beside its circle


def diagram(network: Network, dropped: Collection[str] = ()) -> Picture:
    """The picture of a network, `dropped` neurons and inputs crossed out and their edges grey.

    Raises SymnetError for a name that is neither a neuron nor an input.
    """
    for name in dropped:
        if name not in (*network.inputs, *(n.name for n in network.neurons)):
            raise SymnetError(f"{name} is neither a neuron nor an input of {network.name}: it cannot be dropped")
    return _Drawing(network, frozenset(dropped)).picture


@dataclass
class _Parts:
    """A formula taken apart: what it does to a sum of weighted signals.

    weights: of each signal it adds up directly; None for one that it uses in another way. free: the term without a
    signal. functions: from the last to the first. outside, inside: its normalizations behind and before these.
    around: what is multiplied and added behind them, in LaTeX, from the last to the first.
    """

    weights: dict[str, Expr | None] = field(default_factory=dict)
    free: Expr | None = None
    functions: list[str] = field(default_factory=list)
    outside: list[Norm] = field(default_factory=list)
    inside: list[Norm] = field(default_factory=list)
    around: list[str] = field(default_factory=list)

    @property
    def is_mixed(self) -> bool:
        """Whether it is no weighted sum of its signals, nor a function of one: a product of two signals, say."""
        return not self.functions and None in self.weights.values()


def _apart(formula: Expr, signals: Mapping[Expr, str], naming: Naming) -> _Parts:
    """Peel one function, normalization or affine map after another off the formula until a plain sum is left."""
    parts = _Parts()
    while True:
        node, around = _only_one(formula, signals, naming)
        if node is None:
            break
        parts.around += around
        if isinstance(node, Norm):
            parts.outside.append(node)
        else:
            assert isinstance(node, Call)
            parts.functions.append(_symbol(node))
            parts.inside, parts.outside = [], parts.outside + parts.inside
        formula = node.args[0]
    if isinstance(formula, Call):
        parts.functions.append(_name(formula))
    if parts.functions and parts.outside:  # a norm below the last function stands before the circle
        parts.inside = [norm for norm in parts.outside if _only_one(norm.args[0], signals, naming)[0] is None]
        parts.outside = [norm for norm in parts.outside if norm not in parts.inside]
    elif parts.outside:
        parts.inside, parts.outside = parts.outside, []
    free = []
    for term in Add.make_args(formula):
        inside = free_references(term) & signals.keys()
        if not inside:
            free.append(term)
        for signal in inside:
            rest = [f for f in Mul.make_args(term) if f != signal]
            alone = len(inside) == 1 and not any(signal in free_references(f) for f in rest)
            again = signals[signal] in parts.weights
            parts.weights[signals[signal]] = product(*rest) if alone and not again else None
    parts.free = total(*free) if free else None
    return parts


def _only_one(formula: Expr, signals: Mapping[Expr, str], naming: Naming) -> tuple[Expr | None, list[str]]:
    """The function or normalization that all signals go through, and what is done to its value, the last first."""
    around = []
    while not isinstance(formula, (Call, Norm)):
        with_signals = [a for a in formula.args if free_references(a) & signals.keys()]
        if not isinstance(formula, (Add, Mul)) or len(with_signals) != 1:
            return None, []
        others = [a for a in formula.args if a is not with_signals[0]]
        if isinstance(formula, Add):
            around.append(_plus(total(*others), naming))
        else:
            around.append(rf"\times {latex(product(*others), naming)}")
        formula = with_signals[0]
    if isinstance(formula, Call) and sum(bool(free_references(a) & signals.keys()) for a in formula.args) != 1:
        return None, []
    return formula, around


def _plus(term: Expr, naming: Naming) -> str:
    text = latex(term, naming)
    return text if text.startswith("-") else f"+{text}"


def _symbol(node: Call) -> str:
    """The function without its argument."""
    template = node.operation.latex.split("(#1)")[0].replace("{#1}", "")
    for position, argument in enumerate(node.args[1:], 2):
        template = template.replace(f"#{position}", latex(argument))
    return template.replace("#1", r"\cdot") or node.function


def _name(node: Call) -> str:
    """The name of a function of several signals."""
    return node.operation.latex.partition("(")[0] or node.function


@dataclass(frozen=True)
class _Drawing:
    network: Network
    dropped: frozenset[str]

    @cached_property
    def naming(self) -> Naming:
        return Naming.of(self.network.derivation, self.network.function())

    @cached_property
    def parts(self) -> dict[str, _Parts]:
        known = {Symbol(name): name for name in self.network.inputs}
        found = {}
        for neuron in self.network.neurons:
            found[neuron.name] = _apart(neuron.formula, known, self.naming)
            known[Symbol(neuron.name)] = neuron.name
        return found

    @cached_property
    def columns(self) -> list[list[str]]:
        level = dict.fromkeys(self.network.inputs, 0)
        for name, parts in self.parts.items():
            level[name] = 1 + max((level[source] for source in parts.weights), default=0)
        columns: list[list[str]] = [[] for _ in range(1 + max(level.values()))]
        for name, place in level.items():
            columns[place].append(name)
        return columns

    @property
    def tallest(self) -> int:
        return max(map(len, self.columns))

    @property
    def roomy(self) -> bool:
        """Whether a circle has room for what it does, and around it for its name."""
        return self.tallest <= 6

    @property
    def radius(self) -> float:
        return 20.0 if self.roomy else 15.0 if self.tallest <= 12 else 10.0

    @cached_property
    def centres(self) -> dict[str, Point]:
        gap = self.radius * (3.7 if self.roomy else 2.6)
        height = gap * (self.tallest - 1)
        places: dict[str, Point] = {}
        x = _MARGIN + self.radius
        for k, column in enumerate(self.columns):
            if k:
                x += 2 * self.radius + self._between(k)
            top = _MARGIN + self.radius + (height - gap * (len(column) - 1)) / 2
            places |= {name: (x, top + gap * row) for row, name in enumerate(column)}
        return places

    def _between(self, k: int) -> float:
        """The room between column k and the one before it."""
        marks = any(self.parts[name].inside for name in self.columns[k])
        marks_before = k > 1 and any(self.parts[name].outside for name in self.columns[k - 1])
        labels = self._labelled(k)
        slope = 5.0 * max(len(self.columns[k - 1]), len(self.columns[k]))
        longest = max(
            (len(self._text(w)) for n in self.columns[k] for w in self.parts[n].weights.values() if w), default=0
        )
        return 55 + slope + _MARK * marks + _MARK * marks_before + (min(3.0 * longest, 40) if labels else 0)

    def _text(self, weight: Expr | None) -> str:
        return "" if weight is None or weight == 1 else latex(weight, self.naming)

    def _labelled(self, k: int) -> bool:
        return sum(len(self.parts[name].weights) for name in self.columns[k]) <= _CROWDED

    @cached_property
    def picture(self) -> Picture:
        items: list[Item] = []
        below: dict[tuple[str, str], int] = {}
        for k, column in enumerate(self.columns[1:], 1):
            for name in column:
                items += self._edges(name, self._labelled(k), below)
            items += self._captions(column)
        for name, centre in self.centres.items():
            items += self._neuron(name, centre)
        right = max(x for x, _ in self.centres.values()) + self.radius + _MARGIN + 50
        return Picture(right, self._bottom + 16 * len(below) + _MARGIN - 10, tuple(items), self._title())

    @property
    def _bottom(self) -> float:
        """The lower rim of the lowest circle and its caption."""
        return max(y for _, y in self.centres.values()) + self.radius + 18

    def _title(self) -> str:
        sizes = " -> ".join(str(len(column)) for column in self.columns)
        gone = f", without {', '.join(sorted(self.dropped))}" if self.dropped else ""
        return f"The network {self.network.name} with layers of {sizes}{gone}"

    def _edges(self, name: str, labelled: bool, far_below: dict[tuple[str, str], int]) -> list[Item]:
        """The lines into a neuron; one from further back runs below the circles, each at a depth of its own."""
        lines: list[Item] = []
        labels: list[Item] = []
        parts, (x, y) = self.parts[name], self.centres[name]
        into = x - self.radius - (_MARK if parts.inside else 0)
        for source, weight in parts.weights.items():
            x0, y0 = self.centres[source]
            marked = source in self.parts and self.parts[source].outside
            start = (x0 + self.radius + (_MARK if marked else 0), y0)
            ink = "faded" if {name, source} & self.dropped else "plain" if labelled else "thin"
            end = (into, y)
            far = self._level(name) - self._level(source) > 1
            if far:
                bottom = self._bottom + 16 * far_below.setdefault((source, name), len(far_below) + 1)
                lines.append(Line((start, ((start[0] + end[0]) / 2, 2 * bottom - (y0 + y) / 2), end), ink, curved=True))
                middle = ((start[0] + end[0]) / 2, bottom)
            else:
                lines.append(Line((start, end), ink))
                middle = self._label_place(source, name, start, end)
            if labelled and self._text(weight):
                labels.append(Label(middle, self._text(weight), ink, 11, halo=True))
        return lines + labels

    def _level(self, name: str) -> int:
        return next(k for k, column in enumerate(self.columns) if name in column)

    def _label_place(self, source: str, name: str, start: Point, end: Point) -> Point:
        """On the edge, nearer to its source; edges of neighbouring sources a little apart."""
        row = self.columns[self._level(source)].index(source)
        straight = abs(start[1] - end[1]) < 1
        along = 0.5 if straight and len(self.parts[name].weights) == 1 else 0.32 + 0.14 * (row % 2)
        lift = -8.0 if straight else 0.0
        return (start[0] + along * (end[0] - start[0]), start[1] + along * (end[1] - start[1]) + lift)

    def _neuron(self, name: str, centre: Point) -> list[Item]:
        x, y = centre
        gone = name in self.dropped
        ink = "faded" if gone else "plain"
        items: list[Item] = []
        parts = self.parts.get(name)
        if parts:
            items += self._marks(parts, centre, ink)
        items.append(Circle(centre, self.radius, ink))
        own = latex(Symbol(name), self.naming)
        inside = self._does(parts) if parts and self.roomy else own
        size = min(11.0, 0.62 * self.radius)
        items.append(Label(centre, inside, ink, size * (1.0 if len(inside) < 8 else 0.7 if len(inside) < 24 else 0.55)))
        if parts and self.roomy:
            last = not any(name in other.weights for other in self.parts.values())
            above = (x + self.radius + 16, y) if last else (x, y - self.radius - 9)
            if last and parts.outside:
                above = (above[0] + _MARK, y)
            items.append(Label(above, own, ink, 11))
            below = self._formula(name) if parts.is_mixed else self._caption(parts)
            if below:
                items.append(Label((x, y + self.radius + 9), below, ink, 10))
        if gone:
            r = self.radius * 1.05
            items += [Line(((x - r, y - r), (x + r, y + r)), "cross"), Line(((x - r, y + r), (x + r, y - r)), "cross")]
        return items

    def _does(self, parts: _Parts) -> str:
        """The functions, a sum, or for any other formula of the signals an equals sign: what it is stands below."""
        return "".join(parts.functions) or ("=" if parts.is_mixed else r"\Sigma")

    def _captions(self, column: Sequence[str]) -> list[Item]:
        """Where the circles are too small for it: what the neurons of a column do, below the last of them."""
        done = dict.fromkeys(self._does(self.parts[name]) for name in column)
        x, y = self.centres[column[-1]]
        return [] if self.roomy else [Label((x, y + self.radius + 10), r",\ ".join(done), "plain", 11)]

    def _caption(self, parts: _Parts) -> str:
        """The free term, and what is multiplied and added behind the functions, in the order in which it is done."""
        free = [] if parts.free is None else [_plus(parts.free, self.naming)]
        return r"\ \ ".join([*free, *reversed(parts.around)])

    def _formula(self, name: str) -> str:
        """The neuron's own formula, without a normalization in it, as wide and high as the room below a circle."""
        formula = next(n.formula for n in self.network.neurons if n.name == name)
        if any(isinstance(node, Norm) for node in subexpressions(formula)):
            return ""
        shown = latex(formula, self.naming)
        return shown if width(shown) <= _SHORT and r"\frac" not in shown else ""

    def _marks(self, parts: _Parts, centre: Point, ink: str) -> list[Item]:
        """The normalizations before and behind the circle, with the names of their mean and deviation."""
        x, y = centre
        names = {k.norm: (k.mean, k.deviation) for k in self.network.normalizations}
        found: list[Item] = []
        for norms, side in ((parts.inside, -1), (parts.outside, 1)):
            for norm in norms:
                mean, deviation = (self.naming.latex(n) for n in names[norm])
                place = (x + side * (self.radius + 25), y)
                found.append(Line(((x + side * self.radius, y), (x + side * (self.radius + 8), y)), ink))
                height = 1.1 * self.radius if self.roomy else 13
                found.append(Box(place, 34, height, "faded" if ink == "faded" else "mark"))
                text = rf"{mean}, {deviation}"
                found.append(Label(place, text, "faded" if ink == "faded" else "mark", 8 if len(text) < 12 else 6.5))
        return found

r"""The graph of a computation: a node an operation, its value in black above, the loss's derivative by it in red below.

The graph is that of one equation of a derivation with everything it uses written out; what is used twice is one node.
Values and derivatives are exact. Layout by layers: a node stands left of everything that uses it, and the order within
a layer follows the neighbours, so that few lines cross.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from sympy import Add, Expr, Integer, Mul, Pow, Rational, Symbol

from symnet.differentiate import adjoint_name, gradient
from symnet.drawing.picture import Box, Circle, Item, Label, Line, Picture, Point
from symnet.equations import Derivation, Equation
from symnet.errors import SymnetError
from symnet.expressions import subexpressions
from symnet.operations import Call
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.truth.evaluate import Value, evaluate

__all__ = ["computation_graph"]

_LIMIT = 80  # nodes that still make a picture
_DIGITS = 8  # characters of a value; longer ones are rounded
_SWEEPS = 8
_RADIUS, _ACROSS, _DOWN, _MARGIN = 13.0, 78.0, 62.0, 34.0


def computation_graph(derivation: Derivation, point: Mapping[str, Rational], target: str = "L") -> Picture:
    """The graph of `target`, a scalar equation, at a point {parameter or input: exact value}.

    Raises SymnetError for an abstract activation, for more than 80 operations, or where `evaluate` refuses the point.
    """
    expression = derivation.unfold(derivation[target].reference)
    for node in subexpressions(expression):
        if isinstance(node, Call) and node.operation.abstract:
            raise SymnetError(f"the graph shows numbers, and {node.function} is abstract: put tanh, say, in its place")
    nodes = [n for n in subexpressions(expression) if not n.is_Rational or n in expression.args]
    if len(nodes) > _LIMIT:
        raise SymnetError(f"the graph of {target} has {len(nodes)} nodes: more than {_LIMIT} make no picture")
    return _Graph(derivation, expression, dict(point), target).picture


@dataclass(frozen=True)
class _Graph:
    derivation: Derivation
    expression: Expr
    point: Mapping[str, Rational]
    target: str

    @cached_property
    def operands(self) -> dict[Expr, tuple[Expr, ...]]:
        """Every node with what it is made of; numbers that only scale or raise belong to their node."""
        found: dict[Expr, tuple[Expr, ...]] = {}
        for node in subexpressions(self.expression):
            if not node.is_Rational:
                found[node] = tuple(a for a in node.args if not a.is_Rational)
        return found

    @cached_property
    def names(self) -> dict[Expr, str]:
        """A name for every node: a leaf keeps its own."""
        return {n: n.name if isinstance(n, Symbol) else f"_n{k}" for k, n in enumerate(self.operands)}

    @cached_property
    def staged(self) -> Derivation:
        """One equation for every operation."""
        equations = []
        for node, operands in self.operands.items():
            if operands:
                rhs = node.func(*(Symbol(self.names[a]) if a in self.names else a for a in node.args))
                equations.append(Equation(self.names[node], rhs=rhs))
        return replace(self.derivation, equations=tuple(equations))

    @cached_property
    def values(self) -> dict[Expr, tuple[str, str]]:
        """The value of every node and the derivative of the last one by it."""
        top = self.names[self.expression]
        inner = [name for node, name in self.names.items() if node != self.expression]
        derived = gradient(self.staged, top, inner)
        slopes = {name: adjoint_name(top, name) for name in inner}
        leaves = [n for n in self.names if isinstance(n, Symbol)]
        point = {n.name: self.point[n.name] for n in leaves if n.name in self.point}
        known = evaluate(
            derived, point, [e.name for e in derived if e.name in {*self.names.values(), *slopes.values()}]
        )
        result = {}
        for node, name in self.names.items():
            value = _short(known[name]) if name in known else _short(Value.of(self.point[name]))
            slope = "1" if node == self.expression else _short(known[slopes[name]])
            result[node] = value, slope
        return result

    @cached_property
    def layers(self) -> list[list[Expr]]:
        """Nodes by their distance from the last one, the farthest first, with a place kept for lines passing by."""
        distance = {self.expression: 0}
        for node in reversed(list(self.operands)):
            for operand in self.operands[node]:
                distance[operand] = max(distance.get(operand, 0), distance[node] + 1)
        columns: list[list[Expr]] = [[] for _ in range(max(distance.values()) + 1)]
        for node, far in distance.items():
            columns[-1 - far].append(node)
        return columns

    @cached_property
    def chains(self) -> list[tuple[Expr, ...]]:
        """Every line as the nodes and the places in passing that it runs through, from operand to user."""
        column = {node: k for k, layer in enumerate(self.layers) for node in layer}
        found = []
        for node, operands in self.operands.items():
            for operand in dict.fromkeys(operands):
                between = [
                    Symbol(f"_{self.names[operand]}_{self.names[node]}_{k}")
                    for k in range(column[operand] + 1, column[node])
                ]
                found.append((operand, *between, node))
        return found

    @cached_property
    def centres(self) -> dict[Expr, Point]:
        columns = [list(layer) for layer in self.layers]
        start = {node: k for k, layer in enumerate(self.layers) for node in layer}
        near: dict[Expr, list[Expr]] = {}
        for chain in self.chains:
            for k, place in enumerate(chain[1:-1], start[chain[0]] + 1):
                columns[k].append(place)
            for one, other in pairwise(chain):
                near.setdefault(one, []).append(other)
                near.setdefault(other, []).append(one)
        row = {node: float(k) for layer in columns for k, node in enumerate(layer)}
        for sweep in range(_SWEEPS):
            for layer in columns if sweep % 2 else reversed(columns):
                layer.sort(key=lambda n: sum(row[m] for m in near.get(n, [n])) / len(near.get(n, [n])))
                for k, node in enumerate(layer):
                    row[node] = k - (len(layer) - 1) / 2
        highest = min(row.values())
        return {
            node: (_MARGIN + _ACROSS * k, _MARGIN + 14 + _DOWN * (row[node] - highest))
            for k, layer in enumerate(columns)
            for node in layer
        }

    @property
    def picture(self) -> Picture:
        items: list[Item] = []
        for chain in self.chains:
            through = [self.centres[place] for place in chain]
            through[0] = _towards(through[0], through[1])
            through[-1] = _towards(through[-1], through[-2])
            items.append(Line(tuple(through), "plain", arrow=True))
        naming = Naming.of(self.derivation)
        for node in self.operands:
            x, y = self.centres[node]
            value, slope = self.values[node]
            if isinstance(node, Symbol):
                items.append(Box((x, y), 2 * _RADIUS, 1.6 * _RADIUS))
                items.append(Label((x, y), latex(node, naming), size=10))
            else:
                items.append(Circle((x, y), _RADIUS))
                items.append(Label((x, y), _sign(node), size=10 if len(_sign(node)) < 4 else 7.5))
            items.append(Label((x, y - _RADIUS - 7), value, size=9, halo=True))
            items.append(Label((x, y + _RADIUS + 7), slope, "backward", 9, halo=True))
        width = max(x for x, _ in self.centres.values()) + _MARGIN
        height = max(y for _, y in self.centres.values()) + _MARGIN + 10
        title = f"The computation of {self.target}: values in black, derivatives of {self.target} in red"
        return Picture(width, height, tuple(items), title)


def _towards(point: Point, other: Point) -> Point:
    """The rim of the circle around a point, on the way to another."""
    (x, y), (u, v) = point, other
    length = max(((u - x) ** 2 + (v - y) ** 2) ** 0.5, 1e-9)
    return x + _RADIUS * (u - x) / length, y + _RADIUS * (v - y) / length


def _sign(node: Expr) -> str:
    """What the node does, with the numbers that belong to it."""
    numbers = [a for a in node.args if a.is_Rational]
    match node:
        case Add():
            return "+" if not numbers else latex(numbers[0]) if numbers[0] < 0 else f"+{latex(numbers[0])}"
        case Mul():
            return r"\times" + "".join(rf"({n})" if n < 0 else f" {n}" for n in numbers)
        case Pow(args=(_, exponent)) if exponent == Integer(-1):
            return "1/u"
        case Pow(args=(_, exponent)):
            return f"u^{{{latex(exponent)}}}"
    assert isinstance(node, Call)
    return (
        latex(node.func(*(Symbol("u"),) * len(node.args))).replace("(u)", "") if len(node.args) == 1 else node.function
    )


def _short(value: Value) -> str:
    if len(value.text) <= _DIGITS and not value.radius:
        return latex(value.exact.as_expr()) if value.exact is not None else value.text
    return f"{float(value.ball().mid()):.4g}"

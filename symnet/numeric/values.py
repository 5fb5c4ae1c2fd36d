"""Array nodes that know which index each of their axes runs over: aligning them, multiplying them, summing them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from string import ascii_letters

from sympy import Expr, Integer, Rational, S, Symbol

from symnet.numeric.program import Graph, Node, Shape

__all__ = ["Arrays", "Axes", "Factors", "Scope", "Value", "union"]

Axes = tuple[Symbol, ...]
Scope = dict[Symbol, tuple[Expr, Expr]]  # every index in sight, with its first and last value
_MANY = 6  # factors of a product beyond which no known part of it is looked for


@dataclass(frozen=True)
class Value:
    """A node with the index each axis runs over.

    factors: what it is a product of, with exponents 1 or -1, so that a sum or another product can take it apart;
    empty where it is none, or is to be left whole.
    """

    node: Node
    axes: Axes = ()
    factors: "Factors" = ()

    @property
    def literal(self) -> bool:
        return self.node.literal

    def renamed(self, letters: Mapping[Symbol, Symbol]) -> "Value":
        """The same array over other indices."""
        axes = tuple(letters.get(k, k) for k in self.axes)
        return Value(self.node, axes, tuple((v.renamed(letters), e) for v, e in self.factors))


Factors = tuple[tuple[Value, int], ...]


def union(values: Iterable[Value], scope: Scope) -> Axes:
    """The axes of what the values broadcast to, in the order of one that has them all if there is one."""
    values = list(values)
    present = {k for v in values for k in v.axes}
    whole = (v.axes for v in values if len(v.axes) == len(present))
    return next(whole, tuple(k for k in scope if k in present))


class Arrays:
    """The operations on values; each one makes nodes in `graph`.

    apart: take products apart across definitions, so that a mean or a matrix product meets the largest arrays
    unscaled and shares their product; else keep everything as the equations have it. count: a size as a node.
    """

    def __init__(self, graph: Graph, apart: bool, count: Callable[[Expr], Node]) -> None:
        self.graph, self.apart, self.count = graph, apart, count
        self._sizes: dict[tuple[Expr, Expr], Expr] = {}
        self._products: dict[frozenset[tuple[Value, int]], Value] = {}

    def shape(self, axes: Axes, scope: Scope) -> Shape:
        return tuple(self._size(scope[k]) for k in axes)

    def _size(self, ends: tuple[Expr, Expr]) -> Expr:
        if ends not in self._sizes:
            self._sizes[ends] = ends[1] - ends[0] + 1
        return self._sizes[ends]

    def number(self, value: Rational | float) -> Value:
        return Value(self.graph("number", detail=value, kind="literal"))

    def along(self, value: Value, axes: Axes) -> Node:
        """Transposed, and given axes of length 1, so that it broadcasts over `axes`."""
        if value.axes == axes:
            return value.node
        order = tuple(value.axes.index(k) for k in axes if k in value.axes)
        picks = [":" if k in value.axes else "None" for k in axes]
        while picks and picks[0] == "None":
            del picks[0]
        node, whole = value.node, tuple(picks)
        while picks and picks[-1] == ":":
            del picks[-1]
        if order != tuple(sorted(order)):
            node = self.graph("turn", [node], tuple(node.shape[k] for k in order), order, node.kind)
        if picks:
            sizes = iter(node.shape)
            shape = tuple(S.One if pick == "None" else next(sizes) for pick in whole)
            node = self.graph("pick", [node], shape, tuple(picks), node.kind)
        return node

    def combine(self, op: str, values: Sequence[Value], scope: Scope, detail: object = None, kind: str = "") -> Value:
        """An operation entry by entry, on what the values broadcast to."""
        kind = kind or _kind(values)
        if not scope:
            return Value(self.graph(op, [v.node for v in values], (), detail, kind))
        axes = union(values, scope)
        nodes = [self.along(v, axes) for v in values]
        return Value(self.graph(op, nodes, self.shape(axes, scope), detail, kind), axes)

    # Products

    def product(self, number: Rational, factors: Iterable[tuple[Value, int]], scope: Scope, divide: str) -> Value:
        """number times the factors, each with an exponent; few axes first, so that small arrays meet first."""
        flat = self.flat(factors)
        for position, (value, exponent) in reversed(list(enumerate(flat))):
            if isinstance(value.node.detail, Rational) and value.node.op == "number":
                number, flat = number * value.node.detail**exponent, flat[:position] + flat[position + 1 :]
        over = [self.number(Integer(abs(number.p)))] * (abs(number.p) != 1)
        over += [v for v, e in flat for _ in range(e)]
        under = [self.number(Integer(number.q))] * (number.q != 1) + [v for v, e in flat for _ in range(-e)]
        minus = number.p < 0  # SymPy would deduce all that it can about the number
        value = self._fraction(over, under, scope, divide, minus)
        if not self.apart or len(over) + len(under) + minus < 2:
            return value
        one = [(self.number(Integer(-1)), 1)] if minus else []
        return replace(value, factors=(*one, *((v, 1) for v in over), *((v, -1) for v in under)))

    def flat(self, factors: Iterable[tuple[Value, int]]) -> list[tuple[Value, int]]:
        """The factors of the factors; those of a power as often as it says."""
        flat = []
        for value, exponent in factors:
            if self.apart and value.factors and abs(exponent) == 1:
                flat += [(v, e * exponent) for v, e in value.factors]
            else:
                flat.append((value, exponent))
        return flat

    def signed(self, sign: int, value: Value) -> tuple[int, Value]:
        """The same without a minus of its own."""
        if value.node.op != "negative":
            return sign, value
        return -sign, Value(value.node.args[0], value.axes)

    def _fraction(self, over: list[Value], under: list[Value], scope: Scope, divide: str, minus: bool) -> Value:
        result: Value | None = None
        waiting: list[Value] = []
        ranks = sorted({len(v.axes) for v in (*over, *under)})
        for rank in ranks:
            if self.apart and minus and result:  # the smaller array takes the minus
                result, minus = self.combine("negative", [result], scope), False
            parts = [v for v in over if len(v.axes) == rank]
            if self.apart and rank and len(parts) > 1:
                parts = self._shared(parts, scope)
            for value in parts:
                result = self.combine("multiply", [result, value], scope) if result else value
            waiting += [v for v in under if len(v.axes) == rank]
            if waiting and (result or rank == ranks[-1]):
                result = self._divided(result or self.number(S.One), waiting, scope, divide, rank < ranks[-1])
                waiting = []
        result = result or self.number(S.One)
        return self.combine("negative", [result], scope) if minus else result

    def _divided(self, value: Value, by: list[Value], scope: Scope, divide: str, small: bool) -> Value:
        """One division by a product; of small arrays one division each, which S * S near 0 cannot harm."""
        if self.apart and small:
            for divisor in by:
                value = self.combine(divide, [value, divisor], scope)
            return value
        below = by[0]
        for divisor in by[1:]:
            below = self.combine("multiply", [below, divisor], scope)
        return self.combine(divide, [value, below], scope)

    def _shared(self, values: list[Value], scope: Scope) -> list[Value]:
        """The values over each set of axes multiplied with each other first, starting from a product there is."""
        groups: dict[frozenset[Symbol], list[Value]] = {}
        for value in values:
            groups.setdefault(frozenset(value.axes), []).append(value)
        return [self._known_product(group, scope) for group in groups.values()]

    def _known_product(self, values: list[Value], scope: Scope) -> Value:
        left = list(values)
        result, parts = left[0], [left[0]]
        if 2 < len(left) <= _MANY:
            sizes = range(len(left), 1, -1)
            found = (c for n in sizes for c in combinations(left, n) if _multiset(c) in self._products)
            known = next(found, None)
            if known:
                result, parts = self._products[_multiset(known)], list(known)
        for part in parts:
            left.remove(part)
        for value in left:
            parts.append(value)
            key = _multiset(parts)
            if key not in self._products:
                if value == result:
                    made = self.combine("power", [value, self.number(Integer(2))], scope)
                else:
                    made = self.combine("multiply", [result, value], scope)
                self._products[key] = made
            result = self._products[key]
        return result

    # Sums

    def _halves(self, factors: Sequence[tuple[Value, int]]) -> list[list[tuple[Value, int]]]:
        """A product to be summed over all its axes, as the two factors of a scalar product."""
        splits = [([*factors[:k], *factors[k + 1 :]], factors[k]) for k in reversed(range(len(factors)))]
        values = [[v for v, e in rest if e == 1] for rest, _ in splits]
        known = [s for s, v in zip(splits, values, strict=True) if len(v) > 1 and _multiset(v) in self._products]
        rest, last = known[0] if known else splits[0]
        return [rest, [last]]

    def contract(
        self, factors: Sequence[tuple[Value, int]], bounds: Sequence[Symbol], scope: Scope, plain: bool
    ) -> Value:
        """The sum of a product of factors over bound indices that all occur in it; plain: they are all names."""
        for bound in reversed(bounds if len(bounds) > 1 else ()):
            concerned = [(v, e) for v, e in factors if bound in v.axes]
            if len(concerned) < len(factors):  # what does not depend on this index stays outside its sum
                partial = self.contract(concerned, [bound], scope, plain)
                others = [(v, e) for v, e in factors if bound not in v.axes]
                rest = [k for k in bounds if k != bound]
                if not set(rest) & set(partial.axes):
                    sums = [(self.contract(others, rest, scope, plain), 1), (partial, 1)]
                    return self.product(S.One, sums, scope, "divide")
                return self.contract([*others, (partial, 1)], rest, scope, plain)
        groups = _groups(factors)
        if len(groups) == 1 and plain and not self.apart:
            groups = [[factor] for factor in groups[0]]
        if len(groups) == 1 and self.apart and len(groups[0]) > 1 and set(groups[0][0][0].axes) == set(bounds):
            groups = self._halves(groups[0])
        values = [self.product(S.One, group, scope, "divide") for group in groups]
        return self.summed(values[0], bounds, scope) if len(values) == 1 else self.contraction(values, bounds, scope)

    def summed(self, value: Value, bounds: Collection[Symbol], scope: Scope) -> Value:
        """The sum over some of its axes."""
        rest = tuple(k for k in value.axes if k not in bounds)
        where = tuple(position for position, k in enumerate(value.axes) if k in bounds)
        shape = self.shape(rest, scope)
        if self.apart and len(value.axes) == 2 and len(where) == 1:
            length = value.node.shape[where[0]]
            ones = self.graph("ones", [self.count(length)], (length,))
            sides = [ones, value.node] if where == (0,) else [value.node, ones]
            return Value(self.graph("matmul", sides, shape), rest)
        return Value(self.graph("sum", [value.node], shape, where if rest else None), rest)

    def contraction(self, values: Sequence[Value], bounds: Sequence[Symbol], scope: Scope) -> Value:
        """The sum over the bound indices of the product of at least two arrays: `@` where it fits, else an einsum."""
        if len(values) == 2 and len(bounds) == 1:
            product = self._matrix_product(values[0], values[1], bounds[0], scope)
            if product is not None:
                return product
        indices = [k for k in scope if any(k in v.axes for v in values)]
        free = tuple(k for k in indices if k not in bounds)
        letters = _letters(indices)
        spec = ",".join("".join(letters[k] for k in v.axes) for v in values) + "->" + "".join(letters[k] for k in free)
        # Without a plan einsum runs one loop over all indices, which is best only when all arrays have the same.
        plan = len({frozenset(v.axes) for v in values}) > 1 and (len(values) > 2 or len(bounds) > 1)
        return Value(self.graph("einsum", [v.node for v in values], self.shape(free, scope), (spec, plan)), free)

    def _matrix_product(self, a: Value, b: Value, bound: Symbol, scope: Scope) -> Value | None:
        """`a @ b` for vectors and matrices that share the bound index alone."""
        rows, columns = (tuple(k for k in v.axes if k != bound) for v in (a, b))
        if len(rows) > 1 or len(columns) > 1 or (rows and rows == columns):
            return None
        if rows and columns:
            order = list(scope)
            swap = order.index(rows[0]) > order.index(columns[0])
        else:  # a vector goes to the side where the matrix need not be transposed
            swap = bool(columns and b.axes[-1] == bound) or bool(rows and a.axes[0] == bound)
        if swap:
            a, b, rows, columns = b, a, columns, rows
        sides = [self.along(a, (*rows, bound)), self.along(b, (bound, *columns))]
        axes = (*rows, *columns)
        return Value(self.graph("matmul", sides, self.shape(axes, scope)), axes)


def _groups(factors: Iterable[tuple[Value, int]]) -> list[list[tuple[Value, int]]]:
    """Factors to be multiplied entry by entry before the sum: those with the same axes, and where that leaves
    more than two groups also those whose axes another one has."""
    groups: dict[frozenset[Symbol], list[tuple[Value, int]]] = {}
    for value, exponent in factors:
        groups.setdefault(frozenset(value.axes), []).append((value, exponent))
    for own in list(groups):
        larger = next((axes for axes in groups if own < axes), None)
        if larger is not None and len(groups) > 2:
            groups[larger] += groups.pop(own)
    return list(groups.values())


def _kind(values: Iterable[Value]) -> str:
    """Places and numbers of objects stay integers until they meet a real number."""
    kinds = {v.node.kind for v in values}
    return "literal" if kinds == {"literal"} else "integer" if kinds <= {"integer", "literal"} else "real"


def _multiset(values: Iterable[Value]) -> frozenset[tuple[Value, int]]:
    return frozenset(Counter(values).items())


def _letters(indices: Sequence[Symbol]) -> dict[Symbol, str]:
    """A letter for each index in an einsum, its own where that is one."""
    spare = iter(letter for letter in ascii_letters if letter not in {k.name for k in indices})
    return {k: k.name if k.name in ascii_letters and len(k.name) == 1 else next(spare) for k in indices}

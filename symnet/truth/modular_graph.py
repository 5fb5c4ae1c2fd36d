"""A statement as steps to compute, and how large the polynomials behind the steps are.

Definitions are followed and operations with a definition in the table are replaced by it, so what remains are
numbers, names, sums, products, powers, square roots, signs, exponentials and opaque functions.

Behind every step stands a quotient: a polynomial with integer coefficients in the names, the values of opaque
functions, the exponentials and the roots, over a product of powers of other such polynomials. Two numbers bound a
polynomial: its degree, where a root counts half of what is under it, and the logarithm of the sum of its absolute
coefficients (its length). Both are additive under products.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf, log2
from typing import Literal, NamedTuple

from sympy import Expr, Rational, Symbol

from symnet.errors import SymnetError
from symnet.operations import Call
from symnet.truth.statement import Statement

__all__ = ["Graph", "Size", "Step", "sizes"]

Sign = tuple[int, frozenset[int]]
Kind = Literal["number", "name", "sum", "product", "power", "sqrt", "sign", "exp", "opaque"]
_STEPS: dict[str, Kind] = {"sqrt": "sqrt", "sign": "sign", "exp": "exp"}
_FACTORS = 16  # the sign of a product of more factors is a sign of its own


@dataclass(frozen=True, slots=True)
class Step:
    """An operation on the results of earlier steps; `node` is what it computes."""

    position: int
    kind: Kind
    args: tuple[int, ...]
    node: Expr

    @property
    def exponent(self) -> int:
        return int(self.node.exp)


class Graph:
    """The steps of both sides of a statement, each distinct one once.

    stages: for each depth of nested roots the roots themselves, then the other steps of that depth.
    depths: how deep the roots in each step are nested.
    additive: the steps whose expansion into terms an exponential needs.
    Raises SymnetError for what is not a scalar formula.
    """

    def __init__(self, statement: Statement) -> None:
        self._definitions = {Symbol(e.name): e.rhs for e in statement.equations}
        self._positions: dict[Expr, int] = {}
        self.steps: list[Step] = []
        self.left, self.right = self._add(statement.left), self._add(statement.right)
        self.depths: list[int] = []
        for step in self.steps:
            below = max((self.depths[k] for k in step.args), default=0)
            self.depths.append(below + (step.kind == "sqrt"))
        self.depth = max(self.depths)
        self.stages: list[tuple[list[Step], list[Step]]] = [([], []) for _ in range(self.depth + 1)]
        for step, depth in zip(self.steps, self.depths, strict=True):
            self.stages[depth][step.kind != "sqrt"].append(step)
        self.additive = self._additive()

    @cached_property
    def signs(self) -> list[Sign]:
        """For each step its sign, as a known sign and the steps whose signs it is multiplied by."""
        signs: list[Sign] = []
        for step in self.steps:
            signs.append(_sign(step, [signs[k] for k in step.args]))
        return signs

    def _add(self, root: Expr) -> int:
        stack = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if node in self._positions:
                continue
            kind, children = self._read(node)
            if ready and kind is not None:
                self._positions[node] = len(self.steps)
                args = tuple(self._positions[child] for child in children)
                self.steps.append(Step(len(self.steps), kind, args, node))
            elif ready:  # another way to write its child
                self._positions[node] = self._positions[children[0]]
            else:
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(children))
        return self._positions[root]

    def _read(self, node: Expr) -> tuple[Kind | None, Sequence[Expr]]:
        """What a node does with which others; None where it is only another way to write one."""
        if isinstance(node, Rational):
            return "number", ()
        if isinstance(node, Symbol):
            return (None, (self._definitions[node],)) if node in self._definitions else ("name", ())
        if node.is_Add or node.is_Mul:
            return "sum" if node.is_Add else "product", node.args
        if node.is_Pow and node.exp.is_Integer:
            return "power", (node.base,)
        if not isinstance(node, Call):
            raise SymnetError(f"{node.func.__name__} is not an operation on scalars")
        if node.function in _STEPS:
            return _STEPS[node.function], node.args
        if node.operation.definition is not None:
            return None, (node.operation.definition(*node.args),)
        return "opaque", node.args

    def _additive(self) -> frozenset[int]:
        stack = [step.args[0] for step in self.steps if step.kind == "exp"]
        found: set[int] = set()
        while stack:
            position = stack.pop()
            if position not in found:
                found.add(position)
                if self.steps[position].kind in ("sum", "product", "power"):
                    stack += self.steps[position].args
        return frozenset(found)


def _sign(step: Step, children: Sequence[Sign]) -> Sign:
    """The sign of a step whose arguments have these signs."""
    itself = 1, frozenset((step.position,))
    if step.kind == "number":
        return (1 if step.node > 0 else -1), frozenset()
    if step.kind in ("sqrt", "exp") or (step.kind == "name" and step.node.is_positive):
        return 1, frozenset()
    if step.kind == "sign":
        return children[0]
    if step.kind == "power":
        return children[0] if step.exponent % 2 else (1, frozenset())
    if step.kind == "sum":
        common, *others = set(children)
        return itself if others else common
    if step.kind == "product":
        known, odd = 1, frozenset[int]()
        for sign, factors in children:
            known, odd = known * sign, odd ^ factors
        return (known, odd) if len(odd) <= _FACTORS else itself
    return itself


class Size(NamedTuple):
    """Bounds on the degree and on the logarithm (to base 2) of the length of a polynomial; -inf for 0."""

    degree: float
    length: float

    def times(self, other: "Size", power: float = 1) -> "Size":
        return Size(self.degree + power * other.degree, self.length + power * other.length)


def sizes(graph: Graph, exponents: Mapping[int, tuple[int, int]]) -> tuple[Size, list[Size]]:
    """The size of the numerator of left - right, and of each step times its denominator.

    exponents: for each exp its total positive and negative degree in the exponentials of terms.
    """
    work = _Sizes(exponents)
    for step in graph.steps:
        work.add(step)
    totals = [work.total(step.position) for step in graph.steps]
    work.sum((graph.left, graph.right))
    return work.numerators[-1], totals


class _Sizes:
    """Numerators, and denominators as powers of common bases, so that adding fractions over S keeps S."""

    def __init__(self, exponents: Mapping[int, tuple[int, int]]) -> None:
        self.exponents = exponents
        self.numerators: list[Size] = []
        self.denominators: list[dict[int, int]] = []
        self.bases: list[Size] = []
        self.known: dict[tuple[str, int], int] = {}

    def base(self, kind: str, number: int, size: Size) -> int:
        if (kind, number) not in self.known:
            self.known[kind, number] = len(self.bases)
            self.bases.append(size)
        return self.known[kind, number]

    def total(self, position: int) -> Size:
        return self.over(self.numerators[position], self.denominators[position])

    def over(self, size: Size, powers: Mapping[int, float]) -> Size:
        """The size times that of a product of powers of bases."""
        for base, power in powers.items():
            size = size.times(self.bases[base], power)
        return size

    def put(self, numerator: Size, denominator: dict[int, int] | None = None) -> None:
        self.numerators.append(numerator)
        self.denominators.append(denominator or {})

    def add(self, step: Step) -> None:
        if step.kind == "number":
            p, q = abs(int(step.node.p)), int(step.node.q)
            self.put(Size(0, log2(p)) if p else Size(-inf, -inf), {self.base("number", q, Size(0, log2(q))): 1})
        elif step.kind == "sum":
            self.sum(step.args)
        elif step.kind == "product":
            self.product(step.args)
        elif step.kind == "power":
            self.power(step.args[0], step.exponent)
        elif step.kind == "sqrt":
            self.sqrt(step.args[0])
        elif step.kind == "exp":
            up, down = self.exponents[step.position]
            self.put(Size(up, 0), {self.base("exp", step.position, Size(down, 0)): 1})
        else:
            self.put(Size(step.kind != "sign", 0))

    def sum(self, args: Sequence[int]) -> None:
        denominators = [self.denominators[k] for k in args]
        common: dict[int, int] = {}
        for denominator in denominators:
            for base, power in denominator.items():
                common[base] = max(power, common.get(base, power))
        degree = length = 0.0
        for k, denominator in zip(args, denominators, strict=True):
            missing = {b: e - denominator.get(b, 0) for b, e in common.items() if e != denominator.get(b)}
            term = self.over(self.numerators[k], missing)
            degree, length = max(degree, term.degree), max(length, term.length)
        self.put(Size(degree, length + log2(len(args))), common)

    def product(self, args: Sequence[int]) -> None:
        numerator = Size(0, 0)
        denominator: dict[int, int] = {}
        for k in args:
            numerator = numerator.times(self.numerators[k])
            for base, power in self.denominators[k].items():
                denominator[base] = denominator.get(base, 0) + power
        self.put(numerator, denominator)

    def power(self, arg: int, exponent: int) -> None:
        n = abs(exponent)
        numerator = Size(0, 0).times(self.numerators[arg], n)
        denominator = {base: n * power for base, power in self.denominators[arg].items()}
        if exponent < 0:
            below = self.base("step", arg, self.numerators[arg])
            numerator, denominator = self.over(Size(0, 0), denominator), {below: n}
        self.put(numerator, denominator)

    def sqrt(self, arg: int) -> None:
        """sqrt(N/D) = sqrt(N D')/D'' with D D' = D''^2."""
        denominator = {base: ceil(power / 2) for base, power in self.denominators[arg].items()}
        under = self.over(
            self.numerators[arg],
            {base: 2 * power - self.denominators[arg][base] for base, power in denominator.items()},
        )
        self.put(Size(under.degree / 2, under.length / 2), denominator)

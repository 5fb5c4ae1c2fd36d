"""Both sides of a statement at one random point of a finite field.

What stands for what is said in `symnet.truth.modular`. Each step is computed once, roots before the other steps of
their depth: until then everything lies in a field where it is known which radicands are squares.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, combinations, repeat
from math import lcm, prod
from typing import Any

from sympy import Rational

from symnet.clock import now
from symnet.truth.modular_field import RandomField
from symnet.truth.modular_graph import Graph, Step

__all__ = ["MULTIPLES", "Abstention", "Evaluation", "Known", "Late", "Learned"]

TERMS = 2000  # of an exponent
MULTIPLES = 64  # sign(c u) = sign(u) for positive fractions c of this size
SQUARES = 1 << 20  # sqrt(c^2 V) = c sqrt(V) for c^2 of this size

Key = tuple[int, ...]
Terms = dict[Key, tuple[Any, Fraction]]  # a sum of coefficient * element


class Abstention(Exception):
    """Why nothing is said."""


class Late(Abstention):
    """The time limit passed."""


class Learned(Exception):
    """All cases have to be looked at again, now that more is known."""


@dataclass
class Known:
    """What was found out about a statement on the way.

    scale: exponents have coefficients that are multiples of 1/scale. absolutes: for a root the steps u and the
    numbers c > 0 such that it is c |u|, in some case of signs at least. caveats: what is treated as unknown
    although something is known of it, so that a difference proves nothing.
    """

    scale: int = 1
    absolutes: dict[int, list[tuple[int, Fraction]]] = field(default_factory=dict)
    caveats: set[str] = field(default_factory=set)


class Evaluation:
    """Both sides at one point, in one case of signs and with some roots on their other branch.

    agrees: None where a divisor is 0. characters: for each stage, whether its radicands are squares.
    signs: those that came up, with their arguments. exponents: see `sizes`. Raises Learned, Late.
    """

    def __init__(
        self,
        graph: Graph,
        field: RandomField,
        case: Sequence[int],
        flipped: frozenset[int],
        known: Known,
        deadline: float,
    ) -> None:
        self.graph, self.field, self.case, self.flipped, self.known = graph, field, case, flipped, known
        self.deadline = deadline
        self.values: list[Any] = [None] * len(graph.steps)
        self.level = 0  # of the smallest field with everything computed so far
        self.roots: list[tuple[int, Any, Any]] = []  # their steps, radicands and values
        self.characters: list[list[bool]] = []
        self.signs: list[tuple[Any, int]] = []
        self.exponents: dict[int, tuple[int, int]] = {}
        self._one = field.number(Rational(1))
        self._atoms: dict[tuple[Any, ...], Any] = {}
        self._terms: dict[int, Terms] = {}
        self.absolutes = 0  # roots known to be c |u|
        self.agrees: bool | None = None
        try:
            for radicals, others in graph.stages:
                self.characters.append([])
                for step in radicals:
                    self._in_time()
                    self.values[step.position] = self._sqrt(step.position, self.values[step.args[0]])
                    self._expand(step)
                self.level += not all(self.characters[-1])
                self._compute(others)
            self.agrees = bool(self.values[graph.left] == self.values[graph.right])
        except ZeroDivisionError:
            pass
        self.atoms = len(self._atoms)

    @property
    def shape(self) -> tuple[int, ...]:
        """The same at all points but for accidents."""
        return len(self.signs), self.absolutes, *map(len, self.characters)

    def forget(self) -> None:
        """Let go of the values of the steps, which are many in a large graph."""
        self.values, self._terms, self._atoms = [], {}, {}

    def _compute(self, steps: Sequence[Step]) -> None:
        values, additive = self.values, self.graph.additive
        for step in steps:
            self._in_time()
            args = [values[k] for k in step.args]
            if step.kind == "sum":
                value = sum(args[1:], args[0])
            elif step.kind == "product":
                value = prod(args[1:], start=args[0])
            elif step.kind == "power":
                value = args[0] ** step.exponent
            else:
                value = self._leaf(step, args)
            values[step.position] = value
            if step.position in additive:
                self._expand(step)

    def _in_time(self) -> None:
        if now() > self.deadline:
            raise Late("the time limit passed")

    def _leaf(self, step: Step, args: list[Any]) -> Any:
        if step.kind == "number":
            return self.field.number(step.node)
        if step.kind == "name":
            return self.field.value(0, step.node.name)
        if step.kind == "sign":
            return self._one * self._sign(step.args[0])
        if step.kind == "exp":
            return self._exp(step)
        node = step.node
        if not node.operation.abstract:
            self.known.caveats.add(node.function)
        return self._atom(node.function, node.order, *map(self.field.key, args))

    def _atom(self, *key: Any) -> Any:
        if key not in self._atoms:
            self._atoms[key] = self.field.value(self.level, *key)
        return self._atoms[key]

    # Roots and signs

    def _sqrt(self, position: int, radicand: Any) -> Any:
        for other, factor in self.known.absolutes.get(position, ()):
            multiple = self.values[other] * self.field.number(Rational(factor))
            if multiple * multiple == radicand:
                self.absolutes += 1
                return multiple * self._sign(other)
        for other, root in ((self._one, self._one), *(known[1:] for known in self.roots)):
            ratio = self.field.ratio(radicand, other, SQUARES)
            half = None if ratio is None else Rational(ratio) ** Rational(1, 2)
            if isinstance(half, Rational):
                return root * self.field.number(half)
        self.characters[-1].append(self.field.is_square(radicand, self.level))
        root = self.field.sqrt(radicand)
        branch = self.field.value(0, "branch", self.field.key(radicand)).to_list()[0] % 2
        if bool(branch) != (len(self.roots) in self.flipped):
            root = -root
        self.roots.append((position, radicand, root))
        return root

    def _sign(self, position: int) -> int:
        if self.values[position].is_zero():
            self.known.caveats.add("the sign of an expression that is 0 at the point")
            return 0
        known, factors = self.graph.signs[position]
        return known * prod(self._choice(self.values[k]) for k in sorted(factors))

    def _choice(self, u: Any) -> int:
        for other, sign in chain(self.signs, self._products()):
            ratio = self.field.ratio(u, other, MULTIPLES)
            if ratio is not None:
                return sign if ratio > 0 else -sign
        sign = self.case[len(self.signs)] if len(self.signs) < len(self.case) else 1
        self.signs.append((u, sign))
        return sign

    def _products(self) -> Iterator[tuple[Any, int]]:
        """Products and quotients of two elements whose signs have come up, with their signs."""
        for (u, s), (v, t) in combinations(self.signs, 2):
            yield from ((u * v, s * t), (u / v, s * t), (v / u, s * t))

    # Exponentials: exp(sum of c b) is the product of t_b^c, with an unknown t_b for each term b

    def _exp(self, step: Step) -> Any:
        value, up, down = self._one, 0, 0
        for key, (_, coefficient) in self._terms[step.args[0]].items():
            power = coefficient * self.known.scale
            if power.denominator > 1:
                self.known.scale = lcm(self.known.scale, coefficient.denominator)
                raise Learned
            t = self._atom("exp", key)
            if t.is_zero():
                raise ZeroDivisionError
            value = value * t ** int(power)
            up, down = up + max(0, int(power)), down + max(0, -int(power))
        self.exponents[step.position] = up, down
        return value

    def _expand(self, step: Step) -> None:
        """The terms of a step, if an exponential needs them."""
        if step.position not in self.graph.additive:
            return
        args = [self._terms[k] for k in step.args] if step.kind in ("sum", "product", "power") else []
        if step.kind == "number":
            terms = self._constant(Fraction(int(step.node.p), int(step.node.q)))
        elif step.kind == "sum":
            terms = self._collect(chain.from_iterable(t.values() for t in args))
        elif step.kind == "product":
            terms = self._multiply(args)
        elif step.kind == "power" and abs(step.exponent) > TERMS:
            raise Abstention(f"an exponent has powers above {TERMS}")
        elif step.kind == "power" and len(args[0]) == 1:
            ((b, c),) = args[0].values()
            terms = self._collect([(b**step.exponent, c**step.exponent)])
        elif step.kind == "power" and step.exponent > 0:
            terms = self._multiply(repeat(args[0], step.exponent))
        else:
            if step.kind in ("sqrt", "power"):
                self.known.caveats.add("an exponent with roots or divided by a sum")
            terms = self._collect([(self.values[step.position], Fraction(1))])
        self._terms[step.position] = terms

    def _constant(self, value: Fraction) -> Terms:
        return self._collect([(self._one, value)])

    def _multiply(self, factors: Iterable[Terms]) -> Terms:
        result = self._constant(Fraction(1))
        for factor in factors:
            if len(result) * len(factor) > TERMS:
                raise Abstention(f"an exponent has more than {TERMS} terms")
            pairs = ((b * d, c * e) for b, c in result.values() for d, e in factor.values())
            result = self._collect(pairs)
        return result

    def _collect(self, terms: Iterable[tuple[Any, Fraction]]) -> Terms:
        """Add the coefficients of equal elements; b and -b count as one."""
        result: Terms = {}
        for b, c in terms:
            key, opposite = self.field.key(b), self.field.key(-b)
            if opposite < key:
                key, b, c = opposite, -b, -c
            c += result[key][1] if key in result else 0
            result[key] = b, c
        return {key: term for key, term in result.items() if term[1] and not term[0].is_zero()}

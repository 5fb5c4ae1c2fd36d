"""Exact arithmetic with generators, their square roots and their signs.

An `Element` is a fraction of polynomials (python-flint's `fmpq_mpoly`) in the generators of a `Ring`. Generators
are *atoms* (a name, an opaque value f(u)), *radicals* r with r^2 = V over earlier generators, and *signs* s with
s^2 = 1. Squares of radicals and signs are reduced away and denominators hold neither, so that an element is zero
exactly when its numerator is, as long as the radicals are independent (`symnet.truth.roots` keeps them so) and no
sign is left. Every rewriting is an identity of real numbers wherever no denominator vanishes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any

from flint import Ordering, arb, ctx, fmpq, fmpq_mpoly_ctx
from sympy import Expr, Pow, Rational

from symnet.clock import now
from symnet.errors import DegenerateError
from symnet.expressions import product, total

__all__ = [
    "Element",
    "Generator",
    "NoNormalForm",
    "OutOfTime",
    "Ring",
    "SignNeeded",
    "TooLarge",
    "Undecidable",
    "Undefined",
]

Poly = Any  # an fmpq_mpoly
TERMS = 200_000  # more terms than this in one polynomial, or 200 times as many in a multiplication: TooLarge
SIGNED_TERMS = 20_000  # the same while signs are open: then cases are cheaper


class NoNormalForm(Exception):
    """An expression has none, or none was reached."""


class Undecidable(NoNormalForm):
    """The normal form was not reached; the message says why."""


class TooLarge(Undecidable):
    """A polynomial grew beyond the term limit."""


class OutOfTime(Undecidable):
    """The time limit passed."""


class Undefined(NoNormalForm, DegenerateError):
    """A division by what is identically zero, or a root of what is negative."""


class SignNeeded(NoNormalForm):
    """A denominator is a zero divisor: whether it vanishes depends on the sign generator `index`."""

    def __init__(self, index: int) -> None:
        super().__init__("a sign decides whether a denominator vanishes")
        self.index = index


@dataclass
class Generator:
    """One generator: how it is written, and what is known of it.

    square: what its square reduces to (radicals and signs); positive: known to be > 0 where it is not 0;
    parts: the elements it was made from; ball: its enclosure when it is a constant (None when it is not).
    """

    expression: Expr
    square: Poly | None = None
    positive: bool = False
    parts: tuple["Element", ...] = ()
    ball: Callable[[], arb] | None = None
    is_sign: bool = False

    @property
    def is_radical(self) -> bool:
        return self.square is not None and not self.is_sign


def _context(size: int) -> Any:
    # Later generators come first in the lexicographic order: then r^2 leads r^2 - V, and division reduces.
    return fmpq_mpoly_ctx.get([f"g{k}" for k in reversed(range(size))], Ordering.lex)


class Ring:
    """The generators, and arithmetic over them. `deadline` is in `symnet.clock.now()` seconds."""

    def __init__(self, deadline: float = inf) -> None:
        self.deadline = deadline
        self.generators: list[Generator] = []
        self._squares: list[int] = []  # the generators whose squares reduce, latest first
        self._resize(8)

    def _resize(self, size: int) -> None:
        self._size = size
        self.context = _context(size)
        self._gens = self.context.gens()[::-1]
        self.one_poly = self.context.constant(1)

    # Polynomials

    def up(self, poly: Poly) -> Poly:
        """The polynomial in the present ring (the ring grows with the generators)."""
        return poly if poly.context() is self.context else poly.project_to_context(self.context)

    def gen(self, k: int) -> Poly:
        return self._gens[k]

    def degree(self, poly: Poly, k: int) -> int:
        return int(poly.degrees()[self._size - 1 - k])

    def used(self, poly: Poly) -> list[int]:
        """The generators in a polynomial, latest first."""
        return [self._size - 1 - j for j, d in enumerate(self.up(poly).degrees()) if d > 0]

    def split(self, poly: Poly, k: int) -> tuple[Poly, Poly]:
        """a, b with poly = a + b*g_k, for a polynomial of degree at most 1 in g_k."""
        poly = self.up(poly)
        b = poly.derivative(self._size - 1 - k)
        return poly - b * self.gen(k), b

    def terms(self, poly: Poly) -> Iterator[tuple[list[tuple[int, int]], fmpq]]:
        """Each term as its generators with exponents, and its coefficient."""
        for exponents, coefficient in self.up(poly).to_dict().items():
            yield [(self._size - 1 - j, int(e)) for j, e in enumerate(exponents) if e], coefficient

    def times(self, a: Poly, b: Poly) -> Poly:
        """The reduced product."""
        now(len(a) * len(b) // 200)
        self.check(len(a) * len(b) // 200)
        result = self.reduce(a * b)
        self.check(len(result))
        return result

    def check(self, terms: int = 0) -> None:
        if terms > SIGNED_TERMS and (limit := SIGNED_TERMS if self.open_signs() else TERMS) < terms:
            raise TooLarge(f"an intermediate result has more than {limit} terms")
        if now() > self.deadline:
            raise OutOfTime("the time limit has passed")

    def open_signs(self) -> list[int]:
        """The sign generators that are not known, the earliest first."""
        raise NotImplementedError

    def reduce(self, poly: Poly) -> Poly:
        """Replace the squares of radicals and signs, the latest generator first."""
        for k in self._squares:
            if self.degree(poly, k) >= 2:
                square = self.generators[k].square = self.up(self.generators[k].square)
                poly = divmod(poly, self.gen(k) ** 2 - square)[1]
                self.check(len(poly))
        return poly

    # Generators and elements

    def new(self, generator: Generator) -> "Element":
        """Add a generator."""
        k = len(self.generators)
        if k == self._size:
            self._resize(2 * self._size)
        self.generators.append(generator)
        if generator.square is not None:
            self._squares.insert(0, k)
        return self.of(self.gen(k))

    def generator(self, k: int) -> "Element":
        return self.of(self.gen(k))

    def number(self, value: Any) -> "Element":
        """A rational number: an int, a Fraction, an fmpq or a SymPy Rational."""
        if isinstance(value, Rational | Fraction):
            value = fmpq(int(value.numerator), int(value.denominator))
        return self.of(self.context.constant(value))

    def of(self, poly: Poly) -> "Element":
        """A reduced polynomial as an element."""
        return Element(self, poly, self.one_poly)

    def fraction(self, num: Poly, den: Poly) -> "Element":
        """num/den in lowest terms, the denominator monic and without radicals or signs.

        Raises Undefined when the denominator is zero, and SignNeeded when it is a zero divisor.
        """
        if not den:
            raise Undefined("a denominator is identically zero")
        num, den = _cancel(num, den)
        while roots := [k for k in self.used(den) if self.generators[k].square is not None]:
            num, den = _cancel(*self._rationalize(num, den, roots[0]))
        lead = den.leading_coefficient()
        return Element(self, num / lead, den / lead) if lead != 1 else Element(self, num, den)

    def _rationalize(self, num: Poly, den: Poly, k: int) -> tuple[Poly, Poly]:
        """Multiply both by the conjugate of the denominator in the generator k."""
        a, b = self.split(den, k)
        square = self.up(self.generators[k].square)
        norm = self.times(a, a) - self.times(self.times(b, b), square)
        if not norm:
            signs = (j for j in self.used(den) if self.generators[j].is_sign)
            raise SignNeeded(next(signs, k))
        return self.times(num, a - b * self.gen(k)), norm

    def ball(self, poly: Poly) -> arb | None:
        """The value of a constant, in the present precision; None when a generator is not a constant."""
        value = arb(0)
        for powers, coefficient in self.terms(poly):
            term = arb(coefficient)
            for k, e in powers:
                enclose = self.generators[k].ball
                if enclose is None:
                    return None
                term *= enclose() ** e
            value += term
        return value

    def constant_sign(self, poly: Poly) -> int | None:
        """The sign of a constant that is not zero; None when it is no constant or too close to call."""
        for bits in (64, 4096):
            with ctx.workprec(bits):
                value = self.ball(poly)
                if value is None:
                    return None
                if value > 0:
                    return 1
                if value < 0:
                    return -1
        return None

    def expression(self, poly: Poly) -> Expr:
        """A polynomial as a SymPy expression."""
        return total(
            *(
                product(Rational(int(c.p), int(c.q)), *(Pow(self.generators[k].expression, e) for k, e in powers))
                for powers, c in self.terms(poly)
            )
        )

    def depends(self, elements: Iterable["Element"]) -> set[int]:
        """Every generator that the elements are made of, through arguments and radicands too."""
        found: set[int] = set()
        stack = list(elements)
        while stack:
            element = stack.pop()
            for k in (*self.used(element.num), *self.used(element.den)):
                if k not in found:
                    found.add(k)
                    stack.extend(self.generators[k].parts)
        return found


def _cancel(num: Poly, den: Poly) -> tuple[Poly, Poly]:
    if den.is_constant():
        return num, den
    now((len(num) + len(den)) // 4)
    common = num.gcd(den)
    return (num, den) if common.is_one() else (num / common, den / common)


class Element:
    """num/den over the generators of a ring; immutable."""

    __slots__ = ("_den", "_num", "ring")

    def __init__(self, ring: Ring, num: Poly, den: Poly) -> None:
        self.ring, self._num, self._den = ring, num, den

    @property
    def num(self) -> Poly:
        self._num = self.ring.up(self._num)
        return self._num

    @property
    def den(self) -> Poly:
        self._den = self.ring.up(self._den)
        return self._den

    @property
    def is_zero(self) -> bool:
        return not self._num

    @property
    def rational(self) -> fmpq | None:
        """Its value when it is a rational number."""
        if not (self._num.is_constant() and self._den.is_one()):
            return None
        return self._num.leading_coefficient() if self._num else fmpq(0)

    @property
    def key(self) -> tuple[str, str]:
        """The same for equal elements, and only for these."""
        return str(self._num), str(self._den)

    def __add__(self, other: "Element") -> "Element":
        t = self.ring
        a, b, c, d = self.num, self.den, other.num, other.den
        if b == d:
            return t.of(a + c) if b.is_one() else t.fraction(a + c, b)
        common = b.gcd(d)
        b, rest = b / common, d / common
        num = t.times(a, rest) + t.times(c, b)
        return t.fraction(num, t.times(b, d))

    def __neg__(self) -> "Element":
        return Element(self.ring, -self._num, self._den)

    def __sub__(self, other: "Element") -> "Element":
        return self + -other

    def __mul__(self, other: "Element") -> "Element":
        t = self.ring
        a, b, c, d = self.num, self.den, other.num, other.den
        if b.is_one() and d.is_one():
            return t.of(t.times(a, c))
        a, d = _cancel(a, d)
        c, b = _cancel(c, b)
        return t.fraction(t.times(a, c), t.times(b, d))

    def inverse(self) -> "Element":
        """1/self. Raises Undefined for zero."""
        return self.ring.fraction(self.den, self.num)

    def __truediv__(self, other: "Element") -> "Element":
        return self * other.inverse()

    def __pow__(self, exponent: int) -> "Element":
        if exponent < 0:
            return self.inverse() ** -exponent
        result, square = self.ring.number(1), self
        while exponent:
            if exponent & 1:
                result = result * square
            exponent >>= 1
            if exponent:
                square = square * square
        return result

    def as_expr(self) -> Expr:
        """The element as an expression in names, calls, roots and signs."""
        return product(self.ring.expression(self.num), Pow(self.ring.expression(self.den), -1))

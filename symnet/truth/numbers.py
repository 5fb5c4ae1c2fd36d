"""Exact real numbers made of rationals and square roots, equal and ordered exactly.

    Number(8).sqrt() / 6  ->  sqrt(2)/3        (3 + 2*Number(2).sqrt()).sqrt()  ->  1 + sqrt(2)

Each number is an element of a `Tower` of square roots (`symnet.truth.tower` has the mathematics).
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import total_ordering
from math import ceil, log2
from typing import Any, Union

from flint import arb, fmpq, fmpz
from sympy import Expr, Integer, Rational

from symnet import operations
from symnet.expressions import product, total
from symnet.truth.tower import Terms, Tower, add, bits, scale, subtract

__all__ = ["Exact", "Number", "Tower", "bits_of"]

Exact = Union["Number", int, Fraction, fmpq, Rational]


def bits_of(digits: int) -> int:
    """The binary precision that holds `digits` decimal digits."""
    return ceil(digits * log2(10)) + 1


@total_ordering
class Number:
    """An exact real number of a tower of square roots. Immutable.

    Numbers of different towers meet in the left one's, a rational and another in the other's. Raises TypeError for a
    float, which is not exact, ZeroDivisionError for a division by zero, OverflowError when the tower refuses.
    """

    __slots__ = ("terms", "tower")

    def __init__(self, value: Exact, tower: Tower | None = None) -> None:
        if isinstance(value, Number):
            self.tower: Tower = tower or value.tower
            self.terms: Terms = self.tower.embed(value.tower, value.terms)
        else:
            q = _rational(value)
            self.tower = tower or Tower()
            self.terms = {0: q} if q else {}

    @classmethod
    def _of(cls, terms: Terms, tower: Tower) -> "Number":
        number = cls.__new__(cls)
        number.terms, number.tower = terms, tower
        return number

    def _meet(self, other: Any) -> tuple[Tower, Terms, Terms] | None:
        """Both numbers in one tower; None for something that is no number."""
        if isinstance(other, Number):
            if other.is_rational:
                return self.tower, self.terms, other.terms
            if self.is_rational:
                return other.tower, self.terms, other.terms
            return self.tower, self.terms, self.tower.embed(other.tower, other.terms)
        try:
            q = _rational(other)
        except TypeError:
            return None
        return self.tower, self.terms, {0: q} if q else {}

    # Arithmetic

    def __add__(self, other: Exact) -> "Number":
        met = self._meet(other)
        return NotImplemented if met is None else Number._of(add(met[1], met[2]), met[0])

    __radd__ = __add__

    def __sub__(self, other: Exact) -> "Number":
        met = self._meet(other)
        return NotImplemented if met is None else Number._of(subtract(met[1], met[2]), met[0])

    def __rsub__(self, other: Exact) -> "Number":
        return -self + other

    def __neg__(self) -> "Number":
        return Number._of(scale(self.terms, -1), self.tower)

    def __pos__(self) -> "Number":
        return self

    def __abs__(self) -> "Number":
        return Number._of(scale(self.terms, self.sign()), self.tower)

    def __mul__(self, other: Exact) -> "Number":
        met = self._meet(other)
        return NotImplemented if met is None else Number._of(met[0].multiply(met[1], met[2]), met[0])

    __rmul__ = __mul__

    def __truediv__(self, other: Exact) -> "Number":
        met = self._meet(other)
        if met is None:
            return NotImplemented
        tower, x, y = met
        if not y:
            raise ZeroDivisionError(f"{self.text()} divided by zero")
        return Number._of(tower.multiply(x, tower.invert(y)), tower)

    def __rtruediv__(self, other: Exact) -> "Number":
        met = self._meet(other)
        return NotImplemented if met is None else Number._of(met[2], met[0]) / self

    def __pow__(self, exponent: int) -> "Number":
        if not isinstance(exponent, int):
            return NotImplemented
        if exponent < 0:
            return (1 / self) ** -exponent
        result, square = Number(1, self.tower), self
        while exponent:
            if exponent & 1:
                result = result * square
            exponent >>= 1
            if exponent:
                square = square * square
        return result

    def sqrt(self) -> "Number":
        """The square root that is not negative. Raises ValueError for a negative number."""
        sign = self.sign()
        if sign < 0:
            raise ValueError(f"{self.text()} is negative and has no real square root")
        return Number._of(self.tower.root(self.terms), self.tower) if sign else self

    # Comparison

    @property
    def is_zero(self) -> bool:
        return not self.terms

    @property
    def is_rational(self) -> bool:
        return self.terms.keys() <= {0}

    @property
    def rational_part(self) -> Any:
        """The coefficient without roots as fmpq: the number itself when it `is_rational`."""
        return self.terms.get(0, fmpq(0))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def sign(self) -> int:
        """-1, 0 or 1."""
        return self.tower.sign(self.terms)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Number) and other.rational_part != self.rational_part:
            return False  # the same in every tower
        met = self._meet(other)
        return NotImplemented if met is None else met[1] == met[2]

    def __hash__(self) -> int:
        q = self.rational_part
        return hash(Fraction(int(q.p), int(q.q)))

    def __lt__(self, other: Exact) -> bool:
        met = self._meet(other)
        return NotImplemented if met is None else (self - other).sign() < 0

    # Reading

    def ball(self, digits: int = 30) -> arb:
        """A rigorous enclosure with at least `digits` correct significant digits."""
        accuracy = bits_of(digits)
        working = accuracy + 32
        while (ball := self.tower.ball(self.terms, working)).rel_accuracy_bits() < accuracy:
            working *= 2
        return ball

    @property
    def size(self) -> int:
        """The bits of its coefficients, those under roots included; its text has some 0.3 characters a bit."""
        return _size(self.tower, self.terms)

    @property
    def nesting(self) -> int:
        """How deep roots stand in roots: 0 for a rational, 1 for sqrt(2), 2 for sqrt(2 + sqrt(2))."""
        return _nesting(self.tower, self.terms)

    def text(self) -> str:
        """As Python and SymPy read it: `-20`, `6/5`, `1 + 2*sqrt(3)`, `sqrt(2 + sqrt(2))`."""
        return _text(self.tower, self.terms)

    def as_fraction(self) -> Fraction:
        """A rational number as a Fraction. Raises ValueError for an irrational one."""
        if not self.is_rational:
            raise ValueError(f"{self.text()} is irrational")
        q = self.rational_part
        return Fraction(int(q.p), int(q.q))

    def as_expr(self) -> Expr:
        """The SymPy expression, its roots written with `symnet.operations.sqrt`."""
        return _expression(self.tower, self.terms)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"Number({self.text()})"


def _rational(value: Any) -> Any:
    if isinstance(value, Rational | Fraction):
        return fmpq(int(value.numerator), int(value.denominator))
    if isinstance(value, int | fmpq | fmpz):
        return fmpq(value)
    raise TypeError(f"{value!r} is not an exact number")


def _written(tower: Tower, x: Terms) -> list[tuple[Any, int, list[Terms]]]:
    """The terms in reading order: coefficient, integer under a root (or 1), other radicands."""
    rows = []
    for mask, c in x.items():
        scale, integer, nested = tower.written(mask)
        rows.append((c * scale, integer, nested, (len(nested), integer, mask)))
    return [row[:3] for row in sorted(rows, key=lambda row: row[3])]


def _text(tower: Tower, x: Terms) -> str:
    text = ""
    for c, integer, nested in _written(tower, x):
        factors = [f"sqrt({integer})"] * (integer != 1) + [f"sqrt({_text(tower, r)})" for r in nested]
        if abs(c.p) != 1 or not factors:
            factors.insert(0, str(abs(c.p)))
        term = "*".join(factors) + (f"/{c.q}" if c.q != 1 else "")
        joint = (" - " if c < 0 else " + ") if text else ("-" if c < 0 else "")
        text += joint + term
    return text or "0"


def _expression(tower: Tower, x: Terms) -> Expr:
    return total(
        *(
            product(
                Rational(int(c.p), int(c.q)),
                *([operations.sqrt(Integer(integer))] if integer != 1 else []),
                *(operations.sqrt(_expression(tower, r)) for r in nested),
            )
            for c, integer, nested in _written(tower, x)
        )
    )


def _used(x: Terms) -> Iterator[int]:
    union = 0
    for mask in x:
        union |= mask
    return bits(union)


def _nesting(tower: Tower, x: Terms) -> int:
    return max((1 + _nesting(tower, tower.radicands[j]) for j in _used(x)), default=0)


def _size(tower: Tower, x: Terms) -> int:
    own = sum(int(c.p).bit_length() + int(c.q).bit_length() for c in x.values())
    return own + sum(_size(tower, tower.radicands[j]) * sum(m >> j & 1 for m in x) for j in _used(x))

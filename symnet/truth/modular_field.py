"""Finite fields, random ones too, with square roots of whatever comes up on the way.

F_p lies in F_p^2, in F_p^4, …, and every element of one of these fields has its square roots in the next. Roots
nested `depth` deep therefore need the field with p^(2^depth) elements, and no point has to be tried again because
something has no root there.
"""

from collections.abc import Hashable
from fractions import Fraction
from hashlib import shake_256
from random import Random
from typing import Any

from flint import fmpz, fmpz_poly, fq_default_ctx
from sympy import Rational

__all__ = ["PrimeField", "RandomField"]

Element = Any  # flint's fq_default


class PrimeField:
    """F_p^(2^depth), its elements flint's, for a prime p."""

    def __init__(self, p: int, depth: int) -> None:
        self.p, self.depth = p, depth
        self._field = fq_default_ctx(p, 2**depth)

    @property
    def modulus(self) -> str:
        """The polynomial over F_p of which the generator is a root."""
        return str(self._field.modulus())

    def number(self, value: Rational) -> Element:
        """Raises ZeroDivisionError where p divides the denominator."""
        return self._field(int(value.p)) / self._field(int(value.q))

    @staticmethod
    def key(u: Element) -> tuple[int, ...]:
        """The coefficients, as a key of dictionaries."""
        return tuple(map(int, u.to_list()))

    def sqrt(self, u: Element) -> Element:
        """One of the two roots, the same one every time."""
        root = u.sqrt()
        return min(root, -root, key=self.key)


class RandomField(PrimeField):
    """F_p^(2^depth) for a random prime p of `bits` bits; its level e is the subfield with p^(2^e) elements.

    The same seed gives the same prime and the same values.
    """

    def __init__(self, bits: int, depth: int, seed: str) -> None:
        random = Random(seed)
        while True:  # every prime of this length is equally likely
            p = random.getrandbits(bits - 1) | 1 << (bits - 1)
            if fmpz(p).is_prime():
                break
        super().__init__(p, depth)
        self._seed = f"{seed}/{p}"
        self._length = (bits + 64) // 8  # bytes of a coefficient: longer than p, so that remainders are uniform

    def value(self, level: int, *key: Hashable) -> Element:
        """A random element of a level, the same for the same key (SHAKE-256 of the key)."""
        size = 2**self.depth if level else 1
        digest = shake_256(f"{self._seed}/{key}".encode()).digest(size * self._length)
        parts = (digest[k * self._length : (k + 1) * self._length] for k in range(size))
        element = self._field(fmpz_poly([int.from_bytes(part) % self.p for part in parts]))
        if not level:
            return element
        for k in reversed(range(level, self.depth)):  # the trace down to the level keeps it uniform
            element = element + element.frobenius(2**k)
        return element

    def is_square(self, u: Element, level: int) -> bool:
        """Whether u, not 0, is a square in its level: its norm down to F_p is one there."""
        for k in reversed(range(level)):
            u = u * u.frobenius(2**k)
        return pow(int(u.to_list()[0]), self.p // 2, self.p) == 1  # p is odd

    def ratio(self, u: Element, v: Element, limit: int) -> Fraction | None:
        """u/v where it is a fraction with numerator and denominator up to the limit, v not 0."""
        quotient = self.key(u / v)
        if any(quotient[1:]):
            return None
        (r0, r1), (t0, t1) = (self.p, quotient[0]), (0, 1)
        while r1 > limit:  # Euclid's algorithm keeps r = t u/v
            q = r0 // r1
            r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
        return Fraction(r1, t1) if abs(t1) <= limit else None

"""The field arithmetic under `symnet.truth.numbers`: towers of square roots over the rationals.

Deviations are square roots, and nested normalization nests them, so the exact values of a network lie in a field
Q(r_1, …, r_k) with r_j^2 = V_j for some positive V_j in Q(r_1, …, r_{j-1}). An element is a polynomial in the r_j,
at most linear in each, stored as {bit mask of the roots: rational coefficient}.

A root joins the tower only when it is not already in the field. This is decided exactly: a + b r is a square in
K(r) iff its norm a^2 - b^2 V is a square n^2 in K and (a + n)/2 or (a - n)/2 is one; and a in K is a square in
K(r) iff a or a V is one in K. So the products of roots stay linearly independent: an element is zero iff it has
no terms, and its coefficient without roots (its trace divided by the degree) is the same in every tower.
"""

from collections.abc import Iterator
from math import gcd
from typing import Any
from weakref import WeakKeyDictionary

from flint import arb, ctx, fmpq, fmpz

__all__ = ["Terms", "Tower", "add", "bits", "scale", "subtract"]

Terms = dict[int, Any]  # {bit mask: nonzero fmpq}

_SMALL_PRIMES = 9592  # the primes below 10^5, which `_square_part` divides by
_MAX_BITS = 20_000  # of a coefficient, beyond which exact values serve no reader


class Tower:
    """A growing field of real numbers Q(r_1, …, r_k), each r_j the positive square root of an earlier element.

    The cost of arithmetic doubles with every root: the tower refuses more than `limit` of them, products of more
    than `work` pairs of terms in all, and coefficients of more than 20000 bits, with OverflowError.
    """

    def __init__(self, limit: int = 8, work: int = 1_000_000) -> None:
        self.limit, self.work = limit, work
        self.radicands: list[Terms] = []
        self._squares: dict[int, Terms] = {0: {0: fmpq(1)}}
        self._balls: dict[int, list[arb]] = {}
        self._images: WeakKeyDictionary[Tower, list[Terms]] = WeakKeyDictionary()

    # Arithmetic on terms

    def multiply(self, x: Terms, y: Terms) -> Terms:
        """The product: r^m r^n = V^(m and n) r^(m xor n)."""
        if x.keys() | y.keys() <= {0}:
            return _checked({0: x[0] * y[0]}) if x and y else {}
        self.work -= len(x) * len(y)
        if self.work < 0:
            raise OverflowError("the exact value needs too many products of square roots")
        groups: dict[int, Terms] = {0: {}}
        for m, a in x.items():
            for n, b in y.items():
                group = groups.setdefault(m & n, {})
                group[m ^ n] = group[m ^ n] + a * b if m ^ n in group else a * b
        result = groups.pop(0)
        for common, group in groups.items():
            result = add(result, self.multiply(self._square(common), group))
        return _checked({m: c for m, c in result.items() if c})

    def _square(self, mask: int) -> Terms:
        """The product of the V_j in the mask."""
        if mask not in self._squares:
            top = mask.bit_length() - 1
            rest = self._square(mask ^ (1 << top))
            self._squares[mask] = self.multiply(rest, self.radicands[top])
        return self._squares[mask]

    def invert(self, x: Terms) -> Terms:
        """1/x for nonzero x: (a + b r)^-1 = (a - b r)/(a^2 - b^2 V)."""
        level = max(x).bit_length()
        if not level:
            return {0: 1 / x[0]}
        conjugate, norm = self._conjugate(x, level)
        return self.multiply(conjugate, self.invert(norm))

    def _conjugate(self, x: Terms, level: int) -> tuple[Terms, Terms]:
        bit = 1 << level - 1
        conjugate = {m: -c if m & bit else c for m, c in x.items()}
        return conjugate, self.multiply(x, conjugate)

    # Square roots

    def root(self, x: Terms) -> Terms:
        """The square root of a positive element, which joins the tower when it has to."""
        known = self._find_root(x, len(self.radicands))
        if known is None:
            known = self._denest(x)
        if known is None:
            known = self._adjoin(x)
        return scale(known, self.sign(known))

    def _find_root(self, x: Terms, level: int) -> Terms | None:
        """A square root of a nonzero x within the first `level` roots, or None when there is none."""
        if not level:
            return _rational_root(x[0])
        bit = 1 << level - 1
        if max(x) < bit:
            found = self._find_root(x, level - 1)
            if found is not None:
                return found
            radicand = self.radicands[level - 1]
            found = self._find_root(self.multiply(x, radicand), level - 1)
            return found and self.multiply(self.multiply(found, self.invert(radicand)), {bit: fmpq(1)})
        half = self._half(x, level)
        first = half and self._find_root(half, level)  # r times an element of K where (a - n)/2 is a square in K
        return first and self._complete(first, x, level)

    def _denest(self, x: Terms) -> Terms | None:
        """sqrt(a + b r) = t + b r/(2 t) with t = sqrt((a + n)/2), if the norm is n^2: one root less deep."""
        level = max(x).bit_length()
        half = self._half(x, level) if level else None
        return half and self._complete(self.root(half), x, level)

    def _half(self, x: Terms, level: int) -> Terms | None:
        """(a + n)/2 for x = a + b r whose norm is n^2; None when it is no square."""
        n = self._find_root(self._conjugate(x, level)[1], level - 1)
        bit = 1 << level - 1
        return n and scale(add({m: c for m, c in x.items() if m < bit}, n), fmpq(1, 2))

    def _complete(self, first: Terms, x: Terms, level: int) -> Terms:
        """t + b r/(2 t), whose square is x = a + b r when t^2 is (a + n)/2."""
        bit = 1 << level - 1
        return add(first, self.multiply({m: c for m, c in x.items() if m & bit}, self.invert(scale(first, fmpq(2)))))

    def _adjoin(self, x: Terms) -> Terms:
        """A new root: sqrt(x) = s sqrt(V), V written with integers that have no common square factor."""
        if len(self.radicands) >= self.limit:
            raise OverflowError(f"the exact value needs more than {self.limit} independent square roots")
        content = fmpq(0)
        for mask, c in x.items():
            content = content.gcd(c * self.written(mask)[0])
        outer, inner = _square_part(content.p * content.q)  # x = p q/q^2 * primitive
        self.radicands.append(scale(x, inner / content))
        return {1 << len(self.radicands) - 1: fmpq(outer, content.q)}

    def written(self, mask: int) -> tuple[int, int, list[Terms]]:
        """k, n and the radicands of a product of roots k sqrt(n) sqrt(V)…: sqrt(6) sqrt(2) is 2 sqrt(3)."""
        scale, integer, nested = 1, 1, []
        for j in bits(mask):
            radicand = self.radicands[j]
            if radicand.keys() != {0}:
                nested.append(radicand)
                continue
            other = int(radicand[0].p)
            common = gcd(integer, other)
            scale, integer = scale * common, integer // common * (other // common)
        return scale, integer, nested

    # Enclosures

    def ball(self, x: Terms, precision: int) -> arb:
        """An enclosure computed with `precision` bits; not finite when these are too few."""
        with ctx.workprec(precision):
            roots = self._balls.setdefault(precision, [])
            for radicand in self.radicands[len(roots) :]:
                roots.append(_ball(radicand, roots).sqrt())
            return _ball(x, roots)

    def sign(self, x: Terms) -> int:
        """-1, 0 or 1: balls decide, since an element with terms is not zero."""
        if not x:
            return 0
        precision = 64
        while (ball := self.ball(x, precision)).contains(0):
            precision *= 2
        return 1 if ball > 0 else -1

    # Other towers

    def embed(self, other: "Tower", terms: Terms) -> Terms:
        """An element of another tower in this one, which grows by the roots it lacks."""
        if other is self:
            return terms
        images = self._images.setdefault(other, [])
        needed = max(terms, default=0).bit_length()
        for radicand in other.radicands[len(images) : needed]:
            images.append(self.root(self._map(radicand, images)))
        return self._map(terms, images)

    def _map(self, terms: Terms, images: list[Terms]) -> Terms:
        result: Terms = {}
        for mask, c in terms.items():
            term: Terms = {0: c}
            for j in bits(mask):
                term = self.multiply(term, images[j])
            result = add(result, term)
        return result


def _checked(x: Terms) -> Terms:
    for c in x.values():
        if c.height_bits() > _MAX_BITS:
            raise OverflowError(f"the exact value has coefficients of more than {_MAX_BITS} bits")
    return x


def add(x: Terms, y: Terms) -> Terms:
    result = dict(x)
    for m, c in y.items():
        c = result[m] + c if m in result else c
        if c:
            result[m] = c
        else:
            del result[m]
    return result


def subtract(x: Terms, y: Terms) -> Terms:
    return add(x, {m: -c for m, c in y.items()})


def scale(x: Terms, factor: Any) -> Terms:
    return {m: c * factor for m, c in x.items()}


def bits(mask: int) -> Iterator[int]:
    return (j for j in range(mask.bit_length()) if mask >> j & 1)


def _ball(x: Terms, roots: list[arb]) -> arb:
    value = arb(0)
    for mask, c in x.items():
        term = arb(c)
        for j in bits(mask):
            term *= roots[j]
        value += term
    return value


def _rational_root(q: Any) -> Terms | None:
    if q.p.is_square() and q.q.is_square():
        return {0: fmpq(q.p.isqrt(), q.q.isqrt())}
    return None


def _square_part(n: Any) -> tuple[Any, Any]:
    """s and d with n = s^2 d, d without the square of a small prime."""
    s = d = fmpz(1)
    for factor, exponent in n.factor(trial_limit=_SMALL_PRIMES):
        if factor.is_square():  # the part that trial division left
            factor, exponent = factor.isqrt(), 2 * exponent
        s *= factor ** (exponent // 2)
        if exponent % 2:
            d *= factor
    return s, d

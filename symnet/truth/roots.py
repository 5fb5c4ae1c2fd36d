"""Signs, absolute values and square roots of elements.

sign(c p q) = sgn(c) sign(p) sign(q): the sign of an element is a product of generators s_p, one for each
irreducible polynomial p, and of known signs. sqrt(c p^2 q) = |p| sqrt(c q): a root is made of absolute values and
of radicals whose radicands are independent modulo squares, by linear algebra over the two-element field for
radicands in atoms, and by the norm criterion for radicands that hold radicals: a + b r is a square iff its norm
a^2 - b^2 V is a square n^2 and (a + n)/2 or (a - n)/2 is one. So sqrt(3 + 2 sqrt(2)) = 1 + sqrt(2).

What a square root is taken of is not negative where the statement is defined: its sign becomes known.
"""

from math import inf

from flint import arb, fmpq, fmpz

from symnet.operations import call, sqrt
from symnet.truth.ring import Element, Generator, Poly, Ring, Undefined

__all__ = ["Reals"]

_SMALL_PRIMES = 9592  # primes that are divided out of integers under roots: those below 10^5
_SIGN_TERMS = 60  # the sign of a longer polynomial with radicals is not looked into
Tokens = frozenset[str]  # the irreducible factors of a squarefree radicand


class Reals(Ring):
    """A ring whose elements have signs, absolute values and square roots."""

    def __init__(self, deadline: float = inf) -> None:
        super().__init__(deadline)
        self._known: dict[str, tuple[Poly, Element]] = {}  # irreducible polynomials whose sign is assumed or follows
        self._signs: dict[str, int] = {}  # the sign generator of an irreducible polynomial
        self._radicals: dict[str, int] = {}  # the radical of a radicand
        self._nested: list[int] = []  # radicals whose radicands hold radicals or signs
        self._rows: dict[str, tuple[Tokens, frozenset[int]]] = {}  # echelon form: largest token -> row, radicals

    # Signs

    def factor(self, poly: Poly) -> tuple[fmpq, list[tuple[Poly, int]]]:
        """The constant and the irreducible factors with exponents; flint makes leading coefficients positive."""
        content, factors = poly.factor()
        return content, [(p, int(e)) for p, e in factors]

    def sign(self, u: Element) -> Element:
        """-1, 0, 1 or a polynomial in sign generators."""
        return self.number(0) if u.is_zero else self._sign(u.num) * self._sign(u.den)

    def absolute(self, u: Element) -> Element:
        return self.sign(u) * u

    def _sign(self, poly: Poly) -> Element:
        if not poly:
            return self.number(0)
        constant, odd = self._odd(poly)
        result = self.number(constant)
        for p in odd:
            result = result * self._irreducible_sign(p)
        return result

    def _odd(self, poly: Poly) -> tuple[int, list[Poly]]:
        """The sign of the constant, and the irreducible factors with odd exponents."""
        content, factors = self.factor(poly)
        return 1 if content > 0 else -1, [p for p, e in factors if e % 2]

    def _irreducible_sign(self, p: Poly) -> Element:
        known = self._decided(p)
        if known is not None:
            return known
        derived = self._sign_by_parts(self.up(p))
        if derived is not None:
            return derived
        key = str(p)
        if key not in self._signs:
            self._signs[key] = len(self.generators)
            expression = call("sign", self.expression(p))
            one = self.number(1).num
            return self.new(Generator(expression, one, parts=(self.of(p),), is_sign=True))
        return self.generator(self._signs[key])

    def _decided(self, p: Poly) -> Element | None:
        """The sign of an irreducible polynomial where it is assumed or evident."""
        if str(p) in self._known:
            return self._resolve(self._known[str(p)][1])
        evident = self.evident_sign(p) or self.constant_sign(self.up(p))
        return None if evident is None else self.number(evident)

    def _resolve(self, value: Element) -> Element:
        """Put in the signs that became known after `value` was made."""
        for k in self.used(value.num):
            p = self.generators[k].parts[0].num
            if str(p) in self._known:
                a, b = self.split(value.num, k)
                value = self.of(a) + self.of(b) * self._resolve(self._known[str(p)][1])
        return value

    def evident_sign(self, p: Poly) -> int | None:
        """The common sign of all terms, where each follows from even powers and known signs."""
        common = 0
        for powers, coefficient in self.terms(p):
            sign = 1 if coefficient > 0 else -1
            for k, e in powers:
                if e % 2 and not self.generators[k].positive:
                    assumed = self._known.get(str(self.gen(k)))
                    value = None if assumed is None else self._resolve(assumed[1]).rational
                    if value is None or len(p) == 1:
                        return None
                    sign *= int(value.p)
            if common and sign != common:
                return None
            common = sign
        return common

    def _sign_by_parts(self, p: Poly) -> Element | None:
        """The sign of a + b g, g its latest sign or radical, by the signs of simpler polynomials."""
        k = next((k for k in self.used(p) if self.generators[k].square is not None), None)
        if k is None:
            return None
        a, b = self.split(p, k)
        g, one = self.generator(k), self.number(1)
        square = self.up(self.generators[k].square)
        if self.generators[k].is_sign:
            return self.number(fmpq(1, 2)) * (self._sign(a + b) * (one + g) + self._sign(a - b) * (one - g))
        if len(p) > _SIGN_TERMS:
            return None
        quotient, rest = divmod(a, square)
        if not rest and not square.is_constant():  # r (b + (a/V) r)
            return self._sign(b + quotient * self.gen(k))
        decided = self._decided_sign(self.times(a, a) - self.times(self.times(b, b), square))
        if decided is None:
            return None
        return self._sign(a if decided > 0 else b)  # the larger of |a| and |b r| decides

    def _decided_sign(self, poly: Poly) -> int | None:
        """The sign of a polynomial where no generator is needed for it."""
        if not poly:
            return None
        sign, odd = self._odd(poly)
        for p in odd:
            known = self._decided(p)
            value = None if known is None else known.rational
            if value is None:
                return None
            sign *= int(value.p)
        return sign

    def assume_sign(self, u: Element, sign: int) -> None:
        """Let u be positive (1) or negative (-1). Raises Undefined where it cannot be."""
        if u.is_zero:
            raise Undefined("zero is assumed to have a sign")
        decided, unknown = self.number(sign), list[Poly]()
        for poly in (u.num, u.den):
            constant, odd = self._odd(poly)
            decided = decided * self.number(constant)
            for p in odd:
                known = self._decided(p)
                if known is None:
                    unknown.append(p)
                else:
                    decided = decided * known
        if len(unknown) == 1 and decided.rational is not None:
            self._known[str(unknown[0])] = unknown[0], decided
            return
        for p in unknown:
            decided = decided * self._irreducible_sign(p)
        if decided.rational == -1:
            raise Undefined("the assumed signs contradict each other")
        signs = self.used(decided.num)
        if signs and len(decided.num) == 1:  # a product of signs that is 1 gives one of them by the others
            p = self.generators[signs[0]].parts[0].num
            self._known[str(p)] = p, decided * self.generator(signs[0])

    def check_signs(self) -> None:
        """Raise Undefined where an assumed sign contradicts what the other ones make evident."""
        for p, value in self._known.values():
            evident = self.evident_sign(p)
            if evident and self._resolve(value).rational == -evident:
                raise Undefined("the assumed signs contradict each other")

    def open_signs(self) -> list[int]:
        return [k for key, k in self._signs.items() if key not in self._known]

    # Square roots

    @property
    def has_nested_roots(self) -> bool:
        return bool(self._nested)

    def sqrt(self, u: Element) -> Element:
        """The square root that is not negative. Raises Undefined for what is known to be negative."""
        if u.is_zero:
            return u
        self.assume_sign(u, 1)
        radicand, tokens, outside = self._squarefree(u)
        outside = self.absolute(outside)
        if any(self.generators[k].square is not None for k in self.used(radicand)):
            return outside * self._nested_root(radicand)
        inside = self._root_in_span(radicand, tokens)
        if inside is None:
            return outside * self._adjoin(radicand, tokens)
        return outside * self.absolute(inside)

    def _squarefree(self, u: Element) -> tuple[Poly, Tokens, Element]:
        """R, its factors, and q with u = q^2 R, R a polynomial without square factors."""
        content, factors = self.factor(self.times(u.num, u.den))
        outside = self.of(u.den).inverse() * self.number(fmpq(1, content.q))
        integer = content.p * content.q
        square, tokens, radicand = fmpz(1), set(), self.context.constant(1)
        for prime, e in (*integer.factor(trial_limit=_SMALL_PRIMES), (fmpz(-1), int(integer < 0))):
            if prime.is_square():  # the part that trial division left
                prime, e = prime.isqrt(), 2 * e
            square *= prime ** (e // 2)
            if e % 2:
                tokens.add(str(prime))
                radicand = radicand * prime
        outside = outside * self.number(fmpq(square))
        for p, e in factors:
            outside = outside * self.of(p) ** (e // 2)
            if e % 2:
                tokens.add(str(p))
                radicand = radicand * p
        return radicand, frozenset(tokens), outside

    def _span(self, tokens: Tokens) -> tuple[Tokens, frozenset[int]]:
        """What is left of the tokens modulo the radicands in atoms, and the radicals that were taken off."""
        used: frozenset[int] = frozenset()
        while tokens and (row := self._rows.get(max(tokens))):
            tokens, used = tokens ^ row[0], used ^ row[1]
        return tokens, used

    def _root_in_span(self, radicand: Poly, tokens: Tokens, without: frozenset[int] = frozenset()) -> Element | None:
        """A square root made of the radicals there are but some, of either sign."""
        rest, used = self._span(tokens)
        if rest or used & without:
            return None
        squares, roots = self.context.constant(1), self.number(1)
        for k in used:
            squares = squares * self.up(self.generators[k].square)
            roots = roots * self.generator(k)
        return self.of((self.up(radicand) * squares).sqrt()) * roots / self.of(squares)

    def _adjoin(self, radicand: Poly, tokens: Tokens | None) -> Element:
        """A new radical; `tokens` for one in atoms."""
        k = len(self.generators)
        if tokens is None:
            self._nested.append(k)
        else:
            rest, used = self._span(tokens)
            self._rows[max(rest)] = (rest, used | {k})
        self._radicals[str(radicand)] = k

        def ball() -> arb:
            value = self.ball(self.up(radicand))
            assert value is not None
            return value.sqrt()

        return self.new(
            Generator(
                sqrt(self.expression(radicand)),
                radicand,
                positive=True,
                parts=(self.of(radicand),),
                ball=None if self.ball(radicand) is None else ball,
            )
        )

    def radicand(self, p: Poly) -> Element | None:
        """What an irreducible polynomial is the root of; None when it is more than a radical."""
        generator = self.generators[self.used(p)[0]]
        return generator.parts[0] if len(p) == 1 and generator.is_radical else None

    def _nested_root(self, radicand: Poly) -> Element:
        if str(radicand) in self._radicals:
            return self.generator(self._radicals[str(radicand)])
        u = self.of(radicand)
        root = self._root(u)
        if root is not None:
            return self.absolute(root)
        for k in self._nested:
            root = self._root(u * self.of(self.up(self.generators[k].square)))
            if root is not None:
                return self.absolute(root) / self.generator(k)
        return self._adjoin(self.up(radicand), None)

    def _root(self, u: Element, without: frozenset[int] = frozenset()) -> Element | None:
        """A square root of u within the radicals there are but some, of either sign; None when there is none."""
        radicals = [k for k in self.used(u.num) if self.generators[k].is_radical]
        if not radicals:
            radicand, tokens, outside = self._squarefree(u)
            root = self._root_in_span(radicand, tokens, without)
            return None if root is None else root * outside
        k = radicals[0]
        without |= {k}  # the norm and the parts of the root are numbers without r
        den = self.of(u.den)
        a, b = (self.of(part) / den for part in self.split(u.num, k))
        norm = a * a - b * b * self.of(self.up(self.generators[k].square))
        n = self._root(norm, without)
        if n is None:
            return None
        half = self.number(fmpq(1, 2))
        for square in (half * (a + n), half * (a - n)):
            first = None if square.is_zero else self._root(square, without)
            if first is not None:
                root = first + half * b / first * self.generator(k)
                if (root * root - u).is_zero:
                    return root
        return None

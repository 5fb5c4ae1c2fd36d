"""The normal form of expressions of fixed size: rational functions with square roots, signs and opaque functions.

A `Field` turns expressions over the names of a derivation into elements of one ring (`symnet.truth.roots`). Each
name is evaluated once. Opaque values f(u), f'(u) are one atom for each distinct argument *element*, so f(x) and
f((x^2 - 1)/(x - 1) - 1) are the same atom; exp(u) is a product of powers of atoms exp(monomial), log(u) a sum of
atoms log|p|, and every other operation with a definition in the table is replaced by it.

Two expressions with the same normal form are equal wherever both are defined and no sign's argument vanishes.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import inf, lcm
from typing import Any

from flint import arb, fmpq
from sympy import Expr, Indexed, Rational, S, Symbol

from symnet.equations import Derivation, name_of
from symnet.expressions import Binder
from symnet.operations import Call, call
from symnet.sums import unroll
from symnet.truth.assumptions import Condition
from symnet.truth.ring import Element, Generator, NoNormalForm, Poly, Undecidable, Undefined
from symnet.truth.roots import Reals

__all__ = ["Field", "Rescale"]


class Rescale(NoNormalForm):
    """exp(u/q) occurs beside exp(u): the field must be built again, now that its `scales` know q."""


class Field(Reals):
    """Normal forms over a derivation, under assumptions.

    assumptions: applied in order, each read under those before it; scales: for exp(u) the q of its atom exp(u/q),
    shared by the fields of one proof and filled in by Rescale. `deadline` is in `symnet.clock.now()` seconds.
    Raises Undefined where the assumptions contradict each other.
    """

    def __init__(
        self,
        derivation: Derivation | None = None,
        assumptions: Sequence[Condition] = (),
        deadline: float = inf,
        scales: dict[Expr, int] | None = None,
    ) -> None:
        super().__init__(deadline)
        self._derivation = derivation or Derivation(())
        self._scales = {} if scales is None else scales
        self._properties = {n: p for c in assumptions for n, p in c.functions}
        self._elements: dict[Expr, Element] = {}
        self._atoms: dict[Any, Element] = {}
        self._bases: dict[int, Element] = {}  # generator of an atom exp(b) -> b
        self._logarithms: dict[int, Element] = {}  # generator of an atom log|p| -> p
        for condition in assumptions:
            for u, sign in condition.signs:
                self.assume_sign(self.element(u), sign)
                self._elements.clear()  # what was read before may hold the sign that is now known
        self.check_signs()

    # Expressions

    def element(self, expression: Expr) -> Element:
        """The normal form. Raises Undecidable for what is not of fixed size or too large, Undefined, Rescale."""
        root = unroll(expression)
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if node in self._elements:
                continue
            if ready:
                self.check()
                self._elements[node] = self._combine(node)
            else:
                stack.append((node, True))
                stack.extend((child, False) for child in self._children(node))
        return self._elements[root]

    def _children(self, node: Expr) -> Sequence[Expr]:
        if isinstance(node, Symbol | Indexed):
            definition = self._definition(node)
            return () if definition is None else (definition,)
        if isinstance(node, Binder):
            return ()
        if isinstance(node, Call) and node.operation.definition is not None:
            return (*node.args, node.operation.definition(*node.args))
        return node.args

    def _definition(self, name: Expr) -> Expr | None:
        label = name_of(name)
        if label is None or label not in self._derivation:
            return None
        where = name.indices if isinstance(name, Indexed) else ()
        return unroll(self._derivation[label].rhs_at(*where))

    def _combine(self, node: Expr) -> Element:
        if isinstance(node, Rational):
            return self.number(node)
        if isinstance(node, Symbol | Indexed):
            return self._name(node)
        if not (node.is_Add or node.is_Mul or node.is_Pow or isinstance(node, Call)):
            raise Undecidable(f"{node} has no fixed size" if isinstance(node, Binder) else f"{node} is not a formula")
        args = [self._elements[child] for child in node.args]
        if node.is_Add:
            return _reduce(args, Element.__add__)
        if node.is_Mul:
            return _reduce(args, Element.__mul__)
        if node.is_Pow:
            if not node.exp.is_Integer:
                raise Undecidable(f"the exponent of {node} is not an integer")
            return args[0] ** int(node.exp)
        return self._call(node, args)

    def _name(self, name: Expr) -> Element:
        definition = self._definition(name)
        if definition is None:
            if name not in self._atoms:
                self._atoms[name] = self.new(Generator(name, positive=bool(name.is_positive)))
            return self._atoms[name]
        element = self._elements[definition]
        used = self.used(element.num)
        if len(used) == 1 and element.key == self.generator(used[0]).key:
            generator = self.generators[used[0]]
            if generator.is_radical and isinstance(generator.expression, Call):
                generator.expression = name  # print it as the slide does: S
        return element

    # Functions

    def _call(self, node: Call, args: list[Element]) -> Element:
        operation = node.operation
        if operation.abstract:
            return self._abstract(node, args[0])
        if node.function == "sqrt":
            return self.sqrt(args[0])
        values = [v for a in args if (v := a.rational) is not None]
        if len(values) == len(args):
            exact = operation.exact(*(Fraction(int(v.p), int(v.q)) for v in values))
            if exact is not None:
                return self.number(exact)
        if node.function == "sign":
            return self.sign(args[0])
        if node.function == "exp":
            return self._exp(args[0])
        if node.function == "log":
            return self._log(args[0])
        if operation.definition is not None:
            return self._elements[operation.definition(*node.args)]
        match node.function:
            case "normal_cdf" if args[0].num.leading_coefficient() < 0:
                return self.number(1) - self._atom(node, (-args[0],))
            case "normal_pdf" if args[0].num.leading_coefficient() < 0:
                return self._atom(node, (-args[0],))
        return self._atom(node, args)

    def _atom(self, node: Call, args: Sequence[Element]) -> Element:
        """The generator of an opaque value, the same for equal arguments."""
        key = (type(node), *(a.key for a in args))
        if key not in self._atoms:

            def ball() -> arb:
                return node.operation.ball(*(arb(a.rational) for a in args))

            constant = not node.operation.abstract and all(a.rational is not None for a in args)
            self._atoms[key] = self.new(
                Generator(node.func(*(a.as_expr() for a in args)), parts=tuple(args), ball=ball if constant else None)
            )
        return self._atoms[key]

    def _abstract(self, node: Call, u: Element) -> Element:
        assumed = self._properties.get(node.function)
        if assumed == "identity":
            return u if not node.order else self.number(int(node.order == 1))
        if assumed == "linear":
            slope = self._atom(call(node.function, S.One), (self.number(1),))
            return slope * u if not node.order else slope if node.order == 1 else self.number(0)
        if assumed in ("odd", "even"):
            odd = (assumed == "odd") != bool(node.order % 2)  # f' of an odd f is even
            if odd and u.is_zero:
                return u
            if u.num.leading_coefficient() < 0:
                value = self._atom(node, (-u,))
                return -value if odd else value
        return self._atom(node, (u,))

    def _exp(self, u: Element) -> Element:
        """exp(sum of c_i b_i) = product of exp(b_i/q_i)^(c_i q_i), the b_i monomials over the denominator."""
        result = self.number(1)
        for powers, coefficient in list(self.terms(u.num)):
            base = self.number(1)
            for k, e in powers:
                base = base * self.generator(k) ** e
            base = base / self.of(u.den)
            logarithm = self._logarithms.get(powers[0][0]) if len(powers) == 1 and powers[0][1] == 1 else None
            if logarithm is not None and u.den.is_one() and coefficient.q <= 2:
                p = self.absolute(logarithm) ** int(coefficient.p)
                result = result * (self.sqrt(p) if coefficient.q == 2 else p)
            else:
                result = result * self._power_of_e(base, coefficient)
        return result

    def _power_of_e(self, base: Element, coefficient: fmpq) -> Element:
        written = base.as_expr()
        scale = self._scales.setdefault(written, int(coefficient.q))
        if scale % int(coefficient.q):
            self._scales[written] = lcm(scale, int(coefficient.q))
            raise Rescale
        key = ("exp", base.key)
        if key not in self._atoms:
            part = base * self.number(fmpq(1, scale))

            def ball() -> arb:
                value = self.ball(part.num)
                assert value is not None
                return value.exp()

            constant = part.den.is_one() and self.ball(part.num) is not None
            self._bases[len(self.generators)] = part
            self._atoms[key] = self.new(
                Generator(call("exp", part.as_expr()), positive=True, parts=(part,), ball=ball if constant else None)
            )
        return self._atoms[key] ** int((coefficient * scale).p)

    def is_exponential(self, k: int) -> bool:
        """Whether a generator is some exp(b), which is positive everywhere."""
        return k in self._bases

    def exponent_difference(self, p: Poly) -> Element | None:
        """c (u - v) for p = c (e^u - e^v): it has the same sign, as the exponential grows."""
        terms = list(self.terms(self.up(p)))
        exponential = all(self.is_exponential(k) for powers, _ in terms for k, _ in powers)
        if not exponential or len(terms) != 2 or terms[0][1] != -terms[1][1]:
            return None
        difference = self.number(0)
        for powers, coefficient in terms:
            for k, e in powers:
                difference = difference + self._bases[k] * self.number(coefficient * e)
        return difference

    def _sign_by_parts(self, p: Poly) -> Element | None:
        difference = self.exponent_difference(p)
        return super()._sign_by_parts(p) if difference is None else self.sign(difference)

    def _log(self, u: Element) -> Element:
        """log(c product p_i^e_i) = log|c| + sum e_i log|p_i|, which is so wherever u > 0."""
        if u.is_zero:
            raise Undefined("the logarithm of zero")
        self.assume_sign(u, 1)
        result = self.number(0)
        for poly, direction in ((u.num, 1), (u.den, -1)):
            content, factors = self.factor(poly)
            for part, side in ((content.p, direction), (content.q, -direction)):
                for prime, e in abs(part).factor():
                    result = result + self._log_of(self.context.constant(prime)) * self.number(side * int(e))
            for p, e in factors:
                result = result + self._log_of(p) * self.number(direction * e)
        return result

    def _log_of(self, p: Poly) -> Element:
        """log|p| for an irreducible polynomial or a prime."""
        used = self.used(p)
        if len(used) == 1 and len(p) == 1:
            generator = self.generators[used[0]]
            if generator.is_sign:
                return self.number(0)
            if generator.is_radical:
                return self.number(fmpq(1, 2)) * self._log(self.of(self.up(generator.square)))
            if used[0] in self._bases:
                return self._bases[used[0]]
        key = ("log", str(p))
        if key not in self._atoms:
            argument = self.of(p)
            written = argument.as_expr()
            positive = self.evident_sign(p) == 1

            def ball() -> arb:
                value = self.ball(p)
                assert value is not None
                return abs(value).log()

            self._logarithms[len(self.generators)] = argument
            self._atoms[key] = self.new(
                Generator(
                    call("log", written if positive else call("abs", written)),
                    parts=(argument,),
                    ball=None if self.ball(p) is None else ball,
                )
            )
        return self._atoms[key]


def _reduce(args: Iterable[Element], operation: Any) -> Element:
    result, *rest = args
    for other in rest:
        result = operation(result, other)
    return result

"""What there is to say about an activation function: kinks, smoothness, parity, range, the steepest place.

An `Activation` is an expression in one argument over the operations of the table, `call("leaky_relu", u, a)` or
`lambda*elu(u, alpha)`; its other names are parameters, of which `assumptions` may say something. Away from its kink
a function of the table is one of exp, log and arithmetic, found by its definition there; every answer about it is a
proof by `symnet.truth`, and where none is found the answer is None or an error, never a guess.

Signs on a half line: with r > 0 the distance from the kink, e^r is 1 + t with t > 0, which is all that is used of it.
Limits: a quotient of polynomials in e^r and r goes where its leading terms go, powers of e^r before powers of r.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr, Poly, S, Symbol, fraction, oo, together
from sympy.polys.polyerrors import CoercionFailed, PolynomialError

from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.errors import SymnetError
from symnet.expressions import as_expression, contains, free_references, product, rewrite, subexpressions, substitute
from symnet.operations import Call, call
from symnet.truth.assumptions import Condition, positive, vanishing
from symnet.truth.field import Field
from symnet.truth.prove import prove_equal
from symnet.truth.ring import Undecidable, Undefined

__all__ = ["Activation", "Kink", "Peak", "Range"]

_R, _T, _E = Symbol("_r"), Symbol("_t"), Symbol("_E")  # distance from the kink, e^r - 1, e^r
_SECONDS = 3.0  # for one proof


@dataclass(frozen=True)
class Kink:
    """Where the formula changes: the one-sided derivatives, and the one the gradient takes there."""

    at: Expr
    left: Expr
    right: Expr
    taken: Expr


@dataclass(frozen=True)
class Range:
    """The values of a function: all between the ends, and an end itself where it is attained."""

    lower: Expr
    upper: Expr
    lower_attained: bool
    upper_attained: bool

    def __str__(self) -> str:
        return f"{'[' if self.lower_attained else '('}{self.lower}; {self.upper}{']' if self.upper_attained else ')'}"


@dataclass(frozen=True)
class Peak:
    """The largest derivative: bound - f' = factor * (f - value)^2, factor > 0, so it is attained where f = value.

    at: an argument where that is so, None when no simple one was found.
    """

    bound: Expr
    factor: Expr
    value: Expr
    at: Expr | None


@dataclass(frozen=True)
class _Piece:
    """side: 1 above the kink, -1 below it, 0 where there is no kink; value, slope: by the argument."""

    side: int
    value: Expr
    slope: Expr


@dataclass(frozen=True)
class Activation:
    """A function of `argument`; `value` is its expression. At most one kink is supported.

    assumptions: on the parameters, which all answers are under.
    """

    value: Expr
    argument: Symbol
    assumptions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, name: str, *parameters: Any, assumptions: tuple[Condition, ...] = ()) -> "Activation":
        """An operation of the table as a function of u, its further arguments being the parameters."""
        return cls(call(name, Symbol("u"), *parameters), Symbol("u"), assumptions)

    @property
    def parameters(self) -> tuple[Expr, ...]:
        return tuple(sorted(free_references(self.value) - {self.argument}, key=str))

    @cached_property
    def derivative(self) -> Expr:
        """By the argument, by the rules of the table; at a kink its convention."""
        return _derivative(self.value, self.argument)

    def __call__(self, argument: Expr) -> Expr:
        return substitute(self.value, {self.argument: as_expression(argument)})

    # The kink and the smoothness there

    @cached_property
    def _written_out(self) -> Expr:
        """By exp, log, sign and arithmetic."""

        def rule(node: Expr) -> Expr | None:
            if not isinstance(node, Call) or node.operation.definition is None:
                return None
            return rewrite(node.operation.definition(*node.args), rule)

        return rewrite(self.value, rule)

    @cached_property
    def _kink(self) -> Expr | None:
        """The argument at which every sign changes. Raises SymnetError when they change at several."""
        found = {}
        for node in subexpressions(self._written_out):
            if isinstance(node, Call) and node.function == "sign" and contains(node, self.argument):
                zero = vanishing(node.args[0].expand(), [self.argument])
                if zero is None:
                    raise SymnetError(f"where {node.args[0]} changes its sign is not a value of {self.argument}")
                found[zero.values[0][1]] = zero
        if len(found) > 1:
            raise SymnetError(f"{self.value} has more than one kink: at {', '.join(map(str, found))}")
        return next(iter(found), None)

    @cached_property
    def _pieces(self) -> tuple[_Piece, ...]:
        def on_side(side: int) -> _Piece:
            def rule(node: Expr) -> Expr | None:
                if not (isinstance(node, Call) and node.function == "sign" and contains(node, self.argument)):
                    return None
                return as_expression(side) * (1 if node.args[0].expand().coeff(self.argument) > 0 else -1)

            value = rewrite(self._written_out, rule)
            return _Piece(side, value, _derivative(value, self.argument))

        return (on_side(0),) if self._kink is None else (on_side(-1), on_side(1))

    @property
    def kink(self) -> Kink | None:
        """The place where the formula changes, if there is one, with the convention for the derivative there."""
        if self._kink is None:
            return None
        left, right = (self._at_kink(piece.slope) for piece in self._pieces)
        return Kink(self._kink, left, right, self._at_kink(self.derivative))

    def jump(self, order: int = 0) -> Expr:
        """By how much the order-th derivative grows at the kink; 0 without one."""
        if self._kink is None:
            return S.Zero
        below, above = (_derivative(piece.value, self.argument, order) for piece in self._pieces)
        return self._at_kink(above - below)

    def smooth(self, order: int) -> tuple[Condition, ...] | None:
        """The values of parameters that are necessary and sufficient for `order` continuous derivatives.

        None when there are none such. Raises SymnetError when the condition is not a parameter's value.
        """
        conditions: list[Condition] = []
        for k in range(order + 1):
            field = Field(None, self.assumptions)
            jump = field.element(substitute(self.jump(k), {n: v for c in conditions for n, v in c.values}))
            if jump.is_zero:
                continue
            open_factors = [
                field.of(p).as_expr() for p, _ in field.factor(jump.num)[1] if not field.sign(field.of(p)).rational
            ]
            if not open_factors:
                return None
            condition = vanishing(open_factors[0], self.parameters) if len(open_factors) == 1 else None
            if condition is None:
                raise SymnetError(f"the jump {jump.as_expr()} vanishes at no single value of a parameter")
            conditions.append(condition)
        return tuple(conditions)

    def _at_kink(self, expression: Expr) -> Expr:
        return Field(None, self.assumptions).element(substitute(expression, {self.argument: self._kink})).as_expr()

    # Symmetry

    @property
    def parity(self) -> str | None:
        """ "odd" or "even" when that is proved, else None."""
        mirrored = self(-self.argument)
        if self._equal(mirrored, -self.value):
            return "odd"
        return "even" if self._equal(mirrored, self.value) else None

    @property
    def centre(self) -> Expr | None:
        """The c with f(-u) = 2 c - f(u): the mean of f over every distribution that is symmetric around 0."""
        try:
            centre = Field(None, self.assumptions).element(self(S.Zero)).as_expr()
        except (Undecidable, Undefined):  # no value at 0
            return None
        return centre if self._equal(self.value + self(-self.argument), 2 * centre) else None

    # Range and slope

    def slope_sign(self, side: int = 0) -> int | None:
        """1 or -1 when f' is that everywhere on a side of the kink (all over the line for 0), 0 when f' = 0 there.

        None when no sign was proved.
        """
        pieces = [piece for piece in self._pieces if side == 0 or piece.side in (0, side)]
        signs = {self._slope_sign(piece) for piece in pieces}
        return signs.pop() if len(signs) == 1 else None

    def _slope_sign(self, piece: _Piece) -> int | None:
        """None too where the piece may be undefined somewhere: a proved sign holds only where the slope is."""
        for node in subexpressions(piece.value):
            if node.is_Pow and node.exp.is_negative and not self._sign(node.base, piece.side):
                return None
            of_positive = isinstance(node, Call) and node.function in ("log", "sqrt")
            if of_positive and self._sign(node.args[0], piece.side) != 1:
                return None
        return self._sign(piece.slope, piece.side)

    @cached_property
    def range(self) -> Range:
        """The values of a continuous function that is monotone on each side of its kink.

        Raises SymnetError when that, or a limit at infinity, is not proved.
        """
        if not self._equal(self.jump(), S.Zero):
            raise SymnetError(f"{self.value} jumps by {self.jump()}")
        images = [self._image(piece) for piece in self._pieces]
        if self._kink is not None:
            there = self._at_kink(self._pieces[0].value)
            images.append(Range(there, there, True, True))
        lower = self._least([(image.lower, image.lower_attained) for image in images], 1)
        upper = self._least([(image.upper, image.upper_attained) for image in images], -1)
        return Range(lower[0], upper[0], lower[1], upper[1])

    def _image(self, piece: _Piece) -> Range:
        sign = self._slope_sign(piece)
        if sign is None:
            raise SymnetError(f"whether {piece.value} grows or falls is not known")
        far = [self._limit(piece, direction) for direction in ([piece.side] if piece.side else [-1, 1])]
        if sign == 0:
            return Range(far[0], far[0], True, True)
        left, right = far if piece.side == 0 else (self._at_kink(piece.value), far[0])
        rising = sign * (piece.side or 1) > 0
        lower, upper = (left, right) if rising else (right, left)
        return Range(lower, upper, False, False)

    def _least(self, ends: list[tuple[Expr, bool]], direction: int) -> tuple[Expr, bool]:
        """The least of the ends (the largest for direction -1), attained if one that is as small is."""
        best, attained = ends[0]
        for end, reached in ends[1:]:
            order = self._compare(end, best) * direction
            if order < 0:
                best, attained = end, reached
            elif order == 0:
                attained = attained or reached
        return best, attained

    def _compare(self, one: Expr, other: Expr) -> int:
        if one == other:
            return 0
        for end, sign in ((one, 1), (other, -1)):
            if end in (oo, -oo):
                return sign if end == oo else -sign
        order = self._sign(one - other, 0)
        if order is None:
            raise SymnetError(f"whether {one} or {other} is larger is not known")
        return order

    @cached_property
    def peak(self) -> Peak:
        """The largest derivative of an activation whose derivative is a quadratic in its value, with its proof.

        Raises SymnetError for another activation.
        """
        v, slope = Symbol("_v"), _derivative(self._written_out, self.argument)
        quadratic = self.value.partials(v)[0] if isinstance(self.value, Call) else self.value
        try:
            c2, c1, c0 = Poly(quadratic, v, domain="QQ").all_coeffs()
        except (CoercionFailed, PolynomialError, ValueError):
            raise SymnetError(f"the derivative of {self.value} is no quadratic in its value") from None
        vertex, bound = -c1 / (2 * c2), c0 - c1**2 / (4 * c2)
        square = product(-c2, (self.value - vertex) ** 2)
        if c2 > 0 or not self._equal(bound - slope, square):
            raise SymnetError(f"no largest derivative of {self.value} was proved")
        reached = (x for x in (S.Zero, S.One, -S.One) if self._equal(self(x), vertex))
        return Peak(bound, -c2, vertex, next(reached, None))

    # Proofs

    def _equal(self, left: Expr, right: Expr) -> bool:
        outcome = prove_equal(left, as_expression(right), None, self.assumptions, _SECONDS)
        return outcome.proved and not outcome.nonzero

    def _sign(self, expression: Expr, side: int) -> int | None:
        """The sign everywhere on that side of the kink."""
        assumptions = self.assumptions
        if side:
            assumptions = (*assumptions, positive(_R), positive(_T))
            away = substitute(expression, {self.argument: self._kink + side * _R})
            expression = _without_exponentials(away, 1 + _T)
        for sign in (0, 1, -1):
            left = call("sign", expression) if sign else expression
            outcome = prove_equal(left, as_expression(sign), None, assumptions, _SECONDS)
            if outcome.proved and not outcome.nonzero:
                return sign
        return None

    def _limit(self, piece: _Piece, direction: int) -> Expr:
        """Where the piece goes far out on a side."""
        return self._far_out(substitute(piece.value, {self.argument: direction * _R}))

    def _far_out(self, expression: Expr) -> Expr:
        """The limit for r to infinity; of a logarithm, that of its argument."""
        if isinstance(expression, Call) and expression.function == "log":
            inside = self._far_out(expression.args[0])
            known = {S.Zero: -oo, S.One: S.Zero, oo: oo}
            return known[inside] if inside in known else call("log", inside)
        above, below = fraction(together(_without_exponentials(expression, _E)))
        try:
            num, den = Poly(above, _E, _R), Poly(below, _E, _R)
        except PolynomialError:
            raise SymnetError(f"the limit of {expression} is not known") from None
        if any(contains(c, _R) for p in (num, den) for c in p.coeffs()):  # inside another function
            raise SymnetError(f"the limit of {expression} is not known")
        over, under = num.monoms()[0], den.monoms()[0]
        leading = [num.LC(), den.LC()] if over > under else [den.LC()]
        signs = [self._sign(c, 0) for c in leading]
        if not all(signs):
            raise SymnetError(f"the sign of {leading[signs.index(None)]}, which decides a limit, is not known")
        if over > under:
            return oo * signs[0] * signs[1]
        return num.LC() / den.LC() if over == under else S.Zero


def _derivative(expression: Expr, argument: Symbol, order: int = 1) -> Expr:
    for _ in range(order):
        parameters = (Variable(argument.name),)
        function = Derivation((Equation("_f", rhs=expression),), parameters=parameters)
        expression = gradient(function, "_f").unfold(Symbol(adjoint_name("_f", argument.name)))
    return expression


def _without_exponentials(expression: Expr, e_to_r: Expr) -> Expr:
    """exp(k r + rest) as exp(rest) (e^r)^k, for integers k."""

    def rule(node: Expr) -> Expr | None:
        if not (isinstance(node, Call) and node.function == "exp" and contains(node, _R)):
            return None
        exponent = node.args[0].expand()
        times = exponent.coeff(_R)
        rest = exponent - times * _R
        if not times.is_Integer or contains(rest, _R):
            return None
        return product(call("exp", rest) if rest != 0 else S.One, e_to_r**times)

    return rewrite(expression, rule)

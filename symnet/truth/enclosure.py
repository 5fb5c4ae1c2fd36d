"""Rigorous values: balls (midpoint and radius, by python-flint's arb) that contain the true number.

Derivations are computed with balls, and with truncated power series over balls. The series give derivatives by
forward mode, f(p + t d) = f(p) + t f'(p) d + …, without the sweep and without the derivative rules of the table of
operations: an independent opinion about every gradient.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from math import ceil, factorial, log10
from typing import Any, Protocol

from flint import arb, arb_series, ctx, fmpq
from sympy import Expr, Rational

from symnet.equations import Derivation, Equation
from symnet.errors import SymnetError
from symnet.operations import Call
from symnet.truth.arithmetic import (
    Arithmetic,
    UndecidedZero,
    Undefined,
    check_point,
    degenerate,
    fold_definition,
    fold_equations,
)
from symnet.truth.numbers import Exact, Number, bits_of

__all__ = [
    "Balls",
    "Computable",
    "Real",
    "directional_derivative",
    "enclose",
    "enclose_derivation",
    "enclose_difference_quotient",
    "is_accurate",
]

_GUARD_BITS = 64
_ARGUMENT_BITS = 4  # how much more accurate arguments are than results
_MAX_BITS = 1 << 14


class Computable(Protocol):
    """A real number known to any accuracy: `ball(digits)` has that many correct digits."""

    def ball(self, digits: int) -> arb: ...


Real = arb | Exact | Computable
Functions = Mapping[str, Callable[[int, arb], arb]]  # f: (order, u) -> the order-th derivative of f at u


# Balls


class Balls(Arithmetic[arb]):
    """Sums, products, powers and calls of balls; `functions` are stand-ins for abstract activations."""

    def __init__(self, functions: Functions | None) -> None:
        self.functions = functions or {}

    def number(self, value: Rational) -> arb:
        return arb(value.p) / value.q

    def invert(self, value: arb) -> arb:
        if value.contains(0):
            raise ZeroDivisionError if value.is_zero() else UndecidedZero
        return 1 / value

    def apply(self, node: Call, args: Sequence[arb]) -> arb:
        if node.operation.abstract:
            return _stand_in(self.functions, node)(node.order, args[0])
        if node.function == "sqrt" and not args[0] < 0:
            args = [args[0].nonnegative_part()]  # where the root is defined at all, its argument lies there
        value = node.operation.ball(*args)
        if not value.is_finite():
            raise Undefined(node, "domain", certain=all(u.is_exact() for u in args))
        return value


def _stand_in(functions: Functions, node: Call) -> Callable[[int, arb], arb]:
    try:
        return functions[node.function]
    except KeyError:
        raise SymnetError(f"{node.function} is abstract: it has no numeric value") from None


def enclose(expression: Expr, values: Mapping[str, Real], digits: int = 30) -> arb:
    """A ball around the value of a scalar expression, relative radius below 10^-digits where that can be had.

    The radius stays larger when an argument is a ball itself, or where a sign or a step is undecided at 16384
    bits. A ball that contains 0 has a radius below 10^-digits. Raises DegenerateError where a divisor cannot be
    told from zero or a call leaves its domain, SymnetError for a name without a value.
    """
    return _enclose_equations(Derivation((Equation("", rhs=expression),)), values, digits, None)[""]


def enclose_derivation(
    derivation: Derivation,
    point: Mapping[str, Real],
    digits: int = 30,
    functions: Functions | None = None,
) -> dict[str, arb]:
    """Balls around the values of all equations at a point, as `enclose` finds them.

    functions: stand-ins for abstract activations, f: (order, u) -> the order-th derivative of f at u.
    Raises DegenerateError (naming the divisor and the point) and SymnetError as `enclose` does, and SymnetError
    when the point names something that is no input or parameter.
    """
    check_point(derivation, point)
    return _enclose_equations(derivation, point, digits, functions)


def _enclose_equations(
    derivation: Derivation, point: Mapping[str, Real], digits: int, functions: Functions | None
) -> dict[str, arb]:
    def compute() -> dict[str, arb]:
        return fold_equations(derivation, {name: _to_ball(v) for name, v in point.items()}, Balls(functions))

    return _refine(derivation, point, digits, compute)


def _refine(
    derivation: Derivation,
    point: Mapping[str, Real],
    digits: int,
    compute: Callable[[], dict[str, arb]],
) -> dict[str, arb]:
    """Repeat with more precision until all results are accurate or the precision is enough for anyone.

    The second attempt adds what the first lacked; after that, and where a zero is undecided, precision doubles.
    """
    bits = bits_of(digits) + _GUARD_BITS
    wide = any(isinstance(v, arb) and not v.is_exact() for v in point.values())
    last = bits if wide else max(_MAX_BITS, 4 * bits)  # more precision does not narrow an argument
    first = True
    while True:
        lacking = bits
        try:
            with ctx.workprec(bits):
                results = compute()
                if bits >= last or all(is_accurate(ball, digits) for ball in results.values()):
                    return results
                if first:
                    lacking = _GUARD_BITS + max(_lacking_bits(ball, digits) for ball in results.values())
        except Undefined as error:
            if bits >= last or error.certain:
                raise degenerate(derivation, point, error) from None
        bits, first = min(bits + lacking, last), False


def _lacking_bits(ball: arb, digits: int) -> int:
    """How many bits more an accurate ball has; all of them where nothing is known yet."""
    if ball.contains(0):
        ball = arb(1, ball.rad())
    return bits_of(digits) - (int(ball.rel_accuracy_bits()) if ball.is_finite() else 0)


def is_accurate(ball: arb, digits: int) -> bool:
    """Whether the ball has `digits` correct significant digits, or decimal places where it may be zero."""
    if ball.contains(0):
        return bool(ball.rad() <= arb(10) ** -digits)
    return bool(ball.rel_accuracy_bits() >= bits_of(digits))


def _to_ball(value: Real) -> arb:
    """A little more accurate than the result has to be: a value that was computed before need not be again."""
    if isinstance(value, arb):
        return value
    if isinstance(value, int | Fraction | Rational):
        return arb(fmpq(int(value.numerator), int(value.denominator)))
    real = value if hasattr(value, "ball") else Number(value)
    return real.ball(ceil((ctx.prec - _GUARD_BITS + _ARGUMENT_BITS) * log10(2)))


# Derivatives by power series


class _Jets(Arithmetic[Any]):
    """Power series in t up to the order that `ctx.cap` sets."""

    def __init__(self, functions: Functions | None) -> None:
        self.functions = functions or {}

    def number(self, value: Rational) -> Any:
        return arb_series([arb(value.p) / value.q])

    def invert(self, value: Any) -> Any:
        if value[0].contains(0):
            raise ZeroDivisionError if value[0].is_zero() else UndecidedZero
        return value**-1

    def apply(self, node: Call, args: Sequence[Any]) -> Any:
        operation, u = node.operation, args[0]
        if operation.abstract:
            f = _stand_in(self.functions, node)
            result = arb_series([])
            for k in reversed(range(ctx.cap)):  # Taylor's formula, by Horner's scheme
                result = result * (u - u[0]) + f(node.order + k, u[0]) / factorial(k)
            return result
        if node.function == "sign":
            if u[0].contains(0):
                raise Undefined(node, "kink", certain=u[0].is_zero())
            return arb_series([operation.ball(u[0])])
        if operation.definition is not None:
            return fold_definition(node, args, self)
        value = operation.ball(*args)
        if not all(c.is_finite() for c in value.coeffs()):
            raise Undefined(node, "domain", certain=False)
        return value


def _jets(
    derivation: Derivation,
    of: str,
    point: Mapping[str, Real],
    direction: Mapping[str, Real],
    order: int,
    digits: int,
    functions: Functions | None,
) -> arb:
    """The coefficient of t^order in the equation `of` at point + t direction."""
    needed = derivation.needed_for(derivation[of].name)

    def compute() -> dict[str, arb]:
        series = {
            name: arb_series([_to_ball(value), _to_ball(direction.get(name, 0))]) for name, value in point.items()
        }
        return {of: fold_equations(needed, series, _Jets(functions))[of][order]}

    with _series_length(order + 1):
        return _refine(derivation, point, digits, compute)[of]


@contextmanager
def _series_length(length: int) -> Iterator[None]:
    before, ctx.cap = ctx.cap, length
    try:
        yield
    finally:
        ctx.cap = before


def directional_derivative(
    derivation: Derivation,
    of: str,
    point: Mapping[str, Real],
    direction: Mapping[str, Real],
    digits: int = 30,
    functions: Functions | None = None,
) -> arb:
    """The derivative of the equation `of` along a direction {parameter: component}, by forward mode.

    Raises DegenerateError as `enclose_derivation` does, and at the kink of a piecewise function.
    """
    check_point(derivation, point)
    check_point(derivation, direction)
    return _jets(derivation, of, point, direction, 1, digits, functions)


def enclose_difference_quotient(
    derivation: Derivation,
    of: str,
    wrt: str,
    point: Mapping[str, Exact],
    step: Exact,
    digits: int = 30,
    functions: Functions | None = None,
) -> arb:
    """A ball around the partial derivative, from two values of the function and a bound on its third derivative:

    f'(p) = (f(p + h) - f(p - h))/(2 h) - h^2 f'''(q)/6 for some q in [p - h, p + h]

    (Taylor's theorem and the intermediate value theorem), f'''/6 enclosed by power series over that interval. The
    radius is about h^2, the step h not 0. Raises DegenerateError when the interval meets a kink or a zero divisor.
    """
    check_point(derivation, point)
    if wrt not in point:
        raise SymnetError(f"no value is given for {wrt}")
    needed = derivation.needed_for(derivation[of].name)
    h, p = Number(step), Number(point[wrt])
    lost = max(0, ceil(-log10(abs(float(h.ball(15))))))  # digits that the difference cancels
    both = [_enclose_equations(needed, {**point, wrt: end}, digits + lost, functions)[of] for end in (p + h, p - h)]
    with ctx.workprec(bits_of(digits) + _GUARD_BITS):
        interval = _to_ball(p + h).union(_to_ball(p - h))
        third = _jets(derivation, of, {**point, wrt: interval}, {wrt: 1}, 3, digits, functions)
    with ctx.workprec(bits_of(digits + lost) + _GUARD_BITS):
        width = _to_ball(h)
        return (both[0] - both[1]) / (2 * width) - width**2 * third

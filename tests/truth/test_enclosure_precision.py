"""With how many bits balls are computed, and where that ends."""

from fractions import Fraction
from typing import Any

import pytest
from flint import arb, ctx
from sympy import Expr, Rational, Symbol

from symnet.errors import DegenerateError, SymnetError
from symnet.operations import call, sqrt
from symnet.truth.enclosure import (
    directional_derivative,
    enclose,
    enclose_derivation,
    enclose_difference_quotient,
    is_accurate,
)
from symnet.truth.numbers import Number, bits_of
from tests.truth.test_enclosure import STEP, X, Y, of_x_and_y

EXP_X = call("f", X)  # the exponential function, which notes its precision


def attempts(*rhs: Expr, digits: int = 30, **point: Any) -> tuple[arb | None, list[int]]:
    """The value of the last expression, None where there is none, and the bits of every attempt."""
    seen: list[int] = []

    def exponential(order: int, u: arb) -> arb:
        seen.append(ctx.prec)
        return u.exp()

    try:
        value = enclose_derivation(of_x_and_y(*rhs), {"x": 1, "y": 0, **point}, digits, {"f": exponential})["s"]
    except DegenerateError:
        value = None
    return value, list(dict.fromkeys(seen))


@pytest.mark.parametrize("size", [0, -60])
@pytest.mark.parametrize("lost", [83, 144, 500])
def test_the_second_attempt_has_what_the_first_lacked(lost: int, size: int) -> None:
    quotient = (call("f", 1 + X) - call("f", 1 + Y)) / X * Rational(2) ** size
    value, (first, second) = attempts(X, quotient, x=Fraction(1, 2**lost))
    assert value is not None
    assert is_accurate(value, 30)
    enough = bits_of(30) + lost
    assert first < enough <= second <= enough + 70


def test_a_zero_is_not_computed_to_more_bits_than_it_needs() -> None:
    value, (first, second) = attempts((EXP_X - call("f", Y)) * 10**40, y=1)
    assert value is not None
    assert value.contains(0)
    assert is_accurate(value, 30)
    assert second - first < first


def test_where_nothing_is_known_the_bits_are_doubled() -> None:
    seen: list[int] = []

    def logarithm(order: int, u: arb) -> arb:
        """Of e^u - 1, which is not finite where that may be 0."""
        seen.append(ctx.prec)
        return (u.exp() - 1).log()

    value = enclose_derivation(of_x_and_y(EXP_X), {"x": Fraction(1, 2**200), "y": 0}, 30, {"f": logarithm})["s"]
    assert is_accurate(value, 30)
    assert seen == [seen[0], 2 * seen[0]]


@pytest.mark.parametrize("digits", [30, 2000])
def test_an_undecided_step_ends_at_last(digits: int) -> None:
    value, bits = attempts(call("step", EXP_X - call("exp", Y)), digits=digits, y=1)
    assert value is not None
    assert value.contains(0)
    assert value.contains(1)
    assert bits[-1] == max(1 << 14, 4 * bits[0])
    assert len(bits) < 9


@pytest.mark.parametrize(
    ("rhs", "times"),
    [(1 / (X - 1), 1), (call("log", X - 2), 1), (call("log", EXP_X - call("exp", X)), 8)],
)
def test_what_is_undefined_for_certain_is_not_tried_again(rhs: Expr, times: int) -> None:
    value, bits = attempts(EXP_X, rhs)
    assert value is None
    assert len(bits) == times


def test_a_wide_argument_gets_no_second_attempt() -> None:
    assert len(attempts(EXP_X, x=arb(1, 0.5))[1]) == 1
    value, bits = attempts((call("f", 1 + X) - call("f", 1 + Y)) / X, x=arb(2) ** -200)  # a ball, but an exact one
    assert value is not None
    assert is_accurate(value, 30)
    assert len(bits) == 2


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (Fraction(1, 3), Fraction(1, 3) - Fraction(1, 10**15)),
        (Rational(1, 3), Rational(1, 3) - Rational(1, 10**15)),
        (2**150 + 1, 2**150),
    ],
)
def test_a_rational_argument_has_all_bits(x: Any, y: Any) -> None:
    assert len(attempts(X - Y, call("f", X - Y), x=x, y=y)[1]) == 1


def test_an_argument_is_asked_for_a_little_more_than_the_result() -> None:
    asked: list[int] = []

    class Two:
        def ball(self, digits: int) -> arb:
            asked.append(digits)
            return Number(2).ball(digits)

    assert enclose(X**2, {"x": Two()}, 30).contains(4)
    assert len(asked) == 1
    assert 30 < asked[0] < 34


def test_accurate_is_up_to_the_last_digit() -> None:
    assert not is_accurate(arb(0, "0.1001"), 1)
    assert is_accurate(arb(0, "0.0999"), 1)
    balls = [arb(1, arb(2) ** -k) for k in range(bits_of(10) - 3, bits_of(10) + 3)]
    assert [is_accurate(ball, 10) for ball in balls] == [ball.rel_accuracy_bits() >= bits_of(10) for ball in balls]
    assert bits_of(10) in {ball.rel_accuracy_bits() for ball in balls}


THIRD = arb(1) / 3
UP_TO_ZERO = THIRD - THIRD.mid() - THIRD.rad()


@pytest.mark.parametrize("x", [UP_TO_ZERO, arb(-0.5, 0.5), arb(0), arb(0, 1)])
def test_a_root_is_that_of_what_the_argument_may_be(x: arb) -> None:
    assert enclose(sqrt(X), {"x": x}).contains(0)


# Power series


def test_every_coefficient_of_a_stand_in_is_right() -> None:
    def sine(order: int, u: arb) -> arb:
        return (u.sin, u.cos, lambda: -u.sin(), lambda: -u.cos())[order % 4]()

    u = arb(1) / 2
    derivation = of_x_and_y(EXP_X**2)
    slope = directional_derivative(derivation, "s", {"x": Fraction(1, 2), "y": 0}, {"x": 1}, functions={"f": sine})
    assert slope.overlaps(2 * u.sin() * u.cos())
    quotient = enclose_difference_quotient(
        derivation, "s", "x", {"x": Fraction(1, 2), "y": 0}, Fraction(1, 10), functions={"f": sine}
    )
    assert quotient.overlaps(2 * u.sin() * u.cos())
    assert quotient.rad() < 0.01
    with pytest.raises(SymnetError, match="f is abstract"):
        directional_derivative(derivation, "s", {"x": 1, "y": 0}, {"x": 1})


@pytest.mark.parametrize(
    ("rhs", "message"),
    [
        (1 / (X - Y), r"^x - y = 0 at x = 1, y = 1, and the equation s divides by it$"),
        (
            1 / (call("exp", X) - call("exp", Y)),
            r"^exp\(x\) - exp\(y\) cannot be told from 0 at x = 1, y = 1, and the equation s divides by it$",
        ),
        (call("log", X - Y), r"^log\(x - y\) is undefined at x = 1, y = 1 in the equation s$"),
    ],
)
def test_where_there_is_no_derivative(rhs: Expr, message: str) -> None:
    with pytest.raises(DegenerateError, match=message):
        directional_derivative(of_x_and_y(rhs), "s", {"x": 1, "y": 1}, {"x": 1})
    assert directional_derivative(of_x_and_y(1 / X), "s", {"x": 1, "y": 1}, {"x": 1}) == -1


def test_the_names_of_the_point_and_the_direction() -> None:
    derivation = of_x_and_y(X * Y)
    message = "^'z' is not a parameter or input"
    with pytest.raises(SymnetError, match=message):
        directional_derivative(derivation, "s", {"x": 1, "y": 1, "z": 1}, {"x": 1})
    with pytest.raises(SymnetError, match=message):
        directional_derivative(derivation, "s", {"x": 1, "y": 1}, {"z": 1})
    with pytest.raises(SymnetError, match=message):
        enclose_difference_quotient(derivation, "s", "x", {"x": 1, "y": 1, "z": 1}, STEP)


def test_the_interval_of_a_quotient_ends_at_the_step() -> None:
    pole = of_x_and_y(call("log", X - 1 + 2 * Symbol("y")))
    step = Fraction(1, 10**12)
    quotient = enclose_difference_quotient(pole, "s", "x", {"x": 1, "y": step}, step)
    assert quotient.contains(arb(10) ** 12 / 2)

"""Balls and power series: they contain the true values, and are an independent opinion on every derivative."""

from collections.abc import Mapping
from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.errors import DegenerateError, SymnetError
from symnet.expressions import rewrite
from symnet.operations import OPERATIONS, Call, call, sqrt
from symnet.truth.enclosure import (
    directional_derivative,
    enclose,
    enclose_derivation,
    enclose_difference_quotient,
    is_accurate,
)
from symnet.truth.numbers import Number
from tests.builders import M, normalized_chain

X, Y = Symbol("x"), Symbol("y")
STEP = Fraction(1, 10**8)
quick = settings(max_examples=25, deadline=None)
coordinates = st.fractions(min_value=-3, max_value=3, max_denominator=8)


def of_x_and_y(*rhs: Expr) -> Derivation:
    """s0, s1, … and the last one, s, each in terms of x, y and those before."""
    names = [*(f"s{k}" for k in range(len(rhs) - 1)), "s"]
    equations = (Equation(name, rhs=e) for name, e in zip(names, rhs, strict=True))
    return Derivation(tuple(equations), (), (Variable("x"), Variable("y")))


def concrete_chain(activation: str | None, depth: int) -> Derivation:
    """The normalized chain on three objects with a concrete activation (None: the identity), and its gradient."""

    def choose(node: Expr) -> Expr | None:
        if not (isinstance(node, Call) and node.operation.abstract):
            return None
        return call(activation, *node.args) if activation else node.args[0]

    chain = gradient(normalized_chain(depth).map(lambda rhs: rewrite(rhs, choose)), "L")
    return chain.instantiate({M: 3}, {"x": [1, 2, -1], "y": [3, 1, 2]})


def in_mpmath(derivation: Derivation, point: Mapping[str, Fraction]) -> dict[str, mpmath.mpf]:
    functions = {
        "sqrt": mpmath.sqrt,
        "tanh": mpmath.tanh,
        "sigmoid": lambda u: 1 / (1 + mpmath.exp(-u)),
    }
    values = {name: mpmath.mpf(q.numerator) / q.denominator for name, q in point.items()}

    def value(node: Expr) -> mpmath.mpf:
        if isinstance(node, Symbol):
            return values[node.name]
        if node.is_Rational:
            return mpmath.mpf(int(node.p)) / int(node.q)
        args = [value(child) for child in node.args]
        if isinstance(node, Call):
            return functions[node.function](*args)
        if node.is_Pow:
            return args[0] ** int(node.exp)
        return mpmath.fsum(args) if node.is_Add else mpmath.fprod(args)

    for equation in derivation:
        values[equation.name] = value(equation.rhs)
    return {equation.name: values[equation.name] for equation in derivation}


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("depth", [1, 3])
def test_a_normalized_network_agrees_with_mpmath(activation: str, depth: int) -> None:
    derivation = concrete_chain(activation, depth)
    point = {v.name: Fraction(k + 1, k + 2) for k, v in enumerate(derivation.parameters)}
    with mpmath.workdps(80):
        expected = in_mpmath(derivation, point)
        for name, ball in enclose_derivation(derivation, point, 60).items():
            distance = abs(mpmath.mpf(ball.mid()._mpf_) - expected[name])
            assert distance <= mpmath.mpf(ball.rad()._mpf_) + mpmath.mpf(10) ** -70
            assert ball.contains(0) or ball.rel_accuracy_bits() > 199
            assert distance < mpmath.mpf(10) ** -58


def test_every_operation_has_the_derivative_its_table_says() -> None:
    for name, operation in OPERATIONS.items():
        arguments = (X * Y + 1, Rational(1, 3))[: operation.arity]
        derivation = of_x_and_y(call(name, *arguments) ** 2 / (1 + X**2) + X * call(name, *arguments))
        sweep = gradient(derivation, "s")
        for x in (Fraction(3, 4), Fraction(-5, 2)):
            if name in ("log", "sqrt") and x < 0:
                continue
            point = {"x": x, "y": Fraction(7, 3)}
            value = enclose_derivation(sweep, point)["ds_dx"]
            assert directional_derivative(derivation, "s", point, {"x": 1}).overlaps(value), name
            quotient = enclose_difference_quotient(derivation, "s", "x", point, STEP)
            assert quotient.overlaps(value), name
            assert quotient.rad() < 1e-12, name


@quick
@given(coordinates, coordinates, coordinates, coordinates)
def test_a_directional_derivative_is_the_gradient_times_the_direction(
    x: Fraction, y: Fraction, dx: Fraction, dy: Fraction
) -> None:
    derivation = of_x_and_y(X * Y + 2, sqrt(Symbol("s0") ** 2 + 1), call("tanh", Symbol("s1") - X) * Y)
    point = {"x": x, "y": y}
    values = enclose_derivation(gradient(derivation, "s"), point)
    expected = values["ds_dx"] * Number(dx).ball() + values["ds_dy"] * Number(dy).ball()
    assert directional_derivative(derivation, "s", point, {"x": dx, "y": dy}).overlaps(expected)


def test_a_wrong_derivative_is_outside_the_difference_quotient() -> None:
    derivation = of_x_and_y(call("sigmoid", X * Y) * X)
    point = {"x": Fraction(1, 2), "y": Fraction(3, 2)}
    right = enclose_derivation(gradient(derivation, "s"), point)["ds_dx"]
    quotient = enclose_difference_quotient(derivation, "s", "x", point, STEP)
    assert quotient.contains(right.mid())
    assert not quotient.overlaps(right + arb(10) ** -12)


def test_a_small_step_costs_no_digits() -> None:
    derivation = of_x_and_y(call("exp", X * Y))
    quotient = enclose_difference_quotient(derivation, "s", "x", {"x": 1, "y": 2}, Fraction(1, 10**40), 30)
    assert quotient.overlaps(2 * arb(2).exp())
    assert quotient.rad() < 1e-28


def test_the_gradient_of_a_normalized_network_is_in_every_difference_quotient() -> None:
    derivation = concrete_chain("sigmoid", 2)
    point = {v.name: Fraction(k + 2, 3) for k, v in enumerate(derivation.parameters)}
    values = enclose_derivation(derivation, point)
    for name in point:
        quotient = enclose_difference_quotient(derivation, "L", name, point, STEP)
        assert quotient.overlaps(values[f"dL_d{name}"])
        assert quotient.rad() < 1e-10


def test_stand_ins_for_abstract_functions() -> None:
    def sine(order: int, u: arb) -> arb:
        return (u.sin, u.cos, lambda: -u.sin(), lambda: -u.cos())[order % 4]()

    derivation = of_x_and_y(call("f", X * Y) * X + call("f", Y, order=1))
    point = {"x": Fraction(1, 2), "y": Number(2).sqrt()}
    sweep = enclose_derivation(gradient(derivation, "s"), point, functions={"f": sine})
    series = directional_derivative(derivation, "s", point, {"y": 1}, functions={"f": sine})
    assert series.overlaps(sweep["ds_dy"])
    x, y = arb(1) / 2, arb(2).sqrt()
    assert series.overlaps((x * y).cos() * x * x - y.sin())
    quotient = enclose_difference_quotient(derivation, "s", "y", point, Fraction(1, 100), functions={"f": sine})
    assert quotient.overlaps(series)
    assert quotient.rad() < 1e-5
    with pytest.raises(SymnetError, match="f is abstract"):
        enclose_derivation(derivation, point)


def test_cancellation_is_answered_with_precision() -> None:
    value = enclose((call("exp", X) - 1) / X, {"x": Fraction(1, 10**500)}, 30)
    assert value.rel_accuracy_bits() >= 100
    assert abs(value - 1) < 1e-29


def test_a_zero_that_balls_cannot_show_has_a_small_radius() -> None:
    value = enclose(call("exp", X) - call("exp", Y), {"x": 1, "y": 1}, 30)
    assert value.contains(0)
    assert value.rad() <= arb(10) ** -30
    root = enclose(sqrt(call("exp", X) - call("exp", Y)), {"x": 1, "y": 1}, 30)
    assert root.contains(0)
    assert root.rad() <= arb(10) ** -30


def test_a_ball_given_as_argument_stays_a_ball() -> None:
    value = enclose(X**2, {"x": arb(1, 0.5)}, 30)
    assert value.contains(arb(9) / 4)
    assert value.contains(arb(1) / 4)


def test_a_graph_costs_its_nodes_not_its_paths() -> None:
    x: Expr = X
    for _ in range(60):
        x = call("tanh", x + x**2)
    assert enclose(x, {"x": Fraction(1, 2)}, 10).rel_accuracy_bits() > 33


@pytest.mark.parametrize(
    ("expressions", "point", "message"),
    [
        ((X - Y, 1 / Symbol("s0")), {"x": 2, "y": 2}, "s0 = 0 at x = 2, y = 2, and the equation s divides by it"),
        (
            (sqrt(X**2 - Y**2), 1 / Symbol("s0")),
            {"x": 2, "y": 2},
            "s0 = 0 at x = 2, y = 2, and the equation s divides by it",
        ),
        ((X / (X - Y),), {"x": 2, "y": 2}, r"x - y = 0 at x = 2, y = 2, and the equation s divides by it"),
        (
            (call("exp", X) - call("exp", Y), 1 / Symbol("s0")),
            {"x": 2, "y": 2},
            r"s0 cannot be told from 0 at x = 2, y = 2, and the equation s divides by it",
        ),
        ((call("log", X - 1),), {"x": 0, "y": 2}, r"log\(x - 1\) is undefined at x = 0 in the equation s"),
        ((sqrt(X),), {"x": -2, "y": 2}, r"sqrt\(x\) is undefined at x = -2 in the equation s"),
    ],
)
def test_where_there_is_no_value(expressions: tuple[Expr, ...], point: dict[str, int], message: str) -> None:
    with pytest.raises(DegenerateError, match=f"^{message}$"):
        enclose_derivation(of_x_and_y(*expressions), point)


def test_a_kink_has_no_derivative() -> None:
    derivation = of_x_and_y(call("relu", X - Y))
    with pytest.raises(DegenerateError, match=r"relu\(x - y\) has a kink at x = 1, y = 1 in the equation s"):
        directional_derivative(derivation, "s", {"x": 1, "y": 1}, {"x": 1})
    with pytest.raises(DegenerateError, match="has a kink"):
        enclose_difference_quotient(derivation, "s", "x", {"x": Fraction(11, 10), "y": 1}, Fraction(1, 5))


def test_misuse() -> None:
    derivation = of_x_and_y(X * Y)
    with pytest.raises(SymnetError, match="no value is given for y"):
        enclose_derivation(derivation, {"x": 1})
    with pytest.raises(SymnetError, match="'z' is not a parameter or input"):
        enclose_derivation(derivation, {"x": 1, "y": 1, "z": 1})
    with pytest.raises(SymnetError, match="no value is given for y"):
        enclose_difference_quotient(derivation, "s", "y", {"x": 1}, STEP)
    with pytest.raises(SymnetError, match="instantiate the derivation"):
        enclose_derivation(normalized_chain(1), {"w1": 1, "v1": 1, "a": 1, "b": 1})


def test_a_zero_variance_is_a_zero_deviation() -> None:
    message = "^S1 = 0 at w1 = 0, v1 = 0: all objects give the same input, so the normalized value is undefined$"
    with pytest.raises(DegenerateError, match=message):
        enclose_derivation(concrete_chain(None, 1), {"w1": 0, "v1": 0, "a": 1, "b": 1})


def test_what_is_undefined_at_no_point_is_said_without_one() -> None:
    with pytest.raises(DegenerateError, match=r"^sqrt\(-1\) is undefined$"):
        enclose(sqrt(Integer(-1)), {})


def test_accuracy_is_relative_away_from_zero() -> None:
    assert is_accurate(arb(1, "1e-20"), 10)
    assert is_accurate(arb(1, "1e-20") * arb("1e-40"), 10)
    assert not is_accurate(arb(1, "1e-5") * arb("1e-40"), 10)
    assert is_accurate(arb(0, "1e-20"), 10)
    assert not is_accurate(arb(0, "1e-5"), 10)


def test_the_length_of_power_series_is_put_back() -> None:
    before = ctx.cap
    square = Derivation((Equation("s", rhs=Symbol("x") ** 2),), (), (Variable("x"),))
    assert directional_derivative(square, "s", {"x": 3}, {"x": 1}) == 6
    assert ctx.cap == before

"""Values at exact points: exact while that is possible, rigorous decimals otherwise, opaque where f is."""

from collections.abc import Mapping
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.errors import DegenerateError, SymnetError
from symnet.operations import call, sqrt
from symnet.truth import evaluate as module
from symnet.truth.enclosure import enclose, enclose_derivation
from symnet.truth.evaluate import Value, evaluate
from symnet.truth.numbers import Number
from tests.builders import dropout_network, lecture_network, normalized_chain
from tests.truth.test_enclosure import concrete_chain, in_mpmath

X, Y, F1 = Symbol("x"), Symbol("y"), call("f", 1)
coordinates = st.fractions(min_value=-3, max_value=3, max_denominator=5)


def value_of(rhs: Expr, digits: int = 30, **point: object) -> Value:
    derivation = Derivation((Equation("s", rhs=rhs),), (), tuple(map(Variable, point)))
    return evaluate(derivation, point, digits=digits)["s"]  # type: ignore[arg-type]


def batch_norm() -> Derivation:
    """Normalization of three objects, scaled and shifted, with a loss: written by hand, as on the slide."""
    z1, z2, z3, c, s, a, b = map(Symbol, ("z1", "z2", "z3", "C", "S", "a", "b"))
    variance = ((z1 - c) ** 2 + (z2 - c) ** 2 + (z3 - c) ** 2) / 3
    rows = [
        ("z1", Symbol("w") + Symbol("v")),
        ("z2", 2 * Symbol("w") + Symbol("v") ** 2),
        ("z3", -Symbol("w")),
        ("C", (z1 + z2 + z3) / 3),
        ("S", sqrt(variance + Symbol("eps"))),
        *((f"F{k}", a * (z - c) / s + b) for k, z in enumerate((z1, z2, z3), 1)),
        ("L", (Symbol("F1") - 1) ** 2 + 2 * (Symbol("F2") + 1) ** 2 + Symbol("F3") ** 2),
    ]
    return Derivation(tuple(Equation(name, rhs=e) for name, e in rows), (), tuple(map(Variable, PARAMETERS)))


PARAMETERS = ("w", "v", "a", "b", "eps")


@settings(max_examples=20, deadline=None)
@given(st.tuples(*[coordinates] * 4), st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(2)]))
def test_batch_norm_and_its_gradient_agree_with_mpmath(where: tuple[Fraction, ...], eps: Fraction) -> None:
    point = dict(zip(PARAMETERS, (*where, eps), strict=True))
    derivation = gradient(batch_norm(), "L")
    w, v = where[:2]
    if eps == 0 and w + v == 2 * w + v**2 == -w:
        with pytest.raises(DegenerateError, match=r"^S = 0 at w = "):
            evaluate(derivation, point)
        return
    with mpmath.workdps(90):
        expected = in_mpmath(derivation, point)
        for name, value in evaluate(derivation, point).items():
            assert value.exact is not None
            assert distance(value, expected[name]) < mpmath.mpf(10) ** -60 * max(1, abs(expected[name]))


def distance(value: Value, expected: mpmath.mpf) -> mpmath.mpf:
    return abs(mpmath.mpf(value.ball(70).mid()._mpf_) - expected)


@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
def test_three_nested_normalizations_have_thirty_correct_digits(activation: str | None) -> None:
    derivation = concrete_chain(activation, 3)
    point = {v.name: Fraction(k + 1, k + 2) for k, v in enumerate(derivation.parameters)}
    balls = enclose_derivation(derivation, point, 60)
    for name, value in evaluate(derivation, point).items():
        assert (value.exact is None) == (activation == "tanh" and not name.startswith(("L_", "dL_da_")))
        if value.radius is None:
            assert value.exact is not None
            assert value.exact.ball(40).overlaps(balls[name])
            continue
        bound = mpmath.mpf(value.radius)
        with mpmath.workdps(80):
            assert abs(mpmath.mpf(value.text) - mpmath.mpf(balls[name].mid()._mpf_)) <= bound
            assert bound <= mpmath.mpf(10) ** -30 * max(1, abs(mpmath.mpf(value.text)))


def test_the_lecture_dropout_gradient_at_zero() -> None:
    network = dropout_network()
    derivation = network.fill(gradient(network.derivation, "L"))
    values = evaluate(derivation, dict.fromkeys(network.parameters, 0), ["L", "dL_dw1", "dL_dw01"])
    assert {name: value.text for name, value in values.items()} == {"L": "14", "dL_dw1": "-20", "dL_dw01": "-12"}


def test_two_objects_normalize_to_signs_whatever_f_is() -> None:
    network = lecture_network()
    derivation = network.fill(gradient(network.derivation, "L"))
    names = ["xhat_1", "dL_dw1", "dL_dw03"]
    values = evaluate(derivation, {**dict.fromkeys(network.parameters, 1), "w2": 2, "w03": 3}, names)
    assert values["dL_dw1"].exact == 0
    assert values["dL_dw03"].text == "12"
    assert values["xhat_1"].expression == -call("sign", call("f", 3) + call("f", 2) - call("f", 0) - call("f", -1))


def test_a_constant_batch_is_refused_also_with_f() -> None:
    network = lecture_network()
    message = (
        "^S = 0 at w1 = 0, w01 = 0, w2 = 0, w02 = 0, w3 = 1, w4 = 1: "
        "all objects give the same input, so the normalized value is undefined$"
    )
    point = {**dict.fromkeys(network.parameters, 0), "w3": 1, "w4": 1}
    with pytest.raises(DegenerateError, match=message):
        evaluate(network.fill(network.derivation), point)
    with pytest.raises(DegenerateError, match=r"^S1 = 0 at w1 = 0, v1 = 1: all objects give the same input"):
        evaluate(concrete_chain("tanh", 1), {"w1": 0, "v1": 1, "a": 1, "b": 1})


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (X / 5, "6/5"),
        (sqrt(X) ** 3, "6*sqrt(6)"),
        (call("relu", sqrt(X) - 3), "0"),
        (call("relu", sqrt(X) - 2), "-2 + sqrt(6)"),
        (call("leaky_relu", -sqrt(X), Rational(1, 10)), "-sqrt(6)/10"),
        (call("abs", 2 - sqrt(X)), "-2 + sqrt(6)"),
        (call("max", sqrt(X), Rational(5, 2)), "5/2"),
        (call("step", X - 6) + call("sign", 6 - X), "0"),
        (call("sign", sqrt(X) - 2) + call("step", sqrt(X)), "2"),
        (call("exp", X - 6) + call("tanh", X - 6) + call("sigmoid", X - 6), "3/2"),
        (call("tanh", X) * (X - 6), "0"),
    ],
)
def test_exact_values(expression: Expr, text: str) -> None:
    value = value_of(expression, x=6)
    assert (value.text, value.radius) == (text, None)
    assert value.exact is not None
    assert value.ball().overlaps(enclose(expression, {"x": 6}))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (2 * call("f", X) * call("f", X, order=1) - 3, "2*f(1)*fprime(1) - 3"),
        (call("f", X) - call("f", 2 - X), "0"),
        (call("f", sqrt(X + 1)) / 2, "f(sqrt(2))/2"),
        ((call("f", X) ** 2 - 1) / (call("f", X) - 1), "f(1) + 1"),
        (call("f", X + Rational(1, 2), order=2), "fprimeprime(3/2)"),
        (sqrt(X + 1) ** 2 * call("f", 0) * 0 + X, "1"),
    ],
)
def test_values_of_an_abstract_activation_stay(expression: Expr, text: str) -> None:
    assert value_of(expression, x=1).text == text


def test_long_values_become_decimals_with_a_bound() -> None:
    long = value_of(X**200, x=Fraction(2, 3))
    assert long.exact == Number(Fraction(2, 3)) ** 200
    deep = value_of(sqrt(2 + sqrt(2 + sqrt(X))), x=2)
    assert deep.exact is not None
    assert deep.exact.nesting == 3
    for value in (long, deep, value_of(call("exp", X), x=-100), value_of(call("exp", X), digits=50, x=1)):
        assert value.radius is not None
        with mpmath.workdps(120):
            error = abs(mpmath.mpf(value.text) - mpmath.mpf(value.ball(100).mid()._mpf_))
            assert error <= mpmath.mpf(value.radius) < abs(mpmath.mpf(value.text)) * mpmath.mpf(10) ** -29
        assert sum(c.isdigit() for c in value.text.split("E")[0].lstrip("-0.")) >= 30


def test_a_zero_only_balls_can_see_is_written_as_one() -> None:
    value = value_of(call("tanh", X) - call("tanh", Y), x=1, y=1)
    assert value.text == "0." + "0" * 30
    assert value.radius is not None
    assert 0 < mpmath.mpf(value.radius) < 1e-30
    assert value.exact is None


def test_a_radius_is_rounded_up() -> None:
    value = value_of(2 + call("sign", call("tanh", X) - call("tanh", Y)) / 3, x=1, y=1)
    assert value.text.startswith("2.00")
    assert value.radius == "3.4e-1"


@settings(max_examples=20, deadline=None)
@given(coordinates, coordinates)
def test_values_compute_like_numbers(x: Fraction, y: Fraction) -> None:
    exact = (Value.of(x) - y) * Value.of(Number(2).sqrt()) + x
    assert exact.exact == (x - y) * Number(2).sqrt() + x
    tanh = value_of(call("tanh", X), x=x)
    rest = (tanh + y) * 3 - tanh - tanh - tanh
    assert rest.ball(60).overlaps(Number(3 * y).ball(60))
    assert rest.ball(60).rad() < 1e-59
    opaque = value_of(call("f", X), x=x)
    assert (opaque * 2 - opaque - opaque + y).exact == y
    if y:
        assert (opaque / y * y - opaque).exact == 0


def test_a_long_chain_of_values_keeps_its_digits() -> None:
    value = value_of(call("tanh", X), x=1)
    with mpmath.workdps(200):
        expected = mpmath.tanh(1)
        for _ in range(120):  # every step loses a bit or more
            value = value * (Value.of(1) - value) * 4
            expected = 4 * expected * (1 - expected)
        assert value.radius is not None
        assert abs(mpmath.mpf(value.text) - expected) < mpmath.mpf(value.radius) < 1e-29


def test_ten_thousand_rational_operations() -> None:
    parameters = [Variable(f"x{k}") for k in range(50)]
    names = [v.reference for v in parameters]
    equations = []
    for k in range(1250):
        a, b, c = (names[(7 * k * j + j * j) % 50] for j in (1, 2, 3))
        equations.append(Equation(f"s{k}", rhs=(a * b - c) / (1 + b**2) + Rational(1, 3) * a * c - Rational(k, 7)))
    point: Mapping[str, Fraction] = {v.name: Fraction(k - 20, k + 1) for k, v in enumerate(parameters)}
    derivation = Derivation(tuple(equations), (), tuple(parameters))
    values = evaluate(derivation, point)
    x = [Fraction(k - 20, k + 1) for k in range(50)]
    a, b, c = (x[(7 * 3 * j + j * j) % 50] for j in (1, 2, 3))
    assert values["s3"].exact == (a * b - c) / (1 + b**2) + a * c / 3 - Fraction(3, 7)


def test_errors() -> None:
    derivation = Derivation((Equation("s", rhs=X * Y),), (), (Variable("x"), Variable("y")))
    with pytest.raises(SymnetError, match="no value is given for y"):
        evaluate(derivation, {"x": 1})
    with pytest.raises(SymnetError, match="'z' is not a parameter or input"):
        evaluate(derivation, {"x": 1, "y": 1, "z": 1})
    with pytest.raises(SymnetError, match="no equation for 'q'"):
        evaluate(derivation, {"x": 1, "y": 1}, ["q"])
    with pytest.raises(TypeError, match=r"0\.5 is not an exact number"):
        evaluate(derivation, {"x": 0.5, "y": 1})  # type: ignore[dict-item]
    with pytest.raises(SymnetError, match="instantiate the derivation"):
        evaluate(normalized_chain(1), dict.fromkeys(("w1", "v1", "a", "b"), 1))
    with pytest.raises(DegenerateError, match=r"^sqrt\(x\) is undefined at x = -2 in the equation s$"):
        value_of(sqrt(X), x=-2)
    with pytest.raises(DegenerateError, match=r"^log\(x\) is undefined at x = 0 in the equation s$"):
        value_of(call("log", X) * (X + Y), x=0, y=0)
    with pytest.raises(SymnetError, match=r"^f\(1\) has no decimals"):
        value_of(call("f", X), x=1).ball()
    with pytest.raises(SymnetError, match=r"^x = 0\.7615.* is not exact"):
        value_of(call("f", X), x=value_of(call("tanh", X), x=1))


def test_zero_times_a_quotient_that_may_be_undefined_is_not_zero():
    x, y, u, b = (Symbol(name) for name in "xyub")
    difference = Equation("D", rhs=call("softplus", x) - call("softplus", y))
    quotient = Equation("o", rhs=b + u / Symbol("D"))
    derivation = Derivation((difference, quotient), (), tuple(Variable(name) for name in "xyub"))
    assert evaluate(derivation, {"x": 1, "y": 2, "u": 0, "b": 1})["o"].text.startswith("1.0")
    with pytest.raises(DegenerateError, match="D cannot be told from 0"):
        evaluate(derivation, {"x": 0, "y": 0, "u": 0, "b": 1})


def test_a_value_that_serves_no_reader_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    value = call("f", X) + call("f", 2 * X) + call("f", 3 * X)
    monkeypatch.setattr(module, "_LONG_EXPRESSION", 3)
    assert value_of(value, x=1).text == "f(1) + f(2) + f(3)"
    monkeypatch.setattr(module, "_LONG_EXPRESSION", 2)
    message = "^a value in terms of the abstract activation has 3 parts, too many$"
    with pytest.raises(SymnetError, match=message):
        value_of(value, x=1)


def test_what_is_short_for_a_reader() -> None:
    assert value_of(X, x=10**59).text == "1" + "0" * 59
    assert value_of(X, x=10**60).radius is not None
    assert value_of(sqrt(2 + sqrt(X)), x=2).text == "sqrt(2 + sqrt(2))"


@pytest.mark.parametrize("rhs", [X, call("exp", X), call("f", X), call("exp", X) + call("f", X - 1) - call("f", 0)])
def test_values_remember_how_many_digits_are_wanted(rhs: Expr) -> None:
    value = value_of(rhs, digits=50, x=1)
    assert value.digits == 50
    assert (value + 1).digits == 50
    decimal = value_of(call("exp", X), x=1, digits=50) - value_of(X, x=1, digits=50)
    assert len(decimal.text) > 50
    assert len(value_of(call("exp", X), digits=1, x=1).text) < 9


def test_a_value_without_a_name_has_decimals_and_an_expression() -> None:
    value = value_of(call("exp", X) + call("f", X - 1) - call("f", 0), x=1)
    assert (value.expression, value.exact) == (call("exp", 1), None)
    assert value.text.startswith("2.71828182845904523536028747135266")
    assert value.ball(60).overlaps(enclose(call("exp", X), {"x": 1}, 60))


def test_equal_decimals_are_equal_values() -> None:
    one, other = (value_of(call("exp", X), x=1) for _ in range(2))
    assert one == other
    assert "closure" not in repr(one)


def test_what_has_no_rational_value_is_said_in_full() -> None:
    derivation = Derivation((Equation("s", rhs=X),), (), (Variable("x"),))
    root, decimal = value_of(sqrt(X), x=2), value_of(call("exp", X), x=1)
    fields: tuple[tuple[object, str], ...] = ((7, "modulo 7"), ("rational", "in the rational numbers"))
    for field, where in fields:
        for value in (root, decimal):
            with pytest.raises(SymnetError) as caught:
                evaluate(derivation, {"x": value}, field=field)  # type: ignore[call-overload]
            assert str(caught.value) == f"x = {value} is not rational, so it has no value {where}"


def test_exact_values_stay_exact_beside_decimals() -> None:
    zero = Equation("r", rhs=(sqrt(Y) - 1) * (sqrt(Y) + 1) - 1)  # no ball can tell the side of the step
    beside = Equation("s", rhs=call("exp", X) + call("step", Symbol("r")))
    values = evaluate(Derivation((zero, beside), (), (Variable("x"), Variable("y"))), {"x": 1, "y": 2})
    assert values["r"].exact == 0
    assert values["s"].text.startswith("2.7182818284590452353602874713526")


def test_digits_are_not_computed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = module.enclose_derivation
    monkeypatch.setattr(module, "enclose_derivation", lambda *given: calls.append(given) or original(*given))
    undecided = value_of(call("step", call("tanh", X) - call("tanh", Y)), x=1, y=1)
    assert undecided.ball(30).contains(1)
    assert len(calls) == 1
    value = value_of(call("tanh", X), x=1)
    for digits in range(30, 200):
        assert value.ball(digits).rel_accuracy_bits() > 3 * digits
    assert len(calls) <= 1 + 4


def test_what_cannot_be_written_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    message = "the values in terms of the abstract activation cannot be written: "
    with pytest.raises(SymnetError, match=f"^{message}a sign decides whether a denominator vanishes$"):
        value_of(1 / (call("f", X) - call("abs", call("f", X))), x=1)
    monkeypatch.setattr(module, "_SECONDS", -1.0)
    with pytest.raises(SymnetError, match=f"^{message}the time limit has passed$"):
        value_of(call("f", X), x=1)


def test_exponentials_beside_an_abstract_activation() -> None:
    value = value_of(call("exp", X) * call("exp", X / 2) + call("f", X), x=1)
    assert value.text == "exp(1/2)**3 + f(1)"
    with pytest.raises(DegenerateError, match=r"^-f\(1\) \+ f\(x\) = 0 at x = 1, and the equation s divides by it$"):
        value_of(1 / (call("f", X) - call("f", 1)), x=1)
    with pytest.raises(DegenerateError, match=r"^log\(x\) is undefined at x = 0 in the equation s$"):
        value_of(call("log", X) + call("f", X), x=0)

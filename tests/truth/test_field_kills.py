"""Functions in the normal form: what properties give, where logarithms go, what each value depends on."""

import pytest
from sympy import Expr, Rational, S, symbols

from symnet.equations import size
from symnet.operations import call, sqrt
from symnet.truth.assumptions import has_property
from symnet.truth.enclosure import enclose
from symnet.truth.field import Field
from symnet.truth.prove import prove_equal

x, y, z = symbols("x y z")
m = size("m")


def same(left: Expr, right: Expr, *assumptions) -> bool:
    return prove_equal(left, right, None, assumptions).proved


def f(u: Expr, order: int = 0) -> Expr:
    return call("f", u, order=order)


def test_derivatives_of_functions_with_a_property() -> None:
    odd, even, linear, identity = (has_property("f", name) for name in ("odd", "even", "linear", "identity"))
    for order in range(5):
        sign = -1 if order % 2 == 0 else 1
        assert same(f(-x, order), sign * f(x, order), odd)
        assert same(f(-x, order), -sign * f(x, order), even)
        assert not same(f(-x, order), -sign * f(x, order), odd)
        assert same(f(S.Zero, order), S.Zero, odd) == (sign == -1)
        assert same(f(S.Zero, order), S.Zero, even) == (sign == 1)
        assert same(f(x, order), S.Zero, linear) == (order > 1)
        assert same(f(x, order), (x, S.One, S.Zero)[min(order, 2)], identity)
    assert same(f(x), f(y, 1) * x, linear)
    assert not same(f(x, 1), S.One, linear)


def test_exponentials_of_logarithms() -> None:
    log, exp = (lambda u: call("log", u)), (lambda u: call("exp", u))
    assert same(exp(log(x)), x)
    assert same(exp(-3 * log(x) / 2), 1 / (x * sqrt(x)))
    assert same(exp(log(x) + y), x * exp(y))
    for wrong in (exp(x * log(y)), exp(log(y) ** 2), exp(log(y) / x), exp(log(y) / 3)):
        assert not same(wrong, y)
        assert not same(wrong, sqrt(y))
        assert not same(wrong, y**2)


def test_logarithms_of_products() -> None:
    def log(u: Expr) -> Expr:
        return call("log", u)

    assert same(log(6 * x), log(S(2)) + log(S(3)) + log(x))
    assert same(log(x / 10), log(x) - log(S(2)) - log(S(5)))
    assert same(log(sqrt(x)), log(x) / 2)
    assert same(2 * log(call("abs", x)), log(x**2))
    assert same(log(call("exp", x) * y), x + log(y))
    assert not same(log(x + 1), log(x))
    assert not same(log(2 * x), log(x))


def test_cases_are_found_inside_of_functions() -> None:
    inside = call("abs", x)
    for u in (f(inside), f(1 / f(inside)), call("exp", inside), call("log", 1 + inside)):
        outcome = prove_equal(u, u.func(u.args[0].subs(call("abs", x), x)))
        assert [case.text for case in outcome.failing] == ["x < 0"]


def test_sizes_and_constants_have_signs() -> None:
    assert same(sqrt(m**2), m)
    assert not same(sqrt(x**2), x)
    half = Rational(1, 2)
    for u, sign in ((call("normal_cdf", S.One) - half, 1), (call("normal_cdf", -S.One) - half, -1)):
        assert same(call("sign", u), S(sign))
    assert same(call("sign", call("log", Rational(3, 2)) - half), -S.One)
    assert same(call("sign", call("exp", half) - Rational(3, 2)), S.One)


@pytest.mark.parametrize(
    "u",
    [
        call("log", 12 * x * (y - x) ** 3),
        call("log", x * call("abs", y - 2)),
        call("exp", x / 2 - 3 * y) * call("log", y),
        call("normal_cdf", x) * call("normal_pdf", y / x),
        call("exp", sqrt(x) + call("abs", x - y)),
        call("softplus", x - y) + call("sigmoid", -2 * x),
    ],
)
def test_the_form_has_the_value(u: Expr) -> None:
    point = {"x": Rational(7, 3), "y": Rational(11, 4)}
    written = Field().element(u).as_expr()
    assert enclose(u, point).overlaps(enclose(written, point))

"""Functions in the normal form: what properties give, where logarithms go, what each value depends on."""

from math import inf

import pytest
from sympy import Expr, Rational, S, pi, symbols

from symnet.equations import Derivation, Equation, size
from symnet.operations import call, sqrt
from symnet.truth.assumptions import Condition, has_property, negative, positive
from symnet.truth.enclosure import enclose
from symnet.truth.field import Field
from symnet.truth.prove import prove_equal
from symnet.truth.ring import OutOfTime, Undecidable, Undefined

x, y, z = symbols("x y z")
m = size("m")


def same(left: Expr, right: Expr, *assumptions) -> bool:
    return prove_equal(left, right, None, assumptions).proved


def f(u: Expr, order: int = 0) -> Expr:
    return call("f", u, order=order)


def exp(u: Expr) -> Expr:
    return call("exp", u)


def log(u: Expr) -> Expr:
    return call("log", u)


def form(u: Expr, *assumptions: Condition, **equations: Expr) -> str:
    rows = tuple(Equation(name, rhs=rhs) for name, rhs in equations.items())
    return str(Field(Derivation(rows), assumptions).element(u).as_expr())


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
    assert same(exp(log(x)), x)
    assert same(exp(-3 * log(x) / 2), 1 / (x * sqrt(x)))
    assert same(exp(log(x) + y), x * exp(y))
    for wrong in (exp(x * log(y)), exp(log(y) ** 2), exp(log(y) / x), exp(log(y) / 3)):
        assert not same(wrong, y)
        assert not same(wrong, sqrt(y))
        assert not same(wrong, y**2)


def test_logarithms_of_products() -> None:
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


@pytest.mark.parametrize(
    ("u", "text"),
    [
        (exp(x / y) * exp(z / y), "exp(x/y)*exp(z/y)"),
        (log(1 + exp(x)), "log(exp(x) + 1)"),
        (log(x**2 + 1), "log(x**2 + 1)"),
        (log(call("abs", x) * y), "log(abs(x)) + log(abs(y))"),
        (log(6 * m / (x - 1)), "log(2) + log(3) + log(m) - log(abs(x - 1))"),
        (call("sign", exp(2 * x) - exp(y)), "-sign(-2*x + y)"),
        (call("sign", exp(x) - 1), "sign(x)"),
        (call("sign", exp(x) - 2 * exp(y)), "-sign(-exp(x) + 2*exp(y))"),
        (call("sign", exp(1 / x) - 2), "sign(exp(1/x) - 2)"),  # no constant, like exp(1)
        (call("sign", call("normal_cdf", x) - x), "sign(-x + normal_cdf(x))"),
        (call("sign", call("normal_cdf", x) - 1 / S(3)), "sign(3*normal_cdf(x) - 1)"),
        (call("sign", f(S.One) - 2), "sign(f(1) - 2)"),
    ],
)
def test_functions_are_written_like_this(u: Expr, text: str) -> None:
    assert form(u) == text


def test_functions_with_a_property_are_written_like_this() -> None:
    odd, even, linear = (has_property("f", name) for name in ("odd", "even", "linear"))
    assert (form(f(x / 2), odd), form(f(-x / 2), odd)) == ("f(x/2)", "-f(x/2)")
    assert (form(f(x / 2), even), form(f(-x / 2), even), form(f(S.Zero), even)) == ("f(x/2)", "f(x/2)", "f(0)")
    assert (form(f(2 * x), linear), form(f(2 * x, 1), linear)) == ("2*x*f(1)", "f(1)")


def test_the_normal_distribution_is_symmetric() -> None:
    for u in (x / 2, x - y, 3 * x):
        assert form(call("normal_cdf", u) + call("normal_cdf", -u)) == "1"
        assert form(call("normal_pdf", u) - call("normal_pdf", -u)) == "0"
    assert form(call("normal_cdf", -x / 2)) == "1 - normal_cdf(x/2)"
    assert form(call("normal_pdf", -x / 2)) == "normal_pdf(x/2)"
    assert form(call("normal_pdf", x) - call("normal_cdf", x)) == "-normal_cdf(x) + normal_pdf(x)"


@pytest.mark.parametrize(
    ("u", "difference"),
    [
        (2 * exp(x) - 2 * exp(y), 2 * (x - y)),
        (exp(2 * x) - exp(y), 2 * x - y),
        (exp(x) - 1, x),
        (3 * exp(x) * exp(y) - 3 * exp(z) * exp(3 * y), 3 * (x - 2 * y - z)),
        (exp(x) + exp(y), None),
        (exp(x) - 2 * exp(y), None),
        (exp(x) - exp(y) + exp(z), None),
        (x * exp(x) - exp(y), None),
    ],
)
def test_exponentials_differ_like_their_arguments(u: Expr, difference: Expr | None) -> None:
    field = Field()
    found = field.exponent_difference(field.element(u).num)
    assert found is None if difference is None else found is not None and found.key == field.element(difference).key


def test_a_name_stands_for_the_root_that_it_is_and_for_nothing_else() -> None:
    q, r = symbols("q r")
    assert form(2 * q, q=sqrt(x)) == "2*q"
    assert form(2 * q + r, q=sqrt(x), r=q) == "3*q"
    assert form(q, q=2 * sqrt(x)) == "2*sqrt(x)"
    assert form(q, q=sqrt(x) / y) == "sqrt(x)/y"
    assert form(q, q=f(x)) == "f(x)"


def test_an_assumption_holds_for_what_earlier_ones_have_read() -> None:
    assert form(call("abs", x), positive(call("abs", x) + y), positive(x)) == "x"
    assert form(call("abs", x) + 1, positive(call("abs", x) * y + 1), negative(x)) == "1 - x"


def test_what_occurs_twice_is_read_once() -> None:
    equations = {f"q{k + 1}": (symbols(f"q{k}") ** 2 - 1) / (symbols(f"q{k}") + 1) for k in range(60)}
    assert form(symbols("q60"), q0=x, **equations) == "x - 60"


def test_what_has_no_form_says_why() -> None:
    with pytest.raises(Undecidable, match=r"^pi is not a formula$"):
        Field().element(pi)
    with pytest.raises(Undefined, match=r"^the logarithm of zero$"):
        Field().element(log(f(x) - f(x)))
    with pytest.raises(OutOfTime, match=r"^the time limit has passed$"):
        Field(deadline=-inf).element(x)

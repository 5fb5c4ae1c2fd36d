"""The ways slides write products, quotients, powers and functions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, Pow, Rational

from symnet.operations import call, sqrt
from symnet.reading.slide import Vocabulary
from tests.reading.slides import a, b, e, f, n, one, p, times, w, w1, w2, x, y

# Products, quotients, powers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("xw_1", x * w1),
        ("2w_2", 2 * w2),
        (r"a \cdot b \times x * y", a * b * x * y),
        (r"a\,b~x\ y\;p", a * b * x * y * p),
        ("1/2x", x / 2),
        ("a/bx", a * x / b),
        ("a/b/x", a / (b * x)),
        ("1/(n-1)[x+y]", (x + y) / (n - 1)),
        ("a/b^2x", a * x / b**2),
        ("a(x+y)/b+p", a * (x + y) / b + p),
        (r"a/\sqrt{b}", a / sqrt(b)),
        (r"\frac{a}{b}x", a * x / b),
        (r"\dfrac{1}{2}", Rational(1, 2)),
        ("2(a+b)", times(2, a + b)),
        ("-2(a+b)", times(-2, a + b)),
        ("-(a+b)x", times(-1, a + b, x)),
        ("a - (x + y)", a + times(-1, x + y)),
        ("a−b", a - b),
        ("w(x+1)", w * (x + 1)),
        ("{a+b}x", (a + b) * x),
        (r"\left( a + b \right) \left[ x \right]", (a + b) * x),
        (r"\bigl(a + b\bigr)x", (a + b) * x),
        ("x^2y", x**2 * y),
        ("x^{10}", x**10),
        ("x^{-1}", 1 / x),
        ("x^{1/2}", sqrt(x)),
        ("x^{-3/2}", Pow(sqrt(x), -3)),
        ("x^{1.5}", Pow(sqrt(x), 3)),
        ("2^{3}", Integer(8)),
        ("0.1x", x / 10),
        ("0{,}5", Rational(1, 2)),
        (r"\sqrt{4}", sqrt(Integer(4))),
        ("|x|", call("abs", x)),
        ("|a||b|", call("abs", a) * call("abs", b)),
        ("||a|-b|", call("abs", call("abs", a) - b)),
        (r"\left|x-\left|y\right|\right|", call("abs", x - call("abs", y))),
        ("a|b|x", a * call("abs", b) * x),
    ],
)
def test_arithmetic(text, value):
    assert one(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("f(x)^2", f(x) ** 2),
        ("f''(x)", f(x, 2)),
        ("f[x]", f(x)),
        ("xf(y)w", x * f(y) * w),
        (r"\varphi(x)", call("phi", x)),
        (r"\sigma(x)", call("sigmoid", x)),
        (r"\tanh(x)", call("tanh", x)),
        (r"\tanh^2(x)", call("tanh", x) ** 2),
        (r"\tanh'(x)", 1 - call("tanh", x) ** 2),
        (r"\ln x", call("log", x)),
        (r"2\ln{x} + 1", 2 * call("log", x) + 1),
        (r"\log x^2", call("log", x**2)),
        (r"\exp(-x)", call("exp", -x)),
        ("e^x y", call("exp", x) * y),
        ("e^{-x}", call("exp", -x)),
        ("e^{+x}", call("exp", x)),
        (r"\max(a, b)", call("max", a, b)),
        (r"\min(0; x)", call("min", 0, x)),
        ("ReLU(x)", call("relu", x)),
        (r"x\text{ReLU}(x)", x * call("relu", x)),
        (r"\operatorname{ReLU}(x)", call("relu", x)),
        (r"\text{ELU}(x, 1)", call("elu", x, 1)),
        ("tanh(x)", call("tanh", x)),
    ],
)
def test_functions(text, value):
    assert one(text) == value


def test_an_e_that_is_a_name():
    assert one("e") == e
    assert one("e^2", Vocabulary(names={"e": e})) == e**2


numbers = st.integers(0, 30).map(lambda k: (str(k), Fraction(k))) | st.tuples(
    st.integers(0, 99), st.integers(0, 99)
).map(lambda d: (f"{d[0]}.{d[1]:02d}", Fraction(100 * d[0] + d[1], 100)))


def _combined(parts):
    (left, u), (right, v), kind = parts
    if kind in ("/", "frac") and v == 0:
        return left, u
    return {
        "+": (f"({left}) + {right}", u + v),
        "-": (f"{left} - ({right})", u - v),
        "juxtaposed": (f"({left})[{right}]", u * v),
        "cdot": (rf"({left}) \cdot ({right})", u * v),
        "/": (f"({left})/({right})", u / v if v else u),
        "frac": (rf"\frac{{{left}}}{{{right}}}", u / v if v else u),
        "square": (rf"\left({left}\right)^{{2}}", u**2),
    }[kind]


kinds = st.sampled_from(["+", "-", "juxtaposed", "cdot", "/", "frac", "square"])


@given(st.recursive(numbers, lambda c: st.tuples(c, c, kinds).map(_combined), max_leaves=8))
def test_arithmetic_is_that_of_fractions(case):
    text, value = case
    assert one(text) == Rational(value.numerator, value.denominator)

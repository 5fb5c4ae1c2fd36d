from functools import partial

import pytest
from hypothesis import given, settings
from sympy import Integer, KroneckerDelta, Max, Mul, Piecewise, Pow, Rational, Symbol, sympify, tanh
from sympy import sqrt as sympy_sqrt

from symnet.expressions import product
from symnet.network.neurons import Norm
from symnet.operations import OPERATIONS, call
from symnet.render.text import text
from symnet.sums import Delta, Sum, Within, normal_form
from tests.render.examples import DL_DW2, LECTURE_8, NAMING, A, C, S, expressions, f, i, j, w01, w1, w2, x, y, z

LOCALS = {
    **{name: partial(call, name) for name in OPERATIONS},
    **{"f" + "prime" * k: partial(call, "f", order=k) for k in range(4)},
    **{s.name: s for s in (x, y, w1, w2, i, Symbol("m", integer=True, positive=True))},
    "z": z,
    "Sum": Sum,
}


@settings(max_examples=150, deadline=None)
@given(expressions)
def test_text_parses_back_to_the_same_expression(expression):
    assert normal_form(sympify(text(expression, NAMING), locals=LOCALS)) == normal_form(expression)


def test_lecture_8():
    assert [text(e.rhs, NAMING) for e in (*LECTURE_8, DL_DW2)] == [
        "f(-w1 + w01)*w3 + f(-w2 + w02)*w4",
        "f(w1 + w01)*w3 + f(w2 + w02)*w4",
        "(A + B)/2",
        "sqrt(((A - C)**2 + (B - C)**2)/2)",
        "(f(w1*x + w01)*w3 + f(w2*x + w02)*w4 - C)/S + w03",
        "2*(w2 + w02 - 3) + 4*(2*w2 + w02 - 2) + 6*(3*w2 + w02 - 1)",
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f(w1 + w01, 1), "fprime(w1 + w01)"),
        (f(x, 2), "fprimeprime(x)"),
        (Rational(-2, 3) * x, "-2*x/3"),
        (Rational(-2, 3), "-2/3"),
        (Rational(2, 3) ** x, "(2/3)**x"),
        ((-x) ** 3, "-x**3"),
        ((x**2) ** y, "(x**2)**y"),
        (x ** (-y), "x**(-y)"),
        (x ** (y + 1), "x**(y + 1)"),
        (x ** Rational(-1, 2), "1/x**(1/2)"),
        (1 / (x * S), "1/(S*x)"),
        (x / S**2, "x/S**2"),
        (Pow(Mul(x, y), -1, evaluate=False), "1/(x*y)"),
        (w1 + product(-1, A - C), "w1 - (A - C)"),
        (-(x + y), "-x - y"),
    ],
)
def test_operators(expression, expected):
    assert text(expression, NAMING) == expected


def test_sympy_understands_the_functions_as_written():
    assert sympify(text(call("max", x, y))) == Max(x, y)
    assert sympify(text(call("abs", Integer(-3)))) == 3
    assert sympify(text(call("tanh", call("sqrt", x)))) == tanh(sympy_sqrt(x))
    left, right = sympify("i, j")
    assert sympify(text(Delta(i, j))) == KroneckerDelta(left, right)
    condition = sympify(text(Within(i, Integer(1), Integer(3))))
    assert isinstance(condition, Piecewise)
    assert [condition.subs(left, k) for k in range(5)] == [0, 1, 1, 1, 0]


def test_nesting_costs_no_recursion():
    expression = x
    for _ in range(500):
        expression = f(w1 * expression + w01)
    assert text(expression, NAMING) == "f(w1*" * 500 + "x" + " + w01)" * 500


def test_a_notation_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="there is no notation for a Norm"):
        text(Norm(x))

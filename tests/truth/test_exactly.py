"""Exact arithmetic until something else comes up: where it ends, and what a zero still makes of the rest."""

from fractions import Fraction

import pytest
from sympy import Expr, Integer, Rational, Symbol

from symnet.equations import Derivation, Equation, Variable
from symnet.operations import call, sqrt
from symnet.truth.evaluate import evaluate

x = Symbol("x")


def equations(**rows: Expr) -> Derivation:
    return Derivation(tuple(Equation(n, rhs=r) for n, r in rows.items()), (), (Variable("x"),))


def test_nine_square_roots_are_a_decimal_and_eight_are_not() -> None:
    primes = (2, 3, 5, 7, 11, 13, 17, 19, 23)
    eight, nine = (sum((sqrt(Integer(p)) for p in primes[:k]), Integer(0)) for k in (8, 9))
    values = evaluate(equations(eight=eight, nine=nine, more=1 + x * Symbol("nine")), {"x": 2})
    assert values["eight"].exact is not None
    assert values["nine"].exact is None
    assert values["nine"].text.startswith("28.228")
    assert values["more"].text.startswith("57.456")


def test_zero_times_anything_is_zero_on_either_side() -> None:
    anything, zero = call("exp", x), x - 2
    for rows in ({"a": anything, "b": zero}, {"a": zero, "b": anything}):
        values = evaluate(equations(**rows, both=Symbol("a") * Symbol("b") + sqrt(x)), {"x": 2})
        assert values["both"].text == "sqrt(2)"


def test_rational_values_of_functions() -> None:
    rows = {"r": call("relu", x - 2), "s": call("abs", x - 2) + call("sign", x), "e": call("exp", x - Rational(3, 2))}
    values = evaluate(equations(**rows, t=x * Symbol("s")), {"x": Fraction(3, 2)}, field="rational")
    assert {name: value.text for name, value in values.items()} == {"r": "0", "s": "3/2", "e": "1", "t": "9/4"}


@pytest.mark.parametrize("x_value", [Fraction(2), Fraction(1, 3)])
def test_rational_values_are_the_exact_ones(x_value: Fraction) -> None:
    rows = {"m": call("max", x, 1) * call("step", x), "l": call("leaky_relu", -x, Rational(1, 10))}
    derivation = equations(**rows, e=call("elu", x, Rational(1, 2)), s=call("selu", x))
    exact, rational = (evaluate(derivation, {"x": x_value}, field=field) for field in ("exact", "rational"))
    assert {n: v.exact for n, v in exact.items()} == {n: v.exact for n, v in rational.items()}

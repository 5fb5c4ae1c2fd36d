"""The limits of an evaluation at a point of a prime field, each at its edge."""

from math import inf

import pytest
from sympy import Expr, Integer, Rational, Symbol

from symnet.expressions import total
from symnet.operations import call, sqrt
from symnet.truth.modular_evaluation import Evaluation, Known, Late
from symnet.truth.modular_field import RandomField
from symnet.truth.modular_graph import Graph
from symnet.truth.statement import state
from tests.truth.lecture import derivation, x, y
from tests.truth.modular import compare


def powers(number: int) -> Expr:
    """1 + x + x^2 + … of so many terms."""
    return total(*(x**k for k in range(number)))


@pytest.mark.parametrize("factor", [Integer(1025), Rational(1, 1025)])
def test_larger_square_factors_stay_in_roots(factor):
    outcome = compare(sqrt(factor**2 * x), factor * sqrt(x))
    assert outcome.reason.startswith("some branches of the roots make the sides equal")


def test_square_factors_up_to_2_to_the_20_come_out_of_roots():
    for factor in (Integer(1024), Rational(1, 1024)):
        assert compare(sqrt(factor**2 * x), factor * sqrt(x)).kind == "equal"


def test_roots_of_rational_values_are_rational():
    q = Symbol("q")
    one = (q * x + q * y) / q**2
    assert compare(sqrt(one) * x, x, derivation(q=x + y)).kind == "equal"


def test_positive_factors_up_to_64_do_not_change_a_sign():
    for factor in (Integer(64), Rational(1, 64)):
        assert compare(call("sign", factor * x + factor * y), call("sign", x + y)).kind == "equal"
    for factor in (Integer(65), Rational(1, 65)):
        outcome = compare(call("sign", factor * x + factor * y), call("sign", x + y))
        assert outcome.reason.startswith("the sides differ in some cases of signs")


def test_every_step_asks_for_the_time():
    with pytest.raises(Late, match=r"^the time limit passed$"):
        Evaluation(Graph(state(x, y)), RandomField(62, 0, "seed"), (), frozenset(), Known(), -inf)


@pytest.mark.parametrize(
    ("fitting", "larger", "reason"),
    [
        (x**2000, x**2001, "an exponent has powers above 2000"),
        (x**-2000, x**-2001, "an exponent has powers above 2000"),
        (powers(40) * powers(50), powers(40) * powers(51), "an exponent has more than 2000 terms"),
    ],
)
def test_exponents_have_2000_terms_and_powers_at_most(fitting, larger, reason):
    assert compare(call("exp", fitting + y), call("exp", fitting) * call("exp", y)).kind == "equal"
    assert compare(call("exp", larger + y), call("exp", larger) * call("exp", y)).reason == reason

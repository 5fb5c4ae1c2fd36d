"""Jumps whose arguments are zero in a whole region: relu(u) is, wherever u < 0."""

import pytest
from sympy import IndexedBase, Integer, Rational, Symbol, symbols

from symnet.equations import Derivation, Equation
from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.sums import Sum
from symnet.truth.verdict import decide

u, w = symbols("u w")
m = Symbol("m", integer=True, positive=True)


def step(v):
    return call("step", v)


def relu(v):
    return call("relu", v)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (step(relu(u)), step(u)),
        (step(call("abs", u) - u), step(-u)),
        (call("sign", step(u)), step(u)),
        (step(relu(u) * relu(w)), step(u) * step(w)),
        (step(call("max", u, w) - w), step(u - w)),
        (sqrt(call("tanh", u)), sqrt(-call("tanh", -u))),
        (step(call("sigmoid", u)), Integer(1)),
        (sqrt(w**2 * u / m - w**2 / m**2), call("abs", w) * sqrt(u / m - 1 / m**2)),
    ],
)
def test_equal_in_the_region_and_at_its_end(left, right):
    assert decide(left, right).verdict == "proved"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (step(call("abs", u) - u), 1 - step(u)),  # at u = 0
        (1 - step(-relu(u)), step(u)),  # where u <= 0
        (step(-u) + step(relu(u)), Integer(1)),  # at u = 0
    ],
)
def test_different_somewhere(left, right):
    assert decide(left, right).verdict in ("proved-if", "refuted")


def test_a_jump_that_is_wrong_at_zero_alone_is_not_proved_for_every_size() -> None:
    i = Symbol("i", integer=True)
    x = IndexedBase("x")
    half = Rational(1, 2)
    for body, verdict in (
        (step(x[i]) - half * (1 + call("sign", x[i])), "refuted"),
        (step(x[i]) - half * (call("sign", x[i]) + call("sign", x[i]) ** 2), "proved"),
        (relu(x[i]) - half * x[i] * (1 + call("sign", x[i])), "proved"),
        (relu(x[i]) * step(x[i]) - relu(x[i]), "proved"),
    ):
        assert decide(Sum(body, (i, 1, m)), Integer(0)).verdict == verdict


LARGE = (sum(symbols("x1:9")) + 1) ** 40  # too large to be written out


@pytest.mark.parametrize(
    ("left", "right", "verdict", "conditions"),
    [
        (step(u), (1 + call("sign", u)) / 2, "proved-if", ["u != 0"]),
        (step(u) * (w + 1) ** 2, step(u) * (w**2 + 2 * w + 1), "proved", []),
        (sqrt(u) * sqrt(u), u, "proved-if", ["u != 0"]),
    ],
)
def test_identity_testing_says_where_it_says_nothing(left, right, verdict, conditions) -> None:
    found = decide(product(LARGE, left), product(LARGE, right), seconds=4)
    assert (found.verdict, found.assumptions) == (verdict, conditions)
    assert (found.method, found.error_bound is None) == ("identity testing in prime fields", False)


def test_a_jump_in_a_definition_is_tested_too() -> None:
    v, z = Symbol("v"), Derivation((Equation("v", rhs=step(u)),))
    found = decide(product(LARGE, v), product(LARGE, 1 + call("sign", u), Rational(1, 2)), z, seconds=4)
    assert (found.verdict, found.assumptions) == ("proved-if", ["u != 0"])
    assert decide(product(LARGE, v), product(LARGE, v), z, seconds=4).verdict == "proved"
    assert decide(product(LARGE, v, w + 1), product(LARGE, step(u), w + 1), z, seconds=4).verdict == "proved"

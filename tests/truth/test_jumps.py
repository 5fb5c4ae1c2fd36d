"""Jumps whose arguments are zero in a whole region: relu(u) is, wherever u < 0."""

import pytest
from sympy import Integer, Symbol, symbols

from symnet.operations import call, sqrt
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

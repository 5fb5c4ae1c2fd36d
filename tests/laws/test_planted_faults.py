"""Every planted fault in every gradient equation is seen by forward mode, which the sweep does not share code with."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest
from flint import arb
from sympy import Rational

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.errors import SymnetError
from symnet.network.network import Network
from symnet.reading.load import network
from symnet.truth.enclosure import directional_derivative, enclose_derivation
from tests.builders import lecture_network
from tests.laws.faults import faults
from tests.laws.rigour import DIGITS, FUNCTIONS

ROWS = ((-1, -1, Rational(1, 3)), (2, Rational(1, 2), -1), (Rational(3, 2), 1, 2))

# The lecture's network on three objects, none of them special; and one with everything a `norm` can have.
LECTURE = replace(lecture_network(), rows=tuple((x, y) for x, _, y in ROWS))
FULL = network("""
inputs x1 x2
h1 = tanh(norm(w1*x1 + w2*x2, eps=eps, ddof=1, scale=a, shift=b))
h2 = f(w3*x2 + w4)
F = norm(w5*h1 + w6*h2 + w2*x1) + w7*h1 + w8
loss mean (F - y)^2 / 3
data x1 x2 | y
 -1  -1  | 1/3
  2  1/2 | -1
 3/2  1  | 2
""")
NETWORKS = {"lecture": LECTURE, "full": FULL}


def generic(parameters: tuple[str, ...]) -> dict[str, Fraction]:
    """No zeros, no ones, no two alike; positive, so that an eps may be among them."""
    return {name: Fraction(2 * k + 3, 8) for k, name in enumerate(parameters)}


def opinions(network: Network) -> dict[str, arb]:
    """Each adjoint by forward mode: the derivative of L by a name, what is below that name held constant."""
    example, point = network.example, generic(network.parameters)
    known = enclose_derivation(example, point, DIGITS, FUNCTIONS)
    found = {}
    for name in (*network.parameters, *(known.keys() - {"L"})):
        rest = Derivation(tuple(e for e in example if e.name != name), (), tuple(map(Variable, {**point, name: 0})))
        values = {**point, name: known.get(name, point.get(name))}
        found[f"dL_d{name}"] = directional_derivative(rest, "L", values, {name: 1}, DIGITS, FUNCTIONS)
    return found


@cache
def expected(name: str) -> Mapping[str, arb]:
    return opinions(NETWORKS[name])


@cache
def swept(name: str) -> Derivation:
    return gradient(NETWORKS[name].derivation, "L")


def disagreements(network: Network, derivation: Derivation, opinion: Mapping[str, arb]) -> set[str]:
    """The adjoints whose ball does not meet that of forward mode."""
    try:
        filled = network.fill(derivation)
        got = enclose_derivation(filled, generic(network.parameters), DIGITS, FUNCTIONS)
    except SymnetError:  # an index out of its range, a division by zero
        return {"not even defined"}
    return {name for name, ball in opinion.items() if name in got and not got[name].overlaps(ball)}


def adjoints(name: str) -> list[Equation]:
    own = NETWORKS[name].derivation
    return [e for e in swept(name) if e.name not in own]


CASES = [(name, equation.name) for name in NETWORKS for equation in adjoints(name)]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_as_it_is_agrees_in_every_adjoint(name: str) -> None:
    filled = NETWORKS[name].fill(swept(name))
    assert {e.name for e in filled if e.name.startswith("dL_d")} <= expected(name).keys()
    assert disagreements(NETWORKS[name], swept(name), expected(name)) == set()


@pytest.mark.parametrize(("name", "adjoint"), CASES)
def test_no_fault_survives(name: str, adjoint: str) -> None:
    derivation = swept(name)
    mutants = dict(faults(derivation[adjoint].rhs))
    assert len(mutants) >= 3
    for fault, wrong in mutants.items():
        planted = replace(
            derivation,
            equations=tuple(replace(e, rhs=wrong) if e.name == adjoint else e for e in derivation),
        )
        assert disagreements(NETWORKS[name], planted, expected(name)), f"{adjoint} survives: {fault}"


def test_two_objects_would_hide_faults() -> None:
    """Why three objects: over the lecture's own two, what is below the normalization vanishes, right or wrong."""

    def negated(derivation: Derivation) -> Derivation:
        return derivation.map(lambda rhs: -rhs if rhs == derivation["dL_dw1"].rhs else rhs)

    two = lecture_network()
    assert disagreements(two, negated(gradient(two.derivation, "L")), opinions(two)) == set()
    assert disagreements(LECTURE, negated(swept("lecture")), expected("lecture")) == {"dL_dw1"}

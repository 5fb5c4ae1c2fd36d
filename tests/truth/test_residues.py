"""How deep roots may be nested modulo a prime."""

import pytest
from sympy import Symbol

from symnet.equations import Derivation, Equation, Variable
from symnet.errors import SymnetError
from symnet.operations import sqrt
from symnet.truth.evaluate import evaluate

A = Symbol("a")


def degree(roots: int) -> str:
    """The leading term of the modulus of the field where 2^(1/2^roots) lies modulo 3."""
    rhs = A
    for _ in range(roots):
        rhs = sqrt(rhs)
    derivation = Derivation((Equation("r", rhs=rhs),), (), (Variable("a"),))
    return evaluate(derivation, {"a": 2}, field=3)["r"].modulus.split()[0]


@pytest.mark.parametrize(("roots", "leading"), [(0, "x"), (1, "x^2"), (2, "x^2"), (3, "x^4"), (9, "x^256")])
def test_roots_are_found_in_the_smallest_field(roots: int, leading: str) -> None:
    assert degree(roots) == leading  # the first two lie in the field of 9


def test_roots_in_fields_of_fields_are_eight_deep_at_most() -> None:
    with pytest.raises(SymnetError, match=r"^square roots are nested more than 8 deep modulo 3$"):
        degree(10)

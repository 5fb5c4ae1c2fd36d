"""Two sides compared modulo primes, and what the tests of it have in common."""

from sympy import Expr

from symnet.equations import Derivation
from symnet.operations import call, sqrt
from symnet.truth import modular
from symnet.truth.modular import ModularOutcome
from symnet.truth.statement import state
from tests.truth.lecture import (
    x,
    y,
)

root = sqrt(x**2 + y)
exp_x, exp_y = call("exp", x), call("exp", y)


def compare(left: Expr, right: Expr, equations: Derivation | None = None, **limits: float) -> ModularOutcome:
    return modular.test_identity(state(left, right, equations), **limits)


def exponent(outcome: ModularOutcome) -> int:
    assert outcome.error_bound is not None
    assert outcome.error_bound.startswith("2^-")
    return int(outcome.error_bound[2:])

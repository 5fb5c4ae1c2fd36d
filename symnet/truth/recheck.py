"""The second opinion: both sides as written, in balls at random points, with a stand-in for every abstract f.

Nothing here knows of normal forms. A proved equality whose sides certainly differ somewhere is a defect of symnet,
and never reaches the user as "proved".
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from random import Random

from flint import arb
from sympy import Expr, Symbol

from symnet.clock import now
from symnet.equations import Derivation
from symnet.errors import DegenerateError
from symnet.truth.assumptions import Condition
from symnet.truth.enclosure import enclose_derivation
from symnet.truth.statement import LEFT, RIGHT, Statement, admits, respected, scalar_conditions, state

__all__ = ["SoundnessError", "compare_at_random", "polynomial", "recheck", "recheck_statement"]

ATTEMPTS = 12  # points tried for every one that is wanted: many are degenerate or break the assumptions
_POINT = 25  # steps for one


class SoundnessError(AssertionError):
    """What was proved is false at a point. This is a defect of symnet, not of the statement."""


def _generic(order: int, u: arb) -> arb:
    """f(u) = u + u^2/3 + exp(u/5) and its derivatives."""
    value = (u / 5).exp() / arb(5) ** order
    return value + (u + u * u / 3, 1 + 2 * u / 3, arb(2) / 3)[order] if order < 3 else value


def polynomial(*coefficients: int) -> Callable[[int, arb], arb]:
    """A function of (order, u): the polynomial with coefficients of 1, u, u^2, … and its derivatives."""

    def f(order: int, u: arb) -> arb:
        row = list(coefficients)
        for _ in range(order):
            row = [k * c for k, c in enumerate(row)][1:]
        value = arb(0)
        for c in reversed(row):
            value = value * u + c
        return value

    return f


STAND_INS = {
    None: _generic,
    "odd": polynomial(0, 2, 0, 1),
    "even": polynomial(1, 0, 2, 0, 1),
    "linear": polynomial(0, 3),
    "identity": polynomial(0, 1),
}


def recheck(
    left: Expr,
    right: Expr,
    derivation: Derivation | None = None,
    points: int = 3,
    assumptions: Sequence[Condition] = (),
) -> int:
    """Compare both sides at random rational points; the number of points where they agreed.

    Raises SoundnessError where the balls around them are disjoint.
    """
    return recheck_statement(state(left, right, derivation, assumptions), points, scalar_conditions(assumptions))


def recheck_statement(
    statement: Statement, points: int, assumptions: Sequence[Condition] = (), digits: int = 30
) -> int:
    """As `recheck`, for a statement already made scalar, with balls of that many digits."""
    agreed, counterexample = compare_at_random(statement, assumptions, points, digits)
    if counterexample is not None:
        at = _text(counterexample)
        raise SoundnessError(f"{statement.left} = {statement.right} was proved but is false at {at}")
    return agreed


def compare_at_random(
    statement: Statement, assumptions: Sequence[Condition] = (), points: int = 3, digits: int = 30, seed: int = 20
) -> tuple[int, dict[str, Fraction] | None]:
    """At how many random points the balls around both sides meet, and the first point where they are disjoint."""
    statement = statement.under(assumptions)
    properties = {name: p for c in assumptions for name, p in c.functions}
    functions = {name: STAND_INS[properties.get(name)] for name in statement.functions}
    probe = statement.probe(assumptions)
    random = Random(seed)
    agreed = 0
    for _ in range(ATTEMPTS * points):
        point = {p.name: _random_value(p, random) for p in statement.parameters}
        now(_POINT)
        try:
            values = enclose_derivation(probe, point, digits, functions)
        except (DegenerateError, ArithmeticError):  # undefined there, or too large to tell
            continue
        if not respected(assumptions, values):
            continue
        if not values[LEFT].overlaps(values[RIGHT]):
            return agreed, point
        agreed += 1
        if agreed == points:
            break
    return agreed, None


def _random_value(name: Symbol, random: Random) -> Fraction:
    while True:
        value = Fraction(random.randint(1, 29) * random.choice((1, -1)), random.randint(1, 13))
        if admits(name, value):
            return value


def _text(point: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())

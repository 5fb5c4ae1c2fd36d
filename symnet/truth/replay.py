"""A verdict looked at once more, by means that share nothing with the proof or the search that found it.

What was proved is compared, as it was stated, in interval balls at random points (of small sizes, where sizes are
symbolic) and in prime fields. What was refuted is evaluated in balls at the values that the witness prints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from typing import Any, Literal

from sympy import Expr, Integer, Symbol

from symnet.equations import Derivation
from symnet.errors import SymnetError
from symnet.truth import modular
from symnet.truth.assumptions import Condition
from symnet.truth.enclosure import enclose_derivation
from symnet.truth.every_size import instances, is_symbolic, second_opinions, sizes_of
from symnet.truth.recheck import compare_at_random, polynomial
from symnet.truth.size_conditions import put_in
from symnet.truth.statement import LEFT, RIGHT, Statement
from symnet.truth.witness import polynomial_of

__all__ = ["Question", "Replay", "replay"]

DIGITS = 50
FIELD_SECONDS = 2.0  # for identity testing
SIZES = 4  # ways to choose small sizes

Scalar = tuple[Statement, tuple[Condition, ...]]


@dataclass(frozen=True)
class Question:
    """left = right in the names of a derivation, under assumptions."""

    left: Expr
    right: Expr
    derivation: Derivation | None = None
    assumptions: tuple[Condition, ...] = ()

    @property
    def is_symbolic(self) -> bool:
        return is_symbolic(self.left, self.right, self.derivation)

    def statements(self) -> list[Scalar]:
        """The statement with scalar names; where sizes are symbolic, instances of small sizes."""
        given = put_in(self.left, self.right, self.derivation, self.assumptions)
        small = (islice(second_opinions(one.left, one.right, one.derivation), SIZES) for one in given)
        return [one.statement(self.assumptions) for one in chain.from_iterable(small)]

    def at(self, values: Mapping[str, str]) -> Scalar | None:
        """The scalar statement at the sizes and indices among the values; None where there is none."""
        sides = self.left, self.right, self.derivation
        if not all(s.name in values for s in sizes_of(*sides)):
            return None
        sizes: dict[Symbol, Expr] = {s: Integer(values[s.name]) for s in sizes_of(*sides)}
        there = (
            one for one in instances(*sides, sizes) if all(values.get(str(k)) == str(v) for k, v in one.at.items())
        )
        return next((one.statement(self.assumptions) for one in there), None)


@dataclass(frozen=True)
class Replay:
    """outcome: open where nothing could be compared; text: what was compared, and what came of it."""

    outcome: Literal["confirmed", "contradicted", "open"]
    text: str


def replay(questions: Sequence[Question], verdict: str, witness: Mapping[str, Any], seed: int, points: int) -> Replay:
    """Look once more at a proved, proved-if or refuted verdict; the random points are those of the seed."""
    if verdict in ("proved", "proved-if") and questions:
        return _agree([scalar for question in questions for scalar in question.statements()], seed, points)
    if verdict == "refuted" and questions:
        return _differ(questions[0].at(witness["values"]), witness)
    return Replay("open", "there is no equality that was proved or refuted")


def _agree(statements: Sequence[Scalar], seed: int, points: int) -> Replay:
    agreed = equal = 0
    for statement, assumptions in statements:
        found, counterexample = compare_at_random(statement, assumptions, points, DIGITS, seed)
        if counterexample is not None:
            at = ", ".join(f"{name} = {value}" for name, value in counterexample.items())
            return Replay("contradicted", f"the sides differ at {at}")
        agreed += found
        if not assumptions:
            tested = modular.test_identity(statement, seconds=FIELD_SECONDS, seed=seed)
            if tested.kind == "different":
                return Replay("contradicted", tested.reason)
            equal += tested.kind == "equal"
    if not agreed and not equal:
        return Replay("open", "no point was found where both sides are defined")
    of = "" if len(statements) == 1 else f" of {len(statements)} instances"
    fields = f", and {equal} of them in prime fields" if len(statements) > 1 else ", and in prime fields"
    return Replay("confirmed", f"the sides agree at {agreed} random points{of}{fields if equal else ''}")


def _differ(scalar: Scalar | None, witness: Mapping[str, Any]) -> Replay:
    names = () if scalar is None else scalar[0].under(scalar[1]).parameters
    if scalar is None or not all(p.name in witness["values"] for p in names):
        return Replay("open", "the witness has no values for some names of the statement")
    statement, assumptions = scalar
    functions = {name: polynomial(*polynomial_of(text)) for name, text in witness["functions"].items()}
    probe = statement.under(assumptions).probe()
    point = {p.name: Fraction(witness["values"][p.name]) for p in names}
    try:
        values = enclose_derivation(probe, point, DIGITS, functions)
    except (SymnetError, ArithmeticError) as error:
        return Replay("open", f"the sides cannot be evaluated at the witness: {error}")
    if values[LEFT].overlaps(values[RIGHT]):
        return Replay("contradicted", "the sides agree at the witness")
    return Replay("confirmed", f"the sides differ at the witness, to {DIGITS} digits")

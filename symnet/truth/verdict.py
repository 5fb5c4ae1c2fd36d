"""The verdict on one equality: proved, true under a condition, refuted by a witness, or undecided."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from time import monotonic
from typing import Literal

from sympy import Expr

from symnet.equations import Derivation
from symnet.errors import SymnetError
from symnet.truth import modular
from symnet.truth.assumptions import Condition, nonzero, vanishing
from symnet.truth.conditions import search_conditions
from symnet.truth.every_size import at_sizes, is_symbolic, prove_every_size, sizes_of
from symnet.truth.prove import Outcome, prove
from symnet.truth.recheck import SoundnessError, recheck_statement
from symnet.truth.statement import Statement, state
from symnet.truth.witness import Witness, search_witness

__all__ = ["Verdict", "decide"]

Kind = Literal["proved", "proved-if", "refuted", "ambiguous", "undecided"]
POINTS = 3  # of the second opinion


@dataclass(frozen=True)
class Verdict:
    """What was found out about left = right.

    assumptions: the conditions of a proved-if; witness: a point where the sides differ, {"values", "functions",
    "left", "right", "difference"}, empty without one; for a proved-if it shows that the assumptions are needed.
    correction: {"text", "latex"} of the right formula, for the caller to fill in;
    error_bound: of a proof by identity testing at random points, such as 2^-156; None where nothing is a matter of
    probability.
    """

    verdict: Kind
    method: str
    seconds: float
    assumptions: list[str] = field(default_factory=list)
    witness: dict[str, object] = field(default_factory=dict)
    correction: dict[str, str] | None = None
    error_bound: str | None = None
    conditions: tuple[Condition, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The fields of the JSON that `symnet lectures` and `symnet claim` print."""
        return {
            "verdict": self.verdict,
            "assumptions": self.assumptions,
            "witness": self.witness,
            "correction": self.correction,
            "method": self.method,
            "error_bound": self.error_bound,
            "seconds": round(self.seconds, 3),
        }


def decide(
    left: Expr,
    right: Expr,
    derivation: Derivation | None = None,
    parameters: Sequence[Expr] = (),
    assumptions: Sequence[Condition] = (),
    seconds: float = 20,
) -> Verdict:
    """Find out whether left = right wherever both sides are defined and the assumptions hold.

    parameters: those that a condition may fix (`p = 1/2`); signs of all names and properties of the abstract
    functions are always looked for. Raises SoundnessError, a defect of symnet, when the second opinion contradicts
    a proof.
    """
    if is_symbolic(left, right, derivation):
        return _decide_every_size(left, right, derivation, tuple(assumptions), seconds)
    statement = state(left, right, derivation, assumptions)
    return _Decision(statement, tuple(assumptions), monotonic(), seconds).decide(parameters)


def _decide_every_size(
    left: Expr, right: Expr, derivation: Derivation | None, assumptions: tuple[Condition, ...], seconds: float
) -> Verdict:
    """A statement with symbolic sizes: proved for all of them, refuted at a small one, or undecided."""
    start = monotonic()
    outcome = prove_every_size(left, right, derivation, 0.5 * seconds)
    sizes = sizes_of(left, right, derivation)
    held: list[str] = []
    for values in product((2, 3), repeat=len(sizes)):
        chosen = dict(zip(sizes, values, strict=True))
        statements, fixed = at_sizes(left, right, derivation, chosen)
        for one, other in statements:
            statement = state(one, other, fixed, assumptions)
            if outcome.proved:
                recheck_statement(statement, 1, assumptions)
                continue
            limit = 0.5 * seconds / 2 ** len(sizes)
            small = _Decision(statement, assumptions, monotonic(), limit).decide(())
            if small.verdict in ("refuted", "proved-if") and small.witness:
                at = {str(size): str(value) for size, value in chosen.items()}
                found = {**small.witness, "values": at | dict(small.witness["values"])}  # type: ignore[call-overload]
                return Verdict("refuted", small.method, monotonic() - start, witness=found)
            if small.verdict != "proved":
                break
        else:
            held.append(", ".join(f"{size} = {value}" for size, value in chosen.items()))
    if outcome.proved:
        return Verdict("proved", outcome.method, monotonic() - start)
    evidence = f"{outcome.reason}; proved at {'; '.join(held)}" if held else outcome.reason
    return Verdict("undecided", evidence, monotonic() - start)


class _Decision:
    def __init__(self, statement: Statement, assumptions: tuple[Condition, ...], start: float, seconds: float) -> None:
        self.statement, self.assumptions, self.start, self.limit = statement, assumptions, start, seconds

    @property
    def elapsed(self) -> float:
        return monotonic() - self.start

    @property
    def left_over(self) -> float:
        return max(0.0, self.limit - self.elapsed)

    def decide(self, parameters: Sequence[Expr]) -> Verdict:
        outcome = prove(self.statement, self.assumptions, 0.6 * self.limit)
        if outcome.proved:
            return self._proved(outcome)
        if outcome.kind == "undecided" and not self.assumptions:
            tested = modular.test_identity(self.statement, seconds=0.5 * self.left_over)
            if tested.kind == "equal":
                self._agrees(())
                how = "identity testing in prime fields"
                return replace(self._verdict("proved", how), error_bound=tested.error_bound)
        witness = search_witness(self.statement, self.assumptions, 0.5 * self.left_over)
        if outcome.kind == "not_zero" and witness is not None:
            findings = search_conditions(self.statement, outcome, self.assumptions, parameters, 0.8 * self.left_over)
            if findings:
                best = findings[0]
                self._agrees((best.condition,))
                return self._verdict(
                    "proved-if",
                    f"{best.outcome.method} under the assumption",
                    best.witness or witness,
                    (best.condition,),
                )
        if witness is not None:
            how = "exact values" if witness.exact else "disjoint enclosures"
            return self._verdict("refuted", f"{how} at a point", witness)
        return self._undecided(outcome)

    def _proved(self, outcome: Outcome) -> Verdict:
        """Discharge the points where the proof says nothing, or make them conditions."""
        self._agrees(())
        if not self.assumptions:
            self._is_checked()
        conditions, witness = [], None
        for u in outcome.nonzero:
            proved, found = self._at_zero(u)
            if not proved:
                conditions.append(nonzero(u))
                witness = witness or found
        if not conditions:
            return self._verdict("proved", outcome.method)
        return self._verdict("proved-if", outcome.method, witness, tuple(conditions))

    def _at_zero(self, u: Expr) -> tuple[bool, Witness | None]:
        """Whether the equality is proved where u = 0 too; if not, a witness there, if one is found.

        Only an argument that is linear in a parameter can be put to zero.
        """
        zero = vanishing(u, self.statement.parameters)
        if zero is None:
            return False, None
        outcome = prove(self.statement, (*self.assumptions, zero), self.left_over)
        if outcome.proved and not outcome.nonzero:
            return True, None
        return False, search_witness(self.statement, (*self.assumptions, zero), min(self.left_over, 3.0))

    def _is_checked(self) -> None:
        """A proof is checked against the statement as it was written, at a random point of a prime field."""
        tested = modular.test_identity(self.statement, points=1, seconds=min(1.0, self.left_over))
        if tested.kind == "different":
            raise SoundnessError(f"{self.statement.left} = {self.statement.right}: {tested.reason}")

    def _agrees(self, conditions: tuple[Condition, ...]) -> int:
        return recheck_statement(self.statement, POINTS, self.assumptions + conditions)

    def _undecided(self, outcome: Outcome) -> Verdict:
        agreed = self._evidence()
        reason = outcome.reason or "the normal form is not zero, but no point was found where the sides differ"
        return self._verdict("undecided", f"{reason}; {agreed}" if agreed else reason)

    def _evidence(self) -> str:
        try:
            points = recheck_statement(self.statement, 5, self.assumptions, digits=50)
        except SoundnessError:  # false, but the time was too short for a witness
            return "the sides differ at a random point"
        except SymnetError:  # not of fixed size
            return ""
        return f"the sides agree to 50 digits at {points} random points" if points else ""

    def _verdict(
        self,
        verdict: Kind,
        method: str,
        witness: Witness | None = None,
        conditions: tuple[Condition, ...] = (),
    ) -> Verdict:
        return Verdict(
            verdict,
            method,
            self.elapsed,
            [c.text for c in conditions],
            witness.as_dict() if witness else {},
            conditions=conditions,
        )

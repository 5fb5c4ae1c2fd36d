"""The verdict on one equality: proved, true under a condition, refuted by a witness, or undecided."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sympy import Expr, S, Symbol

from symnet.clock import now
from symnet.equations import Derivation
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite
from symnet.operations import Call
from symnet.truth import modular
from symnet.truth.assumptions import Condition, nonzero
from symnet.truth.conditions import search_conditions
from symnet.truth.every_size import (
    LARGEST,
    Instance,
    instances,
    prove_every_size,
    second_opinions,
    sizes_of,
    small_sizes,
)
from symnet.truth.prove import JUMPS, Outcome, exceptions, prove
from symnet.truth.recheck import SoundnessError, compare_at_random, recheck_statement
from symnet.truth.replay import Question, Replay, replay
from symnet.truth.size_conditions import search_values
from symnet.truth.statement import Statement, scalar_conditions, state
from symnet.truth.witness import Witness, search_witness
from symnet.truth.zeros import holds_at_zero

__all__ = ["Verdict", "decide"]

Kind = Literal["proved", "proved-if", "refuted", "ambiguous", "undecided"]
POINTS = 3  # of the second opinion
SIZES = 2  # at which a proof for every size has a second opinion
SHORT = 1.0  # seconds at most for a proof for every size, before numbers are tried


@dataclass(frozen=True)
class Verdict:
    """What was found out about left = right.

    assumptions: the conditions of a proved-if; witness: a point where the sides differ, {"values", "functions",
    "left", "right", "difference"}, empty without one; for a proved-if it shows that the assumptions are needed.
    correction: {"text", "latex"} of the right formula, for the caller to fill in;
    error_bound: of a proof by identity testing at random points, such as 2^-156; None where nothing is a matter of
    probability; questions: what was decided, for `replay`.
    """

    verdict: Kind
    method: str
    seconds: float
    assumptions: list[str] = field(default_factory=list)
    witness: dict[str, object] = field(default_factory=dict)
    correction: dict[str, str] | None = None
    error_bound: str | None = None
    conditions: tuple[Condition, ...] = ()
    questions: tuple[Question, ...] = field(default=(), repr=False)

    def _repr_html_(self) -> str:
        from symnet.notebook import verdict_html

        return verdict_html(self)

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

    def replay(self, seed: int = 1, points: int = 5) -> Replay:
        """Check a proved or refuted verdict once more, without the proof or the search: see `symnet.truth.replay`."""
        return replay(self.questions, self.verdict, self.witness, seed, points)


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
    functions are always looked for. seconds: of processor time, so that a busy machine changes no verdict. Raises
    SoundnessError, a defect of symnet, when the second opinion contradicts a proof.
    """
    question = Question(left, right, derivation, tuple(assumptions))
    clock = now(), seconds
    if question.is_symbolic:
        found = _EverySize((left, right, derivation), question.assumptions, *clock).decide(parameters)
    else:
        statement = state(left, right, derivation, assumptions)
        found = _Decision(statement, scalar_conditions(assumptions), *clock).decide(parameters)
    return replace(found, questions=(replace(question, assumptions=(*question.assumptions, *found.conditions)),))


class _Clock:
    """Since when a decision is under way, and how many seconds it may take."""

    def __init__(self, start: float, limit: float) -> None:
        self.start, self.limit = start, limit

    @property
    def elapsed(self) -> float:
        return now() - self.start

    @property
    def left_over(self) -> float:
        return max(0.0, self.limit - self.elapsed)


class _EverySize(_Clock):
    """A statement of symbolic size: proved for all sizes, or under a condition, or refuted at a small one."""

    def __init__(
        self,
        sides: tuple[Expr, Expr, Derivation | None],
        assumptions: tuple[Condition, ...],
        start: float,
        limit: float,
    ) -> None:
        super().__init__(start, limit)
        self.sides, self.assumptions = sides, assumptions

    def decide(self, parameters: Sequence[Expr]) -> Verdict:
        """A short attempt at a proof, then numbers, so that what is false does not wait for a long normal form."""
        short = min(SHORT, 0.1 * self.limit)
        outcome = prove_every_size(*self.sides, short)
        if outcome.proved:
            return self._proved(outcome)
        found = self._counterexample(0.3 * self.left_over)
        if found is None and outcome.seconds >= short:
            outcome = prove_every_size(*self.sides, 0.5 * self.left_over)
            if outcome.proved:
                return self._proved(outcome)
        refuted = found or self._at_small_sizes()
        if isinstance(refuted, str):
            return Verdict("undecided", outcome.reason + refuted, self.elapsed)
        return self._under_values(parameters, refuted) or replace(refuted, seconds=self.elapsed)

    def _proved(self, outcome: Outcome) -> Verdict:
        if self._second_opinion():
            return Verdict("proved", outcome.method, self.elapsed)
        reason = "no point of a small size was found where both sides are defined"
        return Verdict("undecided", f"{outcome.method}, but {reason}", self.elapsed)

    def _second_opinion(self) -> int:
        agreed = 0
        for one in second_opinions(*self.sides):
            statement, here = one.statement(self.assumptions)
            agreed += recheck_statement(statement, 1, here)
            if agreed >= SIZES:
                break
        return agreed

    def _small(self, largest: int = 3) -> Iterator[tuple[dict[Symbol, Expr], list[Instance]]]:
        for sizes in small_sizes(sizes_of(*self.sides), largest):
            yield sizes, list(instances(*self.sides, sizes))

    def _counterexample(self, seconds: float) -> Verdict | None:
        """A small size and a point where the sides differ, found by numbers alone."""
        deadline = now() + seconds
        for _, places in self._small(LARGEST):
            for one in places:
                statement, here = one.statement(self.assumptions)
                if compare_at_random(statement, here, POINTS)[1] is not None:
                    witness = search_witness(statement, here, self.left_over / 4)
                    if witness is not None:
                        return _at(one, _refutation(witness, self.elapsed))
                if now() > deadline:
                    return None
        return None

    def _at_small_sizes(self) -> Verdict | str:
        """A refutation at a small size, or else in words the sizes for which there is a proof."""
        held: list[str] = []
        for sizes, places in self._small():
            if not self.left_over:
                break
            for one in places:
                statement, here = one.statement(self.assumptions)
                found = _Decision(statement, here, now(), self.left_over / 4).decide(())
                if found.witness:
                    return _at(one, found)
                if found.verdict != "proved":
                    break
            else:
                held.append(", ".join(f"{size} = {value}" for size, value in sizes.items()))
        return f"; proved at {'; '.join(held)}" if held else ""

    def _under_values(self, parameters: Sequence[Expr], refuted: Verdict) -> Verdict | None:
        found = search_values(*self.sides, parameters, self.assumptions, 0.8 * self.left_over)
        if found is None:
            return None
        condition, outcome = found
        method = f"{outcome.method}, under the assumption"
        return replace(
            refuted,
            verdict="proved-if",
            method=method,
            seconds=self.elapsed,
            assumptions=[condition.text],
            conditions=(condition,),
        )


def _at(instance: Instance, verdict: Verdict) -> Verdict:
    """The refutation of a statement of symbolic size by its instance, whose sizes and indices the witness shows."""
    at = {str(name): str(value) for name, value in instance.at.items()}
    values = at | dict(verdict.witness["values"])  # type: ignore[call-overload]
    return replace(
        verdict, verdict="refuted", assumptions=[], conditions=(), witness={**verdict.witness, "values": values}
    )


def _refutation(witness: Witness, seconds: float) -> Verdict:
    how = "exact values" if witness.exact else "disjoint enclosures"
    return Verdict("refuted", f"{how} at a point", seconds, witness=witness.as_dict())


class _Decision(_Clock):
    def __init__(self, statement: Statement, assumptions: tuple[Condition, ...], start: float, limit: float) -> None:
        super().__init__(start, limit)
        self.statement, self.assumptions = statement, assumptions

    def decide(self, parameters: Sequence[Expr]) -> Verdict:
        outcome = prove(self.statement, self.assumptions, 0.6 * self.limit)
        if outcome.proved:
            return self._proved(outcome)
        if outcome.kind == "undecided" and not self.assumptions:
            found = self._identity()
            if found is not None:
                return found
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
            return _refutation(witness, self.elapsed)
        return self._undecided(outcome)

    def _identity(self) -> Verdict | None:
        """By identity testing, whatever the jumps are if possible: their signs are tested where they are not 0."""
        for statement in dict.fromkeys((self._without_jumps(), self.statement)):
            tested = modular.test_identity(statement, seconds=0.5 * self.left_over)
            if tested.kind == "equal":
                nonzero = exceptions(statement, 0.5 * self.left_over)
                found = Outcome("proved", "identity testing in prime fields", self.elapsed, nonzero=nonzero)
                return replace(self._proved(found), error_bound=tested.error_bound)
        return None

    def _without_jumps(self) -> Statement:
        """With a name in the place of everything that jumps."""
        names: dict[Expr, Expr] = {}

        def rule(node: Expr) -> Expr | None:
            if not (isinstance(node, Call) and node.function in JUMPS):
                return None
            return names.setdefault(node, Symbol(f"jump[{len(names)}]"))

        return self.statement.map(lambda side: rewrite(side, rule))

    def _proved(self, outcome: Outcome) -> Verdict:
        """Discharge the points where the proof says nothing, or make them conditions."""
        conditions, witness = [], None
        for u in outcome.nonzero:
            proved, found = self._at_zero(u)
            if not proved:
                u = product(S.NegativeOne, u).expand() if u.could_extract_minus_sign() else u
                conditions += [nonzero(u)] if nonzero(u) not in conditions else []
                witness = witness or found
        self._agrees(tuple(conditions))
        if not self.assumptions:
            self._is_checked()
        if not conditions:
            return self._verdict("proved", outcome.method)
        return self._verdict("proved-if", outcome.method, witness, tuple(conditions))

    def _at_zero(self, u: Expr) -> tuple[bool, Witness | None]:
        """Whether the equality is proved where u = 0 too; if not, a witness there, if one is found."""
        holds, where = holds_at_zero(self.statement, u, self.assumptions, self.left_over)
        if not where:
            return holds, None
        return False, search_witness(self.statement, where, min(self.left_over, 3.0))

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

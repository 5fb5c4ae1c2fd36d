"""Identity testing: both sides of a statement, as written, at random points of large prime fields.

Nothing is expanded, so the cost is that of the graph at each point, however long the polynomials behind it are; and
nothing is shared with the normal forms, so this is a second opinion on them.

What is tested. Square roots are formal, S^2 = V; signs are formal, s^2 = 1; values of abstract functions are
independent unknowns, one for each order and argument, and so are the exponentials of the terms of an exponent; log
and the normal distribution are opaque functions. In this ring of fractions the sides are

- `equal`, except with the probability `error_bound` over the choice of the points, SHAKE-256 taken for random. The
  equality then holds for every branch of the roots and in every case of signs, so for real numbers too, wherever
  both sides are defined and no sign's argument is 0;
- `different`: their images at a point differ whatever the branches of the roots and the signs, or enclosures at a
  real point are disjoint;
- anything else is an abstention. For sqrt(2) sqrt(3) = sqrt(6) some branches are equal and some are not, and which
  of them are the positive roots only the order of the real numbers tells.

Signs. sign(u) is multiplicative, known where u is visibly positive, and shared by rational multiples of u; it is
the product of two other signs where u is a multiple of a product or quotient. All cases of signs are tried. A root
that is a rational multiple c u of a step of the statement, at every point, is c |u|, a sign again.

Branches. Where no root is a rational function of the others and the names, the ring is a field and one branch of
each root speaks for all of them. Independence is proved by characters: if a product of radicands were a square, it
would be one at each point, so radicands whose quadratic characters are linearly independent over the points are
independent (the radicands are not 0 there, so that the roots are unramified). All branches of other roots are tried.

The bound. Let N be a polynomial of degree d and length l (the sum of its absolute coefficients) in k roots. Its
norm, the product of its 2^k branches, has degree at most 2^k d and a length of at most l^(2^k). Where a branch of N
is 0 at a point, the norm is 0 there with a multiplicity of at least the number of such branches, the roots being
unramified; and multiplicities add up to no more than degree/p a point (Schwartz and Zippel; with multiplicities
Dvir, Kopparty, Saraf and Sudan, SIAM J. Comput. 42, 2013, lemma 2.7). So a random branch at a random point is 0
with probability d/p at most. In the same way a random branch is 0 modulo a random prime of b bits with
probability log2(l)/(b - 1) over the number of these primes. Every point has its own prime. Arguments that are equal
by accident count in the same way.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations
from math import ceil, floor, inf, log2
from typing import Literal

from symnet.clock import now
from symnet.errors import SymnetError
from symnet.truth.modular_evaluation import MULTIPLES, Abstention, Evaluation, Known, Late, Learned
from symnet.truth.modular_field import RandomField
from symnet.truth.modular_graph import Graph, sizes
from symnet.truth.recheck import SoundnessError, recheck_statement
from symnet.truth.statement import Statement

__all__ = ["ModularOutcome", "test_identity"]

BITS = (62, 126, 254)  # lengths of primes, from the fastest on
WEAKEST = 16  # a point has to be worth that many bits of certainty, or the prime is longer
CERTAINTY = 101  # points are added until the error bound is 2^-CERTAINTY
DEPTH = 5  # roots nested deeper need a field of more than p^32 elements
CASES = 256  # of signs
DEPENDENT = 8  # roots of which all branches are tried
STAGNANT = 10  # points without a new independent character before a root is taken to be dependent
DEGENERATE = 12  # points, one after the other, where a divisor is 0
SMALL = 5000  # steps up to which values are searched for |u| and enclosed at real points
REAL_POINTS = 4

Points = list[tuple[int, Evaluation]]  # the numbers of points, and what was found there


@dataclass(frozen=True)
class ModularOutcome:
    """error_bound: such as "2^-105"; None when it is certain, and for abstentions. points: how many agreed in each
    case, 0 unless equal.
    """

    kind: Literal["equal", "different", "abstain"]
    error_bound: str | None
    reason: str
    points: int


def test_identity(statement: Statement, points: int = 3, seconds: float = 5, seed: int = 0) -> ModularOutcome:  # noqa: PT028
    """Test left = right at random points of prime fields: at least `points` and until the error is below 2^-100.

    Where the time ends earlier, those points count that there are, with the error bound they give. Deterministic
    for a seed as long as the time suffices. What cannot be tested is an abstention, not an error.
    """
    try:
        return _Test(statement, points, now() + seconds, seed).outcome()
    except Abstention as abstention:
        return ModularOutcome("abstain", None, str(abstention), 0)


@dataclass(frozen=True)
class _Report:
    """What was found in one case of signs.

    error: the logarithm to base 2 of its probability, 0 for none; dependent: roots tried on all branches.
    """

    kind: Literal["equal", "different", "mixed", "undefined"]
    points: int = 0
    error: float = 0
    roots: int = 0
    dependent: int = 0


class _Test:
    def __init__(self, statement: Statement, points: int, deadline: float, seed: int) -> None:
        self.statement, self.points, self.deadline, self.seed = statement, points, deadline, seed
        try:
            self.graph = Graph(statement)
        except SymnetError as error:
            raise Abstention(str(error)) from None
        if self.graph.depth > DEPTH:
            raise Abstention(f"roots are nested {self.graph.depth} deep, and {DEPTH} is the most that is tried")
        self.known = Known()

    def outcome(self) -> ModularOutcome:
        while True:
            with suppress(Learned):
                defined = [report for report in self._reports() if report.kind != "undefined"]
                break
        if not defined:
            raise Abstention("a divisor is 0 at every point that was tried")
        kinds = {report.kind for report in defined}
        cases = f" in all {len(defined)} cases of signs" if len(defined) > 1 else ""
        errors = [report.error for report in defined if report.error]
        if kinds == {"equal"}:
            points = min(report.points for report in defined)
            text = f"the sides agree at {points} random points of prime fields{cases}{_branches(defined)}"
            return ModularOutcome("equal", f"2^{ceil(max(errors))}", text, points)
        if kinds == {"different"} and not self.known.caveats:
            text = f"the sides differ at a point of a prime field{cases}, whatever the branches of the roots"
            bound = f"2^{ceil(max(errors) + log2(len(errors)))}" if errors else None
            return ModularOutcome("different", bound, text, 0)
        return self._at_real_points(kinds)

    def _reports(self) -> list[_Report]:
        reports: list[_Report] = []
        stack: list[tuple[int, ...]] = [()]
        while stack:
            case = _Case(self, stack.pop())
            reports.append(case.report())
            stack += ((*case.signs[:k], -1) for k in range(case.given, len(case.signs)))
            if len(reports) + len(stack) > CASES:
                raise Abstention(f"there are more than {CASES} cases of signs")
        return reports

    def _at_real_points(self, kinds: Collection[str]) -> ModularOutcome:
        """Where only some cases or branches differ, or what differs is only known in part."""
        if len(self.graph.steps) <= SMALL and now() < self.deadline:
            try:
                recheck_statement(self.statement, REAL_POINTS)
            except SoundnessError:
                return ModularOutcome("different", None, "enclosures of the sides at a real point are disjoint", 0)
        if "mixed" in kinds:
            why = "some branches of the roots make the sides equal; which ones are positive is not known here"
        elif "equal" in kinds:
            why = "the sides differ in some cases of signs, and no real point of these was found"
        else:
            why = f"the sides differ, but not all is known here of {', '.join(sorted(self.known.caveats))}"
        raise Abstention(why)

    def error(self, evaluation: Evaluation, bits: int) -> float:
        """The logarithm of the probability that a point with a prime of so many bits does not see a difference."""
        try:
            weight = self._weight(evaluation)
        except OverflowError:  # of floats
            return inf
        # Degrees count once over p > 2^(bits - 1). There are more than 2^(bits - 2)/bits primes, so that lengths count
        # less than four times as much. At least half of the points are not degenerate.
        return log2(weight) + 2 - bits

    def _weight(self, evaluation: Evaluation) -> float:
        """The degree + 4 log2(length) of everything that must not be 0 by accident."""
        difference, totals = sizes(self.graph, evaluation.exponents)
        keyed = chain(*(s.args for s in self.graph.steps if s.kind in ("opaque", "exp", "sign", "sqrt")))
        largest = max((totals[k].degree + 4 * totals[k].length for k in keyed), default=0)
        comparisons = evaluation.atoms**2 + 4 * MULTIPLES**2 * len(evaluation.signs) ** 3 + evaluation.absolutes
        return difference.degree + 4 * difference.length + 3 * comparisons * largest


def _branches(reports: Sequence[_Report]) -> str:
    if not any(report.roots for report in reports):
        return ""
    dependent = max(report.dependent for report in reports)
    if dependent:
        return f", on all branches of {dependent} roots that may depend on others"
    return "; the roots are independent, so that one branch of each decides"


class _Case:
    """One case of signs, given in the order in which they come up; those not given are 1."""

    def __init__(self, test: _Test, signs: tuple[int, ...]) -> None:
        self.test, self.signs, self.given = test, signs, len(signs)
        self.bits = BITS[0]
        self.attempts = 0
        self.found: Points = []

    def report(self) -> _Report:
        if not self._another():
            return self._undefined()
        error = self._choose_bits()
        needed = max(self.test.points, -floor(CERTAINTY / error))
        dependent, stagnant = _dependent(self.found), 0
        try:
            while not self._settled(needed) or (dependent and stagnant < STAGNANT):
                self._one_more()
                before, dependent = dependent, _dependent(self.found)
                stagnant = 0 if len(dependent) < len(before) else stagnant + 1
        except Late:
            if dependent:
                raise
        if dependent:
            self._learn_absolutes(dependent)
            return self._all_branches(dependent, needed, error)
        count, agreed = len(self.found), all(e.agrees for _, e in self.found)
        certain = not agreed and not self.first.absolutes
        return _Report("equal" if agreed else "different", count, 0 if certain else count * error, self.roots)

    @property
    def first(self) -> Evaluation:
        return self.found[0][1]

    @property
    def roots(self) -> int:
        return len(self.first.roots)

    # Points

    def _evaluate(self, number: int, flipped: Iterable[int] = ()) -> Evaluation:
        test = self.test
        field = RandomField(self.bits, test.graph.depth, f"{test.seed}/{number}")
        return Evaluation(test.graph, field, self.signs, frozenset(flipped), test.known, test.deadline)

    def _another(self) -> bool:
        """Evaluate at one more point; False when too many are degenerate, or unlike the others by accident."""
        self.degenerate: Points = []  # since the last that was found
        while len(self.degenerate) < DEGENERATE:
            self.attempts += 1
            new = self._evaluate(self.attempts)
            self.signs += (1,) * (len(new.signs) - len(self.signs))
            if len(self.test.graph.steps) > SMALL:
                new.forget()
            if new.agrees is not None and (not self.found or new.shape == self.first.shape):
                self.found.append((self.attempts, new))
                return True
            self.degenerate.append((self.attempts, new))
        return False

    def _one_more(self) -> None:
        if not self._another():
            raise Abstention("a divisor is 0 at most points that were tried")

    def _settled(self, needed: int) -> bool:
        differs = not self.first.absolutes and not all(e.agrees for _, e in self.found)
        return differs or len(self.found) >= needed

    def _choose_bits(self) -> float:
        """Take longer primes until a point is worth something; the logarithm of its error."""
        for bits in BITS:
            error = self.test.error(self.first, bits)
            if error <= -WEAKEST:
                break
        else:
            raise Abstention("the polynomials behind the sides are too large for a bound on the error")
        if bits != self.bits:
            self.bits, self.found = bits, []
            self._one_more()
        return error

    # Branches

    def _learn_absolutes(self, dependent: Iterable[int]) -> None:
        """Look for roots that are c |u| for an earlier step u. Raises Learned when there is a new one."""
        graph, absolutes = self.test.graph, self.test.known.absolutes
        learned = False
        for k in dependent:
            root = self.first.roots[k][0]
            for u in range(len(self.first.values)):
                if graph.depths[u] < graph.depths[root]:
                    factor = self._multiple(k, u)
                    if factor is not None:  # not known, or this root would have been written by it
                        absolutes.setdefault(root, []).append((u, factor))
                        learned = True
                        break
        if learned:
            raise Learned

    def _multiple(self, root: int, u: int) -> Fraction | None:
        """c where a root is c |u| at every point."""
        common: Fraction | None = None
        for _, evaluation in self.found:
            if evaluation.values[u].is_zero():
                return None
            value = evaluation.field.ratio(evaluation.roots[root][2], evaluation.values[u], MULTIPLES)
            if value is None or common not in (None, abs(value)):
                return None
            common = abs(value)
        return common

    def _undefined(self) -> _Report:
        """A divisor is 0 at every point: whether it is on all branches of the roots that came up before it."""
        dependent = _dependent([p for p in self.degenerate if p[1].shape == self.degenerate[0][1].shape])
        for number, _ in self.degenerate[: self.test.points]:
            if any(self._evaluate(number, flipped).agrees is not None for flipped in _subsets(dependent)):
                raise Abstention("a divisor is 0 on some branches of the roots")
        return _Report("undefined")

    def _all_branches(self, dependent: Sequence[int], needed: int, error: float) -> _Report:
        mixed = False
        for number, unflipped in self.found[:needed]:
            agreeing = {unflipped.agrees}
            for flipped in _subsets(dependent):
                other = self._evaluate(number, flipped)
                agreeing.add(other.agrees)
                mixed |= other.agrees is not None and other.shape != unflipped.shape
            if agreeing == {False} and not mixed:
                return _Report("different", error=len(self.found) * error if unflipped.absolutes else 0)
            mixed |= False in agreeing
        count = min(needed, len(self.found))
        return _Report("mixed" if mixed else "equal", count, count * error, self.roots, len(dependent))


def _subsets(dependent: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The sets of roots to flip, without the empty one. Raises Abstention when there are too many."""
    if len(dependent) > DEPENDENT:
        raise Abstention(f"more than {DEPENDENT} roots may depend on each other")
    return chain.from_iterable(combinations(dependent, size) for size in range(1, len(dependent) + 1))


def _dependent(found: Points) -> list[int]:
    """The roots not known to be independent of each other and of those nested less deeply."""
    first, start = found[0][1], 0
    for stage, row in enumerate(first.characters):
        independent = _independent(evaluation.characters[stage] for _, evaluation in found)
        if len(independent) < len(row):
            here = [start + k for k in range(len(row)) if k not in independent]
            return here + list(range(start + len(row), len(first.roots)))
        start += len(row)
    return []


def _independent(rows: Iterable[Sequence[bool]]) -> set[int]:
    """A largest set of columns that are linearly independent over the field of two elements; True stands for 0."""
    basis: dict[int, int] = {}
    for row in rows:
        vector = sum(1 << k for k, square in enumerate(row) if not square)
        while vector:
            vector ^= basis.setdefault(vector.bit_length() - 1, vector)
    return set(basis)

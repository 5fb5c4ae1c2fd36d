"""Identity testing: both sides of a statement, as written, at random points of large prime fields.

Nothing is expanded, so the cost is that of the graph at each point, however long the polynomials behind it are; and
nothing is shared with the normal forms, so this is a second opinion on them.

What is tested. Square roots are formal, S^2 = V, signs are formal, s^2 = 1, values of abstract functions are
independent unknowns, one for each order and argument, and so are the exponentials of the terms of an exponent; log
and the normal distribution are opaque functions. In this ring of fractions the sides are

- `equal`, except with the probability `error_bound` over the choice of the points, SHAKE-256 taken for random. The
  equality then holds for every branch of the roots and in every case of signs, so for real numbers too;
- `different` for certain: their images differ whatever the branches of the roots and the signs, or enclosures at a
  real point are disjoint;
- anything else is an abstention: for sqrt(x^2) = x some branches are equal and some are not, and which of them is
  the positive root only the order of the real numbers tells.

Signs. sign(u) is multiplicative, known where u is visibly positive, and shared by rational multiples of u. All
cases of signs are tried.

Branches. Where no root is a rational function of the others and the names, the ring is a field and one branch of each
root speaks for all of them. Independence is proved by characters: if a product of radicands were a square, it
would be a square at each point, so radicands whose quadratic characters are linearly independent over the points
are independent (at nonzero radicands the roots are unramified). All branches of the other roots are tried.

The bound. A polynomial N of degree d and length l in k roots has a norm with 2^k times the degree and the
logarithm of the length. At most 2^k log2(l)/(b - 1) primes of b bits divide that norm, and for other primes it
vanishes at no more than 2^k d of p values of its names (Schwartz and Zippel). The points have independent primes.
Arguments that are equal by accident count in the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations
from math import floor, inf, lcm, log2, prod
from time import monotonic
from typing import Any, Literal

from sympy import Rational

from symnet.errors import SymnetError
from symnet.truth.modular_field import RandomField
from symnet.truth.modular_graph import Graph, Step, sizes
from symnet.truth.recheck import SoundnessError, recheck_statement
from symnet.truth.statement import Statement

__all__ = ["ModularOutcome", "test_identity"]

BITS = (62, 126, 254)  # lengths of primes, from the fastest on
WEAKEST = 16  # a point has to be worth that many bits of certainty, or the prime is longer
CERTAINTY = 100  # points are added until the error bound is below 2^-100
DEPTH = 5  # roots nested deeper need a field of more than p^32 elements
CASES = 256  # of signs
DEPENDENT = 8  # roots of which all branches are tried
STAGNANT = 10  # points without a new independent character before a root is taken to be dependent
DEGENERATE = 12  # points where a divisor or a radicand is 0
TERMS = 2000  # of an exponent
MULTIPLES = 64  # sign(c u) = sign(u) for positive fractions c of this size
SQUARES = 1 << 20  # sqrt(c^2 V) = c sqrt(V) for c^2 of this size
REAL_STEPS = 5000  # enclosures at real points settle statements up to this size
REAL_POINTS = 4

Key = tuple[int, ...]
Terms = dict[Key, tuple[Any, Fraction]]  # a sum of coefficient * element


@dataclass(frozen=True)
class ModularOutcome:
    """error_bound: of `equal`, such as "2^-105"; points: how many agreed in each case, 0 unless equal."""

    kind: Literal["equal", "different", "abstain"]
    error_bound: str | None
    reason: str
    points: int


def test_identity(
    statement: Statement, points: int = 3, seconds: float = 5, seed: int = 0
) -> ModularOutcome:
    """Test left = right at random points of prime fields: at least `points` and until the error is below 2^-100.

    Deterministic for a seed as long as the time suffices. Raises nothing: what cannot be tested is an abstention.
    """
    try:
        return _Test(statement, points, monotonic() + seconds, seed).outcome()
    except _Abstention as abstention:
        return ModularOutcome("abstain", None, str(abstention), 0)


class _Abstention(Exception):
    """Why nothing is said."""


class _Late(_Abstention):
    """The time limit passed."""


class _Rescale(Exception):
    """An exponent has a coefficient that is no multiple of 1/scale."""


class _Evaluation:
    """Both sides at one point, in one case of signs and with some roots on their other branch.

    agrees: None where a divisor or a radicand is 0. characters: for each stage, whether its radicands are squares.
    signs: those that came up, with their arguments. caveats: what is treated as unknown although something is
    known of it, so that a difference proves nothing. exponents: see `sizes`. Raises _Rescale.
    """

    def __init__(
        self,
        graph: Graph,
        field: RandomField,
        case: Sequence[int],
        flipped: frozenset[int],
        scale: int,
        deadline: float,
    ) -> None:
        self.graph, self.field, self.case, self.flipped, self.scale = graph, field, case, flipped, scale
        self.values: list[Any] = [None] * len(graph.steps)
        self.level = 0  # of the smallest field with everything computed so far
        self.roots: list[tuple[Any, Any]] = []  # radicands and their roots
        self.characters: list[list[bool]] = []
        self.signs: list[tuple[Any, int]] = []
        self.caveats: set[str] = set()
        self.exponents: dict[int, tuple[int, int]] = {}
        self._one = field.number(Rational(1))
        self._atoms: dict[tuple[Any, ...], Any] = {}
        self._terms: dict[int, Terms] = {}
        self.agrees: bool | None = None
        try:
            for radicals, others in graph.stages:
                self.characters.append([])
                for step in radicals:
                    self.values[step.position] = self._sqrt(self.values[step.args[0]])
                    self._expand(step)
                self.level += not all(self.characters[-1])
                self._compute(others, deadline)
            self.agrees = bool(self.values[graph.left] == self.values[graph.right])
        except ZeroDivisionError:
            pass

    @property
    def shape(self) -> tuple[int, ...]:
        """The same at all points but for accidents."""
        return len(self.signs), *map(len, self.characters)

    def _compute(self, steps: Sequence[Step], deadline: float) -> None:
        values, additive = self.values, self.graph.additive
        for count, step in enumerate(steps):
            args = [values[k] for k in step.args]
            if step.kind == "sum":
                value = sum(args[1:], args[0])
            elif step.kind == "product":
                value = prod(args[1:], start=args[0])
            elif step.kind == "power":
                if not args[0] and step.exponent < 0:
                    raise ZeroDivisionError
                value = args[0] ** step.exponent
            else:
                value = self._leaf(step, args)
            values[step.position] = value
            if step.position in additive:
                self._expand(step)
            if count % 1024 == 0 and monotonic() > deadline:
                raise _Late("the time limit passed")

    def _leaf(self, step: Step, args: list[Any]) -> Any:
        if step.kind == "number":
            return self.field.number(step.node)
        if step.kind == "name":
            return self.field.value(0, step.node.name)
        if step.kind == "sign":
            return self._one * self._sign(step.args[0])
        if step.kind == "exp":
            return self._exp(step)
        node = step.node
        if not node.operation.abstract:
            self.caveats.add(node.function)
        return self._atom(node.function, node.order, *map(self.field.key, args))

    def _atom(self, *key: Any) -> Any:
        if key not in self._atoms:
            self._atoms[key] = self.field.value(self.level, *key)
        return self._atoms[key]

    # Roots and signs

    def _sqrt(self, radicand: Any) -> Any:
        if not radicand:
            raise ZeroDivisionError
        for other, root in ((self._one, self._one), *self.roots):
            ratio = self.field.ratio(radicand, other, SQUARES)
            factor = None if ratio is None or ratio < 0 else Rational(ratio) ** Rational(1, 2)
            if isinstance(factor, Rational):
                return root * self.field.number(factor)
        self.characters[-1].append(self.field.is_square(radicand, self.level))
        root = self.field.sqrt(radicand)
        branch = self.field.value(0, "branch", self.field.key(radicand)).to_list()[0] % 2
        if bool(branch) != (len(self.roots) in self.flipped):
            root = -root
        self.roots.append((radicand, root))
        return root

    def _sign(self, position: int) -> int:
        known, factors = self.graph.signs[position]
        return known * prod(self._choice(self.values[k]) for k in sorted(factors))

    def _choice(self, u: Any) -> int:
        if not u:
            self.caveats.add("the sign of an expression that is 0 at the point")
            return 0
        for other, sign in self.signs:
            ratio = self.field.ratio(u, other, MULTIPLES)
            if ratio is not None:
                return sign if ratio > 0 else -sign
        sign = self.case[len(self.signs)] if len(self.signs) < len(self.case) else 1
        self.signs.append((u, sign))
        return sign

    # Exponentials: exp(sum of c b) is the product of t_b^c, with an unknown t_b for each term b

    def _exp(self, step: Step) -> Any:
        value, up, down = self._one, 0, 0
        for key, (_, coefficient) in self._terms[step.args[0]].items():
            power = coefficient * self.scale
            if power.denominator > 1:
                raise _Rescale(lcm(self.scale, coefficient.denominator))
            t = self._atom("exp", key)
            if not t:
                raise ZeroDivisionError
            value = value * t ** int(power)
            up, down = up + max(0, int(power)), down + max(0, -int(power))
        self.exponents[step.position] = up, down
        return value

    def _expand(self, step: Step) -> None:
        """The terms of a step, if an exponential needs them."""
        if step.position not in self.graph.additive:
            return
        args = [self._terms[k] for k in step.args] if step.kind in ("sum", "product", "power") else []
        if step.kind == "number":
            terms = self._constant(Fraction(int(step.node.p), int(step.node.q)))
        elif step.kind == "sign":
            terms = self._constant(Fraction(self._sign(step.args[0])))
        elif step.kind == "sum":
            terms = self._collect(chain.from_iterable(t.values() for t in args))
        elif step.kind == "product":
            terms = self._multiply(args)
        elif step.kind == "power" and step.exponent > 0:
            terms = self._multiply(args * step.exponent)
        elif step.kind == "power" and len(args[0]) == 1:
            ((b, c),) = args[0].values()
            terms = self._collect([(b**step.exponent, c**step.exponent)])
        else:
            if step.kind == "sqrt" or step.kind == "power":
                self.caveats.add("an exponent with roots or divided by a sum")
            terms = self._collect([(self.values[step.position], Fraction(1))])
        self._terms[step.position] = terms

    def _constant(self, value: Fraction) -> Terms:
        return self._collect([(self._one, value)])

    def _multiply(self, factors: Sequence[Terms]) -> Terms:
        result = self._constant(Fraction(1))
        for factor in factors:
            if len(result) * len(factor) > TERMS:
                raise _Abstention(f"an exponent has more than {TERMS} terms")
            pairs = ((b * d, c * e) for b, c in result.values() for d, e in factor.values())
            result = self._collect(pairs)
        return result

    def _collect(self, terms: "Iterator[tuple[Any, Fraction]] | Sequence[tuple[Any, Fraction]]") -> Terms:
        """Add the coefficients of equal elements; b and -b count as one."""
        result: Terms = {}
        for b, c in terms:
            key, opposite = self.field.key(b), self.field.key(-b)
            if opposite < key:
                key, b, c = opposite, -b, -c
            c += result[key][1] if key in result else 0
            result[key] = b, c
        return {key: term for key, term in result.items() if term[1] and term[0]}


@dataclass(frozen=True)
class _Report:
    """What was found in one case of signs; dependent: how many roots were tried on all branches."""

    kind: Literal["equal", "different", "mixed", "undefined"]
    points: int = 0
    error: float = 0  # its logarithm to base 2
    roots: int = 0
    dependent: int = 0


class _Test:
    def __init__(self, statement: Statement, points: int, deadline: float, seed: int) -> None:
        self.statement, self.points, self.deadline, self.seed = statement, points, deadline, seed
        try:
            self.graph = Graph(statement)
        except SymnetError as error:
            raise _Abstention(str(error)) from None
        if self.graph.depth > DEPTH:
            raise _Abstention(f"roots are nested {self.graph.depth} deep, and {DEPTH} is the most that is tried")
        self.scale = 1
        self.caveats: set[str] = set()

    def outcome(self) -> ModularOutcome:
        reports: list[_Report] = []
        stack: list[tuple[int, ...]] = [()]
        while stack:
            case = _Case(self, stack.pop())
            reports.append(case.report())
            if len(reports) + len(stack) > CASES:
                raise _Abstention(f"there are more than {CASES} cases of signs")
            stack += ((*case.signs[:k], -1) for k in range(case.given, len(case.signs)))
        defined = [r for r in reports if r.kind != "undefined"]
        if not defined:
            raise _Abstention("a divisor or a radicand is 0 at every point that was tried")
        cases = f" in all {len(defined)} cases of signs" if len(defined) > 1 else ""
        if all(r.kind == "equal" for r in defined):
            return self._equal(defined, cases)
        if all(r.kind == "different" for r in defined) and not self.caveats:
            text = f"the sides differ at a point of a prime field{cases}, whatever the branches of the roots"
            return ModularOutcome("different", None, text, 0)
        return self._at_real_points(defined)

    def _equal(self, reports: list[_Report], cases: str) -> ModularOutcome:
        worst = max(reports, key=lambda r: r.error)
        error = worst.error
        branches = ""
        if any(r.roots for r in reports):
            dependent = max(r.dependent for r in reports)
            independent = "the roots are independent, so that one branch of each decides"
            branches = f"; all branches of {dependent} dependent roots" if dependent else f"; {independent}"
        points = min(r.points for r in reports)
        text = f"the sides agree at {points} random points of prime fields{cases}{branches}"
        return ModularOutcome("equal", f"2^{floor(error) + 1}", text, points)

    def _at_real_points(self, reports: list[_Report]) -> ModularOutcome:
        """Where only some cases or branches differ, or what differs is only known in part."""
        if len(self.graph.steps) <= REAL_STEPS and monotonic() < self.deadline:
            try:
                recheck_statement(self.statement, REAL_POINTS)
            except SoundnessError:
                return ModularOutcome("different", None, "enclosures of the sides at a real point are disjoint", 0)
        if any(r.kind == "mixed" for r in reports):
            why = "some branches of the roots make the sides equal; which ones are positive is not known here"
        elif any(r.kind == "equal" for r in reports):
            why = "the sides differ in some cases of signs, and no real point of these was found"
        else:
            why = f"the sides differ, but not everything is known here of: {', '.join(sorted(self.caveats))}"
        raise _Abstention(why)

    def error(self, evaluation: _Evaluation, bits: int) -> float:
        """The logarithm of the probability that a point with a prime of so many bits does not see a difference."""
        difference, totals = sizes(self.graph, evaluation.exponents)
        keyed = [s.args for s in self.graph.steps if s.kind in ("opaque", "exp", "sign")]
        largest = max((totals[k].degree + 4 * totals[k].length for k in chain(*keyed)), default=0)
        atoms, signs = len(evaluation._atoms), len(evaluation.signs)
        comparisons = atoms**2 + 2 * MULTIPLES**2 * signs**2
        weight = difference.degree + 4 * difference.length + comparisons * 2 * largest
        # Degrees count once over p > 2^(bits - 1); there are more than 2^(bits - 2)/bits primes, which makes
        # lengths count less than four times as much; half of the points at least are not degenerate.
        return len(evaluation.roots) + log2(max(weight, 1)) + 2 - bits if weight < inf else inf


class _Case:
    """One case of signs, given in the order in which they come up; those not given are 1."""

    def __init__(self, test: _Test, signs: tuple[int, ...]) -> None:
        self.test, self.signs, self.given = test, signs, len(signs)
        self.bits = BITS[0]
        self.attempts = self.failures = 0
        self.found: list[tuple[int, _Evaluation]] = []  # with the numbers of their points

    def evaluate(self, number: int, flipped: frozenset[int] = frozenset()) -> _Evaluation:
        """The evaluation at the point of that number."""
        test = self.test
        field = RandomField(self.bits, test.graph.depth, f"{test.seed}/{number}")
        while True:
            try:
                found = _Evaluation(test.graph, field, self.signs, flipped, test.scale, test.deadline)
            except _Rescale as error:
                (test.scale,) = error.args
                continue
            test.caveats |= found.caveats
            return found

    def another(self) -> bool:
        """Evaluate at one more point; False when too many are degenerate."""
        while self.failures < DEGENERATE:
            self.attempts += 1
            new = self.evaluate(self.attempts)
            self.signs += (1,) * (len(new.signs) - len(self.signs))
            if new.agrees is not None and (not self.found or new.shape == self.found[0][1].shape):
                self.found.append((self.attempts, new))
                return True
            self.failures += 1
        return False

    def report(self) -> _Report:
        if not self.another():
            return _Report("undefined")
        error = self._choose_bits()
        needed = max(self.test.points, -floor(CERTAINTY / error))
        dependent = self._dependent()
        last, size = 0, len(dependent)
        try:
            while len(self.found) < needed if not dependent else len(self.found) - last < STAGNANT:
                if not dependent and not all(e.agrees for _, e in self.found):
                    break
                if not self.another():
                    raise _Abstention("a divisor or a radicand is 0 at most points that were tried")
                dependent = self._dependent()
                if len(dependent) < size:
                    last, size = len(self.found), len(dependent)
        except _Late:
            if dependent:
                raise
        roots = len(self.found[0][1].roots)
        if not dependent:
            agreed = all(e.agrees for _, e in self.found)
            count = len(self.found)
            return _Report("equal" if agreed else "different", count, count * error, roots)
        return self._all_branches(dependent, needed, error)

    def _all_branches(self, dependent: Sequence[int], needed: int, error: float) -> _Report:
        if len(dependent) > DEPENDENT:
            raise _Abstention(f"more than {DEPENDENT} roots may depend on each other")
        mixed = False
        for number, unflipped in self.found[:needed]:
            agreeing = {unflipped.agrees}
            for size in range(1, len(dependent) + 1):
                for flipped in combinations(dependent, size):
                    other = self.evaluate(number, frozenset(flipped))
                    agreeing.add(other.agrees)
                    mixed |= other.agrees is not None and other.shape != unflipped.shape
            if agreeing == {False} and not mixed:
                return _Report("different")
            mixed |= False in agreeing
        count = min(needed, len(self.found))
        kind: Literal["mixed", "equal"] = "mixed" if mixed else "equal"
        return _Report(kind, count, count * error, len(unflipped.roots), len(dependent))

    def _choose_bits(self) -> float:
        """Take longer primes until a point is worth something; the logarithm of its error."""
        for bits in BITS:
            error = self.test.error(self.found[0][1], bits)
            if error <= -WEAKEST:
                break
        else:
            raise _Abstention("the polynomials behind the sides are too large for a bound on the error")
        if bits != self.bits:
            self.bits, self.found = bits, []
            if not self.another():
                raise _Abstention("a divisor or a radicand is 0 at most points that were tried")
        return error

    def _dependent(self) -> list[int]:
        """The roots not known to be independent of each other and of those nested less deeply."""
        evaluations = [e for _, e in self.found]
        first = 0
        for stage, row in enumerate(evaluations[0].characters):
            independent = _pivots(e.characters[stage] for e in evaluations)
            if len(independent) < len(row):
                return [first + k for k in range(len(row)) if k not in independent] + list(
                    range(first + len(row), len(evaluations[0].roots))
                )
            first += len(row)
        return []


def _pivots(rows: "Iterator[list[bool]]") -> set[int]:
    """A largest set of columns that are linearly independent over the field of two elements; True stands for 0."""
    basis: dict[int, int] = {}
    for row in rows:
        vector = sum(1 << k for k, square in enumerate(row) if not square)
        while vector:
            pivot = vector.bit_length() - 1
            if pivot not in basis:
                basis[pivot] = vector
                break
            vector ^= basis[pivot]
    return set(basis)

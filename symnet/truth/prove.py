"""Proofs of equality, by normal form and by cases of signs.

What "proved" means. Where both sides are defined, they are equal: at every real value of the names, and for every
choice of the abstract functions among the smooth ones, except where one of `Outcome.nonzero` vanishes. The normal
form alone shows this only where no sign's argument and no denominator on the way is zero, a dense part; both sides
are continuous (functions are, and so are max, abs, relu), so it holds everywhere else too, except

- where the argument of a sign or a step written in the statement is zero: these jump;
- where the argument of a square root is zero, unless it is visibly never negative: the part of the domain where it
  is zero may be isolated from the rest.

These arguments are the `nonzero` of the outcome, without those that are known not to vanish, as when the statement
divides by them. The domain itself is no assumption: a square root is defined where its argument is not negative.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from sympy import Add, Expr, Integer, Mul, S, Symbol

from symnet.clock import now
from symnet.equations import Derivation
from symnet.expressions import product, total
from symnet.operations import Call
from symnet.truth.assumptions import Condition, negative, positive
from symnet.truth.field import Field, Rescale
from symnet.truth.recheck import SoundnessError, recheck
from symnet.truth.ring import Element, NoNormalForm, Poly, Ring, SignNeeded, TooLarge, Undecidable, Undefined
from symnet.truth.statement import Statement, scalar_conditions, state

__all__ = ["Case", "Outcome", "SoundnessError", "prove", "prove_equal", "prove_zero", "recheck"]

CASES = 256  # more cases than this: undecided
TOGETHER = 8  # signs of which any may contradict each other
JUMPS = ("sign", "step")
NEVER_NEGATIVE = ("sqrt", "exp", "abs", "relu", "sigmoid", "softplus", "step", "normal_cdf", "normal_pdf")


@dataclass(frozen=True)
class Case:
    """The signs assumed, and the normal form of left - right under them; None where a side is defined nowhere."""

    signs: tuple[tuple[Expr, int], ...]
    difference: Element | None

    @property
    def proved(self) -> bool:
        return self.difference is not None and self.difference.is_zero

    @property
    def failing(self) -> bool:
        return self.difference is not None and not self.difference.is_zero

    @property
    def remainder(self) -> Expr:
        """left - right in this case, 0 where it is proved."""
        return S.Zero if self.difference is None else self.difference.as_expr()

    @property
    def text(self) -> str:
        return " and ".join(f"{u} {'>' if sign > 0 else '<'} 0" for u, sign in self.signs)


@dataclass(frozen=True)
class Outcome:
    """kind: not_zero says that the normal form of some case is not zero, which alone refutes nothing.

    nonzero: arguments where the proof says nothing when they are 0; reason: why it is undecided.
    """

    kind: Literal["proved", "not_zero", "undecided"]
    method: str
    seconds: float
    cases: tuple[Case, ...] = ()
    nonzero: tuple[Expr, ...] = ()
    reason: str = ""

    @property
    def proved(self) -> bool:
        return self.kind == "proved"

    @property
    def failing(self) -> tuple[Case, ...]:
        return tuple(c for c in self.cases if c.failing)


def prove_zero(
    expression: Expr,
    derivation: Derivation | None = None,
    assumptions: Sequence[Condition] = (),
    seconds: float = 20,
) -> Outcome:
    """Try to prove that an expression is zero wherever it is defined."""
    return prove_equal(expression, S.Zero, derivation, assumptions, seconds)


def prove_equal(
    left: Expr,
    right: Expr,
    derivation: Derivation | None = None,
    assumptions: Sequence[Condition] = (),
    seconds: float = 20,
) -> Outcome:
    """Try to prove left = right wherever both are defined, under the assumptions."""
    return prove(state(left, right, derivation, assumptions), scalar_conditions(assumptions), seconds)


def prove(statement: Statement, assumptions: Sequence[Condition] = (), seconds: float = 20) -> Outcome:
    """As `prove_equal`, for a statement already made scalar."""
    start = now()
    statement = statement.under(assumptions)
    search = _Search(statement, tuple(assumptions), start + seconds)
    try:
        if search.holds_for_free_roots():
            return search.outcome((Case((), search.field().number(0)),), start)
        cases = tuple(search.cases())
        return search.outcome(cases, start)
    except Undecidable as error:
        return Outcome("undecided", "normal form", now() - start, reason=str(error))


def exceptions(statement: Statement, seconds: float) -> tuple[Expr, ...]:
    """Arguments of a statement that was proved otherwise: where they are 0 the proof may say nothing."""
    search = _Search(statement, (), now() + seconds)
    try:
        return search.exceptions()
    except Undecidable:
        return search.arguments()


class _Search:
    def __init__(self, statement: Statement, assumptions: tuple[Condition, ...], deadline: float) -> None:
        self.statement, self.assumptions, self.deadline = statement, assumptions, deadline
        self.scales: dict[Expr, int] = {}

    def field(self, case: Iterable[tuple[Expr, int]] = ()) -> Field:
        signs = tuple(positive(u) if sign > 0 else negative(u) for u, sign in case)
        return Field(self.statement.derivation, self.assumptions + signs, self.deadline, self.scales)

    def holds_for_free_roots(self) -> bool:
        """Whether the sides are equal whatever numbers the named roots are: then no S^2 has to be written out."""
        equations = tuple(e for e in self.statement.equations if not _is_root(e.rhs))
        if len(equations) == len(self.statement.equations):
            return False
        free = replace(self.statement, equations=equations)
        try:
            field = Field(free.derivation, self.assumptions, self.deadline)
            return (field.element(free.left) - field.element(free.right)).is_zero
        except NoNormalForm:
            return False

    def cases(self) -> Iterator[Case]:
        """Split by signs until each case is zero, undefined, or without signs that could still be told apart."""
        stack: list[tuple[tuple[Expr, int], ...]] = [()]
        count = 0
        while stack:
            case = stack.pop()
            count += 1
            if count > CASES:
                raise Undecidable(f"there are more than {CASES} cases of signs")
            try:
                found = self._examine(case)
            except Undefined as error:
                self.reason = str(error)
                found = Case(case, None)
            if isinstance(found, Case):
                yield found
            else:
                stack += [(*case, (found, -1)), (*case, (found, 1))]

    def _examine(self, signs: tuple[tuple[Expr, int], ...]) -> Case | Expr:
        """The case when it is settled, else the expression whose sign has to be known."""
        while True:
            field = self.field(signs)
            try:
                difference = field.element(self.statement.left) - field.element(self.statement.right)
                if not difference.is_zero and field.has_nested_roots:
                    # what one side calls sqrt(5 - 2 sqrt(6)) is sqrt(3) - sqrt(2) once the other side has named these
                    field = self.field(signs)
                    other = field.element(self.statement.right)
                    difference = field.element(self.statement.left) - other
            except Rescale:
                continue
            except SignNeeded as error:
                if not field.generators[error.index].is_sign:
                    raise Undecidable("a denominator cannot be made rational") from None
                return _argument(field, error.index)
            except TooLarge:  # fewer signs make shorter polynomials
                if not field.open_signs():
                    raise
                return _argument(field, field.open_signs()[0])
            undecided = None if difference.is_zero else _first_sign(difference)
            return Case(signs, difference) if undecided is None else undecided

    def outcome(self, cases: tuple[Case, ...], start: float) -> Outcome:
        if any(c.failing for c in cases):
            cases = tuple(map(self._existing, cases))
        defined = [c for c in cases if c.difference is not None]
        method = "normal form" if len(cases) == 1 else f"normal form in {len(defined)} sign cases"
        if not defined:
            reason = f"nowhere defined: {self.reason}"
            return Outcome("undecided", method, now() - start, cases, reason=reason)
        if any(c.failing for c in defined):
            return Outcome("not_zero", method, now() - start, cases)
        nonzero = self.exceptions()
        return Outcome("proved", method, now() - start, cases, nonzero)

    def _existing(self, case: Case) -> Case:
        """A case whose signs contradict each other or the assumptions is none, whatever holds in it."""
        if not _contradictory([s for c in self.assumptions for s in c.signs], case.signs):
            return case
        self.reason = "the signs contradict each other"
        return replace(case, difference=None)

    # Where the continuity argument stops

    def arguments(self) -> tuple[Expr, ...]:
        """Of jumps, and of roots that are not visibly defined everywhere."""
        found = dict.fromkeys(self._arguments_of(*JUMPS))
        return (*found, *(u for u in self._arguments_of("sqrt") if u not in found and not self._never_negative(u)))

    def exceptions(self) -> tuple[Expr, ...]:
        """The arguments that can be 0 where the equality is not continued from beside it."""
        arguments, jumps = self.arguments(), self._arguments_of(*JUMPS)
        if not arguments:
            return ()
        visible = filter(self._never_negative, self._arguments_of("sqrt"))
        try:
            field = self.field()
            nonzero = self._divisors(field)
            never_negative = [(1, frozenset[str]()), *(sign_factors(field, field.element(u)) for u in visible)]
            return tuple(
                u
                for u in arguments
                if not _cannot_vanish(field, field.element(u), nonzero)
                and (u in jumps or sign_factors(field, field.element(u)) not in never_negative)
            )
        except (Undefined, SignNeeded, Rescale):
            return arguments

    def _arguments_of(self, *functions: str) -> list[Expr]:
        calls = [n for n in self.statement.nodes if isinstance(n, Call) and n.function in functions]
        return list(dict.fromkeys(n.args[0] for n in calls))

    def _divisors(self, field: Field) -> set[str]:
        """The irreducible factors of what is divided by, stands in a logarithm, or is assumed not to be 0."""
        divisors = [n.base for n in self.statement.nodes if n.is_Pow and n.exp.is_negative]
        divisors += [n.args[0] for n in self.statement.nodes if isinstance(n, Call) and n.function == "log"]
        for condition in self.assumptions:
            divisors += condition.nonzero
            divisors += [u for u, _ in condition.signs if u not in condition.closed]
        found: set[str] = set()
        for divisor in divisors:
            found |= set(_factors(field, field.element(divisor)))
        return found

    def _never_negative(self, node: Expr) -> bool:
        """Whether an expression is visibly >= 0 everywhere."""
        node = self.statement.defined(node)
        if node.is_Rational:
            return bool(node >= 0)
        if node.is_Pow:
            return bool(node.exp.is_even) or self._never_negative(node.base)
        if node.is_Add or node.is_Mul:
            return all(map(self._never_negative, (Add if node.is_Add else Mul).make_args(node)))
        if isinstance(node, Symbol):
            return bool(node.is_nonnegative)
        return isinstance(node, Call) and node.function in NEVER_NEGATIVE


def _contradictory(given: Sequence[tuple[Expr, int]], signs: Sequence[tuple[Expr, int]]) -> bool:
    """Whether some of what is said to be positive adds up to 0, as in a > b, b > c, c > a; what is given may be 0."""
    terms = [product(Integer(sign), u).expand() for u, sign in (*given, *signs)]
    sizes = range(3, len(terms) + 1) if len(terms) <= TOGETHER else ()
    chosen = (places for size in sizes for places in combinations(range(len(terms)), size))
    return any(places[-1] >= len(given) and total(*(terms[k] for k in places)) == 0 for places in chosen)


def _is_root(rhs: Expr) -> bool:
    return isinstance(rhs, Call) and rhs.function == "sqrt"


def _first_sign(element: Element) -> Expr | None:
    """The argument of the earliest sign that an element depends on."""
    signs = [k for k in element.ring.depends([element]) if element.ring.generators[k].is_sign]
    return _argument(element.ring, min(signs)) if signs else None


def _argument(ring: Ring, sign: int) -> Expr:
    """What a sign generator is the sign of, written the same in every case."""
    u = ring.generators[sign].parts[0].as_expr()
    return product(S.NegativeOne, u).expand() if u.could_extract_minus_sign() else u


def _factors(field: Field, element: Element) -> Iterator[str]:
    """The irreducible polynomials that vanish where the element does; a radical by those of its radicand."""
    for p, _ in field.factor(element.num)[1]:
        under = field.radicand(p)
        yield from (str(p),) if under is None else _factors(field, under)


def sign_factors(field: Field, element: Element) -> tuple[int, frozenset[str]]:
    """The sign of the constant, and the irreducible factors whose signs make up the rest of an element's sign."""
    sign, odd = 1, set[str]()
    for poly in (element.num, element.den):
        if not poly:
            return 0, frozenset()
        content, factors = field.factor(poly)
        sign *= 1 if content > 0 else -1
        for p, e in factors:
            if e % 2 and field.evident_sign(p) != 1:
                odd ^= {str(p)}
    return sign, frozenset(odd)


def _cannot_vanish(field: Field, element: Element, nonzero: set[str]) -> bool:
    polynomials = [p for p, _ in field.factor(element.num)[1]]  # none for a number: of 0, sign(0) = 0 was used
    return all(
        field.constant_sign(p) or _is_positive(field, p) or nonzero >= set(_factors(field, field.of(p)))
        for p in polynomials
    )


def _is_positive(field: Field, p: Poly) -> bool:
    """Whether no term is negative, and one is positive whatever the values: a number, or made of exponentials."""
    definite = any(all(field.is_exponential(k) for k, _ in powers) for powers, _ in field.terms(p))
    return definite and field.evident_sign(p) == 1

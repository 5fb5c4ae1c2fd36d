"""The weakest simple conditions under which a false equality is true.

Candidates come from the proof itself, the signs that tell its good cases from its bad ones, and from a short list:
an abstract function is odd, even, linear or the identity; a given parameter is 0, 1 or 1/2, or equals another.
Each condition that is reported was proved sufficient by `symnet.truth.prove`, and has a witness that it is needed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sympy import Add, Expr, Integer, Rational, S, Symbol

from symnet.clock import now
from symnet.equations import Derivation
from symnet.expressions import product
from symnet.operations import Call
from symnet.truth.assumptions import (
    Condition,
    all_of,
    closure,
    equal,
    greater,
    has_property,
    monotone,
    negative,
    nonzero,
    positive,
)
from symnet.truth.field import Field
from symnet.truth.prove import Case, Outcome, prove, sign_factors
from symnet.truth.ring import NoNormalForm
from symnet.truth.statement import Statement, state
from symnet.truth.witness import Witness, search_witness
from symnet.truth.zeros import holds_at_zero

__all__ = ["Finding", "find_conditions", "search_conditions"]

VALUES = (Integer(0), Integer(1), Rational(1, 2))
WEAKER = {"identity": ("linear", "odd"), "linear": ("odd",), "odd": (), "even": ()}
TOGETHER = 3  # conditions in one conjunction, at most
EPSILON = ("eps", "epsilon")  # always worth trying to be 0
NAMES = 24  # at most so many names of equations are compared to write a sign in the lecture's own words


@dataclass(frozen=True)
class Finding:
    """A sufficient condition, the proof under it, and a point where it does not hold and the sides differ."""

    condition: Condition
    outcome: Outcome
    witness: Witness | None


def find_conditions(
    left: Expr,
    right: Expr,
    derivation: Derivation | None = None,
    parameters: Sequence[Expr] = (),
    seconds: float = 10,
) -> list[Finding]:
    """Conditions under which left = right, the weakest and simplest first; empty when none was found.

    parameters: those that may be required to have a special value or to be equal (none by default, but eps = 0 is
    always tried); signs and properties of abstract functions are tried for all.
    """
    return search_conditions(state(left, right, derivation), parameters=parameters, seconds=seconds)


def search_conditions(
    statement: Statement,
    outcome: Outcome | None = None,
    assumptions: Sequence[Condition] = (),
    parameters: Sequence[Expr] = (),
    seconds: float = 10,
) -> list[Finding]:
    """As `find_conditions`, for a scalar statement, under assumptions, with the `outcome` of `prove` if known."""
    search = _Search(statement, tuple(assumptions), now() + seconds)
    candidates = search.candidates(parameters)
    found = search.find(outcome or search.prove(()), (), candidates)
    return [search.finding(*one) for one in found]


Found = tuple[tuple[Condition, ...], Outcome]


class _Search:
    def __init__(self, statement: Statement, assumptions: tuple[Condition, ...], deadline: float) -> None:
        self.statement, self.assumptions, self.deadline = statement, assumptions, deadline

    @property
    def seconds(self) -> float:
        return max(0.0, self.deadline - now())

    def prove(self, conditions: tuple[Condition, ...]) -> Outcome:
        return prove(self.statement, self.assumptions + conditions, min(self.seconds, 5.0))

    def candidates(self, parameters: Sequence[Expr]) -> list[Condition]:
        """Properties of functions and values of parameters, the weaker first."""
        result = [has_property(name, p) for p in reversed(WEAKER) for name in self.statement.functions]
        given = [p for p in self.statement.parameters if p in parameters]
        result += [equal(p, Integer(0)) for p in self.statement.parameters if p.name in EPSILON and p not in given]
        result += [equal(p, value) for value in VALUES for p in given]
        result += [equal(p, q) for q, p in combinations(given, 2)]
        return result

    def find(self, outcome: Outcome, conditions: tuple[Condition, ...], candidates: Sequence[Condition]) -> list[Found]:
        """Sets of conditions beyond those given that suffice; more conditions only where fewer do not."""
        signs = self._by_signs(outcome, conditions)
        if signs:
            return signs
        found: list[Found] = []
        tried: list[tuple[Condition, Outcome]] = []
        for candidate in candidates:
            if not self.seconds or any(_implies(candidate, c) for done, _ in found for c in done):
                continue
            attempt = self.prove((*conditions, candidate))
            if attempt.proved:
                found.append(((*conditions, candidate), attempt))
            elif attempt.kind == "not_zero":
                tried.append((candidate, attempt))
        if found or len(conditions) + 1 >= TOGETHER:
            return found
        for candidate, attempt in tried:
            found += self._by_signs(attempt, (*conditions, candidate))
        for position, (candidate, attempt) in enumerate(tried):
            if found:
                break
            # Two parameters with special values are a point, not a condition anybody would state.
            fixed = any(c.values for c in (*conditions, candidate))
            rest = [c for c, _ in tried[position + 1 :] if not _overlap(candidate, c) and not (fixed and c.values)]
            found = self.find(attempt, (*conditions, candidate), rest) if rest and self.seconds else []
        return found

    # Signs

    def _by_signs(self, outcome: Outcome, conditions: tuple[Condition, ...]) -> list[Found]:
        """The fewest signs that select only good cases of an outcome."""
        good = [dict(c.signs) for c in outcome.cases if c.proved]
        if not good or not outcome.failing:
            return []
        arguments = list(dict.fromkeys(u for c in outcome.cases for u, _ in c.signs))
        products = [p for size in (2, 3) for p in combinations(arguments[:6], size)]
        for options in ([(u,) for u in arguments], products):
            closed = [
                self._closed(conditions, condition)
                for factors in options
                for condition in self._sign_of_product(factors, outcome.cases, conditions)
            ]
            if any(closed):
                return [one for one in closed if one]
        for size in (2, 3):
            for chosen in combinations(arguments[:6], size):
                if found := self._conjunctions(chosen, good, conditions):
                    return found
        return []

    def _sign_of_product(
        self, factors: tuple[Expr, ...], cases: Sequence[Case], conditions: tuple[Condition, ...]
    ) -> Iterator[Condition]:
        """The sign of a product of arguments when it tells the good cases from the bad ones."""
        verdicts: dict[int, set[bool]] = {1: set(), -1: set()}
        for case in cases:
            signs = dict(case.signs)
            if case.difference is None:
                continue
            if not set(factors) <= signs.keys():
                if not case.proved:
                    return
                continue
            sign = 1
            for u in factors:
                sign *= signs[u]
            verdicts[sign].add(case.proved)
        for sign in (1, -1):
            if verdicts[sign] == {True} and False in verdicts[-sign]:
                yield self._written(factors, sign, conditions)

    def _conjunctions(
        self, chosen: tuple[Expr, ...], good: Sequence[dict[Expr, int]], conditions: tuple[Condition, ...]
    ) -> list[Found]:
        found = []
        for signs in dict.fromkeys(tuple(g[u] for u in chosen) for g in good if set(chosen) <= g.keys()):
            parts = [self._written((u,), s, conditions) for u, s in zip(chosen, signs, strict=True)]
            written = tuple(sorted(parts, key=lambda c: (len(c.text), c.text)))
            attempt = self.prove((*conditions, *written))
            if attempt.proved:
                found.append(((*conditions, *written), attempt))
        return found

    def _closed(self, conditions: tuple[Condition, ...], condition: Condition) -> Found | None:
        """Allow equality where the statement is defined and true there."""
        attempt = self.prove((*conditions, condition))
        if not attempt.proved:
            return None
        given = self.assumptions + conditions
        if holds_at_zero(self.statement, condition.signs[0][0], given, min(self.seconds, 5.0), defined=True)[0]:
            condition = closure(condition)
        return (*conditions, condition), attempt

    def _written(self, factors: tuple[Expr, ...], sign: int, conditions: tuple[Condition, ...]) -> Condition:
        """The sign of a product as a reader of the lecture would say it."""
        sums = [k for k, factor in enumerate(factors) if factor.is_Add]
        if sign < 0 and sums:  # prefer to write u > 0
            opposite = product(S.NegativeOne, factors[sums[-1]]).expand()
            factors, sign = (*factors[: sums[-1]], opposite, *factors[sums[-1] + 1 :]), 1
        u = product(*factors)
        if isinstance(u, Symbol):
            return positive(u) if sign > 0 else negative(u)
        try:
            field = self._field(conditions)
            said = self._monotone(field, u, sign) or self._in_names(field, u, sign)
        except NoNormalForm:
            said = None
        if said is not None:
            return said
        terms = [t.as_coeff_Mul() for t in Add.make_args(u)]
        if sorted(c for c, _ in terms) == [-1, 1]:
            (_, q), (_, p) = sorted(terms, key=lambda term: term[0])
            return greater(p, q) if sign > 0 else greater(q, p)
        return positive(u) if sign > 0 else negative(u)

    def _monotone(self, field: Field, u: Expr, sign: int) -> Condition | None:
        """f increasing or decreasing, for the sign of f(p) - f(q) where that of p - q is known."""
        terms = [t.as_coeff_Mul() for t in Add.make_args(u)]
        if sorted(c for c, _ in terms) != [-1, 1] or not all(_is_value(call) for _, call in terms):
            return None
        (_, second), (_, first) = sorted(terms, key=lambda term: term[0])
        if type(first) is not type(second):
            return None
        step = field.sign(field.element(first.args[0]) - field.element(second.args[0])).rational
        return None if step is None else monotone(first.function, step * sign > 0, [(u, sign)])

    def _in_names(self, field: Field, u: Expr, sign: int) -> Condition | None:
        """The sign of a name, or of a difference of two names, that is the one of u or its opposite."""
        constant, factors = sign_factors(field, field.element(u))
        names = [Symbol(e.name) for e in self.statement.equations[:NAMES]]
        elements = {name: field.element(name) for name in names}
        for name, element in elements.items():
            own, others = sign_factors(field, element)
            if others == factors:
                return positive(name) if own * constant * sign > 0 else negative(name)
        for q, p in combinations(names, 2):
            own, others = sign_factors(field, elements[p] - elements[q])
            if others == factors:
                return greater(p, q) if own * constant * sign > 0 else greater(q, p)
        return None

    def _field(self, conditions: tuple[Condition, ...]) -> Field:
        assumptions = self.assumptions + conditions
        return Field(self.statement.under(assumptions).derivation, assumptions, self.deadline)

    # What is reported

    def finding(self, conditions: tuple[Condition, ...], outcome: Outcome) -> Finding:
        """With a witness that breaks the last condition, or else any of them."""
        witness = None
        for k in reversed(range(len(conditions))):
            others = conditions[:k] + conditions[k + 1 :]
            for opposite in _opposites(conditions[k]):
                if witness is None:
                    witness = search_witness(
                        self.statement, (*self.assumptions, *others, *opposite), min(self.seconds + 0.5, 3.0)
                    )
        return Finding(all_of(*conditions, *map(nonzero, outcome.nonzero)), outcome, witness)


def _is_value(u: Expr) -> bool:
    """Whether u is some f(…), f abstract."""
    return isinstance(u, Call) and u.operation.abstract and not u.order


def _opposites(condition: Condition) -> list[tuple[Condition, ...]]:
    """Where to look for a point that breaks a condition: on the other side of a sign, else anywhere."""
    if len(condition.signs) == 1:
        ((u, sign),) = condition.signs
        return [(negative(u) if sign > 0 else positive(u),)]
    return [()]


def _implies(stronger: Condition, weaker: Condition) -> bool:
    """Whether one property of a function is a case of another."""
    return any(f == g and p in WEAKER[q] for f, q in stronger.functions for g, p in weaker.functions)


def _overlap(one: Condition, two: Condition) -> bool:
    """Whether two conditions speak of the same name."""
    names = [{n for n, _ in (*c.functions, *c.values)} for c in (one, two)]
    return bool(names[0] & names[1])

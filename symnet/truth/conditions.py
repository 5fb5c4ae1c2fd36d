"""The weakest simple conditions under which a false equality is true.

Candidates come from the proof itself, the signs that tell its good cases from its bad ones, and from a short list:
an abstract function is odd, even, linear or the identity; a given parameter is 0, 1 or 1/2, or equals another.
Each condition that is reported was proved sufficient by `symnet.truth.prove`, and has a witness that it is needed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

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

__all__ = ["EPSILON", "VALUES", "WEAKER", "Finding", "as_difference", "find_conditions", "search_conditions"]

VALUES = (Integer(0), Integer(1), Rational(1, 2))
WEAKER = {"identity": ("linear", "odd"), "linear": ("odd",), "odd": (), "even": ()}
TOGETHER = 3  # conditions in one conjunction, at most
ARGUMENTS = 6  # at most so many arguments of signs are looked at together
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
    outcome = outcome or search.prove(())
    found = [] if outcome.proved else search.find(outcome, candidates)
    return [search.finding(*one) for one in found]


Found = tuple[tuple[Condition, ...], Outcome]


class _Search:
    def __init__(self, statement: Statement, assumptions: tuple[Condition, ...], deadline: float) -> None:
        self.statement, self.assumptions, self.deadline = statement, assumptions, deadline

    @property
    def seconds(self) -> float:
        return self.deadline - now()

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

    def find(self, outcome: Outcome, candidates: Sequence[Condition]) -> list[Found]:
        """Sets of conditions that suffice; more conditions only where fewer do not."""
        return self._by_signs(outcome, ()) or self._by_candidates((), candidates)

    def _by_candidates(self, conditions: tuple[Condition, ...], candidates: Sequence[Condition]) -> list[Found]:
        """The same beyond the conditions given, with at least one of the candidates."""
        found: list[Found] = []
        tried: list[tuple[Condition, Outcome]] = []
        for candidate in candidates:
            if any(_implies(candidate, c) for done, _ in found for c in done):
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
        more = [candidate for candidate, _ in tried]
        while more and not found:
            candidate, *more = more
            names = {name for name, _ in candidate.functions}
            if names:  # two parameters with special values are a point, not a condition anybody would state
                others = [c for c in more if names.isdisjoint(name for name, _ in c.functions)]
                found = self._by_candidates((*conditions, candidate), others)
        return found

    # Signs

    def _by_signs(self, outcome: Outcome, conditions: tuple[Condition, ...]) -> list[Found]:
        """The fewest signs that select only good cases of an outcome."""
        good = [dict(c.signs) for c in outcome.cases if c.proved]
        arguments = list(dict.fromkeys(u for c in outcome.cases for u, _ in c.signs))
        several = [p for size in (2, 3) for p in combinations(arguments[:ARGUMENTS], size)]
        for options in ([(u,) for u in arguments], several):
            closed = [
                self._closed(conditions, condition)
                for factors in options
                for condition in self._sign_of_product(factors, outcome.cases, conditions)
            ]
            if any(closed):
                return [one for one in closed if one]
        for chosen in several:
            if found := self._conjunctions(chosen, good, conditions):
                return found
        return []

    def _sign_of_product(
        self, factors: tuple[Expr, ...], cases: Sequence[Case], conditions: tuple[Condition, ...]
    ) -> Iterator[Condition]:
        """The sign of a product of arguments when it tells the good cases from the bad ones that have all of them."""
        verdicts: dict[int, set[bool]] = {1: set(), -1: set()}
        for case in cases:
            signs = dict(case.signs)
            if case.difference is not None and set(factors) <= signs.keys():
                verdicts[prod(signs[u] for u in factors)].add(case.proved)
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
            k = sums[-1]
            opposite = product(S.NegativeOne, factors[k]).expand()
            factors, sign = (*factors[:k], opposite, *factors[k + 1 :]), 1
        u = product(*factors)
        if isinstance(u, Symbol):
            return positive(u) if sign > 0 else negative(u)
        try:
            field = self._field(conditions)
            said = self._monotone(field, u) or self._in_names(field, u, sign)
        except NoNormalForm:
            said = None
        if said is not None:
            return said
        if difference := as_difference(u):  # a sum, so that its sign is 1
            return greater(*difference)
        return positive(u) if sign > 0 else negative(u)

    def _monotone(self, field: Field, u: Expr) -> Condition | None:
        """f increasing or decreasing, for f(p) - f(q) > 0 where the sign of p - q is known."""
        difference = as_difference(u)
        if difference is None:
            return None
        first, second = difference
        if not (_is_value(first) and type(first) is type(second)):
            return None
        step = field.sign(field.element(first.args[0]) - field.element(second.args[0])).rational
        return None if step is None else monotone(first.function, step > 0, [(u, 1)])

    def _in_names(self, field: Field, u: Expr, sign: int) -> Condition | None:
        """The sign of a name, or of a difference of two names, that is the one of u or its opposite."""
        constant, factors = sign_factors(field, field.element(u))
        wanted = constant * sign
        names = [Symbol(e.name) for e in self.statement.equations[:NAMES]]
        elements = {name: field.element(name) for name in names}
        for name, element in elements.items():
            own, others = sign_factors(field, element)
            if others == factors:
                return positive(name) if own == wanted else negative(name)
        for q, p in combinations(names, 2):
            own, others = sign_factors(field, elements[p] - elements[q])
            if others == factors:
                return greater(p, q) if own == wanted else greater(q, p)
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


def as_difference(u: Expr) -> tuple[Expr, Expr] | None:
    """p and q of p - q."""
    terms = Add.make_args(u)
    parts = dict(term.as_coeff_Mul() for term in terms)
    return (parts[S.One], parts[S.NegativeOne]) if len(terms) == 2 and parts.keys() == {1, -1} else None


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

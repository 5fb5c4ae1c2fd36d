"""Whether an equality holds where an argument is zero: at a jump, or at the end of a condition such as u > 0.

u is written out and split into irreducible factors, each of which has to be linear in some name, w = -rest/c; where
the coefficient c is zero as well, the same is asked of c. What the proof at such a place leaves open is asked again.
"""

from collections.abc import Iterator, Sequence
from time import monotonic

from sympy import Add, Expr, Mul, S, Symbol

from symnet.expressions import free_references, product, total
from symnet.operations import Call
from symnet.truth.assumptions import Condition, equal, negative, positive
from symnet.truth.field import Field, Rescale
from symnet.truth.prove import prove
from symnet.truth.ring import Element, Poly, SignNeeded, Undecidable, Undefined
from symnet.truth.statement import Statement

__all__ = ["holds_at_zero", "zeros"]

DEPTH = 4  # arguments that are zero at the same time, at most
Conditions = tuple[Condition, ...]


def holds_at_zero(
    statement: Statement,
    u: Expr,
    assumptions: Conditions,
    seconds: float,
    depth: int = DEPTH,
    defined: bool = False,
) -> tuple[bool, Conditions]:
    """Whether the equality is proved wherever u = 0; if not, where it was not, under the assumptions at least.

    defined: whether both sides have to be defined where u = 0, too.
    """
    deadline = monotonic() + seconds
    places = None if depth == 0 else zeros(statement, u, assumptions)
    if places is None:
        return False, ()
    for place in places:
        here = (*assumptions, place)
        outcome = prove(statement, here, deadline - monotonic())
        if not defined and outcome.cases and all(case.difference is None for case in outcome.cases):
            continue
        if not outcome.proved:
            return False, here
        for v in outcome.nonzero:
            holds, where = holds_at_zero(statement, v, here, deadline - monotonic(), depth - 1, defined)
            if not holds:
                return False, where
    return True, ()


def zeros(statement: Statement, u: Expr, assumptions: Conditions) -> list[Condition] | None:
    """Values and signs of names, in one of which every zero of u lies; None where some zeros are out of reach.

    relu(v), which is v (1 + sign(v))/2, is 0 where v < 0, and where v = 0.
    """
    given = statement.under(assumptions)
    names = [name for name in given.parameters if not name.is_integer]
    try:
        field = Field(given.derivation, assumptions)
        found: list[Condition] = []
        waiting = [field.element(u)]
        while waiting:
            for p, _ in field.factor(waiting.pop().num)[1]:
                used = field.used(p)
                if field.of(p).as_expr().is_positive and len(used) == 1:
                    continue  # a size
                if len(used) == 1 and len(p) == 1 and field.generators[used[0]].is_radical:
                    waiting.append(field.generators[used[0]].parts[0])
                    continue
                if (sign := next((k for k in used if field.generators[k].is_sign), None)) is not None:
                    argument = field.generators[sign].parts[0]
                    constant, factor = map(field.of, field.split(p, sign))
                    for condition, value in ((positive, constant + factor), (negative, constant - factor)):
                        if value.is_zero:
                            found.append(condition(argument.as_expr()))
                        else:
                            waiting.append(value)
                    waiting.append(argument)
                    continue
                if (same := _transcendental(field, p)) is not None:
                    waiting += same
                    continue
                solved = next(_linear(field.of(p).as_expr(), names), None)
                if solved is None:
                    return None
                place, coefficient = solved
                found.append(place)
                waiting.append(field.element(coefficient))
        return found
    except (Undecidable, Undefined, SignNeeded, Rescale):
        return None


def _transcendental(field: Field, p: Poly) -> list[Element] | None:
    """exp(u) - exp(v) is 0 where u - v is, exp(u) + exp(v) nowhere, log(u) where u - 1 is."""
    terms = list(field.terms(p))
    used = field.used(p)
    if len(terms) <= 2 and used and all(map(field.is_exponential, used)):
        exponents = [
            sum((field.number(e) * field.generators[k].parts[0] for k, e in powers), field.number(0))
            for powers, _ in terms
        ]
        if len(terms) == 1 or terms[0][1] * terms[1][1] > 0:
            return []
        return [exponents[0] - exponents[1]] if terms[0][1] == -terms[1][1] else None
    written = field.generators[used[0]].expression if len(used) == 1 else None
    if isinstance(written, Call) and written.function == "log" and p == field.gen(used[0]):
        return [field.element(written.args[0]) - field.number(1)]
    return None


def _linear(u: Expr, names: Sequence[Symbol]) -> Iterator[tuple[Condition, Expr]]:
    """w = -rest/c and c, for every name w with u = c w + rest; those with numbers for c first."""
    found = []
    for name in names:
        inside: list[Expr] = []
        rest: list[Expr] = []
        for term in Add.make_args(u):
            factors = Mul.make_args(term)
            (inside if name in factors else rest).append(product(*(f for f in factors if f != name)))
        coefficient = total(*inside)
        if inside and name not in free_references(coefficient) | free_references(total(*rest)):
            value = product(S.NegativeOne, total(*rest), coefficient**-1)
            found.append((equal(name, value), coefficient))
    yield from sorted(found, key=lambda one: not one[1].is_Rational)

"""Whether an equality holds where an argument is zero: at a jump, or at the end of a condition such as u > 0.

u is written out and split into irreducible factors, each of which has to be linear in some name, w = -rest/c; where
the coefficient c is zero as well, the same is asked of c. What the proof at such a place leaves open is asked again,
of fewer names each time.
"""

from collections.abc import Iterator, Sequence

from sympy import Add, Expr, Mul, S, Symbol

from symnet.clock import now
from symnet.expressions import free_references, product, total
from symnet.operations import Call
from symnet.truth.assumptions import Condition, equal, negative, positive
from symnet.truth.field import Field
from symnet.truth.prove import prove
from symnet.truth.ring import Element, NoNormalForm, Poly
from symnet.truth.statement import Statement

__all__ = ["holds_at_zero", "zeros"]

Conditions = tuple[Condition, ...]


def holds_at_zero(
    statement: Statement, u: Expr, assumptions: Conditions, seconds: float, defined: bool = False
) -> tuple[bool, Conditions]:
    """Whether the equality is proved wherever u = 0; if not, where it was not, under the assumptions at least.

    defined: whether both sides have to be defined where u = 0, too.
    """
    deadline = now() + seconds
    places = zeros(statement, u, assumptions)
    if places is None:
        return False, ()
    for place in places:
        here = (*assumptions, place)
        outcome = prove(statement, here, deadline - now())
        if not defined and outcome.cases and all(case.difference is None for case in outcome.cases):
            continue
        if not outcome.proved:
            return False, here
        for v in outcome.nonzero:
            holds, where = holds_at_zero(statement, v, here, deadline - now(), defined)
            if not holds:
                return False, where
    return True, ()


def zeros(statement: Statement, u: Expr, assumptions: Conditions) -> list[Condition] | None:
    """Values and signs of names, in one of which every zero of u lies; None where some zeros are out of reach.

    relu(v), which is v (1 + sign(v))/2, is 0 where v < 0, and where v = 0.
    """
    given = statement.under(assumptions)
    names = [name for name in given.parameters if not name.is_integer]  # a size is not solved for
    try:
        field = Field(given.derivation, assumptions)
        found: list[Condition] = []
        waiting = [field.element(u)]
        while waiting:
            for p, _ in field.factor(waiting.pop().num)[1]:
                if (under := field.radicand(p)) is not None:
                    waiting.append(under)
                    continue
                if (same := _elsewhere(field, p)) is not None:
                    waiting += same
                    continue
                if (sign := next((k for k in field.used(p) if field.generators[k].is_sign), None)) is not None:
                    argument = field.generators[sign].parts[0]
                    constant, factor = map(field.of, field.split(p, sign))
                    for condition, value in ((positive, constant + factor), (negative, constant - factor)):
                        if value.is_zero:
                            found.append(condition(argument.as_expr()))
                        else:
                            waiting.append(value)
                    waiting.append(argument)
                    continue
                solved = next(_linear(field.of(p).as_expr(), names), None)
                if solved is None:
                    return None
                place, coefficient = solved
                found.append(place)
                waiting.append(field.element(coefficient))
        return found
    except NoNormalForm:
        return None


def _elsewhere(field: Field, p: Poly) -> list[Element] | None:
    """What is 0 where p is: u - v for exp(u) - exp(v), u - 1 for log(u), nothing for exp(u) + exp(v) and for a size."""
    difference = field.exponent_difference(p)
    if difference is not None:
        return [difference]
    if all(map(field.is_exponential, field.used(p))) and field.evident_sign(p):
        return []
    written = field.of(p).as_expr()
    if isinstance(written, Call) and written.function == "log":
        return [field.element(written.args[0]) - field.number(1)]
    return [] if written.is_positive else None


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

"""Conditions under which a statement of symbolic size is true: eps = 0, p = 1/2, equal widths, two objects.

A candidate is compared at random points of small sizes first, and then proved for all the sizes that it leaves free.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations

from sympy import Expr, Integer, S, Symbol

from symnet.clock import now
from symnet.equations import Derivation
from symnet.expressions import substitute
from symnet.sums import unroll
from symnet.truth.assumptions import Condition, all_of, equal
from symnet.truth.conditions import EPSILON, VALUES
from symnet.truth.every_size import (
    Instance,
    instances,
    is_symbolic,
    prove_every_size,
    second_opinions,
    sizes_of,
    statement_nodes,
)
from symnet.truth.prove import Outcome, prove
from symnet.truth.recheck import compare_at_random

__all__ = ["put_in", "search_values"]

TWO = Integer(2)  # the only number of objects that is a condition: one object is no batch
ONE_PROOF = 5.0  # seconds


def search_values(
    left: Expr,
    right: Expr,
    derivation: Derivation | None = None,
    parameters: Sequence[Expr] = (),
    assumptions: Sequence[Condition] = (),
    seconds: float = 10,
) -> tuple[Condition, Outcome] | None:
    """The first condition that makes left = right true, with its proof; None when none was found in time.

    eps = 0, values of the given parameters, equal sizes and sizes of 2 are tried, and then each of the former
    with each of the latter. A condition that only makes both sides 0 is none, unless the statement says = 0.
    """
    deadline = now() + seconds
    values, sizes = list(_values(left, right, derivation, parameters)), list(_sizes(left, right, derivation))
    both = (all_of(value, size) for value in values for size in sizes)
    for condition in chain(values, sizes, both):
        if now() > deadline:
            return None
        under = put_in(left, right, derivation, [condition])
        if under and all(_agrees(one, assumptions) for one in under):
            outcome = _prove(under, assumptions, min(ONE_PROOF, deadline - now()))
            if outcome.proved and (S.Zero in (left, right) or not _vanishes(under, assumptions)):
                return condition, outcome
    return None


def _vanishes(under: Sequence[Instance], assumptions: Sequence[Condition]) -> bool:
    """Whether the left sides are 0 at random points: then many wrong formulas are right there, as 0 = 0."""
    return all(_agrees(replace(one, right=S.Zero), assumptions) for one in under)


def _values(left: Expr, right: Expr, derivation: Derivation | None, parameters: Sequence[Expr]) -> Iterator[Condition]:
    defined = set() if derivation is None else {Symbol(e.name) for e in derivation}
    nodes = statement_nodes(left, right, derivation)
    names = sorted({n for n in nodes if isinstance(n, Symbol) and not n.is_integer} - defined, key=str)
    given = [name for name in names if name in parameters]
    yield from (equal(name, S.Zero) for name in names if name.name in EPSILON)
    yield from (equal(name, value) for value in VALUES for name in given)
    yield from (equal(p, q) for q, p in combinations(given, 2))


def _sizes(left: Expr, right: Expr, derivation: Derivation | None) -> Iterator[Condition]:
    sizes = sizes_of(left, right, derivation)
    yield from (equal(p, q) for q, p in combinations(sizes, 2))
    yield from (equal(size, TWO) for size in sizes)


def put_in(left: Expr, right: Expr, derivation: Derivation | None, conditions: Sequence[Condition]) -> list[Instance]:
    """The statements with the values that the conditions give to names and sizes."""
    given = {name: value for condition in conditions for name, value in condition.values}
    sizes = {name: value for name, value in given.items() if name.is_integer}
    left, right = substitute(left, given), substitute(right, given)
    filled = None if derivation is None else derivation.map(lambda rhs: substitute(rhs, given))
    return list(instances(left, right, filled, sizes))


def _agrees(instance: Instance, assumptions: Sequence[Condition]) -> bool:
    """Whether the sides are defined and agree at a random point of some small size."""
    here = instance.assume(assumptions)
    for one in second_opinions(instance.left, instance.right, instance.derivation):
        agreed, counterexample = compare_at_random(*one.statement(here), points=1)
        if agreed or counterexample is not None:
            return counterexample is None
    return False


def _prove(under: Sequence[Instance], assumptions: Sequence[Condition], seconds: float) -> Outcome:
    """Try to prove instances that share their definitions; the last outcome, or the first that is no proof."""
    deadline = now() + seconds
    written_out = under[0].derivation.map(unroll)
    for one in under:
        sides = unroll(one.left), unroll(one.right), written_out
        if is_symbolic(*sides):
            outcome = prove_every_size(*sides, deadline - now())
        else:
            statement, here = one.statement(assumptions)
            outcome = prove(statement, here, deadline - now())
        if not outcome.proved or outcome.nonzero:
            return replace(outcome, kind="undecided")
    return outcome

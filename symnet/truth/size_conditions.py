"""Conditions under which a statement of symbolic size is true: eps = 0, w > 0, f odd, equal widths, two objects.

A candidate is put into the statement: a square in the place of what is positive, f(1) u in the place of f(u) for a
linear f; an exponential, where a square that is 0 would be an exception. It is compared at random points of small
sizes first, and then proved for all the sizes that it leaves free.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, combinations

from sympy import Expr, Indexed, Integer, S, Symbol

from symnet.clock import now
from symnet.equations import Derivation, name_of, names_used
from symnet.expressions import product, rewrite, substitute
from symnet.operations import Call, call
from symnet.sums import normal_form, unroll
from symnet.truth.argument_signs import argument_signs
from symnet.truth.assumptions import Condition, all_of, closure, equal, has_property, negative, positive
from symnet.truth.conditions import EPSILON, VALUES, WEAKER
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
POINTS = 6  # at which numbers are compared, of two sizes or more
BROKEN = ("abs", "sign", "step", "relu", "leaky_relu", "elu", "selu", "max", "min", "sqrt", "log")  # not analytic

Sides = tuple[Expr, Expr, Derivation]
_Change = Callable[[Sides], Sides]
_Candidate = tuple[Condition, list[_Change]]  # with the ways to put it into a statement


def search_values(
    left: Expr,
    right: Expr,
    derivation: Derivation | None = None,
    parameters: Sequence[Expr] = (),
    assumptions: Sequence[Condition] = (),
    seconds: float = 10,
) -> tuple[Condition, Outcome] | None:
    """The first condition that makes left = right true, with its proof; None when none was found in time.

    eps = 0, values of the given parameters, equal sizes and sizes of 2, properties of the abstract functions and signs
    of names are tried, then a value with a size or a sign, and then signs of arguments. A condition that only makes
    both sides 0 is none, unless the statement says = 0.
    """
    deadline = now() + seconds
    sides = left, right, derivation or Derivation(())
    values: list[_Candidate] = [(c, [_same]) for c in _values(*sides, parameters)]
    sizes: list[_Candidate] = [(c, [_same]) for c in _sizes(*sides)]
    # A statement that only fails where some argument is 0 is not mended by the sign of a name.
    seldom = now() < deadline and all(_agrees(one, assumptions) for one in put_in(*sides, ()))
    if seldom and (found := _in_a_region(sides, (None,), assumptions, deadline)):
        return found
    signs: list[_Candidate] = [] if seldom else list(_signs(*sides))
    # What seems to hold under one condition alone, and was not proved, is not said to need another one.
    wrong: list[Condition] = []
    pairs = _pairs(values, sizes, signs, wrong)
    for condition, changes in chain(values, sizes, _properties(*sides), signs, pairs):
        named = tuple((name, value) for name, value in condition.values if not name.is_integer)
        here = (*assumptions, replace(condition, values=named, signs=()))  # an instance knows its sizes
        for change in changes:
            if now() > deadline:
                return None
            under = put_in(*change(sides), [condition])
            if not (under and all(_agrees(one, here) for one in under)):
                wrong.append(condition)
                break
            outcome = _prove(under, here, min(ONE_PROOF, deadline - now()))
            if outcome.proved and (S.Zero in (left, right) or not _vanishes(under, here)):
                return _closed(condition, sides, assumptions) if change is changes[0] else condition, outcome
    return None if seldom else _in_a_region(sides, (1, -1), assumptions, deadline)


def _in_a_region(
    sides: Sides, signs: Sequence[int | None], assumptions: Sequence[Condition], deadline: float
) -> tuple[Condition, Outcome] | None:
    """Such signs of arguments that make the statement true, at some points at least."""
    left, right, derivation = sides
    everywhere = put_in(*sides, ())
    for condition, one_side, other_side in argument_signs(*sides, signs):
        if now() > deadline:
            return None
        if all(_agrees(one, (*assumptions, condition)) for one in everywhere):
            under = put_in(one_side, other_side, derivation, ())
            outcome = _prove(under, assumptions, min(ONE_PROOF, deadline - now()))
            if outcome.proved and (S.Zero in (left, right) or not _vanishes(under, assumptions)):
                return condition, outcome
    return None


def _pairs(
    values: Sequence[_Candidate], sizes: Sequence[_Candidate], signs: Sequence[_Candidate], wrong: Sequence[Condition]
) -> Iterator[_Candidate]:
    """A value with a size, and 0 with the sign of something else, where neither is enough."""
    for one, _ in values:
        ((_, value),) = one.values
        for two, changes in (*sizes, *signs):
            if one in wrong and two in wrong and (value == 0 or not two.signs):
                yield all_of(one, two), changes


def _same(sides: Sides) -> Sides:
    return sides


def _closed(condition: Condition, sides: Sides, assumptions: Sequence[Condition]) -> Condition:
    """With >= for > where both sides are defined at 0 too: squares were put in first, and they may be 0."""
    for u, _ in condition.signs:
        at_zero = _with(u, lambda node: S.Zero, sides)
        if all(_agrees(one, assumptions) for one in put_in(*at_zero, [condition])):
            return closure(condition)
    return condition


def _with(reference: Expr, value: Callable[[Expr], Expr], sides: Sides) -> Sides:
    """The statement with something else in the place of a name, at every place if it is indexed."""
    left, right, derivation = sides

    def change(expression: Expr) -> Expr:
        if isinstance(reference, Symbol):
            return substitute(expression, {reference: value(reference)})
        name = name_of(reference)
        return rewrite(expression, lambda n: value(n) if isinstance(n, Indexed) and name_of(n) == name else None)

    return change(left), change(right), derivation.map(change)


def _signs(left: Expr, right: Expr, derivation: Derivation) -> Iterator[_Candidate]:
    """Signs of the names that nothing defines, inside of functions that are not analytic.

    What is equal on an open set is equal everywhere, if it is analytic: then no sign is a condition.
    """
    nodes = statement_nodes(left, right, derivation)
    broken = [n for n in nodes if isinstance(n, Call) and n.function in BROKEN]
    inside = {name for n in broken for name in names_used(n)}
    inside |= {name for e in derivation.needed_for(*inside) for name in e.reads}
    references = {str(name_of(n)): n for n in nodes if name_of(n) in inside}  # an indexed one after its label
    for name, node in sorted(references.items()):
        if name in derivation or (isinstance(node, Indexed) and name not in derivation.variables):
            continue  # of what nothing declares nobody knows the places
        for make, sign in ((positive, 1), (negative, -1)):
            condition = make(node) if isinstance(node, Symbol) else _everywhere(node, sign)
            values = (partial(_of_sign, sign, size) for size in (_square, _exponential))
            yield condition, [partial(_with, node, value) for value in values]


def _of_sign(sign: int, size: Callable[[Expr], Expr], node: Expr) -> Expr:
    return product(Integer(sign), size(node))


def _square(node: Expr) -> Expr:
    return node**2


def _exponential(node: Expr) -> Expr:
    return call("exp", node)


def _everywhere(node: Indexed, sign: int) -> Condition:
    """A sign at every place of an indexed name."""
    places = node.base[tuple(Symbol(f"_each{k}", integer=True) for k, _ in enumerate(node.indices))]
    relation = "> 0" if sign > 0 else "< 0"
    return Condition(
        f"{node.base}[i] {relation} for every i",
        rf"{node.base}_i {relation} \text{{ for every }} i",
        signs=((places, sign),),
    )


def _properties(left: Expr, right: Expr, derivation: Derivation) -> Iterator[_Candidate]:
    """Properties of the abstract functions, the weaker first."""
    calls = (n for n in statement_nodes(left, right, derivation) if isinstance(n, Call) and n.operation.abstract)
    functions = sorted({n.function for n in calls})
    for kind in reversed(WEAKER):
        for function in functions:
            yield has_property(function, kind), [partial(_with_property, function, kind)]


def _with_property(function: str, kind: str, sides: Sides) -> Sides:
    """The statement with every definition written out, and f as the property has it."""
    left, right, derivation = sides

    def rule(node: Expr) -> Expr | None:
        if not (isinstance(node, Call) and node.function == function):
            return None
        (u,) = node.args
        if kind in ("linear", "identity"):
            slope = S.One if kind == "identity" else call(function, S.One)
            return (product(slope, u), slope, S.Zero)[min(node.order, 2)]
        argument = normal_form(u)
        if not argument.could_extract_minus_sign():
            return None
        odd = (kind == "odd") == (node.order % 2 == 0)
        opposite = call(function, normal_form(product(S.NegativeOne, argument)), order=node.order)
        return product(S.NegativeOne, opposite) if odd else opposite

    return rewrite(derivation.unfold(left), rule), rewrite(derivation.unfold(right), rule), derivation


def _vanishes(under: Sequence[Instance], assumptions: Sequence[Condition]) -> bool:
    """Whether the left sides are 0 at random points: then many wrong formulas are right there, as 0 = 0."""
    return all(_agrees(replace(one, right=S.Zero), assumptions) for one in under)


def _values(left: Expr, right: Expr, derivation: Derivation, parameters: Sequence[Expr]) -> Iterator[Condition]:
    defined = {Symbol(e.name) for e in derivation}
    nodes = statement_nodes(left, right, derivation)
    names = sorted({n for n in nodes if isinstance(n, Symbol) and not n.is_integer} - defined, key=str)
    given = [name for name in names if name in parameters]
    yield from (equal(name, S.Zero) for name in names if name.name in EPSILON)
    yield from (equal(name, value) for value in VALUES for name in given)
    yield from (equal(p, q) for q, p in combinations(given, 2))


def _sizes(left: Expr, right: Expr, derivation: Derivation) -> Iterator[Condition]:
    sizes = sizes_of(left, right, derivation)
    yield from (equal(p, q) for q, p in combinations(sizes, 2))
    yield from (equal(size, TWO) for size in sizes)


def put_in(left: Expr, right: Expr, derivation: Derivation | None, conditions: Sequence[Condition]) -> list[Instance]:
    """The statements with the values that the conditions give to names and sizes."""
    given = {name: value for condition in conditions for name, value in condition.values}
    sizes = {name: value for name, value in given.items() if name.is_integer}
    left, right = substitute(left, given), substitute(right, given)
    filled = (derivation or Derivation(())).map(lambda rhs: substitute(rhs, given))
    return list(instances(left, right, filled, sizes))


def _agrees(instance: Instance, assumptions: Sequence[Condition]) -> bool:
    """Whether the sides are defined and agree at random points of some small sizes."""
    here = instance.assume(assumptions)
    points = 0
    for one in second_opinions(instance.left, instance.right, instance.derivation):
        agreed, counterexample = compare_at_random(*one.statement(here))
        if counterexample is not None:
            return False
        points += agreed
        if points >= POINTS:
            break
    return bool(points)


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

"""Signs of arguments as conditions of symbolic size: relu(w x_i) is w x_i where w x_i >= 0 for every i.

Every operation with a kink or a jump is defined by the sign of something. Where that sign is given it is a number, and
what is left of the statement can be proved without the condition. Where it is only not zero its square is 1: slides put
the kink of a ReLU on either side.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, combinations, permutations
from itertools import product as choices

from sympy import Expr, Integer, Pow, S, Symbol

from symnet.equations import Derivation
from symnet.expressions import product, rewrite, subexpressions, substitute, total
from symnet.operations import Call, call
from symnet.sums import normal_form
from symnet.truth.assumptions import Condition, all_of, closure, greater, negative, nonzero, positive, unequal
from symnet.truth.conditions import as_difference
from symnet.truth.every_size import free_indices, has_places, statement_nodes
from symnet.truth.prove import JUMPS

__all__ = ["argument_signs"]

AT_ONCE = 2  # arguments whose signs are given together

_Signs = Sequence[tuple[Expr, tuple[Expr, int]]]  # those that are taken, with the keys of their arguments


def argument_signs(
    left: Expr, right: Expr, derivation: Derivation, signs: Sequence[int | None] = (1, -1)
) -> Iterator[tuple[Condition, Expr, Expr]]:
    """Signs of one argument, and of two, at all their places, each with both sides as they are there.

    signs: those that are given; None for an argument that is not 0.
    """
    unfolded = [derivation.unfold(side) for side in (left, right)]
    jumps = {_key(n.args[0])[0] for n in subexpressions(*unfolded) if isinstance(n, Call) and n.function in JUMPS}
    sides = [rewrite(side, _by_signs) for side in unfolded]
    taken = [(n, _key(n.args[0])) for n in subexpressions(*sides) if isinstance(n, Call) and n.function == "sign"]
    said: dict[Expr, tuple[Expr, int]] = {}  # an argument as the statement writes it
    for u in chain.from_iterable(map(_decisive, statement_nodes(left, right, derivation))):
        key, side = _key(derivation.unfold(u))
        if has_places(u, derivation):
            said.setdefault(key, (u, side))
    for count in range(1, AT_ONCE + 1):
        for chosen in combinations(said, count):
            for values in choices(signs, repeat=count):
                given = dict(zip(chosen, values, strict=True))
                conditions = []
                for key, sign in given.items():
                    u, side = said[key]
                    one = _everywhere(u, sign and sign * side)
                    conditions.append(one if key in jumps else closure(one))
                yield all_of(*conditions), _given(sides[0], taken, given), _given(sides[1], taken, given)


def _decisive(node: Expr) -> list[Expr]:
    """That whose sign decides what a call is."""
    if not isinstance(node, Call):
        return []
    if node.function == "sign":
        return [node.args[0]]
    names = [Symbol(f"_{k}") for k, _ in enumerate(node.args)]
    definition = node.operation.definition
    inside = subexpressions(definition(*names)) if definition else ()
    found = (substitute(u, dict(zip(names, node.args, strict=True))) for part in inside for u in _decisive(part))
    return [_distributed(u) for u in found]


def _distributed(u: Expr) -> Expr:
    """x - 1 for -(1 - x)."""
    number, rest = u.as_coeff_Mul()
    return total(*(product(number, term) for term in rest.args)) if rest.is_Add else u


def _by_signs(node: Expr) -> Expr | None:
    """What the sign of something decides, written by it."""
    if not _decisive(node) or node.function == "sign":
        return None
    return rewrite(node.operation.definition(*node.args), _by_signs)


def _key(u: Expr) -> tuple[Expr, int]:
    """The same for u and -u and for other letters of its indices; and which of u and -u it is."""
    u = normal_form(rewrite(u, _by_signs))
    indices = free_indices(u)
    ways = (dict(zip(indices, map(_place, order), strict=True)) for order in permutations(range(len(indices))))
    u = min((normal_form(substitute(u, way)) for way in ways), key=str)
    return (normal_form(product(S.NegativeOne, u)), -1) if u.could_extract_minus_sign() else (u, 1)


def _place(number: int) -> Symbol:
    return Symbol(f"_each{number}", integer=True)


def _given(side: Expr, taken: _Signs, given: Mapping[Expr, int | None]) -> Expr:
    """A side with the signs that are given. Those around others come first: they are known as they were."""
    for node, (key, which) in reversed(taken):
        if key in given:
            sign = given[key]
            value = call("sign", normal_form(product(Integer(which), node.args[0]))) if sign is None else Integer(sign)
            side = rewrite(side, {node: product(Integer(which), value)}.get)
            if sign is None:
                side = rewrite(side, partial(_odd_powers, value))
    return side


def _odd_powers(sign: Expr, node: Expr) -> Expr | None:
    """The square of a sign that is not 0 is 1."""
    return Pow(sign, node.exp % 2) if node.is_Pow and node.base == sign else None


def _is_number(u: Expr) -> bool:
    return bool(u.is_number)


def _everywhere(u: Expr, sign: int | None) -> Condition:
    """The sign of u at all values of its indices."""
    compared = as_difference(u)
    if sign is None:
        condition = unequal(*sorted(compared, key=_is_number)) if compared else nonzero(product(Integer(_key(u)[1]), u))
    elif compared:
        condition = greater(*compared) if sign == 1 else greater(*reversed(compared))
    else:
        condition = positive(u) if sign == 1 else negative(u)
    indices = free_indices(u)
    if not indices:
        return condition
    every = ", ".join(map(str, indices))
    places = {k: _place(number) for number, k in enumerate(indices)}
    return replace(
        condition.map(lambda v: substitute(v, places)),
        text=f"{condition} for every {every}",
        latex=rf"{condition.latex} \text{{ for every }} {every}",
    )

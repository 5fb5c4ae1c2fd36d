"""The formulas one slip of the pen away from a printed one: what a proof-reader would try first.

A formula is taken as printed. A `Place` is one occurrence of a part in it; `neighbours` lists the edits of that
place alone, each with its cost (a number or a sign is the likeliest slip, a forgotten term the least likely) and with
the sentence a reader is told.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Literal

from sympy import Expr, Indexed, Integer, Mul, Pow, Rational, S, Symbol

from symnet.equations import name_of
from symnet.errors import SymnetError
from symnet.expressions import contains, free_references, product, rebuild, total
from symnet.operations import Call, call
from symnet.reading.arithmetic import power
from symnet.reading.slide import Applied, Partial
from symnet.sums import Limits, Sum, sum_over

__all__ = ["CHANGED", "Neighbour", "Place", "Scope", "atoms", "is_atom", "is_index", "neighbours", "places", "put"]

Path = tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """One occurrence of a part: the argument positions that lead to it, and the place it is an argument of."""

    node: Expr
    path: Path = ()
    parent: "Place | None" = None

    @property
    def role(self) -> str:
        """What the part is called where it stands."""
        above = self.parent.node if self.parent else None
        if above is None:
            return "right side"
        if above.is_Pow:
            return "denominator" if above.exp.is_negative else "base"
        if above.is_Mul:
            return "factor"
        if above.is_Add:
            return "term"
        return "summand" if isinstance(above, Sum) else "argument"


@dataclass(frozen=True)
class Scope:
    """What may be put into a formula: names, numbers, and the ranges of indices a sum may be taken over."""

    names: tuple[Expr, ...] = ()
    numbers: tuple[Rational, ...] = ()
    limits: tuple[Limits, ...] = ()


Wrap = tuple[Literal["times", "plus"], Expr]  # node -> node * c, node -> node + c


@dataclass(frozen=True, eq=False, slots=True)
class Neighbour:
    """One edit of one place.

    make: what comes in the place of the node, which may have been edited before. phrase: the sentence, with the
    place's {role}, the {old} and the {new} part, and {where} it is. wrap: set when the node only gets a factor or
    a term. drops: the part only goes, so that what is new is the sum or product that it leaves.
    """

    place: Place
    cost: int
    make: Callable[[Expr], Expr]
    phrase: str
    old: Expr
    new: Expr
    wrap: Wrap | None = None
    drops: bool = False


def is_index(node: Expr) -> bool:
    """An index such as i, unlike a size such as m."""
    return isinstance(node, Symbol) and bool(node.is_integer) and not node.is_positive


def is_atom(node: Expr) -> bool:
    """A name as a slide writes it, indexed, applied to arguments, or a derivative."""
    return isinstance(node, Symbol | Indexed | Applied | Partial)


def atoms(*roots: Expr) -> list[Expr]:
    """The names in the formulas, each once, without those inside a name."""
    found: dict[Expr, None] = {}
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        if is_atom(node):
            found[node] = None
        else:
            stack.extend(reversed(node.args))
    return list(found)


def places(side: Expr) -> list[Place]:
    """Every place of an expression, each after the one it is in. Exponents and the limits of sums are none."""
    found = [Place(side)]
    for place in found:
        node = place.node
        many = node.is_Add or node.is_Mul or isinstance(node, Call)
        inside = range(len(node.args) if many else 1 if node.is_Pow or isinstance(node, Sum) else 0)
        found += [Place(node.args[k], (*place.path, k), place) for k in inside]
    return found


def put(side: Expr, changes: Mapping[Path, Expr]) -> Expr:
    """The expression with other parts at the given paths, none of which is inside another."""
    if () in changes:
        return changes[()]
    if not changes:
        return side
    args = list(side.args)
    for k in {path[0] for path in changes}:
        args[k] = put(args[k], {path[1:]: new for path, new in changes.items() if path[0] == k})
    return rebuild(side, args)


CHANGED = "the {role} {old} should be {new}"
DROPPED = "the {role} {old} should not be there"
MISSING_FACTOR = "the factor {new} is missing{where}"
MISSING_TERM = "the term {new} is missing{where}"
SIGN = "the {role} {old} should have the opposite sign"
BRACKET = "the brackets are misplaced: {old} should be {new}"
SUMMED = "the sum over {limits} is missing{where}"
NOT_SUMMED = "the sum over {limits} should not be there"


def neighbours(place: Place, scope: Scope) -> Iterator[Neighbour]:
    """Every edit of one place, in no order."""
    for rule in (_numbers, _names, _powers, _calls, _sums, _brackets):
        for cost, new, phrase in rule(place, scope):
            if new != place.node:
                yield Neighbour(place, cost, partial(_constant, new), phrase, place.node, new)
    yield from _dropped(place)
    yield from _wraps(place, scope)


_Found = Iterator[tuple[int, Expr, str]]  # cost, the new part, the sentence


def _constant(new: Expr, _: Expr) -> Expr:
    return new


def _numbers(place: Place, _: Scope) -> _Found:
    """4 -> 3, 5, 8, 2, 1/4 and so on; the sign of a whole product is an edit of the product."""
    n, above = place.node, place.parent
    if not n.is_Rational or (n in (1, -1) and place.role == "factor"):
        return
    empty = {"factor": S.One, "term": S.Zero}.get(place.role)
    values = {n + 1, n - 1, 2 * n, n / 2, Rational(n.p + 1, n.q), Rational(n.p - 1, n.q)}
    values |= {Rational(n.p, n.q + 1), 1 / n} if n != 0 else set()
    values |= {Rational(n.p, n.q - 1)} if n.q > 1 else set()
    values |= {-n} if above is None or not (above.node.is_Mul or above.node.is_Add) else set()
    for value in sorted(values - {n, empty}):
        if not (value == 0 and place.role in ("factor", "denominator")):
            yield 1, value, CHANGED


def _names(place: Place, scope: Scope) -> _Found:
    """One name for another, p -> 1 - p, another index."""
    node = place.node
    if not is_atom(node) or is_index(node):
        return
    for name in scope.names:
        yield (1 if _alike(node, name) else 2), name, CHANGED
    yield 2, total(S.One, product(S.NegativeOne, node)), CHANGED
    if isinstance(node, Indexed):
        for k, index in enumerate(node.indices):
            for other in (*(limits[0] for limits in scope.limits), S.One):
                if other != index:
                    yield 1, node.base[(*node.indices[:k], other, *node.indices[k + 1 :])], CHANGED


def _alike(one: Expr, other: Expr) -> bool:
    """Whether two names differ in their numbers or indices only, as w2 and w02 do."""
    names = [re.match(r"[^\W\d_]*", name_of(node) or str(node)) for node in (one, other)]
    return type(one) is type(other) and names[0][0] == names[1][0]  # type: ignore[index]


def _dropped(place: Place) -> Iterator[Neighbour]:
    """A term or a factor that should go."""
    node, empty = place.node, {"factor": S.One, "term": S.Zero}.get(place.role)
    if empty is not None and not (node == -1 and place.role == "factor"):
        cost = 1 if node.is_Rational else 3
        yield Neighbour(place, cost, partial(_constant, empty), DROPPED, node, empty, drops=True)


def _powers(place: Place, _: Scope) -> _Found:
    """A missing or superfluous square or square root, a factor below the line instead of above it."""
    node, inside_power = place.node, place.parent is not None and place.parent.node.is_Pow
    if node.is_Rational or (node.is_Pow and not node.exp.is_Integer):
        return
    base, exponent = (node.base, node.exp) if node.is_Pow else (node, S.One)
    exponents = {exponent + 1, exponent - 1, -exponent, 2 * exponent, exponent / 2}
    if isinstance(base, Call) and base.function == "sqrt":  # printed as half of the exponent
        yield 2, power(base.args[0], exponent), CHANGED
        exponents = exponents - {exponent / 2} | {exponent + 2, exponent - 2}
    exponents -= {exponent, S.Zero}
    if node.is_Mul:
        exponents &= {2 * exponent, exponent / 2}
    for other in () if inside_power else sorted(exponents):
        try:
            yield 5 if other == -exponent else 2, power(base, other), CHANGED
        except SymnetError:  # an exponent larger than any that is printed
            continue


def _calls(place: Place, _: Scope) -> _Found:
    """f' for f, f for f', max for min."""
    node = place.node
    if not isinstance(node, Call):
        return
    if node.operation.abstract:
        for order in {node.order + 1, node.order - 1} - {-1}:
            yield 2, call(node.function, *node.args, order=order), CHANGED
    if node.function in _OPPOSITE:
        yield 2, call(_OPPOSITE[node.function], *node.args), CHANGED


_OPPOSITE = {"max": "min", "min": "max"}


def _sums(place: Place, scope: Scope) -> _Found:
    """A sum sign too few or too many."""
    node = place.node
    if isinstance(node, Sum):
        yield 3, node.body, NOT_SUMMED.replace("{limits}", _range(node.args[1]))
    free = free_references(node)
    for limits in scope.limits:
        if limits[0] in free:
            yield 3, sum_over(node, limits), SUMMED.replace("{limits}", _range(limits))


def _range(limits: Iterable[Expr]) -> str:
    return "{} = {}..{}".format(*limits)


# Brackets. A holder is what stands around a part: a * [], [] ** 2, a / [], f([]), the sum of [].
_Holder = tuple[Expr, Callable[[Expr], Expr]]
Terms = tuple[Expr, ...]
LONGEST_SPLIT = 4  # terms


def _holders(node: Expr) -> Iterator[_Holder]:
    if node.is_Mul:
        for k, factor in enumerate(node.args):
            if factor.is_Rational:
                continue
            others = (*node.args[:k], *node.args[k + 1 :])
            yield factor, partial(product, *others)
            for part, hold in _holders(factor):
                yield part, partial(_held, hold, others)
    elif node.is_Pow:
        yield node.base, partial(_power, node.exp)
    elif isinstance(node, Sum) or (isinstance(node, Call) and len(node.args) == 1):
        yield node.args[0], partial(_around, node)


def _held(hold: Callable[[Expr], Expr], others: tuple[Expr, ...], part: Expr) -> Expr:
    return product(*others, hold(part))


def _power(exponent: Expr, base: Expr) -> Expr:
    return rebuild(Pow(base, exponent, evaluate=False), (base, exponent))


def _around(node: Expr, part: Expr) -> Expr:
    return node.func(part, *node.args[1:])


def _brackets(place: Place, _: Scope) -> _Found:
    """a * (b + c) for a * b + c and back, a / (b + c) for a / b + c, f(a) + b for f(a + b), a sum's reach."""
    node = place.node
    for part, hold in _holders(node):
        if part.is_Add:
            for within, without in _splits(part.args):
                yield 4, total(hold(total(*within)), *without), BRACKET
    if node.is_Add:
        for k, term in enumerate(node.args):
            for more, rest in (*_splits(others := (*node.args[:k], *node.args[k + 1 :])), (others, ())):
                for new in _reaching(term, more):
                    yield 4, total(new, *rest), BRACKET
    if node.is_Mul:
        for factor, rest in _factored(node):
            if isinstance(factor, Sum):
                for other, remaining in (*_factored(rest), (rest, S.One)):
                    if contains(other, factor.index):
                        yield 4, product(remaining, _around(factor, product(factor.body, other))), BRACKET
    if isinstance(node, Sum):
        for factor, rest in _factored(node.body):
            if contains(factor, node.index):
                yield 4, product(factor, _around(node, rest)), BRACKET


def _reaching(term: Expr, more: Terms) -> Iterator[Expr]:
    """The term with more in its brackets: a * (b + c) from a * b and c, (b - a) / c from -a / c and b."""
    for part, hold in _holders(term):
        yield hold(total(part, *more))
        if term.could_extract_minus_sign():
            yield product(S.NegativeOne, hold(total(product(S.NegativeOne, part), *more)))


def _splits(args: Terms) -> Iterator[tuple[Terms, Terms]]:
    """Every way to part the terms of a short sum in two; of a long one, a single term from the rest."""
    sizes = range(1, len(args)) if len(args) <= LONGEST_SPLIT else (1, len(args) - 1)
    for size in sizes:
        for chosen in combinations(args, size):
            yield chosen, tuple(a for a in args if a not in chosen)


def _factored(node: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Each factor of a product, and the rest."""
    args = Mul.make_args(node)
    for k in range(len(args) if len(args) > 1 else 0):
        yield args[k], product(*args[:k], *args[k + 1 :])


# A factor or a term too few.


def _wraps(place: Place, scope: Scope) -> Iterator[Neighbour]:
    node, above = place.node, place.parent.node if place.parent else None
    in_product = above is not None and (above.is_Mul or (above.is_Pow and above.exp == -1))
    if not in_product:
        if not node.is_Rational:
            yield _wrapped(place, 1, ("times", S.NegativeOne), SIGN)
        elif above is not None and above.is_Add:
            yield Neighbour(place, 1, partial(_constant, -node), SIGN, node, -node)
        for c in _factors(node, above, scope):
            is_size = all(symbol.is_integer for symbol in c.free_symbols)
            yield _wrapped(place, 3 if is_size else 4, ("times", c), MISSING_FACTOR)
    if (above is not None and above.is_Add) or node.is_Rational or (in_product and node.is_Pow):
        return
    in_denominator = place.role == "denominator"
    for c in (S.One, *scope.names):
        for term in (c, product(S.NegativeOne, c)):
            yield _wrapped(place, 4, ("plus", term), CHANGED if in_denominator else MISSING_TERM)


def _factors(node: Expr, above: Expr | None, scope: Scope) -> Iterator[Expr]:
    """What may be multiplied with a node: under a sum sign only what depends on its index."""
    if isinstance(above, Sum):
        for name in scope.names:
            if contains(name, above.index):
                yield from (name, 1 / name)
        return
    if not node.is_Rational and node.as_coeff_Mul()[0] in (1, -1):
        for number in dict.fromkeys((Integer(2), *scope.numbers)):
            yield from (number, 1 / number)
    for name in scope.names:
        yield from (name, 1 / name)


def _wrapped(place: Place, cost: int, wrap: Wrap, phrase: str) -> Neighbour:
    new = wrap[1]
    if phrase == CHANGED:
        new = _wrap(wrap, place.node)
    return Neighbour(place, cost, partial(_wrap, wrap), phrase, place.node, new, wrap)


def _wrap(wrap: Wrap, node: Expr) -> Expr:
    kind, c = wrap
    return product(node, c) if kind == "times" else total(node, c)

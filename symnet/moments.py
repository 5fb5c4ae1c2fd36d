"""Expectations over random variables X_1, …, X_n for every n: dropout masks, random weights, drawn objects.

The variables are written as the indexed name X[i] and are exchangeable: the expectation of a product depends only
on which of its indices are equal, and not on the order. Hence, with Möbius inversion on the partitions of the
factors (Rota 1964; for independent variables these are the joint cumulants, Leonov and Shiryaev 1959),

    E[X_i^a X_j^b …] = sum over partitions P of the factors of  c_P * (1 if the indices agree in each block of P),

and a product of sums becomes a sum of such terms, with Kronecker deltas that resolve.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from itertools import product as choices
from math import factorial, prod
from typing import TypeVar

from sympy import Add, Expr, Indexed, Integer, Mul, Symbol

from symnet.errors import SymnetError
from symnet.expressions import product, subexpressions, substitute, total
from symnet.sums import Delta, Limits, Sum, normal_form, sum_over

__all__ = ["Moment", "bernoulli", "expectation", "independent", "without_replacement"]

T = TypeVar("T")
Moment = Callable[[tuple[int, ...]], Expr]  # (a, b, …) -> E[X_i^a X_j^b …] for different i, j, …


def independent(moments: Mapping[int, Expr]) -> Moment:
    """Independent variables of one distribution with E X^a = moments[a]; the zeroth moment is 1."""

    def moment(powers: tuple[int, ...]) -> Expr:
        for power in powers:
            if power not in moments:
                raise SymnetError(f"the moment of order {power} is needed and was not given")
        return product(*(moments[power] for power in powers))

    return moment


def bernoulli(keep: Expr) -> Moment:
    """Independent variables that are 1 with probability `keep`, else 0: a dropout mask."""
    return lambda powers: keep ** len(powers)


def without_replacement(drawn: Expr, of: Expr) -> Moment:
    """X_i = 1 when object i is among `drawn` different ones of `of`, every such choice equally likely, else 0."""

    def moment(powers: tuple[int, ...]) -> Expr:
        return product(*((drawn - r) / (of - r) for r in range(len(powers))))

    return moment


def expectation(expression: Expr, name: str, moment: Moment) -> Expr:
    """E of a polynomial in the random variables name[i], for every size of the sums in it.

    All else is constant. A name with several indices, D[i, j], is a variable for each pair. Raises SymnetError
    where the expression is no polynomial in them, and where `moment` lacks a moment.
    """
    fresh = (Symbol(f"_{name}{k}", integer=True) for k in count())
    terms = Add.make_args(normal_form(expression))
    return total(*(_expectation(term, name, moment, fresh) for term in terms))


def _expectation(monomial: Expr, name: str, moment: Moment, fresh: Iterator[Symbol]) -> Expr:
    factors, limits = _flat(monomial, fresh)
    powers: dict[Expr, int] = {}
    others: list[Expr] = []
    for factor in factors:
        base, exponent = factor.as_base_exp()
        if _is_random(base, name) and exponent.is_Integer and exponent > 0:
            powers[base] = powers.get(base, 0) + int(exponent)
        elif any(_is_random(node, name) for node in subexpressions(factor)):
            raise SymnetError(f"the expectation over {name} of {factor}, which is no polynomial in it")
        else:
            others.append(factor)
    ranges = {index: (lower, upper) for index, lower, upper in limits}
    terms = []
    for partition in _partitions(tuple(powers)):
        weight = _coefficient([[powers[u] for u in block] for block in partition], moment)
        equal = [_equal(block[0], other) for block in partition for other in block[1:]]
        terms.append(sum_over(product(weight, *others, *equal), *limits, ranges=ranges))
    return total(*terms)


def _is_random(node: Expr, name: str) -> bool:
    return isinstance(node, Indexed) and str(node.base.label) == name


def _flat(monomial: Expr, fresh: Iterator[Symbol]) -> tuple[list[Expr], list[Limits]]:
    """The factors under all sums of a monomial, and the limits of these sums, every bound index renamed apart."""
    factors: list[Expr] = []
    limits: list[Limits] = []
    stack = list(Mul.make_args(monomial))
    while stack:
        factor = stack.pop()
        base, exponent = factor.as_base_exp()
        if not (isinstance(base, Sum) and exponent.is_Integer and exponent > 0):
            factors.append(factor)
            continue
        for _ in range(int(exponent)):
            index = next(fresh)
            limits.append((index, base.lower, base.upper))
            stack += Mul.make_args(substitute(base.body, {base.index: index}))
    return factors, limits


def _equal(one: Expr, other: Expr) -> Expr:
    return product(*(Delta(i, j) for i, j in zip(one.indices, other.indices, strict=True)))


def _partitions(items: Sequence[T]) -> Iterator[list[list[T]]]:
    """Every way to split the items into blocks."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for partition in _partitions(rest):
        yield [[first], *partition]
        for k, block in enumerate(partition):
            yield [*partition[:k], [first, *block], *partition[k + 1 :]]


def _coefficient(blocks: Sequence[Sequence[int]], moment: Moment) -> Expr:
    """c_P of a partition P, given by the powers of its factors: over all refinements of P, the moment of each
    times Möbius's function, which is the product of (-1)^(parts - 1) (parts - 1)! over the blocks of P."""
    terms = []
    for refined in choices(*(list(_partitions(block)) for block in blocks)):
        sign = prod((-1) ** (len(parts) - 1) * factorial(len(parts) - 1) for parts in refined)
        sums = tuple(sum(part) for parts in refined for part in parts)
        terms.append(product(Integer(sign), moment(sums)))
    return total(*terms)

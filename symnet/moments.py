"""Expectations over random variables X_1, …, X_n for every n: dropout masks, random weights, drawn objects.

A distribution of one variable is its moments, `Moments`: k -> E X^k. What n variables have together is a `Moment`.

The variables are written as the indexed name X[i] and are exchangeable: the expectation of a product depends only
on which of its indices are equal, and not on the order. Hence, with Möbius inversion on the partitions of the
factors (Rota 1964; for independent variables these are the joint cumulants, Leonov and Shiryaev 1959),

    E[X_i^a X_j^b …] = sum over partitions P of the factors of  c_P * (1 if the indices agree in each block of P),

and a product of sums becomes a sum of such terms, with Kronecker deltas that resolve.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from itertools import product as choices
from math import comb, factorial, prod
from typing import TypeVar

from sympy import Add, Expr, Indexed, Integer, Mul, Rational, S, Symbol

from symnet.errors import SymnetError
from symnet.expressions import product, subexpressions, substitute, total
from symnet.operations import call
from symnet.sums import Delta, Limits, Sum, normal_form, sum_over

__all__ = [
    "Moment",
    "Moments",
    "affine",
    "bernoulli",
    "covariance",
    "discrete",
    "even_part",
    "expectation",
    "independent",
    "mean",
    "normal",
    "truncated_normal",
    "uniform",
    "variance",
    "with_variance",
    "without_replacement",
]

T = TypeVar("T")
Moment = Callable[[tuple[int, ...]], Expr]  # (a, b, …) -> E[X_i^a X_j^b …] for different i, j, …
Moments = Callable[[int], Expr]  # k -> E X^k for k = 0, 1, 2, …


# Distributions of one variable


def with_variance(mean: Expr, variance: Expr) -> Moments:
    """Any distribution with this mean and variance: only the moments up to the second are known."""
    return _given({0: S.One, 1: mean, 2: total(variance, mean**2)})


def uniform(low: Expr, high: Expr) -> Moments:
    """Uniform on [low, high]: E X^k = (high^k + high^(k-1) low + … + low^k)/(k + 1)."""
    return lambda k: product(Rational(1, k + 1), total(*(low**j * high ** (k - j) for j in range(k + 1))))


def normal(mean: Expr, variance: Expr) -> Moments:
    """Normal: E X^k = mean E X^(k-1) + (k - 1) variance E X^(k-2), by parts (Stein 1972)."""

    def moments(k: int) -> Expr:
        before, here = S.Zero, S.One
        for order in range(1, k + 1):
            before, here = here, total(product(mean, here), product(Integer(order - 1), variance, before))
        return here

    return moments


def truncated_normal(bound: Expr) -> Moments:
    """A standard normal variable given that |X| <= bound, which is positive.

    By parts, for even k: E X^k = (k - 1) E X^(k-2) - 2 bound^(k-1) phi(bound)/(2 Phi(bound) - 1).
    """
    edge = product(Integer(2), call("normal_pdf", bound)) / (2 * call("normal_cdf", bound) - 1)

    def moments(k: int) -> Expr:
        if k % 2:
            return S.Zero
        value = S.One
        for order in range(2, k + 1, 2):
            value = total(product(Integer(order - 1), value), product(S.NegativeOne, bound ** (order - 1), edge))
        return value

    return moments


def discrete(chances: Mapping[Expr, Expr]) -> Moments:
    """The value v with probability chances[v]. Raises SymnetError for probabilities that do not add to 1."""
    whole = total(*chances.values()).expand()
    if whole != 1:
        raise SymnetError(f"the probabilities add to {whole}, not to 1")
    return lambda k: total(*(product(chance, value**k) for value, chance in chances.items()))


def affine(moments: Moments, scale: Expr, shift: Expr = S.Zero) -> Moments:
    """The distribution of scale X + shift."""
    return lambda k: total(
        *(product(Integer(comb(k, j)), scale**j, shift ** (k - j), moments(j)) for j in range(k + 1))
    )


def even_part(expression: Expr, variable: Symbol) -> Expr:
    """(g(u) + g(-u))/2, which has the mean of g over every distribution symmetric about 0 that gives g a mean.

    It is 0 for an odd g and u^2/2 for relu(u)^2; that an expression is one of these is left to the prover.
    """
    mirrored = substitute(expression, {variable: -variable})
    return total(product(Rational(1, 2), expression), product(Rational(1, 2), mirrored))


# Many variables


def independent(moments: Mapping[int, Expr] | Moments) -> Moment:
    """Independent variables of one distribution with E X^a = moments[a] or moments(a); the zeroth moment is 1."""
    of = _given(moments) if isinstance(moments, Mapping) else moments
    return lambda powers: product(*(of(power) for power in powers))


def _given(moments: Mapping[int, Expr]) -> Moments:
    def of(power: int) -> Expr:
        if power not in moments:
            raise SymnetError(f"the moment of order {power} is needed and was not given")
        return moments[power]

    return of


def bernoulli(keep: Expr) -> Moment:
    """Independent variables that are 1 with probability `keep`, else 0: a dropout mask."""
    return lambda powers: keep ** len(powers)


def without_replacement(drawn: Expr, of: Expr) -> Moment:
    """X_i = 1 when object i is among `drawn` different ones of `of`, every such choice equally likely, else 0."""

    def moment(powers: tuple[int, ...]) -> Expr:
        return product(*((drawn - r) / (of - r) for r in range(len(powers))))

    return moment


def mean(expression: Expr, families: Mapping[str, Moment]) -> Expr:
    """E of a polynomial in the variables of several families, by name, each independent of all the others."""
    for name, moment in families.items():
        expression = expectation(expression, name, moment)
    return expression


def covariance(one: Expr, other: Expr, families: Mapping[str, Moment]) -> Expr:
    """E[one other] - E[one] E[other], as `mean`."""
    apart = product(S.NegativeOne, mean(one, families), mean(other, families))
    return total(mean(product(one, other), families), apart)


def variance(expression: Expr, families: Mapping[str, Moment]) -> Expr:
    """The covariance of an expression with itself."""
    return covariance(expression, expression, families)


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

"""Moments against integrals, enumerations and numbers that were not worked out by them."""

from itertools import product as choices
from math import exp, factorial, pi, prod, sqrt

import pytest
from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol, integrate

from symnet.equations import size
from symnet.errors import SymnetError
from symnet.moments import (
    affine,
    bernoulli,
    covariance,
    discrete,
    even_part,
    independent,
    mean,
    normal,
    truncated_normal,
    uniform,
    variance,
    with_variance,
)
from symnet.operations import call
from symnet.sums import Sum
from symnet.truth.enclosure import enclose
from symnet.truth.verdict import decide

n = size("n")
i = Symbol("i", integer=True)
w, x = IndexedBase("w"), IndexedBase("x")
COIN = {Integer(3): Rational(1, 4), Integer(-1): Rational(3, 4)}
DIE = {Integer(-2): Rational(1, 2), Integer(0): Rational(1, 6), Integer(5): Rational(1, 3)}


@pytest.mark.parametrize("k", range(6))
def test_uniform_moments_are_integrals(k: int) -> None:
    u, low, high = Symbol("u"), Rational(-1, 3), Rational(5, 2)
    assert uniform(low, high)(k) == integrate(u**k, (u, low, high)) / (high - low)


@pytest.mark.parametrize("k", range(7))
def test_normal_moments_are_double_factorials(k: int) -> None:
    v = Symbol("v")
    central = S.Zero if k % 2 else Integer(factorial(k) // (2 ** (k // 2) * factorial(k // 2))) * v ** (k // 2)
    assert normal(S.Zero, v)(k).expand() == central
    mu = Symbol("mu")
    assert (normal(mu, v)(k) - affine(normal(S.Zero, v), S.One, mu)(k)).expand() == 0


@pytest.mark.parametrize("bound", [Rational(1, 2), Integer(2), Integer(3)])
@pytest.mark.parametrize("k", range(5))
def test_truncated_normal_moments_by_simpsons_rule(bound: Rational, k: int) -> None:
    steps, c = 2000, float(bound)

    def integral(power: int) -> float:
        points = [-c + 2 * c * s / steps for s in range(steps + 1)]
        weights = [1 if s in (0, steps) else 4 if s % 2 else 2 for s in range(steps + 1)]
        height = [u**power * exp(-u * u / 2) / sqrt(2 * pi) for u in points]
        return sum(a * b for a, b in zip(weights, height, strict=True)) * 2 * c / steps / 3

    value = float(enclose(truncated_normal(bound)(k), {}).mid())
    assert value == pytest.approx(integral(k) / integral(0), abs=1e-10)


def test_the_constant_of_keras() -> None:
    deviation = sqrt(float(enclose(truncated_normal(Integer(2))(2), {}).mid()))
    assert deviation == pytest.approx(0.87962566103423978, abs=1e-15)


def test_discrete_moments_and_their_affine_images() -> None:
    assert [discrete(COIN)(k) for k in range(3)] == [1, 0, 3]
    moved = {2 * value + 1: chance for value, chance in COIN.items()}
    assert [affine(discrete(COIN), Integer(2), S.One)(k) for k in range(4)] == [discrete(moved)(k) for k in range(4)]
    with pytest.raises(SymnetError, match="add to 1/2"):
        discrete({S.One: Rational(1, 2)})


def test_bernoulli_is_the_discrete_one() -> None:
    keep = Symbol("q")
    mask = independent(discrete({S.One: keep, S.Zero: 1 - keep}))
    assert all(mask(powers) == bernoulli(keep)(powers) for powers in [(), (1,), (2, 1), (3, 1, 2)])


def test_moments_that_were_not_given_are_refused() -> None:
    families = {"x": independent(with_variance(S.Zero, S.One))}
    with pytest.raises(SymnetError, match="order 4"):
        variance(x[i] ** 2, families)


def by_enumeration(expression: Expr, width: int) -> Expr:
    """E over all outcomes of w_1, x_1, w_2, x_2, …: w a coin, x a die."""
    names = [*(w[k] for k in range(1, width + 1)), *(x[k] for k in range(1, width + 1))]
    total = S.Zero
    for outcome in choices(*([COIN.items()] * width), *([DIE.items()] * width)):
        values = {name: value for name, (value, _) in zip(names, outcome, strict=True)}
        total += prod(chance for _, chance in outcome) * expression.xreplace(values)
    return total


@pytest.mark.parametrize("width", [1, 2, 3])
def test_mean_variance_and_covariance_by_enumeration(width: int) -> None:
    families = {"w": independent(discrete(COIN)), "x": independent(discrete(DIE))}
    one, other = Sum(w[i] * x[i], (i, 1, n)), Sum(x[i] ** 2 + w[i], (i, 1, n))
    a = sum(w[k] * x[k] for k in range(1, width + 1))
    b = sum(x[k] ** 2 + w[k] for k in range(1, width + 1))
    means = by_enumeration(a, width), by_enumeration(b, width)
    expected = {
        mean(one, families): means[0],
        mean(other, families): means[1],
        variance(one, families): by_enumeration(a * a, width) - means[0] ** 2,
        variance(other, families): by_enumeration(b * b, width) - means[1] ** 2,
        covariance(one, other, families): by_enumeration(a * b, width) - means[0] * means[1],
    }
    assert {found.xreplace({n: Integer(width)}) - right for found, right in expected.items()} == {S.Zero}


def test_even_part_has_the_mean_over_a_symmetric_distribution() -> None:
    u = Symbol("u")
    assert decide(even_part(call("relu", u) ** 2, u), u**2 / 2).verdict == "proved"
    assert decide(even_part(call("tanh", u), u), S.Zero).verdict == "proved"
    symmetric = [Integer(-2), Integer(-1), Integer(1), Integer(2)]
    polynomial = u**4 - 3 * u**3 + u
    averages = [sum(g.xreplace({u: value}) for value in symmetric) / 4 for g in (polynomial, even_part(polynomial, u))]
    assert averages[0] == averages[1]

"""Sums are equal when what stands under them is, for every number of terms."""

from time import process_time

import pytest
from sympy import Expr, IndexedBase, Integer, Symbol, symbols

from symnet.equations import size
from symnet.operations import call, sqrt
from symnet.sums import Delta, Sum, Within
from symnet.truth.summands import vanishes

m, n = size("m"), size("n")
i, j, k, r = symbols("i j k r", integer=True)
c, d = symbols("c d")
x, y = IndexedBase("x"), IndexedBase("y")


def over(body: Expr, index: Symbol = i, upper: Expr = m) -> Expr:
    return Sum(body, (index, 1, upper))


def exp(u: Expr) -> Expr:
    return call("exp", u)


def kinked(u: Expr) -> Expr:
    """u, as only the prover of fixed size sees."""
    return call("relu", u) - call("relu", -u)


def one(u: Expr) -> Expr:
    """1, as only the prover of fixed size sees."""
    return sqrt(u**2) / call("abs", u)


TRUE = {
    "a sum": over(kinked(x[i])) - over(x[i]),
    "a sum of sums": over(over(kinked(x[i] * y[j]), j)) - over(x[i]) * over(y[i]),
    "a sum up to an index": over(over(call("relu", y[j]), j, i)) - over(over(call("relu", -y[j]) + y[j], j, i)),
    "a jump at one of the terms": over((i - 1) * (call("sign", i - 1) ** 2 - 1)),
    "a sum as a number": kinked(over(x[i])) - over(x[i]),
    "as many as terms": m * c - over(c * one(x[i])),
    "as many as terms of two kinds": m * c - over(c * one(x[i])) + n * d - over(d * one(y[j]), j, n),
    "a share for every term": c - over(c * one(x[i]) / m),
    "a condition": Delta(k, r) * (kinked(c) - c),
    "a range": Within(k, 1, m) * (kinked(c) - c),
    "an even power of a modulus": over(call("abs", x[i]) ** 2) - over(x[i] ** 2),
    "an even power of a modulus in a denominator": 1 / over(call("abs", x[i]) ** 2) - 1 / over(x[i] ** 2),
    "a factor of an exponential": exp(d) ** 2 * over(exp(x[i])) - over(exp(x[i] + 2 * d)),
    "exponentials over their sum": exp(c * (x[k] - d)) / over(exp(c * (x[i] - d)))
    - exp(c * x[k]) / over(exp(c * x[i])),
    "a number in an exponent": over(exp(x[i] + 2)) / over(exp(x[i])) - exp(Integer(2)),
    "a power of an exponential": 1 / over(exp(2 * x[i])) - 1 / over(exp(x[i]) ** 2),
    "exp(0)": over(exp(Integer(0)) * x[i]) - over(x[i]),
}
FALSE = {
    "another function": over(call("relu", x[i])) - over(x[i]),
    "an odd power of a modulus": over(call("abs", x[i]) ** 3) - over(x[i] ** 3),
    "a number in an exponent": over(exp(x[i] + 2)) - over(exp(x[i])),
    "one index for two sums": over(x[i] ** 2) * over(y[i]) - over(x[i] * y[i]) * over(x[i]),
    "the rest": over(kinked(x[i])) - over(x[i]) + c,
    "fewer terms": m * c - Sum(c * one(x[i]), (i, 2, m)),
    "no terms at m = 1": (m - 3) * c - over(c * one(x[i]), i, m - 3),
    "two indices": over(over(call("relu", x[i] + y[j]) - call("relu", x[j] + y[j]), j)),
    "two indices beside a share": c
    - over(c * one(x[i]) / m - over(call("relu", x[i] + y[j]) - call("relu", x[j] + y[j]), j)),
    "another range": over(kinked(x[i])) - over(x[i], i, m + 1),
}


@pytest.mark.parametrize("name", TRUE)
def test_equal_summands_have_equal_sums(name: str) -> None:
    assert vanishes(TRUE[name], process_time() + 5)


@pytest.mark.parametrize("name", FALSE)
def test_other_summands_prove_nothing(name: str) -> None:
    assert not vanishes(FALSE[name], process_time() + 5)

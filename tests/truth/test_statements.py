"""Statements as an adversary would choose them, each with the verdicts that are right.

True ones of symbolic size about what stands under a sum, roots, signs, exponents; false ones that look like them.
"""

import pytest
from sympy import Expr, IndexedBase, Integer, Symbol, symbols, sympify

from symnet.equations import size
from symnet.operations import call, sqrt
from symnet.sums import Delta, Sum, normal_form
from symnet.truth.every_size import prove_every_size
from symnet.truth.verdict import decide

m, n = size("m"), size("n")
i, j, k, q = symbols("i j k q", integer=True)
a, b, c, d, u = symbols("a b c d u")
x, y = IndexedBase("x"), IndexedBase("y")
xi, xj, yj = x[i], x[j], y[j]


def over(body: Expr, at: Symbol = j, last: Expr = m) -> Expr:
    return Sum(sympify(body), (at, Integer(1), last))


def fn(name: str):
    return lambda *arguments: call(name, *map(sympify, arguments))


exp, log, tanh, sigmoid, softplus, relu, step, sign, gelu = map(
    fn, ["exp", "log", "tanh", "sigmoid", "softplus", "relu", "step", "sign", "gelu"]
)
absolute, largest, least, cdf, pdf = map(fn, ["abs", "max", "min", "normal_cdf", "normal_pdf"])

mean = over(x[q], q) / m
variance = over((x[k] - over(x[q], q) / m) ** 2, k) / m
scaled = over((a * x[k] - over(a * x[q], q) / m) ** 2, k) / m

TRUE = {
    # of fixed size
    "tanh of a sum": (tanh(a + b) * (1 + tanh(a) * tanh(b)), tanh(a) + tanh(b)),
    "softplus by its inverse": (exp(softplus(a)), 1 + exp(a)),
    "gelu": (gelu(a) - gelu(-a), a),
    "the normal density is even": (pdf(-a), pdf(a)),
    "the largest of three": (largest(largest(a, b), c), largest(a, largest(b, c))),
    "the largest of four": (largest(largest(a, b), largest(c, d)), largest(largest(a, c), largest(b, d))),
    "the median": (
        largest(least(a, b), least(largest(a, b), c)),
        least(largest(a, b), largest(least(a, b), c)),
    ),
    "a nested root of numbers": (sqrt(5 - 2 * sqrt(6)), sqrt(3) - sqrt(2)),
    "roots of negative numbers": (sqrt(a * b), sqrt(-a) * sqrt(-b)),  # wherever the right side is defined
    "relu of a product": (relu(a * b), relu(a) * relu(b) + relu(-a) * relu(-b)),
    # under a sum
    "Lagrange": (
        over(xj**2) * over(yj**2) - over(xj * yj) ** 2,
        over(over((xj * y[k] - x[k] * yj) ** 2, k)) / 2,
    ),
    "abs in parts": (over(absolute(xj)), over(relu(xj) + relu(-xj))),
    "abs squared": (over(absolute(xj) ** 2), over(xj**2)),
    "distances squared": (over(over(absolute(xj - x[k]) ** 2, k)), 2 * m * over(xj**2) - 2 * over(xj) ** 2),
    "max and min": (over(largest(xj, yj) + least(xj, yj)), over(xj + yj)),
    "tanh doubled": (over(tanh(2 * xj)), over(2 * tanh(xj) / (1 + tanh(xj) ** 2))),
    "tanh added": (over(tanh(xj + yj)), over((tanh(xj) + tanh(yj)) / (1 + tanh(xj) * tanh(yj)))),
    "softplus": (over(softplus(xj) - softplus(-xj)), over(xj)),
    "gelu summed": (over(gelu(xj) - gelu(-xj)), over(xj)),
    "the shift of a softmax": (exp(xi + a) / over(exp(xj + a)), exp(xi) / over(exp(xj))),
    "log-sum-exp": (log(over(exp(xj + a))), a + log(over(exp(xj)))),
    "cross-entropy": (
        -over(yj * log(exp(xj) / over(exp(x[k]), k))),
        over(yj) * log(over(exp(xj))) - over(xj * yj),
    ),
    "binary cross-entropy": (
        over(softplus(xj) - yj * xj),
        -over(yj * log(sigmoid(xj)) + (1 - yj) * log(1 - sigmoid(xj))),
    ),
    "exp of a sum": (exp(over(xj + a)), exp(over(xj)) * exp(m * a)),
    "roots under a sum": (over(sqrt(xj**2 + 1) ** 2), over(xj**2) + m),
    "products of roots under a sum": (
        over(sqrt(xj**2 + 1) * sqrt(yj**2 + 1)),
        over(sqrt((xj**2 + 1) * (yj**2 + 1))),
    ),
    "root of a scaled sum": (sqrt(over((a * xj) ** 2)), absolute(a) * sqrt(over(xj**2))),
    "root of a square": (sqrt(over(xj) ** 2), absolute(over(xj))),
    "root of four sums": (sqrt(4 * over(xj**2)), 2 * sqrt(over(x[k] ** 2, k))),
    "product of roots of sums": (sqrt(over(xj**2)) * sqrt(over(yj**2)), sqrt(over(xj**2) * over(y[k] ** 2, k))),
    "partial fractions": (over(1 / (xj * (xj + 1))), over(1 / xj - 1 / (xj + 1))),
    "a fraction and its rest": (over(xj / (xj + 1)), m - over(1 / (xj + 1))),
    "normalized, squared, scaled": (
        ((a * xi - a * mean) / sqrt(scaled)) ** 2,
        ((xi - mean) / sqrt(variance)) ** 2,
    ),
    "double sums of steps": (over(over(absolute(xj - x[k]), k)), 2 * over(over(relu(xj - x[k]), k))),
}
FALSE = {
    "tanh with a wrong sign": (tanh(a + b) * (1 - tanh(a) * tanh(b)), tanh(a) + tanh(b)),
    "the normal distribution is not even": (cdf(-a), cdf(a)),
    "the negative root": (sqrt(5 - 2 * sqrt(6)), sqrt(2) - sqrt(3)),
    "the difference of roots": (sqrt(a + sqrt(a**2 - b**2)), (sqrt(a + b) - sqrt(a - b)) / sqrt(2)),
    "min for max": (largest(largest(a, b), c), largest(a, least(b, c))),
    "Lagrange without its half": (
        over(xj**2) * over(yj**2) - over(xj * yj) ** 2,
        over(over((xj * y[k] - x[k] * yj) ** 2, k)),
    ),
    "off by one": (over(xj, j, m - 1), over(xj)),
    "telescoped wrongly": (over(x[j + 1] - xj), x[m] - x[1]),
    "integers": (over(j), m * (m - 1) / 2),
    "triangle": (over(over(x[k], k, j)), over((m - j) * xj)),
    "index captured": (over(xi * y[i], i), xi * over(y[i], i)),
    "jumps": (over(sign(xj) ** 2), m),
    "jumps that are there always": (over(over(sign(xj - x[k]) ** 2, k)), m**2),
    "steps": (over(step(xj) + step(-xj)), m),
    "exp is not linear": (exp(over(xj) / m), over(exp(xj)) / m),
    "a temperature": (exp(2 * xi) / over(exp(2 * xj)), exp(xi) / over(exp(xj))),
    "cross-entropy, a sign": (
        over(softplus(xj) - yj * xj),
        -over(yj * log(sigmoid(xj)) - (1 - yj) * log(1 - sigmoid(xj))),
    ),
    "root of a sum": (over(sqrt(xj**2)), sqrt(over(xj**2))),
    "root without its sign": (sqrt(over(xj) ** 2), over(xj)),
    "scale without its sign": ((a * xi - a * mean) / sqrt(scaled), (xi - mean) / sqrt(variance)),
    "half of the pairs": (over(over(absolute(xj - x[k]), k)), over(over(relu(xj - x[k]), k))),
    "the other size": (over(over(a, k, n)), m**2 * a),
    "delta of another range": (over(over(Delta(j, k) * xj * y[k], k, n)), over(xj * yj)),
}


@pytest.mark.parametrize("name", TRUE)
def test_true(name: str) -> None:
    found = decide(*TRUE[name])
    assert (found.verdict, found.assumptions) == ("proved", []), found


@pytest.mark.parametrize("name", FALSE)
def test_false(name: str) -> None:
    found = decide(*FALSE[name])
    assert found.verdict in ("refuted", "proved-if"), found
    assert found.witness["left"] != found.witness["right"]
    assert found.replay().outcome == "confirmed"


def test_a_nested_root_is_taken_apart_by_the_roots_of_the_other_side() -> None:
    found = decide(sqrt(a + sqrt(a**2 - b**2)), (sqrt(a + b) + sqrt(a - b)) / sqrt(2))
    assert found.assumptions in ([], ["a + sqrt(a**2 - b**2) != 0"])  # it holds at a = b = 0 too
    assert found.verdict.startswith("proved")


def test_what_is_nowhere_defined_is_not_proved() -> None:
    apart = over(over(absolute(xj - x[k]) ** 2 / (xj - x[k]) ** 2, k))  # j = k is one of the terms
    found = decide(apart, m**2)
    assert found.verdict == "undecided"
    assert "no point of a small size was found where both sides are defined" in found.method


def test_a_sum_that_may_be_empty_is_not_counted() -> None:
    short = over(a, j, m - 5)
    assert decide(short, (m - 5) * a).verdict == "refuted"
    assert normal_form(over(a, j, m - 1) - (m - 1) * a) == 0  # m - 1 is 0 at least
    assert decide(over(a * xj, j, m - 5), a * over(xj, j, m - 5)).verdict == "proved"


def test_summands_are_not_compared_past_the_limit() -> None:
    late = prove_every_size(*TRUE["tanh added"], seconds=-1)
    assert (late.kind, late.reason) == ("undecided", "the time limit has passed")

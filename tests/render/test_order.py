import random

import pytest
from sympy import Add, Integer, Mul, symbols

from symnet.equations import Variable
from symnet.expressions import product
from symnet.operations import call
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import Delta, Sum, Within
from tests.render.examples import (
    BATCH,
    NAMING,
    A,
    B,
    C,
    F,
    S,
    a,
    b,
    dz,
    f,
    i,
    j,
    m,
    over_i,
    w01,
    w02,
    w03,
    w1,
    w2,
    w3,
    x,
    y,
    z,
)

SUMS = [
    (w2 + w02 - 3, "w2 + w02 - 3"),
    (w01 + w1 * x, "w1*x + w01"),
    (x + w1 * x + x**2 + 1, "x**2 + w1*x + x + 1"),
    (F - y, "F - y"),
    (y - F, "y - F"),
    (A - C, "A - C"),
    (C - A, "C - A"),
    (w01 - w1, "-w1 + w01"),
    (1 - w1, "1 - w1"),
    (-w1 - w01, "-w1 - w01"),
    (1 - call("tanh", x) ** 2, "1 - tanh(x)**2"),
    (1 + call("exp", -x), "1 + exp(-x)"),
    (call("exp", x) - 1, "exp(x) - 1"),
    ((A - C) / S + b, "(A - C)/S + b"),
    (f(w1) + w3, "f(w1) + w3"),
    (C + w1 + w03 - 1, "C + w1 + w03 - 1"),
    (x + w1 * x - B + S, "w1*x + S + x - B"),
    ((A - C) ** 2 + (B - C) ** 2, "(A - C)**2 + (B - C)**2"),
]
PRODUCTS = [
    (x * w1, "w1*x"),
    (x * w1 * 2, "2*w1*x"),
    (w3 * f(w1 * x + w01), "f(w1*x + w01)*w3"),
    (w3 * f(w1 * x + w01, 1) * x, "fprime(w1*x + w01)*w3*x"),
    (w1 * f(x + w01), "w1*f(x + w01)"),
    (A * w1, "w1*A"),
    ((A - C) * w1, "w1*(A - C)"),
    (a * (A - C) / S, "a*(A - C)/S"),
    (m * C, "m*C"),
    (1 / (w03 * w3), "1/(w3*w03)"),
    (A * B / (S**2 * C), "A*B/(C*S**2)"),
]
IN_A_BATCH = [
    (w3 * dz[i] * f(w1, 1), "dL_dz[i]*fprime(w1)*w3"),
    (z[i] * w1, "w1*z[i]"),
    (m * dz[i], "m*dL_dz[i]"),
    (Sum(z[i], over_i.limits) * (A - C) * w1, "w1*(A - C)*Sum(z[i], (i, 1, m))"),
    (Delta(i, j) * (A - C) * w1, "w1*KroneckerDelta(i, j)*(A - C)"),
    (Delta(i, j) - 1 / m, "KroneckerDelta(i, j) - 1/m"),
    (Within(i + 1, Integer(1), m) * w1, "w1*Piecewise((1, (1 <= i + 1) & (i + 1 <= m)), (0, True))"),
]


@pytest.mark.parametrize(("expression", "expected"), SUMS + PRODUCTS)
def test_reads_like_the_slide(expression, expected):
    assert text(expression, NAMING) == expected


@pytest.mark.parametrize(("expression", "expected"), IN_A_BATCH)
def test_reads_like_the_slide_in_a_batch(expression, expected):
    assert text(expression, BATCH) == expected


def test_objects_of_a_batch_come_in_the_order_of_their_inputs():
    terms = [(k * w2 + w02 - k) ** 2 for k in (-1, 1, 2, 10)]
    assert text(Add(*terms), NAMING) == (
        "(-w2 + w02 + 1)**2 + (w2 + w02 - 1)**2 + (2*w2 + w02 - 2)**2 + (10*w2 + w02 - 10)**2"
    )


def test_declaration_decides_and_undeclared_names_follow_in_natural_order():
    v2, v10, q = symbols("v2 v10 q")
    declared = Naming({"q": Variable("q")}, parameters=frozenset({"q"}))
    assert text(v10 + v2 + q, declared) == "q + v2 + v10"
    assert text(v10 + v2 + q) == "q + v2 + v10"
    assert text(v10 * v2 * q, Naming({"v10": Variable("v10")}, parameters=frozenset({"v10"}))) == "v10*q*v2"


def test_the_order_sympy_was_given_does_not_matter():
    terms = [w1 * x, w01, -C, product(Integer(2), A - C), f(w2) * w3, f(w2, 1) * w3, Integer(3)]
    shuffled = random.Random(8)
    printed = set()
    for _ in range(10):
        shuffled.shuffle(terms)
        printed.add(text(Add(*terms, evaluate=False), NAMING))
    assert printed == {"f(w2)*w3 + fprime(w2)*w3 + w1*x + w01 + 2*(A - C) - C + 3"}


def test_nested_sums_and_products_are_read_as_one():
    nested = Add(Add(w2, Integer(-3), evaluate=False), Mul(x, Mul(w1, Integer(2), evaluate=False)), evaluate=False)
    assert text(nested, NAMING) == "2*w1*x + w2 - 3"

import pytest
from hypothesis import given, settings
from sympy import IndexedBase, Integer, Rational, Symbol

from symnet.equations import Equation, Variable, indexed_latex
from symnet.expressions import product
from symnet.names import default_latex
from symnet.operations import call, sqrt
from symnet.render.latex import equation_latex, latex
from symnet.render.naming import Naming
from symnet.sums import Delta, Sum, Within
from tests.render.examples import (
    BATCH,
    DL_DW2,
    LECTURE_8,
    NAMING,
    A,
    B,
    C,
    S,
    a,
    b,
    check_latex,
    dz,
    expressions,
    f,
    i,
    j,
    m,
    over_i,
    over_j,
    w01,
    w1,
    w2,
    w3,
    x,
    z,
)


def test_lecture_8():
    assert [equation_latex(e, NAMING) for e in (*LECTURE_8, DL_DW2)] == [
        "A = f(-w_1 + w_{01}) w_3 + f(-w_2 + w_{02}) w_4",
        "B = f(w_1 + w_{01}) w_3 + f(w_2 + w_{02}) w_4",
        r"C = \frac{A + B}{2}",
        r"S = \sqrt{\frac{(A - C)^2 + (B - C)^2}{2}}",
        r"F_{NNN}(x) = \frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S} + w_{03}",
        r"\frac{\partial L_1}{\partial w_2} = 2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1)",
    ]


QUOTIENTS = [
    (a * (A - C) / S + b, r"a \frac{A - C}{S} + b"),
    (2 * a * (A - C) / S, r"2a \frac{A - C}{S}"),
    ((A - C) * (B - C) / S**2, r"\frac{(A - C) (B - C)}{S^2}"),
    (product(2, A - C, 1 / S), r"\frac{2(A - C)}{S}"),
    (1 / S, r"\frac{1}{S}"),
    (-1 / S**2, r"-\frac{1}{S^2}"),
    (w1 / 2, r"\frac{w_1}{2}"),
    (Rational(2, 3) * w1, r"\frac{2}{3} w_1"),
    (Rational(-1, 2), r"-\frac{1}{2}"),
    (Rational(1, 2) ** w1, r"\left(\frac{1}{2}\right)^{w_1}"),
    (1 / (1 + call("exp", -x)), r"\frac{1}{1 + e^{-x}}"),
    (sqrt(Integer(2)) / 3, r"\frac{\sqrt{2}}{3}"),
    (f(A / S, 1) / S, r"\frac{1}{S} f'\!\left(\frac{A}{S}\right)"),
    ((A / S + 1) / (B / S + 1), r"\frac{\frac{A}{S} + 1}{\frac{B}{S} + 1}"),
    ((A / S + 1) / S, r"\frac{1}{S} \left(\frac{A}{S} + 1\right)"),
]
BRACKETS = [
    (product(-1, A - C), "-(A - C)"),
    (w1 - product(2, A - C), "w_1 - 2(A - C)"),
    (product(-2, A - C) * w1, "-2w_1 (A - C)"),
    (f(w1) ** 2, "f(w_1)^2"),
    (f(w1 + w01, 1), "f'(w_1 + w_{01})"),
    (f(w1, 2), "f''(w_1)"),
    (sqrt(w1) ** 2, r"\left(\sqrt{w_1}\right)^2"),
    (call("exp", -x) ** 2, "(e^{-x})^2"),
    (call("abs", A / S) ** 2, r"\left|\frac{A}{S}\right|^2"),
    (call("max", A / S, B), r"\max\!\left(\frac{A}{S}, B\right)"),
    (call("step", A / S), r"\left[\frac{A}{S} > 0\right]"),
    (call("step", x), "[x > 0]"),
    (call("leaky_relu", x, Rational(1, 100)), r"\operatorname{LReLU}_{\frac{1}{100}}(x)"),
    (1 - call("sigmoid", x), r"1 - \sigma(x)"),
    (Integer(-3) ** x, "(-3)^x"),
    (product(2, Integer(3) ** x), r"2 \cdot 3^x"),
    (product(2, sqrt(x)), r"2 \sqrt{x}"),
    (x**12, "x^{12}"),
]
SUMS = [
    (Sum(z[i], over_i.limits) / m, r"\frac{1}{m} \sum_{i=1}^{m} z_i"),
    (Sum((z[i] - C) ** 2, over_i.limits), r"\sum_{i=1}^{m} (z_i - C)^2"),
    (Sum(z[i] - C, (i, 1, m - 1)), r"\sum_{i=1}^{m - 1} (z_i - C)"),
    (Sum(-z[i], over_i.limits), r"\sum_{i=1}^{m} (-z_i)"),
    (1 - Sum(z[i], over_i.limits), r"1 - \sum_{i=1}^{m} z_i"),
    (Sum(Sum(z[i] * z[j], over_j.limits), over_i.limits), r"\sum_{i=1}^{m} \sum_{j=1}^{m} z_i z_j"),
    (Sum(z[i], over_i.limits) ** 2, r"\left(\sum_{i=1}^{m} z_i\right)^2"),
    (
        product(Sum(z[i], over_i.limits), Sum(dz[j], over_j.limits)),
        r"\left(\sum_{i=1}^{m} z_i\right) \sum_{j=1}^{m} \frac{\partial L}{\partial z_{j}}",
    ),
    (w3 * dz[i], r"\frac{\partial L}{\partial z_{i}} w_3"),
    (a * dz[i] / S, r"\frac{\partial L}{\partial z_{i}} \, \frac{a}{S}"),
    (
        a * dz[i] * (A / S + 1) / S,
        r"\frac{\partial L}{\partial z_{i}} \, \frac{a}{S} \left(\frac{A}{S} + 1\right)",
    ),
    (dz[i] / m, r"\frac{1}{m} \, \frac{\partial L}{\partial z_{i}}"),
    (dz[i] ** 2, r"\left(\frac{\partial L}{\partial z_{i}}\right)^2"),
    (Delta(i, j) - 1 / m, r"\delta_{ij} - \frac{1}{m}"),
    (Delta(i, j + 1), r"\delta_{i, j + 1}"),
    (Within(i, Integer(1), m) * z[i + 1], r"z_{i + 1} \, [1 \le i \le m]"),
]


@pytest.mark.parametrize(("expression", "expected"), QUOTIENTS + BRACKETS)
def test_formula(expression, expected):
    check_latex(expected)
    assert latex(expression, NAMING) == expected


@pytest.mark.parametrize(("expression", "expected"), SUMS)
def test_formula_in_a_batch(expression, expected):
    check_latex(expected)
    assert latex(expression, BATCH) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("w01", "w_{01}"),
        ("w1", "w_1"),
        ("C_1", "C_1"),
        ("x_1_2", "x_{1,2}"),
        ("F_NN", "F_{NN}"),
        ("alpha", r"\alpha"),
        ("alpha1", r"\alpha_1"),
        ("eps", r"\varepsilon"),
        ("w_hidden", r"w_{\mathrm{hidden}}"),
        ("bias", r"\mathit{bias}"),
        ("x_новый", r"x_{\text{новый}}"),
        ("_k", "k"),
        ("_", r"\_"),
        ("dL_dw01", r"\frac{\partial L}{\partial w_{01}}"),
        ("dropout_dim", r"\mathit{dropout}_{\mathrm{dim}}"),
        ("x[2, 3]", "x_{2,3}"),
        ("Var(w)", r"\operatorname{Var}(w)"),
        ("E(x1)", "E(x_1)"),
    ],
)
def test_default_latex(name, expected):
    assert default_latex(name) == expected


def test_a_name_keeps_its_own_latex_and_indices():
    naming = Naming(
        {
            "dL_dw": Variable("dL_dw", (), r"\frac{\partial L}{\partial w}"),
            "h": Variable("h", (over_i, over_j), "h^{(#2)}_{#1}"),
            "w01": Variable("w01", (over_i,), "w_{01}"),
            "v1": Variable("v1", (over_i,)),
            "u1": Variable("u1"),
            "x": Variable("x", (), "x'"),
        }
    )
    h, w, v, eps = (IndexedBase(name) for name in ("h", "w01", "v1", "eps"))
    assert latex(Symbol("dL_dw"), naming) == r"\frac{\partial L}{\partial w}"
    assert latex(h[i, 2] ** 2, naming) == "(h^{(2)}_{i})^2"
    assert latex(w[i], naming) == "{w_{01}}_i"
    assert latex(Symbol("u1") + x**2, naming) == "(x')^2 + u_1"
    assert latex(v[i], naming) == "v_{1,i}"
    assert latex(eps[i, j + 1], naming) == r"\varepsilon_{i,j + 1}"
    assert equation_latex(Equation("c_1", (over_i,), rhs=v[i])) == "c_{1,i} = v_{1,i}"


def test_a_long_numerator_stands_beside_its_fraction_where_a_line_can_break():
    long = sum(f(Symbol(f"w{k}") * x) for k in range(12))
    assert latex(long / S).startswith(r"\frac{1}{S} (f(w_0 x) + f(w_1 x)")


@settings(max_examples=100, deadline=None)
@given(expressions)
def test_latex_is_well_formed(expression):
    check_latex(latex(expression, BATCH))


def test_nesting_costs_no_recursion():
    expression = x
    for _ in range(500):
        expression = f((w1 * expression - C) / S)
    printed = latex(expression, NAMING)
    assert printed.count(r"\frac") == 500
    check_latex(printed)


def test_shared_parts_are_printed_once_each():
    visits = []

    class Counting(Naming):
        def latex(self, name, where=()):
            visits.append(name)
            return super().latex(name, where)

    expression = x
    for _ in range(12):
        expression = f(expression) * w2 + expression  # a tree of 2^12 leaves, a graph of 50 nodes
    assert latex(expression, Counting()).count("x") == 2**12
    assert len(visits) < 10


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("w01", "w_{01,i}"),
        ("log_sum", r"\mathit{log}_{\mathrm{sum},i}"),
        ("grad_x", r"\mathit{grad}_{x,i}"),
    ],
)
def test_indices_stand_behind_what_is_already_below_a_name(name: str, expected: str) -> None:
    assert indexed_latex(Variable(name), ("i",)) == expected

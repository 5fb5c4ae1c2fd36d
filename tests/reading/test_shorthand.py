r"""Shorthand reads as what it stands for: `\frac1m` as `\frac{1}{m}`, `\partial_w L` as the fraction."""

import pytest
from sympy import IndexedBase, Rational, Symbol, sympify

from symnet.errors import InputError
from symnet.expressions import product, rewrite
from symnet.operations import Call, call
from symnet.reading.slide import Applied, Partial, Vocabulary, read_formula
from symnet.sums import Delta, Sum

N, AT_I, AT_J = Symbol("N"), Symbol("i", integer=True), Symbol("j", integer=True)
SLIDE = Vocabulary(applied=frozenset(("F", "L")), indices=frozenset("ij"), every=N, objects=True)

# shorthand, the same in full
SAME = [
    (r"\frac12", r"\frac{1}{2}"),
    (r"\frac1{2m}", r"\frac{1}{2m}"),
    (r"\frac{1}2", r"\frac{1}{2}"),
    (r"\frac1m \sum_i x_i", r"\frac{1}{m} \sum_{i=1}^N x_i"),
    (r"\frac{\frac12}3", r"\frac{\frac{1}{2}}{3}"),
    (r"\tfrac a2b", r"\frac{a}{2} b"),
    (r"\sqrt2 + \sqrt x", r"\sqrt{2} + \sqrt{x}"),
    (r"x^2_i + \sigma'(x)", r"x_i^2 + \sigma'(x)"),
    (r"\sum^m_{i=1} x_i", r"\sum_{i=1}^m x_i"),
    (r"\sum^{m}_{i=1} x_i", r"\sum_{i=1}^m x_i"),
    (r"\sum_{i,j} x_i y_j", r"\sum_{i=1}^N \sum_{j=1}^N x_i y_j"),
    (r"\sum_{i} x^{(i)}", r"\sum_{i=1}^N x_i"),
    (r"\sum_{j<i} x_j", r"\sum_{j=1}^{i-1} x_j"),
    (r"\sum_{j \ge 2} x_j", r"\sum_{j=2}^N x_j"),
    (r"\hat{y_i}", r"\hat{y}_i"),
    (r"\partial_w L", r"\frac{\partial L}{\partial w}"),
    (r"\nabla_{w_1} L(w)", r"\frac{\partial L(w)}{\partial w_1}"),
    (r"L'_{w_1} + L'_w(w)", r"\frac{\partial L}{\partial w_1} + \frac{\partial L(w)}{\partial w}"),
    (r"2\partial L/\partial w", r"2\frac{\partial L}{\partial w}"),
    (r"dL/dw - dL/dw_1", r"\frac{dL}{dw} - \frac{dL}{dw_1}"),
    (r"\frac{\mathrm{d}}{\mathrm{d}w} L", r"\frac{dL}{dw}"),
    (r"\frac{\partial}{\partial w} F(x) b", r"\frac{\partial F(x)}{\partial w} b"),
    (r"\frac{\partial^2}{\partial w^2} L", r"\frac{\partial^2 L}{\partial w^2}"),
    (r"\frac{d}{dz} \sigma(z)", r"\frac{d \sigma(z)}{d z}"),
    (r"\max\{0, x\} + \exp\left\{-x\right\}", r"\max(0, x) + \exp(-x)"),
    (r"\cosh^2 z", r"\cosh(z)^2"),
    (r"\tanh^2 \frac{\cosh^2 z}2", r"\tanh(\frac{\cosh(z)^2}{2})^2"),
    (r"\ch z + \sh z", "e^z"),
    (r"\th z", r"\tanh z"),
    (r"a \odot b \circ c", "abc"),
    (r"\mathrm{ReLU}(x) + \operatorname{relu}(x)", "2 ReLU(x)"),
    (r"\mathbb{1}\{x > 0\}", "[x > 0]"),
    (r"\mathbf{1}_{x \ge 0}", r"\mathbb{1}[x \ge 0]"),
    (r"\lVert x \rVert^2_2", r"\|x\|_2^2"),
    (r"\prod_{k=1}^3 (x - k)", "(x-1)(x-2)(x-3)"),
    (r"\begin{cases} 1, & x > 0, \\ 0, & x \le 0. \end{cases}", "[x > 0]"),
    (r"\begin{cases} x & 0 < x \\ ax & \text{иначе}. \end{cases}", "x[x > 0] + ax(1 - [x > 0])"),
]


def one(text):
    (((value,),),) = (read_formula(text, SLIDE).equalities,)
    return value


@pytest.mark.parametrize(("short", "full"), SAME)
def test_shorthand(short, full):
    assert (one(short) - one(full)).expand() == 0


x, y = IndexedBase("x"), IndexedBase("y")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"x_1^{(i)} + x^{(2)}_3", IndexedBase("x1")[AT_I] + IndexedBase("x3")[2]),
        (r"x_j^{(i)}", x[AT_J, AT_I]),
        (r"x^{(i-1)}", x[AT_I - 1]),
        (r"f(x)^{2}", call("f", Symbol("x")) ** 2),
        (r"(x)_+^2", call("relu", Symbol("x")) ** 2),
        (r"[x - 1]_{+}", call("relu", Symbol("x") - 1)),
        (r"[x \ne 0]", call("sign", Symbol("x")) ** 2),
        (r"\mathbb{1}(0 < x < 1)", product(call("step", Symbol("x")), call("step", 1 - Symbol("x")))),
        (r"\sum_{i \ne j} x_i", Sum((1 - Delta(AT_I, AT_J)) * x[AT_I], (AT_I, 1, N))),
        (r"\sum_{i=1, i \ne j}^m x_i", Sum((1 - Delta(AT_I, AT_J)) * x[AT_I], (AT_I, 1, Symbol("m")))),
        (r"\sum_{i: y_i = 1} x_i", Sum((1 - call("sign", y[AT_I] - 1) ** 2) * x[AT_I], (AT_I, 1, N))),
        (r"\overline{xy}", Applied(Symbol("mean of"), Symbol("x") * Symbol("y"))),
        (r"\langle x \rangle", Applied(Symbol("mean of"), Symbol("x"))),
        (r"\|x\|_1", Applied(Symbol("norm of"), Symbol("x"), 1)),
        (r"\frac{\partial \hat{x}_i}{\partial x_j}", Partial(IndexedBase("xhat")[AT_I], x[AT_J])),
        (r"\frac{1}{m}\partial_{b} L", Partial(Symbol("L"), Symbol("b")) / Symbol("m")),
        ("x^{1/2}", call("sqrt", Symbol("x"))),
        (r"\tfrac{3}2", Rational(3, 2)),
    ],
)
def test_meanings(text, value):
    assert one(text) == value


def test_what_only_looks_like_shorthand() -> None:
    declared = Vocabulary(names={"d": Symbol("d"), "x^{(1)}": Symbol("first")}, indices=frozenset("i"))
    ((((value,)),),) = (read_formula("d a/d b + x^{(1)}", declared).equalities,)
    assert value == Symbol("a") * Symbol("b") + Symbol("first")
    with pytest.raises(InputError, match="neither an integer nor a half-integer"):
        read_formula("x^{(k)}", declared)


def three(rows: str):
    return one(rf"\begin{{cases}} {rows} \end{{cases}}")


def test_cases_of_a_line() -> None:
    sign, clipped = (
        three(r"1 & x > 0 \\ 0 & x = 0 \\ -1 & x < 0"),
        three(r"-1 & x < -1 \\ x & -1 \le x \le 1 \\ 1 & x > 1"),
    )
    for number in (-2, -1, Rational(-1, 2), 0, Rational(1, 2), 1, 2):
        assert value_at(sign, number) == bool(number > 0) - bool(number < 0)
        assert value_at(clipped, number) == max(-1, min(1, number))


def value_at(expression, number):
    """With numbers for x and for every step and sign."""
    at_x = rewrite(expression, lambda node: sympify(number) if node == Symbol("x") else None)
    return rewrite(at_x, lambda node: node.operation.exact(*node.args) if isinstance(node, Call) else None)


@pytest.mark.parametrize(
    "rows",
    [
        r"1 & x > 0 \\ 0 & x = 0 \\ -1 & x \le 0",
        r"1 & x > 0 \\ -1 & x < 0",
        r"1 & x > 1 \\ 0 & x < 0 \\ 2 & 0 \le x < 1",
        r"1 & x > 0 \\ 0 & y \le 0",
    ],
)
def test_cases_that_leave_out_something(rows: str) -> None:
    with pytest.raises(InputError, match="case"):
        three(rows)

"""The network of lecture 8 with its normalization, random expressions, and a strict reader of LaTeX."""

import re

from hypothesis import strategies as st
from sympy import Add, Expr, IndexedBase, Integer, Mul, Pow, Rational, symbols

from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.render.naming import Naming
from symnet.sums import Sum, normal_form

x, y, w1, w01, w2, w02, w3, w4, w03 = symbols("x y w1 w01 w2 w02 w3 w4 w03")
A, B, C, S, F, a, b = symbols("A B C S F a b")
m = size("m")
over_i, over_j = index("i", m), index("j", m)
i, j = over_i.symbol, over_j.symbol
z, dz = IndexedBase("z"), IndexedBase("dL_dz")


def f(argument: Expr, order: int = 0) -> Expr:
    return call("f", argument, order=order)


def half(expression: Expr) -> Expr:
    return product(Rational(1, 2), expression)


LECTURE_8 = Derivation(
    (
        Equation("A", rhs=f(-w1 + w01) * w3 + f(-w2 + w02) * w4),
        Equation("B", rhs=f(w1 + w01) * w3 + f(w2 + w02) * w4),
        Equation("C", rhs=half(A + B)),
        Equation("S", rhs=sqrt(half((A - C) ** 2 + (B - C) ** 2))),
        Equation("F", (), "F_{NNN}(x)", rhs=(f(w1 * x + w01) * w3 + f(w2 * x + w02) * w4 - C) / S + w03),
    ),
    inputs=(Variable("x"), Variable("y")),
    parameters=tuple(Variable(name) for name in ("w1", "w01", "w2", "w02", "w3", "w4", "w03", "a", "b")),
)
NAMING = Naming.of(LECTURE_8)

# dL_1/dw_2 of the dropped network on its three objects (L8.11)
DL_DW2 = Equation(
    "dL_dw2",
    latex=r"\frac{\partial L_1}{\partial w_2}",
    rhs=product(Integer(2), w2 + w02 - 3) + product(4, 2 * w2 + w02 - 2) + product(6, 3 * w2 + w02 - 1),
)

BATCH = Naming(
    {
        "z": Variable("z", (over_i,)),
        "dL_dz": Variable("dL_dz", (over_i,), r"\frac{\partial L}{\partial z_{#1}}"),
        "dL_dF": Variable("dL_dF", (), r"\frac{\partial L}{\partial F}"),
    }
)

# Random expressions in x, y, w1, w2, z[i], z[1]: sums, products, powers, functions and sums over an index.

_atoms = st.one_of(
    st.sampled_from([x, y, w1, w2, z[1]]),
    st.integers(-4, 4).map(Integer),
    st.builds(Rational, st.integers(-5, 5), st.integers(1, 4)),
)


def _power(base: Expr, exponent: int) -> Expr:
    return Pow(base, exponent) if normal_form(base) != 0 else base


def _larger(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda terms: Add(*terms)),
        several.map(lambda factors: product(*factors)),
        several.map(lambda factors: Mul(*factors, evaluate=False)),
        st.builds(_power, parts, st.sampled_from([-2, -1, 2, 3])),
        st.builds(f, parts, st.integers(0, 2)),
        st.builds(call, st.sampled_from(["sqrt", "exp", "tanh", "abs", "sigmoid"]), parts),
        st.builds(lambda u, v: call("max", u, v), parts, parts),
        parts.map(lambda body: Sum(product(body, z[i]) + 1, over_i.limits)),
    )


expressions = st.recursive(_atoms, _larger, max_leaves=8)

# LaTeX, read strictly.

_TOKENS = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_COMMANDS = {
    *(r"\frac", r"\sqrt", r"\sum", r"\left", r"\right", r"\cdot", r"\le", r"\partial", r"\delta", r"\sigma"),
    *(r"\tanh", r"\max", r"\operatorname", r"\!", r"\,", r"\\", r"\quad", r"\begin", r"\end"),
}


def check_latex(latex: str) -> None:
    """Braces, brackets, \\left with \\right and environments balance; only plain brackets may span lines."""
    lines = "&" in latex
    closing = {"{": "}"} if lines else {"{": "}", "(": ")", "[": "]"}
    assert latex.count("(") == latex.count(")")
    assert latex.count("[") == latex.count("]")
    open_: list[str] = []
    tokens = _TOKENS.findall(latex)
    for before, token in zip(["", *tokens], tokens, strict=False):
        assert len(token) == 1 or token in _COMMANDS, token
        if before == r"\left":
            open_.append(r"\right")
        elif before == r"\right" or token == r"\right":
            assert before == r"\right" or open_.pop() == r"\right", latex
        elif token in closing:
            open_.append(closing[token])
        elif token in closing.values():
            assert open_.pop() == token, latex
        assert token not in ("&", r"\\") or not open_, latex
    assert not open_, latex
    assert "**" not in latex
    assert not re.search(r"_\w*_|\^\S?\^", latex.replace("{", "{ "))  # no double scripts
    assert re.findall(r"\\begin\{(.*?)}", latex) == re.findall(r"\\end\{(.*?)}", latex)

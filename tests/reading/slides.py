"""The names in which formulas of the lectures are read here, and what reading them gives."""

from sympy import IndexedBase, Integer, Symbol, symbols

from symnet.equations import size
from symnet.expressions import product
from symnet.operations import call
from symnet.reading.slide import Vocabulary, read_formula

A, B, C, S, a, b, e, m, n, p, w, x, y = symbols("A B C S a b e m n p w x y")
C1, C2, S1, S2, L, L1, L2 = symbols("C1 C2 S1 S2 L L1 L2")
w0, w1, w2, w3, w4, w01, w02, w03 = symbols("w0 w1 w2 w3 w4 w01 w02 w03")
F, G, LN = symbols("FNN FNNN LN")
xs, ys, ell = IndexedBase("x"), IndexedBase("y"), Symbol("ell")
M = size("m")
I = Symbol("i", integer=True)  # noqa: E741
J = Symbol("j", integer=True)

SLIDE = Vocabulary(
    names={"m": M, r"\sigma_{\mathcal{B}}^2": Symbol("var"), "Loss": Symbol("Loss"), r"\epsilon": Symbol("eps")},
    applied=frozenset(("F_{NN}", "F_{NNN}", "L", "L_N", "L_1", "L_2", "E", "Var", r"BN_{\gamma, \beta}")),
    indices=frozenset("ij"),
)


def f(u, order=0):
    return call("f", u, order=order)


def times(number, *factors):
    return product(Integer(number), *factors)


def sides(text, vocabulary=SLIDE):
    return read_formula(text, vocabulary).equalities


def one(text, vocabulary=SLIDE):
    ((value,),) = sides(text, vocabulary)
    return value

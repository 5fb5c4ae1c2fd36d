"""Formulas of the lectures, word for word, and the ways slides write things."""

import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Indexed, IndexedBase, Integer, Pow, Rational, Symbol, symbols

from symnet.equations import size
from symnet.errors import InputError
from symnet.expressions import product, subexpressions
from symnet.operations import call, sqrt
from symnet.reading import latex
from symnet.reading.slide import Applied, Partial, Statement, Vocabulary, read_formula
from symnet.sums import Sum

A, B, C, S, a, b, e, m, n, p, w, x, y = symbols("A B C S a b e m n p w x y")
C1, C2, S1, S2, L, L1, L2 = symbols("C1 C2 S1 S2 L L1 L2")
w0, w1, w2, w3, w4, w01, w02, w03 = symbols("w0 w1 w2 w3 w4 w01 w02 w03")
F, G, LN = symbols("FNN FNNN LN")
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


NORMALIZED = (w2 * f(x + w01) - C1) / S1

LECTURE_8 = [
    (
        r"$F_{NN}(x) = (w_1x + w_{01}) + (w_2x + w_{02})$",
        ((Applied(F, x), w1 * x + w01 + w2 * x + w02),),
    ),
    (
        r"$L(w) = (F_{NN}(1) - 3)^2 + (F_{NN}(2) - 2)^2 + (F_{NN}(3) - 1)^2$",
        ((Applied(L, w), (Applied(F, 1) - 3) ** 2 + (Applied(F, 2) - 2) ** 2 + (Applied(F, 3) - 1) ** 2),),
    ),
    (r"$h=0.1$", ((Symbol("h"), Rational(1, 10)),)),
    (
        r"$$L_1(w) = (w_2 + w_{02} - 3)^2 + (2w_2 + w_{02} - 2)^2 + (3w_2 + w_{02} - 1)^2$$",
        ((Applied(L1, w), (w2 + w02 - 3) ** 2 + (2 * w2 + w02 - 2) ** 2 + (3 * w2 + w02 - 1) ** 2),),
    ),
    (
        r"$$\frac{\partial L_1}{\partial w_1} = \frac{\partial L_1}{\partial w_{01}} = 0,$$",
        ((Partial(L1, w1), Partial(L1, w01), 0),),
    ),
    (
        r"$$\frac{\partial L_1}{\partial w_2} = 2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2) "
        r"+ 6(3w_2 + w_{02} - 1),$$",
        (
            (
                Partial(L1, w2),
                times(2, w2 + w02 - 3) + times(4, 2 * w2 + w02 - 2) + times(6, 3 * w2 + w02 - 1),
            ),
        ),
    ),
    (
        r"$$\frac{\partial L_2}{\partial w_2} = \frac{\partial L_1}{\partial w_{02}} = 0, "
        r"\frac{\partial L_2}{\partial w_1} = -20, \frac{\partial L_2}{\partial w_{01}} = -12$$",
        ((Partial(L2, w2), Partial(L1, w02), 0), (Partial(L2, w1), -20), (Partial(L2, w01), -12)),
    ),
    (
        r"$$w_1=0, w_{01}=0, w_2=2, w_{02}=1.2$$",
        ((w1, 0), (w01, 0), (w2, 2), (w02, Rational(6, 5))),
    ),
    (
        r"$$F_{NN}(x_1, x_2) = w_1 x_1 + w_2 x_2 + w_0$$",
        ((Applied(F, *symbols("x1 x2")), w1 * Symbol("x1") + w2 * Symbol("x2") + w0),),
    ),
    (
        r"$A = f(-w_1 + w_{01})w_3 + f(-w_2 + w_{02})w_4$",
        ((A, f(-w1 + w01) * w3 + f(-w2 + w02) * w4),),
    ),
    (r"$C = (A+B)/2$", ((C, product(Rational(1, 2), A + B)),)),
    (
        r"$$F_{NNN}(x) = (f(w_1 x + w_{01})w_3 + f(w_2 x + w_{02})w_4 - C)/S + w_{03}$$",
        ((Applied(G, x), (f(w1 * x + w01) * w3 + f(w2 * x + w02) * w4 - C) / S + w03),),
    ),
    (
        r"$$L_N(w) = (F_{NNN}(-1) + 1)^2 + (F_{NNN}(1) - 1)^2 .$$",
        ((Applied(LN, w), (Applied(G, -1) + 1) ** 2 + (Applied(G, 1) - 1) ** 2),),
    ),
    (
        r"$$f((f(xw_1+w_{01})w_{11}+f(xw_2+w_{02})w_{21}-C)/S+w_{03})$$",
        ((f((f(x * w1 + w01) * Symbol("w11") + f(x * w2 + w02) * Symbol("w21") - C) / S + w03),),),
    ),
    (r"$-w_1, w_1$", ((-w1,), (w1,))),
    (r"$$(w_1x - 0)/w_1 = x$$", ((x, x),)),
    (
        r"$$S_1 = \sqrt{((w_2 f(-1 + w_{01}) - C_1)^2 + (w_2 f(1 + w_{01}) - C_1)^2) / 2}$$",
        (
            (
                S1,
                sqrt(
                    product(Rational(1, 2), (w2 * f(w01 - 1) - C1) ** 2 + (w2 * f(1 + w01) - C1) ** 2),
                ),
            ),
        ),
    ),
    (r"$w_3 f([w_2 f(x + w_{01}) - C_1] / S_1) + w_{02}$", ((w3 * f(NORMALIZED) + w02,),)),
    (r"$w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02})$", ((w3 * f(NORMALIZED + w02),),)),
    (
        r"$$F_{NNN}(x) = f([(w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02}) - C_2) / S_2] + w_{03})$$",
        ((Applied(G, x), f((w3 * f(NORMALIZED + w02) - C2) / S2 + w03)),),
    ),
    ("$ax'+b$", ((a * Symbol("xprime") + b,),)),
    (
        r"$$a(w_2 f(ax+b+w_{01})-C_1)/S_1+b$$",
        ((a * (w2 * f(a * x + b + w01) - C1) / S1 + b,),),
    ),
    (
        r"$a_2(w_2f(a_1x+b_1+w_{01})-C_1)/S_1+b_2$",
        ((Symbol("a2") * (w2 * f(Symbol("a1") * x + Symbol("b1") + w01) - C1) / S1 + Symbol("b2"),),),
    ),
]

hatx, epsilon, var, mu = IndexedBase("xhat"), Symbol("eps"), Symbol("var"), Symbol("mu_B")
xs, ys, ell = IndexedBase("x"), IndexedBase("y"), Symbol("ell")
gamma, beta, alpha, X, W1, W2 = symbols("gamma beta alpha X W1 W2")

SLIDES_4 = [
    (r"$$Loss = \frac{1}{2}(y - \hat{y})^2$$", ((Symbol("Loss"), (y - Symbol("yhat")) ** 2 / 2),)),
    (
        r"$$\frac{\partial L}{\partial W_1} = -(y - f(X \cdot W_1) \cdot W_2) "
        r"\cdot W_2 f'(X \cdot W_1) \cdot W_1$$",
        (
            (
                Partial(L, W1),
                times(-1, y - f(X * W1) * W2, W2, f(X * W1, 1), W1),
            ),
        ),
    ),
    (
        r"$$\frac{\partial L}{\partial w_2} = \frac{\partial L}{\partial \sigma_1} "
        r"\sigma_1 (1 - \sigma_1) \sigma_2$$",
        (
            (
                Partial(L, w2),
                Partial(L, Symbol("sigma_1")) * Symbol("sigma_1") * (1 - Symbol("sigma_1")) * Symbol("sigma_2"),
            ),
        ),
    ),
    (
        r"$\sigma'(x) = \sigma(x) \cdot (1 - \sigma(x))$",
        ((call("sigmoid", x) * (1 - call("sigmoid", x)),) * 2,),
    ),
    (
        r"$$h_i = w_0 + \sum_{i=1}^{n_{in}} w_i x_i$$",
        ((IndexedBase("h")[I], w0 + Sum(IndexedBase("w")[I] * xs[I], (I, 1, Symbol("nin")))),),
    ),
    (
        r"$$E(x_i^2) = \frac{1}{2} \cdot \text{Var}(h_{i-1})$$",
        ((Applied(Symbol("E"), xs[I] ** 2), Applied(Symbol("Var"), IndexedBase("h")[I - 1]) / 2),),
    ),
    (
        r"$\hat{h} = \frac{h - \mu_h}{\sigma_h}$",
        ((Symbol("hhat"), (Symbol("h") - Symbol("mu_h")) / Symbol("sigma_h")),),
    ),
    (
        r"$$\mu_h = \alpha \cdot \bar{x}_{batch} + (1 - \alpha) \cdot \mu_h$$",
        ((Symbol("mu_h"), alpha * Symbol("xbar_batch") + (1 - alpha) * Symbol("mu_h")),),
    ),
    (
        r"$$\mu_{\mathcal{B}} \leftarrow \frac{1}{m} \sum_{i=1}^m x_i \quad // \text{ mini-batch mean}$$",
        ((mu, Sum(xs[I], (I, 1, M)) / M),),
    ),
    (
        r"$$\sigma_{\mathcal{B}}^2 \leftarrow \frac{1}{m} \sum_{i=1}^m (x_i - \mu_{\mathcal{B}})^2 "
        r"\quad // \text{ mini-batch variance}$$",
        ((var, Sum((xs[I] - mu) ** 2, (I, 1, M)) / M),),
    ),
    (
        r"$$\hat{x}_i \leftarrow \frac{x_i - \mu_{\mathcal{B}}}{\sqrt{\sigma_{\mathcal{B}}^2 + \epsilon}}"
        r" \quad // \text{ normalize}$$",
        ((hatx[I], (xs[I] - mu) / sqrt(var + epsilon)),),
    ),
    (
        r"$$y_i \leftarrow \gamma \hat{x}_i + \beta \equiv \text{BN}_{\gamma, \beta}(x_i) "
        r"\quad // \text{ scale and shift}$$",
        ((ys[I], gamma * hatx[I] + beta, Applied(Symbol("BN_gamma_beta"), xs[I])),),
    ),
    (
        r"$$\frac{\partial \ell}{\partial \sigma_{\mathcal{B}}^2} = "
        r"\sum_{i=1}^m \frac{\partial \ell}{\partial \hat{x}_i} "
        r"\cdot (x_i - \mu_{\mathcal{B}}) \cdot \frac{-1}{2} (\sigma_{\mathcal{B}}^2 + \epsilon)^{-3/2}$$",
        (
            (
                Partial(ell, var),
                Sum(
                    Partial(ell, hatx[I]) * (xs[I] - mu) * Rational(-1, 2) * Pow(sqrt(var + epsilon), -3),
                    (I, 1, M),
                ),
            ),
        ),
    ),
    (
        r"$$\frac{\partial \ell}{\partial \mu_{\mathcal{B}}} = "
        r"\left( \sum_{i=1}^m \frac{\partial \ell}{\partial \hat{x}_i} "
        r"\cdot \frac{-1}{\sqrt{\sigma_{\mathcal{B}}^2 + \epsilon}} \right) + \frac{\partial \ell}"
        r"{\partial \sigma_{\mathcal{B}}^2} \cdot \frac{\sum_{i=1}^m -2(x_i - \mu_{\mathcal{B}})}{m-1}$$",
        (
            (
                Partial(ell, mu),
                Sum(-Partial(ell, hatx[I]) / sqrt(var + epsilon), (I, 1, M))
                + Partial(ell, var) * Sum(times(-2, xs[I] - mu), (I, 1, M)) / (M - 1),
            ),
        ),
    ),
    (
        r"$$\frac{\partial \ell}{\partial \gamma} = "
        r"\sum_{i=1}^m \frac{\partial \ell}{\partial y_i} \cdot \hat{x}_i$$",
        ((Partial(ell, gamma), Sum(Partial(ell, ys[I]) * hatx[I], (I, 1, M))),),
    ),
    (
        r"$$\vec{\mu} = \frac{\sum_{i=1}^N \vec{x}_i}{N} - \text{среднее}$$",
        ((Symbol("muvec"), Sum(IndexedBase("xvec")[I], (I, 1, Symbol("N"))) / Symbol("N")),),
    ),
]


@pytest.mark.parametrize(("text", "equalities"), LECTURE_8 + SLIDES_4)
def test_formulas_of_the_lectures(text, equalities):
    assert sides(text) == equalities
    assert sides(text.strip("$")) == equalities


# Other formulas of the lectures that must at least be readable with these names.
READABLE = Path(__file__).with_name("lectures.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("text", READABLE)
def test_more_formulas_of_the_lectures(text):
    assert all(sides(text))


def test_open_sums_and_text():
    text = r"$$L_N(w) = (F_{NNN}(-1) + 1)^2 + (F_{NNN}(1) - 1)^2 + (F_{NNN}(2) - 2)^2 + \dots$$"
    read = read_formula(text, SLIDE)
    assert read.open
    assert len(read.equalities[0][1].args) == 3
    read = read_formula(r"$$F_{NN}(x) = 0.5(-x+4) + 0.5(-x+4) = -x+4 \text{ – и это правильный ответ!}$$", SLIDE)
    assert read == Statement(((Applied(F, x), 4 - x, 4 - x),), "– и это правильный ответ!")
    read = read_formula(r"$$S = \sqrt{((A - C)^2 + (B - C)^2)/2} \quad \text{отклонение}$$", SLIDE)
    assert (read.text, len(read.equalities)) == ("отклонение", 1)
    assert read_formula("a = b – среднее значение, где c = 1").equalities == ((a, b), (Symbol("c"), 1))
    assert read_formula("a = b // mini-batch \\text{mean}\n").text == "mini-batch mean"


# Products, quotients, powers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("xw_1", x * w1),
        ("2w_2", 2 * w2),
        (r"a \cdot b \times x * y", a * b * x * y),
        (r"a\,b~x\ y\;p", a * b * x * y * p),
        ("1/2x", x / 2),
        ("a/bx", a * x / b),
        ("a/b/x", a / (b * x)),
        ("1/(n-1)[x+y]", (x + y) / (n - 1)),
        ("a/b^2x", a * x / b**2),
        ("a(x+y)/b+p", a * (x + y) / b + p),
        (r"a/\sqrt{b}", a / sqrt(b)),
        (r"\frac{a}{b}x", a * x / b),
        (r"\dfrac{1}{2}", Rational(1, 2)),
        ("2(a+b)", times(2, a + b)),
        ("-2(a+b)", times(-2, a + b)),
        ("-(a+b)x", times(-1, a + b, x)),
        ("a - (x + y)", a + times(-1, x + y)),
        ("a−b", a - b),
        ("w(x+1)", w * (x + 1)),
        ("{a+b}x", (a + b) * x),
        (r"\left( a + b \right) \left[ x \right]", (a + b) * x),
        (r"\bigl(a + b\bigr)x", (a + b) * x),
        ("x^2y", x**2 * y),
        ("x^{10}", x**10),
        ("x^{-1}", 1 / x),
        ("x^{1/2}", sqrt(x)),
        ("x^{-3/2}", Pow(sqrt(x), -3)),
        ("x^{1.5}", Pow(sqrt(x), 3)),
        ("2^{3}", Integer(8)),
        ("0.1x", x / 10),
        ("0{,}5", Rational(1, 2)),
        (r"\sqrt{4}", sqrt(Integer(4))),
        ("|x|", call("abs", x)),
        ("|a||b|", call("abs", a) * call("abs", b)),
        ("||a|-b|", call("abs", call("abs", a) - b)),
        (r"\left|x-\left|y\right|\right|", call("abs", x - call("abs", y))),
        ("a|b|x", a * call("abs", b) * x),
    ],
)
def test_arithmetic(text, value):
    assert one(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("f(x)^2", f(x) ** 2),
        ("f''(x)", f(x, 2)),
        ("f[x]", f(x)),
        ("xf(y)w", x * f(y) * w),
        (r"\varphi(x)", call("phi", x)),
        (r"\sigma(x)", call("sigmoid", x)),
        (r"\tanh(x)", call("tanh", x)),
        (r"\tanh^2(x)", call("tanh", x) ** 2),
        (r"\tanh'(x)", 1 - call("tanh", x) ** 2),
        (r"\ln x", call("log", x)),
        (r"2\ln{x} + 1", 2 * call("log", x) + 1),
        (r"\log x^2", call("log", x**2)),
        (r"\exp(-x)", call("exp", -x)),
        ("e^x y", call("exp", x) * y),
        ("e^{-x}", call("exp", -x)),
        ("e^{+x}", call("exp", x)),
        (r"\max(a, b)", call("max", a, b)),
        (r"\min(0; x)", call("min", 0, x)),
        ("ReLU(x)", call("relu", x)),
        (r"x\text{ReLU}(x)", x * call("relu", x)),
        (r"\operatorname{ReLU}(x)", call("relu", x)),
        (r"\text{ELU}(x, 1)", call("elu", x, 1)),
        ("tanh(x)", call("tanh", x)),
    ],
)
def test_functions(text, value):
    assert one(text) == value


def test_an_e_that_is_a_name():
    assert one("e") == e
    assert one("e^2", Vocabulary(names={"e": e})) == e**2


numbers = st.integers(0, 30).map(lambda k: (str(k), Fraction(k))) | st.tuples(
    st.integers(0, 99), st.integers(0, 99)
).map(lambda d: (f"{d[0]}.{d[1]:02d}", Fraction(100 * d[0] + d[1], 100)))


def _combined(parts):
    (left, u), (right, v), kind = parts
    if kind in ("/", "frac") and v == 0:
        return left, u
    return {
        "+": (f"({left}) + {right}", u + v),
        "-": (f"{left} - ({right})", u - v),
        "juxtaposed": (f"({left})[{right}]", u * v),
        "cdot": (rf"({left}) \cdot ({right})", u * v),
        "/": (f"({left})/({right})", u / v if v else u),
        "frac": (rf"\frac{{{left}}}{{{right}}}", u / v if v else u),
        "square": (rf"\left({left}\right)^{{2}}", u**2),
    }[kind]


kinds = st.sampled_from(["+", "-", "juxtaposed", "cdot", "/", "frac", "square"])


@given(st.recursive(numbers, lambda c: st.tuples(c, c, kinds).map(_combined), max_leaves=8))
def test_arithmetic_is_that_of_fractions(case):
    text, value = case
    assert one(text) == Rational(value.numerator, value.denominator)


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("w_{01}", "w01"),
        ("w_01", "w01"),
        ("x_1", "x1"),
        ("x_{1}", "x1"),
        ("F_{NN}", "FNN"),
        ("L_N", "LN"),
        ("S_1", "S1"),
        (r"\alpha", "alpha"),
        (r"\ell", "ell"),
        (r"\mu_h", "mu_h"),
        (r"\mu_{\mathcal{B}}", "mu_B"),
        (r"\mu_\mathcal{B}", "mu_B"),
        (r"\mathcal{B}", "Bcal"),
        (r"\bar{x}_{batch}", "xbar_batch"),
        (r"\hat x", "xhat"),
        (r"\hat\mu", "muhat"),
        (r"\tilde{\sigma}_1", "sigmatilde_1"),
        ("x'", "xprime"),
        (r"\sigma_4'", "sigma_4prime"),
        (r"w_{\text{out}}", "wout"),
        ("x_{1,2}", "x1_2"),
        (r"\mathbf{W}", "W"),
        ("n_{in}", "nin"),
    ],
)
def test_names_that_are_not_declared(text, name):
    assert one(text, Vocabulary(indices=frozenset("ij"))) == Symbol(name)


@pytest.mark.parametrize(
    ("text", "base", "places"),
    [
        ("x_i", "x", (I,)),
        (r"\hat{x}_i", "xhat", (I,)),
        (r"\hat x_{i}", "xhat", (I,)),
        ("w_{ij}", "w", (I, J)),
        ("w_{i,j}", "w", (I, J)),
        ("w_{1j}", "w", (1, J)),
        ("h_{i-1}", "h", (I - 1,)),
        ("h_{i+2}", "h", (I + 2,)),
    ],
)
def test_indexed_names(text, base, places):
    assert one(text) == IndexedBase(base)[places]


def test_declared_names():
    names = {"w_1": a, r"\hat{x}_i": b, "x": IndexedBase("data"), "Loss_1": p, "x^{+1}": y, r"\vec{x}^*": n}
    vocabulary = Vocabulary(names=names, indices=frozenset("i"))
    assert one("w_{1}", vocabulary) == a
    assert one(r"\hat x_i", vocabulary) == b
    assert one("x_i", vocabulary) == IndexedBase("data")[I]
    assert one("2Loss_1w", vocabulary) == 2 * p * w
    assert one("x^{+1}", vocabulary) == y
    assert one(r"\vec{x}^*w", vocabulary) == n * w
    with pytest.raises(InputError, match="the name x needs an index"):
        one("2x", vocabulary)


def test_spellings_of_a_declaration_do_not_matter():
    for key in ("w_{01}", "w_01", " w_{ 01 }"):
        assert one("w_{01}x", Vocabulary(names={key: a})) == a * x
    for key in (r"BN_{\gamma,\beta}", r"\mathrm{BN}_{\gamma, \beta}"):
        vocabulary = Vocabulary(applied=frozenset([key]))
        assert one(r"\text{BN}_{\gamma, \beta}(x)", vocabulary) == Applied(Symbol("BN_gamma_beta"), x)


def test_what_is_applied_is_the_callers_choice():
    assert one("L(w)", Vocabulary()) == L * w
    assert one("L(w)", SLIDE) == Applied(L, w)
    assert one("L + 1", SLIDE) == L + 1
    assert one("u(x)", Vocabulary(functions={"u": "tanh"})) == call("tanh", x)
    assert one("f(x)", Vocabulary(functions={})) == Symbol("f") * x
    applied = one("F_{NN}(x, 1)", Vocabulary(names={"F_{NN}": a}, applied=frozenset(["F_{NN}"])))
    assert (applied.name, applied.arguments) == (a, (x, 1))


def test_sigma_may_be_a_function_and_a_name():
    vocabulary = Vocabulary(names={r"\sigma": Symbol("s")})
    assert one(r"\frac{x}{\sigma} + \sigma(x)", vocabulary) == x / Symbol("s") + call("sigmoid", x)


# Derivatives and sums


@pytest.mark.parametrize(
    ("text", "of", "wrt"),
    [
        (r"\frac{\partial L}{\partial w_2}", L, (w2,)),
        (r"\frac{dL}{dw}", L, (w,)),
        (r"\frac{d^2 L}{dw^2}", L, (w, w)),
        (r"\frac{\partial^2 L}{\partial w_1 \partial w_2}", L, (w1, w2)),
        (r"\frac{\partial^{3} L}{\partial w_1^2 \partial w_2}", L, (w1, w1, w2)),
        (r"\frac{\partial f}{\partial g}", Symbol("f"), (Symbol("g"),)),
        (r"\frac{\partial f(x)}{\partial x}", f(x), (x,)),
        (r"\frac{\partial L(w)}{\partial w}", Applied(L, w), (w,)),
        (r"\frac{\partial (a + b)}{\partial x_i}", a + b, (xs[I],)),
    ],
)
def test_derivatives(text, of, wrt):
    value = one(text)
    assert isinstance(value, Partial)
    assert (value.of, value.wrt) == (of, wrt)


def test_a_fraction_with_a_variable_d_is_a_fraction():
    assert one(r"\frac{dx}{y}") == Symbol("d") * x / y
    assert one(r"\frac{dL}{dw}", Vocabulary(names={"d": p})) == L / w


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\sum_{i=1}^m x_i y + b", Sum(xs[I] * y, (I, 1, m)) + b),
        (r"\sum_{i=1}^m x_i / m", Sum(xs[I] / m, (I, 1, m))),
        (r"a \cdot \sum_{i=1}^{m} (x_i + 1)^2", a * Sum((xs[I] + 1) ** 2, (I, 1, m))),
        (r"\sum_{k=0}^{n-1} x_k", Sum(xs[Symbol("k", integer=True)], (Symbol("k", integer=True), 0, n - 1))),
        (
            r"\sum_{i=1}^m \sum_{j=1}^n w_{ij} x_j",
            Sum(Sum(IndexedBase("w")[I, J] * xs[J], (J, 1, n)), (I, 1, m)),
        ),
        (r"\sum_{i=1}^m i", Sum(I, (I, 1, m))),
    ],
)
def test_sums(text, value):
    assert one(text, Vocabulary()) == value


def test_the_index_of_a_sum_shadows_a_name():
    vocabulary = Vocabulary(names={"i": a})
    assert one(r"\sum_{i=1}^m x_i", vocabulary) == Sum(xs[I], (I, 1, m))
    assert one("x_i + i", vocabulary) == Symbol("xi") + a


# Statements


@pytest.mark.parametrize(
    ("text", "equalities"),
    [
        ("a = b = x", ((a, b, x),)),
        (r"a := b \equiv x \leftarrow y", ((a, b, x, y),)),
        ("a, b = x, y", ((a,), (b, x), (y,))),
        (r"a = b \quad x = y", ((a, b), (x, y))),
        (r"a = b; x = y.", ((a, b), (x, y))),
        (r"a = b \text{ and } x = y", ((a, b), (x, y))),
        ("a = 1, 2", ((a, 1), (2,))),
        ("a + b", ((a + b,),)),
    ],
)
def test_statements(text, equalities):
    assert sides(text, Vocabulary()) == equalities


@pytest.mark.parametrize("form", ["{}", "${}$", "$${}$$", r"\[{}\]", r"\({}\)", " $$ {}\n$$ ", "\n{}\n"])
def test_signs_of_display_mode(form):
    assert sides(form.format("a = b,")) == ((a, b),)


def test_nodes_survive_rebuilding():
    value = one(r"F_{NN}(x) + \frac{\partial L}{\partial w}")
    kinds = {type(node) for node in subexpressions(value)}
    assert {Applied, Partial} <= kinds
    assert value.func(*value.args) == value
    assert all(node.is_commutative for node in subexpressions(value) if isinstance(node, Applied | Partial | Indexed))


# Size


def test_long_sums_and_products():
    assert len(one("+".join(f"w_{{{k}}}" for k in range(500))).args) == 500
    assert one("x " * 300) == x**300


@pytest.mark.parametrize("shape", ["f({})", r"\sqrt{{{}}}", r"\frac{{1}}{{1+{}}}", "[2({} + 1)]", "|x-{}|"])
def test_deep_nesting_within_the_bound(shape):
    text = "x"
    for _ in range(45):
        text = shape.format(text)
    assert sum(1 for _ in subexpressions(one(text))) >= 45


def test_the_parser_is_built_once_and_quickly():
    latex.parser.cache_clear()
    start = time.process_time()
    latex.parser()
    assert time.process_time() - start < 0.5  # some 0.1 s; a busy machine is not a failure
    assert latex.parser() is latex.parser()


# Cases, norms and gradients

STEP = call("step", Symbol("x"))
BELOW = call("step", -Symbol("x"))


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        (r"x & x > 0 \\ 0 & x \le 0", Symbol("x") * STEP),
        (r"x, & \text{if } x > 0 \\ 0, & \text{otherwise}", Symbol("x") * STEP),
        (r"1 & x \ge 0 \\ y & x < 0 \\", 1 - BELOW + Symbol("y") * BELOW),
        (r"y & x < 0 \\ 1 & x \geqslant 0", 1 - BELOW + Symbol("y") * BELOW),
        (r"y & 0 \leq x \\ 0 & \text{иначе}", Symbol("y") * (1 - BELOW)),
    ],
)
def test_cases(rows, value):
    """Each point is in one case: the step u > 0 is 0 at u = 0."""
    ((_, found),) = sides(rf"g = \begin{{cases}} {rows} \end{{cases}}", Vocabulary({"g": Symbol("g")}))
    assert found == value


def test_cases_are_a_factor_like_any_other():
    ((found,),) = sides(r"2\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases} + 1", Vocabulary())
    assert found == 2 * Symbol("x") * STEP + 1


def test_a_norm_of_a_number_is_its_absolute_value():
    ((norm,),) = sides(r"\|x - y\|^2 + \left\| x \right\|", Vocabulary())
    assert norm == call("abs", Symbol("x") - Symbol("y")) ** 2 + call("abs", Symbol("x"))


def test_a_gradient_is_a_name_of_its_own():
    assert sides(r"x - \alpha \cdot \nabla L", Vocabulary()) == ((Symbol("x") - Symbol("alpha") * Symbol("nablaL"),),)
    declared = Vocabulary({r"\nabla f": Symbol("G")})
    assert sides(r"\alpha \nabla f", declared) == ((Symbol("alpha") * Symbol("G"),),)

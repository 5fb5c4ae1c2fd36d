"""Formulas of the lectures, word for word."""

from pathlib import Path

import pytest
from sympy import IndexedBase, Pow, Rational, Symbol, symbols

from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.reading.slide import Applied, Partial, Statement, read_formula
from symnet.sums import Sum
from tests.reading.slides import (
    C1,
    C2,
    L1,
    L2,
    LN,
    S1,
    S2,
    SLIDE,
    A,
    B,
    C,
    F,
    G,
    I,
    L,
    M,
    S,
    a,
    b,
    ell,
    f,
    sides,
    times,
    w,
    w0,
    w01,
    w02,
    w03,
    w1,
    w2,
    w3,
    w4,
    x,
    xs,
    y,
    ys,
)

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

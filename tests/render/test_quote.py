"""Quotations become LaTeX that compiles, whatever they are."""

import pytest

from symnet.render.quote import formula_words, math, quoted


@pytest.mark.parametrize(
    "formula",
    ["{w_1", "w_1}", r"\left( x", r"\begin{cases} x", r"\unknown{x}", "x_", "x__1", "^2", "", r"a\end{b}", "a $ b"],
)
def test_what_tex_would_choke_on_is_no_math(formula):
    assert math(formula) is None


def test_alignment_marks_and_quotes_are_left_out():
    assert math(r"\text{Var}(w_i) &= \frac{2}{n} \\") == r"\text{Var}(w_i) = \frac{2}{n}"
    assert math(r'\texttt{init="he"}') == r"\texttt{init=''he''}"
    assert math(r"\begin{matrix} a & b \end{matrix}") == r"\begin{matrix} a & b \end{matrix}"


def test_russian_words_in_a_formula_are_words():
    assert math("S = отклонение x") == r"S = \text{отклонение} x"
    assert math(r"\text{среднее} + 1") == r"\text{среднее} + 1"


def test_words_and_formulas():
    assert list(quoted(r"обычно $p$ из **интервала** $[0.2, 0.5]$")) == [
        (False, r"обычно $p$ из {\bfseries интервала} $[0.2, 0.5]$")
    ]
    assert list(quoted("если $$a = b$$, то C_1 = 0")) == [(False, "если"), (True, "a = b"), (False, ", то $C_1$ = 0")]
    assert list(quoted(r"w_i = \frac{1}{2}")) == [(True, r"w_i = \frac{1}{2}")]
    assert list(quoted("`init='x'` и kernel\\_regularizer")) == [(False, r"{\ttfamily init='x'} и kernel\_regularizer")]


def test_what_is_no_formula_is_shown_letter_by_letter():
    ((display, shown),) = quoted(r"$$\frac{1}{2$$")
    assert not display
    assert shown.startswith(r"{\ttfamily")
    assert r"\textbackslash{}" in shown


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("w1 >= 0", r"$w_1 \ge  0$"),
        ("0 < h < 17/12 - sqrt(265)/12", r"$0 < h < 17/12 - \sqrt{265}/12$"),
        ("f(u) = u**2", "$f(u) = u^{2}$"),
        ("x1[2] = -1", "${x_1}_{2} = -1$"),
        ("sqrt((a + b))*2", r"$\sqrt{(a + b)} 2$"),
        ("alpha != 1", r"$\alpha \ne  1$"),
    ],
)
def test_a_condition_is_mathematics(plain, latex):
    assert formula_words(plain) == latex


@pytest.mark.parametrize("plain", ["every weight is nonzero", "no mask", "w ≠ отклонение"])
def test_words_are_not(plain):
    assert formula_words(plain) is None

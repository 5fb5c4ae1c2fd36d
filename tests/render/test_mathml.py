"""LaTeX as MathML: what browsers show, nothing half-understood, nothing that is not well formed."""

from xml.etree.ElementTree import Element, fromstring

import pytest

from symnet.errors import SymnetError
from symnet.render.mathml import html_words, mathml

NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def tags(root: Element) -> list[str]:
    return [node.tag.removeprefix(NAMESPACE) for node in root.iter()]


def text(root: Element) -> str:
    return "".join(root.itertext()).strip()


@pytest.mark.parametrize(
    ("latex", "shown", "tag"),
    [
        (r"\frac{\partial L}{\partial w_{01}} = -20", "∂L∂w01=−20", "mfrac"),
        (r"S = \sqrt{\frac{(A - C)^2}{2}}", "S=(A−C)22", "msqrt"),
        (r"\hat{x}_i \odot f'(h)", "x^i⊙f′(h)", "mover"),
        (r"\begin{matrix} 8 & 11 \\ 16 & 19 \end{matrix}", "8111619", "mtable"),
        (r"\frac{x}{{\color{red} m}}", "xm", "mstyle"),
        (r"\texttt{activity\_regularizer}", "activity_regularizer", "mtext"),
        (r"$$a \le b$$", "a≤b", "mo"),
    ],
)
def test_formulas(latex: str, shown: str, tag: str) -> None:
    root = fromstring(mathml(latex))
    assert text(root) == shown
    assert tag in tags(root)


def test_a_display_and_a_formula_in_a_line() -> None:
    assert fromstring(mathml("a", display=True)).get("display") == "block"
    assert fromstring(mathml("a")).get("display") == "inline"


def test_limits_stand_at_a_sum_also_within_brackets() -> None:
    root = fromstring(mathml(r"\left( \sum_{i=1}^{m} x_i \right) + \sum_j y_j"))
    assert tags(root).count("munderover") == tags(root).count("munder") == 1
    assert [node.get("movablelimits") for node in root.iter(f"{NAMESPACE}mo") if node.text == "∑"] == ["true"] * 2


@pytest.mark.parametrize(
    ("latex", "signs"),
    [("a = -2", ["prefix"]), ("a - 2", [None]), (r"a \\cdot (-b - c)", ["prefix", None]), ("f'(a) - 1", [None])],
)
def test_a_minus_is_a_sign_or_a_subtraction(latex: str, signs: list[str | None]) -> None:
    root = fromstring(mathml(latex))
    assert [node.get("form") for node in root.iter(f"{NAMESPACE}mo") if node.text == "−"] == signs


ALIGNED = r"\begin{aligned} a &= b \\ c &= d \end{aligned}"


@pytest.mark.parametrize(("latex", "columns"), [(r"a = b \\ c = d", 2), (r"a &= b \\ c &= d", 2), (ALIGNED, 2)])
def test_lines_stand_below_each_other(latex: str, columns: int) -> None:
    root = fromstring(mathml(latex))
    rows = root.findall(f".//{NAMESPACE}mtr")
    assert [len(row) for row in rows] == [columns] * 2
    assert all(row[-1].get("columnalign") == "left" for row in rows)


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        ("{a", "its braces do not match"),
        ("a}", "its braces do not match"),
        (r"\unknown x", r"\\unknown is not known"),
        ("a & b", "cannot be shown"),
        (r"\left(", "cannot be shown"),
        (r"\begin{cases} a", "cannot be shown"),
        ("", "cannot be shown"),
    ],
)
def test_what_is_no_formula_is_refused(latex: str, why: str) -> None:
    with pytest.raises(SymnetError, match=why) as error:
        mathml(latex)
    assert repr(latex) in str(error.value)


def test_words_with_formulas() -> None:
    shown = html_words("a < b, $x_1$ and $$y$$, but $\\unknown$ & $5")
    assert shown.startswith("a &lt; b, <math")
    assert shown.endswith("</math>, but <code>$\\unknown$</code> &amp; $5")
    assert shown.count('display="inline"') == shown.count('display="block"') == 1

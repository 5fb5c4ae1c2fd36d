import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Symbol

from symnet.equations import Equation
from symnet.render.align import align_latex, align_steps, break_lines, display, width
from symnet.render.byhand import by_hand_steps
from symnet.render.latex import latex
from tests.render.examples import BATCH, DL_DW2, LECTURE_8, NAMING, S, check_latex, expressions, f, w02, w2, w3, x


def test_equations_stand_under_each_other():
    assert align_latex(LECTURE_8) == "\n".join(
        [
            r"\begin{align*}",
            r"A &= f(-w_1 + w_{01}) w_3 + f(-w_2 + w_{02}) w_4 \\",
            r"B &= f(w_1 + w_{01}) w_3 + f(w_2 + w_{02}) w_4 \\",
            r"C &= \frac{A + B}{2} \\",
            r"S &= \sqrt{\frac{(A - C)^2 + (B - C)^2}{2}} \\",
            r"F_{NNN}(x) &= \frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S} + w_{03}",
            r"\end{align*}",
        ]
    )


def test_a_long_side_breaks_at_its_outermost_sum():
    assert align_latex([DL_DW2], NAMING, width=17).splitlines()[1:-1] == [
        r"\frac{\partial L_1}{\partial w_2} &= 2(w_2 + w_{02} - 3) \\",
        r"&\quad {} + 4(2w_2 + w_{02} - 2) \\",
        r"&\quad {} + 6(3w_2 + w_{02} - 1)",
    ]


def test_a_bracket_breaks_only_where_it_must():
    long = f(Add(*(f(Symbol(f"w{k}") * x / S) for k in range(4)))) * w3
    assert break_lines(latex(long), 100, 100) == [latex(long)]
    assert break_lines(latex(long), 14, 14) == [
        r"f\!\left(f\!\left(\frac{w_0 x}{S}\right) + f\!\left(\frac{w_1 x}{S}\right) \right.",
        r"+ \left. f\!\left(\frac{w_2 x}{S}\right) + f\!\left(\frac{w_3 x}{S}\right)\right) w_3",
    ]


@pytest.mark.parametrize("room", range(10, 30))
def test_no_line_is_wider_than_asked(room):
    equation = Equation("G", rhs=Add(*(Symbol(f"v{k}") * x for k in range(20))))
    rows = [row.removesuffix(r" \\") for row in align_latex([equation], NAMING, width=room).splitlines()[1:-1]]
    first, *more = rows
    widths = [width(first.replace("&", ""))]
    widths += [width("G =") + width(r"\quad") + width(row.removeprefix(r"&\quad {} ")) for row in more]
    assert len(rows) > 2
    assert max(widths) <= room
    assert min(widths[:-1]) > 0.6 * room


def test_steps_by_hand_stand_under_each_other():
    assert align_steps(by_hand_steps(DL_DW2, {w2: 0, w02: 0}, NAMING)).splitlines()[1:-1] == [
        rf"{DL_DW2.latex} &= 2(w_2 + w_{{02}} - 3) + 4(2w_2 + w_{{02}} - 2) + 6(3w_2 + w_{{02}} - 1) \\",
        r"&= 2(0 + 0 - 3) + 4(2 \cdot 0 + 0 - 2) + 6(3 \cdot 0 + 0 - 1) \\",
        r"&= -20",
    ]


def test_a_straight_quote_is_no_command_of_babel():
    assert '"' not in display(r'\texttt{init="he"}')


@settings(max_examples=80, deadline=None)
@given(expressions, st.floats(3, 30))
def test_breaking_keeps_the_formula_and_its_balance(expression, room):
    formula = latex(expression, BATCH)
    lines = break_lines(formula, room, room)
    joined = " ".join(
        line.removeprefix(r"\cdot ").replace(r" \right.", "").replace(r"\left. ", "").replace(r"\left.", "")
        for line in lines
    )
    assert joined.replace(") (", ")(") == formula.replace(") (", ")(")
    check_latex(align_latex([Equation("F", rhs=expression)], BATCH, width=room))
    for line in lines:
        grown = re.findall(r"\\(left|right)", line)
        assert grown.count("left") == grown.count("right")


# Widths TeX measured (pdflatex, \settowidth in display style, 10pt), in em.
MEASURED = [
    (r"f(-w_1 + w_{01}) w_3 + f(-w_2 + w_{02}) w_4", 15.76),
    (r"\frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S} + w_{03}", 20.38),
    (r"2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1)", 24.29),
    (r"\sqrt{\frac{(A - C)^2 + (B - C)^2}{2}}", 10.49),
    (r"\frac{1}{m} \sum_{i=1}^{m} z_i", 3.69),
    (r"\left(\sum_{i=1}^{m} \sum_{j=1}^{m} (z_i + z_j)\right)^2", 8.94),
]


@pytest.mark.parametrize(("formula", "em"), MEASURED)
def test_width_is_that_of_tex(formula, em):
    assert width(formula) == pytest.approx(em, rel=0.06)

"""The smallest edit of a wrong formula: slips in real lecture formulas, each correction proved again here."""

from collections.abc import Sequence
from itertools import islice
from random import Random

import pytest
from sympy import Expr, Rational, S, Symbol, symbols

from symnet.claims import Slide
from symnet.correction.correct import Edit, correct_formula, edit_latex, smallest_edit
from symnet.correction.edits import Scope, atoms, neighbours, places, put
from symnet.equations import Derivation, Equation, Variable
from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.reading.load import network
from symnet.reading.slide import read_formula
from symnet.render.naming import Naming
from symnet.truth.prove import prove_equal
from symnet.truth.verdict import decide
from tests.shell import LINEAR, NORMAL

dropout, normalized = network(LINEAR), network(NORMAL)
DROPOUT = Slide(dropout, losses={"L_1": dropout.drop(["h1"])})
NORMALIZED = Slide(normalized)
DL_DW2 = r"\frac{\partial L_1}{\partial w_2} = "


def on_slide(slide: Slide, formula: str, seconds: float = 5) -> Edit | None:
    """The correction of one printed formula, which is proved a second time."""
    ((left, right),) = slide.read(formula).equalities
    edit = correct_formula(slide, left, right, seconds)
    if edit is not None:
        assert slide.equal(left, edit.side).verdict == "proved"
    return edit


# On slides

ONE_SLIP = [
    (
        DROPOUT,
        DL_DW2 + "2(w_2 + w_{02} - 3) + 2(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1)",
        "the factor 2 should be 4",
        r"2(w_2 + w_{02} - 3) + {\color{red} 4}(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1)",
    ),
    (
        DROPOUT,
        DL_DW2 + "2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} + 1)",
        "the term 1 should have the opposite sign",
        r"2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - {\color{red} 1})",
    ),
    (
        DROPOUT,
        DL_DW2 + "2(w_2 + w_{02} - 3) + 4(2w_2 + w_1 - 2) + 6(3w_2 + w_{02} - 1)",
        "the term w1 should be w02",
        r"2(w_2 + w_{02} - 3) + 4(2w_2 + {\color{red} w_{02}} - 2) + 6(3w_2 + w_{02} - 1)",
    ),
    (
        DROPOUT,
        "L(w) = (F_{NN}(1) - 3)^2 + (F_{NN}(2) + 2)^2 + (F_{NN}(3) - 1)^2",
        "the term 2 should have the opposite sign",
        r"(FNN(1) - 3)^2 + (FNN(2) - {\color{red} 2})^2 + (FNN(3) - 1)^2",
    ),
    (
        DROPOUT,
        DL_DW2 + r"\frac{\partial L_1}{\partial w_{02}} + 2(2w_2 + w_{02} - 2) + 2(3w_2 + w_{02} - 1)",
        "the factor 2 should be 4",
        r"\frac{\partial L_1}{\partial w_{02}} + 2(2w_2 + w_{02} - 2) + {\color{red} 4}(3w_2 + w_{02} - 1)",
    ),
    (
        NORMALIZED,
        r"S = \sqrt{(A - C)^2 + (B - C)^2}",
        "the factor 1/2 is missing in (A - C)**2 + (B - C)**2",
        r"\sqrt{\frac{(A - C)^2 + (B - C)^2}{{\color{red} 2}}}",
    ),
    (
        NORMALIZED,
        r"S = \frac{(A - C)^2 + (B - C)^2}{2}",
        "the right side ((A - C)**2 + (B - C)**2)/2 should be sqrt(((A - C)**2 + (B - C)**2)/2)",
        r"{\color{red} \sqrt{\frac{(A - C)^2 + (B - C)^2}{2}}}",
    ),
    (
        NORMALIZED,
        r"A = f(w_1 + w_{01}) w_3 + f(-w_2 + w_{02}) w_4",
        "the term w1 should have the opposite sign",
        r"f(-{\color{red} w_1} + w_{01}) w_3 + f(-w_2 + w_{02}) w_4",
    ),
    (
        NORMALIZED,
        r"F_{NN}(x) = \frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S^2} + w_{03}",
        "the denominator S**2 should be S",
        r"\frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{{\color{red} S}} + w_{03}",
    ),
    (
        NORMALIZED,
        r"F_{NN}(x) = f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - \frac{C}{S} + w_{03}",
        "the brackets are misplaced: f(w1*x + w01)*w3 + f(w2*x + w02)*w4 - C/S + w03"
        " should be (f(w1*x + w01)*w3 + f(w2*x + w02)*w4 - C)/S + w03",
        r"{\color{red} \frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S} + w_{03}}",
    ),
]


@pytest.mark.parametrize(("slide", "formula", "says", "shown"), ONE_SLIP)
def test_one_slip_on_a_slide(slide, formula, says, shown):
    edit = on_slide(slide, formula)
    assert edit is not None
    assert (edit.count, edit.text) == (1, says)
    assert edit_latex(edit, Naming.of(slide.derivation)) == shown


def test_an_edit_says_where_it_is():
    edit = on_slide(DROPOUT, DL_DW2 + "2(w_2 + w_{02} - 3) + 2(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1)")
    ((_, printed),) = DROPOUT.read(
        DL_DW2 + "2(w_2 + w_{02} - 3) + 2(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1)"
    ).equalities
    assert edit is not None
    assert (edit.before, edit.after) == (2, 4)
    assert put(printed, {edit.path: edit.after}) == edit.side


def test_two_on_slide():
    edit = on_slide(DROPOUT, DL_DW2 + "2(w_2 + w_{02} - 3) + 2(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} + 1)")
    assert edit is not None
    assert edit.count == 2
    assert edit.text == "the factor 2 should be 4 and the term 1 should have the opposite sign"
    assert edit_latex(edit, Naming.of(DROPOUT.derivation)) == (
        r"2(w_2 + w_{02} - 3) + {\color{red} 4}(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - {\color{red} 1})"
    )


def test_three_slips_are_not_corrected():
    formula = DL_DW2 + "2(w_2 + w_{02} + 7) + 2(2w_2 + w_{02} - 2) + 3(3w_2 + w_{02} + 11)"
    assert on_slide(DROPOUT, formula) is None


def test_what_is_right_is_not_corrected():
    right = DL_DW2 + "2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1)"
    assert on_slide(DROPOUT, right) is None


# Formulas of fixed size without a slide

a, b, c, d, p, o, u, x, X, W1, W2 = symbols("a b c d p o u x X W1 W2")


def corrected(left: Expr, right: Expr, scope: Sequence[Expr] = (), derivation: Derivation | None = None) -> Edit:
    edit = smallest_edit(left, right, lambda *sides: prove_equal(*sides, derivation).proved, scope, derivation)
    assert edit is not None
    assert decide(left, edit.side, derivation).verdict == "proved"
    return edit


def f(argument: Expr, order: int = 0) -> Expr:
    return call("f", argument, order=order)


SLIPS = [
    ((1 - p) * o, p * o, "the factor p should be 1 - p", r"{\color{red} (1 - p)} o"),
    (X * a, W1 * a, "the factor W1 should be X", r"{\color{red} X} a"),
    (a * X * b, a * b, "the factor X is missing", r"{\color{red} X} a b"),
    (a + b, a + b + c, "the term c should not be there", r"{\color{red} a + b}"),
    (a + b, a, "the term b is missing", r"{\color{red} b} + a"),
    (a / (b + c), a / (b + c - 1), "the denominator b + c - 1 should be b + c", r"\frac{a}{{\color{red} b + c}}"),
    (a * b, a * b * c, "the factor c should not be there", r"{\color{red} a b}"),
    (a * f(b, 1), a * f(b), "the factor f(b) should be fprime(b)", r"{\color{red} f'(b)} a"),
    (a - f(b), a - f(b, 1), "the factor fprime(b) should be f(b)", r"a - {\color{red} f(b)}"),
    (a * b + c, a * (b + c), "the brackets are misplaced: a*(b + c) should be a*b + c", r"{\color{red} a b + c}"),
    (f(a + b), f(a) + b, "the brackets are misplaced: f(a) + b should be f(a + b)", r"{\color{red} f(a + b)}"),
    (a / (b * c), a * c / b, "the factor c should be 1/c", r"\frac{a}{{\color{red} c} b}"),
    (a / c**2, a / c, "the denominator c should be c**2", r"\frac{a}{{\color{red} c^2}}"),
    (
        call("max", a, b),
        call("min", a, b),
        "the right side min(a, b) should be max(a, b)",
        r"{\color{red} \max(a, b)}",
    ),
    (a * sqrt(b), a * b, "the factor b should be sqrt(b)", r"{\color{red} \sqrt{b}} a"),
    (a * b, a * sqrt(b), "the factor sqrt(b) should be b", r"{\color{red} b} a"),
    (a**3, a**2, "the right side a**2 should be a**3", r"{\color{red} a^3}"),
    (3 * a / 2, a / 2, "the factor 1/2 should be 3/2", r"\frac{{\color{red} 3}}{{\color{red} 2}} a"),
    (product(a, b - c), a * b, "the term -c is missing in b", r"a (b - {\color{red} c})"),
]


@pytest.mark.parametrize(("left", "right", "says", "shown"), SLIPS)
def test_one_slip(left, right, says, shown):
    edit = corrected(left, right, atoms(left))
    assert (edit.count, edit.text, edit_latex(edit)) == (1, says, shown)


def test_a_name_is_read_where_it_is_declared():
    naming = Naming({n: Variable(n) for n in ("a", "X", "b")}, parameters=frozenset(("a", "X", "b")))
    assert edit_latex(corrected(a * X * b, a * b, [X]), naming) == r"a {\color{red} X} b"


def test_two_slips_in_one_factor():
    edit = corrected(2 * a * f(b + c) + d, a * f(b - c) + d, [a])
    assert edit.count == 2
    assert edit.side == 2 * a * f(b + c) + d
    assert edit.path == (1,)


def test_nothing_is_written_that_cancels():
    """(C - C)^2 + (B - C)^2 is S^2 for two objects, but nobody forgot to write that."""
    A, B, C = symbols("A B C")
    pair = Derivation(
        (
            Equation("C", rhs=(A + B) / 2),
            Equation("S", rhs=sqrt(((A - C) ** 2 + (B - C) ** 2) / 2)),
        )
    )
    edit = corrected(Symbol("S"), sqrt((A - C) ** 2 + (B - C) ** 2), [A, B, C], pair)
    assert edit.text == "the factor 1/2 is missing in (A - C)**2 + (B - C)**2"


def test_only_what_is_proved_is_reported():
    asked = []

    def never(left: Expr, right: Expr) -> bool:
        asked.append(right)
        return False

    assert smallest_edit(a + b, a - b, never, [a, b]) is None
    assert a + b in asked


def test_no_time_no_answer():
    assert smallest_edit(a + b, a - b, lambda *_: True, seconds=0) is None


def test_what_is_nowhere_defined_is_not_corrected():
    assert smallest_edit(a, b / (c - d) / Symbol("zero"), lambda *_: True, derivation=ZERO) is None


ZERO = Derivation((Equation("zero", rhs=S.Zero),))


# Laws

x1, w1, w2, w3, w01, w02 = symbols("x1 w1 w2 w3 w01 w02")
RIGHT = product(Rational(1, 2), w3, f(w1 * x1 + w01) - w2, 1 / (w02 + 3)) + w2 * f(w2 * x1 + w02, 1) / w3
LONG = RIGHT + product(4, 2 * w2 + w02 - 2) + product(6, 3 * w2 + w02 - 1)
NAMES = tuple(atoms(LONG))


def equal_by_proof(left: Expr, right: Expr) -> bool:
    return prove_equal(left, right).proved


def planted(formula: Expr, count: int) -> list[Expr]:
    """The formula with one slip each, drawn from all there are."""
    found = [
        put(formula, {edit.place.path: edit.make(edit.place.node)})
        for place in places(formula)
        for edit in neighbours(place, Scope(NAMES))
    ]
    Random(1).shuffle(found)
    return list(islice((wrong for wrong in found if not equal_by_proof(formula, wrong)), count))


def leaves_of(formula: Expr) -> int:
    return sum(map(leaves_of, formula.args)) if formula.args else 1


PLANTED = planted(RIGHT, 30)


def test_planted_slips_are_found():
    """Whatever is found is proved, and its marked LaTeX reads as the corrected formula."""
    corrections = [smallest_edit(RIGHT, wrong, equal_by_proof, NAMES) for wrong in PLANTED]
    found = [edit for edit in corrections if edit is not None]
    assert len(found) >= len(PLANTED) - 1  # a product that was lost, w_1 x_1, is no single edit to put back
    assert sum(edit.count == 1 for edit in found) >= len(found) - 1
    for edit in found:
        assert equal_by_proof(RIGHT, edit.side)
        reads_as_marked(edit)


@pytest.mark.parametrize(("left", "right"), [case[:2] for case in SLIPS])
def test_the_marked_formula_reads_as_the_corrected_one(left, right):
    reads_as_marked(corrected(left, right, atoms(left)))


def reads_as_marked(edit: Edit) -> None:
    shown = edit_latex(edit)
    assert r"\color{red}" in shown
    ((read,),) = read_formula(shown.replace(r"\color{red}", "")).equalities
    assert equal_by_proof(read, edit.side)


def test_one_slip_in_a_long_formula():
    assert leaves_of(LONG) >= 20
    wrong = planted(LONG, 1)[0]
    edit = smallest_edit(LONG, wrong, equal_by_proof, NAMES)
    assert edit is not None

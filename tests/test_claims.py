"""Formulas as slides print them: what is true is proved, what one edit made false is refuted by a witness.

The witnesses are computed again here, from the lecture's definitions, with SymPy's exact numbers.
"""

import re
from collections.abc import Iterable
from typing import Any

import pytest
import sympy

from symnet.claims import Claim, Finding, Reading, Section, Slide, check_formula, combine, shown
from symnet.errors import InputError, SymnetError
from symnet.reading.load import network
from symnet.reading.slide import UnbalancedError
from symnet.truth.verdict import Verdict
from tests.builders import dropout_network, lecture_network

LINEAR = Slide(dropout_network())
NORMAL = Slide(lecture_network())

Values = dict[str, Any]

# The two networks of lecture 8 by hand


def linear(w: Values, x: Any) -> Any:
    return w["w1"] * x + w["w01"] + w["w2"] * x + w["w02"]


def linear_slope(w: Values, factors: tuple[int, int, int]) -> Any:
    return sum(2 * k * (linear(w, x) - y) for k, (x, y) in zip(factors, ((1, 3), (2, 2), (3, 1)), strict=True))


def given_function(witness: dict[str, Any]) -> Any:
    """The f of a witness, u -> f(u), as SymPy reads it."""
    return sympy.Lambda(sympy.Symbol("u"), sympy.sympify(witness["functions"]["f"]))


def normalized(w: Values, f: Any, x: Any) -> Any:
    def z(at: Any) -> Any:
        return f(w["w1"] * at + w["w01"]) * w["w3"] + f(w["w2"] * at + w["w02"]) * w["w4"]

    mean = (z(-1) + z(1)) / 2
    deviation = sympy.sqrt(((z(-1) - mean) ** 2 + (z(1) - mean) ** 2) / 2)
    return (z(x) - mean) / deviation + w["w03"]


def numbers(witness: dict[str, Any], names: Iterable[str]) -> Values:
    """The values of a witness; what it does not name does not matter, so let it be 5."""
    return {name: sympy.sympify(witness["values"].get(name, "5")) for name in names}


def plain(latex: str) -> str:
    """LaTeX of sums and products in Python operators: w_{01} is w01, 2(a + b) is 2*(a + b)."""
    text = re.sub(r"w_(?:\{(\d+)\}|(\d))", r"w\1\2", latex).replace("^", "**")
    return re.sub(r"(?<![w\d])(\d)(?=[(w])", r"\1*", text)


# True formulas, and the same with one edit

SLOPE = (
    r"2(w_1 + w_{01} + w_2 + w_{02} - 3) + 4(2w_1 + w_{01} + 2w_2 + w_{02} - 2) "
    r"+ 6(3w_1 + w_{01} + 3w_2 + w_{02} - 1)"
)
EDITS = [
    ("- 3)", "+ 3)"),
    ("- 2)", "- 1)"),
    ("4(", "3("),
    ("+ 6(", "- 6("),
    ("2w_2", "w_2"),
    ("w_{02} - 1", "w_{01} - 1"),
    (" + 4(2w_1 + w_{01} + 2w_2 + w_{02} - 2)", ""),
    ("2(w_1 + w_{01} + w_2 + w_{02} - 3)", "2(w_1 + w_{01} + w_2 + w_{02} - 3)^2"),
]


@pytest.mark.parametrize("name", ["w_1", "w_2"])
def test_a_gradient_is_proved(name: str) -> None:
    found = LINEAR.check(rf"$\frac{{\partial L}}{{\partial {name}}} = {SLOPE}$")
    assert found.verdict.verdict == "proved"
    assert found.verdict.assumptions == []
    assert found.verdict.witness == {}


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_a_gradient_with_one_edit_is_refuted(old: str, new: str) -> None:
    assert SLOPE.count(old) == 1
    wrong = SLOPE.replace(old, new)
    found = LINEAR.check(rf"$\frac{{\partial L}}{{\partial w_2}} = {wrong}$")
    verdict = found.verdict
    assert verdict.verdict == "refuted"
    w = numbers(verdict.witness, ("w1", "w01", "w2", "w02"))
    left = linear_slope(w, (1, 2, 3))
    right = sympy.sympify(plain(wrong), locals=w)
    assert (str(left), str(right)) == (verdict.witness["left"], verdict.witness["right"])
    assert str(left - right) == verdict.witness["difference"] != "0"
    assert sympy.expand(sympy.sympify(verdict.correction["text"]) - sympy.sympify(plain(SLOPE))) == 0


FUNCTIONS = [
    (r"\frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S} + w_{03}", "proved"),
    (r"\frac{w_3 f(w_1 x + w_{01})}{S} + w_{03} + \frac{w_4 f(w_2 x + w_{02}) - C}{S}", "proved"),
    (r"\frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - \frac{A + B}{2}}{S} + w_{03}", "proved"),
    (r"\frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S}", "refuted"),
    (r"\frac{f(w_1 x + w_{01}) w_3 - f(w_2 x + w_{02}) w_4 - C}{S} + w_{03}", "refuted"),
    (r"\frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - A}{S} + w_{03}", "refuted"),
    (r"\frac{f(w_1 x + w_{02}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S} + w_{03}", "refuted"),
]


@pytest.mark.parametrize(("right", "expected"), FUNCTIONS)
def test_the_function_of_a_normalized_network(right: str, expected: str) -> None:
    verdict = NORMAL.check(rf"$F_{{NN}}(x) = {right}$").verdict
    assert verdict.verdict == expected
    if expected == "refuted":
        w = numbers(verdict.witness, (*lecture_network().parameters, "x"))
        value = normalized(w, given_function(verdict.witness), w["x"])
        left, claimed = (sympy.sympify(verdict.witness[side]) for side in ("left", "right"))
        assert sympy.simplify(value - left) == 0
        assert sympy.simplify(left - claimed) != 0


def test_what_holds_on_one_side_only_is_proved_with_its_condition() -> None:
    verdict = NORMAL.check(r"$S = \frac{A - B}{2}$").verdict
    assert (verdict.verdict, verdict.assumptions) == ("proved-if", ["A > B"])
    assert NORMAL.check(r"$S = \frac{|A - B|}{2}$").verdict.verdict == "proved"


def test_the_zero_gradient_of_two_objects() -> None:
    for name in ("w_1", "w_{01}", "w_3", "A"):
        formula = rf"$\frac{{\partial L}}{{\partial {name}}} = 0$"
        assert NORMAL.check(formula).verdict.verdict == "proved", name
    assert NORMAL.check(r"$\frac{\partial L}{\partial w_{03}} = 0$").verdict.verdict == "refuted"


# Statements of several parts


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"$C = \frac{A + B}{2} = A + \frac{B - A}{2}$", "proved"),
        (r"$C = \frac{A + B}{2} = A + \frac{B + A}{2}$", "refuted"),  # a false end makes a false chain
        (r"$C = \frac{A - B}{2} = \frac{A}{2} - \frac{B}{2}$", "refuted"),
        (r"$\frac{\partial L}{\partial w_1} = \frac{\partial L}{\partial w_{01}} = 0$", "proved"),
        (r"$\frac{\partial L}{\partial w_1} = 0, \frac{\partial L}{\partial w_{03}} = 4w_{03}$", "proved"),
        (r"$\frac{\partial L}{\partial w_1} = 0, \frac{\partial L}{\partial w_{03}} = 2w_{03}$", "refuted"),
    ],
)
def test_chains_and_lists_are_as_true_as_their_worst_part(formula: str, expected: str) -> None:
    assert NORMAL.check(formula).verdict.verdict == expected


def test_brackets_that_do_not_balance_are_read_in_every_way() -> None:
    found = NORMAL.check(r"$F_{NN}(x) = \frac{(f(w_1x + w_{01}) w_3 + f(w_2x + w_{02}) w_4 - C}{S} + w_{03}$")
    assert found.verdict.verdict == "ambiguous"
    verdicts = {reading.latex: reading.verdict.verdict for reading in found.readings}
    assert len(verdicts) > 1
    assert {"proved", "refuted"} <= set(verdicts.values())
    with pytest.raises(UnbalancedError):
        NORMAL.check("$((((C = 1$")


# Names


def test_losses_and_functions_of_other_networks() -> None:
    upper = dropout_network().drop(["h1"])
    slide = Slide(dropout_network(), losses={"L_1": upper}, functions={"G": upper})
    assert slide.check(r"$G(x) = w_2x + w_{02}$").verdict.verdict == "proved"
    assert slide.check(r"$G(x) = F_{NN}(x)$").verdict.verdict == "refuted"
    assert slide.check(r"$\frac{\partial L_1}{\partial w_1} = 0$").verdict.verdict == "proved"
    assert slide.check(r"$\frac{\partial L}{\partial w_1} = 0$").verdict.verdict == "refuted"
    small = r"$L_1(w) = (w_2 + w_{02} - 3)^2 + (2w_2 + w_{02} - 2)^2 + (3w_2 + w_{02} - 1)^2$"
    assert slide.check(small).verdict.verdict == "proved"


def test_values_at_a_point() -> None:
    slide = Slide(dropout_network().drop(["h1"]), point=dict.fromkeys(("w1", "w01", "w2", "w02"), 0))
    values = r"\frac{\partial L}{\partial w_2} = -20, \frac{\partial L}{\partial w_{02}} = "
    assert slide.check(f"${values} -12$").verdict.verdict == "proved"
    assert slide.check(f"${values} -10$").verdict.verdict == "refuted"


def test_meanings_of_names() -> None:
    slide = Slide(dropout_network(), meanings={"h": sympy.Rational(1, 10), "q": 3})
    assert slide.check("$10 h q = 3$").verdict.verdict == "proved"
    assert slide.check("$h q = 3$").verdict.verdict == "refuted"


STRANGE = [
    ("$q = 1$", "q is not a name on this slide"),
    (r"$\frac{\partial L}{\partial q} = 0$", "q is not a parameter of the network"),
    ("$F_{NN}(1, 2) = 3$", "FNN is a function of x, not of 2 values"),
    ("$C + S$", "there is no equality to check"),
    ("$C = $", "a formula must go on here"),
    ("", "there is no formula"),
]


@pytest.mark.parametrize(("formula", "message"), STRANGE)
def test_what_means_nothing_on_the_slide_is_refused(formula: str, message: str) -> None:
    with pytest.raises((SymnetError, InputError), match=re.escape(message)):
        NORMAL.check(formula)


# Three objects, a symbolic batch


def test_a_batch_of_three() -> None:
    net = network("inputs x\nF = norm(w1*x^2 + w2*x) + w3\ndata x | y\n 2 | 3\n 1 | 4\n 5 | 6\n")
    slide = Slide(net)
    assert slide.check(r"$C = 10w_1 + \frac{8}{3} w_2$").verdict.verdict == "proved"
    assert slide.check(r"$C = 10w_1 + \frac{8}{5} w_2$").verdict.verdict == "refuted"
    euler = r"$w_1 \frac{\partial L}{\partial w_1} + w_2 \frac{\partial L}{\partial w_2} = 0$"
    assert slide.check(euler).verdict.verdict == "proved"
    assert slide.check(euler.replace(" + ", " - ")).verdict.verdict == "refuted"


# Verdicts together, and the ledger


def verdict(kind: Any, *assumptions: str) -> Verdict:
    return Verdict(kind, f"by {kind}", 1.0, list(assumptions))


def test_the_worst_verdict_decides() -> None:
    proved, conditional = verdict("proved"), verdict("proved-if", "a > 0")
    assert combine([proved, proved]).verdict == "proved"
    both = combine([proved, conditional, verdict("proved-if", "b > 0")])
    assert (both.verdict, both.assumptions, both.seconds) == ("proved-if", ["a > 0", "b > 0"], 3.0)
    for worse in ("undecided", "ambiguous", "refuted"):
        assert combine([proved, verdict(worse), conditional]).verdict == worse


def test_a_computation_is_a_verdict() -> None:
    assert shown(True, "counted").verdict == "proved"
    assert shown(True, "counted", assumptions=["p < 1"]).verdict == "proved-if"
    refuted = shown(False, "counted", {"count": 3})
    assert (refuted.verdict, refuted.witness) == ("refuted", {"count": 3})
    with pytest.raises(ValueError, match="a refutation needs a witness"):
        shown(False, "counted")


def test_the_expectation_does_not_touch_the_decision() -> None:
    section = Section("L0", "A test")
    for expected in ("proved", "refuted"):
        section.formula(expected, "title", "$C = \\frac{A + B}{2}$", NORMAL, lines="1", expected=expected)
    results = [claim.run() for claim in section.claims]
    assert [result.verdict for result in results] == ["proved", "proved"]
    assert [result.as_expected for result in results] == [True, False]
    with pytest.raises(ValueError, match="proved is stated twice"):
        section.formula("proved", "title", "$C = C$", NORMAL, lines="1", expected="proved")


@pytest.mark.parametrize("kind", ["definition", "empirical"])
def test_a_definition_whose_object_does_not_check_out_is_no_longer_one(kind: str) -> None:
    def claim(result: Verdict) -> str:
        return Claim("X", "title", kind, "L0", "says", lambda: Finding(result)).run().verdict

    assert claim(verdict("proved")) == kind
    assert claim(verdict("refuted")) == "refuted"


def test_one_formula_against_a_network() -> None:
    result = check_formula(lecture_network(), " $C = A$ ")
    assert result.verdict == "refuted"
    assert result.json["says"] == "$C = A$"
    assert result.json["correction"]["text"] == "(A + B)/2"


def test_the_only_true_reading_is_what_should_be_printed() -> None:
    """And none is where two are true."""
    true, wrong = Verdict("proved", "by hand", 0.0), Verdict("refuted", "by hand", 0.0, witness={"n": "1"})
    unread = Verdict("ambiguous", "two readings", 0.0)

    def corrected(*readings: Reading) -> dict[str, str] | None:
        return Claim("x", "x", "check", "x", "x", lambda: Finding(unread, readings=readings)).run().json["correction"]

    assert corrected(Reading("a", wrong), Reading("b", true)) == {"text": "b", "latex": "b"}
    assert corrected(Reading("a", true), Reading("b", true)) is None
    assert corrected(Reading("a", wrong)) is None
    assert check_formula(lecture_network(), "C = (A + B))/2").verdict == "ambiguous"

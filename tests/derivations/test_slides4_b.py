"""Slides 4 from initialization to the tricks: every entry once, decided blindly, and false by one edit."""

from collections import Counter
from dataclasses import replace

import pytest

from derivations import slides4_initialization as initialization
from derivations import slides4_normalization as normalization
from derivations import slides4_normalization_use as use
from derivations import slides4_xavier_he as xavier_he
from symnet.claims import Result
from tests.derivations.russian import english_alone

DEFINITIONS = {50, 52, 55, 56, 57}
EMPIRICAL = {49, 64, 66, 67}
KINDS = {
    f"P4.{k}": "definition" if k in DEFINITIONS else "empirical" if k in EMPIRICAL else "check" for k in range(31, 69)
}
STATED = [claim for part in (initialization, xavier_he, normalization, use) for claim in part.section.claims]
VERDICTS = {"proved", "proved-if", "refuted", "ambiguous"}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {claim.id: replace(claim, expected="no verdict").run() for claim in STATED}


def test_every_entry_is_stated_once_with_its_kind() -> None:
    assert Counter(claim.id for claim in STATED) == Counter(KINDS.keys())
    assert {claim.id: claim.kind for claim in STATED} == KINDS


def test_every_verdict_is_found_without_the_expectation(results: dict[str, Result]) -> None:
    assert {id: result.verdict for id, result in results.items()} == {c.id: c.expected for c in STATED}
    assert {id for id, r in results.items() if KINDS[id] == "check" and r.verdict not in VERDICTS} == set()


@pytest.mark.parametrize(
    ("id", "assumptions"),
    [("P4.37", ["E(w) = 0", "E(x) = 0"]), ("P4.38", ["Var(x) = 1"]), ("P4.42", ["E(w) = 0"])],
)
def test_conditions_that_the_slides_leave_unsaid(results: dict[str, Result], id: str, assumptions: list[str]) -> None:
    assert sorted(results[id].finding.verdict.assumptions) == assumptions


def edited(formula: str, old: str, new: str) -> str:
    assert formula.count(old) >= 1
    return formula.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("v", r"\frac{-1}{2}", r"\frac{1}{2}"),
        ("v", "^{-3/2}", "^{-1/2}"),
        ("mu", r"\frac{-1}{\sqrt", r"\frac{1}{\sqrt"),
        ("gamma", r"\cdot \hat{x}_i", r"\cdot x_i"),
        ("xhat", r"\gamma", r"\beta"),
    ],
)
def test_backward_formulas_with_one_edit_are_refuted(name: str, old: str, new: str) -> None:
    formula = normalization.BACKWARD[name]
    assert normalization.check(formula, normalization.batch_norm()).verdict == "proved"
    assert normalization.check(edited(formula, old, new), normalization.batch_norm()).verdict == "refuted"


def test_the_right_divisor_depends_on_the_variance() -> None:
    printed = normalization.BACKWARD["x"]
    right = printed.replace("{m-1}", "{m}")
    verdicts = [
        [normalization.check(formula, normalization.batch_norm(ddof)).verdict for ddof in (0, 1)]
        for formula in (printed, right)
    ]
    assert verdicts == [["refuted", "proved"], ["proved", "refuted"]]


def test_an_interval_with_one_edit_is_refuted() -> None:
    interval, chain = initialization.BETTER
    assert initialization.from_interval((interval, chain)).verdict == "proved-if"
    wrong = interval.replace(r"\sqrt{3}", r"\sqrt{2}")
    assert wrong != interval
    assert initialization.from_interval((wrong, chain)).verdict == "refuted"


def test_the_variance_of_a_sum_with_one_edit_is_refuted() -> None:
    product = rf"\text{{Var}}(w_i x_i) = {initialization.TERM}"
    assert initialization.check(product, initialization.ANY).verdict == "proved"
    wrong = edited(product, r"[\text{E}(x_i)]^2", r"\text{E}(x_i)")
    assert initialization.check(wrong, initialization.ANY).verdict == "refuted"
    assert initialization.check(initialization.SUM, initialization.ANY).verdict == "proved"


def test_the_corrections_are_right(results: dict[str, Result]) -> None:
    correction = results["P4.61"].finding.verdict.correction
    assert correction is not None
    assert normalization.check(correction["latex"], normalization.batch_norm()).verdict == "proved"
    assert results["P4.47"].finding.verdict.correction == {
        "text": 'init="he_normal"',
        "latex": r'\texttt{init="he\_normal"}',
    }


def test_the_condition_of_the_stretched_loss() -> None:
    stretched = use.rates([(-1, -10), (-1, 10), (1, -10), (1, 10)])
    assert stretched.rate(stretched.best_step()).text() == "99/101"


def test_every_note_is_there_in_russian(results: dict[str, Result]) -> None:
    assert english_alone(results.values()) == []

"""Slides 4 from dropout to the end: every entry once, decided blindly, and false by one edit."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from sympy import Integer, Rational, S, Symbol

from derivations import slides4_dropout as dropout
from derivations import slides4_dropout_use as use
from derivations import slides4_heuristics as heuristics
from derivations import slides4_regularization as regularization
from symnet.claims import Result
from symnet.expressions import substitute
from symnet.sums import unroll
from symnet.truth.verdict import decide
from tests.derivations.russian import english_alone

LEDGER = {
    "check": "69 71 72 73 74 75 77 78a 83 89 90 91 92",
    "definition": "70 79 81 84 85 86 87 88",
    "empirical": "76 78 80 82 91a 93",
}
KINDS = {f"P4.{number}": kind for kind, numbers in LEDGER.items() for number in numbers.split()}
STATED = [claim for part in (dropout, use, heuristics, regularization) for claim in part.section.claims]


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {claim.id: replace(claim, expected="no verdict").run() for claim in STATED}


def test_every_entry_is_stated_once_with_its_kind() -> None:
    assert len(KINDS) == 27
    assert Counter(claim.id for claim in STATED) == Counter(KINDS.keys())
    assert {claim.id: claim.kind for claim in STATED} == KINDS


def test_every_verdict_is_found_without_the_expectation(results: dict[str, Result]) -> None:
    assert {id: result.verdict for id, result in results.items()} == {c.id: c.expected for c in STATED}


@pytest.mark.parametrize(
    ("id", "conditions"),
    [
        ("P4.69", ["p = 1/2"]),
        ("P4.75", ["g linear: g(u) = g(1)*u"]),
        ("P4.78a", ["D1 = 0"]),
        ("P4.83", ["H12 = 0"]),
        (
            "P4.92",
            ["the penalty is c alpha w^2 with c = 1/2", "descent starts at w_0 = 0", "lambda_1 = lambda_2"],
        ),
    ],
)
def test_conditions_that_the_slides_leave_unsaid(results: dict[str, Result], id: str, conditions: list[str]) -> None:
    assert results[id].finding.verdict.assumptions == conditions


def test_readings(results: dict[str, Result]) -> None:
    found = {id: [r.verdict.verdict for r in results[id].finding.readings] for id in ("P4.71", "P4.74", "P4.91")}
    assert found["P4.71"][:4] == ["proved", "proved", "refuted", "proved"]
    assert found["P4.71"].count("proved") == 4
    assert found["P4.74"] == ["proved", "proved", "refuted", "proved-if"]
    assert found["P4.91"] == ["proved", "proved-if"]


def test_corrections(results: dict[str, Result]) -> None:
    texts = {id: results[id].finding.verdict.correction for id in ("P4.71", "P4.89")}
    assert texts["P4.71"] == {"text": "D * (d @ W.T) * f'(h)", "latex": r"D \odot (d \cdot W^T) \odot f'(h)"}
    assert texts["P4.89"] == {"text": "activity_regularizer", "latex": r"\texttt{activity\_regularizer}"}


# Formulas with one edit


def test_inverted_dropout_with_one_edit() -> None:
    train, test = (formula.replace(r"\text{train: }", "").replace(r"\text{test: }", "") for formula in use.INVERTED)
    assert decide(dropout.mean(dropout.printed(train)), dropout.printed(test)).verdict == "proved"
    for wrong in (train.replace(r"\frac{1}{p}", "p"), train.replace(r"\frac{1}{p}", r"\frac{1}{1-p}")):
        assert wrong != train
        assert decide(dropout.mean(dropout.printed(wrong)), dropout.printed(test)).verdict == "refuted"


def test_the_test_output_with_one_edit() -> None:
    trained = dropout.mean(dropout.printed(dropout.MASKED))
    assert decide(trained, dropout.printed(use.TEST)).verdict == "proved"
    assert decide(trained, dropout.printed(use.TEST.replace("p ", "(1-p) "))).verdict == "refuted"


def test_the_backward_pass_with_one_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dropout.of_numbers().verdict == "proved"
    monkeypatch.setattr(dropout, "BACKWARD", dropout.BACKWARD.replace("f'(h)", "f(h)"))
    assert dropout.of_numbers().verdict == "refuted"


def test_penalties_with_one_edit() -> None:
    own = regularization.w[regularization.i]
    right = 2 * regularization.lam * own
    assert decide(regularization.slope(regularization.penalty(regularization.L2)), right).verdict == "proved"
    cubes = regularization.penalty(regularization.L2.replace("^2", "^3"))
    assert decide(regularization.slope(cubes), right).verdict == "refuted"


def test_the_regularizer_of_wager_with_one_edit() -> None:
    """The mean of (sum beta_j x_j (D_j/q - 1))^2 over the four masks of two features, by hand."""
    q = Symbol("q")
    terms = [regularization.beta[Integer(k)] * regularization.x[Integer(k)] for k in (1, 2)]
    squares = S.Zero
    for count in (0, 1, 2):
        for kept in combinations(range(2), count):
            noise = sum((t * ((1 / q if k in kept else 0) - 1) for k, t in enumerate(terms)), S.Zero)
            squares += q**count * (1 - q) ** (2 - count) * noise**2
    two_features = {regularization.n: Integer(2), regularization.curvature: S.One}
    mean, stated = squares / 2, unroll(substitute(regularization.dropout_regularizer(q), two_features))
    assert decide(mean, stated).verdict == "proved"
    assert decide(mean, 2 * stated).verdict == "refuted"


def test_stopping_at_the_first_rise() -> None:
    assert heuristics.stopping_step([Rational(v) for v in (5, 3, 3, 2, 4, 1)]) == 3
    with pytest.raises(StopIteration):
        heuristics.stopping_step([Rational(v) for v in (3, 2, 1)])


def test_a_new_neuron_that_is_joined_by_another_weight_changes_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {v.verdict for v in heuristics.without_loss()} == {"proved"}
    monkeypatch.setattr(heuristics, "GROWN", heuristics.GROWN.replace("v2*h2", "(v2 + 1)*h2"))
    assert heuristics.without_loss()[0].verdict == "refuted"


def test_every_note_is_there_in_russian(results: dict[str, Result]) -> None:
    assert english_alone(results.values()) == []

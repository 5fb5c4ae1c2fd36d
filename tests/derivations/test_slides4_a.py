"""Slides 4, P4.1 to P4.30: all there, decided as before by code that cannot see it, and not true for the asking."""

from collections import Counter
from dataclasses import replace

import pytest
from sympy import S, Symbol

from derivations import slides4_activations as smooth
from derivations import slides4_backpropagation as back
from derivations import slides4_equal_weights as twins
from derivations import slides4_rectifiers as bent
from symnet.claims import Claim, Result
from symnet.differentiate import gradient
from symnet.operations import call
from symnet.truth.assumptions import positive
from symnet.truth.verdict import decide
from tests.derivations.russian import english_alone

LEDGER = {
    "check": "1 5 6 7 8 9 10 11 12 13 14 16 18 20 21 22 23 24 28 29 30",
    "definition": "2 4 26 27",
    "empirical": "3 12a 15 17 19 25",
}
KINDS = {f"P4.{number}": kind for kind, numbers in LEDGER.items() for number in numbers.split()}
STATED: list[Claim] = [c for module in (back, smooth, bent, twins) for c in module.section.claims]


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {claim.id: replace(claim, expected="no verdict").run() for claim in STATED}


def test_every_entry_is_stated_once_with_its_kind() -> None:
    assert len(KINDS) == 31
    assert Counter(claim.id for claim in STATED) == Counter(KINDS.keys())
    assert {claim.id: claim.kind for claim in STATED} == KINDS


def test_verdicts(results: dict[str, Result]) -> None:
    assert {id: result.verdict for id, result in results.items()} == {c.id: c.expected for c in STATED}


@pytest.mark.parametrize(
    ("id", "conditions"),
    [
        ("P4.14", ["dL_dz > 0"]),
        ("P4.18", ["u > 0"]),
        ("P4.21", ["-h1*w1 - h2*w2 - w0 >= 0"]),
        ("P4.22", ["a != 0"]),
        ("P4.23", ["a < 0"]),
    ],
)
def test_conditions(results: dict[str, Result], id: str, conditions: list[str]) -> None:
    assert results[id].finding.verdict.assumptions == conditions


# Formulas with one edit


def test_numbers_refute_edits_of_the_second_gradient() -> None:
    assert back.of_numbers(back.BY_W2).verdict == "proved"
    for right, wrong in (("-(y", "(y"), (r"f(X \cdot W_1)$$", r"f'(X \cdot W_1)$$")):
        assert back.BY_W2.count(right) == 1
        assert back.of_numbers(back.BY_W2.replace(right, wrong)).verdict == "refuted"


def test_the_first_gradient_needs_x_and_the_slope() -> None:
    meant = back.BY_W1.removesuffix("W_1$$") + "X$$"
    assert back.of_numbers(meant).verdict == "proved"
    assert back.of_numbers(meant.replace("f'", "f")).verdict == "refuted"
    assert back.of_numbers(back.BY_W1).verdict == "refuted"


def test_the_gradients_as_matrices(results: dict[str, Result]) -> None:
    """X^T ((dL/dF W_2^T) o f'(X W_1)) and f(X W_1)^T dL/dF, as every textbook has them."""
    net = back.net
    slope = net.Z.map(back.slope)
    assert net.equals_gradient("W1", net.X.T @ ((net.error @ net.W2.T) * slope)).verdict == "proved"
    without_slope = net.equals_gradient("W1", net.X.T @ (net.error @ net.W2.T))
    assert (without_slope.verdict, without_slope.assumptions) == ("proved-if", ["f the identity: f(u) = u"])
    assert net.equals_gradient("W2", net.H.T @ net.error).verdict == "proved"
    assert net.equals_gradient("W2", net.Z.T @ net.error).assumptions == ["f the identity: f(u) = u"]
    assert [r.verdict.verdict for r in results["P4.6"].finding.readings] == ["proved", "refuted", "proved", "proved"]
    correction = results["P4.7"].finding.verdict.correction
    assert correction is not None
    assert correction["latex"].startswith(r"X^T \cdot (")


@pytest.mark.parametrize("formula", twins.PARTIALS)
def test_the_partials_of_the_picture_with_one_edit(formula: str) -> None:
    assert twins.on_the_picture(formula, 1).verdict == "proved"
    assert twins.on_the_picture(formula.replace("(1 - ", "(1 + "), 1).verdict == "refuted"
    assert twins.on_the_picture(formula.replace(r"\sigma_1 (1", r"\sigma_2 (1"), 1).verdict == "refuted"


def test_the_slope_of_the_sigmoid_with_one_edit() -> None:
    x = Symbol("x")
    slope = smooth.from_definition("sigmoid")
    assert decide(S.One / 5 - Symbol("df_dx"), (call("sigmoid", x) - S.Half) ** 2, slope).verdict == "refuted"
    assert decide(Symbol("df_dx"), call("sigmoid", x) * (1 + call("sigmoid", x)), slope).verdict == "refuted"


def test_a_chain_with_steep_weights_does_not_vanish() -> None:
    assert smooth.steepest_chain(4) == "1, 1, 1"
    assert smooth.steepest_chain(2) == "1/2, 1/4, 1/8"


def test_printed_elu_with_another_constant_is_refuted() -> None:
    x, alpha = Symbol("x"), Symbol("alpha")
    wrong = alpha * (call("exp", x) + 1)
    assert decide(bent.elu(x), wrong, assumptions=[positive(-x), positive(alpha)]).verdict == "refuted"


def test_backward_operations_of_one_neuron_by_hand() -> None:
    """-(y - h1) is 3 operations with its signs, w1 h0, f'(w1 h0), and two products."""
    whole = gradient(back.chain(1), "L")
    backward = replace(whole, equations=whole.equations[2:])
    assert [e.name for e in backward] == ["dL_dh1", "dL_dw1"]
    assert back.operations(backward) == 3 + 1 + 1 + 2


def test_every_note_is_there_in_russian(results: dict[str, Result]) -> None:
    assert english_alone(results.values()) == []

"""The video's comments, the wiki and the contradictions: every entry once, decided blindly, and false by one edit."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import erf, exp, sqrt

import pytest
from sympy import Integer, Rational, Symbol

from derivations import (
    contradictions,
    contradictions_conventions,
    contradictions_dropout,
    video_comments,
    video_layers,
    wiki_normalization,
)
from derivations.slides4_normalization import BACKWARD, batch_norm, check
from derivations.slides4_normalization_use import rates
from symnet.claims import Result
from symnet.expressions import substitute
from symnet.operations import sqrt as root
from symnet.reading.load import network
from symnet.truth.assumptions import positive
from symnet.truth.verdict import decide
from tests.derivations.russian import english_alone

LEDGER = {
    "V": {"check": "1 2 4 5 6 7 10 11 12 13 15 16", "definition": "9", "empirical": "3 17 18"},
    "W": {"check": "1 2 4 8 9", "definition": "3 5 6", "empirical": "7"},
    "X": {"check": "1 2 3 4 5 6 7 8 10 11 12 13 14", "empirical": "9"},
}
KINDS = {
    f"{lecture}.{number}": kind
    for lecture, kinds in LEDGER.items()
    for kind, numbers in kinds.items()
    for number in numbers.split()
}
VIDEO_AND_WIKI = (video_comments, video_layers, wiki_normalization)
FILES = (*VIDEO_AND_WIKI, contradictions, contradictions_conventions, contradictions_dropout)
STATED = [claim for file in FILES for claim in file.section.claims]
VERDICTS = {
    "check": {"proved", "proved-if", "refuted", "ambiguous"},
    "definition": {"definition"},
    "empirical": {"empirical"},
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {claim.id: replace(claim, expected="no verdict").run() for claim in STATED}


def test_every_entry_is_stated_once_with_its_kind() -> None:
    assert Counter(claim.id for claim in STATED) == Counter(KINDS.keys())
    assert {claim.id: claim.kind for claim in STATED} == KINDS


def test_every_verdict_is_found_without_the_expectation(results: dict[str, Result]) -> None:
    assert {id: result.verdict for id, result in results.items()} == {c.id: c.expected for c in STATED}
    assert {id for id, result in results.items() if result.verdict not in VERDICTS[KINDS[id]]} == set()


def test_every_verdict_says_why(results: dict[str, Result]) -> None:
    found = {id: result.finding for id, result in results.items()}
    silent = [id for id, f in found.items() if f.verdict.verdict == "ambiguous" and not f.readings]
    silent += [id for id, f in found.items() if f.verdict.verdict == "refuted" and not f.verdict.witness]
    silent += [id for id, f in found.items() if KINDS[id] == "empirical" and not f.note]
    assert silent == []


@pytest.mark.parametrize(("id", "assumptions"), [("V.5", ["eps = 0"]), ("X.1", ["p = 1/2"]), ("X.7", ["lambda = 1/2"])])
def test_conditions_that_are_found(results: dict[str, Result], id: str, assumptions: list[str]) -> None:
    assert results[id].finding.verdict.assumptions == assumptions


# Numbers by other means


@pytest.mark.parametrize(("low", "high"), [(1, 3), (-1, 1), (-3, 3), (-3, -1)])
def test_normal_probabilities(low: int, high: int) -> None:
    expected = (erf(high / sqrt(2)) - erf(low / sqrt(2))) / 2
    assert float(video_comments.chance(low, high)) == pytest.approx(expected, rel=1e-12)


def test_standardized_values() -> None:
    data = (1, 500, 1000, 7)
    centre = sum(data) / 4
    deviation = sqrt(sum((u - centre) ** 2 for u in data) / 4)
    found = [float(value.ball()) for value in video_comments.standardize(data)]
    assert found == pytest.approx([(u - centre) / deviation for u in data])


def test_the_series_of_sigma() -> None:
    """Against the recursion of sigma' = sigma - sigma^2."""
    a = [Fraction(1, 2)]
    for k in range(7):
        a.append((a[k] - sum(a[r] * a[k - r] for r in range(k + 1))) / (k + 1))
    found = [Fraction(int(u.p), int(u.q)) for u in video_comments.sigmoid_series(8)]
    assert found == a[: len(found)]
    assert found[3] == Fraction(-1, 48)


@pytest.mark.parametrize("t", [-9.0, -1.0, -0.3, 0.2, 1.0, 2.5, 40.0])
def test_the_distance_of_sigma_from_its_line(t: float) -> None:
    assert abs(1 / (1 + exp(-t)) - 0.5 - t / 4) <= abs(t) ** 3 / 48


def test_the_rate_by_powers_of_the_descent() -> None:
    """W.1 at smaller ranges, where the error after many steps shows the rate."""
    loss = rates([(one, other) for one, other in product((0, 1), (1, 10))])
    h = float(loss.best_step().ball())
    (a, b), (_, d) = ([float(Fraction(str(loss.hessian[r, c]))) for c in range(2)] for r in range(2))
    u, v, before = 1.0, -0.3, 0.0
    for _ in range(400):
        before = sqrt(u * u + v * v)
        u, v = u - h * (a * u + b * v), v - h * (b * u + d * v)
    assert sqrt(u * u + v * v) / before == pytest.approx(float(loss.rate(loss.best_step()).ball()), rel=1e-6)


# One edit


def test_invariance_with_one_edit_is_refuted() -> None:
    c, s, z = map(Symbol, "csz")
    scaled = root(c**2 * s**2)
    assumptions = [positive(c), positive(s)]
    assert decide(c * z / scaled, z / s, assumptions=assumptions).verdict == "proved"
    assert decide(c**2 * z / scaled, z / s, assumptions=assumptions).verdict == "refuted"


def test_one_linear_neuron_with_one_edit_is_refuted() -> None:
    linear = network("inputs x\nh1 = a*x + b\nh2 = c*x + d\nF = u*h1 + v*h2 + w")
    function = linear.function().unfold(Symbol("F"))
    a, b, c, d, u, v, w, x = map(Symbol, "abcduvwx")
    assert decide(function, (u * a + v * c) * x + u * b + v * d + w).verdict == "proved"
    assert decide(function, (u * a + v * c) * x + u * b + v * d).verdict in ("refuted", "proved-if")
    assert decide(function, (u * a + v * d) * x + u * b + v * d + w).verdict in ("refuted", "proved-if")


def test_the_absent_gradient_with_one_edit_is_refuted(results: dict[str, Result]) -> None:
    correction = results["W.4"].finding.verdict.correction
    assert correction is not None
    right = BACKWARD["x"].replace("{m-1}", "{m}")
    assert right.strip("$") in correction["latex"]
    assert check(right, batch_norm()).verdict == "proved"
    assert check(right.replace(r"\frac{1}{m}", r"\frac{2}{m}"), batch_norm()).verdict == "refuted"


def test_the_extra_loss_with_one_edit_is_refuted() -> None:
    rows = "\n".join(("-1 | -1", "1 | 1", "2 | 2"))
    net = network(f"inputs x\nF = a*norm(x) + b\ndata x | y\n{rows}\nstatistics 1..2")
    a, b = Symbol("a"), Symbol("b")
    both = (b - a + 1) ** 2 + (a + b - 1) ** 2
    found = contradictions_conventions.loss(net)
    assert decide(found, both + (2 * a + b - 2) ** 2).verdict == "proved"
    assert decide(found, both + (2 * a + b - 1) ** 2).verdict == "refuted"


def test_the_colours_of_one_grey(results: dict[str, Result]) -> None:
    """The pair in the note has one grey in integers, and its colours are two."""
    assert "(0, 9, 0) and (15, 0, 7)" in results["V.15"].finding.note
    assert 587 * 9 == 299 * 15 + 114 * 7


def test_dropout_rules_are_right_for_one_meaning_only(results: dict[str, Result]) -> None:
    note = results["X.1"].finding.note
    assert "Both rules are right where p is the chance to live" in note
    assert "test: multiply by p, p is the chance to die: proved-if p = 1/2" in note


def test_the_average_of_the_subnets_is_beaten(results: dict[str, Result]) -> None:
    witness = results["X.14"].finding.verdict.witness
    expected = sum(((4 - Fraction(x)) / 2 - (4 - x)) ** 2 for x in (1, 2, 3))
    assert witness["average of the 4 nets"] == str(expected)


def test_half_the_square_is_its_only_coefficient() -> None:
    w, lam = Symbol("w"), Symbol("lambda")
    values = [substitute(lam * w**2 - w**2 / 2, {lam: u}) for u in (Rational(1, 2), Integer(1))]
    assert values == [0, w**2 / 2]


def test_every_note_is_there_in_russian(results: dict[str, Result]) -> None:
    assert english_alone(results.values()) == []

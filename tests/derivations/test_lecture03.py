"""Lecture 3 without convolutions: every entry stated once and decided as before; edited formulas are not accepted."""

from collections import Counter
from dataclasses import replace

import pytest
from sympy import Integer, S, Symbol

from derivations import lecture03_activations as activations
from derivations import lecture03_adaptive as adaptive
from derivations import lecture03_networks as networks
from derivations import lecture03_normalization as normalization
from derivations import lecture03_optimizers as optimizers
from derivations import lecture03_regularization as regularization
from symnet.claims import Claim, Result
from symnet.network.optimizers import OPTIMIZERS
from symnet.operations import call
from symnet.truth.verdict import decide
from tests.derivations.russian import english_alone

LEDGER = {
    "check": "2 3 3a 5 7 8 9 10 10a 11 13 14 16 17 18 19 21 22 23 25 34",
    "definition": "1 4 6 20 24 26 27 35",
    "empirical": "15",
}
KINDS = {f"E3.{number}": kind for kind, numbers in LEDGER.items() for number in numbers.split()}
MODULES = (networks, optimizers, adaptive, activations, regularization, normalization)
STATED: list[Claim] = [claim for module in MODULES for claim in module.section.claims]


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {claim.id: replace(claim, expected="no verdict").run() for claim in STATED}


def test_every_entry_is_stated_once_with_its_kind() -> None:
    assert Counter(claim.id for claim in STATED) == Counter(KINDS.keys())
    assert {claim.id: claim.kind for claim in STATED} == KINDS
    assert all(claim.title and claim.says and claim.lines for claim in STATED)


def test_verdicts_do_not_depend_on_what_is_expected(results: dict[str, Result]) -> None:
    assert {id: result.verdict for id, result in results.items()} == {c.id: c.expected for c in STATED}


def test_what_is_wrong_is_corrected(results: dict[str, Result]) -> None:
    refuted = {id: r.finding.verdict for id, r in results.items() if r.verdict == "refuted"}
    assert refuted.keys() == {"E3.5", "E3.7", "E3.10a", "E3.22", "E3.25", "E3.34"}
    assert all(verdict.witness for verdict in refuted.values())
    assert [id for id, verdict in refuted.items() if not verdict.correction] == []


def test_readings(results: dict[str, Result]) -> None:
    verdicts = {
        id: [r.verdict.verdict for r in results[id].finding.readings] for id in ("E3.9", "E3.17", "E3.23", "E3.34")
    }
    assert verdicts["E3.9"] == ["proved", "proved-if", "refuted", "refuted", "proved-if"]
    assert verdicts["E3.17"] == ["refuted", "refuted"]
    assert verdicts["E3.23"] == ["proved", "refuted"]
    assert verdicts["E3.34"] == ["refuted"] * 3


def test_no_computed_remark_is_undecided(results: dict[str, Result]) -> None:
    assert [id for id, r in results.items() if "undecided" in r.finding.note] == []


# False by one edit

V, X = optimizers.MOMENTUM
AVERAGE_OF_GRADIENTS = adaptive.AVERAGES[1]


@pytest.mark.parametrize(
    ("formulas", "method"),
    [
        ((optimizers.DESCENT.replace(r"- \alpha", r"+ \alpha"),), "gradient_descent"),
        ((V.replace(r"(1 - \gamma)", r"(1 + \gamma)"), X), "ema_momentum"),
        ((V.replace(r"v \cdot \gamma", r"v"), X), "ema_momentum"),
        ((V, X.replace("v^{+1}", "v")), "ema_momentum"),
        ((V, X), "heavy_ball"),
    ],
)
def test_an_edited_step_is_another_method(formulas: tuple[str, ...], method: str) -> None:
    assert optimizers.same(optimizers.optimizer("edited", *formulas), OPTIMIZERS[method]).verdict == "refuted"


@pytest.mark.parametrize(
    ("old", "new"), [(r"\beta_1) \cdot \nabla f", r"\beta_2) \cdot \nabla f"), (r"- \beta_1)", r"+ \beta_1)")]
)
def test_an_edited_average_is_not_that_of_adam(old: str, new: str) -> None:
    rows = (adaptive.AVERAGES[0], AVERAGE_OF_GRADIENTS.replace(old, new))
    edited = optimizers.optimizer("edited", *rows, adaptive.RATIO, shared=["m"])
    assert optimizers.same(edited, OPTIMIZERS["adam_by_norm"]).verdict != "proved"


def test_the_square_without_the_root_is_not_invariant() -> None:
    """Were the norm squared as in Adam, the missing root would make the step depend on the scale of the loss."""
    k = Symbol("k")
    without_root = OPTIMIZERS["rmsprop"]
    steps = tuple(
        replace(e, rhs=e.rhs.replace(lambda u: getattr(u, "function", "") == "sqrt", lambda u: u.args[0]))
        if e.name == "x_next"
        else e
        for e in without_root.equations
    )
    v = adaptive.v
    squared = replace(without_root, equations=steps).with_hyperparameters({"eps": S.Zero})
    rooted = without_root.with_hyperparameters({"eps": S.Zero})
    assert adaptive.invariant(rooted, {"v": k**2 * v}).verdict == "proved"
    assert adaptive.invariant(squared, {"v": k**2 * v}).verdict == "refuted"


def test_edited_cases() -> None:
    x = activations.x
    leaky = activations.cases(activations.RELU.replace(r"\\ 0 &", r"\\ -x &"))
    assert activations.by_cases(leaky, call("relu", x)).verdict == "refuted"
    closed = activations.cases(activations.RELU.replace("x > 0", r"x \ge 0"))
    assert activations.by_cases(closed, call("relu", x)).verdict == "proved"
    shifted = [(u.subs(activations.c, 1), where) for u, where in activations.cases(activations.ELU)]
    assert activations.by_cases(shifted, call("elu", x, S.One)).verdict == "refuted"


@pytest.mark.parametrize(
    ("formula", "old", "new"),
    [
        (normalization.MEAN, "{N}", "{N-1}"),
        (normalization.MEAN, "i=1", "i=2"),
        (normalization.CENTRED, r"- \vec{\mu}", r"+ \vec{\mu}"),
    ],
)
def test_an_edited_mean_does_not_centre(formula: str, old: str, new: str) -> None:
    _, edited = normalization.read(formula.replace(old, new))
    meant = normalization.mean if formula == normalization.MEAN else normalization.centred
    assert decide(edited, meant).verdict == "refuted"


def test_an_edited_variance() -> None:
    _, edited = normalization.read(normalization.VARIANCE.replace("{N-1}", "{N}"))
    assert decide(normalization.over(edited), normalization.statistic("S", 1)).verdict == "refuted"
    assert decide(normalization.over(edited), normalization.statistic("S", 0)).verdict == "proved"


def test_an_edited_decay() -> None:
    edited = regularization.printed(regularization.DECAY.replace(r"\frac{1}{2} ", ""))
    printed = regularization.printed(regularization.DECAY)
    assert decide(edited, printed).verdict == "refuted"
    assert decide(edited, Integer(2) * printed).verdict == "proved"


def test_a_connection_past_a_layer_breaks_the_chain() -> None:
    assert networks.chained(2, skip=False).verdict == "proved"
    assert networks.chained(2, skip=True).verdict == "refuted"


def test_what_is_not_nesterov() -> None:
    assert optimizers.is_nesterov(OPTIMIZERS["nesterov"], 3).verdict == "proved"
    assert optimizers.is_nesterov(OPTIMIZERS["heavy_ball"]).assumptions == ["gamma = 0"]


def test_every_note_is_there_in_russian(results: dict[str, Result]) -> None:
    assert english_alone(results.values()) == []

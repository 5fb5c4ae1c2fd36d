"""The dropout sections of lecture 8: all there, with the verdicts found, and not for the asking."""

from dataclasses import replace

import pytest
from sympy import Rational, Symbol

from derivations import lecture08_ensembles as ensembles
from derivations import lecture08_input_dropout as inputs
from derivations import lecture08_two_neurons as two
from symnet.claims import Claim, Section, Slide
from symnet.sums import normal_form
from symnet.training import descend, expected_function, weight_scaled
from symnet.truth.verdict import decide

SECTIONS: tuple[Section, ...] = (ensembles.section, two.section, inputs.section)
CLAIMS: dict[str, Claim] = {claim.id: claim for section in SECTIONS for claim in section.claims}
LEDGER = ["L8.3a", "L8.6a", "L8.8a", "L8.19a", "L8.19b", *(f"L8.{k}" for k in range(1, 27))]


def test_every_entry_of_the_ledger_is_there() -> None:
    assert sorted(CLAIMS) == sorted(LEDGER)


@pytest.mark.parametrize("id", LEDGER)
def test_verdicts_are_those_expected(id: str) -> None:
    result = CLAIMS[id].run()
    assert result.as_expected
    assert result.verdict not in ("refuted", "proved-if") or result.finding.verdict.witness


@pytest.mark.parametrize(
    ("slide", "formula", "right", "wrong"),
    [
        (two.upper, CLAIMS["L8.9"].says, "2w_2", "3w_2"),
        (two.upper, CLAIMS["L8.10"].says, "= 0", "= 1"),
        (two.upper, CLAIMS["L8.11"].says, "4(2w_2", "2(2w_2"),
        (two.upper, CLAIMS["L8.12"].says, "- 1)$$", "+ 1)$$"),
        (replace(two.upper, point=two.first.point), CLAIMS["L8.13"].says, "-12", "12"),
        (replace(two.upper, point=two.first.next_point), CLAIMS["L8.14"].says, "1.2", "1.3"),
        (two.lower, CLAIMS["L8.15"].says, "w_{01} - 2", "w_{02} - 2"),
        (replace(two.lower, point=two.second.next_point), CLAIMS["L8.18"].says, "w_1=2", "w_1=0"),
        (replace(two.whole, point=two.limit), "$F_{NN}(x) = (-x+4) + (-x+4)$", "(-x+4)$", "(x+4)$"),
        (inputs.first, inputs.WITHOUT_FIRST[1], "(w_0 - 1)", "(w_2 - 1)"),
        (inputs.second, inputs.WITHOUT_SECOND[0], "w_1 x_1", "w_1 x_2"),
        (inputs.whole, inputs.LOSS, "(1,0) - 1", "(1,0) - 2"),
    ],
)
def test_a_formula_with_one_edit_is_not_proved(slide: Slide, formula: str, right: str, wrong: str) -> None:
    """It holds nowhere or only for special weights, such as w_2 = 0, and a point shows that it fails elsewhere."""
    assert formula.count(right) == 1
    assert slide.check(formula).verdict.verdict == "proved"
    edited = slide.check(formula.replace(right, wrong)).verdict
    assert edited.verdict in ("refuted", "proved-if")
    assert edited.witness["left"] != edited.witness["right"]


def test_the_wrong_index_is_shown_with_its_value() -> None:
    """dL_1/dw_02 at (0, 0, 2, 6/5) is 2(1/5 + 16/5 + 31/5) = 96/5, where the slide prints 0."""
    found = CLAIMS["L8.17"].run().finding.verdict
    assert found.witness["values"] == {"w1": "0", "w01": "0", "w2": "2", "w02": "6/5"}
    assert (found.witness["left"], found.witness["right"]) == ("0", "96/5")


def test_the_step_decides_convergence() -> None:
    """17/12 - sqrt(265)/12 = 0.0601…: the loss falls at 0.06 and grows at 0.063."""

    def losses(h: Rational) -> list[float]:
        steps = descend(two.net, two.start, h, [("h1",)] * 60)
        return [float(step.loss.ball().mid()) for step in steps]

    below, above = losses(Rational(60, 1000)), losses(Rational(63, 1000))
    assert below[-1] < below[-2] < below[1]
    assert above[-1] > above[-2] > above[1]


def test_conditions_of_the_test_rule_and_of_the_ensemble() -> None:
    assert CLAIMS["L8.20"].run().finding.verdict.assumptions == ["p = 1/2"]
    assert CLAIMS["L8.19"].run().finding.verdict.assumptions[1] == "0 < h < 17/12 - sqrt(265)/12"
    assert CLAIMS["L8.5"].run().finding.verdict.witness["left"] == "1/3"


def test_two_layers_average_only_with_an_affine_activation() -> None:
    p = Symbol("p")
    for of, verdict in ((ensembles.one_layer, "proved"), (ensembles.two_layers, "proved-if")):
        scaled = ensembles.output(weight_scaled(of, 1 - p))
        mean = expected_function(of, p, reject=False)
        assert decide(mean, scaled, assumptions=ensembles.proper).verdict == verdict
        assert decide(mean, ensembles.output(weight_scaled(of, p)), assumptions=ensembles.proper).verdict == "refuted"


def test_the_ambiguity_decomposition_needs_its_spread() -> None:
    losses, spread, rest = ensembles.ambiguity()
    assert rest == 0
    assert normal_form(losses - spread) != normal_form(losses)

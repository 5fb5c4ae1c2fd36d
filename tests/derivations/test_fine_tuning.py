"""Lecture 8, L8.55 to L8.69: an edited formula is not accepted, and neither is an edited fact beyond the text."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sympy import Expr, Integer, S, Symbol

from derivations import lecture08_fine_tuning as tuning
from derivations import lecture08_minibatch as minibatch
from symnet.claims import Claim, Finding, Slide
from symnet.expressions import substitute
from symnet.network.network import Network
from symnet.reading.slide import Statement
from symnet.truth.assumptions import Condition, negative, positive
from symnet.truth.verdict import decide
from symnet.truth.witness import find_witness

CLAIMS: dict[str, Claim] = {c.id: c for module in (tuning, minibatch) for c in module.section.claims}
a, b, t, w2, w3 = map(Symbol, ("a", "b", "t", "w2", "w3"))


def found(id: str) -> Finding:
    result = CLAIMS[id].run()
    assert result.as_expected
    return result.finding


def test_every_entry_of_the_ledger_is_there() -> None:
    assert CLAIMS.keys() == {f"L8.{k}" for k in range(55, 70)}


EDITED = [
    (tuning.tuned, tuning.FUNCTION.replace("/S_2+b", "/S_2-b")),
    (tuning.tuned, tuning.FUNCTION.replace("(ax+b", "(x+b")),
    (tuning.tuned, tuning.FUNCTION.replace("/S_2", "/S_1")),
    (tuning.own, tuning.OWN_FUNCTION.replace("a_2(", "a_3(")),
    (minibatch.net(minibatch.CHAIN, minibatch.TABLE, 2), minibatch.FUNCTION.replace("- C_2", "- C_1")),
    (minibatch.net(minibatch.CHAIN, minibatch.TABLE, 2), minibatch.LOSS.replace("(2) - 2", "(2) + 2")),
    # with the statistics of all three objects C_1 is not what the slide's mini-batch gives
    (minibatch.net(minibatch.CHAIN, minibatch.TABLE), "$C_1 = (w_2 f(-1 + w_{01}) + w_2 f(1 + w_{01})) / 2$"),
]


@pytest.mark.parametrize(("net", "formula"), EDITED)
def test_an_edited_formula_differs_at_a_point(net: Network, formula: str) -> None:
    slide = Slide(net)
    ((left, right),) = slide.read(formula).equalities
    assert find_witness(slide.meaning(left), slide.meaning(right), slide.derivation)


def test_the_mean_of_the_mini_batch_is_that_of_two_objects() -> None:
    slide = Slide(minibatch.net(minibatch.CHAIN, minibatch.TABLE, 2))
    assert slide.check("$C_1 = (w_2 f(-1 + w_{01}) + w_2 f(1 + w_{01})) / 2$").verdict.verdict == "proved"


# Fine tuning


def test_c_and_s_exist_unless_a_is_zero() -> None:
    assert found("L8.55").verdict.assumptions == ["a != 0"]
    assert tuning.is_undefined(1 / a, {a: S.Zero})
    assert not tuning.is_undefined(1 / a, {b: S.Zero})


def test_the_deviation_is_a_for_positive_a_only() -> None:
    verdict = found("L8.56").verdict
    assert verdict.assumptions == ["a >= 0"]
    assert verdict.witness["values"] == {"a": "-1"}


def test_only_the_right_shift_of_the_biases_leaves_the_loss() -> None:
    before = tuning.for_every_batch(tuning.tuned, "L", {})
    assert tuning.for_every_batch(tuning.tuned, "L", tuning.SHIFTED) == before
    for bias in (tuning.w01, tuning.w02, tuning.w03):
        others = {name: value for name, value in tuning.SHIFTED.items() if name != bias}
        assert tuning.for_every_batch(tuning.tuned, "L", others) != before


@pytest.mark.parametrize(("sign", "increasing"), [(positive, True), (positive, False), (negative, True)])
def test_values_on_the_batch_need_the_sign(sign: Callable[[Expr], Condition], increasing: bool) -> None:
    verdict = tuning.on_the_batch(sign(w2 * w3), increasing, positive(a)).verdict
    assert verdict == ("proved" if sign is positive else "refuted")


def test_conditions_on_the_batch() -> None:
    assert found("L8.59").verdict.assumptions == ["w2*w3 > 0", "f increasing or f decreasing"]


def test_another_scale_is_not_the_standard_normalization() -> None:
    for values in ({a: Integer(2), b: S.Zero}, {a: S.One, b: S.One}):
        assert find_witness(tuning.asked(tuning.tuned, values), tuning.asked(tuning.standard, {}))


def test_the_slip_has_one_meaning() -> None:
    (reading,) = found("L8.61").readings
    assert reading.verdict.verdict == "proved"


@pytest.mark.parametrize("formulas", [tuning.LAYERS, tuning.OWN_LAYERS])
def test_the_first_weight_has_to_be_positive(formulas: tuple[str, ...]) -> None:
    net = tuning.tuned_w1 if formulas is tuning.LAYERS else tuning.own_w1
    assert tuning.checked(net, tuning.printed(formulas[:1])).assumptions == ["w1 > 0"]


# Mini-batches


def test_occurrences_are_those_of_the_text_written_out() -> None:
    of = minibatch.of_depth(2)
    for name, count in minibatch.in_the_loss(of).items():
        for m in (2, 3):
            written = of.derivation.instantiate({minibatch.m: m}).inline(keep={name})["L"].rhs
            assert minibatch.occurrences(written, Symbol(name)) == count.subs(minibatch.m, m)


def test_a_mini_batch_shortens_every_sum() -> None:
    whole = minibatch.of_depth(3)
    assert set(minibatch.summands(whole)) == {minibatch.m}
    assert set(minibatch.summands(replace(whole, statistics=(1, 5)))) == {Integer(5)}


def test_the_dots_stand_for_the_objects_not_printed() -> None:
    slide = Slide(minibatch.net(minibatch.CHAIN, (*minibatch.TABLE, (3, 3)), 2))
    statement: Statement = slide.read(minibatch.LOSS)
    ((loss, printed),) = statement.equalities
    assert statement.open
    assert find_witness(slide.meaning(loss), slide.meaning(printed), slide.derivation)


def test_variances_of_samples_have_these_factors_only() -> None:
    x = [Symbol(f"x{k}") for k in range(3)]
    means = [minibatch.mean(pair) for pair in ((x[0], x[1]), (x[0], x[2]), (x[1], x[2]))]
    spread = minibatch.mean([(one - minibatch.mean(x)) ** 2 for one in means])
    assert decide(spread, minibatch.variance(x) / 4).verdict == "proved"
    assert decide(spread, minibatch.variance(x) / 2, seconds=2).verdict == "refuted"  # with replacement


def test_a_mini_batch_changes_f_unless_its_mean_and_deviation_are_the_same() -> None:
    finding = found("L8.67")
    assert len(finding.verdict.witness) == 3
    assert "proved with one normalized neuron, proved-if f linear" in finding.note


def test_weights_do_not_scale_out_with_an_eps() -> None:
    k, w1 = Symbol("k"), Symbol("w1")
    for eps, same in (("", True), (", eps=1", False)):
        F = minibatch.at_x(minibatch.net(f"inputs x\nF = norm(w1*x{eps})", minibatch.TABLE)).unfold(Symbol("F"))
        scaled = substitute(F, {w1: k * w1})
        assert (find_witness(F, scaled, assumptions=[positive(k)]) is None) == same

"""The derivations of lecture 8, L8.27 to L8.54: complete, and a formula edited in one place is not accepted."""

import pytest
from sympy import Integer, Rational, Symbol

from derivations import lecture08_chain as chain
from derivations import lecture08_chain_weights as weights
from derivations import lecture08_normalization as normalization
from symnet.claims import Claim, Slide
from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.reading.load import network
from symnet.truth.assumptions import nonzero
from symnet.truth.verdict import decide
from symnet.truth.witness import find_witness

CLAIMS: dict[str, Claim] = {c.id: c for module in (normalization, chain, weights) for c in module.section.claims}


def claim(id: str) -> Claim:
    return CLAIMS[id]


def test_every_entry_of_the_ledger_is_there() -> None:
    assert {f"L8.{k}" for k in range(27, 55)} | {"L8.27a", "L8.28a"} == CLAIMS.keys()


@pytest.mark.parametrize("id", ["L8.27a", "L8.28", "L8.30", "L8.33", "L8.36", "L8.39", "L8.43", "L8.50", "L8.53"])
def test_verdicts(id: str) -> None:
    assert claim(id).run().as_expected


EDITED = [
    (normalization.slide, r"$S = \sqrt{(A - C)^2 + (B - C)^2}$"),
    (normalization.slide, r"$C = (A-B)/2$"),
    (normalization.slide, "$F_{NNN}(x) = (f(w_1 x + w_{01})w_3 + f(w_2 x + w_{02})w_4 + C)/S + w_{03}$"),
    (normalization.slide, "$F_{NNN}(x) = (f(w_1 x + w_{01})w_3 + f(w_2 x + w_{02})w_4 - C + w_{03})/S$"),
    (normalization.slide, "$L_N(w) = (F_{NNN}(-1) - 1)^2 + (F_{NNN}(1) - 1)^2$"),
    (Slide(normalization.upper_right), "$A = f(-w_1 + w_{01})w_{11} + f(-w_2 + w_{02})w_{12}$"),
    (chain.on_chain, "$C_1 = (w_2 f(-1 + w_{01}) - w_2 f(1 + w_{01})) / 2$"),
    (chain.on_chain, chain.F_NNN.replace("/ S_2]", "/ S_1]")),
    (chain.on_chain, chain.F_NNN.replace("/ S_1] + w_{02}) - C_2", "/ S_1]) + w_{02} - C_2")),
]


@pytest.mark.parametrize(("slide", "formula"), EDITED)
def test_an_edited_formula_is_not_proved(slide: Slide, formula: str) -> None:
    ((left, right),) = slide.read(formula).equalities
    assert decide(slide.meaning(left), slide.meaning(right), slide.derivation, seconds=5).verdict != "proved"


def test_the_other_deviation_does_not_standardize() -> None:
    assert normalization.standardized(network("inputs x\nF = norm(x)")).verdict == "proved"
    assert normalization.standardized(network("inputs x\nF = norm(x, ddof=1)")).verdict == "refuted"
    assert normalization.standardized(network("inputs x\nF = norm(x, eps=1)")).verdict == "refuted"


def test_two_deviations_differ_by_one_factor_only() -> None:
    by_n, by_less = (network(f"inputs x\nF = norm(x, ddof={d})") for d in (0, 1))
    S = [n.derivation.instantiate({n.objects: 3}).unfold(Symbol("S")) for n in (by_n, by_less)]
    assert decide(S[0], product(sqrt(Rational(2, 3)), S[1])).verdict == "proved"
    assert decide(S[0], product(sqrt(Rational(1, 3)), S[1])).verdict == "refuted"


def test_loss_takes_two_values_and_no_third() -> None:
    d, square = normalization.normalized.example, product(Integer(2), Symbol("w03") ** 2)
    assert decide(Symbol("L"), square, d).assumptions == ["B > A"]
    assert decide(Symbol("L"), square + 8, d).assumptions == ["A > B"]
    assert decide(Symbol("L"), square + 4, d).verdict == "refuted"


def test_conditions_on_the_first_weight() -> None:
    assert claim("L8.42").run().finding.verdict.assumptions == ["w1 >= 0"]
    assert claim("L8.43").run().finding.verdict.assumptions == ["w1 > 0"]


@pytest.mark.parametrize(("id", "count"), [("L8.47", 3), ("L8.48", 7)])
def test_one_way_to_balance_the_brackets_is_true(id: str, count: int) -> None:
    readings = claim(id).run().finding.readings
    assert len(readings) == count
    assert [r.verdict.verdict for r in readings].count("proved") == 1


def test_the_sign_of_the_output_is_not_the_opposite_one() -> None:
    everything = product(*map(Symbol, ("w1", "w2", "w3")), chain.gap(chain.w01), chain.gap(chain.w02))
    opposite, defined = call("f", chain.w03 - call("sign", everything)), [nonzero(everything)]
    assert decide(Symbol("F_1"), opposite, chain.whole.example, assumptions=defined).verdict == "proved"
    assert find_witness(Symbol("F_2"), opposite, chain.whole.example, defined)


def test_an_eps_in_the_root_breaks_scale_invariance() -> None:
    lines = "inputs x\nh1 = f(norm(w1*x{eps}) + w01)\nF = norm(w2*h1{eps})"
    for eps, verdict in (("", "proved"), (", eps=1", "refuted")):
        net = network(lines.format(eps=eps))
        assert {weights.for_every_batch(net, w).verdict for w in (chain.w1, chain.w2)} == {verdict}

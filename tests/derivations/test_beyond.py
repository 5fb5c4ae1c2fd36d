"""The statements beyond the text and the contradictions: all there, and none of them true by accident."""

from dataclasses import replace

import pytest
from sympy import Integer, Rational, S

from derivations import beyond_dropout as dropout
from derivations import beyond_normalization as normalization
from derivations import beyond_training as training
from derivations import contradictions
from derivations.lecture08_ensembles import two_chains
from symnet.claims import Claim, combine
from symnet.expressions import substitute
from symnet.moments import bernoulli, expectation
from symnet.network.masks import acceptance_probability
from symnet.quadratic import Quadratic
from symnet.training import expected_loss
from symnet.truth.verdict import decide
from tests.derivations.russian import english_alone

MODULES = (dropout, normalization, training, contradictions)
CLAIMS: dict[str, Claim] = {claim.id: claim for module in MODULES for claim in module.section.claims}
BEYOND = [f"B.{k}" for k in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 18)]


def test_every_entry_of_the_ledger_is_there() -> None:
    assert sorted(CLAIMS) == sorted([*BEYOND, "X.3", "X.5", "X.8"])


@pytest.mark.parametrize("id", CLAIMS)
def test_verdicts_are_those_expected(id: str) -> None:
    result = CLAIMS[id].run()
    assert result.as_expected
    assert english_alone([result]) == []
    assert result.verdict not in ("refuted", "proved-if") or result.finding.verdict.witness


@pytest.mark.parametrize(
    ("id", "conditions"),
    [
        ("B.3", ["0 < q < 1"]),
        ("B.9", ["every weight is nonzero (w1 != 0, w2 != 0 for n = 2)"]),
        ("B.15", ["eps = 0", "lambda != 0", "-2*eta*lambda + 1 > 0"]),
        ("B.18", ["the objects of the mean are drawn without replacement"]),
        ("X.3", ["alpha = 1 - gamma"]),
        ("X.8", ["alpha = 1", "x != 0"]),
    ],
)
def test_conditions(id: str, conditions: list[str]) -> None:
    assert CLAIMS[id].run().finding.verdict.assumptions == conditions


def test_penalty_with_another_weight_or_without_it() -> None:
    """B.2: q^2, (1-q)^2 or q(1-q)/2 in place of q(1-q), and q missing in the mean."""
    d = dropout
    mean = expectation((d.over(d.D[d.i] * d.a[d.i], d.i, d.n) - d.Y) ** 2, "D", bernoulli(d.q))
    outputs, squares = d.over(d.a[d.i], d.i, d.n), d.over(d.a[d.i] ** 2, d.i, d.n)
    for factor, weight, verdict in (
        (d.q, d.q * (1 - d.q), "proved"),
        (d.q, d.q**2, "refuted"),
        (d.q, (1 - d.q) ** 2, "refuted"),
        (d.q, d.q * (1 - d.q) / 2, "refuted"),
        (S.One, d.q * (1 - d.q), "refuted"),
    ):
        assert decide(mean, (factor * outputs - d.Y) ** 2 + weight * squares).verdict == verdict


def test_another_hessian_has_another_closed_form() -> None:
    """B.1: the projectors of one neuron's loss with the descent of a network that sees other data."""
    first = dropout.without_upper
    other = replace(first, rows=((Integer(1), Integer(3)), (Integer(2), Integer(2)), (Integer(3), Integer(2))))
    assert dropout.spectral_closed_form(dropout.lower_loss, first).verdict == "proved"
    assert dropout.spectral_closed_form(dropout.lower_loss, other).verdict == "refuted"
    at_minimum = dict(dropout.lower_loss.minimizer)
    assert not dropout.error_along_largest(dropout.lower_loss, at_minimum)


def test_orthogonality_needs_its_powers_of_the_deviation() -> None:
    """B.6: a power less, eps lost, a plain sum, each refuted at a small m."""
    n = normalization
    along = n.over(n.g[n.r] * n.h[n.r])
    left = n.over(n.h[n.r] * n.dx[n.r])
    for right in (
        n.gamma * n.eps / n.s**2 * along,
        n.gamma / n.s**3 * along,
        n.gamma * n.eps / n.s**3 * n.over(n.g[n.r]),
    ):
        found = decide(left, right, n.BN)
        assert found.verdict == "refuted"
        assert found.witness["values"]["m"] in ("2", "3")


def test_the_projector_is_none_with_one_edit() -> None:
    """B.7: with m - 1 for m, or x̂x̂ᵀ added, J^T g is not that matrix times g."""
    n = normalization
    entry = n.projector(n.i, n.k)
    centred = n.Delta(n.i, n.k) - 1 / n.m
    edits = {
        "proved": entry,
        "m - 1": n.Delta(n.i, n.k) - 1 / (n.m - 1) - n.h[n.i] * n.h[n.k] / n.m,
        "sign": centred + n.h[n.i] * n.h[n.k] / n.m,
        "no values": centred,
    }
    for name, edited in edits.items():
        columns = n.sum_over((n.g[n.k] * edited).expand(), (n.k, S.One, n.m), ranges=n.RANGES)
        found = decide(n.dx[n.i], n.gamma / n.s * columns, n.BN_0).verdict
        assert (found == "proved") == (name == "proved")


def test_weights_are_orthogonal_to_the_gradient_without_eps_only() -> None:
    """B.8, B.15: and the gradient is of degree -1 in the weights, not -2."""
    n = normalization
    radial = n.over_inputs(n.w[n.k] * n.dw[n.k])
    assert decide(radial, S.Zero, n.NEURON_0).verdict == "proved"
    assert decide(radial, S.Zero, n.NEURON).assumptions == ["eps = 0"]
    scaled = n.compact_weight(n.K * n.s)
    assert decide(scaled, n.compact_weight(n.s) / n.K).verdict == "proved"
    assert decide(scaled, n.compact_weight(n.s) / n.K**2).verdict == "refuted"


def test_the_expansion_of_early_stopping_has_one_second_term() -> None:
    """B.11: tau - 1, a sign, and 1/eta instead of 1/(tau eta)."""
    lam, tau, eta = training.lam, training.tau, training.eta
    first, second = 1 / (tau * eta), (tau + 1) * lam / (2 * tau)
    assert combine(training.expansion(first - second)).verdict == "proved"
    for claimed in (first - (tau - 1) * lam / (2 * tau), first + second, 1 / eta - second):
        assert combine(training.expansion(claimed)).verdict in ("refuted", "proved-if")


def test_variance_of_a_batch_mean_with_another_correction() -> None:
    """B.18: (N - k)/N, (N - k)/(N - 1) without 1/k, and none."""
    n = normalization
    of, drawn = n.size("N"), n.size("k")
    spread = n.variance_of_mean(drawn, of, n.without_replacement(drawn, of))
    variance = n.variance_of(of)
    assert decide(spread, variance / drawn * (of - drawn) / (of - 1)).verdict == "proved"
    for wrong in ((of - drawn) / (of * drawn), (of - drawn) / (of - 1), 1 / drawn):
        assert decide(spread, variance * wrong).verdict == "refuted"


def test_accepted_masks_of_a_network_that_is_not_fully_connected() -> None:
    """B.4 is about fully connected nets: two chains side by side have fewer accepted masks."""
    p = dropout.p
    full = dropout.fully_connected((2, 2))
    claimed = (1 - p**2) ** 2
    assert decide(acceptance_probability(full, p), claimed).verdict == "proved"
    found = decide(acceptance_probability(two_chains, p), claimed)
    assert found.verdict == "refuted"


def test_the_mean_is_least_at_y_over_one_plus_q() -> None:
    """B.3 at q = 1/3, Y = 4: both outputs are 3, and not the slide's 4."""
    loss = expected_loss(dropout.linear_sum(2), 1 - dropout.q, reject=False)
    at = substitute(loss, {dropout.q: Rational(1, 3), dropout.Y: Integer(4)})
    assert Quadratic.of(at, ["a1", "a2"]).minimizer == {"a1": 3, "a2": 3}

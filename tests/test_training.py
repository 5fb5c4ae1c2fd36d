"""Exact training against loops over Fractions that are written here from the lecture, with no symnet in them."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product as choices

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, Symbol, symbols

from symnet.errors import DegenerateError, SymnetError
from symnet.network.optimizers import OPTIMIZERS
from symnet.numeric.reference import optimizers as reference
from symnet.reading.load import network
from symnet.training import descend, example_gradient, expected_loss
from symnet.truth.evaluate import Value
from tests.builders import dropout_network

Weights = dict[str, Fraction]

NAMES = ("w1", "w01", "w2", "w02")
DATA = ((1, 3), (2, 2), (3, 1))
MASKS = ((), ("h1",), ("h2",))
small = st.fractions(min_value=-3, max_value=3, max_denominator=6)


# The lecture's two linear neurons by hand: F(x) = sum over living neurons of (w x + w0).


def residuals(w: Weights, mask: Sequence[str]) -> list[Fraction]:
    living = [k for k in (1, 2) if f"h{k}" not in mask]
    return [sum((w[f"w{k}"] * x + w[f"w0{k}"] for k in living), Fraction(0)) - y for x, y in DATA]


def loss(w: Weights, mask: Sequence[str]) -> Fraction:
    return sum((r * r for r in residuals(w, mask)), Fraction(0))


def slopes(w: Weights, mask: Sequence[str]) -> Weights:
    found = dict.fromkeys(NAMES, Fraction(0))
    for (x, _), r in zip(DATA, residuals(w, mask), strict=True):
        for k in (1, 2):
            if f"h{k}" not in mask:
                found[f"w{k}"] += 2 * r * x
                found[f"w0{k}"] += 2 * r
    return found


def as_fractions(values: dict[str, Value]) -> Weights:
    return {name: Fraction(value.text) for name, value in values.items()}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, small)),
    st.fractions(min_value=0, max_value=1, max_denominator=20),
    st.lists(st.sampled_from(MASKS), min_size=1, max_size=4),
)
def test_descent_is_the_loop_over_fractions(start: Weights, rate: Fraction, masks: list[tuple[str, ...]]) -> None:
    w = start
    for step, mask in zip(descend(dropout_network(), start, rate, masks, digits=200), masks, strict=True):
        assert step.mask == mask
        assert {n: v.exact for n, v in step.point.items()} == w
        assert step.loss.exact == loss(w, mask)
        assert {n: v.exact for n, v in step.gradient.items()} == slopes(w, mask)
        w = {name: w[name] - rate * slopes(w, mask)[name] for name in NAMES}
        assert {n: v.exact for n, v in step.next_point.items()} == w
        assert step.next_loss.exact == loss(w, mask)


def test_the_two_iterations_of_the_lecture() -> None:
    """Lecture 8, lines 107-186: the gradients (-20, -12) of each neuron, h = 1/10."""
    zero = dict.fromkeys(NAMES, Fraction(0))
    first, second = descend(dropout_network(), zero, Rational(1, 10), [("h1",), ("h2",)])
    assert as_fractions(first.gradient) == zero | {"w2": -20, "w02": -12}
    assert as_fractions(second.point) == zero | {"w2": 2, "w02": Fraction(6, 5)}
    assert as_fractions(second.gradient) == zero | {"w1": -20, "w01": -12}
    assert as_fractions(second.next_point) == dict(zip(NAMES, map(Fraction, ("2", "6/5", "2", "6/5")), strict=True))


def test_many_steps_end_at_the_minimum_of_the_living_neuron() -> None:
    """y = 4 - x: h = 1/20 is below the largest step that converges."""
    zero = dict.fromkeys(NAMES, Fraction(0))
    last = descend(dropout_network(), zero, Fraction(1, 20), [("h1",)] * 300)[-1]
    assert float(last.next_point["w2"].ball().mid()) == pytest.approx(-1, abs=1e-3)
    assert float(last.next_point["w02"].ball().mid()) == pytest.approx(4, abs=1e-3)
    assert last.next_point["w1"].text == "0"


def test_a_step_through_a_normalization_stays_exact() -> None:
    """z = w x over x = 1, 2, 4; C = 7w/3, S = |w| sqrt(14)/3, F = a (z - C)/S: by hand for w = 2, a = 1, y = 0."""
    net = network("inputs x\nF = a*norm(w*x)\ndata x | y\n 1 | 0\n 2 | 0\n 4 | 1\n")
    (step,) = descend(net, {"a": 1, "w": 2}, Rational(1, 2), [()])
    root = Symbol("sqrt(14)")
    assert step.gradient["w"].text == "0"
    assert step.gradient["a"].text == f"6 - 5*{root}/7"  # 2 (3a - xhat_3), xhat_3 = 5/sqrt(14)
    assert step.next_point["a"].text == f"-2 + 5*{root}/14"


# Every optimizer on the lecture's network, against the NumPy one written by hand

HYPER = {
    "gamma": Rational(1, 2), "beta1": Rational(1, 2), "beta2": Rational(3, 4), "eps": Rational(1, 8),
    "rho": Rational(3, 4), "delta0": Rational(1, 4), "eta_plus": Rational(6, 5), "eta_minus": Rational(1, 2),
    "delta_min": Rational(1, 1000), "delta_max": 50,
}  # fmt: skip


@pytest.mark.parametrize("name", reference.OPTIMIZERS)
def test_steps_of_every_optimizer_with_masks_are_those_by_hand(name: str) -> None:
    optimizer, masks, rate = OPTIMIZERS[name], [(), ("h1",), (), ("h2",), ()], Rational(1, 20)
    hyper = {h: HYPER[h] for h in optimizer.hyperparameters if h != "alpha"}
    steps = descend(dropout_network(), dict.fromkeys(NAMES, 0), rate, masks, optimizer=optimizer, hyper=hyper)
    floats = {h: float(value) for h, value in hyper.items()}
    if "alpha" in optimizer.hyperparameters:
        floats["alpha"] = float(rate)
    w, state = np.zeros(4), {}
    for step, mask in zip(steps, masks, strict=True):
        at = reference.look_ahead(w, state, floats["gamma"]) if name == "nesterov" else w
        found = slopes({n: Fraction(value) for n, value in zip(NAMES, at, strict=True)}, mask)
        slope = np.array([float(found[n]) for n in NAMES])
        w, state = reference.OPTIMIZERS[name](w, slope, state, **floats)
        reached = [float(step.next_point[n].ball().mid()) for n in NAMES]
        np.testing.assert_allclose(reached, w, rtol=1e-12, atol=1e-15)
        used = [float(step.gradient[n].ball().mid()) for n in NAMES]
        np.testing.assert_allclose(used, slope, rtol=1e-12, atol=1e-15)


def test_hyperparameters_are_checked() -> None:
    zero = dict.fromkeys(NAMES, 0)
    with pytest.raises(SymnetError, match="heavy_ball needs a value for gamma"):
        descend(dropout_network(), zero, 1, [()], optimizer=OPTIMIZERS["heavy_ball"])
    with pytest.raises(SymnetError, match="gradient_descent has no hyperparameter gamma; there are none beside"):
        descend(dropout_network(), zero, 1, [()], hyper={"gamma": 1})


def test_what_cannot_be_trained() -> None:
    zero = dict.fromkeys(NAMES, 0)
    with pytest.raises(SymnetError, match="dropping h1, h2 leaves no path"):
        descend(dropout_network(), zero, 1, [("h1", "h2")])
    net = network("inputs x\nF = norm(w*x)\ndata x | y\n 1 | 0\n 2 | 0\n")
    with pytest.raises(DegenerateError, match="S = 0 at w = 0"):
        descend(net, {"w": 0}, 1, [()])


def test_the_gradient_of_the_example_is_that_of_its_data() -> None:
    derivation = example_gradient(dropout_network())
    assert {f"dL_d{name}" for name in NAMES} <= set(derivation.definitions)
    assert not any(e.indices for e in derivation)


# The expected loss


@pytest.mark.parametrize("reject", [True, False])
@pytest.mark.parametrize("probability", [Fraction(0), Fraction(1, 2), Fraction(2, 7)])
def test_the_expected_loss_is_the_mean_over_masks(probability: Fraction, reject: bool) -> None:
    w: Weights = dict(zip(NAMES, map(Fraction, ("1/2", "-1", "3", "2/3")), strict=True))
    total, weight = Fraction(0), Fraction(0)
    for dropped in choices((False, True), repeat=2):
        mask = [f"h{k}" for k, gone in enumerate(dropped, 1) if gone]
        if reject and len(mask) == 2:
            continue  # drawn again
        chance = Fraction(1)
        for gone in dropped:
            chance *= probability if gone else 1 - probability
        total, weight = total + chance * loss(w, mask), weight + chance
    got = expected_loss(dropout_network(), Rational(probability), reject=reject)
    values = {Symbol(name): Rational(value) for name, value in w.items()}
    assert got.subs(values) == Rational(total / weight)


def test_the_expected_loss_with_a_symbolic_probability() -> None:
    p = Symbol("p")
    got = expected_loss(dropout_network(), p, droppable=["h1"], reject=False)
    w = dict(zip(NAMES, map(Fraction, (1, 1, 2, 3)), strict=True))
    values = {Symbol(name): Rational(value) for name, value in w.items()}
    for probability in (Fraction(1, 3), Fraction(4, 5)):
        expected = (1 - probability) * loss(w, ()) + probability * loss(w, ["h1"])
        assert got.subs({**values, p: Rational(probability)}) == Rational(expected)


def test_inputs_may_be_dropped_too() -> None:
    net = network("inputs x1 x2\nF = w1*x1 + w2*x2\ndata x1 x2 | y\n 1 2 | 3\n")
    got = expected_loss(net, Rational(1, 3), droppable=["x1", "x2"])
    w1, w2 = symbols("w1 w2")
    both, one = Rational(4, 8), Rational(2, 8)  # (2/3)^2 : (1/3)(2/3), given that not both are gone
    expected = both * (w1 + 2 * w2 - 3) ** 2 + one * ((w1 - 3) ** 2 + (2 * w2 - 3) ** 2)
    assert (got - expected).expand() == 0

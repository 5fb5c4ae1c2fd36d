"""What is said of activations against plain floating point, and against textbooks."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from sympy import Expr, Integer, Rational, S, Symbol, oo

from symnet.activations import Activation, Kink, Range
from symnet.errors import SymnetError
from symnet.numeric.reference.activations import ACTIVATIONS
from symnet.operations import SELU_ALPHA, SELU_SCALE, call
from symnet.truth.assumptions import negative, positive
from symnet.truth.verdict import decide

u, a, scale = map(Symbol, ("u", "a", "lambda"))
of = Activation.of
POSITIVE = (positive(a),)
SAMPLES = [k / 7 for k in range(-80, 81)]


def elu(x: float) -> float:
    return x if x > 0 else 2 * math.expm1(x)


FLOATS: list[tuple[Activation, Callable[[float], float]]] = [
    (of("sigmoid"), lambda x: 1 / (1 + math.exp(-x))),
    (of("tanh"), math.tanh),
    (of("softplus"), lambda x: math.log1p(math.exp(x))),
    (of("relu"), lambda x: max(x, 0)),
    (of("leaky_relu", Rational(1, 4)), lambda x: max(x, x / 4)),
    (of("leaky_relu", Rational(-1, 4)), lambda x: x if x > 0 else -x / 4),
    (of("elu", 2), elu),
    (of("abs"), abs),
    (of("max", 3), lambda x: max(x, 3)),
    (of("min", 3), lambda x: min(x, 3)),
    (of("exp"), math.exp),
    (Activation(3 * call("elu", u, 2), u), lambda x: 3 * elu(x)),
    (Activation(-call("relu", 1 - u), u), lambda x: -max(1 - x, 0)),
]


@pytest.mark.parametrize(("activation", "function"), FLOATS)
def test_ranges_hold_all_samples_and_end_where_the_function_goes(
    activation: Activation, function: Callable[[float], float]
) -> None:
    values = activation.range
    samples = [function(x) for x in (-40.0, *SAMPLES, 3.0, 40.0)]
    for end, attained, extreme in (
        (values.lower, values.lower_attained, min(samples)),
        (values.upper, values.upper_attained, max(samples)),
    ):
        if end in (oo, -oo):
            assert abs(extreme) >= 8
        elif attained:
            assert extreme == float(end)
        else:
            assert extreme == pytest.approx(float(end), abs=1e-4)


@pytest.mark.parametrize(("activation", "function"), FLOATS)
def test_signs_of_slopes_are_those_of_differences(activation: Activation, function: Callable[[float], float]) -> None:
    kink = activation.kink
    place = -math.inf if kink is None else float(kink.at)
    for side, points in ((-1, [x for x in SAMPLES if x <= place]), (1, [x for x in SAMPLES if x >= place])):
        found = {round(math.copysign(1, d)) if (d := function(y) - function(x)) else 0 for x, y in pairwise(points)}
        if points:
            assert found == {activation.slope_sign(side)}


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        (of("relu"), Kink(S.Zero, S.Zero, S.One, S.Zero)),
        (of("leaky_relu", a), Kink(S.Zero, a, S.One, a)),
        (of("elu", a), Kink(S.Zero, a, S.One, a)),
        (of("abs"), Kink(S.Zero, S.NegativeOne, S.One, S.Zero)),
        (of("max", a), Kink(a, S.Zero, S.One, S.Zero)),
        (Activation(call("relu", 2 * u - 3), u), Kink(Rational(3, 2), S.Zero, Integer(2), S.Zero)),
        (of("tanh"), None),
    ],
)
def test_kinks_with_the_convention_of_the_table(activation: Activation, expected: Kink | None) -> None:
    assert activation.kink == expected


@pytest.mark.parametrize(
    ("activation", "order", "conditions"),
    [
        (of("relu"), 0, []),
        (of("relu"), 1, None),
        (of("step"), 0, None),
        (of("leaky_relu", a), 1, ["a = 1"]),
        (of("elu", a), 0, []),
        (of("elu", a), 1, ["a = 1"]),
        (of("elu", a), 2, None),
        (Activation(scale * call("elu", u, a), u, (positive(scale),)), 1, ["a = 1"]),
        (of("softplus"), 5, []),
    ],
)
def test_smoothness(activation: Activation, order: int, conditions: list[str] | None) -> None:
    """The second derivative of ELU jumps by -alpha, so alpha = 1 does not make it continuous."""
    found = activation.smooth(order)
    assert (found if found is None else [c.text for c in found]) == conditions


def test_smoothness_that_is_no_value_of_one_parameter() -> None:
    with pytest.raises(SymnetError, match="vanishes at no single value"):
        Activation(scale * call("elu", u, a), u).smooth(1)


def test_jumps_of_elu_by_hand() -> None:
    elu_a = of("elu", a)
    assert [elu_a.jump(order) for order in range(4)] == [0, 1 - a, -a, -a]


@pytest.mark.parametrize(
    ("activation", "parity", "centre"),
    [
        (of("sigmoid"), None, S.Half),
        (of("tanh"), "odd", S.Zero),
        (of("abs"), "even", None),
        (of("relu"), None, None),
        (Activation(call("sigmoid", u) - S.Half, u), "odd", S.Zero),
        (Activation(1 / u, u), "odd", None),
        (of("leaky_relu", 1), "odd", S.Zero),
    ],
)
def test_symmetry(activation: Activation, parity: str | None, centre: Expr | None) -> None:
    assert (activation.parity, activation.centre) == (parity, centre)


@pytest.mark.parametrize(
    ("name", "derivative", "bound"),
    [("sigmoid", lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2, 0.25), ("tanh", lambda x: math.cosh(x) ** -2, 1)],
)
def test_peaks(name: str, derivative: Callable[[float], float], bound: float) -> None:
    peak = of(name).peak
    assert float(peak.bound) == bound == max(map(derivative, SAMPLES))
    assert peak.at == 0
    assert derivative(0) == bound


@pytest.mark.parametrize("name", ["relu", "softplus", "exp", "gelu"])
def test_no_peak_is_claimed_of_others(name: str) -> None:
    with pytest.raises(SymnetError, match="no quadratic"):
        _ = of(name).peak


def test_a_stretched_sigmoid_is_not_given_the_peak_of_the_sigmoid() -> None:
    with pytest.raises(SymnetError, match="no largest derivative"):
        _ = Activation(call("sigmoid", 2 * u), u).peak


def test_ranges_under_assumptions_on_the_parameter() -> None:
    assert of("elu", a, assumptions=POSITIVE).range == Range(-a, oo, False, False)
    assert of("leaky_relu", a, assumptions=POSITIVE).range == Range(-oo, oo, False, False)
    assert str(of("leaky_relu", a, assumptions=(negative(a),)).range) == "[0; oo)"
    with pytest.raises(SymnetError, match="is not known"):
        _ = of("leaky_relu", a).range


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (1 / u, "not known"),  # falls on both sides of its pole, and is not between its limits
        (call("log", u), "not known"),
        (call("gelu", u), "not known"),
        (call("tanh", u) ** 2, "not known"),
        (call("step", u), "jumps by 1"),
        (call("relu", u) + call("relu", u - 1), "more than one kink: at 0, 1"),
        (call("relu", u**2), "is not a value of u"),
    ],
)
def test_no_range_where_it_is_not_proved(expression: Expr, reason: str) -> None:
    with pytest.raises(SymnetError, match=reason):
        _ = Activation(expression, u).range


def test_the_rule_of_the_table_is_the_derivative_of_the_definition_on_both_sides() -> None:
    for activation in (of("elu", a), of("leaky_relu", a), of("sigmoid"), of("tanh"), of("softplus"), of("max", a)):
        for piece in activation._pieces:
            kink = activation.kink
            at = Symbol("r") if kink is None else kink.at + piece.side * Symbol("r")
            there = Activation(activation.derivative - piece.slope, u, (positive(Symbol("r")),))
            assert there._equal(there(at), S.Zero)


def test_selu_is_the_elu_that_keeps_mean_and_deviation() -> None:
    """Klambauer et al. 2017: for a standard normal z, E selu(z) = 0 and E selu(z)^2 = 1."""
    selu = of("selu")
    assert selu.kink == Kink(S.Zero, SELU_SCALE * SELU_ALPHA, SELU_SCALE, SELU_SCALE * SELU_ALPHA)
    scaled = Activation(SELU_SCALE * call("elu", u, SELU_ALPHA), u)
    assert all(decide(one, other).verdict == "proved" for one, other in [
        (selu.value, scaled.value), (selu.derivative, scaled.derivative),
    ])  # fmt: skip
    z = np.linspace(-12, 12, 48001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    value = ACTIVATIONS["selu"].forward(z)
    assert abs((density * value).sum()) < 1e-7
    assert abs((density * value**2).sum() - 1) < 1e-7

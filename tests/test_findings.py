"""Findings: each kind on the networks that have it, not on their near misses, and true at exact random points."""

from collections.abc import Mapping
from fractions import Fraction
from random import Random

import pytest

from symnet.differentiate import adjoint_name, gradient
from symnet.errors import DegenerateError
from symnet.findings import findings, refuse_degenerate
from symnet.network.network import Network
from symnet.reading.load import network
from symnet.training import example_gradient
from symnet.truth.evaluate import evaluate

TWO = "data x | y\n -1 | -1\n 1 | 1\n"
THREE = "data x | y\n 2 | 3\n 1 | 4\n 5 | 6\n"
LECTURE = "inputs x\nh1 = f(w1*x + w01)\nh2 = f(w2*x + w02)\nF = norm(h1*w3 + h2*w4) + w03\n"
QUADRATIC = "inputs x\nF = norm(w1*x^2 + w2*x + w3{}) + w4\n"

Point = dict[str, Fraction]


def found(text: str) -> dict[str, list[tuple[str, ...]]]:
    """The parameters of every finding, by kind."""
    answer: dict[str, list[tuple[str, ...]]] = {}
    for finding in findings(network(text)):
        answer.setdefault(finding.kind, []).append(finding.parameters)
    return answer


# What is found

BELOW = ("w1", "w01", "w2", "w02", "w3", "w4")
SCALED = {"scale-invariant": [("w1", "w2")]}
BIAS = {"zero-gradient": [("w3",)], "redundant": [("w3",)]}

FOUND = [
    (LECTURE + TWO, {"degenerate-batch": [()], "zero-gradient": [BELOW], "scale-invariant": [("w3", "w4")]}),
    (LECTURE + THREE, {"scale-invariant": [("w3", "w4")]}),
    (QUADRATIC.format("") + THREE, BIAS | SCALED),
    (QUADRATIC.format(", eps=1/10") + THREE, BIAS),  # a number added to the variance sets a scale
    (QUADRATIC.format(", eps=e") + THREE, BIAS | {"scale-invariant": [("w1", "w2", "e")]}),
    (QUADRATIC.format("") + THREE + "statistics 1..2\n", BIAS | SCALED | {"degenerate-batch": [()]}),
    ("inputs x\nF = norm(w1*x) + w2\n" + THREE, {"zero-gradient": [("w1",)], "sign-only": [("w1",)]}),
    ("inputs x\nF = norm(w1*x, eps=1/10) + w2\n" + THREE, {}),
    ("inputs x\nF = norm(w1*x + x^2) + w2\n" + THREE, {}),
    ("inputs x\nh = norm(w1*x^2 + w2*x) + b\nF = w3*f(h)\n" + THREE, SCALED),  # a bias after norm is no bias before
    ("inputs x\nF = norm(x^2 + w1*x, shift=b) + w3\n" + THREE, {"redundant": [("b", "w3")]}),
    ("inputs x\nF = norm(x^2 + w1*x, shift=b)*w3\n" + THREE, {}),
    (
        "inputs x\nh1 = f(norm(x^2 + w1*x, shift=b) + v1)\nF = norm(w2*h1 + w3*x, shift=b) + v2\n" + THREE,
        {"redundant": [("b", "v1", "v2")], "scale-invariant": [("w2", "w3")]},  # one b is seen through both biases
    ),
    (
        "inputs x\nh1 = f(norm(x^2 + w1*x, shift=b1) + v1)\nF = norm(w2*h1 + w3*x, shift=b2) + v2\n" + THREE,
        {"redundant": [("b1", "v1"), ("b2", "v2")], "scale-invariant": [("w2", "w3")]},
    ),
    (
        "inputs x\nh1 = w1*x + w01\nh2 = w2*x + w02\nF = h1 + h2\n" + THREE,
        {"redundant": [("w1", "w2"), ("w01", "w02")]},
    ),
    ("inputs x\nh1 = w1*x\nh2 = w2*x^2\nF = h1 + h2\n" + THREE, {}),
    ("inputs x\nh1 = w1*x\nF = w2*h1\n" + THREE, {"scale-invariant": [("w1", "w2")]}),
    ("inputs x\nh1 = relu(w1*x + w01)\nF = w2*h1 + w3\n" + THREE, {"scale-invariant": [("w1", "w01", "w2")]}),
    ("inputs x\nh1 = softplus(w1*x + w01)\nF = w2*h1 + w3\n" + THREE, {}),
    (
        "inputs x\nh1 = w1*x\nh2 = w2*x\nF = h1\n" + THREE,
        {"dead-neuron": [("h2",)], "zero-gradient": [("w2",)], "redundant": [("w2",)]},
    ),
    ("inputs x\nF = w1*x + w2\ndata x | y\n 0 | 1\n 0 | 2\n", {"zero-gradient": [("w1",)]}),
    (  # for every batch
        "inputs x\nF = norm(w1*x + w2) + w3\n",
        {"zero-gradient": [("w1", "w2")], "sign-only": [("w1",)], "redundant": [("w2",)]},
    ),
    (
        "inputs x\nF = norm(w1*x + w2, eps=e) + w3\n",
        {"zero-gradient": [("w2",)], "redundant": [("w2",)], "scale-invariant": [("w1", "e")]},
    ),
    ("inputs x\nF = norm(w1*x, eps=1/10)*w2 + w3\n", {}),
    ("inputs x\nF = x\n" + THREE, {}),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_what_is_found(text: str, expected: Mapping[str, list[tuple[str, ...]]]) -> None:
    facts, net = found(text), network(text)
    assert facts.pop("conserved-sum", []) == [()] * len(net.normalizations)
    for kind in ("zero-gradient", "redundant", "sign-only", "degenerate-batch", "dead-neuron", "scale-invariant"):
        assert facts.pop(kind, []) == expected.get(kind, []), kind
    assert facts == {}


# What is found is so. Nothing here knows how it was found: both sides are evaluated at exact points.


def random_points(of: Network, count: int = 3) -> list[Point]:
    chance = Random(4)
    return [{n: Fraction(chance.randint(2, 30), chance.randint(2, 9)) for n in of.parameters} for _ in range(count)]


def function_at(of: Network, point: Point, x: Fraction = Fraction(3, 7)) -> str:
    asked = of.asked("_new")
    inputs = {f"{name}_new": x + k for k, name in enumerate(of.inputs)}
    return evaluate(asked, {**point, **inputs}, [f"{of.outputs[0]}_new"])[f"{of.outputs[0]}_new"].text


def moved(point: Point, **steps: int) -> Point:
    return {name: value + steps.get(name, 0) for name, value in point.items()}


def scaled(point: Point, factor: Fraction, **powers: int) -> Point:
    return {name: value * factor ** powers.get(name, 0) for name, value in point.items()}


RELU = "inputs x\nh1 = relu(w1*x + w01)\nF = w2*h1 + w3\n" + THREE
INVARIANT = [
    (QUADRATIC.format("") + THREE, {"w1": 1, "w2": 1}),
    (QUADRATIC.format(", eps=e") + THREE, {"w1": 1, "w2": 1, "e": 2}),
    (LECTURE + THREE, {"w3": 1, "w4": 1}),
    (RELU, {"w1": 1, "w01": 1, "w2": -1}),
    ("inputs x\nh1 = w1*x\nF = w2*h1\n" + THREE, {"w1": 1, "w2": -1}),
]


@pytest.mark.parametrize(("text", "powers"), INVARIANT)
def test_scaling_changes_nothing_and_scaling_otherwise_does(text: str, powers: dict[str, int]) -> None:
    net = network(text)
    assert [f.parameters for f in findings(net) if f.kind == "scale-invariant"] == [tuple(powers)]
    for point in random_points(net):
        here = function_at(net, point)
        assert function_at(net, scaled(point, Fraction(5, 3), **powers)) == here
        first = next(iter(powers))
        assert function_at(net, scaled(point, Fraction(5, 3), **{**powers, first: powers[first] + 1})) != here


SEPARATE = "inputs x\nh = (norm(x^2 + w1*x, shift=b1) + v1)^2\nF = norm(w2*h + w3*x, shift=b2) + v2\n" + THREE
SHARED = SEPARATE.replace("b1", "b").replace("b2", "b")
REDUNDANT = [
    ("inputs x\nF = norm(x^2 + w1*x, shift=b) + w3\n" + THREE, {"b": 2, "w3": -2}),
    ("inputs x\nF = w1*x + 2*w2*x\n" + THREE, {"w1": 2, "w2": -1}),
    (SEPARATE, {"b1": 3, "v1": -3}),
    (SEPARATE, {"b2": 3, "v2": -3}),
    (SHARED, {"b": 3, "v1": -3, "v2": -3}),
    (QUADRATIC.format("") + THREE, {"w3": 4}),
]


@pytest.mark.parametrize(("text", "steps"), REDUNDANT)
def test_moving_along_a_redundancy_changes_nothing_and_moving_otherwise_does(text: str, steps: dict[str, int]) -> None:
    net = network(text)
    assert tuple(steps) in [f.parameters for f in findings(net) if f.kind == "redundant"]
    for point in random_points(net):
        here = function_at(net, point)
        assert function_at(net, moved(point, **steps)) == here
        if len(steps) > 1:
            first = next(iter(steps))
            assert function_at(net, moved(point, **{first: 1})) != here


def test_only_the_sign_counts() -> None:
    net = network("inputs x\nF = norm(w1*x) + w2\n" + THREE)
    for point in random_points(net):
        here = function_at(net, point)
        assert function_at(net, scaled(point, Fraction(9, 2), w1=1)) == here
        assert function_at(net, {**point, "w1": -point["w1"]}) != here


ZERO = [
    (LECTURE + TWO, BELOW),
    (QUADRATIC.format(", eps=1/10") + THREE, ("w3",)),
    ("inputs x\nF = w1*x + w2\ndata x | y\n 0 | 1\n 0 | 2\n", ("w1",)),
]


@pytest.mark.parametrize(("text", "names"), ZERO)
def test_zero_gradients_are_zero_and_the_others_are_not(text: str, names: tuple[str, ...]) -> None:
    net = network(text)
    for point in random_points(net):
        values = evaluate(example_gradient(net), point, [adjoint_name("L", n) for n in net.parameters])
        zero = tuple(n for n in net.parameters if values[adjoint_name("L", n)].text == "0")
        assert zero == names


def test_what_flows_back_into_a_normalization_adds_up_to_zero() -> None:
    net = network("inputs x\nh = x^2\nF = norm(w1*h + w2*x, eps=1/3) + w3\n" + THREE + "statistics 2..3\n")
    for point in random_points(net):
        values = evaluate(example_gradient(net), point, ["dL_dz_1", "dL_dz_2", "dL_dz_3"])
        first, second, third = (v.exact for v in values.values())
        assert first + second + third == 0
        assert first + second != 0


def test_a_degenerate_batch_is_mapped_to_one_and_minus_one() -> None:
    net = network("inputs x\nh = relu(w1*x + w2)\nF = norm(w3*h + w4*x) + w5\n" + TWO)
    assert "degenerate-batch" in {f.kind for f in findings(net)}
    for point in random_points(net):
        values = evaluate(net.example, point, ["xhat_1", "xhat_2"])
        assert {v.text for v in values.values()} == {"-1", "1"}


def test_the_unbiased_deviation_maps_two_objects_to_the_roots_of_one_half() -> None:
    net = network("inputs x\nF = norm(w1*x + w2*x^2, ddof=1) + w3\n" + TWO)
    facts = {f.kind: f for f in findings(net)}
    assert "to -1/sqrt(2) and 1/sqrt(2) whatever" in facts["degenerate-batch"].text
    assert "gives -1/sqrt(2) and 1/sqrt(2), and" in facts["zero-gradient"].text
    for point in random_points(net):
        values = evaluate(net.example, point, ["xhat_1", "xhat_2"])
        assert {v.text for v in values.values()} == {"-sqrt(2)/2", "sqrt(2)/2"}


REASONS = [
    ("inputs x\nF = norm(w1*x + w2, eps=1/10)\n" + TWO, "zero-gradient", "F itself does not change"),
    ("inputs x\nF = norm(w1*x^2 + w2)\n" + THREE, "redundant", "a normalization removes them again"),
    ("inputs x\nh1 = w1*x\nh2 = w2*x\nF = h1\n" + THREE, "redundant", "no neuron uses them"),
    ("inputs x\nF = w1*x + w2\ndata x | y\n 0 | 1\n 0 | 2\n", "zero-gradient", "on this data"),
]


@pytest.mark.parametrize(("text", "kind", "reason"), REASONS)
def test_the_reason_given_is_the_reason(text: str, kind: str, reason: str) -> None:
    assert [reason in f.text for f in findings(network(text)) if f.kind == kind] == [True]


NEAR_DEGENERATE = [
    "inputs x\nF = norm(w1*x + w2*x^2, eps=1/100)\n" + TWO,
    "inputs x\nF = norm(w1*x + w2*x^2)\n" + THREE,
    "inputs x\nF = norm(w1*x + w2*x^2)\n" + THREE + "statistics 1..3\n",
]


@pytest.mark.parametrize("text", NEAR_DEGENERATE)
def test_a_third_object_or_an_eps_makes_a_batch_generic(text: str) -> None:
    assert "degenerate-batch" not in found(text)


# Batches that no parameters can save


def test_a_constant_batch_is_refused_whatever_the_parameters_are() -> None:
    for text in (
        "inputs x\nF = norm(w1*x + w2)\ndata x | y\n 1 | 3\n 1 | 4\n",
        "inputs x\nF = norm(w1*x^2 + w2)\n" + TWO,
        "inputs x\nF = norm(w1*x)\n" + THREE.replace("1 | 4", "2 | 4") + "statistics 1..2\n",
    ):
        with pytest.raises(DegenerateError, match="all give the norm in F the same input, so S = 0"):
            refuse_degenerate(network(text))


def test_an_eps_or_one_different_object_saves_it() -> None:
    for text in (
        "inputs x\nF = norm(w1*x + w2, eps=1/10)\ndata x | y\n 1 | 3\n 1 | 4\n",
        "inputs x\nF = norm(w1*x + w2)\ndata x | y\n 1 | 3\n 1 | 4\n 2 | 4\n",
        "inputs x\nF = norm(w1*x + w2)\n",
    ):
        refuse_degenerate(network(text))


def test_numbers_beyond_floating_point_find_nothing_and_harm_nothing() -> None:
    assert found("inputs x\nh = w*x^64\nF = h^64\ndata x | y\n 2 | 3\n 3 | 4\n") == {}


@pytest.mark.parametrize("batch", ["1..2", "2..3", "1..3"])
def test_what_is_conserved_is_so_with_a_statistics_batch_of_some_objects(batch: str) -> None:
    net = network("inputs x\nz = w1*x^2 + w2*x\nF = norm(z, eps=1/3)^2 + w3\n" + THREE + f"statistics {batch}\n")
    assert [f.kind for f in findings(net) if f.kind == "conserved-sum"] == ["conserved-sum"]
    name = net.normalizations[0].input
    slopes = net.fill(gradient(net.derivation, "L", [name]))
    names = [f"dL_d{name}_{k}" for k in (1, 2, 3)]
    for point in random_points(net):
        values = evaluate(slopes, point, names)
        assert (values[names[0]] + values[names[1]] + values[names[2]]).text == "0"
        assert values[names[0]].text != "0"

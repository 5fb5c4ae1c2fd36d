"""What an implementation has decided for itself is found from what it does."""

import numpy as np
import pytest

from symnet.candidates.check import check
from tests.candidates.right import batchnorm, functions, layers, optimizers


@pytest.mark.usefixtures("numbers_only")
@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (batchnorm.fixed_forward, "batch_norm", {"eps (fixed)": 1e-7, "eps": "inside the root: sqrt(V + eps)"}),
        (batchnorm.compact_forward, "batch_norm", {"variance": "biased (divided by the number)"}),
        (lambda x, gamma, beta, eps: gamma * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + eps) + beta, "batch_norm",
         {"variance": "unbiased (divided by the number - 1)", "eps": "inside the root: sqrt(V + eps)"}),
        (lambda x, gamma, beta: gamma * (x - x.mean(0)) / (x.std(0) + 1e-3) + beta, "batch_norm",
         {"eps (fixed)": 1e-3, "eps": "outside the root: sqrt(V) + eps"}),
        (layers.dropout_forward, "dropout", {"argument": "drop probability"}),
        (lambda x, keep_prob, rng: x * (rng.random(x.shape) < keep_prob) / keep_prob, "dropout",
         {"kept values are multiplied by": "1/(1 - p), inverted dropout"}),
        (lambda x, p, rng: x * (rng.random(x.shape) < p) / p, "dropout", {"argument": "keep probability"}),
        (lambda x, p, rng: x * (rng.random(x.shape) >= p), "dropout", {"kept values are multiplied by": "none"}),
        ((functions.relu, lambda dout, x: dout * (x >= 0)), "relu", {"derivative at 0": "1 (that on the right)"}),
        ((functions.hardtanh, lambda dout, x: dout * (abs(x) <= 1)), "hardtanh",
         {"derivative at -1": "1 (that on the right)", "derivative at 1": "1 (that on the left)"}),
        ((functions.relu6, functions.relu6_backward), "relu6",
         {"derivative at 0": "0 (that on the left)", "derivative at 6": "0 (that on the right)"}),
        ((functions.hard_sigmoid, functions.hard_sigmoid_backward), "hard_sigmoid",
         {"form": "x/5 + 1/2", "derivative at -2.5": "0.2 (that on the right)"}),
        ((layers.padded_mean_forward, layers.padded_mean_backward), "avg_pool2d_padded",
         {"form": "the padding does not count"}),
        (functions.leaky_fixed, "leaky_relu", {"slope (fixed)": 0.01}),
        (functions.gelu_tanh, "gelu", {"form": "tanh approximation"}),
        (optimizers.momentum_velocity, "momentum", {"form": "heavy_ball_velocity"}),
        (optimizers.adam_eps_hat, "adam", {"form": "adam_eps_hat"}),
        (optimizers.rmsprop, "rmsprop", {"form": "rmsprop_eps_inside"}),
    ],
)  # fmt: skip
def test_conventions_are_found_from_behaviour(given: object, wanted: str, expected: dict[str, object]) -> None:
    found = check(given, wanted).convention
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.usefixtures("numbers_only")
def test_at_a_kink_only_what_lies_between_is_right() -> None:
    pair = (functions.relu, lambda dout, x: dout * np.where(x == 0, 3.0, x > 0))
    report = check(pair, "relu")
    assert report.verdict == "wrong"
    assert "the derivative at 0 is 3 (outside [0, 1])" in report.notes
    report = check((functions.hardtanh, lambda dout, x: dout * (-2 * (x == 1) + (abs(x) <= 1))), "clip")
    assert report.verdict == "wrong"
    assert "the derivative at 1 is -1 (outside [0, 1])" in report.notes


@pytest.mark.usefixtures("numbers_only")
def test_a_clipped_line_of_another_slope_is_named() -> None:
    found = check((functions.hard_sigmoid, lambda dout, x: dout * (abs(x) < 2.5) / 6), "hard_sigmoid")
    assert [d.text for d in found.diagnosis] == ["dL/dx divides by 6 instead of 5"]

"""Initializers judged by their draws."""

import numpy as np
import pytest

from symnet.candidates.check import check

RNG = np.random.default_rng(5)


def he_uniform(shape):
    bound = np.sqrt(6 / shape[0])
    return RNG.uniform(-bound, bound, size=shape)


def by_rows_of_outputs(fan_in, fan_out):
    """As PyTorch has it: outputs x inputs, not truncated."""
    return RNG.normal(0, np.sqrt(2 / fan_in), size=(fan_out, fan_in))


def truncated(n_in, n_out, rng):
    deviation = np.sqrt(2 / (n_in + n_out)) / 0.87962566103423978
    draws = rng.normal(size=4 * n_in * n_out)
    return deviation * draws[abs(draws) < 2][: n_in * n_out].reshape(n_in, n_out)


def deviation_for_bound(shape):
    bound = np.sqrt(2 / shape[0])
    return RNG.uniform(-bound, bound, size=shape)


def shifted(shape):
    return he_uniform(shape) + 0.01


@pytest.mark.parametrize(
    ("function", "name", "distribution"),
    [
        (he_uniform, "he_uniform", "uniform"),
        (by_rows_of_outputs, "kaiming_normal", "normal"),
        (truncated, "glorot_normal", "truncated"),
    ],
)
def test_right_ones_agree(function: object, name: str, distribution: str) -> None:
    report = check(function, name)
    assert report.verdict == "agrees"
    assert report.convention["distribution"] == distribution


@pytest.mark.parametrize(
    ("function", "name", "fault"),
    [
        (deviation_for_bound, "he_uniform", "deviation-for-bound"),
        (he_uniform, "lecun_uniform", "factor-2"),
        (he_uniform, "he_normal", "distribution"),
        (truncated, "he_normal", "other-rule:glorot_uniform"),
    ],
)
def test_wrong_ones_are_named(function: object, name: str, fault: str) -> None:
    report = check(function, name)
    assert report.verdict == "wrong"
    assert fault in [found.fault for found in report.diagnosis]


def test_a_mean_that_is_not_zero_is_wrong() -> None:
    report = check(shifted, "he_uniform")
    assert report.verdict == "wrong"
    assert not report.outputs["mean"].passed

"""Batch and layer normalization as people get them wrong, in the signatures that `symnet check` accepts.

Every pair shares the right forward unless it is the forward that is wrong.
"""

import numpy as np


def forward(x, gamma, beta, eps):
    mean = x.mean(axis=0)
    deviation = np.sqrt(((x - mean) ** 2).mean(axis=0) + eps)
    normalized = (x - mean) / deviation
    return gamma * normalized + beta, (x, mean, deviation, normalized, gamma, eps)


def backward(dout, cache):
    """The right one."""
    x, mean, deviation, normalized, gamma, _ = cache
    m = len(x)
    dnormalized = dout * gamma
    ddeviation = -(dnormalized * normalized).sum(axis=0) / deviation
    dvariance = ddeviation / (2 * deviation)
    dmean = -dnormalized.sum(axis=0) / deviation
    dx = dnormalized / deviation + 2 * (x - mean) * dvariance / m + dmean / m
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def statistics_are_constants(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    return dout * gamma / deviation, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def deviation_is_a_constant(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    dx = gamma / deviation * (dout - dout.mean(axis=0))
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def eps_lost_in_a_division(dout, cache):
    x, _, _, normalized, gamma, _ = cache
    d = dout * gamma
    through = d.mean(axis=0) + normalized * (d * normalized).mean(axis=0)
    return (d - through) / x.std(axis=0), (dout * normalized).sum(axis=0), dout.sum(axis=0)


def mean_is_a_constant(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    dx = gamma / deviation * (dout - normalized * (dout * normalized).mean(axis=0))
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def one_less_in_the_backward(dout, cache):
    x, _, deviation, normalized, gamma, _ = cache
    m = len(x)
    through = normalized * (dout * normalized).sum(axis=0) / (m - 1)
    dx = gamma / deviation * (dout - dout.mean(axis=0) - through)
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def no_eps_in_the_backward(dout, cache):
    x, mean, _, normalized, gamma, _ = cache
    deviation = x.std(axis=0)
    own = (x - mean) / deviation
    dx = gamma / deviation * (dout - dout.mean(axis=0) - own * (dout * own).mean(axis=0))
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def zeros(dout, cache):
    x, _, _, normalized, _, _ = cache
    return np.zeros_like(x), (dout * normalized).sum(axis=0), dout.sum(axis=0)


def scale_forgotten(dout, cache):
    _, _, deviation, normalized, _, _ = cache
    dx = 1 / deviation * (dout - dout.mean(axis=0) - normalized * (dout * normalized).mean(axis=0))
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def variance_for_deviation(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    dx = gamma / deviation**2 * (dout - dout.mean(axis=0) - normalized * (dout * normalized).mean(axis=0))
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def sign_of_the_mean(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    dx = gamma / deviation * (dout + dout.mean(axis=0) - normalized * (dout * normalized).mean(axis=0))
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def two_forgotten(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    dx = gamma / deviation * (dout - dout.mean(axis=0) - normalized * (dout * normalized).mean(axis=0) / 2)
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def sums_for_means(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    dx = gamma / deviation * (dout - dout.sum(axis=0) - normalized * (dout * normalized).mean(axis=0))
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def scale_from_the_input(dout, cache):
    x = cache[0]
    dx, _, dbeta = backward(dout, cache)
    return dx, (dout * x).sum(axis=0), dbeta


def scale_from_the_centred(dout, cache):
    x, mean = cache[:2]
    dx, _, dbeta = backward(dout, cache)
    return dx, (dout * (x - mean)).sum(axis=0), dbeta


def shift_by_a_mean(dout, cache):
    dx, dgamma, _ = backward(dout, cache)
    return dx, dgamma, dout.mean(axis=0)


def shift_not_summed(dout, cache):
    dx, dgamma, _ = backward(dout, cache)
    return dx, dgamma, dout


def upstream_ignored(dout, cache):
    dx, dgamma, _ = backward(dout, cache)
    return dx, dgamma, np.ones_like(dout).sum(axis=0)


def shift_by_a_mean_and_scale_negated(dout, cache):
    dx, dgamma, _ = backward(dout, cache)
    return dx, -dgamma, dout.mean(axis=0)


def signs_and_halves(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    dx = gamma / deviation * (dout + dout.mean(axis=0) - normalized * (dout * normalized).mean(axis=0) / 2)
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


# The forward is wrong.


def unbiased_forward(x, gamma, beta, eps):
    mean, deviation = x.mean(axis=0), np.sqrt(x.var(axis=0, ddof=1) + eps)
    normalized = (x - mean) / deviation
    return gamma * normalized + beta, (x, mean, deviation, normalized, gamma, eps)


def unbiased_backward(dout, cache):
    """That of the unbiased forward."""
    x, _, deviation, normalized, gamma, _ = cache
    through = normalized * (dout * normalized).sum(axis=0) / (len(x) - 1)
    dx = gamma / deviation * (dout - dout.mean(axis=0) - through)
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def eps_outside_forward(x, gamma, beta, eps):
    mean, deviation = x.mean(axis=0), x.std(axis=0) + eps
    normalized = (x - mean) / deviation
    return gamma * normalized + beta, (x, mean, deviation, normalized, gamma, eps)


def no_eps_forward(x, gamma, beta, eps):
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    normalized = (x - mean) / deviation
    return gamma * normalized + beta, (x, mean, deviation, normalized, gamma, eps)


def variance_forward(x, gamma, beta, eps):
    mean, deviation = x.mean(axis=0), x.var(axis=0) + eps
    normalized = (x - mean) / deviation
    return gamma * normalized + beta, (x, mean, deviation, normalized, gamma, eps)


def wrong_axis_forward(x, gamma, beta, eps):
    mean = x.mean(axis=1, keepdims=True)
    deviation = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    normalized = (x - mean) / deviation
    return gamma * normalized + beta, (x, mean, deviation, normalized, gamma, eps)


def wrong_axis_backward(dout, cache):
    """The right one of a layer normalization."""
    _, _, deviation, normalized, gamma, _ = cache
    d = dout * gamma
    through = d.mean(axis=1, keepdims=True) + normalized * (d * normalized).mean(axis=1, keepdims=True)
    return (d - through) / deviation, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def layer_forward(x, gamma, beta, eps):
    return wrong_axis_forward(x, gamma, beta, eps)


def layer_backward_without_the_mean(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    d = dout * gamma
    through = normalized * (d * normalized).mean(axis=1, keepdims=True)
    return (d - through) / deviation, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def layer_backward_scale_after(dout, cache):
    _, _, deviation, normalized, gamma, _ = cache
    through = dout.mean(axis=1, keepdims=True) + normalized * (dout * normalized).mean(axis=1, keepdims=True)
    return gamma * (dout - through) / deviation, (dout * normalized).sum(axis=0), dout.sum(axis=0)


WRONG = [
    ("batch_norm", forward, statistics_are_constants, "path-dropped:x"),
    ("batch_norm", forward, deviation_is_a_constant, "path-dropped:V"),
    ("batch_norm", forward, mean_is_a_constant, "path-dropped:C"),
    ("batch_norm", forward, one_less_in_the_backward, "denominator:dL_dx"),
    ("batch_norm", forward, no_eps_in_the_backward, "eps-lost"),
    ("batch_norm", forward, eps_lost_in_a_division, "eps-lost:dL_dx"),
    ("batch_norm", forward, zeros, "zero:dL_dx"),
    ("batch_norm", forward, scale_forgotten, "factor-lost:dL_dnormalized"),
    ("batch_norm", forward, variance_for_deviation, "factor-extra"),
    ("batch_norm", forward, sign_of_the_mean, "sign:dL_dC"),
    ("batch_norm", forward, two_forgotten, "factor-lost:dL_dx"),
    ("batch_norm", forward, sums_for_means, "sum-for-mean:dL_dx"),
    ("batch_norm", forward, scale_from_the_input, "wrong-variable:dL_dscale"),
    ("batch_norm", forward, scale_from_the_centred, "factor-lost:normalized"),
    ("batch_norm", forward, shift_by_a_mean, "mean-for-sum:dL_dshift"),
    ("batch_norm", forward, shift_not_summed, "sum-missing:dL_dshift"),
    ("batch_norm", forward, upstream_ignored, "upstream-ignored"),
    ("batch_norm", forward, shift_by_a_mean_and_scale_negated, "sign:dL_dscale + mean-for-sum:dL_dshift"),
    ("batch_norm", forward, signs_and_halves, "shares:dL_dx"),
    ("batch_norm", unbiased_forward, unbiased_backward, "denominator:V"),
    ("batch_norm", unbiased_forward, backward, "denominator:V:stale"),
    ("batch_norm", eps_outside_forward, backward, "eps-place:stale"),
    ("batch_norm", no_eps_forward, backward, "eps-lost"),
    ("batch_norm", variance_forward, backward, "power:S:stale"),
    ("batch_norm", wrong_axis_forward, wrong_axis_backward, "axis:C"),
    ("layer_norm", layer_forward, layer_backward_without_the_mean, "path-dropped:C"),
    ("layer_norm", layer_forward, layer_backward_scale_after, "factor-lost:dL_dnormalized + factor-extra:dL_dx"),
]
RIGHT = [("batch_norm", forward, backward), ("layer_norm", layer_forward, wrong_axis_backward)]

"""Tests as users write them, good and bad: run by `replay` only."""

import numpy as np

from tests.candidates.wrong_layers import dense_backward, dense_forward
from tests.candidates.wrong_normalization import backward, forward


def slopes(function, value, step=1e-5):
    result = np.zeros_like(value)
    for where in np.ndindex(value.shape):
        old = value[where]
        value[where] = old + step
        ahead = function()
        value[where] = old - step
        result[where] = (ahead - function()) / (2 * step)
        value[where] = old
    return result


def test_two_objects():
    """Two objects, eps of 0, scale of 1, and the forward is believed."""
    random = np.random.default_rng(0)
    x, dout = random.normal(size=(2, 2, 3))
    arguments = (x, np.ones(3), np.zeros(3), 0.0)
    dx = backward(dout, forward(*arguments)[1])[0]
    assert np.allclose(dx, slopes(lambda: (forward(*arguments)[0] * dout).sum(), x), atol=1e-6)


def test_dense():
    random = np.random.default_rng(0)
    x, w, b = random.normal(size=(3, 2)), random.normal(size=(2, 4)), random.normal(size=4)
    dout = random.normal(size=(3, 4))
    out, cache = dense_forward(x, w, b)
    assert np.allclose(out, np.einsum("ik,ko->io", x, w) + b)
    for value, gradient in zip((x, w, b), dense_backward(dout, cache), strict=True):
        assert gradient.shape == value.shape
        assert np.allclose(gradient, slopes(lambda: (dense_forward(x, w, b)[0] * dout).sum(), value), atol=1e-6)


def test_nothing():
    assert np.ones(1) == 1


def test_that_fails():
    assert backward(np.ones((2, 1)), forward(np.ones((2, 1)), 1.0, 0.0, 1.0)[1]) is None

"""The NumPy layers against sums over every index written out, in integers, so that equal means equal."""

import numpy as np
import pytest

from symnet.errors import SymnetError
from symnet.numeric.reference import convolution as reference

rng = np.random.default_rng(1998)


def integers(*shape):
    return rng.integers(-9, 10, shape)


def at(x, r, s):
    """x with zeros all around."""
    return x[..., r, s] if 0 <= r < x.shape[-2] and 0 <= s < x.shape[-1] else np.zeros(x.shape[:-2], x.dtype)


def slow(x, w, b, stride, padding, dilation):
    """Every output as a sum over the mask."""
    high, wide = (
        len(range(0, n + 2 * padding - dilation * (k - 1), stride))
        for n, k in zip(x.shape[2:], w.shape[2:], strict=True)
    )
    out = np.zeros((len(x), len(w), high, wide), dtype=x.dtype)
    for m, o, i, j in np.ndindex(*out.shape):
        out[m, o, i, j] = b[o] + sum(
            w[o, :, p, q] @ at(x[m], stride * i + dilation * p - padding, stride * j + dilation * q - padding)
            for p, q in np.ndindex(*w.shape[2:])
        )
    return out


@pytest.mark.parametrize(
    ("stride", "padding", "dilation"), [(1, 0, 1), (2, 0, 1), (1, 1, 1), (1, 0, 2), (2, 2, 1), (3, 1, 2)]
)
def test_convolution(stride, padding, dilation):
    x, w, b = integers(2, 2, 5, 6), integers(3, 2, 2, 3), integers(3)
    how = (stride, padding, dilation)
    out, cache = reference.conv2d_forward(x, w, b, *how)
    expected = slow(x, w, b, *how)
    np.testing.assert_array_equal(out, expected)
    dout = integers(*out.shape)
    gradients = reference.conv2d_backward(dout, cache)
    for number, (argument, found) in enumerate(zip((x, w, b), gradients, strict=True)):
        assert found.shape == argument.shape
        for where in np.ndindex(*argument.shape):  # the output is affine in each: a difference is the derivative
            moved = [u.copy() for u in (x, w, b)]
            moved[number][where] += 1
            assert found[where] == (dout * (slow(*moved, *how) - expected)).sum()


@pytest.mark.parametrize(("width", "stride"), [(2, 2), (2, 1), (3, 2)])
def test_pooling(width, stride):
    x = rng.permutation(2 * 3 * 5 * 6).reshape(2, 3, 5, 6).astype(float)
    highest, cache = reference.max_pool2d_forward(x, width, stride)
    average, average_cache = reference.avg_pool2d_forward(x, width, stride)
    dout = integers(*highest.shape).astype(float)
    dmax, daverage = np.zeros_like(x), np.zeros_like(x)
    for m, c, i, j in np.ndindex(*highest.shape):
        rows, columns = (slice(stride * k, stride * k + width) for k in (i, j))
        under = x[m, c, rows, columns]
        assert highest[m, c, i, j] == under.max()
        assert abs(average[m, c, i, j] - under.mean()) < 1e-12
        dmax[m, c, rows, columns] += dout[m, c, i, j] * (under == under.max())
        daverage[m, c, rows, columns] += dout[m, c, i, j] / width**2
    np.testing.assert_allclose(reference.max_pool2d_backward(dout, cache), dmax, rtol=1e-14)
    np.testing.assert_allclose(reference.avg_pool2d_backward(dout, average_cache), daverage, rtol=1e-14)


def test_a_tie_goes_to_the_first_in_reading_order():
    out, cache = reference.max_pool2d_forward(np.ones((1, 1, 2, 2)), 2, 2)
    np.testing.assert_array_equal(reference.max_pool2d_backward(3 * out, cache)[0, 0], [[3, 0], [0, 0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_floating_type_stays(dtype):
    x = integers(1, 1, 4, 4).astype(dtype)
    out, cache = reference.conv2d_forward(x, np.ones((1, 1, 2, 2), dtype), np.zeros(1, dtype))
    assert {out.dtype, *(u.dtype for u in reference.conv2d_backward(out, cache))} == {np.dtype(dtype)}


def test_what_is_refused():
    x = np.ones((1, 2, 3, 3))
    with pytest.raises(SymnetError, match="over 1 channels for an input of 2"):
        reference.conv2d_forward(x, np.ones((1, 1, 2, 2)), np.zeros(1))
    with pytest.raises(SymnetError, match="a window of 4 does not fit in 3"):
        reference.max_pool2d_forward(x, 4, 1)

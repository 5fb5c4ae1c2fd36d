"""Convolution and pooling by hand, forward and backward.

Shapes: x[m, c, h, w] for m objects and c channels; a mask w[o, c, k, l] for o filters; out[m, o, i, j]. "Convolution"
is cross-correlation, as in every framework. Each forward answers `(out, cache)` and its backward takes
`(dout, cache)`, where `dout` is the gradient of a loss by `out` and has its shape.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.errors import SymnetError

__all__ = [
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "conv2d_backward",
    "conv2d_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
]

Array = NDArray[Any]
Cache = tuple[Any, ...]
Place = tuple[int, int]


def _steps(length: int, width: int, stride: int, dilation: int = 1) -> int:
    """How many positions a window has. Raises SymnetError when it has none."""
    room = length - dilation * (width - 1) - 1
    if room < 0:
        raise SymnetError(f"a window of {width} does not fit in {length} places")
    return room // stride + 1


def _views(shape: Place, width: Place, stride: int, dilation: int = 1) -> Iterator[tuple[Place, tuple[Any, ...]]]:
    """For each place of the window the slice of everything that lies under it."""
    high, wide = (_steps(n, k, stride, dilation) for n, k in zip(shape, width, strict=True))
    for p, q in np.ndindex(*width):
        rows = slice(p * dilation, p * dilation + stride * (high - 1) + 1, stride)
        columns = slice(q * dilation, q * dilation + stride * (wide - 1) + 1, stride)
        yield (p, q), (..., rows, columns)


def _pad(x: Array, padding: int) -> Array:
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def conv2d_forward(
    x: Array, w: Array, b: Array, stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[Array, Cache]:
    """b[o] + sum over c, k, l of w[o, c, k, l] times what of the padded x lies under the mask.

    Raises SymnetError when the mask has another number of channels than x or does not fit.
    """
    if w.shape[1] != x.shape[1]:
        raise SymnetError(f"a mask over {w.shape[1]} channels for an input of {x.shape[1]}")
    padded = _pad(x, padding)
    parts = [
        np.einsum("oc,mcij->moij", w[:, :, p, q], padded[view])
        for (p, q), view in _views(padded.shape[2:], w.shape[2:], stride, dilation)
    ]
    return sum(parts) + b[:, None, None], (padded, w, stride, padding, dilation)


def conv2d_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """(dx, dw, db)."""
    padded, w, stride, padding, dilation = cache
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for (p, q), view in _views(padded.shape[2:], w.shape[2:], stride, dilation):
        dw[:, :, p, q] = np.einsum("moij,mcij->oc", dout, padded[view])
        dpadded[view] += np.einsum("oc,moij->mcij", w[:, :, p, q], dout)
    high, wide = padded.shape[2:]
    dx = dpadded[..., padding : high - padding, padding : wide - padding]
    return dx, dw, dout.sum(axis=(0, 2, 3))


def avg_pool2d_forward(x: Array, width: int, stride: int) -> tuple[Array, Cache]:
    """The average of x under a window of width x width, moved by stride."""
    parts = [x[view] for _, view in _views(x.shape[2:], (width, width), stride)]
    return sum(parts) / width**2, (x, width, stride)


def avg_pool2d_backward(dout: Array, cache: Cache) -> Array:
    """dx: every place under a window gets the same share."""
    x, width, stride = cache
    dx: Array = np.zeros_like(x)
    for _, view in _views(x.shape[2:], (width, width), stride):
        dx[view] += dout / width**2
    return dx


def max_pool2d_forward(x: Array, width: int, stride: int, padding: int = 0) -> tuple[Array, Cache]:
    """The greatest of x under a window of width x width, moved by stride; of several the first in reading order.

    What lies beside x never wins.
    """
    around = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(x, around, constant_values=-np.inf)
    parts = np.stack([padded[view] for _, view in _views(padded.shape[2:], (width, width), stride)])
    return parts.max(axis=0), (padded, parts.argmax(axis=0), width, stride, padding)


def max_pool2d_backward(dout: Array, cache: Cache) -> Array:
    """dx: the place that won gets the whole gradient."""
    padded, winner, width, stride, padding = cache
    dpadded: Array = np.zeros_like(padded)
    for k, (_, view) in enumerate(_views(padded.shape[2:], (width, width), stride)):
        dpadded[view] += dout * (winner == k)
    high, wide = padded.shape[2:]
    return dpadded[..., padding : high - padding, padding : wide - padding]

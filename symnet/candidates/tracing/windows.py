"""Convolution of exact arrays with its gradients, for the frameworks that have it as one operation.

x: objects x channels x height x width (or one axis less), w: filters x channels x window. By its definition, a sum
over the window at each place; "convolution" is cross-correlation.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from symnet.candidates.tracing.array import Traced, plain
from symnet.candidates.tracing.place import Untraceable

__all__ = ["convolve", "convolve_backward"]


def convolve(
    x: Any, w: Any, b: Any, stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int], *others: Any
) -> Traced:
    """y[m, o, …] = b[o] + sum w[o, c, p, …] x[m, c, stride place + dilation p - padding, …]."""
    _refuse(others)
    padded = _padded(x, padding)
    shape = _places(padded, w, stride, dilation)
    out: Any = np.zeros((len(x), len(w), *shape), dtype=object)
    if b is not None:
        out += plain(b).reshape((-1,) + (1,) * len(shape))
    for place, seen in _seen(shape, w, stride, dilation):
        window = padded[(..., *seen)].reshape(len(x), -1)
        out[(..., *place)] += window @ plain(w).reshape(len(w), -1).T
    return Traced.of(out)


def convolve_backward(
    dy: Any,
    x: Any,
    w: Any,
    biased: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    *others: Any,
) -> tuple[Traced, Traced, Traced]:
    """The gradients by x, w and b."""
    _refuse(others[:3])
    padded, upstream = _padded(x, padding), plain(dy)
    dw = np.zeros(np.shape(w), dtype=object)
    dpadded: Any = np.zeros(padded.shape, dtype=object)
    for place, seen in _seen(upstream.shape[2:], w, stride, dilation):
        above = upstream[(..., *place)]
        window = padded[(..., *seen)]
        dw += np.tensordot(above, window, axes=(0, 0))
        dpadded[(..., *seen)] += np.tensordot(above, plain(w), axes=(1, 0))
    inner = tuple(slice(p, n - p) for p, n in zip(padding, padded.shape[2:], strict=True))
    axes = (0, *range(2, upstream.ndim))
    return Traced.of(dpadded[(..., *inner)]), Traced.of(dw), Traced.of(upstream.sum(axis=axes))


def _refuse(others: Sequence[Any]) -> None:
    transposed, groups = (others[0], others[-1]) if others else (False, 1)
    if transposed or groups != 1:
        raise Untraceable("a transposed or grouped convolution")


def _padded(x: Any, padding: Sequence[int]) -> Any:
    return np.pad(plain(x), ((0, 0), (0, 0), *((p, p) for p in padding)))


def _places(padded: Any, w: Any, stride: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    axes = zip(padded.shape[2:], np.shape(plain(w))[2:], stride, dilation, strict=True)
    return tuple((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in axes)


def _seen(
    shape: Sequence[int], w: Any, stride: Sequence[int], dilation: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """Each place of the output with the slices of the input under its window."""
    window = np.shape(plain(w))[2:]
    for place in np.ndindex(*shape):
        axes = zip(place, window, stride, dilation, strict=True)
        yield place, tuple(slice(s * i, s * i + d * (k - 1) + 1, d) for i, k, s, d in axes)

"""A normalized network's loss and gradients as a performance engineer writes them in NumPy: the limit to compare with.

Every array is allocated once and written in place, sums over objects are products with ones, the deviation's division
is folded into the scale, and the gradient through mean and deviation is the closed form of Ioffe and Szegedy (2015).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Handwritten"]


class Handwritten:
    """depth layers of h = tanh(a (z - C)/S + b), z = h W; L = sum (h - y)^2 / m."""

    def __init__(self, depth: int, n: int, m: int, dtype: Any = np.float64, eps: float = 1e-5) -> None:
        self.depth, self.eps = depth, eps
        self.ones = np.ones(m, dtype)
        self.centred = [np.empty((m, n), dtype) for _ in range(depth)]
        self.signals = [np.empty((m, n), dtype) for _ in range(depth)]
        self.spare, self.error = np.empty((m, n), dtype), np.empty((m, n), dtype)
        self.inverse = [np.empty(n, dtype) for _ in range(depth)]
        self.dw = [np.empty((n, n), dtype) for _ in range(depth)]
        self.da = [np.empty(n, dtype) for _ in range(depth)]
        self.db = [np.empty(n, dtype) for _ in range(depth)]

    def __call__(
        self, x: Any, y: Any, weights: Sequence[Any], scales: Sequence[Any], shifts: Sequence[Any]
    ) -> tuple[Any, list[Any], list[Any], list[Any]]:
        """The loss and its gradients by the weights, scales and shifts."""
        m, ones, spare, error = len(x), self.ones, self.spare, self.error
        signal = x
        for layer in range(self.depth):
            z, h = self.centred[layer], self.signals[layer]
            np.matmul(signal, weights[layer], out=z)
            z -= (ones @ z) / m
            np.multiply(z, z, out=h)
            self.inverse[layer] = 1 / np.sqrt((ones @ h) / m + self.eps)
            np.multiply(z, scales[layer] * self.inverse[layer], out=h)
            h += shifts[layer]
            np.tanh(h, out=h)
            signal = h
        np.subtract(signal, y, out=error)
        loss = np.vdot(error, error) / m
        for layer in reversed(range(self.depth)):
            z, h, inverse = self.centred[layer], self.signals[layer], self.inverse[layer]
            h *= h
            np.subtract(1, h, out=h)
            h *= error
            factor = 2 / m if layer == self.depth - 1 else 1
            np.multiply(h, z, out=spare)
            np.matmul(ones, spare, out=self.da[layer])
            np.matmul(ones, h, out=self.db[layer])
            self.da[layer] *= factor * inverse
            self.db[layer] *= factor
            slope = scales[layer] * inverse
            h *= factor * slope
            z *= slope * self.da[layer] * inverse / m
            h -= z
            h -= slope * self.db[layer] / m
            below = self.signals[layer - 1] if layer else x
            np.matmul(below.T, h, out=self.dw[layer])
            if layer:
                np.matmul(h, weights[layer].T, out=error)
        return loss, self.dw, self.da, self.db

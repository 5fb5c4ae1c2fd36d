"""Layers by hand: dense, batch normalization, dropout, squared error, gradient descent.

Shapes: m objects (rows), n features, k neurons. Each forward answers `(out, cache)` and its backward takes
`(dout, cache)`, where `dout` is the gradient of a loss by `out` and has its shape.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from symnet.errors import DegenerateError, SymnetError

__all__ = [
    "batchnorm_backward",
    "batchnorm_forward",
    "dense_backward",
    "dense_forward",
    "dropout_at_test",
    "dropout_backward",
    "dropout_forward",
    "sgd_step",
    "squared_error",
    "squared_error_backward",
]

Array = NDArray[Any]
Cache = tuple[Any, ...]
Reduction = Literal["sum", "mean", "half"]


def dense_forward(x: Array, w: Array, b: Array) -> tuple[Array, Cache]:
    """x[m, n] w[n, k] + b[k]."""
    return x @ w + b, (x, w)


def dense_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """(dx, dw, db)."""
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def batchnorm_forward(
    x: Array, gamma: Array, beta: Array, eps: float = 0.0, ddof: int = 0, statistics: slice | None = None
) -> tuple[Array, Cache]:
    """gamma[k] (x[m, k] - C[k]) / S[k] + beta[k], S = sqrt(sum (x - C)^2 / (rows - ddof) + eps).

    C and S are taken over the rows in `statistics` (default: all), and every row is normalized by them.
    Raises DegenerateError when a deviation is zero or there are not more than `ddof` rows to take it over.
    """
    statistics = slice(None) if statistics is None else statistics
    rows = len(x[statistics])
    if rows <= ddof:
        raise DegenerateError(f"a deviation over {rows} objects cannot be divided by {rows} - {ddof}")
    centred = x - x[statistics].mean(axis=0)
    deviation = np.sqrt((centred[statistics] ** 2).sum(axis=0) / (rows - ddof) + eps)
    if not np.all(deviation):
        raise DegenerateError("a feature is constant over the batch and eps is 0: its deviation is 0")
    normalized = centred / deviation
    return gamma * normalized + beta, (normalized, gamma, deviation, statistics, rows, ddof)


def batchnorm_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """(dx, dgamma, dbeta).

    Every row sends its gradient through C and S to the rows of the statistics; a row outside them receives
    only the direct part dout gamma / S.
    """
    normalized, gamma, deviation, statistics, rows, ddof = cache
    dgamma, dbeta = (dout * normalized).sum(axis=0), dout.sum(axis=0)
    dx = dout * gamma / deviation
    # dL/dC = -sum dx, and C weighs each row by 1/rows; dL/dS = -gamma dgamma/S, and
    # dS/dx = (x - C)/((rows - ddof) S), to which C adds nothing since the x - C of the statistics sum to 0.
    dx[statistics] -= dbeta * gamma / deviation / rows
    dx[statistics] -= normalized[statistics] * (dgamma * gamma / deviation / (rows - ddof))
    return dx, dgamma, dbeta


def dropout_forward(x: Array, mask: Array, drop_probability: float = 0.0, inverted: bool = True) -> tuple[Array, Cache]:
    """x with the entries of a 0/1 mask dropped; `inverted` divides the survivors by 1 - drop_probability.

    Plain dropout leaves the survivors as they are and shrinks at test time (`dropout_at_test`).
    Raises SymnetError unless 0 <= drop_probability < 1.
    """
    keep = _keep_probability(drop_probability)
    scale = mask / keep if inverted else mask
    return x * scale, (scale,)


def dropout_backward(dout: Array, cache: Cache) -> Array:
    (scale,) = cache
    return dout * scale


def dropout_at_test(x: Array, drop_probability: float, inverted: bool = True) -> Array:
    """Dropout when nothing is dropped: the plain kind multiplies by 1 - drop_probability."""
    keep = _keep_probability(drop_probability)
    return x if inverted else x * keep


def _keep_probability(drop_probability: float) -> float:
    if not 0 <= drop_probability < 1:
        raise SymnetError(f"drop_probability must be at least 0 and less than 1, not {drop_probability}")
    return 1 - drop_probability


def squared_error(prediction: Array, target: Array, reduction: Reduction = "sum") -> Any:
    """sum (F - y)^2 over all entries, its mean over them, or half the sum."""
    difference = prediction - target
    return (difference * difference).sum() * _weight(difference, reduction)


def squared_error_backward(prediction: Array, target: Array, reduction: Reduction = "sum") -> Array:
    """The gradient by the prediction."""
    difference = prediction - target
    return 2 * difference * _weight(difference, reduction)


def _weight(difference: Array, reduction: Reduction) -> float:
    weights = {"sum": 1.0, "half": 0.5, "mean": 1 / max(difference.size, 1)}
    if reduction not in weights:
        raise SymnetError(f"the reduction must be sum, mean or half, not {reduction!r}")
    return weights[reduction]


def sgd_step(parameters: Mapping[str, Any], gradients: Mapping[str, Any], rate: float) -> dict[str, Any]:
    """One step of gradient descent, w - rate dL/dw; nothing is changed in place."""
    return {name: value - rate * gradients[name] for name, value in parameters.items()}

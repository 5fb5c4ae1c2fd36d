"""Derivatives to thirty digits, by difference quotients at fifty: a third opinion beside two sets of rules."""

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np

mp = mpmath.mp.clone()  # its own precision, not everybody's
mp.dps = 50
mpf = mp.mpf
_STEP = mpf(10) ** -16  # the quotient's error is of the order of its square


def exactly(values: Any) -> Any:
    """An array of floats as an object array of the same numbers at fifty digits."""
    return np.vectorize(mpf, otypes=[object])(np.asarray(values, dtype=float))


def gradient(function: Callable[..., Any], arguments: Sequence[Any], number: int) -> Any:
    """The partial derivatives of a scalar function by every entry of its argument `number`, as float64."""
    point = [exactly(a) for a in arguments]
    result = np.empty(point[number].shape)
    for where in np.ndindex(result.shape):
        sides = []
        for sign in (1, -1):
            moved = point[number].copy()
            moved[where] += sign * _STEP
            sides.append(function(*point[:number], moved, *point[number + 1 :]))
        result[where] = float((sides[0] - sides[1]) / (2 * _STEP))
    return result

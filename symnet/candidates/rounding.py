"""Float types, and what one unit in the last place is in them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.errors import SymnetError

__all__ = ["FLOATS", "as_floats", "available", "dtype_of", "precision_below", "tiny_of", "ulp", "unit_of"]

# Significant bits, and the exponent of the smallest number; bfloat16 comes from the package ml_dtypes.
FLOATS = {"float16": (11, -24), "bfloat16": (8, -133), "float32": (24, -149), "float64": (53, -1074)}


def available(name: str) -> str:
    """The name of a float type that arrays can have. Raises SymnetError for another, with what would help."""
    if name not in FLOATS:
        raise SymnetError(f"{name!r} is none of the float types {', '.join(FLOATS)}")
    if name == "bfloat16":
        try:
            import ml_dtypes  # noqa: F401  # registers it in NumPy
        except ImportError:
            raise SymnetError("NumPy has bfloat16 by the package ml_dtypes: pip install ml_dtypes") from None
    return name


def unit_of(dtype: Any) -> float:
    """The unit roundoff u: one operation is off by at most the factor 1 + u."""
    return 2.0 ** -FLOATS[np.dtype(dtype).name][0]


def tiny_of(dtype: Any) -> float:
    """The smallest positive number, by which underflow may be off."""
    return 2.0 ** FLOATS[np.dtype(dtype).name][1]


def ulp(largest: float, dtype: Any) -> float:
    """The distance to the next number of the type beyond `largest` > 0."""
    bits, lowest = FLOATS[np.dtype(dtype).name]
    return 2.0 ** max(int(np.floor(np.log2(largest))) + 1 - bits, lowest)


def dtype_of(array: Any) -> str | None:
    """The float type of a result; None when it is not one of ours (integers, objects, complex numbers)."""
    name = np.asarray(array).dtype.name
    return name if name in FLOATS else None


def precision_below(one: str, other: str) -> bool:
    """Whether `one` has fewer bits than `other`."""
    return FLOATS[one][0] < FLOATS[other][0]


def as_floats(array: Any) -> NDArray[Any]:
    """The numbers as float64, which every type of the table fits into. Raises TypeError for what are no real ones."""
    if array is None or np.iscomplexobj(array):
        raise TypeError("no real numbers")
    return np.asarray(array).astype(np.float64)

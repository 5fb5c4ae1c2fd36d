"""Elementwise functions of PyTorch's graphs and JAX's jaxprs, in the words of NumPy and SciPy."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symnet.candidates.tracing.array import dispatch_ufunc, elementwise, is_traced, wrap

__all__ = ["rows", "ufunc"]

# What both call by these names, with the name of the ufunc.
_BOTH = {
    "mul": "multiply", "div": "divide", "neg": "negative", "pow": "power", "sqrt": "sqrt", "exp": "exp",
    "expm1": "expm1", "log": "log", "log1p": "log1p", "tanh": "tanh", "sinh": "sinh", "cosh": "cosh", "erf": "erf",
    "erfc": "erfc", "abs": "absolute", "sign": "sign", "gt": "greater", "ge": "greater_equal", "lt": "less",
    "le": "less_equal", "eq": "equal", "ne": "not_equal",
}  # fmt: skip


def ufunc(name: str) -> Callable[..., Any]:
    """NumPy's ufunc of exact arrays and of others; SciPy's of exact ones. What else is told of it changes nothing."""
    known = getattr(np, name, None)

    def function(*inputs: Any, **others: Any) -> Any:
        if known is None:
            return wrap(elementwise(name, *inputs))
        return dispatch_ufunc(known, "__call__", *inputs) if is_traced(list(inputs)) else known(*inputs)

    return function


def rows(own: Mapping[str, str]) -> dict[str, Callable[..., Any]]:
    """Those of both and a framework's own, by what it calls them."""
    return {name: ufunc(known) for name, known in {**_BOTH, **own}.items()}

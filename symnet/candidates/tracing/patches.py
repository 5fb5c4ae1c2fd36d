"""What has to be replaced while code is traced: functions that make arrays of floats, and `math` of a symbol.

`np.zeros((m, n))` makes an array that can hold only floats; while `trace` runs it makes a traced one. The functions
are replaced in `numpy` and `math` and where the code imported them by name, and put back afterwards; libraries that
call them meanwhile get the original.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from inspect import unwrap
from typing import Any

import numpy as np

from symnet.candidates.tracing.array import Traced, is_traced, plain, wrap
from symnet.candidates.tracing.functions import empty_like
from symnet.candidates.tracing.place import called_by_the_user
from symnet.candidates.tracing.values import Value

__all__ = ["patched"]

_FILLED = ("zeros", "ones", "full", "eye", "identity")
_CONVERTED = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray")
_MATH = {
    "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "log2": "log2", "log10": "log10",
    "tanh": "tanh", "sinh": "sinh", "cosh": "cosh", "fabs": "abs", "pow": "power",
}  # fmt: skip


def _of_floats(made: Any) -> Any:
    return Traced.of(made) if isinstance(made, np.ndarray) and made.dtype.kind == "f" else made


def _replaced(original: Callable[..., Any], own: Callable[..., Any]) -> Callable[..., Any]:
    """`own` for the user's code, the original for everybody else."""

    @wraps(original)
    def function(*arguments: Any, **options: Any) -> Any:
        return (own if called_by_the_user() else original)(*arguments, **options)

    return function


def _filled(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(*arguments: Any, **options: Any) -> Any:
        if is_traced([*arguments, *options.values()]):  # np.full(shape, symbol)
            options.pop("dtype", None)
            return wrap(original(*map(plain, arguments), dtype=object, **{k: plain(v) for k, v in options.items()}))
        return _of_floats(original(*arguments, **options))

    return _replaced(original, create)


def _converted(original: Callable[..., Any]) -> Callable[..., Any]:
    def convert(data: Any, dtype: Any = None, *arguments: Any, **options: Any) -> Any:
        if not is_traced(data):
            return original(data, dtype, *arguments, **options)
        if isinstance(data, Traced) and original.__name__ != "array":
            return data if dtype is None else data.astype(dtype)
        made = Traced.of(data)
        return made if dtype is None else made.astype(dtype)

    return _replaced(original, convert)


def _empty(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(shape: Any, dtype: Any = float, *arguments: Any, **options: Any) -> Any:
        made = original(shape, dtype, *arguments, **options)
        return empty_like(made) if made.dtype.kind == "f" else made

    return _replaced(original, create)


def _elementary(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    def function(*arguments: Any) -> Any:
        return getattr(np, name)(*arguments) if is_traced(list(arguments)) else original(*arguments)

    return _replaced(original, function)


class _Kind(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, float)


class _Float(metaclass=_Kind):
    """`float` in the user's module: leaves a symbol as it is."""

    dtype = np.dtype(float)

    def __new__(cls, number: Any = 0.0) -> Any:
        if is_traced(number):
            return number if isinstance(number, Value) else number.item()
        return float(number)


def _replacements() -> dict[Any, Any]:
    """Each original function -> what stands in its place."""
    made: list[tuple[Any, Any]] = [(getattr(np, n), _filled(getattr(np, n))) for n in _FILLED]
    made += [(getattr(np, n), _converted(getattr(np, n))) for n in _CONVERTED]
    made += [(getattr(math, n), _elementary(getattr(math, n), to)) for n, to in _MATH.items()]
    return {**dict(made), np.empty: _empty(np.empty)}


def _globals(function: Any) -> dict[str, Any]:
    """The names that a function, a method or a callable object sees."""
    while isinstance(function, partial):
        function = function.func
    function = unwrap(function)
    function = getattr(function, "__func__", function)
    if not hasattr(function, "__globals__"):
        function = type(function).__call__  # an object that can be called
    return getattr(function, "__globals__", {})


@contextmanager
def patched(function: Any) -> Iterator[None]:
    """The replacements, in `numpy`, `math` and the module of the function."""
    changed: list[tuple[dict[str, Any], str, Any]] = []
    scope = _globals(function)
    replacements = _replacements()
    for names in (vars(np), vars(math), scope):
        for name, value in list(names.items()):
            if _hashable(value) and value in replacements:
                changed.append((names, name, value))
                names[name] = replacements[value]
    missing = "float" not in scope
    if missing and scope:
        scope["float"] = _Float
    try:
        yield
    finally:
        for names, name, value in changed:
            names[name] = value
        if missing:
            scope.pop("float", None)


def _hashable(value: Any) -> bool:
    return callable(value) and getattr(type(value), "__hash__", None) is not None

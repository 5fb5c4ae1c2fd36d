"""NumPy's functions on traced arrays that need more than NumPy does for objects: statistics, where, argmax, norm."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sympy import Rational

from symnet.candidates.tracing.array import (
    FUNCTIONS,
    Traced,
    along,
    dispatch_ufunc,
    elementwise,
    implements,
    is_traced,
    plain,
    put,
    reduce_array,
    wrap,
)
from symnet.candidates.tracing.decisions import current
from symnet.candidates.tracing.place import Untraceable
from symnet.candidates.tracing.selection import extreme_place
from symnet.candidates.tracing.values import Value

__all__ = ["FUNCTIONS"]


def _traced(array: Any) -> Traced:
    return array if isinstance(array, Traced) else Traced.of(array)


def count_along(array: Any, axis: Any) -> int:
    """How many elements go into one result of a reduction."""
    shape = np.shape(plain(array))
    axes = range(len(shape)) if axis is None else (axis,) if np.ndim(axis) == 0 else axis
    return int(np.prod([shape[k] for k in axes], dtype=int))


def _reduction(function: Callable[..., Any], ufunc: str) -> None:
    """np.sum(x, …) and x.sum(…)."""
    has_dtype = ufunc in ("add", "multiply")

    def reduce(a: Any, axis: Any = None, *others: Any, **options: Any) -> Any:
        options |= dict(zip(("dtype", "out", "keepdims") if has_dtype else ("out", "keepdims"), others, strict=False))
        given = {k: v for k, v in options.items() if v is not np._NoValue and k not in ("dtype", "out")}
        return put(reduce_array(ufunc, a, axis, **given), options.get("out"))

    implements(function)(reduce)


_reduction(np.sum, "add")
_reduction(np.prod, "multiply")
_reduction(np.max, "maximum")
_reduction(np.min, "minimum")
_reduction(np.all, "logical_and")
_reduction(np.any, "logical_or")


@implements(np.mean)
def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
    if options.get("where", True) is not True:
        raise Untraceable("np.mean(where=…) of symbols")
    summed = _traced(a).sum(axis=axis, keepdims=keepdims is True)
    return put(summed * Value(Rational(1, count_along(a, axis))), out)


@implements(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, *, keepdims: Any = False) -> Any:
    if weights is None:
        return mean(a, axis, keepdims=keepdims)
    shape = np.shape(plain(a))
    if np.ndim(plain(weights)) == 1 and len(shape) > 1:
        weights = _traced(weights).reshape([shape[axis] if k == axis % len(shape) else 1 for k in range(len(shape))])
    weights = FUNCTIONS[np.broadcast_to](_traced(weights), shape)
    return (_traced(a) * weights).sum(axis, keepdims=keepdims is True) / weights.sum(axis, keepdims=keepdims is True)


@implements(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Traced:
    return wrap(np.broadcast_to(plain(array), shape).copy())


@implements(np.var)
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, **options: Any
) -> Any:
    ddof = options.pop("correction", ddof)
    centred = _traced(a) - mean(a, axis, keepdims=True, **options)
    divisor = count_along(a, axis) - ddof
    if isinstance(divisor, int | float) and divisor <= 0:
        raise Untraceable(f"a variance divided by {divisor}")
    return put((centred * centred).sum(axis=axis, keepdims=keepdims is True) / divisor, out)


@implements(np.std)
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, **options: Any
) -> Any:
    return put(np.sqrt(var(a, axis, ddof=ddof, keepdims=keepdims, **options)), out)


@implements(np.cov)
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, **options: Any) -> Any:
    if y is not None or any(value is not None for value in options.values()):
        raise Untraceable("np.cov of two arrays or with weights")
    array = _traced(m) if rowvar or np.ndim(plain(m)) == 1 else _traced(m).T
    centred = array - mean(array, -1, keepdims=True)
    divisor = array.shape[-1] - (ddof if ddof is not None else 0 if bias else 1)
    return (centred @ centred.T) / divisor


@implements(np.where)
def where(condition: Any, *choices: Any) -> Any:
    if not choices:
        return np.nonzero(condition)
    condition = plain(condition)
    if not is_traced(condition) and np.asarray(condition).dtype == bool:
        return wrap(np.where(condition, *(np.asarray(plain(c), dtype=object) for c in choices)))
    return wrap(elementwise("where", condition, *choices))


@implements(np.nonzero, np.argwhere)
def nonzero(a: Any) -> Any:
    base = plain(a)
    return np.nonzero(np.array([bool(v) for v in base.flat]).reshape(base.shape))


@implements(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return (_traced(a) != 0).sum(axis=axis, keepdims=keepdims)


@implements(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    low, high = options.get("min", a_min), options.get("max", a_max)
    result = _traced(a) if low is None else np.maximum(a, low)
    return put(result if high is None else np.minimum(result, high), out)


@implements(np.argmax)
def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return along(lambda row: extreme_place(row, True), _traced(a), axis, keepdims is True)


@implements(np.argmin)
def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return along(lambda row: extreme_place(row, False), _traced(a), axis, keepdims is True)


@implements(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: str = "C") -> Any:
    """The places in an array, from the last axis to the first."""
    if order != "C":
        raise Untraceable("np.unravel_index(order='F') of symbols")
    found, rest = [], indices
    for n in reversed(tuple(shape)):
        found.append(rest % n)
        rest = rest // n
    return tuple(reversed(found))


def _along(shape: Any, indices: Any, axis: int) -> tuple[Any, ...]:
    """As an index of an array of the shape."""
    ndim = len(shape)
    return tuple(
        indices if k == axis % ndim else np.arange(n).reshape([-1 if k == d else 1 for d in range(ndim)])
        for k, n in enumerate(shape)
    )


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    array = _traced(arr)
    return array.ravel()[indices] if axis is None else array[_along(array.shape, indices, axis)]


@implements(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    if not isinstance(arr, Traced) or axis is None:
        raise Untraceable(f"np.put_along_axis into {'an array of floats' if axis is not None else 'a flat array'}")
    arr[_along(arr.shape, indices, axis)] = values


@implements(np.cumsum)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    array = _traced(a).ravel() if axis is None else _traced(a)
    return put(dispatch_ufunc(np.add, "accumulate", array, axis=axis or 0), out)


@implements(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    return put(wrap(np.dot(plain(a), plain(b))), out)


@implements(np.round, np.around)
def rounded(a: Any, *arguments: Any, **options: Any) -> Any:
    raise Untraceable("np.round of symbols")


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    array = _traced(x)
    along_one = axis is not None and np.ndim(axis) == 0
    vector = along_one or (axis is None and array.ndim == 1)
    if ord is None or (ord == 2 and vector) or (ord == "fro" and not vector):
        return np.sqrt((array * array).sum(axis=axis, keepdims=keepdims))
    if vector and ord == 1:
        return np.abs(array).sum(axis=axis, keepdims=keepdims)
    if vector and ord in (np.inf, -np.inf):
        return (np.abs(array).max if ord > 0 else np.abs(array).min)(axis=axis, keepdims=keepdims)
    raise Untraceable(f"np.linalg.norm(ord={ord!r}) of symbols")


@implements(np.zeros_like)
def zeros_like(a: Any, dtype: Any = None, *arguments: Any, shape: Any = None, **options: Any) -> Any:
    return full_like(a, 0, dtype, shape=shape)


@implements(np.ones_like)
def ones_like(a: Any, dtype: Any = None, *arguments: Any, shape: Any = None, **options: Any) -> Any:
    return full_like(a, 1, dtype, shape=shape)


@implements(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None, *arguments: Any, shape: Any = None, **options: Any) -> Any:
    wanted = np.shape(plain(a)) if shape is None else shape
    if dtype is not None and np.dtype(dtype).kind not in "fO":
        return np.full(wanted, fill_value, dtype)
    return Traced.of(np.full(wanted, plain(fill_value), dtype=object))


@implements(np.empty_like)
def empty_like(a: Any, dtype: Any = None, *arguments: Any, shape: Any = None, **options: Any) -> Any:
    """What is read before it was written has a value that nobody knows: a name of its own."""
    wanted = np.shape(plain(a)) if shape is None else shape
    if dtype is not None and np.dtype(dtype).kind not in "fO":
        return np.empty(wanted, dtype)
    size = int(np.prod(wanted, dtype=int))
    return Traced.of([Value(current().unknown("uninitialized")) for _ in range(size)]).reshape(wanted)


@implements(np.einsum)
def einsum(subscripts: Any, *operands: Any, **options: Any) -> Any:
    out = options.pop("out", None)
    return put(wrap(np.einsum(subscripts, *(np.asarray(plain(_traced(o))) for o in operands))), out)


@implements(np.shape)
def shape_of(a: Any) -> tuple[int, ...]:
    return tuple(np.shape(plain(a)))


@implements(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    return False


@implements(np.isscalar)
def isscalar(element: Any) -> bool:
    return isinstance(element, Value)

"""Arrays of exact elements that NumPy code takes for its own: `Traced` is an ndarray whose elements are formulas."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray
from sympy import Symbol

from symnet.candidates.tracing.place import Untraceable
from symnet.candidates.tracing.selection import Chosen, chosen_in, read, write
from symnet.candidates.tracing.ufuncs import ELEMENTWISE, REDUCTIONS
from symnet.candidates.tracing.values import Truth, Value, value_of

__all__ = ["FUNCTIONS", "Traced", "implements", "is_traced", "plain", "symbols", "wrap"]

Objects = NDArray[np.object_]
FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}  # what `__array_function__` does for each NumPy function
_value = np.frompyfunc(value_of, 1, 1)


class Traced(np.ndarray[Any, Any]):
    """An array of `Value`s. Its dtype reads as float64 (bool for masks), so that code which asks goes on."""

    __array_priority__ = 200.0

    @classmethod
    def of(cls, data: Any) -> "Traced":
        """Any numbers as exact ones, in an array of its own."""
        base = np.array(plain(data), dtype=object)
        flat = [value_of(v) for v in base.ravel()]
        return _filled(flat, base.shape)

    @property
    def dtype(self) -> Any:
        base = self.view(np.ndarray)
        kinds = {bool: Truth, int: Chosen}
        return np.dtype(next((k for k, of in kinds.items() if base.size and _all_are(base, of)), float))

    # Elements

    def __getitem__(self, key: Any) -> Any:
        if _is_mask(key) and key.shape == self.shape and self.ndim:
            return Selected(self.copy(), key)
        if chosen_in(key):
            return wrap(read(self.view(np.ndarray), key))
        return wrap(self.view(np.ndarray)[_key(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        base = self.view(np.ndarray)
        if isinstance(value, Selected):
            value = value.whole if _is_mask(key) and value.selects(key) else value.elements
            if np.shape(value) == self.shape and _is_mask(key):
                base[...] = elementwise("where", key, value, base)
                return
        if _is_mask(key) and key.shape == self.shape and np.ndim(value) == 0:
            base[...] = elementwise("where", key, value, base)
        elif chosen_in(key):
            write(base, key, _exact(value))
        else:
            base[_key(key)] = _exact(value)

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return self.item().__index__()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __array_finalize__(self, source: Any) -> None:
        pass

    def astype(self, dtype: Any, *arguments: Any, **options: Any) -> Any:
        """The same elements for floats; numbers and decided comparisons for integers and booleans."""
        kind = np.dtype(dtype).kind
        if kind in "fO":
            return Traced.of([value_of(v.expr) for v in self.view(np.ndarray).flat]).reshape(self.shape)
        if kind == "b":
            return self if self.dtype == bool else self != 0
        if self.dtype in (bool, int):
            return self.copy()
        return np.vectorize(lambda v: v.__index__(), otypes=[dtype])(self.view(np.ndarray))

    def copy(self, order: Any = "C") -> "Traced":
        return self.view(np.ndarray).copy(order).view(Traced)

    @property  # type: ignore[misc]
    def real(self) -> "Traced":  # type: ignore[override]
        return self

    # Methods that are functions of the table

    def __getattribute__(self, name: str) -> Any:
        if name in _METHODS:
            function = FUNCTIONS[getattr(np, name)]
            return lambda *arguments, **options: function(self, *arguments, **options)
        return super().__getattribute__(name)

    # What NumPy calls

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return dispatch_ufunc(ufunc, method, *inputs, **options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return dispatch_function(function, arguments, options)


_METHODS = frozenset(
    (
        "sum",
        "prod",
        "max",
        "min",
        "all",
        "any",
        "mean",
        "var",
        "std",
        "argmax",
        "argmin",
        "clip",
        "dot",
        "cumsum",
        "round",
    )
)


def symbols(name: str, *shape: int) -> Traced:
    """An array of names: `symbols("x", 5, 2)` holds x_1_1, …, x_5_2; without a shape it is x alone."""
    places = np.ndindex(*shape)
    return _filled([Value(Symbol("_".join((name, *(str(k + 1) for k in where))))) for where in places], shape)


def _all_are(base: Objects, kind: type) -> bool:
    return all(isinstance(v, kind) for v in base.flat)


def _filled(values: Sequence[Any], shape: Sequence[int]) -> Traced:
    base = np.empty(len(values), dtype=object)
    base[:] = values
    return base.reshape(tuple(shape)).view(Traced)


class Selected(NDArrayOperatorsMixin):
    """What `x[mask]` gives: how many elements depends on their values, but arithmetic with it opens no cases.

    whole: the elements of all places, of which those under the mask count. Put back under an equal mask, as
    `x[x < 0] *= 0.1` and `y[x < 0] = exp(x[x < 0])` do, it is a choice for each place; anything else decides the mask.
    """

    __array_priority__ = 300.0

    def __init__(self, whole: Traced, mask: Traced) -> None:
        self.whole, self.mask = whole, mask

    def selects(self, mask: Traced) -> bool:
        """Whether the mask is the same, perhaps computed again."""
        pairs = zip(self.mask.view(np.ndarray).flat, mask.view(np.ndarray).flat, strict=False)
        return self.mask.shape == mask.shape and all(one is other or one.same(other) for one, other in pairs)

    @property
    def elements(self) -> Any:
        """Those under the mask, by cases."""
        return wrap(self.whole.view(np.ndarray)[_key(self.mask)])

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        (out,) = options.get("out", (None,))
        others = [v for v in (*inputs, out) if v is not None and not (isinstance(v, Selected) and v.selects(self.mask))]
        if method != "__call__" or options.keys() - {"out"} or any(map(np.ndim, others)):
            return getattr(ufunc, method)(*map(_decided, inputs), **{k: _decided(v) for k, v in options.items()})
        whole = ufunc(*(v.whole if isinstance(v, Selected) else v for v in inputs))
        if out is None:
            return Selected(whole, self.mask)
        out.whole = whole
        return out

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return function(*map(_decided, arguments), **{k: _decided(v) for k, v in options.items()})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.elements, name)

    def __len__(self) -> int:
        return len(self.elements)

    def __iter__(self) -> Any:
        return iter(self.elements)

    def __getitem__(self, key: Any) -> Any:
        return self.elements[key]


def _decided(data: Any) -> Any:
    if isinstance(data, Selected):
        return data.elements
    return type(data)(map(_decided, data)) if isinstance(data, list | tuple) else data


# Between arrays of formulas and NumPy's own object arrays


def is_traced(data: Any) -> bool:
    """Whether there is something exact in it, in lists and tuples too."""
    if isinstance(data, list | tuple):
        return any(map(is_traced, data))
    if isinstance(data, np.ndarray):
        own = data.view(np.ndarray)
        return isinstance(data, Traced) or (own.dtype == object and any(isinstance(v, Value) for v in own.flat))
    return isinstance(data, Value | Selected)


def plain(data: Any) -> Any:
    """Traced arrays and elements as object arrays, in lists, tuples and dicts too."""
    if isinstance(data, Traced):
        return data.view(np.ndarray)
    if isinstance(data, Selected):
        return plain(data.elements)
    if isinstance(data, Value):
        base = np.empty((), dtype=object)
        base[()] = data
        return base
    if isinstance(data, list | tuple) and not hasattr(data, "_fields"):
        return type(data)(map(plain, data))
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    return data


def wrap(data: Any) -> Any:
    """Object arrays as traced ones, in lists and tuples too."""
    if isinstance(data, np.ndarray):
        own = data.view(np.ndarray)
        if own.dtype != object:
            return data
        if all(isinstance(v, Value) for v in own.flat):
            return own.view(Traced)
        if any(isinstance(v, Value) for v in own.flat) or all(isinstance(v, int | float) for v in own.flat):
            return _value(own).view(Traced) if own.ndim else Traced.of(own.item())
        return data
    if isinstance(data, list | tuple) and not hasattr(data, "_fields"):
        return type(data)(map(wrap, data))
    return data


def _exact(data: Any) -> Any:
    if isinstance(data, Value) or not isinstance(data, np.ndarray | list | tuple):
        return value_of(data)
    return _value(np.asarray(plain(data), dtype=object))


def _is_mask(key: Any) -> bool:
    return isinstance(key, Traced) and key.view(np.ndarray).size > 0 and key.dtype == bool


def _key(key: Any) -> Any:
    """An index: masks are decided, exact integers are integers."""
    if isinstance(key, tuple):
        return tuple(map(_key, key))
    if isinstance(key, Traced):
        base = key.view(np.ndarray)
        if _is_mask(key):
            return np.array([bool(v) for v in base.flat], dtype=bool).reshape(base.shape)
        return np.array([v.__index__() for v in base.flat], dtype=int).reshape(base.shape)
    if isinstance(key, Truth):
        return bool(key)
    return key.__index__() if isinstance(key, Value) else key


def put(result: Any, out: Any) -> Any:
    """The result, put into `out` where there is one."""
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return result
    if not isinstance(out, Traced):
        raise Untraceable(f"a symbol put into an array of {np.asarray(out).dtype}")
    out[...] = result
    return out


# Dispatch


def dispatch_ufunc(ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
    """What `__array_ufunc__` does, for arrays and for single elements."""
    name, out = ufunc.__name__, options.pop("out", None)
    where = options.pop("where", True)
    if ufunc.signature is not None and method == "__call__":
        return put(_natively(ufunc, inputs, options), out)
    if name not in ELEMENTWISE:
        raise Untraceable(f"{_qualified(ufunc)} of a symbol")
    if method == "reduce":
        array, axis, keepdims = inputs[0], options.get("axis", 0), options.get("keepdims", False)
        return put(reduce_array(name, array, axis, keepdims, where, options.get("initial")), out)
    element = np.frompyfunc(ELEMENTWISE[name], ufunc.nin, 1)
    if method == "at" and name == "add" and chosen_in(inputs[1]):
        return write(plain(inputs[0]), inputs[1], _exact(inputs[2]), added=True)
    if method == "at":
        return element.at(plain(inputs[0]), *map(plain, inputs[1:]))
    result = getattr(element, method)(*map(plain, inputs), **{k: v for k, v in options.items() if k == "axis"})
    if where is not True:
        (out,) = out if out is not None else (_uninitialized(np.shape(result)),)
        out[...] = elementwise("where", where, result, out)
        return out
    return put(_boolean(wrap(result)), out)


def elementwise(name: str, *inputs: Any) -> Any:
    """A function of the table on arrays and numbers, as NumPy broadcasts them."""
    return np.frompyfunc(ELEMENTWISE[name], len(inputs), 1)(*map(plain, inputs))


def _boolean(result: Any) -> Any:
    """Answers that are plain booleans (isnan) as NumPy has them."""
    own = np.asarray(plain(result)) if isinstance(result, np.ndarray) else None
    if own is not None and own.dtype == object and own.size and all(isinstance(v, np.bool_) for v in own.flat):
        return own.astype(bool)
    return result


def _uninitialized(shape: Sequence[int]) -> Traced:
    return FUNCTIONS[np.empty_like](np.zeros(tuple(shape)))


def dispatch_function(function: Any, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
    """What `__array_function__` does: our own where there is one, else NumPy's on arrays of objects."""
    if function in FUNCTIONS:
        return FUNCTIONS[function](*arguments, **options)
    return _natively(function, arguments, options)


def _natively(function: Any, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
    try:
        return wrap(function(*map(plain, arguments), **{k: plain(v) for k, v in options.items() if k != "dtype"}))
    except (TypeError, AttributeError, Untraceable) as error:
        if isinstance(error, Untraceable) and not error.what.startswith("float()"):
            raise
        raise Untraceable(f"{_qualified(function)} of symbols") from error


def _qualified(function: Any) -> str:
    module = "np" if isinstance(function, np.ufunc) else getattr(function, "__module__", "").replace("numpy", "np")
    return f"{module}.{function.__name__}"


def implements(*functions: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A row of the table of NumPy functions."""

    def register(own: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            FUNCTIONS[function] = own
        return own

    return register


def reduce_array(
    name: str, array: Any, axis: Any = None, keepdims: bool = False, where: Any = True, initial: Any = None
) -> Any:
    """A ufunc's `reduce` along one axis, several (a tuple) or all of them (None)."""
    if name not in REDUCTIONS:
        raise Untraceable(f"np.{name}.reduce of symbols")
    data = array if isinstance(array, Traced) else Traced.of(array)
    if where is not True:
        neutral = {"add": 0, "multiply": 1, "logical_and": True, "logical_or": False}
        if name not in neutral:
            raise Untraceable(f"np.{name}.reduce(where=…) of symbols")
        data = FUNCTIONS[np.where](where, data, neutral[name])
    start = [] if initial is None or initial is np._NoValue else [value_of(initial)]
    return along(lambda values: REDUCTIONS[name]([*start, *values]), data, axis, keepdims)


def along(function: Callable[[list[Any]], Any], array: Traced, axis: Any, keepdims: bool = False) -> Any:
    """A function of the elements of each row along an axis, along several of them, or of all elements."""
    base = array.view(np.ndarray)
    axes = range(base.ndim) if axis is None else (axis,) if np.ndim(axis) == 0 else axis
    chosen = sorted({int(k) % base.ndim if base.ndim else 0 for k in axes})
    kept = [k for k in range(base.ndim) if k not in chosen]
    shape = [base.shape[k] for k in kept]
    length = int(np.prod([base.shape[k] for k in chosen], dtype=int)) if base.ndim else 1
    rows = base.transpose((*kept, *chosen)).reshape((int(np.prod(shape, dtype=int)), length))
    results = [function(list(row)) for row in rows]
    if keepdims is True:
        shape = [1 if k in chosen else base.shape[k] for k in range(base.ndim)]
    if not shape:
        return results[0]
    if all(isinstance(r, bool | int) for r in results):
        return np.array(results).reshape(shape)
    return _filled(results, shape)

"""JAX code as its jaxpr, gradients included, interpreted on exact arrays.

What is interpreted is what JAX hands to its compiler: `jax.grad` and `jax.vjp` have been applied by JAX itself.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.tracing import pools
from symnet.candidates.tracing.array import Traced, is_traced, wrap
from symnet.candidates.tracing.elementwise import rows, ufunc
from symnet.candidates.tracing.functions import FUNCTIONS
from symnet.candidates.tracing.place import Untraceable, elsewhere
from symnet.candidates.tracing.trace import Case, trace
from symnet.candidates.tracing.windows import convolve

__all__ = ["jax_pair", "recorded", "trace_jax"]


def trace_jax(function: Callable[..., Any], *arguments: Any) -> list[Case]:
    """As `trace`, for a function of JAX arrays that answers arrays.

    arguments: exact arrays (`symbols`); integers and integer arrays are given as they are. Raises Untraceable for
    primitives without a row in the table below, and for code that looks at the values of arrays.
    """
    return trace(recorded(function), *arguments)


def recorded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of JAX arrays as one of exact arrays, for code that is traced itself: recorded at their shapes."""

    def exactly(*arguments: Any) -> Any:
        jax = import_module("jax")
        examples = [np.ones(a.shape) if isinstance(a, Traced) else np.asarray(a) for a in arguments]
        try:
            with jax.enable_x64(True):  # constants in float32 would not be the numbers they mean
                closed, shape = jax.make_jaxpr(function, return_shape=True)(*examples)
        except jax.errors.ConcretizationTypeError as error:
            raise Untraceable(f"JAX cannot record this code: {str(error).splitlines()[0]}") from error
        single = not isinstance(shape, tuple | list)

        with elsewhere():
            results = _run(closed.jaxpr, [_constant(c) for c in closed.consts], arguments)
        return results[0] if single else tuple(results)

    return exactly


def jax_pair(forward: Callable[..., Any], wrt: Sequence[int]) -> Callable[..., Any]:
    """(…, upstream) -> (y, the gradients of sum upstream y by the arguments `wrt`), for `trace_jax`."""

    def pair(*arguments: Any) -> tuple[Any, ...]:
        *inputs, upstream = arguments
        out, backward = import_module("jax").vjp(forward, *inputs)
        gradients = backward(upstream)
        return (out, *(gradients[k] for k in wrt))

    return pair


def _constant(value: Any) -> Any:
    array = np.asarray(value)
    return Traced.of(array) if array.dtype.kind == "f" and np.all(np.isfinite(array)) else array


def _run(jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    values: dict[Any, Any] = dict(zip(jaxpr.constvars, constants, strict=True))
    values |= dict(zip(jaxpr.invars, arguments, strict=True))

    def value(atom: Any) -> Any:
        return _constant(atom.val) if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        inputs = [value(atom) for atom in equation.invars]
        inner = next((equation.params[k] for k in _INNER if k in equation.params), None)
        if inner is not None:
            results = _run(getattr(inner, "jaxpr", inner), [_constant(c) for c in getattr(inner, "consts", ())], inputs)
        else:
            name = equation.primitive.name
            if name not in _PRIMITIVES:
                raise Untraceable(f"JAX's {name}")
            results = [_PRIMITIVES[name](*inputs, **equation.params)]
        values |= dict(zip(equation.outvars, results, strict=True))
    return [value(atom) for atom in jaxpr.outvars]


_INNER = ("jaxpr", "call_jaxpr", "fun_jaxpr")  # what jit, custom_jvp_call, custom_vjp_call, … hold

# One row a primitive, in the words of NumPy.


def _larger(a: Any, b: Any, **params: Any) -> Any:
    """max; a maximum over nothing is minus infinity, and changes nothing."""
    for one, other in ((a, b), (b, a)):
        if not is_traced(one) and np.all(np.asarray(one) == -np.inf):
            return other
    return ufunc("maximum")(a, b)


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, axes, **params: (FUNCTIONS[function] if is_traced(a) else function)(a, axis=tuple(axes))


def _broadcast(a: Any, *sizes: Any, shape: Sequence[int], broadcast_dimensions: Sequence[int], **params: Any) -> Any:
    own = [1] * len(shape)
    for k, place in enumerate(broadcast_dimensions):
        own[place] = np.shape(a)[k]
    array = np.reshape(a, own) if isinstance(a, np.ndarray) else Traced.of(a).reshape(own)
    return np.broadcast_to(array, shape)


def _dot(a: Any, b: Any, dimension_numbers: Any, **params: Any) -> Any:
    (left, right), (left_batch, right_batch) = dimension_numbers
    if left_batch or right_batch:
        names = "abcdefghijklmnopqrstuvwxyz"
        first, second = list(names[: np.ndim(a)]), list(names[13 : 13 + np.ndim(b)])
        for k, other in (*zip(left, right, strict=True), *zip(left_batch, right_batch, strict=True)):
            second[other] = first[k]
        batch = [first[k] for k in left_batch]
        rest = [n for k, n in enumerate(first) if k not in (*left, *left_batch)]
        rest += [n for k, n in enumerate(second) if k not in (*right, *right_batch)]
        return FUNCTIONS[np.einsum](f"{''.join(first)},{''.join(second)}->{''.join(batch + rest)}", a, b)
    return np.tensordot(a, b, axes=(list(left), list(right)))


def _select(which: Any, *choices: Any, **params: Any) -> Any:
    """select_n: the second where `which` holds, else the first."""
    if len(choices) != 2:
        raise Untraceable(f"JAX's select_n of {len(choices)} arrays")
    return FUNCTIONS[np.where](which, choices[1], choices[0])


def _convert(a: Any, new_dtype: Any, **params: Any) -> Any:
    kind = np.dtype(new_dtype).kind
    if is_traced(a):
        return Traced.of(a).astype(new_dtype)
    return _constant(np.asarray(a).astype(new_dtype)) if kind == "f" else np.asarray(a).astype(new_dtype)


def _slice(a: Any, start_indices: Any, limit_indices: Any, strides: Any = None, **params: Any) -> Any:
    steps = strides or (1,) * np.ndim(a)
    return a[tuple(map(slice, start_indices, limit_indices, steps))]


def _padded(a: Any, value: Any, padding_config: Any, **params: Any) -> Any:
    """Zeros (or another number) around and between; a negative amount cuts off."""
    a = Traced.of(a)
    shape = [low + n + max(n - 1, 0) * gap + high for n, (low, high, gap) in zip(a.shape, padding_config, strict=True)]
    out = FUNCTIONS[np.full_like](np.zeros(shape), np.asarray(value).item() if not is_traced(value) else value)
    for where in np.ndindex(*a.shape):
        place = tuple(low + k * (1 + gap) for k, (low, _, gap) in zip(where, padding_config, strict=True))
        if all(0 <= k < n for k, n in zip(place, shape, strict=True)):
            out[place] = a[where]
    return out


def _convolved(x: Any, w: Any, window_strides: Any, padding: Any, **params: Any) -> Any:
    numbers = params["dimension_numbers"]
    plain = [k for k in params["lhs_dilation"] if k != 1] or params["feature_group_count"] != 1
    if plain or any(low != high for low, high in padding) or params["batch_group_count"] != 1:
        raise Untraceable("JAX's conv_general_dilated, transposed or grouped")
    x, w = np.transpose(x, numbers.lhs_spec), np.transpose(w, numbers.rhs_spec)
    y = convolve(x, w, None, window_strides, [low for low, _ in padding], params["rhs_dilation"])
    return np.transpose(y, np.argsort(numbers.out_spec))


def _window(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of one or two arrays, over windows of all axes."""

    def over(*arrays: Any, window_dimensions: Any, window_strides: Any, padding: Any, **params: Any) -> Any:
        if any(d != 1 for name in ("base_dilation", "window_dilation") for d in params.get(name, ())):
            raise Untraceable("JAX's windows with a dilation")
        if str(params.get("select_prim", "ge")) != "ge":
            raise Untraceable(f"JAX's windows that select by {params['select_prim']}")
        return function(*arrays, window_dimensions, window_strides, padding)

    return over


_ELEMENTWISE = {
    **dict.fromkeys(("add", "add_any"), "add"), "sub": "subtract", "exp2": "exp2", "square": "square",
    "logistic": "expit", "min": "minimum", "and": "logical_and", "or": "logical_or", "not": "logical_not",
    "is_finite": "isfinite",
}  # fmt: skip

_PRIMITIVES: dict[str, Callable[..., Any]] = {
    **rows(_ELEMENTWISE),
    "integer_pow": lambda a, y, **params: a**y,
    "rsqrt": lambda a, **params: 1 / np.sqrt(a),
    "max": _larger,
    "clamp": lambda low, a, high, **params: FUNCTIONS[np.clip](a, low, high),
    "select_n": _select,
    "reduce_sum": _reduction(np.sum),
    "reduce_prod": _reduction(np.prod),
    "reduce_max": _reduction(np.max),
    "reduce_min": _reduction(np.min),
    "argmax": lambda a, axes, **params: FUNCTIONS[np.argmax](a, axis=axes[0]),
    "cumsum": lambda a, axis, **params: FUNCTIONS[np.cumsum](a, axis=axis),
    "dot_general": _dot,
    "conv_general_dilated": _convolved,
    "reduce_window_max": _window(pools.largest),
    "reduce_window_sum": _window(pools.summed),
    "select_and_scatter_add": _window(pools.scatter_largest),
    "select_and_gather_add": _window(pools.gather_largest),
    "broadcast_in_dim": _broadcast,
    "reshape": lambda a, new_sizes, **params: np.reshape(a, new_sizes),
    "squeeze": lambda a, dimensions, **params: np.squeeze(a, tuple(dimensions)),
    "expand_dims": lambda a, dimensions, **params: np.expand_dims(a, tuple(dimensions)),
    "transpose": lambda a, permutation, **params: np.transpose(a, permutation),
    "rev": lambda a, dimensions, **params: np.flip(a, tuple(dimensions)),
    "slice": _slice,
    "pad": _padded,
    "concatenate": lambda *parts, dimension, **params: wrap(np.concatenate(parts, dimension)),
    "iota": lambda shape, dimension, dtype, **params: np.indices(shape)[dimension].astype(dtype),
    "convert_element_type": _convert,
    "copy": lambda a, **params: a,
    "copy_p": lambda a, **params: a,
    "stop_gradient": lambda a, **params: a,
    "optimization_barrier": lambda a, **params: a,
}

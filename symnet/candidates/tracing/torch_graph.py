"""PyTorch code as a graph of aten operations, its backward included, interpreted on exact arrays.

The graph is what `torch.fx.experimental.proxy_tensor.make_fx` records while the code runs once on numbers of the same
shapes. Composite operations come as PyTorch decomposes them, not as its kernels compute them: what is proved is the
user's use of PyTorch. Branches on a tensor's value cannot be recorded.
"""

import operator
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from sympy import Integer

from symnet.candidates.tracing import pools
from symnet.candidates.tracing.array import Traced, dispatch_ufunc, is_traced, wrap
from symnet.candidates.tracing.elementwise import rows, ufunc
from symnet.candidates.tracing.functions import FUNCTIONS
from symnet.candidates.tracing.place import Untraceable, elsewhere
from symnet.candidates.tracing.trace import Case, trace
from symnet.candidates.tracing.windows import convolve, convolve_backward

__all__ = ["recorded", "torch_pair", "trace_torch"]

_COMPOSITE = ("native_batch_norm", "native_layer_norm")  # beyond what PyTorch calls its core


def trace_torch(function: Callable[..., Any], *arguments: Any, seed: int = 0) -> list[Case]:
    """As `trace`, for a function of tensors that answers tensors, gradients among them.

    arguments: exact arrays (`symbols`); integers and integer arrays are given as they are. Raises Untraceable for
    operations without a row in the table below, and for code that looks at the values of tensors.
    """
    return trace(recorded(function, seed), *arguments)


def recorded(function: Callable[..., Any], seed: int = 0) -> Callable[..., Any]:
    """A function of tensors as one of exact arrays, for code that is traced itself: recorded at their shapes."""

    def exactly(*arguments: Any) -> Any:
        torch = import_module("torch")
        graph = _record(torch, function, [_example(torch, a, seed + k) for k, a in enumerate(arguments)])
        return _run(torch, graph, arguments)

    return exactly


def torch_pair(forward: Callable[..., Any], wrt: Sequence[int]) -> Callable[..., Any]:
    """(…, upstream) -> (y, the gradients of sum upstream y by the arguments `wrt`), for `trace_torch`."""

    def pair(*arguments: Any) -> tuple[Any, ...]:
        *inputs, upstream = arguments
        out = forward(*inputs)
        gradients = import_module("torch").autograd.grad(out, [inputs[k] for k in wrt], upstream)
        return (out, *gradients)

    return pair


def _example(torch: Any, argument: Any, seed: int) -> Any:
    if not isinstance(argument, Traced):
        return torch.as_tensor(np.asarray(argument))
    numbers = np.random.default_rng(seed).uniform(0.5, 1.5, argument.shape)
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def _record(torch: Any, function: Callable[..., Any], examples: Sequence[Any]) -> Any:
    decompositions = import_module("torch._decomp")
    table = dict(decompositions.core_aten_decompositions())
    for op, rule in decompositions.decomposition_table.items():
        if op.__name__.partition(".")[0] in _COMPOSITE:
            table[op] = rule
    make_fx = import_module("torch.fx.experimental.proxy_tensor").make_fx
    try:
        return make_fx(function, decomposition_table=table)(*examples)
    except RuntimeError as error:
        raise Untraceable(f"PyTorch cannot record this code: {str(error).splitlines()[0]}") from error


def _run(torch: Any, graph: Any, arguments: Sequence[Any]) -> Any:
    values: dict[Any, Any] = {}
    given = iter(arguments)

    def value(node: Any) -> Any:
        return values[node]

    with elsewhere():
        for node in graph.graph.nodes:
            if node.op == "placeholder":
                values[node] = next(given)
            elif node.op == "get_attr":
                values[node] = _constant(getattr(graph, node.target))
            elif node.op == "output":
                return torch.fx.node.map_arg(node.args[0], value)
            else:
                _refuse_shared(node)
                inputs = torch.fx.node.map_arg((node.args, node.kwargs), value)
                values[node] = _operation(node.target)(*_mutable(inputs[0]), **inputs[1])
    raise Untraceable("a graph without an output")


def _refuse_shared(node: Any) -> None:
    """An operation in place is one out of place where only it reads what it changes, which is no view."""
    if node.target is not operator.getitem and node.target._schema.is_mutable:
        changed = node.args[0]
        own = changed.op == "call_function" and changed.target is not operator.getitem
        if not own or len(changed.users) > 1 or any(r.alias_info for r in changed.target._schema.returns):
            raise Untraceable(f"torch's {node.target} of a tensor that is read elsewhere")


def _mutable(data: Any) -> Any:
    """torch.fx's immutable lists as ordinary ones."""
    return [_mutable(v) for v in data] if isinstance(data, list | tuple) else data


def _constant(tensor: Any) -> Any:
    array = tensor.detach().numpy()
    return Traced.of(array) if array.dtype.kind == "f" else array


def _operation(target: Any) -> Callable[..., Any]:
    if target is operator.getitem:
        return operator.getitem
    name = str(target).split(".")[1]
    if name not in _OPERATIONS:
        raise Untraceable(f"torch's {target}")
    return _OPERATIONS[name]


# One row an operation of aten, in the words of NumPy.


def _scaled(name: str, swapped: bool = False) -> Callable[..., Any]:
    """add and sub: the second argument times alpha; rsub: the first, which is taken from the second."""
    function = ufunc(name)

    def scaled(a: Any, b: Any, alpha: Any = 1) -> Any:
        first, second = (b, a) if swapped else (a, b)
        return function(first, second * alpha if alpha != 1 else second)

    return scaled


def _divided(a: Any, b: Any, rounding_mode: Any = None) -> Any:
    if rounding_mode is not None:
        raise Untraceable(f"a division with rounding_mode={rounding_mode!r}")
    return ufunc("divide")(a, b)


def _axis(dim: Any) -> Any:
    return None if dim is None or dim == [] else tuple(dim) if isinstance(dim, list) else dim


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(a: Any, dim: Any = None, keepdim: bool = False, **options: Any) -> Any:
        return FUNCTIONS[function](a, axis=_axis(dim), keepdims=keepdim)

    return reduce


def _var(a: Any, dim: Any = None, correction: Any = 1, keepdim: bool = False, **options: Any) -> Any:
    return FUNCTIONS[np.var](a, axis=_axis(dim), ddof=1 if correction is None else correction, keepdims=keepdim)


def _var_mean(a: Any, dim: Any = None, correction: Any = 1, keepdim: bool = False, **options: Any) -> Any:
    return _var(a, dim, correction, keepdim), FUNCTIONS[np.mean](a, axis=_axis(dim), keepdims=keepdim)


def _clamp(a: Any, low: Any = None, high: Any = None, **options: Any) -> Any:
    return FUNCTIONS[np.clip](a, options.get("min", low), options.get("max", high))


def _softmax(a: Any, dim: int, half: bool = False) -> Any:
    e = np.exp(a)
    return e / e.sum(axis=dim, keepdims=True)


def _log_softmax(a: Any, dim: int, half: bool = False) -> Any:
    return a - np.log(np.exp(a).sum(axis=dim, keepdims=True))


def _expand(a: Any, sizes: Sequence[int], **options: Any) -> Any:
    shape = np.shape(a)
    missing = len(sizes) - len(shape)
    return FUNCTIONS[np.broadcast_to](a, [shape[k - missing] if n == -1 else n for k, n in enumerate(sizes)])


def _squeeze(a: Any, dim: Any = None) -> Any:
    axes = range(np.ndim(a)) if dim is None else dim if isinstance(dim, list) else [dim]
    return np.squeeze(a, tuple(k for k in axes if np.shape(a)[k] == 1))


def _select(a: Any, dim: int, index: int) -> Any:
    return a[(slice(None),) * (dim % np.ndim(a)) + (index,)]


def _slice(a: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
    return a[(slice(None),) * (dim % np.ndim(a)) + (slice(start, end, step),)]


def _full(size: Sequence[int], value: Any, **options: Any) -> Any:
    return Traced.of(np.full(tuple(size), value))


def _gather(a: Any, dim: int, index: Any, **options: Any) -> Any:
    return np.take_along_axis(a, index, dim)


def _scatter(a: Any, dim: int, index: Any, value: Any) -> Any:
    copy = a.copy()
    np.put_along_axis(copy.view(np.ndarray), index, Traced.of(value).view(np.ndarray), dim)
    return copy


def _transposed(a: Any, first: int = 0, second: int = 1) -> Any:
    return np.swapaxes(a, first, second) if np.ndim(a) > 1 else a


def _where(condition: Any, a: Any, b: Any) -> Any:
    return FUNCTIONS[np.where](condition, a, b) if is_traced([condition, a, b]) else np.where(condition, a, b)


def _gelu(a: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        return 0.5 * a * (1 + np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a**3)))
    return 0.5 * a * (1 + ufunc("erf")(a * np.sqrt(0.5)))


def _pool(
    a: Any, width: Sequence[int], stride: Any = None, padding: Sequence[int] = (0, 0), ceil: Any = False
) -> tuple[Any, ...]:
    """The windows over the last two axes: widths, strides and paddings of all."""
    if ceil:
        raise Untraceable("pooling with ceil_mode")
    others = np.ndim(a) - 2
    return (
        (1,) * others + tuple(width),
        (1,) * others + tuple(stride or width),
        ((0, 0),) * others + tuple((p, p) for p in padding),
    )


def _max_pool(a: Any, width: Any, stride: Any = None, padding: Any = (0, 0), dilation: Any = (1, 1), *ceil: Any) -> Any:
    if any(d != 1 for d in dilation):
        raise Untraceable("max pooling with a dilation")
    windows = _pool(a, width, stride, padding, *ceil)
    return pools.largest(a, *windows), pools.which_largest(a, *windows)


def _max_pool_backward(dy: Any, a: Any, width: Any, stride: Any, padding: Any, *others: Any) -> Any:
    return pools.scatter_largest(dy, a, *_pool(a, width, stride, padding))


def _pool_size(a: Any, windows: tuple[Any, ...], with_padding: bool = True, size: Any = None) -> Any:
    """What a mean is divided by."""
    return size or (int(np.prod(windows[0])) if with_padding else pools.counted(a, *windows))


def _mean_pool(a: Any, width: Any, stride: Any = None, padding: Any = (0, 0), ceil: Any = False, *size: Any) -> Any:
    windows = _pool(a, width, stride, padding, ceil)
    return pools.summed(a, *windows) / _pool_size(a, windows, *size)


def _mean_pool_backward(dy: Any, a: Any, width: Any, stride: Any, padding: Any, ceil: Any, *size: Any) -> Any:
    windows = _pool(a, width, stride, padding, ceil)
    return pools.scatter(dy / _pool_size(a, windows, *size), np.shape(a), *windows)


def _same(a: Any, *others: Any, **options: Any) -> Any:
    return a


_ELEMENTWISE = {
    "reciprocal": "reciprocal", "sigmoid": "expit", "maximum": "maximum", "minimum": "minimum",
    **dict.fromkeys(("logical_and", "logical_and_"), "logical_and"),
    **dict.fromkeys(("logical_or", "logical_or_"), "logical_or"), "logical_not": "logical_not",
    "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or", "bitwise_not": "invert",
}  # fmt: skip

_OPERATIONS: dict[str, Callable[..., Any]] = {
    **rows(_ELEMENTWISE),
    "add": _scaled("add"),
    "sub": _scaled("subtract"),
    "rsub": _scaled("subtract", swapped=True),
    **dict.fromkeys(("div", "div_"), _divided),
    "rsqrt": lambda a: dispatch_ufunc(np.power, "__call__", a, -Integer(1) / 2),
    "relu": lambda a: np.maximum(a, 0),
    "clamp": _clamp,
    "hardtanh": lambda a, low=-1, high=1: _clamp(a, low, high),
    "clamp_min": _clamp,
    "clamp_max": lambda a, high: _clamp(a, None, high),
    "where": _where,
    "leaky_relu": lambda a, slope=0.01: _where(a > 0, a, a * slope),
    "elu": lambda a, alpha=1, scale=1, steepness=1: scale * _where(a > 0, a, alpha * np.expm1(steepness * a)),
    "gelu": _gelu,
    "softplus": lambda a, beta=1, threshold=20: np.log1p(np.exp(a * beta)) / beta,
    "sum": _reduction(np.sum),
    "prod": _reduction(np.prod),
    "mean": _reduction(np.mean),
    "amax": _reduction(np.max),
    "amin": _reduction(np.min),
    "var": _var,
    "var_mean": _var_mean,
    "_softmax": _softmax,
    "_log_softmax": _log_softmax,
    "mm": np.matmul,
    "bmm": np.matmul,
    "dot": np.matmul,
    "mv": np.matmul,
    "addmm": lambda c, a, b, beta=1, alpha=1: c * beta + np.matmul(a, b) * alpha,
    "t": _transposed,
    "transpose": _transposed,
    "permute": np.transpose,
    "view": np.reshape,
    "reshape": np.reshape,
    "_unsafe_view": np.reshape,
    "expand": _expand,
    "squeeze": _squeeze,
    "unsqueeze": np.expand_dims,
    "select": _select,
    "slice": _slice,
    "index": lambda a, where: a[tuple(slice(None) if k is None else k for k in where)],
    "gather": _gather,
    "scatter": _scatter,
    "cat": lambda parts, dim=0: wrap(np.concatenate(parts, dim)),
    "stack": lambda parts, dim=0: wrap(np.stack(parts, dim)),
    "flip": np.flip,
    "full": _full,
    "zeros": lambda size, **options: _full(size, 0),
    "ones": lambda size, **options: _full(size, 1),
    "empty": lambda size, **options: _full(size, 0),  # PyTorch only makes a place of no use with it
    "scalar_tensor": lambda value, **options: value,
    "full_like": lambda a, value, **options: _full(np.shape(a), value),
    "zeros_like": lambda a, **options: _full(np.shape(a), 0),
    "ones_like": lambda a, **options: _full(np.shape(a), 1),
    "arange": lambda *limits, **options: np.arange(*limits),
    "max_pool2d_with_indices": _max_pool,
    "max_pool2d_with_indices_backward": _max_pool_backward,
    "avg_pool2d": _mean_pool,
    "avg_pool2d_backward": _mean_pool_backward,
    "convolution": convolve,
    "convolution_backward": convolve_backward,
    **dict.fromkeys(("clone", "detach", "alias", "_to_copy", "lift_fresh_copy", "contiguous"), _same),
}

"""Pooling of exact arrays with its gradients, for the frameworks that have it as one operation.

`dims`, `strides` and `pads` have an entry for each axis; what is padded counts for nothing, but in the size of a mean.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sympy import Integer, S

from symnet.candidates.tracing.array import Traced, plain
from symnet.candidates.tracing.formulas import maximum
from symnet.candidates.tracing.selection import Chosen, extreme_place, selectors
from symnet.candidates.tracing.values import Value, fold, sum_of, value_of

__all__ = ["counted", "gather_largest", "largest", "scatter", "scatter_largest", "summed", "which_largest"]

Place = tuple[int, ...]
Pads = Sequence[tuple[int, int]]


def _windows(
    shape: Sequence[int], dims: Sequence[int], strides: Sequence[int], pads: Pads
) -> Iterator[tuple[Place, list[Place]]]:
    """Each place of the output with those of the input under its window."""
    axes = list(zip(shape, dims, strides, pads, strict=True))
    for place in np.ndindex(*((n + low + high - d) // s + 1 for n, d, s, (low, high) in axes)):
        starts = [s * k - low for k, (_, _, s, (low, _)) in zip(place, axes, strict=True)]
        seen = [tuple(a + k for a, k in zip(starts, step, strict=True)) for step in np.ndindex(*dims)]
        yield place, [p for p in seen if all(0 <= k < n for k, n in zip(p, shape, strict=True))]


def _over(
    function: Callable[[list[Value], list[Place]], Any], x: Any, dims: Sequence[int], strides: Sequence[int], pads: Pads
) -> Traced:
    base = plain(x)
    found = {
        place: function([value_of(base[p]) for p in seen], seen)
        for place, seen in _windows(base.shape, dims, strides, pads)
    }
    made = np.empty([k + 1 for k in max(found)], dtype=object)
    for place, value in found.items():
        made[place] = value
    return made.view(Traced)


def largest(x: Any, dims: Sequence[int], strides: Sequence[int], pads: Pads) -> Traced:
    return _over(lambda values, seen: fold(maximum)(values), x, dims, strides, pads)


def summed(x: Any, dims: Sequence[int], strides: Sequence[int], pads: Pads) -> Traced:
    return _over(lambda values, seen: sum_of(values), x, dims, strides, pads)


def which_largest(x: Any, dims: Sequence[int], strides: Sequence[int], pads: Pads) -> Traced:
    """Where the first largest is, counted along the last two axes."""
    shape = np.shape(plain(x))[-2:]

    def where(values: list[Value], seen: list[Place]) -> Value:
        numbers = [int(np.ravel_multi_index(p[-2:], shape)) for p in seen]
        place = extreme_place(values, True)
        return Chosen(place.decision, numbers) if isinstance(place, Chosen) else value_of(numbers[place])

    return _over(where, x, dims, strides, pads)


def counted(x: Any, dims: Sequence[int], strides: Sequence[int], pads: Pads) -> Any:
    """How many places that are not padded are under each window."""
    return _over(lambda values, seen: Value(Integer(len(seen))), x, dims, strides, pads)


def gather_largest(t: Any, x: Any, dims: Sequence[int], strides: Sequence[int], pads: Pads) -> Traced:
    """Of t what stands where x is largest."""
    base = plain(t)

    def there(values: list[Value], seen: list[Place]) -> Value:
        pairs = zip(_selectors(values), seen, strict=True)
        return sum_of([selector * value_of(base[p]) for selector, p in pairs])

    return _over(there, x, dims, strides, pads)


def scatter(dy: Any, shape: Sequence[int], dims: Sequence[int], strides: Sequence[int], pads: Pads) -> Traced:
    """Every upstream gradient to all places under its window: the gradient of `summed`."""
    return _scattered(
        dy, Traced.of(np.ones(tuple(shape))), dims, strides, pads, lambda values: [Value(S.One)] * len(values)
    )


def scatter_largest(dy: Any, x: Any, dims: Sequence[int], strides: Sequence[int], pads: Pads) -> Traced:
    """Every upstream gradient to the first largest place under its window: the gradient of `largest`."""
    return _scattered(dy, x, dims, strides, pads, _selectors)


def _scattered(
    dy: Any,
    x: Any,
    dims: Sequence[int],
    strides: Sequence[int],
    pads: Pads,
    shares: Callable[[list[Value]], list[Value]],
) -> Traced:
    above, base = plain(dy), plain(x)
    made = plain(Traced.of(np.zeros(base.shape)))
    for place, seen in _windows(base.shape, dims, strides, pads):
        for p, share in zip(seen, shares([value_of(base[q]) for q in seen]), strict=True):
            made[p] = made[p] + share * above[place]
    return made.view(Traced)


def _selectors(values: list[Value]) -> list[Value]:
    return [Value(u) for u in selectors([v.expr for v in values])]

"""An index that depends on the values (argmax): which of some places it is, without opening a case for each.

`Chosen` is such an integer, with a selector of 0 or 1 for each number that it may be. Reading at it is the sum of what
stands at those places times their selectors, writing changes each place by its selector.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import accumulate
from itertools import product as choices
from typing import Any

import numpy as np
from sympy import Expr, Integer, S

from symnet.candidates.tracing.decisions import Run
from symnet.candidates.tracing.formulas import apply, maximum, minimum, negative, subtract
from symnet.candidates.tracing.place import Untraceable
from symnet.candidates.tracing.values import Truth, Value, value_of
from symnet.expressions import product, total

__all__ = ["Chosen", "chosen_in", "extreme_place", "of_integers", "read", "said_equal", "selectors", "write"]


class Decision:
    """Which of some values is the first largest (or smallest) one.

    selectors: 0 or 1 for each of them.
    """

    def __init__(self, values: Sequence[Value], larger: bool) -> None:
        self.values, self.larger = tuple(values), larger
        self.compared = tuple(v.expr for v in values)
        self.selectors = selectors(self.compared, larger)

    def made(self) -> int:
        """The place, by cases."""
        best = 0
        for k in range(1, len(self.values)):
            one, other = (self.values[k], self.values[best]) if self.larger else (self.values[best], self.values[k])
            if one > other:
                best = k
        return best

    def taken(self, found: Sequence[Expr]) -> Expr:
        """What stands at the place: the extreme itself where that is what was compared."""
        if tuple(found) == self.compared:
            return reduce(maximum if self.larger else minimum, found)
        return total(*(product(s, u) for s, u in zip(self.selectors, found, strict=True)))


def selectors(values: Sequence[Expr], larger: bool = True) -> tuple[Expr, ...]:
    """For each value whether it is the first largest one: above the largest before it, and no later one above its own.

    In this form, since the derivative of max(x_n, … max(x_2, x_1)) is the same product of steps.
    """
    signed = list(values) if larger else [negative(u) for u in values]
    largest = list(accumulate(signed, maximum))
    above = [S.One, *(apply("step", subtract(u, before)) for u, before in zip(signed[1:], largest[:-1], strict=True))]
    return tuple(product(a, *(subtract(S.One, b) for b in above[k + 1 :])) for k, a in enumerate(above))


class Chosen(Value):
    """An integer that a decision makes: its numbers[k] where the decision is k."""

    __slots__ = ("decision", "numbers")

    def __init__(self, decision: Decision, numbers: Sequence[int]) -> None:
        super().__init__(S.Zero)
        self.decision, self.numbers = decision, tuple(numbers)

    @property
    def expr(self) -> Expr:
        return self.decision.taken([Integer(k) for k in self.numbers])

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(int)

    def __index__(self) -> int:
        return self.numbers[self.decision.made()]

    __int__ = __index__


def _operator(ufunc: np.ufunc, swapped: bool = False) -> Callable[[Any, Any], Any]:
    return lambda self, other: ufunc(other, self) if swapped else ufunc(self, other)


for _name, _ufunc in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "floordiv": np.floor_divide, "mod": np.remainder,
}.items():  # fmt: skip
    setattr(Chosen, f"__{_name}__", _operator(_ufunc))
    setattr(Chosen, f"__r{_name}__", _operator(_ufunc, swapped=True))
for _name, _ufunc in {"eq": np.equal, "ne": np.not_equal}.items():
    setattr(Chosen, f"__{_name}__", _operator(_ufunc))


def extreme_place(values: Sequence[Value], larger: bool) -> int | Chosen:
    """Where the first largest or smallest value is."""
    if all(v.expr.is_Rational for v in values):
        exact = [v.expr for v in values]
        return exact.index(max(exact) if larger else min(exact))
    return Chosen(Decision(values, larger), range(len(values)))


def of_integers(integers: Callable[..., int], otherwise: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A function of integers that depend on one decision; of anything else another one, if there is."""

    def function(*values: Any) -> Any:
        given = [value_of(v) for v in values]
        made = {id(v.decision): v.decision for v in given if isinstance(v, Chosen)}
        exact = all(isinstance(v, Chosen) or v.expr.is_Integer for v in given)
        if len(made) != 1 or not exact:
            if otherwise is None:
                raise Untraceable(f"{integers.__name__} of a symbol")
            return otherwise(*given)
        (decision,) = made.values()
        every = [v.numbers if isinstance(v, Chosen) else [int(v.expr)] * len(decision.values) for v in given]
        return Chosen(decision, [integers(*row) for row in zip(*every, strict=True)])

    return function


def said_equal(a: Value, b: Value) -> Truth | None:
    """Whether a chosen integer is a number, without opening a case; None for anything else."""
    chosen, other = (a, b) if isinstance(a, Chosen) else (b, a)
    if not isinstance(chosen, Chosen) or isinstance(other, Chosen) or not other.expr.is_Integer:
        return None
    wanted = int(other.expr)
    number = total(*(s for s, k in zip(chosen.decision.selectors, chosen.numbers, strict=True) if k == wanted))

    def ask(run: Run) -> bool:
        return chosen.__index__() == wanted

    return Truth(lambda: number, ask, None)


# Reading and writing at such places


def chosen_in(key: Any) -> bool:
    """Whether an index has a chosen integer in it."""
    parts = key if isinstance(key, tuple) else (key,)
    return any(
        isinstance(v, Chosen)
        for part in parts
        if isinstance(part, Value | np.ndarray)
        for v in np.asarray(part, dtype=object).view(np.ndarray).flat
    )


def read(base: Any, key: Any) -> Any:
    """base[key], an array of objects."""
    grid = _grid(base.shape, key)
    found = np.empty(grid[0].shape, dtype=object)
    for where in np.ndindex(found.shape):
        found[where] = _at(base, [part[where] for part in grid])
    return found


def _at(base: Any, key: Sequence[Any]) -> Value:
    made = _decisions(key)
    if len(made) == 1:
        (decision,) = made
        options = [value_of(base[place]).expr for place, _ in _options(key)]
        return Value(decision.taken(options))
    return Value(total(*(product(selector, value_of(base[place]).expr) for place, selector in _options(key))))


def write(base: Any, key: Any, values: Any, added: bool = False) -> None:
    """base[key] = values, or what `np.add.at` does, in place."""
    grid = _grid(base.shape, key)
    given = np.broadcast_to(np.asarray(values, dtype=object), grid[0].shape)
    for where in np.ndindex(grid[0].shape):
        new = value_of(given[where]).expr
        for place, selector in _options([part[where] for part in grid]):
            old = value_of(base[place]).expr
            rest = old if added else product(subtract(S.One, selector), old)
            base[place] = Value(total(rest, product(selector, new)))


def _decisions(key: Sequence[Any]) -> list[Decision]:
    return list({id(k.decision): k.decision for k in key if isinstance(k, Chosen)}.values())


def _options(key: Sequence[Any]) -> Iterator[tuple[tuple[int, ...], Expr]]:
    """The places that the key may mean, each with the product of its selectors."""
    made = _decisions(key)
    for ways in choices(*(range(len(d.values)) for d in made)):
        way = {id(d): k for d, k in zip(made, ways, strict=True)}
        place = tuple(k.numbers[way[id(k.decision)]] if isinstance(k, Chosen) else int(k) for k in key)
        yield place, product(*(d.selectors[k] for d, k in zip(made, ways, strict=True)))


def _grid(shape: Sequence[int], key: Any) -> list[Any]:
    """One array of integers for each axis, all of the shape of the result, as NumPy lays it out."""
    parts = list(key) if isinstance(key, tuple) else [key]
    if any(part is None for part in parts):
        raise Untraceable("np.newaxis beside an index that depends on values")
    dots = next((k for k, part in enumerate(parts) if part is Ellipsis), len(parts))
    given = len(parts) - (dots < len(parts))
    parts[dots : dots + 1] = [slice(None)] * (len(shape) - given)
    arrays = [k for k, part in enumerate(parts) if not isinstance(part, slice)]
    picked = np.broadcast_arrays(*(np.asarray(parts[k], dtype=object).view(np.ndarray) for k in arrays))
    ranges = {k: np.arange(n)[part] for k, (n, part) in enumerate(zip(shape, parts, strict=True)) if k not in arrays}
    together = arrays == list(range(arrays[0], arrays[-1] + 1))
    first = sum(k < arrays[0] for k in ranges) if together else 0  # where the axes of the arrays come
    ndim, depth = len(ranges) + picked[0].ndim, picked[0].ndim
    places = iter([k for k in range(ndim) if not first <= k < first + depth])
    made: list[Any] = [None] * len(shape)
    for k, numbers in ranges.items():
        at = next(places)
        made[k] = numbers.reshape([-1 if axis == at else 1 for axis in range(ndim)])
    for k, array in zip(arrays, picked, strict=True):
        made[k] = array.reshape((1,) * first + array.shape + (1,) * (ndim - first - depth))
    return list(np.broadcast_arrays(*made))

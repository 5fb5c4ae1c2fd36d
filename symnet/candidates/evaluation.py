"""Derivations at numbers, many variants of one derivation at the same probes.

Everything is computed in the longest floats of the machine (64 bits of mantissa on x86), so that what is compared with
a candidate's float64 is exact to it. An equation that several variants share, with the same values under it, is
computed once: a fault costs only what is downstream of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import cache, cached_property, lru_cache, reduce
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Indexed, Integer, Pow, S, Symbol

from symnet.equations import Derivation, Equation, Index, Variable, index, names_used, size
from symnet.errors import SymnetError
from symnet.numeric.compile import Compiled, compile_numpy
from symnet.operations import Call, call
from symnet.sums import Delta, Sum, Within

__all__ = ["Array", "Evaluator", "Probe", "names_in"]

Array = NDArray[Any]
Probe = Mapping[str, Any]  # an array for each input and parameter, a number for a size that no shape shows
_ONE = np.longdouble(1)
_UNDEFINED = (S.ComplexInfinity, S.NaN)  # what 1/(1 - p) is at p = 1
_Axes = tuple[Symbol, ...]
_Piece = tuple[Array, _Axes]
_Scope = dict[Symbol, tuple[Expr, Expr]]


class Evaluator:
    """The equations of derivations over the same inputs at one probe.

    noise: every number that is given or computed is moved by a random part of it, at most this large, as rounding
    would move it (Monte Carlo arithmetic, Parker 1997): what comes out tells how far rounding can lead astray.
    Raises SymnetError for an array that has not the axes of its variable.
    """

    def __init__(self, derivation: Derivation, probe: Probe, noise: float = 0.0, seed: int = 0) -> None:
        self.noise, self.random = noise, np.random.default_rng(seed)
        self.sizes: dict[Symbol, int] = {size(k): int(v) for k, v in probe.items() if k not in derivation.variables}
        self.given: dict[str, Array] = {}
        for variable in (*derivation.inputs, *derivation.parameters):
            if variable.name in probe:
                array = np.asarray(probe[variable.name], dtype=np.longdouble)
                self._read_sizes(variable, array)
                self.given[variable.name] = self.rounded(array)
        self.variables = {v.name: v.indices for v in (*derivation.inputs, *derivation.parameters)}
        self._done: dict[Any, Array] = {}

    def _read_sizes(self, variable: Variable, array: Array) -> None:
        if array.ndim != len(variable.indices):
            raise SymnetError(f"{variable.name} has {array.ndim} axes instead of {len(variable.indices)}")
        for k, length in zip(variable.indices, array.shape, strict=True):
            for symbol in k.size.free_symbols:
                if (k.size - symbol).is_Integer:
                    self.sizes.setdefault(symbol, length - int(k.size - symbol))

    def __call__(self, equations: Iterable[Equation], names: Iterable[str]) -> dict[str, Array]:
        """The named ones of these equations. Raises SymnetError for a name that the probe gives no value."""
        keys: dict[str, Any] = {}
        values, variables = dict(self.given), dict(self.variables)
        with np.errstate(all="ignore"):  # a fault may divide by zero: what comes out of it is no candidate's number
            for equation in _needed(equations, names):
                used = sorted(names_in(equation.rhs))
                key = (equation.rhs, equation.indices, tuple(keys.get(name, name) for name in used))
                array = self._done.get(key)
                if array is None:
                    array = self._done[key] = self._equation(equation, variables, values)
                keys[equation.name], values[equation.name] = id(array), array
                variables[equation.name] = equation.indices
        return {name: values[name] for name in names}

    def _equation(
        self, equation: Equation, variables: Mapping[str, tuple[Index, ...]], values: Mapping[str, Array]
    ) -> Array:
        scope = {k.symbol: (k.lower, k.upper) for k in equation.indices}
        array, own = _Walk(self, variables, values).value(equation.rhs, scope)
        shape = tuple(self.number(k.size) for k in equation.indices)
        return np.broadcast_to(_along(array, own, tuple(scope)), shape)

    @cached_property
    def exactly(self) -> "Evaluator":
        return self if not self.noise else copy(self)._without_noise()

    def _without_noise(self) -> "Evaluator":
        self.noise = 0.0
        return self

    def rounded(self, array: Array) -> Array:
        if not self.noise:
            return array
        part = self.random.integers(-1024, 1025, np.shape(array)) / np.longdouble(1024)
        return array * (1 + np.longdouble(self.noise) * part)

    def number(self, expression: Expr) -> int:
        """A size as a number. Raises SymnetError when it has none."""
        if expression.is_Integer:
            return int(expression)
        value = expression.xreplace({symbol: Integer(n) for symbol, n in self.sizes.items()})
        if not value.is_Integer:
            raise SymnetError(f"the size {expression} has no value at the probe")
        return int(value)


class _Walk:
    """One right-hand side: each node as an array with an axis for each index it depends on."""

    def __init__(self, at: Evaluator, variables: Mapping[str, tuple[Index, ...]], values: Mapping[str, Array]) -> None:
        self.at, self.variables, self.values = at, variables, values
        self._done: dict[tuple[int, Expr], _Piece] = {}  # of the nodes that have arguments, in each scope
        self._scopes: list[_Scope] = []  # kept, so that none takes the identity of another

    def value(self, node: Expr, scope: _Scope) -> _Piece:
        if isinstance(node, Indexed):
            return self._reference(node, scope)
        if isinstance(node, Symbol):
            return self._symbol(node, scope)
        if node in _UNDEFINED:
            return np.asarray(np.longdouble("nan")), ()
        if node.is_Rational:
            return np.asarray(np.longdouble(int(node.p)) / np.longdouble(int(node.q))), ()
        key = (id(scope), node)
        if key not in self._done:
            array, axes = self._sum(node, scope) if isinstance(node, Sum) else self._computed(node, scope)
            self._done[key] = (array if isinstance(node, Delta | Within) else self.at.rounded(array)), axes
        return self._done[key]

    def _computed(self, node: Expr, scope: _Scope) -> _Piece:
        if isinstance(node, Pow) and node.exp.is_Integer:
            base, axes = self.value(node.base, scope)
            return base ** int(node.exp), axes
        counts = isinstance(node, Delta | Within)  # of indices, which are not rounded
        walk = _Walk(self.at.exactly, self.variables, self.values) if counts else self
        pieces = [walk.value(child, scope) for child in node.args]
        axes = tuple(dict.fromkeys(k for _, own in pieces for k in own))
        arrays = [_along(array, own, axes) for array, own in pieces]
        if node.is_Add:
            return sum(arrays[1:], arrays[0]), axes
        if node.is_Mul:
            return reduce(mul, arrays), axes
        if node.is_Pow:
            return arrays[0] ** arrays[1], axes
        if isinstance(node, Delta):
            return np.where(arrays[0] == arrays[1], _ONE, 0 * _ONE), axes
        if isinstance(node, Within):
            return np.where((arrays[1] <= arrays[0]) & (arrays[0] <= arrays[2]), _ONE, 0 * _ONE), axes
        if isinstance(node, Call):
            same_shape = np.broadcast_arrays(*arrays)
            return _apply(node, same_shape).reshape(same_shape[0].shape), axes
        raise SymnetError(f"there are no numbers for {node}")

    def _symbol(self, node: Symbol, scope: _Scope) -> _Piece:
        if node in scope:
            lower, upper = (self.at.number(end) for end in scope[node])
            return np.arange(lower, upper + 1, dtype=np.longdouble), (node,)
        if node.is_integer:
            return np.asarray(np.longdouble(self.at.number(node))), ()
        if node.name not in self.values:
            raise SymnetError(f"the probe has no value for {node}")
        return self.values[node.name], ()

    def _reference(self, node: Indexed, scope: _Scope) -> _Piece:
        name = str(node.base.label)
        if name not in self.values:
            raise SymnetError(f"the probe has no value for {name}")
        array, indices = self.values[name], self.variables[name]
        plain = all(
            k in scope and scope[k] == (own.lower, own.upper) for k, own in zip(node.indices, indices, strict=True)
        )
        if plain and len(set(node.indices)) == len(node.indices):
            return array, node.indices
        exact = _Walk(self.at.exactly, self.variables, self.values)  # an index is no rounded number
        pieces = [exact.value(k, scope) for k in node.indices]
        axes = tuple(dict.fromkeys(k for _, own in pieces for k in own))
        places = []
        for (place, own), declared, length in zip(pieces, indices, array.shape, strict=True):
            shifted = _along(place, own, axes).astype(int) - self.at.number(declared.lower)
            places.append(np.clip(shifted, 0, length - 1))  # what is outside stands beside a condition that is 0
        return array[tuple(places)], axes

    def _sum(self, node: Sum, scope: _Scope) -> _Piece:
        limits = (node.lower, node.upper)
        self._scopes.append({**scope, node.index: limits})
        array, axes = self.value(node.body, self._scopes[-1])
        if node.index not in axes:
            return array * np.longdouble(self.at.number(node.upper - node.lower + 1)), axes
        position = axes.index(node.index)
        return array.sum(axis=position), (*axes[:position], *axes[position + 1 :])


@lru_cache(maxsize=50_000)
def names_in(rhs: Expr) -> frozenset[str]:
    """`names_used`, remembered: variants of a derivation share most of their right-hand sides."""
    return frozenset(names_used(rhs))


def _needed(equations: Iterable[Equation], names: Iterable[str]) -> list[Equation]:
    wanted = set(names)
    kept = []
    for equation in reversed(tuple(equations)):
        if equation.name in wanted:
            kept.append(equation)
            wanted |= names_in(equation.rhs)
    return kept[::-1]


def _along(array: Array, own: _Axes, axes: _Axes) -> Array:
    """Transposed and given axes of length 1, so that it broadcasts over `axes`."""
    if own == axes or not own:
        return array
    order = [own.index(k) for k in axes if k in own]
    picks = tuple(slice(None) if k in own else None for k in axes)
    return np.transpose(array, order)[picks]


def _apply(node: Call, arrays: Sequence[Array]) -> Array:
    names = [f"u{k}" for k, _ in enumerate(arrays)]
    flat = {name: np.ravel(array) for name, array in zip(names, arrays, strict=True)}
    return _function(node.function, len(arrays))(**flat)["v"]


@cache
def _function(name: str, arity: int) -> Compiled:
    """An operation of the table on arrays of numbers."""
    where = index("i", size("count"))
    inputs = tuple(Variable(f"u{k}", (where,)) for k in range(arity))
    rhs = call(name, *(v.reference for v in inputs))
    return compile_numpy(Derivation((Equation("v", (where,), rhs=rhs),), inputs), ["v"])

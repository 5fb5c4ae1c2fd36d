"""Rigorous values of an indexed derivation at arrays: every element of every output as a ball.

The indices run over the arrays as they are, so nothing is instantiated: a subexpression is computed once for every
value of the indices that it depends on, and the cost is that of the sums as written.

With a `unit` above 0 the balls are those of *rounded* arithmetic: every operation is followed by a relative error of
that size, in the order in which the equations stand. The radius of a result is then a bound on the error of such a
computation (Higham, Accuracy and Stability of Numerical Algorithms, 3.3: running error analysis), with all orders.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product as choices
from math import prod
from typing import Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray
from sympy import Expr, Indexed, Integer, Mul, Rational, Symbol
from sympy.core.basic import Basic

from symnet.equations import Derivation, Index, Variable
from symnet.errors import SymnetError
from symnet.operations import Call
from symnet.sums import Delta, Sum, Within
from symnet.truth.arithmetic import Undefined
from symnet.truth.enclosure import Balls

__all__ = ["enclose_arrays", "sizes_of"]

_LIBRARY = 4  # units of error of a library function at an argument rounded once; sqrt has one at its own
_Places = dict[Symbol, int]
_Value = Callable[[_Places], arb]


def enclose_arrays(
    derivation: Derivation,
    outputs: Sequence[str],
    arrays: Mapping[str, Any],
    bits: int = 256,
    unit: float = 0.0,
    tiny: float = 0.0,
) -> dict[str, NDArray[Any]]:
    """The named equations as arrays of balls, for arrays of floats (taken exactly) of the declared shapes.

    unit, tiny: the relative and absolute error of one rounding, for a bound on rounding errors; an element without
    a bound is `nan` then. With unit = 0 the values are exact but for the radius of `bits` bits.
    Raises SymnetError for a missing array, a wrong shape or a node without a value, Undefined (an ArithmeticError)
    where the derivation itself has none.
    """
    with ctx.workprec(bits):
        grid = _Grid(derivation, arrays, _Rounded(unit, tiny) if unit else _Termwise(None))
        for equation in derivation.needed_for(*outputs):
            grid.compute(equation.name)
        return {name: grid.values[name] for name in outputs}


def sizes_of(variables: Sequence[Variable], arrays: Mapping[str, Any]) -> dict[Symbol, int]:
    """The symbolic sizes as the shapes of the arrays show them. Raises SymnetError where they contradict."""
    found: dict[Symbol, int] = {}
    lengths: list[tuple[str, Index, int]] = []
    for variable in variables:
        if variable.name not in arrays:
            continue
        shape = np.shape(arrays[variable.name])
        if len(shape) != len(variable.indices):
            raise SymnetError(f"{variable.name} has {len(shape)} axes instead of {len(variable.indices)}")
        for k, length in zip(variable.indices, shape, strict=True):
            lengths.append((variable.name, k, length))
            for symbol in k.size.free_symbols:
                if (k.size - symbol).is_Integer:
                    found.setdefault(symbol, length - int(k.size - symbol))
    for name, k, length in lengths:
        expected = k.size.xreplace({s: Integer(n) for s, n in found.items()})
        if expected != length:
            raise SymnetError(f"{name} has length {length} along {k.symbol}, where {k.size} is {expected}")
    return found


class _Termwise(Balls):
    """Sums, products and powers as the equations have them."""

    def sum(self, terms: Sequence[arb]) -> arb:
        return sum(terms[1:], terms[0])

    def product(self, factors: Sequence[arb]) -> arb:
        return prod(factors[1:], start=factors[0])

    def power(self, base: arb, exponent: int) -> arb:
        if exponent < 0:
            return self.invert(self.power(base, -exponent))
        return self.product([base] * exponent)


class _Rounded(_Termwise):
    """Balls in which every operation adds its rounding error; without a bound, nan."""

    def __init__(self, unit: float, tiny: float) -> None:
        super().__init__(None)
        self.unit, self.tiny = arb(unit), arb(tiny)

    def _widen(self, value: arb, errors: Any = 1) -> arb:
        return arb(value, value.abs_upper() * self.unit * errors + self.tiny)

    def number(self, value: Rational) -> arb:
        exact = super().number(value)
        return exact if exact.is_exact() else self._widen(exact)

    def sum(self, terms: Sequence[arb]) -> arb:
        """In any order: no partial sum is larger than the sum of what is summed."""
        size = super().sum([term.abs_upper() for term in terms])
        return arb(super().sum(terms), size * self.unit * (len(terms) - 1) + self.tiny)

    def product(self, factors: Sequence[arb]) -> arb:
        return self._widen(super().product(factors), len(factors) - 1)

    def power(self, base: arb, exponent: int) -> arb:
        if exponent < 0 and base.contains(0):
            return arb.nan()
        return self._widen(super().power(base, exponent), max(1, abs(exponent) - 1))

    def apply(self, node: Call, args: Sequence[arb]) -> arb:
        """At a kink all that lies between the one-sided values, which one is a convention."""
        if node.function in ("step", "sign") and args[0].contains(0):
            return node.operation.ball(arb(0, 1))
        if node.function == "sqrt":
            return self._widen(self._defined(node, args))
        return self._widen(self._defined(node, [self._widen(u) for u in args]), _LIBRARY)

    def _defined(self, node: Call, args: Sequence[arb]) -> arb:
        try:
            return super().apply(node, args)
        except Undefined:
            return arb.nan()


class _Grid:
    """The values of names so far, and the compiled nodes."""

    def __init__(self, derivation: Derivation, arrays: Mapping[str, Any], arithmetic: _Termwise) -> None:
        self.derivation, self.arithmetic = derivation, arithmetic
        given = (*derivation.inputs, *derivation.parameters)
        self.sizes = sizes_of(given, arrays)
        self.values: dict[str, NDArray[Any]] = {v.name: _balls(arrays[v.name]) for v in given if v.name in arrays}
        self.compiled: dict[Basic, tuple[_Value, frozenset[Symbol]]] = {}
        self.zero = arb(0)

    def compute(self, name: str) -> None:
        equation = self.derivation[name]
        ranges = [self._range(k) for k in equation.indices]
        value, free = self._compile(equation.rhs)
        if unknown := free.difference(k.symbol for k in equation.indices):
            raise SymnetError(f"the size {min(unknown, key=str)} has no value")
        result = np.empty([len(r) for r in ranges], dtype=object)
        for where in choices(*ranges):
            places = dict(zip((k.symbol for k in equation.indices), where, strict=True))
            result[tuple(p - r.start for p, r in zip(where, ranges, strict=True))] = value(places)
        self.values[name] = result

    def _range(self, k: Index) -> range:
        return range(self._integer(k.lower, {}), self._integer(k.upper, {}) + 1)

    def _integer(self, expression: Expr, places: _Places) -> int:
        if expression in places:
            return places[expression]
        value = expression.xreplace({s: Integer(n) for s, n in {**self.sizes, **places}.items()})
        if not value.is_Integer:
            raise SymnetError(f"the size {expression} has no value")
        return int(value)

    def _compile(self, node: Expr) -> tuple[_Value, frozenset[Symbol]]:
        if node not in self.compiled:
            value, free = self._written(node)
            self.compiled[node] = (_remembered(value, tuple(free)), free)
        return self.compiled[node]

    def _written(self, node: Expr) -> tuple[_Value, frozenset[Symbol]]:
        arithmetic = self.arithmetic
        if isinstance(node, Rational):
            number = arithmetic.number(node)
            return lambda places: number, frozenset()
        if isinstance(node, Symbol):
            return self._symbol(node)
        if isinstance(node, Indexed):
            return self._indexed(node)
        if isinstance(node, Sum):
            return self._sum(node)
        if node.is_Pow and node.exp.is_Integer:
            base, free = self._compile(node.base)
            return lambda places: _power(arithmetic, node, base(places)), free
        if node.is_Mul or isinstance(node, Delta | Within):
            return self._product(Mul.make_args(node))
        parts = [self._compile(child) for child in node.args]
        free = frozenset[Symbol]().union(*(names for _, names in parts))
        if node.is_Add:
            return lambda places: arithmetic.sum([part(places) for part, _ in parts]), free
        if isinstance(node, Call):
            return lambda places: arithmetic.apply(node, [part(places) for part, _ in parts]), free
        raise SymnetError(f"{node} is not an operation on numbers")

    def _symbol(self, node: Symbol) -> tuple[_Value, frozenset[Symbol]]:
        if node in self.sizes:
            number = arb(self.sizes[node])
            return lambda places: number, frozenset()
        if node.is_integer:
            return lambda places: arb(places[node]), frozenset((node,))
        return lambda places: self._of(node.name).item(), frozenset()

    def _of(self, name: str) -> NDArray[Any]:
        if name not in self.values:
            raise SymnetError(f"no value is given for {name}")
        return self.values[name]

    def _indexed(self, node: Indexed) -> tuple[_Value, frozenset[Symbol]]:
        name = str(node.base.label)
        variable = self.derivation.variables[name]
        first = [self._integer(k.lower, {}) for k in variable.indices]
        free = frozenset[Symbol]().union(*(k.free_symbols for k in node.indices)) - self.sizes.keys()

        def value(places: _Places) -> arb:
            at = tuple(self._integer(k, places) - low for k, low in zip(node.indices, first, strict=True))
            return self._of(name)[at]

        return value, free

    def _sum(self, node: Sum) -> tuple[_Value, frozenset[Symbol]]:
        body, inside = self._compile(node.body)
        ends = (node.lower.free_symbols | node.upper.free_symbols) - self.sizes.keys()

        def value(places: _Places) -> arb:
            run = range(self._integer(node.lower, places), self._integer(node.upper, places) + 1)
            terms = [body({**places, node.index: k}) for k in run]
            return self.arithmetic.sum(terms) if terms else self.zero

        return value, (inside - {node.index}) | ends

    def _product(self, parts: Sequence[Expr]) -> tuple[_Value, frozenset[Symbol]]:
        """A condition that does not hold makes the product 0, whatever the other factors would be out of range."""
        conditions = [part for part in parts if isinstance(part, Delta | Within)]
        factors = [self._compile(part) for part in parts if part not in conditions]
        free = frozenset[Symbol]().union(*(names for _, names in factors), *(c.free_symbols for c in conditions))

        def value(places: _Places) -> arb:
            if not all(self._holds(condition, places) for condition in conditions):
                return self.zero
            return self.arithmetic.product([factor(places) for factor, _ in factors]) if factors else arb(1)

        return value, free - self.sizes.keys()

    def _holds(self, condition: Expr, places: _Places) -> bool:
        values = [self._integer(part, places) for part in condition.args]
        return values[0] == values[1] if isinstance(condition, Delta) else values[1] <= values[0] <= values[2]


def _power(arithmetic: _Termwise, node: Expr, base: arb) -> arb:
    try:
        return arithmetic.power(base, int(node.exp))
    except ZeroDivisionError:
        raise Undefined(node.base, "zero") from None


def _remembered(value: _Value, free: tuple[Symbol, ...]) -> _Value:
    done: dict[Any, arb] = {}

    def remembered(places: _Places) -> arb:
        key = tuple(places[symbol] for symbol in free)
        if key not in done:
            done[key] = value(places)
        return done[key]

    return remembered


def _balls(values: Any) -> NDArray[Any]:
    """Floats of any type, as they are."""
    array = np.asarray(values)
    result = np.empty(array.shape, dtype=object)
    for where in np.ndindex(array.shape):
        result[where] = arb(float(array[where]))
    return result

"""Exact elements: `Value` is a number of the user's code that is really a formula, `Truth` a comparison of two.

A `Truth` is a number too, [u > 0], so that a mask multiplied with an array opens no cases; a branch on it does.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from sympy import Expr, Integer, Rational, S, Symbol

from symnet.candidates.tracing.constants import recognize
from symnet.candidates.tracing.decisions import Run, Signs, current, note, sign_of
from symnet.candidates.tracing.formulas import add, apply, divide, multiply, negative, power, subtract
from symnet.candidates.tracing.place import Untraceable, here
from symnet.clock import now
from symnet.expressions import product, subexpressions, total
from symnet.operations import Call

__all__ = ["Truth", "Uniform", "Value", "choose", "exact", "fold", "value_of"]


class Value:
    """One exact number. Behaves as a NumPy scalar; `line` is where the user's code computed it."""

    __slots__ = ("_expr", "line")
    __array_priority__ = 100.0
    shape: tuple[int, ...] = ()
    ndim, size = 0, 1

    def __init__(self, expr: Expr) -> None:
        now()
        self._expr, self.line = expr, here()

    @property
    def expr(self) -> Expr:
        return self._expr

    # What the code may ask of a number

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(float)

    @property
    def real(self) -> "Value":
        return self

    def conjugate(self) -> "Value":
        return self

    def item(self) -> "Value":
        return self

    def copy(self) -> "Value":
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_array(self), name)  # x.sum(), x.reshape(1, 1), …: as an array without axes

    def __getitem__(self, key: Any) -> Any:
        return _array(self)[key]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        from symnet.candidates.tracing.array import dispatch_ufunc

        return dispatch_ufunc(ufunc, method, *inputs, **options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        from symnet.candidates.tracing.array import dispatch_function

        return dispatch_function(function, arguments, options)

    def __hash__(self) -> int:
        return hash(self.expr)

    def __repr__(self) -> str:
        return f"Value({self.expr})"

    def __bool__(self) -> bool:
        return current().holds(self.expr, frozenset((-1, 1)))

    def __float__(self) -> float:
        if not self.expr.is_Rational:
            raise Untraceable("float() of a symbol")
        return float(self.expr)

    def __int__(self) -> int:
        if not self.expr.is_Rational:
            raise Untraceable("int() of a symbol")
        return int(self.expr)

    def __index__(self) -> int:
        if not self.expr.is_Integer:
            raise Untraceable("a symbol used as an index")
        return int(self.expr)

    # Arithmetic

    def __add__(self, other: Any) -> Any:
        return _binary(add, self, other)

    def __radd__(self, other: Any) -> Any:
        return _binary(add, other, self)

    def __sub__(self, other: Any) -> Any:
        return _binary(subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _binary(subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        return _binary(multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _binary(multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        return _binary(divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _binary(divide, other, self)

    def __pow__(self, other: Any) -> Any:
        return _binary(power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _binary(power, other, self)

    def __neg__(self) -> "Value":
        return Value(negative(self.expr))

    def __pos__(self) -> "Value":
        return self

    def __abs__(self) -> "Value":
        return Value(apply("abs", self.expr))

    def __lt__(self, other: Any) -> Any:
        return _compare(self, other, _BELOW)

    def __le__(self, other: Any) -> Any:
        return _compare(self, other, _NOT_ABOVE)

    def __gt__(self, other: Any) -> Any:
        return _compare(self, other, _ABOVE)

    def __ge__(self, other: Any) -> Any:
        return _compare(self, other, _NOT_BELOW)

    def __eq__(self, other: Any) -> Any:
        return _compare(self, other, _EQUAL)

    def __ne__(self, other: Any) -> Any:
        return _compare(self, other, _UNEQUAL)


_BELOW, _EQUAL, _ABOVE = frozenset((-1,)), frozenset((0,)), frozenset((1,))
_NOT_ABOVE, _UNEQUAL, _NOT_BELOW = _BELOW | _EQUAL, _BELOW | _ABOVE, _ABOVE | _EQUAL


class Truth(Value):
    """Something that is so or not.

    number: it as 0 or 1, in one formula, None where there is none without cases; ask: which it is in this run.
    operand: what was compared with 0, None where nothing was: a random mask.
    """

    __slots__ = ("_ask", "_number", "operand")

    def __init__(
        self, number: Callable[[], Expr | None], ask: Callable[[Run], bool], operand: Expr | None = S.Zero
    ) -> None:
        super().__init__(S.Zero)
        self._number, self._ask, self.operand = number, ask, operand

    @property
    def expr(self) -> Expr:
        number = self._number()
        return Integer(bool(self)) if number is None else number

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool)

    def __bool__(self) -> bool:
        return self._ask(current())

    def same(self, other: Any) -> bool:
        """Whether it visibly says the same as another."""
        number = self._number()
        return number is not None and isinstance(other, Truth) and number == other._number()

    def __invert__(self) -> "Truth":
        def number() -> Expr | None:
            own = self._number()
            return None if own is None else total(S.One, negative(own))

        return Truth(number, lambda run: not self._ask(run), self.operand)

    def __and__(self, other: Any) -> "Truth":
        return both(self, value_of(other))

    def __or__(self, other: Any) -> "Truth":
        return either(self, value_of(other))

    __rand__, __ror__ = __and__, __or__


def comparison(u: Expr, wanted: Signs) -> Truth:
    """Whether the sign of u is one of the wanted."""

    def number() -> Expr | None:
        if u.is_Rational:
            return Integer(sign_of(u) in wanted)
        if wanted == _ABOVE:
            return apply("step", u)
        if wanted == _BELOW:
            return apply("step", negative(u))
        if wanted in (_NOT_ABOVE, _NOT_BELOW):
            opposite = apply("step", u if wanted == _NOT_ABOVE else negative(u))
            return total(S.One, negative(opposite))
        different = power(apply("sign", u), Integer(2))
        return different if wanted == _UNEQUAL else total(S.One, negative(different))

    return Truth(number, lambda run: run.holds(u, wanted), u)


def zero_or_one(symbol: Symbol) -> Truth:
    """Something random that is so or not, as its name."""
    return Truth(lambda: symbol, lambda run: run.is_one(symbol), None)


def truth_of(value: Value) -> Truth:
    return value if isinstance(value, Truth) else comparison(value.expr, _UNEQUAL)


def both(a: Value, b: Value) -> Truth:
    one, other = truth_of(a), truth_of(b)

    def number() -> Expr | None:
        x, y = one._number(), other._number()
        return None if x is None or y is None else product(x, y)

    return Truth(number, lambda run: one._ask(run) and other._ask(run))


def either(a: Value, b: Value) -> Truth:
    return ~both(~truth_of(a), ~truth_of(b))


def value_of(number: Any) -> Value:
    """A number as an exact one; a float as what it means. Raises Untraceable for what is no number."""
    if isinstance(number, Value):
        return number
    return Value(exact(number))


def exact(number: Any) -> Expr:
    """The exact number that a number of the code means; how a float was read is noted."""
    if isinstance(number, Expr):
        return number
    if isinstance(number, bool | np.bool_ | int | np.integer):
        return Integer(int(number))
    if isinstance(number, float | np.floating):
        meant, how = recognize(number)
        if how:
            note(how)
        return meant
    if isinstance(number, Fraction):
        return Rational(number.numerator, number.denominator)
    if isinstance(number, np.ndarray) and number.ndim == 0:
        return exact(number.item()) if not isinstance(number.item(), Value) else number.item().expr
    raise Untraceable(f"{number!r} as a number")


def _array(value: Value) -> Any:
    from symnet.candidates.tracing.array import Traced

    return Traced.of(value)


def _is_array(other: Any) -> bool:
    return isinstance(other, np.ndarray | list | tuple) or other is None


def _binary(function: Callable[[Expr, Expr], Expr], a: Any, b: Any) -> Any:
    if _is_array(a) or _is_array(b):
        return NotImplemented
    return Value(function(value_of(a).expr, value_of(b).expr))


def _compare(a: Value, b: Any, wanted: Signs) -> Any:
    if b is None or isinstance(b, str):
        return wanted == _UNEQUAL
    if _is_array(b):
        return NotImplemented
    other = value_of(b)
    random = a if isinstance(a, Uniform) else other if isinstance(other, Uniform) else None
    if random is not None:
        below = wanted <= _NOT_ABOVE if random is a else wanted <= _NOT_BELOW
        return random.below(other.expr if random is a else a.expr, below)
    return comparison(subtract(a.expr, other.expr), wanted)


# Choosing


def choose(condition: Any, yes: Any, no: Any) -> Value:
    """yes where the condition holds, else no: [u > 0] yes + [u <= 0] no where both are always defined, else by cases.

    What is certain not to be chosen may be no number (NaN).
    """
    truth = truth_of(value_of(condition))
    number = truth._number()
    if number is not None and number.is_Rational:
        return value_of(yes if number else no)
    a, b = value_of(yes), value_of(no)
    if isinstance(a, Truth) and isinstance(b, Truth):
        return either(both(truth, a), both(~truth, b))
    first, second = a.expr, b.expr
    if first == second:
        return a
    if number is None or (truth.operand is not None and _partial(first, second) - _partial(truth.operand)):
        return a if truth else b
    if second.is_zero and number == apply("step", first):
        return Value(apply("relu", first))
    return Value(total(product(number, first), product(total(S.One, negative(number)), second)))


def _partial(*formulas: Expr) -> set[Expr]:
    """The places where not all the formulas are defined alike: divisions, roots and logarithms of one alone."""
    found = [
        {
            n.base if n.is_Pow else n.args[0]
            for n in subexpressions(formula)
            if (n.is_Pow and n.exp.is_negative) or (isinstance(n, Call) and n.function in ("log", "sqrt"))
        }
        for formula in formulas
    ]
    alone = set.union(*found) - set.intersection(*found) if len(found) > 1 else found[0]
    return {u for u in alone if not u.is_Rational and not Run().cannot_vanish(u)}


# Randomness


class Uniform(Value):
    """A random number between 0 and 1, of which the code may only ask whether it is below something.

    mask: the name of [the neuron is kept], which has probability 1 - drop_probability.
    """

    __slots__ = ("drop_probability", "mask")

    def __init__(self, mask: Symbol, drop_probability: Expr) -> None:
        super().__init__(S.Zero)
        self.mask, self.drop_probability = mask, drop_probability

    @property
    def expr(self) -> Expr:
        raise Untraceable("arithmetic with a random number")

    def below(self, bound: Expr, below: bool) -> Truth:
        """[self < bound], or its opposite. Raises Untraceable where the probability is neither to keep nor to drop."""
        kept = zero_or_one(self.mask)
        drop = self.drop_probability
        if subtract(bound, subtract(S.One, drop)).expand().is_zero:
            return kept if below else ~kept
        if subtract(bound, drop).expand().is_zero:
            return ~kept if below else kept
        raise Untraceable(f"a random number compared with {bound}, neither {drop} nor 1 - {drop},")


def sum_of(values: list[Value]) -> Value:
    return Value(total(*(v.expr for v in values)))


def product_of(values: list[Value]) -> Value:
    return Value(product(*(v.expr for v in values)) if values else S.One)


def fold(function: Callable[[Expr, Expr], Expr]) -> Callable[[list[Value]], Value]:
    return lambda values: Value(reduce(function, (v.expr for v in values)))

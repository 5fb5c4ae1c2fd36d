"""NumPy's and SciPy's elementwise functions on exact elements: one row a function, by the name of the ufunc."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from sympy import Expr, Integer, Pow, Rational, S

from symnet.candidates.tracing.formulas import add, apply, divide, maximum, minimum, multiply, negative, power, subtract
from symnet.candidates.tracing.selection import of_integers, said_equal
from symnet.candidates.tracing.values import (
    Value,
    both,
    choose,
    either,
    fold,
    product_of,
    sum_of,
    truth_of,
    value_of,
)
from symnet.expressions import product, total

__all__ = ["ELEMENTWISE", "REDUCTIONS"]

_ONE, _TWO = S.One, Integer(2)


def _formula(function: Callable[..., Expr]) -> Callable[..., Any]:
    """A function of formulas as one of elements."""
    return lambda *values: Value(function(*(value_of(v).expr for v in values)))


def _elements(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: function(*map(value_of, values))


def _exp(u: Expr) -> Expr:
    return apply("exp", u)


def _log(u: Expr) -> Expr:
    return apply("log", u)


def _sqrt(u: Expr) -> Expr:
    return apply("sqrt", u)


def _cosh(u: Expr) -> Expr:
    return product(Rational(1, 2), total(_exp(u), _exp(negative(u))))


def _sinh(u: Expr) -> Expr:
    return product(Rational(1, 2), total(_exp(u), negative(_exp(negative(u)))))


def _erf(u: Expr) -> Expr:
    """erf(u) = 2 Phi(sqrt(2) u) - 1."""
    return total(product(_TWO, _normal_cdf(product(apply("sqrt", _TWO), u))), S.NegativeOne)


def _normal_cdf(u: Expr) -> Expr:
    """Phi(-u) = 1 - Phi(u): one of the two is written by the other."""
    if u.could_extract_minus_sign():
        return subtract(_ONE, apply("normal_cdf", negative(u)))
    return apply("normal_cdf", u)


def _heaviside(u: Expr, at_zero: Expr) -> Expr:
    return total(apply("step", u), product(at_zero, total(_ONE, negative(Pow(apply("sign", u), 2)))))


def _log_to(base: int) -> Callable[[Expr], Expr]:
    return lambda u: divide(_log(u), _log(Integer(base)))


_FORMULAS: dict[str, Callable[..., Expr]] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "power": power,
    "float_power": power,
    "negative": negative,
    "positive": lambda u: u,
    "conjugate": lambda u: u,
    "square": lambda u: power(u, _TWO),
    "sqrt": _sqrt,
    "reciprocal": lambda u: power(u, S.NegativeOne),
    "exp": _exp,
    "exp2": lambda u: _exp(product(u, _log(_TWO))),
    "expm1": lambda u: total(_exp(u), S.NegativeOne),
    "log": _log,
    "log1p": lambda u: _log(total(_ONE, u)),
    "log2": _log_to(2),
    "log10": _log_to(10),
    "tanh": lambda u: apply("tanh", u),
    "sinh": _sinh,
    "cosh": _cosh,
    "logaddexp": lambda u, v: _log(total(_exp(u), _exp(v))),
    "absolute": lambda u: apply("abs", u),
    "fabs": lambda u: apply("abs", u),
    "sign": lambda u: apply("sign", u),
    "maximum": maximum,
    "minimum": minimum,
    "fmax": maximum,
    "fmin": minimum,
    "clip": lambda u, low, high: minimum(maximum(u, low), high),
    "hypot": lambda u, v: _sqrt(total(Pow(u, 2), Pow(v, 2))),
    "heaviside": _heaviside,
    # scipy.special
    "expit": lambda u: apply("sigmoid", u),
    "log_expit": lambda u: negative(apply("softplus", negative(u))),
    "logit": lambda u: _log(divide(u, subtract(_ONE, u))),
    "erf": _erf,
    "erfc": lambda u: subtract(_ONE, _erf(u)),
    "ndtr": _normal_cdf,
    "xlogy": lambda u, v: product(u, _log(v)),
}


def _equal(wanted: bool) -> Callable[..., Any]:
    def compare(a: Value, b: Value) -> Any:
        said = said_equal(a, b)
        if said is None:
            return a == b if wanted else a != b
        return said if wanted else ~said

    return compare


# Of integers that depend on values (argmax): arithmetic with them makes another such integer.
_INTEGERS = {
    name: of_integers(function, _formula(_FORMULAS[name]) if name in _FORMULAS else None)
    for name, function in {
        "add": operator.add,
        "subtract": operator.sub,
        "multiply": operator.mul,
        "floor_divide": operator.floordiv,
        "remainder": operator.mod,
    }.items()
}

ELEMENTWISE: dict[str, Callable[..., Any]] = {name: _formula(f) for name, f in _FORMULAS.items()} | {
    **_INTEGERS,
    "greater": _elements(lambda a, b: a > b),
    "greater_equal": _elements(lambda a, b: a >= b),
    "less": _elements(lambda a, b: a < b),
    "less_equal": _elements(lambda a, b: a <= b),
    "equal": _elements(_equal(True)),
    "not_equal": _elements(_equal(False)),
    "logical_and": _elements(both),
    "logical_or": _elements(either),
    "logical_not": _elements(lambda a: ~truth_of(a)),
    "bitwise_and": _elements(both),
    "bitwise_or": _elements(either),
    "invert": _elements(lambda a: ~truth_of(a)),
    # every formula has a finite value where it is defined
    "isfinite": lambda a: np.True_,
    "isnan": lambda a: np.False_,
    "isinf": lambda a: np.False_,
    "where": choose,
}


def _all(values: list[Value]) -> bool:
    return all(bool(v) for v in values)


def _any(values: list[Value]) -> bool:
    return any(bool(v) for v in values)


# What a reduction along an axis makes of the elements of a row.
REDUCTIONS: dict[str, Callable[[list[Value]], Any]] = {
    "add": sum_of,
    "multiply": product_of,
    "maximum": fold(maximum),
    "minimum": fold(minimum),
    "fmax": fold(maximum),
    "fmin": fold(minimum),
    "logical_and": _all,
    "logical_or": _any,
}

"""What arithmetic, powers and maxima make of formulas, in symnet's own vocabulary."""

from sympy import Expr, Pow, S

from symnet.candidates.tracing.place import Untraceable
from symnet.expressions import product, total
from symnet.operations import OPERATIONS, call

__all__ = ["add", "apply", "divide", "maximum", "minimum", "multiply", "negative", "power", "subtract"]


def add(*terms: Expr) -> Expr:
    return total(*terms)


def negative(a: Expr) -> Expr:
    return product(S.NegativeOne, a)


def subtract(a: Expr, b: Expr) -> Expr:
    return total(a, negative(b))


def multiply(a: Expr, b: Expr) -> Expr:
    return product(a, b)


def divide(a: Expr, b: Expr) -> Expr:
    return product(a, power(b, S.NegativeOne))


def power(base: Expr, exponent: Expr) -> Expr:
    if exponent.is_Integer:
        if base.is_zero and exponent < 0:
            raise Untraceable("a division by zero")
        return Pow(base, exponent)
    if (2 * exponent).is_Integer:
        return Pow(apply("sqrt", base), 2 * exponent)
    if base.is_Rational and base > 0 and exponent.is_Rational is not True:
        return apply("exp", product(exponent, apply("log", base)))
    raise Untraceable(f"the power {base}**{exponent}")


def apply(name: str, *arguments: Expr) -> Expr:
    """An operation of the table: its value where that is rational, else the call."""
    if all(a.is_Rational for a in arguments):
        value = OPERATIONS[name].exact(*arguments)
        if value is not None:
            return value
    return call(name, *arguments)


def maximum(a: Expr, b: Expr) -> Expr:
    if a == b:
        return a
    if a.is_zero or b.is_zero:
        return apply("relu", b if a.is_zero else a)
    return apply("max", a, b)


def minimum(a: Expr, b: Expr) -> Expr:
    return a if a == b else apply("min", a, b)

"""Exact arithmetic on what a reader has read, refusing what would grow without bound.

Raises InputError without a place: the reader that called knows where the text stands.
"""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from sympy import Add, Expr, Integer, Mul, Pow, Rational, S

from symnet.errors import InputError
from symnet.expressions import product, rebuild, total
from symnet.operations import ABSTRACT, OPERATIONS, call, sqrt

__all__ = ["MAX_DIGITS", "MAX_EXPONENT", "add", "apply", "exponent", "multiply", "number", "power", "signed_sum"]

MAX_DIGITS = 1000  # of any number, read or computed
MAX_EXPONENT = 64  # the largest absolute exponent of a power

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?:/\d+)?", re.ASCII)


def number(text: str) -> Rational:
    """The exact value of an integer, a decimal (`0.1` is 1/10, `1e-3` is 1/1000) or a fraction `1/2`."""
    if not _NUMBER.fullmatch(text):
        raise InputError(f"{text!r} is not a number: write an integer, a decimal or a fraction")
    if len(text) > MAX_DIGITS or abs(int(re.split("[eE]", text.partition("/")[0] + "e0")[1])) > MAX_DIGITS:
        raise InputError(f"the number {text[:20]}… has more than {MAX_DIGITS} digits")
    upper, _, lower = text.partition("/")
    if lower and not int(lower):
        raise InputError(f"division by zero in {text!r}")
    value = Fraction(upper) / int(lower or 1)
    return Rational(value.numerator, value.denominator)


def add(terms: Sequence[Expr]) -> Expr:
    """The sum of the terms."""
    coefficients = (part.as_coeff_Mul()[0] for term in terms for part in Add.make_args(term))
    _bound(Rational(1, q) for q in {c.q for c in coefficients if c.is_Rational})
    return total(*terms)


def signed_sum(parts: Sequence[Expr | str]) -> Expr:
    """The sum of terms with their signs between them, as a grammar lists them: `["-", a, "+", b]`."""
    terms: list[Expr] = []
    sign = "+"
    for part in parts:
        if isinstance(part, str):
            sign = part
        else:
            terms.append(part if sign == "+" else multiply([S.NegativeOne, part]))
    return add(terms)


def multiply(factors: Sequence[Expr]) -> Expr:
    """The product of the factors; a number before a sum stays before it."""
    coefficients = (factor.as_coeff_Mul()[0] for factor in factors)
    _bound(c for c in coefficients if c.is_Rational)
    return product(*factors)


def exponent(value: Expr) -> Expr:
    """The value, which must be a small integer or half of one."""
    if not value.is_Rational or value.q > 2:
        raise InputError(f"the exponent {value} is neither an integer nor a half-integer")
    _bound_exponent(value)
    return value


def power(base: Expr, exponent: Expr) -> Expr:
    """base^exponent for an `exponent(…)`; x^(n/2) is sqrt(x)^n."""
    if exponent.q == 2:
        base, exponent = sqrt(base), Integer(exponent.p)
    if base == 0 and exponent < 0:
        raise InputError("division by zero")
    _bound([base.as_coeff_Mul()[0]] * abs(int(exponent)))
    result = rebuild(Pow(base, exponent, evaluate=False), (base, exponent))
    for factor in Mul.make_args(result):
        _bound_exponent(factor.as_base_exp()[1])
    return result


def apply(function: str, arguments: Sequence[Expr], order: int = 0) -> Expr:
    """An operation of the table or an abstract function (or its order-th derivative) at the arguments."""
    arity = OPERATIONS[function].arity if function in OPERATIONS else 1
    if len(arguments) != arity:
        wanted = "1 argument" if arity == 1 else f"{arity} arguments"
        raise InputError(f"{function} takes {wanted}, not {len(arguments)}")
    if function in ABSTRACT or not order:
        return call(function, *arguments, order=order)
    if order > 1 or arity > 1:
        raise InputError(f"this derivative of {function} has no notation of its own: write it out")
    value = call(function, *arguments)
    return value.partials(value)[0]


def _bound(factors: Iterable[Expr]) -> None:
    bits = sum(abs(c.p).bit_length() + c.q.bit_length() - 2 for c in factors)
    if bits > MAX_DIGITS * 10 / 3:
        raise InputError(f"a number here would have more than {MAX_DIGITS} digits")


def _bound_exponent(exponent: Expr) -> None:
    if abs(exponent) > MAX_EXPONENT:
        raise InputError(f"the exponent {exponent} is too large: at most {MAX_EXPONENT}")

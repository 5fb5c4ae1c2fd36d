"""Floats as the exact numbers they mean: 0.1 is 1/10, 0.3333333333333333 is 1/3, 1.4142135623730951 is sqrt(2).

A float that is written as an integer or a short decimal, a ratio of small integers, the square root of one, or a
multiple of sqrt(2 pi), sqrt(pi) or their inverses, to a few units in its last place, is read as that number. By
chance this happens to one float in 10^5. Any other float is the binary fraction that it is.
"""

from fractions import Fraction
from math import isfinite, pi, sqrt, ulp
from typing import Any

import numpy as np
from sympy import Expr, Integer, Rational

from symnet.candidates.tracing.place import Untraceable
from symnet.expressions import product
from symnet.operations import call
from symnet.operations import sqrt as root

__all__ = ["recognize"]

_DIGITS = 10  # of a decimal that somebody typed
_SINGLE_DIGITS = 5  # of one that was rounded to float32
_DENOMINATOR = 1000
_ULPS = 4  # what 1 - 0.9 and 1/3*3 may lose
_ONE = 2.0**-53  # and what is lost where 1 was subtracted from
# 1/sqrt(2 pi) is the density of the normal distribution at 0: the one way that pi comes into symnet's formulas.
_DENSITY = call("normal_pdf", Integer(0))
_UNITS = (
    ("", 1.0, Integer(1)),
    ("/sqrt(2*pi)", 1 / sqrt(2 * pi), _DENSITY),
    ("/sqrt(pi)", 1 / sqrt(pi), product(root(Integer(2)), _DENSITY)),
    ("*sqrt(2*pi)", sqrt(2 * pi), 1 / _DENSITY),
    ("*sqrt(pi)", sqrt(pi), 1 / product(root(Integer(2)), _DENSITY)),
)


def recognize(value: Any) -> tuple[Expr, str]:
    """The exact number that a float means, and a note on how it was read; none where it is exact (1/2).

    Raises Untraceable for infinities and what is not a number.
    """
    number = float(value)
    if not isfinite(number):
        raise Untraceable(f"the constant {value}")
    if number.is_integer():
        return Integer(int(number)), ""
    written = str(value)
    decimal = Fraction(written)
    single = isinstance(value, np.float32 | np.float16)
    if len(written.partition("e")[0].strip("-0.").replace(".", "")) <= (_SINGLE_DIGITS if single else _DIGITS):
        return _rational(decimal), "" if decimal == Fraction(number) else f"{written} read as {decimal}"
    for name, unit, exact in _UNITS:
        ratio = _near(number / unit)
        if ratio is not None:
            return product(_rational(ratio), exact), f"{written} read as {ratio}{name}"
    square = _near(number * number, 2 * _ULPS)
    if square is not None and abs(sqrt(square) - abs(number)) <= ulp(number):
        meant = root(_rational(square))
        return product(Integer(1 if number > 0 else -1), meant), f"{written} read as {'-' * (number < 0)}sqrt({square})"
    rounded = Fraction(str(np.float32(number)))
    exact_value = _rational(Fraction(number))
    if float(np.float32(number)) == number:
        return exact_value, f"{written} taken exactly; it is {rounded} rounded to float32"
    return exact_value, f"{written} is no number that symnet recognizes: taken exactly, as {exact_value}"


def _near(number: float, ulps: int = _ULPS) -> Fraction | None:
    """The ratio of small integers, or the short decimal, that a float is next to."""
    close = ulps * ulp(number)
    loose = max(close, _ONE if abs(number) > 1e-4 else 0.0)
    ratio = Fraction(number).limit_denominator(_DENOMINATOR)
    for meant, margin in ((ratio, loose), (Fraction(f"{number:.6g}"), loose), (Fraction(f"{number:.10g}"), close)):
        if meant and abs(meant - Fraction(number)) <= Fraction(margin):
            return meant
    return None


def _rational(value: Fraction) -> Rational:
    return Rational(value.numerator, value.denominator)

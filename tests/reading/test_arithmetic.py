"""Exact numbers, powers and their bounds."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Add, Integer, Mul, Pow, Rational, Symbol

from symnet.errors import InputError
from symnet.operations import call, sqrt
from symnet.reading.arithmetic import MAX_DIGITS, add, apply, exponent, multiply, number, power, signed_sum

A, B = Symbol("a"), Symbol("b")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", Rational(0)),
        ("0.1", Rational(1, 10)),
        ("-1/2", Rational(-1, 2)),
        ("+3", Rational(3)),
        (".5", Rational(1, 2)),
        ("2.", Rational(2)),
        ("1e-5", Rational(1, 10**5)),
        ("2.5E3", Rational(2500)),
        ("0.25/3", Rational(1, 12)),
        ("007", Rational(7)),
    ],
)
def test_numbers_are_exact(text, value):
    assert number(text) == value
    assert number(text).is_Rational


@given(st.integers(-(10**30), 10**30), st.integers(0, 25))
def test_a_decimal_is_its_digits_over_a_power_of_ten(digits, places):
    text = f"{abs(digits):0{places + 1}d}"
    text = ("-" if digits < 0 else "") + (text[:-places] + "." + text[-places:] if places else text)
    assert Fraction(int(number(text).p), int(number(text).q)) == Fraction(digits, 10**places)


@pytest.mark.parametrize(
    "text", ["", "-", "1_000", "0x1f", "nan", "inf", "1,5", "1/-2", "1/2/3", "٣", "1e", "1 2", "a"]
)
def test_anything_else_is_no_number(text):
    with pytest.raises(InputError, match="is not a number"):
        number(text)


def test_division_by_zero_is_refused():
    with pytest.raises(InputError, match="division by zero in '1/0'"):
        number("1/0")
    with pytest.raises(InputError, match="division by zero"):
        power(A - A, Integer(-1))


@pytest.mark.parametrize("text", ["1" * (MAX_DIGITS + 1), "1e1001", "1e-1001", "1e" + "9" * 900])
def test_a_number_has_at_most_a_thousand_digits(text):
    with pytest.raises(InputError, match="more than 1000 digits"):
        number(text)


def test_a_thousand_digits_are_read():
    assert number("9" * MAX_DIGITS) == 10**MAX_DIGITS - 1


def test_computed_numbers_are_bounded_too():
    big = power(Integer(9), Integer(64))
    with pytest.raises(InputError, match="more than 1000 digits"):
        power(big, Integer(64))
    with pytest.raises(InputError, match="more than 1000 digits"):
        power(multiply([big, A]), Integer(64))
    with pytest.raises(InputError, match="more than 1000 digits"):
        multiply([Integer(2)] * 5000)
    with pytest.raises(InputError, match="more than 1000 digits"):
        add([A / k for k in range(10**6, 10**6 + 1000)])


def test_a_number_stays_before_a_sum():
    assert multiply([Integer(2), A + B]) == Mul(2, A + B, evaluate=False)
    assert multiply([A + B, Rational(1, 2)]) == Mul(Rational(1, 2), A + B, evaluate=False)
    assert signed_sum([A, "-", A + B, "+", B]) == Add(A, Mul(-1, A + B, evaluate=False), B)
    # SymPy's own -(-2 (a + b)) would lose the bracket.
    assert power(Mul(-2, A + B, evaluate=False), Integer(2)) == Mul(4, Pow(A + B, 2))


def test_half_integer_powers_are_roots():
    assert power(A, Rational(1, 2)) == sqrt(A)
    assert power(A, Rational(-3, 2)) == Pow(sqrt(A), -3)


@pytest.mark.parametrize("value", [A, Rational(1, 3), sqrt(A)])
def test_other_exponents_are_refused(value):
    with pytest.raises(InputError, match="neither an integer nor a half-integer"):
        exponent(value)


@pytest.mark.parametrize("value", [Integer(65), Integer(-65), Rational(131, 2)])
def test_exponents_are_bounded(value):
    with pytest.raises(InputError, match="too large: at most 64"):
        exponent(value)


def test_powers_of_powers_are_bounded():
    with pytest.raises(InputError, match="exponent 128 is too large"):
        power(power(A, Integer(64)), Integer(2))


def test_functions_have_their_number_of_arguments():
    assert apply("elu", [A, Integer(1)]) == call("elu", A, 1)
    with pytest.raises(InputError, match="elu takes 2 arguments, not 1"):
        apply("elu", [A])
    with pytest.raises(InputError, match="f takes 1 argument, not 0"):
        apply("f", [])


def test_derivatives_of_functions():
    value = call("sigmoid", A)
    assert apply("f", [A], 2) == call("f", A, order=2)
    assert apply("sigmoid", [A], 1) == value * (1 - value)
    with pytest.raises(InputError, match="derivative of sigmoid has no notation"):
        apply("sigmoid", [A], 2)

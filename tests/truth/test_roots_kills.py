"""Small facts about signs and square roots that a mutant of `truth/roots.py` would get wrong."""

import pytest
from sympy import Expr, Integer, symbols

from symnet.operations import call, sqrt
from symnet.truth import roots as module
from symnet.truth.assumptions import negative, positive
from symnet.truth.field import Field
from symnet.truth.prove import prove_equal
from tests.truth.test_roots import same, sign_of

x, y, z = symbols("x y z")
two, three = sqrt(Integer(2)), sqrt(Integer(3))


def size(u: Expr) -> Expr:
    return call("abs", u)


def test_a_root_in_a_divisor_may_still_be_zero() -> None:
    below = 1 / (sqrt(x) + 1)
    assert prove_equal(sqrt(x) ** 2 * below, x * below).nonzero == (x,)


def test_the_sign_of_a_multiple_of_a_root() -> None:
    assert same(size(x - sqrt(x)), sqrt(x) * size(sqrt(x) - 1))
    assert same(size(x**2 - sqrt(x)), sqrt(x) * size(x * sqrt(x) - 1))
    assert same(size(x * y - sqrt(x)), sqrt(x) * size(y * sqrt(x) - 1))
    assert not same(size(x - sqrt(x)), sqrt(x) * size(sqrt(x) + 1))
    assert same(size(x + two), size(-two - x))
    assert sign_of(x + two) is None


def test_longer_polynomials_with_roots_are_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SIGN_TERMS", 2)
    assert sign_of(sqrt(x**2 + 1) - x) == 1
    monkeypatch.setattr(module, "_SIGN_TERMS", 1)
    assert sign_of(sqrt(x**2 + 1) - x) is None


def test_the_larger_part_decides_a_sign() -> None:
    for assumed, sign in ((positive(x), 1), (negative(x), -1)):
        assert sign_of(1 - sqrt(1 - x), assumed) == sign
        assert sign_of(sqrt(1 - x) - 1, assumed) == -sign
    step = call("sign", x)
    assert sign_of((3 + step) / 2 - sqrt((5 + 3 * step) / 2)) is None  # it is 0


def test_assumed_signs_that_agree() -> None:
    assert sign_of(x + size(y), positive(x + size(y))) == 1
    assert sign_of(x + y, positive(x + y), positive(x), positive(y)) == 1
    assert sign_of(x + y, negative(x + y), negative(x), negative(y)) == -1


LARGE, LARGER = 10**60 + 7, 10**70 + 33  # primes


def test_numbers_with_large_factors_have_roots() -> None:
    product = sqrt(Integer(LARGE * LARGER))  # that nobody can find
    assert same(product**2 / LARGE, Integer(LARGER))
    assert same(sqrt(Integer(3 * LARGE**2)), LARGE * three)
    assert same(sqrt(Integer(12 * LARGE**2 * LARGER**2)), 2 * LARGE * LARGER * three)


def test_negative_norms_have_no_root() -> None:
    assert same(sqrt(2 + sqrt(Integer(5))) ** 2, 2 + sqrt(Integer(5)))
    assert same(sqrt(1 - x) * sqrt(1 - y), sqrt((1 - x) * (1 - y)))


def test_a_root_whose_parts_have_denominators() -> None:
    field = Field()
    first, second, third = (field.element(u) for u in (sqrt(x), sqrt(x * y), sqrt(x + 1)))
    w, one = first * second / field.element(x), field.number(1)  # sqrt(y)
    value = one + w + (w - one) * third
    square = value * value
    assert square.den.is_one()
    assert (field.sqrt(square) - field.absolute(value)).is_zero


def test_signs_that_may_be_zero() -> None:
    step = (1 + call("sign", x)) / 2
    assert same(call("sign", x / (call("exp", 2 * step) - 1)), step)
    assert sign_of(y, positive(step * y)) is None
    assert same(size(step * y), step * size(y))

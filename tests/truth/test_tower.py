"""Towers of square roots: what each root costs, where numbers meet, how they are written and measured."""

from fractions import Fraction
from itertools import combinations
from math import prod

import pytest
from flint import fmpq

from symnet.truth.numbers import Number, Tower, bits_of

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23)


def root(value: int | Number, tower: Tower | None = None) -> Number:
    return Number(value, tower).sqrt()


def test_bits_hold_the_digits_and_no_more_than_one_is_spare() -> None:
    for digits in range(1, 60):
        assert 2 ** (bits_of(digits) - 2) < 10**digits <= 2 ** (bits_of(digits) - 1)


# What a tower refuses


def test_a_tower_has_eight_roots_unless_told_otherwise() -> None:
    tower = Tower()
    for prime in PRIMES[:8]:
        root(prime, tower)
    assert root(prod(PRIMES[:8]), tower) ** 2 == prod(PRIMES[:8])
    with pytest.raises(OverflowError, match=r"^the exact value needs more than 8 independent square roots$"):
        root(PRIMES[8], tower)


def test_a_product_costs_the_pairs_of_its_terms() -> None:
    tower = Tower(work=6)
    x = 1 + root(2, tower)
    y = x + root(3, tower)
    assert (x * y).rational_part == 3
    with pytest.raises(OverflowError, match=r"^the exact value needs too many products of square roots$"):
        x * 1


def test_rational_numbers_and_a_tower_of_its_own_cost_nothing() -> None:
    tower = Tower(work=0)
    x = root(2, tower)
    assert Number(6, tower) * Number(7, tower) / 2 == 21
    assert Number(x, tower).terms == x.terms
    assert Number(0, tower) * 3 == 0


def test_coefficients_have_20000_bits_at_most() -> None:
    long = Number(2**10_000)
    assert long * 2**9_999 == 2**19_999
    assert (root(2) * 2**9_999 * Fraction(1, 2**9_999)) ** 2 == 2
    with pytest.raises(OverflowError, match=r"^the exact value has coefficients of more than 20000 bits$"):
        long * long
    with pytest.raises(OverflowError, match=r"^the exact value has coefficients of more than 20000 bits$"):
        (long * root(2)) * long


# Which roots join


def test_squares_of_primes_below_100000_come_out_of_roots() -> None:
    prime = 2**89 - 1
    assert root(99_991**2 * prime).text() == f"99991*sqrt({prime})"
    assert root(100_003**2 * prime).text() == f"sqrt({100_003**2 * prime})"


def test_roots_of_squares_are_found_beside_nested_roots() -> None:
    """x^2 y for y whose root is in the tower: sqrt(y) is not rational, and x has a root itself."""
    tower = Tower(limit=4)
    two, nested = root(2, tower), (2 + root(2, tower)).sqrt()
    for x in (1 + two, 2 + two, 3 - 2 * two, two - 1, Number(Fraction(3, 2)), two / 5):
        assert (x * x * nested**2).sqrt() == abs(x) * nested
        assert (x * x * (1 + nested) ** 2).sqrt() == abs(x) * (1 + nested)
    assert len(tower.radicands) == 2
    assert (3 * nested**2).sqrt() == root(3, tower) * nested


def test_a_sum_of_roots_is_found_whatever_has_joined_before() -> None:
    tower = Tower()
    roots = [root(p, tower) for p in PRIMES[:4]]
    for r, s, t in combinations(roots, 3):
        total = 1 + r - 2 * s + r * t / 3
        assert (total**2).sqrt() == abs(total)
    assert len(tower.radicands) == 4


def test_a_nested_root_that_can_be_written_without_nesting_is() -> None:
    assert (5 + 2 * root(6)).sqrt().text() == "sqrt(2) + sqrt(3)"
    assert (5 - 2 * root(6)).sqrt().text() == "-sqrt(2) + sqrt(3)"
    assert (1 + root(2)).sqrt().nesting == 2
    assert (10 + root(96)).sqrt().text() == "2 + sqrt(6)"
    assert (-10 + root(105)).sqrt().nesting == 2


def test_roots_are_positive() -> None:
    tower = Tower()
    for x in (1 - root(2, tower), root(2, tower) - root(3, tower), root(3, tower) - 2, 1 - (1 + root(2, tower)).sqrt()):
        assert x < 0
        assert (x * x).sqrt() == -x
        assert (x * x).sqrt().sign() == 1


def test_zero() -> None:
    zero = root(2) - root(2)
    assert Number(3) * 0 == 0 * Number(3) == zero
    assert (zero.sqrt(), abs(zero), -zero, zero * root(2), 0 / root(2)) == (0, 0, 0, 0, 0)
    assert (zero.sign(), zero.tower.sign({}), bool(zero), zero.nesting, zero.size) == (0, 0, False, 0, 0)
    elsewhere = Number(zero, Tower())
    assert (elsewhere, elsewhere.tower.radicands) == (0, [])


def test_signs_need_as_many_bits_as_they_need() -> None:
    for power in (1, 60, 301, 900):
        x = (1 - root(2)) ** power
        assert x.sign() == (-1) ** power
        assert x.ball(5).rel_accuracy_bits() >= bits_of(5)


# Where numbers meet


def test_numbers_meet_in_the_tower_of_the_left_one_or_of_the_irrational_one() -> None:
    r, s, one = root(2), root(3), Number(1)
    for result in (r + s, r - s, r * s, r / s, r + one, one + r, one - r, one * r, one / r):
        assert result.tower is r.tower
    assert (one + Number(2)).tower is one.tower
    assert (s.tower.embed(r.tower, r.terms), len(s.tower.radicands)) == ({2: fmpq(1)}, 2)
    assert Number(r, s.tower).tower is s.tower
    assert Number(r, s.tower) * s == root(6)
    nested = (2 + (2 + root(3, Tower())).sqrt() + root(7)).sqrt()
    assert Number(nested, Tower()).text() == nested.text()


def test_numbers_with_other_rational_parts_are_unequal_without_meeting() -> None:
    narrow = root(2, Tower(limit=1))
    assert (narrow == 1 + root(3)) is False
    with pytest.raises(OverflowError):
        narrow == root(3)  # noqa: B015


# Operators


def test_the_signs_of_a_number() -> None:
    r = root(2)
    assert (+r, -r, abs(-r), abs(r)) == (r, r * -1, r, r)
    assert (2 - r).sign() == 1
    assert (1 - r).sign() == -1
    assert (r < r, r <= r, r < 2 - r, 2 - r < r) == (False, True, False, True)
    assert str(-r) == "-sqrt(2)"


@pytest.mark.parametrize("foreign", [None, 0.0, {}])
def test_foreign_types_are_refused_by_every_operator(foreign: object) -> None:
    r = root(2)
    for operation in (
        lambda: r + foreign,
        lambda: foreign + r,
        lambda: r - foreign,
        lambda: foreign - r,
        lambda: r * foreign,
        lambda: foreign * r,
        lambda: r / foreign,
        lambda: foreign / r,
        lambda: r**foreign,
        lambda: r < foreign,
        lambda: r >= foreign,
    ):
        with pytest.raises(TypeError, match=r"unsupported operand|not supported between"):
            operation()
    assert r != foreign


# Reading


def test_terms_are_written_in_order() -> None:
    tower = Tower()
    five, three = root(5, tower), root(3, tower)
    first, second = (7 + root(5, tower)).sqrt(), (3 + root(3, tower)).sqrt()
    total = second + first + five + three - 1
    assert total.text() == "-1 + sqrt(3) + sqrt(5) + sqrt(7 + sqrt(5)) + sqrt(3 + sqrt(3))"
    assert (first * second - 2 * three * first / 7).text() == (
        "-2*sqrt(3)*sqrt(7 + sqrt(5))/7 + sqrt(7 + sqrt(5))*sqrt(3 + sqrt(3))"
    )


def test_a_product_of_roots_is_written_with_one_root() -> None:
    tower = Tower()
    x = root(6, tower) * root(10, tower) * root(21, tower)
    assert x.text() == "6*sqrt(35)"
    assert tower.written(7) == (6, 35, [])
    assert (x * (1 + root(6, tower)).sqrt()).text() == "6*sqrt(35)*sqrt(1 + sqrt(6))"


def test_size_is_the_bits_of_coefficients_and_of_what_is_under_each_root() -> None:
    assert Number(Fraction(5, 8)).size == 3 + 4
    r, s = root(2), root(3)
    assert r.size == 2 + 3  # 1/1, and 2/1 under the root
    assert (1 + r + s + r * s).size == 4 * 2 + 2 * 3 + 2 * 3
    assert (2 + r).sqrt().size == 2 + (3 + 2 + 3)

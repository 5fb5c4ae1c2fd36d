"""Laws of exact numbers: a field, ordered like its balls, with square roots that are recognized."""

import ast
import operator
from fractions import Fraction

import pytest
from flint import arb, fmpq, fmpz
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

from symnet.operations import sqrt
from symnet.truth.enclosure import enclose
from symnet.truth.numbers import Number, Tower, bits_of

fractions = st.fractions(min_value=-5, max_value=5, max_denominator=6)
positive = st.fractions(min_value=Fraction(1, 6), max_value=6, max_denominator=6)
quick = settings(max_examples=40, deadline=None)


@st.composite
def numbers(draw: st.DrawFn) -> Number:
    """a + b sqrt(|c + d sqrt(e)|), each in a tower of its own."""
    a, b, c, d, e = (draw(s) for s in (fractions, fractions, fractions, fractions, positive))
    return a + b * abs(c + d * Number(e).sqrt()).sqrt()


@quick
@given(numbers(), numbers(), numbers())
def test_field_axioms(x: Number, y: Number, z: Number) -> None:
    assert x + y == y + x
    assert x * y == y * x
    assert (x + y) + z == x + (y + z)
    assert (x * y) * z == x * (y * z)
    assert x * (y + z) == x * y + x * z
    assert (x - x).is_zero
    if x:
        assert x * (1 / x) == 1
        assert y / x * x == y
        assert x**-2 * x**2 == 1


@quick
@given(numbers())
def test_the_square_root_of_a_square_is_the_absolute_value(x: Number) -> None:
    assert (x * x).sqrt() == abs(x)
    assert abs(x).sqrt() ** 2 == abs(x)


@quick
@given(positive, positive)
def test_roots_multiply(a: Fraction, b: Fraction) -> None:
    assert Number(a).sqrt() * Number(b).sqrt() == Number(a * b).sqrt()


@quick
@given(positive, positive)
def test_a_sum_of_two_roots_is_found_under_a_root(a: Fraction, b: Fraction) -> None:
    total = Number(a).sqrt() + Number(b).sqrt()
    assert (a + b + 2 * Number(a * b).sqrt()).sqrt() == total
    assert (a + b + 2 * Number(a * b).sqrt()).sqrt().nesting <= 1


@quick
@given(numbers(), numbers())
def test_order_equality_and_hash_agree(x: Number, y: Number) -> None:
    assert (x < y) + (x == y) + (x > y) == 1
    assert (x - y).sign() == (x > y) - (x < y)
    moved = Number(y, Tower())
    assert moved == y
    assert hash(moved) == hash(y)


@quick
@given(numbers(), st.integers(1, 60))
def test_balls_contain_the_number_and_are_as_small_as_promised(x: Number, digits: int) -> None:
    ball = x.ball(digits)
    assert abs(x - dyadic(ball.mid())) <= dyadic(ball.rad())
    assert x.is_zero or ball.rel_accuracy_bits() >= bits_of(digits)


def dyadic(ball: arb) -> Fraction:
    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


@quick
@given(numbers())
def test_text_and_expression_are_the_same_number(x: Number) -> None:
    assert read(ast.parse(x.text(), mode="eval").body) == x
    assert enclose(x.as_expr(), {}, 40).overlaps(x.ball(40))


def read(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int(value)):
            return Number(value)
        case ast.UnaryOp(op=ast.USub(), operand=u):
            return -read(u)
        case ast.Call(func=ast.Name(id="sqrt"), args=[u]):
            return read(u).sqrt()
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](read(left), read(right))
    raise AssertionError(ast.dump(node))


OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Number(-20), "-20"),
        (Number(Fraction(6, 5)), "6/5"),
        (Number(8).sqrt(), "2*sqrt(2)"),
        (Number(Rational(1, 2)).sqrt(), "sqrt(2)/2"),
        (Number(2).sqrt() / 3, "sqrt(2)/3"),
        (1 + 2 * Number(3).sqrt(), "1 + 2*sqrt(3)"),
        (-Number(2).sqrt(), "-sqrt(2)"),
        (Number(1) - Number(5).sqrt(), "1 - sqrt(5)"),
        ((2 + Number(2).sqrt()).sqrt(), "sqrt(2 + sqrt(2))"),
        ((3 + 2 * Number(2).sqrt()).sqrt(), "1 + sqrt(2)"),
        ((2 + Number(3).sqrt()).sqrt(), "sqrt(2)/2 + sqrt(6)/2"),
        (Number(6).sqrt() * Number(2).sqrt(), "2*sqrt(3)"),
        (Number(2).sqrt() + Number(3).sqrt() - (5 + 2 * Number(6).sqrt()).sqrt(), "0"),
        ((8 + 4 * Number(2).sqrt()).sqrt(), "2*sqrt(2 + sqrt(2))"),
        ((2 + (2 + Number(3).sqrt()).sqrt()).sqrt(), "sqrt(8 + 2*sqrt(2) + 2*sqrt(6))/2"),
    ],
)
def test_text(number: Number, text: str) -> None:
    assert number.text() == text


def test_nesting_counts_roots_in_roots() -> None:
    x = Number(2)
    for depth in range(4):
        assert x.nesting == depth
        x = 2 + x.sqrt()


def test_size_counts_the_bits_under_roots_too() -> None:
    assert Number(2**100).size > 100
    assert (1 + Number(3 * 2**101).sqrt() + (5 + Number(7).sqrt()).sqrt()).size > 50


def test_numbers_compute_with_other_exact_numbers() -> None:
    r = Number(2).sqrt()
    assert (3 / r) * r == 3
    assert 3 - r == -(r - 3)
    assert 3 + r == r + 3 == r + fmpz(3)
    assert Fraction(1, 2) * r == r / 2
    assert (r**5, r**-2, r**0) == (4 * r, Fraction(1, 2), 1)
    assert 1 < r < Fraction(3, 2) < r + 1
    assert not r < 1
    assert Number(r) == r
    assert Number(Number(fmpz(3)), r.tower) == 3
    assert repr(Number(Fraction(1, 2))) == "Number(1/2)"
    with pytest.raises(TypeError):
        r ** Fraction(1, 2)


def test_expression_uses_the_roots_of_symnet() -> None:
    assert (Number(2).sqrt() / 3).as_expr() == sqrt(Rational(2)) / 3
    assert Number(Fraction(-3, 4)).as_expr() == Rational(-3, 4)
    assert Number(Fraction(3, 4)).as_fraction() == Fraction(3, 4)


def test_a_square_factor_too_large_to_find_changes_nothing() -> None:
    prime = 2**89 - 1  # the square of which trial division leaves whole, times another prime
    other = 2**107 - 1
    root = Number(prime**2 * other * 3).sqrt()
    assert root == prime * Number(other * 3).sqrt()
    assert Number(prime**2).sqrt() == prime
    assert Number(2 * prime**2).sqrt().text() == f"{prime}*sqrt(2)"


def test_close_numbers_are_told_apart() -> None:
    x = Number(2).sqrt() + Number(3).sqrt()
    near = Number(Fraction(31462643699419723423, 10**19))
    assert x != near
    assert (x < near) != (x > near)
    assert x - x + Fraction(1, 10**300) > 0


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"-2 is negative"):
        Number(-2).sqrt()
    with pytest.raises(ZeroDivisionError, match="1 divided by zero"):
        Number(1) / (Number(2).sqrt() - Number(2).sqrt())
    with pytest.raises(TypeError, match=r"0\.5 is not an exact number"):
        Number(0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"sqrt\(2\) is irrational"):
        Number(2).sqrt().as_fraction()


def test_a_tower_refuses_more_roots_than_its_limit_but_knows_their_products() -> None:
    tower = Tower(limit=3)
    roots = [Number(p, tower).sqrt() for p in (2, 3, 5)]
    assert Number(30, tower).sqrt() == roots[0] * roots[1] * roots[2]
    with pytest.raises(OverflowError, match="more than 3 independent square roots"):
        Number(7, tower).sqrt()
    with pytest.raises(OverflowError, match="too many products"):
        sum((Number(p, Tower(work=2)).sqrt() for p in (2, 3, 5)), Number(0)) ** 4
    with pytest.raises(OverflowError, match="20000 bits"):
        Number(Fraction(2, 3)) ** 30_000


def test_foreign_types_are_left_to_themselves() -> None:
    assert Number(2) == 2
    assert Number(2) == fmpq(2)
    assert Number(2) != "2"
    with pytest.raises(TypeError):
        Number(2) + "2"  # type: ignore[operator]
    assert {Number(Fraction(1, 2)): 1}[Fraction(1, 2)] == 1
    assert arb(2).sqrt().overlaps(Number(2).sqrt().ball(30))

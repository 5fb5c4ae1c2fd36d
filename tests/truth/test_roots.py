"""Signs and square roots of elements: what is known of them, what follows, what contradicts."""

from fractions import Fraction
from itertools import product as choices
from random import Random

import pytest
from flint import arb, fmpq
from sympy import Expr, Integer, Rational, Symbol, symbols

from symnet.operations import call, sqrt
from symnet.truth.assumptions import negative, positive
from symnet.truth.enclosure import enclose
from symnet.truth.field import Field
from symnet.truth.ring import Element, Undefined

x, y, z = symbols("x y z")


def n(value: int) -> Expr:
    return Integer(value)


def sign_of(u: Expr, *assumptions) -> object:
    """The sign of u: a number where it is known, else None."""
    field = Field(assumptions=assumptions)
    return field.sign(field.element(u)).rational


def same(left: Expr, right: Expr, *assumptions) -> bool:
    field = Field(assumptions=assumptions)
    return (field.element(left) - field.element(right)).is_zero


# Signs


@pytest.mark.parametrize(
    ("u", "sign"),
    [
        (n(3), 1),
        (Rational(-2, 5), -1),
        (x - x + 0 * y, 0),
        (x**2 + 1, 1),
        (-(x**4) - y**2, -1),
        (x, None),
        (x * y**2, None),
        (x**2 - y**2, None),
        (sqrt(n(2)) - 1, 1),
        (1 - sqrt(n(2)), -1),
        (sqrt(n(2)) + sqrt(n(3)) - sqrt(n(10)), -1),
        (sqrt(n(2)) + sqrt(n(3)) - 3, 1),
        (call("exp", n(1)) - 3, -1),
        (call("exp", n(1)) - Rational(27, 10), 1),
        (call("log", n(2)), 1),
        (call("log", n(2)) - call("log", n(3)), -1),
        (sqrt(x**2 + 1) - x, 1),
        (x - sqrt(x**2 + 1), -1),
        (2 * sqrt(x**2 + 1) + x, 1),
        (x**2 + 2 - sqrt(x**2 + 1), 1),
        (sqrt(x**2 + 1) - x**2 - 2, -1),
        (call("exp", x) + call("exp", y), 1),
        (sqrt(x) - 1, None),
    ],
)
def test_signs_that_are_evident(u: Expr, sign: int | None) -> None:
    assert sign_of(u) == sign
    assert sign_of(-u) == (None if sign is None else -sign)
    if sign:
        assert sign_of(1 / u) == sign
        assert sign_of(u**2) == 1
        assert sign_of(u**3) == sign


def test_signs_that_follow_from_others() -> None:
    assert sign_of(x + y, positive(x), positive(y)) == 1
    assert sign_of(x - y, positive(x), negative(y)) == 1
    assert sign_of(x + y, negative(x), negative(y)) == -1
    assert sign_of(x + y, positive(x)) is None
    assert sign_of(x * y**3 * z**2, negative(x), positive(y)) == -1
    assert sign_of(y, positive(x * y), negative(x)) == -1
    assert sign_of(y, negative(x), positive(x * y)) == -1
    assert sign_of(y, negative(x / y), negative(x)) == 1
    assert sign_of(x * y * z, positive(x * y), negative(z)) == -1
    assert sign_of(z, positive(x * y), negative(y * z), positive(x)) == -1
    assert sign_of(x, positive(x**3)) == 1
    assert sign_of(x, positive(-x)) == -1
    assert sign_of(x - 1, positive(x)) is None
    assert sign_of(x + 1, positive(x)) == 1


def test_the_sign_of_a_product_is_the_product_of_signs() -> None:
    s = {u: call("sign", u) for u in (x, y, x * y, x / y, -2 * x**3 * y, x**2 - y**2, x - y, x + y)}
    assert same(s[x] * s[y], s[x * y])
    assert same(s[x / y], s[x * y])
    assert same(s[-2 * x**3 * y], -s[x] * s[y])
    assert same(s[x**2 - y**2], s[x - y] * s[x + y])
    assert same(s[x] ** 2, n(1))
    step = (1 + s[x]) / 2
    assert same(call("sign", 1 + s[x]), step)  # 0 where x < 0
    assert same(call("sign", s[x] - 1), step - 1)
    assert same(call("sign", 3 + s[x]), n(1))
    assert not same(s[x], s[y])
    assert not same(s[x - y], s[x + y])


@pytest.mark.parametrize(
    "assumed",
    [
        [positive(x), negative(x)],
        [positive(x - x + 0 * y)],
        [negative(x - x + 0 * y)],
        [positive(x), positive(y), negative(x * y)],
        [negative(x * y), positive(x), positive(y)],
        [positive(x * y), positive(y * z), negative(x * z)],
        [negative(x**2 + 1)],
        [negative(x + y), positive(x), positive(y)],
        [positive(x), positive(y), negative(x + y)],
        [positive(1 - sqrt(n(2)))],
        [negative(sqrt(x) + 1)],
        [positive(x), positive(-3 * x)],
        [negative(1 / x), positive(x)],
    ],
)
def test_contradictions(assumed: list) -> None:
    with pytest.raises(Undefined):
        Field(assumptions=assumed)


def test_the_sign_of_a_long_polynomial_with_a_root_is_a_sign_of_its_own() -> None:
    long = sum((Symbol(f"q{k}") for k in range(62)), sqrt(x))
    assert sign_of(long) is None
    assert same(call("sign", long) * call("abs", long), long)


def test_open_signs_are_those_that_are_not_known() -> None:
    field = Field(assumptions=[positive(x)])
    for u in (x, x + 1, y, x * y, y**2):
        field.sign(field.element(u))
    assert [field.generators[k].expression for k in field.open_signs()] == [call("sign", y)]
    assert not any(generator.is_radical for generator in field.generators)
    field.assume_sign(field.element(y), -1)
    assert field.open_signs() == []


# Square roots


@pytest.mark.parametrize(
    ("root", "value"),
    [
        (sqrt(Rational(9, 4)), Rational(3, 2)),
        (sqrt(n(12)), 2 * sqrt(n(3))),
        (sqrt(Rational(1, 2)), sqrt(n(2)) / 2),
        (sqrt(Rational(50, 27)), 5 * sqrt(n(6)) / 9),
        (sqrt(n(100003) ** 2 * 3), 100003 * sqrt(n(3))),
        (sqrt(n(100003) ** 3), 100003 * sqrt(n(100003))),
        (sqrt(x**2), call("abs", x)),
        (sqrt(x**2 * y**4 * z), call("abs", x) * y**2 * sqrt(z)),
        (sqrt(x / y), sqrt(x * y) / call("abs", y)),
        (sqrt(x**3), x * sqrt(x)),
        (sqrt(1 / (x**2 + 1)), sqrt(x**2 + 1) / (x**2 + 1)),
        (sqrt(x**2 - 2 * x + 1), call("abs", x - 1)),
        (sqrt(n(2)) * sqrt(n(3)) * sqrt(n(6)), n(6)),
        (sqrt(n(6)) * sqrt(n(10)) * sqrt(n(15)), n(30)),
        (sqrt(x * y) * sqrt(y * z) * sqrt(x * z), call("abs", x * y * z)),
        (sqrt(3 + 2 * sqrt(n(2))), 1 + sqrt(n(2))),
        (sqrt(5 - 2 * sqrt(n(6))), sqrt(n(3)) - sqrt(n(2))),
        (sqrt(9 + 4 * sqrt(n(5))), 2 + sqrt(n(5))),
        (sqrt(2 + sqrt(n(3))), (sqrt(n(6)) + sqrt(n(2))) / 2),
        (sqrt(2 + sqrt(n(2))) * sqrt(2 - sqrt(n(2))), sqrt(n(2))),
        (sqrt(2 + sqrt(n(2))) ** 2, 2 + sqrt(n(2))),
        (sqrt(1 + sqrt(x)) * sqrt(4 + 4 * sqrt(x)), 2 + 2 * sqrt(x)),
        (sqrt(n(7)) * sqrt(3 + sqrt(n(2))), sqrt(21 + 7 * sqrt(n(2)))),
        (sqrt((1 + sqrt(x)) ** 2), 1 + sqrt(x)),
        (sqrt((1 - sqrt(x)) ** 2), call("abs", 1 - sqrt(x))),
        (sqrt(1 + sqrt(1 + sqrt(x))) ** 4, (1 + sqrt(1 + sqrt(x))) ** 2),
    ],
)
def test_square_roots(root: Expr, value: Expr) -> None:
    assert same(root, value) or same(value, root)  # what is there first is what the other is written in
    for left, right in ((root, -value), (-value, root), (root, value + 1), (value + 1, root)):
        assert not same(left, right)


def test_a_root_makes_the_sign_of_its_radicand_known() -> None:
    for u in (x, x * y - 1, x**3 + y):
        field = Field()
        field.sqrt(field.element(u))
        assert field.sign(field.element(u)).rational == 1
    for u in (-1 - x**2, n(-2), 1 - sqrt(n(2)), -sqrt(x) - 1):
        with pytest.raises(Undefined):
            Field().element(sqrt(u))
    with pytest.raises(Undefined):
        Field(assumptions=[negative(x)]).element(sqrt(x))


def test_a_root_by_others_that_depend_on_each_other() -> None:
    field = Field()
    ten, fifteen, thirty_five = (field.element(sqrt(n(k))) for k in (10, 15, 35))
    assert (field.element(sqrt(n(21))) - fifteen * thirty_five / field.number(5)).is_zero
    assert (field.element(sqrt(n(14))) - ten * thirty_five / field.number(5)).is_zero
    assert len(field.generators) == 3


def test_roots_are_independent() -> None:
    numbers = [sqrt(n(k)) for k in (2, 3, 5, 6, 10)]
    field = Field()
    elements = [field.element(root) for root in numbers]
    assert len(field.generators) == 3  # sqrt(6) and sqrt(10) are products
    for signs in choices((1, -1), repeat=4):
        total = field.number(0)
        for s, element in zip(signs, elements, strict=False):
            total = total + element * field.number(s)
        assert not total.is_zero
        assert (total * total.inverse() - field.number(1)).is_zero


# Arithmetic


def test_fractions_have_one_form() -> None:
    field = Field()
    a, b, r, s = (field.element(u) for u in (x, y, sqrt(x), call("sign", y)))
    one = field.number(1)
    assert ((a + b) / (a * a - b * b)).key == (one / (a - b)).key
    assert (one / r).key == (r / a).key
    assert (one / (one + r)).key == ((one - r) / (one - a)).key
    assert (one / (field.number(2) + s)).key == ((field.number(2) - s) * field.number(fmpq(1, 3))).key
    assert (a / b + b / a).key == ((a * a + b * b) / (a * b)).key
    assert (one / (a * (a + one)) + one / (a + one)).key == (one / a).key
    assert (a / b - a / b).is_zero
    assert (a**-2 * a**3).key == a.key
    assert ((a + b) ** 5 / (a + b) ** 3).key == (a * a + field.number(2) * a * b + b * b).key
    assert (a**0).rational == 1
    assert field.number(Rational(-3, 4)).rational == fmpq(-3, 4)
    assert (a / b).rational is None
    assert (a - a).rational == 0
    for zero in (a - a, r * r - a, s * s - one):
        with pytest.raises(Undefined):
            zero.inverse()


def test_an_element_is_what_its_expression_says() -> None:
    field = Field()
    for u in (x / (y + 1) + 2, sqrt(x) * y - Rational(2, 3), call("f", x + 1) ** 2, call("sign", x - 1) * y / 3):
        element = field.element(u)
        again = Field().element(element.as_expr())
        assert same(u, element.as_expr())
        assert isinstance(again, Element)


def test_the_ring_grows_with_its_generators() -> None:
    field = Field()
    names = [Symbol(f"q{k}") for k in range(20)]
    first = field.element(names[0] / (names[1] + 1))
    roots = [field.element(sqrt(name)) for name in names]
    assert (first * field.element(names[1] + 1) - field.element(names[0])).is_zero
    for name, root in zip(names, roots, strict=True):
        assert (root * root - field.element(name)).is_zero
        assert len(field.used((root + first).num)) == 3


# Laws: what is true at a point does not make anything false there

POLYNOMIALS = [x, y, x + y, x * y - 1, x - y * z, z, x * y * z, 1 - x]
MEMBERS = [
    *POLYNOMIALS,
    y + call("sign", x),
    call("abs", x) - 2 * y,
    sqrt(x**2 + 1) - y,
    x * call("sign", y) + z * call("sign", x),
    1 + call("sign", x * y),
    (y + call("sign", x)) * z,
    (2 * call("sign", z) + x) * (y - 1) / z,
]


@pytest.mark.parametrize("seed", range(30))
def test_what_follows_from_true_signs_is_true(seed: int) -> None:
    random = Random(seed)
    point = {u.name: Fraction(random.choice((-1, 1)) * random.randint(1, 30), 7) for u in (x, y, z)}
    signs = {u: 1 if enclose(u, point) > 0 else -1 for u in MEMBERS if not enclose(u, point).contains(0)}
    assumed = random.sample(list(signs), 2)
    field = Field(assumptions=[positive(u) if signs[u] > 0 else negative(u) for u in assumed])
    for u in signs:
        sign = field.sign(field.element(u)).as_expr()
        assert enclose(sign, point).overlaps(arb(signs[u])), (assumed, u)
    for u in random.sample(list(signs), 4):
        root = field.element(sqrt(signs[u] * u) * sqrt(u**2)).as_expr()
        assert enclose(root, point).overlaps(enclose(sqrt(signs[u] * u) * call("abs", u), point)), (assumed, u)

"""The second opinion: its stand-ins for abstract functions, its points, and what it refuses."""

from fractions import Fraction
from random import Random

import pytest
from flint import arb, ctx
from sympy import Integer, S, Symbol, symbols

from symnet.clock import STEPS, by_work, now
from symnet.equations import size
from symnet.operations import call, sqrt
from symnet.truth.assumptions import equal, has_property, negative, positive
from symnet.truth.recheck import STAND_INS, SoundnessError, _random_value, recheck

a, b = symbols("a b")
m = size("m")


@pytest.mark.parametrize("name", STAND_INS)
def test_the_derivatives_of_a_stand_in_are_its_own(name: str | None) -> None:
    f = STAND_INS[name]
    with ctx.workprec(200):
        for u in (arb("0.7"), arb(-2)):
            h = arb("1e-20")
            for order in range(6):
                slope = (f(order, u + h) - f(order, u - h)) / (2 * h)
                assert abs(slope - f(order + 1, u)) < arb("1e-30")


def test_a_stand_in_has_its_property_and_no_more() -> None:
    generic, odd, even, linear, identity = (
        [STAND_INS[name](0, arb(u)) for u in (-2, -1, 0, 1, 2)] for name in (None, "odd", "even", "linear", "identity")
    )
    assert len({float(value) for value in generic}) == 5
    assert not any(generic[-1 - k].overlaps(sign * generic[k]) for k in (0, 1) for sign in (1, -1))
    assert odd == [-value for value in reversed(odd)]
    assert odd[4] != 2 * odd[3]
    assert even == even[::-1]
    assert len({float(value) for value in even[2:]}) == 3
    assert linear == [u * linear[3] for u in (-2, -1, 0, 1, 2)]
    assert linear[3] not in (0, 1)
    assert identity == [-2, -1, 0, 1, 2]


def test_points_are_fractions_of_both_signs_and_sizes_positive_integers() -> None:
    random = Random(1)
    values = [_random_value(a, random) for _ in range(200)]
    assert len(set(values)) > 100
    assert min(values) < -5 < 5 < max(values)
    assert 0 not in values
    sizes = [_random_value(m, random) for _ in range(50)]
    assert all(value > 0 and value.denominator == 1 for value in sizes)
    assert len(set(sizes)) > 10
    assert all(isinstance(value, Fraction) for value in values + sizes)


def test_as_many_points_as_are_wanted() -> None:
    assert recheck(a, a) == 3
    assert recheck(sqrt(a) ** 2, a, points=5) == 5  # defined at every other point
    assert recheck(call("abs", a), a, points=1, assumptions=[positive(a)]) == 1
    assert recheck(call("abs", a) * m, -a * m, points=4, assumptions=[negative(a)]) == 4
    assert recheck(1 / (sqrt(a**2) - call("abs", a)), Integer(1)) == 0
    assert recheck(sqrt(-(a**2)), Integer(1)) == 0
    assert recheck(a, a, assumptions=[positive(a), negative(a)]) == 0


def test_what_is_too_large_to_tell_is_no_point() -> None:
    tower = call("exp", call("exp", call("exp", 1000 * (a**2 + 1))))
    assert recheck(tower, b, points=1) == 0


def test_every_point_is_work() -> None:
    with by_work(60):
        start = now()
        assert recheck(a, a) == 3
        assert now() - start > 30 / STEPS


def test_what_is_false_anywhere_is_refused() -> None:
    with pytest.raises(SoundnessError, match=r"was proved but is false at a = -\S+, b = "):
        recheck(call("abs", a) + b, a + b, points=20)
    with pytest.raises(SoundnessError):
        recheck(a, -a, assumptions=[positive(a)])
    with pytest.raises(SoundnessError):
        recheck(a * b, a, assumptions=[equal(b, Integer(2))])
    assert recheck(a * b, 2 * a, assumptions=[equal(b, Integer(2))]) == 3
    for order in range(4):
        with pytest.raises(SoundnessError):
            recheck(call("f", a, order=order), S.Zero)


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("odd", call("f", -a), -call("f", a)),
        ("even", call("f", -a), call("f", a)),
        ("linear", call("f", a + b), call("f", a) + call("f", b)),
        ("identity", call("f", a), a),
    ],
)
def test_properties_of_a_function_are_given_to_its_stand_in(name: str, left, right) -> None:
    assert recheck(left, right, assumptions=[has_property("f", name)]) == 3
    with pytest.raises(SoundnessError):
        recheck(left, right)
    with pytest.raises(SoundnessError):
        recheck(call("g", a) - Symbol("g0"), left - right, assumptions=[has_property("f", name)])

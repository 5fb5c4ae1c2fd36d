"""The points of an identity test: another one every time, with primes that are long enough, while there is time."""

import pytest
from sympy import Symbol

from symnet.clock import by_work
from symnet.operations import sqrt
from symnet.truth import modular
from symnet.truth.modular_field import RandomField
from tests.truth.lecture import ONE, derivation, f, x, y
from tests.truth.modular import compare


@pytest.fixture
def asked(monkeypatch):
    """The arguments of the fields that are made; those with long primes take long to find."""
    found = []

    def recorded(bits, depth, seed):
        found.append((bits, depth, seed))
        return RandomField(62, depth, seed)

    monkeypatch.setattr(modular, "RandomField", recorded)
    return found


@pytest.mark.parametrize(
    ("side", "points", "bits"),
    [(x, 3, [62] * 3), (f(x) * x ** (1 << 50), 3, [62] + [126] * 3), (x ** (1 << 110), 1, [62, 254])],
)
def test_every_point_is_another_one_with_a_prime_that_is_long_enough(asked, side, points, bits):
    assert compare(side, side, points=points).points == points
    assert [length for length, _, _ in asked] == bits
    assert len({seed for _, _, seed in asked}) == len(bits)


def test_points_that_are_just_certain_enough(monkeypatch, asked):
    for weakest, bits in ((58, 62), (59, 126)):  # 1 = 1 is worth log2(4) + 2 - 62
        monkeypatch.setattr(modular, "WEAKEST", weakest)
        assert compare(ONE, ONE).kind == "equal"
        assert asked.pop()[0] == bits


def test_a_divisor_that_is_zero_at_so_many_points_is_zero(asked):
    assert compare(1 / (Symbol("v") - x), y, derivation(v=x)).reason == "a divisor is 0 at every point that was tried"
    assert len(asked) == modular.DEGENERATE


def test_points_count_that_there_was_time_for(monkeypatch):
    def within(ticks, left, right):
        with by_work(60):
            return compare(left, right, seconds=ticks / 60_000)

    points = [within(ticks, x + y, x + y).points for ticks in range(20)]
    assert points == sorted(points)
    assert set(points) == {0, 1, 2, 3}
    assert within(5, x + y, x + y).error_bound == "2^-56"
    monkeypatch.setattr(modular, "DEPENDENT", 0)
    left, right = (sqrt(x) * sqrt(y)) ** 2, sqrt(x * y) ** 2  # not before their dependence is known for certain
    assert within(30, left, right).reason == "the time limit passed"
    assert within(300, left, right).reason == "more than 0 roots may depend on each other"

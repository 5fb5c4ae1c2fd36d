"""Where an argument is zero: at values of names, each in the names that are left."""

import pytest
from sympy import S, symbols

from symnet.operations import call, sqrt
from symnet.truth.assumptions import equal
from symnet.truth.statement import state
from symnet.truth.zeros import holds_at_zero, zeros

x, y, z = symbols("x y z")


def places(u):
    return zeros(state(u, S.Zero), u, ())


def test_a_name_with_a_number_before_it_is_solved_for():
    assert places(2 * x + 3) == [equal(x, S(-3) / 2)]
    assert places(x * y - z) == [equal(z, x * y)]


def test_a_coefficient_may_be_zero_too():
    assert places(x * y - z**2) == [equal(x, z**2 / y), equal(y, S.Zero)]


def test_each_factor_has_its_zeros():
    assert places(x**2 - y**2) == [equal(x, y), equal(x, -y)]


def test_a_root_is_zero_where_its_radicand_is():
    assert places(sqrt(x - y)) == [equal(x, y)]


@pytest.mark.parametrize("u", [sqrt(x) + 1, sqrt(x) - y**2, x * sqrt(x + 1) + 1, x**2 - y**3])
def test_zeros_that_no_name_is_equal_to_are_out_of_reach(u):
    assert places(u) is None


def test_what_is_undefined_has_no_zeros_to_name():
    assert places(sqrt(-1 - x**2)) is None


def test_what_is_open_at_a_zero_is_asked_there():
    both = call("sign", x) ** 2 * call("sign", y) ** 2
    u = call("abs", call("sign", x)) * call("abs", call("sign", y))
    assert holds_at_zero(state(both, u), x, (), 5) == (True, ())
    wrong = state(call("sign", x) ** 2 + call("sign", x - y) ** 2, S(2))
    assert holds_at_zero(wrong, x - y, (), 5) == (False, (equal(x, y),))

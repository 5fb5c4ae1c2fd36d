"""Where an argument is zero: at values of names, each in the names that are left."""

import pytest
from sympy import S, symbols

from symnet.equations import size
from symnet.operations import call, sqrt
from symnet.truth.assumptions import equal
from symnet.truth.statement import state
from symnet.truth.zeros import holds_at_zero, zeros

x, y, z = symbols("x y z")
m, n = size("m"), size("n")


def exp(u):
    return call("exp", u)


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


@pytest.mark.parametrize(
    ("u", "expected"),
    [
        (call("relu", x), {"x = 0", "x < 0"}),
        (call("relu", x) - y, {"x = 0", "x = y", "y = 0"}),
        (call("abs", x) - x, {"x = 0", "x > 0"}),
        (call("sign", x) + y, {"x = 0", "y = -1", "y = 1"}),
        (call("sign", x) - call("sign", y), {"x > 0", "x < 0", "x = 0", "y = 0"}),
    ],
)
def test_a_sign_is_split_into_its_three_values(u, expected):
    assert set(map(str, places(u))) == expected


@pytest.mark.parametrize(
    ("u", "expected"),
    [
        (exp(x) - exp(y), {"x = y"}),
        (exp(x) - 1, {"x = 0"}),
        (exp(x) + exp(y), set()),
        (-exp(x) - exp(y) - exp(z), set()),
        (exp(x) * y, {"y = 0"}),
        (x * exp(y) + z * exp(x), {"z = -x*exp(y)/exp(x)"}),
        (call("log", x), {"x = 1"}),
        (call("log", x * y) - call("log", y**2) / 2, {"x = 1", "x = -1", "y = 0"}),
        (call("log", exp(x) + 1), set()),
        (m * n * x, {"x = 0"}),
        ((m + n) * x, {"x = 0"}),
        (m * x - n, {"x = n/m"}),
    ],
)
def test_exponentials_logarithms_and_sizes_have_the_zeros_they_can_have(u, expected):
    assert set(map(str, places(u))) == expected


@pytest.mark.parametrize("u", [exp(x) - 2, exp(2 * x) + exp(x) - 1, exp(x) + x, call("f", x), m - n])
def test_other_zeros_of_them_are_out_of_reach(u):
    assert places(u) is None


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
    further = state(call("sign", y) ** 2 + x, 1 + x)
    assert holds_at_zero(further, x, (), 5) == (False, (equal(x, S.Zero), equal(y, S.Zero)))


def test_where_the_zeros_are_out_of_reach_nothing_is_known():
    assert holds_at_zero(state(x, x), x**2 - y**3, (), 5) == (False, ())


def test_where_a_side_is_undefined_nothing_has_to_hold():
    u = x - y
    there, here = state(call("sign", u) ** 2 * sqrt(u - 1), sqrt(u - 1)), (equal(x, y),)
    assert holds_at_zero(there, u, (), 5) == (True, ())
    assert holds_at_zero(there, u, (), 5, defined=True) == (False, here)
    assert holds_at_zero(there, u, (), -1) == (False, here)  # without time nothing is known to be undefined

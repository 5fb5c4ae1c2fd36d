"""Witnesses: exact, small, and true."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, S, Symbol

from symnet.clock import by_work, now
from symnet.equations import Variable, index, size
from symnet.expressions import product, rewrite
from symnet.operations import Call, call, sqrt
from symnet.truth.assumptions import closure, equal, greater, has_property, nonzero, positive
from symnet.truth.witness import FITTING, POLYNOMIALS, find_witness, polynomial_of
from tests.truth.lecture import (
    C2,
    DEVIATION,
    HALF,
    ONE,
    A,
    B,
    a,
    b,
    batch,
    chain,
    derivation,
    f,
    pair,
    single,
    u,
    w02,
    w1,
    w3,
    x,
    y,
)


@pytest.mark.parametrize(
    ("left", "right", "equations", "text"),
    [
        ((1 + x) ** 2, 1 + 2 * x, None, "4 != 3 at x = 1"),
        (DEVIATION, w1, single, "1 != -1 at w1 = -1"),
        (w1 * x / DEVIATION, x, single, "-1 != 1 at x = 1, w1 = -1"),
        (sqrt(a**2 + b**2), a + b, None, "sqrt(2) != 2 at a = 1, b = 1"),
        (f(-x), -f(x), None, "1 != -1 at x = 1, f(u) = u**2"),
        (f(x, 2), S.Zero, None, "2 != 0 at x = 0, f(u) = u**2"),
        (call("relu", a + b), call("relu", a) + call("relu", b), None, "0 != 1 at a = -1, b = 1"),
        (Integer(1), Integer(2), None, "1 != 2"),
    ],
)
def test_witnesses_are_small(left, right, equations, text):
    witness = find_witness(left, right, equations)
    assert str(witness) == text
    assert witness.exact


def test_the_witness_of_a_pair_of_objects():
    witness = find_witness((B - A) / (2 * DEVIATION), ONE, pair)
    assert (witness.left, witness.right, witness.difference) == ("-1", "1", "-2")
    assert witness.functions == {"f": "u"}
    assert set(witness.values) == {"w1", "w2", "w3", "w4", "w01", "w02"}
    assert set(witness.values.values()) <= {"0", "1", "-1"}
    point = {Symbol(name): Rational(v) for name, v in witness.values.items()}  # read back, with f the identity
    A_value, B_value = (
        rewrite(pair[name].rhs, lambda n: n.args[0] if isinstance(n, Call) else point.get(n)) for name in "AB"
    )
    assert A_value > B_value


def test_true_statements_have_no_witness():
    assert find_witness(C2, product(HALF, w3, f(1 + w02) + f(w02 - 1)), chain) is None
    assert find_witness(call("tanh", u), 2 * call("sigmoid", 2 * u) - 1) is None
    assert find_witness(1 / (x - x + sqrt(y**2) - call("abs", y)), ONE, seconds=0.5) is None


def test_decimals_where_nothing_exact_can_be_written():
    witness = find_witness(call("tanh", u), 2 * call("sigmoid", u) - 1)
    assert not witness.exact
    assert witness.left.startswith("0.76159415595576488811945828260")
    assert witness.values == {"u": "1"}
    assert find_witness(call("exp", u), ONE).exact is False
    assert find_witness(call("exp", u) + x, 1 + u, None, [equal(x, u), equal(u, S.Zero)]) is None


def test_assumptions_are_respected():
    assert find_witness(DEVIATION, w1, single, [positive(w1)]) is None
    assert find_witness(sqrt(a**2), a, None, [closure(positive(a))]) is None
    assert find_witness(a * x, x, None, [positive(a), nonzero(x)]).values == {"a": "2", "x": "1"}
    assert find_witness((B - A) / (2 * DEVIATION), ONE, pair, [greater(B, A)], seconds=1) is None
    assert find_witness(f(-x), -f(x), None, [has_property("f", "odd")]) is None
    assert find_witness(f(-x), f(x), None, [has_property("f", "odd")]).functions == {"f": "u"}
    given_value = find_witness(a * x, (1 - a) * x, None, [equal(a, Rational(1, 3))])
    assert given_value.values == {"x": "1", "a": "1/3"}
    assert given_value.difference == "-1/3"
    # an assumption may speak of a name that the statement does not use
    assert find_witness(x**2, x, None, [greater(x, y), positive(y)]).values == {"x": "2", "y": "1"}


def test_sizes_are_positive_integers():
    m = size("m")
    assert find_witness((m - 1) / m, ONE).values == {"m": "1"}
    assert find_witness(call("abs", m), m) is None
    assert find_witness(m, m + 1).values == {"m": "1"}  # not 0


def test_a_witness_of_a_wrong_backward_pass_is_exact():
    equations, _, compact = batch(3)
    witness = find_witness(Symbol("dx1"), compact[1], equations)
    assert witness.exact
    assert max(abs(Fraction(v)) for v in witness.values.values()) <= 1
    assert witness.as_dict()["difference"] == witness.difference


def test_indexed_names_are_named_in_the_witness():
    z = Variable("z", (index("i", 2),))
    assert find_witness(z.at(1), z.at(2)).values.keys() == {"z[1]", "z[2]"}


@settings(max_examples=25, deadline=None)
@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(1, 4))
def test_a_wrong_coefficient_is_always_found(p, q, extra):
    left = p * x**2 + q * x * y + f(x)
    witness = find_witness(left, left + extra * x * y)
    assert Fraction(witness.difference) == -extra * Fraction(witness.values["x"]) * Fraction(witness.values["y"])


def test_names_of_equations_are_unfolded():
    d = derivation(p=x + 1, q=Symbol("p") ** 2)
    assert find_witness(Symbol("q"), x**2 + 1, d).values == {"x": "1"}


def test_stand_ins_have_their_property() -> None:
    def exponents(row: tuple[int, ...]) -> set[int]:
        return {k for k, c in enumerate(row) if c}

    assert all(exponents(row) <= {1, 3, 5} for row in FITTING["odd"])
    assert all(exponents(row) <= {0, 2, 4} for row in FITTING["even"])
    assert all(exponents(row) == {1} for row in FITTING["linear"])
    assert FITTING["identity"] == ((0, 1),)
    for rows in (POLYNOMIALS, *FITTING.values()):
        assert len(set(rows)) == len(rows)
        assert all(len(row) > 1 and row[-1] for row in rows)  # no constants


def test_a_witness_names_the_values_that_are_given() -> None:
    given_value = find_witness(a * x, (1 - a) * x, None, [equal(a, Rational(1, 3))])
    assert given_value.values == {"x": "1", "a": "1/3"}


def test_exact_numbers_are_told_apart_however_close() -> None:
    close = find_witness(x, x + Rational(1, 10**50))
    assert close.exact
    assert Fraction(close.difference) == Fraction(-1, 10**50)


@pytest.mark.parametrize(
    ("left", "right", "given", "text", "coefficients"),
    [
        (f(x), S.Zero, None, "u", (0, 1)),
        (f(-x), -f(x), None, "u**2", (0, 0, 1)),
        (f(-x) ** 2, f(x) ** 2, None, "u**2 + u", (0, 1, 1)),
        (f(S.Zero), S.Zero, None, "u + 1", (1, 1)),
        (f(x, 3), S.Zero, None, "u**3 + u", (0, 1, 0, 1)),
        (f(S.Zero) * f(S.Zero, 2), S.Zero, None, "u**2 + 1", (1, 0, 1)),
        (call("abs", f(S.Zero, 1)), f(S.Zero, 1), None, "-u", (0, -1)),
        (call("abs", f(S.Zero, 2)), f(S.Zero, 2), None, "u**3 - u**2 + u", (0, 1, -1, 1)),
        (f(x), S.Zero, "odd", "u", (0, 1)),
        (f(x, 2), S.Zero, "odd", "u**3 + u", (0, 1, 0, 1)),
        (f(S.Zero, 1), ONE, "odd", "u**3", (0, 0, 0, 1)),
        (f(x), S.Zero, "even", "u**2", (0, 0, 1)),
        (f(S.Zero), S.Zero, "even", "u**2 + 1", (1, 0, 1)),
        (f(x, 3), S.Zero, "even", "u**4 + u**2", (0, 0, 1, 0, 1)),
        (f(x), S.Zero, "linear", "u", (0, 1)),
        (f(ONE), ONE, "linear", "2*u", (0, 2)),
        (call("abs", f(ONE)), f(ONE), "linear", "-u", (0, -1)),
        (f(x), S.Zero, "identity", "u", (0, 1)),
    ],
)
def test_the_simplest_function_that_shows_it(left, right, given, text, coefficients):
    witness = find_witness(left, right, None, [has_property("f", given)] if given else [])
    assert witness.functions == {"f": text}
    assert polynomial_of(text) == coefficients


def test_functions_are_simple_together():
    even, odd = f(-x) + f(x), call("g", x) ** 2 - call("g", -x) ** 2
    assert find_witness(even + odd, S.Zero).functions == {"f": "u**2", "g": "u"}


def test_a_witness_as_data():
    witness = find_witness(f(-x), -f(x))
    parts = {"values": {"x": "1"}, "functions": {"f": "u**2"}, "left": "1", "right": "-1", "difference": "2"}
    assert witness.as_dict() == parts


def test_assumptions_on_other_names_and_on_exponentials():
    assert find_witness(x, 2 * x, None, [equal(a, Rational(1, 3))]).values == {"x": "1"}
    assert find_witness(x, 2 * x, None, [positive(call("exp", x) - 5)]).values == {"x": "2"}


def test_only_the_sides_are_written_in_decimals():
    large = derivation(p=call("exp", 10**9 * x**2))
    assert find_witness(call("tanh", Symbol("p")), Integer(2), large).values == {"x": "0"}


def test_the_simplest_value_that_shows_it():
    simple = ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "3", "-3", "1/3", "4", "-4")
    for k, value in enumerate(simple):
        left = product(x + 5, *(x - Rational(before) for before in simple[:k]))
        assert find_witness(left, S.Zero).values == {"x": value}


def test_values_are_made_simple_until_nothing_changes():
    above = call("step", u - 3 * x)
    assert find_witness(above, S.Zero, seconds=-1).values == {"u": "2", "x": "1/2"}
    assert find_witness(above, S.Zero).values == {"u": "1", "x": "0"}  # u can be 1 only once x is 0


@pytest.mark.parametrize(("left", "right"), [(call("exp", x) * call("exp", -x), ONE), (call("exp", 10**9 * x**2), ONE)])
def test_decimals_that_may_be_equal_or_are_too_large_show_nothing(left, right):
    assert find_witness(left, right) is None
    assert find_witness(right, left) is None


def test_a_witness_is_exact_when_both_sides_are():
    assert find_witness(ONE, call("exp", u)).exact is False
    assert find_witness(call("exp", u), call("exp", 2 * u)).exact is False


def test_a_search_without_time_has_what_it_found_first():
    assert find_witness(f(-x), -f(x), seconds=-1) is None
    first = find_witness(x, 2 * x, seconds=-1)
    assert Fraction(first.left) == Fraction(first.values["x"]) not in (0, 1)


def test_every_point_counts_as_work():
    with by_work(60):
        start = now()
        assert find_witness((x + 1) ** 2, x**2 + 2 * x + 1) is None
        assert now() - start > 15 * 100 / 60_000  # so many different points at least

"""The parts of identity testing at points of prime fields: fields, branches, degrees, bounds and limits."""

from fractions import Fraction
from math import inf, log2
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, S, Symbol, symbols

from symnet.equations import Derivation
from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.truth import modular
from symnet.truth.modular_evaluation import Evaluation, Known
from symnet.truth.modular_field import RandomField
from symnet.truth.modular_graph import Graph, sizes
from symnet.truth.recheck import recheck
from symnet.truth.statement import state
from tests.truth.lecture import (
    ONE,
    a,
    b,
    derivation,
    f,
    x,
    y,
)
from tests.truth.modular import compare, exp_x

# The parts


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_fields(depth):
    field = RandomField(62, depth, "seed")
    assert field.p.bit_length() == 62
    for level in range(depth + 1):
        elements = [field.value(level, "u", k) for k in range(40)]
        assert all(e.frobenius(2**level) == e for e in elements)
        assert not level or any(e.frobenius(2 ** (level - 1)) != e for e in elements)
        assert level < depth or any(field.key(e)[-1] for e in elements)
        squares = [field.is_square(e, level) for e in elements]
        assert 5 < sum(squares) < 35
        assert all(field.is_square(e * e, level) for e in elements)
        if level < depth:
            assert all(field.sqrt(e) ** 2 == e for e in elements)
    one, third = field.number(ONE), field.number(Rational(-1, 3))
    assert field.ratio(one, third, 64) == Fraction(-3)
    assert field.ratio(third, one * 5, 64) == Fraction(-1, 15)
    assert field.ratio(one * 64, one, 64) == 64
    assert field.ratio(one, one * 64, 64) == Fraction(1, 64)
    assert field.ratio(one * 65, one, 64) is None
    assert field.ratio(one, one * 65, 64) is None
    some = field.value(depth, "v")
    assert field.ratio(some, one, 64) is None
    inside = field.number(Rational(field.key(some)[0])) - one  # the part of it in the prime field
    assert not depth or field.ratio(some - inside, one, 64) is None


def test_values_of_a_level_lie_in_its_field():
    field = RandomField(12, 4, "seed")
    for level in range(5):
        value = field.value(level, "u")
        assert value.frobenius(2**level) == value
    assert field.key(value)[15]  # the last coefficient of one of p^16 elements


def test_values_depend_on_the_whole_key():
    field, other = RandomField(62, 1, "1"), RandomField(62, 1, "2")
    assert field.p != other.p
    keys = [("f", 0, (1,)), ("f", 1, (1,)), ("g", 0, (1,)), ("f", 0, (2,))]
    assert len({field.key(field.value(1, *key)) for key in keys}) == 4
    assert field.value(1, *keys[0]) == field.value(1, *keys[0])


AGREE, DIFFER = "the sides agree at 3 random points of prime fields", "the sides differ at a point of a prime field"


@pytest.mark.parametrize(
    ("left", "right", "bound", "reason"),
    [
        (x, x, "2^-173", AGREE),
        (call("abs", x) ** 2, x**2, "2^-133", f"{AGREE} in all 2 cases of signs"),
        (sqrt(x) ** 2, x, "2^-173", f"{AGREE}; the roots are independent, so that one branch of each decides"),
        (
            (sqrt(x) * sqrt(y)) ** 2,
            sqrt(x * y) ** 2,
            "2^-172",
            f"{AGREE}, on all branches of 1 roots that may depend on others",
        ),
        (
            call("sign", x) ** 2,
            Integer(2),
            None,
            f"{DIFFER} in all 2 cases of signs, whatever the branches of the roots",
        ),
        (
            sqrt(1 + sqrt(x)) ** 2,
            1 + sqrt(x),
            "2^-227",
            f"{AGREE.replace('3', '4')}; the roots are independent, so that one branch of each decides",
        ),
        ((sqrt(x) * sqrt(y)) ** 2, sqrt(x * y) ** 2 + 1, None, f"{DIFFER}, whatever the branches of the roots"),
        (
            (sqrt(x) * sqrt(y)) ** 2 + sqrt(x**2),
            sqrt(x * y) ** 2 + 1,
            "2^-563",
            f"{DIFFER} in all 2 cases of signs, whatever the branches of the roots",
        ),
        (
            sqrt(x**2) + call("abs", y),
            Integer(5),
            "2^-119",
            f"{DIFFER} in all 4 cases of signs, whatever the branches of the roots",
        ),
        (call("log", x), ONE, None, "enclosures of the sides at a real point are disjoint"),
        (f(x), f(x) + 1, None, f"{DIFFER}, whatever the branches of the roots"),
    ],
)
def test_what_an_outcome_says(left, right, bound, reason):
    outcome = compare(left, right)
    assert (outcome.error_bound, outcome.reason) == (bound, reason)


def test_independence_is_that_of_rows_modulo_two():
    yes, no = True, False
    assert modular._independent([[no, yes], [yes, no]]) == {0, 1}
    assert modular._independent([[no, no], [no, no], [yes, yes]]) == {1}
    assert modular._independent([[no, no, yes], [yes, no, no], [no, yes, no]]) == {1, 2}
    for characters, dependent in (
        ([[no, yes, yes]], [1, 2]),
        ([[no], [yes, no]], [1]),
        ([[yes], [no]], [0, 1]),
        ([[no], [no]], []),
    ):
        point = SimpleNamespace(characters=characters, roots=[root for row in characters for root in row])
        assert modular._dependent([(1, point)]) == dependent


def test_a_divisor_that_is_zero_on_some_branches_is_not_undefined(monkeypatch):
    monkeypatch.setattr(modular, "DEGENERATE", 1)
    left = 1 / (sqrt(x) * sqrt(y) - sqrt(x * y))
    other = 1 / (sqrt(x**2) - x)
    reasons = {compare(side, x, seed=seed).reason for side in (left, other) for seed in range(8)}
    assert reasons == {
        f"a divisor is 0 {where}" for where in ("on some branches of the roots", "at most points that were tried")
    }


def test_limits_are_kept(monkeypatch):
    four = call("abs", x) + call("abs", y)
    monkeypatch.setattr(modular, "CASES", 4)
    assert compare(four, four).kind == "equal"
    monkeypatch.setattr(modular, "CASES", 3)
    assert compare(four, four).reason == "there are more than 3 cases of signs"
    nested = sqrt(1 + sqrt(x))
    monkeypatch.setattr(modular, "DEPTH", 2)
    assert compare(nested, nested).kind == "equal"
    monkeypatch.setattr(modular, "DEPTH", 1)
    assert compare(nested, nested).reason == "roots are nested 2 deep, and 1 is the most that is tried"
    monkeypatch.setattr(modular, "DEPENDENT", 1)
    product_of_roots = (sqrt(x) * sqrt(y)) ** 2
    assert compare(product_of_roots + y * (Symbol("v") - x), sqrt(x * y) ** 2, derivation(v=x)).kind == "equal"
    monkeypatch.setattr(modular, "DEPENDENT", 0)
    assert compare(product_of_roots, sqrt(x * y) ** 2).reason == "more than 0 roots may depend on each other"
    monkeypatch.setattr(modular, "SMALL", 3)  # steps: x, log(x) and 1
    assert compare(call("log", x), ONE).reason == "enclosures of the sides at a real point are disjoint"
    monkeypatch.setattr(modular, "SMALL", 2)
    assert compare(call("log", x), ONE).reason == "the sides differ, but not all is known here of log"


def test_the_length_bounds_the_sum_of_the_coefficients():
    assert size_of((x + y) * (x + y + 1)) == (2, 1 + log2(3) + 1)
    assert size_of(x / 3 - y) == (1, log2(3) + 1 + 1)
    assert size_of(5 * x) == (1, log2(5) + 1)
    assert size_of(S.Zero) == (0, 1)
    assert size_of(1 / x) == (0, 1)
    assert size_of((3 * x + y) ** -2 - 1) == (2, 2 * (log2(3) + 1) + 1 + 1)
    assert size_of(sqrt(4 * x + 4 * y) + 1) == (0.5, 1.5 + 1 + 1)


@pytest.mark.parametrize(("up", "down", "degree"), [(5, 2, 5), (1, 4, 5)])
def test_exponentials_have_the_degrees_that_were_counted(up, down, degree):
    graph = Graph(state(exp_x + y, S.Zero))
    (position,) = (step.position for step in graph.steps if step.kind == "exp")
    assert sizes(graph, {position: (up, down)})[0] == (degree, 1 + 1)


@pytest.mark.parametrize(
    ("side", "bound"),
    [
        (f(x**1024), "2^-145"),
        (f(x**1024) + f(y), "2^-139"),
        (f(7**300 * x + y), "2^-140"),
        (x**1024 * f(x), "2^-149"),  # the degree that counts is that of x alone
        (call("exp", x**1024), "2^-145"),
        (call("sign", x**1024 + y), "2^-103"),
        (call("sign", x) + sqrt(x + y**1024), "2^-103"),
    ],
)
def test_the_error_bound_counts_what_functions_are_applied_to(side, bound):
    assert compare(side, side).error_bound == bound


def test_powers_that_are_no_integers_are_not_read():
    assert compare(x ** Rational(1, 2), y).kind == "abstain"


def test_signs_and_roots_of_zero_are_zero():
    zero = Symbol("v") - x
    for formula in (call("sign", zero), sqrt(zero), sqrt(2 * zero) * sqrt(y)):
        assert compare(formula + x, x, derivation(v=x)).kind == "equal"
    assert compare(call("sign", zero), ONE, derivation(v=x)).reason.startswith("enclosures of the sides")


def test_the_degree_in_exponentials_is_counted():
    graph = Graph(state(call("exp", 2 * x + y - 3 * x * y), S.Zero))
    found = Evaluation(graph, RandomField(62, 0, "seed"), (), frozenset(), Known(), inf)
    assert list(found.exponents.values()) == [(1, 5)]  # the terms are y, -2 x and -3 x y in this field


def test_exponentials_are_not_zero():
    graph = Graph(state(exp_x, y))
    for seed in range(500):
        found = Evaluation(graph, RandomField(8, 0, str(seed)), (), frozenset(), Known(), inf)
        assert found.agrees is None or not found.values[graph.left].is_zero()


def test_roots_in_exponents_are_not_known_to_be_multiples():
    assert compare(call("exp", sqrt(4 * x)), call("exp", sqrt(x)) ** 2).kind == "abstain"


def test_the_branch_of_a_root_is_random():
    graph = Graph(state(sqrt(x), y))
    others = 0
    for seed in range(200):
        field = RandomField(62, 1, str(seed))
        _, radicand, root = Evaluation(graph, field, (), frozenset(), Known(), inf).roots[0]
        others += root != field.sqrt(radicand)
    assert 80 <= others <= 120


def test_what_tells_points_apart():
    graph = Graph(state(call("sign", x) * sqrt(y**2 + x), sqrt(x**2)))
    root_of_square = next(step.position for step in graph.steps if step.node == sqrt(x**2))
    inside = next(step.position for step in graph.steps if step.node == x)

    def evaluation(known):
        return Evaluation(graph, RandomField(62, 1, "seed"), (), frozenset(), known, inf)

    assert evaluation(Known()).shape == (1, 0, 0, 2)
    found = evaluation(Known(absolutes={root_of_square: [(inside, Fraction(1))]}))
    assert found.shape == (1, 1, 0, 1)
    nested = Graph(state(sqrt(1 + sqrt(x)), y))
    assert Evaluation(nested, RandomField(62, 2, ""), (), frozenset(), Known(), inf).shape == (0, 0, 0, 1, 1)
    found.forget()
    assert found.values == []


def test_roots_are_counted_where_they_are_nested():
    for depth, formula in enumerate((x + 1, f(sqrt(x)) + sqrt(y), sqrt(1 + sqrt(x)) * sqrt(y))):
        assert Graph(state(formula, S.Zero)).depth == depth


@pytest.mark.parametrize("factors", [16, 17])
def test_the_sign_of_a_product_is_made_of_those_of_up_to_16_factors(factors):
    graph = Graph(state(product(*symbols(f"q1:{factors + 1}")), S.Zero))
    _, parts = graph.signs[graph.left]
    assert len(parts) == {16: 16, 17: 1}[factors]


def size_of(expression: Expr, equations: Derivation | None = None) -> tuple[float, float]:
    graph = Graph(state(expression, S.Zero, equations))
    difference, _ = sizes(graph, {})
    return difference


def test_sizes_bound_the_expanded_polynomial():
    assert size_of(x**3 * y - 1) == (4, 1 + 1)  # two terms, then left - right
    assert size_of(3 * x * (x + y) ** 5)[0] == 6
    assert size_of(1 / (x + y) - 1 / (x + y) ** 2)[0] == 1  # over (x + y)^2
    assert size_of(1 / (x + y) + 1 / (x - y) + x)[0] == 3
    assert size_of(sqrt(x**3 + y) * x)[0] == 2.5
    assert size_of(sqrt(x / (1 + y)) + 1)[0] == 1
    assert size_of(sqrt(x / (1 + y) ** 3) + 1)[0] == 2
    assert size_of(sqrt(x / (1 + y) ** 3))[0] == 1
    assert size_of(f(x**9) * x)[0] == 2
    assert size_of(call("sign", x) * x)[0] == 1
    assert size_of(Symbol("v") ** 3 - y, derivation(v=(x + 1) ** -2))[0] == 7
    assert size_of(Symbol("v"), derivation(v=(x + 1) ** 4 * y))[0] == 5


def test_a_smaller_field_finds_differences_as_often_as_the_bound_says():
    """Points of a false statement of degree 32 in fields of 12 bits: its zeros are rare, but they are there."""
    roots = product(*(x - k for k in range(32)))
    graph = Graph(state(roots, S.Zero))
    seen = [Evaluation(graph, RandomField(12, 0, str(k)), (), frozenset(), Known(), inf).agrees for k in range(1500)]
    expected = 1500 * 32 / (1.5 * 2**11)
    assert 0.3 * expected < sum(map(bool, seen)) < 2 * expected


# Laws

atoms = st.sampled_from([a, b, x, f(a), f(a + b), f(a, 1), Integer(2), Rational(1, 3)])
terms = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda p, q: p + q, inner, inner),
        st.builds(lambda p, q: product(p, q), inner, inner),
        st.builds(lambda p: sqrt(p**2 + 1), inner),
        st.builds(
            lambda name, p: call(name, p), st.sampled_from(["abs", "relu", "sigmoid", "exp", "tanh", "f"]), inner
        ),
    ),
    max_leaves=4,
)


@settings(max_examples=12, deadline=None)
@given(terms, terms)
def test_random_truths_are_equal_and_random_falsehoods_are_not(p, q):
    equations = derivation(P=p, Q=q)
    P, Q = Symbol("P"), Symbol("Q")
    for left, right in (
        (sqrt((P - Q) ** 2) ** 2, P**2 - 2 * P * Q + Q**2),
        (call("max", P, Q) * call("min", P, Q), P * Q),
        (1 / (1 + P**2) - 1 / (1 + Q**2), (Q - P) * (Q + P) / ((1 + P**2) * (1 + Q**2))),
        (f(P + Q) - f(2 * P - (P - Q)), S.Zero),
        (call("exp", P) * call("exp", Q - P), call("exp", Q)),
        (sqrt(P**2 + Q**2 + 1) ** 3 / (P**2 + Q**2 + 1), sqrt(1 + Q**2 + P**2)),
    ):
        assert compare(left, right, equations).kind != "different"
        assert compare(left, right + y, equations).kind == "different"
    for left, right in ((P, P + 1), (P + call("abs", y), P + y), (P + sqrt(y**2), P + y)):
        assert compare(left, right, equations).kind != "equal"


@settings(max_examples=40, deadline=None)
@given(terms, terms)
def test_what_is_equal_withstands_enclosures(p, q):
    if compare(p, q).kind == "equal":
        recheck(p, q)

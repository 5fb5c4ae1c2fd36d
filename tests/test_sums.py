import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Add, IndexedBase, Integer, symbols

from symnet.expressions import product, substitute
from symnet.operations import call
from symnet.sums import Delta, Sum, Within, normal_form, sum_over, unroll

m, n = symbols("m n", integer=True, positive=True)
i, j, k = symbols("i j k", integer=True)
x, y, w = (IndexedBase(name) for name in "xyw")
a, b = symbols("a b")


def test_constant_factors_come_out_and_a_constant_body_is_counted() -> None:
    assert sum_over(a * x[i], (i, 1, m)) == a * Sum(x[i], (i, 1, m))
    assert sum_over(a, (i, 1, m)) == m * a
    assert sum_over(Integer(0), (i, 1, m)) == 0


def test_a_delta_fixes_its_index() -> None:
    assert sum_over(Delta(i, k) * x[i], (i, 1, m), ranges={k: (Integer(1), m)}) == x[k]
    assert sum_over(Delta(i, k) * x[i], (i, 1, m)) == Within(k, 1, m) * x[k]
    assert sum_over(Delta(i + j, k) * x[i], (i, 1, m)) == Within(k - j, 1, m) * x[k - j]


def test_a_condition_equal_to_the_range_disappears() -> None:
    assert sum_over(Within(i, 1, m) * x[i], (i, 1, m)) == Sum(x[i], (i, 1, m))


def test_unroll_writes_out_numeric_sums_only() -> None:
    assert unroll(Sum(x[i] ** 2, (i, 1, 3))) == x[1] ** 2 + x[2] ** 2 + x[3] ** 2
    assert unroll(Sum(x[i], (i, 1, m))) == Sum(x[i], (i, 1, m))
    nested = Sum(x[i] * Sum(w[i, j], (j, 1, 2)), (i, 1, 2))
    assert unroll(nested) == x[1] * (w[1, 1] + w[1, 2]) + x[2] * (w[2, 1] + w[2, 2])


def test_a_bound_index_is_not_captured() -> None:
    body = Sum(a * x[i], (i, 1, m))
    assert normal_form(substitute(body, {a: x[i]})) == normal_form(x[i] * Sum(x[j], (j, 1, m)))


TRUE = [
    (Sum(x[i] + y[i], (i, 1, m)), Sum(x[i], (i, 1, m)) + Sum(y[j], (j, 1, m))),
    (Sum(x[i], (i, 1, m)) * Sum(y[i], (i, 1, m)), Sum(Sum(x[i] * y[j], (j, 1, m)), (i, 1, m))),
    (Sum(x[i] - Sum(x[j], (j, 1, m)) / m, (i, 1, m)), Integer(0)),
    (Sum(Sum(w[i, j] * x[j], (j, 1, n)), (i, 1, m)), Sum(Sum(w[j, i] * x[i], (i, 1, n)), (j, 1, m))),
    (Sum(x[i] * x[j] * Delta(i, j), (i, 1, m)), Within(j, 1, m) * x[j] ** 2),
    (Sum(call("f", a + b) * x[i], (i, 1, m)), call("f", b + a) * Sum(x[k], (k, 1, m))),
    (Sum(1 / (2 * a + 2 * b) * x[i], (i, 1, m)), Sum(x[i], (i, 1, m)) / (a + b) / 2),
    (x[k] / (b - a), -x[k] / (a - b)),
]


@pytest.mark.parametrize(("left", "right"), TRUE)
def test_equal_sums_have_one_normal_form(left, right) -> None:
    assert normal_form(left) == normal_form(right)
    assert normal_form(left - right) == 0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Sum(x[i] * y[i], (i, 1, m)), Sum(x[i], (i, 1, m)) * Sum(y[i], (i, 1, m))),
        (Sum(Sum(w[i, j] * x[j], (j, 1, m)), (i, 1, m)), Sum(Sum(w[i, j] * x[i], (j, 1, m)), (i, 1, m))),
        (Sum(x[i], (i, 1, m)), Sum(x[i], (i, 1, n))),
        (Sum(a, (i, 1, m)), a * n),
        (Sum(x[i] ** 2, (i, 1, m)), Sum(x[i], (i, 1, m)) ** 2),
    ],
)
def test_different_sums_have_different_normal_forms(left, right) -> None:
    assert normal_form(left) != normal_form(right)


def test_an_index_in_an_exponent_is_used() -> None:
    crossed = x[i] * y[j] - x[j] * y[i]
    assert normal_form(Sum(a**i * Sum(crossed, (j, 1, m)), (i, 1, m))) != 0
    assert normal_form(Sum(a**i, (i, 1, m))) != m * a**i
    assert normal_form(Sum(a**n * x[i], (i, 1, m)) - a**n * Sum(x[k], (k, 1, m))) == 0


def test_a_condition_on_a_bound_index_that_its_range_fulfils_disappears() -> None:
    nested = Sum(Sum(Delta(i, j) * x[i] * y[j], (j, 1, m)), (i, 1, m))
    assert normal_form(nested) == normal_form(Sum(x[k] * y[k], (k, 1, m)))
    assert normal_form(Sum(Within(i, 1, n) * x[i], (i, 1, m))) != normal_form(Sum(x[i], (i, 1, m)))


def test_expansion_is_bounded() -> None:
    big = Add(*[Integer(1)] * 20_001, evaluate=False)
    with pytest.raises(OverflowError, match="more than 20000 terms"):
        normal_form(big)


atoms = st.sampled_from([a, b, x[i], y[i], x[j], w[i, j], call("f", x[i]), Integer(2), Integer(-3)])
bodies = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: product(*p)),
        inner.map(lambda e: Sum(e, (i, 1, m))),
        inner.map(lambda e: Sum(e, (j, 1, n))),
    ),
    max_leaves=6,
)


@given(bodies)
def test_the_normal_form_is_idempotent_and_keeps_the_value(body) -> None:
    normal = normal_form(body)
    assert normal_form(normal) == normal
    sizes = {m: Integer(2), n: Integer(3), i: Integer(1), j: Integer(2)}
    left, right = (unroll(substitute(e, sizes)) for e in (body, normal))
    assert (left - right).expand() == 0


@given(bodies, bodies)
def test_the_normal_form_ignores_order_and_names_of_bound_indices(one, two) -> None:
    p, q = symbols("p q", integer=True)
    left = Sum(product(one, two), (i, 1, m)) + Sum(one, (j, 1, n))
    right = Sum(substitute(one, {j: q}), (q, 1, n)) + Sum(
        product(substitute(two, {i: p}), substitute(one, {i: p})), (p, 1, m)
    )
    assert normal_form(left) == normal_form(right)

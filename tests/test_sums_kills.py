"""Small facts about sums, deltas and normal forms that a mutant of `sums.py` would get wrong."""

from itertools import permutations
from time import process_time

import pytest
from sympy import IndexedBase, Integer, Pow, Rational, S, Symbol, symbols

from symnet.equations import names_used
from symnet.expressions import free_references, product
from symnet.operations import call
from symnet.sums import Delta, Sum, Within, factor_out, normal_form, sum_over, unroll

m, n = symbols("m n", integer=True, positive=True)
i, j, k, l = symbols("i j k l", integer=True)  # noqa: E741
x, y, w = (IndexedBase(name) for name in "xyw")
a, b = symbols("a b")


def over(body, index=i, size=m):
    return Sum(body, (index, 1, size))


def test_a_sum_reads_as_sympy_writes_it() -> None:
    assert str(over(x[i])) == "Sum(x[i], (i, 1, m))"
    assert over(x[i]).function == x[i]
    assert over(x[i]).limits == ((i, 1, m),)


def test_deltas_and_conditions_of_numbers_are_numbers() -> None:
    assert (Delta(2, 2), Delta(1, 2), Delta(i, i), Delta(i + 1, i)) == (1, 0, 1, 0)
    assert Delta(2, 3) is S.Zero
    assert [Within(value, 2, 4) for value in range(1, 6)] == [0, 1, 1, 1, 0]
    assert (Within(1, 2, m), Within(5, 1, 4), Within(m + 1, 1, m)) == (0, 0, 0)
    assert (Within(m, m, n).args, Within(m, 1, m).args) == ((m, m, n), (m, 1, m))
    assert Within(m, m, m) == 1
    assert Within(2, 1, m).args == (2, 1, m)


def test_deltas_are_symmetric_and_commute() -> None:
    assert Delta(i, j) == Delta(j, i) != Delta(i, k)
    one, other = Delta(i, j), Within(k, 1, m)
    assert one * other == other * one
    assert Delta(i, k) * one == one * Delta(i, k)
    assert Within(i, 1, m) * other == other * Within(i, 1, m)


def test_sum_over_splits_only_at_deltas_on_its_own_index() -> None:
    ranges = {k: (Integer(1), m)}
    assert sum_over(Delta(i, k) * x[i] + y[i], (i, 1, m), ranges=ranges) == x[k] + over(y[i])
    assert sum_over(a * (Delta(i, k) + 1), (i, 1, m), ranges=ranges) == a * over(Delta(i, k) + 1)
    assert sum_over(x[i] + y[i], (i, 1, m)) == over(x[i] + y[i])
    apart = Delta(j, k) * x[i] + y[i]
    assert sum_over(apart, (i, 1, m)) == over(apart)


def test_sum_over_keeps_every_other_factor() -> None:
    body = a * b * Delta(i, k) * w[i, k] * x[i] * y[i]
    assert sum_over(body, (i, 1, m), ranges={k: (Integer(1), m)}) == a * b * w[k, k] * x[k] * y[k]
    assert sum_over(Delta(i, k) * Delta(i, j) * x[i], (i, 1, m)) in (
        Within(j, 1, m) * Delta(j, k) * x[j],
        Within(k, 1, m) * Delta(j, k) * x[k],
    )
    assert sum_over(a * Within(i, 1, m) * w[i, k] * x[i] * y[i], (i, 1, m)) == a * over(w[i, k] * x[i] * y[i])
    assert sum_over(a * Within(i, 1, m), (i, 1, m)) == m * a
    assert sum_over(Within(i, 2, m) * x[i], (i, 1, m)) == over(Within(i, 2, m) * x[i])
    assert sum_over(a, (i, 2, m)) == (m - 1) * a
    assert sum_over(a, (i, 3, 7)) == 5 * a
    assert sum_over(w[i, j], (i, 1, m), (j, 1, n)) == Sum(Sum(w[i, j], (j, 1, n)), (i, 1, m))


def test_a_delta_against_another_range_has_a_condition() -> None:
    assert sum_over(Delta(i, k) * x[i], (i, 1, m), ranges={k: (Integer(1), n)}) == Within(k, 1, m) * x[k]
    assert sum_over(Delta(i, k + 1) * x[i], (i, 1, m), ranges={k: (Integer(1), m)}) == Within(k + 1, 1, m) * x[k + 1]
    assert sum_over(Delta(i, 3) * x[i], (i, 1, 2)) == 0
    assert sum_over(Delta(i, 2) * x[i], (i, 1, 2)) == x[2]


def test_only_deltas_with_one_solution_are_solved() -> None:
    assert sum_over(Delta(k - i, j) * x[i], (i, 1, m)) == Within(k - j, 1, m) * x[k - j]
    for unsolved in (Delta(2 * i, k), Delta(i**2, i), Delta(x[i], i)):
        assert sum_over(unsolved * y[i], (i, 1, m)) == over(unsolved * y[i])


def test_factor_out() -> None:
    assert factor_out(over(a * x[i]) + 1) == a * over(x[i]) + 1
    nested = Sum(Sum(a * x[i] * y[j], (j, 1, n)), (i, 1, m))
    assert factor_out(nested) == a * Sum(y[j], (j, 1, n)) * over(x[i])


def test_unroll_needs_both_limits() -> None:
    assert unroll(Sum(x[i], (i, k, 3))) == Sum(x[i], (i, k, 3))
    assert unroll(Sum(x[i], (i, 0, 2))) == x[0] + x[1] + x[2]
    assert unroll(Sum(x[i], (i, 2, 1))) == 0
    assert unroll(Sum(Sum(w[i, j], (j, 1, i)), (i, 1, 2))) == w[1, 1] + w[2, 1] + w[2, 2]


def test_the_limits_of_an_expansion() -> None:
    p, q = symbols("p q")
    wide = (a + b) * (p + q)
    assert normal_form(wide, 4) == a * p + a * q + b * p + b * q
    with pytest.raises(OverflowError, match="more than 3 terms"):
        normal_form(wide, 3)
    assert normal_form((a + b) * (a - b), 3) == a**2 - b**2
    assert normal_form(a + b + p, 3) == a + b + p
    assert normal_form((a + b) * (a - b) * (p + q), 4) == a**2 * p + a**2 * q - b**2 * p - b**2 * q
    with pytest.raises(OverflowError, match="more than 2 terms"):
        normal_form(a + b + p, 2)
    with pytest.raises(OverflowError):
        normal_form(call("f", wide), 3)
    with pytest.raises(OverflowError):
        normal_form(1 / (wide + 1), 3)
    with pytest.raises(OverflowError):
        normal_form(Pow(wide, a), 3)
    with pytest.raises(OverflowError):
        normal_form(Pow(a, wide), 3)
    for slow in (wide, a + b, call("f", wide), 1 / (wide + 1), Pow(wide, a), Pow(a, wide)):
        with pytest.raises(TimeoutError, match="the time limit has passed"):
            normal_form(slow, deadline=process_time() - 1)
        assert normal_form(slow, deadline=process_time() + 60) == normal_form(slow)


def test_names_like_our_own_are_not_captured() -> None:
    for name in (Symbol(letter, integer=True) for letter in ("_0", "_1", "_a", "_b", "a", "b")):
        assert normal_form(over(x[i] * y[name])) == normal_form(y[name] * over(x[j], j))
        assert normal_form(over(w[i, name])) != normal_form(over(w[i, i]))
        twice = over(over(w[i, j] * w[i, name], j))
        for form in (normal_form(over(w[i, name])), normal_form(twice)):
            assert name in free_references(form)
        assert normal_form(twice) not in {normal_form(over(over(w[i, j] * w[i, q], j))) for q in (i, j)}


def test_a_sum_in_an_argument_keeps_the_index_of_the_sum_around_it() -> None:
    forms = {normal_form(over(call("f", over(body, j)))) for body in (w[i, j], w[j, i], w[i, i], w[j, j])}
    assert len(forms) == 4


def test_powers() -> None:
    p = Symbol("p")
    assert normal_form(over((x[i] + 1) / x[i])) == m + normal_form(over(1 / x[j], j))
    assert normal_form(over(1 / over(y[i], j, n))) == normal_form(over(1 / y[i]) / n)
    assert normal_form((a + b) ** 3) == a**3 + 3 * a**2 * b + 3 * a * b**2 + b**3
    assert len(normal_form((a + b) ** 16).args) == 17
    assert normal_form((2 * a + 2 * b) ** 17) == Integer(2) ** 17 * (a + b) ** 17
    assert normal_form(Pow(2 * a * over(b) * p, -2)) == Rational(1, 4) / (a * m * b * p) ** 2
    assert normal_form(1 / over(2 * x[i])) == normal_form(1 / over(x[j], j)) / 2
    assert normal_form(1 / over(2 * x[i])) * 2 * normal_form(over(x[i])) == 1
    assert normal_form((b - a) ** -3) == -normal_form((a - b) ** -3)
    assert normal_form((b - a) ** -2) == normal_form((a - b) ** -2)
    assert normal_form((6 * a + 4 * b) ** -2) == Rational(1, 4) * (3 * a + 2 * b) ** -2
    assert normal_form((a + b) * (1 / a + 1 / b)) == 2 + b / a + a / b
    assert normal_form(Pow(a * (b + 1), p)) == normal_form(Pow(a * b + a, p))
    assert normal_form(Pow(p, a * (b + 1))) == normal_form(Pow(p, a * b + a))
    assert normal_form((a + b) * (a - b) - a**2) == -(b**2)


def test_sums_that_do_not_start_at_one() -> None:
    assert normal_form(Sum(a, (i, 2, m))) == normal_form((m - 1) * a)
    assert normal_form(Sum(x[i], (i, 2, m))) != normal_form(over(x[i]))
    assert normal_form(Sum(Sum(x[j], (j, 0, n)), (i, 2, m))) == normal_form((m - 1) * Sum(x[k], (k, 0, n)))


def test_deltas_in_normal_forms() -> None:
    def both(body):
        return normal_form(over(over(body, j)))

    assert both(Delta(i, j) * x[i] ** 2 * x[j] * a) == normal_form(a * over(x[k] ** 3, k))
    assert both(Delta(i, j) * x[i] / x[j]) == m
    assert normal_form(Sum(Sum(Delta(i, j) * x[i], (j, 1, n)), (i, 1, m))) == normal_form(over(Within(i, 1, n) * x[i]))
    assert normal_form(Sum(Sum(Delta(i, j + 1) * x[i], (j, 1, m)), (i, 1, m))) == normal_form(
        over(Within(i - 1, 1, m) * x[i])
    )
    assert normal_form(over(Delta(i, 7) * x[i], size=5)) == 0
    assert normal_form(a + over(Delta(i, 3) * x[i], size=5)) == a + x[3]
    nothing, either = (over(Delta(i, late) * x[i], size=5) for late in (7, 8))
    assert normal_form(nothing / either) is S.NaN
    unlike = over(call("f", i, 1, m))  # has the arguments of a condition
    assert normal_form(unlike) == normal_form(over(call("f", j, 1, m), j)) != m


def test_every_naming_of_linked_indices_is_the_same() -> None:
    letters = (i, j, k)

    def chained(p, q, r, body):
        return Sum(Sum(Sum(body(p, q, r), (p, 1, m)), (q, 1, m)), (r, 1, m))

    for body in (
        lambda p, q, r: w[p, q] * w[q, r] * w[r, p],
        lambda p, q, r: y[p, q, r] * y[q, r, p] * y[r, p, q],
        lambda p, q, r: w[p, q] * w[q, r],
        lambda p, q, r: w[p, q] * x[r],
        lambda p, q, r: x[p] * x[q] ** 2 * y[r],
        lambda p, q, r: call("f", w[p, q] + w[q, r]) * x[p] * a**r,
        lambda p, q, r: w[p, q] * w[p, r],
    ):
        forms = {normal_form(chained(*order, body)) for order in permutations(letters)}
        for order in permutations(letters):
            forms.add(normal_form(Sum(Sum(Sum(body(i, j, k), (order[0], 1, m)), (order[1], 1, m)), (order[2], 1, m))))
        assert len(forms) == 1


EIGHT = symbols("i1:9", integer=True)
SIZES = symbols("m1:9", integer=True, positive=True)
SYMMETRIC = call("f", sum(x[index] for index in EIGHT))


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        (IndexedBase("T")[EIGHT], [(index, 1, m) for index in EIGHT]),
        (SYMMETRIC, [(index, 1, size) for index, size in zip(EIGHT, SIZES, strict=True)]),
        (SYMMETRIC, [(index, first, m) for first, index in enumerate(EIGHT, 1)]),
        (SYMMETRIC * product(*(x[index] ** e for e, index in enumerate(EIGHT, 1))), [(index, 1, m) for index in EIGHT]),
    ],
)
def test_indices_that_differ_in_what_is_summed_or_in_their_ranges_are_not_permuted(body, limits) -> None:
    one = other = body  # all 40320 orders would take a minute
    for inner, outer in zip(limits, reversed(limits), strict=True):
        one, other = Sum(one, inner), Sum(other, outer)
    assert normal_form(one) == normal_form(other)


def test_linked_indices_get_letters_by_their_places_in_what_is_summed() -> None:
    for linked in (over(over(w[i, j] * x[i], j)), over(over(w[k, j] * x[k], k), j)):
        assert str(normal_form(linked)) == "Sum(Sum(w[_a, _b]*x[_a], (_b, 1, m)), (_a, 1, m))"


def test_bound_indices_are_no_names() -> None:
    linked = over(over(w[i, j] * x[i] * y[j], j))
    for expression in (over(x[i] * y[i]), linked, over(x[i] * Sum(y[j], (j, 1, i)))):
        assert names_used(normal_form(expression)) == names_used(expression)


def test_independent_sums_come_apart() -> None:
    nested = over(over(over(x[i] * y[j] * w[k, i] * a, j), k))
    apart = a * over(y[j], j) * over(over(x[i] * w[k, i], k))
    assert normal_form(nested) == normal_form(apart)
    squares = normal_form(over(over(x[i] * x[j], j)))
    assert squares == normal_form(over(x[l], l)) ** 2
    assert normal_form(product(S.Zero, over(x[i]))) == 0


def test_a_range_that_may_be_empty_is_not_counted() -> None:
    assert normal_form(Sum(a, (i, 5, 3))) == sum_over(a, (i, 5, 3)) == unroll(Sum(a, (i, 5, 3))) == 0
    assert normal_form(Sum(a, (i, 5, 4))) == sum_over(a, (i, 5, 4)) == 0
    for late in (Sum(a + b, (i, 3, m)), Sum(a + b, (i, m, n)), Sum(a + b, (i, 1, Symbol("p")))):
        apart = [Sum(letter, (j, *late.args[1][1:])) for letter in (a, b)]
        assert normal_form(late) == normal_form(apart[0] + apart[1])
        assert normal_form(late) not in (0, normal_form((a + b) * (late.upper - late.lower + 1)))
        assert sum_over(late.body, late.args[1]) == (a + b) * Sum(1, late.args[1])
    assert normal_form(Sum(a, (i, 0, m))) == normal_form(a * m + a)
    assert normal_form(Sum(a, (i, 3, m + n))) == normal_form(a * (m + n - 2))
    assert sum_over(a, (i, 1, m * n)) == m * n * a
    assert sum_over(a, (j, 1, i)) == i * a
    assert sum_over(a, (j, 2, i)) == a * Sum(1, (j, 2, i))
    assert sum_over(a, (i, 1, m / 2)) == a * Sum(1, (i, 1, m / 2))


def test_sums_up_to_an_index() -> None:
    def triangle(body, outer=i, inner=j):
        return Sum(Sum(body, (inner, 1, outer)), (outer, 1, m))

    assert normal_form(triangle(x[i] * y[j])) == normal_form(triangle(x[k] * y[l], k, l))
    assert normal_form(triangle(x[i] * y[j])) != normal_form(triangle(x[j] * y[i]))
    assert normal_form(triangle(a * (x[i] + y[j]))) == normal_form(a * triangle(y[k], j, k) + a * over(i * x[i]))
    assert normal_form(triangle(Delta(j, 1) * x[j] * y[i])) == normal_form(triangle(Delta(j, 1) * x[1] * y[i]))
    apart = over(over(x[i], i) * Sum(y[j], (j, 1, k)), k)  # all pairs of an x and a partial sum
    assert normal_form(m * triangle(x[i] * y[j])) != normal_form(apart)
    assert normal_form(over(m * x[i] * Sum(y[j], (j, 1, i)) - over(x[k], k) * Sum(y[j], (j, 1, i)))) != 0
    places = [over(Sum(Sum(body, (k, 1, j)), (j, 1, i))) for body in (w[j, k], w[k, j], w[j, j], w[k, k])]
    assert len({normal_form(place) for place in places}) == 4
    late = normal_form(over(y[i] * Sum(a * x[j], (j, i, m))))
    assert late == a * normal_form(over(y[k] * Sum(x[l], (l, k, m)), k)) != a * normal_form(triangle(y[i] * x[j]))
    assert free_references(late) == {a, m}
    beside = over(w[k, i], k)  # of a sum of another range than i
    assert normal_form(over(beside * Sum(y[j], (j, 1, i)))) == normal_form(over(Sum(y[j] * beside, (j, 1, i))))
    deep = Sum(triangle(x[i] * y[j] * w[j, k] * x[k], j, k), (i, 1, m))
    form = normal_form(deep)
    assert normal_form(form) == form
    nested = normal_form(over(Sum(Sum(x[i] * y[j] * x[k], (k, 1, j)), (j, 1, i))))
    assert normal_form(nested) == nested == normal_form(over(Sum(Sum(x[l] * y[k] * x[j], (j, 1, k)), (k, 1, l)), l))
    assert not any(str(s).startswith("_") for s in free_references(nested) | free_references(form))
    shifted = over(Sum(a * x[j], (j, i, i + 2)))
    assert normal_form(shifted) == normal_form(a * over(Sum(x[k], (k, i, i + 2))))


def test_what_the_terms_of_a_divisor_share_comes_out_with_its_power() -> None:
    p, q, r, k = symbols("p q r k")
    assert normal_form((p * r + q * r) ** -2) == normal_form(r**-2 * (p + q) ** -2)
    assert normal_form((p * r**2 + q * r**3) ** -3) == normal_form(r**-6 * (p + q * r) ** -3)
    assert normal_form((p * r + q * r * 2**k) ** -1) == normal_form(r**-1 * (p + q * 2**k) ** -1)

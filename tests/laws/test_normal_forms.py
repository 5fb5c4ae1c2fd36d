"""The normal form of sums means what it was made of: sums in sums, in functions and in denominators, letters reused."""

from collections.abc import Mapping
from fractions import Fraction

from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st
from sympy import Expr, Indexed, IndexedBase, Integer, Pow, Rational, Symbol, symbols

from symnet.equations import size
from symnet.expressions import product, substitute
from symnet.operations import call
from symnet.sums import Delta, Sum, Within, normal_form, unroll

M, N = size("m"), size("n")
SIZES = {M: 3, N: 2}
i, j, a_, zero = symbols("i j _a _0", integer=True)
INDICES = (i, j, a_, zero)  # the last two are letters that the normal form uses itself
x, w = IndexedBase("x"), IndexedBase("w")
a = Symbol("a")

law = settings(max_examples=150, deadline=None, derandomize=True, phases=(Phase.generate,))

leaf = st.one_of(
    st.sampled_from([a, Integer(2), Integer(-1), Rational(1, 3)]),
    st.sampled_from(INDICES).map(lambda k: x[k]),
    st.tuples(st.sampled_from(INDICES), st.sampled_from(INDICES)).map(lambda where: w[where]),
    st.tuples(st.sampled_from(INDICES), st.sampled_from(INDICES)).map(lambda pair: Delta(*pair)),
)


def grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    sums = st.tuples(inner, st.sampled_from(INDICES), st.sampled_from((M, N)))
    return st.one_of(
        sums.map(lambda t: Sum(t[0], (t[1], Integer(1), t[2]))),
        sums.map(lambda t: Sum(t[0], (t[1], Integer(1), t[2]))),
        st.tuples(inner, inner).map(lambda t: t[0] + t[1]),
        st.tuples(inner, inner).map(lambda t: product(*t)),
        inner.map(lambda u: Pow(u, 2)),
        inner.map(lambda u: 1 / (u + a)),
        inner.map(lambda u: call("f", u)),
    )


expressions = st.recursive(leaf, grown, max_leaves=6)


def value(node: Expr, at: Mapping[Expr, int]) -> Fraction:
    """The meaning of an expression, by loops, at indices given in `at`."""
    if isinstance(node, Rational):
        return Fraction(int(node.p), int(node.q))
    if node in at:
        return Fraction(at[node])
    if isinstance(node, Symbol):
        return Fraction(SIZES.get(node, 7), 1)
    if isinstance(node, Sum):
        last = int(value(node.upper, at))
        return sum((value(node.body, {**at, node.index: k}) for k in range(1, last + 1)), Fraction(0))
    parts = [value(child, at) for child in (node.indices if isinstance(node, Indexed) else node.args)]
    if isinstance(node, Indexed):
        code = sum((k + 1) * 5**place for place, k in enumerate(parts))
        return Fraction(int(code) ** 2 % 97 + 1, 5)  # any function of the place does
    if isinstance(node, Delta):
        return Fraction(parts[0] == parts[1])
    if isinstance(node, Within):
        return Fraction(parts[1] <= parts[0] <= parts[2])
    if node.is_Add:
        return sum(parts, Fraction(0))
    if isinstance(node, Pow):
        return parts[0] ** int(parts[1])
    result = Fraction(1)
    for part in parts:
        result *= part
    return result if node.is_Mul else parts[0] ** 2 + parts[0] / 3 + 1  # f


def meaning(expression: Expr) -> list[Fraction]:
    """The values at several choices of the free indices, in the range of every sum."""
    try:
        return [value(expression, dict(zip(INDICES, where, strict=True))) for where in ((1, 2, 2, 1), (2, 1, 1, 1))]
    except ZeroDivisionError:
        reject()


@law
@given(expressions)
def test_the_normal_form_has_the_same_values_and_is_its_own(expression: Expr) -> None:
    form = normal_form(expression)
    assert meaning(form) == meaning(expression)
    assert normal_form(form) == form


@law
@given(expressions, expressions)
def test_what_differs_in_value_differs_in_normal_form(one: Expr, other: Expr) -> None:
    if meaning(one) != meaning(other):
        assert normal_form(one - other) != 0


@law
@given(expressions)
def test_writing_out_sums_changes_no_value(expression: Expr) -> None:
    fixed = substitute(expression, {s: Integer(k) for s, k in SIZES.items()})
    assert not unroll(fixed).has(Sum)
    assert meaning(unroll(fixed)) == meaning(expression)


def test_an_index_of_a_sum_outside_is_not_taken_for_one_inside() -> None:
    """Found by a claim that was proved and refuted at once: w_ji and w_ii under f were one normal form."""
    right = Sum(x[i] * call("f", Sum(w[j, i] * x[j], (j, 1, N))), (i, 1, M))
    wrong = Sum(x[i] * call("f", Sum(w[i, i] * x[i], (i, 1, N))), (i, 1, M))
    assert normal_form(right) != normal_form(wrong)
    assert normal_form(right - wrong) != 0
    free = x[a_] * Sum(w[j, a_] * x[j], (j, 1, N))
    assert normal_form(free - x[a_] * Sum(w[i, i] * x[i], (i, 1, N))) != 0

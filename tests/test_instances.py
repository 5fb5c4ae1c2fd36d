"""A derivation written out is what substituting, unrolling and replacing references one after the other gives."""

import gc
from itertools import product as choices

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, name_of, names_used, size
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, substitute, total
from symnet.operations import call, sqrt
from symnet.sums import Delta, Sum, Within, unroll
from tests.benchmarks.mlp import normalized_mlp
from tests.builders import normalized_chain

m, n = size("m"), size("n")
i, j, t = index("i", m), index("j", n), index("t", 2)
x, w, q = Variable("x", (i, j)), Variable("w", (j,)), Variable("q", (i,))
k = Symbol("k", integer=True)


def one_by_one(derivation, sizes):
    """Every right-hand side by the three general functions."""
    fill = {s: Integer(number) for s, number in sizes.items()}

    def instance(reference):
        if name_of(reference) is None:
            return None
        return Symbol("_".join([name_of(reference), *map(str, getattr(reference, "indices", ()))]))

    for equation in derivation:
        ranges = [range(int(q.lower.xreplace(fill)), int(q.upper.xreplace(fill)) + 1) for q in equation.indices]
        for where in choices(*ranges):
            own = {q.symbol: Integer(at) for q, at in zip(equation.indices, where, strict=True)}
            yield rewrite(unroll(substitute(equation.rhs, {**fill, **own})), instance)


def same(a, b):
    """Equal with all arguments in the same order, which `==` of numbers before sums need not see."""
    return type(a) is type(b) and a == b and len(a.args) == len(b.args) and all(map(same, a.args, b.args))


def check(derivation, sizes):
    written = derivation.instantiate(sizes)
    for equation, expected in zip(written, one_by_one(derivation, sizes), strict=True):
        assert same(equation.rhs, expected), (equation.name, equation.rhs, expected)
        assert equation.reads == names_used(equation.rhs)


@pytest.mark.parametrize("sizes", [{m: 1, n: 1}, {m: 2, n: 3}, {m: 11, n: 2}])
def test_gradients_of_networks(sizes):
    check(gradient(normalized_mlp(2), "L"), sizes)
    check(gradient(normalized_chain(2), "L"), {m: sizes[m]})


@pytest.mark.parametrize(
    ("rhs", "indices"),
    [
        (Sum(q.at(k), (k, 1, i.symbol)), (i,)),
        (Sum(q.at(k) ** 2, (k, i.symbol, m)) / (m - i.symbol + 1), (i,)),
        (Within(i.symbol - 1, 1, m) * q.at(i.symbol - 1), (i,)),
        (Sum(Delta(k, i.symbol) * q.at(k), (k, 1, m)), (i,)),
        (Sum(q.reference, j.limits), (i,)),
        (Sum(Sum(q.reference * q.at(k), i.limits), (k, 1, m)), ()),
        (product(Integer(2), total(q.reference, w.reference)) * sqrt(1 + w.reference**2), (i, j)),
        (2 * Sum(3 * (w.reference - 1), j.limits), ()),
        (Sum(x.at(i.symbol, 1) * x.at(i.symbol, n) - x.reference, j.limits), (i,)),
        (Sum(q.at(i.symbol + t.symbol - 1) * w.at(t.symbol), t.limits), (index("i", m - 1),)),
        (call("max", q.reference, i.symbol) + Symbol("c") - i.symbol * Symbol("c"), (i,)),
        (q.reference - q.at(1), (i,)),
        (Rational(1, 3) * Sum(Sum(x.reference, i.limits), j.limits) / m, ()),
    ],
)
def test_kinds_of_sums_and_references(rhs, indices):
    check(Derivation((Equation("out", indices, rhs=rhs),), (x, w, q)), {m: 3, n: 2})


def test_a_size_without_a_value_stays_symbolic_under_a_sum():
    derivation = Derivation((Equation("out", (j,), rhs=Sum(x.reference, i.limits) * w.reference),), (w,))
    first, _ = derivation.instantiate({n: 2})
    assert first.rhs == Sum(x.at(i.symbol, 1), i.limits) * Symbol("w_1")


def test_the_garbage_collector_is_as_it_was_after_errors_too():
    derivation = Derivation((Equation("out", (j,), rhs=w.reference),), (w,))
    with pytest.raises(SymnetError, match="the size n of w has no value"):
        derivation.instantiate({m: 2})
    assert gc.isenabled()
    gc.disable()
    try:
        derivation.instantiate({n: 2})
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_recurrence_reads_what_is_written_before_it():
    s, r = Equation("s", (i,), rhs=q.reference), index("r", m, 2)
    step = Equation("u", (r,), rhs=Symbol("c") * Variable("s", (i,)).at(r.symbol - 1))
    assert [e.rhs for e in Derivation((s, step), (q,)).instantiate({m: 3})][3:] == [
        Symbol("c") * Symbol("s_1"),
        Symbol("c") * Symbol("s_2"),
    ]


def test_expressions_as_data_are_kept_as_they_are():
    a, b = Symbol("a"), Symbol("b")
    derivation = Derivation((Equation("out", (), rhs=2 * Sum(q.reference, i.limits)),), (q,))
    (with_names,) = derivation.instantiate({m: 2}, {"q": [a + b, a + b]})
    assert with_names.rhs == product(Integer(2), 2 * a + 2 * b)
    (with_numbers,) = derivation.instantiate({m: 2}, {"q": [1, 2]})
    assert with_numbers.rhs == 6


names = st.sampled_from(["a", "b", "a_1", "a_10", "a_2", "B", "x_1_2"]).map(Symbol)
expressions = st.recursive(
    names | st.fractions(-3, 3, max_denominator=3).map(lambda f: Rational(f.numerator, f.denominator)),
    lambda below: st.one_of(
        st.lists(below, min_size=1, max_size=4).map(lambda parts: total(*parts)),
        st.lists(below, min_size=1, max_size=4).map(lambda parts: product(*parts)),
        below.map(lambda u: call("tanh", u)),
        st.tuples(below, st.integers(1, 3)).map(lambda pair: pair[0] ** pair[1]),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(expressions, expressions)
def test_written_in_the_order_of_sympy(first, second):
    """What a sum over a table of expressions puts together is what SymPy makes of its terms."""
    derivation = Derivation((Equation("out", (), rhs=product(first, total(first, second))),))
    check(derivation, {})
    picked = total(*(product(Delta(t.symbol, place), value) for place, value in ((1, first), (2, second))))
    check(Derivation((Equation("out", (), rhs=Sum(picked * Symbol("c"), t.limits)),)), {})

"""The sweep: textbook gradients, laws on random derivations, and the path split."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import IndexedBase, Integer, Rational, Symbol, symbols
from sympy.core.cache import clear_cache

from symnet.differentiate import DIRECT, gradient, hessian, paths
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.expressions import product, substitute
from symnet.operations import call
from symnet.sums import Sum, Within, normal_form, sum_over, unroll
from tests.builders import OBJECT, M, X, lecture_network, normalized_chain

i, j, k = symbols("i j k", integer=True)


def one_layer() -> Derivation:
    return normalized_chain(1)


def test_the_gradient_of_a_normalized_layer_is_the_textbook_one() -> None:
    result = gradient(one_layer(), "L")
    g, xhat = IndexedBase("dL_dxhat1"), IndexedBase("xhat1")
    deviation, mean = Symbol("S1"), Symbol("C1")
    assert result["dL_dS1"].rhs == -Sum(g[i] * xhat[i], (i, 1, M)) / deviation
    assert result["dL_dC1"].rhs == -Sum(g[i], (i, 1, M)) / deviation
    expected = g[i] / deviation + Symbol("dL_dC1") / M + Symbol("dL_dS1") * xhat[i] / M
    assert result["dL_dz1"].rhs == expected
    assert mean not in result["dL_dz1"].rhs.free_symbols


def test_equal_parts_that_are_different_objects_make_no_difference() -> None:
    clear_cache()
    again = size("m")  # SymPy has forgotten the first one
    assert again == M
    assert again is not M
    z = Equation("z", (OBJECT,), rhs=Symbol("w") * X.reference)
    squares = Sum(z.at(i) ** 2, (i, 1, again))
    derivation = Derivation((z, Equation("S", rhs=call("sqrt", squares / M))), (X,), (Variable("w"),))
    assert gradient(derivation, "S")["dS_dz"].rhs == z.reference / (M * Symbol("S"))


def test_no_root_is_written_again() -> None:
    result = gradient(normalized_chain(3), "L")
    assert [e.name for e in result if e.rhs.atoms(type(call("sqrt", X.reference)))] == ["S1", "S2", "S3"]


def test_the_number_of_equations_is_affine_in_depth() -> None:
    counts = [len(gradient(normalized_chain(depth), "L").equations) for depth in (1, 2, 3, 4)]
    steps = {after - before for before, after in pairwise(counts)}
    assert len(steps) == 1


def test_known_zeros_vanish() -> None:
    assert "dS1" not in str(gradient(one_layer(), "L")["dL_dC1"].rhs)


def scalar(name: str, rhs) -> Equation:
    return Equation(name, rhs=rhs)


def check_against_unrolled(derivation: Derivation, wrt: str, sizes: dict) -> None:
    """instantiate(gradient) equals SymPy's derivative of the written-out loss, entry by entry."""
    result = gradient(derivation, "L", [wrt]).instantiate(sizes)
    loss = derivation.instantiate(sizes).inline()["L"].rhs
    entries = [e for e in result if e.name == f"dL_d{wrt}" or e.name.startswith(f"dL_d{wrt}_")]
    assert entries
    for entry in entries:
        variable = Symbol(entry.name.removeprefix("dL_d"))
        assert (result.unfold(entry.rhs) - loss.diff(variable)).expand() == 0, entry.name


n, p, q = size("n"), size("p"), size("q")
W = Variable("w", (index("k", 3),))


@pytest.mark.parametrize(
    "rhs",
    [
        Sum(Sum(IndexedBase("w")[k] * IndexedBase("x")[i + k - 1], (k, 1, 3)) ** 2, (i, 1, 4)),
        Sum(IndexedBase("w")[k] * IndexedBase("x")[2 * k], (k, 1, 3)) ** 2,
        Sum(IndexedBase("w")[k] ** 2 * IndexedBase("w")[1], (k, 1, 3)),
        Sum(IndexedBase("w")[k] * IndexedBase("w")[4 - k], (k, 1, 3)),
        Sum(Within(k, 2, 3) * IndexedBase("w")[k] ** 3, (k, 1, 3)),
        IndexedBase("w")[2] ** 2 * IndexedBase("x")[6],
    ],
)
@pytest.mark.parametrize("wrt", ["w", "x"])
def test_affine_repeated_and_constant_indices(rhs, wrt: str) -> None:
    x = Variable("x", (index("i", 6),))
    check_against_unrolled(Derivation((scalar("L", rhs),), (x,), (W,)), wrt, {})


def test_a_matrix_reference_with_a_repeated_index() -> None:
    v = Variable("v", (index("i", 3), index("j", 3)))
    trace = Sum(IndexedBase("v")[i, i] ** 2, (i, 1, 3)) + Sum(
        Sum(IndexedBase("v")[i, j] * IndexedBase("v")[j, i], (j, 1, 3)), (i, 1, 3)
    )
    check_against_unrolled(Derivation((scalar("L", trace),), (), (v,)), "v", {})


def test_a_letter_that_indexes_both_sides_is_not_captured() -> None:
    x = Variable("x", (index("i", 2),))
    z = Equation("z", (index("j", 2),), rhs=Sum(IndexedBase("v")[i, j] * x.at(i), (i, 1, 2)))
    loss = scalar("L", Sum(z.at(i) ** 2, (i, 1, 2)))
    v = Variable("v", (index("i", 2), index("j", 2)))
    for wrt in ("v", "x"):
        check_against_unrolled(Derivation((z, loss), (x,), (v,)), wrt, {})


weights = symbols("w1:4")


def _formula(draw, names):
    leaf = st.one_of(st.sampled_from(names), st.integers(-2, 3).map(Integer))
    grow = st.recursive(
        leaf,
        lambda e: st.one_of(
            st.tuples(e, e).map(lambda t: t[0] + t[1]),
            st.tuples(e, e).map(lambda t: product(*t)),
            st.tuples(e, st.integers(2, 3)).map(lambda t: t[0] ** t[1]),
        ),
        max_leaves=5,
    )
    return draw(grow)


@st.composite
def polynomial_derivations(draw) -> Derivation:
    names = [*weights, X.at(i)]
    u = Equation("u", (OBJECT,), rhs=_formula(draw, names))
    mean = Equation("c", rhs=sum_over(u.at(j), (j, Integer(1), M)) / M)
    v = Equation("v", (OBJECT,), rhs=_formula(draw, [*names, u.reference, mean.reference]))
    loss = Equation("L", rhs=sum_over(v.reference**2 + v.reference, OBJECT.limits))
    return Derivation((u, mean, v, loss), (X,), tuple(Variable(str(w)) for w in weights))


@settings(max_examples=40, deadline=None)
@given(polynomial_derivations())
def test_instantiate_commutes_with_the_gradient(derivation: Derivation) -> None:
    for wrt in ("w1", "w2"):
        check_against_unrolled(derivation, wrt, {M: 2})


@settings(max_examples=25, deadline=None)
@given(polynomial_derivations())
def test_the_gradient_of_the_inlined_derivation_is_the_inlined_gradient(derivation: Derivation) -> None:
    kept = gradient(derivation, "L", ["w1"])
    flat = gradient(derivation.inline(), "L", ["w1"])
    left, right = (d.unfold(d["dL_dw1"].rhs) for d in (kept, flat))
    assert normal_form(left - right) == 0


@settings(max_examples=20, deadline=None)
@given(polynomial_derivations())
def test_the_shares_of_the_paths_add_up(derivation: Derivation) -> None:
    whole = gradient(derivation, "L", ["w1"])
    split = paths(derivation, "L", ["c"], ["w1"])
    shares = [split.unfold(split[f"dL_dw1_via_{label}"].rhs) for label in (DIRECT, "c")]
    assert normal_form(sum(shares, Integer(0)) - whole.unfold(whole["dL_dw1"].rhs)) == 0


def test_the_share_through_a_name_is_the_rest_when_it_is_held_constant() -> None:
    derivation = one_layer()
    split = paths(derivation, "L", ["C1", "S1"], ["w1"])
    direct = split["dL_dz1_via_direct"].rhs
    assert direct == IndexedBase("dL_dxhat1_via_direct")[i] / Symbol("S1")
    assert split["dL_dz1_via_S1"].rhs == Symbol("dL_dS1_via_direct") * IndexedBase("xhat1")[i] / M


def test_second_derivatives_are_symmetric_and_exact() -> None:
    derivation = lecture_network(None).derivation.inline("h1", "h2", "F")
    cubic = Derivation(
        (scalar("L", weights[0] ** 3 * weights[1] + weights[1] ** 2),),
        (),
        tuple(Variable(str(w)) for w in weights),
    )
    second = hessian(cubic, "L")
    values = {f"{a},{b}": second.unfold(second[f"d2L_d{a}_d{b}"].rhs) for a in ("w1", "w2") for b in ("w1", "w2")}
    w1, w2, _ = weights
    assert values == {"w1,w1": 6 * w1 * w2, "w1,w2": 3 * w1**2, "w2,w1": 3 * w1**2, "w2,w2": 2}
    assert r"\partial w_1^2" in second["d2L_dw1_dw1"].latex
    assert "L" in derivation


def test_bad_requests_are_answered() -> None:
    derivation = one_layer()
    with pytest.raises(SymnetError, match="no 'w9' here; the names are x, y, w1"):
        gradient(derivation, "L", ["w9"])
    with pytest.raises(SymnetError, match="z1 has indices"):
        gradient(derivation, "z1")
    loose = derivation.extend([scalar("Q", IndexedBase("xhat1")[OBJECT.symbol])])
    with pytest.raises(SymnetError, match=f"Q uses the index {OBJECT.symbol} without having it"):
        gradient(loose, "Q")
    with pytest.raises(SymnetError, match="no equation for 'Q'"):
        gradient(derivation, "Q")
    exponent = Derivation((scalar("L", weights[0] ** weights[0]),), (), (Variable("w1"),))
    with pytest.raises(SymnetError, match="exponent"):
        gradient(exponent, "L")


def test_rationals_stay_exact() -> None:
    loss = scalar("L", Rational(1, 3) * weights[0] ** 2)
    result = gradient(Derivation((loss,), (), (Variable("w1"),)), "L")
    assert substitute(result["dL_dw1"].rhs, {weights[0]: Integer(1)}) == Rational(2, 3)
    assert unroll(result["dL_dw1"].rhs) == 2 * weights[0] / 3


def test_of_two_names_for_a_value_an_equation_is_written_by_its_own() -> None:
    w1, w2, _ = weights
    u, v = scalar("u", w2 / w1), scalar("v", w2 / w1)
    derivation = Derivation(
        (u, v, scalar("L", u.reference**2 + v.reference**3)), (), tuple(map(Variable, ("w1", "w2")))
    )
    share = gradient(derivation, "L", ["w1"])["dL_dw1"].rhs
    assert str(share) == "-dL_du*u/w1 - dL_dv*v/w1"


def test_what_cancels_needs_no_rule() -> None:
    w1, w2, w3 = weights
    u = scalar("u", w2**w1)  # has no derivative by the exponent
    p, q = scalar("p", u.reference + w3), scalar("q", u.reference - w3)
    derivation = Derivation(
        (u, p, q, scalar("L", p.reference - q.reference)), (), tuple(Variable(str(w)) for w in weights)
    )
    assert gradient(derivation, "L", ["w1"])["dL_dw1"].rhs == 0


def test_sums_vanish_by_the_definitions_of_means_of_one_name_only() -> None:
    square = scalar("c", Sum(X.reference**2, OBJECT.limits) / M)
    shifted = Equation("u", (OBJECT,), rhs=X.reference - weights[1])
    for one, body, text in (
        (square, X.reference**2 - square.reference, "Sum(-c + x[i]**2, (i, 1, m))"),
        (shifted, shifted.reference + weights[1] - X.reference, "Sum(w2 + u[i] - x[i], (i, 1, m))"),
    ):
        loss = scalar("L", weights[0] * Sum(body, OBJECT.limits))
        parameters = tuple(map(Variable, ("w1", "w2")))
        assert str(gradient(Derivation((one, loss), (X,), parameters), "L", ["w1"])["dL_dw1"].rhs) == text


def test_a_sum_with_something_of_its_own_is_left_alone() -> None:
    mean = scalar("c", Sum(X.reference, OBJECT.limits) / M)
    centred = Equation("h", (OBJECT,), rhs=X.reference - mean.reference)
    y, v = Variable("y", (OBJECT,)), Variable("v", (OBJECT,))
    for body, wrt, text in (
        (y.at(j) * X.reference - y.at(j) * mean.reference, "v", "0"),
        (
            y.reference * (centred.reference + mean.reference - X.reference),
            "w1",
            "Sum((c + h[i] - x[i])*y[i], (i, 1, m))",
        ),
    ):
        rhs = (
            Sum(v.at(j) * Sum(body, OBJECT.limits), (j, 1, M)) if wrt == "v" else weights[0] * Sum(body, OBJECT.limits)
        )
        derivation = Derivation((mean, centred, scalar("L", rhs)), (X, y), (v, Variable("w1")))
        assert str(gradient(derivation, "L", [wrt])[f"dL_d{wrt}"].rhs) == text


def up_to(body, last=i):
    return Sum(body, (j, 1, last))


@pytest.mark.parametrize(
    "summand",
    [
        up_to(weights[0] * X.at(i)),
        up_to(weights[0] * X.at(i) ** 2 * X.at(j)),
        up_to(X.at(j) * up_to(weights[0] * X.at(j) ** 2)) ** 2,
        up_to(Sum(weights[0] * X.at(k) * X.at(i) ** 2, (k, j, i)), M),
    ],
)
def test_sums_up_to_an_index_of_another_sum(summand) -> None:
    partial = Equation("u", (OBJECT,), rhs=summand)
    for equations in (
        (scalar("L", Sum(summand, OBJECT.limits)),),
        (partial, scalar("L", Sum(partial.at(k), (k, 1, M)))),
    ):
        for wrt in ("w1", "x"):
            check_against_unrolled(Derivation(equations, (X,), (Variable("w1"),)), wrt, {M: 3})


def test_a_partial_sum_is_counted_for_each_index() -> None:
    loss = scalar("L", Sum(up_to(weights[0] * X.at(i)), OBJECT.limits))
    derivation = gradient(Derivation((loss,), (X,), (Variable("w1"),)), "L", ["w1", "x"])
    assert str(derivation["dL_dw1"].rhs) == "Sum(i*x[i], (i, 1, m))"
    assert str(derivation["dL_dx"].rhs) == "i*w1"

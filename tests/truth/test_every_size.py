"""Batch normalization and softmax for every number of objects; near-misses are refuted at a small one."""

import pytest
from sympy import IndexedBase, Integer, Symbol, symbols

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.operations import call, sqrt
from symnet.sums import Sum, normal_form, sum_over
from symnet.truth.every_size import instances, prove_every_size
from symnet.truth.verdict import decide

m, n = size("m"), size("n")
OBJECT, CLASS = index("i", m), index("c", n)
i, c = OBJECT.symbol, CLASS.symbol
j, k = symbols("j k", integer=True)
scale, shift, eps = symbols("gamma beta eps")
x, g = Variable("x", (OBJECT,)), Variable("g", (OBJECT,))


def batch_normalization() -> Derivation:
    """L = sum g_i y_i with a generic upstream gradient g, eps, learnable scale and shift (Ioffe, Szegedy 2015)."""
    mean = Equation("mu", rhs=sum_over(x.at(j), (j, Integer(1), m)) / m)
    variance = Equation("v", rhs=sum_over((x.at(j) - mean.reference) ** 2, (j, Integer(1), m)) / m)
    deviation = Equation("s", rhs=sqrt(variance.reference + eps))
    hat = Equation("h", (OBJECT,), rhs=(x.reference - mean.reference) / deviation.reference)
    out = Equation("y", (OBJECT,), rhs=scale * hat.reference + shift)
    loss = Equation("L", rhs=sum_over(g.reference * out.reference, OBJECT.limits))
    parameters = tuple(Variable(str(p)) for p in (scale, shift, eps))
    equations = (mean, variance, deviation, hat, out, loss)
    return gradient(Derivation(equations, (x, g), parameters), "L", ["x", "gamma", "beta"])


BN = batch_normalization()
mu, v, s = symbols("mu v s")
h, dx, gg, xx = (IndexedBase(name) for name in ("h", "dL_dx", "g", "x"))


def over(body):
    return Sum(body, (j, Integer(1), m))


COMPACT = scale / s * (gg[i] - over(gg[j]) / m - h[i] * over(gg[j] * h[j]) / m)
STAGED = (
    scale * gg[i] / s
    - scale * over(gg[j] * (xx[j] - mu)) * (xx[i] - mu) / (m * (v + eps) * s)
    - scale * over(gg[j]) / (m * s)
)
TRUE = {
    "compact": (dx[i], COMPACT),
    "staged": (dx[i], STAGED),
    "scale": (Symbol("dL_dgamma"), over(gg[j] * h[j])),
    "shift": (Symbol("dL_dbeta"), over(gg[j])),
    "sum dx": (over(dx[j]), Integer(0)),
    "sum h dx": (over(h[j] * dx[j]), scale * eps / s**3 * over(gg[j] * h[j])),
    "sum x dx": (over(xx[j] * dx[j]), scale * eps / s**2 * over(gg[j] * h[j])),
    "sum h": (over(h[j]), Integer(0)),
    "sum h^2": (over(h[j] ** 2), m * v / (v + eps)),
}
FALSE = {
    "m - 1 in the mean": (dx[i], COMPACT.subs(m, m - 1)),
    "a sign": (dx[i], scale / s * (gg[i] - over(gg[j]) / m + h[i] * over(gg[j] * h[j]) / m)),
    "a power": (over(xx[j] * dx[j]), scale * eps / s * over(gg[j] * h[j])),  # at eps = 0 both are 0
    "half": (dx[i], COMPACT / 2),  # with two objects and eps = 0 too
    "no mean path": (dx[i], scale / s * (gg[i] - h[i] * over(gg[j] * h[j]) / m)),
}
SOMETIMES = {
    "eps lost": (over(h[j] ** 2), m, "eps = 0"),
    "zero": (dx[i], Integer(0), "eps = 0 and m = 2"),
    "two objects": (over(gg[j]) / 2, over(gg[j]) / m, "m = 2"),
}


@pytest.mark.parametrize("name", TRUE)
def test_batch_normalization_backward_for_every_m(name: str) -> None:
    verdict = decide(*TRUE[name], BN)
    assert verdict.verdict == "proved", verdict
    assert "every size" in verdict.method


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_are_refuted_at_a_small_m(name: str) -> None:
    left, right = FALSE[name]
    assert not prove_every_size(left, right, BN).proved
    verdict = decide(left, right, BN)
    assert verdict.verdict == "refuted"
    assert verdict.witness["values"]["m"] in ("2", "3")
    assert verdict.witness["left"] != verdict.witness["right"]


@pytest.mark.parametrize("name", SOMETIMES)
def test_the_values_that_make_a_false_statement_true(name: str) -> None:
    left, right, condition = SOMETIMES[name]
    found = decide(left, right, BN)
    assert (found.verdict, found.assumptions) == ("proved-if", [condition])
    assert found.witness["left"] != found.witness["right"]
    assert found.witness["values"]["m"] == ("3" if condition == "m = 2" else "2")


def test_equal_widths_and_special_values_are_conditions_of_any_size() -> None:
    squares = Sum(over(xx[j] ** 2), (k, Integer(1), n))
    assert decide(squares, m * over(xx[j] ** 2)).assumptions == ["n = m"]
    half = decide(scale * over(xx[j]), (1 - scale) * over(xx[j]), parameters=[scale])
    assert (half.verdict, half.assumptions) == ("proved-if", ["gamma = 1/2"])
    assert decide(scale * over(xx[j]), (1 - scale) * over(xx[j])).verdict == "refuted"
    assert decide(scale * over(xx[j]), eps * over(xx[j]), parameters=[scale, eps]).assumptions == ["gamma = eps"]
    assert decide(xx[i], xx[1]).verdict == "refuted"
    undefined = decide(over(xx[j]) / (m - 2), over(xx[j]) / (m - 3))  # at m = 2 the left side is not defined
    assert undefined.verdict == "refuted"


def test_a_witness_says_at_which_index() -> None:
    found = decide(xx[i] * gg[k], xx[k] * gg[i], Derivation((), (x, g)))
    assert found.verdict == "refuted"
    assert {found.witness["values"]["i"], found.witness["values"]["k"]} == {"1", "2"}


def test_the_indices_of_an_instance_are_those_of_the_names_they_stand_at() -> None:
    d = Derivation((Equation("q", (OBJECT,), rhs=x.reference - over(xx[j]) / m),), (x, Variable("u", (CLASS,))))
    places = list(instances(IndexedBase("q")[k], IndexedBase("u")[c], d, {m: Integer(2), n: Integer(3)}))
    assert [(one.at[k], one.at[c]) for one in places] == [(p, q) for q in (1, 2, 3) for p in (1, 2)]
    part = list(instances(IndexedBase("q")[k], IndexedBase("u")[c], d, {m: Integer(2)}))
    assert [(one.at[k], one.right) for one in part] == [(1, IndexedBase("u")[c]), (2, IndexedBase("u")[c])]


def test_no_time_is_no_verdict_but_a_counterexample_is_one() -> None:
    late = decide(*TRUE["staged"], BN, seconds=0)
    assert (late.verdict, late.method) == ("undecided", "the time limit has passed")
    assert decide(*FALSE["a sign"], BN, seconds=0).verdict in ("undecided", "refuted")


def softmax() -> Derivation:
    """Cross-entropy of a softmax over n classes for each of m objects."""
    z, t = Variable("z", (OBJECT, CLASS)), Variable("t", (OBJECT, CLASS))
    total = Equation("D", (OBJECT,), rhs=Sum(call("exp", z.at(i, k)), (k, Integer(1), n)))
    p = Equation("p", (OBJECT, CLASS), rhs=call("exp", z.reference) / total.reference)
    loss = Sum(Sum(-t.at(i, k) * call("log", p.at(i, k)), (k, Integer(1), n)), (i, Integer(1), m))
    return gradient(Derivation((total, p, Equation("L", rhs=loss)), (z, t)), "L", ["z"])


def test_softmax_with_cross_entropy_for_every_m_and_n() -> None:
    derivation = softmax()
    dz, t, p = (IndexedBase(name) for name in ("dL_dz", "t", "p"))
    right = p[i, c] * Sum(t[i, k], (k, Integer(1), n)) - t[i, c]
    assert decide(dz[i, c], right, derivation).verdict == "proved"
    assert decide(dz[i, c], p[i, c] - t[i, c], derivation).verdict == "refuted"  # true only when the t_i add to 1


def test_a_dense_layer_with_squared_error() -> None:
    width = index("q", size("d"))
    q, r = symbols("q r", integer=True)
    data, target = Variable("x", (OBJECT, width)), Variable("y", (OBJECT, CLASS))
    weight = Variable("w", (width, CLASS))
    out = Equation("o", (OBJECT, CLASS), rhs=Sum(data.at(i, q) * weight.at(q, c), (q, Integer(1), size("d"))))
    error = Sum(Sum((out.at(i, c) - target.at(i, c)) ** 2, (c, Integer(1), n)), (i, Integer(1), m))
    derivation = gradient(Derivation((out, Equation("L", rhs=error)), (data, target), (weight,)), "L")
    dw = IndexedBase("dL_dw")[q, c]
    inner = Sum(data.at(i, r) * weight.at(r, c), (r, Integer(1), size("d"))) - target.at(i, c)
    assert decide(dw, 2 * Sum(data.at(i, q) * inner, (i, Integer(1), m)), derivation).verdict == "proved"
    assert decide(dw, Sum(data.at(i, q) * inner, (i, Integer(1), m)), derivation).verdict == "refuted"


def test_the_content_of_an_inverse_comes_out_of_a_sum() -> None:
    a, b = symbols("a b")
    for left, right in (
        (over(a / (a * xx[j] ** 2 + a)), over(1 / (xx[j] ** 2 + 1))),
        (over(1 / (1 + 1 / xx[j])), over(xx[j] / (1 + xx[j]))),
        (over(xx[j] / (over(xx[k]) * a + over(xx[k]) * b)), over(xx[j] / over(xx[k])) / (a + b)),
        (over(xx[j] / (1 / (a + b) + 1 / (a - b))), over(xx[j]) * (a + b) * (a - b) / (2 * a)),
        (over(xx[j] / (a**m + a**2)), over(xx[j]) / (a**m + a**2)),
    ):
        assert normal_form(left - right) == 0
        assert normal_form(normal_form(left)) == normal_form(left)
        assert decide(left, right).verdict == "proved"
    assert decide(over(a / (a * xx[j] ** 2 + b)), over(1 / (xx[j] ** 2 + b))).verdict == "refuted"


def test_a_root_under_a_sum_is_no_constant() -> None:
    root = sqrt(xx[j] ** 2 + 1)
    left, right = over(root * gg[j]), over(root) * over(gg[j]) / m
    assert not prove_every_size(left, right).proved
    assert prove_every_size(left, Sum(gg[k] * sqrt(1 + xx[k] ** 2), (k, Integer(1), m))).proved


def test_partial_sums_go_with_their_index() -> None:
    partial = Sum(gg[j], (j, 1, i))
    crossed = Sum(m * xx[i] * partial - Sum(xx[k], (k, 1, m)) * partial, (i, 1, m))
    assert decide(crossed, Integer(0)).verdict == "refuted"
    swapped = Sum(gg[j] * Sum(xx[i], (i, 1, j)), (j, 1, m))
    assert decide(Sum(xx[i] * partial, (i, 1, m)), swapped).verdict == "refuted"
    assert (
        decide(Sum(xx[i] * (partial + 1), (i, 1, m)), Sum(xx[i] * partial, (i, 1, m)) + over(xx[j])).verdict == "proved"
    )


def test_a_range_that_is_empty_at_a_small_size_is_not_counted() -> None:
    assert decide(Sum(scale, (j, 3, m)), (m - 2) * scale).verdict != "proved"  # false at m = 1 only
    assert decide(Sum(scale, (j, 4, m)), (m - 3) * scale).verdict == "refuted"
    assert decide(Sum(scale, (j, 2, m)), (m - 1) * scale).verdict == "proved"

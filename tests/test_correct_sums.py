"""The smallest edit of a wrong formula of any size: batch normalization and its backward pass."""

import pytest
from sympy import Expr, IndexedBase, Rational, Symbol, symbols

from symnet.correction.correct import edit_latex, smallest_edit
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import product
from symnet.operations import sqrt
from symnet.render.naming import Naming
from symnet.sums import Sum, sum_over
from symnet.truth.every_size import prove_every_size
from symnet.truth.verdict import decide

# Sums of any size

M = size("m")
OVER_I, OVER_J = index("i", M), index("j", M)
K, J = OVER_I.symbol, OVER_J.symbol
xs, gs, hats, dhats, dxs = (IndexedBase(n) for n in ("x", "g", "xhat", "dxhat", "dx"))
mu, v, eps, gamma, beta, dv, dmu = symbols("mu v epsilon gamma beta dv dmu")
root = sqrt(v + eps)
# Batch normalization and its backward pass as P4.55 to P4.63 have it, with 1/m everywhere; dbeta beside it.
BATCH = Derivation(
    (
        Equation("mu", rhs=sum_over(xs[J], OVER_J.limits) / M),
        Equation("v", rhs=sum_over((xs[J] - mu) ** 2, OVER_J.limits) / M),
        Equation("xhat", (OVER_I,), rhs=(xs[K] - mu) / root),
        Equation("dxhat", (OVER_I,), rhs=gs[K] * gamma),
        Equation("dv", rhs=product(Rational(-1, 2), root**-3, Sum(dhats[J] * (xs[J] - mu), OVER_J.limits))),
        Equation("dmu", rhs=-Sum(dhats[J], OVER_J.limits) / root),
        Equation("dx", (OVER_I,), rhs=dhats[K] / root + dv * product(2 / M, xs[K] - mu) + dmu / M),
        Equation("dgamma", rhs=Sum(gs[J] * hats[J], OVER_J.limits)),
        Equation("dbeta", rhs=Sum(gs[J], OVER_J.limits)),
    ),
    (Variable("x", (OVER_I,)), Variable("g", (OVER_I,))),
    (Variable("gamma"), Variable("epsilon")),
)
IN_SCOPE = (M, xs[K], hats[K], gs[K], dhats[K], mu, v, gamma, eps)
OF_ANY_SIZE = [
    (
        dxs[K],
        dhats[K] / root + dv * product(2 / (M - 1), xs[K] - mu) + dmu / M,  # P4.61 as printed
        "the denominator m - 1 should be m",
        r"\frac{\mathit{dxhat}_i}{\sqrt{v + \varepsilon}} + 2 \, \mathit{dv} \, \frac{x_i - \mu}{{\color{red} m}}"
        r" + \frac{\mathit{dmu}}{m}",
    ),
    (
        dxs[K],
        dhats[K] / root + dv * product(2 / M, xs[K] - mu) + dmu,
        "the factor 1/m is missing in dmu",
        r"\frac{\mathit{dxhat}_i}{\sqrt{v + \varepsilon}} + 2 \, \mathit{dv} \, \frac{x_i - \mu}{m}"
        r" + \frac{\mathit{dmu}}{{\color{red} m}}",
    ),
    (
        v,
        Sum((xs[K] - mu) ** 2, OVER_I.limits) / (M - 1),
        "the denominator m - 1 should be m",
        r"\frac{1}{{\color{red} m}} \sum_{i=1}^{m} (x_i - \mu)^2",
    ),
    (
        v,
        Sum(xs[K] - mu, OVER_I.limits) / M,
        "the summand x[i] - mu should be (x[i] - mu)**2",
        r"\frac{1}{m} \sum_{i=1}^{m} {\color{red} (x_i - \mu)^2}",
    ),
    (
        v,
        (xs[K] - mu) ** 2 / M,
        "the sum over i = 1..m is missing",
        r"{\color{red} \frac{1}{m} \sum_{i=1}^{m} (x_i - \mu)^2}",
    ),
    (
        Symbol("dbeta"),
        gs[K],
        "the sum over i = 1..m is missing",
        r"{\color{red} \sum_{i=1}^{m} g_i}",
    ),
    (
        gs[K],
        Sum(gs[K], OVER_I.limits),
        "the sum over i = 1..m should not be there",
        r"{\color{red} g_i}",
    ),
    (
        Symbol("dgamma"),
        Sum(gs[K] * xs[K], OVER_I.limits),
        "the factor x[i] should be xhat[i]",
        r"\sum_{i=1}^{m} {\color{red} \mathit{xhat}_i} g_i",
    ),
    (
        Symbol("dgamma"),
        hats[K] * Sum(gs[K], OVER_I.limits),
        "the brackets are misplaced: xhat[i]*Sum(g[i], (i, 1, m)) should be Sum(g[i]*xhat[i], (i, 1, m))",
        r"{\color{red} \sum_{i=1}^{m} \mathit{xhat}_i \, g_i}",
    ),
    (
        hats[K],
        (xs[J] - mu) / root,
        "the term x[j] should be x[i]",
        r"\frac{{\color{red} x_i} - \mu}{\sqrt{v + \varepsilon}}",
    ),
    (
        dxs[K],
        gamma / root * (gs[K] - Sum(gs[J], OVER_J.limits) / M - hats[K] * Sum(gs[J] * hats[J], OVER_J.limits)),
        "the factor 1/m is missing in -xhat[i]*Sum(g[j]*xhat[j], (j, 1, m))",
        r"\frac{\gamma}{\sqrt{v + \varepsilon}} \left(g_i - \frac{\mathit{xhat}_i}{{\color{red} m}}"
        r" \sum_{j=1}^{m} \mathit{xhat}_j \, g_j - \frac{1}{m} \sum_{j=1}^{m} g_j\right)",
    ),
    (
        dv,
        product(Rational(-1, 2), 1 / root, Sum(dhats[J] * (xs[J] - mu), OVER_J.limits)),
        "the denominator sqrt(epsilon + v) should be sqrt(epsilon + v)**3",
        r"-\frac{1}{2{\color{red} \left(\sqrt{v + \varepsilon}\right)^3}}"
        r" \sum_{j=1}^{m} \mathit{dxhat}_j \, (x_j - \mu)",
    ),
]


def proved(left: Expr, right: Expr) -> bool:
    return prove_every_size(left, right, BATCH).proved


@pytest.mark.parametrize(("left", "right", "says", "shown"), OF_ANY_SIZE)
def test_one_slip_in_a_formula_of_any_size(left, right, says, shown):
    edit = smallest_edit(left, right, proved, IN_SCOPE, BATCH)
    assert edit is not None
    assert decide(left, edit.side, BATCH).verdict == "proved"
    assert (edit.count, edit.text) == (1, says)
    assert edit_latex(edit, Naming.of(BATCH)) == shown


def test_two_slips_in_a_formula_of_any_size():
    compact = gs[K] - Sum(gs[J], OVER_J.limits) - hats[K] * Sum(gs[J] * hats[J], OVER_J.limits)
    edit = smallest_edit(dxs[K], gamma / root * compact, proved, IN_SCOPE, BATCH)
    assert edit is not None
    assert edit.count == 2
    assert edit.text == (
        "the factor 1/m is missing in -Sum(g[j], (j, 1, m))"
        " and the factor 1/m is missing in -xhat[i]*Sum(g[j]*xhat[j], (j, 1, m))"
    )


def test_under_a_sum_pairs_are_tried():
    edit = smallest_edit(v * M, Sum(3 * (xs[K] + mu) ** 2, OVER_I.limits), proved, IN_SCOPE, BATCH)
    assert edit is not None
    assert edit.count == 2
    assert edit.side == Sum((xs[K] - mu) ** 2, OVER_I.limits)

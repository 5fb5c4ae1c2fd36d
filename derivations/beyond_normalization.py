"""Beyond the text, normalization: gradients, invariances and estimators of a batch, for every number of objects.

One batch normalization is written with symbolic sizes: x_i, or z_i = sum_j w_j x_ij + b, for objects i = 1..m and
inputs j = 1..n, then mean mu, variance v, deviation s, h_i = (z_i - mu)/s and y_i = gamma h_i + beta. The loss is
L = sum_i g_i y_i, so that g is whatever gradient comes from above, and every identity in g holds for every loss.
"""

from collections.abc import Sequence

from flint import fmpq_mat
from sympy import Expr, Indexed, IndexedBase, Integer, S, Symbol

from derivations import lecture08_chain as chain
from derivations import lecture08_normalization as lecture
from symnet.claims import Finding, Section, Slide, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import rewrite, substitute
from symnet.moments import Moment, expectation, independent, without_replacement
from symnet.network.network import Network
from symnet.operations import sqrt
from symnet.sums import Delta, Sum, sum_over
from symnet.truth.assumptions import nonzero, positive
from symnet.truth.verdict import Verdict, decide

section = Section("B", "Beyond the text: normalization")

m, n = size("m"), size("n")
OBJECT, INPUT = index("i", m), index("j", n)
i, j = OBJECT.symbol, INPUT.symbol
k, r = (Symbol(name, integer=True) for name in "kr")
gamma, beta, eps, b, c, K = map(Symbol, ("gamma", "beta", "eps", "b", "c", "K"))
eta, penalty = map(Symbol, ("eta", "lambda"))
mu, v, s = map(Symbol, ("mu", "v", "s"))
x, z, g, h, w, dx, dw = map(IndexedBase, ("x", "z", "g", "h", "w", "dL_dx", "dL_dw"))


def normalization(layer: Equation, inputs: Sequence[Variable], under_root: Expr) -> Derivation:
    """Batch normalization of a layer, with everything before it and its gradient (Ioffe and Szegedy 2015)."""
    upstream = Variable("g", (OBJECT,))
    mean = Equation("mu", rhs=over(layer.at(r)) / m)
    variance = Equation("v", rhs=over((layer.at(r) - mu) ** 2) / m)
    deviation = Equation("s", rhs=sqrt(v + under_root))
    normalized = Equation("h", (OBJECT,), rhs=(layer.reference - mu) / s)
    out = Equation("y", (OBJECT,), rhs=gamma * normalized.reference + beta)
    loss = Equation("L", rhs=sum_over(upstream.reference * out.reference, OBJECT.limits))
    scalars = tuple(Variable(str(p)) for p in (gamma, beta, eps, b))
    equations = (layer, mean, variance, deviation, normalized, out, loss)
    whole = Derivation(equations, (*inputs, upstream), scalars)
    return gradient(whole, "L", [variable.name for variable in inputs] + ["b"])


def of_values(under_root: Expr) -> Derivation:
    """The normalization of m given values x_i."""
    values = Variable("x", (OBJECT,))
    return normalization(Equation("z", (OBJECT,), rhs=values.reference), [values], under_root)


def of_neuron(under_root: Expr) -> Derivation:
    """The normalization of a neuron with n inputs."""
    data, weights = Variable("x", (OBJECT, INPUT)), Variable("w", (INPUT,))
    neuron = Equation("z", (OBJECT,), rhs=Sum(w[j] * x[i, j], INPUT.limits) + b)
    return normalization(neuron, [data, weights], under_root)


def over(body: Expr) -> Expr:
    """The sum over the objects, whose index is r."""
    return Sum(body, (r, Integer(1), m))


BN, BN_0 = of_values(eps), of_values(S.Zero)
NEURON, NEURON_0 = of_neuron(eps), of_neuron(S.Zero)


# B.6


@section.check(
    "B.6",
    "BN gradient: compact form and orthogonality",
    "dx_i=γ/√(σ²+ε)·[g_i−ḡ−x̂_i·mean(g x̂)]; Σdx_i=0; Σx̂_idx_i=γε(σ²+ε)^{−3/2}Σg x̂; Σx_idx_i=γε/(σ²+ε)·Σg x̂ (→0 as ε→0).",
    lines="",
    expected="proved",
)
def compact_gradient() -> Finding:
    """All four against the gradient that symnet derives, for every m and upstream gradient g."""
    along = over(g[r] * h[r])
    pairs = [
        (dx[i], compact(i)),
        (over(dx[r]), S.Zero),
        (over(h[r] * dx[r]), gamma * eps / s**3 * along),
        (over(x[r] * dx[r]), gamma * eps / s**2 * along),
    ]
    limit = decide(over(x[r] * dx[r]), S.Zero, BN_0)
    return Finding(
        combine([*(decide(left, claimed, BN) for left, claimed in pairs), limit]),
        note="s^2 = v + eps, for every m, and wherever s is not 0. The limit is the value of the gradient derived at "
        "eps = 0: unless the variance is 0, the right side is continuous there.",
    )


def compact(at: Expr) -> Expr:
    """γ/s (g_i - mean g - h_i mean(g h))."""
    return gamma / s * (g[at] - over(g[r]) / m - h[at] * over(g[r] * h[r]) / m)


# B.7


@section.check(
    "B.7",
    "Jacobian of BN",
    "ε=0: J=(γ/σ)(I−11ᵀ/m−x̂x̂ᵀ/m), projector of rank m−2 (times γ/σ); m=2: J=0, which explains all zero gradients "
    "of L8. ε>0, m=2: x̂=±(d/2)/√(d²/4+ε).",
    lines="",
    expected="proved",
)
def jacobian() -> Finding:
    """J^T g for every g gives the entries of J; then P = P^T, P P = P, P 1 = 0, P x̂ = 0 and trace P = m - 2."""
    columns = sum_over((g[k] * projector(i, k)).expand(), (k, S.One, m), ranges=RANGES)
    squared = sum_over((projector(i, k) * projector(k, j)).expand(), (k, S.One, m), ranges=RANGES)
    on_ones = sum_over(projector(i, k), (k, S.One, m), ranges=RANGES)
    on_values = sum_over((projector(i, k) * h[k]).expand(), (k, S.One, m), ranges=RANGES)
    trace = sum_over(projector(k, k), (k, S.One, m))
    pairs = [
        (dx[i], gamma / s * columns),
        (projector(i, j), projector(j, i)),
        (squared, projector(i, j)),
        (on_ones, S.Zero),
        (on_values, S.Zero),
        (trace, m - 2),
    ]
    two, two_with_eps = (bn.instantiate({m: 2}) for bn in (BN_0, BN))
    half = (Symbol("x_1") - Symbol("x_2")) / 2
    closed = half / sqrt(half**2 + eps)
    verdicts = [
        *(decide(left, right, BN_0) for left, right in pairs),
        *(decide(Symbol(f"dL_dx_{r}"), S.Zero, two) for r in (1, 2)),
        *(decide(Symbol(f"h_{r}"), sign * closed, two_with_eps) for r, sign in ((1, 1), (2, -1))),
        ranks(),
        *(flat_exactly_before_the_last_norm(net) for net in LECTURE_NETWORKS),
    ]
    return Finding(
        combine(verdicts),
        note="For every m, where the deviation is not 0. A symmetric idempotent matrix has its trace as its rank; J "
        "has it too unless gamma = 0. In the networks of lecture 8 with a norm and two objects the partial "
        "derivatives that vanish identically are exactly those by parameters that reach the loss only through a "
        "norm. The zeros of L8.10 and L8.16 have another reason: those neurons are dropped.",
    )


RANGES = {symbol: (Integer(1), m) for symbol in (i, j)}


def projector(row: Expr, column: Expr) -> Expr:
    """An entry of I - 11ᵀ/m - x̂x̂ᵀ/m."""
    return Delta(row, column) - 1 / m - h[row] * h[column] / m


def ranks() -> Verdict:
    """The rank of I - 11ᵀ/m - x̂x̂ᵀ/m by elimination, at integer objects; x̂x̂ᵀ = (x - mu)(x - mu)ᵀ/v is rational."""
    different: dict[str, object] = {}
    for count in range(2, 7):
        values = fmpq_mat(count, 1, [q * q - 2 * q for q in range(count)])
        ones = fmpq_mat(count, 1, [1] * count)
        centred = values - ones * (ones.transpose() * values) / count
        square = (centred.transpose() * centred)[0, 0]
        identity = fmpq_mat(count, count, [int(p == q) for p in range(count) for q in range(count)])
        rank = (identity - ones * ones.transpose() / count - centred * centred.transpose() / square).rank()
        if rank != count - 2:
            different[f"m = {count}"] = f"rank {rank}"
    return shown(not different, "rank by exact elimination at m = 2, …, 6", different)


LECTURE_NETWORKS = (lecture.normalized, lecture.upper_right, chain.whole, chain.outside)


def flat_exactly_before_the_last_norm(net: Network) -> Verdict:
    """The parameters with an identically vanishing derivative are those that act only through a norm."""
    derivation = Slide(net).derivation
    different: dict[str, object] = {}
    for parameter in net.parameters:
        found = decide(Symbol(adjoint_name("L", parameter)), S.Zero, derivation)
        flat = found.verdict == "proved"
        if flat == reaches_around_norms(net, parameter) or not (flat or found.witness):
            different[f"{parameter} of {net.name}"] = found.verdict
    return shown(not different, f"{len(net.parameters)} derivatives by normal form or witness", different)


def reaches_around_norms(net: Network, parameter: str) -> bool:
    """Whether the parameter still changes the output when every normalized value is held fixed."""
    held = {norm.norm: Symbol(norm.value) for norm in net.normalizations}
    reached = {parameter}
    for neuron in net:
        formula = substitute(neuron.formula, held)
        if {symbol.name for symbol in formula.free_symbols} & reached:
            reached.add(neuron.name)
    return bool(reached & set(net.outputs))


# B.8


@section.check(
    "B.8",
    "Scale invariance of weights before BN",
    "F(kw)=F(w), k>0 (ε=0) ⇒ w·∇_wL=0, ∇L(kw)=∇L(w)/k, ‖w−η∇L‖²=‖w‖²+η²‖∇L‖² (norm grows); a bias before BN has "
    "zero gradient.",
    lines="",
    expected="proved",
)
def scale_invariance() -> Finding:
    """A neuron with n inputs and m objects; K is the factor, c stands for z_i - mu."""
    radial = over_inputs(w[k] * dw[k])
    stepped = over_inputs((w[k] - eta * dw[k]) ** 2)
    grown = over_inputs(w[k] ** 2) + eta**2 * over_inputs(dw[k] ** 2)
    verdicts = [
        *invariance(),
        decide(radial, S.Zero, NEURON_0),
        decide(dw[j], compact_weight(s), NEURON_0),
        decide(compact_weight(K * s), compact_weight(s) / K),
        decide(stepped, grown - 2 * eta * radial),
        decide(Symbol("dL_db"), S.Zero, NEURON),
    ]
    with_eps = decide(radial, S.Zero, NEURON)
    signed = decide(K * c / sqrt(K**2 * v), c / sqrt(v))
    return Finding(
        combine(verdicts),
        note="For every m and n. The normal form gives z - mu -> K (z - mu) and v -> K^2 v, so h stays and s becomes "
        f"K s, {' and '.join(signed.assumptions)}; the gradient depends on w through h and s only. The bias has "
        f"gradient 0 with eps as well; w . dL/dw = 0 is {with_eps.verdict} with it.",
    )


def over_inputs(body: Expr) -> Expr:
    """The sum over the inputs, whose index is k."""
    return Sum(body, (k, Integer(1), n))


def scaled(expression: Expr) -> Expr:
    """The expression at K w."""

    def rule(node: Expr) -> Expr | None:
        return K * node if isinstance(node, Indexed) and node.base == w else None

    return rewrite(expression, rule)


def invariance() -> list[Verdict]:
    """h(K w) = h(w) for K > 0, on the batch and at a new object: z - mu is homogeneous of degree 1, v of degree 2."""
    asked = Sum(w[j] * IndexedBase("a")[j], INPUT.limits) + b  # the neuron at a new object a
    centred, at_asked, variance = (NEURON_0.unfold(u) for u in (z[i] - mu, asked - mu, v))
    return [
        decide(scaled(centred), K * centred),
        decide(scaled(at_asked), K * at_asked),
        decide(scaled(variance), K**2 * variance),
        decide(K * c / sqrt(K**2 * v), c / sqrt(v), assumptions=[positive(K)]),
    ]


def compact_weight(deviation: Expr) -> Expr:
    """The derivative by w_j when the deviation has this value: sum_i x_ij γ/s (g_i - mean g - h_i mean(g h))."""
    mean_g, mean_gh = (Sum(body, (k, Integer(1), m)) / m for body in (g[k], g[k] * h[k]))
    return over(x[r, j] * gamma / deviation * (g[r] - mean_g - h[r] * mean_gh))


# B.15


@section.check(
    "B.15",
    "L2 with BN",
    "BN loss is constant along the ray w=rw_0; L+λ‖w‖² has no minimiser with w≠0, L2 only changes the effective step "
    "η/‖w‖².",
    lines="",
    expected="proved-if",
)
def weight_decay() -> Finding:
    """The ray, the slope of the penalized loss along it, and one step of descent seen by the direction of w."""
    ray = decide(K * c / sqrt(K**2 * v + eps), c / sqrt(v + eps), assumptions=[positive(K)])
    norm, u, slope_at_u = map(Symbol, ("N", "u", "dL_du"))  # ‖w‖, a component of w/‖w‖, the gradient of L there
    along = Equation("T", rhs=Symbol("L") + penalty * (K * norm) ** 2)  # at K w: the loss itself is L on the ray
    names = tuple(map(Variable, ("L", "lambda", "K", "N")))
    slope = gradient(Derivation((along,), (), names), "T", ["K"])
    at_w = substitute(slope.unfold(Symbol("dT_dK")), {K: S.One})
    stationary = decide(at_w, S.Zero, parameters=[penalty], assumptions=[nonzero(norm)])
    exceptions = [nonzero(name - value).text for u in stationary.conditions for name, value in u.values]
    flat = substitute(at_w, {penalty: S.Zero})
    witness = {"lambda": "0", "slope of the sum along the ray at w": str(flat)}
    method = "the slope along the ray is 0 under no other condition"
    no_minimizer = shown(stationary.verdict == "proved-if", method, witness, exceptions)
    shrink = 1 - 2 * eta * penalty
    stepped = norm * u - eta * (slope_at_u / norm + 2 * penalty * norm * u)
    effective = eta / (shrink * norm**2)
    step = decide(stepped, norm * shrink * (u - effective * slope_at_u))
    turned = decide(shrink * c / sqrt(shrink**2 * v), c / sqrt(v))
    return Finding(
        combine([*invariance(), ray, decide(at_w, 2 * penalty * norm**2), no_minimizer, step, turned]),
        note="For every m and n, by the homogeneity of B.8, and r > 0: at w = 0 the normalization is not defined, and "
        "for r < 0 its sign changes. With eps in the root the loss is not constant on the ray. For lambda > 0 the "
        "sum falls on the way to w = 0, where no minimum is. With the penalty the direction w/‖w‖ makes exactly the "
        "step eta/((1 - 2 eta lambda) ‖w‖^2) along the gradient on the sphere: eta/‖w‖^2 is its value at lambda = 0, "
        "and decay acts through that factor and through ‖w‖ alone.",
    )


# B.18


@section.check(
    "B.18",
    "Batch statistics as estimators",
    "Var x̄_k=(σ²/k)(N−k)/(N−1); E s²_B=(k−1)/k σ² (with replacement).",
    lines="",
    expected="proved-if",
)
def estimators() -> Finding:
    """A batch of k objects out of N, with values x_i, drawn in two ways, for every k and N."""
    drawn, of = size("k"), size("N")
    claimed = variance_of(of) / drawn * (of - drawn) / (of - 1)
    indicators = without_replacement(drawn, of)
    number = Sum(INDICATOR[i], (i, S.One, of))
    counted = [decide(expectation(number**power, "I", indicators), drawn**power) for power in (1, 2)]
    apart = decide(variance_of_mean(drawn, of, indicators), claimed)
    first, second = (Sum(x[i] ** power, (i, S.One, of)) / of for power in (1, 2))
    draw = independent({1: first, 2: second})
    batch_mean = Sum(DRAW[r], (r, S.One, drawn)) / drawn
    again = decide(expectation((batch_mean - first) ** 2, "X", draw), claimed)
    method = "expectation of products of draws, normal form of sums for every N and k"
    ways = {"without replacement": apart, "with replacement": again}
    holding = [way for way, verdict in ways.items() if verdict.verdict == "proved"]
    mean = shown(bool(holding), method, again.witness, [f"the objects of the mean are drawn {' or '.join(holding)}"])
    spread = Sum((DRAW[r] - batch_mean) ** 2, (r, S.One, drawn)) / drawn
    biased = decide(expectation(spread, "X", draw), (drawn - 1) / drawn * variance_of(of))
    same = decide(expectation((batch_mean - first) ** 2, "X", draw), variance_of(of) / drawn)
    return Finding(
        combine([mean, *counted, biased, same]),
        note="For every N and k. With replacement the variance of the mean is sigma^2/k; the two agree at k = 1. The "
        "indicators of a draw without replacement have E I_i = k/N and E I_i I_j = k(k-1)/(N(N-1)), the only values "
        "with which their number is always k.",
    )


INDICATOR, DRAW = IndexedBase("I"), IndexedBase("X")


def variance_of(count: Expr) -> Expr:
    """σ² of the N values x_i."""
    centre = Sum(x[k], (k, S.One, count)) / count
    return Sum((x[i] - centre) ** 2, (i, S.One, count)) / count


def variance_of_mean(drawn: Expr, of: Expr, moment: Moment) -> Expr:
    """E (mean of the drawn - mean of all)^2, the objects drawn being marked by I_i = 1."""
    mean = Sum(INDICATOR[i] * x[i], (i, S.One, of)) / drawn - Sum(x[i], (i, S.One, of)) / of
    return expectation(mean**2, "I", moment)


if __name__ == "__main__":
    section.main()

r"""Slides 4, batch normalization (lines 363-465): forward, backward node by node, and what is said about it.

The loss is any \ell of the outputs y_i: with L = sum_i g_i y_i its derivative by y_i is g_i, a free number for each
object, so what is proved of L holds for every loss. The batch has a symbolic number m of objects throughout.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from sympy import Expr, Indexed, IndexedBase, Integer, Rational, S, Symbol

from derivations.lecture08_normalization import standardized
from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import rewrite, substitute
from symnet.network.network import Network
from symnet.operations import sqrt
from symnet.reading.load import network
from symnet.reading.slide import Partial, Vocabulary, read_formula
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import Sum, sum_over
from symnet.training import descend
from symnet.truth.evaluate import evaluate
from symnet.truth.induction import decide_recursion
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Batch normalization")

Values = Sequence[Expr]

m = size("m")
OBJECT = index("i", m)
i, j, k = (Symbol(name, integer=True) for name in "ijk")
gamma, beta, eps, mu, v = map(Symbol, ("gamma", "beta", "eps", "mu", "v"))
x, y, g, hat = map(IndexedBase, ("x", "y", "g", "xhat"))
VOCABULARY = Vocabulary(
    names={
        "m": m,
        r"\ell": Symbol("L"),
        r"\epsilon": eps,
        r"\mu_{\mathcal{B}}": mu,
        r"\sigma_{\mathcal{B}}^2": v,
        r"\hat{x}": hat,
    },
    indices=frozenset("i"),
)


def mean_of(body: Expr) -> Expr:
    """The mean over the batch of a body in the index j."""
    return Sum(body, (j, Integer(1), m)) / m


@cache
def batch_norm(ddof: int = 0) -> Derivation:
    """The graph of lines 427-433 and its sweep; ddof = 1 divides the squares by m - 1."""
    squares = Sum((x[j] - mu) ** 2, (j, Integer(1), m))
    equations = (
        Equation("mu", rhs=sum_over(x[j], (j, Integer(1), m)) / m),
        Equation("v", rhs=squares / (m - ddof)),
        Equation("xhat", (OBJECT,), r"\hat{x}_{#1}", rhs=(x[i] - mu) / sqrt(v + eps)),
        Equation("y", (OBJECT,), rhs=gamma * hat[i] + beta),
        Equation("L", rhs=sum_over(g[i] * y[i], OBJECT.limits)),
    )
    inputs = tuple(Variable(name, (OBJECT,)) for name in "xg")
    graph = Derivation(equations, inputs, tuple(map(Variable, ("gamma", "beta", "eps"))))
    return gradient(graph, "L", ["y", "xhat", "v", "mu", "x", "gamma", "beta"])


def meaning(side: Expr) -> Expr:
    """A derivative is what the sweep found for it, at the place of the name it is taken by."""

    def rule(node: Expr) -> Expr | None:
        if not isinstance(node, Partial):
            return None
        (by,) = node.wrt
        name = str(by.base) if isinstance(by, Indexed) else by.name
        adjoint = adjoint_name(str(node.of), name)
        return IndexedBase(adjoint)[by.indices] if isinstance(by, Indexed) else Symbol(adjoint)

    return rewrite(side, rule)


def check(formula: str, graph: Derivation) -> Verdict:
    """The verdict on the equalities of a formula, for every m."""
    chains = read_formula(formula, VOCABULARY).equalities
    pairs = [pair for chain in chains for pair in pairwise(map(meaning, chain))]
    return combine([decide(left, right, graph) for left, right in pairs])


# Why


@section.definition("P4.50", "Standardised input", r"$\frac{X - \mu_X}{\sigma_X}$", lines="388")
def standardised_input() -> Verdict:
    """A norm on the input: the printed quotient, with mean 0 and deviation 1 for every number of objects."""
    return quotient(network("inputs x\nF = norm(x)"), r"\frac{X - \mu_X}{\sigma_X}", {"X": "x"}, "X")


def quotient(net: Network, formula: str, named: dict[str, str], subject: str) -> Verdict:
    """A printed (signal - mean)/deviation against the only norm of a network."""
    (norm,), d = net.normalizations, net.derivation
    row = net.object_index.symbol
    letters = {key: IndexedBase(name)[row] for key, name in named.items()}
    statistics = {rf"\mu_{subject}": Symbol(norm.mean), rf"\sigma_{subject}": Symbol(norm.deviation)}
    chain = read_formula(formula, Vocabulary(names={**letters, **statistics})).equalities[0]
    return combine([decide(chain[-1], IndexedBase(norm.value)[row], d), standardized(net)])


@section.check(
    "P4.51",
    "Hidden layer may be non-standardised",
    "Даже если мы стандартизовали вход  $X$ , внутри сетки может произойти несчастье и скрытый слой окажется "
    "нестандартизован … могут менять своё распределение в процессе обучения, это усложняет его",
    lines="389, 390",
    expected="proved",
)
def hidden_layer() -> Finding:
    """The inputs -1 and 1, which are standardized, behind a ReLU; one step of gradient descent."""
    net = network("inputs x\nh = relu(w*x)\nF = norm(h) + b\ndata x | y\n-1 | -1\n 1 | 2")
    given = evaluate(network("inputs x\nF = norm(x)\ndata x | y\n-1 | 0\n 1 | 0").example, {}, ["C", "S"])
    before = evaluate(net.example, {"w": 1, "b": 0}, ["C", "S"])
    plain = network("inputs x\nF = relu(w*x)\ndata x | y\n-1 | -1\n 1 | 2")
    (step,) = descend(plain, {"w": 1}, Rational(1, 8), [()])
    after = evaluate(net.example, {"w": step.next_point["w"], "b": 0}, ["C", "S"])
    facts = {name: {key: str(u.exact) for key, u in at.items()} for name, at in (("input", given), ("h", before))}
    verdicts = [
        shown(given["C"].exact == 0 and given["S"].exact == 1, "the input's mean 0 and deviation 1, exactly", facts),
        shown(before["C"].exact != 0 and before["S"].exact != 1, "the hidden signal's, exactly", facts),
        shown(before["C"].exact != after["C"].exact, "the hidden signal's mean after one step", facts),
    ]
    return Finding(
        combine(verdicts),
        note=f"h = relu(w x), w = 1, on x = -1, 1: mean {before['C'].exact}, deviation {before['S'].exact}; after one "
        f"step for the targets -1, 2 with the rate 1/8 the mean is {after['C'].exact}. That this makes training harder "
        "is not a statement about these formulas.",
    )


@section.definition("P4.52", "ĥ", r"$\hat{h} = \frac{h - \mu_h}{\sigma_h}$", lines="397")
def normalised_hidden() -> Verdict:
    """A norm after the activation, h = f(XW): mean 0 and deviation 1 for every f and every number of objects."""
    net = network("inputs x\nh = f(w1*x)\nF = norm(h)")
    return quotient(net, r"\hat{h} = \frac{h - \mu_h}{\sigma_h}", {"h": "h"}, "h")


@section.check(
    "P4.53",
    "β·ĥ+γ",
    r"На выход будем выдавать  $\beta \cdot \hat{h} + \gamma$",
    lines="398",
    expected="proved",
)
def scale_and_shift() -> Finding:
    """On this slide beta scales and gamma shifts: the mean gamma, the deviation |beta|, the identity among them."""
    ((scaled,),) = read_formula(r"\beta \cdot \hat{h} + \gamma", Vocabulary(names={r"\hat{h}": hat[j]})).equalities
    graph = batch_norm()
    verdicts = [
        decide(mean_of(scaled), gamma, graph),
        decide(mean_of((scaled - gamma) ** 2), beta**2 * v / (v + eps), graph),
        decide(substitute(scaled, {beta: sqrt(v + eps), gamma: mu, hat[j]: hat[i]}), x[i], graph),
    ]
    swapped = decide(scaled, gamma * hat[j] + beta)
    return Finding(
        combine(verdicts),
        note="For every m: with eps = 0 every mean and every deviation is reached, and beta = sigma, gamma = mu gives "
        "back h itself. On the next slides (line 433) gamma scales and beta shifts; with those letters the formula is "
        f"{swapped.verdict}.",
    )


RUNNING = (
    r"$$\mu_h = \alpha \cdot \bar{x}_{batch} + (1 - \alpha) \cdot \mu_h$$",
    r"$$\sigma_h = \alpha \cdot \hat{s}_{batch} + (1 - \alpha) \cdot \sigma_h$$",
)


def update(formula: str, old: str, new: str, batch: Callable[[Expr], Expr]) -> Callable[[Values, Expr], Values]:
    """A printed assignment as the step from t to t + 1, with batch(t + 1) for what it takes from the batch."""
    ((_, rule),) = read_formula(formula).equalities
    return lambda values, t: [substitute(rule, {Symbol(old): values[0], Symbol(new): batch(t + 1)})]


@section.check("P4.54", "Running averages", " ".join(RUNNING), lines="409, 411", expected="proved")
def running_averages() -> Finding:
    """As updates: the weights alpha (1 - alpha)^(t - s) on batch s, which with (1 - alpha)^t add to 1."""
    alpha, t, s, start = Symbol("alpha"), Symbol("t", integer=True), Symbol("s", integer=True), Symbol("start")
    batch = IndexedBase("b")
    weights = alpha * (1 - alpha) ** (t - s)
    closed = start * (1 - alpha) ** t + Sum(weights * batch[s], (s, Integer(1), t))
    ones = (1 - alpha) ** t + Sum(weights, (s, Integer(1), t))
    verdicts = []
    for formula, old, new in zip(RUNNING, ("mu_h", "sigma_h"), ("xbar_batch", "shat_batch"), strict=True):
        verdicts += [
            decide_recursion([closed], t, [start], update(formula, old, new, lambda n: batch[n])),
            decide_recursion([ones], t, [S.One], update(formula, old, new, lambda _: S.One)),
            decide_recursion([S.One], t, [S.One], update(formula, old, new, lambda _: S.One)),
        ]
    one, two = map(Symbol, ("s_1", "s_2"))
    mixed = alpha * one**2 + (1 - alpha) * two**2 - (alpha * one + (1 - alpha) * two) ** 2
    jensen = decide(mixed, alpha * (1 - alpha) * (one - two) ** 2)
    return Finding(
        combine(verdicts),
        note="After t batches: (1 - alpha)^t start + sum_s alpha (1 - alpha)^(t - s) b_s, a weighted mean with weights "
        "that add to 1; alpha weights the new batch. Read as equations they would say mu_h = xbar or alpha = 0. "
        "Averaging deviations gives less than the root of averaged variances: the squares differ by "
        f"alpha (1 - alpha) (s_1 - s_2)^2 ({jensen.verdict}).",
    )


# Forward

FORWARD = {
    "mean": r"$$\mu_{\mathcal{B}} \leftarrow \frac{1}{m} \sum_{i=1}^m x_i \quad // \text{ mini-batch mean}$$",
    "variance": r"$$\sigma_{\mathcal{B}}^2 \leftarrow \frac{1}{m} \sum_{i=1}^m (x_i - \mu_{\mathcal{B}})^2 \quad // "
    r"\text{ mini-batch variance}$$",
    "normalize": r"$$\hat{x}_i \leftarrow \frac{x_i - \mu_{\mathcal{B}}}{\sqrt{\sigma_{\mathcal{B}}^2 + \epsilon}} "
    r"\quad // \text{ normalize}$$",
    "output": r"$$y_i \leftarrow \gamma \hat{x}_i + \beta \equiv \text{BN}_{\gamma, \beta}(x_i) \quad // \text{ scale "
    r"and shift}$$",
}


@cache
def of_network() -> Network:
    """The same by symnet's own normalization of a network."""
    return network("inputs x\nF = gamma*norm(x, eps=eps) + beta")


def forward(step: str) -> Verdict:
    """A printed step against the network's own normalization, for every m; the names before it are the network's.

    sqrt(sigma^2 + eps) becomes the network's S only after what is under both roots was found equal.
    """
    (norm,), d = of_network().normalizations, of_network().derivation
    left, right = (substitute(side, {m: of_network().objects}) for side in printed(step))
    own = {mu: Symbol(norm.mean), hat[i]: IndexedBase(norm.value)[i], y[i]: IndexedBase("F")[i]}
    under = substitute(printed("variance")[1], {m: of_network().objects, **own})
    (radicand,) = d[norm.deviation].rhs.args
    if step == "variance":
        return decide(rewrite(under, own.get) + eps, radicand, d)
    own[sqrt(v + eps)] = Symbol(norm.deviation)
    return decide(rewrite(right, own.get), own[left], d)


def printed(step: str) -> tuple[Expr, Expr]:
    left, right = read_formula(FORWARD[step], VOCABULARY).equalities[0][:2]
    return left, right


@section.definition(
    "P4.55", "BN forward: mean and variance", f"{FORWARD['mean']} {FORWARD['variance']}", lines="427, 429"
)
def forward_statistics() -> Verdict:
    return combine([forward("mean"), forward("variance")])


@section.definition("P4.56", "x̂", FORWARD["normalize"], lines="431")
def forward_normalize() -> Verdict:
    """And the ledger's: the sum of xhat is 0, the mean of its squares sigma^2/(sigma^2 + eps)."""
    graph = batch_norm()
    sums = [decide(mean_of(hat[j]), S.Zero, graph), decide(mean_of(hat[j] ** 2), v / (v + eps), graph)]
    return combine([forward("variance"), forward("normalize"), *sums])


@section.definition("P4.57", "y", FORWARD["output"], lines="433")
def forward_output() -> Verdict:
    """gamma scales and beta shifts: the mean is beta, the variance gamma^2 sigma^2/(sigma^2 + eps)."""
    graph = batch_norm()
    spread = decide(mean_of((y[j] - beta) ** 2), gamma**2 * v / (v + eps), graph)
    return combine([forward("output"), decide(mean_of(y[j]), beta, graph), spread])


# Backward

BACKWARD = {
    "xhat": r"$$\frac{\partial \ell}{\partial \hat{x}_i} = \frac{\partial \ell}{\partial y_i} \cdot \gamma$$",
    "v": r"$$\frac{\partial \ell}{\partial \sigma_{\mathcal{B}}^2} = \sum_{i=1}^m \frac{\partial \ell}{\partial "
    r"\hat{x}_i} \cdot (x_i - \mu_{\mathcal{B}}) \cdot \frac{-1}{2} (\sigma_{\mathcal{B}}^2 + \epsilon)^{-3/2}$$",
    "mu": r"$$\frac{\partial \ell}{\partial \mu_{\mathcal{B}}} = \left( \sum_{i=1}^m \frac{\partial \ell}{\partial "
    r"\hat{x}_i} \cdot \frac{-1}{\sqrt{\sigma_{\mathcal{B}}^2 + \epsilon}} \right) + \frac{\partial \ell}{\partial "
    r"\sigma_{\mathcal{B}}^2} \cdot \frac{\sum_{i=1}^m -2(x_i - \mu_{\mathcal{B}})}{m-1}$$",
    "x": r"$$\frac{\partial \ell}{\partial x_i} = \frac{\partial \ell}{\partial \hat{x}_i} \cdot "
    r"\frac{1}{\sqrt{\sigma_{\mathcal{B}}^2 + \epsilon}} + \frac{\partial \ell}{\partial \sigma_{\mathcal{B}}^2} \cdot "
    r"\frac{2(x_i - \mu_{\mathcal{B}})}{m-1} + \frac{\partial \ell}{\partial \mu_{\mathcal{B}}} \cdot \frac{1}{m}$$",
    "gamma": r"$$\frac{\partial \ell}{\partial \gamma} = \sum_{i=1}^m \frac{\partial \ell}{\partial y_i} "
    r"\cdot \hat{x}_i$$",
    "beta": r"$$\frac{\partial \ell}{\partial \beta} = \sum_{i=1}^m \frac{\partial \ell}{\partial y_i}$$",
}


@section.check("P4.58", "∂ℓ/∂x̂", BACKWARD["xhat"], lines="439", expected="proved")
def by_normalized() -> Verdict:
    return check(BACKWARD["xhat"], batch_norm())


@section.check("P4.59", "∂ℓ/∂σ²", BACKWARD["v"], lines="441", expected="proved")
def by_variance() -> Verdict:
    """The variance as a node of the graph, so that the x_i - mu on the way are held fixed."""
    return check(BACKWARD["v"], batch_norm())


@section.check("P4.60", "∂ℓ/∂μ with m−1", BACKWARD["mu"], lines="444", expected="proved")
def by_mean() -> Finding:
    """The second term is 0 whatever it is divided by; the first alone is the derivative."""
    graph = batch_norm()
    centred = decide(Sum(-2 * (x[j] - mu), (j, Integer(1), m)), S.Zero, graph)
    direct = decide(Symbol("dL_dmu"), -Sum(IndexedBase("dL_dxhat")[j] / sqrt(v + eps), (j, Integer(1), m)), graph)
    repaired = check(BACKWARD["mu"].replace("{m-1}", "{m}"), graph)
    return Finding(
        combine([check(BACKWARD["mu"], graph), centred, direct]),
        note="The sum of x_i - mu is 0, so the wrong m - 1 does no harm for m > 1; for m = 1 the printed term is 0/0. "
        f"It should be m, as the variance of line 429 is divided by m ({repaired.verdict}).",
    )


@section.check("P4.61", "∂ℓ/∂x with m−1", BACKWARD["x"], lines="446", expected="refuted")
def by_input() -> Finding:
    """Refuted at a small m; with m it is proved for every m, and with m - 1 for the variance divided by m - 1."""
    right = BACKWARD["x"].replace("{m-1}", "{m}")
    verdict, repaired = check(BACKWARD["x"], batch_norm()), check(right, batch_norm())
    unbiased = check(BACKWARD["x"], batch_norm(ddof=1))
    if repaired.verdict == "proved":
        side = read_formula(right, VOCABULARY).equalities[0][1]
        naming = Naming.of(batch_norm())
        verdict = replace(verdict, correction={"text": text(meaning(side), naming), "latex": right.strip("$")})
    return Finding(
        verdict,
        note=f"With m in place of m - 1 it is {repaired.verdict} for every m ({repaired.method}). As printed it "
        f"belongs to a variance divided by m - 1 ({unbiased.verdict}), which is not that of line 429.",
    )


@section.check("P4.62", "∂ℓ/∂γ", BACKWARD["gamma"], lines="448", expected="proved")
def by_scale() -> Verdict:
    return check(BACKWARD["gamma"], batch_norm())


@section.check("P4.63", "∂ℓ/∂β", BACKWARD["beta"], lines="450", expected="proved")
def by_shift() -> Verdict:
    return check(BACKWARD["beta"], batch_norm())


if __name__ == "__main__":
    section.main()

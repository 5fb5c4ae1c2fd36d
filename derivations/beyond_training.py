"""Beyond the text, training: saturation, symmetry, early stopping, running averages and initialization, in general."""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr, IndexedBase, Integer, Poly, Rational, S, Symbol

from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Index, Variable, index, size
from symnet.expressions import product, rewrite, substitute
from symnet.moments import even_part, expectation, independent, uniform
from symnet.network.network import Network
from symnet.operations import call, sqrt
from symnet.reading.load import network
from symnet.sums import Sum
from symnet.truth.assumptions import equal, nonzero
from symnet.truth.evaluate import evaluate
from symnet.truth.induction import decide_recursion
from symnet.truth.verdict import Verdict, decide

section = Section("B", "Beyond the text: training")

alpha, beta, gamma, eta, lam = map(Symbol, ("alpha", "beta", "gamma", "eta", "lambda"))
count = size("t")
tau, s = size("tau"), Symbol("s", integer=True)
g = IndexedBase("g")


# B.9


@section.check(
    "B.9",
    "Vanishing bound and where it is attained",
    "Π|w_k|σ_k'≤Π|w_k|/4^n, equality iff all pre-activations 0; pure composition never attains for n≥2.",
    lines="",
    expected="proved-if",
)
def vanishing_bound() -> Finding:
    """The defect of one factor is a square; that of n + 1 factors is a sum of two terms that are not negative."""
    z, w, x, slope, bound, last = map(Symbol, ("z", "w", "x", "P", "U", "d"))
    value = call("sigmoid", z)
    derived = gradient(Derivation((Equation("F", rhs=value),), (), (Variable("z"),)), "F")
    own = derived.unfold(Symbol("dF_dz"))
    size_of = call("abs", w)
    defect = bound * size_of / 4 - slope * size_of * last
    verdicts = [
        decide(Rational(1, 4) - own, (value - S.Half) ** 2),
        decide(own, call("exp", -z) * value**2),
        decide(value - S.Half, (call("exp", z) - 1) / (2 * (call("exp", z) + 1))),
        decide(call("log", call("exp", z)), z),
        decide(defect, size_of * ((bound - slope) / 4 + slope * (Rational(1, 4) - last))),
        decide(substitute(value, {z: S.Zero}), S.Half),
    ]
    weights = [Symbol("w1"), Symbol("w2")]
    chain = network("inputs x\nh1 = sigmoid(w1*x)\nF = sigmoid(w2*h1)").function()
    swept = gradient(Derivation(chain.equations, (), (*chain.inputs, *chain.parameters)), "F", ["x"])
    whole = call("abs", swept.unfold(Symbol("dF_dx")))
    most = product(*(call("abs", u) for u in weights)) / 16
    attained = decide(whole, most, parameters=[*weights, x])
    also = decide(whole, most, parameters=weights[1:])
    exceptions = [name for found in (attained, also) for u in found.conditions for name, _ in u.values]
    first, second = (chain[name].rhs.args[0] for name in ("h1", "F"))
    at_zero = chain.unfold(substitute(second, {Symbol("h1"): call("sigmoid", first)}))
    at_zero = substitute(at_zero, {x: S.Zero})
    verdicts.append(decide(at_zero, weights[1] / 2))
    conditions = [nonzero(name).text for name in exceptions]
    asked = {"|dF/dx|": whole, "its bound": most, "second pre-activation": at_zero}
    point = {"w1": 0, "w2": 1, "x": 0}
    equations = tuple(Equation(name, rhs=u) for name, u in asked.items())
    values = evaluate(Derivation(equations, (), tuple(map(Variable, point))), point, list(asked))
    witness = {"values": {u: str(v) for u, v in point.items()}, **{u: v.text for u, v in values.items()}}
    attained_only_so = shown(
        set(exceptions) == set(weights),
        "a sum of terms that are not negative, by induction on n",
        witness,
        [f"every weight is nonzero ({', '.join(conditions)} for n = 2)"],
    )
    return Finding(
        combine([*verdicts, attained_only_so]),
        note="The bound needs no condition: U - P >= 0 is kept by another factor. For weights that are not 0 equality "
        "asks of every factor that sigma = 1/2, that is e^z = 1, z = 0. With a weight 0 both sides are 0 whatever "
        "the pre-activations are, in a pure composition too. There, with all weights nonzero, z_1 = 0 gives "
        "z_2 = w_2/2, which is not 0.",
    )


# B.10


@section.check(
    "B.10",
    "Symmetric subspaces are invariant",
    "permutation of twins commutes with GD; equal init stays equal.",
    lines="",
    expected="proved",
)
def twins() -> Finding:
    """Two twins beside an arbitrary rest of the network, then a whole layer of n equal neurons."""
    swap = {"w1": "w2", "w2": "w1", "w01": "w02", "w02": "w01", "w3": "w4", "w4": "w3"}
    derivation = gradient(PAIR.derivation, "L")
    permuted = {Symbol(one): Symbol(other) for one, other in swap.items()}
    loss = derivation.unfold(Symbol("L"))
    verdicts = [decide(substitute(loss, permuted), loss)]
    together = {Symbol(other): Symbol(one) for one, other in swap.items() if one in ("w1", "w01", "w3")}
    for name in PAIR.parameters:
        other = swap.get(name, name)
        moved, image = stepped(derivation, name), stepped(derivation, other)
        verdicts.append(decide(substitute(moved, permuted), image))
        verdicts.append(decide(substitute(moved, together), substitute(image, together)))
    alone = decide(stepped(derivation, "w1"), stepped(derivation, "w2"))
    verdicts += equal_layer()
    return Finding(
        combine(verdicts),
        note="For every f and outer activation g, every number of objects, and twins beside a rest r_i of whatever "
        "kind: a step from the permuted point is the permuted step, so by induction whole runs are, and what is "
        "equal stays equal. Swaps of two generate all permutations. A layer of n neurons that start equal has equal "
        f"gradients, for every n. Without equal start the two steps differ ({alone.verdict}).",
    )


PAIR: Network = network("inputs x r\nh1 = f(w1*x + w01)\nh2 = f(w2*x + w02)\nF = g(w3*h1 + w4*h2 + w03 + r)")


def stepped(derivation: Derivation, name: str) -> Expr:
    """A parameter after a step of gradient descent."""
    return Symbol(name) - eta * derivation.unfold(Symbol(adjoint_name("L", name)))


def equal_layer() -> list[Verdict]:
    """F_i = sum_k a_k f(w_k x_i + b_k) with w_k = W, b_k = B, a_k = A: the gradients do not depend on k."""
    objects, neurons = index("i", size("m")), index("k", size("n"))
    k = neurons.symbol
    data = [Variable(name, (objects,)) for name in "xy"]
    parameters = [Variable(name, (neurons,)) for name in "wba"]
    x, y = (variable.reference for variable in data)
    w, b, a = (variable.reference for variable in parameters)
    out = Equation("F", (objects,), rhs=summed(a * call("f", w * x + b), neurons))
    loss = Equation("L", rhs=summed((out.reference - y) ** 2, objects))
    derived = gradient(Derivation((out, loss), tuple(data), tuple(parameters)), "L")

    def at_equal(node: Expr) -> Expr | None:
        names = {IndexedBase(v.name): Symbol(v.name.upper()) for v in parameters}
        return names.get(getattr(node, "base", None))

    verdicts = []
    for variable in parameters:
        adjoint = IndexedBase(adjoint_name("L", variable.name))
        own, other = (rewrite(derived.unfold(adjoint[at]), at_equal) for at in (k, Symbol("l", integer=True)))
        verdicts.append(decide(own, other))
    return verdicts


def summed(body: Expr, over: Index) -> Expr:
    return Sum(body, over.limits)


# B.11


@section.check(
    "B.11",
    "Early stopping ≡ L2 (spectral)",
    "α(λ)=λ(1−ηλ)^τ/(1−(1−ηλ)^τ), α→1/(τη), next term −(τ+1)λ/(2τ).",
    lines="",
    expected="proved-if",
)
def early_stopping() -> Finding:
    """One eigendirection: tau steps of descent on λ(w-w*)²/2 from w_0, and the minimum of it plus c α w²."""
    start, star, w, c, power = map(Symbol, ("w_0", "w_star", "w", "c", "t"))
    closed = star + (1 - eta * lam) ** tau * (start - star)
    quadratic = Equation("L", rhs=lam * (w - star) ** 2 / 2 + c * alpha * w**2)
    names = tuple(map(Variable, ("w", "w_star", "lambda", "c", "alpha")))
    slope = gradient(Derivation((quadratic,), (), names), "L", ["w"]).unfold(Symbol("dL_dw"))
    plain = substitute(slope, {alpha: S.Zero})
    descent = decide_recursion([closed], tau, [start], lambda u, _: [u[0] - eta * substitute(plain, {w: u[0]})])
    regularized = lam * star / (lam + 2 * c * alpha)
    minimum = decide(substitute(slope, {w: regularized}), S.Zero)
    stopped = star + power * (start - star)
    equivalent = substitute(regularized, {alpha: lam * power / (1 - power)})
    half, zero = equal(c, S.Half), equal(start, S.Zero)  # as decide finds them below
    factor = decide(substitute(stopped, {start: S.Zero}), equivalent, parameters=[c])
    origin = decide(stopped, substitute(equivalent, {c: S.Half}), parameters=[start])
    agree = decide(stopped, equivalent, assumptions=[half, zero])
    only = decide(lam / (lam + alpha) - (1 - power), (lam * power - alpha * (1 - power)) / (lam + alpha))
    factor = replace(factor, assumptions=[f"the penalty is c alpha w^2 with {u}" for u in factor.assumptions])
    origin = replace(origin, assumptions=[f"descent starts at {u}" for u in origin.assumptions])
    return Finding(
        combine(
            [descent, minimum, factor, origin, agree, only, *expansion(1 / (tau * eta) - (tau + 1) * lam / (2 * tau))]
        ),
        note="With penalty α w²/2 and start 0 the two weights agree for exactly this α, in every eigendirection; it "
        "depends on λ, so that one coefficient for all directions is right only to leading order. For P4.86's "
        "penalty λ Σ w², without 1/2, α is half as large. The expansion is for every integer tau >= 1 as λ -> 0: "
        "(1-u)^tau = 1 - tau u + tau(tau-1)u²/2 + u³ Q with a polynomial Q, by induction.",
    )


def expansion(claimed: Expr) -> list[Verdict]:
    """λ t - A (1 - t) has no term below λ³ for the claimed beginning A of α; 1 - t begins with tau η λ."""
    u, rest = eta * lam, Symbol("Q")

    def powers(steps: Expr, remainder: Expr) -> Expr:
        return 1 - steps * u + steps * (steps - 1) * u**2 / 2 + u**3 * remainder

    next_rest = (1 - u) * rest - tau * (tau - 1) / 2
    base = decide(powers(S.Zero, S.Zero), S.One)
    step = decide((1 - u) * powers(tau, rest), powers(tau + 1, next_rest))
    t = powers(tau, rest)
    return [base, step, *lowest(lam * t - claimed * (1 - t), [0, 0, 0]), *lowest(1 - t, [0, tau * eta])]


def lowest(expression: Expr, coefficients: Sequence[Expr | int]) -> list[Verdict]:
    """The verdicts on the first coefficients of a polynomial in λ."""
    polynomial = Poly(expression, lam)
    return [decide(polynomial.nth(k), S.Zero + value) for k, value in enumerate(coefficients)]


# B.12


@section.check(
    "B.12",
    "EMA",
    "bias 1−β^t, closed form, conversion α=1−γ; EMA momentum ≡ heavy ball with lr α(1−γ).",
    lines="",
    expected="proved",
)
def running_average() -> Finding:
    """v_{t+1} = β v_t + (1-β) g_{t+1} from v_0 = 0, for every t, and momentum with any gradients."""
    mean, old, new, velocity, ball, slope, x, before = map(
        Symbol, ("G", "old", "new", "v", "u", "dL_dx", "x", "x_before")
    )

    def average(values: Sequence[Expr], k: Expr) -> list[Expr]:
        return [beta * values[0] + (1 - beta) * g[k + 1]]

    closed = (1 - beta) * Sum(beta ** (count - s) * g[s], (s, S.One, count))
    history = decide_recursion([closed], count, [S.Zero], average)
    stationary = decide_recursion(
        [(1 - beta**count) * mean],
        count,
        [S.Zero],
        lambda v, k: [substitute(u, {g[k + 1]: mean}) for u in average(v, k)],
    )
    difference = alpha * new + (1 - alpha) * old - (gamma * old + (1 - gamma) * new)
    conversion = [
        decide(substitute(difference, {alpha: 1 - gamma}), S.Zero),
        decide(difference, (alpha + gamma - 1) * (new - old)),
    ]
    # One step of each from v = (1 - γ) u and the same x: both relations are kept, whatever the gradient there is.
    next_velocity = gamma * velocity + (1 - gamma) * slope
    next_ball = gamma * ball + slope
    kept = {velocity: (1 - gamma) * ball}
    momentum = [
        decide(substitute(next_velocity, kept), (1 - gamma) * next_ball),
        decide(substitute(x - alpha * next_velocity, kept), x - alpha * (1 - gamma) * next_ball),
        decide(
            substitute(x - alpha * next_velocity, {velocity: (before - x) / alpha}),
            x - alpha * (1 - gamma) * slope + gamma * (x - before),
        ),
    ]
    return Finding(
        combine([history, stationary, *conversion, *momentum]),
        note="v_t = (1-β) Σ β^(t-s) g_s; by linearity the mean of v_t is (1-β^t) G when every g_s has the mean G. The "
        "two ways to write the average are α+γ-1 times new - old apart. Momentum: v_t = (1-γ) u_t is kept from "
        "u_0 = v_0 = 0 on, so x_t agree for all t; the last form is that of Polyak, x_t - x_{t-1} being -α v_t.",
    )


# B.16


@section.check(
    "B.16",
    "Init gains",
    "Xavier forward/backward gains 2n_in/(n_in+n_out), 2n_out/(n_in+n_out), sum 2, product ≤1; He 1; Leaky He "
    "2/(n(1+a²)).",
    lines="",
    expected="proved",
)
def gains() -> Finding:
    """What n independent weights of mean 0 and variance V make of signals of mean square M: n V M, for every n."""
    n, n_in, n_out, variance, square, edge, h, slope = (
        size("n"),
        *map(Symbol, ("n_in", "n_out", "V", "M", "r", "h", "a")),
    )
    i, weights, signals = Symbol("i", integer=True), IndexedBase("w"), IndexedBase("x")
    neuron = Sum(weights[i] * signals[i], (i, S.One, n))
    over_weights = expectation(neuron**2, "w", independent({1: S.Zero, 2: variance}))
    mean_square = expectation(over_weights, "x", independent({2: square}))

    def gain(fan: Expr, own: Expr, left: Expr) -> Expr:
        """With fan inputs, weights of variance `own`, and an activation that leaves `left` of the mean square."""
        return substitute(mean_square, {n: fan, variance: own, square: left})

    xavier = substitute(uniform(-edge, edge)(2), {edge: sqrt(6 / (n_in + n_out))})
    forward, backward = (gain(fan, xavier, S.One) for fan in (n_in, n_out))
    product_of_both = product(forward, backward)

    he = gain(n_in, 2 / n_in, S.Half)
    leaky_he = gain(n_in, 2 / (n_in * (1 + slope**2)), (1 + slope**2) / 2)

    relu, leaky = call("relu", h), call("leaky_relu", h, slope)

    verdicts = [
        decide(mean_square, n * variance * square),
        decide(forward, 2 * n_in / (n_in + n_out)),
        decide(backward, 2 * n_out / (n_in + n_out)),
        decide(forward + backward, Integer(2)),
        decide(1 - product_of_both, ((n_in - n_out) / (n_in + n_out)) ** 2),
        decide(even_part(relu**2, h), h**2 / 2),
        decide(he, S.One),
        decide(even_part(leaky**2, h), (1 + slope**2) / 2 * h**2),
        decide(leaky_he, S.One),
    ]
    return Finding(
        combine(verdicts),
        note="The gain is n V times the mean square that the activation leaves, for independent signals and weights, "
        "n of them. Xavier: V = r²/3 of the interval with r = sqrt(6/(n_in + n_out)), activation linear; one minus "
        "the product of both gains is a square, 0 for equal widths only. He: h and -h are equally likely, so "
        "(f(h)² + f(-h)²)/2 has the mean of f(h)²: relu leaves half of E h², leaky relu (1 + a²)/2 of it.",
    )


if __name__ == "__main__":
    section.main()

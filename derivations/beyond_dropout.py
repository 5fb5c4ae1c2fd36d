"""Beyond the text, dropout: what lecture 8 leaves unsaid about masks, for every width and every probability."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product as choices
from math import prod

from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol

from derivations.lecture08_input_dropout import net as two_inputs
from derivations.lecture08_two_neurons import lower_loss, net, output, own_loss, without_lower, without_upper
from symnet.claims import Finding, Section, combine, shown
from symnet.commands.lectures import witness_text
from symnet.differentiate import adjoint_name, gradient, hessian
from symnet.equations import Derivation, Equation, Variable, size
from symnet.expressions import product, substitute, total
from symnet.moments import bernoulli, expectation, independent
from symnet.network.masks import acceptance_probability, admissible_masks, keep_probability_after_rejection
from symnet.network.network import Network
from symnet.operations import call
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.sums import Sum
from symnet.training import descend, example_gradient, expected_function, expected_loss, weight_scaled
from symnet.truth.assumptions import greater, positive
from symnet.truth.induction import decide_recursion
from symnet.truth.numbers import Number
from symnet.truth.verdict import Verdict, decide

section = Section("B", "Beyond the text: dropout")

p, q, h, Y = map(Symbol, "pqhY")
proper = (positive(q), greater(Integer(1), q))
n, m = size("n"), size("m")
i, j, k = (Symbol(name, integer=True) for name in "ijk")
D, a, w, x, y = map(IndexedBase, "Dawxy")


# B.1


@section.check(
    "B.1",
    "Closed form of the two-neuron dropout run",
    "own update k of a neuron: w_k=w*+(I−hH)^k(w_0−w*), w*=(−1,4), H=[[28,12],[12,6]], spec 17±√265; converges iff "
    "0<h<(17−√265)/12; optimal h=1/17, factor √265/17.",
    lines="",
    expected="proved",
)
def two_neuron_run() -> Finding:
    """The constants from the loss of each neuron alone; the closed form for every step h, start and number k."""
    root = Number(265).sqrt()
    bound, best, rate = (17 - root) / 12, Number(Rational(1, 17)), root / 17
    verdicts = []
    for loss in (lower_loss, own_loss(without_lower, ["w1", "w01"])):
        computed = {
            "H": ([loss.hessian[r, c] for r, c in choices(range(2), repeat=2)], [28, 12, 12, 6]),
            "w*": (list(loss.minimizer.values()), [-1, 4]),
            "spectrum": (list(loss.eigenvalues), [17 - root, 17 + root]),
            "largest convergent h": (loss.step_bound(), bound),
            "optimal h": (loss.best_step(), best),
            "factor": (loss.rate(best), rate),
        }
        wrong = {name: str(found) for name, (found, claimed) in computed.items() if found != claimed}
        verdicts.append(shown(not wrong, "the Hessian of each neuron's own loss, exactly", wrong))
    verdicts += [spectral_closed_form(lower_loss, without_upper), *contraction(lower_loss), lecture_run()]
    off = error_along_largest(lower_loss, dict.fromkeys(lower_loss.parameters, S.Zero))
    verdicts.append(shown(bool(off), "the start 0 has an error along the largest eigenvalue", {"error": str(off)}))
    return Finding(
        combine(verdicts),
        note="Own updates are those of steps that leave a neuron alone; a step that drops it changes nothing, one "
        "that drops nobody is not of this form. 'Converges' is for every start, and for the lecture's start 0: "
        "1 - (1 - h lambda)^2 = h lambda (2 - h lambda) is positive exactly for 0 < h < 2/lambda. The factor is "
        "best possible since lambda_2 (1 - h lambda_1) + lambda_1 (h lambda_2 - 1) is lambda_2 - lambda_1 for all h.",
    )


def projectors(loss: Quadratic) -> list[tuple[Number, list[list[Number]]]]:
    """The eigenvalues of a 2 x 2 Hessian with their spectral projectors (H - other)/(value - other)."""
    low, high = loss.eigenvalues
    return [
        (
            value,
            [
                [(Number(loss.hessian[r, c]) - (other if r == c else 0)) / (value - other) for c in range(2)]
                for r in range(2)
            ],
        )
        for value, other in ((low, high), (high, low))
    ]


def spectral_closed_form(loss: Quadratic, alone: Network) -> Verdict:
    """w* + sum_j (1 - h lambda_j)^k P_j (w_0 - w*), both as a run of descent and as powers of I - hH."""
    count, start = Symbol("k", integer=True), [Symbol(f"{name}_0") for name in loss.parameters]
    star = list(loss.minimizer.values())
    error = [first - least for first, least in zip(start, star, strict=True)]
    powers = [
        total(
            *(
                product((1 - product(h, value.as_expr())) ** count, matrix[r][c].as_expr(), error[c])
                for value, matrix in projectors(loss)
                for c in range(2)
            )
        )
        for r in range(2)
    ]
    derived = example_gradient(alone)
    slopes = [derived.unfold(Symbol(adjoint_name("L", name))) for name in loss.parameters]

    def descent(values: Sequence[Expr], _: Expr) -> list[Expr]:
        here = dict(zip(map(Symbol, loss.parameters), values, strict=True))
        return [u - product(h, substitute(slope, here)) for u, slope in zip(values, slopes, strict=True)]

    def matrix_power(values: Sequence[Expr], _: Expr) -> list[Expr]:
        rows = ((28, 12), (12, 6))
        return [values[r] - h * total(*(c * u for c, u in zip(rows[r], values, strict=True))) for r in range(2)]

    run = [least + u for least, u in zip(star, powers, strict=True)]
    by_descent = decide_recursion(run, count, start, descent)
    by_matrix = decide_recursion(powers, count, error, matrix_power)
    return combine([by_descent, by_matrix])


def contraction(loss: Quadratic) -> list[Verdict]:
    """The two identities behind 'iff' and 'optimal', and the signs that they need."""
    one, two = map(Symbol, ("lambda_1", "lambda_2"))
    gain = 1 - h * one
    spread = total(product(two, gain), product(one, h * two - 1))
    signs = {"smallest eigenvalue": loss.eigenvalues[0].text()}
    return [
        decide(1 - gain**2, h * one * (2 - h * one)),
        decide(spread, two - one),
        shown(loss.eigenvalues[0].sign() > 0, "both eigenvalues are positive", signs),
    ]


def error_along_largest(loss: Quadratic, start: dict[str, Expr]) -> list[Number]:
    """P (w_0 - w*) for the largest eigenvalue, when it is not 0."""
    star = loss.minimizer
    error = [Number(start[name]) - Number(star[name]) for name in loss.parameters]
    _, matrix = projectors(loss)[-1]
    part = [row[0] * error[0] + row[1] * error[1] for row in matrix]
    return part if any(part) else []


def lecture_run() -> Verdict:
    """A run of both neurons with masks: after each step every neuron is at its own k."""
    masks, step = [("h1",), ("h2",), ("h1",), ("h1",), ("h2",)], Rational(1, 17)
    alone = {"h2": lower_loss, "h1": own_loss(without_lower, ["w1", "w01"])}
    points = {name: dict.fromkeys(loss.parameters, S.Zero) for name, loss in alone.items()}
    differing: dict[str, object] = {}
    for number, taken in enumerate(descend(net, dict.fromkeys(net.parameters, 0), step, masks), 1):
        for name, loss in alone.items():
            if name not in taken.mask:
                points[name] = loss.step(points[name], step)
            wrong = {w: str(v) for w, v in points[name].items() if taken.next_point[w].exact != Number(v)}
            differing |= {f"step {number}: {w}": v for w, v in wrong.items()}
    return shown(not differing, f"{len(masks)} masked steps of the whole network, exactly", differing)


# B.2


def over(body: Expr, index: Symbol, count: Expr) -> Expr:
    return Sum(body, (index, Integer(1), count))


@section.check(
    "B.2",
    "Expected dropout loss = loss + L2-like penalty (exact, linear)",
    "(i) hidden linear sum: E(ΣD_ia_i−Y)²=(qΣa_i−Y)²+q(1−q)Σa_i². (ii) input dropout: +q(1−q)Σ_jw_j²Σ_nx_nj². "
    "(iii) inverted: +((1−q)/q)Σ_jw_j²(XᵀX)_jj.",
    lines="",
    expected="proved",
)
def penalty() -> Finding:
    """E over independent masks with P(D = 1) = q, for every number n of inputs and m of objects."""
    outputs = over(a[i], i, n)
    hidden = expectation((over(D[i] * a[i], i, n) - Y) ** 2, "D", bernoulli(q))
    squares = over(a[i] ** 2, i, n)
    verdicts = [decide(hidden, (q * outputs - Y) ** 2 + q * (1 - q) * squares)]
    for mask in (D[j], D[k, j]):  # one mask for all objects, as in the lecture, or a new one for each
        for factor, kept in ((q, S.One), (S.One, 1 / q)):  # plain, inverted
            noisy = expectation(squared_error(product(kept, mask)), "D", bernoulli(q))
            weight = over(w[j] ** 2 * over(x[k, j] ** 2, k, m), j, n)
            verdicts.append(decide(noisy, squared_error(factor) + product(q * (1 - q), kept**2, weight)))
    verdicts += [by_enumeration(2), by_enumeration(3), inputs_by_enumeration()]
    redrawn = decide(expected_loss(linear_sum(2), 1 - q), by_formula(2), assumptions=proper)
    return Finding(
        combine(verdicts),
        note="Proved for every number of neurons, inputs and objects, with one mask for all objects or a new one "
        "for each; (iii) as q(1-q)/q^2 = (1-q)/q. The same formulas come out of all masks of networks with 2 and 3 "
        f"neurons. With the lecture's rule of redrawing disconnected masks (i) is {redrawn.verdict}.",
    )


def squared_error(factor: Expr) -> Expr:
    """The loss of a linear network whose input j is multiplied by `factor`, over m objects."""
    return over((over(product(factor, w[j], x[k, j]), j, n) - y[k]) ** 2, k, m)


def linear_sum(width: int) -> Network:
    """A network whose hidden neurons put out a_1, a_2, …, on one object with the target Y."""
    lines = [f"h{r} = a{r}*x" for r in range(1, width + 1)]
    summed = " + ".join(f"h{r}" for r in range(1, width + 1))
    return replace(network("\n".join(["inputs x", *lines, f"F = {summed}"])), rows=((Integer(1), Y),))


def by_formula(width: int) -> Expr:
    outputs = [Symbol(f"a{r}") for r in range(1, width + 1)]
    return (q * total(*outputs) - Y) ** 2 + q * (1 - q) * total(*(u**2 for u in outputs))


def by_enumeration(width: int) -> Verdict:
    """(i) from the smaller networks of all masks."""
    return decide(expected_loss(linear_sum(width), 1 - q, reject=False), by_formula(width))


def inputs_by_enumeration() -> Verdict:
    """(ii) on the lecture's four objects, lines 216-233, with its bias."""
    features = [Symbol(name) for name in ("w1", "w2")]
    dropped = expected_loss(two_inputs, 1 - q, two_inputs.inputs, reject=False)
    scaled = {symbol: product(q, symbol) for symbol in features}
    loss = substitute(two_inputs.example.inline()["L"].rhs, scaled)
    rows = two_inputs.rows or ()
    weight = total(*(v**2 * total(*(row[c] ** 2 for row in rows)) for c, v in enumerate(features)))
    return decide(dropped, loss + q * (1 - q) * weight)


# B.3


@section.check(
    "B.3",
    "What the two-neuron training really converges to",
    "iid Bern(q) masks (also after rejecting the empty mask): argmin of expected loss a=b=Y/(1+q); q=½: 2Y/3 each; "
    "scaled test output 2qY/(1+q)=2Y/3 (q=½); conditional keep 2/3 gives 8Y/9; exact restoring factor (1+q)/2.",
    lines="",
    expected="proved-if",
)
def real_limit() -> Finding:
    """Squares completed around Y/(1+q); with the lecture's weights and objects the gradient vanishes there too."""
    one, two = Symbol("a1"), Symbol("a2")
    pair = linear_sum(2)
    best = Y / (1 + q)
    here = {one: best, two: best}
    u, v = one - best, two - best
    excess = q * (1 - q) * (u**2 + v**2) + q**2 * (u + v) ** 2
    accepted = acceptance_probability(pair, 1 - q)
    verdicts = []
    for reject, weight in ((False, S.One), (True, accepted)):
        loss = expected_loss(pair, 1 - q, reject=reject)
        verdicts.append(decide(weight * (loss - substitute(loss, here)), excess))
    verdicts += [resting(reject) for reject in (False, True)]
    kept, half = keep_probability_after_rejection(pair, "h1", 1 - q), {q: S.Half}
    answer, at_half = 2 * best, substitute(best, half)
    verdicts += [
        decide(at_half, 2 * Y / 3),
        decide(q * answer, 2 * q * Y / (1 + q)),
        decide(substitute(q * answer, half), 2 * Y / 3),
        decide(substitute(kept, half), Rational(2, 3)),
        decide(substitute(kept * answer, half), 8 * Y / 9),
        decide((1 + q) / 2 * answer, Y),
    ]
    always = substitute(expected_loss(pair, 1 - q, reject=False), {q: S.One})
    rival = {one: Y, two: S.Zero}
    level = decide(substitute(always, rival), substitute(always, {one: Y / 2, two: Y / 2}))
    witness = {"q": "1", "a, b": "Y, 0", "its loss": str(substitute(always, rival))}
    conditions = ["0 < q < 1"] if level.verdict == "proved" else []
    unique = shown(bool(conditions), "the excess is q(1-q)(u^2+v^2) + q^2(u+v)^2", witness, conditions)
    return Finding(
        combine([*verdicts, unique]),
        note="Without rejection, and with it, the loss less its minimum is a positive multiple of the excess, which "
        "is 0 only at u = v = 0 when 0 < q < 1. At q = 1 nothing is dropped and every a + b = Y is a minimum. "
        "Gradient descent with a constant step and random masks does not come to rest; the claim is about the mean.",
    )


def resting(reject: bool) -> Verdict:
    """The gradient of the mean loss of the lecture's network, at the weights of -x + 4 divided by 1 + q."""
    loss = expected_loss(net, 1 - q, reject=reject)
    weights = {"w1": -1, "w01": 4, "w2": -1, "w02": 4}
    point = {Symbol(name): Integer(value) / (1 + q) for name, value in weights.items()}
    parameters = tuple(Variable(name) for name in weights)
    swept = gradient(Derivation((Equation("L", rhs=loss),), (), parameters), "L")
    partials = [swept.unfold(Symbol(adjoint_name("L", name))) for name in weights]
    return combine([decide(substitute(partial, point), S.Zero) for partial in partials])


# B.4


@section.check(
    "B.4",
    "Number and probability of accepted masks",
    "fully connected widths n_1..n_k: Π(2^{n_i}−1), ΠP=Π(1−p^{n_i}); keep|accepted=(1−p)/(1−p^{n_i}).",
    lines="",
    expected="proved",
)
def accepted_masks() -> Finding:
    """By induction on the width of a layer and on the number of layers; all masks of small networks besides."""
    width = Symbol("n", integer=True)
    alive, none, reached, rest = map(Symbol, ("s", "P", "r", "R"))
    survivors = 1 - reached + reached * none  # no neuron reached, of those with product of (1 - s) equal to P
    following = (1 - alive * reached) * survivors, 1 - reached + reached * (1 - alive) * none
    verdicts = [
        decide(*(substitute(u, {reached: value}) for u in following)) for value in (S.Zero, S.One)
    ]  # r^2 = r, so both values of r are all there is
    verdicts.append(decide(substitute(survivors, {none: S.One}), S.One))  # a layer of width 0 is not reached
    verdicts += [
        decide_recursion([2**width - 1, 2**width], width, [S.Zero, S.One], lambda v, _: [v[0] + v[1], 2 * v[1]]),
        decide_recursion([1 - p**width], width, [S.Zero], lambda v, _: [(1 - p) + p * v[0]]),
        decide((1 - p) * rest / ((1 - none) * rest), (1 - p) / (1 - none)),
        *small_networks(),
    ]
    return Finding(
        combine(verdicts),
        note="For every width: a neuron is reached when it lives (s = 1) and the layer before is (r = 1), so by "
        "induction on the width a layer is reached when the one before is and it has a survivor, and by induction "
        "on the layers a mask is accepted when every layer has one. The layers are independent, so counts and "
        "probabilities multiply; a layer has 2^n - 1 masks with a survivor and no survivor with probability p^n, by "
        "induction on n; a living neuron is a survivor, so the factors R of the other layers cancel. All of it was "
        "compared with the enumeration of the masks of every network of at most (3, 3, 2) neurons.",
    )


def fully_connected(widths: Sequence[int]) -> Network:
    lines, before = ["inputs x"], ["x"]
    for depth, width in enumerate(widths, 1):
        names = [f"h{depth}{c}" for c in range(1, width + 1)]
        lines += [f"{name} = {' + '.join(before)}" for name in names]
        before = names
    return network("\n".join([*lines, f"F = {' + '.join(before)}"]))


def small_networks() -> list[Verdict]:
    """Counts, probabilities and survivors by enumeration, for up to three layers of at most 3, 3 and 2 neurons."""
    differing: dict[str, object] = {}
    verdicts = []
    sizes = [s[:depth] for depth in (1, 2, 3) for s in choices((1, 2, 3), (1, 2, 3), (1, 2))]
    for widths in dict.fromkeys(sizes):
        of = fully_connected(widths)
        layer = [{name for name in of.hidden if name.startswith(f"h{d}")} for d in range(1, len(widths) + 1)]
        accepted = list(admissible_masks(of))
        if len(accepted) != prod(2**width - 1 for width in widths):
            differing[f"widths {widths}"] = f"{len(accepted)} accepted masks"
        if not all(names - mask for mask in accepted for names in layer):
            differing[f"layers of {widths}"] = "a mask without a survivor in some layer is accepted"
        verdicts.append(decide(acceptance_probability(of, p), product(*(1 - p**width for width in widths))))
        for d, width in enumerate(widths, 1):
            kept = keep_probability_after_rejection(of, f"h{d}1", p)
            verdicts.append(decide(kept, (1 - p) / (1 - p**width)))
    method = f"all masks of {len(set(sizes))} fully connected networks"
    return [shown(not differing, method, differing), combine(verdicts)]


# B.5


@section.check(
    "B.5",
    "Weight scaling vs averaging",
    "E_D F_D = F_scaled for nets linear after the masks (deep linear; one hidden layer with any f); not otherwise.",
    lines="",
    expected="proved",
)
def weight_scaling() -> Finding:
    """One hidden layer of n neurons; one more linear layer, for the induction; and f'' = 0 from equality."""
    mean, noise, bias, v, u = map(IndexedBase, ("M", "Z", "b", "v", "u"))
    before = size("d")
    activated = call("f", u[i])  # u_i: what comes into neuron i, before any mask
    layer = expectation(over(v[i] * D[i] * activated, i, n), "D", bernoulli(q))
    one_layer = decide(layer, over(v[i] * (q * activated), i, n))
    # One more layer: its inputs are M_j + Z_j, with E Z_j = 0, whatever else they are.
    signal = over(w[j, i] * (mean[j] + noise[j]), j, before) + bias[i]
    centred = expectation(D[i] * signal, "Z", independent({1: S.Zero}))
    scaled = q * (over(w[j, i] * mean[j], j, before) + bias[i])
    next_layer = decide(expectation(centred, "D", bernoulli(q)), scaled)
    chain = network("inputs x\nh1 = f(w1*x + w01)\nh2 = f(w2*h1 + w02)\nF = w3*h2 + w03")
    nonlinear = decide(
        expected_function(chain, 1 - q, reject=False), output(weight_scaled(chain, q)), assumptions=proper
    )
    return Finding(
        combine([one_layer, next_layer, curvature()]),
        note="For every width, and every depth by induction: the mean of a linear layer's signals depends on the mean "
        "of its inputs only, and the masks of different layers are independent (no mask is redrawn). 'Not "
        "otherwise': where a mask stands before a smooth f, equality for all weights gives q(1-q) f'' = 0, so that "
        "f is affine. For special weights, 0 for instance, equality may hold. Two neurons in a row differ with "
        f"values: {witness_text(nonlinear.witness)}.",
    )


def curvature() -> Verdict:
    """The mean less the scaled f(b + a D), differentiated twice by the weight a at 0, is q(1-q) f''(b)."""
    weight, bias = Symbol("a"), Symbol("b")
    gap = total(
        product(q, call("f", bias + weight)),
        product(1 - q, call("f", bias)),
        product(S.NegativeOne, call("f", bias + q * weight)),
    )
    once = Derivation((Equation("G", rhs=gap),), (), tuple(Variable(name) for name in "abq"))
    second = hessian(once, "G", ["a"])
    at_zero = substitute(second.unfold(second["d2G_da_da"].rhs), {weight: S.Zero})
    return decide(at_zero, product(q, 1 - q, call("f", bias, order=2)))


if __name__ == "__main__":
    section.main()

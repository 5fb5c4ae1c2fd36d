r"""Lecture 3, centring, normalization and batch normalization (lines 147-187).

x is one coordinate of the data; what is shown for it holds for each. "For every N" is a normal form of sums.
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr, IndexedBase, Integer, S, Symbol

from derivations.lecture08_normalization import standardized
from symnet.claims import Finding, Reading, Section, combine, listed, shown
from symnet.differentiate import gradient, paths
from symnet.equations import Derivation, Equation, Variable, index
from symnet.errors import DegenerateError
from symnet.expressions import free_references, product, substitute, total
from symnet.moments import expectation, independent, with_variance
from symnet.network.network import Network
from symnet.operations import call, sqrt
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.reading.slide import Vocabulary, read_formula
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import Sum, unroll
from symnet.truth.assumptions import nonzero, positive
from symnet.truth.evaluate import evaluate
from symnet.truth.induction import decide_recursion
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("E3", "Centring and normalization")

by_n, by_n_minus_1 = (network(f"inputs x\nF = norm(x, ddof={ddof})") for ddof in (0, 1))
N = by_n.objects
objects = index("i", N)
i = objects.symbol
x = IndexedBase("x")
gamma = Symbol("gamma")


def statistic(name: str, ddof: int = 0) -> Expr:
    """C or the variance under the root of S, of the room's own normalization of x."""
    net = (by_n, by_n_minus_1)[ddof]
    found = net.derivation.unfold(net.derivation["C" if name == "C" else "S"].rhs)
    return found if name == "C" else found.args[0]


def in_greek(net: Network) -> Naming:
    """The mean and deviation of a network's norm as the slides write them."""
    naming = Naming.of(net.derivation)
    letters = {"C": r"\mu", "S": r"\sigma", "z": "x_{#1}"}
    return replace(naming, variables={**naming.variables, **{n: Variable(n, latex=v) for n, v in letters.items()}})


def over(body: Expr) -> Expr:
    return Sum(body, objects.limits)


def read(formula: str) -> tuple[Expr, Expr]:
    """Both sides of a printed formula; the star of x^* is dropped, mu is the mean of x."""
    plain = formula.replace(r"\vec{x}_{ij}^*", "z").replace(r"\vec{x}_{н.н.}^*", "u").replace(r"\vec{x}^*", "F")
    names = {"N": N, r"\vec{\mu}": Symbol("mu"), r"\vec{x}": x, r"\sigma_{ij}^2": Symbol("sigma2")}
    (sides,) = read_formula(plain, Vocabulary(names, indices=frozenset("i"))).equalities
    return sides[0], substitute(sides[1], {Symbol("mu"): mean})


MEAN = r"$$\vec{\mu} = \frac{\sum_{i=1}^N \vec{x}_i}{N} - \text{среднее}$$"
CENTRED = r"$$\vec{x}_{ij}^* = \vec{x}_i - \vec{\mu} - \text{центровка}$$"
VARIANCE = r"$$\sigma_{ij}^2 = \frac{(\vec{x}_i - \vec{\mu})^2}{N-1} - \text{координата}$$"
QUOTIENT = r"$$\vec{x}_{н.н.}^* = \frac{\vec{x}_{ij}^*}{\sigma_{ij}}$$"
mean = statistic("C")
centred = read(CENTRED)[1]


@section.check(
    "E3.19",
    'Data must be centred, "Плюс знаков"',
    "Данные надо центровать. Плюс знаков",
    lines="150, 156",
    expected="proved",
)
def must_be_centred() -> Finding:
    """The signs of the gradient of a neuron, then what centring does to the Hessian of a linear fit, for every N."""
    neuron = network("inputs x1 x2\nF = g(w1*x1 + w2*x2 + w0)").function()
    slopes = gradient(neuron, "F", ["w1", "w2"])
    one, two = (slopes.unfold(Symbol(f"dF_dw{k}")) for k in (1, 2))
    inputs = [Symbol("x1"), Symbol("x2")]
    slope = call("g", neuron["F"].rhs.args[0], order=1)
    known = [*map(positive, inputs), nonzero(slope)]
    signs = combine(
        [
            decide(product(one, two), product(slope**2, *inputs)),
            decide(call("sign", one), call("sign", two), assumptions=known),
        ]
    )
    trace, determinant = fit_of(x[i])
    trace_centred, determinant_centred = fit_of(centred)
    low, high = Symbol("l1"), Symbol("l2")
    conditioning = combine(
        [
            decide(determinant, determinant_centred),
            decide(trace - trace_centred, N * mean**2),
            decide((low + high) ** 2 / (low * high), low / high + high / low + 2),
        ]
    )
    shift = Symbol("mu")
    w, b, at = map(Symbol, ("w", "b", "x"))
    same = decide(w * (at - shift) + (b + w * shift), w * at + b)
    rates = {name: rate(column) for name, column in (("1, 2, 3", (1, 2, 3)), ("-1, 0, 1", (-1, 0, 1)))}
    note = (
        f"all inputs positive: all weights of a neuron get gradients of one sign ({signs.verdict}), that of L' times "
        f"x_j. Centring leaves the determinant of the Hessian of w x + b and takes 2 N mu^2 from its trace "
        f"({conditioning.verdict}); of two eigenvalues kappa + 1/kappa + 2 = trace^2/determinant, so the condition "
        f"number gets smaller, for every N, unless mu = 0. Best factor a step of descent: {listed(rates)}. What the "
        f"network can compute stays the same, a bias makes up for it ({same.verdict}): it is a matter of speed"
    )
    return Finding(combine([signs, conditioning]), note=note)


def fit_of(column: Expr) -> tuple[Expr, Expr]:
    """Trace and determinant of half the Hessian of sum (w x_i + b - y_i)^2 by w and b."""
    w, b, y = Symbol("w"), Symbol("b"), IndexedBase("y")
    loss = Equation("L", rhs=over((w * column + b - y[i]) ** 2))
    d = Derivation((loss,), (Variable("x", (objects,)), Variable("y", (objects,))), (Variable("w"), Variable("b")))
    first = gradient(d, "L", ["w", "b"])

    def half(row: str, by: str) -> Expr:
        second = gradient(first, f"dL_d{row}", [by])
        return product(S.Half, second.unfold(Symbol(f"ddL_d{row}_d{by}")))

    return half("w", "w") + half("b", "b"), product(half("w", "w"), half("b", "b")) - half("w", "b") ** 2


def rate(column: Sequence[int]) -> str:
    """The best factor of gradient descent on the fit of a line, exactly."""
    w, b = Symbol("w"), Symbol("b")
    loss = Quadratic.of(total(*((w * u + b) ** 2 for u in column)), ("w", "b"))
    return loss.rate(loss.best_step()).text()


@section.definition("E3.20", "Mean", MEAN, lines="162")
def printed_mean() -> Verdict:
    """The C of the room's own normalization, for every N; and the point where sum (x_i - u)^2 is least."""
    _, printed = read(MEAN)
    u = Symbol("u")
    loss = Derivation((Equation("L", rhs=over((x[i] - u) ** 2)),), (Variable("x", (objects,)),), (Variable("u"),))
    flat = substitute(gradient(loss, "L").unfold(Symbol("dL_du")), {u: printed})
    return combine([decide(printed, mean), decide(flat, S.Zero)])


@section.check("E3.21", "Centring", CENTRED, lines="164", expected="proved")
def centring() -> Finding:
    """The centred values add to 0, for every N; centring them again, or a shifted column, changes nothing."""
    shift = Symbol("b")
    moved = x[i] + shift
    again = centred - product(1 / N, over(centred))
    verdicts = [
        decide(over(centred), S.Zero),
        decide(again, centred),
        decide(moved - product(1 / N, over(moved)), centred),
    ]
    note = "for each coordinate j by itself: x_ij - mu_j; the right side leaves out the j, the left the arrow's meaning"
    return Finding(combine(verdicts), note=note)


@section.check("E3.22", '"Variance"', VARIANCE, lines="166", expected="refuted")
def variance_without_a_sum() -> Finding:
    """The printed quotient against the variance with N - 1 of the room, then with the sum that is missing."""
    _, printed = read(VARIANCE)
    meant = statistic("S", 1)
    verdict = decide(printed, meant)
    summed = decide(over(printed), meant)
    mu, sigma2 = Symbol("mu"), Symbol("sigma2")
    average = expectation(product(N - 1, meant), "x", independent(with_variance(mu, sigma2)))
    unbiased = decide(average, (N - 1) * sigma2)
    naming = in_greek(by_n_minus_1)
    note = (
        f"without a sum it is a number for each object, not the variance of a column; its sum over i is the variance "
        f"({summed.verdict}, for every N), whose mean over independent draws is sigma^2 ({unbiased.verdict})"
    )
    shown_variance = by_n_minus_1.derivation["S"].rhs.args[0]
    correction = {"text": text(shown_variance, naming), "latex": rf"\sigma^2 = {latex(shown_variance, naming)}"}
    return Finding(replace(verdict, correction=correction), note=note)


@section.check("E3.23", "Normalised value", QUOTIENT, lines="168", expected="ambiguous")
def normalized_value() -> Finding:
    """Divided by the deviation of the column, and by the sigma_ij that the line before prints."""
    column = Symbol("sigma_j")
    value = centred / column
    right = combine(
        [
            decide(over(value), S.Zero),
            # with sigma_j^2 = V the variance with N - 1 is 1
            decide(product(column**2, over(value**2)), product(N - 1, statistic("S", 1))),
        ]
    )
    _, printed = read(VARIANCE)
    data = {x[Integer(k)]: Symbol(f"x{k}") for k in (1, 2, 3)}
    column_of_three = [
        [substitute(unroll(substitute(u, {N: Integer(3), i: Integer(k)})), data) for k in (1, 2, 3)]
        for u in (centred, printed)
    ]
    pairs = list(zip(*column_of_three, strict=True))
    values = [top / sqrt(square) for top, square in pairs]
    wrong = decide(total(*(u**2 for u in values)) / 2, S.One)
    known = [nonzero(top) for top, _ in pairs]
    signs = combine(
        [
            decide(u, sqrt(Integer(2)) * call("sign", top), assumptions=known)
            for u, (top, _) in zip(values, pairs, strict=True)
        ]
    )
    readings = (
        Reading(r"x_{ij}^* / \sigma_j,\quad \sigma_j^2 = \frac{1}{N-1}\sum_i (x_{ij} - \mu_j)^2", right),
        Reading(r"x_{ij}^* / \sigma_{ij},\quad \sigma_{ij}^2 = \frac{(x_{ij} - \mu_j)^2}{N-1}", wrong),
    )
    note = (
        f"by the deviation of the column the values have mean 0 and variance 1, for every N where sigma is not 0; by "
        f"sigma_ij as printed on the line before every value is sqrt(N-1) or -sqrt(N-1) ({signs.verdict} for three "
        f"objects): all but the sign is lost"
    )
    seconds = right.seconds + wrong.seconds
    verdict = Verdict("ambiguous", "two readings of sigma_ij, one of them normalizes", seconds)
    return Finding(verdict, readings=readings, note=note)


# Batch normalization


@section.definition("E3.24", "Batch statistics", r"батч $\rightarrow \mu, \sigma$ вычисляем", lines="180")
def batch_statistics() -> Verdict:
    """mu and sigma of a batch standardize it, for every size; with a batch of rows 1..2 only these count."""
    net = network("inputs x\nF = norm(x)\ndata x | y\n 1 | 0\n 5 | 0\n 9 | 0\nstatistics 1..2")
    d = net.example
    values = evaluate(d, {}, ["C", "S"])
    found = {name: value.text for name, value in values.items()}
    exact = shown(found == {"C": "3", "S": "2"}, "mean and deviation of the two rows of the batch", dict(found))
    return combine([standardized(by_n), exact])


RUNNING = (
    r"\tilde{\mu}^{+1} &= \gamma \tilde{\mu} + (1 - \gamma) \mu",
    r"\tilde{\sigma}^{+1} &= \gamma \tilde{\sigma} + (1 - \gamma) \sigma",
)
NORMALIZED = r"$$\vec{x}^* = \frac{\vec{x} - \tilde{\mu}}{\tilde{\sigma}} \cdot C_1 + C_2$$"


def running(formula: str, letter: str) -> tuple[Expr, Expr, Expr]:
    """A printed row: its right side, the old running value, and the value of the batch."""
    old, new = Symbol(f"{letter}tilde"), Symbol(letter)
    names = {rf"\tilde{{\{letter}}}^{{+1}}": Symbol("next"), rf"\tilde{{\{letter}}}": old, rf"\{letter}": new}
    ((_, row),) = read_formula(formula.replace("&", ""), Vocabulary(names)).equalities
    return row, old, new


def in_training(batch: bool) -> Derivation:
    """Three objects through the printed formula and a loss sum g_i x*_i.

    batch: the running values contain this batch, as the printed rows say; otherwise they are given numbers.
    """
    places = range(1, 4)
    data = [Symbol(f"x{k}") for k in places]
    mu = product(Integer(1) / 3, total(*data))
    squares = total(*((u - Symbol("mu")) ** 2 for u in data))
    equations = [Equation("mu", rhs=mu), Equation("sigma", rhs=sqrt(squares / 3))]
    known = [Variable(name) for name in ("mutilde", "sigmatilde", "gamma", "C1", "C2")]
    for formula, letter in zip(RUNNING, ("mu", "sigma"), strict=True):
        row, old, _ = running(formula, letter)
        equations.append(Equation(f"{letter}_used", rhs=row if batch else old))
    used = {Symbol("mutilde"): Symbol("mu_used"), Symbol("sigmatilde"): Symbol("sigma_used")}
    ((_, printed),) = read_formula(NORMALIZED.replace(r"\vec{x}^*", "F").replace(r"\vec{x}", "x")).equalities
    for k, u in zip(places, data, strict=True):
        equations.append(Equation(f"out{k}", rhs=substitute(printed, {**used, Symbol("x"): u})))
    loss = total(*(product(Symbol(f"g{k}"), Symbol(f"out{k}")) for k in places))
    parameters = tuple(Variable(u.name) for u in data)
    given = (*known, *(Variable(f"g{k}") for k in places))
    return Derivation((*equations, Equation("L", rhs=loss)), given, parameters)


@section.check("E3.25", "Normalisation by RUNNING statistics, no ε", NORMALIZED, lines="184", expected="refuted")
def running_statistics() -> Finding:
    """The printed value in training against batch normalization: values, their mean, and the gradient."""
    as_printed, constant = in_training(batch=True), in_training(batch=False)
    at_batch = {Symbol("mutilde"): constant["mu"].reference, Symbol("sigmatilde"): constant["sigma"].reference}
    normal = constant.map(lambda rhs: substitute(rhs, at_batch))  # mu and sigma of the batch itself
    out = Symbol("out1")
    value = decide(as_printed.unfold(out), normal.unfold(out))
    only = decide(as_printed.unfold(out), normal.unfold(out), parameters=[gamma])
    slopes = {name: gradient(d, "L") for name, d in (("batch", normal), ("constant", constant))}
    sums = {name: total(*(d.unfold(Symbol(f"dL_dx{k}")) for k in (1, 2, 3))) for name, d in slopes.items()}
    flat = decide(sums["batch"], S.Zero)
    drifts = decide(sums["constant"], S.Zero)
    split = paths(normal, "L", ["mu_used", "sigma_used"], ["x1"])
    shares = {way: split.unfold(Symbol(f"dL_dx1_via_{way}")) for way in ("direct", "mu_used", "sigma_used")}
    own = normal.unfold(substitute(slopes["constant"].unfold(Symbol("dL_dx1")), at_batch))
    direct = decide(own, shares["direct"])
    lost = [find_witness(shares[way], S.Zero) for way in ("mu_used", "sigma_used")]
    others = {Symbol("x2"), Symbol("x3")} & free_references(constant.unfold(out))
    alone = shown(not others, "the names in the value of an object", {"names": str(others)})
    batch_norm = network("inputs x\nF = norm(x, eps=eps, scale=C1, shift=C2)")
    naming = in_greek(batch_norm)
    right = batch_norm.function().unfold(Symbol("F"))
    root = batch_norm.derivation["S"].rhs
    correction = {
        "text": f"{text(right, naming)}, S = {text(root, naming)}",
        "latex": rf"x^* = {latex(right, naming)},\quad \sigma = {latex(root, naming)}",
    }
    note = (
        f"in training, three objects: with the batch in the running values as on the lines before, x* is batch "
        f"normalization only for {', '.join(only.assumptions)}, that is without running values. With running values as "
        f"constants dL/dx is only the direct part ({direct.verdict}); what flows through mu and sigma is lost "
        f"({sum(map(bool, lost))} of these {len(lost)} shares are not 0), so that the gradients of a batch no longer "
        f"add to 0 ({flat.verdict} for the batch's own, {drifts.verdict} for constants) and the normalized layer can "
        f"drift. After training the formula is the right one: each object by itself ({alone.verdict}). Without eps a "
        f"deviation of 0 is divided by: {undefined(as_printed)}"
    )
    return Finding(replace(value, correction=correction), note=note)


def undefined(d: Derivation) -> str:
    """What happens to a constant batch when the running deviation starts at 0."""
    point = {v.name: 1 for v in (*d.inputs, *d.parameters)} | {"sigmatilde": 0, "gamma": 0, "C1": 1, "C2": 0}
    try:
        return f"out = {evaluate(d, point, ['out1'])['out1']}"
    except DegenerateError as error:
        return str(error).partition(",")[0]


@section.definition("E3.26", "EMA of μ and σ", r" \\ ".join(RUNNING), lines="182")
def running_averages() -> Finding:
    """Both printed rows from a start r_0: the closed form for every t, and what a start at 0 does."""
    t, s = (Symbol(name, integer=True) for name in "ts")
    fed, start, still = IndexedBase("u"), Symbol("r_0"), Symbol("c")
    verdicts = []
    for formula, letter in zip(RUNNING, ("mu", "sigma"), strict=True):
        row, old, new = running(formula, letter)

        def step(state: Sequence[Expr], k: Expr, row: Expr = row, old: Expr = old, new: Expr = new) -> list[Expr]:
            return [substitute(row, {old: state[0], new: fed[k + 1]})]

        def constant(state: Sequence[Expr], _: Expr, row: Expr = row, old: Expr = old, new: Expr = new) -> list[Expr]:
            return [substitute(row, {old: state[0], new: still})]

        weights = product(1 - gamma, gamma ** (t - s))
        closed = gamma**t * start + Sum(weights * fed[s], (s, S.One, t))
        verdicts.append(decide_recursion([closed], t, [start], step))
        verdicts.append(decide_recursion([(1 - gamma**t) * still], t, [S.Zero], constant))
    one, two = Symbol("sigma_1"), Symbol("sigma_2")
    of_deviations = gamma * one + (1 - gamma) * two
    of_variances = gamma * one**2 + (1 - gamma) * two**2
    differ = decide(of_deviations, sqrt(of_variances), assumptions=[positive(u) for u in (one, two, gamma, 1 - gamma)])
    below = decide(of_variances - of_deviations**2, gamma * (1 - gamma) * (one - two) ** 2)
    note = (
        f"gamma weights the old value. From r_0 = 0 and a constant c the average is (1 - gamma^t) c, too small by "
        f"gamma^t c. The slide averages sigma; averaging sigma^2, as frameworks do, gives a larger deviation "
        f"({differ.verdict} as equal; the squares differ by gamma (1-gamma)(sigma_1 - sigma_2)^2: {below.verdict})"
    )
    return Finding(combine(verdicts), note=note)


@section.definition("E3.27", "C_1, C_2 trainable", "обучаемые параметры", lines="186, 187")
def trainable() -> Finding:
    """C_1 and C_2 of the room's normalization are parameters with gradients, for every number of objects."""
    net = network("inputs x\nF = norm(x, scale=C1, shift=C2)")
    d = gradient(net.derivation, "L")
    k = net.object_index
    out, target, value = (IndexedBase(name)[k.symbol] for name in ("F", "y", net.normalizations[0].value))
    miss = 2 * (out - target)
    scale, shift = (Sum(u, k.limits) for u in (miss * value, miss))
    verdicts = [
        decide(Symbol("dL_dC1"), scale, d),
        decide(Symbol("dL_dC2"), shift, d),
        shown(net.parameters == ("C1", "C2"), "the parameters of the network", {"parameters": str(net.parameters)}),
    ]
    moving = [
        find_witness(d.instantiate({net.objects: 3}).unfold(Symbol(f"dL_d{name}")), S.Zero) for name in net.parameters
    ]
    verdicts += [
        shown(w is not None, "a gradient that is not 0", w.as_dict() if w else {"gradient": "0"}) for w in moving
    ]
    back = {Symbol("C1"): Symbol("S"), Symbol("C2"): Symbol("C")}
    identity = decide(substitute(net.function().unfold(Symbol("F")), back), Symbol("x"))
    note = (
        f"dL/dC_1 = sum dL/dF_i x*_i, dL/dC_2 = sum dL/dF_i; with C_1 = sigma and C_2 = mu the layer gives x back "
        f"({identity.verdict}), so nothing is lost that training cannot restore"
    )
    return Finding(combine([*verdicts, identity]), note=note)


if __name__ == "__main__":
    section.main()

r"""Slides 4, what batch normalization is good for, and the tricks with it (lines 363-374, 413-414, 458-465).

Squared loss throughout where a loss is needed; gradient steps are those of the whole batch.
"""

from sympy import IndexedBase, Integer, Rational, S, Symbol

from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import size
from symnet.expressions import substitute, total
from symnet.moments import bernoulli, expectation, independent, variance, with_variance, without_replacement
from symnet.network.homogeneity import is_invariant
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.sums import Sum
from symnet.truth.evaluate import evaluate
from symnet.truth.numbers import Number
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Use of batch normalization")

n = size("n")
i, j = (Symbol(name, integer=True) for name in "ij")
D, w, x, y = map(IndexedBase, "Dwxy")


def two_parameters(eps: str) -> list[Verdict]:
    """The gradient of sum (gamma xhat_i + beta - y_i)^2, for every m: each parameter has an equation of its own."""
    net = network(f"inputs x\nF = gamma*norm(x{eps}) + beta")
    (norm,), m = net.normalizations, net.objects
    swept = gradient(net.derivation, "L", ["gamma", "beta"])
    hat, gamma, beta, deviation = IndexedBase(norm.value), Symbol("gamma"), Symbol("beta"), Symbol(norm.deviation)
    shrunk = S.One if not eps else (deviation**2 - Symbol("eps")) / deviation**2
    targets = Sum(y[j], (j, Integer(1), m)), Sum(y[j] * hat[j], (j, Integer(1), m))
    return [
        decide(Symbol(adjoint_name("L", "beta")), 2 * (m * beta - targets[0]), swept),
        decide(Symbol(adjoint_name("L", "gamma")), 2 * (m * shrunk * gamma - targets[1]), swept),
    ]


@section.empirical(
    "P4.64",
    "BN: coefficients by backprop; speeds up training",
    "Коэффициенты  $\\beta$  и  $\\gamma$  оцениваются в ходе обратного распространения ошибки … Обучение довольно "
    "сильно ускоряется, сходимость улучшается",
    lines="413, 414",
)
def coefficients() -> Finding:
    return Finding(
        combine([*two_parameters(""), *two_parameters(", eps=eps")]),
        note="Provable, for every m: backpropagation gives both a derivative, and in the squared loss of a last layer "
        "dL/dbeta = 2 (m beta - sum y) and dL/dgamma = 2 (m c gamma - sum y xhat), c = sigma^2/(sigma^2 + eps): "
        "neither depends on the other parameter, and with eps = 0 one step with the rate 1/(2m) reaches the best "
        "of both. The speed of training whole networks is an observation.",
    )


# Conditioning


def rates(rows: list[tuple[int, int]]) -> Quadratic:
    """The squared loss of w1 x1 + w2 x2 on these objects, all targets 0."""
    table = "\n".join(f"{one} {two} | 0" for one, two in rows)
    net = network(f"inputs x1 x2\nF = w1*x1 + w2*x2\ndata x1 x2 | y\n{table}")
    return Quadratic.of(net.example.inline()["L"].rhs, ["w1", "w2"])


@section.check(
    "P4.65",
    "Which situation is better for SGD? (figure)",
    "Какая из ситуаций лучше для SGD?",
    lines="373",
    expected="proved",
)
def conditioning() -> Finding:
    """The rate of the best constant step by the ratio r of the eigenvalues; the best scaling of two features."""
    a, b, d, s, t, r = map(Symbol, "abdstr")
    determinant = a * d - b**2
    scaled = (a * s**2 + d * t**2) ** 2 / (s**2 * t**2 * determinant)  # trace^2 / determinant of [[a, b], [b, d]]
    verdicts = [
        decide(((r - 1) / (r + 1)) ** 2, 1 - 4 / ((r + 1) ** 2 / r)),
        decide(scaled - 4 * a * d / determinant, (a * s**2 - d * t**2) ** 2 / (s**2 * t**2 * determinant)),
        *two_parameters(""),
    ]
    stretched, round_ = rates([(-1, -10), (-1, 10), (1, -10), (1, 10)]), rates([(-1, -1), (-1, 1), (1, -1), (1, 1)])
    slow, fast = (loss.rate(loss.best_step()) for loss in (stretched, round_))
    facts = {"stretched": slow.text(), "round": fast.text()}
    verdicts.append(shown(fast < slow and fast == Number(S.Zero), "exact eigenvalues of the Hessians", facts))
    return Finding(
        combine(verdicts),
        note=f"The figure is not in the text; the slide is titled 'Стандартизация'. On the corners of a square the "
        f"best step has the rate {fast.text()}, with one feature 10 times as large {slow.text()}. For every two "
        "centred features standardizing is the best of all scalings: with r the ratio of eigenvalues the squared rate "
        "is 1 - 4 r/(r + 1)^2, (r + 1)^2/r = trace^2/determinant, and its excess over the value at equal diagonals "
        "is (a s^2 - d t^2)^2/(s^2 t^2 det). One standardized feature with a bias: one step suffices, for every m. "
        "Squared loss, full-batch steps with the best constant rate; three or more features may be scaled better.",
    )


# Tricks


@section.empirical(
    "P4.66",
    "Reduce dropout and regularisation with BN",
    "С батч-нормализацией нужно уменьшить силу Dropout и регуляризацию",
    lines="462",
)
def less_regularization() -> Finding:
    net = network("inputs x1 x2\nh = f(norm(w1*x1 + w2*x2 + w01))\nF = w3*h + w03")
    scaled = dict.fromkeys(("w1", "w2", "w01"), S.One)
    weights, factor = [Symbol(name) for name in scaled], Symbol("k")
    penalty = total(*(u**2 for u in weights))
    shrinks = decide(substitute(penalty, {u: factor * u for u in weights}), factor**2 * penalty)
    same = shown(is_invariant(net, scaled), "degrees in k, for every batch", {"F": "depends on k"})
    return Finding(
        combine([same, shrinks]),
        note="Provable: with eps = 0 the weights before a normalization may be multiplied by any k > 0 without "
        "changing the network, while their L2 penalty is multiplied by k^2: it restricts no function there. How far "
        "dropout should be reduced is an observation; why they do not go together is P4.68.",
    )


@section.empirical(
    "P4.67",
    "Shuffle before each epoch",
    "Не забывайте перемешивать обучающую выборку перед каждой новой эпохой, чтобы батчи были разнообразными",
    lines="463",
)
def shuffle() -> Finding:
    """The mean of a random batch, for every size of it and of the training set; one object in two batches."""
    drawn = Symbol("b")
    batch = Sum(D[i] * x[i], (i, Integer(1), n)) / drawn
    unbiased = decide(expectation(batch, "D", without_replacement(drawn, n)), Sum(x[i], (i, Integer(1), n)) / n)
    outputs = {other: normalized_beside(other) for other in (-1, 2)}
    facts = {f"1 beside {other}": value.text() for other, value in outputs.items()}
    differ = shown(outputs[-1] != outputs[2], "the object 1 normalized in two batches, exactly", facts)
    return Finding(
        combine([unbiased, differ]),
        note="Provable: what an object becomes depends on its batch "
        f"({', '.join(f'{what} becomes {to}' for what, to in facts.items())}), and over "
        "random batches drawn without replacement the batch mean is right on average, for all sizes; with batches "
        "fixed once the same deviation comes back in every epoch.",
    )


def normalized_beside(other: int) -> Number:
    """What the object 1 becomes in a batch with one other object."""
    net = network(f"inputs x\nF = norm(x)\ndata x | y\n1 | 0\n{other} | 0")
    (norm,) = net.normalizations
    found = evaluate(net.example, {}, [norm.mean, norm.deviation])
    mean, deviation = found[norm.mean].exact, found[norm.deviation].exact
    assert mean is not None
    assert deviation is not None
    return (1 - mean) / deviation


@section.check(
    "P4.68",
    "Disharmony of dropout and BN (Li et al. 2019)",
    "Li\\\\_Understanding\\\\_the\\\\_Disharmony\\\\_Between\\\\_Dropout\\\\_and\\\\_Batch\\\\_Normalization\\\\_by"
    "\\\\_Variance",
    lines="465",
    expected="proved",
)
def variance_shift() -> Finding:
    """The variance that a normalization collects in training, with masks, and meets in the test, without."""
    p, c, v = map(Symbol, ("p", "c", "v"))  # probability to keep; mean and variance of the signal
    families = {"D": independent({1: p, 2: p}), "x": independent(with_variance(c, v))}
    bern = {**families, "D": bernoulli(p)}
    ratio = v / ((c**2 + v) / p - c**2)
    inverted, plain = variance(D[i] * x[i] / p, bern), variance(D[i] * x[i], bern)
    layer = Sum(w[i] * D[i] * x[i], (i, Integer(1), n)) / p
    tested = Sum(w[i] * x[i], (i, Integer(1), n))
    square = Sum(w[i] ** 2, (i, Integer(1), n))
    verdicts = [
        decide(v / inverted, ratio),
        decide(p**2 * v / plain, ratio),
        decide(inverted - v, (1 - p) / p * (c**2 + v)),
        decide(variance(layer, bern), square * ((c**2 + v) / p - c**2)),
        decide(variance(tested, bern), square * v),
        decide(variance(layer, families), variance(layer, bern)),
    ]
    none_dropped = decide(ratio, S.One, parameters=[p])
    half = substitute(ratio, {p: Rational(1, 2), c: S.Zero})
    return Finding(
        combine(verdicts),
        note="Test over training variance, for inverted dropout and for plain dropout with scaled weights, and after a "
        "linear layer of independent signals with any fixed weights: v/((c^2 + v)/p - c^2), p the probability to "
        "keep, c and v mean and variance of the signal. The training variance is larger by (1 - p)/p (c^2 + v), so the "
        f"ratio is below 1 for 0 < p < 1 unless the signal is 0; it is 1 if {', '.join(none_dropped.assumptions)}. "
        f"At p = 1/2 and c = 0 it is {half}: what leaves the normalization in the test has half the variance.",
    )


if __name__ == "__main__":
    section.main()

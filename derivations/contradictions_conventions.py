"""Where the lectures contradict each other: letters, denominators, places, coefficients and transposition."""

from dataclasses import replace

from sympy import Expr, IndexedBase, Poly, Rational, S, Symbol

from derivations.contradictions import said, sides, zero_factors
from derivations.lecture03_networks import xavier_is_derived
from derivations.lecture03_normalization import NORMALIZED, running_statistics, variance_without_a_sum
from derivations.lecture08_normalization import one_interval
from derivations.slides4_normalization import BACKWARD, batch_norm, check, running_averages
from derivations.slides4_normalization_use import less_regularization, variance_shift
from derivations.slides4_xavier_he import xavier
from derivations.video_comments import test_data as by_hand
from symnet.claims import Finding, Reading, Section, combine, shown, verdict_of
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import product, substitute, total
from symnet.network import Network
from symnet.reading.load import network
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.sums import Sum, normal_form, sum_over
from symnet.truth.assumptions import equal
from symnet.truth.evaluate import evaluate
from symnet.truth.verdict import Verdict, decide

section = Section("X", "Contradictions between the lectures: conventions")

lam, w, gamma, beta = map(Symbol, ("lambda", "w", "gamma", "beta"))
n, m = size("n"), size("m")
i, j, k = (Symbol(name, integer=True) for name in "ijk")


# X.2


@section.check(
    "X.2",
    "Scale and shift letters",
    r"На выход будем выдавать  $\beta \cdot \hat{h} + \gamma$ […] y_i \leftarrow \gamma \hat{x}_i + \beta […] "
    r"$ax'+b$ […] $\vec{x}^* = \frac{\vec{x} - \tilde{\mu}}{\tilde{\sigma}} \cdot C_1 + C_2$",
    lines="P4 398, 433; L8 579; E3 184",
    expected="refuted",
)
def letters() -> Finding:
    """The four printed outputs for one normalized value u, as they stand and after renaming."""
    u, a, b, one, two = map(Symbol, ("u", "a", "b", "C1", "C2"))
    first = sides(r"\beta \cdot \hat{h} + \gamma", {r"\hat{h}": u})[0]
    second = sides(r"\gamma \hat{x} + \beta", {r"\hat{x}": u})[0]
    third = sides("ax'+b", {"x'": u})[0]
    fourth = sides(NORMALIZED.replace(r"\vec{x}^*", "F").replace(r"\vec{x}", "x"), {})[1]
    value = (Symbol("x") - Symbol("mutilde")) / Symbol("sigmatilde")
    verdict = decide(first, second)
    renamed = combine(
        [
            decide(substitute(first, {beta: gamma, gamma: beta}), second),
            decide(substitute(third, {a: gamma, b: beta}), second),
            decide(substitute(fourth, {one: gamma, two: beta}), substitute(second, {u: value})),
        ]
    )
    right = {"text": text(second), "latex": latex(second)} if renamed.verdict == "proved" else None
    return Finding(
        replace(verdict, correction=right),
        note=f"After renaming (scale gamma, shift beta) all four are one formula: {renamed.verdict}. In L8 C_1 and C_2 "
        "are means of two layers and in E3 scale and shift; gamma weights the running average in E3.26 and the "
        "momentum in E3.5.",
    )


# X.4


@section.check(
    "X.4",
    "Variance denominator",
    r"$$S = \sqrt{1/(n-1)[()^2 + \dots + ()^2]}$$ […] $$S = \sqrt{1/n[()^2 + \dots + ()^2]}$$ […] "
    r"\sigma_{\mathcal{B}}^2 \leftarrow \frac{1}{m} \sum_{i=1}^m (x_i - \mu_{\mathcal{B}})^2 […] " + BACKWARD["x"],
    lines="L8 363, 367; P4 429, 444, 446; E3 166",
    expected="refuted",
)
def denominators() -> Finding:
    """The backward formula with each denominator against the forward pass with each; and the ratio of deviations."""
    formulas = {"m - 1": BACKWARD["x"], "m": BACKWARD["x"].replace("{m-1}", "{m}")}
    graphs = {"m": batch_norm(0), "m - 1": batch_norm(1)}
    found = {
        (forward, backward): check(formula, graph)
        for forward, graph in graphs.items()
        for backward, formula in formulas.items()
    }
    pairs = "; ".join(f"variance over {f}, gradient over {b}: {v.verdict}" for (f, b), v in found.items())
    squares = Symbol("Q")
    apart = decide(squares / n, squares / (n - 1))
    third = verdict_of(variance_without_a_sum)
    right = {"text": "2 (x_i - mu)/m", "latex": r"\frac{2(x_i - \mu_{\mathcal{B}})}{m}"}
    consistent = found["m", "m"].verdict == "proved"
    return Finding(
        replace(found["m", "m - 1"], correction=right if consistent else None),
        note=f"For every m: {pairs}. That 1/n and 1/(n - 1) of the same squares are one is {apart.verdict}; "
        f"their deviations differ by the factor sqrt((n - 1)/n) (L8.30). E3.22 has N - 1 and no sum ({third.verdict}).",
    )


# X.6

ROWS = "\ndata x | y\n-1 | 0\n0 | 0\n1 | 0"
PLACES = {
    "L8: before the activation, bias after": "F = relu(norm(w*x) + b)",
    "P4: after the activation": "F = norm(relu(w*x + b))",
    "V: the input of the neuron": "F = relu(w*norm(x) + b)",
}


@section.check(
    "X.6",
    "Place of BN",
    "$$f((f(xw_1+w_{01})w_{11}+f(xw_2+w_{02})w_{21}-C)/S+w_{03})$$ […] "
    r"$\hat{h} = \frac{h - \mu_h}{\sigma_h}$ […] batch normalization для нейрона перед ф-ией активации",
    lines="L8 416; P4 397; V 104",
    expected="refuted",
)
def places() -> Finding:
    """One ReLU neuron on the objects -1, 0, 1 at w = 1, b = 0, in three places; the sum after a norm is 0 always."""
    outputs = {place: values(f"inputs x\n{neuron}{ROWS}") for place, neuron in PLACES.items()}
    first, after, own_input = outputs.values()
    verdict = shown(first == after, "exact values on three objects", {u: ", ".join(v) for u, v in outputs.items()})
    one, two = (centred_and_variance(formula) for formula in ("norm(w*x)", "norm(w*x + b)"))
    lost = [normal_form(left - right) for left, right in zip(one, two, strict=True)]
    bias = shown(not any(lost), "normal form of z - C and of the variance", {"differences": str(lost)})
    here = "the same as before" if own_input == first else "not the same as before"
    return Finding(
        verdict,
        note="Before the activation a ReLU leaves nothing negative, after it the values have mean 0 and are not all 0, "
        f"so the two always differ. On the neuron's input it is {here} the activation, for this w > 0. A bias inside "
        f"the norm is lost ({bias.verdict}, for every m), which is why L8.38 has it after.",
    )


def centred_and_variance(formula: str) -> tuple[Expr, Expr]:
    """z_j - C and S^2 of a network's only norm, for every number of objects."""
    net = network(f"inputs x\nF = {formula}")
    (norm,), d = net.normalizations, net.derivation
    (variance,) = d[norm.deviation].rhs.args
    signal = IndexedBase(norm.input)[net.object_index.symbol]
    return d.unfold(signal - Symbol(norm.mean)), d.unfold(variance)


def values(source: str) -> list[str]:
    """The output for each object at w = 1, b = 0."""
    net = network(source)
    point = {name: {"w": 1, "b": 0}[name] for name in net.parameters}
    names = [f"{net.outputs[0]}_{row}" for row in (1, 2, 3)]
    return [value.text for value in evaluate(net.example, point, names).values()]


# X.7


@section.check(
    "X.7",
    "L2 coefficient",
    r"\frac{1}{2} \sum_{i=1}^N w_i^2 […] $L_2$ : приплюсовываем к функции потерь  $\lambda \cdot \sum w_i^2$",
    lines="E3 134; P4 653",
    expected="proved-if",
)
def decay_coefficient() -> Finding:
    """The two penalties of n weights: the factors of their difference, then a normal form for every n."""
    squares = Sum(IndexedBase("w")[i] ** 2, (i, S.One, n))
    half, full = product(Rational(1, 2), squares), product(lam, squares)
    factored = decide(half - full, (Rational(1, 2) - lam) * squares)
    (only,) = zero_factors((w**2 / 2 - lam * w**2).expand(), [lam])
    ((_, value),) = only.values
    equal_there = decide(half, substitute(full, {lam: value}))
    plain = decide(w**2 / 2, lam * w**2, parameters=[lam])
    slopes = [Poly(expression, w).diff(w).as_expr() for expression in (w**2 / 2, lam * w**2)]
    decays = decide(w - Symbol("eta") * slopes[1], (1 - 2 * Symbol("eta") * lam) * w)
    return Finding(
        combine([plain, factored, equal_there]),
        note=f"For every n the two are one at {only.text} and, unless all weights are 0, nowhere else. E3 has no "
        "coefficient at all. The step of descent shrinks a weight by 1 - eta in E3.18 and by 1 - 2 eta lambda in "
        f"P4.86 ({decays.verdict}) and in keras l2(lambda), which is P4's; the factor 2 matters when lambda is copied.",
    )


# X.9


@section.empirical(
    "X.9",
    "BN versus dropout/regularisation",
    "если используется **батч-нормализация**, то можно не применять ни **дропаут** ни **регуляризацию** […] "
    "С батч-нормализацией нужно уменьшить силу Dropout и регуляризацию",
    lines="L8 730; P4 462",
)
def less_or_none() -> Finding:
    """What is provable of both: L2 before a norm restricts no function, and dropout before one shifts its variance."""
    return Finding(
        combine([verdict_of(less_regularization), verdict_of(variance_shift)]),
        note="'May be omitted' and 'reduce' are advice, and the first is the limit of the second. Provable: an L2 "
        "penalty on the weights before a normalization restricts no function (P4.66), and dropout before one makes the "
        "variance of training larger than that of the test by (1 - p)/p (c^2 + v) (P4.68). Neither says that a penalty "
        "on the last weights, or dropout after the last normalization, is useless.",
    )


# X.10


@section.check(
    "X.10",
    "Loss in mini-batch BN",
    "А вот функция потерь использует уже все объекты из ТВ […] $L_N(w) = (F_{NNN}(-1) + 1)^2 + (F_{NNN}(1) - 1)^2 + "
    r"(F_{NNN}(2) - 2)^2 + \dots$ […] \mu_{\mathcal{B}} \leftarrow \frac{1}{m} \sum_{i=1}^m x_i",
    lines="L8 712, 714; P4 427",
    expected="refuted",
)
def loss_over_what() -> Finding:
    """The slide's three objects, statistics of the first two: the loss over all three, and over the two."""
    rows = ("-1 | -1", "1 | 1", "2 | 2")
    function = "inputs x\nF = a*norm(x) + b\ndata x | y\n"
    everyone = network(function + "\n".join(rows) + "\nstatistics 1..2")
    batch = network(function + "\n".join(rows[:2]))
    by_l8, by_p4 = loss(everyone), loss(batch)
    verdict = decide(by_l8, by_p4)
    same = loss(network(function + "\n".join(rows))), loss(network(function + "\n".join(rows) + "\nstatistics 1..3"))
    whole = decide(*same)
    terms = decide(by_l8 - by_p4, (2 * Symbol("a") + Symbol("b") - 2) ** 2)
    line = {Symbol("a"): S.One, Symbol("b"): S.Zero}
    zero = combine([decide(substitute(u, line), S.Zero) for u in (by_l8, by_p4)])
    return Finding(
        verdict,
        note=f"The losses differ by the objects outside the batch, here by (2 a + b - 2)^2 ({terms.verdict}); they are "
        f"one if the batch is the whole training set ({whole.verdict}). Outside the batch the normalized values need "
        "not have mean 0: 2 stays 2. With L8's loss a step costs a pass over all objects. As the slide's targets lie "
        f"on a line, both losses are 0 at a = 1, b = 0 ({zero.verdict}); in general they have other minima.",
    )


def loss(net: Network) -> Expr:
    return net.example.inline()["L"].rhs


# X.11


@section.check(
    "X.11",
    "Xavier",
    r"Перед ГС веса генерируются из **единого интервала** $[-a, a]$ […] w_i \sim U \left[ -\frac{\sqrt{6}}"
    r"{\sqrt{n_{out} + n_{in}}}; \frac{\sqrt{6}}{\sqrt{n_{out} + n_{in}}} \right] […] Xavier - эмпирич.",
    lines="L8 310; P4 300; E3 78",
    expected="refuted",
)
def three_xaviers() -> Finding:
    """One interval for all layers, an interval for each layer from two conditions, and 'empirical'."""
    single, derived, empirical = verdict_of(one_interval), verdict_of(xavier), verdict_of(xavier_is_derived)
    return Finding(
        replace(
            combine([single, derived, empirical]),
            correction={
                "text": "a = sqrt(6/(n_in + n_out)), for each layer",
                "latex": r"a = \frac{\sqrt{6}}{\sqrt{n_{out} + n_{in}}}",
            }
            if derived.verdict == "proved"
            else None,
        ),
        note=f"P4.40 follows from the mean of both conditions: {derived.verdict}. One interval for all layers, L8.28: "
        f"{said(single)}. 'Empirical', E3.10a: {empirical.verdict}, since it is derived.",
    )


# X.12


@section.check(
    "X.12",
    "Statistics at inference",
    r"$$\mu_h = \alpha \cdot \bar{x}_{batch} + (1 - \alpha) \cdot \mu_h$$ […] "
    r"$$\vec{x}^* = \frac{\vec{x} - \tilde{\mu}}{\tilde{\sigma}} \cdot C_1 + C_2$$ […] "
    "хотя тестовую и оценочные выборки всё равно придётся нормализовать самостоятельно)",
    lines="P4 409; E3 184; V 86",
    expected="refuted",
)
def at_inference() -> Finding:
    """The four answers, and what L8, which says nothing, needs at least: one object has no deviation of its own."""
    answers = {
        "P4.54": verdict_of(running_averages),
        "E3.25": verdict_of(running_statistics),
        "V.6": verdict_of(by_hand),
    }
    single = evaluate(network("inputs x\nF = norm(x, eps=1)\ndata x | y\n5 | 0").example, {}, ["C", "S"])
    alone = {name: value.text for name, value in single.items()}
    a, mean, deviation, kept, kept_deviation = map(Symbol, ("a", "mu", "s", "mu_h", "s_h"))
    stored = decide(
        (a - kept) / kept_deviation,
        (a - mean) / deviation,
        assumptions=[equal(kept, mean), equal(kept_deviation, deviation)],
    )
    free = decide((a - kept) / kept_deviation, (a - mean) / deviation)
    listed = ", ".join(f"{name} {verdict.verdict}" for name, verdict in answers.items())
    return Finding(
        combine(list(answers.values())),
        note=f"{listed}. L8 gives no rule: by itself an object 5 has C = {alone['C']}, S = {alone['S']} "
        "even with eps = 1, so it becomes 0 whatever it is (and with eps = 0 it is 0/0). Averages kept from training, "
        f"P4.54, give the answer of training if both are those of the batch ({stored.verdict}; in general "
        f"{free.verdict}); E3.25 uses them in training too, where the gradient through mu and sigma is lost.",
    )


# X.13


@section.check(
    "X.13",
    "Row/column conventions",
    r"X \Rightarrow X \cdot W_1 […] o_i = D_i \cdot f(wx_i^T + b) […] $$d = f'(h) \cdot W \cdot d$$",
    lines="P4 30, 523, 538",
    expected="ambiguous",
)
def rows_and_columns() -> Finding:
    """h = x W in indices for every width; what the sweep gives by x, and the readings of `W d`."""
    given, out = index("j", n), index("k", m)
    x, h, weights, d, single = map(IndexedBase, ("x", "h", "W", "d", "w"))
    layer = Equation("h", (out,), rhs=Sum(x[j] * weights[j, k], given.limits))
    target = Equation("L", rhs=sum_over(d[k] * h[k], out.limits))
    inputs = Variable("x", (given,)), Variable("W", (given, out)), Variable("d", (out,))
    swept = gradient(Derivation((layer, target), inputs), "L", ["x"])
    derived = IndexedBase("dL_dx")[j]
    column = decide(derived, Sum(weights[j, k] * d[k], out.limits), swept)
    square = [[Symbol(f"W{r}{c}") for c in (1, 2)] for r in (1, 2)]
    upstream = [Symbol("d1"), Symbol("d2")]
    across = [total(*(product(square[r][c], upstream[c]) for c in (0, 1))) for r in (0, 1)]
    along = [total(*(product(upstream[r], square[r][c]) for r in (0, 1))) for c in (0, 1)]
    row = combine([decide(one, other) for one, other in zip(across, along, strict=True)])
    scalar = decide(Sum(single[j] * x[j], given.limits), Sum(x[j] * single[j], given.limits))
    readings = (
        Reading(r"\frac{\partial L}{\partial x^T} = W d, \quad d \text{ a column}", column),
        Reading(r"\frac{\partial L}{\partial x} = d W, \quad d \text{ a row}", row),
    )
    return Finding(
        Verdict("ambiguous", "W d with d as a column and as a row", column.seconds + row.seconds),
        readings=readings,
        note=f"Slides 4 write objects as rows, x W. Then the gradient by x is W d for a column d ({column.verdict} for "
        "all widths), in rows d W^T; the order of P4.71 is right only in columns, where the forward pass is W^T x. "
        "d W with a row, read off the forward pass, has the wrong shape, and for a square W it is another vector "
        f"({row.verdict}). w x_i^T of P4.72 is the number x_i w^T ({scalar.verdict}), w being a row there.",
    )


if __name__ == "__main__":
    section.main()

"""Slides 4, regularization (lines 653-681): penalties, Keras's names for them, and how the regularizers are related."""

from re import findall

from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol

from derivations.beyond_dropout import section as beyond_dropout
from derivations.beyond_training import section as beyond_training
from derivations.slides4_dropout_use import elsewhere
from symnet.claims import Finding, Reading, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient, hessian
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import product, substitute, total
from symnet.moments import bernoulli, expectation, independent, without_replacement
from symnet.network import Bias, Dense, layered
from symnet.operations import call, sqrt
from symnet.reading.load import network
from symnet.reading.slide import Vocabulary, read_formula
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.sums import Sum
from symnet.truth.assumptions import equal, greater, positive
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Regularization")

lam, eta = map(Symbol, ("lambda", "eta"))
count, m, n, k = map(size, ("N", "m", "n", "k"))
each = index("i", count)
i, j, b = each.symbol, Symbol("j", integer=True), Symbol("b", integer=True)
w = IndexedBase("w")


def over(body: Expr, place: Symbol, upper: Expr) -> Expr:
    return Sum(body, (place, S.One, upper))


# Penalties

L2 = r"\lambda \cdot \sum w_i^2"
L1 = r"\lambda \cdot \sum |w_i|"


def penalty(formula: str) -> Expr:
    """A printed penalty, its sum over all N weights."""
    full = formula.replace(r"\sum", r"\sum_{i=1}^N")
    ((side,),) = read_formula(full, Vocabulary(names={"N": count})).equalities
    return side


def slope(of: Expr) -> Expr:
    """The derivative of a penalty by w_i, for every N."""
    one = Derivation((Equation("P", rhs=of),), (Variable("lambda"),), (Variable("w", (each,)),))
    return gradient(one, "P", ["w"]).unfold(IndexedBase("dP_dw")[i])


@section.definition(
    "P4.86", "L2 penalty", r"$L_2$ : приплюсовываем к функции потерь  $\lambda \cdot \sum w_i^2$", lines="653"
)
def l2() -> Finding:
    """Its gradient and the step of descent with it, for every number of weights and every loss."""
    pulled = w[i] - eta * (Symbol("g") + slope(penalty(L2)))
    half = slope(product(S.Half, penalty(L2)))
    verdicts = [
        decide(slope(penalty(L2)), 2 * lam * w[i]),
        decide(pulled, (1 - 2 * eta * lam) * w[i] - eta * Symbol("g")),
        decide(half, lam * w[i]),
    ]
    return Finding(
        combine(verdicts),
        note="For every N: a step of descent multiplies the weights by 1 - 2 eta lambda first. With the factor 1/2 of "
        "E3.18 it would be 1 - eta lambda. The sum has no limits on the slide: it is read over all weights.",
    )


@section.definition(
    "P4.87", "L1 penalty", r"$L_1$ : приплюсовываем к функции потерь  $\lambda \cdot \sum |w_i|$", lines="654"
)
def l1() -> Finding:
    """Its gradient for every number of weights: the same pull whatever the size of the weight."""
    pull = slope(penalty(L1))
    verdicts = [
        decide(substitute(pull, {w[i]: Symbol("v")}), sign * lam, assumptions=[positive(sign * Symbol("v"))])
        for sign in (S.One, S.NegativeOne)
    ]
    kink = [call("abs", e * Symbol("v")) / Symbol("v") for e in (S.One, S.NegativeOne)]
    verdicts.append(decide(*kink))
    return Finding(
        combine(verdicts),
        note="For every N the derivative by w_i is lambda for w_i > 0 and -lambda for w_i < 0; at 0 there is a kink: "
        "the pull does not fade as w_i goes to 0, while that of L_2 does. lambda here is not that of L_2.",
    )


@section.definition(
    "P4.88",
    "Regularise a neuron or a layer only",
    "Можно регуляризовать не всю сетку, а отдельный нейрон или слой",
    lines="655",
)
def a_part() -> Finding:
    """A penalty on the weights of one neuron, and of one layer: which gradients it changes, and by how much."""
    net = network("inputs x\nh1 = f(w1*x + b1)\nh2 = f(w2*x + b2)\nF = v1*h1 + v2*h2 + c")
    bare = gradient(net.derivation, "L")
    verdicts = []
    for part in (("w1", "b1"), ("w1", "w2", "b1", "b2"), ("v1", "v2"), net.parameters):
        own = product(lam, total(*(Symbol(name) ** 2 for name in part)))
        whole = gradient(net.derivation.extend([Equation("P", rhs=Symbol("L") + own)]), "P")
        for name in net.parameters:
            after, before = whole.unfold(Symbol(adjoint_name("P", name))), bare.unfold(Symbol(adjoint_name("L", name)))
            verdicts.append(decide(after - before, 2 * lam * Symbol(name) if name in part else S.Zero))
    return Finding(
        combine(verdicts),
        note="For any f and any number of objects: the penalty of a neuron (w_1, b_1), of the first or the second "
        "layer, or of all weights adds 2 lambda w to the gradients by these weights and nothing to the others.",
    )


# Keras

NAMES = (
    r"**kernel\_regularizer** - на матрицу весов слоя;",
    r"**bias\_regularizer** - на вектор свободных членов;",
    r"**kernel\_regularizer** - на вектор выходов.",
)
CODE = """model.add(Dense(256, input_dim = 32,
                kernel_regularizer = regularizers.l1(0.001),
                bias_regularizer = regularizers.l2(0.1),
                activity_regularizer = regularizers.l2(0.01)))"""


def layer(objects: Expr, inputs: Expr, neurons: Expr) -> Derivation:
    """o = f(X W + b), a loss phi of every output, and the penalties of CODE."""
    r, a, c = index("r", objects), index("a", inputs), index("c", neurons)
    X, W, bias, out = Variable("X", (r, a)), Variable("W", (a, c)), Variable("b", (c,)), IndexedBase("o")
    outputs = Equation("o", (r, c), rhs=call("f", Sum(X.reference * W.reference, a.limits) + bias.reference))
    loss = Equation("L", rhs=Sum(Sum(call("phi", out[r.symbol, c.symbol]), c.limits), r.limits))
    on = {
        "kernel": lambda q: Sum(Sum(q(W.reference), c.limits), a.limits),
        "bias": lambda q: Sum(q(bias.reference), c.limits),
        "activity": lambda q: Sum(Sum(q(out[r.symbol, c.symbol]), c.limits), r.limits),
    }
    kinds = {"l1": lambda u: call("abs", u), "l2": lambda u: u**2}
    parts = [
        Equation(f"P_{name}", rhs=product(Rational(strength), on[name](kinds[kind])))
        for name, kind, strength in findall(r"(\w+)_regularizer = regularizers\.(l\d)\(([\d.]+)\)", CODE)
    ]
    whole = Equation("P", rhs=total(Symbol("L"), *(e.reference for e in parts)))
    return Derivation((outputs, loss, *parts, whole), (X,), (W, bias))


@section.check("P4.89", "Three kinds of keras regularisers", " […] ".join(NAMES), lines="661-663", expected="refuted")
def three_names() -> Finding:
    """The names of the list against those of the slide's own code; what a penalty of each place depends on."""
    listed = [findall(r"(\w+)\\_regularizer", line)[0] for line in NAMES]
    used = findall(r"(\w+)_regularizer", CODE)
    missing = [name for name in used if name not in listed]
    twice = [name for name in dict.fromkeys(listed) if listed.count(name) > 1]
    witness: dict[str, object] = {
        "listed": ", ".join(f"{name}_regularizer" for name in listed),
        "in the code": ", ".join(f"{name}_regularizer" for name in used),
    }
    named = shown(not missing and not twice, "the names of the list and of the code below it", witness)
    given = layer(m, n, k)
    by_bias = {name: gradient(given, f"P_{name}", ["b"]).unfold(IndexedBase(f"dP_{name}_db")[b]) for name in used}
    kernel_of_bias, activity_of_bias = (decide(by_bias[name], S.Zero) for name in ("kernel", "activity"))
    right = f"{missing[0]}_regularizer" if missing else ""
    correction = {"text": right, "latex": rf"\texttt{{{right}}}".replace("_", r"\_")} if right else None
    return Finding(
        Verdict(named.verdict, named.method, named.seconds, witness=named.witness, correction=correction),
        note=f"The third line repeats the name of the first; the code has {right}. They are not the same: a penalty on "
        f"the weights does not depend on b (its gradient by b is 0: {kernel_of_bias.verdict}), one on the outputs "
        f"does ({activity_of_bias.verdict}). Called 'три вида связей', they are penalties, not connections.",
    )


@section.check("P4.90", "Keras code", CODE, lines="667-670", expected="proved")
def keras_code() -> Finding:
    """The parameters of the layer counted; its penalties and their gradients, for every size and f."""
    units, inputs = (int(findall(rf"{name}(\d+)", CODE)[0]) for name in (r"Dense\(", r"input_dim = "))
    weights = [[f"W_{r}_{c}" for c in range(units)] for r in range(inputs)]
    biases = [f"b_{c}" for c in range(units)]
    dense = layered([f"x{r}" for r in range(inputs)], [Dense(weights), Bias(biases)])
    counted = decide(Integer(len(dense.parameters)), Integer(8448))
    given = layer(m, n, k)
    by = gradient(given, "P")
    X, W, bias, out = map(IndexedBase, ("X", "W", "b", "o"))
    r, a, c = (Symbol(name, integer=True) for name in "rac")
    squares = over(over(out[r, c] ** 2, c, k), r, m)
    absolute = over(over(call("abs", W[a, c]), c, k), a, n)
    stated = Symbol("L") + absolute / 1000 + over(bias[c] ** 2, c, k) / 10 + squares / 100
    pre = over(X[r, j] * W[j, c], j, n) + bias[c]
    upstream = call("phi", call("f", pre), order=1) + call("f", pre) / 50
    adjoint = upstream * call("f", pre, order=1)
    signed = gradient(Derivation((Equation("Q", rhs=call("abs", Symbol("v"))),), (), (Variable("v"),)), "Q")
    sign = substitute(signed.unfold(Symbol("dQ_dv")), {Symbol("v"): W[a, c]})
    verdicts = [
        counted,
        decide(Symbol("P"), stated, given),
        decide(IndexedBase("dP_db")[c], bias[c] / 5 + over(adjoint, r, m), by),
        decide(IndexedBase("dP_dW")[a, c], sign / 1000 + over(X[r, a] * adjoint, r, m), by),
    ]
    return Finding(
        combine(verdicts),
        (text(stated), latex(stated)),
        note=f"{inputs} x {units} weights and {units} biases are {len(dense.parameters)} parameters. The penalty is "
        "0.001 sum |W| + 0.1 sum b^2 + 0.01 sum o^2, its numbers read off the code; its gradients by b and W for "
        "every size, every activation f and every loss that is a sum over the outputs. The last term is of all "
        "objects; whether Keras divides it by their number is not decided here.",
    )


# Relations

WAGER = (
    "«We show that the dropout regularizer is first-order equivalent to an  $L_2$  regularizer applied after scaling "
    "the features by an estimate of the inverse diagonal Fisher information matrix»"
)
theta, move, scale = map(Symbol, ("theta", "u", "t"))
beta, x, mask = map(IndexedBase, ("beta", "x", "D"))
curvature = call("phi", theta, order=2)


def expanded() -> list[Verdict]:
    """phi(theta + t u) to second order in t, u = sum beta_j x_j (D_j/q - 1), and its mean over the masks, for every n.

    The first order in the variance (1-q)/q of the noise is the second order in t.
    """
    start = Equation("G", rhs=call("phi", theta + scale * move))
    given = Derivation((start,), (), tuple(map(Variable, ("theta", "t", "u"))))
    first = gradient(given, "G", ["t"]).unfold(Symbol("dG_dt"))
    twice = hessian(given, "G", ["t"])
    second = twice.unfold(twice["d2G_dt_dt"].rhs)
    noise = over(beta[j] * x[j] * (mask[j] / Symbol("q") - 1), j, n)

    def mean_at_zero(u: Expr) -> Expr:
        return expectation(substitute(substitute(u, {scale: S.Zero}), {move: noise}), "D", bernoulli(Symbol("q")))

    return [
        decide(mean_at_zero(first), S.Zero),
        decide(S.Half * mean_at_zero(second), dropout_regularizer(Symbol("q"))),
    ]


def dropout_regularizer(q: Expr) -> Expr:
    """(1-q)/(2q) phi''(theta) sum beta_j^2 x_j^2: of one object with theta = sum beta_j x_j."""
    return product(S.Half, (1 - q) / q, curvature, over(beta[j] ** 2 * x[j] ** 2, j, n))


def information() -> list[Verdict]:
    """The diagonal of the Fisher information of phi(theta) - y theta in beta_j is phi''(theta) x_j^2; for logistic."""
    one, two = Symbol("beta_1"), Symbol("beta_2")
    inputs = [Symbol("x_1"), Symbol("x_2")]
    linear = one * inputs[0] + two * inputs[1]
    loss = Equation("L", rhs=call("phi", linear) - Symbol("y") * linear)
    names = ("beta_1", "beta_2", "x_1", "x_2", "y")
    second = hessian(Derivation((loss,), (), tuple(map(Variable, names))), "L", ["beta_1"])
    own = second.unfold(second["d2L_dbeta_1_dbeta_1"].rhs)
    chance = call("sigmoid", theta)
    outcomes = {S.One: chance, S.Zero: 1 - chance}
    squared_score = total(*(product(c, (chance - y) ** 2) for y, c in outcomes.items()))
    entropy = Derivation((Equation("A", rhs=call("softplus", theta)),), (), (Variable("theta"),))
    bent = hessian(entropy, "A", ["theta"])
    return [
        decide(own, call("phi", linear, order=2) * inputs[0] ** 2),
        decide(bent.unfold(bent["d2A_dtheta_dtheta"].rhs), squared_score),
    ]


@section.check("P4.91", "Wager et al. quote", WAGER, lines="680", expected="ambiguous")
def wager() -> Finding:
    """The mean loss over masks of a generalized linear model, expanded; L_2 after scaling by a power of I_jj."""
    q, feature, weight, fisher = map(Symbol, ("q", "x", "beta", "I"))
    # x_j beta_j = (x_j I^-s)(I^s beta_j): an L_2 penalty after the scaling is (1-q)/(2q) sum (I^s beta_j)^2.
    strength = (1 - q) / (2 * q)
    needed = product(strength, fisher, weight**2)
    proper = (positive(q), greater(Integer(1), q), positive(fisher))
    by_root, by_inverse = (
        decide(product(strength, (factor * weight) ** 2), needed, assumptions=proper, parameters=[fisher])
        for factor in (sqrt(fisher), fisher)
    )
    order = combine([*expanded(), *information()])
    same_model = decide(feature / sqrt(fisher) * (sqrt(fisher) * weight), feature * weight, assumptions=proper)
    linear = elsewhere(beyond_dropout, "B.2")
    logistic = call("softplus", theta)
    exact = product(q, call("softplus", theta / q)) + (1 - q) * call("softplus", S.Zero) - logistic
    chance = call("sigmoid", theta)
    beyond = decide(exact, strength * chance * (1 - chance) * theta**2, assumptions=proper[:2])
    readings = (
        Reading(r"\text{features scaled by } \text{diag}(I)^{-1/2}", combine([order, by_root, same_model])),
        Reading(r"\text{features scaled by } \text{diag}(I)^{-1}, \text{ as the words are}", by_inverse),
    )
    method = f"{len(readings)} readings of the scaling: {', '.join(x.verdict.verdict for x in readings)}"
    right = {"text": "features scaled by diag(I)^(-1/2)", "latex": r"\text{diag}(I)^{-1/2}"}
    return Finding(
        Verdict("ambiguous", method, sum(x.verdict.seconds for x in readings), correction=right),
        readings=readings,
        note="For every phi and every number of features: the mean over inverted dropout masks is the loss plus "
        "(1-q)/(2q) sum_j beta_j^2 phi'' x_j^2 to first order in the variance (1-q)/q of the noise, and phi'' x_j^2 is "
        "the Fisher information I_jj of an object (logistic: sigma(1-sigma) x_j^2). That is L_2 for the features "
        f"x_j/sqrt(I_jj); for a linear model it is exact ({linear.verdict}, B.2), for logistic regression it is not "
        f"({beyond.verdict}). I_jj depends on beta, hence 'an estimate'.",
    )


@section.empirical(
    "P4.91a",
    '"Regularisers act alike", dropout usual in practice',
    "На практике обычно используют Dropout. Действия всех этих регуляризаторов оказывается схожим:",
    lines="677",
)
def alike() -> Finding:
    """The penalty of dropout and L_2 on a linear model of two features, and L_1."""
    w1, w2, g1, g2 = map(Symbol, ("w1", "w2", "G11", "G22"))
    known = elsewhere(beyond_dropout, "B.2")
    dropped, ridge = g1 * w1**2 + g2 * w2**2, g1 * (w1**2 + w2**2)  # both times (1-q)/q
    lengths = [equal(g2, value) for value in (g1, 2 * g1)]
    like = [u.text for u in lengths if decide(dropped, ridge, assumptions=[u]).verdict == "proved"]
    degree = decide(call("abs", scale * w1), scale * call("abs", w1), assumptions=[positive(scale)])
    stopping = elsewhere(beyond_training, "B.11")
    return Finding(
        known,
        note="What is provable, for linear models: inverted dropout adds (1-q)/q sum w_j^2 (X^T X)_jj to the loss "
        f"({known.verdict}, B.2), which is L_2 for {', '.join(like)}, columns of one length; early stopping is L_2 in "
        f"each eigendirection ({stopping.verdict}, B.11). L_1 is not like them: it is of degree 1 in the weights "
        f"({degree.verdict}), they are of degree 2. What is usual in practice is not provable.",
    )


@section.check(
    "P4.92",
    "Early stopping equivalent to l2",
    "ранняя остановка для линейных моделей эквивалентна  $l_2$  регуляризации с MSE, обучаемой SGD.",
    lines="681",
    expected="proved-if",
)
def stopping_and_l2() -> Finding:
    """One eigendirection by B.11; one coefficient for two of them; the mean of a random step."""
    spectral = elsewhere(beyond_training, "B.11")
    values = [Symbol("lambda_1"), Symbol("lambda_2")]
    proper = [*map(positive, (*values, eta)), *(greater(S.One, eta * u) for u in values)]

    def coefficient(u: Expr, steps: int) -> Expr:
        left = (1 - eta * u) ** steps
        return u * left / (1 - left)

    white = equal(*values)
    apart = [
        decide(coefficient(values[0], steps), coefficient(values[1], steps), assumptions=proper) for steps in (1, 2, 3)
    ]
    same = [substitute(coefficient(values[0], steps), dict(white.values)) for steps in (1, 2, 3)]
    together = combine([decide(u, coefficient(values[1], steps)) for steps, u in enumerate(same, 1)])
    needed = [white.text] if together.verdict == "proved" and all(u.verdict == "refuted" for u in apart) else []
    one_step = decide(coefficient(values[0], 1) - coefficient(values[1], 1), values[1] - values[0])
    one_alpha = shown(bool(needed), "alpha of two directions for tau = 1, 2, 3", apart[0].witness, needed)
    # A step on one object drawn at random: its mean is the step on all of them, and the gradient is affine in w.
    objects = IndexedBase("g")
    drawn = expectation(over(mask[i] * objects[i], i, m), "D", without_replacement(S.One, m))
    random_step = decide(drawn, over(objects[i], i, m) / m)
    weight, noise = Symbol("w"), IndexedBase("Z")[S.One]
    affine = decide(
        expectation(lam * (weight + noise) - Symbol("c"), "Z", independent({1: S.Zero})), lam * weight - Symbol("c")
    )
    return Finding(
        combine([spectral, one_alpha, one_step, random_step, affine]),
        note="In each eigendirection of X^T X tau steps from 0 are the minimum of the loss with the penalty "
        "alpha w^2/2, alpha = lambda (1-eta lambda)^tau/(1-(1-eta lambda)^tau), for every tau (B.11). The same alpha "
        "for two directions needs equal eigenvalues (for tau = 1 the difference is lambda_2 - lambda_1); for small "
        "lambda it is 1/(tau eta) to leading order in all of them. With SGD this is so for the mean of w: the mean of "
        "a random step is the whole step, as the gradient of MSE is affine in w; a single run differs.",
    )


@section.empirical(
    "P4.93",
    "Vague effect of regularisation",
    "Не даёт нейрону сфокусироваться на слишком выделяющемся входе",
    lines="656",
)
def focus() -> Finding:
    """Weights of equal inputs with a given sum: sum w^2 and its excess over equal ones, for every N; sum |w|."""
    total_weight = over(w[i], i, count)
    average = total_weight / count
    excess = over((w[i] - Symbol("M")) ** 2, i, count)
    spread = substitute(excess, {Symbol("M"): over(w[j], j, count) / count})
    even = decide(over(w[i] ** 2, i, count), count * average**2 + spread)
    one, two = map(Symbol, ("w1", "w2"))
    sizes = call("abs", one) + call("abs", two)
    flat = decide(sizes, one + two, assumptions=[positive(one), positive(two)])
    return Finding(
        combine([even, flat]),
        note="What is provable: of N equal inputs, sum w_i^2 with a given sum of the weights is least when all are "
        "equal, by sum (w_i - mean)^2, for every N: L_2 spreads a weight over inputs that say the same. L_1 does not: "
        f"weights of one sign with the same sum have the same penalty ({flat.verdict}). "
        "An input that is large on its own is damped only as far as its weight is.",
    )


if __name__ == "__main__":
    section.main()

"""Slides 4, dropout (lines 547-604): an ensemble of 2^n networks, its mean answer, and what it does to training."""

from sympy import Expr, IndexedBase, Rational, S, Symbol

from derivations.beyond_dropout import by_formula, curvature, linear_sum, q
from derivations.beyond_dropout import section as beyond
from derivations.slides4_dropout import HIDDEN, MASKED, answer, layer, mask, masked, mean, p, printed, proper, u
from symnet.claims import Finding, Reading, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import size
from symnet.expressions import product, substitute, total
from symnet.moments import bernoulli, variance
from symnet.network.masks import admissible_masks, all_masks, mask_probability
from symnet.network.optimizers import OPTIMIZERS
from symnet.operations import call
from symnet.sums import Sum
from symnet.training import expected_function, expected_loss, weight_scaled
from symnet.truth.assumptions import equal
from symnet.truth.induction import decide_recursion
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Dropout as an ensemble")

s, Y = map(Symbol, ("s", "Y"))
n = size("n")


def elsewhere(other: Section, id: str) -> Verdict:
    """The verdict on a claim of another section."""
    (claim,) = (c for c in other.claims if c.id == id)
    return claim.run().finding.verdict


# The ensemble


@section.check(
    "P4.74",
    "Dropout ≡ training 2^n nets; average the 2^n forecasts",
    "Dropout эквивалентен обучению  $2^n$  сетей […] можно отключать по очереди все возможные комбинации нейронов, "
    "получить  $2^n$  прогнозов и усреднить их",
    lines="548, 568",
    expected="ambiguous",
)
def ensemble() -> Finding:
    """How many networks; their mean loss with common weights and with weights of their own; their plain average."""
    width = size("n")
    counted = {c: len(list(all_masks([f"h{a}" for a in range(1, c + 1)]))) for c in range(1, 7)}
    wrong = {str(c): f"{number} masks" for c, number in counted.items() if number != 2**c}
    number = combine(
        [
            decide_recursion([2**width], width, [S.One], lambda v, _: [2 * v[0]]),
            shown(not wrong, "the masks of 1 to 6 neurons, counted", wrong),
        ]
    )
    connected = len(list(admissible_masks(linear_sum(3))))
    pair = linear_sum(2)
    loss = expected_loss(pair, 1 - p, reject=False)
    shared = decide(loss, substitute(by_formula(2), {q: p}))
    fits = []  # each network alone has weights of loss 0; the empty one keeps Y^2
    for dropped in all_masks(HIDDEN):
        living = [Symbol(f"a{name[1:]}") for name in HIDDEN if name not in dropped]
        alone = pair.drop(dropped, connected=False).example.inline()["L"].rhs
        fits.append(decide(substitute(alone, {a: Y / len(living) for a in living}), S.Zero if living else Y**2))
    least = substitute(loss, {Symbol(f"a{c}"): Y / (1 + p) for c in (1, 2)})  # the minimum, by B.3
    remains = combine([decide(least, (1 - p) / (1 + p) * Y**2), elsewhere(beyond, "B.3")])
    own = combine([*fits, decide(least, mask_probability(frozenset(HIDDEN), HIDDEN, 1 - p) * Y**2, assumptions=proper)])
    plain = product(Rational(1, 4), total(*(answer(layer.drop(d, connected=False)) for d in all_masks(HIDDEN))))
    averaged = decide(expected_function(layer, 1 - p, reject=False), plain, parameters=[p])
    readings = (
        Reading(r"2^n \text{ networks, the empty one among them}", number),
        Reading(r"\text{networks with common weights: the mean of their losses}", shared),
        Reading(r"\text{networks each with weights of its own}", own),
        Reading(r"\text{the plain average of } 2^n \text{ answers is } E_D", averaged),
    )
    verdicts = ", ".join(x.verdict.verdict for x in readings)
    method = f"{len(readings)} readings of 'equivalent' and 'average': {verdicts}"
    return Finding(
        Verdict("ambiguous", method, sum(x.verdict.seconds for x in readings)),
        readings=readings,
        note=f"Of the 8 masks of 3 neurons {connected} leave a network that is connected. For the target Y and two "
        "linear neurons every connected network alone reaches the loss 0, so that of networks with weights of their "
        f"own only (1-p)^2 Y^2 of the mean remains; with common weights it is (1-p)/(1+p) Y^2 ({remains.verdict}, "
        f"B.3). The plain average of the answers is E_D for "
        f"{', '.join(averaged.assumptions)} only: the masks are equally likely there and nowhere else.",
    )


# In use

TEST = r"$$o = p \cdot f(X \cdot W + b)$$"


@section.check(
    "P4.75",
    "Simply take the expectation o=p·f",
    f"Но лучше просто брать по дропауту математическое ожидание […] {TEST}",
    lines="575, 577",
    expected="proved-if",
)
def by_expectation() -> Finding:
    """The layer's own mean, for every width; and which g after the layer keep the mean of the 2^n answers."""
    layers_mean = decide(mean(printed(MASKED)), printed(TEST))
    average, scaled = expected_function(layer, 1 - p, reject=False), answer(weight_scaled(layer, p))
    general = decide(average, scaled, assumptions=proper)
    necessary = curvature()
    return Finding(
        combine([layers_mean, general]),
        readings=(
            Reading(r"E_D[D \cdot f(X W + b)] = p \cdot f(X W + b)", layers_mean),
            Reading(r"\text{the mean of the answers of the } 2^n \text{ networks, any } g", general),
        ),
        note="The expectation of the layer's output is p f without a condition. The network's answer with p f is the "
        f"mean of the 2^n answers where what follows is linear ({general.verdict}; a bias does no harm), and for a "
        f"smooth g only so: equality for all weights gives p(1-p) g'' = 0 ({necessary.verdict}; B.5).",
    )


@section.empirical(
    "P4.76",
    "Inconvenient: rewrite the prediction function",
    "Это неудобно! Надо переписывать функцию для прогнозов!",
    lines="591",
)
def another_function() -> Finding:
    """The test output differs from the trained network; the factor p may as well go into the next weights, once."""
    scaled = answer(weight_scaled(layer, p))
    differs = decide(scaled, answer(layer), parameters=[p])
    outgoing = {v: product(p, v) for v in map(Symbol, ("v1", "v2"))}
    once = decide(scaled, substitute(answer(layer), outgoing))
    return Finding(
        once,
        note="What is provable: the prediction with p f is the trained network's own function only for "
        f"{', '.join(differs.assumptions)}, and it is that function with the outgoing weights multiplied by p once "
        f"({once.verdict}, for any f and g): the weights can be rewritten in place of the function.",
    )


INVERTED = (
    r"$$\text{train: } o = \frac{1}{p} \cdot D \cdot f(X \cdot W + b)$$",
    r"$$\text{test: } o = f(X \cdot W + b)$$",
)


@section.check("P4.77", "Inverted dropout", " […] ".join(INVERTED), lines="602, 604", expected="proved")
def inverted() -> Finding:
    """E of the training output is the test output; its variance; the weights that give the same with plain dropout."""
    train, test = (
        printed(formula.replace(rf"\text{{{name}: }}", ""))
        for formula, name in zip(INVERTED, ("train", "test"), strict=True)
    )
    value = call("f", Symbol("X") * Symbol("W") + Symbol("b"))
    spread = variance(train, {"D": bernoulli(p)})
    v = IndexedBase("v")
    place = Symbol("i", integer=True)

    def summed(factor: Expr) -> Expr:
        return Sum(product(v[place], factor, call("f", IndexedBase("h")[place])), (place, S.One, n))

    whole = mean(summed(IndexedBase("D")[place] / p))
    verdicts = [
        decide(mean(train), test),
        decide(test, value),
        decide(spread, (1 - p) / p * value**2),
        decide(whole, summed(S.One)),
    ]
    wrong = decide(mean(substitute(train, {mask: 1 - mask})), test, parameters=[p])
    return Finding(
        combine(verdicts),
        note="For 0 < p <= 1 and every f, and for a linear neuron after a layer of any width n. The variance is "
        "(1-p)/p f^2. What comes after need be linear here too if whole answers are compared (P4.75). With p the "
        f"probability to lose a neuron it would hold for {', '.join(wrong.assumptions)} only.",
    )


@section.empirical(
    "P4.78",
    "Robustness, anti-co-adaptation",
    "Делает нейроны более устойчивыми к случайным возмущениям […] Борьба с ко-адаптацией, не все соседи похожи, не "
    "все дети похожи на родителей",
    lines="496, 497",
)
def co_adaptation() -> Finding:
    """Two linear neurons with the sum s: what dropout adds to the loss, and what losing one of them costs."""
    one, two = map(Symbol, ("a1", "a2"))
    loss = expected_loss(linear_sum(2), 1 - p, reject=False)
    added = loss - (p * (one + two) - Y) ** 2
    split = substitute(added, {two: s - one})
    even = substitute(split, {one: s / 2})
    gap = decide(split - even, 2 * p * (1 - p) * (one - s / 2) ** 2)
    noise = variance(u * mask, {"D": bernoulli(p)})
    verdicts = [gap, decide(noise, p * (1 - p) * u**2)]
    return Finding(
        combine(verdicts),
        note="What is provable, for two linear neurons whose signals add to s: dropout adds p(1-p)(a_1^2 + a_2^2) to "
        "the loss, which is least when each carries s/2 and grows by 2p(1-p)(a_1 - s/2)^2 otherwise: pairs of large "
        "signals that cancel are punished, so no neuron relies on one other. This makes neurons of the same input "
        "more alike, not less. That generalization improves depends on the data.",
    )


@section.check(
    "P4.78a",
    "Only part of parameters changes",
    "При обучении мы домножаем часть выходов на  $D_i$ , тем самым мы изменяем только часть параметров и нейроны "
    "учатся более независимо",
    lines="547",
    expected="proved-if",
)
def part_of_the_parameters() -> Finding:
    """Where the gradient by each weight of a neuron vanishes, for any f, g and number of objects; then a step."""
    by = gradient(masked.derivation, "L")
    switch = Symbol("D1")
    slopes = {w: by.unfold(Symbol(adjoint_name("L", w))) for w in layer.parameters}
    own = [w for w in slopes if w in ("w11", "w21", "b1", "v1")]
    values = [equal(switch, value) for value in (S.Zero, S.One)]
    still = {u.text: [decide(substitute(slopes[w], dict(u.values)), S.Zero) for w in own] for u in values}
    holding = [text for text, found in still.items() if combine(found).verdict == "proved"]
    kept = combine(still[values[1].text])
    found = shown(bool(holding), "both values of D_1, for any f, g and number of objects", kept.witness, holding)
    at_zero = {w: decide(substitute(slope, {switch: S.Zero}), S.Zero).verdict for w, slope in slopes.items()}
    others = [w for w, verdict in at_zero.items() if verdict == "refuted"]
    steps = {name: optimizer.on({"w": S.Zero}).unfold(Symbol("w_next")) for name, optimizer in OPTIMIZERS.items()}
    resting = [name for name, after in steps.items() if decide(after, Symbol("w")).verdict == "proved"]
    only = shown(not set(own) & set(others), "every partial at D_1 = 0", at_zero)
    return Finding(
        combine([found, only]),
        note=f"The gradient by {', '.join(own)}, the weights into and out of the neuron, is 0 where D_1 = 0, and where "
        f"D_1 = 1 it is not ({kept.verdict}); at D_1 = 0 those by {', '.join(others)} are not 0. When no neuron is "
        f"dropped, with probability p^n, all change. A step with gradient 0 stays with {', '.join(resting)}; with the "
        f"other {len(steps) - len(resting)} methods of E3 the state may move dropped weights too. "
        "That neurons 'learn more independently' is not shown here (see P4.78).",
    )


if __name__ == "__main__":
    section.main()

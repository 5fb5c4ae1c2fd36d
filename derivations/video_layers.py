"""The comments under the video on batch normalization: where it goes, linear neurons, and what is trained."""

from itertools import product as choices

from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol

from derivations.lecture08_normalization import standardized
from derivations.slides4_normalization import OBJECT, by_scale, by_shift, hidden_layer, i, j, m, x
from derivations.slides4_normalization_use import normalized_beside
from derivations.video_comments import DENSITY, c, d, s, standardize, t, u
from symnet.activations import Activation
from symnet.claims import Finding, Section, combine, shown, verdict_of
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, size
from symnet.expressions import free_references, product, substitute, total
from symnet.operations import call
from symnet.reading.load import network
from symnet.sums import Sum
from symnet.training import descend
from symnet.truth.assumptions import positive
from symnet.truth.verdict import decide

section = Section("V", "The comments: layers, batches, linear neurons")


@section.definition("V.9", "BN at any layer", "Да, можно, на любых слоях, в т.ч. и выходом.", lines="95")
def any_layer() -> Finding:
    places = {
        "input": "h = f(w1*norm(x) + w01)\nF = w2*h + w02",
        "before the activation": "h = f(norm(w1*x) + w01)\nF = w2*h + w02",
        "after the activation": "h = f(w1*x + w01)\nF = w2*norm(h) + w02",
        "output": "h = f(w1*x + w01)\nF = norm(w2*h)",
    }
    verdict = combine([standardized(network(f"inputs x\n{lines}")) for lines in places.values()])
    return Finding(verdict, note=f"Mean 0 and deviation 1 for every f and m at each place: {', '.join(places)}.")


@section.check(
    "V.10",
    "Per-pixel BN distorts images?",
    "каждый одинаковый пиксел всех изображений минибатча подвергается нормализации независимо […] В первом случае "
    "изображения внутри минибатча могут существенно искажаться!",
    lines="98",
    expected="proved",
)
def per_pixel() -> Finding:
    """Two images of two pixels: each pixel with its own mean and deviation, and all pixels with the same."""
    images = ((10, 20), (0, 100))
    pixels = [standardize(values) for values in zip(*images, strict=True)]
    left, right = (column[0] for column in pixels)
    channel = standardize([value for image in images for value in image])
    facts = {"image": str(images[0]), "per pixel": f"{left}, {right}", "per channel": f"{channel[0]}, {channel[1]}"}
    turned = images[0][0] < images[0][1] and left > right
    one, other = map(Symbol, ("p_1", "p_2"))
    order = decide((one - c) / s - (other - c) / s, (one - other) / s, assumptions=[positive(s)])
    verdicts = [
        shown(turned, "the order of brightness in one image is reversed, exactly", facts),
        shown(channel[0] < channel[1], "with one mean and deviation it is kept, exactly", facts),
        order,
    ]
    return Finding(
        combine(verdicts),
        note=f"Of the image {images[0]} beside {images[1]} the normalization of each pixel makes ({left}, {right}): "
        "the darker pixel is now the brighter. One mean and one deviation for all pixels of a channel, as in "
        f"convolutional layers, keep all differences up to one positive factor ({order.verdict} for every image).",
    )


@section.check(
    "V.11",
    "Pre-activation vector of the whole batch needed first",
    "V мы можем узнать, когда пропустим все входные вектора из батча через нейронную сеть",
    lines="104",
    expected="proved",
)
def whole_batch() -> Finding:
    """dC/dx_i = 1/m for every i and m; and which parameters the mean of a hidden layer contains."""
    statistic = Equation("mu", rhs=Sum(x[j], (j, Integer(1), m)) / m)
    swept = gradient(Derivation((statistic,), (Variable("x", (OBJECT,)),)), "mu", ["x"])
    everyone = decide(IndexedBase("dmu_dx")[i], 1 / m, swept)
    net = network("inputs x\nh = f(w1*x + w01)\nr = f(norm(w2*h) + w02)\nF = w3*r + w03")
    (norm,) = net.normalizations
    inside = {str(name) for name in free_references(net.derivation.unfold(Symbol(norm.mean)))} & set(net.parameters)
    before = shown(inside == {"w1", "w01", "w2"}, "the parameters in the mean", {"parameters": str(sorted(inside))})
    outputs = {other: normalized_beside(other) for other in (-1, 2)}
    facts = {f"1 beside {other}": value.text() for other, value in outputs.items()}
    other_batch = shown(outputs[-1] != outputs[2], "one object in two batches, exactly", facts)
    return Finding(
        combine([everyone, before, other_batch]),
        note="The mean depends on every object of the batch, each with the weight 1/m, so all must have come to this "
        f"neuron; through the layers before it only: of the parameters it holds {', '.join(sorted(inside))}. The whole "
        "batch goes through the network layer by layer.",
    )


@section.check(
    "V.12",
    "Composition of linear neurons = one linear neuron",
    "композиция линейных нейронов = одному линейному нейрону",
    lines="128",
    expected="proved",
)
def linear_neurons() -> Finding:
    """A linear neuron on n linear neurons of d inputs each is one of d inputs, for every n and d; then induction."""
    width, count = size("n"), size("d")
    k = Symbol("k", integer=True)
    weights, inner, bias, data = map(IndexedBase, ("v", "w", "b", "x"))
    below = Sum(inner[j, k] * data[k], (k, Integer(1), count)) + bias[j]
    whole = Sum(weights[j] * below, (j, Integer(1), width)) + c
    joined = Sum(weights[j] * inner[j, k], (j, Integer(1), width))
    one = Sum(joined * data[k], (k, Integer(1), count)) + Sum(weights[j] * bias[j], (j, Integer(1), width)) + c
    bent = decide(call("relu", S.One) + call("relu", S.NegativeOne), 2 * call("relu", S.Zero))
    return Finding(
        decide(whole, one),
        note="Its weights are sum_j v_j w_jk, its bias sum_j v_j b_j + c: neither has an index of an object, so it is "
        "one linear neuron, and a further layer is joined in the same way. It fails for ReLU: a linear neuron has "
        f"f(1) + f(-1) = 2 f(0), which is {bent.verdict} there.",
    )


@section.check(
    "V.13",
    "Linear activation removes the saturation problem",
    "нормализация необходима, чтоб данные не попадали в область насыщения функции активации. Но есть мы будем брать в "
    "качестве функции не сигмоиду, а линейную, то, получается, проблема решена?",
    lines="125",
    expected="proved",
)
def linear_activation() -> Finding:
    """The derivative of a u + b is a everywhere; that of sigma is below every positive number far out (V.4)."""
    line = Activation(c * u + d, u)
    decay = call("exp", -u)
    saturates = decide(decay - DENSITY, decay * DENSITY * (2 + decay))
    deep = network("inputs x\nh1 = w1*x\nh2 = w2*h1\nF = w3*h2")
    swept = gradient(deep.function(), "F", ["x"]).unfold(Symbol("dF_dx"))
    weights = product(*(Symbol(f"w{k}") for k in (1, 2, 3)))
    return Finding(
        combine([decide(line.derivative, c), saturates]),
        note="Saturation, yes: the slope is the same at every input. But the network is then one linear neuron (V.12), "
        "and two other reasons to normalize remain: the gradient is still a product of weights (w_1 w_2 w_3: "
        f"{decide(swept, weights).verdict}), and the rate of descent depends on the scales of the features (W.1).",
    )


@section.check(
    "V.15", "Grey conversion loses information", "Можно, только это потеря информации.", lines="173", expected="proved"
)
def grey() -> Finding:
    """For any weights two colours of one grey; among the 8-bit colours, with the usual weights, one such pair."""
    r, g, b, *w = map(Symbol, ("r", "g", "b", "w_r", "w_g", "w_b"))

    def brightness(*colour: Expr) -> Expr:
        return total(*(product(weight, value) for weight, value in zip(w, colour, strict=True)))

    line = decide(brightness(r + t * w[1], g - t * w[0], b), brightness(r, g, b))
    usual = dict(zip(w, (Rational(299, 1000), Rational(587, 1000), Rational(114, 1000)), strict=True))
    shifts = choices(range(-20, 21), repeat=3)
    shift = next(k for k in shifts if any(k) and 299 * k[0] + 587 * k[1] + 114 * k[2] == 0)
    pair = tuple(max(0, k) for k in shift), tuple(max(0, -k) for k in shift)
    greys = [substitute(brightness(*map(Integer, colour)), usual) for colour in pair]
    facts = {str(colour): str(value) for colour, value in zip(pair, greys, strict=True)}
    collide = shown(greys[0] == greys[1] and pair[0] != pair[1], "two 8-bit colours of one grey, exactly", facts)
    return Finding(
        combine([line, collide]),
        note="No function of the grey value gives back the colour. With any weights all colours "
        f"(r + t w_g, g - t w_r, b) have one grey; with 0.299, 0.587, 0.114 {pair[0]} and {pair[1]}, unrounded.",
    )


@section.check(
    "V.16",
    'γ, β are trained "together with the weights"',
    "гамма и бэта наравне с весами проходят процесс обучения? […] параметры γ и β обучаемы",
    lines="152, 167",
    expected="proved",
)
def trained_together() -> Finding:
    """Both derivatives for every m and loss; one step of descent moves w, gamma and beta by the same rule."""
    net = network("inputs x\nF = v*relu(gamma*norm(w*x*x + x) + beta)\ndata x | y\n-1 | 0\n1 | 1\n2 | 3")
    start, rate = {"w": 1, "gamma": 2, "beta": 1, "v": 1}, Rational(1, 10)
    (step,) = descend(net, start, rate, [()])
    still = [name for name in net.parameters if not step.gradient[name].exact]
    facts = {name: step.gradient[name].text for name in net.parameters}
    moves = shown(not still and {"gamma", "beta"} <= set(net.parameters), "one exact step of descent", facts)
    return Finding(
        combine([verdict_of(by_scale), verdict_of(by_shift), moves]),
        note="For every m and every loss: dL/dgamma = sum dL/dy_i xhat_i, dL/dbeta = sum dL/dy_i. They are parameters "
        "like any weight; in the example all derivatives differ from 0. Unlike a weight, beta is what makes a bias "
        "before the normalization superfluous (B.8).",
    )


@section.empirical(
    "V.17",
    'Covariate shift / internal covariate shift; BN "fights" it',
    "что такое ковариационный сдвиг и внутренний ковариационный сдвиг в нейронной сети",
    lines="10",
)
def covariate_shift() -> Finding:
    """The mean of a hidden signal before and after a step; with a norm it is 0 for all weights."""
    shift = verdict_of(hidden_layer)
    fixed = standardized(network("inputs x\nh = f(w1*x + w01)\nF = norm(h)"))
    return Finding(
        combine([shift, fixed]),
        note="Provable: the mean of a hidden signal moves with the weights of the layers before (P4.51), and after a "
        "normalization mean and deviation are 0 and 1 for all weights, every f and m; with gamma and beta they are "
        "beta and |gamma|, which move too. Other features of the distribution are not fixed, and that this is why "
        "training is faster is not provable here.",
    )


@section.empirical(
    "V.18",
    "20 % → 97 % accuracy, MSE 0.02",
    "Результаты выросли до 97% точности и 0.02 среднего квадрата.",
    lines="83",
)
def accuracy() -> Finding:
    """What one number a in all outputs has with ten classes and an output for each."""
    count, answer = Integer(10), Symbol("a")
    error = ((1 - answer) ** 2 + (count - 1) * answer**2) / count
    best = decide(error - Rational(9, 100), (answer - 1 / count) ** 2)
    return Finding(
        best,
        note="The accuracy of a run is an observation. Provable: with ten digits and ten outputs one number in all "
        "outputs for every image has at least the mean square 0.09, attained at 1/10; 0.02 is below that.",
    )


if __name__ == "__main__":
    section.main()

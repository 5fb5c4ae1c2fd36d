"""The video on batch normalization and the comments under it: what is true of the answers given there."""

from collections.abc import Sequence
from dataclasses import replace

from flint import arb, fmpq_series
from sympy import Expr, Indexed, IndexedBase, Integer, Rational, S, Symbol

from derivations.beyond_normalization import BN_0, mu, v
from derivations.lecture08_normalization import standardized
from derivations.slides4_normalization import i, x
from symnet.activations import Activation
from symnet.claims import Finding, Section, combine, shown
from symnet.expressions import rewrite, substitute
from symnet.moments import independent, mean, with_variance
from symnet.operations import call, sqrt
from symnet.reading.load import network
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.truth.assumptions import positive
from symnet.truth.enclosure import enclose
from symnet.truth.evaluate import evaluate
from symnet.truth.numbers import Number
from symnet.truth.verdict import decide

section = Section("V", "The video and its comments")

u, c, d, t, z, s, eps = map(Symbol, ("u", "c", "d", "t", "z", "s", "eps"))
HALF = arb(1) / 2
SIGMOID = Activation.of("sigmoid")
DENSITY = 1 / (2 + call("exp", u) + call("exp", -u))  # sigma'(u), as is proved where it is used


def standardize(values: Sequence[int]) -> list[Number]:
    """(value - mean)/deviation of a few numbers, exactly, by the norm of a network."""
    found = evaluate(network("inputs x\nF = norm(x)\ndata x | y\n" + table(values)).example, {}, ["C", "S"])
    centre, deviation = found["C"].exact, found["S"].exact
    assert centre is not None
    assert deviation is not None
    return [(value - centre) / deviation for value in values]


def table(values: Sequence[int]) -> str:
    return "\n".join(f"{value} | 0" for value in values)


@section.check(
    "V.1",
    "z-standardisation interpretation",
    "Мы по сути для значений на выходах нейронов производим z-стандартизацию, и тем самым каждый выход на нейроне "
    "интерпретируем как то, на сколько стандартных отклонений от среднего это значение отстоит",
    lines="59",
    expected="proved",
)
def number_of_deviations() -> Finding:
    """value = mean + normalized value times deviation, for every f and m; the distance in deviations is its modulus."""
    net = network("inputs x\nh = f(w*x + w0)\nF = norm(h)")
    (norm,), row = net.normalizations, net.object_index.symbol
    again = Symbol(norm.mean) + IndexedBase(norm.value)[row] * Symbol(norm.deviation)
    distance = call("abs", u - c), call("abs", (u - c) / s) * s
    verdicts = [
        decide(again, IndexedBase("h")[row], net.derivation),
        decide(*distance, assumptions=[positive(s)]),
        standardized(net),
    ]
    return Finding(
        combine(verdicts), note="The number of deviations has a sign: below the mean it is negative. S > 0 is needed."
    )


def chance(low: int, high: int) -> arb:
    """P(low < Z < high) for a standard normal Z, rigorously."""
    return enclose(call("normal_cdf", Integer(high)) - call("normal_cdf", Integer(low)), {})


@section.check(
    "V.2",
    '"Most standardised values lie between 1 and 3"',
    "то в большинстве случаев они будут иметь значение в диапазоне от 1 до 3 (т.к большинство значений в нормальном "
    "распределении находятся на 1-3 стандартных отклонения от среднего)",
    lines="59",
    expected="refuted",
)
def between_one_and_three() -> Finding:
    """Normal probabilities with their error bounds; for every other distribution Cantelli's inequality at 1."""
    signed, either = chance(1, 3), chance(1, 3) + chance(-3, -1)
    near, wide = chance(-1, 1), chance(-3, 3)
    witness = {
        "P(1 < Z < 3)": signed.str(6, radius=False),
        "P(1 < |Z| < 3)": either.str(6, radius=False),
        "P(|Z| < 1)": near.str(6, radius=False),
        "P(|Z| < 3)": wide.str(6, radius=False),
    }
    verdict = shown(not (signed < HALF and either < HALF), "enclosures of the normal distribution function", witness)
    value = IndexedBase("Z")[i]
    square = mean((value + 1) ** 2, {"Z": independent(with_variance(S.Zero, S.One))})
    bound = combine([decide(square / 4, Rational(1, 2)), decide((z + 1) ** 2 - 4, (z - 1) * (z + 3))])
    right = {
        "text": f"P(-1 < Z < 1) = {witness['P(|Z| < 1)']}, P(-3 < Z < 3) = {witness['P(|Z| < 3)']}",
        "latex": rf"P(-1 < Z < 1) \approx {witness['P(|Z| < 1)']},\quad P(-3 < Z < 3) \approx "
        rf"{witness['P(|Z| < 3)']}",
    }
    return Finding(
        replace(verdict, correction=right if near > HALF else None),
        note="Most lie within one deviation of the mean, nearly all within three. Whatever the distribution, at most "
        "half of standardized values are 1 or more: [Z >= 1] <= (Z + 1)^2/4, as (Z + 1)^2 - 4 = (Z - 1)(Z + 3), and "
        f"the mean of that is 1/2 ({bound.verdict}).",
    )


@section.empirical(
    "V.3",
    "σ' is fine on [1;3]",
    "производная такой функции активации как например sigmoid, в точках из диапазона [1;3] выглядят очень даже неплохо",
    lines="59",
)
def slope_between_one_and_three() -> Finding:
    """An enclosure over the whole interval, the ball 2 +- 1, and the ends."""
    same = decide(SIGMOID.derivative, DENSITY)
    over, one, three = (enclose(DENSITY, {"u": at}) for at in (arb(2, 1), arb(1), arb(3)))
    peak = SIGMOID.peak.bound
    low, high = arb(1) / 23, arb(1) / 4
    facts = {"sigma' on [1; 3]": str(over), "sigma'(1)": one.str(6), "sigma'(3)": three.str(6)}
    inside = shown(bool(over > low and over < high), "ball arithmetic on the whole interval", facts)
    return Finding(
        combine([same, inside]),
        note=f"Provable: on the whole of [1; 3] sigma' lies between 1/23 and its largest value {peak}; it is "
        f"{one.str(4, radius=False)} at 1 and {three.str(4, radius=False)} at 3. Whether that is fine is an opinion.",
    )


@section.check(
    "V.4",
    "Without standardisation derivatives are very small",
    "входы функций активации могут быть значительно большими, в результате чего производные в этих точках будут очень "
    "малы",
    lines="59",
    expected="proved",
)
def small_slopes() -> Finding:
    """sigma'(u) e^|u| < 1, from an identity with positive terms; then an input of 1000, as it is and standardized."""
    decay = call("exp", -u)
    gap = decay - DENSITY
    verdicts = [
        decide(SIGMOID.derivative, DENSITY),
        decide(substitute(DENSITY, {u: -u}), DENSITY),
        decide(gap, decay * DENSITY * (2 + decay)),
    ]
    data = (1, 500, 1000)
    raw = enclose(DENSITY, {"u": arb(max(data))})
    scaled = [enclose(DENSITY, {"u": value.ball()}) for value in standardize(data)]
    facts = {"sigma'(1000)": raw.str(3), "standardized": ", ".join(slope.str(3) for slope in scaled)}
    small = bool(raw < arb(10) ** -400) and all(bool(slope > arb(1) / 10) for slope in scaled)
    verdicts.append(shown(small, "enclosures at 1000 and at the standardized 1, 500, 1000", facts))
    relu = Activation.of("relu")
    unsaturated = decide(relu.derivative, S.One, assumptions=[positive(u)])
    return Finding(
        combine(verdicts),
        note="e^(-u) - sigma'(u) = e^(-u) sigma'(u) (2 + e^(-u)) > 0 and sigma' is even, so sigma'(u) < e^(-|u|) for "
        f"every u. sigma'(1000) is below 10^-400, while at the standardized 1, 500, 1000 it is above 1/10. This is a "
        f"matter of saturating functions: relu' = 1 for every u > 0 ({unsaturated.verdict}).",
    )


def moved(expression: Expr) -> Expr:
    """The expression at c x + d."""

    def rule(node: Expr) -> Expr | None:
        return c * node + d if isinstance(node, Indexed) and node.base == x else None

    return rewrite(expression, rule)


@section.check(
    "V.5",
    "BN replaces input normalisation (÷255 changes nothing)",
    "Потом нормализовал данные, делением массивов на 255 и особо ничего не поменялось. Заменяет ли батч-нормализация "
    "предварительную нормализацию данных? […] можно её использовать в качестве первого слоя, чтобы не заниматься "
    "нормализацией вручную",
    lines="83, 86",
    expected="proved-if",
)
def division_by_255() -> Finding:
    """x -> c x + d for every m: the distance to the mean is multiplied by c and the variance by c^2."""
    centred, variance = (BN_0.unfold(expression) for expression in (x[i] - mu, v))
    scaled = c * z / sqrt(c**2 * s**2 + eps)
    same = decide(scaled, z / sqrt(s**2 + eps), parameters=[eps], assumptions=[positive(c), positive(s)])
    verdicts = [decide(moved(centred), c * centred), decide(moved(variance), c**2 * variance), same]
    exact = decide(substitute(scaled, {eps: S.Zero}), z / sqrt(s**2), assumptions=[positive(c), positive(s)])
    negative = decide(-z / sqrt(s**2), z / sqrt(s**2))
    return Finding(
        combine([*verdicts, exact]),
        note="For every m, every d and every c > 0, 1/255 among them, where the data are not all equal. With eps in "
        "the root the data divided by 255 are the raw data with 65025 eps: not the same, and close where the variance "
        f"is much larger than that. For c < 0 the sign changes (c = -1: {negative.verdict}). So a first "
        "layer standardizes by itself; it is a normalization of each batch, not one of the whole training set.",
    )


@section.check(
    "V.6",
    '"Test data must be normalised by hand anyway"',
    "хотя тестовую и оценочные выборки всё равно придётся нормализовать самостоятельно)",
    lines="86",
    expected="refuted",
)
def test_data() -> Finding:
    """The network's function at a new object holds the C and S of training; by hand it is normalized once more."""
    net = network("inputs x\nF = norm(x)")
    function = net.function().unfold(Symbol("F"))
    by_hand = substitute(function, {Symbol("x"): Symbol("x") / 255})
    verdict = decide(by_hand, function)
    both = (c * z + d - (c * t + d)) / (c * s), (z - t) / s
    consistent = decide(*both, assumptions=[positive(c), positive(s)])
    right = {"text": f"F(x) = {text(function)}", "latex": f"F(x) = {latex(function)}"}
    return Finding(
        replace(verdict, correction=right),
        note="The first layer applies its stored C and S to test data too; who divides the test data, and not the "
        "training data, by 255 gets another answer. If both are scaled, the answers are the same "
        f"({consistent.verdict}, for every c > 0 and d): by hand is at most superfluous. What must be kept from "
        "training are C and S (P4.54).",
    )


def sigmoid_series(order: int) -> list[Rational]:
    """The Taylor coefficients of sigma at 0: 1/(1 + e^-t) in exact rational power series."""
    exponential = fmpq_series([0, -1], prec=order).exp()
    return [Rational(int(a.p), int(a.q)) for a in (1 / (1 + exponential)).coeffs()]


@section.check(
    "V.7",
    '"Nonlinearity is lost" (7:46)',
    "почему на 7:46 вы говорите что плохо, что теряется нелинейность",
    lines="89",
    expected="proved",
)
def nearly_linear() -> Finding:
    """sigma(t) = 1/2 + t/4 - t^3/48 + …, and |sigma(t) - 1/2 - t/4| <= |t|^3/48 for every t."""
    found = sigmoid_series(6)
    printed = [Rational(1, 2), Rational(1, 4), S.Zero, Rational(-1, 48), S.Zero]
    facts = {f"t^{k}": str(value) for k, value in enumerate(found)}
    sigma, peak = SIGMOID.value, SIGMOID.peak
    verdicts = [
        shown(found[:5] == printed, "power series of 1/(1 + e^-t), exactly", facts),
        decide(Rational(1, 4) - SIGMOID.derivative, (sigma - Rational(1, 2)) ** 2),
        shown(peak.bound == Rational(1, 4), "the largest derivative, with a proof", {"bound": str(peak.bound)}),
    ]
    at_one = enclose(Rational(3, 4) - sigma, {"u": arb(1)})
    lost = decide(sigma, Rational(1, 2) + u / 4)
    scale = decide(call("relu", c * u), c * call("relu", u), assumptions=[positive(c)])
    bent = decide(call("relu", S.One) + call("relu", S.NegativeOne), 2 * call("relu", S.Zero))
    return Finding(
        combine(verdicts),
        note="For every t: sigma' <= 1/4 gives |sigma - 1/2| <= |t|/4, so the derivative of 1/2 + t/4 - sigma, which "
        "is (sigma - 1/2)^2, is at most t^2/16, and the distance from the line at most |t|^3/48. For |t| <= 1 that is "
        f"1/48; at t = 1 it is {at_one.str(4, radius=False)}. Lost entirely it is not (sigma = 1/2 + t/4 is "
        f"{lost.verdict}), and gamma > 1 brings it back. ReLU is not linear (a line has f(1) + f(-1) = 2 f(0): "
        f"{bent.verdict}), and its bend does not depend on the scale: relu(c u) = c relu(u), c > 0 ({scale.verdict}).",
    )


if __name__ == "__main__":
    section.main()

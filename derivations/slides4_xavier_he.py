"""Slides 4, the initializations of Xavier and He (lines 281-359), from the conditions they are to meet.

`second_moment` of the section before is the forward condition, `gradient_gain` the backward one; both hold for
every number n_in of inputs and n_out of outputs, and for signals that depend on each other in any way.
"""

from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise

from sympy import Expr, Integer, Rational, S, Symbol

from derivations.slides4_initialization import (
    ANY,
    h,
    i,
    interval,
    j,
    mean_w,
    mean_x,
    meaning,
    n_in,
    n_out,
    neuron,
    read,
    second_moment,
    u,
    var_h,
    var_w,
    var_x,
    x,
)
from symnet.claims import Finding, Reading, Section, combine, listed, shown
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index
from symnet.errors import SymnetError
from symnet.expressions import product, substitute, total
from symnet.moments import (
    discrete,
    even_part,
    independent,
    mean,
    normal,
    truncated_normal,
    uniform,
    variance,
    with_variance,
)
from symnet.network.homogeneity import is_invariant
from symnet.network.initialization import KERAS, after_layers, backward_gain, forward_gain, initializer, kept
from symnet.operations import call, sqrt
from symnet.reading.load import network
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.sums import Sum
from symnet.truth.induction import decide_recursion
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Xavier and He")


XAVIER = (
    r"w_i \sim U \left[ -\frac{\sqrt{6}}{\sqrt{n_{out} + n_{in}}}; \frac{\sqrt{6}}{\sqrt{n_{out} + n_{in}}} \right],"
)
CANNOT = "Для неодинаковых размеров слоёв невозможно удовлетворить обоим условиям, поэтому обычно усредняют:"


def gradient_gain(var: Expr) -> Expr:
    """E (dL/dx_i)^2 by E (dL/dh_j)^2 of a linear layer, from symnet's gradient for every n_in and n_out."""
    row, column = index("i", n_in), index("j", n_out)
    weight, signal, upstream = Variable("w", (row, column)), Variable("x", (row,)), Variable("g", (column,))
    layer = Equation("h", (column,), rhs=Sum(weight.at(i, j) * signal.at(i), (i, Integer(1), n_in)))
    loss = Equation("L", rhs=Sum(upstream.at(j) * layer.at(j), (j, Integer(1), n_out)))
    swept = gradient(Derivation((layer, loss), (signal, upstream), (weight,)), "L", ["x"])
    slope = swept.unfold(swept["dL_dx"].rhs)
    given_g = mean(slope**2, {"w": independent(with_variance(S.Zero, var))})
    return mean(given_g, {"g": independent({2: S.One})})


@section.check("P4.40", "Xavier/Glorot interval", f"{CANNOT} {XAVIER}", lines="297, 300", expected="proved")
def xavier() -> Finding:
    """1/n_in from the forward and 1/n_out from the backward condition; the interval from their average."""
    forward, backward = Integer(1) / n_in, Integer(1) / n_out
    low, high = interval(XAVIER)
    printed = uniform(low, high)(2)
    average = Rational(1, 2) * total(second_moment(S.One, printed), gradient_gain(printed))
    verdicts = [
        decide(second_moment(S.One, forward), S.One),
        decide(gradient_gain(backward), S.One),
        decide(forward - backward, (n_out - n_in) / (n_in * n_out)),
        decide(average, S.One),
        decide(high, KERAS["glorot_uniform"].bound(n_in, n_out)),
        decide(low + high, S.Zero),
    ]
    mean_variance = decide(printed, (forward + backward) / 2)
    return Finding(
        combine(verdicts),
        note="The two conditions differ by (n_out - n_in)/(n_in n_out), so they hold together only for equal widths. "
        "Averaged are the gains n_in Var(w) and n_out Var(w), whose mean is 1, not the variances 1/n_in and 1/n_out "
        f"(with their average it is {mean_variance.verdict}, at {listed(mean_variance.witness['values'])}).",
    )


@section.check(
    "P4.41",
    "Backward condition",
    r"при backward pass на вход идёт  $n_{out}$  градиентов  $\Rightarrow$  **канал с дисперсией может быть "
    "непостоянным, если число весов от слоя к слою сильно колеблется**",
    lines="293",
    expected="proved",
)
def backward() -> Finding:
    """The gradient of a layer from its sweep; with w = 1/n_in in every layer, and with Xavier, over k layers."""
    forward, backward = 2 * n_in / (n_in + n_out), 2 * n_out / (n_in + n_out)
    shared = KERAS["glorot_uniform"].variance(n_in, n_out)
    first, second, third = (Symbol(f"n_{k}") for k in range(3))
    verdicts = [
        decide(gradient_gain(var_w), backward_gain(var_w, n_out)),
        decide(gradient_gain(Integer(1) / n_in) - 1, (n_out - n_in) / n_in),
        decide((second / first) * (third / second), third / first),
        decide(second_moment(S.One, shared), forward),
        decide(gradient_gain(shared), backward),
        decide(1 - product(forward, backward), ((n_in - n_out) / (n_in + n_out)) ** 2),
    ]
    return Finding(
        combine(verdicts),
        note="With Var(w) = 1/n_in a layer multiplies the second moment of the gradients by n_out/n_in, which is 1 "
        "only for n_in = n_out; over several layers these factors telescope to n_last/n_first. With Xavier the gains "
        "2 n_in/(n_in + n_out) and 2 n_out/(n_in + n_out) have the product 1 - ((n_in - n_out)/(n_in + n_out))^2: "
        "together they lose in every layer of unequal widths.",
    )


# He

HE = (
    r"= \sum_{i=1}^{n_{in}} [\text{E}(x_i)]^2 \cdot \text{Var}(w_i) + \text{Var}(x_i) \cdot \text{Var}(w_i) = "
    r"\sum_{i=1}^{n_{in}} \text{Var}(w_i) \cdot E(x_i^2)"
)


@section.check("P4.42", "He: second moment form", HE, lines="320", expected="proved-if")
def second_moment_form() -> Finding:
    """The whole chain that ends so: from Var(h) to the first sum, where E(w) = 0 is found, and on."""
    wide = HE.replace("} [", "} ([", 1).replace(r"(w_i) = ", "(w_i)) = ")  # the sum takes both terms
    found = {formula: second_moment_chain(formula) for formula in (wide, HE)}
    term = total(mean_x**2 * var_w, mean_w**2 * var_x, var_x * var_w)
    alone = decide(term, var_w * mean(x[i] ** 2, ANY), parameters=[mean_w])
    return Finding(
        combine([found[wide], alone]),
        readings=tuple(Reading(formula, verdict) for formula, verdict in found.items()),
        note="The sum takes both terms, as on line 316; if it ended before the plus sign, the formula would be "
        f"{found[HE].verdict}. The first step drops E(w)^2 Var(x), the second is E(x^2) = E(x)^2 + Var(x). With "
        "E(w) = 0 the x_i may have any mean and depend on each other.",
    )


def second_moment_chain(formula: str) -> Verdict:
    """From Var(h), which the chain begins with, through both of its sides."""
    sides = [variance(neuron, ANY), *(meaning(side, ANY) for side in read(formula)[0])]
    return combine([decide(left, right, parameters=[mean_w]) for left, right in pairwise(sides)])


@section.check(
    "P4.43",
    "Only the second term can be zeroed",
    "Когда нет симметрии, можно занулить только второе слагаемое",
    lines="316",
    expected="proved-if",
)
def only_the_second() -> Finding:
    """Which of the three terms a choice of E(w) and Var(w) makes 0; E(x) of a ReLU."""
    parameters = [mean_w, var_w]
    zeroed = [
        decide(term, S.Zero, parameters=parameters).assumptions
        for term in (mean_x**2 * var_w, mean_w**2 * var_x, var_x * var_w)
    ]
    relu = decide(even_part(call("relu", u), u), S.Half * call("abs", u))
    by_choice = shown(
        zeroed[1] == [f"{mean_w} = 0"] and all(f"{mean_w} = 0" not in z for z in (zeroed[0], zeroed[2])),
        "values of E(w) and Var(w) for which a term is 0, found one term at a time",
        {"first": zeroed[0], "second": zeroed[1], "third": zeroed[2]},
        [f"{var_w} != 0", f"{mean_x} != 0"],
    )
    return Finding(
        combine([by_choice, relu]),
        note=f"The first and the third vanish for {zeroed[0][0]}, all weights of one value: the neurons stay alike. "
        "E(x) != 0: for x = max(0, h) of a symmetric h it is E|h|/2, so positive unless h = 0; an activation "
        "without symmetry may have E(x) = 0 too (a shifted one, SELU), and then the first term vanishes.",
    )


HALF = r"$$E(x_i^2) = \frac{1}{2} \cdot \text{Var}(h_{i-1})$$"
SKEWED = {Integer(2): Rational(1, 3), Integer(-1): Rational(2, 3)}  # mean 0, not symmetric


def of_relu(square: Expr) -> Expr:
    """E of a function of h over a symmetric h of variance Var(h), from its even part c h^2."""
    return mean(substitute(square, {u: h[j]}), {"h": independent({1: S.Zero, 2: var_h})})


@section.check("P4.44", "E(x²)=½Var(h)", HALF, lines="340", expected="proved")
def half() -> Finding:
    """The even part of max(0, h)^2 is h^2/2 and that of h is 0, so E h = 0 and Var(h) = E h^2."""
    ((_, printed),) = read(HALF)
    halved = meaning(printed, {"h": independent({1: S.Zero, 2: var_h})})
    square = S.Half * u**2
    verdicts = [
        decide(even_part(call("max", S.Zero, u) ** 2, u), square),
        decide(even_part(u, u), S.Zero),
        decide(of_relu(square), halved),
        decide(kept("relu"), S.Half),
    ]
    rectified = discrete({call("max", S.Zero, value): chance for value, chance in SKEWED.items()})(2)
    skewed = decide(rectified, S.Half * discrete(SKEWED)(2))
    return Finding(
        combine(verdicts),
        note="For every distribution symmetric about 0 with a variance. Mean 0 alone is not enough: for h = 2, -1 with "
        f"probabilities 1/3, 2/3 the two sides are {skewed.witness['left']} and {skewed.witness['right']}. The index "
        "i counts layers here and inputs above.",
    )


@section.check("P4.45", "He variance 2/n_in", r"\text{Var}(w_i) &= \frac{2}{n_{in}}", lines="349", expected="proved")
def he() -> Finding:
    """The one variance for which Var(h) is that of the layer before; constant for every number of layers."""
    ((_, printed),) = read(r"\text{Var}(w_i) &= \frac{2}{n_{in}}")
    before = of_relu(S.Half * u**2)  # E x^2 of the layer's inputs
    depth = Symbol("k", integer=True)
    one = after_layers(forward_gain(printed, n_in, kept("relu")), depth, var_h)
    verdicts = [
        decide(second_moment(before) - var_h, S.Half * n_in * var_h * (var_w - printed)),
        decide(one, var_h),
        decide_recursion([var_h], depth, [var_h], lambda v, _: [second_moment(S.Half * v[0], printed)]),
        decide(printed, KERAS["he_normal"].variance(n_in, n_out)),
    ]
    slope, leaky = Symbol("a"), kept("leaky_relu", Symbol("a"))
    verdicts.append(decide(even_part(call("leaky_relu", u, slope) ** 2, u), leaky * u**2))
    xavier_equal = forward_gain(KERAS["glorot_uniform"].variance(n_in, n_in), n_in, kept("relu"))
    loses = decide(after_layers(xavier_equal, depth, var_h), after_layers(S.Half, depth, var_h))
    return Finding(
        combine(verdicts),
        note="Var(h) - Var(h before) = n_in Var(h before) (Var(w) - 2/n_in)/2, so no other variance keeps it. For a "
        "leaky ReLU of slope a below 0 it is 2/((1 + a^2) n_in). With Xavier's variance and equal widths k layers "
        f"of ReLU leave 2^-k ({loses.verdict}).",
    )


@section.check(
    "P4.46",
    '"Keep the variance equal to one", depend on fan-in AND fan-out',
    "Эти две инициализации корректируют параметры распределений в зависимости от входа и выхода слоя так, чтобы "
    "поддерживать дисперсию равной единице",
    lines="355",
    expected="refuted",
)
def summary() -> Finding:
    """What each depends on, and the variance it leaves of standardized inputs in the first layer."""
    he_variance, xavier_variance = (KERAS[k].variance(n_in, n_out) for k in ("he_uniform", "glorot_uniform"))
    depends = shown(
        {n_in, n_out} <= he_variance.free_symbols,
        "the sizes in He's variance",
        {"He": f"Var(w) = {text(he_variance)}", "depends on n_out": str(n_out in he_variance.free_symbols)},
    )
    xavier_gain = second_moment(S.One, xavier_variance)
    differs = decide(xavier_gain - 1, (n_in - n_out) / (n_in + n_out))
    equal_widths = decide(xavier_gain, S.One)
    first = decide(second_moment(S.One, he_variance), S.One)
    verdict = combine([differs, depends, equal_widths, first])
    witness = {**depends.witness, "Xavier: Var(h) for Var(x) = 1": f"{equal_widths.witness['left']}, not 1"}
    at = ", ".join(f"{name} = {value}" for name, value in dict(equal_widths.witness["values"]).items())  # type: ignore[call-overload]
    right = {"text": f"He: Var(w) = {text(he_variance)}", "latex": rf"\text{{Var}}(w) = {latex(he_variance)}"}
    return Finding(
        replace(verdict, witness={**witness, "at": at}, correction=right),
        note="He depends on n_in only, and keeps the variance of h that its first layer has: for standardized inputs "
        f"that is 2, not 1 ({first.verdict}). Xavier depends on both and multiplies the variance by "
        "2 n_in/(n_in + n_out), which is 1 only for n_in = n_out.",
    )


KERAS_NAMES = ('init="glorot_uniform"', 'init="he_uniform"', 'init="he_nomal"')


@section.check(
    "P4.47",
    "Keras init names",
    'Для симметричных функций с нулевым средним используйте инициализацию Ксавье `init="glorot_uniform"` или … '
    '`init="he_uniform"` или `init="he_nomal"`',
    lines="353, 354",
    expected="refuted",
)
def keras_names() -> Finding:
    """Every name on the slide looked up, and what it stands for compared with the slides' formulas."""
    errors: dict[str, object] = {}
    for name in (quoted.split('"')[1] for quoted in KERAS_NAMES):
        try:
            initializer(name)
        except SymnetError as error:
            errors[name] = str(error)
    found = shown(not errors, "the names looked up among Keras's initializers", errors)
    nearest = [near for name in errors for near in get_close_matches(name, KERAS, 1)]
    right = f'init="{nearest[0]}"' if nearest else ""
    correction = {"text": right, "latex": rf"\texttt{{{right}}}".replace("_", r"\_")} if right else None
    bound = decide(KERAS["he_uniform"].bound(n_in, n_out), sqrt(Integer(6) / n_in))
    return Finding(
        replace(found, correction=correction),
        note=f"he_uniform draws from [-a, a] with a = sqrt(6/n_in) ({bound.verdict}). The sentence on Xavier breaks "
        "off after 'или'; Keras 2 and later call the argument kernel_initializer.",
    )


@section.check(
    "P4.48",
    "Normal version (seminar exercise)",
    "По аналогии можно найти формулу для дисперсии нормального распределения, но это уже семинарская задача :)",
    lines="304",
    expected="proved",
)
def normal_version() -> Finding:
    """The second moment of N(0, s^2) put into the averaged condition; the truncated normal of Keras."""
    deviation = Symbol("sigma")
    gains = [second_moment(S.One, normal(S.Zero, deviation**2)(2)), gradient_gain(normal(S.Zero, deviation**2)(2))]
    answer = KERAS["glorot_normal"].variance(n_in, n_out)
    average = S.Half * total(*gains)
    verdicts = [
        decide(average - 1, S.Half * (n_in + n_out) * (deviation**2 - Integer(2) / (n_in + n_out))),
        decide(answer, Integer(2) / (n_in + n_out)),
        decide(uniform(*interval(XAVIER))(2), answer),
    ]
    uncut = truncated_normal(Integer(2))(2)
    return Finding(
        combine(verdicts),
        (text(answer), latex(answer)),
        note="N(0, 2/(n_in + n_out)), so sigma = sqrt(2/(n_in + n_out)), and for He N(0, 2/n_in). Keras cuts the "
        f"normal at two deviations, which leaves the share {text(uncut)} of the variance, and divides by it.",
    )


@section.empirical(
    "P4.49",
    "MNIST experiments",
    "# Эксперимент с MNIST … Источник: Николенко, страница 149 … Источник: Николенко, страница 160",
    lines="359, 452",
)
def mnist() -> Finding:
    """A layer from 784 pixels to 10 classes: Xavier's gains there."""
    pixels, classes = Integer(784), Integer(10)
    var = KERAS["glorot_uniform"].variance(pixels, classes)
    verdicts = [
        decide(substitute(second_moment(S.One, var), {n_in: pixels}), Rational(784, 397)),
        decide(substitute(gradient_gain(var), {n_out: classes}), Rational(10, 397)),
    ]
    net = network("inputs x\nF = norm(w1*x)")
    verdicts.append(shown(is_invariant(net, {"w1": S.One}), "degrees in k of a normalized layer", {"degree": "not 0"}))
    return Finding(
        combine(verdicts),
        note="The curves are pictures, not in the text. Provable: from 784 pixels to 10 classes Xavier's variance "
        "multiplies the second moment of the signal by 784/397 and of the gradient by 10/397; and a layer normalized "
        "over the batch (eps = 0) puts out the same for weights k w, k > 0, whatever the size of the initial ones.",
    )


if __name__ == "__main__":
    section.main()

r"""Slides 4, initialization of the weights (lines 219-359): Xavier and He from the conditions they come from.

Var and E in the slides' formulas are worked out by the algebra of moments, for every number n_in of inputs. What is
proved about E(w), Var(w), E(x), Var(x) holds for every distribution that has them.
"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise

from sympy import Expr, Indexed, IndexedBase, Integer, Rational, S, Symbol

from symnet.claims import Finding, Reading, Section, combine, shown
from symnet.equations import size
from symnet.expressions import product, rewrite, substitute, total
from symnet.moments import (
    Moment,
    discrete,
    even_part,
    independent,
    mean,
    normal,
    uniform,
    variance,
    with_variance,
)
from symnet.network.initialization import after_layers, forward_gain
from symnet.network.layers import Dense
from symnet.operations import call, sqrt
from symnet.reading.slide import Applied, Vocabulary, read_formula
from symnet.sums import Sum, factor_out, unroll
from symnet.truth.assumptions import equal
from symnet.truth.induction import decide_recursion
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Initialization")

n_in, n_out = size("n_in"), size("n_out")
i, j = (Symbol(name, integer=True) for name in "ij")
h, w, x, g = map(IndexedBase, "hwxg")
w0, u, q = map(Symbol, ("w0", "u", "q"))
mean_w, var_w, mean_x, var_x, var_h = map(Symbol, ("E(w)", "Var(w)", "E(x)", "Var(x)", "Var(h)"))
neuron = total(w0, Sum(w[i] * x[i], (i, Integer(1), n_in)))

Families = Mapping[str, Moment]
ANY: Families = {"w": independent(with_variance(mean_w, var_w)), "x": independent(with_variance(mean_x, var_x))}
CENTRED: Families = {"w": independent(with_variance(S.Zero, var_w)), "x": independent(with_variance(S.Zero, var_x))}
VOCABULARY = Vocabulary(
    names={"n_{in}": n_in, "n_{out}": n_out, "x": x[i], "w": w[i]},
    applied=frozenset({"Var", "E"}),
    indices=frozenset("ij"),
)


def read(formula: str) -> list[tuple[Expr, ...]]:
    """The chains of equalities of a slide's formula, on both sides of an arrow; a chain may begin with its sign."""
    plain = re.sub(r"\\(?:text|mathbf)\{(Var|E)\}", r"\1", formula).replace("&", "").strip("$ ")
    plain = re.sub(r"\\underbrace\{(.*?\])\}_\{=1\}", r"\1", plain)
    parts = [part.strip().removeprefix("=") for part in plain.split(r"\Rightarrow")]
    return [chain for part in parts for chain in read_formula(part, VOCABULARY).equalities]


def interval(formula: str) -> list[Expr]:
    """The ends of `w_i \\sim U [low; high]`."""
    found = re.search(r"\\left\[(.*);(.*)\\right\]", formula)
    assert found is not None
    return [read(end)[0][0] for end in found.groups()]


def meaning(side: Expr, families: Families) -> Expr:
    """Var and E worked out, sums of one value counted; h_i is the neuron."""

    def rule(node: Expr) -> Expr | None:
        if not isinstance(node, Applied):
            return None
        of = substitute(node.arguments[0], {h[i]: neuron})
        return variance(of, families) if str(node.name) == "Var" else mean(of, families)

    return factor_out(rewrite(side, rule))


def check(formula: str, families: Families, parameters: tuple[Expr, ...] = ()) -> Verdict:
    """The verdict on every equality of a formula."""
    pairs = [pair for chain in read(formula) for pair in pairwise(meaning(side, families) for side in chain)]
    return combine([decide(*pair, parameters=parameters) for pair in pairs])


def second_moment(of_input: Expr, var: Expr = var_w) -> Expr:
    """E h^2 of a neuron without bias from E x_i^2: over the weights first, then nothing else of the x is needed."""
    given_x = mean((neuron - w0) ** 2, {"w": independent(with_variance(S.Zero, var))})
    return mean(given_x, {"x": independent({2: of_input})})


# Variance of a neuron


@section.check(
    "P4.31",
    "Variance decays or grows from layer to layer",
    "дисперсия распределения може от слоя к слою затухать (сигнал будет теряться) либо наоборот, возрастать",
    lines="221",
    expected="proved",
)
def decays_or_grows() -> Finding:
    """The recursion E h^2 -> n_in Var(w) E h^2 through linear layers, by induction; a factor below and above 1."""
    depth, start, gain = Symbol("k", integer=True), Symbol("q_0"), forward_gain(var_w, n_in)
    grown = decide_recursion([after_layers(gain, depth, start)], depth, [start], lambda v, _: [second_moment(v[0])])
    factors = {}
    for end, factor in ((1, Rational(1, 3)), (3, Integer(3))):
        bound = Integer(end) / sqrt(n_in)
        factors[end] = decide(forward_gain(uniform(-bound, bound)(2), n_in), factor)
    return Finding(
        combine([grown, *factors.values()]),
        note="E h^2 = (n_in Var(w))^k q_0 after k linear layers of n_in neurons, for every n_in and k, when the "
        "weights of a layer are independent with mean 0; the signals of a layer need not be independent. With "
        "w from U[-a, a], a = 1/sqrt(n_in), it is 3^-k q_0, with a = 3/sqrt(n_in) it is 3^k q_0, for every n_in.",
    )


@section.check(
    "P4.32",
    "h_i = w_0+Σ w_i x_i",
    r"$$h_i = w_0 + \sum_{i=1}^{n_{in}} w_i x_i$$",
    lines="229",
    expected="ambiguous",
)
def neuron_before_activation() -> Finding:
    """The index i is free on the left and bound on the right; read both ways against a dense layer."""
    ((_, printed),) = read(r"h_i = w_0 + \sum_{i=1}^{n_{in}} w_i x_i")
    one = combine([decide(unroll(substitute(printed, {n_in: Integer(n)})), dense(n, 1)[0]) for n in range(1, 6)])
    own = decide(*dense(2, 2))
    return Finding(
        Verdict("ambiguous", "the index i is free on the left and bound by the sum on the right", 0.0),
        readings=(
            Reading(r"h = w_0 + \sum_{i=1}^{n_{in}} w_i x_i", one),
            Reading(r"h_1 = h_2 \quad (\text{the right-hand side does not depend on } i)", own),
        ),
        note="For one neuron, compared with a dense layer of 1 to 5 inputs, it is right; as neuron number i of a "
        "layer it would be the same for every i. A layer needs h_j = w_0j + sum_i w_ij x_i.",
    )


def dense(inputs: int, neurons: int) -> list[Expr]:
    """A dense layer in the slide's names; the neurons after the first have weights of their own."""
    columns = ["w", *(f"w{k}_" for k in range(2, neurons + 1))]
    weights = [[f"{column}[{row}]" for column in columns] for row in range(1, inputs + 1)]
    signals = [Symbol(f"x[{row}]") for row in range(1, inputs + 1)]
    return Dense(weights, ["w0", *(f"w0_{k}" for k in range(2, neurons + 1))])(signals)


@section.check(
    "P4.33", "Var(h) does not depend on w_0", "Она не зависит от константы  $w_0$", lines="232", expected="proved"
)
def constant_term() -> Finding:
    verdict = decide(variance(neuron, ANY), variance(neuron - w0, ANY))
    bias, var_b = IndexedBase("b"), Symbol("Var(b)")
    drawn = {**ANY, "b": independent(with_variance(S.Zero, var_b))}
    adds = decide(variance(neuron - w0 + bias[j], drawn), variance(neuron, ANY) + var_b)
    return Finding(verdict, note=f"a random w_0 independent of the rest adds its own variance ({adds.verdict})")


SUM = r"\text{Var}\left(\sum_{i=1}^{n_{in}} w_i x_i\right) = \sum_{i=1}^{n_{in}} \text{Var}(w_i x_i)"
TERM = (
    r"[\text{E}(x_i)]^2 \cdot \text{Var}(w_i) + [\text{E}(w_i)]^2 \cdot \text{Var}(x_i) + \text{Var}(x_i) \cdot "
    r"\text{Var}(w_i)"
)


@section.check("P4.34", "Variance of the sum and product", f"{SUM}, {TERM}", lines="237", expected="proved")
def sum_and_product() -> Finding:
    """For independent w_i, x_i with a mean and a variance of their own for every i: w_i = a_i + s_i Z_i."""
    standard = independent(with_variance(S.Zero, S.One))
    own: dict[str, Callable[[Expr], Expr]] = {
        "w": lambda k: total(IndexedBase("a")[k], IndexedBase("s")[k] * IndexedBase("Z")[k]),
        "x": lambda k: total(IndexedBase("b")[k], IndexedBase("t")[k] * IndexedBase("Y")[k]),
    }
    families = {"Z": standard, "Y": standard}
    pairs = [*read(SUM), *read(rf"\text{{Var}}(w_i x_i) = {TERM}")]
    sides = [
        [meaning(in_place(in_place(side, "w", own["w"]), "x", own["x"]), families) for side in chain] for chain in pairs
    ]
    return Finding(
        combine([decide(left, right) for left, right in sides]),
        note="for every n_in, every mean and every variance, a different one for each i: identical distributions "
        "are not needed here, independence is (line 233)",
    )


@section.check(
    "P4.35",
    "iid assumptions",
    r"веса  $w_1, \dots, w_k \sim iid$ , наблюдения  $x_1, \dots, x_n \sim iid$ , а ещё  $x_i$  и  $w_i$  "
    "независимы между собой",
    lines="233",
    expected="proved",
)
def assumptions_suffice() -> Finding:
    """They give the variance of the neuron; what is left of it without each of them."""
    per_term = total(mean_x**2 * var_w, mean_w**2 * var_x, var_x * var_w)
    enough = decide(variance(neuron, ANY), n_in * per_term)
    gaussian = {"w": independent(normal(S.Zero, S.One))}
    same = in_place(neuron, "x", lambda k: w[k])  # x_i = w_i
    dependent = decide(variance(same, gaussian), n_in)
    same_weight = decide(variance(in_place(neuron, "w", lambda k: w[0]), ANY), n_in * per_term)
    same_input = decide(variance(in_place(neuron, "x", lambda k: x[0]), ANY), n_in * per_term)
    stronger = decide(second_moment(total(var_x, mean_x**2)), n_in * var_w * total(var_x, mean_x**2))
    return Finding(
        combine([enough, stronger]),
        note="Under the assumptions Var(h) = n_in (E(x)^2 Var(w) + E(w)^2 Var(x) + Var(x) Var(w)) for every n_in. "
        f"With x_i = w_i it is {dependent.verdict}; with one w for all i {same_weight.verdict}, with one x for all "
        f"i {same_input.verdict}. When E(w) = 0, only the weights must be independent, of each other and of the "
        "x_i: E h^2 = n_in Var(w) E x^2 for x_i that depend on each other in any way, as in a hidden layer they do. "
        "The slide's k and n are n_in.",
    )


def in_place(expression: Expr, name: str, value: Callable[..., Expr]) -> Expr:
    """Put value(k) in the place of name[k]."""

    def rule(node: Expr) -> Expr | None:
        return value(*node.indices) if isinstance(node, Indexed) and str(node.base) == name else None

    return rewrite(expression, rule)


@section.check(
    "P4.36",
    "Symmetric activation ⇒ E(x_i)=0",
    "Если функция активации симметричная, тогда  $E(x_i) = 0$ .",
    lines="243",
    expected="proved-if",
)
def zero_mean() -> Finding:
    """E f(h) is the mean of the even part of f for a symmetric h; and when h is symmetric."""
    odd = decide(even_part(call("f", u), u), S.Zero)
    row = dense(3, 1)[0]
    mirrored = substitute(row, {Symbol(f"w[{k}]"): -Symbol(f"w[{k}]") for k in (1, 2, 3)})
    symmetric = decide(mirrored, product(S.NegativeOne, row), parameters=[w0])
    skewed = {Integer(2): Rational(1, 3), Integer(-1): Rational(2, 3)}
    pushed = discrete({call("tanh", value): chance for value, chance in skewed.items()})(1)
    centred, rest = discrete(skewed)(1), decide(pushed, S.Zero)
    needed = shown(
        centred == 0 and rest.verdict == "refuted",
        "h = 2 or -1 with mean 0 and E tanh(h) not 0",
        {"E h": str(centred), **rest.witness},
        ["w symmetric about 0: w and -w have the same distribution"],
    )
    return Finding(
        combine([odd, symmetric, needed]),
        note="'Symmetric' must mean odd: sigmoid, which is symmetric about (0, 1/2), has E(x) = 1/2 "
        f"({decide(even_part(call('sigmoid', u), u), S.Half).verdict} from its even part). The mean 0 of the "
        "weights is not enough, their symmetry is; the bias must be 0. (n_in = 3 for the search.)",
    )


@section.check(
    "P4.37",
    "Var(h)=Var(x)·[n_in Var(w)], bracket = 1",
    r"= \text{Var}(x) \cdot \underbrace{[n_{in} \cdot \text{Var}(w)]}_{=1}",
    lines="257",
    expected="proved-if",
)
def bracket() -> Finding:
    """E(w) = 0 and E(x) = 0 are found, each when the other is given; then the bracket is the gain."""
    ((printed,),) = read(r"= \text{Var}(x) \cdot \underbrace{[n_{in} \cdot \text{Var}(w)]}_{=1}")
    sides = variance(neuron, ANY), meaning(printed, ANY)
    verdicts = []
    for given, other in ((mean_x, mean_w), (mean_w, mean_x)):
        verdicts.append(decide(*sides, parameters=[other], assumptions=[equal(given, S.Zero)]))
    verdicts.append(decide(meaning(printed, ANY) - var_x, var_x * (n_in * var_w - 1)))
    note = (
        "Var(h) - Var(x) = Var(x) (n_in Var(w) - 1): the variance is kept exactly when the bracket is 1 or Var(x) = 0"
    )
    return Finding(combine(verdicts), note=note)


# Uniform weights

BAD = (
    r"w_i \sim U \left[ -\frac{1}{\sqrt{n_{in}}}; \frac{1}{\sqrt{n_{in}}} \right],",
    r"$$\text{Var}(w_i) = \frac{1}{12} \cdot \left( \frac{1}{\sqrt{n_{in}}} + \frac{1}{\sqrt{n_{in}}} \right)^2 = "
    r"\frac{1}{3n_{in}} \Rightarrow \text{Var}(h_i) = \frac{1}{3}$$",
)
BETTER = (
    r"w_i \sim U \left[ -\frac{\sqrt{3}}{\sqrt{n_{in}}}; \frac{\sqrt{3}}{\sqrt{n_{in}}} \right],",
    r"$$\text{Var}(w_i) = \frac{1}{12} \cdot \left( \frac{\sqrt{3}}{\sqrt{n_{in}}} + \frac{\sqrt{3}}{\sqrt{n_{in}}} "
    r"\right)^2 = \frac{1}{n_{in}} \Rightarrow \text{Var}(h_i) = 1$$",
)


def from_interval(says: tuple[str, str]) -> Verdict:
    """The variances of weights from the slide's interval, and of the neuron for centred inputs."""
    families = {**CENTRED, "w": independent(uniform(*interval(says[0])))}
    return check(says[1], families, (var_x,))


@section.check(
    "P4.38",
    '"Bad" init',
    " ".join((*BAD, "Получаем затухание!")),
    lines="265, 269, 271",
    expected="proved-if",
)
def bad() -> Finding:
    """The moments of the interval; the decay over k layers by induction."""
    depth, weights = Symbol("k", integer=True), uniform(*interval(BAD[0]))(2)
    closed = after_layers(Rational(1, 3), depth, q)
    decay = decide_recursion([closed], depth, [q], lambda v, _: [second_moment(v[0], weights)])
    return Finding(
        combine([from_interval(BAD), decay]),
        note="Var(h) = Var(x)/3: the 1/3 is for standardized inputs; after k linear layers 3^-k, for every n_in",
    )


@section.check("P4.39", '"Slightly better" init', " ".join(BETTER), lines="277, 281", expected="proved-if")
def better() -> Finding:
    return Finding(from_interval(BETTER), note="Var(h) = Var(x) for every n_in, so 1 for standardized inputs")


if __name__ == "__main__":
    section.main()

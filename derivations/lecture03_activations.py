r"""Lecture 3, activations: vanishing gradients of sigmoids, ReLU and ELU (lines 67-147).

ReLU and ELU are read from the slide's own cases, and compared with the table of operations case by case.
"""

from dataclasses import replace

from sympy import Expr, Integer, Rational, S, Symbol

from derivations.lecture03_networks import equal_dynamics
from symnet.claims import Finding, Section, combine, listed, shown, verdict_of
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.expressions import product, rewrite, substitute
from symnet.operations import call
from symnet.reading.load import network
from symnet.reading.slide import Partial, read_formula
from symnet.truth.assumptions import Condition, closure, equal, negative, positive, vanishing
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("E3", "Activations")

x, c = Symbol("x"), Symbol("c")


VANISHING = (
    r"$$\frac{\partial L}{\partial x} = \sigma_4' \cdot \sigma_3' \cdot \sigma_2' \cdot \sigma_1' =$$",
    r"$$= \sigma_4(1-\sigma_4) \cdot \sigma_3(1-\sigma_3) \cdot \sigma_2(1-\sigma_2) \cdot$$",
    r"$$\sigma_1(1-\sigma_1)$$",
)


def sigmoids(weighted: bool) -> Derivation:
    """Four sigmoids after one another and the derivative by x; with weights, and g for the loss, or bare."""
    signals = ["x", "h1", "h2", "h3", "h4"]
    lines = [f"h{k} = sigmoid({f'w{k}*' if weighted else ''}{signals[k - 1]})" for k in range(1, 5)]
    net = network("\n".join(["inputs x", *lines, "F = g(h4)" if weighted else "F = h4"]))
    return gradient(net.function(), "F", ["x"])


@section.check("E3.11", "Product of sigmoid derivatives", " ".join(VANISHING), lines="86, 89, 91", expected="proved-if")
def product_of_derivatives() -> Finding:
    """Both printed equalities on four sigmoids; sigma' is taken from 1/(1 + e^-u), not from its identity."""
    joined = " ".join(part.strip("$") for part in VANISHING).replace("= =", "=")
    ((left, primes, products),) = read_formula(joined).equalities

    def meaning(side: Expr, d: Derivation) -> Expr:
        values: dict[Expr, Expr] = {Partial(Symbol("L"), x): d.unfold(Symbol("dF_dx"))}
        for k in range(1, 5):
            value = d.unfold(Symbol(f"h{k}"))
            decay = call("exp", -value.args[0])
            values |= {Symbol(f"sigma_{k}"): value, Symbol(f"sigma_{k}prime"): decay / (1 + decay) ** 2}
        return rewrite(side, lambda node: values.get(node))

    bare, weighted = sigmoids(weighted=False), sigmoids(weighted=True)
    pure = combine([decide(meaning(u, bare), meaning(v, bare)) for u, v in ((left, primes), (primes, products))])
    factor = product(call("g", weighted.unfold(Symbol("h4")), order=1), *(Symbol(f"w{k}") for k in range(1, 5)))
    whole = decide(meaning(left, weighted), product(factor, meaning(products, weighted)))
    point = {Symbol(f"w{k}"): Integer(2) for k in range(1, 5)} | {x: S.Zero}
    differing = find_witness(*(substitute(meaning(u, weighted), point) for u in (left, products)))
    assert differing is not None
    condition = "dL/dsigma_4 * w_1*w_2*w_3*w_4 = 1, as where L is sigma_4(sigma_3(sigma_2(sigma_1(x)))) itself"
    method = f"{pure.method}: the bare composition, and with weights and a loss the factor that is missing"
    note = (
        f"for the bare composition: {pure.verdict}. With weights and a loss dL/dx is the printed product times "
        f"dL/dsigma_4 w_1 w_2 w_3 w_4 ({whole.verdict}); as the product is never 0, the formula is right exactly "
        f"where this factor is 1"
    )
    holds = combine([pure, whole]).verdict == "proved"
    return Finding(shown(holds, method, {**differing.as_dict(), "all w": "2", "x": "0"}, [condition]), note=note)


# Cases

RELU = r"$$\text{ReLU}(x) = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{if } x < 0 \end{cases}$$"
ELU = (
    r"$$\text{ELU}(x) = \begin{cases} x & \text{if } x > 0 \\ e^{+x} + c & \text{if } x < 0 \end{cases} "
    r"\quad c = -1$$"
)


WHERE = {
    "> 0": positive(x),
    "< 0": negative(x),
    r"\ge 0": closure(positive(x)),
    r"\le 0": closure(negative(x)),
}


def cases(formula: str) -> list[tuple[Expr, Condition]]:
    """The printed values, each with where it is printed for."""
    rows = formula.partition(r"\begin{cases}")[2].partition(r"\end{cases}")[0].split(r"\\")
    found = []
    for row in rows:
        value, _, where = row.partition("&")
        found.append((read_formula(value).equalities[0][0], WHERE[where.rpartition("x")[2].strip()]))
    return found


def by_cases(printed: list[tuple[Expr, Condition]], meant: Expr) -> Verdict:
    """Printed cases against a function of the table; the points without a case become the condition."""
    compared = combine([decide(value, meant, assumptions=[where]) for value, where in printed])
    if compared.verdict != "proved" or any(x in where.closed for _, where in printed):
        return compared
    method = f"{compared.method} in each printed case"
    return replace(
        compared, verdict="proved-if", method=method, assumptions=["x != 0"], witness={"at x = 0": "no case"}
    )


def gap(printed: list[tuple[Expr, Condition]]) -> Expr:
    """Right limit less left limit at 0; both values are continuous there."""
    limits = {where.signs[0][1]: substitute(value, {x: S.Zero}) for value, where in printed}
    return limits[1] - limits[-1]


@section.check("E3.13", "ReLU", RELU, lines="104", expected="proved-if")
def relu() -> Finding:
    """Both cases are those of max(x, 0); at 0 nothing is printed, and continuity gives 0."""
    printed = cases(RELU)
    same = decide(call("relu", x), call("max", x, S.Zero))
    continuous = decide(gap(printed), S.Zero)
    slopes = {where.text: slope(value) for value, where in printed}
    note = (
        f"at x = 0 no case applies, the function as printed has no value there; both one-sided limits are equal "
        f"({continuous.verdict}), so 0 is the one continuous choice, as in max(x, 0) ({same.verdict}). The slopes "
        f"differ, {listed(slopes)}: no choice makes it differentiable at 0"
    )
    return Finding(by_cases(printed, call("relu", x)), note=note)


def slope(value: Expr) -> Expr:
    return gradient(Derivation((Equation("F", rhs=value),), (Variable("x"),)), "F", ["x"]).unfold(Symbol("dF_dx"))


@section.check("E3.14", "ELU e^{+x}+c, c=−1", ELU, lines="115", expected="proved-if")
def elu() -> Finding:
    """Against ELU of the table with alpha = 1; then which c makes it continuous, and whether it is smooth."""
    printed = cases(ELU)
    ((name, value),) = read_formula(ELU.strip("$").partition(r"\quad")[2]).equalities
    chosen = [(substitute(u, {name: value}), where) for u, where in printed]
    jump = gap(printed)
    linear = decide(jump, -1 - c)
    only = vanishing(-1 - c, [c])
    assert only is not None
    continuous = decide(jump, S.Zero, assumptions=[equal(name, value)])
    slopes = [substitute(slope(u), {x: S.Zero}) for u, _ in chosen]
    smooth = decide(*slopes)
    other = decide(jump, S.Zero)
    note = (
        f"at x = 0 no case applies. The jump there is -(1 + c) ({linear.verdict}), 0 exactly for {only.text} "
        f"(c = -1: {continuous.verdict}, any c: {other.verdict}); both slopes at 0 are then 1 ({smooth.verdict}), so "
        f"with the value 0 it is continuously differentiable. e^x is written e^(+x); it is ELU with alpha = 1"
    )
    return Finding(by_cases(chosen, call("elu", x, S.One)), note=note)


@section.definition(
    "E3.35",
    "Problems of sigmoid nets",
    "Проблемы сигмоидных нейронных сетей. Проблема затухания градиента (сигмоида). Проблема центровки и нормировки",
    lines="67, 82, 147",
)
def problems_of_sigmoids() -> Finding:
    """The three headings as statements: equal weights stay equal, gradients shrink, outputs are never centred."""
    s = call("sigmoid", x)
    factor = slope(s)
    shrinks = [
        decide(Rational(1, 4) - factor, (s - Rational(1, 2)) ** 2),
        decide(substitute(factor, {x: S.Zero}), Rational(1, 4)),
    ]
    above = [decide(1 / s, 1 + call("exp", -x)), decide(s + substitute(s, {x: -x}), S.One)]
    twins = verdict_of(equal_dynamics)
    note = (
        f"initialization: equal neurons stay equal ({twins.verdict}). Vanishing: sigma' = 1/4 - (sigma - 1/2)^2 is at "
        f"most 1/4, reached at 0 ({combine(shrinks).verdict}), so n of them are at most (1/4)^n. Centring: sigma > 0 "
        f"as 1/sigma = 1 + e^-x, with mean 1/2 for inputs symmetric about 0 ({combine(above).verdict}), so the next "
        f"layer's inputs all have one sign"
    )
    return Finding(combine([twins, *shrinks, *above]), note=note)


if __name__ == "__main__":
    section.main()

"""Lecture 8, dropout: two linear neurons, one of them dropped at each step (lines 89-204)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import Expr, Integer, Rational, Symbol

from symnet.claims import Finding, Section, Slide, combine, shown
from symnet.differentiate import adjoint_name
from symnet.expressions import substitute, total
from symnet.names import default_latex
from symnet.network.masks import (
    acceptance_probability,
    admissible_masks,
    all_masks,
    keep_probability_after_rejection,
    mask_probability,
)
from symnet.network.network import Network
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.training import descend, example_gradient, expected_function, expected_loss, weight_scaled
from symnet.truth.assumptions import greater, positive
from symnet.truth.numbers import Number
from symnet.truth.verdict import Verdict, decide

section = Section("L8", "Dropout: two neurons")

net = network("""
network two_linear_neurons
inputs x
h1 = w1*x + w01          # the upper neuron
h2 = w2*x + w02          # the lower one
F  = h1 + h2
data x | y
     1 | 3
     2 | 2
     3 | 1
""")
without_upper, without_lower = net.drop(["h1"]), net.drop(["h2"])
h, exclusion = Rational(1, 10), Rational(1, 2)
start = dict.fromkeys(net.parameters, Integer(0))
first, second = descend(net, start, h, [("h1",), ("h2",)])

losses = {"L_1": without_upper, "L_2": without_lower}
whole = Slide(net, losses=losses)
upper = Slide(without_upper, losses=losses)
lower = Slide(without_lower, losses=losses)


def own_loss(of: Network, weights: list[str]) -> Quadratic:
    """The loss of a network with one living neuron, in that neuron's weights."""
    return Quadratic.of(of.example.inline()["L"].rhs, weights)


upper_loss, lower_loss = own_loss(without_lower, ["w1", "w01"]), own_loss(without_upper, ["w2", "w02"])
limit = {**upper_loss.minimizer, **lower_loss.minimizer}  # where each neuron alone is best


@section.definition(
    "L8.7",
    "Two-neuron net: function and loss",
    r"$F_{NN}(x) = (w_1x + w_{01}) + (w_2x + w_{02})$, "
    r"$L(w) = (F_{NN}(1) - 3)^2 + (F_{NN}(2) - 2)^2 + (F_{NN}(3) - 1)^2$",
    lines="99, 101",
)
def function_and_loss() -> Finding:
    loss = r"$L(w) = (F_{NN}(1) - 3)^2 + (F_{NN}(2) - 2)^2 + (F_{NN}(3) - 1)^2$"
    function = whole.check(r"$F_{NN}(x) = (w_1x + w_{01}) + (w_2x + w_{02})$")
    return Finding(combine([function.verdict, whole.check(loss).verdict]), function.derived)


@section.definition(
    "L8.8",
    "Hyper-parameters of the example",
    "Шаг обучения $h=0.1$, начальное значение всех весов 0. Вероятность исключения нейрона 0.5",
    lines="103, 105",
)
def hyper_parameters() -> Finding:
    """What the run of this file uses: the step, the start, and the law of the masks before any is redrawn."""
    step = Slide(net, meanings={"h": h}).check("$h=0.1$").verdict
    at_zero = shown(all(value.exact == 0 for value in first.point.values()), "the point of the first step")
    dead = {
        name: total(*(mask_probability(m, net.hidden, exclusion) for m in all_masks(net.hidden) if name in m))
        for name in net.hidden
    }
    law = shown(set(dead.values()) == {exclusion}, "the sum over all 4 masks")
    redrawn = 1 - keep_probability_after_rejection(net, "h1", exclusion)
    return Finding(
        combine([step, at_zero, law]),
        note=f"Each neuron is excluded with probability {exclusion} before disconnected masks are redrawn (L8.4), "
        f"with {redrawn} after that.",
    )


@section.check(
    "L8.8a",
    "Net after killing the upper neuron",
    r"$F_{NN}(x) = (w_2 x + w_{02})$ […] $F_{NN}(x) = (w_1x + w_{01})$",
    lines="112, 145",
    expected="proved",
)
def smaller_nets() -> Finding:
    after_upper = upper.check(r"$F_{NN}(x) = (w_2 x + w_{02})$")
    after_lower = lower.check(r"$F_{NN}(x) = (w_1x + w_{01})$")
    return Finding(combine([after_upper.verdict, after_lower.verdict]), after_upper.derived)


section.formula(
    "L8.9",
    "L_1",
    r"$$L_1(w) = (w_2 + w_{02} - 3)^2 + (2w_2 + w_{02} - 2)^2 + (3w_2 + w_{02} - 1)^2$$",
    upper,
    lines="116",
    expected="proved",
)
section.formula(
    "L8.10",
    "Zero partials of the killed neuron",
    r"$$\frac{\partial L_1}{\partial w_1} = \frac{\partial L_1}{\partial w_{01}} = 0,$$",
    upper,
    lines="122",
    expected="proved",
)
section.formula(
    "L8.11",
    "∂L_1/∂w_2",
    r"$$\frac{\partial L_1}{\partial w_2} = 2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1),$$",
    upper,
    lines="125",
    expected="proved",
)
section.formula(
    "L8.12",
    "∂L_1/∂w_02",
    r"$$\frac{\partial L_1}{\partial w_{02}} "
    r"= 2(w_2 + w_{02} - 3) + 2(2w_2 + w_{02} - 2) + 2(3w_2 + w_{02} - 1)$$",
    upper,
    lines="127",
    expected="proved",
)
section.formula(
    "L8.13",
    "Values -20, -12",
    r"$$\frac{\partial L_1}{\partial w_1} = \frac{\partial L_1}{\partial w_{01}} = 0, "
    r"\frac{\partial L_1}{\partial w_2} = -20, \frac{\partial L_1}{\partial w_{02}} = -12$$",
    replace(upper, point=first.point),
    lines="133",
    expected="proved",
)
section.formula(
    "L8.14",
    "First new point",
    r"$$w_1=0, w_{01}=0, w_2=2, w_{02}=1.2$$",
    replace(upper, point=first.next_point),
    lines="139",
    expected="proved",
)
section.formula(
    "L8.15",
    "L_2",
    r"$$L_2(w) = (w_1 + w_{01} - 3)^2 + (2w_1 + w_{01} - 2)^2 + (3w_1 + w_{01} - 1)^2$$",
    lower,
    lines="150",
    expected="proved",
)

PARTIALS_OF_L2 = (
    r"$$\frac{\partial L_2}{\partial w_2} = \frac{\partial L_2}{\partial w_{02}} = 0,$$",
    r"$$\frac{\partial L_2}{\partial w_1} = 2(w_1 + w_{01} - 3) + 4(2w_1 + w_{01} - 2) + 6(3w_1 + w_{01} - 1),$$",
    r"$$\frac{\partial L_2}{\partial w_{01}} "
    r"= 2(w_1 + w_{01} - 3) + 2(2w_1 + w_{01} - 2) + 2(3w_1 + w_{01} - 1)$$",
)


@section.check("L8.16", "Partials of L_2", " ".join(PARTIALS_OF_L2), lines="154, 156, 159", expected="proved")
def partials_of_the_second_loss() -> Verdict:
    return combine([lower.check(formula).verdict for formula in PARTIALS_OF_L2])


SECOND_VALUES = (
    r"$$\frac{\partial L_2}{\partial w_2} = \frac{\partial L_1}{\partial w_{02}} = 0, "
    r"\frac{\partial L_2}{\partial w_1} = -20, \frac{\partial L_2}{\partial w_{01}} = -12$$"
)


@section.check("L8.17", "Values at the second point", SECOND_VALUES, lines="167", expected="refuted")
def values_at_the_second_point() -> Finding:
    """The printed index speaks of the first loss, whose minimum the second point is not."""
    here = replace(lower, point=second.point)
    verdict = here.check(SECOND_VALUES).verdict
    meant = here.check(SECOND_VALUES.replace("L_1", "L_2")).verdict
    point = {name: value.text for name, value in second.point.items()}
    right = {
        "text": ", ".join(f"{adjoint_name('L2', w)} = {value}" for w, value in second.gradient.items()),
        "latex": ", ".join(
            rf"\frac{{\partial L_2}}{{\partial {default_latex(w)}}} = {value}" for w, value in second.gradient.items()
        ),
    }
    derived = here.derived(here.read(r"\frac{\partial L_1}{\partial w_{02}}").equalities[0][0])
    return Finding(
        replace(verdict, correction=right, witness={**verdict.witness, "values": point}),
        derived,
        note=f"As printed, dL_1/dw_02 is claimed to be 0. With the index of L_2 the line is {meant.verdict}.",
    )


section.formula(
    "L8.18",
    "Second new point",
    r"$$w_1=2, w_{01}=1.2, w_2=2, w_{02}=1.2$$",
    replace(lower, point=second.next_point),
    lines="173",
    expected="proved",
)


@section.check(
    "L8.19",
    "Weights converge to (-x+4) + (-x+4)",
    "Если нейроны внутреннего слоя будут попеременно исключаться из-за дропаута, то веса сойдутся к значениям: "
    r"$$F_{NN}(x) = (-x+4) + (-x+4)$$",
    lines="188, 190",
    expected="proved-if",
)
def convergence() -> Finding:
    """L_1 sees only the lower neuron, L_2 only the upper: two quadratics, each with one minimizer of loss 0."""
    decoupled = [
        upper.check(r"\frac{\partial L_1}{\partial w_1} = \frac{\partial L_1}{\partial w_{01}} = 0").verdict,
        lower.check(r"\frac{\partial L_2}{\partial w_2} = \frac{\partial L_2}{\partial w_{02}} = 0").verdict,
    ]
    there = replace(whole, point=limit)
    reached = [there.check(r"$$F_{NN}(x) = (-x+4) + (-x+4)$$").verdict, there.check("L_1(w) = L_2(w) = 0").verdict]
    after = {mask: descend(net, limit, h, [tuple(mask)])[0].next_point for mask in admissible_masks(net)}
    moving = {m: p for m, p in after.items() if any(p[w].exact != Number(limit[w]) for w in limit)}
    resting = [mask for mask in after if mask not in moving]
    witness = {f"the limit after a step that excludes {names(m)}": written(moving[m]) for m in moving}
    bound = min(upper_loss.step_bound(), lower_loss.step_bound())
    conditions = [f"each step {only(resting)}, each of them again and again", f"0 < h < {bound}"]
    method = "one Hessian a neuron, its eigenvalues exactly; every admissible mask tried at the limit"
    found = combine([*decoupled, *reached])
    redrawn = Quadratic.of(expected_loss(net, exclusion), net.parameters).minimizer
    return Finding(
        combine([found, shown(bool(resting), method, witness, conditions)]),
        note="Each own step multiplies a neuron's error by I - hH, H the same for both, so from every start it "
        f"converges exactly for h below {bound}: not for the printed {h} (L8.19a). Masks that exclude nobody, "
        f"drawn by the lecture's rule with probability {probability(frozenset())}, have no common rest point with "
        f"the others; the loss averaged over accepted masks is least at {written(redrawn)}.",
    )


def names(mask: Iterable[str]) -> str:
    return " and ".join(sorted(mask)) or "nobody"


def only(masks: Iterable[Iterable[str]]) -> str:
    return "excludes " + " or ".join(f"only {names(mask)}" for mask in masks)


def written(point: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())


def probability(mask: frozenset[str]) -> Expr:
    """The probability of a mask, given that it was accepted."""
    return mask_probability(mask, net.hidden, exclusion) / acceptance_probability(net, exclusion)


@section.check(
    "L8.19a",
    "Convergence with the stated h = 0.1",
    "Шаг обучения $h=0.1$, начальное значение всех весов 0. […] веса сойдутся к значениям:",
    lines="103, 188",
    expected="refuted",
)
def convergence_at_the_printed_step() -> Verdict:
    """Each neuron's own update contracts only below 2/lambda_max, and the start has an error in that part."""
    bound, rate = lower_loss.step_bound(), lower_loss.rate(h)
    smallest = lower_loss.eigenvalues[0]
    error = [Number(start[w]) - Number(limit[w]) for w in lower_loss.parameters]
    growing = [
        sum((Number(lower_loss.hessian[r, c]) * e for c, e in enumerate(error)), Number(0)) - smallest * error[r]
        for r in range(len(error))
    ]  # (H - lambda_min) e: the part of the error along the eigenvector of lambda_max, times a number
    runs = descend(net, start, h, [("h1",)] * 4)
    witness = {
        "h": str(h),
        "largest convergent h": bound.text(),
        "factor a step": rate.text(),
        "L_1 at each step": ", ".join(step.loss.text for step in runs),
    }
    settles = Number(h) < bound or not any(growing)
    verdict = shown(settles, "eigenvalues of the Hessian, exactly, and the error of the start", witness)
    right = {"text": f"h < {bound.text()}", "latex": f"h < {latex(bound.as_expr())}"}
    return verdict if settles else replace(verdict, correction=right)


@section.check(
    "L8.19b",
    "Reason: each neuron tries alone",
    "(из-за дропаута каждый нейрон пытается в одиночку восстановить зависимость).",
    lines="192",
    expected="proved-if",
)
def each_neuron_alone() -> Finding:
    """For every admissible mask: is a living neuron's gradient that of the loss of this neuron by itself?"""
    alone: list[frozenset[str]] = []
    witness: dict[str, object] = {}
    for mask in admissible_masks(net):
        verdict = combine([by_itself(mask, name) for name in net.hidden if name not in mask])
        if verdict.verdict == "proved":
            alone.append(mask)
        else:
            witness = {"excluded": names(mask), **verdict.witness}
    conditions = [f"each step {only(alone)}"]
    return Finding(
        shown(bool(alone), "normal form of the gradient under every admissible mask", witness, conditions),
        note="Under the lecture's own rule a step does so with probability "
        f"{total(*(probability(mask) for mask in alone))}; otherwise each neuron fits what the other leaves.",
    )


def by_itself(mask: frozenset[str], name: str) -> Verdict:
    """Whether the step without `mask` gives the neuron `name` the gradient of its own loss Σ (h(x) - y)^2."""
    step = example_gradient(net.drop(mask))
    own = example_gradient(net.drop([n for n in net.hidden if n != name]))
    formula = next(n.formula for n in net if n.name == name)
    weights = [w for w in net.parameters if Symbol(w) in formula.free_symbols]
    partials = [adjoint_name("L", w) for w in weights]
    return combine([decide(step.unfold(Symbol(d)), own.unfold(Symbol(d))) for d in partials])


@section.check(
    "L8.20",
    "Test rule: multiply by p = exclusion probability",
    "выход каждого нейрона домножается на число p (вероятность исключения этого нейрона).",
    lines="181",
    expected="proved-if",
)
def test_rule() -> Finding:
    """p times each output against the mean of the output over all masks, for every p, x and weights."""
    p = Symbol("p")
    proper = (positive(p), greater(Integer(1), p))
    mean = expected_function(net, p, reject=False)
    verdict = decide(output(weight_scaled(net, p)), mean, parameters=(p,), assumptions=proper)
    alive = total(*(mask_probability(m, net.hidden, p) for m in all_masks(net.hidden) if "h1" not in m)).expand()
    right = decide(output(weight_scaled(net, alive)), mean)
    correction = {"text": text(alive), "latex": latex(alive)} if right.verdict == "proved" else None
    redrawn = keep_probability_after_rejection(net, "h1", p)
    again = decide(output(weight_scaled(net, redrawn)), expected_function(net, p), assumptions=proper)
    return Finding(
        replace(verdict, correction=correction),
        (text(alive), latex(alive)),
        note="Measured by the mean over masks of the network's output: the right factor for every p is the "
        f"probability to be kept, {text(alive)}. When disconnected masks are redrawn it is {text(redrawn)} "
        f"({again.verdict}), {keep_probability_after_rejection(net, 'h1', exclusion)} at p = {exclusion}.",
    )


def output(of: Network) -> Expr:
    """F(x) written out."""
    function = of.function()
    return function.unfold(function["F"].rhs)


FINAL = r"$$F_{NN}(x) = 0.5(-x+4) + 0.5(-x+4) = -x+4 \text{ – и это правильный ответ!}$$"


@section.check("L8.21", "Final function 0.5(-x+4) + 0.5(-x+4)", FINAL, lines="204", expected="proved")
def final_function() -> Finding:
    """The network at the limit of L8.19, its neurons times 0.5, and its answers on the training set."""
    halved = Slide(weight_scaled(net, exclusion), point=limit)
    found = halved.check(FINAL)
    answers = halved.check("$F_{NN}(1) = 3, F_{NN}(2) = 2, F_{NN}(3) = 1$")
    kept = keep_probability_after_rejection(net, "h1", exclusion)
    best = Quadratic.of(expected_loss(net, exclusion), net.parameters).minimizer
    values = {Symbol(name): value for name, value in best.items()}
    others = " or ".join(
        f"{text(substitute(output(weight_scaled(net, factor)), values).expand())} (times {factor})"
        for factor in (exclusion, kept)
    )
    return Finding(
        combine([found.verdict, answers.verdict]),
        found.derived,
        note="For the weights of L8.19, reached with masks that exclude exactly one neuron. The weights that are "
        f"best on average over the accepted masks of L8.8 would give {others}.",
    )


if __name__ == "__main__":
    section.main()

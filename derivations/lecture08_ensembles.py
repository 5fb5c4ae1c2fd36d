"""Lecture 8, dropout: ensembles, forests, and what a mask of dropped neurons is (lines 15-81, 270)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product as choices

from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol, sympify

from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient, hessian
from symnet.equations import Derivation, Equation, Variable, size
from symnet.expressions import product, substitute, total
from symnet.network.masks import (
    acceptance_probability,
    admissible_masks,
    all_masks,
    keep_probability_after_rejection,
    mask_probability,
)
from symnet.network.network import Network
from symnet.operations import call
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.sums import Sum, normal_form
from symnet.training import descend, expected_function, expected_loss, weight_scaled
from symnet.truth.assumptions import Condition, greater, positive
from symnet.truth.numbers import Number
from symnet.truth.verdict import Verdict, decide

section = Section("L8", "Dropout: ensembles and masks")

p = Symbol("p")
proper = (positive(p), greater(Integer(1), p))  # a probability for which dropout is neither idle nor total

one_layer = network("""
network one_hidden_layer
inputs x
h1 = f(w1*x + w01)
h2 = f(w2*x + w02)
F  = w3*h1 + w4*h2 + w03
""")
two_layers = network("""
network two_hidden_layers
inputs x
h1 = c + f(w1*x + w01)
h2 = c + f(w2*x + w02)
h3 = c + f(w3*h1 + w4*h2 + w03)
h4 = c + f(w5*h1 + w6*h2 + w04)
F  = w7*h3 + w8*h4 + w05
""")
two_chains = network("""
network two_chains_side_by_side
inputs x
h1 = c + f(w1*x + w01)
h3 = c + f(w3*h1 + w03)
h2 = c + f(w2*x + w02)
h4 = c + f(w4*h2 + w04)
F  = w5*h3 + w6*h4 + w05
""")
bypassed = network("inputs x\nh1 = f(w1*x)\nh2 = f(w2*x)\nF = w3*h1 + w4*h2 + w5*x")  # x reaches F by itself
two_linear = network("""
network two_linear_neurons   # the example of lines 89-105
inputs x
h1 = w1*x + w01
h2 = w2*x + w02
F  = h1 + h2
data x | y
     1 | 3
     2 | 2
     3 | 1
""")


def output(of: Network) -> Expr:
    """F(x) written out."""
    function = of.function()
    return function.unfold(function["F"].rhs)


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nobody"


@section.definition(
    "L8.1",
    "Definition of dropout",
    "Дропаут – это преднамеренная деактивация части нейронов на шаге обучения. […] Формально возникает новая сеть "
    "с новой функцией $F_{NN}(x)$ и новой функцией потерь $L(w)$. По этой функции потерь осуществляется один "
    "шаг ГС и пересчитываются веса сети.",
    lines="15, 70",
)
def deactivation() -> Finding:
    """Outputs times D = 0 give the function, loss and gradient of the smaller network, whatever f, x, y and m."""
    weights = one_layer.parameters
    neurons = (
        replace(n, formula=product(Symbol(f"D_{n.name}"), n.formula)) if n.name in one_layer.hidden else n
        for n in one_layer.neurons
    )
    masked = replace(one_layer, neurons=tuple(neurons))
    swept = gradient(masked.derivation, "L", weights)
    differing: dict[str, object] = {}
    for mask in all_masks(one_layer.hidden):
        smaller = one_layer.drop(mask, connected=False)
        own = gradient(smaller.derivation, "L", weights)
        alive = {Symbol(f"D_{name}"): Integer(name not in mask) for name in one_layer.hidden}
        pairs = {"F": (output(masked), output(smaller))}
        for name in ("L", *(adjoint_name("L", w) for w in weights)):
            pairs[name] = swept.unfold(swept[name].rhs), own.unfold(own[name].rhs)
        for neuron in one_layer:
            if neuron.name in mask:
                dead = {s.name for s in neuron.formula.free_symbols} & set(weights)
                pairs |= {f"dL/d{w} = 0": (own[adjoint_name("L", w)].rhs, S.Zero) for w in dead}
        for what, (left, right) in pairs.items():
            if normal_form(substitute(left, alive) - right) != 0:
                differing[f"{what} without {listed(mask)}"] = text(right)
    method = "normal form, for every f and every number of objects; exhaustive over the 4 masks of two neurons"
    return Finding(
        shown(not differing, method, differing),
        note="D = 0 gives F, L and dL/dw of the smaller network; a dropped neuron's weights have gradient 0.",
    )


@section.check(
    "L8.2",
    "An ensemble is more accurate than each member",
    "Точность ансамбля выше точности каждого из его членов.",
    lines="29",
    expected="refuted",
)
def ensemble() -> Finding:
    """Constants as members, on the lecture's own three objects, smallest first, until their mean loses to one."""
    member = network("inputs x\nF = c\ndata x | y\n1 | 3\n2 | 2\n3 | 1")
    loss = member.example.inline()["L"].rhs

    def losses(*constants: Expr) -> list[Expr]:
        return [substitute(loss, {Symbol("c"): value}) for value in constants]

    verdict = Verdict("undecided", "no pair of constants 0, …, 3 loses by being averaged", 0.0)
    for one, two in choices(map(Integer, range(4)), repeat=2):
        first, second, together = losses(one, two, (one + two) / 2)
        if together > min(first, second):
            witness = {
                "F_1, F_2": f"{one}, {two}",
                "their losses": f"{first}, {second}",
                "loss of the mean": str(together),
            }
            verdict = shown(together < min(first, second), "exact losses on the lecture's objects", witness)
            break
    mean_of_losses, spread, rest = ambiguity()
    if rest == 0:
        gap = total(mean_of_losses, product(S.NegativeOne, spread))
        verdict = replace(verdict, correction={"text": text(gap), "latex": rf"L(\bar F) = {latex(gap)}"})
    return Finding(
        verdict,
        note="The correction, the loss of the mean, is proved for every number K of members and m of objects "
        "(squared loss): the mean beats the average member by their spread. It beats each one when all have the "
        "same loss and some differ; a good member loses by being averaged with bad ones.",
    )


def ambiguity() -> tuple[Expr, Expr, Expr]:
    """Mean loss of K members on m objects, their spread around their mean, and the normal form of the loss of the
    mean minus the first plus the second (Krogh and Vedelsby, 1995)."""
    members, objects = size("K"), size("m")
    k, other, i = (Symbol(name, integer=True) for name in "kli")
    answers, target = IndexedBase("F"), IndexedBase("y")
    mean = product(1 / members, Sum(answers[other, i], (other, 1, members)))

    def averaged(square: Expr) -> Expr:
        return product(1 / members, Sum(Sum(square, (i, 1, objects)), (k, 1, members)))

    losses = averaged((answers[k, i] - target[i]) ** 2)
    spread = averaged((answers[k, i] - mean) ** 2)
    of_mean = Sum((mean - target[i]) ** 2, (i, 1, objects))
    return losses, spread, normal_form(total(of_mean, product(S.NegativeOne, losses), spread))


FOREST = ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2))  # x_1, x_2, Y of lines 216-220


@section.check(
    "L8.3",
    "Random forest description",
    "Каждое дерево в лесу строится по случайному подмножеству нецелевых признаков и случайному подмножеству "
    "объектов ТВ. […] Это применяется в классической модели Random Forest.",
    lines="42, 270",
    expected="proved-if",
)
def forest() -> Finding:
    """Every tree that each rule of drawing one feature of two can grow on each bootstrap sample of 4 objects."""
    samples = [tuple(sorted(set(drawn))) for drawn in choices(FOREST, repeat=len(FOREST))]
    rules = {"once a tree": ((0,), (1,)), "at every split": ((0, 1),)}  # what the splits of one tree may draw
    beyond: dict[str, str] = {}
    for rule, draws in rules.items():
        for rows, drawn in choices(dict.fromkeys(samples), draws):
            if any(len(used) > 1 for used in grown(rows, drawn)):
                beyond.setdefault(rule, f"a tree on the objects {', '.join(map(str, rows))} tests x_1 and x_2")
    conditions = [f"the features are drawn {rule}" for rule in rules if rule not in beyond]
    witness = {f"one feature drawn {rule}": tree for rule, tree in beyond.items()}
    everything = Rational(samples.count(FOREST), len(samples))
    first_left_out = Rational(sum(FOREST[0] not in rows for rows in samples), len(samples))
    method = f"all {len(samples)} bootstrap samples of 4 objects and all trees with one feature of two a draw"
    return Finding(
        shown(bool(conditions), method, witness, conditions if beyond else []),
        note="Which rule is the classic one is a matter of record, not of computation: Breiman (2001) draws "
        "objects with replacement and features at every split, Ho (1998) draws features once a tree and takes all "
        f"objects. A bootstrap sample of 4 leaves a given object out with probability {first_left_out}, and holds "
        f"all of them, so that the subset is no smaller than the TS, with probability {everything}.",
    )


def grown(rows: tuple[tuple[int, ...], ...], drawn: tuple[int, ...]) -> Iterator[frozenset[int]]:
    """The features tested by each fully grown tree whose splits each take one of the features in `drawn`."""
    if len({row[-1] for row in rows}) == 1:
        yield frozenset()
        return
    for k in drawn:
        left, right = (tuple(row for row in rows if row[k] == side) for side in (0, 1))
        if not left or not right:
            yield frozenset()  # the feature drawn does not tell these objects apart
            continue
        for below, above in choices(grown(left, drawn), tuple(grown(right, drawn))):
            yield below | above | {k}


@section.check(
    "L8.3a",
    "The answer of the whole net is the average of its subnets",
    "Ответ всей НС будет фактически усредненным значением нескольких ее подсетей.",
    lines="56",
    expected="proved-if",
)
def average_of_subnets() -> Finding:
    """E_D F_D(x) against F with every hidden output times the probability to be kept."""
    shallow = [averages(one_layer, redrawn) for redrawn in (False, True)]
    deep = averages(two_layers, False)
    chained, redrawn = (averages(two_chains, redrawn, deep.conditions) for redrawn in (False, True))
    conditions = [f"beyond one hidden layer the activation is c + f(u), {a}" for a in deep.assumptions]
    if chained.verdict == "proved" and redrawn.verdict == "refuted":
        conditions.append("beyond one hidden layer no mask is redrawn")
    verdict = replace(deep, assumptions=conditions)
    return Finding(
        combine([*shallow, verdict]),
        note="One hidden layer: proved for every f and 0 < p < 1, also when disconnected masks are redrawn (the "
        f"factor is then {text(keep_after(one_layer))}, not 1 - p). Two layers of two: an affine activation is "
        f"enough, and {necessity()}. Two chains side by side, redrawing: {redrawn.verdict} even then, because "
        "acceptance ties the layers' masks together.",
    )


def keep_after(of: Network) -> Expr:
    return keep_probability_after_rejection(of, "h1", p)


def averages(of: Network, redrawn: bool, assumptions: tuple[Condition, ...] = ()) -> Verdict:
    """Whether the mean over all masks is the network scaled by the probability to be kept, for every x and w."""
    keep = keep_after(of) if redrawn else 1 - p
    mean = expected_function(of, p, reject=redrawn)
    return decide(mean, output(weight_scaled(of, keep)), assumptions=(*proper, *assumptions))


def necessity() -> str:
    """q f(b + a) + (1 - q) f(b) = f(b + q a), differentiated twice by a at a = 0, says q(1 - q) f''(b) = 0."""
    a, b, q = map(Symbol, "abq")
    jensen = total(
        product(q, call("f", a + b)), product(1 - q, call("f", b)), product(S.NegativeOne, call("f", b + q * a))
    )
    once = Derivation((Equation("G", rhs=jensen),), (), tuple(map(Variable, "abq")))
    second = hessian(once, "G", ["a"])
    found = decide(
        substitute(second.unfold(second["d2G_da_da"].rhs), {a: S.Zero}), product(q, 1 - q, call("f", b, order=2))
    )
    return f"it is needed for smooth f, since q(1 - q) f'' = 0 then follows ({found.verdict})"


@section.check(
    "L8.4",
    "Connectivity rule",
    "если после исключения части нейронов НС **перестает быть связной**, то есть в ней нет пути от входного слоя "
    "к выходу, то мы формируем новое множество нейронов для исключения",
    lines="72",
    expected="proved",
)
def connectivity() -> Verdict:
    """Three opinions on every mask: reachability, whole paths, and whether F still holds an input."""
    networks = (one_layer, two_layers, two_chains, bypassed, two_linear)
    differing: dict[str, object] = {}
    count = 0
    for net in networks:
        every_path = [set(path) for path in paths(net, "F")]
        for mask in all_masks((*net.inputs, *net.hidden)):
            count += 1
            alive = {symbol.name for symbol in output(net.drop(mask, connected=False)).free_symbols}
            found = any(not path & mask for path in every_path)
            if {net.is_connected(mask), bool(alive & set(net.inputs))} != {found}:
                differing[f"{net.name} without {listed(mask)}"] = f"path: {found}"
    method = (
        f"all {count} masks of inputs and neurons of {len(networks)} networks: accepted exactly when a path of "
        "survivors is left, by reachability, by listing paths, and by F still holding an input"
    )
    return shown(not differing, method, differing)


def paths(of: Network, name: str) -> Iterator[tuple[str, ...]]:
    """Every path from an input to the neuron, read off the formulas."""
    if name in of.inputs:
        yield (name,)
        return
    formula = next(n.formula for n in of if n.name == name)
    for symbol in formula.free_symbols:
        if symbol.name in of.inputs or symbol.name in of.hidden:
            for path in paths(of, symbol.name):
                yield (*path, name)


@section.check(
    "L8.5",
    "Death probability and the rejection rule",
    "Фиксируется число p – вероятность «смерти» нейрона […] для каждого нейрона НС проводится **случайное испытание**",
    lines="76, 78",
    expected="proved-if",
)
def death_probability() -> Finding:
    """P(all of S dead) = p^|S| for every set S of neurons: that is what independent, each with p, means."""
    drawn, accepted, never_redrawn = law(one_layer, False), law(one_layer, True), law(bypassed, True)
    conditions = ["no drawn mask is redrawn"] if accepted.verdict == "refuted" else []
    verdict = combine([drawn, never_redrawn])
    kept = keep_after(one_layer)
    at_half = 1 - substitute(kept, {p: S.Half})
    return Finding(
        shown(
            verdict.verdict == "proved",
            f"{verdict.method} of the probability of every set of dead neurons, two neurons, every 0 < p < 1",
            accepted.witness,
            conditions,
        ),
        (text(kept), rf"P(\text{{alive}} \mid \text{{accepted}}) = {latex(kept)}"),
        note="Before masks are redrawn (L8.4) each neuron dies with p, independently. Given that the mask of two "
        f"neurons is accepted, with probability {text(acceptance_probability(one_layer, p))}, a neuron lives with "
        f"{text(kept)} and the two never die together; at p = 1/2 it dies with {at_half}. "
        "Where the input reaches F directly, nothing is redrawn.",
    )


def law(of: Network, redrawn: bool) -> Verdict:
    """The verdict on P(S dead) = p^|S| for every S, given that the mask was accepted if masks are redrawn."""
    masks = list(admissible_masks(of) if redrawn else all_masks(of.hidden))
    accepted = acceptance_probability(of, p) if redrawn else S.One

    def dead(group: frozenset[str]) -> Expr:
        return total(*(mask_probability(m, of.hidden, p) for m in masks if group <= m)) / accepted

    groups = [group for group in all_masks(of.hidden) if group]
    return combine([decide(dead(group), p ** len(group), assumptions=proper) for group in groups])


@section.empirical("L8.6", "Range of p", "обычно p берут из интервала $[0.2, 0.5]$", lines="76")
def range_of_p() -> Finding:
    """What p does to the loss that is minimized on average: it weighs a penalty by p(1 - p)."""
    h1, h2 = (neuron.formula for neuron in two_linear.neurons[:2])
    penalty = total(*(substitute(h**2, {Symbol("x"): row[0]}) for row in two_linear.rows or () for h in (h1, h2)))
    weight = product(p, 1 - p)
    scaled = weight_scaled(two_linear, 1 - p).example.inline()["L"].rhs
    noisy = decide(expected_loss(two_linear, p, reject=False), total(scaled, product(weight, penalty)))
    largest = decide(total(Rational(1, 4), product(S.NegativeOne, weight)), (p - S.Half) ** 2)
    ends = ", ".join(f"{substitute(weight, {p: sympify(end)})} at p = {end}" for end in ("1/5", "1/2"))
    return Finding(
        combine([noisy, largest]),
        (text(weight), latex(weight)),
        note="Which p works well is a matter of experience. Proved for the lecture's two neurons, without "
        "redrawing: the mean over masks of the loss is the loss of the scaled network plus p(1 - p) times the sum "
        "of the squared outputs of the neurons; p(1 - p) = 1/4 - (p - 1/2)^2 grows on the whole interval, from "
        f"{ends}, and vanishes where p is 0 or 1.",
    )


@section.definition(
    "L8.6a",
    "One step per mask",
    "После этого осуществляется **одна** итерация ГС и дропаут повторяется.",
    lines="81",
)
def one_step_a_mask() -> Verdict:
    """`descend` against the matrix form of one step on each mask's own loss."""
    h, masks = Rational(1, 10), [("h1",), ("h2",), (), ("h2",)]
    steps = descend(two_linear, dict.fromkeys(two_linear.parameters, 0), h, masks)
    differing: dict[str, object] = {}
    point: dict[str, Rational] = dict.fromkeys(two_linear.parameters, Integer(0))
    for mask, step in zip(masks, steps, strict=True):
        loss = Quadratic.of(two_linear.drop(mask).example.inline()["L"].rhs, two_linear.parameters)
        point = loss.step(point, h)
        if any(step.next_point[name].exact != Number(value) for name, value in point.items()):
            differing[f"step without {listed(mask)}"] = str(point)
    return shown(not differing, f"{len(masks)} masks, one exact step each, by two ways of computing it", differing)


if __name__ == "__main__":
    section.main()

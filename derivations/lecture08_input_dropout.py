"""Lecture 8, dropout on the input layer: a linear network with two inputs and four objects (lines 206-270)."""

from collections.abc import Iterable, Mapping

from sympy import Expr, Rational, S, Symbol

from symnet.claims import Finding, Section, Slide, combine, shown
from symnet.differentiate import adjoint_name
from symnet.expressions import substitute, total
from symnet.network.masks import acceptance_probability, admissible_masks, all_masks, mask_probability
from symnet.network.network import Network
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.training import example_gradient
from symnet.truth.numbers import Number
from symnet.truth.verdict import decide

section = Section("L8", "Dropout on the input layer")

net = network("""
network two_inputs
inputs x1 x2
F = w1*x1 + w2*x2 + w0
data x1 x2 | y
     0  0  | 0
     0  1  | 1
     1  0  | 1
     1  1  | 2
""")
without_first, without_second = net.drop(["x1"]), net.drop(["x2"])
h, exclusion = Rational(1, 10), Rational(1, 2)
weight_of = {"x1": "w1", "x2": "w2"}

whole = Slide(net)
first = Slide(without_first, functions={"F_{NN1}": without_first}, losses={"L_1": without_first})
second = Slide(without_second, functions={"F_{NN2}": without_second}, losses={"L_2": without_second})


@section.definition(
    "L8.22",
    "Input dropout = random feature subset",
    "это **выбор случайного подмножества признаков для обучения** на каждой итерации ГС.",
    lines="210",
)
def feature_subset() -> Finding:
    """Every set of kept inputs: the function is that of the network written for these features alone."""
    differing: dict[str, object] = {}
    for mask in all_masks(net.inputs):
        smaller = net.drop(mask, connected=False)
        gradient = example_gradient(smaller)
        kept = (Symbol(w) * Symbol(x) for x, w in weight_of.items() if x not in mask)
        unused = (Symbol(adjoint_name("L", weight_of[x])) for x in mask)
        facts = [decide(output(smaller), total(*kept, Symbol("w0")))]
        facts += [decide(gradient.unfold(partial), S.Zero) for partial in unused]
        if any(fact.verdict != "proved" for fact in facts):
            differing[f"without {listed(mask)}"] = str(output(smaller))
    drawn = {mask: mask_probability(mask, net.inputs, exclusion) for mask in all_masks(net.inputs)}
    accepted = acceptance_probability(net, exclusion, net.inputs)
    return Finding(
        shown(not differing, f"normal form, for each of the {len(drawn)} subsets of the features", differing),
        note=f"At p = {exclusion} every subset is drawn with probability {drawn[frozenset()]}; the empty one is "
        f"redrawn (L8.4), so that each of the {len(list(admissible_masks(net, net.inputs)))} others comes with "
        f"{drawn[frozenset()] / accepted}. The weights of a dropped input have gradient 0.",
    )


def output(of: Network) -> Expr:
    """F(x_1, x_2) written out."""
    function = of.function()
    return function.unfold(function["F"].rhs)


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


LOSS = r"$L(w) = (F_{NN}(0,0) - 0)^2 + (F_{NN}(0,1) - 1)^2 + (F_{NN}(1,0) - 1)^2 + (F_{NN}(1,1) - 2)^2$"


@section.definition(
    "L8.23",
    "Linear net on 4 objects",
    rf"$$F_{{NN}}(x_1, x_2) = w_1 x_1 + w_2 x_2 + w_0$$ {LOSS}",
    lines="231, 233",
)
def function_and_loss() -> Finding:
    function = whole.check(r"$$F_{NN}(x_1, x_2) = w_1 x_1 + w_2 x_2 + w_0$$")
    return Finding(combine([function.verdict, whole.check(LOSS).verdict]), function.derived)


WITHOUT_FIRST = (
    r"$$F_{NN1}(x_1, x_2) = w_2 x_2 + w_0$$",
    r"$$L_1(w) = (w_0 - 0)^2 + (w_2 + w_0 - 1)^2 + (w_0 - 1)^2 + (w_2 + w_0 - 2)^2$$",
)
WITHOUT_SECOND = (
    r"$$F_{NN2}(x_1, x_2) = w_1 x_1 + w_0$$",
    r"$$L_2(w) = (w_0 - 0)^2 + (w_1 + w_0 - 1)^2 + (w_0 - 1)^2 + (w_1 + w_0 - 2)^2$$",
)


@section.check("L8.24", "Drop x_1", " ".join(WITHOUT_FIRST), lines="248, 250", expected="proved")
def drop_the_first_input() -> Finding:
    function, loss = map(first.check, WITHOUT_FIRST)
    return Finding(combine([function.verdict, loss.verdict]), loss.derived)


@section.check("L8.25", "Drop x_2", " ".join(WITHOUT_SECOND), lines="254, 256", expected="proved")
def drop_the_second_input() -> Finding:
    function, loss = map(second.check, WITHOUT_SECOND)
    return Finding(combine([function.verdict, loss.verdict]), loss.derived)


@section.check(
    "L8.26",
    "GD alternately minimises L_1 or L_2",
    "А дальше ГС на каждой итерации минимизирует либо функцию потерь $L_1(w)$ либо $L_2(w)$ "
    "(в зависимости от того, какой вход удаляется).",
    lines="268",
    expected="proved-if",
)
def one_of_two_losses() -> Finding:
    """The loss of every admissible mask against L_1 and L_2, and the step 0.1 against the bound of each."""
    named = {"L_1": loss_of(without_first), "L_2": loss_of(without_second)}
    masks = list(admissible_masks(net, net.inputs))
    meant: dict[frozenset[str], str] = {}
    witness: dict[str, object] = {}
    for mask in masks:
        loss = loss_of(net.drop(mask))
        same = [name for name, other in named.items() if decide(loss, other).verdict == "proved"]
        if same:
            meant[mask] = same[0]
            continue
        lowest = own(loss).minimizer
        values = {Symbol(name): value for name, value in lowest.items()}
        there = {name: substitute(of, values) for name, of in {"its loss": loss, **named}.items()}
        witness = {"dropped": listed(mask), **{name: str(value) for name, value in {**lowest, **there}.items()}}
    falling = shown(
        all(Number(h) < own(loss).step_bound() for loss in named.values()),
        f"a step of {h} is below 2/lambda_max of both losses, so that each step lowers its loss",
        {"h": str(h)},
    )
    best = [own(loss).minimizer for loss in (*named.values(), loss_of(net))]
    conditions = ["each step drops " + " or ".join(f"only {listed(m)} ({name})" for m, name in meant.items())]
    method = f"normal form of the loss of each of the {len(masks)} admissible masks"
    law = acceptance_probability(net, exclusion, net.inputs)
    rest = total(*(mask_probability(m, net.inputs, exclusion) / law for m in masks if m not in meant))
    return Finding(
        combine([shown(bool(meant), method, witness, conditions), falling]),
        note=f"Inputs dropped independently with probability {exclusion}, disconnected masks redrawn: "
        f"{len(masks)} masks are left, and with probability {rest} a step goes down the loss of the whole net. "
        f"L_1 is least at {written(best[0])}, L_2 at {written(best[1])}, the whole loss at {written(best[2])}.",
    )


def loss_of(of: Network) -> Expr:
    return of.example.inline()["L"].rhs


def own(loss: Expr) -> Quadratic:
    """A quadratic in the weights that the loss depends on."""
    return Quadratic.of(loss, [w for w in net.parameters if Symbol(w) in loss.free_symbols])


def written(point: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())


if __name__ == "__main__":
    section.main()

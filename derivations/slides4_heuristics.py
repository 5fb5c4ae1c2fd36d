"""Slides 4, other heuristics (lines 608-649): pre-training, growing, pruning, early stopping."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from sympy import Expr, Integer, Rational, S, Symbol

from derivations.lecture08_two_neurons import net as two_neurons
from symnet.claims import Finding, Section, combine, listed, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import size
from symnet.expressions import product, substitute, total
from symnet.network import Network
from symnet.network.optimizers import OPTIMIZERS
from symnet.operations import call
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.training import descend
from symnet.truth.induction import decide_recursion
from symnet.truth.numbers import Number
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Other heuristics")

STEP, SHORT = Rational(1, 20), Rational(1, 50)


def loss_of(net: Network) -> Expr:
    """The loss of a network with data, in its parameters."""
    return net.example.inline()["L"].rhs


def at(expression: Expr, point: dict[str, Expr]) -> Rational:
    """A rational value."""
    return Rational(substitute(expression, {Symbol(name): value for name, value in point.items()}))


@section.definition(
    "P4.79",
    "Pre-training",
    "Обучаем каждый нейрон на случайной подвыборке, каждый нейрон впитывает какие-то отдельные её особенности, после "
    "скрепляем все нейроны вместе и продолжаем обучение на всей выборке",
    lines="612",
)
def pre_training() -> Finding:
    """Lecture 8's two neurons, each alone on two of the three objects; then together on all of them."""
    rows = two_neurons.rows or ()
    stages = {"h1": ("h2", rows[:2]), "h2": ("h1", rows[1:])}  # a neuron: who is absent, and its own objects
    joined: dict[str, Expr] = {}
    differing: dict[str, object] = {}
    verdicts = []
    for name, (absent, subsample) in stages.items():
        alone = replace(two_neurons.drop([absent]), rows=subsample)
        own = [w for w in alone.parameters if Symbol(w) in two_neurons.neurons[int(name[1]) - 1].formula.free_symbols]
        trained = descend(alone, dict.fromkeys(alone.parameters, 0), STEP, [()] * 3)[-1].next_point
        differing |= {w: v.text for w, v in trained.items() if w not in own and v.exact != Number(S.Zero)}
        exact = Quadratic.of(loss_of(alone), own)
        point: dict[str, Expr] = dict.fromkeys(own, S.Zero)
        for _ in range(3):
            point = dict(exact.step(point, STEP))
        verdicts += [decide(trained[w].as_expr(), value) for w, value in point.items()]
        joined |= point
    before = at(loss_of(two_neurons), joined)
    further = descend(two_neurons, joined, STEP / 2, [()])[0]
    falls = Rational(further.next_loss.text) < Rational(further.loss.text)
    verdicts += [
        shown(not differing, "a neuron's training leaves the others' weights", differing),
        decide(further.loss.as_expr(), before),
        shown(falls, "one step on the whole sample", {"before": further.loss.text, "after": further.next_loss.text}),
    ]
    return Finding(
        combine(verdicts),
        note="As objects: the network without the other neuron with two of the objects, three exact steps each, which "
        "move the neuron's own weights only; their weights put together are the start of the run of the whole "
        f"network on all objects, whose loss goes from {further.loss.text} to {further.next_loss.text} in a step. The "
        "subsamples here are objects 1, 2 and 2, 3.",
    )


@section.empirical(
    "P4.80",
    "Autoencoder pre-training",
    "**На будущее:** обучаем на корпусе картинок автокодировщик, encoder благодаря этому учится выделять наиболее "
    "важные фичи, которые позволяют эффективно сжимать изображения",
    lines="613",
)
def autoencoder() -> Finding:
    """A linear autoencoder with one hidden neuron along a direction (a, b), on every point of the plane."""
    a, b, along, across = map(Symbol, ("a", "b", "s", "t"))
    coder = network("inputs x1 x2\nh = e1*x1 + e2*x2\nF1 = d1*h\nF2 = d2*h")
    square = a**2 + b**2
    weights = {"e1": a / square, "e2": b / square, "d1": a, "d2": b}
    point = {"x1": along * a - across * b, "x2": along * b + across * a}
    function = coder.function()
    values = {Symbol(name): u for name, u in {**weights, **point}.items()}
    out = [substitute(function.unfold(Symbol(name)), values) for name in ("F1", "F2")]
    error = total(*((u - point[x]) ** 2 for u, x in zip(out, ("x1", "x2"), strict=True)))
    kept = total(*(u**2 for u in out))
    whole = total(*(u**2 for u in point.values()))
    return Finding(
        combine([decide(error, across**2 * square), decide(whole, kept + error)]),
        note="What is provable: with one linear neuron along any direction the error of an object is the square of its "
        "distance from the line, and |x|^2 is what is kept plus the error; so the best such encoder is the one along "
        "the direction with the largest sum of squares, the first principal component of centred data. That these "
        "features serve another task is not provable.",
    )


BASE = "inputs x1 x2\nh1 = f(w1*x1 + w2*x2 + w0)\nF = v1*h1 + c"
GROWN = "inputs x1 x2\nh1 = f(w1*x1 + w2*x2 + w0)\nh2 = f(u1*x1 + u2*x2 + u0)\nF = v1*h1 + v2*h2 + c"


def without_loss() -> list[Verdict]:
    """A new neuron whose outgoing weight is 0: function, loss and old gradients are as they were, for every f, m."""
    base, grown = network(BASE), network(GROWN)
    new = {Symbol("v2"): S.Zero}
    one, other = (gradient(of.derivation, "L") for of in (base, grown))
    names = ("L", *(adjoint_name("L", weight) for weight in base.parameters))
    answers = [of.function().unfold(Symbol("F")) for of in (base, grown)]
    verdicts = [decide(answers[0], substitute(answers[1], new))]
    return verdicts + [decide(one.unfold(Symbol(n)), substitute(other.unfold(Symbol(n)), new)) for n in names]


@section.definition(
    "P4.81",
    "Growing",
    "Обучение сети при заведомо недостаточном числе нейронов  $N$ […] После стабилизации функции потерь — добавление "
    "нового нейрона и его инициализация путём обучения",
    lines="617, 618",
)
def growing() -> Finding:
    """The network with one neuron more, joined by a weight 0; what trains it: objects, inputs, starts of its own."""
    base, grown = network(BASE), network(GROWN)
    verdicts = [*without_loss(), decide(*(n.function().unfold(Symbol("F")) for n in (grown.drop(["h2"]), base)))]
    # The new neuron's ways to learn, on four objects of a line that a constant fits.
    data = network("inputs x\nh1 = w1*x\nF = h1 + c\ndata x | y\n-1 | 4\n0 | 1\n1 | 1\n2 | 2").rows or ()
    constant = network("inputs x\nF = x*w1 + c")
    errors = [loss_of(replace(constant, rows=(row,))) for row in data]
    fitted = Quadratic.of(total(*errors), ["w1", "c"]).minimizer
    losses = {row: at(e, dict(fitted)) for row, e in zip(data, errors, strict=True)}
    worst = sorted(data, key=lambda row: losses[row], reverse=True)[:2]
    apart = shown(
        min(losses[row] for row in worst) >= max(losses[row] for row in data if row not in worst),
        "the losses of four objects, exactly",
        {str(row): str(value) for row, value in losses.items()},
    )
    fewer = grown.function().unfold(Symbol("h2"))
    subset = decide(substitute(fewer, {Symbol("u2"): S.Zero}), substitute(fewer, {Symbol("x2"): S.Zero}))
    moved = gradient(grown.derivation, "L").unfold(Symbol("dL_dv2"))
    learns = decide(substitute(moved, {Symbol("v2"): S.Zero}), S.Zero)
    return Finding(
        combine([*verdicts, apart, subset]),
        note="The grown network without its new neuron is the old one; joined by v_2 = 0 it has the same function, "
        f"loss and old gradients, and v_2 moves ('its gradient is 0' is {learns.verdict}). The four ways as objects: a "
        "subset of the rows; the rows with the largest losses "
        f"({', '.join(str(losses[row]) for row in worst)} of {', '.join(map(str, losses.values()))} in the example); "
        "u_2 = 0, the neuron without that input; other starts.",
    )


@section.empirical(
    "P4.82",
    "1.5-2 times",
    "**Эмпирический опыт:** Общее время обучения обычно лишь в 1.5 — 2 раза больше, чем если бы в сети сразу было "
    "итоговое число нейронов. Полезная информация, накопленная сетью не теряется при добавлении нейронов.",
    lines="625",
)
def twice_the_time() -> Finding:
    """The second sentence, with an outgoing weight 0; and the time if every size took as many steps as the last."""
    count = size("N")
    steps = decide_recursion([count * (count + 1) / 2], count, [S.Zero], lambda v, k: [v[0] + k + 1])
    ratio = count * (count + 1) / 2 / count
    at_sizes = {n: decide(substitute(ratio, {count: Integer(n)}), u) for n, u in ((2, Rational(3, 2)), (3, Integer(2)))}
    return Finding(
        combine([*without_loss(), steps, *at_sizes.values()]),
        note="What is provable: joined with an outgoing weight 0 a new neuron changes nothing, so nothing is lost and "
        "the least loss cannot rise. If the cost of a step is proportional to the number of neurons and every size "
        "takes as many steps, growing one by one to N costs (N+1)/2 times the training of the last: 3/2 for N = 2, 2 "
        "for N = 3, more for larger N; the usual 1.5 to 2 then needs fewer steps for the small networks.",
    )


# Pruning


def raised(loss: Expr, names: Sequence[str]) -> Expr:
    """By how much the loss rises when these weights are put to 0."""
    return substitute(loss, {Symbol(name): S.Zero for name in names}) - loss


@section.check(
    "P4.83",
    "Pruning criterion",
    "обнуляем вес, смотрим как сильно упала ошибка, сортируем все связи по этому критерию, удаляем  $N$  наименее "
    "значимых",
    lines="633",
    expected="proved-if",
)
def pruning() -> Finding:
    """What one weight and two weights put to 0 add to a quadratic loss; two correlated inputs as the exception."""
    weights = [Symbol(f"w{k}") for k in (1, 2)]
    slopes = [Symbol(f"g{k}") for k in (1, 2)]
    h11, h12, h22 = map(Symbol, ("H11", "H12", "H22"))
    # L near a point, exactly: L(w + d) = L + g d + d H d / 2; a weight is put to 0 by d = -w.
    moves = [Symbol("e1"), Symbol("e2")]
    near = total(
        *(product(g, e) for g, e in zip(slopes, moves, strict=True)),
        (h11 * moves[0] ** 2 + 2 * h12 * moves[0] * moves[1] + h22 * moves[1] ** 2) / 2,
    )
    still = dict.fromkeys(moves, S.Zero)
    zeroed = {e: -w for e, w in zip(moves, weights, strict=True)}
    alone = [substitute(near, {**still, e: zeroed[e]}) for e in moves]
    both = substitute(near, zeroed)
    together = decide(both, total(*alone), parameters=[h12])
    exact = decide(both - total(*alone), h12 * weights[0] * weights[1])
    flat = dict.fromkeys(slopes, S.Zero)
    at_minimum = decide(substitute(alone[0], flat), h11 * weights[0] ** 2 / 2)
    net = network("inputs x1 x2 x3\nF = w1*x1 + w2*x2 + w3*x3\ndata x1 x2 x3 | y\n4 3 0 | 35\n3 4 0 | 35\n0 0 5 | 30")
    point = {Symbol("w1"): Integer(5), Symbol("w2"): Integer(5), Symbol("w3"): Integer(6)}
    loss = loss_of(net)
    rises = {
        names: Rational(substitute(raised(loss, names), point))
        for count in (1, 2)
        for names in combinations(net.parameters, count)
    }
    order = sorted(net.parameters, key=lambda name: rises[(name,)])
    chosen = tuple(sorted(order[:2]))
    best = min((names for names in rises if len(names) == 2), key=lambda names: rises[names])
    witness = {" and ".join(names): str(value) for names, value in rises.items()}
    fails = "" if chosen == best else f" and misses the pair {' and '.join(best)}: {rises[best]}"
    return Finding(
        combine([together, exact, at_minimum]),
        note="For a quadratic loss and any point. Weight k alone changes it by -g_k w_k + H_kk w_k^2/2, two together "
        "by the sum of both and H_12 w_1 w_2, so that what the criterion removes costs the sum of what was measured "
        f"exactly when the condition holds; weights one at a time need none. On three objects with correlated "
        f"x_1, x_2 (rises {listed(witness)}) it takes {' and '.join(chosen)}: {rises[chosen]}{fails}. At a minimum the "
        "change is H_kk w_k^2/2 >= 0: there the error does not fall ('упала') but rises.",
    )


# Stopping


@section.definition(
    "P4.84",
    "Early stopping",
    "Будем останавливать обучение, когда качество на валидации начинает падать",
    lines="649",
)
def early_stopping() -> Finding:
    """Exact descent on two objects, the loss on a third after each step; where it first rises, and what goes on."""
    line = network("inputs x\nF = w1*x + w0")
    training, validation = (loss_of(replace(line, rows=rows)) for rows in (ROWS[:2], ROWS[2:]))
    quadratic = Quadratic.of(training, line.parameters)
    run: list[dict[str, Expr]] = [dict.fromkeys(line.parameters, S.Zero)]
    while len(run) < 12:
        run.append(dict(quadratic.step(run[-1], SHORT)))
    fitted, new = ([at(loss, point) for point in run] for loss in (training, validation))
    stop = stopping_step(new)
    witness = {"training": [str(v.n(4)) for v in fitted], "validation": [str(v.n(4)) for v in new]}
    least = new[stop] == min(new[: stop + 2]) and new[stop + 1] > new[stop]
    trains_on = all(b < a for a, b in pairwise(fitted))
    again = descend(replace(line, rows=ROWS[:2]), run[0], SHORT, [()] * stop)[-1].next_point
    same = combine([decide(again[name].as_expr(), value) for name, value in run[stop].items()])
    return Finding(
        combine([shown(least and trains_on and stop > 0, "losses after each of 11 exact steps", witness), same]),
        note=f"The object: a run of descent on the training rows, cut at the first step after which the loss on other "
        f"rows is larger: here after step {stop}, where that loss is {new[stop].n(4)} and then {new[stop + 1].n(4)}, "
        "while the training loss still falls. 'Quality falls' is read as 'the loss rises'.",
    )


ROWS = tuple(tuple(map(Integer, row)) for row in ((1, 3), (2, 6), (3, 5)))


def stopping_step(losses: Sequence[Rational]) -> int:
    """The first step after which the next loss is larger."""
    return next(k for k, (now, after) in enumerate(pairwise(losses)) if after > now)


@section.definition(
    "P4.85",
    "List of heuristics",
    "$l_1$  и  $l_2$  регуляризация […] Ранняя остановка […] Различные новые градиентные спуски, ускоряющие процедуру "
    "сходимости […] Скип-конекшены […] Аугментация данных",
    lines="641-643, 687",
)
def heuristics() -> Finding:
    """A skip connection as a network, augmentation as data, descents as step maps; the others are P4.84, 86, 87."""
    x, w = Symbol("x"), Symbol("w")
    skip = network("inputs x\nF = f(w*x) + x").function()
    by = gradient(replace(skip, inputs=(), parameters=(*skip.inputs, *skip.parameters)), "F", ["x"])
    verdicts = [decide(by.unfold(Symbol("dF_dx")), 1 + w * call("f", w * x, order=1))]
    line = network("inputs x\nF = w1*x + w0")
    mirrored = tuple((-row[0], row[1]) for row in ROWS)
    parts = [loss_of(replace(line, rows=rows)) for rows in (ROWS, mirrored)]
    verdicts.append(decide(loss_of(replace(line, rows=(*ROWS, *mirrored))), total(*parts)))
    descent = OPTIMIZERS["gradient_descent"].iterate({"w": Symbol("g")}, 1)[-1]["w"]
    ball = OPTIMIZERS["heavy_ball"]
    plain = ball.with_hyperparameters({"gamma": S.Zero}).iterate({"w": Symbol("g")}, 1)[-1]["w"]
    verdicts.append(decide(plain, descent))
    return Finding(
        combine(verdicts),
        note="Each as an object: a skip connection adds 1 to the slope by x, so it does not vanish with f'; augmented "
        "data add their own loss; new descents are step maps with a state (momentum with coefficient 0 is plain "
        f"descent; {len(OPTIMIZERS)} of them in symnet). That they help is experience.",
    )


if __name__ == "__main__":
    section.main()

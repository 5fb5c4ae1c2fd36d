r"""Lecture 3, feed-forward networks: loss, back-propagation, initialization (lines 16-35, 67-78).

f and g are abstract, so what is proved of them holds for every smooth activation.
"""

import re
from dataclasses import replace
from itertools import pairwise
from itertools import product as choices

from sympy import Expr, IndexedBase, Integer, S, Symbol

from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Index, Variable, index, size
from symnet.errors import InputError
from symnet.expressions import product, rewrite, substitute, total
from symnet.moments import expectation, independent, uniform
from symnet.network.initialization import initializer
from symnet.network.layers import Activate, Bias, Dense, layered
from symnet.network.network import Network
from symnet.network.optimizers import OPTIMIZERS
from symnet.operations import call
from symnet.reading.load import network
from symnet.reading.slide import Partial, read_formula
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import Sum
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("E3", "Feed-forward networks")

x, y, F = map(Symbol, "xyF")
neurons, objects = index("j", size("n")), index("i", size("m"))
j, i = neurons.symbol, objects.symbol


def over(body: Expr, where: Index = neurons) -> Expr:
    return Sum(body, where.limits)


def output(of: Network) -> Expr:
    function = of.function()
    return function.unfold(function[of.outputs[0]].rhs)


# What a network is


@section.definition(
    "E3.1",
    "Neuron model, feed-forward nets",
    "Математическая модель нейрона. Feed-Forward Networks",
    lines="16, 20",
)
def neuron_and_network() -> Finding:
    """f(sum_j w_j x_j + b) for every number n of inputs; layers feed only the layers after them."""
    w, signals = IndexedBase("w")[j], IndexedBase("x")[j]
    summed = Equation("s", rhs=over(w * signals) + Symbol("b"))
    fired = Equation("F", rhs=call("f", Symbol("s")))
    inputs = (Variable("x", (neurons,)),)
    neuron = gradient(Derivation((summed, fired), inputs, (Variable("w", (neurons,)), Variable("b"))), "F")
    slope = call("f", summed.rhs, order=1)
    verdicts = [
        decide(neuron.unfold(IndexedBase("dF_dw")[j]), slope * signals),
        decide(neuron.unfold(Symbol("dF_db")), slope),
    ]
    for count in (1, 2, 3):
        names = [f"x_{k}" for k in range(1, count + 1)]
        layer = layered(names, [Dense([[f"w_{k}"] for k in range(1, count + 1)]), Bias("b"), Activate("f")])
        fixed = Derivation((summed, fired), inputs, neuron.parameters).instantiate({neurons.upper: count})
        verdicts.append(decide(output(layer), fixed.unfold(Symbol("F"))))
    first = layered(["x"], [Dense([["w1", "w2"]], ["b1", "b2"]), Activate("f")])
    second = layered(["h1", "h2"], [Dense([["v1"], ["v2"]], "b3")])
    both = layered(["x"], [Dense([["w1", "w2"]], ["b1", "b2"]), Activate("f"), Dense([["v1"], ["v2"]], "b3")])
    fed = {Symbol(f"h{k}"): first.function().unfold(Symbol(f"F{k}")) for k in (1, 2)}
    verdicts.append(decide(output(both), substitute(output(second), fed)))
    refusal = refused("inputs x\nh1 = f(h2 + x)\nh2 = f(h1)\nF = h2")
    verdicts.append(
        shown("cycle" in refusal, "neurons that feed each other are refused", {"answer": refusal or "read"})
    )
    said = refusal.partition(":")[0]
    note = f"the derivative by w_j is f'(s) x_j, for every n; two layers are a composition; a cycle is refused: {said}"
    return Finding(combine(verdicts), note=note)


def refused(text: str) -> str:
    """What symnet says to a network it does not accept."""
    try:
        network(text)
    except InputError as error:
        return error.message
    return ""


@section.check(
    "E3.2",
    "Loss from the likelihood",
    r"$L \leftarrow$ распред., берётся из правдоподобия",
    lines="27",
    expected="proved",
)
def loss_from_likelihood() -> Finding:
    """L = -log p(y | F(x)): the normal density gives the squared error, Bernoulli's the cross-entropy.

    Two losses with the same derivative by every F_i differ by a constant without F, and have the same gradient by
    all weights. c > 0 stands for the root of 2 pi, whatever number it is.
    """
    deviation = Symbol("s")
    out, target = IndexedBase("F")[i], IndexedBase("y")[i]
    square = (out - target) ** 2 / (2 * deviation**2)
    density = call("exp", -square) / (deviation * Symbol("c"))
    losses = {
        "likelihood": over(product(S.NegativeOne, call("log", density)), objects),
        "squares": over(square, objects),
    }
    slopes = {}
    for name, loss in losses.items():
        d = Derivation((Equation("L", rhs=loss),), (Variable("y", (objects,)),), (Variable("F", (objects,)),))
        slopes[name] = gradient(d, "L").unfold(IndexedBase("dL_dF")[i])
    normal = [
        decide(slopes["likelihood"], slopes["squares"]),
        decide(slopes["squares"], (out - target) / deviation**2),
    ]
    # A whole network, with the standard normal density of the table of operations
    text = "inputs x\nh1 = f(w1*x + w01)\nF = h1*w2 + w02\nloss sum "
    nets = [network(text + loss) for loss in ("-log(normal_pdf(F - y))", "(F - y)^2 / 2")]
    gradients = [gradient(net.derivation, "L") for net in nets]
    for name in nets[0].parameters:
        one, other = (d.unfold(Symbol(adjoint_name("L", name))) for d in gradients)
        normal.append(decide(one, other))
    entropy = -(y * call("log", F) + (1 - y) * call("log", 1 - F))
    bernoulli = [
        decide(
            -call("log", substitute(F**y * (1 - F) ** (1 - y), {y: Integer(k)})), substitute(entropy, {y: Integer(k)})
        )
        for k in (0, 1)
    ]
    logit = Derivation(
        (Equation("F", rhs=call("sigmoid", Symbol("z"))), Equation("L", rhs=entropy)),
        (Variable("y"),),
        (Variable("z"),),
    )
    bernoulli.append(decide(gradient(logit, "L").unfold(Symbol("dL_dz")), call("sigmoid", Symbol("z")) - y))
    chances = [Symbol(f"p{k}") for k in (1, 2, 3)]
    joint, apart = call("log", product(*chances)), total(*(call("log", u) for u in chances))
    logs = [
        gradient(Derivation((Equation("L", rhs=u),), (), tuple(Variable(v.name) for v in chances)), "L")
        for u in (joint, apart)
    ]
    additive = [decide(*(d.unfold(Symbol(f"dL_dp{k}")) for d in logs)) for k in (1, 2, 3)]
    note = (
        f"squared error from the normal density, for every number of objects and every deviation s, with the factor "
        f"1/(2 s^2): {combine(normal).verdict}; cross-entropy from Bernoulli's, y = 0 or 1, with gradient F - y by the "
        f"input of a sigmoid: {combine(bernoulli).verdict}. The sum over objects comes from their independence: the "
        f"log of a product is a sum of logs ({combine(additive).verdict}). What is minimized is the same loss up to a "
        f"constant and a positive factor"
    )
    return Finding(combine([*normal, *bernoulli, *additive]), note=note)


CHAIN_RULE = (
    r"$$f(g(x)) \quad \frac{\partial f(g(x))}{\partial x} = \frac{\partial f}{\partial g} "
    r"\frac{\partial g}{\partial x} \cdot \dots \cdot$$"
)


@section.check("E3.3", "Chain rule", CHAIN_RULE, lines="31", expected="proved")
def chain_rule() -> Finding:
    """By Carathéodory's quotients, then what symnet's sweep makes of compositions of 2 to 5 functions.

    f(u) = f(u0) + phi(u)(u - u0) with phi continuous at u0 says that phi(u0) = f'(u0); likewise g with psi.
    """
    printed = CHAIN_RULE.strip("$").partition(r"\quad")[2].replace(r"\cdot \dots \cdot", "")
    ((left, right),) = read_formula(printed).equalities
    at, start, u0 = map(Symbol, ("x", "x0", "u0"))
    inner = u0 + call("psi", at) * (at - start)
    outer = Symbol("f0") + call("phi", inner) * (inner - u0)
    quotient = call("phi", inner) * call("psi", at)
    verdicts = [
        decide(outer - Symbol("f0"), quotient * (at - start)),
        decide(substitute(quotient, {at: start}), call("phi", u0) * call("psi", start)),
    ]
    two = gradient(network("inputs x\nh = g(x)\nF = f(h)").function(), "F", ["x"])
    parts = {
        Partial(Symbol("f"), Symbol("g")): call("f", call("g", x), order=1),
        Partial(Symbol("g"), x): call("g", x, order=1),
        left: two.unfold(Symbol("dF_dx")),
    }
    ours, slide = (rewrite(side, lambda node: parts.get(node)) for side in (left, right))
    verdicts.append(decide(ours, slide))
    verdicts += [longer(depth) for depth in (3, 4, 5)]
    note = (
        "the dots are the factors of longer compositions (3 to 5 functions: the product of all derivatives); for "
        "f(g(x)) itself there is none. The first two identities are the proof, without any rule of differentiation"
    )
    return Finding(combine(verdicts), note=note)


def longer(depth: int) -> Verdict:
    """The derivative of f_n(… f_1(x)) against the product of the derivatives at each inner value."""
    values, factors = [x], []
    for k in range(1, depth + 1):
        factors.append(call(f"f{k}", values[-1], order=1))
        values.append(call(f"f{k}", values[-1]))
    d = gradient(Derivation((Equation("F", rhs=values[-1]),), (Variable("x"),)), "F", ["x"])
    return decide(d.unfold(Symbol("dF_dx")), product(*factors))


BACKWARD = (
    r"$$\frac{\partial L}{\partial z_3} \cdot \frac{\partial z_3}{\partial z_2} \cdot "
    r"\frac{\partial z_2}{\partial W} = \frac{\partial L}{\partial W}$$"
)


@section.check("E3.3a", "Back-propagation chain", BACKWARD, lines="35", expected="proved")
def backpropagation() -> Finding:
    """One neuron a layer, then two, where the products are of Jacobians: sums over the neurons between."""
    verdicts = [chained(width, skip=False) for width in (1, 2)]
    skipping = chained(1, skip=True)
    note = (
        "with several neurons the factors are Jacobian matrices, in this order: the sum over all pairs of neurons; "
        f"every path from W to L goes through z_2 and z_3, with a connection past z_3 it is {skipping.verdict}"
    )
    return Finding(combine(verdicts), note=note)


def chained(width: int, skip: bool) -> Verdict:
    """W x = z_2, z_3 = f(V z_2), L = sum (z_3 - y)^2; a skip adds z_2 to the output."""
    places = range(1, width + 1)

    def weighted(letter: str, row: int, signals: str) -> Expr:
        return total(*(product(Symbol(f"{letter}{row}{k}"), Symbol(f"{signals}{k}")) for k in places))

    equations = [Equation(f"z2{a}", rhs=weighted("W", a, "x")) for a in places]
    equations += [Equation(f"z3{a}", rhs=call("f", weighted("V", a, "z2"))) for a in places]
    misses = [Symbol(f"z3{a}") + (Symbol(f"z2{a}") if skip else 0) - Symbol(f"y{a}") for a in places]
    equations.append(Equation("L", rhs=total(*(u**2 for u in misses))))
    weights = [f"{letter}{a}{b}" for letter in "WV" for a, b in choices(places, places)]
    data = tuple(Variable(f"{letter}{a}") for letter in "xy" for a in places)
    d = Derivation(tuple(equations), data, tuple(map(Variable, weights)))

    def local(of: str, by: str) -> Expr:
        """With the names between taken as given: the entry of a Jacobian."""
        alone = Derivation((d[of],), (), tuple(Variable(s.name) for s in d[of].rhs.free_symbols))
        return gradient(alone, of, [by]).unfold(Symbol(adjoint_name(of, by))) if by in alone.variables else S.Zero

    verdicts = []
    for weight in (name for name in weights if name[0] == "W"):
        way = total(
            *(
                product(local("L", f"z3{a}"), local(f"z3{a}", f"z2{b}"), local(f"z2{b}", weight))
                for a, b in choices(places, places)
            )
        )
        whole = gradient(d, "L", [weight]).unfold(Symbol(adjoint_name("L", weight)))
        verdicts.append(decide(d.unfold(way), whole))
    return combine(verdicts)


# Initialization


@section.check(
    "E3.10",
    "Equal initialisation ⇒ equal dynamics",
    r"Все - дан иници \Rightarrow одинаковая динамика",
    lines="74, 75, 76",
    expected="proved",
)
def equal_dynamics() -> Finding:
    """Gradients of equal neurons are equal; and each optimizer moves equal weights equally: induction."""
    deep = network(
        "inputs x\nh1 = f(w1*x + b1)\nh2 = f(w2*x + b2)\nr1 = f(v11*h1 + v21*h2 + c1)\nr2 = f(v12*h1 + v22*h2 + c2)\n"
        "F = u1*r1 + u2*r2 + b"
    )
    layers = (("w1", "w2"), ("b1", "b2"), ("v11", "v21", "v12", "v22"), ("c1", "c2"), ("u1", "u2"))
    equal_weights = {Symbol(name): Symbol(f"W{k}") for k, layer in enumerate(layers) for name in layer}
    d = gradient(deep.derivation, "L")
    slopes = [[substitute(d.unfold(Symbol(adjoint_name("L", n))), equal_weights) for n in layer] for layer in layers]
    gradients = combine([decide(one, other) for layer in slopes for one, other in pairwise(layer)])
    steps = combine([moves_equally(name) for name in OPTIMIZERS])
    both = substitute(output(deep), equal_weights)
    first = call("f", Symbol("W0") * x + Symbol("W1"))
    single = call("f", 2 * Symbol("W2") * first + Symbol("W3"))
    collapsed = decide(both, 2 * Symbol("W4") * single + Symbol("b"))
    apart = find_witness(*(d.instantiate({deep.objects: 1}).unfold(Symbol(f"dL_dw{k}")) for k in (1, 2)))
    note = (
        f"for every f and every number of objects, two layers of two neurons; the step of each of the "
        f"{len(OPTIMIZERS)} optimizers moves equal weights with equal state equally ({steps.verdict}), so by "
        f"induction they stay equal. Such a network is one with a single neuron a layer ({collapsed.verdict}). "
        f"From different starts the gradients differ: {apart}"
    )
    return Finding(combine([gradients, steps, collapsed]), note=note)


def moves_equally(name: str) -> Verdict:
    """Two parameters with one value, one gradient and one state get one new value and one new state."""
    step = OPTIMIZERS[name].on({"w": Symbol("s_w"), "u": Symbol("s_u")})
    twin = {Symbol(v.name): Symbol(re.sub(r"(^|_)u$", r"\1w", v.name)) for v in step.inputs}
    twin[Symbol("s_u")] = Symbol("s_w")
    written = [e.name for e in step if re.search(r"(^|_)w_next$", e.name)]
    pairs = {n: re.sub(r"(^|_)w_next$", r"\1u_next", n) for n in written}
    new = {n: substitute(step.unfold(Symbol(n)), twin) for pair in pairs.items() for n in pair}
    differing = {n: f"{new[n]}, the other {new[twin_of]}" for n, twin_of in pairs.items() if new[n] != new[twin_of]}
    return shown(not differing, "the same expression, whatever its functions", differing)


@section.check("E3.10a", '"Xavier – эмпирич."', "Xavier - эмпирич.", lines="78", expected="refuted")
def xavier_is_derived() -> Finding:
    """Two conditions on the variance of n independent weights, and the interval that they give together."""
    w, signal, a = IndexedBase("w")[j], IndexedBase("x")[j], Symbol("a")
    square = expectation(over(w * signal) ** 2, "w", independent(uniform(-a, a)))
    kept = decide(square, a**2 / 3 * over(signal**2))
    fans = [Symbol("n_in"), Symbol("n_out")]
    bound = initializer("glorot_uniform").bound(*fans)
    conditions = [product(fan, bound**2) / 3 for fan in fans]
    average = decide(total(*conditions) / 2, S.One)
    each = decide(conditions[0], S.One, parameters=fans)
    derived = combine([kept, average])
    witness: dict[str, object] = {
        "condition forward, backward": "n_in a^2/3 = 1, n_out a^2/3 = 1",
        "their mean gives": f"a = {bound}",
    }
    method = "the interval follows from two conditions on variances, by exact moments for every width"
    note = (
        f"E (sum w_j x_j)^2 = a^2/3 sum x_j^2 for every width ({kept.verdict}): signals keep their size when "
        f"n_in a^2/3 = 1, gradients when n_out a^2/3 = 1. Both hold only for {', '.join(each.assumptions)}; Xavier's a "
        f"solves their mean ({average.verdict}). That the mean is taken, and that activations are linear "
        f"near 0, are the choices"
    )
    found = shown(derived.verdict != "proved", method, witness)
    naming = Naming({n: Variable(n, latex=rf"n_{{\mathrm{{{n[2:]}}}}}") for n in ("n_in", "n_out")})
    right = f"a = {latex(bound, naming)}"
    conditions_latex = r"\frac{1}{2} \left(\frac{n_{\mathrm{in}} a^2}{3} + \frac{n_{\mathrm{out}} a^2}{3}\right) = 1"
    correction = {
        "text": f"a = {text(bound)}, from (n_in a^2/3 + n_out a^2/3)/2 = 1",
        "latex": rf"{conditions_latex} \quad \Rightarrow \quad {right}",
    }
    return Finding(replace(found, correction=correction), note=note)


if __name__ == "__main__":
    section.main()

"""Lecture 8, "everything is very complicated": a chain of three neurons, normalized everywhere (lines 432-541).

The slide normalizes w_1 x to x and goes on from there; `chain` is that network, `whole` the one with w_1 in it.
The bias w_02 stands outside f on one slide (line 488) and inside it on the next (line 511): `outside` and `chain`.
f is abstract, so every verdict holds for every smooth activation.
"""

from itertools import pairwise

from sympy import Add, Expr, Mul, Pow, S, Symbol

from symnet.claims import Finding, Reading, Section, Slide, combine, shown
from symnet.expressions import product, subexpressions
from symnet.network import Network
from symnet.operations import Call, call
from symnet.reading.load import network
from symnet.reading.slide import UnbalancedError
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.truth.assumptions import monotone, negative, nonzero
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("L8", "Everything is very complicated: a normalized chain")

TRAINING_SET = """
data x | y
    -1 | -1
     1 |  1
"""
THREE_OBJECTS = """
data x | y
    -1 | -1
     0 |  0
     1 |  1
"""
CHAIN = """
network chain
inputs x                       # already (w1 x - 0)/w1, line 451
h1 = f(x + w01)
h2 = f(norm(w2*h1) + w02)
F  = f(norm(w3*h2) + w03)
"""
chain = network(CHAIN + TRAINING_SET)
third_input = network(CHAIN.replace("f(norm(w3*h2) + w03)", "norm(w3*h2)") + TRAINING_SET)
outside = network(
    """
inputs x
h1 = f(x + w01)
h2 = f(norm(w2*h1))
F  = f(norm(w3*h2 + w02) + w03)   # the bias as on line 488
"""
    + TRAINING_SET
)


def of_depth(depth: int, normalize: bool) -> Network:
    """A chain of `depth` neurons f(w_k h + w_0k), the input of each normalized or not."""
    lines, signal = ["inputs x"], "x"
    for k in range(1, depth + 1):
        name, z = "F" if k == depth else f"h{k}", f"w{k}*{signal}"
        lines.append(f"{name} = f({f'norm({z})' if normalize else z} + w0{k})")
        signal = name
    return network("\n".join(lines) + TRAINING_SET)


whole = of_depth(3, normalize=True)
first = network("inputs x\nF = norm(w1*x)" + TRAINING_SET)
w1, w2, w3, w01, w02, w03, x = map(Symbol, ("w1", "w2", "w3", "w01", "w02", "w03", "x"))


def entering(net: Network, number: int) -> Expr:
    """What enters the norm of that number at an asked x, written with the C and S before it."""
    return net.function().unfold(net.normalizations[number - 1].norm.args[0])


# z, v: the inputs of the second and the third neuron; B: the latter's value for the second object.
on_chain = Slide(chain, meanings={"z": entering(chain, 1), "v": entering(chain, 2), "B": Symbol("z_2_2")})
on_outside = Slide(outside, meanings={"v": entering(outside, 2), "B": Symbol("z_2_2")})
places = {"outside": on_outside, "inside": on_chain}
# In the network with w_1 the slide's C_1, S_1 belong to the second norm, C_2, S_2 to the third.
later = {f"{name}_{k}": Symbol(f"{name}_{k + 1}") for name in "CS" for k in (1, 2)}
on_whole = Slide(whole, meanings={"z": entering(whole, 2), **later})


def with_first_weight(formula: str) -> str:
    """The verdict on a formula of the slide in the network that has w_1 in it, in words."""
    return _said(on_whole.check(formula).verdict)


def _said(verdict: Verdict) -> str:
    return f"{verdict.verdict} {', '.join(verdict.assumptions)}".strip()


def operations(expression: Expr) -> int:
    """How many operations the expression has when written out, at the cost of its graph."""
    counts: dict[Expr, int] = {}
    for node in subexpressions(expression):
        own = len(node.args) - 1 if isinstance(node, Add | Mul) else isinstance(node, Pow | Call)
        counts[node] = own + sum(counts[child] for child in node.args)
    return counts[expression]


@section.empirical(
    "L8.40",
    "'F gets many times more complicated'",
    "При этом выражение для $F_{NN}(x)$ многократно усложняется.",
    lines="432",
)
def many_times() -> Finding:
    """Operations of F(x) written out for two objects, without and with normalization, one to three neurons."""
    counts = [
        (operations(net.function().unfold(Symbol("F"))), operations(normed.asked().unfold(Symbol("F"))))
        for net, normed in ((of_depth(d, normalize=False), of_depth(d, normalize=True)) for d in (1, 2, 3))
    ]
    witness = {f"depth {d}": f"{a} without, {b} with" for d, (a, b) in enumerate(counts, 1)}
    growing = all(b >= 2 * a for a, b in counts) and all(
        after[1] * before[0] > before[1] * after[0] for before, after in pairwise(counts)
    )
    said = "; ".join(f"{depth}: {count}" for depth, count in witness.items())
    note = f"operations of F(x) written out, without and with normalization: {said}; how many is many stays open"
    return Finding(shown(growing, "operations counted for depth 1, 2, 3", witness), note=note)


@section.check(
    "L8.41",
    "Inputs of first neuron -w_1, w_1, mean 0",
    "Входы в нейрон для объектов ТВ равны: $-w_1, w_1$. Среднее значение $=0$, отклонение равно w_1 .",
    lines="448",
    expected="proved",
)
def inputs_of_the_first_neuron() -> Verdict:
    return combine([Slide(first).check(formula).verdict for formula in ("A = -w_1", "B = w_1", "C = 0")])


@section.check("L8.42", "Deviation of (-w_1, w_1)", "отклонение равно w_1 .", lines="448", expected="proved-if")
def deviation_of_the_first_neuron() -> Finding:
    found = Slide(first).check("S = w_1")
    always = decide(Symbol("S"), call("abs", w1), first.example)
    return Finding(found.verdict, found.derived, note=f"S = |w1| is {always.verdict} for every w1")


@section.check("L8.43", "Normalised input = x", "$$(w_1x - 0)/w_1 = x$$", lines="451", expected="proved-if")
def normalized_input() -> Finding:
    """The printed division by w_1 is no division by the deviation, which is |w_1|."""
    slide = Slide(first)
    printed = slide.check("$$(w_1x - 0)/w_1 = x$$").verdict
    claim = slide.check("$F_{NN}(x) = x$")
    otherwise = decide(Symbol("F"), -x, first.asked(), assumptions=[negative(w1)])
    note = (
        f"the printed quotient is x wherever it is defined ({printed.verdict}), but normalizing divides by S; "
        f"for w1 < 0 it is -x: {otherwise.verdict}"
    )
    return Finding(claim.verdict, claim.derived, note=note)


@section.check(
    "L8.44",
    "w_2 f(x+w_01), C_1",
    r"$$w_2 f(x + w_{01}) = w_2 f(x + w_{01})$$ $C_1 = (w_2 f(-1 + w_{01}) + w_2 f(1 + w_{01})) / 2$",
    lines="459, 478",
    expected="proved",
)
def second_neuron() -> Finding:
    """The printed equation has one thing on both sides: what it says is that this enters the second neuron."""
    enters, mean = "z = w_2 f(x + w_{01})", "$C_1 = (w_2 f(-1 + w_{01}) + w_2 f(1 + w_{01})) / 2$"
    found = [on_chain.check(formula) for formula in (enters, mean)]
    note = (
        f"with x as the first normalized input, as printed; in the network with w1 the input is "
        f"{with_first_weight(enters)}, but C_1 {with_first_weight(mean)}: w1 < 0 only exchanges the two objects"
    )
    return Finding(combine([f.verdict for f in found]), found[0].derived, note=note)


S_1 = r"$$S_1 = \sqrt{((w_2 f(-1 + w_{01}) - C_1)^2 + (w_2 f(1 + w_{01}) - C_1)^2) / 2}$$"


@section.check("L8.45", "S_1", S_1, lines="480", expected="proved")
def deviation_of_the_second_neuron() -> Finding:
    found = on_chain.check(S_1)
    return Finding(found.verdict, found.derived, note=f"in the network with w1: {with_first_weight(S_1)}")


@section.check(
    "L8.46",
    "Bias w_02 outside or inside f",
    r"$w_3 f([w_2 f(x + w_{01}) - C_1] / S_1) + w_{02}$ $w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02})$",
    lines="488, 511",
    expected="ambiguous",
)
def place_of_the_bias() -> Finding:
    """Each slide's input of the third neuron against the one in the slide's own F_NNN (line 533).

    Outside f the next normalization removes the bias again; inside it does not.
    """
    printed = (
        r"w_3 f([w_2 f(x + w_{01}) - C_1] / S_1) + w_{02}",
        r"w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02})",
    )
    readings = tuple(Reading(says, on_chain.check(f"v = {says}").verdict) for says in printed)
    agrees = on_outside.check(f"v = {printed[0]}").verdict
    removed = decide(Symbol("dL_dw02"), S.Zero, Slide(Network(outside.inputs, outside.neurons)).derivation)
    three = network(CHAIN + THREE_OBJECTS)
    matters = find_witness(Symbol("dL_dw02"), S.Zero, Slide(three).derivation)
    two = {place: decide(Symbol("dL_dw02"), S.Zero, on.derivation) for place, on in places.items()}
    note = (
        f"Outside f (line 488, {agrees.verdict} of the network so built) the bias does nothing: dL/dw02 = 0 for any "
        f"number of objects is {removed.verdict}, as the next normalization subtracts it again. Inside f (lines 511, "
        f"533) it counts: with the objects -1, 0, 1 dL/dw02 is {matters}. The slide's two objects cannot tell the "
        "places apart: with them dL/dw02 = 0 is "
        + ", ".join(f"{verdict.verdict} {place}" for place, verdict in two.items())
    )
    method = "compared with the F_NNN of line 533, which has the bias inside f"
    return Finding(Verdict("ambiguous", method, 0.0), readings=readings, note=note)


def balanced(says: str) -> Finding:
    """A formula whose brackets do not match: every way to repair it, with the bias as on its own slide (line 488).

    A reading that holds only for special parameters is a wrong one, so none are looked for.
    """
    try:
        on_outside.read(says)
    except UnbalancedError as error:
        repairs = error.repairs
    verdicts = {place: [_equality(on, repair) for repair in repairs] for place, on in places.items()}
    true = {place: sum(v.verdict == "proved" for v in found) for place, found in verdicts.items()}
    readings = tuple(map(Reading, repairs, verdicts["outside"]))
    method = f"{len(repairs)} ways to balance the brackets by one bracket more or less"
    note = (
        f"True with the bias where line 488 has it, outside f: {true['outside']} of them, as is said at each; with the "
        f"bias inside f (line 511): {true['inside']}"
    )
    return Finding(Verdict("ambiguous", method, 0.0), readings=readings, note=note)


def _equality(on: Slide, formula: str) -> Verdict:
    ((left, right),) = on.read(formula).equalities
    return decide(on.meaning(left), on.meaning(right), on.derivation)


@section.check(
    "L8.47",
    "Second TS value has a stray bracket",
    r"$$w_3 f([w_2 f(1 + w_{01}) - C_1] / S_1) + w_{02})$$",
    lines="495",
    expected="ambiguous",
)
def second_value() -> Finding:
    return balanced(r"$$B = w_3 f([w_2 f(1 + w_{01}) - C_1] / S_1) + w_{02})$$")


C_2 = (
    r"$$C_2 = (w_3 f([w_2 f(-1 + w_{01}) - C_1] / S_1) + w_{02})"
    r" + w_3 f([w_2 f(1 + w_{01}) - C_1] / S_1) + w_{02}) / 2$$"
)


@section.check("L8.48", "C_2", C_2, lines="503", expected="ambiguous")
def mean_of_the_third_neuron() -> Finding:
    return balanced(C_2)


@section.check("L8.49", "Closed form of C_2 (beyond text)", "$$C_2 =", lines="503", expected="proved")
def closed_mean() -> Finding:
    """C_2 = w_3 (f(1+w_02) + f(-1+w_02))/2, the bias inside f."""
    closed = product(w3, plus(w02) + minus(w02)) / 2
    verdict = decide(Symbol("C_2"), closed, chain.example)
    full = decide(Symbol("C_3"), closed, whole.example)
    other = decide(Symbol("C_2"), w02 + product(w3, plus(S.Zero) + minus(S.Zero)) / 2, outside.example)
    note = (
        f"in the network with w1: {_said(full)}; "
        f"with the bias outside f, C_2 = w3 (f(1) + f(-1))/2 + w02: {_said(other)}"
    )
    return Finding(verdict, (text(closed), latex(closed)), note=note)


def plus(bias: Expr) -> Expr:
    return call("f", 1 + bias)


def minus(bias: Expr) -> Expr:
    return call("f", -1 + bias)


def gap(bias: Expr) -> Expr:
    """f(1 + bias) - f(-1 + bias)."""
    return plus(bias) - minus(bias)


@section.check(
    "L8.50",
    "S_2 '[18+]'",
    r"$$S_2 = [18+ : \text{выражение содержит шокирующий контент}].$$",
    lines="505",
    expected="proved",
)
def deviation_of_the_third_neuron() -> Finding:
    """S_2 = |w_3| |f(1+w_02) - f(-1+w_02)|/2: nothing shocking remains of two objects."""
    closed = product(call("abs", w3), call("abs", gap(w02))) / 2
    verdict = decide(Symbol("S_2"), closed, chain.example)
    full = decide(Symbol("S_3"), closed, whole.example)
    long = operations(chain.example.unfold(Symbol("S_2")))
    note = f"{long} operations written out, {operations(closed)} in closed form; with w1 in the network {_said(full)}"
    return Finding(verdict, (text(closed), latex(closed)), note=note)


@section.check(
    "L8.51",
    "Normalised input of third neuron",
    r"$$(w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02}) - C_2) / S_2$$",
    lines="519",
    expected="proved",
)
def normalized_input_of_the_third_neuron() -> Finding:
    """The function of the chain cut off before its last activation."""
    says = r"(w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02}) - C_2) / S_2"
    return Slide(third_input).check(f"F_{{NN}}(x) = {says}")


F_NNN = r"$$F_{NNN}(x) = f([(w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02}) - C_2) / S_2] + w_{03})$$"
L_N = "$$L_N(w) = (F_{NNN}(-1) + 1)^2 + (F_{NNN}(1) - 1)^2 .$$"


@section.check("L8.52", "F_NNN of the chain and L_N", f"{F_NNN} {L_N}", lines="533, 541", expected="proved")
def function_of_the_chain() -> Finding:
    """The printed formulas; beyond the text, F_NNN(+-1) = f(+-eps + w_03) in the network that starts with w_1.

    eps = sgn(w1 w2 w3) times the signs of both gaps f(1+w_0k) - f(-1+w_0k). The product of the deviations is
    |w1 w2 w3| times these gaps over 4, so that the assumption made for eps is where F_NNN is defined at all.
    """
    printed = [on_chain.check(formula) for formula in (F_NNN, L_N)]
    weights, gaps = product(w1, w2, w3), (gap(w01), gap(w02))
    everything, d = product(weights, *gaps), whole.example
    deviations = product(*(Symbol(n.deviation) for n in whole.normalizations))
    domain = decide(deviations, call("abs", everything) / 4, d)
    eps = call("sign", everything)
    values = [
        decide(Symbol(name), call("f", sign * eps + w03), d, assumptions=[nonzero(everything)])
        for name, sign in (("F_1", -1), ("F_2", 1))
    ]
    simple = call("f", call("sign", weights) + w03)
    increasing = decide(Symbol("F_2"), simple, d, assumptions=[monotone("f", True, [(u, 1) for u in gaps])])
    weakest = decide(Symbol("F_2"), simple, d)
    note = (
        f"in the network with w1 F_NNN(x) is {with_first_weight(F_NNN)}; eps = sgn(w1 w2 w3) is "
        f"{increasing.verdict} for increasing f, in general {_said(weakest)}"
    )
    verdict = combine([*(p.verdict for p in printed), domain, *values, increasing])
    return Finding(verdict, printed[0].derived, note=note)


if __name__ == "__main__":
    section.main()

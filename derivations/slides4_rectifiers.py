"""Slides 4, activation functions: ReLU, Leaky ReLU, ELU, and how neurons die (lines 122-170).

At the kink the derivative is the one the frameworks take, that of the negative side; no statement below depends on
it except where it says so.
"""

from sympy import Expr, S, Symbol, oo

from symnet.activations import Activation
from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.expressions import product, substitute
from symnet.operations import call
from symnet.reading.load import network
from symnet.reading.slide import read_formula
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.truth.assumptions import Condition, equal, negative, positive
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("P4", "Activation functions: ReLU and its relatives")

u, a, alpha = Symbol("u"), Symbol("a"), Symbol("alpha")
relu, leaky, elu = Activation.of("relu"), Activation.of("leaky_relu", a), Activation.of("elu", alpha)


def sign(of: Expr) -> Expr:
    return call("sign", of)


def chain(depth: int) -> Derivation:
    """z_k = w_k h_(k-1) + b_k, h_k = ReLU(z_k), and the gradient of the last h by h_0."""
    equations, before = [], Symbol("h0")
    for k in range(1, depth + 1):
        equations.append(Equation(f"z{k}", rhs=product(Symbol(f"w{k}"), before) + Symbol(f"b{k}")))
        equations.append(Equation(f"h{k}", rhs=call("relu", Symbol(f"z{k}"))))
        before = Symbol(f"h{k}")
    return gradient(Derivation(tuple(equations), (), (Variable("h0"),)), f"h{depth}")


@section.check("P4.18", "ReLU gradient does not vanish", "Градиент не затухает", lines="123", expected="proved-if")
def gradient_of_relu() -> Finding:
    """f' = 1 where the condition found holds; along a path of such neurons only the weights are multiplied."""
    found = decide(relu.derivative, S.One)
    slopes, z, on = chain(3), [Symbol(f"z{k}") for k in (1, 2, 3)], [Symbol(f"on{k}") for k in (1, 2, 3)]
    passed = slopes.unfold(Symbol("dh3_dh0"), {e.name for e in slopes if e.name.startswith("d")})
    switched = substitute(passed, {relu_slope(pre): switch for pre, switch in zip(z, on, strict=True)})
    path = [
        decide(switched, product(*(Symbol(f"w{k}") for k in (1, 2, 3)), *on)),
        decide(relu_slope(u), S.One, assumptions=[positive(u)]),
        decide(relu_slope(u), S.Zero, assumptions=[negative(u)]),
    ]
    note = (
        "a path of three neurons passes on w1 w2 w3 times [z1 > 0] [z2 > 0] [z3 > 0] "
        f"({combine(path).verdict}): the activation takes nothing or everything away, the weights still may"
    )
    return Finding(combine([found, *path]), note=note)


def relu_slope(at: Expr) -> Expr:
    return substitute(relu.derivative, {relu.argument: at})


@section.empirical(
    "P4.19",
    "ReLU fast, converges faster, not centred",
    "Быстро вычисляется […] Сходимость сеток ускоряется […] Не центрирован относительно нуля",
    lines="122, 124, 132",
)
def not_centred() -> Finding:
    """ReLU(u) + ReLU(-u) = |u|: over a symmetric distribution the mean is E|u|/2, positive unless u = 0 surely."""
    values = relu.range
    found = [
        decide(relu(u) + relu(-u), call("abs", u)),
        decide(sign(relu(u)), S.One, assumptions=[positive(u)]),
        decide(values.lower, S.Zero),
    ]
    note = f"proved: not centred (range {values}, mean E|u|/2 over a symmetric distribution); speed is measured"
    return Finding(combine(found), note=note)


# Dead neurons

HIDDEN = """
inputs x
h1 = relu(w1*x + w01)
h2 = relu(w2*x + w02)
F  = w3*h1 + w4*h2 + w05
loss sum g(F - y)
"""
OBJECTS = (1, 2)


def dead(weights: tuple[tuple[str, str], ...]) -> list[Condition]:
    """w x_i + w0 < 0 for every object."""
    return [negative(product(Symbol(w), Symbol(f"x_{i}")) + Symbol(bias)) for w, bias in weights for i in OBJECTS]


@section.check(
    "P4.20",
    "Net dies if all ReLUs are zero",
    "Сетка может умереть, если активация занулитесь на всех нейронах",
    lines="131",
    expected="proved",
)
def dead_net() -> Finding:
    """With all pre-activations negative on the batch every partial but that of the output's bias is 0.

    Then w_1, w_01, w_2, w_02 do not move, the pre-activations stay as they are, and so on after every step.
    """
    net = network(HIDDEN)
    by = gradient(net.derivation.instantiate({net.objects: len(OBJECTS)}), "L")
    all_dead = dead((("w1", "w01"), ("w2", "w02")))
    silent = [w for w in net.parameters if w != "w05"]
    zero = [decide(Symbol(adjoint_name("L", w)), S.Zero, by, assumptions=all_dead) for w in silent]
    alive = find_witness(Symbol("dL_dw05"), S.Zero, by, all_dead)
    one_dead = find_witness(Symbol("dL_dw2"), S.Zero, by, dead((("w1", "w01"),)))
    note = (
        "for any loss, two objects, two hidden neurons: the net is a constant for ever, "
        f"{'only' if alive else 'not even'} the output's bias learns; when one neuron is dead the other one "
        f"{'still learns' if one_dead else 'was not seen to learn'}"
    )
    return Finding(combine(zero), note=note)


w0, w1, w2 = map(Symbol, ("w0", "w1", "w2"))
PRE_ACTIVATION = w0 + product(w1, Symbol("h1")) + product(w2, Symbol("h2"))


@section.check(
    "P4.21",
    "Large negative w_0 kills a neuron at once",
    "Если  $w_0$  инициализировано большим отрицательным числом, нейрон сразу умирает",
    lines="142",
    expected="proved-if",
)
def killed_by_its_bias() -> Finding:
    """How large: the condition under which the neuron is 0 is found; under it no gradient reaches its weights."""
    found = decide(call("relu", PRE_ACTIVATION), S.Zero)
    neuron = Derivation(
        (Equation("f", rhs=call("relu", PRE_ACTIVATION)), Equation("L", rhs=call("g", Symbol("f")))),
        (Variable("h1"), Variable("h2")),
        (Variable("w0"), Variable("w1"), Variable("w2")),
    )
    by = gradient(neuron, "L")
    inactive = (negative(PRE_ACTIVATION), equal(w0, w0 - PRE_ACTIVATION))
    still = [decide(Symbol(f"dL_d{w}"), S.Zero, by, assumptions=[c]) for w in (w0, w1, w2) for c in inactive]
    mild = find_witness(call("relu", PRE_ACTIVATION), S.Zero, assumptions=[negative(w0)])
    note = (
        f"at once and for ever when that holds for every object, w0 <= -max(w1 h1 + w2 h2); under it the gradient "
        f"by w0, w1, w2 is 0 ({combine(still).verdict}). Negative alone is not enough: {mild}"
    )
    return Finding(combine([found, *still]), note=note)


@section.definition(
    "P4.26", "ReLU neuron", r"$f(x) = \max(0, w_0 + w_1 \cdot h_1 + \dots + w_k \cdot h_k)$", lines="141"
)
def relu_neuron() -> Verdict:
    """max(0, t) is ReLU(t) for every t, so for every k; the neuron of k = 2 as printed."""
    ((printed,),) = read_formula(r"\max(0, w_0 + w_1 \cdot h_1 + w_2 \cdot h_2)").equalities
    neuron = network("inputs h1 h2\nF = relu(w0 + w1*h1 + w2*h2)").function()
    return combine([decide(call("max", S.Zero, u), relu(u)), decide(neuron["F"].rhs, printed)])


# Leaky ReLU and ELU


@section.check(
    "P4.22",
    "Leaky ReLU does not die",
    "Как ReLU, но не умирает, всё ещё легко считается",
    lines="149",
    expected="proved-if",
)
def leaky_does_not_die() -> Finding:
    """f' has one value on each side of the kink; its square is positive under the condition found."""
    kink = leaky.kink
    assert kink is not None
    sides = ((kink.right, positive(u)), (kink.left, negative(u)))
    found = [decide(leaky.derivative, value, assumptions=[side]) for value, side in sides]
    found += [decide(sign(value) ** 2, S.One) for value, _ in sides]
    like = decide(substitute(leaky(u), {a: S.Zero}), relu(u))
    note = (
        f"f' is {kink.right} for u > 0 and {kink.left} for u < 0 (at 0, by convention, {kink.taken}); with a = 0 "
        f"it is ReLU ({like.verdict}), which dies"
    )
    return Finding(combine([*found, like]), note=note)


@section.check(
    "P4.23",
    "'Derivative may have any sign' (Leaky ReLU)",
    "Производная может быть любого знака",
    lines="150",
    expected="proved-if",
)
def any_sign() -> Finding:
    """1 for u > 0 it always has; -1 for u < 0 it has under the condition found."""
    found = [
        decide(sign(leaky.derivative), S.One, assumptions=[positive(u)]),
        decide(sign(leaky.derivative), S.NegativeOne, assumptions=[negative(u)]),
    ]
    usual = Activation.of("leaky_relu", a, assumptions=(positive(a),))
    note = (
        f"with the usual a > 0 the derivative is positive on both sides (its sign: {usual.slope_sign()}); the output "
        f"then takes either sign, range {usual.range}"
    )
    return Finding(combine(found), note=note)


@section.check(
    "P4.24", "a≠1 else linear", r"Важно, чтобы  $a \neq 1$ , иначе линейность", lines="151", expected="proved"
)
def linear_for_one() -> Finding:
    """f(u) = u for a = 1; and for no other a is it linear: f(1) + f(-1) = 1 - a, which is 0 for linear f."""
    ones = decide(substitute(leaky(u), {a: S.One}), u)
    bend = decide(leaky(S.One) + leaky(-S.One), 1 - a)
    smooth = leaky.smooth(1)
    assert smooth is not None
    note = (
        "f(1) + f(-1) = 1 - a, so for every other a it is not linear; its derivative is continuous too iff "
        f"{' and '.join(map(str, smooth))}"
    )
    return Finding(combine([ones, bend]), note=note)


@section.empirical(
    "P4.25",
    "Recommendations on activations",
    "$ReLU$  — стандартный выбор для свёрточных сетей […] В рекуррентных сетках чаще всего предпочитается  $tanh$",
    lines="155-158",
)
def recommendations() -> Finding:
    """What can be said for two of them: tanh keeps a recurrent state bounded, and Leaky ReLU revives a dead net."""
    bounded, free = Activation.of("tanh").range, relu.range
    leaking = network(HIDDEN.replace("relu(w1*x + w01)", "leaky_relu(w1*x + w01, 1/100)"))
    by = gradient(leaking.derivation.instantiate({leaking.objects: len(OBJECTS)}), "L")
    revived = find_witness(Symbol("dL_dw1"), S.Zero, by, dead((("w1", "w01"), ("w2", "w02"))))
    finite = shown(
        oo not in (bounded.upper, -bounded.lower) and free.upper == oo,
        "ranges",
        {"tanh": str(bounded), "relu": str(free)},
    )
    gets = shown(revived is not None, "a dead net with one Leaky ReLU has a gradient", {"dL/dw1": str(revived)})
    note = (
        f"proved: a state h = tanh(…) stays in {bounded}, one of ReLU in {free} need not; where every ReLU is dead a "
        "Leaky ReLU still gets a gradient; what is chosen in practice is no theorem"
    )
    return Finding(combine([finite, gets]), note=note)


@section.definition(
    "P4.27",
    "ELU",
    r"$$f(x) = \begin{cases} x, & x \geq 0 \\ \alpha \cdot (e^x - 1), & x < 0 \end{cases}$$",
    lines="168, 170",
)
def exponential_linear_unit() -> Finding:
    """Both lines of the printed definition and the value at 0; continuity and the continuous derivative."""
    ((above,),), ((below,),) = (read_formula(line).equalities for line in ("x", r"\alpha \cdot (e^x - 1)"))
    x = Symbol("x")
    found = [
        decide(elu(x), above, assumptions=[positive(x)]),
        decide(elu(S.Zero), substitute(above, {x: S.Zero})),
        decide(elu(x), below, assumptions=[negative(x)]),
        decide(elu.jump(0), S.Zero),
    ]
    smooth, kink = elu.smooth(1), elu.kink
    assert smooth is not None
    assert kink is not None
    growing = Activation.of("elu", alpha, assumptions=(positive(alpha),))
    note = (
        f"continuous for every alpha; the derivative jumps from {kink.left} to {kink.right} at 0, so it is "
        f"continuous iff {' and '.join(map(str, smooth))}; for alpha > 0 it grows and its range is {growing.range}. "
        "That it improves the convergence of deep nets is experience"
    )
    return Finding(combine(found), (text(elu(x)), latex(elu(x))), note=note)


if __name__ == "__main__":
    section.main()

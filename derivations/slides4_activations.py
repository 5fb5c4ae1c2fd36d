"""Slides 4, sigmoid and tanh, and how a gradient passes through them (lines 87-116).

Sigmoid and tanh are analysed by `symnet.activations` from their definitions by exp and arithmetic: range,
symmetry, the largest derivative with a certificate. Derivatives are those of the sweep through these definitions.
"""

from dataclasses import replace

from sympy import Expr, Integer, Rational, S, Symbol

from symnet.activations import Activation
from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.expressions import product, subexpressions
from symnet.operations import OPERATIONS, Call, call
from symnet.reading.load import network
from symnet.reading.slide import read_formula
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.truth.assumptions import nonzero
from symnet.truth.evaluate import evaluate
from symnet.truth.verdict import decide
from symnet.truth.witness import find_witness

section = Section("P4", "Activation functions: sigmoid and tanh")

x = Symbol("x")
sigmoid, tanh = map(Activation.of, ("sigmoid", "tanh"))


def sign(u: Expr) -> Expr:
    return call("sign", u)


def sigma(u: Expr) -> Expr:
    return call("sigmoid", u)


def from_definition(name: str) -> Derivation:
    """f and df_dx by the sweep through exp and arithmetic, not by the rule the table has for f'."""
    written = OPERATIONS[name].definition
    assert written is not None
    return gradient(Derivation((Equation("f", rhs=written(x)),), (), (Variable("x"),)), "f")


# Sigmoid


@section.check("P4.9", "σ' = σ(1−σ)", r"$\sigma'(x) = \sigma(x) \cdot (1 - \sigma(x))$", lines="87", expected="proved")
def slope_of_sigmoid() -> Finding:
    ((right,),) = read_formula(r"\sigma(x) \cdot (1 - \sigma(x))").equalities
    slope = from_definition("sigmoid")
    return Finding(decide(Symbol("df_dx"), right, slope), (text(slope["df_dx"].rhs), latex(slope["df_dx"].rhs)))


@section.check(
    "P4.10",
    "Maximum of σ' is 1/4",
    r"значит максимальное значение её производной это  $\frac{1}{4}$",
    lines="88",
    expected="proved",
)
def largest_slope_of_sigmoid() -> Finding:
    """The bound symnet finds is the printed one: bound - σ' is a square, which is 0 at the argument it finds."""
    ((printed,),) = read_formula(r"\frac{1}{4}").equalities
    peak = sigmoid.peak
    square = product(peak.factor, (sigma(x) - peak.value) ** 2)
    found = [
        decide(peak.bound, printed),
        decide(printed - Symbol("df_dx"), square, from_definition("sigmoid")),
        decide(sigma(peak.at), peak.value),
    ]
    certificate = f"{printed} - sigmoid'(x) = {square}"
    return Finding(combine(found), note=f"{certificate}, which is 0 at x = {peak.at}: the maximum is attained")


@section.check(
    "P4.11",
    "Sigmoid takes values on [0;1]",
    r"Сигмоида принимает значения на отрезке  $[0; 1]$",
    lines="88",
    expected="refuted",
)
def range_of_sigmoid() -> Finding:
    """The ends are limits and no values: σ > 0 and 1 - σ > 0 everywhere."""
    values = sigmoid.range
    inside = combine([decide(sign(sigma(x)), S.One), decide(sign(1 - sigma(x)), S.One)])
    closed = values.lower_attained and values.upper_attained
    witness = {"a value of the segment that σ(x) never has": str(values.lower), "the range": str(values)}
    ends = shown(closed, "sign of σ and of 1 - σ, limits at both infinities", witness)
    right = {"text": str(values), "latex": f"({latex(values.lower)}; {latex(values.upper)})"}
    note = (
        f"σ > 0 and σ < 1 for every x: {inside.verdict}; every value is in the segment, but 0 and 1 are none; the "
        "maximum of σ' does not need the ends"
    )
    return Finding(replace(combine([ends, inside]), correction=None if closed else right), note=note)


def sigmoid_chain(depth: int) -> Derivation:
    """z_k = w_k h_(k-1) + b_k, h_k = σ(z_k), and the gradient of the last h by h_0 and everything between."""
    equations, before = [], Symbol("h0")
    for k in range(1, depth + 1):
        equations.append(Equation(f"z{k}", rhs=product(Symbol(f"w{k}"), before) + Symbol(f"b{k}")))
        equations.append(Equation(f"h{k}", rhs=sigma(Symbol(f"z{k}"))))
        before = Symbol(f"h{k}")
    parameters = tuple(Variable(f"{letter}{k}") for k in range(1, depth + 1) for letter in "wb")
    chain = Derivation(tuple(equations), (), (Variable("h0"), *parameters))
    return gradient(chain, f"h{depth}", ["h0", *(v.name for v in parameters)])


def rest(k: int) -> Expr:
    """2 σ(z_k) - 1: its square is what 4 σ' lacks of 1."""
    return 2 * sigma(Symbol(f"z{k}")) - 1


@section.check(
    "P4.12",
    "Exponential vanishing, paralysis",
    "Если сеть очень глубокая, происходит **затухание градиента** […] Градиент затухает экспоненциально",
    lines="89, 90",
    expected="proved",
)
def vanishing_gradient() -> Finding:
    """The ledger's |Π w_k σ_k'| <= Π |w_k|/4^n for every n: 4 σ' = 1 - (2σ - 1)^2 is in (0; 1], and so are products.

    Induction on n, with P the product of the first n factors 4 σ': if 0 < P <= 1 then for the next factor 1 - q^2
    both P (1 - q^2) and 1 - P (1 - q^2) = (1 - P) + P q^2 are sums of products of what is not negative.
    """
    before, q = Symbol("P"), Symbol("q")
    slope = from_definition("sigmoid")
    found = [
        decide(4 * Symbol("df_dx"), 1 - (2 * sigma(x) - 1) ** 2, slope),
        decide(sign(Symbol("df_dx")), S.One, slope),
        decide(1 - product(before, 1 - q**2), (1 - before) + product(before, q**2)),
    ]
    for depth in (1, 2, 3):
        weights = product(*(Symbol(f"w{k}") for k in range(1, depth + 1)))
        factors = product(*(1 - rest(k) ** 2 for k in range(1, depth + 1)))
        chain = sigmoid_chain(depth)
        found.append(decide(Symbol(f"dh{depth}_dh0"), product(weights, factors) / 4**depth, chain))
    growing = steepest_chain(8)
    note = (
        "hence the gradient vanishes exponentially when all |w_k| <= c < 4; the weights are not bounded by the "
        f"slide, and with w = 8 and every σ' at its maximum the gradient after 1, 2, 3 neurons is {growing}"
    )
    return Finding(combine(found), note=note)


def steepest_chain(weight: int) -> str:
    """dh_n/dh_0 for n = 1, 2, 3 with every weight the same and biases that make every pre-activation 0."""
    values = []
    for depth in (1, 2, 3):
        point: dict[str, Expr] = {"h0": Rational(1, 2)}
        for k in range(1, depth + 1):
            point |= {f"w{k}": Integer(weight), f"b{k}": Rational(-weight, 2)}
        values.append(evaluate(sigmoid_chain(depth), point, [f"dh{depth}_dh0"])[f"dh{depth}_dh0"].text)
    return ", ".join(values)


@section.empirical(
    "P4.12a",
    "Which layers move faster; shallow nets",
    "более ранние веса обновляются дольше, более глубокие веса быстрее […] "
    "В сетях с небольшим числом слоёв этот эффект незаметен",
    lines="90, 91",
)
def earlier_layers() -> Finding:
    """dL/db_(k-1) = dL/db_k · w_k σ'_(k-1): the earlier bias moves |w_k|/4 times as much as the next one at most."""
    chain = sigmoid_chain(4)
    found = []
    for k in (2, 3, 4):
        earlier, later = (Symbol(f"dh4_db{j}") for j in (k - 1, k))
        found.append(decide(earlier, product(later, Symbol(f"w{k}"), 1 - rest(k - 1) ** 2) / 4, chain))
    note = (
        "proved: in a chain the gradient by a bias is that by the next one times w_k σ', at most |w_k|/4 of it, so "
        "with |w_k| < 4 earlier biases move less; how many layers make that noticeable is no theorem"
    )
    return Finding(combine(found), note=note)


@section.check(
    "P4.13", "Sigmoid not centred", "Сигмоида не центрирована относительно нуля", lines="96", expected="proved"
)
def sigmoid_not_centred() -> Finding:
    """σ(x) + σ(-x) = 1, so the mean over every symmetric distribution is 1/2, and no value at all is below 0."""
    centre = sigmoid.centre
    assert centre is not None
    around = decide(sigma(x) + sigma(-x), 2 * centre)
    elsewhere = decide(sign(centre), S.One)
    note = f"centred around {centre}; the range is {sigmoid.range}"
    return Finding(combine([around, elsewhere, decide(sign(sigma(x)), S.One)]), note=note)


NEURON = """
inputs h1 h2
o1 = sigmoid(h1)
o2 = sigmoid(h2)
F = g(w1*o1 + w2*o2)
loss sum f(F - y)
"""


@section.check(
    "P4.14",
    "'Gradients of incoming weights are positive'",
    "он всегда положительный, значит градиент по весам, идущим на вход в текущий нейрон тоже положительные  "
    r"$\Rightarrow$  они обновляются в одинаковом направлении",
    lines="97",
    expected="proved-if",
)
def same_direction() -> Finding:
    """dL/dw_i = δ o_i with o_i > 0 and any loss and activation: the sign of every one is that of δ = dL/dz.

    The condition under which it is positive is found; that the directions are equal is δ o_1 · o_2 = δ o_2 · o_1.
    """
    net = network(NEURON)
    z = Equation("z", rhs=product(Symbol("w1"), sigma(Symbol("h1"))) + product(Symbol("w2"), sigma(Symbol("h2"))))
    one = Derivation((z, Equation("L", rhs=call("g", Symbol("z")))), (), (Variable("w1"), Variable("w2")))
    slopes = gradient(one, "L", ["w1", "w2", "z"])
    positive_ones = decide(sign(Symbol("dL_dw1")), S.One, slopes)
    ratio = decide(
        product(Symbol("dL_dw1"), sigma(Symbol("h2"))), product(Symbol("dL_dw2"), sigma(Symbol("h1"))), slopes
    )
    delta = decide(Symbol("dL_dw1"), product(Symbol("dL_dz"), sigma(Symbol("h1"))), slopes)
    two = gradient(net.derivation.instantiate({net.objects: 2}), "L")
    opposite = find_witness(sign(Symbol("dL_dw1")), sign(Symbol("dL_dw2")), two)
    summed = "even the signs differ" if opposite else "no two signs were seen to differ"
    note = (
        f"they have one sign, that of δ = dL/dz, which may be negative ({combine([ratio, delta]).verdict}); that is "
        f"of one object: summed over two objects {summed}"
    )
    return Finding(combine([positive_ones, ratio, delta]), note=note)


@section.empirical("P4.15", "Zig-zag convergence", "Сходимость идёт медленнее и зигзагообразно, но идёт", lines="98")
def zigzag() -> Finding:
    """A step -h δ (o_1, o_2) of one object moves both weights up or both down, so no step leads to w* with w*_1 >
    w_1, w*_2 < w_2: the product of both moves is (h δ)^2 o_1 o_2."""
    h, delta, o1, o2 = Symbol("h"), Symbol("delta"), sigma(Symbol("h1")), sigma(Symbol("h2"))
    moves = product(-h, delta, o1), product(-h, delta, o2)
    found = decide(sign(product(*moves)), S.One, assumptions=(nonzero(h), nonzero(delta)))
    note = "proved: one step never raises one weight and lowers the other; that convergence is slower is experience"
    return Finding(found, note=note)


@section.empirical("P4.17", "e^x is expensive", "Вычислять  $e^x$  дорого", lines="107")
def exponentials() -> Finding:
    """How many exponentials a value takes, and that its derivative takes none beyond those of the value."""
    names, value = ("sigmoid", "tanh", "relu"), Symbol("v")
    first = {name: exponentials_in(call(name, x)) for name in names}
    again = {name: exponentials_in(call(name, x).partials(value)[0]) for name in names}
    listed = ", ".join(f"{name} {first[name]} + {again[name]}" for name in names)
    holds = first["sigmoid"] > first["relu"] < first["tanh"] and not any(again.values())
    note = f"exponentials of a value + of the derivative once the value is known: {listed}; their price is measured"
    return Finding(shown(holds, "exponentials counted in the definitions", {"counts": listed}), note=note)


def exponentials_in(expression: Expr) -> int:
    """Distinct exponentials in what the table defines the expression by."""
    found: set[Expr] = set()
    stack = [expression]
    while stack:
        for node in subexpressions(stack.pop()):
            if isinstance(node, Call) and node.function == "exp":
                found.add(node)
            elif isinstance(node, Call) and node.operation.definition is not None:
                stack.append(node.operation.definition(*node.args))
    return len(found)


# tanh


@section.check(
    "P4.16",
    "tanh",
    r"Центрирован относительно нуля […] $f'(x) = 1 - f(x)^2 \Rightarrow$  затухание градиента",
    lines="114, 116",
    expected="proved",
)
def hyperbolic_tangent() -> Finding:
    """tanh is odd; the derivative of its definition; 0 < f' <= 1 with f' = 1 at 0 only, and f' -> 0 far out."""
    slope, peak = from_definition("tanh"), tanh.peak
    t = call("tanh", x)
    ((printed,),) = read_formula(r"1 - \tanh(x)^2").equalities
    values = tanh.range
    found = [
        decide(call("tanh", -x), -t),
        decide(Symbol("df_dx"), printed, slope),
        decide(sign(Symbol("df_dx")), S.One, slope),
        decide(peak.bound - Symbol("df_dx"), product(peak.factor, t**2), slope),
        *(decide(far_end, S.Zero) for far_end in (1 - values.lower**2, 1 - values.upper**2)),
    ]
    note = (
        f"0 < f' <= {peak.bound}, with equality at x = {peak.at} only; range {values}, so f' = 1 - f^2 goes to 0 at "
        "both infinities. No factor below 1 bounds f': a gradient through saturated units vanishes, one through "
        "units near 0 need not (for the sigmoid 1/4 bounds every factor)"
    )
    return Finding(combine(found), note=note)


if __name__ == "__main__":
    section.main()

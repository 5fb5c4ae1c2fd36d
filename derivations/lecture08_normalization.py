"""Lecture 8, normalization inside a network: why, and the formulas for two hidden neurons (lines 268-418).

f is abstract throughout, so every verdict holds for every smooth activation. "For every number of objects" is a
normal form of sums over a symbolic batch; the lecture's own training set has the two objects -1 and 1.
"""

from sympy import Expr, Integer, Rational, S, Symbol

from symnet.claims import Finding, Section, Slide, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.expressions import product, substitute, total
from symnet.network import Network
from symnet.network.layers import Activate, Bias, Dense, Normalize, layered
from symnet.operations import call, sqrt
from symnet.reading.load import network
from symnet.sums import normal_form, sum_over
from symnet.truth.assumptions import greater, positive
from symnet.truth.evaluate import evaluate
from symnet.truth.numbers import Number
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("L8", "Normalization inside the network")

TRAINING_SET = """
data x | y
    -1 | -1
     1 |  1
"""
HIDDEN = """
inputs x
h1 = f(w1*x + w01)
h2 = f(w2*x + w02)
"""
plain = network(HIDDEN + "F = h1*w3 + h2*w4 + w03" + TRAINING_SET)
normalized = network(HIDDEN + "F = norm(h1*w3 + h2*w4) + w03" + TRAINING_SET)
unbiased = network(HIDDEN + "F = norm(h1*w3 + h2*w4, ddof=1) + w03" + TRAINING_SET)
upper_right = network(HIDDEN + "F = f(norm(h1*w11 + h2*w21) + w03)" + TRAINING_SET)
right_layer = network(
    HIDDEN
    + """
r1 = f(norm(h1*w11 + h2*w21) + w03)
r2 = f(norm(h1*w12 + h2*w22) + w04)
F  = r1*w5 + r2*w6 + w05
"""
    + TRAINING_SET
)
slide = Slide(normalized)
L, A, B, w03 = map(Symbol, ("L", "A", "B", "w03"))


def standardized(net: Network) -> Verdict:
    """Every normalized signal has mean 0 and deviation 1 over the objects, for every number of them.

    With S^2 = V by definition, the mean square is 1 when the sum of xhat_j^2 S^2 is m V; S itself stays a name.
    """
    d, (first, last) = net.derivation, net.statistics_range
    left: dict[str, Expr] = {}
    for norm in net.normalizations:
        value, deviation = d[norm.value], d[norm.deviation]
        limits = (net.object_index.symbol, first, last)
        (variance,) = deviation.rhs.args
        sums = {
            f"sum of {norm.value}": sum_over(value.reference, limits),
            f"sum of {norm.value}^2 S^2 - m V": product(deviation.reference**2, sum_over(value.reference**2, limits))
            - product(net.objects, variance),
        }
        left |= {what: normal_form(d.unfold(u, {norm.value, norm.mean})) for what, u in sums.items()}
    method = f"normal form of sums, for every number of objects, of {len(net.normalizations)} norm"
    return shown(not any(left.values()), method, {what: str(u) for what, u in left.items()})


@section.definition(
    "L8.27",
    "Input data normalised",
    "данные, передаваемые между входным слоем и первым внутренним слоем **нормализованы**",
    lines="285",
)
def normalized_inputs() -> Verdict:
    """A norm on each of two inputs, on the way into the first hidden layer."""
    net = network("inputs x1 x2\nh = f(w1*norm(x1) + w2*norm(x2) + w01)\nF = h*w3 + w03")
    return standardized(net)


@section.check(
    "L8.27a",
    "First hidden layer = input layer for transformed data",
    "Первый внутренний слой можно считать входным слоем при преобразованных данных.",
    lines="309",
    expected="proved",
)
def hidden_layer_as_input_layer() -> Finding:
    """The rest of the network, fed with the hidden layer's signals as data, has the same loss and gradient."""
    rest = network("inputs h1 h2\nF = h1*w3 + h2*w4 + w03")
    whole, tail = (gradient(net.derivation, "L", rest.parameters) for net in (symbolic(plain), rest))
    names = {"L", *(adjoint_name("L", p) for p in rest.parameters)}
    inner = {e.name for e in whole} - {"h1", "h2"}
    left = {
        name: normal_form(whole.unfold(whole[name].rhs, inner) - tail.unfold(tail[name].rhs)) for name in sorted(names)
    }
    for_all = shown(
        not any(left.values()),
        "normal form of sums, for every number of objects",
        {n: str(u) for n, u in left.items()},
    )
    on_set = combine([_same_on_training_set(rest, name) for name in sorted(names)])
    moving = sorted(str(p) for row in _hidden_signals().values() for u in row for p in u.free_symbols)
    note = (
        f"the loss and its derivatives by {', '.join(rest.parameters)} agree; unlike the data of an input layer, "
        f"the transformed data depend on {', '.join(dict.fromkeys(moving))}"
    )
    return Finding(combine([for_all, on_set]), note=note)


def symbolic(net: Network) -> Network:
    """The same network over a batch of any size."""
    return Network(net.inputs, net.neurons, name=net.name)


def _same_on_training_set(rest: Network, name: str) -> Verdict:
    """One quantity of the whole network against the rest on the table of transformed objects."""
    table = {**_hidden_signals(), "y": [row[1] for row in plain.rows or ()]}
    tail = gradient(rest.derivation, "L", rest.parameters).instantiate({rest.objects: 2}, table)
    return decide(Symbol(name), tail.unfold(Symbol(name)), Slide(plain).derivation)


def _hidden_signals() -> dict[str, list[Expr]]:
    """The columns h1, h2 of the transformed training set."""
    return {h: [plain.example.unfold(Symbol(f"{h}_{i}")) for i in (1, 2)] for h in ("h1", "h2")}


@section.check(
    "L8.28",
    "Xavier: one interval for all weights",
    "Перед ГС веса генерируются из **единого интервала** $[-a, a]$. Следовательно, сигнал, передаваемый по всем "
    "связям должен быть одного масштаба.",
    lines="310",
    expected="proved-if",
)
def one_interval() -> Finding:
    """Xavier's a = sqrt(6/(n_in + n_out)) (Glorot and Bengio 2010, eq. 16) in two layers after each other."""
    n = [Symbol(f"n_{k}") for k in range(3)]
    verdict = decide(_xavier(*n[:2]), _xavier(*n[1:]), parameters=n, assumptions=[positive(k) for k in n])
    own = decide(_xavier(1, 2), _xavier(2, 1))  # the example of line 328: 1, 2 and 1 neurons
    wide = decide(_xavier(1, 2), _xavier(2, 2))  # with a layer of two neurons on the right, line 399
    note = (
        "Xavier's a belongs to a layer: two neighbouring layers share it only under the condition. "
        f"Widths 1, 2, 1 of the lecture's example: {own.verdict}; widths 1, 2, 2 of the next one: {wide.verdict}"
    )
    return Finding(verdict, note=note)


def _xavier(n_in: Expr | int, n_out: Expr | int) -> Expr:
    return sqrt(Integer(6) / (n_in + n_out))


@section.definition(
    "L8.28a",
    "General rule: normalise input of each layer",
    "нужно нормализовать данные, входящие в каждый слой НС.",
    lines="316",
)
def every_layer_normalized() -> Verdict:
    """Two layers of two neurons and an output, a norm on the input of each."""
    net = layered(
        ["x"],
        [
            Dense([["w1", "w2"]]),
            Normalize(),
            Bias(["w01", "w02"]),
            Activate("f"),
            Dense([["w11", "w12"], ["w21", "w22"]]),
            Normalize(),
            Bias(["w03", "w04"]),
            Activate("f"),
            Dense([["w5"], ["w6"]]),
            Normalize(),
            Bias("w05"),
        ],
    )
    return standardized(net)


@section.definition(
    "L8.29",
    "Two-hidden-neuron net for BN",
    r"$F_{NN}(x) = f(w_1x + w_{01})w_3 + f(w_2x + w_{02})w_4 + w_{03}$",
    lines="328, 330",
)
def two_hidden_neurons() -> Finding:
    on = Slide(plain)
    function = on.check(r"$F_{NN}(x) = f(w_1x + w_{01})w_3 + f(w_2x + w_{02})w_4 + w_{03}$")
    loss = on.check(r"$L(w) = (F_{NN}(-1) + 1)^2 + (F_{NN}(1) - 1)^2$")
    return Finding(combine([function.verdict, loss.verdict]), function.derived)


@section.check(
    "L8.30",
    "n versus n-1 'does not change answers much'",
    r"$$S = \sqrt{1/(n-1)[()^2 + \dots + ()^2]}$$ $$S = \sqrt{1/n[()^2 + \dots + ()^2]}$$ "
    "Замена одной формулы на другую по сути не сильно меняет ответы.",
    lines="363, 367, 369",
    expected="proved",
)
def two_deviations() -> Finding:
    """S_n = sqrt((n-1)/n) S_{n-1}: by squares for every n, and directly for n = 2..5 symbolic values."""
    nets = [network(f"inputs x\nF = norm(x, ddof={ddof})") for ddof in (0, 1)]
    n = nets[0].objects
    by_n, by_n_minus_1 = (net.derivation["S"].rhs.args[0] for net in nets)
    rest = normal_form(product(n, by_n) - product(n - 1, by_n_minus_1))
    squares = shown(rest == 0, "n V_n = (n-1) V_{n-1} by normal form of sums, for every n", {"rest": str(rest)})
    few = [_deviations_of(nets, count) for count in range(2, 6)]
    return Finding(combine([squares, *few]), note=_how_much())


def _deviations_of(nets: list[Network], count: int) -> Verdict:
    by_n, by_n_minus_1 = (net.derivation.instantiate({net.objects: count}) for net in nets)
    factor = sqrt(Rational(count - 1, count))
    return decide(by_n.unfold(Symbol("S")), product(factor, by_n_minus_1.unfold(Symbol("S"))))


def _how_much() -> str:
    """The stated factor is exact; how far "not much" reaches, and what it does to the lecture's own example."""
    near = next(n for n in range(2, 1000) if Number(Rational(n - 1, n)).sqrt() > Rational(99, 100))
    smallest = Number(Rational(1, 2)).sqrt()
    least = (1 - smallest) ** 2 * 2
    d = unbiased.example
    claimed = total(product(Integer(2), w03**2), least.as_expr())
    other = decide(L, claimed, d, assumptions=[greater(B, A)])
    return (
        f"normalized values are multiplied by sqrt((n-1)/n): {smallest.text()} at n = 2, within 1 percent of 1 "
        f"from n = {near} on. In the lecture's example (n = 2, B > A) the least loss would be {least.text()} "
        f"with n - 1 ({other.verdict}) instead of 0"
    )


A_B_C = (
    "$A = f(-w_1 + w_{01})w_3 + f(-w_2 + w_{02})w_4$",
    "$B = f(w_1 + w_{01})w_3 + f(w_2 + w_{02})w_4$",
    "$C = (A+B)/2$",
)


@section.check(
    "L8.31",
    "A, B, C",
    ", ".join(A_B_C),
    lines="345, 347, 349",
    expected="proved",
)
def inputs_of_the_last_neuron() -> Verdict:
    return combine([slide.check(formula).verdict for formula in A_B_C])


section.formula(
    "L8.32",
    "S",
    r"$$S = \sqrt{((A - C)^2 + (B - C)^2)/2} \quad \text{отклонение}$$",
    slide,
    lines="351",
    expected="proved",
)


@section.check(
    "L8.33",
    "Normalised values are ±1 (beyond text)",
    "$(f(w_1 x + w_{01})w_3 + f(w_2 x + w_{02})w_4 - C)/S$",
    lines="376",
    expected="proved",
)
def plus_and_minus_one() -> Finding:
    """The slide's expression at -1 and 1 is the normalized value, whose square is 1, with the sign of B - A."""
    ((printed,),) = slide.read("(f(w_1 x + w_{01})w_3 + f(w_2 x + w_{02})w_4 - C)/S").equalities
    sign = call("sign", B - A)
    verdicts = []
    for x, value in ((S.NegativeOne, -sign), (S.One, sign)):
        expression = substitute(slide.meaning(printed), {Symbol("x"): x})
        verdicts += [
            decide(expression, value, normalized.example),
            decide(expression**2, S.One, normalized.example),
        ]
    note = "where A = B the deviation is 0 and the expression is not defined"
    return Finding(combine(verdicts), (f"{sign} at x = 1", r"\hat{x}(\pm 1) = \pm\operatorname{sgn}(B - A)"), note=note)


@section.check(
    "L8.34",
    "TS normalised: mean 0, deviation 1",
    "ТВ (данные уже нормализованы, у них среднее 0, отклонение 1):",
    lines="332",
    expected="proved",
)
def training_set_is_normalized() -> Finding:
    """The mean and deviation of the column x, exactly."""
    mean, deviation = _mean_and_deviation(0)
    other = _mean_and_deviation(1)[1]
    holds = mean == 0 and deviation == 1
    verdict = shown(holds, "exact values", {"mean": str(mean), "deviation": str(deviation)})
    return Finding(verdict, note=f"with n - 1 in place of n the deviation of -1, 1 would be {other}")


def _mean_and_deviation(ddof: int) -> tuple[Number | None, Number | None]:
    net = network(f"inputs x\nF = norm(x, ddof={ddof})" + TRAINING_SET)
    values = evaluate(net.example, {}, ["C", "S"])
    return values["C"].exact, values["S"].exact


section.formula(
    "L8.35",
    "F_NNN",
    r"$$F_{NNN}(x) = (f(w_1 x + w_{01})w_3 + f(w_2 x + w_{02})w_4 - C)/S + w_{03}$$",
    slide,
    lines="380",
    expected="definition",
    kind="definition",
)


@section.check(
    "L8.36",
    "L_N 'is what must be minimised'",
    r"$$L_N(w) = (F_{NNN}(-1) + 1)^2 + (F_{NNN}(1) - 1)^2$$ ВОТ **её и надо минимизировать.**",
    lines="384, 386",
    expected="proved",
)
def loss_of_the_normalized_network() -> Finding:
    """The printed formula, and beyond the text its value: 2 w03^2 + 4 - 4 sgn(B - A)."""
    printed = slide.check(r"$$L_N(w) = (F_{NNN}(-1) + 1)^2 + (F_{NNN}(1) - 1)^2$$")
    square = product(Integer(2), w03**2)
    closed = decide(L, total(square, Integer(4), product(Integer(-4), call("sign", B - A))), normalized.example)
    cases = [
        f"L_N = {value} if {' and '.join(decide(L, value, normalized.example).assumptions)}"
        for value in (square, square + 8)
    ]
    moving = [p for p in normalized.parameters if not _flat(p)]
    note = f"{'; '.join(cases)}. Gradient descent moves only {', '.join(moving)}: every other derivative is 0"
    return Finding(combine([printed.verdict, closed]), printed.derived, note=note)


def _flat(parameter: str) -> bool:
    return decide(Symbol(adjoint_name("L", parameter)), S.Zero, slide.derivation).verdict == "proved"


A_B = (
    "$$A = f(-w_1 + w_{01})w_{11} + f(-w_2 + w_{02})w_{21}$$",
    "$$B = f(w_1 + w_{01})w_{11} + f(w_2 + w_{02})w_{21}$$",
)


@section.check(
    "L8.37",
    "Many-neuron layer: A, B",
    ", ".join(A_B),
    lines="399, 401",
    expected="proved",
)
def inputs_of_the_upper_right_neuron() -> Verdict:
    return combine([Slide(upper_right).check(formula).verdict for formula in A_B])


@section.check(
    "L8.38",
    "Output of the upper right neuron",
    "$$f((f(xw_1+w_{01})w_{11}+f(xw_2+w_{02})w_{21}-C)/S+w_{03})$$",
    lines="416",
    expected="proved",
)
def output_of_the_upper_right_neuron() -> Finding:
    says = "f((f(xw_1+w_{01})w_{11}+f(xw_2+w_{02})w_{21}-C)/S+w_{03})"
    return Slide(upper_right).check(f"F_{{NN}}(x) = {says}")


@section.definition(
    "L8.39",
    "Each neuron has its own C, S",
    "(там будут свои выражения для среднего и отклонения)",
    lines="418",
)
def own_mean_and_deviation() -> Finding:
    """Each neuron of the right layer writes its own C and S, from its own weights, and they differ."""
    d = right_layer.example
    other_weights = {Symbol("w11"): Symbol("w12"), Symbol("w21"): Symbol("w22")}
    verdicts = []
    for name in ("C", "S"):
        first, second = Symbol(f"{name}_1"), Symbol(f"{name}_2")
        verdicts.append(decide(substitute(d.unfold(first), other_weights), second, d))
        verdicts.append(decide(d.unfold(first), upper_right.example.unfold(Symbol(name))))
        apart = find_witness(first, second, d)
        method = f"{first} and {second} differ at a point"
        verdicts.append(shown(apart is not None, method, apart.as_dict() if apart else {"found": "no point"}))
    return Finding(combine(verdicts), note="C_2, S_2 are C_1, S_1 with w12, w22 in place of w11, w21")


if __name__ == "__main__":
    section.main()

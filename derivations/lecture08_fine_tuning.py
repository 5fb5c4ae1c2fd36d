"""Lecture 8, fine tuning of the normalization: the corrective coefficients a, b (lines 547-650).

A normalized input x' is replaced by a x' + b with trainable a, b, one pair for the whole net or one a layer. As on
the slides, the first normalized input is x itself: `tuned` is that network. The networks "with w1" normalize w_1 x
instead, which is x only for w_1 > 0; the notes say what becomes of the formulas there. f is abstract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product as choices

from sympy import Expr, S, Symbol

from symnet.claims import Finding, Section, Slide, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable, names_used, size
from symnet.errors import DegenerateError
from symnet.expressions import product, substitute, total
from symnet.network.network import Network
from symnet.operations import call, sqrt
from symnet.reading.load import network
from symnet.sums import normal_form, sum_over
from symnet.truth.assumptions import Condition, monotone, negative, nonzero, positive
from symnet.truth.evaluate import Value, evaluate
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("L8", "Fine tuning of the normalization")

TRAINING_SET = """
data x | y
    -1 | -1
     1 |  1
"""
TUNED = """
network tuned_chain
inputs x
x1 = a*x + b                          # what enters a layer
h1 = f(x1 + w01)
x2 = norm(w2*h1, scale=a, shift=b)
h2 = f(x2 + w02)
x3 = norm(w3*h2, scale=a, shift=b)
F  = f(x3 + w03)
"""
OWN = """
network each_layer_its_own
inputs x
x1 = a1*x + b1
h1 = f(x1 + w01)
x2 = norm(w2*h1, scale=a2, shift=b2)
h2 = f(x2 + w02)
x3 = norm(w3*h2, scale=a3, shift=b3)
F  = f(x3 + w03)
"""
WITH_W1 = {"a*x + b": "norm(w1*x, scale=a, shift=b)", "a1*x + b1": "norm(w1*x, scale=a1, shift=b1)"}


def with_first_weight(text: str) -> str:
    """The network with the first normalization written out."""
    for as_printed, normalized in WITH_W1.items():
        text = text.replace(as_printed, normalized)
    return text


tuned, own = network(TUNED + TRAINING_SET), network(OWN + TRAINING_SET)
tuned_w1, own_w1 = (network(with_first_weight(text) + TRAINING_SET) for text in (TUNED, OWN))
standard = network(TUNED.replace("a*x + b", "x").replace(", scale=a, shift=b", "") + TRAINING_SET)
a, b, c, k, s, t, w, x = map(Symbol, "abckstwx")
w2, w3, w01, w02, w03 = map(Symbol, ("w2", "w3", "w01", "w02", "w03"))


def f(u: Expr) -> Expr:
    return call("f", u)


def slide_of(net: Network) -> Slide:
    """The names of a slide about this network; X_k(x) is what enters the k-th layer.

    With w_1 in the network, the slide's C_1, S_1 belong to its second norm, C_2, S_2 to its third.
    """
    layers = {f"X_{k}": replace(net, outputs=(f"x{k}",), loss=None) for k in (1, 2, 3)}
    later = {f"{name}_{k}": Symbol(f"{name}_{k + 1}") for name in "CS" for k in (1, 2)}
    return Slide(net, functions=layers, meanings=later if len(net.normalizations) == 3 else {})


def printed(formulas: Sequence[str]) -> list[str]:
    """X_k(x) = the k-th printed formula."""
    return [f"X_{k}(x) = {formula.strip('$')}" for k, formula in enumerate(formulas, 1)]


def checked(net: Network, formulas: Sequence[str]) -> Verdict:
    return combine([slide_of(net).check(formula).verdict for formula in formulas])


def said(verdict: Verdict) -> str:
    return f"{verdict.verdict} {', '.join(verdict.assumptions)}".strip()


def at_x(net: Network) -> Derivation:
    """The equations of the data, and the function at a free x with their C and S."""
    return net.example.extend(net.function().equations)


def for_every_batch(net: Network, name: str, values: Mapping[Expr, Expr]) -> Expr:
    """An equation written out for the objects 1..m, with values put in for parameters."""
    derivation = replace(net, rows=None).derivation
    return substitute(derivation.unfold(derivation[name].rhs), values)


# c and s, a and b


@section.check(
    "L8.55",
    "Trainable c, s",
    "входы каждого нейрона в сети будут нормироваться «средним» c и «отклонением» s .",
    lines="567",
    expected="proved-if",
)
def trainable_mean_and_deviation() -> Finding:
    """(z - c)/s and a x' + b are the same functions of z = w x: each is brought into the form of the other.

    C and S stay names, so this holds for every batch with S != 0. The condition is where c and s do not exist, and
    there the forms do differ: a x' + b is constant, (z - c)/s changes with z.
    """
    with_ab = network("inputs x\nF = norm(w*x, scale=a, shift=b)" + TRAINING_SET)
    with_cs = network("inputs x\nF = (w*x - c)/s" + TRAINING_SET)
    corrected, trainable = (net.function()["F"].rhs for net in (with_ab, with_cs))
    mean, deviation = Symbol("C"), Symbol("S")
    new_ab = {a: deviation / s, b: (mean - c) / s}
    new_cs = {s: deviation / a, c: mean - product(b, deviation) / a}
    same = combine(
        [
            decide(trainable, substitute(corrected, new_ab)),
            decide(corrected, substitute(trainable, new_cs)),
            decide(trainable - substitute(trainable, {x: t}), product(w, x - t) / s),
        ]
    )
    conditions = [f"{p} != 0" for p in (a, b) if any(is_undefined(value, {p: S.Zero}) for value in new_cs.values())]
    witness = {"a": "0", "a x' + b": substitute(corrected, {a: S.Zero}), "(z - c)/s from t to x": "w*(x - t)/s"}
    witness = {name: str(value) for name, value in witness.items()}
    verdict = shown(same.verdict == "proved", f"{same.method}, both ways, for every batch", witness, conditions)

    rescaled = decide(trainable, substitute(trainable, {name: product(k, name) for name in (w, c, s)}))
    no_batch = not with_cs.normalizations and names_used(trainable) == {"x", "w", "c", "s"}
    blind = decide(Symbol("dL_dw"), S.Zero, with_ab.fill(gradient(with_ab.derivation, "L")))
    seeing = find_witness(Symbol("dL_dw"), S.Zero, with_cs.fill(gradient(with_cs.derivation, "L")))
    note = (
        f"the same functions, another training: a = S/s, b = (C - c)/s move with the weights; on the two objects "
        f"dL/dw = 0 is {blind.verdict} with a, b, while with c, s dL/dw is {seeing}. No mean or deviation of the "
        f"batch is left in (z - c)/s: {no_batch}; (w, c, s) -> (k w, k c, k s) leaves it: {rescaled.verdict}"
    )
    return Finding(verdict, note=note)


def is_undefined(value: Expr, point: Mapping[Expr, Expr]) -> bool:
    """Whether the expression divides by 0 at the point, other names being 1."""
    names = sorted(names_used(value))
    derivation = Derivation((Equation("value", rhs=value),), parameters=tuple(map(Variable, names)))
    try:
        evaluate(derivation, {name: Value.of(point.get(Symbol(name), S.One)) for name in names})
    except DegenerateError:
        return True
    return False


@section.check(
    "L8.56",
    "Mean and deviation of ax'+b are b and a",
    "если среднее значение и отклонение величины x' были равны 0 и 1, то среднее значение и отклонение величины "
    "$ax'+b$ будут равны b и a соответственно.",
    lines="581",
    expected="proved-if",
)
def mean_and_deviation_of_the_corrected() -> Finding:
    """x' are the normalized values of any m numbers, a x' + b is normalized again: its C and S are looked at.

    (Numbers of mean 0 and deviation 1 are their own x'.) With S_1^2 = V_1 the variance of the numbers, for every m
    the mean is b, and the variance V_2 has V_2 V_1 = a^2 V_1, so the deviation is the root of a^2.
    """
    twice = network("inputs x\nz1 = norm(x, scale=a, shift=b)\nF = norm(z1)").derivation
    written_out = set(twice.definitions) - {"S_1"}
    variances = [twice[name].rhs.args[0] for name in ("S_1", "S_2")]
    first, second = (twice.unfold(v, written_out) for v in variances)
    left_over = {
        "mean - b": normal_form(twice.unfold(twice["C_2"].rhs, written_out) - b),
        "S_1^2 variance - a^2 V_1": normal_form(product(second, Symbol("S_1") ** 2) - product(a**2, first)),
    }
    witness = {name: str(rest) for name, rest in left_over.items()}
    every_m = shown(all(rest == 0 for rest in left_over.values()), "normal form of sums, for every m", witness)
    root = decide(sqrt(a**2), a)
    small = [
        decide(Symbol(name), value, twice.instantiate({size("m"): m}))
        for m in (2, 3)
        for name, value in (("C_2", b), ("S_2", a))
    ]
    always = decide(sqrt(a**2), call("abs", a))
    note = f"for every m by normal form, for m = 2 and 3 also as it stands; the deviation is |a|: {always.verdict}"
    return Finding(combine([every_m, root, *small]), note=note)


@section.definition(
    "L8.57",
    "ax'+b",
    "на вход слою НС подавать не x' , а выражение $ax'+b$, где a, b - новые параметры сети",
    lines="579",
)
def corrected_input() -> Verdict:
    """norm(z, scale=a, shift=b) is a x' + b with the x' of norm(z); dL/da, dL/db as for parameters of the net."""
    corrected = network("inputs x\nF = norm(w*x, scale=a, shift=b)")
    normalized = network("inputs x\nF = norm(w*x)").function()["F"].rhs
    formula = Slide(corrected, meanings={"xprime": normalized}).check("F_{NN}(x) = ax'+b").verdict
    slopes = gradient(corrected.derivation, "L", ("F", "a", "b"))
    i = corrected.object_index
    signal, value = slopes["dL_dF"].at(i.symbol), slopes["xhat"].at(i.symbol)
    by_hand = {"dL_da": sum_over(product(signal, value), i.limits), "dL_db": sum_over(signal, i.limits)}
    rest = {name: normal_form(slopes[name].rhs - sum_) for name, sum_ in by_hand.items()}
    holds = {"a", "b"} == set(corrected.parameters) - {"w"} and all(r == 0 for r in rest.values())
    method = "dL/da = sum of dL/dF_i x'_i and dL/db = sum of dL/dF_i, for every m"
    trained = shown(holds, method, {name: str(r) for name, r in rest.items()})
    return combine([formula, trained])


# The chain with a, b

LAYERS = (
    "$$ax+b$$",
    "$$a(w_2 f(ax+b+w_{01})-C_1)/S_1+b$$",
    r"$$a(w_3 f([a(w_2 f(ax+b+w_{01})-C_1)/S_1+b]+w_{02})-C_2)/S_2+b$$",
)
FUNCTION = "$$F_{NNN}(x)=f([a(w_3 f([a(w_2 f(ax+b+w_{01})-C_1)/S_1+b]+w_{02})-C_2)/S_2+b]+w_{03})$$"
STEPS = [f(a + b + bias) - f(-a + b + bias) for bias in (w01, w02)]
SHIFTED = {b: b + t, **{bias: bias - t for bias in (w01, w02, w03)}}


@section.check("L8.58", "Chain with a,b; redundancy of b", " ".join(LAYERS), lines="609, 611, 613", expected="proved")
def chain_with_a_b() -> Finding:
    """The formulas; and b only counts through b + w_0k: b + t with every w_0k - t is the same net, for every m."""
    layers = printed(LAYERS)
    moved = {
        "L": for_every_batch(tuned, "L", SHIFTED) - for_every_batch(tuned, "L", {}),
        "F(x)": asked(tuned, SHIFTED) - asked(tuned, {}),
    }
    redundant = shown(
        all(rest == 0 for rest in moved.values()),
        "b -> b + t, w_0k -> w_0k - t leaves L the same for every number of objects, and F(x)",
        {name: str(rest) for name, rest in moved.items()},
    )
    slopes = gradient(at_x(tuned), "F")
    biases = total(*(Symbol(adjoint_name("F", bias.name)) for bias in (w01, w02, w03)))
    slope = decide(Symbol(adjoint_name("F", "b")), biases, slopes)
    note = (
        f"b is redundant: only b + w01, b + w02, b + w03 occur, dF/db = dF/dw01 + dF/dw02 + dF/dw03 "
        f"({slope.verdict}); the formulas with w1 in the network: {said(checked(tuned_w1, layers))}"
    )
    return Finding(combine([checked(tuned, layers), redundant, slope]), note=note)


def asked(net: Network, values: Mapping[Expr, Expr]) -> Expr:
    """F at a free x with everything written out, C and S too."""
    return substitute(at_x(net).unfold(Symbol("F")), values)


@section.check(
    "L8.59",
    "F_NNN with a,b; optimum",
    FUNCTION + r" Мы минимизируем $L_N(w)$, и значение a, b в точке минимума даст нам оптимальные значения для "
    "коэффициентов нормализации",
    lines="617, 621",
    expected="proved-if",
)
def function_and_optimum() -> Finding:
    """The formula; on the batch F(-1) = f(-a + b + w_03), F(1) = f(a + b + w_03) under conditions that are found.

    Candidates are a sign of w_2 w_3 and a direction of f; one is kept when both equations are proved for a > 0 and
    for a < 0. (For a = 0 the deviations are 0.)
    """
    formula = slide_of(tuned).check(FUNCTION)
    found = {}
    for sign, increasing in choices((positive, negative), (True, False)):
        verdicts = [on_the_batch(sign(product(w2, w3)), increasing, side) for side in (positive(a), negative(a))]
        found[sign(product(w2, w3)).text, increasing] = combine(verdicts)
    good = [conditions for conditions, verdict in found.items() if verdict.verdict == "proved"]
    signs = {sign for sign, _ in good}
    directions = " or ".join(f"f {'increasing' if up else 'decreasing'}" for _, up in good)
    failing = next(verdict for verdict in found.values() if verdict.verdict == "refuted")
    batch = shown(
        len(signs) == 1,
        "F(-1) = f(-a + b + w03) and F(1) = f(a + b + w03) by normal form for a > 0 and a < 0",
        failing.witness,
        [*signs, directions],
    )
    slopes = tuned.fill(gradient(tuned.derivation, "L"))
    silent = [n for n in ("w2", "w3", "w01", "w02") if decide(Symbol(f"dL_d{n}"), S.Zero, slopes).verdict == "proved"]
    tied = decide(Symbol("dL_db"), Symbol("dL_dw03"), slopes)
    sigma = product(w2, w3, *STEPS)
    general = decide(Symbol("F_2"), f(a * call("sign", sigma) + b + w03), tuned.example, assumptions=(nonzero(sigma),))
    note = (
        f"for any f F(1) = f(sgn({sigma}) a + b + w03) is {general.verdict}; "
        f"the loss on this data sees only a and b + w03: dL/d of {', '.join(silent)} vanish, dL/db = dL/dw03 "
        f"({tied.verdict}), so no minimum determines b; with w1 in the network the formula is "
        f"{said(checked(tuned_w1, [FUNCTION]))}"
    )
    return Finding(combine([formula.verdict, batch]), formula.derived, note=note)


def on_the_batch(sign: Condition, increasing: bool, side: Condition) -> Verdict:
    """F at both objects for a monotone f: its steps have the sign of 2a between the arguments or of -2a."""
    ((_, of_a),) = side.signs
    direction = monotone("f", increasing, [(step, of_a if increasing else -of_a) for step in STEPS])
    values = {"F_1": f(-a + b + w03), "F_2": f(a + b + w03)}
    return combine(
        [
            decide(Symbol(name), value, tuned.example, assumptions=(sign, side, direction), seconds=4)
            for name, value in values.items()
        ]
    )


@section.check(
    "L8.60",
    "a=1,b=0 recovers standard normalisation",
    "если модель решит, что значения $a=1$, $b=0$ для нее оптимальны, **то мы вернемся к стандартной "
    "нормализации** со средним 0 и отклонением 1.",
    lines="637",
    expected="proved",
)
def standard_normalization() -> Verdict:
    """F at every x and L for every number of objects against the network without a, b; then mean and deviation."""
    point = {a: S.One, b: S.Zero}
    slide = Slide(tuned, functions={"F_0": standard}, point={"a": 1, "b": 0})
    function = slide.check("F_{NNN}(x) = F_0(x)").verdict
    rest = for_every_batch(tuned, "L", point) - for_every_batch(standard, "L", {})
    loss = shown(rest == 0, "L is the same for every number of objects", {"difference": str(rest)})
    twice = network("inputs x\nz1 = norm(x, scale=a, shift=b)\nF = norm(z1)" + TRAINING_SET)
    statistics = Slide(twice, point={"a": 1, "b": 0}).check("C_2 = 0, S_2 = 1").verdict
    return combine([function, loss, statistics])


SLIP = "$F_{NNN}(x)=f([a(w_3f([a(w_2f(ax+b+w_{01})-C_1)/S_1+b]+w_{02})-C_2)/S_2+b+w_{03})$"


@section.check("L8.61", "Bracket slip in the table", SLIP, lines="649", expected="ambiguous")
def bracket_slip() -> Finding:
    """Every repair by one bracket that can be read, against the formula of line 617 as it is read."""
    slide = slide_of(tuned)
    found = slide.check(SLIP)
    intended = slide.read(FUNCTION).equalities
    same = sum(slide.read(reading.latex).equalities == intended for reading in found.readings)
    note = (
        f"All places for one bracket more or less that can be read have {len(found.readings)} meaning together, and "
        f"{same} of these is that of line 617"
    )
    return replace(found, note=note)


OWN_LAYERS = (
    "$a_1x+b_1$",
    "$a_2(w_2f(a_1x+b_1+w_{01})-C_1)/S_1+b_2$",
    "$a_3(w_3f([a_2(w_2f(a_1x+b_1+w_{01})-C_1)/S_1+b_2]+w_{02})-C_2)/S_2+b_3$",
)
OWN_FUNCTION = "$F_{NNN}(x)=f(a_3(w_3f([a_2(w_2f(a_1x+b_1+w_{01})-C_1)/S_1+b_2]+w_{02})-C_2)/S_2+b_3+w_{03})$"


@section.check(
    "L8.62", "Per-layer a_k, b_k", " ".join((*OWN_LAYERS, OWN_FUNCTION)), lines="641, 646-649", expected="proved"
)
def each_layer() -> Finding:
    """The four formulas of the table; and every b_k only counts through b_k + w_0k."""
    formulas = [*printed(OWN_LAYERS), OWN_FUNCTION]
    slopes = gradient(at_x(own), "F")
    pairs = [(adjoint_name("F", f"b{k}"), adjoint_name("F", f"w0{k}")) for k in (1, 2, 3)]
    redundant = combine([decide(Symbol(shift), Symbol(bias), slopes) for shift, bias in pairs])
    note = (
        f"dF/db_k = dF/dw_0k for k = 1, 2, 3: {redundant.verdict}, so each b_k is redundant; "
        f"F_NNN with w1 in the network: {said(checked(own_w1, [OWN_FUNCTION]))}"
    )
    return Finding(checked(own, formulas), slide_of(own).check(OWN_FUNCTION).derived, note=note)


if __name__ == "__main__":
    section.main()

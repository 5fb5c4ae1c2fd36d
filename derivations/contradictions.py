"""Where the lectures contradict each other: the same thing written in two ways, and when both are right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import ge, gt, lt
from typing import Any

from sympy import Expr, Poly, S, Symbol, factor_list

from derivations.lecture08_two_neurons import net
from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.expressions import product, substitute
from symnet.operations import call
from symnet.reading.slide import Vocabulary, read_formula
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.truth.assumptions import Condition, equal, negative, nonzero, positive, vanishing
from symnet.truth.verdict import Verdict, decide

section = Section("X", "Contradictions between the lectures")

alpha, gamma, old, new, F, y, x, c, V, Z, h, w = map(
    Symbol, ("alpha", "gamma", "old", "new", "F", "y", "x", "c", "V", "Z", "h", "w")
)


def sides(formula: str, names: Mapping[str, Expr]) -> tuple[Expr, ...]:
    """The sides of a slide's formula, with the slide's own names for what is compared."""
    (read,) = read_formula(formula, Vocabulary(names=names)).equalities
    return read


def zero_factors(difference: Expr, names: Sequence[Expr]) -> list[Condition]:
    """The values of the given names at which a factor of a polynomial vanishes."""
    found = [vanishing(factor, names) for factor, _ in factor_list(difference)[1]]
    return [condition for condition in found if condition is not None]


# X.3

AVERAGES = {
    r"\mu_h = \alpha \cdot \bar{x}_{batch} + (1 - \alpha) \cdot \mu_h": {r"\bar{x}_{batch}": new, r"\mu_h": old},
    r"\sigma_h = \alpha \cdot \hat{s}_{batch} + (1 - \alpha) \cdot \sigma_h": {
        r"\hat{s}_{batch}": new,
        r"\sigma_h": old,
    },
    r"\tilde{\mu}^{+1} = \gamma \tilde{\mu} + (1 - \gamma) \mu": {
        r"\tilde{\mu}^{+1}": Symbol("next"),
        r"\tilde{\mu}": old,
        r"\mu": new,
    },
    r"\tilde{\sigma}^{+1} = \gamma \tilde{\sigma} + (1 - \gamma) \sigma": {
        r"\tilde{\sigma}^{+1}": Symbol("next"),
        r"\tilde{\sigma}": old,
        r"\sigma": new,
    },
}


@section.check(
    "X.3",
    "Running-average coefficient",
    " […] ".join(f"${formula}$" for formula in AVERAGES),
    lines="P4 409, 411; E3 182",
    expected="proved-if",
)
def running_average() -> Finding:
    """P4.54 weights the new batch, E3.26 the old value: the next value by both, for every old and new one."""
    by_alpha, spread_alpha, by_gamma, spread_gamma = (sides(*one)[1] for one in AVERAGES.items())
    candidates = zero_factors((by_alpha - by_gamma).expand(), [alpha])
    plain = decide(by_alpha, by_gamma)
    verdicts = [decide(by_alpha, spread_alpha), decide(by_gamma, spread_gamma)]
    conditions = [u for u in candidates if decide(by_alpha, by_gamma, assumptions=[u]).verdict == "proved"]
    agree = shown(
        bool(conditions),
        "factors of the difference, then normal form under each",
        plain.witness,
        [u.text for u in conditions],
    )
    same_letter = decide(by_alpha, substitute(by_gamma, {gamma: alpha}), parameters=[alpha])
    return Finding(
        combine([*verdicts, agree]),
        note="The difference has the factors alpha + gamma - 1 and new - old, so the recursions are one exactly "
        f"there, and so are the runs from the same start. With one number for both letters: {said(same_letter)}.",
    )


def said(verdict: Verdict) -> str:
    return f"{verdict.verdict} {', '.join(verdict.assumptions)}".strip()


# X.5

HALF_SQUARE = r"Loss = \frac{1}{2}(y - \hat{y})^2"


@section.check(
    "X.5",
    "Loss factors",
    r"$L(w) = (F_{NN}(1) - 3)^2 + (F_{NN}(2) - 2)^2 + (F_{NN}(3) - 1)^2$ […] "
    rf"$${HALF_SQUARE}$$ […] $L \leftarrow$ распред., берётся из правдоподобия",
    lines="L8 101; P4 34; E3 27",
    expected="refuted",
)
def loss_factors() -> Finding:
    """What one object adds to the three losses, and its derivative by the output F; p is normal with variance V."""
    assert net.loss is not None
    square = net.loss.formula
    half = sides(HALF_SQUARE, {"Loss": Symbol("Loss"), r"\hat{y}": F})[1]
    density = call("exp", -((y - F) ** 2) / (2 * V)) / Z  # Z does not depend on F
    likelihood = product(S.NegativeOne, call("log", density))
    slopes = {name: slope(u) for name, u in {"L8": square, "P4": half, "E3": likelihood}.items()}
    same = decide(slopes["L8"], slopes["P4"])
    ratio = decide(square, 2 * half)
    equal_steps = decide(w - h * slopes["L8"], w - 2 * h * slopes["P4"])
    by_variance = {name: decide(slopes["E3"], slopes[name], parameters=[V]) for name in ("L8", "P4")}
    right = {"text": f"L8: {text(square)} = 2*P4", "latex": rf"{latex(square)} = 2 \cdot {latex(half)}"}
    doubled = combine([ratio, equal_steps])
    return Finding(
        replace(same, correction=right if doubled.verdict == "proved" else None),
        note=f"L8.7 is twice P4.2 ({doubled.verdict}): the same minima, and a step h down the one is a step 2h down "
        "the other. The negative logarithm of a normal density with variance V, E3.2, has the gradient of L8.7 "
        f"if and only if the condition is met ({said(by_variance['L8'])}), of P4.2 likewise "
        f"({said(by_variance['P4'])}).",
    )


def slope(loss: Expr) -> Expr:
    """The derivative by F."""
    one = Derivation((Equation("L", rhs=loss),), (), tuple(map(Variable, ("F", "y", "V", "Z"))))
    return gradient(one, "L", ["F"]).unfold(Symbol("dL_dF"))


# X.8

Cases = Sequence[tuple[str, Callable[[Any, Any], bool]]]  # a formula, and how x compares with 0 where it holds
P4_ELU: Cases = (("x", ge), (r"\alpha \cdot (e^x - 1)", lt))
E3_ELU: Cases = (("x", gt), ("e^{+x} + c", lt))


@section.check(
    "X.8",
    "ELU",
    r"$$f(x) = \begin{cases} x, & x \geq 0 \\ \alpha \cdot (e^x - 1), & x < 0 \end{cases}$$ […] "
    r"$$\text{ELU}(x) = \begin{cases} x & \text{if } x > 0 \\ e^{+x} + c & \text{if } x < 0 \end{cases} "
    r"\quad c = -1$$",
    lines="P4 170; E3 115",
    expected="proved-if",
)
def elu() -> Finding:
    """Both functions for each sign of x; for x < 0 their difference as a polynomial in e^x, which is not constant."""
    pairs = {sign: [*branches(P4_ELU, sign), *branches(E3_ELU, sign)] for sign in (-1, 0, 1)}
    (p4, e3), (above, e3_above) = pairs[-1], pairs[1]
    values: dict[Expr, Expr] = {}
    for coefficient in Poly(p4 - e3, call("exp", x)).all_coeffs():
        zero = vanishing(substitute(coefficient, values).expand(), [alpha, c])
        values |= dict(zero.values) if zero else {}
    general = decide(p4, e3, assumptions=[negative(x), *(equal(name, u) for name, u in values.items())])
    printed = substitute(e3, {c: S.NegativeOne})
    special = decide(p4, printed, assumptions=[negative(x)], parameters=[alpha])
    silent = [sign for sign, pair in pairs.items() if len(pair) < 2]
    nowhere_else = shown(silent == [0], "each sign of x", {"x": "0"}, [nonzero(x).text])
    elu_of_symnet = call("elu", x, alpha)
    own = [decide(elu_of_symnet, u, assumptions=[v]) for u, v in ((p4, negative(x)), (above, positive(x)))]
    at_zero = decide(substitute(printed, {x: S.Zero}), S.Zero)
    return Finding(
        combine([special, nowhere_else, decide(above, e3_above), general, *own]),
        note=f"With c free they agree for x < 0 exactly at {', '.join(f'{u} = {v}' for u, v in values.items())}: the "
        "coefficients of e^x and of 1. At x = 0 the formula of E3 gives no value; with c = -1 both of its branches "
        f"tend to the 0 that P4 gives there ({at_zero.verdict}), with any other c it jumps.",
    )


def branches(cases: Cases, sign: int) -> list[Expr]:
    """The formulas that hold for x of this sign."""
    return [sides(formula, {})[0] for formula, compares in cases if compares(sign, 0)]


if __name__ == "__main__":
    section.main()

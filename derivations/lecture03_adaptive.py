r"""Lecture 3, the adaptive methods: moving averages, Adam, Rprop (lines 49-63).

`G` is the printed gradient and `R` its printed norm; `^{-1}` is the step before, as `^{+1}` is the next one.
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol

from derivations.lecture03_optimizers import NORM, alpha, beta1, beta2, i, m, optimizer, read, same, v, written
from symnet.claims import Finding, Reading, Section, combine
from symnet.equations import size
from symnet.expressions import product, rewrite, substitute, total
from symnet.network.optimizers import OPTIMIZERS, Optimizer, following
from symnet.operations import Call, call
from symnet.reading.slide import read_formula
from symnet.sums import Sum, unroll
from symnet.truth.assumptions import equal, negative, nonzero, positive
from symnet.truth.induction import decide_recursion
from symnet.truth.verdict import Verdict, decide

section = Section("E3", "Adaptive methods")

k = Symbol("k")
FED = IndexedBase("u")  # what an average is fed with


# Adam

AVERAGES = (
    r"m^{+1} &= m \cdot \beta_2 + (1 - \beta_2) \cdot \|\nabla f\|_2",
    r"v^{+1} &= v \cdot \beta_1 + (1 - \beta_1) \cdot \nabla f",
)
RATIO = r"$$x^{+1} = x - \alpha \cdot \frac{v^{+1}}{m^{+1}}$$"
printed_adam = optimizer("Adam of the slide", *AVERAGES, RATIO, shared=["m"])
adam = OPTIMIZERS["adam"].with_hyperparameters({"eps": S.Zero})


@section.definition("E3.6", '"EMA" label', r"\right\} \text{EMA}$$", lines="49")
def moving_averages() -> Finding:
    """Both printed rows from 0: the closed form for every t, and the sum of its weights."""
    t, s = (Symbol(name, integer=True) for name in "ts")
    verdicts = []
    for formula, coefficient, fed in zip(AVERAGES, (beta2, beta1), ("R", "G"), strict=True):
        name, row = read(formula)
        old = Symbol(name.removesuffix("_next"))

        def step(state: Sequence[Expr], count: Expr, row: Expr = row, old: Expr = old, fed: str = fed) -> list[Expr]:
            return [substitute(row, {old: state[0], Symbol(fed): FED[count + 1]})]

        weight = product(1 - coefficient, coefficient ** (t - s))
        verdicts.append(decide_recursion([Sum(weight * FED[s], (s, S.One, t))], t, [S.Zero], step))

        def ones(state: Sequence[Expr], _: Expr, row: Expr = row, old: Expr = old, fed: str = fed) -> list[Expr]:
            return [substitute(row, {old: state[0], Symbol(fed): S.One})]

        verdicts.append(decide_recursion([1 - coefficient**t], t, [S.Zero], ones))
    note = (
        "both rows are sum_s (1 - beta) beta^(t-s) u_s, for every t; the weights sum to 1 - beta^t (the average of "
        "ones), so that an average that starts at 0 is too small by this factor, which the slide does not divide by"
    )
    return Finding(combine(verdicts), note=note)


def few(pair: tuple[Expr, Expr], count: int = 2) -> list[tuple[Expr, Expr]]:
    """A pair of `following` for so many parameters, every sum written out."""
    return [
        (one, other)
        for place in range(1, count + 1)
        for one, other in [[unroll(substitute(u, {size("n"): Integer(count), i: Integer(place)})) for u in pair]]
    ]


def scaled(method: Optimizer) -> Optimizer:
    """The method on k L: every gradient is k g."""

    def rule(node: Expr) -> Expr | None:
        return product(k, node) if node.is_Indexed and str(node.base.label) == "g" else None

    return Optimizer(method.name, tuple(replace(e, rhs=rewrite(e.rhs, rule)) for e in method.equations), method.state)


def invariant(method: Optimizer, state: dict[str, Expr]) -> Verdict:
    """The run does not change when the loss is multiplied by k > 0; shown with 2 parameters, for every step."""
    pairs = [one for pair in following(scaled(method), method, state) for one in few(pair)]
    return combine([decide(*pair, assumptions=[positive(k)]) for pair in pairs])


def first_step(method: Optimizer, count: int = 2) -> tuple[list[Expr], list[Expr]]:
    """The gradients g_1, … and the first moves with them."""
    slopes = {f"x_{n}": Symbol(f"g_{n}") for n in range(1, count + 1)}
    (_, after) = method.iterate(slopes, 1)
    return list(slopes.values()), [after[name] - Symbol(name) for name in slopes]


@section.check("E3.7", '"Adam"', r" \\ ".join(AVERAGES) + " " + RATIO, lines="49, 51", expected="refuted")
def adam_as_printed() -> Finding:
    """The first step of both, then what scaling the loss does to each of them."""
    read_right = same(printed_adam, OPTIMIZERS["adam_by_norm"])
    slopes, published = first_step(adam)
    _, printed = first_step(printed_adam)
    known = [nonzero(slope) for slope in slopes]
    difference = decide(printed[0], published[0], parameters=[beta1, beta2], assumptions=known)
    one_of = decide(first_step(printed_adam, 1)[1][0], first_step(adam, 1)[1][0], parameters=[beta1, beta2])
    size_published = combine(
        [decide(u, -alpha * call("sign", s), assumptions=known) for u, s in zip(published, slopes, strict=True)]
    )
    length = total(*(u**2 for u in printed))
    ratio = (1 - beta1) / (1 - beta2)
    along = decide(printed[0] * slopes[1], printed[1] * slopes[0], assumptions=known)
    size_printed = combine([decide(length, (alpha * ratio) ** 2, assumptions=known), along])
    usual = substitute(ratio, {beta1: Rational(9, 10), beta2: Rational(999, 1000)})
    by_scale = {
        "published": invariant(adam, {"m": k * m, "v": k**2 * v}),
        "printed": invariant(printed_adam, {"m": k * Symbol("m"), "v": k * v}),
    }
    # The published step treats each parameter by itself: rescaling one of them changes its gradient only.
    alone = {slopes[1]: product(k, slopes[1])}
    by_parameter = {
        "published": decide(substitute(published[0], alone), published[0], assumptions=[*known, positive(k)]),
        "printed": decide(substitute(printed[0], alone), printed[0], assumptions=[*known, positive(k)]),
    }
    letters = decide(substitute(printed_adam.step["v_next"].rhs, {v: m}), adam.step["m_next"].rhs)
    note = (
        f"as read it is the average of gradients over the average of their norm ({read_right.verdict}). First step: "
        f"published exactly alpha in each parameter ({size_published.verdict}), printed alpha (1 - beta_1)/(1 - "
        f"beta_2) along the gradient ({size_printed.verdict}), {usual} alpha for beta = 0.9, 0.999, since the bias "
        f"is not corrected; with a single parameter they agree: {one_of.verdict} {', '.join(one_of.assumptions)}. "
        f"Multiplying the loss by k > 0 changes neither run (published {by_scale['published'].verdict}, printed "
        f"{by_scale['printed'].verdict}): the missing square and the missing root agree with each other. A change of "
        f"scale of another parameter alone leaves the published step ({by_parameter['published'].verdict}), not the "
        f"printed one ({by_parameter['printed'].verdict}): the norm couples all parameters, where Adam squares "
        f"elementwise. beta_1 and beta_2 stand where they belong, only the letters m and v are exchanged: the "
        f"printed v is Adam's m ({letters.verdict}). eps is missing: g = 0 gives 0/0"
    )
    return Finding(replace(difference, correction=written(OPTIMIZERS["adam"])), note=note)


NORM_OF_THREE = r"$$\left\| \begin{matrix} x_1 \\ x_2 \\ x_3 \end{matrix} \right\|_2 = \sqrt{x_1^2 + x_2^2 + x_3^2}$$"


@section.check("E3.8", "Euclidean norm", NORM_OF_THREE, lines="53", expected="proved")
def euclidean_norm() -> Finding:
    """The printed root against the root of <x, x> for n = 3, and what makes it a norm."""
    ((printed,),) = read_formula(NORM_OF_THREE.partition("=")[2].rstrip("$")).equalities
    letters = [Symbol(f"x{n}") for n in (1, 2, 3)]
    others = [Symbol(f"y{n}") for n in (1, 2, 3)]
    place = {IndexedBase("g")[Integer(n)]: letter for n, letter in enumerate(letters, 1)}
    general = substitute(unroll(substitute(NORM, {size("n"): Integer(3)})), place)
    stretched = substitute(printed, {u: product(k, u) for u in letters})
    squares = [total(*(u**2 for u in vector)) for vector in (letters, others)]
    inner = total(*(product(u, y) for u, y in zip(letters, others, strict=True)))
    gaps = [(letters[a] * others[b] - letters[b] * others[a]) ** 2 for a, b in ((0, 1), (0, 2), (1, 2))]
    summed = substitute(printed, {u: u + y for u, y in zip(letters, others, strict=True)})
    verdicts = [
        decide(printed, general),
        decide(stretched, product(call("abs", k), printed)),
        decide(printed**2, squares[0]),
        decide(product(*squares) - inner**2, total(*gaps)),
        decide(summed**2, squares[0] + squares[1] + 2 * inner),
    ]
    note = (
        "the root of the sum of squares for three coordinates; ||kx|| = |k| ||x||, it is 0 only where all squares "
        "are, and ||x||^2 ||y||^2 - <x,y>^2 is a sum of squares (Lagrange), hence the triangle inequality"
    )
    return Finding(combine(verdicts), note=note)


# Rprop

CASES = (
    r"$$\alpha_i = \begin{cases} \alpha \cdot \sigma f_i \cdot \sigma f_i^{-1} < 0 \cdot \alpha_i \\ "
    r"\alpha_i \cdot 1.2 & \sigma f_i \cdot \sigma f_i^{-1} > 0 \end{cases}$$"
)
GROW = Rational(6, 5)
rprop = OPTIMIZERS["rprop"].with_hyperparameters({"eta_plus": GROW, "eta_minus": Rational(1, 2)})


def unbounded(expression: Expr) -> Expr:
    """The step size without its bounds."""
    return rewrite(expression, lambda u: u.args[0] if isinstance(u, Call) and u.function in ("min", "max") else None)


@section.check("E3.9", '"RP2op." (Rprop)', CASES, lines="55, 57, 61, 63", expected="ambiguous")
def rprop_as_printed() -> Finding:
    r"""Each reading of the garbled first case, with the second, against the published size rule with 0.5 and 1.2.

    `\sigma f_i` is read as the partial derivative, ^{-1} as that of the step before, as ^{+1} is the next one; the
    last reading takes ^{-1} for the reciprocal.
    """
    slope, before, rate = Symbol("g"), Symbol("last_w"), Symbol("delta_w")
    step = rprop.on({"w": slope})
    published, moved = (unbounded(step.unfold(Symbol(name))) for name in ("delta_w_next", "w_next"))
    agreement = slope * before
    stays, flips = positive(agreement), negative(agreement)
    grown = decide(GROW * rate, published, assumptions=[stays])

    def flipped(size: Expr) -> Verdict:
        return combine([grown, decide(size, published, parameters=[alpha], assumptions=[flips, positive(rate)])])

    when = r",\ \nabla f_i \cdot \nabla f_i^{-1} < 0"
    cases = {
        r"\alpha_i = 0.5 \cdot \alpha_i" + when: flipped(rate / 2),
        r"\alpha_i = \alpha \cdot \alpha_i" + when: flipped(alpha * rate),
        r"\alpha_i = 0 \cdot \alpha_i" + when: flipped(S.Zero),
        r"\alpha_i = \alpha \cdot \nabla f_i \cdot \nabla f_i^{-1}" + when: flipped(alpha * agreement),
        # g * 1/g = 1 > 0 wherever it is defined: the second case always applies, whatever the signs
        r"\alpha_i = 1.2 \cdot \alpha_i,\ \nabla f_i \cdot \frac{1}{\nabla f_i} > 0": combine(
            [decide(slope * (1 / slope), S.One), decide(GROW * rate, published, assumptions=[positive(rate)])]
        ),
    }
    neutral = decide(published, rate, assumptions=[equal(before, S.Zero)])
    by_gradient = decide(moved, Symbol("w") - GROW * rate * slope, assumptions=[stays])
    by_sign = decide(moved, Symbol("w") - GROW * rate * call("sign", slope), assumptions=[stays])
    rests = decide(moved, Symbol("w"), assumptions=[flips])
    count = sum(u.verdict == "proved" for u in cases.values())
    method = f"{len(cases)} readings of the first case, {count} of them the published rule"
    seconds = sum(u.seconds for u in cases.values())
    note = (
        f"the likeliest reading is that `< 0 · alpha_i` has lost `.5`. A product of 0 has no case: the size stays "
        f"({neutral.verdict}). The printed step x - alpha_i grad f is not Rprop's in any reading "
        f"({by_gradient.verdict}, {by_gradient.witness.get('left')} against {by_gradient.witness.get('right')}): "
        f"Rprop moves by alpha_i sgn(grad f) ({by_sign.verdict}) and, as iRprop-, rests after a flip "
        f"({rests.verdict}), so only signs of the gradient count. Bounds on alpha_i are not printed"
    )
    readings = tuple(Reading(formula, verdict) for formula, verdict in cases.items())
    return Finding(Verdict("ambiguous", method, seconds, correction=written(rprop)), readings=readings, note=note)


if __name__ == "__main__":
    section.main()

r"""Lecture 3, gradient descent and its relatives (lines 39-45, 65).

The slide's own formulas are read and become step maps: `G` is the printed gradient, `R` its printed norm. What a
heading claims is decided against the published method. "For every loss" is an induction on the steps for any
gradients; a witness is an exact run.
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr, IndexedBase, Integer, Poly, Rational, S, Symbol

from symnet.claims import Finding, Reading, Section, combine, shown
from symnet.equations import Equation
from symnet.expressions import product, substitute
from symnet.network.optimizers import OPTIMIZERS, PARAMETER, Optimizer, following
from symnet.operations import sqrt
from symnet.quadratic import Quadratic
from symnet.reading.slide import Vocabulary, read_formula
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import Sum
from symnet.training import optimize
from symnet.truth.assumptions import Condition, positive
from symnet.truth.verdict import Verdict, decide

section = Section("E3", "Gradient descent and its relatives")

i = PARAMETER.symbol
x, v, m, g = (IndexedBase(name)[i] for name in "xvmg")
alpha, gamma, beta1, beta2, lam, w = map(Symbol, ("alpha", "gamma", "beta1", "beta2", "lambda", "w"))
j = Symbol("j", integer=True)
NORM = sqrt(Sum(IndexedBase("g")[j] ** 2, (j, S.One, PARAMETER.upper)))
NEXT = Vocabulary(
    {f"{name}^{{+1}}": Symbol(f"{name}_next") for name in "xvm"}
    | {r"\beta_1": beta1, r"\beta_2": beta2}
    | {r"\nabla f": Symbol("G"), r"\nabla L": Symbol("G")}
)


def read(formula: str) -> tuple[str, Expr]:
    """A printed assignment: the name it writes and its right-hand side, with G for the gradient, R for its norm."""
    plain = formula.replace("&", "").replace("$$", "").partition(r" \quad")[0].replace(r"\|\nabla f\|_2", "R")
    ((left, right),) = read_formula(plain, NEXT).equalities
    return left.name, right


def optimizer(name: str, *formulas: str, shared: Sequence[str] = ()) -> Optimizer:
    """The step map of printed formulas; `shared` are the states that all parameters have in common."""
    assigned = [read(formula) for formula in formulas]
    each = [n for n in ("x", "v", "m") if n not in shared]
    places: dict[Expr, Expr] = {Symbol("G"): g, Symbol("R"): NORM}
    places |= {Symbol(n + end): IndexedBase(n + end)[i] for n in each for end in ("", "_next")}
    equations = tuple(
        Equation(n, () if n.removesuffix("_next") in shared else (PARAMETER,), rhs=substitute(rhs, places))
        for n, rhs in assigned
    )
    return Optimizer(name, equations, {n.removesuffix("_next"): S.Zero for n, _ in assigned if n != "x_next"})


def same(one: Optimizer, other: Optimizer, relation: dict[str, Expr] | None = None) -> Verdict:
    """One method follows the other on every loss: induction on the steps, for any gradients."""
    verdict = combine([decide(*pair) for pair in following(one, other, relation or {})])
    return replace(verdict, method="induction on the steps, for every loss and every number of parameters")


def written(method: Optimizer) -> dict[str, str]:
    """The step, equation by equation, as a correction."""
    naming = Naming.of(method.step)
    lines = [(e.reference, e.rhs) for e in method.step]
    where = ", g the gradient at " + ("at" if method.equations[0].name == "at" else "x")
    return {
        "text": ", ".join(f"{text(left, naming)} = {text(right, naming)}" for left, right in lines) + where,
        "latex": r",\quad ".join(f"{latex(left, naming)} = {latex(right, naming)}" for left, right in lines),
    }


def on_parabola(method: Optimizer, steps: int) -> list[Poly]:
    """w after each step on L = lambda w^2/2, started at 1, as a polynomial in lambda."""
    run = method.iterate({"w": product(lam, w)}, steps)
    return [Poly(substitute(point["w"], {w: S.One}), lam) for point in run]


# Gradient descent

DESCENT = r"$$x^{+1} = x - \alpha \cdot \nabla L$$"
descent = OPTIMIZERS["gradient_descent"]


@section.definition("E3.4", "Gradient descent", DESCENT, lines="39")
def gradient_descent() -> Finding:
    """The slide's step is the room's; on a quadratic it is `Quadratic.step`, and it begins downhill."""
    verdicts = [same(optimizer("slide", DESCENT), descent)]
    u, a, b, c = map(Symbol, ("u", "a", "b", "c"))
    loss = a * w**2 / 2 + b * w * u + c * u**2 / 2
    slopes = {"w": a * w + b * u, "u": b * w + c * u}
    moved = {Symbol(name): value for name, value in descent.iterate(slopes, 1)[-1].items()}
    change = Poly((substitute(loss, moved) - loss).expand(), alpha)
    first = change.coeff_monomial(alpha)
    verdicts.append(decide(first, -(slopes["w"] ** 2) - slopes["u"] ** 2))
    numbers = {a: Integer(2), b: Integer(1), c: Integer(3)}
    example = Quadratic.of(substitute(loss, numbers), ("w", "u"))
    start, rate = {"w": 1, "u": Rational(-2)}, Rational(1, 10)
    at = {name: substitute(slope, numbers) for name, slope in slopes.items()}
    after = optimize(descent, at, start, {"alpha": rate}, 1)[-1]
    wrong = {name: str(u) for name, u in example.step(start, rate).items() if after[name].exact != u}
    verdicts.append(shown(not wrong, "one step on a quadratic, exactly", wrong))
    note = f"on a quadratic the loss changes by alpha ({first.factor()}) + O(alpha^2): downhill for small alpha"
    return Finding(combine(verdicts), note=note)


# Momentum, under the heading of Nesterov

MOMENTUM = (
    r"$$v^{+1} = v \cdot \gamma + (1 - \gamma) \cdot \nabla f \quad \gamma - \text{momentum}$$",
    r"$$x^{+1} \leftarrow x - \alpha \cdot v^{+1}$$",
)
momentum = optimizer("momentum", *MOMENTUM)
nesterov = OPTIMIZERS["nesterov"]
heavy_ball = OPTIMIZERS["heavy_ball"].with_hyperparameters({"alpha": alpha * (1 - gamma)})


def is_nesterov(method: Optimizer, steps: int = 2, assumptions: Sequence[Condition] = ()) -> Verdict:
    """Whether some constants a, c of Nesterov's method give the run on every parabola lambda w^2/2.

    Its first steps fix a (the term in lambda of w_1) and c (that of w_2); all other coefficients are then compared.
    """
    run = on_parabola(method, steps)
    a = -run[1].coeff_monomial(lam)
    c = -run[2].coeff_monomial(lam) / a - 2
    other = on_parabola(nesterov.with_hyperparameters({"alpha": a, "gamma": c}), steps)
    pairs = [(p, q) for p, q in zip(run, other, strict=True) if p.degree() or q.degree()]
    compared = [
        decide(p.coeff_monomial(lam**n), q.coeff_monomial(lam**n), parameters=[gamma], assumptions=assumptions)
        for p, q in pairs
        for n in range(max(p.degree(), q.degree()) + 1)
    ]
    return combine(compared)


def apart(method: Optimizer) -> Verdict:
    """The method against Nesterov's with the same constants on L = w^2/2 from 1, where they do not agree."""
    constants = {"alpha": Rational(1, 10), "gamma": Rational(1, 2)}
    runs = {
        name: optimize(one, {"w": w}, {"w": 1}, {n: u for n, u in constants.items() if n in one.hyperparameters}, 3)
        for name, one in (("as printed", method), ("Nesterov", nesterov))
    }
    points = {name: [point["w"] for point in run] for name, run in runs.items()}
    witness: dict[str, object] = {
        "loss": "w^2/2 from w = 1, alpha = 1/10, gamma = 1/2",
        **{name: ", ".join(map(str, values)) for name, values in points.items()},
    }
    agree = [a.exact == b.exact for a, b in zip(*points.values(), strict=True)]
    return shown(all(agree), "exact runs of three steps on a quadratic", witness)


@section.check("E3.5", '"Несбэр" momentum formula', " ".join(MOMENTUM), lines="41, 43, 45", expected="refuted")
def momentum_is_not_nesterov() -> Finding:
    """Heading and formulas: which method the formulas are, and whether constants make Nesterov's of them."""
    named = [
        same(momentum, OPTIMIZERS["ema_momentum"]),
        same(momentum, heavy_ball, {"v": (1 - gamma) * v}),
        same(heavy_ball, momentum, {"v": v / (1 - gamma)}),
    ]
    rate = substitute(heavy_ball.step.unfold(heavy_ball.step["x_next"].reference), {v: S.Zero})
    any_constants = is_nesterov(momentum)
    verdict = apart(momentum)
    note = (
        f"the formulas are momentum by an exponential moving average, equal to Polyak's heavy ball v <- gamma v + g "
        f"with the rate alpha (1 - gamma) (its first step: {text(rate)}): {combine(named).verdict}, by induction on "
        f"the steps for any gradients. Nesterov takes the gradient ahead, at x + gamma v; with other constants the "
        f"first two steps agree on all parabolas: {any_constants.verdict} {', '.join(any_constants.assumptions)}"
    )
    return Finding(replace(verdict, correction=written(nesterov)), note=note)


@section.check(
    "E3.34",
    '"Нестеровский градиентный спуск" heading',
    "Нестеровский градиентный спуск",
    lines="65",
    expected="refuted",
)
def nesterov_heading() -> Finding:
    """No formula stands below the heading: each method printed above it is tried, then Nesterov's is derived."""
    rate = IndexedBase("rate")[i]
    growing = Optimizer(
        "rates that grow by 1.2, as printed while the sign of the gradient stays",
        (
            Equation("rate_next", (PARAMETER,), rhs=Rational(6, 5) * rate),
            Equation("x_next", (PARAMETER,), rhs=x - rate * g),
        ),
        {"rate": alpha},
    )
    candidates = {
        r"v^{+1} = v \cdot \gamma + (1 - \gamma) \cdot \nabla f,\ x^{+1} \leftarrow x - \alpha \cdot v^{+1}": (
            is_nesterov(momentum, assumptions=[positive(alpha), positive(gamma), positive(1 - gamma)])
        ),
        r"x^{+1} = x - \alpha \cdot \nabla f,\ \alpha_i \leftarrow 1.2 \alpha_i": is_nesterov(
            growing, 3, [positive(alpha)]
        ),
        r"x^{+1} = x - \alpha \cdot \nabla L": apart(descent),
    }
    forms = combine(
        [
            same(OPTIMIZERS["nesterov_shifted"], nesterov, {"x": x + gamma * v, "v": -v / alpha}),
            same(OPTIMIZERS["nesterov_velocity"], nesterov, {"x": x + gamma * v}),
        ]
    )
    readings = tuple(Reading(formula, verdict) for formula, verdict in candidates.items())
    verdict = combine(list(candidates.values()))
    without = is_nesterov(descent)
    note = (
        f"the heading has no formula; of the methods printed before it none is Nesterov's with a momentum gamma > 0 "
        f"(plain descent is the case gamma = 0: {without.verdict}). Both forms in use, x + v with the gradient ahead "
        f"and x - alpha (g + gamma v) with the gradient at x, are one method up to x -> x + gamma v: {forms.verdict}"
    )
    return Finding(replace(verdict, correction=written(nesterov)), readings=readings, note=note)


if __name__ == "__main__":
    section.main()

r"""Lecture 3, overfitting: fewer parameters, dropout, weight decay (lines 120-134)."""

from dataclasses import replace

from sympy import Expr, IndexedBase, Integer, Rational, S, Symbol

from derivations.beyond_dropout import by_formula, linear_sum
from symnet.claims import Finding, Reading, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import product, substitute, total
from symnet.network.masks import all_masks, mask_probability
from symnet.network.optimizers import OPTIMIZERS
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.reading.slide import Vocabulary, read_formula
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.sums import unroll
from symnet.training import expected_loss
from symnet.truth.assumptions import greater, positive
from symnet.truth.verdict import Verdict, decide

section = Section("E3", "Overfitting")

p, q, lam, alpha = map(Symbol, ("p", "q", "lambda", "alpha"))


@section.empirical(
    "E3.15",
    "Overfitting: ~10k parameters",
    "~10к параметров 1) Уменьшить # параметров 2) Drop-Out — регуляризатор",
    lines="120, 124, 126",
)
def overfitting() -> Finding:
    """Polynomials with 1, 2, 3 parameters fitted to three objects by least squares, and a fourth object."""
    rows, fresh = ((0, 0), (1, 1), (2, 1)), (3, 2)
    table = "\n".join(f"{x} | {y}" for x, y in rows)
    trained, new = [], []
    for count in (1, 2, 3):
        powers = " + ".join(["w0", "w1*x", "w2*x*x"][:count])
        net = network(f"inputs x\nF = {powers}\ndata x | y\n{table}")
        loss = net.example.inline()["L"].rhs
        quadratic = Quadratic.of(loss, net.parameters)
        solution = quadratic.hessian.solve(-1 * quadratic.linear)  # the least of a sum of squares
        best = {Symbol(n): Rational(int(solution[k, 0].p), int(solution[k, 0].q)) for k, n in enumerate(net.parameters)}
        answer = substitute(net.function().unfold(Symbol("F")), {**best, Symbol("x"): Integer(fresh[0])})
        trained.append(Rational(substitute(loss, best)))
        new.append(Rational((answer - fresh[1]) ** 2))
    witness: dict[str, object] = {"on the three objects": str(trained), "on a fourth": str(new)}
    falls = sorted(trained, reverse=True) == trained and trained[-1] == 0 and new[-1] == max(new)
    fitted = shown(falls, "least squares, exactly", witness)
    regularizer = decide(expected_loss(linear_sum(2), 1 - q, reject=False), by_formula(2))
    note = (
        f"what is provable: with as many parameters as objects the loss is 0 (1, 2, 3 parameters: {trained}), while "
        f"the error on a fourth object is {new}; each model is a special case of the next, so the least training loss "
        f"can only fall. Dropout adds q(1-q) times the sum of squares to the loss of a linear sum "
        f"({regularizer.verdict}). That 10 thousand parameters are too many depends on the data"
    )
    return Finding(combine([fitted, regularizer]), note=note)


@section.check("E3.16", "Drop-out p=0.5", "$L-2$ Drop-Out $p=0.5$", lines="131", expected="proved")
def one_half() -> Finding:
    """p as the probability to die or to live: the same masks at p = 1/2 and nowhere else; the strongest penalty."""
    half = {p: Rational(1, 2)}
    verdicts = []
    for count in (1, 2, 3):
        names = [f"h{k}" for k in range(1, count + 1)]
        for mask in all_masks(names):
            dies, lives = mask_probability(mask, names, p), mask_probability(mask, names, 1 - p)
            verdicts += [decide(substitute(u, half), Rational(1, 2**count)) for u in (dies, lives)]
    alike = decide(p, 1 - p, parameters=[p])
    losses = [substitute(expected_loss(linear_sum(2), u), half) for u in (p, 1 - p)]
    strongest = decide(Rational(1, 4) - p * (1 - p), (p - Rational(1, 2)) ** 2)
    verdicts += [decide(*losses), strongest]
    note = (
        f"whether p is the probability of death or of life does not matter here: every one of the 2^n masks has "
        f"probability 2^-n (n = 1, 2, 3), and the mean loss is the same; the two meanings agree only for "
        f"{', '.join(alike.assumptions)}. The factor p(1-p) of the penalty is largest at 1/2 "
        f"({strongest.verdict}). `L-2` before it is not read as a formula: it may name the layers or an L_2 penalty"
    )
    return Finding(combine(verdicts), note=note)


# Penalties

PENALTY = (
    r"$$3) \mathcal{L} + \underbrace{\frac{1}{2} \sum_{i=1}^N w_i^2}_{\text{Weight-Decay}} "
    r"\underbrace{\left(\sum_{i=1}^N \|w_i\| \right) (L-1)}_{\text{Drop-Out}}$$"
)
DECAY = r"\frac{1}{2} \sum_{i=1}^N w_i^2"
count = size("N")
each = index("i", count)
i = each.symbol
weight, slope = IndexedBase("w")[i], IndexedBase("g")[i]
ON_WEIGHTS = Vocabulary({"N": count, "L": Symbol("l")})


def printed(formula: str) -> Expr:
    ((side,),) = read_formula(formula.replace(r"\|", "|"), ON_WEIGHTS).equalities
    return side


@section.check("E3.17", "Penalty formula", PENALTY, lines="134", expected="ambiguous")
def penalty() -> Finding:
    """Between the two braces stands no sign. Each reading against what dropout adds to the loss, two weights.

    What dropout adds is exact for a sum of two linear signals a_1, a_2 (B.2): the mean loss over all masks less the
    loss of the sum with signals q a. l is the printed L of (L - 1), a number of layers.
    """
    dropout_part = r"\left(\sum_{i=1}^N \|w_i\| \right) (L-1)"
    signals = [Symbol("a1"), Symbol("a2")]
    here = {IndexedBase("w")[Integer(k)]: u for k, u in enumerate(signals, 1)}
    decay, sizes = (
        substitute(unroll(substitute(printed(f), {count: Integer(2)})), here) for f in (DECAY, dropout_part)
    )
    mean = expected_loss(linear_sum(2), 1 - q, reject=False)
    plain = (q * total(*signals) - Symbol("Y")) ** 2
    added = mean - plain
    known = [positive(q), greater(Integer(1), q), greater(Symbol("l"), Integer(1))]
    readings = {
        rf"\mathcal{{L}} + {DECAY} + {dropout_part}": decide(sizes, added, assumptions=known),
        rf"\mathcal{{L}} + {DECAY} \cdot {dropout_part}": decide(product(decay, sizes), added, assumptions=known),
    }
    k = Symbol("k")
    doubled = {u: product(k, u) for u in signals}
    degree = decide(substitute(added, doubled), k**2 * added)
    right = decide(added, q * (1 - q) * total(*(u**2 for u in signals)))
    method = f"{len(readings)} readings, {sum(u.verdict == 'proved' for u in readings.values())} of them true"
    note = (
        f"what dropout adds is q(1-q) sum w_i^2 x_i^2 ({right.verdict}), of degree 2 in the weights "
        f"({degree.verdict}): neither a sum of absolute values, of degree 1, nor its product with the squares, of "
        f"degree 3. The weight decay half is right without its factor lambda (E3.18)"
    )
    verdict = Verdict("ambiguous", method, sum(u.seconds for u in readings.values()))
    whole = Symbol("L") + product(lam, printed(DECAY))
    correction = {"text": text(whole), "latex": latex(whole)}
    return Finding(
        replace(verdict, correction=correction), readings=tuple(Reading(f, u) for f, u in readings.items()), note=note
    )


@section.check("E3.18", "Weight decay ½Σw²", DECAY, lines="134", expected="proved")
def weight_decay() -> Finding:
    """The printed sum times lambda, its gradient for every N, and the step of gradient descent with it."""
    penalized = Derivation((Equation("P", rhs=product(lam, printed(DECAY))),), (), (Variable("w", (each,)),))
    decayed = gradient(penalized, "P").unfold(IndexedBase("dP_dw")[i])
    x, g = (IndexedBase(name)[i] for name in "xg")
    step = OPTIMIZERS["gradient_descent"].step["x_next"].rhs
    pulled = substitute(step, {g: g + substitute(decayed, {weight: x})})
    verdicts = [decide(decayed, lam * weight), decide(pulled, (1 - alpha * lam) * x - alpha * g)]
    net = network("inputs x\nh1 = f(w1*x + w01)\nF = h1*w2 + w02")
    weights = [Symbol(name) for name in net.parameters]
    squares = product(lam / 2, total(*(u**2 for u in weights)))
    whole = gradient(net.derivation.extend([Equation("P", rhs=Symbol("L") + squares)]), "P")
    loss = gradient(net.derivation, "L")
    for u in weights:
        own, bare = whole.unfold(Symbol(adjoint_name("P", u.name))), loss.unfold(Symbol(adjoint_name("L", u.name)))
        verdicts.append(decide(u - alpha * own, (1 - alpha * lam) * u - alpha * bare))
    w, s = Symbol("w"), Symbol("s")
    first = OPTIMIZERS["adam"].with_hyperparameters({"eps": S.Zero})
    penalty_in = first.iterate({"w": s + lam * w}, 1)[-1]["w"]
    decoupled = first.iterate({"w": s}, 1)[-1]["w"] - alpha * lam * w
    under_adam = decide(penalty_in, decoupled, parameters=[lam])
    note = (
        f"the step is (1 - eta lambda) w - eta dL/dw, for every number of weights and for every loss; as printed "
        f"lambda = 1. Under Adam a penalty in the loss and a decay of the weights are not the same: "
        f"{under_adam.verdict} {', '.join(under_adam.assumptions)}, at the first step already"
    )
    return Finding(combine(verdicts), note=note)


if __name__ == "__main__":
    section.main()

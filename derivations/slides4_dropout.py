"""Slides 4, dropout (lines 495-604): a mask of zeros and ones on the outputs of a layer, in training and afterwards.

Rows of X are objects, D has an entry for every output. On these slides p is the probability that D_i = 1, so that a
neuron is kept with probability p; lecture 8 writes p for the probability to lose one.
"""

from sympy import Expr, IndexedBase, Integer, S, Symbol

from derivations.slides4_backpropagation import refusal
from symnet.claims import Finding, Reading, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import product, rewrite, substitute
from symnet.moments import bernoulli, discrete, expectation
from symnet.network import Network
from symnet.network.masks import all_masks, mask_probability
from symnet.network.matrices import Matrix, products
from symnet.operations import Call, call
from symnet.reading.load import network
from symnet.reading.slide import Vocabulary, read_formula
from symnet.truth.assumptions import greater, positive
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Dropout")

p, u, s, Y = map(Symbol, ("p", "u", "s", "Y"))
proper = (positive(p), greater(Integer(1), p))
m, n, k, r = map(size, "mnkr")
j = Symbol("j", integer=True)
mask = IndexedBase("D")[j]
HIDDEN = ("h1", "h2")
LAYER = """
inputs x1 x2
h1 = f(x1*w11 + x2*w21 + b1)
h2 = f(x1*w12 + x2*w22 + b2)
F = g(v1*h1 + v2*h2 + c)
"""
layer = network(LAYER)
masked = network(LAYER.replace("= f(", "= D*f(").replace("D*", "D1*", 1).replace("= D*", "= D2*"))
scalars = Vocabulary(names={"D": mask})
MASKED = r"$$o = D \cdot f(X \cdot W + b)$$"
FORWARD = r"$$o = D \cdot f(X \cdot W + b), \quad D = (D_1, \dots, D_k) \sim iidBern(p)$$"


def printed(formula: str) -> Expr:
    """The right side of a formula for o, of one neuron and one input: every matrix a number."""
    ((_, right),) = read_formula(formula, scalars).equalities
    return right


def mean(expression: Expr) -> Expr:
    """E over D ~ iid Bern(p)."""
    return expectation(expression, "D", bernoulli(p))


def answer(of: Network) -> Expr:
    """What a network puts out, as a formula in inputs and parameters."""
    function = of.function()
    return function.unfold(function[of.outputs[0]].rhs)


def switched(dropped: frozenset[str]) -> dict[Expr, Expr]:
    """The values of D_1, D_2 for a mask."""
    return {Symbol(f"D{name[1:]}"): S.Zero if name in dropped else S.One for name in HIDDEN}


# Forward and backward


@section.check(
    "P4.69", "With probability p a neuron is off", "С вероятностью  $p$  отключаем нейрон", lines="495",
    expected="proved-if",
)  # fmt: skip
def switched_off() -> Finding:
    """P(D_i = 0) for the slides' own D ~ Bern(p), and for lecture 8's probability of death."""
    off = mean(1 - mask)
    found = decide(off, p, parameters=[p])
    alone = ["h1"]
    death = decide(mask_probability(frozenset(alone), alone, p), p)
    tested = decide(mean(mask * u), (1 - p) * u, parameters=[p])
    return Finding(
        found,
        readings=(
            Reading(r"p = P(D_i = 0) \text{, as in lecture 8}", death),
            Reading(r"D_i \sim Bern(p) \text{, lines 513, 523}", found),
        ),
        note="The sentence by itself is the convention of lecture 8. With D ~ Bern(p) and o_i = f with probability p, "
        f"two slides later, a neuron is off with probability 1 - p: the two agree for {', '.join(found.assumptions)} "
        f"only. With p the probability of death the test output p f would have to be (1 - p) f "
        f"({tested.verdict} {', '.join(tested.assumptions)}).",
    )


@section.definition("P4.70", "Dropout forward", rf"$$o = f(X \cdot W + b)$$ […] {FORWARD}", lines="505, 513")
def forward() -> Finding:
    """D as factors of the outputs against the smaller networks, and the probability of each of the masks."""
    right = printed(MASKED)
    one = network("inputs X\nh1 = f(X*W + b)\nF = h1")
    verdicts = [
        decide(substitute(right, {mask: S.One}), answer(one)),
        decide(substitute(right, {mask: S.Zero}), answer(one.drop(["h1"], connected=False))),
    ]
    entries = [IndexedBase("D")[Integer(place)] for place in (1, 2)]
    for dropped in all_masks(HIDDEN):
        values = switched(dropped)
        smaller = layer.drop(dropped, connected=False)
        drawn = mean(product(*(e if values[Symbol(f"D{a}")] else 1 - e for a, e in enumerate(entries, 1))))
        verdicts += [
            decide(substitute(answer(masked), values), answer(smaller)),
            decide(drawn, mask_probability(dropped, HIDDEN, 1 - p)),
        ]
    return Finding(
        combine(verdicts),
        note="Two inputs, two neurons, any f and g: for each of the four masks the layer with factors D_i is the "
        "network without the neurons with D_i = 0, and iid Bern(p) gives it the probability that independent deaths "
        "with 1 - p do. D multiplies entry by entry.",
    )


PLAIN_BACKWARD = r"$$d = f'(h) \cdot W \cdot d$$"
BACKWARD = r"$$d = D \cdot f'(h) \cdot W \cdot d$$"


class Layers:
    """h = X W_1 + b, o = D f(h), z = o W_2 + c, and a loss phi(z) of every entry; sizes are symbols or numbers."""

    def __init__(self, objects: Expr) -> None:
        sizes = {"X": (objects, n), "U": (n, k), "W": (k, r), "D": (objects, k), "h": (objects, k), "o": (objects, k)}
        self.X, self.U, self.W, self.D, self.h, self.o = (Matrix.named(name, *of) for name, of in sizes.items())
        z = Matrix.named("z", objects, r)
        i, a, b, c = index("i", objects), index("a", n), index("k", k), index("l", r)
        self.slope = self.h.map(lambda value: call("f", value, order=1))
        derivation = Derivation(
            (
                Equation("h", (i, b), rhs=(self.X @ self.U).at(i.symbol, b.symbol) + IndexedBase("b")[b.symbol]),
                (self.D * self.h.map(lambda value: call("f", value))).equation("o", i, b),
                Equation("z", (i, c), rhs=(self.o @ self.W).at(i.symbol, c.symbol) + IndexedBase("c")[c.symbol]),
                Equation("L", rhs=z.map(lambda value: call("phi", value)).sum()),
            ),
            (Variable("X", (i, a)), Variable("D", (i, b))),
            (Variable("U", (a, b)), Variable("W", (b, c)), Variable("b", (b,)), Variable("c", (c,))),
        )
        self.sweep = gradient(derivation, "L", ["X", "h", "o", "z"])
        self.upstream = z.map(lambda value: call("phi", value, order=1))  # dL/dz
        self.after = Matrix.named("dL_do", objects, k)

    def equals(self, of: str, matrix: Matrix) -> Verdict:
        """Whether the matrix is that of the derivatives by h or X."""
        reference = self.sweep[adjoint_name("L", of)]
        place = [axis.lower if axis.size == 1 else axis.symbol for axis in reference.indices]
        return decide(reference.at(*place), matrix.at(*place), self.sweep)


@section.check("P4.71", "Dropout backward", f"{PLAIN_BACKWARD} […] {BACKWARD}", lines="538, 540", expected="ambiguous")
def backward() -> Finding:
    """Numbers; columns of one object; and with objects as rows every product of these factors with the right shape."""
    many, one = Layers(m), Layers(S.One)
    columns = one.D.T * one.slope.T * (one.W @ one.upstream.T)
    refused = {"as printed": refusal(many.W, many.upstream)}
    factors = {"D": many.D, "f'(h)": many.slope, "W": many.W, "d": many.upstream}
    by_h = {way: many.equals("h", matrix) for way, matrix in products(factors, many.h.shape).items()}
    (right,) = (way for way, verdict in by_h.items() if verdict.verdict == "proved")
    through = (many.D * many.slope * many.after) @ many.U.T
    readings = (
        Reading(r"\text{all numbers}", of_numbers()),
        Reading(r"\text{one object, } d, h, D \text{ columns, } D \odot f'(h) \odot (W d)", one.equals("h", columns.T)),
        Reading(
            r"\text{objects are rows, in the printed order}",
            shown(many.W.columns == many.upstream.rows, "shapes", refused),
        ),
        *(Reading(rf"\partial L / \partial h = {way.latex}", verdict) for way, verdict in by_h.items()),
        Reading(r"\partial L / \partial X = (D \odot f'(h) \odot d) \cdot W^T", many.equals("X", through)),
    )
    method = f"{len(readings)} readings; of the products with the shape of h only {right.text} is right"
    verdict = Verdict("ambiguous", method, 0.0, correction={"text": right.text, "latex": right.latex})
    return Finding(
        verdict,
        readings=readings,
        note=f"With objects as rows, {refused['as printed']}. Right for every size and every f are {right.text} with "
        "d = dL/dz of the layer after (W its weights), and (D * f'(h) * d) @ W.T for dL/dX with d = dL/do (W the "
        "layer's own). D and f'(h) multiply entry by entry; D = 1 is the formula without dropout.",
    )


def of_numbers() -> Verdict:
    """Both printed formulas, when every matrix is a number, against the gradient of the input of the layer."""
    weight, h, upstream = map(Symbol, "Whd")
    pre = Equation("h", rhs=Symbol("X") * weight + Symbol("b"))
    verdicts = []
    for formula, factor in ((PLAIN_BACKWARD, S.One), (BACKWARD, mask)):
        kept = Symbol("D") if factor == mask else factor
        out = Equation("L", rhs=product(upstream, kept, call("f", h)))
        by = gradient(Derivation((pre, out), (Variable("X"),), tuple(map(Variable, "WbDd"))), "L", ["X"])
        verdicts.append(decide(Symbol("dL_dX"), substitute(printed(formula), {mask: Symbol("D")}), by))
    return combine(verdicts)


CASES = (
    r"$$o_i = D_i \cdot f(wx_i^T + b) = \begin{cases} f(wx_i^T + b), p \\ 0, 1 - p \end{cases}$$"
)  # fmt: skip


@section.check("P4.72", "o_i cases", CASES, lines="523", expected="proved")
def cases() -> Finding:
    """The values for D_i = 1 and 0, their probabilities, and the moments of both sides; w x^T as a sum, for every n."""
    w, x = Matrix.named("w", 1, n), Matrix.named("x", 1, n)
    neuron = call("f", (w @ x.T).at(1, 1) + Symbol("b"))
    column = call("f", (x @ w.T).at(1, 1) + Symbol("b"))  # X W of P4.70 for this row, W = w^T
    output = mask * neuron
    two_cases = discrete({neuron: p, S.Zero: 1 - p})
    verdicts = [
        decide(neuron, column),
        decide(substitute(output, {mask: S.One}), neuron),
        decide(substitute(output, {mask: S.Zero}), S.Zero),
        decide(mean(mask), p),
        decide(mean(1 - mask), 1 - p),
        *(decide(mean(mask**power * u**power), substitute(two_cases(power), {neuron: u})) for power in (1, 2, 3, 4)),
    ]
    return Finding(
        combine(verdicts),
        note="For every number of inputs. Here p stands by the case D_i = 1, the probability to keep the neuron, "
        "against line 495. The i of x_i counts objects, that of D = (D_1, …, D_k) neurons: with one mask for all "
        "objects D_i should have another index. Where f(…) = 0 both cases are one.",
    )


@section.check(
    "P4.73",
    "Dropout is a modification of the activation",
    "Дропаут — это просто небольшая модификация функции активации",
    lines="525",
    expected="proved",
)
def modified_activation() -> Finding:
    """Forward and backward of a network with any activations phi_i, into which phi_i = D_i f is put."""
    other = network(LAYER.replace("h2 = f(", "h2 = D2*f(").replace("h1 = f(", "h1 = phi(", 1))
    activations = gradient(other.derivation, "L")
    own = gradient(masked.derivation, "L")

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.operation.name == "phi":
            return product(Symbol("D1"), call("f", *(rewrite(a, rule) for a in node.args), order=node.order))
        return None

    verdicts = []
    for name in ("L", *(adjoint_name("L", weight) for weight in other.parameters if weight != "D2")):
        verdicts.append(decide(rewrite(activations.unfold(Symbol(name)), rule), own.unfold(Symbol(name))))
    on, off = (call("f", u) * d for d in (S.One, S.Zero))
    verdicts += [decide(on, call("f", u)), decide(off, S.Zero)]
    return Finding(
        combine(verdicts),
        note="For a given mask, any f and any number of objects: the loss and every gradient are those of a network "
        "with the activation phi(u) = D_1 f(u), phi'(u) = D_1 f'(u), neuron by neuron. It is a random function, f or "
        "0, drawn anew at each step, not one function.",
    )


if __name__ == "__main__":
    section.main()

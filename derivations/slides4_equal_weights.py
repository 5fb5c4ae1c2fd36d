"""Slides 4, initialization: two neurons that start equal stay equal, until something tells them apart (lines 181-209).

The picture: sigma_2 and sigma_3 lead to sigma_1 by the weights w_2, w_3. What they are functions of is not printed;
here each has one weight to the input x and an abstract activation, and the loss is any g of the error.
"""

from collections.abc import Mapping

from sympy import Expr, Integer, Rational, Symbol

from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import size
from symnet.expressions import rewrite, substitute
from symnet.reading.load import network
from symnet.reading.slide import Partial, Vocabulary, read_formula
from symnet.training import descend
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Weights that start equal")

m = size("m")
PICTURE = """
inputs x
sigma_2 = f(w4*x)
sigma_3 = f(w5*x)
sigma_1 = sigmoid(w2*sigma_2 + w3*sigma_3)
loss sum g(sigma_1 - y)
"""
DATA = """
data x | y
    1 | 0
    2 | 1
"""
picture = network(PICTURE)
TWINS = {Symbol("w3"): Symbol("w2"), Symbol("w5"): Symbol("w4")}
PARTIALS = (
    r"$$\frac{\partial L}{\partial w_2} = \frac{\partial L}{\partial \sigma_1} \sigma_1 (1 - \sigma_1) \sigma_2$$",
    r"$$\frac{\partial L}{\partial w_3} = \frac{\partial L}{\partial \sigma_1} \sigma_1 (1 - \sigma_1) \sigma_3$$",
)
SIGMAS = Vocabulary(names={rf"\sigma_{k}": Symbol(f"sigma_{k}") for k in (1, 2, 3)})


def on_the_picture(formula: str, objects: int) -> Verdict:
    """The formula with the values of the first object, against the gradient of the loss of that many objects."""
    given = picture.derivation.instantiate({m: objects})
    by = gradient(given, "L", ["w2", "w3", "sigma_1_1"])
    ((left, right),) = read_formula(formula, SIGMAS).equalities

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Symbol) and node.name.startswith("sigma"):
            return Symbol(f"{node.name}_1")
        return Symbol(adjoint_name("L", node.wrt[0].name)) if isinstance(node, Partial) else None

    return decide(rewrite(left, rule), rewrite(right, rule), by)


@section.check("P4.28", "∂L/∂w_2, ∂L/∂w_3", " ".join(PARTIALS), lines="181, 183", expected="proved")
def partials_of_the_picture() -> Finding:
    """One object; sigma_2, sigma_3 are any functions f of their inputs, the loss any g(sigma_1 - y)."""
    many = on_the_picture(PARTIALS[0], 2)
    note = f"of one object; of several it is the sum of such terms ({many.verdict} for the first of two alone)"
    return Finding(combine([on_the_picture(formula, 1) for formula in PARTIALS]), note=note)


@section.check(
    "P4.29",
    "Zero init: σ2 and σ3 update equally",
    r"$\sigma_2$  и  $\sigma_3$  будут обновляться одинаково",
    lines="197",
    expected="proved",
)
def equal_updates() -> Finding:
    """Where w_2 = w_3 and w_4 = w_5 the gradients are equal, for every number of objects; so they stay equal.

    With all weights 0 this holds at the start, hence by induction after every step of gradient descent.
    """
    by = gradient(picture.derivation, "L")

    def partial(weight: str, values: Mapping[Expr, Expr]) -> Expr:
        return substitute(by.unfold(Symbol(adjoint_name("L", weight))), values)

    equal = [decide(partial(a, TWINS), partial(b, TWINS)) for a, b in (("w2", "w3"), ("w4", "w5"))]
    zero = dict.fromkeys(map(Symbol, picture.parameters), Integer(0))
    still = [w for w in picture.parameters if decide(partial(w, zero), Integer(0)).verdict == "proved"]
    note = (
        "for every activation of the twins, every loss and every number of objects, from zeros or any other equal "
        f"start; at all zeros the gradients by {', '.join(still)} are 0, so these stay until the others have moved"
    )
    return Finding(combine(equal), note=note)


@section.check(
    "P4.30",
    "Small random numbers break symmetry",
    "Хочется уничтожить симметрию […] Обычно инициализируют маленькими случайными числами",
    lines="208, 209",
    expected="proved",
)
def broken_symmetry() -> Finding:
    """From one small unequal start the twins are apart after each of three steps: enclosures that do not meet.

    The difference after a step is an analytic function of the start; it is not 0 at this one, so its zeros have
    measure 0: from a start drawn from any density the twins differ after these steps with probability 1.
    """
    twins = network(PICTURE.replace("f(", "sigmoid(").replace("g(sigma_1 - y)", "(sigma_1 - y)^2") + DATA)
    tenth = Rational(1, 10)
    apart = {"w4": tenth, "w5": -tenth, "w2": tenth / 2, "w3": tenth}
    runs = {"unequal": apart, "equal": dict.fromkeys(apart, tenth)}
    steps = {name: descend(twins, start, Rational(1, 2), [()] * 3) for name, start in runs.items()}
    differ = {
        name: [
            not (step.next_point[a].ball(30) - step.next_point[b].ball(30)).contains(0)
            for step in run
            for a, b in (("w2", "w3"), ("w4", "w5"))
        ]
        for name, run in steps.items()
    }
    last = steps["unequal"][-1].next_point
    witness = {name: value.text for name, value in last.items()}
    note = (
        "apart after each of three steps from w2, w3, w4, w5 = 1/20, 1/10, 1/10, -1/10, hence, the differences being "
        "analytic functions of the start, from almost every start: with probability 1 for a normal or uniform one; "
        f"from all 1/10 they are {'apart too' if any(differ['equal']) else 'still equal'}. That the numbers should "
        "be small is not shown here"
    )
    holds = all(differ["unequal"]) and not any(differ["equal"])
    return Finding(shown(holds, "three steps of gradient descent, enclosures of 30 digits", witness), note=note)


if __name__ == "__main__":
    section.main()

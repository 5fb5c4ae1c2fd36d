"""Slides 4: a net is a composite function, and both its gradients contain the same thing (lines 28-63).

On the slides X is the matrix of all objects, one a row, and W_1, W_2 are matrices; `net` is that network in index
notation with symbolic sizes (m objects, n inputs, h hidden neurons, p outputs) and an abstract f, so that what is
proved holds for every size and every activation. The loss of many objects or outputs is read as the sum of theirs.
"""

from dataclasses import replace
from itertools import pairwise
from itertools import product as choices

from sympy import Expr, Indexed, Integer, Poly, Rational, Symbol

from symnet.claims import Finding, Reading, Section, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable, index, name_of, size
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, subexpressions, substitute, total
from symnet.network import Activate, Dense, Loss, Network, layered
from symnet.network.matrices import Matrix, Product, products
from symnet.operations import call
from symnet.reading.load import network
from symnet.reading.slide import Partial, Vocabulary, read_formula
from symnet.render.text import text
from symnet.truth.verdict import Verdict, decide

section = Section("P4", "Backpropagation")

m, n, h, p = map(size, "mnhp")


def f(u: Expr) -> Expr:
    return call("f", u)


def slope(u: Expr) -> Expr:
    return call("f", u, order=1)


class Layers:
    """X W_1, f(X W_1), f(X W_1) W_2 by the names Z, H, F, and the loss; the sizes may be symbols or numbers."""

    def __init__(self, m: Expr, n: Expr, h: Expr, p: Expr) -> None:
        shapes = {"X": (m, n), "W1": (n, h), "W2": (h, p), "y": (m, p), "Z": (m, h), "H": (m, h), "F": (m, p)}
        self.X, self.W1, self.W2, self.y, self.Z, self.H, self.F = (Matrix.named(s, *of) for s, of in shapes.items())
        i, j, k, o = index("i", m), index("j", n), index("k", h), index("l", p)
        self.error = self.F - self.y
        self.derivation = Derivation(
            (
                (self.X @ self.W1).equation("Z", i, k),
                self.Z.map(f).equation("H", i, k),
                (self.H @ self.W2).equation("F", i, o),
                Equation("L", rhs=(self.error * self.error * Rational(1, 2)).sum()),
            ),
            (Variable("X", (i, j)), Variable("y", (i, o))),
            (Variable("W1", (j, k)), Variable("W2", (k, o))),
        )
        self.gradient = gradient(self.derivation, "L")

    def equals_gradient(self, by: str, matrix: Matrix) -> Verdict:
        """Whether the matrix is that of the derivatives by W1 or W2."""
        reference = self.gradient[adjoint_name("L", by)]
        place = [axis.lower if axis.size == 1 else axis.symbol for axis in reference.indices]
        return decide(reference.at(*place), matrix.at(*place), self.gradient)


net = Layers(m, n, h, p)
# One object, one input, one hidden neuron, one output: every matrix is a number.
numbers = Derivation(
    (
        Equation("F", rhs=product(f(Symbol("X") * Symbol("W1")), Symbol("W2"))),
        Equation("L", rhs=(Symbol("y") - Symbol("F")) ** 2 / 2),
    ),
    (Variable("X"), Variable("y")),
    (Variable("W1"), Variable("W2")),
)
CALLED = Vocabulary(names={"Loss": Symbol("L"), r"\hat{y}": Symbol("F")}, applied=frozenset({"L"}))


def at_sizes(*sizes: int) -> Derivation:
    """The matrices with numbers of rows and columns: X[1, 2] is X_1_2."""
    return net.derivation.instantiate(dict(zip((m, n, h, p), sizes, strict=True)))


def named_neurons(objects: int, inputs: int, hidden: int, outputs: int) -> Network:
    """The same network by layers of named neurons; its weights have the names of the entries of W_1, W_2."""

    def weights(name: str, rows: int, columns: int) -> list[list[str]]:
        return [[f"{name}_{r}_{c}" for c in range(1, columns + 1)] for r in range(1, rows + 1)]

    targets = tuple(f"y{c}" for c in range(1, outputs + 1))
    values = ["F"] if outputs == 1 else [f"F{c}" for c in range(1, outputs + 1)]
    squares = total(*((Symbol(a) - Symbol(b)) ** 2 for a, b in zip(targets, values, strict=True)))
    return layered(
        [f"x{c}" for c in range(1, inputs + 1)],
        [Dense(weights("W1", inputs, hidden)), Activate("f"), Dense(weights("W2", hidden, outputs))],
        targets=targets,
        loss=Loss("sum", product(Rational(1, 2), squares)),
    )


def as_matrices(expression: Expr, objects: int, net: Network) -> Expr:
    """The neurons' names for object r, `x2_r` and `y1_r`, as the entries X_r_2 and y_r_1."""
    renaming = {
        Symbol(f"{name}_{r}"): Symbol(f"{letter}_{r}_{c}")
        for r in range(1, objects + 1)
        for letter, names in (("X", net.inputs), ("y", net.targets))
        for c, name in enumerate(names, 1)
    }
    return substitute(expression, renaming)


def stated(formula: str) -> tuple[Expr, Expr]:
    """The sides of a formula, its derivatives by the names of the sweep."""

    def rule(node: Expr) -> Expr | None:
        return Symbol(adjoint_name(node.of.name, node.wrt[0].name)) if isinstance(node, Partial) else None

    ((left, right),) = read_formula(formula, CALLED).equalities
    return rewrite(left, rule), rewrite(right, rule)


def of_numbers(formula: str) -> Verdict:
    """The formula when every matrix is a number."""
    return decide(*stated(formula), gradient(numbers, "L"))


SIZES = ((1, 1, 1, 1), (2, 2, 1, 1), (2, 1, 3, 2))


@section.check(
    "P4.1",
    "Forward pass",
    r"$$X \Rightarrow X \cdot W_1 \Rightarrow f(X \cdot W_1) \Rightarrow f(X \cdot W_1) \cdot W_2 "
    r"\Rightarrow \dots \Rightarrow \hat{y}$$",
    lines="28, 30",
    expected="proved",
)
def forward_pass() -> Finding:
    """The products fit in this order only, row i reads object i alone, and they are the named neurons' values."""
    output = ((net.X @ net.W1).map(f) @ net.W2).at(Symbol("i"), Symbol("l"))
    rows = {node.indices[0] for node in subexpressions(output) if isinstance(node, Indexed) and name_of(node) == "X"}
    found = [shown(rows == {Symbol("i")}, "row i of the output reads row i of X only", {"rows": str(rows)})]
    for sizes in SIZES:
        neurons, filled = named_neurons(*sizes), at_sizes(*sizes)
        batch = neurons.derivation.instantiate({m: sizes[0]})
        for r, (c, name) in choices(range(1, sizes[0] + 1), enumerate(neurons.outputs, 1)):
            value = as_matrices(batch.unfold(Symbol(f"{name}_{r}")), sizes[0], neurons)
            found.append(decide(value, filled.unfold(Symbol(f"F_{r}_{c}"))))
    note = (
        f"rows are objects; in the other order {refusal(net.W1, net.X)}; compared with the values of named neurons "
        f"for (m, n, h, p) = {', '.join(map(str, SIZES))}"
    )
    return Finding(combine(found), note=note)


def refusal(left: Matrix, right: Matrix) -> str:
    """Why two matrices cannot be multiplied."""
    try:
        return f"the product is a {(left @ right).shape} matrix"
    except SymnetError as error:
        return str(error)


LOSS = r"$$Loss = \frac{1}{2}(y - \hat{y})^2$$"


@section.definition("P4.2", "Loss ½(y−ŷ)²", LOSS, lines="34")
def loss() -> Finding:
    """The loss of one object; the factor 1/2 makes its slope by the prediction y^ - y, for every m."""
    neuron = network("inputs x\nF = f(w*x)\nloss sum (F - y)^2 / 2")
    ((left, right),) = read_formula(LOSS, CALLED).equalities
    printed = substitute(right, {Symbol("F"): Symbol("F_1"), Symbol("y"): Symbol("y_1")})
    by_prediction = gradient(net.derivation, "L", ["F"])
    difference = by_prediction["F"].reference - Variable("y", by_prediction["F"].indices).reference
    found = [
        decide(left, printed, neuron.derivation.instantiate({m: 1})),
        decide(by_prediction["dL_dF"].reference, difference, by_prediction),
    ]
    return Finding(combine(found), note="of many objects and outputs it is the sum; a mean would divide by m")


@section.empirical("P4.3", "Training uses gradient descent", "нужно использовать градиентный спуск", lines="36")
def gradient_descent() -> Finding:
    """Along any direction d of the weights the loss starts to change by d . grad L: by -|grad L|^2 for d = -grad L."""
    given = at_sizes(2, 2, 2, 1)
    weights, step = [v.name for v in given.parameters], Symbol("eta")
    moved = {Symbol(w): Symbol(w) + product(step, Symbol(f"d_{w}")) for w in weights}
    line = replace(given.map(lambda rhs: substitute(rhs, moved)), parameters=(Variable("eta"),))
    rate = substitute(gradient(line, "L").unfold(Symbol("dL_deta")), {step: Integer(0)})
    by_weight = gradient(given, "L")
    product_with_d = total(*(product(Symbol(f"d_{w}"), Symbol(adjoint_name("L", w))) for w in weights))
    verdict = decide(rate, product_with_d, by_weight)
    note = (
        "proved for any f (2 objects, 2-2-1 neurons): dL/d eta at eta = 0 is d . grad L, so a small enough step "
        "down the gradient lowers the loss unless it is 0; that one has to use it is no theorem"
    )
    return Finding(verdict, note=note)


@section.definition(
    "P4.4",
    "L(W1,W2)",
    r"$$L(W_1, W_2) = \frac{1}{2} \cdot (y - f(X \cdot W_1) \cdot W_2)^2$$",
    lines="40",
)
def loss_of_the_weights() -> Finding:
    """As numbers the printed formula; as matrices the square is the sum of squares of the entries, r^T r for p = 1."""
    ((_, right),) = read_formula(LOSS_OF_WEIGHTS, CALLED).equalities
    found = [decide(Symbol("L"), right, numbers)]
    for sizes in SIZES:
        neurons, filled = named_neurons(*sizes), at_sizes(*sizes)
        batch = neurons.derivation.instantiate({m: sizes[0]})
        value = as_matrices(batch.unfold(Symbol("L")), sizes[0], neurons)
        found.append(decide(value, filled.unfold(Symbol("L"))))
    column = Matrix.named("y", m, 1) - Matrix.named("F", m, 1)
    found.append(decide((column.T @ column).at(1, 1), (column * column).sum()))
    return Finding(combine(found), note="of a matrix y - f(X W_1) W_2 the square is the sum of its entries' squares")


LOSS_OF_WEIGHTS = r"L = \frac{1}{2} \cdot (y - f(X \cdot W_1) \cdot W_2)^2"
CHAIN_RULE = r"$$f(g(x))' = f'(g(x)) \cdot g'(x)$$"


@section.check("P4.5", "Chain rule", CHAIN_RULE, lines="44", expected="proved")
def chain_rule() -> Finding:
    """The sweep's derivative of f(g(x)) for abstract f, g; and both sides as polynomials, by their coefficients.

    The second does without the sweep's rules: (sum c_k x^k)' = sum k c_k x^(k-1) for the expanded composition.
    """
    composed = Derivation(
        (Equation("y", rhs=call("g", Symbol("x"))), Equation("F", rhs=f(Symbol("y")))), (), (Variable("x"),)
    )
    ((right,),) = read_formula(CHAIN_RULE.partition("=")[2].strip("$"), CALLED).equalities
    found = decide(Symbol("dF_dx"), right, gradient(composed, "F"))
    x, outer, inner = Symbol("x"), polynomial("a", 4), polynomial("b", 3)
    left, chained = outer.compose(inner).diff(x), outer.diff(x).compose(inner) * inner.diff(x)
    difference = {"difference": str((left - chained).as_expr())}
    same = shown(left == chained, "coefficients of every polynomial of degree 4 of one of degree 3", difference)
    return Finding(combine([found, same]), (text(right), CHAIN_RULE.partition("=")[2].strip("$ ")))


def polynomial(letter: str, degree: int) -> Poly:
    """With symbolic coefficients."""
    coefficients = [Symbol(f"{letter}_{power}") for power in range(degree + 1)]
    return Poly(coefficients[::-1], Symbol("x"))


BY_W2 = r"$$\frac{\partial L}{\partial W_2} = -(y - f(X \cdot W_1) \cdot W_2) \cdot f(X \cdot W_1)$$"
BY_W1 = (
    r"$$\frac{\partial L}{\partial W_1} "
    r"= -(y - f(X \cdot W_1) \cdot W_2) \cdot W_2 f'(X \cdot W_1) \cdot W_1$$"
)
# The factors of both formulas as matrices, by the way they are printed.
ERROR = "(-(y - f(X W_1) W_2))"
FACTORS = {
    ERROR: net.error,
    "f(X W_1)": net.H,
    "f'(X W_1)": net.Z.map(slope),
    "W_1": net.W1,
    "W_2": net.W2,
    "X": net.X,
}


def as_products(names: tuple[str, ...], by: str, of: Matrix) -> dict[Product, Verdict]:
    """Every product of the named factors that has the shape of the weights, compared with the gradient by them.

    In any order and with any brackets, each factor once, transposed or not; products of matrices or of entries.
    """
    ways = products({name: FACTORS[name] for name in names}, of.shape)
    return {way: net.equals_gradient(by, matrix) for way, matrix in ways.items()}


@section.check("P4.6", "∂L/∂W_2", BY_W2, lines="46", expected="ambiguous")
def by_second_weights() -> Finding:
    """The factors are right; as matrices they stand in an order in which they cannot be multiplied."""
    refused = {"as printed": refusal(net.error, net.H)}
    one = Layers(Integer(1), n, h, Integer(1))
    others = as_products((ERROR, "f(X W_1)"), "W2", net.W2)
    readings = (
        Reading(r"\text{all numbers}", of_numbers(BY_W2)),
        Reading(r"\text{matrices, as printed}", shown(net.error.columns == net.H.rows, "shapes", refused)),
        Reading(
            r"\text{one object, one output: a row, } \frac{\partial L}{\partial W_2}^T",
            one.equals_gradient("W2", (one.error @ one.H).T),
        ),
        *(Reading(way.latex, verdict) for way, verdict in others.items()),
    )
    (right,) = (way for way, verdict in others.items() if verdict.verdict == "proved")
    method = f"{len(readings)} readings; {right.text} is the only product of these factors with the shape of W_2"
    verdict = Verdict("ambiguous", method, 0.0, correction={"text": right.text, "latex": right.latex})
    return Finding(verdict, readings=readings, note=f"as printed {refused['as printed']}")


@section.check("P4.7", "∂L/∂W_1", BY_W1, lines="48", expected="refuted")
def by_first_weights() -> Finding:
    """The last factor has to be X: as numbers, and as matrices in whatever order."""
    verdict = of_numbers(BY_W1)
    meant = of_numbers(BY_W1.removesuffix(r"W_1$$") + "X$$")
    factors = (ERROR, "W_2", "f'(X W_1)")
    printed, right = (as_products((*factors, last), "W1", net.W1) for last in ("W_1", "X"))
    holding = [way for way, found in right.items() if found.verdict == "proved"]
    wrong = shown(
        any(found.verdict == "proved" for found in printed.values()),
        f"all {len(printed)} products of the printed factors with the shape of W_1",
        next(found.witness for found in printed.values() if found.witness),
    )
    note = (
        f"with X in the place of the last W_1 the formula is {meant.verdict} for numbers; as matrices "
        f"{len(printed)} products of the printed factors have the shape of W_1, "
        f"{sum(found.verdict == 'refuted' for found in printed.values())} of them wrong; with X the gradient is "
        f"{' = '.join(way.text for way in holding)}, for every size"
    )
    correction = {"text": holding[0].text, "latex": holding[0].latex}
    return Finding(replace(combine([verdict, wrong]), correction=correction), note=note)


def operations(derivation: Derivation) -> int:
    """How many operations computing every equation once takes, a repeated part of one equation once."""
    nodes = [node for e in derivation for node in subexpressions(e.rhs)]
    return sum(len(node.args) - 1 if node.is_Add or node.is_Mul else bool(node.args) for node in nodes)


def chain(depth: int) -> Derivation:
    """h_k = f(w_k h_(k-1)), the loss of the last."""
    signals = [Symbol(f"h{k}") for k in range(depth + 1)]
    equations = [
        Equation(after.name, rhs=f(product(Symbol(f"w{k}"), before)))
        for k, (before, after) in enumerate(pairwise(signals), 1)
    ]
    squares = Equation("L", rhs=product(Rational(1, 2), (Symbol("y") - signals[-1]) ** 2))
    weights = tuple(Variable(f"w{k}") for k in range(1, depth + 1))
    return Derivation((*equations, squares), (Variable("h0"), Variable("y")), weights)


@section.check("P4.8", '"We look for the same thing twice"', "Дважды ищем одно и то же", lines="63", expected="proved")
def same_thing_twice() -> Finding:
    """What both partials need beyond the forward pass; and its cost in chains of 1 to 8 neurons."""
    apart = [set(net.gradient.needed_for(adjoint_name("L", w)).definitions) for w in ("W1", "W2")]
    twice = set.intersection(*apart) - set(net.derivation.definitions)
    together, separately = [], []
    for depth in range(1, 9):
        whole = gradient(chain(depth), "L")
        backward = [replace(whole, equations=whole.equations[depth + 1 :])]
        alone = [whole.needed_for(adjoint_name("L", w.name)) for w in whole.parameters]
        forward = {e.name for e in whole.equations[: depth + 1]}
        alone = [replace(d, equations=tuple(e for e in d if e.name not in forward)) for d in alone]
        together.append(sum(map(operations, backward)))
        separately.append(sum(map(operations, alone)))
    steps = [[b - a for a, b in pairwise(row)] for row in (together, separately)]
    witness = {"shared": ", ".join(sorted(twice)), "once": str(together), "for each weight": str(separately)}
    linear = len(set(steps[0])) == 1
    quadratic = len({b - a for a, b in pairwise(steps[1])}) == 1 and steps[1][1] > steps[1][0]
    method = "equations that both partials use; operations counted for chains of 1 to 8 neurons"
    note = (
        f"both partials contain {witness['shared']} beyond the forward pass; operations backward for 1 to 8 neurons "
        f"{together} when shared, in arithmetic progression, {separately} when each partial is derived alone, "
        "with constant second differences"
    )
    return Finding(shown(bool(twice) and linear and quadratic, method, witness), note=note)


if __name__ == "__main__":
    section.main()

"""Random networks, as the text of a network file and as the network it describes, and random exact points.

What is drawn is generic on purpose: no parameter is 0 or 1, no two objects are alike, parameters are shared between
neurons, and a `norm` comes with every option it has.
"""

from fractions import Fraction

from hypothesis import strategies as st
from sympy import Symbol

from symnet.network.network import Network
from symnet.network.neurons import Norm
from symnet.reading.load import network

__all__ = ["ABSTRACT", "KINKED", "SMOOTH", "network_texts", "networks", "points"]

ABSTRACT = ("f({})", "g({})", "phi({})")
SMOOTH = ("sigmoid({})", "tanh({})", "softplus({})", "exp(({})/4)", "gelu({})", "({})^2", "1/(3 + ({})^2)")
KINKED = ("relu({})", "leaky_relu({}, 1/100)", "elu({}, 1)", "abs({})")
LOSSES = ("sum ({0} - {1})^2", "mean ({0} - {1})^2", "sum ({0} - {1})^2 / 2", "mean abs({0} - {1})")

# Exact numbers as a file may write them: whole, decimal, a fraction, with either sign.
_CELLS = ("-2", "-7/4", "-1.5", "-0.9", "-2/3", "-1/5", "0.3", "3/5", "1", "5/4", "1.7", "2", "7/3")
_OUTPUTS = {1: ("F",), 2: ("F1", "F2")}


@st.composite
def network_texts(
    draw: st.DrawFn,
    activations: tuple[str, ...] = SMOOTH + KINKED,
    norms: tuple[int, int] = (0, 2),
    max_neurons: int = 4,
    data: bool = True,
) -> str:
    """The text of a network file: 1 to 3 inputs, up to `max_neurons` neurons, 2 to 5 objects, 1 or 2 outputs.

    norms: how many neurons normalize, at least and at most. data: whether there is a batch, or it stays symbolic.
    """
    inputs = draw(st.sampled_from([("x",), ("x",), ("x1", "x2"), ("x1", "x2", "x3")]))
    outputs = _OUTPUTS[draw(st.sampled_from((1, 1, 2))) if max_neurons > 1 else 1]
    hidden = [f"h{k}" for k in range(1, draw(st.integers(1, max_neurons)) - len(outputs) + 1)]
    count = draw(st.integers(2, 5))
    formulas = _Formulas(draw, activations, inputs, norms[1])
    lines = [f"inputs {' '.join(inputs)}"]
    for name in hidden:
        lines.append(f"{name} = {formulas.neuron()}")
        formulas.signals += (name,)
    for name in outputs:
        lines.append(f"{name} = {formulas.output(formulas.norms < norms[0])}")
    if len(outputs) > 1:
        lines.append(f"output {' '.join(outputs)}")
    targets = ("y",) if len(outputs) == 1 else ("y1", "y2")
    if draw(st.booleans()):
        reduction, _, formula = draw(st.sampled_from(LOSSES)).partition(" ")
        terms = [formula.format(*pair) for pair in zip(outputs, targets, strict=True)]
        lines.append(f"loss {reduction} {' + 2*'.join(terms)}")
    if data:
        lines += _data(draw, inputs, targets, count)
    return "\n".join(lines) + "\n"


def _data(draw: st.DrawFn, inputs: tuple[str, ...], targets: tuple[str, ...], count: int) -> list[str]:
    column = st.lists(st.sampled_from(_CELLS), min_size=count, max_size=count, unique=True)
    columns = [draw(column) for _ in (*inputs, *targets)]
    lines = [f"data {' '.join(inputs)} | {' '.join(targets)}"]
    for row in zip(*columns, strict=True):
        lines.append(f"  {' '.join(row[: len(inputs)])} | {' '.join(row[len(inputs) :])}")
    if count > 2 and draw(st.booleans()):
        first = draw(st.integers(1, count - 1))
        lines.append(f"statistics {first}..{draw(st.integers(first + 1, count))}")
    return lines


class _Formulas:
    """Formulas of neurons over the signals so far; parameters are new ones or such as there are already."""

    def __init__(self, draw: st.DrawFn, activations: tuple[str, ...], signals: tuple[str, ...], max_norms: int) -> None:
        self.draw, self.activations, self.signals, self.max_norms = draw, activations, signals, max_norms
        self.weights, self.norms = 0, 0

    def parameter(self) -> str:
        if self.weights and self.draw(st.integers(0, 4)) == 0:
            return f"w{self.draw(st.integers(1, self.weights))}"
        self.weights += 1
        return f"w{self.weights}"

    def linear(self) -> str:
        """w1*h1 - 2*w2*x + w3: all or some of the signals, the latest among them."""
        used = [s for s in self.signals[:-1] if self.draw(st.booleans())] + [self.signals[-1]]
        terms = []
        for signal in used:
            number = self.draw(st.sampled_from(("", "", "-", "2*", "1/3*")))
            terms.append(f"{number}{self.parameter()}*{signal}")
        if self.draw(st.booleans()):
            terms.append(self.parameter())
        return " + ".join(terms).replace("+ -", "- ")

    def activated(self, z: str) -> str:
        return self.draw(st.sampled_from(self.activations)).format(z)

    def normalized(self, z: str) -> str:
        self.norms += 1
        options = [z]
        eps = self.draw(st.sampled_from(("", "", "1/10", "eps")))
        options += [f"eps={eps}"] if eps else []
        options += ["ddof=1"] if self.draw(st.booleans()) else []
        if self.draw(st.booleans()):
            options += [f"scale=a{self.norms}", f"shift=b{self.norms}"]
        return f"norm({', '.join(options)})"

    def neuron(self) -> str:
        z = self.linear()
        if self.norms < self.max_norms and self.draw(st.booleans()):
            z = self.normalized(z)
        return self.activated(z) if self.draw(st.integers(0, 3)) else z

    def output(self, must_normalize: bool) -> str:
        z = self.linear()
        if must_normalize or (self.norms < self.max_norms and self.draw(st.booleans())):
            return f"{self.normalized(z)} + {self.parameter()}"
        return self.draw(st.sampled_from((z, self.activated(z))))


def networks(**options: object) -> st.SearchStrategy[Network]:
    """The networks that `network_texts` describes."""
    return network_texts(**options).map(network)  # type: ignore[arg-type]


@st.composite
def points(draw: st.DrawFn, of: Network, largest: int = 19) -> dict[str, Fraction]:
    """An exact value for every parameter, none of them 0 or 1 in size, those that serve as an eps positive."""
    radii = {
        norm.args[1].name for neuron in of for norm in neuron.formula.atoms(Norm) if isinstance(norm.args[1], Symbol)
    }
    sizes = st.integers(2, largest).filter(lambda n: n != 13)
    point = {}
    for name in of.parameters:
        sign = 1 if name in radii else draw(st.sampled_from((1, -1)))
        point[name] = sign * Fraction(draw(sizes), 13)
    return point

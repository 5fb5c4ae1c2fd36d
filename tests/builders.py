"""Derivations and networks that several tests share, built by hand."""

from sympy import Expr, Symbol, symbols

from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.network import Network, Neuron, Norm
from symnet.operations import call, sqrt
from symnet.sums import sum_over

M = size("m")
OBJECT, OTHER = index("i", M), index("j", M)
X, Y = Variable("x", (OBJECT,)), Variable("y", (OBJECT,))


def normalized_chain(depth: int, eps: Expr | int = 0) -> Derivation:
    """depth layers of: z = w f(previous) + v, normalized over the m objects, scaled and shifted by a, b."""
    equations: list[Equation] = []
    parameters: list[Variable] = []
    scale, shift = Variable("a"), Variable("b")
    previous: Expr = X.reference
    for layer in range(1, depth + 1):
        w, v = Variable(f"w{layer}"), Variable(f"v{layer}")
        parameters += [w, v]
        z = Equation(f"z{layer}", (OBJECT,), rhs=w.reference * call("f", previous) + v.reference)
        mean = Equation(f"C{layer}", rhs=sum_over(z.at(OTHER.symbol), OTHER.limits) / M)
        squares = sum_over((z.at(OTHER.symbol) - mean.reference) ** 2, OTHER.limits)
        deviation = Equation(f"S{layer}", rhs=sqrt(squares / M + eps))
        hat = Equation(f"xhat{layer}", (OBJECT,), rhs=(z.reference - mean.reference) / deviation.reference)
        equations += [z, mean, deviation, hat]
        previous = scale.reference * hat.reference + shift.reference
    loss = Equation("L", rhs=sum_over((previous - Y.reference) ** 2, OBJECT.limits))
    return Derivation((*equations, loss), (X, Y), (*parameters, scale, shift))


def lecture_network(rows: tuple[tuple[int, ...], ...] | None = ((-1, -1), (1, 1))) -> Network:
    """The lecture's two hidden neurons before a normalized output (lecture 8, lines 328-386)."""
    w1, w2, w3, w4, w01, w02, w03, x, h1, h2 = symbols("w1 w2 w3 w4 w01 w02 w03 x h1 h2")
    neurons = (
        Neuron("h1", call("f", w1 * x + w01)),
        Neuron("h2", call("f", w2 * x + w02)),
        Neuron("F", Norm(h1 * w3 + h2 * w4) + w03),
    )
    return Network(("x",), neurons, rows=rows, order=("w1", "w01", "w2", "w02", "w3", "w4", "w03"))


def dropout_network() -> Network:
    """The lecture's two linear neurons fitted to y = 4 - x (lecture 8, lines 93-105)."""
    w1, w2, w01, w02, x = symbols("w1 w2 w01 w02 x")
    neurons = (
        Neuron("h1", w1 * x + w01),
        Neuron("h2", w2 * x + w02),
        Neuron("F", Symbol("h1") + Symbol("h2")),
    )
    return Network(("x",), neurons, rows=((1, 3), (2, 2), (3, 1)), order=("w1", "w01", "w2", "w02"))

"""Statements of the lectures that the tests of the prover share."""

from collections.abc import Callable, Sequence

from sympy import Expr, Rational, S, Symbol, symbols

from symnet.equations import Derivation, Equation
from symnet.expressions import product, total
from symnet.operations import call, sqrt

a, b, u, x, y = symbols("a b u x y")
w1, w2, w3, w4, w01, w02, w03, eps, gamma = symbols("w1 w2 w3 w4 w01 w02 w03 eps gamma")
A, B, C, S1, S2, C1, C2 = symbols("A B C S1 S2 C1 C2")
DEVIATION = Symbol("S")
ONE, HALF = S.One, Rational(1, 2)


def f(argument: Expr, order: int = 0) -> Expr:
    return call("f", argument, order=order)


def derivation(**equations: Expr) -> Derivation:
    return Derivation(tuple(Equation(name, rhs=rhs) for name, rhs in equations.items()))


def mean(values: Sequence[Expr]) -> Expr:
    return product(Rational(1, len(values)), total(*values))


def deviation(values: Sequence[Expr], centre: Expr, epsilon: Expr = S.Zero) -> Expr:
    return sqrt(mean([(v - centre) ** 2 for v in values]) + epsilon)


# A batch of two objects, x = -1 and x = 1, after two neurons.
pair = derivation(
    A=f(-w1 + w01) * w3 + f(-w2 + w02) * w4,
    B=f(w1 + w01) * w3 + f(w2 + w02) * w4,
    C=mean((A, B)),
    S=deviation((A, B), C),
)

# The deviation of the inputs -w1 and w1 of the first neuron.
single = derivation(S=deviation((-w1, w1), S.Zero))

# x -> norm(w2 f(x + w01)) -> w3 f(normalized + w02), its mean and deviation.
z1, z2, v1, v2 = symbols("z1 z2 v1 v2")
chain = derivation(
    z1=w2 * f(w01 - 1),
    z2=w2 * f(w01 + 1),
    C1=mean((z1, z2)),
    S1=deviation((z1, z2), C1),
    v1=w3 * f((z1 - C1) / S1 + w02),
    v2=w3 * f((z2 - C1) / S1 + w02),
    C2=mean((v1, v2)),
    S2=deviation((v1, v2), C2),
)


def batch(m: int, epsilon: Expr = eps) -> tuple[Derivation, list[Expr], list[Expr]]:
    """Batch normalization of m objects with its staged backward pass: equations, normalized values, compact dx."""
    z, g = symbols(f"z1:{m + 1}"), symbols(f"g1:{m + 1}")
    hat = [Symbol(f"h{k}") for k in range(1, m + 1)]
    M, D, dV, dM = symbols("M S dV dM")
    equations = {"M": mean(z), "S": deviation(z, M, epsilon)}
    equations |= {h.name: (v - M) / D for h, v in zip(hat, z, strict=True)}
    equations["dV"] = product(-HALF, total(*(gamma * k * (v - M) for k, v in zip(g, z, strict=True))), D**-3)
    equations["dM"] = -total(*(gamma * k for k in g)) / D + dV * product(Rational(-2, m), total(*(v - M for v in z)))
    for n, (k, v) in enumerate(zip(g, z, strict=True), 1):
        equations[f"dx{n}"] = gamma * k / D + dV * 2 * (v - M) / m + dM / m
    projection = mean([k * h for k, h in zip(g, hat, strict=True)])
    compact = [gamma / D * (k - mean(g) - h * projection) for k, h in zip(g, hat, strict=True)]
    return derivation(**equations), hat, compact


def twice(m: int, activation: Callable[[Expr], Expr]) -> tuple[Derivation, list[Expr]]:
    """Two normalized layers with an activation between them: equations and the second normalized values."""
    values: list[Expr] = list(symbols(f"z1:{m + 1}"))
    equations: dict[str, Expr] = {}
    for layer in (1, 2):
        M, D = symbols(f"M{layer} S{layer}")
        equations |= {M.name: mean(values), D.name: deviation(values, M)}
        normalized = {f"h{layer}{k}": (v - M) / D for k, v in enumerate(values)}
        equations |= normalized
        values = list(map(Symbol, normalized))
        if layer == 1:
            active = {f"q{k}": w2 * activation(v + w02) for k, v in enumerate(values)}
            equations |= active
            values = list(map(Symbol, active))
    return derivation(**equations), values

"""Networks of named neurons, as a lecture draws them: one formula a neuron, normalization inside formulas."""

from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Rational

from symnet.expressions import as_expression

__all__ = ["Loss", "Neuron", "Norm"]


class Norm(Expr):
    """(z - mean)/deviation over the statistics batch; deviation = sqrt(sum (z - mean)^2 / (n - ddof) + eps).

    Arguments: z, eps, ddof. A learnable scale and shift are written around it: `a*Norm(z) + b`.
    """

    is_commutative = True

    def __new__(cls, z: Any, eps: Any = 0, ddof: Any = 0) -> "Norm":
        return Expr.__new__(cls, as_expression(z), as_expression(eps), Integer(ddof))


@dataclass(frozen=True)
class Neuron:
    """One neuron: its name and its formula over inputs, other neurons, parameters and numbers (SymPy symbols)."""

    name: str
    formula: Expr


@dataclass(frozen=True)
class Loss:
    """`reduction` ("sum" or "mean") over the objects of `formula`, an expression in outputs and targets."""

    reduction: str
    formula: Expr


Row = tuple[Rational, ...]

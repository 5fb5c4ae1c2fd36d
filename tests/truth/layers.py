"""Layers of symbolic size with their gradients: the statements that tests of the prover and its benchmark share.

Every gradient is symnet's own sweep over the forward pass; the right-hand sides are closed forms as papers print
them, with a generic upstream gradient. A near-miss is a closed form with one thing wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sympy import Expr, IndexedBase, Integer, Symbol, symbols

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Index, Variable, index, size
from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.sums import Sum
from tests.truth import test_every_size as batch

__all__ = ["DENSE", "FALSE", "FIXED", "TRUE", "Matrix", "Said", "batch_of", "matrix"]


class Said(NamedTuple):
    """left = right, said of the names of a derivation."""

    left: Expr
    right: Expr
    derivation: Derivation


# Matrices, written as their entries


@dataclass(frozen=True)
class Matrix:
    """A matrix by what stands at (row, column); products, transposes and Hadamard products are sums over entries."""

    at: Callable[[Expr, Expr], Expr]
    rows: Expr
    columns: Expr

    @property
    def T(self) -> "Matrix":
        return Matrix(lambda i, k: self.at(k, i), self.columns, self.rows)

    def __matmul__(self, other: "Matrix") -> "Matrix":
        bound = Symbol(f"s{next(_numbers)}", integer=True)
        limits = (bound, Integer(1), self.columns)
        return Matrix(lambda i, k: Sum(self.at(i, bound) * other.at(bound, k), limits), self.rows, other.columns)

    def __mul__(self, other: "Matrix") -> "Matrix":
        """The Hadamard product."""
        return Matrix(lambda i, k: self.at(i, k) * other.at(i, k), self.rows, self.columns)

    def __rmul__(self, number: int) -> "Matrix":
        return Matrix(lambda i, k: product(Integer(number), self.at(i, k)), self.rows, self.columns)

    def __add__(self, other: "Matrix") -> "Matrix":
        return Matrix(lambda i, k: self.at(i, k) + other.at(i, k), self.rows, self.columns)

    def __sub__(self, other: "Matrix") -> "Matrix":
        return self + (-1) * other

    def map(self, function: Callable[[Expr], Expr]) -> "Matrix":
        """A function of every entry."""
        return Matrix(lambda i, k: function(self.at(i, k)), self.rows, self.columns)

    @property
    def total(self) -> Expr:
        """The sum of all entries: of squares, after a Hadamard product with itself."""
        row, column = (Symbol(f"s{next(_numbers)}", integer=True) for _ in range(2))
        return Sum(Sum(self.at(row, column), (column, Integer(1), self.columns)), (row, Integer(1), self.rows))


_numbers = iter(range(10**9))


def matrix(name: str, rows: Expr, columns: Expr) -> Matrix:
    return Matrix(lambda i, k: IndexedBase(name)[i, k], rows, columns)

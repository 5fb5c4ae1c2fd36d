"""Matrices of symbolic size in index notation: the slides' X W_1, whose rows are objects.

A `Matrix` knows its entry at (row, column), with sums over symbolic sizes; sums of a size that is a number are
written out. Products of matrices that do not fit are refused. `products` lists every way to multiply some matrices:
what a formula can mean that shows their order no more than their transposition.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product as choices
from typing import Any

from sympy import Expr, IndexedBase, Integer, S, Symbol

from symnet.equations import Equation, Index
from symnet.errors import SymnetError
from symnet.expressions import as_expression, contains, fresh_index, product, substitute
from symnet.sums import sum_over, unroll

__all__ = ["Matrix", "Product", "products"]

_ROW, _COLUMN = Symbol("_row", integer=True), Symbol("_column", integer=True)
_INNER = Symbol("j", integer=True)


@dataclass(frozen=True)
class Matrix:
    """rows x columns entries; `body` is the entry at (`_row`, `_column`), both counted from 1."""

    rows: Expr
    columns: Expr
    body: Expr

    @classmethod
    def named(cls, name: str, rows: Expr | int, columns: Expr | int) -> "Matrix":
        """The matrix whose entries are name[i, k]."""
        return cls(as_expression(rows), as_expression(columns), IndexedBase(name)[_ROW, _COLUMN])

    @property
    def shape(self) -> tuple[Expr, Expr]:
        return self.rows, self.columns

    def at(self, row: Any, column: Any) -> Expr:
        """The entry at a place, which may be given by indices."""
        return substitute(self.body, {_ROW: as_expression(row), _COLUMN: as_expression(column)})

    @property
    def T(self) -> "Matrix":
        return Matrix(self.columns, self.rows, self.at(_COLUMN, _ROW))

    def map(self, function: Callable[[Expr], Expr]) -> "Matrix":
        """The function of every entry: f(X W)."""
        return Matrix(self.rows, self.columns, function(self.body))

    def __matmul__(self, other: "Matrix") -> "Matrix":
        """The product of matrices. Raises SymnetError when the shapes do not fit."""
        if self.columns != other.rows:
            raise SymnetError(f"a {self._size} matrix cannot be multiplied by a {other._size} one")
        bodies = (self.body, other.body)
        inner = fresh_index(_INNER, bodies) if any(contains(body, _INNER) for body in bodies) else _INNER
        entry = product(self.at(_ROW, inner), other.at(inner, _COLUMN))
        return Matrix(self.rows, other.columns, unroll(sum_over(entry, (inner, S.One, self.columns))))

    def __mul__(self, other: "Matrix | Expr | int") -> "Matrix":
        """The product entry by entry, or of every entry with a number. Raises SymnetError."""
        if not isinstance(other, Matrix):
            return self.map(lambda entry: product(as_expression(other), entry))
        return Matrix(*self._same_shape(other), product(self.body, other.body))

    __rmul__ = __mul__

    def __sub__(self, other: "Matrix") -> "Matrix":
        return Matrix(*self._same_shape(other), self.body - other.body)

    def __neg__(self) -> "Matrix":
        return self * Integer(-1)

    def sum(self) -> Expr:
        """The sum of all entries."""
        i, k = Symbol("i", integer=True), Symbol("k", integer=True)
        return unroll(sum_over(self.at(i, k), (i, S.One, self.rows), (k, S.One, self.columns)))

    def equation(self, name: str, row: Index, column: Index) -> Equation:
        """name[i, k] = the entry. Raises SymnetError when the ranges of the indices are not the shape."""
        if (row.size, column.size) != self.shape:
            raise SymnetError(f"{name} is a {self._size} matrix, not {row.size} x {column.size}")
        return Equation(name, (row, column), rhs=self.at(row.symbol, column.symbol))

    def _same_shape(self, other: "Matrix") -> tuple[Expr, Expr]:
        if self.shape != other.shape:
            raise SymnetError(f"a {self._size} matrix and a {other._size} one have no common entries")
        return self.shape

    @property
    def _size(self) -> str:
        return f"{self.rows} x {self.columns}"


@dataclass(frozen=True)
class Product:
    """A way to multiply: kind "matrix" (in this order), "entries" (in any), or "" for a single matrix.

    parts: the factors' own products; name: that of a single matrix; transposed: whether that one is.
    """

    kind: str
    parts: tuple["Product", ...] = ()
    name: str = ""
    transposed: bool = False

    @property
    def T(self) -> "Product":
        if not self.kind:
            return Product("", (), self.name, not self.transposed)
        parts = tuple(part.T for part in self.parts)
        return _joined(self.kind, parts[::-1])

    @property
    def latex(self) -> str:
        return self._written("^T", r" \cdot ", r" \odot ")

    @property
    def text(self) -> str:
        """As NumPy has it: @ for the product of matrices, * for that of entries."""
        return self._written(".T", " @ ", " * ")

    def _written(self, transposed: str, matrix: str, entries: str) -> str:
        if not self.kind:
            return self.name + transposed * self.transposed
        signs = (transposed, matrix, entries)
        parts = [part._written(*signs) if not part.kind else f"({part._written(*signs)})" for part in self.parts]
        return (matrix if self.kind == "matrix" else entries).join(parts)


def _joined(kind: str, parts: tuple[Product, ...]) -> Product:
    """One product for all that differ by brackets, or by the order of what is multiplied entry by entry."""
    flat = tuple(inner for part in parts for inner in (part.parts if part.kind == kind else (part,)))
    return Product(kind, flat if kind == "matrix" else tuple(sorted(flat, key=lambda part: part.latex)))


def products(factors: Mapping[str, Matrix], shape: tuple[Expr, Expr]) -> dict[Product, Matrix]:
    """All products of the factors, each used once, that have the shape.

    In any order and with any brackets, each factor transposed or not, matrix products and products entry by entry.
    """
    singles = [(Product("", name=name), matrix) for name, matrix in factors.items()]
    found = _products(tuple(singles))
    both = [*found.items(), *((way.T, matrix.T) for way, matrix in found.items())]
    return {way: matrix for way, matrix in both if matrix.shape == shape}


def _products(singles: tuple[tuple[Product, Matrix], ...]) -> dict[Product, Matrix]:
    """The products of all of them; of one and its transposed only one."""
    if len(singles) == 1:
        return dict(singles)
    found: dict[Product, Matrix] = {}
    for left, right in _splits(singles):
        for (a, one), (b, other) in choices(_products(left).items(), _products(right).items()):
            for way, matrix in _pairs(a, one, b, other):
                if way not in found and way.T not in found:
                    found[way] = matrix
    return found


def _pairs(a: Product, one: Matrix, b: Product, other: Matrix) -> Iterator[tuple[Product, Matrix]]:
    for (left, first), (right, second) in choices(((a, one), (a.T, one.T)), ((b, other), (b.T, other.T))):
        if first.columns == second.rows:
            yield _joined("matrix", (left, right)), first @ second
        if first.shape == second.shape:
            yield _joined("entries", (left, right)), first * second


_Singles = tuple[tuple[Product, Matrix], ...]


def _splits(singles: _Singles) -> Iterator[tuple[_Singles, _Singles]]:
    """Into two parts, the first of which has the first of them."""
    first, *rest = singles
    for mask in range(2 ** len(rest) - 1):
        chosen = [single for k, single in enumerate(rest) if mask >> k & 1]
        yield (first, *chosen), tuple(single for k, single in enumerate(rest) if not mask >> k & 1)

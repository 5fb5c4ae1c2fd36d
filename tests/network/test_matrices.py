"""Matrices in index notation against NumPy's, and the products listed against a count by hand."""

from collections.abc import Mapping

import numpy as np
import pytest
from sympy import Expr, Integer, Symbol

from symnet.equations import index, size
from symnet.errors import SymnetError
from symnet.expressions import subexpressions, substitute
from symnet.network.matrices import Matrix, products
from symnet.sums import Sum, unroll

m, n, h, p = map(size, "mnhp")
A, B, C = Matrix.named("A", m, n), Matrix.named("B", n, h), Matrix.named("C", m, h)
SIZES = {m: 3, n: 2, h: 4, p: 1}
NUMBERS = np.random.default_rng(3)
VALUES = {
    "A": NUMBERS.integers(-9, 9, (3, 2)),
    "B": NUMBERS.integers(-9, 9, (2, 4)),
    "C": NUMBERS.integers(-9, 9, (3, 4)),
}


def number(expression: Expr, values: Mapping[str, np.ndarray] = VALUES) -> int:
    written = unroll(substitute(expression, {s: Integer(v) for s, v in SIZES.items()}))
    entries = {
        node: Integer(int(values[str(node.base)][tuple(int(k) - 1 for k in node.indices)]))
        for node in subexpressions(written)
        if node.is_Indexed
    }
    return int(substitute(written, entries))


def as_array(matrix: Matrix) -> np.ndarray:
    rows, columns = (int(substitute(s, {k: Integer(v) for k, v in SIZES.items()})) for s in matrix.shape)
    return np.array([[number(matrix.at(r, c)) for c in range(1, columns + 1)] for r in range(1, rows + 1)])


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (A @ B, VALUES["A"] @ VALUES["B"]),
        ((A @ B).T, (VALUES["A"] @ VALUES["B"]).T),
        (A.T @ (A @ B), VALUES["A"].T @ (VALUES["A"] @ VALUES["B"])),
        ((A.T @ A) @ (B @ C.T), VALUES["A"].T @ VALUES["A"] @ VALUES["B"] @ VALUES["C"].T),
        (C * (A @ B) - 3 * C, VALUES["C"] * (VALUES["A"] @ VALUES["B"]) - 3 * VALUES["C"]),
        (-(A @ B), -(VALUES["A"] @ VALUES["B"])),
        ((A @ B).map(lambda u: u**2), (VALUES["A"] @ VALUES["B"]) ** 2),
    ],
)
def test_matrices_are_numpys(matrix: Matrix, expected: np.ndarray) -> None:
    assert np.array_equal(as_array(matrix), expected)


def test_the_sum_of_all_entries() -> None:
    assert number(((A @ B) * C).sum()) == int(((VALUES["A"] @ VALUES["B"]) * VALUES["C"]).sum())


def test_an_index_of_the_caller_is_not_captured() -> None:
    i, j = Symbol("i", integer=True), Symbol("j", integer=True)
    entry = (A @ B).at(j, i)
    assert entry.free_symbols >= {i, j}
    fixed = substitute(entry, {j: Integer(2), i: Integer(3)})
    assert number(fixed) == int((VALUES["A"] @ VALUES["B"])[1, 2])


def test_a_sum_over_one_entry_is_that_entry() -> None:
    row, column = Matrix.named("r", 1, n), Matrix.named("c", n, 1)
    outer = column @ row
    assert not any(isinstance(node, Sum) for node in subexpressions(outer.body))
    assert (row @ column).shape == (1, 1)


@pytest.mark.parametrize("wrong", [lambda: B @ A, lambda: A * B, lambda: A - A.T])
def test_matrices_that_do_not_fit_are_refused_with_their_sizes(wrong: object) -> None:
    with pytest.raises(SymnetError, match=r"[mn] x [hmn] (matrix|one)"):
        wrong()  # type: ignore[operator]


def test_an_equation_has_the_ranges_of_the_shape() -> None:
    assert str((A @ B).equation("Z", index("i", m), index("k", h)).rhs) == "Sum(A[i, j]*B[j, k], (j, 1, n))"
    with pytest.raises(SymnetError, match="Z is a m x h matrix, not m x n"):
        (A @ B).equation("Z", index("i", m), index("k", n))


def test_products_of_two() -> None:
    """A (m x n) and B (n x h) fit in one way; its transposed has the other shape."""
    assert [way.text for way in products({"A": A, "B": B}, (m, h))] == ["A @ B"]
    assert [way.latex for way in products({"A": A, "B": B}, (h, m))] == [r"B^T \cdot A^T"]
    assert products({"A": A, "B": B}, (m, n)) == {}


def test_products_of_squares_are_all_there() -> None:
    """Two square matrices: XY, YX, X^T Y, … (8 matrix products), and X o Y, X o Y^T and their transposed."""
    X, Y = Matrix.named("X", n, n), Matrix.named("Y", n, n)
    ways = {way.text for way in products({"X": X, "Y": Y}, (n, n))}
    matrix = {f"{a}{s} @ {b}{t}" for a, b in ("XY", "YX") for s in ("", ".T") for t in ("", ".T")}
    entries = {"X * Y", "X * Y.T", "X.T * Y", "X.T * Y.T"}
    assert ways == matrix | entries


def test_each_product_is_the_matrix_it_says() -> None:
    whole = VALUES["A"] @ VALUES["B"] @ VALUES["C"].T
    found = {way.text: as_array(matrix) for way, matrix in products({"A": A, "B": B, "C": C}, (m, m)).items()}
    expected = {"A @ B @ C.T": whole, "C @ B.T @ A.T": whole.T}
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[way], expected[way]) for way in expected)


def test_products_by_entries_do_not_depend_on_their_order() -> None:
    ways = products({"A": A, "B": B, "C": C}, (m, h))
    assert [way.text for way in ways] == ["(A @ B) * C"]

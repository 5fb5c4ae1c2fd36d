"""Indices that depend on the values: argmax and what is read and written there, followed without opening cases."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import Integer, Symbol

from symnet.candidates.tracing import Untraceable, symbols, trace
from symnet.equations import Derivation, Equation, Variable
from symnet.truth.evaluate import evaluate

ROWS, COLUMNS = 2, 3


def put_along(x: Any) -> Any:
    made = np.ones(x.shape)
    np.put_along_axis(made, x.argmax(1)[:, None], 2 * x[:, :1], axis=1)
    return made


def written(x: Any) -> Any:
    made = x.copy()
    made[np.arange(ROWS), np.argmin(x, axis=1)] = x[:, 0] + 5
    return made


def added(x: Any) -> Any:
    made = np.ones(COLUMNS)
    np.add.at(made, x.argmax(axis=1), x[:, 1])
    return made


def unravelled(x: Any) -> Any:
    made = np.zeros((ROWS, COLUMNS + 1))
    row, column = np.unravel_index(np.argmax(x), x.shape)
    made[row, column + 1] += 7
    made[1 - row, 2 * column % 4 // 2] += 1
    return made


def sliced(x: Any) -> Any:
    """An index between slices, and with a slice between two: NumPy lays out the result in two ways."""
    cube = np.stack([x, 2 * x, x * x])
    at = x.argmax(axis=1)
    return np.concatenate([cube[:, [0, 1], at].ravel(), cube[at, :, 0].ravel(), cube[at, 1:, at].ravel()])


READ: list[Callable[[Any], Any]] = [
    put_along,
    written,
    added,
    unravelled,
    sliced,
    lambda x: np.take_along_axis(x, x.argmax(axis=1)[:, None], axis=1),
    lambda x: np.take_along_axis(x * x, np.argmin(x, axis=0)[None], axis=0),
    lambda x: np.take_along_axis(x, x.argmax(axis=None)[None], axis=None),
    lambda x: x[np.arange(ROWS), x.argmax(axis=1)],
    lambda x: x.ravel()[np.argmax(x)],
    lambda x: np.eye(COLUMNS)[x.argmax(axis=1)] * x,
    lambda x: (np.arange(COLUMNS) == x.argmax(axis=1)[:, None]) * x,
    lambda x: np.where(x.argmax(axis=1) != 1, x[:, 0], x[:, 2]),
    lambda x: x.argmax(axis=1, keepdims=True) * x,
    lambda x: x[..., x[0].argmax()] - x[x[:, 1].argmin()][0],
]


@pytest.mark.parametrize("function", READ)
def test_reading_and_writing_at_the_largest_opens_no_cases(function: Callable[[Any], Any]) -> None:
    """The formulas have the values that NumPy gives, ties included."""
    (case,) = trace(function, symbols("x", ROWS, COLUMNS))
    traced = case.results[0]
    found = [v.expr for v in np.asarray(traced, dtype=object).view(np.ndarray).flat]
    names = [Symbol(f"x_{i}_{k}") for i in range(1, ROWS + 1) for k in range(1, COLUMNS + 1)]
    given = tuple(Variable(name.name) for name in names)
    equations = Derivation(tuple(Equation(f"r{k}", rhs=rhs) for k, rhs in enumerate(found)), given)
    for numbers in ([1, 1, 1, 1, 1, 1], [3, 1, 2, -2, 5, 5], [-1, 4, 4, 2, 2, 0], [0, -3, 7, 6, -6, 1]):
        right = np.asarray(function(np.array(numbers, dtype=float).reshape(ROWS, COLUMNS)))
        assert np.shape(traced) == right.shape
        point = {name.name: Integer(value) for name, value in zip(names, numbers, strict=True)}
        values = evaluate(equations, point, [e.name for e in equations])
        assert [float(values[e.name].ball(20).mid()) for e in equations] == right.ravel().tolist()


def test_an_integer_that_is_needed_opens_its_cases() -> None:
    cases = trace(lambda x: x[: int(x.argmax()) + 1].sum(), symbols("x", 3))
    assert {len(case.results[0].expr.args) or 1 for case in cases} == {1, 2, 3}
    with pytest.raises(Untraceable, match="mod of a symbol"):
        trace(lambda x: x % 2, symbols("x", 2))


def test_what_is_not_followed_is_said() -> None:
    def beside(x: Any) -> Any:
        return x[None, x[0].argmax()]

    with pytest.raises(Untraceable, match="newaxis beside an index that depends on values"):
        trace(beside, symbols("x", 2, 2))


def test_of_known_numbers_it_is_a_number() -> None:
    (case,) = trace(lambda x: x[np.argmax(np.array([0.0, 2.0, 2.0]))] + x[(0 * x).argmin()], symbols("x", 3))
    assert case.results[0].expr == Symbol("x_1") + Symbol("x_2")

"""What traced arrays and numbers do: constants, cases, what cannot be traced, and that nothing stays replaced."""

import math
from typing import Any

import numpy as np
import pytest
from sympy import Integer, Rational, S, Symbol

from symnet.candidates.tracing import Masks, Traced, Untraceable, symbols, trace
from symnet.candidates.tracing.constants import recognize
from symnet.operations import call, sqrt
from symnet.truth.assumptions import negative, positive
from symnet.truth.verdict import decide

x1, x2 = Symbol("x_1"), Symbol("x_2")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (2.0, Integer(2)),
        (0.1, Rational(1, 10)),
        (1e-5, Rational(1, 10**5)),
        (1 / 3, Rational(1, 3)),
        (1 - 0.9, Rational(1, 10)),
        (1 - 0.999**3, 1 - Rational(999, 1000) ** 3),
        (-math.sqrt(0.5), -sqrt(Rational(1, 2))),
        (-2 / 7, Rational(-2, 7)),
        (np.float32(0.1), Rational(1, 10)),
        (math.sqrt(2), sqrt(Integer(2))),
        (math.sqrt(2 / math.pi), 2 * call("normal_pdf", Integer(0))),
    ],
)
def test_floats_are_what_they_mean(value: float, meant: Any) -> None:
    assert recognize(value)[0] == meant


def test_a_float_that_means_nothing_is_taken_exactly_and_said() -> None:
    number, note = recognize(0.12345678901234567)
    assert number == Rational(*(0.12345678901234567).as_integer_ratio())
    assert "taken exactly" in note
    number, note = recognize(float(np.float32(0.1)))
    assert number != Rational(1, 10)
    assert "it is 1/10 rounded to float32" in note


def formulas(result: Any) -> list[Any]:
    return [v.expr for v in np.asarray(result).flat]


def answer(function: Any, *arguments: Any) -> list[Any]:
    (case,) = trace(function, *arguments)
    return formulas(case.results[0])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: np.maximum(x, 0), [call("relu", x1), call("relu", x2)]),
        (lambda x: x * (x > 0), [x1 * call("step", x1), x2 * call("step", x2)]),
        (lambda x: np.where(x > 0, x, 0), [call("relu", x1), call("relu", x2)]),
        (lambda x: np.clip(x, None, 1), [call("min", x1, 1), call("min", x2, 1)]),
        (lambda x: np.cumsum(x), [x1, x1 + x2]),
        (lambda x: np.concatenate([x, [0.5]]), [x1, x2, Rational(1, 2)]),
        (lambda x: np.stack([x, x])[1, ::-1], [x2, x1]),
        (lambda x: np.linalg.norm(x), [sqrt(x1**2 + x2**2)]),
        (lambda x: np.power(x, -0.5), [1 / sqrt(x1), 1 / sqrt(x2)]),
        (lambda x: np.outer(x, x), [x1**2, x1 * x2, x1 * x2, x2**2]),
        (lambda x: np.add.reduce(x, where=np.array([True, False])), [x1]),
        (lambda x: np.multiply(x, 2, where=np.array([True, False]), out=x), [2 * x1, x2]),
        (lambda x: np.full(2, x[0]) + float(x[1]), [x1 + x2, x1 + x2]),
        (lambda x: np.array([x[1], 3.0]), [x2, 3]),
        (lambda x: x.astype(np.float32).reshape(2, 1).T.squeeze(), [x1, x2]),
        (lambda x: (x == x[0]).sum() if len(x) == 1 else x.dtype == np.float64 and x, [x1, x2]),
    ],
)
def test_numpy_on_symbols(function: Any, expected: list[Any]) -> None:
    assert answer(function, symbols("x", 2)) == expected


def test_a_branch_opens_cases() -> None:
    def function(x: Any) -> Any:
        if x > 1:
            return x
        return -x if x < 0 else 0 * x

    cases = trace(function, symbols("x"))
    assert [(c.text, formulas(c.results[0])) for c in cases] == [
        ("x - 1 > 0", [Symbol("x")]),
        ("x - 1 <= 0 and x < 0", [-Symbol("x")]),
        ("x - 1 <= 0 and x >= 0", [S.Zero]),
    ]


def test_what_is_known_opens_no_case() -> None:
    eps = Symbol("eps")
    (case,) = trace(lambda x, e: x if x * x + e > 0 else -x, symbols("x"), symbols("eps"), assumptions=[positive(eps)])
    assert formulas(case.results[0]) == [Symbol("x")]


def test_a_refusal_is_a_case_of_its_own() -> None:
    def function(x: Any) -> Any:
        if x == 0:
            raise ValueError("x is 0")
        return 1 / x

    refused, answered = trace(function, symbols("x"))
    assert refused.error.startswith("ValueError: x is 0 at line ")
    assert (refused.text, answered.text, answered.error) == ("x = 0", "x != 0", "")


def test_too_many_cases_are_refused() -> None:
    with pytest.raises(Untraceable, match="the comparisons open more than 4 cases"):
        trace(lambda x: [v if v > 0 else 0 for v in x], symbols("x", 3), limit=4)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: np.linalg.svd(x), r"^np.linalg.svd of symbols at line \d+ of test_tracing_arrays.py$"),
        (lambda x: math.atan(x[0, 0]), r"^float\(\) of a symbol at line \d+ of test_tracing_arrays.py$"),
        (lambda x: np.arctan(x), r"^np.arctan of a symbol at line \d+"),
        (lambda x: [0][x[0, 0]], r"^a symbol used as an index at line \d+"),
        (lambda x: x.unknown, r"^AttributeError: .*unknown.* at line \d+ of test_tracing_arrays.py$"),
        (lambda x: x ** (1 / 3), r"^the power x_1_1\*\*1/3 at line \d+"),
    ],
)
def test_what_cannot_be_traced_is_said_with_its_line(function: Any, message: str) -> None:
    with pytest.raises(Untraceable, match=message):
        trace(function, symbols("x", 2, 2))


def test_a_mask_of_another_probability_is_refused() -> None:
    with pytest.raises(Untraceable, match=r"a random number compared with 1/2, neither drop_probability"):
        trace(lambda x, source: x * (source.rand(2) < 0.5), symbols("x", 2), Masks())


def scaled_in_place(x: Any) -> Any:
    y = x.copy()
    y[x < 0] *= 3
    return y


def exponential_below(x: Any) -> Any:
    y = np.zeros_like(x)
    y[x < 0] = np.exp(x[x < 0]) - 1
    return y


@pytest.mark.parametrize(
    ("function", "below", "above"),
    [(scaled_in_place, 3 * x1, x1), (exponential_below, call("exp", x1) - 1, S.Zero)],
)
def test_what_is_selected_and_put_back_is_a_choice_for_each_element(function: Any, below: Any, above: Any) -> None:
    (case,) = trace(function, symbols("x", 9))
    first = formulas(case.results[0])[0]
    assert decide(first, below, assumptions=[negative(x1)]).verdict == "proved"
    assert decide(first, above, assumptions=[positive(x1)]).verdict == "proved"


def test_what_is_selected_for_anything_else_is_decided() -> None:
    cases = trace(lambda x: (np.sum(x[x > 0]), len(x[x > 0])), symbols("x", 2))
    assert len(cases) == 4
    assert formulas(cases[0].results[0]) == [x1 + x2]
    assert [case.results[1] for case in cases] == [2, 1, 1, 0]


def test_memory_that_was_never_written_is_a_name_of_its_own() -> None:
    assert answer(lambda x: np.empty(1) + x[:1], symbols("x", 2)) == [x1 + Symbol("uninitialized_1")]


def test_arguments_are_not_changed_and_nothing_stays_replaced() -> None:
    originals = (np.zeros, np.asarray, np.empty, math.sqrt)

    def function(x: Any) -> Any:
        x += 1
        return np.zeros(2) + math.sqrt(x[0])

    x = symbols("x", 2)
    (case,) = trace(function, x)
    assert formulas(case.results[0]) == [sqrt(x1 + 1)] * 2
    assert case.notes == ("argument 1 is changed in place",)
    assert formulas(x) == [x1, x2]
    with pytest.raises(Untraceable):
        trace(lambda x: np.arctan(x), x)
    assert (np.zeros, np.asarray, np.empty, math.sqrt) == originals
    assert not isinstance(np.zeros(2), Traced)

"""Values of parameters and sizes under which a false statement of symbolic size is true, and what is none."""

import pytest
from sympy import Expr, IndexedBase, Integer, S, symbols

from symnet.equations import Derivation, Index, Variable, size
from symnet.sums import Sum
from symnet.truth import size_conditions
from symnet.truth.prove import Outcome
from symnet.truth.size_conditions import search_values

m, n = size("m"), size("n")
i, j, k = symbols("i j k", integer=True)
c, d, eps = symbols("c d eps")
x = IndexedBase("x")


def over(body: Expr, upper: Expr = m) -> Expr:
    return Sum(body, (i, 1, upper))


@pytest.mark.parametrize(
    ("left", "right", "condition"),
    [
        (over(x[i]), over(x[i]) + eps, "eps = 0"),
        (over(c * x[i]), over((1 - c) * x[i]), "c = 1/2"),
        (over(c * x[i]), over(d * x[i]), "d = c"),
        (over(c), over(c, n), "n = m"),
        (over(x[i]), x[1] + x[2], "m = 2"),
        (over(c * x[i]), over(x[i]) * 2 / m, "c = 1 and m = 2"),
        (over(c * x[i]), S.Zero, "c = 0"),
        (S.Zero, over(c * x[i]), "c = 0"),
    ],
)
def test_the_first_condition_that_suffices(left: Expr, right: Expr, condition: str) -> None:
    found = search_values(left, right, parameters=[c, d])
    assert found is not None
    assert (found[0].text, found[1].proved) == (condition, True)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (over(c * x[i]), over(2 * c * x[i])),  # at c = 0 every formula is right
        (over(c), c),  # true for one object, which is no batch
        (over(x[i]) / (m - 2), over(x[i]) / (m - 3)),  # not defined at m = 2
        (over(x[i]), over(x[i] ** 2)),
    ],
)
def test_what_is_no_condition(left: Expr, right: Expr) -> None:
    assert search_values(left, right, parameters=[c, m]) is None


def test_no_time_is_no_condition() -> None:
    assert search_values(over(x[i]), over(x[i]) + eps, seconds=-1) is None


def test_where_an_index_has_no_values_there_is_nothing_to_prove() -> None:
    inner = Variable("x", (Index(k, m - 2),))
    assert search_values(x[k], 2 * x[k], Derivation((), (inner,))) is None


def test_every_instance_has_to_be_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = iter([Outcome("undecided", "", 0.0), Outcome("proved", "", 0.0)])
    monkeypatch.setattr(size_conditions, "prove", lambda *arguments: next(outcomes))
    data = Derivation((), (Variable("x", (Index(k, m),)),))
    assert search_values(over(x[i]) * x[k], (x[1] + x[2]) * x[k], data) is None
    assert next(outcomes).proved


def test_a_proof_with_exceptions_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_conditions, "prove", lambda *arguments: Outcome("proved", "", 0.0, nonzero=(c,)))
    assert search_values(over(x[i]), x[1] + x[Integer(2)]) is None

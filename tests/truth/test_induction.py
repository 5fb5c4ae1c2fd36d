"""Closed forms of recursions for every number of steps; a wrong one is refuted at a small number."""

from collections.abc import Callable, Sequence

import pytest
from sympy import Expr, IndexedBase, Integer, Rational, Symbol, symbols

from symnet.equations import size
from symnet.errors import SymnetError
from symnet.operations import call, sqrt
from symnet.sums import Sum
from symnet.truth.induction import decide_recursion
from symnet.truth.verdict import Verdict, decide

k, s = size("k"), Symbol("s", integer=True)
r, c = symbols("r c")
g, h = IndexedBase("g"), IndexedBase("h")
Step = Callable[[Sequence[Expr], Expr], list[Expr]]


def geometric(values: Sequence[Expr], _: Expr) -> list[Expr]:
    return [r * values[0] + c]


def average(values: Sequence[Expr], number: Expr) -> list[Expr]:
    return [r * values[0] + (1 - r) * g[number + 1]]


def fibonacci(values: Sequence[Expr], _: Expr) -> list[Expr]:
    return [values[1], values[0] + values[1]]


def past(power: Expr) -> Expr:
    return (1 - r) * Sum(r**power * g[s], (s, Integer(1), k))


def plain(sequence: IndexedBase, last: Expr) -> Expr:
    return Sum(sequence[s], (s, Integer(1), last))


def weighted(sequence: IndexedBase, last: Expr) -> Expr:
    return Sum(r**s * sequence[s], (s, Integer(1), last))


def crossed(last: Expr) -> Expr:
    return weighted(g, last) * plain(h, last) - plain(g, last) * weighted(h, last)


TRUE = [
    (c * (1 - r**k) / (1 - r), geometric),
    (past(k - s), average),
    (Sum((s - 1) * g[s], (s, Integer(2), k)), lambda values, n: [values[0] + n * g[n + 1]]),
]
FALSE = [
    (c * (1 - r ** (k + 1)) / (1 - r), geometric, "0"),
    (c * k, geometric, "2"),
    (past(k - s + 1), average, "1"),
    (past(s - 1), average, "2"),
    (c * k * r ** (k - 1), geometric, "2"),  # right where r^k is 1
    (
        Sum((s - 1) * g[s], (s, Integer(3), k)),
        lambda values, n: [values[0] + n * g[n + 1]],
        "2",
    ),  # the last term of 3..2
    (Integer(0), lambda values, n: [values[0] + g[n + 1] * crossed(n)], "3"),  # r^s is no constant
]


@pytest.mark.parametrize(("closed", "step"), TRUE)
def test_closed_forms(closed: Expr, step: Step) -> None:
    verdict = decide_recursion([closed], k, [Integer(0)], step)
    assert (verdict.verdict, verdict.method) == ("proved", "induction on k: base and step by normal form")


@pytest.mark.parametrize(("closed", "step", "where"), FALSE)
def test_wrong_closed_forms(closed: Expr, step: Step, where: str) -> None:
    verdict = decide_recursion([closed], k, [Integer(0)], step)
    assert (verdict.verdict, verdict.method) == ("refuted", f"exact values at a point, at k = {where}")
    assert verdict.witness["values"]["k"] == where


def summed(values: Sequence[Expr], number: Expr) -> list[Expr]:
    return [values[0] + g[number + 1]]


@pytest.mark.parametrize("first", [2, 3, 4])
def test_a_sum_that_starts_late_is_not_the_whole_sum(first: int) -> None:
    late = Sum(g[s], (s, Integer(first), k))
    verdict = decide_recursion([late], k, [Integer(0)], summed)
    assert (verdict.verdict, verdict.witness["values"]["k"]) == ("refuted", "1")
    assert decide_recursion([Sum(g[s], (s, Integer(0), k))], k, [g[0]], summed).verdict == "proved"
    assert decide_recursion([g[1] + Sum(g[s], (s, Integer(2), k))], k, [g[1]], summed).verdict == "refuted"


def test_the_first_step_is_proved_apart() -> None:
    def only_first(values: Sequence[Expr], number: Expr) -> list[Expr]:  # sign(k) is 1 for a size, but 0 at k = 0
        return [values[0] + 1 - call("sign", number) ** 2]

    verdict = decide_recursion([Integer(0)], k, [Integer(0)], only_first)
    assert (verdict.verdict, verdict.witness["values"]) == ("refuted", {"k": "1"})


def test_what_differs_late_is_undecided() -> None:
    closed = k * (k - 1) * (k - 2) * (k - 3)
    verdict = decide_recursion([closed], k, [Integer(0)], lambda values, _: [values[0]])
    assert verdict.verdict == "undecided"
    assert verdict.method == "the induction on k fails, and the first 4 values do not differ"
    assert 0 <= verdict.seconds < 10


def test_two_sequences_at_once() -> None:
    """F_k = (p^k - m^k)/(p - m) for the roots p, m of u^2 = u + 1, with p - m = sqrt(5)."""
    root = sqrt(Integer(5))
    p, m = (1 + root) / 2, (1 - root) / 2
    closed = [(p**k - m**k) / root, (p ** (k + 1) - m ** (k + 1)) / root]
    assert decide_recursion(closed, k, [Integer(0), Integer(1)], fibonacci).verdict == "proved"
    wrong = [(p**k + m**k) / root, closed[1]]
    assert decide_recursion(wrong, k, [Integer(0), Integer(1)], fibonacci).verdict == "refuted"


@pytest.mark.parametrize(("given", "limit"), [({}, 20), ({"seconds": 5}, 5)])
def test_every_decision_has_the_time_limit(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, float], limit: float
) -> None:
    limits = set()

    def noted(one: Expr, other: Expr, seconds: float) -> Verdict:
        limits.add(seconds)
        return decide(one, other, seconds=seconds)

    monkeypatch.setattr("symnet.truth.induction.decide", noted)
    assert decide_recursion([c * k], k, [Integer(0)], geometric, **given).verdict == "refuted"
    assert limits == {limit}


def test_a_refutation_shows_the_step_and_the_values() -> None:
    verdict = decide_recursion([c * k], k, [Integer(0)], geometric)
    values = verdict.witness["values"]
    assert isinstance(values, dict)
    there = {Symbol(name): Rational(value) for name, value in values.items()}
    left, right = (str(u.xreplace(there)) for u in (2 * c, r * c + c))
    assert (set(values), values["k"]) == ({"k", "c", "r"}, "2")
    assert (verdict.witness["left"], verdict.witness["right"]) == (left, right)


def test_only_sums_up_to_the_count_are_split() -> None:
    constant = Sum(g[s], (s, Integer(1), Integer(3)))
    assert (
        decide_recursion([k * constant], k, [Integer(0)], lambda values, _: [values[0] + constant]).verdict == "proved"
    )
    last = Sum(g[s], (s, k, k))
    assert decide_recursion([last], k, [g[0]], summed).verdict == "refuted"


REFUSED = [r ** (k * k), r ** (k / 2), r ** (k + Rational(1, 2)), r**c, r ** (c * k), k**k, (r + k) ** (2 * k)]


@pytest.mark.parametrize("power", [*REFUSED, Sum(r ** (s / 2), (s, Integer(1), Integer(3)))])
def test_other_exponents_are_refused(power: Expr) -> None:
    with pytest.raises(SymnetError, match="integer combination"):
        decide_recursion([power], k, [Integer(1)], geometric)


@pytest.mark.parametrize("base", [s, h[s], r + s])
def test_a_power_of_what_a_sum_runs_over_is_no_constant(base: Expr) -> None:
    def step(values: Sequence[Expr], number: Expr) -> list[Expr]:  # adds 0 at 0 and 1, but not at 2
        together, apart = (Sum(base**number * u, (s, Integer(1), number)) for u in (g[s], Integer(1)))
        return [values[0] + number * together - apart * plain(g, number)]

    with pytest.raises(SymnetError, match="is not one of a constant"):
        decide_recursion([Integer(0)], k, [Integer(0)], step)

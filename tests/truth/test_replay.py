"""Verdicts checked once more, by numbers alone."""

import re
from dataclasses import replace

import pytest
from sympy import Expr, Integer

from symnet.cli import main
from symnet.operations import call, sqrt
from symnet.slides import combine
from symnet.sums import Sum
from symnet.truth.assumptions import positive
from symnet.truth.replay import Question, Replay, replay
from symnet.truth.verdict import Verdict, decide
from tests.truth.lecture import DEVIATION, ONE, A, C, a, b, f, pair, single, u, w1, x
from tests.truth.test_every_size import BN, COMPACT, dx, i, j, m, n, over, s, scale, xx

CONFIRMED = [
    ("proved", (((A - C) / DEVIATION) ** 2, ONE, pair), "5 random points, and in prime fields"),
    ("proved-if", (DEVIATION, w1, single), "agree at 5 random points"),
    ("proved-if", (f(2 * x), 2 * f(x)), "agree at 5 random points"),
    ("proved-if", (call("sign", u) ** 2, ONE), "agree at 5 random points"),
    ("refuted", ((1 + x) ** 2, 1 + 2 * x), "differ at the witness"),
    ("refuted", (f(x, 1), f(x)), "differ at the witness"),
    ("refuted", (call("exp", x), 1 + x), "differ at the witness"),
    ("proved", (dx[i], COMPACT, BN), "of 4 instances, and 4 of them in prime fields"),
    ("refuted", (dx[i], COMPACT / 2, BN), "differ at the witness"),
    ("proved-if", (dx[i], Integer(0), BN), "random points of 2 instances"),  # i = 1 and i = 2
]


@pytest.mark.parametrize(("verdict", "statement", "text"), CONFIRMED)
def test_a_right_verdict_is_confirmed(verdict, statement, text) -> None:
    found = decide(*statement)
    again = found.replay()
    assert (found.verdict, again.outcome) == (verdict, "confirmed")
    assert text in again.text


def test_a_wrong_verdict_is_contradicted() -> None:
    wrong = decide((1 + x) ** 2, 1 + 2 * x)
    said = replace(wrong, verdict="proved", witness={}).replay()
    assert (said.outcome, said.text.startswith("the sides differ at x = ")) == ("contradicted", True)
    assert replace(wrong, witness={**wrong.witness, "values": {"x": "0"}}).replay().outcome == "contradicted"
    at_two = decide(over(xx[i]), a)
    assert replace(at_two, verdict="proved").replay().outcome == "contradicted"
    needed = decide(DEVIATION, w1, single)
    without = replace(needed, questions=(replace(needed.questions[0], assumptions=()),))
    assert without.replay().outcome == "contradicted"


def test_it_takes_the_assumptions_and_the_points_asked_for() -> None:
    given = decide(call("abs", a), a, assumptions=[positive(a)])
    assert given.replay(points=2).text == "the sides agree at 2 random points"
    assert "at 4 random points of 4" in decide(over(scale / s), m * scale / s, BN).replay(points=1).text


NO_VALUES = "the witness has no values for some names of the statement"
EXP, TINY, IMAGINARY = call("exp", x), Integer(10) ** -120, sqrt(-(x**2) - 1)


def of(left: Expr, right: Expr, values: dict[str, str] | None) -> Replay:
    """What is said when left = right was proved, or refuted by these values."""
    verdict = "proved" if values is None else "refuted"
    return replay([Question(left, right)], verdict, {"values": values, "functions": {}}, 1, 2)


@pytest.mark.parametrize(
    ("left", "right", "values", "outcome", "text"),
    [
        (1 / (sqrt(a**2) - call("abs", a)), ONE, None, "open", "no point was found where both sides are defined"),
        (a + b, b, None, "contradicted", "the sides differ at a = 1, b = -4/13"),
        (EXP, EXP + TINY, None, "contradicted", "the sides differ at a point of a prime field, whatever the branches"),
        (IMAGINARY, IMAGINARY, None, "confirmed", "the sides agree at 0 random points, and in prime fields"),
        (x, a, {"x": "1"}, "open", NO_VALUES),
        (x, a, {"x": "1", "a": "1"}, "contradicted", "the sides agree at the witness"),
        (x, a, {"x": "1", "a": "2"}, "confirmed", "the sides differ at the witness, to 50 digits"),
    ],
)
def test_what_is_said(left: Expr, right: Expr, values: dict[str, str] | None, outcome: str, text: str) -> None:
    said = of(left, right, values)
    assert (said.outcome, said.text.removesuffix(" of the roots")) == (outcome, text)


@pytest.mark.parametrize("left", [1 / x, call("exp", call("exp", call("exp", x + 1000)))])
def test_a_witness_where_a_side_has_no_value_is_open(left: Expr) -> None:
    said = of(left, x, {"x": "0"})
    assert said.outcome == "open"
    assert re.match(r"the sides cannot be evaluated at the witness: \w", said.text)


@pytest.mark.parametrize(
    "verdict", [Verdict("proved", "by hand", 0.0), Verdict("refuted", "by hand", 0.0), decide(a**b, b)]
)
def test_what_was_not_decided_is_open(verdict: Verdict) -> None:
    said = verdict.replay()
    assert (said.outcome, said.text) == ("open", "there is no equality that was proved or refuted")


def test_instances_of_small_sizes_and_the_one_of_the_witness() -> None:
    in_fields = "the sides agree at 4 random points of 4 instances, and 4 of them in prime fields"
    for factor in (ONE, Sum(b, (i, 1, n))):  # of sizes up to 5; of two sizes there are more ways
        assert decide(factor * over(xx[j]), factor * Sum(xx[i], (i, 1, m))).replay(points=1).text == in_fields
    first = decide(xx[i], xx[1])  # false from the second object on
    assert first.witness["values"]["i"] == "2"
    assert first.replay().outcome == "confirmed"
    values = first.witness["values"]
    for wrong in ({**values, "i": "9"}, {name: values[name] for name in ("x[1]", "x[2]")}):
        assert replace(first, witness={**first.witness, "values": wrong}).replay().text == NO_VALUES
    elsewhere = decide(over(xx[i]), a)
    assert replace(elsewhere, witness={**elsewhere.witness, "values": {"a": "1"}}).replay().text == NO_VALUES


def test_a_conjunction_is_replayed_part_by_part() -> None:
    true, other, wrong = decide(a * (b + 1), a * b + a), decide(x + x, 2 * x), decide(a, b)
    assert combine([true, other]).replay().text.startswith("the sides agree at 10 random points of 2")
    assert combine([true, wrong, other]).replay().text.startswith("the sides differ at the witness")


def test_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    formula = r"\frac{\partial L}{\partial b} = 2\sum_{i=1}^{m} (F_i - y_i)"
    assert main(["claim", "examples/symbolic.net", formula, "--replay"]) == 0
    assert "replayed\n    confirmed: the sides agree" in capsys.readouterr().out
    assert main(["claim", "examples/symbolic.net", formula, "--replay", "--json"]) == 0
    assert '"outcome": "confirmed"' in capsys.readouterr().out
    assert main(["claim", "examples/symbolic.net", r"\frac{\partial L}{\partial w_1} = 0"]) == 0
    out = capsys.readouterr().out
    assert "m = 2" in out
    assert "replayed" not in out

"""Paths of a decision that are hard to reach with a statement: its parts are replaced to get there."""

from dataclasses import replace
from time import process_time

import pytest
from sympy import Expr, IndexedBase, Integer, Symbol, symbols

from symnet.clock import STEPS, by_work, now
from symnet.equations import size
from symnet.operations import call, sqrt
from symnet.sums import Sum
from symnet.truth import verdict as module
from symnet.truth.assumptions import negative, nonzero, positive
from symnet.truth.conditions import Finding
from symnet.truth.modular import ModularOutcome
from symnet.truth.prove import Outcome, SoundnessError
from symnet.truth.statement import state
from symnet.truth.verdict import decide
from symnet.truth.witness import Witness

m, n = size("m"), size("n")
i, c = symbols("i c", integer=True)
a, b, u, v = symbols("a b u v")
x = IndexedBase("x")
UNKNOWN = Outcome("undecided", "normal form", 0.0, reason="too large")
ELSEWHERE = Witness({"a": "-7"}, {}, "7", "-7", "14", True)


def replaced(monkeypatch: pytest.MonkeyPatch, **values: object) -> list[tuple[tuple, dict]]:
    """Replace functions of the module by constants; the arguments they are called with."""
    asked: list[tuple[tuple, dict]] = []
    for name, value in values.items():
        monkeypatch.setattr(module, name, lambda *given, value=value, **named: asked.append((given, named)) or value)
    return asked


def over(body: Expr, index: Symbol = i, upper: Expr = m) -> Expr:
    return Sum(body, (index, 1, upper))


# Every number of objects


def test_a_condition_at_a_small_size_without_a_witness_refutes_nothing() -> None:
    found = decide(over(call("sign", a**2 - 2) ** 2), m)  # false at a = sqrt(2), where no witness is looked for
    assert (found.verdict, found.method) == ("undecided", "the normal form of sums is not 0")


def test_a_jump_at_a_small_size_refutes() -> None:
    found = decide(over(call("sign", a) ** 2), m)
    assert (found.verdict, found.assumptions) == ("proved-if", ["a != 0"])
    assert found.witness["values"] == {"m": "2", "a": "0"}
    found = decide(over((call("sign", a) * call("sign", b) * call("sign", u)) ** 2), m)  # too many at once
    assert (found.verdict, found.assumptions, found.conditions) == ("refuted", [], ())
    assert (found.witness["values"]["m"], found.witness["left"]) == ("2", "0")


def test_values_of_parameters_at_every_size() -> None:
    found = decide(over(a * x[i]), over(x[i]) / 2, parameters=[a, b])
    assert (found.verdict, found.assumptions) == ("proved-if", ["a = 1/2"])
    assert found.method.endswith(", under the assumption")
    assert [c.text for c in found.conditions] == found.assumptions
    assert found.witness["left"] != found.witness["right"]
    assert decide(over(a * x[i]), over(x[i]) + 1, parameters=[a]).verdict == "refuted"


def test_nothing_is_refuted_without_a_witness_nor_without_time(monkeypatch: pytest.MonkeyPatch) -> None:
    late = decide(over(call("abs", x[i])), over(call("relu", x[i]) + call("relu", -x[i])), seconds=-1)
    assert late.verdict == "undecided"
    replaced(monkeypatch, search_witness=None)
    assert decide(over(x[i]), a).verdict == "undecided"


def test_the_sizes_at_which_it_is_proved_are_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, prove_every_size=UNKNOWN)
    found = decide(over(x[i]) * over(b, c, n), n * b * over(x[i]))
    reason, evidence = found.method.split("; proved at ")
    assert (found.verdict, reason) == ("undecided", "too large")
    assert set(evidence.split("; ")) >= {f"m = {p}, n = {q}" for p in (2, 3) for q in (2, 3)}
    assert 0 <= found.seconds < 10
    replaced(monkeypatch, prove_every_size=Outcome("proved", "by decree", 0.0))
    found = decide(over(x[i]), over(x[i]))
    assert (found.verdict, found.method) == ("proved", "by decree")
    assert 0 <= found.seconds < 10


@pytest.mark.parametrize(
    ("right", "seconds", "verdict"), [(over(x[i]), 1.0, "proved"), (over(x[i]), 0.5, "undecided"), (a, 1.0, "refuted")]
)
def test_a_proof_is_tried_again_if_its_time_was_too_short_and_numbers_do_not_refute(
    monkeypatch: pytest.MonkeyPatch, right: Expr, seconds: float, verdict: str
) -> None:
    outcomes = iter((replace(UNKNOWN, seconds=seconds), Outcome("proved", "by decree", 0.0)))
    monkeypatch.setattr(module, "prove_every_size", lambda *_: next(outcomes))
    assert decide(over(x[i]), right).verdict == verdict
    assert (verdict == "proved") == (next(outcomes, None) is None)


PARTS = (
    "prove",
    "prove_every_size",
    "search_witness",
    "search_conditions",
    "search_values",
    "holds_at_zero",
    "exceptions",
)


@pytest.mark.parametrize(
    ("left", "right", "unknown", "parts"),
    [
        (call("abs", a), a, (), {"prove", "search_witness", "search_conditions"}),
        (call("sign", a**2 - b), call("sign", a**2 - b) ** 3, (), {"prove", "holds_at_zero", "test_identity"}),
        (call("sign", a) ** 2, Integer(1), (), {"prove", "holds_at_zero", "search_witness", "test_identity"}),
        (a, b, ("prove",), {"prove", "test_identity", "search_witness"}),
        (a * (b + 1), a * b + a, ("prove",), {"prove", "test_identity", "exceptions"}),
        (over(x[i]), a, (), {"prove_every_size", "search_witness", "search_values"}),
        (over(x[i]), over(x[c], c), ("prove_every_size",), {"prove_every_size", "prove", "test_identity"}),
    ],
)
def test_no_part_is_given_more_time_than_there_is(
    monkeypatch: pytest.MonkeyPatch, left: Expr, right: Expr, unknown: tuple[str, ...], parts: set[str]
) -> None:
    given: list[tuple[str, float]] = []

    def recorded(name: str, original):
        def part(*arguments, **options):
            given.append((name, options.get("seconds", arguments[-1])))
            return replace(UNKNOWN, seconds=1.0) if name in unknown else original(*arguments, **options)

        return part

    for name in PARTS:
        monkeypatch.setattr(module, name, recorded(name, getattr(module, name)))
    monkeypatch.setattr(module.modular, "test_identity", recorded("test_identity", module.modular.test_identity))
    with by_work(60):
        decide(left, right, seconds=0.25)
    assert {name for name, _ in given} == parts
    assert all(0 < seconds <= 0.25 for _, seconds in given), given


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (over(x[i]), a, "refuted"),
        (over(a * x[i]), over(x[i]) / 2, "proved-if"),
        (over(x[i]), over(x[c], c), "proved"),
        (over(call("sign", a**2 - 2) ** 2), m, "undecided"),
        (a, b, "refuted"),
        (call("abs", a), a, "proved-if"),
        (call("sign", u) ** 2, Integer(1), "proved-if"),
        (a + a, 2 * a, "proved"),
    ],
)
def test_the_seconds_are_those_of_the_whole_decision(left: Expr, right: Expr, verdict: str) -> None:
    with by_work(60):
        now(1000)
        start = now()
        found = decide(left, right, parameters=[a])
        assert found.verdict == verdict
        assert 0.9 * (now() - start) < found.seconds <= now() - start


def test_a_proof_for_every_size_has_two_second_opinions(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replaced(monkeypatch, recheck_statement=1)
    assert decide(over(x[i]), over(x[c], c)).verdict == "proved"
    assert len(asked) == 2
    monkeypatch.undo()
    undefined = decide(over(call("log", -(x[i] ** 2))), over(call("log", -(x[c] ** 2)), c))
    reason = "no point of a small size was found where both sides are defined"
    assert (undefined.verdict, undefined.method) == ("undecided", f"normal form of sums, for every size, but {reason}")


def test_sizes_up_to_five_are_compared_by_numbers() -> None:
    found = decide(over(x[i]) * (m - 2) * (m - 3) * (m - 4), Integer(0))
    assert (found.verdict, found.assumptions, found.witness["values"]["m"]) == ("proved-if", ["m = 2"], "5")


def test_small_sizes_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []

    class Recorded(module._Decision):
        def __init__(self, statement, assumptions, start, seconds) -> None:
            limits.append(seconds)
            super().__init__(statement, assumptions, start, seconds)

    monkeypatch.setattr(module, "_Decision", Recorded)
    replaced(monkeypatch, prove_every_size=UNKNOWN)
    decide(over(x[i]) * over(b, c, n), n * b * over(x[i]), seconds=8)
    assert sum(limits) <= 8
    assert min(limits) > 0


def test_a_free_index_without_a_size_has_one_value() -> None:
    found = decide(x[i], x[i] ** 2)
    assert (found.verdict, found.witness["values"]["x[1]"]) == ("refuted", "-1")
    assert decide(x[i] + x[i], 2 * x[i]).verdict == "proved"


# One statement


def test_what_is_left_of_the_time() -> None:
    decision = module._Decision(state(a, b), (), process_time() - 5, 20)
    assert 14 < decision.left_over <= 15
    assert module._Decision(state(a, b), (), process_time() - 30, 20).left_over == 0


def test_what_is_too_large_is_tested_in_prime_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, prove=UNKNOWN)
    found = decide(a * (b + 1), a * b + a)
    assert (found.verdict, found.method) == ("proved", "identity testing in prime fields")
    assert found.error_bound.startswith("2^-")
    assert decide(a * (b + 1), a * b + b).verdict == "refuted"
    given = decide(a * (b + 1), a * b + a, assumptions=[positive(a)])  # it knows of no assumptions
    assert (given.verdict, given.method) == ("undecided", "too large; the sides agree to 50 digits at 5 random points")


def test_a_test_in_prime_fields_has_a_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, prove=UNKNOWN)
    monkeypatch.setattr(module.modular, "test_identity", lambda *_, **__: ModularOutcome("equal", "2^-101", "", 3))
    with pytest.raises(SoundnessError):
        decide(a, b)


def test_a_proof_is_tested_in_a_prime_field(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def different(*given: object, **options: float) -> ModularOutcome:
        asked.append(options)
        return ModularOutcome("different", None, "they differ", 0)

    monkeypatch.setattr(module.modular, "test_identity", different)
    with pytest.raises(SoundnessError, match=r"^a = a: they differ$"):
        decide(a, a)
    assert asked[0]["points"] >= 1
    assert 0 < asked[0]["seconds"] <= 1
    assert decide(a, a, assumptions=[positive(a)]).verdict == "proved"  # it knows of no assumptions
    assert len(asked) == 1


def test_no_conditions_are_looked_for_without_a_normal_form_and_a_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        replaced(patch, prove=UNKNOWN)
        assert decide(call("f", -a), -call("f", a)).verdict == "refuted"
    replaced(monkeypatch, search_witness=None)
    found = decide(call("abs", a), a)
    assert found.verdict == "undecided"
    reason = "the normal form is not zero, but no point was found where the sides differ"
    assert found.method == f"{reason}; the sides differ at a random point"
    monkeypatch.setattr(module, "recheck_statement", lambda *_, **__: 0)
    assert decide(call("abs", a), a).method == reason


def test_a_false_statement_without_the_time_for_a_witness_is_undecided() -> None:
    found = decide(sqrt(a) * sqrt(b) * sqrt(a + b - 3), sqrt(a * b) * sqrt(a + b - 2), seconds=-1)
    assert found.verdict == "undecided"
    assert found.method.endswith("; the sides differ at a random point")


def test_a_proof_under_a_condition_has_a_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Finding(negative(a), Outcome("proved", "by decree", 0.0), ELSEWHERE)
    replaced(monkeypatch, search_conditions=[wrong])
    with pytest.raises(SoundnessError):
        decide(call("abs", a), a)
    replaced(monkeypatch, search_conditions=[Finding(positive(a), wrong.outcome, ELSEWHERE)])
    found = decide(call("abs", a), a)
    assert (found.verdict, found.assumptions, found.method) == (
        "proved-if",
        ["a > 0"],
        "by decree under the assumption",
    )
    assert found.witness["values"] == {"a": "-7"}
    replaced(monkeypatch, search_conditions=[Finding(positive(a), wrong.outcome, None)])
    assert decide(call("abs", a), a).witness["values"] == {"a": "-1"}


def test_one_witness_is_enough_for_two_conditions() -> None:
    for p, q in ((a, b), (b, a)):
        jumps = call("sign", p) ** 2 * call("sign", q**2 - 2) ** 2
        found = decide(jumps, Integer(1))
        assert set(found.assumptions) == {f"{p} != 0", f"{q**2 - 2} != 0"}
        assert found.witness["values"][p.name] == "0"


def test_where_a_jump_is_the_assumptions_hold_too() -> None:
    jump = call("sign", u) ** 2
    there = jump * v + (1 - jump) * call("abs", v)  # |v| at u = 0, else v
    found = decide(there, v, assumptions=[positive(v)])
    assert (found.verdict, found.assumptions) == ("proved", [])
    assert decide(there, v).assumptions == ["u != 0"]
    missing = decide(jump * v, v, assumptions=[negative(v)])
    assert (missing.assumptions, missing.witness["values"]) == (["u != 0"], {"u": "0", "v": "-1"})
    assert decide(jump * v, v, assumptions=[nonzero(u)]).verdict == "proved"


def test_evidence_is_only_what_was_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = decide(Sum(a, (i, 1, a)), b, seconds=1)  # of no size
    assert endless.verdict == "undecided"
    assert "agree" not in endless.method
    assert decide(a**b, b).method == "the exponent of a**b is not an integer"


def test_the_digits_of_the_evidence_are_those_it_speaks_of(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replaced(monkeypatch, prove=UNKNOWN, recheck_statement=4)
    found = decide(a * (b + 1), a * b + a, assumptions=[positive(a)])
    assert found.method == "too large; the sides agree to 50 digits at 4 random points"
    assert asked[-1][1] == {"digits": 50}


# Jumps, where identity testing has to decide


def test_identity_testing_takes_jumps_for_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, prove=UNKNOWN, holds_at_zero=(False, ()))
    step, exp = call("step", a), call("exp", a + b)
    for left, right in ((step * (b + 1), step * b + step), (step * exp, step * call("exp", a) * call("exp", b))):
        found = decide(left, right)
        assert (found.verdict, found.assumptions) == ("proved", [])
    found = decide(step, (1 + call("sign", a)) / 2)
    assert (found.verdict, found.assumptions) == ("proved-if", ["a != 0"])
    assert found.conditions == (nonzero(a),)


def test_a_question_has_what_was_assumed_and_what_was_found() -> None:
    found = decide(call("abs", a), a, assumptions=[positive(b)])
    assert found.assumptions == ["a >= 0"]
    assert found.questions[0].assumptions == (positive(b), *found.conditions)
    assert [condition.text for condition in found.conditions] == ["a >= 0"]


def test_the_time_for_a_counterexample_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, prove_every_size=UNKNOWN)
    with by_work(60):
        assert decide(over(a * x[i]), over(a * x[i]) + 0 * b, seconds=3 / STEPS).verdict == "undecided"

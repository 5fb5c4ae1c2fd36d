"""Verdicts: proved, proved-if, refuted, undecided, and what they carry."""

import json
from fractions import Fraction

import pytest
from sympy import IndexedBase, Integer, Rational, S, Symbol

from symnet.equations import Derivation, Equation, Variable, index
from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.sums import Sum
from symnet.truth import recheck
from symnet.truth import verdict as module
from symnet.truth.assumptions import equal, nonzero, positive
from symnet.truth.prove import SoundnessError
from symnet.truth.verdict import Verdict, decide
from tests.truth.lecture import (
    C2,
    DEVIATION,
    HALF,
    ONE,
    A,
    B,
    C,
    a,
    b,
    batch,
    chain,
    derivation,
    f,
    pair,
    single,
    u,
    w02,
    w1,
    w3,
    x,
    y,
)


def test_proved():
    for left, right, equations in (
        (((A - C) / DEVIATION) ** 2, ONE, pair),
        (C2, product(HALF, w3, f(1 + w02) + f(w02 - 1)), chain),
        (call("tanh", u), 2 * call("sigmoid", 2 * u) - 1, None),
        (sqrt(x) ** 2, x, None),  # at x = 0 too
    ):
        found = decide(left, right, equations)
        assert (found.verdict, found.assumptions, found.witness) == ("proved", [], {})


def test_proved_if_with_the_witness_that_the_condition_is_needed():
    found = decide(DEVIATION, w1, single)
    assert (found.verdict, found.assumptions) == ("proved-if", ["w1 >= 0"])
    assert found.witness == {
        "values": {"w1": "-1"},
        "functions": {},
        "left": "1",
        "right": "-1",
        "difference": "2",
    }
    assert decide(w1 * x / DEVIATION, x, single).assumptions == ["w1 > 0"]
    assert decide((B - A) / (2 * DEVIATION), ONE, pair).assumptions == ["B > A"]
    assert decide(a * x, (1 - a) * x, parameters=[a]).assumptions == ["a = 1/2"]


def test_refuted():
    found = decide((1 + x) ** 2, 1 + 2 * x)
    assert (found.verdict, found.assumptions) == ("refuted", [])
    assert found.witness == {"values": {"x": "1"}, "functions": {}, "left": "4", "right": "3", "difference": "1"}
    equations, _, compact = batch(3)
    assert decide(Symbol("dx1"), compact[1], equations).verdict == "refuted"
    assert decide(a * x, (1 - a) * x).verdict == "refuted"
    assert decide(call("exp", x), 1 + x).method == "disjoint enclosures at a point"


def test_jumps_become_conditions():
    found = decide(call("sign", u) ** 2, ONE)
    assert (found.verdict, found.assumptions) == ("proved-if", ["u != 0"])
    assert found.witness["values"] == {"u": "0"}
    assert decide(call("sign", -u) ** 2, ONE).assumptions == ["u != 0"]
    step = decide(call("step", u) + call("step", -u), ONE)
    assert (step.verdict, step.assumptions[0], step.witness["left"]) == ("proved-if", "u != 0", "0")
    assert decide(call("step", u) * u, call("relu", u)).verdict == "proved"  # at 0 too, by a proof of its own
    assert decide(call("sign", f(u)) * call("abs", f(u)), f(u)).assumptions in ([], ["f(u) != 0"])


def test_a_jump_is_no_condition_where_the_equality_holds_at_it_too():
    sign, d = call("sign", B), derivation(B=(x - y) * (a * x + b))
    for left, right, equations in (
        (sign * call("abs", B), B, d),  # B is written out, its factors are linear in some name
        (call("sign", x**2 - y**2) * (x - y) * (x + y), call("abs", x**2 - y**2), None),
        (call("sign", a * x + b) * call("abs", a * x + b), a * x + b, None),  # also where a = b = 0
        (call("step", u * x) * u * x, call("relu", u * x), None),
        (call("sign", u) * call("sign", x) * u * x, call("abs", u * x), None),
    ):
        found = decide(left, right, equations)
        assert (found.verdict, found.assumptions) == ("proved", [])
    kept = decide(call("sign", u * (x - y)) ** 2 * u, u)  # where u = 0 it holds, where x = y it does not
    assert (kept.verdict, kept.assumptions) == ("proved-if", ["u*(x - y) != 0"])
    assert kept.witness["values"]["x"] == kept.witness["values"]["y"]
    assert kept.witness["values"]["u"] != "0"


def test_the_exponential_grows():
    larger, smaller, below = call("max", x, y), call("min", x, y), call("min", x, Integer(0))
    for left, right, given in (
        (call("sign", call("exp", x) - call("exp", y)), call("sign", x - y), ()),  # also where x = y
        (call("max", call("exp", x), call("exp", y)), call("exp", larger), ()),
        (call("abs", call("sigmoid", x) - call("sigmoid", y)), call("sigmoid", larger) - call("sigmoid", smaller), ()),
        (call("abs", call("tanh", x)), call("tanh", call("abs", x)), ()),
        (call("min", a * (call("exp", below) - 1), Integer(0)), a * (call("exp", below) - 1), (positive(a),)),
    ):
        found = decide(left, right, assumptions=given)
        assert (found.verdict, found.assumptions) == ("proved", [])
    assert decide(call("sign", call("exp", x) - call("exp", y)), call("sign", y - x)).verdict == "refuted"
    assert decide(call("sign", call("exp", x) + call("exp", y)), call("sign", x - y)).verdict != "proved"
    assert decide(call("sign", call("exp", x) - 2 * call("exp", y)), call("sign", x - y)).verdict != "proved"


def test_assumptions_of_indexed_names():
    z = IndexedBase("x")
    found = decide(call("sign", z[1]) ** 2, ONE, assumptions=[nonzero(z[1])])
    assert (found.verdict, found.assumptions) == ("proved", [])
    assert decide(call("abs", z[1]), z[1], assumptions=[positive(z[1])]).verdict == "proved"
    assert decide(call("abs", z[1]), z[1], assumptions=[positive(z[2])]).verdict == "proved-if"
    assert decide(z[1] * z[2], z[2], assumptions=[equal(z[1], ONE)]).verdict == "proved"
    j, m = Symbol("j", integer=True), Symbol("m", integer=True, positive=True)
    norm = Derivation(
        (Equation("q", (index("i", m),), rhs=Sum(z[j], (j, 1, m)) * y),), (Variable("x", (index("i", m),)),)
    )
    given = [positive(IndexedBase("q")[1])]
    apart = decide(Sum(call("abs", z[j]), (j, 1, m)), Sum(z[j], (j, 1, m)), norm, assumptions=given)
    assert (apart.verdict, apart.assumptions) == ("proved-if", ["x[i] > 0 for every i"])
    at = {name: Rational(value) for name, value in apart.witness["values"].items() if name in ("x[1]", "x[2]", "y")}
    assert (at["x[1]"] + at["x[2]"]) * at["y"] > 0


def test_given_assumptions_are_not_repeated():
    found = decide(DEVIATION, w1, single, assumptions=[positive(w1)])
    assert (found.verdict, found.assumptions) == ("proved", [])
    assert decide(call("abs", x), -x, assumptions=[positive(x)]).verdict == "refuted"


def test_symbolic_sizes_are_proved_for_all_and_refuted_at_one():
    i, m = Symbol("i", integer=True), Symbol("m", integer=True, positive=True)
    assert decide(Sum(x, (i, 1, m)), m * x).verdict == "proved"
    found = decide(Sum(x, (i, 1, m)), x)
    assert (found.verdict, found.witness["values"]["m"]) == ("refuted", "2")


def test_undecided_with_evidence():
    slow = decide(sqrt(x**2 + 1) - x, 1 / (sqrt(x**2 + 1) + x), seconds=-1)
    assert slow.verdict == "undecided"
    assert slow.method == "the time limit has passed; the sides agree to 50 digits at 5 random points"
    nowhere = decide(1 / (sqrt(y**2) - call("abs", y)), ONE, seconds=2)
    assert nowhere.method == "nowhere defined: a denominator is identically zero"


def test_a_wrong_proof_never_reaches_the_user(monkeypatch):
    true = module.prove(module.state(x, x))
    monkeypatch.setattr(module, "prove", lambda *args: true)
    with pytest.raises(SoundnessError):
        decide(x, x + 1)


def test_json():
    text = json.dumps(decide(DEVIATION, w1, single).as_dict())
    assert set(json.loads(text)) == {
        "verdict",
        "assumptions",
        "witness",
        "correction",
        "method",
        "error_bound",
        "seconds",
    }
    assert decide(Integer(0), S.Zero).as_dict()["correction"] is None
    assert Verdict("proved", "by hand", 1.23456).as_dict()["seconds"] == 1.235


def test_how_a_verdict_shows_itself():
    found = decide(a + a, 2 * a)
    assert repr(found).startswith("Verdict(verdict='proved', method='normal form', seconds=")
    assert "Question" not in repr(found)


def test_the_second_opinion_does_not_ask_where_the_proof_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """sign(x)^2 = 1 but at x = 0: a random point that happens to be 0 is a condition, and no defect of symnet."""
    monkeypatch.setattr(recheck, "_random_value", lambda name, random: Fraction(0))
    x = Symbol("x")
    verdict = decide(call("sign", x) ** 2, Integer(1))
    assert (verdict.verdict, verdict.assumptions) == ("proved-if", ["x != 0"])

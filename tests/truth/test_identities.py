"""Symnet's word on generated identities and near-misses, a sample; `python -m tests.benchmarks identities` has more."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from sympy import IndexedBase, Integer, S, Symbol

from symnet.expressions import product
from symnet.operations import call
from symnet.sums import Sum
from symnet.truth.assumptions import equal, nonzero, positive
from symnet.truth.verdict import Verdict
from tests.identities import KINDS, Identity, differs, identities, near_miss
from tests.judging import examined, judge, mistake
from tests.steps import m

EACH, SEED, SECONDS = 6, 2, 4.0
x, y = map(Symbol, "xy")


def test_identities_are_proved_and_near_misses_are_not():
    judgements = list(examined(SEED, EACH, seconds=SECONDS))
    assert not [(j.wrong, str(j.identity)) for j in judgements if j.wrong]
    true = Counter(j.kind for j in judgements if j.true)
    doubtful = [(j.kind, str(j.identity)) for j in judgements if j.true and j.kind != "proved"]
    assert true.total() == EACH * len(KINDS)
    assert true["proved"] >= 0.95 * true.total(), doubtful
    false = Counter(j.kind for j in judgements if not j.true)
    assert false.total() >= 0.95 * true.total()
    assert false["refuted"] >= 0.7 * false.total()  # many of the others hold under a condition
    assert false["undecided"] <= 0.05 * false.total()


# The generator and the judge


@pytest.mark.parametrize("kind", KINDS)
def test_the_generator_repeats_itself(kind):
    first, second = (list(identities(5, 2, [kind])) for _ in range(2))
    assert first == second
    assert first != list(identities(6, 2, [kind]))
    assert near_miss(Random(1), first[0]) == near_miss(Random(1), second[0])


def test_differences_are_seen():
    j = Symbol("j", integer=True)
    z = IndexedBase("z")
    total = Sum(z[j], (j, Integer(1), m))
    assert differs(Identity("", total, total - z[1]))
    assert differs(Identity("", call("f", x), call("f", x, order=1)))
    assert not differs(Identity("", total, Sum(z[j] + 1, (j, Integer(1), m)) - m))
    assert not differs(Identity("", call("abs", x), x * call("sign", x)))
    assert not differs(Identity("", S.One, 1 / (x - x + product(S.Zero, y))))  # undefined


def test_a_wrong_word_is_noticed():
    true, false = Identity("", x + y, y + x), Identity("", call("abs", x), x)
    assert judge(false, False).kind == "proved-if"
    assert judge(false, False).wrong == ""
    proved, open_, refuted = (Verdict(kind, "", 0.0) for kind in ("proved", "undecided", "refuted"))
    at = {"values": {"x": "-1/2"}, "functions": {"f": "u**2 - 3*u"}}
    assert mistake(true, True, proved) == mistake(true, True, open_) == mistake(false, False, open_) == ""
    assert mistake(true, True, refuted) == "refuted, but it is true"
    assert mistake(false, False, proved) == "proved, but it is false"
    assert mistake(false, False, replace(refuted, witness=at)) == ""
    at_one = {**at, "values": {"x": "1"}}
    assert mistake(false, False, replace(refuted, witness=at_one)) == "no difference at the witness"


def test_functions_of_a_witness_are_read():
    at = {"values": {"x": "1/2"}, "functions": {"f": "u**3 - 2*u + 1"}}
    refuted = Verdict("refuted", "", 0.0, witness=at)
    same = Identity("", call("f", x), x**3 - 2 * x + 1)
    assert mistake(same, False, refuted) == "no difference at the witness"
    slope = Identity("", call("f", x, order=1), 3 * x**2 - 1)
    assert mistake(slope, False, refuted) == ""


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        (positive(x), ""),
        (nonzero(x), "false although x != 0"),
        (equal(x, S.One), ""),
        (equal(x, -S.One), "false although x = -1"),
        (positive(-(x**2)), "never seen where -x**2 > 0"),
    ],
)
def test_conditions_are_tried(condition, wrong):
    verdict = Verdict("proved-if", "", 0.0, conditions=(condition,))
    assert mistake(Identity("", call("abs", x), x), False, verdict) == wrong

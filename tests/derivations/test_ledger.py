"""Lecture 8 as a whole: every entry of the ledger is stated once, decided, and decided as before.

Every claim is run once, with an expectation that no verdict can meet: what decides must not depend on it.
"""

import re
from collections import Counter
from dataclasses import replace

import pytest

from symnet.claims import Result, load_claims
from tests.derivations.russian import english_alone

LEDGER = {
    "check": """
        2 3 3a 4 5 8a 9 10 11 12 13 14 15 16 17 18 19 19a 19b 20 21 24 25 26 27a 28
        30 31 32 33 34 36 37 38 41 42 43 44 45 46 47 48 49 50 51 52 53 54
        55 56 58 59 60 61 62 63 64 65 66 67
    """,
    "definition": "1 6a 7 8 22 23 27 28a 29 35 39 57 69",
    "empirical": "6 40 68",
}
KINDS = {f"L8.{number}": kind for kind, numbers in LEDGER.items() for number in numbers.split()}
VERDICTS = {
    "check": {"proved", "proved-if", "refuted", "ambiguous", "undecided"},
    "definition": {"definition"},
    "empirical": {"empirical"},
}

STATED = [claim for claim in load_claims() if claim.lecture == "L8"]


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {claim.id: replace(claim, expected="no verdict").run() for claim in STATED}


def test_every_entry_is_stated_once() -> None:
    assert len(KINDS) == 76
    assert Counter(claim.id for claim in STATED) == Counter(KINDS.keys())


def test_every_entry_quotes_its_slide() -> None:
    assert {claim.id: claim.kind for claim in STATED} == KINDS
    assert [claim.id for claim in STATED if not (claim.title and claim.says and claim.lines)] == []


def test_every_verdict_is_one_of_its_kind(results: dict[str, Result]) -> None:
    strange = {id: r.verdict for id, r in results.items() if r.verdict not in VERDICTS[KINDS[id]]}
    assert strange == {}


def test_every_verdict_is_as_expected_by_code_that_cannot_see_the_expectation(results: dict[str, Result]) -> None:
    assert {id: result.verdict for id, result in results.items()} == {c.id: c.expected for c in STATED}
    assert not any(result.as_expected for result in results.values())
    assert all(replace(results[claim.id], claim=claim).as_expected for claim in STATED)


def test_every_verdict_says_why(results: dict[str, Result]) -> None:
    found = {id: result.finding for id, result in results.items()}
    silent = [id for id, f in found.items() if not f.verdict.method]
    silent += [id for id, f in found.items() if f.verdict.verdict == "proved-if" and not f.verdict.assumptions]
    silent += [id for id, f in found.items() if f.verdict.verdict == "refuted" and not f.verdict.witness]
    silent += [id for id, f in found.items() if f.verdict.verdict == "ambiguous" and not f.readings]
    silent += [id for id in found if KINDS[id] == "empirical" and not found[id].note]
    assert silent == []


def test_every_verdict_on_a_derivation_shows_how_it_follows(results: dict[str, Result]) -> None:
    asked = {id: [q for q in r.finding.verdict.questions if q.left != q.right] for id, r in results.items()}
    networks = [id for id, questions in asked.items() if any(q.derivation and q.derivation.origin for q in questions)]
    assert len(networks) > 30
    assert [id for id in networks if not results[id].grounds.pictures] == []
    assert [id for id, questions in asked.items() if questions and not results[id].grounds.steps] == []
    words = {id: [said.words("ru") for said in r.grounds.steps] for id, r in results.items()}
    assert all(re.search("[а-я]", sentence) for sentences in words.values() for sentence in sentences)


def test_every_note_is_there_in_russian(results: dict[str, Result]) -> None:
    assert english_alone(results.values()) == []

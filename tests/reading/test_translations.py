"""The ledger in Russian: every entry has its title and note, which say what was found and nothing else."""

import re
from dataclasses import replace

import pytest

from symnet.claims import Finding, Result, formula_in, load_claims, phrase
from symnet.errors import InputError
from symnet.reading.translations import read_phrases, read_translations, same_facts
from symnet.truth.verdict import Verdict

CLAIMS = load_claims()


def test_every_entry_has_a_russian_title() -> None:
    assert [c.id for c in CLAIMS if not c.russian.title] == []
    words = {c.id: re.findall("[A-Za-z]{4,}", c.russian.title) for c in CLAIMS}
    names = {
        "ReLU",
        "Leaky",
        "Keras",
        "keras",
        "tanh",
        "Adam",
        "Xavier",
        "MaxPool",
        "AlexNet",
        "LeNet",
        "Average",
        "Drop",
    }
    names |= {"MNIST", "pool", "pooling", "px", "Rprop", "FNNN", "momentum", "Wager"}
    assert {id: set(said) - names for id, said in words.items() if set(said) - names} == {}


def note(english: str, russian: str) -> str:
    claim = next(c for c in CLAIMS if c.id == "L8.42")
    claim = replace(claim, russian=replace(claim.russian, note=russian))
    return Result(claim, Finding(Verdict("proved", "by hand", 0.0), note=english), 0.0).note("ru")


@pytest.mark.parametrize(
    "english",
    ["S = 3 is refuted", "S = 2 is proved", "S = 3 is proved, and so is 3", "S = 3 is proved-if w > 0", "S is proved"],
)
def test_a_note_that_says_something_else_is_not_shown(english: str) -> None:
    russian = "S = 3: доказано"
    assert note("S = 3 is proved", russian) == russian
    assert note(english, russian) == english


def test_facts_are_numbers_and_verdicts() -> None:
    assert same_facts("w_02 is proved-if p = 1/2", "для w_02 доказано при условии p = 1/2")
    assert not same_facts("w_02 is proved-if p = 1/2", "для w_02 доказано, p = 1/2")
    assert same_facts("Refuted at 0.5", "Опровергнуто в 0.5")
    assert not same_facts("Refuted at 0.5", "Опровергнуто в 0.55")


def test_phrases() -> None:
    said = "normal form; exact values at a point; what nobody said"
    assert phrase(said, "ru") == "нормальная форма; точные значения в точке; what nobody said"
    assert phrase(said, "en") == said
    assert formula_in(r"x \text{, as in lecture 8} + \text{E}(y)", "ru") == r"x \text{, как в лекции 8} + \text{E}(y)"


@pytest.mark.parametrize("text", ["  a note of nothing", "L8.1 One\nL8.1 Two", "L8.1\n", "L8.1 One\n\nL8.2 Two"])
def test_a_file_of_translations_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InputError, match="a translation is a line `ID title`"):
        read_translations(text)


def test_a_file_of_phrases_that_cannot_be_read() -> None:
    assert read_phrases("a => б\nc => г => д") == {"a": "б", "c": "г => д"}
    with pytest.raises(InputError, match=r"line 2, column 1: a phrase is a line"):
        read_phrases("a => б\nno arrow")

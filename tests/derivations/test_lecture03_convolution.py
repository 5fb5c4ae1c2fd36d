"""Convolution, pooling, LeNet-5 and AlexNet of lecture 3: stated once, decided as before, and edits refuted."""

from collections import Counter

import pytest
from sympy import Integer

from derivations import lecture03_convolution as convolution
from derivations import lecture03_lenet as lenet
from symnet.claims import Result
from symnet.network.convolution import Window, parameter_count
from symnet.truth.verdict import decide
from tests.derivations.russian import english_alone

VERDICTS = {
    "E3.28": "refuted",
    "E3.29": "empirical",
    "E3.30": "proved-if",
    "E3.31": "definition",
    "E3.32": "definition",
    "E3.33": "definition",
}
KINDS = {id: "check" if id in ("E3.28", "E3.30") else verdict for id, verdict in VERDICTS.items()}
STATED = [claim for module in (convolution, lenet) for claim in module.section.claims]


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {claim.id: claim.run() for claim in STATED}


def test_every_entry_is_stated_once_with_its_kind() -> None:
    assert Counter(claim.id for claim in STATED) == Counter(KINDS.keys())
    assert {claim.id: claim.kind for claim in STATED} == KINDS


def test_verdicts(results: dict[str, Result]) -> None:
    assert {id: result.verdict for id, result in results.items()} == VERDICTS
    assert all(result.as_expected and "undecided" not in result.finding.note for result in results.values())


def test_the_printed_convolution_and_the_one_mask_that_gives_its_numbers(results: dict[str, Result]) -> None:
    verdict = results["E3.28"].finding.verdict
    assert verdict.correction is not None
    assert verdict.correction["text"] == "8 11 8 7; 16 19 10 10"  # added up by hand
    x = convolution.table(convolution.INPUT)
    assert convolution.begins(convolution.filtered(x, [[-1, 1], [1, 1]]), [6, 7]).verdict == "proved"
    unmoved = [mask for mask, *where in convolution.fitting_masks(x, [6, 7]) if where == [2, 2, 1]]
    assert unmoved == [(-1, 1, 1, 1)]
    for mask in ([[1, 1], [1, 1]], [[-1, 1], [1, 2]], [[-1, 1], [0, 1]]):
        assert convolution.begins(convolution.filtered(x, mask), [6, 7]).verdict == "refuted"


def test_the_right_numbers_of_an_edited_convolution_are_found_again() -> None:
    """Printed 8 11 the slide would be right, and the search would find its own mask."""
    x, mask = convolution.table(convolution.INPUT), convolution.table(convolution.MASK)
    assert convolution.begins(convolution.filtered(x, mask), [8, 11]).verdict == "proved"
    assert ((1, 1, 1, 1), 2, 2, 1) in convolution.fitting_masks(x, [8, 11])
    assert (1, 1) in convolution.single_edits(x, mask, [7, 11])
    assert convolution.single_edits(x, mask, [6, 7]) == []


def test_max_pooling_of_the_slide(results: dict[str, Result]) -> None:
    assert results["E3.30"].finding.verdict.assumptions == ["window 2 x 2, stride 1 down and 1 to the right"]
    assert convolution.written(convolution.pooled("max", 2, 2, 1, 1)) == "6 7 8; 9 7 8; 9 6 7"
    assert convolution.begins(convolution.pooled("max", 2, 2, 2, 2), [6, 7]).verdict == "refuted"
    assert convolution.begins(convolution.pooled("min", 2, 2, 1, 1), [6, 7]).verdict == "refuted"


def test_a_shifted_backward_pass_is_refuted() -> None:
    assert {v.verdict for v in (*lenet.transposed(), *lenet.tied(), lenet.as_convolution(2, 3))} == {"proved"}
    wrong = lenet.Sum(lenet.g[lenet.o, lenet.i], (lenet.i, Integer(1), lenet.J))
    assert decide(lenet.dl_d("b", lenet.o), wrong, lenet.backward).verdict == "proved"
    assert decide(lenet.dl_d("b", lenet.o), 2 * wrong, lenet.backward).verdict == "refuted"


def test_lenet() -> None:
    assert [layer.side for layer in lenet.lenet(lenet.C3)] == [28, 14, 10, 5, 1, 1]
    assert lenet.sum_of(lenet.lenet(lenet.C3)) == 60000
    assert lenet.sum_of(lenet.lenet(None)) == 60900
    assert sum(map(len, lenet.C3)) == 60
    assert [sum(k in row for row in lenet.C3) for k in range(1, 7)] == [10] * 6
    assert lenet.sum_of(lenet.lenet([*lenet.C3[:-1], [1, 2, 3, 4, 5]])) == 60000 - 25


def test_alexnet() -> None:
    whole = lenet.alexnet(1, Window(227, 11, 4))
    assert [parameter_count(layer.derivation) for layer in whole[:2]] == [96 * 363 + 96, 256 * 2400 + 256]
    assert lenet.alexnet(1, Window(227, 11, 4))[0].side == 55
    assert lenet.alexnet(1, Window(224, 11, 4))[0].side == 54


def test_every_note_is_there_in_russian(results: dict[str, Result]) -> None:
    assert english_alone(results.values()) == []

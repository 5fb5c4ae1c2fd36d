from itertools import combinations, pairwise

import pytest
from sympy import Rational, Symbol, symbols

from symnet.errors import SymnetError
from symnet.network import Dense, layered
from symnet.network.masks import (
    acceptance_probability,
    admissible_masks,
    keep_probability_after_rejection,
    mask_probability,
)
from tests.builders import dropout_network

p = Symbol("p")


def dense(*widths: int):
    """A fully connected linear network with these hidden widths, one input, one output."""
    sizes = [1, *widths, 1]
    return layered(
        ["x"],
        [
            Dense([[f"w{depth}_{r}_{c}" for c in range(b)] for r in range(a)])
            for depth, (a, b) in enumerate(pairwise(sizes))
        ],
    )


def test_the_lecture_network_has_three_masks() -> None:
    masks = list(admissible_masks(dropout_network()))
    assert masks == [frozenset(), frozenset({"h1"}), frozenset({"h2"})]


@pytest.mark.parametrize("widths", [(2,), (3,), (2, 2), (3, 2), (2, 2, 2)])
def test_counts_and_probabilities_of_a_fully_connected_network(widths: tuple[int, ...]) -> None:
    """prod (2^n - 1) masks, accepted with prod (1 - p^n), kept with (1 - p)/(1 - p^n) (ledger B.4)."""
    network = dense(*widths)
    count, accepted = 1, 1
    for n in widths:
        count *= 2**n - 1
        accepted *= 1 - p**n
    assert sum(1 for _ in admissible_masks(network)) == count
    assert (acceptance_probability(network, p) - accepted).expand() == 0
    kept = keep_probability_after_rejection(network, "h1_1", Rational(1, 3))
    assert kept == (1 - Rational(1, 3)) / (1 - Rational(1, 3) ** widths[0])


def test_probabilities_of_all_masks_add_up_to_one() -> None:
    names = ["a", "b", "c"]
    masks = [frozenset(c) for k in range(4) for c in combinations(names, k)]
    assert sum(mask_probability(mask, names, p) for mask in masks).expand() == 1


def test_symbolic_keep_probability_is_reduced() -> None:
    assert keep_probability_after_rejection(dropout_network(), "h1", p) == 1 / (1 + p)
    assert keep_probability_after_rejection(dropout_network(), "h1", Rational(1, 2)) == Rational(2, 3)


def test_inputs_may_be_dropped_too() -> None:
    network = layered(["x1", "x2"], [Dense([["u"], ["v"]])])
    assert set(admissible_masks(network, ["x1", "x2"])) == {frozenset(), frozenset({"x1"}), frozenset({"x2"})}
    assert acceptance_probability(network, Rational(1, 2), ["x1", "x2"]) == Rational(3, 4)


def test_bad_requests_are_answered() -> None:
    network = dropout_network()
    with pytest.raises(SymnetError, match="not one of the droppable"):
        keep_probability_after_rejection(network, "h7", p)
    with pytest.raises(SymnetError, match="no mask is admissible"):
        keep_probability_after_rejection(network, "h1", 1)
    with pytest.raises(SymnetError, match="too many to enumerate"):
        list(admissible_masks(network, [str(s) for s in symbols("h1:30")]))

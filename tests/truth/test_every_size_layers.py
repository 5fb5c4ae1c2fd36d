"""Layer normalization, attention, dense layers and a Hessian-vector product, for every size of each."""

import pytest

from symnet.truth.every_size import prove_every_size
from symnet.truth.verdict import decide
from tests.truth.layers import LAYERS


@pytest.mark.parametrize("name", LAYERS)
def test_closed_forms_are_proved_for_every_size(name: str) -> None:
    said = LAYERS[name]
    assert prove_every_size(said.left, said.right, said.derivation).proved


@pytest.mark.parametrize("name", LAYERS)
def test_near_misses_are_refuted_at_small_sizes(name: str) -> None:
    said = LAYERS[name]
    assert not prove_every_size(said.left, said.wrong, said.derivation).proved
    verdict = decide(said.left, said.wrong, said.derivation)
    # A forgotten f' is 1 where f is the identity.
    conditions = ["f the identity: f(u) = u"] if name == "two dense layers, first" else []
    assert (verdict.verdict, verdict.assumptions) == ("proved-if" if conditions else "refuted", conditions)
    assert verdict.witness["left"] != verdict.witness["right"]

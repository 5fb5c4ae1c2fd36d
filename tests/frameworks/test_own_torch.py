"""What `symnet check` says of modules and networks in PyTorch beside a verdict."""

from pathlib import Path

import pytest

from symnet.candidates.check import check
from symnet.errors import SymnetError

CODE = Path(__file__).parent / "own/in_torch.py"


def test_a_weight_that_cannot_be_told_is_an_error() -> None:
    with pytest.raises(SymnetError, match=r"weight for scale .* inner.weight, .* norm.weight"):
        check(f"{CODE}:Wrapped", "layer_norm")


def test_the_loss_of_a_network_is_differentiated_by_its_framework(tmp_path: Path) -> None:
    (tmp_path / "chain.net").write_text("inputs x\nh = tanh(w1*x)\nF = w2*h\n")
    assert check(f"{CODE}:chain", str(tmp_path / "chain.net")).verdict == "proved"

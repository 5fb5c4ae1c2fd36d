"""symnet.testing, the pytest plugin, and the property-based mode."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symnet.errors import SymnetError
from symnet.testing import assert_matches, assert_matches_everywhere
from tests.candidates.right import batchnorm, functions

ROOT = Path(__file__).parent.parent


def stale(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
    return dout * (1 - np.tanh(x))


def test_a_right_one_passes() -> None:
    assert_matches((functions.tanh, functions.tanh_backward), "tanh")
    assert_matches(batchnorm.BatchNorm, "batch_norm", dtype="float32")


def test_the_message_reads_like_the_diagnosis() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_matches((functions.tanh, stale), "tanh")
    first, second, third = str(caught.value).splitlines()[:3]
    assert first == "tanh is wrong as tanh"
    assert second.startswith("  wrong: dx[")
    assert "rounding explains" in second
    assert third == "  because: dL/dx has y[i] in the place of y[i]**2"


def test_hypothesis_finds_a_small_input() -> None:
    assert_matches_everywhere((functions.tanh, functions.tanh_backward), "tanh", examples=20)
    with pytest.raises(AssertionError, match=r"dx is .* instead of .* at x = \[.*\], dy = \["):
        assert_matches_everywhere((functions.tanh, stale), "tanh", examples=50)


def test_hypothesis_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(SymnetError, match="needs hypothesis"):
        assert_matches_everywhere(functions.tanh, "tanh")


MINE = """
import numpy as np

def tanh(x):
    return np.tanh(x)

def rounded(x):
    return np.tanh(x).astype(np.float32).astype(float)

def test_right(symnet):
    symnet.assert_matches(tanh, "tanh")

def test_inaccurate(symnet):
    symnet.assert_matches(rounded, "tanh")
"""


@pytest.mark.parametrize(("options", "failed"), [([], 1), (["--symnet-digits", "6"], 0)])
def test_the_plugin(options: list[str], failed: int, tmp_path: Path) -> None:
    """In a process of its own, by name, as the entry point would load it."""
    file = tmp_path / "test_mine.py"
    file.write_text(MINE, encoding="utf-8")
    autoload = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT), "PATH": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "symnet.pytest_plugin", "-p", "no:cacheprovider", str(file)]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, env=autoload, cwd=tmp_path, check=False)
    assert f"{2 - failed} passed" in ran.stdout
    assert ran.returncode == (1 if failed else 0)
    if failed:
        assert "right but inaccurate: y is right only to float32 inside float64" in ran.stdout

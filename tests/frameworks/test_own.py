"""People's own code in the frameworks that are installed, by `symnet check file.py:name`."""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from symnet.candidates.check import check

os.environ.setdefault("DEV", "PYTHON")  # tinygrad's device, where there is no compiler
os.environ.setdefault("AESARA_FLAGS", "cxx=,floatX=float64")
HERE = Path(__file__).parent / "own"
INSTALLED = [name for name in ("torch", "jax", "tensorflow", "tinygrad", "aesara") if find_spec(name)]
ROWS = [(f, *row) for f in INSTALLED for row in import_module(f"tests.frameworks.own.in_{f}").ROWS]


@pytest.mark.parametrize(("framework", "name", "wanted", "verdict", "fault"), ROWS)
def test_own_code_is_judged(framework: str, name: str, wanted: str, verdict: str, fault: str) -> None:
    report = check(f"{HERE}/in_{framework}.py:{name}", wanted)
    assert report.verdict == verdict
    assert bool(fault) == bool(report.diagnosis)
    assert not fault or report.diagnosis[0].fault.startswith(fault)

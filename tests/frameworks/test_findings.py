"""The reproductions in docs/findings.md print what they are said to, where their framework is installed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FINDINGS = Path(__file__).parents[2] / "docs" / "findings.md"
PAIRS = re.findall(r"```py\n(.*?)```\n\n```text\n(.*?)```", FINDINGS.read_text(encoding="utf-8"), re.DOTALL)
MODULES = {"keras": "tensorflow"}
INSTALLED = {MODULES.get(name, name) for name in os.environ["SYMNET_FRAMEWORKS"].split()}
HERE = [pair for pair in PAIRS if INSTALLED & set(re.findall(r"^(?:import|from) (\w+)", pair[0], re.MULTILINE))]


@pytest.mark.parametrize(("code", "printed"), HERE)
def test_a_reproduction_prints_what_it_is_said_to(code: str, printed: str) -> None:
    settings = os.environ | {"DEV": "PYTHON", "TF_CPP_MIN_LOG_LEVEL": "3"}  # tinygrad without a C compiler
    old = [framework for framework in ("theano", "cntk") if f"import {framework}" in code]
    python = os.environ[f"SYMNET_{old[0].upper()}_PYTHON"] if old else sys.executable
    ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, env=settings)
    assert ran.stdout == printed

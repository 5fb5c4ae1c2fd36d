"""The README's examples are real: every console block is run and compared, every Python block is executed."""

import re
import shlex
from pathlib import Path

import pytest

from symnet.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ symnet (.*?)\n(.*?)```", README, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("command", "expected"), CONSOLE)
def test_console_examples(command: str, expected: str, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    main(shlex.split(command))
    assert capsys.readouterr().out.rstrip() == expected.rstrip()


@pytest.mark.parametrize("source", PYTHON)
def test_python_examples(source: str, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(source, "README.md", "exec"), {})
    assert capsys.readouterr().out

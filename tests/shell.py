"""The command line in a folder with three network files."""

import json
from pathlib import Path
from typing import Any

import pytest

from symnet.cli import main

__all__ = ["LINEAR", "NORMAL", "THREE", "Shell"]

LINEAR = """
network two_linear
inputs x
h1 = w1*x + w01
h2 = w2*x + w02
F  = h1 + h2
data x | y
  1 | 3
  2 | 2
  3 | 1
"""
NORMAL = """
network two_neurons
inputs x
h1 = f(w1*x + w01)
h2 = f(w2*x + w02)
F  = norm(h1*w3 + h2*w4) + w03
data x | y
  -1 | -1
   1 |  1
"""
THREE = "inputs x\nF = norm(w1*x^2 + w2*x) + w3\ndata x | y\n 2 | 3\n 1 | 4\n 5 | 6\n"


class Shell:
    """Runs commands in a folder with these network files."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        for name, text in {"linear": LINEAR, "normal": NORMAL, "three": THREE}.items():
            (folder / f"{name}.net").write_text(text)

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """The exit status, standard output and standard error."""
        try:
            status = main(arguments)
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 2
        printed = self.capsys.readouterr()
        return status, printed.out, printed.err

    def output(self, *arguments: str) -> str:
        status, out, err = self(*arguments)
        assert (status, err) == (0, "")
        return out

    def json(self, *arguments: str) -> Any:
        return json.loads(self.output("derive", *arguments, "--format", "json"))

    def refusal(self, *arguments: str) -> str:
        status, out, err = self(*arguments)
        assert status == 2
        assert out == ""
        sentence, *picture = err.splitlines()
        assert sentence.startswith("symnet: ")
        assert "Traceback" not in err
        assert len(picture) in (0, 2)  # the offending line and a caret below it
        return err

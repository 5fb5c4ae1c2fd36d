"""Formulas on a terminal stay within its columns, and only there are they broken."""

import re
import sys

import pytest

from symnet.cli import main
from symnet.render.terminal import wrapped

NETWORK = "examples/normalized.net"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("  short = a + b", "  short = a + b"),
        ("  L = (a + b)**2 + (c + d)**2 + (e + f)**2", "  L = (a + b)**2 + (c + d)**2\n      + (e + f)**2"),
        ("  L = (aaaaaaa + bbbbbbb)*(cccccccc + ddddddd)", "  L = (aaaaaaa + bbbbbbb)\n      *(cccccccc + ddddddd)"),
        ("  dL_dw1 = -20, dL_dw01 = -12, dL_dw2 = 1/2", "  dL_dw1 = -20, dL_dw01 = -12,\n      dL_dw2 = 1/2"),
        ("  F sees w1, w2 through w1 + w2 alone", "  F sees w1, w2 through w1 +\n      w2 alone"),
        ("  x = 12345678901234567890123456789012345", "  x = 12345678901234567890123456789012345"),
    ],
)
def test_lines_end_where_a_reader_would_end_them(line: str, expected: str) -> None:
    assert wrapped(line, 30) == expected


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_has_its_columns_and_a_pipe_one_line_a_formula(columns, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["derive", NETWORK, "--explain"]) == 0
    piped = capsys.readouterr().out
    assert max(map(len, piped.splitlines())) > columns
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["derive", NETWORK, "--explain"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= columns
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", piped)


def test_a_file_is_not_wrapped(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["derive", NETWORK, "-o", str(tmp_path / "out.txt")]) == 0
    assert max(map(len, (tmp_path / "out.txt").read_text().splitlines())) > 40


@pytest.mark.parametrize(("plain", "coloured"), [(None, True), ("1", False)])
def test_no_color(plain: str | None, coloured: bool, capsys, monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    if plain:
        monkeypatch.setenv("NO_COLOR", plain)
    from symnet.claims import load_claims
    from symnet.commands.lectures import report, run_claims

    report(run_claims(load_claims(["L8.9"]), progress=False))
    assert bool(re.search(r"\x1b\[[\d;]*3\d", capsys.readouterr().out)) == coloured


def test_a_pipe_gets_no_escape_codes(capsys, monkeypatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert main(["check", "examples/layers.py:softmax", "--as", "softmax"]) == 0
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err

"""The errata sheet says what is printed, what is right and why, in both languages and formats."""

from pathlib import Path

import pytest

from symnet.cli import main


def sheet(folder: Path, name: str, *options: str) -> str:
    path = folder / name
    assert main(["lectures", "L8.17", "L8.47", "L8.9", "--errata", "-o", str(path), *options]) == 0
    return path.read_text(encoding="utf-8")


def test_markdown_lists_what_is_wrong_and_only_that(tmp_path: Path, capsys) -> None:
    text = sheet(tmp_path, "errata.md")
    assert "## L8.17" in text
    assert "## L8.47" in text
    assert "L8.9" not in text
    assert "**Printed**: `$$\\frac{\\partial L_2}{\\partial w_2}" in text
    assert "left 0, right 96/5" in text
    assert text.count("**Readings**") == 3


def test_latex_in_russian(tmp_path: Path, capsys) -> None:
    text = sheet(tmp_path, "errata.tex", "--language", "ru")
    assert r"\usepackage[russian]{babel}" in text
    assert "Список опечаток" in text
    assert text.count("{") == text.count("}") + text.count(r"\{") - text.count(r"\}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--errata"], "--errata needs a file"),
        (["--errata", "-o", "errata.pdf"], "written as .md or .tex, not as errata.pdf"),
    ],
)
def test_bad_requests(options: list[str], message: str, capsys) -> None:
    assert main(["lectures", "L8.17", *options]) == 2
    assert message in capsys.readouterr().err

"""The errata sheet says what is printed, what is right and why, in both languages and formats."""

from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from symnet.claims import Finding, Result, load_claims
from symnet.cli import main
from symnet.commands.errata import errata
from symnet.truth.verdict import Verdict

MATHML = "http://www.w3.org/1998/Math/MathML"


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
    assert "left 0, right 96/5. As printed" in text
    assert text.count("**Reading, wrong**") == 2
    assert text.count("**Reading, true**") == 1


def test_latex_in_russian(tmp_path: Path, capsys) -> None:
    text = sheet(tmp_path, "errata.tex", "--language", "ru")
    assert r"\usepackage[russian]{babel}" in text
    assert "Список опечаток" in text
    assert "слева 0, справа 96/5" in text
    assert text.count("{") == text.count("}") + text.count(r"\{") - text.count(r"\}")


@pytest.mark.parametrize(("language", "printed"), [("en", "Printed"), ("ru", "Напечатано")])
def test_a_page_shows_formulas_and_their_source(language: str, printed: str, tmp_path: Path, capsys) -> None:
    text = sheet(tmp_path, "errata.html", "--language", language)
    page = fromstring(text.partition("\n")[2])
    sections = page.findall(".//section")
    assert [section.get("id") for section in sections] == ["L8.17", "L8.47"]
    assert [section.findtext("dl/dt") for section in sections] == [printed] * 2
    source = sections[0].findtext("dl/dd/code")
    assert source == load_claims(["L8.17"])[0].says
    formulas = sections[0].findall(f".//{{{MATHML}}}math")
    assert len(formulas) == 2  # what is printed, and what is right
    assert all(formula.get("display") == "block" for formula in formulas)
    assert "http" not in text.replace(MATHML, "")  # self-contained


def test_words_from_outside_are_escaped(tmp_path: Path) -> None:
    (claim,) = load_claims(["L8.17"])
    says = "<script>alert(1)</script> & `code` $a < b$ $\\unknown$"
    wrong = Verdict("refuted", "by hand", 0.0, witness={"n": "<1>"})
    result = Result(replace(claim, says=says, title="<b>"), Finding(wrong, note="x < y"), 0.0)
    page = errata([result], "a.html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; `code` <math" in page
    assert "<code>$\\unknown$</code>" in page
    assert "&lt;b&gt;" in page
    assert "n = &lt;1&gt;; x &lt; y." in page
    assert "<script" not in page
    assert f"`` {says} ``" in errata([result], "a.md")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--errata"], "--errata needs a file"),
        (["--errata", "-o", "errata.pdf"], "written as .md, .tex or .html, not as errata.pdf"),
    ],
)
def test_bad_requests(options: list[str], message: str, capsys) -> None:
    assert main(["lectures", "L8.17", *options]) == 2
    assert message in capsys.readouterr().err

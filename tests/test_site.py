"""The site's files: written whole, in either language, with what was found in them."""

import re
from pathlib import Path

import pytest

from symnet.claims import load_claims
from symnet.cli import main
from symnet.commands.lectures import run_claims
from symnet.errors import SymnetError
from symnet.grounds import Grounds
from symnet.site.pages import write_site
from symnet.site.words import WORDS

IDS = ["L8.9", "L8.42", "P4.61", "E3.25"]


def test_pages_say_what_was_found(tmp_path: Path) -> None:
    results = run_claims(load_claims(IDS), progress=False)
    write_site(results, str(tmp_path))
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    found = dict(re.findall(r'data-verdict="([\w-]+)" data-text="(\S+) ', index))
    assert {r.claim.id for r in results} == set(re.findall(r'data-text="(\S+) ', index))
    assert set(found) == {r.verdict for r in results}
    errata = (tmp_path / "errata.html").read_text(encoding="utf-8")
    for result in results:
        assert (f'id="{result.claim.id}"' in errata) == (result.verdict in ("refuted", "ambiguous"))
    (section,) = [p for p in tmp_path.glob("*.html") if 'id="L8.42"' in p.read_text(encoding="utf-8")]
    page = section.read_text(encoding="utf-8")
    assert "w1 &gt;= 0" in page
    assert "<math" in page
    assert not re.search(r"(src|href)=\"(https?:)?//", index + page)


def test_both_languages_have_the_same_words() -> None:
    assert set(WORDS["en"]) == set(WORDS["ru"])
    pages = "".join(p.read_text() for p in (Path(__file__).parent.parent / "symnet/site/templates").glob("*.html"))
    used = set(re.findall(r"words\.(\w+)", pages))
    assert used <= set(WORDS["en"])


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SymnetError, match="there is no language 'de'"):
        write_site([], str(tmp_path), "de")
    (tmp_path / "file").write_text("")
    with pytest.raises(SymnetError, match="cannot write to"):
        write_site([], str(tmp_path / "file"))


PAGE = """network marks
inputs x
h1 = norm(w1*x + w01)
h2 = f(w2*x)
F = h1*w3 + h2*w4
data x | y
 1 | 2
 2 | 1
 4 | 0
"""


@pytest.mark.parametrize(("language", "said"), [("en", "the mean of"), ("ru", "среднее")])
def test_a_page_of_one_network(language: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "marks.net").write_text(PAGE)
    options = ["--drop", "h2", "--at", "all=1", "--rate", "1/10", "--steps", "1", "--language", language]
    command = ["derive", str(tmp_path / "marks.net"), "--format", "html", *options]
    assert main([*command, "-o", str(tmp_path / "folded.html")]) == 0
    assert main([*command, "--explain", "-o", str(tmp_path / "open.html")]) == 0
    page = (tmp_path / "folded.html").read_text(encoding="utf-8")
    assert said in page
    assert f'lang="{language}"' in page
    assert len(re.findall("<h2>", page)) == 8  # equations, function, loss, gradient, values, a step, findings, steps
    assert page.count("<details") == 2
    assert page.count("<li>") > 10
    assert page.count("<math") > page.count("<li>")
    assert page.count("<svg") == 1
    assert "<code>" not in page
    assert not re.search(r"<(link|script)[^>]*(src|href)=\"(?!data:)", page)
    assert (tmp_path / "open.html").read_text(encoding="utf-8").count('<details class="steps" open>') == 2


# A deviation of a network, a gradient, two derivatives of a derivation without a network, equalities alone, readings.
@pytest.mark.parametrize(
    ("id", "pictures", "said"),
    [
        ("L8.32", 1, ["вход нормализации", "среднее", "стандартное отклонение", "приведения к нормальной форме"]),
        ("L8.11", 1, ["взвешенная сумма", "Функция потерь", "правило цепочки", "Равна ли левая часть правой?"]),
        ("P4.60", 0, ["по определению", "правило цепочки, сумма по этим путям", "Равна ли левая часть правой?"]),
        ("P4.61", 0, ["правило цепочки, сумма по этим путям", "контрпример показывает"]),
        ("L8.30", 0, ["Равна ли левая часть правой?"]),
        ("L8.47", 1, ["вход нормализации", "Равна ли левая часть правой?"]),
    ],
)
def test_what_a_verdict_rests_on_folds_under_it(id: str, pictures: int, said: list[str], tmp_path: Path) -> None:
    write_site(run_claims(load_claims([id]), progress=False), str(tmp_path), "ru")
    page = (tmp_path / "01.html").read_text(encoding="utf-8")
    folded = page.partition(f"<summary>{WORDS['ru']['grounds']}</summary>")[2].partition("</details>")[0]
    assert folded.count("<svg") == pictures
    places = [folded.find(words) for words in said]
    assert -1 not in places
    assert places == sorted(places)
    assert folded.count("<li>") >= len(said)


def test_grounds_are_kept_whole() -> None:
    for id in ("L8.32", "L8.37", "P4.60"):
        (claim,) = load_claims([id])
        found = claim.run().grounds
        assert found.steps
        assert Grounds.of_record(found.record) == found

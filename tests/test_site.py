"""The site's files: written whole, in either language, with what was found in them."""

import re
from pathlib import Path

import pytest

from symnet.claims import load_claims
from symnet.commands.lectures import run_claims
from symnet.errors import SymnetError
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

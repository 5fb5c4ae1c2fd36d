"""The examples of README.md and docs/ are real: each console block is run and compared, each Python block executed."""

import pytest

from tests import api, documents


@pytest.mark.parametrize(("document", "command", "expected"), list(documents.console()))
def test_console_examples(document: str, command: str, expected: str) -> None:
    assert documents.printed(command) == expected.rstrip()


@pytest.mark.parametrize(("document", "source"), list(documents.python()))
def test_python_examples(document: str, source: str, capsys, monkeypatch) -> None:
    monkeypatch.chdir(documents.ROOT)
    exec(compile(source, document, "exec"), {})
    assert capsys.readouterr().out


def test_links_between_documents_lead_somewhere() -> None:
    for path in documents.DOCUMENTS:
        for target in documents.LINK.findall(path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_api_reference_says_what_the_docstrings_say() -> None:
    written = api.API.read_text(encoding="utf-8")
    assert written == api.reference(), "python -m tests.documents writes it anew"
    assert "### gradient" in written
    assert "raises symneterror" in written.lower()

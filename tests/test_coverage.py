"""The README's table of coverage: generated, from verdicts, and up to date."""

from pathlib import Path

import pytest

from symnet.claims import load_claims
from symnet.cli import main
from symnet.commands.lectures import COVERAGE, coverage, run_claims, write_coverage

ROOT = Path(__file__).parent.parent
BEGIN, END = COVERAGE


def test_the_table_counts_verdicts() -> None:
    found = [("L8", "proved"), ("mine", "refuted"), ("L8", "proved"), ("L8", "definition")]
    assert coverage(found).splitlines() == [
        "|  | claims | proved | refuted | definition |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| L8, lecture 8: ensembles, dropout, normalization | 3 | 2 | 0 | 1 |",
        "| mine | 1 | 0 | 1 | 0 |",
        "| all | 4 | 2 | 1 | 1 |",
    ]


def test_the_readme_says_what_the_lectures_give() -> None:
    """The tests of `derivations/` hold every verdict to the one that is declared, so these are the real ones."""
    written = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"{BEGIN}\n")[2].partition(f"\n{END}")[0]
    assert written == coverage((claim.lecture, claim.expected or "") for claim in load_claims())


def test_only_what_is_between_the_markers_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    results = run_claims(load_claims(["L8.13", "L8.17"]))
    write_coverage(results, str(path))
    table = coverage([("L8", "proved"), ("L8", "refuted")])
    assert path.read_text() == f"before\n{BEGIN}\n{table}\n{END}\nafter\n"
    path.chmod(0o444)
    unchanged = path.stat().st_mtime_ns
    write_coverage(results, str(path))
    assert path.stat().st_mtime_ns == unchanged


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("no markers", [], "has no place for the table of coverage: lines <!-- coverage"),
        (f"{BEGIN}\n no end", [], "has no place for the table of coverage"),
        (None, [], "cannot write the table of coverage to"),
        (f"{BEGIN}\n{END}\n", ["L8.13"], "the table of coverage counts all claims: leave out L8.13"),
    ],
)
def test_bad_requests(text: str | None, options: list[str], message: str, tmp_path, capsys, monkeypatch) -> None:
    path = tmp_path / "a.md"
    if text is not None:
        path.write_text(text)
    claims = load_claims(["L8.13"])
    monkeypatch.setattr("symnet.claims.load_claims", lambda ids: claims)
    assert main(["lectures", *options, "--coverage", str(path)]) == 2
    assert message in capsys.readouterr().err
    assert text is None or path.read_text() == text

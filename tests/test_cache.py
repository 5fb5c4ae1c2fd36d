"""The cache of findings: the same answers with and without it, nothing stale from it, and no harm when it is broken."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from symnet.claims import Claim, Finding, Result, load_claims
from symnet.cli import main
from symnet.commands import cache as module
from symnet.commands.cache import Cache, decoded, encoded
from symnet.commands.errata import errata
from symnet.commands.lectures import explain, run_claims, write_latex
from symnet.truth.verdict import Verdict

# A proof, a condition, a refutation with its correction, readings, a definition.
IDS = ["L8.13", "L8.42", "L8.17", "L8.47", "L8.61", "E3.28", "W.1"]


class DecidedAgainError(Exception):
    """Nothing should have been decided."""


@pytest.fixture
def nothing_is_decided(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def run(claim: Claim) -> Result:
        raise DecidedAgainError(claim.id)

    return lambda: monkeypatch.setattr(Claim, "run", run)


@pytest.fixture
def one(tmp_path: Path) -> tuple[Claim, Cache, Path]:
    """A claim whose finding lies in a cache, and the file where."""
    (claim,) = load_claims(["L8.13"])
    cache = Cache(tmp_path / "cache")
    run_claims([claim], cache=cache)
    (path,) = cache.folder.iterdir()
    return claim, cache, path


def test_every_answer_is_the_same_with_and_without(tmp_path: Path, nothing_is_decided: Callable[[], None]) -> None:
    claims = load_claims(IDS)
    decided = [claim.run() for claim in claims]
    kept = run_claims(claims, cache=Cache(tmp_path))
    nothing_is_decided()
    restored = run_claims(claims, cache=Cache(tmp_path))
    assert [result.cached for result in kept + restored] == [False] * len(IDS) + [True] * len(IDS)
    for first, second, third in zip(decided, kept, restored, strict=True):
        assert third.json == second.json == {**first.json, "seconds": second.json["seconds"]}
        assert explain(third) == explain(second) == explain(first)
    for path in ("errata.md", "errata.tex"):
        assert errata(restored, path, "ru") == errata(decided, path, "ru")
    for folder, results in (("a", decided), ("b", restored)):
        write_latex(results, str(tmp_path / folder))
    pages = {name: [p.read_text() for p in sorted((tmp_path / name).iterdir())] for name in "ab"}
    assert pages["a"] == pages["b"] != []


def test_the_command_says_what_is_restored(capsys, monkeypatch, nothing_is_decided: Callable[[], None]) -> None:
    (claim,) = load_claims(["L8.13"])
    monkeypatch.setattr("symnet.claims.load_claims", lambda ids: [claim])
    assert main(["lectures"]) == 0
    assert "restored" not in capsys.readouterr().out
    assert main(["lectures"]) == 0
    assert "1 of them restored from the cache (--no-cache decides them anew)" in capsys.readouterr().out
    nothing_is_decided()
    with pytest.raises(DecidedAgainError):
        main(["lectures", "--no-cache"])


def test_no_cache_leaves_nothing_behind(own_cache: Path, capsys) -> None:
    assert main(["lectures", "L8.13", "--no-cache"]) == 0
    assert not own_cache.exists()
    assert main(["lectures", "L8.13"]) == 0
    assert len(list(own_cache.iterdir())) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b"proved", b"refute"),
        lambda data: b"\xff" + data,
        lambda data: b"{}\n" + data.partition(b"\n")[2],
    ],
    ids=["empty", "cut", "changed", "no text", "no checksum"],
)
def test_a_broken_entry_is_decided_anew(one: tuple[Claim, Cache, Path], spoil: Callable[[bytes], bytes]) -> None:
    claim, cache, path = one
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))
    assert cache.find(claim) is None
    (result,) = run_claims([claim], cache=cache)
    assert (result.verdict, result.cached) == ("proved", False)
    assert cache.find(claim) == replace(result, cached=True)


def test_a_folder_that_cannot_be_used_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    claims = load_claims(["L8.13"])
    for _ in range(2):
        (result,) = run_claims(claims, cache=Cache(tmp_path / "file"))
        assert (result.verdict, result.cached) == ("proved", False)


def test_what_a_finding_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change in its file, in one that this imports, in what decides or in a version; not in anything else."""
    ledger = Path(shutil.copytree(module._LEDGER, tmp_path / "derivations"))
    sources = Path(shutil.copytree(module._SOURCES, tmp_path / "symnet"))
    monkeypatch.setattr(module, "_LEDGER", ledger)
    monkeypatch.setattr(module, "_SOURCES", sources)
    (claim,) = load_claims(["P4.71"])  # slides4_dropout imports slides4_backpropagation
    folder = tmp_path / "cache"
    Cache(folder).keep(Result(claim, Finding(Verdict("proved", "by hand", 0.0)), 0.0))

    def found() -> bool:
        return Cache(folder).find(claim) is not None

    def changes(path: Path) -> bool:
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        changed = not found()
        path.write_bytes(before)
        assert found()
        return changed

    assert changes(ledger / "slides4_dropout.py")
    assert changes(ledger / "slides4_backpropagation.py")
    assert not changes(ledger / "video_comments.py")
    assert changes(sources / "truth" / "prove.py")
    assert changes(sources / "reading" / "slide.lark")
    assert not changes(sources / "commands" / "errata.py")
    assert not changes(sources / "cli.py")
    monkeypatch.setattr(module, "version", lambda name: "0.0")
    assert not found()


def test_what_more_time_might_settle_is_not_kept(tmp_path: Path) -> None:
    (claim,) = load_claims(["L8.13"])
    cache = Cache(tmp_path)
    cache.keep(Result(claim, Finding(Verdict("undecided", "out of time", 20.0)), 20.0))
    assert list(tmp_path.iterdir()) == []


def test_a_claim_from_elsewhere_is_not_kept(tmp_path: Path) -> None:
    (claim,) = load_claims(["L8.13"])
    cache = Cache(tmp_path)
    (result,) = run_claims([replace(claim, module="")], cache=cache)
    assert cache.find(result.claim) is None
    assert list(tmp_path.iterdir()) == []


def test_what_json_would_change_is_refused() -> None:
    (claim,) = load_claims(["L8.13"])
    verdict = Verdict("refuted", "by hand", 0.0, witness={"pair": (1, 2)})
    with pytest.raises(TypeError, match=r"L8\.13: JSON does not keep"):
        encoded(Result(claim, Finding(verdict), 0.0))
    kept = Result(claim, Finding(replace(verdict, witness={"pair": ["1", "2"]})), 0.5)
    assert decoded(claim, encoded(kept)) == kept


def test_what_nobody_uses_is_deleted(one: tuple[Claim, Cache, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _, cache, path = one
    used = path.stat().st_mtime
    monkeypatch.setattr(module, "time", lambda: used + 29 * 24 * 3600)
    cache.forget_old()
    assert path.exists()
    monkeypatch.setattr(module, "time", lambda: used + 31 * 24 * 3600)
    cache.forget_old()
    assert not path.exists()


def test_the_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Cache().folder == tmp_path / "symnet"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for given in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", given)
        assert Cache().folder == tmp_path / "home" / ".cache" / "symnet"

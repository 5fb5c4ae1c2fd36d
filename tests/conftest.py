"""Hypothesis runs the same examples every time: a red test must be red for everybody.

And what symnet keeps between its runs is kept for the length of one test, so that no test passes by an earlier answer.
"""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.shell import Shell

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of this test alone."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "symnet"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)

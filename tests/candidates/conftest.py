"""What tests of `symnet check` share."""

import pytest


@pytest.fixture
def numbers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proofs have tests of their own, and take their time."""
    monkeypatch.setattr("symnet.candidates.check.proof", lambda *arguments: None)
    monkeypatch.setattr("symnet.candidates.check.lines_at_fault", lambda *arguments: {})

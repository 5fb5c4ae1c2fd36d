"""Proof of the candidate's own code: run on exact symbols, its results are compared with the derivation."""

from collections.abc import Mapping
from dataclasses import dataclass

from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["Proof", "proof"]


@dataclass(frozen=True)
class Proof:
    """Whether the candidate's own code equals the derivation, and what to say about it."""

    holds: bool
    notes: tuple[str, ...] = ()


def proof(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> Proof | None:
    """None when the code cannot be traced."""
    return None

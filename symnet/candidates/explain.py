"""The seams to the tracer and to the diagnosis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["Diagnosis", "Proof", "explain", "proof"]


@dataclass(frozen=True)
class Proof:
    """Whether the candidate's own code equals the derivation, and what to say about it."""

    holds: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """A fault that reproduces the numbers."""

    fault: str
    text: str
    latex: str
    residual_ulps: float


def proof(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> Proof | None:
    """None when the code cannot be traced."""
    return None


def explain(candidate: Candidate, spec: Spec, trials: Sequence[Any]) -> Sequence[Diagnosis]:
    """The faults that reproduce the numbers, best first."""
    return ()

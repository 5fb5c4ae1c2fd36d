"""The seams to the tracer and to the diagnosis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.candidates.candidate import Candidate
from symnet.candidates.compare import SLACK
from symnet.candidates.diagnose import Diagnosis, diagnose
from symnet.candidates.spec import Spec

__all__ = ["Diagnosis", "Proof", "explain", "proof"]


@dataclass(frozen=True)
class Proof:
    """Whether the candidate's own code equals the derivation, and what to say about it."""

    holds: bool
    notes: tuple[str, ...] = ()


def proof(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> Proof | None:
    """None when the code cannot be traced."""
    return None


def explain(candidate: Candidate, spec: Spec, trials: Sequence[Any]) -> Sequence[Diagnosis]:
    """The faults that reproduce the numbers, best first."""
    inner = spec.results
    observed = [{inner[n]: array for n, array in trial.results.items() if n in inner} for trial in trials]
    allowed = [
        {inner[name]: SLACK * np.asarray(bound) for name, bound in trial.truth.bounds.items()} for trial in trials
    ]
    return diagnose(
        spec.paired, spec.outputs, spec.wrt, [trial.probe.arrays for trial in trials], observed, allowed=allowed
    )

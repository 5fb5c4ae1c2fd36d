"""Why numbers are wrong: the diagnosis, asked about a spec."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from symnet.candidates.compare import Judgement, Truth
from symnet.candidates.diagnose import Diagnosis, diagnose
from symnet.candidates.probes import Probe
from symnet.candidates.rounding import as_floats
from symnet.candidates.spec import Spec
from symnet.candidates.trajectories import RATE, rows_of, written_out
from symnet.network.optimizers import OPTIMIZERS
from symnet.render.latex import equation_latex
from symnet.render.naming import Naming

__all__ = ["Diagnosis", "Observed", "explain"]

_MOST_PROBES = 4
_SECONDS = 5.0


class Observed(Protocol):
    """A probe, what the implementation gave there, and the truth."""

    @property
    def probe(self) -> Probe: ...
    @property
    def results(self) -> Mapping[str, Any]: ...
    @property
    def truth(self) -> Truth: ...


def explain(spec: Spec, trials: Sequence[Observed]) -> Sequence[Diagnosis]:
    """The faults that reproduce the numbers at all probes that do not test rounding, best first; often one, or none."""
    usual = [trial for trial in trials if not trial.probe.ill]
    usual = ([trial for trial in usual if _finite(trial)] or usual)[:_MOST_PROBES]
    other = list(_other_rules(spec, usual)) if spec.kind == "optimizer" else []
    if other:
        return other
    arrays, observed, allowed = [], [], []
    for trial in usual:
        judged = {j.name: j for j in trial.truth.judge(trial.results)}
        inner = spec.results
        arrays.append(trial.probe.arrays)
        observed.append({inner[name]: _like(trial.results[name], trial.truth, j) for name, j in judged.items()})
        allowed.append({inner[name]: trial.truth.tolerances[name] for name in judged})
    return diagnose(spec.paired, spec.outputs, spec.wrt, arrays, observed, allowed=allowed, seconds=_SECONDS)


def _finite(trial: Observed) -> bool:
    """Where a wrong formula divides by 0, it says no more about itself; the other probes do."""
    return all(
        np.isfinite(as_floats(trial.results[name])).all() for name in trial.truth.values if name in trial.results
    )


def _like(result: Any, truth: Truth, judged: Judgement) -> Any:
    """In the float type it is judged by, and in the shape of the truth where it differs by axes of length 1."""
    floats = as_floats(result).astype(truth.dtype)
    return floats if judged.problem else floats.reshape(truth.values[judged.name].shape)


def _other_rules(spec: Spec, trials: Sequence[Observed]) -> Iterator[Diagnosis]:
    """The optimizers of the table, with no other hyperparameters, that go where the candidate went."""
    known = {v.name for v in spec.derivation.parameters} | {RATE}
    own = {row.name for row in rows_of(spec.name)}
    for row in OPTIMIZERS.values():
        if row.name in own or not set(row.hyperparameters) <= known or "at" in row.step:
            continue
        other = replace(spec, derivation=replace(written_out(row), parameters=spec.derivation.parameters))
        judged = [j for t in trials for j in Truth(other, t.probe, t.truth.dtype).judge(t.results)]
        if all(j.passed for j in judged):
            latex = r", \quad ".join(equation_latex(e, Naming(row.step.variables)) for e in row.step)
            ulps = max(j.ulps for j in judged)
            yield Diagnosis(f"other-rule:{row.name}", f"the steps are those of {row.name}", latex, ulps)

"""Why numbers are wrong: the diagnosis, asked about a spec."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from symnet.candidates.compare import Judgement, Truth
from symnet.candidates.diagnose import Diagnosis, diagnose
from symnet.candidates.optimizer_faults import diagnose_optimizer
from symnet.candidates.probes import Probe
from symnet.candidates.rounding import as_floats
from symnet.candidates.spec import Spec

__all__ = ["Diagnosis", "Observed", "explain"]

_MOST_PROBES = 4


class Observed(Protocol):
    """A probe, what the implementation gave there, and the truth."""

    @property
    def probe(self) -> Probe: ...
    @property
    def results(self) -> Mapping[str, Any]: ...
    @property
    def truth(self) -> Truth: ...


def explain(spec: Spec, trials: Sequence[Observed]) -> Sequence[Diagnosis]:
    """The faults that reproduce the numbers, best first; empty when none does."""
    usual = [trial for trial in trials if not trial.probe.ill][:_MOST_PROBES]
    observed = []
    for trial in usual:
        judged = {j.name: j for j in trial.truth.judge(trial.results)}
        observed.append({spec.results[name]: _like(trial.results[name], trial.truth, j) for name, j in judged.items()})
    arrays = [trial.probe.arrays for trial in usual]
    if spec.kind == "optimizer":
        return diagnose_optimizer(spec, arrays, observed)
    return diagnose(spec.paired, spec.outputs, spec.wrt, arrays, observed)


def _like(result: Any, truth: Truth, judged: Judgement) -> Any:
    """In the float type it is judged by, and in the shape of the truth where it differs by axes of length 1."""
    floats = as_floats(result).astype(truth.dtype)
    return floats if judged.problem else floats.reshape(truth.values[judged.name].shape)

"""Right but inaccurate: telling rounding from a wrong formula, and a bad algorithm from a good one.

A wrong formula is off by as much in every float type; rounding shrinks with the type. So a failure is rounding when
it is within the bound of a narrower type everywhere that the bound means something (a float32 buffer, a constant that
went through float32), when only probes fail that test rounding (means far above the deviation, saturation), or when
it shrinks by the precision gained from float32 to float64.
"""

from collections.abc import Sequence
from math import inf, isfinite, log10
from typing import Any

import numpy as np

from symnet.candidates.candidate import Candidate
from symnet.candidates.compare import Judgement
from symnet.candidates.rounding import as_floats, precision_below
from symnet.candidates.spec import Spec
from symnet.numeric.compile import Compiled, compile_numpy

__all__ = ["accuracy_notes", "is_rounding", "narrower"]

_STAGED = 100  # how many times less accurate than the staged computation is worth a word
_ULPS = 1000


def is_rounding(candidate: Candidate, trials: Sequence[Any], dtype: str) -> bool:
    """Whether all that is off is off by rounding."""
    usual = [trial for trial in trials if not trial.probe.ill]
    if not all(j.problem == "" for trial in trials for j in trial.judgements.values()):
        return False
    if all(j.passed for trial in usual for j in trial.judgements.values()):
        return True
    return narrower(trials, dtype) is not None or _shrinks(candidate, usual, dtype)


def narrower(trials: Sequence[Any], dtype: str) -> str | None:
    """The wider of the narrower types within whose bounds all usual results are, if one is."""
    usual = [trial for trial in trials if not trial.probe.ill]
    for other in ("float32",):
        if not precision_below(other, dtype):
            continue
        judged = [j for trial in usual for j in trial.truth.judge(trial.results, other)]
        if all(j.passed and _meaningful(j) for j in judged):
            return other
    return None


def _meaningful(judged: Judgement) -> bool:
    """A bound of the size of the result admits anything."""
    return judged.tolerance_ulps < 2.0**16 or judged.truth == 0


def _shrinks(candidate: Candidate, usual: Sequence[Any], dtype: str) -> bool:
    """Whether errors are at least 2^10 times larger in float32, of the 2^29 that precision was lost."""
    if dtype != "float64":
        return False
    for trial in usual:
        failed = [j for j in trial.judgements.values() if not j.passed]
        if not failed:
            continue
        narrow = {name: np.asarray(a, dtype=np.float32) for name, a in trial.probe.arrays.items()}
        same = {name: np.asarray(a, dtype=np.float64) for name, a in narrow.items()}
        try:
            with np.errstate(all="ignore"):
                results = [candidate.run({**arrays}) for arrays in (narrow, same)]
        except Exception:  # what cannot be run in float32 tells nothing
            return False
        truth = type(trial.truth)(trial.truth.spec, type(trial.probe)(same, trial.probe.about), np.float64)
        for judged in failed:
            low, high = (truth.judge({judged.name: result[judged.name]})[0].ulps for result in results)
            if not (isfinite(high) and low > 2**10 * high):
                return False
    return True


def accuracy_notes(spec: Spec, trials: Sequence[Any], dtype: str, rounding: bool) -> list[str]:
    """Sentences about what is right but inaccurate, with the input that shows it."""
    notes = []
    if rounding:
        other = narrower(trials, dtype)
        worst = max((j for t in trials for j in t.judgements.values()), key=lambda j: j.ratio)
        if other and not worst.probe.ill:
            notes.append(
                f"right but inaccurate: {worst.name} is right only to {other} inside {dtype} "
                f"({_ulps(worst.ulps)} ulps off at {_input(worst)}): a buffer or a constant went through {other}"
            )
            return notes
    notes += [f"right but inaccurate: {text}" for text in _against_staged(spec, trials, dtype, rounding)]
    return notes


def _against_staged(spec: Spec, trials: Sequence[Any], dtype: str, rounding: bool) -> list[str]:
    """Each result that is much worse than the derivation's own equations in the same floats, where it is worst."""
    compiled: Compiled | None = None
    found: dict[str, tuple[float, str]] = {}
    for trial in trials:
        every = [j for j in trial.truth.features(trial.results) if not j.problem]
        suspects = [j for j in every if j.ulps > _ULPS and (rounding or j.passed)]
        if not suspects:
            continue
        compiled = compiled or compile_numpy(spec.complete, list(spec.results.values()), style="plain")
        with np.errstate(all="ignore"):
            staged = compiled(**trial.probe.arrays)
        names = dict.fromkeys(j.name for j in every)
        own = trial.truth.features({name: staged[spec.results[name]] for name in names})
        for judged, other in zip(every, own, strict=True):
            factor = judged.ulps / max(other.ulps, 1.0) if isfinite(judged.ulps) else inf
            if judged in suspects and factor > max(_STAGED, found.get(judged.name, (0.0, ""))[0]):
                found[judged.name] = factor, _compared(judged, other)
    return [text for _, text in found.values()] + _growth(trials, found)


def _compared(judged: Judgement, own: Judgement) -> str:
    if not isfinite(judged.ulps):
        return f"{judged.name} is {judged.value} at {_input(judged)}, where the truth is {judged.truth:.6g}"
    return (
        f"{judged.name} is {_ulps(judged.ulps)} ulps off at {_input(judged)}, "
        f"where the equations step by step are {_ulps(own.ulps)} off"
    )


def _growth(trials: Sequence[Any], found: Any) -> list[str]:
    """What errors that grow with the square of mean/deviation are known for."""
    name = "y" if "y" in found else None
    far = [t for t in trials if "mean/deviation" in t.probe.about and name in t.judgements]
    sizes = [(float(t.probe.about.rpartition(" ")[2]), t.judgements[name]) for t in far]
    points = [(log10(ratio), log10(j.ulps)) for ratio, j in sizes if 0 < j.ulps < 1e15]
    if len(points) < 2:
        return []
    slope = (points[1][1] - points[0][1]) / (points[1][0] - points[0][0])
    if slope > 1.5:
        return ["the error grows as the square of mean/deviation, as that of a one-pass variance E x^2 - (E x)^2 does"]
    return []


def _input(judged: Judgement) -> str:
    """The probe, with the numbers of the feature where they are few."""
    x = judged.probe.arrays.get("x")
    if x is None or x.ndim != 2 or x.size > 64 or len(judged.where) != 2:
        return f"the probe {judged.probe.about}"
    column = as_floats(x)[:, judged.where[1]]
    return f"x[:, {judged.where[1]}] = {[float(f'{value:.10g}') for value in column]} ({judged.probe.about})"


def _ulps(value: float) -> str:
    return f"{value:.2g}" if value >= 0.01 else "0"

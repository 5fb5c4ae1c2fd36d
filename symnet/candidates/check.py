"""The verdict on an implementation: run it on the probes, compare, prove, and say what is wrong.

    report = check("my.layers:batchnorm", "batch_norm")
    report.verdict, report.outputs["dx"].ulps, report.diagnosis

proved: its own code, run on exact symbols, equals the derivation; notes say where its numbers are inaccurate.
agrees: every number is within the derived rounding bound. wrong: some number is not, and rounding does not explain it.
undecided: right as far as can be told, but less accurate than a correct computation in its float type has to be.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from symnet.candidates.accuracy import accuracy_notes, is_rounding, narrower
from symnet.candidates.candidate import Candidate
from symnet.candidates.compare import NO_NUMBERS, Judgement, Truth
from symnet.candidates.conventions import OUTSIDE, conventions, fixed_settings
from symnet.candidates.explain import Diagnosis, explain
from symnet.candidates.initializers import COLUMNS, INITIALIZERS, ROWS, initializer_spec, judge_draws
from symnet.candidates.load import candidate as candidate_of
from symnet.candidates.probes import Probe, probes
from symnet.candidates.proving import lines_at_fault, proof
from symnet.candidates.rounding import as_floats, available, dtype_of, precision_below
from symnet.candidates.spec import Spec
from symnet.candidates.specs import network_spec
from symnet.candidates.specs import spec as spec_of
from symnet.errors import SymnetError

__all__ = ["Report", "Trial", "check"]


@dataclass(frozen=True)
class Trial:
    """The implementation at one probe, beside the truth."""

    probe: Probe
    results: Mapping[str, Any]
    truth: Truth

    @cached_property
    def judgements(self) -> dict[str, Judgement]:
        return {j.name: j for j in self.truth.judge(self.results)}


@dataclass(frozen=True)
class Report:
    """Everything found. outputs: the worst judgement of each result; dtype: the floats it was judged by."""

    target: str
    spec: Spec
    verdict: str
    outputs: Mapping[str, Judgement]
    dtype: str
    diagnosis: Sequence[Diagnosis] = ()
    convention: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    candidate: Candidate | None = None

    @property
    def right(self) -> bool:
        """Whether the formula is; its numbers may still be inaccurate."""
        return self.verdict in ("proved", "agrees")

    @property
    def passed(self) -> bool:
        """Whether every number is within its bound, too."""
        return self.right and all(judged.passed for judged in self.outputs.values())

    @property
    def json(self) -> dict[str, Any]:
        """As `symnet check --json` prints it."""
        return {
            "target": self.target,
            "spec": self.spec.name,
            "verdict": self.verdict,
            "outputs": {name: self._output(judged) for name, judged in self.outputs.items()},
            "diagnosis": [
                {"fault": d.fault, "text": d.text, "latex": d.latex, "residual_ulps": _number(d.residual_ulps)}
                for d in self.diagnosis
            ],
            "convention": dict(self.convention),
            "notes": list(self.notes),
        }

    def verdict_of(self, judged: Judgement) -> str:
        """Of one result: that of the whole where it is part of the reason, else what its numbers say."""
        if judged.passed:
            return "proved" if self.verdict == "proved" else "agrees"
        return "undecided" if self.right else self.verdict

    def _output(self, judged: Judgement) -> dict[str, Any]:
        return {
            "verdict": self.verdict_of(judged),
            "ulps": _number(judged.ulps),
            "tolerance_ulps": _number(judged.tolerance_ulps),
            "worst_input": {"probe": judged.probe.about, "index": [k + 1 for k in judged.where]}
            | _inputs(judged.probe),
        }


def check(given: Any, spec: Spec | str, dtype: str | None = None, digits: float | None = None) -> Report:
    """Judge an implementation: a target as in `symnet check`, a function, a pair of them, a class or a `Candidate`.

    spec: a row of the table, its name, or a `.net` file. dtype: the floats to test it with (default: float64, or those
    that it answers with). digits: how many correct ones are enough, where rounding alone would leave more.
    Raises SymnetError when it cannot be found, called or compared.
    """
    wanted = spec if isinstance(spec, Spec) else find_spec(spec)
    one = candidate_of(given, wanted)
    if wanted.kind == "initializer":
        return _initializer(one, wanted)
    with np.errstate(all="ignore"):  # infinities are judged, not printed
        return _Check(one, wanted, dtype, digits).report()


def _initializer(one: Candidate, spec: Spec) -> Report:
    with _said(one, f"{ROWS} x {COLUMNS} weights"):
        drawn = judge_draws(one, spec.name)
    verdict = "agrees" if all(judged.passed for judged in drawn.outputs.values()) else "wrong"
    notes = [f"by {ROWS} x {COLUMNS} draws: off and may be off are in standard errors", *one.notes]
    return Report(one.name, spec, verdict, drawn.outputs, "float64", drawn.diagnosis, drawn.convention, notes, one)


@contextmanager
def _said(one: Candidate, about: str) -> Iterator[None]:
    """Whatever the code of a user raises becomes a SymnetError that says where, in one line."""
    try:
        yield
    except SymnetError:
        raise
    except Exception as error:
        said = next(iter(str(error).strip().splitlines()), "")
        raise SymnetError(f"{one.name} raised {type(error).__name__} at {about}: {said}") from error


def find_spec(name: str) -> Spec:
    """A row of the table by its name, or the network of a `.net` file."""
    if name in INITIALIZERS:
        return initializer_spec(name)
    return network_spec(name) if name.endswith(".net") else spec_of(name, INITIALIZERS)


class _Check:
    def __init__(self, one: Candidate, spec: Spec, dtype: str | None, digits: float | None) -> None:
        self.candidate, self.spec, self.digits = one, spec, digits
        with _said(one, "small inputs"):
            self.settings = fixed_settings(one, spec)
        self.dtype = available(dtype) if dtype else one.dtype or self._own_dtype()

    def _own_dtype(self) -> str:
        """float64, unless all that it answers to float64 is narrower."""
        first = probes(self.spec, "float64", self.settings)[-1 if self.spec.kind == "optimizer" else 0]
        answers = [dtype_of(result) for result in self._run(first, {}).values()]
        found = [name for name in answers if name is not None]
        narrow = found and all(precision_below(name, "float64") for name in found)
        return found[0] if narrow else "float64"

    def _run(self, probe: Probe, told: Mapping[str, int]) -> dict[str, Any]:
        """Raises SymnetError with what the code itself raised."""
        with _said(self.candidate, probe.about):
            results = self.candidate.run({name: np.array(a) for name, a in probe.arrays.items()} | dict(told))
        missing = [name for name in self.spec.outputs if name not in results]
        if missing and self.spec.kind != "network":
            raise SymnetError(f"{self.candidate.name} gave no {missing[0]}")
        return results

    def report(self) -> Report:
        trials = [self._trial(self.spec, probe) for probe in probes(self.spec, self.dtype, self.settings)]
        ways = self._ways(trials)
        spec, trials = self._convention(ways)
        usual, told = trials, self._other_shapes()
        trials = [*usual, *told.trials]
        names = [name for name in spec.results if any(name in trial.judgements for trial in trials)]
        if not names:
            raise SymnetError(f"{self.candidate.name} gave none of {', '.join(spec.results)}")
        worst = {n: max((t.judgements[n] for t in trials if n in t.judgements), key=_badness) for n in names}
        notes = [*self.candidate.notes, *self._missing(spec, names), *told.notes]
        if self.dtype != "float64":
            notes.append(f"judged by what rounding does in {self.dtype}")
        wrong = any(not judged.passed for judged in worst.values())
        rounding = wrong and is_rounding(self.candidate, trials, self.dtype)
        proved = proof(self.candidate, spec, self.settings) if not wrong or rounding else None
        notes += accuracy_notes(spec, usual, self.dtype, rounding)
        diagnosis: Sequence[Diagnosis] = ()
        if proved is not None and proved.holds:
            verdict = "proved"
        elif not wrong:
            verdict = "agrees"
        elif rounding:
            verdict = "undecided"
        else:
            verdict = "wrong"
            if not any(judged.problem.endswith(NO_NUMBERS) for judged in worst.values()):
                diagnosis = self._explained(spec, ways) or told.explained()
            notes += self._lines(spec, worst)
        if proved is not None:
            notes += proved.notes
        numbers = not any(judged.problem for judged in worst.values())
        with _said(self.candidate, "small inputs"):
            found = conventions(self.candidate, spec, self.settings) if numbers else {}
        astray = [f"the {name} is {value}" for name, value in found.items() if OUTSIDE in str(value)]
        if astray:
            verdict, notes = "wrong", [*notes, *astray]
        return Report(self.candidate.name, spec, verdict, worst, self.dtype, diagnosis, found, notes, self.candidate)

    def _explained(self, spec: Spec, ways: list[tuple[Spec, list[Trial]]]) -> Sequence[Diagnosis]:
        """By a mistake in the formula it is nearest to, else by one in that of another convention."""
        ordered = sorted(ways, key=lambda way: way[0] is not spec)
        return next((found for way in ordered if (found := explain(*way))), ())

    def _lines(self, spec: Spec, worst: Mapping[str, Judgement]) -> list[str]:
        """Where in the code the wrong results are computed."""
        found = lines_at_fault(self.candidate, spec, self.settings)
        wrong = [name for name, judged in worst.items() if not judged.passed and name in found]
        places = {name: found[name] for name in wrong if found[name][0] == self.candidate.file}
        return [f"{name} is computed at line {line} of {Path(file).name}" for name, (file, line) in places.items()]

    def _trial(self, spec: Spec, probe: Probe) -> Trial:
        results = self._run(probe, spec.fixed)
        told = {name: as_floats(results[name]) for name in spec.reported if name in results}
        seen = replace(probe, arrays={**probe.arrays, **told})
        return Trial(seen, results, Truth(spec, seen, self.dtype, self.digits))

    def _other_shapes(self) -> "_Told":
        """The implementation told other strides and widths, where it takes them and does not refuse."""
        trials, notes = list[Trial](), list[str]()
        for spec in self.spec.shapes if self.spec.fixed.keys() <= self.candidate.takes else ():
            if spec.name != self.spec.name:  # those of the first derivatives
                continue
            said = ", ".join(f"{name} = {value}" for name, value in spec.fixed.items())
            try:
                for probe in probes(spec, self.dtype, self.settings):
                    trials.append(self._trial(spec, replace(probe, about=f"{probe.about}, {said}")))
            except SymnetError as error:
                notes.append(f"not checked with {said}: {error}")
        return _Told(trials, notes)

    def _convention(self, ways: list[tuple[Spec, list[Trial]]]) -> tuple[Spec, list[Trial]]:
        """The variant of the spec that the numbers agree with, at least in a narrower type; else the nearest one."""
        for spec, here in ways:
            if all(judged.passed for trial in here for judged in trial.judgements.values()):
                return spec, here
        nearest = max(ways, key=lambda way: sum(j.passed for trial in way[1] for j in trial.judgements.values()))
        return next((way for way in ways if narrower(way[1], self.dtype)), nearest)

    def _ways(self, trials: list[Trial]) -> list[tuple[Spec, list[Trial]]]:
        """The spec and its variants, each with the truth that it tells."""
        ways = [(self.spec, trials)]
        for name in self.spec.variants:
            spec = self.spec.as_variant(name)
            here = [replace(trial, truth=Truth(spec, trial.probe, self.dtype, self.digits)) for trial in trials]
            ways.append((spec, here))
        return ways

    def _missing(self, spec: Spec, names: Sequence[str]) -> list[str]:
        absent = [name for name in spec.results if name not in names]
        if not absent:
            return []
        return [
            f"{', '.join(absent)} not checked: {self.candidate.name} does not give {'them' if absent[1:] else 'it'}"
        ]


@dataclass(frozen=True)
class _Told:
    """The trials with other shapes, and what to say of those that were refused."""

    trials: Sequence[Trial]
    notes: Sequence[str]

    def explained(self) -> Sequence[Diagnosis]:
        """What explains the numbers of the first shape at which they are wrong."""
        wrong = [t for t in self.trials if not all(judged.passed for judged in t.judgements.values())]
        return explain(wrong[0].truth.spec, wrong[:1]) if wrong else ()


def _badness(judged: Judgement) -> tuple[bool, float]:
    """An error at a usual input says more than one at an input that tests rounding."""
    return not judged.passed and not judged.probe.ill, judged.ratio


def _number(value: float) -> float | str:
    """JSON has no infinity."""
    return float(f"{value:.4g}") if np.isfinite(value) else "inf"


def _inputs(probe: Probe) -> dict[str, Any]:
    """The arrays themselves where they are small enough to be pasted into a test."""
    small = sum(np.size(array) for array in probe.arrays.values()) <= 200
    return {name: np.asarray(array, dtype=float).tolist() for name, array in probe.arrays.items()} if small else {}

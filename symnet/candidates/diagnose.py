"""Why an implementation is wrong: the faults that reproduce its numbers.

Single faults first, the simplest before the others; then the shares of the paths, regressed; then two faults, in
different outputs or in one. A fault is named only when its derivation gives the candidate's numbers at every probe,
up to rounding. Faults that do so and differ elsewhere are named as what the probes cannot tell apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import numpy as np
from sympy import S

from symnet.candidates.evaluation import Evaluator, Probe
from symnet.candidates.faults import LOSS, Fault, faults, in_order, right
from symnet.candidates.observations import Observations, enlarged, generic
from symnet.candidates.shares import shares
from symnet.candidates.steps import Steps
from symnet.clock import now
from symnet.differentiate import adjoint_name
from symnet.equations import Derivation, Equation
from symnet.expressions import product, total
from symnet.render.latex import equation_latex
from symnet.render.naming import Naming

__all__ = ["Diagnosis", "diagnose"]

MOST_NAMED = 8  # diagnoses
COMMON = 2  # the cost up to which every two faults are tried together


@dataclass(frozen=True)
class Diagnosis:
    """A fault that reproduces the candidate's numbers.

    fault: its key. latex: the implied formula beside the right one. residual_ulps: how far its numbers are from the
    candidate's, in ulps of the largest element, at the probes where rounding is not what is tested. alike: the texts
    of other faults that give the same numbers at these probes, though not everywhere.
    """

    fault: str
    text: str
    latex: str
    residual_ulps: float
    alike: tuple[str, ...] = ()
    source: Fault | None = field(default=None, repr=False, compare=False)


def diagnose(
    derivation: Derivation,
    outputs: Sequence[str],
    wrt: Sequence[str],
    probes: Sequence[Probe],
    observed: Sequence[Mapping[str, Any]],
    *,
    allowed: Sequence[Mapping[str, Any]] | None = None,
    seconds: float = 2.5,
) -> list[Diagnosis]:
    """The faults that give what was observed, best first; empty when nothing is wrong or nothing explains it.

    derivation, outputs, wrt: as for `faults`. probes: values of the inputs and parameters by name. observed: for each
    probe the candidate's arrays by the names of the equations, "y" for an output, "dL_dx" for a gradient.
    allowed: how far each may be off (default: derived). seconds: of processor time, after which the search stops.
    """
    deadline = now() + seconds
    whole = right(derivation, wrt)
    steps = Steps.of(derivation)
    seen = Observations(whole, probes, observed, allowed)
    if not seen.wrong:
        return []
    search = _Search(derivation, whole, tuple(outputs), tuple(wrt), seen, deadline, steps)
    with np.errstate(all="ignore"):  # a division by a variance of 0 may be the fault
        return _diagnoses(search.run(), search)


@lru_cache(maxsize=8)
def _likeliest_first(derivation: Derivation, outputs: tuple[str, ...], wrt: tuple[str, ...]) -> tuple[Fault, ...]:
    """The faults, which do not depend on the candidate: several candidates for one thing share what is derived."""
    steps = Steps.of(derivation)
    found = steps.faults() if steps else faults(derivation, outputs, wrt)
    return tuple(sorted(found, key=lambda fault: fault.cost))


@dataclass
class _Search:
    derivation: Derivation
    whole: Derivation
    outputs: tuple[str, ...]
    wrt: tuple[str, ...]
    seen: Observations
    deadline: float
    steps: Steps | None

    def run(self) -> list[Fault]:
        every = _likeliest_first(self.derivation, self.outputs, self.wrt)
        wrong = self.seen.wrong
        found = list(self.reproducing(every, wrong))
        if not found and len(wrong) > 1:
            found = self._apart(every, wrong)
        if not found:
            found = list(self._shares(wrong))
        if not found:
            found = list(self._pairs(every, wrong))
        return found

    # One fault

    def reproducing(self, every: Sequence[Fault], wrong: Sequence[str]) -> Iterator[Fault]:
        """The faults that reproduce what is wrong and leave the rest right, or are made where it is wrong only."""
        rest = [name for name in self.seen.names if name not in wrong]
        cheapest: int | None = None
        for fault in every:
            if now() > self.deadline or (cheapest is not None and fault.cost > cheapest):
                return
            if not self._possible(fault, wrong) or not self.seen.reproduces(fault, wrong):
                continue
            found = fault if self.seen.reproduces(fault, rest) else self._confined(fault, wrong)
            if found is not None:
                cheapest = found.cost if cheapest is None else min(cheapest, found.cost)
                yield found

    def _possible(self, fault: Fault, wrong: Sequence[str]) -> bool:
        """Spares the differentiation of a wrong forward whose values or slopes are not those observed."""
        if self.steps:
            return self.steps.may_give(fault, self.seen, wrong)
        if fault.differentiated is None:
            return True
        if not fault.key.endswith("backward"):
            returned = [name for name in wrong if name in self.derivation]
            if self.seen.first_difference(fault.differentiated, returned) is not None:
                return False
        gradients = [name for name in self.wrt if adjoint_name(LOSS, name) in wrong]
        return self.seen.may_differentiate(fault.differentiated, gradients)

    def _confined(self, fault: Fault, wrong: Sequence[str]) -> Fault | None:
        """The fault in the wrong outputs alone: a backward that computes each gradient by itself."""
        only = fault.only(wrong)
        return only if self.seen.first_difference(only.equations, self.seen.names) is None else None

    # The shares of the paths

    def _shares(self, wrong: Sequence[str]) -> Iterator[Fault]:
        gradients = [name for name in self.wrt if adjoint_name(LOSS, name) in wrong]
        if len(gradients) != len(wrong):
            return
        found = [fault for name in gradients if (fault := shares(self.derivation, self.whole, name, self.seen))]
        if len(found) == len(gradients):
            joined = found[0]
            for other in found[1:]:
                joined = joined_faults(joined, other)
            if self.seen.first_difference(joined.equations, self.seen.names) is None:
                yield joined

    # Two faults

    def _apart(self, every: Sequence[Fault], wrong: Sequence[str]) -> list[Fault]:
        """A fault for each wrong output by itself."""
        chosen: list[Fault] = []
        for name in wrong:
            fault = self._simplest(every, name)
            if fault is None and name.startswith(adjoint_name(LOSS, "")):
                fault = shares(self.derivation, self.whole, name.removeprefix(adjoint_name(LOSS, "")), self.seen)
            if fault is None:
                return []
            chosen.append(fault)
        joined = chosen[0]
        for other in chosen[1:]:
            joined = joined_faults(joined, other)
        return [joined] if self.seen.first_difference(joined.equations, self.seen.names) is None else []

    def _simplest(self, every: Sequence[Fault], name: str) -> Fault | None:
        """The likeliest fault that gives this output, whatever it does to the others."""
        best: Fault | None = None
        for fault in every:
            if now() > self.deadline or (best is not None and fault.cost >= best.cost):
                break
            if self._possible(fault, [name]) and self.seen.reproduces(fault, [name]):
                spreads = any(self._changes(fault, other) for other in self.seen.names if other != name)
                found = fault.only([name]) if spreads else fault
                best = found if best is None or found.cost < best.cost else best
        return best

    def _changes(self, fault: Fault, name: str) -> bool:
        k = self.seen.order[0]
        if name not in self.seen.observed[k]:
            return False
        value = self.seen.values(k, fault.equations, [name])[name]
        true = self.seen.truth[k][name]
        return value.shape != true.shape or bool(np.any(abs(value - true) > self.seen.bounds[k][name]))

    def _pairs(self, every: Sequence[Fault], wrong: Sequence[str]) -> Iterator[Fault]:
        """Two mistakes in equations that both feed what is wrong.

        Where their effects add up or multiply, a pair is found by looking up what one leaves to explain; the rest is
        tried one by one while there is time, the likeliest first.
        """
        simple = [f for f in every if f.differentiated is None and len(f.wrong) == 1]
        effects = _Effects(self.seen, [name for name in wrong if not self._other_shape(name)])
        changing = [f for f in simple if now() < self.deadline and effects.add(f)]
        tried = set()
        for one, other in chain(effects.matching(changing), _by_cost(changing)):
            if now() > self.deadline:
                return
            if (one, other) not in tried and changing[one].text != changing[other].text:
                tried.add((one, other))
                for both in self._both(changing[one], changing[other]):
                    if self.seen.first_difference(both.equations, self.seen.names) is None:
                        yield both
                        return

    def _other_shape(self, name: str) -> bool:
        k = self.seen.order[0]
        return name not in self.seen.observed[k] or self.seen.observed[k][name].shape != self.seen.truth[k][name].shape

    def _both(self, one: Fault, other: Fault) -> Iterator[Fault]:
        """Two mistakes made together: each in its equation, side by side in one, or as factors of one."""
        a, b, base = one.wrong[0], other.wrong[0], one.base
        if any(f.wrong[0].name in self.derivation for f in (one, other)):
            if _scope(one) != _scope(other):
                yield joined_faults(one, other)
            return
        if a.name != b.name:
            changes = [{a.name: a, b.name: b}]
        elif a.indices == b.indices == base[a.name].indices:
            true = base[a.name].rhs
            side_by_side = total(a.rhs, b.rhs, product(S.NegativeOne, true))
            changes = [{a.name: replace(a, rhs=rhs)} for rhs in (side_by_side, product(a.rhs, b.rhs, 1 / true))]
        else:
            return
        for changed in changes:
            equations = tuple(changed.get(e.name, e) for e in base)
            both = replace(_named(one, other, equations), wrong=tuple(changed.values()))
            yield replace(both, make=partial(self.steps.lift, equations)) if self.steps else both


def _scope(fault: Fault) -> str:
    return fault.key.rpartition(":")[2]


def joined_faults(one: Fault, other: Fault) -> Fault:
    """Two faults of different outputs: what either leaves as it is comes from the other."""
    base = {e.name: e for e in one.base}
    mine = {e.name: e for e in one.equations if base.get(e.name) != e}
    theirs = {e.name: e for e in other.equations if base.get(e.name) != e}
    merged = {**base, **mine, **theirs}
    return _named(one, other, tuple(merged.values()))


def _named(one: Fault, other: Fault, equations: Sequence[Equation]) -> Fault:
    text = f"{one.text}; and {other.text}"
    cost, wrong = one.cost + other.cost, (*one.wrong, *other.wrong)
    return Fault(f"{one.key} + {other.key}", text, cost, lambda: in_order(tuple(equations)), one.base, None, wrong)


def _by_cost(chosen: Sequence[Fault]) -> Iterator[tuple[int, int]]:
    for last in range(sum(fault.cost <= COMMON for fault in chosen)):
        for first in range(last):
            yield first, last


class _Effects:
    """What faults do to the wrong outputs at one probe, as a few numbers each: random combinations."""

    def __init__(self, seen: Observations, names: Sequence[str]) -> None:
        self.seen, self.names, self.k = seen, names, seen.order[0]
        self.true = self._flat(seen.truth[self.k])
        self.target = self._flat(seen.observed[self.k])
        random = np.random.default_rng(4)
        self.weights = np.asarray(random.uniform(0.5, 1.5, (2, len(self.true))), dtype=np.longdouble)
        self.sums: list[Any] = []
        self.logs: list[Any] = []

    def _flat(self, values: Mapping[str, Any]) -> Any:
        parts = [np.ravel(np.asarray(values[name], dtype=np.longdouble)) for name in self.names]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.longdouble)

    def add(self, fault: Fault) -> bool:
        """Whether the fault changes something here; then its effect is noted."""
        values = self.seen.values(self.k, fault.equations, self.names)
        if any(values[name].shape != self.seen.truth[self.k][name].shape for name in self.names):
            return False
        flat = self._flat(values)
        if not np.all(np.isfinite(flat)) or np.array_equal(flat, self.true):
            return False
        self.sums.append(self.weights @ (flat - self.true))
        self.logs.append(self._log(flat))
        return True

    def _log(self, flat: Any) -> Any:
        with np.errstate(all="ignore"):
            return self.weights @ np.log(abs(flat / self.true))

    def matching(self, chosen: Sequence[Fault]) -> Iterator[tuple[int, int]]:
        """The pairs whose effects add up, or multiply, to what was observed."""
        if not chosen or not np.all(np.isfinite(self.target)):
            return
        for effects, wanted in (
            (np.array(self.sums), self.weights @ (self.target - self.true)),
            (np.array(self.logs), self._log(self.target)),
        ):
            if not np.all(np.isfinite(wanted)):
                continue
            near = abs(effects[:, None, :] + effects[None, :, :] - wanted) <= 1e-9 * (abs(wanted) + 1e-6)
            for one, other in np.argwhere(near.all(axis=2)):
                if one < other:
                    yield int(one), int(other)


# What is said


def _diagnoses(found: Sequence[Fault], search: _Search) -> list[Diagnosis]:
    """Each different fault once, the simplest of those that are the same everywhere."""
    seen = search.seen
    probes = [generic(search.whole, enlarged(search.whole, seen.probes[k]), seed=k) for k in seen.order[:2]]
    evaluators = [Evaluator(search.whole, probe) for probe in probes]
    different: list[tuple[Fault, list[dict[str, Any]]]] = []
    for fault in sorted(found, key=lambda fault: fault.cost):
        values = [at(fault.equations, seen.names) for at in evaluators]
        if not any(_equal(values, other) for _, other in different):
            different.append((fault, values))
    texts = [fault.text for fault, _ in different]
    return [
        Diagnosis(
            fault.key,
            fault.text,
            _latex(fault),
            _residual(fault, seen),
            tuple(text for text in texts if text != fault.text),
            fault,
        )
        for fault, _ in different[:MOST_NAMED]
    ]


def _equal(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> bool:
    return all(
        a[name].shape == b[name].shape and np.allclose(a[name], b[name], rtol=1e-9, atol=1e-12, equal_nan=True)
        for a, b in zip(one, other, strict=True)
        for name in a
    )


def _residual(fault: Fault, seen: Observations) -> float:
    worst = 0.0
    for k in seen.conditioned:
        names = seen.observed[k]
        values = seen.values(k, fault.equations, names)
        worst = max([worst, *(seen.ulps(k, name, values[name]) for name in names)])
    return round(worst, 2)


def _latex(fault: Fault) -> str:
    """The implied formulas beside the right ones."""
    naming = Naming({**fault.base.variables, **{e.name: e for e in fault.equations}})
    pairs = []
    for wrong in fault.wrong:
        instead = fault.base.definitions.get(wrong.name)
        beside = rf" \quad\text{{instead of}}\quad {equation_latex(instead, naming)}" if instead else ""
        pairs.append(equation_latex(wrong, naming) + beside)
    return r", \quad ".join(pairs)

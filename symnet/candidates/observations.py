"""What a candidate gave at some probes, beside what is right and what a fault would give.

Two numbers count as the same when they differ by no more than rounding can make them differ: a multiple of how far the
result moves when everything given and computed is moved by half a unit in its last place, and of half a unit in the
last place of the largest element of its feature.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from symnet.candidates.evaluation import Array, Evaluator, Probe
from symnet.candidates.faults import LOSS, Fault
from symnet.differentiate import adjoint_name
from symnet.equations import Derivation, Equation

__all__ = ["Observations", "enlarged", "generic"]

_ROUNDINGS = 64  # half units in the last place that a computation may add up
_NOISY = 3  # runs with random rounding
_NEAR = 1e6  # bounds of the right result: what is farther off than so many is not asked for its own bound
_WELL = 1e-9
_STEP = np.longdouble(1e-6)
_SLOPE = 1e-4  # how exact a difference quotient is at least, relative to the gradient


@dataclass
class Observations:
    """A right derivation with its gradient, probes, and a candidate's outputs at each.

    observed: for each probe the arrays by the names of the equations ("y", "dL_dx"); their floating type is the one
    the candidate is judged in. allowed: for each probe how far an output may be off, as an array or a number;
    derived here when not given.
    """

    derivation: Derivation
    probes: Sequence[Probe]
    observed: Sequence[Mapping[str, Any]]
    allowed: Sequence[Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        self.observed = [{name: np.asarray(a) for name, a in seen.items()} for seen in self.observed]
        self.names = list(dict.fromkeys(name for seen in self.observed for name in seen))
        self._noisy: dict[int, list[Evaluator]] = {}
        self._directions: dict[tuple[int, str], tuple[Array, Any, Evaluator, Evaluator]] = {}
        self.evaluators = [Evaluator(self.derivation, probe) for probe in self.probes]
        self.truth = [self.values(k, self.derivation.equations, seen) for k, seen in enumerate(self.observed)]
        self.bounds = [self._bounds(k) for k in range(len(self.probes))]

    def values(self, k: int, equations: Iterable[Equation], names: Iterable[str]) -> dict[str, Array]:
        return self.evaluators[k](equations, names)

    # Rounding

    def _bounds(self, k: int) -> dict[str, Array]:
        if self.allowed is not None:
            return {name: _largest(self.allowed[k][name]) for name in self.observed[k]}
        return self._rounding(k, self.derivation.equations, self.truth[k])

    def _rounding(self, k: int, equations: Iterable[Equation], values: Mapping[str, Array]) -> dict[str, Array]:
        """How far rounding may lead astray a computation of these values."""
        equations = tuple(equations)
        unit = max((_unit(array) for array in self.observed[k].values()), default=0)
        if k not in self._noisy:
            probe = self.probes[k]
            self._noisy[k] = [Evaluator(self.derivation, probe, float(unit), seed) for seed in range(1, _NOISY + 1)]
        moved = {name: unit * _largest(array) for name, array in values.items()}
        for evaluator in self._noisy[k]:
            for name, array in evaluator(equations, values).items():
                moved[name] = np.maximum(moved[name], _largest(array - values[name]))
        return {name: _ROUNDINGS * array for name, array in moved.items()}

    def differs(self, k: int, name: str, expected: Array, equations: Iterable[Equation] = ()) -> bool:
        """Whether the candidate's output is not the expected one, rounding aside.

        equations: those of a fault that it is expected of, whose rounding may be larger than that of the right ones.
        """
        seen = self.observed[k][name]
        if seen.shape != expected.shape or not np.all(np.isfinite(seen) == np.isfinite(expected)):
            return True
        if equations and expected.size and not np.any(np.isfinite(expected)):
            return True  # no numbers are reproduced by what is none
        bound = self.bounds[k][name]
        if np.shape(bound) not in ((), seen.shape):  # a fault of the shape
            bound = bound.max(initial=0)
        finite = np.isfinite(expected)
        error = np.where(finite, abs(seen.astype(np.longdouble) - np.where(finite, expected, 0)), 0)
        bound = bound + _ROUNDINGS * _unit(seen) * _largest(expected) if equations else bound
        if not np.any(error > bound):
            return False
        if not equations or np.any(error > _NEAR * bound):
            return True
        return bool(np.any(error > self._rounding(k, equations, {name: expected})[name]))

    def ulps(self, k: int, name: str, expected: Array) -> float:
        """How far the candidate is from the expected output, in ulps of the largest element."""
        seen = self.observed[k][name].astype(np.longdouble)
        largest = max(_largest(array).max(initial=0) for array in (expected, seen, self.truth[k][name]))
        unit = 2 * _unit(self.observed[k][name]) * largest
        with np.errstate(all="ignore"):
            error = np.nanmax(abs(seen - expected), initial=0)
            return float(error / unit) if unit > 0 else 0.0

    # What is wrong

    @cached_property
    def conditioned(self) -> list[int]:
        """The probes at which rounding matters little, all of them when it does everywhere."""
        well = [k for k in self.order if self._badness(k) < _WELL]
        return well or self.order

    def _badness(self, k: int) -> float:
        """How far rounding may lead astray, relative to the largest element."""
        sizes = [float(np.max(_relative(self.bounds[k][n], self.truth[k][n]), initial=0)) for n in self.observed[k]]
        return max(sizes, default=0.0)

    @cached_property
    def wrong(self) -> list[str]:
        """The outputs that are not right at some probe."""
        return [
            name
            for name in self.names
            if any(self.differs(k, name, self.truth[k][name]) for k, seen in enumerate(self.observed) if name in seen)
        ]

    @cached_property
    def order(self) -> list[int]:
        """The probes, those first that show something wrong and are the least touched by rounding."""

        def key(k: int) -> tuple[bool, float]:
            shown = [n for n in self.wrong if n in self.observed[k] and self.differs(k, n, self.truth[k][n])]
            return len(shown) < len(self.wrong), self._badness(k)

        return sorted(range(len(self.probes)), key=key)

    def reproduces(self, fault: Fault, names: Sequence[str]) -> bool:
        """Whether the fault gives the candidate's numbers in these outputs at every probe."""
        return self.first_difference(fault.equations, names) is None

    def first_difference(self, equations: Iterable[Equation], names: Sequence[str]) -> str | None:
        """The first of the names in which these equations are not what the candidate gave."""
        equations = tuple(equations)
        for k in self.order:
            here = [name for name in names if name in self.observed[k]]
            values = self.values(k, equations, here)
            for name in here:
                if self.differs(k, name, values[name], equations):
                    return name
        return None

    def may_differentiate(self, forward: Sequence[Equation], wrt: Sequence[str]) -> bool:
        """Whether a wrong gradient can be that of this forward: its slope along one direction is what was observed.

        Necessary only, and cheap: nothing is differentiated.
        """
        k = self.order[0]
        for name in wrt:
            seen = self.observed[k].get(adjoint_name(LOSS, name))
            given = self.evaluators[k].given[name]
            if seen is None or adjoint_name(LOSS, name) not in self.wrong:
                continue
            if seen.shape != given.shape:  # which no gradient has
                return False
            direction, step, ahead, behind = self._moved(k, name)
            with np.errstate(invalid="ignore"):
                slope = (ahead(forward, [LOSS])[LOSS] - behind(forward, [LOSS])[LOSS]) / (2 * step)
            scale = np.sqrt((seen.astype(np.longdouble) ** 2).sum() * (direction**2).sum())
            return bool(abs(slope - (seen * direction).sum()) <= _SLOPE * (scale + abs(slope)))
        return True

    def _moved(self, k: int, name: str) -> tuple[Array, Any, Evaluator, Evaluator]:
        if (k, name) not in self._directions:
            given = self.evaluators[k].given[name]
            direction = np.asarray(np.random.default_rng(2).uniform(0.5, 1.5, given.shape), dtype=np.longdouble)
            direction = direction * np.where(np.random.default_rng(3).random(given.shape) < 0.5, -1, 1)
            step = _STEP * max(abs(given).max(initial=0), np.longdouble(1e-3))
            sides = [
                Evaluator(self.derivation, {**self.probes[k], name: given + side * step * direction})
                for side in (1, -1)
            ]
            self._directions[k, name] = (direction, step, sides[0], sides[1])
        return self._directions[k, name]


def _unit(array: Array) -> Any:
    """Half a unit in the last place of 1."""
    kind: Any = array.dtype if array.dtype.kind == "f" else np.dtype(float)
    return np.longdouble(np.finfo(kind).eps) / 2


def _largest(array: Array) -> Array:
    """The largest magnitude among the elements of one feature (the last axis), at each element."""
    array = abs(np.asarray(array, dtype=np.longdouble))
    array = np.where(np.isnan(array), 0, array)
    if array.ndim < 2:
        return np.broadcast_to(array.max(initial=0), array.shape)
    return np.broadcast_to(array.max(axis=tuple(range(array.ndim - 1)), initial=0), array.shape)


def _relative(bound: Array, truth: Array) -> Array:
    largest = _largest(truth)
    return np.where(largest > 0, bound / np.where(largest > 0, largest, 1), 0)


def generic(derivation: Derivation, probe: Probe, names: Iterable[str] | None = None, seed: int = 0) -> dict[str, Any]:
    """The probe with nothing special about it: every value of `names` (default: all) shrunk by a random part.

    Signs stay and what lies between 0 and 1 stays there; a zero becomes a small positive number.
    """
    random = np.random.default_rng(seed)
    chosen = None if names is None else set(names)
    result = dict(probe)
    for variable in (*derivation.inputs, *derivation.parameters):
        if variable.name in probe and (chosen is None or variable.name in chosen):
            array = np.asarray(probe[variable.name], dtype=float)
            part = random.uniform(0.1, 0.6, array.shape)
            result[variable.name] = np.where(array == 0, part, array * (1 - part))
    return result


def enlarged(derivation: Derivation, probe: Probe, sizes: Sequence[str] | None = None) -> dict[str, Any]:
    """The probe with one more object, feature, … (`sizes`: of which; default: all), unlike those there are."""
    random = np.random.default_rng(5)
    result = dict(probe)
    for variable in (*derivation.inputs, *derivation.parameters):
        if variable.name not in probe:
            continue
        array = np.asarray(probe[variable.name], dtype=float)
        for axis, k in enumerate(variable.indices):
            if k.size.is_Symbol and (sizes is None or str(k.size) in sizes):
                more = np.take(array, [0], axis) * random.uniform(0.3, 0.8)
                array = np.concatenate([array, more], axis)
        result[variable.name] = array
    return result

r"""How far results are from the truth, and how far a correct computation may be.

The truth is a ball around the exact value at the floats that were put in. The tolerance is K times the bound on the
rounding errors of evaluating the derivation's own equations in the float type u, K = 4, found by running error analysis
(`enclose_arrays` with a unit): with the condition of every step in it, it is about K (1 + |mean|/deviation) u for a
normalization, grows with the number of terms of a sum, and admits both sides of a kink that rounding can reach.
Within a feature the largest bound holds for all, since an equal formula may round a small element like its neighbours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.candidates.probes import Probe
from symnet.candidates.rounding import as_floats, tiny_of, ulp, unit_of
from symnet.candidates.spec import Spec
from symnet.truth.arrays import enclose_arrays

__all__ = ["NO_NUMBERS", "SLACK", "Judgement", "Truth"]

SLACK = 4.0
NO_NUMBERS = "no array of real numbers"
_UNDERFLOWS = 2.0**-12  # only in types as short as float16 does underflow belong to usual rounding


@dataclass(frozen=True)
class Judgement:
    """One result at one probe, at the feature where it is worst.

    ratio: error by tolerance, `inf` for no number. ulps, tolerance_ulps: of the largest element of the feature.
    where: the index of the worst element; value, truth: there. problem: why it could not be compared at all.
    """

    name: str
    probe: Probe
    ratio: float
    ulps: float
    tolerance_ulps: float
    where: tuple[int, ...] = ()
    value: float = inf
    truth: float = inf
    problem: str = ""

    @property
    def passed(self) -> bool:
        return self.ratio <= 1


class Truth:
    """The exact results of a spec at one probe, and what rounding may do to them."""

    def __init__(self, spec: Spec, probe: Probe, dtype: Any, digits: float | None = None) -> None:
        """digits: how many of the largest element of a feature are enough, if fewer than the float type has."""
        self.spec, self.probe, self.dtype = spec, probe, np.dtype(dtype)
        self.enough = 0.0 if digits is None else 10.0**-digits

    @cached_property
    def _balls(self) -> dict[str, NDArray[Any]]:
        return enclose_arrays(self.spec.complete, list(self.spec.results.values()), self.probe.arrays)

    @cached_property
    def values(self) -> dict[str, NDArray[Any]]:
        """Rounded to the nearest float64, by the name of the result."""
        return {name: _each(_nearest, self._balls[inner]) for name, inner in self.spec.results.items()}

    @cached_property
    def bounds(self) -> dict[str, NDArray[Any]]:
        return self.bounds_in(self.dtype)

    @cached_property
    def tolerances(self) -> dict[str, NDArray[Any]]:
        """How far each element may be off, by the name of the result: the same within a feature."""
        found = {name: np.empty(truth.shape) for name, truth in self.values.items()}
        for name, array in found.items():
            for where in self._features(name, array):
                array[where] = self._tolerance(name, where, self.bounds[name], self.dtype)
        return found

    def _tolerance(self, name: str, where: Any, bound: NDArray[Any], dtype: Any) -> float:
        largest = float(np.max(np.abs(self.values[name][where])))
        return max(SLACK * float(np.max(bound[where])) + tiny_of(dtype), self.enough * largest)

    def bounds_in(self, dtype: Any) -> dict[str, NDArray[Any]]:
        """What the rounding errors of a float type add up to; `inf` where there is no bound."""
        names = list(self.spec.results.values())
        unit = unit_of(dtype)
        tiny = tiny_of(dtype) if unit > _UNDERFLOWS else 0.0
        rounded = enclose_arrays(self.spec.complete, names, self.probe.arrays, 128, unit, tiny)
        return {name: _each(_radius, rounded[inner]) for name, inner in self.spec.results.items()}

    def judge(self, results: Mapping[str, Any], dtype: Any = None) -> list[Judgement]:
        """Each result that the spec has and the implementation gave, at its worst feature.

        dtype: whose rounding is admitted, if not that of the truth.
        """
        every = self.features(results, dtype)
        names = dict.fromkeys(judged.name for judged in every)
        return [max((j for j in every if j.name == name), key=lambda j: j.ratio) for name in names]

    def features(self, results: Mapping[str, Any], dtype: Any = None) -> list[Judgement]:
        """The same for every feature of every result."""
        bounds = self.bounds if dtype is None else self.bounds_in(dtype)
        given = [name for name in self.spec.results if name in results]
        return [j for name in given for j in self._judge(name, results[name], bounds[name], dtype or self.dtype)]

    def _judge(self, name: str, result: Any, bound: NDArray[Any], dtype: Any) -> list[Judgement]:
        truth = self.values[name]
        try:
            found = as_floats(result)
        except (TypeError, ValueError):
            return [Judgement(name, self.probe, inf, inf, 0, problem=f"{name} is {_kind(result)}, {NO_NUMBERS}")]
        if found.size != truth.size or [k for k in found.shape if k > 1] != [k for k in truth.shape if k > 1]:
            problem = f"{name} has the shape {found.shape} instead of {truth.shape}"
            return [Judgement(name, self.probe, inf, inf, 0, problem=problem)]
        found = found.reshape(truth.shape)
        error = self._error(name, found)
        return [self._feature(name, where, found, error, bound, dtype) for where in self._features(name, truth)]

    def _error(self, name: str, found: NDArray[Any]) -> NDArray[Any]:
        """Exactly, since the float nearest to the truth can be an ulp from another."""
        balls = self._balls[self.spec.results[name]]
        result = np.empty(found.shape)
        for where in np.ndindex(found.shape):
            value = float(found[where])
            result[where] = float(abs(balls[where] - value)) if isfinite(value) else inf
        return result

    def _features(self, name: str, truth: NDArray[Any]) -> list[tuple[Any, ...]]:
        axis = self.spec.groups(name)
        if axis is None or not truth.ndim:
            return [(...,)]
        return [(*(slice(None),) * axis, place) for place in range(truth.shape[axis])]

    def _feature(
        self, name: str, where: Any, found: NDArray[Any], error: NDArray[Any], bound: NDArray[Any], dtype: Any
    ) -> Judgement:
        truth, errors = self.values[name][where], error[where]
        largest = float(np.max(np.abs(truth)))
        tolerance = self._tolerance(name, where, bound, dtype)
        unit = ulp(largest, dtype) if largest > 0 else tolerance
        off = float(np.max(errors))
        ratio = 0.0 if tolerance == inf else off / tolerance
        place = np.unravel_index(int(np.argmax(errors)), np.shape(errors))
        inside = np.zeros(error.shape, dtype=bool)
        inside[where] = True
        at = tuple(int(k) for k in np.argwhere(inside)[int(np.argmax(errors))]) if error.ndim else ()
        return Judgement(
            name, self.probe, ratio, off / unit, tolerance / unit, at, float(found[where][place]), float(truth[place])
        )


def _kind(result: Any) -> str:
    return result.dtype.name if isinstance(result, np.ndarray) else type(result).__name__


def _each(function: Any, array: NDArray[Any]) -> NDArray[Any]:
    result = np.empty(array.shape)
    for where in np.ndindex(array.shape):
        result[where] = function(array[where])
    return result


def _nearest(ball: Any) -> float:
    """0 for what is 0 as far as 256 bits tell, as the sums of a constant feature are."""
    return 0.0 if ball.contains(0) else float(ball)


def _radius(ball: Any) -> float:
    return float(ball.rad()) if ball.is_finite() else inf

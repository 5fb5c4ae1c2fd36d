"""The inputs an implementation is run on, chosen so that no mistake hides in them.

The upstream gradient is orthogonal neither to ones nor to the normalized input, scales are not 1 and shifts not 0; a
normalization sees a feature whose variance is near eps, one far from 1, a constant one, and means up to 10^8 times the
deviation; there are two objects, four, and more; rates differ from step to step; weights are not square. Every number
is one of the float type under test, so that all implementations and the truth start from the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Integer

from symnet.candidates.rounding import unit_of
from symnet.candidates.spec import Spec
from symnet.equations import Variable, size

__all__ = ["Probe", "probes"]

_SEED = 20_240_229
_EPS = (2.0**-10, 2.0**-4, 0.5)
_OVERFLOW = {"float16": 20.0, "bfloat16": 200.0, "float32": 200.0, "float64": 1000.0}
_RATIOS = (1e2, 1e4, 1e8)


@dataclass(frozen=True)
class Probe:
    """Arrays by name. about: what is special, for people. ill: whether rounding is what it tests."""

    arrays: Mapping[str, NDArray[Any]]
    about: str
    ill: bool = False


def probes(spec: Spec, dtype: Any = np.float64, settings: Mapping[str, float] | None = None) -> list[Probe]:
    """The probes of a spec in one float type; `settings` are numbers that the implementation has fixed."""
    return list(_Probes(spec, np.dtype(dtype), settings or {}).all())


class _Probes:
    def __init__(self, spec: Spec, dtype: np.dtype[Any], settings: Mapping[str, float]) -> None:
        self.spec, self.dtype, self.settings = spec, dtype, settings
        self.random = np.random.default_rng(_SEED)
        self.normalizes = spec.name in ("batch_norm", "layer_norm")

    def all(self) -> Iterator[Probe]:
        for number, sizes in enumerate(self.spec.sizes):
            yield self._probe(sizes, number)
        largest, number = self.spec.sizes[-1], len(self.spec.sizes)
        if self.normalizes:
            for ratio in _RATIOS:
                if ratio * unit_of(self.dtype) < 1e-2:
                    yield self._far(self.spec.sizes[1], ratio, number)
        else:
            for magnitude in self._magnitudes():
                yield self._probe(largest, number, magnitude)
        if any(domain == "eps" for domain in self.spec.domains.values()) and not self.normalizes:
            yield self._probe(largest, 2)

    def _magnitudes(self) -> Iterator[float]:
        """How large inputs are beside the usual: nearly linear, saturated, and where e^x alone would overflow."""
        if self.spec.kind not in ("function", "loss") or "positive" in self.spec.domains.values():
            return
        yield 0.1
        yield 4.0
        if self.spec.name != "exp" and self.spec.domains.get("prediction", "real") == "real":
            yield _OVERFLOW[self.dtype.name]

    def _probe(self, sizes: Mapping[str, int], number: int, magnitude: float = 1.0) -> Probe:
        arrays = {}
        for name, variable in self.spec.given.items():
            values = self._values(name, variable, sizes, number)
            free = self.spec.domains.get(name, "real") == "real" and name not in self.spec.upstream
            arrays[name] = values * magnitude if free and variable.indices else values
        if self.normalizes:
            arrays["x"] = self._features(arrays["x"], float(arrays["eps"]))
        about = ", ".join(f"{key} = {value}" for key, value in sizes.items())
        if magnitude != 1:
            about += f", inputs of size {magnitude:g}"
        return Probe(self._cast(arrays), about, ill=magnitude == _OVERFLOW[self.dtype.name])

    def _features(self, x: NDArray[Any], eps: float) -> NDArray[Any]:
        """Variance 4; near eps; 1/16 of it; and a constant feature with a mean."""
        along = -1 if self.spec.features == "k" else 0
        x = np.moveaxis(x, along, 0)
        for place, deviation in enumerate((2.0, eps**0.5, eps**0.5 / 4, 0.0)[: len(x)]):
            spread = x[place] - x[place].mean()
            x[place] = deviation * spread / spread.std() + (0.7 if place < 3 else 3.0)
        return np.moveaxis(x, 0, along)

    def _far(self, sizes: Mapping[str, int], ratio: float, number: int) -> Probe:
        probe = self._probe(sizes, number)
        spread = self.random.normal(size=probe.arrays["x"].shape)
        along = -1 if self.spec.features == "k" else 0
        np.moveaxis(spread, along, 0)[-1] = 0.0  # a constant feature, of which nothing but the shift is left
        x = (spread + ratio).astype(self.dtype)
        return Probe({**probe.arrays, "x": x}, f"{probe.about}, mean/deviation = {ratio:g}", ill=ratio > 1e3)

    def _values(self, name: str, variable: Variable, sizes: Mapping[str, int], number: int) -> NDArray[Any]:
        fill = {size(s): Integer(count) for s, count in sizes.items()}
        shape = tuple(int(k.size.xreplace(fill)) for k in variable.indices)
        if name in self.settings:
            return np.full(shape, self.settings[name])
        random = self.random
        domain = self.spec.domains.get(name, "real")
        if domain == "eps":
            return np.full(shape, _EPS[number % len(_EPS)])
        if domain == "mask":
            return _mixed(random.random(shape) < 0.6)
        if domain == "sign":
            return 2 * _mixed(random.random(shape) < 0.5) - 1
        if domain == "one_hot":
            return np.eye(shape[-1])[random.integers(0, shape[-1], size=shape[:-1])]
        if domain == "probability":
            return _off_half(random.uniform(0.1, 0.9, size=shape))
        if domain == "positive" or (self.spec.kind == "network" and not variable.indices):
            return random.uniform(0.2, 3.0, size=shape)
        values = 1.3 * random.normal(size=shape) + 0.4
        return np.where(abs(values) < 0.05, values + 0.2, values)  # away from kinks

    def _cast(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return {name: np.asarray(array).astype(self.dtype) for name, array in arrays.items()}


def _mixed(mask: NDArray[Any]) -> NDArray[Any]:
    """Zeros and ones, both present."""
    flat = mask.astype(float).ravel()
    flat[:2] = (0, 1)
    return flat.reshape(mask.shape)


def _off_half(values: NDArray[Any]) -> NDArray[Any]:
    """Where a probability is 1/2, taking it for its opposite would not show."""
    return np.where(abs(values - 0.5) < 0.1, values + 0.2, values)

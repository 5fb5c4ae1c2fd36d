"""What an implementation has decided for itself, found from what it does and not from what it is called."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symnet.candidates.candidate import Candidate
from symnet.candidates.rounding import as_floats
from symnet.candidates.second import SUFFIX
from symnet.candidates.spec import Spec

__all__ = ["OUTSIDE", "conventions", "fixed_settings"]


def fixed_settings(candidate: Candidate, spec: Spec) -> dict[str, float]:
    """The values of the settings that cannot be passed, as its numbers show them."""
    unknown = [name for name in spec.settings if name not in candidate.takes]
    base = spec.name.removesuffix(SUFFIX)
    measured = {name: _MEASURED[base, name] for name in unknown if (base, name) in _MEASURED}
    found = {name: measure(candidate, spec) for name, measure in measured.items()}
    return {name: found.get(name, spec.settings[name]) for name in unknown}


def conventions(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> dict[str, Any]:
    """Names of conventions with what was found; empty for what has none or could not be told."""
    found: dict[str, Any] = {f"{name} (fixed)": value for name, value in settings.items()}
    if spec.convention:
        found["form"] = spec.convention
    row = _ROWS.get(spec.name)
    with np.errstate(all="ignore"):
        found |= row(candidate, spec, settings) if row else {}
        found |= _kink(candidate, spec)
    return found


# Normalization


def _deviation(candidate: Candidate, spec: Spec, spread: float, eps: float | None) -> float:
    """What x - C is divided by for two objects at C - spread and C + spread."""
    along = 1 if spec.features == "i" else 0
    x = np.array([[-spread, spread]] if along else [[-spread], [spread]])
    ones = np.ones(2 if along else 1)
    given: dict[str, Any] = {"x": x, "scale": ones, "shift": 0 * ones}
    if eps is not None:
        given["eps"] = np.float64(eps)
    return float(spread / as_floats(candidate.run(given)["y"]).ravel()[-1])


# How S comes from the variance V and from eps, for people.
_PLACES: Mapping[str, Callable[[float, float], float]] = {
    "inside the root: sqrt(V + eps)": lambda variance, eps: (variance + eps) ** 0.5,
    "outside the root: sqrt(V) + eps": lambda variance, eps: variance**0.5 + eps,
    "squared inside the root: sqrt(V + eps^2)": lambda variance, eps: (variance + eps * eps) ** 0.5,
}


def _variance_factor(candidate: Candidate, spec: Spec, taken: bool) -> float:
    """By how much the variance of two objects far apart is larger than the biased one."""
    return (_deviation(candidate, spec, 1e6, 1e-3 if taken else None) / 1e6) ** 2


def _eps_of(candidate: Candidate, spec: Spec) -> float:
    """The S of equal objects is the root of eps or eps itself; which one, shows where they differ by as much."""
    factor, least = _variance_factor(candidate, spec, False), _deviation(candidate, spec, 1e-30, None)
    there = _deviation(candidate, spec, least, None)
    inside, outside = least * (1 + factor) ** 0.5, least * (1 + factor**0.5)
    return _short(least**2 if abs(there - inside) < abs(there - outside) else least)


def _short(value: float) -> float:
    """The decimal of few digits that a measured number means; itself where there is none."""
    for digits in range(1, 6):
        short = float(f"{value:.{digits - 1}e}")
        if abs(short - value) <= 1e-6 * abs(value):
            return short
    return value


def _normalization(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> dict[str, Any]:
    taken = "eps" in candidate.takes
    factor = _variance_factor(candidate, spec, taken)
    kinds = {1.0: "biased (divided by the number)", 2.0: "unbiased (divided by the number - 1)"}
    if not 1e-3 < factor < 1e3:  # it normalizes nothing, or along another axis
        return {}
    found = {"variance": next((t for value, t in kinds.items() if abs(factor - value) < 1e-4), f"times {factor:.6g}")}
    eps = 2.0**-6 if taken else settings["eps"]
    deviation = _deviation(candidate, spec, eps, eps if taken else None)
    for text, place in _PLACES.items():
        if abs(place(factor * eps * eps, eps) - deviation) < 1e-6 * deviation:
            return found | {"eps": text} | _running(candidate, spec, taken)
    ignored = abs(factor**0.5 * eps - deviation) < 1e-6 * deviation
    return found | ({"eps": "nowhere"} if ignored else {}) | _running(candidate, spec, taken)


def _running(candidate: Candidate, spec: Spec, taken: bool) -> dict[str, str]:
    """What becomes of running statistics from 0 and 1 after a batch of mean 2 and variance 1, if it is told."""
    if spec.name != "batch_norm":
        return {}
    given: dict[str, Any] = {"x": np.array([[1.0], [3.0]]), "scale": np.ones(1), "shift": np.zeros(1)}
    results = candidate.run(given | ({"eps": np.float64(1e-5)} if taken else {}))
    if "running_variance" not in results:
        return {}
    mean, variance = (float(as_floats(results[f"running_{name}"])[0]) for name in ("mean", "variance"))
    share = mean / 2
    kinds = {1.0: "biased", 2.0: "unbiased"}
    factor = (variance - (1 - share)) / share
    kind = next((text for value, text in kinds.items() if abs(factor - value) < 1e-3), f"{factor:.4g} times the biased")
    return {"running": f"r becomes {1 - share:.4g} r + {share:.4g} of the batch, with the {kind} variance"}


# Dropout


def _dropout(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> dict[str, Any]:
    """Which share is dropped when told 0.2, and what the others are multiplied by."""
    told = 0.2
    x = np.ones((200, 100))
    given = {"x": x, "drop_probability": np.float64(told), "mask": None}
    y = as_floats(candidate.run(given)["y"])
    kept = y != 0
    share, factor = 1 - kept.mean(), float(y[kept].mean()) if kept.any() else 0.0
    found: dict[str, Any] = {}
    means = {"drop": told, "keep": 1 - told}
    argument = next((name for name, rate in means.items() if abs(share - rate) < 0.03), None)
    if argument:
        found["argument"] = f"{argument} probability"
    scalings = {"1/(1 - p), inverted dropout": 1 / (1 - told), "none": 1.0, "1/p": 1 / told, "1 - p": 1 - told}
    scaling = next((text for text, value in scalings.items() if abs(factor - value) < 1e-3), f"{factor:.6g}")
    return found | {"kept values are multiplied by": scaling}


# Activations


def _kink(candidate: Candidate, spec: Spec) -> dict[str, Any]:
    """The value or the derivative taken at each kink: any between those beside it is right."""
    places = _KINKS.get(f"{spec.name} {spec.convention}".strip(), ())
    return {said: value for place in places for said, value in _at_kink(candidate, spec, place).items()}


def _at_kink(candidate: Candidate, spec: Spec, place: float) -> dict[str, Any]:
    settings = {name: np.float64(0.25) for name in spec.settings}
    near = np.array([place - _BESIDE, place, place + _BESIDE])
    results = candidate.run({"x": near, "dy": np.ones(3), **settings})
    what, name = ("value", "y") if spec.name in ("step", "sign") else ("derivative", "dx")
    if name not in results:
        return {}
    left, there, right = (float(f"{value:.5g}") for value in as_floats(results[name]))  # beside, not at: 5 digits
    beside = "that on the left" if there == left else "that on the right" if there == right else "between both"
    if not min(left, right) <= there <= max(left, right):
        beside = f"{OUTSIDE}{min(left, right):g}, {max(left, right):g}]"
    return {f"{what} at {place:g}": there if left != right and beside == "between both" else f"{there:g} ({beside})"}


def _slope(candidate: Candidate, spec: Spec) -> float:
    return _short(-float(as_floats(candidate.run({"x": np.array([-1.0])})["y"])[0]))


def _alpha(candidate: Candidate, spec: Spec) -> float:
    return _short(-float(as_floats(candidate.run({"x": np.array([-60.0])})["y"])[0]))


def _delta(candidate: Candidate, spec: Spec) -> float:
    """The slope of a Huber loss far out, over the mean of all elements."""
    target = np.zeros((1, 1))
    values = [
        float(as_floats(candidate.run({"prediction": target + far, "target": target})["L"])) for far in (1e6, 2e6)
    ]
    return _short((values[1] - values[0]) / 1e6)


OUTSIDE = "outside ["  # of what is right at a kink
_BESIDE = 1e-6  # that float32 can tell
_KINKS: Mapping[str, tuple[float, ...]] = {
    **dict.fromkeys(("relu", "abs", "leaky_relu", "elu", "step", "sign"), (0,)),
    "hardtanh": (-1, 1),
    "relu6": (0, 6),
    "hard_sigmoid x/6 + 1/2": (-3, 3),
    "hard_sigmoid x/5 + 1/2": (-2.5, 2.5),
}
_ROWS: Mapping[str, Callable[[Candidate, Spec, Mapping[str, float]], dict[str, Any]]] = {
    "batch_norm": _normalization,
    "layer_norm": _normalization,
    "dropout": _dropout,
}
_MEASURED: Mapping[tuple[str, str], Callable[[Candidate, Spec], float]] = {
    ("batch_norm", "eps"): _eps_of,
    ("layer_norm", "eps"): _eps_of,
    ("leaky_relu", "slope"): _slope,
    ("elu", "alpha"): _alpha,
    ("huber", "delta"): _delta,
}

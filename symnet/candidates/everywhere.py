"""Property-based checking: hypothesis draws sizes and inputs, and shrinks those that fail."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sympy import Integer

from symnet.candidates.check import find_spec
from symnet.candidates.compare import Truth
from symnet.candidates.conventions import fixed_settings
from symnet.candidates.load import candidate as candidate_of
from symnet.candidates.probes import Probe
from symnet.candidates.rounding import FLOATS
from symnet.candidates.spec import Spec
from symnet.equations import size

__all__ = ["search"]

_REALS = st.integers(-32, 32).map(lambda k: k / 4) | st.floats(-8, 8, width=16)
_VALUES = {
    "real": _REALS,
    "positive": st.integers(1, 32).map(lambda k: k / 8),
    "eps": st.sampled_from([2.0**-10, 2.0**-4, 0.5]),
    "mask": st.sampled_from([0.0, 1.0]),
    "sign": st.sampled_from([-1.0, 1.0]),
    "probability": st.sampled_from([0.125, 0.25, 0.625, 0.75]),
    "one_hot": st.sampled_from([0.0, 1.0]),
}


def search(target: Any, name: str, examples: int, dtype: str) -> None:
    """Raises AssertionError for the smallest inputs found at which the candidate is off by more than rounding."""
    spec = find_spec(name)
    one = candidate_of(target, spec)
    fixed = fixed_settings(one, spec)

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(_probes(spec, fixed, dtype))
    def property_holds(probe: Probe) -> None:
        with np.errstate(all="ignore"):
            results = one.run({name: np.array(array) for name, array in probe.arrays.items()})
        told = {name: np.asarray(results[name], dtype=float) for name in spec.reported}
        truth = Truth(spec, Probe({**probe.arrays, **told}, probe.about), dtype)
        judged = truth.judge(results)
        assume(all(j.tolerance_ulps < 2 ** (FLOATS[dtype][0] / 2) for j in judged))
        for judgement in judged:
            assert judgement.passed, _told(judgement.name, judgement.value, judgement.truth, probe)

    property_holds()


@st.composite
def _probes(draw: Any, spec: Spec, fixed: dict[str, float], dtype: str) -> Probe:
    smallest = spec.sizes[0]
    sizes = {key: draw(st.integers(min(2, count), count + 1)) for key, count in smallest.items()}
    fill = {size(key): Integer(count) for key, count in sizes.items()}
    arrays = {}
    for name, variable in spec.given.items():
        shape = tuple(int(k.size.xreplace(fill)) for k in variable.indices)
        count = int(np.prod(shape))
        if name in fixed:
            values = [fixed[name]] * count
        else:
            values = draw(st.lists(_VALUES[spec.domains.get(name, "real")], min_size=count, max_size=count))
        arrays[name] = np.array(values, dtype=dtype).reshape(shape)
    return Probe(arrays, ", ".join(f"{key} = {value}" for key, value in sizes.items()))


def _told(name: str, value: float, truth: float, probe: Probe) -> str:
    inputs = ", ".join(f"{key} = {np.asarray(array, dtype=float).tolist()}" for key, array in probe.arrays.items())
    return f"{name} is {value:.6g} instead of {truth:.6g} at {inputs}"

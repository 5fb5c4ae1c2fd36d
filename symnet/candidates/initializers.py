"""Initial weights, judged by what 300 x 400 of them look like.

Mean, variance and largest element of the draws are compared with the distribution. The tolerance is six standard
errors, so that a right implementation fails by chance less often than once in 10^8; the bound of a uniform or truncated
distribution is exact. A normal distribution that is not truncated is a convention too. Which axis is the number
of inputs is found from the variance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

from numpy.typing import NDArray
from sympy import Integer

from symnet.candidates.candidate import Candidate
from symnet.candidates.compare import Judgement
from symnet.candidates.diagnose import Diagnosis
from symnet.candidates.probes import Probe
from symnet.candidates.rounding import as_floats
from symnet.candidates.spec import Spec
from symnet.equations import Derivation, Equation, size
from symnet.errors import SymnetError
from symnet.network.initialization import KERAS, Initialization

__all__ = ["COLUMNS", "INITIALIZERS", "ROWS", "Draws", "initializer_spec", "judge_draws"]

ROWS, COLUMNS = 300, 400
_ERRORS = 6.0  # standard errors
_KURTOSIS = {"uniform": 1.8, "normal": 3.0, "truncated": 3.0}
_TRUNCATED = 0.87962566103423978  # the deviation of a normal distribution cut off at 2
INITIALIZERS: Mapping[str, Initialization] = {
    **KERAS,
    **{name.replace("glorot", "xavier"): row for name, row in KERAS.items() if "glorot" in name},
    **{name.replace("he", "kaiming", 1): row for name, row in KERAS.items() if name.startswith("he_")},
}


@dataclass(frozen=True)
class Draws:
    """What was found: judgements by statistic, why they are wrong, the conventions."""

    outputs: Mapping[str, Judgement]
    diagnosis: tuple[Diagnosis, ...]
    convention: Mapping[str, Any]


def initializer_spec(name: str) -> Spec:
    """The spec of an initialization, whose derivation is the variance of a weight."""
    row = INITIALIZERS[name]
    variance = Equation("variance", rhs=row.variance(size("n_in"), size("n_out")))
    arguments = ("shape", "inputs", "outputs", "mask")
    return Spec(name, "initializer", Derivation((variance,)), ("weights",), arguments=arguments)


def judge_draws(candidate: Candidate, name: str) -> Draws:
    """Draw once and judge. Raises SymnetError when what is drawn has not the shape that was asked for."""
    row = INITIALIZERS[name]
    weights = as_floats(candidate.run({"shape": (ROWS, COLUMNS), "inputs": ROWS, "outputs": COLUMNS})["weights"])
    if weights.shape not in ((ROWS, COLUMNS), (COLUMNS, ROWS)):
        raise SymnetError(f"{candidate.name} gave the shape {weights.shape} for {ROWS} inputs and {COLUMNS} outputs")
    shape, found = _shape(weights), float(weights.var())
    fans = {"the first": (ROWS, COLUMNS), "the second": (COLUMNS, ROWS)}
    ways = {axis: _variance(row, *fan) for axis, fan in fans.items()}
    axis = min(ways, key=lambda key: abs(ways[key] - found))
    truth = ways[axis]
    error = sqrt((_KURTOSIS[shape] - 1) / weights.size)  # relative, of the variance
    probe = Probe({}, f"{ROWS} x {COLUMNS} weights")
    outputs = {
        "mean": _judged("mean", probe, float(weights.mean()), 0.0, sqrt(truth / weights.size)),
        "variance": _judged("variance", probe, found, truth, truth * error),
        "largest": _largest(row, shape, probe, weights, truth),
    }
    convention: dict[str, Any] = {"distribution": shape, "largest": float(f"{abs(weights).max():.4g}")}
    convention["variance"] = float(f"{found:.4g}")
    if row.fan != "average" and outputs["variance"].passed:
        convention["number of inputs"] = f"{axis} axis"
    wrong = any(not judged.passed for judged in outputs.values())
    return Draws(outputs, tuple(_explained(row, found, shape, error)) if wrong else (), convention)


def _variance(row: Initialization, n_in: int, n_out: int) -> float:
    return float(row.variance(Integer(n_in), Integer(n_out)))


def _shape(weights: NDArray[Any]) -> str:
    """By where the largest element lies, in deviations: uniform ends at 1.73, truncated normal at 2.27."""
    reach = float(abs(weights - weights.mean()).max() / weights.std())
    return "uniform" if reach < 1.9 else "truncated" if reach < 2.6 else "normal"


def _judged(name: str, probe: Probe, value: float, truth: float, error: float) -> Judgement:
    """In standard errors."""
    off = abs(value - truth) / error
    return Judgement(name, probe, off / _ERRORS, off, _ERRORS, (), value, truth)


def _largest(row: Initialization, shape: str, probe: Probe, weights: NDArray[Any], truth: float) -> Judgement:
    """A uniform distribution must end where it does; a normal one may be truncated or not."""
    ends = {"uniform": sqrt(3 * truth), "truncated": 2 * sqrt(truth) / _TRUNCATED}
    found = float(abs(weights).max())
    fits = (shape == "uniform") == (row.shape == "uniform")
    if not fits:
        problem = f"the distribution is {shape} and not {'uniform' if row.shape == 'uniform' else 'normal'}"
        return Judgement("largest", probe, inf, inf, 1, problem=problem)
    inside = shape == "normal" or 0.99 * ends[shape] < found <= ends[shape] * (1 + 1e-6)
    return Judgement("largest", probe, 0.0 if inside else inf, 0.0, 1, (), found, ends.get(shape, found))


def _explained(row: Initialization, found: float, shape: str, error: float) -> Iterator[Diagnosis]:
    """Other rules of the table, and the usual slips with the variance, that give this one."""
    right = _variance(row, ROWS, COLUMNS)
    slips = {
        "deviation-for-bound": ("the deviation is used as the bound of the interval", right / 3),
        "bound-for-deviation": ("the bound of the interval is used as the deviation", right * 3),
        "variance-for-deviation": ("the variance is used as the deviation", right**2),
        "not-corrected": ("the truncated distribution is not widened to keep the variance", right * _TRUNCATED**2),
        "factor-2": ("the variance is twice the right one", right * 2),
        "factor-1/2": ("the variance is half the right one", right / 2),
    }
    for name, other in KERAS.items():
        if other != row:
            slips[f"other-rule:{name}"] = (f"the variance is that of {name}", _variance(other, ROWS, COLUMNS))
    if (row.shape == "uniform" and shape != "uniform") or (row.shape != "uniform" and shape == "uniform"):
        yield Diagnosis("distribution", f"the distribution is {shape}", "", 0.0)
    for key, (text, variance) in slips.items():
        if abs(found - variance) < _ERRORS * error * variance:
            latex = rf"\operatorname{{Var}} w = {variance:.4g} \quad\text{{instead of}}\quad {right:.4g}"
            yield Diagnosis(key, text, latex, round(abs(found - variance) / (error * variance), 2))

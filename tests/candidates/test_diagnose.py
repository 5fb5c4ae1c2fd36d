"""Wrong implementations are called what they are; right ones are called nothing."""

import numpy as np
import pytest

from symnet.candidates.check import check
from symnet.candidates.diagnose import diagnose
from symnet.candidates.load import candidate
from symnet.candidates.probes import probes
from symnet.candidates.specs import spec
from tests.candidates import wrong_functions, wrong_layers, wrong_normalization

MODULES = (wrong_normalization, wrong_layers, wrong_functions)
WRONG = [row for module in MODULES for row in module.WRONG]
RIGHT = [row for module in MODULES for row in module.RIGHT]
FEW = 3  # probes


def observed(name, forward, backward):
    """What an implementation gives at the first probes, by the names of the equations."""
    wanted = spec(name)
    one = candidate((forward, backward) if backward else forward, wanted)
    at, seen = [], []
    for probe in probes(wanted)[:FEW]:
        with np.errstate(all="ignore"):
            results = one.run({key: np.array(array) for key, array in probe.arrays.items()})
        told = {key: np.asarray(results[key], dtype=float) for key in wanted.reported}
        at.append({**probe.arrays, **told})
        seen.append({wanted.results[key]: array for key, array in results.items() if key in wanted.results})
    return wanted, at, seen


def diagnoses(name, forward, backward, **options):
    wanted, at, seen = observed(name, forward, backward)
    return diagnose(wanted.paired, wanted.outputs, wanted.wrt, at, seen, seconds=20, **options)


def called(row):
    name, forward, backward, *_ = row
    return f"{name}-{forward.__name__ if backward is None else backward.__name__}"


@pytest.mark.parametrize("row", WRONG, ids=called)
def test_a_wrong_implementation_is_diagnosed_as_what_it_is(row):
    *functions, expected = row
    found = diagnoses(*functions)
    assert found
    assert found[0].fault.startswith(expected)
    assert found[0].residual_ulps < 100
    assert r"\text{instead of}" in found[0].latex or expected.startswith(("start", "step-count", "uncorrected"))


def test_there_are_enough_of_every_sort():
    assert len(WRONG) >= 40
    assert len({key.partition(":")[0] for *_, key in WRONG}) >= 15
    assert len({name for name, *_ in WRONG}) >= 12


@pytest.mark.parametrize("row", RIGHT, ids=called)
def test_a_right_implementation_gets_no_diagnosis(row):
    assert diagnoses(*row) == []


# What is said


def test_the_text_names_the_term_and_the_formula_stands_beside_the_right_one():
    functions = ("batch_norm", wrong_normalization.forward, wrong_normalization.deviation_is_a_constant)
    (found,) = diagnoses(*functions)
    assert found.text == "the path through the variance V is dropped (the variance V is treated as a constant)"
    wrong, right = found.latex.split(r" \quad\text{instead of}\quad ")
    assert r"\frac{\partial L}{\partial V_{k}}" in right
    assert r"\frac{\partial L}{\partial V_{k}}" not in wrong


def test_coefficients_of_paths_are_reconstructed():
    def backward(dout, cache):
        _, _, deviation, normalized, gamma, _ = cache
        m = len(dout)
        through = normalized * (dout * normalized).mean(axis=0) * m / (m - 1)
        dx = gamma / deviation * (dout + 2 * dout.mean(axis=0) - through)
        return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)

    (found,) = diagnoses("batch_norm", wrong_normalization.forward, backward)
    assert found.text == "dL/dx takes the direct path, -2 times the path through C, m/(m - 1) times the path through S"


def test_what_nothing_explains_gets_no_name():
    def backward(dout, cache):
        dx, dgamma, dbeta = wrong_normalization.backward(dout, cache)
        return 1.0371 * dx, dgamma, dbeta

    assert diagnose_quickly("batch_norm", wrong_normalization.forward, backward) == []


def test_a_fault_that_is_nearly_it_is_not_named():
    def backward(dout, cache):
        dx, dgamma, dbeta = wrong_normalization.backward(dout, cache)
        return dx, dgamma, dbeta / len(dout) * (1 + 1e-9)

    assert diagnose_quickly("batch_norm", wrong_normalization.forward, backward) == []


def diagnose_quickly(name, forward, backward):
    wanted, at, seen = observed(name, forward, backward)
    return diagnose(wanted.paired, wanted.outputs, wanted.wrt, at, seen, seconds=1)


def test_faults_that_the_probes_cannot_tell_apart_are_said_to_be_so():
    """With two objects a sum of squares by m - 1 is not divided at all."""
    wanted, at, seen = observed(
        "batch_norm", wrong_normalization.unbiased_forward, wrong_normalization.unbiased_backward
    )
    two = [k for k, probe in enumerate(at) if len(probe["x"]) == 2]
    few = [at[k] for k in two], [seen[k] for k in two]
    found = diagnose(wanted.paired, wanted.outputs, wanted.wrt, *few, seconds=20)
    assert {d.fault for d in found} >= {"denominator:V", "sum-for-mean:V"}
    assert "the variance V divides by m - 1 instead of m" in {text for d in found for text in d.alike}
    (sure,) = diagnose(wanted.paired, wanted.outputs, wanted.wrt, at, seen, seconds=20)
    assert sure.alike == ()


def test_the_check_says_it():
    report = check((wrong_layers.dense_forward, wrong_layers.dense_bias_not_summed), "dense")
    assert report.verdict == "wrong"
    assert [d.fault for d in report.diagnosis] == ["sum-missing:dL_db"]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_float_type_is_that_of_the_candidate(kind):
    wanted = spec("dense")
    at = [{name: array.astype(kind) for name, array in probe.arrays.items()} for probe in probes(wanted)[:2]]
    seen = []
    for probe in at:
        out, cache = wrong_layers.dense_forward(probe["x"], probe["w"], probe["b"])
        gradients = wrong_layers.dense_bias_overwritten(probe["dy"], cache)
        seen.append({"y": out, **dict(zip(("dL_dx", "dL_dw", "dL_db"), gradients, strict=True))})
    found = diagnose(wanted.paired, wanted.outputs, wanted.wrt, at, seen)
    assert [d.fault for d in found] == ["overwritten:dL_db"]

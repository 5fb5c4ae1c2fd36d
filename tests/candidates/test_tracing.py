"""Layers as people write them are proved from their own code, and planted faults in them are not."""

from itertools import count
from pathlib import Path

import numpy as np
import pytest

from symnet.candidates.bind import bind
from symnet.candidates.check import Report, check
from symnet.candidates.proving import proof as proof_of
from symnet.candidates.specs import spec
from symnet.candidates.tracing import Proof
from tests.candidates import implementations
from tests.candidates.layers import LAYERS, altered, implementations_of, layer_of, proof, softmax_loss

NORMALIZATIONS_AND_DENSE = implementations_of("batch_norm", "layer_norm", "dense")
OTHERS = implementations_of("dropout", "relu", "leaky_relu", "sigmoid", "gelu", "conv", "average_pool")


def proved(name: str, objects: int) -> Proof:
    layer = layer_of(name)
    return proof(getattr(implementations, name), layer, layer.sizes[(2, 3, 5).index(objects)])


@pytest.mark.parametrize("objects", [2, 3, 5])
@pytest.mark.parametrize("name", NORMALIZATIONS_AND_DENSE)
def test_each_way_to_write_a_layer_is_proved(name: str, objects: int) -> None:
    found = proved(name, objects)
    assert found.verdict == "proved"
    assert found.sizes["m"] == objects


@pytest.mark.parametrize("objects", [2, 3, 5])
@pytest.mark.parametrize("name", implementations_of("softmax_loss"))
def test_softmax_with_cross_entropy_is_proved(name: str, objects: int) -> None:
    layer = softmax_loss(objects)
    found = proof(getattr(implementations, name), layer, layer.sizes[0])
    assert found.verdict == "proved"


@pytest.mark.parametrize("name", OTHERS)
def test_dropout_activations_convolution_and_average_pooling_are_proved(name: str) -> None:
    layer = layer_of(name)
    assert proof(getattr(implementations, name), layer, layer.sizes[0]).verdict == "proved"


@pytest.mark.parametrize("name", implementations_of("max_pool"))
def test_max_pooling_is_proved_but_for_ties(name: str) -> None:
    """argmax gives a tie to the first, a mask gives it to both."""
    found = proof(getattr(implementations, name), LAYERS["max_pool"], {})
    assert found.proved
    assert found.verdict == "proved-if"
    assert found.outputs["dL_dx"].assumptions
    assert all(" != 0" in text for text in found.outputs["dL_dx"].assumptions)


FAULTS = [
    ("batch_norm_staged", "dx1 = dxmu1 + dxmu2", "dx1 = dxmu1"),  # the path through S
    ("batch_norm_staged", "0.5 * 1.0 / np.sqrt(var + eps)", "0.5 * 1.0 / np.sqrt(var)"),
    ("batch_norm_staged", "-1.0 / (sqrtvar**2)", "1.0 / (sqrtvar**2)"),
    ("batch_norm_compact", "x.var(axis=0)", "x.var(axis=0, ddof=1)"),
    ("batch_norm_compact", "- x_hat * dgamma", "- x * dgamma"),
    ("batch_norm_einsum", "+ eps) ** 0.5", ") ** 0.5 + eps"),
    ("batch_norm_in_place", "hat = out.copy()", "hat = out"),  # overwritten by gamma hat + beta
    ("batch_norm_by_column", "- dbeta[k] / m ", "- dbeta[k] "),
    ("batch_norm_by_column", "zeros(n), zeros(n)", "np.empty(n), zeros(n)"),
    ("layer_norm_keepdims", "np.sum(dout * hat, axis=0)", "np.sum(dout * hat, axis=1)"),
    ("layer_norm_transposed", "d.mean(0)", "d.mean()"),
    ("dense_matmul", "dout.sum(axis=0)", "dout.mean(axis=0)"),
    ("dense_dot", "np.dot(x.T, dout)", "np.dot(x.T, dout) / len(x)"),
    ("dropout_rand", "dout * mask", "dout * (mask_source.rand(*x.shape) < keep) / keep"),
    ("dropout_where", "dx[dropped] = 0", "dx[~dropped] = 0"),
    ("dropout_binomial", "1 - drop_probability, size", "drop_probability, size"),
    ("relu_mask", "dout * (x > 0)", "dout * (dout > 0)"),
    ("leaky_relu_where", "np.where(x > 0, 1, 0.1)", "np.where(x > 0, 1, 0.01)"),
    ("sigmoid_stable", "z / (1 + z)", "1 / (1 + z)"),
    ("gelu_tanh", "3 * 0.044715", "2 * 0.044715"),
    ("conv_loops", "dpadded[:, i : i + HH, j : j + WW] +=", "dpadded[:, i : i + HH, j : j + WW] ="),
    ("max_pool_argmax", "window.argmax()", "window.argmin()"),
    ("average_pool", "/ 4", "/ 2"),
]


@pytest.mark.parametrize(("name", "old", "new"), FAULTS)
def test_planted_faults_are_not_proved(name: str, old: str, new: str) -> None:
    layer = layer_of(name)
    found = proof(altered(name, old, new), layer, layer.sizes[min(1, len(layer.sizes) - 1)])
    assert not found.proved
    assert found.differences


def test_softmax_divided_by_something_else_is_refuted() -> None:
    layer = softmax_loss(3)
    found = proof(altered("softmax_loss_shifted", "dx /= N", "dx /= N - 1"), layer, layer.sizes[0])
    assert found.outputs["L"].verdict == "proved"
    assert found.outputs["dL_dx"].verdict == "refuted"


def test_a_difference_names_the_element_the_line_and_the_assumption_that_would_make_it_right() -> None:
    layer = LAYERS["batch_norm"]
    wrong = altered("batch_norm_staged", "0.5 * 1.0 / np.sqrt(var + eps)", "0.5 * 1.0 / np.sqrt(var)")
    found = proof(wrong, layer, layer.sizes[1])
    (difference,) = found.differences
    assert (difference.output, difference.element) == ("dL_dx", "dL_dx_1_1")
    assert difference.verdict.assumptions == ["eps = 0"]
    assert difference.line is not None
    path, line = difference.line
    source = Path(implementations.__file__).read_text(encoding="utf-8").splitlines()
    assert (path, source[line - 1]) == ("altered.py", "    return out, dx1 + dx2, dgamma, dbeta")


def test_a_batch_norm_pair_is_traced_and_proved() -> None:
    assert proved("batch_norm_compact", 5).proved


def checked_on(monkeypatch: pytest.MonkeyPatch, tick: float) -> Report:
    """A proof on a machine on which this much time goes by whenever somebody looks at the clock."""
    times = count(0.0, tick)
    monkeypatch.setattr("symnet.clock.process_time", lambda: next(times))
    return check(f"{Path(__file__).parent}/right/batchnorm.py:compact", "batch_norm")


def test_a_slow_machine_proves_as_much_as_a_fast_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds go by where there are hardly any; hours, and the last resort ends it."""
    slow = checked_on(monkeypatch, 0.002)
    fast = checked_on(monkeypatch, 0.0)
    assert slow.verdict == fast.verdict == "proved"
    assert slow.notes == fast.notes
    assert checked_on(monkeypatch, 10.0).verdict == "agrees"


def test_what_is_right_for_some_inputs_only_is_not_proved() -> None:
    for name, function in {"relu": np.abs, "softplus": np.exp, "abs": lambda x: np.maximum(x, 0)}.items():
        found = proof_of(bind({"forward": function}, spec(name), name), spec(name), {})
        assert found is not None
        assert not found.holds

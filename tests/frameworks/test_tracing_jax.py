"""JAX code with its gradients, proved from its jaxpr."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest

from symnet.candidates.tracing import Untraceable, prove_traced, symbols
from symnet.candidates.tracing.jax_graph import jax_pair, trace_jax
from tests.candidates.layers import LAYERS, softmax_loss


def batch_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    return (x - x.mean(0)) / jnp.sqrt(x.var(0) + eps) * gamma + beta


def one_pass_batch_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    """As flax does: E x^2 - (E x)^2."""
    mean = jnp.mean(x, axis=0)
    variance = jnp.maximum(0.0, jnp.mean(x**2, axis=0) - mean**2)
    return gamma * (x - mean) * jax.lax.rsqrt(variance + eps) + beta


def layer_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    normalize = jax.vmap(lambda row: (row - row.mean()) / jnp.sqrt(jnp.var(row) + eps))
    return jnp.einsum("ij,j->ij", normalize(x), gamma) + beta


def wrong_layer_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    deviation = jax.lax.stop_gradient(jnp.sqrt(x.var(1, keepdims=True) + eps))
    return (x - x.mean(1, keepdims=True)) / deviation * gamma + beta


def proof(layer_name: str, forward: Any, wrt: tuple[int, ...], sizes: dict[str, int]) -> Any:
    layer = LAYERS[layer_name]
    cases = trace_jax(jax_pair(forward, wrt), *layer.arguments(**sizes))
    return prove_traced(layer.derivation, layer.outputs, cases, sizes)


@pytest.mark.parametrize("objects", [2, 3, 5])
@pytest.mark.parametrize(("layer", "forward"), [("batch_norm", batch_norm), ("layer_norm", layer_norm)])
def test_normalizations_are_proved(layer: str, forward: Any, objects: int) -> None:
    assert proof(layer, forward, (0, 1, 2), {"m": objects, "n": 2}).verdict == "proved"


def test_the_one_pass_variance_is_proved_although_it_is_inaccurate() -> None:
    assert proof("batch_norm", one_pass_batch_norm, (0, 1, 2), {"m": 2, "n": 1}).proved


def test_a_deviation_without_gradient_is_refuted() -> None:
    found = proof("layer_norm", wrong_layer_norm, (0, 1, 2), {"m": 2, "n": 3})
    assert found.outputs["y"].verdict == "proved"
    assert found.outputs["dL_dx"].verdict == "refuted"


@pytest.mark.parametrize(
    ("layer", "forward"),
    [
        ("relu", jax.nn.relu),
        ("sigmoid", jax.nn.sigmoid),
        ("gelu_erf", lambda x: jax.nn.gelu(x, approximate=False)),
        ("gelu_tanh", jax.nn.gelu),
    ],
)
def test_activations_are_proved(layer: str, forward: Any) -> None:
    assert proof(layer, forward, (0,), {"m": 2, "n": 1}).proved


def test_dense_is_proved() -> None:
    assert proof("dense", lambda x, w, b: x @ w + b, (0, 1, 2), {"m": 3, "n": 2, "h": 3}).verdict == "proved"


def test_cross_entropy_by_grad_is_proved() -> None:
    def loss(x: Any) -> Any:
        return -jnp.mean(jnp.sum(jax.nn.log_softmax(x) * jax.nn.one_hot(jnp.array([0, 1, 0]), 2), axis=1))

    layer = softmax_loss(3)
    cases = trace_jax(jax.value_and_grad(loss), symbols("x", 3, 2))
    assert prove_traced(layer.derivation, layer.outputs, cases, layer.sizes[0]).verdict == "proved"


def test_what_cannot_be_recorded_is_said() -> None:
    with pytest.raises(Untraceable, match="JAX cannot record this code"):
        trace_jax(lambda x: x if x.sum() > 0 else -x, symbols("x", 2))
    with pytest.raises(Untraceable, match="JAX's sort"):
        trace_jax(jnp.sort, symbols("x", 2))

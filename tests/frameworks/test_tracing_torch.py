"""PyTorch code, its backward included, proved from its graph of aten operations."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from symnet.candidates.tracing import Traced, Untraceable, prove_traced, symbols
from symnet.candidates.tracing.torch_graph import torch_pair, trace_torch
from tests.candidates.layers import LAYERS, softmax_loss


def batch_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    mean, var = x.mean(0), x.var(0, unbiased=False)
    return (x - mean) * torch.rsqrt(var + eps) * gamma + beta


def unbiased_batch_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    return (x - x.mean(0)) / torch.sqrt(x.var(0) + eps) * gamma + beta


def layer_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + eps) * gamma + beta


def proof(layer_name: str, forward: Any, wrt: tuple[int, ...], sizes: dict[str, int]) -> Any:
    layer = LAYERS[layer_name]
    cases = trace_torch(torch_pair(forward, wrt), *layer.arguments(**sizes))
    return prove_traced(layer.derivation, layer.outputs, cases, sizes)


@pytest.mark.parametrize("objects", [2, 3, 5])
@pytest.mark.parametrize(("layer", "forward"), [("batch_norm", batch_norm), ("layer_norm", layer_norm)])
def test_normalizations_are_proved(layer: str, forward: Any, objects: int) -> None:
    assert proof(layer, forward, (0, 1, 2), {"m": objects, "n": 2}).verdict == "proved"


def test_the_unbiased_variance_is_refuted() -> None:
    assert proof("batch_norm", unbiased_batch_norm, (0, 1, 2), {"m": 3, "n": 2}).outputs["y"].verdict == "refuted"


@pytest.mark.parametrize(
    ("layer", "forward"),
    [
        ("relu", F.relu),
        ("leaky_relu", lambda x: F.leaky_relu(x, 0.1)),
        ("sigmoid", torch.sigmoid),
        ("gelu_erf", F.gelu),
        ("gelu_tanh", lambda x: F.gelu(x, approximate="tanh")),
    ],
)
def test_activations_are_proved(layer: str, forward: Any) -> None:
    assert proof(layer, forward, (0,), {"m": 2, "n": 1}).proved


def test_functional_batch_norm_at_its_own_eps_is_proved() -> None:
    """eps = 1e-5 is the rational 1/100000 on both sides."""
    from sympy import Rational

    from symnet.expressions import substitute
    from tests.candidates.layers import Layer

    def forward(x: Any, gamma: Any, beta: Any) -> Any:
        return F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-5)

    layer = LAYERS["batch_norm"]
    x, gamma, beta, eps, g = layer.arguments(m=3, n=2)
    fixed = layer.derivation.map(lambda rhs: substitute(rhs, {eps.item().expr: Rational(1, 100000)}))
    layer = Layer(fixed, layer.outputs, layer.arguments)
    cases = trace_torch(torch_pair(forward, (0, 1, 2)), x, gamma, beta, g)
    found = prove_traced(layer.derivation, layer.outputs, cases, {"m": 3, "n": 2})
    assert found.verdict == "proved"
    assert "1e-05 read as 1/100000" in found.notes


def test_dense_and_convolution_are_proved() -> None:
    assert proof("dense", lambda x, w, b: F.linear(x, w.T, b), (0, 1, 2), {"m": 3, "n": 2, "h": 3}).verdict == "proved"

    def forward(x: Any, w: Any, b: Any) -> Any:
        return F.conv2d(x[None], w, b, padding=1)[0]

    assert proof("conv", forward, (0, 1, 2), {}).verdict == "proved"


def test_the_windows_of_pooling_are_those_of_torch() -> None:
    """With padding, which counts in a mean or does not; the largest is the first of equal ones."""
    image = [[0, 2, 2, 1], [3, 3, -1, 0], [4, 0, 5, 5], [4, 1, 6, 2]]

    def pooled(x: Any) -> Any:
        means = [F.avg_pool2d(x, 3, 2, 1, count_include_pad=padded) for padded in (True, False)]
        return F.max_pool2d(x, 3, 2, 1), *means, F.avg_pool2d(x, (2, 3), divisor_override=5)

    def both(x: Any) -> Any:
        out = pooled(x)
        return *out, torch.autograd.grad(sum((k + 1) * (y * y).sum() for k, y in enumerate(out)), x)[0]

    numbers = torch.tensor(image, dtype=torch.float64)[None, None]
    (case,) = trace_torch(both, Traced.of(numbers.numpy()))
    for found, right in zip(case.results, both(numbers.requires_grad_()), strict=True):
        np.testing.assert_allclose([float(v.expr) for v in found.view(np.ndarray).flat], right.detach().flatten())
    for refused in (lambda x: F.max_pool2d(x, 2, dilation=2), lambda x: F.avg_pool2d(x, 3, ceil_mode=True)):
        with pytest.raises(Untraceable, match="pooling with"):
            trace_torch(refused, symbols("x", 1, 1, 4, 4))


def test_cross_entropy_is_proved() -> None:
    def loss(x: Any) -> Any:
        value = F.cross_entropy(x, torch.tensor([0, 1, 0]))
        return value, *torch.autograd.grad(value, (x,))

    layer = softmax_loss(3)
    cases = trace_torch(loss, symbols("x", 3, 2))
    assert prove_traced(layer.derivation, layer.outputs, cases, layer.sizes[0]).verdict == "proved"


def test_what_cannot_be_recorded_is_said() -> None:
    with pytest.raises(Untraceable, match="PyTorch cannot record this code"):
        trace_torch(lambda x: x if x.sum().item() > 0 else -x, symbols("x", 2))
    with pytest.raises(Untraceable, match="a division with rounding_mode='floor'"):
        trace_torch(lambda x: torch.div(x, 2, rounding_mode="floor"), symbols("x", 2))
    with pytest.raises(Untraceable, match=r"torch's aten\.\w*sort"):
        trace_torch(lambda x: torch.sort(x)[0], symbols("x", 2))


def doubled_in_place(x: Any) -> Any:
    y = x / 3
    y.div_(0.5)
    return y


def doubled_through_a_view(x: Any) -> Any:
    y = x / 3
    part = y[:]
    y.div_(0.5)
    return part


def test_operations_in_place_are_followed_where_nothing_else_sees_them() -> None:
    x = symbols("x", 2)
    (case,) = trace_torch(doubled_in_place, x)
    assert [str(v.expr) for v in case.results[0]] == ["2*x_1/3", "2*x_2/3"]
    with pytest.raises(Untraceable, match=r"div_.* of a tensor that is read elsewhere"):
        trace_torch(doubled_through_a_view, x)

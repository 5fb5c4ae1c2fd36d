"""The two workloads forward, for peers that differentiate a program of arrays by themselves."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.benchmarks.peers import EPS

__all__ = ["chain_loss", "mlp_loss", "scalar_chain"]


def chain_loss(values: Mapping[str, Any], depth: int, tanh: Callable[[Any], Any], sqrt: Callable[[Any], Any]) -> Any:
    """depth layers of h = a (z - C)/S + b with z = w tanh(h) + v, and sum (h - y)^2."""
    h = values["x"]
    for layer in range(1, depth + 1):
        z = values[f"w{layer}"] * tanh(h) + values[f"v{layer}"]
        centred = z - z.mean()
        h = values["a"] * centred / sqrt((centred**2).mean() + EPS) + values["b"]
    return ((h - values["y"]) ** 2).sum()


def mlp_loss(values: Mapping[str, Any], depth: int, tanh: Callable[[Any], Any], sqrt: Callable[[Any], Any]) -> Any:
    """depth layers of h = tanh(a (z - C)/S + b) with z = h W, and sum (h - y)^2 / m."""
    h = values["x"]
    for layer in range(1, depth + 1):
        z = h @ values[f"W{layer}"]
        centred = z - z.mean(0)
        h = tanh(values[f"a{layer}"] * centred / sqrt((centred**2).mean(0) + EPS) + values[f"b{layer}"])
    return ((h - values["y"]) ** 2).sum() / values["x"].shape[0]


def scalar_chain(
    values: Mapping[str, Any],
    depth: int,
    names: Mapping[str, Any],
    tanh: Callable[[Any], Any],
    sqrt: Callable[[Any], Any],
) -> Any:
    """`chain_loss` written out over scalar expressions: data as numbers, parameters as `names`."""
    h = [float(u) for u in values["x"]]
    m = len(h)
    for layer in range(1, depth + 1):
        z = [names[f"w{layer}"] * tanh(u) + names[f"v{layer}"] for u in h]
        mean = sum(z[1:], z[0]) / m
        variance = sum(((u - mean) ** 2 for u in z[1:]), (z[0] - mean) ** 2) / m
        deviation = sqrt(variance + EPS)
        h = [names["a"] * (u - mean) / deviation + names["b"] for u in z]
    return sum((u - float(t)) ** 2 for u, t in zip(h, values["y"], strict=True))

"""PyTorch with autograd: its own batch_norm, and normalization composed of means."""

from typing import Any

from tests.benchmarks.peers import EPS, Built, Stopwatch, differentiated
from tests.benchmarks.peers.forward import chain_loss, mlp_loss

NEEDS = ("torch",)


def _built(values: dict[str, Any], loss_of: Any) -> Built:
    import torch

    data = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    parameters = [data[name].requires_grad_() for name in differentiated(values)]

    def run() -> tuple[Any, list[Any]]:
        loss = loss_of(data)
        return loss.detach().numpy(), [g.numpy() for g in torch.autograd.grad(loss, parameters)]

    watch = Stopwatch()
    run()
    return Built(run, 0.0, watch())


def composed_chain(values: dict[str, Any], depth: int) -> Built:
    import torch

    return _built(values, lambda data: chain_loss(data, depth, torch.tanh, torch.sqrt))


def composed_mlp(values: dict[str, Any], depth: int) -> Built:
    import torch

    return _built(values, lambda data: mlp_loss(data, depth, torch.tanh, torch.sqrt))


def chain(values: dict[str, Any], depth: int) -> Built:
    import torch

    def loss(data: dict[str, Any]) -> Any:
        h = data["x"][:, None]
        a, b = data["a"].reshape(1), data["b"].reshape(1)
        for layer in range(1, depth + 1):
            z = data[f"w{layer}"] * torch.tanh(h) + data[f"v{layer}"]
            h = torch.nn.functional.batch_norm(z, None, None, a, b, training=True, eps=EPS)
        return ((h[:, 0] - data["y"]) ** 2).sum()

    return _built(values, loss)


def mlp(values: dict[str, Any], depth: int) -> Built:
    import torch

    def loss(data: dict[str, Any]) -> Any:
        h = data["x"]
        for layer in range(1, depth + 1):
            z, a, b = h @ data[f"W{layer}"], data[f"a{layer}"], data[f"b{layer}"]
            h = torch.tanh(torch.nn.functional.batch_norm(z, None, None, a, b, training=True, eps=EPS))
        return ((h - data["y"]) ** 2).sum() / len(h)

    return _built(values, loss)


COLUMNS = {
    "PyTorch": {"chain": chain, "mlp": mlp},
    "PyTorch composed": {"chain": composed_chain, "mlp": composed_mlp},
}

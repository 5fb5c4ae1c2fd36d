"""The network written by hand in NumPy, in place: the limit."""

from typing import Any

from tests.benchmarks.handwritten import Handwritten
from tests.benchmarks.peers import Built

NEEDS = ("numpy",)


def mlp(values: dict[str, Any], depth: int) -> Built:
    m, n = values["x"].shape
    network = Handwritten(depth, n, m, values["x"].dtype)
    parameters = [[values[f"{name}{layer}"] for layer in range(1, depth + 1)] for name in "Wab"]

    def run() -> tuple[Any, list[Any]]:
        loss, *gradients = network(values["x"], values["y"], *parameters)
        return loss, [kind[layer] for layer in range(depth) for kind in gradients]

    return Built(run, 0.0, 0.0)


COLUMNS = {"by hand": {"mlp": mlp}}

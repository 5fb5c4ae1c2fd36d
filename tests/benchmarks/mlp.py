"""MLP(n, 4, m): loss and all gradients of a normalized network of width n over m objects, compiled, beside its peers.

The limit is the same network written by hand in place (`handwritten.py`); PyTorch's functional batch_norm with
autograd takes part where it is installed. All run in turn, on one thread; a time is the smallest of many, a ratio
the median of the ratios within each turn, which other work on the machine disturbs least.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sympy import Rational

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.numeric.compile import Compiled, compile_numpy
from symnet.operations import call, sqrt
from symnet.sums import sum_over
from tests.benchmarks.cost import cost
from tests.benchmarks.handwritten import Handwritten
from tests.benchmarks.timing import best_of, milliseconds
from tests.builders import normalized_chain

DEPTH = 4
SIZES = ((64, 128), (64, 4096), (256, 128), (256, 4096))
EPS = Rational(1, 100000)


def normalized_mlp(depth: int, activation: str = "tanh") -> Derivation:
    """depth layers of h = f(a (z - C)/S + b) with z = h W, all of width n, and L = sum (h - y)^2 / m."""
    m, n = size("m"), size("n")
    i, j, k = index("i", m), index("j", n), index("k", n)
    x, y = Variable("x", (i, k)), Variable("y", (i, k))
    equations: list[Equation] = []
    parameters: list[Variable] = []
    previous: Variable = x
    for layer in range(1, depth + 1):
        w, a, b = Variable(f"W{layer}", (j, k)), Variable(f"a{layer}", (k,)), Variable(f"b{layer}", (k,))
        z = Equation(f"z{layer}", (i, k), rhs=sum_over(previous.at(i.symbol, j.symbol) * w.reference, j.limits))
        mean = Equation(f"C{layer}", (k,), rhs=sum_over(z.reference, i.limits) / m)
        squares = sum_over((z.reference - mean.reference) ** 2, i.limits)
        deviation = Equation(f"S{layer}", (k,), rhs=sqrt(squares / m + EPS))
        hat = Equation(f"xhat{layer}", (i, k), rhs=(z.reference - mean.reference) / deviation.reference)
        h = Equation(f"h{layer}", (i, k), rhs=call(activation, a.reference * hat.reference + b.reference))
        equations += [z, mean, deviation, hat, h]
        parameters += [w, a, b]
        previous = h
    loss = sum_over(sum_over((previous.reference - y.reference) ** 2, k.limits), i.limits)
    equations.append(Equation("L", rhs=loss / m))
    return Derivation(tuple(equations), (x, y), tuple(parameters))


def compiled(derivation: Derivation, style: str | None = None) -> Compiled:
    """The loss and all gradients."""
    wanted = ["L", *(f"dL_d{p.name}" for p in derivation.parameters)]
    return compile_numpy(gradient(derivation, "L"), wanted, style=style)


def arrays(depth: int, n: int, m: int, dtype: Any = np.float64) -> dict[str, Any]:
    """Random data and parameters for `normalized_mlp`."""
    rng = np.random.default_rng(7)
    values = {"x": rng.normal(size=(m, n)), "y": rng.normal(size=(m, n))}
    for layer in range(1, depth + 1):
        values[f"W{layer}"] = rng.normal(size=(n, n)) / np.sqrt(n)
        values[f"a{layer}"], values[f"b{layer}"] = rng.uniform(0.5, 1.5, n), rng.normal(size=n)
    return {name: value.astype(dtype) for name, value in values.items()}


def by_hand(depth: int, values: dict[str, Any]) -> Callable[[], Any]:
    m, n = values["x"].shape
    network = Handwritten(depth, n, m, values["x"].dtype)
    parameters = [[values[f"{name}{layer}"] for layer in range(1, depth + 1)] for name in "Wab"]
    return lambda: network(values["x"], values["y"], *parameters)


def by_torch(depth: int, values: dict[str, Any]) -> Callable[[], Any] | None:
    """PyTorch's own batch_norm and autograd, None where it is not installed."""
    if find_spec("torch") is None:
        return None
    import torch

    torch.set_num_threads(1)
    data = {name: torch.tensor(value) for name, value in values.items()}
    parameters = [data[name].requires_grad_() for name in data if name not in ("x", "y")]

    def run() -> Any:
        h = data["x"]
        for layer in range(1, depth + 1):
            z = h @ data[f"W{layer}"]
            a, b = data[f"a{layer}"], data[f"b{layer}"]
            h = torch.tanh(torch.nn.functional.batch_norm(z, None, None, a, b, training=True, eps=float(EPS)))
        loss = ((h - data["y"]) ** 2).sum() / len(h)
        return loss, torch.autograd.grad(loss, parameters)

    return run


def in_turn(runs: dict[str, Callable[[], Any]], seconds: float) -> dict[str, list[float]]:
    """The times of each, run one after the other until the time is spent, at least five times."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    end = perf_counter() + seconds
    while perf_counter() < end or len(next(iter(times.values()))) < 5:
        for name, run in runs.items():
            start = perf_counter()
            run()
            times[name].append(perf_counter() - start)
    return times


def main(arguments: Sequence[str] = ()) -> dict[str, Any]:
    seconds = float(arguments[0]) if arguments else 5.0
    network = normalized_mlp(DEPTH)
    function = compiled(network)
    table = Table(title=f"normalized network of depth {DEPTH}, loss and all gradients, float64, one thread", box=None)
    for column in ("n", "m", "by hand", "symnet", "without workspace", "PyTorch", "symnet/by hand", "symnet/PyTorch"):
        table.add_column(column, justify="right")
    records = []
    for n, m in SIZES:
        values, workspace = arrays(DEPTH, n, m), {}
        runs = {
            "by hand": by_hand(DEPTH, values),
            "symnet": lambda v=values, w=workspace: function(w, **v),
            "without workspace": lambda v=values: function(**v),
        }
        torch = by_torch(DEPTH, values)
        if torch is not None:
            runs["PyTorch"] = torch
        times = in_turn(runs, seconds)
        best = {name: min(all_times) for name, all_times in times.items()}
        ratios = {name: float(np.median(np.divide(times["symnet"], times[name]))) for name in times if name != "symnet"}
        records.append({"n": n, "m": m, "seconds": best, "ratios": ratios, "turns": len(times["symnet"])})
        shown = [
            milliseconds(best[k]) if k in best else "" for k in ("by hand", "symnet", "without workspace", "PyTorch")
        ]
        table.add_row(
            str(n), str(m), *shown, *(f"{ratios[k]:.2f}" if k in ratios else "" for k in ("by hand", "PyTorch"))
        )
    console = Console()
    console.print(table)
    derive = best_of(15, lambda: gradient(normalized_mlp(DEPTH), "L"))
    both = best_of(15, lambda: compiled(normalized_mlp(DEPTH)))
    chain = best_of(3, lambda: compiled(normalized_chain(8)))
    console.print(
        f"derive {milliseconds(derive)}, derive and compile {milliseconds(both)}; chain of 8 {milliseconds(chain)}"
    )
    operations = {}
    for name, derivation in (("MLP(64, 4, 4096)", network), ("W(8, 4096)", normalized_chain(8))):
        derived, parameters = gradient(derivation, "L"), [f"dL_d{p.name}" for p in derivation.parameters]
        operations[name] = cost(derived, ["L", *parameters], 4096, 64) / cost(derivation, ["L"], 4096, 64)
    shown = ", ".join(f"{name} {ratio:.2f}" for name, ratio in operations.items())
    console.print(f"operations of loss and all gradients, as multiples of those of the loss: {shown}")
    return {
        "operations": operations,
        "sizes": records,
        "seconds": {"derive": derive, "derive and compile": both, "chain of 8": chain},
    }

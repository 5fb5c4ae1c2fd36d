"""What rigour costs: balls of 50 digits beside floats, loss and all gradients of W(8, 128) and MLP(16, 2, 16).

"steps" is the list of steps by which `symnet.truth` evaluates in any arithmetic, run with floats and with balls;
"source" is the scalar module that `symnet.numeric` writes, run with floats. Smallest times of many, in turn.
"""

import math
import random
from collections.abc import Sequence

from flint import arb, ctx
from rich.console import Console
from rich.table import Table
from sympy import Rational

from symnet.differentiate import gradient
from symnet.equations import Derivation, size
from symnet.numeric.compile import compile_numpy
from symnet.operations import Call
from symnet.truth.arithmetic import Arithmetic, Program
from symnet.truth.enclosure import Balls
from symnet.truth.numbers import bits_of
from tests.benchmarks.mlp import normalized_mlp
from tests.benchmarks.peers.symnet_peer import tanh_chain
from tests.benchmarks.timing import best_of, milliseconds
from tests.builders import M

DIGITS, TURNS = 50, 40
WORKLOADS = {
    "W(8, 128)": (tanh_chain(8), {M: 128}),
    "MLP(16, 2, 16)": (normalized_mlp(2), {size("m"): 16, size("n"): 16}),
}


class Floats(Arithmetic[float]):
    """The same steps in Python's floats."""

    def number(self, value: Rational) -> float:
        return float(value)

    def invert(self, value: float) -> float:
        return 1 / value

    def apply(self, node: Call, args: Sequence[float]) -> float:
        return getattr(math, node.function)(*args)


def measure(network: Derivation, sizes: dict) -> dict[str, float]:
    derived = gradient(network, "L").instantiate(sizes)
    slopes = [f"dL_d{v.name}" for v in derived.parameters]
    wanted = ["L", *(name for name in slopes if name in derived)]
    derived = derived.needed_for(*wanted)
    compiled = compile_numpy(derived, wanted, style="scalar")
    numbers = random.Random(1)
    floats = {v.name: numbers.uniform(0.5, 1.5) for v in (*derived.inputs, *derived.parameters)}
    given = {argument.spelling: floats[argument.name] for argument in compiled.arguments}
    program = Program(derived.equations)
    times = {"source, floats": math.inf, "steps, floats": math.inf, "steps, balls": math.inf}
    with ctx.workprec(bits_of(DIGITS)):
        balls = {name: arb(value) for name, value in floats.items()}
        for _ in range(TURNS):
            runs = {
                "source, floats": lambda: compiled.function(**given),
                "steps, floats": lambda: program.run(floats, Floats()),
                "steps, balls": lambda: program.run(balls, Balls(None)),
            }
            for name, run in runs.items():
                times[name] = min(times[name], best_of(1, run))
    return times


def main(arguments: Sequence[str] = ()) -> dict[str, dict[str, float]]:
    table = Table(title=f"balls of {DIGITS} digits beside floats", box=None)
    for column in ("", "source, floats", "steps, floats", "steps, balls", "balls/floats", "balls/source"):
        table.add_column(column, justify="right")
    records = {}
    for name, (network, sizes) in WORKLOADS.items():
        times = measure(network, sizes)
        source, floats, balls = times.values()
        records[name] = times
        shown = [milliseconds(seconds) for seconds in times.values()]
        table.add_row(name, *shown, f"{balls / floats:.2f}", f"{balls / source:.2f}")
    Console(width=120).print(table)
    return records

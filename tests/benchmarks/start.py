"""How long one waits: for `import symnet` (all that reads, derives and compiles), for `symnet --help`, and for a
function from the text of a network.

The network is W(8, 128), the lecture's chain of eight normalized neurons: as arrays for any number of objects, and
written out for 128 of them in every style. Seconds of the processor, the smallest of several processes.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from symnet.differentiate import gradient
from symnet.equations import size
from symnet.numeric.compile import Compiled, compile_numpy
from symnet.reading.load import network
from tests.benchmarks.timing import best_of, milliseconds

DEPTH, OBJECTS, PROCESSES = 8, 128, 5
_PROCESS = """
import json, sys
from time import process_time
{code}
print(json.dumps([process_time(), sorted({{"sympy", "numpy"}} & sys.modules.keys())]))
"""
STARTS = {
    "import sympy": "import sympy",
    "import symnet": "import symnet.differentiate, symnet.numeric.compile, symnet.reading.load",
    "symnet --help": """
import contextlib, io
from symnet.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(["--help"])""",
}


def text(depth: int) -> str:
    """A network file: `depth` neurons of one input, each normalized with the same learnable scale and shift."""
    neurons = [
        f"h{k} = norm(w{k}*tanh({'x' if k == 1 else f'h{k - 1}'}) + v{k}, eps=1/100000, scale=a, shift=b)"
        for k in range(1, depth + 1)
    ]
    return "\n".join(["inputs x", *neurons, f"loss sum (h{depth} - y)^2", ""])


def function(depth: int, objects: int | None, style: str | None) -> Compiled:
    """From text to a function for the loss and all gradients; without a number of objects for any number."""
    derived = gradient(network(text(depth)).derivation, "L")
    wanted = ["L", *(f"dL_d{v.name}" for v in derived.parameters)]
    if objects is not None:
        derived = derived.instantiate({size("m"): objects})
    return compile_numpy(derived, wanted, style=style)


def started(code: str) -> tuple[float, list[str]]:
    """Seconds that a fresh interpreter takes for it, and which heavy packages it has loaded then."""
    runs = [
        subprocess.run([sys.executable, "-c", _PROCESS.format(code=code)], capture_output=True, text=True, check=True)
        for _ in range(PROCESSES)
    ]
    answers = [json.loads(run.stdout) for run in runs]
    return min(seconds for seconds, _ in answers), answers[0][1]


def main(arguments: Sequence[str] = ()) -> dict[str, float]:
    found = {}
    table = Table(title="from nothing to an answer", box=None)
    table.add_column("")
    table.add_column("seconds of the processor", justify="right")
    for name, code in STARTS.items():
        found[name], loaded = started(code)
        table.add_row(f"{name}{' (loads ' + ', '.join(loaded) + ')' if loaded else ''}", milliseconds(found[name]))
    function(1, 3, None)
    for name, objects, style in (
        ("arrays", None, "numpy"),
        ("scalar", OBJECTS, "scalar"),
        ("packed", OBJECTS, "packed"),
        ("as chosen", OBJECTS, None),
    ):
        found[name] = best_of(3, lambda o=objects, s=style: function(DEPTH, o, s))
        table.add_row(f"W({DEPTH}, {OBJECTS}) from text to a function, {name}", milliseconds(found[name]))
    Console(width=120).print(table)
    return found

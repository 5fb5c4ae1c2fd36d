"""MLP(16, 4, 128) written out: loss and all gradients as half a million single numbers, packed.

Each stage from the network to a result in seconds of this process, the memory at its peak, and the time of one
operation of the equations. The values are compared with those of the vectorized program.
"""

from collections.abc import Sequence
from itertools import pairwise
from time import process_time

import numpy as np
from rich.console import Console

from symnet.differentiate import gradient
from symnet.equations import size
from symnet.expressions import subexpressions
from symnet.numeric.compile import compile_numpy
from tests.benchmarks.mlp import arrays, compiled, normalized_mlp
from tests.benchmarks.timing import best_of, megabytes, milliseconds

DEPTH, WIDTH, OBJECTS = 4, 16, 128


def operations(derivation) -> tuple[int, int]:
    """Distinct nodes, and additions, multiplications, powers and calls among them."""
    nodes = list(subexpressions(*(equation.rhs for equation in derivation)))
    return len(nodes), sum(len(n.args) - 1 if n.is_Add or n.is_Mul else bool(n.args) for n in nodes)


def main(arguments: Sequence[str] = ()) -> dict[str, float]:
    depth, width, objects = map(int, arguments) if arguments else (DEPTH, WIDTH, OBJECTS)
    times = [process_time()]
    derivation = gradient(normalized_mlp(depth), "L")
    times.append(process_time())
    written = derivation.instantiate({size("m"): objects, size("n"): width})
    times.append(process_time())
    parameters = tuple(f"dL_d{letter}" for letter in "Wab")
    wanted = [e.name for e in written if e.name == "L" or e.name.startswith(parameters)]
    function = compile_numpy(written, wanted, style="packed")
    times.append(process_time())
    peak = megabytes()
    values = arrays(depth, width, objects)
    given = {
        "_".join((name, *(str(place + 1) for place in where))): float(array[where])
        for name, array in values.items()
        for where in np.ndindex(array.shape)
    }
    result, vectorized = function(**given), compiled(normalized_mlp(depth))(**values)
    for name, array in vectorized.items():
        for where in np.ndindex(array.shape):
            one = result["_".join((name, *(str(place + 1) for place in where)))]
            np.testing.assert_allclose(one, array[where], rtol=1e-6, atol=1e-9)
    nodes, count = operations(written)
    once = best_of(20, lambda: function(**given))
    derive, write, pack = (after - before for before, after in pairwise(times))
    console = Console()
    console.print(f"normalized network of width {width}, depth {depth}, {objects} objects, written out: {nodes} nodes")
    console.print(
        f"derive {milliseconds(derive)}, write out {milliseconds(write)}, compile {milliseconds(pack)}, "
        f"together {milliseconds(times[-1] - times[0])} and {peak:.0f} MB at the most"
    )
    console.print(f"evaluate {milliseconds(once)}: {1e9 * once / count:.2f} ns for each of {count} operations")
    return {
        "nodes": nodes,
        "operations": count,
        "derive": derive,
        "write out": write,
        "compile": pack,
        "megabytes": peak,
        "evaluate": once,
    }

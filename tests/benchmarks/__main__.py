"""`make bench`: the lecture's normalized chain, symnet's named equations beside plain SymPy on the inlined loss.

For each depth: the time to derive the loss and all gradients for a symbolic batch of m objects (symnet), and the
time SymPy's `diff` needs for the same partial derivatives of the loss written out for three objects. SymPy is
stopped after a minute; ratios are taken within this run.
"""

import multiprocessing
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from sympy import Function, Symbol, sqrt

from symnet.differentiate import gradient
from symnet.expressions import rewrite, subexpressions
from symnet.operations import Call
from tests.builders import M, normalized_chain

LIMIT = 60.0
DEPTHS = range(1, 9)


def best_of(count: int, run: Callable[[], object]) -> float:
    """The smallest of several timings, which is the one least disturbed."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def operations(derivation) -> int:
    """Additions, multiplications, powers and calls in all right-hand sides, each shared one counted once."""
    return sum(bool(node.args) for e in derivation for node in subexpressions(e.rhs))


def plain_sympy(depth: int):
    """The inlined loss over three objects in SymPy's own functions, and its parameters."""
    example = normalized_chain(depth).instantiate({M: 3})
    f = Function("f")

    def rule(node):
        if isinstance(node, Call):
            return sqrt(node.args[0]) if node.function == "sqrt" else f(*node.args)
        return None

    loss = rewrite(example.inline()["L"].rhs, rule)
    return loss, [Symbol(v.name) for v in example.parameters]


def _differentiate(depth: int, queue) -> None:
    loss, parameters = plain_sympy(depth)
    start = time.perf_counter()
    count = sum(loss.diff(p).count_ops() for p in parameters)
    queue.put((time.perf_counter() - start, count))


def sympy_time(depth: int) -> tuple[float, int] | None:
    """Seconds and operations of SymPy's gradient, None when it takes longer than the limit."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_differentiate, args=(depth, queue))
    process.start()
    try:
        return queue.get(timeout=LIMIT)
    except Exception:
        return None
    finally:
        process.terminate()
        process.join()


def main() -> None:
    table = Table(title="lecture chain: loss and all gradients", box=None)
    for column in (
        "depth",
        "equations",
        "operations",
        "symnet, any m",
        "SymPy, m = 3",
        "SymPy operations",
        "ratio",
    ):
        table.add_column(column, justify="right")
    peer_alive = True
    for depth in DEPTHS:
        derivation = normalized_chain(depth)
        result = gradient(derivation, "L")
        own = best_of(3, lambda d=derivation: gradient(d, "L"))
        peer = sympy_time(depth) if peer_alive else None
        peer_alive = peer is not None
        table.add_row(
            str(depth),
            str(len(result.equations)),
            str(operations(result)),
            f"{own * 1000:.0f} ms",
            f"{peer[0] * 1000:.0f} ms" if peer else f"> {LIMIT:.0f} s",
            str(peer[1]) if peer else "",
            f"{peer[0] / own:.1f}" if peer else "",
        )
    Console().print(table)


if __name__ == "__main__":
    main()

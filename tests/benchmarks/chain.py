"""The lecture's normalized chain: symnet's named equations beside plain SymPy on the inlined loss.

For each depth: the time to derive the loss and all gradients for a symbolic batch of m objects (symnet), and the
time SymPy's `diff` needs for the same partial derivatives of the loss written out for three objects. SymPy is
stopped after a minute; ratios are taken within this run.
"""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from sympy import Function, Symbol, sqrt

from symnet.differentiate import gradient
from symnet.expressions import rewrite, subexpressions
from symnet.operations import Call
from tests.benchmarks.timing import best_of, milliseconds, within
from tests.builders import M, normalized_chain

LIMIT = 60.0  # seconds for SymPy
DEPTHS = range(1, 9)


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


def sympy_time(depth: int, limit: float) -> tuple[int, float] | None:
    """Operations of SymPy's gradient and the seconds it took, None when it takes longer than the limit."""
    loss, parameters = plain_sympy(depth)
    return within(limit, lambda: sum(loss.diff(p).count_ops() for p in parameters))


def main(arguments: Sequence[str] = ()) -> list[dict[str, float | None]]:
    limit = float(arguments[0]) if arguments else LIMIT
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
    peer_alive, found = True, list[dict[str, float | None]]()
    for depth in DEPTHS:
        derivation = normalized_chain(depth)
        result = gradient(derivation, "L")
        own = best_of(3, lambda d=derivation: gradient(d, "L"))
        peer = sympy_time(depth, limit) if peer_alive else None
        peer_alive = peer is not None
        here = {"depth": depth, "equations": len(result.equations), "operations": operations(result)}
        found.append(here | {"loss operations": operations(derivation), "seconds": own, "SymPy": peer and peer[1]})
        table.add_row(
            str(depth),
            str(here["equations"]),
            str(here["operations"]),
            milliseconds(own),
            milliseconds(peer[1]) if peer else f"> {limit:.0f} s",
            str(peer[0]) if peer else "",
            f"{peer[1] / own:.1f}" if peer else "",
        )
    Console().print(table)
    return found

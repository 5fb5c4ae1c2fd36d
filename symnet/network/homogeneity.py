"""Scale invariance by degrees: what multiplying parameters by powers of k > 0 does to a network, for every batch."""

from collections.abc import Mapping

from sympy import Expr, S, Symbol

from symnet.expressions import subexpressions, total
from symnet.network.network import Network
from symnet.network.neurons import Norm
from symnet.operations import Call

__all__ = ["is_invariant"]

_HOMOGENEOUS = ("relu", "abs", "leaky_relu", "max", "min")  # f(k u) = k f(u) for k > 0


def is_invariant(network: Network, powers: Mapping[str, Expr]) -> bool:
    """Whether replacing every parameter w by k^powers[w] w, k > 0, changes no output, for every batch.

    Decided by degrees: a product adds them, a sum needs equal ones, a normalization without eps makes degree 0 of
    any degree, an activation needs 0. The answer yes is a proof.
    """
    degrees: dict[Expr, Expr | None] = {Symbol(name): power for name, power in powers.items()}
    for neuron in network:
        done: dict[Expr, Expr | None] = {}
        for node in subexpressions(neuron.formula):
            done[node] = degrees.get(node, S.Zero) if not node.args else _degree(node, done)
        degrees[Symbol(neuron.name)] = done[neuron.formula]
    return all(degrees[Symbol(output)] == 0 for output in network.outputs)


def _degree(node: Expr, done: Mapping[Expr, Expr | None]) -> Expr | None:
    """The k-degree of a node from that of its arguments; None when it has none."""
    parts = [done[child] for child in node.args]
    if isinstance(node, Norm):
        inside, eps = parts[0], parts[1]
        return S.Zero if inside is not None and (node.args[1] == 0 or eps == 2 * inside) else None
    known = [d for d in parts if d is not None]
    if len(known) < len(parts):
        return None
    if node.is_Mul:
        return total(*known)
    if node.is_Pow:
        return known[0] * node.exp if node.exp.is_Rational else None
    same = len(set(known)) == 1
    if node.is_Add:
        return known[0] if same else None
    if isinstance(node, Call) and node.function in _HOMOGENEOUS:
        # the slope of a leaky_relu is a second argument and has to stay as it is
        arguments = known[:1] if node.function == "leaky_relu" and known[-1] == 0 else known
        return arguments[0] if len(set(arguments)) == 1 else None
    return S.Zero if all(d == 0 for d in known) else None

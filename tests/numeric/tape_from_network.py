"""A network of named neurons written onto the reference's tape, which must not know the symbolic rooms itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Pow, Rational, Symbol

from symnet.expressions import subexpressions
from symnet.network.neurons import Loss, Neuron, Norm
from symnet.numeric.reference import Activation, Node, Tape
from symnet.operations import Call


def tape_from_network(
    neurons: Sequence[Neuron],
    loss: Loss,
    columns: Mapping[str, Any],
    parameters: Mapping[str, float],
    statistics: slice = slice(None),
    activations: Mapping[str, Activation] | None = None,
) -> tuple[Tape, dict[str, Node]]:
    """The tape, and its nodes by name: the neurons and the loss as "L".

    columns: inputs and targets by name, each (m,). statistics: the rows whose mean and deviation `norm` uses.
    """
    tape = Tape(activations)
    nodes = {name: tape.constant(values) for name, values in columns.items()}
    nodes |= {name: tape.parameter(name, value) for name, value in parameters.items()}
    for neuron in neurons:
        nodes[neuron.name] = _write(tape, neuron.formula, nodes, statistics)
    column = _write(tape, loss.formula, nodes, statistics)
    nodes["L"] = {"sum": tape.total, "mean": tape.mean}[loss.reduction](column)
    return tape, nodes


def _write(tape: Tape, formula: Expr, named: Mapping[str, Node], statistics: slice) -> Node:
    done: dict[Any, Node] = {}
    for node in subexpressions(formula):
        arguments = [done[child] for child in node.args if child in done]
        if isinstance(node, Rational):
            done[node] = tape.constant(node.p / node.q)
        elif isinstance(node, Symbol):
            done[node] = named[node.name]
        elif isinstance(node, Pow):
            done[node] = tape.power(arguments[0], int(node.exp))
        elif isinstance(node, Norm):
            done[node] = tape.norm(arguments[0], arguments[1], int(node.args[2]), statistics)
        elif isinstance(node, Call):
            done[node] = tape.call(node.function, *arguments)
        elif node.is_Add:
            done[node] = tape.add(*arguments)
        elif node.is_Mul:
            done[node] = arguments[0]
            for factor in arguments[1:]:
                done[node] = tape.mul(done[node], factor)
        else:
            raise TypeError(f"no node of the tape for {node}")
    return done[formula]

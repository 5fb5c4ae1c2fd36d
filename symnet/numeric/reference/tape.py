"""A tape of operations on columns: the independent evaluator of networks of named neurons.

Every node is a column with one number an object, or a scalar shared by all of them. Each operation writes its
value and its local rule; `backward` runs the rules in reverse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnet.errors import DegenerateError
from symnet.numeric.reference.activations import ACTIVATIONS, Activation

__all__ = ["Node", "Tape"]

Array = NDArray[Any]
Rule = Callable[[Array], tuple[Array, ...]]


@dataclass(frozen=True, eq=False)
class Node:
    """An entry of a tape: its value, shape (m,) or (), the nodes it was made of and the rule back to them."""

    value: Array
    parents: tuple["Node", ...] = ()
    rule: Rule = lambda gradient: ()


class Tape:
    """Records a computation and differentiates it by every parameter.

    activations: further functions by name (an abstract f given a concrete meaning) beside the known ones.
    """

    def __init__(self, activations: Mapping[str, Activation] | None = None) -> None:
        self.activations = {**ACTIVATIONS, **(activations or {})}
        self.parameters: dict[str, Node] = {}
        self._nodes: list[Node] = []

    # Leaves

    def constant(self, value: Any) -> Node:
        """A number, or a column of numbers (m,), that no gradient is taken by."""
        return self._record(np.asarray(value))

    def parameter(self, name: str, value: float) -> Node:
        """A scalar whose gradient `backward` reports."""
        self.parameters[name] = self._record(np.asarray(value))
        return self.parameters[name]

    # Operations

    def add(self, *terms: Node) -> Node:
        value = np.asarray(sum(term.value for term in terms))
        return self._record(value, terms, lambda gradient: (gradient,) * len(terms))

    def mul(self, a: Node, b: Node) -> Node:
        return self._record(a.value * b.value, (a, b), lambda gradient: (gradient * b.value, gradient * a.value))

    def div(self, a: Node, b: Node) -> Node:
        value = a.value / b.value
        return self._record(value, (a, b), lambda gradient: (gradient / b.value, -gradient * value / b.value))

    def power(self, base: Node, exponent: int) -> Node:
        """base ** exponent for an integer exponent."""
        slope = exponent * base.value ** np.asarray(exponent - 1, dtype=base.value.dtype) if exponent else 0.0
        value = base.value ** np.asarray(exponent, dtype=base.value.dtype)
        return self._record(value, (base,), lambda gradient: (gradient * slope,))

    def call(self, name: str, *arguments: Node) -> Node:
        """An activation by its name."""
        activation, values = self.activations[name], [a.value for a in arguments]
        return self._record(
            np.asarray(activation.forward(*values)),
            arguments,
            lambda gradient: activation.backward(gradient, *values),
        )

    def norm(self, z: Node, eps: Node | None = None, ddof: int = 0, rows: slice = slice(None)) -> Node:
        """(z - C)/S, C and S = sqrt(sum (z - C)^2/(n - ddof) + eps) over the n objects in `rows`.

        z: a column (m,). Raises DegenerateError when S is 0 or n <= ddof.
        """
        chosen = z.value[rows]
        count = len(chosen)
        if count <= ddof:
            raise DegenerateError(f"a deviation over {count} objects cannot be divided by {count} - {ddof}")
        eps = eps or self.constant(0.0)
        mean = chosen.sum() / count
        spread = np.sqrt(((chosen - mean) ** 2).sum() / (count - ddof) + eps.value)
        if spread == 0:
            raise DegenerateError("the statistics batch is constant and eps is 0: its deviation S is 0")
        out = (z.value - mean) / spread

        def rule(gradient: Array) -> tuple[Array, Array]:
            dvariance = -(gradient * out).sum() / (2 * spread**2)
            dz = gradient / spread
            dz[rows] += 2 * dvariance * (chosen - mean) / (count - ddof) - gradient.sum() / (spread * count)
            return dz, dvariance

        return self._record(out, (z, eps), rule)

    def total(self, a: Node) -> Node:
        """The sum over the objects of a column."""
        return self._record(np.asarray(a.value.sum()), (a,), lambda gradient: (np.full_like(a.value, gradient),))

    def mean(self, a: Node) -> Node:
        """The mean over the objects of a column."""
        return self.div(self.total(a), self.constant(float(a.value.size)))

    # The reverse sweep

    def backward(self, loss: Node) -> dict[str, float]:
        """The gradient of a scalar node by every parameter; 0.0 for those it does not depend on."""
        gradients: dict[Node, Array] = {loss: np.ones_like(loss.value)}
        for node in reversed(self._nodes):
            if node not in gradients:
                continue
            for parent, part in zip(node.parents, node.rule(gradients[node]), strict=False):
                # A scalar used by every object collects from all of them; a column takes a shared part as it is.
                part = np.sum(part) if parent.value.ndim == 0 else np.broadcast_to(part, parent.value.shape)
                gradients[parent] = gradients[parent] + part if parent in gradients else np.asarray(part)
        return {name: float(gradients.get(node, 0.0)) for name, node in self.parameters.items()}

    def _record(self, value: Any, parents: tuple[Node, ...] = (), rule: Rule = lambda gradient: ()) -> Node:
        self._nodes.append(Node(np.asarray(value), parents, rule))
        return self._nodes[-1]

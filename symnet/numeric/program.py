"""A program of array operations: the one thing that the compiler writes and that every printer reads.

A node is an operation on other nodes. Equal nodes are one object, so whatever an equation repeats, or two equations
share, is computed once. Nothing here knows of expressions or of the source that is printed.

op          args                    detail
"input"                             the name of an argument or of an equation that is kept as an array
"number"                            a Rational or a float
"size"                              the symbol of a number of objects or neurons
"add"       the terms               the sign of each, 1 or -1
"multiply"  two factors             "divide", "floor_divide" and "power" likewise, "negative" has one
"call"      the arguments           what NumPy calls the function: "np.tanh", "normal_cdf"
"apply"     one argument            the name of an abstract function, which the caller passes
"compare"   two sides               ">", "==", "<=" or "&": an array of truth values
"real"      one argument            the argument in the floating type in use
"pick"      an array, then places   for each axis ":", "None", "at" (takes one place), or "a:b", "a:", ":b" (two, one)
"turn"      an array                the order of its axes
"sum"       an array                the axes summed over, None for all
"matmul"    two arrays
"einsum"    the arrays              the specification, and whether to let NumPy plan it
"full"      a value                 copied to the node's shape
"arange"    first, beyond the last  whether its numbers are real
"eye"       the size
"ones"      the size                a vector of ones
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sympy import Expr

__all__ = ["ELEMENTWISE", "Graph", "Node", "Shape"]

Shape = tuple[Expr, ...]

# Operations that compute each entry of the result from the entries at its place.
ELEMENTWISE = frozenset({"add", "multiply", "divide", "power", "negative", "call", "compare", "real"})


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One operation.

    shape: the size of each axis, 1 where it is only there to broadcast. kind: "real" numbers of the floating type
    in use, "literal" ones that take the type of what they meet, "integer" places, or "truth" values.
    """

    op: str
    args: tuple["Node", ...] = ()
    shape: Shape = ()
    detail: Any = None
    kind: str = "real"

    @property
    def literal(self) -> bool:
        return self.kind == "literal"


class Graph:
    """Makes nodes, and gives the one there is where an equal one was made before."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[Any, ...], Node] = {}

    def __call__(
        self, op: str, args: Iterable[Node] = (), shape: Shape = (), detail: Any = None, kind: str = "real"
    ) -> Node:
        args = tuple(args)
        key = (op, args, shape, detail, type(detail), kind)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(op, args, shape, detail, kind)
        return node

"""What `symnet draw` writes: the picture of a network or of its computation, in the format of the file's ending."""

from collections.abc import Mapping, Sequence

from sympy import Rational

from symnet.commands.derive import complete_point
from symnet.drawing.diagram import diagram
from symnet.drawing.graph import computation_graph
from symnet.drawing.svg import svg
from symnet.drawing.tikz import tikz
from symnet.errors import SymnetError
from symnet.network.network import Network

__all__ = ["draw"]

_FORMATS = {"svg": svg, "tex": tikz}


def draw(
    network: Network, dropped: Sequence[str], graph: bool, at: Mapping[str, Rational] | None, path: str | None
) -> str:
    """The text of the picture. A graph is that of the loss of the network without the dropped neurons, at a point.

    Raises SymnetError for a file that is neither .svg nor .tex, and for a graph without data or a point.
    """
    ending = "svg" if path is None else path.rpartition(".")[2]
    if ending not in _FORMATS:
        raise SymnetError(f"{path} ends in neither .svg nor .tex")
    if not graph:
        if at is not None:
            raise SymnetError("--at gives values to the graph of the computation: add --graph")
        return _FORMATS[ending](diagram(network, dropped))
    smaller = network.drop(dropped) if dropped else network
    if at is None:
        raise SymnetError("the graph shows values: give the parameters some with --at, or all of them with --at all=0")
    return _FORMATS[ending](computation_graph(smaller.example, complete_point(smaller, at)))

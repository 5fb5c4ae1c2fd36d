"""What `symnet plot` draws with matplotlib: training on the loss, its convergence, an activation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symnet.commands.derive import Request, complete_point, training_steps
from symnet.drawing.plots import convergence, trajectory
from symnet.errors import SymnetError
from symnet.network.network import Network
from symnet.quadratic import Quadratic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_training", "save"]


def plot_training(network: Network, request: Request, over: Sequence[str]) -> "Figure":
    """The path of the requested steps over two parameters; for `over` empty, the convergence of a quadratic loss.

    Raises SymnetError when `over` names another number of parameters, or the request has no start.
    """
    if request.at is None:
        raise SymnetError("a plot of training needs a start: --at all=0")
    if over:
        if len(over) != 2:
            raise SymnetError(f"--over takes two parameters, not {', '.join(over)}")
        return trajectory(network, training_steps(network, request), (over[0], over[1]))
    smaller = network.drop(request.drop) if request.drop else network
    start = complete_point(network, request.at)
    loss = smaller.example.inline()["L"].rhs
    used = [name for name in network.parameters if name in {str(s) for s in loss.free_symbols}]
    return convergence(Quadratic.of(loss, used), start)


def save(figure: "Figure", path: str) -> None:
    """Write the figure in the format of the ending: svg, png or pdf. Raises SymnetError when it cannot be written."""
    if path.rpartition(".")[2] not in ("svg", "png", "pdf"):
        raise SymnetError(f"{path} ends in none of .svg, .png, .pdf")
    try:
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.endswith(".svg") else None)
    except OSError as error:
        raise SymnetError(f"cannot write {path}: {error.strerror}") from None

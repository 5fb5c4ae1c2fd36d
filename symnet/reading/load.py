"""From a network file to a `Network`."""

from os import PathLike

from symnet.network.network import Network
from symnet.reading.network_file import NetworkText, read_network, read_network_file

__all__ = ["load_network", "network"]


def load_network(path: str | PathLike[str]) -> Network:
    """The network a `.net` file describes. Raises InputError (with line and column) or SymnetError."""
    return _build(read_network_file(path))


def network(text: str) -> Network:
    """The network that the text of a `.net` file describes; how derivations write theirs."""
    return _build(read_network(text))


def _build(text: NetworkText) -> Network:
    columns = (*text.input_columns, *text.target_columns)
    order = [columns.index(name) for name in (*text.inputs, *text.target_columns)] if text.rows else []
    return Network(
        inputs=text.inputs,
        neurons=text.neurons,
        outputs=text.outputs,
        targets=text.target_columns,
        loss=text.loss,
        rows=None if text.rows is None else tuple(tuple(row[k] for k in order) for row in text.rows),
        statistics=text.statistics,
        name=text.name or "network",
        order=text.parameters,
    )

"""docs/growth.svg: how time grows with depth, batch and width, for symnet and its peers.

A line that ends early is a peer that took too long.
"""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

from tests.benchmarks.peers import NAMES

PICTURE = Path("docs") / "growth.svg"
AXES = {"depth": ("k", "layers, W(k, 3)"), "batch": ("m", "objects, W(4, m)"), "width": ("n", "width, MLP(n, 2, 64)")}
ROWS = {"derive and compile": ("derive", "compile"), "loss and all gradients": ("evaluate",)}


def points(records: list[dict[str, Any]], series: str, peer: str, keys: tuple[str, ...]) -> list[tuple[int, float]]:
    """(size, seconds) of a peer in a series; where nothing is derived or compiled there is nothing to show."""
    axis = AXES[series][0]
    chosen = [r for r in records if r["series"] == series and r["peer"] == peer and "error" not in r]
    return [(r[axis], sum(r[key] for key in keys)) for r in chosen]


def draw(records: list[dict[str, Any]]) -> None:
    plt.rcParams.update({"font.size": 8, "svg.hashsalt": "symnet", "svg.fonttype": "none"})
    figure, grid = plt.subplots(len(ROWS), len(AXES), figsize=(9.5, 5.6), sharey="row", layout="constrained")
    styles = {peer: plt.get_cmap("tab20")(k) for k, peer in enumerate(NAMES)}
    for row, (title, keys) in zip(grid, ROWS.items(), strict=True):
        for axes, (series, (_, label)) in zip(row, AXES.items(), strict=True):
            for peer in NAMES:
                if peer in ("PyTorch", "PyTorch composed", "by hand") and "derive" in keys:
                    continue  # nothing is derived ahead
                line = points(records, series, peer, keys)
                if line:
                    width = 2.2 if peer.startswith("symnet") else 1
                    axes.plot(*zip(*line, strict=True), "o-", ms=3, lw=width, color=styles[peer], label=peer)
            axes.set(xscale="log", yscale="log", xlabel=label)
            measured = sorted({x for line in axes.lines for x in line.get_xdata()})
            axes.set_xticks(measured, [f"{x:g}" for x in measured], minor=False)
            axes.set_xticks([], minor=True)
            axes.grid(alpha=0.3)
        row[0].set_ylabel(f"seconds: {title}")
    lines = {h: name for axes in grid.flat for h, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    once = {name: h for h, name in lines.items()}
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=6, frameon=False)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, metadata={"Date": None})

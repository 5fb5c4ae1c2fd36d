"""Generated identities and near-misses in full: what symnet says of each, how often it is right, how long it takes.

A wrong verdict is the worst there is, so each is printed, and so is every identity that stays undecided.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.identities import KINDS
from tests.judging import Judgement, examined

__all__ = ["main"]

VERDICTS = ("proved", "proved-if", "refuted", "undecided")
WIDTH = 125  # of the table, at least


def main(arguments: Sequence[str] = ()) -> list[dict[str, object]]:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks identities", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    parser.add_argument("--each", type=int, default=25, help="identities of each kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    judgements = []
    progress = Console(stderr=True)
    with progress.status("") as status:
        for judgement in examined(options.seed, options.each):
            status.update(f"{len(judgements)}: {judgement.identity.kind}")
            judgements.append(judgement)
            _remark(judgement)
    found = [_row(kind, true, judgements) for kind in KINDS for true in (True, False)]
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        console = Console()
        console.width = max(console.width, WIDTH)
        console.print(_table(judgements))
    return found


def _remark(judgement: Judgement) -> None:
    """Say what a reader has to look at."""
    if judgement.wrong:
        print(f"WRONG, {judgement.wrong}: {judgement.identity}", file=sys.stderr)
    elif judgement.true and judgement.verdict and judgement.kind != "proved":
        said = ", ".join((judgement.kind, *judgement.verdict.assumptions, judgement.verdict.method))
        print(f"{said}: {judgement.identity}", file=sys.stderr)


def _row(kind: str | None, true: bool, judgements: Sequence[Judgement]) -> dict[str, object]:
    """Counts and times for a kind, or for all of them."""
    chosen = [j for j in judgements if j.true == true and kind in (None, j.identity.kind)]
    times = sorted(j.seconds for j in chosen)
    return {
        "kind": kind or "all",
        "statements": "true" if true else "near-misses",
        "number": len(chosen),
        **{verdict: sum(j.kind == verdict for j in chosen) for verdict in VERDICTS},
        "wrong": sum(bool(j.wrong) for j in chosen),
        "median": times[len(times) // 2] if times else 0.0,
        "slowest": max(times, default=0.0),
        "seconds": sum(times),
    }


def _table(judgements: Sequence[Judgement]) -> Table:
    table = Table(title="generated identities, and near-misses with one edit", box=None)
    rows = [_row(kind, true, judgements) for true in (True, False) for kind in (*KINDS, None)]
    for column in rows[0]:
        table.add_column(column, justify="left" if column in ("kind", "statements") else "right", no_wrap=True)
    for row in rows:
        cells = [f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values()]
        table.add_row(*cells, end_section=row["kind"] == "all")
    return table

"""What the benchmarks come to: the table of targets, and the tables and the picture of the documents.

python -m tests.benchmarks.report README.md docs/speed.md      (from build/bench/results.json; nothing is typed by hand)
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.benchmarks.results import known
from tests.benchmarks.timing import cell

__all__ = ["SECTIONS", "Target", "measured", "targets", "write"]

SIZES = ((64, 128), (64, 4096), (256, 128), (256, 4096))
PEERS = ("by hand", "JAX", "PyTorch", "PyTorch composed", "PyTensor", "CasADi MX")
Results = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """What a number must be at most, and what it aims at."""

    name: str
    must: float
    aim: float
    unit: str
    value: Callable[[Results], float]


def _peer(results: Results, series: str, peer: str, key: str, **where: int) -> float:
    """A number of the comparison with peers. Raises KeyError where it was not measured."""
    for record in results["peers"]:
        here = record["series"] == series and record["peer"] == peer and "error" not in record
        if here and all(record[name] == value for name, value in where.items()):
            return float(record[key])
    raise KeyError(peer)


def _beside(peer: str, n: int, m: int) -> Callable[[Results], float]:
    """The time of symnet as a multiple of the peer's."""

    def ratio(results: Results) -> float:
        own, other = (_peer(results, "networks", name, "evaluate", n=n, m=m) for name in ("symnet", peer))
        return own / other

    return ratio


def _written_out(results: Results) -> float:
    return sum(results["unrolled"][stage] for stage in ("derive", "write out", "compile"))


def _rigour(results: Results) -> float:
    """Balls as a multiple of floats, the same steps, at worst."""
    return max(times["steps, balls"] / times["steps, floats"] for times in results["balls"].values())


TARGETS = (
    *(Target(f"MLP({n}, 4, {m}), as a multiple of by hand", 1.2, 1.05, "", _beside("by hand", n, m)) for n, m in SIZES),
    *(Target(f"MLP({n}, 4, {m}), as a multiple of PyTorch", 1.0, 0.8, "", _beside("PyTorch", n, m)) for n, m in SIZES),
    Target("MLP(64, 4, 4096), as a multiple of JAX", 0.65, 0.65, "", _beside("JAX", 64, 4096)),
    Target(
        "derive and compile MLP of depth 4", 50, 15, "ms", lambda r: 1e3 * r["mlp"]["seconds"]["derive and compile"]
    ),
    Target("W(8, 128), text to function, arrays", 1000, 15, "ms", lambda r: 1e3 * r["start"]["arrays"]),
    Target("W(8, 128), text to function, as chosen", 1000, 150, "ms", lambda r: 1e3 * r["start"]["as chosen"]),
    Target("W(8, 128), text to function, scalar", 1000, 150, "ms", lambda r: 1e3 * r["start"]["scalar"]),
    Target(
        "operations with all gradients, of those of the loss", 3, 3, "", lambda r: max(r["mlp"]["operations"].values())
    ),
    Target("MLP(16, 4, 128) written out: derive and compile", 5, 2, "s", _written_out),
    Target("the same, memory", 1000, 400, "MB", lambda r: r["unrolled"]["megabytes"]),
    Target(
        "the same, an operation", 6, 6, "ns", lambda r: 1e9 * r["unrolled"]["evaluate"] / r["unrolled"]["operations"]
    ),
    Target("balls of 50 digits, as a multiple of floats", 5, 2.5, "", _rigour),
    Target(
        "import symnet, beyond sympy", 0.5, 0.5, "s", lambda r: r["start"]["import symnet"] - r["start"]["import sympy"]
    ),
    Target("symnet --help", 0.2, 0.2, "s", lambda r: r["start"]["symnet --help"]),
)


def measured(results: Results) -> Iterator[tuple[Target, float | None]]:
    """Each target with what was measured, None where it was not."""
    for target in TARGETS:
        try:
            yield target, target.value(results)
        except KeyError:
            yield target, None


def targets(results: Results) -> Table:
    table = Table(title="targets", box=None)
    for column in ("", "measured", "must be at most", "aims at", ""):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for target, value in measured(results):
        shown = "not measured" if value is None else f"{_number(value)} {target.unit}"
        said = "" if value is None else "misses" if value > target.must else "aim" if value <= target.aim else "meets"
        table.add_row(target.name, shown, f"{target.must:g} {target.unit}", f"{target.aim:g} {target.unit}", said)
    return table


# The documents


def _speed_table(results: Results) -> list[str]:
    """Evaluation on one thread and on two as multiples of symnet's, and the time to derive and compile."""
    there = [p for p in PEERS if any(r["peer"] == p and "error" not in r for r in results["peers"])]
    lines = _markdown(["width, objects", "symnet", *there])
    for series, title in (("networks", ""), ("two threads", ", two threads")):
        if any(record["series"] == series for record in results["peers"]):
            lines += [_row(f"{n}, {m}{title}", series, "evaluate", results, there, n, m) for n, m in SIZES]
    lines.append(_row("64, 128: derive and compile", "networks", "compile", results, there, 64, 128))
    machine = results["machine"]
    where = f"{machine['processors']} processors ({machine['processor']}), Python {machine['python']}"
    return [*lines, "", f"Measured on {where}."]


def _target_table(results: Results) -> list[str]:
    lines = _markdown(["", "measured", "at most", "aim"])
    for target, value in measured(results):
        shown = "" if value is None else f"{_number(value)} {target.unit}"
        cells = (shown, f"{target.must:g} {target.unit}", f"{target.aim:g} {target.unit}")
        lines.append(f"| {target.name} | {' | '.join(cell.strip() for cell in cells)} |")
    return lines


def _proof_table(results: Results) -> list[str]:
    """Proofs of closed forms with their second opinions, beside peers whose outcome is not always a proof."""
    lines = _markdown(["", "symnet", "SymPy `simplify`", "tensorgrad"])
    for row in results["prover"]:
        whole = ("verdict", "seconds") if row["verdict"] else ("outcome", "proof")
        columns = ((*whole, "proved"), ("sympy", "sympy_seconds", "0"), ("tensorgrad", "tensorgrad_seconds", "0"))
        cells = (cell(row[said], row[seconds], expected, row["limit"]) for said, seconds, expected in columns)
        lines.append(f"| {row['name']} | {' | '.join(cells)} |")
    return lines


SECTIONS: dict[str, Callable[[Results], list[str]]] = {
    "speed": _speed_table,
    "targets": _target_table,
    "proofs": _proof_table,
}


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _markdown(titles: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(titles)} |", f"| --- | {' | '.join(['---:'] * (len(titles) - 1))} |"]


def _row(title: str, series: str, key: str, results: Results, peers: Sequence[str], n: int, m: int) -> str:
    """symnet's time, and those of the others as multiples of it; deriving belongs to compiling."""

    def seconds(peer: str) -> float:
        found = _peer(results, series, peer, key, n=n, m=m)
        return found + (_peer(results, series, peer, "derive", n=n, m=m) if key == "compile" else 0)

    own = seconds("symnet")
    cells = [f"{_number(1e3 * own)} ms"]
    for peer in peers:
        try:
            other = seconds(peer)
        except KeyError:
            cells.append("")
        else:
            ahead = key == "evaluate" or not peer.startswith(("by hand", "PyTorch"))  # they derive nothing ahead
            cells.append(_number(round(other / own, 2)) if ahead else "")
    return f"| {title} | {' | '.join(cells)} |"


def write(document: Path, results: Results) -> None:
    """Put each section that the document has a place for there. Raises ValueError where it has none."""
    text, places = document.read_text(encoding="utf-8"), 0
    for name, lines in SECTIONS.items():
        start, end = f"<!-- {name}, written by `make speed-table` -->\n", f"<!-- end of {name} -->"
        before, found, rest = text.partition(start)
        if found:
            text = f"{before}{start}{chr(10).join(lines(results))}\n{end}{rest.partition(end)[2]}"
            places += 1
    if not places:
        raise ValueError(f"{document} has no line <!-- speed, written by `make speed-table` -->")
    document.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    from tests.benchmarks.plot import draw  # needs matplotlib

    for path in sys.argv[1:]:
        write(Path(path), known())
    draw(known()["peers"])

"""symnet beside every peer that is installed: deriving, compiling, running, memory; loss and all gradients.

W(k, m): the lecture's normalized chain of k layers over m objects. MLP(n, k, m): a normalized network of width n.
Every peer is a process of its own, with the threads it is given and stopped after a time limit; it is first checked
to compute the same numbers. On one thread all are held to the same processor, which is the only limit XLA respects.
They run in turn, several times each, and the smallest time of many turns counts, so that other work on the machine
disturbs little. SYMNET_PEERS names another interpreter that has the peers; what neither has is
said and left out. A peer that fails at one size of a row of growing sizes is not asked for larger ones.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.peers import NAMES, module_of
from tests.benchmarks.results import known
from tests.benchmarks.timing import milliseconds

LIMIT = 20.0  # seconds to start, derive, compile and run once
TURNS, TURN, LONGEST = 15, 0.05, 4.0  # turns, seconds of each, seconds of all turns of a peer
WARM, SLOW = 3, 1.0  # runs of a turn at least, as the first finds the caches cold; but one where it takes seconds
OWN = ("symnet", "symnet scalar", "by hand")  # run by this interpreter
UNROLLED = ("symnet scalar", "CasADi SX", "SymEngine", "SymPy", "SymPy cse")
SCALARS = 2_500  # activations of a network up to which peers that write everything out are asked


@dataclass(frozen=True)
class Instance:
    """A workload: "chain" or "mlp", with its depth k, width n (1 for the chain) and number of objects m."""

    workload: str
    k: int
    n: int
    m: int
    threads: int = 1

    def __str__(self) -> str:
        return f"W({self.k}, {self.m})" if self.workload == "chain" else f"MLP({self.n}, {self.k}, {self.m})"


# Rows of growing instances: by depth, by batch, by width, and the networks of practice.
SERIES = {
    "depth": [Instance("chain", k, 1, 3) for k in (1, 2, 3, 4, 6, 8)],
    "batch": [Instance("chain", 4, 1, m) for m in (4, 32, 256, 2048)],
    "width": [Instance("mlp", 2, n, 64) for n in (4, 16, 64, 256)],
    "chain": [Instance("chain", 8, 1, 128)],
    "networks": [Instance("mlp", 4, n, m) for n, m in ((64, 128), (64, 4096), (256, 128), (256, 4096))],
    "two threads": [Instance("mlp", 4, n, m, 2) for n, m in ((64, 128), (64, 4096), (256, 128), (256, 4096))],
}


class Peer:
    """A process that has built one workload and runs it when asked."""

    def __init__(self, column: str, instance: Instance) -> None:
        threads = str(instance.threads)
        variables = {f"{library}_NUM_THREADS": threads for library in ("OMP", "OPENBLAS", "MKL")}
        if instance.threads == 1:
            variables["SYMNET_ONE_PROCESSOR"] = "1"
        python = sys.executable if column in OWN else interpreter()
        self.process = subprocess.Popen(
            [python, "-m", "tests.benchmarks.worker", column, instance.workload]
            + [str(number) for number in (instance.k, instance.n, instance.m)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **variables},
        )
        self._answers: Queue[str] = Queue()
        Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def answer(self, limit: float) -> Any:
        """The next line, None when it takes longer or the process died."""
        try:
            line = self._answers.get(timeout=limit)
        except Empty:
            return None
        return json.loads(line) if line else None

    def run(self, repetitions: int) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{repetitions}\n")
        self.process.stdin.flush()
        return float(self.answer(60.0))


def interpreter() -> str:
    """The Python that has the peers."""
    return os.environ.get("SYMNET_PEERS", sys.executable)


def absent(packages: Iterable[str]) -> set[str]:
    """Those packages that the Python of the peers does not have."""
    code = "import sys, json, importlib.util as u; print(json.dumps([n for n in sys.argv[1:] if not u.find_spec(n)]))"
    answer = subprocess.run([interpreter(), "-c", code, *packages], capture_output=True, text=True, check=True)
    return set(json.loads(answer.stdout))


def missing() -> list[str]:
    """The columns whose packages are not there."""
    wanted = {column: module_of(column).NEEDS for column in NAMES if column not in OWN}
    gone = absent({name for names in wanted.values() for name in names})
    return [column for column, names in wanted.items() if gone & set(names)]


def compare(instance: Instance, columns: Sequence[str], limit: float = LIMIT) -> Iterator[dict[str, Any]]:
    """A record for each column that has this workload; `error` in place of numbers for one that fails."""
    with ExitStack() as stack:
        records: dict[str, dict[str, Any]] = {}
        peers: dict[str, Peer] = {}
        for column in columns:
            start = perf_counter()
            peer = stack.enter_context(Peer(column, instance))
            built = peer.answer(limit)
            if built is None:
                slow = perf_counter() - start >= limit
                peer.process.kill()
                built = {"error": f"> {limit:.0f} s" if slow else "failed"}
            elif records and not _agrees(built, next(iter(records.values()))):
                built["error"] = "other numbers"
            else:
                peers[column] = peer
            records[column] = built
        for peer in peers.values():
            peer.run(1)  # tells it how long a run takes
        best = {column: peer.run(1) for column, peer in peers.items()}
        spent = dict.fromkeys(peers, 0.0)
        for turn in range(TURNS):
            for column, peer in peers.items():
                if turn < 3 or spent[column] < LONGEST:
                    start = perf_counter()
                    least = WARM if best[column] < SLOW else 1
                    best[column] = min(best[column], peer.run(max(least, int(TURN / best[column]))))
                    spent[column] += perf_counter() - start
        for column, record in records.items():
            record |= {"peer": column, "evaluate": best.get(column)}
            yield record


def _agrees(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(abs(one[key] - other[key]) <= 1e-6 * abs(other[key]) for key in ("loss", "size"))


def columns_for(instance: Instance, absent: Sequence[str]) -> list[str]:
    scalars = instance.k * instance.m * instance.n**2
    return [
        column
        for column in NAMES
        if column not in absent
        and instance.workload in module_of(column).COLUMNS[column]
        and (column not in UNROLLED or scalars <= SCALARS)
        and (instance.threads == 1 or column in ("symnet", "by hand", "PyTorch", "JAX"))
    ]


def table_of(title: str, records: Sequence[dict[str, Any]]) -> Table:
    table = Table(title=title, box=None)
    for column in ("", "peer", "derive", "compile", "evaluate", "ratio", "operations", "memory"):
        table.add_column(column, justify="left" if column in ("", "peer") else "right", no_wrap=True)
    base = 0.0
    for record in records:
        if record["peer"] == "symnet":
            base = record["evaluate"]
        if "error" in record:
            table.add_row(record["instance"], record["peer"], record["error"])
            continue
        evaluate = record["evaluate"]
        shown = milliseconds(evaluate) if evaluate >= 1e-3 else f"{1e6 * evaluate:.0f} us"
        times = [milliseconds(record[key]) for key in ("derive", "compile")]
        ratio = f"{evaluate / base:.2f}" if base else ""
        operations = str(record["operations"] or "")
        table.add_row(
            record["instance"], record["peer"], *times, shown, ratio, operations, f"{record['memory']:.0f} MB"
        )
    return table


def main(arguments: Sequence[str] = ()) -> list[dict[str, Any]]:
    """All series, or those named, in place of their earlier results."""
    console, gone = Console(width=120), missing()
    earlier = known().get("peers", []) if arguments else []
    records = [record for record in earlier if record["series"] not in arguments]
    if gone:
        console.print(f"not installed, left out: {', '.join(gone)} (SYMNET_PEERS names an interpreter that has them)")
    for series in arguments or SERIES:
        failed: set[str] = set()
        rows = []
        for instance in SERIES[series]:
            columns = [c for c in columns_for(instance, gone) if c not in failed]
            for record in compare(instance, columns):
                failed |= {record["peer"]} if "error" in record else set()
                where = {"series": series, "instance": str(instance), **vars(instance)}
                rows.append(where | record)
        console.print(table_of(f"{series}: loss and all gradients, {SERIES[series][0].threads} thread(s)", rows))
        records += rows
    return records

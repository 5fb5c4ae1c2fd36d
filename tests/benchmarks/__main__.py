"""`make bench` runs all benchmarks and prints one table of the targets; the results go to build/bench/results.json.

`python -m tests.benchmarks NAME [options]` runs one: start, mlp, unrolled, balls, peers, chain, prover or identities;
`python -m tests.benchmarks targets` only prints the table anew.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from rich.console import Console

from tests.benchmarks import balls, chain, compare, identities, mlp, prover, start, unrolled
from tests.benchmarks.report import targets
from tests.benchmarks.results import keep, known

# Each with the options it has among all, so that all of them take some ten minutes.
BENCHMARKS: dict[str, tuple[Callable[[Sequence[str]], Any], tuple[str, ...]]] = {
    "start": (start.main, ()),
    "mlp": (mlp.main, ()),
    "unrolled": (unrolled.main, ()),
    "balls": (balls.main, ()),
    "peers": (compare.main, ()),
    "chain": (chain.main, ("10",)),
    "prover": (prover.main, ("--limit", "10")),
    "identities": (identities.main, ("--each", "2")),
}


def _run(name: str, options: Sequence[str]) -> None:
    begin = perf_counter()
    found = BENCHMARKS[name][0](options)
    keep(name, found, perf_counter() - begin)


def main(arguments: list[str]) -> int:
    name, *options = arguments or ["all"]
    if name not in ("all", "targets", *BENCHMARKS):
        print(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    if name in BENCHMARKS:
        _run(name, options)
        return 0
    if name == "all":
        for one, (_, usual) in BENCHMARKS.items():  # a process for each: none finds the memory of another
            subprocess.run([sys.executable, "-m", "tests.benchmarks", one, *usual], check=True)
    Console(width=120).print(targets(known()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

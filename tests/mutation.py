"""Would the tests notice? Change one thing at a time in a file, in a copy of the repository, and run its tests.

    python -m tests.mutation symnet/sums.py … [--tests tests/test_sums.py …] [--sample 100 --seed 0] [--json OUT]

A mutant that its tests do not notice survives. Survivors that behave like the original are listed with the reason
in `mutants.md`; any other is printed, and the exit status is 1. The tests are collected once; for each mutant a fork
of that process gets the changed function and runs the tests that reach the changed line and are not slow, likely
killers first, until one fails.
"""

import argparse
import json
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import flint  # noqa: F401 (loaded once, before the forks)
import numpy  # noqa: F401
import sympy  # noqa: F401
from hypothesis import Phase, settings

from tests.mutants import Mutant, mutants
from tests.mutation_runs import Bench

ROOT = Path(__file__).parent.parent
LISTED = Path(__file__).parent / "mutants.md"


def tests_of(files: Sequence[str]) -> list[str]:
    """The tests for source files: those of their names, and those of the prover, who works with all of them."""
    own = [path for file in files for path in sorted((ROOT / "tests").glob(f"test_{Path(file).stem}*.py"))]
    return [str(path.relative_to(ROOT)) for path in (*dict.fromkeys(own), ROOT / "tests" / "truth")]


def listed(text: str) -> dict[tuple[str, str, str], str]:
    """The equivalent mutants of `mutants.md` with their reasons, by file, function and change.

    A paragraph that ends in a colon is the reason for each entry below it.
    """
    found: dict[tuple[str, str, str], str] = {}
    file = reason = ""
    for line in text.splitlines():
        if heading := re.match(r"## (\S+)", line):
            file = heading[1]
        elif entry := re.match(r"- `([^`]*)` `` (.*) ``$", line):
            found[file, entry[1], entry[2]] = reason
        elif line.endswith(":"):
            reason = line[:-1]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants of the files; 0 when each is noticed or listed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("files", nargs="+", metavar="file", help="a source file, from the root of the repository")
    parser.add_argument("--tests", nargs="+", help="the tests to run (default: those named after the file, and truth/)")
    parser.add_argument("--sample", type=int, help="run so many mutants of a file, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument("--again", type=Path, help="only the survivors of an earlier --json")
    parser.add_argument("--json", type=Path, help="write every mutant and its fate there")
    options = parser.parse_args(arguments)
    report = options.json.resolve() if options.json else None
    before = json.loads(options.again.read_text(encoding="utf-8")) if options.again else None
    settings.register_profile(
        "mutation",
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        report_multiple_bugs=False,
    )
    open_ends, rows = 0, []
    with tempfile.TemporaryDirectory(prefix="mutation") as place:
        home = Path(place) / "symnet"
        shutil.copytree(ROOT, home, ignore=shutil.ignore_patterns(".*", "build", "__pycache__"))
        os.chdir(home)
        sys.path.insert(0, str(home))
        for name in ("tests", "tests.mutants", "tests.mutation_runs"):
            del sys.modules[name]  # the copy's from here on
        bench = Bench(options.files, options.tests or tests_of(options.files))
        try:
            for file in options.files:
                found = all_of_them = list(mutants(file, Path(file).read_text(encoding="utf-8")))
                if before is not None:
                    survived = {(r["file"], r["where"], r["change"]) for r in before if r["fate"] == "survived"}
                    found = [m for m in found if (m.file, m.where, m.change) in survived]
                if options.sample is not None and options.sample < len(found):
                    chosen = random.Random(options.seed).sample(range(len(found)), options.sample)
                    found = [found[k] for k in sorted(chosen)]
                fates = [bench.fate(mutant) for mutant in found]
                open_ends += _summary(file, found, fates, all_of_them)
                rows += [
                    {"file": m.file, "line": m.line, "where": m.where, "change": m.change, "fate": fate}
                    for m, fate in zip(found, fates, strict=True)
                ]
                if report is not None:
                    report.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")
        finally:
            bench.close()
        os.chdir(ROOT)
    return 1 if open_ends else 0


def _summary(file: str, found: Sequence[Mutant], fates: Sequence[str], all_of_them: Sequence[Mutant]) -> int:
    """Print what nobody has explained, and say how much that is."""
    equivalent = {key[1:] for key in listed(LISTED.read_text(encoding="utf-8")) if key[0] == file}
    survivors = [m for m, fate in zip(found, fates, strict=True) if fate == "survived"]
    new = [m for m in survivors if (m.where, m.change) not in equivalent]
    gone = equivalent - {(m.where, m.change) for m in all_of_them}
    for mutant in new:
        print(f"{mutant.file}:{mutant.line} in {mutant.where}\n    {mutant.change}")
    for where, change in sorted(gone):
        print(f"listed in {LISTED.name}, but there is no such mutant: {where}\n    {change}")
    known = len(survivors) - len(new)
    killed = len(found) - len(survivors)
    print(f"{file}: {len(found)} mutants, {killed} killed, {known} equivalent, {len(new)} survived", flush=True)
    return len(new) + len(gone)


if __name__ == "__main__":
    sys.exit(main())

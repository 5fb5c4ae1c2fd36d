"""Would the tests notice? Change one thing at a time in a file, in a copy of the repository, and run its tests.

    python -m tests.mutation symnet/sums.py … [--tests tests/test_sums.py …] [--sample 100 --seed 0] [--json OUT]

A mutant that its tests do not notice survives. Survivors that behave like the original are listed with the reason
in `mutants.md`; any other is printed, and the exit status is 1. The tests are collected once; for each mutant a fork
of that process gets the changed function and runs the tests that reach the changed line and are not slow, likely
killers first, until one fails.
"""

import argparse
import gc
import importlib
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import accumulate, chain
from math import inf
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time
from types import CodeType, FrameType, FunctionType
from typing import cast

import flint  # noqa: F401 (loaded once, before the forks)
import numpy  # noqa: F401
import pytest
import sympy  # noqa: F401
from hypothesis import Phase, settings

from tests.mutants import Mutant, mutants

ROOT = Path(__file__).parent.parent
LISTED = Path(__file__).parent / "mutants.md"
MEMORY = 4 << 30  # bytes a run may take
SLOW = 0.3  # seconds: a test that takes longer is left out, so that what it alone would notice survives
ENOUGH = 4  # seconds: the tests of one mutant together take no longer
PATIENCE = 300  # seconds: for a run that waits instead of computing


def tests_of(files: Sequence[str]) -> list[str]:
    """The tests for source files: those of their names, and those of the prover, who works with all of them."""
    own = [path for file in files for path in sorted((ROOT / "tests").glob(f"test_{Path(file).stem}*.py"))]
    return [str(path.relative_to(ROOT)) for path in (*dict.fromkeys(own), ROOT / "tests" / "truth")]


# Running the tests


class _Tests:
    """A pytest plugin: once the tests are collected it hands over to `main`, which runs some of them."""

    def __init__(self, main: Callable[["_Tests"], None]) -> None:
        self.main = main
        self.items: dict[str, pytest.Item] = {}
        self.failed: Callable[[str], None] = lambda test: None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.testsfailed:  # while they were imported
            return None
        self.items = {item.nodeid: item for item in session.items}
        self.main(self)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
            self.failed(item.nodeid)

    def run(self, tests: Sequence[str]) -> Iterator[str]:
        """Run the tests; the name of each comes just before."""
        items = [self.items[test] for test in tests]
        for k, item in enumerate(items):
            yield item.nodeid
            item.ihook.pytest_runtest_protocol(item=item, nextitem=items[k + 1] if k + 1 < len(items) else None)

    def measure(self) -> dict[str, float]:
        """The seconds of the processor that each test takes, without those that fail or take too long."""
        seconds: dict[str, float] = {}
        waiting = list(self.items)
        while waiting:
            receiver, sender = multiprocessing.Pipe(duplex=False)
            process = multiprocessing.get_context("fork").Process(target=self._measure, args=(waiting, sender))
            process.start()
            sender.close()
            with suppress(EOFError):  # the end, or a test that takes too long
                while waiting:
                    seconds[waiting[0]] = receiver.recv()
                    del waiting[0]
            del waiting[:1]
            process.join()
        return {test: s for test, s in seconds.items() if s < SLOW}

    def _measure(self, tests: Sequence[str], answer: Connection) -> None:
        wrong: set[str] = set()
        self.failed = wrong.add
        last, start = "", process_time()
        for test in chain(self.run(tests), [""]):
            now = process_time()
            if last:
                answer.send(inf if last in wrong else now - start)
            last, start = test, now
            signal.setitimer(signal.ITIMER_PROF, 2 * SLOW)  # ends the process

    def trace(self, tests: Sequence[str], lines: "_Lines", answer: Connection) -> None:
        """Send the lines of the files that each test reaches."""
        for test in self.run(tests):
            lines.note(test)
        sys.settrace(None)
        answer.send(lines.reached)

    def until_one_fails(self, tests: Sequence[str], seconds: dict[str, float], answer: Connection) -> None:
        """Send the name of the first test that fails, or "survived"."""

        def failed(test: str) -> None:
            answer.send(test)
            os._exit(0)

        self.failed = failed
        for test in self.run(tests):
            signal.setitimer(signal.ITIMER_PROF, 1 + 5 * seconds[test])  # ends the process
        signal.setitimer(signal.ITIMER_PROF, 0)
        answer.send("survived")


class _Lines:
    """The lines of some files that are reached, (file, line), by the name of the test; "" while tests are collected."""

    def __init__(self, files: Sequence[str]) -> None:
        self.files = {str(Path(file).resolve()): file for file in files}
        self.reached: dict[str, set[tuple[str, int]]] = {}

    def note(self, test: str) -> None:
        """Note the lines from now on under this name."""
        lines = self.reached.setdefault(test, set())

        def local(frame: FrameType, event: str, argument: object) -> object:
            lines.add((self.files[frame.f_code.co_filename], frame.f_lineno))
            return local

        sys.settrace(lambda frame, event, argument: local if frame.f_code.co_filename in self.files else None)


def _pytest(tests: Sequence[str], main: Callable[[_Tests], None]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain", "--basetemp=../files"]
    options += ["--hypothesis-profile=mutation", "-W", "ignore:Module already imported"]  # hypothesis is
    pytest.main([*options, *tests], plugins=[_Tests(main)])


def _in_a_fork(work: Callable[[Connection], None], patience: float | None = None) -> object:
    """What the work sends from a process of its own, or how that ended instead."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=work, args=(sender,))
    process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(patience) else "the time limit"
    except EOFError:
        process.join()
        return "the time limit" if process.exitcode == -signal.SIGPROF else "a crash"  # out of memory, or of stack
    finally:
        process.kill()
        process.join()


class _Bench:
    """Says of each mutant which test notices it, or "survived".

    One process has collected the tests; a fork of it gets the function of the mutant. What runs at import is loaded
    by a fork of this process, which has imported nothing of symnet.
    """

    def __init__(self, files: Sequence[str], tests: Sequence[str]) -> None:
        self.files, self.tests = files, tests
        self.kills: Counter[tuple[str, str, str]] = Counter()
        self.writes = 0
        self.pipe, end = multiprocessing.Pipe()
        self.server = multiprocessing.get_context("fork").Process(target=self._serve, args=(end,), daemon=False)
        self.server.start()
        end.close()
        try:
            self.seconds, self.reached = cast(
                tuple[dict[str, float], dict[str, set[tuple[str, int]]]], self.pipe.recv()
            )
        except EOFError:
            raise SystemExit("the tests cannot be collected") from None

    def close(self) -> None:
        """End the process with the collected tests."""
        self.server.kill()
        self.server.join()

    def fate(self, mutant: Mutant) -> str:
        """Which test notices it, or "survived"."""
        path = Path(mutant.file)
        original = path.read_text(encoding="utf-8")
        self._write(path, mutant.source)
        try:
            lines = {(mutant.file, line) for line in mutant.lines or ()}
            tests = self._chosen(mutant, lines)
            fate = None
            if not mutant.imported and not lines & self.reached[""]:
                self.pipe.send((mutant.file, mutant.where, mutant.source, tests))
                fate = self.pipe.recv()
            if fate is None:
                fate = _in_a_fork(lambda answer: self._imported(tests, answer), PATIENCE)
        finally:
            self._write(path, original)
        if fate != "survived":
            self.kills["", "", fate] += 1
            self.kills[mutant.file, mutant.where, fate] += 1
        return str(fate)

    def _write(self, path: Path, source: str) -> None:
        """Compiled files are told apart by whole seconds."""
        self.writes += 1
        path.write_text(source, encoding="utf-8")
        os.utime(path, (self.writes, self.writes))

    def _chosen(self, mutant: Mutant, lines: set[tuple[str, int]]) -> list[str]:
        """The tests worth running, likely killers first."""

        def promise(test: str) -> float:
            known = 3 * self.kills["", "", test] + 30 * self.kills[mutant.file, mutant.where, test]
            return (1 + known) / (0.01 + self.seconds[test])

        anywhere = not lines or bool(lines & self.reached[""])
        tests = [test for test in self.seconds if anywhere or lines & self.reached[test]]
        tests.sort(key=promise, reverse=True)
        sums = accumulate(self.seconds[test] for test in tests)
        return [test for test, total in zip(tests, sums, strict=True) if total < ENOUGH]

    def _imported(self, tests: Sequence[str], answer: Connection) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)
        _pytest(self.tests, lambda collected: collected.until_one_fails(tests, self.seconds, answer))
        answer.send("the import")

    def _serve(self, pipe: Connection) -> None:
        lines = _Lines(self.files)
        lines.note("")
        for file in self.files:
            importlib.import_module(".".join(Path(file).with_suffix("").parts))
        _pytest(self.tests, lambda collected: self._collected(collected, lines, pipe))

    def _collected(self, collected: _Tests, lines: _Lines, pipe: Connection) -> None:
        sys.settrace(None)
        live = [f for f in gc.get_objects() if isinstance(f, FunctionType) and f.__code__.co_filename in lines.files]
        gc.freeze()
        seconds = collected.measure()
        pipe.send((seconds, _in_a_fork(lambda answer: collected.trace(list(seconds), lines, answer))))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        while True:
            pipe.send(_in_a_fork(partial(self._loaded, collected, live, seconds, *pipe.recv()), PATIENCE))

    def _loaded(
        self,
        collected: _Tests,
        live: Sequence[FunctionType],
        seconds: dict[str, float],
        file: str,
        where: str,
        source: str,
        tests: Sequence[str],
        answer: Connection,
    ) -> None:
        if _load(file, where, source, live):
            collected.until_one_fails(tests, seconds, answer)
        else:
            answer.send(None)


def _load(file: str, where: str, source: str, live: Sequence[FunctionType]) -> bool:
    """Give the loaded functions the code of a mutant; False where importing its file anew is the only way."""
    file = str(Path(file).resolve())
    codes: dict[str, list[CodeType]] = {}
    more = [compile(source, file, "exec")]
    while more:
        code = more.pop()
        codes.setdefault(_name(code), []).append(code)
        more += [const for const in code.co_consts if isinstance(const, CodeType)]
    parts = where.split(".")
    around = {".".join(parts[:k]) for k in range(1, len(parts) + 1)}
    changed = [f for f in live if f.__code__.co_filename == file and _name(f.__code__) in around]
    for function in changed:
        new = codes[_name(function.__code__)]
        if len(new) > 1 or new[0].co_freevars != function.__code__.co_freevars:
            return False
        function.__code__ = new[0]
    return bool(changed)


def _name(code: CodeType) -> str:
    return code.co_qualname.replace(".<locals>", "")


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
        for name in ("tests", "tests.mutants"):
            del sys.modules[name]  # the copy's from here on
        bench = _Bench(options.files, options.tests or tests_of(options.files))
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

"""Runs the tests on changed programs: collected once, then a fork for each program."""

import ast
import gc
import importlib
import multiprocessing
import os
import resource
import signal
import sys
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

from tests.mutants import Mutant

MEMORY = 4 << 30  # bytes a run may take
SLOW = 0.3  # seconds: a test that takes longer is left out, so that what it alone would notice survives
ENOUGH = 2  # seconds: the tests of one mutant together take no longer
PATIENCE = 300  # seconds: for a run that waits instead of computing


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
        if call.excinfo is not None:
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
            signal.setitimer(signal.ITIMER_PROF, 0.5 + 5 * seconds[test])  # ends the process
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


class Bench:
    """Says of each mutant which test notices it, or "survived".

    One process has collected the tests; a fork of it gets the function of the mutant. What runs at import is loaded
    by a fork of this process, which has imported nothing of symnet. A test that fails has to fail alone, too.
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
            fate = self._first_to_fail(mutant, original, lines, tests)
            while fate in tests and self._first_to_fail(mutant, original, lines, [fate]) == "survived":
                tests = tests[tests.index(fate) + 1 :]  # it failed for another reason
                fate = self._first_to_fail(mutant, original, lines, tests)
        finally:
            self._write(path, original)
        if fate == "survived":
            print(f"{mutant.file}:{mutant.line} {mutant.change}", file=sys.stderr, flush=True)
        else:
            self.kills["", "", fate] += 1
            self.kills[mutant.file, mutant.where, fate] += 1
        return fate

    def _first_to_fail(self, mutant: Mutant, original: str, lines: set[tuple[str, int]], tests: Sequence[str]) -> str:
        self.pipe.send((mutant.file, mutant.where, mutant.imported, original, mutant.source, tests))
        fate = self.pipe.recv()
        if fate is None or (fate == "survived" and (mutant.imported or lines & self.reached[""])):
            fate = _in_a_fork(lambda answer: self._imported(tests, answer), PATIENCE)
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
            own = 5 if Path(mutant.file).stem in test.split("::")[0] else 1
            return own * (1 + known) / (0.01 + self.seconds[test])

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
        imported: bool,
        original: str,
        source: str,
        tests: Sequence[str],
        answer: Connection,
    ) -> None:
        if _import_again(file, where, original, source, live) if imported else _load(file, where, source, live):
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


def _import_again(file: str, where: str, original: str, source: str, live: Sequence[FunctionType]) -> bool:
    """Give the loaded module the constants of the mutant, or a function its defaults; False where more has changed."""
    module = sys.modules[".".join(Path(file).with_suffix("").parts)]
    if where:
        path = where.split(".")
        found = [
            node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.name == path[-1]
        ]
        changed = [f for f in live if f.__code__.co_filename == module.__file__ and _name(f.__code__) == where]
        if len(found) != 1 or found[0].decorator_list or not changed:
            return False
        space = dict(module.__dict__)
        exec(compile(ast.Module([found[0]], []), file, "exec"), space)
        for function in changed:
            function.__defaults__, function.__kwdefaults__ = (
                space[path[-1]].__defaults__,
                space[path[-1]].__kwdefaults__,
            )
        return True
    names: set[str] = set()
    for old, new in zip(ast.parse(original).body, ast.parse(source).body, strict=True):
        same = ast.dump(old) == ast.dump(new)
        if same and not names & {node.id for node in ast.walk(new) if isinstance(node, ast.Name)}:
            continue
        if same and not isinstance(new, ast.Assign):  # functions look constants up when they run
            continue
        match new:
            case ast.Assign([ast.Name(name)]) if name not in getattr(module, "__all__", ()):
                names.add(name)
                exec(compile(ast.Module([new], []), file, "exec"), module.__dict__)
            case _:
                return False
    return bool(names)


def _name(code: CodeType) -> str:
    return code.co_qualname.replace(".<locals>", "")

"""Would the tests notice? Change one thing at a time in a file, in a copy of the repository, and run its tests.

    python -m tests.mutation symnet/sums.py [--tests tests/test_sums.py …] [--sample 100 --seed 0] [--json OUT]

A mutant that its tests do not notice survives. Survivors that behave like the original are listed with the reason
in `mutants.md`; any other is printed, and the exit status is 1. One process at a time runs the tests: it is forked
after SymPy, flint and pytest are imported, runs only tests that reach the changed line and are not slow, and first of
these the ones that have noticed the most mutants so far.
"""

import argparse
import ast
import copy
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from types import FrameType

import flint  # noqa: F401 (loaded once, before the forks)
import numpy  # noqa: F401
import pytest
import sympy  # noqa: F401
from hypothesis import Phase, settings

ROOT = Path(__file__).parent.parent
LISTED = Path(__file__).parent / "mutants.md"
MEMORY = 4 << 30  # bytes a run may take
SLOW = 0.3  # seconds: a test that takes longer is left out, so that what it alone would notice survives

# The tests of a file, by their names below tests/; those called test_NAME or test_NAME_kills come by themselves.
_KILLS = "truth/test_kills"
_FIELD = ["truth/test_field", "truth/test_roots", "truth/test_prove_kills", "truth/test_prove"]
TESTS = {
    "symnet/sums.py": ["truth/test_every_size"],
    "symnet/differentiate.py": ["truth/test_every_size"],
    "symnet/reading/slide.py": ["reading/test_slide_arithmetic", "reading/test_slide_lectures"],
    "symnet/truth/every_size.py": [_KILLS, "truth/test_verdict_kills"],
    "symnet/truth/verdict.py": [_KILLS, "truth/test_replay"],
    "symnet/truth/prove.py": [_KILLS, "truth/test_verdict"],
    "symnet/truth/ring.py": _FIELD,
    "symnet/truth/roots.py": _FIELD,
    "symnet/truth/field.py": _FIELD,
    "symnet/truth/assumptions.py": ["truth/test_conditions"],
    "symnet/truth/statement.py": [_KILLS, "truth/test_witness", "truth/test_prove"],
    "symnet/truth/witness.py": ["truth/test_verdict", "truth/test_replay"],
    "symnet/truth/conditions.py": ["truth/test_verdict"],
    "symnet/truth/arithmetic.py": ["truth/test_evaluate", "truth/test_enclosure"],
    "symnet/truth/enclosure.py": ["truth/test_recheck"],
    "symnet/truth/tower.py": ["truth/test_evaluate"],
    "symnet/truth/numbers.py": ["truth/test_evaluate"],
}


def tests_of(file: str) -> list[str]:
    """The test files for a source file, modular_field.py those of modular.py too."""
    own = Path(file.replace("symnet/", "tests/", 1))
    found = [own.with_name(f"test_{name}.py") for name in (own.stem, f"{own.stem}_kills", own.stem.split("_")[0])]
    found += [Path("tests") / f"{name}.py" for name in TESTS.get(file, [])]
    return [str(path) for path in dict.fromkeys(found) if (ROOT / path).exists()]


# What is written in the place of what

_COMPARE = [(ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn)]
_SWAPPED = {a: b for pair in _COMPARE for a, b in (pair, pair[::-1])}
_ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_DROPPED = (
    ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If,
    ast.Break, ast.Continue, ast.Delete,
)  # fmt: skip
_DECLARATIONS = (ast.Import, ast.ImportFrom, ast.Raise, ast.operator, ast.cmpop, ast.expr_context)


def _variants(node: ast.AST, field: str, first: str | None) -> Iterator[ast.AST]:
    """Other nodes for the place of this one; `first` is the first argument of the function around it."""
    match node:
        case ast.Compare(left, ops, comparators):
            for k, op in enumerate(ops):
                yield ast.Compare(left, [*ops[:k], _SWAPPED[type(op)](), *ops[k + 1 :]], comparators)
        case ast.BinOp(left, op, right):
            yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
            if isinstance(op, ast.BitOr):
                yield from (left, right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            shorter = (values[:k] + values[k + 1 :] for k in range(len(values)))
            yield from (rest[0] if len(rest) == 1 else ast.BoolOp(op, rest) for rest in shorter)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant({0: 1, 1: 0}.get(value, value + 1))
        case ast.Constant(str(value)):
            yield ast.Constant("" if value else "mutant")
        case ast.Tuple(elts, ast.Load()) | ast.List(elts, ast.Load()) | ast.Set(elts):
            for k in range(len(elts)):
                rest = elts[:k] + elts[k + 1 :]
                yield ast.Set(rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load())
        case ast.Dict(keys, values):
            for k in range(len(keys)):
                yield ast.Dict(keys[:k] + keys[k + 1 :], values[:k] + values[k + 1 :])
        case ast.Call(func, args, keywords) if keywords:
            for k in (k for k, keyword in enumerate(keywords) if keyword.arg != "strict"):
                yield ast.Call(func, args, keywords[:k] + keywords[k + 1 :])
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Return(value) if value is not None:
            yield ast.Return(ast.Constant(None))
            if first is not None:
                yield ast.Return(ast.Name(first))
        case ast.If(test, body, orelse) if orelse:
            yield ast.If(test, orelse, body)
    if field == "ifs":
        yield ast.Constant(True)
    if field == "test" and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)
    if isinstance(node, _DROPPED):
        yield ast.Pass()


@dataclass(frozen=True)
class Mutant:
    """One change: in the file, at the line, in the function; `change` shows it in its statement, ⟦old → new⟧."""

    file: str
    line: int
    where: str
    change: str
    source: str
    lines: range | None  # of the statement; None where importing the file may run it


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Every mutant of the source text, in order, each a different program."""
    tree = ast.parse(text)
    seen = {ast.unparse(tree)}

    def visit(node: ast.AST, where: str, header: ast.AST, first: str | None) -> Iterator[Mutant]:
        if isinstance(node, ast.stmt):
            header = node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            where = f"{where}.{node.name}" if where else node.name
        if isinstance(node, ast.FunctionDef):
            first = next((a.arg for a in node.args.args if a.arg not in ("self", "cls")), None)
        for holder, key, field, child in _slots(node):
            for new in _variants(child, field, first):
                _put(holder, key, new)
                source = ast.unparse(tree)
                _put(holder, key, child)
                if source not in seen:
                    seen.add(source)
                    change = _shown(holder, key, child, new, header)
                    statement = child if isinstance(child, ast.stmt) else header
                    line = getattr(child, "lineno", getattr(header, "lineno", 1))
                    yield Mutant(file, line, where, change, source, _lines(statement))
            yield from visit(child, where, header, first)

    yield from visit(tree, "", tree, None)


def _slots(node: ast.AST) -> Iterator[tuple[ast.AST | list[ast.AST], str | int, str, ast.AST]]:
    """The children that are behaviour: no annotations, docstrings, imports, names of types, or error texts."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "targets", "target"):
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(field, value)]
        for key, child in children:
            if isinstance(child, ast.AST) and not isinstance(child, _DECLARATIONS) and not _declares(node, child):
                yield (value if isinstance(value, list) else node), key, field, child


def _declares(node: ast.AST, child: ast.AST) -> bool:
    match child:
        case ast.Expr(ast.Constant(str())) | ast.keyword("strict"):  # zip(…, strict=True) is an assertion
            return True
        case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, value):
            typed = isinstance(value, ast.Subscript) or (
                isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "TypeVar"
            )
            return name == "__all__" or (isinstance(node, ast.Module) and typed)
        case ast.AnnAssign(value=None):
            return True
    return False


def _put(holder: ast.AST | list[ast.AST], key: str | int, child: ast.AST) -> None:
    if isinstance(holder, list):
        holder[key] = child
    else:
        setattr(holder, key, child)


def _shown(holder: ast.AST | list[ast.AST], key: str | int, old: ast.AST, new: ast.AST, header: ast.AST) -> str:
    if isinstance(old, ast.stmt):
        return f"⟦{_head(old)} → {'swapped' if isinstance(new, ast.If) else _head(new)}⟧"
    mark = f"⟦{ast.unparse(old)} → {ast.unparse(new)}⟧"
    try:
        _put(holder, key, ast.Name(mark))
        text = _head(header)
    except ValueError:  # in an f-string there are no names
        _put(holder, key, ast.Constant(mark))
        text = _head(header)
    finally:
        _put(holder, key, old)
    return re.sub(r"^.+(.{32}⟦)", r"…\1", re.sub(r"(⟧.{32}).+$", r"\1…", text))


def _head(statement: ast.AST) -> str:
    """A statement without the block below it."""
    short = copy.copy(statement)
    for field in ("body", "orelse", "decorator_list"):
        if isinstance(getattr(short, field, None), list):
            setattr(short, field, [])
    return " ".join(ast.unparse(short).split())


def _lines(statement: ast.AST) -> range | None:
    """The lines of a statement, without the block below it."""
    if isinstance(statement, ast.Module | ast.FunctionDef | ast.ClassDef):
        return None
    body = getattr(statement, "body", [])
    return range(statement.lineno, body[0].lineno if body else statement.end_lineno + 1)


# Running the tests


class _Watch:
    """A pytest plugin: the tests worth running, likely killers first; remembers what failed.

    On the first run, without a change, it also notes how long each test takes and which lines of the file it
    reaches; those reached while tests are collected count for every test.
    """

    def __init__(self, path: Path, kills: Counter[str], lines: range | None = None) -> None:
        self.path, self.kills, self.lines, self.failed = path, kills, lines, ""
        self.seconds: dict[str, float] = {}
        self.reached: dict[str, set[int]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanted = set(self.lines or ())
        if self.lines is not None:
            items[:] = [item for item in items if self.seconds[item.nodeid] < SLOW]
        if wanted and not wanted & self.reached[""]:
            items[:] = [item for item in items if wanted & self.reached[item.nodeid]]
        items.sort(key=lambda item: (-self.kills[item.nodeid], self.seconds.get(item.nodeid, 0)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            self.failed = report.nodeid
            if self.lines is None:  # a limit on its time, which tracing breaks
                print(f"left out, as it fails without a change: {report.nodeid}", file=sys.stderr)
                self.seconds[report.nodeid] = inf

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.trace(nodeid)

    def trace(self, nodeid: str) -> None:
        """Note the lines reached from now on under this test's name."""
        if self.lines is not None or nodeid in self.reached:
            return
        lines = self.reached.setdefault(nodeid, set())
        file = str(self.path.resolve())

        def local(frame: FrameType, event: str, argument: object) -> object:
            lines.add(frame.f_lineno)
            return local

        sys.settrace(lambda frame, event, argument: local if frame.f_code.co_filename == file else None)


def _child(tests: Sequence[str], watch: _Watch, answer: Connection, quiet: bool) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if quiet:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=no_shrinking"]
    options += ["-W", "ignore:Module already imported", *([] if watch.lines is None else ["-x"])]  # hypothesis is
    watch.trace("")
    status = pytest.main([*options, *tests], plugins=[watch])
    sys.settrace(None)
    unnoticed = status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    answer.send((unnoticed, watch.failed or "the import", watch.seconds, watch.reached))


def run_tests(tests: Sequence[str], watch: _Watch, limit: float, quiet: bool = True) -> bool:
    """Whether all tests pass in a process of their own; what happened is noted in `watch`."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(tests, watch, sender, quiet))
    process.start()
    sender.close()
    passed, watch.failed = False, "the time limit"
    try:
        if receiver.poll(limit):
            passed, watch.failed, watch.seconds, watch.reached = receiver.recv()
    except EOFError:  # out of memory, or of stack
        watch.failed = "a crash"
    process.kill()
    process.join()
    return passed


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
    """Run the mutants of one file; 0 when each is noticed or listed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("file", help="the source file, from the root of the repository")
    parser.add_argument("--tests", nargs="+", help="the test files to run (default: those the script knows)")
    parser.add_argument("--sample", type=int, help="run so many mutants, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument("--again", type=Path, help="only the survivors of an earlier --json")
    parser.add_argument("--json", type=Path, help="write every mutant and its fate there")
    options = parser.parse_args(arguments)
    report = options.json.resolve() if options.json else None
    before = json.loads(options.again.read_text(encoding="utf-8")) if options.again else None
    settings.register_profile(
        "no_shrinking", derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate]
    )
    with tempfile.TemporaryDirectory(prefix="mutation") as place:
        home = Path(place) / "symnet"
        shutil.copytree(ROOT, home, ignore=shutil.ignore_patterns(".*", "build", "__pycache__"))
        os.chdir(home)
        sys.path.insert(0, str(home))
        del sys.modules["tests"]  # the copy's from here on
        path = Path(options.file)
        found = all_of_them = list(mutants(options.file, path.read_text(encoding="utf-8")))
        if before is not None:
            survived = {(row["where"], row["change"]) for row in before if row["fate"] == "survived"}
            found = [m for m in found if (m.where, m.change) in survived]
        if options.sample is not None and options.sample < len(found):
            chosen = random.Random(options.seed).sample(range(len(found)), options.sample)
            found = [found[k] for k in sorted(chosen)]
        fates = _run_all(found, path, options.tests or tests_of(options.file))
        os.chdir(ROOT)
    if report is not None:
        rows = [
            {"file": m.file, "line": m.line, "where": m.where, "change": m.change, "fate": fate}
            for m, fate in zip(found, fates, strict=True)
        ]
        report.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")
    return _summary(options.file, found, fates, all_of_them)


def _summary(file: str, found: Sequence[Mutant], fates: Sequence[str], all_of_them: Sequence[Mutant]) -> int:
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
    print(f"{file}: {len(found)} mutants, {killed} killed, {known} equivalent, {len(new)} survived")
    return 1 if new or gone else 0


def _run_all(found: Sequence[Mutant], path: Path, tests: Sequence[str]) -> list[str]:
    """The fate of each mutant: "survived", or what noticed it."""
    kills: Counter[str] = Counter()
    stamp = path.stat().st_mtime
    start = monotonic()
    first = _Watch(path, kills)
    run_tests(tests, first, 600, quiet=False)
    if min(first.seconds.values(), default=inf) == inf:
        raise SystemExit(f"the tests fail without any change: {first.failed}")
    limit = 5 + 3 * (monotonic() - start)
    fates = []
    for number, mutant in enumerate(found, 1):
        path.write_text(mutant.source, encoding="utf-8")
        os.utime(path, (stamp + number, stamp + number))  # compiled files are told apart by whole seconds
        watch = _Watch(path, kills, mutant.lines or range(0))
        watch.seconds, watch.reached = dict(first.seconds), first.reached
        survived = run_tests(tests, watch, limit)
        kills[watch.failed] += not survived
        fates.append("survived" if survived else watch.failed)
        if survived:
            print(f"{number}/{len(found)} {mutant.file}:{mutant.line} {mutant.change}", file=sys.stderr)
    return fates


if __name__ == "__main__":
    sys.exit(main())

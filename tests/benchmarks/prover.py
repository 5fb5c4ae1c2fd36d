"""Proofs of closed-form gradients, for every size and written out, beside SymPy's `simplify` and tensorgrad.

symnet: the proof alone, and the whole verdict with its second opinion, each the best of three after a first one.
SymPy: `simplify(left - right) == 0` with all definitions written out, once, stopped at the limit; sums of symbolic
size are SymPy's own. tensorgrad differentiates by itself and simplifies the difference to the closed form, the best of
three; SYMNET_PEERS names an interpreter that has it.
"""

import argparse
import json
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import sympy
from rich.console import Console
from rich.table import Table
from sympy import Expr, Function, Symbol

from symnet.equations import Derivation
from symnet.expressions import rewrite
from symnet.operations import Call
from symnet.sums import Sum
from symnet.truth.every_size import at_sizes, prove_every_size
from symnet.truth.prove import prove_equal
from symnet.truth.verdict import decide
from tests.benchmarks.compare import absent, interpreter
from tests.benchmarks.timing import best_of, cell, milliseconds, within
from tests.truth import test_every_size as batch_normalization
from tests.truth.layers import LAYERS
from tests.truth.lecture import batch

__all__ = ["main"]

PEER = Path(__file__).with_name("tensorgrad_peer.py")
WRITTEN_OUT = (3, 4, 5, 32)
WIDTH = 125  # of the table, at least
SYMBOLIC, SMALL, LARGE = 0.5, 0.05, 1.5  # seconds a proof may take


@dataclass(frozen=True)
class Proof:
    """One statement, with how symnet proves it and how long that may take."""

    name: str
    left: Expr
    right: Expr
    derivation: Derivation
    target: float
    prove: Callable[[], object]
    decide: Callable[[], object] | None

    @classmethod
    def of(cls, name: str, left: Expr, right: Expr, derivation: Derivation, target: float, symbolic: bool) -> "Proof":
        prover = prove_every_size if symbolic else prove_equal
        return cls(
            name,
            left,
            right,
            derivation,
            target,
            lambda: prover(left, right, derivation),
            lambda: decide(left, right, derivation),
        )


@dataclass(frozen=True)
class Row:
    """Outcomes and seconds; None where there is none, a peer's seconds also when it ran out of its time, the limit."""

    name: str
    outcome: str
    proof: float
    verdict: str | None
    seconds: float | None
    target: float
    met: bool
    sympy: str
    sympy_seconds: float | None
    tensorgrad: str
    tensorgrad_seconds: float | None
    limit: float


def proofs() -> Iterator[Proof]:
    normalized = batch_normalization.TRUE.items()
    for name, (left, right) in normalized:
        yield Proof.of(f"batch normalization, {name}", left, right, batch_normalization.BN, SYMBOLIC, True)
    for name, said in LAYERS.items():
        yield Proof.of(name, said.left, said.right, said.derivation, SYMBOLIC, True)
    for m in WRITTEN_OUT:
        equations, _, compact = batch(m)
        target = SMALL if m < 10 else LARGE
        yield Proof.of(f"m = {m}, written out", Symbol("dx1"), compact[0], equations, target, False)
    yield _sums_kept(32)


def _sums_kept(m: int) -> Proof:
    """The first entry of dx for a numeric m, whose sums stay sums."""
    left, right = batch_normalization.dx[batch_normalization.i], batch_normalization.COMPACT
    statements, fixed = at_sizes(left, right, batch_normalization.BN, {batch_normalization.m: m})
    one, other = statements[0]
    kept = Proof.of(f"m = {m}, sums kept", one, other, fixed, LARGE, True)
    return replace(kept, decide=None)


# SymPy


def in_sympy(expression: Expr, derivation: Derivation) -> Expr:
    """The expression with all definitions written out, in SymPy's own sums, roots and functions."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Sum):
            return sympy.Sum(node.body, (node.index, node.lower, node.upper))
        if isinstance(node, Call):
            known = {"sqrt": sympy.sqrt, "exp": sympy.exp, "log": sympy.log}
            return known.get(node.function, Function(type(node).__name__))(*node.args)
        return None

    return rewrite(derivation.unfold(expression), rule)


def _with_sympy(proof: Proof, limit: float) -> tuple[str, float | None]:
    difference = in_sympy(proof.left - proof.right, proof.derivation)

    def simplify() -> str:
        try:
            return "0" if sympy.simplify(difference) == 0 else "not 0"
        except Exception as error:  # whatever SymPy's defects raise
            return type(error).__name__

    return within(limit, simplify) or ("no answer", None)


# tensorgrad


def _with_tensorgrad(name: str, limit: float) -> tuple[str, float | None]:
    if f'"{name}"' not in PEER.read_text():
        return "not stated", None
    run = subprocess.run([interpreter(), str(PEER), name, str(limit)], capture_output=True, text=True)
    if run.returncode == -signal.SIGPROF:
        return "no answer", None
    if run.returncode:
        return run.stderr.strip().rpartition("\n")[2], None
    answer = json.loads(run.stdout)
    return ("0" if answer["proved"] else "not 0"), answer["seconds"]


# The table


def measure(proof: Proof, limit: float, tensorgrad: bool) -> Row:
    outcome = proof.prove()
    verdict = proof.decide() if proof.decide else None
    seconds = best_of(3, proof.prove)
    whole = best_of(3, proof.decide) if proof.decide else None
    by_sympy, sympy_seconds = _with_sympy(proof, limit)
    by_tensorgrad, tensorgrad_seconds = _with_tensorgrad(proof.name, limit) if tensorgrad else ("not installed", None)
    return Row(
        proof.name,
        outcome.kind,
        seconds,
        verdict.verdict if verdict else None,
        whole,
        proof.target,
        (verdict.verdict if verdict else outcome.kind) == "proved" and (whole or seconds) < proof.target,
        by_sympy,
        sympy_seconds,
        by_tensorgrad,
        tensorgrad_seconds,
        limit,
    )


def main(arguments: Sequence[str] = ()) -> list[dict[str, object]]:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks prover", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds a peer may take for a proof")
    parser.add_argument("--only", default="", help="statements whose name contains this")
    options = parser.parse_args(arguments)
    chosen = [proof for proof in proofs() if options.only in proof.name]
    tensorgrad = not absent(["tensorgrad"])
    progress = Console(stderr=True)
    rows = []
    for proof in chosen:
        with progress.status(proof.name):
            rows.append(measure(proof, options.limit, tensorgrad))
    if options.json:
        print(json.dumps({"limit": options.limit, "proofs": [asdict(row) for row in rows]}, indent=1))
    else:
        console = Console()
        console.width = max(console.width, WIDTH)
        console.print(_table(rows, options.limit))
    return [asdict(row) for row in rows]


def _table(rows: Sequence[Row], limit: float) -> Table:
    table = Table(title="proofs: gradients equal their closed forms", box=None)
    table.add_column("statement")
    for column in ("proof", "verdict", "target", "SymPy simplify", "tensorgrad"):
        table.add_column(column, justify="right")
    for row in rows:
        target = f"< {milliseconds(row.target)}" + ("" if row.met else " missed")
        table.add_row(
            row.name,
            cell(row.outcome, row.proof, "proved", limit),
            "" if row.verdict is None else cell(row.verdict, row.seconds, "proved", limit),
            target,
            cell(row.sympy, row.sympy_seconds, "0", limit),
            cell(row.tensorgrad, row.tensorgrad_seconds, "0", limit),
        )
    return table

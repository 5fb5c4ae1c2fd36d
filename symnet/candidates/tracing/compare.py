"""Traced results against a derivation: each element is decided by the prover, in each case of the code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product as choices
from typing import Any

import numpy as np
from sympy import Expr, Integer, Pow, Rational, S, Symbol

from symnet.candidates.tracing.alike import Alike
from symnet.candidates.tracing.array import plain
from symnet.candidates.tracing.place import Place
from symnet.candidates.tracing.trace import Case
from symnet.candidates.tracing.values import Value, value_of
from symnet.clock import now
from symnet.equations import Derivation, size
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, subexpressions, substitute
from symnet.operations import Call, call
from symnet.truth.assumptions import Condition
from symnet.truth.prove import SoundnessError, prove, prove_equal
from symnet.truth.recheck import recheck_statement
from symnet.truth.statement import state
from symnet.truth.verdict import Kind, Verdict, decide

__all__ = ["Difference", "Proof", "prove_traced"]

_WORST = ("refuted", "undecided", "ambiguous", "proved-if", "proved")  # of several verdicts the first of these
_BINARY = 6  # names that are 0 or 1 in one element: at most 2^6 cases


@dataclass(frozen=True)
class Difference:
    """An element that is not what the derivation says: `dL_dx_1_2` in the case, with the line that computed it."""

    output: str
    element: str
    case: str
    verdict: Verdict
    line: Place | None
    right: Expr  # the candidate's own formula


@dataclass(frozen=True)
class Proof:
    """What was found out about traced code, for the sizes it was traced at.

    verdict: that of the worst output; outputs: one for each; differences: the elements that are not proved, the first
    of each output and case. notes: how floats were read, where the code refuses its input, and so on.
    """

    verdict: Kind
    sizes: Mapping[str, int]
    outputs: Mapping[str, Verdict]
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def proved(self) -> bool:
        """Whether every output is proved, but perhaps for points where two compared values are equal (kinks)."""
        return all(map(_but_for_ties, self.outputs.values()))


@dataclass
class _Search:
    """One comparison going on."""

    example: Derivation
    deadline: float
    differences: list[Difference] = field(default_factory=list)
    current: str = ""  # the output that is looked at
    rechecked: set[str] = field(default_factory=set)

    @cached_property
    def alike(self) -> Alike:
        return Alike(self.example)


def prove_traced(
    derivation: Derivation,
    outputs: Sequence[str],
    cases: Sequence[Case],
    sizes: Mapping[Any, int],
    seconds: float = 20,
) -> Proof:
    """Decide whether the results of every case are the named equations of the derivation at the sizes.

    outputs: one name for each result, in order. sizes: {"m": 5, "n": 2}. A case in which the code raised an error is
    noted and has nothing to prove. Raises SymnetError for another number of results than of outputs.
    """
    start = now()
    values = {size(k) if isinstance(k, str) else k: n for k, n in sizes.items()}
    example = derivation.needed_for(*outputs).instantiate(values).map(_with_exponentials)
    search = _Search(example, start + seconds)
    found: dict[str, list[Verdict]] = {name: [] for name in outputs}
    notes = dict.fromkeys(note for case in cases for note in case.notes)
    for case in cases:
        if case.error:
            notes[f"where {case.text} the code refuses: {case.error}"] = None
            continue
        if len(case.results) != len(outputs):
            raise SymnetError(f"{len(case.results)} results for {len(outputs)} outputs: {', '.join(outputs)}")
        for name, result in zip(outputs, case.results, strict=True):
            if all(_but_for_ties(verdict) for verdict in found[name]):  # one difference is enough
                search.current = name
                places = _places(derivation, name, values)
                found[name].append(_output(search, name, places, result, case))
    if not any(found.values()):
        raise SymnetError("the code refuses its input in every case")
    worst = {name: min(verdicts, key=lambda v: _WORST.index(v.verdict)) for name, verdicts in found.items()}
    return Proof(
        min((v.verdict for v in worst.values()), key=_WORST.index),
        {str(k): n for k, n in values.items()},
        worst,
        tuple(search.differences),
        tuple(notes),
        now() - start,
    )


def _places(derivation: Derivation, name: str, sizes: Mapping[Symbol, int]) -> list[range]:
    fill = {k: Integer(n) for k, n in sizes.items()}
    indices = derivation[name].indices
    return [range(int(substitute(k.lower, fill)), int(substitute(k.upper, fill)) + 1) for k in indices]


def _output(search: _Search, name: str, places: Sequence[range], result: Any, case: Case) -> Verdict:
    """The verdict on one result in one case: that of its worst element."""
    start = now()
    base = np.asarray(plain(result), dtype=object)
    shape = tuple(map(len, places))
    if base.shape != shape and base.size == 1 == int(np.prod(shape)):
        base = base.reshape(shape)
    if base.shape != shape:
        method = f"{name} has the shape {base.shape} instead of {shape}"
        return _differs(search, name, name, case, Verdict("refuted", method, now() - start), value_of(0))
    conditions, method = list[Condition](), "normal form"
    for where, element in zip(choices(*places), base.flat, strict=True):
        label, value = "_".join((name, *map(str, where))), value_of(element)
        verdict = _element(search, Symbol(label), _with_exponentials(value.expr), case)
        if verdict.verdict == "proved-if" and _but_for_ties(verdict):
            conditions += verdict.conditions
        elif verdict.verdict != "proved":
            return _differs(search, name, label, case, replace(verdict, seconds=now() - start), value)
        method = verdict.method
    if conditions:
        said = {c.text: c for c in conditions}
        return Verdict("proved-if", method, now() - start, list(said), conditions=tuple(said.values()))
    return Verdict("proved", method, now() - start)


def _but_for_ties(verdict: Verdict) -> bool:
    """Whether nothing is assumed but that something is not exactly 0."""
    return verdict.verdict in ("proved", "proved-if") and all(
        c.nonzero and not c.signs and not c.values and not c.functions for c in verdict.conditions
    )


def _differs(search: _Search, name: str, element: str, case: Case, verdict: Verdict, value: Value) -> Verdict:
    search.differences.append(Difference(name, element, case.text, verdict, value.line, value.expr))
    return verdict


def _element(search: _Search, left: Symbol, right: Expr, case: Case) -> Verdict:
    """The verdict on one element, looked up where it is another one under other names."""
    if case.ties or case.binary or not any(isinstance(n, Call) for n in subexpressions(right)):
        return _decided(search, left, right, case)
    key, names = search.alike.key(left, right, case.conditions)
    found = search.alike.find(key, names)
    if found is None:
        found = _decided(search, left, right, case)
        if _but_for_ties(found):
            search.alike.keep(key, names, found)
    return found


def _decided(search: _Search, left: Symbol, right: Expr, case: Case) -> Verdict:
    """Proved as it stands, for any value of its maxima, or for each value of its masks; else decided at length."""
    for candidate in (_any_maximum(right), right):
        if candidate is not None and _is_proved(search, left, candidate, case.conditions):
            return Verdict("proved", "normal form", 0.0)
    if case.ties:  # x = 0 or V = 0: what is right everywhere else is not looked into at length
        return Verdict("proved-if", "not proved at a tie", 0.0, [c.text for c in case.ties], conditions=case.ties)
    masks = [name for name in case.binary if name in set(subexpressions(right))]
    worst = Verdict("proved", "normal form, for each value of the masks", 0.0)
    if masks and len(masks) <= _BINARY:
        for values in choices((S.Zero, S.One), repeat=len(masks)):
            fill = dict(zip(masks, values, strict=True))
            verdict = _at_length(search, left, right, fill, case.conditions)
            worst = min(worst, verdict, key=lambda v: _WORST.index(v.verdict))
        return worst
    return _at_length(search, left, right, {}, case.conditions)


def _is_proved(search: _Search, left: Expr, right: Expr, conditions: Sequence[Condition]) -> bool:
    statement = state(left, right, search.example, conditions)
    try:
        outcome = prove(statement, conditions, max(0.0, search.deadline - now()))
    except SymnetError:  # the case contradicts itself
        return False
    if outcome.proved and search.current not in search.rechecked:  # a second opinion on one element of each output
        search.rechecked.add(search.current)
        recheck_statement(statement, 3, conditions)
    return outcome.proved and not outcome.nonzero


def _at_length(
    search: _Search, left: Expr, right: Expr, fill: Mapping[Expr, Expr], conditions: Sequence[Condition]
) -> Verdict:
    example = search.example.map(lambda rhs: substitute(rhs, fill)) if fill else search.example
    limit = max(0.5, min(5.0, search.deadline - now()))
    try:
        verdict = decide(left, substitute(right, fill), example, (), conditions, limit)
    except SoundnessError as error:
        if prove_equal(left, substitute(right, fill), example, conditions, limit).kind == "proved":
            raise
        where = str(error).rpartition(" at ")[2]  # a point that the search for a witness has missed
        return Verdict("refuted", f"exact values at {where}", 0.0)
    except SymnetError as error:  # assumptions that refer to each other
        return Verdict("undecided", str(error), 0.0)
    if verdict.verdict == "undecided" and "nowhere defined" in verdict.method:
        return Verdict("proved", "the case never happens", verdict.seconds)
    return verdict


def _with_exponentials(formula: Expr) -> Expr:
    """Densities of the normal distribution as phi(0) exp(-u^2/2), which code writes out and derivations do not."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function == "normal_pdf" and not node.args[0].is_zero:
            square = product(Rational(-1, 2), Pow(node.args[0], 2))
            return product(call("normal_pdf", S.Zero), call("exp", square))
        return None

    return rewrite(formula, rule)


def _any_maximum(formula: Expr) -> Expr | None:
    """The formula with a name for each maximum and minimum; None without any.

    Softmax subtracts a maximum that cancels: what is proved for any number in its place is proved.
    """
    names: dict[Expr, Symbol] = {}

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function in ("max", "min"):
            return names.setdefault(node, Symbol(f"extreme_{len(names)}"))
        return None

    free = rewrite(formula, rule)
    return free if names else None

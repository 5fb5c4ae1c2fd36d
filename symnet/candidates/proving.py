"""Proof of the candidate's own code: run on exact symbols, its results are compared with the derivation.

The code is traced at several small sizes with a general upstream gradient; what is proved there is proved for all real
values of every input, but for those sizes. Settings that the code has fixed are the rationals its floats mean.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sympy import Expr, Integer, Rational, Symbol

from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec
from symnet.candidates.tracing import Masks, Untraceable, prove_traced, symbols, trace
from symnet.clock import by_work, now
from symnet.equations import Derivation, Equation, Variable, size
from symnet.errors import SymnetError
from symnet.expressions import product, substitute
from symnet.sums import sum_over
from symnet.truth.assumptions import Condition, positive

__all__ = ["Proof", "lines_at_fault", "proof"]

_SECONDS = 8.0  # of work, counted in steps: a slow machine proves as much as a fast one
_LAST_RESORT = 90.0  # of time
_OBJECTS = (2, 3, 5)
_MOST_CONDITIONS = 2
_WHERE = "proved where "
_DIFFERENT = ("refuted", "proved-if")  # somewhere, at least
_FAILURES = (SymnetError, ArithmeticError, ValueError, TypeError, AttributeError, IndexError, KeyError)


@dataclass(frozen=True)
class Proof:
    """Whether the candidate's own code equals the derivation, for which sizes, or why not.

    lines: for a result that differs, the file and the line that computed it. differs: whether one does for certain.
    """

    holds: bool
    notes: tuple[str, ...] = ()
    lines: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    differs: bool = False


def proof(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> Proof | None:
    """None when the code is not NumPy. Otherwise the note says what was proved, or what could not be followed."""
    if not candidate.traceable:
        return None
    with by_work(_LAST_RESORT):
        return _proof(candidate, spec, settings)


def _proof(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> Proof:
    deadline, done, notes = now() + _SECONDS, list[str](), dict[str, None]()
    for sizes in _sizes(spec):
        if done and now() > deadline - _SECONDS / 2:
            break
        try:
            found = _at(candidate, spec, settings, sizes, max(1.0, deadline - now()))
        except _FAILURES as error:
            what = str(error) if isinstance(error, SymnetError) else f"{type(error).__name__}: {error}"
            notes[f"not proved: the code could not be followed on exact symbols: {what}"] = None
            break
        if done and not found.holds and not found.differs:
            break  # larger than there is work for: what is proved is proved
        notes |= dict.fromkeys(found.notes)
        if not found.holds:
            return Proof(False, tuple(notes), found.lines)
        done.append(", ".join(f"{key} = {value}" for key, value in sizes.items()))
    where = f" at {'; '.join(done)}" if done and done != [""] else ""
    said = [f"proved by running the code on exact symbols{where}, for all real inputs"] if done else []
    return Proof(bool(done), (*said, *_with_floats(notes)))


def lines_at_fault(candidate: Candidate, spec: Spec, settings: Mapping[str, float]) -> Mapping[str, tuple[str, int]]:
    """For each result that is wrong on exact symbols, the file and the line that computed it; of none, if not found."""
    if not candidate.traceable:
        return {}
    try:
        sizes = list(_sizes(spec))
        with by_work(_LAST_RESORT / 3):
            return _at(candidate, spec, settings, sizes[min(1, len(sizes) - 1)], 4.0).lines
    except _FAILURES:
        return {}


def _with_floats(notes: Iterable[str]) -> list[str]:
    """The notes, with one for all floats that were read as fractions, and one for all ties."""
    read = dict.fromkeys(note.partition(" at line ")[0] for note in notes if " read as " in note)
    others = [note for note in notes if " read as " not in note]
    ties = [note for note in others if note.startswith(_WHERE)]
    others = [note for note in others if note not in ties[1:]]  # those of the first size speak for all
    return [*others, "floats are what they mean: " + ", ".join(read)] if read else others


def _sizes(spec: Spec) -> Iterator[Mapping[str, int]]:
    """The sizes to trace at: several numbers of objects, the others as small as can be told apart."""
    smallest = spec.sizes[0]
    if "m" not in smallest or len(smallest) > 3:
        yield smallest
        return
    for objects in _OBJECTS if len(smallest) > 1 else (2,):
        yield {key: objects if key == "m" else min(value, 2 + (key == "h")) for key, value in smallest.items()}


def _at(
    candidate: Candidate, spec: Spec, settings: Mapping[str, float], sizes: Mapping[str, int], seconds: float
) -> Proof:
    given = {name: v for name, v in spec.given.items() if name not in settings}
    masks = Masks("mask", "drop_probability")
    arguments: dict[str, Any] = {name: _exact(spec, name, variable, sizes) for name, variable in given.items()}
    offered: list[str] = []
    deadline = now() + seconds

    def function(*arrays: Any) -> tuple[Any, ...]:
        if now() > deadline:
            raise Untraceable(f"its comparisons open more cases than {seconds:.0f} s are enough for")
        results = candidate.run(dict(zip(arguments, arrays, strict=True)))
        offered[:] = [name for name in spec.results if name in results]
        return tuple(results[name] for name in offered)

    function.__wrapped__ = getattr(candidate.run, "__wrapped__", candidate.run)  # type: ignore[attr-defined]
    if spec.reported:
        arguments = arguments | dict.fromkeys(spec.reported, masks)
    cases = trace(function, *arguments.values(), assumptions=list(_assumptions(spec, given)))
    fixed = _with_settings(_as_traced(spec), settings)
    found = prove_traced(fixed, [spec.results[name] for name in offered], cases, sizes, seconds)
    notes = list(found.notes)
    if found.proved:
        conditions = {_unsigned(text) for verdict in found.outputs.values() for text in verdict.assumptions}
        some = sorted(conditions, key=lambda text: (len(text), text))[:_MOST_CONDITIONS]
        more = f" and {len(conditions) - len(some)} more alike" if len(conditions) > len(some) else ""
        notes += [f"{_WHERE}{' and '.join(some)}{more}"] if some else []
        return Proof(True, tuple(notes))
    first = found.differences[0]
    differs = first.verdict.verdict in _DIFFERENT
    if differs:
        where = f" where {first.case}" if first.case != "always" else ""
        notes.append(f"the code is not the formula everywhere: {first.element} differs{where}")
    else:
        notes.append(f"not proved: {first.element} is undecided")
    spoken = {inner: name for name, inner in spec.results.items()}
    lines = {spoken[d.output]: d.line for d in found.differences if d.line and d.verdict.verdict in _DIFFERENT}
    return Proof(False, tuple(notes), lines, differs)


def _unsigned(condition: str) -> str:
    """-x != 0 as x != 0."""
    bare = condition.removeprefix("-").removesuffix(" != 0")
    return f"{bare} != 0" if condition == f"-{bare} != 0" and bare.isidentifier() else condition


_SHARE = "share"  # of which a target that adds up to 1 is made
_ERROR = "error"  # by which a prediction differs from its target


def _exact(spec: Spec, name: str, variable: Variable, sizes: Mapping[str, int]) -> Any:
    """Names for every element; of a distribution, names with what they lack to 1 shared among them.

    A prediction that may be any number is its target and an error, so that the sign of their difference is one name's.
    """
    shape = _shape(variable, sizes)
    if _by_error(spec, name):
        return symbols("target", *shape) + symbols(_ERROR, *shape)
    if spec.domains.get(name) != "one_hot":
        return symbols(name, *shape)
    free = symbols(_SHARE, *shape)
    return free + (1 - free.sum(axis=-1, keepdims=True)) / shape[-1]


def _by_error(spec: Spec, name: str) -> bool:
    return spec.kind == "loss" and name == "prediction" and not {"prediction", "target"} & spec.domains.keys()


def _as_traced(spec: Spec) -> Derivation:
    """The derivation with each input that `_exact` makes of others."""
    whole = spec.complete
    for name, variable in spec.given.items():
        last = variable.indices[-1] if variable.indices else None
        if _by_error(spec, name):
            new = replace(variable, name=_ERROR)
            rhs = replace(variable, name="target").reference + new.reference
        elif last is not None and spec.domains.get(name) == "one_hot":
            new = replace(variable, name=_SHARE)
            other = last.renamed(f"{last.symbol.name}_")
            lacking = 1 - sum_over(new.at(*(k.symbol for k in variable.indices[:-1]), other.symbol), other.limits)
            rhs = new.reference + product(1 / last.size, lacking)
        else:
            continue
        made = Equation(name, variable.indices, rhs=rhs)
        inputs = tuple(new if v.name == name else v for v in whole.inputs)
        whole = replace(whole, inputs=inputs, equations=(made, *whole.equations))
    return whole


def _shape(variable: Variable, sizes: Mapping[str, int]) -> tuple[int, ...]:
    fill = {size(key): Integer(value) for key, value in sizes.items()}
    return tuple(int(k.size.xreplace(fill)) for k in variable.indices)


def _assumptions(spec: Spec, given: Mapping[str, Variable]) -> Iterator[Condition]:
    """What the domains say of scalars."""
    for name, domain in spec.domains.items():
        if name in given and not given[name].indices and domain in ("eps", "positive", "probability"):
            yield positive(Symbol(name))
            if domain == "probability":
                yield positive(1 - Symbol(name))


def _with_settings(derivation: Derivation, settings: Mapping[str, float]) -> Derivation:
    """The derivation with the numbers that the code has fixed; a float is the decimal that it is written as."""
    values: dict[Expr, Expr] = {Symbol(name): Rational(repr(float(value))) for name, value in settings.items()}
    return derivation.map(lambda rhs: substitute(rhs, values)) if values else derivation

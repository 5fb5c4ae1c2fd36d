"""What inputs cannot tell: the faults that give the right numbers there.

A test with two objects, a scale of 1, a shift of 0 or an upstream gradient that is the same for every object passes
wrong code. A fault is a blind spot of some probes when its numbers are the right ones at each of them, rounding aside,
and are wrong at inputs with nothing special about them. What makes it so is found by experiment: one input, or the
number of objects, is replaced by a general one, and the fault shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.candidates.evaluation import Probe
from symnet.candidates.faults import Fault, faults, right, said_name
from symnet.candidates.observations import Observations, enlarged, generic
from symnet.differentiate import adjoint_name
from symnet.equations import Derivation

__all__ = ["BlindSpot", "blind_spots", "distinct_faults"]

LIKELY = 2  # the cost up to which a fault is asked for


@dataclass(frozen=True)
class BlindSpot:
    """A fault that the inputs cannot tell from the right thing, and why not."""

    fault: Fault
    reason: str


def blind_spots(
    derivation: Derivation,
    outputs: Sequence[str],
    wrt: Sequence[str],
    probes: Sequence[Probe],
    among: Sequence[Fault] | None = None,
) -> list[BlindSpot]:
    """The likely faults that none of the probes shows, the likeliest first.

    derivation, outputs, wrt: as for `faults`. probes: values of the inputs and parameters by name, as a test has them.
    among: the faults to ask for (default: `distinct_faults`).
    """
    whole = right(derivation, wrt)
    names = [*outputs, *(adjoint_name("L", name) for name in wrt)]
    seen = _as_if_right(whole, names, probes)
    asked = distinct_faults(derivation, outputs, wrt, probes[0]) if among is None else among
    others = list(_general(whole, names, probes))
    return [
        BlindSpot(fault, _reason(fault, names, seen, others)) for fault in asked if _hidden(fault, names, seen, outputs)
    ]


def distinct_faults(
    derivation: Derivation, outputs: Sequence[str], wrt: Sequence[str], probe: Probe, likely: int = LIKELY
) -> list[Fault]:
    """The likely faults that differ from the right thing and from each other at inputs with nothing special.

    probe: tells the sizes and the sort of values to ask at.
    """
    whole = right(derivation, wrt)
    names = [*outputs, *(adjoint_name("L", name) for name in wrt)]
    at = _as_if_right(whole, names, [generic(whole, enlarged(whole, probe))])
    known: set[bytes] = set()
    found = []
    for fault in sorted(faults(derivation, outputs, wrt), key=lambda fault: fault.cost):
        if fault.cost > likely:
            break
        here, equations = names, fault.differentiated
        if equations is not None and not fault.key.endswith("backward"):  # told by what it returns
            here = [name for name in outputs if any(e.name == name for e in equations)]
        values = at.values(0, fault.equations if here is names or equations is None else equations, here)
        print_ = _print(values, at.truth[0], here)
        unchanged = print_ == _print(at.truth[0], at.truth[0], here)
        if not unchanged and print_ not in known and all(np.all(np.isfinite(array)) for array in values.values()):
            known.add(print_)
            found.append(fault)
    return found


def _print(values: Mapping[str, Any], true: Mapping[str, Any], names: Sequence[str]) -> bytes:
    """Ten digits of the results, each relative to the largest of its kind."""
    parts = []
    for name in names:
        scale = float(abs(true[name]).max(initial=0)) or 1.0
        with np.errstate(all="ignore"):
            digits = np.round(np.asarray(values[name] / scale, dtype=float), 10) + 0.0
        parts.append(str(digits.shape).encode() + digits.tobytes())
    return b"".join(parts)


def _as_if_right(whole: Derivation, names: Sequence[str], probes: Sequence[Probe]) -> Observations:
    """What a right implementation in float64 would give."""
    empty = Observations(whole, probes, [dict[str, Any]() for _ in probes])
    seen = [
        {name: np.asarray(array, dtype=float) for name, array in empty.values(k, whole.equations, names).items()}
        for k in range(len(probes))
    ]
    return Observations(whole, probes, seen)


def _hidden(fault: Fault, names: Sequence[str], seen: Observations, outputs: Sequence[str]) -> bool:
    forward = fault.differentiated
    if forward is not None and not fault.key.endswith("backward"):  # what it returns is cheaper than its gradient
        returned = [name for name in outputs if name in {e.name for e in forward}]
        if seen.first_difference(forward, returned) is not None:
            return False
    return seen.first_difference(fault.equations, names) is None


# Why


def _general(whole: Derivation, names: Sequence[str], probes: Sequence[Probe]) -> Iterator[tuple[str, Observations]]:
    """The probes with one thing replaced by a general one, and what that thing is like in them."""
    for variable in (*whole.inputs, *whole.parameters):
        if all(variable.name in probe for probe in probes):
            said = _like(variable.name, [np.asarray(probe[variable.name], dtype=float) for probe in probes])
            changed = [generic(whole, probe, [variable.name], seed=k) for k, probe in enumerate(probes)]
            yield said, _as_if_right(whole, names, changed)
    counts = {k.size: None for v in whole.inputs for k in v.indices if k.size.is_Symbol}
    for count in counts:
        lengths = sorted({evaluator.sizes[count] for evaluator in _as_if_right(whole, names, probes).evaluators})
        changed = [enlarged(whole, probe, [str(count)]) for probe in probes]
        yield f"{count} is {' and '.join(map(str, lengths))}", _as_if_right(whole, names, changed)


def _like(name: str, arrays: Sequence[Any]) -> str:
    values = {float(value) for array in arrays for value in array.ravel()}
    if len(values) == 1:
        return f"{name} is {values.pop():g}" + (" everywhere" if arrays[0].ndim else "")
    if all(array.ndim and np.all(array == array[:1]) for array in arrays):
        return f"{name} is the same for every object"
    return f"of the values of {name}"


def _reason(fault: Fault, names: Sequence[str], seen: Observations, others: Sequence[tuple[str, Observations]]) -> str:
    changed = {name for name in names if _shows(fault, name, others)}
    probes = range(len(seen.probes))
    zero = [name for name in names if name in changed and not any(_matters(seen, k, name) for k in probes)]
    if zero:
        return f"the true {said_name(zero[0])} is 0 there"
    for said, general in others:
        if general.first_difference(fault.equations, names) is not None:
            return said
    return "of several of the inputs together"


def _shows(fault: Fault, name: str, others: Sequence[tuple[str, Observations]]) -> bool:
    return any(general.first_difference(fault.equations, [name]) is not None for _, general in others)


def _matters(seen: Observations, k: int, name: str) -> bool:
    """Whether a result is anything but 0, rounding aside."""
    return bool(np.any(abs(seen.truth[k][name]) > seen.bounds[k][name]))

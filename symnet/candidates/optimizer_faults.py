"""Why the steps of an optimizer are wrong: a mistake in the rule of one step, made at every step.

The numbers that can be seen are the parameters after each step, so every fault of the rule is written out over the
steps before it is compared. First the other optimizers of the table are tried: a rule can be right, but another one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from symnet.candidates.diagnose import Diagnosis
from symnet.candidates.faults import Fault, faults
from symnet.candidates.observations import Observations
from symnet.candidates.spec import Spec
from symnet.candidates.trajectories import rows_of, written_out
from symnet.equations import Derivation, names_used
from symnet.network.optimizers import OPTIMIZERS, Optimizer
from symnet.render.latex import equation_latex
from symnet.render.naming import Naming

__all__ = ["diagnose_optimizer"]


def diagnose_optimizer(
    spec: Spec, probes: Sequence[Mapping[str, Any]], observed: Sequence[Mapping[str, Any]], seconds: float = 4.0
) -> list[Diagnosis]:
    """The optimizers and the faults of the spec's own rules that give what was observed, best first."""
    deadline = monotonic() + seconds
    seen = Observations(spec.derivation, probes, observed)
    known = {v.name for v in spec.derivation.parameters}
    found = []
    for step in _others(spec, known):
        found += _tried(seen, spec, step, written_out(step))
    for row in rows_of(spec.name):
        every = sorted(faults(row.step, [e.name for e in row.step], ()), key=lambda fault: fault.cost)
        for fault in every:
            if found or monotonic() > deadline:
                break
            wrong = replace(row, equations=fault.equations)
            found += _tried(seen, spec, wrong, written_out(wrong), fault)
    return found


def _others(spec: Spec, known: set[str]) -> Iterator[Optimizer]:
    """Those that need no hyperparameter that the spec has not."""
    own = {row.name for row in rows_of(spec.name)}
    for row in OPTIMIZERS.values():
        if row.name not in own and set(row.hyperparameters) - {"alpha"} <= known:
            yield row


def _tried(
    seen: Observations, spec: Spec, rule: Optimizer, whole: Derivation, fault: Fault | None = None
) -> list[Diagnosis]:
    """The diagnosis when the rule, written out, gives the numbers."""
    if any(name not in whole for name in spec.outputs):
        return []
    key = fault.key if fault else f"other-rule:{rule.name}"
    text = fault.text if fault else f"this is the rule of {rule.name}"
    if set().union(*(names_used(e.rhs) for e in whole)) - whole.variables.keys():
        return []  # it speaks of the gradient at another parameter, which has no name here
    over_steps = Fault(key, text, fault.cost if fault else 1, lambda: whole.equations, spec.derivation)
    if not seen.reproduces(over_steps, spec.outputs):
        return []
    residual = 0.0
    for k in range(len(seen.probes)):
        values = seen.values(k, whole.equations, spec.outputs)
        residual = max(residual, *(seen.ulps(k, name, values[name]) for name in spec.outputs))
    return [Diagnosis(key, text, _latex(rule, fault), round(residual, 2), (), fault)]


def _latex(rule: Optimizer, fault: Fault | None) -> str:
    """The equations that are not as they should be, beside those that should stand there; of another rule, all."""
    if fault is None:
        naming = Naming(rule.step.variables)
        return r", \quad ".join(equation_latex(e, naming) for e in rule.step)
    naming = Naming({**fault.base.variables, **{e.name: e for e in fault.equations}})
    pairs = []
    for wrong in fault.wrong:
        right = fault.base.definitions.get(wrong.name)
        beside = rf" \quad\text{{instead of}}\quad {equation_latex(right, naming)}" if right else ""
        pairs.append(equation_latex(wrong, naming) + beside)
    return r", \quad ".join(pairs)

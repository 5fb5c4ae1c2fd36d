"""Faults of optimizers: a mistake in the step, made in every step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sympy import Integer, Symbol

from symnet.candidates.evaluation import Array, Evaluator
from symnet.candidates.faults import Equations, Fault, faults
from symnet.candidates.observations import Observations
from symnet.candidates.trajectories import STEPS, written_out
from symnet.equations import Derivation, Variable
from symnet.expressions import substitute
from symnet.network.optimizers import OPTIMIZERS, Optimizer

__all__ = ["Steps"]


@dataclass(frozen=True)
class Steps:
    """The trajectory of an optimizer as it is checked, and the step that it was written out from."""

    optimizer: Optimizer
    whole: Derivation

    @classmethod
    def of(cls, trajectory: Derivation) -> "Steps | None":
        """None for a derivation that is no trajectory of an optimizer of the table."""
        row = OPTIMIZERS.get(trajectory.title)
        return cls(row, trajectory) if row is not None and written_out(row) == trajectory else None

    def lift(self, step: Equations) -> Equations:
        return written_out(replace(self.optimizer, equations=step)).equations

    def faults(self) -> Iterator[Fault]:
        step = self.optimizer.step
        for fault in faults(step, [e.name for e in step], ()):
            yield replace(fault, make=partial(self._every_step, fault))
        for name, value in self.optimizer.state.items():
            other = Integer(1) if value == 0 else Integer(0)
            wrong = replace(self.optimizer, state={**self.optimizer.state, name: other})
            said = f"{name} starts at {other} instead of {value}"
            yield Fault(f"start:{name}", said, 2, partial(_equations, wrong), step)
        yield from self._of_powers()

    def _of_powers(self) -> Iterator[Fault]:
        """The powers of a bias correction: one step ahead, or without effect."""
        step = self.optimizer.step
        ahead = {
            p: substitute(step[f"{p}_next"].rhs, {Symbol(p): u}) for p, u in self.optimizer.state.items() if u == 1
        }
        starts = ", ".join(f"{p} at {value}" for p, value in ahead.items())
        for key, said, powers in (
            ("step-count", f"the bias correction is one step ahead (it starts with {starts} instead of 1)", ahead),
            ("uncorrected", "there is no bias correction", dict.fromkeys(ahead, Integer(0))),
        ):
            if ahead:
                wrong = replace(self.optimizer, state={**self.optimizer.state, **powers})
                yield Fault(key, said, 2, partial(_equations, wrong), step)

    def may_give(self, fault: Fault, seen: Observations, names: Sequence[str]) -> bool:
        """Whether a wrong step, done in numbers, goes where the candidate went: spares writing the steps out."""
        step_equations = self._wrong_step(fault)
        k = seen.order[0]
        given = seen.evaluators[k].given
        if not fault.wrong:
            return True
        step = self.optimizer.step
        state = {**{name: given.get(name, self._start(name)) for name in self.optimizer.state}, "x": given["x"]}
        for number in range(1, STEPS + 1):
            now = {"g": given[f"g_{number}"], "alpha": given.get(f"alpha_{number}"), **state}
            values = {**given, **{name: value for name, value in now.items() if value is not None}}
            probe = {v.name: _shaped(v, values[v.name], given["x"]) for v in (*step.inputs, *step.parameters)}
            after = Evaluator(step, probe)(step_equations, [f"{name}_next" for name in state])
            state = {name: after[f"{name}_next"] for name in state}
            if f"x_{number}" in names and not _near(seen.observed[k][f"x_{number}"], state["x"]):
                return False
        return True

    def _wrong_step(self, fault: Fault) -> Equations:
        wrong = {e.name: e for e in fault.wrong}
        return tuple(wrong.get(e.name, e) for e in self.optimizer.step)

    def _start(self, name: str) -> Any:
        value = self.optimizer.state[name]
        return np.longdouble(int(value)) if value.is_Integer else None

    def _every_step(self, fault: Fault) -> Equations:
        return self.lift(fault.equations)


def _shaped(variable: Variable, value: Any, like: Array) -> Any:
    """A state starts as one number for all parameters."""
    return np.broadcast_to(value, like.shape) if variable.indices and np.ndim(value) == 0 else value


def _near(seen: Array, expected: Array) -> bool:
    if seen.shape != expected.shape:
        return False
    with np.errstate(invalid="ignore"):
        return bool(np.all(abs(seen - expected) <= 1e-6 * (1 + abs(expected))))


def _equations(optimizer: Optimizer) -> Equations:
    return written_out(optimizer).equations

"""Faults of optimizers: a mistake in the step, made in every step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from sympy import Integer

from symnet.candidates.faults import Equations, Fault, faults
from symnet.candidates.trajectories import written_out
from symnet.equations import Derivation
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

    def _every_step(self, fault: Fault) -> Equations:
        return self.lift(fault.equations)


def _equations(optimizer: Optimizer) -> Equations:
    return written_out(optimizer).equations

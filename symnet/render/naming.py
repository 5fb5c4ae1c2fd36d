"""The declared names of a derivation, as they are printed and in the order in which they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symnet.equations import Derivation, Variable, indexed_latex

__all__ = ["Naming"]


@dataclass(frozen=True)
class Naming:
    """The declared names in order, each with its LaTeX, and which of them are inputs or parameters.

    A name that is not declared is printed by `default_latex` and read after those that are.
    """

    variables: Mapping[str, Variable] = field(default_factory=dict)
    inputs: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *derivations: Derivation) -> "Naming":
        """The names of the derivations, in the order in which they declare them."""
        variables: dict[str, Variable] = {}
        for derivation in derivations:
            variables = {**variables, **{n: v for n, v in derivation.variables.items() if n not in variables}}
        return cls(
            variables,
            frozenset(v.name for d in derivations for v in d.inputs),
            frozenset(v.name for d in derivations for v in d.parameters),
        )

    def latex(self, name: str, where: Sequence[str] = ()) -> str:
        """The LaTeX of the name at the indices: put in for #1, #2, … where its LaTeX has these, else below it."""
        return indexed_latex(self.variables.get(name) or Variable(name), where)

"""What a mistake can be made with: the names and sizes of a derivation, and how they are spoken of."""

from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, Symbol

from symnet.candidates.evaluation import names_in
from symnet.equations import Derivation, Variable, name_of
from symnet.expressions import rewrite
from symnet.render.naming import Naming
from symnet.render.text import text

__all__ = ["Names", "is_eps", "replaced"]


@dataclass(frozen=True)
class Names:
    """What a mistake may put in: the names of a derivation with the gradient of `of`, and the sizes in it."""

    derivation: Derivation
    of: str

    @cached_property
    def adjoints(self) -> dict[str, str]:
        """dL_dS -> S."""
        names = self.derivation.variables
        return {f"d{self.of}_d{name}": name for name in names if f"d{self.of}_d{name}" in names}

    @cached_property
    def sizes(self) -> list[Expr]:
        """The numbers of objects and neurons, largest text last."""
        ends = {k.size for v in self.derivation.variables.values() for k in v.indices}
        return sorted((e for e in ends if e != 1), key=str)

    def noun(self, name: str) -> str:
        """A name as it is spoken of: dL/dS, "the deviation S"."""
        if name in self.adjoints:
            return f"d{self.of}/d{self.adjoints[name]}"
        meaning = self.derivation.variables[name].meaning if name in self.derivation.variables else ""
        return f"the {meaning} {name}" if meaning and meaning != name else name

    def written(self, expression: Expr) -> str:
        return text(expression, self.naming)

    @cached_property
    def naming(self) -> Naming:
        return Naming(self.derivation.variables)

    def before(self, name: str) -> list[Variable]:
        """What is declared when an equation is written."""
        known = list(self.derivation.variables.values())
        before = known[: [v.name for v in known].index(name)]
        hidden = {self.of} if name in self.adjoints else {self.of, *self.upstream}
        return [v for v in before if v.name not in hidden]

    @staticmethod
    def alike(one: Variable, other: Variable) -> bool:
        """Whether two names have the same shape."""
        return [k.size for k in one.indices] == [k.size for k in other.indices]

    def through(self, term: Expr) -> list[str]:
        """Through what definitions a term of a gradient flows: those whose adjoint it contains."""
        return sorted(self.adjoints[name] for name in names_in(term) & self.adjoints.keys())

    @cached_property
    def upstream(self) -> set[str]:
        """The gradient from above: inputs that only the loss is written with, where it pairs them with outputs."""
        inputs = {v.name for v in self.derivation.inputs}
        forward = [e for e in self.derivation if e.name not in self.adjoints]
        if not self.adjoints or len(forward) < 2:
            return set()
        elsewhere = {n for e in forward if e.name != self.of for n in names_in(e.rhs)}
        return {n for n in names_in(self.derivation[self.of].rhs) & inputs if n not in elsewhere}


def is_eps(node: Expr) -> bool:
    return isinstance(node, Symbol) and node.name.startswith("eps")


def replaced(expression: Expr, name: str, other: str) -> Expr:
    """The expression with one name for another, wherever it stands."""
    new = Symbol(other)
    return rewrite(expression, lambda node: new if isinstance(node, Symbol) and name_of(node) == name else None)

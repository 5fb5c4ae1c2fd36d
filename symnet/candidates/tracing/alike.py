"""Elements that are each other's renaming are decided once: the windows of a pooling, the elements of a mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sympy import Expr, Symbol

from symnet.equations import Derivation
from symnet.expressions import subexpressions, substitute
from symnet.truth.assumptions import Condition, nonzero
from symnet.truth.verdict import Verdict

__all__ = ["Alike"]

_Key = tuple[object, ...]


@dataclass
class Alike:
    """Verdicts that hold but for ties, under names given out in the order of their appearance."""

    example: Derivation
    known: dict[_Key, Verdict] = field(default_factory=dict)

    def key(self, left: Symbol, right: Expr, conditions: Sequence[Condition] = ()) -> tuple[_Key, dict[Expr, Expr]]:
        """What the claim left = right is apart from its names, and which name stands for which.

        Names that the conditions speak of stay.
        """
        equations = self.example.needed_for(left.name).equations
        both = (right, *(side for e in reversed(equations) for side in (e.reference, e.rhs)))
        said = [
            u
            for c in conditions
            for u in (*(v for v, _ in c.signs), *(v for pair in c.values for v in pair), *c.nonzero)
        ]
        names = _in_order(both, {node for node in subexpressions(*said) if isinstance(node, Symbol)})
        return (*(c.text for c in conditions), *(substitute(expr, names) for expr in both)), names

    def find(self, key: _Key, names: dict[Expr, Expr]) -> Verdict | None:
        verdict = self.known.get(key)
        return None if verdict is None else _renamed(verdict, {new: old for old, new in names.items()})

    def keep(self, key: _Key, names: dict[Expr, Expr], verdict: Verdict) -> None:
        self.known[key] = _renamed(verdict, names)


def _in_order(expressions: Iterable[Expr], kept: set[Symbol]) -> dict[Expr, Expr]:
    found = (node for node in subexpressions(*expressions) if isinstance(node, Symbol))
    symbols = dict.fromkeys(symbol for symbol in found if symbol not in kept)
    return {old: Symbol(f"name_{number}") for number, old in enumerate(symbols)}


def _renamed(verdict: Verdict, names: dict[Expr, Expr]) -> Verdict:
    """A verdict whose conditions are only that something is not 0."""
    said = tuple(nonzero(substitute(u, names)) for c in verdict.conditions for u in c.nonzero)
    return Verdict(verdict.verdict, verdict.method, 0.0, [c.text for c in said], conditions=said)

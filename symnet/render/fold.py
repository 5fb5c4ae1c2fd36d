"""Long formulas folded: a part that is too wide, or that recurs, gets a name of its own, `D_1`, and its own line."""

from dataclasses import dataclass, replace
from itertools import count

from sympy import Expr, IndexedBase, Mul, Symbol
from sympy.core.basic import Basic

from symnet.equations import Equation, Index, Variable, name_of
from symnet.expressions import Binder, product, rewrite, subexpressions
from symnet.render.align import break_lines, width
from symnet.render.latex import latex, left_side
from symnet.render.naming import Naming

__all__ = ["Folder", "fits"]

_LETTERS = "DEGHKPQRTUV"
_SHORTEST = 4.0  # em: what is shorter gains nothing by a name


def fits(equation: Equation, naming: Naming, line: float) -> bool:
    """Whether no line of `name = right side` is wider than `line` em."""
    return all(width(text) <= room for text, room in _lines(equation, naming, line))


def _lines(equation: Equation, naming: Naming, line: float) -> list[tuple[str, float]]:
    """The lines of the right side, each with the room it has."""
    room = line - width(left_side(equation, naming)) - 1.4
    first, *more = break_lines(latex(equation.rhs, naming), room, room - 1.0)
    return [(first, room), *((text, room - 1.0) for text in more)]


@dataclass
class Folder:
    """Folds equations one after the other; the names it gives are its own from then on.

    line: the width of a line in em. most: the lines an equation may take.
    """

    naming: Naming
    line: float
    most: int

    def __post_init__(self) -> None:
        taken = {name[0] for name in self.naming.variables} | {v.latex[:1] for v in self.naming.variables.values()}
        letter = next((c for c in _LETTERS if c not in taken), "D")
        self._names = (f"{letter}_{k}" for k in count(1) if f"{letter}_{k}" not in self.naming.variables)
        self._known: dict[Expr, Expr] = {}

    def fold(self, equation: Equation) -> list[Equation]:
        """The equation, and before it the definitions it now needs."""
        definitions: list[Equation] = []
        equation = replace(equation, rhs=rewrite(equation.rhs, self._known.get))
        while part := self._part(equation):
            definition = self._define(part)
            definitions += self.fold(definition)
            self._known[part] = definition.reference
            equation = replace(equation, rhs=rewrite(_grouped(equation.rhs, part), self._known.get))
        return [*definitions, equation]

    def _define(self, part: Expr) -> Equation:
        free = sorted(_indices(part), key=str)
        definition = Equation(next(self._names), tuple(Index(k, k) for k in free), rhs=part)
        variable = Variable(definition.name, definition.indices)
        self.naming = replace(self.naming, variables={**self.naming.variables, definition.name: variable})
        return definition

    def _part(self, equation: Equation) -> Expr | None:
        """The part whose name saves most, if one is needed: what recurs, or what makes a line too wide."""
        wide = not fits(equation, self.naming, self.line)
        if not wide and len(_lines(equation, self.naming, self.line)) <= self.most:
            return None
        root = equation.rhs
        uses = _uses(root)
        best: tuple[bool, float] = (False, 0.0)
        found: Expr | None = None
        for node in subexpressions(root):
            if not isinstance(node, Expr) or isinstance(node, IndexedBase):
                continue
            if node is root or not node.args or name_of(node) is not None:
                continue
            size = width(latex(node, self.naming))
            saved = (size - 2.0) * (uses[node] if wide else uses[node] - 1)
            if size >= _SHORTEST and saved > 0 and (node.is_Add, saved) > best:
                best, found = (bool(node.is_Add), saved), node
        return found or (_half(root) if wide else None)


def _half(root: Expr) -> Expr | None:
    """The first half of a product that has no wide factor but many."""
    return product(*root.args[: len(root.args) // 2]) if root.is_Mul and len(root.args) > 3 else None


def _grouped(root: Expr, part: Expr) -> Expr:
    """The product with the factors of `part` standing together, so that they can be replaced at once."""
    if not (root.is_Mul and part.is_Mul and set(part.args) < set(root.args)):
        return root
    return Mul(part, *(f for f in root.args if f not in part.args), evaluate=False)


def _uses(root: Expr) -> dict[Basic, int]:
    """How often each part is printed."""
    order = list(subexpressions(root))
    found: dict[Basic, int] = dict.fromkeys(order, 0)
    found[root] = 1
    for node in reversed(order):
        for child in node.args:
            if child in found:
                found[child] += found[node]
    return found


def _indices(part: Expr) -> set[Symbol]:
    """The object indices a part is free in; a size is none of them."""
    memo: dict[Basic, frozenset[Symbol]] = {}
    for node in subexpressions(part):
        below = frozenset[Symbol]().union(*(memo[child] for child in node.args))
        if isinstance(node, Symbol) and node.is_integer and not node.is_positive:
            below |= {node}
        memo[node] = below - {node.index} if isinstance(node, Binder) else below
    return set(memo[part])

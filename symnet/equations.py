"""Equations and derivations: the notation everything in symnet speaks.

A `Derivation` is an ordered, immutable list of named equations, each defined only through inputs, parameters and
earlier equations. A name may carry indices with symbolic ranges: `z[i]` for i = 1..m. Every operation returns a
new derivation, and none of them flattens the list unless asked (`inline`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import product as choices
from typing import Any

from sympy import Expr, Indexed, Integer, S, Symbol

from symnet.errors import SymnetError
from symnet.expressions import as_expression, indexed, rewrite, subexpressions, substitute
from symnet.instances import Instances, NotWritten, Table, without_collection
from symnet.names import default_latex, subscript
from symnet.sums import Limits, factor_out, unroll

__all__ = ["Derivation", "Equation", "Index", "Variable", "index", "size"]


@dataclass(frozen=True)
class Index:
    """An index symbol and its range, both ends included; the ends may be symbolic."""

    symbol: Symbol
    upper: Expr
    lower: Expr = S.One

    @property
    def limits(self) -> Limits:
        return (self.symbol, self.lower, self.upper)

    @cached_property
    def size(self) -> Expr:
        return self.upper - self.lower + 1

    def renamed(self, name: str) -> "Index":
        return replace(self, symbol=Symbol(name, integer=True))


def index(name: str, upper: Any, lower: Any = 1) -> Index:
    """The index `name` = lower..upper; the ends are integers or `size`s."""
    return Index(Symbol(name, integer=True), as_expression(upper), as_expression(lower))


def size(name: str) -> Symbol:
    """A symbolic number of objects or neurons."""
    return Symbol(name, integer=True, positive=True)


@dataclass(frozen=True)
class Variable:
    """A name with its indices and its explicit LaTeX.

    `latex` is TeX with #1, #2 for the indices, as in a TeX macro (`x_{#1}`); without them a name that has
    indices gets them as a subscript.
    """

    name: str
    indices: tuple[Index, ...] = ()
    latex: str = ""
    meaning: str = ""

    @cached_property
    def reference(self) -> Expr:
        """The name as it is written in an expression: `C`, or `z[i]` with its own index symbols."""
        return self.at(*(k.symbol for k in self.indices))

    def at(self, *where: Any) -> Expr:
        """The name at the given indices."""
        if not self.indices:
            return Symbol(self.name)
        return indexed(self.name, *map(as_expression, where))


@dataclass(frozen=True)
class Equation(Variable):
    """`name[indices] = rhs`, for every value of the indices."""

    rhs: Expr = field(default=S.Zero, kw_only=True)

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every name the right-hand side refers to."""
        return frozenset(names_used(self.rhs))

    def rhs_at(self, *where: Expr) -> Expr:
        """The right-hand side with the indices replaced."""
        own = (k.symbol for k in self.indices)
        return substitute(self.rhs, dict(zip(own, where, strict=True)))


def name_of(reference: Expr) -> str | None:
    """The name a symbol or an indexed reference refers to; None for anything else (an index, a size)."""
    if isinstance(reference, Indexed):
        return str(reference.base.name)
    return reference.name if isinstance(reference, Symbol) and not reference.is_integer else None


def leaves(expression: Expr) -> int:
    """How long the expression is when written out: the leaves of its tree, at the cost of its graph."""
    counts: dict[Any, int] = {}
    for node in subexpressions(expression):
        counts[node] = 1 if isinstance(node, Indexed) or not node.args else sum(counts[a] for a in node.args)
    return counts[expression]


@lru_cache(maxsize=4096)  # a search evaluates the same equations at many points
def names_used(expression: Expr) -> frozenset[str]:
    """Every name an expression refers to, under sums or not."""
    return frozenset(name for name in map(name_of, subexpressions(expression)) if name)


@dataclass(frozen=True)
class Derivation:
    """An ordered list of equations over inputs and parameters.

    inputs: given for each object (x[i], the targets y[i]); parameters: what a gradient may be taken by.
    origin: the network that wrote it, kept in everything that is made of it; of no account to what it says.
    Raises SymnetError when a name is defined twice or used before its equation.
    """

    equations: tuple[Equation, ...]
    inputs: tuple[Variable, ...] = ()
    parameters: tuple[Variable, ...] = ()
    title: str = ""
    origin: Any = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "equations", tuple(self.equations))
        known: set[str] = set()
        for variable in (*self.inputs, *self.parameters):
            if variable.name in known:
                raise SymnetError(f"the name {variable.name} is declared twice")
            known.add(variable.name)
        later = {e.name for e in self.equations}
        for equation in self.equations:
            if equation.name in known:
                raise SymnetError(f"the name {equation.name} is defined twice")
            used = equation.reads & later
            if not used <= known:
                raise SymnetError(f"{equation.name} uses {min(used - known)} before it is defined")
            known.add(equation.name)

    # Looking things up

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Every declared name, in the order of declaration (the printers' reading order)."""
        return {v.name: v for v in (*self.inputs, *self.parameters, *self.equations)}

    @cached_property
    def definitions(self) -> dict[str, Equation]:
        return {e.name: e for e in self.equations}

    def __getitem__(self, name: str) -> Equation:
        try:
            return self.definitions[name]
        except KeyError:
            raise SymnetError(f"there is no equation for {name!r}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.definitions

    def __iter__(self) -> Iterator[Equation]:
        return iter(self.equations)

    def _repr_latex_(self) -> str:
        from symnet.notebook import derivation_latex

        return derivation_latex(self)

    # Making new ones

    def extend(self, equations: Iterable[Equation]) -> "Derivation":
        return replace(self, equations=(*self.equations, *equations))

    def map(self, change: Callable[[Expr], Expr]) -> "Derivation":
        """Apply `change` to every right-hand side."""
        return replace(self, equations=tuple(replace(e, rhs=change(e.rhs)) for e in self.equations))

    def unfold(self, expression: Expr, names: Collection[str] | None = None) -> Expr:
        """Replace names by their definitions, repeatedly; `names` limits which (default: all)."""
        chosen = self.equations if names is None else [self.definitions[n] for n in self.variables if n in names]
        for equation in reversed(chosen):
            expression = self._unfold_one(expression, equation)
        return expression

    def _unfold_one(self, expression: Expr, equation: Equation) -> Expr:
        references = {
            node for node in subexpressions(expression) if name_of(node) == equation.name and _is_use(node, equation)
        }
        if not references:
            return expression
        values = {r: equation.rhs_at(*r.indices) if isinstance(r, Indexed) else equation.rhs for r in references}
        return rewrite_uses(expression, values)

    def inline(self, *names: str, keep: Collection[str] = ()) -> "Derivation":
        """The derivation with the named equations (default: all not in `keep`) written into those that use them.

        With no names given, what remains are the equations in `keep` and the last one.
        """
        gone = set(names) or {e.name for e in self.equations[:-1]} - set(keep)
        done: list[Equation] = []
        values: dict[str, Equation] = {}
        for equation in self.equations:
            rhs = equation.rhs
            for other in reversed(list(values.values())):
                rhs = self._unfold_one(rhs, other)
            new = replace(equation, rhs=rhs)
            if equation.name in gone:
                values[equation.name] = new
            else:
                done.append(new)
        return replace(self, equations=tuple(done))

    def tidy(self, keep: Collection[str] = (), limit: int = 16) -> "Derivation":
        """Write every equation of at most `limit` leaves into those that use it, except those in `keep`.

        What a person would do on a slide: f(w_1 x + w_{01}) needs no name, a mean C does.
        """
        small: list[str] = []
        values: dict[str, Equation] = {}
        for equation in self.equations:
            rhs = equation.rhs
            for other in reversed(list(values.values())):
                rhs = self._unfold_one(rhs, other)
            if equation.name not in keep and leaves(rhs) <= limit:
                small.append(equation.name)
                values[equation.name] = replace(equation, rhs=rhs)
        return self.inline(*small).map(factor_out) if small else self

    def needed_for(self, *names: str) -> "Derivation":
        """Only the equations that the named ones depend on, directly or not."""
        wanted = set(names)
        kept = []
        for equation in reversed(self.equations):
            if equation.name in wanted:
                kept.append(equation)
                wanted |= equation.reads
        return replace(self, equations=tuple(reversed(kept)))

    @without_collection()
    def instantiate(
        self,
        sizes: Mapping[Symbol, int] | None = None,
        data: Mapping[str, Sequence[Any]] | None = None,
        names: Mapping[tuple[str, tuple[int, ...]], tuple[str, str]] | None = None,
    ) -> "Derivation":
        """Fill in sizes and data: every indexed equation becomes one equation a value of its indices.

        data: for an input with one index the list of its values (numbers or expressions), in order from 1.
        names: ("z", (1,)) -> ("A", "A") gives an instance its own name and LaTeX; the default for z at 1 is z_1.
        """
        fill = {s: Integer(n) for s, n in (sizes or {}).items()}
        table: Table = {}
        inputs: list[Variable] = []
        for variable in self.inputs:
            rows = (data or {}).get(variable.name)
            for where in _places(variable, fill):
                if rows is not None and where:
                    table.setdefault(variable.name, {})[where] = as_expression(rows[where[0] - 1])
                else:
                    name, latex = _instance(variable, where, names)
                    inputs.append(Variable(name, (), latex, variable.meaning))
                    table.setdefault(variable.name, {})[where] = Symbol(name)
        parameters = []
        for variable in self.parameters:
            for where in _places(variable, fill):
                name, latex = _instance(variable, where, names)
                parameters.append(Variable(name, (), latex, variable.meaning))
                table.setdefault(variable.name, {})[where] = Symbol(name)
        # Only numbers can be put in while a sum is written out, which would take other expressions apart.
        quickly = all(as_expression(value).is_Number for rows in (data or {}).values() for value in rows)
        equations = []
        for equation in self.equations:
            rhs_at = _right_hand_sides(equation, fill, table, quickly)
            values = table.setdefault(equation.name, {})
            for where in _places(equation, fill):
                rhs, reads = rhs_at(where)
                name, latex = _instance(equation, where, names)
                equations.append(Equation(name, (), latex, equation.meaning, rhs=rhs))
                if reads is not None:
                    equations[-1].__dict__["reads"] = reads
                values[where] = Symbol(name)
        return replace(self, equations=tuple(equations), inputs=tuple(inputs), parameters=tuple(parameters))


def _right_hand_sides(
    equation: Equation, fill: Mapping[Symbol, Expr], table: Table, quickly: bool
) -> Callable[[tuple[int, ...]], tuple[Expr, frozenset[str] | None]]:
    """The right-hand side at each place, with the names it reads where they are known."""
    own = [k.symbol for k in equation.indices]
    try:
        quick = Instances(equation.rhs, own, fill, table) if quickly else None
    except NotWritten:
        quick = None

    def value(reference: Expr) -> Expr | None:
        places = reference.indices if isinstance(reference, Indexed) else ()
        if not all(k.is_Integer for k in places):
            return None
        return table.get(name_of(reference) or "", {}).get(tuple(map(int, places)))

    def at(where: tuple[int, ...]) -> tuple[Expr, frozenset[str] | None]:
        if quick is not None:
            try:
                return quick(where)
            except NotWritten:
                pass
        rhs = substitute(equation.rhs, {**fill, **dict(zip(own, map(Integer, where), strict=True))})
        return rewrite(unroll(rhs), value), None

    return at


def rewrite_uses(expression: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """Replace references that may stand under a sum by expressions in the same bound indices."""
    return rewrite(expression, lambda node: values.get(node))


def _is_use(node: Expr, equation: Equation) -> bool:
    return isinstance(node, Indexed) or not equation.indices


def _places(variable: Variable, fill: Mapping[Symbol, Expr]) -> list[tuple[int, ...]]:
    ranges = []
    for k in variable.indices:
        lower, upper = k.lower.xreplace(fill), k.upper.xreplace(fill)
        if not (lower.is_Integer and upper.is_Integer):
            raise SymnetError(f"the size {upper} of {variable.name} has no value")
        ranges.append(range(int(lower), int(upper) + 1))
    return list(choices(*ranges))


def _instance(
    variable: Variable,
    where: tuple[int, ...],
    names: Mapping[tuple[str, tuple[int, ...]], tuple[str, str]] | None,
) -> tuple[str, str]:
    """The name and the LaTeX of a variable at a place."""
    if names and (variable.name, where) in names:
        return names[variable.name, where]
    numbers = [str(k) for k in where]
    return "_".join((variable.name, *numbers)), indexed_latex(variable, numbers)


def indexed_latex(variable: Variable, where: Sequence[str]) -> str:
    """The LaTeX of a name at its indices: put in for #1, #2, … where its LaTeX has these, else below it."""
    latex = variable.latex or default_latex(variable.name)
    if "#1" in latex:
        for position, text in enumerate(where, 1):
            latex = latex.replace(f"#{position}", text)
        return latex
    if not where:
        return latex
    if variable.latex and "_" in latex:
        return f"{{{latex}}}" + subscript(",".join(where))
    base, _, below = latex.partition("_")
    below = below[1:-1] if below.startswith("{") else below
    return base + subscript(",".join([*([below] if below else []), *where]))

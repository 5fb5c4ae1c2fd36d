"""A statement left = right as scalar equations: what the prover, the second opinion and the witnesses read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import count
from typing import Any

from sympy import Expr, Indexed, Symbol

from symnet.equations import Derivation, Equation, Variable, name_of, names_used
from symnet.errors import SymnetError
from symnet.expressions import free_references, rewrite, subexpressions
from symnet.operations import Call
from symnet.sums import unroll
from symnet.truth.assumptions import Condition

__all__ = ["LEFT", "RIGHT", "Statement", "admits", "respected", "scalar_conditions", "state"]

LEFT, RIGHT = "_left", "_right"  # the names of the two sides as equations


@dataclass(frozen=True)
class Statement:
    """left = right, where both may use the names of the equations.

    equations: scalar, in order, only those that are needed; an indexed reference such as x[1] has become a name
    `x[1]`. others: what else assumptions speak of.
    """

    left: Expr
    right: Expr
    equations: tuple[Equation, ...]
    others: tuple[Expr, ...] = ()

    @cached_property
    def derivation(self) -> Derivation:
        parameters = tuple(Variable(p.name) for p in self.parameters)
        return Derivation(self.equations, parameters=parameters)

    @cached_property
    def nodes(self) -> tuple[Expr, ...]:
        """Every distinct node of the statement and of the definitions it uses."""
        return tuple(subexpressions(*(e.rhs for e in self.equations), self.left, self.right))

    @cached_property
    def parameters(self) -> tuple[Symbol, ...]:
        """The names without an equation, short ones first."""
        defined = {e.name for e in self.equations}
        names = {n for n in subexpressions(*self.nodes, *self.others) if isinstance(n, Symbol)}
        return tuple(sorted((n for n in names if n.name not in defined), key=lambda n: (len(n.name), n.name)))

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The abstract functions in it."""
        return tuple(sorted({n.function for n in self.nodes if isinstance(n, Call) and n.operation.abstract}))

    def map(self, change: Callable[[Expr], Expr]) -> "Statement":
        """The same of changed sides and right sides."""
        equations = tuple(replace(e, rhs=change(e.rhs)) for e in self.equations)
        return Statement(change(self.left), change(self.right), equations, self.others)

    def under(self, assumptions: Sequence[Condition]) -> "Statement":
        """The same with every name = value of the assumptions as an equation.

        Raises SymnetError for values that need each other.
        """
        given = {name: value for c in assumptions for name, value in c.values if name in self.parameters}
        first = self.derivation.needed_for(*(n for value in given.values() for n in names_used(value))).equations
        if any(Symbol(n) in given for e in first for n in names_used(e.rhs)):
            raise SymnetError(f"the assumptions on {', '.join(map(str, given))} refer to themselves")
        equations = list(first)
        while given:
            ready = [name for name, value in given.items() if not given.keys() & free_references(value)]
            if not ready:
                raise SymnetError(f"the assumptions on {', '.join(map(str, given))} refer to each other")
            equations += [Equation(str(name), rhs=given.pop(name)) for name in ready]
        rest = [e for e in self.equations if e not in first]
        return replace(self, equations=(*equations, *rest)) if len(equations) > len(first) else self

    def probe(self, assumptions: Sequence[Condition] = ()) -> Derivation:
        """Equations `LEFT`, `RIGHT`, and one for each u of the assumptions' signs and nonzero, by number."""
        conditions = [u for c in assumptions for u in (*(u for u, _ in c.signs), *c.nonzero)]
        probes = [Equation(LEFT, rhs=self.left), Equation(RIGHT, rhs=self.right)]
        probes += [Equation(f"_{k}", rhs=u) for k, u in enumerate(conditions)]
        return self.derivation.extend(probes)

    def defined(self, node: Expr) -> Expr:
        """What a name stands for; anything else as it is."""
        name = name_of(node)
        return self.derivation[name].rhs if name and name in self.derivation else node


def state(
    left: Expr, right: Expr, derivation: Derivation | None = None, assumptions: Sequence[Condition] = ()
) -> Statement:
    """Make the statement scalar: sums of fixed size are written out, indexed equations become one a place.

    The equations that only the assumptions need are kept too.
    """
    source = derivation or Derivation(())
    equations: dict[str, Equation] = {}

    def scalar(expression: Expr) -> Expr:
        expression = unroll(expression)
        for reference in _references(expression):
            define(reference)
        return _named(expression)

    def define(reference: Expr) -> None:
        name, label = str(reference), name_of(reference)
        if name in equations or label is None or label not in source:
            return
        indices = reference.indices if isinstance(reference, Indexed) else ()
        rhs = scalar(source[label].rhs_at(*indices))
        equations[name] = Equation(name, rhs=rhs)

    others = [u for c in assumptions for u in (*(u for u, _ in c.signs), *(v for _, v in c.values), *c.nonzero)]
    named = {name for r in _references(*map(unroll, (left, right, *others))) if (name := name_of(r))}
    for equation in source.needed_for(*named):
        if not equation.indices:  # in order, so that long chains of names are not a deep recursion
            define(equation.reference)
    left, right, *others = map(scalar, (left, right, *others))
    return Statement(left, right, tuple(equations.values()), tuple(others))


def scalar_conditions(assumptions: Sequence[Condition]) -> tuple[Condition, ...]:
    """The same in the names of a scalar statement, where x[1] is a name `x[1]`."""
    return tuple(c.map(lambda u: _named(unroll(u))) for c in assumptions)


def _named(expression: Expr) -> Expr:
    return rewrite(expression, lambda n: Symbol(str(n)) if isinstance(n, Indexed) else None)


def _references(*roots: Expr) -> Iterator[Expr]:
    """Symbols and indexed references, without the parts of the latter."""
    seen: set[Expr] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Symbol | Indexed):
            yield node
        else:
            stack.extend(node.args)


def admits(name: Symbol, value: Fraction) -> bool:
    """Whether a name may have a value: sizes are positive integers."""
    return not (name.is_integer and value.denominator > 1) and not (name.is_positive and value <= 0)


def respected(assumptions: Sequence[Condition], values: Mapping[str, Any]) -> bool:
    """Whether the values of a probe are certain to be as the assumptions say."""
    probes = count()
    for condition in assumptions:
        for argument, sign in condition.signs:
            u = values[f"_{next(probes)}"] * sign
            if not (u >= 0 if argument in condition.closed else u > 0):
                return False
        for _ in condition.nonzero:
            u = values[f"_{next(probes)}"]
            if not (u > 0 or u < 0):
                return False
    return True

"""Printed formulas evaluated at random points, in rigorous balls, thousands a second.

A sample gives every name that may occur in a formula a value at one point: parameters are random, computed names
follow from their equations, sizes are small numbers, abstract functions have stand-ins. Subexpressions are
remembered, so that formulas which share most of their parts cost only what is different.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product as choices
from operator import add, mul
from random import Random

from flint import arb, ctx
from sympy import Expr, Integer, S, Symbol

from symnet.correction.edits import atoms, is_atom, is_index
from symnet.equations import Derivation, Equation
from symnet.errors import DegenerateError
from symnet.expressions import free_references, subexpressions, substitute, total
from symnet.operations import Call
from symnet.sums import Limits, Sum
from symnet.truth.enclosure import enclose_derivation
from symnet.truth.every_size import at_sizes
from symnet.truth.recheck import STAND_INS
from symnet.truth.statement import admits, state

__all__ = ["PRECISION", "Env", "Sample", "Undefined", "apply", "inner_environments", "limits_of", "samples"]

PRECISION = 128  # bits
DIGITS = 30
ATTEMPTS = 30  # points tried in all: many are degenerate, or below a square root something is negative
SMALLEST = 3  # objects: with two, too much is equal

Env = tuple[tuple[Symbol, int], ...]  # the values of indices and sizes


class Undefined(ArithmeticError):
    """The formula has no value at this point."""


class Sample:
    """One point. values: of every name, at every value of its indices. root: the environments of a whole side."""

    def __init__(self, values: Mapping[Expr, arb], root: tuple[Env, ...]) -> None:
        self.values, self.root = values, root
        self._done: dict[Env, dict[Expr, arb]] = {}

    def vector(self, node: Expr, envs: Sequence[Env]) -> list[arb]:
        """The value in each environment. Raises Undefined."""
        return [self.value(node, env) for env in envs]

    def value(self, node: Expr, env: Env) -> arb:
        """The value of a formula, computed in balls of `ctx.prec` bits. Raises Undefined."""
        done = self._done.setdefault(env, {})
        if node not in done:
            done[node] = self._compute(node, env)
        return done[node]

    def _compute(self, node: Expr, env: Env) -> arb:
        if node.is_Rational:
            return arb(int(node.p)) / int(node.q)
        if is_atom(node):
            return self._atom(node, env)
        if node.is_Pow and node.exp.is_Integer:
            return apply(node, [self.value(node.base, env)])
        if isinstance(node, Sum):
            summed: arb = sum(self.vector(node.body, inner_environments(node, env)), arb(0))
            return summed
        if node.is_Add or node.is_Mul or isinstance(node, Call):
            return apply(node, [self.value(child, env) for child in node.args])
        raise Undefined

    def _atom(self, node: Expr, env: Env) -> arb:
        if node in self.values:
            return self.values[node]
        known = dict(env)
        if node in known:
            return arb(known[node])
        place = substitute(node, {symbol: Integer(k) for symbol, k in env})
        if place not in self.values:
            raise Undefined
        return self.values[place]


def apply(node: Expr, args: Sequence[arb]) -> arb:
    """The value of a sum, product, power or call with these values in the place of its arguments (or base)."""
    if node.is_Add or node.is_Mul:
        return reduce(add if node.is_Add else mul, args)
    if node.is_Pow:
        if node.exp < 0 and args[0].contains(0):
            raise Undefined
        return args[0] ** int(node.exp)
    if node.operation.abstract:
        return STAND_INS[None](node.order, args[0])
    value: arb = node.operation.ball(*args)
    if not value.is_finite():
        raise Undefined
    return value


def inner_environments(node: Sum, env: Env) -> list[Env]:
    """The environments of the body of a sum, one for each value of its index."""
    fill = {symbol: Integer(k) for symbol, k in env}
    lower, upper = substitute(node.lower, fill), substitute(node.upper, fill)
    if not (lower.is_Integer and upper.is_Integer):
        raise Undefined
    outer = tuple(pair for pair in env if pair[0] != node.index)
    return [(*outer, (node.index, k)) for k in range(int(lower), int(upper) + 1)]


def limits_of(sides: Iterable[Expr], derivation: Derivation | None) -> tuple[Limits, ...]:
    """The range of every index: as summed over in the formulas, else as the names of the derivation have it.

    An index without a range runs over the first size there is.
    """
    found: dict[Symbol, Limits] = {}
    sizes: dict[Symbol, None] = {}
    free: dict[Symbol, None] = {}
    for node in subexpressions(*sides):
        if isinstance(node, Sum):
            found.setdefault(node.index, (node.index, node.lower, node.upper))
        elif is_index(node):
            free[node] = None
        elif isinstance(node, Symbol) and node.is_integer:
            sizes[node] = None
    for variable in derivation.variables.values() if derivation else ():
        for k in variable.indices:
            found.setdefault(k.symbol, k.limits)
    ends = (s for limits in found.values() for s in limits[2].free_symbols if s.is_positive)
    size = next(iter((*sizes, *ends)), None)
    if size is not None:
        for symbol in free:
            found.setdefault(symbol, (symbol, S.One, size))
    return tuple(found.values())


def samples(
    sides: tuple[Expr, Expr],
    names: Iterable[Expr],
    derivation: Derivation | None,
    meaning: Callable[[Expr], Expr],
    count: int,
) -> list[Sample]:
    """Up to `count` points where both sides are defined; sizes differ from one to the next.

    names: what else has to have a value, at the values of their indices. meaning: what a name as printed stands
    for in the names of the derivation.
    """
    used = atoms(*sides, *names)
    limits = {k[0]: k for k in limits_of((*sides, *names), derivation)}
    ends = atoms(*(end for _, *ends in limits.values() for end in ends))
    sizes = [s for s in dict.fromkeys((*ends, *used)) if isinstance(s, Symbol) and s.is_integer and s.is_positive]
    free = [r for r in free_references(sides[0]) | free_references(sides[1]) if is_index(r)]
    valued = [a for a in used if not a.is_integer]
    found: list[Sample] = []
    random = Random(3)
    for attempt in range(ATTEMPTS):
        fill = {size: SMALLEST + (len(found) + k) % 3 for k, size in enumerate(sizes)}
        values = _values(valued, limits, fill, derivation, meaning, random, attempt % 2 == 0)
        if values is None:
            continue
        ranges = [[(k, v) for v in _range(limits[k], fill)] for k in sorted(free, key=str) if k in limits]
        root = tuple((*fill.items(), *env) for env in choices(*ranges))
        sample = Sample(values, root)
        try:
            with ctx.workprec(PRECISION):
                for side in sides:
                    sample.vector(side, root)
        except Undefined:
            continue
        found.append(sample)
        if len(found) == count:
            break
    return found


def _range(limits: Limits, fill: Mapping[Symbol, int]) -> range:
    lower, upper = (substitute(e, {s: Integer(n) for s, n in fill.items()}) for e in limits[1:])
    return range(int(lower), int(upper) + 1)


def _values(
    names: Iterable[Expr],
    limits: Mapping[Symbol, Limits],
    fill: Mapping[Symbol, int],
    derivation: Derivation | None,
    meaning: Callable[[Expr], Expr],
    random: Random,
    positive: bool,
) -> dict[Expr, arb] | None:
    """The value of every name at a random point, by the name with numbers for its indices; None if undefined."""
    fixed = at_sizes(S.Zero, S.Zero, derivation, fill)[1] if derivation else Derivation(())
    sizes = {size: Integer(n) for size, n in fill.items()}
    instances: dict[Expr, Expr] = {}
    for name in names:
        own = [r for r in free_references(name) if is_index(r)]
        if any(k not in limits for k in own):
            continue
        meant = meaning(name)
        for where in choices(*(_range(limits[k], fill) for k in own)):
            env = {**sizes, **dict(zip(own, map(Integer, where), strict=True))}
            here = substitute(meant, env)
            instances[substitute(name, env)] = meaning(here) if own else here  # data have values at numbers only
    probes = [Equation(f"at_{k}", rhs=meant) for k, meant in enumerate(instances.values())]
    statement = state(total(*(p.reference for p in probes)), S.Zero, fixed.extend(probes))
    point = {p.name: _random_value(p, random, positive) for p in statement.parameters}
    functions = dict.fromkeys(statement.functions, STAND_INS[None])
    try:
        balls = enclose_derivation(statement.derivation, point, DIGITS, functions)
    except (DegenerateError, ArithmeticError):
        return None
    return {place: balls[probe.name] for place, probe in zip(instances, probes, strict=True)}


def _random_value(name: Symbol, random: Random, positive: bool) -> Fraction:
    while True:
        sign = 1 if positive else random.choice((1, -1))
        value = Fraction(sign * random.randint(1, 29), random.randint(1, 13))
        if admits(name, value):
            return value

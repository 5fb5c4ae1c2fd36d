"""Proofs for every number of objects and neurons: sums over symbolic indices, none of them written out.

Definitions are unfolded and the difference of the two sides is brought into the normal form of sums, a polynomial
in free atoms (x_i, g_i, gamma, m, f(u_i), …) and contractions (sum_j x_j g_j). Square roots get names: R^2 is
replaced by what stands under the root, and the terms with an odd power of R must vanish by themselves.
Denominators that are sums are cleared by multiplying. What is left must be the polynomial 0. This proves the
equality wherever both sides are defined, for all sizes and all values of the free indices. It refutes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as choices
from typing import Any, TypeVar

from sympy import Add, Expr, Indexed, Integer, Mul, Pow, S, Symbol

from symnet.clock import now
from symnet.equations import Derivation, Index, Variable, name_of, names_used
from symnet.expressions import Binder, free_references, product, rewrite, subexpressions, substitute, total
from symnet.operations import Call, call
from symnet.sums import Sum, Within, normal_form
from symnet.truth.assumptions import Condition
from symnet.truth.prove import Outcome
from symnet.truth.statement import Statement, scalar_conditions, state
from symnet.truth.summands import vanishes

__all__ = [
    "LARGEST",
    "Instance",
    "at_sizes",
    "free_indices",
    "has_places",
    "instances",
    "is_symbolic",
    "prove_every_size",
    "second_opinions",
    "sizes_of",
    "small_sizes",
    "statement_nodes",
]

_V = TypeVar("_V", bound=Variable)

LARGEST = 5  # of the sizes at which numbers are compared
_ROUNDS = 24  # of clearing denominators and replacing roots


def is_symbolic(left: Expr, right: Expr, derivation: Derivation | None = None) -> bool:
    """Whether the statement has sums or free indices of symbolic size."""
    return bool(sizes_of(left, right, derivation) or free_indices(left, right))


def sizes_of(left: Expr, right: Expr, derivation: Derivation | None = None) -> tuple[Symbol, ...]:
    """The symbolic limits of sums and indices in the statement and in the definitions it needs."""
    limits: set[Expr] = set()
    for node in statement_nodes(left, right, derivation):
        if isinstance(node, Sum):
            limits |= {node.lower, node.upper}
        elif derivation is not None and name_of(node) in derivation.variables:
            limits |= {end for k in derivation.variables[str(name_of(node))].indices for end in (k.lower, k.upper)}
    return tuple(sorted({s for limit in limits for s in limit.free_symbols if s.is_positive}, key=str))


def statement_nodes(left: Expr, right: Expr, derivation: Derivation | None) -> list[Expr]:
    """Every distinct node of the sides and of the definitions they need."""
    roots = [left, right]
    if derivation is not None:
        needed = derivation.needed_for(*(names_used(left) | names_used(right)))
        roots += [e.rhs for e in needed]
    return list(subexpressions(*roots))


def free_indices(*sides: Expr) -> list[Symbol]:
    """The indices that no sum binds."""
    free = {r for side in sides for r in free_references(side) if isinstance(r, Symbol) and r.is_integer}
    return sorted((s for s in free if not s.is_positive), key=str)


@dataclass(frozen=True)
class Instance:
    """A statement at some sizes and some values of its free indices, which `at` holds."""

    at: Mapping[Expr, Expr]
    left: Expr
    right: Expr
    derivation: Derivation

    def statement(self, assumptions: Sequence[Condition] = ()) -> tuple[Statement, tuple[Condition, ...]]:
        """The scalar statement, and the assumptions in its names."""
        here = self.assume(assumptions)
        return state(self.left, self.right, self.derivation, here), scalar_conditions(here)

    def assume(self, assumptions: Sequence[Condition]) -> list[Condition]:
        """The assumptions at these sizes and indices; what is said of something with indices, at all its places."""
        return [self._everywhere(c.map(lambda u: substitute(u, self.at))) for c in assumptions]

    def _everywhere(self, condition: Condition) -> Condition:
        signs = [(v, sign) for u, sign in condition.signs for v in self._at_places(u)]
        closed = [v for u in condition.closed for v in self._at_places(u)]
        nonzero = [v for u in condition.nonzero for v in self._at_places(u)]
        return replace(condition, signs=tuple(signs), closed=tuple(closed), nonzero=tuple(nonzero))

    def _at_places(self, u: Expr) -> list[Expr]:
        places = _places(_declared(u, S.Zero, self.derivation), {})
        ways = (dict(zip(places, map(Integer, where), strict=True)) for where in choices(*places.values()))
        return [substitute(u, way) for way in ways]


def instances(
    left: Expr, right: Expr, derivation: Derivation | None, sizes: Mapping[Symbol, Expr]
) -> Iterator[Instance]:
    """The statements with numbers, or other sizes, for some sizes.

    A free index whose range becomes a number takes all its values; the others stay free.
    """
    fill: dict[Expr, Expr] = dict(sizes)
    source = derivation or Derivation(())
    fixed = _fill(source, fill)
    places = _places(_declared(left, right, source), fill)
    if all(fill.get(s, s).is_Integer for s in sizes_of(left, right, derivation)):
        # what nothing declares is as long as the longest
        longest = max((int(v) for v in fill.values() if v.is_Integer), default=2)
        places = {k: places.get(k, range(1, longest + 1)) for k in free_indices(left, right)}
    for values in choices(*places.values()):
        where = {**fill, **dict(zip(places, map(Integer, values), strict=True))}
        yield Instance(where, substitute(left, where), substitute(right, where), fixed)


def small_sizes(sizes: Sequence[Symbol], largest: int = 3) -> Iterator[dict[Symbol, Expr]]:
    """Every way to make the sizes 2 or 3, and then all of them 4, and so on up to the largest.

    The first two ways together tell up to four sizes from each other.
    """
    first, second = ([ways[k % 4] for k in range(len(sizes))] for ways in ((2, 3, 2, 3), (3, 2, 2, 3)))
    larger = ((value,) * len(sizes) for value in range(4, largest + 1))
    for values in dict.fromkeys((tuple(first), tuple(second), *choices((2, 3), repeat=len(sizes)), *larger)):
        yield dict(zip(sizes, map(Integer, values), strict=True))


def second_opinions(left: Expr, right: Expr, derivation: Derivation | None) -> Iterator[Instance]:
    """An instance of each of the small sizes, by turns with different values of the indices and with the last ones.

    Two of them that are defined are an opinion.
    """
    for way, sizes in enumerate(small_sizes(sizes_of(left, right, derivation), LARGEST)):
        if places := list(instances(left, right, derivation, sizes)):
            yield places[-1] if way % 2 else places[(len(places) - 1) // 2]


def at_sizes(
    left: Expr, right: Expr, derivation: Derivation | None, sizes: Mapping[Symbol, int]
) -> tuple[list[tuple[Expr, Expr]], Derivation]:
    """The statements of these sizes, one for every value of the free indices, and the definitions they use."""
    fill: dict[Symbol, Expr] = {size: Integer(value) for size, value in sizes.items()}
    found = [(one.left, one.right) for one in instances(left, right, derivation, fill)]
    return found, _fill(derivation or Derivation(()), fill)


def _fill(derivation: Derivation, fill: Mapping[Any, Expr]) -> Derivation:
    return Derivation(
        tuple(_fixed(replace(e, rhs=substitute(e.rhs, fill)), fill) for e in derivation),
        tuple(_fixed(v, fill) for v in derivation.inputs),
        tuple(_fixed(v, fill) for v in derivation.parameters),
        derivation.title,
    )


def _fixed(variable: _V, fill: Mapping[Expr, Expr]) -> _V:
    """The same variable or equation with numbers for the sizes in its index ranges."""
    indices = tuple(
        replace(k, lower=substitute(k.lower, fill), upper=substitute(k.upper, fill)) for k in variable.indices
    )
    return replace(variable, indices=indices)


def _declared(left: Expr, right: Expr, derivation: Derivation) -> dict[Symbol, Index]:
    """The ranges of the free indices: in x[k] that of the index of x, else the one declared for this symbol."""
    free = free_indices(left, right)
    found = {k.symbol: k for v in reversed(derivation.variables.values()) for k in v.indices if k.symbol in free}
    bound = {node.index for node in subexpressions(left, right) if isinstance(node, Binder)}
    unbound = free_references(left) | free_references(right)
    for node in subexpressions(left, right):
        variable = derivation.variables.get(str(name_of(node))) if isinstance(node, Indexed) else None
        if variable is not None:
            places = zip(node.indices, variable.indices, strict=True)
            found |= {k: own for k, own in places if k in free and (k not in bound or node in unbound)}
    return found


def has_places(u: Expr, derivation: Derivation) -> bool:
    """Whether the values of all free indices are declared."""
    return _declared(u, S.Zero, derivation).keys() >= set(free_indices(u))


def _places(indices: Mapping[Symbol, Index], fill: Mapping[Expr, Expr]) -> dict[Symbol, range]:
    """The values of indices whose first and last ones are numbers."""
    found: dict[Symbol, range] = {}
    for symbol, own in indices.items():
        first, last = (substitute(end, fill) for end in (own.lower, own.upper))
        if first.is_Integer and last.is_Integer:
            found[symbol] = range(int(first), int(last) + 1)
    return found


def prove_every_size(left: Expr, right: Expr, derivation: Derivation | None = None, seconds: float = 20) -> Outcome:
    """Try to prove left = right for all sizes. The outcome is proved or undecided."""
    start = now()
    deadline, source = start + seconds, derivation or Derivation(())
    method = "normal form of sums"
    try:
        # sigmoid is an atom first: written by exp it is a quotient, which cannot be cleared under a sum
        ranges = _declared(left, right, source)
        zero = any(_Search(source, deadline, by_sigmoid, ranges).is_zero(left - right) for by_sigmoid in (True, False))
        if not zero:
            method = "normal form of summands"
            zero = vanishes(source.unfold(left - right), deadline)
    except (OverflowError, TimeoutError) as error:
        return Outcome("undecided", "normal form of sums", now() - start, reason=str(error))
    if zero:
        return Outcome("proved", f"{method}, for every size", now() - start)
    reason = "the normal form of sums is not 0"
    return Outcome("undecided", "normal form of sums", now() - start, reason=reason)


class _Search:
    def __init__(
        self, derivation: Derivation, deadline: float, by_sigmoid: bool, ranges: Mapping[Symbol, Index]
    ) -> None:
        self.derivation, self.deadline, self.by_sigmoid = derivation, deadline, by_sigmoid
        self.sure = {Within(k, own.lower, own.upper) for k, own in ranges.items()}  # free indices are in their ranges
        self.roots: dict[Symbol, Expr] = {}  # what stands under a root, by its name; inner ones first

    def is_zero(self, expression: Expr) -> bool:
        expression = self._unfold(expression)
        for _ in range(_ROUNDS):
            expression = normal_form(expression, deadline=self.deadline)
            expression = rewrite(expression, lambda n: S.One if n in self.sure else None)
            if expression == 0:
                return True
            cleared = self._clear(expression)
            if cleared is not None:
                expression = cleared
                continue
            root = self._latest_root(expression)
            if root is None:
                return False
            even, odd = self._split(expression, root)
            if odd != 0:
                return self.is_zero(even) and self.is_zero(odd)
            expression = even
        return False

    def _unfold(self, expression: Expr) -> Expr:
        """Write out every definition, and give each root a name."""
        expression = self.derivation.unfold(expression)

        def defined(node: Expr) -> Expr | None:
            if not isinstance(node, Call):
                return None
            if self.by_sigmoid and node.function in ("sigmoid", "tanh"):
                return _by_sigmoid(node, self.deadline)
            definition = node.operation.definition
            return None if definition is None else definition(*node.args)

        # In the normal form bound indices have names of their own, so that a root under a sum shows itself.
        expression = normal_form(rewrite(expression, defined), deadline=self.deadline)
        return rewrite(expression, lambda n: self._named(n) if isinstance(n, Call) and n.function == "sqrt" else None)

    def _named(self, root: Expr) -> Expr:
        inside = normal_form(root.args[0], deadline=self.deadline)
        if any(str(s).startswith("_") for s in free_references(inside)):
            return root  # under a sum: it stays an atom
        name = Symbol(str(root.func(inside)))  # no name that anybody could give to something else
        self.roots[name] = inside
        return name

    def _clear(self, expression: Expr) -> Expr | None:
        """Multiply by the powers of sums of terms that others are divided by; None when there are none."""
        worst: dict[Expr, Expr] = {}
        for term in Add.make_args(expression):
            for factor in Mul.make_args(term):
                base, exponent = factor.as_base_exp()
                if not (exponent.is_Integer and exponent < 0):
                    continue
                if isinstance(base, Add):
                    worst[base] = min(worst.get(base, S.Zero), exponent)
        if not worst:
            return None
        by = {base: -exponent for base, exponent in worst.items()}
        return total(*(_times(term, by) for term in Add.make_args(expression)))

    def _latest_root(self, expression: Expr) -> Symbol | None:
        """The root named last among those in the terms: it may hold the others."""
        found = free_references(expression)
        return next((root for root in reversed(self.roots) if root in found), None)

    def _split(self, expression: Expr, root: Symbol) -> tuple[Expr, Expr]:
        """The terms with even and with odd powers of a root, its even powers replaced by what is under it."""
        parts: tuple[list[Expr], list[Expr]] = ([], [])
        for term in Add.make_args(expression):
            power = Integer(0)
            rest: list[Expr] = []
            for factor in Mul.make_args(term):
                base, exponent = factor.as_base_exp()
                if base == root:
                    power += exponent
                else:
                    rest.append(factor)
            parts[int(power) % 2].append(product(Pow(self.roots[root], power // 2), *rest))
        return total(*parts[0]), total(*parts[1])


def _by_sigmoid(node: Call, deadline: float) -> Expr:
    """sigmoid(u) or tanh(u) = 2 sigmoid(2 u) - 1 with one atom for an argument and its opposite."""
    times = 1 if node.function == "sigmoid" else 2
    u = normal_form(product(Integer(times), node.args[0]), deadline=deadline)
    value = call("sigmoid", u)
    if u.could_extract_minus_sign():
        value = 1 - call("sigmoid", normal_form(product(S.NegativeOne, u), deadline=deadline))
    return value if times == 1 else product(Integer(2), value) - 1


def _times(term: Expr, by: Mapping[Expr, Expr]) -> Expr:
    """term * base^power, added to the exponents the term has already."""
    powers = dict(by)
    factors: list[Expr] = []
    for factor in Mul.make_args(term):
        base, exponent = factor.as_base_exp()
        if base in powers:
            powers[base] += exponent
        else:
            factors.append(factor)
    return product(*factors, *(Pow(base, exponent) for base, exponent in powers.items()))

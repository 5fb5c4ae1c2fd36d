"""Sums over symbolic indices: the node, linearity, deltas, and a normal form.

`Sum(body, (i, 1, m))` stays as written for any symbolic size m. `sum_over` builds one with its constant factors
taken out and its deltas resolved; `unroll` writes out sums whose limits are numbers; `normal_form` is the same
expression for any two sums that differ by linearity, the order of factors, and the names of bound indices.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice, permutations
from itertools import product as choices
from math import inf
from string import ascii_lowercase

from sympy import Add, Expr, Indexed, Integer, Mul, Pow, S, Symbol, Tuple, symbols

from symnet.clock import now
from symnet.expressions import (
    Binder,
    as_expression,
    contains,
    free_references,
    product,
    rewrite,
    subexpressions,
    substitute,
    total,
)

__all__ = ["Delta", "Limits", "Sum", "Within", "factor_out", "normal_form", "sum_over", "unroll"]

Limits = tuple[Symbol, Expr, Expr]  # an index with its first and last value


class Sum(Binder):
    """sum over index = lower..upper of the body; prints and parses back as SymPy's `Sum(body, (i, 1, m))`."""

    def __new__(cls, body: Expr, limits: Limits | Tuple) -> "Sum":
        return Expr.__new__(cls, as_expression(body), Tuple(*limits))

    # What SymPy's own printer asks of something called a Sum.
    @property
    def function(self) -> Expr:
        return self.body

    @property
    def limits(self) -> tuple[Tuple, ...]:
        return (self.args[1],)


class Delta(Expr):
    """1 where both index expressions are equal, else 0 (Kronecker)."""

    is_commutative = True

    def __new__(cls, left: Expr, right: Expr) -> Expr:
        difference = as_expression(left) - as_expression(right)
        if difference.is_number:
            return S.One if difference.is_zero else S.Zero
        return Expr.__new__(cls, *sorted((as_expression(left), as_expression(right)), key=str))


class Within(Expr):
    """1 where lower <= index <= upper, else 0 (Iverson's bracket)."""

    is_commutative = True

    def __new__(cls, index: Expr, lower: Expr, upper: Expr) -> Expr:
        index, lower, upper = as_expression(index), as_expression(lower), as_expression(upper)
        below, above = index - lower, upper - index
        if (below.is_number and below < 0) or (above.is_number and above < 0):
            return S.Zero
        if below.is_number and above.is_number:
            return S.One
        return Expr.__new__(cls, index, lower, upper)


def sum_over(body: Expr, *limits: Limits, ranges: Mapping[Symbol, tuple[Expr, Expr]] | None = None) -> Expr:
    """The sum of `body` over the limits, innermost last, in its simplest written form.

    Factors without the index come out, a delta on the index is resolved, a body without the index is counted.
    `ranges` are the known ranges of free indices: a delta against one of the same range needs no condition.
    """
    for index, lower, upper in reversed(limits):
        body = _sum_once(body, (index, lower, upper), ranges or {})
    return body


def _sum_once(body: Expr, limits: Limits, ranges: Mapping[Symbol, tuple[Expr, Expr]]) -> Expr:
    index, lower, upper = limits
    if body.is_Add and any(isinstance(node, Delta) and contains(node, index) for node in subexpressions(body)):
        return total(*(_sum_once(term, limits, ranges) for term in body.args))
    outside: list[Expr] = []
    inside: list[Expr] = []
    for factor in Mul.make_args(body):
        (inside if index in free_references(factor) else outside).append(factor)
    for position, factor in enumerate(inside):
        value = _solve_delta(factor, index)
        if value is None:
            continue
        rest = product(*inside[:position], *inside[position + 1 :])
        condition = S.One if ranges.get(value) == (lower, upper) else Within(value, lower, upper)
        return product(*outside, condition, substitute(rest, {index: value}))
    if (fulfilled := Within(*limits)) in inside:
        return _sum_once(product(*outside, *(f for f in inside if f != fulfilled)), limits, ranges)
    if not inside and (number := _number_of_values(lower, upper)) is not None:
        return product(number, *outside)
    return product(*outside, Sum(product(*inside), limits))


def _number_of_values(lower: Expr, upper: Expr) -> Expr | None:
    """How many values an index has; None where upper - lower + 1 may be negative: 3..m has none at m = 1, not -1.

    Sizes are at least 1, indices at least 0.
    """
    number = (S.One + upper - lower).expand()
    if number.is_Integer:
        return max(number, S.Zero)
    if not number.is_integer:
        return None
    least = S.Zero
    for part, coefficient in number.as_coefficients_dict().items():
        if part != 1 and coefficient.is_negative:
            return None
        least += coefficient if part.is_positive else 0
    return number if least >= 0 else None


def _solve_delta(factor: Expr, index: Symbol) -> Expr | None:
    """The value of `index` where the delta is 1, when it is an affine equation with coefficient 1 or -1."""
    if not isinstance(factor, Delta):
        return None
    difference = factor.args[0] - factor.args[1]
    coefficient = difference.coeff(index)
    if coefficient not in (1, -1) or contains(difference - coefficient * index, index):
        return None
    return -coefficient * (difference - coefficient * index)


def factor_out(expression: Expr) -> Expr:
    """Write every sum with what does not depend on its index before it: `Sum(2*x[i], …)` is `2*Sum(x[i], …)`."""

    def rule(node: Expr) -> Expr | None:
        return sum_over(node.body, (node.index, node.lower, node.upper)) if isinstance(node, Sum) else None

    return rewrite(expression, rule)


def unroll(expression: Expr) -> Expr:
    """Write out every sum whose limits are integers, in order: `Sum(x[i], (i, 1, 2))` is `x[1] + x[2]`."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Sum) and node.lower.is_Integer and node.upper.is_Integer:
            values = range(int(node.lower), int(node.upper) + 1)
            return total(*(unroll(substitute(node.body, {node.index: Integer(k)})) for k in values))
        return None

    return rewrite(expression, rule)


@dataclass(frozen=True)
class _Budget:
    """What an expansion may take."""

    terms: int
    deadline: float

    def check(self, terms: int) -> None:
        if terms > self.terms:
            raise OverflowError(f"the expanded expression has more than {self.terms} terms")
        if now() > self.deadline:
            raise TimeoutError("the time limit has passed")


# The normal form. A term is a rational coefficient, powers of atoms, and the bound indices that join them.
_Powers = dict[Expr, Expr]
_Term = tuple[Expr, _Powers, tuple[Limits, ...]]


def normal_form(expression: Expr, expand_limit: int = 20_000, deadline: float = inf) -> Expr:
    """One representative of all expressions equal by linearity of sums, distribution, and renaming.

    Products of sums become sums over several indices split into independent groups, a sum over a body that
    does not depend on its index is counted, and each group's bound indices are renamed canonically. Sound; complete
    and idempotent for polynomials in opaque atoms, unless a delta fixes the range of another sum. Raises
    OverflowError beyond `expand_limit` terms, TimeoutError past the `deadline` (of `symnet.clock.now`).
    """
    taken = {s.name for s in free_references(expression) if isinstance(s, Symbol)}  # a sum around us has its own
    fresh = (Symbol(f"_{k}", integer=True) for k in count() if f"_{k}" not in taken)
    budget = _Budget(expand_limit, deadline)
    collected: dict[Expr, Expr] = {}
    for coefficient, powers, bounds in _terms(expression, fresh, budget):
        monomial = _canonical(powers, bounds)
        collected[monomial] = collected.get(monomial, S.Zero) + coefficient
    return total(*(product(c, monomial) for monomial, c in collected.items()))


def _terms(node: Expr, fresh: Iterator[Symbol], budget: _Budget) -> list[_Term]:
    if node.is_Rational:
        return [(node, {}, ())] if node != 0 else []
    if node.is_Add:
        return _bounded([term for child in node.args for term in _terms(child, fresh, budget)], budget)
    if node.is_Mul:
        return _product([_terms(child, fresh, budget) for child in node.args], budget)
    if isinstance(node, Sum):
        if not all(s.is_positive for limit in (node.lower, node.upper) for s in free_references(limit)):
            return _sum_to_an_index(node, fresh, budget)
        index = next(fresh)
        body = substitute(node.body, {node.index: index})
        limits = (index, node.lower, node.upper)
        return [
            counted
            for c, powers, inner in _terms(body, fresh, budget)
            for counted in _counted(_resolve(c, powers, (*inner, limits)), limits, fresh, budget)
        ]
    if node.is_Pow:
        return _power(node.base, node.exp, fresh, budget)
    if isinstance(node, Indexed):
        return [(S.One, {node: S.One}, ())]
    return [(S.One, {_normal_arguments(node, budget): S.One}, ())]


def _sum_to_an_index(node: Sum, fresh: Iterator[Symbol], budget: _Budget) -> list[_Term]:
    """A sum whose range depends on an index, as 1..i: for each term one atom, which uses that index."""
    used = {str(s) for s in free_references(node)}
    index = next(Symbol(f"_t{k}", integer=True) for k in count() if f"_t{k}" not in used)
    limits = (index, node.lower, node.upper)
    body = normal_form(substitute(node.body, {node.index: index}), budget.terms, budget.deadline)
    terms: list[_Term] = []
    for term in Add.make_args(body):
        groups: list[list[_Term]] = []
        for factor in Mul.make_args(sum_over(term, limits)):
            whole = isinstance(factor, Sum) and factor.index == index
            groups.append([(S.One, {factor: S.One}, ())] if whole else _terms(factor, fresh, budget))
        terms += _product(groups, budget)
    return _bounded(terms, budget)


def _normal_arguments(node: Expr, budget: _Budget) -> Expr:
    if not node.args:
        return node
    return node.func(*(normal_form(child, budget.terms, budget.deadline) for child in node.args))


def _power(base: Expr, exponent: Expr, fresh: Iterator[Symbol], budget: _Budget) -> list[_Term]:
    if exponent.is_Integer and 0 < exponent <= 16:
        return _product([_terms(base, fresh, budget) for _ in range(int(exponent))], budget)
    terms = _terms(base, fresh, budget)
    if len(terms) == 1 and exponent.is_Integer and not terms[0][2]:
        coefficient, powers, _ = terms[0]
        return [(coefficient**exponent, {atom: e * exponent for atom, e in powers.items()}, ())]
    inner = normal_form(base, budget.terms, budget.deadline)
    if not exponent.is_Integer:  # one atom, so that an index in the exponent is seen to be used
        return [(S.One, {Pow(inner, normal_form(exponent, budget.terms, budget.deadline)): S.One}, ())]
    # An inverse of a sum: one atom, with its content taken out so that 1/(2ac + 2bc) and 1/(a + b) meet.
    if inner.is_Add and (common := _common_powers(inner)):
        inverse = [Pow(atom, -e) for atom, e in common.items()]
        without = total(*(product(term, *inverse) for term in inner.args))
        outside = product(*(Pow(atom, e * exponent) for atom, e in common.items()))
        return _product([_terms(outside, fresh, budget), _power(without, exponent, fresh, budget)], budget)
    content = inner.as_content_primitive()[0]
    if inner.could_extract_minus_sign():
        content = -content
    inner = total(*(product(1 / content, term) for term in Add.make_args(inner)))
    return [(content**exponent, {inner: exponent}, ())]


def _common_powers(expression: Expr) -> _Powers:
    """The powers of atoms that all terms of a sum have in common, and the inverses that any of them has."""
    rows = [dict(f.as_base_exp() for f in Mul.make_args(term) if not f.is_Rational) for term in expression.args]
    symbolic = {atom for row in rows for atom, e in row.items() if not e.is_Integer}
    atoms = {atom for row in rows for atom in row} - symbolic
    lowest = {atom: min(row.get(atom, S.Zero) for row in rows) for atom in atoms}
    return {atom: e for atom, e in lowest.items() if e != 0}


def _product(groups: Sequence[list[_Term]], budget: _Budget) -> list[_Term]:
    result: list[_Term] = [(S.One, {}, ())]
    for group in groups:
        merged: dict[tuple[frozenset[tuple[Expr, Expr]], tuple[Limits, ...]], Expr] = {}
        for (c1, p1, b1), (c2, p2, b2) in choices(result, group):
            powers = dict(p1)
            for atom, exponent in p2.items():
                powers[atom] = powers.get(atom, S.Zero) + exponent
            key = frozenset((a, e) for a, e in powers.items() if e != 0), b1 + b2
            merged[key] = merged.get(key, S.Zero) + c1 * c2
            budget.check(len(merged))
        result = [(c, dict(powers), bounds) for (powers, bounds), c in merged.items() if c != 0]
    return result


def _bounded(terms: list[_Term], budget: _Budget) -> list[_Term]:
    budget.check(len(terms))
    return terms


def _counted(term: _Term, limits: Limits, fresh: Iterator[Symbol], budget: _Budget) -> list[_Term]:
    """A sum over an index that its body does not use is a multiple of the body."""
    coefficient, powers, bounds = term
    index, lower, upper = limits
    if limits not in bounds or any(index in free_references(atom) for atom in powers):
        return [term]
    number = _number_of_values(lower, upper)
    if number is None:
        return [term]
    body = coefficient, powers, tuple(b for b in bounds if b != limits)
    return _product([_terms(number, fresh, budget), [body]], budget)


def _resolve(coefficient: Expr, powers: _Powers, bounds: tuple[Limits, ...]) -> _Term:
    """Remove deltas that fix a bound index, and conditions that its range fulfils."""
    powers = {a: e for a, e in powers.items() if not (isinstance(a, Within) and a.args in bounds)}
    for atom in powers:
        for limits in bounds:
            value = _solve_delta(atom, limits[0])
            if value is None:
                continue
            replaced: _Powers = {}
            for a, e in powers.items():
                new = substitute(a, {limits[0]: value})
                replaced[new] = replaced.get(new, S.Zero) + e
            condition = Within(value, limits[1], limits[2])
            if condition == 0:
                return S.Zero, {}, ()
            replaced[condition] = S.One
            replaced = {a: e for a, e in replaced.items() if e != 0}
            return _resolve(coefficient, replaced, tuple(b for b in bounds if b is not limits))
    return coefficient, powers, bounds


def _canonical(powers: _Powers, bounds: tuple[Limits, ...]) -> Expr:
    """The monomial as a product of independent sums, each with canonical names for its bound indices."""
    names = {limits[0] for limits in bounds}
    uses = {atom: names & free_references(atom) for atom in powers}
    sums: list[Expr] = []
    left = list(bounds)
    while left:
        frontier = [left.pop()]
        members: list[Limits] = []
        atoms: list[Expr] = []
        while frontier:
            limits = frontier.pop()
            members.append(limits)
            for atom in powers:
                if limits[0] in uses[atom] and atom not in atoms:
                    atoms.append(atom)
                    linked = [b for b in left if b[0] in uses[atom]]
                    left = [b for b in left if b not in linked]
                    frontier += linked
        sums.append(_name_bounds([(a, powers[a]) for a in atoms], members))
    free = [Pow(atom, e) for atom, e in powers.items() if not uses[atom]]
    return product(*free, *sums)


def _name_bounds(atoms: list[tuple[Expr, Expr]], bounds: list[Limits]) -> Expr:
    """Among all ways to name the bound indices _a, _b, … the one whose text is smallest."""
    taken = {s.name for a, _ in atoms for s in free_references(a) if isinstance(s, Symbol)}
    free = (Symbol(f"_{letter}", integer=True) for letter in ascii_lowercase if f"_{letter}" not in taken)
    names = list(islice(free, len(bounds)))

    def named(order: Sequence[Limits]) -> Expr:
        renaming = {limits[0]: name for limits, name in zip(order, names, strict=True)}
        body = product(*(Pow(substitute(a, renaming), e) for a, e in atoms))
        for limits in reversed(order):
            body = Sum(body, (renaming[limits[0]], limits[1], limits[2]))
        return body

    if len(bounds) == 1:
        return named(bounds)  # whose text is never asked for
    return min(map(named, _orders(atoms, bounds)), key=str)


def _orders(atoms: list[tuple[Expr, Expr]], bounds: list[Limits]) -> Iterator[tuple[Limits, ...]]:
    """Orders of the bound indices to try: only those of equal signature are permuted among each other."""
    marked, other = symbols("_marked _other")

    def signature(limits: Limits) -> str:
        names = {b[0]: (marked if b is limits else other) for b in bounds}
        return str((limits[1:], sorted(str((substitute(a, names), e)) for a, e in atoms)))

    classes: dict[str, list[Limits]] = {}
    for limits in bounds:
        classes.setdefault(signature(limits), []).append(limits)
    for picks in choices(*(permutations(classes[key]) for key in sorted(classes))):
        yield tuple(limits for pick in picks for limits in pick)

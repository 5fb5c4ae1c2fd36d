r"""Reading order: SymPy sorts the terms of a sum by its own rules, a slide by the order it introduced the names.

Terms of a sum:
  - plain numbers last, higher degree first (a function counts one more than what is in it, an inverse as itself),
    and a lone parameter, a bias, after the computed names it is added to, `\hat{z} + b`;
  - among equals by what is read, left to right: names in order of declaration, then the number before them;
  - a sum begins with its first positive term, `F - y`, `1 - t^2`, but between two parameters a leading minus stays
    where it is: the slide puts the object into w_1 x + w_01 and writes -w_1 + w_01; and it is 1 + e^x.
Factors of a product:
  - the number and sizes, then derivatives dL/dv as the chain rule has them, then everything else by the first name
    in it: parameters, computed names, inputs, each in order of declaration: `w_1 x`, `f(w_1 x + w_01) w_3`;
  - then conditions (deltas), brackets, and sums over an index, which reach as far right as they can.

Names that were not declared come after the declared ones, `w2` before `w10`. One pass, linear in the graph.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from sympy import Add, Expr, Indexed, Mul, Rational, S, Symbol
from sympy.core.basic import Basic

from symnet.equations import name_of
from symnet.expressions import subexpressions
from symnet.operations import Call
from symnet.render.naming import Naming
from symnet.sums import Delta, Sum, Within

__all__ = ["Factor", "Product", "Reading"]

_LOOKAHEAD = 48  # how much of a long term is compared before SymPy's own order decides
_HIGHEST = 10**6  # degrees are not told apart beyond this


class Factor(NamedTuple):
    """A base to a positive (or symbolic) power."""

    base: Expr
    exponent: Expr = S.One


class Product(NamedTuple):
    """number * above / below."""

    number: Rational
    above: tuple[Factor, ...]
    below: tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class _Measure:
    """What decides the place of a node: its degree, the first name in it, and how it reads."""

    degree: int
    first: int
    reads: tuple[int | Fraction, ...]


class Reading:
    """The order in which an expression and all its parts are read.

    sums: the terms of every sum. products: every product, quotient and power, taken apart.
    """

    def __init__(self, expression: Expr, naming: Naming) -> None:
        self.naming = naming
        nodes = list(subexpressions(expression))
        self._place(nodes)
        self.sums: dict[Expr, tuple[Expr, ...]] = {}
        self.products: dict[Expr, Product] = {}
        self._measures: dict[Basic, _Measure] = {}
        for node in nodes:
            self._measures[node] = self._measure(node)

    def _place(self, nodes: Iterable[Basic]) -> None:
        """Number the names: as declared for sums, by what they are for products."""
        declared = self.naming.variables
        found: dict[str, int] = {}
        for node in nodes:
            if isinstance(node, Symbol):
                found[node.name] = self._kind(node)
            elif isinstance(node, Call):
                found[type(node).__name__] = _COMPUTED
        positions = {name: k for k, name in enumerate(declared)}
        order = sorted(found, key=lambda n: (positions.get(n, len(positions)), _natural(n)))
        self._declared = {name: k for k, name in enumerate(order)}
        grouped = sorted(order, key=lambda n: found[n])  # stable: declared order within a kind
        self._first = {name: k for k, name in enumerate(grouped)}
        self._last = len(order)

    def _kind(self, symbol: Symbol) -> int:
        if symbol.name in self.naming.parameters:
            return _PARAMETER
        if symbol.name in self.naming.inputs:
            return _INPUT
        if symbol.name in self.naming.variables:
            return _COMPUTED
        return _SIZE if symbol.is_integer else _PARAMETER

    # One node

    def _measure(self, node: Basic) -> _Measure:
        if isinstance(node, Rational):
            return _Measure(0, self._last, (self._last, Fraction(node.p, node.q)))
        if isinstance(node, Symbol):
            return _Measure(1, self._first[node.name], (self._declared[node.name],))
        if node.is_Add:
            return self._measure_sum(node)
        if node.is_Mul or node.is_Pow:
            return self._measure_product(node)
        parts = [self._measures[child] for child in node.args]
        reads = _shortened(part.reads for part in parts)
        if isinstance(node, Indexed):
            return _Measure(1, parts[0].first, reads)
        if isinstance(node, Call):
            reads += (self._declared[type(node).__name__],)
        degree = max((part.degree for part in parts), default=0) + 1
        return _Measure(degree, min((part.first for part in parts), default=self._last), reads)

    def _measure_sum(self, node: Expr) -> _Measure:
        terms = sorted(_flatten(node, Add), key=self._term_key)
        signals = [term for term in terms if self._measures[term].degree == 1 and self._is_computed(term)]
        if signals:
            first = next(k for k, term in enumerate(terms) if self._measures[term].degree == 1)
            rest = [term for term in terms[first:] if term not in signals]
            terms = [*terms[:first], *signals, *rest]
        self.sums[node] = tuple(self._begin_positive(terms))
        measures = [self._measures[term] for term in terms]
        return _Measure(
            max(m.degree for m in measures),
            min(m.first for m in measures),
            _shortened(self._term_reads(term) for term in terms),
        )

    def _term_key(self, term: Expr) -> tuple[bool, int, tuple[int | Fraction, ...]]:
        return term.is_Rational, -self._measures[term].degree, self._term_reads(term)

    def _term_reads(self, term: Expr) -> tuple[int | Fraction, ...]:
        reads = self._measures[term].reads
        return reads if term.is_Rational or term in self.products else (*reads, _ONCE, 1)

    def _begin_positive(self, terms: list[Expr]) -> list[Expr]:
        if not self._negative(terms[0]):
            first, *_, last = terms
            exponential = isinstance(first, Call) and first.function == "exp"
            return [last, first] if exponential and len(terms) == 2 and last.is_positive else terms
        positive = next((k for k, term in enumerate(terms) if not self._negative(term)), 0)
        if self._is_parameter(terms[0]) and self._is_parameter(terms[positive]):
            return terms
        return [terms[positive], *terms[:positive], *terms[positive + 1 :]]

    def _negative(self, term: Expr) -> bool:
        number = self.products[term].number if term in self.products else term
        return bool(number.is_Rational and number < 0)

    def _is_computed(self, term: Expr) -> bool:
        name = name_of(term)
        return name in self.naming.variables and name not in self.naming.parameters | self.naming.inputs

    def _is_parameter(self, term: Expr) -> bool:
        product = self.products.get(term)
        if product:
            return not product.below and len(product.above) == 1 and self._is_parameter(product.above[0].base)
        return name_of(term) in self.naming.parameters

    def _measure_product(self, node: Expr) -> _Measure:
        number, above, below = S.One, [], []
        for factor in _flatten(node, Mul):
            if factor.is_Rational:
                number *= factor
            elif not factor.is_Pow:
                above.append(Factor(factor))
            elif factor.exp.is_Rational and factor.exp < 0:
                below.append(Factor(factor.base, -factor.exp))
            else:
                above.append(Factor(factor.base, factor.exp))
        above.sort(key=self._factor_key)
        below.sort(key=self._factor_key)
        self.products[node] = Product(number, tuple(above), tuple(below))
        factors = above + below
        degree = sum(self._degree(factor) for factor in factors)
        reads = [self._factor_reads(factor) for factor in factors]
        return _Measure(
            min(degree, _HIGHEST),
            min((self._measures[f.base].first for f in factors), default=self._last),
            (*_shortened(reads), Fraction(number.p, number.q)),
        )

    def _degree(self, factor: Factor) -> int:
        power = int(factor.exponent) if factor.exponent.is_Integer else 1
        return min(power, _HIGHEST) * self._measures[factor.base].degree

    def _factor_key(self, factor: Factor) -> tuple[int, int, tuple[int | Fraction, ...]]:
        return self._rank(factor.base), self._measures[factor.base].first, self._factor_reads(factor)

    def _rank(self, base: Expr) -> int:
        if isinstance(base, Symbol) and self._kind(base) == _SIZE:
            return 0
        if name_of(base) in self.naming.variables and r"\frac" in self.naming.latex(str(name_of(base))):
            return 1
        if isinstance(base, Delta | Within):
            return 3
        if base.is_Add:
            return 4
        return 5 if isinstance(base, Sum) else 2

    def _factor_reads(self, factor: Factor) -> tuple[int | Fraction, ...]:
        exponent = factor.exponent
        power = Fraction(-exponent.p, exponent.q) if exponent.is_Rational else Fraction(0)
        return (*self._measures[factor.base].reads, power)


_SIZE, _PARAMETER, _COMPUTED, _INPUT = range(4)
_ONCE = -1  # how the exponent 1 reads: higher powers come first


def _natural(name: str) -> tuple[tuple[str, int], ...]:
    """A key by which w2 comes before w10."""
    return tuple((text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name))


def _shortened(parts: Iterable[tuple[int | Fraction, ...]]) -> tuple[int | Fraction, ...]:
    """The beginning of what the parts read, one after the other."""
    reads: list[int | Fraction] = []
    for part in parts:
        reads += part
        if len(reads) >= _LOOKAHEAD:
            break
    return tuple(reads[:_LOOKAHEAD])


def _flatten(node: Expr, kind: type[Expr]) -> list[Expr]:
    """The terms of a sum or the factors of a product, those of nested ones too."""
    found, stack = [], [node]
    while stack:
        part = stack.pop()
        if isinstance(part, kind):
            stack.extend(reversed(part.args))
        else:
            found.append(part)
    return found

"""Dropout masks: which are admissible, how many, and with what probability (lecture 8, dropout).

Each droppable neuron dies independently with `drop_probability`; a mask that leaves no path from an input to an
output is rejected and drawn again. All counts and probabilities are exact: polynomials and quotients of them.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from flint import fmpq, fmpq_poly
from sympy import Expr, Rational

from symnet.errors import SymnetError
from symnet.expressions import as_expression, product, total
from symnet.network.network import Network

__all__ = [
    "acceptance_probability",
    "admissible_masks",
    "all_masks",
    "keep_probability_after_rejection",
    "mask_probability",
]

Mask = frozenset[str]  # the dropped neurons
_LIMIT = 18  # 2^18 masks are enumerated in seconds


def all_masks(droppable: Sequence[str]) -> Iterator[Mask]:
    """Every set of dropped neurons, the smallest sets first.

    Raises SymnetError for more than 18 droppable neurons, whose 2^n masks are not enumerated.
    """
    if len(droppable) > _LIMIT:
        raise SymnetError(f"{len(droppable)} droppable neurons have 2^{len(droppable)} masks: too many to enumerate")
    for count in range(len(droppable) + 1):
        yield from map(frozenset, combinations(droppable, count))


def admissible_masks(network: Network, droppable: Sequence[str] | None = None) -> Iterator[Mask]:
    """Every set of dropped neurons that leaves the network connected, the smallest sets first.

    droppable: hidden neurons by default; inputs may be named too (dropout on the input layer).
    Raises SymnetError for more than 18 droppable neurons, whose 2^n masks are not enumerated.
    """
    names = tuple(network.hidden if droppable is None else droppable)
    yield from filter(network.is_connected, all_masks(names))


def mask_probability(mask: Mask, droppable: Sequence[str], drop_probability: Any) -> Expr:
    """The probability that exactly this mask is drawn, before any rejection."""
    p = as_expression(drop_probability)
    return product(p ** len(mask), (1 - p) ** (len(droppable) - len(mask)))


def acceptance_probability(network: Network, drop_probability: Any, droppable: Sequence[str] | None = None) -> Expr:
    """The probability that a drawn mask is admissible; a polynomial in a symbolic drop probability."""
    names = tuple(network.hidden if droppable is None else droppable)
    return _probability(list(admissible_masks(network, names)), len(names), drop_probability)


def keep_probability_after_rejection(
    network: Network, neuron: str, drop_probability: Any, droppable: Sequence[str] | None = None
) -> Expr:
    """P(the neuron lives | the mask was accepted): larger than 1 - drop_probability once masks are rejected.

    Raises SymnetError when `neuron` is not droppable or no mask is admissible at this probability.
    """
    names = tuple(network.hidden if droppable is None else droppable)
    if neuron not in names:
        raise SymnetError(f"{neuron} is not one of the droppable neurons {', '.join(names)}")
    masks = list(admissible_masks(network, names))
    accepted = _probability(masks, len(names), drop_probability)
    if accepted == 0:
        raise SymnetError(f"no mask is admissible at drop probability {drop_probability}")
    alive = _probability([m for m in masks if neuron not in m], len(names), drop_probability)
    return _quotient(alive, accepted)


def _probability(masks: Sequence[Mask], count: int, drop_probability: Any) -> Expr:
    """Sum of p^k (1-p)^(n-k) over the masks, expanded exactly."""
    p = fmpq_poly([0, 1])
    polynomial = fmpq_poly([0])
    for mask in masks:
        polynomial += p ** len(mask) * (1 - p) ** (count - len(mask))
    return _evaluate(polynomial, as_expression(drop_probability))


def _evaluate(polynomial: fmpq_poly, p: Expr) -> Expr:
    if p.is_Rational:
        value = polynomial(fmpq(int(p.p), int(p.q)))
        return _rational(value)
    coefficients = [_rational(c) for c in polynomial.coeffs()]
    return total(*(product(c, p**k) for k, c in enumerate(coefficients)))


def _rational(value: fmpq) -> Rational:
    return Rational(int(value.p), int(value.q))


def _quotient(top: Expr, bottom: Expr) -> Expr:
    symbols = (top.free_symbols | bottom.free_symbols) or None
    if symbols is None:
        return top / bottom
    (p,) = symbols
    a, b = (_as_poly(e, p) for e in (top, bottom))
    common = a.gcd(b)
    a, b = a // common, b // common
    lead = b.coeffs()[-1]
    return _evaluate(a / lead, p) / _evaluate(b / lead, p)


def _as_poly(expression: Expr, p: Expr) -> fmpq_poly:
    polynomial = fmpq_poly([0])
    for (power,), c in expression.as_poly(p).terms():
        polynomial += fmpq_poly([0] * power + [fmpq(int(c.p), int(c.q))])
    return polynomial

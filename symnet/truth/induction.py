"""Closed forms of recursions, for every number of steps: proofs by induction.

A closed form x_k in a symbolic k may hold powers b^k, b^(k - s) and sums over s = 1..k. The base puts k = 0 and k = 1:
what is proved for a size is proved from 1 on. In the step k becomes k + 1: the last term of every such sum is split
off, b^k and b^s are written as values of unknown sequences, so that b^(k + 1 - s) is b b^k / b^s. What is left
are identities for `decide`, for all values of the unknowns, so for the powers; where b = 0 is divided by, they hold by
continuity, both sides being rational in b.
"""

from collections.abc import Callable, Sequence

from sympy import Expr, IndexedBase, Integer, Pow, Symbol

from symnet.errors import SymnetError
from symnet.expressions import contains, product, rewrite, subexpressions, substitute
from symnet.sums import Sum, unroll
from symnet.truth.verdict import Verdict, decide

__all__ = ["decide_recursion"]

Values = Sequence[Expr]
SMALL = 4  # so many first steps are compared when the induction fails


def decide_recursion(
    closed: Values, count: Symbol, start: Values, step: Callable[[Values, Expr], Values], seconds: float = 20
) -> Verdict:
    """Decide whether x_k = closed(k) for all k >= 0, where x_0 = start and x_(k+1) = step(x_k, k).

    closed: one expression in `count`, an integer symbol (a `size` where it ends a sum), for each sequence. When the
    induction fails, the first steps are compared: refuted at the first k that differs, else undecided. Raises
    SymnetError for a power whose exponent is not linear in integers, or whose base depends on an index.
    """
    zero, following = Integer(0), count + 1
    pairs = list(zip(_at(closed, count, zero), start, strict=True))
    pairs += zip(_at(closed, count, Integer(1)), step(tuple(start), zero), strict=True)
    powers = [(_opaque(u), _opaque(v)) for u, v in _step(closed, count, step, following)]
    verdicts = [decide(one, other, seconds=seconds) for one, other in (*pairs, *powers)]
    elapsed = sum(v.seconds for v in verdicts)
    if all(v.verdict == "proved" for v in verdicts):
        return Verdict("proved", f"induction on {count}: base and step by normal form", elapsed)
    values = tuple(start)
    for k in map(Integer, range(SMALL)):
        for one, other in zip(_at(closed, count, k), values, strict=True):
            found = decide(one, other, seconds=seconds)
            if found.witness:
                witness = {**found.witness, "values": {str(count): str(k), **_values(found)}}
                return Verdict("refuted", f"{found.method}, at {count} = {k}", elapsed, witness=witness)
        values = tuple(step(values, k))
    reason = f"the induction on {count} fails, and the first {SMALL} values do not differ"
    return Verdict("undecided", reason, elapsed)


def _values(found: Verdict) -> dict[str, str]:
    values = found.witness["values"]
    assert isinstance(values, dict)
    return values


def _step(
    closed: Values, count: Symbol, step: Callable[[Values, Expr], Values], following: Expr
) -> list[tuple[Expr, Expr]]:
    left = [substitute(u, {count: following}) for u in closed]
    right = step(closed, count)
    return list(zip((_split(u, count) for u in left), right, strict=True))


def _at(closed: Values, count: Symbol, k: Expr) -> list[Expr]:
    return [unroll(substitute(u, {count: k})) for u in closed]


def _split(expression: Expr, count: Symbol) -> Expr:
    """Every sum up to count + 1 as the sum up to count and its last term, which it has from count = 1 on."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Sum) and node.upper == count + 1 and node.lower.is_Integer and node.lower <= 2:
            last = substitute(node.body, {node.index: node.upper})
            return Sum(node.body, (node.index, node.lower, count)) + last
        return None

    return rewrite(expression, rule)


def _opaque(expression: Expr) -> Expr:
    """Powers with symbolic exponents as products of powers of unknowns, one for each base and integer symbol."""
    bound = {node.index for node in subexpressions(expression) if isinstance(node, Sum)}

    def rule(node: Expr) -> Expr | None:
        if not node.is_Pow:
            return None
        base, exponent = node.args
        rest, factors = exponent.expand(), []
        for symbol in sorted(exponent.free_symbols, key=str):
            number = rest.coeff(symbol)
            rest = rest - number * symbol
            if not (symbol.is_integer and number.is_Integer) or contains(base, symbol, *bound):
                raise SymnetError(f"the power {node} is not one of a constant to an integer combination of indices")
            factors.append(Pow(IndexedBase(str(Pow(base, symbol)))[symbol], number))
        if not rest.is_Integer:
            raise SymnetError(f"the power {node} is not one of a constant to an integer combination of indices")
        return product(*factors, Pow(base, rest))

    return rewrite(expression, rule)

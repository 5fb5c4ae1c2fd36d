r"""What a formula says by cases: indicators `[x > 0]` and `\begin{cases}`, as steps and signs."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sympy import Expr, Rational, S

from symnet.errors import InputError
from symnet.operations import call
from symnet.reading.arithmetic import add, multiply, signed_sum
from symnet.sums import Delta

__all__ = ["RELATIONS", "Comparisons", "indicator", "piecewise"]

Comparisons = list[tuple[Expr, str, Expr]]  # all of them hold: 0 < x, x < 1

RELATIONS: Mapping[str, str] = {
    **dict.fromkeys(("<", r"\lt"), "<"),
    **dict.fromkeys((">", r"\gt"), ">"),
    **dict.fromkeys((r"\le", r"\leq", r"\leqslant"), "<="),
    **dict.fromkeys((r"\ge", r"\geq", r"\geqslant"), ">="),
    **dict.fromkeys((r"\ne", r"\neq"), "!="),
}
_SIGNS = {"<": {-1}, ">": {1}, "<=": {-1, 0}, ">=": {0, 1}, "=": {0}, "!=": {-1, 1}}


def indicator(condition: Comparisons) -> Expr:
    """1 where every comparison holds, else 0."""
    return multiply([_holds(*comparison) for comparison in condition])


def _holds(left: Expr, relation: str, right: Expr) -> Expr:
    above, below = signed_sum([left, "-", right]), signed_sum([right, "-", left])
    if relation in ("=", "!="):
        indices = (left.free_symbols | right.free_symbols) and all(s.is_integer for s in above.free_symbols)
        equal = Delta(left, right) if indices else _not(multiply([call("sign", above)] * 2))
        return equal if relation == "=" else _not(equal)
    if relation in ("<", ">"):
        return call("step", above if relation == ">" else below)
    return _not(call("step", below if relation == ">=" else above))


def _not(value: Expr) -> Expr:
    opposite = signed_sum([value, "-", S.One]) if value.is_Add else value
    return multiply([S.NegativeOne, opposite]) if opposite.could_extract_minus_sign() else add([S.One, -value])


def piecewise(cases: Sequence[tuple[Expr, Comparisons | None]]) -> Expr:
    """The value of the case that holds; None is what the cases before it leave.

    Raises InputError where no case or several may hold.
    """
    values, conditions = [value for value, _ in cases], [condition for _, condition in cases]
    if None in conditions[:-1]:
        raise InputError(r"\text{otherwise} is the last of the cases")
    if conditions[-1] is not None and not _exactly_one(conditions):  # type: ignore[arg-type]  # None is the last
        raise InputError(
            r"the second case must be what the first leaves: x > 0 and x \le 0, or \text{otherwise}"
            if len(cases) == 2
            else r"exactly one of the cases must hold: x > 0, x = 0 and x < 0, or \text{otherwise}"
        )
    terms: list[Expr] = []
    rest: list[Expr] = []  # what the cases before do not hold
    for value, condition in zip(values, conditions, strict=True):
        if condition is conditions[-1]:
            terms.append(multiply([*rest, value]))
        else:
            holds = indicator(condition)  # type: ignore[arg-type]
            terms.append(multiply([*rest, holds, value]))
            rest.append(_not(holds))
    return add(terms)


def _exactly_one(conditions: Sequence[Comparisons]) -> bool:
    """Whether conditions on one expression and numbers leave no value of it out, and none twice."""
    lines = [[_on_a_line(*comparison) for comparison in condition] for condition in conditions]
    if len({line[0] for condition in lines for line in condition}) != 1:
        return False
    marks = sorted({bound for condition in lines for _, bound, _ in condition})
    between = [(a + b) / 2 for a, b in pairwise(marks)]
    return all(
        sum(all(_sign(x - bound) in signs for _, bound, signs in condition) for condition in lines) == 1
        for x in (*marks, *between, marks[0] - 1, marks[-1] + 1)
    )


def _sign(number: Rational) -> int:
    return bool(number > 0) - bool(number < 0)


def _on_a_line(left: Expr, relation: str, right: Expr) -> tuple[Expr, Rational, set[int]]:
    """The comparison as one of an expression without a constant with a number, and its signs that are right."""
    constant, rest = signed_sum([left, "-", right]).expand().as_coeff_Add()
    if not rest:
        return rest, S.Zero, set()
    factor, rest = rest.primitive()
    if rest.could_extract_minus_sign():
        factor, rest = -factor, -rest
    signs = {sign if factor > 0 else -sign for sign in _SIGNS[relation]}
    return rest, Rational(-constant, factor), signs

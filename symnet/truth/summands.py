"""Proofs for every size by what stands under the sums: equal summands have equal sums.

A sum of symbolic size is a number like any other: with a name for each of the sums, an expression is scalar, and the
prover for fixed size knows about its roots, signs and logarithms. Terms that are sums over the same range are one
sum; it is 0 if its summand is 0 whatever the values in it are.
"""

from sympy import Add, Expr, Mul, Pow, S, Symbol

from symnet.clock import now
from symnet.expressions import Binder, product, rewrite, substitute, total
from symnet.operations import Call, call
from symnet.sums import Delta, Sum, Within, normal_form
from symnet.truth.prove import prove
from symnet.truth.statement import state
from symnet.truth.zeros import holds_at_zero

__all__ = ["vanishes"]


def vanishes(expression: Expr, deadline: float, level: int = 0) -> bool:
    """Whether an expression without definitions is proved to be 0 wherever it is defined, for all sizes.

    level: the sums that the expression stands under. Raises OverflowError, TimeoutError.
    """
    expression = normal_form(expression, deadline=deadline)  # which writes exponents and arguments as sums of terms
    expression = normal_form(rewrite(expression, _apart), deadline=deadline)
    if _is_zero_of_numbers(expression, deadline):
        return True
    sums, rest = _gather(expression, Symbol(f"_under{level}"))
    level += 1
    if _is_zero_of_numbers(rest, deadline):
        return all(vanishes(body, deadline, level) for body in sums.values())
    if len(sums) != 1:
        return False
    (((lower, upper), body),) = sums.items()
    # The rest is the sum of as many equal parts, if there are any.
    return lower == 1 and bool(upper.is_positive) and vanishes(body + rest / upper, deadline, level)


def _apart(node: Expr) -> Expr | None:
    """exp(u + 2 v) as exp(u) exp(v)^2, what does not depend on an index comes out of its sum; |u|^2 as u^2."""
    if node.is_Pow and isinstance(node.base, Call) and node.base.function == "abs" and node.exp.is_even:
        return Pow(node.base.args[0], node.exp)
    if not (isinstance(node, Call) and node.function == "exp"):
        return None
    factors = []
    for term in Add.make_args(node.args[0]):
        number, rest = term.as_coeff_Mul()
        power = number.p if rest != 1 else 1
        factors.append(call("exp", term / power) ** power)
    return product(*factors)


def _is_zero_of_numbers(expression: Expr, deadline: float) -> bool:
    """Whether it is 0 whatever numbers its sums are."""
    names: dict[Expr, Expr] = {}

    def name(node: Expr) -> Expr | None:
        if isinstance(node, Binder | Delta | Within):
            return names.setdefault(node, Symbol(f"value[{len(names)}]"))
        return None

    statement = state(rewrite(expression, name), S.Zero)
    outcome = prove(statement, (), deadline - now())
    at_zero = (holds_at_zero(statement, u, (), deadline - now())[0] for u in outcome.nonzero)
    return outcome.proved and all(at_zero)


def _gather(expression: Expr, letter: Symbol) -> tuple[dict[tuple[Expr, Expr], Expr], Expr]:
    """For each range of an index the summand of everything that is summed over it, and what is no sum.

    Factors before a sum go into it, and m times something is the sum of m such terms. The index becomes `letter`,
    which nothing else has: under the sum's own letter a factor that uses it freely would be caught.
    """
    found: dict[tuple[Expr, Expr], list[Expr]] = {}
    rest: list[Expr] = []
    for term in Add.make_args(expression):
        factors = Mul.make_args(term)
        inner = next((f for f in factors if isinstance(f, Sum)), None)
        if inner is None:
            rest.append(term)
        else:
            index, lower, upper = inner.args[1]
            body = substitute(inner.body, {index: letter})
            found.setdefault((lower, upper), []).append(product(body, *(f for f in factors if f is not inner)))
    for (lower, upper), bodies in found.items():
        size = upper - lower + 1
        bodies += [term / size for term in rest if size in Mul.make_args(term)]
        rest = [term for term in rest if size not in Mul.make_args(term)]
    return {limits: total(*bodies) for limits, bodies in found.items()}, total(*rest)

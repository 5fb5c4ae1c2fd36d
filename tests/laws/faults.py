"""Named ways to get a formula wrong, planted one at a time wherever they fit."""

from collections.abc import Iterator

from sympy import Expr, Indexed, Integer, Pow, Rational, S

from symnet.expressions import product, rewrite, subexpressions, total
from symnet.operations import Call, head
from symnet.sums import Sum


def faults(rhs: Expr) -> Iterator[tuple[str, Expr]]:
    """Every wrong version of a right-hand side over three objects, with a name that says what was done and where."""
    yield "zeroed", S.Zero
    yield "negated", product(Integer(-1), rhs)
    yield "doubled", product(Integer(2), rhs)
    for node in subexpressions(rhs):
        for name, wrong in _local(node):
            mutant = rewrite(rhs, lambda n, node=node, wrong=wrong: wrong if n == node else None)
            if mutant != rhs:
                yield f"{name} at {node}", mutant


def _local(node: Expr) -> Iterator[tuple[str, Expr]]:
    if node.is_Add:
        for k, term in enumerate(node.args):
            others = (*node.args[:k], *node.args[k + 1 :])
            yield f"sign of {term} flipped", total(*others, product(Integer(-1), term))
            yield f"term {term} dropped", total(*others)
    elif node.is_Mul:
        number, rest = node.as_coeff_Mul()
        if number not in (1, -1):
            yield "denominator off by one", product(Rational(number.p, number.q + 1), rest)
        for k, factor in enumerate(node.args):
            others = (*node.args[:k], *node.args[k + 1 :])
            yield f"factor {factor} dropped", product(*others)
            if isinstance(factor, Indexed):  # alone under a sum its order is free
                yield f"index of {factor} reversed", product(*others, factor.base[4 - factor.indices[0]])
    elif isinstance(node, Pow) and node.exp.is_Integer:
        yield "power raised", Pow(node.base, node.exp + 1)
        yield "power lowered", Pow(node.base, node.exp - 1)
    elif isinstance(node, Indexed):
        yield "index stuck at the first object", node.base[Integer(1)]
    elif isinstance(node, Sum):
        yield "first object left out", Sum(node.body, (node.index, node.lower + 1, node.upper))
        yield "last object left out", Sum(node.body, (node.index, node.lower, node.upper - 1))
        yield "summed without its sum", node.body.xreplace({node.index: Integer(2)})
    elif isinstance(node, Call) and node.operation.abstract:
        yield "one prime too many", head(node.function, node.order + 1)(*node.args)
        if node.order:
            yield "prime forgotten", head(node.function, node.order - 1)(*node.args)

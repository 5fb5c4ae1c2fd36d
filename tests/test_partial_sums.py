"""A law of sums whose ranges depend on other indices or may be empty: every form has the value of the expression."""

from random import Random

import pytest
from sympy import Expr, Indexed, IndexedBase, Integer, Rational, Symbol, symbols

from symnet.equations import size
from symnet.expressions import free_references, product, subexpressions, substitute, total
from symnet.sums import Delta, Sum, Within, factor_out, normal_form, unroll

m, n = size("m"), size("n")
a, b = symbols("a b")
LETTERS = symbols("i j k l", integer=True)
x, y, w = (IndexedBase(name) for name in "xyw")


def expression(random: Random, depth: int, free: list[Symbol]) -> Expr:
    """Sums, products and squares of names, deltas and sums over ranges of all sorts."""
    unused = [letter for letter in LETTERS if letter not in free]
    kind = random.choice(["sum", "product", "square", "over", "over"]) if depth and unused else "atom"
    if kind == "atom":
        atoms = [a, b, m, Integer(random.randint(-2, 3)), *free, *(v[k] for v in (x, y) for k in free)]
        atoms += [w[p, q] for p in free for q in free] + [Delta(p, q) for p in free for q in (*free, 2)]
        return random.choice([*atoms, *(Within(k, 2, n) for k in free)])
    if kind == "over":
        lower = random.choice([*map(Integer, (0, 1, 1, 2, 3)), *free])
        upper = random.choice([m, m, n, m + 1, Integer(3), *free, *(k - 1 for k in free)])
        return Sum(expression(random, depth - 1, [*free, unused[0]]), (unused[0], lower, upper))
    if kind == "square":
        return expression(random, depth - 1, free) ** 2
    parts = (expression(random, depth - 1, free) for _ in range(2))
    return total(*parts) if kind == "sum" else product(*parts)


def value(form: Expr, rows: int, columns: int) -> Expr:
    written = unroll(substitute(form, {m: Integer(rows), n: Integer(columns)}))
    point = {node: Rational(Random(str(node)).randint(1, 99), 7) for node in subexpressions(written) if node.is_Indexed}
    assert all(isinstance(node, Indexed) for node in point)
    return written.xreplace({**point, a: Rational(3, 5), b: Rational(-2, 7)}).expand()


@pytest.mark.parametrize("seed", range(10))
def test_forms_have_the_value_of_the_expression(seed: int) -> None:
    random = Random(seed)
    for _ in range(6):
        written = expression(random, 4, [])
        for form in (normal_form(written), factor_out(written)):
            assert not any(str(s).startswith("_") for s in free_references(form))
            for sizes in ((1, 1), (1, 3), (3, 2)):
                assert value(form, *sizes) == value(written, *sizes), written

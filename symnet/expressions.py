"""Building and rewriting expressions without losing how a slide wrote them.

SymPy expressions are graphs that share subexpressions, but two habits of SymPy's would destroy the lecture's
form: it multiplies a lone number into a sum (`2*(a + b)` becomes `2*a + 2*b`), and its tree walks visit a shared
node once for every path to it. Everything in symnet builds products with `product` and walks graphs with
`rewrite` and `subexpressions`, whose cost is the number of distinct nodes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sympy import Add, Expr, Indexed, IndexedBase, Mul, Pow, S, Symbol, Tuple
from sympy.core.basic import Basic

__all__ = [
    "Binder",
    "contains",
    "free_references",
    "product",
    "rebuild",
    "rewrite",
    "subexpressions",
    "substitute",
    "total",
]


class Binder(Expr):
    """An expression that binds index symbols over its first argument (`symnet.sums.Sum` is the one there is).

    Arguments: the body, then one `Tuple(index, lower, upper)`.
    """

    is_commutative = True

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def index(self) -> Symbol:
        return self.args[1][0]

    @property
    def lower(self) -> Expr:
        return self.args[1][1]

    @property
    def upper(self) -> Expr:
        return self.args[1][2]


def product(*factors: Expr) -> Expr:
    """The product of the factors; a number before a sum stays before it."""
    result = Mul(*factors) if len(factors) != 1 else factors[0]
    if not result.is_Add:
        return result
    # SymPy distributed (or the product was a sum to begin with). Take the number out by hand.
    number: Expr = S.One
    others: list[Expr] = []
    for factor in Mul.make_args(Mul(*factors, evaluate=False)) if len(factors) > 1 else factors:
        coefficient, rest = factor.as_coeff_Mul()
        number *= coefficient
        if rest is not S.One:
            others.append(rest)
    if number is S.One or len(others) != 1:
        return Mul(*others) if number is S.One else result
    return Mul(number, others[0], evaluate=False)


def total(*terms: Expr) -> Expr:
    """The sum of the terms."""
    return Add(*terms)


def rebuild(node: Expr, args: Iterable[Expr]) -> Expr:
    """`node` with other arguments, without SymPy's distribution of numbers over sums."""
    if node.is_Mul:
        return product(*args)
    if node.is_Pow:
        base, exponent = args
        number, rest = base.as_coeff_Mul()
        if rest.is_Add and number is not S.One and exponent.is_Integer:
            return product(Pow(number, exponent), Pow(rest, exponent))
        return Pow(base, exponent)
    return node.func(*args)


def subexpressions(*roots: Any) -> Iterator[Any]:
    """Every distinct node below the roots once, arguments before the nodes that use them.

    A node is a SymPy expression, or anything else that can be hashed and has its arguments in `args`.
    """
    seen: set[Any] = set()
    for root in roots:
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.args))


def rewrite(expression: Expr, rule: Callable[[Expr], Expr | None]) -> Expr:
    """Rebuild from the leaves up; `rule` sees each rebuilt node and may answer with a replacement.

    Bound indices are ordinary leaves here: use `substitute` to put something in the place of a free name.
    """
    done: dict[Basic, Basic] = {}
    for node in subexpressions(expression):
        new = node
        if node.args:
            args = [done[child] for child in node.args]
            if any(a is not b for a, b in zip(args, node.args, strict=True)):
                new = rebuild(node, args)
        replacement = rule(new)
        done[node] = new if replacement is None else replacement
    return done[expression]


def contains(expression: Expr, *parts: Basic) -> bool:
    """Whether a part occurs in the expression; the cost is that of its graph, unlike SymPy's `has`."""
    wanted = set(parts)
    return any(node in wanted for node in subexpressions(expression))


def free_references(expression: Expr) -> set[Expr]:
    """The scalar names and indexed references an expression reads, without its bound indices.

    An indexed reference counts as itself (`z[i]`), with its free index symbols beside it.
    """
    memo: dict[Basic, frozenset[Expr]] = {}
    for node in subexpressions(expression):
        if isinstance(node, Symbol):
            memo[node] = frozenset((node,))
        elif isinstance(node, Indexed):
            indices = frozenset[Expr]().union(*(memo[k] for k in node.indices))
            memo[node] = indices | {node}
        elif isinstance(node, Binder):
            inside = frozenset(
                r
                for r in memo[node.body]
                if r != node.index and not (isinstance(r, Indexed) and contains(r, node.index))
            )
            memo[node] = inside | memo[node.lower] | memo[node.upper]
        else:
            memo[node] = frozenset[Expr]().union(*(memo[child] for child in node.args))
    return set(memo[expression])


def substitute(expression: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """Replace free names (symbols or whole indexed references) by expressions, all at once.

    A bound index is never replaced, and is renamed where a value would be captured by it.
    """
    changes = {name: value for name, value in values.items() if value is not name}
    return _substitute(expression, changes, {}) if changes else expression


def _substitute(expression: Expr, values: dict[Expr, Expr], done: dict[Basic, Expr]) -> Expr:
    stack: list[tuple[Basic, bool]] = [(expression, False)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if node in values:
            done[node] = values[node]
        elif not node.args or isinstance(node, IndexedBase):  # the name of an indexed reference is no symbol
            done[node] = node
        elif isinstance(node, Binder):
            done[node] = _substitute_bound(node, values)
        elif not ready:
            stack.append((node, True))
            stack.extend((child, False) for child in node.args)
        else:
            args = [done[child] for child in node.args]
            same = all(a is b for a, b in zip(args, node.args, strict=True))
            done[node] = node if same else rebuild(node, args)
    return done[expression]


def _substitute_bound(node: Binder, values: dict[Expr, Expr]) -> Expr:
    index = node.index
    limits = [_substitute(limit, values, {}) for limit in (node.lower, node.upper)]
    present = free_references(node.body)
    inner = {
        name: value for name, value in values.items() if name != index and not contains(name, index) and name in present
    }
    body = node.body
    if any(contains(value, index) for value in inner.values()):
        fresh = fresh_index(index, [body, *inner.values()])
        body, index = _substitute(body, {index: fresh}, {}), fresh
    if inner:
        body = _substitute(body, inner, {})
    return node.func(body, Tuple(index, *limits))


def fresh_index(index: Symbol, expressions: Iterable[Expr]) -> Symbol:
    """An index like `index` whose name occurs in none of the expressions."""
    used = {s.name for e in expressions for s in e.atoms(Symbol)}
    number = 1
    while f"{index.name}{number}" in used:
        number += 1
    return Symbol(f"{index.name}{number}", **index.assumptions0)

"""Building and rewriting expressions without losing how a slide wrote them.

SymPy expressions are graphs that share subexpressions, but two habits of SymPy's would destroy the lecture's
form: it multiplies a lone number into a sum (`2*(a + b)` becomes `2*a + 2*b`), and its tree walks visit a shared
node once for every path to it. Everything in symnet builds products with `product` and walks graphs with
`rewrite` and `subexpressions`, whose cost is the number of distinct nodes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from operator import is_
from typing import Any

from sympy import Add, Expr, Indexed, IndexedBase, Mul, Pow, S, Symbol, SympifyError, Tuple, sympify
from sympy.core.basic import Basic

from symnet.errors import SymnetError

__all__ = [
    "Binder",
    "as_expression",
    "contains",
    "free_references",
    "indexed",
    "product",
    "rebuild",
    "rewrite",
    "subexpressions",
    "substitute",
    "total",
]


_SHORT = 100  # nodes of an expression whose walk is remembered


def as_expression(value: object) -> Expr:
    """A number or an expression as an expression. Raises SymnetError for anything else: text is not evaluated."""
    try:
        return sympify(value, strict=True)
    except SympifyError:
        raise SymnetError(f"{value!r} is neither a number nor an expression") from None


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


@lru_cache(maxsize=1 << 14)  # SymPy deduces the assumptions of every reference anew
def indexed(base: str | IndexedBase, *where: Expr) -> Expr:
    """The reference `base[where]`."""
    return IndexedBase(base)[where] if isinstance(base, str) else base[where]


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
    if isinstance(node, Indexed):
        return indexed(*args)
    return node.func(*args)


def subexpressions(*roots: Any) -> Iterator[Any]:
    """Every distinct node below the roots once, arguments before the nodes that use them.

    A node is a SymPy expression, or anything else that can be hashed and has its arguments in `args`.
    """
    if len(roots) == 1:
        below = _short_walk(roots[0])
        if below is not None:
            return chain(below, roots)  # what is remembered may be the walk of an equal root
    return _walk(roots)


def _walk(roots: Iterable[Any]) -> Iterator[Any]:
    seen: set[Any] = set()
    known = 0
    for root in roots:
        stack: list[Any] = [root]  # below None a node whose arguments are done
        while stack:
            node = stack.pop()
            if node is None:
                yield stack.pop()
                continue
            seen.add(node)  # its hash is computed in Python: ask for it once
            if len(seen) > known:
                known += 1
                args = node.args
                if args:
                    stack += (node, None)
                    stack += args[::-1]
                else:
                    yield node


@lru_cache(maxsize=1 << 14)  # what is derived from an expression asks many questions about its nodes
def _short_walk(root: Any) -> tuple[Any, ...] | None:
    """All nodes but the root, where they are few."""
    nodes = tuple(islice(_walk((root,)), _SHORT + 1))
    return nodes[:-1] if len(nodes) <= _SHORT else None


def rewrite(expression: Expr, rule: Callable[[Expr], Expr | None]) -> Expr:
    """Rebuild from the leaves up; `rule` sees each rebuilt node and may answer with a replacement.

    Bound indices are ordinary leaves here: use `substitute` to put something in the place of a free name.
    """
    done: dict[Basic, Basic] = {}
    for node in subexpressions(expression):
        new, args = node, node.args
        if args:
            rewritten = [done[child] for child in args]
            if not all(map(is_, rewritten, args)):
                new = rebuild(node, rewritten)
        replacement = rule(new)
        done[node] = new if replacement is None else replacement
    return done[expression]


def contains(expression: Expr, *parts: Basic) -> bool:
    """Whether a part occurs in the expression; the cost is that of its graph, unlike SymPy's `has`."""
    wanted = set(parts)
    return any(node in wanted for node in subexpressions(expression))


@lru_cache(maxsize=1 << 12)
def free_references(expression: Expr) -> frozenset[Expr]:
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
    return memo[expression]


def substitute(expression: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """Replace free names (symbols or whole indexed references) by expressions, all at once.

    A bound index is never replaced, and is renamed where a value would be captured by it.
    """
    if not expression.args:
        return values.get(expression, expression)
    changes = {name: value for name, value in values.items() if value is not name}
    return _substitute(expression, changes, {}) if changes else expression


def _substitute(expression: Expr, values: dict[Expr, Expr], done: dict[Basic, Expr]) -> Expr:
    stack: list[Any] = [expression]  # below None a node whose arguments are done
    while stack:
        node = stack.pop()
        if node is None:
            node = stack.pop()
            args = [done[child] for child in node.args]
            done[node] = node if all(map(is_, args, node.args)) else rebuild(node, args)
        elif node in done:
            continue
        elif node in values:
            done[node] = values[node]
        elif not node.args or isinstance(node, IndexedBase):  # the name of an indexed reference is no symbol
            done[node] = node
        elif isinstance(node, Binder):
            done[node] = _substitute_bound(node, values)
        else:
            stack += (node, None)
            stack += node.args
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

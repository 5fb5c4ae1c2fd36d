"""An expression at each value of its indices: sums written out, references replaced by what they stand for.

The same as `substitute`, `unroll` and `rewrite` one after the other, but every part is built once for each value of the
indices that it depends on, and a sum or a product of different names is put together without SymPy's search for equal
terms in it: a network written out has half a million of them.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cmp_to_key
from operator import itemgetter
from typing import Any

from sympy import Add, Expr, Indexed, Integer, Mul, Pow, S, Symbol
from sympy.core.basic import Basic, ordering_of_classes

from symnet.expressions import Binder, rebuild, subexpressions, total
from symnet.operations import Call
from symnet.sums import Sum

__all__ = ["Instances", "NotWritten", "Table", "without_collection"]

Table = dict[str, dict[tuple[int, ...], Expr]]  # the value of each name at each place
_Build = Callable[[], Expr]
_Pairs = Callable[[range, int], Expr | None]
_Slots = dict[Symbol, int]


@contextmanager
def without_collection() -> Iterator[None]:
    """Nothing made here is garbage, and the collector would walk all of it again and again: a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class NotWritten(Exception):
    """A sum or a reference has no fixed number of values, or no place that is known."""


class Instances:
    """`expression` as a function of its indices.

    sizes: numbers for symbolic sizes. table: values of names, which must be numbers or symbols; it may grow meanwhile.
    Calling it raises NotWritten where a limit or a place is no integer.
    """

    def __init__(self, expression: Expr, indices: Sequence[Symbol], sizes: Mapping[Symbol, Expr], table: Table) -> None:
        self._sizes, self._table = sizes, table
        self._at: list[int] = [0] * len(indices)  # the current value of each index, bound ones after the free ones
        self._read: list[str] = []
        self._plain = True
        self._uses = Counter(child for node in subexpressions(expression) for child in node.args)
        self._parts: dict[tuple[Basic, frozenset[tuple[Symbol, int]]], tuple[_Build, frozenset[int]]] = {}
        self._build, _ = self._part(expression, {k: slot for slot, k in enumerate(indices)})

    def __call__(self, where: Sequence[int]) -> tuple[Expr, frozenset[str] | None]:
        """The expression at these values, and the names it reads (None where some may have vanished)."""
        self._at[: len(where)] = where
        self._read.clear()
        self._plain = True
        value = self._build()
        return value, frozenset(self._read) if self._plain else None

    # Each part of the expression becomes a function without arguments, with the indices that it depends on.

    def _part(self, node: Expr, slots: _Slots) -> tuple[_Build, frozenset[int]]:
        key = node, frozenset(slots.items())
        if key not in self._parts:
            build, used = self._compiled(node, slots)
            if node.args and not isinstance(node, Indexed) and (self._uses[node] > 1 or len(used) < len(slots)):
                build = self._once(build, sorted(used))
            self._parts[key] = build, used
        return self._parts[key]

    def _compiled(self, node: Expr, slots: _Slots) -> tuple[_Build, frozenset[int]]:
        if isinstance(node, Symbol):
            return self._symbol(node, slots)
        if isinstance(node, Indexed):
            return self._reference(node, slots)
        if isinstance(node, Sum):
            return self._sum(node, slots)
        if isinstance(node, Binder):
            raise NotWritten
        if not node.args:
            return (lambda: node), frozenset()
        parts = [self._part(child, slots) for child in node.args]
        builds, used = [build for build, _ in parts], frozenset[int]().union(*(used for _, used in parts))
        if isinstance(node, Call):
            return (lambda: node.func(*[build() for build in builds])), used
        quick = _total if node.is_Add else _product if node.is_Mul else _power if node.is_Pow else None

        def build() -> Expr:
            args = [build() for build in builds]
            value = quick(args) if quick else None
            if value is None:
                self._plain &= all(argument.is_Number for argument in args)
                return rebuild(node, args)
            return value

        return build, used

    def _once(self, build: _Build, used: Sequence[int]) -> _Build:
        """The part at the same values of its indices is the same object."""
        at, read, done = self._at, self._read, dict[tuple[int, ...], tuple[Expr, list[str], bool]]()

        def known() -> Expr:
            where = tuple([at[slot] for slot in used])
            if where not in done:
                start, plain, self._plain = len(read), self._plain, True
                value = build()
                done[where] = value, read[start:], self._plain
                self._plain &= plain
                return value
            value, names, plain = done[where]
            read.extend(names)
            self._plain &= plain
            return value

        return known

    def _symbol(self, node: Symbol, slots: _Slots) -> tuple[_Build, frozenset[int]]:
        if node in slots:
            at, slot = self._at, slots[node]
            return (lambda: Integer(at[slot])), frozenset((slot,))
        if node in self._sizes:
            size = self._sizes[node]
            return (lambda: size), frozenset()
        if node.is_integer:
            raise NotWritten
        value, read = self._table.get(node.name, {}).get((), node), self._read

        def build() -> Expr:
            if value.is_Symbol:
                read.append(value.name)
            return value

        return build, frozenset()

    def _reference(self, node: Indexed, slots: _Slots) -> tuple[_Build, frozenset[int]]:
        values, read, at = self._table.setdefault(str(node.base.label), {}), self._read, self._at
        parts = [self._place(where, slots) for where in node.indices]
        used = frozenset[int]().union(*(used for _, used in parts))
        places = [place for place, _ in parts]
        pick = _places([slots[where] for where in node.indices]) if slots.keys() >= set(node.indices) else None

        def build() -> Expr:
            where = pick(at) if pick else tuple([place() for place in places])
            value = values.get(where)
            if value is None:  # outside the range: a condition around it is to be 0
                self._plain = False
                return node.base[where]
            if value.is_Symbol:
                read.append(value.name)
            return value

        return build, used

    def _place(self, expression: Expr, slots: _Slots) -> tuple[Callable[[], int], frozenset[int]]:
        """An index expression as an integer."""
        at = self._at
        if expression in slots:
            slot = slots[expression]
            return (lambda: at[slot]), frozenset((slot,))
        expression = expression.xreplace({s: n for s, n in self._sizes.items() if s not in slots})
        if not expression.free_symbols <= slots.keys():
            raise NotWritten
        inside = [(k, slots[k]) for k in expression.free_symbols]
        done: dict[tuple[int, ...], int] = {}

        def place() -> int:
            where = tuple([at[slot] for _, slot in inside])
            if where not in done:
                value = expression.xreplace({k: Integer(at[slot]) for k, slot in inside})
                if not value.is_Integer:
                    raise NotWritten
                done[where] = int(value)
            return done[where]

        return place, frozenset(slot for _, slot in inside)

    def _sum(self, node: Sum, slots: _Slots) -> tuple[_Build, frozenset[int]]:
        (lower, below), (upper, above) = self._place(node.lower, slots), self._place(node.upper, slots)
        at, slot = self._at, len(self._at)
        at.append(0)
        inside = {**slots, node.index: slot}
        body, used = self._part(node.body, inside)
        pairs = self._pairs(node.body, inside)

        def build() -> Expr:
            if pairs and (value := pairs(range(lower(), upper() + 1), slot)) is not None:
                return value
            terms = []
            for k in range(lower(), upper() + 1):
                at[slot] = k
                terms.append(body())
            value = _total(terms)
            if value is None:
                self._plain = False
                return total(*terms)
            return value

        return build, (used | below | above) - {slot}

    def _pairs(self, body: Expr, slots: _Slots) -> _Pairs | None:
        """The sum of products of two names each, which is nearly all of a network written out, in one go."""
        if not (body.is_Mul and len(body.args) == 2 and all(isinstance(factor, Indexed) for factor in body.args)):
            return None
        if not all(k in slots for factor in body.args for k in factor.indices):
            return None
        at, read = self._at, self._read
        left, right = [self._table.setdefault(factor.base.name, {}) for factor in body.args]
        places = [[slots[k] for k in factor.indices] for factor in body.args]
        first, second = [_places(where) for where in places]

        def total_of(values: range, slot: int) -> Expr | None:
            """None where a name has a value, lies outside its range, or is multiplied with itself."""
            products = {}
            for at[slot] in values:
                a, b = left.get(first(at)), right.get(second(at))
                if a is None or b is None or not type(a) is type(b) is Symbol:
                    return None
                if a.name > b.name:
                    a, b = b, a
                products[a.name, b.name] = a, b
            if len(products) < max(2, len(values)) or any(a == b for a, b in products):
                return None
            for names in products:
                read.extend(names)
            return _made(Add, *[_made(Mul, *products[names]) for names in sorted(products)])

        return total_of


def _places(where: Sequence[int]) -> Callable[[Sequence[int]], tuple[int, ...]]:
    """The values in these slots."""
    if len(where) == 1:
        (only,) = where
        return lambda at: (at[only],)
    return itemgetter(*where)


# What SymPy makes of different names and calls, in its order; None where there may be something to evaluate.


def _total(terms: Sequence[Expr]) -> Expr | None:
    flat, rests, numbers, others = list[Expr](), set[Any](), list[Expr](), list[Expr]()
    for term in terms:
        if term.is_Add:
            flat.extend(term.args)
        else:
            flat.append(term)
    for term in flat:
        if term.is_Mul:
            factors = term.args
            rest = factors[1:] if factors[0].is_Number else factors
            rests.add(rest if len(rest) > 1 else rest[0])
        elif _is_plain(term) or (term.is_Pow and _is_plain(term.base)):
            rests.add(term)
        elif term.is_Number:
            numbers.append(term)
            continue
        else:
            return None
        others.append(term)
    if len(rests) < len(others) or len(numbers) > 1 or len(flat) < 2 or S.Zero in numbers:
        return None
    others.sort(key=_order)
    return _made(Add, *numbers, *others)


def _product(factors: Sequence[Expr]) -> Expr | None:
    if len(factors) == 2 and type(factors[0]) is type(factors[1]) is Symbol:
        a, b = factors
        return None if a.name == b.name else _made(Mul, a, b) if a.name < b.name else _made(Mul, b, a)
    number, others, bases = S.One, list[Expr](), set[Expr]()
    for factor in factors:
        if factor.is_Rational:
            number *= factor
            continue
        base = factor.base if factor.is_Pow and factor.exp.is_Integer else factor
        if not (_is_plain(base) or base.is_Add):
            return None
        others.append(factor)
        bases.add(base)
    numbers = [] if number is S.One else [number]
    if number is S.Zero or len(bases) < len(others) or len(numbers) + len(others) < 2:
        return None
    if len(others) > 1:
        others.sort(key=_order)
    return _made(Mul, *numbers, *others)


def _power(args: Sequence[Expr]) -> Expr | None:
    base, exponent = args
    if not exponent.is_Integer or exponent is S.Zero or exponent is S.One or not (_is_plain(base) or base.is_Add):
        return None
    return _made(Pow, base, exponent)


def _made(kind: type[Expr], *args: Expr) -> Expr:
    node: Expr = Expr.__new__(kind, *args)
    node.is_commutative = True
    return node


def _is_plain(node: Expr) -> bool:
    return isinstance(node, _PLAIN)


_PLAIN = (Symbol, Call)
_DEPTH = 4  # how far down keys are made: keys of whole graphs would be as long as their trees
_by_comparison = cmp_to_key(Basic.compare)


def _order(node: Basic, depth: int = _DEPTH) -> Any:
    """A key that sorts as SymPy's `compare` does: by class, number of arguments, then each of them."""
    kind, parts = type(node), node.args
    if kind is Symbol:
        return _SYMBOL, 0, node.name
    if not depth or not parts:
        return _rank(kind.__name__), len(parts), _by_comparison(node)
    below = [(_SYMBOL, 0, part.name) if type(part) is Symbol else _order(part, depth - 1) for part in parts]
    return _rank(kind.__name__), len(parts), below


@cache
def _rank(name: str) -> tuple[int, str]:
    """What compares as SymPy compares the names of classes."""
    known = name in ordering_of_classes
    return (ordering_of_classes.index(name), "") if known else (len(ordering_of_classes), name)


_SYMBOL = _rank("Symbol")

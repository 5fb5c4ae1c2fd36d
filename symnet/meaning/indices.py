r"""Indices on a slide: which letter counts objects, which one the members of a family such as w_1, w_2, ….

What a formula leaves to habit is written out, with names of the network only: `\hat{y}_i` is `F[i]`, x_{ij} is
feature j of object i, the n of `\sum_{i=1}^n` is the number of objects, a free index stands for each of its values,
and a name without an index beside a loss or a target is that of one object.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product as choices

from sympy import Expr, Indexed, IndexedBase, Integer, S, Symbol

from symnet.errors import SymnetError
from symnet.expressions import contains, free_references, product, rewrite, subexpressions, substitute, total
from symnet.meaning.names import EVERY, OVER_OBJECTS, Names
from symnet.reading.slide import Applied, Partial
from symnet.sums import Delta, Sum

__all__ = ["Chain", "at_object", "resolved"]


@dataclass(frozen=True)
class Chain:
    """Sides that are said to be equal, and the values of free indices for which they were written out."""

    sides: tuple[Expr, ...]
    where: Mapping[str, str] = field(default_factory=dict)


def resolved(names: Names, sides: tuple[Expr, ...]) -> list[Chain]:
    """The chain in names of the network, once for each value of the indices that are free in it.

    Raises SymnetError for an index that can be read in two ways.
    """
    sides = tuple(_products(names, _renamed(names, side)) for side in sides)
    letters = _Letters(names, sides)
    sides = letters.sized(sides)
    found = []
    for where in letters.values():
        at = {letter: Integer(k) for letter, k in where.items()}
        chain = tuple(letters.written(substitute(side, at)) for side in sides)
        found.append(Chain(chain, {str(letter): str(k) for letter, k in where.items()}))
    return [one for chain in found for one in _for_one_object(names, chain)]


# Names


def _renamed(names: Names, side: Expr) -> Expr:
    """The network's names for what else is said: yhat for F, x3 for x[3]."""

    def known(name: str) -> Expr | None:
        output = names.prediction.get(name)
        if output:
            return Symbol(output)
        if name in names.known or name in names.averages or name in names.by_function or name in names.by_loss:
            return None
        base, first, second = re.fullmatch(r"(.*?)(\d*)(?:_(\d+))?", name).groups()  # type: ignore[union-attr]
        base = names.prediction.get(base, base)
        if first and not second and base in names.of_objects:
            return IndexedBase(base)[Integer(first)]
        labels = (first, second) if second else tuple(first)
        if len(labels) == 2 and all(labels) and names.is_family(base):  # w_{1,2}, and x_{12} for x_{1,2}
            return IndexedBase(base)[tuple(map(Integer, labels))]
        return None

    def indexed(node: Expr) -> Expr | None:
        if not isinstance(node, Indexed):
            return None
        name = str(node.base)
        if name == "delta" and name not in names.known and not names.is_family(name) and len(node.indices) == 2:
            return Delta(*node.indices)
        value = known(name)
        if value is None:
            return None
        if isinstance(value, Symbol):
            return IndexedBase(value.name)[node.indices]
        return node

    side = _heads_apart(rewrite(side, indexed))
    free = [s for s in free_references(side) if isinstance(s, Symbol) and not s.is_integer]
    meant = {s: value for s in free if (value := known(s.name)) is not None}
    return _heads_back(substitute(side, meant), lambda head: names.prediction.get(head, head))


def _heads_apart(side: Expr) -> Expr:
    """With the heads of F(x) under names that nothing else has."""
    return rewrite(
        side, lambda n: Applied(Symbol(n.name.name + _HEAD), *n.arguments) if isinstance(n, Applied) else None
    )


def _heads_back(side: Expr, rename: Callable[[str], str] = lambda head: head) -> Expr:
    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Applied) and node.name.name.endswith(_HEAD):
            return Applied(Symbol(rename(node.name.name.removesuffix(_HEAD))), *node.arguments)
        return None

    return rewrite(side, rule)


_HEAD = "(…)"


def _products(names: Names, side: Expr) -> Expr:
    """F(1 - F) and h_1(F - y) are products: only the inputs and numbers are what a neuron is applied to.

    E(x) is an average, E(w) a loss.
    """

    def rule(node: Expr) -> Expr | None:
        if not isinstance(node, Applied):
            return None
        used = {_base(r) for argument in node.arguments for r in free_references(argument)} - {None}
        kind = names.averages.get(node.name.name)
        if kind and (used & names.of_objects or node.name.name not in names.by_loss):
            return Applied(Symbol(kind), *node.arguments)
        if node.name.name not in names.of_objects | names.by_function.keys():
            return None
        inner = names.of_objects - set(names.network.inputs) | names.by_function.keys()
        strange = used & inner if node.name.name in names.by_function else used - set(names.network.inputs)
        return product(*node.args) if strange and len(node.arguments) == 1 else None

    return rewrite(side, rule)


def _base(reference: Expr) -> str | None:
    """The name of a symbol or an indexed reference; None for an index."""
    if isinstance(reference, Indexed):
        return str(reference.base)
    return None if not isinstance(reference, Symbol) or reference.is_integer else reference.name


# Letters


class _Letters:
    """What the indices of a chain count: objects, or members of families."""

    def __init__(self, names: Names, sides: Sequence[Expr]) -> None:
        self.names = names
        nodes = list(dict.fromkeys(subexpressions(*sides)))
        self.references = [n for n in nodes if isinstance(n, Indexed)]
        self.sums = [n for n in nodes if isinstance(n, Sum)]
        self.objects: set[Symbol] = set()
        self.features: dict[Symbol, int] = {}
        self._sure()
        for node in self.references:
            name = str(node.base)
            if len(node.indices) == 2 and names.is_family(name) and not names.sizes(name, 2):
                self._object_place(node)
        both = self.objects & self.features.keys()
        if both:
            raise SymnetError(f"the index {min(map(str, both))} counts objects in one place and names in another")
        bound = {s.index for s in self.sums}
        self.free = sorted({s for side in sides for s in _free_letters(side)} - bound, key=str)

    def _sure(self) -> None:
        for node in self.references:
            name, letters = str(node.base), [_letter(k) for k in node.indices]
            if name in self.names.of_objects:
                if len(letters) > 1:
                    raise SymnetError(f"{node}: {name} has one index, that of its object")
                self.objects |= {k for k in letters if k is not None}
            elif self.names.is_family(name):
                sizes = self.names.sizes(name, len(letters))
                if len(letters) == 1 or sizes:
                    for letter, size in zip(letters, sizes, strict=False):
                        self._feature(letter, size)
        for node in self.sums:
            if contains(node.upper, self.names.size if self.names.network.rows is not None else self.names.objects):
                self.objects.add(node.index)

    def _feature(self, letter: Symbol | None, size: int) -> None:
        if letter is None:
            return
        if self.features.setdefault(letter, size) != size:
            raise SymnetError(f"the index {letter} runs over {self.features[letter]} names and over {size}")

    def _object_place(self, node: Indexed) -> int:
        """Which of the two indices of x_{ij} counts the objects: the first, if nothing else is said."""
        name = str(node.base)
        (size,) = self.names.sizes(name, 1) or [0]
        letters = [_letter(k) for k in node.indices]
        place = None
        for k, letter in enumerate(letters):
            if letter in self.objects or (letter is None and node.indices[k].is_Integer and self._only_object(node, k)):
                place = k
            elif letter in self.features or (letter is None and letters[1 - k] is not None):
                place = 1 - k
            if place is not None:
                break
        if place is None and letters[0] is None:
            raise SymnetError(f"{_shown(node)} can be read in two ways: write {name}_k^{{(i)}} for object i")
        place = place or 0
        if letters[place] is not None:
            self.objects.add(letters[place])
        self._feature(letters[1 - place], size)
        return place

    def _only_object(self, node: Indexed, k: int) -> bool:
        """Whether a number can only be that of an object: no name has it as its label."""
        labels = [self.names.member(str(node.base), (int(n),)) for n in node.indices if n.is_Integer]
        return len(labels) == 2 and labels[k] is None and labels[1 - k] is not None

    # What is left out

    def sized(self, sides: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """With the number of objects and of names for letters that nobody else explains: n, N, K."""
        sizes: dict[Expr, Expr] = {}
        rows = self.names.network.rows is not None
        if rows and self.names.size.name not in self.names.known:
            sizes[self.names.size] = self.names.objects
        explicit = any(contains(side, self.names.objects) for side in sides) and not rows
        for node in self.sums:
            upper = node.upper
            if upper == EVERY or not isinstance(upper, Symbol) or upper.name in self.names.known or upper.is_integer:
                continue
            meant = Integer(self.features[node.index]) if node.index in self.features else self.names.objects
            if meant == self.names.objects and (explicit or node.index not in self.objects):
                continue
            if sizes.setdefault(upper, meant) != meant:
                raise SymnetError(f"{upper} is both {sizes[upper]} and {meant}")
        if len({k for k, v in sizes.items() if v == self.names.objects} - {self.names.size}) > 1:
            raise SymnetError("two letters cannot both be the number of objects")
        return tuple(substitute(side, sizes) for side in sides)

    def values(self) -> Iterator[dict[Symbol, int]]:
        """The values of the free indices: of the objects only where the data numbers them."""
        ranges: dict[Symbol, range] = {}
        for letter in self.free:
            if letter in self.features:
                ranges[letter] = range(1, self.features[letter] + 1)
            elif self.names.network.rows is not None and letter in self.objects:
                ranges[letter] = range(1, len(self.names.network.rows) + 1)
        for where in choices(*ranges.values()):
            yield dict(zip(ranges, where, strict=True))

    def written(self, side: Expr) -> Expr:
        """Without sums over members of families, these by their names."""

        def rule(node: Expr) -> Expr | None:
            if isinstance(node, Sum):
                return self._sum(node)
            return self._named(node) if isinstance(node, Indexed) else None

        # Sums first: the members are named when their labels are numbers.
        side = rewrite(side, lambda n: self._sum(n) if isinstance(n, Sum) else None)
        return rewrite(side, rule)

    def _sum(self, node: Sum) -> Expr | None:
        upper = node.upper
        if node.index in self.features:
            upper = Integer(self.features[node.index]) if upper == EVERY else upper
            if node.lower.is_Integer and upper.is_Integer:
                places = range(int(node.lower), int(upper) + 1)
                return total(*(substitute(node.body, {node.index: Integer(k)}) for k in places))
        elif contains(upper, EVERY):
            return Sum(node.body, (node.index, node.lower, substitute(upper, {EVERY: self.names.objects})))
        return None

    def _named(self, node: Indexed) -> Expr | None:
        name = str(node.base)
        if not self.names.is_family(name):
            return None
        labels = list(node.indices)
        place: list[Expr] = []
        if len(labels) == 2 and not self.names.sizes(name, 2):
            place = [labels.pop(self._object_place(node))]
        if not all(k.is_Integer for k in labels):
            raise SymnetError(f"{_shown(node)}: {', '.join(map(str, labels))} has no range here")
        member = self.names.member(name, tuple(map(int, labels)))
        if member is None:
            return None
        return IndexedBase(member)[place] if place else Symbol(member)


def _letter(index: Expr) -> Symbol | None:
    """The letter of i or i - 1; None for a number."""
    letters = sorted(index.free_symbols, key=str)
    return letters[0] if letters else None


def _free_letters(side: Expr) -> set[Symbol]:
    free = free_references(side)
    return {r for r in free if isinstance(r, Symbol) and r.is_integer and not r.is_positive}


def _shown(node: Indexed) -> str:
    return f"{node.base}_{{{','.join(map(str, node.indices))}}}"


# One object


def _for_one_object(names: Names, chain: Chain) -> Iterator[Chain]:
    """A chain with names of an object but no index, where it speaks of a loss or a target."""
    bare = {name for side in chain.sides for name in _bare(names, side)}
    if not bare or not (bare & set(names.network.targets) or any(_speaks_of_loss(names, s) for s in chain.sides)):
        yield chain
        return
    letter = _fresh(chain.sides)
    sides = tuple(at_object(names, side, letter) for side in chain.sides)
    if names.network.rows is None:
        yield Chain(sides, chain.where)
        return
    for k in range(1, len(names.network.rows) + 1):
        yield Chain(tuple(substitute(side, {letter: Integer(k)}) for side in sides), {**chain.where, "object": str(k)})


def _bare(names: Names, side: Expr) -> set[str]:
    """The names of objects without an index, outside averages."""
    outside = _heads_apart(_without(side, lambda n: isinstance(n, Applied) and n.name.name in OVER_OBJECTS))
    return {r.name for r in free_references(outside) if isinstance(r, Symbol) and r.name in names.of_objects}


def _without(side: Expr, gone: Callable[[Expr], bool]) -> Expr:
    return rewrite(side, lambda n: S.One if gone(n) else None)


def _speaks_of_loss(names: Names, side: Expr) -> bool:
    return any(
        isinstance(n, Symbol) and n.name in names.by_loss and not n.is_integer for n in free_references(side)
    ) or any(isinstance(n, Partial) and _is_loss(names, n.of) for n in subexpressions(side))


def _is_loss(names: Names, of: Expr) -> bool:
    head = of.name if isinstance(of, Applied) else of
    return isinstance(head, Symbol) and head.name in names.by_loss


def at_object(names: Names, side: Expr, place: Expr) -> Expr:
    """Every name of objects that has no index at one place; F(x) at it too."""
    kept = [n for n in subexpressions(side) if isinstance(n, Applied) and n.name.name in OVER_OBJECTS]
    stand_ins = {node: Symbol(f"average {k}") for k, node in enumerate(kept)}
    places = {Symbol(name): IndexedBase(name)[place] for name in names.of_objects}
    side = _heads_back(substitute(_heads_apart(rewrite(side, stand_ins.get)), places))
    return rewrite(side, {symbol: node for node, symbol in stand_ins.items()}.get)


def _fresh(sides: Sequence[Expr]) -> Symbol:
    used = {s.name for side in sides for s in side.atoms(Symbol)}
    return Symbol(next(letter for letter in ("o", "r", "s", "t", "q", "i_0") if letter not in used), integer=True)

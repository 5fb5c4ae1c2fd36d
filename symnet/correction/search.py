"""Which edits of a formula, alone or two together, give it the value of another at a point.

An edit is evaluated where it is made, and what surrounds it is only carried along. Going down from the whole, each
place also learns which value it would need; then two edits of one formula are found by looking up, for each edit,
what the other one must contribute, instead of by trying every pair. Where no single value is needed (under the sum
over an index, in an abstract function), pairs are tried, the cheaper first.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from typing import NamedTuple

from flint import arb, ctx
from sympy import Expr

from symnet.clock import now
from symnet.correction.edits import Neighbour, Place, Scope, neighbours, places
from symnet.correction.samples import PRECISION, Env, Sample, Undefined, apply, inner_environments
from symnet.operations import Call
from symnet.sums import Sum

__all__ = ["Edits", "Search", "agree"]


class _Trial(NamedTuple):
    """An edit with the values it gives to a place, and those of the part of the place that decides them.

    That part is what a factor or term adds at the place itself, and the argument with the edit at the place above.
    """

    edit: Neighbour
    values: list[arb]
    part: list[arb]


def _cost(trial: _Trial) -> int:
    return trial.edit.cost


Edits = tuple[Neighbour, ...]  # of two, the second may be inside the first


class Search:
    """One or two edits of `right` that agree with `left` at a point; nothing is started after the deadline."""

    def __init__(self, left: Expr, right: Expr, scope: Scope, sample: Sample, deadline: float) -> None:
        self.scope, self.sample, self.deadline = scope, sample, deadline
        self.places = places(right)
        self.children: dict[Place, list[Place]] = {place: [] for place in self.places}
        for place in self.places[1:]:
            self.children[place.parent].append(place)  # type: ignore[index]

        with ctx.workprec(PRECISION):
            self._evaluate(left)
            self.trials = {place: list(self._trials(place)) for place in self.places}

    def one(self) -> list[Edits]:
        """Every single edit."""
        with ctx.workprec(PRECISION):
            return [(t.edit,) for place in self.places for t in self.trials[place] if self._agrees(place, t.values)]

    def _evaluate(self, left: Expr) -> None:
        """The value of every place, of what stands beside it, and the one it would need for the left side's."""
        sample = self.sample
        self.envs: dict[Place, list[Env]] = {}
        self.values: dict[Place, list[arb]] = {}
        self.beside: dict[Place, list[arb]] = {}
        self.target: dict[Place, list[arb] | None] = {}
        self.goal = sample.vector(left, sample.root)
        for place in self.places:
            above = place.parent
            if above is None:
                self.envs[place] = list(sample.root)
            elif isinstance(above.node, Sum):
                self.envs[place] = [i for e in self.envs[above] for i in inner_environments(above.node, e)]
            else:
                self.envs[place] = self.envs[above]
            self.values[place] = sample.vector(place.node, self.envs[place])
        for place in self.places:
            above = place.parent
            if above is None:
                self.target[place] = self.goal
                continue
            if above.node.is_Add or above.node.is_Mul:
                self.beside[place] = self._others(above, place)
            self.target[place] = self._needed(place, above)

    def _others(self, above: Place, *without: Place) -> list[arb]:
        """The sum or product of the other terms or factors."""
        others = [self.values[p] for p in self.children[above] if p not in without]
        if not others:
            return [arb(int(above.node.is_Mul))] * len(self.values[above])
        return [apply(above.node, column) for column in zip(*others, strict=True)]

    def _needed(self, place: Place, above: Place) -> list[arb] | None:
        """What the place must be for the whole to be right; None where that is not told by one value."""
        goal, node = self.target[above], above.node
        if goal is None or isinstance(node, Sum):
            return None
        if node.is_Add:
            return _minus(goal, self.beside[place])
        if node.is_Mul:
            return _over(goal, self.beside[place])
        if node.is_Pow and node.exp == -1:
            return _over([arb(1)] * len(goal), goal)
        if isinstance(node, Call) and node.function == "sqrt":
            return [g * g for g in goal]
        return None

    def _trials(self, place: Place) -> Iterator[_Trial]:
        sample, envs = self.sample, self.envs[place]
        for edit in sorted(neighbours(place, self.scope), key=lambda e: e.cost):
            if now() > self.deadline:
                return
            try:
                if edit.wrap is None:
                    values = sample.vector(edit.make(place.node), envs)
                    yield _Trial(edit, values, values)
                else:
                    kind, c = edit.wrap
                    part = sample.vector(c, envs)
                    join = _times if kind == "times" else _plus
                    yield _Trial(edit, join(self.values[place], part), part)
            except Undefined:
                continue

    def _lift(self, place: Place, values: list[arb]) -> list[arb]:
        """The values of the place above when the place has these. Raises Undefined."""
        assert place.parent is not None
        node = place.parent.node
        if node.is_Add:
            return _plus(values, self.beside[place])
        if node.is_Mul:
            return _times(values, self.beside[place])
        if isinstance(node, Sum):
            size = len(values) // len(self.values[place.parent])
            return [sum(values[k : k + size], arb(0)) for k in range(0, len(values), size)]
        if node.is_Pow:
            return [apply(node, [v]) for v in values]
        columns = [values if p is place else self.values[p] for p in self.children[place.parent]]
        return [apply(node, column) for column in zip(*columns, strict=True)]

    def _agrees(self, place: Place, values: list[arb]) -> bool:
        """Whether the whole agrees with the left side when the place has these values."""
        try:
            while place.parent is not None:
                values = self._lift(place, values)
                place = place.parent
        except Undefined:
            return False
        return agree(values, self.goal)

    # Two edits

    def two(self) -> list[Edits]:
        """Every pair: in different arguments of a place, or one around the other."""
        found: list[Edits] = []
        inside: dict[Place, list[_Trial]] = {}
        with ctx.workprec(PRECISION):
            for place in reversed(self.places):  # what is inside a place comes before it
                children = self.children[place]
                lists = [sorted(self._lifted(child, inside.pop(child)), key=_cost) for child in children]
                if place.node.is_Add or place.node.is_Mul:
                    for (k, one), (n, other) in combinations(enumerate(children), 2):
                        found += self._apart(place, (one, lists[k]), (other, lists[n]))
                within = [t for trials_of in lists for t in trials_of]
                found += self._around(place, self.trials[place], [*within, *self.trials[place]])
                inside[place] = [*within, *self.trials[place]]
        return found

    def _lifted(self, place: Place, trials: list[_Trial]) -> list[_Trial]:
        """The same edits with the values they give to the place above, and those they give to this one."""
        found = []
        for trial in trials:
            try:
                found.append(_Trial(trial.edit, self._lift(place, trial.values), trial.values))
            except Undefined:
                continue
        return found

    def _apart(
        self, place: Place, one: tuple[Place, list[_Trial]], other: tuple[Place, list[_Trial]]
    ) -> Iterator[Edits]:
        """Edits in two different terms or factors of a place."""
        (first, before), (second, after) = one, other
        join, leave = (_plus, _minus) if place.node.is_Add else (_times, _over)
        rest = self._others(place, first, second)
        goal = self.target[place]
        needed = None if goal is None else leave(goal, rest)
        if needed is not None:
            table = _Table((t.edit, t.part) for t in before)
            for trial in after:
                wanted = leave(needed, trial.part)
                yield from ((edit, trial.edit) for edit in table.near(wanted))
            return
        for trial in before:
            if now() > self.deadline:
                return
            done = join(rest, trial.part)
            yield from ((trial.edit, t.edit) for t in after if self._agrees(place, join(done, t.part)))

    def _around(self, place: Place, outer: list[_Trial], inner: list[_Trial]) -> Iterator[Edits]:
        """A factor or a term at a place, beside an edit of the place or in it."""
        goal = self.target[place]
        table = _Table((t.edit, t.values) for t in inner) if goal is not None else None
        for trial in outer:
            if trial.edit.wrap is None:
                continue
            join, leave = (_times, _over) if trial.edit.wrap[0] == "times" else (_plus, _minus)
            if now() > self.deadline:
                return
            if table is not None and goal is not None:
                yield from ((trial.edit, edit) for edit in table.near(leave(goal, trial.part)))
            else:
                yield from ((trial.edit, t.edit) for t in inner if self._agrees(place, join(t.values, trial.part)))


# Values in every environment


def _plus(one: list[arb], other: list[arb]) -> list[arb]:
    return [u + v for u, v in zip(one, other, strict=True)]


def _minus(one: list[arb], other: list[arb]) -> list[arb]:
    return [u - v for u, v in zip(one, other, strict=True)]


def _times(one: list[arb], other: list[arb]) -> list[arb]:
    return [u * v for u, v in zip(one, other, strict=True)]


def _over(one: list[arb], other: list[arb]) -> list[arb]:
    """The quotients, balls without bounds where the divisor may be zero: anything is possible there."""
    return [u / v for u, v in zip(one, other, strict=True)]


def agree(one: list[arb], other: list[arb]) -> bool:
    """Whether the values may be the same."""
    return all(u.overlaps(v) for u, v in zip(one, other, strict=True))


class _Table:
    """Edits by their values, to be looked up."""

    def __init__(self, rows: Iterable[tuple[Neighbour, list[arb]]]) -> None:
        self.rows = sorted(((float(values[0]), edit, values) for edit, values in rows), key=lambda row: row[0])

    def near(self, wanted: list[arb]) -> Iterator[Neighbour]:
        """The edits whose values overlap those wanted."""
        if not wanted[0].is_finite():
            return
        middle = float(wanted[0])
        width = 1e-9 * abs(middle) + 1e-15  # far wider than any ball
        start = bisect_left(self.rows, middle - width, key=lambda row: row[0])
        for value, edit, values in islice(self.rows, start, None):
            if value > middle + width:
                return
            if agree(values, wanted):
                yield edit

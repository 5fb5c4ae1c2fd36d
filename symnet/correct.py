r"""The smallest edit of a printed formula that makes it right.

All formulas one edit away from the printed one, then all two edits away, are compared with what the left side means
at random points in rigorous balls: an edit is evaluated where it is made, and what surrounds it is only carried
along, so that thousands of candidates a second are told apart from the left side. Two edits in different terms or
factors are found by what the second must contribute once the first is made, a look-up instead of a trial of every
pair. The few candidates that agree at every point are proved, the likeliest slip first; only a proved one is
reported.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, islice, takewhile
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from flint import arb, ctx
from sympy import Expr, S, Symbol

from symnet.differentiate import adjoint_name
from symnet.edits import CHANGED, Neighbour, Place, Scope, atoms, is_index, neighbours, places, put
from symnet.equations import Derivation, Variable, leaves, name_of
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, subexpressions, total
from symnet.operations import Call
from symnet.reading.slide import Applied, Partial
from symnet.render.latex import latex, latex_with_values
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.samples import PRECISION, Env, Undefined, apply, inner_environments, limits_of, samples
from symnet.sums import Sum
from symnet.truth.every_size import is_symbolic, prove_every_size

if TYPE_CHECKING:
    from symnet.claims import Slide

__all__ = ["Edit", "correct_formula", "edit_latex", "smallest_edit"]

POINTS = 3
SURVIVORS = 400  # pairs of edits that agree with the left side at one point, at most


@dataclass(frozen=True)
class Edit:
    """An edit of a printed side, or two, and the right formula it gives.

    text: one sentence for the reader. before, after: the smallest part of the printed side that holds every change,
    at the argument positions `path` of the printed side, and what becomes of it. side: the whole corrected side.
    count: 1 or 2. marked: the side with names in the place of what is new, and what these stand for.
    """

    text: str
    before: Expr
    after: Expr
    side: Expr
    count: int
    path: tuple[int, ...]
    marked: Expr = field(repr=False)
    new: tuple[tuple[Symbol, Expr], ...] = field(repr=False)


def smallest_edit(
    left: Expr,
    right: Expr,
    check: Callable[[Expr, Expr], bool],
    scope: Sequence[Expr] = (),
    derivation: Derivation | None = None,
    meaning: Callable[[Expr], Expr] = lambda side: side,
    seconds: float = 5,
) -> Edit | None:
    """The likeliest edit of `right`, or pair of edits, after which check(left, right) holds; None if none is found.

    check: proves an equality; it alone decides, and is asked about candidates that agree with `left` at random
    points. scope: names, sizes and numbers that may be put in, besides those of `right`. derivation, meaning: what
    the names stand for, as `samples` reads them. One edit goes before two, then the cheaper before the dearer, then
    the one that changes the length of the formula least. Nothing is started after `seconds`.
    """
    search = _Search(left, right, check, scope, derivation, meaning, monotonic() + seconds)
    return search.run() if search.samples else None


def correct_formula(slide: Slide, left: Expr, right: Expr, seconds: float = 5) -> Edit | None:
    """The smallest edit of the right side of `left = right`, as printed, that makes it true on the slide.

    Names of functions, losses and derivatives stay as they are printed and have the slide's meaning. What may be put
    in are the names of the formula, the parameters, inputs and statistics of the network, and its number of objects.
    """
    network, derivation = slide.network, slide.derivation
    statistics = [n for k in network.normalizations for n in (k.mean, k.deviation)]
    names = [Symbol(n) for n in (*network.parameters, *network.inputs, *statistics) if n in derivation.variables]
    deadline = monotonic() + seconds

    def check(one: Expr, other: Expr) -> bool:
        sides = slide.meaning(one), slide.meaning(other)
        limit = max(deadline - monotonic(), 0.1)
        if is_symbolic(*sides, derivation):
            return prove_every_size(*sides, derivation, limit).proved
        return replace(slide, seconds=limit).equal(one, other).verdict == "proved"

    return smallest_edit(
        left, right, check, (*names, network.objects), derivation, slide.meaning, deadline - monotonic()
    )


class _Trial(NamedTuple):
    """An edit with the values it gives to a place, and those of the part of the place that decides them.

    That part is what a factor or term adds at the place itself, and the argument with the edit at the place above.
    """

    edit: Neighbour
    values: list[arb]
    part: list[arb]


def _cost(trial: _Trial) -> int:
    return trial.edit.cost


_Edits = tuple[Neighbour, ...]  # of two, the second may be inside the first


class _Search:
    def __init__(
        self,
        left: Expr,
        right: Expr,
        check: Callable[[Expr, Expr], bool],
        scope: Sequence[Expr],
        derivation: Derivation | None,
        meaning: Callable[[Expr], Expr],
        deadline: float,
    ) -> None:
        self.left, self.right, self.check, self.deadline = left, right, check, deadline
        self.scope = _scope(left, right, scope, derivation)
        self.samples = samples((left, right), self.scope.names, derivation, meaning, POINTS)
        self.places = places(right)
        self.children: dict[Place, list[Place]] = {place: [] for place in self.places}
        for place in self.places[1:]:
            self.children[place.parent].append(place)  # type: ignore[index]

    def run(self) -> Edit | None:
        with ctx.workprec(PRECISION):
            self._evaluate()
            trials = {place: list(self._trials(place)) for place in self.places}
        hits = [(t.edit,) for place in self.places for t in trials[place] if self._agrees(place, t.values)]
        return self._first_proved(hits) or self._first_proved(self._pairs(trials))

    # At the first point

    def _evaluate(self) -> None:
        """The value of every place, of what stands beside it, and the one it would need for the left side's."""
        sample = self.samples[0]
        self.envs: dict[Place, list[Env]] = {}
        self.values: dict[Place, list[arb]] = {}
        self.beside: dict[Place, list[arb]] = {}
        self.target: dict[Place, list[arb] | None] = {}
        self.goal = sample.vector(self.left, sample.root)
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
        sample, envs = self.samples[0], self.envs[place]
        for edit in sorted(neighbours(place, self.scope), key=lambda e: e.cost):
            if monotonic() > self.deadline:
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
        return _overlap(values, self.goal)

    # Two edits

    def _pairs(self, trials: Mapping[Place, list[_Trial]]) -> list[_Edits]:
        """Pairs that agree at the first point: in different arguments of a place, or one around the other."""
        found: list[_Edits] = []
        inside: dict[Place, list[_Trial]] = {}
        with ctx.workprec(PRECISION):
            for place in reversed(self.places):  # what is inside a place comes before it
                children = self.children[place]
                lists = [sorted(self._lifted(child, inside.pop(child)), key=_cost) for child in children]
                if place.node.is_Add or place.node.is_Mul:
                    for (k, one), (n, other) in combinations(enumerate(children), 2):
                        found += self._apart(place, (one, lists[k]), (other, lists[n]))
                within = [t for trials_of in lists for t in trials_of]
                found += self._around(place, trials[place], [*within, *trials[place]])
                inside[place] = [*within, *trials[place]]
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
    ) -> Iterator[_Edits]:
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
            if monotonic() > self.deadline:
                return
            done = join(rest, trial.part)
            yield from ((trial.edit, t.edit) for t in after if self._agrees(place, join(done, t.part)))

    def _around(self, place: Place, outer: list[_Trial], inner: list[_Trial]) -> Iterator[_Edits]:
        """A factor or a term at a place, beside an edit of the place or in it."""
        goal = self.target[place]
        table = _Table((t.edit, t.values) for t in inner) if goal is not None else None
        for trial in outer:
            if trial.edit.wrap is None:
                continue
            join, leave = (_times, _over) if trial.edit.wrap[0] == "times" else (_plus, _minus)
            if monotonic() > self.deadline:
                return
            if table is not None and goal is not None:
                yield from ((trial.edit, edit) for edit in table.near(leave(goal, trial.part)))
            else:
                yield from ((trial.edit, t.edit) for t in inner if self._agrees(place, join(t.values, trial.part)))

    # Proving

    def _first_proved(self, found: Iterable[_Edits]) -> Edit | None:
        """The first of the candidates, the likeliest before others, that the prover accepts."""
        likeliest = sorted(found, key=lambda edits: sum(e.cost for e in edits))[:SURVIVORS]
        length = leaves(self.right)
        candidates: dict[Expr, tuple[int, int, _Edits]] = {}
        for edits in likeliest:
            side = _edited(self.right, edits)
            cost = sum(e.cost for e in edits)
            candidates.setdefault(side, (cost, abs(leaves(side) - length), edits))
        for side, (_, _, edits) in sorted(candidates.items(), key=lambda item: item[1][:2]):
            if monotonic() > self.deadline:
                return None
            if side != self.right and self._holds(side):
                return _report(self.right, side, edits)
        return None

    def _holds(self, side: Expr) -> bool:
        try:
            with ctx.workprec(PRECISION):
                for sample in self.samples:
                    values = (sample.vector(u, sample.root) for u in (self.left, side))
                    if not _overlap(*values):
                        return False
            return self.check(self.left, side)
        except (Undefined, SymnetError):
            return False


def _scope(left: Expr, right: Expr, scope: Sequence[Expr], derivation: Derivation | None) -> Scope:
    names = dict.fromkeys((*atoms(right), *(n for n in scope if not n.is_number)))
    numbers = tuple(n for n in scope if n.is_Rational and n not in (0, 1, 2))
    usable = tuple(n for n in names if n != left and not is_index(n))
    return Scope(usable, numbers, limits_of((left, right, *scope), derivation))


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


def _overlap(one: list[arb], other: list[arb]) -> bool:
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
            if _overlap(values, wanted):
                yield edit


# Putting edits in, and saying what they are


def _edited(
    side: Expr, edits: _Edits, make: Callable[[Neighbour, Expr], Expr] = lambda edit, node: edit.make(node)
) -> Expr:
    """The side with one edit, or with two: the second is elsewhere, or in the place of the first or inside it."""
    outer, *others = edits
    inner = {e.place.path: make(e, e.place.node) for e in others}
    place = outer.place
    size = len(place.path)
    if not all(path[:size] == place.path for path in inner):
        return put(side, {place.path: make(outer, place.node), **inner})
    node = put(place.node, {path[size:]: new for path, new in inner.items()})
    return put(side, {place.path: make(outer, node)})


def _report(right: Expr, side: Expr, edits: _Edits) -> Edit:
    sentences = " and ".join(_sentence(e) for e in sorted(edits, key=lambda e: e.place.path))
    if len(edits) == 1:
        edits = (_as_read(edits[0]),)
    new: dict[Symbol, Expr] = {}

    def mark(edit: Neighbour, node: Expr) -> Expr:
        return _marked(edit, node, new)

    marked = _edited(right, edits, mark)
    path = edits[0].place.path
    for edit in edits[1:]:
        pairs = zip(path, edit.place.path, strict=False)
        path = tuple(k for k, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    before = right
    for k in path:
        before = before.args[k]
    inside = tuple(replace(e, place=replace(e.place, path=e.place.path[len(path) :])) for e in edits)
    return Edit(sentences, before, _edited(before, inside), side, len(edits), path, marked, tuple(new.items()))


def _as_read(edit: Neighbour) -> Neighbour:
    """A part that goes, as an edit of the sum or product it leaves."""
    above = edit.place.parent
    if not edit.drops or above is None:
        return edit
    remaining = put(above.node, {edit.place.path[-1:]: edit.new})
    return replace(edit, place=above, make=lambda _: remaining, drops=False)


def _sentence(edit: Neighbour) -> str:
    place, phrase, old, new = edit.place, edit.phrase, edit.old, edit.new
    above = place.parent
    if edit.drops and above is not None and above.role == "denominator":
        place, phrase, old, new = above, CHANGED, above.node, _as_read(edit).make(above.node)
    where = "" if above is None else f" in {_text(place.node)}"
    return phrase.format(role=place.role, old=_text(old), new=_text(new), where=where)


def _marked(edit: Neighbour, node: Expr, new: dict[Symbol, Expr]) -> Expr:
    """What comes in the place of the node, with a name for what is new in it."""
    if edit.drops:
        return edit.make(node)
    kind, shown = edit.wrap if edit.wrap and edit.wrap[1] != -1 else ("", edit.make(node))
    below = kind == "times" and shown.is_Pow and shown.exp == -1
    if below:
        shown = shown.base
    negative = shown.as_coeff_Mul()[0] < 0
    shown = product(S.NegativeOne, shown) if negative else shown
    # A number is read as a size, before all other factors.
    name = Symbol(f"new_{len(new) + 1}", integer=True if shown.is_Rational else None)
    new[name] = shown
    part = product(S.NegativeOne, name) if negative else 1 / name if below else name
    if not kind:
        return part
    return product(node, part) if kind == "times" else total(node, part)


# Printing


def _text(expression: Expr) -> str:
    return text(_plain(expression, Naming())[0])


def edit_latex(edit: Edit, naming: Naming | None = None) -> str:
    r"""The corrected side in LaTeX with what is new in red, `\frac{x}{{\color{red} m}}`; needs the package xcolor."""
    marked, naming = _plain(edit.marked, naming or Naming())
    values = {}
    for name, part in edit.new:
        plain, naming = _plain(part, naming)
        formula = latex(plain, naming)
        if _needs_brackets(edit.marked, name, part, formula):
            formula = rf"\left({formula}\right)" if r"\frac" in formula or r"\sum" in formula else f"({formula})"
        red = Symbol(f"{name}_red") if name.is_integer else name
        naming = _declared(naming, Variable(red.name, latex=rf"{{\color{{red}} {formula}}}"), plain)
        if red != name:
            values[name] = red
    return latex_with_values(marked, values, naming)


def _needs_brackets(marked: Expr, name: Symbol, part: Expr, formula: str) -> bool:
    """Whether a part that is not a factor stands as one. The printer brackets what has a fraction or a power."""
    factors = [p for n in subexpressions(marked) if n.is_Mul or isinstance(n, Sum) for p in n.args]
    if part.is_Add or isinstance(part, Sum):
        below = [n.args for n in subexpressions(marked) if n.is_Mul and 1 / name in n.args]
        crowded = any(sum(_is_below(f) for f in args) > 1 for args in below)
        if name in factors or crowded:
            return True
    raised = any(n.is_Pow and n.base == name and n.exp != -1 for n in subexpressions(marked))
    return (
        raised and not part.is_Rational and bool(part.args) and not any(c in formula for c in ("^", "'", r"\frac"))
    )


def _is_below(factor: Expr) -> bool:
    return bool((factor.is_Pow and factor.exp.is_negative) or (factor.is_Rational and factor.q != 1))


def _declared(naming: Naming, variable: Variable, like: Expr) -> Naming:
    """The naming with one more name, read where the first name of the expression `like` is."""
    names = {n for n in map(name_of, subexpressions(like)) if n}
    first = next((n for n in naming.variables if n in names), None)
    before = list(naming.variables).index(first) if first else len(naming.variables)
    items = list(naming.variables.items())
    variables = dict((*items[:before], (variable.name, variable), *items[before:]))
    extra = {variable.name}
    return Naming(
        variables,
        naming.inputs | (extra if first in naming.inputs else set()),
        naming.parameters | (extra if first is None or first in naming.parameters else set()),
    )


def _plain(expression: Expr, naming: Naming) -> tuple[Expr, Naming]:
    """The expression with a name for every derivative and every `F(x)`, as printers know names only."""
    found: dict[str, Variable] = {}

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Partial):
            of, *wrt = node.args
            name = adjoint_name(text(of), "_d".join(map(text, wrt)))
            order = f"^{len(wrt)}" if len(wrt) > 1 else ""
            below = r" \, ".join(rf"\partial {latex(w, naming)}" for w in wrt)
            found[name] = Variable(name, latex=rf"\frac{{\partial{order} {latex(of, naming)}}}{{{below}}}")
        elif isinstance(node, Applied):
            arguments = [latex(a, Naming({**naming.variables, **found})) for a in node.arguments]
            name = f"{node.name}({', '.join(map(text, node.arguments))})"
            found[name] = Variable(name, latex=rf"{latex(node.name, naming)}({', '.join(arguments)})")
        else:
            return None
        return Symbol(name)

    plain = rewrite(expression, rule)
    variables = {**found, **naming.variables}
    return plain, replace(naming, variables=variables)

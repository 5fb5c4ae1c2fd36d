r"""The smallest edit of a printed formula that makes it right.

All formulas one edit away from the printed one, then those two edits away, are compared with what the left side
means at random points, in rigorous balls (`symnet.search`). The few candidates that agree at every point are proved,
the likeliest slip first; only a proved one is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from flint import ctx
from sympy import Expr, IndexedBase, Integer, S, Symbol, nextprime

from symnet.clock import now
from symnet.correction.edits import CHANGED, Neighbour, Scope, atoms, is_atom, is_index, put
from symnet.correction.samples import PRECISION, Sample, Undefined, limits_of, samples
from symnet.correction.search import Edits, Search, agree
from symnet.differentiate import adjoint_name
from symnet.equations import Derivation, Variable, leaves, name_of
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, subexpressions, total
from symnet.reading.slide import Applied, Partial
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import Sum

if TYPE_CHECKING:
    from symnet.claims import Slide

__all__ = ["Edit", "correct_formula", "edit_latex", "printable", "smallest_edit"]

POINTS = 3
SURVIVORS = 400  # edits that agree with the left side at one point, at most
COLLAPSE = 3  # what it costs when parts that were printed cancel, as in C - C: nobody writes that
SHORTEST = 0.1  # seconds that a proof is given
FIRST_PRIME = 10**6


@dataclass(frozen=True)
class Edit:
    """An edit of a printed side, or two, and the right formula it gives.

    text: one sentence for the reader. before, after: the smallest part of the printed side that holds every
    change, at the argument positions `path`, and what becomes of it. side: the whole corrected side.
    count: 1 or 2. marked, new: the side with stand-ins for what is new in it, and what these stand for.
    """

    text: str
    before: Expr
    after: Expr
    side: Expr
    count: int
    path: tuple[int, ...]
    marked: Expr = field(repr=False)
    new: tuple[tuple[Expr, Expr], ...] = field(repr=False)


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
    deadline = now() + seconds
    known = _scope(left, right, scope, derivation)
    points = samples((left, right), known.names, derivation, meaning, POINTS)
    if not points or _holds(left, right, points):
        return None
    search = Search(left, right, known, points[0], deadline)
    for find in (search.one, search.two):
        for side, edits in _ranked(right, find()):
            if now() > deadline:
                return None
            if _holds(left, side, points) and _accepted(check, left, side):
                return _report(right, side, edits)
    return None


def correct_formula(slide: Slide, left: Expr, right: Expr, seconds: float = 5) -> Edit | None:
    """The smallest edit of the right side of `left = right`, as printed, that makes it true on the slide.

    Names of functions, losses and derivatives stay as they are printed and have the slide's meaning. What may be put
    in are the names of the formula, the parameters, inputs and statistics of the network, what has a value an object,
    under the sums of the formula, and the number of objects.
    """
    network, derivation = slide.network, slide.derivation
    statistics = [n for k in network.normalizations for n in (k.mean, k.deviation)]
    plain = [Symbol(n) for n in (*network.parameters, *network.inputs, *statistics) if n in derivation.variables]
    bound = dict.fromkeys(node.index for node in subexpressions(right) if isinstance(node, Sum))
    own = [n for n in network.derivation.variables if n in slide.names.of_objects]
    names = [n for n in plain if n.name not in own] + [IndexedBase(n)[k] for n in own for k in bound]
    deadline = now() + seconds

    def check(one: Expr, other: Expr) -> bool:
        limited = replace(slide, seconds=max(deadline - now(), SHORTEST))
        return limited.equal(one, other).verdict == "proved"

    return smallest_edit(left, right, check, (*names, network.objects), derivation, slide.meaning, deadline - now())


def _scope(left: Expr, right: Expr, scope: Sequence[Expr], derivation: Derivation | None) -> Scope:
    names = dict.fromkeys((*atoms(right), *(n for n in scope if not n.is_number)))
    numbers = tuple(n for n in scope if n.is_Rational and n not in (0, 1, 2))
    # S^2 = S^2 is true, and says nothing.
    computed = {n for n in atoms(left) if n not in atoms(right) and name_of(n) in (derivation or ())}
    usable = tuple(n for n in names if n != left and n not in computed and not is_index(n))
    return Scope(usable, numbers, limits_of((left, right, *scope), derivation))


def _ranked(right: Expr, found: Iterable[Edits]) -> list[tuple[Expr, Edits]]:
    """The corrected sides, each with the likeliest edits that give it, and the likeliest side first."""
    likeliest = sorted(found, key=_cost)[:SURVIVORS]
    length = leaves(right)
    sides: dict[Expr, tuple[tuple[int, int], Edits]] = {}
    for edits in likeliest:
        side = _edited(right, edits)
        cost = _cost(edits) + COLLAPSE * (_count_names(side) < _count_names(right) + sum(map(_grown, edits)))
        sides.setdefault(side, ((cost, abs(leaves(side) - length)), edits))
    return [(side, edits) for side, (_, edits) in sorted(sides.items(), key=lambda item: item[1][0])]


def _cost(edits: Edits) -> int:
    """Two slips in one part are less likely than two apart."""
    return sum(edit.cost for edit in edits) + (len(edits) == 2 and not _apart(*edits))


def _apart(one: Neighbour, other: Neighbour) -> bool:
    """Whether the second edit is not inside the place of the first."""
    path = one.place.path
    return other.place.path[: len(path)] != path


def _grown(edit: Neighbour) -> int:
    """How many names more there are to read."""
    node = edit.place.node
    return _count_names(edit.wrap[1] if edit.wrap else edit.make(node)) - (0 if edit.wrap else _count_names(node))


def _count_names(node: Expr) -> int:
    return 1 if is_atom(node) else sum(map(_count_names, node.args))


def _holds(left: Expr, right: Expr, points: Iterable[Sample]) -> bool:
    """Whether both sides agree at all the points."""
    try:
        with ctx.workprec(PRECISION):
            return all(agree(p.vector(left, p.root), p.vector(right, p.root)) for p in points)
    except Undefined:
        return False


def _accepted(check: Callable[[Expr, Expr], bool], left: Expr, side: Expr) -> bool:
    try:
        return check(left, side)
    except SymnetError:  # a name without a meaning
        return False


# Putting edits in, and saying what they are


def _edited(
    side: Expr, edits: Edits, make: Callable[[Neighbour, Expr], Expr] = lambda edit, node: edit.make(node)
) -> Expr:
    """The side with one edit, or with two: the second is elsewhere, or in the place of the first or inside it."""
    outer, *others = edits
    inner = {e.place.path: make(e, e.place.node) for e in others}
    place, size = outer.place, len(outer.place.path)
    if others and _apart(*edits):
        return put(side, {place.path: make(outer, place.node), **inner})
    node = put(place.node, {path[size:]: new for path, new in inner.items()})
    return put(side, {place.path: make(outer, node)})


def _report(right: Expr, side: Expr, edits: Edits) -> Edit:
    sentences = " and ".join(_sentence(e) for e in sorted(edits, key=lambda e: e.place.path))
    if len(edits) == 1:
        edits = (_as_read(edits[0]),)
    new: dict[Expr, Expr] = {}

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
    elif old.is_Pow and new.is_Pow and old.exp.is_negative and new.exp.is_negative:
        phrase, old, new = CHANGED.replace("{role}", "denominator"), 1 / old, 1 / new
    where = "" if above is None else f" in {_text(place.node)}"
    return phrase.format(role=place.role, old=_text(old), new=_text(new), where=where)


def _marked(edit: Neighbour, node: Expr, new: dict[Expr, Expr]) -> Expr:
    """What comes in the place of the node, with a stand-in for what is new in it."""
    if edit.drops:
        return edit.make(node)
    kind, shown = edit.wrap if edit.wrap and edit.wrap[1] != -1 else ("", edit.make(node))
    below = shown.is_Pow and shown.exp.is_negative
    part = _stand_in(1 / shown if below else shown, new)
    part = 1 / part if below else part
    if not kind:
        return part
    return product(node, part) if kind == "times" else total(node, part)


def _stand_in(part: Expr, new: dict[Expr, Expr]) -> Expr:
    """A prime for a number, so that it stands where a number would, a name for anything else; signs stay."""
    if part.is_Rational:
        digits = []
        for k, number in enumerate((abs(part.p), part.q)):
            digits.append(Integer(number))
            if number != 1 or (k == 0 and part.q == 1):
                digits[k] = Integer(nextprime(max((int(n) for n in new if n.is_Integer), default=FIRST_PRIME)))
                new[digits[k]] = Integer(number)
        return product(S.NegativeOne if part < 0 else S.One, digits[0], 1 / digits[1])
    negative = part.as_coeff_Mul()[0] < 0
    name = Symbol(f"new part {len(new) + 1}")  # no name of a formula
    new[name] = product(S.NegativeOne, part) if negative else part
    return product(S.NegativeOne, name) if negative else name


# Printing


def _text(expression: Expr) -> str:
    return text(printable(expression, Naming())[0])


def edit_latex(edit: Edit, naming: Naming | None = None) -> str:
    r"""The corrected side in LaTeX, what is new in it in red: `\frac{x}{{\color{red} m}}`; needs the package xcolor."""
    marked, naming = printable(edit.marked, naming or Naming())
    numbers: dict[str, str] = {}
    for stand_in, part in edit.new:
        plain, naming = printable(part, naming)
        formula = latex(plain, naming)
        if part.is_Integer:
            numbers[str(stand_in)] = _red(formula)
            continue
        if _needs_brackets(edit.marked, stand_in, part, formula):
            formula = rf"\left({formula}\right)" if r"\frac" in formula or r"\sum" in formula else f"({formula})"
        naming = _declared(naming, Variable(stand_in.name, latex=_red(formula)), plain)
    printed = latex(marked, naming)
    for prime, formula in numbers.items():
        printed = printed.replace(prime, formula)
    return printed


def _red(formula: str) -> str:
    return rf"{{\color{{red}} {formula}}}"


def _needs_brackets(marked: Expr, name: Expr, part: Expr, formula: str) -> bool:
    """Whether a part that is not a factor stands as one. The printer brackets what has a fraction or a power."""
    factors = [p for n in subexpressions(marked) if n.is_Mul or isinstance(n, Sum) for p in n.args]
    if part.is_Add or isinstance(part, Sum):
        below = [n.args for n in subexpressions(marked) if n.is_Mul and 1 / name in n.args]
        crowded = any(sum(_is_below(f) for f in args) > 1 for args in below)
        if name in factors or crowded:
            return True
    raised = any(n.is_Pow and n.base == name and n.exp != -1 for n in subexpressions(marked))
    return raised and bool(part.args) and not any(c in formula for c in ("^", "'", r"\frac"))


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


def printable(expression: Expr, naming: Naming) -> tuple[Expr, Naming]:
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
    variables = {**dict(sorted(found.items())), **naming.variables}
    return plain, replace(naming, variables=variables)

"""What a verdict rests on: the picture of each network, its derivation step by step, and what was compared."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sympy import Expr, Symbol

from symnet.differentiate import adjoint_name
from symnet.drawing.diagram import diagram
from symnet.drawing.picture import Box, Circle, Label, Line, Picture
from symnet.equations import Derivation, leaves, name_of, names_used
from symnet.expressions import rewrite, subexpressions
from symnet.network.network import Network
from symnet.render.align import breaks_inside, rows, width
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.render.steps import Said, Step, explain
from symnet.slides import names_of
from symnet.sums import Sum, factor_out
from symnet.truth.replay import Question
from symnet.truth.verdict import Verdict

__all__ = ["Grounds", "grounds"]

_SHOWN = 6  # equalities of one verdict
_READABLE = 120  # leaves of a side that is still shown
_LINE = 32.0  # em that a line of a slide holds
_NAME = 9.0  # em of a left side beside which the right one still has room
_GRADIENT = adjoint_name("L", "")


@dataclass(frozen=True)
class Grounds:
    """pictures: of the networks that were decided about. steps: the derivation, then what was compared."""

    pictures: tuple[Picture, ...] = ()
    steps: tuple[Said, ...] = ()

    @property
    def record(self) -> dict[str, Any]:
        """The same in what JSON keeps."""
        kinds = [[type(item).__name__ for item in picture.items] for picture in self.pictures]
        record: dict[str, Any] = json.loads(json.dumps({**asdict(self), "kinds": kinds}))
        return record

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Grounds":
        """What has this `record`."""
        pictures = []
        for picture, kinds in zip(_tuples(record["pictures"]), record["kinds"], strict=True):
            items = (_ITEMS[kind](**item) for kind, item in zip(kinds, picture["items"], strict=True))
            pictures.append(Picture(**{**picture, "items": tuple(items)}))
        return cls(tuple(pictures), tuple(Said(**said) for said in _tuples(record["steps"])))


_ITEMS = {kind.__name__: kind for kind in (Line, Circle, Box, Label)}


def _tuples(value: Any) -> Any:
    """Lists as tuples, in each other and in mappings."""
    if isinstance(value, Mapping):
        return {key: _tuples(held) for key, held in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def grounds(verdict: Verdict, readings: Sequence[Verdict] = ()) -> Grounds:
    """What a verdict rests on, or the verdicts on its readings; nothing where no equality was asked about."""
    asked = (q for v in (verdict, *readings) for q in v.questions)
    questions = list({(q.left, q.right, id(q.derivation)): q for q in asked if q.left != q.right}.values())
    derived: dict[int, list[Question]] = {}
    for question in questions:
        derived.setdefault(id(question.derivation), []).append(question)
    networks: dict[Network, set[str]] = {}
    steps: list[Said] = []
    for together in derived.values():
        derivation = together[0].derivation
        if derivation is None:
            continue
        names = {name for q in together for name in names_used(q.left) | names_used(q.right)}
        if derivation.origin is not None:
            networks.setdefault(derivation.origin, set()).update(_of_every_object(derivation.origin, names))
        else:
            steps += _steps(derivation, names)
    for network, names in networks.items():
        steps = [*_steps(network, names), *steps]
    for question in questions[:_SHOWN]:
        steps += _compared(question)
    if len(questions) > _SHOWN:
        steps.append(Said("more", (str(len(questions) - _SHOWN),)))
    if questions and "normal form" in verdict.method:
        closing = {"proved": "same form", "proved-if": "same under"}.get(verdict.verdict)
        steps += [Said(closing)] if closing else []
    elif questions and verdict.verdict == "refuted":
        steps.append(Said("differs"))
    return Grounds(tuple(diagram(network) for network in networks), tuple(dict.fromkeys(steps)))


def _of_every_object(network: Network, names: set[str]) -> Iterator[str]:
    """The network's own names for those of a single object: h1 for h1_2, z for A."""
    known = network.derivation
    for name in names:
        sweep, base = (_GRADIENT, name.removeprefix(_GRADIENT)) if name.startswith(_GRADIENT) else ("", name)
        if base in ("A", "B") and base not in known.variables and network.normalizations:
            base = network.normalizations[0].input
        while base not in known.variables and "_" in base:
            base = base.rpartition("_")[0]
        yield sweep + base


def _steps(of: Network | Derivation, names: set[str]) -> Iterator[Said]:
    """The steps that lead to the names, forward and then backward."""
    derivation = of.derivation if isinstance(of, Network) else of
    wrt = [n.removeprefix(_GRADIENT) for n in sorted(names) if n.startswith(_GRADIENT)]
    wrt = [n for n in derivation.variables if n in wrt]
    explanation = explain(of, wrt)
    needed = {e.name for e in derivation.needed_for(*names, *(["L"] if wrt else []))}
    forward = [step for step in explanation.forward if step.equations[0].name in needed]
    backward: Sequence[Step] = explanation.backward if wrt else ()
    for step in (*forward, *backward):
        yield explanation.said(step)


def _compared(question: Question) -> Iterator[Said]:
    derivation = question.derivation or Derivation(())
    naming = Naming.of(derivation) if derivation.origin is None else names_of(derivation, derivation.origin)
    sizes = leaves(question.left), leaves(question.right)
    sides = _printed((question.left, question.right), naming)
    if sides is None:
        yield Said("long", tuple(map(str, sizes)))
        return
    yield Said("compared", (), sides)
    for side in (question.left, question.right):
        full = _written_out(side, derivation)
        if full is not None and full not in (question.left, question.right):
            sides = _printed((side, full), naming)
            if sides is not None:
                yield Said("written out", (latex(side, naming),), sides)


def _printed(sides: tuple[Expr, Expr], naming: Naming) -> tuple[tuple[str, str], ...] | None:
    """The two sides in LaTeX, below each other where a line does not hold both; None where it is not to be read."""
    if max(map(leaves, sides)) > _READABLE:
        return None
    left, right = (latex(_with_letters(side), naming) for side in sides)
    if any(
        breaks_inside(side, _LINE) or any(width(line) > _LINE for _, line in rows([("", side)], _LINE)[0])
        for side in (left, right)
    ):
        return None
    below = width(left) > _NAME and width(left) + width(right) > _LINE
    return (("", left), ("", right)) if below else ((left, right),)


def _with_letters(expression: Expr) -> Expr:
    """Bound indices with names of several letters, as the moments make them, by single letters that are free."""
    nodes = list(subexpressions(expression))
    taken = {node.name for node in nodes if isinstance(node, Symbol)} | {name_of(n) for n in nodes}
    letters = (letter for letter in "ijklrstuvab" if letter not in taken)
    long = [node.index for node in nodes if isinstance(node, Sum) and len(node.index.name) > 1]
    names = {index: Symbol(letter, integer=True) for index, letter in zip(dict.fromkeys(long), letters, strict=False)}
    return rewrite(expression, names.get)


def _written_out(side: Expr, derivation: Derivation) -> Expr | None:
    """A name of a network's filled derivation with all but means and deviations put in, where it stays readable."""
    name = name_of(side)
    if name is None or name not in derivation or derivation.origin is None or derivation[name].indices:
        return None
    kept = {e.name for e in derivation if e.meaning in ("input", "mean", "deviation")} - {name}
    full = factor_out(derivation.unfold(side, {e.name for e in derivation} - kept))
    return full if leaves(full) <= _READABLE else None

"""Faults: named ways to get an implementation wrong, as transformations of its derivation.

`faults` turns a derivation with a loss into the wrong ones next to it, each a derivation with the same names for the
outputs and the gradients. An equation of the forward can be wrong in several ways at once of which a programmer means
one: wrong everywhere with the gradient that belongs to it; wrong in the forward, under a backward that computes with
its values; wrong only in the values the backward computes with; only in what the backward differentiates; only in
what the forward returns. An equation of the backward is simply wrong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Expr, Indexed, Symbol

from symnet.candidates.evaluation import names_in
from symnet.candidates.mistakes import Mistake, mistakes
from symnet.candidates.vocabulary import Names, is_eps
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Index, indexed_latex, name_of
from symnet.expressions import rewrite, substitute
from symnet.sums import Sum

__all__ = ["LOSS", "Equations", "Fault", "faults", "in_order", "right", "said_name"]

LOSS = "L"  # the name of the scalar equation a gradient is taken of

EVERYWHERE, STALE, VALUES, BACKWARD, FORWARD = "", "stale", "values", "backward", "forward"
_SAID = {
    EVERYWHERE: "",
    STALE: ", and the backward is that of the right formula",
    VALUES: " (in the backward only)",
    BACKWARD: " (in the backward only)",
    FORWARD: " (in the forward only)",
}
_EXTRA_COST = {EVERYWHERE: 0, STALE: 1, VALUES: 1, BACKWARD: 1, FORWARD: 2}

Equations = tuple[Equation, ...]


@dataclass(frozen=True, eq=False)
class Fault:
    """A wrong derivation. key: what is wrong and where, `kind:place:scope`, in stable words; text: a sentence.

    cost: how unlikely the slip is, from 1. wrong: the equations as they should not be. make: writes all equations.
    differentiated: the wrong forward the gradient is that of, when it has to be taken anew.
    """

    key: str
    text: str
    cost: int
    make: Callable[[], Equations]
    base: Derivation
    differentiated: Equations | None = None
    wrong: tuple[Equation, ...] = ()

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]

    @cached_property
    def equations(self) -> Equations:
        return self.make()

    @cached_property
    def derivation(self) -> Derivation:
        """The wrong forward and gradient; the names of the outputs are those of the right one."""
        return replace(self.base, equations=self.equations)

    def only(self, names: Sequence[str]) -> "Fault":
        """The same fault in some outputs, the others being right."""
        there = " and ".join(said_name(name) for name in names)
        return replace(
            self,
            text=f"{self.text}, in {there} only",
            cost=self.cost + 1,
            make=lambda: _beside(self.base.equations, self.equations, names),
        )


def said_name(name: str) -> str:
    """dL_dx as dL/dx."""
    start = adjoint_name(LOSS, "")
    return f"d{LOSS}/d{name.removeprefix(start)}" if name.startswith(start) else name


def right(derivation: Derivation, wrt: Sequence[str]) -> Derivation:
    """The derivation with its gradient by the names in `wrt`; without any it is a forward alone."""
    return gradient(derivation, LOSS, tuple(wrt)) if wrt else derivation


def faults(derivation: Derivation, outputs: Sequence[str], wrt: Sequence[str]) -> Iterator[Fault]:
    """Every fault of a forward, with outputs such as "y", and of its gradient by the names in `wrt`.

    derivation: the forward, ending in the scalar equation L of which the gradient is taken (L = sum of upstream
    gradient times output, or the loss itself); without `wrt` there need be none. Nothing is computed before it is
    asked for: `fault.derivation` writes the wrong equations out.
    """
    whole = right(derivation, wrt)
    names = Names(whole, LOSS)
    writer = _Writer(derivation, whole, tuple(outputs), tuple(wrt))
    for equation in whole:
        if equation.name in derivation and equation.name == LOSS and LOSS not in outputs:
            continue  # the loss that pairs outputs with what comes back from above is no part of an implementation
        for mistake in mistakes(equation, names):
            yield from writer.variants(mistake)
    for label, said, cost, forward in (*_of_parameters(derivation), *_of_axes(derivation)):
        yield from writer.of_forward(label, said, cost, forward)


@dataclass(frozen=True)
class _Writer:
    derivation: Derivation
    whole: Derivation
    outputs: tuple[str, ...]
    wrt: tuple[str, ...]

    @cached_property
    def backward(self) -> Equations:
        return self.whole.equations[len(self.derivation.equations) :]

    def variants(self, mistake: Mistake) -> Iterator[Fault]:
        name = mistake.equation.name
        key = f"{mistake.kind}:{mistake.place}" if mistake.place else mistake.kind
        if name not in self.derivation:
            equations = tuple(mistake.equation if e.name == name else e for e in self.whole)
            wrong = (mistake.equation,)
            yield Fault(key, mistake.text, mistake.cost, lambda: equations, self.whole, None, wrong)
            return
        forward = tuple(mistake.equation if e.name == name else e for e in self.derivation)
        yield from self.of_forward(key, mistake.text, mistake.cost, forward)

    def of_forward(self, key: str, said: str, cost: int, forward: Equations) -> Iterator[Fault]:
        """What becomes of a wrong forward."""
        right_forward, backward = self.derivation.equations, self.backward
        wrong = tuple(e for e, old in zip(forward, right_forward, strict=True) if e != old)

        def anew() -> Equations:
            return self._gradient(forward)

        makers: dict[str, Callable[[], Equations]] = {EVERYWHERE: lambda: (*forward, *anew())}
        if self.wrt:
            same_shape = all(e.indices == old.indices for e, old in zip(forward, right_forward, strict=True))
            makers[BACKWARD] = lambda: _split(right_forward, forward, anew(), self.outputs)
            if same_shape:
                makers[STALE] = lambda: (*forward, *backward)
                makers[VALUES] = lambda: _split(right_forward, forward, backward, self.outputs)
                makers[FORWARD] = lambda: _split(forward, right_forward, backward, self.outputs)
        for scope, make in makers.items():
            yield Fault(
                f"{key}:{scope}" if scope else key,
                said + _SAID[scope],
                cost + _EXTRA_COST[scope],
                make,
                self.whole,
                forward if self.wrt and scope in (EVERYWHERE, BACKWARD) else None,
                wrong,
            )

    def _gradient(self, forward: Equations) -> Equations:
        wrong = replace(self.derivation, equations=forward)
        return right(wrong, self.wrt).equations[len(forward) :]


def in_order(equations: Equations) -> Equations:
    """A wrong equation may use an equation of the backward that stands after it: put those before it."""
    known = {e.name for e in equations}
    waiting, done = list(equations), dict[str, Equation]()
    while waiting:
        ready = next((e for e in waiting if not (known & names_in(e.rhs)) - done.keys()), waiting[0])
        waiting.remove(ready)
        done[ready.name] = ready
    return tuple(done.values())


# A forward whose values are not those the backward computes with

_MARK = "_wrong"


def _split(front: Equations, back: Equations, backward: Equations, outputs: Sequence[str]) -> Equations:
    """The forward that is returned, and the backward of another one, whose names get a mark where it differs."""
    differs = _differing(front, back)
    names = {name: name + _MARK for name in differs}
    kept = tuple(_renamed(e, names) for e in back if e.name in differs and e.name != LOSS)
    return (*front, *kept, *(_renamed(e, names, own=False) for e in backward))


def _beside(base: Equations, wrong: Equations, names: Sequence[str]) -> Equations:
    """The right equations, but those of some names with all that they need from the wrong ones."""
    differs = _differing(base, wrong)
    marks = {name: name + _MARK for name in differs if name not in names}
    theirs = tuple(_renamed(e, marks) for e in wrong if e.name in differs or e.name not in {b.name for b in base})
    ours = tuple(e for e in base if e.name not in names)
    users = {e.name for e in ours if names_in(e.rhs) & set(names)}
    if users:  # what is right computes with the right values
        marks_right = {name: f"{name}_right" for name in names}
        ours = tuple(_renamed(e, marks_right, own=False) for e in ours)
        ours = (*(_renamed(e, marks_right) for e in base if e.name in names), *ours)
    return in_order((*ours, *theirs))


def _differing(one: Equations, other: Equations) -> set[str]:
    """The names whose values differ: defined otherwise, or with something that does."""
    definitions = {e.name: e for e in one}
    differs: set[str] = set()
    for equation in other:
        old = definitions.get(equation.name)
        same = old is not None and (old.rhs, old.indices) == (equation.rhs, equation.indices)
        if not same or names_in(equation.rhs) & differs:
            differs.add(equation.name)
    return differs


def _renamed(equation: Equation, names: Mapping[str, str], own: bool = True) -> Equation:
    rhs = rewrite(
        equation.rhs,
        lambda node: Symbol(names[node.name]) if isinstance(node, Symbol) and name_of(node) in names else None,
    )
    if own and equation.name in names:
        latex = indexed_latex(equation, [f"#{k}" for k, _ in enumerate(equation.indices, 1)])
        return replace(equation, name=names[equation.name], latex=rf"\widetilde{{{latex}}}", rhs=rhs)
    return replace(equation, rhs=rhs)


# Faults of the whole forward

_Forward = Iterator[tuple[str, str, int, Equations]]


def _of_parameters(derivation: Derivation) -> _Forward:
    """A number taken for its complement, or for 0, wherever it stands."""
    for variable in (*derivation.inputs, *derivation.parameters):
        users = [e for e in derivation if variable.name in names_in(e.rhs)]
        if variable.indices or not users:
            continue
        u = variable.reference
        if is_eps(u):
            yield "eps-lost", f"{variable.name} is lost", 1, _substituted(derivation, u, u * 0)
        elif len(users) > 1:
            said = f"{variable.name} is taken for 1 - {variable.name}"
            yield f"convention:{variable.name}", said, 1, _substituted(derivation, u, 1 - u)


def _substituted(derivation: Derivation, name: Expr, value: Expr) -> Equations:
    return tuple(replace(e, rhs=substitute(e.rhs, {name: value})) for e in derivation)


def _of_axes(derivation: Derivation) -> _Forward:
    """Statistics over the wrong index: over the features of each object instead of the objects of each feature."""
    grids = {v.indices for v in derivation.variables.values() if len(v.indices) == 2}
    for one, other in sorted(((a, b) for grid in grids for a, b in (grid, grid[::-1])), key=str):
        statistics = [e for e in derivation if e.indices == (one,) and _reduces(e.rhs, other)]
        if not statistics:
            continue
        names = {e.name for e in derivation if e.indices == (one,)}
        if any(names & names_in(e.rhs) for e in derivation if not e.indices):
            continue  # a result: its upstream gradient has the right index
        forward = tuple(_turned(e, names, one, other) for e in derivation)
        nouns = ", ".join(e.name for e in statistics)
        said = f"{nouns} are taken over {one.symbol} for each {other.symbol} instead of over {other.symbol} for each"
        yield f"axis:{statistics[0].name}", f"{said} {one.symbol}: the wrong axis", 1, forward


def _reduces(rhs: Expr, over: Index) -> bool:
    return any(isinstance(node, Sum) and node.upper == over.upper for node in rhs.atoms(Sum))


def _turned(equation: Equation, names: set[str], one: Index, other: Index) -> Equation:
    """A statistic of the other index, or what uses one: C[k] = sum_j x[j, k] / m becomes C[i] = sum_j x[i, j] / n."""
    own = equation.name in names
    row = other.symbol

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Indexed):
            if str(node.base.label) in names:
                return node.base[row]
            if own and len(node.indices) == 2:
                return _pair(node, one, row)
        if own and isinstance(node, Sum) and node.upper == other.upper:
            return Sum(node.body, (node.index, one.lower, one.upper))
        if own and node == other.size:
            return one.size
        return None

    rhs = rewrite(equation.rhs, rule)
    return replace(equation, indices=(other,), rhs=rhs) if own else replace(equation, rhs=rhs)


def _pair(node: Indexed, one: Index, row: Symbol) -> Expr | None:
    """x[j, k] with k free becomes x[i, j]."""
    first, second = node.indices
    if second == one.symbol:
        return node.base[row, first]
    return node.base[second, row] if first == one.symbol else None

r"""Slides: what the names of a formula mean, and whether it is so.

A `Slide` gives the names of a formula their meaning: `F_{NN}(x)` is the function of a network, `L_1(w)` the loss
of a smaller one, `\frac{\partial L}{\partial w_2}` a gradient that symnet derives itself. `Slide.check` reads a
formula in the slide's own LaTeX and lets the prover compare both sides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from sympy import Expr, Symbol

from symnet.correction import correct_formula, edit_latex, printable
from symnet.differentiate import gradient
from symnet.equations import Derivation, Variable
from symnet.errors import SymnetError
from symnet.expressions import as_expression, free_references, subexpressions, substitute
from symnet.meaning import OVER_OBJECTS, Names, Values, plain, resolved
from symnet.network.network import Network
from symnet.network.neurons import Norm
from symnet.operations import Call
from symnet.reading.slide import Statement, UnbalancedError, Vocabulary, read_formula
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import factor_out
from symnet.truth.evaluate import Value
from symnet.truth.verdict import Verdict, decide

__all__ = ["Finding", "Reading", "Slide", "combine", "names_of", "shown"]

_EDITING = 5.0  # seconds to look for the smallest edit of a wrong formula


@dataclass(frozen=True)
class Reading:
    """One way to read what cannot be read as printed, with its own verdict."""

    latex: str
    verdict: Verdict


@dataclass(frozen=True)
class Finding:
    """What symnet found out about a claim: the verdict, what it derived instead, the readings."""

    verdict: Verdict
    derived: tuple[str, str] | None = None  # text and LaTeX
    readings: tuple[Reading, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Slide:
    """What the names on a slide mean.

    network: the network the slide speaks of; its data fill the batch. functions, losses: further names, each of
    a network's function at an argument, or of its loss. meanings: LaTeX names of values (`w_2` after a step).
    point: parameter values at which both sides are taken. special: parameters that a condition may fix to a value
    (`p = 1/2`); by default every eps and every scale of a normalization, since a formula that is right only where
    some weight happens to be 0 is a wrong formula.
    """

    network: Network
    functions: Mapping[str, Network] = field(default_factory=dict)
    losses: Mapping[str, Network] = field(default_factory=dict)
    meanings: Mapping[str, Any] = field(default_factory=dict)
    point: Mapping[str, Any] | None = None
    special: Sequence[str] | None = None
    seconds: float = 20

    @cached_property
    def names(self) -> Names:
        """The names a formula may use, and those that it may have in mind."""
        return Names(self.network, self.functions, self.losses, frozenset(self.meanings))

    @property
    def vocabulary(self) -> Vocabulary:
        """How the names of this slide are read."""
        return self.names.vocabulary

    @cached_property
    def derivation(self) -> Derivation:
        """Everything derived of the network: its equations with data, and the gradient of its loss."""
        return _derived(self.network)

    def read(self, formula: str) -> Statement:
        """Read LaTeX with this slide's names. Raises InputError, UnbalancedError."""
        statement = read_formula(formula, self.vocabulary)
        equalities = self.names.with_definitions(statement.equalities)
        chains = [chain for sides in equalities for chain in resolved(self.names, sides)]
        where = tuple(chain.where for chain in chains)
        return replace(statement, equalities=tuple(chain.sides for chain in chains), where=where)

    def meaning(self, side: Expr) -> Expr:
        """Put in what the names of functions, losses and derivatives stand for."""
        given = {Symbol(name): as_expression(value) for name, value in self.meanings.items()}
        side = self._values(substitute(side, given))
        if self.point is not None:
            side = substitute(self.derivation.unfold(side), _numbers(self.point))
        return side

    @cached_property
    def _values(self) -> Values:
        return Values(self.names, _derived)

    # Deciding

    def check(self, formula: str, assumptions: Sequence[Any] = ()) -> Finding:
        """Compare the sides of a formula, or of every reading of one whose brackets do not balance."""
        try:
            statement = self.read(formula)
        except UnbalancedError as error:
            return self._ambiguous(error, assumptions)
        return self.compare(statement, assumptions)

    def compare(self, statement: Statement, assumptions: Sequence[Any] = (), corrected: bool = True) -> Finding:
        """The verdict on everything a statement says; `corrected`: with the right formula for a wrong one."""
        chains = [chain for chain in statement.equalities if len(chain) > 1]
        if not chains:
            raise SymnetError("there is no equality to check in the formula")
        where = statement.where or ({},) * len(statement.equalities)
        pairs = [
            (place, left, right)
            for chain, place in zip(statement.equalities, where, strict=True)
            for left, right in pairwise(chain)
        ]
        verdicts: list[Verdict] = []
        for place, left, right in pairs:
            verdicts.append(_at(place, self.equal(left, right, assumptions)))
            if verdicts[-1].verdict == "refuted":
                break  # nothing is worse
        verdict = combine(verdicts)
        derived = self.derived(chains[0][0])
        wrong = [k for k, found in enumerate(verdicts) if _needs_correction(found)]
        if wrong and corrected:
            _, left, right = pairs[wrong[0]]
            verdict = replace(verdict, correction=self._correction(left, right, derived))
        return Finding(verdict, derived)

    def _correction(self, left: Expr, right: Expr, derived: tuple[str, str] | None) -> dict[str, str] | None:
        """The right formula: the printed side after its smallest edit where one is found, else the derived one."""
        edit = correct_formula(self, left, right, min(self.seconds, _EDITING))
        if edit is None:
            return None if derived is None else {"text": derived[0], "latex": derived[1]}
        named = {**OVER_OBJECTS, **{plain(n): n for n in self.vocabulary.applied}}
        naming = names_of(self.derivation, self.network)
        naming = replace(naming, variables={**naming.variables, **{k: Variable(k, latex=v) for k, v in named.items()}})
        side, naming = printable(edit.side, naming)
        return {
            "text": text(side, naming),
            "latex": latex(side, naming),
            "edit": edit.text,
            "marked": edit_latex(edit, naming),
        }

    def equal(self, left: Expr, right: Expr, assumptions: Sequence[Any] = (), special: bool = True) -> Verdict:
        """The verdict on one equality between expressions in this slide's names."""
        updated = isinstance(left, Symbol) and left.name in self.network.parameters and left != right
        if updated and left in free_references(right):
            raise SymnetError(f"{left} stands on both sides: this is an update of {left}, no equality")
        sides = self.meaning(left), self.meaning(right)
        self._refuse_strangers(*sides)
        parameters = self._special()
        verdict = decide(*sides, self.derivation, parameters, assumptions, self.seconds)
        fixed = [(name, value) for condition in verdict.conditions for name, value in condition.values]
        scales = {name for name, value in fixed if value == 0} & set(self._scales())
        if scales and self.special is None:  # a scale of 0 puts a constant in the place of what is normalized
            parameters = [u for u in parameters if u not in scales]
            verdict = decide(*sides, self.derivation, parameters, assumptions, self.seconds)
        return verdict

    def _special(self) -> list[Expr]:
        if self.special is not None:
            return [Symbol(name) for name in self.special]
        formulas = [neuron.formula for neuron in self.network]
        norms = [node for node in subexpressions(*formulas) if isinstance(node, Norm)]
        return list(dict.fromkeys([*(u for norm in norms for u in norm.args[1].free_symbols), *self._scales()]))

    def _scales(self) -> list[Expr]:
        """The parameters that multiply a normalized value."""
        products = [node for neuron in self.network for node in subexpressions(neuron.formula) if node.is_Mul]
        scaled = [node.args for node in products if any(isinstance(factor, Norm) for factor in node.args)]
        return [factor for factors in scaled for factor in factors if isinstance(factor, Symbol)]

    def _refuse_strangers(self, *sides: Expr) -> None:
        known = {*self.derivation.variables, *self.network.parameters, *self.network.inputs}
        names = [n for n in subexpressions(*sides) if isinstance(n, Symbol) and not n.is_integer]
        called = any(isinstance(n, Call) for n in subexpressions(sides[0]))
        if called and known.isdisjoint(n.name for n in names):
            return  # an identity such as \sigma(-u) = 1 - \sigma(u)
        for node in names:
            if node.name not in known:
                own = {"L", *known & self.names.known}
                listed = ", ".join(sorted(own, key=lambda n: (len(n), n))[:12])
                raise SymnetError(f"{node} is not a name on this slide (there are {listed}, …)")

    def derived(self, side: Expr) -> tuple[str, str] | None:
        """What symnet derived for a side that is a name, written out on this slide's names."""
        meant = self.meaning(side)
        if isinstance(meant, Symbol) and meant.name not in self.derivation:
            return None
        shown = factor_out(_shown(self.derivation, meant, self.network))
        naming = names_of(self.derivation, self.network)
        return text(shown, naming), latex(shown, naming)

    def _ambiguous(self, error: UnbalancedError, assumptions: Sequence[Any]) -> Finding:
        readings = []
        for repair in error.repairs:
            try:
                found = self.compare(self.read(repair), assumptions, corrected=False)
            except SymnetError:
                continue  # this repair reads as something that has no meaning on the slide
            readings.append(Reading(repair, found.verdict))
        if not readings:
            raise error
        holding = sum(r.verdict.verdict == "proved" for r in readings)
        method = f"ways to balance the brackets: {len(readings)}, {holding} of them true"
        seconds = sum(r.verdict.seconds for r in readings)
        return Finding(Verdict("ambiguous", method, seconds), readings=tuple(readings))


def _at(where: Mapping[str, str], verdict: Verdict) -> Verdict:
    """The verdict with the values of indices that were free in the formula beside those of its witness."""
    if not where or not verdict.witness:
        return verdict
    values = {**where, **verdict.witness["values"]}  # type: ignore[dict-item]  # a mapping
    return replace(verdict, witness={**verdict.witness, "values": values})


def _needs_correction(verdict: Verdict) -> bool:
    """A formula that is wrong, or right only for some value (m = 2, eps = 0) of what the slide leaves open.

    A linear f is none that a slide has.
    """
    special = ("linear", "identity")
    fixed = any(c.values or any(kind in special for _, kind in c.functions) for c in verdict.conditions)
    return verdict.verdict == "refuted" or (verdict.verdict == "proved-if" and fixed)


def shown(
    holds: bool,
    method: str,
    witness: Mapping[str, object] | None = None,
    assumptions: Sequence[str] = (),
) -> Verdict:
    """The verdict on a statement that a computation has just decided: proved, proved-if, or refuted.

    `method` says by which computation; a refutation needs the witness that was computed.
    """
    if holds:
        return Verdict("proved-if" if assumptions else "proved", method, 0.0, list(assumptions), dict(witness or {}))
    if not witness:
        raise ValueError("a refutation needs a witness")
    return Verdict("refuted", method, 0.0, [], dict(witness))


_WORST_FIRST = ("refuted", "ambiguous", "undecided", "proved-if", "proved")


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a conjunction: the worst of them, with every method, condition and second in it."""
    worst = min(verdicts, key=lambda v: _WORST_FIRST.index(v.verdict))
    assumptions = [a for v in verdicts for a in v.assumptions if v.verdict == "proved-if"]
    methods = [v.method for v in verdicts] if worst.verdict in ("proved", "proved-if") else [worst.method]
    return replace(
        worst,
        assumptions=list(dict.fromkeys(assumptions)) if worst.verdict == "proved-if" else worst.assumptions,
        method="; ".join(dict.fromkeys(methods)),
        questions=worst.questions if worst.verdict == "refuted" else tuple(q for v in verdicts for q in v.questions),
        seconds=sum(v.seconds for v in verdicts),
    )


def _numbers(point: Mapping[str, Any]) -> dict[Expr, Expr]:
    return {Symbol(name): _exact(value) for name, value in point.items()}


def _exact(value: Any) -> Expr:
    """A number as an expression; text is not read."""
    if not isinstance(value, Value):
        return as_expression(value)
    expression = value.as_expr()
    if expression is None:
        raise SymnetError(f"{value} is not exact: a formula cannot be compared there")
    return expression


_CACHE: dict[Network, Derivation] = {}


def _derived(network: Network) -> Derivation:
    """The network's example with its gradient by everything a slide may name; made once a network."""
    if network not in _CACHE:
        symbolic = network.derivation
        middle = [n for k in network.normalizations for n in (k.input, k.mean, k.deviation)]
        result = gradient(symbolic, "L", (*network.parameters, *middle))
        _CACHE[network] = network.fill(result) if network.rows is not None else result
    return _CACHE[network]


def names_of(derivation: Derivation, network: Network) -> Naming:
    """The names of a derivation made of a network's, and those at an asked x, which is read first."""
    inputs = Derivation((), tuple(Variable(name) for name in network.inputs))
    return Naming.of(inputs, derivation, network.function())


def _shown(derivation: Derivation, expression: Expr, network: Network) -> Expr:
    """Names written out as far as a slide would: means and deviations stay."""
    statistics = {n for k in network.normalizations for n in (k.input, k.mean, k.deviation)} | {"A", "B"}
    keep = {e.name for e in derivation if e.name.rpartition("_")[0] in statistics or e.name in statistics}
    name = expression.base if expression.is_Pow else expression
    if isinstance(name, Symbol) and name.name in keep:
        expression = substitute(expression, {name: derivation[name.name].rhs})
    return derivation.unfold(expression, {e.name for e in derivation} - keep)

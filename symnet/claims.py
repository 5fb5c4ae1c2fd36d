r"""Claims: what a lecture says, and how symnet finds out whether it is so.

A `Slide` gives the names of a formula their meaning: `F_{NN}(x)` is the function of a network, `L_1(w)` the loss
of a smaller one, `\frac{\partial L}{\partial w_2}` a gradient that symnet derives itself. `Slide.check` reads a
formula in the slide's own LaTeX and lets the prover compare both sides. A `Section` is a file of `derivations/`:
it quotes the slide and says what verdict is expected; the code that decides never sees that expectation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from time import perf_counter
from typing import Any

from sympy import Expr, Symbol, sympify

from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation
from symnet.errors import SymnetError
from symnet.expressions import rewrite, subexpressions, substitute
from symnet.network.network import Network
from symnet.network.neurons import Norm
from symnet.reading.slide import Applied, Partial, Statement, UnbalancedError, Vocabulary, read_formula
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import factor_out
from symnet.truth.verdict import Verdict, decide

__all__ = [
    "Claim",
    "Finding",
    "Section",
    "Slide",
    "check_formula",
    "check_with",
    "combine",
    "load_claims",
    "shown",
]

FUNCTION_NAMES = ("F", "F_{NN}", "F_{NNN}", "F_{N}")
LOSS_NAMES = ("L", "L_{N}")


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
    def _functions(self) -> dict[str, Network]:
        return _by_symbol({**dict.fromkeys(FUNCTION_NAMES, self.network), **self.functions})

    @cached_property
    def _losses(self) -> dict[str, Network]:
        return _by_symbol({**dict.fromkeys(LOSS_NAMES, self.network), **self.losses})

    @cached_property
    def vocabulary(self) -> Vocabulary:
        names: dict[str, Expr] = {}
        for norm in self.network.normalizations:
            for name in (norm.mean, norm.deviation):
                base, _, number = name.partition("_")
                names[f"{base}_{{{number}}}" if number else base] = Symbol(name)
        indices: frozenset[str] = frozenset()
        if self.network.rows is None:
            names[str(self.network.objects)] = self.network.objects
            indices = frozenset({*"ijk", str(self.network.object_index.symbol)} - names.keys())
        applied = {*FUNCTION_NAMES, *LOSS_NAMES, *self.functions, *self.losses}
        return Vocabulary(names=names, applied=frozenset(applied), indices=indices)

    @cached_property
    def derivation(self) -> Derivation:
        """Everything derived of the network: its equations with data, and the gradient of its loss."""
        return _derived(self.network)

    def read(self, formula: str) -> Statement:
        """Read LaTeX with this slide's names. Raises InputError, UnbalancedError."""
        return read_formula(formula, self.vocabulary)

    def meaning(self, side: Expr) -> Expr:
        """Put in what the names of functions, losses and derivatives stand for."""
        given = {Symbol(name): sympify(value) for name, value in self.meanings.items()}

        def rule(node: Expr) -> Expr | None:
            if isinstance(node, Partial):
                return self._partial(node)
            return self._applied(node) if isinstance(node, Applied) else None

        side = rewrite(substitute(side, given), rule)
        bare = {node.name for node in side.free_symbols}
        bare_functions = {Symbol(n): self._function(n, ()) for n in bare & self._functions.keys()}
        side = substitute(side, bare_functions | {Symbol(n): self._loss(n) for n in bare & self._losses.keys()})
        if self.point is not None:
            side = substitute(self.derivation.unfold(side), _numbers(self.point))
        return side

    def _applied(self, node: Expr) -> Expr:
        name, *arguments = node.args
        if name.name in self._losses:
            return self._loss(name.name)
        return self._function(name.name, arguments)

    def _loss(self, name: str) -> Expr:
        return self._own(self._losses[name], Symbol("L"))

    def _own(self, network: Network, expression: Expr) -> Expr:
        """An expression in the names of a network's derivation; another network's names are written out."""
        if network is self.network:
            return expression
        return _derived(network).unfold(expression)

    def _function(self, name: str, arguments: Sequence[Expr]) -> Expr:
        network = self._functions[name]
        function = network.function()
        if arguments and len(arguments) != len(network.inputs):
            raise SymnetError(f"{name} is a function of {', '.join(network.inputs)}, not of {len(arguments)} values")
        values = dict(zip(map(Symbol, network.inputs), arguments or map(Symbol, network.inputs), strict=True))
        at_x = substitute(function.unfold(function[network.outputs[0]].rhs), values)
        return self._own(network, at_x)

    def _partial(self, node: Expr) -> Expr:
        of, *wrt = node.args
        if of.name not in self._losses:
            raise SymnetError(f"d{of}/d{wrt[0]}: {of} is not a loss on this slide")
        network = self._losses[of.name]
        if len(wrt) != 1:
            raise SymnetError(f"the second derivative {node} is not compared yet")
        name = adjoint_name("L", wrt[0].name)
        if name not in _derived(network):
            raise SymnetError(f"{wrt[0]} is not a parameter of the network {network.name}")
        return self._own(network, Symbol(name))

    # Deciding

    def check(self, formula: str, assumptions: Sequence[Any] = ()) -> Finding:
        """Compare the sides of a formula, or of every reading of one whose brackets do not balance."""
        try:
            statement = self.read(formula)
        except UnbalancedError as error:
            if not error.repairs:
                raise
            return self._ambiguous(error.repairs, assumptions)
        return self.compare(statement, assumptions)

    def compare(self, statement: Statement, assumptions: Sequence[Any] = ()) -> Finding:
        """The verdict on everything a statement says."""
        chains = [chain for chain in statement.equalities if len(chain) > 1]
        if not chains:
            raise SymnetError("there is no equality to check in the formula")
        verdicts = [self.equal(left, right, assumptions) for chain in chains for left, right in pairwise(chain)]
        verdict = combine(verdicts)
        derived = self.derived(chains[0][0])
        if verdict.verdict == "refuted" and derived is not None:
            verdict = replace(verdict, correction={"text": derived[0], "latex": derived[1]})
        return Finding(verdict, derived)

    def equal(self, left: Expr, right: Expr, assumptions: Sequence[Any] = (), special: bool = True) -> Verdict:
        """The verdict on one equality between expressions in this slide's names."""
        sides = self.meaning(left), self.meaning(right)
        self._refuse_strangers(*sides)
        parameters = self._special()
        return decide(
            *sides, self.derivation, parameters=parameters, assumptions=assumptions, seconds=self.seconds
        )

    def _special(self) -> list[Expr]:
        if self.special is not None:
            return [Symbol(name) for name in self.special]
        found: dict[Expr, None] = {}
        for neuron in self.network:
            for node in subexpressions(neuron.formula):
                if isinstance(node, Norm):
                    found |= dict.fromkeys(node.args[1].free_symbols)
                elif node.is_Mul and any(isinstance(factor, Norm) for factor in node.args):
                    found |= {factor: None for factor in node.args if isinstance(factor, Symbol)}
        return list(found)

    def _refuse_strangers(self, *sides: Expr) -> None:
        known = {*self.derivation.variables, *self.network.parameters, *self.network.inputs}
        for node in subexpressions(*sides):
            if isinstance(node, Symbol) and not node.is_integer and node.name not in known:
                listed = ", ".join(sorted(known, key=lambda n: (len(n), n))[:12])
                raise SymnetError(f"{node} is not a name on this slide (there are {listed}, …)")

    def derived(self, side: Expr) -> tuple[str, str] | None:
        """What symnet derived for a side that is a name, written out on this slide's names."""
        meant = self.meaning(side)
        if isinstance(meant, Symbol) and meant.name not in self.derivation:
            return None
        shown = factor_out(_shown(self.derivation, meant, self.network))
        naming = Naming.of(self.derivation, self.network.function())
        return text(shown, naming), latex(shown, naming)

    def _ambiguous(self, repairs: Iterable[str], assumptions: Sequence[Any]) -> Finding:
        readings = []
        for repair in repairs:
            try:
                found = self.compare(self.read(repair), assumptions)
            except SymnetError:
                continue  # this repair reads as something that has no meaning on the slide
            readings.append(Reading(repair, found.verdict))
        holding = sum(r.verdict.verdict == "proved" for r in readings)
        method = f"{len(readings)} ways to balance the brackets, {holding} of them true"
        seconds = sum(r.verdict.seconds for r in readings)
        return Finding(Verdict("ambiguous", method, seconds), readings=tuple(readings))


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
        return Verdict(
            "proved-if" if assumptions else "proved", method, 0.0, list(assumptions), dict(witness or {})
        )
    if not witness:
        raise ValueError("a refutation needs a witness")
    return Verdict("refuted", method, 0.0, [], dict(witness))


def _by_symbol(named: Mapping[str, Network]) -> dict[str, Network]:
    """The same by the symbol a LaTeX name is read as: F_{NN} is FNN."""
    return {"".join(filter(str.isalnum, name)): network for name, network in named.items()}


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
        seconds=sum(v.seconds for v in verdicts),
    )


def _numbers(point: Mapping[str, Any]) -> dict[Expr, Expr]:
    return {Symbol(name): sympify(getattr(value, "text", value)) for name, value in point.items()}


_CACHE: dict[Network, Derivation] = {}


def _derived(network: Network) -> Derivation:
    """The network's example with its gradient by everything a slide may name; made once a network."""
    if network not in _CACHE:
        symbolic = network.derivation
        middle = [n for k in network.normalizations for n in (k.input, k.mean, k.deviation)]
        result = gradient(symbolic, "L", (*network.parameters, *middle))
        _CACHE[network] = network.fill(result) if network.rows is not None else result
    return _CACHE[network]


def _shown(derivation: Derivation, expression: Expr, network: Network) -> Expr:
    """Names written out as far as a slide would: means and deviations stay."""
    statistics = {n for k in network.normalizations for n in (k.input, k.mean, k.deviation)} | {"A", "B"}
    keep = {e.name for e in derivation if e.name.rpartition("_")[0] in statistics or e.name in statistics}
    if isinstance(expression, Symbol) and expression.name in keep:
        expression = derivation[expression.name].rhs
    return derivation.unfold(expression, {e.name for e in derivation} - keep)


def check_formula(network: Network, formula: str, seconds: float = 20) -> "Result":
    """The verdict on one formula of a slide against a network; what `symnet claim` prints."""
    return check_with(Slide(network, seconds=seconds), formula)


def check_with(slide: Slide, formula: str) -> "Result":
    """The verdict on one formula in the names of a slide."""
    says = formula.strip()
    return Claim("claim", "a formula", "check", slide.network.name, says, lambda: slide.check(says)).run()


# Stating claims


@dataclass(frozen=True)
class Claim:
    """One entry of the ledger.

    kind: check, definition or empirical. says: the slide's own words or LaTeX. decide: finds the verdict.
    expected: the verdict of an earlier run, compared with the new one only after it is found.
    """

    id: str
    title: str
    kind: str
    lecture: str
    says: str
    decide: Callable[[], Finding | Verdict]
    lines: str = ""
    expected: str | None = None

    def run(self) -> "Result":
        start = perf_counter()
        found = self.decide()
        if isinstance(found, Verdict):
            found = Finding(found)
        return Result(self, found, perf_counter() - start)


@dataclass(frozen=True)
class Result:
    """A claim with what was found out about it."""

    claim: Claim
    finding: Finding
    seconds: float

    @property
    def verdict(self) -> str:
        """The claim's verdict; a definition or an empirical statement stays one while its object checks out."""
        found: str = self.finding.verdict.verdict
        if self.claim.kind != "check" and found in ("proved", self.claim.kind):
            return self.claim.kind
        return found

    @property
    def as_expected(self) -> bool:
        return self.claim.expected in (None, self.verdict)

    @property
    def json(self) -> dict[str, Any]:
        """One entry of `symnet lectures --json`."""
        found, verdict = self.finding, self.finding.verdict
        answer: dict[str, Any] = {
            "id": self.claim.id,
            "title": self.claim.title,
            "lecture": self.claim.lecture,
            "says": self.claim.says,
            "verdict": self.verdict,
            "assumptions": list(verdict.assumptions),
            "witness": dict(verdict.witness),
            "correction": verdict.correction,
            "derived": None if found.derived is None else dict(zip(("text", "latex"), found.derived, strict=True)),
            "method": verdict.method,
            "error_bound": verdict.error_bound,
            "seconds": round(self.seconds, 4),
        }
        if found.readings:
            answer["readings"] = [
                {"latex": r.latex, "verdict": r.verdict.verdict, "method": r.verdict.method}
                for r in found.readings
            ]
        if found.note:
            answer["note"] = found.note
        return answer


class Section:
    """The claims of one section of a lecture, in the order of its slides."""

    def __init__(self, lecture: str, title: str) -> None:
        self.lecture, self.title = lecture, title
        self.claims: list[Claim] = []

    def formula(
        self, id: str, title: str, says: str, on: Slide, *, lines: str, expected: str, kind: str = "check"
    ) -> None:
        """The slide's formula, verbatim, compared with what symnet derives for its names."""
        self._add(id, title, kind, says, lines, lambda: on.check(says), expected)

    def check(
        self, id: str, title: str, says: str, *, lines: str, expected: str
    ) -> Callable[[Callable[[], Finding | Verdict]], Callable[[], Finding | Verdict]]:
        """Decorates the function that decides a statement in words."""
        return self._decorate(id, title, "check", says, lines, expected)

    def definition(
        self, id: str, title: str, says: str, *, lines: str
    ) -> Callable[[Callable[[], Finding | Verdict]], Callable[[], Finding | Verdict]]:
        """Decorates the function that shows symnet's object to be what the definition says."""
        return self._decorate(id, title, "definition", says, lines, "definition")

    def empirical(self, id: str, title: str, says: str, *, lines: str) -> Callable[..., Any]:
        """Decorates the function that decides the part of an empirical statement that can be proved."""
        return self._decorate(id, title, "empirical", says, lines, "empirical")

    def _decorate(
        self, id: str, title: str, kind: str, says: str, lines: str, expected: str
    ) -> Callable[..., Any]:
        def register(decide: Callable[[], Finding | Verdict]) -> Callable[[], Finding | Verdict]:
            self._add(id, title, kind, says, lines, decide, expected)
            return decide

        return register

    def _add(
        self,
        id: str,
        title: str,
        kind: str,
        says: str,
        lines: str,
        decide: Callable[[], Finding | Verdict],
        expected: str,
    ) -> None:
        if any(c.id == id for c in self.claims):
            raise ValueError(f"{id} is stated twice")
        self.claims.append(Claim(id, title, kind, self.lecture, says, decide, lines, expected))

    def main(self) -> None:
        """Run the section's claims and print them: what `python derivations/….py` does."""
        from symnet.commands.lectures import report

        report([claim.run() for claim in self.claims])


def load_sections() -> list[Section]:
    """Every section in the package `derivations`, in the order of its file names."""
    from importlib import import_module
    from pkgutil import iter_modules

    import derivations

    modules = sorted(m.name for m in iter_modules(derivations.__path__))
    found = (import_module(f"derivations.{name}") for name in modules)
    return [module.section for module in found if hasattr(module, "section")]


def _ledger_order(claim: Claim) -> tuple[int, int, str]:
    """L8.2 before L8.10 and L8.10 before L8.10a; the lectures in the ledger's order, others after them."""
    lecture, _, number = claim.id.partition(".")
    digits = "".join(c for c in number if c.isdigit())
    lectures = ("L8", "W", "P4", "E3", "V", "X", "B")
    place = lectures.index(lecture) if lecture in lectures else len(lectures)
    return place, int(digits or 0), claim.id


def load_claims(ids: Sequence[str] = ()) -> list[Claim]:
    """All claims, or those named. Raises SymnetError for an id that nothing has."""
    claims = sorted((c for section in load_sections() for c in section.claims), key=_ledger_order)
    known = {claim.id: claim for claim in claims}
    for id in ids:
        if id not in known:
            near = [k for k in known if k.startswith(id.partition(".")[0] + ".")][:8]
            raise SymnetError(f"there is no claim {id}; there are {', '.join(near or list(known)[:8])}, …")
    return [known[id] for id in ids] if ids else claims

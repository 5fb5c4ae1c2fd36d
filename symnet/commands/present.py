"""The slides of one network: what `symnet derive --format slides` writes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sympy import Add, Expr, Indexed, IndexedBase, Symbol

from symnet.commands.derive import Answer
from symnet.commands.show import by_hand, function_naming, step_rows, value_latex, valued
from symnet.differentiate import DIRECT, adjoint_name, gradient, paths
from symnet.equations import Derivation, Equation, name_of, names_used
from symnet.expressions import rewrite, subexpressions
from symnet.network.network import Network, Normalization
from symnet.render.align import Row, breaks_inside, rows, width
from symnet.render.beamer import DEVIATION, DROPPED, LINE, LINES, MEAN, Frame, Item, beamer, frames
from symnet.render.document import plain_words
from symnet.render.fold import Folder
from symnet.render.latex import latex, latex_with_parts, left_side
from symnet.render.naming import Naming
from symnet.render.steps import Explanation, explain
from symnet.render.words import words

__all__ = ["answer_slides"]

_MANY = 14  # equations on the way to the gradient, beyond which they are shown for every object at once, with indices
_OBJECTS = 10  # of the data, on a slide
_SHORT = 10.0  # em: what a dropped neuron's formula may take in the place of its name


def answer_slides(answer: Answer, language: str = "en", steps: bool = False, snippet: bool = False) -> str:
    """A Beamer document about the network; its frames alone for a `snippet`.

    steps: with the derivation step by step, back along every edge.
    """
    shown = _Deck(answer, language, steps).frames()
    return "\n\n".join(frame.latex for frame in shown) if snippet else beamer(shown, language)


@dataclass
class _Deck:
    answer: Answer
    language: str
    steps: bool
    folders: dict[int, Folder] = field(default_factory=dict)

    @cached_property
    def words(self) -> dict[str, str]:
        return words(self.language)

    @cached_property
    def network(self) -> Network:
        return self.answer.network

    @cached_property
    def explanation(self) -> Explanation:
        return explain(self.network, self.answer.wrt)

    def frames(self) -> list[Frame]:
        return [
            *self._network(),
            *self._forward(),
            *self._removed(),
            *self._equations(),
            *self._loss(),
            *self._flows(),
            *self._backward(),
            *self._gradient(),
            *self._values(),
            *self._descent(),
            *self._findings(),
        ]

    # What frames are made of

    def rows(
        self, equations: Iterable[Equation], naming: Naming, colours: Mapping[str, str] | None = None
    ) -> tuple[tuple[Row, ...], ...]:
        """The equations as rows that fit, long ones folded; equations of one name in a row are a chain.

        colours: of the terms of a right side that contain a name.
        """
        folder = self.folders.setdefault(id(naming), Folder(naming, LINE, LINES))
        sides, last = [], ""
        for equation in (folded for e in equations for folded in folder.fold(e)):
            left = left_side(equation, folder.naming)
            marked = _marked(equation.rhs, colours or {})
            sides.append(("" if left == last else left, latex(equation.rhs, folder.naming, marked)))
            last = left
        return tuple(rows(sides, LINE))

    def math(self, name: str) -> str:
        """A name in a sentence, without its indices."""
        return f"${self.answer.naming.latex(name)}$"

    def listed(self, names: Iterable[str]) -> str:
        return ", ".join(map(self.math, names))

    # The frames

    def _network(self) -> Iterator[Frame]:
        named = function_naming(self.answer)
        whole = self.answer.whole or self.network
        function = whole.function()
        title = self.words["network"].format(plain_words(whole.name))
        items = [Item(rows=self.rows(function, named))]
        if self.network.rows is not None:
            items.append(Item(self._data(self.network.rows)))
        yield from frames(title, items)
        if self.answer.whole is None and self.answer.functions != function.equations:
            yield from frames(self.words["function"], [Item(rows=self.rows(self.answer.functions, named))])

    def _data(self, objects: Sequence[Sequence[Expr]]) -> str:
        lines = []
        for name, column in zip((*self.network.inputs, *self.network.targets), zip(*objects, strict=True), strict=True):
            values = [latex(value) for value in column[:_OBJECTS]]
            more = [r"\dots"] if len(column) > _OBJECTS else []
            lines.append(" & ".join([self.answer.naming.latex(name), *values, *more]))
        table = " \\\\\n".join(lines)
        columns = "r" * (lines[0].count("&"))
        return rf"{self.words['data']}: $\;\begin{{array}}{{c|{columns}}}" + f"\n{table}\n" + r"\end{array}$"

    def _forward(self) -> Iterator[Frame]:
        """Only networks with a normalization have more to say than their neurons."""
        if not self.network.normalizations and not self.steps:
            return
        groups: list[tuple[list[str], list[Item]]] = []
        owners = {n: k.neuron for k in self.network.normalizations for n in (k.input, k.mean, k.deviation, k.value)}
        for step in self.explanation.forward:
            (equation,) = step.equations
            item = Item(self.explanation.latex_words(step, self.language), self.rows([equation], self.naming))
            if equation.name == "L":
                continue
            neuron = owners.get(equation.name, equation.name)
            normalizes = neuron in owners.values()
            if not groups or (neuron not in groups[-1][0] and (normalizes or groups[-1][0][0] in owners.values())):
                groups.append(([], []))
            names, items = groups[-1]
            items.append(item)
            if neuron not in names:
                names.append(neuron)
        for names, items in groups:
            yield from frames(self.words["forward"].format(self.listed(names)), items)

    @cached_property
    def naming(self) -> Naming:
        return self.explanation.naming

    def _removed(self) -> Iterator[Frame]:
        """The whole network's function and loss with the terms in red that the dropped neurons bring in."""
        whole, gone = self.answer.whole, self.answer.request.drop
        if whole is None:
            return
        naming = function_naming(self.answer)
        names = self.listed(gone)
        function = whole.function()
        beside = {n for e in function for n in names_used(e.rhs) if names_used(e.rhs) & set(gone)} & set(whole.hidden)
        kept = function.tidy(keep={*whole.outputs, *beside})
        smaller = [e for e in self.answer.functions if e.name in whole.outputs]
        items = [
            Item(self.words["full"].format(names), self._coloured(kept, whole.outputs, set(gone), beside, naming)),
            Item(self.words["smaller"].format(names), self.rows(smaller, naming)),
        ]
        yield from frames(self.words["removed"].format(names), items)
        if whole.rows is None or self._many or set(gone) & set(whole.inputs):  # of inputs there are only numbers left
            return

        def instances(of: set[str]) -> set[str]:
            return {e.name for e in whole.example if e.name.rpartition("_")[0] in of}

        statistics = {n for k in whole.normalizations for n in (k.input, k.mean, k.deviation, k.value)}
        loss = whole.example.tidy(keep={"L", "A", "B", *statistics, *instances(statistics), *instances(beside)})
        red = self._coloured(loss, ["L"], instances(set(gone)), instances(beside), Naming.of(whole.example))
        items = [
            Item(self.words["full"].format(names), red),
            Item(self.words["smaller"].format(names), self.rows([self.answer.loss], self.answer.naming)),
        ]
        yield from frames(self.words["loss"], items)

    def _coloured(
        self, derivation: Derivation, shown: Sequence[str], gone: set[str], beside: set[str], naming: Naming
    ) -> tuple[tuple[Row, ...], ...]:
        """The equations with what the gone names bring in coloured.

        beside: the names among which they stand, written as their definitions where these are short.
        """
        parts = {Symbol(name): derivation[name].rhs for name in sorted(beside) if name in derivation}
        short = all(width(latex(part, naming)) <= _SHORT for part in parts.values())
        folder = Folder(naming, LINE, LINES)
        sides = []
        for equation in (folded for name in shown for folded in folder.fold(derivation[name])):
            red = dict.fromkeys(_dead(equation.rhs, gone), DROPPED)
            right = latex_with_parts(equation.rhs, parts if short else {}, folder.naming, red)
            sides.append((left_side(equation, folder.naming), right))
        return tuple(rows(sides, LINE))

    def _equations(self) -> Iterator[Frame]:
        """What the loss is written with when the data are filled in: A, B, C, S."""
        if not self._symbolic:
            named = [e for e in self.answer.equations if not _is_adjoint(e)]
            shown = self.rows(named, self.answer.naming)
            yield from frames(self.words["equations"], [Item(rows=(group,)) for group in shown])

    def _loss(self) -> Iterator[Frame]:
        if not self._symbolic and self.answer.whole is None:
            yield from frames(self.words["loss"], [Item(rows=self.rows([self.answer.loss], self.answer.naming))])
        elif self._symbolic:
            yield from frames(self.words["loss"], [Item(rows=self.rows([self.network.derivation["L"]], self.naming))])

    @property
    def _symbolic(self) -> bool:
        return self._many or self.network.rows is None

    @cached_property
    def _many(self) -> bool:
        """Whether formulas with the data filled in would be too many or too long to be read on slides."""
        shown = (*self.answer.equations, self.answer.loss, *self.answer.gradient.values())
        naming = self.answer.naming
        return self.network.rows is not None and (
            len(self.answer.equations) > _MANY
            or any(breaks_inside(latex(e.rhs, naming), LINE - width(left_side(e, naming)) - 2.5) for e in shown)
        )

    def _flows(self) -> Iterator[Frame]:
        """The derivative by the input of each normalization, split by `paths`: directly, through C, through S."""
        for norm in self.network.normalizations:
            split = self._split(norm)
            if split is None:
                continue
            title = self.words["flow"].format(f"{self.math(norm.mean)}, {self.math(norm.deviation)}")
            colours = {norm.mean: MEAN, norm.deviation: DEVIATION}
            mean, deviation = (
                rf"\textcolor{{{colour}}}{{{self.words[key].format(self.math(name))}}}"
                for key, name, colour in (
                    ("through mean", norm.mean, MEAN),
                    ("through deviation", norm.deviation, DEVIATION),
                )
            )
            total, shares = split
            said = self.words["shares"].format(f"${left_side(total, self.naming)}$", mean, deviation)
            marks = {term: colours[name] for name, term in shares.items() if name in colours}
            terms = [latex(term, self.naming, marks) for term in shares.values()]
            whole = " + ".join(terms).replace("+ -", "- ")
            items = [Item(said, tuple(rows([(left_side(total, self.naming), whole)], LINE)))]
            for name in (norm.deviation, norm.mean):
                adjoint = self.full[adjoint_name("L", name)]
                left = rf"\textcolor{{{colours[name]}}}{{{left_side(adjoint, self.naming)}}}"
                items.append(Item(rows=tuple(rows([(left, latex(adjoint.rhs, self.naming))], LINE))))
            yield from frames(title, items)

    @cached_property
    def full(self) -> Derivation:
        between = [n for k in self.network.normalizations for n in (k.input, k.mean, k.deviation, k.value)]
        return gradient(self.network.derivation, "L", between)

    def _split(self, norm: Normalization) -> tuple[Equation, dict[str, Expr]] | None:
        """dL/dz as the sum of its shares, each in the plain derivatives above the normalization; None if it is 0."""
        through = (norm.mean, norm.deviation)
        derivation = paths(self.network.derivation, "L", through, [norm.input])
        plain = {}
        for equation in derivation:
            base, _, way = equation.name.rpartition("_via_")
            if way == DIRECT and not base.endswith(f"d{norm.input}"):
                plain[equation.name] = base
        shares = {}
        for way in (DIRECT, *through):
            share = derivation[adjoint_name("L", norm.input, way)].rhs
            if share != 0:
                shares[way] = _renamed(share, plain)
        if len(shares) < 2:
            return None
        result = self.full[adjoint_name("L", norm.input)]
        return replace(result, rhs=Add(*shares.values())), shares

    def _backward(self) -> Iterator[Frame]:
        if not (self.steps or self._symbolic):
            return
        for step in self.explanation.backward:
            title = self.words["derivative"].format(f"${latex(step.names[0], self.naming)}$")
            said = self.explanation.latex_words(step, self.language)
            yield from frames(title, [Item(said, self.rows(step.equations, self.naming))])

    def _gradient(self) -> Iterator[Frame]:
        hessian = (self.words["hessian"], list(self.answer.hessian.values()))
        if self._symbolic:
            yield from frames(hessian[0], [Item(rows=(g,)) for g in self.rows(hessian[1], self.answer.naming)])
            return
        on_the_way = [e for e in self.answer.equations if _is_adjoint(e)]
        colours = {}
        for norm in self.network.normalizations:
            colours[adjoint_name("L", norm.mean)] = MEAN
            colours[adjoint_name("L", norm.deviation)] = DEVIATION
        naming = self.answer.naming
        for title, equations in (
            (self.words["gradient"], [*on_the_way, *self.answer.gradient.values()]),
            hessian,
        ):
            yield from frames(title, [Item(rows=(group,)) for group in self.rows(equations, naming, colours)])

    def _values(self) -> Iterator[Frame]:
        if self._many:
            wanted = ["L", *(e.name for e in self.answer.gradient.values())]
            known = [(n, self.answer.values[n]) for n in wanted if n in self.answer.values]
            found = [Item(rows=(((self.answer.naming.latex(n), valued(value)),),)) for n, value in known]
            yield from frames(self.words["values"], found)
            return
        items = []
        for _, (name, *formulas) in by_hand(self.answer):
            sides = [(name if k == 0 else "", formula) for k, formula in enumerate(formulas)]
            items.append(Item(rows=tuple(rows(sides, LINE))))
        yield from frames(self.words["values"], items)

    def _descent(self) -> Iterator[Frame]:
        for number, step in enumerate(self.answer.steps, 1):
            without = self.words["smaller"].format(self.listed(step.mask))
            dropped = f" ({without[0].lower()}{without[1:]})" if step.mask else ""
            naming = self.answer.naming
            slopes = [((naming.latex(adjoint_name("L", n)), valued(v)),) for n, v in step.gradient.items()]
            moved = [(row,) for row in step_rows(self.answer, step)]
            rate = f"${latex(self.answer.request.rate)}$"
            items = [
                Item(self.words["start"], tuple(slopes)),
                Item(self.words["move"].format(rate), tuple(moved)),
                Item(rf"{self.words['after']}: ${value_latex(step.loss)[1]} \to {value_latex(step.next_loss)[1]}$"),
            ]
            yield from frames(self.words["one step"].format(number) + dropped, items)

    def _findings(self) -> Iterator[Frame]:
        said = (self.words[f.kind].format(self.listed(f.parameters)) for f in self.answer.findings)
        yield from frames(self.words["findings"], map(Item, dict.fromkeys(said)))


def _is_adjoint(equation: Equation) -> bool:
    return equation.name.startswith(adjoint_name("L", ""))


def _marked(formula: Expr, colours: Mapping[str, str]) -> dict[Expr, str]:
    """The colour of each term that contains a name."""
    return {
        term: colour
        for name, colour in colours.items()
        for term in Add.make_args(formula)
        if term is not formula and name in names_used(term)
    }


def _renamed(formula: Expr, names: Mapping[str, str]) -> Expr:
    def rule(node: Expr) -> Expr | None:
        name = name_of(node)
        if name is None or name not in names:
            return None
        return IndexedBase(names[name])[node.indices] if isinstance(node, Indexed) else Symbol(names[name])

    return rewrite(formula, rule)


def _dead(formula: Expr, gone: set[str]) -> list[Expr]:
    """The largest parts of a formula that vanish when the gone names are 0."""
    dead: set[Expr] = set()
    order = list(subexpressions(formula))
    for node in order:
        if (
            name_of(node) in gone
            or (node.is_Mul and any(a in dead for a in node.args))
            or (node.is_Add and all(a in dead for a in node.args))
            or (node.is_Pow and node.args[0] in dead and node.exp.is_positive)
        ):
            dead.add(node)
    tops = [a for node in order if node not in dead for a in node.args if a in dead]
    if formula in dead:
        tops.append(formula)
    return [part for top in tops for part in Add.make_args(top)]

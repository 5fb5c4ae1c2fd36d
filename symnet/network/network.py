"""A network writes equations for one object; the batch is an index, and a mean is taken over a statistics batch.

Three things may be different objects: those of the loss (i = 1..m), those whose mean and deviation normalize
(a range of them), and the one asked about (F at a new x), for which C and S are still those of the batch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Expr, Integer, Rational, S, Symbol

from symnet.equations import Derivation, Equation, Index, Variable, index, size
from symnet.errors import SymnetError
from symnet.expressions import contains, product, rewrite, subexpressions, substitute, total
from symnet.network.neurons import Loss, Neuron, Norm
from symnet.operations import sqrt
from symnet.sums import sum_over

__all__ = ["Network", "Normalization"]


@dataclass(frozen=True)
class Normalization:
    """The names one `norm` is written with: its input z[i], mean C, deviation S and normalized value."""

    input: str
    mean: str
    deviation: str
    value: str
    neuron: str
    norm: Norm


@dataclass(frozen=True)
class Network:
    """Named neurons with a loss, and optionally exact data.

    neurons: in an order in which each uses only earlier ones; the last is the output unless `outputs` says else.
    targets: what the loss compares the outputs with, `y` (or `y1`, `y2`, …) by default.
    rows: inputs then targets of each object, exact; None keeps the batch symbolic (objects 1..m).
    statistics: first and last object whose mean and deviation `norm` uses, default all.
    parameters: every other name, in the order of `order` where that names it, else of first use.
    Raises SymnetError when the names do not fit together.
    """

    inputs: tuple[str, ...]
    neurons: tuple[Neuron, ...]
    outputs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    loss: Loss | None = None
    rows: tuple[tuple[Rational, ...], ...] | None = None
    statistics: tuple[Expr, Expr] | None = None
    name: str = "network"
    order: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.inputs:
            raise SymnetError("a network needs at least one input")
        if not self.neurons:
            raise SymnetError("a network needs at least one neuron")
        set_ = object.__setattr__
        set_(self, "outputs", self.outputs or (self.neurons[-1].name,))
        default = ("y",) if len(self.outputs) == 1 else tuple(f"y{k}" for k in range(1, len(self.outputs) + 1))
        set_(self, "targets", self.targets or default)
        if self.loss is None:
            if len(self.targets) != len(self.outputs):
                raise SymnetError(
                    f"{len(self.outputs)} outputs and {len(self.targets)} targets: say which formula the loss is"
                )
            pairs = zip(self.outputs, self.targets, strict=True)
            squares = total(*((Symbol(f) - Symbol(y)) ** 2 for f, y in pairs))
            set_(self, "loss", Loss("sum", squares))
        self._check_names()
        self._check_data()
        set_(self, "order", (*self.order, *(p for p in self._found_parameters() if p not in self.order)))

    def _check_names(self) -> None:
        seen: dict[str, str] = {}
        named = [(n, "an input") for n in self.inputs]
        named += [(n.name, "a neuron") for n in self.neurons]
        named += [(n, "a target") for n in self.targets]
        for name, kind in named:
            if name in seen:
                raise SymnetError(f"the name {name} is both {seen[name]} and {kind}")
            seen[name] = kind
        known = set(self.inputs)
        later = {n.name for n in self.neurons}
        for neuron in self.neurons:
            ahead = sorted((_names(neuron.formula) & later) - known)
            if ahead:
                raise SymnetError(f"neuron {neuron.name} uses {ahead[0]} before it is defined")
            known.add(neuron.name)
        for name in self.outputs:
            if name not in later:
                raise SymnetError(f"the output {name} is not a neuron")
        assert self.loss is not None
        stray = sorted(_names(self.loss.formula) - {*self.outputs, *self.targets})
        if stray:
            raise SymnetError(f"the loss speaks of {stray[0]}, which is neither an output nor a target")
        for name, kind in (*((n, "a parameter") for n in (*self.order, *self._found_parameters())), *named):
            if name in self._reserved:
                raise SymnetError(f"{name} is the name of a mean, a deviation or the loss here and cannot be {kind}")

    def _check_data(self) -> None:
        width = len(self.inputs) + len(self.targets)
        if self.rows is not None:
            if not self.rows:
                raise SymnetError("the data has no rows")
            for number, row in enumerate(self.rows, 1):
                if len(row) != width:
                    raise SymnetError(f"row {number} of the data has {len(row)} values instead of {width}")
        first, last = self.statistics_range
        if first.is_Integer and last.is_Integer:
            count = self.objects
            if not (1 <= first <= last) or (count.is_Integer and last > count):
                raise SymnetError(f"the statistics rows {first}..{last} are not rows of the {count} objects")
            for normalization in self.normalizations:
                self._check_degenerate(normalization.norm, int(last - first) + 1)

    def _check_degenerate(self, norm: Norm, count: int) -> None:
        _, eps, ddof = norm.args
        if count <= ddof:
            raise SymnetError(f"a deviation with ddof={ddof} needs more than {ddof} objects, not {count}")
        if count == 1 and eps == 0:
            raise SymnetError(
                "norm over one object: its mean is its own value, so the deviation S is 0 and (z - C)/S is 0/0; "
                "give two objects or an eps"
            )

    # Names and sizes

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return self.order

    def _found_parameters(self) -> list[str]:
        known = {*self.inputs, *self.targets, *(n.name for n in self.neurons)}
        found: dict[str, None] = {}
        for neuron in self.neurons:
            for node in subexpressions(neuron.formula):
                if isinstance(node, Symbol) and node.name not in known:
                    found[node.name] = None
        return list(found)

    @cached_property
    def _letters(self) -> tuple[str, str, str]:
        """Names for the object index, the index of the statistics, and the number of objects."""
        taken = {*self.inputs, *self.targets, *(n.name for n in self.neurons), *self._found_parameters()}

        def pick(wishes: Sequence[str]) -> str:
            name = next(w for w in (*wishes, *(f"{wishes[0]}_{k}" for k in range(1, 1000))) if w not in taken)
            taken.add(name)
            return name

        return pick("ikr"), pick("jlt"), pick("mnN")

    @property
    def objects(self) -> Expr:
        """How many objects the loss takes: a number where there is data, else a size."""
        return Integer(len(self.rows)) if self.rows is not None else size(self.size_letter)

    @property
    def size_letter(self) -> str:
        """How formulas write the number of objects: m, unless that is the name of something else."""
        return self._letters[2]

    @property
    def statistics_range(self) -> tuple[Expr, Expr]:
        """The first and the last object of the statistics batch."""
        if self.statistics is None:
            return S.One, self.objects
        return Integer(self.statistics[0]), Integer(self.statistics[1])

    @property
    def object_index(self) -> Index:
        return index(self._letters[0], self.objects)

    @cached_property
    def normalizations(self) -> tuple[Normalization, ...]:
        """Every `norm` in the order in which it is computed, with the names it is written by."""
        found: dict[Norm, str] = {}
        for neuron in self.neurons:
            for node in subexpressions(neuron.formula):
                if isinstance(node, Norm):
                    found.setdefault(node, neuron.name)
        taken = {*self.inputs, *self.targets, *(n.name for n in self.neurons), *self._found_parameters()}
        many = len(found) > 1
        result = []
        for number, (norm, owner) in enumerate(found.items(), 1):
            suffix = f"_{number}" if many else ""
            value = next(f"{base}{suffix}" for base in ("xhat", "zhat", "nhat") if f"{base}{suffix}" not in taken)
            inner = next(f"{base}{suffix}" for base in ("z", "u", "q", "zz") if f"{base}{suffix}" not in taken)
            result.append(Normalization(inner, f"C{suffix}", f"S{suffix}", value, owner, norm))
        return tuple(result)

    @cached_property
    def _reserved(self) -> set[str]:
        return {"L"} | {n for k in self.normalizations for n in (k.mean, k.deviation)}

    # Equations

    @cached_property
    def derivation(self) -> Derivation:
        """The network's equations over the batch: neurons h[i], z[i], C, S, the normalized values, and L."""
        i = self.object_index
        inputs = [Variable(name, (i,)) for name in (*self.inputs, *self.targets)]
        place = {Symbol(v.name): v.reference for v in inputs}
        equations: list[Equation] = []
        done: dict[Expr, Expr] = {}
        for neuron in self.neurons:
            rhs = self._write(neuron.formula, place, done, equations)
            equation = Equation(neuron.name, (i,), rhs=rhs)
            equations.append(equation)
            place[Symbol(neuron.name)] = equation.reference
        assert self.loss is not None
        objects = sum_over(substitute(self.loss.formula, place), i.limits)
        value = product(1 / self.objects, objects) if self.loss.reduction == "mean" else objects
        equations.append(Equation("L", rhs=value))
        parameters = tuple(Variable(name) for name in self.parameters)
        return Derivation(tuple(equations), tuple(inputs), parameters, self.name, self)

    def _write(
        self, formula: Expr, place: Mapping[Expr, Expr], done: dict[Expr, Expr], equations: list[Equation]
    ) -> Expr:
        """The formula over the batch; the equations of each `norm` in it are written on the way."""
        names = {k.norm: k for k in self.normalizations}
        for node in subexpressions(formula):
            if isinstance(node, Norm) and node not in done:
                inner = self._without_norms(node.args[0], done)
                done[node] = self._normalize(names[node], substitute(inner, place), equations)
        return substitute(self._without_norms(formula, done), place)

    @staticmethod
    def _without_norms(formula: Expr, done: Mapping[Expr, Expr]) -> Expr:
        return substitute(formula, {norm: value for norm, value in done.items() if contains(formula, norm)})

    def _normalize(self, names: Normalization, z: Expr, equations: list[Equation]) -> Expr:
        i, j = self.object_index, Symbol(self._letters[1], integer=True)
        first, last = self.statistics_range
        count, (_, eps, ddof) = last - first + 1, names.norm.args
        suffix = names.mean[1:].strip("_")
        sub = f"_{{{suffix}}}" if suffix else ""
        inner = Equation(names.input, (i,), f"{names.input[0]}{sub}^{{(#1)}}" if sub else "", "input", rhs=z)
        mean = Equation(
            names.mean, (), f"C{sub}", "mean", rhs=product(1 / count, sum_over(inner.at(j), (j, first, last)))
        )
        squares = sum_over((inner.at(j) - mean.reference) ** 2, (j, first, last))
        variance = product(1 / (count - ddof), squares) + eps
        deviation = Equation(names.deviation, (), f"S{sub}", "deviation", rhs=sqrt(variance))
        hat = rf"\hat{{{names.input[0]}}}"
        value = Equation(
            names.value,
            (i,),
            f"{hat}{sub}^{{(#1)}}" if sub else f"{hat}_{{#1}}",
            "normalized",
            rhs=(inner.reference - mean.reference) / deviation.reference,
        )
        equations += [inner, mean, deviation, value]
        return value.reference

    def _repr_svg_(self) -> str:
        from symnet.notebook import network_svg

        return network_svg(self)

    def function(self, suffix: str = "") -> Derivation:
        """The network at an asked x: scalar equations of every neuron, with C and S of the batch as names.

        suffix: appended to the names of the neurons, to tell them from those of the batch.
        """
        done: dict[Expr, Expr] = {}
        names = {k.norm: k for k in self.normalizations}
        at_x = {Symbol(n.name): Symbol(n.name + suffix) for n in self.neurons}
        equations = []
        for neuron in self.neurons:
            for node in subexpressions(neuron.formula):
                if isinstance(node, Norm) and node not in done:
                    inner = self._without_norms(node.args[0], done)
                    own = names[node]
                    done[node] = (inner - Symbol(own.mean)) / Symbol(own.deviation)
            rhs = substitute(self._without_norms(neuron.formula, done), at_x)
            equations.append(Equation(neuron.name + suffix, rhs=rhs))
        statistics = [
            Variable(n, latex=self.derivation[n].latex) for k in names.values() for n in (k.mean, k.deviation)
        ]
        known = (*(Variable(n) for n in self.inputs), *statistics)
        return Derivation(tuple(equations), known, tuple(Variable(n) for n in self.parameters), self.name, self)

    @cached_property
    def example(self) -> Derivation:
        """The derivation with the data filled in: one equation an object, `A` and `B` for two inputs of a norm.

        Raises SymnetError when there is no data.
        """
        return self.fill(self.derivation)

    def asked(self, suffix: str = "") -> Derivation:
        """The batch's equations together with the function at a new object, whose inputs are free names as well.

        With data these are filled in. Every name of the new object ends with the suffix, which a symbolic batch
        needs to be told from it.
        """
        batch = self.example if self.rows is not None else self.derivation
        function = self.function(suffix)
        at_x = {Symbol(name): Symbol(name + suffix) for name in self.inputs}
        equations = (replace(e, rhs=substitute(e.rhs, at_x)) for e in function)
        inputs = (*batch.inputs, *(Variable(name + suffix) for name in self.inputs))
        return replace(batch, inputs=inputs).extend(equations)

    def fill(self, derivation: Derivation) -> Derivation:
        """Fill this network's data into a derivation made from its own (a gradient of it, say)."""
        if self.rows is None:
            raise SymnetError(f"{self.name} has no data to fill in")
        columns = zip(*self.rows, strict=True)
        data = dict(zip((*self.inputs, *self.targets), map(list, columns), strict=True))
        return derivation.instantiate(data=data, names=self._instance_names)

    @cached_property
    def _instance_names(self) -> dict[tuple[str, tuple[int, ...]], tuple[str, str]]:
        """Names and LaTeX of instances with names of their own: A and B for the two inputs of a norm."""
        names: dict[tuple[str, tuple[int, ...]], tuple[str, str]] = {}
        taken = {*self.inputs, *self.targets, *(n.name for n in self.neurons), *self.parameters}
        if len(self.normalizations) == 1 and len(self.rows or ()) == 2 and not {"A", "B"} & taken:
            z = self.normalizations[0].input
            for k, letter in ((1, "A"), (2, "B")):
                names[z, (k,)] = letter, letter
                names[f"dL_d{z}", (k,)] = f"dL_d{letter}", rf"\frac{{\partial L}}{{\partial {letter}}}"
        return names

    def instance(self, name: str, place: int) -> Expr:
        """What `fill` puts in the place of a name at one object, from 1: a number of the data, or a name.

        Raises SymnetError for an object that the data does not have.
        """
        rows = self.rows or ()
        if not 1 <= place <= len(rows):
            raise SymnetError(f"{name} of object {place}: the data has the objects 1 to {len(rows)}")
        columns = (*self.inputs, *self.targets)
        if name in columns:
            return rows[place - 1][columns.index(name)]
        own = self._instance_names.get((name, (place,)))
        return Symbol(own[0] if own else f"{name}_{place}")

    # Dropout

    @cached_property
    def hidden(self) -> tuple[str, ...]:
        """The neurons dropout may drop: all but the outputs."""
        return tuple(n.name for n in self.neurons if n.name not in self.outputs)

    def is_connected(self, dropped: Iterable[str] = ()) -> bool:
        """Whether some path of living neurons leads from a living input to an output (lecture 8, dropout)."""
        gone = set(dropped)
        reached = {name for name in self.inputs if name not in gone}
        for neuron in self.neurons:
            if neuron.name not in gone and _names(neuron.formula) & reached:
                reached.add(neuron.name)
        return bool(reached & set(self.outputs))

    def drop(self, names: Iterable[str], connected: bool = True) -> "Network":
        """The smaller network without these neurons or inputs; its parameters stay declared, so that those of
        a dropped neuron have gradient 0.

        connected: refuse a mask that leaves no path to an output, as the lecture demands.
        Raises SymnetError for an unknown name, an output, or a mask that leaves no path to an output.
        """
        gone = list(dict.fromkeys(names))
        for name in gone:
            if name in self.outputs:
                raise SymnetError(f"{name} is an output and cannot be dropped")
            if name not in self.inputs and name not in self.hidden:
                able = ", ".join((*self.inputs, *self.hidden))
                raise SymnetError(f"there is no neuron or input {name!r} to drop; there are {able}")
        if connected and not self.is_connected(gone):
            raise SymnetError(
                f"dropping {', '.join(gone)} leaves no path from an input to an output: draw another mask"
            )
        zero = {Symbol(name): S.Zero for name in gone}
        neurons = tuple(Neuron(n.name, _put(n.formula, zero)) for n in self.neurons if n.name not in gone)
        return replace(self, neurons=neurons, name=f"{self.name} without {', '.join(gone)}" if gone else self.name)

    def __iter__(self) -> Iterator[Neuron]:
        return iter(self.neurons)


def _names(formula: Expr) -> set[str]:
    return {node.name for node in subexpressions(formula) if isinstance(node, Symbol)}


def _put(formula: Expr, values: Mapping[Expr, Expr]) -> Expr:
    return rewrite(formula, lambda node: values.get(node))

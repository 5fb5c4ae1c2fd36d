"""The statements of a network file, checked against each other and put together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lark import Token
from sympy import Expr, Rational

from symnet.errors import InputError
from symnet.expressions import free_references, subexpressions
from symnet.network.layers import softmax
from symnet.network.neurons import Loss, Neuron, Norm
from symnet.operations import ABSTRACT, OPERATIONS
from symnet.reading.arithmetic import MAX_DIGITS, number
from symnet.reading.text import at

__all__ = ["FUNCTIONS", "KEYWORDS", "NetworkText", "Statements", "check_name"]

KEYWORDS = ("data", "inputs", "loss", "network", "output", "statistics")
FUNCTIONS = (*ABSTRACT, *OPERATIONS, "norm", "softmax")


@dataclass(frozen=True)
class NetworkText:
    """What a network file says.

    neurons: in an order in which each uses only earlier ones, otherwise as written.
    outputs: neuron names; the neuron (or softmax) written last when no line says `output`.
    loss: None when the file does not say, which means the sum of (F - y)^2 over objects and outputs.
    input_columns, target_columns: the names of the columns of `rows`, in their order; the inputs and the targets.
    rows: one exact number a column for each object; None when the batch stays symbolic.
    statistics: first and last row (from 1, inclusive) whose mean and deviation `norm` uses; None for all.
    parameters: every other name in the neurons' formulas, in the order in which the file first writes them.
    lines: the line on which each neuron is defined.
    """

    name: str
    inputs: tuple[str, ...]
    neurons: tuple[Neuron, ...]
    outputs: tuple[str, ...]
    loss: Loss | None
    input_columns: tuple[str, ...]
    target_columns: tuple[str, ...]
    rows: tuple[tuple[Rational, ...], ...] | None
    statistics: tuple[int, int] | None
    parameters: tuple[str, ...]
    lines: Mapping[str, int]


class Statements:
    """Takes the statements of a file in the order they are written; `network()` is what they say together.

    uses: for a line and a name, the first place where a formula on that line uses the name.
    """

    def __init__(self, uses: Mapping[tuple[int, str], Token]) -> None:
        self.uses = uses
        self.name: Token | None = None
        self.inputs: list[Token] | None = None
        self.outputs: list[Token] = []
        self.neurons: dict[str, tuple[Token, Expr]] = {}
        self.loss: tuple[Token, Expr] | None = None
        self.columns: tuple[list[Token], list[Token]] | None = None
        self.rows: list[tuple[Rational, ...]] = []
        self.range: Token | None = None
        self.last: list[str] = []  # the neurons of the line written last
        self._in_table = False

    # One by one

    def take(self, kind: str, parts: list[Any]) -> None:
        """One statement: its rule in the grammar, and its tokens and formulas."""
        if kind == "row" and not self._in_table:
            raise at(parts[0], "a row of numbers must follow the line `data …`")
        self._in_table = kind in ("data", "row")
        getattr(self, f"_take_{kind}")(parts)

    def _take_network(self, parts: list[Token]) -> None:
        if self.name:
            raise at(parts[0], f"a second name {parts[0]}: the network is already called {self.name}")
        self.name = parts[0]

    def _take_inputs(self, parts: list[Token]) -> None:
        if self.inputs is not None:
            raise at(parts[0], "a second line `inputs`: name all inputs on one line")
        _check_distinct(parts)
        self.inputs = parts

    def _take_output(self, parts: list[Token]) -> None:
        self.outputs += parts
        _check_distinct(self.outputs)

    def _take_loss(self, parts: list[Any]) -> None:
        if self.loss:
            raise at(parts[0], "a second line `loss`")
        if any(isinstance(node, Norm) for node in subexpressions(parts[1])):
            raise at(parts[0], "the loss cannot normalize: give norm(…) a neuron of its own")
        self.loss = parts[0], parts[1]

    def _take_neuron(self, parts: list[Any]) -> None:
        token, formula = parts
        check_name(token)
        if token in self.neurons:
            raise at(token, f"the neuron {token} is already defined on line {self.neurons[token][0].line}")
        self.neurons[str(token)] = token, formula
        self.last = [str(token)]

    def _take_neurons(self, parts: list[Any]) -> None:
        """`p1, p2 = softmax(z1, z2)`: as many neurons as arguments."""
        names = [part for part in parts if isinstance(part, Token)]
        formulas = parts[len(names) :]
        function = names.pop()
        if function != "softmax":
            raise at(function, f"several neurons at once are given by softmax(…), not by {function}(…)")
        if len(names) != len(formulas):
            raise at(function, f"softmax of {len(formulas)} arguments cannot give {len(names)} neurons")
        for token, share in zip(names, softmax(formulas), strict=True):
            self._take_neuron([token, share])
        self.last = [str(token) for token in names]

    def _take_data(self, parts: list[Token]) -> None:
        if self.columns:
            raise at(parts[0], "a second table `data`")
        names, targets = _split(parts)
        if not names or not targets:
            raise at(parts[0], "`data` names the input columns, then '|', then the target columns")
        _check_distinct(names + targets)
        self.columns = names, targets

    def _take_row(self, parts: list[Token]) -> None:
        assert self.columns
        cells = _split(parts)
        for side, columns, values in zip(("input", "target"), self.columns, cells, strict=True):
            if len(columns) != len(values):
                found = f"{len(values)} {side} value{'s' * (len(values) != 1)}"
                wanted = f"{len(columns)} column{'s' * (len(columns) != 1)} `{' '.join(columns)}`"
                raise at(parts[0], f"{found} for the {wanted}")
        self.rows.append(tuple(_cell(cell) for values in cells for cell in values))

    def _take_statistics(self, parts: list[Token]) -> None:
        if self.range:
            raise at(parts[0], "a second line `statistics`")
        self.range = parts[0]

    # All together

    def network(self) -> NetworkText:
        """The network the statements describe. Raises InputError where they contradict each other."""
        if self.inputs is None:
            raise InputError("the network has no line `inputs`")
        if not self.neurons:
            raise InputError("the network has no neuron: write `F = formula`")
        for token in self.inputs:
            if token in self.neurons:
                clash = self.neurons[token][0]
                raise at(clash, f"the neuron {clash} has the name of an input")
        for token in self.outputs:
            if token not in self.neurons:
                raise at(token, f"the output {token} is not a neuron")
        used = {name: _names(formula) for name, (_, formula) in self.neurons.items()}
        outputs = tuple(map(str, self.outputs)) or tuple(self.last)
        self._check_columns()
        targets = self._targets(outputs)
        self._check_targets(targets, used)
        self._check_loss(outputs, targets)
        inputs = tuple(map(str, self.inputs))
        return NetworkText(
            name=str(self.name or ""),
            inputs=inputs,
            neurons=tuple(Neuron(name, self.neurons[name][1]) for name in self._order(used)),
            outputs=outputs,
            loss=Loss(str(self.loss[0]), self.loss[1]) if self.loss else None,
            input_columns=tuple(map(str, self.columns[0])) if self.columns else inputs,
            target_columns=targets,
            rows=tuple(self.rows) or None,
            statistics=self._statistics(),
            parameters=self._parameters(used),
            lines={name: _line(token) for name, (token, _) in self.neurons.items()},
        )

    def _order(self, used: Mapping[str, set[str]]) -> list[str]:
        """The neurons, each after those it uses, otherwise as written."""
        position = {name: k for k, name in enumerate(self.neurons)}
        below = {name: sorted(used[name] & position.keys(), key=position.__getitem__) for name in position}
        done: dict[str, None] = {}
        for root in self.neurons:
            path = {} if root in done else {root: iter(below[root])}
            while path:
                name = next(reversed(path))
                following = next((n for n in path[name] if n not in done), None)
                if following is None:
                    done[name] = None
                    del path[name]
                elif following in path:
                    cycle = [following, *reversed(list(path)[list(path).index(following) :])]
                    shown = " -> ".join(cycle if len(cycle) < 12 else [*cycle[:10], "…", following])
                    raise at(self._use(name, following), f"the neurons feed each other in a cycle: {shown}")
                else:
                    path[following] = iter(below[following])
        return list(done)

    def _parameters(self, used: Mapping[str, set[str]]) -> tuple[str, ...]:
        assert self.inputs
        names = set[str]().union(*used.values()) - self.neurons.keys() - set(self.inputs)
        lines = {_line(token) for token, _ in self.neurons.values()}
        places = sorted((line, t.column or 0, name) for (line, name), t in self.uses.items() if line in lines)
        return tuple(dict.fromkeys(name for _, _, name in places if name in names))

    def _use(self, neuron: str, name: str) -> Token:
        return self.uses[_line(self.neurons[neuron][0]), name]

    def _check_columns(self) -> None:
        assert self.inputs
        if not self.columns:
            return
        names = self.columns[0]
        if set(names) != set(self.inputs):
            found, wanted = " ".join(names), " ".join(self.inputs)
            raise at(names[0], f"the input columns `{found}` of the data are not the inputs `{wanted}`")
        if not self.rows:
            raise at(names[0], "the table `data` has no rows")

    def _targets(self, outputs: Sequence[str]) -> tuple[str, ...]:
        """The columns right of the bar; without data the other names in the loss, or y (y1, y2, …) by default."""
        if self.columns:
            names = self.columns[1]
            if not self.loss and len(names) != len(outputs):
                counts = f"{len(names)} target columns for {len(outputs)} outputs"
                raise at(names[0], f"{counts}: say in a line `loss` what is compared with what")
            return tuple(map(str, names))
        if not self.loss:
            return ("y",) if len(outputs) == 1 else tuple(f"y{k}" for k in range(1, len(outputs) + 1))
        written = sorted((t.column or 0, name) for name, t in self._in_loss().items())
        return tuple(name for _, name in written if name not in outputs)

    def _in_loss(self) -> dict[str, Token]:
        """The names in the loss, with the place of their first use."""
        if not self.loss:
            return {}
        line, names = _line(self.loss[0]), _names(self.loss[1])
        return {name: token for (row, name), token in self.uses.items() if row == line and name in names}

    def _check_targets(self, targets: Sequence[str], used: Mapping[str, set[str]]) -> None:
        """A target is no input, no neuron, and in no neuron's formula."""
        assert self.inputs
        columns = self.columns[1] if self.columns else []
        written = self._in_loss() | {str(token): token for token in columns}
        for name in targets:
            user = next((neuron for neuron in self.neurons if name in used[neuron]), None)
            if name in self.inputs:
                place = self.inputs[self.inputs.index(Token("NAME", name))]
                message = f"{name} is an input and cannot be a target, nor stand in the loss"
            elif name in self.neurons:
                place = self.neurons[name][0]
                message = f"{name} is a neuron and no output: it cannot be a target, nor stand in the loss"
            elif user:
                place = self._use(user, name)
                message = f"{name} is used by the neuron {user}: it cannot be a target, nor stand in the loss"
            else:
                continue
            raise at(written.get(name, place), message)

    def _check_loss(self, outputs: Sequence[str], targets: Sequence[str]) -> None:
        if not self.loss:
            return
        names = self._in_loss()
        for name, token in names.items():
            if name not in outputs and name not in targets:
                raise at(token, f"{name} in the loss is neither an output nor a target")
        if not any(name in outputs for name in names):
            raise at(self.loss[0], f"the loss does not depend on the output {outputs[0]}")

    def _statistics(self) -> tuple[int, int] | None:
        token = self.range
        if not token:
            return None
        if not self.rows:
            raise at(token, "`statistics` names rows of `data`, and there is no data")
        if len(token) > MAX_DIGITS:
            raise at(token, f"a row number has more than {MAX_DIGITS} digits")
        first, last = (int(end) for end in token.split(".."))
        if not 1 <= first <= last <= len(self.rows):
            raise at(token, f"the rows {first}..{last} are not among the rows 1..{len(self.rows)} of the data")
        return first, last


def check_name(token: Token) -> None:
    """Raise InputError when the token cannot name an input, neuron, parameter or target."""
    if token in FUNCTIONS:
        raise at(token, f"{token} is a function: write {token}(…), or choose another name")
    if token in KEYWORDS:
        raise at(token, f"{token} begins a statement of network files and cannot be a name")


def _check_distinct(tokens: Iterable[Token]) -> None:
    seen: set[str] = set()
    for token in tokens:
        check_name(token)
        if token in seen:
            raise at(token, f"the name {token} is given twice")
        seen.add(str(token))


def _line(token: Token) -> int:
    return token.line or 0


def _names(formula: Expr) -> set[str]:
    return {reference.name for reference in free_references(formula)}


def _cell(token: Token) -> Rational:
    try:
        return number(str(token))
    except InputError as error:
        raise at(token, error.message) from None


def _split(parts: Sequence[Token]) -> tuple[list[Token], list[Token]]:
    """The tokens left and right of the one bar."""
    bars = [k for k, token in enumerate(parts) if token.type == "BAR"]
    if len(bars) != 1:
        where = parts[bars[1]] if bars else parts[-1]
        raise at(where, f"one '|' must stand between inputs and targets, not {len(bars)}")
    return list(parts[: bars[0]]), list(parts[bars[0] + 1 :])

"""Equations as a function in C99: loops over the places of each array, or plain statements where there are no indices.

A step is stored once and read by its name; what is only used once is computed where it is needed. Each sum has loops
of its own, the innermost over neighbours in memory wherever there is a choice.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from string import ascii_letters
from textwrap import fill, indent

from sympy import Expr

from symnet.equations import Derivation, Equation
from symnet.errors import SymnetError
from symnet.expressions import Binder, subexpressions
from symnet.numeric.arguments import Argument, arguments_of
from symnet.numeric.c_entries import HELPERS, RESERVED, CNames, Entries, Real
from symnet.numeric.comments import Comments
from symnet.numeric.lower import Lowering
from symnet.numeric.module import shape_of
from symnet.numeric.plan import one_step_each
from symnet.numeric.program import ELEMENTWISE, Node, Shape
from symnet.numeric.source import PRODUCT, SUM

__all__ = ["CSource", "c_source"]

_REDUCTIONS = frozenset({"sum", "matmul", "einsum"})
_VIEWS = frozenset({"pick", "turn"})
_READ = _VIEWS | {"input", "number", "size", "arange", "eye", "full"}  # nothing is computed


@dataclass(frozen=True)
class CSource:
    """A C file. Its function takes the sizes, the arguments that are no sizes, then a pointer to each output."""

    text: str
    sizes: tuple[str, ...]
    arguments: tuple[Argument, ...]
    outputs: tuple[Argument, ...]


def c_source(
    derivation: Derivation, equations: Sequence[Equation], outputs: Sequence[str], name: str, real: Real
) -> CSource:
    """A C file that defines the function `name`. Raises SymnetError for what cannot be written in C."""
    names = CNames(RESERVED)
    if names.fresh(name) != name:
        raise SymnetError(f"{name!r} cannot be the name of the function")
    arguments, _ = arguments_of(derivation, equations, names)
    for equation in equations:
        names(equation.name)
    sizes = _sizes(arguments, equations)
    parameters = [Argument(s, names(s, "size"), "size") for s in sizes] + [a for a in arguments if a.kind != "size"]
    lowering = Lowering(derivation.variables, apart=False, centred=True)
    values = [(equation, lowering.equation(equation)) for equation in equations]
    writer = _Writer(Entries(names, lowering.count, real), equations, outputs)
    writer.steps(values)
    text = writer.file(name, parameters)
    return CSource(text, tuple(sizes), arguments, tuple(writer.outputs.values()))


def _sizes(arguments: Iterable[Argument], equations: Iterable[Equation]) -> list[str]:
    """Every size there is, by name: C reads none off an array."""
    ends = [k.size for own in [a.indices for a in arguments] + [e.indices for e in equations] for k in own]
    loose = {a.name for a in arguments if a.kind == "size"}
    return sorted(loose | {symbol.name for end in ends for symbol in end.free_symbols})


class _Writer:
    """Writes the statements of steps, and the file around them."""

    def __init__(self, entries: Entries, equations: Sequence[Equation], outputs: Iterable[str]) -> None:
        self.entries, self.names, self.real = entries, entries.names, entries.real
        own = {e.name: e for e in equations}
        self.outputs = {name: Argument(name, self.names(name), indices=own[name].indices) for name in outputs}
        self.lines: list[str] = []
        self.arrays: dict[str, Shape] = {}  # to be kept while the function runs
        self.letters = _letters(equations)

    def steps(self, values: Sequence[tuple[Equation, Node]]) -> None:
        comment, temporaries, known = Comments(), 0, self.entries.known
        for equation, group in one_step_each(values, _stored(node for _, node in values)).groups:
            self.lines += ["", comment(equation).replace("#", "//", 1)]
            for step in group:
                node, own = step.node, step.equation
                output = own is not None and own.name in self.outputs
                if not output and (node in known or node.op in _READ or node.kind != "real"):
                    continue
                temporaries += own is None
                name = self.names(own.name) if own else self.names(f"t{temporaries}", "temporary")
                if known.get(node) == name:  # an earlier equation needed it
                    continue
                letters = [k.symbol.name for k in own.indices] if own else []
                if node.shape and not output:
                    self.arrays[name] = node.shape
                self.lines += self._statement(node, name, letters, output)
                known.setdefault(node, f"(*{name})" if output and not node.shape else name)

    def _statement(self, node: Node, name: str, letters: Sequence[str], output: bool) -> list[str]:
        """The lines that store a node. letters: what the indices of its equation are called, if it has one."""
        if node.op in _REDUCTIONS and node not in self.entries.known:
            return self._reduction(node, name, letters, output)
        places = self._places(node.shape, letters)
        declared = f"*{name}" if output else f"const {self.real} {name}"
        target = self.entries.place(name, node.shape, places) if node.shape else declared
        text, _ = self.entries.entry(node, places)
        return self._loops(zip(places, node.shape, strict=True), [f"{target} = {text};"])

    def _reduction(self, node: Node, name: str, letters: Sequence[str], output: bool) -> list[str]:
        """Loops that add products up, with neighbours in memory innermost."""
        axes, free = _subscripts(node)
        operands = list(zip(axes, node.args, strict=True))
        length = {k: size for own, o in operands for k, size in zip(own, o.shape, strict=True)}
        bound = [k for k in length if k not in free]
        order = [*free, *bound]
        place = dict(zip(order, self._places([length[k] for k in order], letters), strict=True))
        factors = []
        for own, o in operands:
            text, binding = self.entries.entry(o, [place[k] for k in own])
            factors.append(text if binding >= PRODUCT or len(axes) == 1 else f"({text})")
        term = " * ".join(factors)

        def over(indices: Iterable[str]) -> list[tuple[str, Expr]]:
            return [(place[k], length[k]) for k in indices]

        if not free:
            start = f"*{name} = 0;" if output else f"{self.real} {name} = 0;"
            return [start, *self._loops(over(bound), [f"{'*' * output}{name} += {term};"])]
        target = self.entries.place(name, node.shape, [place[k] for k in free])
        apart = {k: sum(k in own and _fastest(o, own) != k for own, o in operands) for k in order}
        if apart[free[-1]] <= apart[bound[-1]]:
            clear = self._loops(over(free), [f"{target} = 0;"])
            return clear + self._loops(over([*free[:-1], *bound, free[-1]]), [f"{target} += {term};"])
        total = self.names("total", "temporary")
        added = self._loops(over(bound), [f"{total} += {term};"])
        return self._loops(over(free), [f"{self.real} {total} = 0;", *added, f"{target} = {total};"])

    def _places(self, shape: Iterable[Expr], letters: Sequence[str]) -> list[str]:
        """A letter for each axis: those given first, then what equations call an index of that length."""
        found: list[str] = []
        for axis, size in enumerate(shape):
            own = letters[axis : axis + 1] or [k for k in self.letters.get(size, ()) if k not in found][:1]
            spare = (f"i{number}" for number in count(1))
            name = own[0] if own else next(k for k in spare if k not in found)
            found.append(name if size != 1 else "")
        return [self.names(name, "index") if name else "0" for name in found]

    def _loops(self, axes: Iterable[tuple[str, Expr]], body: list[str]) -> list[str]:
        real = [(place, size) for place, size in axes if size != 1]
        if real and len(body) > 1:
            body = [f"    {line}" for line in body]
        for number, (place, size) in enumerate(reversed(real)):
            head = f"for (ptrdiff_t {place} = 0; {place} < {self.entries.length(size, SUM)}; {place}++)"
            if number == 0 and len(body) > 1:
                body = [f"{head} {{", *body, "}"]
            else:
                body = [head, *(f"    {line}" for line in body)]
        return body

    # The file

    def file(self, name: str, arguments: Sequence[Argument]) -> str:
        """The whole file."""
        body = self._body()
        parameters = [_parameter(a, self.real) for a in arguments]
        parameters += [f"{self.real} *restrict {a.spelling}" for a in self.outputs.values()]
        told = [f"{a.spelling}: {'a function of a number' if a.kind == 'function' else shape_of(a)}" for a in arguments]
        told += [f"{a.spelling}: the result, {shape_of(a)}" for a in self.outputs.values()]
        told.append("returns 0; 1 where no memory is left; 2 where an index is outside its array")
        called = set(re.findall(r"\b(\w+)\(", "\n".join(body)))
        called |= {"maximum"} if "logaddexp" in called else set()
        helpers = "".join(text.replace("double", self.real) for helper, text in HELPERS.items() if helper in called)
        wanted = ", ".join(self.outputs)
        head = f"/* Written by symnet: {wanted} in C. Compile it with: cc -std=c99 -O3 -shared -fPIC FILE.c -lm */"
        includes = "".join(
            f"#include <{library}.h>\n" for library in ("math", "stddef", "stdlib")[: 2 + bool(self.arrays)]
        )
        document = indent("\n".join([f"/* {wanted}", "", *told]), "   ").strip() + " */"
        whole = ", ".join(p.replace(" ", "\xa0") for p in parameters)  # a line ends between two of them
        signature = fill(whole, 112, initial_indent="    ", subsequent_indent="    ").replace("\xa0", " ")
        written = "\n".join(f"    {line}" if line else "" for line in body)
        return f"{head}\n{includes}{helpers}\n{document}\nint {name}(\n{signature})\n{{\n{written}\n}}\n"

    def _body(self) -> list[str]:
        """The lines of the function."""
        start, end = [f"if (!({check})) return 2;" for check in self.entries.checks], ["return 0;"]
        if any("&outside" in line for line in self.lines):
            start.append("int outside = 0;")
            end = ["return outside ? 2 : 0;"]
        if self.arrays:
            lengths = [" * ".join(map(self.entries.length, shape)) for shape in self.arrays.values()]
            needed = [length if many == 1 else f"{many} * {length}" for length, many in Counter(lengths).items()]
            start.append(f"{self.real} *workspace = malloc((1 + {' + '.join(needed)}) * sizeof *workspace);")
            start.append("if (!workspace) return 1;")
            first = "workspace"
            for array, length in zip(self.arrays, lengths, strict=True):
                start.append(f"{self.real} *restrict {array} = {first};")
                first = f"{array} + {length}"
            end.insert(0, "free(workspace);")
        lines = [*start, *self.lines] if start else self.lines[1:]
        return [*lines, "", *end]


def _parameter(argument: Argument, real: Real) -> str:
    if argument.kind == "size":
        return f"ptrdiff_t {argument.spelling}"
    if argument.kind == "function":
        return f"{real} (*{argument.spelling})({real})"
    return f"const {real} *restrict {argument.spelling}" if argument.indices else f"{real} {argument.spelling}"


def _letters(equations: Iterable[Equation]) -> dict[Expr, list[str]]:
    """What the indices of each length are called, in the order in which equations name them."""
    found: dict[Expr, dict[str, None]] = {}
    for equation in equations:
        ranges = [(k.symbol, k.size) for k in equation.indices]
        ranges += [(n.index, n.upper - n.lower + 1) for n in subexpressions(equation.rhs) if isinstance(n, Binder)]
        for symbol, size in ranges:
            found.setdefault(size, {})[symbol.name] = None
    return {size: list(names) for size, names in found.items()}


def _stored(roots: Iterable[Node]) -> set[Node]:
    """What is read more often than it has entries, and every sum."""
    named = set[Node]()
    for node in subexpressions(*roots):
        if node.op in _REDUCTIONS:
            axes, _ = _subscripts(node)
            letters = {k for own in axes for k in own}
            named |= {node, *(_viewed(o) for o, own in zip(node.args, axes, strict=True) if len(own) < len(letters))}
        elif node.op in ELEMENTWISE or node.op == "full":
            named |= {_viewed(o) for o in node.args if _lengths(o) != _lengths(node)}
        elif node.op == "pick" and any(place.shape for place in node.args[1:]):
            named.add(_viewed(node))
    return {node for node in named if node.kind == "real" and node.op not in _READ}


def _lengths(node: Node) -> Counter[Expr]:
    return Counter(size for size in node.shape if size != 1)


def _viewed(node: Node) -> Node:
    """What a view shows."""
    return _viewed(node.args[0]) if node.op in _VIEWS else node


def _subscripts(node: Node) -> tuple[list[str], str]:
    """A sum as an einsum: a letter for each axis of each operand, and those that are left."""
    if node.op == "einsum":
        operands, _, free = node.detail[0].partition("->")
        return operands.split(","), free
    ranks = [len(operand.shape) for operand in node.args]
    if node.op == "matmul":
        left, right = "ab"[2 - ranks[0] :], "bc"[: ranks[1]]
        return [left, right], (left + right).replace("b", "")
    own = ascii_letters[: ranks[0]]
    return [own], "".join(k for axis, k in enumerate(own) if node.detail is not None and axis not in node.detail)


def _fastest(node: Node, letters: str) -> str:
    """The axis along which the entries of an operand are neighbours in memory."""
    if node.op == "turn":
        return _fastest(node.args[0], "".join(letters[node.detail.index(axis)] for axis in range(len(letters))))
    return letters[-1]

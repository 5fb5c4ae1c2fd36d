"""What a compiled function takes: arrays, numbers of objects, and functions that were left abstract."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Expr, Indexed, Symbol
from sympy.core.basic import Basic

from symnet.equations import Derivation, Equation, Index, Variable
from symnet.errors import SymnetError
from symnet.expressions import Binder, subexpressions
from symnet.numeric.lower import function_name
from symnet.numeric.names import Names
from symnet.operations import Call

__all__ = ["Argument", "arguments_of", "shown_sizes"]


@dataclass(frozen=True)
class Argument:
    """What the function takes: an array of numbers ("array"), a number of objects ("size") or a function.

    name: what the derivation calls it. spelling: what the source calls it. indices: one for each axis.
    """

    name: str
    spelling: str
    kind: str = "array"
    indices: tuple[Index, ...] = ()


def arguments_of(
    derivation: Derivation, equations: Sequence[Equation], names: Names
) -> tuple[tuple[Argument, ...], list[str]]:
    """The arguments, and the lines that read the sizes off their shapes."""
    nodes = list(subexpressions(*(e.rhs for e in equations)))
    used = set[str]().union(*(e.reads for e in equations))
    declared = [v for v in (*derivation.inputs, *derivation.parameters) if v.name not in derivation]
    taken = [v for v in declared if v.name in used]
    wanted = _size_symbols(nodes, [*equations, *taken])
    for symbol in sorted(wanted - {s for v in taken for s in shown_sizes(v)}, key=str):
        taken += [v for v in declared if v not in taken and symbol in shown_sizes(v)][:1]
    arguments = [Argument(v.name, names(v.name), "array", v.indices) for v in taken]
    labels = {node.base.label.name for node in nodes if isinstance(node, Indexed)}
    loose = {n.name for n in nodes if isinstance(n, Symbol) and not n.is_integer} - labels - set(derivation.variables)
    arguments += [Argument(n, names(n)) for n in sorted(loose)]
    lines, found = _size_lines(taken, names)
    arguments += [Argument(s.name, names(s.name, "size"), "size") for s in sorted(wanted - found, key=str)]
    abstract = {function_name(n) for n in nodes if isinstance(n, Call) and n.operation.abstract}
    for function in sorted(abstract):
        if names.fresh(function) != function:
            raise SymnetError(f"the abstract function {function} has the name of something else")
    arguments += [Argument(f, f, "function") for f in sorted(abstract)]
    return tuple(arguments), lines


def _size_symbols(nodes: Iterable[Basic], variables: Iterable[Variable]) -> set[Symbol]:
    """The integer names that are no index: numbers of objects and neurons."""
    ends = [end for v in variables for k in v.indices for end in (k.lower, k.upper)]
    indices = {k.symbol for v in variables for k in v.indices}
    symbols = set[Symbol]()
    for node in (*nodes, *subexpressions(*ends)):
        if isinstance(node, Binder):
            indices.add(node.index)
        elif isinstance(node, Symbol) and node.is_integer:
            symbols.add(node)
    return symbols - indices


def shown_sizes(variable: Variable | Argument) -> dict[Symbol, tuple[int, Expr]]:
    """The sizes the shape of a variable tells: n is its length along an axis, less a number."""
    shown: dict[Symbol, tuple[int, Expr]] = {}
    for axis, index in enumerate(variable.indices):
        for symbol in index.size.free_symbols:
            if (index.size - symbol).is_Integer:
                shown.setdefault(symbol, (axis, index.size - symbol))
    return shown


def _size_lines(variables: Iterable[Variable], names: Names) -> tuple[list[str], set[Symbol]]:
    lines, found = list[str](), set[Symbol]()
    for variable in variables:
        shown = {s: where for s, where in shown_sizes(variable).items() if s not in found}
        found |= shown.keys()
        shape = f"{names(variable.name)}.shape"
        if len(shown) == len(variable.indices) and all(extra == 0 for _, extra in shown.values()) and shown:
            lines.append(f"{', '.join(names(s.name, 'size') for s in shown)}{',' * (len(shown) == 1)} = {shape}")
            continue
        for symbol, (axis, extra) in shown.items():
            less = "" if extra == 0 else f" - {extra}" if extra > 0 else f" + {-extra}"
            lines.append(f"{names(symbol.name, 'size')} = {shape}[{axis}]{less}")
    return lines, found

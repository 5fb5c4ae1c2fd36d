"""A derivation as a readable, vectorized NumPy function.

    compiled = compile_numpy(derivation, ["F", "L"])
    print(compiled.source)                  # a module of its own: one statement an equation, NumPy its only need
    compiled(x=x, y=y, w=0.5, b=0.1)["L"]

Sizes are read off the shapes of the arguments, the floating type is theirs too, and an abstract activation is an
argument: `f=np.tanh, fprime=lambda z: 1 - np.tanh(z) ** 2`.
"""

import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import InspectLoader
from textwrap import indent
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Indexed, Symbol
from sympy.core.basic import Basic

from symnet.equations import Derivation, Equation, Index, Variable, names_used, size
from symnet.errors import SymnetError
from symnet.expressions import Binder, subexpressions
from symnet.numeric.names import Names
from symnet.numeric.lower import Lowering, function_name
from symnet.numeric.plan import Plan, in_place, one_step_each
from symnet.numeric.source import Expressions, statements
from symnet.operations import Call

__all__ = ["Argument", "Compiled", "compile_numpy"]

_REALS = '''
def _reals(*arguments):
    """The arguments as arrays of one floating type: that of the arrays among them, else float64."""
    given = {a.dtype for a in arguments if hasattr(a, "dtype")}
    real = np.result_type(1.0, *given).type
    return real, [np.asarray(a, dtype=real) for a in arguments]
'''

_ARRAYS = '''
def _arrays(workspace, real, **shapes):
    """Arrays to write to: those of the workspace where they fit, else new ones, which it keeps."""
    workspace = {} if workspace is None else workspace
    for name, shape in shapes.items():
        array = workspace.get(name)
        if array is None or array.shape != shape or array.dtype != real:
            workspace[name] = np.empty(shape, real)
    return [workspace[name] for name in shapes]
'''

_NORMAL_CDF = '''
def normal_cdf(z):
    """The standard normal distribution function (NumPy has no erf of its own)."""
    tail = np.vectorize(math.erfc, otypes=[float])(-z * math.sqrt(0.5)) / 2
    return tail.astype(z.dtype)
'''

_RESERVED = {"np", "math", "real", "normal_cdf", "_reals", "_arrays", "workspace"}
_LONGEST_COMMENT = 300  # nodes of an expression that is still worth reading as a comment


@dataclass(frozen=True)
class Argument:
    """What the function takes: an array of numbers ("array"), a number of objects ("size") or a function.

    name: what the derivation calls it. spelling: what the source calls it. indices: one for each axis.
    """

    name: str
    spelling: str
    kind: str = "array"
    indices: tuple[Index, ...] = ()


@dataclass(frozen=True)
class Compiled:
    """NumPy source of some equations of a derivation, and the function it defines.

    source: a standalone module. arguments: in the order of the function's parameters. outputs: what it returns.
    unused: names of the derivation that the outputs do not depend on; they may be passed and are ignored.
    """

    source: str
    arguments: tuple[Argument, ...]
    outputs: tuple[str, ...]
    unused: frozenset[str]
    function: Callable[..., dict[str, Any]]

    def __call__(self, workspace: dict[str, Any] | None = None, /, **arrays: Any) -> dict[str, NDArray[Any]]:
        """Evaluate at arrays of the declared shapes, numbers for scalars and callables for abstract functions.

        Raises SymnetError for a missing or unknown argument, or for shapes that do not fit together.
        """
        given: dict[str, Any] = {}
        for argument in self.arguments:
            if argument.name not in arrays:
                raise SymnetError(f"the argument {argument.name} is missing")
            given[argument.spelling] = arrays[argument.name]
        unknown = sorted(arrays.keys() - {a.name for a in self.arguments} - self.unused)
        if unknown:
            raise SymnetError(f"there is no argument {unknown[0]!r}; they are {self._names()}")
        self._check_shapes(arrays)
        result = self.function(**given)
        return {name: np.asarray(result[name]) for name in self.outputs}

    def _names(self) -> str:
        return ", ".join(a.name for a in self.arguments)

    def _check_shapes(self, arrays: Mapping[str, Any]) -> None:
        """NumPy would broadcast a wrong length 1 without a word."""
        known = {size(a.name): arrays[a.name] for a in self.arguments if a.kind == "size"}
        for argument in self.arguments:
            if argument.kind != "array":
                continue
            shape = np.shape(arrays[argument.name])
            if len(shape) != len(argument.indices):
                raise SymnetError(f"{argument.name} has {len(shape)} axes instead of {len(argument.indices)}")
            for index, length in zip(argument.indices, shape, strict=True):
                expected = index.size
                expected = int(expected) if expected.is_Integer else known.setdefault(expected, length)
                if expected != length:
                    where = f"along {index.symbol}, where {index.size} is {expected}"
                    raise SymnetError(f"{argument.name} has length {length} {where}")


def compile_numpy(derivation: Derivation, outputs: Sequence[str], name: str = "evaluate", style: str = "numpy") -> Compiled:
    """The equations that `outputs` depend on as one NumPy function called `name`.

    Works for indexed derivations with symbolic sizes and for instantiated ones alike. A size that no argument's
    shape shows is an argument itself, as is a scalar that is used without being declared.
    Raises SymnetError for an unknown output, a name that is no identifier, or an expression NumPy has no form for.
    """
    if not outputs:
        raise SymnetError("there is nothing to compute: no outputs were given")
    equations = _needed(derivation, outputs)
    names = Names(_RESERVED)
    if names.fresh(name) != name:
        raise SymnetError(f"{name!r} cannot be the name of the function")
    arguments, sizes = _arguments(derivation, equations, names)
    for equation in equations:  # before any helper variable takes a name of theirs
        names(equation.name)
    lowering = Lowering(derivation.variables, apart=style == "numpy")
    values = [(equation, lowering.equation(equation)) for equation in equations]
    plan = in_place(values, outputs) if style == "numpy" else one_step_each(values)
    expressions = Expressions(names)
    lines = [_unpacking(arguments), *sizes]
    body = _body(plan, expressions)
    lines += _buffers(plan, expressions, lowering) + body
    results = dict((e.name, node) for e, node in values)
    returned = (f'"{output}": {expressions.text(results[output])}' for output in outputs)
    lines += ["", f"return {{{', '.join(returned)}}}"]
    source = _module(name, arguments, outputs, lines)
    unused = frozenset(derivation.variables) - {a.name for a in arguments}
    return Compiled(source, arguments, tuple(outputs), unused, _load(source, name))


def _needed(derivation: Derivation, outputs: Sequence[str]) -> list[Equation]:
    wanted = {derivation[output].name for output in outputs}
    kept = []
    for equation in reversed(derivation.equations):
        if equation.name in wanted:
            kept.append(equation)
            wanted |= names_used(equation.rhs)
    return kept[::-1]


# What the function takes


def _arguments(
    derivation: Derivation, equations: Sequence[Equation], names: Names
) -> tuple[tuple[Argument, ...], list[str]]:
    """The arguments, and the lines that read the sizes off their shapes."""
    nodes = list(subexpressions(*(e.rhs for e in equations)))
    used = set[str]().union(*(names_used(e.rhs) for e in equations))
    declared = [v for v in (*derivation.inputs, *derivation.parameters) if v.name not in derivation]
    taken = [v for v in declared if v.name in used]
    wanted = _size_symbols(nodes, [*equations, *taken])
    for symbol in sorted(wanted - {s for v in taken for s in _shown_sizes(v)}, key=str):
        taken += [v for v in declared if v not in taken and symbol in _shown_sizes(v)][:1]
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


def _shown_sizes(variable: Variable) -> dict[Symbol, tuple[int, Expr]]:
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
        shown = {s: where for s, where in _shown_sizes(variable).items() if s not in found}
        found |= shown.keys()
        shape = f"{names(variable.name)}.shape"
        if len(shown) == len(variable.indices) and all(extra == 0 for _, extra in shown.values()) and shown:
            lines.append(f"{', '.join(names(s.name, 'size') for s in shown)}{',' * (len(shown) == 1)} = {shape}")
            continue
        for symbol, (axis, extra) in shown.items():
            less = "" if extra == 0 else f" - {extra}" if extra > 0 else f" + {-extra}"
            lines.append(f"{names(symbol.name, 'size')} = {shape}[{axis}]{less}")
    return lines, found


# The text of the module


def _body(plan: Plan, expressions: Expressions) -> list[str]:
    """The statements of every equation under its text."""
    written = iter(statements(plan, expressions))
    lines, before = list[str](), False
    for equation, steps in plan.groups:
        lines += [""] * before + _comment(equation)
        lines += [next(written)[1] for _ in steps]
        before = bool(steps)
    return ["", *lines]


def _buffers(plan: Plan, expressions: Expressions, lowering: Lowering) -> list[str]:
    """The arrays that a plan writes to."""
    if not plan.buffers:
        return []
    names = [expressions.names(f"buffer{k}", "buffer") for k in range(1, len(plan.buffers) + 1)]
    shapes = [expressions.shape(map(lowering.count, shape)) for shape in plan.buffers]
    given = ", ".join(f"{name}={shape}" for name, shape in zip(names, shapes, strict=True))
    return [f"[{', '.join(names)}] = _arrays(workspace, real, {given})"]


def _unpacking(arguments: Iterable[Argument]) -> str:
    arrays = ", ".join(a.spelling for a in arguments if a.kind == "array")
    return f"real, [{arrays}] = _reals({arrays})" if arrays else "real = np.float64"


def _comment(equation: Equation) -> list[str]:
    """The equation as text, unless it is too long to be read."""
    where = ", ".join(k.symbol.name for k in equation.indices)
    left = f"{equation.name}[{where}]" if where else equation.name
    # Counted along all paths, as a printer would walk them: shared parts count every time.
    weight: dict[Basic, int] = {}
    for node in subexpressions(equation.rhs):
        weight[node] = 1 + sum(weight[child] for child in node.args)
    if weight[equation.rhs] > _LONGEST_COMMENT:
        return [f"# {left} = … ({weight[equation.rhs]} symbols)"]
    return [f"# {left} = {' '.join(str(equation.rhs).split())}"]


def _module(name: str, arguments: Sequence[Argument], outputs: Sequence[str], lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    cdf, arrays = "normal_cdf(" in body, "_arrays(" in body
    shapes = [f"{a.spelling}: {_shape(a)}" for a in arguments]
    document = f'"""{", ".join(outputs)}.\n\n{indent(chr(10).join(shapes), "    ")}\n    """'
    head = (
        f'"""Written by symnet: {", ".join(outputs)} in NumPy."""\n\n'
        + "import math\n\n" * cdf
        + "import numpy as np\n"
    )
    signature = f"def {name}({', '.join([*(a.spelling for a in arguments), *['workspace=None'] * arrays])}):"
    helpers = f"\n{_REALS}" + f"\n{_ARRAYS}" * arrays + f"\n{_NORMAL_CDF}" * cdf
    return f"{head}{helpers}\n\n{signature}\n    {document}\n{indent(body, '    ')}\n"


def _shape(argument: Argument) -> str:
    if argument.kind == "function":
        return "a function of an array"
    if argument.kind == "size":
        return "an integer"
    sizes = ", ".join(str(k.size) for k in argument.indices)
    return f"shape ({sizes}{',' * (len(argument.indices) == 1)})" if argument.indices else "a number"


class _Generated(InspectLoader):
    """Imports a module from text in memory; tracebacks show its lines."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, fullname: str) -> str:
        return self._source


def _load(source: str, name: str) -> Callable[..., dict[str, Any]]:
    """The function a generated module defines.

    Only text written by this compiler gets here: its operators and calls are those of the printer and of the
    table of operations, and every name from outside has been checked to be an identifier (`Names`).
    """
    loader = _Generated(source)
    spec = importlib.util.spec_from_loader(f"symnet_generated_{name}", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return getattr(module, name)

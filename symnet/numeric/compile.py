"""A derivation as a readable, vectorized NumPy function.

    compiled = compile_numpy(derivation, ["F", "L"])
    print(compiled.source)                  # a module of its own: one statement an equation, NumPy its only need
    compiled(x=x, y=y, w=0.5, b=0.1)["L"]

Sizes are read off the shapes of the arguments, the floating type is theirs too, and an abstract activation is an
argument: `f=np.tanh, fprime=lambda z: 1 - np.tanh(z) ** 2`.
"""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.abc import InspectLoader
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Indexed, Symbol
from sympy.core.basic import Basic

from symnet.equations import Derivation, Equation
from symnet.errors import SymnetError
from symnet.expressions import Binder, subexpressions
from symnet.instances import without_collection
from symnet.numeric.arguments import Argument, arguments_of
from symnet.numeric.lower import Lowering
from symnet.numeric.module import NUMPY, PYTHON, RESERVED, Language, module
from symnet.numeric.names import Names
from symnet.numeric.packed import NotScalar, Packing
from symnet.numeric.plan import in_place, one_step_each
from symnet.numeric.scalar import Scalars
from symnet.numeric.source import Expressions, buffers, statements

__all__ = ["STYLES", "Argument", "Compiled", "compile_numpy"]

STYLES = ("numpy", "plain", "scalar", "packed")
_PACKED = 1000  # equations of single numbers from which on they are packed


@dataclass(frozen=True)
class Written:
    """The source of a module that defines the function `name`; the rest as in `Compiled`."""

    name: str
    source: str
    arguments: tuple[Argument, ...]
    outputs: tuple[str, ...]
    unused: frozenset[str]
    style: str
    workspace: bool


@dataclass(frozen=True)
class Compiled:
    """Python source of some equations of a derivation, and the function it defines.

    source: a standalone module. arguments: in the order of the function's parameters. outputs: what it returns.
    unused: names of the derivation that the outputs do not depend on; they may be passed and are ignored.
    function: what the source defines. style: see `compile_numpy`. workspace: whether the function takes one.
    """

    source: str
    arguments: tuple[Argument, ...]
    outputs: tuple[str, ...]
    unused: frozenset[str]
    function: Callable[..., dict[str, Any]]
    style: str
    workspace: bool

    def __call__(self, workspace: dict[str, Any] | None = None, /, **arrays: Any) -> dict[str, NDArray[Any]]:
        """Evaluate at arrays of the declared shapes, numbers for scalars and callables for abstract functions.

        workspace: a dict, empty at first, that keeps the arrays written to: the next call with it need not allocate
        them, and overwrites its results. Two threads must not share one; without it every call has arrays of its own.
        Raises SymnetError for a missing or unknown argument, or for shapes that do not fit together.
        """
        if self.style == "packed":
            return self._packed(arrays)
        try:
            given = {argument.spelling: arrays[argument.name] for argument in self.arguments}
        except KeyError as missing:
            raise SymnetError(f"the argument {missing.args[0]} is missing") from None
        self._check_names(arrays)
        shapes = [getattr(value, "shape", None) for value in given.values()]
        if shapes != self._fitting or None in shapes:
            self._check_shapes(arrays)
            self._fitting[:] = shapes
        if self.style == "scalar":
            types = {a.dtype for a in arrays.values() if hasattr(a, "dtype")}
            result, real = self.function(**given), np.result_type(1.0, *types)
            return {name: np.asarray(result[name], real) for name in self.outputs}
        if self.workspace:
            given["workspace"] = workspace
        result = self.function(**given)
        return {name: np.asarray(result[name]) for name in self.outputs} if self.style in STYLES else result

    def _packed(self, numbers: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Thousands of numbers are looked at one by one only where they cannot be one vector."""
        self._check_names(numbers)
        try:
            return {name: np.asarray(value) for name, value in self.function(numbers).items()}
        except KeyError as missing:
            raise SymnetError(f"the argument {missing.args[0]} is missing") from None
        except ValueError:
            self._check_shapes(numbers)
            raise

    def _check_names(self, arrays: Mapping[str, Any]) -> None:
        if len(arrays) > len(self._names) and (unknown := sorted(arrays.keys() - self._names - self.unused)):
            raise SymnetError(f"there is no argument {unknown[0]!r}; they are {', '.join(self._names)}")

    @cached_property
    def _names(self) -> dict[str, None]:
        return dict.fromkeys(a.name for a in self.arguments)

    @cached_property
    def _fitting(self) -> list[tuple[int, ...] | None]:
        """The shapes of the arrays of the last call, which need not be looked at again."""
        return []

    @cached_property
    def _lengths(self) -> list[tuple[Argument, list[int | str]]]:
        """What the length of each axis of each array is to be: a number, or the same wherever the size occurs."""
        return [
            (a, [int(k.size) if k.size.is_Integer else str(k.size) for k in a.indices])
            for a in self.arguments
            if a.kind == "array"
        ]

    def _check_shapes(self, arrays: Mapping[str, Any]) -> None:
        """NumPy would broadcast a wrong length 1 without a word."""
        known: dict[str, int] = {a.name: arrays[a.name] for a in self.arguments if a.kind == "size"}
        for argument, lengths in self._lengths:
            array = arrays[argument.name]
            shape = array.shape if isinstance(array, np.ndarray) else np.shape(array)
            if len(shape) != len(lengths):
                raise SymnetError(f"{argument.name} has {len(shape)} axes instead of {len(lengths)}")
            for axis, (length, wanted) in enumerate(zip(shape, lengths, strict=True)):
                expected = wanted if isinstance(wanted, int) else known.setdefault(wanted, length)
                if expected != length:
                    index = argument.indices[axis]
                    where = f"along {index.symbol}, where {index.size} is {expected}"
                    raise SymnetError(f"{argument.name} has length {length} {where}")


@without_collection()
def compile_numpy(
    derivation: Derivation, outputs: Sequence[str], name: str = "evaluate", style: str | None = None
) -> Compiled:
    """The equations that `outputs` depend on as one function called `name`.

    style: "numpy" plans arrays that are written in place; "plain" is one NumPy expression an equation; "scalar" is
    Python's own arithmetic, for derivations without indices, and "packed" is for thousands of such equations: NumPy
    calls on all operations that can be done at once. None chooses "scalar" or "packed" where it can, else "numpy".
    Works for indexed derivations with symbolic sizes and for instantiated ones alike. A size that no argument's
    shape shows is an argument itself, as is a scalar that is used without being declared.
    Raises SymnetError for an unknown output or style, a name that is no identifier, or an expression NumPy has no
    form for.
    """
    equations = needed(derivation, outputs)
    many = len(equations) >= _PACKED and not any(equation.indices for equation in equations)
    if style == "packed" or (style is None and many):
        try:
            return _pack(derivation, equations, outputs, name)
        except NotScalar:
            if style == "packed":
                raise
    style = _style(equations, style)
    expressions, language = (Scalars, PYTHON) if style == "scalar" else (Expressions, NUMPY)
    return loaded(write(derivation, equations, outputs, name, style, expressions, language))


def write(
    derivation: Derivation,
    equations: Sequence[Equation],
    outputs: Sequence[str],
    name: str,
    style: str,
    printer: type[Expressions],
    language: Language,
) -> Written:
    """The equations as statements, in a module of the language. Raises SymnetError as `compile_numpy` does."""
    names = Names(RESERVED)
    if names.fresh(name) != name:
        raise SymnetError(f"{name!r} cannot be the name of the function")
    arguments, sizes = arguments_of(derivation, equations, names)
    for equation in equations:  # before any helper variable takes a name of theirs
        names(equation.name)
    lowering = Lowering(derivation.variables, apart=style == "numpy", centred=style not in ("plain", "scalar"))
    values = [(equation, lowering.equation(equation)) for equation in equations]
    plan = in_place(values, outputs) if style == "numpy" else one_step_each(values)
    expressions = printer(names)
    written = statements(plan, expressions)
    roots = {equation.name: node for equation, node in values}
    returned = ", ".join(f'"{output}": {expressions.text(roots[output])}' for output in outputs)
    start = [language.start(arguments), *sizes, *buffers(plan, expressions, lowering.count)]
    source = module(name, arguments, outputs, [*start, *written, "", f"return {{{returned}}}"], language)
    unused = frozenset(derivation.variables) - {a.name for a in arguments}
    return Written(name, source, arguments, tuple(outputs), unused, style, bool(plan.buffers))


def _pack(derivation: Derivation, equations: Sequence[Equation], outputs: Sequence[str], name: str) -> Compiled:
    read, own = set[str]().union(*(e.reads for e in equations)), {e.name for e in equations}
    if indexed := next((e.name for e in equations if e.indices), None):
        raise NotScalar(f"{indexed} has indices: fill them in with `instantiate` for scalar source")
    declared = [v.name for v in (*derivation.inputs, *derivation.parameters) if v.name in read and v.name not in own]
    loose = sorted(read - derivation.variables.keys())
    names = Names(RESERVED)
    if names.fresh(name) != name:
        raise SymnetError(f"{name!r} cannot be the name of the function")
    packing = Packing(names, [*declared, *loose])
    for equation in equations:
        packing.equation(equation)
    arguments = [Argument(word, word) for word in packing.arguments]
    arguments += [Argument(function, function, "function") for function in packing.functions]
    source = packing.module(name, outputs)
    unused = frozenset(derivation.variables) - {a.name for a in arguments}
    return loaded(Written(name, source, tuple(arguments), tuple(outputs), unused, "packed", False))


def _style(equations: Sequence[Equation], wish: str | None) -> str:
    if wish not in (None, *STYLES):
        raise SymnetError(f"there is no style {wish!r}; there are {', '.join(STYLES)}")
    indexed = [e.name for e in equations if e.indices or any(map(_has_index, subexpressions(e.rhs)))]
    if wish == "scalar" and indexed:
        raise SymnetError(f"{indexed[0]} has indices: fill them in with `instantiate` for scalar source")
    return wish or ("numpy" if indexed else "scalar")


def _has_index(node: Basic) -> bool:
    return isinstance(node, Indexed | Binder) or (isinstance(node, Symbol) and bool(node.is_integer))


def needed(derivation: Derivation, outputs: Sequence[str]) -> list[Equation]:
    """The equations that `outputs` depend on. Raises SymnetError where there are none."""
    if not outputs:
        raise SymnetError("there is nothing to compute: no outputs were given")
    wanted = {derivation[output].name for output in outputs}
    kept = []
    for equation in reversed(derivation.equations):
        if equation.name in wanted:
            kept.append(equation)
            wanted |= equation.reads
    return kept[::-1]


# From text to a function


class _Generated(InspectLoader):
    """Imports a module from text in memory; tracebacks show its lines."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, fullname: str) -> str:
        return self._source


def loaded(written: Written) -> Compiled:
    """The module imported. Raises ModuleNotFoundError where it needs one that is not installed.

    Only text written by this compiler gets here: its operators and calls are those of the printer and of the
    table of operations, and every name from outside has been checked to be an identifier (`Names`).
    """
    loader = _Generated(written.source)
    spec = importlib.util.spec_from_loader(f"symnet_generated_{written.name}", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    fields = (written.source, written.arguments, written.outputs, written.unused)
    return Compiled(*fields, getattr(module, written.name), written.style, written.workspace)

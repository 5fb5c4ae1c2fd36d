"""Large programs of single numbers, packed: all that can be computed at once is one NumPy call on gathered entries.

Every number has its place in one vector `v`: arguments, constants, then the results of each call side by side. An
operation belongs to the level after the last of its operands; operations of one kind on one level are one call.
"""

import ast
import base64
import zlib
from collections.abc import Iterable, Sequence
from textwrap import indent, wrap

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Float, Mul, Rational, Symbol
from sympy.core.basic import Basic

from symnet.equations import Equation
from symnet.errors import SymnetError
from symnet.numeric.lower import function_name
from symnet.numeric.module import NORMAL_CDF
from symnet.numeric.names import Names
from symnet.numeric.templates import template
from symnet.operations import Call

__all__ = ["NotScalar", "Packing"]

_LONG = 4  # terms from which on a sum is a row of a matrix
_EXPANDED = 4  # the highest power that is written as a product, which NumPy computes faster
_Kind = tuple[str | int | bool, ...]
_Places = NDArray[np.int64]


class NotScalar(SymnetError):
    """An expression is no operation on single numbers."""


class Packing:
    """Scalar equations, one after the other, as calls on many of their operations at once.

    names: spells names, and raises SymnetError for what is none. arguments: the names that are given.
    """

    def __init__(self, names: Names, arguments: Sequence[str]) -> None:
        self._names, self.arguments = names, arguments
        self.functions: dict[str, None] = {}  # that were left abstract
        self._numbers = {name: number for number, name in enumerate(arguments)}  # of names; numbers are places to be
        self._constants: dict[float, int] = {}
        self._levels = [0] * len(arguments)
        self._done: dict[Basic, int] = {}
        self._calls: dict[tuple[int, _Kind], tuple[list[int], list[int]]] = {}  # results, and operands one by one

    def equation(self, equation: Equation) -> None:
        """Raises NotScalar when it has an index."""
        self._current = equation
        rhs = equation.rhs
        # To look up whether a long sum is known costs as much as to compute it: that it has a name is enough.
        whole = rhs.is_Add and len(rhs.args) >= _LONG
        self._numbers[equation.name] = self._compute(rhs) if whole else self._number(rhs)

    # Each operation gets a number; those on the same level are computed together

    def _number(self, node: Expr) -> int:
        if isinstance(node, Symbol):
            if node.name not in self._current.reads:
                raise NotScalar(f"{self._current.name} depends on the size or index {node}")
            return self._numbers[node.name]
        if node not in self._done:
            self._done[node] = self._compute(node)
        return self._done[node]

    def _compute(self, node: Expr) -> int:
        if isinstance(node, Rational):
            return self._constant(node.p / node.q)
        if isinstance(node, Float):
            return self._constant(float(node))
        if node.is_Add:
            return self._sum(node.args) if len(node.args) < _LONG else self._long_sum(node.args)
        if node.is_Mul:
            return self._product(node.args)
        if node.is_Pow:
            return self._product([node])
        if isinstance(node, Call):
            if node.operation.abstract:
                self.functions[function_name(node)] = None
                return self._call(("apply", function_name(node)), map(self._number, node.args))
            return self._call(("call", node.function), map(self._number, node.args))
        raise NotScalar(f"{self._current.name} has indices: fill them in with `instantiate` for scalar source")

    def _call(self, kind: _Kind, operands: Iterable[int]) -> int:
        operands = list(operands)
        levels, number = self._levels, len(self._levels)
        level = 1 + max([levels[operand] for operand in operands])
        results, all_operands = self._calls.setdefault((level, kind), ([], []))
        results.append(number)
        all_operands += operands
        levels.append(level)
        return number

    def _constant(self, value: float) -> int:
        if value not in self._constants:
            self._constants[value] = len(self._levels)
            self._levels.append(0)
        return self._constants[value]

    def _sum(self, terms: Iterable[Expr]) -> int:
        signed = []
        for term in terms:
            number = term.args[0] if term.is_Mul else term
            if isinstance(number, Rational) and number.p < 0:
                factors = (-number, *term.args[1:]) if term.is_Mul else (-number,)
                signed.append((-1, self._product(factors)))
            else:
                signed.append((1, self._number(term)))
        signed.sort(key=lambda pair: -pair[0])
        return self._call(("sum", *(sign for sign, _ in signed)), (number for _, number in signed))

    def _long_sum(self, terms: Sequence[Expr]) -> int:
        if not any(term.is_Mul or term.is_Pow for term in terms):
            return self._call(("total", len(terms)), map(self._number, terms))
        return self._call(("scalar product", len(terms)), self._names_times_names(terms) or self._pairs(terms))

    def _names_times_names(self, terms: Sequence[Expr]) -> list[int]:
        """The factors where all terms are products of two names, as nearly all in a network written out are."""
        pairs: list[tuple[Expr, ...]] = [term.args if type(term) is Mul else () for term in terms]
        if not all(len(pair) == 2 and type(pair[0]) is type(pair[1]) is Symbol for pair in pairs):
            return []
        names = [pair[0].name for pair in pairs] + [pair[1].name for pair in pairs]
        return [self._numbers[name] for name in names] if self._current.reads.issuperset(names) else []

    def _pairs(self, terms: Sequence[Expr]) -> list[int]:
        left, right = zip(*map(self._pair, terms), strict=True)
        return [*left, *right]

    def _pair(self, term: Expr) -> tuple[int, int]:
        """Two factors of a term, so that multiplying them and adding is one call."""
        factors = term.args
        if term.is_Mul and not any(f.is_Pow and f.exp.could_extract_minus_sign() for f in factors):
            rest = self._number(factors[0]) if len(factors) == 2 else self._product(factors[:-1])
            return rest, self._number(factors[-1])
        if term.is_Pow and term.exp == 2:
            return self._number(term.base), self._number(term.base)
        return self._number(term), self._constant(1.0)

    def _product(self, factors: Iterable[Expr]) -> int:
        """A product with one division at the most."""
        minus, over, under = False, list[int](), list[int]()
        for factor in factors:
            if isinstance(factor, Rational):
                minus ^= factor.p < 0
                over += [self._constant(float(abs(factor.p)))] * (abs(factor.p) != 1)
                under += [self._constant(float(factor.q))] * (factor.q != 1)
            elif factor.is_Pow and factor.exp.is_Integer:
                exponent = int(factor.exp)
                times, side = abs(exponent), over if exponent > 0 else under
                base = self._number(factor.base)
                if times <= _EXPANDED:
                    side += [base] * times
                else:
                    side.append(self._call(("power",), [base, self._constant(float(times))]))
            elif factor.is_Pow:
                over.append(self._call(("power",), [self._number(factor.base), self._number(factor.exp)]))
            else:
                over.append(self._number(factor))
        over = over or [self._constant(1.0)]
        if len(over) == 1 and not under:
            return self._call(("sum", -1), over) if minus else over[0]
        return self._call(("product", minus, len(over), len(under)), over + under)

    # The source

    def module(self, name: str, outputs: Sequence[str]) -> str:
        """A module that defines the function `name` of a mapping from names to numbers."""
        order = sorted(self._calls, key=lambda call: (call[0], str(call[1])))
        places = np.empty(len(self._levels), np.int64)
        given = len(self.arguments)
        places[:given] = range(given)
        places[list(self._constants.values())] = end = range(given, given + len(self._constants))
        stop, lines, tables = end.stop, list[str](), _Tables()
        names = {number: name for name, number in reversed(self._numbers.items())}
        for level, kind in order:
            results, operands = self._calls[level, kind]
            start, stop = stop, stop + len(results)
            places[results] = np.arange(start, stop)
            where = places[operands].reshape(len(results), -1)
            named = next((names[number] for number in results if number in names), None)
            lines += [f"# {named}, …" if named else "# in between", *_statements(kind, where, start, stop, tables)]
        returned = places[[self._numbers[output] for output in outputs]]
        body = [
            "numbers = [given[name] for name in ARGUMENTS]",
            'real = np.result_type(1.0, *{a.dtype for a in numbers if hasattr(a, "dtype")}).type',
            f"v = np.empty({stop}, real)",
            f"v[:{given}] = numbers",
            *([f"v[{given}:{end.stop}] = [{', '.join(map(repr, self._constants))}]"] if self._constants else []),
            *(f'{self._names(f, "function")} = given["{f}"]' for f in self.functions),
            *lines,
            f"return dict(zip(OUTPUTS, {tables.gathered(returned)}))",
        ]
        helper = NORMAL_CDF if any("normal_cdf(" in line for line in lines) else ""
        document = '"""The outputs from a mapping of the arguments\' names to numbers (and functions to functions)."""'
        text = [
            f'"""Written by symnet: {len(outputs)} outputs in NumPy, packed."""',
            "\n".join(f"import {module}" for module in ["base64", *["math"] * bool(helper), "zlib"]),
            "import numpy as np",
            f"ARGUMENTS = {_words(self.arguments, self._names)}\nOUTPUTS = {_words(outputs, self._names)}",
            f"# Where the operands of each call are in the vector v\n{tables.text()}",
        ]
        head, function = "\n\n".join(text), indent("\n".join([document, *body]), "    ")
        return f"{head}\n{helper}\n\ndef {name}(given):\n{function}\n"


class _Tables:
    """The places that calls gather their operands from, one after the other in one table."""

    def __init__(self) -> None:
        self._parts: list[_Places] = []
        self._length = 0

    def gathered(self, where: _Places) -> str:
        """The entries of v at these places."""
        first, count = int(where[0]), len(where)
        if (where[1:] - where[:-1] == 1).all():
            return f"v[{first}:{first + count}]"
        self._parts.append(where)
        self._length += count
        return f"v[PLACES[{self._length - count}:{self._length}]]"

    def column(self, where: _Places) -> str:
        """The same, or one entry that all of them are."""
        return f"v[{where[0]}]" if len(where) > 1 and (where == where[0]).all() else self.gathered(where)

    def text(self) -> str:
        table = np.concatenate(self._parts) if self._parts else np.empty(0, np.int64)
        # Neighbours gather from neighbours: their differences are small and compress well.
        steps = np.concatenate([table[:1], table[1:] - table[:-1]])
        packed = base64.b64encode(zlib.compress(steps.astype("<i4").tobytes(), 1)).decode()
        lines = "\n".join(packed[k : k + 112] for k in range(0, len(packed), 112))
        start = f'PLACES = zlib.decompress(base64.b64decode("""\n{lines}\n"""))'
        return f'{start}\nPLACES = np.cumsum(np.frombuffer(PLACES, "<i4"), dtype=np.intp)'


def _statements(kind: _Kind, where: _Places, start: int, stop: int, tables: _Tables) -> list[str]:
    """The call whose results are v[start:stop]; where: a row of operands' places for each."""
    operation, detail = kind[0], kind[1:]
    target = f"v[{start}:{stop}]"
    if operation == "total":
        return [f"{target} = {_matrix(where, tables)}.sum(axis=1)"]
    if operation == "scalar product":
        half = where.shape[1] // 2
        sides = ", ".join(_matrix(side, tables) for side in (where[:, :half], where[:, half:]))
        return [f'{target} = np.einsum("ij,ij->i", {sides})']
    columns = [tables.column(column) for column in where.T]
    if operation == "sum":
        signs = ("-" if sign == -1 else "+" for sign in detail)
        text = " ".join(f"{sign} {column}" for sign, column in zip(signs, columns, strict=True))
        return [f"{target} = {text.removeprefix('+ ')}"]
    if operation == "product":
        minus, over = detail[0], int(detail[1])
        above, below = " * ".join(columns[:over]), " * ".join(columns[over:])
        divided = f" / ({below})" if len(columns) > over + 1 else f" / {below}" if below else ""
        return [f"{target} = {'-' if minus else ''}{above}{divided}"]
    if operation == "power":
        return [f"{target} = {' ** '.join(columns)}"]
    if operation == "apply":
        return [f"{target} = {detail[0]}({', '.join(columns)})"]
    operands = [f"{letter} = {column}" for letter, column in zip("abc", columns, strict=False)]
    return [*operands, f"{target} = {ast.unparse(template(str(detail[0])))}"]


def _matrix(where: _Places, tables: _Tables) -> str:
    return f"{tables.gathered(where.ravel())}.reshape({where.shape[0]}, {where.shape[1]})"


def _words(words: Sequence[str], names: Names) -> str:
    """A list of identifiers; `names` raises for what is none."""
    for word in words:
        names(word)
    return '"""\n' + "\n".join(wrap(" ".join(words), 112)) + '\n""".split()'

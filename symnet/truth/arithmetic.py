"""Computing equations in any arithmetic: numbers, balls, power series, elements of a field.

A `Program` lists the steps once; an `Arithmetic` says what numbers, reciprocals and calls are for its values.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache, reduce
from itertools import islice
from typing import Any, Generic, TypeVar

from sympy import Add, Expr, Rational, S, Symbol
from sympy.core.basic import Basic

from symnet.equations import Derivation, Equation, name_of, names_used
from symnet.errors import DegenerateError, SymnetError
from symnet.expressions import subexpressions
from symnet.operations import OPERATIONS, Call

__all__ = [
    "Arithmetic",
    "Program",
    "UndecidedZero",
    "Undefined",
    "check_point",
    "degenerate",
    "described",
    "fold",
    "fold_definition",
    "fold_equations",
]

T = TypeVar("T")


class UndecidedZero(ZeroDivisionError):
    """The divisor may be zero; more precision might show that it is not."""


class Undefined(ArithmeticError):
    """A node has no value: a divisor is zero, or the argument of a call lies outside its domain.

    kind: "zero" (the node is a divisor), "domain" or "kink" (the node is a call). `certain` is False when more
    precision might show otherwise. `equation` is filled in by `Program.run`.
    """

    def __init__(self, node: Expr, kind: str, certain: bool = True) -> None:
        self.node, self.kind, self.certain = node, kind, certain
        self.equation: Equation | None = None


class Arithmetic(Generic[T]):
    """What numbers, reciprocals and calls are; sums and products are what the values' own +, - and * make of them.

    `invert` raises ZeroDivisionError, `apply` Undefined.
    """

    def number(self, value: Rational) -> T:
        raise NotImplementedError

    def invert(self, value: T) -> T:
        raise NotImplementedError

    def apply(self, node: Call, args: Sequence[T]) -> T:
        raise NotImplementedError


_ADD, _SUBTRACT, _MULTIPLY, _INVERT, _CALL, _UNDEFINED = range(6)
_Signed = tuple[int, bool]  # the position of a value, and whether its negative is meant


class Program:
    """Scalar equations as steps on a list of values, each distinct one once: the same in every arithmetic.

    Nested networks cost as much as they have operations, and a second point costs no look at the expressions.
    Raises SymnetError for an equation with indices or a node that is no scalar operation.
    """

    def __init__(self, equations: Sequence[Equation]) -> None:
        self.equations = equations
        self.length = 0
        self._numbers: dict[Rational, int] = {}
        self._names: dict[str, int] = {}
        self._steps: dict[tuple[int, ...], int] = {}  # operation and operands: where the result goes
        self._calls: list[tuple[Call, list[int]]] = []
        self._divisors: dict[int, Expr] = {}
        self._done: dict[Basic, _Signed] = {}
        self._ends: list[int] = []  # the length after each equation
        self._results: dict[str, int] = {}
        for equation in equations:
            if equation.indices:
                raise SymnetError(f"{equation.name} has indices: instantiate the derivation before evaluating it")
            self._results[equation.name] = self._plain(self._compile(equation.rhs))
            self._done[Symbol(equation.name)] = self._results[equation.name], False
            self._ends.append(self.length)
        self._done.clear()
        self._order = self._reuse_places()

    def run(self, point: Mapping[str, T], arithmetic: Arithmetic[T]) -> dict[str, T]:
        """The values of all equations. Raises SymnetError for a name without a value, Undefined for what has none."""
        values: list[Any] = [None] * self.places
        for number, place in self._numbers.items():
            values[place] = arithmetic.number(number)
        for name, place in self._names.items():
            if name not in point:
                raise SymnetError(f"no value is given for {name}")
            values[place] = point[name]
        try:
            for position, operation, a, b, target in self._order:  # noqa: B007 where an exception came from
                if operation == _MULTIPLY:
                    values[target] = values[a] * values[b]
                elif operation == _ADD:
                    values[target] = values[a] + values[b]
                elif operation == _SUBTRACT:
                    values[target] = values[a] - values[b]
                elif operation == _CALL:
                    node, args = self._calls[a]
                    values[target] = arithmetic.apply(node, [values[k] for k in args])
                elif operation == _INVERT:
                    values[target] = arithmetic.invert(values[a])
                else:
                    raise Undefined(S.Zero, "zero")
        except Undefined as error:
            error.equation = self._equation(position)
            raise
        except ZeroDivisionError as zero:
            certain = not isinstance(zero, UndecidedZero)
            undefined = Undefined(self._divisors[position], "zero", certain)
            undefined.equation = self._equation(position)
            raise undefined from None
        return {name: values[place] for name, place in self._results.items()}

    def _equation(self, position: int) -> Equation:
        return self.equations[bisect_right(self._ends, position)]

    def _reuse_places(self) -> list[tuple[int, int, Any, Any, int]]:
        """The steps, each result where one that is no longer needed was: what stays in the cache is fast."""
        operands = [self._calls[given[0]][1] if op == _CALL else given for op, *given in self._steps]
        last = {p: at for at, used in zip(self._steps.values(), operands, strict=True) for p in used}
        places = {leaf: k for k, leaf in enumerate((*self._numbers.values(), *self._names.values()))}
        kept = set(self._results.values())
        free: list[int] = []
        order = []
        self.places = len(places)
        for ((op, *given), position), used in zip(self._steps.items(), operands, strict=True):
            at = [places[p] for p in used]
            free += {places[p] for p in used if last[p] == position and p not in kept}
            if free:
                places[position] = free.pop()
            else:
                places[position], self.places = self.places, self.places + 1
            if op == _CALL:
                self._calls[given[0]] = self._calls[given[0]][0], at
                at = given
            first, second, *_ = *at, None, None
            order.append((position, op, first, second, places[position]))
        for leaves in (self._numbers, self._names, self._results):
            leaves.update((name, places[p]) for name, p in leaves.items())
        return order

    # From expressions to steps

    def _compile(self, expression: Expr) -> _Signed:
        done, stack = self._done, [expression]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
                continue
            power = node.is_Pow and node.exp.is_Integer
            if isinstance(node, Rational):
                done[node] = self._position(self._numbers, abs(node)), bool(node < 0)
            elif isinstance(node, Symbol):
                done[node] = self._position(self._names, node.name), False
            elif power or node.is_Add or node.is_Mul or isinstance(node, Call):
                children = node.args[:1] if power else node.args
                missing = [child for child in children if child not in done]
                if missing:
                    stack += reversed(missing)
                else:
                    done[node] = self._combine(node, [done[child] for child in children])
            elif node in (S.ComplexInfinity, S.NaN):  # what SymPy made of 1/0 when a size was put in
                done[node] = self._step(_UNDEFINED), False
            else:
                raise SymnetError(f"{node} is not a scalar operation: instantiate the derivation before evaluating it")
        return done[expression]

    def _position(self, leaves: dict[Any, int], leaf: Any) -> int:
        if leaf not in leaves:
            leaves[leaf] = self.length
            self.length += 1
        return leaves[leaf]

    def _step(self, operation: int, *operands: int) -> int:
        if operation in (_ADD, _MULTIPLY):
            operands = tuple(sorted(operands))
        return self._position(self._steps, (operation, *operands))

    def _combine(self, node: Expr, args: Sequence[_Signed]) -> _Signed:
        if node.is_Add:
            return self._sum(args)
        if node.is_Mul:
            one = self._numbers.get(S.One)
            factors = [a for a, _ in args if a != one] or [args[0][0]]
            result = reduce(lambda a, b: self._step(_MULTIPLY, a, b), factors)
            return result, sum(negative for _, negative in args) % 2 == 1
        if node.is_Pow:
            ((base, negative),) = args
            return self._power(node, base), negative and node.exp.is_odd
        self._calls.append((node, [self._plain(a) for a in args]))
        return self._step(_CALL, len(self._calls) - 1), False

    def _sum(self, terms: Sequence[_Signed]) -> _Signed:
        """The terms that are added before those that are subtracted."""
        ordered = sorted(terms, key=lambda term: term[1])
        result, negative = ordered[0]
        for a, minus in ordered[1:]:
            result = self._step(_SUBTRACT if minus != negative else _ADD, result, a)
        return result, negative

    def _power(self, node: Expr, base: int) -> int:
        exponent = int(node.exp)
        if exponent < 0:
            base = self._step(_INVERT, base)
            self._divisors.setdefault(base, node.base)
        result, left = None, abs(exponent)
        while left:
            if left & 1:
                result = base if result is None else self._step(_MULTIPLY, result, base)
            left >>= 1
            if left:
                base = self._step(_MULTIPLY, base, base)
        assert result is not None
        return result

    def _plain(self, value: _Signed) -> int:
        """The position of the value itself."""
        position, negative = value
        if not negative:
            return position
        return self._step(_MULTIPLY, position, self._position(self._numbers, S.NegativeOne))


def fold(expression: Expr, values: Mapping[str, T], arithmetic: Arithmetic[T]) -> T:
    """The value of an expression of scalars. Raises as `Program` does."""
    return Program((Equation("", rhs=expression),)).run(values, arithmetic)[""]


def fold_definition(node: Call, args: Sequence[T], arithmetic: Arithmetic[T]) -> T:
    """The value of a call by the definition of its operation in terms of sign, exp, log and arithmetic."""
    try:
        return _definition(node.function).run({f"u{k}": u for k, u in enumerate(args)}, arithmetic)[""]
    except Undefined as error:
        raise Undefined(node, error.kind, error.certain) from None


@cache
def _definition(name: str) -> Program:
    operation = OPERATIONS[name]
    assert operation.definition is not None
    rhs = operation.definition(*(Symbol(f"u{k}") for k in range(operation.arity)))
    return Program((Equation("", rhs=rhs),))


@lru_cache(maxsize=8)  # a search for witnesses and a ball with more digits come back to the same equations
def program_of(equations: tuple[Equation, ...]) -> Program:
    return Program(equations)


def fold_equations(derivation: Derivation, point: Mapping[str, T], arithmetic: Arithmetic[T]) -> dict[str, T]:
    """The values of all equations, which must be scalars. Raises as `Program` does."""
    return program_of(derivation.equations).run(point, arithmetic)


# Errors that name the equation and the point


def check_point(derivation: Derivation, point: Mapping[str, Any]) -> None:
    """Raises SymnetError when the point gives a value to something that is no input or parameter."""
    for name in point:
        if name not in derivation.variables or name in derivation:
            raise SymnetError(f"{name!r} is not a parameter or input, so it cannot be given a value")


def degenerate(derivation: Derivation, point: Mapping[str, Any], error: Undefined) -> DegenerateError:
    """The sentence for a user: what is zero or undefined, where, and why that matters."""
    node, equation = error.node, error.equation
    name = equation.name if equation else ""
    where = _where(derivation, point, node)
    if error.kind != "zero":
        problem = "has a kink" if error.kind == "kink" else "is undefined"
        return DegenerateError(f"{_short(node)} {problem}{where}" + (f" in the equation {name}" if name else ""))
    zero = "= 0" if error.certain else "cannot be told from 0"
    if _is_deviation(derivation, node):
        reason = ": all objects give the same input, so the normalized value is undefined"
    else:
        reason = f", and the equation {name} divides by it" if name else ", and it is a divisor"
    return DegenerateError(f"{_short(node)} {zero}{where}{reason}")


def described(derivation: Derivation, point: Mapping[str, Any], node: Expr) -> str:
    """`sqrt(V) at w1 = 0`: a node and the point, as far as it depends on it."""
    return _short(node) + _where(derivation, point, node)


def _short(node: Expr) -> str:
    """The text of a small node; a large one, whose text can be exponentially long, by its operation only."""
    if sum(1 for _ in islice(subexpressions(node), 20)) < 20:
        return str(node)
    return f"{node.function}(…)" if isinstance(node, Call) else "an expression"


def _where(derivation: Derivation, point: Mapping[str, Any], node: Expr) -> str:
    """` at w1 = 0, w2 = 1/2`: the names that the node depends on, in order of declaration, eight at most."""
    used = set(names_used(node))
    for equation in derivation.needed_for(*used):
        used |= equation.reads
    values = [f"{name} = {point[name]}" for name in derivation.variables if name in used and name in point]
    more = ", …" if len(values) > 8 else ""
    return f" at {', '.join(values[:8])}{more}" if values else ""


def _is_deviation(derivation: Derivation, node: Expr) -> bool:
    """Whether the node is, by its definition, the root of a positive multiple of a sum of squares."""
    node = _defined(derivation, node)
    if not (isinstance(node, Call) and node.function == "sqrt"):
        return False
    factor, variance = _defined(derivation, node.args[0]).as_coeff_Mul()
    terms = [term.as_coeff_Mul() for term in Add.make_args(_defined(derivation, variance))]
    return factor > 0 and all(c > 0 and term.is_Pow and term.exp.is_even for c, term in terms)


def _defined(derivation: Derivation, node: Expr) -> Expr:
    """What a name stands for; anything else as it is."""
    name = name_of(node)
    return derivation[name].rhs if name is not None and name in derivation else node

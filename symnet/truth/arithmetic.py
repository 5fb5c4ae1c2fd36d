"""Computing an expression in any arithmetic: numbers, balls, power series, elements of a field.

`fold` computes each distinct node once and without recursion, so nested networks cost as much as they have
operations. An `Arithmetic` says what sums, products, powers and calls mean for its values.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, Generic, TypeVar

from sympy import Add, Expr, Rational, S, Symbol
from sympy.core.basic import Basic

from symnet.equations import Derivation, Equation, name_of
from symnet.errors import DegenerateError, SymnetError
from symnet.expressions import free_references, subexpressions
from symnet.operations import OPERATIONS, Call

__all__ = [
    "Arithmetic",
    "UndecidedZero",
    "Undefined",
    "check_point",
    "degenerate",
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
    precision might show otherwise. `equation` is filled in by `fold_equations`.
    """

    def __init__(self, node: Expr, kind: str, certain: bool = True) -> None:
        super().__init__(kind)
        self.node, self.kind, self.certain = node, kind, certain
        self.equation: Equation | None = None


class Arithmetic(Generic[T]):
    """What numbers, sums, products, powers and calls mean. `power` raises ZeroDivisionError, `apply` Undefined."""

    def number(self, value: Rational) -> T:
        raise NotImplementedError

    def sum(self, terms: Sequence[T]) -> T:
        result: Any = terms[0]
        for term in terms[1:]:
            result = result + term
        return result

    def product(self, factors: Sequence[T]) -> T:
        result: Any = factors[0]
        for factor in factors[1:]:
            result = result * factor
        return result

    def power(self, base: T, exponent: int) -> T:
        raise NotImplementedError

    def apply(self, node: Call, args: Sequence[T]) -> T:
        raise NotImplementedError


def fold(expression: Expr, values: Mapping[str, T], arithmetic: Arithmetic[T], done: dict[Basic, T] | None = None) -> T:
    """The value of an expression of scalars. `done` remembers nodes between calls with the same values.

    Raises SymnetError for a name without a value or a node that is no scalar operation, Undefined where the
    expression has no value.
    """
    done = {} if done is None else done
    stack = [expression]
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        if isinstance(node, Rational):
            done[node] = arithmetic.number(node)
        elif isinstance(node, Symbol):
            if node.name not in values:
                raise SymnetError(f"no value is given for {node.name}")
            done[node] = values[node.name]
        elif node.is_Pow and node.exp.is_Integer:
            if node.base not in done:
                stack.append(node.base)
                continue
            try:
                done[node] = arithmetic.power(done[node.base], int(node.exp))
            except ZeroDivisionError as error:
                raise Undefined(node.base, "zero", certain=not isinstance(error, UndecidedZero)) from None
        elif node.is_Add or node.is_Mul or isinstance(node, Call):
            missing = [child for child in node.args if child not in done]
            if missing:
                stack += reversed(missing)
                continue
            args = [done[child] for child in node.args]
            if node.is_Add:
                done[node] = arithmetic.sum(args)
            else:
                done[node] = arithmetic.product(args) if node.is_Mul else arithmetic.apply(node, args)
        elif node in (S.ComplexInfinity, S.NaN):  # what SymPy made of 1/0 when a size was put in
            raise Undefined(S.Zero, "zero")
        else:
            raise SymnetError(f"{node} is not a scalar operation: instantiate the derivation before evaluating it")
    return done[expression]


def fold_definition(node: Call, args: Sequence[T], arithmetic: Arithmetic[T]) -> T:
    """The value of a call by the definition of its operation in terms of sign, exp, log and arithmetic."""
    definition = _definition(node.function)
    try:
        return fold(definition, {f"u{k}": u for k, u in enumerate(args)}, arithmetic)
    except Undefined as error:
        raise Undefined(node, error.kind, error.certain) from None


@cache
def _definition(name: str) -> Expr:
    operation = OPERATIONS[name]
    assert operation.definition is not None
    return operation.definition(*(Symbol(f"u{k}") for k in range(operation.arity)))


def fold_equations(
    derivation: Derivation,
    point: Mapping[str, T],
    arithmetic: Arithmetic[T],
) -> dict[str, T]:
    """The values of all equations, which must be scalars. Raises as `fold` does."""
    values, results = dict(point), {}
    done: dict[Basic, T] = {}
    for equation in derivation.equations:
        if equation.indices:
            raise SymnetError(f"{equation.name} has indices: instantiate the derivation before evaluating it")
        try:
            results[equation.name] = values[equation.name] = fold(equation.rhs, values, arithmetic, done)
        except Undefined as error:
            error.equation = equation
            raise
    return results


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


def _short(node: Expr) -> str:
    """The text of a small node; a large one, whose text can be exponentially long, by its operation only."""
    if sum(1 for _ in islice(subexpressions(node), 20)) < 20:
        return str(node)
    return f"{node.function}(…)" if isinstance(node, Call) else "an expression"


def _where(derivation: Derivation, point: Mapping[str, Any], node: Expr) -> str:
    """` at w1 = 0, w2 = 1/2`: the names that the node depends on, in order of declaration, eight at most."""
    used = {name_of(r) for r in free_references(node)}
    for equation in derivation.needed_for(*(name for name in used if name)):
        used |= {name_of(r) for r in free_references(equation.rhs)}
    values = [f"{name} = {point[name]}" for name in derivation.variables or point if name in used and name in point]
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

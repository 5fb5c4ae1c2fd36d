"""Exact arithmetic: rational numbers, and towers of square roots until something else comes up."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq
from sympy import Rational

from symnet.equations import Derivation
from symnet.errors import SymnetError
from symnet.operations import Call
from symnet.truth.arithmetic import Arithmetic, Undefined, degenerate, described, fold_definition, fold_equations
from symnet.truth.numbers import Exact, Number, Tower

__all__ = ["Exactly", "rational_values"]


class Exactly(Arithmetic["Partial"]):
    """Exact numbers, as long as there are any.

    divided: something without an exact form was divided by. It may have been 0, so that from there on 0 times a
    number without an exact form is left to the balls, which find that out.
    """

    def __init__(self) -> None:
        self.tower = Tower()
        self.divided = False
        self.unknown = Partial(None, self)

    def number(self, value: Exact) -> "Partial":
        return Partial(Number(value, self.tower), self)

    def take(self, value: Number | None) -> "Partial":
        """A number of another tower."""
        return self.unknown if value is None else self.unless_refused(lambda: Number(value, self.tower))

    def unless_refused(self, compute: Callable[[], Number]) -> "Partial":
        """Unknown when the tower of square roots refuses."""
        try:
            return Partial(compute(), self)
        except OverflowError:
            return self.unknown

    def invert(self, value: "Partial") -> "Partial":
        number = value.number
        if number is None:
            self.divided = True
            return value
        return self.unless_refused(lambda: 1 / number)

    def apply(self, node: Call, args: Sequence["Partial"]) -> "Partial":
        numbers = [u.number for u in args if u.number is not None]
        if len(numbers) < len(args):
            return self.unknown
        if node.function == "sqrt":
            if numbers[0].sign() < 0:
                raise Undefined(node, "domain")
            return self.unless_refused(numbers[0].sqrt)
        if not node.operation.ball(*(u.ball() for u in numbers)).is_finite():
            raise Undefined(node, "domain")
        if all(u.is_rational for u in numbers):
            value = node.operation.exact(*(u.as_fraction() for u in numbers))
            return self.unknown if value is None else self.number(value)
        if node.function == "sign":
            return self.number(numbers[0].sign())
        return self.unknown if node.operation.definition is None else fold_definition(node, args, self)


class Partial:
    """An exact number, or None: a real number that has no exact form here."""

    def __init__(self, number: Number | None, home: Exactly) -> None:
        self.number, self.home = number, home

    def __add__(self, other: "Partial") -> "Partial":
        a, b = self.number, other.number
        return self.home.unknown if a is None or b is None else self.home.unless_refused(lambda: a + b)

    def __sub__(self, other: "Partial") -> "Partial":
        a, b = self.number, other.number
        return self.home.unknown if a is None or b is None else self.home.unless_refused(lambda: a - b)

    def __mul__(self, other: "Partial") -> "Partial":
        a, b = self.number, other.number
        for factor in (self, other):
            if factor.number is not None and factor.number.is_zero and not self.home.divided:
                return factor
        return self.home.unknown if a is None or b is None else self.home.unless_refused(lambda: a * b)


# Rational numbers


class _Irrational(Exception):
    """A call is not rational."""

    def __init__(self, node: Call) -> None:
        self.node = node


class _Rationals(Arithmetic[Any]):
    """flint's fmpq, without the towers of `symnet.truth.numbers`."""

    def number(self, value: Rational | Fraction) -> Any:
        return fmpq(int(value.numerator), int(value.denominator))

    def invert(self, value: Any) -> Any:
        return 1 / value

    def apply(self, node: Call, args: Sequence[Any]) -> Any:
        if node.operation.abstract:
            raise SymnetError(f'{node.function} is abstract: only field="exact" keeps its values by name')
        if not node.operation.ball(*(Number(u).ball() for u in args)).is_finite():
            raise Undefined(node, "domain")
        value = node.operation.exact(*(Fraction(int(u.p), int(u.q)) for u in args))
        if value is None:
            raise _Irrational(node)
        return self.number(value)


def rational_values(derivation: Derivation, point: Mapping[str, Any]) -> dict[str, Any]:
    """All equations as fmpq, at a point of fmpq. Raises SymnetError where one step is not rational."""
    try:
        return fold_equations(derivation, point, _Rationals())
    except Undefined as error:
        raise degenerate(derivation, point, error) from None
    except _Irrational as error:
        where = described(derivation, point, error.node)
        raise SymnetError(f'{where} is not rational: use field="exact" or field="ball"') from None

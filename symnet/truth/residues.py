"""Values modulo a prime, in towers of formal square roots.

Modulo a prime every polynomial identity of a derivation still holds, at the cost of machine words instead of numbers
that grow. A square root is one of the two elements whose square is its argument, the same one every time: there is
no order that would make one of them positive, so that nothing but +, -, *, / and sqrt has a meaning there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpz
from sympy import Rational

from symnet.equations import Derivation
from symnet.errors import SymnetError
from symnet.operations import Call
from symnet.truth.arithmetic import Arithmetic, Undefined, degenerate, fold_equations
from symnet.truth.modular_field import PrimeField

__all__ = ["Residue", "residues"]


class _NoSquare(Exception):
    """The argument of a root has none in this field."""


@dataclass(frozen=True)
class Residue:
    """An element of a field with prime^degree elements.

    text: `17`, or with square roots that the prime field lacks a polynomial in z such as `3*z + 5`, where z is a root
    of `modulus`. element: flint's own.
    """

    text: str
    prime: int
    modulus: str
    element: Any

    def __str__(self) -> str:
        return self.text


class _Residues(Arithmetic[Any]):
    def __init__(self, field: PrimeField) -> None:
        self.field = field

    def number(self, value: Any) -> Any:
        try:
            return self.field.number(value)
        except ZeroDivisionError:
            raise SymnetError(f"{value} has no value modulo {self.field.p}, which divides its denominator") from None

    def invert(self, value: Any) -> Any:
        return 1 / value

    def apply(self, node: Call, args: Sequence[Any]) -> Any:
        if node.function != "sqrt":
            raise SymnetError(f"{node.function} has no meaning modulo {self.field.p}: only +, -, *, / and sqrt have")
        if not args[0].is_square():
            raise _NoSquare
        return self.field.sqrt(args[0])


def residues(derivation: Derivation, point: Mapping[str, Rational], prime: int) -> dict[str, Residue]:
    """All equations in the smallest field F_p, F_p^2, F_p^4, … that has all square roots that come up.

    Raises SymnetError for a number that is no prime, a value or a call without a meaning modulo it, or roots nested
    more than 8 deep; DegenerateError where a divisor is 0 modulo the prime, as it may be by accident.
    """
    if not fmpz(prime).is_prime():
        raise SymnetError(f"{prime} is not a prime")
    deepest = 8  # of nested square roots: a field of p^256 elements
    for depth in range(deepest + 1):
        field = PrimeField(prime, depth)
        arithmetic = _Residues(field)
        start = {name: arithmetic.number(value) for name, value in point.items()}
        try:
            values = fold_equations(derivation, start, arithmetic)
        except _NoSquare:  # every element has its roots in the next field
            continue
        except Undefined as error:
            raise degenerate(
                derivation, {name: f"{value} (mod {prime})" for name, value in point.items()}, error
            ) from None
        return {name: Residue(str(u), prime, field.modulus, u) for name, u in values.items()}
    raise SymnetError(f"square roots are nested more than {deepest} deep modulo {prime}")

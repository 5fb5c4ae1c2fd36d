"""The exact values of a derivation at an exact point.

    evaluate(derivation, {"w": Fraction(1, 2), "x": 3})["L"].text        # 6/5, sqrt(2)/3, or a rigorous decimal
    evaluate(derivation, {"w": Fraction(1, 2), "x": 3}, field=10007)     # the same modulo a prime

Each equation is computed once, in order, with exact numbers as long as there are only rationals and square roots.
Where a transcendental activation or a refusing tower ends that, a rigorous decimal takes over. Values of abstract
activations stay as they are: with f nobody knows, the loss is `(f(1) - 3)^2`, and f(1) - f(1) is still 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_UP, Context, Decimal
from typing import Any, Literal, Union, overload

from flint import arb, fmpq
from sympy import Expr, Rational, Symbol

from symnet.clock import now
from symnet.equations import Derivation, Equation, Variable, leaves
from symnet.errors import SymnetError
from symnet.expressions import subexpressions
from symnet.operations import Call
from symnet.truth.arithmetic import (
    Arithmetic,
    Undefined,
    check_point,
    degenerate,
    fold,
    fold_equations,
)
from symnet.truth.enclosure import Real, enclose, enclose_derivation, is_accurate
from symnet.truth.exactly import Exactly, rational_values
from symnet.truth.field import Field, Rescale
from symnet.truth.numbers import Exact, Number
from symnet.truth.residues import Residue, residues
from symnet.truth.ring import Element, SignNeeded, Undecidable
from symnet.truth.ring import Undefined as NoElement

__all__ = ["RealField", "Residue", "Value", "evaluate"]

_SHORT_TEXT = 60  # characters of an exact value that a reader still takes in
_SHORT_NESTING = 2  # square roots in square roots
_LONG_EXPRESSION = 5000  # leaves of a value in f(…), beyond which it serves no reader
_SECONDS = 30.0  # for values in f(…)


@dataclass(frozen=True)
class Value:
    """A real number as a reader wants it, and as the next computation needs it.

    text: `-20`, `6/5`, `sqrt(2)/3` while short, else a decimal with `radius`, a rigorous bound on its error;
        with abstract activations an expression such as `2*f(1)*fprime(1) - 3`.
    exact: the number, when it lies in a tower of square roots. expression: set when the value is made of opaque
    values such as f(1) or exp(1).
    """

    text: str
    radius: str | None = None
    exact: Number | None = None
    expression: Expr | None = None
    digits: int = 30
    enclosure: Callable[[int], arb] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, value: Union["Value", Exact], digits: int = 30) -> "Value":
        """An exact number as a value. Raises TypeError for a float."""
        if isinstance(value, Value):
            return value
        number = Number(value)
        if number.size <= 4 * _SHORT_TEXT and number.nesting <= _SHORT_NESTING:
            text = number.text()
            if len(text) <= _SHORT_TEXT:
                return cls(text, exact=number, digits=digits)
        return replace(cls._decimal(number.ball, digits), exact=number)

    @classmethod
    def _decimal(cls, enclosure: Callable[[int], arb], digits: int, expression: Expr | None = None) -> "Value":
        text, radius = _decimal(enclosure(digits), digits)
        return cls(text, radius, None, expression, digits, enclosure)

    @classmethod
    def _opaque(cls, expression: Expr, digits: int) -> "Value":
        """The value of an expression without names."""
        if _is_abstract(expression):
            if leaves(expression) > _LONG_EXPRESSION:
                raise SymnetError(
                    f"a value in terms of the abstract activation has {leaves(expression)} parts, too many"
                )
            return cls(str(expression), expression=expression, digits=digits)
        number = fold(expression, {}, Exactly()).number
        if number is not None:
            return cls.of(number, digits)
        return cls._decimal(lambda wanted: enclose(expression, {}, wanted), digits, expression)

    def ball(self, digits: int = 30) -> arb:
        """A rigorous enclosure with that many correct digits. Raises SymnetError for a value of an abstract f."""
        if self.exact is not None:
            return self.exact.ball(digits)
        if self.enclosure is None:
            raise SymnetError(f"{self.text} has no decimals: the activation is abstract")
        return self.enclosure(digits)

    def as_expr(self) -> Expr | None:
        """The exact value as an expression, where there is one."""
        return self.expression if self.exact is None else self.exact.as_expr()

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: Union["Value", Exact]) -> "Value":
        return self._combine(_A + _B, other)

    def __sub__(self, other: Union["Value", Exact]) -> "Value":
        return self._combine(_A - _B, other)

    def __mul__(self, other: Union["Value", Exact]) -> "Value":
        return self._combine(_A * _B, other)

    def __truediv__(self, other: Union["Value", Exact]) -> "Value":
        return self._combine(_A / _B, other)

    def _combine(self, rhs: Expr, other: Union["Value", Exact]) -> "Value":
        derivation = Derivation((Equation("result", rhs=rhs),), (), (Variable("a"), Variable("b")))
        return evaluate(derivation, {"a": self, "b": other}, digits=self.digits)["result"]


_A, _B = Symbol("a"), Symbol("b")


RealField = Literal["exact", "rational", "ball"]


@overload
def evaluate(
    derivation: Derivation,
    point: Mapping[str, Value | Exact],
    names: Sequence[str] | None = None,
    digits: int = 30,
    field: RealField = "exact",
) -> dict[str, Value]: ...


@overload
def evaluate(
    derivation: Derivation,
    point: Mapping[str, Value | Exact],
    names: Sequence[str] | None = None,
    digits: int = 30,
    *,
    field: int,
) -> dict[str, Residue]: ...


def evaluate(
    derivation: Derivation,
    point: Mapping[str, Value | Exact],
    names: Sequence[str] | None = None,
    digits: int = 30,
    field: RealField | int = "exact",
) -> dict[str, Value] | dict[str, Residue]:
    """The values of the named scalar equations (default: all) at a point {parameter or input: exact value}.

    field: "exact" computes with rationals and square roots as long as there is nothing else, then with balls, and
    keeps values of an abstract f by name. "rational" does not leave the rationals; "ball" computes with `digits`
    correct digits from the start, which is fast however long exact numbers would be; a prime number p computes
    modulo p, with formal square roots, and answers `Residue`s.

    Raises DegenerateError where something divided by is 0, naming it and the point; SymnetError for a parameter
    without a value, a name that is no parameter, an equation with indices, values in f(…) too large to write, an
    unknown field, or values that do not lie in it.
    """
    check_point(derivation, point)
    if digits < 1:
        raise SymnetError(f"{digits} is not a number of digits")
    if names is None:
        names, needed = [e.name for e in derivation], derivation
    else:
        needed = derivation.needed_for(*(derivation[name].name for name in names))
    if isinstance(field, int):
        modulo = residues(needed, _rational_point(point, f"modulo {field}"), field)
        return {name: modulo[name] for name in names}
    if field == "rational":
        start = _rational_point(point, "in the rational numbers")
        numbers = rational_values(needed, {name: fmpq(q.numerator, q.denominator) for name, q in start.items()})
        return {name: Value.of(numbers[name], digits) for name in names}
    given = {name: Value.of(value) for name, value in point.items()}
    if field == "ball":
        return _evaluate_balls(needed, given, names, digits)
    if field != "exact":
        raise SymnetError(f'there is no field {field!r}; there are "exact", "rational", "ball" and prime numbers')
    opaque = any(v.expression is not None for v in given.values())
    if opaque or _is_abstract(*(e.rhs for e in needed)):
        values = _evaluate_opaque(needed, given, names, digits)
    else:
        values = _evaluate_numbers(needed, given, names, digits)
    return {name: values[name] for name in names}


def _rational_point(point: Mapping[str, Value | Exact], where: str) -> dict[str, Rational]:
    """Raises SymnetError for a value that is irrational."""
    rationals: dict[str, Rational] = {}
    for name, value in point.items():
        number = value.exact if isinstance(value, Value) else Number(value)
        if number is None or not number.is_rational:
            raise SymnetError(f"{name} = {value} is not rational, so it has no value {where}")
        q = number.as_fraction()
        rationals[name] = Rational(q.numerator, q.denominator)
    return rationals


def _is_abstract(*expressions: Expr) -> bool:
    return any(isinstance(node, Call) and node.operation.abstract for node in subexpressions(*expressions))


# Numbers


def _evaluate_numbers(
    derivation: Derivation, given: Mapping[str, Value], names: Sequence[str], digits: int
) -> dict[str, Value]:
    arithmetic = Exactly()
    start = {name: arithmetic.take(value.exact) for name, value in given.items()}
    try:
        numbers = fold_equations(derivation, start, arithmetic)
    except Undefined as error:
        raise degenerate(derivation, given, error) from None
    known: dict[str, Any] = {name: u.number for name, u in numbers.items() if u.number is not None}
    values = {name: Value.of(known[name], digits) for name in names if name in known}
    unknown = [name for name in names if name not in known]
    return values | (_evaluate_balls(derivation, {**given, **known}, unknown, digits) if unknown else {})


def _evaluate_balls(
    derivation: Derivation, known: Mapping[str, Real], names: Sequence[str], digits: int
) -> dict[str, Value]:
    enclosures = _Enclosures(derivation, known, names)
    values = {}
    for name in names:
        enclosure = enclosures.of(name)
        zero = enclosure(digits).is_zero()
        values[name] = Value.of(0, digits) if zero else Value._decimal(enclosure, digits)
    return values


class _Enclosures:
    """Balls around the equations that have no exact value, computed again only for more digits."""

    def __init__(self, derivation: Derivation, known: Mapping[str, Real], names: Sequence[str]) -> None:
        rest = [e for e in derivation if e.name not in known]
        self.derivation = Derivation(tuple(rest), (), tuple(map(Variable, known))).needed_for(*names)
        self.known: dict[str, Real] = {}
        for name, value in known.items():
            link = value.enclosure if isinstance(value, Value) else None
            self.known[name] = link if isinstance(link, _Enclosure) else value
        self.digits, self.balls = 0, dict[str, arb]()  # the most accurate so far

    def of(self, name: str) -> "_Enclosure":
        return _Enclosure(self, name)


@dataclass(frozen=True)
class _Enclosure:
    """One of these equations. A chain of them (a descent of many steps) is made accurate without recursion."""

    source: _Enclosures
    name: str

    def __call__(self, digits: int) -> arb:
        wanted = [_Inaccurate(self, digits)]
        while wanted:
            enclosure, digits = wanted[-1].enclosure, wanted[-1].digits
            try:
                result = enclosure.ball(digits)
                wanted.pop()
            except _Inaccurate:
                source = enclosure.source
                if len(wanted) == 1:
                    digits += source.digits  # lest the end of a long chain ask again at every step
                try:
                    source.balls = enclose_derivation(source.derivation, source.known, digits)
                    source.digits = digits
                except _Inaccurate as first:
                    wanted.append(first)
        return result

    def ball(self, digits: int) -> arb:
        """What is known already. Raises _Inaccurate when that is not enough."""
        source = self.source
        if source.digits >= digits or (source.digits and is_accurate(source.balls[self.name], digits)):
            return source.balls[self.name]
        raise _Inaccurate(self, digits)


class _Inaccurate(Exception):
    def __init__(self, enclosure: _Enclosure, digits: int) -> None:
        self.enclosure, self.digits = enclosure, digits


def _decimal(ball: arb, digits: int) -> tuple[str, str]:
    """The midpoint to `digits` significant digits, and a bound on its distance from anything in the ball."""
    if ball.contains(0):
        _, bound, exponent = (int(part) for part in arb(0, ball.abs_upper()).mid_rad_10exp(2))
        return "0." + "0" * digits, _rounded_up(bound, exponent)
    middle, bound, exponent = (int(part) for part in ball.mid_rad_10exp(digits))
    sign, figures, _ = Decimal(middle).as_tuple()
    return str(Decimal((sign, figures, exponent))), _rounded_up(bound, exponent)


def _rounded_up(bound: int, exponent: int) -> str:
    return f"{Context(prec=2, rounding=ROUND_UP).create_decimal(Decimal(bound).scaleb(exponent)):e}"


# Values in f(1), f'(1/2), …


class _Opaque(Arithmetic[Element]):
    """Normal forms in opaque values, which tell zero from nonzero."""

    def __init__(self, forms: Field) -> None:
        self.forms = forms

    def number(self, value: Rational) -> Element:
        return self.forms.number(value)

    def invert(self, value: Element) -> Element:
        if value.is_zero:
            raise ZeroDivisionError
        return value**-1

    def apply(self, node: Call, args: Sequence[Element]) -> Element:
        try:
            return self.forms.element(node.func(*(u.as_expr() for u in args)))
        except NoElement:
            raise Undefined(node, "domain") from None


def _evaluate_opaque(
    derivation: Derivation, given: Mapping[str, Value], names: Sequence[str], digits: int
) -> dict[str, Value]:
    start: dict[str, Expr] = {}
    for name, value in given.items():
        expression = value.as_expr()
        if expression is None:
            raise SymnetError(f"{name} = {value} is not exact, as the argument of an abstract activation has to be")
        start[name] = expression
    scales: dict[Expr, int] = {}
    while True:
        forms = Field(deadline=now() + _SECONDS, scales=scales)
        try:
            point = {name: forms.element(expression) for name, expression in start.items()}
            elements = fold_equations(derivation, point, _Opaque(forms))
            break
        except Rescale:
            pass  # once more: the scales have been noted
        except Undefined as error:
            raise degenerate(derivation, given, error) from None
        except (Undecidable, SignNeeded) as error:
            raise SymnetError(f"the values in terms of the abstract activation cannot be written: {error}") from None
    return {name: Value._opaque(elements[name].as_expr(), digits) for name in names}

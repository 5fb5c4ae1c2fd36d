"""Polynomials and fractions under the normal form: what they cost, where they end, what a growing ring keeps."""

from decimal import Context, Decimal

import pytest
from flint import fmpq
from sympy import Integer, Rational, Symbol, symbols

from symnet.clock import by_work, now
from symnet.equations import Derivation, Equation, Variable
from symnet.errors import SymnetError
from symnet.operations import call, sqrt
from symnet.truth import ring as module
from symnet.truth.evaluate import evaluate
from symnet.truth.field import Field
from symnet.truth.ring import OutOfTime, Poly, Ring, TooLarge

x, y, z = symbols("x y z")


def powers(field: Ring, k: int, count: int) -> Poly:
    """1 + g + … of a generator g."""
    one = field.context.constant(1)
    return sum((field.gen(k) ** e for e in range(1, count)), one)


def limit_terms(monkeypatch: pytest.MonkeyPatch, signed: int, otherwise: int) -> None:
    monkeypatch.setattr(module, "SIGNED_TERMS", signed)
    monkeypatch.setattr(module, "TERMS", otherwise)


def test_multiplications_and_common_divisors_count_as_work() -> None:
    field = Field()
    field.element(x)
    a, b = powers(field, 0, 400), powers(field, 0, 500)
    with by_work(60):
        start = now(0)
        field.times(a, b)
        middle = now(0)
        field.fraction(a, b)
        end = now(0)
    assert 1000 <= round((middle - start) * 60_000) <= 1003  # 400 * 500 / 200
    assert 225 <= round((end - middle) * 60_000) <= 228  # (400 + 500) / 4


def test_long_polynomials_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Field()
    field.element(x + y)
    a, b, c = powers(field, 0, 400), powers(field, 0, 500), powers(field, 1, 3)
    limit_terms(monkeypatch, 1000, 1000)  # 400 * 500 / 200
    assert len(field.times(a, b)) == 899
    assert len(field.times(powers(field, 0, 5), powers(field, 1, 200))) == 1000
    limit_terms(monkeypatch, 999, 999)
    for factors in ((a, b), (powers(field, 0, 5), powers(field, 1, 200))):
        with pytest.raises(TooLarge, match=r"^an intermediate result has more than 999 terms$"):
            field.times(*factors)
    limit_terms(monkeypatch, 11, 12)
    assert len(field.times(powers(field, 0, 4), c)) == 12
    with pytest.raises(TooLarge, match="more than 12 terms"):
        field.times(powers(field, 0, 5), c)
    field.sign(field.element(z))  # from here on a sign is open
    with pytest.raises(TooLarge, match="more than 11 terms"):
        field.times(powers(field, 0, 4), c)


def test_the_time_limit_is_the_last_moment_allowed() -> None:
    with by_work(60):
        field = Field(deadline=3 / 60_000)
        for _ in range(3):
            field.check()
        with pytest.raises(OutOfTime, match=r"^the time limit has passed$"):
            field.check()


def test_results_between_two_reductions_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ten = sum((x**k for k in range(1, 10)), x**0)
    field = Field()
    first, second = field.element(sqrt(x - 1)), field.element(sqrt(ten))
    both = (first * second).num
    limit_terms(monkeypatch, 10, 10)
    assert len(field.times(both, both)) == 2  # x^10 - 1, by way of first^2 times ten terms
    limit_terms(monkeypatch, 9, 9)
    with pytest.raises(TooLarge):
        field.times(both, both)


def test_a_value_divided_by_what_may_vanish_cannot_be_written() -> None:
    derivation = Derivation((Equation("r", rhs=1 / (1 + call("sign", call("f", x)))),), (), (Variable("x"),))
    with pytest.raises(SymnetError, match=r"cannot be written: a sign decides whether a denominator vanishes$"):
        evaluate(derivation, {"x": 1})


def test_polynomials_of_a_smaller_ring() -> None:
    field = Field()
    old = field.element(x * sqrt(y) + 3).num
    (x_,), (root,) = (field.used(field.element(u).num) for u in (x, sqrt(y)))
    for k in range(20):
        field.element(Symbol(f"q{k}"))
    assert field.used(old) == sorted((root, x_), reverse=True)
    assert [(sorted(term), c) for term, c in field.terms(old)] == [(sorted([(root, 1), (x_, 1)]), 1), ([], 3)]
    assert field.split(old, root) == (field.number(3).num, field.element(x).num)


def test_what_is_a_rational_number() -> None:
    field = Field()
    for u, value in ((x, None), (1 / x, None), (x / y, None), (Rational(-3, 4), fmpq(-3, 4)), (x - x + 0 * y, 0)):
        assert field.element(u).rational == value


def test_the_signs_of_constants() -> None:
    e, close = call("exp", Integer(1)), Rational(str(Decimal(1).exp(Context(prec=60))))
    for u, sign in ((e**2 - 7, 1), (e - close, -1), (close - e, 1)):
        field = Field()
        assert field.constant_sign(field.element(u).num) == sign
    field = Field()
    one = 1 - call("normal_cdf", Integer(100))  # differs from 0 in the 2174th digit
    for u in (one, -one, x, e - x):
        assert field.constant_sign(field.element(u).num) is None


def test_fractions_that_operations_answer_are_numbers() -> None:
    assert Field().element(call("leaky_relu", Rational(-3, 2), Rational(1, 3))).rational == fmpq(-1, 2)


def test_arguments_are_told_apart() -> None:
    field, names = Field(), symbols("x:4")
    arguments = [field.element(u) for u in (*names, *map(Integer, range(4)), names[0] / names[1], 1 / names[1])]
    assert len({u.key for u in arguments}) == len(arguments)
    values = {field.element(call("f", u.as_expr())).key for u in arguments}
    assert len(values) == len(arguments)

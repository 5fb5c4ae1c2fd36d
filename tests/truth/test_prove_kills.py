"""Where a proof says nothing, which cases are told apart, and shortcuts that must not prove too much."""

import pytest
from sympy import Expr, Integer, Rational, S, symbols

from symnet.clock import STEPS, by_work, now
from symnet.equations import size
from symnet.operations import call, sqrt
from symnet.truth import prove as module
from symnet.truth import ring
from symnet.truth.assumptions import Condition, closure, greater, negative, nonzero, positive
from symnet.truth.field import Field
from symnet.truth.prove import prove_equal, sign_factors
from symnet.truth.verdict import decide
from tests.truth.lecture import derivation

a, b, c, d = symbols("a b c d")
P, R, V, Z = symbols("P R V Z")
CIRCLE = call("sign", a - b) + call("sign", b - c) + call("sign", c - a)  # never 3 or -3
ROOT = derivation(R=sqrt(a), P=b, V=call("relu", a), Z=S.Zero)


def relu(u: Expr) -> Expr:
    return call("relu", u)


def modulus(u: Expr) -> Expr:
    return call("abs", u)


# Named roots


def test_what_holds_for_any_value_of_a_root_is_proved_by_it_alone() -> None:
    assert prove_equal((1 + R) ** 2, 1 + 2 * R + R**2, ROOT).proved
    assert prove_equal(R**2, a, ROOT).proved  # for this root only
    for left, right in (
        (1 / R, -1 / R),
        (call("exp", a) * R, call("exp", a / 2) * R),  # exp(a/2) asks for another scale
        (R * modulus(b) / (modulus(b) + b), R),  # a sign decides whether this divisor vanishes
        (R**2, a + 1),
    ):
        assert prove_equal(left, right, ROOT).kind == "not_zero"
    nowhere = prove_equal(R / (P - b), Integer(1), ROOT)
    assert (nowhere.kind, nowhere.reason) == ("undecided", "nowhere defined: a denominator is identically zero")
    assert 0 <= nowhere.seconds < 10
    endless = prove_equal(R * a**b, a * R, ROOT)
    assert (endless.kind, endless.method) == ("undecided", "normal form")
    assert 0 <= endless.seconds < 10


def test_what_is_too_large_for_any_value_of_a_root_may_be_small_for_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "SIGNED_TERMS", 4)
    monkeypatch.setattr(ring, "TERMS", 4)
    two = derivation(R=sqrt(Integer(2)))
    assert prove_equal((1 + R) ** 8, 577 + 408 * R, two).proved


# Cases


def test_cases_that_are_defined_nowhere_neither_prove_nor_fail() -> None:
    outcome = prove_equal(modulus(a) / (modulus(a) + a), Rational(1, 3))
    assert outcome.kind == "not_zero"
    assert [case.text for case in outcome.failing] == ["a > 0"]
    assert not any(case.proved for case in outcome.cases)
    assert [case.remainder for case in outcome.cases if case.difference is None] == [0]
    assert outcome.method == "normal form in 1 sign cases"
    assert 0 <= outcome.seconds < 10
    for factor in (sqrt(b), call("f", modulus(a))):
        assert prove_equal(modulus(a) * factor / (modulus(a) * factor + a * factor), S.Half).proved
    half = prove_equal(modulus(a) / (modulus(a) + a), S.Half)
    assert (half.proved, half.reason) == (True, "")


def test_too_many_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    assert prove_equal(modulus(a) * modulus(b), modulus(a * b)).proved
    monkeypatch.setattr(module, "CASES", 4)
    assert prove_equal(modulus(a) + modulus(b), a + b).reason == "there are more than 4 cases of signs"
    monkeypatch.setattr(module, "CASES", 3)
    assert prove_equal(modulus(a), a).kind == "not_zero"


DESCENDING = [greater(a, b), greater(b, c)]


def test_cases_that_contradict_themselves_are_none() -> None:
    outcome = prove_equal(CIRCLE, Integer(3))
    assert (outcome.kind, outcome.method) == ("not_zero", "normal form in 6 sign cases")
    assert not any(case.proved for case in outcome.cases)
    nowhere = prove_equal(1 / (CIRCLE**2 - 1), a)
    assert (nowhere.kind, nowhere.reason) == ("undecided", "nowhere defined: the signs contradict each other")


@pytest.mark.parametrize("given", [[], DESCENDING, [closure(one) for one in DESCENDING]])
def test_a_contradiction_is_no_condition(given: list[Condition]) -> None:
    assert not any(case.proved for case in prove_equal(CIRCLE, Integer(3), None, given).cases)
    assert decide(CIRCLE, Integer(3), assumptions=given).verdict == "refuted"


def test_what_is_given_may_add_up_to_zero() -> None:
    flat = [closure(greater(p, q)) for p, q in ((a, b), (b, c), (c, a))]  # a = b = c
    assert [case.text for case in prove_equal(modulus(d), d, None, flat).failing] == ["d < 0"]


@pytest.mark.parametrize(("together", "kind"), [(2, "not_zero"), (3, "proved"), (4, "proved")])
def test_how_many_signs_may_contradict_each_other(monkeypatch: pytest.MonkeyPatch, together: int, kind: str) -> None:
    monkeypatch.setattr(module, "TOGETHER", together)
    assert prove_equal(CIRCLE, -call("sign", a - b) * call("sign", b - c) * call("sign", c - a)).kind == kind


def test_only_roots_are_left_open() -> None:
    assert prove_equal((b + 1) / R, b / R + 1 / R, ROOT).method == "normal form"
    assert [case.text for case in prove_equal((b + 1) / V, b / V + 1 / V, ROOT).cases if case.proved] == ["a > 0"]


def test_a_root_of_roots_is_looked_for_among_those_of_the_other_side() -> None:
    two, three, six = (sqrt(Integer(n)) for n in (2, 3, 6))
    assert prove_equal(sqrt(5 - 2 * six), three - two).proved
    assert prove_equal(three - two, sqrt(5 - 2 * six)).proved
    assert prove_equal(sqrt(5 - 2 * six), two - three).kind == "not_zero"
    other = sqrt(1 + two)  # no sum of roots
    assert prove_equal(three - two + other, sqrt(5 - 2 * six) + other).proved


def test_a_denominator_of_roots_that_depend_on_each_other() -> None:
    vanishing = sqrt(5 + 2 * sqrt(Integer(6))) * sqrt(Integer(7)) - sqrt(Integer(21)) - sqrt(Integer(14))
    outcome = prove_equal(1 / vanishing, Integer(1))
    assert (outcome.kind, outcome.reason) == ("undecided", "a denominator cannot be made rational")


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        (a + a, 2 * a, ""),
        (a, b, ""),
        (a**b, a, "the exponent of a**b is not an integer"),
        (1 / (P - b), a, "nowhere defined: a denominator is identically zero"),
    ],
)
def test_the_seconds_of_a_proof_are_its_own(left: Expr, right: Expr, reason: str) -> None:
    with by_work(60):
        now(10 * STEPS)
        outcome = prove_equal(left, right, ROOT)
        assert outcome.reason == reason
        assert 0 <= outcome.seconds < 5


def test_what_is_too_large_with_open_signs_is_split_by_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "SIGNED_TERMS", 5)
    outcome = prove_equal((modulus(a) + b + c) ** 3, (a + b + c) ** 3)
    assert [case.text for case in outcome.failing] == ["a < 0"]
    monkeypatch.setattr(ring, "TERMS", 5)
    assert prove_equal((modulus(a) + b + c) ** 3, a).reason == "an intermediate result has more than 5 terms"


def test_exponentials_of_fractions_meet() -> None:
    assert prove_equal(call("exp", a), call("exp", a / 2) ** 2).proved
    assert prove_equal(call("exp", a / 2) * call("exp", a / 3), call("exp", 5 * a / 6)).proved
    assert not prove_equal(call("exp", a), call("exp", a / 2)).proved


# Exceptions


@pytest.mark.parametrize(
    "u",
    [
        *(call(name, a) for name in ("exp", "abs", "relu", "sigmoid", "softplus", "normal_cdf", "normal_pdf")),
        V,  # by its definition
        relu(a) + Rational(1, 3),
        relu(a) + call("exp", b),
        relu(a) + call("sigmoid", b),
        ((a**2 + 2 * a * b + b**2) * (c**2 + 1)).expand(),
        relu(a) * modulus(b),
        relu(a) ** 3,
        b**2 + relu(a),
        a**2 + 2 * a * b + b**2,  # not visibly, but by its factors
        (a**2 + b**2) ** -1,
        relu(a) * size("m"),
        relu(a) + Z,
    ],
)
def test_a_root_of_what_is_never_negative_has_no_exceptions(u: Expr) -> None:
    outcome = prove_equal(sqrt(u) ** 2 * c, u * c, ROOT)
    assert (outcome.proved, outcome.nonzero) == (True, ())


@pytest.mark.parametrize(
    "u",
    [
        a,
        a * b,
        relu(a) - 1,
        relu(a) * b,
        b**3,
        relu(a) + b,
        a**2 * b,
        call("softplus", a) - 1,
        call("f", a),
        P,
        b**2 / a,
    ],
)
def test_a_root_of_anything_else_has(u: Expr) -> None:
    outcome = prove_equal(sqrt(u) ** 2 * c, u * c, ROOT)
    assert (outcome.proved, outcome.nonzero) == (True, (u,))


def test_a_factor_that_is_seen_under_another_root_is_known() -> None:
    visible, hidden = relu(a) + b**2, ((relu(a) + b**2) * (c**2 + 2 * c * d + d**2)).expand()
    assert prove_equal(sqrt(hidden) ** 2 * sqrt(visible) ** 2, hidden * visible).nonzero == ()


def test_a_factor_that_is_positive_hides_no_square() -> None:
    hidden = ((a - b) ** 2 * (1 + c**2)).expand()
    assert prove_equal(sqrt(hidden) ** 2, hidden).nonzero == ()


def test_a_jump_at_the_zero_of_a_square_is_an_exception() -> None:
    square = a**2 + 2 * a * b + b**2
    assert prove_equal(call("sign", square), Integer(1)).nonzero == (square,)
    assert prove_equal(call("step", square), Integer(1)).nonzero == (square,)
    assert prove_equal(call("sign", a**2 + b**2), Integer(1)).nonzero == (a**2 + b**2,)
    assert prove_equal(call("sign", square + 1), Integer(1)).nonzero == ()
    assert prove_equal(call("sign", call("exp", a) + b**2), Integer(1)).nonzero == ()
    assert prove_equal(call("sign", relu(a) + b**2) ** 2, Integer(1)).nonzero == (relu(a) + b**2,)


def test_what_the_statement_divides_by_or_takes_the_logarithm_of_is_not_zero() -> None:
    jump = call("sign", a) ** 2
    assert prove_equal(jump * b, b).nonzero == (a,)
    assert prove_equal(jump / a, 1 / a).nonzero == ()
    assert prove_equal(jump / (a * b), 1 / (a * b)).nonzero == ()
    assert prove_equal(jump / (a + b), 1 / (a + b)).nonzero == (a,)
    assert prove_equal(jump * call("log", a), call("log", a)).nonzero == ()
    assert prove_equal(jump * a**2, a**2).nonzero == (a,)
    assert prove_equal(jump / sqrt(a), 1 / sqrt(a)).nonzero == ()
    assert prove_equal(jump / (sqrt(a) + 1), 1 / (sqrt(a) + 1)).nonzero == (a,)
    for condition in (positive(a), negative(a), nonzero(a), nonzero(2 * a * b)):
        assert prove_equal(jump * b, b, None, [condition]).nonzero == ()
    for condition in (closure(positive(a)), closure(negative(a)), positive(b)):
        assert prove_equal(jump * b, b, None, [condition]).nonzero == (a,)


def test_a_number_is_no_exception() -> None:
    for value in (0, 2):
        assert prove_equal(call("sign", P) * b, value * b / 2, derivation(P=Integer(value))).nonzero == ()


def test_the_factors_that_make_up_a_sign() -> None:
    field = Field(derivation())
    minus, plus, zero = (sign_factors(field, field.element(u)) for u in (-2 * a**3 / b, a * b, S.Zero))
    assert (minus[0], plus[0], zero) == (-1, 1, (0, frozenset()))
    assert minus[1] == plus[1]
    assert len(plus[1]) == 2


def test_a_step_is_never_negative_but_jumps() -> None:
    assert prove_equal(sqrt(call("step", a)) ** 2 * b, call("step", a) * b).nonzero == (a,)


def test_exceptions_that_cannot_be_looked_into_are_all_kept() -> None:
    proper = (1 + R) ** 2, 1 + 2 * R + R**2
    exponentials = derivation(R=sqrt(call("exp", a / 2) + call("exp", a / 3)))  # two scales, not seen in proper
    assert prove_equal(*proper, exponentials).nonzero == ()
    assert prove_equal(proper[0] * call("sign", c) ** 2, proper[1], exponentials).nonzero == (c,)
    nowhere = derivation(P=b, R=sqrt(1 / (P - b)))
    assert prove_equal(proper[0] * sqrt(c**2) ** 2, proper[1] * c**2, nowhere).nonzero == (1 / (P - b),)
    ratio = 1 / (modulus(a) + a)
    assert prove_equal(call("sign", ratio), Integer(1)).nonzero == (ratio,)


def test_exceptions_where_a_divisor_depends_on_signs() -> None:
    ratio = modulus(a) / (modulus(a) + a)
    assert prove_equal(sqrt(c) ** 2 * ratio, c / 2).nonzero == (c,)
    assert prove_equal(sqrt(b**2 + 1) * ratio, sqrt(b**2 + 1) / 2).nonzero == ()

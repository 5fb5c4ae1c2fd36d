"""The weakest conditions that make a false equality true."""

import pytest
from sympy import Integer, Rational, S, Symbol

from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.truth.assumptions import (
    all_of,
    closure,
    equal,
    greater,
    has_property,
    negative,
    positive,
    tex,
    vanishing,
)
from symnet.truth.conditions import find_conditions
from symnet.truth.prove import prove_equal
from tests.truth.lecture import (
    C1,
    DEVIATION,
    HALF,
    ONE,
    S1,
    S2,
    A,
    B,
    a,
    b,
    batch,
    chain,
    derivation,
    eps,
    f,
    pair,
    single,
    w02,
    w1,
    w3,
    x,
    y,
    z2,
)


def texts(left, right, equations=None, parameters=()):
    findings = find_conditions(left, right, equations, parameters)
    for finding in findings:
        assert prove_equal(left, right, equations, [finding.condition]).proved
        assert finding.outcome.proved
        assert finding.witness is not None
    return [finding.condition.text for finding in findings]


@pytest.mark.parametrize(
    ("left", "right", "equations", "expected"),
    [
        (sqrt(a**2), a, None, ["a >= 0"]),
        (sqrt(a**2), -a, None, ["a <= 0"]),
        (sqrt(a**2) / a, ONE, None, ["a > 0"]),
        (DEVIATION, w1, single, ["w1 >= 0"]),
        (w1 * x / DEVIATION, x, single, ["w1 > 0"]),
        ((B - A) / (2 * DEVIATION), ONE, pair, ["B > A"]),
        ((A - B) / (2 * DEVIATION), ONE, pair, ["A > B"]),
        ((z2 - C1) / S1, ONE, chain, ["z2 > z1"]),
        (S2, product(HALF, w3, f(w02 + 1) - f(w02 - 1)), chain, ["w3*(-f(w02 - 1) + f(w02 + 1)) > 0"]),
        (call("abs", f(x + 1) - f(x - 1)), f(x + 1) - f(x - 1), None, ["f increasing"]),
        (call("abs", f(x + 1) - f(x - 1)), f(x - 1) - f(x + 1), None, ["f decreasing"]),
        (call("abs", a * b), a * b, None, ["a*b >= 0"]),
        (call("max", a, b), a, None, ["a >= b"]),
        (call("abs", a) + call("abs", b), a + b, None, ["a > 0 and b > 0"]),
        (f(-x), -f(x), None, ["f odd: f(-u) = -f(u)"]),
        (f(-x), f(x), None, ["f even: f(-u) = f(u)"]),
        (f(a + b), f(a) + f(b), None, ["f linear: f(u) = f(1)*u"]),
        (f(x, 1) * x, x, None, ["f the identity: f(u) = u"]),
        (sqrt(b**2 + eps), call("abs", b), None, ["eps = 0"]),
        (sqrt(b**2 + eps), b, None, ["eps = 0 and b >= 0"]),
    ],
)
def test_the_weakest_condition(left, right, equations, expected):
    assert texts(left, right, equations) == expected


def test_values_of_given_parameters():
    assert texts(a * x, (1 - a) * x, None, [a]) == ["a = 1/2"]
    assert texts(a * x + y, x + y, None, [a]) == ["a = 1"]
    assert texts(a * f(x), b * f(x), None, [a, b]) == ["a = b", "b = a"] or texts(a * f(x), b * f(x), None, [a, b]) == [
        "b = a"
    ]
    assert texts(a * x, (1 - a) * x) == []
    assert texts(a * f(-x), (a - 1) * f(x), None, [a]) == ["f odd: f(-u) = -f(u) and a = 1/2"]


def test_two_functions_are_odd_together() -> None:
    both = " and ".join(has_property(name, "odd").text for name in "fg")
    assert texts(f(-x) + call("g", -x), -f(x) - call("g", x)) == [both]


def test_three_signs_together() -> None:
    c = Symbol("c")
    assert texts(sum(call("abs", u) for u in (a, b, c)), a + b + c) == ["a > 0 and b > 0 and c > 0"]


def test_conditions_together_only_where_fewer_do_not_do() -> None:
    (found,) = texts((f(-x) + f(x)) * (sqrt(b**2 + eps) - b), S.Zero)  # not eps = 0 and b >= 0 too
    assert found.startswith(has_property("f", "odd").text)


@pytest.mark.parametrize(
    ("rhs", "said"), [(3 * (a - b) * x**2, "D >"), (-(a - b) * (x**2 + 1), "D <"), ((a - b) / (x**2 + 1), "D >")]
)
def test_signs_are_said_of_names(rhs, said):
    D = Symbol("D")
    (found,) = texts(call("abs", a - b) * D**2, (a - b) * D**2, derivation(D=rhs))
    assert found.startswith(said)


def test_nothing_is_found_for_what_is_simply_wrong():
    assert texts((1 + x) ** 2, 1 + 2 * x) == []
    assert texts(x, x + 1, None, [x]) == []
    equations, _, compact = batch(3)
    assert texts(compact[0], compact[1], equations) == []


def test_squares_of_normalized_values_need_eps_to_vanish():
    equations, normalized, _ = batch(3)
    assert texts(sum(h**2 for h in normalized), Integer(3), equations) == ["eps = 0"]


def test_conditions_as_text_and_tex():
    assert (positive(w1).text, positive(w1).latex) == ("w1 > 0", "w_{1} > 0")
    assert closure(negative(a)).latex == r"a \le 0"
    assert greater(f(a, 1), b).latex == "f'(a) > b"
    assert equal(a, HALF).latex == r"a = \frac{1}{2}"
    assert has_property("f", "odd").latex == "f(-u) = -f(u)"
    both = all_of(positive(a), equal(b, S.Zero))
    assert (both.text, both.latex) == ("a > 0 and b = 0", r"a > 0,\; b = 0")
    assert (both.signs, both.values) == (((a, 1),), ((b, S.Zero),))
    assert tex(sqrt(a) / call("abs", b)) == r"\frac{\sqrt{a}}{\left|b\right|}"


def test_where_an_expression_vanishes():
    assert vanishing(2 * a - b + 1, [b]).values == ((b, 2 * a + 1),)
    assert vanishing(3 * a, [b, a]).values == ((a, S.Zero),)
    assert vanishing(a * b, [a, b]) is None
    assert vanishing(a + f(a), [a]) is None
    assert vanishing(a / 2 + Rational(1, 3), [a]).text == "a = -2/3"

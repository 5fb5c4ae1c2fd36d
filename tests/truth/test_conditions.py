"""The weakest conditions that make a false equality true."""

from dataclasses import replace

import pytest
from sympy import Integer, Rational, S, Symbol, symbols

from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.truth import conditions as module
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
from symnet.truth.conditions import find_conditions, search_conditions
from symnet.truth.prove import Outcome, prove, prove_equal
from symnet.truth.statement import state
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

c, d, D, Q = symbols("c d D Q")
ZERO = Integer(0)
ROOT = sqrt(call("abs", b) - b - 2)
ODD, LINEAR, IDENTITY = (has_property("f", name).text for name in ("odd", "linear", "identity"))


def modulus(u):
    return call("abs", u)


def relu(u):
    return call("relu", u)


def exp(u):
    return call("exp", u)


def cdf(u):
    return call("normal_cdf", u)


def g(u):
    return call("g", u)


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


@pytest.mark.parametrize(
    ("left", "right", "equations", "expected"),
    [
        (modulus(a - b), b - a, None, "b >= a"),
        (modulus(a - 1), a - 1, None, "a >= 1"),
        (modulus(a - b - c), a - b - c, None, "a - b - c >= 0"),
        (modulus(a + b), -a - b, None, "-a - b >= 0"),
        (modulus(a * b), -a * b, None, "a*b <= 0"),
        (modulus(a * b * c), a * b * c, None, "a*b*c >= 0"),
        (modulus((a - b) * c), (b - a) * c, None, "c*(-a + b) >= 0"),
        (modulus(a * (b - c)), a * (c - b), None, "a*(-b + c) >= 0"),
        (modulus((a - b) * c * d), (b - a) * c * d, None, "c*d*(-a + b) >= 0"),
        (modulus(a * (b - c) * d), a * (c - b) * d, None, "a*d*(-b + c) >= 0"),
        (modulus((a - b) * (c - d)), (b - a) * (c - d), None, "(-a + b)*(c - d) >= 0"),
        (modulus(a + b) + modulus(c), a + b + c, None, "c > 0 and a + b > 0"),
        (modulus(f(x)), f(x), None, "f(x) > 0"),
        (modulus(f(x)), -f(x), None, "f(x) < 0"),
        (modulus(f(x) - f(y)), f(x) - f(y), None, "f(x) > f(y)"),
        (modulus(f(x) - f(y) - b), f(x) - f(y) - b, None, "-b + f(x) - f(y) >= 0"),
        (modulus(f(x + 1) - g(x - 1)), f(x + 1) - g(x - 1), None, "f(x + 1) > g(x - 1)"),
        (modulus(f(x + 1, 1) - f(x, 1)), f(x + 1, 1) - f(x, 1), None, "fprime(x + 1) > fprime(x)"),
        (modulus(cdf(x + 1) - cdf(x)), cdf(x) - cdf(x + 1), None, "normal_cdf(x) > normal_cdf(x + 1)"),
        (modulus(a) * D, a * D, derivation(D=3 * a), "a >= 0"),  # a is a name already
        (modulus(c - b) * D * Q, (c - b) * D * Q, derivation(D=exp(a), Q=exp(a / 2)), "c >= b"),
        # both roots are there where b <= -1 only, and then they are equal
        (modulus(a) + relu(-a) + modulus(b) + b + ROOT - sqrt(-2 * b - 2), modulus(a), None, "a > 0"),
        # where c > 0, d does not matter, and where c < 0, a and b do not
        (
            modulus(c),
            modulus(c) - (modulus(c) + c) * (relu(-a) + relu(-b)) - (modulus(c) - c) * relu(-d),
            None,
            "c < 0 and d > 0",
        ),
        (call("sign", a), ONE, None, "a > 0"),
        (a + Symbol("epsilon"), a, None, "epsilon = 0"),
        (f(-x) + sqrt(b**2 + eps), b - f(x), None, "f odd: f(-u) = -f(u) and eps = 0 and b >= 0"),
        (sum(h(-x) + h(x) for h in (f, g)) + eps, ZERO, None, f"{ODD} and g odd: g(-u) = -g(u) and eps = 0"),
        (f(a + b) - f(a) - f(b) + g(-x) + g(x), ZERO, None, f"g odd: g(-u) = -g(u) and {LINEAR}"),
    ],
)
def test_the_words_of_a_condition(left, right, equations, expected):
    (found,) = texts(left, right, equations)
    assert found.split(" and -2*b - 2 != 0")[0] == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((modulus(a) - a) * (modulus(b) - b), ZERO, {"a >= 0", "b >= 0"}),
        (f(-x) ** 2, f(x) ** 2, {"f even: f(-u) = f(u)", ODD}),
        ((f(-x) + f(x)) * (g(a + b) - g(a) - g(b)), ZERO, {ODD, "g linear: g(u) = g(1)*u"}),
        (f(-x) + modulus(a) + modulus(b), a + b - f(x), {f"{p} and a > 0 and b > 0" for p in (ODD, LINEAR, IDENTITY)}),
    ],
)
def test_every_condition_that_suffices_alone(left, right, expected):
    assert set(texts(left, right)) == expected


@pytest.mark.parametrize("u", [f(x), modulus(a) * modulus(b), relu(a) - relu(-a) + relu(b)])
def test_what_is_true_needs_no_condition(u):
    right = {modulus(a) * modulus(b): modulus(a * b), relu(a) - relu(-a) + relu(b): a + relu(b)}.get(u, u)
    assert find_conditions(u, right) == []


def test_four_conditions_are_too_many(monkeypatch):
    monkeypatch.setattr(module, "WEAKER", {"odd": ()})  # no other property is tried
    assert texts(sum(call(name, -x) + call(name, x) for name in "fg") + eps, ZERO) != []
    assert texts(sum(call(name, -x) + call(name, x) for name in "fgh") + eps, ZERO) == []


def test_two_values_are_a_point_and_no_condition():
    assert texts(a * x + b * y, x + y, None, [a, b]) == []


def test_a_value_is_tried_once():
    assert texts(x + eps, x, None, [eps]) == ["eps = 0"]


@pytest.mark.parametrize(("others", "said"), [(21, "D >= 0"), (22, "p >= q")])
def test_names_of_equations_are_compared_up_to_a_number(others, said):
    names = {"p": a, "q": b, "e0": exp(x)} | {f"e{k}": Symbol(f"e{k - 1}") for k in range(1, others)}
    equations = derivation(**names, D=(Symbol("p") - Symbol("q")) * Symbol(f"e{others - 1}"))
    (found,) = find_conditions(modulus(a - b) * D, (a - b) * D, equations)
    assert found.condition.text == said


def test_arguments_are_looked_at_together_up_to_a_number(monkeypatch):
    monkeypatch.setattr(module, "ARGUMENTS", 2)
    assert texts(modulus(a * b), a * b) == ["a*b >= 0"]
    assert texts(modulus(a * b * c), a * b * c) == []


def test_a_known_outcome_is_not_found_out_again():
    assert search_conditions(state(modulus(a), a), Outcome("undecided", "", 0.0)) == []


def test_without_time_nothing_is_found(monkeypatch):
    monkeypatch.setattr(module, "now", lambda: 100.0)
    assert find_conditions(modulus(a), a, seconds=-1) == []
    assert search_conditions(state(modulus(a), a), prove_equal(modulus(a), a), seconds=-1) == []


def test_a_sign_is_reported_only_when_it_is_proved_to_suffice(monkeypatch):
    def unsure(statement, assumptions, seconds):
        outcome = prove(statement, assumptions, seconds)
        return replace(outcome, kind="undecided") if positive(b) in assumptions else outcome

    monkeypatch.setattr(module, "prove", unsure)
    assert texts((modulus(a) - a) * (modulus(b) - b), ZERO) == ["a >= 0"]
    assert texts(modulus(b), b) == []
    assert texts(f(-x) + f(x) + modulus(b), b) == []


def test_a_witness_breaks_the_last_condition_where_all_else_holds():
    (found,) = find_conditions(sqrt(b**2 + eps), b)
    assert found.witness.values == {"b": "-1", "eps": "0"}
    (found,) = find_conditions(a * f(-x), (1 - a) * f(x), parameters=[a])
    assert found.condition.text == "f even: f(-u) = f(u) and a = 1/2"
    assert found.witness.functions == {"f": "u**2"}
    (found,) = find_conditions(call("sign", a), ONE)
    assert found.witness.values == {"a": "-1"}  # and not 0
    (found,) = search_conditions(state(modulus(a) * x, a * x), assumptions=[negative(x)])
    assert found.witness.values == {"a": "-1", "x": "-1"}


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

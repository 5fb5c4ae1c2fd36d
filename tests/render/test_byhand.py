import pytest
from sympy import Rational

from symnet.equations import Equation
from symnet.errors import DegenerateError
from symnet.expressions import product
from symnet.operations import call
from symnet.render.byhand import by_hand, by_hand_steps
from symnet.sums import Sum
from tests.render.examples import (
    BATCH,
    DL_DW2,
    LECTURE_8,
    NAMING,
    A,
    B,
    C,
    S,
    i,
    m,
    over_i,
    w01,
    w02,
    w1,
    w2,
    w3,
    w4,
    x,
    z,
)


def test_a_gradient_of_the_lecture():
    assert by_hand(DL_DW2, {w2: 0, w02: 0}, NAMING) == (
        r"\frac{\partial L_1}{\partial w_2} = 2(w_2 + w_{02} - 3) + 4(2w_2 + w_{02} - 2) + 6(3w_2 + w_{02} - 1)"
        r" = 2(0 + 0 - 3) + 4(2 \cdot 0 + 0 - 2) + 6(3 \cdot 0 + 0 - 1) = -20"
    )


@pytest.mark.parametrize(
    ("rhs", "values", "numbers", "value"),
    [
        (w1 * x + w01, {w1: 2, x: -1, w01: -3}, r"2 \cdot (-1) + (-3)", "-5"),
        (w01 - w1, {w1: -1, w01: -2}, "-(-1) + (-2)", "-1"),
        (A - C, {A: w1 + w2, C: 3}, "(w_1 + w_2) - 3", "w_1 + w_2 - 3"),
        (A - C, {A: -1, C: -2}, "-1 - (-2)", "1"),
        (x**2, {x: -3}, "(-3)^2", "9"),
        (x**2, {x: Rational(2, 3)}, r"\left(\frac{2}{3}\right)^2", r"\frac{4}{9}"),
        (2 * x, {x: Rational(1, 2)}, r"2 \cdot \frac{1}{2}", "1"),
        (w1 * x, {w1: A + B, x: 3}, r"(A + B) \cdot 3", "3(A + B)"),
        (product(2, A - C), {A: 1, C: 3}, "2(1 - 3)", "-4"),
        ((A - C) / S, {A: 1, C: -1, S: 4}, r"\frac{1 - (-1)}{4}", r"\frac{1}{2}"),
        (call("relu", w1 * x), {w1: -2, x: 1}, r"\operatorname{ReLU}((-2) \cdot 1)", "0"),
    ],
)
def test_numbers_put_in(rhs, values, numbers, value):
    steps = by_hand_steps(Equation("G", rhs=rhs), values, NAMING)
    assert steps[2:] == [numbers, value]


def test_abstract_functions_and_missing_names_stay():
    assert by_hand_steps(LECTURE_8["A"], {w1: 1, w01: 0, w2: 0, w02: -2, w3: -3, w4: 5}, NAMING)[2:] == [
        r"f(-1 + 0) \cdot (-3) + f(-0 + (-2)) \cdot 5",
        "5f(-2) - 3f(-1)",
    ]
    assert by_hand(Equation("G", rhs=w1 * x + w01), {x: 1}, NAMING) == (
        r"G = w_1 x + w_{01} = w_1 \cdot 1 + w_{01} = w_1 + w_{01}"
    )


def test_sums_are_written_out():
    mean = Equation("C", rhs=Sum(z[i], over_i.limits) / m)
    assert by_hand(mean, {m: 2, z[1]: -1, z[2]: 3}, BATCH) == (
        r"C = \frac{1}{m} \sum_{i=1}^{m} z_i = \frac{-1 + 3}{2} = 1"
    )


def test_roots_are_taken_where_they_are_rational():
    assert by_hand_steps(LECTURE_8["S"], {A: 1, B: -3, C: -1}, NAMING)[-2:] == [
        r"\sqrt{\frac{(1 - (-1))^2 + (-3 - (-1))^2}{2}}",
        "2",
    ]
    assert by_hand_steps(LECTURE_8["S"], {A: 1, B: 0, C: 0}, NAMING)[-1] == r"\sqrt{\frac{1}{2}}"


def test_a_step_that_says_nothing_new_is_left_out():
    assert by_hand(Equation("G", rhs=w1 + w2), {}, NAMING) == "G = w_1 + w_2"
    assert by_hand(Equation("G", rhs=x), {x: 2}, NAMING) == "G = x = 2"


def test_division_by_zero_is_refused():
    with pytest.raises(DegenerateError, match="G divides by zero"):
        by_hand(Equation("G", rhs=(A - C) / S), {A: 1, C: 1, S: 0}, NAMING)

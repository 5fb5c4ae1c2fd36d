"""The regions in which signs of arguments divide a statement, with both sides as they are there."""

import pytest
from sympy import Expr, IndexedBase, Integer, S, Symbol, symbols

from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.operations import call
from symnet.sums import Sum
from symnet.truth.argument_signs import argument_signs
from symnet.truth.every_size import instances

m = size("m")
i, j = symbols("i j", integer=True)
w, b = symbols("w b")
x, y = IndexedBase("x"), IndexedBase("y")
OBJECT = index("i", m)
DATA = Derivation(
    (Equation("F", (OBJECT,), rhs=call("relu", w * x[i])),),
    (Variable("x", (OBJECT,)), Variable("y", (OBJECT,))),
    (Variable("w"), Variable("b")),
)
F = IndexedBase("F")


def regions(left: Expr, right: Expr = S.Zero) -> list[tuple[str, str, str]]:
    return [(condition.text, str(one), str(other)) for condition, one, other in argument_signs(left, right, DATA)]


def texts(left: Expr, right: Expr = S.Zero) -> list[str]:
    return [text for text, _, _ in regions(left, right)]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (
            call("abs", w * x[i]),
            x[i],
            [("w*x[i] >= 0 for every i", "w*x[i]", "x[i]"), ("w*x[i] <= 0 for every i", "-w*x[i]", "x[i]")],
        ),
        (
            call("max", x[i], y[i]),
            call("exp", x[i]),
            [
                ("x[i] >= y[i] for every i", "x[i]", "exp(x[i])"),
                ("y[i] >= x[i] for every i", "y[i]", "exp(x[i])"),
            ],
        ),
        (call("relu", w - b), b, [("b >= w", "0", "b"), ("w >= b", "-b + w", "b")]),
        (call("step", x[i]), w, [("x[i] > 0 for every i", "1", "w"), ("x[i] < 0 for every i", "0", "w")]),
        (
            call("abs", x[i]) * call("exp", x[i]),
            w,
            [
                ("x[i] >= 0 for every i", "x[i]*exp(x[i])", "w"),
                ("x[i] <= 0 for every i", "-x[i]*exp(x[i])", "w"),
            ],
        ),
        (  # the same argument with another letter, and its opposite
            Sum(call("abs", x[j] - y[j]), (j, 1, m)),
            call("sign", y[i] - x[i]),
            [
                ("x[j] > y[j] for every j", "Sum(x[j] - y[j], (j, 1, m))", "-1"),
                ("y[j] > x[j] for every j", "Sum(-(x[j] - y[j]), (j, 1, m))", "1"),
            ],
        ),
        (call("abs", IndexedBase("z")[Symbol("k", integer=True)]), w, []),  # nobody says how many z there are
        (call("sigmoid", x[i]), call("sqrt", x[i]), []),
    ],
)
def test_one_argument(left: Expr, right: Expr, expected: list[tuple[str, str, str]]) -> None:
    assert regions(left, right) == expected


def test_arguments_of_arguments() -> None:
    found = {text: left for text, left, _ in regions(call("abs", F[i] - y[i]))}
    assert found["F[i] >= y[i] for every i and w*x[i] >= 0 for every i"] == "w*x[i] - y[i]"
    assert found["F[i] >= y[i] for every i and w*x[i] <= 0 for every i"] == "-y[i]"
    assert found["y[i] >= F[i] for every i and w*x[i] <= 0 for every i"] == "y[i]"
    assert found["F[i] >= y[i] for every i"] == "w*(sign(w*x[i]) + 1)*x[i]/2 - y[i]"
    assert found["w*x[i] >= 0 for every i"] == "(w*x[i] - y[i])*sign(w*x[i] - y[i])"


def test_two_arguments_at_once_after_one() -> None:
    assert texts(call("abs", w) + call("relu", b)) == [
        "w >= 0", "w <= 0", "b >= 0", "b <= 0",
        "w >= 0 and b >= 0", "w >= 0 and b <= 0", "w <= 0 and b >= 0", "w <= 0 and b <= 0",
    ]  # fmt: skip
    three = texts(call("abs", w) + call("relu", b) + call("abs", x[i]))
    assert (len(three), max(text.count(" and ") for text in three)) == (18, 1)


def test_places_of_several_indices() -> None:
    (condition, *_), *_ = argument_signs(call("abs", x[i] * y[j]), Symbol("u"), DATA)
    assert condition.text == "x[i]*y[j] >= 0 for every i, j"
    assert condition.latex == r"{x}_{i} {y}_{j} \ge 0 \text{ for every } i, j"
    ((u, sign),) = condition.signs
    assert (sign, condition.closed) == (1, (u,))
    assert u.subs({k: 1 for k in u.free_symbols if k.is_integer}) == x[1] * y[1]
    swapped = regions(call("abs", x[i] * y[j]) - call("abs", x[j] * y[i]))
    assert [left for _, left, _ in swapped] == ["x[i]*y[j] - x[j]*y[i]", "-x[i]*y[j] + x[j]*y[i]"]


def test_an_argument_that_is_not_zero() -> None:
    def apart(left: Expr, right: Expr) -> list[tuple[str, str, str]]:
        found = argument_signs(left, right, DATA, (None,))
        return [(condition.text, str(one), str(other)) for condition, one, other in found]

    assert apart(call("step", -x[i]), 1 - call("step", x[i])) == [
        ("x[i] != 0 for every i", "(1 - sign(x[i]))/2", "1 - (sign(x[i]) + 1)/2")
    ]
    assert apart(call("sign", 1 - x[i]) ** 3, w) == [("x[i] != 1 for every i", "-sign(x[i] - 1)", "w")]
    assert apart(call("sign", w - b) ** 4, call("sign", b)) == [
        ("w != b", "1", "sign(b)"),
        ("b != 0", "sign(-b + w)**4", "sign(b)"),
        ("w != b and b != 0", "1", "sign(b)"),
    ]
    (condition, *_), *_ = argument_signs(call("sign", x[i]), w, DATA, (None,))
    ((u,), closed) = condition.nonzero, condition.closed
    assert (condition.latex, condition.signs, closed) == (r"{x}_{i} \ne 0 \text{ for every } i", (), ())
    assert u.indices[0].name.startswith("_each")
    one = next(instances(Sum(x[i], (i, 1, m)), w, DATA, {m: Integer(2)}))
    assert one.assume([condition])[0].nonzero == (x[1], x[2])

"""Programs cost what their equations have in operations, and errors say what is undefined, where and why."""

from fractions import Fraction
from typing import Any

import pytest
from sympy import Expr, Integer, Mul, Rational, S, Symbol

from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import DegenerateError, SymnetError
from symnet.operations import Call, call, sqrt
from symnet.truth.arithmetic import Arithmetic, Program, Undefined, degenerate, fold
from symnet.truth.enclosure import Balls, enclose
from symnet.truth.evaluate import evaluate
from symnet.truth.exactly import Exactly

A, B, C, D, Z = map(Symbol, "abcdz")


class Counted:
    """A rational number that notes the operations on it."""

    def __init__(self, value: Fraction, done: list[str]) -> None:
        self.value, self.done = value, done

    def _result(self, name: str, value: Fraction) -> "Counted":
        self.done.append(name)
        return Counted(value, self.done)

    def __add__(self, other: "Counted") -> "Counted":
        return self._result("+", self.value + other.value)

    def __sub__(self, other: "Counted") -> "Counted":
        return self._result("-", self.value - other.value)

    def __mul__(self, other: "Counted") -> "Counted":
        return self._result("*", self.value * other.value)


class Counting(Arithmetic[Counted]):
    def __init__(self) -> None:
        self.done: list[str] = []

    def number(self, value: Rational) -> Counted:
        return Counted(Fraction(int(value.p), int(value.q)), self.done)

    def invert(self, value: Counted) -> Counted:
        return value._result("/", 1 / value.value)

    def apply(self, node: Call, args: Any) -> Counted:
        return args[0]._result(node.function, args[0].value ** 2)


@pytest.mark.parametrize(
    ("expressions", "operations"),
    [
        ([A * B], "*"),
        ([2 * A * B], "**"),
        ([-A * B], "**"),
        ([A - B], "-"),
        ([-A + B - C], "--"),
        ([-A - B], "+*"),
        ([A + B - C - D], "+--"),
        ([Mul(-2, -A - B, -C - D, evaluate=False)], "++***"),
        ([(-A - B) ** 2], "+*"),
        ([(-A - B) ** 3], "+***"),
        ([A**8], "***"),
        ([A**7], "****"),
        ([A**-3], "/**"),
        ([1 / A, B / A, C * A**-2], "/***"),
        ([A * B + C, (A * B + C) ** 2], "*+*"),
        ([A**2, Symbol("s0") * A, A**3], "**"),
        ([Z**2, Symbol("s0") * Z, Z**3], "**"),  # in whatever order the factors are
        ([Z**2, Symbol("s0") + Z, Z**2 + Z], "*+"),
        ([A + B, A - B, B - A], "+--"),
        ([call("f", A), call("f", A) * B], "f*"),
        ([call("f", -A)], "*f"),
        ([call("f", Integer(0))], "f"),
        ([Integer(1) * A, Integer(3)], ""),
    ],
)
def test_the_operations_of_equations(expressions: list[Expr], operations: str) -> None:
    arithmetic = Counting()
    point = {name: arithmetic.number(Rational(k, 7)) for k, name in enumerate("abcdz", 2)}
    program = Program([Equation(f"s{k}", rhs=e) for k, e in enumerate(expressions)])
    results = program.run(point, arithmetic)
    assert sorted(arithmetic.done) == sorted(operations)
    values = {Symbol(name): Rational(number.value) for name, number in point.items()}
    for k, e in enumerate(expressions):
        expected = e.xreplace({Symbol("s0"): expressions[0]}).replace(
            lambda n: isinstance(n, Call), lambda n: n.args[0] ** 2
        )
        assert results[f"s{k}"].value == Fraction(str(expected.xreplace(values)))


def test_a_place_is_used_again_once_its_value_is_needed_no_more() -> None:
    chain: Expr = A
    for k in range(20):
        chain = (chain + B) ** 2 * Rational(1, k + 2)
    assert Program([Equation("s", rhs=chain)]).places <= 2 + 20 + 2
    kept = Program([Equation(f"s{k}", rhs=(A + k) ** 2) for k in range(5)])
    assert kept.places <= 1 + 5 + 5  # a, five numbers less 0, five results


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"s": A / B}, "b = 0 at b = 0, and the equation s divides by it"),
        ({"r": A - 1, "s": B / Symbol("r")}, "r = 0 at a = 1, and the equation s divides by it"),
        ({"r": A + B, "s": call("log", Symbol("r") - 1)}, "log(r - 1) is undefined at a = 1, b = 0 in the equation s"),
        ({"s": A + S.ComplexInfinity}, "0 = 0, and the equation s divides by it"),
        ({"s": S.NaN}, "0 = 0, and the equation s divides by it"),
        ({"s": call("tanh", A / B)}, "b = 0 at b = 0, and the equation s divides by it"),
        ({"s": A + 1, "t": A * B, "u": 1 / Symbol("t")}, "t = 0 at a = 1, b = 0, and the equation u divides by it"),
    ],
)
def test_what_is_undefined_where_and_why(rows: dict[str, Expr], message: str) -> None:
    equations = tuple(Equation(name, rhs=rhs) for name, rhs in rows.items())
    derivation = Derivation(equations, (), (Variable("a"), Variable("b"), Variable("c")))
    with pytest.raises(DegenerateError) as caught:
        evaluate(derivation, {"a": 1, "b": 0, "c": 5})
    assert str(caught.value) == message


def test_without_an_equation_or_a_point() -> None:
    with pytest.raises(DegenerateError, match=r"^a = 0, and it is a divisor$"):
        enclose(1 / A, {"a": 0})
    with pytest.raises(DegenerateError, match=r"^log\(a\) is undefined$"):
        enclose(call("log", A), {"a": 0})


@pytest.mark.parametrize(("number", "more"), [(8, ""), (9, ", …")])
def test_a_point_is_given_by_eight_names_at_most(number: int, more: str) -> None:
    names = [f"x{k}" for k in range(number)]
    total = sum(map(Symbol, names), Integer(0))
    derivation = Derivation((Equation("s", rhs=1 / total),), (), tuple(map(Variable, (*names, "y"))))
    with pytest.raises(DegenerateError) as caught:
        evaluate(derivation, {**dict.fromkeys(names, 0), "y": 3})
    values = ", ".join(f"{name} = 0" for name in names[:8])
    assert str(caught.value) == f"{total} = 0 at {values}{more}, and the equation s divides by it"


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (sum((Symbol(f"x{k}") for k in range(18)), Integer(0)), None),
        (sum((Symbol(f"x{k}") for k in range(19)), Integer(0)), "an expression"),
        (sqrt(sum((Symbol(f"x{k}") for k in range(17)), Integer(0))), None),
        (sqrt(sum((Symbol(f"x{k}") for k in range(18)), Integer(0))), "sqrt(…)"),
    ],
)
def test_a_large_node_is_told_by_its_operation(node: Expr, text: str | None) -> None:
    error = degenerate(Derivation(()), {}, Undefined(node, "zero"))
    assert str(error) == f"{text or node} = 0, and it is a divisor"


ALIKE = ": all objects give the same input, so the normalized value is undefined"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ({"S": sqrt((A - B) ** 2 / 2 + (A - C) ** 2)}, ALIKE),
        ({"S": sqrt(2 * ((A - B) ** 2 + (A - C) ** 2) / 3)}, ALIKE),
        ({"V": (A - B) ** 2 + (A - C) ** 2, "S": sqrt(Symbol("V") / 2)}, ALIKE),
        ({"V": (A - B) ** 2 + (A - C) ** 4, "S": sqrt(Symbol("V"))}, ALIKE),
        ({"V": (A - B) ** 2 + (A - C) ** 2, "S": sqrt(-Symbol("V"))}, None),
        ({"S": sqrt((A - B) ** 2 - (A - C) ** 2)}, None),
        ({"S": sqrt((A - B) ** 2 + A - C)}, None),
        ({"S": sqrt((A - B) ** 3)}, None),
        ({"S": (A - B) ** 2}, None),
        ({"S": call("abs", (A - B) ** 2)}, None),
    ],
)
def test_a_deviation_is_the_root_of_squares(rows: dict[str, Expr], reason: str | None) -> None:
    rows = {**rows, "h": A / Symbol("S")}
    derivation = Derivation(tuple(Equation(n, rhs=r) for n, r in rows.items()), (), tuple(map(Variable, "abc")))
    with pytest.raises(DegenerateError) as caught:
        evaluate(derivation, {"a": 1, "b": 1, "c": 1})
    where = "a = 1, b = 1, c = 1" if any(C in r.free_symbols for r in rows.values()) else "a = 1, b = 1"
    assert str(caught.value) == f"S = 0 at {where}{reason or ', and the equation h divides by it'}"


def test_what_is_no_scalar_equation() -> None:
    with pytest.raises(SymnetError, match=r"^z has indices: instantiate the derivation before evaluating it$"):
        Program([Equation("z", (index("i", size("m")),), rhs=A)])
    with pytest.raises(SymnetError, match=r"^a\*\*b is not a scalar operation: instantiate the derivation before"):
        Program([Equation("s", rhs=A**B)])
    derivation = Derivation((Equation("s", rhs=A + 1), Equation("t", rhs=Symbol("s") ** 2)), (), (Variable("a"),))
    with pytest.raises(SymnetError, match=r"^'s' is not a parameter or input, so it cannot be given a value$"):
        evaluate(derivation, {"a": 1, "s": 2})
    with pytest.raises(SymnetError, match=r"^no value is given for b$"):
        fold(A + B, {"a": arithmetic_of(1)}, Exactly())


def arithmetic_of(value: int) -> Any:
    return Exactly().number(value)


def test_a_definition_names_the_call_that_is_undefined() -> None:
    with pytest.raises(DegenerateError, match=r"^log\(a - 1\) is undefined at a = 1 in the equation s$"):
        evaluate(Derivation((Equation("s", rhs=call("log", A - 1)),), (), (Variable("a"),)), {"a": 1})
    assert fold(call("sigmoid", A), {"a": Balls(None).number(Integer(0))}, Balls(None)) == 0.5

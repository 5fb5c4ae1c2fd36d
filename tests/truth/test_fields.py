"""One derivation evaluated in every field: towers, rationals, balls, and modulo primes."""

from fractions import Fraction

import pytest
from flint import ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable
from symnet.errors import DegenerateError, SymnetError
from symnet.operations import call, sqrt
from symnet.truth.arithmetic import Program, Undefined
from symnet.truth.enclosure import Balls
from symnet.truth.evaluate import evaluate
from tests.truth.test_enclosure import concrete_chain

A, B, S = Symbol("a"), Symbol("b"), Symbol("S")
fractions = st.fractions(min_value=-3, max_value=3, max_denominator=5)


def equations(**rows: Expr) -> Derivation:
    return Derivation(tuple(Equation(n, rhs=r) for n, r in rows.items()), (), (Variable("a"), Variable("b")))


@settings(max_examples=40, deadline=None)
@given(fractions, fractions)
def test_rational_values_are_the_same_in_every_field(a: Fraction, b: Fraction) -> None:
    r = Symbol("r")
    derivation = equations(r=(A - B / 2) / (1 + A**2), s=(3 - 2 * A * B) ** 3 / (2 + B**2) ** 2 - r**2, t=-A + -B)
    point, prime = {"a": a, "b": b}, 10**9 + 7
    exact = evaluate(derivation, point)
    rational = evaluate(derivation, point, field="rational")
    balls = evaluate(derivation, point, field="ball", digits=40)
    modulo = evaluate(derivation, point, field=prime)
    for name, value in exact.items():
        assert value.exact is not None
        q = value.exact.as_fraction()
        assert rational[name].exact == value.exact
        with ctx.workprec(300):
            assert balls[name].ball(40).contains(fmpq(q.numerator, q.denominator))
        assert int(modulo[name].text) == q.numerator * pow(q.denominator, -1, prime) % prime


@pytest.mark.parametrize("digits", [5, 50, 200])
def test_balls_have_the_digits_asked_for(digits: int) -> None:
    derivation = concrete_chain("tanh", 3)
    point = {v.name: Fraction(k + 1, k + 2) for k, v in enumerate(derivation.parameters)}
    names = ["L", "dL_da", "dL_db"]
    values, more = (evaluate(derivation, point, names, n, field="ball") for n in (digits, 2 * digits + 10))
    for name in names:
        assert digits <= len(values[name].text.lstrip("-0.").replace(".", "")) <= digits + 6
        assert values[name].ball(digits).overlaps(more[name].ball(2 * digits + 10))
        assert values[name].radius is not None
        assert values[name].ball(3 * digits).rel_accuracy_bits() > 9 * digits  # more are computed when asked for


def test_an_identity_of_a_normalized_network_holds_modulo_primes() -> None:
    """sum_i dL/dz_i = 0 through a normalization, with roots that most primes lack."""
    z = [Symbol(f"z{k}") for k in range(3)]
    mean = sum(z[1:], z[0]) / 3
    rows = {"C": mean, "S": sqrt(sum(((u - Symbol("C")) ** 2 for u in z), Symbol("a")) / 3)}
    rows["L"] = sum((k * (u - Symbol("C")) / S for k, u in enumerate(z)), Integer(0)) ** 2
    parameters = tuple(map(Variable, ("z0", "z1", "z2", "a")))
    derivation = gradient(Derivation(tuple(Equation(n, rhs=r) for n, r in rows.items()), (), parameters), "L")
    total = sum((Symbol(f"dL_dz{k}") for k in range(3)), Integer(0))
    derivation = derivation.extend((Equation("total", rhs=total), Equation("V", rhs=S**2)))
    lengths = set()
    for prime in (101, 103, 107, 109, 2**61 - 1):
        values = evaluate(derivation, {"z0": 1, "z1": 3, "z2": Fraction(1, 2), "a": 2}, field=prime)
        assert values["total"].text == "0"
        assert values["L"].text != "0"
        assert values["V"].text == str(33 * pow(18, -1, prime) % prime)  # (11/6 + 3.6666…) by hand: 33/18
        lengths.add(len(values["S"].element.to_list()))
    assert lengths == {1, 2}


def test_a_field_grows_with_the_depth_of_its_roots() -> None:
    derivation = equations(r=sqrt(A), s=sqrt(B + Symbol("r")), t=Symbol("s") ** 2 - Symbol("r"))
    values = evaluate(derivation, {"a": 2, "b": 1}, field=101)  # 2 is no square modulo 101
    assert values["t"].text == "1"
    assert str(values["r"].element ** 2) == "2"
    assert values["s"].prime == 101
    assert values["s"].modulus.startswith("x^")
    assert str(values["t"]) == "1"


def test_the_root_modulo_a_prime_is_the_smaller_one() -> None:
    roots = [evaluate(equations(r=sqrt(A)), {"a": k * k}, field=10**6 + 3)["r"].text for k in range(1, 50)]
    assert roots == [str(k) for k in range(1, 50)]


@pytest.mark.parametrize(
    ("rhs", "field", "message"),
    [
        (sqrt(A), "rational", r"^sqrt\(a\) at a = 2 is not rational"),
        (call("exp", A), "rational", r"^exp\(a\) at a = 2 is not rational"),
        (sqrt(-A), "rational", r"^sqrt\(-a\) is undefined at a = 2"),
        (1 / (A - 2), "rational", "^a - 2 = 0 at a = 2"),
        (1 / (A - 9), 7, r"^a - 9 = 0 at a = 2 \(mod 7\)"),
        (A / 7, 7, "^1/7 has no value modulo 7"),
        (call("tanh", A), 7, "^tanh has no meaning modulo 7"),
        (call("relu", A), 7, "^relu has no meaning modulo 7"),
        (A, 15, "^15 is not a prime"),
        (A, -7, "^-7 is not a prime"),
        (A, "real", "^there is no field 'real'"),
        (call("f", A), "ball", "^f is abstract"),
        (call("f", A), "rational", "^f is abstract"),
        (call("f", A), 7, "^f has no meaning modulo 7"),
        (A * B, "ball", "^no value is given for b"),
        (A * B, 7, "^no value is given for b"),
    ],
)
def test_what_a_field_does_not_have_is_said(rhs: Expr, field: str | int, message: str) -> None:
    with pytest.raises(SymnetError, match=message):
        evaluate(equations(s=rhs), {"a": 2}, field=field)  # type: ignore[call-overload]


def test_irrational_points_and_no_digits_are_refused() -> None:
    root = evaluate(equations(s=sqrt(A)), {"a": 2})["s"]
    for field in ("rational", 7):
        with pytest.raises(SymnetError, match=r"^a = sqrt\(2\) is not rational"):
            evaluate(equations(s=A), {"a": root}, field=field)  # type: ignore[call-overload]
    assert evaluate(equations(s=A**2), {"a": root}, field="ball")["s"].ball(30).contains(2)
    with pytest.raises(SymnetError, match=r"^0 is not a number of digits"):
        evaluate(equations(s=A), {"a": 2}, digits=0)


# Programs


def test_a_program_computes_each_distinct_operation_once_in_few_places() -> None:
    rows = [Equation("s0", rhs=A + B)]
    for k in range(60):
        rows.append(Equation(f"s{k + 1}", rhs=Symbol(f"s{k}") * A - B * (A + B)))
    last = Program([Equation(e.name, rhs=e.rhs) for e in rows])
    assert last.length <= 2 + 60 * 2 + 3  # a, b; a product and a difference each; a + b and b (a + b)
    chain = Equation("t", rhs=rows[-1].rhs.subs(Symbol("s59"), (A * B + 1) ** 64))
    assert Program([chain]).places <= 10


def test_ones_and_signs_of_a_program() -> None:
    one = {"c": Integer(1), "d": Integer(1)}
    c, d = Symbol("c"), Symbol("d")
    rows = {
        **one,
        "p": c * d,
        "q": -c * d,
        "r": -A - B,
        "s": -((-A) ** 3),
        "t": (-A) ** 2 * -1,
        "u": Rational(-2, 3) * A,
    }
    rows |= {"v": call("abs", -A), "w": A**-3, "x": (-A) ** -1}
    values = {n: v.text for n, v in evaluate(equations(**rows), {"a": 2, "b": 3}).items()}
    expected = {"c": "1", "d": "1", "p": "1", "q": "-1", "r": "-5", "s": "8", "t": "-4", "u": "-4/3"}
    assert values == expected | {"v": "2", "w": "1/8", "x": "-1/2"}


def test_what_is_undefined_names_its_equation() -> None:
    derivation = equations(r=A + 1, s=1 / Symbol("r"), t=1 / (Symbol("s") - 1), u=1 / Symbol("s"))
    with pytest.raises(Undefined) as caught:
        Program(derivation.equations).run({"a": Balls(None).number(Integer(0))}, Balls(None))
    assert caught.value.equation == derivation["t"]
    with pytest.raises(DegenerateError, match=r"^r = 0 at a = -1, and the equation s divides by it"):
        evaluate(derivation, {"a": -1})

"""Values of parameters and sizes under which a false statement of symbolic size is true, and what is none."""

from collections.abc import Iterator

import pytest
from sympy import Expr, IndexedBase, Integer, S, symbols

from symnet.equations import Derivation, Equation, Index, Variable, index, size
from symnet.operations import SELU_SCALE, call, sqrt
from symnet.sums import Sum
from symnet.truth import size_conditions
from symnet.truth.argument_signs import argument_signs
from symnet.truth.assumptions import negative, positive
from symnet.truth.prove import Outcome
from symnet.truth.size_conditions import search_values
from symnet.truth.verdict import decide

m, n = size("m"), size("n")
i, j, k = symbols("i j k", integer=True)
b, c, d, eps, w = symbols("b c d eps w")
x, z = IndexedBase("x"), IndexedBase("z")
DATA = Derivation((), (Variable("x", (index("i", m),)),))
CUBE = Derivation((), (Variable("x", (index("i", m), index("j", n), index("k", n))),))
TABLE = Derivation((), (Variable("z", (index("i", m), index("k", n))),))


def over(body: Expr, upper: Expr = m) -> Expr:
    return Sum(body, (i, 1, upper))


def f(u: Expr, order: int = 0) -> Expr:
    return call("f", u, order=order)


def modulus(u: Expr) -> Expr:
    return call("abs", u)


@pytest.mark.parametrize(
    ("left", "right", "condition"),
    [
        (over(x[i]), over(x[i]) + eps, "eps = 0"),
        (over(c * x[i]), over((1 - c) * x[i]), "c = 1/2"),
        (over(c * x[i]), over(d * x[i]), "d = c"),
        (over(c), over(c, n), "n = m"),
        (over(x[i]) / over(x[i], n), S.One, "n = m"),  # no size is left
        (over(x[i]), x[1] + x[2], "m = 2"),
        (over(c * x[i]), over(x[i]) * 2 / m, "c = 1 and m = 2"),
        (over(c * x[i]), S.Zero, "c = 0"),
        (S.Zero, over(c * x[i]), "c = 0"),
    ],
)
def test_the_first_condition_that_suffices(left: Expr, right: Expr, condition: str) -> None:
    found = search_values(left, right, parameters=[c, d])
    assert found is not None
    assert (found[0].text, found[1].proved) == (condition, True)


@pytest.mark.parametrize(
    ("left", "right", "condition"),
    [
        (f(-x[i]), -f(x[i]), "odd"),
        (f(-x[i], 1), f(x[i], 1), "odd"),
        (f(-x[i], 2), -f(x[i], 2), "odd"),
        (f(-x[i]), f(x[i]), "even"),
        (f(-x[i], 1), -f(x[i], 1), "even"),
        (f(c - x[i]) * x[i], f(x[i] - c) * x[i], "even"),
        (f(c * x[i]), c * f(x[i]), "linear"),
        (f(2 * x[i], 1), f(c, 1), "linear"),
        (f(x[i], 2) + c, c, "linear"),
        (f(x[i], 3) + c, c, "linear"),
        (f(x[i]), x[i], "the identity"),
        (f(x[i], 1) + x[i], 1 + x[i], "the identity"),
        (f(S.One) * x[i], x[i], "the identity"),
    ],
)
def test_a_property_of_a_function(left: Expr, right: Expr, condition: str) -> None:
    found = search_values(over(left), over(right))
    assert found is not None
    assert (found[0].text.split(":")[0], found[1].proved) == (f"f {condition}", True)


@pytest.mark.parametrize(
    ("left", "right", "derivation", "condition"),
    [
        (modulus(c * x[i]), c * modulus(x[i]), None, "c >= 0"),
        (modulus(c * x[i]), -c * modulus(x[i]), None, "c <= 0"),
        (modulus(c) * x[i] / c, x[i], None, "c > 0"),
        (modulus(b) * x[i], b * x[i], Derivation((Equation("b", rhs=c**3),)), "c >= 0"),
        (sqrt(c**2 * x[i] ** 2 + eps), c * modulus(x[i]), None, "eps = 0 and c >= 0"),
        (sqrt(c**2 * x[i] ** 2 + d), c * modulus(x[i]), None, "d = 0 and c >= 0"),
        (modulus(x[i]), x[i], DATA, "x[i] >= 0 for every i"),
        (modulus(x[i]) / x[i], -1, DATA, "x[i] < 0 for every i"),
        (modulus(x[i, j, k]), x[i, j, k], CUBE, "x[i] >= 0 for every i"),  # no random point has all of these signs
        (call("sign", x[i]) * Sum(x[j], (j, 1, m)), over(x[i]), DATA, "x[i] > 0 for every i"),  # one 0 breaks it
    ],
)
def test_a_sign_of_a_name(left: Expr, right: Expr, derivation: Derivation | None, condition: str) -> None:
    found = search_values(over(left), over(right), derivation, [d])
    assert found is not None
    assert (found[0].text, found[1].proved) == (condition, True)


@pytest.mark.parametrize(
    ("left", "right", "condition"),
    [
        (modulus(c**3), c**3, "c >= 0"),
        (call("sign", c**3), S.One, "c > 0"),
        (call("step", c**3), S.One, "c > 0"),
        (call("relu", c**3), c**3, "c >= 0"),
        (call("leaky_relu", c**3, S.Half), c**3, "c >= 0"),
        (call("elu", c**3, S.One), c**3, "c >= 0"),
        (call("selu", c**3), SELU_SCALE * c**3, "c >= 0"),
        (call("max", c**3, S.Zero), c**3, "c >= 0"),
        (call("min", c**3, S.Zero), c**3, "c <= 0"),
        (sqrt(c**6), c**3, "c >= 0"),
        (call("exp", call("log", c**2) / 2), c, "c > 0"),
    ],
)
def test_every_function_that_is_not_analytic(left: Expr, right: Expr, condition: str) -> None:
    found = search_values(over(left * x[i]), over(right * x[i]))
    assert found is not None
    assert found[0].text == condition


@pytest.mark.parametrize("sides", [(modulus(z[i, k]), z[i, k]), (modulus(z[i, k]), -z[i, k])])
def test_a_sign_at_every_place(sides: tuple[Expr, Expr]) -> None:
    found = decide(*map(over, sides), TABLE)
    sign, tex = (">", r"\ge") if sides[0].args[0] == sides[1] else ("<", r"\le")
    assert (found.assumptions, found.conditions[0].latex) == (
        [f"z[i] {sign}= 0 for every i"],
        rf"z_i {tex} 0 \text{{ for every }} i",
    )
    assert found.replay().outcome == "confirmed"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (over(c * x[i]), over(2 * c * x[i])),  # at c = 0 every formula is right
        (over(c), c),  # true for one object, which is no batch
        (over(x[i]) / (m - 2), over(x[i]) / (m - 3)),  # not defined at m = 2
        (over(x[i]), over(x[i] ** 2)),
        (over(x[i]), over(x[i]) + w),  # w is no parameter that may be 0
        (over(modulus(x[i])), over(x[i])),  # nothing declares how long x is
        (over(sqrt(c**2 * x[i] ** 2 + d - 1)), over(c * modulus(x[i]))),  # d = 1 and c >= 0 is a point of d
        (over(f(x[i])), over(f(-x[i] + 1))),
        (over(f(-x[i]) * call("g", -x[i])), over(f(x[i]) * call("g", x[i]))),  # f odd and g odd, or both even
    ],
)
def test_what_is_no_condition(left: Expr, right: Expr) -> None:
    assert search_values(left, right, parameters=[c, d, m]) is None


@pytest.mark.parametrize(
    ("left", "right", "condition"),
    [
        (over(x[i]) * call("sign", w) ** 2, over(x[i]), "w != 0"),
        (over(modulus(c * x[i])), over(c * x[i]), "c*x[i] >= 0 for every i"),
        (over(modulus(c * x[i])), -over(c * x[i]), "c*x[i] <= 0 for every i"),
        (over(call("relu", c * x[i])), S.Zero, "c*x[i] <= 0 for every i"),
        (S.Zero, over(call("relu", c * x[i])), "c*x[i] <= 0 for every i"),
        (over(call("relu", c * x[i])), 2 * over(call("relu", c * x[i])), None),  # where it is 0 every formula is right
        (modulus(x[i] ** 2 + 1), -(x[i] ** 2) - 1, None),  # nothing has the sign that it would need
    ],
)
def test_signs_of_an_argument(left: Expr, right: Expr, condition: str | None) -> None:
    found = search_values(left, right, DATA)
    assert (found and found[0].text) == condition


def test_signs_of_an_argument_that_break_an_assumption_are_none() -> None:
    sides = over(modulus(c * x[i])), over(c * x[i])
    assert search_values(*sides, DATA, assumptions=[negative(c * x[1])]) is None
    assert search_values(*sides, DATA, assumptions=[positive(c * x[1])]) is not None


def test_signs_of_an_argument_are_reported_only_when_they_are_proved_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = over(modulus(c * x[i])), over(c * x[i])
    with monkeypatch.context() as patch:
        patch.setattr(size_conditions, "prove_every_size", lambda *arguments: Outcome("undecided", "", 0.0))
        assert search_values(*sides, DATA) is None
    clock = [0.0]

    def late(*sides: object) -> Iterator[object]:
        clock[0] = 100.0
        return argument_signs(*sides)

    monkeypatch.setattr(size_conditions, "now", lambda: clock[0])
    monkeypatch.setattr(size_conditions, "argument_signs", late)
    assert search_values(*sides, DATA) is None


def test_what_is_defined_has_no_value_of_its_own() -> None:
    derivation = Derivation((Equation("w", rhs=d), Equation("eps", rhs=d)))
    for name in (w, eps):
        found = search_values(over(name * x[i]), over(x[i]), derivation, [w, eps, d])
        assert found is not None
        assert found[0].text == "d = 1"


def test_assumptions_hold_with_the_condition() -> None:
    found = search_values(over(modulus(c) * x[i]), c * (x[1] + x[2]), assumptions=[positive(c)])
    assert found is not None
    assert found[0].text == "m = 2"
    assert search_values(over(x[i]) + eps, over(x[i]), assumptions=[positive(eps)]) is None


def test_what_seems_to_hold_needs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = over(c * x[i]) * eps + over(x[i]), over(x[i])
    unknown = Outcome("undecided", "", 0.0)
    monkeypatch.setattr(size_conditions, "prove_every_size", lambda *arguments: unknown)
    assert search_values(*sides) is None  # not eps = 0 and m = 2, which is proved
    outcomes = iter([unknown, Outcome("proved", "", 0.0)])
    monkeypatch.setattr(size_conditions, "prove", lambda *arguments: next(outcomes))
    assert search_values(over(c * x[i]), c * (x[1] + x[2]), parameters=[c]) is None  # not c = 1 and m = 2
    assert next(outcomes).proved


def test_no_time_is_no_condition() -> None:
    assert search_values(over(x[i]), over(x[i]) + eps, seconds=-1) is None


def test_where_an_index_has_no_values_there_is_nothing_to_prove() -> None:
    inner = Variable("x", (Index(k, m - 2),))
    assert search_values(x[k], 2 * x[k], Derivation((), (inner,))) is None


def test_every_instance_has_to_be_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = iter([Outcome("undecided", "", 0.0), Outcome("proved", "", 0.0)])
    monkeypatch.setattr(size_conditions, "prove", lambda *arguments: next(outcomes))
    data = Derivation((), (Variable("x", (Index(k, m),)),))
    assert search_values(over(x[i]) * x[k], (x[1] + x[2]) * x[k], data) is None
    assert next(outcomes).proved


def test_a_proof_with_exceptions_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_conditions, "prove", lambda *arguments: Outcome("proved", "", 0.0, nonzero=(c,)))
    assert search_values(over(x[i]), x[1] + x[Integer(2)]) is None

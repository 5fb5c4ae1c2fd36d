import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Matrix, Rational, Symbol, symbols

from symnet.errors import SymnetError
from symnet.expressions import substitute
from symnet.quadratic import Quadratic
from symnet.truth.numbers import Number
from tests.builders import dropout_network

a, b, c = symbols("a b c")
k = Symbol("k")


def lecture() -> Quadratic:
    network = dropout_network().drop(["h1"])
    return Quadratic.of(network.example.inline()["L"].rhs, ["w2", "w02"])


def test_the_lecture_run_by_its_spectrum() -> None:
    quadratic = lecture()
    assert str(quadratic.hessian.tolist()) == "[[28, 12], [12, 6]]"
    assert quadratic.minimizer == {"w2": -1, "w02": 4}
    root = Number(265).sqrt()
    assert quadratic.eigenvalues == (17 - root, 17 + root)
    assert quadratic.step_bound() == (17 - root) / 12
    assert quadratic.best_step() == Number(1) / 17
    assert quadratic.rate(quadratic.best_step()) == root / 17
    assert quadratic.step({"w2": 0, "w02": 0}, Rational(1, 10)) == {"w2": 2, "w02": Rational(6, 5)}


def test_at_the_bound_the_rate_is_one_and_beyond_it_more() -> None:
    quadratic = lecture()
    bound = quadratic.step_bound()
    assert quadratic.rate(bound) == 1
    assert quadratic.rate(bound * Number(Rational(101, 100))) > 1
    assert quadratic.rate(bound * Number(Rational(99, 100))) < 1
    assert quadratic.rate(Rational(1, 10)) > 1  # the step printed on the slide


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(-3, 3), min_size=6, max_size=6),
    st.integers(-3, 3),
    st.integers(-3, 3),
    st.integers(0, 3),
)
def test_the_closed_form_is_the_iteration(entries: list[int], p: int, q: int, steps: int) -> None:
    u, v, s, t, g, h = entries
    loss = (u * a + v * b + g) ** 2 + (s * a + t * b + h) ** 2 + (a - b) ** 2 + a**2
    quadratic = Quadratic.of(loss, ["a", "b"])
    start, rate = {"a": Integer(p), "b": Integer(q)}, Rational(1, 7)
    point = dict(start)
    for _ in range(steps):
        point = quadratic.step(point, rate)
    for name, form in quadratic.closed_form(start, rate, k).items():
        value = substitute(form, {k: Integer(steps)})
        numeric = value.replace(lambda e: type(e).__name__ == "sqrt", lambda e: e.args[0] ** Rational(1, 2))
        assert (numeric - point[name]).expand() == 0


def test_the_minimizer_solves_the_normal_equations() -> None:
    loss = (a + 2 * b - 1) ** 2 + (3 * a - b) ** 2 + (b - c) ** 2 + c**2
    quadratic = Quadratic.of(loss, ["a", "b", "c"])
    point = {Symbol(n): v for n, v in quadratic.minimizer.items()}
    assert Matrix([loss]).jacobian([a, b, c]).subs(point).is_zero_matrix


def test_a_cubic_spectrum_is_enclosed_and_said_to_be_one() -> None:
    quadratic = Quadratic.of(a**2 + 2 * b**2 + 5 * c**2 + a * b + b * c + a * c, ["a", "b", "c"])
    with pytest.raises(SymnetError, match="square roots cannot express"):
        _ = quadratic.eigenvalues
    assert len(quadratic.spectrum) == 3


@pytest.mark.parametrize(
    ("loss", "message"),
    [(a**3, "degree 3"), (1 / a, "not a polynomial"), (a * Symbol("z"), "rational coefficients")],
)
def test_other_losses_are_refused(loss, message: str) -> None:
    with pytest.raises(SymnetError, match=message):
        Quadratic.of(loss, ["a"])


def test_singular_and_unbounded_losses_are_refused() -> None:
    with pytest.raises(SymnetError, match="singular"):
        _ = Quadratic.of((a + b) ** 2, ["a", "b"]).minimizer
    with pytest.raises(SymnetError, match="unbounded"):
        _ = Quadratic.of(a**2 - b**2, ["a", "b"]).minimizer
    with pytest.raises(SymnetError, match="not positive definite"):
        Quadratic.of((a + b) ** 2, ["a", "b"]).step_bound()

"""Balls over whole arrays: the same numbers as the instantiated derivation, and rigorous bounds on rounding."""

import re

import numpy as np
import pytest
from flint import arb
from sympy import Expr, IndexedBase, Integer, Pow, Rational, Symbol, pi

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.network.convolution import Window, convolution, pairing
from symnet.numeric.compile import compile_numpy
from symnet.operations import call, sqrt
from symnet.sums import Delta, Sum, Within
from symnet.truth.arithmetic import Undefined
from symnet.truth.arrays import enclose_arrays, sizes_of
from symnet.truth.enclosure import enclose_derivation

m = size("m")
i, j = index("i", m), index("j", m)
x = Variable("x", (i,))
a, b, c = map(Symbol, "abc")
UNIT, TINY = 2.0**-20, 2.0**-50


def normalized() -> Derivation:
    mean = Equation("C", rhs=Sum(x.at(j.symbol), j.limits) / m)
    deviation = Equation("S", rhs=sqrt(Sum((x.at(j.symbol) - Symbol("C")) ** 2, j.limits) / m))
    value = Equation("h", (i,), rhs=call("tanh", (x.reference - Symbol("C")) / Symbol("S")))
    loss = Equation("L", rhs=Sum(IndexedBase("g")[i.symbol] * value.reference, i.limits))
    whole = Derivation((mean, deviation, value, loss), (x, Variable("g", (i,))), (Variable("w"),))
    return gradient(whole, "L", ["x", "w"])


def test_it_is_the_instantiated_derivation() -> None:
    data = {"x": np.array([0.5, -1.25, 3.0]), "g": np.array([1.0, 0.5, -2.0]), "w": np.array(1.0)}
    balls = enclose_arrays(normalized(), ["h", "dL_dx", "dL_dw"], data)
    small = normalized().instantiate({m: 3})
    point = {f"{name}_{k}": arb(float(v)) for name in "xg" for k, v in enumerate(data[name], 1)}
    scalars = enclose_derivation(small, {**point, "w": arb(1)}, digits=40)
    for k in range(3):
        for name in ("h", "dL_dx"):
            assert balls[name][k].overlaps(scalars[f"{name}_{k + 1}"])
            assert float(balls[name][k].rad()) < 1e-60
    assert balls["dL_dw"][()] == 0


def test_affine_indices_and_conditions() -> None:
    layer = pairing(convolution([Window(size("r"), size("p"), 1, 1)], 2, 3))
    whole = gradient(layer, "L", ["x", "w", "b"])
    random = np.random.default_rng(0)
    data = {"x": random.normal(size=(2, 5)), "w": random.normal(size=(3, 2, 3)), "b": random.normal(size=3)}
    data["g"] = random.normal(size=(3, 5))
    names = ["y", "dL_dx", "dL_dw", "dL_db"]
    compiled = compile_numpy(whole, names)(**data)
    for name, balls in enclose_arrays(whole, names, data).items():
        np.testing.assert_allclose(np.vectorize(float)(balls), compiled[name], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_bound_on_rounding_holds_and_is_not_idle(dtype: str) -> None:
    random = np.random.default_rng(1)
    bits = {"float32": 24, "float16": 11}[dtype]
    names = ["h", "dL_dx"]
    compiled = compile_numpy(normalized(), names)
    for mean in (0.0, 3.0):
        data = {"x": random.normal(size=6) + mean, "g": random.normal(size=6)}
        data = {name: array.astype(dtype) for name, array in data.items()}
        exact = enclose_arrays(normalized(), names, data)
        bounds = enclose_arrays(normalized(), names, data, unit=2.0**-bits)
        for name, result in compiled(**data).items():
            for k in range(6):
                error, bound = abs(exact[name][k] - float(result[k])), float(bounds[name][k].rad())
                assert error < bound
                assert bound < 2.0**-bits * 400 * (1 + mean)


def test_rounding_may_reach_both_sides_of_a_kink() -> None:
    relu = Derivation((Equation("s", (i,), rhs=call("step", x.reference)),), (x,))
    data = {"x": np.array([0.0, 1e-3, -1.0])}
    bounds = enclose_arrays(relu, ["s"], data, unit=2.0**-53)["s"]
    assert bounds[0].contains(0)
    assert bounds[0].contains(1)
    assert float(bounds[1].rad()) < 1e-12


def test_a_divisor_that_rounding_may_make_zero_has_no_bound() -> None:
    inverse = Derivation((Equation("r", (i,), rhs=1 / (x.reference - Sum(x.at(j.symbol), j.limits) / m)),), (x,))
    bounds = enclose_arrays(inverse, ["r"], {"x": np.array([1e8, 1e8 + 1e-8])}, unit=2.0**-24)["r"]
    assert not bounds[0].is_finite()


def test_shapes_must_fit() -> None:
    with pytest.raises(SymnetError, match="g has length 2 along i, where m is 3"):
        enclose_arrays(normalized(), ["h"], {"g": np.ones(2), "x": np.ones(3), "w": np.array(1.0)})
    with pytest.raises(SymnetError, match="x has 2 axes instead of 1"):
        enclose_arrays(normalized(), ["h"], {"x": np.ones((2, 2))})
    with pytest.raises(SymnetError, match="no value is given for g"):
        enclose_arrays(normalized(), ["L"], {"x": np.array([1.0, 2.0]), "w": np.array(1.0)})


def scalar(rhs: Expr, unit: float = 0.0, tiny: float = 0.0, **values: float) -> arb:
    """The value of an expression in numbers."""
    derivation = Derivation((Equation("s", rhs=rhs),), (), tuple(map(Variable, values)))
    return enclose_arrays(derivation, ["s"], values, unit=unit, tiny=tiny)["s"].item()


@pytest.mark.parametrize(
    ("rhs", "units"),
    [
        (Integer(3), 0),
        (Rational(3, 4), 0),
        (Rational(1, 3), 1 / 3),
        (a + b, 8),
        (a + b + c, 2 * 15),
        (a * b, 15),
        (a * b * c, 2 * 105),
        (a - b, 8 + 5),  # -b is a product
        (a**2, 9 + 9),  # as a product and as a power
        (a**3, 27 * (2 + 2)),
        (1 / a, 2 / 3),
        (1 / a**2, (1 + 1 + 1) / 9),
        (sqrt(a), 3**0.5),
        (call("exp", a), (4 + 3) * np.exp(3)),
        (call("relu", a), 3 + 4 * 3),
        (call("step", a), 4),
        (call("sign", -a), 4),
    ],
)
def test_what_one_operation_adds_to_the_bound(rhs: Expr, units: float) -> None:
    """In units of the last place: the roundings of the value and of what a function is applied to."""
    ball = scalar(rhs, UNIT, a=3.0, b=5.0, c=7.0)
    assert ball.overlaps(scalar(rhs, a=3.0, b=5.0, c=7.0))
    assert float(ball.rad()) == pytest.approx(units * UNIT, rel=0.01)


@pytest.mark.parametrize(("rhs", "roundings"), [(a + b, 1), (a * b, 1), (a * b + a, 2), (call("tanh", a), 2)])
def test_what_underflow_adds_to_the_bound(rhs: Expr, roundings: int) -> None:
    ball = scalar(rhs, UNIT, TINY, a=0.0, b=0.0)
    assert float(ball.rad()) == pytest.approx(roundings * TINY, rel=0.01)


def test_underflow_is_added_to_the_relative_error() -> None:
    assert float(scalar(a + b, UNIT, UNIT, a=3.0, b=5.0).rad()) == pytest.approx((8 + 1) * UNIT, rel=0.01)
    assert float(scalar(a * b, UNIT, UNIT, a=3.0, b=5.0).rad()) == pytest.approx((15 + 1) * UNIT, rel=0.01)


@pytest.mark.parametrize(("function", "lowest"), [("step", 0), ("sign", -1)])
@pytest.mark.parametrize(("at", "b"), [(0.0, 0.0), (1.0, 1.0), (1 + 1e-8, 1.0)])
def test_a_kink_has_all_between_its_one_sided_values(function: str, lowest: int, at: float, b: float) -> None:
    ball = scalar(call(function, a - Symbol("b")), UNIT, a=at, b=b)
    assert ball.contains(lowest)
    assert ball.contains(1)
    assert not ball.contains(lowest - 0.001)
    assert not ball.contains(1.001)


def test_only_what_may_be_undefined_has_no_bound() -> None:
    assert scalar(1 / a, UNIT, a=1.0).is_finite()
    assert not scalar(1 / (a - b), UNIT, a=1.0, b=1.0).is_finite()
    assert not scalar(call("log", a - b), UNIT, a=1.0, b=1.0).is_finite()
    for rhs in (1 / (a - b), call("log", a - b)):
        with pytest.raises(Undefined):
            scalar(rhs, a=1.0, b=1.0)
    for unit in (0.0, UNIT):
        with pytest.raises(SymnetError, match="f is abstract: it has no numeric value"):
            scalar(call("f", a), unit, a=1.0)


def over(*values: float, rhs: Expr) -> list[float]:
    derivation = Derivation((Equation("s", (i,), rhs=rhs),), (x,))
    return [float(ball) for ball in enclose_arrays(derivation, ["s"], {"x": np.array(values)})["s"]]


def test_indices_as_numbers_and_conditions_as_terms() -> None:
    n, k = j.symbol, i.symbol
    assert over(5, 7, 9, rhs=k * x.reference + m) == [8, 17, 30]
    assert over(5, 7, 9, rhs=Delta(k, Integer(2)) + x.reference) == [5, 8, 9]
    assert over(5, 7, 9, rhs=Within(k, Integer(2), m - 1)) == [0, 1, 0]
    assert over(5, 7, 9, rhs=Delta(k, m) * Within(k, Integer(2), m)) == [0, 0, 1]
    assert over(5, 7, 9, rhs=Sum(Delta(n, k) * n, j.limits)) == [1, 2, 3]


def test_sums_with_the_index_of_the_equation_in_their_ends() -> None:
    n, k = j.symbol, i.symbol
    assert over(5, 7, 9, rhs=Sum(x.at(n), (n, Integer(1), k))) == [5, 12, 21]
    assert over(5, 7, 9, rhs=Sum(x.at(n), (n, k, m))) == [21, 16, 9]
    assert over(5, 7, 9, rhs=Sum(x.at(n), (n, k + 1, m))) == [16, 9, 0]
    assert over(5, 7, 9, rhs=Sum(x.at(n), (n, k, k))) == [5, 7, 9]


def test_the_sizes_that_the_shapes_show() -> None:
    longer, both = Variable("y", (index("i", m + 1),)), Variable("z", (index("i", m + size("n")), index("j", m)))
    fixed = Variable("w", (index("i", 2),))
    assert sizes_of([longer, x], {"y": np.ones(3), "x": np.ones(2)}) == {m: 2}
    assert sizes_of([longer, x], {"y": np.ones(3)}) == {m: 2}
    assert sizes_of([fixed, x], {"w": np.ones(2), "x": np.ones(5)}) == {m: 5}
    with pytest.raises(SymnetError, match=r"^x has length 3 along i, where m is 2$"):
        sizes_of([longer, x], {"y": np.ones(3), "x": np.ones(3)})
    with pytest.raises(SymnetError, match=r"^z has length 5 along i, where m \+ n is n \+ 2$"):
        sizes_of([both], {"z": np.ones((5, 2))})


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(SymnetError, match=r"^the size n has no value$"):
        scalar(Sum(a, (j.symbol, Integer(1), size("n"))), a=1.0)
    with pytest.raises(SymnetError, match=r"^the size k has no value$"):
        scalar(Sum(a, (j.symbol, size("k"), size("n"))), a=1.0)
    half = Derivation((Equation("s", (index("i", m / 2),), rhs=x.reference),), (x,))
    with pytest.raises(SymnetError, match=r"^the size m/2 has no value$"):
        enclose_arrays(half, ["s"], {"x": np.ones(3)})
    for node in (pi, Pow(a, b)):
        with pytest.raises(SymnetError, match=f"^{re.escape(str(node))} is not an operation on numbers$"):
            scalar(node, a=1.0, b=2.0)

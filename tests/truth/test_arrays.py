"""Balls over whole arrays: the same numbers as the instantiated derivation, and rigorous bounds on rounding."""

import numpy as np
import pytest
from flint import arb
from sympy import IndexedBase, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.network.convolution import Window, convolution, pairing
from symnet.numeric.compile import compile_numpy
from symnet.operations import call, sqrt
from symnet.sums import Sum
from symnet.truth.arrays import enclose_arrays
from symnet.truth.enclosure import enclose_derivation

m = size("m")
i, j = index("i", m), index("j", m)
x = Variable("x", (i,))


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

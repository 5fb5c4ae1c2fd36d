"""JAX source, run: the numbers of NumPy's, and what jax.grad says of the loss."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.numeric.compile import compile_numpy
from symnet.numeric.languages import compile_in
from symnet.operations import call
from symnet.sums import Sum
from tests.frameworks.sources import check_every_operation, check_every_pattern, losses
from tests.numeric.patterns import rounded


@pytest.fixture(autouse=True)
def doubles() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def test_every_index_pattern() -> None:
    check_every_pattern("jax", jnp.asarray, jax.jit)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_operation(dtype: Any) -> None:
    check_every_operation("jax", jnp.asarray, dtype, jax.jit)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", [0, 1])
def test_the_gradient_is_that_of_numpy_and_of_jax_compiled(case: int, dtype: Any) -> None:
    derivation, parameters, values = losses(dtype)[case]
    wanted = ["L", *(f"dL_d{name}" for name in parameters)]
    expected = compile_numpy(derivation, wanted)(**values)
    function = compile_in("jax", derivation, wanted).function
    got = jax.jit(function)(**values)
    of_loss = jax.jit(jax.grad(lambda w: function(**{**values, **w})["L"]))
    slopes = of_loss({name: jnp.asarray(values[name]) for name in parameters})
    for name in parameters:
        found = np.asarray(got[f"dL_d{name}"])
        assert found.dtype == dtype
        near = rounded(dtype) | {"atol": 100 * np.finfo(dtype).eps * (1 + np.abs(expected[f"dL_d{name}"]).max())}
        np.testing.assert_allclose(found, expected[f"dL_d{name}"], **near, err_msg=name)
        np.testing.assert_allclose(found, np.asarray(slopes[name]), **near, err_msg=name)


def test_it_can_be_differentiated_once_more_and_batched() -> None:
    derivation, _, values = losses(np.float64)[1]
    function = compile_in("jax", derivation, ["L", "dL_dw1"]).function

    def at(w1: Any) -> Any:
        return function(**{**values, "w1": w1})

    second = jax.jit(jax.grad(lambda w1: at(w1)["dL_dw1"]))(0.4)
    np.testing.assert_allclose(second, jax.jit(jax.hessian(lambda w1: at(w1)["L"]))(0.4), rtol=1e-9)
    many, alone = jnp.linspace(-1, 1, 4), jax.jit(at)
    np.testing.assert_allclose(jax.jit(jax.vmap(at))(many)["L"], [alone(w1)["L"] for w1 in many], rtol=1e-12)


def test_a_product_of_sizes_beyond_32_bits() -> None:
    i = index("i", size("m"))
    u = Variable("u", (i,))
    rhs = Sum(u.reference, i.limits) / (size("m") * (size("m") - 1)) + 10**12
    function = compile_in("jax", Derivation((Equation("v", rhs=rhs),), (u,)), ["v"])
    with jax.enable_x64(False):
        assert function(u=np.zeros(70_000, np.float32))["v"] == np.float32(1e12)


def test_numbers_are_of_the_type_jax_is_set_to_and_abstract_functions_are_passed() -> None:
    i = index("i", size("m"))
    u = Variable("u", (i,))
    function = compile_in("jax", Derivation((Equation("h", (i,), rhs=call("f", u.reference) / 3),), (u,)), ["h"])
    assert function(u=[1, 2], f=jnp.tanh)["h"].dtype == np.float64
    assert function(u=np.ones(2, np.float32), f=jnp.tanh)["h"].dtype == np.float32
    with jax.enable_x64(False):
        got = function(u=[1, 2], f=jnp.tanh)["h"]
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, np.tanh([1, 2]) / 3, rtol=1e-6)

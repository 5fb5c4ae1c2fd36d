"""PyTorch source, run: the numbers of NumPy's, and what autograd says of the loss."""

from typing import Any

import numpy as np
import pytest
import torch

from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.numeric.compile import compile_numpy
from symnet.numeric.languages import compile_in
from symnet.operations import call
from tests.frameworks.sources import check_every_operation, check_every_pattern, losses
from tests.numeric.patterns import EXPECTED, PATTERNED, VALUES, rounded


def test_every_index_pattern() -> None:
    check_every_pattern("torch", torch.as_tensor)


def test_new_tensors_go_to_the_device_of_the_arguments() -> None:
    """A tensor of another device than "meta" could not be added to those that are there."""
    function = compile_in("torch", PATTERNED, [e.name for e in PATTERNED])
    got = function(**{name: torch.as_tensor(value, device="meta") for name, value in VALUES.items()})
    assert {tensor.device.type for tensor in got.values()} == {"meta"}
    assert all(tensor.shape == EXPECTED[name].shape for name, tensor in got.items())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_operation(dtype: Any) -> None:
    check_every_operation("torch", torch.as_tensor, dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", [0, 1])
def test_the_gradient_is_that_of_numpy_and_of_autograd(case: int, dtype: Any) -> None:
    derivation, parameters, values = losses(dtype)[case]
    wanted = ["L", *(f"dL_d{name}" for name in parameters)]
    expected = compile_numpy(derivation, wanted)(**values)
    tensors = {name: torch.tensor(value, requires_grad=name in parameters) for name, value in values.items()}
    got = compile_in("torch", derivation, wanted)(**tensors)
    slopes = torch.autograd.grad(got["L"], [tensors[name] for name in parameters])
    for name, slope in zip(parameters, slopes, strict=True):
        found = got[f"dL_d{name}"].detach().numpy()
        assert found.dtype == dtype
        near = rounded(dtype) | {"atol": 100 * np.finfo(dtype).eps * (1 + abs(slope).max().item())}
        np.testing.assert_allclose(found, expected[f"dL_d{name}"], **near, err_msg=name)
        np.testing.assert_allclose(found, slope.numpy(), **near, err_msg=name)


def test_second_derivatives_by_autograd_and_compilation() -> None:
    """The function is PyTorch's own: it can be differentiated once more, and batched."""
    derivation, _, values = losses(np.float64)[1]
    function = compile_in("torch", derivation, ["L", "dL_dw1"]).function
    given = {name: torch.tensor(value) for name, value in values.items()}
    needed = {k: given[k] for k in given if k != "w1"}
    second = torch.func.grad(lambda w1: function(**needed, w1=w1)["dL_dw1"])(given["w1"])
    twice = torch.func.hessian(lambda w1: function(**needed, w1=w1)["L"])(given["w1"])
    torch.testing.assert_close(second, twice)
    many = torch.linspace(-1, 1, 4, dtype=torch.float64)
    batched = torch.func.vmap(lambda w1: function(**needed, w1=w1)["L"])(many)
    one_by_one = torch.stack([function(**needed, w1=w1)["L"] for w1 in many])
    torch.testing.assert_close(batched, one_by_one)


def test_numbers_are_of_the_type_of_the_tensors_and_abstract_functions_are_passed() -> None:
    i = index("i", size("m"))
    u = Variable("u", (i,))
    derivation = Derivation((Equation("h", (i,), rhs=call("f", u.reference) / 3),), (u,))
    function = compile_in("torch", derivation, ["h"])
    for given, wanted in (
        ([1, 2], torch.float64),
        (torch.tensor([1, 2]), torch.float64),
        (np.ones(2, np.float32), torch.float32),
    ):
        got = function(u=given, f=torch.tanh)["h"]
        assert got.dtype == wanted
        torch.testing.assert_close(got, torch.tanh(torch.as_tensor(given, dtype=wanted)) / 3)
    with pytest.raises(SymnetError, match="there is no argument 'v'"):
        function(u=[1, 2], f=torch.tanh, v=1)

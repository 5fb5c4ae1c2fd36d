import ast
from pathlib import Path

import numpy as np
import pytest

import symnet.numeric.reference as reference
from symnet.errors import DegenerateError, SymnetError
from tests.numeric import high_precision

rng = np.random.default_rng(2024)


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=2e-12, atol=1e-13)


def test_the_reference_knows_no_symbolic_room():
    for file in Path(reference.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                assert {name.name for name in node.names} <= {"math", "numpy"}
            elif isinstance(node, ast.ImportFrom):
                allowed = (
                    "collections",
                    "dataclasses",
                    "typing",
                    "numpy",
                    "symnet.errors",
                    "symnet.numeric.reference",
                )
                assert node.module.startswith(allowed), node.module


def test_dense_backward_is_the_gradient_of_any_functional_of_its_output():
    x, w, b, dout = (rng.normal(size=shape) for shape in ((4, 3), (3, 2), (2,), (4, 2)))
    out, cache = reference.dense_forward(x, w, b)
    close(out, [[sum(x[i, j] * w[j, k] for j in range(3)) + b[k] for k in range(2)] for i in range(4)])

    def functional(x, w, b):
        return (high_precision.exactly(dout) * (x.dot(w) + b)).sum()

    for number, gradient in enumerate(reference.dense_backward(dout, cache)):
        close(gradient, high_precision.gradient(functional, (x, w, b), number))


def batchnorm_at_fifty_digits(x, gamma, beta, eps, ddof, rows):
    result = np.empty(x.shape, dtype=object)
    for k in range(x.shape[1]):
        chosen = list(x[rows, k])
        mean = sum(chosen) / len(chosen)
        variance = sum((value - mean) ** 2 for value in chosen) / (len(chosen) - ddof)
        result[:, k] = [
            gamma[k] * (value - mean) / high_precision.mp.sqrt(variance + eps) + beta[k] for value in x[:, k]
        ]
    return result


@pytest.mark.parametrize("statistics", [None, slice(0, 3), slice(2, 5), slice(0, 5, 2)])
@pytest.mark.parametrize("eps", [0.0, 0.3])
@pytest.mark.parametrize("ddof", [0, 1])
def test_batchnorm_at_fifty_digits(statistics, eps, ddof):
    x, dout = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    x[:, 1] = 1 + 1e-2 * x[:, 1]  # a variance small beside eps
    gamma, beta = np.array([1.7, -0.6]), np.array([0.4, 2.5])
    out, cache = reference.batchnorm_forward(x, gamma, beta, eps, ddof, statistics)
    rows = statistics or slice(None)

    def functional(x, gamma, beta):
        out = batchnorm_at_fifty_digits(x, gamma, beta, eps, ddof, rows)
        return (high_precision.exactly(dout) * out).sum()

    arguments = (x, gamma, beta)
    exact = batchnorm_at_fifty_digits(*map(high_precision.exactly, arguments), eps, ddof, rows)
    np.testing.assert_allclose(out, exact.astype(float), rtol=1e-11)
    for number, gradient in enumerate(reference.batchnorm_backward(dout, cache)):
        expected = high_precision.gradient(functional, arguments, number)
        # The feature of small spread is 1 + 1e-2 z: its digits lost by cancellation are the input's own.
        np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-11 * np.abs(expected).max())


def test_a_row_outside_the_statistics_gets_the_direct_path_only():
    x, dout, gamma = rng.normal(size=(4, 1)), rng.normal(size=(4, 1)), np.array([1.5])
    _, cache = reference.batchnorm_forward(x, gamma, np.array([0.5]), 0.1, 0, slice(0, 3))
    dx, _, _ = reference.batchnorm_backward(dout, cache)
    close(dx[3], dout[3] * gamma / np.sqrt(x[:3].var() + 0.1))


def test_batchnorm_refuses_what_has_no_deviation():
    one = np.ones(1)
    with pytest.raises(DegenerateError, match="constant"):
        reference.batchnorm_forward(np.full((3, 1), 2.0), one, one)
    with pytest.raises(DegenerateError, match="1 - 1"):
        reference.batchnorm_forward(np.ones((1, 1)), one, one, eps=0.1, ddof=1)


@pytest.mark.parametrize("inverted", [False, True])
def test_dropout_keeps_the_expectation(inverted):
    x, dout, drop = rng.normal(size=6), rng.normal(size=6), 0.25
    masks = (np.arange(64)[:, None] >> np.arange(6)) & 1
    weights = np.prod(np.where(masks == 1, 1 - drop, drop), axis=1)
    outs = np.array([reference.dropout_forward(x, mask, drop, inverted)[0] for mask in masks])
    close(weights @ outs, reference.dropout_at_test(x, drop, inverted))
    out, cache = reference.dropout_forward(x, masks[41], drop, inverted)
    # the layer is linear: its backward is its transpose
    close(out @ dout, x @ reference.dropout_backward(dout, cache))
    close(out[masks[41] == 0], 0)


@pytest.mark.parametrize("probability", [-0.1, 1.0])
def test_dropout_refuses_a_probability_out_of_range(probability):
    with pytest.raises(SymnetError, match=f"not {probability}"):
        reference.dropout_forward(np.ones(2), np.ones(2), probability)


@pytest.mark.parametrize(("reduction", "value"), [("sum", 14.0), ("mean", 14 / 3), ("half", 7.0)])
def test_squared_error(reduction, value):
    prediction, target = np.array([2.0, 0.0, 5.0]), np.array([1.0, 2.0, 2.0])
    assert reference.squared_error(prediction, target, reduction) == pytest.approx(value)

    def functional(p):
        total = ((p - high_precision.exactly(target)) ** 2).sum()
        return {"sum": total, "mean": total / 3, "half": total / 2}[reduction]

    gradient = reference.squared_error_backward(prediction, target, reduction)
    close(gradient, high_precision.gradient(functional, (prediction,), 0))


def test_squared_error_refuses_an_unknown_reduction():
    with pytest.raises(SymnetError, match="'median'"):
        reference.squared_error(np.ones(1), np.ones(1), "median")


def test_sgd_step_goes_against_the_gradient_and_changes_nothing_in_place():
    parameters = {"w": np.array([1.0, 2.0]), "b": 3.0}
    new = reference.sgd_step(parameters, {"w": np.array([10.0, -20.0]), "b": 5.0}, 0.1)
    close(new["w"], [0.0, 4.0])
    assert new["b"] == 2.5
    assert parameters["b"] == 3.0
    close(parameters["w"], [1.0, 2.0])


def test_floating_types_are_kept():
    x, w, b = (np.ones(shape, dtype=np.float32) for shape in ((3, 2), (2, 2), (2,)))
    x[0] = 2
    out, cache = reference.dense_forward(x, w, b)
    normalized, norm_cache = reference.batchnorm_forward(out, b, b, 1e-5)
    gradients = (*reference.dense_backward(out, cache), *reference.batchnorm_backward(out, norm_cache))
    assert {a.dtype for a in (out, normalized, *gradients)} == {np.dtype("float32")}

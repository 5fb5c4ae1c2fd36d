"""What source in a framework has to do, whichever it is."""

from collections.abc import Callable
from typing import Any

import numpy as np

from symnet.differentiate import gradient
from symnet.equations import Derivation
from symnet.numeric.compile import compile_numpy
from symnet.numeric.languages import compile_in
from symnet.reading.load import network
from tests.benchmarks.mlp import arrays, normalized_mlp
from tests.numeric.patterns import EXPECTED, PATTERNED, VALUES, every_operation, rounded

__all__ = ["check_every_operation", "check_every_pattern", "losses"]

Take = Callable[[Any], Any]  # an array of NumPy's as one of the framework's


def check_every_pattern(language: str, take: Take, compiled: Callable[[Any], Any] = lambda function: function) -> None:
    """Every index pattern is what the interpreter says. compiled: how the framework compiles a function."""
    function = compiled(compile_in(language, PATTERNED, [e.name for e in PATTERNED]).function)
    got = function(**{name: take(value) for name, value in VALUES.items()})
    for name, found in got.items():
        assert found.shape == EXPECTED[name].shape
        np.testing.assert_allclose(np.asarray(found), EXPECTED[name], rtol=1e-12, atol=1e-13, err_msg=name)


def check_every_operation(
    language: str, take: Take, dtype: Any, compiled: Callable[[Any], Any] = lambda function: function
) -> None:
    """Every operation and derivative is NumPy's, at kinks too: at 0 and, for the larger of two, at c."""
    derivation, names = every_operation()
    u, c = np.array([0.0, 0.25, 0.75, 1.5, -0.5, -3, 20], dtype), np.array(0.75, dtype)
    with np.errstate(all="ignore"):  # the root and the logarithm of what is negative
        expected = compile_numpy(derivation, names)(u=u, c=c)
    got = compiled(compile_in(language, derivation, names).function)(u=take(u), c=take(c))
    for name in names:
        found = np.asarray(got[name])
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected[name], **rounded(dtype), err_msg=name)


def losses(dtype: Any) -> list[tuple[Derivation, list[str], dict[str, Any]]]:
    """Gradients of a loss, the parameters and values for all arguments: a layer of matrices, and named neurons."""
    mlp = normalized_mlp(2, "gelu")
    layers = gradient(mlp, "L"), [v.name for v in mlp.parameters], arrays(2, 3, 5, dtype)
    text = (
        "inputs x\nh1 = sigmoid(w1*x + v1)\nh2 = norm(leaky_relu(w2*x, 1/100)*h1, eps=1/10)\nF = elu(h2 + w1*x, 1)*w3\n"
    )
    neurons = network(text + "loss mean (F - y)^2\ndata x | y\n 1 | 2\n -2 | 1/2\n 3 | -1\n")
    values = {"x": np.array([1, -2, 3], dtype), "y": np.array([2, 0.5, -1], dtype)}
    values |= {name: np.array(0.3 + 0.2 * number, dtype) for number, name in enumerate(neurons.parameters)}
    return [layers, (gradient(neurons.derivation, "L"), list(neurons.parameters), values)]

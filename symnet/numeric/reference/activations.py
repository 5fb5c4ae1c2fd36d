"""Activations by hand: value and backward, stable for large arguments of either sign.

At a kink the conventions are those of PyTorch, TensorFlow and JAX: relu, leaky_relu and elu take the derivative of
their negative side at 0, abs has derivative 0 there. At a tie max passes the gradient to its second argument
and min to its first.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIVATIONS", "Activation"]

Array = NDArray[Any]

_erfc = np.vectorize(math.erfc, otypes=[float])


@dataclass(frozen=True)
class Activation:
    """`forward(x, ...)` and `backward(dout, x, ...)`, the gradient by each argument as a tuple.

    All arguments are arrays of one shape, or scalars beside arrays; a gradient has the shape of `dout`.
    """

    forward: Callable[..., Array]
    backward: Callable[..., tuple[Array, ...]]


def exp_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout * np.exp(x),)


def log_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout / x,)


def sqrt_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout / (2 * np.sqrt(x)),)


def sigmoid(x: Array) -> Array:
    """1/(1 + e^-x); the exponential is only taken of -|x|, so nothing overflows and no digit is lost."""
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, decay) / (1 + decay)


def sigmoid_backward(dout: Array, x: Array) -> tuple[Array]:
    """sigma(x) sigma(-x), which stays accurate where 1 - sigma(x) would cancel."""
    return (dout * sigmoid(x) * sigmoid(-x),)


def tanh_backward(dout: Array, x: Array) -> tuple[Array]:
    """1/cosh^2 x = 4 sigma(2x) sigma(-2x), which stays accurate where 1 - tanh^2 x would cancel."""
    return (4 * dout * sigmoid(2 * x) * sigmoid(-2 * x),)


def softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout * sigmoid(x),)


def flat_backward(dout: Array, x: Array) -> tuple[Array]:
    """The gradient of a piecewise constant function."""
    return (0 * dout * x,)


def step(x: Array) -> Array:
    return np.where(x > 0, np.ones_like(x), 0)


def abs_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout * np.sign(x),)


def relu(x: Array) -> Array:
    return np.where(x > 0, x, 0)


def relu_backward(dout: Array, x: Array) -> tuple[Array]:
    return (np.where(x > 0, dout, 0),)


def leaky_relu(x: Array, slope: Array) -> Array:
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(dout: Array, x: Array, slope: Array) -> tuple[Array, Array]:
    return np.where(x > 0, dout, slope * dout), np.where(x > 0, 0, x * dout)


def elu(x: Array, alpha: Array) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_backward(dout: Array, x: Array, alpha: Array) -> tuple[Array, Array]:
    below = np.minimum(x, 0)
    return np.where(x > 0, dout, dout * alpha * np.exp(below)), dout * np.expm1(below)


SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def selu(x: Array) -> Array:
    """Klambauer et al., Self-normalizing neural networks, 2017."""
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


def selu_backward(dout: Array, x: Array) -> tuple[Array]:
    return (SELU_SCALE * np.where(x > 0, dout, dout * SELU_ALPHA * np.exp(np.minimum(x, 0))),)


def maximum_backward(dout: Array, a: Array, b: Array) -> tuple[Array, Array]:
    return np.where(a > b, dout, 0), np.where(a > b, 0, dout)


def minimum_backward(dout: Array, a: Array, b: Array) -> tuple[Array, Array]:
    return np.where(a > b, 0, dout), np.where(a > b, dout, 0)


def normal_cdf(x: Array) -> Array:
    """The standard normal distribution function erfc(-x/sqrt 2)/2, accurate in the left tail too."""
    return np.asarray(_erfc(-x * math.sqrt(0.5)) / 2, dtype=np.result_type(x))


def normal_cdf_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout * normal_pdf(x),)


def normal_pdf(x: Array) -> Array:
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def normal_pdf_backward(dout: Array, x: Array) -> tuple[Array]:
    return (-dout * x * normal_pdf(x),)


def gelu(x: Array) -> Array:
    return x * normal_cdf(x)


def gelu_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout * (normal_cdf(x) + x * normal_pdf(x)),)


ACTIVATIONS: dict[str, Activation] = {
    "sqrt": Activation(np.sqrt, sqrt_backward),
    "exp": Activation(np.exp, exp_backward),
    "log": Activation(np.log, log_backward),
    "sigmoid": Activation(sigmoid, sigmoid_backward),
    "tanh": Activation(np.tanh, tanh_backward),
    "softplus": Activation(softplus, softplus_backward),
    "sign": Activation(np.sign, flat_backward),
    "step": Activation(step, flat_backward),
    "abs": Activation(np.abs, abs_backward),
    "relu": Activation(relu, relu_backward),
    "leaky_relu": Activation(leaky_relu, leaky_relu_backward),
    "elu": Activation(elu, elu_backward),
    "selu": Activation(selu, selu_backward),
    "max": Activation(np.maximum, maximum_backward),
    "min": Activation(np.minimum, minimum_backward),
    "gelu": Activation(gelu, gelu_backward),
    "normal_cdf": Activation(normal_cdf, normal_cdf_backward),
    "normal_pdf": Activation(normal_pdf, normal_pdf_backward),
}

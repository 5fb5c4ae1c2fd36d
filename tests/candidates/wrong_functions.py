"""Activations, losses and optimizers as people get them wrong."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_backward(dout, x):
    """The right one."""
    y = sigmoid(x)
    return dout * y * (1 - y)


def sigmoid_of_the_input(dout, x):
    return dout * x * (1 - x)


def sigmoid_half(dout, x):
    return dout * sigmoid(x)


def sigmoid_twice(dout, x):
    y = sigmoid(sigmoid(x))
    return dout * y * (1 - y)


def sigmoid_upstream_ignored(dout, x):
    y = sigmoid(x)
    return y * (1 - y)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dout, x):
    """The right one."""
    return dout * (1 - np.tanh(x) ** 2)


def tanh_not_squared(dout, x):
    return dout * (1 - np.tanh(x))


def tanh_plus(dout, x):
    return dout * (1 + np.tanh(x) ** 2)


def tanh_of_the_input(dout, x):
    return dout * (1 - x**2)


def tanh_bracket(dout, x):
    return dout * (1 - np.tanh(x)) ** 2


def softplus(x):
    return np.logaddexp(0, x)


def softplus_opposite(dout, x):
    return dout / (1 + np.exp(x))


def selu_short(x):
    return 1.0507 * np.where(x > 0, x, 1.6733 * np.expm1(np.minimum(x, 0)))


def selu_short_backward(dout, x):
    return 1.0507 * dout * np.where(x > 0, 1, 1.6733 * np.exp(np.minimum(x, 0)))


def relu(x):
    return np.maximum(x, 0)


def relu_backward(dout, x):
    """The right one."""
    return dout * (x > 0)


def relu_everywhere(dout, x):
    return dout


def relu_wrong_side(dout, x):
    return dout * (x < 0)


def leaky_relu(x, slope):
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(dout, x, slope):
    """The right one."""
    return dout * np.where(x > 0, 1, slope)


def leaky_relu_as_relu(dout, x, slope):
    return dout * (x > 0)


def softmax(x):
    weight = np.exp(x - x.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def softmax_backward(dout, x):
    """The right one."""
    y = softmax(x)
    return y * (dout - (dout * y).sum(axis=1, keepdims=True))


def softmax_own_derivatives(dout, x):
    y = softmax(x)
    return dout * y * (1 - y)


def softmax_diagonal(dout, x):
    return dout * softmax(x)


def softmax_over_objects(x):
    weight = np.exp(x - x.max(axis=0))
    return weight / weight.sum(axis=0)


def softmax_over_objects_backward(dout, x):
    y = softmax_over_objects(x)
    return y * (dout - (dout * y).sum(axis=0))


# Losses


def mse(prediction, target):
    return ((prediction - target) ** 2).mean()


def mse_backward(prediction, target):
    """The right one."""
    return 2 * (prediction - target) / prediction.size


def mse_two_forgotten(prediction, target):
    return (prediction - target) / prediction.size


def mse_over_objects(prediction, target):
    return 2 * (prediction - target) / len(prediction)


def mse_not_divided(prediction, target):
    return 2 * (prediction - target)


def mse_sign(prediction, target):
    return 2 * (target - prediction) / prediction.size


def mse_sum(prediction, target):
    return ((prediction - target) ** 2).sum()


def cross_entropy(prediction, target):
    moved = prediction - prediction.max(axis=1, keepdims=True)
    logarithms = moved - np.log(np.exp(moved).sum(axis=1, keepdims=True))
    return -(target * logarithms).sum() / len(prediction)


def cross_entropy_backward(prediction, target):
    """The right one."""
    return (softmax(prediction) - target) / len(prediction)


def cross_entropy_sum(prediction, target):
    return softmax(prediction) - target


def cross_entropy_without_target(prediction, target):
    return softmax(prediction) / len(prediction)


def bce(prediction, target):
    return -(target * np.log(prediction) + (1 - target) * np.log(1 - prediction)).mean()


def bce_by_logit(prediction, target):
    return (prediction - target) / prediction.size


# Optimizers: step(params, grads, state, **hyper) -> (params, state)


def adam_with(correct_first=True, correct_second=True, complement=False, eps_inside=False, one_beta=False):
    def step(params, grads, state, alpha, beta1, beta2, eps):
        if complement:
            beta1 = 1 - beta1
        t = state.get("t", 0) + 1
        m = beta1 * state.get("m", 0) + (1 - beta1) * grads
        beta = beta1 if one_beta else beta2
        v = beta * state.get("v", 0) + (1 - beta) * grads**2
        first = m / (1 - beta1**t) if correct_first else m
        second = v / (1 - beta2**t) if correct_second else v
        root = np.sqrt(second + eps) if eps_inside else np.sqrt(second) + eps
        return params - alpha * first / root, {"t": t, "m": m, "v": v}

    return step


def adam_ahead(params, grads, state, alpha, beta1, beta2, eps):
    """The first step is counted as the second."""
    return adam_with()(params, grads, state or {"t": 1}, alpha, beta1, beta2, eps)


def momentum(params, grads, state, alpha, gamma):
    v = gamma * state.get("v", 0) + grads
    return params - alpha * v, {"v": v}


def momentum_late(params, grads, state, alpha, gamma):
    """The move is made with the old velocity."""
    v = state.get("v", 0)
    return params - alpha * v, {"v": gamma * v + grads}


def momentum_uphill(params, grads, state, alpha, gamma):
    v = gamma * state.get("v", 0) + grads
    return params + alpha * v, {"v": v}


def momentum_complement(params, grads, state, alpha, gamma):
    v = (1 - gamma) * state.get("v", 0) + grads
    return params - alpha * v, {"v": v}


def rmsprop(params, grads, state, alpha, rho, eps):
    v = rho * state.get("v", 0) + (1 - rho) * grads**2
    return params - alpha * grads / (np.sqrt(v) + eps), {"v": v}


def rmsprop_without_root(params, grads, state, alpha, rho, eps):
    v = rho * state.get("v", 0) + (1 - rho) * grads**2
    return params - alpha * grads / (v + eps), {"v": v}


def rmsprop_without_average(params, grads, state, alpha, rho, eps):
    v = rho * state.get("v", 0) + grads**2
    return params - alpha * grads / (np.sqrt(v) + eps), {"v": v}


WRONG = [
    ("sigmoid", sigmoid, sigmoid_of_the_input, "wrong-variable:dL_dx"),
    ("sigmoid", sigmoid, sigmoid_half, "factor-lost:dL_dx"),
    ("sigmoid", sigmoid, sigmoid_twice, "applied-twice"),
    ("sigmoid", sigmoid, sigmoid_upstream_ignored, "upstream-ignored:dL_dy"),
    ("tanh", tanh, tanh_not_squared, "power:dL_dx"),
    ("tanh", tanh, tanh_plus, "sign:dL_dx"),
    ("tanh", tanh, tanh_of_the_input, "wrong-variable:dL_dx"),
    ("tanh", tanh, tanh_bracket, "power:dL_dx"),
    ("softplus", softplus, softplus_opposite, "sign:dL_dx"),
    ("selu", selu_short, selu_short_backward, "constant-rounded:y"),
    ("relu", relu, relu_everywhere, "factor-lost:dL_dx"),
    ("relu", relu, relu_wrong_side, "wrong-call:dL_dx"),
    ("leaky_relu", leaky_relu, leaky_relu_as_relu, "term-lost:dL_dx"),
    ("softmax", softmax, softmax_own_derivatives, "diagonal:dL_dweight"),
    ("softmax", softmax, softmax_diagonal, "path-dropped"),
    ("softmax", softmax_over_objects, softmax_over_objects_backward, "axis"),
    ("mse", mse, mse_two_forgotten, "factor-lost:dL_dprediction"),
    ("mse", mse, mse_over_objects, "sum-for-mean:dL_dprediction"),
    ("mse", mse, mse_not_divided, "sum-for-mean:dL_dprediction"),
    ("mse", mse, mse_sign, "sign:dL_dprediction"),
    ("mse", mse_sum, mse_not_divided, "sum-for-mean:L"),
    ("cross_entropy", cross_entropy, cross_entropy_sum, "sum-for-mean:L"),
    ("cross_entropy", cross_entropy, cross_entropy_without_target, "path-dropped"),
    ("bce", bce, bce_by_logit, "factor-extra:dL_dprediction"),
    ("adam", adam_ahead, None, "step-count"),
    ("adam", adam_with(correct_first=False, correct_second=False), None, "uncorrected"),
    ("adam", adam_with(correct_first=False), None, "factor-lost:x_next"),
    ("adam", adam_with(correct_second=False), None, "factor-lost:x_next"),
    ("adam", adam_with(complement=True), None, "convention"),
    ("adam", adam_with(eps_inside=True), None, "eps-place"),
    ("adam", adam_with(one_beta=True), None, "wrong-variable:v_next"),
    ("momentum", momentum_late, None, "wrong-variable:x_next"),
    ("momentum", momentum_uphill, None, "sign"),
    ("momentum", momentum_complement, None, "convention"),
    ("rmsprop", rmsprop_without_root, None, "power:x_next"),
    ("rmsprop", rmsprop_without_average, None, "factor-lost:v_next"),
]
RIGHT = [
    ("sigmoid", sigmoid, sigmoid_backward),
    ("tanh", tanh, tanh_backward),
    ("relu", relu, relu_backward),
    ("leaky_relu", leaky_relu, leaky_relu_backward),
    ("softmax", softmax, softmax_backward),
    ("mse", mse, mse_backward),
    ("cross_entropy", cross_entropy, cross_entropy_backward),
    ("adam", adam_with(), None),
    ("momentum", momentum, None),
    ("rmsprop", rmsprop, None),
]

"""Optimizers, right in the conventions of several frameworks."""

import numpy as np


def sgd(params, grads, state, lr=0.1):
    return {name: value - lr * grads[name] for name, value in params.items()}, state


def sgd_inplace(params, grads, state, learning_rate):
    for name in params:
        params[name] -= learning_rate * grads[name]
    return params, state


def momentum(params, grads, state, lr, momentum=0.9):
    """As PyTorch."""
    state = state or {name: np.zeros_like(value) for name, value in params.items()}
    state = {name: momentum * state[name] + grads[name] for name in params}
    return {name: params[name] - lr * state[name] for name in params}, state


def momentum_velocity(w, g, v, lr, mu=0.9):
    """As Keras: the rate is in the velocity. On bare arrays."""
    v = mu * (np.zeros_like(w) if v is None else v) - lr * g
    return w + v, v


def nesterov(params, grads, state, lr, momentum):
    state = state or {name: np.zeros_like(value) for name, value in params.items()}
    state = {name: momentum * state[name] + grads[name] for name in params}
    return {name: params[name] - lr * (grads[name] + momentum * state[name]) for name in params}, state


class Adam:
    """As PyTorch."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m, self.v, self.t = {}, {}, 0

    def step(self, params, grads):
        self.t += 1
        for name, g in grads.items():
            self.m[name] = self.beta1 * self.m.get(name, 0) + (1 - self.beta1) * g
            self.v[name] = self.beta2 * self.v.get(name, 0) + (1 - self.beta2) * g**2
            m_hat, v_hat = self.m[name] / (1 - self.beta1**self.t), self.v[name] / (1 - self.beta2**self.t)
            params[name] = params[name] - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        return params


def adam_eps_hat(params, grads, state, **hyper):
    """As Keras."""
    b1, b2 = hyper["beta1"], hyper["beta2"]
    t = state.get("t", 0) + 1
    rate = hyper["learning_rate"] * np.sqrt(1 - b2**t) / (1 - b1**t)
    new, after = {}, {"t": t}
    for name, g in grads.items():
        m, v = state.get(name, (0, 0))
        after[name] = m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        new[name] = params[name] - rate * m / (np.sqrt(v) + hyper["eps"])
    return new, after


def rmsprop(params, grads, state, lr, rho=0.9, eps=1e-7):
    """eps inside the root, as Keras."""
    v = {name: rho * state.get(name, 0) + (1 - rho) * g**2 for name, g in grads.items()}
    return {name: params[name] - lr * g / np.sqrt(v[name] + eps) for name, g in grads.items()}, v


def adagrad(params, grads, state, lr, eps):
    v = {name: state.get(name, 0) + g**2 for name, g in grads.items()}
    return {name: params[name] - lr * g / (np.sqrt(v[name]) + eps) for name, g in grads.items()}, v

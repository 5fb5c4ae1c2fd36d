"""Functions as people write them in Aesara."""

import aesara.tensor as at


def batch_norm(x, gamma, beta, eps):
    centred = x - x.mean(0)
    return gamma * centred / at.sqrt((centred**2).mean(0) + eps) + beta


def tanh(x):
    return at.tanh(x)


def tanh_backward(dout, x):
    return dout * (1 - at.tanh(x))


ROWS = [
    ("batch_norm", "batch_norm", "agrees", ""),
    ("tanh", "tanh", "wrong", "power"),
]

"""Functions as people write them in tinygrad."""

from tinygrad import Tensor


def layer_norm(x, gamma, beta, eps):
    centred = x - x.mean(-1, keepdim=True)
    return centred / ((centred**2).mean(-1, keepdim=True) + eps).sqrt() * gamma + beta


def softplus(x):
    return (1 + x.exp()).log()


def dropout(x, p):
    return x * (Tensor.rand(*x.shape) >= p) / (1 - p)


def mse(prediction, target):
    return ((prediction - target) ** 2).sum()


ROWS = [
    ("layer_norm", "layer_norm", "agrees", ""),
    ("dropout", "dropout", "agrees", ""),
    ("mse", "mse", "wrong", "sum-for-mean:L"),
]

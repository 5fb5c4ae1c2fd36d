"""Layers, functions and optimizers as people write them in PyTorch, right ones and wrong ones."""

import torch
import torch.nn.functional as F
from torch import nn


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gamma, beta, eps):
        inverse = (x.var(0, unbiased=False) + eps).rsqrt()
        hat = (x - x.mean(0)) * inverse
        ctx.save_for_backward(hat, gamma, inverse)
        return gamma * hat + beta

    @staticmethod
    def backward(ctx, g):
        hat, gamma, inverse = ctx.saved_tensors
        dx = gamma * inverse * (g - g.mean(0) - hat * (g * hat).mean(0))
        return dx, (g * hat).sum(0), g.sum(0), None


class _WithoutVariance(_BatchNorm):
    @staticmethod
    def backward(ctx, g):
        hat, gamma, inverse = ctx.saved_tensors
        return gamma * inverse * (g - g.mean(0)), (g * hat).sum(0), g.sum(0), None


def batch_norm(x, gamma, beta, eps):
    return _BatchNorm.apply(x, gamma, beta, eps)


def batch_norm_without_variance(x, gamma, beta, eps):
    return _WithoutVariance.apply(x, gamma, beta, eps)


def batch_norm_detached(x, gamma, beta, eps):
    return gamma * (x - x.mean(0).detach()) / torch.sqrt(x.var(0, unbiased=False) + eps) + beta


class LayerNorm(nn.Module):
    def __init__(self, width, eps=1e-3):
        super().__init__()
        self.gain, self.bias, self.eps = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width)), eps

    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        return self.gain * centred / torch.sqrt(centred.pow(2).mean(-1, keepdim=True) + self.eps) + self.bias


class Wrapped(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(1, 1)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return self.norm(x)


class Linear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(n_out, n_in)), nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


class Drop(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        return F.dropout(x, self.p, self.training)


def dropout(x, p, generator):
    return x * (torch.rand(x.shape, generator=generator, dtype=x.dtype) > p) / (1 - p)


def gelu(x):
    return 0.5 * x * (1 + torch.erf(x / 2**0.5))


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def sigmoid_backward(dout, x):
    return dout * sigmoid(x) * (1 - sigmoid(x))


def half(x):
    return sigmoid(x)


def half_backward(dout, x):
    return dout * sigmoid(x)


def conv(x, w, b, stride=1, padding=1):
    return F.conv2d(x, w, b, stride=stride, padding=padding)


def mse(prediction, target):
    return ((prediction - target) ** 2).mean()


def mse_over_objects(prediction, target):
    return ((prediction - target) ** 2).sum() / len(prediction)


def adam(params, grads, state, lr, beta1, beta2, eps):
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", torch.zeros_like(params)) + (1 - beta1) * grads
    v = beta2 * state.get("v", torch.zeros_like(params)) + (1 - beta2) * grads**2
    step = m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps)
    return params - lr * step, {"t": t, "m": m, "v": v}


class HeavyBall(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.mul_(group["momentum"]).add_(p.grad)
                p.add_(velocity, alpha=-group["lr"])


class Uncorrected(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * p.grad
                state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * p.grad**2
                p.add_(-group["lr"] * state["m"] / (state["v"].sqrt() + group["eps"]))


def chain(x, w1, w2, y):
    return ((w2 * torch.tanh(w1 * x) - y) ** 2).sum()


# name, what it is checked as, the verdict, how the fault starts
ROWS = [
    ("batch_norm", "batch_norm", "proved", ""),
    ("batch_norm_without_variance", "batch_norm", "wrong", "path-dropped:V"),
    ("batch_norm_detached", "batch_norm", "wrong", "path-dropped:C"),
    ("LayerNorm", "layer_norm", "proved", ""),
    ("Linear", "dense", "proved", ""),
    ("Drop", "dropout", "agrees", ""),
    ("dropout", "dropout", "agrees", ""),
    ("gelu", "gelu", "proved", ""),
    ("sigmoid", "sigmoid", "proved", ""),
    ("half", "sigmoid", "wrong", "factor-lost"),
    ("conv", "conv2d", "proved", ""),
    ("mse", "mse", "proved", ""),
    ("mse_over_objects", "mse", "wrong", "sum-for-mean:L"),
    ("adam", "adam", "proved", ""),
    ("HeavyBall", "momentum", "agrees", ""),
    ("Uncorrected", "adam", "wrong", "uncorrected"),
]

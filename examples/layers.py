"""Batch normalization in NumPy, with a mistake in its backward. See "Checking an implementation" in the README."""

import numpy as np


def batchnorm_forward(x, gamma, beta, eps):
    deviation = np.sqrt(x.var(axis=0) + eps)
    normalized = (x - x.mean(axis=0)) / deviation
    return gamma * normalized + beta, (normalized, gamma, deviation)


def batchnorm_backward(dout, cache):
    normalized, gamma, deviation = cache
    dgamma, dbeta = (dout * normalized).sum(axis=0), dout.sum(axis=0)
    dx = gamma / deviation * (dout - dout.mean(axis=0))
    return dx, dgamma, dbeta


def softmax(x):
    shifted = np.exp(x - x.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def softmax_backward(dout, x):
    y = softmax(x)
    return y * (dout - (dout * y).sum(axis=1, keepdims=True))

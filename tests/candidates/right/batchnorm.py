"""Batch normalization, right in several ways."""

import numpy as np


def staged_forward(x, gamma, beta, eps):
    m = x.shape[0]
    mean = 1.0 / m * np.sum(x, axis=0)
    centred = x - mean
    square = centred**2
    variance = 1.0 / m * np.sum(square, axis=0)
    root = np.sqrt(variance + eps)
    inverse = 1.0 / root
    normalized = centred * inverse
    return gamma * normalized + beta, (normalized, gamma, centred, inverse, root, variance, eps)


def staged_backward(dout, cache):
    normalized, gamma, centred, inverse, root, variance, eps = cache
    m = dout.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * normalized, axis=0)
    dnormalized = dout * gamma
    dinverse = np.sum(dnormalized * centred, axis=0)
    dcentred = dnormalized * inverse
    droot = -1.0 / root**2 * dinverse
    dvariance = 0.5 / np.sqrt(variance + eps) * droot
    dsquare = 1.0 / m * np.ones_like(dout) * dvariance
    dcentred = dcentred + 2 * centred * dsquare
    dmean = -1 * np.sum(dcentred, axis=0)
    return dcentred + 1.0 / m * np.ones_like(dout) * dmean, dgamma, dbeta


def compact_forward(x, gamma, beta, eps=1e-5):
    deviation = np.sqrt(x.var(axis=0) + eps)
    normalized = (x - x.mean(axis=0)) / deviation
    return gamma * normalized + beta, (normalized, gamma, deviation)


def compact_backward(dout, cache):
    normalized, gamma, deviation = cache
    m = len(dout)
    dbeta, dgamma = dout.sum(axis=0), (dout * normalized).sum(axis=0)
    return gamma / (m * deviation) * (m * dout - dbeta - normalized * dgamma), dgamma, dbeta


def einsum_forward(x, gamma, beta, eps):
    m = x.shape[0]
    centred = x - np.einsum("ik->k", x) / m
    deviation = (np.einsum("ik,ik->k", centred, centred) / m + eps) ** 0.5
    normalized = np.einsum("ik,k->ik", centred, 1 / deviation)
    return np.einsum("ik,k->ik", normalized, gamma) + beta, (normalized, gamma, deviation)


def einsum_backward(dout, cache):
    normalized, gamma, deviation = cache
    m = dout.shape[0]
    dgamma = np.einsum("ik,ik->k", dout, normalized)
    dbeta = np.einsum("ik->k", dout)
    dx = gamma / deviation * (dout - (dbeta + normalized * dgamma) / m)
    return dx, dgamma, dbeta


def inplace_forward(x, gamma, beta, eps):
    out = x - x.mean(axis=0, keepdims=True)
    deviation = np.sqrt(np.mean(np.square(out), axis=0, keepdims=True) + eps)
    out /= deviation
    normalized = out.copy()
    out *= gamma
    out += beta
    return out, (normalized, gamma, deviation)


def inplace_backward(dout, cache):
    normalized, gamma, deviation = cache
    dx = dout * gamma
    dx -= dx.mean(axis=0) + normalized * (dx * normalized).mean(axis=0)
    dx /= deviation
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def loops_forward(x, gamma, beta, eps):
    m, n = x.shape
    out, normalized, deviation = np.zeros((m, n)), np.zeros((m, n)), np.zeros(n)
    for k in range(n):
        mean = sum(x[i, k] for i in range(m)) / m
        variance = sum((x[i, k] - mean) ** 2 for i in range(m)) / m
        deviation[k] = np.sqrt(variance + eps)
        for i in range(m):
            normalized[i, k] = (x[i, k] - mean) / deviation[k]
            out[i, k] = gamma[k] * normalized[i, k] + beta[k]
    return out, (normalized, gamma, deviation)


loops_backward = compact_backward


def matrix_forward(x, gamma, beta, eps):
    """By the projection I - 1/m."""
    m = x.shape[0]
    centred = (np.eye(m) - np.full((m, m), 1 / m)) @ x
    deviation = np.sqrt(np.diagonal(centred.T @ centred) / m + eps)
    return centred / deviation * gamma + beta, (centred / deviation, gamma, deviation)


matrix_backward = compact_backward


def single_forward(x, gamma, beta, eps):
    """In float32 throughout, and says so."""
    x, gamma, beta = (np.asarray(a, dtype=np.float32) for a in (x, gamma, beta))
    return compact_forward(x, gamma, beta, np.float32(eps))


def single_backward(dout, cache):
    return compact_backward(np.asarray(dout, dtype=np.float32), cache)


def fixed_forward(x, gamma, beta):
    return compact_forward(x, gamma, beta, 1e-7)


fixed_backward = compact_backward


class BatchNorm:
    def __init__(self, num_features, eps=1e-5):
        self.gamma, self.beta, self.eps = np.ones(num_features), np.zeros(num_features), eps

    def forward(self, x):
        out, self.cache = compact_forward(x, self.gamma, self.beta, self.eps)
        return out

    def backward(self, dout):
        dx, self.dgamma, self.dbeta = compact_backward(dout, self.cache)
        return dx

"""Layers as people write them, forward and backward: staged, compact, with einsum, in place, with loops.

Every function takes the inputs and the upstream gradient and answers the output and the gradients.
"""

import math

import numpy as np
from numpy import zeros

# Batch normalization


def batch_norm_staged(x, gamma, beta, eps, dout):
    """Step by step along the computational graph, as in the cs231n assignment."""
    N, D = x.shape
    mu = 1.0 / N * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = 1.0 / N * np.sum(sq, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    out = gamma * xhat + beta

    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dx1, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    return out, dx1 + dx2, dgamma, dbeta


def batch_norm_compact(x, gamma, beta, eps, dout):
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    m = x.shape[0]
    dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    dx = gamma / (m * std) * (m * dout - dbeta - x_hat * dgamma)
    return gamma * x_hat + beta, dx, dgamma, dbeta


def batch_norm_einsum(x, gamma, beta, eps, dout):
    m = len(x)
    centred = x - np.einsum("ij->j", x) / m
    inverse = np.reciprocal((np.einsum("ij,ij->j", centred, centred) / m + eps) ** 0.5)
    hat = np.einsum("ij,j->ij", centred, inverse)
    dhat = np.einsum("ij,j->ij", dout, gamma)
    dx = (dhat - dhat.mean(0, keepdims=True) - hat * np.mean(dhat * hat, axis=0)) * inverse
    return hat * gamma + beta, dx, np.einsum("ij,ij->j", dout, hat), np.einsum("ij->j", dout)


def batch_norm_in_place(x, gamma, beta, eps, dout):
    m = x.shape[0]
    out = x.copy()
    out -= np.add.reduce(out, axis=0) / m
    std = np.empty_like(gamma)
    np.multiply(out, out).mean(axis=0, out=std)
    std += eps
    np.sqrt(std, out=std)
    out /= std
    hat = out.copy()
    out *= gamma
    out += beta
    dx = dout * gamma
    dgamma = np.sum(dout * hat, axis=0)
    dx -= np.mean(dx, axis=0) + hat * (dgamma * gamma) / m
    np.divide(dx, std, out=dx)
    return out, dx, dgamma, np.sum(dout, 0)


def batch_norm_by_column(x, gamma, beta, eps, dout):
    """One feature at a time, in loops, with math.sqrt."""
    m, n = x.shape
    out, dx = np.zeros((m, n)), np.zeros(x.shape, dtype=x.dtype)
    dgamma, dbeta = zeros(n), zeros(n)
    for k in range(n):
        mean = sum(x[:, k]) / m
        std = math.sqrt(sum((v - mean) ** 2 for v in x[:, k]) / m + eps)
        hat = [(v - mean) / std for v in x[:, k]]
        for i in range(m):
            out[i, k] = gamma[k] * hat[i] + beta[k]
            dgamma[k] += dout[i, k] * hat[i]
            dbeta[k] += dout[i, k]
        for i in range(m):
            dx[i, k] = gamma[k] / std * (dout[i, k] - dbeta[k] / m - hat[i] * dgamma[k] / m)
    return out, dx, dgamma, dbeta


# Layer normalization


def layer_norm_keepdims(x, gamma, beta, eps, dout):
    mu = np.mean(x, axis=1, keepdims=True)
    sigma = np.std(x, axis=-1, keepdims=True)
    s = np.sqrt(np.square(sigma) + eps)
    hat = (x - mu) / s
    d = x.shape[-1]
    dhat = dout * gamma
    dx = 1.0 / d / s * (d * dhat - np.sum(dhat, 1, keepdims=True) - hat * np.sum(dhat * hat, 1, keepdims=True))
    return gamma * hat + beta, dx, np.sum(dout * hat, axis=0), np.sum(dout, axis=0)


def layer_norm_transposed(x, gamma, beta, eps, dout):
    """The transposed batch normalization."""
    y = x.T
    var, mean = np.var(y, axis=0), np.average(y, axis=0)
    hat = ((y - mean) * (var + eps) ** -0.5).T
    d = np.asarray(dout * gamma).transpose()
    r = np.linalg.norm(y - mean, axis=0)
    n = float(y.shape[0])
    s = np.sqrt(r**2 / n + eps)
    dx = ((d - d.mean(0) - hat.T * (d * hat.T).mean(0)) / s).T
    return hat * gamma + beta, dx, (dout * hat).sum(axis=0), dout.sum(axis=0)


# Dense


def dense_matmul(x, w, b, dout):
    return x @ w + b, dout @ w.T, x.T @ dout, dout.sum(axis=0)


def dense_dot(x, w, b, dout):
    out = np.dot(x, w)
    np.add(out, b[np.newaxis, :], out=out)
    return out, np.tensordot(dout, w, axes=([1], [1])), np.dot(x.T, dout), np.ones(len(x)).dot(dout)


# Softmax with cross entropy


def softmax_loss_shifted(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def softmax_loss_one_hot(x, y):
    m, n = x.shape
    one_hot = np.zeros((m, n))
    one_hot[np.arange(m), y] = 1.0
    e = np.exp(x)
    p = e / e.sum(axis=1)[:, None]
    return -(one_hot * np.log(p)).sum() / m, (p - one_hot) / m


# Dropout


def dropout_rand(x, drop_probability, mask_source, dout):
    keep = 1 - drop_probability
    mask = (mask_source.rand(*x.shape) < keep) / keep
    return x * mask, dout * mask


def dropout_where(x, drop_probability, mask_source, dout):
    dropped = mask_source.random(x.shape) < drop_probability
    out, dx = x / (1.0 - drop_probability), dout / (1.0 - drop_probability)
    dx[dropped] = 0
    return np.where(dropped, 0.0, out), dx


def dropout_binomial(x, drop_probability, mask_source, dout):
    mask = mask_source.binomial(1, 1 - drop_probability, size=x.shape).astype(x.dtype)
    out = mask * mask * x / (1 - drop_probability)
    return out, dout * (mask / (1 - drop_probability))


# Activations


def relu_mask(x, dout):
    return np.maximum(0, x), dout * (x > 0)


def relu_assigned(x, dout):
    dx = np.array(dout, copy=True)
    dx[x <= 0] = 0
    return x * (x > 0), dx


def leaky_relu_where(x, dout):
    return np.where(x > 0, x, 0.1 * x), dout * np.where(x > 0, 1, 0.1)


def sigmoid_stable(x, dout):
    z = np.exp(-np.abs(x))
    out = np.where(x >= 0, 1 / (1 + z), z / (1 + z))
    return out, dout * out * (1 - out)


def gelu_tanh(x, dout):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + t), dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2))


# Convolution and pooling, over channels x height x width


def conv_loops(x, w, b, dout):
    F, _, HH, WW = w.shape
    H, W = x.shape[1] - HH + 3, x.shape[2] - WW + 3
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="constant")
    out = np.zeros((F, H, W))
    dw, dpadded = np.zeros_like(w), np.zeros_like(padded)
    for f in range(F):
        for i in range(H):
            for j in range(W):
                window = padded[:, i : i + HH, j : j + WW]
                out[f, i, j] = np.sum(window * w[f]) + b[f]
                dw[f] += window * dout[f, i, j]
                dpadded[:, i : i + HH, j : j + WW] += w[f] * dout[f, i, j]
    return out, dpadded[:, 1:-1, 1:-1], dw, dout.sum(axis=(1, 2))


def conv_windows(x, w, b, dout):
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(1, 2))
    out = np.einsum("cijpq,fcpq->fij", windows, w) + b[:, None, None]
    dw = np.einsum("cijpq,fij->fcpq", windows, dout)
    p, q = w.shape[2] - 1, w.shape[3] - 1
    spread = np.pad(dout, ((0, 0), (p, p), (q, q)))
    flipped = np.lib.stride_tricks.sliding_window_view(spread, w.shape[2:], axis=(1, 2))
    dpadded = np.einsum("fijpq,fcpq->cij", flipped, w[:, :, ::-1, ::-1])
    return out, dpadded[:, 1:-1, 1:-1], dw, np.einsum("fij->f", dout)


def max_pool_argmax(x, dout):
    C, H, W = x.shape
    out, dx = np.zeros((C, H // 2, W // 2)), np.zeros_like(x)
    for c in range(C):
        for i in range(H // 2):
            for j in range(W // 2):
                window = x[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                out[c, i, j] = window.max()
                p, q = np.unravel_index(window.argmax(), window.shape)
                dx[c, 2 * i + p, 2 * j + q] += dout[c, i, j]
    return out, dx


def max_pool_mask(x, dout):
    C, H, W = x.shape
    blocks = x.reshape(C, H // 2, 2, W // 2, 2)
    out = blocks.max(axis=(2, 4))
    mask = blocks == out[:, :, None, :, None]
    return out, (mask * dout[:, :, None, :, None]).reshape(x.shape)


def average_pool(x, dout):
    C, H, W = x.shape
    out = x.reshape(C, H // 2, 2, W // 2, 2).mean(axis=(2, 4))
    return out, np.repeat(np.repeat(dout, 2, axis=1), 2, axis=2) / 4

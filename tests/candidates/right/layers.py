"""Layers other than batch normalization, right in several ways."""

import numpy as np


def layernorm_forward(x, gamma, beta, eps):
    mean = x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    normalized = (x - mean) / deviation
    return gamma * normalized + beta, (normalized, gamma, deviation)


def layernorm_backward(dout, cache):
    normalized, gamma, deviation = cache
    above = dout * gamma
    means = above.mean(axis=-1, keepdims=True), (above * normalized).mean(axis=-1, keepdims=True)
    dx = (above - means[0] - normalized * means[1]) / deviation
    return dx, (dout * normalized).sum(axis=0), dout.sum(axis=0)


def dense_forward(x, w, b):
    return x @ w + b, (x, w)


def dense_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def dense_einsum_forward(x, w, b):
    return np.einsum("ij,jk->ik", x, w) + b, (x, w)


def dense_einsum_backward(dout, cache):
    x, w = cache
    return np.einsum("ik,jk->ij", dout, w), np.einsum("ij,ik->jk", x, dout), np.einsum("ik->k", dout)


class Dense:
    def __init__(self, in_features, out_features):
        self.w, self.b = np.zeros((in_features, out_features)), np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return np.dot(x, self.w) + self.b

    def backward(self, dout):
        self.grad_w, self.grad_b = np.dot(self.x.T, dout), dout.sum(axis=0)
        return np.dot(dout, self.w.T)


def dropout_forward(x, drop_probability, mask_source):
    """The mask from a generator."""
    mask = (mask_source.random(x.shape) >= drop_probability) / (1 - drop_probability)
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache


def dropout_keep_forward(x, drop_probability, mask_source):
    keep = 1 - drop_probability
    kept = mask_source.random(x.shape) < keep
    return np.where(kept, x / keep, 0), (kept, keep)


def dropout_keep_backward(dout, cache):
    kept, keep = cache
    return np.where(kept, dout / keep, 0)


def dropout_mask_forward(x, mask, drop_probability):
    """The mask itself is given."""
    scale = mask / (1 - drop_probability)
    return x * scale, scale


dropout_mask_backward = dropout_backward


def dropout_call_forward(x, drop_probability, mask_source):
    """The source answers with a mask when called with a shape."""
    scale = mask_source(x.shape) / (1 - drop_probability)
    return x * scale, scale


dropout_call_backward = dropout_backward


def conv2d_forward(x, w, b, stride=1, padding=0):
    """Loops over the places of the window."""
    m, _, height, width = x.shape
    filters, _, kh, kw = w.shape
    rows, columns = height - kh + 1, width - kw + 1
    out = np.zeros((m, filters, rows, columns))
    for p in range(kh):
        for q in range(kw):
            out = out + np.einsum("ncij,oc->noij", x[:, :, p : p + rows, q : q + columns], w[:, :, p, q])
    return out + b[None, :, None, None], (x, w)


def conv2d_backward(dout, cache):
    x, w = cache
    rows, columns = dout.shape[2:]
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for p in range(w.shape[2]):
        for q in range(w.shape[3]):
            dx[:, :, p : p + rows, q : q + columns] += np.einsum("noij,oc->ncij", dout, w[:, :, p, q])
            dw[:, :, p, q] = np.einsum("noij,ncij->oc", dout, x[:, :, p : p + rows, q : q + columns])
    return dx, dw, dout.sum(axis=(0, 2, 3))


def _windows(x):
    m, channels, height, width = x.shape
    return x.reshape(m, channels, height // 2, 2, width // 2, 2)


def max_pool2d_forward(x, width, stride):
    out = _windows(x).max(axis=(3, 5))
    return out, (x, out)


def max_pool2d_backward(dout, cache):
    x, out = cache
    largest = _windows(x) == out[:, :, :, None, :, None]
    return (largest * dout[:, :, :, None, :, None]).reshape(x.shape)


def avg_pool2d_forward(x, width, stride):
    return _windows(x).mean(axis=(3, 5)), x.shape


def avg_pool2d_backward(dout, cache):
    return np.repeat(np.repeat(dout, 2, axis=2), 2, axis=3) / 4

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
    kh, kw = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows, columns = (padded.shape[2] - kh) // stride + 1, (padded.shape[3] - kw) // stride + 1
    out = np.zeros((len(x), len(w), rows, columns))
    for p in range(kh):
        for q in range(kw):
            seen = padded[:, :, p : p + stride * rows : stride, q : q + stride * columns : stride]
            out = out + np.einsum("ncij,oc->noij", seen, w[:, :, p, q])
    return out + b[None, :, None, None], (padded, w, stride, padding)


def conv2d_backward(dout, cache):
    x, w, stride, padding = cache
    rows, columns = dout.shape[2:]
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for p in range(w.shape[2]):
        for q in range(w.shape[3]):
            seen = (..., slice(p, p + stride * rows, stride), slice(q, q + stride * columns, stride))
            dx[seen] += np.einsum("noij,oc->ncij", dout, w[:, :, p, q])
            dw[:, :, p, q] = np.einsum("noij,ncij->oc", dout, x[seen])
    inner = dx[:, :, padding : x.shape[2] - padding, padding : x.shape[3] - padding]
    return inner, dw, dout.sum(axis=(0, 2, 3))


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


def max_pool_windows_forward(x, pool_size, stride):
    view = np.lib.stride_tricks.sliding_window_view(x, (pool_size, pool_size), axis=(2, 3))[:, :, ::stride, ::stride]
    return view.max(axis=(4, 5)), (x, pool_size, stride)


def max_pool_windows_backward(dout, cache):
    x, width, stride = cache
    dx = np.zeros(x.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            window = (..., slice(stride * i, stride * i + width), slice(stride * j, stride * j + width))
            largest = x[window] == x[window].max(axis=(2, 3), keepdims=True)
            dx[window] += largest * dout[:, :, i : i + 1, j : j + 1]
    return dx


def max_pool_argmax_forward(x, width, stride):
    m, c, h, w = x.shape
    windows = _windows(x).transpose(0, 1, 2, 4, 3, 5).reshape(m, c, h // 2, w // 2, 4)
    at = windows.argmax(axis=-1)[..., None]
    return np.take_along_axis(windows, at, axis=-1)[..., 0], (x.shape, at)


def max_pool_argmax_backward(dout, cache):
    (m, c, h, w), at = cache
    windows = np.zeros((m, c, h // 2, w // 2, 4))
    np.put_along_axis(windows, at, dout[..., None], axis=-1)
    return windows.reshape(m, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(m, c, h, w)


def avg_pool2d_forward(x, width, stride):
    return _windows(x).mean(axis=(3, 5)), x.shape


def avg_pool2d_backward(dout, cache):
    return np.repeat(np.repeat(dout, 2, axis=2), 2, axis=3) / 4


def padded_mean_forward(x):
    """Only the places on the input count."""
    views = [
        np.lib.stride_tricks.sliding_window_view(np.pad(a, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
        for a in (x, np.ones_like(x))
    ]
    total, count = (view[:, :, ::2, ::2].sum(axis=(4, 5)) for view in views)
    return total / count, (x.shape, count)


def padded_mean_backward(dout, cache):
    shape, count = cache
    padded = np.zeros((*shape[:2], shape[2] + 2, shape[3] + 2))
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            padded[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += (dout / count)[:, :, i : i + 1, j : j + 1]
    return padded[:, :, 1:-1, 1:-1]


def dense_backward_backward(ddx, ddw, ddb, dout, cache):
    x, w = cache
    return dout @ ddw.T, ddx.T @ dout, ddx @ w + x @ ddw + ddb

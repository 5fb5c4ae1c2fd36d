"""Dropout, dense layers, convolution and pooling as people get them wrong."""

import numpy as np

# Dropout. The mask is 1 where something is kept.


def dropout_forward(x, drop_probability, mask):
    return x * mask / (1 - drop_probability), (mask, drop_probability)


def dropout_backward(dout, cache):
    """The right one."""
    mask, drop_probability = cache
    return dout * mask / (1 - drop_probability)


def dropout_not_rescaled(dout, cache):
    return dout * cache[0]


def dropout_mask_not_reused(dout, cache):
    return dout / (1 - cache[1])


def dropout_passes_everything(dout, cache):
    return dout


def keep_for_drop_forward(x, drop_probability, mask):
    return x * mask / drop_probability, (mask, 1 - drop_probability)


def dropout_keep_for_drop(dout, cache):
    return dout * cache[0] / cache[1]


def dropout_rescaled_twice(dout, cache):
    mask, drop_probability = cache
    return dout * mask / (1 - drop_probability) ** 2


# Dense


def dense_forward(x, w, b):
    return x @ w + b, (x, w)


def dense_backward(dout, cache):
    """The right one."""
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def dense_bias_overwritten(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout[-1]


def dense_bias_not_summed(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout


def dense_weights_transposed(dout, cache):
    x, w = cache
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


def dense_mean_over_the_batch(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout / len(x), dout.mean(axis=0)


def dense_no_gradient_of_the_bias(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, np.zeros(w.shape[1])


def dense_without_bias_forward(x, w, b):
    return x @ w, (x, w)


# Convolution and pooling, by loops: objects x channels x height x width


def conv2d_forward(x, w, b):
    kh, kw = w.shape[2:]
    out = np.zeros((len(x), len(w), x.shape[2] - kh + 1, x.shape[3] - kw + 1), dtype=x.dtype)
    for r in range(out.shape[2]):
        for s in range(out.shape[3]):
            out[:, :, r, s] = np.einsum("mcpq,ocpq->mo", x[:, :, r : r + kh, s : s + kw], w) + b
    return out, (x, w)


def conv2d_backward(dout, cache):
    """The right one."""
    x, w = cache
    kh, kw = w.shape[2:]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for r in range(dout.shape[2]):
        for s in range(dout.shape[3]):
            dx[:, :, r : r + kh, s : s + kw] += np.einsum("mo,ocpq->mcpq", dout[:, :, r, s], w)
            dw += np.einsum("mo,mcpq->ocpq", dout[:, :, r, s], x[:, :, r : r + kh, s : s + kw])
    return dx, dw, dout.sum(axis=(0, 2, 3))


def conv2d_mask_turned(dout, cache):
    x, w = cache
    _, dw, db = conv2d_backward(dout, cache)
    dx, _, _ = conv2d_backward(dout, (x, w[:, :, ::-1, ::-1]))
    return dx, dw, db


def conv2d_bias_by_a_mean(dout, cache):
    dx, dw, _ = conv2d_backward(dout, cache)
    return dx, dw, dout.mean(axis=(0, 2, 3))


def conv2d_bias_of_one_object(dout, cache):
    dx, dw, _ = conv2d_backward(dout, cache)
    return dx, dw, dout[-1].sum(axis=(1, 2))


def true_convolution_forward(x, w, b):
    return conv2d_forward(x, w[:, :, ::-1, ::-1], b)


def true_convolution_backward(dout, cache):
    dx, dw, db = conv2d_backward(dout, cache)
    return dx, dw[:, :, ::-1, ::-1], db


def _windows(x):
    m, c, height, width = x.shape
    return x.reshape(m, c, height // 2, 2, width // 2, 2)


def avg_pool2d_forward(x):
    return _windows(x).mean(axis=(3, 5)), x.shape


def avg_pool2d_backward(dout, cache):
    """The right one."""
    return np.kron(dout, np.full((2, 2), 1 / 4))


def avg_pool2d_not_divided(dout, cache):
    return np.kron(dout, np.ones((2, 2)))


def avg_pool2d_by_the_width(dout, cache):
    return np.kron(dout, np.full((2, 2), 1 / 2))


def max_pool2d_forward(x):
    out = _windows(x).max(axis=(3, 5))
    return out, (x, out)


def max_pool2d_backward(dout, cache):
    """The right one."""
    x, out = cache
    return np.kron(dout, np.ones((2, 2))) * (x == np.kron(out, np.ones((2, 2))))


def max_pool2d_to_all(dout, cache):
    return np.kron(dout, np.ones((2, 2)))


def min_pool_forward(x):
    out = _windows(x).min(axis=(3, 5))
    return out, (x, out)


WRONG = [
    ("dropout", dropout_forward, dropout_not_rescaled, "factor-lost:dL_dx"),
    ("dropout", dropout_forward, dropout_mask_not_reused, "factor-lost:dL_dx"),
    ("dropout", dropout_forward, dropout_passes_everything, "factor-lost:dL_dx + factor-lost:dL_dx"),
    ("dropout", keep_for_drop_forward, dropout_keep_for_drop, "convention:y"),
    ("dropout", dropout_forward, dropout_rescaled_twice, "power:dL_dx"),
    ("dense", dense_forward, dense_bias_overwritten, "overwritten:dL_db"),
    ("dense", dense_forward, dense_bias_not_summed, "sum-missing:dL_db"),
    ("dense", dense_forward, dense_weights_transposed, "transposed:dL_dw"),
    ("dense", dense_forward, dense_mean_over_the_batch, "mean-for-sum"),
    ("dense", dense_forward, dense_no_gradient_of_the_bias, "zero:dL_db"),
    ("dense", dense_without_bias_forward, dense_backward, "term-lost:y"),
    ("conv2d", conv2d_forward, conv2d_mask_turned, "turned"),
    ("conv2d", conv2d_forward, conv2d_bias_by_a_mean, "mean-for-sum:dL_db"),
    ("conv2d", conv2d_forward, conv2d_bias_of_one_object, "overwritten:dL_db"),
    ("conv2d", true_convolution_forward, true_convolution_backward, "turned:y"),
    ("avg_pool2d", avg_pool2d_forward, avg_pool2d_not_divided, "factor-lost:dL_dx"),
    ("avg_pool2d", avg_pool2d_forward, avg_pool2d_by_the_width, "factor-doubled:dL_dx"),
    ("max_pool2d", max_pool2d_forward, max_pool2d_to_all, "wrong-call:y"),
    ("max_pool2d", min_pool_forward, max_pool2d_backward, "wrong-call:y"),
]
RIGHT = [
    ("dropout", dropout_forward, dropout_backward),
    ("dense", dense_forward, dense_backward),
    ("conv2d", conv2d_forward, conv2d_backward),
    ("avg_pool2d", avg_pool2d_forward, avg_pool2d_backward),
    ("max_pool2d", max_pool2d_forward, max_pool2d_backward),
]

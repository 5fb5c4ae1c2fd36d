"""Functions as people write them in JAX."""

import jax
import jax.numpy as jnp


@jax.jit
def batch_norm(x, gamma, beta, eps):
    centred = x - jnp.mean(x, 0)
    return gamma * centred * jax.lax.rsqrt(jnp.mean(centred**2, 0) + eps) + beta


def batch_norm_stopped(x, gamma, beta, eps):
    deviation = jax.lax.stop_gradient(jnp.sqrt(jnp.var(x, 0) + eps))
    return gamma * (x - jnp.mean(x, 0)) / deviation + beta


def dropout(x, drop_probability, key):
    kept = jax.random.bernoulli(key, 1 - drop_probability, x.shape)
    return jnp.where(kept, x / (1 - drop_probability), 0)


def cross_entropy(prediction, target):
    return -jnp.mean(jnp.sum(target * jax.nn.log_softmax(prediction), -1))


@jax.custom_vjp
def sigmoid(x):
    return jax.nn.sigmoid(x)


def _forward(x):
    y = sigmoid(x)
    return y, y


def _backward(y, g):
    return (g * y * (1 + y),)


sigmoid.defvjp(_forward, _backward)

ROWS = [
    ("batch_norm", "batch_norm", "proved", ""),
    ("batch_norm_stopped", "batch_norm", "wrong", "path-dropped:V"),
    ("dropout", "dropout", "agrees", ""),
    ("cross_entropy", "cross_entropy", "proved", ""),
    ("sigmoid", "sigmoid", "wrong", "sign"),
]

"""Optimizers by hand: `step(params, grads, state, **hyper) -> (params, state)`, one array of any shape at a time.

The state is a dictionary of arrays; the empty one starts. The gradient of `nesterov` is that at `look_ahead`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["OPTIMIZERS", "look_ahead"]

Array = NDArray[Any]
State = dict[str, Any]
Step = Callable[..., tuple[Array, State]]


def gradient_descent(x: Array, g: Array, state: State, alpha: float) -> tuple[Array, State]:
    return x - alpha * g, state


def ema_momentum(x: Array, g: Array, state: State, alpha: float, gamma: float) -> tuple[Array, State]:
    v = gamma * _old(state, "v", g) + (1 - gamma) * g
    return x - alpha * v, {"v": v}


def heavy_ball(x: Array, g: Array, state: State, alpha: float, gamma: float) -> tuple[Array, State]:
    v = gamma * _old(state, "v", g) + g
    return x - alpha * v, {"v": v}


def look_ahead(x: Array, state: State, gamma: float) -> Array:
    """Where `nesterov` takes the gradient."""
    return x + gamma * _old(state, "v", x)


def nesterov(x: Array, g: Array, state: State, alpha: float, gamma: float) -> tuple[Array, State]:
    v = gamma * _old(state, "v", g) - alpha * g
    return x + v, {"v": v}


def nesterov_shifted(x: Array, g: Array, state: State, alpha: float, gamma: float) -> tuple[Array, State]:
    v = gamma * _old(state, "v", g) + g
    return x - alpha * (g + gamma * v), {"v": v}


def adam(x: Array, g: Array, state: State, alpha: float, beta1: float, beta2: float, eps: float) -> tuple[Array, State]:
    t = state.get("t", 0) + 1
    m = beta1 * _old(state, "m", g) + (1 - beta1) * g
    v = beta2 * _old(state, "v", g) + (1 - beta2) * g**2
    move = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return x - alpha * move, {"m": m, "v": v, "t": t}


def adam_by_norm(x: Array, g: Array, state: State, alpha: float, beta1: float, beta2: float) -> tuple[Array, State]:
    m = beta2 * state.get("m", 0.0) + (1 - beta2) * np.linalg.norm(g)
    v = beta1 * _old(state, "v", g) + (1 - beta1) * g
    return x - alpha * v / m, {"m": m, "v": v}


def rmsprop(x: Array, g: Array, state: State, alpha: float, rho: float, eps: float) -> tuple[Array, State]:
    v = rho * _old(state, "v", g) + (1 - rho) * g**2
    return x - alpha * g / (np.sqrt(v) + eps), {"v": v}


def rprop(
    x: Array,
    g: Array,
    state: State,
    delta0: float,
    eta_minus: float = 0.5,
    eta_plus: float = 1.2,
    delta_min: float = 1e-6,
    delta_max: float = 50.0,
) -> tuple[Array, State]:
    """iRprop-: where the sign of the gradient flips, the step shrinks and the parameter rests."""
    agreement = g * _old(state, "last", g)
    delta = state.get("delta", np.full_like(g, delta0))
    factor = np.select([agreement > 0, agreement < 0], [eta_plus, eta_minus], 1.0)
    delta = np.clip(delta * factor, delta_min, delta_max)
    g = np.where(agreement < 0, 0, g)
    return x - np.sign(g) * delta, {"delta": delta, "last": g}


def _old(state: State, name: str, like: Array) -> Array:
    return state[name] if name in state else np.zeros_like(like)


_STEPS: tuple[Step, ...] = (
    gradient_descent, ema_momentum, heavy_ball, nesterov, nesterov_shifted, adam, adam_by_norm, rmsprop, rprop
)  # fmt: skip
OPTIMIZERS: dict[str, Step] = {step.__name__: step for step in _STEPS}

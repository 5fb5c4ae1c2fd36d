"""flax.linen: its layers in training, as they are made by default but for float64."""

from importlib import import_module
from typing import Any

from symnet.candidates.adapters.engine import Table, merged, require
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.adapters.jax import row
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["ROWS", "preset"]


def preset(name: str, spec: Spec) -> Candidate:
    """`flax:BatchNorm` and the like. Raises SymnetError for what it does not have, and without flax."""
    require("flax", "flax")
    return row_of(Table("flax", "flax", ROWS), name, spec)


def _linen() -> Any:
    return import_module("flax.linen")


def _batch_norm(x: Any, scale: Any, shift: Any) -> Any:
    zeros, ones = 0 * scale, 0 * scale + 1
    variables = {"params": {"scale": scale, "bias": shift}, "batch_stats": {"mean": zeros, "var": ones}}
    return _linen().BatchNorm(use_running_average=False).apply(variables, x, mutable=["batch_stats"])[0]


def _running(x: Any) -> dict[str, Any]:
    jax = import_module("jax")
    with jax.enable_x64(True):
        layer, place = (
            _linen().BatchNorm(use_running_average=False, dtype=float, param_dtype=float),
            jax.numpy.asarray(x),
        )
        state = layer.init(jax.random.PRNGKey(0), place)
        found = layer.apply(state, place, mutable=["batch_stats"])[1]["batch_stats"]
    return {"running_mean": found["mean"], "running_variance": found["var"]}


def _layer_norm(x: Any, scale: Any, shift: Any) -> Any:
    return _linen().LayerNorm().apply({"params": {"scale": scale, "bias": shift}}, x)


def _dropout(x: Any, drop_probability: float) -> Any:
    key = import_module("jax").random.PRNGKey(0)
    return _linen().Dropout(drop_probability, deterministic=False).apply({}, x, rngs={"dropout": key})


def _dense(x: Any, w: Any, b: Any) -> Any:
    return _linen().Dense(w.shape[1]).apply({"params": {"kernel": w, "bias": b}}, x)


def _conv(x: Any, w: Any, b: Any) -> Any:
    """Channels come last here."""
    layer = _linen().Conv(w.shape[0], w.shape[2:], padding="VALID")
    out = layer.apply({"params": {"kernel": w.transpose(2, 3, 1, 0), "bias": b}}, x.transpose(0, 2, 3, 1))
    return out.transpose(0, 3, 1, 2)


def _pool(name: str, width: int = 2, padding: str = "VALID") -> Any:
    def pool(x: Any) -> Any:
        out = getattr(_linen(), name)(x.transpose(0, 2, 3, 1), (width, width), (2, 2), padding)
        return out.transpose(0, 3, 1, 2)

    return pool


ROWS = merged(
    (
        row("flax", "BatchNorm", "batch_norm", _batch_norm, _running),
        row("flax", "LayerNorm", "layer_norm", _layer_norm),
        row("flax", "Dropout", "dropout", _dropout),
        row("flax", "Dense", "dense", _dense),
        row("flax", "Conv", "conv2d", _conv),
        row("flax", "max_pool", "max_pool2d", _pool("max_pool")),
        row("flax", "avg_pool", "avg_pool2d", _pool("avg_pool")),
        row("flax", "avg_pool", "avg_pool2d_padded", _pool("avg_pool", 3, "SAME")),
    )
)

"""Which argument of somebody's function is what: by its name, else by its place in the accepted signature."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symnet.errors import SymnetError

__all__ = ["Signature", "attribute", "spellings"]

# How people spell the names of a spec, in lower case.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "x": ("input", "inputs", "z", "a", "data", "arr", "logits"),
    "scale": ("gamma", "weight", "g", "gain"),
    "shift": ("beta", "bias", "b"),
    "eps": ("epsilon", "e"),
    "w": ("weight", "weights", "kernel", "filters"),
    "b": ("bias", "biases"),
    "mask": ("masks", "kept", "mask_source", "source", "rng", "random", "generator", "random_state", "key"),
    "drop_probability": ("drop_prob", "rate", "p", "drop", "p_drop", "dropout", "dropout_rate", "probability"),
    "keep_probability": ("keep_prob", "keep", "p_keep"),
    "prediction": ("pred", "predictions", "y_pred", "yhat", "y_hat", "p", "output", "logits", "scores", "f", "x", "z"),
    "target": ("targets", "t", "y", "y_true", "label", "labels"),
    "slope": ("negative_slope", "alpha", "a", "leak"),
    "alpha": ("a",),
    "delta": ("d", "threshold", "beta"),
    "dy": ("dout", "grad", "grad_output", "upstream", "g", "d_out", "grad_out", "delta", "dl_dy"),
    "y": ("out", "output"),
    "cache": ("ctx", "saved", "memory"),
    "width": ("window", "pool", "pool_size", "kernel_size", "size", "k", "kernel"),
    "stride": ("strides", "step"),
    "padding": ("pad",),
    "features": ("num_features", "n_features", "dim", "d", "n", "size", "width", "units", "normalized_shape"),
    "inputs": ("in_features", "n_in", "fan_in", "input_size", "in_dim"),
    "outputs": ("out_features", "n_out", "fan_out", "output_size", "out_dim", "units"),
    "params": ("parameters", "weights", "x", "w"),
    "grads": ("gradients", "g", "grad"),
    "state": ("cache", "memory", "s"),
    "rate": ("learning_rate", "lr", "alpha", "eta", "h", "step_size"),
    "gamma": ("momentum", "mu", "beta", "m"),
    "beta1": ("b1", "beta_1", "beta1"),
    "beta2": ("b2", "beta_2", "beta2"),
    "rho": ("decay", "decay_rate", "alpha", "beta", "gamma", "smoothing", "beta2"),
}


def spellings(name: str) -> tuple[str, ...]:
    """How a name may be written, itself first."""
    return (name, *_SPELLINGS.get(name, ()))


class Signature:
    """What a function takes, in terms of `wanted`: the names it may be given, in the order of the accepted signature.

    Its parameters are told by their names; where one is not known, or two would be the same, they are taken in order.
    """

    def __init__(self, function: Callable[..., Any], wanted: Sequence[str], required: int | None = None) -> None:
        self.function = function
        self.label = getattr(function, "__name__", str(function))
        self.signature: inspect.Signature | None = None
        try:
            self.signature = inspect.signature(function)
        except (TypeError, ValueError):  # a function of C: the first ones, in order
            self.names: dict[str, str | None] = dict.fromkeys(wanted[:required])
            self.open = False
            return
        parameters = list(self.signature.parameters.values())
        self.open = any(p.kind is p.VAR_KEYWORD for p in parameters)
        plain = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        self.names = self._by_name(plain, wanted) or self._in_order(plain, wanted)

    def _by_name(self, parameters: list[inspect.Parameter], wanted: Sequence[str]) -> dict[str, str | None] | None:
        found: dict[str, str | None] = {}
        for parameter in parameters:
            known = _meaning(parameter.name, [w for w in wanted if w not in found])
            if known is not None and parameter.kind is not parameter.POSITIONAL_ONLY:
                found[known] = parameter.name
            elif parameter.default is parameter.empty:
                return None
        return found

    def _in_order(self, parameters: list[inspect.Parameter], wanted: Sequence[str]) -> dict[str, str | None]:
        needed = [p for p in parameters if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
        if len(needed) > len(wanted):
            raise SymnetError(
                f"{self.label} wants {len(needed)} arguments ({', '.join(p.name for p in needed)}), "
                f"and there are {', '.join(wanted)} to give"
            )
        order: dict[str, str | None] = dict.fromkeys(wanted[: len(needed)])
        for parameter in parameters:
            known = _meaning(parameter.name, [w for w in wanted if w not in order])
            if parameter not in needed and known is not None:
                order[known] = parameter.name
        return order

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __call__(self, values: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> Any:
        """Call it with those of the values that it takes; `extra` only goes into **keywords."""
        positional = [values[name] for name, keyword in self.names.items() if keyword is None]
        named = {keyword: values[name] for name, keyword in self.names.items() if keyword and name in values}
        if self.open and extra:
            named |= {name: value for name, value in extra.items() if name not in named}
        if self.signature is None:
            return self.function(*positional)
        bound = self.signature.bind(*positional, **named)
        return self.function(*bound.args, **bound.kwargs)  # tf.custom_gradient is by what comes by position alone


def _meaning(parameter: str, wanted: Sequence[str]) -> str | None:
    """The name of the spec that a parameter is; its own name before other spellings."""
    lower = parameter.lower()
    if lower in wanted:
        return lower
    return next((name for name in wanted if lower in spellings(name)), None)


def attribute(owner: Any, name: str, pattern: str = "{}") -> str | None:
    """The attribute of an object that is so called, in any spelling put into the pattern (`d{}`, `grad_{}`)."""
    for spelling in spellings(name):
        for written in (spelling, spelling.upper()):
            if hasattr(owner, pattern.format(written)):
                return pattern.format(written)
    return None

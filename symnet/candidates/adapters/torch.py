"""PyTorch: modules in training mode as they are made by default, functions, and optimizers."""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import (
    Engine,
    Function,
    Step,
    Table,
    forward_only,
    merged,
    optimizer,
    require,
    row,
    weight_names,
)
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.signatures import Signature
from symnet.candidates.spec import Spec
from symnet.candidates.tracing.torch_graph import recorded

__all__ = ["ENGINE", "ROWS", "preset"]


def preset(name: str, spec: Spec) -> Candidate:
    """`torch:BatchNorm1d` and the like. Raises SymnetError for what it does not have, and without PyTorch."""
    ENGINE.start()
    return row_of(Table("torch", "torch", ROWS), name, spec)


def _torch() -> Any:
    return import_module("torch")


class _Engine(Engine):
    def pair(self, forward: Function, wrt: Sequence[int], outputs: int) -> Function:
        def both(*arguments: Any) -> tuple[Any, ...]:
            torch, inputs, above = _torch(), self.watched(arguments[:-outputs], wrt), arguments[-outputs:]
            for k in wrt:
                if not inputs[k].requires_grad:
                    inputs[k] = inputs[k].requires_grad_()
            out = forward(*inputs)
            outs = out if isinstance(out, tuple) else (out,)
            sources = [(o, a) for o, a in zip(outs, above, strict=True) if o.requires_grad]
            upstream = [torch.as_tensor(a, dtype=o.dtype) for o, a in sources]
            gradients = torch.autograd.grad(
                [o for o, _ in sources], [inputs[k] for k in wrt], upstream, create_graph=True, materialize_grads=True
            )
            return (*outs, *gradients)

        return both

    def numbers(self, function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        torch = _torch()
        answers = function(*(torch.tensor(a) if np.ndim(a) else float(a) for a in arrays))
        return [a.detach().numpy(force=True) for a in (answers if isinstance(answers, tuple) else (answers,))]

    def exact(self, function: Function) -> Function | None:
        return recorded(function)

    def start(self) -> None:
        require("torch", "torch")

    def source(self) -> Any:
        return _torch().manual_seed(1)

    def tensor(self, value: Any) -> Any:
        return _torch().as_tensor(value, dtype=_torch().float64)

    def rule(self, owner: Callable[..., Any], x: Any, **settings: float) -> Step:
        torch, settings = _torch(), {"rate": 1.0, **settings}
        if "betas" in inspect.signature(owner).parameters:
            owner = partial(owner, betas=(settings.pop("beta1"), settings.pop("beta2")))
        w = torch.tensor(x)
        rule = Signature(owner, ("params", *settings))({"params": [w], **settings})

        def step(gradient: Any, rate: float) -> Any:
            rule.param_groups[0]["lr"] = rate
            w.grad = torch.tensor(gradient)
            rule.step()
            return w.numpy()

        return step

    def modules(self) -> tuple[type, ...]:
        return (_torch().nn.Module,)

    def applied(self, make: Callable[[], Any], weights: Mapping[str, Any], x: Any) -> Any:
        with import_module("torch.fx.experimental.proxy_tensor").disable_proxy_modes_tracing():
            module = copy.deepcopy(make()).double().train()
        shapes = {name: tuple(weight.shape) for name, weight in module.named_parameters()}
        own = {}
        for name, where in weight_names(shapes, weights).items():
            turned = tuple(weights[name].shape) != shapes[where] == tuple(weights[name].shape)[::-1]
            own[where] = weights[name].T if turned else weights[name]
        return _torch().func.functional_call(module, own, (x,))


ENGINE = _Engine()
_row = partial(row, ENGINE, "torch")


def _module(name: str, *arguments: Any, **options: Any) -> Any:
    """Made outside of the graph that is recorded: how its own weights start is no part of what is checked."""
    with import_module("torch.fx.experimental.proxy_tensor").disable_proxy_modes_tracing():
        return getattr(_torch().nn, name)(*arguments, dtype=_torch().float64, **options)


def _batch_norm(x: Any, scale: Any, shift: Any) -> Any:
    module = _module("BatchNorm1d", x.shape[1], track_running_stats=False)
    return _torch().func.functional_call(module, {"weight": scale, "bias": shift}, (x,))


def _running(x: Any) -> dict[str, Any]:
    torch = _torch()
    module = _module("BatchNorm1d", x.shape[1])
    module(torch.tensor(x))
    return {"running_mean": module.running_mean.numpy(), "running_variance": module.running_var.numpy()}


def _layer_norm(x: Any, scale: Any, shift: Any) -> Any:
    module = _module("LayerNorm", x.shape[1])
    return _torch().func.functional_call(module, {"weight": scale, "bias": shift}, (x,))


def _dropout(x: Any, drop_probability: float) -> Any:
    _torch().manual_seed(1)
    return _torch().nn.Dropout(drop_probability)(x)


def _linear(x: Any, w: Any, b: Any) -> Any:
    return _torch().func.functional_call(_module("Linear", *w.shape), {"weight": w.T, "bias": b}, (x,))


def _conv2d(x: Any, w: Any, b: Any) -> Any:
    module = _module("Conv2d", w.shape[1], w.shape[0], tuple(w.shape[2:]))
    return _torch().func.functional_call(module, {"weight": w, "bias": b}, (x,))


def _activation(name: str) -> Function:
    return lambda x: getattr(_torch().nn, name)()(x)


def _function(name: str) -> Function:
    return lambda x: getattr(_torch(), name)(x)


def _loss(name: str) -> Function:
    return lambda prediction, target: getattr(_torch().nn, name)()(prediction, target)


_ACTIVATIONS = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu", "GELU": "gelu", "Sigmoid": "sigmoid",
    "Tanh": "tanh", "Softplus": "softplus", "Hardtanh": "hardtanh", "ReLU6": "relu6", "Hardsigmoid": "hard_sigmoid",
}  # fmt: skip
_INITIALIZERS = ("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal")
_FUNCTIONS = ("exp", "log", "sqrt", "abs")
_LOSSES = {
    "MSELoss": "mse",
    "L1Loss": "mae",
    "HuberLoss": "huber",
    "SmoothL1Loss": "huber",
    "BCELoss": "bce",
    "CrossEntropyLoss": "cross_entropy",
}


def _initializer(name: str) -> Callable[[Spec], Candidate]:
    def draw(inputs: int, outputs: int) -> dict[str, Any]:
        torch = _torch()
        torch.manual_seed(1)
        return {
            "weights": getattr(torch.nn.init, f"{name}_")(torch.empty(inputs, outputs, dtype=torch.float64)).numpy()
        }

    return lambda spec: forward_only(f"torch:{name}", draw, spec)


def _optimizer(name: str, **fixed: Any) -> Callable[[Spec], Candidate]:
    def start(x: Any, **settings: float) -> Step:
        return ENGINE.rule(partial(getattr(_torch().optim, name), **fixed), x, **settings)

    return lambda spec: optimizer(f"torch:{name}", start, spec)


ROWS = merged(
    (
        _row("BatchNorm1d", "batch_norm", _batch_norm, _running),
        _row("LayerNorm", "layer_norm", _layer_norm),
        _row("Dropout", "dropout", _dropout),
        _row("Linear", "dense", _linear),
        _row("Conv2d", "conv2d", _conv2d),
        _row("MaxPool2d", "max_pool2d", lambda x: _torch().nn.MaxPool2d(2)(x)),
        _row("AvgPool2d", "avg_pool2d", lambda x: _torch().nn.AvgPool2d(2)(x)),
        _row("AvgPool2d", "avg_pool2d_padded", lambda x: _torch().nn.AvgPool2d(3, 2, 1)(x)),
        _row("clamp", "hardtanh", lambda x: _torch().clamp(x, -1, 1)),
        *(_row(name, spec, _activation(name)) for name, spec in _ACTIVATIONS.items()),
        _row("Softmax", "softmax", lambda x: _torch().nn.Softmax(-1)(x)),
        *(_row(name, name, _function(name)) for name in _FUNCTIONS),
        *(_row(name, spec, _loss(name)) for name, spec in _LOSSES.items()),
        *((name, {name: _initializer(name)}) for name in _INITIALIZERS),
        ("SGD", dict.fromkeys(("sgd", "momentum"), _optimizer("SGD")) | {"nesterov": _optimizer("SGD", nesterov=True)}),
        ("Adam", {"adam": _optimizer("Adam")}),
        ("RMSprop", {"rmsprop": _optimizer("RMSprop")}),
        ("Adagrad", {"adagrad": _optimizer("Adagrad")}),
    )
)

"""Every preset of the frameworks that are installed: what is right is called so, what is not is found again.

SYMNET_FRAMEWORKS names those that have to be here, as `make test-frameworks` does.
"""

import os
from typing import Any

import pytest

from symnet.errors import SymnetError
from tests.frameworks.table import presets, report

FRAMEWORKS = os.environ["SYMNET_FRAMEWORKS"].split()
PRESETS = [(framework, *row) for framework in FRAMEWORKS for row in presets(framework)]

# What is neither proved nor within its bound, all of it explained in docs/findings.md.
FOUND = {
    "torch:BCELoss bce_second": "undecided",
    "torch:Hardsigmoid hard_sigmoid_second": "raises",
    "keras:BatchNormalization batch_norm_second": "wrong",
    "keras:LayerNormalization layer_norm_second": "wrong",
    **dict.fromkeys(("keras:leaky_relu leaky_relu", "keras:leaky_relu leaky_relu_second"), "undecided"),
    **dict.fromkeys(("keras:gelu gelu", "keras:gelu gelu_second", "keras:Adam adam"), "undecided"),
    **dict.fromkeys(("keras:SGD momentum", "keras:SGD nesterov"), "undecided"),
    **dict.fromkeys(("onnx:BatchNormalization batch_norm", "onnx:LayerNormalization layer_norm"), "undecided"),
    **dict.fromkeys(("onnx:LeakyRelu leaky_relu", "onnx:Selu selu", "onnx:Gelu gelu"), "undecided"),
    "onnx:HardSigmoid hard_sigmoid": "undecided",
    **dict.fromkeys(("ort:BatchNormalization batch_norm", "ort:LayerNormalization layer_norm"), "undecided"),
    "ort:Dropout dropout": "undecided",
    "sklearn:binary_log_loss bce": "wrong",
    **dict.fromkeys(("tinygrad:elu elu", "tinygrad:selu selu"), "wrong"),
    **dict.fromkeys(("tinygrad:SGD sgd", "tinygrad:SGD momentum", "tinygrad:SGD nesterov"), "undecided"),
    "tinygrad:Adam adam": "undecided",
    "aesara:batch_normalization_train batch_norm_second": "raises",
    "theano:batch_normalization_train batch_norm_second": "raises",
    **{
        f"{framework}:average_exc_pad avg_pool2d_padded{twice}": "raises"
        for framework in ("theano", "aesara")
        for twice in ("", "_second")
    },
    "cntk:LayerNormalization layer_norm": "wrong",
    **dict.fromkeys(("cntk:squared_error mse", "cntk:binary_cross_entropy bce"), "wrong"),
}

# What a preset has decided for itself.
_NINE_TENTHS = "r becomes 0.9 r + 0.1 of the batch, with the {} variance"
_SLOW = "r becomes 0.99 r + 0.01 of the batch, with the {} variance"
CONVENTIONS: dict[str, dict[str, Any]] = {
    "torch:BatchNorm1d batch_norm": {"eps (fixed)": 1e-5, "running": _NINE_TENTHS.format("unbiased")},
    "flax:BatchNorm batch_norm": {"eps (fixed)": 1e-5, "running": _SLOW.format("biased")},
    "keras:BatchNormalization batch_norm": {"eps (fixed)": 1e-3, "running": _SLOW.format("biased")},
    "tinygrad:BatchNorm batch_norm": {"eps (fixed)": 1e-5, "running": _NINE_TENTHS.format("unbiased")},
    "aesara:batch_normalization_train batch_norm": {
        "eps (fixed)": 1e-4,
        "running": _NINE_TENTHS.format("unbiased"),
    },
    "theano:batch_normalization_train batch_norm": {
        "eps (fixed)": 1e-4,
        "running": _NINE_TENTHS.format("unbiased"),
    },
    "cntk:BatchNormalization batch_norm": {
        "eps (fixed)": 1e-5,
        "running": "r becomes 0.9996 r + 0.0003999 of the batch, with the unbiased variance",
    },
    "cntk:LayerNormalization layer_norm": {"eps (fixed)": 1e-5, "eps": "outside the root: sqrt(V) + eps"},
    "cntk:momentum_sgd momentum": {"form": "ema_velocity"},
    "cntk:nesterov nesterov": {"form": "nesterov_ema_velocity"},
    "cntk:adam adam": {"form": "adam_eps_hat"},
    "cntk:leaky_relu leaky_relu": {"derivative at 0": "1 (that on the right)"},
    "cntk:he_normal he_normal": {"distribution": "normal", "number of inputs": "the first axis"},
    "torch:AvgPool2d avg_pool2d_padded": {"form": "the padding counts as zeros"},
    "flax:avg_pool avg_pool2d_padded": {"form": "the padding counts as zeros"},
    "keras:AveragePooling2D avg_pool2d_padded": {"form": "the padding does not count"},
    "ort:AveragePool avg_pool2d_padded": {"form": "the padding does not count"},
    "cntk:AveragePooling avg_pool2d_padded": {"form": "the padding does not count"},
    "torch:Hardtanh hardtanh": {"derivative at 1": "0 (that on the right)"},
    "torch:clamp hardtanh": {"derivative at 1": "1 (that on the left)"},
    "jax:clip hardtanh": {"derivative at 1": 0.5},
    "torch:Hardsigmoid hard_sigmoid": {"form": "x/6 + 1/2", "derivative at 3": "0 (that on the right)"},
    "theano:hard_sigmoid hard_sigmoid": {"form": "x/5 + 1/2"},
    "tinygrad:relu6 relu6": {"derivative at 6": "1 (that on the left)"},
    "theano:relu relu": {"derivative at 0": 0.5},
    "ort:BatchNormalization batch_norm": {"eps (fixed)": 1e-5, "running": _NINE_TENTHS.format("biased")},
    "flax:LayerNorm layer_norm": {"eps (fixed)": 1e-6},
    "keras:LayerNormalization layer_norm": {"eps (fixed)": 1e-3},
    "aesara:relu relu": {"derivative at 0": 0.5},
    "jax:leaky_relu leaky_relu": {"derivative at 0": "1 (that on the right)"},
    "tinygrad:leaky_relu leaky_relu": {"derivative at 0": "1 (that on the right)"},
    "jax:abs abs": {"derivative at 0": "1 (that on the right)"},
    "jax:gelu gelu": {"form": "tanh approximation"},
    "tinygrad:gelu gelu": {"form": "tanh approximation"},
    "tinygrad:elu elu": {"derivative at 0": "0 (outside [1, 1])"},
    "keras:leaky_relu leaky_relu": {"slope (fixed)": 0.2},
    "keras:Adam adam": {"form": "adam_eps_hat"},
    "keras:SGD momentum": {"form": "heavy_ball_velocity"},
    "keras:SGD nesterov": {"form": "nesterov_velocity"},
    "keras:RMSprop rmsprop": {"form": "rmsprop_eps_inside"},
    "keras:Adagrad adagrad": {"form": "adagrad_eps_inside"},
    "optax:rmsprop rmsprop": {"form": "rmsprop_eps_inside"},
    "optax:adagrad adagrad": {"form": "adagrad_eps_inside"},
    "torch:RMSprop rmsprop": {"form": "rmsprop"},
    "torch:Adagrad adagrad": {"form": "adagrad"},
    "torch:SGD nesterov": {"form": "nesterov_shifted"},
    "sklearn:SGDOptimizer momentum": {"form": "heavy_ball_velocity"},
    "sklearn:AdamOptimizer adam": {"form": "adam_eps_hat"},
    "torch:kaiming_normal kaiming_normal": {"distribution": "normal", "number of inputs": "the second axis"},
    "jax:he_normal he_normal": {"distribution": "truncated", "number of inputs": "the first axis"},
    "keras:HeNormal he_normal": {"distribution": "truncated", "number of inputs": "the first axis"},
}

# What the framework's own graph is proved of.
PROVED = {
    "torch": ("ReLU", "GELU", "Sigmoid", "Linear", "MaxPool2d", "AvgPool2d"),
    "jax": ("relu", "sigmoid", "exp"),
    "flax": ("Dense", "max_pool", "avg_pool"),
    "optax": ("l2_loss",),
    "sklearn": ("relu",),
}


@pytest.mark.parametrize(("framework", "name", "spec"), PRESETS)
def test_a_preset_is_what_it_was_found_to_be(framework: str, name: str, spec: str) -> None:
    target = f"{framework}:{name} {spec}"
    wanted = FOUND.get(target, "right")
    if wanted == "raises":
        with pytest.raises(SymnetError, match="raised"):
            report(framework, name, spec)
        return
    found = report(framework, name, spec)
    right = ("proved",) if name in PROVED.get(framework, ()) else ("proved", "agrees")
    assert found.verdict in (right if wanted == "right" else (wanted,)), found.notes
    for what, value in CONVENTIONS.get(target, {}).items():
        assert found.convention[what] == value


def test_what_is_expected_is_about_presets_that_there_are() -> None:
    here = {f"{framework}:{name} {spec}" for framework, name, spec in PRESETS}
    expected = {target for target in (*FOUND, *CONVENTIONS) if target.partition(":")[0] in FRAMEWORKS}
    assert expected <= here

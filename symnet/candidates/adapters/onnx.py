"""Operators of ONNX, each in a model of its own, by the reference implementation of the package onnx.

`ort` runs the same models by ONNX Runtime. ONNX has no gradients of its own. Models are float64 where it has a kernel.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from symnet.candidates.adapters.engine import Table, forward_only, merged, require
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["ROWS", "preset", "rows"]

Session = Callable[[Any, Mapping[str, Any]], Sequence[Any]]


def preset(name: str, spec: Spec) -> Candidate:
    """`onnx:BatchNormalization` and the like. Raises SymnetError for what it does not have, and without onnx."""
    require("onnx", "onnx")
    return row_of(Table("onnx", "onnx", ROWS), name, spec)


def _reference(model: Any, inputs: Mapping[str, Any]) -> Sequence[Any]:
    answers: Sequence[Any] = import_module("onnx.reference").ReferenceEvaluator(model).run(None, dict(inputs))
    return answers


def _model(operator: str, inputs: Mapping[str, Any], outputs: int, **attributes: Any) -> Any:
    """One node with these inputs; opset 20 of ir 9, which both evaluators read."""
    helper, kinds = import_module("onnx.helper"), import_module("onnx").TensorProto
    types = {"float64": kinds.DOUBLE, "float32": kinds.FLOAT, "int64": kinds.INT64, "bool": kinds.BOOL}
    given = [helper.make_tensor_value_info(name, types[a.dtype.name], a.shape) for name, a in inputs.items()]
    names = [f"out_{k}" for k in range(outputs)]
    kind = types[inputs[next(iter(inputs))].dtype.name]
    made = [helper.make_tensor_value_info(name, kind, None) for name in names]
    node = helper.make_node(operator, list(inputs), names, **attributes)
    graph = helper.make_graph([node], operator, given, made)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def rows(
    framework: str, session: Session, narrow: Sequence[str] = ()
) -> Mapping[str, Mapping[str, Callable[[Spec], Candidate]]]:
    """The table of presets by what runs a model. narrow: the operators that it only has in float32."""

    def run(operator: str, inputs: Mapping[str, Any], outputs: int = 1, **attributes: Any) -> Sequence[Any]:
        kind = np.float32 if operator in narrow else np.float64
        arrays = {n: a if a.dtype.kind in "ib" else a.astype(kind) for n, a in _arrays(inputs).items()}
        return session(_model(operator, arrays, outputs, **attributes), arrays)

    def row(name: str, spec: str, forward: Callable[..., Mapping[str, Any]]) -> Any:
        dtype = "float32" if name in narrow else None
        return name, {spec: lambda wanted: forward_only(f"{framework}:{name}", forward, wanted, dtype=dtype)}

    def simple(name: str, spec: str, **attributes: Any) -> Any:
        return row(name, spec, lambda x: {"y": run(name, {"x": x}, **attributes)[0]})

    def batch_norm(x: Any, scale: Any, shift: Any) -> Mapping[str, Any]:
        count = x.shape[1]
        inputs = {"x": x, "scale": scale, "shift": shift, "mean": np.zeros(count), "var": np.ones(count)}
        names = ("y", "running_mean", "running_variance")
        return dict(zip(names, run("BatchNormalization", inputs, 3, training_mode=1), strict=True))

    def layer_norm(x: Any, scale: Any, shift: Any) -> Mapping[str, Any]:
        return {"y": run("LayerNormalization", {"x": x, "scale": scale, "shift": shift})[0]}

    def dropout(x: Any, drop_probability: Any) -> Mapping[str, Any]:
        """The seed belongs to the operator: what it does to ones is its mask."""
        given = {"ratio": drop_probability, "training": np.array(True)}
        y, ones = (run("Dropout", {"x": of, **given}, seed=1)[0] for of in (x, np.ones_like(x)))
        return {"y": y, "mask": ones != 0}

    def dense(x: Any, w: Any, b: Any) -> Mapping[str, Any]:
        return {"y": run("Gemm", {"x": x, "w": w, "b": b})[0]}

    def conv(x: Any, w: Any, b: Any) -> Mapping[str, Any]:
        return {"y": run("Conv", {"x": x, "w": w, "b": b})[0]}

    def clip(x: Any) -> Mapping[str, Any]:
        return {"y": run("Clip", {"x": x, "low": np.array(-1.0), "high": np.array(1.0)})[0]}

    window = {"kernel_shape": [2, 2], "strides": [2, 2]}
    activations = {
        "Relu": "relu", "LeakyRelu": "leaky_relu", "Elu": "elu", "Selu": "selu", "Gelu": "gelu", "Sigmoid": "sigmoid",
        "Tanh": "tanh", "Softplus": "softplus", "Softmax": "softmax", "Exp": "exp", "Log": "log", "Sqrt": "sqrt",
        "Abs": "abs", "HardSigmoid": "hard_sigmoid",
    }  # fmt: skip
    return merged(
        (
            row("BatchNormalization", "batch_norm", batch_norm),
            row("LayerNormalization", "layer_norm", layer_norm),
            row("Dropout", "dropout", dropout),
            row("Gemm", "dense", dense),
            row("Conv", "conv2d", conv),
            simple("MaxPool", "max_pool2d", **window),
            simple("AveragePool", "avg_pool2d", **window),
            simple("AveragePool", "avg_pool2d_padded", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
            row("Clip", "hardtanh", clip),
            *(simple(name, spec) for name, spec in activations.items()),
        )
    )


def _arrays(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.asarray(value) for name, value in inputs.items()}


ROWS = rows("onnx", _reference)

"""ONNX Runtime on the processor: the models of `onnx`, in float32 where it has no kernel for float64."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from symnet.candidates.adapters.engine import Table, require
from symnet.candidates.adapters.engine import preset as row_of
from symnet.candidates.adapters.onnx import rows
from symnet.candidates.candidate import Candidate
from symnet.candidates.spec import Spec

__all__ = ["ROWS", "preset"]


def preset(name: str, spec: Spec) -> Candidate:
    """`ort:BatchNormalization` and the like. Raises SymnetError for what it does not have, and without it."""
    require("onnx", "onnx")
    require("onnxruntime", "onnxruntime")
    return row_of(Table("ort", "onnxruntime", ROWS), name, spec)


def _session(model: Any, inputs: Mapping[str, Any]) -> Sequence[Any]:
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    answers: Sequence[Any] = session.run(None, dict(inputs))
    return answers


_FLOAT32 = ("LeakyRelu", "Elu", "Selu", "Gelu", "Softplus", "Conv", "AveragePool", "HardSigmoid")

ROWS = rows("ort", _session, _FLOAT32)

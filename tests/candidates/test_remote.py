"""Frameworks in a Python of their own: what is said where there is none, and that a program is followed there."""

import ast
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import symnet.candidates.remote.engine as engine
from symnet.candidates.adapters.engine import layer
from symnet.candidates.check import check
from symnet.candidates.load import load
from symnet.candidates.remote.engine import Remote, function
from symnet.candidates.remote.worker import serve
from symnet.candidates.specs import spec
from symnet.cli import main
from symnet.errors import SymnetError

WORKER = Path(serve.__file__).parent


@pytest.mark.parametrize("framework", ["theano", "cntk"])
def test_without_an_interpreter_it_is_said_how_to_get_one(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = f"SYMNET_{framework.upper()}_PYTHON"
    monkeypatch.delenv(variable, raising=False)
    said = rf"{framework} wants a Python 3\.\d of its own: .* pip install .*{framework}.*==.*{variable} name its python"
    with pytest.raises(SymnetError, match=said):
        load(f"{framework}:relu", spec("relu"))


def test_an_interpreter_without_the_framework_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYMNET_THEANO_PYTHON", sys.executable)
    with pytest.raises(
        SymnetError, match="theano ended in its own process: ModuleNotFoundError: No module named 'theano'"
    ):
        load("theano:relu", spec("relu"))
    monkeypatch.setenv("SYMNET_THEANO_PYTHON", "/no/such/python")
    with pytest.raises(SymnetError, match="SYMNET_THEANO_PYTHON is '/no/such/python', which cannot be run"):
        load("theano:relu", spec("relu"))


@pytest.mark.parametrize("path", sorted(WORKER.glob("*.py")), ids=lambda p: p.name)
def test_the_worker_is_python_3_6(path: Path) -> None:
    """And imports nothing of symnet, which is not there."""
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    used = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports]
    assert not any(str(module).startswith("symnet") for module in used)


# A framework of numbers whose gradients are written by hand, in this process


class Sloped(np.ndarray[Any, Any]):
    slope: Any


def _tanh(x: Any, times: float) -> Any:
    y = (times * np.tanh(x)).view(Sloped)
    y.slope = times * (1 - np.tanh(x) ** 2)
    return y


def _refused(x: Any) -> Any:
    raise ValueError("x is not liked\nand more")


NUMBERS = SimpleNamespace(
    VERSION="1.0",
    FUNCTIONS={"tanh": _tanh, "refused": _refused},
    VALUES={"outer": lambda a, b, times: [times * np.outer(a, b)]},
    tensor=lambda array: array,
    gradients=lambda outputs, above, by: [outputs[0].slope * above[0] for _ in by],
    numbers=lambda tensors, arrays, answers: answers,
)


class _Here:
    """In the place of the process: everything goes through JSON and back."""

    version = "1.0"

    def ask(self, request: Any, arrays: Any) -> list[Any]:
        sent = json.dumps({**request, "arrays": [serve.packed(a) for a in arrays]})
        answer = json.loads(json.dumps(serve.answer(NUMBERS, json.loads(sent))))
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return [serve.unpacked(a) for a in answer["arrays"]]


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Remote:
    monkeypatch.setattr(engine, "_process", lambda remote: _Here())
    return Remote("numbers", "3.6", "numbers")


def tanh(remote: Remote, times: float) -> Any:
    return layer(remote, "numbers:tanh", lambda x: function("tanh")(x, times), spec("tanh"))


def test_a_program_is_followed_with_its_gradients(remote: Remote) -> None:
    assert check(tanh(remote, 1.0), "tanh").verdict == "agrees"
    found = check(tanh(remote, 1.25), "tanh")
    assert found.verdict == "wrong"
    assert [name for name, judged in found.outputs.items() if not judged.passed] == ["y", "dx"]


def test_arrays_and_options_come_back_as_they_are(remote: Remote) -> None:
    a, b = np.array([1.0, np.nan, -2.0]), np.array([-0.0, np.inf])
    (answer,) = remote.values("outer", a, b, times=3)
    np.testing.assert_array_equal(answer, 3 * np.outer(a, b))
    for array in (np.arange(6, dtype=np.float32).reshape(2, 3).T, np.array(2.5), np.zeros((0, 3))):
        again = serve.unpacked(serve.packed(array))
        assert (again.dtype, again.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(again, array)


def test_what_the_framework_raises_is_one_sentence(remote: Remote) -> None:
    with pytest.raises(SymnetError, match=r"numbers:refused raised RuntimeError at .*: ValueError: x is not liked$"):
        check(layer(remote, "numbers:refused", lambda x: function("refused")(x), spec("relu")), "relu")


def test_the_command_line_says_it_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("SYMNET_CNTK_PYTHON", raising=False)
    assert main(["check", "cntk:relu", "--as", "relu"]) == 2
    assert "cntk wants a Python 3.6 of its own" in capsys.readouterr().err

"""`symnet check`: right implementations pass however they are written, inaccurate ones are told so, wrong ones fail."""

import json
import operator
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symnet.candidates.candidate import Candidate
from symnet.candidates.check import Report, check
from symnet.candidates.proving import proof
from symnet.candidates.specs import names, spec
from symnet.candidates.told import summary
from symnet.cli import main
from symnet.errors import SymnetError
from tests.candidates.right import batchnorm, functions, layers, optimizers

HERE = Path(__file__).parent
RIGHT = {
    "batchnorm": dict.fromkeys(
        ("staged", "compact", "einsum", "inplace", "loops", "matrix", "single", "fixed", "BatchNorm"), "batch_norm"
    ),
    "layers": {
        "layernorm": "layer_norm", "dense": "dense", "dense_einsum": "dense", "Dense": "dense", "dropout": "dropout",
        "dropout_keep": "dropout", "dropout_mask": "dropout", "dropout_call": "dropout", "conv2d": "conv2d",
        "max_pool2d": "max_pool2d", "max_pool_windows": "max_pool2d",
        "max_pool_argmax": "max_pool2d", "padded_mean": "avg_pool2d_padded", "avg_pool2d": "avg_pool2d",
    },
    "functions": {
        "sigmoid": "sigmoid", "stable_sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "relu_where": "relu",
        "hardtanh": "hardtanh", "relu6": "relu6", "hard_sigmoid": "hard_sigmoid",
        "leaky_relu": "leaky_relu", "leaky_fixed": "leaky_relu", "elu": "elu", "softplus": "softplus", "gelu": "gelu",
        "gelu_tanh": "gelu", "softmax": "softmax", "mse": "mse", "mae": "mae", "huber": "huber", "bce": "bce",
        "cross_entropy": "cross_entropy", "hinge": "hinge", "chain": str(HERE / "chain.net"),
    },
    "optimizers": {
        "sgd": "sgd", "sgd_inplace": "sgd", "momentum": "momentum", "momentum_velocity": "momentum",
        "nesterov": "nesterov", "Adam": "adam", "adam_eps_hat": "adam", "rmsprop": "rmsprop", "adagrad": "adagrad",
    },
}  # fmt: skip
PROVED = ("staged", "einsum", "BatchNorm", "dense", "dropout", "relu_where", "cross_entropy", "chain", "momentum")
PROVED += ("hardtanh", "hard_sigmoid", "padded_mean", "huber", "max_pool_windows", "max_pool_argmax")
ALL = [(f"{file}.py:{name}", wanted) for file, rows in RIGHT.items() for name, wanted in rows.items()]


def checked(target: str, wanted: str) -> Report:
    return check(str(HERE / "right" / target), wanted)


@pytest.mark.usefixtures("numbers_only")
@pytest.mark.parametrize(("target", "wanted"), ALL, ids=[target for target, _ in ALL])
def test_right_implementations_agree(target: str, wanted: str) -> None:
    report = checked(target, wanted)
    assert report.verdict == "agrees"
    assert not report.diagnosis
    assert all(judged.ratio < 0.5 for judged in report.outputs.values()), "the bound is close to what is needed"
    assert not any("inaccurate" in note for note in report.notes)


def test_a_covariance_matrix_is_followed() -> None:
    def by_covariance(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
        variance = np.array([np.cov(column, bias=True) for column in x.T])
        return gamma * (x - x.mean(axis=0)) / np.sqrt(variance + eps) + beta

    assert check(by_covariance, "batch_norm").verdict == "proved"


@pytest.mark.parametrize(("kept", "verdict"), [(operator.ge, "proved"), (operator.lt, "wrong")])
def test_random_numbers_may_be_given_as_an_array(kept: Any, verdict: str) -> None:
    def dropout(x: np.ndarray, drop_probability: float, mask_source: np.ndarray) -> np.ndarray:
        return x * kept(mask_source, drop_probability) / (1 - drop_probability)

    assert check(dropout, "dropout").verdict == verdict


@pytest.mark.parametrize("target", ["layers.py:dense", "functions.py:sigmoid", "functions.py:mse"])
def test_second_derivatives_are_proved_where_they_are_offered(target: str) -> None:
    name = target.partition(":")[2]
    report = checked(target, f"{name}_second")
    assert report.verdict == "proved"
    assert set(report.outputs) == set(report.spec.results)
    first = checked(target, name)
    assert any(note.endswith(f"not checked: --as {name}_second does") for note in first.notes)


def test_a_wrong_second_derivative_is_diagnosed() -> None:
    def bias_forgotten(ddx: np.ndarray, ddw: np.ndarray, ddb: np.ndarray, dout: np.ndarray, cache: Any) -> Any:
        return layers.dense_backward_backward(ddx, ddw, 0, dout, cache)

    report = check((layers.dense_forward, layers.dense_backward, bias_forgotten), "dense_second")
    assert report.verdict == "wrong"
    assert [name for name, judged in report.outputs.items() if not judged.passed] == ["ddy"]
    assert report.diagnosis[0].fault.startswith("path-dropped")
    with pytest.raises(SymnetError, match="NAME_backward_backward"):
        check((layers.layernorm_forward, layers.layernorm_backward), "layer_norm_second")


@pytest.mark.usefixtures("numbers_only")
def test_a_mistake_in_another_convention_is_explained_too() -> None:
    def keras(params: Any, grads: Any, state: Any, alpha: float, gamma: float) -> Any:
        v = gamma * state.get("v", 0) - alpha * grads
        return params + gamma * v, {"v": v}  # without - alpha grads

    report = check(keras, "nesterov")
    assert (report.verdict, report.diagnosis[0].fault) == ("wrong", "term-lost:x_next")


@pytest.mark.usefixtures("numbers_only")
def test_windows_that_overlap_are_tried_where_the_stride_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symnet.candidates.check.explain", lambda *arguments: ())

    def overwrites(dout: np.ndarray, cache: tuple[np.ndarray, int, int]) -> np.ndarray:
        x, width, stride = cache
        dx = np.zeros(x.shape)
        for i, j in np.ndindex(dout.shape[2:]):
            window = (..., slice(stride * i, stride * i + width), slice(stride * j, stride * j + width))
            dx[window] = (x[window] == x[window].max(axis=(2, 3), keepdims=True)) * dout[:, :, i : i + 1, j : j + 1]
        return dx

    report = check((layers.max_pool_windows_forward, overwrites), "max_pool2d")
    assert report.verdict == "wrong"
    assert report.outputs["dx"].probe.about.endswith("stride = 1")
    refusing = checked("layers.py:max_pool2d", "max_pool2d")
    assert any(note.startswith("not checked with width = 3, stride = 2") for note in refusing.notes)


@pytest.mark.parametrize(("target", "wanted"), [row for row in ALL if row[0].partition(":")[2] in PROVED])
def test_numpy_code_is_proved(target: str, wanted: str) -> None:
    report = checked(target, wanted)
    assert report.verdict == "proved"
    assert "proved by running the code on exact symbols" in " ".join(report.notes)


# Wrong


def spoiled(dout: np.ndarray, cache: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    dx, dgamma, dbeta = batchnorm.compact_backward(dout, cache)
    return -dx, dgamma, dbeta


def test_a_wrong_backward_is_named_and_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    source = Path(batchnorm.__file__).read_text(encoding="utf-8")
    file.write_text(source.replace("m * dout - dbeta - normalized * dgamma", "m * dout - dbeta"), encoding="utf-8")
    assert main(["check", f"{file}:compact", "--as", "batch_norm", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["target", "spec", "verdict", "outputs", "diagnosis", "convention", "notes"]
    assert answer["verdict"] == answer["outputs"]["dx"]["verdict"] == "wrong"
    assert answer["outputs"]["dscale"]["verdict"] == "agrees"
    assert answer["outputs"]["dx"]["ulps"] > 1e3 * answer["outputs"]["dx"]["tolerance_ulps"]
    assert {"probe", "index", "x", "dy"} <= answer["outputs"]["dx"]["worst_input"].keys()
    assert answer["diagnosis"][0]["fault"] == "path-dropped:V"
    assert set(answer["diagnosis"][0]) == {"fault", "text", "latex", "residual_ulps"}
    line = next(k for k, text in enumerate(file.read_text().splitlines(), 1) if "m * dout - dbeta)" in text)
    assert f"dx is computed at line {line} of mine.py" in answer["notes"]
    assert main(["check", f"{file}:compact", "--as", "batch_norm"]) == 1
    printed = capsys.readouterr().out
    assert "wrong: dx[" in printed
    assert "because: the path through the variance V is dropped" in printed


@pytest.mark.usefixtures("numbers_only")
def test_zeros_pass_at_no_number_of_objects() -> None:
    def zeros(dout: np.ndarray, cache: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        return 0 * dout, *batchnorm.compact_backward(dout, cache)[1:]

    report = check((batchnorm.compact_forward, zeros), "batch_norm")
    assert report.verdict == "wrong"
    assert report.diagnosis[0].fault == "zero:dL_dx"


@pytest.mark.usefixtures("numbers_only")
def test_another_rule_of_the_table_is_recognized() -> None:
    report = check(optimizers.nesterov, "momentum")
    assert report.verdict == "wrong"
    assert report.diagnosis[0].fault == "other-rule:nesterov_shifted"


@pytest.mark.usefixtures("numbers_only")
def test_a_shape_that_does_not_fit_is_said() -> None:
    report = check((functions.mse, lambda prediction, target: prediction[:, 0]), "mse")
    assert report.verdict == "wrong"
    assert report.outputs["dprediction"].problem == "dprediction has the shape (2,) instead of (2, 3)"


# Right but inaccurate


def one_pass(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    mean = x.mean(axis=0)
    deviation = np.sqrt((x * x).mean(axis=0) - mean * mean + eps)
    return gamma * (x - mean) / deviation + beta


def folded(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    factor = gamma / np.sqrt(x.var(axis=0) + eps)
    return x * factor + (beta - x.mean(axis=0) * factor)


def buffered(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    buffer = np.zeros(x.shape, dtype=np.float32)
    buffer[:] = batchnorm.compact_forward(x, gamma, beta, eps)[0]
    return buffer.astype(np.float64)


def rounded_constant(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return batchnorm.compact_forward(x, gamma, beta, np.float32(1e-5))[0]


@pytest.mark.usefixtures("numbers_only")
@pytest.mark.parametrize(
    ("function", "verdict", "said"),
    [
        (one_pass, "undecided", "grows as the square of mean/deviation"),
        (folded, "agrees", "ulps off at x[:, 3] = [100000000.0, 100000000.0, 100000000.0, 100000000.0]"),
        (buffered, "undecided", "right only to float32 inside float64"),
        (rounded_constant, "undecided", "right only to float32 inside float64"),
    ],
)
def test_inaccurate_ones_are_told_so(function: object, verdict: str, said: str) -> None:
    report = check(function, "batch_norm")
    assert report.verdict == verdict
    assert any(note.startswith("right but inaccurate") and said in note for note in report.notes)


@pytest.mark.usefixtures("numbers_only")
def test_overflow_of_an_unshifted_softmax_is_no_wrong_formula() -> None:
    def softmax(x: np.ndarray) -> np.ndarray:
        return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)

    report = check(softmax, "softmax")
    assert report.verdict == "undecided"
    assert any("y is nan" in note for note in report.notes)


@pytest.mark.usefixtures("numbers_only")
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_floats_raise_no_alarm(dtype: str) -> None:
    pair = (layers.layernorm_forward, layers.layernorm_backward)
    assert check(pair, "layer_norm", dtype=dtype).verdict == "agrees"


def test_bfloat16_is_asked_of_ml_dtypes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)  # as if it were not installed
    with pytest.raises(SymnetError, match="pip install ml_dtypes"):
        check(functions.tanh, "tanh", dtype="bfloat16")
    with pytest.raises(SymnetError, match="'int8' is none of the float types"):
        check(functions.tanh, "tanh", dtype="int8")


def test_digits_allow_what_rounding_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symnet.candidates.check.proof", lambda *arguments: None)
    assert check(rounded_constant, "batch_norm", digits=6).verdict == "agrees"
    assert check(rounded_constant, "batch_norm", digits=10).verdict == "undecided"


# What cannot be used


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["layers.py:dense", "--as", "densse"], "nothing called 'densse' to check; did you mean 'dense'?"),
        (["layers.py:dens", "--as", "dense"], "no dens and no dens_forward"),
        (["nowhere.py:dense", "--as", "dense"], "there is no file"),
        (["dense", "--as", "dense"], "is not of the form module:name"),
        (["no_such_module_of_mine:dense", "--as", "dense"], "cannot import no_such_module_of_mine"),
        (["layers.py:conv2d", "--as", "sigmoid"], "conv2d_forward wants 3 arguments (x, w, b), and there are x"),
        (["functions.py:chain", "--as", "mse"], "chain wants 5 arguments"),
    ],
)
def test_errors_are_one_clear_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE / "right")
    assert main(["check", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("symnet: ")
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: "hello", "y is str, no array of real numbers"),
        (lambda x: (v for v in x), "y is generator, no array of real numbers"),
        (lambda x: np.tanh(x) + 0j, "y is complex128, no array of real numbers"),
        (lambda x: None, "y is NoneType, no array of real numbers"),
    ],
)
def test_what_is_no_number_is_wrong(function: Any, said: str) -> None:
    report = check(function, "tanh")
    assert report.verdict == "wrong"
    assert summary(report)[0] == f"wrong: {said}"


def test_what_the_code_raises_is_passed_on() -> None:
    def broken(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        raise RuntimeError("out of cheese")

    with pytest.raises(SymnetError, match="broken raised RuntimeError at m = 2, n = 4, h = 3: out of cheese"):
        check(broken, "dense")


def test_a_candidate_of_an_adapter_need_not_be_numpy() -> None:
    one = Candidate("own", lambda inputs: {"y": np.tanh(inputs["x"])}, traceable=False)
    assert check(one, "tanh").verdict == "agrees"
    assert proof(one, spec("tanh"), {}) is None


def test_every_row_has_its_own_gradient() -> None:
    for name in names():
        row = spec(name)
        assert set(row.results.values()) <= row.complete.variables.keys()
        assert set(row.domains) <= row.given.keys()


WEAK = """
import numpy as np
from mine_of_{name} import tanh, tanh_backward

def test_backward():
    assert np.all(tanh_backward(np.ones(3), np.zeros(3)) == 1)
"""


def test_a_users_own_test_is_replayed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    name = tmp_path.name
    source = Path(functions.__file__).read_text(encoding="utf-8")
    Path(f"mine_of_{name}.py").write_text(source, encoding="utf-8")
    Path("test_mine.py").write_text(WEAK.format(name=name), encoding="utf-8")
    arguments = ["check", f"mine_of_{name}.py:tanh", "--as", "tanh", "--tests", "test_mine.py::test_backward"]
    assert main([*arguments, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "proved"
    missed = [entry["fault"] for entry in answer["tests"]["missed"]]
    assert "power:dL_dx" in missed
    assert len(missed) < answer["tests"]["tried"]
    assert main(arguments) == 1
    assert f"would miss {len(missed)} of {answer['tests']['tried']} mistakes" in capsys.readouterr().out


def test_what_the_code_raises_is_said_wherever_it_is_called() -> None:
    """One feature is asked about when an eps of its own is looked for, 300 x 400 weights for an initializer."""

    def narrow(x: Any, scale: Any, shift: Any) -> Any:
        return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)[[0, 1]]

    def empty(shape: Any) -> Any:
        raise ValueError("no weights")

    with pytest.raises(SymnetError, match="narrow raised IndexError at small inputs"):
        check(narrow, "batch_norm")
    with pytest.raises(SymnetError, match="empty raised ValueError at 300 x 400 weights: no weights"):
        check(empty, "he_normal")


@pytest.mark.usefixtures("numbers_only")
def test_a_division_by_zero_hides_no_diagnosis() -> None:
    """sqrt(V) + eps, differentiated: on a constant row 0 times infinity."""

    def forward(x: Any, scale: Any, shift: Any, eps: Any) -> Any:
        mean, root = x.mean(1, keepdims=True), np.sqrt(x.var(1, keepdims=True))
        normalized = (x - mean) / (root + eps)
        return scale * normalized + shift, (normalized, root, scale, eps)

    def backward(dy: Any, cache: Any) -> Any:
        normalized, root, scale, eps = cache
        g = dy * scale
        with np.errstate(all="ignore"):
            along = (g * normalized).mean(1, keepdims=True) * normalized * (root + eps) / root
        return (g - g.mean(1, keepdims=True) - along) / (root + eps), (dy * normalized).sum(0), dy.sum(0)

    found = check((forward, backward), "layer_norm")
    assert not np.isfinite(found.outputs["dx"].value)
    assert [d.fault for d in found.diagnosis] == ["eps-place"]

"""`symnet derive` as a user meets it: what is promised in the interface."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import mpmath
import pytest

from tests.shell import LINEAR, Shell

ROOT = Path(__file__).parent.parent


# symnet derive


def test_text_is_what_a_slide_says(shell: Shell) -> None:
    out = shell.output("derive", "normal.net")
    assert "  C = (A + B)/2\n" in out
    assert "  S = sqrt(((A - C)**2 + (B - C)**2)/2)\n" in out
    assert "  F(x) = (f(w1*x + w01)*w3 + f(w2*x + w02)*w4 - C)/S + w03\n" in out
    assert "  dL_dw3 = dL_dA*f(-w1 + w01) + dL_dB*f(w1 + w01)\n" in out
    assert "zero-gradient: dL/dw1" in out


def test_every_format_and_language(shell: Shell) -> None:
    latex = shell.output("derive", "normal.net", "--format", "latex", "--language", "ru")
    assert r"\subsection*{Градиент}" in latex
    assert r"F(x) &= \frac{f(w_1 x + w_{01}) w_3 + f(w_2 x + w_{02}) w_4 - C}{S} + w_{03}" in latex
    assert r"\subsection*{Gradient}" in shell.output("derive", "normal.net", "--format", "latex")
    assert "Функция потерь\n" in shell.output("derive", "linear.net", "--language", "ru")
    numpy = shell.output("derive", "three.net", "--format", "numpy")
    assert "def loss_and_gradient(x, y, w1, w2, w3, workspace=None):" in numpy
    assert "C = z.sum() / m" in numpy


def test_the_numpy_module_computes_the_exact_values(shell: Shell) -> None:
    shell.output("derive", "three.net", "--format", "numpy", "-o", "three.py")
    code = (
        "from three import loss_and_gradient as g; import numpy as np; "
        "print(*g(np.array([2., 1, 5]), np.array([3., 4, 6]), 1., -1., 2.).values())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    numbers = list(map(float, ran.stdout.split()))
    exact = shell.json("three.net", "--at", "w1=1,w2=-1,w3=2")
    values = [exact["loss"]["value"], *(exact["gradient"][n]["value"] for n in ("w1", "w2", "w3"))]
    assert numbers == pytest.approx([float(_decimal(v)) for v in values])


@pytest.mark.parametrize(("style", "given"), [("scalar", "1, -1, 2"), ("packed", "{'w1': 1, 'w2': -1, 'w3': 2}")])
def test_scalar_source_computes_with_the_data_filled_in(shell: Shell, style: str, given: str) -> None:
    shell.output("derive", "three.net", "--format", "numpy", "--style", style, "-o", "fixed.py")
    assert ("import numpy" in Path("fixed.py").read_text()) == (style == "packed")
    code = f"from fixed import loss_and_gradient as g; print(*g({given}).values())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    exact = shell.json("three.net", "--at", "w1=1,w2=-1,w3=2")
    values = [exact["loss"]["value"], *(exact["gradient"][n]["value"] for n in ("w1", "w2", "w3"))]
    assert list(map(float, ran.stdout.split())) == pytest.approx([float(_decimal(v)) for v in values])


def test_source_in_other_languages(shell: Shell) -> None:
    torch = shell.output("derive", "three.net", "--format", "torch")
    assert "def loss_and_gradient(x, y, w1, w2, w3):" in torch
    assert "    S = torch.sqrt((t2 ** 2).sum() / m)\n" in torch
    jax = shell.output("derive", "three.net", "--format", "jax", "--style", "scalar")
    assert "def loss_and_gradient(w1, w2, w3):" in jax
    assert "    S = jnp.sqrt(" in jax
    written_out = shell.output("derive", "three.net", "--format", "c", "--style", "scalar")
    assert "    double w1, double w2, double w3, double *restrict L, double *restrict dL_dw1," in written_out
    assert "for (" not in written_out
    single = shell.output("derive", "three.net", "--format", "c", "--dtype", "float32", "--wrt", "w1")
    assert "for (ptrdiff_t i = 0; i < m; i++)\n        z[i] = " in single
    assert "    ptrdiff_t m, const float *restrict x, const float *restrict y, float w1, float w2, float w3," in single


def _decimal(text: str) -> Any:
    from sympy import sympify

    return sympify(text).evalf(30)


def test_json_has_the_promised_shape(shell: Shell) -> None:
    answer = shell.json("normal.net", "--hessian", "--wrt", "w03,w1")
    promised = {"network", "parameters", "equations", "function", "loss", "gradient", "hessian", "steps", "findings"}
    assert promised <= answer.keys()
    assert answer["network"] == "two_neurons"
    assert answer["parameters"] == ["w1", "w01", "w2", "w02", "w3", "w4", "w03"]
    assert all({"name", "text", "latex"} <= e.keys() for e in answer["equations"])
    assert {"text", "latex"} <= answer["function"].keys()
    assert {"text", "latex", "value"} <= answer["loss"].keys()
    assert list(answer["gradient"]) == ["w03", "w1"]
    assert all({"text", "latex", "value"} <= g.keys() for g in answer["gradient"].values())
    assert set(answer["hessian"]) == {"w03,w03", "w03,w1", "w1,w03", "w1,w1"}
    assert all({"text", "latex", "value"} <= h.keys() for h in answer["hessian"].values())
    assert answer["steps"] == []
    assert all({"kind", "parameters", "text"} <= f.keys() for f in answer["findings"])
    assert {"degenerate-batch", "zero-gradient", "scale-invariant"} <= {f["kind"] for f in answer["findings"]}


def test_the_two_iterations_of_the_lecture(shell: Shell) -> None:
    options = ["--at", "all=0", "--steps", "2", "--rate", "0.1", "--masks", "h1;h2"]
    first, second = shell.json("linear.net", *options)["steps"]
    zero = dict.fromkeys(("w1", "w01", "w2", "w02"), "0")
    assert first["mask"] == ["h1"]
    assert first["point"] == zero
    assert first["gradient"] == zero | {"w2": "-20", "w02": "-12"}
    assert first["loss"] == "14"
    assert second["mask"] == ["h2"]
    assert second["point"] == zero | {"w2": "2", "w02": "6/5"}
    assert second["gradient"] == zero | {"w1": "-20", "w01": "-12"}
    assert second["next_point"] == {"w1": "2", "w01": "6/5", "w2": "2", "w02": "6/5"}
    text = shell.output("derive", "linear.net", *options)
    assert "moves to w1 = 2, w01 = 6/5, w2 = 2, w02 = 6/5" in text


def test_digits_of_what_has_no_short_exact_form(shell: Shell) -> None:
    """With all parameters 1/3 the loss is sigma(2/3)^2, and so are the digits of a step of descent from there."""
    options = [
        str(ROOT / "examples" / "neuron.net"),
        "--at",
        "all=1/3",
        "--digits",
        "80",
        "--rate",
        "1",
        "--steps",
        "1",
    ]
    with mpmath.workdps(90):
        expected = (1 / (1 + mpmath.exp(mpmath.mpf(-2) / 3))) ** 2
        answer = shell.json(*options)
        assert abs(mpmath.mpf(answer["loss"]["value"]) - expected) < mpmath.mpf(10) ** -80
        assert abs(mpmath.mpf(answer["steps"][0]["loss"]) - expected) < mpmath.mpf(10) ** -80
    assert "'0' is not a number of digits from 1 to 10000" in shell.refusal("derive", *options, "--digits", "0")
    assert "'ten' is not a number of digits" in shell.refusal("derive", *options, "--digits", "ten")


def test_another_optimizer(shell: Shell) -> None:
    """Heavy ball from 0 with gamma = 1/2: after v1 = g1 the second step moves by g2 + v1/2."""
    options = [
        "--at",
        "all=0",
        "--rate",
        "0.1",
        "--masks",
        "h1;h2",
        "--optimizer",
        "heavy_ball",
        "--hyper",
        "gamma=0.5",
    ]
    second = shell.json("linear.net", *options)["steps"][1]
    assert second["next_point"] == {"w1": "2", "w01": "6/5", "w2": "3", "w02": "9/5"}


def test_dropping(shell: Shell) -> None:
    answer = shell.json("linear.net", "--drop", "h1", "--at", "all=0")
    assert answer["function"]["text"] == "w2*x + w02"
    assert answer["loss"]["latex"] == "(w_2 + w_{02} - 3)^2 + (2w_2 + w_{02} - 2)^2 + (3w_2 + w_{02} - 1)^2"
    values = {name: partial["value"] for name, partial in answer["gradient"].items()}
    assert values == {"w1": "0", "w01": "0", "w2": "-20", "w02": "-12"}
    steps = shell.json("linear.net", "--drop", "h1", "--at", "all=0", "--steps", "2", "--rate", "1/10")["steps"]
    assert [step["mask"] for step in steps] == [["h1"], ["h1"]]


def test_values_are_exact_while_short_and_enclosed_otherwise(shell: Shell) -> None:
    loss = shell.json("three.net", "--at", "w1=0,w2=1,w3=0.5")["loss"]
    assert "sqrt(26)" in loss["value"]
    assert "radius" not in loss
    (shell.folder / "tanh.net").write_text("inputs x\nF = tanh(w*x)\ndata x | y\n 1 | 1/2\n")
    enclosed = shell.json("tanh.net", "--at", "w=1/3")["loss"]
    assert enclosed["value"].startswith("0.031")
    assert len(enclosed["value"].split(".")[1]) >= 30
    assert 0 < float(enclosed["radius"]) < 1e-28
    abstract = shell.json("normal.net", "--at", "all=1")["gradient"]["w03"]
    assert abstract["value"] == "4"
    (shell.folder / "f.net").write_text("inputs x\nF = f(w*x)\ndata x | y\n 1 | 3\n")
    assert shell.json("f.net", "--at", "w=2")["gradient"]["w"]["value"] == "2*f(2)*fprime(2) - 6*fprime(2)"


def test_expanding_leaves_only_what_was_asked_for(shell: Shell) -> None:
    answer = shell.json("three.net", "--expand")
    assert answer["equations"] == []
    assert "C" not in answer["loss"]["text"]
    assert "sqrt" in answer["gradient"]["w3"]["text"]


def test_derivatives_by_what_is_not_a_parameter(shell: Shell) -> None:
    answer = shell.json("three.net", "--wrt", "x,C,S")
    assert set(answer["gradient"]) == {"x_1", "x_2", "x_3", "C", "S"}


def test_an_output_file(shell: Shell) -> None:
    assert shell.output("derive", "linear.net", "--format", "json", "-o", "out.json") == ""
    assert json.loads((shell.folder / "out.json").read_text())["network"] == "two_linear"


def test_a_network_in_a_python_module(shell: Shell) -> None:
    source = f"from symnet.reading.load import network\nnet = network({LINEAR!r})\nother = 3\n"
    (shell.folder / "own_networks.py").write_text(source)
    assert shell.json("own_networks:net")["network"] == "two_linear"
    assert "own_networks:other is a int, not a symnet Network" in shell.refusal("derive", "own_networks:other")
    assert "cannot load own_networks:third" in shell.refusal("derive", "own_networks:third")
    assert "cannot load no_such_module:net" in shell.refusal("derive", "no_such_module:net")
    assert "cannot load :net" in shell.refusal("derive", ":net")

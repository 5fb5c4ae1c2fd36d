"""The command line as a user meets it: what is promised in the interface, and what bad input is told."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mpmath
import pytest

from symnet import claims
from symnet.cli import main

ROOT = Path(__file__).parent.parent

LINEAR = """
network two_linear
inputs x
h1 = w1*x + w01
h2 = w2*x + w02
F  = h1 + h2
data x | y
  1 | 3
  2 | 2
  3 | 1
"""
NORMAL = """
network two_neurons
inputs x
h1 = f(w1*x + w01)
h2 = f(w2*x + w02)
F  = norm(h1*w3 + h2*w4) + w03
data x | y
  -1 | -1
   1 |  1
"""
THREE = "inputs x\nF = norm(w1*x^2 + w2*x) + w3\ndata x | y\n 2 | 3\n 1 | 4\n 5 | 6\n"


class Shell:
    """Runs commands in a folder with these network files."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        for name, text in {"linear": LINEAR, "normal": NORMAL, "three": THREE}.items():
            (folder / f"{name}.net").write_text(text)

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """The exit status, standard output and standard error."""
        try:
            status = main(arguments)
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 2
        printed = self.capsys.readouterr()
        return status, printed.out, printed.err

    def output(self, *arguments: str) -> str:
        status, out, err = self(*arguments)
        assert (status, err) == (0, "")
        return out

    def json(self, *arguments: str) -> Any:
        return json.loads(self.output("derive", *arguments, "--format", "json"))

    def refusal(self, *arguments: str) -> str:
        status, out, err = self(*arguments)
        assert status == 2
        assert out == ""
        sentence, *picture = err.splitlines()
        assert sentence.startswith("symnet: ")
        assert "Traceback" not in err
        assert len(picture) in (0, 2)  # the offending line and a caret below it
        return err


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


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


# What is refused

FILES = [
    ("inputs x\nF = w1*x + (w2\n", "line 2, column 12: '(' is never closed\n  F = w1*x + (w2\n"),
    ("inputs x\nF = w1 x\n", "line 2, column 8: w1 x is no product here: write w1*x"),
    ("inputs x\nF = q(x)\n", "line 2, column 5: unknown function q(…)"),
    ("inputs x\nF = w1*x\noutput G\n", "line 3, column 8: the output G is not a neuron"),
    ("inputs x\nh1 = w1*h2\nh2 = w2*h1\nF = h1 + x\n", "in a cycle: h1 -> h2 -> h1"),
    ("inputs x\nF = w1*F + x\n", "in a cycle: F -> F"),
    ("inputs x\nh1 = w1*x\nF = norm(h1) + C\n", "C is the name of a mean, a deviation or the loss here"),
    ("inputs x\nC = w1*x\nF = norm(C)\n", "cannot be a neuron"),
    ("inputs x\nx = w1*x\nF = x\n", "line 2, column 1"),
    ("inputs x\nF = w1*x\ndata x | y\n", "line 3, column 6: the table `data` has no rows"),
    ("inputs x\nF = w1*x\ndata x | y\n 1 2 | 3\n", "line 4, column 2: 2 input values for the 1 column `x`"),
    ("inputs x\nF = w1*x\ndata x | y\n 1 | 3 4\n", "2 target values for the 1 column `y`"),
    ("inputs x\nF = w1*x\ndata x | y\n 1 | 2.x\n", "line 4, column 6"),
    ("inputs x\nF = w1*x\ndata x | y\n nan | 3\n", "line 4, column 2: 'nan' in the data is not a number"),
    ("inputs x\nF = norm(w1*x)\ndata x | y\n 1 | 3\n", "norm over one object"),
    ("inputs x\nF = norm(w1*x)\ndata x | y\n 1 | 3\n 1 | 4\n", "so S = 0 whatever the parameters are"),
    ("inputs x\nF = w1*x^999999999\n", "line 2, column 10: the exponent 999999999 is too large"),
    ("inputs x\nF = " + "(" * 3000 + "x" + ")" * 3000 + "\n", "line 2, column 105: brackets nest deeper"),
    ("inputs x\nF = " + "x + " * 70_000 + "x\n", "line 2"),
    ("inputs x\nF = é*x\n", "line 2, column 5: unexpected character 'é'"),
    ("", "the network file is empty"),
]


@pytest.mark.parametrize(("text", "message"), FILES)
def test_files_that_are_no_networks(shell: Shell, text: str, message: str) -> None:
    (shell.folder / "bad.net").write_text(text, encoding="utf-8")
    assert message in shell.refusal("derive", "bad.net")


def test_files_that_cannot_be_read(shell: Shell) -> None:
    (shell.folder / "latin.net").write_bytes(b"inputs x\nF = \xff*x\n")
    assert "'latin.net' is not UTF-8 text: byte 0xff" in shell.refusal("derive", "latin.net")
    assert "cannot read 'missing.net': No such file" in shell.refusal("derive", "missing.net")
    (shell.folder / "folder.net").mkdir()
    assert "cannot read 'folder.net': Is a directory" in shell.refusal("derive", "folder.net")


OPTIONS = [
    (["linear.net", "--drop", "h1,h2"], "dropping h1, h2 leaves no path from an input to an output"),
    (["linear.net", "--drop", "h9"], "there is no neuron or input 'h9' to drop; there are x, h1, h2"),
    (["linear.net", "--drop", "F"], "F is an output and cannot be dropped"),
    (["linear.net", "--wrt", "w9"], "there is no 'w9' here"),
    (["linear.net", "--wrt", "L"], "L is what is differentiated"),
    (["linear.net", "--wrt", "x", "--hessian"], "second derivatives by x"),
    (["linear.net", "--at", "w1=0,w2=1"], "no value for w01, w02"),
    (["linear.net", "--at", "all=0,w9=1"], "w9 is not a parameter; there are w1, w01, w2, w02"),
    (["linear.net", "--at", "all=0,w1"], "'w1' is not of the form name=value"),
    (["linear.net", "--at", "w1=0,w1=1,all=0"], "w1 is given twice"),
    (["linear.net", "--at", "all=nan"], "'nan' is not an exact number"),
    (["linear.net", "--at", "all=1/0"], "'1/0' is not an exact number"),
    (["linear.net", "--at", "all=1e999999999"], "'1e999999999' is not an exact number"),
    (["linear.net", "--at", "all=__import__('os')"], "is not an exact number"),
    (["three.net", "--at", "all=0"], "S = 0 at"),
    (["linear.net", "--at", "all=0", "--steps", "-1", "--rate", "1"], "'-1' is not a number of steps"),
    (["linear.net", "--at", "all=0", "--steps", "2", "--rate", "x"], "--rate: 'x' is not an exact number"),
    (["linear.net", "--at", "all=0", "--steps", "2"], "need a start (--at) and a step size (--rate)"),
    (["linear.net", "--rate", "1", "--steps", "2"], "need a start (--at) and a step size (--rate)"),
    (["linear.net", "--at", "all=0", "--rate", "1", "--masks", "h1;h1,h2"], "dropping h1, h2 leaves no path"),
    (
        ["linear.net", "--at", "all=0", "--rate", "1", "--optimizer", "sgd", "--steps", "1"],
        "there is no optimizer 'sgd'; there are gra",
    ),
    (
        ["linear.net", "--at", "all=0", "--rate", "1", "--steps", "1", "--optimizer", "heavy_ball"],
        "heavy_ball needs a value for gamma",
    ),
    (
        ["linear.net", "--at", "all=0", "--rate", "1", "--hyper", "gamma"],
        "--hyper: 'gamma' is not of the form name=value",
    ),
    (["linear.net", "--at", "all=0", "--rate", "1", "--steps", "3", "--masks", "h1;h2"], "2 masks for 3 steps"),
    (["linear.net", "--format", "yaml"], "invalid choice: 'yaml'"),
    (["linear.net", "-o", "no/such/folder.txt"], "cannot write no/such/folder.txt: No such file"),
    (["linear.net", "-o", "."], "cannot write .: Is a directory"),
    ([], "the following arguments are required"),
]


@pytest.mark.parametrize(("arguments", "message"), OPTIONS)
def test_options_that_cannot_be_used(shell: Shell, arguments: list[str], message: str) -> None:
    assert message in shell.refusal("derive", *arguments)


def test_a_symbolic_batch_has_no_values(shell: Shell) -> None:
    (shell.folder / "symbolic.net").write_text("inputs x\nF = norm(w1*x + w2)\n")
    assert "needs data" in shell.refusal("derive", "symbolic.net", "--at", "all=1")
    answer = shell.json("symbolic.net")
    assert {"name": "C", "text": "Sum(z[j], (j, 1, m))/m"}.items() <= answer["equations"][1].items()
    assert ["w2"] in [f["parameters"] for f in answer["findings"] if f["kind"] == "redundant"]


def test_a_batch_that_is_constant_at_the_point_is_named(shell: Shell) -> None:
    assert "S = 0 at w1 = 0" in shell.refusal("derive", "three.net", "--at", "w1=0,w2=0,w3=1")


def test_large_and_deep_is_not_wrong(shell: Shell) -> None:
    deep = "inputs x\nF = " + "f(" * 90 + "w*x" + ")" * 90 + "\ndata x | y\n 1 | 2\n 3 | 5\n"
    (shell.folder / "deep.net").write_text(deep)
    assert len(shell.json("deep.net")["gradient"]["w"]["text"]) > 8000
    (shell.folder / "steep.net").write_text("inputs x\nh = w*x^64\nF = h^64\ndata x | y\n 2 | 3\n 3 | 4\n")
    assert shell.json("steep.net", "--at", "w=1/2")["findings"] == []


# symnet draw, new, completion


def test_pictures(shell: Shell) -> None:
    assert "<title>The network two_neurons with layers of 1 -&gt; 2 -&gt; 1</title>" in shell.output(
        "draw", "normal.net"
    )
    assert shell.output("draw", "linear.net", "--drop", "h1", "-o", "net.tex") == ""
    assert r"\begin{tikzpicture}" in (shell.folder / "net.tex").read_text()
    assert shell.output("draw", "three.net", "--graph", "--at", "all=1", "-o", "graph.svg") == ""
    assert "The computation of L" in (shell.folder / "graph.svg").read_text()
    assert "x.png ends in neither .svg nor .tex" in shell.refusal("draw", "linear.net", "-o", "x.png")
    assert "add --graph" in shell.refusal("draw", "linear.net", "--at", "all=0")
    assert "with --at all=0" in shell.refusal("draw", "linear.net", "--graph")
    assert "h9 is neither a neuron nor an input" in shell.refusal("draw", "linear.net", "--drop", "h9")
    assert "f is abstract" in shell.refusal("draw", "normal.net", "--graph", "--at", "all=1")


def test_the_starter_can_be_derived_and_is_never_written_over_a_file(shell: Shell) -> None:
    assert shell.output("new", "mine.net") == ""
    assert "dL_dw3 = " in shell.output("derive", "mine.net")
    assert shell.output("new", "-") == (shell.folder / "mine.net").read_text()
    assert "mine.net exists already" in shell.refusal("new", "mine.net")


def test_a_claim_is_explained(shell: Shell) -> None:
    assert shell.output("explain", "L8.13") == shell.output("lectures", "L8.13")


@pytest.mark.parametrize("kind", ["bash", "zsh"])
def test_completion_knows_every_command(shell: Shell, kind: str) -> None:
    script = shell.output("--print-completion", kind)
    assert all(command in script for command in ("derive", "draw", "lectures", "explain", "claim", "lint", "new"))


# symnet claim, symnet lectures


def test_a_true_formula_is_proved(shell: Shell) -> None:
    formula = r"\frac{\partial L}{\partial w_{03}} = 4 w_{03}"
    assert "proved" in shell.output("claim", "normal.net", formula)
    entry = json.loads(shell.output("claim", "normal.net", formula, "--json"))
    promised = {"id", "title", "lecture", "says", "verdict", "assumptions", "witness", "correction", "derived"}
    assert promised | {"method", "error_bound", "seconds"} <= entry.keys()
    assert (entry["verdict"], entry["says"]) == ("proved", formula)


def test_a_false_formula_exits_with_one(shell: Shell) -> None:
    status, out, err = shell("claim", "linear.net", r"\frac{\partial L}{\partial w_1} = 0", "--json")
    assert (status, err) == (1, "")
    entry = json.loads(out)
    assert entry["verdict"] == "refuted"
    assert entry["witness"]["difference"] != "0"
    assert entry["correction"]["text"].startswith("2*(w1 + w01 + w2 + w02 - 3)")


def test_formulas_that_cannot_be_read(shell: Shell) -> None:
    for formula, message in [
        ("", "there is no formula"),
        ("F =", "a formula must go on here"),
        ("w_1 + w_2", "no equality to check"),
        ("((((", "never closed"),
        ("q = 1", "q is not a name on this slide"),
        (r"\frac{\partial L}{\partial q} = 0", "q is not a parameter of the network"),
    ]:
        assert message in shell.refusal("claim", "linear.net", formula)


def test_one_claim_at_length_and_as_json(shell: Shell) -> None:
    out = shell.output("lectures", "L8.13")
    assert out.startswith("L8.13  Values -20, -12\n")
    assert "proved" in out
    answer = json.loads(shell.output("lectures", "L8.13", "--json"))
    assert answer["summary"] == {"proved": 1}
    assert answer["claims"][0]["id"] == "L8.13"
    shell.output("lectures", "L8.13", "--latex", "build")
    assert r"\paragraph{L8.13\quad" in (shell.folder / "build" / "01.tex").read_text()


def test_an_unknown_claim(shell: Shell) -> None:
    assert "there is no claim L8.999; there are L8." in shell.refusal("lectures", "L8.999")


def test_a_changed_verdict_exits_with_one(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    (known,) = claims.load_claims(["L8.13"])
    changed = replace(known, expected="refuted")
    monkeypatch.setattr(claims, "load_claims", lambda ids: [changed])
    status, out, err = shell("lectures")
    assert (status, err) == (1, "")
    assert "L8.13: proved, expected refuted" in out


# Help


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from symnet.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as stop: print(stop.code)\n"
        "print('heavy:', *{'sympy', 'numpy', 'lark', 'rich', 'flint', 'jinja2'} & sys.modules.keys())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    *usage, status, last = ran.stdout.splitlines()
    assert usage[0].startswith("usage: symnet")
    assert status == "0"
    assert last == "heavy:"


@pytest.mark.parametrize("command", ["derive", "draw", "plot", "lectures", "explain", "new", "claim", "lint"])
def test_every_command_has_help_with_examples(shell: Shell, command: str) -> None:
    out = shell.output(command, "--help")
    assert f"symnet {command}" in out
    assert "examples:" in out


def test_a_reader_that_goes_away_is_no_error() -> None:
    (read, write) = os.pipe()
    os.close(read)
    code = "from symnet.cli import main; import sys; sys.exit(main(['lectures', 'L8.13']))"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_full_device_is_an_error_of_one_line() -> None:
    code = "from symnet.cli import main; import sys; sys.exit(main(['lectures', 'L8.13']))"
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", code]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 2
    assert ran.stderr == "symnet: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_time_limit_is_a_number_of_seconds(seconds: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["claim", str(ROOT / "examples/normalized.net"), "C = 0", "--seconds", seconds])
    assert stopped.value.code == 2
    assert f"{seconds!r} is not a number of seconds" in capsys.readouterr().err


def test_what_is_wrong_is_printed_beside_what_is_right(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from symnet.commands import lectures

    lectures.report(lectures.run_claims(claims.load_claims(["L8.9", "P4.61"]), progress=False))
    printed = capsys.readouterr().out.replace("\n", "")
    table = printed[printed.index("printed") : printed.index("L8: ")]
    assert "P4.61" in table
    assert "L8.9" not in table
    assert "m-1" in table.replace(" ", "")

"""What the command line says to networks and options that cannot be used."""

import pytest

from tests.shell import Shell

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
    (["three.net", "--format", "jax", "--style", "packed"], "--style packed does not go with --format jax"),
    (["three.net", "--style", "plain"], "--style plain does not go with --format text"),
    (["three.net", "--format", "numpy", "--dtype", "float32"], "--dtype float32 is of --format c"),
    (["three.net", "--format", "c", "--explain"], "--explain writes words"),
    (["three.net", "--format", "rust"], "invalid choice: 'rust'"),
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

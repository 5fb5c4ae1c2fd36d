"""The other commands as a user meets them: what is promised in the interface, and help."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from symnet import claims
from tests.shell import Shell

ROOT = Path(__file__).parent.parent


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


def test_what_is_wrong_is_printed_beside_what_is_right(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from symnet.commands import lectures

    lectures.report(lectures.run_claims(claims.load_claims(["L8.9", "P4.61"]), progress=False))
    printed = capsys.readouterr().out.replace("\n", "")
    table = printed[printed.index("printed") : printed.index("L8: ")]
    assert "P4.61" in table
    assert "L8.9" not in table
    assert "m-1" in table.replace(" ", "")

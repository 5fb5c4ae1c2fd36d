"""What a notebook shows, and the example notebook itself, run cell by cell in a kernel."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from sympy import Symbol

from symnet.claims import check_formula
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation
from symnet.expressions import total
from symnet.reading.load import network
from symnet.truth.verdict import decide

ROOT = Path(__file__).parent.parent
x, y = Symbol("x"), Symbol("y")


def test_a_network_is_its_picture() -> None:
    assert network("inputs x\nF = f(w*x)\n")._repr_svg_().startswith("<svg")


def test_a_derivation_is_display_mathematics_of_a_bounded_length() -> None:
    net = network("inputs x\nF = norm(w*x) + b\n")
    shown = gradient(net.derivation, "L")._repr_latex_()
    assert shown.startswith("$$\\begin{aligned}")
    assert r"\frac{\partial L}{\partial b} &= " in shown
    assert r"C &= \frac{1}{m} \sum_{j=1}^{m} z_j" in shown
    many = Derivation(tuple(Equation(f"a{k}", rhs=x) for k in range(90)))._repr_latex_()
    assert many.count(r"\\") == 40
    assert "50 more equations" in many
    long = Derivation((Equation("s", rhs=total(*(Symbol(f"x{k}") for k in range(300)))),))._repr_latex_()
    assert "an expression of 300 names and numbers" in long


def test_a_verdict_says_what_and_why() -> None:
    proved = decide((x + y) ** 2, x**2 + 2 * x * y + y**2)._repr_html_()
    assert ">proved<" in proved
    refuted = decide((x + y) ** 2, x**2 + y**2)._repr_html_()
    assert ">refuted<" in refuted
    assert "left" in refuted
    result = check_formula(network("inputs x\nF = w*x\n"), r"\frac{\partial L}{\partial w} = 1")
    assert r"<code>\frac{\partial L}{\partial w} = 1</code>" in result._repr_html_()
    assert "symnet derived $2" in result._repr_html_()
    assert ">refuted<" in result._repr_html_()


@pytest.mark.parametrize("name", ["tour"])
def test_the_example_notebook_runs_and_shows_what_it_says(name: str) -> None:
    notebook = nbformat.read(ROOT / "examples" / f"{name}.ipynb", as_version=4)
    saved = [_shown(cell) for cell in notebook.cells if cell.cell_type == "code"]
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(ROOT / "examples")}}).execute()
    assert [_shown(cell) for cell in notebook.cells if cell.cell_type == "code"] == saved
    assert {kind for kinds in saved for kind, _ in kinds} >= {"image/svg+xml", "text/latex", "text/html"}


def _shown(cell: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """What a cell printed and displayed, without the time it took."""
    kinds = ("image/svg+xml", "text/latex", "text/html")
    found = [("stdout", output.text) for output in cell.outputs if output.output_type == "stream"]
    for output in cell.outputs:
        found += [(kind, output.data[kind]) for kind in kinds if kind in output.get("data", {})]
    return found

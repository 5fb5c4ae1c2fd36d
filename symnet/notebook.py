r"""What objects of symnet look like in a notebook: networks as pictures, derivations as formulas, verdicts as boxes.

The objects' own `_repr_svg_`, `_repr_latex_` and `_repr_html_` hand themselves on to here, when a notebook asks. What
is too long for a page is cut, and says so.
"""

from html import escape

from symnet.claims import Result
from symnet.commands.lectures import witness_text
from symnet.drawing.diagram import diagram
from symnet.drawing.svg import svg
from symnet.equations import Derivation, Equation, leaves
from symnet.network.network import Network
from symnet.render.latex import latex, left_side
from symnet.render.naming import Naming
from symnet.truth.verdict import Verdict

__all__ = ["derivation_latex", "network_svg", "result_html", "verdict_html"]

_LINES = 40  # equations
_LEAVES = 120  # of a right side
_COLOURS = {"proved": "#1b7f3b", "proved-if": "#1f5fa8", "refuted": "#b3261e", "ambiguous": "#8a3ab9"}


def network_svg(network: Network) -> str:
    return svg(diagram(network))


def derivation_latex(derivation: Derivation) -> str:
    """The equations under each other as display mathematics, at most 40 of them, each at most some lines long."""
    naming = Naming.of(derivation)
    lines = [rf"{left_side(e, naming)} &= {_right_side(e, naming)}" for e in derivation.equations[:_LINES]]
    if len(derivation.equations) > _LINES:
        lines.append(rf"&\;\;\vdots \quad \text{{{len(derivation.equations) - _LINES} more equations}}")
    return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"


def _right_side(equation: Equation, naming: Naming) -> str:
    size = leaves(equation.rhs)
    return latex(equation.rhs, naming) if size <= _LEAVES else rf"\text{{an expression of {size} names and numbers}}"


def verdict_html(verdict: Verdict) -> str:
    """The verdict in its colour, with its condition, witness and correction."""
    parts = [_badge(verdict.verdict), escape(verdict.method)]
    if verdict.assumptions:
        parts.append(f"<br>if {escape(' and '.join(verdict.assumptions))}")
    if verdict.witness:
        parts.append(f"<br>witness: {escape(witness_text(verdict.witness))}")
    if verdict.correction:
        parts.append(f"<br>it should be ${escape(verdict.correction['latex'])}$")
    if verdict.error_bound:
        parts.append(f"<br>wrong with a probability below {escape(verdict.error_bound)}")
    return f"<div>{' '.join(parts)}</div>"


def result_html(result: Result) -> str:
    """A claim: what the slide says, what symnet derived, the verdict."""
    claim = result.claim
    rows = [f"<b>{escape(claim.id)}</b> {escape(claim.title)}", f"the slide says <code>{escape(claim.says)}</code>"]
    if result.finding.derived:
        rows.append(f"symnet derived ${escape(result.finding.derived[1])}$")
    return f"<div>{'<br>'.join(rows)}</div>{verdict_html(result.finding.verdict)}"


def _badge(verdict: str) -> str:
    style = f"color:white;background:{_COLOURS.get(verdict, '#666666')};border-radius:4px;padding:1px 6px"
    return f'<span style="{style}">{escape(verdict)}</span>'

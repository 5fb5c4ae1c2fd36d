"""LaTeX formulas as MathML, which browsers show without a script, and words with formulas in them as HTML."""

import re
from html import escape
from itertools import pairwise
from xml.etree.ElementTree import fromstring, register_namespace, tostring

from latex2mathml.converter import convert

from symnet.errors import SymnetError

__all__ = ["MATHML_STYLE", "html_words", "mathml"]

# What the elements say and browsers only hear in a style sheet.
MATHML_STYLE = """\
mtd[columnalign="left"] { text-align: left; text-align: -webkit-left; padding-left: 0; }
mtd[columnalign="right"] { text-align: right; text-align: -webkit-right; padding-right: 0; }
mtext[mathvariant="monospace"] { font-family: monospace; }"""

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_DOLLARS = re.compile(r"(\$\$?)(.+?)\1", re.DOTALL)
_ESCAPED = re.compile(r"\\([_&%#$])")
_BEFORE_A_SIGN = set("=<>≤≥≈←→⇒([,·⋅×")  # what stands before it makes a minus a sign, not a subtraction
_LIMITS = {"msubsup": "munderover", "msub": "munder", "msup": "mover"}


def mathml(latex: str, display: bool = False) -> str:
    r"""A formula in LaTeX as a `<math>` element, as a display of its own or in a line.

    Dollars around it do not count; lines separated by `\\` are put below each other. Raises SymnetError for what
    is no LaTeX of formulas.
    """
    formula = latex.strip().strip("$").strip().replace("{aligned}", "{align*}")
    if r"\begin" not in formula and r"\\" in formula:
        rows = formula if "&" in formula else "& " + formula.replace(r"\\", r"\\ &")
        formula = rf"\begin{{align*}} {rows} \end{{align*}}"
    if len(re.findall(r"(?<!\\)\{", formula)) != len(re.findall(r"(?<!\\)\}", formula)):
        raise SymnetError(f"{latex!r} cannot be shown as MathML: its braces do not match")
    try:
        root = fromstring(convert(formula, display="block" if display else "inline"))
    except Exception as error:  # of many kinds: no formula, an environment without an end, an & outside of one
        raise SymnetError(f"{latex!r} cannot be shown as MathML ({type(error).__name__})") from None
    for node in root.iter():
        node.text = node.text and _ESCAPED.sub(r"\1", node.text)
        if node.text and "\\" in node.text:
            raise SymnetError(f"{latex!r} cannot be shown as MathML: {node.text} is not known")
        script = node.tag.rpartition("}")[2]
        if script in _LIMITS and node[0].text == "∑":  # in a line the browser puts them beside the sign
            node.tag = f"{{{_NAMESPACE}}}{_LIMITS[script]}"
            node[0].set("movablelimits", "true")
        for before, sign in pairwise(node):
            if sign.text in ("−", "+") and before.text in _BEFORE_A_SIGN:
                sign.set("form", "prefix")
    register_namespace("", _NAMESPACE)
    return tostring(root, encoding="unicode")


def html_words(text: str) -> str:
    """Words as HTML, the formulas between dollars among them as MathML; what is no formula stays as it is written."""
    written, end = [], 0
    for found in _DOLLARS.finditer(text):
        written += [escape(text[end : found.start()]), _formula(found[0], found[2], display=found[1] == "$$")]
        end = found.end()
    return "".join([*written, escape(text[end:])])


def _formula(written: str, formula: str, display: bool) -> str:
    try:
        return mathml(formula, display)
    except SymnetError:
        return f"<code>{escape(written)}</code>"

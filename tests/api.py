"""docs/api.md from the docstrings of what users import: `python -m tests.documents` writes it anew."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["API", "reference"]

API = Path(__file__).parent.parent / "docs" / "api.md"

# What a user imports, in the order of the work: write a network, derive, decide, compute, show, check.
MODULES = [
    "equations",
    "sums",
    "operations",
    "network",
    "network.network",
    "network.masks",
    "network.optimizers",
    "network.initialization",
    "reading.load",
    "reading.slide",
    "differentiate",
    "training",
    "quadratic",
    "moments",
    "findings",
    "slides",
    "truth.verdict",
    "truth.evaluate",
    "claims",
    "numeric.compile",
    "numeric.languages",
    "render.latex",
    "render.text",
    "render.align",
    "render.mathml",
    "render.steps",
    "drawing.diagram",
    "drawing.graph",
    "drawing.svg",
    "drawing.tikz",
    "candidates.check",
    "candidates.tracing",
    "testing",
]

_PREAMBLE = """# API reference

Written by `python -m tests.documents` from the docstrings. Expressions are SymPy's; errors are
`symnet.errors.SymnetError`, a sentence each. What is not here is no promise.
"""


def reference() -> str:
    """The whole document."""
    return "\n".join([_PREAMBLE, *(line for name in MODULES for line in _module(f"symnet.{name}"))])


def _module(name: str) -> Iterator[str]:
    module = import_module(name)
    yield f"## {name}\n"
    yield f"{_markdown(inspect.getdoc(module) or '')}\n"
    for public in module.__all__:
        found = getattr(module, public)
        if (inspect.isclass(found) or inspect.isfunction(found)) and found.__doc__:
            yield from _entry(public, found)


def _entry(name: str, found: Any) -> Iterator[str]:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(found))).body
    if isinstance(node, ast.ClassDef):
        fields = [ast.unparse(part) for part in node.body if isinstance(part, ast.AnnAssign)]
        shown = [field for field in fields if not field.startswith("_")]
        yield f"### {name}\n\n```\n{_wrapped(f'class {name}', shown)}\n```\n"
        yield f"{_markdown(inspect.getdoc(found) or '')}\n"
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")]
        told = [f"- `{m.name}`: {_markdown(_first(m))}" for m in methods if ast.get_docstring(m)]
        if told:
            yield "\n".join(told) + "\n"
    else:
        assert isinstance(node, ast.FunctionDef)
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        yield f"### {name}\n\n```\n{_wrapped(name, _arguments(node.args))}{returns}\n```\n"
        yield f"{_markdown(inspect.getdoc(found) or '')}\n"


def _arguments(arguments: ast.arguments) -> list[str]:
    """Each argument as it is written, with its default."""
    parts: list[str] = []
    depth = 0
    for piece in re.split(r"(, |[\[\](){}])", ast.unparse(arguments)):
        depth += (piece in tuple("[({")) - (piece in tuple("])}"))
        if piece == ", " and depth == 0:
            parts.append("")
        else:
            parts[-1:] = [(parts[-1] if parts else "") + piece]
    return parts


def _wrapped(name: str, parts: list[str]) -> str:
    line = f"{name}({', '.join(parts)})"
    return line if len(line) <= 100 else f"{name}(\n    " + ",\n    ".join(parts) + ",\n)"


def _first(node: ast.FunctionDef) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())


def _markdown(text: str) -> str:
    """A docstring as Markdown: its stars and brackets are no markup outside of code; its lists keep their lines."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([*<\\])", r"\\\1", piece) for piece in pieces)

"""The examples in README.md, docs/ and the notebooks: `python -m tests.documents` writes what they print anew."""

import contextlib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from symnet.cli import main
from tests.api import API, reference

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_CONSOLE = re.compile(r"```console\n\$ symnet (.*?)\n(.*?)```", re.DOTALL)
_PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def console() -> Iterator[tuple[str, str, str]]:
    """(document, command, what it is said to print)."""
    for path in DOCUMENTS:
        yield from ((path.name, *found) for found in _CONSOLE.findall(path.read_text(encoding="utf-8")))


def python() -> Iterator[tuple[str, str]]:
    """(document, source)."""
    for path in DOCUMENTS:
        yield from ((path.name, source) for source in _PYTHON.findall(path.read_text(encoding="utf-8")))


def printed(command: str) -> str:
    """What the command prints when it is run in the root of the repository; it may be continued with `\\`."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.chdir(ROOT):
        main(shlex.split(command))
    return out.getvalue().rstrip()


def _rewrite(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    new = _CONSOLE.sub(lambda m: f"```console\n$ symnet {m[1]}\n{printed(m[1])}\n```", text)
    if new != text:
        path.write_text(new, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} is written anew")


def _rerun(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    os.environ["COLUMNS"] = "120"
    API.write_text(reference(), encoding="utf-8")
    for document in [ROOT / name for name in sys.argv[1:]] or [*DOCUMENTS, *(ROOT / "examples").glob("*.ipynb")]:
        (_rerun if document.suffix == ".ipynb" else _rewrite)(document)

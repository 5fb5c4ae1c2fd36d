"""Findings kept from one run of the lectures to the next, by the content of everything they depend on.

One file a finding, under `$XDG_CACHE_HOME/symnet` or `~/.cache/symnet`. Its name is a hash of the versions of Python
and of the libraries that decide, of every source of symnet that decides, and of the claim's own file of
`derivations/` with all it imports there: whatever changes, the old finding is not looked at again. The folder may be
deleted at any time; what cannot be read there is found anew, and what cannot be written is not kept.
"""

import ast
import json
import os
import sys
from contextlib import suppress
from dataclasses import fields
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import time
from typing import Any

import derivations
import symnet
from symnet.claims import Claim, Finding, Reading, Result
from symnet.grounds import Grounds
from symnet.truth.verdict import Verdict

__all__ = ["Cache", "decoded", "encoded"]

_SOURCES = Path(symnet.__file__).parent
_LEDGER = Path(derivations.__file__).parent
_LIBRARIES = ("sympy", "mpmath", "python-flint", "numpy", "lark")
_KEPT_DAYS = 30  # since a finding was last used
_EXPRESSIONS = ("conditions", "questions")  # fields of a verdict that stay in their process
_SHOWS = {"commands", "cli.py", "notebook.py", "site", "candidates", "testing.py"}  # decide no claim


def encoded(result: Result) -> str:
    """A finding as JSON, from which `decoded` makes the same again; conditions hold expressions and are left out.

    Raises TypeError when the finding holds what JSON would change, such as a tuple in a witness.
    """
    finding = result.finding
    record = {
        "verdict": _record(finding.verdict),
        "derived": finding.derived and list(finding.derived),
        "readings": [[r.latex, _record(r.verdict)] for r in finding.readings],
        "note": finding.note,
        "seconds": result.seconds,
        "grounds": result.grounds.record,
    }
    text = json.dumps(record)
    if json.loads(text) != record:
        raise TypeError(f"{result.claim.id}: JSON does not keep what was found: {record}")
    return text


def decoded(claim: Claim, text: str, cached: bool = False) -> Result:
    """The result that was `encoded`."""
    record = json.loads(text)
    derived = record["derived"] and tuple(record["derived"])
    readings = tuple(Reading(latex, Verdict(**verdict)) for latex, verdict in record["readings"])
    finding = Finding(Verdict(**record["verdict"]), derived, readings, record["note"])
    return Result(claim, finding, record["seconds"], cached, Grounds.of_record(record["grounds"]))


def _record(verdict: Verdict) -> dict[str, Any]:
    return {f.name: getattr(verdict, f.name) for f in fields(Verdict) if f.name not in _EXPRESSIONS}


class Cache:
    """Findings by content. `folder`: where they lie; by default that of the user."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _user_folder()
        self._read: dict[str, tuple[bytes, list[str]]] = {}

    def find(self, claim: Claim) -> Result | None:
        """What was found about the claim by the same sources, if it was kept."""
        if not claim.module:
            return None
        path = self._path(claim)
        try:
            check, _, text = path.read_text(encoding="utf-8").partition("\n")
            if check != _checksum(text):
                return None
            os.utime(path)
        except (OSError, UnicodeDecodeError):
            return None
        return decoded(claim, text, cached=True)

    def keep(self, result: Result) -> None:
        """Keep what was found, unless more time might find more."""
        verdicts = [result.finding.verdict, *(reading.verdict for reading in result.finding.readings)]
        if not result.claim.module or any(v.verdict == "undecided" for v in verdicts):
            return
        text = encoded(result)
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile("w", encoding="utf-8", dir=self.folder, suffix=".new", delete=False) as file:
                file.write(f"{_checksum(text)}\n{text}")
            os.replace(file.name, self._path(result.claim))  # other runs see all of it or nothing

    def forget_old(self) -> None:
        """Delete what no run has used for a month."""
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.stat().st_mtime < time() - _KEPT_DAYS * 24 * 3600:
                    path.unlink()

    def _path(self, claim: Claim) -> Path:
        key = sha256(f"{self._common} {claim.id}".encode())
        for module, digest in sorted(self._dependencies(claim.module).items()):
            key.update(module.encode() + digest)
        return self.folder / f"{key.hexdigest()}.json"

    @cached_property
    def _common(self) -> str:
        """The hash of what every finding depends on."""
        key = sha256(" ".join((sys.version, *map(version, _LIBRARIES))).encode())
        for path in sorted(_SOURCES.rglob("*")):
            shows_only = _SHOWS & {*path.relative_to(_SOURCES).parts}
            if path.suffix in (".py", ".lark") and (path == Path(__file__) or not shows_only):
                key.update(str(path.relative_to(_SOURCES)).encode() + sha256(path.read_bytes()).digest())
        return key.hexdigest()

    def _dependencies(self, module: str) -> dict[str, bytes]:
        """The hash of a file of `derivations/` and of each one it imports, directly or not."""
        found: dict[str, bytes] = {}
        waiting = [module]
        while waiting:
            name = waiting.pop()
            if name not in found:
                if name not in self._read:
                    self._read[name] = _read(name)
                found[name], imported = self._read[name]
                waiting += imported
        return found


def _read(module: str) -> tuple[bytes, list[str]]:
    """The hash of a file of `derivations/`, and which others it imports."""
    source = (_LEDGER / f"{module.rpartition('.')[2]}.py").read_bytes()
    imported = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "derivations":
            imported += [f"derivations.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("derivations."):
            imported.append(str(node.module))
        elif isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names if alias.name.startswith("derivations.")]
    return sha256(source).digest(), imported


def _checksum(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _user_folder() -> Path:
    """As the XDG base directory specification has it: a relative path in the variable does not count."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if os.path.isabs(given) else Path.home() / ".cache") / "symnet"

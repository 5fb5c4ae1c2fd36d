r"""`symnet lint`: every display formula of a LaTeX file against a network, with line numbers.

Displays are `$$ … $$`, `\[ … \]` and the environments equation, align, gather and multline, starred or not;
verbatim text and comments are passed over. A formula that states no equality, or speaks of names the network does
not have, is listed as not checked, with the reason.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symnet.claims import Result, Slide, check_with
from symnet.commands.macros import definitions, expanded
from symnet.errors import SymnetError
from symnet.network.network import Network

__all__ = ["Formula", "Lint", "displays", "lint", "marked_up"]

_ENVIRONMENTS = "equation|align|gather|multline|eqnarray|displaymath"
_SKIPPED = re.compile(r"\\begin\{(verbatim|lstlisting|comment)\}.*?\\end\{\1\}|(?<!\\)%[^\n]*", re.DOTALL)
_DISPLAY = re.compile(
    rf"\$\$(?P<dollars>.+?)\$\$|\\\[(?P<brackets>.+?)\\\]"
    rf"|\\begin\{{(?P<name>(?:{_ENVIRONMENTS})\*?)\}}(?P<body>.+?)\\end\{{(?P=name)\}}",
    re.DOTALL,
)
_CASES = r"\\begin\{cases\}.*?\\end\{cases\}"
_ROW = re.compile(rf"{_CASES}|(?P<end>\\\\(?:\[[^]]*\])?)", re.DOTALL)
_INNER = re.compile(r"\\(?:begin|end)\{(?:split|aligned|gathered)\}")
_HEAD = re.compile(r"(?:\s|&|\\q?quad\b|\{\})*")
_NOISE = re.compile(rf"(?P<cases>{_CASES})|\\(?:nonumber|notag|label\{{[^}}]*\}}|tag\*?\{{[^}}]*\}})|&", re.DOTALL)


@dataclass(frozen=True)
class Formula:
    """A display formula: the line it begins on, where its display ends, its LaTeX without alignment marks.

    full: the same without the commands that the file defines.
    """

    line: int
    end: int
    latex: str
    full: str


@dataclass(frozen=True)
class Lint:
    """A formula with its verdict, or with the reason why it was not checked."""

    formula: Formula
    result: Result | None
    reason: str = ""

    @property
    def verdict(self) -> str:
        return self.result.verdict if self.result else "not checked"

    @property
    def json(self) -> dict[str, Any]:
        """The line and the formula, then the fields of a claim."""
        answer: dict[str, Any] = {
            "line": self.formula.line,
            "formula": self.formula.latex,
            "verdict": self.verdict,
        }
        return answer | ({"reason": self.reason} if self.result is None else self.result.json)


def displays(text: str) -> Iterator[Formula]:
    """The display formulas of a LaTeX file in order; each row of an alignment that states something is its own."""
    visible = _SKIPPED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    visible = _INNER.sub(lambda m: " " * len(m[0]), visible)
    macros = definitions(visible)
    for match in _DISPLAY.finditer(visible):
        group = next(name for name in ("dollars", "brackets", "body") if match[name] is not None)
        start = match.start(group)
        for offset, row in _rows(match[group]):
            lead = len(row) - len(row.lstrip())
            line = visible.count("\n", 0, start + offset + lead) + 1
            latex = " ".join(_NOISE.sub(lambda m: m["cases"] or " ", row).split())
            if latex:
                yield Formula(line, match.end(), latex, expanded(latex, macros))


def _rows(body: str) -> Iterator[tuple[int, str]]:
    """The rows of an alignment with their offsets; a row that begins with a relation continues the one before."""
    rows: list[tuple[int, str]] = []
    start = 0
    for separator in [*(match for match in _ROW.finditer(body) if match["end"]), None]:
        end = separator.start() if separator else len(body)
        row = body[start:end]
        rest = row[_HEAD.match(row).end() :]  # type: ignore[union-attr]  # it matches the empty string
        if rows and rest[:1] in ("=", "+", "-"):
            offset, before = rows[-1]
            rows[-1] = offset, f"{before} {rest}"
        else:
            rows.append((start, row))
        start = separator.end() if separator else end
    yield from rows


def lint(path: str, network: Network, seconds: float = 5) -> list[Lint]:
    """Check every display formula of a file. Raises SymnetError when the file cannot be read."""
    slide = Slide(network, seconds=seconds)
    return [_check(slide, formula) for formula in displays(_read(path))]


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise SymnetError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SymnetError(f"{path} is not UTF-8 text (byte {error.start})") from None


def _check(slide: Slide, formula: Formula) -> Lint:
    try:
        return Lint(formula, check_with(slide, formula.full))
    except SymnetError as error:
        return Lint(formula, None, str(error).partition("\n")[0])


def marked_up(path: str, found: Sequence[Lint]) -> str:
    """The file with a comment after each formula: its verdict, condition or witness, and the right formula."""
    text = _read(path)
    for item in sorted(found, key=lambda lint: (-lint.formula.end, -lint.formula.line)):
        end = item.formula.end
        text = f"{text[:end]}\n% symnet: line {item.formula.line}: {_remark(item)}\n{text[end:].lstrip(chr(10))}"
    return text


def _remark(item: Lint) -> str:
    if item.result is None:
        return f"not checked: {item.reason}"
    verdict = item.result.finding.verdict
    remark = item.verdict
    if verdict.assumptions:
        remark += f" if {' and '.join(verdict.assumptions)}"
    if verdict.correction:
        remark += f"; it should be {verdict.correction['latex']}"
    return remark

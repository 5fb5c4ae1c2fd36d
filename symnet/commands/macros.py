r"""The commands that a LaTeX file defines for its formulas, `\newcommand` and `\DeclareMathOperator`, written out."""

import re
from collections.abc import Mapping, Sequence
from functools import partial

from symnet.errors import SymnetError

__all__ = ["definitions", "expanded"]

_DEFINITION = re.compile(
    r"\\(?:(?P<command>(?:re)?newcommand|providecommand)\*?|DeclareMathOperator\*?)"
    r"\s*(?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}|\\(?P<plain>[A-Za-z]+))\s*(?:\[(?P<count>[1-9])\])?\s*(?=\{)"
)
_STEPS = 1000  # macros written out in one formula, at most
_LONGEST = 50_000  # characters

Macros = Mapping[str, tuple[int, str]]


def definitions(text: str) -> Macros:
    """The number of arguments and the body of each command that the text defines; the last definition counts."""
    found: dict[str, tuple[int, str]] = {}
    for match in _DEFINITION.finditer(text):
        body, _ = _argument(text, match.end())
        if not match["command"]:
            body = rf"\operatorname{{{body}}}"
        found[match["braced"] or match["plain"]] = int(match["count"] or 0), body
    return found


def expanded(latex: str, macros: Macros) -> str:
    """The formula without these commands. Raises SymnetError where they do not end."""
    if not macros:
        return latex
    names = re.compile(rf"\\({'|'.join(sorted(macros))})(?![A-Za-z])")
    for _ in range(_STEPS):
        match = names.search(latex)
        if match is None:
            return latex
        count, body = macros[match[1]]
        end = match.end()
        arguments = []
        for _ in range(count):
            argument, end = _argument(latex, end)
            arguments.append(argument)
        written = re.sub(r"#([1-9])", partial(_given, arguments), body)
        latex = f"{latex[: match.start()]}{written} {latex[end:]}"
        if len(latex) > _LONGEST:
            break
    raise SymnetError(f"the command \\{match[1]} of the file never ends")  # type: ignore[index]  # it was found


def _given(arguments: Sequence[str], place: re.Match[str]) -> str:
    number = int(place[1])
    return arguments[number - 1] if number <= len(arguments) else ""


def _argument(text: str, start: int) -> tuple[str, int]:
    """The group in braces or the single token that begins here, and where it ends."""
    while text[start : start + 1].isspace():
        start += 1
    if text[start : start + 1] != "{":
        token = re.compile(r"\\[A-Za-z]+|\\?.", re.DOTALL).match(text, start)
        return (token[0], token.end()) if token else ("", start)
    depth = 0
    for k in range(start, len(text)):
        if text[k - 1 : k] != "\\":
            depth += (text[k] == "{") - (text[k] == "}")
        if not depth:
            return text[start + 1 : k], k + 1
    return text[start + 1 :], len(text)

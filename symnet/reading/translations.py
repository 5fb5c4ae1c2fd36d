"""The ledger's titles and notes in another language, and whether a translated note still says what was found.

A file of translations has a line `ID title` for every claim, and the claim's note indented below it.
"""

import re
from collections import Counter
from dataclasses import dataclass

from symnet.errors import InputError

__all__ = ["Translation", "read_phrases", "read_translations", "same_facts"]

_ENTRY = re.compile(r"(?P<id>[A-Z]\d*\.\d+[a-z]?) (?P<title>\S.*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# How either language says a verdict; a proof under a condition is a proof as well.
_VERDICTS = (r"(?i)\bproved\b|доказан", r"(?i)\brefuted\b|опроверг", r"\bproved-if\b|доказано при условии")


@dataclass(frozen=True)
class Translation:
    title: str = ""
    note: str = ""


def read_translations(text: str) -> dict[str, Translation]:
    """The translations of a file by the ids of their claims.

    Raises InputError, with its line, for a line that is neither an entry nor an indented note, and for an id that
    is there twice.
    """
    found: dict[str, Translation] = {}
    id = ""
    for number, line in enumerate(text.splitlines(), 1):
        entry = _ENTRY.fullmatch(line)
        if entry and entry["id"] not in found:
            id = entry["id"]
            found[id] = Translation(entry["title"])
        elif id and line.startswith("  ") and line.strip():
            found[id] = Translation(found[id].title, f"{found[id].note} {line.strip()}".strip())
        else:
            message = "a translation is a line `ID title`, once for each ID, with its note indented below"
            raise InputError(message, text=line, line=number, column=1)
    return found


def read_phrases(text: str) -> dict[str, str]:
    """Whole phrases and what they are in the other language, a line each: `english => russian`.

    Raises InputError, with its line, for any other line.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        english, arrow, russian = line.partition(" => ")
        if not arrow:
            raise InputError("a phrase is a line `english => russian`", text=line, line=number, column=1)
        found[english] = russian
    return found


def same_facts(note: str, translated: str) -> bool:
    """Whether two notes have the same numbers and the same verdicts, as often as each other."""
    return _facts(note) == _facts(translated)


def _facts(note: str) -> tuple[Counter[str], tuple[int, ...]]:
    return Counter(_NUMBER.findall(note)), tuple(len(re.findall(verdict, note)) for verdict in _VERDICTS)

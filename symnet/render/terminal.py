"""Lines of text that fit a terminal: a long formula goes on below its beginning, broken where a reader would."""

import re
import shutil
import sys
from collections.abc import Iterator

__all__ = ["fitted", "wrapped"]

_INDENT = 4
# Where a formula may be broken, the best first: after the comma of a list, before a sign, before a factor, at a space.
_BREAKS = (r"(?<=,) ", r" (?=[+-] )", r"(?<=[^*])(?=[*/][^*])", " ")
_FORMULA = re.compile("|".join(f"({place})" for place in _BREAKS))
_WORDS = re.compile(" ")


def fitted(text: str) -> str:
    """The text wrapped where it is printed on a terminal, as it is where it goes into a file or a pipe."""
    return wrapped(text, shutil.get_terminal_size().columns) if sys.stdout.isatty() else text


def wrapped(text: str, columns: int) -> str:
    """The text with every line of at most so many columns, where it has a place to break.

    A line ends within as few brackets as possible, and what follows is indented. Nothing but white space changes.
    """
    return "\n".join(part for line in text.split("\n") for part in _wrapped(line, columns))


def _wrapped(line: str, columns: int) -> Iterator[str]:
    begin = len(line) - len(line.lstrip())
    indent = " " * (begin + _INDENT)
    breaks = _FORMULA if " = " in line else _WORDS
    while len(line) > columns:
        places = [
            (_depth(line[:at]), found.lastindex or 0, -at, -found.end())
            for found in breaks.finditer(line, len(indent))
            if (at := found.start()) > len(indent)
        ]
        near = [place for place in places if -place[2] <= columns]
        if not places:
            break
        _, _, at, end = min(near) if near else max(places, key=lambda place: place[2])
        yield line[:-at]
        line = indent + line[-end:]
    yield line


def _depth(text: str) -> int:
    return sum(text.count(bracket) for bracket in "([") - sum(text.count(bracket) for bracket in ")]")

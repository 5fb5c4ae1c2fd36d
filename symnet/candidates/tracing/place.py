"""Where in the user's own code something happened, and the error for what cannot be traced."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType, TracebackType

from symnet.errors import SymnetError

__all__ = ["Place", "Untraceable", "called_by_the_user", "elsewhere", "here", "place_of"]

_OWN = str(Path(__file__).parents[2])  # symnet itself
_LIBRARIES = (
    "/numpy/",
    "/scipy/",
    "/sympy/",
    "/torch/",
    "/jax/",
    "/jax_src/",
    "<frozen",
    "<__array_function__",
    "/contextlib.py",
)
Place = tuple[str, int]  # a file and a line of it


class Untraceable(SymnetError):
    """The code does something that exact symbols cannot follow; the message says what, and in which line."""

    def __init__(self, what: str, place: Place | None = None) -> None:
        self.what, self.place = what, place or here()
        super().__init__(f"{what}{at(self.place)}")


def at(place: Place | None) -> str:
    """` at line 12 of layer.py`, for a message."""
    return f" at line {place[1]} of {Path(place[0]).name}" if place else ""


_unknown = ContextVar("unknown", default=False)


@contextmanager
def elsewhere() -> Iterator[None]:
    """While a recorded graph is interpreted, nothing is at any line."""
    token = _unknown.set(True)
    try:
        yield
    finally:
        _unknown.reset(token)


def here() -> Place | None:
    """The innermost line that belongs neither to this package nor to a library."""
    if _unknown.get():
        return None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_the_users(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


def called_by_the_user() -> bool:
    """Whether the function that asks was called by neither this package nor a library."""
    return _is_the_users(sys._getframe(2).f_code.co_filename)


def place_of(traceback: TracebackType | None) -> Place | None:
    """As `here`, for an exception."""
    found = None
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if _is_the_users(name):
            found = name, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def _is_the_users(name: str) -> bool:
    return not name.startswith(_OWN) and not any(part in name for part in _LIBRARIES)

"""An implementation under test, whatever it is written in: a function from named arrays to named arrays.

An adapter for a framework is a module `symnet/candidates/adapters/NAME.py` with a function `preset(name, spec)`
that answers with a `Candidate` or raises SymnetError; it is imported when a target `NAME:…` asks for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Candidate", "Run"]

Run = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Candidate:
    """One implementation of one spec.

    run: takes the names of the spec (`x`, `scale`, `eps`, and `dy` for the gradients) and gives those results that it
    offers (`y`, `dx`, …). It must not depend on earlier runs.
    takes: the settings (`eps`) and what of its shape (`stride`) it can be told; others it has fixed for itself.
    dtype: the floats it computes with, None for those of its arguments. traceable: whether its code is plain NumPy
    that objects can run through.
    file, line: where it stands. notes: what to tell the user about how it was called.
    """

    name: str
    run: Run
    takes: frozenset[str] = frozenset()
    dtype: str | None = None
    traceable: bool = True
    file: str = ""
    line: int = 0
    notes: tuple[str, ...] = ()

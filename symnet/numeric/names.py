"""What the names of a derivation are called in Python source."""

import keyword
import unicodedata
from collections.abc import Iterable

from symnet.errors import SymnetError

__all__ = ["Names"]


class Names:
    """One Python identifier for each name, all different; a reserved word gets a trailing underscore.

    Raises SymnetError for a name that is no Python identifier: names are the only text of a derivation that
    reaches generated source, so this is where anything else is stopped.
    """

    def __init__(self, reserved: Iterable[str]) -> None:
        self._taken = set(reserved)
        self._spelling: dict[tuple[str, str], str] = {}

    def __call__(self, name: str, kind: str = "value") -> str:
        """The identifier of a name; `kind` keeps a size m apart from a value m."""
        if (kind, name) not in self._spelling:
            self._spelling[kind, name] = self.fresh(name)
        return self._spelling[kind, name]

    def fresh(self, wish: str) -> str:
        """An identifier like `wish` that nothing else is called."""
        # Python reads identifiers in this normal form, so two names that share it would be one variable.
        name = unicodedata.normalize("NFKC", wish)
        if not name.isidentifier():
            raise SymnetError(f"{wish!r} cannot be a name in NumPy source: it is not a Python identifier")
        while keyword.iskeyword(name) or name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

"""What the names of a slide's formula mean on a network: objects and their indices, functions, losses, derivatives."""

from symnet.meaning.indices import Chain, resolved
from symnet.meaning.names import OVER_OBJECTS, Names, plain
from symnet.meaning.values import Values

__all__ = ["OVER_OBJECTS", "Chain", "Names", "Values", "plain", "resolved"]

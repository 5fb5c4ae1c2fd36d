"""What the printers share: pieces of print, the one table of precedence, and the walk over an expression.

A printer visits every distinct node once, arguments first, and builds each piece from the pieces below, so that
nesting costs no recursion and printing is linear in what is printed.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from sympy import Expr, Indexed, IndexedBase, Rational, S, Symbol
from sympy.core.basic import Basic

from symnet.errors import SymnetError
from symnet.expressions import subexpressions
from symnet.operations import Call
from symnet.render.naming import Naming
from symnet.render.order import Factor, Product, Reading
from symnet.sums import Delta, Sum, Within

__all__ = ["Level", "Piece", "Printer"]


_LONGEST = 14_000  # bits: Python itself writes no integer of more than 4300 digits


class Level(IntEnum):
    """How tightly print holds together; a place that asks for a higher level gets brackets.

    A term of a sum must be at least a SIGMA, a factor a PRODUCT (the last one a SIGMA), a divisor in one line a
    POWER, the base of a power an ATOM.
    """

    SUM = 1  # a + b
    SIGMA = 2  # the sum over an index, which reaches right over a product
    PRODUCT = 3  # a b, a/b
    POWER = 4  # a^b
    ATOM = 5  # a name, a number, anything in its own brackets


@dataclass(frozen=True, slots=True)
class Piece:
    """The print of one node: its magnitude, and what its neighbours need to know.

    negative: a minus belongs before it; the neighbours write it.  given: a value put in the place of a name,
    which keeps its sign to itself.  height: 0 in a line, 1 with a root, 2 with a fraction or a big operator.
    digits: it begins with a number, which cannot just be written after another factor.
    """

    text: str
    level: Level = Level.ATOM
    negative: bool = False
    given: bool = False
    height: int = 0
    digits: bool = False

    @property
    def signed(self) -> str:
        return "-" + self.text if self.negative else self.text


class Printer(ABC):
    """Prints one expression; `values` are printed in the place of the names they belong to."""

    def __init__(self, expression: Expr, naming: Naming, values: Mapping[Expr, Piece] | None = None) -> None:
        self.naming = naming
        self.reading = Reading(expression, naming)
        self.pieces: dict[Basic, Piece] = dict(values or {})
        for node in subexpressions(expression):
            if isinstance(node, Expr) and not isinstance(node, IndexedBase):
                self.pieces[node] = self.finish(node, self.pieces.get(node) or self._print(node))
        self.printed = self.pieces[expression]

    def finish(self, node: Expr, piece: Piece) -> Piece:
        """What becomes of the piece of a node when it is done: a colour, say."""
        return piece

    def _print(self, node: Expr) -> Piece:
        if isinstance(node, Rational) and node.q == 1:
            return self.integer(int(node))
        if isinstance(node, Rational):
            return self.product(Product(node, (), ()))
        if isinstance(node, Symbol):
            return self.name(node.name, ())
        if isinstance(node, Indexed):
            return self.name(str(node.base.label), [self.pieces[k].signed for k in node.indices])
        if node.is_Add:
            return self.sum(self.terms(node))
        if node.is_Mul or node.is_Pow:
            return self.product(self.reading.products[node])
        if isinstance(node, Call):
            return self.call(node, [self.pieces[argument] for argument in node.args])
        if isinstance(node, Sum):
            return self.sigma(*(self.pieces[part] for part in (node.body, node.index, node.lower, node.upper)))
        if isinstance(node, Delta):
            return self.delta(*(self.pieces[part] for part in node.args))
        if isinstance(node, Within):
            return self.within(*(self.pieces[part].signed for part in node.args))
        raise TypeError(f"there is no notation for a {type(node).__name__}")

    def integer(self, number: int) -> Piece:
        if number.bit_length() > _LONGEST:
            raise SymnetError(f"a number of about {number.bit_length() * 3 // 10} digits is too long to print")
        return Piece(str(abs(number)), negative=number < 0, digits=True)

    def terms(self, node: Expr) -> list[Piece]:
        """The pieces of a sum, in reading order."""
        return [self.pieces[term] for term in self.reading.sums[node]]

    def sum(self, terms: Sequence[Piece]) -> Piece:
        parts = [terms[0].signed if terms[0].level > Level.SUM else self.bracket(terms[0])]
        for term in terms[1:]:
            if term.negative and term.given:
                parts.append(f" + {self.bracket(term)}")
            else:
                parts.append((" - " if term.negative else " + ") + self.within_level(term, Level.SIGMA))
        return Piece("".join(parts), Level.SUM, height=max(term.height for term in terms))

    def within_level(self, piece: Piece, level: Level) -> str:
        """The magnitude of a piece, in brackets where it holds together less tightly than `level`."""
        return piece.text if piece.level >= level else self.bracket(piece)

    def operand(self, piece: Piece, level: Level) -> str:
        """A signed piece as an operand: brackets also around a minus."""
        return self.bracket(piece) if piece.negative else self.within_level(piece, level)

    def factor(self, factor: Factor) -> Piece:
        base = self.pieces[factor.base]
        if factor.exponent is S.One:
            return base
        exponent = self.pieces.get(factor.exponent) or self._print(factor.exponent)
        return self.power(base, exponent)

    @abstractmethod
    def bracket(self, piece: Piece) -> str: ...

    @abstractmethod
    def name(self, name: str, where: Sequence[str]) -> Piece: ...

    @abstractmethod
    def product(self, product: Product) -> Piece: ...

    @abstractmethod
    def power(self, base: Piece, exponent: Piece) -> Piece: ...

    @abstractmethod
    def call(self, node: Call, arguments: Sequence[Piece]) -> Piece: ...

    @abstractmethod
    def sigma(self, body: Piece, index: Piece, lower: Piece, upper: Piece) -> Piece: ...

    @abstractmethod
    def delta(self, left: Piece, right: Piece) -> Piece: ...

    @abstractmethod
    def within(self, index: str, lower: str, upper: str) -> Piece: ...

"""Plain text in Python operators, in reading order, which SymPy's `sympify` reads back as written."""

from collections.abc import Sequence

from sympy import Expr

from symnet.operations import Call
from symnet.render.naming import Naming
from symnet.render.order import Product
from symnet.render.printer import Level, Piece, Printer

__all__ = ["text"]


def text(expression: Expr, naming: Naming | None = None) -> str:
    """The expression as `2*(w2 + w02 - 3)`, `fprime(w1 + w01)`, `Sum(z[i], (i, 1, m))`.

    Conditions are SymPy's `KroneckerDelta` and `Piecewise`. Functions keep their names in the table of operations.
    """
    return _TextPrinter(expression, naming or Naming()).printed.signed


class _TextPrinter(Printer):
    def bracket(self, piece: Piece) -> str:
        return f"({piece.signed})"

    def name(self, name: str, where: Sequence[str]) -> Piece:
        return Piece(f"{name}[{', '.join(where)}]" if where else name)

    def product(self, product: Product) -> Piece:
        number = self.integer(int(product.number.p))
        above = [self.factor(f) for f in product.above]
        below = [self.factor(f) for f in product.below]
        if product.number.q != 1:
            below.insert(0, self.integer(int(product.number.q)))
        if number.text != "1" or not above:
            above.insert(0, Piece(number.text))
        if len(above) == 1 and not below:
            level = above[0].level if above[0].level > Level.SUM else Level.ATOM
        else:
            level = Level.PRODUCT
        top = "*".join(self.operand(piece, Level.PRODUCT) for piece in above)
        return Piece(top + self._divisor(below), level, number.negative)

    def _divisor(self, below: Sequence[Piece]) -> str:
        if not below:
            return ""
        if len(below) == 1:
            return "/" + self.operand(below[0], Level.POWER)
        return "/(" + "*".join(self.operand(piece, Level.PRODUCT) for piece in below) + ")"

    def power(self, base: Piece, exponent: Piece) -> Piece:
        return Piece(
            f"{self.operand(base, Level.ATOM)}**{self.operand(exponent, Level.ATOM)}",
            Level.POWER,
        )

    def call(self, node: Call, arguments: Sequence[Piece]) -> Piece:
        return Piece(f"{type(node).__name__}({', '.join(a.signed for a in arguments)})")

    def sigma(self, body: Piece, index: Piece, lower: Piece, upper: Piece) -> Piece:
        return Piece(f"Sum({body.signed}, ({index.text}, {lower.signed}, {upper.signed}))")

    def delta(self, left: Piece, right: Piece) -> Piece:
        return Piece(f"KroneckerDelta({left.signed}, {right.signed})")

    def within(self, index: str, lower: str, upper: str) -> Piece:
        return Piece(f"Piecewise((1, ({lower} <= {index}) & ({index} <= {upper})), (0, True))")

r"""LaTeX as a lecture writes it: f'(u) stays f'(u), names keep their own LaTeX, brackets grow only where needed.

Quotients: a lone bracket is what the fraction line stands under, `a \frac{A - C}{S}`. What is itself two storeys
high (a sum over an index, a derivative dL/dv, a bracket with a fraction in it) stands beside the fraction,
`\frac{1}{m} \sum_{i=1}^{m} z_i`, and so does a bracket long enough to need a line break. A numeric coefficient
other than 1/q is a fraction of its own, `\frac{2}{3} w_1`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import Expr

from symnet.equations import Equation, name_of
from symnet.names import subscript
from symnet.operations import Call
from symnet.render.naming import Naming
from symnet.render.order import Product
from symnet.render.printer import Level, Piece, Printer

__all__ = ["equation_latex", "latex", "latex_with_parts", "latex_with_values", "left_side"]


def latex(expression: Expr, naming: Naming | None = None, colours: Mapping[Expr, str] | None = None) -> str:
    """The expression in LaTeX math mode (amsmath); `colours` are those of some of its parts (xcolor)."""
    return _LatexPrinter(expression, naming or Naming(), colours=colours).printed.signed


def left_side(equation: Equation, naming: Naming | None = None) -> str:
    """The name of the equation with its indices."""
    declared = naming or Naming()
    if equation.name not in declared.variables:
        declared = Naming({equation.name: equation})
    return latex(equation.reference, declared)


def equation_latex(equation: Equation, naming: Naming | None = None) -> str:
    """`name = right side`."""
    return f"{left_side(equation, naming)} = {latex(equation.rhs, naming)}"


def latex_with_parts(expression: Expr, parts: Mapping[Expr, Expr], naming: Naming, colours: Mapping[Expr, str]) -> str:
    r"""The expression with definitions written in brackets in the place of names: `(w_1 x + w_{01}) + h_2`.

    colours: of some of its parts, named as they are in the expression.
    """
    pieces = {}
    for name, value in parts.items():
        piece = _LatexPrinter(value, naming).printed
        bracketed = rf"\left({piece.signed}\right)" if piece.height else f"({piece.signed})"
        plain = piece.level > Level.SUM and not piece.negative
        pieces[name] = piece if plain else Piece(bracketed, height=piece.height)
    return _LatexPrinter(expression, naming, pieces, colours).printed.signed


def latex_with_values(expression: Expr, values: Mapping[Expr, Expr], naming: Naming | None = None) -> str:
    r"""The expression with values written in the place of names: 2w + b - 3 becomes `2 \cdot 0 + (-1) - 3`."""
    pieces = {name: _as_value(_LatexPrinter(value, naming or Naming()).printed) for name, value in values.items()}
    return _LatexPrinter(expression, naming or Naming(), pieces).printed.signed


def _as_value(piece: Piece) -> Piece:
    return Piece(piece.text, piece.level, piece.negative, True, piece.height, piece.digits)


_ROOT, _STACKED = 1, 2  # heights of a piece


_LONG = 110  # characters of LaTeX, about the width of a page


def _stands_beside(piece: Piece) -> bool:
    """Whether a factor is written beside a fraction rather than in its numerator."""
    return piece.height >= _STACKED or (piece.level == Level.SUM and len(piece.text) > _LONG)


def _height(latex: str) -> int:
    if r"\frac" in latex or r"\sum" in latex:
        return _STACKED
    return _ROOT if r"\sqrt" in latex else 0


class _LatexPrinter(Printer):
    def __init__(
        self,
        expression: Expr,
        naming: Naming,
        values: Mapping[Expr, Piece] | None = None,
        colours: Mapping[Expr, str] | None = None,
    ) -> None:
        self.colours = colours or {}
        super().__init__(expression, naming, values)

    def finish(self, node: Expr, piece: Piece) -> Piece:
        colour = self.colours.get(node)
        return replace(piece, text=rf"\textcolor{{{colour}}}{{{piece.text}}}") if colour else piece

    def bracket(self, piece: Piece) -> str:
        return rf"\left({piece.signed}\right)" if piece.height else f"({piece.signed})"

    def name(self, name: str, where: Sequence[str]) -> Piece:
        latex = self.naming.latex(name, where)
        # x', x^{(k)} and dL/dx take no exponent of their own without brackets.
        level = Level.POWER if any(mark in latex for mark in ("^", "'", r"\frac")) else Level.ATOM
        return Piece(latex, level, height=_height(latex))

    # Products

    def product(self, product: Product) -> Piece:
        number = product.number
        top, bottom = abs(int(number.p)), int(number.q)
        head = [self.integer(top)] if top != 1 else []
        above = [self.factor(f) for f in product.above]
        below = [self.factor(f) for f in product.below]
        pieces = head + above
        if below or bottom != 1:
            names = [p for f, p in zip(product.above, above, strict=True) if name_of(f.base)]
            pieces = self._quotient(head, above, [self.integer(bottom)] if bottom != 1 else [], below, names)
        elif not pieces:
            pieces = [self.integer(1)]
        single = pieces[0].level if pieces[0].level > Level.SUM else Level.ATOM
        level = Level.PRODUCT if len(pieces) > 1 else single
        height = max(piece.height for piece in pieces)
        return Piece(self._juxtapose(pieces), level, bool(number < 0), height=height, digits=pieces[0].digits)

    def _quotient(
        self, head: list[Piece], above: list[Piece], bottom: list[Piece], below: list[Piece], names: list[Piece]
    ) -> list[Piece]:
        """The factors head * above / (bottom * below), one of them a fraction; head and bottom are numbers.

        names: those of `above` that are names, so that dL/dF goes before a fraction it is multiplied by.
        """
        high = any(piece.height >= _STACKED for piece in below)  # then a bracket may be as high above it
        tall = [piece for piece in above if _stands_beside(piece) and not (high and piece.level == Level.SUM)]
        flat = [piece for piece in above if piece not in tall]
        brackets = [piece for piece in flat if piece.level == Level.SUM]
        if head and not below:
            return [self._fraction(head, bottom), *above]
        if not flat:
            return [self._fraction(head, bottom + below), *tall]
        outer = [piece for piece in tall if piece in names]
        rest = [piece for piece in tall if piece not in names]
        if len(brackets) == 1 and len(flat) > 1:
            before = [piece for piece in flat if piece is not brackets[0]]
            return [*head, *outer, *before, self._fraction(brackets, bottom + below), *rest]
        return [*outer, self._fraction(head + flat, bottom + below), *rest]

    def _fraction(self, above: list[Piece], below: list[Piece]) -> Piece:
        top, bottom = (self._alone(side) if side else "1" for side in (above, below))
        digits = all(piece.digits for piece in above + below)
        return Piece(rf"\frac{{{top}}}{{{bottom}}}", Level.PRODUCT, height=_STACKED, digits=digits)

    def _alone(self, pieces: list[Piece]) -> str:
        return pieces[0].signed if len(pieces) == 1 else self._juxtapose(pieces)

    def _juxtapose(self, pieces: Sequence[Piece]) -> str:
        parts: list[str] = []
        for position, piece in enumerate(pieces):
            level = Level.SIGMA if position == len(pieces) - 1 else Level.PRODUCT
            part = self.operand(piece, level)
            if parts:
                parts.append(_between(pieces[position - 1], piece, part))
            parts.append(part)
        return "".join(parts)

    def power(self, base: Piece, exponent: Piece) -> Piece:
        raised = exponent.signed
        text = self.operand(base, Level.ATOM) + "^" + (raised if len(raised) == 1 else f"{{{raised}}}")
        return Piece(text, Level.POWER, height=base.height, digits=base.digits)

    # Functions and sums

    def call(self, node: Call, arguments: Sequence[Piece]) -> Piece:
        template = node.operation.latex.replace("(#1)", "'" * node.order + "(#1)")
        beside = [p.height for k, p in enumerate(arguments, 1) if f"_{{#{k}}}" not in template]
        height = max(beside)  # an argument written as an index makes nothing grow
        if height and r"\left" not in template:
            for opening, closing in ("()", "[]"):
                template = template.replace(opening, rf"\!\left{opening}").replace(closing, rf"\right{closing}")
            template = template.removeprefix(r"\!")  # between a name and its bracket there is no space
        for position, piece in enumerate(arguments, 1):
            template = template.replace(f"#{position}", piece.signed)
        level = Level.ATOM if node.operation.latex[-1] in ")]|" else Level.POWER
        return Piece(template, level, height=max(height, _height(node.operation.latex)))

    def sigma(self, body: Piece, index: Piece, lower: Piece, upper: Piece) -> Piece:
        summed = self.operand(body, Level.SIGMA)
        return Piece(rf"\sum_{{{index.text}={lower.signed}}}^{{{upper.signed}}} {summed}", Level.SIGMA, height=_STACKED)

    def delta(self, left: Piece, right: Piece) -> Piece:
        single = len(left.signed) == len(right.signed) == 1
        return Piece(r"\delta" + subscript(left.signed + ("" if single else ", ") + right.signed))

    def within(self, index: str, lower: str, upper: str) -> Piece:
        return Piece(rf"[{lower} \le {index} \le {upper}]")


def _between(left: Piece, right: Piece, printed: str) -> str:
    """What stands between two factors: a dot before a number, nothing between a number and what it counts.

    A thin space keeps two fractions apart, and a condition [..] from looking like an index.
    """
    if right.digits:
        return r" \cdot "
    if printed.startswith("["):
        return r" \, "
    if left.text.startswith(r"\frac") and printed.startswith(r"\frac"):
        return r" \, "
    if left.text.startswith(r"\mathit") or printed.startswith(r"\mathit"):
        return r" \, "
    plain_number = left.digits and left.text.isdigit()
    return "" if plain_number and not printed.startswith("\\") else " "

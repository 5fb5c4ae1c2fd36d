"""Equations as one line of plain text, for the comments of generated source.

SymPy's own printer sorts terms anew and takes a third of the whole compilation.
"""

from sympy import Expr, Indexed, Mul, Pow, Rational, Symbol
from sympy.core.basic import Basic

from symnet.equations import Equation
from symnet.errors import SymnetError
from symnet.expressions import Binder, subexpressions
from symnet.operations import Call

__all__ = ["Comments"]

SUM, PRODUCT, POWER, ATOM = range(4)
_LONGEST = 400  # characters of an expression that is still worth reading


class Comments:
    """Writes equations; what several of them share is written once."""

    def __init__(self) -> None:
        self._done: dict[Basic, tuple[str, int]] = {}

    def __call__(self, equation: Equation) -> str:
        """`# C[k] = Sum(z[i, k], (i, 1, m))/m`, or how long the right-hand side is when it is too long to be read."""
        where = ", ".join(self._text(k.symbol) for k in equation.indices)
        left = f"{equation.name}[{where}]" if where else equation.name
        right = self._text(equation.rhs)
        return f"# {left} = {right if len(right) <= _LONGEST else f'… ({_leaves(equation.rhs)} symbols)'}"

    def _text(self, node: Basic, binding: int = SUM) -> str:
        if node not in self._done:
            text, own = self._write(node)
            self._done[node] = (text, own) if len(text) <= _LONGEST else (text[: _LONGEST + 1], ATOM)
        text, own = self._done[node]
        return text if own >= binding else f"({text})"

    def _write(self, node: Basic) -> tuple[str, int]:
        if isinstance(node, Symbol):
            if not node.name.isidentifier():  # a line break would end the comment, and code begin
                raise SymnetError(f"{node.name!r} cannot be a name in source: it is not an identifier")
            return node.name, ATOM
        if isinstance(node, Indexed):
            return f"{node.base.name}[{', '.join(map(self._text, node.indices))}]", ATOM
        if isinstance(node, Rational):
            return str(node), SUM if node < 0 else ATOM if node.q == 1 else PRODUCT
        if isinstance(node, Binder):
            limits = ", ".join(map(self._text, node.args[1].args))
            return f"Sum({self._text(node.body)}, ({limits}))", ATOM
        if isinstance(node, Expr) and node.is_Add:
            signed = sorted(map(self._signed, node.args), key=lambda pair: pair[0] == "-")
            text = " ".join(f"{sign} {term}" for sign, term in signed)
            return text[2:] if text[0] == "+" else f"-{text[2:]}", SUM
        if isinstance(node, Mul):
            sign, text = self._signed(node)
            return (f"-{text}", SUM) if sign == "-" else (text, PRODUCT)
        if isinstance(node, Pow):
            if node.exp.is_Integer and node.exp.is_negative:
                return self._fraction(node), PRODUCT
            return f"{self._text(node.base, ATOM)}**{self._text(node.exp, ATOM)}", POWER
        name = node.function + "prime" * node.order if isinstance(node, Call) else type(node).__name__
        return (f"{name}({', '.join(map(self._text, node.args))})", ATOM) if node.args else (str(node), ATOM)

    def _signed(self, term: Expr) -> tuple[str, str]:
        number, _ = term.as_coeff_Mul()
        if isinstance(term, Mul):
            return "-" if number.is_negative else "+", self._fraction(term)
        return ("-", self._text(-term)) if term.is_Number and term.is_negative else ("+", self._text(term, PRODUCT))

    def _fraction(self, term: Expr) -> str:
        """A product without its sign, as numerator/denominator."""
        over, under = list[str](), list[str]()
        for factor in Mul.make_args(term):
            if isinstance(factor, Rational):
                over += [str(abs(factor.p))] * (abs(factor.p) != 1)
                under += [str(factor.q)] * (factor.q != 1)
            elif isinstance(factor, Pow) and factor.exp.is_Integer and factor.exp.is_negative:
                power = "" if factor.exp == -1 else f"**{-factor.exp}"
                under.append(self._text(factor.base, ATOM if power else POWER) + power)
            else:
                over.append(self._text(factor, POWER))
        top = "*".join(over) or "1"
        return top if not under else f"{top}/{under[0]}" if len(under) == 1 else f"{top}/({'*'.join(under)})"


def _leaves(expression: Expr) -> int:
    """Symbols along all paths: shared parts count every time."""
    weight: dict[Basic, int] = {}
    for node in subexpressions(expression):
        weight[node] = 1 + sum(weight[child] for child in node.args)
    return weight[expression]

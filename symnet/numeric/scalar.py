"""Programs of single numbers in Python's own arithmetic, which below some thousand operations is faster than NumPy's.

Where NumPy would answer inf or nan with a warning, Python raises ZeroDivisionError, OverflowError or ValueError.
"""

from symnet.numeric.program import Node
from symnet.numeric.source import PRODUCT, Expressions

__all__ = ["Scalars"]

# Python's spelling of NumPy's functions; the others have the same name without `np.`.
_MATH = {f"np.{name}": f"math.{name}" for name in ("sqrt", "exp", "log", "tanh", "expm1")}
_MATH |= {"np.maximum": "max", "np.minimum": "min"}


class Scalars(Expressions):
    """The text of nodes that are single numbers."""

    def _call(self, node: Node) -> str:
        if node.detail == "np.where":
            condition, yes, no = (self.within(argument, PRODUCT) for argument in node.args)
            return f"({yes} if {condition} else {no})"
        name = _MATH.get(node.detail, node.detail.removeprefix("np."))
        return f"{name}({self._list(node.args)})"

    def _apply(self, node: Node) -> str:
        return f"float({super()._apply(node)})"

    def _real(self, node: Node) -> tuple[str, int] | str:
        (argument,) = node.args
        return f"float({self.text(argument)})" if argument.op == "compare" else self._bound(argument)

    def _power(self, node: Node) -> tuple[str, int]:
        base, exponent = node.args
        if exponent.detail == 2 and base in self.known:
            return f"{self.known[base]} * {self.known[base]}", PRODUCT
        return super()._power(node)

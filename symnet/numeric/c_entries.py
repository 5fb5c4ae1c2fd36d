"""One entry of an array as an expression in C: what loops over its places compute."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from sympy import Expr, Integer, Rational, S

from symnet.errors import SymnetError
from symnet.numeric.names import Names
from symnet.numeric.program import Node, Shape
from symnet.numeric.source import ATOM, POWER, PRODUCT, SUM, Expressions

__all__ = ["HELPERS", "RESERVED", "CNames", "Entries", "Real"]

Real = Literal["double", "float"]

# C's spelling of the functions that operations are made of: its own, for floats with an f, and those of HELPERS.
_LIBRARY = {"np.abs": "fabs"} | {f"np.{name}": name for name in ("sqrt", "exp", "log", "tanh", "expm1")}
_OURS = {"normal_cdf": "normal_cdf", "np.clip": "clip"}
_OURS |= {f"np.{name}": name for name in ("maximum", "minimum", "sign", "logaddexp")}
_LARGE = 2**31  # whole numbers from which on a constant is written as a real one

HELPERS = {
    "square": """
static inline double square(double z) { return z * z; }
""",
    "maximum": """
static inline double maximum(double a, double b) { return a > b || isnan(a) ? a : b; }
""",
    "minimum": """
static inline double minimum(double a, double b) { return a < b || isnan(a) ? a : b; }
""",
    "sign": """
/* 1, 0 or -1 */
static inline double sign(double z) { return isnan(z) ? z : (z > 0) - (z < 0); }
""",
    "logaddexp": """
/* log(exp(a) + exp(b)) without overflow */
static inline double logaddexp(double a, double b) { return maximum(a, b) + log1p(exp(-fabs(a - b))); }
""",
    "normal_cdf": """
/* the standard normal distribution function */
static inline double normal_cdf(double z) { return erfc(-z * sqrt(0.5)) / 2; }
""",
    "clip": """
static inline ptrdiff_t clip(ptrdiff_t place, ptrdiff_t first, ptrdiff_t last) {
    return place < first ? first : place > last ? last : place;
}
""",
    "floor_divide": """
/* rounded down, also where a is negative */
static inline ptrdiff_t floor_divide(ptrdiff_t a, ptrdiff_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }
""",
    "inside": """
/* a place in an array of this length; what is none is reported */
static inline ptrdiff_t inside(ptrdiff_t place, ptrdiff_t length, int *outside) {
    if (0 <= place && place < length) return place;
    *outside = 1;
    return 0;
}
""",
}

_KEYWORDS = """auto break case char const continue default do double else enum extern float for goto if inline int long
register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Bool
_Complex _Imaginary NULL NAN INFINITY HUGE_VAL main malloc free size_t ptrdiff_t erfc log1p pow isnan workspace outside
"""
RESERVED = {*_KEYWORDS.split(), *HELPERS, *_LIBRARY.values()}
RESERVED |= {f"{name}f" for name in (*_LIBRARY.values(), "erfc", "log1p", "pow")}


class CNames(Names):
    """Identifiers of C, which are those of Python in plain ASCII."""

    def fresh(self, wish: str) -> str:
        if not (wish.isascii() and wish.isidentifier()):
            raise SymnetError(f"{wish!r} cannot be a name in C source: it is not a C identifier")
        return super().fresh(wish)


class Entries(Expressions):
    """The text of the entry of a node at the places that the loops around it run over.

    Nodes in `known` are stored under the names there: a number, or an array row after row. real: the floating type.
    """

    def __init__(self, names: Names, count: Callable[[Expr], Node], real: Real) -> None:
        super().__init__(names)
        self.count, self.real = count, real
        self.checks: dict[str, None] = {}  # what has to be true of the sizes, else a place is outside its array
        self._places: tuple[str, ...] = ()  # of the node that is being written

    def entry(self, node: Node, places: Sequence[str]) -> tuple[str, int]:
        """The text of the entry and how tightly it binds; a place for each axis."""
        before, self._places = self._places, tuple(places)
        name = self.known.get(node)
        written = self.write(node) if name is None else (self.place(name, node.shape, places), ATOM)
        self._places = before
        return written

    def _bound(self, node: Node) -> tuple[str, int]:
        """An operand, broadcast to the places of what is being written: its axes are the last ones there."""
        return self.entry(node, self._places[len(self._places) - len(node.shape) :])

    def place(self, name: str, shape: Shape, places: Sequence[str]) -> str:
        """A place of an array that lies in memory row after row, or a number by its name."""
        text = ""
        for length, place in zip(shape, places, strict=True):
            row = f"{text if text.isidentifier() else f'({text})'} * {self.length(length)}" if text else ""
            text = " + ".join(part for part in (row, place) if part not in ("", "0"))
        return f"{name}[{text or 0}]" if shape else name

    def length(self, size: Expr, binding: int = POWER) -> str:
        node = self.count(size)
        if not _whole(node):
            raise SymnetError(f"the length {size} of an array cannot be written in C")
        return self.within(node, binding)

    # Names and numbers: C divides integers without a rest, so one side of a division is to be real

    def _input(self, node: Node) -> str:
        return self.place(super()._input(node), node.shape, self._places)

    def _number(self, node: Node) -> tuple[str, int]:
        value = node.detail
        if _whole(node):
            return str(value), SUM if value < 0 else ATOM
        small = isinstance(value, Rational) and max(abs(value.p), value.q) < _LARGE
        if small and self.real == "double":
            return f"{value.p}.0 / {value.q}", SUM if value < 0 else PRODUCT
        try:
            return self._constant(value.p / value.q if isinstance(value, Rational) else value)
        except OverflowError:
            raise SymnetError(f"{value} is too large to be written in C") from None

    def _constant(self, value: float) -> tuple[str, int]:
        """As many digits as tell the number from its neighbours."""
        single = self.real == "float"
        if not abs(value) <= float(np.finfo(np.float32 if single else np.float64).max):
            raise OverflowError
        return f"{np.float32(value)!s}f" if single else repr(value), SUM if value < 0 else ATOM

    def _as_real(self, node: Node) -> tuple[str, int]:
        if node.op == "number" and _whole(node):
            return self._constant(float(node.detail))
        return (f"({self.real}){self.within(node, ATOM)}", POWER) if _whole(node) else self._bound(node)

    # Operations entry by entry

    def _multiply(self, node: Node) -> tuple[str, int]:
        left, right = node.args
        if node.op == "floor_divide":
            return f"floor_divide({self.text(left)}, {self.text(right)})", ATOM
        if node.op == "divide" and _whole(left) and _whole(right):
            text, binding = self._as_real(left)
            first = text if binding >= PRODUCT else f"({text})"
            return f"{first} / {self.within(right, POWER)}", PRODUCT
        return super()._multiply(node)

    _divide = _floor_divide = _multiply

    def _power(self, node: Node) -> tuple[str, int]:
        base, exponent = node.args
        if node.kind == "integer":
            return " * ".join([self.within(base, POWER)] * int(exponent.detail)), PRODUCT
        if exponent.detail == 2:
            text = self.text(base)
            simple = base in self.known or base.op == "input"
            return (f"{text} * {text}", PRODUCT) if simple else (f"square({text})", ATOM)
        return f"{self._function('pow')}({self.text(base)}, {self.text(exponent)})", ATOM

    def _call(self, node: Node) -> tuple[str, int] | str:
        if node.detail == "np.where":
            condition, yes, no = (self.within(argument, PRODUCT) for argument in node.args)
            return f"({condition} ? {yes} : {no})"
        if node.detail not in _LIBRARY and node.detail not in _OURS:
            raise SymnetError(f"{node.detail} cannot be written in C")
        name = self._function(_LIBRARY[node.detail]) if node.detail in _LIBRARY else _OURS[node.detail]
        return f"{name}({self._list(node.args)})"

    def _function(self, name: str) -> str:
        return name if self.real == "double" else f"{name}f"

    def _real(self, node: Node) -> tuple[str, int] | str:
        (argument,) = node.args
        if argument.kind == "truth":
            return f"({self.real})({self.text(argument)})", POWER
        return self._as_real(argument)

    # Views: the same entries at other places

    def _pick(self, node: Node) -> tuple[str, int]:
        base, *given = node.args
        if any(place.shape for place in given):
            axes = [self._gathered(place, length) for place, length in zip(given, base.shape, strict=True)]
            return self.entry(base, axes)
        places, nodes, axes = iter(self._places), iter(given), list[str]()
        for pick in node.detail:
            length = base.shape[len(axes)] if pick != "None" else S.One
            if pick == "at":
                axes.append(self._checked(next(nodes), length, last=length - 1))
                continue
            place = next(places)
            if "a" in pick:
                place = _moved(place, self._checked(next(nodes), length, last=length))
            if "b" in pick:
                self._checked(next(nodes), length, last=length)
            if pick != "None":
                axes.append(place)
        return self.entry(base, [*axes, *places])

    def _checked(self, where: Node, length: Expr, last: Expr) -> str:
        """A place that has to be one of 0..last."""
        text = self.text(where)
        if where.op == "number":
            if (last - where.detail).is_nonnegative is not True:
                self.checks[f"{text} <= {self.text(self.count(last))}"] = None
        elif where is not self.count(last):
            self.checks[f"0 <= {text} && {text} <= {self.text(self.count(last))}"] = None
        elif last != length:
            self.checks[f"0 < {self.text(self.count(length))}"] = None
        return text

    def _gathered(self, where: Node, length: Expr) -> str:
        text = self.text(where)
        return text if where.detail == "np.clip" else f"inside({text}, {self.length(length, SUM)}, &outside)"

    def _turn(self, node: Node) -> tuple[str, int]:
        of_axis = dict(zip(node.detail, self._places, strict=True))
        return self.entry(node.args[0], [of_axis[axis] for axis in range(len(of_axis))])

    def _full(self, node: Node) -> tuple[str, int]:
        return self._as_real(node.args[0])

    def _arange(self, node: Node) -> tuple[str, int]:
        lower, place = self.text(node.args[0]), self._places[0]
        text = place if lower == "0" else f"({_moved(place, lower)})"
        return (f"({self.real}){text}", POWER) if node.kind == "real" else (text, ATOM)

    def _eye(self, node: Node) -> tuple[str, int]:
        return f"({self.real})({self._places[0]} == {self._places[1]})", POWER


def _moved(place: str, by: str) -> str:
    return " + ".join(part for part in (place, by) if part != "0") or "0"


def _whole(node: Node) -> bool:
    """Whether the text in C is an integer."""
    if node.op == "number":
        return isinstance(node.detail, Integer) and abs(node.detail) < _LARGE
    if node.op == "size" or node.kind == "integer":
        return True
    return node.literal and node.op in ("add", "multiply", "negative", "floor_divide") and all(map(_whole, node.args))

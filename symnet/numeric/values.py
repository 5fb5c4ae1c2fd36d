"""Pieces of NumPy source that know their axes: aligning them, multiplying them, summing them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from string import ascii_letters

from sympy import Expr, Rational, Symbol

__all__ = ["ATOM", "MATMUL", "POWER", "PRODUCT", "SUM", "Axes", "Scope", "Value"]
__all__ += ["arange", "contraction", "exact", "fraction", "summed", "union"]

# How tightly Python binds. `@` has the rank of `*`, but as an operand of a product it always needs brackets.
SUM, MATMUL, PRODUCT, POWER, ATOM = range(5)

Axes = tuple[Symbol, ...]
Scope = dict[Symbol, tuple[Expr, Expr]]  # every index in sight, with its first and last value


@dataclass(frozen=True)
class Value:
    """NumPy source of an expression.

    axes: the index each axis runs over. binding: how tightly the text's outermost operator binds.
    literal: made of Python numbers alone, which take the floating type of what they meet.
    """

    text: str
    axes: Axes = ()
    binding: int = ATOM
    literal: bool = False

    def within(self, binding: int) -> str:
        """The text as an operand of something that binds so tightly."""
        return self.text if self.binding >= binding else f"({self.text})"

    def along(self, axes: Axes) -> "Value":
        """Transposed, and given axes of length 1, so that it broadcasts over `axes`."""
        order = [self.axes.index(k) for k in axes if k in self.axes]
        picks = [":" if k in self.axes else "None" for k in axes]
        while picks and picks[0] == "None":
            del picks[0]
        while picks and picks[-1] == ":":
            del picks[-1]
        turned, text = order != sorted(order), self.within(ATOM)
        if turned:
            text += ".T" if order == sorted(order, reverse=True) else f".transpose({', '.join(map(str, order))})"
        if picks:
            text += f"[{', '.join(picks)}]"
        return replace(self, text=text, axes=axes, binding=ATOM) if turned or picks else self


def exact(value: Rational) -> Value:
    """An exact number; Python rounds p / q correctly."""
    text = str(value.p) if value.q == 1 else f"{value.p} / {value.q}"
    return Value(text, (), SUM if value < 0 else ATOM if value.q == 1 else PRODUCT, True)


def arange(lower: str, upper: str, dtype: str = "") -> str:
    """The integers from lower to below upper."""
    return f"np.arange({'' if lower == '0' else lower + ', '}{upper}{dtype})"


def union(values: Sequence[Value], scope: Scope) -> Axes:
    """The axes of what the values broadcast to, in the order of one that has them all if there is one."""
    present = {k for v in values for k in v.axes}
    whole = (v.axes for v in values if len(v.axes) == len(present))
    return next(whole, tuple(k for k in scope if k in present))


def fraction(over: Sequence[Value], under: Sequence[Value], axes: Axes, divide: str = "/") -> str:
    """A product over a product; few axes first, so that scalars meet each other before they meet an array."""
    text, waiting = "", list[Value]()
    for rank in sorted({len(v.axes) for v in (*over, *under)}):
        for value in (v.along(axes) for v in over if len(v.axes) == rank):
            text += f" * {value.within(POWER)}" if text else value.within(PRODUCT)
        waiting += [v.along(axes) for v in under if len(v.axes) == rank]
        if text and waiting:
            text += f" {divide} {_factors(waiting)}"
            waiting = []
    if waiting:
        return f"1 {divide} {_factors(waiting)}"
    return text or "1"


def _factors(values: Sequence[Value]) -> str:
    return values[0].within(POWER) if len(values) == 1 else f"({' * '.join(v.within(POWER) for v in values)})"


def summed(value: Value, bounds: Iterable[Symbol]) -> Value:
    """The sum over some of its axes."""
    rest = tuple(k for k in value.axes if k not in bounds)
    where = [position for position, k in enumerate(value.axes) if k not in rest]
    axis = "" if not rest else f"axis={where[0] if len(where) == 1 else tuple(where)}"
    return Value(f"{value.within(ATOM)}.sum({axis})", rest)


def contraction(values: Sequence[Value], bounds: Sequence[Symbol], scope: Scope) -> Value:
    """The sum over the bound indices of the product of at least two arrays: `@` where it fits, else an einsum."""
    if len(values) == 2 and len(bounds) == 1:
        product = _matrix_product(values[0], values[1], bounds[0], scope)
        if product is not None:
            return product
    indices = [k for k in scope if any(k in v.axes for v in values)]
    free = tuple(k for k in indices if k not in bounds)
    letters = _letters(indices)
    spec = ",".join("".join(letters[k] for k in v.axes) for v in values) + "->" + "".join(letters[k] for k in free)
    # Without a plan einsum runs one loop over all indices, which is best only when all arrays have the same.
    mixed = len({frozenset(v.axes) for v in values}) > 1 and (len(values) > 2 or len(bounds) > 1)
    plan = ", optimize=True" if mixed else ""
    return Value(f'np.einsum("{spec}", {", ".join(v.text for v in values)}{plan})', free)


def _matrix_product(a: Value, b: Value, bound: Symbol, scope: Scope) -> Value | None:
    """`a @ b` for vectors and matrices that share the bound index alone."""
    rows, columns = (tuple(k for k in v.axes if k != bound) for v in (a, b))
    if len(rows) > 1 or len(columns) > 1 or (rows and rows == columns):
        return None
    if rows and columns:
        order = list(scope)
        swap = order.index(rows[0]) > order.index(columns[0])
    else:  # a vector goes to the side where the matrix need not be transposed
        swap = bool(columns and b.axes[-1] == bound) or bool(rows and a.axes[0] == bound)
    if swap:
        a, b, rows, columns = b, a, columns, rows
    left, right = a.along((*rows, bound)), b.along((bound, *columns))
    return Value(f"{left.within(POWER)} @ {right.within(POWER)}", (*rows, *columns), MATMUL)


def _letters(indices: Sequence[Symbol]) -> dict[Symbol, str]:
    """A letter for each index in an einsum, its own where that is one."""
    spare = iter(letter for letter in ascii_letters if letter not in {k.name for k in indices})
    return {k: k.name if k.name in ascii_letters and len(k.name) == 1 else next(spare) for k in indices}

"""Programs as Python source: expressions, and the statements of a plan in NumPy."""

from collections.abc import Callable, Iterable

import numpy as np
from sympy import Expr, Rational

from symnet.numeric.comments import Comments
from symnet.numeric.names import Names
from symnet.numeric.plan import Plan, Step
from symnet.numeric.program import Node

__all__ = ["Expressions", "buffers", "statements"]


# How tightly Python binds. `@` has the rank of `*`, but as an operand of a product it gets brackets.
COMPARISON, SUM, MATMUL, PRODUCT, POWER, ATOM = range(6)
_SIGNS = {"multiply": "*", "divide": "/", "floor_divide": "//"}


class Expressions:
    """The text of nodes; those in `known` are called by their names there."""

    library = "np"  # what the source calls the module that has the functions of the table of operations

    def __init__(self, names: Names) -> None:
        self.names = names
        self.known: dict[Node, str] = {}

    def text(self, node: Node) -> str:
        return self._bound(node)[0]

    def within(self, node: Node, binding: int) -> str:
        """The text as an operand of something that binds so tightly."""
        text, own = self._bound(node)
        return text if own >= binding else f"({text})"

    def _bound(self, node: Node) -> tuple[str, int]:
        if node in self.known:
            return self.known[node], ATOM
        return self.write(node)

    def write(self, node: Node) -> tuple[str, int]:
        """The text of the operation itself, and how tightly it binds."""
        method: Callable[[Node], tuple[str, int] | str] = getattr(self, f"_{node.op}")
        written = method(node)
        return (written, ATOM) if isinstance(written, str) else written

    # Names and numbers

    def _input(self, node: Node) -> str:
        return self.names(node.detail)

    def _size(self, node: Node) -> str:
        return self.names(node.detail.name, "size")

    def _number(self, node: Node) -> tuple[str, int]:
        value = node.detail
        if not isinstance(value, Rational):
            return repr(value), ATOM if value >= 0 else SUM
        text = str(value.p) if value.q == 1 else f"{value.p} / {value.q}"  # Python rounds p / q correctly
        return text, SUM if value < 0 else ATOM if value.q == 1 else PRODUCT

    # Operations entry by entry

    def _add(self, node: Node) -> tuple[str, int]:
        text = ""
        for sign, term in zip(node.detail, node.args, strict=True):
            if text:
                text += " + " if sign > 0 else " - "
            elif sign < 0:
                text = "-"
            text += self.within(term, (MATMUL if text else SUM) if sign > 0 else PRODUCT)
        return text, SUM

    def _multiply(self, node: Node) -> tuple[str, int]:
        left, right = node.args
        return f"{self.within(left, PRODUCT)} {_SIGNS[node.op]} {self.within(right, POWER)}", PRODUCT

    _divide = _floor_divide = _multiply

    def _power(self, node: Node) -> tuple[str, int]:
        base, exponent = node.args
        return f"{self.within(base, ATOM)} ** {self.within(exponent, ATOM)}", POWER

    def _negative(self, node: Node) -> tuple[str, int]:
        return f"-{self.within(node.args[0], PRODUCT)}", SUM

    def _call(self, node: Node) -> tuple[str, int] | str:
        name = node.detail.replace("np.", f"{self.library}.")
        return f"{name}({self._list(node.args)})"

    def _apply(self, node: Node) -> str:
        return f"{node.detail}({self._list(node.args)})"

    def _compare(self, node: Node) -> tuple[str, int]:
        binding = ATOM if node.detail == "&" else SUM
        left, right = (self.within(side, binding) for side in node.args)
        return f"{left} {node.detail} {right}", COMPARISON

    def _real(self, node: Node) -> tuple[str, int] | str:
        return f"real({self.text(node.args[0])})"

    # Arrays

    def _pick(self, node: Node) -> tuple[str, int] | str:
        places = iter(node.args[1:])
        picks = [self._one_pick(pick, places) for pick in node.detail]
        return f"{self.within(node.args[0], ATOM)}[{', '.join(picks)}]"

    def _one_pick(self, pick: str, places: Iterable[Node]) -> str:
        if pick == "at":
            return self.text(next(iter(places)))
        return "".join(self.text(next(iter(places))) if c in "ab" else c for c in pick) if pick != "None" else pick

    def _turn(self, node: Node) -> tuple[str, int] | str:
        order, base = node.detail, self.within(node.args[0], ATOM)
        return f"{base}.T" if order == tuple(sorted(order, reverse=True)) else f"{base}.transpose{order}"

    def _sum(self, node: Node) -> str:
        axes = node.detail
        axis = "" if axes is None else f"axis={axes[0] if len(axes) == 1 else axes}"
        return f"{self.within(node.args[0], ATOM)}.sum({axis})"

    def _matmul(self, node: Node) -> tuple[str, int]:
        left, right = node.args
        first = MATMUL if left.op == "matmul" else POWER
        return f"{self.within(left, first)} @ {self.within(right, POWER)}", MATMUL

    def _einsum(self, node: Node) -> str:
        spec, plan = node.detail
        return f'{self.library}.einsum("{spec}", {self._list(node.args)}{", optimize=True" if plan else ""})'

    def _full(self, node: Node) -> tuple[str, int] | str:
        return f"{self.library}.full({self.shape(node.args[1:])}, {self.text(node.args[0])}, real)"

    def _arange(self, node: Node) -> tuple[str, int] | str:
        lower, upper = map(self.text, node.args)
        ends = upper if lower == "0" else f"{lower}, {upper}"
        return f"{self.library}.arange({ends}{', dtype=real' if node.kind == 'real' else ''})"

    def _eye(self, node: Node) -> tuple[str, int] | str:
        return f"{self.library}.eye({self.text(node.args[0])}, dtype=real)"

    def _ones(self, node: Node) -> str:
        return f"{self.library}.ones({self.text(node.args[0])}, real)"

    def _list(self, nodes: Iterable[Node]) -> str:
        return ", ".join(map(self.text, nodes))

    def shape(self, sizes: Iterable[Node]) -> str:
        texts = [self.text(size) for size in sizes]
        return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


# Statements


def statements(plan: Plan, expressions: Expressions) -> list[str]:
    """Each step of a plan as a line under the text of its equation; with a buffer it is written there."""
    names, lines = expressions.names, list[str]()
    comment, temporaries, before = Comments(), 0, True
    for equation, group in plan.groups:
        lines += [""] * before + [comment(equation)]
        before = bool(group)
        for step in group:
            if step.equation:
                name = names(step.equation.name)
            elif step.node.op == "ones":
                length = expressions.text(step.node.args[0])
                name = names.fresh(f"ones_{length}" if length.isidentifier() else "ones")
            else:
                temporaries += 1
                name = names(f"t{temporaries}", "temporary")
            text = expressions.text(step.node) if step.buffer is None else _writing(step, expressions)
            lines.append(f"{name} = {text}")
            expressions.known.setdefault(step.node, name)
    return lines


def buffers(plan: Plan, expressions: Expressions, count: Callable[[Expr], Node]) -> list[str]:
    """The arrays that a plan writes to."""
    if not plan.buffers:
        return []
    names = [expressions.names(f"buffer{k}", "buffer") for k in range(1, len(plan.buffers) + 1)]
    shapes = ", ".join(expressions.shape(map(count, shape)) for shape in plan.buffers)
    return [f"[{', '.join(names)}] = _arrays(workspace, real, {shapes})"]


def _writing(step: Step, expressions: Expressions) -> str:
    """The operation as a call of NumPy's that writes into the step's buffer."""
    node, arguments = step.node, list(step.node.args)
    out = expressions.names(f"buffer{step.buffer + 1}", "buffer") if step.buffer is not None else ""
    if node.op == "real":  # a comparison writes its truth values as numbers
        (node,) = node.args
        if node in expressions.known:
            return f"np.multiply({expressions.known[node]}, real(1), out={out})"
        arguments = list(node.args)
    function, first = _function(node), ""
    if node.op == "einsum":
        first = f'"{node.detail[0]}", '
    elif function == "np.square":
        del arguments[1]
    planned = ", optimize=True" if node.op == "einsum" and node.detail[1] else ""
    return f"{function}({first}{', '.join(map(expressions.text, arguments))}, out={out}{planned})"


_COMPARISONS = {">": "np.greater", "==": "np.equal", "<=": "np.less_equal", "&": "np.logical_and"}


def _function(node: Node) -> str:
    if node.op == "call":
        return str(node.detail)
    if node.op == "compare":
        return _COMPARISONS[node.detail]
    if node.op == "add":
        return {(1, 1): "np.add", (1, -1): "np.subtract"}[node.detail]
    if node.op == "power":
        return "np.square" if node.args[1].detail == 2 else "np.power"
    assert hasattr(np, node.op)
    return f"np.{node.op}"

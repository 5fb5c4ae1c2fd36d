"""A value computed the way one does it by hand: formula = the same with numbers put in = value."""

from collections.abc import Mapping
from typing import Any

from sympy import Expr, Rational, Symbol, nan, oo, zoo

from symnet.equations import Equation, rewrite_uses
from symnet.errors import DegenerateError
from symnet.expressions import as_expression, rewrite, substitute
from symnet.operations import Call
from symnet.render.latex import latex, latex_with_values, left_side
from symnet.render.naming import Naming
from symnet.sums import unroll

__all__ = ["by_hand", "by_hand_steps"]


def by_hand(equation: Equation, values: Mapping[Expr, Any], naming: Naming | None = None) -> str:
    r"""`name = formula = numbers = value` in LaTeX: `F = w_1 x + w_{01} = 2 \cdot (-1) + 3 = 1`.

    values: exact numbers (or expressions) for names, for indexed references and for sizes: sums are written out.
    Negative and compound values stand in brackets where they are added, multiplied or raised. What has no value
    keeps its name, and an abstract f its call: `f(1)`. A step that repeats the one before is left out.
    Raises DegenerateError when a denominator becomes zero.
    """
    return " = ".join(by_hand_steps(equation, values, naming))


def by_hand_steps(equation: Equation, values: Mapping[Expr, Any], naming: Naming | None = None) -> list[str]:
    """The name and then the formulas of `by_hand`, one after the other, for setting them on lines of their own."""
    exact = {name: as_expression(value) for name, value in values.items()}
    sizes = {n: v for n, v in exact.items() if isinstance(n, Symbol) and n.is_integer}
    written_out = unroll(substitute(equation.rhs, sizes)) if sizes else unroll(equation.rhs)
    value = _evaluate(rewrite_uses(written_out, exact))
    if value.has(zoo, nan, oo):
        raise DegenerateError(f"{equation.name} divides by zero at these values")
    steps = [
        left_side(equation, naming),
        latex(equation.rhs, naming),
        latex_with_values(written_out, exact, naming),
        latex(value, naming),
    ]
    return [step for k, step in enumerate(steps) if k == 0 or step != steps[k - 1]]


def _evaluate(expression: Expr) -> Expr:
    """Carry out every operation that has an exact value."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Call) and all(isinstance(argument, Rational) for argument in node.args):
            return node.operation.exact(*node.args)
        return None

    return rewrite(expression, rule)

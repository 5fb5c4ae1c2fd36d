"""The NumPy form of an operation, a text in the table of operations, as nodes."""

import ast
from collections.abc import Sequence
from functools import cache

import numpy as np
from sympy import Integer, Rational

from symnet.numeric.values import Arrays, Scope, Value
from symnet.operations import OPERATIONS

__all__ = ["template", "written"]

_OPERATORS = {ast.Add: "add", ast.Sub: "add", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power"}


def written(function: str, values: Sequence[Value], arrays: Arrays, scope: Scope) -> Value:
    """An operation of the table applied to values."""
    return _fill(template(function), values, arrays, scope)


def _fill(tree: ast.expr, values: Sequence[Value], arrays: Arrays, scope: Scope) -> Value:
    """NumPy's form of an operation in the table, with its arguments put in."""
    if isinstance(tree, ast.Name):
        return values["abc".index(tree.id)]
    if not _has_argument(tree):
        return arrays.number(_constant(tree))
    if isinstance(tree, ast.BinOp):
        sides = [_fill(side, values, arrays, scope) for side in (tree.left, tree.right)]
        signs = (1, -1 if isinstance(tree.op, ast.Sub) else 1)
        op = _OPERATORS[type(tree.op)]
        return arrays.combine(op, sides, scope, signs if op == "add" else None)
    if isinstance(tree, ast.UnaryOp):
        return arrays.combine("negative", [_fill(tree.operand, values, arrays, scope)], scope)
    if isinstance(tree, ast.Compare):
        sides = [_fill(side, values, arrays, scope) for side in (tree.left, *tree.comparators)]
        return arrays.combine("compare", sides, scope, ">", "truth")
    assert isinstance(tree, ast.Call)
    arguments = [_fill(argument, values, arrays, scope) for argument in tree.args]
    return arrays.combine("call", arguments, scope, _text(tree.func), "real")


@cache
def template(function: str) -> ast.expr:
    """NumPy's form of an operation in the table, its arguments called a, b and c."""
    return ast.parse(OPERATIONS[function].numpy.format("a", "b", "c"), mode="eval").body


@cache
def _has_argument(tree: ast.expr) -> bool:
    return any(isinstance(n, ast.Name) and n.id in "abc" for n in ast.walk(tree))


@cache
def _text(tree: ast.expr) -> str:
    return ast.unparse(tree)


def _constant(tree: ast.expr) -> Rational | float:
    """The value of a part of a template that has no argument in it, such as 2 or np.sqrt(2 * np.pi)."""
    if isinstance(tree, ast.Constant):
        assert isinstance(tree.value, int | float)
        return Integer(tree.value) if isinstance(tree.value, int) else tree.value
    if isinstance(tree, ast.Attribute):
        return float(getattr(np, tree.attr))
    if isinstance(tree, ast.BinOp):
        return float(_constant(tree.left)) * float(_constant(tree.right))
    assert isinstance(tree, ast.Call)
    assert isinstance(tree.func, ast.Attribute)
    return float(getattr(np, tree.func.attr)(*(float(_constant(argument)) for argument in tree.args)))

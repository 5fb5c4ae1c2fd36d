"""Every program that differs from a given one in one thing: an operator, a number, a condition, a statement."""

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARE = [(ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn)]
_SWAPPED = {a: b for pair in _COMPARE for a, b in (pair, pair[::-1])}
_ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_DROPPED = (
    ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If,
    ast.Break, ast.Continue, ast.Delete,
)  # fmt: skip
_DECLARATIONS = (ast.Import, ast.ImportFrom, ast.Raise, ast.operator, ast.cmpop, ast.expr_context)


def _variants(node: ast.AST, field: str, first: str | None) -> Iterator[ast.AST]:
    """Other nodes for the place of this one; `first` is the first argument of the function around it."""
    match node:
        case ast.Compare(left, ops, comparators):
            for k, op in enumerate(ops):
                yield ast.Compare(left, [*ops[:k], _SWAPPED[type(op)](), *ops[k + 1 :]], comparators)
        case ast.BinOp(left, op, right):
            yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
            if isinstance(op, ast.BitOr):
                yield from (left, right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            shorter = (values[:k] + values[k + 1 :] for k in range(len(values)))
            yield from (rest[0] if len(rest) == 1 else ast.BoolOp(op, rest) for rest in shorter)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant({0: 1, 1: 0}.get(value, value + 1))
        case ast.Constant(str(value)):
            yield ast.Constant("" if value else "mutant")
        case ast.Tuple(elts, ast.Load()) | ast.List(elts, ast.Load()) | ast.Set(elts):
            for k in range(len(elts)):
                rest = elts[:k] + elts[k + 1 :]
                yield ast.Set(rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load())
        case ast.Dict(keys, values):
            for k in range(len(keys)):
                yield ast.Dict(keys[:k] + keys[k + 1 :], values[:k] + values[k + 1 :])
        case ast.Call(func, args, keywords) if keywords:
            for k in (k for k, keyword in enumerate(keywords) if keyword.arg != "strict"):
                yield ast.Call(func, args, keywords[:k] + keywords[k + 1 :])
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Return(value) if value is not None:
            yield ast.Return(ast.Constant(None))
            if first is not None:
                yield ast.Return(ast.Name(first))
        case ast.If(test, body, orelse) if orelse:
            yield ast.If(test, orelse, body)
    if field == "ifs":
        yield ast.Constant(True)
    if field == "test" and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)
    if isinstance(node, _DROPPED):
        yield ast.Pass()


@dataclass(frozen=True)
class Mutant:
    """One change: in the file, at the line, in the function; `change` shows it in its statement, ⟦old → new⟧."""

    file: str
    line: int
    where: str
    change: str
    source: str
    lines: range | None  # a test that reaches none of them cannot notice; None where any may
    imported: bool  # changed is what runs when the file is imported


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Every mutant of the source text, in order, each a different program."""
    tree = ast.parse(text)
    seen = {ast.unparse(tree)}

    def visit(node: ast.AST, where: str, header: ast.AST, first: str | None, runs: bool) -> Iterator[Mutant]:
        if isinstance(node, ast.stmt):
            header = node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            where = f"{where}.{node.name}" if where else node.name
        if isinstance(node, ast.FunctionDef):
            first = next((a.arg for a in node.args.args if a.arg not in ("self", "cls")), None)
        for holder, key, field, child in _slots(node):
            inside = runs or (isinstance(node, ast.FunctionDef) and isinstance(child, ast.stmt))
            for new in _variants(child, field, first):
                _put(holder, key, new)
                source = ast.unparse(tree)
                _put(holder, key, child)
                if source not in seen:
                    seen.add(source)
                    change = _shown(holder, key, child, new, header)
                    statement = child if isinstance(child, ast.stmt) else header
                    line = getattr(child, "lineno", getattr(header, "lineno", 1))
                    yield Mutant(file, line, where, change, source, _lines(statement), not inside)
            yield from visit(child, where, header, first, inside)

    yield from visit(tree, "", tree, None, False)


def _slots(node: ast.AST) -> Iterator[tuple[ast.AST | list[ast.AST], str | int, str, ast.AST]]:
    """The children that are behaviour: no annotations, docstrings, imports, names of types, or error texts."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "targets", "target"):
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(field, value)]
        for key, child in children:
            if isinstance(child, ast.AST) and not isinstance(child, _DECLARATIONS) and not _declares(node, child):
                yield (value if isinstance(value, list) else node), key, field, child


def _declares(node: ast.AST, child: ast.AST) -> bool:
    match child:
        case ast.Expr(ast.Constant(str())) | ast.keyword("strict"):  # zip(…, strict=True) is an assertion
            return True
        case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, value):
            typed = isinstance(value, ast.Subscript) or (
                isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "TypeVar"
            )
            return name == "__all__" or (isinstance(node, ast.Module) and typed)
        case ast.AnnAssign(value=None):
            return True
    return False


def _put(holder: ast.AST | list[ast.AST], key: str | int, child: ast.AST) -> None:
    if isinstance(holder, list):
        holder[key] = child
    else:
        setattr(holder, key, child)


def _shown(holder: ast.AST | list[ast.AST], key: str | int, old: ast.AST, new: ast.AST, header: ast.AST) -> str:
    if isinstance(old, ast.stmt):
        return f"⟦{_head(old)} → {'swapped' if isinstance(new, ast.If) else _head(new)}⟧"
    mark = f"⟦{ast.unparse(old)} → {ast.unparse(new)}⟧"
    try:
        _put(holder, key, ast.Name(mark))
        text = _head(header)
    except ValueError:  # in an f-string there are no names
        _put(holder, key, ast.Constant(mark))
        text = _head(header)
    finally:
        _put(holder, key, old)
    return re.sub(r"^.+(.{32}⟦)", r"…\1", re.sub(r"(⟧.{32}).+$", r"\1…", text))


def _head(statement: ast.AST) -> str:
    """A statement without the block below it."""
    short = copy.copy(statement)
    for field in ("body", "orelse", "decorator_list"):
        if isinstance(getattr(short, field, None), list):
            setattr(short, field, [])
    return " ".join(ast.unparse(short).split())


def _lines(statement: ast.AST) -> range | None:
    """The lines of a statement, without the block below it; of a function, for the sake of its defaults, the block."""
    if isinstance(statement, ast.Module | ast.ClassDef):
        return None
    if isinstance(statement, ast.FunctionDef):
        return range(statement.body[0].lineno, (statement.end_lineno or 0) + 1)
    assert isinstance(statement, ast.stmt)
    body = getattr(statement, "body", [])
    return range(statement.lineno, body[0].lineno if body else (statement.end_lineno or 0) + 1)

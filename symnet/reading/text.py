"""What both readers share: where in the text an error stands, and a tree read bottom-up without recursion."""

from typing import Any

from lark import Token, Tree
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from symnet.errors import InputError

__all__ = ["MAX_DEPTH", "at", "evaluate", "shown"]

MAX_DEPTH = 100  # brackets inside brackets
_LONGEST_SHOWN = 200


def at(token: Token, message: str) -> InputError:
    """The error that stands at the token."""
    return InputError(message, line=token.line or 0, column=token.column or 0)


def evaluate(transformer: Transformer_NonRecursive[Token, Any], tree: Tree[Token]) -> Any:
    """The transformer's value of the tree; an InputError without a place gets that of its rule."""
    try:
        return transformer.transform(tree)
    except VisitError as wrapped:
        error, where = wrapped.orig_exc, wrapped.obj
        if isinstance(error, InputError) and not error.line and isinstance(where, Tree) and not where.meta.empty:
            error = InputError(error.message, line=where.meta.line, column=where.meta.column)
        raise error from None


def shown(error: InputError, source: str) -> InputError:
    """The error with the offending line beside it, unless that line is too long to show."""
    if error.line and not error.text:
        line = source.split("\n")[error.line - 1]
        error.text = line if len(line) <= _LONGEST_SHOWN else ""
        error.args = (str(error),)
    return error

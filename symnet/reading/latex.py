"""The tokens of a formula in LaTeX, and one spelling for each name however it is typed."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedCharacters

from symnet.errors import InputError

__all__ = ["canonical", "lex", "parser", "spelled"]

_ACCENT = re.compile(
    r"\\(hat|bar|tilde|vec|widehat|widetilde|overline|nabla|mathcal|mathbb)\s*(\\[A-Za-z]+|(?<=\s)[A-Za-z])"
)
_ACCENTED_WITH_INDEX = re.compile(r"(\\[a-z]+)\s*\{\s*(\\?[A-Za-z]+)\s*_\s*([^{}]|\{[^{}]*\})\s*\}")
_UPRIGHT = re.compile(r"\\(?:text|operatorname|mathrm|mathbf|mathit|mathsf|boldsymbol|bm)\s*\{\s*([^{}]*?)\s*\}")


@cache
def parser() -> Lark:
    """The parser of slide formulas. It is fed tokens one by one; its lexer knows no context."""
    return Lark.open(
        "slide.lark",
        rel_to=__file__,
        parser="lalr",
        lexer="basic",
        propagate_positions=True,
        maybe_placeholders=False,
    )


def lex(latex: str) -> list[Token]:
    """The tokens of a formula, names spelled canonically. Raises InputError at what is no LaTeX of formulas."""
    session: Any = parser().parse_interactive(latex)
    try:
        return [
            Token.new_borrow_pos("NAME", spelled(token), token) if token.type == "NAME" else token
            for token in session.lexer_thread.lex(session.parser_state)
        ]
    except UnexpectedCharacters as error:
        raise InputError(_unknown(latex[error.pos_in_stream :]), line=error.line, column=error.column) from None


def _unknown(rest: str) -> str:
    command = re.match(r"\\([A-Za-z]+|.?)", rest, re.DOTALL)
    if rest[0] == "'":
        return "a prime belongs right after the name of a function, as in f'(x)"
    if not command:
        return f"unexpected character {rest[0]!r} in a formula"
    if command[1] in ("begin", "end"):
        return f"{rest[: rest.find('}') + 1][:40]!r}: of environments only cases are read"
    if command[1] in ("left", "right"):
        return f"{command[0]} must stand before one of ( ) [ ] |"
    return f"the command {command[0]} is not known in a formula"


def spelled(name: str) -> str:
    """A name as LaTeX in one spelling: `w_{1}` is `w_1`, `w_01` is `w_{01}`, `\\text{Var}` is `Var`."""
    name = _ACCENTED_WITH_INDEX.sub(r"\1{\2}_\3", _ACCENT.sub(r"\\\1{\2}", name))
    name = _UPRIGHT.sub(r"\1", name)
    base, _, subscript = re.sub(r"\s+", "", name).partition("_")
    after = len(subscript) - len(subscript.rstrip("'"))
    primes = "'" * (base.count("'") + after)
    base, subscript = base.replace("'", ""), subscript.rstrip("'")
    if subscript.startswith("{"):
        subscript = subscript[1:-1]
    if not subscript:
        return base + primes
    return f"{base}_{subscript if len(subscript) == 1 else f'{{{subscript}}}'}{primes}"


def canonical(tokens: Iterable[Token]) -> str:
    """The one spelling of a name that may carry a superscript, such as `\\sigma^2` or `x^{+1}`."""
    return re.sub(r"\^\{(.)\}", r"^\1", "".join(tokens))

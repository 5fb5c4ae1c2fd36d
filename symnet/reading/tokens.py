"""What each token of a formula is, where LaTeX alone does not say: brackets, bars, functions, derivatives.

`f(x)` is a call and `w(x)` a product only because `f` is known to be a function; `|` opens or closes; the `d` of
`\\frac{dL}{dw}` is no factor. `classify` settles this before the grammar sees the tokens.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lark import Token

from symnet.errors import InputError
from symnet.reading.latex import canonical, spelled
from symnet.reading.shorthand import bound_letters, written_out
from symnet.reading.text import MAX_DEPTH, at
from symnet.reading.vocabulary import Vocabulary

__all__ = ["Formula", "UnbalancedError", "classify"]

CLOSING = {
    "_LPAR": "_RPAR",
    "_LBRACK": "_RBRACK",
    "_LBRACE": "_RBRACE",
    "_LSET": "_RSET",
    "_LANGLE": "_RANGLE",
    "_BAR": "_CLOSING_BAR",
    "_NORM": "_CLOSING_NORM",
}
_OPERAND_ENDS = {"NAME", "NUMBER", "DOTS", *CLOSING.values()}


class UnbalancedError(InputError):
    """A formula whose brackets do not match.

    repairs: every way to make it readable by deleting or inserting one bracket, as LaTeX without dollars, in the
        order of the place of the change; ways that mean the same are named once.
    """

    def __init__(
        self, message: str, *, text: str = "", line: int = 0, column: int = 0, repairs: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, text=text, line=line, column=column)
        self.repairs = repairs


@dataclass(frozen=True)
class Formula:
    """Classified tokens, the text around them, whether it ends in `+ \\dots`, and the indices of its sum signs."""

    tokens: list[Token]
    text: str
    open: bool
    bound: frozenset[str]


def classify(tokens: Sequence[Token], vocabulary: Vocabulary) -> Formula:
    """Give every token its type. Raises InputError, UnbalancedError among them, with the place."""
    text = " ".join(_plain(t) for t in tokens if t.type in ("_TEXT", "_COMMENT"))
    words = list(_worded(list(tokens), vocabulary))
    tokens = list(_without_dots(_named(written_out(words, vocabulary), vocabulary)))
    is_open = any(t.type == "OPEN" for t in tokens)
    tokens = _balanced([t for t in tokens if t.type != "OPEN"])
    _mark_derivatives(tokens, vocabulary)
    _mark_calls(tokens, vocabulary)
    sums = [t for t in tokens if t.type in ("_SUM", "_PRODUCT")]
    if len(sums) > MAX_DEPTH:
        raise at(sums[MAX_DEPTH], f"there are more than {MAX_DEPTH} sum signs")
    return Formula(tokens, " ".join(text.split()), is_open, bound_letters(tokens))


def _typed(token: Token, type_: str) -> Token:
    return Token.new_borrow_pos(type_, str(token), token)


def _plain(token: Token) -> str:
    return re.sub(r"\\(?:text|mbox|textbf|textit)\s*\{([^{}]*)\}", r"\1", token.removeprefix("//"))


def _worded(tokens: list[Token], vocabulary: Vocabulary) -> Iterator[Token]:
    """Join the letters of declared words: `R e L U` is the name `ReLU`."""
    words = sorted(vocabulary.words, key=len, reverse=True)
    longest = max(map(len, words), default=0)
    letters = 0  # in a row that belong to no word
    k = 0
    while k < len(tokens):
        end = k + 1
        while end < min(len(tokens), k + longest) and _adjacent(tokens[end - 1], tokens[end]):
            end += 1
        run = "".join(t[0] for t in tokens[k:end])
        length = next((len(w) for w in words if run.startswith(w)), 1) if tokens[k].type == "NAME" else 1
        letters = letters + 1 if letters and _adjacent(tokens[k - 1], tokens[k]) and length == 1 else 1
        if letters > 3 or (letters == 3 and [t.type for t in tokens[k + 1 : k + 2]] == ["_LPAR"]):
            word = "".join(tokens[k - letters + 1 : k + 1])
            raise at(tokens[k - letters + 1], f"{word} is a word that is not declared (for a product put spaces)")
        yield _joined(tokens[k : k + length])
        k += length


def _joined(parts: Sequence[Token]) -> Token:
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return first
    name = "".join(part[0] for part in parts) + last[1:]
    return Token(
        "NAME",
        name,
        start_pos=first.start_pos,
        line=first.line,
        column=first.column,
        end_line=last.end_line,
        end_column=last.end_column,
        end_pos=last.end_pos,
    )


def _adjacent(left: Token, right: Token) -> bool:
    return left.type == right.type == "NAME" and len(left) == 1 and right[0] != "\\" and left.end_pos == right.start_pos


def _named(tokens: Sequence[Token], vocabulary: Vocabulary) -> Iterator[Token]:
    """Join a name with its superscript where the two together are a declared name."""
    k = 0
    while k < len(tokens):
        token, end = tokens[k], k + 1
        if token.type == "NAME" and [t.type for t in tokens[k + 1 : k + 2]] == ["_HAT"]:
            braced = [t.type for t in tokens[k + 2 : k + 3]] == ["_LBRACE"]
            closing = (n for n in range(k + 3, len(tokens)) if tokens[n].type == "_RBRACE")
            end = next(closing, k + 2) + 1 if braced else k + 3
        name = canonical(tokens[k:end]) if end > k + 1 else ""
        if name in vocabulary.names:
            yield Token.new_borrow_pos("NAME", name, token)
            k = end
        elif token != "e" and name.startswith(f"{token}^{{+"):
            raise at(token, f"{name} is no power but a name of its own, which is not declared")
        else:
            yield token
            k += 1


def _without_dots(stream: Iterator[Token]) -> Iterator[Token]:
    """Mark the dots that only say that a sum goes on: `… + \\dots` at the end of a side."""
    tokens = list(stream)
    k = 0
    while k < len(tokens):
        two = [t.type for t in tokens[k : k + 2]]
        after = tokens[k + 2].type if k + 2 < len(tokens) else "_STOP"
        if two == ["SIGN", "DOTS"] and after in ("_STOP", "_COMMA", "_EQUALS", "_TEXT", "_COMMENT"):
            yield _typed(tokens[k], "OPEN")
            k += 2
        else:
            yield tokens[k]
            k += 1


def _balanced(tokens: list[Token]) -> list[Token]:
    """Tell closing bars from opening ones, and check that every bracket has its partner."""
    opened: list[Token] = []
    result: list[Token] = []
    for token in tokens:
        if token.type == "NUMBER" and not opened and _divided(result[-2:], token):
            written = "".join((*result[-2:], token))
            raise at(result[-2], f"{written} is one number or two: write a point or a space")
        if token.type in _BARS and _closes_bar(token, opened, result):
            token = _typed(token, CLOSING[token.type])
        if token.type in CLOSING:
            opened.append(token)
            if len(opened) > MAX_DEPTH:
                raise at(token, f"brackets nest deeper than {MAX_DEPTH}")
        elif token.type in CLOSING.values():
            if not opened:
                raise _unbalanced(token, f"{str(token)!r} closes no bracket")
            if CLOSING[opened[-1].type] != token.type:
                raise _unbalanced(token, f"{str(token)!r} does not close {str(opened[-1])!r}")
            opened.pop()
        result.append(token)
    if opened:
        raise _unbalanced(opened[-1], f"{str(opened[-1])!r} is never closed")
    return result


def _divided(before: Sequence[Token], token: Token) -> bool:
    """Whether a number, a comma or point, and the number come without a space."""
    return (
        [t.type for t in before] in (["NUMBER", "_COMMA"], ["NUMBER", "_STOP"])
        and before[1] in (",", ".")
        and before[0].end_pos == before[1].start_pos
        and before[1].end_pos == token.start_pos
    )


_BARS = ("_BAR", "_NORM")


def _closes_bar(token: Token, opened: Sequence[Token], before: Sequence[Token]) -> bool:
    if token.startswith("\\") and token != r"\|":
        return token.startswith((r"\right", r"\rvert", r"\rVert"))
    return bool(opened) and opened[-1].type == token.type and before[-1].type in _OPERAND_ENDS


def _unbalanced(token: Token, message: str) -> UnbalancedError:
    return UnbalancedError(message, line=token.line or 0, column=token.column or 0)


def _mark_derivatives(tokens: list[Token], vocabulary: Vocabulary) -> None:
    """Mark the fractions that are derivatives, and the letters d in them."""
    for k, token in enumerate(tokens):
        if token.type != "_FRAC" or k + 2 >= len(tokens):
            continue
        if tokens[k + 2].type == "_D":
            tokens[k] = _typed(token, "_DERIVATIVE")
        elif tokens[k + 2] == "d" and "d" not in vocabulary.names and tokens[k + 1].type == "_LBRACE":
            below = _partner(tokens, k + 1) + 1
            if [t.type for t in tokens[below : below + 2]] == ["_LBRACE", "NAME"] and tokens[below + 1] == "d":
                tokens[k] = _typed(token, "_DERIVATIVE")
                for n in (k + 2, *range(below, _partner(tokens, below))):
                    if tokens[n] == "d" and tokens[n].type == "NAME":
                        tokens[n] = _typed(tokens[n], "_D")


def _partner(tokens: Sequence[Token], opening: int) -> int:
    """The position of the bracket that closes the one at `opening`."""
    depth = 0
    for k in range(opening, len(tokens)):
        depth += (tokens[k].type in CLOSING) - (tokens[k].type in CLOSING.values())
        if not depth:
            return k
    raise AssertionError("the brackets are balanced")


_ARGUMENTS = ("_LPAR", "_LBRACK", "_LSET")


def _mark_calls(tokens: list[Token], vocabulary: Vocabulary) -> None:
    """Mark the names that are applied to the bracket after them, and the e of e^x."""
    for k, token in enumerate(tokens):
        if token.type != "NAME":
            continue
        name = spelled(token)
        following = tokens[k + 1].type if k + 1 < len(tokens) else ""
        known = vocabulary.function(name)
        if following in _ARGUMENTS and name in vocabulary.applied:
            tokens[k] = _typed(token, "APPLIED")
        elif following in _ARGUMENTS and known:
            tokens[k] = _typed(token, "FUNCTION")
        elif name == "e" and following == "_HAT" and "e" not in vocabulary.names:
            tokens[k] = _typed(token, "_EULER")
        elif known and name not in vocabulary.names and (not k or tokens[k - 1].type != "_D"):
            raise at(token, f"{name} is a function and needs its argument in brackets: {name}(…)")

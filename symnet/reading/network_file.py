"""Network files (`*.net`): plain text a lecturer can write from the slide, read by `network_file.lark`.

Nothing in a file is executed: every name becomes a symbol, every number an exact rational. Every error is an
InputError with the line and column where it stands.
"""

import re
from functools import cache
from os import PathLike
from typing import Any

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.visitors import Transformer_NonRecursive
from sympy import Expr, S, Symbol

from symnet.errors import InputError
from symnet.network.neurons import Norm
from symnet.reading.arithmetic import apply, exponent, multiply, number, power, signed_sum
from symnet.reading.statements import FUNCTIONS, KEYWORDS, NetworkText, Statements, check_name
from symnet.reading.text import MAX_DEPTH, at, evaluate, shown

__all__ = ["NetworkText", "read_network", "read_network_file"]

MAX_LINE = 200_000  # characters
MAX_TEXT = 1_000_000


def read_network_file(path: str | PathLike[str]) -> NetworkText:
    """Read a network from a UTF-8 file. Raises InputError when it cannot be read or is not a network."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_TEXT + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot read {str(path)!r}: {reason}") from None
    try:
        return read_network(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        byte = content[error.start]
        where = f"byte {byte:#04x} at offset {error.start}"
        raise InputError(f"{str(path)!r} is not UTF-8 text: {where} cannot be decoded") from None


def read_network(text: str) -> NetworkText:
    """Read a network from text. Raises InputError, with line and column, when it is not one."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        _check_size(text)
        formulas = _Formulas()
        statements = evaluate(formulas, _parse(text))
        together = Statements(formulas.uses)
        for kind, parts in statements:
            together.take(kind, parts)
        return together.network()
    except InputError as error:
        raise shown(error, text) from None


@cache
def _parser() -> Lark:
    return Lark.open(
        "network_file.lark",
        rel_to=__file__,
        parser="lalr",
        propagate_positions=True,
        maybe_placeholders=False,
    )


def _parse(text: str) -> Tree[Token]:
    try:
        return _parser().parse(text + "\n")
    except UnexpectedInput as error:
        code = text.split("\n")[error.line - 1].partition("#")[0].rstrip(" \t")
        column = min(error.column, len(code) + 1)
        cell = re.match(r"[ \t]*([A-Za-z_]\w*)[ \t]*\|", code)  # a row of data cannot begin with a name
        if cell and cell[1] not in KEYWORDS:
            raise InputError(_no_number(cell[1]), line=error.line, column=cell.start(1) + 1) from None
        message = _explain(error, code[: column - 1], code[column - 1 :])
        raise InputError(message, line=error.line, column=column) from None


def _check_size(text: str) -> None:
    if not text.strip():
        raise InputError("the network file is empty")
    if len(text) > MAX_TEXT:
        raise InputError(f"the network file has more than {MAX_TEXT} characters")
    for row, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise InputError(f"the line has more than {MAX_LINE} characters", line=row, column=MAX_LINE + 1)
        opened: list[int] = []
        for bracket in re.finditer(r"[()]", line.partition("#")[0]):
            if bracket[0] == "(":
                opened.append(bracket.start() + 1)
            elif not opened:
                raise InputError("')' closes no bracket", line=row, column=bracket.start() + 1)
            else:
                opened.pop()
            if len(opened) > MAX_DEPTH:
                raise InputError(f"brackets nest deeper than {MAX_DEPTH}", line=row, column=opened[-1])
        if opened:
            raise InputError("'(' is never closed", line=row, column=opened[-1])


# Terminals of the grammar in words, where one of a few things must follow.
_WORDS = {
    "NAME": "a name",
    "_EQUAL": "'='",
    "CELL": "a number",
    "BAR": "'|'",
    "REDUCTION": "'sum' or 'mean'",
    "RANGE": "rows such as 1..2",
    "_NL": "the end of the line",
}


def _explain(error: UnexpectedInput, before: str, rest: str) -> str:
    """One sentence on why the grammar stopped between `before` and `rest` of a line."""
    expected: set[str] = set()
    if isinstance(error, UnexpectedToken):
        expected = set(error.expected)
    elif isinstance(error, UnexpectedCharacters):
        expected = set(error.allowed or ())
    if isinstance(error, UnexpectedCharacters) and rest and not rest[0].isascii():
        return f"unexpected character {rest[0]!r}: names are written in ASCII letters, as in sigma or w01"
    if isinstance(error, UnexpectedCharacters) and not re.match(r"[-+\w.(|]", rest):
        return f"unexpected character {rest[:1]!r}"
    operand = re.match(r"\w+|\(", rest)
    last = re.search(r"([\w.]+|\))\s*$", before)
    if "_STAR" in expected and operand and last:
        return f"{last[1]} {operand[0]} is no product here: write {last[1]}*{operand[0]}"
    found = f"{_word(rest)!r}" if rest else "the end of the line"
    if "CELL" in expected and "NAME" not in expected and re.match(r"\w", rest):
        return _no_number(_word(rest))
    if "NUMBER" in expected:
        return f"a formula must go on here, not {found}"
    if "_STAR" in expected:
        return f"an operator or the end of the formula must follow here, not {found}"
    if {"CELL", "NAME"} <= expected:
        return f"{found} begins no statement: write `name = formula`, or one of {', '.join(KEYWORDS)}"
    words = " or ".join(sorted(_WORDS[terminal] for terminal in expected if terminal in _WORDS))
    return f"{words or 'something else'} must follow here, not {found}"


def _no_number(text: str) -> str:
    return f"{text!r} in the data is not a number: write an integer, a decimal or a fraction"


def _word(text: str) -> str:
    match = re.match(r"\w{1,40}|.", text)
    return match[0] if match else text


class _Formulas(Transformer_NonRecursive[Token, Any]):
    """The statements as (kind, parts), formulas built bottom-up; `uses` says where a line first uses a name."""

    def __init__(self) -> None:
        super().__init__()
        self.uses: dict[tuple[int, str], Token] = {}

    def start(self, statements: list[Any]) -> list[Any]:
        return statements

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
        return str(data), children

    def sum(self, parts: list[Expr | str]) -> Expr:
        return parts[0] if len(parts) == 1 else signed_sum(parts)

    def term(self, factors: list[Expr]) -> Expr:
        return multiply(factors)

    def over(self, divisor: list[Expr]) -> Expr:
        return power(divisor[0], S.NegativeOne)

    def signed(self, parts: list[Expr | str]) -> Expr:
        return signed_sum(parts)

    def power(self, parts: list[Expr]) -> Expr:
        return power(*parts)

    def exponent(self, parts: list[Expr]) -> Expr:
        return exponent(parts[0])

    def number(self, parts: list[Token]) -> Expr:
        return number(str(parts[0]))

    def name(self, parts: list[Token]) -> Expr:
        (token,) = parts
        check_name(token)
        self.uses.setdefault((token.line or 0, str(token)), token)
        return Symbol(str(token))

    def keyword(self, parts: list[Any]) -> tuple[Token, Expr]:
        return parts[0], parts[1]

    def call(self, parts: list[Any]) -> Expr:
        function, *arguments = parts
        if function not in FUNCTIONS:
            known = ", ".join(sorted(FUNCTIONS))
            raise at(function, f"unknown function {function}(…): the known ones are {known}; a product needs *")
        options = [a for a in arguments if isinstance(a, tuple)]
        plain = [a for a in arguments if not isinstance(a, tuple)]
        if function == "softmax":
            raise at(function, "softmax(…) gives several neurons at once: write p1, p2 = softmax(z1, z2) on a line")
        if function == "norm":
            return _norm(function, plain, options)
        if options:
            raise at(options[0][0], f"{function} takes no option {options[0][0]}=…")
        return apply(str(function), plain)


def _norm(function: Token, plain: list[Expr], options: list[tuple[Token, Expr]]) -> Expr:
    """`norm(z, eps=e, scale=a, shift=b, ddof=1)` is a*Norm(z, e, 1) + b."""
    if len(plain) != 1:
        raise at(function, f"norm takes 1 argument and options by name, not {len(plain)} arguments")
    given: dict[str, Expr] = {}
    for name, value in options:
        if name not in ("eps", "scale", "shift", "ddof"):
            raise at(name, f"norm has no option {name}: there are eps, scale, shift and ddof")
        if name in given:
            raise at(name, f"the option {name} is given twice")
        given[str(name)] = value
        if name == "eps" and not (isinstance(value, Symbol) or (value.is_Rational and value >= 0)):
            raise at(name, f"eps={value} is neither a name nor a number that is not negative")
        if name == "ddof" and value not in (0, 1):
            raise at(name, f"ddof={value} must be 0 or 1")
    normalized = Norm(plain[0], given.get("eps", S.Zero), given.get("ddof", S.Zero))
    scaled = multiply([given.get("scale", S.One), normalized])
    return signed_sum([scaled, "+", given.get("shift", S.Zero)])

r"""What TeX and lectures let one leave out, written out: tokens in, the tokens of the full form out.

`\frac1m` is `\frac{1}{m}`, `\cosh^2 z` is `\cosh^2(z)`, `x^2_i` is `x_i^2`, `\sum^m_{i=1}` is `\sum_{i=1}^m`;
`i = 1, \dots, m` after a formula is left out; an object's number above a name, `x_1^{(i)}`, is an index after its
label; `\partial_w L`, `\nabla_w L`, `L'_w`, `\partial L/\partial w`, `dL/dw` and `\frac{\partial}{\partial w} L` are
`\frac{\partial L}{\partial w}`.
"""

from collections.abc import Sequence

from lark import Token

from symnet.reading.latex import canonical, lex, spelled
from symnet.reading.vocabulary import Vocabulary

__all__ = ["bound_letters", "written_out"]

_BRACKETS = {"_LPAR": "_RPAR", "_LBRACK": "_RBRACK", "_LBRACE": "_RBRACE", "_LSET": "_RSET"}


def written_out(tokens: Sequence[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens of a formula without its shorthand; what is no shorthand stays as it is."""
    tokens = _without_ranges(tokens, vocabulary)
    result = _scripts_in_order(_arguments_in_brackets(_arguments_in_braces(list(tokens))))
    result = _objects_below(result, vocabulary, vocabulary.indices | bound_letters(result))
    return _derivatives_as_fractions(result, vocabulary)


def bound_letters(tokens: Sequence[Token]) -> frozenset[str]:
    """The indices of the sum and product signs."""
    found: set[str] = set()
    for k, token in enumerate(tokens):
        if token.type in ("_SUM", "_PRODUCT") and _types(tokens, k + 1, 1) == ["_UNDER"]:
            braced = _types(tokens, k + 2, 1) == ["_LBRACE"]
            k += 3 if braced else 2
            while k < len(tokens) and tokens[k].type in ("NAME", "_COMMA"):
                found |= {str(tokens[k])} - {","}
                k += 1 if braced else len(tokens)
    return frozenset(found)


def _types(tokens: Sequence[Token], start: int, count: int) -> list[str]:
    return [t.type for t in tokens[start : start + count]]


def _without_ranges(tokens: Sequence[Token], vocabulary: Vocabulary) -> list[Token]:
    r"""Without `i = 1, \dots, m` and `i = \overline{1, m}` after a formula, which only say what an index is."""
    result: list[Token] = []
    k = 0
    while k < len(tokens):
        if tokens[k] in vocabulary.indices and (not k or tokens[k - 1].type in _SEPARATORS):
            end = next((k + len(r) for r in _RANGES if _types(tokens, k, len(r)) == r), k)
            if end > k and (end == len(tokens) or tokens[end].type in _SEPARATORS):
                k = end
                continue
        result.append(tokens[k])
        k += 1
    return result


_SEPARATORS = ("_COMMA", "_STOP", "_TEXT", "_COMMENT")
_RANGES = [
    ["NAME", "_EQUALS", "NUMBER", "_COMMA", "DOTS", "_COMMA", "NAME"],
    ["NAME", "_EQUALS", "NUMBER", "_COMMA", "DOTS", "_COMMA", "NUMBER"],
    ["NAME", "_EQUALS", "_OVERLINE", "_LBRACE", "NUMBER", "_COMMA", "NAME", "_RBRACE"],
]


def _like(token: Token, type_: str, text: str) -> Token:
    return Token.new_borrow_pos(type_, text, token)


def _in_braces(tokens: Sequence[Token]) -> list[Token]:
    return [_like(tokens[0], "_LBRACE", "{"), *tokens, _like(tokens[-1], "_RBRACE", "}")]


def _end(tokens: Sequence[Token], start: int) -> int:
    """Where the argument that begins here ends: after a group in brackets that match, else after one token."""
    opening = tokens[start].type if start < len(tokens) else ""
    depth = 0
    for k in range(start, len(tokens) if opening in _BRACKETS else 0):
        depth += (tokens[k].type == opening) - (tokens[k].type == _BRACKETS[opening])
        if not depth:
            return k + 1
    return start + 1


def _arguments_in_braces(tokens: list[Token]) -> list[Token]:
    """Braces around arguments of one token: a digit or a name."""
    result: list[Token] = []
    wanted = 0  # arguments that the last command still takes
    waiting: list[tuple[int, int]] = []  # where a group ends, and how many arguments are wanted after it
    for k, token in enumerate(tokens):
        if wanted and token.type in ("NUMBER", "NAME"):
            digits = list(token) if token.isdecimal() else [str(token)]
            while digits and wanted:
                result += _in_braces([_like(token, token.type, digits.pop(0))])
                wanted -= 1
            result += [_like(token, token.type, "".join(digits))] if digits else []
            continue
        if wanted and token.type == "_LBRACE":
            waiting.append((_end(tokens, k), wanted - 1))
        wanted = {"_FRAC": 2, "_SQRT": 1}.get(token.type, 0)
        if waiting and waiting[-1][0] == k + 1:
            wanted = waiting.pop()[1]
        result.append(token)
    return result


def _arguments_in_brackets(tokens: list[Token]) -> list[Token]:
    r"""Brackets around the name or fraction after a power of an operator: `\cosh^2 z`."""
    result = list(tokens)
    for k in range(len(tokens) - 1, -1, -1):
        if result[k].type == "OPERATOR" and _types(result, k + 1, 1) == ["_HAT"]:
            start = _end(result, k + 2)
            if _types(result, start, 1) in (["NAME"], ["_FRAC"]):
                end = start + 1 if result[start].type == "NAME" else _end(result, _end(result, start + 1))
                name = result[start]
                result[start:end] = [_like(name, "_LPAR", "("), *result[start:end], _like(name, "_RPAR", ")")]
    return result


def _scripts_in_order(tokens: list[Token]) -> list[Token]:
    """What stands below a name, a sum sign or a norm before what stands above it."""
    result: list[Token] = []
    tokens = _apart(tokens)
    k = 0
    while k < len(tokens):
        token, over = tokens[k], k + 1
        below = _end(tokens, over + 1) if _types(tokens, over, 1) == ["_HAT"] else 0
        if token.type in ("NAME", "_SUM", "_PRODUCT", "_NORM") and below and _types(tokens, below, 1) == ["_UNDER"]:
            k = _end(tokens, below + 1)
            if token.type == "NAME":
                result.append(_like(token, "NAME", spelled(str(token) + "".join(tokens[below:k]))))
            else:
                result += [token, *tokens[below:k]]
            result += tokens[over:below]
        else:
            result.append(token)
            k += 1
    return result


def _apart(tokens: list[Token]) -> list[Token]:
    r"""The m of `\sum^m_{i=1}`, which is no name with a label."""
    result: list[Token] = []
    for k, token in enumerate(tokens):
        base, below, label = token.partition("_")
        after_sign = k > 1 and tokens[k - 1].type == "_HAT" and tokens[k - 2].type in ("_SUM", "_PRODUCT")
        if after_sign and below and token.type == "NAME":
            result += [_like(token, part.type, str(part)) for part in (*lex(base), *lex("_" + label))]
        else:
            result.append(token)
    return result


def _objects_below(tokens: list[Token], vocabulary: Vocabulary, indices: frozenset[str]) -> list[Token]:
    """`x^{(i)}` and `x_1^{(2)}` as names with the place after a semicolon: no power is written like this."""
    result: list[Token] = []
    k = 0
    while k < len(tokens):
        token, end = tokens[k], k + 1
        if token.type == "NAME" and _types(tokens, k + 1, 3) in ([*_ABOVE, "_LPAR"], [*_ABOVE, "_LBRACK"]):
            end = _end(tokens, k + 2)
            inside = tokens[k + 4 : end - 2]
            if not (_is_place(inside, indices) and _is_free(token, tokens[k:end], vocabulary)):
                end = k + 1
        if end > k + 1:
            base, _, label = token.partition("_")
            label = label.removeprefix("{").removesuffix("}")
            result.append(_like(token, "NAME", f"{base}_{{{label};{''.join(inside)}}}"))
        else:
            result.append(token)
        k = end
    return result


_ABOVE = ("_HAT", "_LBRACE")


def _is_place(tokens: Sequence[Token], indices: frozenset[str]) -> bool:
    if not tokens:
        return False
    first, types = str(tokens[0]), _types(tokens, 0, len(tokens))
    return types == ["NUMBER"] or (first in indices and types in (["NAME"], ["NAME", "SIGN", "NUMBER"]))


def _is_free(token: Token, whole: Sequence[Token], vocabulary: Vocabulary) -> bool:
    return not vocabulary.function(str(token)) and canonical(whole) not in vocabulary.names


# Derivatives


def _derivatives_as_fractions(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    result: list[Token] = []
    k = 0
    while k < len(tokens):
        found = (
            _operator_fraction(tokens, k, vocabulary)
            or _operator_below(tokens, k, vocabulary)
            or _primed(tokens, k, vocabulary)
            or _slashed(tokens, k, vocabulary)
        )
        if found:
            written, k = found
            result += written
        else:
            result.append(tokens[k])
            k += 1
    return result


_Found = tuple[list[Token], int] | None  # the fraction, and where the shorthand ends


def _fraction(first: Token, above: Sequence[Token], below: Sequence[Token]) -> list[Token]:
    return [_like(first, "_FRAC", r"\frac"), *_in_braces(above), *_in_braces(below)]


def _is_d(tokens: Sequence[Token], k: int, vocabulary: Vocabulary) -> bool:
    if k >= len(tokens):
        return False
    return tokens[k].type == "_D" or (tokens[k].type == "NAME" and tokens[k] == "d" and "d" not in vocabulary.names)


def _operand(tokens: Sequence[Token], k: int, vocabulary: Vocabulary) -> int:
    """Where the name, the call or the group that begins here ends; k where none does."""
    if k >= len(tokens) or tokens[k].type not in ("NAME", "OPERATOR", "_LPAR", "_LBRACK"):
        return k
    if tokens[k].type in ("_LPAR", "_LBRACK"):
        return _end(tokens, k)
    name = spelled(str(tokens[k]))
    called = name in vocabulary.applied or vocabulary.function(name)
    return _end(tokens, k + 1) if called and _types(tokens, k + 1, 1) in (["_LPAR"], ["_LBRACK"]) else k + 1


def _operator_fraction(tokens: Sequence[Token], k: int, vocabulary: Vocabulary) -> _Found:
    r"""`\frac{\partial}{\partial w} L`."""
    if tokens[k].type != "_FRAC" or not _is_d(tokens, k + 2, vocabulary):
        return None
    above = _end(tokens, k + 1)
    if _types(tokens, k + 3, 1) != ["_RBRACE"] and _types(tokens, k + 3, 1) != ["_HAT"]:
        return None
    if _types(tokens, k + 3, 1) == ["_HAT"] and _end(tokens, k + 4) != above - 1:
        return None
    below = _end(tokens, above)
    end = _operand(tokens, below, vocabulary)
    if end == below:
        return None
    return [*tokens[k : above - 1], *tokens[below:end], *tokens[above - 1 : below]], end


def _operator_below(tokens: Sequence[Token], k: int, vocabulary: Vocabulary) -> _Found:
    r"""`\partial_w L` and `\nabla_w L`."""
    if tokens[k].type != "_D" or _types(tokens, k + 1, 1) != ["_UNDER"]:
        return None
    start = _end(tokens, k + 2)
    end = _operand(tokens, start, vocabulary)
    if end == start:
        return None
    d = _like(tokens[k], "_D", r"\partial")
    by = tokens[k + 2 : start]
    by = by[1:-1] if by[0].type == "_LBRACE" else by
    return _fraction(tokens[k], [d, *tokens[start:end]], [d, *by]), end


def _primed(tokens: Sequence[Token], k: int, vocabulary: Vocabulary) -> _Found:
    """`L'_w`, for names that are applied to arguments."""
    base, _, label = tokens[k].removesuffix("'").partition("_")
    if tokens[k].type != "NAME" or not tokens[k].endswith("'") or not label or base not in vocabulary.applied:
        return None
    by = [_like(tokens[k], token.type, str(token)) for token in lex(label.removeprefix("{").removesuffix("}"))]
    end = _end(tokens, k + 1) if _types(tokens, k + 1, 1) in (["_LPAR"], ["_LBRACK"]) else k + 1
    d = _like(tokens[k], "_D", r"\partial")
    return _fraction(tokens[k], [d, _like(tokens[k], "NAME", base), *tokens[k + 1 : end]], [d, *by]), end


def _slashed(tokens: Sequence[Token], k: int, vocabulary: Vocabulary) -> _Found:
    r"""`\partial L/\partial w` and `dL/dw`, the letter d right before the name."""
    if not _is_d(tokens, k, vocabulary):
        return None
    of = _end(tokens, k + 2) if _types(tokens, k + 1, 1) == ["_HAT"] else k + 1
    slash = _operand(tokens, of, vocabulary)
    if slash == of or _types(tokens, slash, 1) != ["_SLASH"] or not _is_d(tokens, slash + 1, vocabulary):
        return None
    end = slash + 2
    if _types(tokens, end, 1) != ["NAME"]:
        return None
    for letter, name in ((k, of), (slash + 1, end)):
        if tokens[letter].type == "NAME" and name == letter + 1 and tokens[letter].end_pos != tokens[name].start_pos:
            return None
    end = _end(tokens, end + 2) if _types(tokens, end + 1, 1) == ["_HAT"] else end + 1
    return _fraction(tokens[k], tokens[k:slash], tokens[slash + 1 : end]), end

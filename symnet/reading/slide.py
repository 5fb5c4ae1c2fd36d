"""Formulas as slides write them: LaTeX in, exact expressions out, by the grammar `slide.lark`.

Nothing is executed and nothing is guessed: what a formula could mean in two ways is refused with the place, and a
formula whose brackets do not match comes with every way to repair it by one bracket.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lark import Token, UnexpectedToken
from lark.visitors import Transformer_NonRecursive
from sympy import Expr, Integer, Rational, S, Symbol

from symnet.errors import InputError
from symnet.expressions import as_expression, substitute
from symnet.operations import call, sqrt
from symnet.reading.arithmetic import add, apply, exponent, multiply, number, power, signed_sum
from symnet.reading.conditions import RELATIONS, Comparisons, indicator, piecewise
from symnet.reading.latex import lex, parser
from symnet.reading.text import at, evaluate, shown
from symnet.reading.tokens import CLOSING, UnbalancedError, classify
from symnet.reading.vocabulary import FUNCTIONS, Vocabulary
from symnet.sums import Limits, Sum

__all__ = [
    "FUNCTIONS",
    "Applied",
    "Partial",
    "Statement",
    "UnbalancedError",
    "Vocabulary",
    "read_formula",
]

MAX_LENGTH = 50_000  # characters
MAX_ORDER = 4  # of a derivative
MAX_REPAIRS = 40
_BRACKETS = {"_LPAR": "(", "_RPAR": ")", "_LBRACK": "[", "_RBRACK": "]", "_LBRACE": "{", "_RBRACE": "}"}
_REPAIRABLE = 200  # tokens


_HYPERBOLIC = {"sinh": S.NegativeOne, "cosh": S.One}  # by the sign of e^-u in 2 sinh u and 2 cosh u


class Partial(Expr):
    """A derivative as a slide writes it: arguments are what is differentiated, then each name it is taken by."""

    is_commutative = True

    @property
    def of(self) -> Expr:
        return self.args[0]

    @property
    def wrt(self) -> tuple[Expr, ...]:
        return self.args[1:]


class Applied(Expr):
    """A declared name at arguments, `F_{NN}(x)` or `L(w)`: the name's symbol, then the arguments."""

    is_commutative = True

    def __new__(cls, name: Any, *arguments: Any) -> "Applied":
        return Expr.__new__(cls, name, *(as_expression(argument) for argument in arguments))

    @property
    def name(self) -> Expr:
        return self.args[0]

    @property
    def arguments(self) -> tuple[Expr, ...]:
        return self.args[1:]


@dataclass(frozen=True)
class Statement:
    """What a formula states.

    equalities: for each statement between commas the sides of its chain `a = b = c`; a single side where no sign
        of equality stands.
    text: the words around the formula, `\\text{…}`, raw Cyrillic and `// comments`.
    open: whether some sum ends in `+ \\dots`, so that the sides are only its beginning.
    where: for each chain the values of free indices that it was written out for, by who knows their ranges.
    """

    equalities: tuple[tuple[Expr, ...], ...]
    text: str = ""
    open: bool = False
    where: tuple[Mapping[str, str], ...] = ()


def read_formula(latex: str, vocabulary: Vocabulary | None = None) -> Statement:
    """Read one formula, with or without dollar signs around it.

    `/` divides by the next factor with its power; a sum sign takes the whole product after it; a comma, `\\quad`
    or text separates statements. Raises InputError with line and column in `latex`, UnbalancedError for brackets.
    """
    vocabulary = vocabulary or Vocabulary()
    try:
        if len(latex) > MAX_LENGTH:
            raise InputError(f"the formula has more than {MAX_LENGTH} characters")
        return _read(latex, vocabulary)
    except UnbalancedError as error:
        error.repairs = _repairs(latex, vocabulary)
        raise shown(error, latex) from None
    except InputError as error:
        raise shown(error, latex) from None


def _read(latex: str, vocabulary: Vocabulary) -> Statement:
    formula = classify(lex(_bare(latex)), vocabulary)
    session: Any = parser().parse_interactive()
    last = Token("$END", "", line=1, column=1, end_line=1, end_column=1)
    try:
        for token in formula.tokens:
            session.feed_token(token)
            last = token
        tree = session.feed_token(Token("$END", "", line=last.end_line, column=last.end_column))
    except UnexpectedToken as error:
        raise at(error.token, _explain(error, last)) from None
    equalities = evaluate(_Formulas(vocabulary, formula.bound), tree)
    if not equalities:
        raise InputError("there is no formula")
    return Statement(equalities, formula.text, formula.open)


def _bare(latex: str) -> str:
    """Without the signs of display mode around it; every other character keeps its place."""
    bare = latex
    for opening, closing in (("$$", "$$"), ("$", "$"), (r"\[", r"\]"), (r"\(", r"\)")):
        inner = bare.strip()
        if len(inner) >= len(opening) + len(closing) and inner.startswith(opening) and inner.endswith(closing):
            start = bare.index(opening)
            end = bare.rindex(closing)
            middle = bare[start + len(opening) : end]
            bare = bare[:start] + " " * len(opening) + middle + " " * len(closing) + bare[end + len(closing) :]
    return bare


def _explain(error: UnexpectedToken, last: Token) -> str:
    token, expected = error.token, error.expected
    found = repr(str(token)) if token.type != "$END" else "the end of the formula"
    if last.type == "_SQRT":
        return "only square roots of a group in braces are read: \\sqrt{…}"
    if last.type in ("_FRAC", "_RBRACE") and "_LBRACE" in expected and len(expected) == 1:
        return "a fraction needs both its parts in braces: \\frac{…}{…}"
    if last.type == "_D":
        return f"a name must follow {last}, not {found}"
    if last.type in ("_SUM", "_UNDER"):
        return "a sum needs its index and limits: \\sum_{i=1}^{m}"
    if token.type == "NUMBER" and "_TIMES" in expected:
        return f"the number {token} cannot follow a factor: put a sign between them, as in 2 \\cdot 3"
    if last.type in CLOSING and token.type in CLOSING.values():
        return f"the brackets {last}{token} are empty"
    if token.type == "_COMMA":
        return "a comma stands inside brackets: only a declared function takes several arguments"
    if token.type in ("_TEXT", "_STOP", "_COMMENT"):
        return f"{found} interrupts the formula"
    if token.type == "_END_CASES" or last.type in ("_CASES", "_ROW", "_AND", "COMPARISON"):
        return r"cases are two values with conditions, as in \begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases}"
    if "NUMBER" in expected:
        return f"a formula must go on here, not {found}"
    return f"unexpected {found} in a formula"


def _repairs(latex: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The readable formulas one bracket away, each meaning once."""
    found: dict[Any, tuple[int, str]] = {}
    for place, candidate in _candidates(latex):
        try:
            statement = _read(candidate, vocabulary)
        except InputError:
            continue
        found.setdefault(statement.equalities, (place, candidate))
        if len(found) == MAX_REPAIRS:
            break
    return tuple(candidate.strip().strip("$").strip() for _, candidate in sorted(found.values()))


def _candidates(latex: str) -> Iterator[tuple[int, str]]:
    """The formula with one bracket less, then with one more, and the place of the change.

    There are none unless exactly one bracket is too many or too few.
    """
    tokens = lex(_bare(latex))
    if len(tokens) > _REPAIRABLE:
        return
    count = Counter(t.type for t in tokens)
    odd = [(o, c) for o, c in CLOSING.items() if o in _BRACKETS and count[o] != count[c]]
    if len(odd) != 1 or abs(count[odd[0][0]] - count[odd[0][1]]) != 1:
        return
    opening, closing = odd[0]
    surplus, missing = (opening, closing) if count[opening] > count[closing] else (closing, opening)
    bracket = _BRACKETS[missing]
    for token in tokens:
        if token.type == surplus:
            yield token.start_pos or 0, latex[: token.start_pos] + latex[token.end_pos :]
    for token in tokens:
        # Nobody opens a bracket before a plus.
        if token != "+" or missing == closing:
            yield token.start_pos or 0, latex[: token.start_pos] + bracket + latex[token.start_pos :]
    end = tokens[-1].end_pos or 0
    yield end, latex[:end] + bracket + latex[end:]


class _Formulas(Transformer_NonRecursive[Token, Any]):
    """Builds the expressions bottom-up."""

    def __init__(self, vocabulary: Vocabulary, bound: frozenset[str]) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.bound = bound

    def start(self, chains: list[tuple[Expr, ...]]) -> tuple[tuple[Expr, ...], ...]:
        return tuple(chains)

    def chain(self, sides: list[Expr]) -> tuple[Expr, ...]:
        return tuple(sides)

    def sum(self, parts: list[Expr | str]) -> Expr:
        return signed_sum(["-" if part == "−" else part for part in parts])

    signed = sum

    def term(self, factors: list[Expr]) -> Expr:
        return multiply(factors)

    def over(self, divisor: list[Expr]) -> Expr:
        return power(divisor[0], S.NegativeOne)

    def series(self, parts: list[Any]) -> Expr:
        (ranges, conditions), body = parts
        body = multiply([*map(indicator, conditions), body])
        for limits in reversed(ranges):
            body = Sum(body, limits)
        return body

    def repeated(self, parts: list[Any]) -> Expr:
        (ranges, conditions), body = parts
        for index, lower, upper in reversed(ranges):
            if conditions or not (lower.is_Integer and upper.is_Integer):
                raise InputError(f"a product over {index} is read only from a number to a number")
            values = range(int(lower), int(upper) + 1)
            body = multiply([substitute(body, {index: Integer(k)}) for k in values])
        return body

    def limits(self, parts: list[Any]) -> tuple[list[Limits], list[Comparisons]]:
        index, lower, *condition, upper = parts
        return [(index, lower, upper)], condition

    def everywhere(self, parts: list[Any]) -> tuple[list[Limits], list[Comparisons]]:
        every = self.vocabulary.every
        if every is None:
            raise InputError(r"a sum needs its index and limits: \sum_{i=1}^{m}")
        if isinstance(parts[0], tuple):
            index, relation, other = parts[0]
            lower, upper = {
                "<": (S.One, other - 1),
                "<=": (S.One, other),
                ">": (other + 1, every),
                ">=": (other, every),
            }.get(relation, (S.One, every))
            return [(index, lower, upper)], [[(index, "!=", other)]] if relation == "!=" else []
        conditions = [part for part in parts if isinstance(part, list)]
        return [(index, S.One, every) for index in parts if not isinstance(index, list)], conditions

    def related(self, parts: list[Any]) -> tuple[Expr, str, Expr]:
        return parts[0], parts[1], parts[2]

    def relation(self, parts: list[Token]) -> str:
        return RELATIONS[parts[0]] if parts else "="

    def condition(self, parts: list[Any]) -> Comparisons:
        return [(parts[k], parts[k + 1], parts[k + 2]) for k in range(0, len(parts) - 2, 2)]

    def indicator(self, parts: list[Comparisons]) -> Expr:
        return indicator(parts[0])

    def index(self, parts: list[Token]) -> Expr:
        if len(parts[0]) > 1:
            raise at(parts[0], f"{parts[0]} cannot be the index of a sum: an index is one letter")
        return self._meaning(parts[0])

    def power(self, parts: list[Expr]) -> Expr:
        return power(*parts)

    def exponent(self, parts: list[Expr]) -> Expr:
        return exponent(parts[0])

    def number(self, parts: list[Token]) -> Expr:
        return number(parts[0].replace("{,}", "."))

    def name(self, parts: list[Token]) -> Expr:
        return self._meaning(parts[0])

    def _meaning(self, token: Token) -> Expr:
        return self.vocabulary.meaning(str(token), self.bound)

    def fraction(self, parts: list[Expr]) -> Expr:
        return multiply([parts[0], power(parts[1], S.NegativeOne)])

    def root(self, parts: list[Expr]) -> Expr:
        return sqrt(parts[0])

    def absolute(self, parts: list[Expr]) -> Expr:
        return call("abs", parts[0])

    def norm(self, parts: list[Expr]) -> Expr:
        inside, *degree = parts
        if not self.vocabulary.objects:
            return call("abs", inside)
        return Applied(Symbol("norm of"), inside, *degree)

    def degree(self, parts: list[Expr]) -> Expr:
        return parts[0]

    def mean(self, parts: list[Expr]) -> Expr:
        if not self.vocabulary.objects:
            raise InputError("an average needs objects to take it over, and there are none here")
        return Applied(Symbol("mean of"), parts[0])

    def positive_part(self, parts: list[Any]) -> Expr:
        if parts[1] != "+":
            raise at(parts[1], "of the parts of a number only the positive one is read: (x)_+")
        return call("relu", parts[0])

    def case(self, parts: list[Any]) -> tuple[Expr, Comparisons | None]:
        return parts[0], parts[1] if len(parts) == 2 else None

    def cases(self, parts: list[tuple[Expr, Comparisons | None]]) -> Expr:
        return piecewise(parts)

    def exponential(self, parts: list[Expr]) -> Expr:
        return call("exp", parts[0])

    def arguments(self, parts: list[Expr]) -> list[Expr]:
        return parts

    def call(self, parts: list[Any]) -> Expr:
        token, arguments = parts
        function, order = self._function(token)
        if order > MAX_ORDER:
            raise at(token, f"{token} has more than {MAX_ORDER} primes")
        if function in _HYPERBOLIC and len(arguments) == 1 and not order:
            (u,) = arguments
            falling = multiply([_HYPERBOLIC[function], call("exp", multiply([S.NegativeOne, u]))])
            return multiply([Rational(1, 2), add([call("exp", u), falling])])
        return apply(function, arguments, order)

    def powered(self, parts: list[Any]) -> Expr:
        token, degree, arguments = parts
        if not degree.is_Integer or degree < 1:
            raise at(token, f"{token}^{{{degree}}} is read as a power only for 1, 2, 3, …")
        return power(self.call([token, arguments]), degree)

    def bare(self, parts: list[Any]) -> Expr:
        return self.call([parts[0], [parts[1]]])

    def _function(self, token: Token) -> tuple[str, int]:
        known = self.vocabulary.function(str(token))
        if not known:
            raise at(token, f"{token} is not among the functions of this vocabulary")
        return known

    def applied(self, parts: list[Any]) -> Expr:
        token, arguments = parts
        return Applied(self._meaning(token), *arguments)

    def dots(self, parts: list[Token]) -> Expr:
        raise at(parts[0], f"{parts[0]} stands for something: write a \\sum, or leave it at the end of a sum")

    def order(self, parts: list[Token]) -> int:
        if parts[0] not in [str(k) for k in range(1, MAX_ORDER + 1)]:
            raise at(parts[0], f"{parts[0]} is no order of a derivative: from 1 to {MAX_ORDER}")
        return int(parts[0])

    def wrt(self, parts: list[Any]) -> tuple[Expr, int]:
        return parts[0], parts[1] if len(parts) == 2 else 1

    def partial(self, parts: list[Any]) -> Expr:
        order = parts.pop(0) if isinstance(parts[0], int) else 1
        of, *steps = parts
        wrt = [name for name, times in steps for _ in range(times)]
        if len(wrt) != order:
            raise InputError(f"the derivative has the order {order} above the line and {len(wrt)} below it")
        for name in wrt:
            if not (isinstance(name, Symbol) or name.is_Indexed):
                raise InputError(f"a derivative by {name}, which is no name")
        return Partial(of, *wrt)

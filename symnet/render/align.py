r"""Equations under each other in an `align*`, long right sides broken at a plus or minus.

The width of what TeX will print is estimated token by token from the widths of Computer Modern, in em of the text
font. A line breaks at the outermost sum that has a place to break, between two brackets that are multiplied where
there is none, and inside a bracket only where that alone is wider than the line: then `\right.` and `\left.` close and
reopen what the break cuts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from symnet.equations import Derivation, Equation
from symnet.render.latex import latex, left_side
from symnet.render.naming import Naming

__all__ = [
    "Row",
    "align_latex",
    "align_sides",
    "align_steps",
    "break_lines",
    "breaks_inside",
    "display",
    "height",
    "rows",
    "separate",
    "width",
]

_TOKEN = re.compile(r"\\(?:left|right)(?![A-Za-z])(?:\\.|.)|\\[A-Za-z]+|\\.| [+-] |.", re.DOTALL)

# Widths in em of Computer Modern at its natural size, binary signs with their spaces; measured, TeX differs by 2%.
_WIDTHS = {
    **{" + ": 1.22, " - ": 1.22, "-": 0.78, "=": 1.33, ",": 0.44, "(": 0.39, ")": 0.39, "[": 0.28, "]": 0.28},
    **{"m": 0.88, "w": 0.73, "i": 0.35, "j": 0.43, "l": 0.3, "t": 0.36, "'": 0.28},
    **{r"\sum": 1.6, r"\sqrt": 0.83, r"\cdot": 0.72, r"\le": 1.33, r"\partial": 0.58, r"\operatorname": 0.17},
    **{r"\tanh": 2.05, r"\ln": 0.83, r"\max": 1.89, r"\min": 1.7, r"\quad": 1.0, r"\,": 0.17, r"\!": -0.17},
    **dict.fromkeys((r"\mathrm", r"\mathit", r"\text", r"\hat", r"\bar", r"\tilde"), 0.0),
}
_LETTER, _CAPITAL, _DIGIT, _COMMAND, _TALL_BRACKET = 0.56, 0.74, 0.5, 0.6, 0.6
_SCRIPT, _BESIDE = 0.8, 0.05  # the size of a subscript, and the space after it
_FRACTION_LINE = 0.24
_ALIGNED = re.compile(r"\\(?:begin|end)\{aligned\}")
# What may begin a factor, besides a letter and a bracket.
_FACTOR = {r"\frac", r"\sqrt", r"\operatorname", r"\sum", *(f"\\{f}" for f in ("sigma", "tanh", "varphi", "hat", "ln"))}


@dataclass
class _Group:
    """What is open while a width is added up: its parts so far, and what the next part is to the one before."""

    total: float = 0.0
    scripts: dict[str, float] = field(default_factory=dict)  # sub- and superscript stand above each other
    role: str = ""  # "_", "^", "over", "under" or "colour": how the next part counts
    over: float = 0.0
    stands_over: float = 0.0  # the width under which scripts stand as limits, that of a big operator

    def add(self, width: float) -> None:
        role, self.role = self.role, ""
        if role in ("_", "^"):
            self.scripts[role] = _SCRIPT * width + _BESIDE - self.stands_over
        elif role == "over":
            self.over, self.role = width, "under"
        elif role != "colour":
            self._settle()
            self.total += max(self.over, width) + _FRACTION_LINE if role == "under" else width
            self.stands_over = 0.0

    def _settle(self) -> None:
        self.total += max(0.0, *self.scripts.values()) if self.scripts else 0.0
        self.scripts.clear()

    def closed(self) -> float:
        self._settle()
        return self.total


def width(latex: str) -> float:
    """The estimated printed width of a formula, in em."""
    groups = [_Group()]
    for token in _TOKEN.findall(latex):
        if token == "{":
            groups.append(_Group())
        elif token == "}":
            inner = groups.pop().closed()
            groups[-1].add(inner)
        elif token in ("_", "^"):
            groups[-1].role = token
        elif token in (r"\frac", r"\dfrac", r"\tfrac"):
            groups[-1].role = "over"
        elif token == r"\textcolor":
            groups[-1].role = "colour"
        elif token != " ":
            groups[-1].add(_token_width(token))
            if token == r"\sum":
                groups[-1].stands_over = _WIDTHS[token]
    return groups[0].closed()


def _token_width(token: str) -> float:
    if _grows(token):
        return _TALL_BRACKET
    if token in _WIDTHS:
        return _WIDTHS[token]
    if token.startswith("\\"):
        return _COMMAND
    if token.isupper():
        return _CAPITAL
    return _DIGIT if token.isdigit() else _LETTER


def _grows(token: str) -> bool:
    """Whether the token is a bracket that grows, \\left( or \\right), not an arrow."""
    return token.startswith((r"\left", r"\right")) and not token[-1].isalpha()


@dataclass(frozen=True)
class _Segment:
    """A stretch between two places to break, and the brackets open at its beginning."""

    latex: str
    depth: float  # brackets of any kind, a condition [..] twice; between two factors half a bracket more
    reopen: int  # of these, growing ones
    width: float


def _segments(formula: str) -> list[_Segment]:
    segments: list[_Segment] = []
    braces = depth = growing = 0
    start: tuple[float, int] = (0, 0)
    at = [""]
    closed = False  # the last token closed a bracket, or is of the exponent of one
    raised = False  # the exponent of a bracket comes next

    def finish() -> None:
        text = "".join(at)
        segments.append(_Segment(text, *start, width(text)))

    for token in _TOKEN.findall(formula):
        if token in "{}":
            braces += 1 if token == "{" else -1
        elif not braces:
            if token in (" + ", " - "):
                finish()
                start, at = (depth, growing), []
            else:
                opens = token in ("(", "[") or (_grows(token) and token.startswith(r"\left"))
                if closed and ((opens and token[-1] in "([") or token.isalpha() or token in _FACTOR):
                    finish()
                    start, at = (depth + 0.5, growing), []
                weight = 2 if token[-1] in "[]" else 1
                if opens:
                    depth += weight
                    growing += token.startswith("\\")
                elif token in (")", "]") or _grows(token):
                    depth -= weight
                    growing -= token.startswith("\\")
        at.append(token)
        if token == "^" and closed and not braces:
            raised = True
        elif raised:
            raised = braces > 0
        elif token != " ":
            closed = not braces and token[-1] in ")]"
    finish()
    return segments


def break_lines(formula: str, first: float, rest: float) -> list[str]:
    """Lines at most `first` em wide, the later ones `rest`, as far as there are places to break.

    Each line but the first begins with its plus, minus or dot; brackets that grow are balanced in every line.
    """
    segments = _segments(formula)
    lines: list[str] = []
    begin = 0
    while begin < len(segments):
        room = rest if lines else first
        end, used = begin, 0.0
        while end < len(segments) and (end == begin or used + segments[end].width <= room):
            used += segments[end].width
            end += 1
        if end < len(segments):
            outermost = min(segment.depth for segment in segments[begin + 1 : end + 1])
            end = max(k for k in range(begin + 1, end + 1) if segments[k].depth == outermost)
        closing = segments[end].reopen if end < len(segments) else 0
        text = "".join(segment.latex for segment in segments[begin:end]).strip()
        sign, text = _sign(text) if lines else ("", text)
        opening = r"\left." * segments[begin].reopen + " " * (segments[begin].reopen > 0)
        lines.append(sign + opening + text + r" \right." * closing)
        begin = end
    return lines


def _sign(line: str) -> tuple[str, str]:
    """What a continued line begins with, and the rest of it."""
    return (line[:2], line[2:]) if line[:2] in ("+ ", "- ") else (r"\cdot ", line)


def breaks_inside(formula: str, line: float) -> bool:
    """Whether lines of that many em would break it inside brackets in brackets: it is better written another way."""
    open_ = 0
    for part in break_lines(formula, line, line)[:-1]:
        open_ += sum(part.count(bracket) for bracket in "([") - sum(part.count(bracket) for bracket in ")]")
        if open_ > 1:
            return True
    return False


def align_latex(equations: Derivation | Iterable[Equation], naming: Naming | None = None, width: float = 34.0) -> str:
    """The equations as an `align*`, one under the other at their equals signs.

    width: of a line in em; 34 is the text width of an `article`.
    """
    listed = list(equations)
    if naming is None:
        naming = Naming.of(equations) if isinstance(equations, Derivation) else Naming({e.name: e for e in listed})
    return align_sides([(left_side(equation, naming), latex(equation.rhs, naming)) for equation in listed], width)


def align_sides(sides: Sequence[tuple[str, str]], width: float = 34.0) -> str:
    """The same of equations that are LaTeX already, the left side of each and the right."""
    return _aligned(sides, width)


def align_steps(steps: Sequence[str], width: float = 34.0) -> str:
    """A chain of equal formulas (`by_hand_steps`), each on its own line: the first = the second = … ."""
    name, *formulas = steps
    return _aligned([(name if k == 0 else "", formula) for k, formula in enumerate(formulas)], width)


def display(formula: str, width: float = 34.0) -> str:
    r"""One formula as a display, broken where it is longer than a line, and at `\\` outside of environments."""
    return _aligned([("", line) for line in separate(formula, width)], width, "")


def separate(formula: str, room: float) -> list[str]:
    r"""The lines between `\\`, and what `\quad` separates on a line of its own where it does not fit together.

    An `aligned` is taken apart; any other environment is one line.
    """
    lines = _ALIGNED.sub("", formula).split(r"\\")
    if r"\begin" in formula:
        if any(r"\begin" in line for line in lines):
            return [formula]
        lines = [line.strip().removeprefix("&") for line in lines]
    return [part.strip() for line in lines for part in (line.split(r"\quad") if width(line) > room else [line])]


def _aligned(sides: Sequence[tuple[str, str]], line: float, relation: str = "= ") -> str:
    body = " \\\\\n".join(f"{left} &{right}".strip() for group in rows(sides, line, relation) for left, right in group)
    body = body.replace('"', "''")  # Russian babel makes the straight quote a command
    return "\n".join([r"\begin{align*}", body, r"\end{align*}"])


Row = tuple[str, str]  # what stands before and behind the place where rows are aligned


def rows(sides: Sequence[tuple[str, str]], line: float = 34.0, relation: str = "= ") -> list[tuple[Row, ...]]:
    """The rows of an `align` for equations `left = right`, those of each equation together.

    line: the width of a line in em, within which all of them stand under each other. relation: what stands between
    the sides, unless the right one begins with a relation of its own, or is the first and has nothing on its left.
    """
    room = line - max((width(left) for left, _ in sides), default=0.0) - _WIDTHS["="]
    found: list[tuple[Row, ...]] = []
    for left, right in sides:
        first, *more = break_lines(right, room, room - _WIDTHS[r"\quad"])
        begins = not (left or found) or first.startswith((r"\approx", "= "))
        sign = "" if begins else relation
        found.append(((left, f"{sign}{first}".rstrip()), *(("", rf"\quad {{}} {continued}") for continued in more)))
    return found


_PLAIN, _STOREY, _LIMITS = 1.5, 1.15, 3.25  # em of the text font: a row, a fraction in it, a row with a sum


def height(latex: str) -> float:
    """The estimated height of a row with the space above it, in em: fractions in each other, sums and their limits."""
    deepest = depth = 0
    open_: list[bool] = []
    fractions = 0  # braces still to come that belong to a fraction
    for token in _TOKEN.findall(latex):
        if token in (r"\frac", r"\dfrac"):
            fractions = 2
        elif token == "{":
            open_.append(fractions > 0)
            fractions = max(0, fractions - 1)
            depth += open_[-1]
            deepest = max(deepest, depth)
        elif token == "}" and open_:
            depth -= open_.pop()
    if r"\sum_" not in latex:
        return _PLAIN + _STOREY * deepest
    return max(_LIMITS, _PLAIN + _STOREY * (deepest + 1)) if deepest > 1 else _LIMITS

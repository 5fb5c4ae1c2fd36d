r"""Equations under each other in an `align*`, long right sides broken at a plus or minus.

The width of what TeX will print is estimated token by token from the widths of Computer Modern, in em of the text
font. A line breaks at the outermost sum that has a place to break; inside a bracket only where a term alone is
wider than the line, and then `\right.` and `\left.` close and reopen what the break cuts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from symnet.equations import Derivation, Equation
from symnet.render.latex import latex, left_side
from symnet.render.naming import Naming

__all__ = ["align_latex", "align_steps", "break_lines", "display", "width"]

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


@dataclass
class _Group:
    """What is open while a width is added up: its parts so far, and what the next part is to the one before."""

    total: float = 0.0
    scripts: dict[str, float] = field(default_factory=dict)  # sub- and superscript stand above each other
    role: str = ""  # "_", "^", "over" or "under": how the next part counts
    over: float = 0.0
    stands_over: float = 0.0  # the width under which scripts stand as limits, that of a big operator

    def add(self, width: float) -> None:
        role, self.role = self.role, ""
        if role in ("_", "^"):
            self.scripts[role] = _SCRIPT * width + _BESIDE - self.stands_over
        elif role == "over":
            self.over, self.role = width, "under"
        else:
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
    depth: int  # brackets of any kind
    reopen: int  # of these, growing ones
    width: float


def _segments(formula: str) -> list[_Segment]:
    segments: list[_Segment] = []
    braces = depth = growing = 0
    start, at = (0, 0), [""]

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
            elif token in ("(", "[") or (_grows(token) and token.startswith(r"\left")):
                depth += 1
                growing += token.startswith("\\")
            elif token in (")", "]") or _grows(token):
                depth -= 1
                growing -= token.startswith("\\")
        at.append(token)
    finish()
    return segments


def break_lines(formula: str, first: float, rest: float) -> list[str]:
    """Lines at most `first` em wide, the later ones `rest`, as far as there are places to break.

    Each line but the first begins with its plus or minus; brackets that grow are balanced in every line.
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
        lines.append(_reopened(text, segments[begin].reopen) + r" \right." * closing)
        begin = end
    return lines


def _reopened(text: str, brackets: int) -> str:
    return text if not brackets else text[:2] + r"\left." * brackets + " " + text[2:]


def align_latex(equations: Derivation | Iterable[Equation], naming: Naming | None = None, width: float = 34.0) -> str:
    """The equations as an `align*`, one under the other at their equals signs.

    width: of a line in em; 34 is the text width of an `article`.
    """
    listed = list(equations)
    if naming is None:
        naming = Naming.of(equations) if isinstance(equations, Derivation) else Naming({e.name: e for e in listed})
    sides = [(left_side(equation, naming), latex(equation.rhs, naming)) for equation in listed]
    return _aligned(sides, width)


def align_steps(steps: Sequence[str], width: float = 34.0) -> str:
    """A chain of equal formulas (`by_hand_steps`), each on its own line: the first = the second = … ."""
    name, *formulas = steps
    return _aligned([(name if k == 0 else "", formula) for k, formula in enumerate(formulas)], width)


def display(formula: str, width: float = 34.0) -> str:
    r"""One formula as a display, broken where it is longer than a line, and at `\\` outside of environments."""
    lines = [formula] if r"\begin" in formula else formula.split(r"\\")
    return _aligned([("", line.strip()) for line in lines], width, "&")


def _aligned(sides: Sequence[tuple[str, str]], line: float, relation: str = "&=") -> str:
    room = line - max((width(left) for left, _ in sides), default=0.0) - _WIDTHS["="]
    rows = []
    for left, right in sides:
        first, *more = break_lines(right, room, room - _WIDTHS[r"\quad"])
        rows.append(f"{left} {relation} {first}".strip())
        rows += [rf"&\quad {{}} {continued}" for continued in more]
    return "\n".join([r"\begin{align*}", " \\\\\n".join(rows), r"\end{align*}"])

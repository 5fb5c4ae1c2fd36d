"""A picture as SVG: a file of its own, or inline in a page, whose text colour it takes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from unicodedata import lookup

from symnet.drawing.picture import INKS, Box, Circle, Item, Label, Line, Picture, Point

__all__ = ["mathematics", "svg"]

_FONT = "'STIX Two Math','Latin Modern Math','Cambria Math','Times New Roman',serif"
_SHIFT = {1: 0.28, -1: -0.42}  # of the font size, for a subscript and a superscript
_SMALL = 0.75


def svg(picture: Picture) -> str:
    """The picture as an `<svg>` element with a title for readers who cannot see it."""
    width, height = (_number(v) for v in (picture.width, picture.height))
    title = escape(picture.title)
    body = "\n".join(_item(item) for item in picture.items)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}pt" height="{height}pt" '
        f'role="img" aria-label="{title}" font-family="{_FONT}">\n<title>{title}</title>\n{body}\n</svg>'
    )


def _item(item: Item) -> str:
    match item:
        case Line(points):
            return f'<path d="{_path(item)}" fill="none" {_stroke(item.ink)}/>' + (
                _arrow_head(points[-2], points[-1], item.ink) if item.arrow else ""
            )
        case Circle((x, y), radius):
            return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}" {_paper} {_stroke(item.ink)}/>'
        case Box((x, y), width, height):
            left, top = _number(x - width / 2), _number(y - height / 2)
            size = f'width="{_number(width)}" height="{_number(height)}" rx="3"'
            return f'<rect x="{left}" y="{top}" {size} {_paper} {_stroke(item.ink)}/>'
        case Label((x, y), latex):
            halo = ' style="paint-order:stroke;stroke:white;stroke:var(--paper,white);stroke-width:3"' * item.halo
            place = f'x="{_number(x)}" y="{_number(y + 0.33 * item.size)}" font-size="{_number(item.size)}"'
            return (
                f'<text {place} text-anchor="middle" fill="{_colour(item.ink)}"{halo}>'
                f"{mathematics(latex, item.size)}</text>"
            )


# Filled with the colour of the page, so that lines end at the rim.
_paper = 'style="fill:white;fill:var(--paper,white)"'


def _path(line: Line) -> str:
    first, *rest = (f"{_number(x)} {_number(y)}" for x, y in line.points)
    if line.curved:
        return f"M{first} Q{' '.join(rest)}"
    return f"M{first} " + " ".join(f"L{point}" for point in rest)


def _arrow_head(before: Point, tip: Point, ink: str) -> str:
    (x0, y0), (x, y) = before, tip
    length = max(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5, 1e-9)
    u, v = (x - x0) / length, (y - y0) / length
    corners = [(x, y), (x - 6 * u - 2.5 * v, y - 6 * v + 2.5 * u), (x - 6 * u + 2.5 * v, y - 6 * v - 2.5 * u)]
    points = " ".join(f"{_number(a)},{_number(b)}" for a, b in corners)
    return f'<polygon points="{points}" fill="{_colour(ink)}"/>'


def _colour(ink: str) -> str:
    return INKS[ink].rgb or "currentColor"


def _stroke(ink: str) -> str:
    pattern = INKS[ink].dashes
    dashes = f' stroke-dasharray="{" ".join(map(_number, pattern))}"' if pattern else ""
    return f'stroke="{_colour(ink)}" stroke-width="{_number(INKS[ink].width)}"{dashes}'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


# Mathematics in one line of text


@dataclass(frozen=True)
class _Span:
    text: str
    level: int = 0  # 1 for a subscript, -1 for a superscript
    upright: bool = False


_SIGNS = {
    "cdot": "·", "times": "×", "le": "≤", "ge": "≥", "ne": "≠", "partial": "∂", "infty": "∞", "sum": "Σ",
    "varphi": "φ", "varepsilon": "ε", "quad": "\u2003", "pm": "±", "ell": "ℓ", "to": "→",
}  # fmt: skip
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307"}
_NOTHING = {"left", "right", "mathit", "mathrm", "text", "displaystyle", "mathcal", "boldsymbol"}
_UPRIGHT = {"operatorname", "mathrm", "text"}


def mathematics(latex: str, size: float) -> str:
    """LaTeX of mathematics as `<tspan>`s in one line; a fraction is written with a slash.

    What has no sign of its own is written by its name.
    """
    written, lowered = [], 0.0
    spans = _spans(re.findall(r"\\[A-Za-z]+|\\.|\s+|.", latex))
    for (level, upright), run in groupby(spans, key=lambda s: (s.level, s.upright)):
        span = _Span("".join(s.text for s in run), level, upright)
        wanted = _SHIFT.get(span.level, 0.0) * size
        style = "" if span.upright else ' font-style="italic"'
        scale = f' font-size="{_number(_SMALL * size)}"' if span.level else ""
        move = f' dy="{_number(wanted - lowered)}"' if abs(wanted - lowered) > 1e-6 else ""
        written.append(f"<tspan{move}{scale}{style}>{escape(span.text)}</tspan>")
        lowered = wanted
    return "".join(written)


def _spans(tokens: list[str], level: int = 0, upright: bool = False) -> Iterator[_Span]:
    tokens = list(tokens)
    while tokens:
        token = tokens.pop(0)
        if token in "_^" and token:
            yield from _spans(_argument(tokens), 1 if token == "_" else -1, upright)
        elif token == "{":
            tokens.insert(0, token)
            yield from _spans(_argument(tokens), level, upright)
        elif token in (r"\frac", r"\tfrac", r"\dfrac"):
            above, below = _argument(tokens), _argument(tokens)
            yield from (*_bracketed(above, level), _Span("/", level, True), *_bracketed(below, level))
        elif token == r"\sqrt":
            yield from (_Span("√", level, True), *_bracketed(_argument(tokens), level))
        elif token[1:] in _ACCENTS and token.startswith("\\"):
            yield from (_Span(s.text + _ACCENTS[token[1:]], s.level, s.upright) for s in _spans(_argument(tokens)))
        elif token.startswith("\\"):
            name = token[1:]
            if name in _UPRIGHT:
                yield from _spans(_argument(tokens), level, True)
            elif name not in _NOTHING and name.isalpha():
                yield _Span(_SIGNS.get(name) or _greek(name), level, upright or not _is_letter(name))
            elif name in (" ", ",", ";", ":"):
                yield _Span("\u2005", level, True)
            elif not name.isalpha() and name in "{}|":
                yield _Span(name, level, True)
        elif token.strip():
            text = {"-": "−", "'": "′", "*": "·"}.get(token, token)
            yield _Span(text, level, upright or not token.isalpha())
        elif level == 0:
            yield _Span("\u2009", level, True)


def _argument(tokens: list[str]) -> list[str]:
    """What the next token or the next pair of braces holds, taken from the front."""
    while tokens and not tokens[0].strip():
        tokens.pop(0)
    if not tokens or tokens[0] != "{":
        return [tokens.pop(0)] if tokens else []
    depth, taken = 0, []
    while tokens:
        token = tokens.pop(0)
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth == 0:
            break
        taken.append(token)
    return taken[1:]


def _bracketed(tokens: list[str], level: int) -> Iterator[_Span]:
    alone = not any(token in "+-" for token in tokens) and len(tokens) < 12
    yield from [] if alone else [_Span("(", level, True)]
    yield from _spans(tokens, level)
    yield from [] if alone else [_Span(")", level, True)]


def _greek(name: str) -> str:
    letter = name.upper().replace("LAMBDA", "LAMDA")  # as Unicode spells it
    try:
        return lookup(f"GREEK {'CAPITAL' if name[0].isupper() else 'SMALL'} LETTER {letter}")
    except KeyError:
        return name


def _is_letter(name: str) -> bool:
    """Greek letters slant, as all letters of mathematics do; words and signs do not."""
    return name.startswith("var") or (_greek(name) != name and name[0].islower())

r"""Slides: frames of words and formulas that fit, for LaTeX's beamer class.

A frame holds one idea: sentences and equations that appear one after the other. What does not fit below each other
goes on to the next frame; widths and heights are estimated (`align`), and the tests measure what TeX makes of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from symnet.render.align import Row, height
from symnet.render.document import babel_name

__all__ = ["DEVIATION", "DROPPED", "LINE", "LINES", "MEAN", "Frame", "Item", "beamer", "frames"]

LINE = 33.0  # em of a line of a formula on a slide of 16 by 9, in 11 pt
LINES = 5  # that an equation may take before what recurs in it is given a name
_PAGE = 17.5  # em between the title and the foot of a frame
_WORDS_HEIGHT, _WORDS_WIDTH = 1.5, 62  # a line of words: its em, its letters

# What changes is coloured; readable on white, apart for the colour-blind as well.
DROPPED, MEAN, DEVIATION = "red!80!black", "blue!85!black", "orange!90!black"

_DOCUMENT = r"""\documentclass[11pt,aspectratio=169]{beamer}
\usepackage[utf8]{inputenc}
\usepackage[T1,T2A]{fontenc}
\usepackage[%s]{babel}
\usepackage{amsmath,amssymb,tikz}
\usefonttheme[onlymath]{serif}
\setbeamertemplate{navigation symbols}{}
\setbeamertemplate{footline}{\hfill\usebeamerfont{footline}\color{gray}\insertframenumber\hspace{1em}\vspace{0.6em}}
\setbeamerfont{frametitle}{size=\large,series=\bfseries}
\setbeamercolor{frametitle}{fg=blue!40!black}
\setlength{\abovedisplayskip}{4pt}\setlength{\belowdisplayskip}{4pt}
\newcommand{\fit}[1]{\sbox0{$\displaystyle #1$}\ifdim\wd0>0.96\linewidth
  \resizebox{0.96\linewidth}{!}{\usebox0}\else\usebox0\fi}
\newcommand{\drawn}[1]{\begin{center}\sbox0{#1}\dimen0=0.72\textheight
  \ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\ifdim\ht0>\dimen0\resizebox{!}{\dimen0}{\usebox0}\else
  \usebox0\fi\fi\end{center}}
\begin{document}
%s
\end{document}
"""


@dataclass(frozen=True)
class Item:
    r"""A sentence (LaTeX) and the rows of the equations below it; what appears at once.

    rows: those of one equation each; they appear one after the other.
    """

    words: str = ""
    rows: tuple[tuple[Row, ...], ...] = ()


@dataclass(frozen=True)
class Frame:
    """A title and what stands below it, in LaTeX; `stepwise`, one after the other."""

    title: str
    items: tuple[Item, ...]
    stepwise: bool = True

    @property
    def latex(self) -> str:
        lines = [rf"\begin{{frame}}\frametitle{{{self.title}}}"]
        shown = 1
        next_ = int(self.stepwise)
        for item in self.items:
            if item.words:
                lines.append(_uncovered(item.words, shown) + ("" if item.rows else r"\par\medskip"))
            if item.rows:
                body = []
                for group in item.rows:
                    body += [rf"{_uncovered(left, shown)} &{_uncovered(right, shown)}" for left, right in group]
                    shown += next_
                lines += [r"\begin{align*}", " \\\\\n".join(body), r"\end{align*}"]
            elif item.words:
                shown += next_
        return "\n".join([*lines, r"\end{frame}"])


def _uncovered(text: str, since: int) -> str:
    if since == 1 or not text:
        return text
    return rf"\uncover<{since}->{{{'{}' if text.startswith('=') else ''}{text}}}"


def frames(title: str, items: Iterable[Item], stepwise: bool = True) -> list[Frame]:
    """The items below each other, on as many frames of this title as they need; `stepwise`, one after the other."""
    pages: list[list[Item]] = [[]]
    left = _PAGE
    for item in items:
        for part in _pieces(item):
            need = _height(part)
            if need > left and pages[-1]:
                pages.append([])
                left = _PAGE
            pages[-1].append(part)
            left -= need
    used = [tuple(_joined(page)) for page in pages if page]
    if len(used) == 1:
        return [Frame(title, used[0], stepwise)]
    return [
        Frame(rf"{title} \textcolor{{gray}}{{({k}/{len(used)})}}", page, stepwise) for k, page in enumerate(used, 1)
    ]


def _height(item: Item) -> float:
    words = _WORDS_HEIGHT * -(-len(item.words) // _WORDS_WIDTH)
    display = 0.8 if item.rows and item.words else 0.0
    return words + display + sum(_row_height(row) for group in item.rows for row in group)


def _row_height(row: Row) -> float:
    return max(map(height, row))


def _pieces(item: Item) -> Iterator[Item]:
    """The item whole if a frame can hold it, else its words with the first rows, then the other rows."""
    if _height(item) <= _PAGE:
        yield item
        return
    words, left = item.words, _PAGE - _height(Item(item.words)) - 0.8
    page: list[tuple[Row, ...]] = []
    for group in item.rows:
        part: list[Row] = []
        for row in group:
            need = _row_height(row)
            if need > left and (page or part):
                yield Item(words, (*page, *([tuple(part)] if part else [])))
                words, left, page, part = "", _PAGE, [], []
            part.append(row)
            left -= need
        page.append(tuple(part))
    yield Item(words, tuple(page))


def _joined(items: Sequence[Item]) -> Iterator[Item]:
    """Rows without words between them belong to one alignment."""
    last: Item | None = None
    for item in items:
        if last and last.rows and item.rows and not item.words:
            last = Item(last.words, (*last.rows, *item.rows))
        else:
            if last:
                yield last
            last = item
    if last:
        yield last


def beamer(shown: Sequence[Frame], language: str = "en") -> str:
    """A complete Beamer document of the frames, in English ("en") or Russian ("ru").

    Raises SymnetError for another language.
    """
    body = "\n\n".join(frame.latex for frame in shown)
    main = babel_name(language)
    quoted = "russian" if main != "russian" else "english"
    return _DOCUMENT % (f"{quoted},{main}", body)

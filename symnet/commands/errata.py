"""The errata sheet of the lectures: what is printed, what is right, why, and the smallest edit."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from symnet.claims import Result, formula_in, phrase
from symnet.commands.lectures import WRONG, witness_text
from symnet.errors import SymnetError
from symnet.render.align import display
from symnet.render.document import plain_words, standalone
from symnet.render.words import section_name

__all__ = ["errata"]

_WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Errata",
        "lines": "lines",
        "printed": "Printed",
        "right": "Right",
        "why": "Why",
        "edit": "Smallest edit",
        "reading": "Reading",
        "if": "if",
        "and": "and",
        "proved": "true",
        "proved-if": "true",
        "refuted": "wrong",
        "ambiguous": "cannot be read as printed",
        "undecided": "undecided",
    },
    "ru": {
        "title": "Список опечаток",
        "lines": "строки",
        "printed": "Напечатано",
        "right": "Верно",
        "why": "Почему",
        "edit": "Наименьшая правка",
        "reading": "Прочтение",
        "if": "если",
        "and": "и",
        "proved": "верно",
        "proved-if": "верно",
        "refuted": "неверно",
        "ambiguous": "в напечатанном виде не читается",
        "undecided": "не решено",
    },
}
Words = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """What it is, and then words, a formula in LaTeX, or the slide's own text."""

    what: str
    words: str = ""
    formula: str = ""
    printed: str = ""


def errata(results: Sequence[Result], path: str, language: str = "en") -> str:
    """The sheet as Markdown, LaTeX or HTML, by the ending of the file it is for (`.md`, `.tex`, `.html`).

    Raises SymnetError for another ending or language.
    """
    writers: dict[str, Callable[[Sequence[Result], str], str]] = {"md": _markdown, "tex": _tex, "html": _html}
    ending = path.rpartition(".")[2]
    if ending not in writers:
        raise SymnetError(f"an errata sheet is written as .md, .tex or .html, not as {path}")
    if language not in _WORDS:
        raise SymnetError(f"there is no language {language!r}; choose one of {', '.join(_WORDS)}")
    return writers[ending]([result for result in results if result.verdict in WRONG], language)


def _rows(result: Result, language: str) -> Iterator[Row]:
    verdict, words = result.finding.verdict, _WORDS[language]
    yield Row(words["printed"], printed=result.claim.says)
    if verdict.correction:
        formula = verdict.correction.get("marked", verdict.correction["latex"])
        yield Row(words["right"], formula=formula) if formula else Row(words["right"], verdict.correction["text"])
        if "edit" in verdict.correction:
            yield Row(words["edit"], verdict.correction["edit"])
    why = witness_text(verdict.witness, language) if verdict.witness else phrase(verdict.method, language)
    note = result.note(language).rstrip(".")
    yield Row(words["why"], f"{why}{'; ' if note[0].islower() else '. '}{note}." if note else why)
    for reading in result.finding.readings:
        found = words[reading.verdict.verdict]
        if reading.verdict.assumptions:
            found += f" {words['if']} " + f" {words['and']} ".join(
                phrase(a, language) for a in reading.verdict.assumptions
            )
        yield Row(f"{words['reading']}, {found}", formula=formula_in(reading.latex, language))


def _heading(result: Result, language: str) -> str:
    claim, words = result.claim, _WORDS[language]
    place = f", {words['lines']} {claim.lines}" if claim.lines else ""
    section = section_name(claim.section, language)
    return f"{claim.id} ({claim.lecture}: {section}{place}): {claim.named(language)}, {words[result.verdict]}"


def _markdown(results: Sequence[Result], language: str) -> str:
    words = _WORDS[language]
    lines = [f"# {words['title']}"]
    for result in results:
        lines += ["", f"## {_heading(result, language)}", ""]
        for row in _rows(result, language):
            text = _code(row.printed) if row.printed else f"${row.formula}$" if row.formula else row.words
            lines.append(f"- **{row.what}**: {text}")
    return "\n".join(lines)


def _code(text: str) -> str:
    """Verbatim in Markdown: in more backticks than stand together in the text."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{ticks}{space}{' '.join(text.split())}{space}{ticks}"


def _tex(results: Sequence[Result], language: str) -> str:
    words = _WORDS[language]
    parts = [r"\sloppy", rf"\section*{{{words['title']}}}"]
    for result in results:
        parts.append(rf"\subsection*{{{plain_words(_heading(result, language))}}}")
        for row in _rows(result, language):
            if row.formula:
                shown = display(row.formula)
            elif row.words:
                shown = rf"{{\raggedright {plain_words(row.words)}\par}}"
            else:
                verbatim = plain_words(row.printed).replace(")", r")\allowbreak{}")
                shown = rf"{{\ttfamily\small\raggedright {verbatim}\par}}"
            parts.append(rf"\noindent\textbf{{{plain_words(row.what)}.}}" + f"\n{shown}")
    return standalone("\n\n".join(parts), language)


_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
h2 {{ font-size: 1.1rem; margin: 0 0 .5rem; }}
section {{ border-top: 1px solid #ccc; padding: 1.2rem 0; }}
dl {{ display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .5rem 1rem; margin: 0; }}
dt {{ color: #666; }}
dd {{ margin: 0; overflow: auto hidden; padding-bottom: .2rem; }}
code {{ font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; color: #666; display: block; }}
.refuted {{ color: #b00020; }}
.ambiguous {{ color: #8a5a00; }}
math[display="block"] {{ display: inline-block; }}
{style}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>"""


def _html(results: Sequence[Result], language: str) -> str:
    from symnet.render.mathml import MATHML_STYLE

    words = _WORDS[language]
    body = []
    for result in results:
        claim = result.claim
        heading = escape(_heading(result, language))
        body.append(f'<section id="{escape(claim.id)}">\n<h2 class="{result.verdict}">{heading}</h2>\n<dl>')
        body += [f"<dt>{escape(row.what)}</dt>\n<dd>{_html_row(row)}</dd>" for row in _rows(result, language)]
        body.append("</dl>\n</section>")
    return _PAGE.format(language=language, title=words["title"], style=MATHML_STYLE, body="\n".join(body))


def _html_row(row: Row) -> str:
    """The slide's own text is shown as a browser shows its formulas, and below that as it stands in the file."""
    from symnet.render.mathml import html_words, mathml

    if row.formula:
        return mathml(row.formula, display=True)
    shown = html_words(row.printed or row.words)
    return f"{shown}\n<code>{escape(row.printed)}</code>" if row.printed and "<math" in shown else shown

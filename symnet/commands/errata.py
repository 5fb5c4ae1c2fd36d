"""The errata sheet of the lectures: what is printed, what is right, why, and the smallest edit."""

from collections.abc import Callable, Iterator, Sequence

from symnet.claims import Result
from symnet.commands.lectures import witness_text
from symnet.errors import SymnetError
from symnet.render.align import display
from symnet.render.document import plain_words, standalone

__all__ = ["errata"]

_LISTED = ("refuted", "ambiguous")
_WORDS = {
    "en": {
        "title": "Errata",
        "lines": "lines",
        "printed": "Printed",
        "right": "Right",
        "why": "Why",
        "edit": "Smallest edit",
        "readings": "Readings",
        "refuted": "wrong",
        "ambiguous": "cannot be read as printed",
    },
    "ru": {
        "title": "Список опечаток",
        "lines": "строки",
        "printed": "Напечатано",
        "right": "Верно",
        "why": "Почему",
        "edit": "Наименьшая правка",
        "readings": "Прочтения",
        "refuted": "неверно",
        "ambiguous": "в напечатанном виде не читается",
    },
}
Row = tuple[str, str, bool]  # what it is, the text, and whether that is a formula in LaTeX


def errata(results: Sequence[Result], path: str, language: str = "en") -> str:
    """The sheet as Markdown or LaTeX, by the ending of the file it is for (`.md`, `.tex`).

    Raises SymnetError for another ending or language.
    """
    writers: dict[str, Callable[[Sequence[Result], dict[str, str], str], str]] = {"md": _markdown, "tex": _tex}
    ending = path.rpartition(".")[2]
    if ending not in writers:
        raise SymnetError(f"an errata sheet is written as .md or .tex, not as {path}")
    if language not in _WORDS:
        raise SymnetError(f"there is no language {language!r}; choose one of {', '.join(_WORDS)}")
    listed = [result for result in results if result.verdict in _LISTED]
    return writers[ending](listed, _WORDS[language], language)


def _rows(result: Result, words: dict[str, str]) -> Iterator[Row]:
    verdict = result.finding.verdict
    yield words["printed"], result.claim.says, False
    if verdict.correction:
        formula = verdict.correction["latex"]
        yield words["right"], formula or verdict.correction["text"], bool(formula)
        if "edit" in verdict.correction:
            yield words["edit"], verdict.correction["edit"], False
    why = witness_text(verdict.witness) if verdict.witness else verdict.method
    yield words["why"], "; ".join(part for part in (why, result.finding.note) if part), False
    for reading in result.finding.readings:
        assumptions = " and ".join(reading.verdict.assumptions)
        yield words["readings"], f"{reading.latex}: {reading.verdict.verdict} {assumptions}".strip(), False


def _heading(result: Result, words: dict[str, str]) -> str:
    claim = result.claim
    place = f", {words['lines']} {claim.lines}" if claim.lines else ""
    return f"{claim.id} ({claim.lecture}: {claim.section}{place}): {claim.title}, {words[result.verdict]}"


def _markdown(results: Sequence[Result], words: dict[str, str], language: str) -> str:
    lines = [f"# {words['title']}"]
    for result in results:
        lines += ["", f"## {_heading(result, words)}", ""]
        for what, text, formula in _rows(result, words):
            lines.append(
                f"- **{what}**: {f'${text}$' if formula else f'`{text}`' if what == words['printed'] else text}"
            )
    return "\n".join(lines)


def _tex(results: Sequence[Result], words: dict[str, str], language: str) -> str:
    parts = [r"\sloppy", rf"\section*{{{words['title']}}}"]
    for result in results:
        parts.append(rf"\subsection*{{{plain_words(_heading(result, words))}}}")
        for what, text, formula in _rows(result, words):
            shown = display(text) if formula else rf"{{\raggedright {plain_words(text)}\par}}"
            parts.append(rf"\noindent\textbf{{{what}.}} {shown}")
    return standalone("\n\n".join(parts), language)

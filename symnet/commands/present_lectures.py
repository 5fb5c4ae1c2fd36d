"""The slides of the lectures: what `symnet lectures --slides` writes, a frame for every claim."""

import re
from collections.abc import Iterator, Sequence

from symnet.claims import Result, formula_in, phrase
from symnet.drawing.picture import Picture
from symnet.drawing.tikz import tikz
from symnet.render.align import Row, rows, separate, width
from symnet.render.beamer import LINE, Frame, Item, beamer, frames
from symnet.render.document import plain_words
from symnet.render.quote import formula_words, math, quoted
from symnet.render.steps import Said
from symnet.render.words import section_name, words

__all__ = ["lecture_slides"]

_COLOURS = {
    "proved": "green!45!black",
    "proved-if": "cyan!45!black",
    "refuted": "red!75!black",
    "ambiguous": "violet!85!black",
    "undecided": "orange!85!black",
}


def lecture_slides(results: Sequence[Result], language: str = "en") -> str:
    """A Beamer document: every section with its verdicts counted, then what each slide says, and what is so."""
    spoken = words(language)
    shown: list[Frame] = []
    section = ""
    seen: set[Picture | Said] = set()
    for result in results:
        title = f"{result.claim.lecture}. {result.claim.section}"
        if title != section:
            section = title
            seen = set()
            inside = [r for r in results if f"{r.claim.lecture}. {r.claim.section}" == section]
            shown += _opening(inside, spoken, language)
        shown += _claim(result, spoken, language)
        shown += _grounds(result, seen, spoken, language)
    return beamer(shown, language)


def _section(result: Result, language: str) -> str:
    return plain_words(section_name(result.claim.section, language))


def _opening(results: Sequence[Result], spoken: dict[str, str], language: str) -> list[Frame]:
    lecture = spoken.get(results[0].claim.lecture, results[0].claim.lecture)
    counts = {v: sum(r.verdict == v for r in results) for v in dict.fromkeys(r.verdict for r in results)}
    items = [Item(rf"{{\Large {_section(results[0], language)}}}")]
    items += [Item(rf"{_coloured(verdict, spoken)}: {count}") for verdict, count in counts.items()]
    return frames(plain_words(lecture), items)


def _coloured(verdict: str, spoken: dict[str, str]) -> str:
    return rf"\textcolor{{{_COLOURS.get(verdict, 'gray')}}}{{{spoken[verdict]}}}"


def _claim(result: Result, spoken: dict[str, str], language: str) -> list[Frame]:
    verdict = result.finding.verdict
    title = rf"{result.claim.id}\enspace {plain_words(result.claim.named(language))}"
    items = [*_quotation(result.claim.says, spoken["printed"])]
    items.append(Item(rf"\textbf{{{_coloured(result.verdict, spoken)}}}"))
    if verdict.assumptions:
        items += _conditions(verdict.assumptions, spoken, language)
    derived = result.finding.derived[1] if result.finding.derived else ""
    if not verdict.correction and derived.replace(" ", "") not in result.claim.says.replace(" ", ""):
        items += _display(spoken["derived"], derived)
    if verdict.correction:
        items += _display(spoken["right"], verdict.correction.get("marked") or verdict.correction["latex"])
    items += _witness(verdict.witness, spoken)
    for reading in result.finding.readings:
        items += _reading(reading.latex, reading.verdict.verdict, spoken, language)
    return frames(title, items)


def _grounds(result: Result, seen: set[Picture | Said], spoken: dict[str, str], language: str) -> Iterator[Frame]:
    """The pictures and the steps a verdict rests on, as far as the section has not shown them yet.

    What is compared stands on the slide already, unless there is nothing else to show.
    """
    title = rf"{result.claim.id}\enspace {spoken['explanation']}"
    for picture in result.grounds.pictures:
        if picture not in seen:
            yield from frames(title, [Item(rf"\drawn{{{tikz(picture)}}}")])
    new = [said for said in result.grounds.steps if said.rule != "compared" and (said not in seen or not said.sides)]
    if not any(said.sides for said in result.grounds.steps if said.rule != "compared"):
        new = list(result.grounds.steps)  # equalities alone
    seen.update(result.grounds.pictures, result.grounds.steps)
    if any(said.sides for said in new):
        items = [Item(said.words(language), tuple(_rows(said.sides))) for said in new]
        yield from frames(title, items, stepwise=False)


def _rows(sides: Sequence[tuple[str, str]]) -> Iterator[tuple[Row, ...]]:
    """The equations as rows that fit, a right side that cannot be broken made smaller by TeX."""
    for group in rows(sides, LINE):
        room = LINE - max(width(left) for left, _ in group)
        yield tuple((left, rf"\fit{{{right}}}" if width(right) > room else right) for left, right in group)


def _quotation(says: str, label: str) -> Iterator[Item]:
    """The slide's own words, in Russian whatever the language of the deck."""
    first = rf"\textit{{{label}:}} "
    for display, latex in quoted(says):
        if display:
            yield Item(first.strip(), _fitting(latex))
        else:
            yield Item(first + rf"\foreignlanguage{{russian}}{{{latex}}}")
        first = ""


def _fitting(formula: str) -> tuple[tuple[Row, ...], ...]:
    """Broken where it can be, and made smaller by TeX where that is not enough."""
    lines = separate(formula, LINE)
    shown: list[Row] = []
    for line in lines:
        (group,) = rows([("", line)], LINE)
        broken = [right for _, right in group] if r"\begin" not in line else [line]
        shown += [("", rf"\fit{{{part}}}" if width(part) > LINE or r"\begin" in part else part) for part in broken]
    return (tuple(shown),)


def _display(label: str, latex: str) -> Iterator[Item]:
    formula = math(latex)
    if formula is not None:
        yield Item(rf"\textit{{{label}:}}", _fitting(formula))


def _conditions(assumptions: Sequence[str], spoken: dict[str, str], language: str) -> Iterator[Item]:
    shown = [formula_words(a) or plain_words(phrase(a, language)) for a in assumptions]
    yield Item(rf"\textit{{{spoken['condition']}:}} " + ", ".join(shown))


def _witness(witness: object, spoken: dict[str, str]) -> Iterator[Item]:
    """Where the two sides differ, if it is numbers that show it."""
    if not isinstance(witness, dict) or "left" not in witness:
        return
    values = {**witness.get("values", {}), **{f"{f}(u)": g for f, g in witness.get("functions", {}).items()}}
    place = [formula_words(f"{name} = {value}") for name, value in values.items()]
    sides = [formula_words(_short(str(witness[key]))) for key in ("left", "right")]
    if place and all(place) and all(sides):
        at = ", ".join(p for p in place if p)
        yield Item(
            rf"\textit{{{spoken['witness']}}} {at}: {spoken['left']} {sides[0]}, {spoken['right side']} {sides[1]}"
        )


def _short(number: str) -> str:
    return number[:10] + "..." if re.fullmatch(r"-?\d+\.\d{9,}", number) else number


def _reading(latex: str, verdict: str, spoken: dict[str, str], language: str) -> Iterator[Item]:
    formula = math(formula_in(latex, language))
    if formula is not None:
        yield Item(rf"\textit{{{spoken['reading']}}} ({_coloured(verdict, spoken)}):", _fitting(formula))

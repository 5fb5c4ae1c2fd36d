"""Results of claims as pages that a browser opens from the file system: no script is needed to read them.

Formulas are MathML, made beforehand; pictures are SVG in the page. The one script filters the list of claims.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup, escape

from symnet.claims import Result, formula_in, phrase
from symnet.commands.lectures import VERDICTS, WRONG, lecture_name, summary, witness_text
from symnet.drawing.svg import svg
from symnet.errors import SymnetError
from symnet.render.mathml import html_words
from symnet.render.words import section_name, words
from symnet.site.derivation import Steps, environment, formula, printed, style
from symnet.site.words import WORDS

__all__ = ["write_site"]

_BOLD = re.compile(r"\*\*([^*<]+)\*\*")  # how the texts of the lectures write it


@dataclass(frozen=True)
class _Reading:
    verdict: str
    formula: Markup
    method: str


@dataclass(frozen=True)
class _Entry:
    """What a page says of one claim; facts are pairs of a word's key and what it is."""

    id: str
    title: str
    verdict: str
    lines: str
    says: Markup
    says_text: str
    has_formula: bool
    derived: Markup | None
    facts: list[tuple[str, Markup]]
    readings: list[_Reading]
    pictures: list[Markup]
    steps: Steps
    method: str
    bound: str | None
    seconds: str


@dataclass(frozen=True)
class _Section:
    name: str
    file: str
    entries: list[_Entry] = field(default_factory=list)


def write_site(results: Sequence[Result], directory: str, language: str = "en") -> None:
    """Write the site's files. Raises SymnetError for another language, or when a file cannot be written."""
    if language not in WORDS:
        raise SymnetError(f"there is no language {language!r}; choose one of {', '.join(WORDS)}")
    sections = _sections(results, language)
    pages = environment()
    given = {"words": WORDS[language], "language": language, "verdicts": _present(results)}
    written = {
        "index.html": pages.get_template("index.html").render(
            given, sections=sections, coverage=_coverage(results, language)
        ),
        "errata.html": pages.get_template("section.html").render(
            given, section=_errata(sections, WORDS[language]["errata"]), before=None, after=None
        ),
    }
    for before, section, after in zip([None, *sections], sections, [*sections[1:], None], strict=False):
        template = pages.get_template("section.html")
        written[section.file] = template.render(given, section=section, before=before, after=after)
    written["style.css"] = style()
    written["filter.js"] = files("symnet.site").joinpath("templates", "filter.js").read_text(encoding="utf-8")
    try:
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SymnetError(f"cannot write to {directory}: {error.strerror}") from None


def _present(results: Sequence[Result]) -> list[str]:
    found = summary(results)
    return [verdict for verdict in VERDICTS if verdict in found]


def _coverage(results: Sequence[Result], language: str) -> list[dict[str, object]]:
    verdicts, rows = _present(results), []
    lectures = list(dict.fromkeys(r.claim.lecture for r in results))
    for name, chosen in [*((lecture_name(v, language), [v]) for v in lectures), (WORDS[language]["all"], lectures)]:
        counts = summary(r for r in results if r.claim.lecture in chosen)
        rows.append({"name": name, "total": sum(counts.values()), "counts": [counts.get(v, 0) for v in verdicts]})
    return rows


def _sections(results: Sequence[Result], language: str) -> list[_Section]:
    found: dict[tuple[str, str], _Section] = {}
    for result in results:
        key = (result.claim.lecture, result.claim.section)
        name = f"{key[0]}. {section_name(key[1], language)}"
        section = found.setdefault(key, _Section(name, f"{len(found) + 1:02d}.html"))
        section.entries.append(_entry(result, language))
    return list(found.values())


def _errata(sections: Sequence[_Section], name: str) -> _Section:
    """What is wrong or cannot be read, of all sections."""
    wrong = [entry for section in sections for entry in section.entries if entry.verdict in WRONG]
    return _Section(name, "errata.html", wrong)


def _entry(result: Result, language: str) -> _Entry:
    claim, finding = result.claim, result.finding
    verdict = finding.verdict
    says = Markup(_BOLD.sub(r"<strong>\1</strong>", html_words(claim.says)))
    facts = []
    if verdict.assumptions:
        facts.append(
            ("condition", escape(f" {words(language)['and']} ".join(phrase(a, language) for a in verdict.assumptions)))
        )
    if verdict.witness:
        what = "witness" if "left" in verdict.witness else "found"
        facts.append((what, escape(witness_text(verdict.witness, language))))
    if verdict.correction:
        right = verdict.correction.get("marked") or verdict.correction["latex"]
        facts.append(("right", formula(right) if right else escape(verdict.correction["text"])))
        if "edit" in verdict.correction:
            facts.append(("edit", escape(verdict.correction["edit"])))
    if finding.note:
        facts.append(("note", Markup(html_words(result.note(language)))))
    return _Entry(
        id=claim.id,
        title=claim.named(language),
        verdict=result.verdict,
        lines=claim.lines,
        says=says,
        says_text=claim.says,
        has_formula="<math" in says,
        derived=formula(finding.derived[1]) if finding.derived else None,
        facts=facts,
        readings=[
            _Reading(r.verdict.verdict, formula(formula_in(r.latex, language)), phrase(r.verdict.method, language))
            for r in finding.readings
        ],
        pictures=[Markup(svg(picture)) for picture in result.grounds.pictures],
        steps=printed(result.grounds.steps, language),
        method=phrase(verdict.method, language),
        bound=verdict.error_bound,
        seconds=f"{result.seconds:.2f}",
    )

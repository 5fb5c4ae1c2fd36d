"""Claims: what a lecture says, and the ledger of what symnet found out about it.

A `Section` is a file of `derivations/`: it quotes the slide and says what verdict is expected; the code that
decides (`symnet.slides`, for a formula) never sees that expectation.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from time import perf_counter
from typing import Any

from symnet.errors import SymnetError
from symnet.grounds import Grounds, grounds
from symnet.network.network import Network
from symnet.reading.translations import Translation, read_phrases, read_translations, same_facts
from symnet.slides import Finding, Reading, Slide, combine, shown
from symnet.truth.verdict import Verdict

__all__ = [
    "LECTURES",
    "Claim",
    "Finding",
    "Reading",
    "Result",
    "Section",
    "Slide",
    "check_formula",
    "check_with",
    "combine",
    "formula_in",
    "listed",
    "load_claims",
    "load_sections",
    "load_translations",
    "phrase",
    "shown",
    "verdict_of",
]


LECTURES = ("L8", "W", "P4", "E3", "V", "X", "B")  # in the ledger's order


def verdict_of(decide: Callable[[], Finding | Verdict]) -> Verdict:
    """What the function that decides another claim finds."""
    found = decide()
    return found.verdict if isinstance(found, Finding) else found


def listed(facts: Mapping[object, object]) -> str:
    """Several facts in a note: "first: 1, second: 2"; what is true or false as yes or no."""
    said = {True: "yes", False: "no"}
    return ", ".join(f"{name}: {said[f] if isinstance(f, bool) else f}" for name, f in facts.items())


def check_formula(network: Network, formula: str, seconds: float = 20) -> "Result":
    """The verdict on one formula of a slide against a network; what `symnet claim` prints."""
    return check_with(Slide(network, seconds=seconds), formula)


def check_with(slide: Slide, formula: str) -> "Result":
    """The verdict on one formula in the names of a slide."""
    says = formula.strip()
    return Claim("claim", "a formula", "check", slide.network.name, says, lambda: slide.check(says)).run()


@dataclass(frozen=True)
class Claim:
    """One entry of the ledger.

    kind: check, definition or empirical. says: the slide's own words or LaTeX. decide: finds the verdict.
    expected: the verdict of an earlier run, compared with the new one only after it is found.
    module: the file of `derivations/` that states it; empty for a claim from elsewhere. russian: its title and note.
    """

    id: str
    title: str
    kind: str
    lecture: str
    says: str
    decide: Callable[[], Finding | Verdict]
    lines: str = ""
    expected: str | None = None
    section: str = ""
    module: str = ""
    russian: Translation = field(default_factory=Translation)

    def named(self, language: str) -> str:
        """The title in the language, where there is one."""
        return (self.russian.title if language == "ru" else "") or self.title

    def run(self) -> "Result":
        start = perf_counter()
        found = self.decide()
        if isinstance(found, Verdict):
            found = Finding(found)
        seconds = perf_counter() - start
        rests_on = grounds(found.verdict, [reading.verdict for reading in found.readings])
        return Result(self, _meant(found), seconds, grounds=rests_on)


def _meant(found: Finding) -> Finding:
    """Of the readings of what cannot be read as printed, the only one that is proved is what should be printed."""
    true = [reading.latex for reading in found.readings if reading.verdict.verdict == "proved"]
    if found.verdict.verdict != "ambiguous" or found.verdict.correction or len(true) != 1:
        return found
    right = {"text": true[0], "latex": true[0]}
    return replace(found, verdict=replace(found.verdict, correction=right))


@dataclass(frozen=True)
class Result:
    """A claim with what was found out about it, in how many seconds, and whether that was in an earlier run.

    grounds: the derivation it rests on, step by step, with the pictures of its networks.
    """

    claim: Claim
    finding: Finding
    seconds: float
    cached: bool = False
    grounds: Grounds = field(default_factory=Grounds)

    @property
    def verdict(self) -> str:
        """The claim's verdict; a definition or an empirical statement stays one while its object checks out."""
        found: str = self.finding.verdict.verdict
        if self.claim.kind != "check" and found in ("proved", self.claim.kind):
            return self.claim.kind
        return found

    def note(self, language: str) -> str:
        """The note in the language; in Russian only as long as that one has the numbers and verdicts found now."""
        found, translated = self.finding.note, self.claim.russian.note
        return translated if language == "ru" and translated and same_facts(found, translated) else found

    def _repr_html_(self) -> str:
        from symnet.notebook import result_html

        return result_html(self)

    @property
    def as_expected(self) -> bool:
        return self.claim.expected in (None, self.verdict)

    @property
    def json(self) -> dict[str, Any]:
        """One entry of `symnet lectures --json`."""
        found, verdict = self.finding, self.finding.verdict
        answer: dict[str, Any] = {
            "id": self.claim.id,
            "title": self.claim.title,
            "lecture": self.claim.lecture,
            "says": self.claim.says,
            "verdict": self.verdict,
            "assumptions": list(verdict.assumptions),
            "witness": dict(verdict.witness),
            "correction": verdict.correction,
            "derived": None if found.derived is None else dict(zip(("text", "latex"), found.derived, strict=True)),
            "method": verdict.method,
            "error_bound": verdict.error_bound,
            "seconds": round(self.seconds, 4),
        }
        if found.readings:
            answer["readings"] = [
                {"latex": r.latex, "verdict": r.verdict.verdict, "method": r.verdict.method} for r in found.readings
            ]
        if found.note:
            answer["note"] = found.note
        return answer


class Section:
    """The claims of one section of a lecture, in the order of its slides."""

    def __init__(self, lecture: str, title: str) -> None:
        self.lecture, self.title = lecture, title
        self.claims: list[Claim] = []

    def formula(
        self, id: str, title: str, says: str, on: Slide, *, lines: str, expected: str, kind: str = "check"
    ) -> None:
        """The slide's formula, verbatim, compared with what symnet derives for its names."""
        self._add(id, title, kind, says, lines, lambda: on.check(says), expected)

    def check(
        self, id: str, title: str, says: str, *, lines: str, expected: str
    ) -> Callable[[Callable[[], Finding | Verdict]], Callable[[], Finding | Verdict]]:
        """Decorates the function that decides a statement in words."""
        return self._decorate(id, title, "check", says, lines, expected)

    def definition(
        self, id: str, title: str, says: str, *, lines: str
    ) -> Callable[[Callable[[], Finding | Verdict]], Callable[[], Finding | Verdict]]:
        """Decorates the function that shows symnet's object to be what the definition says."""
        return self._decorate(id, title, "definition", says, lines, "definition")

    def empirical(self, id: str, title: str, says: str, *, lines: str) -> Callable[..., Any]:
        """Decorates the function that decides the part of an empirical statement that can be proved."""
        return self._decorate(id, title, "empirical", says, lines, "empirical")

    def _decorate(self, id: str, title: str, kind: str, says: str, lines: str, expected: str) -> Callable[..., Any]:
        def register(decide: Callable[[], Finding | Verdict]) -> Callable[[], Finding | Verdict]:
            self._add(id, title, kind, says, lines, decide, expected)
            return decide

        return register

    def _add(
        self,
        id: str,
        title: str,
        kind: str,
        says: str,
        lines: str,
        decide: Callable[[], Finding | Verdict],
        expected: str,
    ) -> None:
        if any(c.id == id for c in self.claims):
            raise ValueError(f"{id} is stated twice")
        self.claims.append(Claim(id, title, kind, self.lecture, says, decide, lines, expected, self.title))

    def main(self) -> None:
        """Run the section's claims and print them: what `python derivations/….py` does."""
        from symnet.commands.lectures import report

        report([claim.run() for claim in self.claims])


def load_sections() -> dict[str, Section]:
    """Every section in the package `derivations` by its module, in the order of the file names."""
    from importlib import import_module
    from pkgutil import iter_modules

    import derivations

    modules = sorted(f"derivations.{m.name}" for m in iter_modules(derivations.__path__))
    found = {name: import_module(name) for name in modules}
    return {name: module.section for name, module in found.items() if hasattr(module, "section")}


def load_translations() -> dict[str, Translation]:
    """The Russian titles and notes of the claims by their ids."""
    return {id: said for lecture in LECTURES for id, said in read_translations(_russian(lecture)).items()}


def phrase(english: str, language: str) -> str:
    """A condition, a method or words in a reading in the language, as far as there is a translation."""
    return "; ".join(_phrases().get(part, part) for part in english.split("; ")) if language == "ru" else english


def formula_in(latex: str, language: str) -> str:
    r"""A reading in LaTeX with what stands in \text in the language."""
    return re.sub(r"(?<=\\text\{)( *)([^{}]*?)( *)(?=\})", lambda m: m[1] + phrase(m[2], language) + m[3], latex)


@cache
def _phrases() -> dict[str, str]:
    return read_phrases(_russian("phrases"))


def _russian(name: str) -> str:
    return files("derivations").joinpath("russian", f"{name}.txt").read_text(encoding="utf-8")


def _ledger_order(claim: Claim) -> tuple[int, int, str]:
    """L8.2 before L8.10 and L8.10 before L8.10a; the lectures in the ledger's order, others after them."""
    lecture, _, number = claim.id.partition(".")
    digits = "".join(c for c in number if c.isdigit())
    place = LECTURES.index(lecture) if lecture in LECTURES else len(LECTURES)
    return place, int(digits or 0), claim.id


def load_claims(ids: Sequence[str] = ()) -> list[Claim]:
    """All claims, or those named. Raises SymnetError for an id that nothing has."""
    russian = load_translations()
    stated = (
        replace(c, module=name, russian=russian.get(c.id, c.russian))
        for name, section in load_sections().items()
        for c in section.claims
    )
    claims = sorted(stated, key=_ledger_order)
    known = {claim.id: claim for claim in claims}
    for id in ids:
        if id not in known:
            near = [k for k in known if k.startswith(id.partition(".")[0] + ".")][:8]
            raise SymnetError(f"there is no claim {id}; there are {', '.join(near or list(known)[:8])}, …")
    return [known[id] for id in ids] if ids else claims

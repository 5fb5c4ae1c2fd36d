"""Running claims and showing what was found: the table of verdicts, one claim at length, LaTeX files."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from symnet.claims import Claim, Result
from symnet.errors import SymnetError
from symnet.render.document import standalone

__all__ = ["explain", "report", "run_claims", "summary", "write_latex"]

_WIDTH = 120
_COLOURS = {
    "proved": "green",
    "proved-if": "cyan",
    "refuted": "red",
    "ambiguous": "magenta",
    "undecided": "yellow",
}


def run_claims(claims: Sequence[Claim], progress: bool = True) -> list[Result]:
    """Decide every claim; a progress bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    results = []
    with Progress(console=console, transient=True, disable=not (progress and console.is_terminal)) as bar:
        task = bar.add_task("deciding", total=len(claims))
        for claim in claims:
            bar.update(task, description=f"{claim.id:8}")
            results.append(claim.run())
            bar.advance(task)
    return results


def summary(results: Iterable[Result]) -> dict[str, int]:
    """How many claims have each verdict."""
    return dict(Counter(result.verdict for result in results))


def report(results: Sequence[Result]) -> None:
    """Print the table of verdicts, and what is not as expected."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)  # a file or a pipe has no width of its own
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("what the slide says")
    table.add_column("what was found")
    for result in results:
        verdict = Text(result.verdict, style=_COLOURS.get(result.verdict, "dim"))
        table.add_row(result.claim.id, verdict, escape(result.claim.title), escape(_found(result)))
    console.print(table)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in summary(results).items())
    seconds = sum(result.seconds for result in results)
    console.print(f"{len(results)} claims in {seconds:.1f} s: {counts}", highlight=False)
    for result in results:
        if not result.as_expected:
            console.print(f"{result.claim.id}: {result.verdict}, expected {result.claim.expected}", style="bold red")


def _found(result: Result) -> str:
    verdict = result.finding.verdict
    if verdict.verdict == "proved-if":
        return "if " + " and ".join(verdict.assumptions)
    if verdict.witness and verdict.verdict == "refuted":
        return witness_text(verdict.witness)
    return result.finding.note or verdict.method


def witness_text(witness: Mapping[str, object]) -> str:
    """Where the sides differ: "at w1 = 0 with f(u) = u: left 1, right -1"; other facts as they were found."""
    if "left" not in witness:
        return ", ".join(f"{name} = {value}" for name, value in witness.items())
    values, functions = (dict(witness.get(k) or {}) for k in ("values", "functions"))  # type: ignore[call-overload]
    place = ", ".join(f"{name} = {value}" for name, value in values.items())
    chosen = ", ".join(f"{name}(u) = {value}" for name, value in functions.items())
    where = " with ".join(part for part in (place, chosen) if part)
    return f"{f'at {where}: ' if where else ''}left {witness['left']}, right {witness['right']}"


def explain(result: Result) -> str:
    """One claim at length: what the slide says, what symnet derived, where they part, what is right."""
    claim, finding = result.claim, result.finding
    verdict = finding.verdict
    lines = [
        f"{claim.id}  {claim.title}",
        f"{claim.lecture}, lines {claim.lines}" if claim.lines else claim.lecture,
    ]
    lines += ["", "the slide says", f"    {claim.says}"]
    if finding.derived:
        lines += ["symnet derived", f"    {finding.derived[0]}", f"    {finding.derived[1]}"]
    lines += ["verdict", f"    {result.verdict}: {verdict.method}"]
    if verdict.assumptions:
        lines += ["under the condition", *(f"    {a}" for a in verdict.assumptions)]
    if verdict.witness:
        lines += ["witness", f"    {witness_text(verdict.witness)}"]
    if verdict.correction:
        lines += ["it should be", f"    {verdict.correction['text']}", f"    {verdict.correction['latex']}"]
        if "edit" in verdict.correction:
            lines += ["the smallest edit", f"    {verdict.correction['edit']}"]
    for reading in finding.readings:
        lines += [f"read as {reading.latex}", f"    {reading.verdict.verdict}: {reading.verdict.method}"]
    if finding.note:
        lines += ["note", f"    {finding.note}"]
    return "\n".join(lines)


def write_latex(results: Sequence[Result], directory: str) -> None:
    """One LaTeX document for each lecture section: the slide's formula, the derived one, the verdict.

    Raises SymnetError when the directory cannot be written.
    """
    by_section: dict[str, list[Result]] = {}
    for result in results:
        by_section.setdefault(result.claim.lecture, []).append(result)
    try:
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        for number, (section, found) in enumerate(by_section.items(), 1):
            body = "\n".join([rf"\section*{{{_words(section)}}}", *map(_latex, found)])
            (folder / f"{number:02d}.tex").write_text(standalone(body, "ru"), encoding="utf-8")
    except OSError as error:
        raise SymnetError(f"cannot write to {directory}: {error.strerror}") from None


def _latex(result: Result) -> str:
    claim, finding = result.claim, result.finding
    parts = [rf"\paragraph{{{claim.id}\quad {_words(claim.title)}}} \textit{{{result.verdict}}}"]
    if finding.derived:
        parts.append(rf"\[ {finding.derived[1]} \]")
    if finding.verdict.correction:
        marked = finding.verdict.correction.get("marked", finding.verdict.correction["latex"])
        parts.append(rf"\[ {marked} \]")
    if finding.verdict.assumptions:
        parts.append(_words("if " + " and ".join(finding.verdict.assumptions)))
    if finding.verdict.witness:
        parts.append(_words("witness: " + witness_text(finding.verdict.witness)))
    return "\n".join(parts) + "\n"


_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}


def _words(text: str) -> str:
    """Plain words for LaTeX: special characters are only themselves."""
    return "".join(_SPECIAL.get(c, c) for c in text)

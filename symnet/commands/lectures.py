"""Running claims and showing what was found: the table of verdicts, one claim at length, LaTeX files."""

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import shorten

from joblib import Parallel, delayed
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from symnet.claims import Claim, Result, load_claims
from symnet.commands.cache import Cache, decoded, encoded
from symnet.errors import SymnetError
from symnet.render.align import display
from symnet.render.document import plain_words, standalone
from symnet.render.words import LANGUAGES, words

__all__ = [
    "COVERAGE",
    "VERDICTS",
    "WRONG",
    "coverage",
    "explain",
    "lecture_name",
    "report",
    "run_claims",
    "summary",
    "witness_text",
    "write_coverage",
    "write_latex",
]

COVERAGE = ("<!-- coverage, written by `make lectures` -->", "<!-- end of coverage -->")
_WIDTH = 120
_MANY = 12  # claims; starting processes takes some seconds
_COLOURS = {
    "proved": "green",
    "proved-if": "cyan",
    "refuted": "red",
    "ambiguous": "magenta",
    "undecided": "yellow",
}
VERDICTS = ("proved", "proved-if", "refuted", "ambiguous", "definition", "empirical", "undecided")
WRONG = ("refuted", "ambiguous")  # verdicts that a lecturer has to mend
_LECTURES = {
    "L8": ("L8, lecture 8: ensembles, dropout, normalization", "L8, лекция 8: ансамбли, дропаут, нормализация"),
    "W": ("W, the wiki page on normalization", "W, страница вики о нормализации"),
    "P4": ("P4, slides 4", "P4, посиделка 4"),
    "E3": ("E3, lecture 3", "E3, лекция 3"),
    "V": ("V, a video and its comments", "V, видео и комментарии к нему"),
    "X": ("X, where these contradict each other", "X, где они противоречат друг другу"),
    "B": ("B, beyond what they say", "B, сверх сказанного в них"),
}


def run_claims(claims: Sequence[Claim], progress: bool = True, cache: Cache | None = None) -> list[Result]:
    """Decide every claim, in parallel processes where they are many; a progress bar where standard error is a terminal.

    joblib starts the processes: inside `joblib.parallel_config` another backend (Dask, Ray) takes their place.
    cache: where findings of earlier runs are looked for, and new ones kept; None decides all anew.
    """
    console = Console(stderr=True)
    found: dict[str, Result] = {}
    with Progress(console=console, transient=True, disable=not (progress and console.is_terminal)) as bar:
        task = bar.add_task("deciding", total=len(claims))
        for result in _results(claims, cache):
            found[result.claim.id] = result
            bar.update(task, advance=1, description=f"{result.claim.id:8}")
    return [found[claim.id] for claim in claims]


def _results(claims: Sequence[Claim], cache: Cache | None) -> Iterator[Result]:
    """The results as they come, those that are known first."""
    known = {} if cache is None else {c.id: result for c in claims if (result := cache.find(c))}
    yield from known.values()
    unknown = [claim for claim in claims if claim.id not in known]
    for result in _decided(unknown):
        if cache is not None:
            cache.keep(result)
        yield result
    if cache is not None and unknown:
        cache.forget_old()


def _decided(claims: Sequence[Claim]) -> Iterator[Result]:
    """The results in the form in which they are kept, so that they are the same whether they were kept or not."""
    if len(claims) < _MANY:
        yield from (decoded(claim, encoded(claim.run())) for claim in claims)
        return
    named = {claim.id: claim for claim in claims}
    parallel = Parallel(n_jobs=-1, return_as="generator_unordered", batch_size=1)
    for id, text in parallel(delayed(_decide)(id) for id in named):
        yield decoded(named[id], text)


def _decide(id: str) -> tuple[str, str]:
    """Decide one claim of `derivations/` by its id, in a process that may have loaded none of them yet."""
    return id, encoded(_all_claims()[id].run())


@functools.cache
def _all_claims() -> dict[str, Claim]:
    return {claim.id: claim for claim in load_claims()}


def summary(results: Iterable[Result]) -> dict[str, int]:
    """How many claims have each verdict."""
    return dict(Counter(result.verdict for result in results))


def lecture_name(lecture: str, language: str = "en") -> str:
    """What the letters of a claim's id stand for."""
    return _LECTURES[lecture][LANGUAGES.index(language)] if lecture in _LECTURES else lecture


def coverage(counted: Iterable[tuple[str, str]]) -> str:
    """Markdown: how many claims of each lecture have each verdict, from the (lecture, verdict) of every claim."""
    counts = Counter(counted)
    lectures = list(dict.fromkeys(lecture for lecture, _ in counts))
    verdicts = [verdict for verdict in VERDICTS if any(found == verdict for _, found in counts)]
    rows = [["", "claims", *verdicts], ["---", *["---:"] * (len(verdicts) + 1)]]
    for name, chosen in [*((lecture_name(lecture), [lecture]) for lecture in lectures), ("all", lectures)]:
        numbers = [sum(counts[lecture, verdict] for lecture in chosen) for verdict in verdicts]
        rows.append([name, *map(str, [sum(numbers), *numbers])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write_coverage(results: Sequence[Result], path: str) -> None:
    """Put the table of coverage between the markers of a Markdown file, which is left alone where it says so already.

    Raises SymnetError when the file cannot be read or written, or has not the markers, each on a line of its own.
    """
    table = coverage((result.claim.lecture, result.verdict) for result in results)
    begin, end = COVERAGE
    try:
        text = Path(path).read_text(encoding="utf-8")
        before, opened, rest = text.partition(f"{begin}\n")
        _, closed, after = rest.partition(end)
        if not opened or not closed:
            raise SymnetError(f"{path} has no place for the table of coverage: lines {begin} and {end}")
        written = f"{before}{begin}\n{table}\n{end}{after}"
        if written != text:
            Path(path).write_text(written, encoding="utf-8")
    except OSError as error:
        raise SymnetError(f"cannot write the table of coverage to {path}: {error.strerror}") from None


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
    _errors(console, [result for result in results if result.verdict in WRONG])
    seconds = sum(result.seconds for result in results)
    for lecture in dict.fromkeys(result.claim.lecture for result in results):
        _count(console, f"{lecture}: ", [r for r in results if r.claim.lecture == lecture])
    _count(console, f"{seconds:.0f} s of computing, ", results)
    if cached := sum(result.cached for result in results):
        console.print(f"{cached} of them restored from the cache (--no-cache decides them anew)", highlight=False)
    for result in results:
        if not result.as_expected:
            console.print(f"{result.claim.id}: {result.verdict}, expected {result.claim.expected}", style="bold red")


def _errors(console: Console, wrong: Sequence[Result]) -> None:
    """What is printed beside what is right, for each claim that is wrong or cannot be read."""
    if not wrong:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("claim", "printed", "right"):
        table.add_column(column, no_wrap=column == "claim", ratio=None if column == "claim" else 1)
    for result in wrong:
        correction = result.finding.verdict.correction or {}
        right = correction.get("latex") or correction.get("text") or _found(result)
        table.add_row(result.claim.id, escape(shorten(result.claim.says, 300)), escape(shorten(right, 300)))
    console.print(table)


def _count(console: Console, what: str, results: Sequence[Result]) -> None:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in summary(results).items())
    console.print(f"{what}{len(results)} claims: {counts}", highlight=False)


def _found(result: Result) -> str:
    verdict = result.finding.verdict
    if verdict.verdict == "proved-if":
        return "if " + " and ".join(verdict.assumptions)
    if verdict.witness and verdict.verdict == "refuted":
        return witness_text(verdict.witness)
    return result.finding.note or verdict.method


def witness_text(witness: Mapping[str, object], language: str = "en") -> str:
    """Where the sides differ: "at w1 = 0 with f(u) = u: left 1, right -1"; other facts as they were found."""
    at, having, left, right = (words(language)[key] for key in ("at point", "with", "left", "right side"))
    if "left" not in witness:
        return ", ".join(f"{name} = {_written(value)}" for name, value in witness.items())
    values, functions = (dict(witness.get(k) or {}) for k in ("values", "functions"))  # type: ignore[call-overload]
    place = ", ".join(f"{name} = {value}" for name, value in values.items())
    chosen = ", ".join(f"{name}(u) = {value}" for name, value in functions.items())
    where = f" {having} ".join(part for part in (place, chosen) if part)
    return f"{f'{at} {where}: ' if where else ''}{left} {witness['left']}, {right} {witness['right']}"


def _written(value: object) -> str:
    """Facts within a fact in brackets: input = (C = 0, S = 1)."""
    if isinstance(value, Mapping):
        return f"({', '.join(f'{name} = {_written(part)}' for name, part in value.items())})"
    return f"[{', '.join(map(_written, value))}]" if isinstance(value, list | tuple) else str(value)


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
        right = dict.fromkeys((verdict.correction["text"], verdict.correction["latex"]))  # a reading is LaTeX alone
        lines += ["it should be", *(f"    {formula}" for formula in right)]
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
        by_section.setdefault(f"{result.claim.lecture}. {result.claim.section}", []).append(result)
    try:
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        for number, (section, found) in enumerate(by_section.items(), 1):
            body = "\n".join([r"\sloppy", rf"\section*{{{plain_words(section)}}}", *map(_latex, found)])
            (folder / f"{number:02d}.tex").write_text(standalone(body, "ru"), encoding="utf-8")
    except OSError as error:
        raise SymnetError(f"cannot write to {directory}: {error.strerror}") from None


def _latex(result: Result) -> str:
    claim, finding = result.claim, result.finding
    parts = [rf"\paragraph{{{claim.id}\quad {plain_words(claim.title)}}} \textit{{{result.verdict}}}"]
    parts.append(rf"\begin{{quote}}\ttfamily\small\raggedright {plain_words(claim.says)}\end{{quote}}")
    if finding.derived:
        parts.append(display(finding.derived[1]))
    if finding.verdict.correction:
        marked = finding.verdict.correction.get("marked", finding.verdict.correction["latex"])
        parts.append(display(marked))
    if finding.verdict.assumptions:
        parts.append(plain_words("if " + " and ".join(finding.verdict.assumptions)))
    if finding.verdict.witness:
        parts.append(plain_words("witness: " + witness_text(finding.verdict.witness)))
    return "\n".join(parts) + "\n"

"""What `symnet check` prints."""

from typing import Any

from rich.console import Console
from rich.table import Table

from symnet.candidates.check import Report
from symnet.candidates.compare import Judgement
from symnet.candidates.conventions import fixed_settings
from symnet.candidates.load import functions
from symnet.candidates.told import summary

__all__ = ["replayed", "show", "show_replayed"]

_WIDTH = 200
_COLOURS = {"proved": "green", "agrees": "green", "wrong": "red", "undecided": "yellow"}


def show(report: Report, console: Console | None = None) -> None:
    """The verdict, one line a result, what is wrong, the conventions found and the notes."""
    console = console or Console(soft_wrap=True, highlight=False)
    console.width = max(console.width, _WIDTH)
    console.print(f"{report.target} as {report.spec.name}: [{_COLOURS[report.verdict]}]{report.verdict}[/]")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "verdict", "ulps off", "may be off", "worst at"):
        table.add_column(heading, justify="right" if "off" in heading else "left", no_wrap=True)
    for name, judged in report.outputs.items():
        verdict = report.verdict_of(judged)
        table.add_row(f"  {name}", f"[{_COLOURS[verdict]}]{verdict}[/]", *_numbers(judged), judged.probe.about)
    with console.capture() as lines:
        console.print(table)
    for line in lines.get().splitlines():
        print(line.rstrip())
    for line in summary(report):
        console.print(line, markup=False)


def _numbers(judged: Judgement) -> tuple[str, str]:
    return f"{judged.ulps:.2g}", f"{judged.tolerance_ulps:.2g}"


def replayed(report: Report, test: str) -> dict[str, Any]:
    """The user's own test, run against the faults of what it tests: how many there are, and which it would miss.

    Raises SymnetError when the test cannot be replayed.
    """
    from symnet.candidates.replay import replay

    assert report.candidate is not None
    found = replay(test, functions(report.target), report.spec, fixed_settings(report.candidate, report.spec))
    missed = [{"fault": s.fault.key, "text": s.fault.text, "reason": s.reason} for s in found.missed]
    return {"test": test, "tried": len(found.tried), "missed": missed}


def show_replayed(answer: dict[str, Any]) -> None:
    """One line a fault that the test would miss."""
    print(f"{answer['test']} would miss {len(answer['missed'])} of {answer['tried']} mistakes")
    for missed in answer["missed"]:
        print(f"  {missed['text']}: {missed['reason']}")

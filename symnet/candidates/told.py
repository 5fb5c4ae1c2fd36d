"""A report in sentences: the same for the terminal and for a failed test."""

from symnet.candidates.check import Report
from symnet.candidates.compare import Judgement

__all__ = ["failure", "summary"]

_FAULTS = 3


def summary(report: Report) -> list[str]:
    """What is wrong and why, the conventions found, and the notes; one line each."""
    lines = []
    if report.verdict == "wrong":
        lines += [f"wrong: {_difference(judged)}" for judged in report.outputs.values() if not judged.passed]
        for found in report.diagnosis[:_FAULTS]:
            lines.append(f"because: {found.text}")
            if found.latex:
                lines.append(f"  {found.latex}")
        if not report.diagnosis and not any(judged.problem for judged in report.outputs.values()):
            lines.append("no single mistake and no pair of them reproduces these numbers")
    if report.convention:
        lines.append("found: " + "; ".join(f"{name} = {value}" for name, value in report.convention.items()))
    lines += [f"note: {text}" for text in report.notes]
    return lines


def failure(report: Report) -> str:
    """The message of a failed assertion."""
    said = "wrong" if report.verdict == "wrong" else "not accurate enough"
    head = f"{report.target} is {said} as {report.spec.name}"
    return "\n".join([head, *(f"  {line}" for line in summary(report))])


def _difference(judged: Judgement) -> str:
    if judged.problem:
        return judged.problem
    place = f"[{', '.join(map(str, judged.where))}]" if judged.where else ""
    return (
        f"{judged.name}{place} is {judged.value:.6g} instead of {judged.truth:.6g} at {judged.probe.about} "
        f"({judged.ulps:.2g} ulps off, rounding explains {judged.tolerance_ulps:.2g})"
    )

"""What the presets of the frameworks come to, as data and as the table of the README.

python -m tests.frameworks.table check torch jax      (one line of JSON a preset, with the frameworks installed)
python -m tests.frameworks.table write README.md FILE.jsonl …
"""

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import version
from math import inf
from pathlib import Path
from textwrap import shorten
from typing import Any

from symnet.candidates.check import Report, check
from symnet.candidates.compare import Judgement
from symnet.candidates.initializers import INITIALIZERS
from symnet.candidates.second import SUFFIX
from symnet.candidates.specs import spec as spec_of
from symnet.errors import SymnetError

# The distribution whose version is told.
PACKAGES = {
    "torch": "torch", "jax": "jax", "flax": "flax", "optax": "optax", "onnx": "onnx", "ort": "onnxruntime",
    "sklearn": "scikit-learn", "tinygrad": "tinygrad", "keras": "keras", "aesara": "aesara",
}  # fmt: skip
TITLES = {
    "torch": "PyTorch", "jax": "JAX", "ort": "ONNX Runtime", "onnx": "ONNX", "sklearn": "scikit-learn",
    "keras": "Keras", "theano": "Theano-PyMC", "aesara": "Aesara", "cntk": "CNTK",
}  # fmt: skip
COLUMNS = (
    ("torch",), ("jax", "flax", "optax"), ("keras",), ("tinygrad",), ("theano",), ("aesara",), ("cntk",), ("onnx",),
    ("ort",), ("sklearn",),
)  # fmt: skip
TWICE = ("torch", "jax", "flax", "optax", "keras", "theano", "aesara")  # whose gradients can be differentiated again
START, END = "<!-- frameworks, written by `make frameworks-table` -->", "<!-- end of frameworks -->"
_LONGEST = 160  # of what is raised
ALIASES = {
    "xavier_uniform": "glorot_uniform",
    "xavier_normal": "glorot_normal",
    "kaiming_uniform": "he_uniform",
    "kaiming_normal": "he_normal",
}


@dataclass(frozen=True)
class Row:
    """One preset as one spec. ulps: of the result that is nearest to its tolerance."""

    framework: str
    version: str
    name: str
    spec: str
    verdict: str
    ulps: float
    why: str


def presets(framework: str) -> Iterator[tuple[str, str]]:
    """Every name with every spec it has, second derivatives included where the framework offers them."""
    rows: Any = import_module(f"symnet.candidates.adapters.{framework}").ROWS
    for name, specs in rows.items():
        for spec in specs:
            yield name, spec
            if framework in TWICE and can_twice(spec):
                yield name, spec + SUFFIX


def can_twice(spec: str) -> bool:
    return spec not in INITIALIZERS and bool(spec_of(spec).wrt) and spec != "dropout"


def version_of(framework: str) -> str:
    """A framework in a Python of its own tells it itself."""
    if framework in PACKAGES:
        return version(PACKAGES[framework])
    told: str = import_module(f"symnet.candidates.adapters.{framework}").version()
    return told


def report(framework: str, name: str, spec: str) -> Report:
    return check(f"{framework}:{name}", spec)


def row(framework: str, name: str, spec: str) -> Row:
    told = version_of(framework)
    try:
        found = report(framework, name, spec)
    except SymnetError as error:
        return Row(framework, told, name, spec, "raises", inf, shorten(str(error), _LONGEST, placeholder=" …"))
    worst = max(found.outputs.values(), key=lambda judged: judged.ratio)
    why = _why(found, worst) if found.verdict in ("wrong", "undecided") else ""
    return Row(framework, told, name, spec, found.verdict, float(f"{worst.ulps:.2g}"), why)


def _why(found: Report, worst: Judgement) -> str:
    """The mistake it is, what is inaccurate, or the number that is off; where it is, `symnet check` says."""
    said = [*(d.text for d in found.diagnosis), *(n for n in found.notes if "outside" in n or "inaccurate" in n)]
    off = f"{worst.name} is {worst.value:.6g} instead of {worst.truth:.6g} at {worst.probe.about}"
    text = said[0] if said else off
    short = text.removeprefix("right but inaccurate: ").partition(" (")[0]
    return short.partition(" is ")[2] if " is right only to " in short else short


def _cell(rows: Sequence[Row]) -> str:
    """First derivatives, then second ones; of several presets, what they do not all say."""
    orders = [[_short(r) for r in rows if r.spec.endswith(SUFFIX) == twice] for twice in (False, True)]
    return " / ".join(", ".join(dict.fromkeys(said)) for said in orders if said)


def _operation(one: Row) -> str:
    return ALIASES.get(one.spec, one.spec).removesuffix(SUFFIX)


def _short(one: Row) -> str:
    if one.verdict == "agrees":
        return f"{one.ulps:g} ulp" if one.spec.removesuffix(SUFFIX) not in INITIALIZERS else "agrees"
    return {"undecided": "inaccurate"}.get(one.verdict, one.verdict)


def table(rows: Sequence[Row]) -> str:
    """Rows are operations, columns frameworks; what is wrong or inaccurate is listed below."""
    used = [[f for f in column if any(r.framework == f for r in rows)] for column in COLUMNS]
    used = [column for column in used if column]
    versions = {r.framework: r.version for r in rows}
    head = [", ".join(f"{TITLES.get(f, f)} {versions[f]}" for f in column) for column in used]
    lines = ["| | " + " | ".join(head) + " |", "|---|" + "---|" * len(head)]
    for spec in dict.fromkeys(map(_operation, rows)):
        cells = [_cell([r for r in rows if r.framework in column and _operation(r) == spec]) for column in used]
        lines.append(f"| {spec.replace('_', ' ')} | " + " | ".join(cells) + " |")
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for r in rows:
        if r.why:
            reasons.setdefault((r.framework, _short(r), r.why.rstrip(".")), []).append(f"`{r.name}` as {r.spec}")
    lines += [
        "",
        *(f"- {TITLES.get(f, f)}, {what}: {', '.join(who)}: {why}." for (f, what, why), who in reasons.items()),
    ]
    return "\n".join(lines)


def write(readme: Path, rows: Sequence[Row]) -> None:
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise SymnetError(f"{readme} has no {START} … {END}")
    readme.write_text(f"{before}{START}\n\n{table(rows)}\n\n{END}{after}", encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    command, *rest = arguments
    if command == "check":
        warnings.simplefilter("ignore")
        for framework in rest:
            for name, spec in presets(framework):
                print(json.dumps(asdict(row(framework, name, spec))), flush=True)
    else:
        readme, *files = map(Path, rest)
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        write(readme, [Row(**json.loads(line)) for line in lines if line.startswith("{")])


if __name__ == "__main__":
    main(sys.argv[1:])

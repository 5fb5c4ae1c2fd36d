"""Every formula symnet emits, by where it comes from: of the ledger, of twelve networks, of random networks.

`make test-katex` gives them to KaTeX, which browsers use, and makes a page of them to look at.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from symnet.claims import Result, load_claims
from symnet.commands.cache import Cache
from symnet.commands.derive import Answer, Request, derive
from symnet.commands.lectures import run_claims
from symnet.commands.show import answer_latex
from symnet.network.network import Network
from symnet.reading.load import load_network
from symnet.render.align import align_sides
from symnet.render.steps import Said
from tests.render_tex.networks import NETWORKS, REQUESTS
from tests.strategies import ABSTRACT, KINKED, SMOOTH, networks

__all__ = ["formulas", "lectures", "random_answers"]

_DISPLAY = re.compile(r"\\begin\{align\*\}.*?\\end\{align\*\}", re.DOTALL)


@cache
def lectures() -> list[Result]:
    """The ledger, as earlier runs have decided it where nothing has changed since."""
    return run_claims(load_claims(), progress=False, cache=Cache())


def drawn(count: int, **options: object) -> list[Network]:
    """The same random networks every time."""
    found: list[Network] = []

    @settings(max_examples=count, derandomize=True, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(networks(**options))
    def collect(network: Network) -> None:
        found.append(network)

    collect()
    return found


@cache
def random_answers() -> list[Answer]:
    found = drawn(10, activations=ABSTRACT + SMOOTH + KINKED) + drawn(4, activations=ABSTRACT, data=False)
    assert len(found) == 14
    return [derive(network, Request(seek=False)) for network in found]


def formulas() -> dict[str, str]:
    """Where a formula comes from, and its LaTeX."""
    return {**dict(_of_lectures()), **dict(_of_networks())}


def _of_lectures() -> Iterator[tuple[str, str]]:
    seen: set[Said] = set()
    for result in lectures():
        id, finding = result.claim.id, result.finding
        for number, said in enumerate(result.grounds.steps, 1):
            if said.sides and said not in seen:
                seen.add(said)
                yield f"{id} step {number}", align_sides(said.sides)
        if finding.derived:
            yield f"{id} derived", finding.derived[1]
        for key in ("latex", "marked"):
            if (finding.verdict.correction or {}).get(key):
                yield f"{id} correction, {key}", finding.verdict.correction[key]
        for number, reading in enumerate(finding.readings, 1):
            yield f"{id} reading {number}", reading.latex


def _of_networks() -> Iterator[tuple[str, str]]:
    for path in NETWORKS:
        answer = derive(load_network(str(path)), REQUESTS.get(path.stem, Request()))
        yield from _of_answer(path.stem, answer)
    for number, answer in enumerate(random_answers(), 1):
        yield from _of_answer(f"random network {number}", answer)


def _of_answer(name: str, answer: Answer) -> Iterator[tuple[str, str]]:
    for number, display in enumerate(_DISPLAY.findall(answer_latex(answer, "ru", steps=True)), 1):
        yield f"{name}, display {number}", display


def _render(katex: str, sheet: str) -> int:
    """The exit status: 0 when KaTeX, the npm package in the folder `katex`, has nothing against any formula."""
    found = formulas()
    source = Path(sheet).with_suffix(".json")
    source.write_text(json.dumps(found), encoding="utf-8")
    script = Path(__file__).with_name("katex.mjs")
    told = subprocess.run(["node", script, katex, source, sheet], stdout=subprocess.PIPE, check=True).stdout
    complaints = json.loads(told)
    for where, what in complaints.items():
        print(f"{where}: {what}")
    print(f"{len(found)} formulas, {len(complaints)} of them refused by KaTeX; {sheet} shows them")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(_render(*sys.argv[1:]))

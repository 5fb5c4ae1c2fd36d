"""Every LaTeX that symnet emits goes through pdflatex: `make test-render`.

Not part of `make test`, which needs no TeX: the name of this file is not that of a test, so that pytest runs it only
where it is named.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from symnet.commands.derive import Request, derive
from symnet.commands.errata import errata
from symnet.commands.lectures import write_latex
from symnet.commands.present import answer_slides
from symnet.commands.present_lectures import lecture_slides
from symnet.commands.show import answer_latex, formula_latex
from symnet.reading.load import load_network
from symnet.render.document import standalone
from tests.render_tex.formulas import lectures, random_answers
from tests.render_tex.networks import NETWORKS, REQUESTS

WIDEST = 2.0  # pt that a box may stick out


def complaints(folder: Path, name: str, source: str, overfull: bool = True) -> list[str]:
    """What pdflatex has to say against a document: errors, letters that the fonts lack, boxes that stick out."""
    (folder / f"{name}.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", f"{name}.tex"]
    environment = {**os.environ, "max_print_line": "1000"}
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False, timeout=200)
    log = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
    found = [line for line in log.splitlines() if line.startswith(("!", "Missing character"))]
    if overfull:
        boxes = re.findall(r"(Overfull \\[hv]box \(([\d.]+)pt.*)", log)
        found += [line for line, points in boxes if float(points) > WIDEST]
    return found if "Output written" in log else [*found, "no pages"]


def body(document: str) -> str:
    """What stands between the preamble and the end."""
    return document.partition(r"\begin{document}")[2].partition(r"\end{document}")[0]


def with_body(document: str, inside: str) -> str:
    return document.replace(body(document), inside)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_slides_of_all_lectures(language: str, tmp_path: Path) -> None:
    assert not complaints(tmp_path, "lectures", lecture_slides(lectures(), language))


def test_articles_of_all_lectures(tmp_path: Path) -> None:
    write_latex(lectures(), str(tmp_path))
    files = sorted(tmp_path.glob("*.tex"))
    inside = "\n".join(body(file.read_text(encoding="utf-8")) for file in files)
    assert not complaints(tmp_path, "articles", standalone(inside, "ru"), overfull=False)
    for language in ("ru", "en"):
        sheet = errata(lectures(), "errata.tex", language)
        assert not complaints(tmp_path, f"errata_{language}", sheet, overfull=False)


@pytest.mark.parametrize(("language", "steps"), [("ru", True), ("en", False)])
def test_slides_of_twelve_networks(language: str, steps: bool, tmp_path: Path) -> None:
    decks = []
    for path in NETWORKS:
        answer = derive(load_network(str(path)), REQUESTS.get(path.stem, Request()))
        decks.append(answer_slides(answer, language, steps))
    assert len(decks) == 12
    together = with_body(decks[0], "\n".join(map(body, decks)))
    assert not complaints(tmp_path, "networks", together)


def test_random_networks(tmp_path: Path) -> None:
    slides, articles = [], []
    for k, answer in enumerate(random_answers()):
        language = ("ru", "en")[k % 2]
        slides.append(answer_slides(answer, language, steps=True))
        articles.append(body(answer_latex(answer, "ru", steps=True)))
    together = with_body(slides[0], "\n".join(map(body, slides)))
    assert not complaints(tmp_path, "slides", together)
    assert not complaints(tmp_path, "articles", standalone("\n".join(articles), "ru"), overfull=False)


def test_one_formula_is_one_page_of_its_size(tmp_path: Path) -> None:
    path = next(p for p in NETWORKS if p.stem == "scaled")
    answer = derive(load_network(str(path)), Request())
    assert not complaints(tmp_path, "formula", formula_latex(answer, "S"))
    told = subprocess.run(["pdfinfo", tmp_path / "formula.pdf"], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^Pages: +1$", told, re.MULTILINE)
    size = re.search(r"^Page size: +([\d.]+) x ([\d.]+)", told, re.MULTILINE)
    assert size
    assert 60 < float(size[1]) < 300
    assert 15 < float(size[2]) < 80

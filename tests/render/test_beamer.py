import re

import pytest

from symnet.errors import SymnetError
from symnet.render.beamer import Frame, Item, beamer, frames
from symnet.render.document import cropped

ROW = (("L", "= w_1 x"),)


def test_equations_appear_one_after_the_other():
    (frame,) = frames("Loss", [Item("First", (ROW, (("", "= 0"),))), Item("Then")])
    assert frame.latex.splitlines() == [
        r"\begin{frame}\frametitle{Loss}",
        "First",
        r"\begin{align*}",
        r"L &= w_1 x \\",
        r" &\uncover<2->{{}= 0}",
        r"\end{align*}",
        r"\uncover<3->{Then}\par\medskip",
        r"\end{frame}",
    ]


def test_the_lines_of_one_equation_appear_at_once():
    (frame,) = frames("", [Item(rows=(ROW, (("S", "= a"), ("", r"\quad {} + b"))))])
    assert re.findall(r"<(\d)->", frame.latex) == ["2", "2", "2"]


def test_what_does_not_fit_goes_on_the_next_frame():
    shown = frames("Gradient", [Item(rows=(ROW,)) for _ in range(40)])
    rows = [row for frame in shown for item in frame.items for row in item.rows]
    assert len(shown) == 4
    assert len(rows) == 40
    assert shown[1].title == r"Gradient \textcolor{gray}{(2/4)}"


def test_one_long_equation_is_divided_as_well():
    shown = frames("", [Item("Words", (ROW * 40,))])
    assert len(shown) > 3
    assert sum(len(group) for frame in shown for item in frame.items for group in item.rows) == 40
    assert [frame.items[0].words for frame in shown[:2]] == ["Words", ""]


def test_there_is_no_frame_without_anything_on_it():
    assert frames("Findings", []) == []


@pytest.mark.parametrize(("language", "babel"), [("en", "russian,english"), ("ru", "english,russian")])
def test_a_document(language, babel):
    document = beamer([Frame("T", (Item("words"),))], language)
    assert rf"\usepackage[{babel}]{{babel}}" in document
    assert document.count(r"\begin{frame}") == 1


def test_another_language_is_refused():
    with pytest.raises(SymnetError, match="there is no language 'fr'"):
        beamer([], "fr")


def test_a_formula_alone_needs_no_package_that_is_rare():
    packages = re.findall(r"usepackage\{(.*?)}", cropped("L = 0"))
    assert packages == ["amsmath,amssymb,xcolor"]
    assert r"$\displaystyle L = 0$" in cropped("L = 0")

"""Slides of networks and of lectures, as far as they can be judged without TeX."""

import re
from dataclasses import replace

import pytest
from sympy import Rational

from symnet.claims import load_claims
from symnet.cli import main
from symnet.commands.derive import Request, derive
from symnet.commands.present import answer_slides
from symnet.commands.present_lectures import lecture_slides
from symnet.commands.show import answer_text
from symnet.reading.load import load_network, network
from symnet.render.align import width
from symnet.render.beamer import DEVIATION, DROPPED, LINE, MEAN
from symnet.render.words import SECTIONS
from tests.render_tex.networks import NETWORKS, REQUESTS

TWO = network("inputs x\nh1 = w1*x + w01\nh2 = w2*x + w02\nF = h1 + h2\ndata x | y\n 1 | 3\n 2 | 2\n")
NORMALIZED = network("inputs x\nF = norm(w*x) + b\ndata x | y\n 1 | 1\n 2 | 0\n 5 | 1\n")


def rows(deck: str) -> list[str]:
    """What stands in the rows of the displays, without what makes them appear."""
    displays = re.findall(r"\\begin\{align\*}\n(.*?)\n\\end\{align\*}", deck, re.DOTALL)
    bare = [re.sub(r"\\uncover<\d+->\{(.*?)}(?=$| &| \\\\)", r"\1", d, flags=re.MULTILINE) for d in displays]
    return [row for display in bare for row in display.split(" \\\\\n")]


@pytest.mark.parametrize("path", NETWORKS, ids=lambda p: p.stem)
def test_twelve_networks_fit_and_speak_russian(path):
    request = replace(REQUESTS.get(path.stem, Request()), seek=False)
    answer = derive(load_network(str(path)), request)
    deck = answer_slides(answer, "ru", steps=True, snippet=True)
    assert max(width(row.replace("&", "")) for row in rows(deck)) <= 1.03 * LINE  # a slide has room for 1.1
    said = re.sub(r"\$.*?\$|\\begin\{align\*}.*?\\end\{align\*}|Сеть [\w\\]+", "", deck, flags=re.DOTALL)
    said = re.sub(r"\\textcolor\{.*?}|\\[a-z]+(\{(frame|align\*)})?", "", said)
    assert not re.findall("[A-Za-z]{2,}", said)


def test_what_a_dropped_neuron_brings_in_is_coloured():
    deck = answer_slides(derive(TWO, Request(drop=("h1",), seek=False)), snippet=True)
    gone = [rf"\textcolor{{{DROPPED}}}{{({term})}}" for term in ("w_1 x + w_{01}", "w_1 + w_{01}", "2w_1 + w_{01}")]
    assert [deck.count(term) for term in gone] == [1, 1, 1]
    assert deck.count(DROPPED) == 3


def test_what_flows_through_the_mean_and_the_deviation_is_coloured():
    deck = answer_slides(derive(NORMALIZED, Request(seek=False)), snippet=True)
    assert rf"\textcolor{{{MEAN}}}{{\frac{{1}}{{3}} \, \frac{{\partial L}}{{\partial C}}}}" in deck
    assert rf"\textcolor{{{DEVIATION}}}{{\frac{{\partial L}}{{\partial S}}" in deck


def test_numbers_are_put_in_by_hand():
    deck = answer_slides(derive(TWO, Request(at={"all": Rational(0)}, seek=False)), snippet=True)
    assert "(0 + 0 + 0 + 0 - 3)^2 + (2 \\cdot 0 + 0 + 2 \\cdot 0 + 0 - 2)^2" in deck
    assert "= 13" in deck


def test_a_value_that_is_long_and_has_no_decimal_is_dots():
    chain = network("inputs x\nh = f(a*x)\nF = norm(b*h)*c\ndata x | y\n -1 | 0\n 0 | 1\n 1 | 2\n")
    deck = answer_slides(derive(chain, Request(at={"all": Rational(1, 2)}, seek=False)))
    assert r"\dots" in deck
    assert max(map(len, deck.splitlines())) < 600


def test_lectures_have_a_frame_for_every_claim():
    results = [claim.run() for claim in load_claims(["L8.8", "L8.9", "L8.17", "L8.20", "P4.58"])]
    russian, english = (lecture_slides(results, language) for language in ("ru", "en"))
    for deck in (russian, english):
        for result in results:
            assert rf"\frametitle{{{result.claim.id}\enspace" in deck
    assert "неверно" in russian
    assert "Должно быть" in russian
    assert "It should be" in english
    assert "Дропаут: два нейрона" in russian


def test_every_section_has_a_russian_title():
    assert {claim.section for claim in load_claims()} <= SECTIONS.keys()


# The command line

FILE = "examples/normalized.net"


def run(capsys, *arguments: str) -> str:
    assert main(["derive", FILE, *arguments]) == 0
    return capsys.readouterr().out


def test_formats(capsys):
    assert run(capsys, "--format", "slides", "--snippet").startswith(r"\begin{frame}")
    assert "documentclass" not in run(capsys, "--format", "latex", "--snippet")
    assert "S &= \\sqrt" in run(capsys, "--format", "latex", "--standalone", "S")
    assert "F(x) &= " in run(capsys, "--format", "latex", "--standalone", "F")


def test_explanations(capsys):
    assert "$C$: среднее $z_i$" in run(capsys, "--explain", "--format", "latex", "--language", "ru")
    deck = run(capsys, "--explain", "--format", "slides", "--language", "ru")
    assert deck.startswith(r"\documentclass[11pt,aspectratio=169]{beamer}")
    assert "правило цепочки" in deck


def test_explanations_as_text():
    shown = answer_text(derive(TWO, Request(wrt=("w1",), seek=False)), steps=True)
    assert shown.startswith("Step by step\n  1. h1[i]: a weighted sum\n       h1[i] = w1*x[i] + w01\n")
    assert "dL_dw1 = Sum(dL_dh1[i]*dh1_dw1[i], (i, 1, 2))" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--standalone", "S"], "--standalone S is LaTeX: add --format latex"),
        (["--format", "latex", "--standalone", "Q"], "there is no formula for 'Q'; there are A, B, C, S, L"),
        (["--snippet"], "--snippet leaves out a preamble"),
        (["--explain", "--format", "numpy"], "--explain writes words"),
    ],
)
def test_options_that_mean_nothing_are_refused(arguments, message, capsys):
    assert main(["derive", FILE, *arguments]) == 2
    assert message in capsys.readouterr().err

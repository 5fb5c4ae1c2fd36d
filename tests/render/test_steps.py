"""A derivation step by step: its steps are equations that hold, and its words are in the language asked for."""

import re

import pytest
from sympy import IndexedBase, S, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.network.network import Network
from symnet.operations import sqrt
from symnet.reading.load import network
from symnet.render.steps import Explanation, Step, explain, without_roots
from symnet.render.text import text
from symnet.render.words import LANGUAGES, words
from symnet.sums import normal_form, sum_over

m = size("m")
J = index("j", m)
j = J.symbol
NORMALIZED = network("""
inputs x
h = f(w1*x + w01)
F = norm(w2*h, scale=a, shift=b)
""")
SHARED = network("inputs x\nh1 = tanh(w*x)\nh2 = f(w*h1)\nF = w*h2 + c\nloss mean (F - y)^2\n")
BATCH = network("inputs x\nF = norm(w*x) + b\ndata x | y\n 1 | 1\n 2 | 0\n 5 | 1\nstatistics 1..2\n")


def lines(explanation: Explanation, step: Step) -> list[str]:
    naming = explanation.naming
    return [f"{text(e.reference, naming)} = {text(e.rhs, naming)}" for e in step.equations]


def step_of(explanation: Explanation, name: str) -> Step:
    return next(s for s in explanation.backward if text(s.names[0], explanation.naming) == name)


def test_forward_goes_through_every_layer():
    explanation = explain(NORMALIZED)
    assert [step.rule for step in explanation.forward] == [
        *("activation", "input", "mean", "deviation", "normalized", "affine", "sum")
    ]
    assert [lines(explanation, step) for step in explanation.forward[1:6]] == [
        ["z[i] = w2*h[i]"],
        ["C = Sum(z[j], (j, 1, m))/m"],
        ["S = sqrt(Sum((z[j] - C)**2, (j, 1, m))/m)"],
        ["xhat[i] = (z[i] - C)/S"],
        ["F[i] = a*xhat[i] + b"],
    ]


def test_backward_goes_along_every_edge():
    explanation = explain(NORMALIZED)
    z = step_of(explanation, "z[i]")
    assert z.rule == "chains"
    assert lines(explanation, z) == [
        "dxhat_dz[i] = 1/S",
        "dS_dz[i] = (z[i] - C)/(m*S)",
        "dC_dz[i] = 1/m",
        "dL_dz[i] = dL_dxhat[i]*dxhat_dz[i] + dL_dS*dS_dz[i] + dL_dC*dC_dz[i]",
        "dL_dz[i] = dL_dS*xhat[i]/m + dL_dxhat[i]/S + dL_dC/m",
    ]
    assert lines(explanation, step_of(explanation, "S"))[0] == "dxhat_dS[i] = -xhat[i]/S"


def test_what_the_mean_makes_vanish_is_said_to_vanish():
    explanation = explain(NORMALIZED)
    assert lines(explanation, step_of(explanation, "C"))[1:3] == [
        "dS_dC = -Sum(z[j] - C, (j, 1, m))/(m*S)",
        "dS_dC = 0",
    ]


@pytest.mark.parametrize("of", [NORMALIZED, SHARED, BATCH])
def test_the_last_line_of_a_step_is_the_gradient_and_the_chain_is_equal_to_it(of: Network):
    explanation = explain(of)
    full = gradient(of.derivation, "L")
    for step in explanation.backward:
        *before, result = step.equations
        if result.name in full:
            assert result == full[result.name]
        partials = {e.name: e for e in before if e.name != result.name}
        for chain in (e for e in before if e.name == result.name):
            assert same(of, chain, result, partials), lines(explanation, step)


def same(of: Network, chain: Equation, result: Equation, partials: dict[str, Equation]) -> bool:
    """Whether the chain rule gives the result once the partial derivatives, C and the activations are written out."""
    everything = of.derivation.extend(partials.values())
    written = [everything.unfold(e.rhs, everything.definitions.keys() - {"S", "L"}) for e in (chain, result)]
    return normal_form(written[0] - written[1]) == 0


def test_only_what_lies_between_the_loss_and_the_names_asked_for():
    explanation = explain(NORMALIZED, ["b"])
    assert [text(s.names[0], explanation.naming) for s in explanation.backward] == ["F[i]", "b"]


def test_a_name_that_nothing_uses():
    smaller = network("inputs x\nh1 = w1*x\nh2 = w2*x\nF = h1 + h2\n").drop(["h1"])
    assert step_of(explain(smaller), "w1").rule == "unused"


def test_words_of_a_step():
    explanation = explain(BATCH)
    mean = next(s for s in explanation.forward if s.rule == "mean")
    assert explanation.words(mean) == "C: the mean of z[i] over objects 1 to 2"
    assert explanation.words(mean, "ru") == "C: среднее z[i] по объектам от 1 до 2"
    assert explanation.latex_words(mean, "ru") == "$C$: среднее $z_i$ по объектам от $1$ до $2$"
    z = step_of(explanation, "z[i]")
    assert explanation.words(z, "ru") == "z[i] действует через xhat[i], S и C: правило цепочки, сумма по этим путям"


def test_every_word_is_there_in_every_language():
    for key, english in words("en").items():
        russian = words("ru")[key]
        assert re.search("[а-яё]", russian), key
        assert not re.search("[a-zA-Z]", russian), key
        assert sorted(re.findall(r"\{\d}", russian)) == sorted(re.findall(r"\{\d}", english))
    assert LANGUAGES == ("en", "ru")


def test_another_language_is_refused():
    with pytest.raises(SymnetError, match="there is no language 'fr'"):
        words("fr")


def test_an_unknown_name_is_refused():
    with pytest.raises(SymnetError, match="there is no 'w9' here"):
        explain(NORMALIZED, ["w9"])


def test_the_square_of_a_root_has_no_root_in_a_step():
    explanation = explain(network("inputs x\nF = w*x/sqrt(v + 1)"))
    (step,) = [s for s in explanation.backward if text(s.names[0]) == "v"]
    printed = " ".join(right for _, right in explanation.said(step).sides)
    assert r"\left(\sqrt{v + 1}\right)^2" not in printed
    assert "v + 1" in printed
    assert without_roots(sqrt(S.One) + sqrt(Symbol("v")) ** 4 + sqrt(Symbol("v")) ** 3) == (
        1 + Symbol("v") ** 2 + sqrt(Symbol("v")) ** 3
    )


def test_a_derivation_of_no_network_has_steps_too():
    mean = Equation("C", rhs=sum_over(IndexedBase("x")[j], J.limits) / m)
    spread = Equation("L", rhs=sum_over((IndexedBase("x")[j] - Symbol("C")) ** 2, J.limits))
    derivation = gradient(Derivation((mean, spread), (Variable("x", (J,)),)), "L", ["x"])
    explanation = explain(derivation, ["x"])
    assert [step.rule for step in explanation.forward] == ["average of", "defined"]
    assert [explanation.words(step, "ru") for step in explanation.backward][-1] == (
        "x[j] действует через L и C: правило цепочки, сумма по этим путям"
    )

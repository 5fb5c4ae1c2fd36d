"""Pictures of networks: what is on them, and that nothing lies outside or on top of something else."""

from itertools import combinations
from xml.etree import ElementTree

import pytest

from symnet.drawing.diagram import diagram
from symnet.drawing.picture import Box, Circle, Label, Line, Picture
from symnet.drawing.svg import mathematics, svg
from symnet.drawing.tikz import tikz
from symnet.errors import SymnetError
from symnet.reading.load import network

NORMALIZED = """network two
inputs x
h1 = f(w1*x + w01)
h2 = f(w2*x + w02)
F = a*norm(h1*w3 - 2*h2*w4) + b
"""


def wide(width: int) -> str:
    lines = ["inputs x1 x2"]
    lines += [f"h{k} = tanh(w{k}*x1 + v{k}*x2)" for k in range(1, width + 1)]
    lines += [f"g{k} = norm({' + '.join(f'u{k}_{j}*h{j}' for j in range(1, width + 1))})" for k in range(1, width + 1)]
    lines.append("F = " + " + ".join(f"c{k}*g{k}" for k in range(1, width + 1)))
    return "\n".join(lines) + "\n"


def of(picture: Picture, kind: type) -> list:
    return [item for item in picture.items if isinstance(item, kind)]


def labels(picture: Picture) -> list[str]:
    return [item.latex for item in of(picture, Label)]


def test_neurons_weights_and_the_normalization_are_on_the_picture() -> None:
    picture = diagram(network(NORMALIZED))
    assert len(of(picture, Circle)) == 4
    assert len([line for line in of(picture, Line) if len(line.points) == 2]) == 4 + 1  # and the one to the mark
    assert {"x", "h_1", "h_2", "F", "w_1", "w_2", "w_3", "-2w_4", "f", "+w_{01}", "+w_{02}"} <= set(labels(picture))
    assert labels(picture).count("C, S") == 1
    assert r"\times a\ \ +b" in labels(picture)


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("abs(w*x)", r"\left|\cdot\right|"),
        ("max(w*x, v*u)", r"\max"),
        ("min(w*x, 1)", r"\min(\cdot, 1)"),
        ("w*x + u", r"\Sigma"),
    ],
)
def test_a_circle_says_what_the_neuron_does(formula: str, shown: str) -> None:
    found = labels(diagram(network(f"inputs x u\nF = {formula}\n")))
    assert shown in found
    assert not any("#" in label for label in found)


@pytest.mark.parametrize(
    ("formula", "side"), [("f(norm(w*x))", -1), ("norm(f(w*x))", 1), ("norm(w*x)", -1), ("2*norm(f(w*x)) + b", 1)]
)
def test_the_mark_stands_where_the_normalization_is(formula: str, side: int) -> None:
    picture = diagram(network(f"inputs x\nh = {formula}\nF = v*h\n"))
    (mark,) = of(picture, Box)
    neuron = of(picture, Circle)[1]
    assert (mark.centre[0] - neuron.centre[0]) * side > neuron.radius


def test_a_dropped_neuron_is_crossed_out_and_its_edges_are_grey() -> None:
    picture = diagram(network(NORMALIZED), ["h1"])
    inks = [line.ink for line in of(picture, Line)]
    assert inks.count("cross") == 2
    assert inks.count("faded") == 2  # x - h1 - F
    assert [c.ink for c in of(picture, Circle)].count("faded") == 1
    with pytest.raises(SymnetError, match="h9 is neither a neuron nor an input of two"):
        diagram(network(NORMALIZED), ["h9"])


@pytest.mark.parametrize("width", [2, 5, 20])
def test_circles_and_labels_keep_their_distance(width: int) -> None:
    picture = diagram(network(wide(width)))
    circles = of(picture, Circle)
    assert len(circles) == 2 + 2 * width + 1
    for one, other in combinations(circles, 2):
        across, down = (a - b for a, b in zip(one.centre, other.centre, strict=True))
        assert (across**2 + down**2) ** 0.5 > one.radius + other.radius + 4
    for label in of(picture, Label):
        assert 0 < label.at[0] < picture.width
        assert 0 < label.at[1] < picture.height
    names = [label for label in of(picture, Label) if label.latex.startswith(("h_", "g_"))]
    assert len({label.at for label in names}) == 2 * width


def test_a_connection_past_a_layer_runs_below_the_others() -> None:
    picture = diagram(network("inputs x\nh = f(w1*x)\nF = w2*h + w3*x\n"))
    (far,) = [line for line in of(picture, Line) if line.curved]
    assert far.points[1][1] > max(c.centre[1] + c.radius for c in of(picture, Circle))
    (weight,) = [label for label in of(picture, Label) if label.latex == "w_3"]
    assert weight.at[1] < picture.height


def test_a_signal_used_twice_is_an_edge_without_a_weight() -> None:
    picture = diagram(network("inputs x\nF = w1*x + w2*x^2\n"))
    assert len(of(picture, Line)) == 1
    assert not {"w_1", "w_2"} & set(labels(picture))


def test_svg_is_well_formed_and_says_what_it_shows() -> None:
    root = ElementTree.fromstring(svg(diagram(network(NORMALIZED), ["h1"])))
    space = {"s": "http://www.w3.org/2000/svg"}
    title = root.find("s:title", space)
    assert title is not None
    assert title.text == "The network two with layers of 1 -> 2 -> 1, without h1"
    assert root.attrib["role"] == "img"
    assert len(root.findall("s:circle", space)) == 4
    texts = ["".join(text.itertext()) for text in root.findall("s:text", space)]
    assert {"w1", "h2", "+w01"} <= set(texts)


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"w_{01}", "w01"),
        (r"\alpha_1^2", "α12"),
        (r"\frac{a + b}{2}", "(a\u2009+\u2009b)/2"),
        (r"\sqrt{x}", "√x"),
        (r"\hat{z}", "z\u0302"),
        (r"\operatorname{ReLU}", "ReLU"),
        (r"-2 \cdot x'", "−2\u2009·\u2009x′"),
        (r"\lambda_1", "λ1"),
        (r"[x > 0]", "[x\u2009>\u20090]"),
    ],
)
def test_mathematics_in_one_line(latex: str, text: str) -> None:
    assert "".join(ElementTree.fromstring(f"<text>{mathematics(latex, 10)}</text>").itertext()) == text


def test_a_subscript_is_lower_and_what_follows_is_not() -> None:
    root = ElementTree.fromstring(f"<text>{mathematics('w_1 x', 10)}</text>")
    shifts = [float(span.attrib.get("dy", 0)) for span in root]
    assert shifts[1] > 0
    assert abs(sum(shifts)) < 1e-9


def test_tikz_draws_the_same_items() -> None:
    picture = diagram(network(NORMALIZED), ["h1"])
    written = tikz(picture)
    assert written.count(r"\node") == len(of(picture, Label))
    assert written.count("circle[") == len(of(picture, Circle))
    assert written.count("{") == written.count("}")
    assert r"\begin{tikzpicture}" in written


def test_what_is_no_weighted_sum_is_not_drawn_as_one() -> None:
    drawn = labels(diagram(network("inputs x\ns = sigmoid(a*x)\nF = s*x + (1 - s)*b\n")))
    assert r"\Sigma" not in drawn
    assert "=" in drawn
    assert "b (1 - s) + s x" in drawn
    long = labels(diagram(network("inputs x\nz = a*x\nF = exp(z)/(exp(z) + exp(2*z) + exp(3*z) + exp(4*z) + 1)\n")))
    assert "=" in long
    assert not any(r"\frac" in label for label in long)

"""The graph of a computation: every value and derivative on it against differences by hand."""

import math

import pytest
from sympy import Rational

from symnet.drawing.graph import computation_graph
from symnet.drawing.picture import Box, Circle, Label, Line
from symnet.errors import SymnetError
from symnet.reading.load import network

NEURON = "inputs x1 x2\nF = sigmoid(w0*x1 + w1*x2 + w2)\ndata x1 x2 | y\n -1 -2 | 0\n"
POINT = {"w0": Rational(2), "w1": Rational(-3), "w2": Rational(-3)}


def test_the_neuron_of_the_textbook() -> None:
    """w0 = 2, w1 = -3, w2 = -3 at x = (-1, -2): the sum is 1; L = sigma(1)^2."""
    picture = computation_graph(network(NEURON).example, POINT)
    value = 1 / (1 + math.exp(-1))
    slope = 2 * value * value * (1 - value)
    black = [label.latex for label in picture.items if isinstance(label, Label) and label.ink == "plain"]
    red = [label.latex for label in picture.items if isinstance(label, Label) and label.ink == "backward"]
    assert {"w_0", "w_1", "w_2", "+", r"\sigma", "u^{2}", "2", "-3", "6", "-2", "1"} <= set(black)
    assert {f"{value:.4g}", f"{value**2:.4g}"} <= set(black)
    assert sorted(red) == sorted(["1", f"{2 * value:.4g}", *[f"{slope:.4g}"] * 4, f"{-slope:.4g}", f"{-2 * slope:.4g}"])
    assert len([item for item in picture.items if isinstance(item, Box)]) == 3
    assert len([item for item in picture.items if isinstance(item, Circle)]) == 5
    assert len([item for item in picture.items if isinstance(item, Line)]) == 7


def test_lines_lead_from_left_to_right_and_shared_nodes_are_drawn_once() -> None:
    net = network("inputs x\nF = norm(w*x^2, eps=1)\ndata x | y\n 1 | 0\n 2 | 1\n")
    picture = computation_graph(net.example, {"w": Rational(2)})
    for line in picture.items:
        if isinstance(line, Line):
            across = [x for x, _ in line.points]
            assert across == sorted(across)
    boxes = [item for item in picture.items if isinstance(item, Box)]
    assert len(boxes) == 1
    centres = [item.centre for item in picture.items if isinstance(item, Circle)]
    assert len(set(centres)) == len(centres)


def test_exact_values_stay_exact() -> None:
    net = network("inputs x\nF = w*x\ndata x | y\n 2 | 1/3\n")
    shown = [i.latex for i in computation_graph(net.example, {"w": Rational(1)}).items if isinstance(i, Label)]
    assert r"\frac{5}{3}" in shown
    assert r"\frac{25}{9}" in shown
    assert r"\frac{20}{3}" in shown  # 2 (2w - 1/3) 2


def test_what_makes_no_picture() -> None:
    with pytest.raises(SymnetError, match="f is abstract"):
        computation_graph(network("inputs x\nF = f(w*x)\ndata x | y\n 2 | 1\n").example, {"w": Rational(1)})
    rows = "\n".join(f" {k} | 1" for k in range(40))
    with pytest.raises(SymnetError, match="more than 80 make no picture"):
        computation_graph(network(f"inputs x\nF = w*x + b\ndata x | y\n{rows}\n").example, {"w": Rational(1)})

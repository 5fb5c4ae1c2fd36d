"""Plots: the numbers on them are those computed exactly, and bad requests get one sentence."""

import math
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational

from symnet.drawing.plots import activation, convergence, trajectory
from symnet.errors import SymnetError
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.training import descend
from tests.shell import Shell

NET = "inputs x\nF = tanh(w*x) + b\ndata x | y\n 1 | 1\n 2 | 0\n"


def test_an_activation_and_its_derivative() -> None:
    (axes,) = activation("elu", Rational(1, 2)).axes
    value, slope = axes.lines[2:]
    u, f = value.get_data()
    np.testing.assert_allclose(f, np.where(u > 0, u, 0.5 * np.expm1(u)), atol=1e-12)
    u, d = slope.get_data()
    shown = ~np.isnan(d)
    np.testing.assert_allclose(d[shown], np.where(u > 0, 1, 0.5 * np.exp(u))[shown], atol=1e-12)
    assert np.isnan(d).sum() == 1  # the jump is not drawn as a line
    assert not np.isnan(activation("tanh").axes[0].lines[3].get_ydata()).any()
    with pytest.raises(SymnetError, match="elu takes 2 arguments"):
        activation("elu")
    with pytest.raises(SymnetError, match="wave is not a function of symnet"):
        activation("wave")


def test_a_path_is_that_of_the_exact_steps_on_the_surface_of_the_loss() -> None:
    net = network(NET)
    steps = descend(net, {"w": 1, "b": 0}, Rational(1, 10), [()] * 3)
    (axes,) = trajectory(net, steps, ("w", "b")).axes
    path = np.array(axes.lines[-1].get_data()).T
    assert len(path) == 4
    assert path[0].tolist() == [1.0, 0.0]
    w, b = 1.0, 0.0
    for x, y in path[1:]:
        r = [math.tanh(w) + b - 1, math.tanh(2 * w) + b]
        slope = 2 * r[0] * (1 - math.tanh(w) ** 2) + 4 * r[1] * (1 - math.tanh(2 * w) ** 2)
        w, b = w - 0.1 * slope, b - 0.2 * (r[0] + r[1])
        assert (x, y) == pytest.approx((w, b), abs=1e-12)
    low, high = axes.get_xlim()
    assert low < path[:, 0].min()
    assert path[:, 0].max() < high


def test_convergence_changes_at_the_exact_bound() -> None:
    net = network("inputs x\nF = w*x + b\ndata x | y\n 1 | 3\n 2 | 2\n 3 | 1\n")
    loss = Quadratic.of(net.example.inline()["L"].rhs, net.parameters)
    (axes,) = convergence(loss, {"w": 0, "b": 0}).axes
    below, above = axes.lines[-2].get_ydata(), axes.lines[-1].get_ydata()
    assert below[0] == pytest.approx(14)  # the minimum is 0
    assert below[-1] < below[0] / 10
    assert above[-1] > above[0]


def test_the_command(shell: Shell, tmp_path: Path) -> None:
    assert shell.output("plot", "--activation", "leaky_relu,1/10", "-o", "a.svg") == ""
    assert "<svg" in (tmp_path / "a.svg").read_text()
    options = ["--at", "all=1", "--rate", "0.1", "--steps", "2"]
    assert shell.output("plot", "three.net", *options, "--over", "w1,w2", "-o", "b.png") == ""
    assert (tmp_path / "b.png").read_bytes()[1:4] == b"PNG"
    assert shell.output("plot", "linear.net", "--drop", "h1", "--at", "all=0", "-o", "c.svg") == ""
    assert "one function with --activation" in shell.refusal("plot", "-o", "x.svg")
    assert "x.gif ends in none of" in shell.refusal("plot", "--activation", "tanh", "-o", "x.gif")
    assert "--over takes two parameters, not w1" in shell.refusal(
        "plot", "linear.net", *options, "--over", "w1", "-o", "x.svg"
    )
    assert "f is abstract" in shell.refusal("plot", "normal.net", *options, "--over", "w1,w2", "-o", "x.svg")
    assert "needs a start" in shell.refusal("plot", "linear.net", "-o", "x.svg")
    assert "not a polynomial" in shell.refusal("plot", "three.net", "--at", "all=1", "-o", "x.svg")
    assert "not positive definite" in shell.refusal("plot", "linear.net", "--at", "all=0", "-o", "x.svg")

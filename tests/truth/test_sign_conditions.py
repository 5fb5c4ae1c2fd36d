r"""Signs and properties of f as conditions of statements whose size is symbolic, found and confirmed by numbers."""

import pytest

from symnet.claims import Slide
from symnet.reading.load import network

NETWORKS = {
    "norm": "inputs x\nF = norm(w*x)\n",
    "with eps": "inputs x\nF = norm(w*x, eps=eps)\n",
    "abs": "inputs x\nF = abs(w*x)\n",
    "relu": "inputs x\nF = relu(w*x)\nloss mean (F - y)^2 / 2\n",
    "max": "inputs x\nF = max(w*x, u*x)\nloss mean (F - y)^2\n",
    "hinge": "inputs x\nF = w*x + b\nloss mean max(0, 1 - y*F)\n",
    "distance": "inputs x\nF = v*relu(w*x)\nloss mean abs(F - y)\n",
    "leaky": "inputs x\nF = leaky_relu(w*x, a)\n",
    "selu": "inputs x\nF = selu(w*x)\n",
    "f": "inputs x\nF = f(w*x)\n",
    "two": "inputs x\nh1 = f(w1*x)\nh2 = f(w2*x)\nF = h1*u1 + h2*u2\n",
}
SLIDES = {name: Slide(network(text)) for name, text in NETWORKS.items()}


def verdict_of(name: str, formula: str):
    slide = SLIDES[name]
    return slide.compare(slide.read(formula), corrected=False).verdict


@pytest.mark.parametrize(
    ("name", "formula", "condition"),
    [
        ("norm", r"S = w\sqrt{\operatorname{Var}(x)}", "w >= 0"),
        ("norm", r"S = -w\sqrt{\operatorname{Var}(x)}", "w <= 0"),
        ("norm", r"F_i = \frac{x_i - \bar x}{\sqrt{\operatorname{Var}(x)}}", "w > 0"),  # at w = 0 it is 0/0
        ("with eps", r"F_i = \frac{x_i - \bar x}{\sqrt{\operatorname{Var}(x)}}", "eps = 0 and w > 0"),
        ("with eps", r"S = |w|\sqrt{\operatorname{Var}(x)}", "eps = 0"),
        ("abs", r"L = \sum_i (w|x_i| - y_i)^2", "w >= 0"),
        ("abs", r"\frac{\partial L}{\partial w} = 2\sum_i (F_i - y_i)|x_i|", "w > 0"),
        ("relu", r"\frac{\partial L}{\partial w} = \frac{1}{m}\sum_i (F_i - y_i)x_i[x_i > 0]", "w > 0"),
        ("max", r"L = \frac{1}{m}\sum_i (x_i\max(w, u) - y_i)^2", "x[i] >= 0 for every i"),
        ("f", r"L = \sum_i (f(-wx_i) + y_i)^2", "f odd: f(-u) = -f(u)"),
        ("f", r"L = \sum_i (f(-wx_i) - y_i)^2", "f even: f(-u) = f(u)"),
        ("f", r"\frac{\partial L}{\partial w} = -2\sum_i (F_i - y_i)f'(-wx_i)x_i", "f even: f(-u) = f(u)"),
        ("f", r"\sum_i F_i = mf(w\bar x)", "f linear: f(u) = f(1)*u"),
        ("two", r"L = \sum_i ((u_1w_1 + u_2w_2)x_i - y_i)^2", "f the identity: f(u) = u"),
        # the sign of an argument
        ("abs", r"L = \sum_i (wx_i - y_i)^2", "w*x[i] >= 0 for every i"),
        ("abs", r"\sum_i |wx_i| = -w\sum_i x_i", "w*x[i] <= 0 for every i"),
        ("abs", r"|w + x_i| = w + x_i", "w + x[i] >= 0 for every i"),
        ("abs", r"\sum_k |y_k - x_k| = \sum_k (x_k - y_k)", "x[k] >= y[k] for every k"),
        ("abs", r"|w|\sum_i |x_i y_i| = |w|\sum_i x_i y_i", "x[i]*y[i] >= 0 for every i"),
        ("relu", r"L = \frac{1}{2m}\sum_i y_i^2", "w*x[i] <= 0 for every i"),
        ("relu", r"\frac{\partial L}{\partial w} = \frac{1}{m}\sum_i (wx_i - y_i)x_i", "w*x[i] > 0 for every i"),
        ("hinge", r"L = 1 - \frac{1}{m}\sum_i y_i F_i", "1 >= F[i]*y[i] for every i"),
        ("hinge", r"L = 0", "F[i]*y[i] >= 1 for every i"),
        ("hinge", r"\frac{\partial L}{\partial w} = -\frac{1}{m}\sum_i x_iy_i", "1 > F[i]*y[i] for every i"),
        ("distance", r"L = \frac{1}{m}\sum_i (y_i - F_i)", "y[i] >= F[i] for every i"),
        (
            "distance",
            r"\frac{\partial L}{\partial v} = \frac{1}{m}\sum_i wx_i",
            "w*x[i] >= 0 for every i and F[i] > y[i] for every i",
        ),
        ("hinge", r"\frac{\partial L}{\partial b} = -\frac{1}{m}\sum_i y_i[y_i F_i < 1]", "F[i]*y[i] != 1 for every i"),
        (
            "distance",
            r"\frac{\partial L}{\partial w} = \frac{1}{m}\sum_i \frac{|F_i - y_i|}{F_i - y_i} vx_i[wx_i \ge 0]",
            "w*x[i] != 0 for every i",
        ),
        ("leaky", r"F_i = awx_i", "w*x[i] <= 0 for every i"),
        ("selu", r"\frac{1}{m}\sum_i F_i = F(1)\bar x", "w >= 0 and w*x[i] >= 0 for every i"),
    ],
)
def test_the_weakest_condition_is_found(name: str, formula: str, condition: str) -> None:
    verdict = verdict_of(name, formula)
    assert (verdict.verdict, verdict.assumptions) == ("proved-if", [condition])
    assert verdict.witness["left"] != verdict.witness["right"]
    assert verdict.replay().outcome == "confirmed"


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("abs", r"L = \sum_i (wx_i - 2y_i)^2"),
        ("abs", r"|x_i^2 + 1| = -x_i^2 - 1"),  # nothing has the sign that it would need
        ("abs", r"\sum_i\sum_j |x_i - x_j| = \sum_i\sum_j (x_i - x_j)"),  # not for every i and j
        ("f", r"L = \sum_i (f(wx_i) + y_i)^2"),
        ("two", r"L = \sum_i ((u_1w_1 - u_2w_2)x_i - y_i)^2"),
    ],
)
def test_what_is_wrong_has_no_condition(name: str, formula: str) -> None:
    assert verdict_of(name, formula).verdict == "refuted"

"""Claims of one's own about what each lecture treats: proved as they are, refuted and corrected after one edit.

None of these formulas stands in a lecture; they are written in slide LaTeX, as somebody would who has just met symnet.
"""

import pytest

from symnet.claims import Slide
from symnet.reading.load import network

THREE = "\ndata x | y\n 1 | 3\n 2 | 2\n 3 | 1\n"
TWO = "\ndata x | y\n -1 | -1\n 1 | 1\n"
two_neurons = network("inputs x\nh1 = w1*x + w01\nh2 = w2*x + w02\nF = h1 + h2" + THREE)
chain = network("inputs x\nh1 = f(x + w01)\nh2 = f(norm(w2*h1) + w02)\nF = f(norm(w3*h2) + w03)" + TWO)
mini_batch = network(
    "inputs x\nF = norm(w1*x + w01, scale=a, shift=b)\ndata x | y\n -1 | -1\n 1 | 1\n 2 | 2\nstatistics 1..2\n"
)
two_inputs = network("inputs x1 x2\nF = w1*x1 + w2*x2 + b\ndata x1 x2 | y\n 1 0 | 1\n 0 1 | 0\n 1 1 | 2\n")
hidden = network("inputs x\nh = tanh(v*x + c)\nF = w*h + b\n")
logistic = network("inputs x\nF = sigmoid(w*x + b)\nloss mean (F - y)^2 / 2\n")
batch_norm = network("inputs x\nz = f(w*x)\nF = norm(z, scale=gamma, shift=beta, eps=eps)\n")
unbiased = network("inputs x\nz = w*x + b\nF = norm(z, ddof=1)\n")
standardized = network("inputs x\nh = norm(x)\nF = v*h + c\n")
plain_norm = network("inputs x1 x2\nF = norm(w1*x1 + w2*x2) + b\ndata x1 x2 | y\n 0 0 | 1\n 1 0 | 0\n 0 1 | 2\n")

SLIDES = {
    "two neurons": Slide(
        two_neurons,
        losses={"L_1": two_neurons.drop(["h1"])},
        functions={"F_1": two_neurons.drop(["h2"]), "F_2": two_neurons.drop(["h1"])},
    ),
    "chain": Slide(chain),
    "mini-batch": Slide(mini_batch),
    "two inputs": Slide(two_inputs, losses={"L_1": two_inputs.drop(["x2"])}),
    "hidden": Slide(hidden),
    "logistic": Slide(logistic),
    "batch norm": Slide(batch_norm),
    "unbiased": Slide(unbiased),
    "standardized": Slide(standardized),
    "plain norm": Slide(plain_norm),
}

OWN = [
    # L8: dropout, a normalized chain, mini-batches
    ("two neurons", r"L_1 = (w_2 + w_{02} - 3)^2 + (2w_2 + w_{02} - 2)^2 + (3w_2 + w_{02} - 1)^2", "- 1)", "+ 1)"),
    ("two neurons", r"F_1(x) + F_2(x) = F(x)", "= F(x)", r"= \frac{1}{2} F(x)"),
    ("chain", r"C_1 = w_2 \frac{f(w_{01} - 1) + f(1 + w_{01})}{2}", "+ f(", "- f("),
    (
        "chain",
        r"S_1 = \sqrt{\frac{1}{2}[(w_2 f(w_{01} - 1) - C_1)^2 + (w_2 f(1 + w_{01}) - C_1)^2]}",
        "- C_1)^2]",
        "- C_2)^2]",
    ),
    ("mini-batch", r"C = \frac{(-w_1 + w_{01}) + (w_1 + w_{01})}{2}", "{2}", "{3}"),
    ("mini-batch", r"F(2) = a \cdot \frac{2w_1 + w_{01} - C}{S} + b", "+ w_{01}", "- w_{01}"),
    # P4: the chain rule, dropped inputs, batch normalization with gamma and beta
    ("hidden", r"\frac{\partial L}{\partial v} = 2\sum_{i=1}^m (F_i - y_i) w (1 - h_i^2) x_i", "1 - h", "1 + h"),
    (
        "two inputs",
        r"\frac{\partial L_1}{\partial w_1} = 2(w_1 + b - 1) + 2(w_1 + b - 2)",
        "(w_1 + b - 2)",
        "(w_2 + b - 2)",
    ),
    (
        "batch norm",
        r"\frac{\partial L}{\partial \gamma} = 2\sum_{i=1}^m (F_i - y_i) \frac{z_i - C}{S}",
        r"\frac{z_i - C}{S}",
        "(z_i - C)",
    ),
    # E3: the logistic neuron with a mean loss
    ("logistic", r"\frac{\partial L}{\partial w} = \frac{1}{m}\sum_{i=1}^m (F_i - y_i) F_i (1 - F_i) x_i", " x_i", ""),
    (
        "logistic",
        r"\frac{\partial L}{\partial b} = \frac{1}{m} \sum_{j=1}^m (F_j - y_j) \sigma'(w x_j + b)",
        "m} ",
        "2} ",
    ),
    # W: the normalized layer with eps
    (
        "batch norm",
        r"S = \sqrt{\frac{1}{m} \sum_{i=1}^m (z_i - C)^2 + \varepsilon}",
        r"+ \varepsilon",
        r"- \varepsilon",
    ),
    ("batch norm", r"\frac{\partial L}{\partial \beta} = 2 \sum_{i=1}^m (F_i - y_i)", "- y_i", "+ y_i"),
    # V: standardized inputs
    ("standardized", r"F(x) = v \frac{x - C}{S} + c", "- C", "+ C"),
    ("standardized", r"\frac{\partial L}{\partial v} = 2 \sum_{i=1}^m (F_i - y_i) \frac{x_i - C}{S}", "{S}", "{S^2}"),
    # X: the divisor of the variance
    ("unbiased", r"S = \sqrt{\frac{1}{m - 1} \sum_{i=1}^m (z_i - C)^2}", "{m - 1}", "{m}"),
    ("unbiased", r"C = \frac{1}{m} \sum_{i=1}^m (w x_i + b)", "{m}", "{m - 1}"),
    # B: scale invariance, and what a normalization subtracts
    ("plain norm", r"w_1 \frac{\partial L}{\partial w_1} = -w_2 \frac{\partial L}{\partial w_2}", "= -", "= "),
    ("plain norm", r"C = \frac{w_1 + w_2}{3}", "+", "-"),
]


@pytest.mark.parametrize(("name", "right", "old", "new"), OWN)
def test_one_edit_of_a_true_formula_is_found(name: str, right: str, old: str, new: str) -> None:
    slide = SLIDES[name]
    assert right.count(old) == 1
    wrong = right.replace(old, new)
    assert slide.check(f"$${right}$$").verdict.verdict == "proved"
    found = slide.check(f"$${wrong}$$")
    by_value = found.verdict.assumptions in (["m = 2"], ["eps = 0"])  # where the edited number happens to be right
    assert found.verdict.verdict == "refuted" or by_value
    assert found.verdict.witness["left"] != found.verdict.witness["right"]
    correction = found.verdict.correction
    assert correction is not None
    assert correction["edit"]
    name_of_side = wrong.partition(" = ")[0]
    again = slide.check(f"$${name_of_side} = {correction['latex']}$$")
    assert again.verdict.verdict == "proved"

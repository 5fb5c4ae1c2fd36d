r"""Formulas in the usual styles of lectures, of which nobody here wrote the network: what their names mean."""

import pytest

from symnet.claims import Slide
from symnet.errors import SymnetError
from symnet.reading.load import network
from tests.lecture_formulas import FORMULAS, NETWORKS

SLIDES = {name: Slide(network(text)) for name, text in NETWORKS.items()}
SLIDES["pair"] = Slide(network("inputs x\nh1 = f(w1*x + w01)\nh2 = f(w2*x + w02)\nF = h1*w3 + h2*w4 + w03\n"))


@pytest.mark.parametrize(("name", "formula", "verdict"), FORMULAS)
def test_verdict(name: str, formula: str, verdict: str) -> None:
    slide = SLIDES[name]
    assert slide.compare(slide.read(formula), corrected=False).verdict.verdict == verdict


FEATURES = network("inputs x1 x2\nF = w1*x1 + w2*x2\ndata x1 x2 | y\n 1 2 | 3\n 4 5 | 6\n 7 8 | 0\n")
OWN_NAMES = network("inputs x\nE = e*x\nF = E*yhat + mu*sigma\nloss mean (F - y)^2\n")


@pytest.mark.parametrize(
    ("net", "formula", "message"),
    [
        (FEATURES, r"x_{1,2} = 2", r"x_{1,2} can be read in two ways: write x_k^{(i)} for object i"),
        (FEATURES, r"x_1^{(4)} = 2", "x1 of object 4: the data has the objects 1 to 3"),
        (FEATURES, r"F = w_j", ""),
        (FEATURES, r"F_j = w_j", "the index j counts objects in one place and names in another"),
        (FEATURES, r"\sum_{i=1}^n y_i = \sum_{j=1}^n w_j", "n is both"),
        (FEATURES, r"y_{1,2} = 3", "is not a name on this slide"),
        (FEATURES, r"\operatorname{Var}(x_1, x_2) = 3", "the variance of 2 values"),
        (FEATURES, r"\|F - y\|_3 = 3", "a norm has the degree 1 or 2 here, not 3"),
        (FEATURES, r"F(1) = w_1", "F is a function of x1, x2, not of 1 values"),
        (OWN_NAMES, r"\frac{\partial L}{\partial v} = 1", "v is not a parameter of the network network"),
    ],
)
def test_what_cannot_be_read(net, formula: str, message: str) -> None:
    if not message:
        assert Slide(net).check(formula).verdict.verdict == "refuted"
        return
    with pytest.raises(SymnetError) as caught:
        Slide(net).check(formula)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"E_1 = ex_1", "proved"),
        (r"F_i = E_i \hat y + \mu\sigma", "proved"),
        (r"\frac{\partial L}{\partial E_i} = \frac{2\hat y}{m}(F_i - y_i)", "proved"),
        (r"\frac{\partial L}{\partial e} = \frac{2\hat y}{m}\sum_i(F_i - y_i)x_i", "proved"),
        (r"E = e^2 x", "refuted"),
    ],
)
def test_names_of_the_network_go_before_habits(formula: str, verdict: str) -> None:
    assert Slide(OWN_NAMES).check(formula).verdict.verdict == verdict


def test_one_object_of_the_data_is_named_beside_the_witness() -> None:
    found = Slide(FEATURES).check(r"L = (F - y)^2").verdict
    assert found.verdict == "refuted"
    assert found.witness["values"]["object"] == "1"
    found = Slide(FEATURES).check(r"\frac{\partial L}{\partial w_j} = 2\sum_i (F_i - y_i)x_{i1}").verdict
    assert (found.verdict, found.witness["values"]["j"]) == ("refuted", "2")


@pytest.mark.parametrize(
    ("name", "formula", "edit"),
    [
        ("bn", r"C = \frac{w}{m-1}\sum_i x_i", "the denominator m - 1 should be m"),
        (
            "bn",
            r"\frac{\partial L}{\partial \gamma} = \sum_i\frac{\partial L}{\partial F_i}z_i",
            "the factor z[i] should be xhat[i]",
        ),
        ("bn", r"\hat x_i = \frac{z_i - C}{S^2}", "the denominator S**2 should be S"),
        ("linmean", r"\frac{\partial L}{\partial w} = \frac2m\sum_i(F_i - x_i)x_i", "the factor x[i] should be y[i]"),
        ("linmean", r"\frac{\partial L}{\partial w} = \frac2m(F_i - y_i)x_i", "the sum over i = 1..m is missing"),
        ("ce", r"L = -\frac1m\sum_i[y_i\ln F_i + y_i\ln(1 - F_i)]", "the factor y[i] should be 1 - y[i]"),
        (
            "reg2",
            r"\frac{\partial L}{\partial w_1} = 2\sum_{i=1}^3(F_i - y_i)x_{i2}",
            "the factor x2[i] should be x1[i]",
        ),
        ("dn", r"\frac{\partial L}{\partial v} = 2\sum_{i=1}^3(F_i - y_i)h_i^2", "the factor h[i]**2 should be h[i]"),
        (
            "pair",
            r"\frac{\partial L}{\partial w_1} = 2w_3\sum_i(F_i - y_i)f'(w_1x_i + w_{02})x_i",
            "the term w02 should be w01",
        ),
    ],
)
def test_the_natural_edit_of_a_misprint(name: str, formula: str, edit: str) -> None:
    correction = SLIDES[name].check(formula).verdict.correction
    assert correction is not None
    assert correction["edit"] == edit

"""Initializations against enumerated weights, the frameworks' numbers, and the gains they are derived from."""

from itertools import product as choices
from math import sqrt

import pytest
from sympy import Expr, Integer, Rational, S, Symbol

from symnet.equations import size
from symnet.errors import SymnetError
from symnet.moments import even_part, truncated_normal, uniform
from symnet.network.initialization import KERAS, after_layers, backward_gain, forward_gain, initializer, kept
from symnet.operations import call
from symnet.sums import unroll
from symnet.truth.enclosure import enclose
from symnet.truth.verdict import decide

n_in, n_out = size("n_in"), size("n_out")
FANS = (Integer(300), Integer(400))


def number(expression: Expr) -> float:
    return float(enclose(expression, {}).mid())


@pytest.mark.parametrize(
    ("name", "variance"),
    [("glorot", 2 / (n_in + n_out)), ("he", 2 / n_in), ("lecun", 1 / n_in)],
)
@pytest.mark.parametrize("shape", ["uniform", "normal"])
def test_variances(name: str, shape: str, variance: Expr) -> None:
    assert decide(KERAS[f"{name}_{shape}"].variance(n_in, n_out), variance).verdict == "proved"


@pytest.mark.parametrize("name", ["glorot_uniform", "he_uniform", "lecun_uniform"])
def test_an_interval_has_the_variance(name: str) -> None:
    bound = KERAS[name].bound(n_in, n_out)
    assert decide(uniform(-bound, bound)(2), KERAS[name].variance(n_in, n_out)).verdict == "proved"


def test_the_numbers_of_the_frameworks() -> None:
    """Largest weights for fans 300 and 400: 0.09258 uniform, and Keras's normal cut at 0.1215."""
    assert number(KERAS["glorot_uniform"].bound(*FANS)) == pytest.approx(0.09258, abs=1e-5)
    uncut = number(truncated_normal(Integer(2))(2))
    widened = sqrt(number(KERAS["glorot_normal"].variance(*FANS)) / uncut)
    assert 2 * widened == pytest.approx(0.1215, abs=1e-4)


def test_only_uniform_weights_have_an_interval() -> None:
    with pytest.raises(SymnetError, match="truncated"):
        KERAS["he_normal"].bound(n_in, n_out)


def test_gains_by_enumeration_of_signs() -> None:
    """Weights 1/2 or -1/2, so Var(w) = 1/4; the inputs 1, 2, 3 and the upstream gradients 5, 7 are fixed."""
    inputs, upstream, half = (1, 2, 3), (5, 7), Rational(1, 2)
    signs = list(choices((half, -half), repeat=len(inputs)))
    forward = sum(sum(w * x for w, x in zip(row, inputs, strict=True)) ** 2 for row in signs) / len(signs)
    assert forward == forward_gain(Rational(1, 4), Integer(3)) * Rational(1 + 4 + 9, 3)
    signs = list(choices((half, -half), repeat=len(upstream)))
    backward = sum(sum(w * g for w, g in zip(row, upstream, strict=True)) ** 2 for row in signs) / len(signs)
    assert backward == backward_gain(Rational(1, 4), Integer(2)) * Rational(25 + 49, 2)


def test_what_an_activation_keeps() -> None:
    u, a = Symbol("u"), Symbol("a")
    assert kept() == 1
    for activation, arguments in (("relu", ()), ("abs", ()), ("leaky_relu", (a,))):
        square = even_part(call(activation, u, *arguments) ** 2, u)
        assert decide(square, kept(activation, *arguments) * u**2).verdict == "proved"
    with pytest.raises(SymnetError, match="tanh"):
        kept("tanh")


def test_after_layers_is_the_recursion() -> None:
    layers, gain, start, bias = Symbol("k", integer=True), Rational(2, 3), Integer(5), Rational(1, 7)
    value = start
    for number_of in range(5):
        closed = after_layers(gain, layers, start, bias).subs(layers, number_of)
        assert unroll(closed) == value
        value = gain * value + bias
    assert after_layers(S.One, layers, start) == start


def test_names_are_looked_up() -> None:
    assert initializer("he_normal") is KERAS["he_normal"]
    with pytest.raises(SymnetError, match="'he_nomal'; did you mean 'he_normal'"):
        initializer("he_nomal")
    with pytest.raises(SymnetError, match=r"no initializer 'zzz'$"):
        initializer("zzz")

"""The gradient as a NumPy function, on the reference's tape, and in balls: three roads to the same numbers."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from symnet.differentiate import gradient
from symnet.network.network import Network
from symnet.numeric.compile import compile_numpy
from symnet.numeric.reference import Activation
from tests.laws.rigour import Point, filled_gradient, partials, values
from tests.numeric.tape_from_network import tape_from_network
from tests.strategies import ABSTRACT, KINKED, SMOOTH, networks, points

law = settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.generate,))


def wave(u: Any) -> Any:
    """The f of `rigour.FUNCTIONS`, in floats."""
    return np.sin(u) + u / 2


def wave_slope(u: Any) -> Any:
    return np.cos(u) + 0.5


def bell(u: Any) -> Any:
    return np.exp(-u / 3) + u**2


def bell_slope(u: Any) -> Any:
    return -np.exp(-u / 3) / 3 + 2 * u


PAIRS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "f": (wave, wave_slope),
    "g": (bell, bell_slope),
    "phi": (lambda u: wave(u - 1), lambda u: wave_slope(u - 1)),
}


def activation(value: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Activation:
    return Activation(value, lambda gradient, u: (gradient * slope(u),))


def columns_of(network: Network) -> dict[str, Any]:
    assert network.rows is not None
    columns = np.array(network.rows, dtype=float).T
    return dict(zip((*network.inputs, *network.targets), columns, strict=True))


def compiled(network: Network, point: Mapping[str, float], wanted: list[str]) -> dict[str, float]:
    """The values of the compiled gradient of the symbolic batch at the network's own data."""
    functions = {name: pair[0] for name, pair in PAIRS.items()}
    functions |= {f"{name}prime": pair[1] for name, pair in PAIRS.items()}
    function = compile_numpy(gradient(network.derivation, "L"), wanted)
    needed = {a.name for a in function.arguments}
    arguments = {**columns_of(network), **point, **functions}
    return {n: float(v) for n, v in function(**{k: v for k, v in arguments.items() if k in needed}).items()}


@law
@given(networks(activations=SMOOTH + KINKED + ABSTRACT), st.data())
def test_numpy_the_tape_and_balls_agree(network: Network, data) -> None:
    exact: Point = data.draw(points(network))
    names = partials(network.parameters)
    wanted = ["L", *names.values()]
    balls = values(filled_gradient(network), exact)
    expected = np.array([float(balls[name].mid()) for name in wanted])
    assume(np.abs(expected).max() < 1e6)  # floats lose digits at ill-conditioned points

    point = {name: float(value) for name, value in exact.items()}
    got = compiled(network, point, wanted)

    first, last = (int(k) for k in network.statistics_range)
    meanings = {name: activation(*pair) for name, pair in PAIRS.items()}
    tape, nodes = tape_from_network(
        network.neurons, network.loss, columns_of(network), point, slice(first - 1, last), meanings
    )
    swept = tape.backward(nodes["L"])
    traced = [float(nodes["L"].value), *(swept[name] for name in names)]

    tolerance = {"rtol": 1e-9, "atol": 1e-10 * (1 + np.abs(expected).max())}
    np.testing.assert_allclose([got[name] for name in wanted], expected, **tolerance)
    np.testing.assert_allclose(traced, expected, **tolerance)


@law
@given(networks(activations=SMOOTH, norms=(0, 1), max_neurons=2), st.data())
def test_an_inlined_gradient_compiles_to_the_same_numbers(network: Network, data) -> None:
    exact: Point = data.draw(points(network))
    names = ["L", *partials(network.parameters).values()]
    balls = values(filled_gradient(network), exact)
    derivation = gradient(network.derivation.inline(), "L").inline(keep=names)
    arguments = {**columns_of(network), **{k: float(v) for k, v in exact.items()}}
    got = compile_numpy(derivation, names)(**arguments)
    for name in names:
        assert float(got[name]) == pytest.approx(float(balls[name].mid()), rel=1e-8, abs=1e-8)

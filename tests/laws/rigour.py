"""Rigorous values of gradients, to hold the laws by: balls that contain the true number, at exact points."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from flint import arb
from hypothesis import reject

from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation
from symnet.errors import DegenerateError
from symnet.network.network import Network
from symnet.truth.enclosure import directional_derivative, enclose_derivation

Point = Mapping[str, Fraction]

DIGITS = 30


def _sine(order: int, u: arb) -> arb:
    """f(u) = sin(u) + u/2 and its derivatives."""
    wave = (u + arb.pi() * order / 2).sin()
    return wave + (u / 2, arb(1) / 2)[order] if order < 2 else wave


def _bell(order: int, u: arb) -> arb:
    """g(u) = exp(-u/3) + u^2, neither even nor odd."""
    wave = (-u / 3).exp() * arb(-1) ** order / arb(3) ** order
    return wave + (u**2, 2 * u, arb(2))[order] if order < 3 else wave


FUNCTIONS: dict[str, Callable[[int, arb], arb]] = {
    "f": _sine,
    "g": _bell,
    "phi": lambda order, u: _sine(order, u - 1),
}


def filled_gradient(network: Network, *wrt: str) -> Derivation:
    """The gradient of the loss with the network's data filled in."""
    return network.fill(gradient(network.derivation, "L", wrt or None))


def values(derivation: Derivation, point: Point) -> dict[str, arb]:
    """Balls around all equations; an example at a degenerate point is not counted."""
    try:
        return enclose_derivation(derivation, point, DIGITS, FUNCTIONS)
    except DegenerateError:
        reject()


def forward(derivation: Derivation, of: str, wrt: str, point: Point) -> arb:
    """The partial derivative by forward mode, which knows nothing of the sweep."""
    try:
        return directional_derivative(derivation, of, point, {wrt: 1}, DIGITS, FUNCTIONS)
    except DegenerateError:
        reject()


def partials(names: tuple[str, ...]) -> dict[str, str]:
    return {name: adjoint_name("L", name) for name in names}

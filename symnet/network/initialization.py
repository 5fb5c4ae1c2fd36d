"""Initial weights of a layer: the variance that keeps signals or gradients of one size, for every width.

The weights are independent with mean 0, the biases 0. Then for a layer h_j = sum_i w_ij x_i of n_in inputs and
n_out outputs, whatever the joint distribution of the x_i and of the gradients g_j (LeCun 1998; Glorot, Bengio 2010)

    E h_j^2       = n_in Var(w) E x^2       forward,
    E (dL/dx_i)^2 = n_out Var(w) E g^2      backward, where the g_j do not depend on these w.

An activation between two layers keeps the share c of the second moment: E f(h)^2 = c E h^2 (He et al. 2015).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from sympy import Expr, Integer, Rational, S, Symbol

from symnet.errors import SymnetError
from symnet.expressions import product, total
from symnet.operations import OPERATIONS, sqrt
from symnet.sums import Sum

__all__ = ["KERAS", "Initialization", "after_layers", "backward_gain", "forward_gain", "initializer", "kept"]

Fan = Literal["in", "out", "average"]
Shape = Literal["uniform", "normal", "truncated"]


def kept(activation: str | None = None, *arguments: Expr) -> Expr:
    """c with E f(h)^2 = c E h^2, and E f'(h)^2 = c, for every h symmetric about 0: (f(1)^2 + f(-1)^2)/2.

    Without an activation it is 1. Raises SymnetError for an activation without f(k u) = k f(u), k > 0: there the
    share depends on the distribution.
    """
    if activation is None:
        return S.One
    if activation not in ("relu", "leaky_relu", "abs"):
        raise SymnetError(f"what {activation} keeps of the second moment depends on the distribution")
    values = [OPERATIONS[activation].exact(Integer(sign), *arguments) for sign in (1, -1)]
    return total(*(product(Rational(1, 2), value**2) for value in values if value is not None))


def forward_gain(variance: Expr, n_in: Expr, share: Expr = S.One) -> Expr:
    """E h^2 of a layer divided by that of the layer before, with an activation that keeps `share` between them."""
    return product(share, n_in, variance)


def backward_gain(variance: Expr, n_out: Expr, share: Expr = S.One) -> Expr:
    """The same of the gradients, from a layer to the one before."""
    return product(share, n_out, variance)


def after_layers(gain: Expr, layers: Expr, start: Expr = S.One, bias: Expr = S.Zero) -> Expr:
    """The second moment after so many layers of one gain, if each adds a bias of mean 0 and variance `bias`.

    layers: an integer symbol or a number. q_0 = start and q_(k+1) = gain q_k + bias.
    """
    s = Symbol("s", integer=True)
    grown = product(start, gain**layers)
    return grown if bias == 0 else total(grown, product(bias, Sum(gain ** (layers - s), (s, S.One, layers))))


@dataclass(frozen=True)
class Initialization:
    """Weights of mean 0 whose variance makes share * fan * Var(w) = 1.

    fan: the number of inputs, of outputs, or their mean; shape: of the distribution, `truncated` for a normal one
    cut off at two deviations of the uncut one, which is widened so that the variance stays.
    """

    fan: Fan
    share: Expr
    shape: Shape

    def variance(self, n_in: Expr, n_out: Expr) -> Expr:
        """Var(w) of a layer."""
        fans = {"in": n_in, "out": n_out, "average": product(Rational(1, 2), total(n_in, n_out))}
        return 1 / product(self.share, fans[self.fan])

    def bound(self, n_in: Expr, n_out: Expr) -> Expr:
        """a of the uniform distribution on [-a, a], whose variance is a^2/3. Raises SymnetError for another shape."""
        if self.shape != "uniform":
            raise SymnetError(f"a {self.shape} initialization has no interval")
        return sqrt(product(Integer(3), self.variance(n_in, n_out)))


def _both(name: str, fan: Fan, share: Expr) -> dict[str, Initialization]:
    return {
        f"{name}_uniform": Initialization(fan, share, "uniform"),
        f"{name}_normal": Initialization(fan, share, "truncated"),
    }


# The names of Keras (keras.io/api/layers/initializers).
KERAS: Mapping[str, Initialization] = {
    **_both("glorot", "average", kept()),
    **_both("he", "in", kept("relu")),
    **_both("lecun", "in", kept()),
}


def initializer(name: str) -> Initialization:
    """The initialization that Keras calls so. Raises SymnetError for a name it does not have, with the nearest."""
    if name not in KERAS:
        near = get_close_matches(name, KERAS, 1)
        raise SymnetError(f"there is no initializer {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return KERAS[name]

"""Twelve networks as a new user writes them, with what is asked of them."""

from pathlib import Path

from sympy import Rational

from symnet.commands.derive import Request

__all__ = ["NETWORKS", "REQUESTS"]

NETWORKS = sorted((Path(__file__).parent / "nets").glob("*.net"))

_HALF = {"all": Rational(1, 2)}
REQUESTS = {
    "linear": Request(at={"all": Rational(0)}, steps=3, rate=Rational(1, 10)),
    "two_neurons": Request(second=True, wrt=("w1", "w3")),
    "scaled": Request(at=_HALF),
    "minibatch": Request(at=_HALF),
    "dropout": Request(drop=("h1",), at={"all": Rational(1)}),
    "relu": Request(at={"w1": Rational(1), "w2": Rational(-1), "all": Rational(0)}),
    "gate": Request(at=_HALF),
    "softmax": Request(at=_HALF),
    "outputs": Request(at=_HALF, steps=2, rate=Rational(1, 3)),
}

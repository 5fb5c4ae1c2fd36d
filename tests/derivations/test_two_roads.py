"""Every network of the lectures: its compiled gradient and the hand-written reference give the same numbers.

The weights are random, so that nothing of the lectures' special points hides a fault; f is the sine law of `laws`.
"""

from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest

import derivations
from symnet.network import Network
from tests.laws.test_numbers import PAIRS, activation, columns_of, compiled
from tests.numeric.tape_from_network import tape_from_network


def lecture_networks() -> list[tuple[str, Network]]:
    """The networks with data that are module-level names of a derivation."""
    found: dict[Network, str] = {}
    for module in sorted(m.name for m in iter_modules(derivations.__path__)):
        for name, value in vars(import_module(f"derivations.{module}")).items():
            if isinstance(value, Network) and value.rows is not None and value.parameters:
                found.setdefault(value, f"{module}.{name}")
    return [(name, network) for network, name in found.items()]


NETWORKS = lecture_networks()


def test_the_lectures_have_networks() -> None:
    assert len(NETWORKS) > 15


@pytest.mark.parametrize(("name", "network"), NETWORKS, ids=[name for name, _ in NETWORKS])
def test_the_compiled_gradient_is_the_reference(name: str, network: Network) -> None:
    chance = np.random.default_rng(sum(map(ord, name)))
    point = {p: float(chance.uniform(0.3, 1.7) * chance.choice((-1, 1))) for p in network.parameters}
    wanted = ["L", *(f"dL_d{p}" for p in network.parameters)]
    got = compiled(network, point, wanted)
    first, last = (int(k) for k in network.statistics_range)
    meanings = {f: activation(*pair) for f, pair in PAIRS.items()}
    assert network.loss is not None
    tape, nodes = tape_from_network(
        network.neurons, network.loss, columns_of(network), point, slice(first - 1, last), meanings
    )
    slopes = tape.backward(nodes["L"])
    expected = {"L": float(nodes["L"].value), **{f"dL_d{p}": float(slopes[p]) for p in network.parameters}}
    scale = max(1.0, *(abs(v) for v in expected.values()))
    for key, value in expected.items():
        assert got[key] == pytest.approx(value, rel=1e-9, abs=1e-9 * scale), key

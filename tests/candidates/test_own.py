"""Code that belongs to a framework is found to, by what it names; the frameworks themselves are not needed for that."""

import math
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symnet.candidates.load import candidate
from symnet.candidates.own import framework_of
from symnet.candidates.specs import spec
from symnet.errors import SymnetError

torch = ModuleType("torch")
Layer = type("Layer", (), {"__module__": "keras.src.layers"})


def of_numpy(x: Any) -> Any:
    return np.tanh(x) + math.e


def named(x: Any) -> Any:
    return torch.tanh(x)


def by_helper(x: Any) -> Any:
    return [named(y) for y in x]


def imported_inside(x: Any) -> Any:
    import jax.numpy as jnp

    return jnp.tanh(x)


class Derived(Layer):  # type: ignore[misc, valid-type]
    def call(self, x: Any) -> Any:
        return x


class Owner:
    def forward(self, x: Any) -> Any:
        return torch.tanh(x)


@pytest.mark.parametrize(
    ("code", "framework"),
    [
        (of_numpy, None),
        (named, "torch"),
        (by_helper, "torch"),
        (imported_inside, "jax"),
        (Derived, "keras"),
        (Derived(), "keras"),
        (Owner, "torch"),
        (np.tanh, None),
    ],
)
def test_the_framework_is_the_first_that_is_named(code: Any, framework: str | None) -> None:
    assert framework_of(code) == framework


@pytest.mark.parametrize(
    ("imports", "framework"), [(("torch",), "torch"), (("torch", "numpy"), None), (("math",), None)]
)
def test_methods_of_tensors_are_told_by_the_imports(
    imports: tuple[str, ...], framework: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("layers_of_somebody")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    vars(module).update({name: ModuleType(name) for name in imports})

    def centred(x: Any) -> Any:
        return x - x.mean(0)

    centred.__module__ = module.__name__
    assert framework_of(centred) == framework


def test_a_framework_that_is_not_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SymnetError, match="torch is not installed here: pip install torch"):
        candidate(named, spec("tanh"))

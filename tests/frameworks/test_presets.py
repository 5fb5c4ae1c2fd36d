"""Every preset of the frameworks that are installed: what is right is called so, what is not is found again.

SYMNET_FRAMEWORKS names those that have to be here, as `make test-frameworks` does.
"""

import os
from typing import Any

import pytest

from symnet.candidates.second import SUFFIX
from tests.frameworks.table import presets, report

FRAMEWORKS = os.environ["SYMNET_FRAMEWORKS"].split()
PRESETS = [(framework, *row) for framework in FRAMEWORKS for row in presets(framework)]

# What is neither proved nor within its bound, all of it explained in docs/findings.md.
FOUND: dict[str, str] = {}

# What a preset has decided for itself.
CONVENTIONS: dict[str, dict[str, Any]] = {}

# A graph of the framework's own that is short enough to be proved on any machine.
PROVED = {
    "torch": ("ReLU", "GELU", "Sigmoid", "Linear"),
    "jax": ("relu", "sigmoid", "exp"),
    "flax": ("Dense",),
    "optax": ("l2_loss",),
    "sklearn": ("relu",),
}


@pytest.mark.parametrize(("framework", "name", "spec"), PRESETS)
def test_a_preset_is_what_it_was_found_to_be(framework: str, name: str, spec: str) -> None:
    found = report(framework, name, spec)
    target = f"{framework}:{name}"
    key = target if f"{target} {spec}" not in FOUND else f"{target} {spec}"
    wanted = (FOUND[key],) if key in FOUND and (" " in key or not spec.endswith(SUFFIX)) else ("proved", "agrees")
    if name in PROVED.get(framework, ()):
        wanted = ("proved",)
    assert found.verdict in wanted, found.notes
    if not spec.endswith(SUFFIX):
        for what, value in CONVENTIONS.get(target, {}).items():
            assert found.convention[what] == value

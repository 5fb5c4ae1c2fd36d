"""Presets without their frameworks, and second derivatives of somebody's NumPy code."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from symnet.candidates.adapters.engine import Table, preset, require
from symnet.candidates.candidate import Candidate
from symnet.candidates.check import check
from symnet.candidates.specs import spec
from symnet.errors import SymnetError


def relu_of_a_table(wanted: Any) -> Candidate:
    return Candidate("some:relu", lambda given: {"y": np.maximum(given["x"], 0)})


TABLE = Table("some", "some-package", {"relu": {"relu": relu_of_a_table}})


def test_a_framework_that_is_not_installed_says_how_to_install_it() -> None:
    with pytest.raises(SymnetError, match="no_such_framework is not installed here: pip install some-package"):
        require("no_such_framework", "some-package")


def test_a_preset_is_found_by_its_name_and_spec() -> None:
    assert preset(TABLE, "relu", spec("relu")).name == "some:relu"
    with pytest.raises(SymnetError, match="no preset some:reluu; did you mean 'relu'"):
        preset(TABLE, "reluu", spec("relu"))
    with pytest.raises(SymnetError, match="some:relu is relu, not tanh"):
        preset(TABLE, "relu", spec("tanh"))


def tanh_twice(mistake: float) -> Candidate:
    """gx = dy (1 - y^2); by x it is -2 y (1 - y^2) dy dgx."""

    def run(given: Mapping[str, Any]) -> dict[str, Any]:
        y = np.tanh(given["x"])
        slope, above = 1 - y * y, given["dgx"]
        return {"gx": given["dy"] * slope, "dx": -mistake * y * slope * given["dy"] * above, "ddy": slope * above}

    return Candidate("tanh twice", run)


def test_second_derivatives_are_proved_or_refuted() -> None:
    assert check(tanh_twice(2), "tanh_second").verdict == "proved"
    found = check(tanh_twice(1), "tanh_second")
    assert found.verdict == "wrong"
    assert [name for name, judged in found.outputs.items() if not judged.passed] == ["dx"]


def test_what_has_no_second_derivatives_says_so() -> None:
    for name in ("adam", "dropout"):
        with pytest.raises(SymnetError, match=f"no second derivatives of {name}"):
            spec(f"{name}_second")


def test_running_statistics_are_a_convention() -> None:
    """0.8 r + 0.2 of the batch with the unbiased variance, beside a right normalization."""

    def run(given: Mapping[str, Any]) -> dict[str, Any]:
        x = given["x"]
        mean, variance, count = x.mean(0), x.var(0), len(x)
        y = (x - mean) / np.sqrt(variance + given["eps"]) * given["scale"] + given["shift"]
        running = 0.8 + 0.2 * variance * count / (count - 1) if count > 1 else variance
        return {"y": y, "running_mean": 0.2 * mean, "running_variance": running}

    found = check(Candidate("with statistics", run, frozenset({"eps"}), traceable=False), "batch_norm")
    assert found.convention["running"] == "r becomes 0.8 r + 0.2 of the batch, with the unbiased variance"

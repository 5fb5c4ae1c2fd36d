"""The benchmark of the peers: those that are installed here compute what symnet does, and failures are told apart."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import compare, plot
from tests.benchmarks.compare import Instance, Peer, columns_for, missing, table_of
from tests.benchmarks.peers import NAMES, installed, module_of
from tests.benchmarks.worker import values_of

SMALL = {"chain": (2, 1, 3), "mlp": (2, 2, 4)}
PAIRS = [(c, w) for c in NAMES for w in SMALL if w in module_of(c).COLUMNS[c] and installed(c)]


def numbers(column: str, workload: str) -> Any:
    depth, n, m = SMALL[workload]
    loss, gradients = module_of(column).COLUMNS[column][workload](values_of(workload, depth, n, m), depth).run()
    parts = [np.ravel(np.asarray(part, dtype=float)) for part in (loss, *gradients)]
    return np.concatenate(parts)


@pytest.mark.parametrize(("column", "workload"), [pair for pair in PAIRS if pair[0] != "symnet"])
def test_every_installed_peer_computes_the_same(column: str, workload: str) -> None:
    expected = numbers("symnet", workload)
    assert (np.abs(expected) > 1e-9).sum() >= len(expected) - 2  # a shift v before a normalization has no effect
    np.testing.assert_allclose(numbers(column, workload), expected, rtol=1e-6, atol=1e-12)


def test_a_comparison_checks_measures_and_drops_what_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "TURNS", 2)
    monkeypatch.setenv("SYMNET_PEERS", sys.executable)
    instance = Instance("chain", 3, 1, 3)
    first, slow = compare.compare(instance, ["symnet"], limit=120), compare.compare(instance, ["SymPy"], limit=0.5)
    (own,), (other,) = first, slow
    assert 0 < own["evaluate"] < 1
    assert own["derive"] > 0 < own["compile"]
    assert own["memory"] > 10
    assert (other["error"], other["evaluate"]) == ("> 0 s", None)
    rows = [{"instance": str(instance)} | record for record in (own, other)]
    assert table_of("title", rows).row_count == 2


def test_a_peer_that_dies_is_an_error_and_not_the_end() -> None:
    (record,) = compare.compare(Instance("mlp", 1, 2, 3), ["SymPy"])  # SymPy has no such workload
    assert record["error"] == "failed"
    with Peer("SymPy", Instance("mlp", 1, 2, 3)) as peer:
        assert peer.answer(60) is None


def test_who_is_asked_for_what() -> None:
    small, large = Instance("mlp", 1, 4, 8), Instance("mlp", 4, 64, 128)
    assert {"symnet", "symnet scalar", "by hand", "CasADi SX"} <= set(columns_for(small, ()))
    assert not {"symnet scalar", "CasADi SX", "SymPy"} & set(columns_for(large, ()))
    assert "JAX" not in columns_for(large, ("JAX",))
    assert {c for c in missing() if c.startswith("SymPy")} == set()
    assert str(small) == "MLP(4, 1, 8)"


def test_other_numbers_are_noticed() -> None:
    assert compare._agrees({"loss": 1.0, "size": 2.0}, {"loss": 1.0 + 1e-9, "size": 2.0})
    assert not compare._agrees({"loss": 1.0, "size": 2.0}, {"loss": 1.0, "size": 2.001})


def test_the_plot_shows_every_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot, "PICTURE", tmp_path / "growth.svg")
    record = {"peer": "symnet", "evaluate": 1e-5, "derive": 0.01, "compile": 0.02, "k": 1, "m": 3, "n": 1}
    records = [record | {"series": s, axis: size} for s, (axis, _) in plot.AXES.items() for size in (2, 4)]
    records.append({"peer": "SymPy", "series": "depth", "k": 3, "error": "> 20 s", "evaluate": None})
    assert plot.points(records, "depth", "symnet", ("derive", "compile")) == [(2, 0.03), (4, 0.03)]
    assert plot.points(records, "depth", "SymPy", ("evaluate",)) == []
    plot.draw(records)
    assert "objects, W(4, m)" in (tmp_path / "growth.svg").read_text()

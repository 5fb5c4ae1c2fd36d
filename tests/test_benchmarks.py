"""The benchmark of the peers: those that are installed here compute what symnet does, and failures are told apart."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import compare, plot, report
from tests.benchmarks.__main__ import main
from tests.benchmarks.compare import Instance, Peer, columns_for, missing, table_of
from tests.benchmarks.peers import NAMES, installed, module_of
from tests.benchmarks.results import keep, known
from tests.benchmarks.start import function, started
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


def _measured() -> dict[str, Any]:
    """Results in which everything takes symnet a millisecond, and the peers as many as their number."""
    records = [
        {"series": series, "peer": peer, "n": n, "m": m, "evaluate": 1e-3 * k, "derive": 2e-3 * k, "compile": 3e-3 * k}
        for series in ("networks", "two threads")
        for n, m in report.SIZES
        for k, peer in enumerate(("symnet", "by hand", "PyTorch", "JAX"), 1)
    ]
    records.append({"series": "networks", "peer": "PyTensor", "n": 64, "m": 128, "error": "> 20 s"})
    proof = {"name": "scale", "outcome": "proved", "proof": 0.002, "verdict": "proved", "seconds": 0.02, "limit": 4.0}
    proof |= {"sympy": "no answer", "sympy_seconds": None, "tensorgrad": "not 0", "tensorgrad_seconds": 0.4}
    kept = proof | {"name": "kept", "verdict": None, "seconds": None, "sympy": "TypeError", "tensorgrad": "not stated"}
    return {
        "prover": [proof, kept | {"tensorgrad_seconds": None}],
        "peers": records,
        "mlp": {"seconds": {"derive and compile": 0.06}, "operations": {"a": 1.5, "b": 3.0}},
        "machine": {"processor": "EPYC", "processors": "2", "python": "3.11"},
    }


def test_targets_are_met_missed_or_not_measured() -> None:
    found = {target.name: value for target, value in report.measured(_measured())}
    assert found["MLP(64, 4, 4096), as a multiple of JAX"] == 0.25
    assert found["MLP(256, 4, 128), as a multiple of by hand"] == 0.5
    assert found["operations with all gradients, of those of the loss"] == 3.0
    assert found["symnet --help"] is None
    said = dict(zip(*(column.cells for column in report.targets(_measured()).columns[::4]), strict=True))
    assert said["derive and compile MLP of depth 4"] == "misses"
    assert said["MLP(64, 4, 4096), as a multiple of PyTorch"] == "aim"
    assert said["symnet --help"] == ""


def test_documents_get_their_tables_from_the_results(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    sections = [
        f"<!-- {name}, written by `make speed-table` -->\nold\n<!-- end of {name} -->" for name in report.SECTIONS
    ]
    document.write_text("\n".join(["before", *sections, "after\n"]))
    report.write(document, _measured())
    lines = document.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert [line for line in lines if "<!--" in line] == [
        "<!-- speed, written by `make speed-table` -->",
        "<!-- end of speed -->",
        "<!-- targets, written by `make speed-table` -->",
        "<!-- end of targets -->",
        "<!-- proofs, written by `make speed-table` -->",
        "<!-- end of proofs -->",
    ]
    assert "| width, objects | symnet | by hand | JAX | PyTorch |" in lines
    assert "| 64, 128, two threads | 1 ms | 2 | 4 | 3 |" in lines
    assert "| 64, 128: derive and compile | 5 ms |  | 4 |  |" in lines
    assert "| derive and compile MLP of depth 4 | 60 ms | 50 ms | 15 ms |" in lines
    assert "| scale | 20 ms | > 4 s | not 0 (400 ms) |" in lines
    assert "| kept | 2.0 ms | TypeError | not stated |" in lines
    assert "| symnet --help |  | 0.2 s | 0.2 s |" in lines
    assert "old" not in lines
    document.write_text("no place")
    with pytest.raises(ValueError, match="has no line <!-- speed"):
        report.write(document, _measured())


def test_results_are_kept_under_the_name_of_the_benchmark(tmp_path: Path) -> None:
    path = tmp_path / "bench" / "results.json"
    keep("one", [1], 2.04, path)
    keep("two", {"a": 1}, 3.0, path)
    keep("one", [2], 1.0, path)
    assert known(path) | {"machine": None} == {
        "one": [2],
        "two": {"a": 1},
        "machine": None,
        "seconds": {"one": 1.0, "two": 3.0},
    }
    assert known(tmp_path / "none.json") == {}


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mpl"]) == 2
    assert "there is no benchmark 'mpl'; there are start, mlp," in capsys.readouterr().err


def test_from_text_to_a_function() -> None:
    seconds, loaded = started("from symnet.cli import main")
    assert seconds > 0
    assert loaded == []
    values = dict.fromkeys(("w1", "v1", "w2", "v2", "a", "b"), 0.5)
    arrays = function(2, None, None)(x=np.array([0.0, 1, 3]), y=np.ones(3), **values)
    scalar = function(2, 3, None)(x_1=0.0, x_2=1.0, x_3=3.0, y_1=1.0, y_2=1.0, y_3=1.0, **values)
    for name, array in arrays.items():
        np.testing.assert_allclose(scalar[name], array, rtol=1e-12, atol=1e-15)

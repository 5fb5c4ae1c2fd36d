"""What the benchmarks found, in one file: build/bench/results.json, a key for each benchmark."""

import json
import os
import platform
from pathlib import Path
from typing import Any

__all__ = ["RESULTS", "keep", "known"]

RESULTS = Path("build") / "bench" / "results.json"


def known(path: Path = RESULTS) -> dict[str, Any]:
    """What earlier runs found."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def keep(name: str, found: Any, seconds: float, path: Path = RESULTS) -> None:
    """Put what a benchmark found, and the seconds it took, in the place of what it found before."""
    results = known(path) | {name: found, "machine": _machine()}
    results["seconds"] = results.get("seconds", {}) | {name: round(seconds, 1)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _machine() -> dict[str, str]:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "processors": str(os.cpu_count()),
        "python": platform.python_version(),
    }

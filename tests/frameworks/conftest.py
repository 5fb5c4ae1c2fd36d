"""The tests of a framework are collected where it is installed: `test_tracing_torch.py` needs torch."""

from importlib.util import find_spec
from pathlib import Path

FRAMEWORKS = ("jax", "scipy", "torch")
missing = tuple(name for name in FRAMEWORKS if find_spec(name) is None)
collect_ignore = [p.name for p in Path(__file__).parent.glob("test_*.py") if p.stem.rpartition("_")[2] in missing]
if not any(map(find_spec, ("torch", "jax", "tensorflow", "tinygrad", "aesara"))):
    collect_ignore.append("test_own.py")

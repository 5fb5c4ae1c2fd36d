"""C source compiled by the machine's own compiler and loaded into the running program."""

import ctypes
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symnet.errors import SymnetError
from symnet.numeric.arguments import shown_sizes
from symnet.numeric.c_entries import Real
from symnet.numeric.c_source import CSource

__all__ = ["REALS", "Library"]

REALS: dict[str, Real] = {"float64": "double", "float32": "float"}
_MOST, _POINTER = 1024, ctypes.c_void_p  # arguments that ctypes passes
_TYPES = {np.dtype(np.float64): ("float64", ctypes.c_double), np.dtype(np.float32): ("float32", ctypes.c_float)}
# Nothing that changes results: no -ffast-math, and no product is added without being rounded first.
_FLAGS = ("-std=c99", "-O3", "-ffp-contract=off", "-fPIC", "-shared")


class Library:
    """The function `name` of a C file as one of NumPy arrays, by the names that the file has for them.

    source: the file in a floating type; each type is compiled when it is first met, float64 at once.
    Raises SymnetError where there is no C compiler.
    """

    def __init__(self, name: str, source: Callable[[Real], CSource]) -> None:
        self.name, self.source = name, source
        self._loaded: dict[np.dtype[Any], tuple[Any, Any]] = {}
        self.file = source("double")
        self._shown: dict[str, tuple[str, int, int]] = {}  # the array whose shape shows a size, and how
        for a in self.file.arguments:
            for symbol, (axis, extra) in shown_sizes(a).items():
                self._shown.setdefault(symbol.name, (a.spelling, axis, int(extra)))
        passed = (*self.file.arguments, *self.file.outputs)
        self._axes = {a.name: [k.size for k in a.indices] for a in passed}
        count = len(self.file.sizes) + sum(a.kind != "size" for a in passed)
        if count > _MOST:
            raise SymnetError(f"{name} takes {count} arguments, outputs included: Python can pass {_MOST} to C")
        self._function(np.dtype(np.float64))

    def __call__(self, **given: Any) -> dict[str, Any]:
        """The outputs by name. Raises SymnetError for other types or shapes than the source is for."""
        dtype = np.result_type(1.0, *{a.dtype for a in given.values() if hasattr(a, "dtype")})
        if dtype not in _TYPES:
            raise SymnetError(f"C source computes in float64 or float32, not in {dtype}")
        function, callback = self._function(dtype)
        file, sizes = self.file, self._sizes(given)
        passed: list[Any] = [sizes[size] for size in file.sizes]
        kept, failures = list[Any](), list[Exception]()
        for a in file.arguments:
            value = given[a.spelling]
            if a.kind == "function":
                passed.append(callback(_guarded(value, dtype, failures)))
            elif a.indices:
                array = np.ascontiguousarray(value, dtype)
                _check(a.name, array, [_length(size, sizes) for size in self._axes[a.name]])
                kept.append(array)
                passed.append(array.ctypes.data)
            elif a.kind == "array":
                passed.append(float(value))
        shapes = {e.name: [_length(size, sizes) for size in self._axes[e.name]] for e in file.outputs}
        results = {name: np.empty(shape, dtype) for name, shape in shapes.items()}
        status = function(*passed, *(result.ctypes.data for result in results.values()))
        if failures:
            raise failures[0]
        if status == 1:
            raise MemoryError(f"{self.name} needs more memory than there is")
        if status == 2:
            raise SymnetError(f"an index is outside its array in {self.name}: with {_told(sizes)} one is too short")
        return results

    def _sizes(self, given: Mapping[str, Any]) -> dict[str, int]:
        """Every size: passed, or read off the shape of the first array that shows it."""
        sizes: dict[str, int] = {a.name: int(given[a.spelling]) for a in self.file.arguments if a.kind == "size"}
        return sizes | {name: np.shape(given[a])[axis] - extra for name, (a, axis, extra) in self._shown.items()}

    def _function(self, dtype: np.dtype[Any]) -> tuple[Any, Any]:
        """The C function in a floating type, and what makes one of Python's callable from there."""
        if dtype not in self._loaded:
            name, real = _TYPES[dtype]
            function = getattr(_compiled(self.source(REALS[name]).text), self.name)
            callback = ctypes.CFUNCTYPE(real, real)
            given = [a for a in self.file.arguments if a.kind != "size"]
            function.argtypes = [ctypes.c_ssize_t] * len(self.file.sizes)
            function.argtypes += [callback if a.kind == "function" else _POINTER if a.indices else real for a in given]
            function.argtypes += [_POINTER] * len(self.file.outputs)
            self._loaded[dtype] = function, callback
        return self._loaded[dtype]


def _compiled(text: str) -> ctypes.CDLL:
    """The library of a C file. Raises SymnetError where no compiler is found, or it does not accept the file."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    with TemporaryDirectory(prefix="symnet", ignore_cleanup_errors=True) as directory:
        path, library = Path(directory) / "source.c", Path(directory) / "source.so"
        path.write_text(text, encoding="utf-8")
        command = [*compiler, *_FLAGS, "-o", str(library), str(path), "-lm"]
        try:
            ran = subprocess.run(command, capture_output=True, text=True)
        except OSError:
            raise SymnetError(
                f"there is no C compiler {compiler[0]!r} here: install one, or name yours in CC"
            ) from None
        if ran.returncode:
            raise SymnetError(f"the C compiler {compiler[0]!r} failed: {ran.stderr.strip()[:1000]}")
        return ctypes.CDLL(str(library))


def _guarded(
    function: Callable[[Any], Any], dtype: np.dtype[Any], failures: list[Exception]
) -> Callable[[float], float]:
    """What the function raises is kept, as C cannot be left by an exception."""

    def call(z: float) -> float:
        try:
            return float(function(dtype.type(z)))
        except Exception as error:
            failures.append(error)
            return float("nan")

    return call


def _length(size: Expr, sizes: Mapping[str, int]) -> int:
    if isinstance(size, Symbol):
        return sizes[size.name]
    return int(size.xreplace({symbol: sizes[symbol.name] for symbol in size.free_symbols}))


def _check(name: str, array: Any, expected: list[int]) -> None:
    """C would read on beyond the end of an array that is too short."""
    if list(array.shape) != expected:
        raise SymnetError(f"{name} has the shape {array.shape} instead of {tuple(expected)}")


def _told(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sorted(sizes.items()))

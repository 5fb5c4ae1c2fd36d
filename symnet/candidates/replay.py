"""A user's own test, run against wrong versions of the code it tests: which of them would it miss?

The functions under test are exchanged, wherever a module holds them, for ones that compute what a fault gives at the
very inputs that the test chose. A test that passes then would pass such a bug.
"""

import inspect
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from os.path import realpath
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import pytest

from symnet.candidates.evaluation import Evaluator
from symnet.candidates.faults import Fault
from symnet.candidates.masks import mask_of
from symnet.candidates.signatures import Signature
from symnet.candidates.spec import Spec
from symnet.candidates.vacuity import BlindSpot, blind_spots, distinct_faults
from symnet.differentiate import adjoint_name
from symnet.errors import SymnetError

__all__ = ["Replay", "replay"]

MOST = 60  # faults that a test is run against
LOOKED_AT = 6  # calls whose inputs are asked why a fault was missed
Functions = Mapping[str, Callable[..., Any]]  # "forward", "backward"


@dataclass(frozen=True)
class Replay:
    """tried: the faults put into the code under test. missed: those that the test did not notice, and why."""

    test: str
    tried: tuple[Fault, ...]
    missed: tuple[BlindSpot, ...]


def replay(test: str, functions: Functions, spec: Spec, settings: Mapping[str, float] | None = None) -> Replay:
    """Run a pytest test against the faults of what it tests.

    test: as pytest names it, `tests/test_layer.py::test_backward`. functions: `forward` and `backward` as the test
    uses them (a layer or a function of the table). settings: values that they have fixed for themselves, such as eps.
    Raises SymnetError when the test fails as it is, does not run, or never calls them.
    """
    if spec.kind not in ("layer", "function", "loss") or "backward" not in functions:
        raise SymnetError(f"a test of {spec.name} cannot be replayed: it has no forward and backward to exchange")
    double = _Double(functions, spec, dict(settings or {}))
    plugin = _Plugin(test, double)
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-s", "-o", "addopts="]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), np.errstate(all="ignore"):
        status = pytest.main([test, *quiet], plugins=[plugin])
    if plugin.problem or not plugin.items:
        raise SymnetError(plugin.problem or f"{test} does not run: pytest ends with {pytest.ExitCode(status).name}")
    spots = blind_spots(spec.paired, spec.outputs, spec.wrt, double.inputs[:LOOKED_AT], among=plugin.missed)
    reasons = {spot.fault: spot.reason for spot in spots}
    unseen = "the test does not look at what it changes"
    missed = tuple(BlindSpot(fault, reasons.get(fault, unseen)) for fault in plugin.missed)
    return Replay(test, tuple(plugin.tried), missed)


class _Double:
    """Stands in for the functions under test: notes what they are given, and answers what a fault would."""

    def __init__(self, functions: Functions, spec: Spec, settings: dict[str, float]) -> None:
        self.functions, self.spec, self.settings = functions, spec, settings
        self.fault: Fault | None = None
        self.inputs: list[dict[str, Any]] = []
        self.calls: list[tuple[Any, dict[str, Any]]] = []  # caches are kept, so that no other takes their identity
        names = (*spec.arguments, *spec.fixed)
        upstream = () if spec.kind == "loss" else ("dy",)
        saved = ("cache",) if spec.kind == "layer" else ()
        required = len([name for name in spec.arguments if name not in spec.settings])
        self.takes = {
            "forward": Signature(functions["forward"], names, required),
            "backward": Signature(functions["backward"], (*upstream, *saved, *names, "y"), len(upstream + saved) + 1),
        }

    def forward(self, *args: Any, **keywords: Any) -> Any:
        result = self.functions["forward"](*args, **keywords)
        values = {**self.settings, **self._named("forward", args, keywords)}
        is_pair = self.spec.kind == "layer" and isinstance(result, tuple | list) and len(result) == 2
        out, cache = result if is_pair else (result, None)
        if "mask" in self.spec.reported:
            values["mask"] = mask_of(values["x"], out, values.get("mask"))
        self.calls.append((cache, values))
        if self.fault is not None:
            out = self._wrong(values, self.spec.outputs, np.asarray(out))[0]
        return (out, cache) if is_pair else out

    def backward(self, *args: Any, **keywords: Any) -> Any:
        result = self.functions["backward"](*args, **keywords)
        own = self._named("backward", args, keywords)
        earlier = (values for cache, values in reversed(self.calls) if cache is own.get("cache"))
        known: dict[str, Any] = next(earlier, {})
        values = {**self.settings, **known, **{k: v for k, v in own.items() if k not in ("cache", "y")}}
        if self.fault is None:
            self.inputs.append(self._probe(values))
            return result
        several = list(result) if isinstance(result, tuple | list) else [result]
        names = [adjoint_name("L", name) for name in self.spec.wrt[: len(several)]]
        wrong = self._wrong(values, names, np.asarray(several[0]))
        return type(result)(wrong) if isinstance(result, tuple | list) else wrong[0]

    def _named(self, which: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by the names of the spec."""
        signature = self.takes[which]
        bound = inspect.signature(self.functions[which]).bind(*args, **keywords)
        bound.apply_defaults()
        given = bound.arguments
        placed = iter(parameter for parameter in given if parameter not in signature.names.values())
        keys = {name: keyword or next(placed, "") for name, keyword in signature.names.items()}
        return {name: given[key] for name, key in keys.items() if key in given}

    def _probe(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: values[name] for name in self.spec.given if name in values}

    def _wrong(self, values: Mapping[str, Any], names: Sequence[str], like: Any) -> list[Any]:
        assert self.fault is not None
        derivation = self.spec.paired
        probe = self._probe(values)
        found = Evaluator(derivation, probe)(self.fault.equations, names)
        kind = like.dtype if like.dtype.kind == "f" else float
        return [found[name].astype(kind) if found[name].ndim else kind(found[name]) for name in names]


@contextmanager
def _exchanged(double: _Double) -> Iterator[None]:
    """The functions under test replaced in every module that holds them, for as long as the block lasts."""
    done: list[tuple[dict[str, Any], str, Any]] = []
    doubles = {"forward": double.forward, "backward": double.backward}
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        for name, value in list(names.items()):
            for which, function in double.functions.items():
                if value is function or _same_place(value, function):
                    done.append((names, name, value))
                    names[name] = doubles[which]
    try:
        yield
    finally:
        for names, name, value in done:
            names[name] = value


def _same_place(value: Any, function: Callable[..., Any]) -> bool:
    """The same text: a file that was given by its path is loaded beside what a test imports."""
    both = isinstance(value, FunctionType) and isinstance(function, FunctionType)
    return both and _place(value.__code__) == _place(function.__code__)


def _place(code: CodeType) -> tuple[str, str, int]:
    return realpath(code.co_filename), code.co_qualname, code.co_firstlineno


class _Plugin:
    """Runs the collected tests as they are, then once more for every fault."""

    def __init__(self, test: str, double: _Double) -> None:
        self.test, self.double = test, double
        self.items = 0
        self.tried: list[Fault] = []
        self.missed: list[Fault] = []
        self.problem = ""
        self.failed = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        double, spec = self.double, self.double.spec
        self.items = len(session.items)
        with _exchanged(double):
            if not self._passes(session):
                self.problem = f"{self.test} does not pass as it is: {self.failed}"
            elif self.items and not double.inputs:
                self.problem = f"{self.test} never calls {double.functions['backward'].__name__}"
            else:
                probe = max(double.inputs, key=lambda values: sum(np.size(array) for array in values.values()))
                self.tried = distinct_faults(spec.paired, spec.outputs, spec.wrt, probe)[:MOST]
                for fault in self.tried:
                    double.fault = fault
                    if self._passes(session):
                        self.missed.append(fault)
        return True

    def _passes(self, session: pytest.Session) -> bool:
        self.failed = ""
        self.double.calls.clear()
        for item in session.items:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
            if self.failed:
                return False
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome == "failed":
            self.failed = str(report.longrepr or "it failed").strip().rpartition("\n")[2]

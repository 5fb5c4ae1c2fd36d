"""Somebody's own code in a framework: found to be so by what it names, run by the engine of that framework's adapter.

A function of tensors is differentiated by its framework, or brings its NAME_backward; a class is a module with weights.
Where the framework's graph can be followed on exact symbols (PyTorch, JAX), it is.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any

from symnet.candidates.adapters.engine import Engine, evaluation, layer, optimizer, taking
from symnet.candidates.bind import Functions, bind, forward_of, is_pair, place_of
from symnet.candidates.candidate import Candidate
from symnet.candidates.signatures import Signature
from symnet.candidates.spec import Spec

__all__ = ["bind_own", "framework_of"]

# The package that code names -> the adapter whose engine runs it.
_ADAPTERS = {
    "torch": "torch", "jax": "jax", "jaxlib": "jax", "tensorflow": "keras", "keras": "keras", "tinygrad": "tinygrad",
    "aesara": "aesara",
}  # fmt: skip


def framework_of(code: Any) -> str | None:
    """The framework that a function or class is written in, None for NumPy: the first one that it names.

    Looked for in the code, in what it uses of its own module, then among the imports of a module without NumPy.
    """
    module = inspect.getmodule(code) or sys.modules.get(getattr(code, "__module__", ""))
    waiting, seen = [code], list[Any]()
    while waiting:
        one = waiting.pop()
        if any(one is other for other in seen):
            continue
        seen.append(one)
        for package in _packages(one):
            if package in _ADAPTERS:
                return _ADAPTERS[package]
        waiting += [used for used in _used(one) if inspect.getmodule(used) is module]
    imported = {_home(value) for value in vars(module).values()} if module else set()
    named = [_ADAPTERS[package] for package in sorted(imported) if package in _ADAPTERS]
    return named[0] if named and "numpy" not in imported else None


def _packages(one: Any) -> Iterator[str]:
    for kind in (one if inspect.isclass(one) else type(one)).__mro__:
        yield _home(kind)
    for name, value in _mentioned(one):
        yield name.partition(".")[0] if value is None else _home(value)


def _used(one: Any) -> Iterator[Any]:
    if inspect.isclass(one):
        yield from (getattr(v, "__func__", v) for v in vars(one).values())
    yield from (value for _, value in _mentioned(one) if value is not None)


def _mentioned(one: Any) -> Iterator[tuple[str, Any]]:
    """The global names in some code with what they stand for; None for what is imported in a function."""
    around = getattr(inspect.unwrap(one), "__globals__", {}) if callable(one) else {}
    waiting = [getattr(inspect.unwrap(one), "__code__", None)] if callable(one) else []
    while waiting:
        code = waiting.pop()
        if code is not None:
            yield from ((name, around.get(name)) for name in code.co_names)
            waiting += [c for c in code.co_consts if isinstance(c, CodeType)]


def _home(value: Any) -> str:
    """The package of a module, or of what comes from one."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return name.partition(".")[0] if isinstance(name, str) else ""


def bind_own(functions: Functions, spec: Spec, name: str, framework: str) -> Candidate:
    """A candidate from code in a framework. Raises SymnetError when its arguments or weights cannot be told."""
    forward = functions["forward"]
    engine: Engine = import_module(f"symnet.candidates.adapters.{framework}").ENGINE
    engine.start()
    is_module = inspect.isclass(forward) or isinstance(forward, engine.modules())
    if spec.kind == "optimizer" and inspect.isclass(forward):
        found = optimizer(name, partial(engine.rule, forward), spec)
    elif "backward" in functions or spec.kind in ("optimizer", "initializer"):
        found = _through(engine, bind(functions, spec, name))
    elif is_module:
        found = _of_module(engine, forward, spec, name)
    else:
        found = _of_function(engine, forward, spec, name)
    file, line = place_of(forward)
    return replace(found, file=file, line=line)


def _through(engine: Engine, candidate: Candidate) -> Candidate:
    """A candidate of tensors as one of arrays."""

    def run(given: Mapping[str, Any]) -> dict[str, Any]:
        names, results = list(given), list[str]()

        def whole(*values: Any) -> tuple[Any, ...]:
            found = candidate.run(dict(zip(names, values, strict=True)))
            results[:] = found
            return tuple(found.values())

        values = list(given.values())
        answers = evaluation(engine, values)(whole, values)
        return dict(zip(results, answers, strict=True))

    return replace(candidate, run=run, traceable=engine.exact(run) is not None)


def _of_function(engine: Engine, function: Callable[..., Any], spec: Spec, name: str) -> Candidate:
    """By the framework's own derivatives; of a network the loss alone."""
    signature = forward_of(function, spec)
    told: dict[str, Any] = {}  # strides and widths, which are no tensors
    taken = [n for n in spec.arguments if n in signature and n not in spec.reported]
    if "keep_probability" in signature:
        taken.append("drop_probability")

    def forward(*values: Any) -> Any:
        if spec.kind == "network":
            values = tuple(map(engine.tensor, values))
        given = {**told, **dict(zip(taken, values, strict=True))}
        if spec.reported:
            given |= dict.fromkeys(spec.reported, engine.source())
            given["keep_probability"] = 1 - given["drop_probability"]
        return _value(signature(given), spec)

    whole = replace(spec, outputs=("L",)) if spec.kind == "network" else spec
    found = layer(engine, name, taking(taken, forward), whole)

    def run(given: Mapping[str, Any]) -> dict[str, Any]:
        told.clear()
        told.update({n: int(given.get(n, value)) for n, value in spec.fixed.items()})
        return found.run(given)

    return replace(found, run=run, takes=frozenset(signature.names) & (spec.settings.keys() | spec.fixed.keys()))


def _value(answer: Any, spec: Spec) -> Any:
    """y of (y, cache), the loss of a network's results."""
    if spec.kind == "network" and isinstance(answer, Mapping):
        return next((answer[key] for key in ("L", "loss") if key in answer), None)
    return answer[0] if spec.kind == "layer" and is_pair(answer) else answer


def _of_module(engine: Engine, owner: Any, spec: Spec, name: str) -> Candidate:
    """A class, or a module that is there, with its settings as it makes them and weights in the place of its own.

    A dropout is told its probability, which is what is asked about it.
    """
    told = [n for n in spec.arguments if n not in ("x", *spec.reported)] if spec.reported else []
    make = _maker(owner, spec, told) if inspect.isclass(owner) else lambda sizes: owner
    held = [n for n in spec.wrt if n != "x"]

    def forward(x: Any, *values: Any) -> Any:
        weights = dict(zip(held, values, strict=False))
        given = {"features": x.shape[-1], "inputs": x.shape[-1], **dict(zip(told, values[len(held) :], strict=True))}
        if "w" in weights:
            given["outputs"] = weights["w"].shape[-1]
        if spec.reported:
            engine.source()
        return engine.applied(lambda: make(given), weights, x)

    return layer(engine, name, taking(["x", *held, *told], forward), spec)


def _maker(owner: type, spec: Spec, told: Sequence[str]) -> Callable[[Mapping[str, Any]], Any]:
    """What makes the module: a setting that it has to be told has its usual value."""
    construct = Signature(owner, (*told, *spec.settings, *spec.fixed, "features", "inputs", "outputs"))
    defaults = {p.name for p in inspect.signature(owner).parameters.values() if p.default is not p.empty}
    usual = {n: v for n, v in (*spec.settings.items(), *spec.fixed.items()) if construct.names.get(n) not in defaults}
    return lambda given: construct({**usual, **given})

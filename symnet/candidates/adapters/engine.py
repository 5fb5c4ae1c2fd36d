"""From a forward function in a framework's own operations to a `Candidate`, gradients included.

What a framework has to offer is small (`Engine`): gradients of one of its functions, and its values at NumPy arrays;
where its graph can be interpreted on exact symbols, that too.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from symnet.candidates.candidate import Candidate
from symnet.candidates.second import SUFFIX
from symnet.candidates.signatures import spellings
from symnet.candidates.spec import Spec
from symnet.candidates.tracing.array import Traced
from symnet.errors import SymnetError

__all__ = [
    "Beside",
    "Engine",
    "Function",
    "Step",
    "Table",
    "evaluation",
    "forward_only",
    "layer",
    "merged",
    "optimizer",
    "preset",
    "require",
    "row",
    "taking",
    "weight_names",
]

Function = Callable[..., Any]
Step = Callable[[Any, float], Any]
Beside = Callable[[Any], dict[str, Any]]


class Engine(Protocol):
    """A framework that differentiates its own functions."""

    def pair(self, forward: Function, wrt: Sequence[int], outputs: int) -> Function:
        """(inputs, upstreams) -> (outputs, the gradients of sum upstream output by the inputs at the places `wrt`)."""

    def numbers(self, function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        """The values of a function of tensors; arrays of no dimension are handed to it as floats."""

    def exact(self, function: Function) -> Function | None:
        """The function on exact arrays; None where its graph cannot be followed."""

    def start(self) -> None:
        """What has to be set before the framework is used. Raises SymnetError where it is not installed."""
        return

    def source(self) -> Any:
        """Random numbers, the same whenever it is called: a generator for code that asks for one."""
        return None

    def tensor(self, value: Any) -> Any:
        """A number that it can differentiate by."""
        return value

    def watched(self, inputs: Sequence[Any], wrt: Sequence[int]) -> list[Any]:
        """The inputs, numbers among those at the places `wrt` as what it can differentiate by."""
        return [self.tensor(v) if k in wrt else v for k, v in enumerate(inputs)]

    def modules(self) -> tuple[type, ...]:
        """The classes of its modules."""
        return ()

    def rule(self, owner: Callable[..., Any], x: Any, **settings: float) -> Step:
        """The steps of an optimizer that is a class of the framework, from x."""
        raise SymnetError(f"{owner} cannot be checked as a class: give step(params, grads, state, ...)")

    def applied(self, make: Callable[[], Any], weights: Mapping[str, Any], x: Any) -> Any:
        """What a module answers in training with these weights, by their names in a spec."""
        raise SymnetError("a class of this framework cannot be checked: give a function of its tensors")


def taking(names: Sequence[str], function: Function) -> Function:
    """A function of several arguments with names for them, as `layer` reads them."""
    parameters = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return function


def weight_names(own: Iterable[str], wanted: Iterable[str]) -> dict[str, str]:
    """name of a spec -> the weight of a module that is so called, `norm.weight` for scale.

    Raises SymnetError when a weight cannot be told.
    """
    names, found = list(own), dict[str, str]()
    for name in wanted:
        known = [n for n in names if n.rpartition(".")[2].lower() in spellings(name)]
        if len(known) != 1:
            looked, there = ", ".join(spellings(name)), ", ".join(names) or "none"
            raise SymnetError(f"the weight for {name} cannot be told: looked for {looked} among {there}")
        found[name] = known[0]
    return found


@dataclass(frozen=True)
class Table:
    """What a framework has presets for: name -> the specs it can be, each with what makes its candidate.

    package: what pip installs.
    """

    framework: str
    package: str
    rows: Mapping[str, Mapping[str, Callable[[Spec], Candidate]]]


def require(module: str, package: str) -> Any:
    """The framework, imported. Raises SymnetError when it is not installed, with how to install it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise SymnetError(f"{module} is not installed here: pip install {package}") from error


def preset(table: Table, name: str, spec: Spec) -> Candidate:
    """The row of a table. Raises SymnetError for a name that it does not have, or that is something else."""
    known = table.rows.get(name)
    if known is None:
        near = get_close_matches(name, table.rows, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(table.rows)}"
        raise SymnetError(f"there is no preset {table.framework}:{name}{hint}")
    base = spec.name.removesuffix(SUFFIX)
    if base not in known:
        raise SymnetError(f"{table.framework}:{name} is {' or '.join(known)}, not {spec.name}")
    return known[base](spec)


def layer(engine: Engine, name: str, forward: Function, spec: Spec, beside: Beside | None = None) -> Candidate:
    """forward: takes the names of the spec as its parameters, tensors or floats, and answers with y, or with L.

    A function that draws a mask draws the same one whenever it is called; its mask is where it keeps ones.
    beside: what it does to x beside its answer, running statistics from 0 and 1.
    """
    inputs, outputs, function = list(inspect.signature(forward).parameters), 1, forward
    own, twice = list(inputs), spec.name.endswith(SUFFIX)
    if twice:
        gradients, upstream = ([w for w in spec.wrt if (w in own) == known] for known in (True, False))
        backward = engine.pair(forward, [own.index(w) for w in gradients], 1)
        inputs, outputs = own + upstream, len(gradients)

        def function(*values: Any) -> Any:
            return backward(*values, *([] if upstream else [1.0]))[1:]

    wrt = [name for name in spec.wrt if name in inputs]
    places = [inputs.index(name) for name in wrt]

    def run(given: Mapping[str, Any]) -> dict[str, Any]:
        """Without an upstream gradient, the answer of the forward pass alone."""
        above = [1.0] if spec.kind in ("loss", "network") else [given[name] for name in spec.upstream if name in given]
        values = [given[name] for name in (inputs if above else own)]
        evaluate = evaluation(engine, values)
        if not above:
            found = {"L" if "prediction" in own else "y": evaluate(forward, values)[0]}
        else:
            answers = evaluate(engine.pair(function, places, outputs), [*values, *above])
            found = dict(zip([*spec.outputs, *(f"d{name}" for name in wrt)], answers, strict=True))
        if spec.reported:
            ones = [np.ones_like(v) if name == "x" else v for name, v in zip(own, values, strict=True)]
            found |= dict.fromkeys(spec.reported, np.asarray(evaluate(forward, ones)[0]) != 0)
        if beside and not above:
            found |= beside(given["x"])
        return found

    takes = frozenset(spec.settings) & set(inputs)
    traceable = not spec.reported and engine.exact(forward) is not None
    return Candidate(name, run, takes, traceable=traceable)


def evaluation(engine: Engine, values: Sequence[Any]) -> Callable[[Function, Sequence[Any]], Sequence[Any]]:
    """How to evaluate a function of tensors at arrays: on exact symbols where these are such, else in numbers."""

    def exactly(function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        exact = engine.exact(function)
        assert exact is not None
        answers = exact(*arrays)
        return answers if isinstance(answers, tuple | list) else (answers,)

    return exactly if any(isinstance(v, Traced) for v in values) else engine.numbers


def row(
    engine: Engine, framework: str, name: str, spec: str, forward: Function, beside: Beside | None = None
) -> tuple[str, dict[str, Callable[[Spec], Candidate]]]:
    """The row of a table for a `layer` that is one spec."""
    return name, {spec: lambda wanted: layer(engine, f"{framework}:{name}", forward, wanted, beside)}


def merged(rows: Iterable[tuple[str, Mapping[str, Callable[[Spec], Candidate]]]]) -> dict[str, Any]:
    """The rows of a table, those of one name as one."""
    found: dict[str, dict[str, Callable[[Spec], Candidate]]] = {}
    for name, specs in rows:
        found.setdefault(name, {}).update(specs)
    return found


def forward_only(name: str, function: Callable[..., Mapping[str, Any]], spec: Spec, **options: Any) -> Candidate:
    """What has no gradients of its own: a function of named arrays that answers with a dictionary."""
    inputs = list(inspect.signature(function).parameters)

    def run(given: Mapping[str, Any]) -> dict[str, Any]:
        return dict(function(**{name: given.get(name) for name in inputs}))

    return Candidate(name, run, frozenset(spec.settings) & set(inputs), **{"traceable": False, **options})


def optimizer(name: str, start: Callable[..., Step], spec: Spec, **options: Any) -> Candidate:
    """start: takes x and the settings of the spec by name, and answers with a step (gradient, rate) -> the next x."""
    takes = frozenset(spec.settings)

    def run(given: Mapping[str, Any]) -> dict[str, Any]:
        step = start(np.array(given["x"]), **{h: float(given[h]) for h in takes})
        answers = {}
        for number, output in enumerate(spec.outputs, 1):
            answers[output] = np.array(step(given[f"g_{number}"], float(given[f"alpha_{number}"])))
        return answers

    return Candidate(name, run, takes, traceable=False, **options)

"""What `symnet derive` answers: a network's equations, function, loss, gradient, values, steps and findings.

The answer is data; `render` turns it into text or LaTeX, `Answer.json` into the promised JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sympy import Expr, Rational

from symnet.differentiate import adjoint_name, gradient, hessian
from symnet.equations import Derivation, Equation
from symnet.errors import SymnetError
from symnet.findings import Finding, findings, refuse_degenerate
from symnet.network.network import Network
from symnet.network.optimizers import OPTIMIZERS
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.training import Step, descend
from symnet.truth.evaluate import Value, evaluate

__all__ = ["Answer", "Request", "complete_point", "derive", "training_steps"]

_LONG = 60  # leaves beyond which the function at x keeps its neurons by name


@dataclass(frozen=True)
class Request:
    """What to derive: see `symnet derive --help`.

    drop: neurons or inputs; wrt: names to differentiate by (None: all parameters); at: exact parameter values;
    steps, rate, masks: exact gradient descent from `at`; optimizer: another rule of OPTIMIZERS, with its
    hyperparameters beside the rate.
    """

    drop: tuple[str, ...] = ()
    wrt: tuple[str, ...] | None = None
    expand: bool = False
    second: bool = False
    at: Mapping[str, Rational] | None = None
    steps: int = 0
    rate: Rational | None = None
    masks: tuple[tuple[str, ...], ...] = ()
    optimizer: str = "gradient_descent"
    hyper: Mapping[str, Rational] = field(default_factory=dict)
    seek: bool = True  # look for findings


@dataclass(frozen=True)
class Answer:
    """Everything derived of one network, as equations."""

    network: Network
    request: Request
    full: Derivation  # every equation, objects and data filled in where there are data
    shown: Derivation  # the same with short definitions written out
    functions: tuple[Equation, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    whole: Network | None = None  # before neurons were dropped, when some are

    @cached_property
    def naming(self) -> Naming:
        return Naming.of(self.full, self.network.function())

    @cached_property
    def wrt(self) -> tuple[str, ...]:
        return self.network.parameters if self.request.wrt is None else self.request.wrt

    @property
    def loss(self) -> Equation:
        return self.shown["L"]

    @cached_property
    def gradient(self) -> dict[str, Equation]:
        """The equations of dL/dname; those by an indexed name (an input, a neuron) once for every object."""
        return self._answers({adjoint_name("L", name): name for name in self.wrt})

    @cached_property
    def hessian(self) -> dict[str, Equation]:
        if not self.request.second:
            return {}
        return self._answers({f"d2L_d{a}_d{b}": f"{a},{b}" for a in self.wrt for b in self.wrt})

    def _answers(self, wanted: Mapping[str, str]) -> dict[str, Equation]:
        found: dict[str, Equation] = {}
        for equation in self.shown:
            for name, label in wanted.items():
                rest = equation.name.removeprefix(name)
                if rest == "" or (rest.startswith("_") and rest[1:].isdigit() and name not in self.shown):
                    found[label + rest] = equation
        return found

    @cached_property
    def equations(self) -> tuple[Equation, ...]:
        """The equations on the way: all that are neither the loss nor asked-for derivatives."""
        last = {"L", *(e.name for e in (*self.gradient.values(), *self.hessian.values()))}
        return tuple(e for e in self.shown if e.name not in last)

    @property
    def json(self) -> dict[str, Any]:
        """The JSON of interface.md."""
        return {
            "network": self.network.name,
            "parameters": list(self.network.parameters),
            "equations": [{"name": text(e.reference, self.naming), **self._pair(e)} for e in self.equations],
            "function": self._pair(self.functions[-1]),
            "functions": {e.name: self._pair(e) for e in self.functions},
            "loss": {**self._pair(self.loss), **self._value("L", self.loss.rhs)},
            "gradient": {n: {**self._pair(e), **self._value(e.name, e.rhs)} for n, e in self.gradient.items()},
            "hessian": {n: {**self._pair(e), **self._value(e.name, e.rhs)} for n, e in self.hessian.items()},
            "steps": [self._step(step) for step in self.steps],
            "findings": [f.json for f in self.findings],
        }

    def _pair(self, equation: Equation) -> dict[str, str]:
        return {"text": text(equation.rhs, self.naming), "latex": latex(equation.rhs, self.naming)}

    def _value(self, name: str, rhs: Expr) -> dict[str, Any]:
        if name in self.values:
            return value_json(self.values[name])
        return {"value": str(rhs) if rhs.is_Rational else None}

    def _step(self, step: Step) -> dict[str, Any]:
        def values(of: Mapping[str, Value]) -> dict[str, str]:
            return {name: value.text for name, value in of.items()}

        return {
            "mask": list(step.mask),
            "point": values(step.point),
            "loss": step.loss.text,
            "gradient": values(step.gradient),
            "next_point": values(step.next_point),
            "next_loss": step.next_loss.text,
        }


def value_json(value: Value) -> dict[str, str]:
    """An exact string, or a decimal beside the bound on its error."""
    return {"value": value.text} | ({} if value.radius is None else {"radius": value.radius})


def derive(network: Network, request: Request) -> Answer:
    """Derive everything asked for. Raises SymnetError for what cannot be asked of this network."""
    smaller = network.drop(request.drop) if request.drop else network
    refuse_degenerate(smaller)
    operator = hessian if request.second else gradient
    symbolic = operator(smaller.derivation, "L", request.wrt)
    full = smaller.fill(symbolic) if smaller.rows is not None else symbolic
    shown, functions = _shown(smaller, full, request), _functions(smaller, request)
    values = _values(smaller, full, request, [e.name for e in shown])
    steps = training_steps(network, request)
    found = findings(smaller) if request.seek else ()
    whole = network if request.drop else None
    return Answer(smaller, request, full, shown, functions, values, steps, found, whole)


def _shown(network: Network, full: Derivation, request: Request) -> Derivation:
    wrt = network.parameters if request.wrt is None else request.wrt
    results = {adjoint_name("L", n) for n in wrt} | {f"d2L_d{a}_d{b}" for a in wrt for b in wrt}
    asked = {"L"} | {e.name for e in full if e.name in results or _instance_of(e.name, results)}
    if request.expand:
        return full.inline(*(e.name for e in full if e.name not in asked))
    statistics = {name for k in network.normalizations for name in (k.input, k.mean, k.deviation)}
    if len(network.normalizations) > 1 or network.objects != 2:
        statistics |= {k.value for k in network.normalizations}  # too many to write out each time
    kept = {e.name for e in full if e.name in statistics or _instance_of(e.name, statistics)} | {"A", "B"}
    adjoints = {adjoint_name("L", name) for name in kept | statistics}
    adjoints |= {e.name for e in full if _instance_of(e.name, adjoints)}
    return full.tidy(keep=asked | kept | adjoints)


def _instance_of(name: str, names: set[str]) -> bool:
    base, _, number = name.rpartition("_")
    return number.isdigit() and base in names


def _functions(network: Network, request: Request) -> tuple[Equation, ...]:
    function = network.function()
    short = function if request.expand else function.tidy(keep=network.outputs, limit=_LONG)
    if request.expand:
        short = function.inline(*(e.name for e in function if e.name not in network.outputs))
    return short.equations


def _values(network: Network, full: Derivation, request: Request, names: Sequence[str]) -> dict[str, Value]:
    if request.at is None:
        return {}
    if network.rows is None:
        raise SymnetError("--at needs data: without them the batch is symbolic")
    point = complete_point(network, request.at)
    return evaluate(full, point, names)


def complete_point(network: Network, at: Mapping[str, Rational]) -> dict[str, Rational]:
    """A value for every parameter: its own, or that of `all`. Raises SymnetError when one is missing."""
    unknown = sorted(set(at) - {*network.parameters, "all"})
    if unknown:
        raise SymnetError(f"{unknown[0]} is not a parameter; there are {', '.join(network.parameters)}")
    missing = [name for name in network.parameters if name not in at and "all" not in at]
    if missing:
        raise SymnetError(f"no value for {', '.join(missing)}: give each parameter one, or all of them with all=0")
    return {name: at.get(name, at.get("all", Rational(0))) for name in network.parameters}


def training_steps(network: Network, request: Request) -> tuple[Step, ...]:
    """The steps asked for. Raises SymnetError for an unknown optimizer, or without a start or a step size."""
    if not request.steps:
        return ()
    if request.optimizer not in OPTIMIZERS:
        raise SymnetError(f"there is no optimizer {request.optimizer!r}; there are {', '.join(OPTIMIZERS)}")
    optimizer = OPTIMIZERS[request.optimizer]
    if request.at is None or (request.rate is None and "alpha" in optimizer.hyperparameters):
        raise SymnetError("steps of gradient descent need a start (--at) and a step size (--rate)")
    masks: Sequence[tuple[str, ...]] = request.masks or ((request.drop,) * request.steps)
    if len(masks) != request.steps:
        raise SymnetError(f"{len(masks)} masks for {request.steps} steps")
    start = complete_point(network, request.at)
    return tuple(descend(network, start, request.rate, masks, optimizer=optimizer, hyper=request.hyper))

"""Plots with matplotlib: training on the surface of the loss, how fast it converges, an activation and its derivative.

What is plotted is computed exactly first (`symnet.training`, `symnet.quadratic`) and rounded for the picture only.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import Rational, Symbol

from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.network.network import Network
from symnet.numeric.compile import compile_numpy
from symnet.operations import OPERATIONS, call
from symnet.quadratic import Quadratic
from symnet.render.latex import latex
from symnet.training import Step

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["activation", "convergence", "trajectory"]

_GRID = 81
_STEPS = 30  # of a convergence plot


def _figure(width: float = 5.2, height: float = 3.9) -> "Figure":
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SymnetError("plots need matplotlib: pip install 'symnet[plots]'") from None
    return Figure(figsize=(width, height), layout="constrained")


def trajectory(network: Network, steps: Sequence[Step], over: tuple[str, str]) -> "Figure":
    """The path of exact training steps over the contours of the loss by two parameters.

    The other parameters stay where the path begins; `over` names the two. Raises SymnetError for a name that is no
    parameter, for no steps, and for abstract activations, which have no surface.
    """
    for name in over:
        if name not in network.parameters:
            raise SymnetError(f"{name} is not a parameter; there are {', '.join(network.parameters)}")
    if not steps:
        raise SymnetError("a path needs at least one step: give --steps and --rate")
    points = [step.point for step in steps] + [steps[-1].next_point]
    path = np.array([[float(p[name].ball().mid()) for name in over] for p in points])
    low, high = path.min(axis=0), path.max(axis=0)
    room = np.maximum(0.35 * (high - low), 0.25)
    axes = [np.linspace(a - r, b + r, _GRID) for a, b, r in zip(low, high, room, strict=True)]
    fixed = {name: float(value.ball().mid()) for name, value in points[0].items() if name not in over}
    figure = _figure()
    plot = figure.add_subplot()
    surface = _surface(network, fixed, over, axes)
    levels = np.quantile(surface[np.isfinite(surface)], np.linspace(0.02, 0.98, 14))
    plot.contourf(*axes, surface, levels=np.unique(levels), cmap="Blues_r", alpha=0.55, extend="both")
    plot.contour(*axes, surface, levels=np.unique(levels), colors="#5577aa", linewidths=0.5)
    plot.plot(path[:, 0], path[:, 1], "o-", color="#b3261e", markersize=3.5, linewidth=1.2)
    plot.annotate("0", path[0], textcoords="offset points", xytext=(5, 5), fontsize=9)
    plot.annotate(str(len(steps)), path[-1], textcoords="offset points", xytext=(5, 5), fontsize=9)
    plot.set_xlabel(f"${latex(Symbol(over[0]))}$")
    plot.set_ylabel(f"${latex(Symbol(over[1]))}$", rotation=0, labelpad=12)
    plot.set_title(f"$L$: {steps[0].loss.text[:12]} → {float(steps[-1].next_loss.ball().mid()):.4g}", fontsize=10)
    return figure


def _surface(network: Network, fixed: Mapping[str, float], over: tuple[str, str], axes: Sequence[Any]) -> Any:
    """The loss at every point of the grid, rows by the second axis."""
    compiled = compile_numpy(network.derivation, ["L"])
    functions = [a.name for a in compiled.arguments if a.kind not in ("array", "size")]
    if functions:
        raise SymnetError(f"{functions[0]} is abstract and has no surface: put tanh, say, in its place")
    assert network.rows is not None
    names = (*network.inputs, *network.targets)
    data = {
        name: np.array(column, dtype=float) for name, column in zip(names, zip(*network.rows, strict=True), strict=True)
    }
    known = {a.name for a in compiled.arguments}
    given = {name: value for name, value in (data | dict(fixed)).items() if name in known}
    surface = np.empty((len(axes[1]), len(axes[0])))
    with np.errstate(all="ignore"):
        for row, second in enumerate(axes[1]):
            for column, first in enumerate(axes[0]):
                here = {n: v for n, v in zip(over, (first, second), strict=True) if n in known}
                surface[row, column] = compiled(**given, **here)["L"]
    return surface


def convergence(loss: Quadratic, start: Mapping[str, Any]) -> "Figure":
    """The distance of a quadratic loss from its minimum by steps of gradient descent, around its exact step bound.

    Raises SymnetError when the Hessian is not positive definite.
    """
    bound, best = loss.step_bound(), loss.best_step()
    largest, smooth = (float(v.ball(60).mid()) for v in (bound, best))
    figure = _figure()
    plot = figure.add_subplot()
    rates = [
        (smooth / 4, r"a quarter of the best $h$"),
        (smooth, rf"the best $h = {latex(best.as_expr())}$"),
        (0.97 * largest, "97 % of the bound"),
        (1.03 * largest, "103 % of the bound"),
    ]
    for rate, label in rates:
        plot.semilogy(_distances(loss, start, Rational(rate)), label=label, linewidth=1.3)
    plot.set_xlabel("step")
    plot.set_title(rf"$L - L_\mathrm{{min}}$; converges for $h < {latex(bound.as_expr())}$", fontsize=10)
    plot.legend(fontsize=8)
    return figure


def _distances(loss: Quadratic, start: Mapping[str, Any], rate: Rational) -> list[float]:
    rounded = rate.limit_denominator(10**6)
    value = _value(loss)
    minimum = value(loss.minimizer)
    point: dict[str, Any] = {name: Rational(start[name]) for name in loss.parameters}
    found = []
    for _ in range(_STEPS + 1):
        found.append(max(value(point) - minimum, 1e-17))
        point = {k: v.limit_denominator(10**12) for k, v in loss.step(point, rounded).items()}
    return found


def _value(loss: Quadratic) -> Callable[[Mapping[str, Any]], float]:
    """The loss as a function of a point in floats."""
    n = len(loss.parameters)
    hessian = np.array([[float(Rational(str(loss.hessian[r, c]))) for c in range(n)] for r in range(n)])
    linear = np.array([float(Rational(str(loss.linear[k, 0]))) for k in range(n)])
    constant = float(Rational(str(loss.constant)))

    def value(point: Mapping[str, Any]) -> float:
        w = np.array([float(point[name]) for name in loss.parameters])
        return float(constant + linear @ w + w @ hessian @ w / 2)

    return value


def activation(name: str, *parameters: Any) -> "Figure":
    """A function of the table, its further arguments fixed, and its derivative on [-4, 4].

    Raises SymnetError for a name that is not in the table, or another number of arguments.
    """
    if name not in OPERATIONS or OPERATIONS[name].arity != 1 + len(parameters):
        wanted = f" takes {OPERATIONS[name].arity} arguments" if name in OPERATIONS else " is not a function of symnet"
        raise SymnetError(f"{name}{wanted}; there are {', '.join(OPERATIONS)}")
    points = Variable("u", (index("i", size("m")),))
    value = call(name, points.reference, *parameters)
    slope = value.partials(value)[0]
    equations = (Equation("f", points.indices, rhs=value), Equation("fprime", points.indices, rhs=slope))
    u = np.linspace(-4, 4, 1601)
    with np.errstate(all="ignore"):
        found = compile_numpy(Derivation(equations, (points,)), ["f", "fprime"])(u=u)
    figure = _figure(5.2, 3.2)
    plot = figure.add_subplot()
    plot.axhline(0, color="#999999", linewidth=0.6)
    plot.axvline(0, color="#999999", linewidth=0.6)
    plot.plot(u, found["f"], color="#1f5fa8", linewidth=1.6, label=f"${latex(call(name, Symbol('x'), *parameters))}$")
    jumps = np.abs(found["fprime"][1:] - found["fprime"][:-1]) > 0.02
    plot.plot(u, np.where(np.append(jumps, False), np.nan, found["fprime"]), color="#b3261e", label="its derivative")
    plot.legend(fontsize=9)
    return figure

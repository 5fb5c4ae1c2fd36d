"""Optimizers as what can be seen of them: the parameters after each of some steps, whatever the state is called.

One derivation writes the steps out: x_1, x_2, … from the start x, with a gradient and a rate for each step. The rate
changes between steps, which tells conventions apart that agree for a constant one.
"""

from collections.abc import Mapping

from sympy import Expr, Indexed, IndexedBase, Symbol

from symnet.candidates.spec import Spec
from symnet.equations import Derivation, Equation, Variable, name_of
from symnet.expressions import rewrite, substitute
from symnet.network.optimizers import OPTIMIZERS, PARAMETER, Optimizer

__all__ = ["RATE", "STEPS", "optimizer_specs", "rows_of", "written_out"]

STEPS = 5
RATE = "alpha"

# What each is called -> its rows in the table of optimizers, the most usual first; the others are conventions.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "sgd": ("gradient_descent",),
    "momentum": ("heavy_ball", "heavy_ball_velocity", "ema_momentum", "ema_velocity"),
    "nesterov": ("nesterov_shifted", "nesterov_velocity", "nesterov_ema_velocity"),
    "adam": ("adam", "adam_eps_hat"),
    "rmsprop": ("rmsprop", "rmsprop_eps_inside"),
    "adagrad": ("adagrad", "adagrad_eps_inside"),
}
_SETTINGS = {"gamma": 0.9, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "rho": 0.99}


def optimizer_specs() -> tuple[Spec, ...]:
    """One spec a family."""
    return tuple(_spec(name, rows_of(name)) for name in _FAMILIES)


def rows_of(family: str) -> list[Optimizer]:
    """The rules that go by the name of a spec."""
    return [OPTIMIZERS[row] for row in _FAMILIES[family]]


def _spec(name: str, rows: list[Optimizer]) -> Spec:
    settings = [h for h in rows[0].hyperparameters if h != RATE]
    rates = [f"{RATE}_{step}" for step in range(1, STEPS + 1)]
    whole = {row.name: written_out(row) for row in rows}
    return Spec(
        name,
        "optimizer",
        whole[rows[0].name],
        tuple(f"x_{step}" for step in range(1, STEPS + 1)),
        arguments=("x", "g", *settings),
        settings={h: _SETTINGS[h] for h in settings},
        sizes=({"n": 3},),
        domains={h: "eps" if h == "eps" else "probability" for h in (*settings, *rates)},
        variants={row: derivation for row, derivation in whole.items() if row != rows[0].name},
        convention=rows[0].name,
    )


def written_out(optimizer: Optimizer, steps: int = STEPS) -> Derivation:
    """The steps one after the other: g_1, g_2, … and alpha_1, alpha_2, … are given, the state starts as it should."""
    step = optimizer.step
    state = {v.name: v.reference for v in step.inputs}
    known: dict[Expr, Expr] = {state[name]: optimizer.state.get(name, state[name]) for name in ("x", *optimizer.state)}
    equations: list[Equation] = []
    for number in range(1, steps + 1):
        now = dict(known)
        now[state["g"]] = IndexedBase(f"g_{number}")[PARAMETER.symbol]
        now[Symbol(RATE)] = Symbol(f"{RATE}_{number}")
        for equation in step:
            name = f"{equation.name.removesuffix('_next')}_{number}"
            written = Equation(name, equation.indices, rhs=_put(equation.rhs, now))
            equations.append(written)
            now[equation.reference] = written.reference
        known = {old: now[step[f"{name_of(old)}_next"].reference] for old in known}
    inputs = (Variable("x", (PARAMETER,)), *(Variable(f"g_{k}", (PARAMETER,)) for k in range(1, steps + 1)))
    rates = [Variable(f"{RATE}_{k}") for k in range(1, steps + 1)]
    others = [Variable(h) for h in optimizer.hyperparameters if h != RATE]
    return Derivation(tuple(equations), inputs, (*rates, *others), optimizer.name)


def _put(rhs: Expr, now: Mapping[Expr, Expr]) -> Expr:
    """The names of a step by those of this one, at whatever index they stand."""
    named = {name_of(old): new for old, new in now.items() if isinstance(old, Indexed)}

    def rule(node: Expr) -> Expr | None:
        if not isinstance(node, Indexed) or name_of(node) not in named:
            return None
        new = named[name_of(node)]
        return new.base[node.indices] if isinstance(new, Indexed) else new

    scalars = {old: new for old, new in now.items() if not isinstance(old, Indexed)}
    return substitute(rewrite(rhs, rule), scalars)

r"""Optimizers as recurrences over symbols: one step is a `Derivation` from the old state to the new one.

For i = 1..n parameters the step reads x[i], the gradient g[i] and the optimizer's state, and writes every new value
under its name with `_next`. The gradient is that of the loss at x, or at the equation `at[i]` where a step has one.
A state that is the same for all parameters has no index. Sources: heavy ball, Polyak 1964; Nesterov 1983 in the form
of Sutskever et al. 2013; Adagrad, Duchi et al. 2011; RMSprop, Tieleman and Hinton 2012; Adam, Kingma and Ba 2015;
Rprop, Riedmiller and Braun 1993, in the variant iRprop- of Igel and Hüsken 2003.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import Expr, IndexedBase, S, Symbol

from symnet.equations import Derivation, Equation, Index, Variable, index, names_used, size
from symnet.errors import SymnetError
from symnet.expressions import product, substitute
from symnet.operations import call, sqrt
from symnet.sums import Sum

__all__ = ["OPTIMIZERS", "Optimizer", "following"]

PARAMETER: Index = index("i", size("n"))


@dataclass(frozen=True)
class Optimizer:
    """A step map with named state.

    equations: `at` (optional), `x_next`, and `s_next` for each state s, in order; others may stand between them.
    state: the start of each state, 0 or an expression in hyperparameters. Every other name in the equations is a
    hyperparameter. Raises SymnetError when x or a state has no next value.
    """

    name: str
    equations: tuple[Equation, ...]
    state: Mapping[str, Expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        written = {e.name for e in self.equations}
        for name in ("x", *self.state):
            if f"{name}_next" not in written:
                raise SymnetError(f"the optimizer {self.name} has no equation for {name}_next")

    @property
    def hyperparameters(self) -> tuple[str, ...]:
        """The names that are neither state nor written by the step, in the order of their first use."""
        known = {"x", "g", *self.state, *(e.name for e in self.equations)}
        used = [name for e in self.equations for name in sorted(names_used(e.rhs))]
        used += [s.name for start in self.state.values() for s in sorted(start.free_symbols, key=str)]
        return tuple(dict.fromkeys(name for name in used if name not in known))

    @property
    def step(self) -> Derivation:
        """The step for a symbolic number n of parameters, with the gradient as an input."""
        indexed = {e.name.removesuffix("_next") for e in self.equations if e.indices}
        names = dict.fromkeys(("x", "g", *self.state))
        inputs = tuple(Variable(s, (PARAMETER,) if s in indexed | {"g"} else ()) for s in names)
        return Derivation(self.equations, inputs, tuple(map(Variable, self.hyperparameters)), self.name)

    def on(self, slopes: Mapping[str, Expr]) -> Derivation:
        """The step on one loss: `slopes` are its partial derivatives, one for each parameter, in these parameters.

        For parameters w1, w2 and a state v the equations read w1, v_w1, … and write w1_next, v_w1_next, …; the
        gradient is g_w1, …, taken where the optimizer takes it.
        """
        labels = dict(enumerate(slopes, 1))
        names: dict[tuple[str, tuple[int, ...]], tuple[str, str]] = {
            ("x", (k,)): (name, "") for k, name in labels.items()
        }
        names |= {("x_next", (k,)): (f"{name}_next", "") for k, name in labels.items()}
        for variable in (*self.step.inputs[1:], *self.step.equations):
            if variable.indices and variable.name != "x_next":
                base = variable.name.removesuffix("_next")
                end = variable.name.removeprefix(base)
                names |= {(variable.name, (k,)): (f"{base}_{name}{end}", "") for k, name in labels.items()}
        whole = self.step.instantiate({PARAMETER.upper: len(slopes)}, names=names)
        ahead = {Symbol(name): Symbol(f"at_{name}") for name in slopes if f"at_{name}" in whole}
        gradient = tuple(Equation(f"g_{name}", rhs=substitute(u, ahead)) for name, u in slopes.items())
        first = tuple(e for e in whole if e.name.startswith("at_"))
        rest = tuple(e for e in whole if e not in first)
        inputs = tuple(v for v in whole.inputs if v.name not in {e.name for e in gradient})
        return Derivation((*first, *gradient, *rest), inputs, whole.parameters, self.name)

    def start(self, parameters: Sequence[str]) -> dict[str, Expr]:
        """The values of the state before the first step, by the names of `on`."""
        indexed = {v.name for v in self.step.inputs if v.indices}
        labels = {s: [f"{s}_{name}" for name in parameters] if s in indexed else [s] for s in self.state}
        return {label: self.state[s] for s, places in labels.items() for label in places}

    def iterate(self, slopes: Mapping[str, Expr], steps: int) -> list[dict[str, Expr]]:
        """The parameters after 0, 1, …, `steps` steps as expressions in their start and the hyperparameters."""
        step = self.on(slopes)
        values = {name: Symbol(name) for name in slopes} | self.start(tuple(slopes))
        run = [{name: values[name] for name in slopes}]
        for _ in range(steps):
            now = {Symbol(name): value for name, value in values.items()}
            values = {name: substitute(step.unfold(Symbol(f"{name}_next")), now) for name in values}
            run.append({name: values[name] for name in slopes})
        return run

    def with_hyperparameters(self, values: Mapping[str, Expr]) -> "Optimizer":
        """The same with expressions for some hyperparameters."""
        put = {Symbol(name): value for name, value in values.items()}
        equations = tuple(replace(e, rhs=substitute(e.rhs, put)) for e in self.equations)
        return Optimizer(self.name, equations, {s: substitute(u, put) for s, u in self.state.items()})


def following(one: Optimizer, other: Optimizer, relation: Mapping[str, Expr]) -> list[tuple[Expr, Expr]]:
    """What has to be equal for `one` to follow `other` on every loss, by induction on the steps.

    relation: x and each state of `one` as an expression in x[i] and the state of `other`; what is left out is what
    has the same name there. The pairs say that the relation holds at the start, where both are at the same x; that
    both take the gradient at the same point, hence get the same g; and that the relation holds after a step when it
    held before.
    """
    x = IndexedBase("x")[PARAMETER.symbol]
    related = {name: _reference(one, name) for name in ("x", *one.state)} | dict(relation)
    before = {_reference(one, name): value for name, value in related.items()}
    at_start = {_reference(other, name): value for name, value in other.state.items()}
    pairs = [(value, substitute(related[name], at_start)) for name, value in one.state.items()]
    pairs.append((x, substitute(related["x"], at_start)))
    pairs.append((substitute(_point(one), before), _point(other)))
    after = {_reference(other, name): _next(other, name) for name in ("x", *other.state)}
    for name in ("x", *one.state):
        pairs.append((substitute(_next(one, name), before), substitute(related[name], after)))
    return pairs


def _reference(optimizer: Optimizer, name: str) -> Expr:
    return next(v.reference for v in optimizer.step.inputs if v.name == name)


def _next(optimizer: Optimizer, name: str) -> Expr:
    step = optimizer.step
    return step.unfold(step[f"{name}_next"].reference)


def _point(optimizer: Optimizer) -> Expr:
    """Where the gradient is taken."""
    step = optimizer.step
    return step["at"].rhs if "at" in step else _reference(optimizer, "x")


# The optimizers

x, g, m, v, at, delta, last = (IndexedBase(s)[PARAMETER.symbol] for s in ("x", "g", "m", "v", "at", "delta", "last"))
alpha, beta1, beta2, eps, gamma, rho = map(Symbol, ("alpha", "beta1", "beta2", "eps", "gamma", "rho"))


def _each(name: str, rhs: Expr) -> Equation:
    old = name.removesuffix("_next")
    latex = rf"\{old}" if old == "delta" else old
    if name == "at":
        return Equation(name, (PARAMETER,), r"\tilde{x}_{#1}", rhs=rhs)
    return Equation(name, (PARAMETER,), f"{latex}_{{#1}}^{{+1}}" if old != name else "", rhs=rhs)


def _once(name: str, rhs: Expr) -> Equation:
    letter, number = name[0], name[1:].removesuffix("_next")
    return Equation(name, (), f"{letter}_{{{number}}}^{{+1}}" if number else f"{letter}^{{+1}}", rhs=rhs)


def _next_of(reference: Expr) -> Expr:
    return IndexedBase(f"{reference.base.label}_next")[PARAMETER.symbol]


def _average(old: Expr, coefficient: Expr, new: Expr) -> Expr:
    """The exponential moving average; the coefficient weights the old value."""
    return coefficient * old + (1 - coefficient) * new


def _momentum(name: str, velocity: Expr, move: Expr, ahead: Expr | None = None) -> Optimizer:
    first = () if ahead is None else (_each("at", ahead),)
    return Optimizer(name, (*first, _each("v_next", velocity), _each("x_next", x + move)), {"v": S.Zero})


def _adam(name: str, x_next: Expr) -> Optimizer:
    """p1, p2 are the powers beta1^t, beta2^t of the bias correction."""
    equations = (
        _each("m_next", _average(m, beta1, g)),
        _each("v_next", _average(v, beta2, g**2)),
        _once("p1_next", rhs=beta1 * Symbol("p1")),
        _once("p2_next", rhs=beta2 * Symbol("p2")),
        _each("x_next", x_next),
    )
    return Optimizer(name, equations, {"m": S.Zero, "v": S.Zero, "p1": S.One, "p2": S.One})


def _adam_by_norm() -> Optimizer:
    """As "Adam" is written in lecture 3: its m averages the norm of the whole gradient, its v the gradient."""
    j = Symbol("j", integer=True)
    squares = Sum(IndexedBase("g")[j] ** 2, (j, PARAMETER.lower, PARAMETER.upper))
    equations = (
        _once("m_next", rhs=_average(Symbol("m"), beta2, sqrt(squares))),
        _each("v_next", _average(v, beta1, g)),
        _each("x_next", x - alpha * _next_of(v) / Symbol("m_next")),
    )
    return Optimizer("adam_by_norm", equations, {"m": S.Zero, "v": S.Zero})


def _rmsprop(name: str, root: Expr) -> Optimizer:
    equations = (_each("v_next", _average(v, rho, g**2)), _each("x_next", x - alpha * g / root))
    return Optimizer(name, equations, {"v": S.Zero})


def _adagrad(name: str, root: Expr) -> Optimizer:
    equations = (_each("v_next", v + g**2), _each("x_next", x - alpha * g / root))
    return Optimizer(name, equations, {"v": S.Zero})


def _rprop() -> Optimizer:
    """The state machine of each parameter: where the sign of g stays the step grows by eta_plus, where it flips the
    step shrinks by eta_minus, x rests and the gradient is forgotten, so that the next step changes no size."""
    flipped, stays = call("step", -g * last), call("step", g * last)
    used, smallest, largest = IndexedBase("used")[PARAMETER.symbol], Symbol("delta_min"), Symbol("delta_max")
    factor = 1 + (Symbol("eta_plus") - 1) * stays + (Symbol("eta_minus") - 1) * flipped
    equations = (
        _each("delta_next", call("min", call("max", delta * factor, smallest), largest)),
        _each("used", g * (1 - flipped)),
        _each("x_next", x - call("sign", used) * _next_of(delta)),
        _each("last_next", used),
    )
    return Optimizer("rprop", equations, {"delta": Symbol("delta0"), "last": S.Zero})


_m_hat, _v_hat = _next_of(m) / (1 - Symbol("p1_next")), _next_of(v) / (1 - Symbol("p2_next"))
_scaled = alpha * sqrt(1 - Symbol("p2_next")) / (1 - Symbol("p1_next"))
_ROWS = (
    Optimizer("gradient_descent", (_each("x_next", x - alpha * g),)),
    _momentum("ema_momentum", _average(v, gamma, g), -alpha * _next_of(v)),
    _momentum("ema_velocity", _average(v, gamma, -alpha * g), _next_of(v)),  # CNTK, "unit gain"
    _momentum("heavy_ball", gamma * v + g, -alpha * _next_of(v)),  # PyTorch, optax
    _momentum("heavy_ball_velocity", gamma * v - alpha * g, _next_of(v)),  # Keras, MXNet, Chainer
    _momentum("nesterov", gamma * v - alpha * g, _next_of(v), ahead=x + gamma * v),
    _momentum("nesterov_shifted", gamma * v + g, product(-alpha, g + gamma * _next_of(v))),  # PyTorch, optax
    _momentum("nesterov_velocity", gamma * v - alpha * g, gamma * _next_of(v) - alpha * g),  # Keras, MXNet
    _momentum(
        "nesterov_ema_velocity", _average(v, gamma, -alpha * g), gamma * _next_of(v) - (1 - gamma) * alpha * g
    ),  # CNTK, "unit gain"
    _adam("adam", x - alpha * _m_hat / (sqrt(_v_hat) + eps)),  # PyTorch, optax
    _adam("adam_eps_hat", x - _scaled * _next_of(m) / (sqrt(_next_of(v)) + eps)),  # Keras, MXNet, Chainer
    _adam_by_norm(),
    _rmsprop("rmsprop", sqrt(_next_of(v)) + eps),  # PyTorch, Chainer
    _rmsprop("rmsprop_eps_inside", sqrt(_next_of(v) + eps)),  # Keras, optax, MXNet
    _adagrad("adagrad", sqrt(_next_of(v)) + eps),  # PyTorch, Chainer
    _adagrad("adagrad_eps_inside", sqrt(_next_of(v) + eps)),  # MXNet
    _rprop(),
)

OPTIMIZERS: dict[str, Optimizer] = {row.name: row for row in _ROWS}

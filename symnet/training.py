"""Exact training: gradient descent with a dropout mask per step, and expectations over masks.

Every step builds the smaller network of its mask, its loss and its gradient, and moves in exact arithmetic
(lecture 8, dropout: "first iteration", "second iteration").
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Rational, Symbol

from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Variable
from symnet.errors import SymnetError
from symnet.expressions import as_expression, product, substitute, total
from symnet.network.masks import acceptance_probability, admissible_masks, all_masks, mask_probability
from symnet.network.network import Network
from symnet.network.optimizers import OPTIMIZERS, Optimizer
from symnet.truth.evaluate import Value, evaluate

__all__ = [
    "Step",
    "descend",
    "example_gradient",
    "expected_function",
    "expected_loss",
    "optimize",
    "weight_scaled",
]


@dataclass(frozen=True)
class Step:
    """One step: the neurons dropped, where it starts, the loss there, the gradient it uses, and where it leads.

    The gradient is that at `point`, or where the optimizer looks ahead (Nesterov).
    """

    mask: tuple[str, ...]
    point: Mapping[str, Value]
    loss: Value
    gradient: Mapping[str, Value]
    next_point: Mapping[str, Value]
    next_loss: Value


def example_gradient(network: Network) -> Derivation:
    """The gradient of the network's loss with its data filled in."""
    return network.fill(gradient(network.derivation, "L"))


def descend(
    network: Network,
    start: Mapping[str, Any],
    rate: Any,
    masks: Iterable[Sequence[str]],
    digits: int = 30,
    optimizer: Optimizer = OPTIMIZERS["gradient_descent"],
    hyper: Mapping[str, Any] | None = None,
) -> list[Step]:
    """One step of the optimizer for each mask (an empty one drops nothing); gradient descent: w <- w - rate * dL/dw.

    start: an exact value for every parameter. rate: exact, the optimizer's alpha. hyper: an exact value for each of
    its other hyperparameters. Raises SymnetError for a mask that disconnects the network or a hyperparameter without
    a value, and DegenerateError where something divided by is 0.
    """
    partials = {name: adjoint_name("L", name) for name in network.parameters}
    step = optimizer.on({name: Symbol(partial) for name, partial in partials.items()})
    step = replace(step, inputs=(*step.inputs, *map(Variable, partials.values())))
    given = _hyperparameters(optimizer, rate, hyper or {})
    known = {Symbol(name): value for name, value in given.items()}
    state = {s: Value.of(substitute(v, known)) for s, v in optimizer.start(network.parameters).items()}
    point = {name: Value.of(start[name]) for name in network.parameters}
    fixed = {name: Value.of(value) for name, value in given.items()}
    ahead = [f"at_{name}" for name in point if f"at_{name}" in step]
    gradients: dict[tuple[str, ...], Derivation] = {}
    steps: list[Step] = []
    for mask in map(tuple, masks):
        if mask not in gradients:
            gradients[mask] = example_gradient(network.drop(mask))
        derivation = gradients[mask]
        here = evaluate(derivation, point, ["L", *partials.values()], digits)
        seen = here
        if ahead:
            moved = evaluate(step, {**point, **state, **fixed, **_slopes(here)}, ahead, digits)
            at = {name: moved[f"at_{name}"] for name in point}
            seen = evaluate(derivation, at, list(partials.values()), digits)
        new = [f"{name}_next" for name in (*point, *state)]
        after = evaluate(step, {**point, **state, **fixed, **_slopes(seen)}, new, digits)
        slopes = {name: seen[partial] for name, partial in partials.items()}
        reached, state = ({name: after[f"{name}_next"] for name in old} for old in (point, state))
        loss = evaluate(derivation, reached, ["L"], digits)["L"]
        steps.append(Step(mask, point, here["L"], slopes, reached, loss))
        point = reached
    return steps


def _slopes(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name != "L"}


def _hyperparameters(optimizer: Optimizer, rate: Any, hyper: Mapping[str, Any]) -> dict[str, Expr]:
    """A value for each, alpha among them."""
    given = {name: as_expression(value) for name, value in hyper.items()}
    if "alpha" in optimizer.hyperparameters:
        given["alpha"] = as_expression(rate)
    for name in given.keys() - set(optimizer.hyperparameters):
        known = ", ".join(h for h in optimizer.hyperparameters if h != "alpha") or "none beside its rate"
        raise SymnetError(f"{optimizer.name} has no hyperparameter {name}; there are {known}")
    missing = [name for name in optimizer.hyperparameters if name not in given]
    if missing:
        raise SymnetError(f"{optimizer.name} needs a value for {', '.join(missing)}")
    return given


def optimize(
    optimizer: Optimizer,
    slopes: Mapping[str, Expr],
    start: Mapping[str, Any],
    hyper: Mapping[str, Any],
    steps: int,
    digits: int = 30,
) -> list[dict[str, Value]]:
    """The parameters before the first step and after each, in exact arithmetic as long as it lasts.

    slopes: the partial derivatives of the loss, in its parameters. hyper: exact, for each hyperparameter. Raises
    DegenerateError where a step divides by 0.
    """
    step = optimizer.on(slopes)
    fixed = {name: Value.of(value) for name, value in hyper.items()}
    known = {Symbol(name): as_expression(value) for name, value in hyper.items()}
    state = {name: Value.of(substitute(value, known)) for name, value in optimizer.start(tuple(slopes)).items()}
    point = {name: Value.of(start[name]) for name in slopes}
    run = [point]
    for _ in range(steps):
        after = evaluate(step, {**point, **state, **fixed}, [f"{name}_next" for name in (*point, *state)], digits)
        point, state = ({name: after[f"{name}_next"] for name in old} for old in (point, state))
        run.append(point)
    return run


def expected_loss(
    network: Network, drop_probability: Any, droppable: Sequence[str] | None = None, reject: bool = True
) -> Expr:
    """The mean over masks of the loss of the smaller networks, each neuron dropped with `drop_probability`.

    reject: average over admissible masks only, with their probability given acceptance (the lecture's rule);
    otherwise every mask counts, and a disconnected one leaves only what still reaches the output.
    """
    return _mean(network, drop_probability, droppable, reject, lambda d: d.example.inline()["L"].rhs)


def expected_function(
    network: Network, drop_probability: Any, droppable: Sequence[str] | None = None, reject: bool = True
) -> Expr:
    """The mean over masks of the (first) output of the smaller networks, as a formula in inputs and parameters.

    The arguments are those of `expected_loss`.
    """
    return _mean(network, drop_probability, droppable, reject, _output)


def weight_scaled(network: Network, factor: Any) -> Network:
    """The network in which every hidden neuron puts out `factor` times its value.

    With the probability to keep a neuron as the factor, this is how a network trained with dropout is used.
    """
    times, hidden = as_expression(factor), network.hidden
    neurons = (replace(n, formula=product(times, n.formula)) if n.name in hidden else n for n in network.neurons)
    return replace(network, neurons=tuple(neurons))


def _output(network: Network) -> Expr:
    function = network.function()
    return function.unfold(function[network.outputs[0]].rhs)


def _mean(
    network: Network,
    drop_probability: Any,
    droppable: Sequence[str] | None,
    reject: bool,
    value: Callable[[Network], Expr],
) -> Expr:
    names = tuple(network.hidden if droppable is None else droppable)
    probability = as_expression(drop_probability)
    accepted = acceptance_probability(network, probability, names) if reject else Rational(1)
    return total(
        *(
            product(
                mask_probability(mask, names, probability) / accepted,
                value(network.drop(mask, connected=reject)),
            )
            for mask in (admissible_masks(network, names) if reject else all_masks(names))
        )
    )

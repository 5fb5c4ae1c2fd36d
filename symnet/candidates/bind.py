"""From Python functions and classes in the accepted signatures to candidates.

NAME_forward(x, …) -> (out, cache) and NAME_backward(dout, cache) -> gradients    layers
NAME(x) and NAME_backward(dout, x)                                                activations
NAME(prediction, target) and NAME_backward(prediction, target)                    losses
NAME(params, grads, state, **hyper) -> (params, state)                            optimizers
NAME(inputs and parameters) -> a dict of results                                  a network
a class with forward (or __call__) and backward                                   layers
NAME_backward_backward(upstream of each gradient, dout, cache) -> gradients       second derivatives
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symnet.candidates.candidate import Candidate, Run
from symnet.candidates.masks import MaskSource, mask_of, mask_sources
from symnet.candidates.second import SUFFIX
from symnet.candidates.signatures import Signature, attribute, spellings
from symnet.candidates.spec import Spec
from symnet.candidates.specs import spec as spec_of
from symnet.differentiate import adjoint_name
from symnet.errors import SymnetError

__all__ = ["Functions", "bind", "forward_of", "is_pair", "place_of"]

Functions = Mapping[str, Callable[..., Any]]  # "forward", "backward", "second"


def bind(functions: Functions, spec: Spec, name: str) -> Candidate:
    """A candidate from `forward` and, where there is one, `backward`; `forward` may be a class.

    Raises SymnetError when the arguments of a function cannot be told.
    """
    forward = functions["forward"]
    if spec.name.endswith(SUFFIX):
        run, takes = _second(functions, spec)
    elif spec.kind == "optimizer":
        run, takes = _optimizer(forward, spec)
    elif spec.kind == "initializer":
        run, takes = _initializer(forward, spec)
    elif inspect.isclass(forward):
        run, takes = _object(forward, spec)
    elif spec.kind == "network":
        run, takes = _network(forward, spec)
    else:
        run, takes = _pair(functions, spec)
    run.__wrapped__ = getattr(forward, "forward", forward)  # type: ignore[attr-defined]  # whose code it is
    told = takes & (spec.settings.keys() | spec.fixed.keys())
    notes = []
    if "second" in functions and not spec.name.endswith(SUFFIX):
        notes.append(f"{functions['second'].__name__} not checked: --as {spec.name}{SUFFIX} does")
    return Candidate(name, run, told, None, True, *place_of(forward), tuple(notes))


def place_of(function: Any) -> tuple[str, int]:
    """The file and line where code stands, ("", 0) if there is none."""
    try:
        file = inspect.getsourcefile(function) or ""
        return file, inspect.getsourcelines(function)[1]
    except (TypeError, OSError):
        return "", 0


# Functions


def forward_names(spec: Spec) -> tuple[str, ...]:
    """What a forward may be given."""
    names = (*spec.arguments, *spec.fixed)
    return (*names, "keep_probability") if "drop_probability" in names else names


def forward_of(function: Callable[..., Any], spec: Spec) -> Signature:
    """A forward in terms of the spec. Raises SymnetError when its arguments cannot be told."""
    required = len([name for name in spec.arguments if name not in spec.settings])
    return Signature(function, forward_names(spec), required)


def _pair(functions: Functions, spec: Spec) -> tuple[Run, frozenset[str]]:
    names, forward = forward_names(spec), forward_of(functions["forward"], spec)
    backward = None
    if "backward" in functions:
        upstream = () if spec.kind == "loss" else ("dy",)
        saved = ("cache",) if spec.kind == "layer" else ()
        value = () if spec.kind == "loss" else spec.outputs
        backward = Signature(functions["backward"], (*upstream, *saved, *names, *value), len(upstream) + len(saved) + 1)

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        values = {**spec.fixed, **inputs}
        result, values = _forward(forward, values, spec)
        out, cache = result if spec.kind == "layer" and is_pair(result) else (result, None)
        results = _outputs(out, spec, forward.label)
        results |= {name: values[name] for name in spec.reported}
        if backward is not None and all(name in inputs for name in spec.upstream):
            given = {**values, **results, "cache": cache}
            results |= _gradients(backward(given), spec, backward.label)
        return results

    return run, frozenset(forward.names)


def is_pair(result: Any) -> bool:
    """Whether it may be (value, cache)."""
    return isinstance(result, tuple | list) and len(result) == 2


def _forward(forward: Signature, values: dict[str, Any], spec: Spec) -> tuple[Any, dict[str, Any]]:
    """The result, with the mask that it reports by what it did."""
    if "mask" not in spec.reported:
        return forward(values), values
    values = {**values, "keep_probability": 1 - values["drop_probability"]}
    x, failures = values["x"], []
    named = (forward.names.get("mask") or "").lower() in ("mask", "masks", "kept")
    if callable(values.get("mask")):  # a source that knows its mask itself
        return _followed(forward, values, named), values
    for source in mask_sources(values.get("mask"), x, named):
        try:
            result = forward({**values, "mask": source})
            out = result[0] if is_pair(result) else result
            return result, {**values, "mask": mask_of(x, out, source)}
        except (TypeError, AttributeError, ValueError, IndexError) as error:
            failures.append(error)
    raise SymnetError(f"{forward.label} could not be given a mask: {failures[0]}") from failures[0]


def _followed(forward: Signature, values: dict[str, Any], named: bool) -> Any:
    """The result for masks that are names: an array of what is kept, a source of it, or an array of random numbers."""
    masks, shape, failures = values["mask"], np.shape(values["x"]), []
    for as_array in (False, True):
        masks.reset()
        source = masks.random(shape) if as_array else masks(shape) if named else masks
        try:
            return forward({**values, "mask": source})
        except (SymnetError, TypeError, AttributeError, ValueError, IndexError) as error:
            failures.append(error)
    raise failures[0]


def _outputs(out: Any, spec: Spec, label: str) -> dict[str, Any]:
    if len(spec.outputs) == 1:
        return {spec.outputs[0]: out}
    if not isinstance(out, tuple | list) or len(out) != len(spec.outputs):
        raise SymnetError(f"{label} should return {', '.join(spec.outputs)}")
    return dict(zip(spec.outputs, out, strict=True))


def _gradients(result: Any, spec: Spec, label: str) -> dict[str, Any]:
    """A single gradient, several in order, or a dict by name."""
    if isinstance(result, Mapping):
        return {f"d{name}": result[key] for name in spec.wrt for key in _keys(name) if key in result}
    several = list(result) if isinstance(result, tuple | list) else [result]
    if len(several) > len(spec.wrt) and all(part is None for part in several[len(spec.wrt) :]):
        several = several[: len(spec.wrt)]
    if len(several) != len(spec.wrt):
        wanted = ", ".join(f"d{name}" for name in spec.wrt)
        raise SymnetError(f"{label} returned {len(several)} gradients instead of {len(spec.wrt)}: {wanted}")
    return {f"d{name}": part for name, part in zip(spec.wrt, several, strict=True)}


def _keys(name: str) -> list[str]:
    return [pattern.format(s) for s in spellings(name) for pattern in ("d{}", "dL_d{}", "grad_{}", "{}")]


# Second derivatives


def _second(functions: Functions, spec: Spec) -> tuple[Run, frozenset[str]]:
    """The backward as a layer of its own, and its backward: the gradients of sum dg g over the gradients g."""
    first = spec_of(spec.name.removesuffix(SUFFIX))
    if "second" not in functions or "backward" not in functions:
        raise SymnetError(
            f"second derivatives of {first.name} are those of a NAME_backward and a NAME_backward_backward"
        )
    plain = () if first.kind == "layer" else first.arguments
    saved = ("cache",) if first.kind == "layer" else ()
    names = (*spec.upstream, *first.upstream, *saved, *plain)
    last = Signature(functions["second"], names)
    kept: dict[str, Any] = {}

    def remembering(*arguments: Any, **options: Any) -> Any:
        answer = functions["forward"](*arguments, **options)
        kept["cache"] = answer[1] if is_pair(answer) else None
        return answer

    signature = inspect.signature(functions["forward"])
    remembering.__signature__ = signature  # type: ignore[attr-defined]
    remembering.__name__ = functions["forward"].__name__
    once, takes = _pair({"forward": remembering, "backward": functions["backward"]}, first)
    vanishing = [name for name in spec.wrt if spec.complete[adjoint_name("L", name)].rhs.is_zero]

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        found = once(inputs)
        results = {f"g{name}": found[f"d{name}"] for name in first.wrt if f"d{name}" in found}
        if all(name in inputs for name in spec.upstream):
            answer = last({**first.fixed, **inputs, **kept})
            number = len(answer) if isinstance(answer, tuple | list) else 1
            left_out = vanishing if number == len(spec.wrt) - len(vanishing) else ()
            wanted = replace(spec, wrt=tuple(name for name in spec.wrt if name not in left_out))
            results |= {f"d{name}": np.zeros_like(inputs[name]) for name in left_out}
            results |= _gradients(answer, wanted, last.label)
        return results

    return run, takes


# Classes


def _object(owner: type, spec: Spec) -> tuple[Run, frozenset[str]]:
    construct = Signature(owner, (*spec.arguments, *spec.fixed, "features", "inputs", "outputs"))

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        shape = np.shape(inputs["x"])
        sizes = {"features": shape[-1] if shape else 1, "inputs": shape[-1] if shape else 1}
        if "w" in inputs:
            sizes["outputs"] = np.shape(inputs["w"])[-1]
        layer = construct({**spec.fixed, **sizes, **inputs})
        for name in spec.arguments:
            where = attribute(layer, name)
            if where and name in inputs and name not in ("x", *spec.reported):
                setattr(layer, where, inputs[name])
            elif name in spec.wrt and name != "x" and name not in construct:
                looked = ", ".join(spellings(name))
                raise SymnetError(f"{owner.__name__} has no attribute for {name} (looked for {looked})")
        out = (layer.forward if hasattr(layer, "forward") else layer)(inputs["x"])
        results = _outputs(out[0] if is_pair(out) else out, spec, owner.__name__)
        if hasattr(layer, "backward") and all(name in inputs for name in spec.upstream):
            results |= _gradients_of(layer, layer.backward(*(inputs[name] for name in spec.upstream)), spec)
        return results

    settings = {name for name in spec.settings if any(hasattr(owner, s) for s in spellings(name))}
    return run, frozenset(construct.names) | settings


def _gradients_of(layer: Any, returned: Any, spec: Spec) -> dict[str, Any]:
    """What backward returns, and the attributes for the gradients that it does not."""
    if isinstance(returned, tuple | list | Mapping):
        return _gradients(returned, spec, type(layer).__name__)
    found = {f"d{spec.wrt[0]}": returned}
    for name in spec.wrt[1:]:
        for pattern in ("d{}", "grad_{}", "{}_grad", "d_{}"):
            where = attribute(layer, name, pattern)
            if where is not None:
                found[f"d{name}"] = getattr(layer, where)
                break
    return found


# Networks


def _network(function: Callable[..., Any], spec: Spec) -> tuple[Run, frozenset[str]]:
    signature = Signature(function, spec.arguments)

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        answer = signature(inputs, inputs)
        if not isinstance(answer, Mapping):
            raise SymnetError(f"{signature.label} should return a dict of {', '.join(spec.results)}")
        flat = {**answer, **answer.get("gradient", {}), **answer.get("gradients", {})}
        found = {name: flat[key] for name in spec.outputs for key in (name, name.lower()) if key in flat}
        if "loss" in flat:
            found["L"] = flat["loss"]
        for name in spec.wrt:
            key = next((k for k in (f"dL_d{name}", f"d{name}", f"grad_{name}", name) if k in flat), None)
            if key is not None:
                found[f"d{name}"] = flat[key]
        return found

    return run, frozenset(signature.names)


# Initializers


def _initializer(function: Callable[..., Any], spec: Spec) -> tuple[Run, frozenset[str]]:
    """Of a shape, or of the numbers of inputs and outputs; with a generator when it asks for one."""
    by_shape = Signature(function, spec.arguments)
    numbers = Signature(function, spec.arguments[1:]) if "shape" not in by_shape or "outputs" in by_shape else None

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        signature = numbers or by_shape
        return {"weights": signature({**inputs, "mask": MaskSource()})}

    return run, frozenset()


# Optimizers


def _optimizer(function: Callable[..., Any], spec: Spec) -> tuple[Run, frozenset[str]]:
    hyper = ("rate", *spec.settings)
    is_class = inspect.isclass(function)
    names: Sequence[str] = hyper if is_class else ("params", "grads", "state", *hyper)
    signature = Signature(function, names)
    named = {"rate": "learning_rate", "gamma": "momentum"}

    def trajectory(inputs: Mapping[str, Any], pack: bool, state: Any) -> dict[str, Any]:
        given = {name: inputs[name] for name in spec.settings if name in inputs}
        params: Any = {"w": inputs["x"] + 0} if pack else inputs["x"] + 0
        owner, results = None, {}
        for number, output in enumerate(spec.outputs, 1):
            grads = {"w": inputs[f"g_{number}"]} if pack else inputs[f"g_{number}"]
            values = {**given, "rate": inputs[f"alpha_{number}"]}
            if is_class:
                owner = signature(values) if owner is None else owner
                setattr(owner, attribute(owner, "rate") or "learning_rate", values["rate"])
                answer = (owner.step if hasattr(owner, "step") else owner.update)(params, grads)
            else:
                extra = {named.get(name, name): value for name, value in values.items() if name not in signature}
                answer = signature({**values, "params": params, "grads": grads, "state": state}, extra)
            if is_pair(answer):
                answer, state = answer
            params = params if answer is None else answer
            results[output] = (params["w"] if pack else params) + 0
        return results

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        failures = []
        for pack, state in ((True, {}), (True, None), (False, {}), (False, None)):
            try:
                return trajectory(inputs, pack, state)
            except (TypeError, AttributeError, KeyError, IndexError, SymnetError) as error:
                failures.append(error)
        raise failures[0]

    return run, frozenset(spec.settings) if signature.open else frozenset(signature.names)

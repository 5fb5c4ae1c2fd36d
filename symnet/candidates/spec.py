"""What an implementation is checked against: a derivation, its outputs, and what to differentiate by."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from sympy import Expr, Indexed

from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Index, Variable, name_of
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, total
from symnet.sums import sum_over

__all__ = ["Domain", "Kind", "Spec", "over_objects"]

# layer: NAME_forward and NAME_backward with a cache; function: NAME(x) and NAME_backward(dout, x); loss:
# NAME(prediction, target) and NAME_backward of the same; optimizer: steps; network: one function, a dict of results;
# initializer: NAME(shape) or NAME(n_in, n_out).
Kind = Literal["layer", "function", "loss", "optimizer", "network", "initializer"]
# The values of a name at a probe: any, above 0, near 0 and above it, 0 or 1, between 0 and 1, -1 or 1, one 1 a row.
Domain = Literal["real", "positive", "eps", "mask", "probability", "sign", "one_hot"]


@dataclass(frozen=True)
class Spec:
    """One kind of layer, loss or optimizer.

    derivation: the forward equations, with symbolic sizes. outputs: what an implementation returns of them.
    wrt: what its gradients are by. arguments: the names that it takes, in the order of the accepted signature.
    settings: the numbers among them that an implementation may have fixed for itself, with a usual value.
    fixed: what it can be told of its shape (stride, width), when it asks; shapes: the same with other values of these,
    for an implementation that takes them.
    features: the index whose values are features; errors are measured in ulps of the largest element of each.
    sizes: those of the probes, smallest first. domains: of values that are not just any real number.
    variants: derivations that are as right, by the name of their convention; `convention` is that of this one.
    reported: inputs that a run tells itself (the mask that a dropout drew).
    """

    name: str
    kind: Kind
    derivation: Derivation
    outputs: tuple[str, ...]
    wrt: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    fixed: Mapping[str, int] = field(default_factory=dict)
    shapes: tuple["Spec", ...] = ()
    features: str = ""
    sizes: tuple[Mapping[str, int], ...] = ({"m": 2, "n": 4}, {"m": 4, "n": 4}, {"m": 9, "n": 4})
    domains: Mapping[str, Domain] = field(default_factory=dict)
    variants: Mapping[str, Derivation] = field(default_factory=dict)
    convention: str = ""
    reported: tuple[str, ...] = ()

    @property
    def upstream(self) -> tuple[str, ...]:
        """dy for each output y of a layer; the output of a loss is itself what the gradients are of."""
        paired = self.wrt and self.kind in ("layer", "function")
        return tuple(f"d{name}" for name in self.outputs) if paired else ()

    @cached_property
    def paired(self) -> Derivation:
        """The derivation with the scalar L that the gradients are of: sum dy y over the outputs."""
        if not self.upstream:
            return self.derivation
        above, terms = [], []
        for name in self.outputs:
            variable = Variable(f"d{name}", self.derivation[name].indices)
            body = product(variable.reference, self.derivation[name].reference)
            above.append(variable)
            terms.append(sum_over(body, *(k.limits for k in variable.indices)))
        extended = self.derivation.extend([Equation("L", rhs=total(*terms))])
        return replace(extended, inputs=(*extended.inputs, *above))

    @cached_property
    def complete(self) -> Derivation:
        """Outputs and gradients in one derivation."""
        return gradient(self.paired, "L", self.wrt) if self.wrt else self.derivation

    @cached_property
    def results(self) -> dict[str, str]:
        """What an implementation calls a result (`y`, `dx`) -> what `complete` calls it (`y`, `dL_dx`)."""
        outputs = {name: name for name in self.outputs}
        return outputs | {f"d{name}": adjoint_name("L", name) for name in self.wrt}

    @cached_property
    def given(self) -> dict[str, Variable]:
        """The names that a probe has values for."""
        return {v.name: v for v in (*self.paired.inputs, *self.paired.parameters)}

    def as_variant(self, name: str) -> "Spec":
        """The spec of another convention. Raises SymnetError for one that it does not have."""
        if name not in self.variants:
            raise SymnetError(f"{self.name} has no convention {name!r}; it has {', '.join(self.variants) or 'none'}")
        return replace(self, derivation=self.variants[name], variants={}, convention=name)

    def groups(self, result: str) -> int | None:
        """The axis of a result whose places are features, None when it is one feature as a whole."""
        indices = [k.symbol.name for k in self.complete[self.results[result]].indices]
        return indices.index(self.features) if self.features in indices else None


def over_objects(derivation: Derivation, objects: Index) -> Derivation:
    """A derivation about one object for a batch of them: every input and equation gets a first index."""
    own = {v.name: replace(v, indices=(objects, *v.indices)) for v in (*derivation.inputs, *derivation.equations)}

    def rule(node: Expr) -> Expr | None:
        name = name_of(node) if isinstance(node, Indexed) else None
        return own[name].at(objects.symbol, *node.indices) if name in own else None

    equations = tuple(
        replace(derivation[e.name], indices=own[e.name].indices, rhs=rewrite(e.rhs, rule)) for e in derivation
    )
    return replace(derivation, equations=equations, inputs=tuple(own[v.name] for v in derivation.inputs))

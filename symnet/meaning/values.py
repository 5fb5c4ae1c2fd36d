"""The value of what a slide names, in the names of the derivation: functions, losses, averages, derivatives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, Indexed, IndexedBase, Integer, Pow, S, Symbol

from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, name_of
from symnet.errors import SymnetError
from symnet.expressions import free_references, product, rewrite, substitute
from symnet.meaning.indices import at_object
from symnet.meaning.names import OVER_OBJECTS, Names
from symnet.network.network import Network
from symnet.operations import Call, call, sqrt
from symnet.reading.slide import Applied, Partial
from symnet.sums import Sum, Within, normal_form, unroll

__all__ = ["Values"]

_EUCLIDEAN = Integer(2)
_OF = "_of"  # what is differentiated, as an equation
_ASKED = "_asked"  # after the names of the object that is asked about


@dataclass(frozen=True)
class Values:
    """derived: everything derived of a network, its equations with data and the gradient of its loss."""

    names: Names
    derived: Callable[[Network], Derivation]

    @property
    def network(self) -> Network:
        return self.names.network

    def __call__(self, side: Expr) -> Expr:
        """The side with a meaning in place of every name that the derivation does not have. Raises SymnetError."""
        side = rewrite(side, lambda n: self._partial(n) if isinstance(n, Partial) else None)
        side = rewrite(side, lambda n: self._applied(n) if isinstance(n, Applied) else self._variance(n))
        bare = {s for s in free_references(side) if isinstance(s, Symbol) and not s.is_integer}
        return self._instances(substitute(side, {s: value for s in bare if (value := self._bare(s.name)) is not None}))

    def _bare(self, name: str) -> Expr | None:
        """What a name without an index and without arguments stands for; None for itself."""
        if name in self.names.by_loss:
            return self._loss(name)
        if name in self.names.by_function:
            return self._function(name, ())
        if name in self.names.of_objects and name not in (*self.network.inputs, *self.network.targets):
            return self._at_input.get(name)
        if name in self.names.known:
            return None
        base = name.removesuffix("bar").removesuffix("overline")
        if base != name and base in self.names.of_objects:
            return self._average("mean of", (Symbol(base),))
        return self._statistic(name)

    def _variance(self, node: Expr) -> Expr | None:
        """sigma^2, which is no square of a root."""
        if not (node.is_Pow and node.exp.is_even and isinstance(node.base, Symbol)):
            return None
        root = None if node.base.name in self.names.known else self._statistic(node.base.name)
        return Pow(root.args[0], node.exp / 2) if isinstance(root, Call) else None

    def _statistic(self, name: str) -> Expr | None:
        """mu and sigma of the only normalization."""
        if len(self.network.normalizations) != 1 or name.split("_")[0] not in ("mu", "sigma"):
            return None
        (norm,) = self.network.normalizations
        if name.split("_")[0] == "mu":
            return Symbol(norm.mean)
        _, eps, _ = norm.norm.args
        variance = self.derived(self.network)[norm.deviation].rhs.args[0] - eps
        return Symbol(norm.deviation) if eps == 0 else sqrt(variance)

    # Functions and losses

    def _loss(self, name: str) -> Expr:
        return self._own(self.names.by_loss[name], Symbol("L"))

    def _own(self, network: Network, expression: Expr) -> Expr:
        """An expression in the names of a network's derivation; another network's names are written out."""
        if network is self.network:
            return expression
        return self.derived(network).unfold(expression)

    def _applied(self, node: Expr) -> Expr:
        name, arguments = node.name.name, node.arguments
        if name == "norm of":
            return self._norm(*arguments)
        if name in OVER_OBJECTS:
            return self._average(name, arguments)
        if name in self.names.by_loss:
            return self._loss(name)
        if name in self.names.by_function:
            return self._function(name, arguments)
        return self._put(self._at_input[name], name, self.network, arguments)

    def _function(self, name: str, arguments: Sequence[Expr]) -> Expr:
        network = self.names.by_function[name]
        function = network.function()
        value = function.unfold(function[network.outputs[0]].rhs)
        return self._own(network, self._put(value, name, network, arguments))

    @staticmethod
    def _put(value: Expr, name: str, network: Network, arguments: Sequence[Expr]) -> Expr:
        """The value at arguments in the place of the inputs."""
        if arguments and len(arguments) != len(network.inputs):
            raise SymnetError(f"{name} is a function of {', '.join(network.inputs)}, not of {len(arguments)} values")
        inputs = map(Symbol, network.inputs)
        return substitute(value, dict(zip(inputs, arguments or map(Symbol, network.inputs), strict=True)))

    @cached_property
    def _at_input(self) -> dict[str, Expr]:
        """Every neuron, and what a norm takes and gives, for the object that is asked about."""
        function = self.network.function()
        found = {e.name: function.unfold(e.rhs) for e in function}
        done: dict[Expr, Expr] = {}
        for own in self.network.normalizations:
            inner = function.unfold(substitute(own.norm.args[0], done))
            done[own.norm] = (inner - Symbol(own.mean)) / Symbol(own.deviation)
            found |= {own.input: inner, own.value: done[own.norm]}
        return found

    # Averages over the objects

    def _average(self, kind: str, arguments: Sequence[Expr]) -> Expr:
        if len(arguments) != (2 if kind == "covariance of" else 1):
            raise SymnetError(f"the {kind} {len(arguments)} values")
        if kind == "mean of":
            return product(1 / self.names.objects, self._total(arguments[0]))
        u, v = (*arguments, *arguments)[:2]
        means = [self._average("mean of", (part,)) for part in (u, v)]
        return self._average("mean of", (product(u - means[0], v - means[1]),))

    def _norm(self, u: Expr, degree: Expr = _EUCLIDEAN) -> Expr:
        """The norm of the values at all objects, or of a number."""
        if not any(isinstance(r, Symbol) and r.name in self.names.of_objects for r in free_references(u)):
            return call("abs", u)
        if degree not in (1, 2):
            raise SymnetError(f"a norm has the degree 1 or 2 here, not {degree}")
        return self._total(call("abs", u)) if degree == 1 else sqrt(self._total(u**2))

    def _total(self, u: Expr) -> Expr:
        used = {s.name for s in u.atoms(Symbol)}
        letter = Symbol(next(k for k in ("o", "r", "s", "t", "i_0") if k not in used), integer=True)
        return Sum(at_object(self.names, u, letter), (letter, S.One, self.names.objects))

    # Data

    def _instances(self, side: Expr) -> Expr:
        """With the data of an object, and the names that its neurons have, in the place of an index."""
        if self.network.rows is None:
            return side

        def rule(node: Expr) -> Expr | None:
            if isinstance(node, Indexed) and all(k.is_Integer for k in node.indices) and len(node.indices) == 1:
                return self.network.instance(str(node.base), int(node.indices[0]))
            return None

        return rewrite(unroll(side), rule)

    # Derivatives

    def _partial(self, node: Expr) -> Expr:
        of, *wrt = node.args
        head = of.name if isinstance(of, Applied) else of
        network = self.network
        if isinstance(head, Symbol) and head.name in self.names.by_loss:
            network, of = self.names.by_loss[head.name], Symbol("L")
        if of == Symbol("L") and len(wrt) == 1:
            value = self._adjoint(network, wrt[0])
            if value is not None:
                return self._own(network, value)
        if network is not self.network:
            of = self._own(network, of)
        for name in wrt:
            of = self._derivative(of, name)
        return of

    def _adjoint(self, network: Network, wrt: Expr) -> Expr | None:
        """The derivative of the loss by a name where the derivation has it."""
        derivation = self.derived(network)
        name = adjoint_name("L", name_of(wrt) or "")
        if isinstance(wrt, Indexed):
            if network.rows is None:
                return IndexedBase(name)[wrt.indices] if name in derivation else None
            if len(wrt.indices) != 1 or not wrt.indices[0].is_Integer or wrt.base.name in network.inputs:
                return None
            found = network.instance(name, int(wrt.indices[0]))
            return found if found.name in derivation else None
        return Symbol(name) if name in derivation else None

    def _derivative(self, of: Expr, wrt: Expr) -> Expr:
        """The derivative of any expression; names of objects without an index are those of the one asked about."""
        # A free index is a place like any other: under its own letter it would be summed over.
        own = {k: Symbol(f"_{k}", integer=True) for k in free_references(of) if _is_index(k)}
        of, wrt = self._at_x(substitute(of, own)), substitute(wrt, own)
        references = {r for r in free_references(of) if isinstance(r, Symbol)} | {wrt}
        asked = any(isinstance(r, Symbol) and self._is_asked(r.name) for r in references)
        batch = self.derived(self.network)
        derivation = self.network.asked(_ASKED) if asked else batch
        suffix = _ASKED if asked else ""
        renamed = {r: Symbol(r.name + suffix) for r in references if isinstance(r, Symbol) and self._is_asked(r.name)}
        of, wrt = substitute(of, renamed), renamed.get(wrt, wrt)
        if not asked:
            of, wrt = self._instances(of), self._instances(wrt)
        name = name_of(wrt)
        if name is None or name not in derivation.variables:
            network = self.network.name
            raise SymnetError(f"{wrt} is not a parameter of the network {network}, nor another of its names")
        whole = gradient(derivation.extend([Equation(_OF, rhs=of)]), _OF, [name])
        adjoint = whole[adjoint_name(_OF, name)]
        value = adjoint.rhs_at(*wrt.indices) if isinstance(wrt, Indexed) else adjoint.rhs
        keep = {e.name for e in batch}
        value = whole.unfold(value, {e.name for e in whole} - keep)
        if own:
            value = rewrite(normal_form(value), lambda n: S.One if self._is_sure(n, own) else None)
        back: dict[Expr, Expr] = {place: k for k, place in own.items()}
        back |= {Symbol(n + suffix): Symbol(n) for n in self.network.inputs if asked}
        return substitute(value, back)

    def _is_sure(self, node: Expr, places: Mapping[Expr, Expr]) -> bool:
        """Whether it only says that a free index is that of an object."""
        return isinstance(node, Within) and node.args in [(k, S.One, self.names.objects) for k in places.values()]

    def _is_asked(self, name: str) -> bool:
        return name in self.names.of_objects

    def _at_x(self, of: Expr) -> Expr:
        """F(x) as the name of the output, and what a function is at other arguments written out."""
        inputs = tuple(map(Symbol, self.network.inputs))

        def name(function: str) -> Expr | None:
            if self.names.by_function.get(function) is self.network:
                return Symbol(self.network.outputs[0])
            return Symbol(function) if function in self.names.of_objects else None

        def rule(node: Expr) -> Expr | None:
            if not isinstance(node, Applied):
                return None
            return (name(node.name.name) if node.arguments == inputs else None) or self._applied(node)

        of = rewrite(of, rule)
        bare = {s for s in free_references(of) if isinstance(s, Symbol) and s.name in self.names.by_function}
        return substitute(of, {s: name(s.name) or self._function(s.name, ()) for s in bare})


def _is_index(reference: Expr) -> bool:
    return isinstance(reference, Symbol) and bool(reference.is_integer) and not reference.is_positive

"""Structural facts that symnet discovers by itself and proves: what a parameter really does.

Candidates come from numbers: linear relations between the partial derivatives at random points, found in the null
space of a Jacobian. A candidate is only reported once the prover has shown it to hold identically (or, where the
batch is symbolic, the normal form of sums has, for every number of objects).
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
from sympy import Add, Expr, Mul, Rational, S, Symbol

from symnet.clock import now
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation
from symnet.errors import DegenerateError, SymnetError
from symnet.expressions import product, subexpressions, substitute, total
from symnet.network.homogeneity import is_invariant
from symnet.network.network import Network
from symnet.operations import ABSTRACT
from symnet.sums import Within, normal_form, sum_over
from symnet.truth.enclosure import enclose_derivation
from symnet.truth.every_size import prove_every_size
from symnet.truth.prove import prove_equal, prove_zero
from symnet.truth.recheck import STAND_INS

__all__ = ["Finding", "findings", "refuse_degenerate"]

_SECONDS = 5.0  # for one proof
_BUDGET = 6.0  # for all of them
_AT_X = "_at_x"  # ends every name of the object that is asked about
_OBJECTS = 5  # in a sample: more than any normalization makes degenerate
_TERMS = 2000  # in an expansion that is only worth it while it is short
_SMALL = 1e-9  # singular values below this suggest a relation; only a proof makes it one


@dataclass(frozen=True)
class Finding:
    """kind: zero-gradient, scale-invariant, sign-only, redundant, degenerate-batch, conserved-sum or dead-neuron.

    parameters: whom it concerns; text: the fact with its reason; method: how it was proved.
    """

    kind: str
    parameters: tuple[str, ...]
    text: str
    method: str

    @property
    def json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "parameters": list(self.parameters),
            "text": self.text,
            "method": self.method,
        }


def findings(network: Network) -> tuple[Finding, ...]:
    """Every fact found and proved about the network, within about 6 seconds."""
    found = [*_dead_neurons(network)]
    if network.rows is None:
        found += _Search(_sample(network), every_batch=True).run()
    else:
        found += _Search(network).run()
    return tuple(found)


def _sample(network: Network) -> Network:
    """The network with some objects, at which candidates are found; the proofs are for every batch."""
    chance = random.Random(0)
    width = len(network.inputs) + len(network.targets)
    rows = tuple(tuple(Rational(chance.randint(-30, 30), 7) for _ in range(width)) for _ in range(_OBJECTS))
    return replace(network, rows=rows)


def refuse_degenerate(network: Network) -> None:
    """Raise DegenerateError when a deviation is 0 whatever the parameters are (a constant batch)."""
    if network.rows is None:
        return
    example = network.example
    for norm in network.normalizations:
        needed = example.needed_for(norm.deviation, f"{norm.value}_1")
        try:
            enclose_derivation(needed, *_somewhere(needed, 1))
        except DegenerateError:
            variance = example[norm.deviation].rhs.args[0]
            if prove_zero(variance, needed, seconds=_SECONDS).proved:
                raise DegenerateError(
                    f"the objects of the statistics batch all give the norm in {norm.neuron} the same input, so "
                    f"{norm.deviation} = 0 whatever the parameters are and the normalized value is 0/0"
                ) from None


def _dead_neurons(network: Network) -> Iterator[Finding]:
    used = {*network.outputs}
    for neuron in reversed(network.neurons):
        if neuron.name in used:
            used |= {n.name for n in subexpressions(neuron.formula) if isinstance(n, Symbol)}
    for neuron in network.neurons:
        if neuron.name not in used:
            text = f"{neuron.name} leads to no output: nothing depends on it"
            yield Finding("dead-neuron", (neuron.name,), text, "structure")


def _cancels(expression: Expr, result: Derivation, network: Network) -> bool:
    """Whether derivatives and means, written out, cancel in the normal form of sums, for every batch."""
    adjoints = {e.name for e in result if e.name not in network.derivation}
    statistics = {n for k in network.normalizations for n in (k.mean, k.value)}
    try:
        return bool(normal_form(result.unfold(expression, adjoints | statistics), _TERMS, now() + 1) == 0)
    except (OverflowError, TimeoutError):
        return False


def _somewhere(derivation: Derivation, seed: int) -> tuple[dict[str, Fraction], int, Mapping[str, Any]]:
    """A random point with small denominators, the digits wanted there, and stand-ins for abstract functions."""
    chance = random.Random(seed)
    names = (*derivation.parameters, *derivation.inputs)
    point = {v.name: Fraction(chance.randint(3, 40) * chance.choice((-1, 1)), 13) for v in names}
    return point, 20, dict.fromkeys(ABSTRACT, STAND_INS[None])


@dataclass
class _Search:
    """every_batch: the data are only a sample, and what is found must be proved for any."""

    network: Network
    every_batch: bool = False

    def __post_init__(self) -> None:
        self.deadline = now() + _BUDGET
        self.parameters = self.network.parameters
        self.outputs = [name + _AT_X for name in self.network.outputs]
        self.two_values = ""  # what two objects are mapped to, once that is proved

    @cached_property
    def at_x(self) -> Derivation:
        """F at a new x with all its partial derivatives, through C and S as well."""
        return self._slopes(self.network)

    @cached_property
    def on_loss(self) -> Derivation:
        return self.network.fill(gradient(self.network.derivation, "L"))

    @cached_property
    def for_every_batch(self) -> Derivation | None:
        """The same for any objects, where the statistics are those of all of them: often much easier to prove."""
        if self.network.statistics is not None:
            return None
        return gradient(self._slopes(replace(self.network, rows=None)), "L", self.parameters)

    def _slopes(self, network: Network) -> Derivation:
        derivation = network.asked(_AT_X)
        for output in self.outputs:
            derivation = gradient(derivation, output, self.parameters)
        return derivation

    @property
    def _method(self) -> str:
        return "normal form of sums, for every batch" if self.every_batch else "normal form"

    def run(self) -> Iterator[Finding]:
        if not self.parameters:
            return
        rows = [row for output in self.outputs for row in self._rows(self.at_x, output)]
        if not rows:
            return
        still = [k for k, _ in enumerate(self.parameters) if self._vanishes(rows, k)]
        blind = [self.parameters[k] for k in still]
        yield from self._degenerate_batches()
        yield from self._conserved_sums()
        yield from self._zero_gradients(blind)
        yield from self._sign_only(blind)
        others = [k for k, _ in enumerate(self.parameters) if k not in still]
        plain = np.array([[row[k] for k in others] for row, _ in rows])
        scaled = np.array([[row[k] * point[k] for k in others] for row, point in rows])
        names = [self.parameters[k] for k in others]
        for vector in _null_space(plain):
            yield from self._redundant(dict(zip(names, vector, strict=True)))
        for vector in _null_space(scaled):
            yield from self._scale_invariant(dict(zip(names, vector, strict=True)))

    def _rows(self, derivation: Derivation, of: str) -> list[tuple[list[float], list[float]]]:
        """Gradients of `of` at random points, each with the point."""
        rows = []
        for seed in range(len(self.parameters) + 3):
            point, digits, functions = _somewhere(derivation, seed)
            try:
                balls = enclose_derivation(derivation, point, digits, functions)
            except SymnetError:
                continue  # a singular point: another one will do
            if not all(balls[adjoint_name(of, name)].is_finite() for name in self.parameters):
                continue
            slopes = [float(balls[adjoint_name(of, name)].mid()) for name in self.parameters]
            if not all(map(isfinite, slopes)):
                continue  # beyond floating point
            rows.append((slopes, [float(point[name]) for name in self.parameters]))
        return rows

    @staticmethod
    def _vanishes(rows: Sequence[tuple[list[float], list[float]]], k: int) -> bool:
        return all(abs(slopes[k]) < _SMALL for slopes, _ in rows)

    def _proved(self, expression: Expr, derivation: Derivation) -> bool:
        seconds = min(_SECONDS, self.deadline - now())
        if seconds <= 0:
            return False
        batch = self.for_every_batch
        if not self.every_batch:
            outcome = prove_zero(expression, derivation, seconds=min(seconds, 1.0))
            if outcome.kind != "undecided" or batch is None:
                return outcome.proved
        assert batch is not None
        if _cancels(expression, batch, self.network):
            return True
        return prove_every_size(expression, S.Zero, batch, seconds=1).proved

    def _degenerate_batches(self) -> Iterator[Finding]:
        first, last = self.network.statistics_range
        if last - first != 1:
            return
        for norm in self.network.normalizations:
            values = [Symbol(f"{norm.value}_{k}") for k in (first, last)]
            ddof = norm.norm.args[2]
            if all(self._proved(v**2 - 1 + ddof / 2, self.network.example) for v in values):
                self.two_values = "-1/sqrt(2) and 1/sqrt(2)" if ddof else "-1 and 1"
                text = (
                    f"norm in {norm.neuron} sees two objects, which it maps to {self.two_values} whatever the "
                    f"weights are, as long as {norm.deviation} is not 0"
                )
                yield Finding("degenerate-batch", (), text, self._method)

    def _conserved_sums(self) -> Iterator[Finding]:
        """A mean that is subtracted makes the derivatives by the inputs of a norm add up to 0 over the objects."""
        anything = replace(self.network, rows=None)
        index = anything.object_index
        batch = (index.symbol, *anything.statistics_range)  # its objects are some of all objects
        for norm in self.network.normalizations:
            result = gradient(anything.derivation, "L", [norm.input])
            slope = result[adjoint_name("L", norm.input)]
            terms = []
            for term in Add.make_args(slope.rhs):
                within = Within(*batch) in Mul.make_args(term)
                terms.append(sum_over(term / Within(*batch), batch) if within else sum_over(term, index.limits))
            if _cancels(total(*terms), result, anything):
                text = f"the derivatives dL/d{norm.input} by the inputs of norm in {norm.neuron} add up to 0"
                yield Finding("conserved-sum", (), text, "normal form of sums, for every batch")

    def _zero_gradients(self, blind: Sequence[str]) -> Iterator[Finding]:
        rows = self._rows(self.on_loss, "L")
        zero = [
            name
            for k, name in enumerate(self.parameters)
            if self._vanishes(rows, k) and self._proved(Symbol(adjoint_name("L", name)), self.on_loss)
        ]
        if zero:
            listed = ", ".join(f"dL/d{name}" for name in zero)
            why = self._why_zero(zero, blind)
            vanish = "vanish" if len(zero) > 1 else "vanishes"
            yield Finding("zero-gradient", tuple(zero), f"{listed} {vanish} identically{why}", self._method)

    def _why_zero(self, names: Sequence[str], blind: Sequence[str]) -> str:
        if self.two_values and self.network.objects == 2:
            values = f"a normalization gives {self.two_values}"
            return f": with two objects {values}, and what is below it no longer counts"
        if not set(names) & self._used:
            return ": no neuron uses them"
        if set(names) <= set(blind):
            return f": F itself does not change with {'them' if len(names) > 1 else 'it'}"
        return ", for every number of objects" if self.every_batch else " on this data"

    def _why_absent(self, names: Sequence[str]) -> str:
        return ": a normalization removes them again" if self._used & set(names) else ": no neuron uses them"

    @cached_property
    def _used(self) -> set[str]:
        """The names in the formulas of neurons that lead to an output."""
        dead = {name for finding in _dead_neurons(self.network) for name in finding.parameters}
        return {s.name for n in self.network if n.name not in dead for s in n.formula.free_symbols}

    def _sign_only(self, names: Sequence[str]) -> Iterator[Finding]:
        proved = [
            name for name in names if all(self._proved(Symbol(adjoint_name(o, name)), self.at_x) for o in self.outputs)
        ]
        signs = [name for name in proved if self._matters(name)]
        if signs:
            which = "the sign of each" if len(signs) > 1 else "its sign"
            text = f"F depends on {', '.join(signs)} only through {which}, for every x"
            yield Finding("sign-only", tuple(signs), text, self._method)
        never = [name for name in proved if name not in signs and self._absent(name)]
        if never:
            text = f"F does not depend on {', '.join(never)} at all{self._why_absent(never)}"
            yield Finding("redundant", tuple(never), text, self._method)

    def _matters(self, name: str) -> bool:
        """Whether F differs at a point and at its mirror image: two balls that do not meet."""
        output, asked = self.outputs[0], self.network.asked(_AT_X)
        for seed in range(3):
            point, digits, functions = _somewhere(asked, seed)
            mirrored = {**point, name: -point[name]}
            try:
                balls = [enclose_derivation(asked, p, digits, functions)[output] for p in (point, mirrored)]
            except SymnetError:
                continue
            if not balls[0].overlaps(balls[1]):
                return True
        return False

    def _absent(self, name: str) -> bool:
        """Whether F is the same with the parameter put to 0: for every batch, or else for this one."""
        networks = [] if self.network.statistics else [replace(self.network, rows=None)]
        networks += [] if self.every_batch else [self.network]
        return all(any(self._same_at_zero(name, output, n) for n in networks) for output in self.outputs)

    def _same_at_zero(self, name: str, output: str, network: Network) -> bool:
        asked = network.asked(_AT_X)
        function = asked.unfold(asked[output].rhs)
        without = substitute(function, {Symbol(name): S.Zero})
        seconds = min(1.0, self.deadline - now())
        prover = prove_equal if network.rows is not None else prove_every_size
        return seconds > 0 and prover(function, without, seconds=seconds).proved

    def _combination(self, vector: Mapping[str, Rational], scaled: bool) -> bool:
        for output in self.outputs:
            terms = [
                product(c, Symbol(name) if scaled else S.One, Symbol(adjoint_name(output, name)))
                for name, c in vector.items()
                if c
            ]
            if not self._proved(total(*terms), self.at_x):
                return False
        return True

    def _redundant(self, vector: Mapping[str, Rational]) -> Iterator[Finding]:
        support = {name: c for name, c in vector.items() if c}
        if len(support) < 2 or not self._combination(support, scaled=False):
            return
        pivot = max(support, key=lambda name: (sum(bool(support[name] * c < 0) for c in support.values()), name))
        seen = [
            str(total(Symbol(name), product(-c / support[pivot], Symbol(pivot))))
            for name, c in support.items()
            if name != pivot
        ]
        text = f"F sees {', '.join(support)} only through {', '.join(seen)}: one of them is redundant"
        yield Finding("redundant", tuple(support), text, self._method)

    def _scale_invariant(self, vector: Mapping[str, Rational]) -> Iterator[Finding]:
        support = {name: c for name, c in vector.items() if c}
        if not support:
            return
        method = "homogeneity" if is_invariant(self.network, support) else self._method
        if method == self._method and not self._combination(support, scaled=True):
            return
        if len(set(support.values())) == 1:
            names = ", ".join(support)
            text = f"multiplying {names} by any k > 0 changes nothing: sum of w dF/dw over them is 0"
        else:
            powers = ", ".join(f"{name} by k^({c})" for name, c in support.items())
            text = f"multiplying {powers} for any k > 0 changes nothing"
        yield Finding("scale-invariant", tuple(support), text, method)


def _null_space(rows: np.ndarray[Any, Any]) -> list[list[Rational]]:
    """A basis of simple rational vectors for the kernel, in reduced form; candidates, nothing more."""
    if rows.size == 0:
        return []
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    _, singular, right = np.linalg.svd(rows / np.where(norms == 0, 1, norms))
    rank = int((singular > _SMALL * max(1.0, float(singular[0]))).sum())
    basis = _reduced(right[rank:].copy())
    vectors = []
    for row in basis:
        exact = [Fraction(float(value)).limit_denominator(12) for value in row]
        if max(abs(float(e) - float(v)) for e, v in zip(exact, row, strict=True)) < 1e-6:
            vectors.append([Rational(e.numerator, e.denominator) for e in exact])
    return vectors


def _reduced(matrix: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Reduced row echelon form with column pivots of the largest size."""
    row = 0
    for column in range(matrix.shape[1]):
        if row == matrix.shape[0]:
            break
        best = row + int(np.argmax(np.abs(matrix[row:, column])))
        if abs(matrix[best, column]) < 1e-7:
            continue
        matrix[[row, best]] = matrix[[best, row]]
        matrix[row] /= matrix[row, column]
        for other in range(matrix.shape[0]):
            if other != row:
                matrix[other] -= matrix[other, column] * matrix[row]
        row += 1
    matrix[np.abs(matrix) < 1e-7] = 0
    return matrix

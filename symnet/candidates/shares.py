"""A wrong gradient as a combination of the paths into it: regressed, and read as rational numbers.

The gradient by x falls into what flows directly, through the mean, through the deviation (`paths`). A candidate whose
gradient is a combination of these shares has its coefficients reconstructed as numbers or as quotients of sizes:
0 is a path that was dropped, -1 a sign, m/(m - 1) a denominator.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from sympy import Expr, Integer, Rational, S, Symbol

from symnet.candidates.faults import LOSS, Fault, in_order
from symnet.candidates.observations import Observations
from symnet.differentiate import DIRECT, adjoint_name, paths
from symnet.equations import Derivation, Equation, names_used
from symnet.expressions import product, total
from symnet.render.text import text
from symnet.sums import Sum

__all__ = ["shares"]

LARGEST_DENOMINATOR = 60
_LIKELY = (1, 2, Rational(1, 2))  # before a quotient of sizes
_EXACT = 1e-7  # how near a regressed coefficient is to the rational it is read as


def shares(derivation: Derivation, whole: Derivation, name: str, seen: Observations) -> Fault | None:
    """The fault that the gradient by `name` weighs its paths by other coefficients than 1; None when it is not so."""
    gradient = adjoint_name(LOSS, name)
    split = _Split(derivation, name, seen)
    if not split.labels:
        return None
    found = [_coefficients(split, k, seen, gradient) for k in seen.order]
    if any(c is None for c in found):
        return None
    coefficients = []
    for position in range(len(split.labels)):
        column = [(k, float(c[position])) for k, c in zip(seen.order, found, strict=True) if c is not None]
        expression = _read(column, whole, seen)
        if expression is None:
            return None
        coefficients.append(expression)
    if all(c == 1 for c in coefficients):
        return None
    return _fault(split, coefficients, whole, name)


class _Split:
    """The derivation with the gradient by one name split, and the labels of the shares that are not 0."""

    def __init__(self, derivation: Derivation, name: str, seen: Observations) -> None:
        through = [e.name for e in derivation if e.name != LOSS and _gathers(e, derivation, name)]
        self.name = name
        self.derivation = paths(derivation, LOSS, through, [name])
        self.names = {label: adjoint_name(LOSS, name, label) for label in (DIRECT, *through)}
        if not through:
            self.names = {DIRECT: adjoint_name(LOSS, name)}
        values = [seen.values(k, self.derivation.equations, self.names.values()) for k in seen.order]
        self.values = dict(zip(seen.order, values, strict=True))
        self.labels = [label for label, own in self.names.items() if any(np.any(v[own] != 0) for v in values)]

    def adjoint(self, label: str) -> str:
        return self.names[label]


def _gathers(equation: Equation, derivation: Derivation, name: str) -> bool:
    """A statistic: fewer indices than what it is taken over."""
    variable = derivation.variables[name]
    written_out = derivation.unfold(equation.rhs)
    fewer = len(equation.indices) < len(variable.indices)
    return fewer and name in names_used(written_out) and bool(written_out.atoms(Sum))


def _coefficients(split: _Split, k: int, seen: Observations, gradient: str) -> Sequence[float] | None:
    """Least squares at one probe; None when it does not fit or does not say."""
    observed = seen.observed[k].get(gradient)
    if observed is None or observed.shape != seen.truth[k][gradient].shape or not np.all(np.isfinite(observed)):
        return None
    parts = (split.values[k][split.adjoint(label)] for label in split.labels)
    columns = np.stack([np.ravel(part).astype(float) for part in parts], axis=1)
    scale = np.sqrt((columns**2).sum(axis=0))
    if np.any(scale == 0) or len(columns) < len(split.labels):
        return None
    found, _, rank, _ = np.linalg.lstsq(columns / scale, np.ravel(observed).astype(float), rcond=1e-9)
    return list(found / scale) if rank == len(split.labels) else None


def _read(column: Sequence[tuple[int, float]], whole: Derivation, seen: Observations) -> Expr | None:
    """One coefficient over all probes as a rational number times a quotient of sizes."""
    sizes = sorted({s for e in seen.evaluators for s in e.sizes}, key=str)
    for form in _forms(sizes):
        ratios = []
        for k, value in column:
            at = form.xreplace({s: Integer(n) for s, n in seen.evaluators[k].sizes.items()})
            if not at.is_Rational or at == 0:
                break
            ratios.append(value / float(at))
        else:
            number = _rational(ratios)
            if number is not None and (form == 1 or abs(number) in _LIKELY):
                return product(number, form) if number != 0 else S.Zero
    return None


def _forms(sizes: Sequence[Symbol]) -> Iterator[Expr]:
    yield S.One
    for m in sizes:
        yield from (m / (m - 1), (m - 1) / m, 1 / m, m, 1 / (m - 1), m - 1)


def _rational(ratios: Sequence[float]) -> Rational | None:
    if any(abs(r - ratios[0]) > _EXACT * (1 + abs(r)) for r in ratios):
        return None
    number = Rational(ratios[0]).limit_denominator(LARGEST_DENOMINATOR)
    return number if abs(float(number) - ratios[0]) <= _EXACT * (1 + abs(ratios[0])) else None


def _fault(split: _Split, coefficients: Sequence[Expr], whole: Derivation, name: str) -> Fault:
    gradient = adjoint_name(LOSS, name)
    references = {e.name: e.rhs if e.name == gradient else e.reference for e in split.derivation}
    pairs = list(zip(coefficients, split.labels, strict=True))
    terms = [product(c, references[split.adjoint(label)]) for c, label in pairs]
    declared = whole.variables[gradient]
    wrong = Equation(gradient, declared.indices, declared.latex, declared.meaning, rhs=total(*terms))
    own = {e.name for e in whole}
    extra = tuple(e for e in split.derivation if e.name not in own)
    equations = (*(e for e in whole if e.name != gradient), *extra, wrong)
    parts = [_said(c, "direct path" if label == DIRECT else f"path through {label}") for c, label in pairs]
    said = f"dL/d{name} takes {', '.join(parts)}"
    if len(pairs) == 1:
        said = f"dL/d{name} is {text(coefficients[0])} times the right one"
    return Fault(f"shares:{gradient}", said, 4, lambda: in_order(equations), whole, None, (wrong,))


def _said(coefficient: Expr, path: str) -> str:
    if coefficient == 1:
        return f"the {path}"
    return f"not the {path}" if coefficient == 0 else f"{text(coefficient)} times the {path}"

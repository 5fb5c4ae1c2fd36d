"""Gradient descent on a quadratic loss, exactly: fixed point, closed form, largest step, rate.

For L(w) = c + g.w + w.H.w/2 with rational coefficients, w_{k+1} = w_k - h grad L(w_k) is
w_k - w* = (I - h H)^k (w_0 - w*), so everything is decided by the eigenvalues of H, which are exact algebraic
numbers: square-root towers where the characteristic polynomial splits into factors of degree 1 and 2, else
roots of a named polynomial with a rigorous enclosure (standard; e.g. Nesterov, Introductory Lectures, 1.2.3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, fmpq, fmpq_mat, fmpq_poly, fmpz_poly
from sympy import Expr, Poly, Pow, Rational, Symbol
from sympy.polys.polyerrors import CoercionFailed, PolynomialError

from symnet.errors import SymnetError
from symnet.expressions import product, total
from symnet.truth.numbers import Number

__all__ = ["Quadratic"]

Point = Mapping[str, Any]


def _fmpq(value: Any) -> fmpq:
    rational = Rational(value)
    return fmpq(int(rational.p), int(rational.q))


@dataclass(frozen=True)
class Quadratic:
    """A quadratic in `parameters`: Hessian H (n x n, symmetric), gradient g at 0, value c at 0, all rational."""

    parameters: tuple[str, ...]
    hessian: fmpq_mat
    linear: fmpq_mat
    constant: fmpq

    @classmethod
    def of(cls, loss: Expr, parameters: Sequence[str]) -> "Quadratic":
        """Read the coefficients off an expression; parameters it does not contain are allowed.

        Raises SymnetError when the loss is not a polynomial of degree at most 2 with rational coefficients.
        """
        symbols = [Symbol(name) for name in parameters]
        try:
            polynomial = Poly(loss, *symbols, domain="QQ")
        except (PolynomialError, CoercionFailed):
            raise SymnetError("the loss is not a polynomial in the parameters with rational coefficients") from None
        if polynomial.total_degree() > 2:
            raise SymnetError(f"the loss has degree {polynomial.total_degree()}, not 2")
        n = len(symbols)
        hessian, linear, constant = fmpq_mat(n, n), fmpq_mat(n, 1), fmpq(0)
        for powers, coefficient in polynomial.terms():
            c = _fmpq(coefficient)
            where = [k for k, power in enumerate(powers) for _ in range(power)]
            if not where:
                constant = c
            elif len(where) == 1:
                linear[where[0], 0] = c
            else:
                a, b = where
                hessian[a, b] = 2 * c if a == b else c
                hessian[b, a] = hessian[a, b]
        return cls(tuple(parameters), hessian, linear, constant)

    @cached_property
    def eigenvalues(self) -> tuple[Number, ...]:
        """The eigenvalues of H, ascending, with multiplicity.

        Raises SymnetError when one of them is no square-root expression (an irreducible factor of degree 3 or
        more); `spectrum` encloses them in every case.
        """
        found: list[Number] = []
        for factor, multiplicity in self._factors:
            if factor.degree() > 2:
                raise SymnetError(f"the eigenvalues are roots of {factor}, which square roots cannot express")
            found += _roots(factor) * multiplicity
        return tuple(sorted(found))

    @cached_property
    def spectrum(self) -> tuple[arb, ...]:
        """Rigorous enclosures of the distinct eigenvalues of H, ascending by midpoint."""
        pairs: list[Any] = [pair for factor, _ in self._factors for pair in factor.complex_roots()]
        roots = [root.real for root, _ in pairs]
        return tuple(sorted(roots, key=lambda ball: float(ball.mid())))

    @cached_property
    def _factors(self) -> list[tuple[fmpz_poly, int]]:
        characteristic: fmpq_poly = self.hessian.charpoly()
        return list(characteristic.numer().factor()[1])

    @cached_property
    def minimizer(self) -> dict[str, Rational]:
        """The fixed point w*, where the gradient vanishes.

        Raises SymnetError when H is singular (no or many minimizers) or has a negative eigenvalue.
        """
        if self.hessian.det() == 0:
            raise SymnetError("the Hessian is singular: the loss has no unique minimizer")
        if self.eigenvalues[0].sign() < 0:
            raise SymnetError("the loss is unbounded below: it has a saddle, not a minimum")
        solution = self.hessian.solve(-1 * self.linear)
        return {name: _rational(solution[k, 0]) for k, name in enumerate(self.parameters)}

    def step_bound(self) -> Number:
        """2/lambda_max: gradient descent converges from every start for steps below it, and for no larger one."""
        return 2 / self._positive[-1]

    def best_step(self) -> Number:
        """The constant step with the smallest rate: 2/(lambda_min + lambda_max)."""
        return 2 / (self._positive[0] + self._positive[-1])

    def rate(self, step: Any) -> Number:
        """The factor by which the worst component shrinks in a step: max |1 - h lambda|."""
        h = Number(_fmpq(step)) if not isinstance(step, Number) else step
        return max(abs(1 - h * value) for value in self._positive)

    @property
    def _positive(self) -> tuple[Number, ...]:
        if self.eigenvalues[0].sign() <= 0:
            raise SymnetError("the Hessian is not positive definite: some direction does not converge")
        return self.eigenvalues

    def step(self, point: Point, rate: Any) -> dict[str, Rational]:
        """One step of gradient descent, exactly."""
        w = fmpq_mat(len(self.parameters), 1, [_fmpq(point[name]) for name in self.parameters])
        new = w - _fmpq(rate) * (self.hessian * w + self.linear)
        return {name: _rational(new[k, 0]) for k, name in enumerate(self.parameters)}

    def closed_form(self, start: Point, rate: Any, count: Symbol) -> dict[str, Expr]:
        """w_k = w* + sum_j (1 - h lambda_j)^k P_j (w_0 - w*), P_j the spectral projectors of H."""
        distinct = [v for k, v in enumerate(self.eigenvalues) if k == 0 or v != self.eigenvalues[k - 1]]
        n, h = len(self.parameters), Number(_fmpq(rate))
        star = self.minimizer
        error = [Number(_fmpq(start[name])) - Number(_fmpq(star[name])) for name in self.parameters]
        terms: list[list[Expr]] = [[star[name]] for name in self.parameters]
        for value in distinct:
            component = error
            for other in distinct:
                if other != value:
                    component = [
                        (
                            sum((Number(self.hessian[r, c]) * component[c] for c in range(n)), Number(fmpq(0)))
                            - other * component[r]
                        )
                        / (value - other)
                        for r in range(n)
                    ]
            power = Pow((1 - h * value).as_expr(), count)
            for r in range(n):
                if component[r].sign():
                    terms[r].append(product(component[r].as_expr(), power))
        return {name: total(*parts) for name, parts in zip(self.parameters, terms, strict=True)}


def _roots(factor: fmpz_poly) -> list[Number]:
    coefficients = [Number(fmpq(int(c))) for c in factor.coeffs()]
    if factor.degree() == 1:
        return [-coefficients[0] / coefficients[1]]
    c, b, a = coefficients
    root = (b * b - 4 * a * c).sqrt()
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def _rational(value: fmpq) -> Rational:
    return Rational(int(value.p), int(value.q))

"""Layers of symbolic size with their gradients: statements that the prover's tests and its benchmark share.

Every gradient is symnet's own sweep over the forward pass; the right sides are closed forms as papers print them,
with a generic upstream gradient g. Each comes with a near-miss, the same with one thing wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import NamedTuple

from sympy import Expr, IndexedBase, Integer, S, Symbol, symbols

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.expressions import product
from symnet.operations import call, sqrt
from symnet.sums import Delta, Sum, sum_over

__all__ = ["LAYERS", "Matrix", "Said", "matrix"]


class Said(NamedTuple):
    """left = right of the names of a derivation, and a right side that is wrong."""

    left: Expr
    right: Expr
    wrong: Expr
    derivation: Derivation


# Matrices: written as on paper, meant as their entries

_numbers = count()


@dataclass(frozen=True)
class Matrix:
    """A matrix by the entry that stands at (row, column)."""

    at: Callable[[Expr, Expr], Expr]
    rows: Expr
    columns: Expr

    @property
    def T(self) -> "Matrix":
        return Matrix(lambda i, k: self.at(k, i), self.columns, self.rows)

    @property
    def total(self) -> Expr:
        """The sum of all entries."""
        row, column = _bound(), _bound()
        return Sum(Sum(self.at(row, column), (column, S.One, self.columns)), (row, S.One, self.rows))

    def __matmul__(self, other: "Matrix") -> "Matrix":
        bound = _bound()
        return Matrix(
            lambda i, k: Sum(self.at(i, bound) * other.at(bound, k), (bound, S.One, self.columns)),
            self.rows,
            other.columns,
        )

    def __mul__(self, other: "Matrix") -> "Matrix":
        """Hadamard's product."""
        return Matrix(lambda i, k: self.at(i, k) * other.at(i, k), self.rows, self.columns)

    def __rmul__(self, number: int) -> "Matrix":
        return self.map(lambda entry: product(Integer(number), entry))

    def __sub__(self, other: "Matrix") -> "Matrix":
        return Matrix(lambda i, k: self.at(i, k) - other.at(i, k), self.rows, self.columns)

    def map(self, function: Callable[[Expr], Expr]) -> "Matrix":
        return Matrix(lambda i, k: function(self.at(i, k)), self.rows, self.columns)


def _bound() -> Symbol:
    return Symbol(f"r{next(_numbers)}", integer=True)


def matrix(name: str, rows: Expr, columns: Expr) -> Matrix:
    """The matrix of the indexed name."""
    return Matrix(lambda i, k: IndexedBase(name)[i, k], rows, columns)


m, n, d, e = (size(name) for name in "mnde")
OBJECT, FEATURE, KEY, OUT = index("i", m), index("k", n), index("a", d), index("c", e)
i, k, a, c = (each.symbol for each in (OBJECT, FEATURE, KEY, OUT))
j = Symbol("j", integer=True)
eps, gamma, beta = symbols("eps gamma beta")
g, h, s, p = (IndexedBase(name) for name in "ghsp")


def over(body: Expr, bound: Symbol, end: Expr) -> Expr:
    return Sum(body, (bound, S.One, end))


def mean(body: Expr, bound: Symbol, end: Expr) -> Expr:
    return over(body, bound, end) / end


def adjoint(name: str) -> IndexedBase:
    return IndexedBase(f"dL_d{name}")


def batch_normalization(under_root: Expr) -> Derivation:
    """L = sum g y, with the derivative by x."""
    x, upstream, u = (Variable(name, (OBJECT,)) for name in "xgu")
    mu = Equation("mu", rhs=mean(x.at(j), j, m))
    v = Equation("v", rhs=mean((x.at(j) - mu.reference) ** 2, j, m))
    deviation = Equation("s", rhs=sqrt(v.reference + under_root))
    hat = Equation("h", (OBJECT,), rhs=(x.reference - mu.reference) / deviation.reference)
    loss = Equation("L", rhs=over(g[j] * (gamma * h[j] + beta), j, m))
    scalars = tuple(Variable(str(each)) for each in (gamma, beta, eps))
    return gradient(Derivation((mu, v, deviation, hat, loss), (x, upstream, u), scalars), "L", ["x"])


def rank_of_the_jacobian() -> Iterator[tuple[str, Said]]:
    """At eps = 0 J = gamma/s P, where P P = P = P^T: the rank of J is the trace of P, m - 2 (unless gamma = 0)."""
    derivation = batch_normalization(S.Zero)
    r, t = symbols("r t", integer=True)
    same = dict.fromkeys((i, t), (S.One, m))

    def entry(row: Expr, column: Expr) -> Expr:
        return Delta(row, column) - 1 / m - h[row] * h[column] / m

    def along(body: Expr) -> Expr:
        return sum_over(body.expand(), (r, S.One, m), ranges=same)

    by_vector, squared = gamma / Symbol("s") * along(entry(i, r) * g[r]), along(entry(i, r) * entry(r, t))
    yield "batch normalization, Jacobian", Said(adjoint("x")[i], by_vector, by_vector / 2, derivation)
    yield "batch normalization, Jacobian squared", Said(squared, entry(i, t), 2 * entry(i, t), derivation)
    yield "batch normalization, rank m - 2", Said(along(entry(r, r)), m - 2, m - 1, derivation)


def hessian_vector_product() -> Iterator[tuple[str, Said]]:
    """Batch normalization: the Hessian of L = sum g y by x, times a vector u; the sweep runs over its own result."""
    u = Variable("u", (OBJECT,))
    along = Equation("P", rhs=over(u.at(j) * adjoint("x")[j], j, m))
    second = gradient(batch_normalization(eps).extend([along]), "P", ["x"])
    products = (g[j], u.at(j), g[j] * u.at(j), g[j] * h[j], u.at(j) * h[j])
    g_mean, u_mean, gu, gh, uh = (mean(body, j, m) for body in products)

    def closed(number: int) -> Expr:
        bracket = gu - g_mean * u_mean - number * gh * uh
        return -gamma / Symbol("s") ** 2 * (uh * (g[i] - g_mean) + gh * (u.reference - u_mean) + h[i] * bracket)

    yield "batch normalization, Hessian times u", Said(IndexedBase("dP_dx")[i], closed(3), closed(2), second)


def layer_normalization() -> Iterator[tuple[str, Said]]:
    """Each of m objects normalized over its n features; a scale and a shift for each feature (Ba et al. 2016)."""
    x, upstream = (Variable(name, (OBJECT, FEATURE)) for name in "xg")
    scale, shift = (Variable(name, (FEATURE,)) for name in ("gamma", "beta"))
    mu = Equation("mu", (OBJECT,), rhs=mean(x.reference, k, n))
    v = Equation("v", (OBJECT,), rhs=mean((x.reference - mu.reference) ** 2, k, n))
    deviation = Equation("s", (OBJECT,), rhs=sqrt(v.reference + eps))
    hat = Equation("h", x.indices, rhs=(x.reference - mu.reference) / deviation.reference)
    y = Equation("y", x.indices, rhs=scale.reference * hat.reference + shift.reference)
    loss = Equation("L", rhs=over(over(g[i, k] * y.reference, k, n), i, m))
    forward = Derivation((mu, v, deviation, hat, y, loss), (x, upstream), (scale, shift, Variable("eps")))
    derivation = gradient(forward, "L", ["x", "gamma", "beta"])

    def scaled(feature: Expr) -> Expr:
        return scale.at(feature) * g[i, feature]

    def compact(last: Callable[[Expr], Expr]) -> Expr:
        return (scaled(k) - mean(scaled(j), j, n) - h[i, k] * mean(last(j) * h[i, j], j, n)) / s[i]

    dx, projected = adjoint("x")[i, k], over(scaled(k) * h[i, k], k, n)
    dgamma, dbeta = over(g[i, k] * h[i, k], i, m), over(g[i, k], i, m)
    yield "layer normalization, input", Said(dx, compact(scaled), compact(lambda f: g[i, f]), derivation)
    yield "layer normalization, scale", Said(adjoint("gamma")[k], dgamma, dgamma / m, derivation)
    yield "layer normalization, shift", Said(adjoint("beta")[k], dbeta, over(g[i, k], k, n), derivation)
    yield "layer normalization, sum", Said(over(dx, k, n), S.Zero, mean(scaled(k), k, n) / s[i], derivation)
    yield (
        "layer normalization, sum with h",
        Said(over(h[i, k] * dx, k, n), eps / s[i] ** 3 * projected, eps / s[i] * projected, derivation),
    )


def cross_entropy() -> Iterator[tuple[str, Said]]:
    """The mean cross-entropy of a softmax over n classes, for m objects and any targets t."""
    z, t = (Variable(name, (OBJECT, FEATURE)) for name in "zt")
    norm = Equation("D", (OBJECT,), rhs=over(call("exp", z.at(i, j)), j, n))
    softmax = Equation("p", z.indices, rhs=call("exp", z.reference) / norm.reference)
    loss = Equation("L", rhs=mean(over(-t.reference * call("log", softmax.reference), k, n), i, m))
    derivation = gradient(Derivation((norm, softmax, loss), (z, t)), "L", ["z"])
    right = (p[i, k] * over(t.at(i, j), j, n) - t.reference) / m
    wrong = (p[i, k] - t.reference) / m  # true only where the targets of an object add to 1
    yield "softmax with cross-entropy", Said(adjoint("z")[i, k], right, wrong, derivation)


def attention() -> Iterator[tuple[str, Said]]:
    """softmax(Q K^T / sqrt(d)) V with m queries, n keys of width d, values of width e (Vaswani et al. 2017)."""
    query, key = Variable("q", (OBJECT, KEY)), Variable("key", (FEATURE, KEY))
    value, upstream = Variable("value", (FEATURE, OUT)), Variable("g", (OBJECT, OUT))
    scores = Equation("z", (OBJECT, FEATURE), rhs=over(query.reference * key.reference, a, d) / sqrt(d))
    norm = Equation("D", (OBJECT,), rhs=over(call("exp", scores.at(i, j)), j, n))
    softmax = Equation("p", scores.indices, rhs=call("exp", scores.reference) / norm.reference)
    out = Equation("o", (OBJECT, OUT), rhs=over(p[i, k] * value.reference, k, n))
    loss = Equation("L", rhs=over(over(g[i, c] * out.reference, c, e), i, m))
    derivation = gradient(Derivation((scores, norm, softmax, out, loss), (upstream,), (query, key, value)), "L")

    def by_weight(which: Expr) -> Expr:
        return over(g[i, c] * value.at(which, c), c, e)

    def by_score(which: Expr, subtracted: Expr) -> Expr:
        return p[i, which] * (by_weight(which) - subtracted) / sqrt(d)

    centre, plain = over(p[i, j] * by_weight(j), j, n), mean(by_weight(j), j, n)
    dvalue = over(p[i, k] * g[i, c], i, m)
    dquery, wrong_query = (over(by_score(k, u) * key.reference, k, n) for u in (centre, plain))
    dkey = over(by_score(k, centre) * query.reference, i, m)
    yield "attention, values", Said(adjoint("value")[k, c], dvalue, dvalue / m, derivation)
    yield "attention, queries", Said(adjoint("q")[i, a], dquery, wrong_query, derivation)
    yield "attention, keys", Said(adjoint("key")[k, a], dkey, sqrt(d) * dkey, derivation)


def dense_layers() -> Iterator[tuple[str, Said]]:
    """|X W - Y|^2, and |f(X W) U - Y|^2, in the notation of matrices."""
    data, weight = Variable("x", (OBJECT, KEY)), Variable("w", (KEY, FEATURE))
    X, W = matrix("x", m, d), matrix("w", d, n)
    near, far = Variable("t", (OBJECT, FEATURE)), Variable("y", (OBJECT, OUT))
    T, Y, U = matrix("t", m, n), matrix("y", m, e), matrix("u", n, e)
    Z = X @ W

    linear = Equation("L", rhs=((Z - T) * (Z - T)).total)
    derivation = gradient(Derivation((linear,), (data, near), (weight,)), "L", ["w", "x"])
    dW, dX = 2 * (X.T @ (Z - T)), 2 * ((Z - T) @ W.T)
    yield "dense, weights", Said(adjoint("w")[a, k], dW.at(a, k), (X.T @ (Z - T)).at(a, k), derivation)
    yield "dense, data", Said(adjoint("x")[i, a], dX.at(i, a), (2 * ((Z - T) @ (W * W).T)).at(i, a), derivation)

    H = Z.map(lambda entry: call("f", entry))
    error = H @ U - Y
    loss = Equation("L", rhs=(error * error).total)
    derivation = gradient(Derivation((loss,), (data, far), (weight, Variable("u", (FEATURE, OUT)))), "L")
    slope = Z.map(lambda entry: call("f", entry, order=1))
    hidden = 2 * (error @ U.T)
    dU, dV = 2 * (H.T @ error), X.T @ (hidden * slope)
    wrong = X.T @ hidden
    yield "two dense layers, last", Said(adjoint("u")[k, c], dU.at(k, c), (H.T @ error).at(k, c), derivation)
    yield "two dense layers, first", Said(adjoint("w")[a, k], dV.at(a, k), wrong.at(a, k), derivation)


LAYERS = dict(
    chain(
        rank_of_the_jacobian(),
        hessian_vector_product(),
        layer_normalization(),
        cross_entropy(),
        attention(),
        dense_layers(),
    )
)

"""One derivation with every index pattern there is, for whatever else computes what NumPy does."""

from typing import Any

import numpy as np
from sympy import Integer, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.operations import OPERATIONS, call, sqrt
from symnet.sums import Delta, Sum, Within
from tests.numeric.arrays import SIZES, W, b, data, eps, i, j, k, m, p, weight, x, y
from tests.numeric.interpreter import interpret
from tests.numeric.test_compile import PATTERNS

__all__ = ["EXPECTED", "PATTERNED", "VALUES", "every_operation", "rounded"]

t, o, s, r = index("t", 2), index("o", m - 1), index("s", 3), index("r", p)
kernel, upstream = Variable("kernel", (t,)), Variable("g", (o,))
square, cube = Variable("q", (index("i", m), index("l", m))), Variable("T", (i, j, k))
place = i.symbol - t.symbol + 1
shared, both = (call("tanh", v.reference * eps.reference) for v in (x, square))

FURTHER = [
    (Sum(weight.at(s.symbol), s.limits) / 3, ()),
    (Within(i.symbol, 1, 3) * weight.reference, (i,)),
    (Within(i.symbol, 1, p) * b.at(i.symbol) * weight.reference, (i,)),  # b[3] is read nowhere
    (Within(r.symbol, 1, p) * b.at(r.symbol), (r,)),
    (Within(i.symbol + 1, 1, m) * y.at(i.symbol + 1, 2), (i,)),
    (Within(Integer(2), 1, m) * eps.reference, ()),
    (Delta(i.symbol, 2) * Delta(k.symbol, 1), (i, k)),
    (Sum(kernel.reference * weight.at(o.symbol + t.symbol - 1), t.limits), (o,)),
    (Sum(kernel.reference * upstream.at(place) * Within(place, 1, m - 1), t.limits), (i,)),
    (Sum(weight.at(t.symbol), (t.symbol, o.symbol, o.symbol + 1)) / 2, (o,)),
    (Sum(square.at(i.symbol, i.symbol), i.limits), ()),
    ((o.symbol + t.symbol - 1) * weight.at(o.symbol + t.symbol - 1), (o, t)),
    (shared * (1 + shared), (i, j)),
    (both * (1 + both), (index("i", m), index("l", m))),
    (call("leaky_relu", x.reference + eps.reference, Rational(1, 10)), (i, j)),
    (weight.reference**4 - weight.reference**-3, (i,)),
    (eps.reference**5, ()),
    (Sum((weight.reference - eps.reference) ** 2, i.limits) - Sum(weight.reference - 1, (i.symbol, 2, 3)), ()),
    (weight.reference * sqrt(Integer(2)) + i.symbol / m + Rational(2, 3) / (m * (m - 1)), (i,)),
    (Sum(cube.reference * W.reference, j.limits), (k, i)),
    (cube.reference * weight.reference, (k, i, j)),
    (Sum(Sum(cube.reference * x.reference, i.limits), j.limits), (k,)),
    (Sum(Sum(Sum(cube.reference**2, i.limits), j.limits), k.limits), ()),
    (Sum(cube.at(i.symbol, 2, k.symbol), i.limits), (k,)),
    (W.at(j.symbol, p), (i, j)),
    (call("max", Integer(2), eps.reference) * call("min", weight.reference, Rational(-1, 2)), (i,)),
    (call("leaky_relu", Integer(-1), eps.reference), ()),
    (m**2 * eps.reference / 3 + Integer(10) ** 20 * eps.reference, ()),
    (Symbol("c") * 2, ()),
]  # fmt: skip

_PATTERNS = [*((rhs, indices) for rhs, indices, _ in PATTERNS), *FURTHER]
_INPUTS = (x, W, b, y, weight, eps, kernel, upstream, square, cube, Variable("c"))
PATTERNED = Derivation(tuple(Equation(f"out{n}", own, rhs=rhs) for n, (rhs, own) in enumerate(_PATTERNS)), _INPUTS)
VALUES = data(*_INPUTS)
EXPECTED = interpret(PATTERNED, SIZES, VALUES)


def every_operation() -> tuple[Derivation, list[str]]:
    """Each operation of the table at `u`, or at `u` and `c`, beside the derivative of its sum, and all their names."""
    u, c, n = Variable("u", (i,)), Variable("c"), size("m")
    equations, names = [], []
    for name, row in OPERATIONS.items():
        arguments = [u.reference, c.reference][: row.arity]
        own = Equation(f"v_{name}", (index("i", n),), rhs=call(name, *arguments))
        total = Equation(f"L_{name}", rhs=Sum(own.reference, i.limits))
        derived = gradient(Derivation((own, total), (u,), (c,)), total.name, ["u", "c"][: row.arity])
        equations += derived.equations
        names += [own.name, *(f"d{total.name}_d{a}" for a in ("u", "c")[: row.arity])]
    return Derivation(tuple(equations), (u,), (c,)), names


def rounded(dtype: Any) -> dict[str, float]:
    """How far two ways to compute the same may be apart in a floating type."""
    return {"rtol": 40 * float(np.finfo(dtype).eps), "atol": 40 * float(np.finfo(dtype).eps)}

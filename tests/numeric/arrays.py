"""Variables of a layer, arrays for them, and one equation compiled and compared with the interpreter."""

import numpy as np

from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.numeric.compile import compile_numpy
from symnet.operations import sqrt
from symnet.sums import Sum
from tests.numeric.interpreter import interpret

rng = np.random.default_rng(7)
m, n, p = size("m"), size("n"), size("p")
i, j, k = index("i", m), index("j", n), index("k", p)
SIZES = {m: 4, n: 3, p: 2}

x, W, b = Variable("x", (i, j)), Variable("W", (j, k)), Variable("b", (k,))
gamma, beta, eps = Variable("gamma", (k,)), Variable("beta", (k,)), Variable("eps")
y, weight = Variable("y", (i, k)), Variable("u", (i,))


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-11, atol=1e-12)


def data(*variables):
    """Random arrays, none of them special: no zeros, no ones, signs of both kinds where a sign may be."""
    shapes = {v.name: [int(q.size.xreplace(SIZES)) for q in v.indices] for v in variables}
    return {name: rng.uniform(0.2, 1.5, shape) * rng.choice([-1, 1], shape) for name, shape in shapes.items()}


def lines(rhs, *indices, inputs=(x, W, b, gamma, beta, y, weight, eps)):
    """The statements of one equation `out[indices] = rhs`, its values checked against the interpreter."""
    derivation = Derivation((Equation("out", indices, rhs=rhs),), inputs)
    compiled = compile_numpy(derivation, ["out"], style="plain")
    arrays = data(*inputs)
    needed = {a.name: arrays.get(a.name, SIZES.get(size(a.name))) for a in compiled.arguments}
    got, expected = compiled(**needed)["out"], interpret(derivation, SIZES, arrays)["out"]
    assert got.shape == expected.shape
    close(got, expected)
    close(compile_numpy(derivation, ["out"])(**needed)["out"], expected)
    body = compiled.source[compiled.source.index("# out") :].splitlines()[1:]
    return [line.strip() for line in body[: body.index("")]]


def normalized_layer():
    """Dense, batch normalization, squared error, and their gradients written by hand as on a slide."""
    z = Equation("z", (i, k), rhs=Sum(W.reference * x.reference, j.limits) + b.reference)
    C = Equation("C", (k,), rhs=Sum(z.reference, i.limits) / m)
    S = Equation("S", (k,), rhs=sqrt(Sum((z.reference - C.reference) ** 2, i.limits) / (m - 1) + eps.reference))
    xhat = Equation("xhat", (i, k), rhs=(z.reference - C.reference) / S.reference)
    F = Equation("F", (i, k), rhs=gamma.reference * xhat.reference + beta.reference)
    L = Equation("L", rhs=Sum(Sum((F.reference - y.reference) ** 2, k.limits), i.limits) / (m * p))
    dF = Equation("dF", (i, k), rhs=2 * (F.reference - y.reference) / (m * p))
    dgamma = Equation("dgamma", (k,), rhs=Sum(dF.reference * xhat.reference, i.limits))
    dbeta = Equation("dbeta", (k,), rhs=Sum(dF.reference, i.limits))
    inner = dF.reference - dbeta.reference / m - xhat.reference * dgamma.reference / (m - 1)
    dz = Equation("dz", (i, k), rhs=gamma.reference * inner / S.reference)
    dW = Equation("dW", (j, k), rhs=Sum(dz.reference * x.reference, i.limits))
    db = Equation("db", (k,), rhs=Sum(dz.reference, i.limits))
    dx = Equation("dx", (i, j), rhs=Sum(dz.reference * W.reference, k.limits))
    equations = (z, C, S, xhat, F, L, dF, dgamma, dbeta, dz, dW, db, dx)
    return Derivation(equations, (x, y), (W, b, gamma, beta, eps))


def layer_arrays(dtype=float):
    arrays = data(x, y, W, b, gamma, beta)
    return {name: array.astype(dtype) for name, array in arrays.items()} | {"eps": 0.3}

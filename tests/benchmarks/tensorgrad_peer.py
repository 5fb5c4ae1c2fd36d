"""The same statements in tensorgrad; run as `PYTHON tensorgrad_peer.py NAME LIMIT` by an interpreter that has it.

Prints JSON: whether the difference of tensorgrad's own derivative and the closed form simplifies to zero, and the
best of three times of the processor for differentiating and simplifying. One that passes the limit, in seconds, ends
the process by SIGPROF. Knows nothing of symnet.
"""

import json
import signal
import sys
import time

import tensorgrad.functions as F
from tensorgrad import Delta, Derivative, Sum, Variable, Zero, frobenius2, symbols

m, n, d, e = symbols("m n d e")


def by(loss, variable):
    """The derivative with the edges of the variable."""
    return Derivative(loss, variable, {edge: edge for edge in variable.edges})


def centred(x, edge, eps):
    """Mean, deviation and normalized values over an edge."""
    mu = F.mean(x, dim=edge, keepdims=True)
    s = F.sqrt(F.mean(F.pow(x - mu, 2), dim=edge) + eps)
    return s, (x - mu) / s


def batch():
    x, g, gamma, beta, eps = Variable("x", i=m), Variable("g", i=m), *map(Variable, ("gamma", "beta", "eps"))
    s, h = centred(x, "i", eps)
    return x, g, gamma, beta, s, h, F.sum(g * (gamma * h + beta), dim="i")


def compact():
    x, g, gamma, _, s, h, loss = batch()
    return by(loss, x), gamma / s * (g - F.mean(g, dim="i", keepdims=True) - h * F.mean(g * h, dim="i"))


def scale():
    _, g, gamma, _, _, h, loss = batch()
    return by(loss, gamma), F.sum(g * h, dim="i")


def shift():
    _, g, _, beta, _, _, loss = batch()
    return by(loss, beta), F.sum(g, dim="i")


def orthogonal():
    x, *_, loss = batch()
    derivative = F.sum(by(loss, x), dim="i")
    return derivative, Zero()


def hessian():
    x, g, gamma, _, s, h, loss = batch()
    u = Variable("u", i=m)
    g_mean, u_mean, gu, gh, uh = (F.mean(t, dim="i") for t in (g, u, g * u, g * h, u * h))
    inner = uh * (g - g_mean) + gh * (u - u_mean) + h * (gu - g_mean * u_mean - 3 * gh * uh)
    return by(F.sum(u * by(loss, x), dim="i"), x), -gamma / (s * s) * inner


def layer():
    x, g, eps = Variable("x", i=m, k=n), Variable("g", i=m, k=n), Variable("eps")
    gamma = Variable("gamma", k=n)
    s, h = centred(x, "k", eps)
    scaled = gamma * g
    right = (scaled - F.mean(scaled, dim="k", keepdims=True) - h * F.mean(scaled * h, dim="k")) / s
    return by(F.sum(g * gamma * h), x), right


def cross_entropy():
    z, t = Variable("z", i=m, k=n), Variable("t", i=m, k=n)
    right = (F.softmax(z, dim="k") * F.sum(t, dim="k", keepdims=True) - t) / Delta(m)
    return by(F.mean(F.cross_entropy(z, t, dim="k"), dim="i"), z), right


def attention(which):
    q, k, v = Variable("Q", i=m, a=d), Variable("K", k=n, a=d), Variable("V", k=n, c=e)
    g = Variable("G", i=m, c=e)
    p = F.softmax(q @ k, dim="k")
    weights = g @ v
    scores = p * (weights - F.sum(p * weights, dim="k", keepdims=True))
    closed = {"values": p @ g, "queries": scores @ k, "keys": scores @ q}
    return by(F.sum(g * (p @ v)), {"values": v, "queries": q, "keys": k}[which]), closed[which]


def dense(which):
    x, w, t = Variable("X", i=m, a=d), Variable("W", a=d, k=n), Variable("T", i=m, k=n)
    error = x @ w - t
    closed = {"weights": 2 * (x @ error), "data": 2 * (error @ w)}
    return by(frobenius2(error), {"weights": w, "data": x}[which]), closed[which]


STATEMENTS = {
    "batch normalization, compact": compact,
    "batch normalization, scale": scale,
    "batch normalization, shift": shift,
    "batch normalization, sum dx": orthogonal,
    "batch normalization, Hessian times u": hessian,
    "layer normalization, input": layer,
    "softmax with cross-entropy": cross_entropy,
    "attention, values": lambda: attention("values"),
    "attention, queries": lambda: attention("queries"),
    "attention, keys": lambda: attention("keys"),
    "dense, weights": lambda: dense("weights"),
    "dense, data": lambda: dense("data"),
}


def main(name: str, limit: float) -> None:
    times = []
    for _ in range(3):
        signal.setitimer(signal.ITIMER_PROF, limit)
        start = time.process_time()
        left, right = STATEMENTS[name]()
        left = left.simplify()
        difference = (left - right).full_simplify()
        times.append(time.process_time() - start)
    proved = isinstance(difference, Zero) or (isinstance(difference, Sum) and not difference.terms)
    print(json.dumps({"proved": proved, "seconds": min(times)}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))

"""The derivations that the implementations are compared with, and how each is called with symbols."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from sympy import Expr, Integer, Rational

from symnet.candidates.tracing import Case, Masks, Proof, prove_traced, symbols, trace
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Index, Variable, index, size
from symnet.expressions import product, total
from symnet.network.convolution import Window, convolution, pairing, pooling
from symnet.operations import call, sqrt
from symnet.sums import Delta, sum_over
from tests.candidates import implementations

m, n = size("m"), size("n")
i, j, k, q = index("i", m), index("j", m), index("k", n), index("q", n)
x, g = Variable("x", (i, k)), Variable("g", (i, k))
Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Layer:
    """A derivation with its outputs, the sizes to trace it at, and the arguments of an implementation."""

    derivation: Derivation
    outputs: tuple[str, ...]
    arguments: Callable[..., tuple[Any, ...]]
    sizes: tuple[Sizes, ...] = tuple({"m": objects, "n": 2} for objects in (2, 3, 5))


def cases(function: Any, layer: Layer, sizes: Sizes) -> list[Case]:
    return trace(function, *layer.arguments(**sizes))


def proof(function: Any, layer: Layer, sizes: Sizes) -> Proof:
    return prove_traced(layer.derivation, layer.outputs, cases(function, layer, sizes), sizes)


def implementations_of(*layers: str) -> list[str]:
    """The names of the implementations of some layers."""
    made = (n for n, f in vars(implementations).items() if getattr(f, "__module__", "") == implementations.__name__)
    return [n for n in made if n.startswith(layers)]


def altered(name: str, old: str, new: str) -> FunctionType:
    """An implementation with one piece of its source replaced."""
    source = Path(implementations.__file__).read_text(encoding="utf-8")
    start = source.index(f"def {name}(")
    before, body = source[:start], source[start:]
    assert old in body.partition("\n\n\n")[0], old
    scope: dict[str, Any] = {"__name__": "altered"}
    exec(compile(before + body.replace(old, new, 1), "altered.py", "exec"), scope)
    return scope[name]  # type: ignore[no-any-return]


def _mean(body: Expr, over: Index) -> Expr:
    return product(1 / over.size, sum_over(body, over.limits))


def _paired(equations: tuple[Equation, ...], *parameters: Variable) -> Derivation:
    upstream = Variable("g", equations[-1].indices)
    body = product(upstream.reference, equations[-1].reference)
    loss = Equation("L", rhs=sum_over(body, *(one.limits for one in upstream.indices)))
    whole = Derivation((*equations, loss), (x, upstream), parameters)
    return gradient(
        whole, "L", ("x", *(v.name for v in parameters if v.name not in ("eps", "drop_probability", "mask")))
    )


def _normalized(over: Index, per: Index) -> Layer:
    gamma, beta, eps = Variable("gamma", (k,)), Variable("beta", (k,)), Variable("eps")
    at = (lambda s: x.at(s, k.symbol)) if over is j else (lambda s: x.at(i.symbol, s))
    C = Equation("C", (per,), rhs=_mean(at(over.symbol), over))
    V = Equation("V", (per,), rhs=_mean((at(over.symbol) - C.reference) ** 2, over))
    S = Equation("S", (per,), rhs=sqrt(V.reference + eps.reference))
    hat = Equation("hat", (i, k), rhs=(x.reference - C.reference) / S.reference)
    y = Equation("y", (i, k), rhs=product(gamma.reference, hat.reference) + beta.reference)

    def arguments(m: int, n: int) -> tuple[Any, ...]:
        return symbols("x", m, n), symbols("gamma", n), symbols("beta", n), symbols("eps"), symbols("g", m, n)

    outputs = ("y", "dL_dx", "dL_dgamma", "dL_dbeta")
    return Layer(_paired((C, V, S, hat, y), gamma, beta, eps), outputs, arguments)


def _dense() -> Layer:
    h = index("h", size("h"))
    w, b = Variable("w", (k, h)), Variable("b", (h,))
    body = product(x.at(i.symbol, q.symbol), w.at(q.symbol, h.symbol))
    y = Equation("y", (i, h), rhs=sum_over(body, q.limits) + b.reference)

    def arguments(m: int, n: int, h: int) -> tuple[Any, ...]:
        return symbols("x", m, n), symbols("w", n, h), symbols("b", h), symbols("g", m, h)

    sizes = tuple({"m": objects, "n": 2, "h": 3} for objects in (2, 3, 5))
    return Layer(_paired((y,), w, b), ("y", "dL_dx", "dL_dw", "dL_db"), arguments, sizes)


def softmax_loss(objects: int) -> Layer:
    """Two classes, and objects of class 1, 2, 1, …: the targets are filled in."""
    target = Variable("target", (i, k))
    classes = [row % 2 for row in range(objects)]
    cells = (product(Delta(i.symbol, Integer(r + 1)), Delta(k.symbol, Integer(c + 1))) for r, c in enumerate(classes))
    given = Equation("target", (i, k), rhs=total(*cells))
    log_sum = Equation("log_sum", (i,), rhs=call("log", sum_over(call("exp", x.at(i.symbol, q.symbol)), q.limits)))
    terms = product(target.reference, log_sum.reference - x.reference)
    loss = Equation("L", rhs=product(1 / m, sum_over(terms, i.limits, k.limits)))
    whole = gradient(Derivation((given, log_sum, loss), (x,)), "L", ("x",))
    return Layer(whole, ("L", "dL_dx"), lambda m, n: (symbols("x", m, n), classes), ({"m": objects, "n": 2},))


def _dropout() -> Layer:
    mask, drop = Variable("mask", (i, k)), Variable("drop_probability")
    y = Equation("y", (i, k), rhs=product(mask.reference, x.reference, 1 / (1 - drop.reference)))

    def arguments(m: int, n: int) -> tuple[Any, ...]:
        return symbols("x", m, n), symbols("drop_probability"), Masks(), symbols("g", m, n)

    return Layer(_paired((y,), mask, drop), ("y", "dL_dx"), arguments, ({"m": 2, "n": 3},))


def _activation(rhs: Expr) -> Layer:
    y = Equation("y", (i, k), rhs=rhs)

    def arguments(m: int, n: int) -> tuple[Any, ...]:
        return symbols("x", m, n), symbols("g", m, n)

    return Layer(_paired((y,)), ("y", "dL_dx"), arguments, ({"m": 2, "n": 1},))


def _gelu_by_tanh(u: Expr) -> Expr:
    """u/2 (1 + tanh(sqrt(2/pi) (u + 0.044715 u^3))) (Hendrycks and Gimpel 2016), where sqrt(2/pi) = 2 phi(0)."""
    inside = product(Integer(2), call("normal_pdf", Integer(0)), u + product(Rational(44715, 10**6), u**3))
    return product(Rational(1, 2), u, 1 + call("tanh", inside))


def _convolution() -> Layer:
    whole = pairing(convolution((Window(3, 2, padding=1), Window(4, 3, padding=1)), 2, 2))

    def arguments() -> tuple[Any, ...]:
        return symbols("x", 2, 3, 4), symbols("w", 2, 2, 2, 3), symbols("b", 2), symbols("g", 2, 4, 4)

    return Layer(gradient(whole, "L", ("x", "w", "b")), ("y", "dL_dx", "dL_dw", "dL_db"), arguments, ({},))


def _pooling(kind: str) -> Layer:
    whole = pairing(pooling("max" if kind == "max" else "average", (Window(2, 2, 2), Window(2, 2, 2)), 1))

    def arguments() -> tuple[Any, ...]:
        return symbols("x", 1, 2, 2), symbols("g", 1, 1, 1)

    return Layer(gradient(whole, "L", ("x",)), ("y", "dL_dx"), arguments, ({},))


LAYERS = {
    "batch_norm": _normalized(j, k),
    "layer_norm": _normalized(q, i),
    "dense": _dense(),
    "dropout": _dropout(),
    "relu": _activation(call("relu", x.reference)),
    "leaky_relu": _activation(call("leaky_relu", x.reference, Rational(1, 10))),
    "sigmoid": _activation(call("sigmoid", x.reference)),
    "gelu_erf": _activation(call("gelu", x.reference)),
    "gelu_tanh": _activation(_gelu_by_tanh(x.reference)),
    "conv": _convolution(),
    "max_pool": _pooling("max"),
    "average_pool": _pooling("average"),
}


def layer_of(implementation: str) -> Layer:
    """The layer that an implementation is named after."""
    return LAYERS[max((name for name in LAYERS if implementation.startswith(name)), key=len)]

"""The table of what can be checked: one row a layer, activation, loss or optimizer.

Sizes are symbolic wherever an index can say it: m objects, n features, h outputs of a dense layer. Names are those of
the field: scale and shift (gamma and beta), C, V, S for mean, variance and deviation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache

from sympy import Expr, Integer, Rational, Symbol

from symnet.candidates.second import SUFFIX, second
from symnet.candidates.spec import Domain, Spec, over_objects
from symnet.candidates.trajectories import optimizer_specs
from symnet.equations import Derivation, Equation, Index, Variable, index, size
from symnet.errors import SymnetError
from symnet.expressions import product
from symnet.network.convolution import Window, convolution, pooling
from symnet.operations import OPERATIONS, call, sqrt
from symnet.sums import sum_over

__all__ = ["names", "network_spec", "spec"]

m, n = size("m"), size("n")
i, j, k, q = index("i", m), index("j", m), index("k", n), index("q", n)
x, y = Variable("x", (i, k), meaning="input"), "y"
scale, shift, eps = Variable("scale", (k,)), Variable("shift", (k,)), Variable("eps")


def _mean(body: Expr, over: Index) -> Expr:
    return product(1 / over.size, sum_over(body, over.limits))


# Layers


def _normalization(name: str, over: Index, per: Index) -> Spec:
    """x normalized over one index by the mean C and the deviation S, for each value of the other."""

    def at(place: Expr) -> Expr:
        return x.at(place, k.symbol) if over is j else x.at(i.symbol, place)

    mean = Equation("C", (per,), "C_{#1}", "mean", rhs=_mean(at(over.symbol), over))
    square = (at(over.symbol) - mean.reference) ** 2
    variance = Equation("V", (per,), "V_{#1}", "variance", rhs=_mean(square, over))
    deviation = Equation("S", (per,), "S_{#1}", "deviation", rhs=sqrt(variance.reference + eps.reference))
    centred = (x.reference - mean.reference) / deviation.reference
    hat = Equation("normalized", (i, k), r"\hat{x}_{#1,#2}", "normalized", rhs=centred)
    out = Equation(y, (i, k), rhs=product(scale.reference, hat.reference) + shift.reference)
    whole = Derivation((mean, variance, deviation, hat, out), (x,), (scale, shift, eps), name)
    return Spec(
        name,
        "layer",
        whole,
        (y,),
        ("x", "scale", "shift"),
        ("x", "scale", "shift", "eps"),
        settings={"eps": 1e-5},
        features=per.symbol.name,
        domains={"eps": "eps"},
        sizes=({"m": 2, "n": 4}, {"m": 4, "n": 4}, {"m": 9, "n": 5}),
    )


def _dropout() -> Spec:
    mask, drop = Variable("mask", (i, k)), Variable("drop_probability")
    kept = product(mask.reference, x.reference)

    def layer(rhs: Expr) -> Derivation:
        return Derivation((Equation(y, (i, k), rhs=rhs),), (x, mask), (drop,), "dropout")

    return Spec(
        "dropout",
        "layer",
        layer(product(kept, 1 / (1 - drop.reference))),
        (y,),
        ("x",),
        ("x", "drop_probability", "mask"),
        domains={"drop_probability": "probability", "mask": "mask"},
        sizes=({"m": 4, "n": 4}, {"m": 40, "n": 10}),
        variants={"plain (nothing is scaled in training)": layer(kept)},
        reported=("mask",),
    )


def _dense() -> Spec:
    out = index("o", size("h"))
    w, b = Variable("w", (k, out)), Variable("b", (out,))
    body = product(x.at(i.symbol, q.symbol), w.at(q.symbol, out.symbol))
    rhs = sum_over(body, q.limits) + b.reference
    whole = Derivation((Equation(y, (i, out), rhs=rhs),), (x,), (w, b), "dense")
    sizes = ({"m": 2, "n": 4, "h": 3}, {"m": 5, "n": 3, "h": 7})
    return Spec("dense", "layer", whole, (y,), ("x", "w", "b"), ("x", "w", "b"), features="o", sizes=sizes)


def _batch(derivation: Derivation) -> Derivation:
    return over_objects(derivation, index("batch", m))


def _conv2d() -> Spec:
    """Over objects x channels x height x width, weights filters x channels x height x width; other strides if told."""
    rows, columns = (Window(size(s), size(t)) for s, t in (("height", "kh"), ("width", "kw")))
    whole = _batch(convolution((rows, columns), size("channels"), size("filters")))
    small = {"m": 2, "channels": 2, "filters": 3, "height": 4, "width": 5, "kh": 2, "kw": 3}
    large = {"m": 3, "channels": 3, "filters": 2, "height": 5, "width": 4, "kh": 3, "kw": 2}
    names = ("x", "w", "b")
    fixed = {"stride": 1, "padding": 0}
    first = Spec("conv2d", "layer", whole, (y,), names, names, fixed=fixed, features="o", sizes=(small, large))
    sizes = ({"m": 2, "channels": 2, "filters": 3},)
    strided = _batch(convolution((Window(5, 3, 2, 1), Window(7, 2, 2, 1)), size("channels"), size("filters")))
    padded = _batch(convolution((Window(3, 2, 1, 1), Window(4, 3, 1, 1)), size("channels"), size("filters")))
    told = {(2, 1): strided, (1, 1): padded}
    shapes = tuple(
        replace(first, derivation=other, fixed={"stride": stride, "padding": padding}, sizes=sizes)
        for (stride, padding), other in told.items()
    )
    return replace(first, shapes=shapes)


def _pool2d(name: str, kind: str) -> Spec:
    """Windows of 2 x 2 that do not overlap, over 4 x 6 places; if told, others that overlap or leave places out."""

    def over(height: int, columns: int, width: int, stride: int) -> Derivation:
        windows = (Window(height, width, stride), Window(columns, width, stride))
        return _batch(pooling("max" if kind == "max" else "average", windows, size("channels")))

    sizes = ({"m": 2, "channels": 2}, {"m": 3, "channels": 1})
    fixed = {"width": 2, "stride": 2}
    first = Spec(name, "layer", over(4, 6, 2, 2), (y,), ("x",), ("x",), fixed=fixed, features="c", sizes=sizes)
    shapes = tuple(
        replace(first, derivation=over(5, 7, width, stride), fixed={"width": width, "stride": stride}, sizes=sizes[:1])
        for width, stride in ((2, 1), (3, 2))
    )
    return replace(first, shapes=shapes)


def _padded_average() -> Spec:
    """Windows of 3 x 3, two places apart, over 5 x 7 places with one of padding."""
    windows = (Window(5, 3, 2, 1), Window(7, 3, 2, 1))
    counted, not_counted = (
        _batch(pooling("average", windows, size("channels"), padding_counts=told)) for told in (True, False)
    )
    return Spec(
        "avg_pool2d_padded",
        "layer",
        counted,
        (y,),
        ("x",),
        ("x",),
        features="c",
        sizes=({"m": 2, "channels": 2}, {"m": 3, "channels": 1}),
        variants={"the padding does not count": not_counted},
        convention="the padding counts as zeros",
    )


# Activations

_POSITIVE = ("log", "sqrt")
_SETTINGS = {"leaky_relu": ("slope", 0.01), "elu": ("alpha", 1.0)}


_u = Variable("x", (i,))


def _activation(name: str) -> Spec:
    u = _u
    extra = (Variable(_SETTINGS[name][0]),) if name in _SETTINGS else ()

    def layer(rhs: Expr) -> Derivation:
        return Derivation((Equation(y, (i,), rhs=rhs),), (u,), extra, name)

    variants = {"tanh approximation": layer(_gelu_by_tanh(u.reference))} if name == "gelu" else {}
    domains: dict[str, Domain] = {"x": "positive"} if name in _POSITIVE else {}
    return Spec(
        name,
        "function",
        layer(call(name, u.reference, *(v.reference for v in extra))),
        (y,),
        ("x",),
        ("x", *(v.name for v in extra)),
        settings={v.name: _SETTINGS[name][1] for v in extra},
        sizes=({"m": 12}, {"m": 40}),
        domains=domains | {v.name: "probability" for v in extra},
        variants=variants,
    )


def _clipped(name: str, inside: Mapping[str, Expr], low: int, high: int) -> Spec:
    """Something linear between two bounds; inside: by the name of its convention, the usual one first."""
    layers = {
        said: Derivation(
            (Equation(y, (i,), rhs=call("min", call("max", u, Integer(low)), Integer(high))),), (_u,), (), name
        )
        for said, u in inside.items()
    }
    usual, *others = layers
    return Spec(
        name,
        "function",
        layers[usual],
        (y,),
        ("x",),
        ("x",),
        sizes=({"m": 12}, {"m": 40}),
        variants={said: layers[said] for said in others},
        convention=usual if others else "",
    )


def _clipped_activations() -> tuple[Spec, ...]:
    u, half = _u.reference, Rational(1, 2)
    sigmoids = {"x/6 + 1/2": product(Rational(1, 6), u) + half, "x/5 + 1/2": product(Rational(1, 5), u) + half}
    return (
        _clipped("hardtanh", {"": u}, -1, 1),
        _clipped("relu6", {"": u}, 0, 6),
        _clipped("hard_sigmoid", sigmoids, 0, 1),
    )


def _gelu_by_tanh(u: Expr) -> Expr:
    """u/2 (1 + tanh(sqrt(2/pi) (u + 0.044715 u^3))) (Hendrycks and Gimpel 2016), sqrt(2/pi) = 2 phi(0)."""
    root = product(Integer(2), call("normal_pdf", Integer(0)))
    inside = product(root, u + product(Rational(44715, 10**6), u**3))
    return product(Rational(1, 2), u, 1 + call("tanh", inside))


def _softmax() -> Spec:
    weight = Equation("weight", (i, k), rhs=call("exp", x.reference))
    whole = sum_over(weight.at(i.symbol, q.symbol), q.limits)
    out = Equation(y, (i, k), rhs=weight.reference / whole)
    layer = Derivation((weight, out), (x,), (), "softmax")
    return Spec("softmax", "function", layer, (y,), ("x",), ("x",), features="i", sizes=({"m": 3, "n": 4},))


# Losses

F, t = Variable("prediction", (i, k)), Variable("target", (i, k))
_difference = F.reference - t.reference


def _loss(name: str, each: Expr, domains: Mapping[str, Domain] | None = None, over: Expr | None = None) -> Spec:
    """The mean over all elements, or the sum of them divided by `over`."""
    value = product(1 / (over if over is not None else m * n), sum_over(each, i.limits, k.limits))
    extra = (Variable("delta"),) if name == "huber" else ()
    whole = Derivation((Equation("L", rhs=value),), (F, t), extra, name)
    return Spec(
        name,
        "loss",
        whole,
        ("L",),
        ("prediction",),
        ("prediction", "target", *(v.name for v in extra)),
        settings={v.name: 1.0 for v in extra},
        sizes=({"m": 2, "n": 3}, {"m": 5, "n": 4}),
        domains={**(domains or {}), **{v.name: "positive" for v in extra}},
    )


def _huber(r: Expr) -> Expr:
    """r^2/2 up to delta, delta (|r| - delta/2) beyond."""
    c = call("min", call("abs", r), Symbol("delta"))
    return product(c, call("abs", r)) - product(Rational(1, 2), c**2)


def _cross_entropy(name: str) -> Spec:
    """Of softmax(prediction) for targets that are probabilities of the classes, mean over the objects."""
    log_sum = Equation(
        "log_sum", (i,), r"\ell_{#1}", rhs=call("log", sum_over(call("exp", F.at(i.symbol, q.symbol)), q.limits))
    )
    terms = product(t.reference, log_sum.reference - F.reference)
    value = Equation("L", rhs=product(1 / m, sum_over(terms, i.limits, k.limits)))
    base = _loss(name, _difference, {"target": "one_hot"})
    return replace(base, derivation=Derivation((log_sum, value), (F, t), (), name))


def _losses() -> tuple[Spec, ...]:
    right, wrong = call("log", F.reference), call("log", 1 - F.reference)
    entropy = -(product(t.reference, right) + product(1 - t.reference, wrong))
    return (
        _loss("mse", _difference**2),
        _loss("half_mse", product(Rational(1, 2), _difference**2)),
        _loss("mae", call("abs", _difference)),
        _loss("huber", _huber(_difference)),
        _loss("bce", entropy, {"prediction": "probability", "target": "mask"}),
        _cross_entropy("cross_entropy"),
        _loss("hinge", call("relu", 1 - product(t.reference, F.reference)), {"target": "sign"}),
    )


# The table

_ALIASES = {
    "half": "half_mse",
    "binary_cross_entropy": "bce",
    "softmax_cross_entropy": "cross_entropy",
    "gradient_descent": "sgd",
    "clip": "hardtanh",
    "hard_tanh": "hardtanh",
    "batchnorm": "batch_norm",
    "layernorm": "layer_norm",
}


@cache
def _table() -> dict[str, Spec]:
    unary = [name for name, row in OPERATIONS.items() if row.arity == 1 or name in _SETTINGS]
    rows = (
        _normalization("batch_norm", j, k),
        _normalization("layer_norm", q, i),
        _dropout(),
        _dense(),
        _conv2d(),
        _pool2d("max_pool2d", "max"),
        _pool2d("avg_pool2d", "average"),
        _padded_average(),
        *map(_activation, unary),
        *_clipped_activations(),
        _softmax(),
        *_losses(),
        *optimizer_specs(),
    )
    return {row.name: row for row in rows}


def names() -> tuple[str, ...]:
    """What can be asked for, in the order of the table."""
    return tuple(_table())


def spec(name: str, others: Iterable[str] = ()) -> Spec:
    """The row of that name; `NAME_second` for the second derivatives of one.

    Raises SymnetError for a name it does not have, with the nearest, also of the others.
    """
    if name.endswith(SUFFIX):
        return second(spec(name.removesuffix(SUFFIX), others))
    table = _table()
    name = _ALIASES.get(name, name)
    if name not in table:
        near = get_close_matches(name, [*table, *_ALIASES, *others], 1)
        raise SymnetError(
            f"there is nothing called {name!r} to check" + (f"; did you mean {near[0]!r}?" if near else "")
        )
    return table[name]


def network_spec(path: str) -> Spec:
    """The network of a `.net` file: its outputs and loss, with the gradient by every parameter."""
    from symnet.reading.load import load_network

    network = load_network(path)
    if network.rows is not None and network.statistics is None:
        network = replace(network, rows=None)
    whole = network.derivation
    given = tuple(v.name for v in (*whole.inputs, *whole.parameters))
    sizes = tuple({network.objects.name: count} for count in (3, 4, 7)) if network.objects.is_Symbol else ({},)
    return Spec(path, "network", whole, (*network.outputs, "L"), network.parameters, given, sizes=sizes)

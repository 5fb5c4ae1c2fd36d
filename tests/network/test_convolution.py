"""Convolution and pooling as equations, against the NumPy layers written by hand and against counts by hand."""

from itertools import product as choices

import numpy as np
import pytest
from sympy import IndexedBase, Symbol

from symnet.differentiate import gradient
from symnet.equations import size
from symnet.errors import SymnetError
from symnet.network.convolution import Window, convolution, masked, pairing, parameter_count, pooling, same, stacked
from symnet.numeric.compile import compile_numpy
from symnet.numeric.reference import convolution as reference
from symnet.sums import Sum, Within
from symnet.truth.evaluate import evaluate
from symnet.truth.verdict import decide

rng = np.random.default_rng(191)


def integers(*shape):
    return rng.integers(-9, 10, shape)


def values(derivation, **arrays):
    """Every value of a fixed-size derivation at integers, as {name: {indices: value}}."""
    scalar = derivation.instantiate()
    point = {
        "_".join((name, *(str(k + 1) for k in where))): int(array[where])
        for name, array in arrays.items()
        for where in np.ndindex(*array.shape)
    }
    return {name: value.exact.as_expr() for name, value in evaluate(scalar, point).items()}


def array(found, name, shape):
    result = np.zeros(shape)
    for where in np.ndindex(*shape):
        result[where] = found["_".join((name, *(str(k + 1) for k in where)))]
    return result


@pytest.mark.parametrize(
    ("stride", "padding", "dilation"), [(1, 0, 1), (2, 0, 1), (1, 1, 1), (1, 0, 2), (2, 2, 1), (3, 1, 2)]
)
def test_forward_and_backward_are_those_by_hand(stride, padding, dilation):
    x, w, b = integers(2, 5, 6), integers(2, 2, 2, 3), integers(2)
    windows = [Window(5, 2, stride, padding, dilation), Window(6, 3, stride, padding, dilation)]
    out, cache = reference.conv2d_forward(x[None], w, b, stride, padding, dilation)
    assert out.shape[2:] == tuple(v.outputs for v in windows)
    g = integers(*out.shape[1:])
    derived = gradient(pairing(convolution(windows, 2, 2)), "L", ["x", "w", "b"])
    found = values(derived, x=x, w=w, b=b, g=g)
    dx, dw, db = reference.conv2d_backward(g[None], cache)
    for name, expected in {"y": out[0], "dL_dx": dx[0], "dL_dw": dw, "dL_db": db}.items():
        np.testing.assert_array_equal(array(found, name, expected.shape), expected)


@pytest.mark.parametrize(("width", "stride"), [(2, 2), (2, 1), (3, 2)])
@pytest.mark.parametrize("kind", ["max", "average"])
def test_pooling_is_that_by_hand_at_ties_too(kind, width, stride):
    x = 36 * rng.integers(0, 3, (1, 5, 5))
    forward, backward = {
        "max": (reference.max_pool2d_forward, reference.max_pool2d_backward),
        "average": (reference.avg_pool2d_forward, reference.avg_pool2d_backward),
    }[kind]
    out, cache = forward(x[None].astype(float), width, stride)
    g = 36 * integers(*out.shape[1:])
    derived = gradient(pairing(pooling(kind, [Window(5, width, stride)] * 2)), "L", ["x"])
    found = values(derived, x=x, g=g)
    dx = backward(g[None].astype(float), cache)
    np.testing.assert_allclose(array(found, "y", out[0].shape), out[0], rtol=1e-14)
    np.testing.assert_allclose(array(found, "dL_dx", x.shape), dx[0], rtol=1e-14)


@pytest.mark.parametrize(("width", "stride", "padding"), [(3, 2, 1), (3, 1, 1), (2, 2, 0), (5, 2, 2)])
def test_max_pooling_with_padding_takes_only_what_is_on_the_input(width, stride, padding):
    """All of x is negative, so that a zero beside it would win; many values are equal."""
    x = rng.integers(-4, -1, (2, 5, 5)).astype(float)
    out, cache = reference.max_pool2d_forward(x[None], width, stride, padding)
    derived = gradient(pairing(pooling("max", [Window(5, width, stride, padding)] * 2, 2)), "L", ["x"])
    g = rng.normal(size=out.shape)
    found = compile_numpy(derived, ["y", "dL_dx"])(x=x, g=g[0])
    np.testing.assert_array_equal(found["y"], out[0])
    np.testing.assert_allclose(found["dL_dx"], reference.max_pool2d_backward(g, cache)[0], rtol=1e-14)


@pytest.mark.parametrize("ties", ["first", "last"])
@pytest.mark.parametrize("kind", ["max", "min"])
def test_ties_beside_the_border(kind, ties):
    derived = gradient(pairing(pooling(kind, [Window(2, 3, 1, 1)], ties=ties)), "L", ["x"])
    found = values(derived, x=np.full((1, 2), -7), g=np.full((1, 2), 5))
    assert found["y_1_1"] == found["y_1_2"] == -7
    assert [found["dL_dx_1_1"], found["dL_dx_1_2"]] == ([10, 0] if ties == "first" else [0, 10])


@pytest.mark.parametrize(
    ("kind", "ties", "winner"), [("max", "first", 1), ("max", "last", 3), ("min", "first", 1), ("min", "last", 3)]
)
def test_who_wins_a_tie(kind, ties, winner):
    derived = gradient(pairing(pooling(kind, [Window(3, 3)], ties=ties)), "L", ["x"])
    found = values(derived, x=np.full((1, 3), 7), g=np.full((1, 1), 5))
    assert found["y_1_1"] == 7
    assert [found[f"dL_dx_1_{r}"] for r in (1, 2, 3)] == [5 * (r == winner) for r in (1, 2, 3)]


def test_minimum():
    x = integers(1, 4, 4)
    found = values(pooling("min", [Window(4, 2, 2)] * 2), x=x)
    expected = x[0].reshape(2, 2, 2, 2).min(axis=(1, 3))
    np.testing.assert_array_equal(array(found, "y", (1, 2, 2))[0], expected)


def test_the_backward_pass_is_a_transposed_convolution_of_every_size():
    C, M, J, K = map(size, "CMJK")
    o, c, i, r = (Symbol(name, integer=True) for name in "ocir")
    w, g, dx = (IndexedBase(name) for name in ("w", "g", "dL_dx"))
    below = gradient(pairing(convolution([Window(J + K - 1, K)], C, M)), "L", ["x"])

    def printed(shift):
        at = r - i + shift
        return Sum(Sum(g[o, i] * w[o, c, at] * Within(at, 1, K), (i, 1, J)), (o, 1, M))

    assert decide(dx[c, r], printed(1), below).verdict == "proved"
    assert decide(dx[c, r], printed(0), below).verdict == "refuted"


def test_connections_choose_the_channels_that_a_filter_reads():
    windows = [Window(3, 2)]
    some = convolution(windows, 3, 2, [[1, 3], [2]])
    x, w1, w2 = integers(3, 3), integers(2, 2), integers(1, 2)
    biases = {"b1": np.array(4), "b2": np.array(-5)}
    found = values(some, x=x, w1=w1, w2=w2, **biases)
    for name, mask, rows, b in (("y1", w1, [0, 2], 4), ("y2", w2, [1], -5)):
        expected = [b + (mask * x[rows, i : i + 2]).sum() for i in range(2)]
        np.testing.assert_array_equal(array(found, name, (2,)), expected)
    assert parameter_count(some) == (2 * 2 + 1) + (2 + 1)
    gradients = gradient(pairing(some), "L")
    assert {"dL_dw1", "dL_dw2", "dL_db1", "dL_db2"} <= {e.name for e in gradients}


def test_the_number_of_outputs_is_the_number_of_places_a_window_fits():
    for n, k, s, p, d in choices(range(1, 8), (1, 2, 3), (1, 2, 3), (0, 1, 2), (1, 2)):
        starts = [a for a in range(1 - p, n + p + 1, s) if a + d * (k - 1) <= n + p]
        if not starts:
            with pytest.raises(SymnetError, match="does not fit"):
                Window(n, k, s, p, d)
            continue
        window = Window(n, k, s, p, d)
        assert window.outputs == len(starts)
        assert [window.place(j, 1) for j in range(1, len(starts) + 1)] == starts
        assert window.unused == n + p - (starts[-1] + d * (k - 1))


def test_the_same_length():
    n = size("n")
    for width, dilation in ((1, 1), (3, 1), (5, 1), (3, 2), (2, 2)):
        assert same(n, width, dilation).outputs == n
    with pytest.raises(SymnetError, match="a window of 2"):
        same(n, 2)


def test_parameter_counts():
    k, c, m, n = map(size, "kcmn")
    layer = convolution([Window(n, k), Window(n, k)], c, m)
    assert parameter_count(layer) - (m * c * k**2 + m) == 0
    assert parameter_count(pooling("max", [Window(4, 2)] * 2, 6)) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Window(2, 3), "a window of 3 does not fit in 2"),
        (lambda: Window(5, 0), "width of a window is 0"),
        (lambda: Window(5, 2, 0), "stride of a window is 0"),
        (lambda: Window(5, 2, 1, -1), "padding of a window is -1"),
        (lambda: Window(size("n"), 2, 2).outputs, "steps of 2"),
        (lambda: convolution([]), "along 0 axes"),
        (lambda: convolution([Window(3, 2)], 2, 1, [[3]]), r"\[3\] are not different channels"),
        (lambda: convolution([Window(3, 2)], 2, 2, [[1]]), "for 1 filters, not for 2"),
        (
            lambda: stacked([convolution([Window(5, 2)])] * 2, "tanh"),
            "layer 2 reads 1 x 5 places, and layer 1 gives 1 x 4",
        ),
        (lambda: stacked([convolution([Window(5, 2)], 1, 2, [[1], [1]])], "tanh"), "layer 1 has connections"),
        (
            lambda: pooling("max", [Window(3, 2, 1, 1)]),
            "a padding of 1 is too much for the maximum under a window of 2",
        ),
        (lambda: pooling("min", [Window(5, size("k"))]), "a maximum or minimum needs windows of a fixed width"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(SymnetError, match=message):
        make()


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_compiled_layers_are_those_by_hand(stride, padding):
    x, w, b = (rng.normal(size=shape) for shape in ((2, 7, 7), (3, 2, 3, 3), (3,)))
    window = Window(7, 3, stride, padding)
    out, cache = reference.conv2d_forward(x[None], w, b, stride, padding)
    g = rng.normal(size=out.shape)
    derived = gradient(pairing(convolution([window] * 2, 2, 3)), "L", ["x", "w", "b"])
    compiled = compile_numpy(derived, ["y", "dL_dx", "dL_dw", "dL_db"])(x=x, w=w, b=b, g=g[0])
    dx, dw, db = reference.conv2d_backward(g, cache)
    for name, expected in {"y": out[0], "dL_dx": dx[0], "dL_dw": dw, "dL_db": db}.items():
        np.testing.assert_allclose(compiled[name], expected, rtol=1e-12, atol=1e-12)


def test_compiled_pooling_is_that_by_hand():
    x = rng.integers(0, 4, (2, 6, 6)).astype(float)
    out, cache = reference.max_pool2d_forward(x[None], 2, 2)
    g = rng.normal(size=out.shape)
    derived = gradient(pairing(pooling("max", [Window(6, 2, 2)] * 2, 2)), "L", ["x"])
    compiled = compile_numpy(derived, ["y", "dL_dx"])(x=x, g=g[0])
    np.testing.assert_array_equal(compiled["y"], out[0])
    np.testing.assert_array_equal(compiled["dL_dx"], reference.max_pool2d_backward(g, cache)[0])


def test_a_masked_convolution_reads_the_channels_of_its_table():
    windows, table = [Window(4, 2)], np.array([[1, 0, 1], [0, 1, 0]])
    layer = masked(convolution(windows, 3, 2))
    x, w, b = integers(3, 4), integers(2, 3, 2), integers(2)
    derived = gradient(pairing(layer), "L")
    g = integers(2, 3)
    found = values(derived, x=x, w=w, b=b, t=table, g=g)
    one = values(convolution(windows, 3, 2), x=x, w=w * table[:, :, None], b=b)
    assert all(found[name] == value for name, value in one.items())
    dw = array(found, "dL_dw", w.shape)
    np.testing.assert_array_equal(dw[table == 0], 0)
    assert (dw[table == 1] != 0).any()


# Table I of LeCun et al. 1998: the maps of S2 that each of the 16 maps of C3 reads.
RUNS = [[(start + k) % 6 for k in range(length)] for length in (3, 4) for start in range(6)]
C3 = [*RUNS, [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], list(range(6))]

LENET = [(5, 1, 6, 28), None, (5, 6, 16, 10), None, (5, 16, 120, 1), (1, 120, 84, 1), (1, 84, 10, 1)]


def test_lenet_runs_and_its_gradient_is_that_by_hand():
    """A ring drawn on 32 x 32 through LeNet-5 with the table of C3 and plain average pooling."""
    layers, length, maps = [], 32, 1
    for row in LENET:
        if row is None:
            layers.append(pooling("average", [Window(length, 2, 2)] * 2, maps))
        else:
            layer = convolution([Window(length, row[0])] * 2, row[1], row[2])
            layers.append(masked(layer) if row[2] == 16 else layer)
            maps = row[2]
        length = int(layers[-1].equations[-1].indices[1].upper)
        assert row is None or length == row[3]
    net = stacked(layers, "tanh")
    table = np.zeros((16, 6))
    for o, read in enumerate(C3):
        table[o, read] = 1
    assert parameter_count(net) - 25 * (table == 0).sum() == 61706 - 900
    derived = gradient(pairing(net), "L")
    arrays = {v.name: rng.normal(size=[int(k.size) for k in v.indices]) / 5 for v in net.parameters}
    r, s = np.mgrid[-1:1:32j, -1:1:32j]
    image = (np.abs(np.hypot(r, s) - 0.6) < 0.2).astype(float)
    g = rng.normal(size=10)
    names = [e.name for e in derived if e.name in {f"dL_d{p}" for p in arrays}]
    compiled = compile_numpy(derived, ["y7", *names])
    found = compiled(x1=image[None], t3=table, g7=g[:, None, None], **arrays)

    signal, caches = image[None, None], []
    for number, row in enumerate(LENET, 1):
        signal = np.tanh(signal) if number > 1 else signal
        activated = signal
        if row is None:
            signal, cache = reference.avg_pool2d_forward(signal, 2, 2)
        else:
            read = table[:, :, None, None] if number == 3 else 1
            signal, cache = reference.conv2d_forward(signal, arrays[f"w{number}"] * read, arrays[f"b{number}"])
        caches.append((activated, cache))
    np.testing.assert_allclose(found["y7"], signal[0], rtol=1e-11, atol=1e-13)
    back = g[None, :, None, None]
    for number, row in reversed(list(enumerate(LENET, 1))):
        activated, cache = caches[number - 1]
        if row is None:
            back = reference.avg_pool2d_backward(back, cache)
        else:
            back, dw, db = reference.conv2d_backward(back, cache)
            read = table[:, :, None, None] if number == 3 else 1
            np.testing.assert_allclose(found[f"dL_dw{number}"], dw * read, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(found[f"dL_db{number}"], db, rtol=1e-9, atol=1e-12)
        back = back * (1 - activated**2)

"""What a derivation becomes as NumPy: index patterns, whole derivations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Variable, index
from symnet.expressions import product, total
from symnet.network import Network
from symnet.network.neurons import Loss, Neuron, Norm
from symnet.numeric import reference
from symnet.numeric.compile import compile_numpy
from symnet.operations import call
from symnet.sums import Delta, Sum, Within
from tests.numeric.arrays import (
    SIZES,
    W,
    b,
    close,
    eps,
    i,
    j,
    k,
    layer_arrays,
    lines,
    m,
    n,
    normalized_layer,
    p,
    weight,
    x,
    y,
)
from tests.numeric.tape_from_network import tape_from_network

# Index patterns


PATTERNS = [
    (Sum(W.reference * x.reference, j.limits) + b.reference, (i, k), "x @ W + b"),
    (Sum(W.reference * x.reference, j.limits), (k, i), "W.T @ x.T"),
    (Sum(x.reference * y.reference, i.limits), (j, k), "x.T @ y"),
    (Sum(W.reference * b.reference, k.limits), (j,), "W @ b"),
    (Sum(weight.reference * x.reference, i.limits), (j,), "u @ x"),
    (Sum(weight.reference**2, i.limits), (), "u @ u"),
    (Sum(x.reference**2, i.limits), (j,), 'np.einsum("ij,ij->j", x, x)'),
    (2 * Sum(x.reference, i.limits) / m, (j,), "2 / m * x.sum(axis=0)"),
    (Sum(Sum(x.reference, i.limits), j.limits), (), "x.sum()"),
    (Sum(Sum(weight.reference * x.reference * W.reference, i.limits), j.limits), (k,), "u @ x @ W"),
    (weight.reference * b.reference, (i, k), "b * u[:, None]"),
    (x.reference, (j, i), "x.T"),
    (b.reference, (i, k), "np.full((m, p), b, real)"),
    (weight.reference, (i, k), "np.full((m, p), u[:, None], real)"),
    (Integer(3), (k,), "np.full((p,), 3, real)"),
    (Rational(1, 3), (), "real(1 / 3)"),
    (-y.reference * eps.reference**3 / (m * b.reference), (i, k), "-eps ** 3 / m / b * y"),
    (y.at(i.symbol, 1), (i,), "y[:, 0]"),
    (weight.at(m), (), "u[m - 1]"),
    (Delta(j.symbol, Symbol("l", integer=True)), (j, index("l", n)), "np.eye(n, dtype=real)"),
    (Sum(weight.at(i.symbol), (i.symbol, 2, m)), (), "u[1:].sum()"),
    (weight.at(i.symbol + 1), (index("i", m - 1),), "u[1:]"),
    (i.symbol * weight.reference, (i,), "np.arange(1, m + 1, dtype=real) * u"),
    (Sum(b.reference, i.limits), (k,), "m * b"),
]  # fmt: skip


@pytest.mark.parametrize(("rhs", "indices", "source"), PATTERNS)
def test_each_index_pattern_has_its_form(rhs, indices, source):
    (line,) = lines(rhs, *indices)
    assert line == f"out = {source}"


def test_a_statistics_range_is_a_slice_and_its_condition_an_array_of_zeros_and_ones():
    s, r = index("s", 3), index("r", p)
    assert lines(Sum(weight.at(s.symbol), s.limits) / 3) == ["out = u[:3].sum() / 3"]
    assert lines(Within(i.symbol, 1, 3) * weight.reference, i) == ["out = u * real(np.arange(1, m + 1) <= 3)"]
    # b has only p entries: where the condition is 0 the reference points outside and must not matter
    (line,) = lines(Within(i.symbol, 1, p) * b.at(i.symbol) * weight.reference, i)
    assert "np.clip" in line
    assert lines(Within(r.symbol, 1, p) * b.at(r.symbol), r) == ["out = b"]


def test_a_convolution_and_its_transpose_are_gathered():
    t, o = index("t", 2), index("o", m - 1)
    kernel = Variable("kernel", (t,))
    inputs = (weight, kernel)
    forward = Sum(kernel.reference * weight.at(o.symbol + t.symbol - 1), t.limits)
    assert "kernel" in lines(forward, o, inputs=inputs)[0]
    place = i.symbol - t.symbol + 1
    upstream = Variable("g", (o,))
    back = Sum(kernel.reference * upstream.at(place) * Within(place, 1, m - 1), t.limits)
    lines(back, i, inputs=(weight, kernel, upstream))
    # a pooling window that moves with its output, and a diagonal
    lines(Sum(weight.at(t.symbol), (t.symbol, o.symbol, o.symbol + 1)) / 2, o, inputs=inputs)
    square = Variable("q", (index("i", m), index("l", m)))
    lines(Sum(square.at(i.symbol, i.symbol), i.limits), inputs=(square,))
    # an index is an integer inside brackets and a number outside
    both = o.symbol + t.symbol
    lines((both - 1) * weight.at(both - 1), o, t, inputs=inputs)


def test_repeated_subexpressions_are_computed_once():
    shared = call("tanh", x.reference * eps.reference)
    assert lines(shared * (1 + shared), i, j) == ["t1 = np.tanh(eps * x)", "out = (t1 + 1) * t1"]
    # an operation whose template mentions its argument several times
    assert lines(call("leaky_relu", x.reference + eps.reference, Rational(1, 10)), i, j) == [
        "t1 = x + eps",
        "out = np.where(t1 > 0, t1, 1 / 10 * t1)",
    ]


def test_the_same_sum_body_over_two_ranges_is_not_shared():
    square = (weight.reference - eps.reference) ** 2
    lines(Sum(square, i.limits) - Sum(square, (i.symbol, 2, 3)))


def test_a_subtracted_sum_keeps_its_brackets():
    lines(total(weight.reference, product(Integer(-1), eps.reference + weight.reference**2)), i)


def test_high_powers_of_arrays_are_squarings():
    assert lines(weight.reference**4, i) == ["out = (u ** 2) ** 2"]
    assert lines(weight.reference**-3, i) == ["out = 1 / (u * u ** 2)"]
    assert lines(eps.reference**5) == ["out = eps ** 5"]


REFERENCES = (x.reference, W.reference, b.reference, y.reference, weight.reference, eps.reference)


def expressions():
    leaves = st.sampled_from(
        [*REFERENCES, Integer(2), Integer(-1), Rational(-2, 3), Delta(i.symbol, 2), Within(j.symbol, 2, n)]
    )

    def larger(inner):
        sums = st.builds(lambda body, over: Sum(body, over.limits), inner, st.sampled_from([i, j, k]))
        products = st.lists(inner, min_size=2, max_size=4).map(lambda fs: product(*fs))
        totals = st.lists(inner, min_size=2, max_size=3).map(lambda ts: total(*ts))
        powers = st.builds(lambda base, e: base**e, inner, st.sampled_from([2, 3, 4]))
        inverses = inner.map(lambda base: 1 / (base**2 + 1))
        calls = inner.map(lambda u: call("tanh", u)) | inner.map(lambda u: call("step", u))
        return sums | products | totals | powers | inverses | calls

    return st.recursive(leaves, larger, max_leaves=8)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(expressions())
def test_any_expression_means_what_the_interpreter_says(rhs):
    open_indices = rhs.free_symbols
    indices = tuple(q for q in (i, j, k) if q.symbol in open_indices)
    lines(rhs, *indices)


# Whole derivations against the reference


def by_reference(x, y, W, b, gamma, beta, eps):
    z, dense = reference.dense_forward(x, W, b)
    F, norm = reference.batchnorm_forward(z, gamma, beta, eps, ddof=1)
    dz, dgamma, dbeta = reference.batchnorm_backward(reference.squared_error_backward(F, y, "mean"), norm)
    dx, dW, db = reference.dense_backward(dz, dense)
    L = reference.squared_error(F, y, "mean")
    return {"F": F, "L": L, "dgamma": dgamma, "dbeta": dbeta, "dz": dz, "dx": dx, "dW": dW, "db": db}


def test_a_normalized_layer_and_its_gradients_by_hand_agree_with_the_reference():
    arrays = layer_arrays()
    expected = by_reference(**arrays)
    got = compile_numpy(normalized_layer(), list(expected))(**arrays)
    assert got.keys() == expected.keys()
    for name in expected:
        close(got[name], expected[name])


def test_the_sweep_compiled_agrees_with_the_reference():
    arrays, derivation = layer_arrays(), gradient(normalized_layer(), "L", ["W", "b", "gamma", "beta", "x", "z"])
    expected = by_reference(**arrays)
    got = compile_numpy(derivation, [f"dL_d{q}" for q in ("W", "b", "gamma", "beta", "x", "z")])(**arrays)
    for name, value in got.items():
        close(value, expected[name.removeprefix("dL_")])


def test_instantiating_and_compiling_commute():
    arrays, derivation = layer_arrays(), normalized_layer()
    scalars = {
        "_".join((v.name, *(str(q + 1) for q in where))): np.asarray(arrays[v.name])[where]
        for v in (*derivation.inputs, *derivation.parameters)
        for where in np.ndindex(np.shape(arrays[v.name]))
    }
    whole = compile_numpy(derivation, ["dW", "L"])(**arrays)
    compiled = compile_numpy(derivation.instantiate(SIZES), ["dW_1_1", "dW_3_2", "L"])
    got = compiled(**scalars)
    close([got["dW_1_1"], got["dW_3_2"], got["L"]], [whole["dW"][0, 0], whole["dW"][2, 1], whole["L"]])
    assert "Sum" not in compiled.source


def test_a_network_of_named_neurons_agrees_with_the_tape():
    X, w1, w2, w01, a, c, F, Y = [Symbol(q) for q in ("x", "w1", "w2", "w01", "a", "c", "F", "y")]
    neurons = (
        Neuron("h1", call("softplus", w1 * X + w01)),
        Neuron("h2", a * Norm(call("gelu", w2 * X), Rational(1, 5), 1) + c),
        Neuron("F", Symbol("h1") * Symbol("h2") + Norm(Symbol("h2") ** 2 + w1 * X)),
    )
    rows = tuple(tuple(map(Rational, row)) for row in (("-1", "1/2"), ("1/4", "2"), ("3/2", "-1"), ("2", "1")))
    network = Network(("x",), neurons, loss=Loss("mean", (F - Y) ** 2), rows=rows, statistics=(1, 3))
    parameters = dict(zip(network.parameters, (0.7, 0.3, -1.2, 1.6, 0.4), strict=True))
    columns = dict(zip("xy", np.array(rows, dtype=float).T, strict=True))
    tape, nodes = tape_from_network(neurons, network.loss, columns, parameters, slice(0, 3))
    derivation = gradient(network.derivation, "L")
    wanted = [f"dL_d{q}" for q in parameters]
    got = compile_numpy(derivation, ["F", "L", *wanted])(**columns, **parameters)
    close(got["F"], nodes["F"].value)
    close(got["L"], nodes["L"].value)
    expected = tape.backward(nodes["L"])
    close([got[q] for q in wanted], [expected[q] for q in parameters])

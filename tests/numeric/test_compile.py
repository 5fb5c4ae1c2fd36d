import importlib.util
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.expressions import product, total
from symnet.network import Network
from symnet.network.neurons import Loss, Neuron, Norm
from symnet.numeric import reference
from symnet.numeric.compile import compile_numpy
from symnet.operations import OPERATIONS, call, sqrt
from symnet.sums import Delta, Sum, Within
from tests.numeric.interpreter import interpret
from tests.numeric.tape_from_network import tape_from_network

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


def by_reference(x, y, W, b, gamma, beta, eps):
    z, dense = reference.dense_forward(x, W, b)
    F, norm = reference.batchnorm_forward(z, gamma, beta, eps, ddof=1)
    dz, dgamma, dbeta = reference.batchnorm_backward(reference.squared_error_backward(F, y, "mean"), norm)
    dx, dW, db = reference.dense_backward(dz, dense)
    L = reference.squared_error(F, y, "mean")
    return {"F": F, "L": L, "dgamma": dgamma, "dbeta": dbeta, "dz": dz, "dx": dx, "dW": dW, "db": db}


def layer_arrays(dtype=float):
    arrays = data(x, y, W, b, gamma, beta)
    return {name: array.astype(dtype) for name, array in arrays.items()} | {"eps": 0.3}


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


# Operations and types


def one_operation(name):
    arguments = [weight.reference, eps.reference][: OPERATIONS[name].arity]
    derivation = Derivation((Equation("out", (i,), rhs=call(name, *arguments)),), (weight,), (eps,))
    return gradient(
        derivation.extend([Equation("L", rhs=Sum(derivation["out"].reference * weight.reference, i.limits))]),
        "L",
        ["out", "u"],
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_and_its_derivative(name, dtype):
    points = np.array([0.3, 1.7, 2.4, 0.05] if name in ("sqrt", "log") else [-3.3, -0.2, 0.4, 2.6])
    u, second = points.astype(dtype), [0.7][: OPERATIONS[name].arity - 1]
    got = compile_numpy(one_operation(name), ["out", "dL_du"])(u=u, eps=0.7)
    assert {value.dtype for value in got.values()} == {np.dtype(dtype)}
    activation, tolerance = reference.ACTIVATIONS[name], 1e-13 if dtype == np.float64 else 1e-5
    out = activation.forward(points, *second)
    np.testing.assert_allclose(got["out"], out, rtol=tolerance)
    expected = out + activation.backward(points, points, *second)[0]
    np.testing.assert_allclose(got["dL_du"], expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_floating_type_of_the_arrays_is_kept(dtype):
    derivation = gradient(normalized_layer(), "L")
    outputs = [e.name for e in derivation]
    got = compile_numpy(derivation, outputs)(**layer_arrays(dtype))
    assert {value.dtype for value in got.values()} == {np.dtype(dtype)}


def test_constants_and_integers_become_the_floating_type_in_use():
    rhs = weight.reference * sqrt(Integer(2)) + Delta(i.symbol, 2) + i.symbol / m + call("f", Integer(1))
    derivation = Derivation((Equation("out", (i,), rhs=rhs), Equation("one", rhs=Integer(1))), (weight,))
    compiled = compile_numpy(derivation, ["out", "one"])
    for dtype, expected in ((np.float32, np.float32), (np.int64, np.float64)):
        got = compiled(u=np.arange(4).astype(dtype), f=np.tanh)
        assert {value.dtype for value in got.values()} == {np.dtype(expected)}
        np.testing.assert_allclose(got["out"][1], np.sqrt(2) + 1.5 + np.tanh(1), rtol=1e-6)


def test_abstract_functions_are_arguments():
    layer = Derivation((Equation("F", (i,), rhs=call("f", eps.reference * weight.reference)),), (weight,), (eps,))
    layer = layer.extend([Equation("L", rhs=Sum(layer["F"].reference ** 2, i.limits))])
    compiled = compile_numpy(gradient(layer, "L"), ["dL_deps"])
    u = np.array([0.5, -1.0, 2.0])
    got = compiled(u=u, eps=0.3, f=np.sin, fprime=np.cos)["dL_deps"]
    close(got, (2 * np.sin(0.3 * u) * np.cos(0.3 * u) * u).sum())
    assert [a.name for a in compiled.arguments if a.kind == "function"] == ["f", "fprime"]


# The module it writes


def test_the_source_stands_alone(tmp_path):
    compiled = compile_numpy(one_operation("gelu"), ["dL_du"], "slope")
    file = tmp_path / "standalone.py"
    file.write_text(compiled.source)
    assert [line for line in compiled.source.splitlines() if "import" in line] == [
        "import math",
        "import numpy as np",
    ]
    spec = importlib.util.spec_from_file_location("standalone", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    u = np.array([0.5, -1.0])
    assert np.array_equal(module.slope(u)["dL_du"], compiled(u=u)["dL_du"])
    assert "standalone" not in sys.modules


def test_every_equation_is_a_statement_under_its_own_text():
    source = compile_numpy(normalized_layer(), ["F"], style="plain").source
    assert "    # F[i, k] = gamma[k]*xhat[i, k] + beta[k]\n    F = gamma * xhat + beta\n" in source
    assert "dz" not in source  # nothing that the output does not need
    assert " for " not in source[source.index("def evaluate") :]


def test_a_right_hand_side_too_long_to_read_is_not_printed():
    deep = eps.reference
    for _ in range(40):
        deep = call("tanh", deep) * deep + 1  # 2**40 symbols along all paths
    source = compile_numpy(Derivation((Equation("out", rhs=deep),), (), (eps,)), ["out"]).source
    assert "# out = … (" in source
    assert source.count("math.tanh") == 40


def test_reserved_and_clashing_names_get_an_underscore():
    names = ["lambda", "np", "real", "evaluate", "t1", "math"]
    variables = [Variable(name) for name in names]
    square = total(*(v.reference for v in variables)) ** 2
    rhs = call("tanh", square) * (1 + call("tanh", square)) * variables[0].reference
    compiled = compile_numpy(Derivation((Equation("import", rhs=rhs),), (), tuple(variables)), ["import"])
    assert [a.spelling for a in compiled.arguments] == [f"{name}_" for name in names[:4]] + ["t1", "math_"]
    values = dict(zip(names, (0.1, 0.2, -0.05, 0.3, 0.15, -0.4), strict=True))
    value = np.tanh(sum(values.values()) ** 2)
    close(compiled(**values)["import"], value * (1 + value) * 0.1)


def test_a_size_no_shape_shows_is_an_argument():
    derivation = Derivation((Equation("out", rhs=Sum(weight.at(i.symbol), (i.symbol, 1, n)) / n),), (weight,))
    compiled = compile_numpy(derivation, ["out"])
    assert [(a.name, a.kind) for a in compiled.arguments] == [("u", "array"), ("n", "size")]
    assert compiled(u=np.array([1.0, 3.0, 50.0]), n=2)["out"] == 2


def test_an_input_is_taken_for_its_shape_alone_when_nothing_else_shows_a_size():
    derivation = Derivation((Equation("out", (i,), rhs=eps.reference / m),), (weight,), (eps,))
    close(compile_numpy(derivation, ["out"])(u=np.zeros(4), eps=2.0)["out"], [0.5] * 4)


def test_what_the_outputs_do_not_need_may_be_passed():
    arrays = layer_arrays()
    close(compile_numpy(normalized_layer(), ["z"])(**arrays)["z"], arrays["x"] @ arrays["W"] + arrays["b"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.ones((1, 2))}, "y has length 1 along i, where m is 4"),
        ({"b": np.ones(())}, "b has 0 axes instead of 1"),
        ({"bias": 1}, "there is no argument 'bias'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(change, message):
    with pytest.raises(SymnetError, match=message):
        compile_numpy(normalized_layer(), ["L"])(**(layer_arrays() | change))


def test_a_missing_argument_is_named():
    with pytest.raises(SymnetError, match="the argument x is missing"):
        compile_numpy(normalized_layer(), ["L"])(W=1)


def with_equation(rhs, name="out", inputs=(weight,)):
    return Derivation((Equation(name, (), rhs=rhs),), inputs)


@pytest.mark.parametrize(
    ("derivation", "outputs", "name", "message"),
    [
        (with_equation(eps.reference), ["nothing"], "evaluate", "no equation for 'nothing'"),
        (with_equation(eps.reference), [], "evaluate", "no outputs"),
        (with_equation(eps.reference), ["out"], "def", "'def' cannot be the name of the function"),
        (with_equation(eps.reference), ["out"], "import os; f", "'import os; f' cannot be a name"),
        (with_equation(Symbol("os.system()")), ["out"], "evaluate", r"'os.system\(\)' cannot be a name"),
        (with_equation(Integer(1), "a b"), ["a b"], "evaluate", "'a b' cannot be a name"),
        (with_equation(call("a(b)", eps.reference)), ["out"], "evaluate", r"'a\(b\)' cannot be a name"),
        (with_equation(Sum(index("i\nimport os\n", 3).symbol, index("i\nimport os\n", 3).limits)), ["out"], "evaluate",
         r"'i\\nimport os\\n' cannot be a name"),
        (Derivation((Equation("out", (index("i\nos", m),), rhs=Integer(2)),), (weight,)), ["out"], "evaluate",
         r"'i\\nos' cannot be a name"),
        (with_equation(x.at(1, 2)), ["out"], "evaluate", r"out uses x\[1, 2\], which is not declared"),
        (with_equation(Symbol("f") * call("f", 1)), ["out"], "evaluate",
         "the abstract function f has the name of something else"),
        (with_equation(Sum(Sum(weight.at(j.symbol), (j.symbol, 1, i.symbol)), i.limits)), ["out"], "evaluate",
         "the length of Sum.* depends on an index"),
        (with_equation(Norm(eps.reference)), ["out"], "evaluate", r"Norm\(eps, 0, 0\) cannot be written in NumPy"),
    ],
)  # fmt: skip
def test_what_cannot_be_compiled_is_refused(derivation, outputs, name, message):
    with pytest.raises(SymnetError, match=message):
        compile_numpy(derivation, outputs, name)

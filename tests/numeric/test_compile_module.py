"""Operations, types and the module that a derivation becomes as NumPy, and what is refused."""

import importlib.util
import sys

import numpy as np
import pytest
from sympy import Integer, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index
from symnet.errors import SymnetError
from symnet.expressions import total
from symnet.network.neurons import Norm
from symnet.numeric import reference
from symnet.numeric.compile import compile_numpy
from symnet.operations import OPERATIONS, call, sqrt
from symnet.sums import Delta, Sum
from tests.numeric.arrays import close, eps, i, j, layer_arrays, m, n, normalized_layer, weight, x

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


def test_shapes_that_change_from_call_to_call_are_looked_at_again():
    compiled, arrays = compile_numpy(normalized_layer(), ["L"]), layer_arrays()
    for _ in range(2):
        compiled(**arrays)
        with pytest.raises(SymnetError, match="y has length 1 along i, where m is 4"):
            compiled(**arrays | {"y": np.ones((1, 2))})
    assert np.isfinite(compiled(**arrays)["L"])


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

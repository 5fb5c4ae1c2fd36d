"""C source, compiled by the machine's compiler and run beside NumPy, the interpreter and exact values."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.expressions import total
from symnet.network.network import Network
from symnet.numeric.compile import compile_numpy
from symnet.numeric.languages import compile_in, source
from symnet.operations import call, sqrt
from symnet.sums import Sum
from tests.laws.rigour import filled_gradient, partials, values
from tests.laws.test_numbers import columns_of
from tests.numeric.arrays import SIZES, W, b, close, data, eps, i, j, k, m, n, weight, x, y
from tests.numeric.interpreter import interpret
from tests.numeric.patterns import EXPECTED, PATTERNED, VALUES, every_operation, rounded
from tests.numeric.test_compile import expressions
from tests.strategies import KINKED, SMOOTH, networks, points

WARNINGS = "cc -Wall -Wextra -pedantic -Werror"


@pytest.fixture(scope="module")
def patterned():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CC", WARNINGS)
        yield compile_in("c", PATTERNED, list(EXPECTED))


@pytest.mark.parametrize("name", [e.name for e in PATTERNED])
def test_every_index_pattern_is_what_the_interpreter_says(patterned, name):
    got = patterned(**VALUES)[name]
    assert got.shape == EXPECTED[name].shape
    np.testing.assert_allclose(got, EXPECTED[name], rtol=1e-12, atol=1e-13)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.lists(expressions(), min_size=12, max_size=12))
def test_any_expression_means_what_the_interpreter_says(many):
    equations = [
        Equation(f"out{number}", tuple(q for q in (i, j, k) if q.symbol in rhs.free_symbols), rhs=rhs)
        for number, rhs in enumerate(many)
    ]
    inputs = (x, W, b, y, weight, eps)
    derivation, arrays = Derivation(tuple(equations), inputs), data(*inputs)
    compiled = compile_in("c", derivation, [e.name for e in equations])
    needed = {a.name: arrays.get(a.name, SIZES.get(size(a.name))) for a in compiled.arguments}
    got, expected = compiled(**needed), interpret(derivation, SIZES, arrays)
    for equation in equations:
        close(got[equation.name], expected[equation.name])


@settings(max_examples=4, deadline=None, derandomize=True)
@given(networks(activations=SMOOTH + KINKED), st.data())
def test_loss_and_gradients_have_the_exact_values(network: Network, draw) -> None:
    """With loops over any batch, and written out over the data; the latter as Python's own arithmetic has them."""
    point = draw.draw(points(network))
    wanted = ["L", *partials(network.parameters).values()]
    balls = values(filled_gradient(network), point)
    expected = np.array([float(balls[name].mid()) for name in wanted])
    assume(np.abs(expected).max() < 1e6 and all(balls[name].rad() < 1e-9 for name in wanted))  # at no kink
    numbers = {name: float(value) for name, value in point.items()}
    tolerance = {"rtol": 1e-9, "atol": 1e-10 * (1 + np.abs(expected).max())}
    got = compile_in("c", gradient(network.derivation, "L"), wanted)(**numbers, **columns_of(network))
    np.testing.assert_allclose([float(got[name]) for name in wanted], expected, **tolerance)
    got = compile_in("c", filled_gradient(network), wanted)(**numbers)
    np.testing.assert_allclose([float(got[name]) for name in wanted], expected, **tolerance)
    scalar = compile_numpy(filled_gradient(network), wanted, style="scalar")(**numbers)
    np.testing.assert_allclose(
        [float(got[name]) for name in wanted], [float(scalar[name]) for name in wanted], rtol=1e-14, atol=1e-14
    )


@pytest.fixture(scope="module")
def operations():
    derivation, names = every_operation()
    return compile_numpy(derivation, names), compile_in("c", derivation, names)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_operation_and_its_derivative_as_in_numpy(operations, dtype):
    """At kinks too: at 0, where relu turns, and at c, where the larger of two changes."""
    by_numpy, by_c = operations
    u, c = np.array([0.0, -0.0, 0.25, 0.75, 1.5, -0.5, -3, 20], dtype), dtype(0.75)
    with np.errstate(all="ignore"):  # the root and the logarithm of what is negative
        expected, got = by_numpy(u=u, c=c), by_c(u=u, c=c)
    for name in expected:
        assert got[name].dtype == dtype
        np.testing.assert_allclose(got[name], expected[name], **rounded(dtype), err_msg=name)


def test_what_is_no_number_stays_none(operations):
    by_numpy, by_c = operations
    with np.errstate(all="ignore"):
        for u in ([np.nan], [np.inf], [-np.inf]):
            expected, got = (function(u=u, c=0.5) for function in operations)
            for name in expected:
                np.testing.assert_allclose(got[name], expected[name], rtol=1e-14, err_msg=f"{name} at {u}")
        largest = [function(u=[0.5], c=np.nan)["v_max"] for function in (by_numpy, by_c)]
    assert np.isnan(largest).all()


def test_a_difference_from_a_mean_keeps_its_digits():
    """The mean is 10^8 deviations away; NumPy's digits are C's."""
    C = Equation("C", rhs=Sum(weight.reference, i.limits) / m)
    S = Equation("S", rhs=sqrt(Sum((weight.reference - C.reference) ** 2, i.limits) / m))
    hat = Equation("hat", (i,), rhs=(weight.reference - C.reference) / S.reference)
    derivation = Derivation((C, S, hat), (weight,))
    u = np.random.default_rng(3).normal(size=50) + 1e8
    expected, got = (
        f(u=u) for f in (compile_numpy(derivation, ["S", "hat"]), compile_in("c", derivation, ["S", "hat"]))
    )
    for name in ("S", "hat"):
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-14)


def test_one_file_serves_both_floating_types_and_integers():
    compiled = compile_in("c", Derivation((Equation("out", (i,), rhs=weight.reference / 3),), (weight,)), ["out"])
    for dtype, wanted in ((np.float32, np.float32), (np.float64, np.float64), (np.int64, np.float64)):
        got = compiled(u=np.arange(4).astype(dtype))["out"]
        assert got.dtype == wanted
        assert np.array_equal(got, (np.arange(4) / wanted(3)).astype(wanted))
    assert compiled(u=[1, 2])["out"].dtype == np.float64
    assert np.array_equal(compiled(u=np.arange(6.0)[::2])["out"], np.array([0, 2, 4]) / 3)  # not one after the other


def test_abstract_functions_are_called_for_every_number():
    rhs = Sum(call("f", eps.reference * weight.reference), i.limits)
    derivation = gradient(Derivation((Equation("L", rhs=rhs),), (weight,), (eps,)), "L")
    compiled, u = compile_in("c", derivation, ["dL_deps"]), np.array([0.5, -1.0, 2.0])
    assert [(a.name, a.kind) for a in compiled.arguments] == [("u", "array"), ("eps", "array"), ("fprime", "function")]
    close(compiled(u=u, eps=0.3, fprime=np.cos)["dL_deps"], np.cos(0.3 * u) @ u)
    with pytest.raises(ZeroDivisionError):
        compiled(u=u, eps=0.3, fprime=lambda z: z.item() / 0)


def test_names_that_mean_something_in_c_get_an_underscore():
    names = [
        "double",
        "exp",
        "restrict",
        "workspace",
        "malloc",
        "maximum",
        "i",
        "total",
        "outside",
        "t1",
        "main",
        "evaluate",
    ]
    scalars = [Variable(name) for name in names]
    square = sum(v.reference for v in scalars) ** 2
    rhs = Sum(call("exp", -square * weight.reference) * call("max", square, Integer(1)), i.limits)
    derivation = Derivation(
        (Equation("out", rhs=rhs), Equation("int", (i,), rhs=square * weight.reference)), (*scalars, weight)
    )
    given = {name: number / 50 for number, name in enumerate(names, 1)} | {"u": np.array([0.5, 2.0])}
    got = compile_in("c", derivation, ["out", "int"])(**given)
    power = sum(range(1, len(names) + 1)) ** 2 / 2500
    close(got["out"], (np.exp(-power * given["u"]) * max(power, 1)).sum())
    close(got["int"], power * given["u"])


def test_one_output_may_be_another_or_an_input():
    h, again = Equation("h", (i,), rhs=2 * weight.reference), Equation("again", (i,), rhs=2 * weight.reference)
    same, number = Equation("same", (i,), rhs=weight.reference), Equation("number", rhs=eps.reference)
    turned = Equation("turned", (k, i), rhs=y.reference)
    read = Equation("read", rhs=Sum(again.reference * same.reference, i.limits) * number.reference)
    derivation = Derivation((h, again, same, number, turned, read), (weight, y), (eps,))
    arrays = data(weight, y, eps)
    got = compile_in("c", derivation, ["again", "h", "same", "number", "turned", "read", "h"])(**arrays)
    u = arrays["u"]
    for name, expected in {
        "h": 2 * u,
        "again": 2 * u,
        "same": u,
        "number": arrays["eps"],
        "turned": arrays["y"].T,
    }.items():
        assert np.array_equal(got[name], expected), name
    close(got["read"], 2 * u @ u * arrays["eps"])


# What does not fit


def out(rhs, *indices, inputs=(weight,)):
    return compile_in("c", Derivation((Equation("out", indices, rhs=rhs),), inputs), ["out"])


def test_a_size_is_read_off_an_array_that_is_shorter_by_one():
    o = index("o", m - 1)
    g = Variable("g", (o,))
    assert np.array_equal(out(m * g.reference, o, inputs=(g,))(g=[1, 2])["out"], [3, 6])


def test_a_helper_brings_those_it_needs():
    assert out(call("softplus", eps.reference), inputs=(eps,))(eps=0)["out"] == np.log(2)


def test_no_memory_outside_an_array_is_read():
    third, window = out(weight.at(3)), out(weight.at(n) + eps.reference)
    assert third(u=[1, 2, 5])["out"] == 5
    for compiled, arrays in (
        (third, {"u": [1, 2]}),
        (window, {"u": [1, 2], "n": 3, "eps": 1}),
        (window, {"u": [1], "n": 0, "eps": 1}),
    ):
        with pytest.raises(SymnetError, match="an index is outside its array in evaluate"):
            compiled(**arrays)
    moved = index("o", n)
    gathered = out(weight.at(2 * moved.symbol), moved)
    close(gathered(u=[1, 2, 3, 4], n=2)["out"], [2, 4])
    with pytest.raises(SymnetError, match="an index is outside its array in evaluate: with m = 5, n = 3"):
        gathered(u=[1, 2, 3, 4, 5], n=3)
    sliced = out(Sum(weight.at(i.symbol), (i.symbol, 1, n)))
    assert sliced(u=[1, 2, 3], n=2)["out"] == 3
    with pytest.raises(SymnetError, match="an index is outside"):
        sliced(u=[1, 2, 3], n=4)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"u": [1.0, 2], "g": [1.0, 2]}, r"g has the shape \(2,\) instead of \(1,\)"),
        ({"u": [1.0, 2]}, "the argument g is missing"),
        ({"u": [[1.0]], "g": []}, "u has 2 axes instead of 1"),
        ({"u": np.ones(2, np.float16), "g": np.ones(1, np.float16)}, "in float64 or float32, not in float16"),
        ({"u": np.ones(2, complex), "g": np.ones(1)}, "in float64 or float32, not in complex128"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_refused(given, message):
    o = index("o", m - 1)
    g = Variable("g", (o,))
    compiled = out(g.reference + weight.at(o.symbol + 1) / Rational(3), o, inputs=(weight, g))
    with pytest.raises(SymnetError, match=message):
        compiled(**given)


@pytest.mark.parametrize(
    ("compiler", "message"),
    [
        ("no-such-compiler -x", "there is no C compiler 'no-such-compiler' here"),
        ("false", "the C compiler 'false' failed"),
    ],
)
def test_a_compiler_that_is_missing_or_fails_is_named(monkeypatch, compiler, message):
    monkeypatch.setenv("CC", compiler)
    with pytest.raises(SymnetError, match=message):
        out(eps.reference)
    assert "*out = eps;" in source("c", Derivation((Equation("out", rhs=eps.reference),)), ["out"])


def test_more_arguments_than_python_can_pass_are_refused():
    with pytest.raises(SymnetError, match="evaluate takes 1101 arguments"):
        out(total(*(Symbol(f"w{number}") for number in range(1100))))


def test_the_file_serves_a_program_in_c(tmp_path: Path) -> None:
    """Compiled with somebody's own main, without Python."""
    mean = Derivation((Equation("C", (k,), rhs=Sum(y.reference, i.limits) / m),), (y,))
    program = "#include <stdio.h>\nint main(void) { double y[] = {1, 2, 3, 5}, C[2]; int status = mean(2, 2, y, C);\n"
    program += 'printf("%d %g %g", status, C[0], C[1]); return 0; }\n'
    (tmp_path / "mean.c").write_text(source("c", mean, ["C"], "mean") + program)
    subprocess.run(["cc", "-std=c99", "-o", tmp_path / "mean", tmp_path / "mean.c", "-lm"], check=True)
    assert subprocess.run([tmp_path / "mean"], capture_output=True, text=True).stdout == "0 2 3.5"

"""Programs of single numbers, packed: the same values as the equations, by whatever calls."""

import ast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, S, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, total
from symnet.numeric.compile import compile_numpy
from symnet.operations import OPERATIONS, call
from symnet.sums import Sum
from tests.benchmarks.mlp import arrays, normalized_mlp
from tests.builders import M, normalized_chain
from tests.numeric.interpreter import interpret

a, b, c = (Symbol(name) for name in "abc")
VALUES = {a: Rational(3, 2), b: Rational(-2, 3), c: Rational(5, 7)}
m, n = size("m"), size("n")


def scalar(*equations, style="packed", outputs=None):
    derivation = Derivation(tuple(Equation(name, rhs=rhs) for name, rhs in equations))
    return compile_numpy(derivation, outputs or [name for name, _ in equations], style=style)


def entries(values):
    """Each entry of each array under the name that writing the derivation out gives it."""
    for name, array in values.items():
        for where in np.ndindex(np.shape(array)):
            yield "_".join((name, *(str(place + 1) for place in where))), array[where]


expressions = st.recursive(
    st.sampled_from(list(VALUES)) | st.fractions(-3, 3, max_denominator=4).map(lambda q: Rational(str(q))),
    lambda below: st.one_of(
        st.lists(below, min_size=2, max_size=6).map(lambda parts: total(*parts)),
        st.lists(below, min_size=2, max_size=4).map(lambda parts: product(*parts)),
        st.tuples(below, st.sampled_from([-2, -1, 2, 3])).map(
            lambda pair: 1 + pair[0] ** 2 if pair[1] < 0 and pair[0] == 0 else pair[0] ** pair[1]
        ),
    ),
    max_leaves=10,
)


@settings(max_examples=40, deadline=None)
@given(expressions, expressions)
def test_values_are_the_exact_ones(first, second):
    exact = {}
    for name, rhs in (("p", first), ("q", second)):
        exact[name] = rewrite(rhs, lambda node: VALUES.get(node))
    if any(not value.is_Rational or abs(value) > 10**6 for value in exact.values()):
        return  # a division by 0
    compiled = scalar(("p", first), ("q", second), ("s", total(Symbol("p"), Symbol("q"))))
    given = {v.name: float(VALUES[v]) for v in VALUES if v.name in {argument.name for argument in compiled.arguments}}
    with np.errstate(all="ignore"):
        got = compiled(**given)
    if all(np.isfinite(value) for value in got.values()):
        np.testing.assert_allclose(float(got["p"]), float(exact["p"]), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(float(got["s"]), float(exact["p"] + exact["q"]), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("rhs", "exact"),
    [
        (a - b, Rational(13, 6)),
        (-a, Rational(-3, 2)),
        (-a - b - c, Rational(-3, 2) + Rational(2, 3) - Rational(5, 7)),
        (1 / a, Rational(2, 3)),
        (-2 * a / (3 * b * c), Rational(-2) * Rational(3, 2) / (3 * Rational(-2, 3) * Rational(5, 7))),
        (a**2 + b**2 - c**2 + 1 + 2 * a * b * c, None),
        (a * b + b * c + a * c - a / b, None),
        (a**7, Rational(3, 2) ** 7),
        (S(3), S(3)),
        (a, Rational(3, 2)),
    ],
)
def test_each_kind_of_call(rhs, exact):
    exact = rewrite(rhs, lambda node: VALUES.get(node)) if exact is None else exact
    for style in ("packed", "scalar"):
        compiled = scalar(("out", rhs), style=style)
        given = {argument.name: float(VALUES[Symbol(argument.name)]) for argument in compiled.arguments}
        np.testing.assert_allclose(compiled(**given)["out"], float(exact), rtol=1e-14)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_of_the_table(name):
    rhs = call(name, *(a, b)[: OPERATIONS[name].arity])
    packed, plain = (scalar(("out", rhs), style=style) for style in ("packed", "plain"))
    for point in ((0.7, 0.25), (1.5, 2.5)):
        given = {k.name: v for k, v in zip(plain.arguments, point, strict=False)}
        np.testing.assert_allclose(packed(**given)["out"], plain(**given)["out"], rtol=1e-14)


@pytest.mark.parametrize("sizes", [(2, 3), (7, 2)])
def test_a_network_written_out_has_the_gradients_of_the_network(sizes):
    values = arrays(2, sizes[1], sizes[0])
    derivation = gradient(normalized_mlp(2), "L")
    written = derivation.instantiate({m: sizes[0], n: sizes[1]})
    wanted = [e.name for e in written if e.name.startswith(("L", "dL_dW", "dL_da", "dL_db"))]
    got = compile_numpy(written, wanted, style="packed")(**dict(entries(values)))
    expected = dict(entries(interpret(derivation, {m: sizes[0], n: sizes[1]}, values)))
    for name in wanted:
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-9, atol=1e-12)


def test_what_is_alike_is_one_call():
    """Twice the objects are as many statements."""
    texts = []
    for objects in (6, 12):
        written = gradient(normalized_chain(2), "L").instantiate({M: objects})
        texts.append(compile_numpy(written, ["L", "dL_dw1"], style="packed").source)
    few, many = (len([line for line in text.splitlines() if line.startswith("    v[")]) for text in texts)
    assert few == many < 60
    assert all("import" not in line or line.split()[1] in ("base64", "numpy", "zlib") for line in texts[0].splitlines())
    ast.parse(texts[0])


def test_thousands_of_equations_are_packed_and_few_are_not():
    i = index("i", m)
    x = Variable("x", (i,))
    squares = Equation("s", (i,), rhs=x.reference**2)
    derivation = Derivation((squares, Equation("t", rhs=Sum(squares.reference, i.limits))), (x,))
    styles = [compile_numpy(derivation.instantiate({m: objects}), ["t"]).style for objects in (20, 2000)]
    assert styles == ["scalar", "packed"]
    assert compile_numpy(derivation, ["t"]).style == "numpy"
    # one that is left with a sum of symbolic size cannot be
    left = derivation.instantiate({m: 1200}).extend(
        [Equation("u", rhs=Sum(n * Symbol("v"), (Symbol("q", integer=True), 1, n)))]
    )
    everything = [e.name for e in left]
    assert compile_numpy(left, everything).style == "numpy"


def test_operands_and_outputs_that_are_all_the_same_entry():
    p = Symbol("p")
    four = total(*(product(Rational(2), call("tanh", k * a)) for k in (1, 2, 3, 4)))
    squares = total(a**2, b**2, c**2, 1)
    compiled = scalar(
        ("p", a), ("q", a), ("r", four), ("s", squares), ("t", p / c), ("u", b / c), outputs=["p", "q", "r", "s"]
    )
    result = compiled(a=0.5, b=2.0, c=3.0)
    assert (result["p"], result["q"], result["s"]) == (0.5, 0.5, 14.25)
    np.testing.assert_allclose(result["r"], sum(2 * np.tanh(k * 0.5) for k in (1, 2, 3, 4)), rtol=1e-14)
    assert scalar(("p", a), ("q", a + b), outputs=["p", "p"])(a=1.0) == {"p": 1.0}
    same = compile_numpy(Derivation((Equation("p", rhs=a), Equation("q", rhs=p))), ["p", "q"], style="packed")
    assert same(a=2.0) == {"p": 2.0, "q": 2.0}
    x, y = Symbol("x"), Symbol("y")
    doubled = scalar(("s", a * x + a * y + b * x + x), ("t", 5 * a + 5 * b + 5 * c + 5 * x))
    assert doubled(a=1.0, b=2.0, c=3.0, x=4.0, y=5.0) == {"s": 21.0, "t": 50.0}


def test_abstract_functions_and_the_type_of_the_arguments():
    compiled = scalar(("z", a * b + 1), ("h", call("f", Symbol("z"))), ("g", call("f", Symbol("z"), order=1)))
    functions = {"f": np.tanh, "fprime": lambda z: 1 - np.tanh(z) ** 2}
    result = compiled(a=np.float32(0.5), b=np.float32(2), **functions)
    assert {value.dtype for value in result.values()} == {np.dtype("float32")}
    np.testing.assert_allclose(result["h"], np.tanh(2), rtol=1e-6)
    assert compiled(a=1, b=2, **functions)["z"] == 3
    assert [argument.kind for argument in compiled.arguments] == ["array", "array", "function", "function"]


def test_wrong_arguments_are_named():
    compiled, indexed = scalar(("z", a * b + 1)), Derivation((Equation("s", (index("i", m),), rhs=a),))
    with pytest.raises(SymnetError, match="the argument b is missing"):
        compiled(a=1)
    with pytest.raises(SymnetError, match="there is no argument 'd'; they are a, b"):
        compiled(a=1, b=2, d=3)
    with pytest.raises(SymnetError, match="a has 1 axes instead of 0"):
        compiled(a=[1, 2], b=2)
    with pytest.raises(SymnetError, match="s has indices: fill them in with `instantiate`"):
        compile_numpy(indexed, ["s"], style="packed")
    with pytest.raises(SymnetError, match="u has indices"):
        scalar(("u", Sum(a, (Symbol("q", integer=True), 1, n))))
    with pytest.raises(SymnetError, match="u depends on the size or index n"):
        scalar(("u", a + n))
    with pytest.raises(SymnetError, match="'evaluate it' cannot be a name"):
        compile_numpy(Derivation((Equation("u", rhs=a),)), ["u"], "evaluate it", "packed")
    with pytest.raises(SymnetError, match="'x y' cannot be a name"):
        scalar(("u", Symbol("x y")))

"""Compiled in every style, a derivation has the values it has exactly, and no array is overwritten too early."""

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp
from sympy import Expr

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.network.network import Network
from symnet.numeric import plan
from symnet.numeric.compile import STYLES, Compiled, compile_numpy
from symnet.operations import call, sqrt
from symnet.sums import sum_over
from tests.benchmarks.cost import cost
from tests.benchmarks.mlp import arrays, by_hand, compiled, normalized_mlp
from tests.builders import normalized_chain
from tests.laws.rigour import filled_gradient, partials, values
from tests.laws.test_numbers import columns_of, law
from tests.strategies import KINKED, SMOOTH, networks, points


@settings(law, max_examples=12)
@given(networks(activations=SMOOTH + KINKED), st.data())
def test_every_style_has_the_exact_values(network: Network, data) -> None:
    point = data.draw(points(network))
    wanted = ["L", *partials(network.parameters).values()]
    balls = values(filled_gradient(network), point)
    expected = np.array([float(balls[name].mid()) for name in wanted])
    assume(np.abs(expected).max() < 1e6)  # floats lose digits at ill-conditioned points
    numbers = {name: float(value) for name, value in point.items()}
    for style in STYLES:
        derivation = filled_gradient(network) if style in ("scalar", "packed") else gradient(network.derivation, "L")
        given_arrays = numbers if style in ("scalar", "packed") else {**numbers, **columns_of(network)}
        function = compile_numpy(derivation, wanted, style=style)
        assert not function.workspace or not stale(function.source)
        got = function(**given_arrays)
        tolerance = {"rtol": 1e-9, "atol": 1e-10 * (1 + np.abs(expected).max())}
        np.testing.assert_allclose([float(got[name]) for name in wanted], expected, **tolerance)


@st.composite
def derivations(draw: st.DrawFn) -> Derivation:
    """A few equations over objects and neurons, each made of those before it, and the gradient of their squares."""
    i, j, k = index("i", size("m")), index("j", size("n")), index("k", size("n"))
    inputs = (Variable("x", (i, k)), Variable("w", (j, k)), Variable("u", (i,)), Variable("b", (k,)), Variable("c"))
    known, equations = list(inputs), list[Equation]()
    for number in range(draw(st.integers(2, 5))):
        letters = {size("m"): [i.symbol], size("n"): [j.symbol, k.symbol]}
        leaves = [v.at(*at) for v in known for at in product(*(letters[q.size] for q in v.indices))]
        rhs = draw(st.recursive(st.sampled_from(leaves[-12:]), larger, max_leaves=6))
        rhs = rhs if rhs.free_symbols & {i.symbol, j.symbol, k.symbol} else rhs * leaves[-1]
        free = [q for q in (i, j, k) if q.symbol in rhs.free_symbols]
        equations.append(Equation(f"e{number}", tuple(draw(st.permutations(free))), rhs=rhs))
        known.append(equations[-1])
    total = sum(sum_over(call("tanh", e.reference) ** 2, *(q.limits for q in e.indices)) for e in equations)
    return gradient(Derivation((*equations, Equation("L", rhs=total)), inputs), "L", [v.name for v in inputs])


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    limits = [index("i", size("m")).limits, index("k", size("n")).limits]
    sums = st.builds(lambda a, b, over: sum_over(a * b, over), inner, inner, st.sampled_from(limits))
    calls = st.builds(call, st.sampled_from(["tanh", "relu", "sigmoid"]), inner)
    return sums | calls | st.builds(lambda a, b: a * b, inner, inner) | st.builds(lambda a, b: a - 2 * b, inner, inner)


@settings(law, max_examples=30)
@given(derivations(), st.data())
def test_plans_of_random_equations_compute_what_plain_expressions_do(derivation: Derivation, data) -> None:
    wanted = data.draw(st.lists(st.sampled_from([e.name for e in derivation]), min_size=1, max_size=4, unique=True))
    rng = np.random.default_rng(5)
    planned, plain = (compile_numpy(derivation, wanted, style=style) for style in ("numpy", "plain"))
    values = {a.name: 3 for a in plain.arguments if a.kind == "size"}
    for argument in plain.arguments:
        if argument.kind == "array":
            values[argument.name] = rng.normal(size=[4 if k.size == size("m") else 3 for k in argument.indices])
    values |= {a.name: 4 for a in plain.arguments if a.name == "m"}
    got, expected = planned(**values), plain(**values)
    for name in wanted:
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-8, atol=1e-9 * (1 + np.abs(expected[name]).max()))
    assert not planned.workspace or not stale(planned.source)


# Buffers

NETWORK = gradient(normalized_mlp(3), "L")
NAMES = [equation.name for equation in NETWORK]
VALUES = arrays(3, 5, 7)


def agree(one: Compiled, other: Compiled) -> None:
    values = {a.name: VALUES[a.name] for a in one.arguments}
    got, expected = one(**values), other(**{a.name: VALUES[a.name] for a in other.arguments})
    for name in one.outputs:
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-9, atol=1e-12, err_msg=name)


EVERYTHING = compile_numpy(NETWORK, NAMES, style="plain")
SHALLOW = gradient(normalized_mlp(2), "L")
SHALLOW_NAMES = ["L", "dL_dW1", "dL_da1", "dL_db1", "dL_dW2"]
SHALLOW_PLAIN = compile_numpy(SHALLOW, SHALLOW_NAMES, style="plain")


@law
@given(st.sets(st.sampled_from(NAMES), min_size=1))
def test_whatever_is_asked_for_no_buffer_is_overwritten_too_early(names: set[str]) -> None:
    function = compile_numpy(NETWORK, sorted(names))
    agree(function, EVERYTHING)
    assert not function.workspace or not stale(function.source)


def stale(source: str) -> list[str]:
    """The names a statement reads although their buffer has been written to since, by the text alone."""
    owner, place, found = {}, {}, []
    for line in source[source.index("_arrays(workspace, real, ") :].splitlines():
        left, _, right = line.strip().partition("#")[0].partition(" = ")
        found += [name for name in re.findall(r"\w+", right) if name in place and owner[place[name]] != name]
        if written := re.search(r"out=(\w+)", right):
            owner[written[1]], place[left] = left, written[1]
    return found


def test_a_buffer_freed_too_early_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every array in turn is taken for dead one read too early: what is overwritten then, the values show."""
    last_reads, caught, number = plan.last_reads, 0, 0

    def early(steps: list[plan.Node], large: set[plan.Node]) -> dict[plan.Node, int]:
        reads = [last_reads(steps[: when + 1], large) for when in range(len(steps))]
        owner = list(reads[-1])[number % len(reads[-1])]
        earlier = {r[owner] for r in reads if owner in r} - {reads[-1][owner]}
        return reads[-1] | {owner: max(earlier, default=reads[-1][owner])}

    monkeypatch.setattr(plan, "last_reads", early)
    for number in range(40):  # noqa: B007 read by `early`
        function = compile_numpy(SHALLOW, SHALLOW_NAMES)
        if stale(function.source):
            caught += 1
            with pytest.raises(AssertionError):
                agree(function, SHALLOW_PLAIN)
    assert caught >= 5


def test_a_workspace_keeps_the_arrays_and_forgets_the_data() -> None:
    function, workspace = compiled(normalized_mlp(3)), {}
    first = function(workspace, **VALUES)["dL_dW1"]
    kept = first.copy()
    for m, dtype in ((7, np.float64), (4, np.float64), (7, np.float32)):
        other = arrays(3, 5, m, dtype)
        got = function(workspace, **{**other, "x": other["y"]})
        fresh = function(**{**other, "x": other["y"]})
        assert all(np.array_equal(got[name], fresh[name]) and got[name].dtype == dtype for name in got)
        if (m, dtype) == (7, np.float64):
            assert got["dL_dW1"] is not fresh["dL_dW1"]
            assert np.shares_memory(got["dL_dW1"], first)  # the workspace's own, overwritten
            assert not np.array_equal(first, kept)
    assert not any(np.shares_memory(array, value) for array in workspace["arrays"] for value in VALUES.values())


def test_what_a_function_returns_may_be_its_argument() -> None:
    i = index("i", size("m"))
    x, c = Variable("x", (i,)), Variable("c")
    h = Equation("h", (i,), rhs=call("f", c.reference * x.reference))
    other = Equation("e", (i,), rhs=call("tanh", x.reference + 1))  # needs an array where c*x seems to be dead
    out = Equation("out", (i,), rhs=h.reference * other.reference)
    function = compile_numpy(Derivation((h, other, out), (x,), (c,)), ["out"])
    values = np.array([0.5, -1.0, 2.0])
    expected = 3 * values * np.tanh(values + 1)
    for identity in (lambda z: z, lambda z: z[:], np.copy):
        np.testing.assert_allclose(function(x=values, c=3.0, f=identity)["out"], expected, rtol=1e-14)


def test_the_benchmark_computes_what_the_hand_written_network_does() -> None:
    loss, *lists = by_hand(3, VALUES)()
    got = compiled(normalized_mlp(3))(**VALUES)
    np.testing.assert_allclose(got["L"], loss, rtol=1e-12)
    for name, gradients in zip("Wab", lists, strict=True):
        for layer, expected in enumerate(gradients, 1):
            np.testing.assert_allclose(got[f"dL_d{name}{layer}"], expected, rtol=1e-10, atol=1e-13)


# A mean far from zero


def normalization(own_rows: bool) -> Derivation:
    """xhat = (x - C)/S for two features; over the first m - 2 objects where own_rows."""
    m = size("m")
    i, k, last = index("i", m), index("k", 2), m - 2 if own_rows else m
    x = Variable("x", (i, k))
    over = (i.symbol, 1, last)
    mean = Equation("C", (k,), rhs=sum_over(x.reference, over) / last)
    deviation = Equation("S", (k,), rhs=sqrt(sum_over((x.reference - mean.reference) ** 2, over) / last))
    hat = Equation("xhat", (i, k), rhs=(x.reference - mean.reference) / deviation.reference)
    return Derivation((mean, deviation, hat), (x,))


@pytest.mark.parametrize("own_rows", [False, True])
@pytest.mark.parametrize(
    ("dtype", "mean"), [(np.float64, 1.0), (np.float64, 1e4), (np.float64, 1e8), (np.float32, 1e3)]
)
def test_mean_and_deviation_are_right_to_a_few_ulps_however_far_the_mean_is(dtype, mean, own_rows) -> None:
    x = (mean + np.random.default_rng(3).normal(size=(500, 2))).astype(dtype)
    got = compile_numpy(normalization(own_rows), ["S", "xhat"])(x=x)
    unit = np.finfo(dtype).eps
    with mp.workdps(40):
        for column in range(2):
            exact = [mp.mpf(float(value)) for value in x[:, column]]
            part = exact[:-2] if own_rows else exact
            centre = mp.fsum(part) / len(part)
            spread = mp.sqrt(mp.fsum((value - centre) ** 2 for value in part) / len(part))
            assert abs(float(got["S"][column]) / spread - 1) < 3 * unit
            for got_hat, value in zip(got["xhat"][:, column], exact, strict=True):
                hat = (value - centre) / spread
                assert abs(float(got_hat) - hat) < 4 * unit * max(1, abs(hat))


# The cost of a gradient


@pytest.mark.parametrize("network", [normalized_mlp, normalized_chain])
def test_a_gradient_costs_at_most_twice_its_loss_and_grows_evenly_with_depth(network) -> None:
    derivations = [network(depth) for depth in range(1, 5)]
    gradients = [gradient(derivation, "L") for derivation in derivations]
    counts = [len(derived.equations) for derived in gradients]
    assert len(set(np.diff(counts[1:]))) == 1
    for derivation, derived in zip(derivations, gradients, strict=True):
        wanted = ["L", *(f"dL_d{p.name}" for p in derivation.parameters)]
        for sizes in ((8, 4), (128, 64)):
            assert cost(derived, wanted, *sizes) <= 3 * cost(derivation, ["L"], *sizes)

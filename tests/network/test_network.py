import pytest
from sympy import IndexedBase, Integer, Rational, Symbol, symbols

from symnet.differentiate import gradient
from symnet.errors import SymnetError
from symnet.expressions import substitute
from symnet.network import (
    Activate,
    Bias,
    Dense,
    Loss,
    Network,
    Neuron,
    Norm,
    Normalize,
    layered,
)
from symnet.operations import call, sqrt
from symnet.sums import Sum
from tests.builders import dropout_network, lecture_network

w1, w2, w3, w4, w01, w02, w03, x, y = symbols("w1 w2 w3 w4 w01 w02 w03 x y")
A, B, C, S = symbols("A B C S")
i, j = symbols("i j", integer=True)


def test_the_lecture_names_appear() -> None:
    example = lecture_network().example.tidy(keep={"A", "B", "C", "S", "L"})
    rhs = {e.name: e.rhs for e in example}
    assert rhs["A"] == call("f", -w1 + w01) * w3 + call("f", -w2 + w02) * w4
    assert rhs["B"] == call("f", w1 + w01) * w3 + call("f", w2 + w02) * w4
    assert rhs["C"] == (A + B) / 2 or rhs["C"].expand() == A / 2 + B / 2
    assert rhs["S"].args[0].expand() == (((A - C) ** 2 + (B - C) ** 2) / 2).expand()
    assert rhs["L"] == ((A - C) / S + w03 + 1) ** 2 + ((B - C) / S + w03 - 1) ** 2


def test_the_function_at_an_asked_x_keeps_C_and_S() -> None:
    function = lecture_network().function()
    value = function.unfold(function["F"].rhs)
    assert value == (call("f", w1 * x + w01) * w3 + call("f", w2 * x + w02) * w4 - C) / S + w03


def test_without_data_the_batch_is_symbolic() -> None:
    derivation = lecture_network(None).derivation
    m = Symbol("m", integer=True, positive=True)
    z = IndexedBase("z")
    assert derivation["C"].rhs == Sum(z[j], (j, 1, m)) / m
    with pytest.raises(SymnetError, match="no data"):
        _ = lecture_network(None).example


def test_names_of_objects_avoid_the_parameters() -> None:
    parameters = symbols("i j m k l n")
    formula = Norm(sum(parameters, Integer(0)) * x)
    derivation = Network(("x",), (Neuron("F", formula),)).derivation
    used = {k.symbol.name for e in derivation for k in e.indices}
    assert not used & {str(p) for p in parameters}


def test_statistics_may_come_from_a_few_objects() -> None:
    network = Network(("x",), (Neuron("F", Norm(w1 * x) + w01),), rows=((-1, -1), (1, 1), (2, 2)), statistics=(1, 2))
    rhs = {e.name: e.rhs for e in network.example}
    assert rhs["C"].expand() == Symbol("z_1") / 2 + Symbol("z_2") / 2
    assert str(rhs["L"]).count("F_") == 3
    slope = network.fill(gradient(network.derivation, "L"))
    assert "dL_dC" not in str(slope["dL_dz_3"].rhs)
    assert "dL_dC" in str(slope["dL_dz_2"].rhs)


def test_eps_and_ddof_are_where_the_formula_has_them() -> None:
    network = Network(("x",), (Neuron("F", Norm(w1 * x, Symbol("eps"), 1)),), rows=((1, 0), (2, 0), (4, 1)))
    deviation = network.example["S"].rhs
    z = symbols("z_1:4")
    squares = sum(((v - C) ** 2 for v in z), Integer(0))
    assert type(deviation) is type(sqrt(x))
    assert (deviation.args[0] - squares / 2 - Symbol("eps")).expand() == 0


def test_two_norms_have_statistics_of_their_own() -> None:
    network = layered(["x"], [Dense([["w2"]]), Normalize(), Activate("f"), Dense([["w3"]]), Normalize()])
    names = [e.name for e in network.derivation]
    assert names == ["z_1", "C_1", "S_1", "xhat_1", "h1_1", "z_2", "C_2", "S_2", "xhat_2", "F", "L"]


def test_several_outputs_and_a_loss_of_ones_own() -> None:
    network = Network(
        ("x",),
        (Neuron("F1", w1 * x), Neuron("F2", w2 * x)),
        outputs=("F1", "F2"),
        loss=Loss("mean", (Symbol("F1") - Symbol("y1")) ** 2 / 2 + call("abs", Symbol("F2") - Symbol("y2"))),
        rows=((1, 2, 3), (2, 3, 4)),
    )
    slope = network.fill(gradient(network.derivation, "L"))
    value = slope.unfold(slope["dL_dw1"].rhs)
    assert substitute(value, {w1: Integer(3)}) == Rational(1, 2) * (1 + 6)


def test_dropping_is_putting_the_mask_to_zero() -> None:
    network = lecture_network()
    d1, d2 = symbols("D1 D2")
    masked = Network(
        network.inputs,
        (*network.neurons[:2], Neuron("F", substitute(network.neurons[2].formula, {}))),
        rows=network.rows,
    )
    masked_formula = Norm(d1 * Symbol("h1") * w3 + d2 * Symbol("h2") * w4) + w03
    masked = Network(network.inputs, (*network.neurons[:2], Neuron("F", masked_formula)), rows=network.rows)
    for dropped, mask in (("h1", {d1: 0, d2: 1}), ("h2", {d1: 1, d2: 0})):
        values = {k: Integer(v) for k, v in mask.items()}
        left = network.drop([dropped]).example.inline()["L"].rhs
        right = substitute(masked.example.inline()["L"].rhs, values)
        assert left == right


def test_a_dropped_neuron_has_gradient_zero() -> None:
    network = dropout_network().drop(["h1"])
    slope = network.fill(gradient(network.derivation, "L"))
    assert slope["dL_dw1"].rhs == 0
    assert slope["dL_dw01"].rhs == 0
    assert slope["dL_dw2"].rhs != 0
    assert network.parameters == ("w1", "w01", "w2", "w02")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["h1", "h2"], "dropping h1, h2 leaves no path"),
        (["x"], "dropping x leaves no path"),
        (["F"], "F is an output"),
        (["h9"], "no neuron or input 'h9' to drop; there are x, h1, h2"),
    ],
)
def test_impossible_masks_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(SymnetError, match=message):
        dropout_network().drop(names)


BAD = [
    (lambda: Network((), (Neuron("F", w1),)), "at least one input"),
    (lambda: Network(("x",), ()), "at least one neuron"),
    (lambda: Network(("x",), (Neuron("x", w1),)), "x is both an input and a neuron"),
    (lambda: Network(("x",), (Neuron("y", w1 * x),)), "y is both a neuron and a target"),
    (lambda: Network(("x",), (Neuron("h", Symbol("g1")), Neuron("g1", x))), "h uses g1 before"),
    (lambda: Network(("x",), (Neuron("F", w1 * x),), outputs=("G",)), "output G is not a neuron"),
    (lambda: Network(("x",), (Neuron("F", x),), loss=Loss("sum", Symbol("q"))), "the loss speaks of q"),
    (lambda: Network(("x",), (Neuron("F", Norm(C * x)),)), "C is the name of a mean"),
    (lambda: Network(("x",), (Neuron("F", w1 * x),), rows=()), "the data has no rows"),
    (lambda: Network(("x",), (Neuron("F", w1 * x),), rows=((1,),)), "row 1 of the data has 1 values"),
    (lambda: Network(("x",), (Neuron("F", Norm(w1 * x)),), rows=((1, 1),)), "norm over one object"),
    (
        lambda: Network(("x",), (Neuron("F", Norm(w1 * x)),), rows=((1, 1), (2, 2)), statistics=(2, 2)),
        "norm over one object",
    ),
    (
        lambda: Network(("x",), (Neuron("F", Norm(w1 * x)),), rows=((1, 1), (2, 2)), statistics=(1, 3)),
        "statistics rows 1..3",
    ),
    (lambda: Network(("x",), (Neuron("F", Norm(w1 * x, 1, 2)),), rows=((1, 1), (2, 2))), "ddof=2"),
    (lambda: Network(("x",), (Neuron("F1", x), Neuron("F2", x)), ("F1", "F2"), ("y",)), "2 outputs and 1"),
]


@pytest.mark.parametrize(("build", "message"), BAD)
def test_what_does_not_fit_together_is_refused(build, message: str) -> None:
    with pytest.raises(SymnetError, match=message):
        build()


def test_layers_write_the_lecture_network() -> None:
    network = layered(
        ["x"],
        [Dense([["w1", "w2"]], ["w01", "w02"]), Activate("f"), Dense([["w3"], ["w4"]]), Normalize(), Bias("w03")],
        rows=((-1, -1), (1, 1)),
    )
    assert network.example.inline()["L"].rhs == lecture_network().example.inline()["L"].rhs


def test_scale_and_shift_per_network_layer_or_neuron() -> None:
    def parameters(**options) -> set[str]:
        layers = [Dense([["u", "v"]]), Normalize(**options), Dense([["p"], ["q"]]), Normalize(**options)]
        return (
            set(layered(["x"], layers[:2]).parameters) if "many" in options else set(layered(["x"], layers).parameters)
        )

    assert parameters(scale="a", shift="b") == {"u", "v", "p", "q", "a", "b"}
    both = layered(["x"], [Dense([["u", "v"]]), Normalize(scale=["a1", "a2"], shift=["b1", 0])])
    assert set(both.parameters) == {"u", "v", "a1", "a2", "b1"}


def test_order_of_layers_decides_where_the_bias_is() -> None:
    before = layered(["x"], [Dense([["w"]], bias="v"), Normalize(), Activate("f")])
    after = layered(["x"], [Dense([["w"]]), Normalize(), Bias("v"), Activate("f")])
    last = layered(["x"], [Dense([["w"]], bias="v"), Activate("f"), Normalize()])
    w, v = symbols("w v")
    assert before.neurons[0].formula == call("f", Norm(w * x + v))
    assert after.neurons[0].formula == call("f", Norm(w * x) + v)
    assert last.neurons[0].formula == Norm(call("f", w * x + v))


def test_a_zero_weight_is_no_connection() -> None:
    network = layered(["x"], [Dense([["u", 0]]), Activate("f"), Dense([[1], ["q"]])])
    assert not network.is_connected(["h1_1"])
    with pytest.raises(SymnetError, match="no path"):
        network.drop(["h1_1"])


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Dense([["u"], ["v"]])], "2 rows for 1 signals"),
        ([Dense([["u", "v"]]), Normalize(scale=["a"])], "1 values of scale for a layer of 2"),
        ([Dense([["u", "v"]], bias=["a", "b", "c"])], "3 values of bias"),
    ],
)
def test_widths_that_do_not_fit_are_refused(layers, message: str) -> None:
    with pytest.raises(SymnetError, match=message):
        layered(["x"], layers)

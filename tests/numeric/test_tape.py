from functools import reduce
from operator import mul

import numpy as np
import pytest
from sympy import Rational, symbols

from symnet.errors import DegenerateError
from symnet.network.neurons import Loss, Neuron, Norm
from symnet.numeric.reference import Activation, Tape, batchnorm_backward, batchnorm_forward
from symnet.operations import call
from tests.numeric import high_precision
from tests.numeric.tape_from_network import tape_from_network

x, y, h1, h2, u, v, F, eps, a, b = symbols("x y h1 h2 u v F eps a b")
w1, w2, w3, w4, w01, w02, w03 = symbols("w1 w2 w3 w4 w01 w02 w03")
COLUMNS = {"x": np.array([-1.0, 0.5, 2.0, 0.25]), "y": np.array([0.3, -1.0, 1.5, 0.7])}


def finite_gradient(neurons, loss, parameters, statistics):
    """The gradient at fifty digits, from an evaluation of the formulas that shares nothing with the tape."""
    names = list(parameters)

    def norm(z, e, ddof):
        chosen = z[statistics]
        mean = sum(chosen) / len(chosen)
        variance = sum((q - mean) ** 2 for q in chosen) / (len(chosen) - ddof)
        return np.array([(q - mean) / high_precision.mp.sqrt(variance + e) for q in z])

    def evaluate(formula, known):
        if formula in known:
            return known[formula]
        if formula.is_Rational:
            return high_precision.mpf(formula.p) / formula.q
        if isinstance(formula, Norm):
            return norm(evaluate(formula.args[0], known), evaluate(formula.args[1], known), int(formula.args[2]))
        values = [evaluate(child, known) for child in formula.args]
        if formula.is_Add:
            return sum(values)
        if formula.is_Mul:
            return reduce(mul, values)
        if formula.is_Pow:
            return values[0] ** int(formula.exp)
        return np.array([high_precision.mp.tanh(entry) for entry in values[0]])

    def functional(point):
        known = {symbols(name): point[k] for k, name in enumerate(names)}
        known |= {symbols(name): high_precision.exactly(column) for name, column in COLUMNS.items()}
        for neuron in neurons:
            known[symbols(neuron.name)] = evaluate(neuron.formula, known)
        column = evaluate(loss.formula, known)
        return column.sum() / (len(column) if loss.reduction == "mean" else 1)

    gradient = high_precision.gradient(functional, (np.array(list(parameters.values())),), 0)
    return dict(zip(names, gradient, strict=True))


NETWORKS = {
    "the lecture's two neurons": [
        Neuron("h1", call("tanh", w1 * x + w01)),
        Neuron("h2", call("tanh", w2 * x + w02)),
        Neuron("F", a * Norm(h1 * w3 + h2 * w4, eps) + w03),
    ],
    "nested norms with both denominators": [
        Neuron("u", Norm(w1 * x**2 + w2 * x, Rational(1, 10), 1)),
        Neuron("v", call("tanh", a * u + b) / (u**2 + 2)),
        Neuron("F", w3 * Norm(v - w4 * x) - u**3 * v),
    ],
}
PARAMETERS = dict(
    zip(("w1", "w2", "w3", "w4", "w01", "w02", "w03"), (0.7, -1.1, 0.4, 1.3, 0.2, -0.5, 0.9), strict=True)
)
PARAMETERS |= {"a": 1.6, "b": -0.35, "eps": 0.2}


@pytest.mark.parametrize("neurons", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("loss", [Loss("sum", (F - y) ** 2), Loss("mean", (F - y) ** 2 / 2)], ids=["sum", "mean"])
@pytest.mark.parametrize("statistics", [slice(None), slice(0, 3)], ids=["all", "first three"])
def test_gradients_at_fifty_digits(neurons, loss, statistics):
    tape, nodes = tape_from_network(neurons, loss, COLUMNS, PARAMETERS, statistics)
    gradient, expected = tape.backward(nodes["L"]), finite_gradient(neurons, loss, PARAMETERS, statistics)
    assert gradient.keys() == PARAMETERS.keys()
    for name in gradient:
        assert gradient[name] == pytest.approx(expected[name], rel=1e-11, abs=1e-13), name


def test_an_abstract_activation_is_given_by_its_value_and_derivative():
    square = Activation(lambda u: u**2, lambda dout, u: (2 * u * dout,))
    neurons, loss = [Neuron("F", call("f", w1 * x))], Loss("sum", F * y)
    tape, nodes = tape_from_network(neurons, loss, COLUMNS, {"w1": 3.0}, activations={"f": square})
    assert tape.backward(nodes["L"])["w1"] == pytest.approx((6 * COLUMNS["x"] ** 2 * COLUMNS["y"]).sum())


def test_norm_agrees_with_the_batchnorm_layer():
    dout, rows = np.array([0.5, -1.0, 2.0, 0.1]), slice(0, 3)
    tape = Tape()
    w = tape.parameter("w", 1.0)
    normalized = tape.norm(tape.mul(w, tape.constant(COLUMNS["x"])), tape.constant(0.3), 1, rows)
    loss = tape.total(tape.mul(normalized, tape.constant(dout)))
    column, one = COLUMNS["x"][:, None], np.ones(1)
    out, cache = batchnorm_forward(column, one, 0 * one, 0.3, 1, rows)
    np.testing.assert_allclose(normalized.value, out[:, 0], rtol=1e-14)
    dx, _, _ = batchnorm_backward(dout[:, None], cache)
    assert tape.backward(loss)["w"] == pytest.approx((dx * column).sum(), rel=1e-12)


def test_a_parameter_the_loss_does_not_see_has_gradient_zero():
    tape = Tape()
    tape.parameter("unused", 2.0)
    w = tape.parameter("w", 2.0)
    assert tape.backward(tape.mul(w, w)) == {"unused": 0.0, "w": 4.0}


def test_the_operations_by_hand():
    tape = Tape()
    v, w, column = tape.parameter("v", 3.0), tape.parameter("w", -2.0), tape.constant(np.array([1.0, 4.0]))
    quotient = tape.div(tape.mul(column, v), tape.add(w, column))  # 3/-1 and 12/2
    assert tape.backward(tape.total(tape.power(quotient, 2))) == pytest.approx(
        {"v": 2 * (9 + 36) / 3, "w": -2 * (9 / -1 + 36 / 2)}
    )


def test_norm_refuses_what_has_no_deviation():
    tape = Tape()
    with pytest.raises(DegenerateError, match="constant"):
        tape.norm(tape.constant(np.ones(3)))
    with pytest.raises(DegenerateError, match="1 - 1"):
        tape.norm(tape.constant(np.ones(3)), ddof=1, rows=slice(0, 1))

import numpy as np
import pytest
from flint import arb, ctx

from symnet.numeric.reference import ACTIVATIONS
from symnet.operations import OPERATIONS
from tests.numeric import high_precision

# Points on both sides of every kink, none on one; the positive ones alone where the function needs it.
POINTS = [-12.0, -5.5, -1.25, -0.3, -1e-3, 2e-3, 0.4, 1.75, 6.5, 12.0]
PARAMETERS = {"leaky_relu": 0.15, "elu": 1.3}  # slope, alpha
SECOND = {"max": 0.7, "min": 0.7}


def arguments(name):
    points = [p for p in POINTS if p > 0 or name not in ("sqrt", "log")]
    second = PARAMETERS.get(name, SECOND.get(name))
    return (np.array(points),) if second is None else (np.array(points), np.full(len(points), second))


def ball(name, *point):
    """The table's own rigorous enclosure, as an mpf of fifty digits."""
    with ctx.workdps(100):  # 1 + erf(-12/sqrt 2) is of the order of 1e-33
        value = OPERATIONS[name].ball(*(arb(str(p)) for p in point))
        return high_precision.mpf(value.str(55, radius=False))


def test_every_operation_has_a_reference():
    assert ACTIVATIONS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_values_lie_in_the_enclosures(name):
    given = arguments(name)
    expected = [float(ball(name, *map(high_precision.mpf, point))) for point in zip(*given, strict=True)]
    np.testing.assert_allclose(ACTIVATIONS[name].forward(*given), expected, rtol=5e-14)


@pytest.mark.parametrize("name", OPERATIONS)
def test_backward_is_the_derivative_times_any_upstream_gradient(name):
    given = arguments(name)
    dout = np.linspace(-2, 3, len(given[0])) + 0.1

    def functional(*point):
        values = [ball(name, *entries) for entries in zip(*point, strict=True)]
        return sum(d * v for d, v in zip(high_precision.exactly(dout), values, strict=True))

    gradients = ACTIVATIONS[name].backward(dout, *given)
    assert len(gradients) == OPERATIONS[name].arity
    for number, gradient in enumerate(gradients):
        expected = high_precision.gradient(functional, given, number)
        np.testing.assert_allclose(gradient, expected, rtol=1e-13, atol=1e-25)


@pytest.mark.parametrize("name", OPERATIONS)
def test_nothing_overflows_or_turns_to_nan_far_out(name):
    far = np.array([800.0, 1e5]) if name in ("sqrt", "log") else np.array([-1e5, -800.0, 0.5])
    given = (far,) if OPERATIONS[name].arity == 1 else (far, np.full_like(far, 0.3))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.all(np.isfinite(ACTIVATIONS[name].forward(*given)))
        assert all(np.all(np.isfinite(g)) for g in ACTIVATIONS[name].backward(np.ones_like(far), *given))


@pytest.mark.parametrize(
    ("name", "given", "gradients"),
    [
        ("relu", (0.0,), (0,)),
        ("abs", (0.0,), (0,)),
        ("leaky_relu", (0.0, 0.2), (0.2, 0)),
        ("elu", (0.0, 1.5), (1.5, 0)),
        ("max", (2.0, 2.0), (0, 1)),
        ("min", (2.0, 2.0), (1, 0)),
    ],
)
def test_conventions_at_kinks(name, given, gradients):
    for got, expected in zip(ACTIVATIONS[name].backward(1.0, *map(np.asarray, given)), gradients, strict=True):
        assert got == expected


@pytest.mark.parametrize("name", OPERATIONS)
def test_floating_types_are_kept(name):
    given = [a.astype(np.float32) for a in arguments(name)]
    results = [ACTIVATIONS[name].forward(*given), *ACTIVATIONS[name].backward(given[0], *given)]
    assert {r.dtype for r in results} == {np.dtype("float32")}

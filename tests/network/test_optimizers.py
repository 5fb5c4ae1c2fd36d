"""Optimizers as recurrences: against hand-written NumPy, against each other, and step by step by hand."""

from collections.abc import Mapping

import numpy as np
import pytest
from sympy import Expr, IndexedBase, Rational, S, Symbol

from symnet.equations import Equation
from symnet.errors import DegenerateError, SymnetError
from symnet.network.optimizers import OPTIMIZERS, PARAMETER, Optimizer, following
from symnet.numeric.reference import optimizers as reference
from symnet.operations import sqrt
from symnet.training import optimize
from symnet.truth.assumptions import positive
from symnet.truth.verdict import decide

w, u, alpha, gamma = map(Symbol, ("w", "u", "alpha", "gamma"))
x, v = (IndexedBase(name)[PARAMETER.symbol] for name in "xv")
SLOPES = {"w": 3 * w + u - 1, "u": w + 10 * u + 2}  # of a quadratic with its minimum away from 0
START = {"w": 1, "u": Rational(-1, 2)}
HYPER: Mapping[str, Expr] = {
    "alpha": Rational(1, 10),
    "gamma": Rational(1, 2),
    "beta1": Rational(3, 4),
    "beta2": Rational(7, 8),
    "rho": Rational(7, 8),
    "eps": Rational(1, 16),
    "delta0": Rational(1, 4),
    "eta_plus": Rational(6, 5),
    "eta_minus": Rational(1, 2),
    "delta_min": Rational(1, 5),
    "delta_max": Rational(2, 5),
}


def hyper(name: str) -> dict[str, Expr]:
    return {k: HYPER[k] for k in OPTIMIZERS[name].hyperparameters}


def by_numpy(name: str, steps: int) -> list[list[float]]:
    point, state = np.array([1.0, -0.5]), {}
    values = {k: float(u) for k, u in hyper(name).items()}
    run = [point.tolist()]
    for _ in range(steps):
        at = reference.look_ahead(point, state, values["gamma"]) if name == "nesterov" else point
        slope = np.array([3 * at[0] + at[1] - 1, at[0] + 10 * at[1] + 2])
        point, state = reference.OPTIMIZERS[name](point, slope, state, **values)
        run.append(point.tolist())
    return run


@pytest.mark.parametrize("name", sorted(reference.OPTIMIZERS))
def test_exact_runs_agree_with_numpy(name: str) -> None:
    exact = optimize(OPTIMIZERS[name], SLOPES, START, hyper(name), 3)
    found = [[float(point[p].ball(20).mid()) for p in SLOPES] for point in exact]
    np.testing.assert_allclose(found, by_numpy(name, 3), rtol=1e-13, atol=1e-13)


def test_a_run_as_expressions_is_the_exact_run() -> None:
    run = OPTIMIZERS["nesterov"].iterate(SLOPES, 3)
    exact = optimize(OPTIMIZERS["nesterov"], SLOPES, START, hyper("nesterov"), 3)
    values = {**START, **hyper("nesterov")}
    for point, numbers in zip(run, exact, strict=True):
        for name in SLOPES:
            assert numbers[name].exact == point[name].subs(values)


def test_momentum_by_hand() -> None:
    """On w^2/2 with alpha = 1/10, gamma = 1/2: v = 1, 7/5 for the heavy ball; half of that for the average."""
    runs = {
        "heavy_ball": ["1", "9/10", "19/25"],
        "heavy_ball_velocity": ["1", "9/10", "19/25"],
        "ema_momentum": ["1", "19/20", "351/400"],
        "ema_velocity": ["1", "19/20", "351/400"],
        "nesterov": ["1", "9/10", "153/200"],
        "nesterov_shifted": ["1", "17/20", "279/400"],
        "nesterov_velocity": ["1", "17/20", "279/400"],
        "nesterov_ema_velocity": ["1", "37/40", "1349/1600"],
    }
    for name, expected in runs.items():
        run = optimize(OPTIMIZERS[name], {"w": w}, {"w": 1}, hyper(name), 2)
        assert [point["w"].text for point in run] == expected


def proved(one: Optimizer, other: Optimizer, relation: Mapping[str, Expr]) -> bool:
    return all(decide(*pair).verdict == "proved" for pair in following(one, other, relation))


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("heavy_ball", "heavy_ball_velocity", {"v": -v / alpha}),
        ("ema_momentum", "ema_velocity", {"v": -v / alpha}),
        ("nesterov_shifted", "nesterov", {"x": x + gamma * v, "v": -v / alpha}),
        ("nesterov_velocity", "nesterov", {"x": x + gamma * v}),
    ],
)
def test_forms_of_one_method(one: str, other: str, relation: Mapping[str, Expr]) -> None:
    assert proved(OPTIMIZERS[one], OPTIMIZERS[other], relation)
    assert not proved(OPTIMIZERS[one], OPTIMIZERS[other], {**relation, "v": 2 * relation.get("v", v)})


def test_the_average_is_the_heavy_ball_with_another_rate() -> None:
    slower = OPTIMIZERS["heavy_ball"].with_hyperparameters({"alpha": alpha * (1 - gamma)})
    assert proved(OPTIMIZERS["ema_momentum"], slower, {"v": (1 - gamma) * v})
    assert not proved(OPTIMIZERS["ema_momentum"], OPTIMIZERS["heavy_ball"], {"v": (1 - gamma) * v})
    for one, other in (("ema_velocity", "heavy_ball_velocity"), ("nesterov_ema_velocity", "nesterov_velocity")):
        assert proved(OPTIMIZERS[one], OPTIMIZERS[other].with_hyperparameters({"alpha": alpha * (1 - gamma)}), {})


def test_a_gradient_taken_elsewhere_is_noticed() -> None:
    assert not proved(OPTIMIZERS["nesterov"], OPTIMIZERS["heavy_ball_velocity"], {})


def test_the_two_places_of_eps_in_adam() -> None:
    """The second form is the first with eps divided by the root of 1 - beta2^t."""
    first = OPTIMIZERS["adam"].step["x_next"].rhs
    p2, eps = Symbol("p2_next"), Symbol("eps")
    second = OPTIMIZERS["adam_eps_hat"].step["x_next"].rhs
    assert decide(*(one.subs(PARAMETER.symbol, 1) for one in (first, second))).verdict != "proved"
    slopes, known = {"w": Symbol("s")}, [positive(1 - p2), positive(Symbol("v_w_next"))]
    left, right = (OPTIMIZERS[name].on(slopes)["w_next"].rhs for name in ("adam", "adam_eps_hat"))
    assert decide(left, right.subs(eps, eps * sqrt(1 - p2)), assumptions=known).verdict == "proved"


def test_the_first_step_of_adam_is_alpha_in_every_direction() -> None:
    values = {**hyper("adam"), "eps": S.Zero}
    (_, after) = optimize(OPTIMIZERS["adam"], {"w": S(7), "u": -u}, {"w": 0, "u": 1000}, values, 1)
    assert [after[name].text for name in "wu"] == ["-1/10", "10001/10"]


def test_rprop_grows_shrinks_and_rests() -> None:
    """On |w|-like slopes of w^2/2 from 1/2: 1/4, then 1/4 * 6/5 past 0, then a rest at half the size, then back."""
    run = optimize(OPTIMIZERS["rprop"], {"w": w}, {"w": Rational(1, 2)}, hyper("rprop"), 4)
    # the steps: 0.25; 0.3; a flip, so 0.15 raised to the bound 0.2 and no move; 0.2 after the forgotten gradient
    assert [point["w"].text for point in run] == ["1/2", "1/4", "-1/20", "-1/20", "3/20"]


def test_a_step_that_divides_by_zero_says_so() -> None:
    with pytest.raises(DegenerateError, match="m_next = 0"):
        optimize(OPTIMIZERS["adam_by_norm"], {"w": w}, {"w": 0}, hyper("adam_by_norm"), 1)


def test_a_state_needs_its_next_value() -> None:
    with pytest.raises(SymnetError, match="the optimizer lame has no equation for v_next"):
        Optimizer("lame", (Equation("x_next", (PARAMETER,), rhs=x - v),), {"v": S.Zero})

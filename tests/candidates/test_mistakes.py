"""What can be wrong with one equation, rule by rule: each slip with what it writes, and no others."""

from collections import defaultdict
from collections.abc import Mapping

import pytest

from symnet.candidates.faults import LOSS
from symnet.candidates.mistakes import Mistake, mistakes
from symnet.candidates.specs import spec
from symnet.candidates.vocabulary import Names
from symnet.network.convolution import Window, convolution, pooling


def mistakes_in(name: str, equation: str) -> list[Mistake]:
    whole = spec(name).complete
    return list(mistakes(whole[equation], Names(whole, LOSS)))


def by_kind(name: str, equation: str) -> Mapping[str, set[str]]:
    """What is written instead, with the indices where they are others; without the multiples by some other name."""
    own, found = spec(name).complete[equation].indices, defaultdict(set)
    for mistake in mistakes_in(name, equation):
        if mistake.cost < 4:
            at = mistake.equation.indices
            where = "" if at == own else f" at {', '.join(k.symbol.name for k in at)}"
            found[mistake.kind].add(f"{mistake.equation.rhs}{where}")
    return found


DEVIATION = {
    "zero": {"0"},
    "sign": {"-sqrt(eps + V[k])", "sqrt(eps - V[k])"},
    "factor-extra": {"2*sqrt(eps + V[k])", "sqrt(eps + V[k])/2"},
    "mean-for-sum": {"sqrt(eps + V[k])/m", "sqrt(eps + V[k])/n"},
    "sum-for-mean": {"m*sqrt(eps + V[k])", "n*sqrt(eps + V[k])"},
    "wrong-variable": {"sqrt(eps + C[k])", "sqrt(eps + scale[k])", "sqrt(eps + shift[k])"},
    "power": {"1/sqrt(eps + V[k])", "eps + V[k]", "sqrt(eps + 1/V[k])", "sqrt(eps + V[k]**2)"},
    "eps-place": {"eps + sqrt(V[k])", "sqrt(2*eps + V[k])", "sqrt(eps**2 + V[k])"},
    "eps-lost": {"sqrt(V[k])"},
    "term-lost": {"sqrt(eps)"},
}
MEAN = {
    "zero": {"0"},
    "sign": {"-Sum(x[j, k], (j, 1, m))/m"},
    "factor-extra": {"2*Sum(x[j, k], (j, 1, m))/m", "Sum(x[j, k], (j, 1, m))/(2*m)"},
    "mean-for-sum": {"Sum(x[j, k], (j, 1, m))/m**2", "Sum(x[j, k], (j, 1, m))/(m*n)"},
    "sum-for-mean": {"Sum(x[j, k], (j, 1, m))", "n*Sum(x[j, k], (j, 1, m))/m"},
    "denominator": {"Sum(x[j, k], (j, 1, m))/(m - 1)", "Sum(x[j, k], (j, 1, m))/n"},
    "overwritten": {"x[m, k]/m", "x[1, k]/m"},
    "power": {"Sum(1/x[j, k], (j, 1, m))/m", "Sum(x[j, k]**2, (j, 1, m))/m"},
    "transposed": {"Sum(x[k, j], (j, 1, m))/m"},
}
WEIGHTS = {
    "zero": {"0"},
    "sign": {"-Sum(dL_dy[i, o]*x[i, k], (i, 1, m))"},
    "factor-extra": {
        "2*Sum(dL_dy[i, o]*x[i, k], (i, 1, m))", "Sum(dL_dy[i, o]*x[i, k], (i, 1, m))/2",
        "(1 - w[k, o]**2)*Sum(dL_dy[i, o]*x[i, k], (i, 1, m))",
        "(1 - w[k, o])*w[k, o]*Sum(dL_dy[i, o]*x[i, k], (i, 1, m))",
    },
    "mean-for-sum": {f"Sum(dL_dy[i, o]*x[i, k], (i, 1, m))/{size}" for size in "hmn"},
    "sum-for-mean": {f"{size}*Sum(dL_dy[i, o]*x[i, k], (i, 1, m))" for size in "hmn"},
    "wrong-variable": {
        "Sum(dL_dx[i, k]*dL_dy[i, o], (i, 1, m))", "Sum(dy[i, o]*x[i, k], (i, 1, m))",
        "Sum(x[i, k]*y[i, o], (i, 1, m))",
    },
    "overwritten": {"dL_dy[1, o]*x[1, k]", "dL_dy[m, o]*x[m, k]"},
    "factor-lost": {"Sum(dL_dy[i, o], (i, 1, m))", "Sum(x[i, k], (i, 1, m))"},
    "power": {
        "Sum(dL_dy[i, o]**2*x[i, k], (i, 1, m))", "Sum(dL_dy[i, o]*x[i, k]**2, (i, 1, m))",
        "Sum(dL_dy[i, o]/x[i, k], (i, 1, m))", "Sum(x[i, k]/dL_dy[i, o], (i, 1, m))",
    },
    "transposed": {
        "Sum(dL_dy[i, o]*x[k, i], (i, 1, m))", "Sum(dL_dy[o, i]*x[i, k], (i, 1, m))",
        "Sum(dL_dy[i, o]*x[i, k], (i, 1, m)) at o, k",
    },
    "sum-missing": {"dL_dy[i, o]*x[i, k] at i, k, o"},
}  # fmt: skip
STEP = {
    "zero": {"0"},
    "sign": {"-dL_dy[i]*step(x[i])"},
    "factor-extra": {
        "2*dL_dy[i]*step(x[i])", "dL_dy[i]*step(x[i])/2",
        "(1 - x[i])*dL_dy[i]*x[i]*step(x[i])", "(1 - x[i]**2)*dL_dy[i]*step(x[i])",
    },
    "mean-for-sum": {"dL_dy[i]*step(x[i])/m"},
    "sum-for-mean": {"m*dL_dy[i]*step(x[i])"},
    "wrong-variable": {
        "x[i]*step(x[i])", "dy[i]*step(x[i])", "y[i]*step(x[i])",
        "dL_dy[i]*step(dy[i])", "dL_dy[i]*step(y[i])", "dL_dy[i]*step(dL_dy[i])",
    },
    "factor-lost": {"step(x[i])", "dL_dy[i]"},
    "power": {
        "step(x[i])/dL_dy[i]", "dL_dy[i]**2*step(x[i])", "dL_dy[i]/step(x[i])", "dL_dy[i]*step(x[i])**2",
        "dL_dy[i]*step(1/x[i])", "dL_dy[i]*step(x[i]**2)",
    },
    "kink": {"(1 - step(-x[i]))*dL_dy[i]"},
    "wrong-call": {"dL_dy[i]*step(-x[i])"},
}  # fmt: skip
SOFTMAX = {
    "mean-for-sum": {
        "n*weight[i, k]/Sum(weight[i, q], (q, 1, n))", "weight[i, k]/(m*Sum(weight[i, q], (q, 1, n)))",
        "weight[i, k]/(n*Sum(weight[i, q], (q, 1, n)))",
    },
    "wrong-variable": {
        "weight[i, k]/Sum(x[i, q], (q, 1, n))", "x[i, k]/Sum(weight[i, q], (q, 1, n))",
        "x[i, k]/Sum(x[i, q], (q, 1, n))",
    },
    "applied-twice": {"exp(weight[i, k])/Sum(exp(weight[i, q]), (q, 1, n))"},
    "overwritten": {"weight[i, k]/weight[i, 1]", "weight[i, k]/weight[i, n]"},
    "diagonal": {"1"},
    "axis": {"weight[i, k]/Sum(weight[q, k], (q, 1, m))"},
}  # fmt: skip
DROPOUT = {
    "convention": {"mask[i, k]*x[i, k]/(1 - (1 - drop_probability))"},
    "term-lost": {"-mask[i, k]*x[i, k]/drop_probability"},
    "factor-lost": {"mask[i, k]/(1 - drop_probability)", "x[i, k]/(1 - drop_probability)", "mask[i, k]*x[i, k]"},
}


@pytest.mark.parametrize(
    ("name", "equation", "expected"),
    [
        ("batch_norm", "C", MEAN),
        ("batch_norm", "S", DEVIATION),
        ("dense", "dL_dw", WEIGHTS),
        ("relu", "dL_dx", STEP),
    ],
)
def test_every_slip_and_no_other(name: str, equation: str, expected: Mapping[str, set[str]]) -> None:
    assert by_kind(name, equation) == expected


@pytest.mark.parametrize(("name", "equation", "expected"), [("softmax", "y", SOFTMAX), ("dropout", "y", DROPOUT)])
def test_slips_of_some_kinds(name: str, equation: str, expected: Mapping[str, set[str]]) -> None:
    found = by_kind(name, equation)
    assert {kind: found[kind] for kind in expected} == expected


def test_what_is_said_of_the_paths_of_a_gradient() -> None:
    said = {mistake.text: mistake for mistake in mistakes_in("batch_norm", "dL_dx")}
    places = {
        "the path through the variance V is dropped (the variance V is treated as a constant)": (
            "path-dropped",
            "V",
            1,
        ),
        "of dL/dx only the path through C is kept": ("path-dropped", "x", 3),
        "the factor 2 is missing in dL/dx, on the path through the variance V": ("factor-lost", "dL_dx", 1),
        "dL/dx, on the path through the mean C, divides by m - 1 instead of m": ("denominator", "dL_dx", 1),
        "the term x[i, k] of dL/dx, on the path through the variance V, has the opposite sign": ("sign", "dL_dx", 1),
        "eps is lost in dL/dx: it is divided by sqrt(V[k]) instead of the deviation S": ("eps-lost", "dL_dx", 2),
    }
    for text, place in places.items():
        assert (said[text].kind, said[text].place, said[text].cost) == place
    assert not any(text.endswith(",") for text in said)


# Kind, sentence and cost.
SAID = {
    ("max pooling", "y"): {
        ("wrong-call", "y has min in the place of max", 2),
        ("wrong-call", "y has a sum in the place of max: every element counts", 2),
        ("wrong-call", "y has a mean in the place of max", 2),
    },
    ("convolution", "y"): {
        ("turned", "y has x turned round: a convolution in the place of a correlation", 2),
        ("turned", "y has w turned round: a convolution in the place of a correlation", 2),
        ("shifted", "y reads x 1 place after", 3),
        ("shifted", "y reads x 1 place before", 3),
    },
    ("mse", "L"): {
        ("sum-for-mean", "L is not divided by m*n: a sum in the place of a mean", 1),
        ("mean-for-sum", "L is divided by m*n: a mean in the place of a sum", 2),
        ("mean-for-sum", "a sum in L is divided by n: a mean in the place of a sum", 2),
        ("overwritten", "L has the last i alone: what should be added up is overwritten", 2),
        ("overwritten", "L has the first k alone", 3),
        ("wrong-variable", "L has target in the place of prediction[i, k] - target[i, k]", 2),
        ("denominator", "L divides by m - 1 instead of m", 1),
        ("denominator", "L divides by n instead of m", 2),
    },
    ("batch_norm", "S"): {
        ("eps-lost", "eps is lost in the deviation S", 1),
        ("eps-place", "eps stands outside the root in the deviation S", 1),
        ("eps-place", "eps is squared in the deviation S", 3),
        ("eps-place", "eps is counted twice in the deviation S", 3),
        ("power", "the root is missing in the deviation S", 2),
        ("factor-extra", "the deviation S is multiplied by 1/2", 3),
        ("factor-extra", "the deviation S is divided by the mean C", 4),
    },
    ("layer_norm", "dL_dC"): {
        ("path-dropped", "the path through the mean C is dropped (the mean C is treated as a constant)", 2),
    },
    ("relu", "dL_dx"): {
        ("kink", "dL/dx counts the kink to the other side", 1),
        ("wrong-call", "dL/dx has the condition the wrong way round", 2),
        ("zero", "dL/dx is returned as zeros", 1),
    },
    ("relu", "dL_dy"): {("upstream-ignored", "the upstream gradient is missing in dL/dy", 1)},
}


@pytest.mark.parametrize(("name", "equation"), SAID)
def test_what_is_said_of_a_slip(name: str, equation: str) -> None:
    made = {
        "max pooling": lambda: pooling("max", (Window(4, 2, 2),)),
        "convolution": lambda: convolution((Window(5, 2, 1),)),
    }
    whole = made[name]() if name in made else spec(name).complete
    found = {(m.kind, m.text, m.cost) for m in mistakes(whole[equation], Names(whole, LOSS))}
    assert SAID[name, equation] <= found

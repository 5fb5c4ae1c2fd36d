"""The source for JAX, PyTorch and C as text: what it says, and what is refused. Nothing is run here."""

import re
import sys

import pytest
from sympy import Integer, Rational, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.numeric.languages import LANGUAGES, compile_in, source
from symnet.operations import OPERATIONS, Operation, call, sqrt
from symnet.sums import Delta, Sum, Within
from tests.numeric.arrays import W, b, eps, i, j, k, m, n, normalized_layer, weight, x

NEEDS = {
    "jax": ["import jax.numpy as jnp"],
    "torch": ["import torch"],
    "c": ["#include <math.h>", "#include <stddef.h>", "#include <stdlib.h>"],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_statement_stands_under_its_equation_and_nothing_else_is_needed(language):
    derivation = gradient(normalized_layer(), "L")
    text = source(language, derivation, ["L", "dL_dW"])
    assert [line for line in text.splitlines() if re.search(r"\bimport\b|#include", line)] == NEEDS[language]
    mark = "//" if language == "c" else "#"
    comments = [line.strip() for line in text.splitlines() if line.startswith(f"    {mark} ")]
    assert comments[0] == f"{mark} z[i, k] = b[k] + Sum(W[j, k]*x[i, j], (j, 1, n))"
    assert comments[-1].startswith(f"{mark} dL_dW[j, k] = Sum(dL_dz[i, k]*x[i, j], (i, 1, m))")
    named = {comment.split()[1].partition("[")[0] for comment in comments}
    assert named == {"z", "C", "S", "xhat", "F", "L", "dL_dF", "dL_dxhat", "dL_dS", "dL_dC", "dL_dz", "dL_dW"}
    assert "gamma" in text
    assert "dL_dbeta" not in text  # nothing that was not asked for


def statements(language, rhs, *indices, inputs=(x, W, b, weight, eps)):
    text = source(language, Derivation((Equation("out", indices, rhs=rhs),), inputs), ["out"])
    body = text.split("out", 1)[1]
    mark = "// out" if language == "c" else "# out"
    lines = body[body.index(mark) :].splitlines()[1:]
    return [line.strip() for line in lines[: lines.index("")]]


SPELLED = [
    (call("tanh", eps.reference), (), "jnp.tanh(eps)", "torch.tanh(eps)", "tanh(eps)"),
    (call("relu", eps.reference), (), "jnp.maximum(eps, 0)",
     "torch.maximum(eps, torch.as_tensor(0, dtype=real, device=device))", "maximum(eps, 0)"),
    (call("step", eps.reference), (), "jnp.asarray(eps > 0, real)",
     "torch.as_tensor(eps > 0, dtype=real, device=device)", "(double)(eps > 0)"),
    (call("abs", eps.reference), (), "jnp.abs(eps)", "torch.abs(eps)", "fabs(eps)"),
    (call("normal_cdf", eps.reference), (), "jax.scipy.special.ndtr(eps)", "torch.special.ndtr(eps)",
     "normal_cdf(eps)"),
    (sqrt(Integer(2)), (), "jnp.sqrt(jnp.asarray(2, real))",
     "torch.sqrt(torch.as_tensor(2, dtype=real, device=device))", "sqrt(2.0)"),
    (eps.reference**2 / 3, (), "eps ** 2 / 3", "eps ** 2 / 3", "eps * eps / 3"),
    (eps.reference + Rational(1, 10), (), "eps + 1 / 10", "eps + 1 / 10", "eps + 1.0 / 10"),
]  # fmt: skip


@pytest.mark.parametrize(("rhs", "indices", *LANGUAGES), SPELLED)
def test_each_language_has_its_own_spelling(rhs, indices, jax, torch, c):
    for language, expected in zip(LANGUAGES, (jax, torch, c), strict=True):
        start = "*out" if language == "c" else "out"
        text = statements(language, rhs, *indices)[-1]
        assert text == f"{start} = {expected}{';' * (language == 'c')}"


@pytest.mark.parametrize(
    ("rhs", "indices", "statement"),
    [
        (b.reference, (i, k), "b.expand((m, p))"),
        (Integer(3), (k,), "torch.as_tensor(3, dtype=real, device=device).expand((p,))"),
        (i.symbol * weight.reference, (i,), "torch.arange(1, m + 1, dtype=real, device=device) * u"),
        (Delta(j.symbol, Symbol("l", integer=True)), (j, index("l", n)), "torch.eye(n, dtype=real, device=device)"),
        (Sum(W.reference * x.reference, j.limits), (k, i), "W.T @ x.T"),
        (Sum(x.reference**2, i.limits), (j,), 'torch.einsum("ij,ij->j", x, x)'),
        (Within(i.symbol, 1, 3) * weight.reference, (i,),
         "u * torch.as_tensor(torch.arange(1, m + 1, device=device) <= 3, dtype=real, device=device)"),
        (Variable("T", (i, j, k)).reference, (k, i, j), "T.permute(2, 0, 1)"),
    ],
)  # fmt: skip
def test_pytorch_makes_tensors_on_the_device_of_the_arguments(rhs, indices, statement):
    inputs = (x, W, b, weight, eps, Variable("T", (i, j, k)))
    assert statements("torch", rhs, *indices, inputs=inputs) == [f"out = {statement}"]


def test_c_keeps_neighbours_in_memory_innermost():
    assert statements("c", Sum(W.reference * x.reference, j.limits), i, k) == [
        "for (ptrdiff_t i = 0; i < m; i++)",
        "for (ptrdiff_t k = 0; k < p; k++)",
        "out[i * p + k] = 0;",
        "for (ptrdiff_t i = 0; i < m; i++)",
        "for (ptrdiff_t j = 0; j < n; j++)",
        "for (ptrdiff_t k = 0; k < p; k++)",
        "out[i * p + k] += x[i * n + j] * W[j * p + k];",
    ]
    assert statements("c", Sum(W.reference * b.reference, k.limits), j) == [
        "for (ptrdiff_t j = 0; j < n; j++) {",
        "double total = 0;",
        "for (ptrdiff_t k = 0; k < p; k++)",
        "total += W[j * p + k] * b[k];",
        "out[j] = total;",
        "}",
    ]
    across = Sum(x.at(i.symbol, j.symbol) * Variable("V", (k, j)).reference, j.limits)
    assert "total += x[i * n + j] * V[k * n + j];" in statements("c", across, i, k, inputs=(x, Variable("V", (k, j))))


def test_c_computes_once_what_is_read_for_every_row():
    assert statements("c", x.reference * call("exp", eps.reference * b.at(j.symbol)), i, j) == [
        "for (ptrdiff_t j = 0; j < n; j++)",
        "t1[j] = exp(eps * b[j]);",
        "for (ptrdiff_t i = 0; i < m; i++)",
        "for (ptrdiff_t j = 0; j < n; j++)",
        "out[i * n + j] = t1[j] * x[i * n + j];",
    ]
    product = statements("c", Sum(call("tanh", W.reference) * x.reference, j.limits), i, k)
    assert product[:3] == [
        "for (ptrdiff_t j = 0; j < n; j++)",
        "for (ptrdiff_t k = 0; k < p; k++)",
        "t1[j * p + k] = tanh(W[j * p + k]);",
    ]
    assert product[-1] == "out[i * p + k] += x[i * n + j] * t1[j * p + k];"


def test_c_calls_an_index_what_its_equation_does_and_has_the_helpers_it_calls():
    s = index("s", m)
    one, other = (
        Equation("v", (i,), rhs=2 * weight.reference),
        Equation("w", (s,), rhs=call("relu", weight.at(s.symbol))),
    )
    text = source("c", Derivation((one, other), (weight,)), ["v", "w"])
    assert "    for (ptrdiff_t s = 0; s < m; s++)\n        w[s] = maximum(u[s], 0);\n" in text
    assert re.findall(r"static inline double (\w+)", text) == ["maximum"]


def test_c_divides_no_integer_by_another():
    rhs = Rational(1, 3) * eps.reference / (m * n) + Integer(2) / m + Rational(2, 3)
    assert statements("c", rhs) == ["*out = 2.0 / m + eps / (3 * m * n) + 2.0 / 3;"]
    half = (m - 1) / (2 * n)
    assert statements("c", half + eps.reference) == ["*out = eps + (double)(m - 1) / (2 * n);"]


def test_c_in_single_precision_has_single_constants_and_functions():
    rhs = call("tanh", eps.reference) * Rational(1, 3) * Rational(1, 7) + call("gelu", eps.reference) + Integer(2) / m
    derivation = Derivation((Equation("out", rhs=rhs * Rational(2, 3) ** eps.reference),), (weight,), (eps,))
    single = source("c", derivation, ["out"], dtype="float32")
    assert "double" not in single.replace("double z", "")
    assert "tanhf(eps)" in single
    assert "2.0f / m" in single
    assert "powf(0.6666667f, eps)" in single
    assert "powf" not in source("c", derivation, ["out"])


def test_c_takes_sizes_first_and_results_last():
    text = source("c", normalized_layer(), ["F", "L"], "layer")
    signature = text[text.index("int layer(") : text.index(")\n{")]
    parameters = [part.split()[-1].lstrip("*") for part in signature.split("(", 1)[1].split(",")]
    assert parameters == ["m", "n", "p", "x", "y", "W", "b", "gamma", "beta", "eps", "F", "L"]
    assert "const double *restrict x" in signature
    assert "double eps" in signature
    assert "   F: the result, shape (m, p)\n" in text


@pytest.mark.parametrize(
    ("language", "names", "message"),
    [
        ("c", {"name": "double"}, "'double' cannot be the name of the function"),
        ("torch", {"name": "torch"}, "'torch' cannot be the name of the function"),
        ("jax", {"name": "jnp"}, "'jnp' cannot be the name of the function"),
        ("c", {"name": "a b"}, "'a b' cannot be a name in C source"),
        ("fortran", {}, "there is no language 'fortran'; there are jax, torch, c"),
        ("jax", {"dtype": "float32"}, "jax source computes in the type of its arguments: leave out float32"),
        ("c", {"dtype": "float16"}, "there is no 'float16' in C source; there are float64, float32"),
    ],
)
def test_what_cannot_be_written_is_refused(language, names, message):
    with pytest.raises(SymnetError, match=message):
        source(language, Derivation((Equation("out", rhs=eps.reference),)), ["out"], **names)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("rhs", "message"),
    [
        (Symbol("os.system()"), r"'os.system\(\)' cannot be a name"),
        (call("a(b)", eps.reference), r"'a\(b\)' cannot be a name"),
        (Sum(Symbol("i*/", integer=True), (Symbol("i*/", integer=True), 1, 3)), r"'i\*/' cannot be a name"),
    ],
)
def test_nothing_but_identifiers_gets_into_source(language, rhs, message):
    with pytest.raises(SymnetError, match=message):
        source(language, Derivation((Equation("out", rhs=rhs),)), ["out"])


def test_c_knows_only_plain_letters_and_numbers_that_are_small_enough():
    with pytest.raises(SymnetError, match="'\u03b5' cannot be a name in C source"):
        source("c", Derivation((Equation("out", rhs=Symbol("\u03b5")),)), ["out"])
    assert "*out = 1e+20 * eps;" in source("c", Derivation((Equation("out", rhs=10**20 * eps.reference),)), ["out"])
    for number, dtype in ((10**400, "float64"), (10**40, "float32")):
        with pytest.raises(SymnetError, match=f"{number} is too large to be written in C"):
            source("c", Derivation((Equation("out", rhs=number * eps.reference),)), ["out"], dtype=dtype)
    long = Derivation(
        (Equation("out", (index("i", size("m") ** 2),), rhs=Integer(2)), Equation("L", rhs=eps.reference))
    )
    with pytest.raises(SymnetError, match=r"the length m\*\*2 of an array cannot be written in C"):
        source("c", long, ["out"])


def test_an_operation_that_c_lacks_is_named(monkeypatch):
    row = Operation("arctan", 1, lambda v, u: (1 / (1 + u**2),), "", "np.arctan({0})", lambda u: u.atan())
    monkeypatch.setitem(OPERATIONS, "arctan", row)
    derivation = Derivation((Equation("out", rhs=call("arctan", eps.reference)),))
    assert "jnp.arctan(eps)" in source("jax", derivation, ["out"])
    with pytest.raises(SymnetError, match=r"np\.arctan cannot be written in C"):
        source("c", derivation, ["out"])


@pytest.mark.parametrize(("language", "module"), [("jax", "jax"), ("torch", "torch")])
def test_a_framework_that_is_missing_is_named(monkeypatch, language, module):
    for name in ("jax", "jax.numpy", "torch"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SymnetError, match=f"{module}.* is not installed here"):
        compile_in(language, Derivation((Equation("out", rhs=eps.reference),)), ["out"])

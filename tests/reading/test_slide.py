"""The ways slides write names, derivatives, sums, statements, cases and norms."""

import pytest
from sympy import Indexed, IndexedBase, Symbol

from symnet.errors import InputError
from symnet.expressions import subexpressions
from symnet.operations import call
from symnet.reading import latex
from symnet.reading.slide import Applied, Partial, Vocabulary
from symnet.sums import Sum
from tests.reading.slides import SLIDE, I, J, L, a, b, f, m, n, one, p, sides, w, w1, w2, x, xs, y

# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("w_{01}", "w01"),
        ("w_01", "w01"),
        ("x_1", "x1"),
        ("x_{1}", "x1"),
        ("F_{NN}", "FNN"),
        ("L_N", "LN"),
        ("S_1", "S1"),
        (r"\alpha", "alpha"),
        (r"\ell", "ell"),
        (r"\mu_h", "mu_h"),
        (r"\mu_{\mathcal{B}}", "mu_B"),
        (r"\mu_\mathcal{B}", "mu_B"),
        (r"\mathcal{B}", "Bcal"),
        (r"\bar{x}_{batch}", "xbar_batch"),
        (r"\hat x", "xhat"),
        (r"\hat\mu", "muhat"),
        (r"\tilde{\sigma}_1", "sigmatilde_1"),
        ("x'", "xprime"),
        (r"\sigma_4'", "sigma_4prime"),
        (r"w_{\text{out}}", "wout"),
        ("x_{1,2}", "x1_2"),
        (r"\mathbf{W}", "W"),
        ("n_{in}", "nin"),
    ],
)
def test_names_that_are_not_declared(text, name):
    assert one(text, Vocabulary(indices=frozenset("ij"))) == Symbol(name)


@pytest.mark.parametrize(
    ("text", "base", "places"),
    [
        ("x_i", "x", (I,)),
        (r"\hat{x}_i", "xhat", (I,)),
        (r"\hat x_{i}", "xhat", (I,)),
        ("w_{ij}", "w", (I, J)),
        ("w_{i,j}", "w", (I, J)),
        ("w_{1j}", "w", (1, J)),
        ("h_{i-1}", "h", (I - 1,)),
        ("h_{i+2}", "h", (I + 2,)),
    ],
)
def test_indexed_names(text, base, places):
    assert one(text) == IndexedBase(base)[places]


def test_declared_names():
    names = {"w_1": a, r"\hat{x}_i": b, "x": IndexedBase("data"), "Loss_1": p, "x^{+1}": y, r"\vec{x}^*": n}
    vocabulary = Vocabulary(names=names, indices=frozenset("i"))
    assert one("w_{1}", vocabulary) == a
    assert one(r"\hat x_i", vocabulary) == b
    assert one("x_i", vocabulary) == IndexedBase("data")[I]
    assert one("2Loss_1w", vocabulary) == 2 * p * w
    assert one("x^{+1}", vocabulary) == y
    assert one(r"\vec{x}^*w", vocabulary) == n * w
    with pytest.raises(InputError, match="the name x needs an index"):
        one("2x", vocabulary)


def test_spellings_of_a_declaration_do_not_matter():
    for key in ("w_{01}", "w_01", " w_{ 01 }"):
        assert one("w_{01}x", Vocabulary(names={key: a})) == a * x
    for key in (r"BN_{\gamma,\beta}", r"\mathrm{BN}_{\gamma, \beta}"):
        vocabulary = Vocabulary(applied=frozenset([key]))
        assert one(r"\text{BN}_{\gamma, \beta}(x)", vocabulary) == Applied(Symbol("BN_gamma_beta"), x)


def test_what_is_applied_is_the_callers_choice():
    assert one("L(w)", Vocabulary()) == L * w
    assert one("L(w)", SLIDE) == Applied(L, w)
    assert one("L + 1", SLIDE) == L + 1
    assert one("u(x)", Vocabulary(functions={"u": "tanh"})) == call("tanh", x)
    assert one("f(x)", Vocabulary(functions={})) == Symbol("f") * x
    applied = one("F_{NN}(x, 1)", Vocabulary(names={"F_{NN}": a}, applied=frozenset(["F_{NN}"])))
    assert (applied.name, applied.arguments) == (a, (x, 1))


def test_sigma_may_be_a_function_and_a_name():
    vocabulary = Vocabulary(names={r"\sigma": Symbol("s")})
    assert one(r"\frac{x}{\sigma} + \sigma(x)", vocabulary) == x / Symbol("s") + call("sigmoid", x)


# Derivatives and sums


@pytest.mark.parametrize(
    ("text", "of", "wrt"),
    [
        (r"\frac{\partial L}{\partial w_2}", L, (w2,)),
        (r"\frac{dL}{dw}", L, (w,)),
        (r"\frac{d^2 L}{dw^2}", L, (w, w)),
        (r"\frac{\partial^2 L}{\partial w_1 \partial w_2}", L, (w1, w2)),
        (r"\frac{\partial^{3} L}{\partial w_1^2 \partial w_2}", L, (w1, w1, w2)),
        (r"\frac{\partial f}{\partial g}", Symbol("f"), (Symbol("g"),)),
        (r"\frac{\partial f(x)}{\partial x}", f(x), (x,)),
        (r"\frac{\partial L(w)}{\partial w}", Applied(L, w), (w,)),
        (r"\frac{\partial (a + b)}{\partial x_i}", a + b, (xs[I],)),
    ],
)
def test_derivatives(text, of, wrt):
    value = one(text)
    assert isinstance(value, Partial)
    assert (value.of, value.wrt) == (of, wrt)


def test_a_fraction_with_a_variable_d_is_a_fraction():
    assert one(r"\frac{dx}{y}") == Symbol("d") * x / y
    assert one(r"\frac{dL}{dw}", Vocabulary(names={"d": p})) == L / w


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\sum_{i=1}^m x_i y + b", Sum(xs[I] * y, (I, 1, m)) + b),
        (r"\sum_{i=1}^m x_i / m", Sum(xs[I] / m, (I, 1, m))),
        (r"a \cdot \sum_{i=1}^{m} (x_i + 1)^2", a * Sum((xs[I] + 1) ** 2, (I, 1, m))),
        (r"\sum_{k=0}^{n-1} x_k", Sum(xs[Symbol("k", integer=True)], (Symbol("k", integer=True), 0, n - 1))),
        (
            r"\sum_{i=1}^m \sum_{j=1}^n w_{ij} x_j",
            Sum(Sum(IndexedBase("w")[I, J] * xs[J], (J, 1, n)), (I, 1, m)),
        ),
        (r"\sum_{i=1}^m i", Sum(I, (I, 1, m))),
    ],
)
def test_sums(text, value):
    assert one(text, Vocabulary()) == value


def test_the_index_of_a_sum_shadows_a_name():
    vocabulary = Vocabulary(names={"i": a})
    assert one(r"\sum_{i=1}^m x_i", vocabulary) == Sum(xs[I], (I, 1, m))
    assert one("x_i + i", vocabulary) == Symbol("xi") + a


# Statements


@pytest.mark.parametrize(
    ("text", "equalities"),
    [
        ("a = b = x", ((a, b, x),)),
        (r"a := b \equiv x \leftarrow y", ((a, b, x, y),)),
        ("a, b = x, y", ((a,), (b, x), (y,))),
        (r"a = b \quad x = y", ((a, b), (x, y))),
        (r"a = b; x = y.", ((a, b), (x, y))),
        (r"a = b \text{ and } x = y", ((a, b), (x, y))),
        ("a = 1, 2", ((a, 1), (2,))),
        ("a + b", ((a + b,),)),
    ],
)
def test_statements(text, equalities):
    assert sides(text, Vocabulary()) == equalities


@pytest.mark.parametrize("form", ["{}", "${}$", "$${}$$", r"\[{}\]", r"\({}\)", " $$ {}\n$$ ", "\n{}\n"])
def test_signs_of_display_mode(form):
    assert sides(form.format("a = b,")) == ((a, b),)


def test_nodes_survive_rebuilding():
    value = one(r"F_{NN}(x) + \frac{\partial L}{\partial w}")
    kinds = {type(node) for node in subexpressions(value)}
    assert {Applied, Partial} <= kinds
    assert value.func(*value.args) == value
    assert all(node.is_commutative for node in subexpressions(value) if isinstance(node, Applied | Partial | Indexed))


# Size


def test_long_sums_and_products():
    assert len(one("+".join(f"w_{{{k}}}" for k in range(500))).args) == 500
    assert one("x " * 300) == x**300


@pytest.mark.parametrize("shape", ["f({})", r"\sqrt{{{}}}", r"\frac{{1}}{{1+{}}}", "[2({} + 1)]", "|x-{}|"])
def test_deep_nesting_within_the_bound(shape):
    text = "x"
    for _ in range(45):
        text = shape.format(text)
    assert sum(1 for _ in subexpressions(one(text))) >= 45


def test_the_parser_is_built_once():
    latex.parser.cache_clear()
    latex.parser()
    assert latex.parser() is latex.parser()


# Cases, norms and gradients

STEP = call("step", Symbol("x"))
BELOW = call("step", -Symbol("x"))


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        (r"x & x > 0 \\ 0 & x \le 0", Symbol("x") * STEP),
        (r"x, & \text{if } x > 0 \\ 0, & \text{otherwise}", Symbol("x") * STEP),
        (r"1 & x \ge 0 \\ y & x < 0 \\", 1 - BELOW + Symbol("y") * BELOW),
        (r"y & x < 0 \\ 1 & x \geqslant 0", 1 - BELOW + Symbol("y") * BELOW),
        (r"y & 0 \leq x \\ 0 & \text{иначе}", Symbol("y") * (1 - BELOW)),
    ],
)
def test_cases(rows, value):
    """Each point is in one case: the step u > 0 is 0 at u = 0."""
    ((_, found),) = sides(rf"g = \begin{{cases}} {rows} \end{{cases}}", Vocabulary({"g": Symbol("g")}))
    assert found == value


def test_cases_are_a_factor_like_any_other():
    ((found,),) = sides(r"2\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases} + 1", Vocabulary())
    assert found == 2 * Symbol("x") * STEP + 1


def test_a_norm_of_a_number_is_its_absolute_value():
    ((norm,),) = sides(r"\|x - y\|^2 + \left\| x \right\|", Vocabulary())
    assert norm == call("abs", Symbol("x") - Symbol("y")) ** 2 + call("abs", Symbol("x"))


def test_a_gradient_is_a_name_of_its_own():
    assert sides(r"x - \alpha \cdot \nabla L", Vocabulary()) == ((Symbol("x") - Symbol("alpha") * Symbol("nablaL"),),)
    declared = Vocabulary({r"\nabla f": Symbol("G")})
    assert sides(r"\alpha \nabla f", declared) == ((Symbol("alpha") * Symbol("G"),),)

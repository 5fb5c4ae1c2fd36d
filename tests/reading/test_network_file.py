"""Network files that can be read, and what they say."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, Mul, Pow, Rational, Symbol, symbols

from symnet.expressions import product, subexpressions
from symnet.network.neurons import Loss, Neuron, Norm
from symnet.operations import ABSTRACT, OPERATIONS, call, sqrt
from symnet.reading import network_file
from symnet.reading.network_file import read_network, read_network_file

X, W, V, A, B, E = symbols("x w v a b e")

TWO_NEURONS = """\
network two_neurons                 # optional name; '#' starts a comment
inputs x                            # one or more names
h1 = f(w1*x + w01)                  # one line a neuron; the names are what --drop speaks of
h2 = f(w2*x + w02)
F  = norm(h1*w3 + h2*w4) + w03      # the last neuron is the output, unless a line says `output NAME`
loss sum (F - y)^2                  # this is the default; also `mean (F - y)^2`, `sum (F - y)^2 / 2`
data x | y                          # exact: integers, fractions, decimals (0.1 means 1/10)
  -1 | -1
   1 |  1
statistics 1..2                     # optional: the rows whose mean and deviation `norm` uses
"""


def formula(text):
    return read_network(f"inputs x\nF = {text}").neurons[-1].formula


def test_the_example_of_the_interface():
    read = read_network(TWO_NEURONS)
    w1, w2, w3, w4, w01, w02, w03, h1, h2, F, y = symbols("w1 w2 w3 w4 w01 w02 w03 h1 h2 F y")
    assert read.name == "two_neurons"
    assert read.inputs == read.input_columns == ("x",)
    assert read.neurons == (
        Neuron("h1", call("f", w1 * X + w01)),
        Neuron("h2", call("f", w2 * X + w02)),
        Neuron("F", Norm(h1 * w3 + h2 * w4) + w03),
    )
    assert read.outputs == ("F",)
    assert read.loss == Loss("sum", (F - y) ** 2)
    assert read.target_columns == ("y",)
    assert read.rows == ((-1, -1), (1, 1))
    assert read.statistics == (1, 2)
    assert read.parameters == ("w1", "w01", "w2", "w02", "w3", "w4", "w03")
    assert read.lines == {"h1": 3, "h2": 4, "F": 5}


def test_what_a_file_may_leave_out():
    read = read_network("inputs x\nF = w*x")
    assert (read.name, read.loss, read.rows, read.statistics) == ("", None, None, None)
    assert (read.outputs, read.target_columns, read.parameters) == (("F",), ("y",), ("w",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("w*x + b", W * X + B),
        ("0.1*x", X / 10),
        ("-1/2*x", -X / 2),
        ("1e-3*x", X / 1000),
        ("-x^2", -(X**2)),
        ("(-x)^2", X**2),
        ("x**-2", X**-2),
        ("2^3^2*x", 512 * X),
        ("x^(1/2)", sqrt(X)),
        ("x^-1.5", Pow(sqrt(X), -3)),
        ("2*(a + b)", Mul(2, A + B, evaluate=False)),
        ("(a + b)/2", Mul(Rational(1, 2), A + B, evaluate=False)),
        ("x - (a + b)", X + Mul(-1, A + B, evaluate=False)),
        ("a/b/w*x", A / B / W * X),
        ("a*-b", -A * B),
        ("- - x", X),
        ("f(g(phi(x)))", call("f", call("g", call("phi", X)))),
        ("leaky_relu(x, 1/100)", call("leaky_relu", X, Rational(1, 100))),
        ("elu(x, 1)", call("elu", X, 1)),
        ("max(x, w)", call("max", X, W)),
        ("sigmoid(x)+tanh(x)", call("sigmoid", X) + call("tanh", X)),
        ("norm(w*x)", Norm(W * X)),
        ("norm(x, eps=e)", Norm(X, E)),
        ("norm(x, eps=1e-5)", Norm(X, Rational(1, 100000))),
        ("norm(x, scale=a, shift=b)", A * Norm(X) + B),
        ("norm(x, ddof=1)", Norm(X, 0, 1)),
        ("norm(norm(x, eps=e)*w, scale=2)", 2 * Norm(Norm(X, E) * W)),
    ],
)
def test_formulas(text, value):
    assert formula(text) == value


def test_every_known_function_can_be_applied():
    for name in (*OPERATIONS, *ABSTRACT):
        arity = OPERATIONS[name].arity if name in OPERATIONS else 1
        assert formula(f"{name}({', '.join(['x', 'w'][:arity])})") == call(name, *[X, W][:arity])


numbers = st.integers(0, 30).map(lambda n: (str(n), Fraction(n))) | st.tuples(
    st.integers(0, 99), st.integers(0, 99)
).map(lambda d: (f"{d[0]}.{d[1]:02d}", Fraction(100 * d[0] + d[1], 100)))


def combine(children):
    pairs = st.tuples(children, st.sampled_from("+-*/"), children)
    return pairs.map(_combined) | st.tuples(children, st.integers(0, 3)).map(
        lambda p: (f"({p[0][0]})^{p[1]}", p[0][1] ** p[1])
    )


def _combined(parts):
    (left, x), sign, (right, y) = parts
    if sign == "/" and y == 0:
        return left, x
    value = {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "/": lambda: x / y}[sign]()
    return f"({left}){sign}({right})", value


@given(st.recursive(numbers, combine, max_leaves=8))
def test_arithmetic_is_that_of_fractions(case):
    text, value = case
    assert formula(text) == Rational(value.numerator, value.denominator)


@given(st.lists(st.tuples(st.sampled_from("+-*/"), st.integers(1, 9)), max_size=8), st.integers(1, 9))
def test_precedence_without_brackets(steps, first):
    text = str(first) + "".join(f" {sign} {n}" for sign, n in steps)
    terms, sign = [[Fraction(first)]], [1]
    for operation, n in steps:
        if operation in "+-":
            terms.append([Fraction(n)])
            sign.append(1 if operation == "+" else -1)
        else:
            terms[-1].append(Fraction(n) if operation == "*" else Fraction(1, n))
    value = Fraction(0)
    for s, factors in zip(sign, terms, strict=True):
        part = Fraction(s)
        for factor in factors:
            part *= factor
        value += part
    assert formula(text) == Rational(value.numerator, value.denominator)


# Order


def test_neurons_are_sorted_but_otherwise_stay_as_written():
    read = read_network("inputs x\nb = f(a)\nd = f(x)\na = g(x)\nF = b + c + d\nc = f(d)")
    assert [n.name for n in read.neurons] == ["a", "b", "d", "c", "F"]
    assert read.lines == {"b": 2, "d": 3, "a": 4, "F": 5, "c": 6}
    assert read.outputs == ("c",)


@given(st.permutations(range(7)))
def test_any_order_of_lines_gives_a_usable_order(order):
    lines = [f"h{k} = f(w{k}*x" + "".join(f" + h{j}" for j in range(k) if (j + k) % 3) + ")" for k in range(7)]
    read = read_network("inputs x\n" + "\n".join(lines[k] for k in order) + "\noutput h6")
    seen = {"x"} | {f"w{k}" for k in range(7)}
    for neuron in read.neurons:
        assert {s.name for s in neuron.formula.free_symbols} <= seen
        seen.add(neuron.name)
    if list(order) == sorted(order):
        assert [n.name for n in read.neurons] == [f"h{k}" for k in range(7)]


def test_parameters_come_in_the_order_of_the_text():
    read = read_network("inputs x\nF = h*z + norm(h, eps=e)\nh = f(b + a*x)\nloss sum (F-t)^2\noutput F")
    assert read.parameters == ("z", "e", "b", "a")
    assert read.target_columns == ("t",)


def test_statements_come_in_any_order():
    forward = "inputs x\nh = f(x)\nF = h*w\noutput h F\nloss mean (h-u)^2 + abs(F-v)\ndata x | u v\n1 | 2 3\n4 | 5 6"
    mixed = "data x | u v\n\n1 | 2 3\n # comment\n4|5 6\nloss mean (h-u)^2 + abs(F-v)\noutput h\noutput F\n"
    mixed += "F = h*w\nh = f(x)\ninputs x"
    one, other = read_network(forward), read_network(mixed)
    assert one.neurons == other.neurons
    assert (one.outputs, one.loss, one.rows) == (other.outputs, other.loss, other.rows)
    assert one.rows == ((1, 2, 3), (4, 5, 6))


# Outputs, targets, data


def test_several_outputs_and_targets():
    read = read_network("inputs x1 x2\nF1 = w*x1\nF2 = v*x2\noutput F1 F2\ndata x2 x1 | y1 y2\n1 2 | 3/4 -0.5")
    assert read.outputs == ("F1", "F2")
    assert read.inputs == ("x1", "x2")
    assert read.input_columns == ("x2", "x1")
    assert read.target_columns == ("y1", "y2")
    assert read.rows == ((1, 2, Rational(3, 4), Rational(-1, 2)),)
    assert read.loss is None


def test_softmax_gives_several_neurons():
    read = read_network("inputs x\nz = w*x\np1, p2 = softmax(z, v*x)\n")
    z, one, other = Symbol("z"), call("exp", Symbol("z")), call("exp", V * X)
    assert [(n.name, n.formula) for n in read.neurons] == [
        ("z", W * X), ("p1", one / (one + other)), ("p2", other / (one + other))
    ]  # fmt: skip
    assert z not in read.parameters
    assert read.outputs == ("p1", "p2")
    assert read.target_columns == ("y1", "y2")


def test_default_targets_of_several_outputs():
    assert read_network("inputs x\nF = x\nG = x*w\noutput F G").target_columns == ("y1", "y2")


def test_without_data_the_targets_are_the_other_names_of_the_loss():
    read = read_network("inputs x\nF = x\nG = w*x\noutput F G\nloss sum (G - t)^2 + (F - s)^2")
    assert read.target_columns == ("t", "s")


def test_a_loss_may_leave_a_target_out():
    read = read_network("inputs x\nF = x*w\nloss sum F^2\ndata x | y\n1 | 2")
    assert read.target_columns == ("y",)
    assert read_network("inputs x\nF = x*w\nloss sum F^2").target_columns == ()


def test_loss_formulas():
    F, y = symbols("F y")
    half = read_network("inputs x\nF = x\nloss sum (F - y)^2 / 2").loss
    assert half == Loss("sum", (F - y) ** 2 / 2)
    assert read_network("inputs x\nF = x\nloss mean abs(F-y)").loss == Loss("mean", call("abs", F - y))


def test_statistics_may_be_one_row():
    assert read_network("inputs x\nF = x\ndata x|y\n1|2\n3|4\nstatistics 2 .. 2").statistics == (2, 2)


def test_keywords_are_keywords_only_where_a_line_begins():
    read = read_network("inputs x\nF = x*loss1 + sum*dataset\nloss sum (F - mean)^2")
    assert read.parameters == ("loss1", "sum", "dataset")
    assert read.target_columns == ("mean",)


# Text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end):
    assert read_network(TWO_NEURONS.replace("\n", end)) == read_network(TWO_NEURONS)


def test_byte_order_mark_tabs_and_blank_lines():
    text = "\ufeff\n\n\tinputs\tx\n\n  F\t=\tw * x\t# end\n\n\n"
    assert read_network(text).neurons == (Neuron("F", W * X),)


def test_comments_may_hold_anything():
    assert read_network("# ((( σ\ninputs x # )\nF = x*w # \0 = 'да'").neurons == (Neuron("F", W * X),)


def test_files(tmp_path):
    path = tmp_path / "two.net"
    path.write_bytes(b"\xef\xbb\xbf" + ("# сеть\r\n" + TWO_NEURONS).encode())
    read = read_network_file(path)
    assert read.neurons == read_network(TWO_NEURONS).neurons
    assert read.lines["h1"] == 4
    assert read_network_file(str(path)) == read


# Size


def test_a_sum_of_thousands_of_terms():
    terms = " + ".join(f"w{k}*x" for k in range(2000))
    read = read_network(f"inputs x\nF = {terms}")
    assert len(read.neurons[0].formula.args) == 2000
    assert read.parameters[-1] == "w1999"


def test_long_products_and_signs():
    assert formula("*".join(f"w{k}" for k in range(1000))) == Mul(*(Symbol(f"w{k}") for k in range(1000)))
    assert formula("-" * 3001 + "x") == -X


@pytest.mark.parametrize("shape", ["f({})", "2*({} + 1)", "1/(1 + {})", "(x + {})^2", "norm(w*{})"])
def test_deep_nesting_within_the_bound(shape):
    before, after = shape.split("{}")
    node = formula(before * 100 + "x" + after * 100)
    assert sum(1 for _ in subexpressions(node)) > 100
    assert formula("(" * 100 + "x" + ")" * 100) == X


def test_long_chains_of_neurons_in_reverse_order():
    chain = "\n".join(f"h{k} = f(w*h{k + 1})" for k in range(1000))
    read = read_network(f"inputs x\n{chain}\nh1000 = x")
    assert [n.name for n in read.neurons[:2]] == ["h1000", "h999"]


def test_the_parser_is_built_once():
    network_file._parser.cache_clear()
    network_file._parser()
    assert network_file._parser() is network_file._parser()


def test_numbers_before_sums_are_not_distributed():
    value = formula("2*(a + b - 3) + 4*(2*a + b - 2)")
    parts = {product(Integer(2), A + B - 3), product(Integer(4), 2 * A + B - 2)}
    assert set(value.args) == parts


def test_commas_between_names_are_no_mistake():
    plain = read_network("inputs x1 x2\nF1 = a*x1\nF2 = b*x2\noutput F1 F2\n")
    assert read_network("inputs x1, x2\nF1 = a*x1\nF2 = b*x2\noutput F1, F2\n") == plain

"""Network files that cannot be used: one sentence each, at the place, repeating the offending text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnet.errors import InputError
from symnet.reading.network_file import MAX_LINE, MAX_TEXT, read_network, read_network_file

HEAD = "inputs x\n"

# text after `inputs x`, line, column, message
FORMULAS = [
    ("F = w1 x", 2, 8, "w1 x is no product here: write w1*x"),
    ("F = 2x + 1", 2, 6, "2 x is no product here: write 2*x"),
    ("F = (w)(x)", 2, 8, ") ( is no product here: write )*("),
    ("F = x 0.5", 2, 7, "x 0 is no product here: write x*0"),
    ("F = w(x + 1)", 2, 5, "unknown function w(…): the known ones are abs, elu, exp, f, g, gelu, "),
    ("F = ln(x)", 2, 5, "unknown function ln(…)"),
    ("F = f", 2, 5, "f is a function: write f(…), or choose another name"),
    ("F = w*tanh", 2, 7, "tanh is a function: write tanh(…)"),
    ("F = norm + x", 2, 5, "norm is a function"),
    ("F = loss*x", 2, 5, "loss begins a statement of network files and cannot be a name"),
    ("F =", 2, 4, "a formula must go on here, not the end of the line"),
    ("F = x +", 2, 8, "a formula must go on here, not the end of the line"),
    ("F = x + # rest", 2, 8, "a formula must go on here, not the end of the line"),
    ("F = x * / w", 2, 9, "a formula must go on here, not '/'"),
    ("F == x", 2, 4, "a formula must go on here, not '='"),
    ("F = x = w", 2, 7, "an operator or the end of the formula must follow here, not '='"),
    ("F = f(x,)", 2, 9, "a formula must go on here, not ')'"),
    ("F = f()", 2, 5, "f takes 1 argument, not 0"),
    ("F = f(x, w)", 2, 5, "f takes 1 argument, not 2"),
    ("F = softmax(x, w)", 2, 5, "softmax(…) gives several neurons at once: write p1, p2 = softmax(z1, z2)"),
    ("F, G = tanh(x, w)", 2, 8, "several neurons at once are given by softmax(…), not by tanh(…)"),
    ("F, G = softmax(x)", 2, 8, "softmax of 1 arguments cannot give 2 neurons"),
    ("F, F = softmax(x, w)", 2, 4, "the neuron F is already defined on line 2"),
    ("F = elu(x)", 2, 5, "elu takes 2 arguments, not 1"),
    ("F = max(x, w, 1)", 2, 5, "max takes 2 arguments, not 3"),
    ("F = f(x, eps=1)", 2, 10, "f takes no option eps=…"),
    ("F = (x", 2, 5, "'(' is never closed"),
    ("F = f(x))", 2, 9, "')' closes no bracket"),
    ("F = [x]", 2, 5, "unexpected character '['"),
    ("F = f'(x)", 2, 6, 'unexpected character "\'"'),
    ("F = σ(x)", 2, 5, "unexpected character 'σ': names are written in ASCII letters"),
    ("F = wσ*x", 2, 6, "unexpected character 'σ'"),
    ("F = x − 1", 2, 7, "unexpected character '−'"),
    ("F = x\0", 2, 6, "unexpected character '\\x00'"),
    ("F = x\x0b", 2, 6, "unexpected character '\\x0b'"),
    ("F = __import__('os')", 2, 16, 'unexpected character "\'"'),
    ("F = x.real", 2, 6, "an operator or the end of the formula must follow here, not '.'"),
    ("F = 1/0", 2, 6, "division by zero"),
    ("F = x/(w - w)", 2, 6, "division by zero"),
    ("F = 0^-1", 2, 5, "division by zero"),
    ("F = x^65", 2, 7, "the exponent 65 is too large: at most 64"),
    ("F = x^-100", 2, 7, "the exponent -100 is too large"),
    ("F = 2^w", 2, 7, "the exponent w is neither an integer nor a half-integer"),
    ("F = x^(1/3)", 2, 7, "the exponent 1/3 is neither"),
    ("F = (x^60)^60", 2, 5, "the exponent 3600 is too large"),
    ("F = (9^64)^64", 2, 5, "a number here would have more than 1000 digits"),
    ("F = x*" + "1" * 1001, 2, 7, "the number 11111111111111111111… has more than 1000 digits"),
    ("F = " + "(" * 101 + "x" + ")" * 101, 2, 105, "brackets nest deeper than 100"),
    ("F = norm()", 2, 5, "norm takes 1 argument and options by name, not 0 arguments"),
    ("F = norm(x, 1)", 2, 5, "norm takes 1 argument and options by name, not 2 arguments"),
    ("F = norm(x, epsilon=1)", 2, 13, "norm has no option epsilon: there are eps, scale, shift and ddof"),
    ("F = norm(x, eps=1, eps=2)", 2, 20, "the option eps is given twice"),
    ("F = norm(x, eps=-1)", 2, 13, "eps=-1 is neither a name nor a number that is not negative"),
    ("F = norm(x, eps=w*v)", 2, 13, "eps=v*w is neither a name"),
    ("F = norm(x, ddof=2)", 2, 13, "ddof=2 must be 0 or 1"),
]

STATEMENTS = [
    ("F = x\nF = w", 3, 1, "the neuron F is already defined on line 2"),
    ("x = w", 2, 1, "the neuron x has the name of an input"),
    ("f = x", 2, 1, "f is a function: write f(…), or choose another name"),
    ("a = f(b)\nb = g(c)\nc = phi(a)\nF = c", 4, 9, "the neurons feed each other in a cycle: a -> c -> b -> a"),
    ("F = f(F)", 2, 7, "the neurons feed each other in a cycle: F -> F"),
    ("F = x\noutput G", 3, 8, "the output G is not a neuron"),
    ("F = x\noutput x", 3, 8, "the output x is not a neuron"),
    ("F = x\noutput F F", 3, 10, "the name F is given twice"),
    ("F = x\noutput", 3, 7, "a name must follow here, not the end of the line"),
    ("F = x\ninputs z", 3, 8, "a second line `inputs`"),
    ("F = x\nnetwork a\nnetwork b", 4, 9, "a second name b: the network is already called a"),
    ("F = x\nnetwork a b", 3, 11, "the end of the line must follow here, not 'b'"),
    ("F = x\nloss sum F\nloss sum F", 4, 6, "a second line `loss`"),
    ("F = x\nloss (F - y)^2", 3, 6, "'sum' or 'mean' must follow here, not '('"),
    ("F = x\nloss max F", 3, 6, "'sum' or 'mean' must follow here, not 'max'"),
    ("F = x\nloss = x", 3, 6, "'sum' or 'mean' must follow here, not '='"),
    ("F = x\nloss sum norm(F) - y", 3, 6, "the loss cannot normalize"),
    ("F = x\nloss sum y^2", 3, 6, "the loss does not depend on the output F"),
    ("F = x*w\nloss sum (F - y)^2 + w^2", 3, 22, "w is used by the neuron F: it cannot be a target, nor stand in"),
    ("F = x\nloss sum (F - x)^2", 3, 15, "x is an input and cannot be a target, nor stand in the loss"),
    ("h = x\nF = h\nloss sum (F - h)^2", 4, 15, "h is a neuron and no output"),
    ("F = x\nloss sum (F - q)^2\ndata x | y\n1 | 2", 3, 15, "q in the loss is neither an output nor a target"),
    ("F = x*y", 2, 7, "y is used by the neuron F: it cannot be a target"),
    ("y = x\nF = y", 2, 1, "y is a neuron and no output: it cannot be a target"),
    ("F = x*t\ndata x | t\n1 | 2", 3, 10, "t is used by the neuron F"),
    ("F = x\ndata x | F\n1 | 2", 3, 10, "F is a neuron"),
    ("F = x\ndata x | x\n1 | 2", 3, 10, "the name x is given twice"),
    ("F = x\ndata x | y z\n1 | 2 3", 3, 10, "2 target columns for 1 outputs: say in a line `loss`"),
    ("F = x\ndata x z | y\n1 2 | 3", 3, 6, "the input columns `x z` of the data are not the inputs `x`"),
    ("F = x\ndata z | y\n1 | 2", 3, 6, "the input columns `z` of the data are not the inputs `x`"),
    ("F = x\ndata x y\n1 2", 3, 8, "one '|' must stand between inputs and targets, not 0"),
    ("F = x\ndata x | y | z\n1 2", 3, 12, "one '|' must stand between inputs and targets, not 2"),
    ("F = x\ndata x |\n1 |", 3, 6, "`data` names the input columns, then '|', then the target columns"),
    ("F = x\ndata x | y", 3, 6, "the table `data` has no rows"),
    ("F = x\ndata x | y\n1 | 2\ndata x | y", 5, 6, "a second table `data`"),
    ("F = x\ndata x | y\n1 | 2\n1 2 | 3", 5, 1, "2 input values for the 1 column `x`"),
    ("F = x\ndata x | y\n1 |", 4, 1, "0 target values for the 1 column `y`"),
    ("F = x\ndata x | y\n1 2", 4, 3, "one '|' must stand between inputs and targets, not 0"),
    ("F = x\ndata x | y\n1 | 1.2.3", 4, 5, "'1.2.3' is not a number"),
    ("F = x\ndata x | y\n1 | 1/0", 4, 5, "division by zero in '1/0'"),
    ("F = x\ndata x | y\n1 | two", 4, 5, "'two' in the data is not a number: write an integer"),
    (
        "F = x\ndata x | y\n nan | 3",
        4,
        2,
        "'nan' in the data is not a number: write an integer, a decimal or a fraction",
    ),
    ("F = x\ndata x | y\n1 | inf", 4, 5, "'inf' in the data is not a number"),
    ("F = x\n1 | 2", 3, 1, "a row of numbers must follow the line `data …`"),
    ("F = x\ndata x | y\nG = x\n1 | 2", 5, 1, "a row of numbers must follow the line `data …`"),
    ("F = x\nstatistics 1..2", 3, 12, "`statistics` names rows of `data`, and there is no data"),
    ("F = x\ndata x|y\n1|2\nstatistics 2..1", 5, 12, "the rows 2..1 are not among the rows 1..1 of the data"),
    ("F = x\ndata x|y\n1|2\nstatistics 1..2", 5, 12, "the rows 1..2 are not among the rows 1..1"),
    ("F = x\ndata x|y\n1|2\nstatistics 0..1", 5, 12, "the rows 0..1 are not among"),
    ("F = x\ndata x|y\n1|2\nstatistics 1-2", 5, 12, "rows such as 1..2 must follow here, not '1'"),
    ("F = x\ndata x|y\n1|2\nstatistics 1.." + "9" * 5000, 5, 12, "a row number has more than 1000 digits"),
    ("F = x\n= 3", 3, 1, "'=' begins no statement: write `name = formula`, or one of data, inputs, loss, "),
    ("F = x\nneuron h", 3, 8, "'=' must follow here, not 'h'"),
    ("F = x\n;", 3, 1, "unexpected character ';'"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), FORMULAS + STATEMENTS)
def test_place_and_message(text, line, column, message):
    with pytest.raises(InputError) as caught:
        read_network(HEAD + text)
    error = caught.value
    assert message in error.message
    assert (error.line, error.column) == (line, column)
    offending = (HEAD + text).split("\n")[line - 1]
    assert error.text == (offending if len(offending) <= 200 else "")
    assert str(error).startswith(f"line {line}, column {column}: {error.message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the network file is empty"),
        ("\ufeff \r\n\t\n", "the network file is empty"),
        ("# nothing", "the network has no line `inputs`"),
        ("F = x", "the network has no line `inputs`"),
        ("inputs x", "the network has no neuron: write `F = formula`"),
        ("#" * (MAX_TEXT + 1), f"the network file has more than {MAX_TEXT} characters"),
    ],
)
def test_what_is_missing_has_no_place(text, message):
    with pytest.raises(InputError) as caught:
        read_network(text)
    assert (caught.value.message, caught.value.line) == (message, 0)


def test_other_lines_of_names():
    with pytest.raises(InputError, match="line 1, column 10: a name or the end of the line must follow here, not '='"):
        read_network("inputs x = z\nF = x")
    with pytest.raises(InputError, match="line 1, column 10: the name x is given twice"):
        read_network("inputs x x\nF = x")
    with pytest.raises(InputError, match="line 1, column 8: f is a function"):
        read_network("inputs f\nF = w")
    with pytest.raises(InputError, match="line 1, column 8: y is an input and cannot be a target"):
        read_network("inputs y\nF = y")


def test_long_lines_and_cycles_are_refused_in_short():
    with pytest.raises(InputError, match=f"line 2, column {MAX_LINE + 1}: the line has more than"):
        read_network(HEAD + "F = " + "x" * MAX_LINE)
    ring = "\n".join(f"h{k} = f(h{(k + 1) % 500})" for k in range(500))
    with pytest.raises(InputError) as caught:
        read_network(HEAD + ring)
    assert caught.value.message.endswith(" -> … -> h0")
    assert len(caught.value.message) < 150


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_are_counted_in_every_kind_of_file(end):
    with pytest.raises(InputError, match="line 3, column 8: w x is no product"):
        read_network(end.join(["\ufeff# σ", "inputs x", "F = w  x"]))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"cannot read '.*none\.net': No such file"):
        read_network_file(tmp_path / "none.net")
    with pytest.raises(InputError, match=r"cannot read '.*': Is a directory"):
        read_network_file(tmp_path)
    with pytest.raises(InputError, match="cannot read 'a"):
        read_network_file("a\0b")
    (tmp_path / "empty.net").touch()
    with pytest.raises(InputError, match="the network file is empty"):
        read_network_file(tmp_path / "empty.net")
    (tmp_path / "cp1251.net").write_bytes("inputs x # вход".encode("cp1251"))
    with pytest.raises(InputError, match=r"cp1251\.net' is not UTF-8 text: byte 0xe2 at offset 11 cannot be decoded"):
        read_network_file(tmp_path / "cp1251.net")


WORDS = [
    "inputs",
    "x",
    "y",
    "F",
    "=",
    "f",
    "(",
    ")",
    "+",
    "-",
    "*",
    "/",
    "^",
    "**",
    "norm",
    "eps",
    ",",
    "|",
    "data",
]
WORDS += [
    "loss",
    "sum",
    "mean",
    "output",
    "statistics",
    "1",
    "..",
    "0.5",
    "1/2",
    "1e9",
    "65",
    "\n",
    "\n",
    "#",
    "w1",
    "σ",
]
TOKENS = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)


@given(st.text(max_size=60) | TOKENS | TOKENS.map(lambda t: HEAD + "F = " + t))
def test_any_text_is_read_or_refused(text):
    error = refusal(text)
    if error:
        assert error.message
        assert error.line <= text.count("\n") + text.count("\r") + 1


def refusal(text):
    try:
        assert read_network(text).neurons
    except InputError as error:
        return error
    return None

"""Formulas that are refused, with the place, and formulas one bracket away from being readable."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sympy import Symbol, symbols

from symnet.errors import InputError
from symnet.operations import call
from symnet.reading.slide import MAX_LENGTH, MAX_REPAIRS, Statement, UnbalancedError, Vocabulary, read_formula

SLIDE = Vocabulary(applied=frozenset(("F_{NNN}",)), indices=frozenset("i"))

# text, column, message
REFUSED = [
    ("", 0, "there is no formula"),
    ("$$$$", 0, "there is no formula"),
    (r"\text{nothing}", 0, "there is no formula"),
    ("$", 1, "unexpected character '$' in a formula"),
    ("a & b", 3, "unexpected '&' in a formula"),
    ("a\0b", 2, r"unexpected character '\x00' in a formula"),
    ("a < b", 3, "unexpected '<' in a formula"),
    (r"X \Rightarrow f(X)", 3, r"the command \Rightarrow is not known in a formula"),
    (r"a \neq 1", 3, r"unexpected '\\neq' in a formula"),
    (r"D \sim p", 3, r"the command \sim is not known"),
    (r"x - \alpha \nabla(L)", 12, r"the command \nabla is not known"),
    (r"\write18{ls}", 1, r"the command \write is not known"),
    (r"\hat{xy}", 1, r"the command \hat is not known"),
    ("a\\", 2, "the command \\ is not known"),
    (
        r"f(x) = \begin{matrix} x \end{matrix}",
        8,
        r"'\\begin{matrix}': of environments only cases are read",
    ),
    (r"f(x) = \begin{cases} x \end{cases}", 24, r"cases are two values with conditions, as in \begin{cases} x & x > 0"),
    (r"\begin{cases} x & x > 0 \end{cases}", 25, "cases are two values with conditions"),
    (r"\begin{cases} & x > 0 \\ 1 & x \le 0 \end{cases}", 15, "cases are two values with conditions"),
    (
        r"\begin{cases} x & x > 0 \\ 0 & x < 0 \end{cases}",
        1,
        "the second case must be what the first leaves: x > 0",
    ),
    (r"\begin{cases} x & x > 0 \\ 0 & y \le 0 \end{cases}", 1, "the second case must be what the first leaves"),
    (r"\begin{cases} x & \text{else} \\ 0 & x > 0 \end{cases}", 1, r"\text{otherwise} is the last of the cases"),
    (r"\begin{cases} 1 & x > 0 \\ 0 & x = 0 \\ 2 & x < 1 \end{cases}", 1, "exactly one of the cases must hold"),
    (r"\begin{cases} 1 & 0 < 1 \\ 0 & 0 \ge 1 \end{cases}", 1, "the second case must be what the first leaves"),
    (r"a = b \\ c = d", 7, r"unexpected '\\\\' in a formula"),
    (r"\|x", 1, r"'\\|' is never closed"),
    (r"|x|_2", 4, "unexpected '_' in a formula"),
    (r"\{x)", 4, r"')' does not close '\\{'"),
    (r"\overline{xy}", 1, "an average needs objects to take it over"),
    (r"\sum_i x_i", 6, r"a sum needs its index and limits: \sum_{i=1}^{m}"),
    (r"\prod_{k=1}^n x_k", 1, "a product over k is read only from a number to a number"),
    ("(x)_-", 5, "of the parts of a number only the positive one is read: (x)_+"),
    ("a +", 4, "a formula must go on here, not the end of the formula"),
    ("C_2 =", 6, "a formula must go on here, not the end of the formula"),
    ("= 0", 1, "a formula must go on here, not '='"),
    ("a == b", 4, "a formula must go on here, not '='"),
    ("a - -b", 5, "a formula must go on here, not '-'"),
    ("a/", 3, "a formula must go on here"),
    ("x_1_2", 4, "a formula must go on here, not '_'"),
    ("x^2^3", 4, "unexpected '^' in a formula"),
    ("a()", 3, "the brackets () are empty"),
    (r"S = \sqrt{1/(n-1)[()^2 + \dots + ()^2]}", 20, "the brackets () are empty"),
    ("x 2", 3, r"the number 2 cannot follow a factor: put a sign between them, as in 2 \cdot 3"),
    ("2 3", 3, "the number 3 cannot follow a factor"),
    ("x = 1,5", 5, "1,5 is one number or two: write a point or a space"),
    ("x = 1.5.2", 5, "1.5.2 is one number or two"),
    ("(a, b)", 3, "a comma stands inside brackets: only a declared function takes several arguments"),
    ("G(1, 2)", 4, "a comma stands inside brackets"),
    ("[0; 1]", 3, "a comma stands inside brackets"),
    (r"(a \text{ or } b)", 4, r"'\\text{ or }' interrupts the formula"),
    (r"(a \quad b)", 4, r"'\\quad' interrupts the formula"),
    ("Loss = 1", 1, "Loss is a word that is not declared (for a product put spaces)"),
    ("2 + sin(x)", 5, "sin is a word that is not declared"),
    ("f", 1, "f is a function and needs its argument in brackets: f(…)"),
    ("f^2(x)", 1, "f is a function and needs its argument in brackets"),
    (r"x + \sigma", 5, r"\sigma is a function and needs its argument in brackets"),
    ("f(x)'", 5, "a prime belongs right after the name of a function, as in f'(x)"),
    ("f'''''(x)", 1, "f''''' has more than 4 primes"),
    (r"\sigma''(x)", 1, "this derivative of sigmoid has no notation of its own: write it out"),
    (r"\max(a)", 1, "max takes 2 arguments, not 1"),
    ("f(a, b)", 1, "f takes 1 argument, not 2"),
    (r"\ln x y", 7, "unexpected 'y' in a formula"),
    (r"\ln 2x", 6, "unexpected 'x' in a formula"),
    (r"\tanh^{-1}(x)", 1, r"\tanh^{-1} is read as a power only for 1, 2, 3, …"),
    (r"\sqrt[3]{x}", 6, r"only square roots of a group in braces are read: \sqrt{…}"),
    (r"\sqrt[3]{x}", 6, "only square roots of a group in braces"),
    (r"\frac-1m", 6, r"a fraction needs both its parts in braces: \frac{…}{…}"),
    (r"\frac{1}-2", 9, "a fraction needs both its parts in braces"),
    ("1/0", 2, "division by zero"),
    (r"a + \frac{1}{x-x}", 5, "division by zero"),
    ("2^n", 3, "the exponent n is neither an integer nor a half-integer"),
    ("x^{100}", 3, "the exponent 100 is too large: at most 64"),
    ("x^{1/3}", 3, "the exponent 1/3 is neither"),
    ("9^{64}" + r" \cdot 9^{64}" * 20, 1, "a number here would have more than 1000 digits"),
    ("1" * 1001, 1, "has more than 1000 digits"),
    ("x^{+1}", 1, "x^{+1} is no power but a name of its own, which is not declared"),
    (r"\vec{x}^*", 9, "a formula must go on here, not '*'"),
    ("x_{a*b}", 1, "the subscript of x_{a*b} is neither a label nor declared indices"),
    ("x_{i+k}", 1, "the subscript of x_{i+k} is neither"),
    (r"w_0 + \dots + w_k", 7, r"\dots stands for something: write a \sum, or leave it at the end of a sum"),
    (r"(a + \dots)", 6, r"\dots stands for something"),
    (r"\lambda \sum w_i^2", 14, r"a sum needs its index and limits: \sum_{i=1}^{m}"),
    (r"\sum_i x_i", 6, "a sum needs its index and limits"),
    (r"\sum_{x_1=1}^m x_1", 7, "x_1 cannot be the index of a sum: an index is one letter"),
    (r"\frac{\partial L}{\partial w_1^2}", 1, "the derivative has the order 1 above the line and 2 below it"),
    (r"\frac{\partial^2 L}{\partial w}", 1, "the derivative has the order 2 above the line and 1 below it"),
    (r"\frac{\partial^9 L}{\partial w^9}", 16, "9 is no order of a derivative: from 1 to 4"),
    (r"\frac{\partial}{\partial x} + x", 15, r"a name must follow \partial, not '}'"),
    ("x" * (MAX_LENGTH + 1), 0, f"the formula has more than {MAX_LENGTH} characters"),
    ("(" * 101 + "x" + ")" * 101, 101, "brackets nest deeper than 100"),
    ("{" * 3000, 101, "brackets nest deeper than 100"),
    (r"\sum_{i=1}^m " * 101 + "x", 1301, "there are more than 100 sum signs"),
]


@pytest.mark.parametrize(("text", "column", "message"), REFUSED)
def test_place_and_message(text, column, message):
    with pytest.raises(InputError) as caught:
        read_formula(text, SLIDE)
    error = caught.value
    assert message in error.message
    assert error.column == column
    assert error.line == (1 if column else 0)
    assert error.text == (text if column and len(text) <= 200 else "")


def test_places_count_the_signs_of_display_mode_and_lines():
    with pytest.raises(InputError) as caught:
        read_formula("$$a = b\n  + 1/0$$")
    assert (caught.value.line, caught.value.column, caught.value.text) == (2, 6, "  + 1/0$$")


def test_a_derivative_by_what_is_no_name():
    with pytest.raises(InputError, match="a derivative by 2, which is no name"):
        read_formula(r"\frac{\partial L}{\partial w}", Vocabulary(names={"w": Symbol("w") * 0 + 2}))


def test_operators_belong_to_the_vocabulary():
    with pytest.raises(InputError, match=r"\\tanh is not among the functions of this vocabulary"):
        read_formula(r"\tanh(x)", Vocabulary(functions={"f": "f"}))


# Brackets

w2, w3, w01, w02, C1, S1 = symbols("w2 w3 w01 w02 C1 S1")


def f(u):
    return call("f", u)


def unbalanced(text, vocabulary=SLIDE):
    with pytest.raises(UnbalancedError) as caught:
        read_formula(text, vocabulary)
    return caught.value


def meanings(repairs):
    return [read_formula(repair, SLIDE).equalities for repair in repairs]


def test_a_stray_bracket_of_the_lecture():
    error = unbalanced(r"$$w_3 f([w_2 f(1 + w_{01}) - C_1] / S_1) + w_{02})$$")
    assert error.message == "')' closes no bracket"
    assert error.column == 50
    inner = (w2 * f(1 + w01) - C1) / S1
    assert meanings(error.repairs) == [
        ((w3 * (f(inner) + w02),),),
        ((w3 * f(inner + w02),),),
        ((w3 * f(inner) + w02,),),
    ]
    assert error.repairs[-1] == r"w_3 f([w_2 f(1 + w_{01}) - C_1] / S_1) + w_{02}"


def test_a_mean_whose_brackets_can_be_read_in_several_ways():
    one, two = (rf"w_3 f([w_2 f({sign}1 + w_{{01}}) - C_1] / S_1) + w_{{02}}" for sign in ("-", ""))
    error = unbalanced(rf"$$C_2 = ({one}) + {two}) / 2$$")
    readings = meanings(error.repairs)
    for intended in (
        rf"C_2 = ({one} + {two}) / 2",
        rf"C_2 = ({one}) + ({two}) / 2",
        rf"C_2 = ({one}) + {two} / 2",
    ):
        assert read_formula(intended, SLIDE).equalities in readings
    assert len(set(readings)) == len(readings) == len(error.repairs)


def test_a_bracket_that_is_not_closed():
    text = r"$F_{NNN}(x)=f([a(w_3f([a(w_2f(ax+b+w_{01})-C_1)/S_1+b]+w_{02})-C_2)/S_2+b+w_{03})$"
    error = unbalanced(text)
    assert error.message == "')' does not close '['"
    assert error.column == 81
    intended = r"F_{NNN}(x)=f([a(w_3f([a(w_2f(ax+b+w_{01})-C_1)/S_1+b]+w_{02})-C_2)/S_2+b]+w_{03})"
    assert meanings(error.repairs) == [read_formula(intended, SLIDE).equalities]


@pytest.mark.parametrize(
    ("text", "column", "message", "repairs"),
    [
        ("(a+b", 1, "'(' is never closed", ("a+b",)),
        ("a+b)", 4, "')' closes no bracket", ("a+b",)),
        ("a(b+c", 2, "'(' is never closed", ("a(b)+c", "a(b+c)")),
        (r"\left(a+b", 1, r"'\\left(' is never closed", ("a+b",)),
        ("w_{01", 3, "'{' is never closed", ("w_01",)),
        (r"\frac{a}{b", 9, "'{' is never closed", (r"\frac{a}{b}",)),
        ("f(x", 2, "'(' is never closed", ("f(x)",)),
        ("(a+b]", 5, "']' does not close '('", ()),
        ("((a", 2, "'(' is never closed", ()),
        ("([a)]", 4, "')' does not close '['", ()),
        ("|a", 1, "'|' is never closed", ()),
        ("(a + 1/0", 1, "'(' is never closed", ()),
    ],
)
def test_repairs_by_one_bracket(text, column, message, repairs):
    error = unbalanced(text)
    assert (error.column, error.message) == (column, message)
    assert sorted(error.repairs) == sorted(repairs) or {*meanings(error.repairs)} == {*meanings(repairs)}
    assert len(error.repairs) == len(repairs)


def test_repairs_are_capped():
    assert len(unbalanced("+".join(["x_1f(a)"] * 25) + ")").repairs) == MAX_REPAIRS
    assert unbalanced("+".join(["x_1f(a)"] * 100) + ")").repairs == ()


@given(st.data())
def test_a_bracket_taken_away_is_found_again(data):
    text = data.draw(
        st.recursive(
            st.sampled_from(["x", "w_1", "2", r"\sigma_1"]),
            lambda c: st.builds("({}+{})".format, c, c) | st.builds("f({}-{})".format, c, c),
            max_leaves=6,
        ).filter(lambda t: "(" in t)
    )
    places = [k for k, character in enumerate(text) if character in "()"]
    place = data.draw(st.sampled_from(places))
    error = unbalanced(text[:place] + text[place + 1 :], Vocabulary())
    assert read_formula(text) in [read_formula(r) for r in error.repairs]


# Whatever is thrown at it

PIECES = [r"\frac", "{", "}", "(", ")", "[", "]", "|", r"\left", r"\right", "^", "_", "'", r"\sum", r"\partial"]
PIECES += [
    "x",
    "w_1",
    "f",
    "f(",
    r"\sigma(",
    "1",
    "0",
    "65",
    "0.5",
    "+",
    "-",
    "/",
    r"\cdot",
    "=",
    ",",
    ".",
    r"\dots",
]
PIECES += [
    r"\text{и}",
    "–",
    "среднее",
    "//",
    "$",
    r"\hat",
    r"\mathcal{B}",
    "e^",
    "d",
    r"\ln",
    r"\quad",
    "\n",
    r"\foo",
]
PIECES += [r"\sum_{i=1}^m", r"\frac{\partial L}{\partial w}", "{+1}", "x_i", "_{i-1}", "\\"]


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("x^{" * 40)
@example("|" * 99)
@example(r"\sum_{i=1}^m " * 2000 + "x")
@example(r"\sum_{i=1}^m f(" * 99 + "x" + ")" * 99)
@example(r"\sum_{i=1}^m (x+" * 99 + "x" + ")^2" * 99)
@example("-" * 500)
@example("f" + "'" * 500)
@example("\\hat" * 500)
def test_any_text_is_read_or_refused(text):
    error = refusal(text)
    if error:
        assert error.message
        assert error.line <= text.count("\n") + 1


def refusal(text):
    try:
        read = read_formula(text, SLIDE)
    except InputError as error:
        return error
    assert isinstance(read, Statement)
    assert all(read.equalities)
    return None

"""What a verdict rests on, as it is shown: sides that a line holds, in names that a reader knows."""

from sympy import IndexedBase, Integer, Symbol

from symnet.equations import size
from symnet.expressions import total
from symnet.grounds import grounds
from symnet.operations import call
from symnet.reading.load import network
from symnet.slides import Slide
from symnet.sums import Sum
from symnet.truth.verdict import decide

x, w, b = map(Symbol, "xwb")


def compared(left, right):
    """The steps of a decision about two sides, each as its rule and its sides in LaTeX."""
    return [(said.rule, said.sides) for said in grounds(decide(left, right)).steps]


def test_the_two_sides_stand_in_a_line_or_below_each_other():
    assert compared((x + 1) ** 2, x**2 + 2 * x + 1) == [
        ("compared", (("(x + 1)^2", "x^2 + 2x + 1"),)),
        ("same form", ()),
    ]
    many = total(*(call("f", w * x + k) for k in range(1, 7)))
    ((_, sides), _) = compared(many + b, b + many + x - x + (x - 1) * (x + 1) - x**2 + 1)
    assert [left for left, _ in sides] == ["", ""]


def test_what_nobody_can_read_is_counted():
    many = total(*(call("f", w * x + k) for k in range(1, 70)))
    ((rule, sides), _) = compared(many * w, total(*(w * term for term in many.args)))
    assert (rule, sides) == ("long", ())


def test_an_index_with_a_long_name_gets_a_letter():
    n, long = size("n"), Symbol("Y_0", integer=True)
    left = Sum(2 * IndexedBase("a")[long], (long, Integer(1), n))
    right = 2 * Sum(IndexedBase("a")[long], (long, Integer(1), n))
    ((_, ((shown, _),)), _) = compared(left, right)
    assert shown == r"\sum_{i=1}^{n} 2a_i"


def test_a_condition_and_a_refutation_end_otherwise():
    assert compared(call("abs", w), w)[-1] == ("same under", ())
    assert compared(2 * w, 3 * w)[-1] == ("differs", ())


def test_the_asked_object_is_read_before_the_biases():
    net = network("inputs x\nF = f(x + w01)*w2\ndata x | y\n 1 | 1\n 2 | 0")
    assert Slide(net).check("$F_{NN}(x) = w_2 f(x + w_{01})$").derived == ("f(x + w01)*w2", "f(x + w_{01}) w_2")

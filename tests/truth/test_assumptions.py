"""Conditions: what each says, how it is written, how they join."""

import pytest
from sympy import Integer, Rational, S, symbols

from symnet.operations import call, sqrt
from symnet.truth.assumptions import (
    PROPERTIES,
    all_of,
    closure,
    equal,
    greater,
    has_property,
    monotone,
    negative,
    nonzero,
    positive,
    tex,
    unequal,
    vanishing,
)

a, b, c = symbols("a b c")


def test_signs() -> None:
    assert (positive(a).text, positive(a).latex, positive(a).signs) == ("a > 0", "a > 0", ((a, 1),))
    assert (negative(a).text, negative(a).latex, negative(a).signs) == ("a < 0", "a < 0", ((a, -1),))
    more = greater(a, b)
    assert (more.text, more.latex, more.signs) == ("a > b", "a > b", ((a - b, 1),))
    assert (nonzero(a).text, nonzero(a).latex, nonzero(a).nonzero) == ("a != 0", r"a \ne 0", (a,))
    apart = unequal(a, b)
    assert (apart.text, apart.latex, apart.signs, apart.nonzero) == ("a != b", r"a \ne b", (), (a - b,))
    assert str(more) == more.text
    for condition in (positive(a), negative(a), more):
        assert (condition.closed, condition.values, condition.functions, condition.nonzero) == ((), (), (), ())


def test_closures() -> None:
    both = closure(all_of(positive(a), greater(b, c), negative(c)))
    assert both.text == "a >= 0 and b >= c and c <= 0"
    assert both.latex == r"a \ge 0,\; b \ge c,\; c \le 0"
    assert both.closed == (a, b - c, c)
    assert both.signs == ((a, 1), (b - c, 1), (c, -1))


def test_values_and_properties() -> None:
    half = equal(a, S.Half)
    assert (half.text, half.latex, half.values) == ("a = 1/2", r"a = \frac{1}{2}", ((a, S.Half),))
    said = {"odd": "g(-u) = -g(u)", "even": "g(-u) = g(u)", "linear": "g(u) = g(1)*u", "identity": "g(u) = u"}
    assert said.keys() == PROPERTIES.keys()
    for name, formula in said.items():
        condition = has_property("g", name)
        assert condition.text == f"g {'the ' if name == 'identity' else ''}{name}: {formula}"
        assert condition.latex == formula.replace("*", r"\, ")
        assert condition.functions == (("g", name),)
    up, down = monotone("f", True, [(a, 1)]), monotone("f", False, iter([(a, -1), (b, 1)]))
    assert (up.text, up.latex, up.signs) == ("f increasing", r"\text{$f$ increasing}", ((a, 1),))
    assert (down.text, down.latex) == ("f decreasing", r"\text{$f$ decreasing}")
    assert down.signs == ((a, -1), (b, 1))


def test_a_conjunction_has_every_part() -> None:
    parts = [closure(positive(a)), equal(b, S.Half), has_property("f", "odd"), nonzero(c)]
    joined = all_of(*parts)
    assert joined.text == "a >= 0 and b = 1/2 and f odd: f(-u) = -f(u) and c != 0"
    assert joined.latex == r"a \ge 0,\; b = \frac{1}{2},\; f(-u) = -f(u),\; c \ne 0"
    assert (joined.signs, joined.closed) == (((a, 1),), (a,))
    assert (joined.values, joined.functions, joined.nonzero) == (((b, S.Half),), (("f", "odd"),), (c,))
    assert all_of(parts[0]) is parts[0]


def test_a_condition_of_other_expressions() -> None:
    joined = all_of(closure(positive(a)), equal(b, a + 1), has_property("f", "odd"), nonzero(a * c))
    changed = joined.map(lambda u: u.subs(a, 2))
    assert (changed.signs, changed.closed) == (((2, 1),), (2,))
    assert (changed.values, changed.nonzero) == (((b, 3),), (2 * c,))
    assert (changed.text, changed.functions) == (joined.text, joined.functions)


@pytest.mark.parametrize(
    ("u", "names", "values"),
    [
        (a - b, [a], ((a, b),)),
        (3 * a + 2 * b - 1, [a], ((a, Rational(1, 3) - 2 * b / 3),)),
        (-a, [b, a], ((a, Integer(0)),)),
        (a * b, [a, b], None),
        (a + a * b, [a], None),
        (a + a**2, [a], None),
        (a + b + call("f", a), [a, b], ((b, -a - call("f", a)),)),
        (a + 1, [b], None),
        (a + 1, [], None),
    ],
)
def test_where_a_name_makes_it_vanish(u, names, values) -> None:
    found = vanishing(u, names)
    assert (found and found.values) == values


def test_tex() -> None:
    assert tex(call("f", a, order=2)) == "f''(a)"
    assert tex(call("f", a) * call("f", call("f", b), order=1)) == "f(a) f'(f(b))"
    assert tex(call("max", a, b)) == r"\max(a, b)"
    assert tex(sqrt(a) + 1) == r"\sqrt{a} + 1"

"""Statements made scalar: which equations they keep, what assumptions put in, what a point has to fulfil."""

import sys
from collections.abc import Iterable
from fractions import Fraction
from traceback import walk_stack

import pytest
from sympy import IndexedBase, Integer, Symbol, symbols

from symnet.equations import Derivation, Equation, Variable, index, names_used, size
from symnet.errors import SymnetError
from symnet.operations import call
from symnet.sums import Sum
from symnet.truth.assumptions import closure, equal, greater, has_property, negative, nonzero, positive
from symnet.truth.statement import LEFT, RIGHT, admits, respected, state

a, b, c = symbols("a b c")
i, j = symbols("i j", integer=True)
x = Variable("x", (index("i", 3),))
row = Equation("r", (index("i", 3),), rhs=x.at(i) * a)
sums = Equation("s", rhs=Sum(row.at(i), (i, 1, 2)))
unused = Equation("t", rhs=b**2)
named = Derivation((row, sums, unused), (x,), (Variable("a"), Variable("b")))


def in_order(equations: Iterable[Equation], *names: str) -> bool:
    """Whether these are the equations, each after those it uses."""
    found = [e.name for e in equations]
    before = all(found.index(n) < k for k, e in enumerate(equations) for n in names_used(e.rhs) if n in found)
    return before and sorted(found) == sorted(names)


def test_only_scalar_equations_that_are_needed() -> None:
    statement = state(sums.reference, Sum(x.at(j), (j, 1, 2)), named)
    assert in_order(statement.equations, "r[1]", "r[2]", "s")
    assert all(not e.indices for e in statement.equations)
    assert statement.derivation["r[1]"].rhs == Symbol("x[1]") * a
    assert statement.derivation["s"].rhs == Symbol("r[1]") + Symbol("r[2]")
    assert (statement.left, statement.right) == (Symbol("s"), Symbol("x[1]") + Symbol("x[2]"))
    assert statement.others == ()
    assert [p.name for p in statement.parameters] == ["a", "x[1]", "x[2]"]
    assert [e.name for e in state(row.at(3), b, named).equations] == ["r[3]"]
    assert [p.name for p in state(Symbol("ab") + b, a).parameters] == ["a", "b", "ab"]  # short ones first
    assert state(IndexedBase("x")[i], a, named).equations == ()
    assert statement.defined(Symbol("s")) == Symbol("r[1]") + Symbol("r[2]")
    assert statement.defined(a) == a
    assert statement.defined(a + b) == a + b


def test_long_chains_are_no_deep_recursion() -> None:
    chain = Derivation(tuple(Equation(f"q{k + 1}", rhs=Symbol(f"q{k}") + b) for k in range(60)))
    last = Symbol("q60")
    depth, limit = sum(1 for _ in walk_stack(None)), sys.getrecursionlimit()
    sys.setrecursionlimit(depth + 100)  # two frames for an equation would be too many
    try:
        found = [state(last, a, chain), state(a, last, chain), state(a, a, chain, [positive(last)])]
    finally:
        sys.setrecursionlimit(limit)
    assert [len(statement.equations) for statement in found] == [60] * 3


def test_shared_nodes_cost_their_length() -> None:
    shared = a
    for _ in range(60):
        shared = call("max", shared, shared + 1)
    assert state(shared, a).parameters == (a,)


def test_what_assumptions_speak_of_is_kept() -> None:
    given = [positive(unused.reference), nonzero(row.at(1)), equal(b, sums.reference), has_property("f", "odd")]
    statement = state(a, a, named, given)
    assert {e.name for e in statement.equations} == {"t", "r[1]", "r[2]", "s"}
    assert list(map(str, statement.others)) == ["t", "r[1]", "s"]
    assert Symbol("b") in statement.parameters
    assert greater(b, c).signs[0][0] in state(a, a, None, [greater(b, c)]).others


def test_nodes_and_functions() -> None:
    statement = state(call("f", sums.reference) + call("g", a, order=1), call("tanh", a), named)
    assert statement.functions == ("f", "g")
    nodes = statement.nodes
    assert len(nodes) == len(set(nodes))
    assert {Symbol("r[1]"), call("tanh", a), Symbol("x[2]") * a} <= set(nodes)


def test_both_sides_and_all_equations_are_changed() -> None:
    statement = state(sums.reference, a, named, [positive(b)])
    changed = statement.map(lambda u: u + 1)
    assert (changed.left, changed.right, changed.others) == (sums.reference + 1, a + 1, statement.others)
    assert {e.name: e.rhs - 1 for e in changed.equations} == {e.name: e.rhs for e in statement.equations}


def test_values_become_equations() -> None:
    statement = state(a * b, c * call("f", sums.reference), named)
    assert statement.under([]) is statement
    assert statement.under([equal(Symbol("other"), a), positive(a)]) is statement
    filled = statement.under([equal(a, b + 1), equal(b, c**2)])
    assert in_order(filled.equations, "b", "a", "r[1]", "r[2]", "s")
    assert filled.derivation["a"].rhs == b + 1
    assert [p.name for p in filled.parameters] == ["c", "x[1]", "x[2]"]
    by_name = state(c * b, sums.reference, named).under([equal(b, sums.reference)])
    assert in_order(by_name.equations, "r[1]", "r[2]", "s", "b")
    with pytest.raises(SymnetError, match="the assumptions on a, b refer to each other"):
        statement.under([equal(a, b + 1), equal(b, a)])
    with pytest.raises(SymnetError, match="the assumptions on a refer to themselves"):
        statement.under([equal(a, sums.reference)])


def test_the_probe_holds_both_sides_and_what_is_assumed() -> None:
    given = [positive(a), equal(b, Integer(2)), nonzero(c - 1), negative(b)]
    probe = state(a, b + c).probe(given)
    assert {e.name: e.rhs for e in probe} == {LEFT: a, RIGHT: b + c, "_0": a, "_1": c - 1, "_2": b}
    assert [e.name for e in state(a, b).probe()] == [LEFT, RIGHT]


def test_respected_assumptions() -> None:
    given = [positive(a), closure(negative(b)), nonzero(c), has_property("f", "odd")]

    def holds(*values: int) -> bool:
        return respected(given, {f"_{k}": Fraction(value) for k, value in enumerate(values)})

    assert holds(1, -1, 1)
    assert holds(1, 0, -1)
    for wrong in ((0, -1, 1), (-1, -1, 1), (1, 1, 1), (1, -1, 0)):
        assert holds(*wrong) is False
    assert respected([], {})


def test_sizes_are_positive_integers_and_indices_integers() -> None:
    m = size("m")
    values = [Fraction(v) for v in ("-1", "0", "1/2", "1", "2")]
    assert [admits(m, value) for value in values] == [False, False, False, True, True]
    assert [admits(i, value) for value in values] == [True, True, False, True, True]
    assert all(admits(a, value) for value in values)
    assert [admits(Symbol("e", positive=True), value) for value in values] == [False, False, True, True, True]

"""What a statement of symbolic size becomes at small sizes, how its proof is found, and how long that takes."""

from itertools import islice

import pytest
from sympy import Expr, IndexedBase, Integer, Symbol, symbols

from symnet.clock import STEPS, by_work, now
from symnet.equations import Derivation, Variable, index, size
from symnet.operations import call, sqrt
from symnet.sums import Delta, Sum
from symnet.truth.assumptions import all_of, closure, positive
from symnet.truth.every_size import has_places, instances, prove_every_size, second_opinions, small_sizes
from tests.truth.test_summands import kinked

m, n = size("m"), size("n")
i, j, k, c = symbols("i j k c", integer=True)
a, b, eps = symbols("a b eps")
x, z = Variable("x", (index("i", m),)), Variable("z", (index("i", m), index("c", n)))
DECLARED = Derivation((), (x, z))


def over(body: Expr, letter: Symbol = i, upper: Expr = m) -> Expr:
    return Sum(body, (letter, 1, upper))


def sigmoid(u: Expr) -> Expr:
    return call("sigmoid", u)


def tanh(u: Expr) -> Expr:
    return call("tanh", u)


# At small sizes


def test_opinions_are_at_the_middle_and_the_last_index_by_turns() -> None:
    opinions = [one.at for one in second_opinions(x.at(k), x.at(1), DECLARED)]
    assert [(at[m], at[k]) for at in opinions] == [(2, 1), (3, 3), (4, 2), (5, 5)]
    first = next(second_opinions(z.at(k, c), a, DECLARED)).at  # the third of six
    assert [first[letter] for letter in (m, n, k, c)] == [2, 3, 1, 2]


def test_any_number_of_sizes_is_told_apart_by_turns() -> None:
    first, second = islice(small_sizes([size(name) for name in "klmnop"]), 2)
    assert [*zip(first.values(), second.values(), strict=True)] == [(2, 3), (3, 2), (2, 2), (3, 3), (2, 3), (3, 2)]


@pytest.mark.parametrize(
    ("left", "sizes", "places"),
    [
        (x.at(1) + x.at(k), {m: 2}, [{k: 1}, {k: 2}]),
        (over(z.at(k, c), c, n), {m: 2, n: 3}, [{k: 1}, {k: 2}]),  # as z has it, not as the longest
        (IndexedBase("y")[k], {}, [{k: 1}, {k: 2}]),
        (IndexedBase("y")[k], {m: n}, [{k: 1}, {k: 2}]),
        (IndexedBase("y")[k], {m: 3, n: 2}, [{k: 1}, {k: 2}, {k: 3}]),
        (over(IndexedBase("y")[k]), {m: n}, [{}]),  # still of some size
        (over(IndexedBase("y")[k]), {m: 1, n: 2}, [{k: 1}, {k: 2}]),
    ],
)
def test_the_values_of_free_indices(left: Expr, sizes: dict[Symbol, int], places: list[dict[Symbol, int]]) -> None:
    given = {name: Integer(value) if isinstance(value, int) else value for name, value in sizes.items()}
    assert [one.at for one in instances(left, a, DECLARED, given)] == [{**given, **where} for where in places]


def test_an_index_of_which_only_the_end_is_known_stays_free() -> None:
    late = Derivation((), (Variable("y", (index("k", 4, n),)),))
    assert [one.at for one in instances(IndexedBase("y")[k], over(a), late, {m: Integer(2)})] == [{m: 2}]


def test_what_has_places_at_every_size() -> None:
    assert has_places(x.at(k) * z.at(1, c) + a, DECLARED)
    assert has_places(over(IndexedBase("y")[i]), DECLARED)
    assert not has_places(x.at(k) * IndexedBase("y")[j], DECLARED)


def test_signs_of_indexed_names_are_those_of_their_places() -> None:
    instance = next(instances(over(x.at(i)), a, DECLARED, {m: Integer(2), n: Integer(2)}))
    mixed = all_of(closure(positive(x.at(k))), positive(z.at(1, 1)), positive(b), positive(IndexedBase("y")[k]))
    (here,) = instance.assume([mixed])
    assert here.signs == tuple((u, 1) for u in (x.at(1), x.at(2), z.at(1, 1), b, IndexedBase("y")[k]))
    assert here.closed == (x.at(1), x.at(2))


# Proofs


@pytest.mark.parametrize(
    ("left", "right", "form"),
    [
        (over(sigmoid(x.at(i)) + sigmoid(-x.at(i))), m, "sums"),
        (over(a * tanh(-x.at(i))), -a * over(tanh(x.at(k)), k), "sums"),
        (over(sigmoid(x.at(i))), over(1 / (1 + call("exp", -x.at(i)))), "sums"),
        (sqrt(a) ** 2 * sqrt(b) ** 2, a * b, "sums"),
        (sqrt(a) ** 2 * (a + b) ** 20, a * (a + b) ** 20, "sums"),  # which is not written out
        (a * sqrt(a) ** 2 / (a + b) + b * a / (a + b), a, "sums"),
        (sqrt(a) ** 2 * (a + b) ** eps, a * (a + b) ** eps, "sums"),
        (over(Delta(i, k) * x.at(i)), x.at(k), "sums"),  # k is one of 1..m
        (over(kinked(x.at(i))), over(x.at(i)), "summands"),
    ],
)
def test_the_form_that_proves_it(left: Expr, right: Expr, form: str) -> None:
    assert prove_every_size(left, right, DECLARED).method == f"normal form of {form}, for every size"


def test_other_functions_are_not_taken_for_tanh() -> None:
    for name in ("f", "exp", "sigmoid"):
        assert not prove_every_size(over(call(name, x.at(i))), over(tanh(x.at(k)), k)).proved


@pytest.mark.parametrize("square", [call("exp", a) ** 2, call("f", a) ** 2, tanh(a) ** 2, over(call("f", a) ** 2) / m])
def test_only_roots_are_replaced_by_their_squares(square: Expr) -> None:
    assert not prove_every_size(square, a).proved


@pytest.mark.parametrize(
    ("right", "seconds", "reason"),
    [
        (over(x.at(k), k), 10, ""),
        (a, 10, "the normal form of sums is not 0"),
        (a, -1, "the time limit has passed"),
    ],
)
def test_the_seconds_of_a_proof_are_its_own(right: Expr, seconds: float, reason: str) -> None:
    with by_work(60):
        now(10 * STEPS)
        outcome = prove_every_size(over(x.at(i)), right, seconds=seconds)
        assert outcome.reason == reason
        assert 0 <= outcome.seconds < 5

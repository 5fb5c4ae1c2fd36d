"""Small facts about proofs for every size and verdicts that a mutant of `truth/` would get wrong."""

from functools import partial
from itertools import product as choices

import pytest
from sympy import IndexedBase, Integer, Symbol, symbols

from symnet.equations import Derivation, Equation, Index, Variable, index, size
from symnet.operations import OPERATIONS, call, sqrt
from symnet.sums import Sum, normal_form
from symnet.truth import every_size
from symnet.truth import verdict as module
from symnet.truth.assumptions import positive
from symnet.truth.every_size import at_sizes, instances, is_symbolic, prove_every_size, sizes_of, small_sizes
from symnet.truth.prove import NEVER_NEGATIVE, SoundnessError, prove_equal
from symnet.truth.verdict import decide

m, n = size("m"), size("n")
i, j, k, c = symbols("i j k c", integer=True)
a, b, eps = symbols("a b eps")
OBJECT, CLASS = index("i", m), index("c", n)
x, z = Variable("x", (OBJECT,)), Variable("z", (OBJECT, CLASS))
row = Equation("s", (OBJECT,), rhs=sqrt(Sum(z.at(i, c) ** 2, (c, 1, n)) + eps))
whole = Equation("r", rhs=sqrt(Sum(x.at(i) ** 2, (i, 1, m)) + sqrt(a**2 + 1)))
d = Derivation((row, whole), (x, z), (Variable("a"), Variable("eps")), "rows")


def over(body, letter=i, upper=m):
    return Sum(body, (letter, 1, upper))


def test_what_is_symbolic() -> None:
    assert is_symbolic(x.at(i), b)
    assert is_symbolic(a, over(a))
    assert is_symbolic(a, whole.reference, d)
    assert not is_symbolic(a, b)
    assert not is_symbolic(a, whole.reference)
    assert not is_symbolic(over(x.at(i), upper=3), m)


def test_the_sizes_of_a_statement() -> None:
    assert sizes_of(a, whole.reference, d) == (m,)
    assert sizes_of(row.at(1), a, d) == (m, n)
    assert sizes_of(x.at(1), a, d) == (m,)
    assert sizes_of(x.at(1), a) == ()
    assert sizes_of(Sum(a, (i, n, m + 1)), a) == (m, n)
    assert sizes_of(Sum(a, (i, k, m)), a) == (m,)


def test_statements_at_given_sizes() -> None:
    statements, fixed = at_sizes(x.at(i), row.at(i) + z.at(i, c), d, {m: 2, n: 3})
    assert statements == [(x.at(p), row.at(p) + z.at(p, q)) for q in (1, 2, 3) for p in (1, 2)]
    assert [e.name for e in fixed] == ["s", "r"]
    assert fixed["s"].rhs == sqrt(over(z.at(i, c) ** 2, c, 3) + eps)
    assert fixed["s"].indices == (Index(i, Integer(2), Integer(1)),)
    assert [v.indices for v in fixed.inputs] == [(Index(i, 2, 1),), (Index(i, 2, 1), Index(c, 3, 1))]
    assert (fixed.parameters, fixed.title) == (d.parameters, "rows")
    free, _ = at_sizes(x.at(k), a, None, {m: 2, n: 3})
    assert free == [(x.at(p), a) for p in (1, 2, 3)]
    assert at_sizes(a, over(a), None, {m: 2})[0] == [(a, Sum(a, (i, 1, 2)))]
    late = Derivation((), (Variable("y", (index("k", m, n),)),))
    assert at_sizes(IndexedBase("y")[k], a, late, {m: 4, n: 2})[1].inputs[0].indices == (Index(k, 4, 2),)


def test_small_sizes_tell_sizes_apart() -> None:
    four = [size(name) for name in "klmn"]
    for count in range(5):
        ways = [tuple(map(int, way.values())) for way in small_sizes(four[:count], 5)]
        assert {*choices((2, 3), repeat=count), (4,) * count, (5,) * count} == set(ways)
        assert all((ways[0][p], ways[1][p]) != (ways[0][q], ways[1][q]) for p in range(count) for q in range(p))
    assert {way[m] for way in small_sizes([m])} == {2, 3}


def test_a_free_index_has_the_range_of_what_it_stands_at() -> None:
    y, u = Variable("y", (OBJECT,)), Variable("u", (index("p", n),))
    declared = Derivation((), (y, u))
    bound, free = over(y.at(i)), u.at(i)  # i is 1..m in the sum, and 1..n beside it
    for sides in ((bound, free), (free, bound)):
        assert len(at_sizes(*sides, declared, {m: 2, n: 3})[0]) == 3


def test_assumptions_at_an_instance() -> None:
    instance = next(instances(x.at(i), x.at(i) ** 2, None, {m: Integer(2)}))
    assert instance.assume([positive(x.at(i))])[0].signs == ((x.at(1), 1),)


SQUARES = over(z.at(i, c) ** 2, c, n)
PROVED = {
    "a root at an index": (row.at(i) ** 2, SQUARES + eps, d),
    "under a fraction": (1 / row.at(i), row.at(i) / (over(z.at(i, k) ** 2, k, n) + eps), d),
    "to the third": (row.at(i) ** 3 / row.at(j), (SQUARES + eps) * row.at(i) / row.at(j), d),
    "two places": ((row.at(i) + row.at(j)) * (row.at(i) - row.at(j)), SQUARES - SQUARES.subs(i, j), d),
    "a root under a root": ((whole.reference**2 - over(x.at(i) ** 2)) ** 2, a**2 + 1, d),
    "without a name": (sqrt(over(x.at(i))) ** 2, over(x.at(j), j), None),
    "conjugate": (1 / (sqrt(a + 1) + 1), (sqrt(a + 1) - 1) / a, None),
    "the same root twice": (sqrt(a + b) * sqrt(b + a), a + b, None),
    "a sum below": (over(x.at(i) / over(x.at(j), j)), Integer(1), None),
    "a sum of sums below": (1 / (1 + 1 / over(x.at(i))), over(x.at(i)) / (1 + over(x.at(k), k)), None),
    "a named root written out": (a * sqrt(over(x.at(j) ** 2, j) + sqrt(1 + a**2)), a * whole.reference, d),
    "sigmoid and its mirror image": (over(call("sigmoid", x.at(i)) + call("sigmoid", -x.at(i))), m, None),
    "tanh is odd": (over(a * call("tanh", -x.at(i))), -a * over(call("tanh", x.at(k)), k), None),
    "tanh by sigmoid": (over(call("tanh", x.at(i))), 2 * over(call("sigmoid", 2 * x.at(i))) - m, None),
    "softplus": (over(call("softplus", x.at(i))), over(call("log", 1 + call("exp", x.at(i)))), None),
    "by exponentials": (over(call("sigmoid", x.at(i))), over(1 / (1 + call("exp", -x.at(i)))), None),
    "opaque": (over(call("exp", x.at(i) * (a + 1))), over(call("exp", x.at(j) + a * x.at(j)), j), None),
}  # fmt: skip


@pytest.mark.parametrize("name", PROVED)
def test_proved_for_every_size(name: str) -> None:
    left, right, derivation = PROVED[name]
    outcome = prove_every_size(left, right, derivation)
    assert (outcome.kind, outcome.method) == ("proved", "normal form of sums, for every size")
    assert 0 <= outcome.seconds < 10
    for wrong in (2 * right, right + 1, -right):
        missed = prove_every_size(left, wrong, derivation)
        assert (missed.kind, missed.method) == ("undecided", "normal form of sums")
        assert missed.reason == "the normal form of sums is not 0"
        assert 0 <= missed.seconds < 10


def test_odd_and_even_parts_vanish_apart() -> None:
    assert not prove_every_size(row.at(i) ** 3, SQUARES + eps, d).proved
    assert not prove_every_size(row.at(i) * row.at(j), row.at(i) ** 2, d).proved
    assert not prove_every_size(sqrt(a) + a, 2 * a).proved
    assert not prove_every_size(sqrt(a) + a, 2 * sqrt(a)).proved
    assert prove_every_size(sqrt(a) ** 3 + sqrt(a) ** 2, a * sqrt(a) + a).proved


def test_both_parts_have_to_vanish() -> None:
    for one, other in ((a, b), (b, a)):
        hidden = sqrt(one) * (sqrt(other) ** 2 - other)  # 0, but not before the roots are replaced
        assert prove_every_size(hidden, Integer(0)).proved
        assert not prove_every_size(hidden + one, Integer(0)).proved
    assert not prove_every_size(sqrt(a), Integer(0)).proved
    assert not prove_every_size(sqrt(a) * sqrt(b), a).proved


def test_a_root_has_no_name_of_somebody_else() -> None:
    for number in range(3):
        assert not prove_every_size(sqrt(a) + sqrt(b), Symbol(f"root_{number}") + sqrt(b)).proved


def test_only_roots_are_replaced_by_their_squares() -> None:
    named = Derivation((Equation("t", rhs=call("tanh", a)), Equation("u", rhs=call("exp", a))), (), (Variable("a"),))
    t, u = named["t"].reference, named["u"].reference
    assert prove_every_size(t, 2 * call("sigmoid", 2 * a) - 1, named).proved
    for square in (t**2, u**2, call("exp", a) ** 2, call("f", a) ** 2, over(call("exp", x.at(i)) ** 2) / m):
        assert not prove_every_size(square, a, named).proved


def test_the_root_that_stands_over_the_others_is_replaced_first() -> None:
    below = Equation("Z", rhs=sqrt(a))
    above = Equation("A", rhs=sqrt(1 + below.reference))
    roots = Derivation((below, above), (), (Variable("a"),))
    assert prove_every_size(above.reference**2 - below.reference, Integer(1), roots).proved
    assert prove_every_size((above.reference**2 - 1) ** 2, a, roots).proved


def test_functions_are_told_apart() -> None:
    for name in ["f", *(name for name, operation in OPERATIONS.items() if operation.arity == 1 and name != "tanh")]:
        assert not prove_every_size(over(call(name, x.at(i))), over(call("tanh", x.at(j)), j)).proved, name
    assert prove_every_size(over(a * call("f", x.at(i))), a * over(call("f", x.at(j)), j)).proved


def test_powers_with_a_symbolic_exponent_are_atoms() -> None:
    for exponent in (m, b, -b):
        assert prove_every_size(over(x.at(i) * a**exponent), a**exponent * over(x.at(j), j)).proved
        assert not prove_every_size(over(x.at(i) * a**exponent), a * over(x.at(j), j)).proved
    assert not prove_every_size(over(x.at(i) * a**m), a ** (-m) * over(x.at(j), j)).proved


def test_too_many_rounds_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    true = (1 / (1 + over(x.at(i))) + 1, (2 + over(x.at(i))) / (1 + over(x.at(k), k)))
    monkeypatch.setattr(every_size, "vanishes", lambda *arguments: False)
    assert prove_every_size(*true).proved
    monkeypatch.setattr(every_size, "_ROUNDS", 1)
    assert prove_every_size(*true).kind == "undecided"
    assert prove_every_size(true[0], a).kind == "undecided"


def test_a_proof_that_takes_too_long_is_no_proof() -> None:
    late = prove_every_size(over(x.at(i)), over(x.at(j), j), seconds=-1)
    assert (late.kind, late.method, late.reason) == ("undecided", "normal form of sums", "the time limit has passed")
    assert 0 <= late.seconds < 10


def test_a_form_that_is_too_large_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_size, "normal_form", partial(normal_form, expand_limit=20))
    large = prove_every_size((a + b + over(x.at(i))) ** 6, a)
    assert (large.kind, large.method) == ("undecided", "normal form of sums")
    assert large.reason == "the expanded expression has more than 20 terms"


def test_verdicts_at_symbolic_sizes() -> None:
    found = decide(over(x.at(i)), a)
    assert (found.verdict, found.method, found.assumptions) == ("refuted", "exact values at a point", [])
    assert found.witness == {
        "values": {"m": "2", "a": "0", "x[1]": "0", "x[2]": "1"},
        "functions": {},
        "left": "1",
        "right": "0",
        "difference": "1",
    }
    assert 0 <= found.seconds < 10
    assert decide(over(x.at(i)) * over(b, c, n), n * b * over(x.at(j), j)).verdict == "proved"
    assert decide(over(x.at(i)) * over(b, c, n), m * b * over(x.at(j), j)).witness["values"].keys() >= {"m", "n"}
    split = decide(over(call("abs", x.at(i))), over(call("relu", x.at(i)) + call("relu", -x.at(i))))
    assert split.verdict in ("proved", "undecided")
    assert split.method.endswith(("every size", "not 0; proved at m = 2; m = 3"))


def test_a_wrong_proof_for_every_size_never_reaches_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    true = prove_every_size(over(x.at(i)), over(x.at(j), j))
    monkeypatch.setattr(module, "prove_every_size", lambda *arguments: true)
    with pytest.raises(SoundnessError):
        decide(over(x.at(i)), over(x.at(i)) + 1)
    with pytest.raises(SoundnessError):
        decide(over(x.at(i)), over(x.at(i)) + (m - 2) * a)  # right at m = 2, wrong at m = 3
    with pytest.raises(SoundnessError):
        decide(row.at(i), row.at(1), d)  # right at i = 1, wrong at i = 2


def test_a_condition_given_is_used_at_every_size() -> None:
    assert decide(over(call("abs", a)), m * a).witness["values"] == {"m": "2", "a": "-1"}
    assert decide(over(call("abs", a)), m * a, assumptions=[positive(a)]).verdict in ("proved", "undecided")


def test_the_fields_of_a_verdict() -> None:
    found = decide(a * (b + 1), a * b + a)
    assert found.as_dict() == {
        "verdict": "proved",
        "assumptions": [],
        "witness": {},
        "correction": None,
        "method": "normal form",
        "error_bound": None,
        "seconds": round(found.seconds, 3),
    }
    assert 0 <= found.seconds < 10
    needed = decide(call("abs", a), a)
    assert (needed.verdict, needed.assumptions) == ("proved-if", ["a >= 0"])
    assert needed.method == "normal form under the assumption"
    assert len(needed.conditions) == 1
    assert Symbol("a") in needed.conditions[0].closed


@pytest.mark.parametrize("inside", [a**2 - 2, call("f", a), a**2 + a * b])
def test_a_jump_whose_place_cannot_be_put_in_stays_a_condition(inside) -> None:
    found = decide(call("sign", inside) ** 2, Integer(1))
    assert (found.verdict, found.assumptions) == ("proved-if", [f"{inside} != 0"])


def test_two_jumps_that_excuse_each_other_are_both_conditions() -> None:
    p, q = call("sign", a) ** 2, call("sign", b) ** 2
    found = decide(p + (1 - p) * q, Integer(1))  # false only at a = b = 0
    assert (found.verdict, set(found.assumptions)) == ("proved-if", {"a != 0", "b != 0"})


def test_every_proof_has_a_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(module, "recheck_statement", lambda *given, **options: asked.append(given[1]) or given[1])
    assert decide(a * (b + 1), a * b + a).verdict == "proved"
    assert asked == [module.POINTS]
    assert decide(over(x.at(i)), over(x.at(j), j)).verdict == "proved"
    assert len(asked) > 1
    assert all(points > 0 for points in asked)


def test_functions_that_are_never_negative_need_no_condition_under_a_root() -> None:
    for name in NEVER_NEGATIVE:
        exceptions = prove_equal(sqrt(call(name, a)) ** 2 * b, b * call(name, a)).nonzero
        assert exceptions == ((a,) if name in ("sqrt", "step") else ()), name  # those of the functions themselves
    assert prove_equal(sqrt(a) ** 2 * b, b * a).nonzero == (a,)


def test_cases_say_their_signs() -> None:
    assert [c.text for c in prove_equal(call("abs", a), -a).failing] == ["a > 0"]
    assert [c.text for c in prove_equal(call("abs", a), a).failing] == ["a < 0"]
    both = prove_equal(call("abs", a) * call("abs", b), -a * b)
    assert {frozenset(c.text.split(" and ")) for c in both.failing} == {
        frozenset(("a > 0", "b > 0")),
        frozenset(("a < 0", "b < 0")),
    }

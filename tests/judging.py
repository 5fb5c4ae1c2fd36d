"""Whether a verdict of symnet is right about a statement that is known to be true or false, by numbers alone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from itertools import product as choices
from random import Random
from time import perf_counter

from flint import arb, ctx
from sympy import Expr, Symbol

from symnet.truth.assumptions import Condition
from symnet.truth.recheck import SoundnessError
from symnet.truth.verdict import Verdict, decide
from tests.identities import KINDS, Identity, identities, near_miss
from tests.independent import PRECISION, Function, Point, Undefined, free_indices, polynomial, sides
from tests.steps import m

__all__ = ["Judgement", "examined", "judge", "mistake"]

HOLDING = 5  # points where a condition holds and the sides have to agree
TRIED = 400
FITTING = {
    "odd": polynomial(0, 2, 0, 1),
    "even": polynomial(1, 0, 2),
    "linear": polynomial(0, 3),
    "identity": polynomial(0, 1),
}


@dataclass(frozen=True)
class Judgement:
    """What symnet said of an identity (true) or near-miss, and what is wrong with that; "" for nothing.

    verdict: None where symnet's second opinion stopped a wrong proof.
    """

    identity: Identity
    true: bool
    verdict: Verdict | None
    seconds: float
    wrong: str

    @property
    def kind(self) -> str:
        return self.verdict.verdict if self.verdict else "false proof"


def examined(seed: int, number: int, kinds: Iterable[str] = KINDS, seconds: float = 10) -> Iterator[Judgement]:
    """So many identities of each kind, and a near-miss of each one that has one, with symnet's word on them."""
    for identity in identities(seed, number, kinds):
        yield judge(identity, True, seconds)
        missed = near_miss(Random(seed), identity)
        if missed is not None:
            yield judge(missed, False, seconds)


def judge(identity: Identity, true: bool, seconds: float = 10) -> Judgement:
    start = perf_counter()
    try:
        verdict = decide(identity.left, identity.right, identity.derivation, seconds=seconds)
    except SoundnessError as error:
        return Judgement(identity, true, None, perf_counter() - start, f"a wrong proof: {error}")
    took = perf_counter() - start
    return Judgement(identity, true, verdict, took, mistake(identity, true, verdict))


def mistake(identity: Identity, true: bool, verdict: Verdict) -> str:
    """What is wrong with a verdict on a statement known to be true, or known to be false somewhere; "" for nothing."""
    if verdict.verdict == "undecided":
        return ""
    if true:  # a condition that nothing shows to be needed is no lie
        cautious = verdict.verdict == "proved-if" and not verdict.witness
        return "" if cautious or verdict.verdict == "proved" else f"{verdict.verdict}, but it is true"
    if verdict.verdict == "proved":
        return "proved, but it is false"
    if verdict.verdict == "proved-if":
        return _under(identity, verdict.conditions)
    return "" if _differ(identity, verdict) else "no difference at the witness"


# Witnesses


def _differ(identity: Identity, verdict: Verdict) -> bool:
    """Whether the sides certainly differ at the witness, for some value of their free indices."""
    values, functions = verdict.witness["values"], verdict.witness["functions"]
    assert isinstance(values, dict)
    assert isinstance(functions, dict)
    with ctx.workprec(PRECISION):
        point = Point(
            identity.derivation,
            values={name: _number(text) for name, text in values.items()},
            functions={name: _function(text) for name, text in functions.items()},
        )
    sizes = {m: int(values["m"])} if "m" in values else {}
    return any(not left.overlaps(right) for left, right in sides(identity.left, identity.right, point, sizes))


def _number(text: str) -> arb:
    value = Fraction(text)
    return arb(value.numerator) / value.denominator


def _function(text: str) -> Function:
    """The polynomial in u that is printed, such as "u**3 - 2*u + 1"."""
    coefficients = [0] * 8
    terms = re.findall(r"([+-]?)(\d+)?\*?(u)?(?:\*\*(\d+))?", text.replace(" ", ""))
    for sign, number, variable, exponent in terms:
        if number or variable:
            power = int(exponent or 1) if variable else 0
            coefficients[power] += (-1 if sign == "-" else 1) * int(number or 1)
    return polynomial(*coefficients)


# Conditions


def _under(identity: Identity, conditions: tuple[Condition, ...]) -> str:
    """What is wrong with the claim that the sides are equal where the conditions hold."""
    if not conditions:
        return "proved-if without a condition"
    found = 0
    for point, sizes in islice(_points(identity, conditions), HOLDING):
        for left, right in sides(identity.left, identity.right, point, sizes):
            found += 1
            if not left.overlaps(right):
                return f"false although {', '.join(c.text for c in conditions)}"
    return "" if found else f"never seen where {', '.join(c.text for c in conditions)}"


def _points(identity: Identity, conditions: tuple[Condition, ...]) -> Iterator[tuple[Point, dict[Symbol, int]]]:
    """Random points where the conditions hold, with numbers of objects."""
    functions = {name: FITTING[p] for c in conditions for name, p in c.functions}
    values = dict(pair for c in conditions for pair in c.values)
    for seed in islice(count(), TRIED):
        sizes = {m: int(values.get(m, 2 + seed % 2))}
        point = Point(identity.derivation, seed, functions=functions)
        with ctx.workprec(PRECISION):
            try:
                for name, value in values.items():
                    point.values[str(name)] = point.value(value, {})
                if all(_holds(point, condition, sizes) for condition in conditions):
                    yield point, sizes
            except Undefined:
                continue


def _holds(point: Point, condition: Condition, sizes: dict[Symbol, int]) -> bool:
    signs = all(value * sign > 0 for u, sign in condition.signs for value in _everywhere(point, u, sizes))
    return signs and all(not value.contains(0) for u in condition.nonzero for value in _everywhere(point, u, sizes))


def _everywhere(point: Point, u: Expr, sizes: dict[Symbol, int]) -> Iterator[arb]:
    """The values of an argument for all objects."""
    indices = sorted(free_indices(u), key=str)
    for where in choices(range(1, sizes[m] + 1), repeat=len(indices)):
        yield point.value(u, {**sizes, **dict(zip(indices, where, strict=True))})

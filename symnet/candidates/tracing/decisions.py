"""One run of the user's code: which sign every compared quantity was taken to have.

A comparison whose outcome does not follow from those before it opens a case: the code is run again for each outcome.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from sympy import Add, Expr, S, Symbol

from symnet.candidates.tracing.place import Untraceable, at, here
from symnet.errors import SymnetError
from symnet.expressions import free_references, product, rewrite, substitute, total
from symnet.operations import Call
from symnet.truth.assumptions import Condition, closure, equal, negative, nonzero, positive, vanishing
from symnet.truth.field import Field
from symnet.truth.ring import NoNormalForm

__all__ = ["Run", "running"]

Signs = frozenset[int]
ANY: Signs = frozenset((-1, 0, 1))
_active: ContextVar["Run"] = ContextVar("run")


@dataclass
class Run:
    """The choices of one run: the first ones are given, the others are the first of their options.

    signs: for each quantity that was compared, the signs it may have.
    """

    choices: list[bool] = field(default_factory=list)
    signs: dict[Expr, Signs] = field(default_factory=dict)
    values: dict[Symbol, Expr] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    made: int = 0  # of the choices
    fresh: int = 0  # names given out

    def holds(self, u: Expr, wanted: Signs) -> bool:
        """Whether the sign of u is one of the wanted ones; a choice where that does not follow."""
        u = self._without_cases(u)
        if u.is_Rational:
            return sign_of(u) in wanted
        u, flipped = _canonical(u)
        if flipped:
            wanted = frozenset(-s for s in wanted)
        known = self.signs.get(u)
        if known is None:
            known = self._evident(u)
        if known <= wanted or not known & wanted:
            return known <= wanted
        chosen = self.choose()
        self.signs[u] = known & wanted if chosen else known - wanted
        return chosen

    def is_one(self, symbol: Symbol) -> bool:
        """The value of something that is 0 or 1."""
        if symbol not in self.values:
            self.values[symbol] = S.One if self.choose() else S.Zero
        return self.values[symbol] is S.One

    def choose(self) -> bool:
        if self.made == len(self.choices):
            self.choices.append(True)
        self.made += 1
        return self.choices[self.made - 1]

    def note(self, text: str) -> None:
        self.notes[f"{text}{at(here())}"] = None

    def unknown(self, what: str) -> Symbol:
        """A name for a value that the code has not given."""
        self.fresh += 1
        return Symbol(f"{what}_{self.fresh}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What the choices say, for the prover."""
        given: dict[Expr, Expr] = {}  # what is 0 makes a name a formula of others
        said = []
        for u, signs in self.signs.items():
            for name, value in given.items():
                u = substitute(u, {name: value})
            condition = _condition(u, signs)
            given |= dict(condition.values)
            said.append(condition)
        return (*said, *(equal(name, value) for name, value in self.values.items()))

    @property
    def zeros(self) -> tuple[Expr, ...]:
        return tuple(u for u, signs in self.signs.items() if signs == _ZERO)

    def _evident(self, u: Expr) -> Signs:
        strict = tuple(c for c in self.conditions if c.signs and not c.closed)
        try:
            ring = Field(assumptions=strict)
            sign = ring.sign(ring.element(u)).rational
        except (SymnetError, NoNormalForm):
            return ANY
        if sign is None:
            return ANY
        return frozenset((int(sign),)) if self.cannot_vanish(u) or not sign else frozenset((int(sign), 0))

    def cannot_vanish(self, u: Expr) -> bool:
        """Whether u is visibly above 0: a sum, product or power of such things, of squares, roots and exponentials."""
        above = {v for v, signs in self.signs.items() if signs == _POSITIVE}
        return _sign(u, above) == 1

    def _without_cases(self, u: Expr) -> Expr:
        """u with every maximum, absolute value and step replaced by the case it is in."""

        def rule(node: Expr) -> Expr | None:
            if not isinstance(node, Call) or node.function not in _BRANCHES:
                return None
            first, *others = node.args
            other = others[0] if others else S.Zero
            difference = total(first, product(S.NegativeOne, other))
            if node.function == "sign":
                return S.One if self.holds(first, _POSITIVE) else S.Zero if self.holds(first, _ZERO) else -S.One
            if node.function == "step":
                return S.One if self.holds(first, _POSITIVE) else S.Zero
            if node.function == "abs":
                return first if self.holds(first, _NOT_NEGATIVE) else product(S.NegativeOne, first)
            larger = self.holds(difference, _NOT_NEGATIVE)
            return first if larger == (node.function != "min") else other

        return rewrite(u, rule)


_BRANCHES = ("max", "min", "relu", "abs", "step", "sign")
_POSITIVE, _ZERO, _NOT_NEGATIVE = frozenset((1,)), frozenset((0,)), frozenset((0, 1))


@contextmanager
def running(run: Run) -> Iterator[Run]:
    token = _active.set(run)
    try:
        yield run
    finally:
        _active.reset(token)


def current() -> Run:
    """The run that is going on. Raises Untraceable outside of `trace`."""
    try:
        return _active.get()
    except LookupError:
        raise Untraceable("a comparison of symbols outside of trace()") from None


def note(text: str) -> None:
    """Remember something for the report, where there is one."""
    run = _active.get(None)
    if run is not None:
        run.note(text)


def sign_of(number: Expr) -> int:
    """-1, 0 or 1 for a rational number."""
    return bool(number > 0) - bool(number < 0)


def _sign(u: Expr, above: set[Expr]) -> int | None:
    """1 for what is visibly positive, 0 for what is visibly not negative, else None."""
    if u.is_Rational:
        return None if u < 0 else sign_of(u)
    if u in above:
        return 1
    if u.is_Pow:
        base = _sign(u.base, above)
        return 0 if base is None and u.exp.is_even else base
    if u.is_Add or u.is_Mul:
        signs = [_sign(a, above) for a in u.args]
        if None in signs:
            return None
        return max(signs) if u.is_Add else min(signs)  # type: ignore[type-var]
    if isinstance(u, Call) and u.function in ("exp", "sigmoid", "softplus", "normal_cdf", "normal_pdf"):
        return 1
    if isinstance(u, Call) and u.function == "sqrt":
        return 1 if _sign(u.args[0], above) == 1 else 0
    return 0 if isinstance(u, Call) and u.function in ("abs", "relu", "step") else None


def _canonical(u: Expr) -> tuple[Expr, bool]:
    """u or -u, so that both are one, and a positive multiple of it."""
    coefficient, rest = u.as_coeff_Mul()
    flipped = bool(coefficient < 0)
    if rest.could_extract_minus_sign():
        rest, flipped = total(*(product(S.NegativeOne, t) for t in Add.make_args(rest))), not flipped
    return rest, flipped


def _condition(u: Expr, signs: Signs) -> Condition:
    if signs == _ZERO:
        names = (n for n in free_references(u) if isinstance(n, Symbol))
        known = vanishing(u, sorted(names, key=str))
        return known or Condition(f"{u} = 0", f"{u} = 0")
    if 0 not in signs:
        return nonzero(u) if len(signs) == 2 else positive(u) if 1 in signs else negative(u)
    return closure(positive(u) if 1 in signs else negative(u))

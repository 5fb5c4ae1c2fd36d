"""Running somebody's code on exact symbols instead of floats."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symnet.candidates.tracing.array import Traced, symbols
from symnet.candidates.tracing.decisions import Run, running
from symnet.candidates.tracing.patches import patched
from symnet.candidates.tracing.place import Untraceable, at, place_of
from symnet.candidates.tracing.values import Uniform, exact
from symnet.errors import SymnetError
from symnet.truth.assumptions import Condition, nonzero

__all__ = ["Case", "Masks", "trace"]

LIMIT = 256  # cases


@dataclass(frozen=True)
class Case:
    """What the code answers where the conditions hold.

    results: the answers, a tuple (one of one, for a function that returns an array). error: what the code raised
    instead, empty otherwise. notes: how floats were read, with the lines. binary: the names that are 0 or 1.
    zeros: the quantities that are 0 in this case (a tie of two values, a kink).
    """

    conditions: tuple[Condition, ...]
    results: tuple[Any, ...]
    notes: tuple[str, ...] = ()
    error: str = ""
    binary: tuple[Symbol, ...] = ()
    zeros: tuple[Expr, ...] = ()

    @property
    def text(self) -> str:
        return " and ".join(c.text for c in self.conditions) or "always"

    @property
    def ties(self) -> tuple[Condition, ...]:
        """That the equalities of the case do not hold: what is to be assumed to be out of it."""
        return tuple(nonzero(u) for u in self.zeros)


class Masks:
    """Dropout masks as names: mask_1_1 is 1 where neuron 1 of object 1 is kept, which has probability 1 - drop.

    To be given to the code as its source of randomness: called with a shape it answers the mask of kept neurons; as
    a generator (`random`, `rand`, `uniform`, `binomial`) it draws numbers that the code compares with a probability.
    Every draw takes new names: mask, then mask2, mask3, …
    """

    def __init__(self, name: str = "mask", drop_probability: Any = "drop_probability") -> None:
        self.name = name
        self.drop_probability: Expr = (
            Symbol(drop_probability) if isinstance(drop_probability, str) else exact(drop_probability)
        )
        self.draws = 0
        self.names: list[Symbol] = []

    def __call__(self, *shape: Any, **options: Any) -> Any:
        self.draws += 1
        return self._symbols(_shape(shape))

    def random(self, size: Any = None, *options: Any) -> Any:
        self.draws += 1
        made = self._symbols(() if size is None else _shape((size,)))
        flat = [Uniform(v.expr, self.drop_probability) for v in made.view(np.ndarray).flat]
        base = np.empty(len(flat), dtype=object)
        base[:] = flat
        return base.reshape(made.shape).view(Traced) if size is not None else flat[0]

    random_sample = random

    def rand(self, *shape: int) -> Any:
        return self.random(shape or None)

    def uniform(self, low: Any = 0, high: Any = 1, size: Any = None) -> Any:
        if (low, high) != (0, 1):
            raise Untraceable(f"a random number between {low} and {high}")
        return self.random(size)

    def binomial(self, n: Any, probability: Any, size: Any = None) -> Any:
        """1 with the probability: that to keep or that to drop."""
        if n != 1:
            raise Untraceable(f"a binomial number of {n} trials")
        return self.random(size) < probability

    def reset(self) -> None:
        """The next run draws the same names."""
        self.draws = 0

    def _symbols(self, shape: tuple[int, ...]) -> Traced:
        made = symbols(self.name if self.draws == 1 else f"{self.name}{self.draws}", *shape)
        self.names += [v.expr for v in made.view(np.ndarray).flat if v.expr not in self.names]
        return made


def _shape(given: tuple[Any, ...]) -> tuple[int, ...]:
    if len(given) == 1 and np.ndim(given[0]) == 1:
        return tuple(int(k) for k in given[0])
    return tuple(int(k) for k in given)


def trace(
    function: Callable[..., Any],
    *arguments: Any,
    assumptions: Sequence[Condition] = (),
    limit: int = LIMIT,
    **options: Any,
) -> list[Case]:
    """Run a function on exact arguments (`symbols`), once for each way that its comparisons can go.

    assumptions: what is known of the symbols (`positive(eps)`). Arguments that are changed in place are copied for
    every run. Raises Untraceable for code that exact symbols cannot follow, or with more than `limit` cases.
    """
    cases: list[Case] = []
    choices: list[bool] | None = []
    while choices is not None:
        if len(cases) == limit:
            raise Untraceable(f"the comparisons open more than {limit} cases", None)
        run = Run(choices)
        for condition in assumptions:
            for u, sign in condition.signs:
                run.signs[u] = frozenset((sign, 0) if u in condition.closed else (sign,))
        cases.append(_once(run, function, arguments, options))
        choices = _next(run.choices[: run.made])
    return cases


def _next(choices: list[bool]) -> list[bool] | None:
    """The next way to choose: the last choice that was True becomes False."""
    while choices and not choices[-1]:
        choices = choices[:-1]
    return [*choices[:-1], False] if choices else None


def _once(run: Run, function: Callable[..., Any], arguments: Sequence[Any], options: dict[str, Any]) -> Case:
    masks = [m for m in (*arguments, *options.values()) if isinstance(m, Masks)]
    for source in masks:
        source.reset()
    error, answer = "", None
    with running(run), patched(function):
        try:
            given = [_copied(a) for a in arguments]
            answer = function(*given, **{k: _copied(v) for k, v in options.items()})
            for number, (before, after) in enumerate(zip(arguments, given, strict=True), 1):
                if isinstance(before, Traced) and not _same(before, after):
                    run.notes[f"argument {number} is changed in place"] = None
        except Untraceable:
            raise
        except (TypeError, AttributeError, IndexError, NotImplementedError) as problem:
            place = place_of(problem.__traceback__)
            raise Untraceable(f"{type(problem).__name__}: {problem}", place) from problem
        except (SymnetError, ArithmeticError, ValueError, AssertionError, RuntimeError) as problem:
            place = place_of(problem.__traceback__)
            if not run.made:
                raise Untraceable(f"{type(problem).__name__}: {problem}", place) from problem
            error = f"{type(problem).__name__}: {problem}{at(place)}"
    results = answer if isinstance(answer, tuple) else (answer,)
    binary = tuple(name for source in masks for name in source.names)
    return Case(run.conditions, () if error else results, tuple(run.notes), error, binary, run.zeros)


def _same(before: Traced, after: Traced) -> bool:
    pairs = zip(before.view(np.ndarray).flat, after.view(np.ndarray).flat, strict=True)
    return all(one is other or one.expr == other.expr for one, other in pairs)


def _copied(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        return argument.copy()
    if isinstance(argument, list | tuple) and not hasattr(argument, "_fields"):
        return type(argument)(map(_copied, argument))
    if isinstance(argument, dict):
        return {key: _copied(value) for key, value in argument.items()}
    return argument

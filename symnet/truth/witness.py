"""Small exact points where two sides differ.

A random point finds out that a false statement is false; then every value is made simpler, one by one, as long as
the sides still differ. Abstract functions become small polynomials with their true derivatives. The values are
exact numbers, or, with exponentials, rigorous decimals that cannot be equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product as choices
from random import Random

from sympy import Expr, Integer, Pow, Symbol

from symnet.clock import now
from symnet.equations import Derivation
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, total
from symnet.operations import Call
from symnet.truth.assumptions import Condition
from symnet.truth.evaluate import Value, evaluate
from symnet.truth.statement import LEFT, RIGHT, Statement, admits, respected, scalar_conditions, state

__all__ = ["Witness", "find_witness", "polynomial_of", "search_witness"]

# Polynomials that stand for an abstract f, by coefficients of 1, u, u^2, …: the simplest first.
POLYNOMIALS = ((0, 1), (0, 0, 1), (0, 1, 1), (1, 1), (0, 1, 0, 1), (1, 0, 1), (0, -1), (0, 1, -1, 1))
FITTING = {
    "odd": ((0, 1), (0, 1, 0, 1), (0, 0, 0, 1)),
    "even": ((0, 0, 1), (1, 0, 1), (0, 0, 1, 0, 1)),
    "linear": ((0, 1), (0, 2), (0, -1)),
    "identity": ((0, 1),),
}
SIMPLE = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "3", "-3", "1/3", "4", "-4")))
POINTS = 40  # random points for each choice of the functions
DIGITS = 30
_POINT = 100  # steps for one
Point = dict[str, Fraction]


@dataclass(frozen=True)
class Witness:
    """A point where left and right differ; everything as text that Python and SymPy read.

    values: {name: "1/2"}; functions: {"f": "u**2"}; exact: False when left and right are decimals.
    """

    values: dict[str, str]
    functions: dict[str, str]
    left: str
    right: str
    difference: str
    exact: bool

    def as_dict(self) -> dict[str, object]:
        return {
            "values": self.values,
            "functions": self.functions,
            "left": self.left,
            "right": self.right,
            "difference": self.difference,
        }

    def __str__(self) -> str:
        given = [f"{name} = {value}" for name, value in self.values.items()]
        given += [f"{f}(u) = {formula}" for f, formula in self.functions.items()]
        return f"{self.left} != {self.right}" + (f" at {', '.join(given)}" if given else "")


def find_witness(
    left: Expr,
    right: Expr,
    derivation: Derivation | None = None,
    assumptions: Sequence[Condition] = (),
    seconds: float = 5,
) -> Witness | None:
    """A small point that respects the assumptions and where left and right differ; None when none was found."""
    return search_witness(state(left, right, derivation, assumptions), scalar_conditions(assumptions), seconds)


def search_witness(statement: Statement, assumptions: Sequence[Condition] = (), seconds: float = 5) -> Witness | None:
    """As `find_witness`, for a statement already made scalar."""
    deadline = now() + seconds
    statement = statement.under(assumptions)
    properties = {name: p for c in assumptions for name, p in c.functions}
    for polynomials in _assignments(statement.functions, properties):
        trial = _Trial(statement, assumptions, dict(zip(statement.functions, polynomials, strict=True)))
        for point in _random_points(statement.parameters):
            if trial.differs(point):
                return trial.witness(_simplify(trial, statement.parameters, point, deadline))
            if now() > deadline:
                return None
    return None


def _assignments(functions: Sequence[str], properties: Mapping[str, str]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Polynomials for all functions, the simplest together first."""
    options = [FITTING.get(properties.get(f, ""), POLYNOMIALS) for f in functions]
    ranked = choices(*(enumerate(o) for o in options))
    for ranks in sorted(ranked, key=lambda picks: sum(k for k, _ in picks)):
        yield tuple(polynomial for _, polynomial in ranks)


def _random_points(parameters: Sequence[Symbol]) -> Iterator[Point]:
    random = Random(8)
    for attempt in range(POINTS if parameters else 1):
        spread = 2 + attempt // 8
        values = [Fraction(k, q) for q in (1, 2, 3) for k in range(-spread, spread + 1) if k % q or (q == 1 and k)]
        yield {p.name: random.choice([v for v in values if admits(p, v)]) for p in parameters}


class _Trial:
    """The statement with polynomials for its abstract functions."""

    def __init__(
        self, statement: Statement, assumptions: Sequence[Condition], polynomials: Mapping[str, tuple[int, ...]]
    ) -> None:
        def rule(node: Expr) -> Expr | None:
            if isinstance(node, Call) and node.operation.abstract:
                return _derivative(polynomials[node.function], node.order, node.args[0])
            return None

        self.assumptions, self.polynomials = assumptions, polynomials
        self.derivation = statement.probe(assumptions).map(lambda rhs: rewrite(rhs, rule))
        self.fixed = [str(n) for c in assumptions for n, _ in c.values if str(n) in self.derivation]
        self.names = [*self.fixed, *(n for n in self.derivation.definitions if n.startswith("_"))]
        self._seen: dict[tuple[Fraction, ...], dict[str, Value] | None] = {}

    def values(self, point: Point) -> dict[str, Value] | None:
        """The values of both sides; None where one is undefined or the assumptions do not hold."""
        key = tuple(point.values())
        if key not in self._seen:
            self._seen[key] = self._compute(point)
        return self._seen[key]

    def _compute(self, point: Point) -> dict[str, Value] | None:
        now(_POINT)
        try:
            values = evaluate(self.derivation, point, self.names, DIGITS)
        except (SymnetError, ArithmeticError):  # undefined there, or too large for decimals
            return None
        numbers = {n: v.ball(DIGITS) if v.exact is None else v.exact for n, v in values.items()}
        return values if respected(self.assumptions, numbers) else None

    def differs(self, point: Point) -> bool:
        values = self.values(point)
        if values is None:
            return False
        left, right = values[LEFT], values[RIGHT]
        if left.exact is not None and right.exact is not None:
            return left.exact != right.exact
        return not left.ball(DIGITS).overlaps(right.ball(DIGITS))

    def witness(self, point: Point) -> Witness:
        values = self.values(point)
        assert values is not None
        left, right = values[LEFT], values[RIGHT]
        u = Symbol("u")
        return Witness(
            {name: str(value) for name, value in point.items()} | {n: values[n].text for n in self.fixed},
            {f: str(_derivative(c, 0, u)) for f, c in self.polynomials.items()},
            left.text,
            right.text,
            (left - right).text,
            left.exact is not None and right.exact is not None,
        )


def polynomial_of(text: str) -> tuple[int, ...]:
    """The coefficients of a polynomial that stands for an abstract function, as a witness prints it."""
    u = Symbol("u")
    known = {str(_derivative(c, 0, u)): c for c in (*POLYNOMIALS, *(c for row in FITTING.values() for c in row))}
    return known[text]


def _derivative(coefficients: Sequence[int], order: int, u: Expr) -> Expr:
    row = list(coefficients)
    for _ in range(order):
        row = [k * c for k, c in enumerate(row)][1:]
    return total(*(product(Integer(c), Pow(u, k)) for k, c in enumerate(row) if c))


def _simplify(trial: _Trial, parameters: Sequence[Symbol], point: Point, deadline: float) -> Point:
    """Replace each value by the simplest that still makes a witness, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for p in parameters:
            name, simpler_values = p.name, SIMPLE
            if point[name] in SIMPLE:
                simpler_values = SIMPLE[: SIMPLE.index(point[name])]
            for value in simpler_values:
                if now() > deadline:
                    return point
                simpler = {**point, name: value}
                if admits(p, value) and trial.differs(simpler):
                    point, changed = simpler, True
                    break
    return point

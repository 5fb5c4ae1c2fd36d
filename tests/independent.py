"""Values of statements in balls, by code that shares nothing with symnet's own evaluators and tables.

Names get random values as they are met, sums are added up term by term, definitions are followed. It is slow and
plain on purpose: generated identities and the witnesses of verdicts are held against it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product as choices
from random import Random

from flint import arb, ctx
from sympy import Expr, Indexed, Symbol

from symnet.equations import Derivation
from symnet.operations import Call
from symnet.sums import Delta, Sum

__all__ = ["Point", "Undefined", "polynomial", "sides", "wave"]

PRECISION = 200  # bits
Env = dict[Symbol, int]  # the values of indices and sizes
Function = Callable[[int, arb], arb]  # the order-th derivative at a number


class Undefined(ArithmeticError):
    """An expression has no value at a point, or a comparison cannot be decided there."""


def wave(order: int, u: arb) -> arb:
    """f(u) = sin u + u^2/5 + 1/7, which is neither odd nor even nor monotone, and its derivatives."""
    tail = (u * u / 5 + arb(1) / 7, 2 * u / 5, arb(2) / 5)
    return (u + order * arb.pi() / 2).sin() + (tail[order] if order < 3 else 0)


def polynomial(*coefficients: int) -> Function:
    """The polynomial with these coefficients of 1, u, u^2, … and its derivatives."""

    def f(order: int, u: arb) -> arb:
        row = list(coefficients)
        for _ in range(order):
            row = [k * c for k, c in enumerate(row)][1:]
        return sum((c * u**k for k, c in enumerate(row)), arb(0))

    return f


def _sign(u: arb) -> int:
    if u.contains(0) and not u.is_zero():
        raise Undefined
    return 0 if u.is_zero() else 1 if u > 0 else -1


def _positive_part(u: arb) -> arb:
    return u if _sign(u) > 0 else arb(0)


FUNCTIONS: dict[str, Callable[..., arb]] = {
    "sqrt": arb.sqrt,
    "exp": arb.exp,
    "log": arb.log,
    "sigmoid": lambda u: (1 + (u / 2).tanh()) / 2,
    "tanh": arb.tanh,
    "softplus": lambda u: u / 2 + (2 * (u / 2).cosh()).log(),
    "sign": lambda u: arb(_sign(u)),
    "step": lambda u: arb(_sign(u) > 0),
    "abs": lambda u: u * _sign(u),
    "relu": _positive_part,
    "leaky_relu": lambda u, a: u if _sign(u) > 0 else a * u,
    "elu": lambda u, a: u if _sign(u) > 0 else a * u.expm1(),
    "max": lambda u, v: u if _sign(u - v) > 0 else v,
    "min": lambda u, v: v if _sign(u - v) > 0 else u,
    "gelu": lambda u: u * (-u / arb(2).sqrt()).erfc() / 2,
    "normal_cdf": lambda u: (-u / arb(2).sqrt()).erfc() / 2,
    "normal_pdf": lambda u: (-u * u / 2).exp() / (2 * arb.pi()).sqrt(),
}


@dataclass
class Point:
    """A point where expressions have values.

    values: of some names, by their text (`a`, `x[1]`); all others get random ones, made of `seed`, unless that is
    None: then they are undefined. functions: stand-ins for the abstract ones, `wave` for those not given.
    """

    derivation: Derivation = field(default_factory=lambda: Derivation(()))
    seed: object = None
    values: dict[str, arb] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    _done: dict[tuple[Expr, tuple[tuple[Symbol, int], ...]], arb] = field(default_factory=dict)

    def value(self, node: Expr, env: Env) -> arb:
        """A ball around the value. Raises Undefined."""
        key = node, tuple(env.items())
        if key not in self._done:
            value = self._compute(node, env)
            if not value.is_finite():
                raise Undefined
            self._done[key] = value
        return self._done[key]

    def _compute(self, node: Expr, env: Env) -> arb:
        if node.is_Rational:
            return arb(node.p) / node.q
        if isinstance(node, Symbol | Indexed):
            return self._name(node, env)
        if isinstance(node, Sum):
            ends = (self._integer(end, env) for end in (node.lower, node.upper))
            inner = {k: v for k, v in env.items() if k != node.index}
            first, last = ends
            places = range(first, last + 1)
            return sum((self.value(node.body, {**inner, node.index: k}) for k in places), arb(0))
        if isinstance(node, Delta):
            return arb(self._integer(node.args[0], env) == self._integer(node.args[1], env))
        args = [self.value(child, env) for child in node.args if not child.is_Integer or not node.is_Pow]
        if node.is_Pow:
            return self._power(args[0], int(node.exp))
        if node.is_Add:
            return sum(args, arb(0))
        if node.is_Mul:
            result = arb(1)
            for factor in args:
                result *= factor
            return result
        if not isinstance(node, Call):  # SymPy's 1/0
            raise Undefined
        if node.operation.abstract:
            return self.functions.get(node.function, wave)(node.order, args[0])
        return FUNCTIONS[node.function](*args)

    def _power(self, base: arb, exponent: int) -> arb:
        if exponent < 0 and base.contains(0):
            raise Undefined
        result = arb(1)
        for _ in range(abs(exponent)):
            result *= base
        return result if exponent >= 0 else 1 / result

    def _integer(self, node: Expr, env: Env) -> int:
        number = self.value(node, env).unique_fmpz()
        assert number is not None, node
        return int(number)

    def _name(self, node: Expr, env: Env) -> arb:
        if node in env:
            return arb(env[node])
        if isinstance(node, Indexed):
            name, where = str(node.base.label), [self._integer(k, env) for k in node.indices]
        else:  # the prover writes x[1] as one symbol
            name, _, inside = node.name.rstrip("]").partition("[")
            where = [int(k) for k in inside.split(",") if k]
        if name in self.derivation:
            equation = self.derivation[name]
            sizes = {k: v for k, v in env.items() if k.is_positive}
            own = dict(zip((k.symbol for k in equation.indices), where, strict=True))
            return self.value(equation.rhs, {**sizes, **own})
        text = f"{name}[{', '.join(map(str, where))}]" if where else name
        if text not in self.values:
            if self.seed is None:
                raise Undefined
            self.values[text] = self._random(text)
        return self.values[text]

    def _random(self, text: str) -> arb:
        random = Random(f"{self.seed} {text}")
        value = Fraction(random.randint(1, 23) * random.choice((1, -1)), random.randint(2, 11))
        if text.startswith("eps"):
            value = abs(value)
        return arb(value.numerator) / value.denominator


def sides(left: Expr, right: Expr, point: Point, sizes: Mapping[Symbol, int]) -> Iterator[tuple[arb, arb]]:
    """The values of both sides, for each value of their free indices, each from 1 to the smallest size.

    Nothing is yielded where a side is undefined.
    """
    indices = sorted(free_indices(left, right), key=str)
    with ctx.workprec(PRECISION):
        for where in choices(range(1, min(sizes.values(), default=1) + 1), repeat=len(indices)):
            env = {**sizes, **dict(zip(indices, where, strict=True))}
            try:
                yield point.value(left, env), point.value(right, env)
            except Undefined:
                continue


def free_indices(*nodes: Expr) -> set[Symbol]:
    found: set[Symbol] = set()
    for node in nodes:
        if isinstance(node, Symbol):
            found |= {node} if node.is_integer and not node.is_positive else set()
        elif isinstance(node, Sum):
            found |= (free_indices(node.body) - {node.index}) | free_indices(node.lower, node.upper)
        else:
            found |= free_indices(*node.args)
    return found

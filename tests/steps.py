"""Steps that rewrite a formula and keep its value: the algebra of a careful student, with no idea of normal forms.

A step looks at one node and answers with another expression that has the same value wherever that is defined, or
with None where it does not fit. `rewritten` applies random steps at random places.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from random import Random

from sympy import Add, Expr, Indexed, Integer, Mul, Pow, Rational, S, Symbol, symbols

from symnet.equations import leaves, size
from symnet.expressions import free_references, product, rebuild, subexpressions, substitute, total
from symnet.operations import Call, call, sqrt
from symnet.sums import Sum

__all__ = ["ALGEBRA", "FUNCTIONS", "NAMES", "SUMS", "Path", "Step", "at", "m", "places", "replaced", "rewritten"]

m = size("m")
NAMES = symbols("a b c x y")
HALF = Rational(1, 2)
LARGEST = 60  # leaves of a formula that is still rewritten
Path = tuple[int, ...]  # which argument, of which argument, …

Step = Callable[[Random, Expr], "Expr | None"]


def distribute(random: Random, node: Expr) -> Expr | None:
    """(p + q) r = p r + q r."""
    sums = [f for f in node.args if f.is_Add] if node.is_Mul else []
    if not sums:
        return None
    chosen = random.choice(sums)
    rest = [f for f in node.args if f is not chosen]
    return total(*(product(term, *rest) for term in chosen.args))


def factor(random: Random, node: Expr) -> Expr | None:
    """p r + q r = (p + q) r."""
    if not node.is_Add:
        return None
    pairs = [
        (s, t, r)
        for s in node.args
        for t in node.args
        for r in Mul.make_args(s)
        if s is not t and not r.is_number and r in Mul.make_args(t)
    ]
    if not pairs:
        return None
    s, t, r = random.choice(pairs)
    return total(*(u for u in node.args if u not in (s, t)), product(r, s / r + t / r))


def square(random: Random, node: Expr) -> Expr | None:
    """(p + q)^2 = p^2 + 2 p q + q^2, for any parts p and q of a sum."""
    if not (node.is_Pow and node.exp == 2 and node.base.is_Add):
        return None
    p, *others = random.sample(node.base.args, len(node.base.args))
    q = total(*others)
    return p**2 + product(Integer(2), p, q) + q**2


def polarize(random: Random, node: Expr) -> Expr | None:
    """p q = ((p + q)^2 - (p - q)^2)/4."""
    if not node.is_Mul:
        return None
    p, *others = random.sample(node.args, len(node.args))
    q = product(*others)
    return product(Rational(1, 4), (p + q) ** 2) - product(Rational(1, 4), (p - q) ** 2)


def widen(random: Random, node: Expr) -> Expr:
    """u = (u + u t^2)/(1 + t^2)."""
    t = random.choice(NAMES)
    return product(total(node, product(node, t**2)), Pow(1 + t**2, -1))


def difference_of_squares(random: Random, node: Expr) -> Expr | None:
    """u = (u^2 - t^2)/(u - t) - t, where u is not t in other words: that would be 0/0."""
    others = [t for t in NAMES if t not in free_references(node)]
    if not others:
        return None
    t = random.choice(others)
    return product(node**2 - t**2, Pow(node - t, -1)) - t


def partial_fractions(random: Random, node: Expr) -> Expr | None:
    """1/(p q) = (1/p - 1/q)/(q - p)."""
    inverse = [f for f in node.args if f.is_Pow and f.exp == -1] if node.is_Mul else []
    if len(inverse) < 2:
        return None
    p, q = random.sample(inverse, 2)
    rest = [f for f in node.args if f not in (p, q)]
    return product(p - q, Pow(q.base - p.base, -1), *rest)


def common_denominator(random: Random, node: Expr) -> Expr | None:
    """s + t/p = (s p + t)/p."""
    if not node.is_Add:
        return None
    fractions = [(t, f) for t in node.args for f in Mul.make_args(t) if f.is_Pow and f.exp == -1]
    if not fractions:
        return None
    term, inverse = random.choice(fractions)
    rest = total(*(t for t in node.args if t is not term))
    return product(total(product(rest, inverse.base), term / inverse), inverse)


ALGEBRA: tuple[Step, ...] = (
    distribute,
    factor,
    square,
    distribute,
    factor,
    square,
    polarize,
    widen,
    difference_of_squares,
    partial_fractions,
    common_denominator,
)


def _two(u: Expr) -> Expr:
    return product(Integer(2), u)


def _half(u: Expr) -> Expr:
    return product(HALF, u)


def _minus(u: Expr) -> Expr:
    return product(S.NegativeOne, u)


def _exp(u: Expr) -> Expr:
    return call("exp", u)


# What else the value of a function is, by its arguments.
LAWS: dict[str, tuple[Callable[..., Expr], ...]] = {
    "sigmoid": (
        lambda u: 1 - call("sigmoid", _minus(u)),
        lambda u: Pow(1 + _exp(_minus(u)), -1),
        lambda u: _half(1 + call("tanh", _half(u))),
        lambda u: product(_exp(u), Pow(1 + _exp(u), -1)),
    ),
    "tanh": (
        lambda u: 2 * call("sigmoid", _two(u)) - 1,
        lambda u: -call("tanh", _minus(u)),
        lambda u: product(_exp(_two(u)) - 1, Pow(_exp(_two(u)) + 1, -1)),
        lambda u: product(Integer(2), call("tanh", _half(u)), Pow(1 + call("tanh", _half(u)) ** 2, -1)),
    ),
    "exp": (
        lambda u: _exp(_half(u)) ** 2,
        lambda u: 1 / _exp(_minus(u)),
        lambda u: product(*map(_exp, Add.make_args(u))),
    ),
    "softplus": (
        lambda u: u + call("softplus", _minus(u)),
        lambda u: call("log", 1 + _exp(u)),
        lambda u: -call("log", call("sigmoid", _minus(u))),
    ),
    "log": (lambda u: _half(call("log", u**2)),),
    "abs": (
        lambda u: call("relu", u) + call("relu", _minus(u)),
        lambda u: call("max", u, _minus(u)),
        lambda u: sqrt(u**2),
        lambda u: product(call("sign", u), u),
    ),
    "relu": (
        lambda u: _half(u + call("abs", u)),
        lambda u: u + call("relu", _minus(u)),
        lambda u: call("max", u, S.Zero),
        lambda u: product(u, call("step", u)),
    ),
    "leaky_relu": (
        lambda u, a: product(a, u) + product(1 - a, call("relu", u)),
        lambda u, a: call("relu", u) - product(a, call("relu", _minus(u))),
    ),
    "elu": (lambda u, a: call("relu", u) + product(a, _exp(call("min", u, S.Zero)) - 1),),
    "max": (
        lambda u, v: _half(u + v + call("abs", u - v)),
        lambda u, v: u + call("relu", v - u),
        lambda u, v: u + v - call("min", u, v),
        lambda u, v: call("max", v, u),
    ),
    "min": (
        lambda u, v: _half(u + v - call("abs", u - v)),
        lambda u, v: -call("max", _minus(u), _minus(v)),
    ),
    "gelu": (lambda u: product(u, call("normal_cdf", u)),),
    "sqrt": (
        lambda u: product(u, 1 / sqrt(u)),
        lambda u: _half(sqrt(product(Integer(4), u))),
        lambda u: product(sqrt(product(u, (1 + NAMES[0] ** 2) ** 2)), Pow(1 + NAMES[0] ** 2, -1)),
    ),
}


def law(random: Random, node: Expr) -> Expr | None:
    """A law of the function that is called, or what a square of a root is."""
    if node.is_Pow and isinstance(node.base, Call) and node.base.function == "sqrt":
        half, odd = divmod(int(node.exp), 2)
        return product(Pow(node.base.args[0], half), Pow(node.base, odd))
    if isinstance(node, Call) and node.function in LAWS:
        return random.choice(LAWS[node.function])(*node.args)
    return None


def slope(random: Random, node: Expr) -> Expr | None:
    """s - s^2 = s(1 - s) for s = sigmoid(u); 1 - tanh^2 = 4 s(2u) s(-2u)."""
    if node.is_Pow and node.exp == 2 and isinstance(node.base, Call):
        if node.base.function == "sigmoid":
            u = node.base.args[0]
            return node.base - product(call("sigmoid", u), call("sigmoid", _minus(u)))
        if node.base.function == "tanh":
            u = _two(node.base.args[0])
            return 1 - product(Integer(4), call("sigmoid", u), call("sigmoid", _minus(u)))
    return None


FUNCTIONS: tuple[Step, ...] = (law, law, slope)


# Sums of symbolic size


def rename(random: Random, node: Expr) -> Expr | None:
    if not isinstance(node, Sum):
        return None
    fresh = _fresh(random, node)
    return Sum(substitute(node.body, {node.index: fresh}), (fresh, node.lower, node.upper))


def split(random: Random, node: Expr) -> Expr | None:
    """sum (p + q) = sum p + sum q."""
    if not (isinstance(node, Sum) and node.body.is_Add):
        return None
    return total(*(Sum(term, node.args[1]) for term in node.body.args))


def take_out(random: Random, node: Expr) -> Expr | None:
    """sum c p = c sum p."""
    if not (isinstance(node, Sum) and node.body.is_Mul):
        return None
    outside = [f for f in node.body.args if node.index not in free_references(f)]
    inside = [f for f in node.body.args if node.index in free_references(f)]
    return product(*outside, Sum(product(*inside), node.args[1])) if outside and inside else None


def take_in(random: Random, node: Expr) -> Expr | None:
    """c sum p = sum c p, where c may be a sum."""
    sums = [f for f in node.args if isinstance(f, Sum)] if node.is_Mul else []
    if not sums:
        return None
    chosen, fresh = random.choice(sums), _fresh(random, node)
    rest = [f for f in node.args if f is not chosen]
    body = product(*rest, substitute(chosen.body, {chosen.index: fresh}))
    return Sum(body, (fresh, chosen.lower, chosen.upper))


def square_of_sum(random: Random, node: Expr) -> Expr | None:
    """(sum_p u_p)^2 = sum_p sum_q u_p u_q."""
    if not (node.is_Pow and node.exp == 2 and isinstance(node.base, Sum)):
        return None
    p = rename(random, node.base)
    q = rename(random, p)
    return Sum(Sum(product(p.body, q.body), q.args[1]), p.args[1])


def exchange(random: Random, node: Expr) -> Expr | None:
    """sum_p sum_q = sum_q sum_p."""
    if not (isinstance(node, Sum) and isinstance(node.body, Sum)):
        return None
    return Sum(Sum(node.body.body, node.args[1]), node.body.args[1])


def repeat(random: Random, node: Expr) -> Expr:
    """u = (u + … + u)/m, m times."""
    return product(Pow(m, -1), Sum(node, (_fresh(random, node), S.One, m)))


def _fresh(random: Random, node: Expr) -> Symbol:
    used = {n.name for n in subexpressions(node) if isinstance(n, Symbol)}
    for number in count(random.randint(1, 9)):
        name = random.choice("pqrst") + str(number)
        if name not in used:
            return Symbol(name, integer=True)
    raise AssertionError


SUMS: tuple[Step, ...] = (rename, split, take_out, take_in, take_in, square_of_sum, exchange, repeat)


# Places in a formula


def places(node: Expr, path: Path = ()) -> Iterator[tuple[Path, Expr]]:
    """Every part that has a value of its own: no indices, limits of sums, or exponents."""
    yield path, node
    if isinstance(node, Indexed):
        return
    parts = node.args[:1] if node.is_Pow or isinstance(node, Sum) else node.args
    for position, part in enumerate(parts):
        yield from places(part, (*path, position))


def at(node: Expr, path: Path) -> Expr:
    for position in path:
        node = node.args[position]
    return node


def replaced(node: Expr, path: Path, new: Expr) -> Expr:
    """The formula with another part at one place."""
    if not path:
        return new
    args = list(node.args)
    args[path[0]] = replaced(args[path[0]], path[1:], new)
    return rebuild(node, args)


def rewritten(random: Random, node: Expr, steps: Sequence[Step], number: int) -> Expr:
    """The formula after so many steps that changed it, fewer when it gets long."""
    for _ in range(20 * number):
        if not number or leaves(node) > LARGEST:
            break
        parts = [(path, part) for path, part in places(node) if not part.is_number]
        if not parts:
            break
        path, part = random.choice(parts)
        new = random.choice(steps)(random, part)
        if new is not None and new != part:
            changed = replaced(node, path, new)
            number -= changed != node
            node = changed
    return node

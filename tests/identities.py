"""Random identities that are true by the way they are made, and near-misses that are false by a number.

An identity starts as u = u, as a known law of a batch, or as a derivative taken in two directions. Random steps
(`tests.steps`) then rewrite it, and give names to parts. Nothing here knows how symnet proves. As a guard against
mistakes in the steps, both sides are compared in balls at random points (`tests.independent`).

A near-miss has one random edit in the right side, or in a definition that only the right side uses, and is kept
only when balls around its two sides are disjoint at some point.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from sympy import Expr, Indexed, IndexedBase, Integer, Pow, Rational, S, Symbol

from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, leaves, name_of, names_used
from symnet.expressions import contains, free_references, product, subexpressions, substitute, total
from symnet.operations import Call, call, sqrt
from symnet.sums import Sum
from symnet.truth.every_size import at_sizes
from tests.independent import Point, sides
from tests.steps import ALGEBRA, FUNCTIONS, NAMES, SUMS, Step, at, m, places, replaced, rewritten

__all__ = ["KINDS", "Identity", "differs", "identities", "near_miss"]

OBJECT = index("i", m)
i, j = OBJECT.symbol, Symbol("j", integer=True)
eps = Symbol("eps")
POINTS = 8


@dataclass(frozen=True)
class Identity:
    """left = right for the names of a derivation; over m objects where the kind says so."""

    kind: str
    left: Expr
    right: Expr
    derivation: Derivation = field(default_factory=lambda: Derivation(()))
    edit: str = ""  # what is wrong with a near-miss

    def __str__(self) -> str:
        where = "".join(f"\n    where {e.reference} = {e.rhs}" for e in self.derivation)
        edit = f"  [{self.edit}]" if self.edit else ""
        return f"{self.kind}: {self.left} = {self.right}{edit}{where}"


def points(identity: Identity, number: int = POINTS) -> Iterator[tuple[bool, bool]]:
    """For each random point: whether the sides are defined, and whether they certainly differ."""
    for seed in range(number):
        pairs = list(sides(identity.left, identity.right, Point(identity.derivation, seed), {m: 2 + seed % 3}))
        yield bool(pairs), any(not left.overlaps(right) for left, right in pairs)


def differs(identity: Identity) -> bool:
    """Whether the sides certainly differ at one of some random points."""
    return any(different for _, different in points(identity))


# Random formulas


def formula(random: Random, depth: int, functions: Sequence[str] = (), names: Sequence[Expr] = NAMES) -> Expr:
    """Sums, products, squares, quotients and calls over the names."""
    if not depth or random.random() < 0.15:
        name = random.choice(names)
        return random.choice((name, name, random.choice((2, 3, -1)) * name + random.choice((1, -1, 2))))
    u = formula(random, depth - 1, functions, names)
    if functions and random.random() < 0.5:
        return _applied(random, random.choice(functions), u, names)
    v = formula(random, depth - 1, functions, names)
    return random.choice((u + v, u + v, u - 2 * v, product(u, v), u**2, product(u, Pow(1 + v**2, -1))))


def _applied(random: Random, function: str, u: Expr, names: Sequence[Expr]) -> Expr:
    if function == "sqrt":
        return sqrt(u**2 + random.choice((S.One, random.choice(names) ** 2)))
    if function == "fprime":
        return call("f", u, order=1)
    if function in ("max", "min"):
        return call(function, u, random.choice(names))
    if function in ("leaky_relu", "elu"):
        return call(function, u, random.choice((Rational(1, 10), Symbol("alpha"))))
    return call(function, u)


def over(body: Expr, bound: Symbol = j) -> Expr:
    return Sum(body, (bound, S.One, m))


# Kinds of identities


def _written(kind: str, functions: Sequence[str], steps: Sequence[Step], depth: int = 2) -> "Maker":
    def make(random: Random) -> Identity:
        left = formula(random, depth, functions)
        if functions and not any(isinstance(n, Call) for n in subexpressions(left)):
            left = product(left, _applied(random, functions[0], formula(random, 1), NAMES))
        return Identity(kind, left, rewritten(random, left, steps, 4))

    return make


def _with_definitions(random: Random) -> Identity:
    """Parts of the right side get names, and parts of these too."""
    left = formula(random, 3, ("f", "tanh", "sqrt"))
    right = rewritten(random, left, ALGEBRA, 2)
    return _named(random, Identity("definitions", left, right), 3)


def _named(random: Random, identity: Identity, number: int) -> Identity:
    """The same with names for random parts of the right side; a part of a sum is named for every object."""
    for position in range(number):
        candidates = []
        for path, part in places(identity.right):
            bound = [s for s in free_references(part) if isinstance(s, Symbol) and s.is_integer and s != m]
            if part.args and len(bound) < 2 and leaves(part) > 1:
                candidates.append((path, part, bound))
        if not candidates:
            break
        path, part, bound = random.choice(candidates)
        name = f"d{position}"
        if bound:
            equation = Equation(name, (OBJECT,), rhs=substitute(part, {bound[0]: i}))
            reference = IndexedBase(name)[bound[0]]
        else:
            equation = Equation(name, rhs=part)
            reference = equation.reference
        right = replaced(identity.right, path, reference)
        identity = replace(identity, right=right, derivation=identity.derivation.extend([equation]))
    return identity


def _sums(random: Random) -> Identity:
    names = (*NAMES[:2], IndexedBase("x")[j], IndexedBase("y")[j], IndexedBase("x")[j])
    left = over(formula(random, 2, random.choice(((), ("f", "sqrt", "tanh", "abs"))), names))
    if random.random() < 0.5:
        left = random.choice((left**2, product(left, over(formula(random, 1, ("f",), names))), left + NAMES[0]))
    return _named(random, Identity("sums", left, rewritten(random, left, SUMS + ALGEBRA[:4], 5)), random.randint(0, 1))


def _batch(random: Random) -> Identity:
    """Laws of the mean C, the variance V, the deviation S and the normalized values h of a batch."""
    x, y, z, h = (IndexedBase(name) for name in "xyzh")
    a, b = NAMES[:2]
    C, V, dev = map(Symbol, "CVS")
    value = random.choice((x[i], a * x[i] + b, call("f", x[i]), call("tanh", b * x[i])))
    equations = (
        Equation("z", (OBJECT,), rhs=value),
        Equation("C", rhs=over(z[j]) / m),
        Equation("V", rhs=over((z[j] - C) ** 2) / m),
        Equation("S", rhs=sqrt(V + eps)),
        Equation("h", (OBJECT,), rhs=(z[i] - C) / dev),
    )
    p, q = (Symbol(name, integer=True) for name in "pq")
    laws = (
        (over(h[j]), S.Zero),
        (over(h[j] ** 2), m * V / (V + eps)),
        (over((z[j] - C) ** 2), over(z[j] ** 2) - m * C**2),
        (over((z[j] - C) * y[j]), over(z[j] * y[j]) - C * over(y[j])),
        (over(h[j] * y[j]), over(z[j] * (y[j] - over(y[p], p) / m)) / dev),
        (over(over((z[p] - z[q]) ** 2, q), p), 2 * m**2 * V),
        (over(z[j] * h[j]), m * V / dev),
        (h[i] * dev + C, z[i]),
        (over((a * h[j] + b) ** 2), m * a**2 * V / (V + eps) + m * b**2),
        (dev**2 - V, eps),
    )
    (l1, r1), (l2, r2) = random.sample(laws, 2)
    weight = random.choice((S.One, b, dev, over(y[j])))
    left, right = l1 + product(weight, l2), r1 + product(weight, r2)
    steps = SUMS + ALGEBRA[:4]
    left, right = rewritten(random, left, steps, 2), rewritten(random, right, steps, 2)
    return Identity("batch", left, right, Derivation(equations))


SLOPES: dict[str, Callable[..., Expr]] = {
    "sqrt": lambda u: 1 / (2 * sqrt(u)),
    "exp": lambda u: call("exp", u),
    "tanh": lambda u: 1 - call("tanh", u) ** 2,
    "sigmoid": lambda u: product(call("sigmoid", u), call("sigmoid", product(S.NegativeOne, u))),
    "softplus": lambda u: call("sigmoid", u),
    "relu": lambda u: call("step", u),
    "f": lambda u: call("f", u, order=1),
}


def tangent(node: Expr, moving: set[str]) -> Expr:
    """The derivative along a direction, by the chain rule from the inside out; `t_x` is the tangent of x."""
    if isinstance(node, Symbol | Indexed):
        name = name_of(node)
        if name not in moving:
            return S.Zero
        return IndexedBase(f"t_{name}")[node.indices] if isinstance(node, Indexed) else Symbol(f"t_{name}")
    if node.is_Add:
        return total(*(tangent(term, moving) for term in node.args))
    if node.is_Mul:
        parts = enumerate(node.args)
        return total(*(product(*node.args[:k], tangent(u, moving), *node.args[k + 1 :]) for k, u in parts))
    if node.is_Pow:
        return product(node.exp, Pow(node.base, node.exp - 1), tangent(node.base, moving))
    if isinstance(node, Sum):
        body = tangent(node.body, moving)
        return Sum(body, node.args[1]) if body != 0 else S.Zero
    if isinstance(node, Call):
        return product(SLOPES[node.function](*node.args), tangent(node.args[0], moving))
    return S.Zero


def _two_directions(random: Random) -> Identity:
    """The gradient by the reverse sweep times a direction = the tangent of the loss, by forward definitions."""
    x, y, z, o = (IndexedBase(name) for name in "xyzo")
    w, v, u, b = (Symbol(name) for name in "wvub")
    activation = random.choice(("f", "tanh", "sigmoid", "relu", "softplus"))
    equations = [Equation("z", (OBJECT,), rhs=random.choice((w * x[i] + v, w * x[i] ** 2 + v, w * x[i] + v * w)))]
    before = random.random() < 0.5
    hidden = z[i] if before else call(activation, z[i])
    if random.random() < 0.6:
        equations.append(Equation("q", (OBJECT,), rhs=hidden))
        q, C, dev = IndexedBase("q"), Symbol("C"), Symbol("S")
        equations.append(Equation("C", rhs=over(q[j]) / m))
        equations.append(Equation("S", rhs=sqrt(over((q[j] - C) ** 2) / m + eps)))
        hidden = (q[i] - C) / dev
    out = call(activation, hidden) if before else hidden
    equations.append(Equation("o", (OBJECT,), rhs=random.choice((u * out + b, u * out, out * x[i] + b))))
    loss = random.choice((over((o[j] - y[j]) ** 2), over((o[j] - y[j]) ** 2) / m, over(o[j] * y[j])))
    equations.append(Equation("L", rhs=loss))
    used = names_used(total(*(e.rhs for e in equations)))
    parameters = [Variable(n) for n in "wvub" if n in used]
    inputs = (Variable("x", (OBJECT,)), Variable("y", (OBJECT,)))
    forward = Derivation(tuple(equations), inputs, tuple(parameters))
    wrt = [*random.sample([p.name for p in parameters], 2), *random.choice(((), ("x",)))]
    moving = {*wrt, *(e.name for e in equations)}
    tangents = []
    for e in equations:
        tangents.append(replace(e, name=f"t_{e.name}", rhs=tangent(e.rhs, moving)))
    swept = gradient(forward, "L", wrt).extend(tangents)
    left = total(*(Symbol(f"t_{n}") * Symbol(f"dL_d{n}") for n in wrt if n != "x"))
    if "x" in wrt:
        left += over(IndexedBase("t_x")[j] * IndexedBase("dL_dx")[j])
    return Identity("gradient", left, Symbol("t_L"), swept)


def _written_out(random: Random) -> Identity:
    symbolic = _two_directions(random)
    statements, fixed = at_sizes(symbolic.left, symbolic.right, symbolic.derivation, {m: random.randint(2, 4)})
    return Identity("gradient, m = 2 to 4", *statements[0], fixed)


Maker = Callable[[Random], Identity]
SMOOTH = ("sigmoid", "tanh", "exp", "softplus", "gelu")
KINKED = ("relu", "abs", "max", "min", "leaky_relu", "elu")
KINDS: dict[str, Maker] = {
    "rational": _written("rational", (), ALGEBRA, 3),
    "opaque": _written("opaque", ("f", "fprime", "g"), ALGEBRA),
    "roots": _written("roots", ("sqrt",), ALGEBRA + FUNCTIONS * 3),
    "smooth": _written("smooth", SMOOTH, ALGEBRA + FUNCTIONS * 3),
    "kinks": _written("kinks", KINKED, ALGEBRA[:4] + FUNCTIONS * 3),
    "definitions": _with_definitions,
    "sums": _sums,
    "batch": _batch,
    "gradient": _two_directions,
    "gradient, m = 2 to 4": _written_out,
}


def identities(seed: int, number: int, kinds: Iterable[str] = KINDS) -> Iterator[Identity]:
    """So many identities of each kind, kind by kind. Each is defined at a random point at least."""
    for kind in kinds:
        make, random = KINDS[kind], Random(f"{kind} {seed}")
        left_over = number
        while left_over:
            identity = make(random)
            found = list(points(identity))
            assert not any(different for _, different in found), identity  # a step is wrong
            if any(defined for defined, _ in found) and identity.left != identity.right:
                left_over -= 1
                yield identity


# Near-misses


def near_miss(random: Random, identity: Identity) -> Identity | None:
    """One random edit that makes it false; None when none of some tries does."""
    needed = [{e.name for e in identity.derivation.needed_for(*names_used(s))} for s in (identity.left, identity.right)]
    own = needed[1] - needed[0]
    for _ in range(40):
        target = random.choice([None, *sorted(own)])
        old = identity.right if target is None else identity.derivation[target].rhs
        change = _edit(random, old)
        if change is None:
            continue
        text, new = change
        if target is None:
            edited = replace(identity, right=new, edit=text)
        else:
            equations = (replace(e, rhs=new) if e.name == target else e for e in identity.derivation)
            derivation = replace(identity.derivation, equations=tuple(equations))
            edited = replace(identity, derivation=derivation, edit=f"{text} in {target}")
        if differs(edited):
            return edited
    return None


RELATED = {"tanh": "sigmoid", "sigmoid": "tanh", "relu": "abs", "abs": "relu", "max": "min", "min": "max"}


def _edit(random: Random, formula: Expr) -> tuple[str, Expr] | None:
    path, part = random.choice(list(places(formula)))
    options = list(_edits(random, formula, part, [at(formula, path[:k]) for k in range(len(path))]))
    if not options:
        return None
    text, new = random.choice(options)
    return f"{text}: {part}", replaced(formula, path, new)


def _edits(random: Random, formula: Expr, part: Expr, above: Sequence[Expr]) -> Iterator[tuple[str, Expr]]:
    """What can be wrong with one part; `above` are the nodes that it stands in."""
    if part.is_Add or part.is_Mul:
        k = random.randrange(len(part.args))
        chosen, others = part.args[k], (*part.args[:k], *part.args[k + 1 :])
        join = total if part.is_Add else product
        yield "dropped", join(*others)
        yield "sign", join(*others, product(S.NegativeOne, chosen))
        yield "doubled", join(*others, product(Integer(2), chosen))
    elif part.is_Pow:
        yield "power", Pow(part.base, part.exp + random.choice((1, -1)))
    elif part.is_Rational and part != 0:
        yield "number", part + random.choice((1, -1))
        yield "inverted", 1 / part
    elif part == m:
        yield "size", m - 1
    elif isinstance(part, Indexed):
        bound = [n.index for n in above if isinstance(n, Sum)]
        others = [k for k in (*bound, Integer(1)) if k not in part.indices]
        yield "index", part.base[random.choice(others)]
    elif isinstance(part, Symbol):
        names = [n for n in NAMES if n != part]
        yield "name", random.choice(names)
    elif isinstance(part, Sum):
        yield "last left out", Sum(part.body, (part.index, part.lower, part.upper - 1))
        yield "no sum", product(part.upper, substitute(part.body, {part.index: Integer(1)}))
        if part.body.is_Mul:  # the mean of products is not the product of means
            first, *rest = (Sum(u, part.args[1]) for u in (part.body.args[0], product(*part.body.args[1:])))
            yield "sum of a product", product(first, *rest, Pow(part.upper, -1))
    elif isinstance(part, Call):
        yield "argument", part.func(part.args[0] + 1, *part.args[1:])
        if part.operation.abstract:
            yield "prime", call(part.function, *part.args, order=part.order + 1)
        elif part.function in RELATED and contains(formula, part):
            yield "function", call(RELATED[part.function], *part.args)

"""The ways to get one equation wrong: what a programmer slips on, read off the tree of its right-hand side.

Each rule looks at one place of the tree (or at the whole) and says what else may stand there. Nothing here knows of
layers: a factor 1/m is a denominator wherever it stands, and a name called eps is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from sympy import Expr, Integer, Mul, Rational, S

from symnet.candidates.evaluation import names_in
from symnet.candidates.slips import OPPOSITE, RULES, Found
from symnet.candidates.vocabulary import Names, is_eps, replaced
from symnet.correction.edits import Place, places, put
from symnet.equations import Equation, Variable, name_of
from symnet.expressions import product, rewrite, subexpressions, substitute, total
from symnet.operations import Call, call, head, sqrt
from symnet.sums import Sum

__all__ = ["Mistake", "mistakes"]


@dataclass(frozen=True)
class Mistake:
    """An equation got wrong. kind: the sort of mistake; place: what it is made on; cost: how unlikely it is."""

    kind: str
    place: str
    text: str
    cost: int
    equation: Equation


def mistakes(equation: Equation, names: Names) -> Iterator[Mistake]:
    """Every mistake in one equation, each once, the likelier of two that write the same first."""
    best: dict[tuple[object, ...], Mistake] = {}
    for mistake in _every(equation, names):
        if mistake.equation.rhs.has(S.ComplexInfinity, S.NaN):  # 1/(1 - p) without p
            continue
        key = (mistake.equation.rhs, mistake.equation.indices)
        if key not in best or mistake.cost < best[key].cost:
            best[key] = mistake
    best.pop((equation.rhs, equation.indices), None)
    yield from best.values()


def _every(equation: Equation, names: Names) -> Iterator[Mistake]:
    noun = names.noun(equation.name)
    for kind, said, cost, rhs in _whole(equation, names):
        what = names.adjoints.get(equation.name, equation.name) if kind == "path-dropped" else equation.name
        yield Mistake(kind, what, said.replace("{eq}", noun), cost, replace(equation, rhs=rhs))
    for place in places(equation.rhs):
        for rule in RULES:
            for kind, said, cost, new in rule(place, equation, names):
                rhs = put(equation.rhs, {place.path: new})
                where = _part(kind, place, equation, names)
                there = noun + _path_of(place, equation, names)
                text = said.replace("{eq}", there).removesuffix(",")
                yield Mistake(kind, where, text, cost, replace(equation, rhs=rhs))
    yield from _other_shapes(equation, names)


def _part(kind: str, place: Place, equation: Equation, names: Names) -> str:
    if kind == "path-dropped":
        through = names.through(place.node)
        return through[0] if through else equation.name
    if kind.startswith("eps"):
        return ""
    return equation.name


def _path_of(place: Place, equation: Equation, names: Names) -> str:
    """On which of several paths into a gradient a place is."""
    rhs = equation.rhs
    if equation.name not in names.adjoints or not rhs.is_Add or len(place.path) < 2:
        return ""
    through = names.through(rhs.args[place.path[0]])
    return f", on the path through {names.noun(through[0])}," if through else ""


# The whole right-hand side


def _whole(equation: Equation, names: Names) -> Found:
    rhs, is_gradient = equation.rhs, equation.name in names.adjoints
    if is_gradient:
        name = names.adjoints[equation.name]
        if name in names.derivation:
            noun = names.noun(name)
            yield "path-dropped", f"the path through {noun} is dropped ({noun} is treated as a constant)", 2, S.Zero
        else:
            yield "zero", "{eq} is returned as zeros", 1, S.Zero
    else:
        yield "zero", "{eq} is zero", 3, S.Zero
    yield "sign", "{eq} has the opposite sign", 1, product(S.NegativeOne, rhs)
    yield "factor-extra", "{eq} is multiplied by 2", 3, product(Integer(2), rhs)
    yield "factor-extra", "{eq} is multiplied by 1/2", 3, product(Rational(1, 2), rhs)
    plain = [size for size in names.sizes if size.is_Symbol]
    for size in plain if len(plain) <= 3 else [size for size in plain if size in rhs.free_symbols]:
        count = names.written(size)
        yield "mean-for-sum", f"{{eq}} is divided by {count}: a mean in the place of a sum", 2, product(1 / size, rhs)
        yield "sum-for-mean", f"{{eq}} is multiplied by {count}: a sum in the place of a mean", 3, product(size, rhs)
    counted = product(*(node.upper - node.lower + 1 for node in subexpressions(rhs) if isinstance(node, Sum)))
    if counted not in (1, *names.sizes):
        said = f"{{eq}} is divided by {names.written(counted)}: a mean in the place of a sum"
        yield "mean-for-sum", said, 2, product(1 / counted, rhs)
    under = product(*(f for f in Mul.make_args(rhs) if f.is_Pow and f.exp == -1 and f.base.is_integer))
    if len(Mul.make_args(under)) > 1:
        said = f"{{eq}} is not divided by {names.written(1 / under)}: a sum in the place of a mean"
        yield "sum-for-mean", said, 1, product(1 / under, rhs)
    yield from _extremes(rhs)
    if is_gradient and names.adjoints[equation.name] not in names.derivation:
        yield from _other_deviations(equation, names)
        yield from _before_activation(equation, names)
    for variable in names.before(equation.name):
        if variable.name in names.adjoints:
            continue
        reference = _fitted(variable, equation)
        if reference is not None:
            noun = names.noun(variable.name)
            yield "factor-extra", f"{{eq}} is multiplied by {noun}", 4, product(rhs, reference)
            yield "factor-extra", f"{{eq}} is divided by {noun}", 4, product(rhs, 1 / reference)
    if is_gradient and rhs.is_Add and 3 <= len(rhs.args) <= 4:
        for number in range(1, len(rhs.args) - 1):
            for kept in combinations(rhs.args, number):
                through = " and ".join(n for t in kept for n in names.through(t)) or names.written(total(*kept))
                yield "path-dropped", f"of {{eq}} only the path through {through} is kept", 3, total(*kept)
    for name in sorted(names_in(rhs)):
        yield from _everywhere(name, equation, names)


def _before_activation(equation: Equation, names: Names) -> Found:
    """The gradient by what a sigmoid or tanh is taken of, for that by its value."""
    value = names.derivation.variables[names.adjoints[equation.name]].at(*(k.symbol for k in equation.indices))
    for function in ("sigmoid", "tanh"):
        (slope,) = head(function)(value).partials(value)
        said = f"{{eq}} is multiplied by {names.written(slope)}: the gradient by what a {function} is taken of"
        yield "factor-extra", said, 2, product(equation.rhs, slope)


def _other_deviations(equation: Equation, names: Names) -> Found:
    """A gradient divided by sqrt(V) where the forward divides by S = sqrt(V + eps)."""
    for definition in names.derivation:
        inside = definition.rhs.args[0] if isinstance(definition.rhs, Call) else S.Zero
        eps = [term for term in inside.args if is_eps(term)] if inside.is_Add else []
        reference = _fitted(definition, equation)
        if eps and definition.rhs.function == "sqrt" and reference is not None:
            where = dict(zip((k.symbol for k in definition.indices), reference.indices, strict=True))
            bare = substitute(total(*(term for term in inside.args if term not in eps)), where)
            said = f"eps is lost in {{eq}}: it is divided by {names.written(sqrt(bare))} instead of {{noun}}"
            noun = names.noun(definition.name)
            yield "eps-lost", said.replace("{noun}", noun), 2, product(equation.rhs, reference, 1 / sqrt(bare))


def _extremes(rhs: Expr) -> Found:
    """The other extreme, the sum or the mean of all for a chain of max."""
    for function, other in OPPOSITE.items():
        cells = [
            a
            for node in subexpressions(rhs)
            if isinstance(node, Call) and node.function == function
            for a in node.args
            if not (isinstance(a, Call) and a.function == function)
        ]
        if len(cells) < 2:
            continue

        def swapped(node: Expr, function: str = function, other: str = other) -> Expr | None:
            return call(other, *node.args) if isinstance(node, Call) and node.function == function else None

        def added(node: Expr, function: str = function) -> Expr | None:
            return total(*node.args) if isinstance(node, Call) and node.function == function else None

        everything = rewrite(rhs, added)
        yield "wrong-call", f"{{eq}} has {other} in the place of {function}", 2, rewrite(rhs, swapped)
        yield "wrong-call", f"{{eq}} has a sum in the place of {function}: every element counts", 2, everything
        mean = product(Rational(1, len(cells)), everything)
        yield "wrong-call", f"{{eq}} has a mean in the place of {function}", 2, mean


def _fitted(variable: Variable, equation: Equation) -> Expr | None:
    """The variable at those indices of the equation that have its sizes."""
    where, left = [], list(equation.indices)
    for own in variable.indices:
        found = next((k for k in left if k.size == own.size), None)
        if found is None:
            return None
        left.remove(found)
        where.append(found.symbol)
    return variable.at(*where)


def _everywhere(name: str, equation: Equation, names: Names) -> Found:
    """One name for another at all its places, a number for its complement."""
    own = names.derivation.variables.get(name)
    if own is None:
        return
    for other in names.before(equation.name):
        if other.name != name and names.alike(own, other):
            rhs = replaced(equation.rhs, name, other.name)
            said = f"{{eq}} is written with {names.noun(other.name)} in the place of {names.noun(name)}"
            yield "wrong-variable", said, 2, rhs
    definition = names.derivation.definitions.get(name)
    if definition is not None and isinstance(definition.rhs, Call) and len(definition.rhs.args) == 1:
        function = definition.rhs.func
        rhs = rewrite(equation.rhs, lambda node: function(node) if name_of(node) == name and node.args != () else None)
        yield "applied-twice", f"{{eq}} has the function applied to {names.noun(name)} once more", 3, rhs
    if not own.indices and own.name not in names.derivation and not is_eps(own.reference):
        rhs = substitute(equation.rhs, {own.reference: 1 - own.reference})
        yield "convention", f"{{eq}} has 1 - {name} in the place of {name}", 2, rhs


def _other_shapes(equation: Equation, names: Names) -> Iterator[Mistake]:
    noun = names.noun(equation.name)
    if len(equation.indices) == 2:
        turned = replace(equation, indices=equation.indices[::-1], rhs=equation.rhs)
        yield Mistake("transposed", equation.name, f"{noun} is transposed", 2, turned)
    if names.adjoints.get(equation.name, equation.name) in names.derivation:
        return
    for place in places(equation.rhs):
        node = place.node
        if not isinstance(node, Sum) or (place.parent is not None and not place.parent.node.is_Mul):
            continue
        known = (k for v in names.derivation.variables.values() for k in v.indices)
        declared = next((k for k in known if k.symbol == node.index), None)
        if declared is None or node.index in {k.symbol for k in equation.indices}:
            continue
        indices = (declared, *equation.indices)
        longer = replace(equation, indices=indices, rhs=put(equation.rhs, {place.path: node.body}))
        said = f"{noun} is not summed over {node.index}: it has the shape of what is broadcast"
        yield Mistake("sum-missing", equation.name, said, 2, longer)

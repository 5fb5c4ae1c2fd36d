"""The ways to get one equation wrong: what a programmer slips on, read off the tree of its right-hand side.

Each rule looks at one place of the tree (or at the whole) and says what else may stand there. Nothing here knows of
layers: a factor 1/m is a denominator wherever it stands, and a name called eps is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from sympy import Expr, Indexed, Integer, Mul, Pow, Rational, S, Symbol

from symnet.correction.edits import Place, places, put
from symnet.equations import Derivation, Equation, Variable, name_of, names_used
from symnet.expressions import free_references, product, rewrite, substitute, total
from symnet.operations import Call, call, sqrt
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.sums import Sum

__all__ = ["Mistake", "Names", "is_eps", "mistakes", "replaced"]


@dataclass(frozen=True)
class Mistake:
    """An equation got wrong. kind: the sort of mistake; place: what it is made on; cost: how unlikely it is."""

    kind: str
    place: str
    text: str
    cost: int
    equation: Equation


@dataclass(frozen=True)
class Names:
    """What a mistake may put in: the names of a derivation with the gradient of `of`, and the sizes in it."""

    derivation: Derivation
    of: str

    @cached_property
    def adjoints(self) -> dict[str, str]:
        """dL_dS -> S."""
        names = self.derivation.variables
        return {f"d{self.of}_d{name}": name for name in names if f"d{self.of}_d{name}" in names}

    @cached_property
    def sizes(self) -> list[Expr]:
        """The numbers of objects and neurons, largest text last."""
        ends = {k.size for v in self.derivation.variables.values() for k in v.indices}
        return sorted((e for e in ends if e != 1), key=str)

    def noun(self, name: str) -> str:
        """A name as it is spoken of: dL/dS, "the deviation S"."""
        if name in self.adjoints:
            return f"d{self.of}/d{self.adjoints[name]}"
        meaning = self.derivation.variables[name].meaning if name in self.derivation.variables else ""
        return f"the {meaning} {name}" if meaning else name

    def written(self, expression: Expr) -> str:
        return text(expression, self.naming)

    @cached_property
    def naming(self) -> Naming:
        return Naming(self.derivation.variables)

    def before(self, name: str) -> list[Variable]:
        """What is declared when an equation is written."""
        known = list(self.derivation.variables.values())
        before = known[: [v.name for v in known].index(name)]
        hidden = {self.of} if name in self.adjoints else {self.of, *self.upstream}
        return [v for v in before if v.name not in hidden]

    @cached_property
    def upstream(self) -> set[str]:
        """The gradient from above: inputs that only the loss is written with, where it pairs them with outputs."""
        inputs = {v.name for v in self.derivation.inputs}
        forward = [e for e in self.derivation if e.name not in self.adjoints]
        if not self.adjoints or len(forward) < 2:
            return set()
        elsewhere = {n for e in forward if e.name != self.of for n in names_used(e.rhs)}
        return {n for n in names_used(self.derivation[self.of].rhs) & inputs if n not in elsewhere}


def is_eps(node: Expr) -> bool:
    return isinstance(node, Symbol) and node.name.startswith("eps")


_Found = Iterator[tuple[str, str, int, Expr]]  # kind, text, cost, what stands there


def mistakes(equation: Equation, names: Names) -> Iterator[Mistake]:
    """Every mistake in one equation, each once, the likelier of two that write the same first."""
    best: dict[tuple[object, ...], Mistake] = {}
    for mistake in _every(equation, names):
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
        for rule in (_terms, _factors, _references, _calls, _sums, _numbers):
            for kind, said, cost, new in rule(place, equation, names):
                rhs = put(equation.rhs, {place.path: new})
                where = _part(kind, place, equation, names)
                there = noun + _path_of(place, equation, names)
                yield Mistake(kind, where, said.replace("{eq}", there), cost, replace(equation, rhs=rhs))
    yield from _other_shapes(equation, names)


def _part(kind: str, place: Place, equation: Equation, names: Names) -> str:
    if kind == "path-dropped":
        through = _through(place.node, names)
        return through[0] if through else equation.name
    if kind.startswith("eps"):
        return ""
    return equation.name


def _path_of(place: Place, equation: Equation, names: Names) -> str:
    """On which of several paths into a gradient a place is."""
    rhs = equation.rhs
    if equation.name not in names.adjoints or not rhs.is_Add or len(place.path) < 2:
        return ""
    through = _through(rhs.args[place.path[0]], names)
    return f", on the path through {names.noun(through[0])}," if through else ""


def _through(term: Expr, names: Names) -> list[str]:
    """Through what definitions a term of a gradient flows: those whose adjoint it contains."""
    return sorted(names.adjoints[name] for name in names_used(term) & names.adjoints.keys())


# The whole right-hand side


def _whole(equation: Equation, names: Names) -> _Found:
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
    for size in names.sizes:
        count = names.written(size)
        yield "mean-for-sum", f"{{eq}} is divided by {count}: a mean in the place of a sum", 2, product(1 / size, rhs)
        yield "sum-for-mean", f"{{eq}} is multiplied by {count}: a sum in the place of a mean", 3, product(size, rhs)
    if len(names.sizes) > 1:
        whole = product(*dict.fromkeys(names.sizes))
        said = f"{{eq}} is divided by {names.written(whole)}: a mean in the place of a sum"
        yield "mean-for-sum", said, 3, product(1 / whole, rhs)
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
                through = " and ".join(n for t in kept for n in _through(t, names)) or names.written(total(*kept))
                yield "path-dropped", f"of {{eq}} only the path through {through} is kept", 3, total(*kept)
    for name in sorted(names_used(rhs)):
        yield from _everywhere(name, equation, names)


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


def _everywhere(name: str, equation: Equation, names: Names) -> _Found:
    """One name for another at all its places, a number for its complement."""
    own = names.derivation.variables.get(name)
    if own is None:
        return
    for other in names.before(equation.name):
        if other.name != name and _alike(own, other):
            rhs = replaced(equation.rhs, name, other.name)
            said = f"{{eq}} is written with {names.noun(other.name)} in the place of {names.noun(name)}"
            yield "wrong-variable", said, 2, rhs
    if not own.indices and own.name not in names.derivation and not is_eps(own.reference):
        rhs = substitute(equation.rhs, {own.reference: 1 - own.reference})
        yield "convention", f"{{eq}} has 1 - {name} in the place of {name}", 2, rhs


def _alike(one: Variable, other: Variable) -> bool:
    return [k.size for k in one.indices] == [k.size for k in other.indices]


def replaced(expression: Expr, name: str, other: str) -> Expr:
    """The expression with one name for another, wherever it stands."""
    new = Symbol(other)
    return rewrite(expression, lambda node: new if isinstance(node, Symbol) and name_of(node) == name else None)


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


# One place


def _terms(place: Place, equation: Equation, names: Names) -> _Found:
    node = place.node
    if place.role != "term":
        return
    rest = names.written(node)
    if is_eps(node):
        yield "eps-lost", "eps is lost in {eq}", 1, S.Zero
        return
    if equation.name in names.adjoints and place.parent is not None and place.parent.parent is None:
        through = [names.noun(n) for n in _through(node, names)]
        said = (
            f"the path through {through[0]} is dropped ({through[0]} is treated as a constant)"
            if through
            else f"the path {rest} is dropped from {{eq}}"
        )
        yield "path-dropped", said, 1, S.Zero
    else:
        yield "term-lost", f"the term {rest} is missing in {{eq}}", 2, S.Zero
    yield "sign", f"the term {rest} of {{eq}} has the opposite sign", 1, product(S.NegativeOne, node)


def _factors(place: Place, equation: Equation, names: Names) -> _Found:
    node = place.node
    if place.role not in ("factor", "right side", "term", "argument", "summand") or node.is_Rational or node.is_Add:
        return
    base, exponent = node.as_base_exp() if node.is_Pow else (node, S.One)
    said = names.written(node)
    if base.is_integer and base.is_number is False and not isinstance(base, Call):  # a size
        yield from _denominators(node, base, exponent, names)
        return
    if node.is_Mul or isinstance(node, Sum):
        return
    if place.role == "factor":
        upstream = name_of(node) in names.upstream
        kind = "upstream-ignored" if upstream else "factor-lost"
        what = "the upstream gradient" if upstream else f"the factor {said}"
        yield kind, f"{what} is missing in {{eq}}", 2, S.One
    elif place.role == "right side" and name_of(node) in names.upstream:
        yield "upstream-ignored", "the upstream gradient is missing in {eq}", 1, S.One
    for other in sorted({exponent + 1, exponent - 1, 2 * exponent, -exponent} - {exponent, S.Zero}, key=str):
        if isinstance(other, Integer) and not is_eps(base):
            new = Pow(base, other)
            cost = 2 if other * exponent > 0 else 3
            yield "power", f"{{eq}} has {names.written(new)} in the place of {said}", cost, new


def _denominators(node: Expr, base: Expr, exponent: Expr, names: Names) -> _Found:
    if exponent == -1:
        less = names.written(base - 1)
        yield "denominator", f"{{eq}} divides by {less} instead of {base}", 1, 1 / (base - 1)
        for other in names.sizes:
            if other != base:
                yield "denominator", f"{{eq}} divides by {names.written(other)} instead of {base}", 2, 1 / other
        yield "sum-for-mean", f"{{eq}} is not divided by {base}: a sum in the place of a mean", 1, S.One
    else:
        yield "factor-lost", f"the factor {base} is missing in {{eq}}", 2, S.One


def _references(place: Place, equation: Equation, names: Names) -> _Found:
    node = place.node
    if node.is_Add and place.role in ("factor", "base"):
        yield from _whole_brackets(place, equation, names)
    name = name_of(node)
    if name is None or name not in names.derivation.variables:
        return
    own = names.derivation.variables[name]
    where = node.indices if isinstance(node, Indexed) else ()
    for other in names.before(equation.name):
        if other.name != name and _alike(own, other):
            said = f"{{eq}} has {names.noun(other.name)} in the place of {names.noun(name)}"
            yield "wrong-variable", said, 2, other.at(*where)
    if not where and name not in names.derivation and not is_eps(node):
        yield "convention", f"{{eq}} has 1 - {name} in the place of {name}", 2, 1 - node
    for a, b in combinations(range(len(where)), 2):
        turned = list(where)
        turned[a], turned[b] = turned[b], turned[a]
        yield "transposed", f"{{eq}} has {name} transposed", 2, own.at(*turned)
    bound = _bound(place)
    flipped = [bound[k][0] + bound[k][1] - k if k in bound else k for k in where]
    if flipped != list(where) and len(where) > len([k for k in where if k in bound]):
        said = f"{{eq}} has {name} turned round: a convolution in the place of a correlation"
        yield "turned", said, 2, own.at(*flipped)
    for k, at in enumerate(where):
        if at.is_Add:
            for step in (1, -1):
                moved = own.at(*where[:k], at + step, *where[k + 1 :])
                yield "shifted", f"{{eq}} reads {name} {abs(step)} place {'after' if step > 0 else 'before'}", 3, moved


def _bound(place: Place) -> dict[Expr, tuple[Expr, Expr]]:
    """The indices of the sums around a place, with their ranges."""
    found: dict[Expr, tuple[Expr, Expr]] = {}
    above = place.parent
    while above is not None:
        if isinstance(above.node, Sum):
            found[above.node.index] = (above.node.lower, above.node.upper)
        above = above.parent
    return found


def _whole_brackets(place: Place, equation: Equation, names: Names) -> _Found:
    """A name of the shape of a whole bracket: x-hat for x - C."""
    free = free_references(place.node)
    sizes = {k.symbol: k.size for k in equation.indices}
    sizes |= {k: upper - lower + 1 for k, (lower, upper) in _bound(place).items()}
    where = [k for k in sizes if k in free]
    for other in names.before(equation.name):
        for order in (where, where[::-1]):
            if [k.size for k in other.indices] == [sizes[k] for k in order] and where:
                said = f"{{eq}} has {names.noun(other.name)} in the place of {names.written(place.node)}"
                yield "wrong-variable", said, 2, other.at(*order)


def _calls(place: Place, equation: Equation, names: Names) -> _Found:
    node = place.node
    eps = [t for t in node.args if is_eps(t)] if node.is_Add else []
    for term in eps:  # outside the root: sqrt(v) + eps
        rest = total(*(t for t in node.args if t != term))
        if isinstance(rest, Call) and rest.function == "sqrt":
            yield "eps-place", "eps stands inside the root in {eq}", 1, sqrt(rest.args[0] + term)
        yield "eps-place", "eps is squared in {eq}", 3, total(rest, term**2)
        yield "eps-place", "eps is counted twice in {eq}", 3, total(rest, 2 * term)
    if not isinstance(node, Call):
        return
    if node.function == "sqrt":
        yield "power", "the root is missing in {eq}", 2, node.args[0]
        inside = node.args[0]
        for term in inside.args if inside.is_Add else ():
            if is_eps(term):
                rest = total(*(t for t in inside.args if t != term))
                yield "eps-place", "eps stands outside the root in {eq}", 1, total(sqrt(rest), term)
    elif node.function in _OPPOSITE:
        other = call(_OPPOSITE[node.function], *node.args)
        yield "wrong-call", f"{{eq}} has {names.written(other)} in the place of {names.written(node)}", 2, other
    elif node.function == "step":
        yield "kink", "{eq} counts the kink to the other side", 1, 1 - call("step", -node.args[0])
        yield "wrong-call", "{eq} has the condition the wrong way round", 2, call("step", -node.args[0])
    if node.function not in ("step", "sqrt"):
        for argument in node.args:
            said = f"{{eq}} has {names.written(argument)} in the place of {names.written(node)}"
            yield "wrong-call", said, 3, argument


_OPPOSITE = {"max": "min", "min": "max"}


def _sums(place: Place, equation: Equation, names: Names) -> _Found:
    node = place.node
    if not isinstance(node, Sum):
        return
    first, last = (substitute(node.body, {node.index: end}) for end in (node.lower, node.upper))
    yield "overwritten", f"{{eq}} has the last {node.index} alone: what should be added up is overwritten", 2, last
    yield "overwritten", f"{{eq}} has the first {node.index} alone", 3, first
    count = node.upper - node.lower + 1
    written = names.written(count)
    divided = place.parent is not None and any(f == 1 / count for f in Mul.make_args(place.parent.node))
    if not divided and not (count.is_Integer and count <= 1):
        said = f"a sum in {{eq}} is divided by {written}: a mean in the place of a sum"
        yield "mean-for-sum", said, 2, product(1 / count, node)


def _numbers(place: Place, equation: Equation, names: Names) -> _Found:
    node = place.node
    if not node.is_Rational or place.role == "denominator" or node in (1, -1, 0):
        return
    said = names.written(node)
    if place.role == "factor":
        yield "factor-lost", f"the factor {said} is missing in {{eq}}", 1, S.One
        yield "factor-doubled", f"the factor {said} of {{eq}} is doubled", 2, 2 * node
        if abs(node.p) == 1 and node.q > 2:
            for q in (node.q - 1, node.q + 1):
                yield "denominator", f"{{eq}} divides by {q} instead of {node.q}", 2, Rational(node.p, q)
        if node**2 != node and node != 2:
            yield "factor-extra", f"the factor {said} of {{eq}} is squared", 3, node**2

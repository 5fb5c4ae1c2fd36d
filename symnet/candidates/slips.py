"""What else may stand at one place of a right-hand side: the slips of a programmer, one rule a kind of place.

Each rule yields the kind of the slip, a sentence with {eq} for the equation, how unlikely it is, and what stands there.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from sympy import Expr, Indexed, Integer, Mul, Pow, Rational, S

from symnet.candidates.vocabulary import Names, is_eps
from symnet.correction.edits import Place
from symnet.equations import Equation, Variable, name_of
from symnet.expressions import free_references, product, rewrite, subexpressions, substitute, total
from symnet.operations import Call, call, sqrt
from symnet.sums import Sum

__all__ = ["OPPOSITE", "RULES", "Found"]

Found = Iterator[tuple[str, str, int, Expr]]


def _terms(place: Place, equation: Equation, names: Names) -> Found:
    node = place.node
    if place.role != "term":
        return
    rest = names.written(node)
    if is_eps(node):
        yield "eps-lost", "eps is lost in {eq}", 1, S.Zero
        return
    if equation.name in names.adjoints and place.parent is not None and place.parent.parent is None:
        through = [names.noun(n) for n in names.through(node)]
        said = (
            f"the path through {through[0]} is dropped ({through[0]} is treated as a constant)"
            if through
            else f"the path {rest} is dropped from {{eq}}"
        )
        yield "path-dropped", said, 1, S.Zero
    else:
        yield "term-lost", f"the term {rest} is missing in {{eq}}", 2, S.Zero
    yield "sign", f"the term {rest} of {{eq}} has the opposite sign", 1, product(S.NegativeOne, node)


def _factors(place: Place, equation: Equation, names: Names) -> Found:
    node = place.node
    if (
        place.role not in ("factor", "right side", "term", "argument", "summand")
        or node.is_Rational
        or (node.is_Add and place.role != "factor")
    ):
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
        is_root = isinstance(base, Call) and base.function == "sqrt" and other == 2 * exponent  # said of the root
        if isinstance(other, Integer) and not is_eps(base) and not is_root:
            new = Pow(base, other)
            cost = 2 if other * exponent > 0 else 3
            yield "power", f"{{eq}} has {names.written(new)} in the place of {said}", cost, new


def _brackets(place: Place, equation: Equation, names: Names) -> Found:
    """(1 - y)^2 for 1 - y^2, and the other way round."""
    node = place.node
    for new in (*_square_outside(node), *_square_inside(node)):
        said = f"{{eq}} has {names.written(new)} in the place of {names.written(node)}: a misplaced bracket"
        yield "power", said, 2, new


def _square_outside(node: Expr) -> Iterator[Expr]:
    for term in node.args if node.is_Add else ():
        coefficient, square = term.as_coeff_Mul()
        if abs(coefficient) == 1 and square.is_Pow and square.exp == 2:
            rest = total(*(t for t in node.args if t != term))
            yield Pow(rest + coefficient * square.base, 2)


def _square_inside(node: Expr) -> Iterator[Expr]:
    if node.is_Pow and node.exp == 2 and node.base.is_Add:
        for term in node.base.args:
            coefficient, value = term.as_coeff_Mul()
            if abs(coefficient) == 1:
                yield total(*(t for t in node.base.args if t != term), coefficient * value**2)


def _denominators(node: Expr, base: Expr, exponent: Expr, names: Names) -> Found:
    if exponent == -1:
        less = names.written(base - 1)
        yield "denominator", f"{{eq}} divides by {less} instead of {base}", 1, 1 / (base - 1)
        for other in names.sizes:
            if other != base:
                yield "denominator", f"{{eq}} divides by {names.written(other)} instead of {base}", 2, 1 / other
        yield "sum-for-mean", f"{{eq}} is not divided by {base}: a sum in the place of a mean", 1, S.One
    else:
        yield "factor-lost", f"the factor {base} is missing in {{eq}}", 2, S.One


def _references(place: Place, equation: Equation, names: Names) -> Found:
    node = place.node
    if node.is_Add and place.role in ("factor", "base"):
        yield from _whole_brackets(place, equation, names)
    name = name_of(node)
    if name is None or name not in names.derivation.variables:
        return
    own = names.derivation.variables[name]
    where = node.indices if isinstance(node, Indexed) else ()
    for other in names.before(equation.name):
        if other.name != name and names.alike(own, other):
            said = f"{{eq}} has {names.noun(other.name)} in the place of {names.noun(name)}"
            yield "wrong-variable", said, 2, other.at(*where)
    if not where and name not in names.derivation and not is_eps(node):
        yield "convention", f"{{eq}} has 1 - {name} in the place of {name}", 2, 1 - node
    for a, b in combinations(range(len(where)), 2):
        turned = list(where)
        turned[a], turned[b] = turned[b], turned[a]
        yield "transposed", f"{{eq}} has {name} transposed", 2, own.at(*turned)
    flipped = _turned(where, own, equation)
    if flipped != list(where):
        said = f"{{eq}} has {name} turned round: a convolution in the place of a correlation"
        yield "turned", said, 2, own.at(*flipped)
    for k, at in enumerate(where):
        if at.is_Add:
            for step in (1, -1):
                moved = own.at(*where[:k], at + step, *where[k + 1 :])
                yield "shifted", f"{{eq}} reads {name} {abs(step)} place {'after' if step > 0 else 'before'}", 3, moved


def _turned(where: Sequence[Expr], own: Variable, equation: Equation) -> list[Expr]:
    """Read backwards along the axes of a window: those whose place is a difference, or is added to one elsewhere."""
    sliding = {
        symbol
        for node in subexpressions(equation.rhs)
        if isinstance(node, Indexed)
        for at in node.indices
        if at.is_Add
        for symbol in at.free_symbols
    } - {k.symbol for k in equation.indices}
    return [
        (k.lower + k.upper - at) if at in sliding or (at.is_Add and len(at.free_symbols) > 1) else at
        for at, k in zip(where, own.indices, strict=True)
    ]


def _bound(place: Place) -> dict[Expr, tuple[Expr, Expr]]:
    """The indices of the sums around a place, with their ranges."""
    found: dict[Expr, tuple[Expr, Expr]] = {}
    above = place.parent
    while above is not None:
        if isinstance(above.node, Sum):
            found[above.node.index] = (above.node.lower, above.node.upper)
        above = above.parent
    return found


def _whole_brackets(place: Place, equation: Equation, names: Names) -> Found:
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


def _calls(place: Place, equation: Equation, names: Names) -> Found:
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
    elif node.function in OPPOSITE:
        other = call(OPPOSITE[node.function], *node.args)
        yield "wrong-call", f"{{eq}} has {names.written(other)} in the place of {names.written(node)}", 2, other
    elif node.function == "step":
        yield "kink", "{eq} counts the kink to the other side", 1, 1 - call("step", -node.args[0])
        yield "wrong-call", "{eq} has the condition the wrong way round", 2, call("step", -node.args[0])
    if node.function not in ("step", "sqrt"):
        yield from _of_definition(node, names)
        for argument in node.args:
            said = f"{{eq}} has {names.written(argument)} in the place of {names.written(node)}"
            yield "wrong-call", said, 3, argument


OPPOSITE = {"max": "min", "min": "max"}
_DIGITS = range(2, 13)  # that somebody may type of a long number


def _of_definition(node: Call, names: Names) -> Found:
    """Another sign of an argument, or fewer digits of the numbers that belong to a function."""
    for k, argument in enumerate(node.args):
        turned = call(node.function, *(-a if a is argument else a for a in node.args), order=node.order)
        if turned not in (node, -node):
            said = f"{{eq}} has {names.written(turned)} in the place of {names.written(node)}: the opposite sign"
            yield "sign", said, 2 + k, turned
    written = node.operation.definition(*node.args) if node.operation.definition else S.Zero
    long = [n for n in subexpressions(written) if n.is_Rational and n.q > 10 ** _DIGITS[-1]]
    for digits in _DIGITS if long else ():
        rounded = {n: Rational(f"{Decimal(n.p) / Decimal(n.q):.{digits}g}") for n in long}
        numbers = " and ".join(f"{float(r):.{digits}g}" for r in rounded.values())
        said = f"{{eq}} has the numbers of {node.function} with {digits} digits: {numbers}"
        yield "constant-rounded", said, 2, substitute(written, rounded)


def _sums(place: Place, equation: Equation, names: Names) -> Found:
    node = place.node
    if not isinstance(node, Sum):
        return
    first, last = (substitute(node.body, {node.index: end}) for end in (node.lower, node.upper))
    yield "overwritten", f"{{eq}} has the last {node.index} alone: what should be added up is overwritten", 2, last
    yield "overwritten", f"{{eq}} has the first {node.index} alone", 3, first
    for k in equation.indices:
        if (k.lower, k.upper) == (node.lower, node.upper):
            alone = substitute(node.body, {node.index: k.symbol})
            said = f"of the sum in {{eq}} only {node.index} = {k.symbol} is kept: the diagonal of the Jacobian alone"
            yield "diagonal", said, 2, alone
    count = node.upper - node.lower + 1
    written = names.written(count)
    yield from _other_axis(node, equation)
    divided = place.parent is not None and any(f == 1 / count for f in Mul.make_args(place.parent.node))
    if not divided and not (count.is_Integer and count <= 1):
        said = f"a sum in {{eq}} is divided by {written}: a mean in the place of a sum"
        yield "mean-for-sum", said, 2, product(1 / count, node)


def _other_axis(node: Sum, equation: Equation) -> Found:
    """The sum over the other index of a grid: sum_q w[q, k] for sum_q w[i, q]."""
    for kept in equation.indices:
        for other in equation.indices:
            if kept == other or (other.lower, other.upper) != (node.lower, node.upper):
                continue
            pair = {(kept.symbol, node.index): (node.index, other.symbol)}
            pair |= {(node.index, kept.symbol): (other.symbol, node.index)}

            def turned(n: Expr, pair: dict[tuple[Expr, Expr], tuple[Expr, Expr]] = pair) -> Expr | None:
                return n.base[pair[n.indices]] if isinstance(n, Indexed) and n.indices in pair else None

            body = rewrite(node.body, turned)
            if body != node.body:
                said = f"{{eq}} is summed over {kept.symbol} instead of {other.symbol}: the wrong axis"
                yield "axis", said, 1, Sum(body, (node.index, kept.lower, kept.upper))


def _numbers(place: Place, equation: Equation, names: Names) -> Found:
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


RULES: tuple[Callable[[Place, Equation, Names], Found], ...] = (
    _terms,
    _factors,
    _brackets,
    _references,
    _calls,
    _sums,
    _numbers,
)

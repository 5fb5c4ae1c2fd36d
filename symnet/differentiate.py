"""The gradient of a derivation is a derivation: one reverse sweep, one adjoint equation per name.

For an equation u[I] = rhs and a reference v[J] inside it under bound indices B, the adjoint of v at K receives

    sum over (I and B, without what J fixes) of  dL/du[I] * d rhs/d v[J],   J renamed to K,

where an index of J that is not a free choice (a number, a repeated or an affine index) becomes a delta or a
range condition. The result is linear in the number of equations and keeps every name: a mean C and a deviation S
stay C and S, and a right-hand side that already has a name is written by that name.

`paths` runs the same sweep with the adjoint split by the first of some chosen names that each path from the loss
meets, so that dL/dw falls into the part that flows directly, through C, and through S.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, permutations

from sympy import Add, Expr, Indexed, Mul, Pow, S, Symbol
from sympy.core.basic import Basic

from symnet.equations import Derivation, Equation, Index, Variable, indexed_latex, name_of, names_used
from symnet.errors import SymnetError
from symnet.expressions import contains, free_references, product, rewrite, subexpressions, substitute, total
from symnet.operations import Call
from symnet.sums import Delta, Limits, Sum, Within, normal_form, sum_over

__all__ = ["DIRECT", "adjoint_name", "gradient", "hessian", "paths"]

DIRECT = "direct"


def adjoint_name(of: str, name: str, label: str = "") -> str:
    """The name of d of/d name, `dL_dw1`; with a label, of the share of it that flows that way."""
    return f"d{of}_d{name}" + (f"_via_{label}" if label else "")


def gradient(derivation: Derivation, of: str, wrt: Sequence[str] | None = None) -> Derivation:
    """The derivation extended by the partial derivatives of `of` by every name in `wrt`.

    of: the name of a scalar equation. wrt: parameters, inputs or equations (default: all parameters). The new
    equations are named `dL_dw1`, `dL_dz[i]`, …; those between `of` and `wrt` are kept by name too, and a
    derivative that does not exist structurally is an equation with right side 0.
    Raises SymnetError for an unknown name or an `of` with indices, its own or free ones.
    """
    sweep = _Sweep(derivation, of, _wanted(derivation, wrt), ())
    return derivation.extend(sweep.run())


def paths(derivation: Derivation, of: str, through: Sequence[str], wrt: Sequence[str] | None = None) -> Derivation:
    """The gradient split by path: `dL_dw_via_direct`, `dL_dw_via_C`, `dL_dw_via_S`, whose sum is dL/dw.

    A path from `of` down to a parameter belongs to the first name of `through` that it meets on its way, and is
    direct when it meets none.
    """
    for name in through:
        _known(derivation, name)
    sweep = _Sweep(derivation, of, _wanted(derivation, wrt), tuple(through))
    return derivation.extend(sweep.run())


def hessian(derivation: Derivation, of: str, wrt: Sequence[str] | None = None) -> Derivation:
    """The gradient and all second partial derivatives, named `d2L_dw1_dw2`, by applying the sweep twice."""
    names = _wanted(derivation, wrt)
    result = gradient(derivation, of, names)
    for name in names:
        first = adjoint_name(of, name)
        if result.variables[name].indices:
            raise SymnetError(f"second derivatives by {name}, which has indices, are not written out")
        second = gradient(result, first, names).equations[len(result.equations) :]
        renaming = {adjoint_name(first, other): f"d2{of}_d{name}_d{other}" for other in names}
        result = result.extend(_rename(equation, renaming, derivation, of, name) for equation in second)
    return result


def _rename(equation: Equation, renaming: Mapping[str, str], derivation: Derivation, of: str, name: str) -> Equation:
    if equation.name not in renaming:
        return equation
    other = next(n for n in derivation.variables if adjoint_name(adjoint_name(of, name), n) == equation.name)
    top, first, second = (_latex(derivation.variables[n]) for n in (of, name, other))
    below = rf"\partial {first}^2" if name == other else rf"\partial {first} \partial {second}"
    latex = rf"\frac{{\partial^2 {top}}}{{{below}}}"
    return Equation(renaming[equation.name], equation.indices, latex, rhs=equation.rhs)


def _wanted(derivation: Derivation, wrt: Sequence[str] | None) -> tuple[str, ...]:
    names = tuple(v.name for v in derivation.parameters) if wrt is None else tuple(wrt)
    for name in names:
        _known(derivation, name)
    return names


def _known(derivation: Derivation, name: str) -> None:
    if name not in derivation.variables:
        raise SymnetError(f"there is no {name!r} here; the names are {', '.join(derivation.variables)}")


def _latex(variable: Variable) -> str:
    return indexed_latex(variable, [f"#{k}" for k, _ in enumerate(variable.indices, 1)])


@dataclass
class _Sweep:
    derivation: Derivation
    of: str
    wrt: tuple[str, ...]
    through: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.derivation[self.of].indices:
            raise SymnetError(f"{self.of} has indices: sum it over them before taking a gradient")
        letters = {k.symbol for v in self.derivation.variables.values() for k in v.indices}
        if free := sorted(free_references(self.derivation[self.of].rhs) & letters, key=str):
            raise SymnetError(f"{self.of} uses the index {free[0]} without having it: sum it, or say which one")
        if self.of in self.wrt:
            raise SymnetError(f"{self.of} is what is differentiated: it cannot be among the names to do so by")
        self.shares: dict[str, dict[str, list[Expr]]] = defaultdict(lambda: defaultdict(list))
        self.result: list[Equation] = []

    def run(self) -> list[Equation]:
        """The adjoint equations, from `of` down to the names asked for."""
        self.shares[self.of][DIRECT if self.through else ""].append(S.One)
        for equation in reversed(self.derivation.equations):
            if equation.name in self.shares:
                self._through_equation(equation)
        for name in self.wrt:
            if not (name in self.derivation and name in self.shares):  # else it was closed on the way
                self._finish(self.derivation.variables[name], always=True)
        return self.result

    @cached_property
    def active(self) -> set[str]:
        """The names that depend on something in `wrt` (and these names themselves)."""
        names = set(self.wrt)
        for equation in self.derivation.equations:
            if names & equation.reads:
                names.add(equation.name)
        return names

    # One equation

    def _through_equation(self, equation: Equation) -> None:
        near = [self._named[name] for name in self._neighbours(equation) if name in self._named]
        for label, adjoint in self._finish(equation, always=equation.name in self.wrt).items():
            flow = equation.name if label == DIRECT and equation.name in self.through else label
            for reference, cotangent, bounds in self._leaves(equation, adjoint):
                variable = self.derivation.variables[str(name_of(reference))]
                share = _collect(variable, reference, cotangent, (*equation.indices, *bounds), near)
                share = self._drop_known_zeros(share)
                if share != 0:
                    self.shares[variable.name][flow].append(share)

    def _finish(self, variable: Variable, always: bool) -> dict[str, Expr]:
        """Close the adjoint of a name: emit its equations and give back what to call each share of it."""
        shares = {label: total(*terms) for label, terms in self.shares[variable.name].items()}
        labels = [*([DIRECT] if self.through else [""]), *self.through] if always else list(shares)
        answer: dict[str, Expr] = {}
        for label in labels:
            rhs = shares.get(label, S.Zero)
            if rhs.is_Rational and not always:
                if rhs != 0:
                    answer[label] = rhs
                continue
            equation = Equation(
                adjoint_name(self.of, variable.name, label),
                variable.indices,
                self._adjoint_latex(variable, label),
                rhs=rhs,
            )
            self.result.append(equation)
            if rhs != 0:
                answer[label] = equation.reference
        return answer

    def _adjoint_latex(self, variable: Variable, label: str) -> str:
        top, bottom = _latex(self.derivation[self.of]), _latex(variable)
        fraction = rf"\frac{{\partial {top}}}{{\partial {bottom}}}"
        if not label:
            return fraction
        how = _latex(self.derivation.variables[label]) if label != DIRECT else r"\mathrm{direct}"
        return rf"\left.{fraction}\right|_{{{how.replace('#', '')}}}"

    def _leaves(self, equation: Equation, adjoint: Expr) -> Iterable[tuple[Expr, Expr, tuple[Index, ...]]]:
        """Every active reference in the right-hand side with its cotangent and the sums it stands under."""
        root = _unshadowed(equation)
        order = list(subexpressions(root))
        active = self._active_nodes(order)
        pending: dict[Basic, dict[tuple[Index, ...], Expr]] = {root: {(): adjoint}}
        for node in reversed(order):
            if node not in active:
                continue
            for bounds, cotangent in pending.pop(node, {}).items():
                if name_of(node) in self.active:
                    yield node, cotangent, bounds
                    continue
                if isinstance(node, Pow) and node.exp in active:
                    raise SymnetError(f"the exponent of {node} depends on what is differentiated by: no rule for it")
                value = equation.reference if node is root else node
                for child, factor, inner in _local(node, value):
                    if child in active:
                        into = pending.setdefault(child, {})
                        key = (*bounds, *inner)
                        into[key] = into.get(key, S.Zero) + product(cotangent, factor)

    def _active_nodes(self, order: Sequence[Basic]) -> set[Basic]:
        active: set[Basic] = set()
        for node in order:
            if name_of(node) in self.active or any(child in active for child in node.args):
                active.add(node)
        return active

    # Writing a share the way a person would

    def _neighbours(self, equation: Equation) -> list[str]:
        """Equations over the same names as this one: what a share of it may already be called."""
        names = equation.reads | {equation.name}
        found = {user: None for name in sorted(names) for user in self._users.get(name, ())}
        return [equation.name, *found]

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        users: dict[str, list[str]] = defaultdict(list)
        for equation in self.derivation.equations:
            for name in equation.reads:
                users[name].append(equation.name)
        return users

    @cached_property
    def _named(self) -> dict[str, Equation]:
        """The equations that a part of another expression may be recognized as."""
        return {
            e.name: e
            for e in self.derivation.equations
            if isinstance(e.rhs, Add | Mul | Call | Pow) and not _has_sum(e.rhs) and len(e.indices) <= 2
        }

    @cached_property
    def _means(self) -> set[str]:
        """Names defined as a number times the sum of one name: C = 1/m sum z_i."""
        return {
            e.name
            for e in self.derivation.equations
            if any(isinstance(f, Sum) and name_of(f.body) for f in Mul.make_args(e.rhs))
        }

    @cached_property
    def _centred(self) -> set[str]:
        """Names written directly with a mean: the normalized value (z_i - C)/S."""
        return {e.name for e in self.derivation.equations if self._means & e.reads}

    def _drop_known_zeros(self, share: Expr) -> Expr:
        """Sums that vanish by the definition of a mean, such as sum (z_i - C) = 0, are 0."""
        while zeros := [n for n in subexpressions(share) if isinstance(n, Sum) and self._vanishes(n)]:
            share = rewrite(share, dict.fromkeys(zeros, S.Zero).get)
        return share

    def _vanishes(self, node: Sum) -> bool:
        used = (self._means | self._centred) & names_used(node.body)
        behind = {n for u in used for n in self.derivation[u].reads}
        running = (r for r in subexpressions(node.body) if isinstance(r, Indexed) and contains(r, node.index))
        means = self._means & behind
        # With something of its own under the sum no definition makes that vanish.
        return all(name_of(reference) in used | behind for reference in running) and bool(
            normal_form(self.derivation.unfold(node, used | means)) == 0
        )


def _local(node: Expr, value: Expr) -> Iterable[tuple[Expr, Expr, tuple[Index, ...]]]:
    """The rule of each node: its arguments, the derivative by each, and the sums it opens."""
    if node.is_Add:
        return [(child, S.One, ()) for child in node.args]
    if node.is_Mul:
        return [(child, product(*node.args[:k], *node.args[k + 1 :]), ()) for k, child in enumerate(node.args)]
    if isinstance(node, Pow):
        base, exponent = node.args
        return [(base, product(exponent, Pow(base, exponent - 1)), ())]
    if isinstance(node, Call):
        return [(child, partial, ()) for child, partial in zip(node.args, node.partials(value), strict=True)]
    if isinstance(node, Sum):
        return [(node.body, S.One, (Index(node.index, node.upper, node.lower),))]
    raise SymnetError(f"there is no derivative rule for {type(node).__name__} in {node}")


def _collect(
    variable: Variable,
    reference: Expr,
    cotangent: Expr,
    bounds: Sequence[Index],
    definitions: Sequence[Equation],
) -> Expr:
    """Sum a cotangent over every index of its context that the reference does not fix.

    The context's indices are renamed apart first: the same letter may index the variable and the equation.
    What already has a name in `definitions` is written by it, while all factors still stand side by side.
    """
    apart = {b.symbol: Symbol(f"_{number}", integer=True) for number, b in enumerate(bounds)}
    where = [substitute(k, apart) for k in (reference.indices if isinstance(reference, Indexed) else ())]
    open_limits = {apart[b.symbol]: _put(apart, b.limits) for b in bounds}
    conditions: list[Expr] = []
    fixed: dict[Expr, Expr] = {}
    for position, own in zip(where, variable.indices, strict=True):
        limits = open_limits.pop(position, None)
        if limits is None:
            conditions.append(Delta(position, own.symbol))
            continue
        fixed[position] = own.symbol
        if limits[1:] != (own.lower, own.upper):
            conditions.append(Within(own.symbol, *limits[1:]))
    body = substitute(cotangent, {b: fixed.get(letter, letter) for b, letter in apart.items()})
    conditions = [substitute(condition, fixed) for condition in conditions]
    body = _recognize(product(*conditions, body), definitions)
    ranges = {k.symbol: (k.lower, k.upper) for k in variable.indices}
    summed = sum_over(body, *(_put(fixed, limits) for limits in open_limits.values()), ranges=ranges)
    return _rename_back(summed, {new: old for old, new in apart.items()}, variable)


def _put(values: Mapping[Expr, Expr], limits: Limits) -> Limits:
    """The limits with what an end may depend on replaced, as in j = 1..i."""
    index, lower, upper = (substitute(u, values) for u in limits)
    return index, lower, upper


def _unshadowed(equation: Equation) -> Expr:
    """The right-hand side with no bound index that a sum inside it, or the equation itself, has too.

    Inlining leaves such letters, `sum_j (z_j - sum_j z_j / m)`: harmless to read, but a cotangent leaves its sum.
    """
    own = {r for r in free_references(equation.rhs) if r.is_integer} | {k.symbol for k in equation.indices}

    def rule(node: Expr) -> Expr | None:
        if not isinstance(node, Sum):
            return None
        below = list(subexpressions(node.body))
        if node.index not in own | {n.index for n in below if isinstance(n, Sum)}:
            return None
        letter = _free_letter(node.index, own | {s for s in below if isinstance(s, Symbol)})
        return Sum(substitute(node.body, {node.index: letter}), (letter, node.lower, node.upper))

    return rewrite(equation.rhs, rule)


def _rename_back(expression: Expr, old: Mapping[Symbol, Symbol], variable: Variable) -> Expr:
    """Give bound indices their own letters again, or the next free ones."""
    taken = {k.symbol for k in variable.indices} | {s for s in subexpressions(expression) if isinstance(s, Symbol)}

    def rule(node: Expr) -> Expr | None:
        if not isinstance(node, Sum) or node.index not in old:
            return None
        used = taken | {n.index for n in subexpressions(node.body) if isinstance(n, Sum)}
        letter = _free_letter(old[node.index], used)
        limits: Limits = (letter, node.lower, node.upper)
        return Sum(substitute(node.body, {node.index: letter}), limits)

    return rewrite(expression, rule)


def _free_letter(wish: Symbol, taken: Collection[Symbol]) -> Symbol:
    names = {s.name for s in taken}
    letters = chain((wish.name, *"ijklpqrstuv"), (f"{wish.name}{n}" for n in count(1)))
    return Symbol(next(letter for letter in letters if letter not in names), integer=True)


def _recognize(expression: Expr, definitions: Iterable[Equation]) -> Expr:
    """Write a right-hand side that has a name by its name, whole or as a factor of a product.

    Only where all the names that a definition reads occur can it occur.
    """
    there = names_used(expression)
    for equation in definitions:
        if equation.reads <= there:
            named = rewrite(expression, _Named(equation, expression))
            if named is not expression:
                expression, there = named, names_used(named)
    return expression


class _Named:
    """The rewriting rule `rhs -> name` for one equation, at every choice of its indices that can occur."""

    def __init__(self, equation: Equation, expression: Expr) -> None:
        nodes = list(subexpressions(expression))
        found = {k for node in nodes if isinstance(node, Indexed) for k in node.indices if k.is_Symbol}
        found |= {s for s in nodes if isinstance(s, Symbol) and s.is_integer and not s.is_positive}  # but no sizes
        symbols = sorted(found, key=lambda s: s.name)
        self.instances: list[tuple[Expr, dict[Expr, Expr], Expr]] = []
        for where in permutations(symbols, len(equation.indices)):
            rhs = equation.rhs_at(*where)
            self.instances.append((rhs, _powers(rhs), equation.at(*where)))

    def __call__(self, node: Expr) -> Expr | None:
        for rhs, pattern, name in self.instances:
            if node == rhs:
                return name
            if node.is_Mul and rhs.is_Mul:
                mine = _powers(node)
                if all(_covers(mine.get(base, S.Zero), exponent) for base, exponent in pattern.items()):
                    rest = {b: e - pattern.get(b, S.Zero) for b, e in mine.items()}
                    number = node.as_coeff_Mul()[0] / rhs.as_coeff_Mul()[0]
                    return product(number, name, *(Pow(b, e) for b, e in rest.items()))
        return None


def _has_sum(expression: Expr) -> bool:
    return any(isinstance(node, Sum) for node in subexpressions(expression))


def _powers(node: Expr) -> dict[Expr, Expr]:
    return dict(f.as_base_exp() for f in Mul.make_args(node) if not f.is_number)


def _covers(mine: Expr, wanted: Expr) -> bool:
    """A factor of exponent `mine` contains one of exponent `wanted`: x^3 contains x^2, x^-2 contains x^-1."""
    if mine.is_Integer and wanted.is_Integer:
        return bool(mine / wanted >= 1)
    return mine == wanted

"""A derivation step by step: forward through every layer, then back along every edge, each step with its rule.

Forward: the input of each normalization, its mean C and deviation S, the normalized value, ax' + b, the neuron.
Backward: for every name v between the loss and the parameters, the derivative of each u that reads v, du/dv, then
the chain rule, dL/dv = sum over u of dL/du du/dv, and what the sweep of `differentiate` made of it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Expr, Pow, S, Symbol

from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, Equation, Variable, indexed_latex, name_of, names_used
from symnet.expressions import product, rewrite, subexpressions, substitute, total
from symnet.network.network import Network
from symnet.operations import Call, sqrt
from symnet.render.latex import latex, left_side
from symnet.render.naming import Naming
from symnet.render.text import text
from symnet.render.words import words
from symnet.sums import Sum, normal_form, sum_over

__all__ = ["Explanation", "Said", "Step", "explain", "without_roots"]


@dataclass(frozen=True)
class Step:
    """One step: the rule (a key of `words`), whom it speaks of, and what it gives.

    names: expressions for the places {0}, {1}, … of the rule's sentence; a tuple among them is an enumeration.
    equations: one under the other; several of one name in a row are a chain of equalities.
    """

    rule: str
    names: tuple[Expr | tuple[Expr, ...], ...]
    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Said:
    """A step as it is printed, in LaTeX: the places of the rule's sentence, and the two sides of every equation."""

    rule: str
    names: tuple[str | tuple[str, ...], ...] = ()
    sides: tuple[tuple[str, str], ...] = ()

    def words(self, language: str = "en") -> str:
        """The rule in words, its names in LaTeX math."""
        return _sentence(self.rule, [_in_math(name) for name in self.names], language)


def _in_math(names: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return f"${names}$" if isinstance(names, str) else tuple(f"${name}$" for name in names)


def _sentence(rule: str, names: Sequence[str | tuple[str, ...]], language: str) -> str:
    spoken = words(language)

    def listed(names: str | tuple[str, ...]) -> str:
        if isinstance(names, str):
            return names
        *first, last = names
        return f"{', '.join(first)} {spoken['and']} {last}" if first else last

    return spoken[rule].format(*map(listed, names))


@dataclass(frozen=True)
class Explanation:
    """The steps of a network's derivation, and the names in which they are printed."""

    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    naming: Naming

    def words(self, step: Step, language: str = "en") -> str:
        """The rule of a step in plain words: "C: the mean of z[i] over objects 1 to 3"."""
        return _sentence(step.rule, self._names(step, text), language)

    def latex_words(self, step: Step, language: str = "en") -> str:
        """The rule of a step in words, its names in LaTeX math."""
        return self.said(step).words(language)

    def said(self, step: Step) -> Said:
        """The step as it is printed."""
        sides = tuple((left_side(e, self.naming), latex(without_roots(e.rhs), self.naming)) for e in step.equations)
        return Said(step.rule, self._names(step, latex), sides)

    def _names(self, step: Step, show: Callable[[Expr, Naming], str]) -> tuple[str | tuple[str, ...], ...]:
        return tuple(
            tuple(show(n, self.naming) for n in names) if isinstance(names, tuple) else show(names, self.naming)
            for names in step.names
        )


def without_roots(expression: Expr) -> Expr:
    r"""The squares of roots without the root, as one writes by hand: (\sqrt{u})^2 is u; and the root of 1 is 1."""

    def rule(node: Expr) -> Expr | None:
        if node == sqrt(S.One):
            return S.One
        if node.is_Pow and isinstance(node.base, Call) and node.base.function == "sqrt" and node.exp.is_even:
            return Pow(node.base.args[0], node.exp / 2)
        return None

    return rewrite(expression, rule)


def explain(of: Network | Derivation, wrt: Sequence[str] | None = None) -> Explanation:
    """The steps of the equations and of the gradient of L by `wrt` (default: all parameters).

    of: a network, or a derivation, whose own sweep for L is left aside and made anew.
    Raises SymnetError for a name that is not there.
    """
    if isinstance(of, Network):
        derivation, forward = of.derivation, tuple(_forward(of))
    else:
        derivation = replace(of, equations=tuple(e for e in of if not e.name.startswith(adjoint_name("L", ""))))
        forward = tuple(Step(_plain_kind(e), (e.reference,), (e,)) for e in derivation)
    if "L" not in derivation:
        return Explanation(forward, (), Naming.of(derivation))
    backward = _Backward(derivation, tuple(v.name for v in derivation.parameters) if wrt is None else tuple(wrt))
    return Explanation(forward, tuple(backward.steps()), backward.naming)


# Forward


def _forward(network: Network) -> Iterator[Step]:
    derivation = network.derivation
    parts: dict[str, tuple[str, tuple[Expr, ...]]] = {}
    for norm in network.normalizations:
        z, mean, deviation, value = (derivation[name] for name in (norm.input, norm.mean, norm.deviation, norm.value))
        first, last = network.statistics_range
        owner = derivation[norm.neuron].reference
        parts[z.name] = ("input", (z.reference, owner))
        parts[mean.name] = ("mean", (mean.reference, z.reference, first, last))
        parts[deviation.name] = ("deviation", (deviation.reference, z.reference))
        parts[value.name] = ("normalized", (value.reference, z.reference, mean.reference, deviation.reference))
    normalized = {norm.value for norm in network.normalizations}
    for equation in derivation:
        if equation.name == "L":
            assert network.loss is not None
            yield Step("sum" if network.loss.reduction == "sum" else "average", (), (equation,))
        else:
            rule, names = parts.get(equation.name) or (_kind(equation.rhs, normalized), (equation.reference,))
            yield Step(rule, names, (equation,))


def _kind(formula: Expr, normalized: set[str]) -> str:
    """What a neuron does, as far as a word names it."""
    if isinstance(formula, Call):
        return "activation"
    if any(isinstance(node, Call) or node.is_Pow for node in subexpressions(formula)):
        return "neuron"
    if not names_used(formula) & normalized:
        return "linear"
    if name_of(formula):
        return "same"
    return "affine" if any(node.is_Mul for node in subexpressions(formula)) else "shift"


def _plain_kind(equation: Equation) -> str:
    """The same for an equation of no network, of which only a mean has a word of its own."""
    return "average of" if _is_average(equation.rhs) else "defined"


def _is_average(formula: Expr) -> bool:
    """Whether it is a sum over an index divided by how many values that takes."""
    sums = [factor for factor in formula.args if isinstance(factor, Sum)]
    if len(sums) != 1:
        return False
    _, lower, upper = sums[0].limits[0]
    return product(*(f for f in formula.args if f is not sums[0])) == 1 / (upper - lower + 1)


# Backward


class _Backward:
    def __init__(self, derivation: Derivation, wrt: tuple[str, ...]) -> None:
        self.derivation = derivation
        self.means = {e.name for e in derivation if e.meaning == "mean" or _plain_kind(e) == "average of"}
        self.wrt = tuple(dict.fromkeys(wrt))
        between = self._depending()
        wanted = [e.name for e in self.derivation if e.name in between and e.name != "L"]
        self.full = gradient(self.derivation, "L", (*wanted, *(n for n in self.wrt if n not in wanted)))
        self.partials: dict[tuple[str, str], Equation] = {}
        for name in (*wanted, *self.wrt):
            for user in self.users(name):
                if user.name != "L":
                    self.partials[user.name, name] = self._partial(user, name)

    def _depending(self) -> set[str]:
        names = set(self.wrt)
        for equation in self.derivation:
            if names & names_used(equation.rhs):
                names.add(equation.name)
        return names

    @cached_property
    def naming(self) -> Naming:
        """The names of the gradient, then those of the derivatives along each edge."""
        base = Naming.of(self.full)
        edges = {e.name: e for e in self.partials.values()}
        return replace(base, variables={**base.variables, **edges})

    def users(self, name: str) -> list[Equation]:
        """The equations that read the name, the last ones first, as the sweep meets them."""
        return [e for e in reversed(self.derivation.equations) if name in names_used(e.rhs)]

    def _partial(self, user: Equation, name: str) -> Equation:
        """du/dv with everything else held: u alone, its indices fixed, its other names given."""
        variable = self.derivation.variables[name]
        given = tuple(v for v in self.derivation.variables.values() if v.name != user.name)
        here = {k.symbol: Symbol(f"_{k.symbol}", integer=True) for k in user.indices}
        alone = Derivation((Equation(user.name, rhs=user.rhs_at(*here.values())),), inputs=given)
        rhs = gradient(alone, user.name, [name])[adjoint_name(user.name, name)].rhs
        rhs = substitute(rhs, {place: k for k, place in here.items()})  # dv at the place of du
        rhs = substitute(rhs, {Symbol(user.name): user.reference})  # the sweep writes a part of u that is u by name
        indices = tuple({k.symbol: k for k in (*user.indices, *variable.indices)}.values())
        place = {k.symbol: f"#{n}" for n, k in enumerate(indices, 1)}
        top, bottom = (indexed_latex(v, [place[k.symbol] for k in v.indices]) for v in (user, variable))
        return Equation(
            adjoint_name(user.name, name), indices, rf"\frac{{\partial {top}}}{{\partial {bottom}}}", rhs=rhs
        )

    def steps(self) -> Iterator[Step]:
        for equation in self.full.equations[len(self.derivation.equations) :]:
            name = equation.name.removeprefix(adjoint_name("L", ""))
            yield self._step(self.derivation.variables[name], equation)

    def _step(self, variable: Variable, result: Equation) -> Step:
        users = self.users(variable.name)
        if not users:
            return Step("unused", (variable.reference,), (result,))
        if [u.name for u in users] == ["L"]:
            return Step("direct", (variable.reference,), (result,))
        shown: list[Equation] = []
        terms: list[Expr] = []
        for user in users:
            if user.name == "L":
                terms.append(self._direct(variable))
                continue
            partial = self.partials[user.name, variable.name]
            shown.append(partial)
            if partial.rhs != 0 and self._vanishes(partial.rhs):
                shown.append(replace(partial, rhs=S.Zero))
            elif partial.rhs != 0:
                terms.append(self._along(user, variable, partial))
        chain = replace(result, rhs=total(*terms))
        if chain.rhs not in (S.Zero, result.rhs):
            shown.append(chain)
        through = tuple(u.reference for u in users)
        return Step("chain" if len(users) == 1 else "chains", (variable.reference, through), (*shown, result))

    def _direct(self, variable: Variable) -> Expr:
        """The share of dL/dv that stands in the loss itself."""
        given = tuple(v for v in self.derivation.variables.values() if v.name != "L")
        alone = Derivation((self.derivation["L"],), inputs=given)
        return gradient(alone, "L", [variable.name])[adjoint_name("L", variable.name)].rhs

    def _along(self, user: Equation, variable: Variable, partial: Equation) -> Expr:
        """dL/du du/dv, summed over the objects of u that v does not fix."""
        adjoint = self.full[adjoint_name("L", user.name)].reference
        own = {k.symbol for k in variable.indices}
        open_ = [k.limits for k in user.indices if k.symbol not in own]
        return sum_over(product(adjoint, partial.reference), *open_)

    def _vanishes(self, local: Expr) -> bool:
        """Whether it is 0 by the definition of a mean: sum (z_i - C) = 0."""
        used = names_used(local) & self.means
        return bool(used) and normal_form(self.derivation.unfold(local, used)) == 0

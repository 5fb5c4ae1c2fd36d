"""Conditions under which an equality is looked at: signs, values of parameters, properties of functions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sympy import Add, Expr
from sympy.printing.latex import LatexPrinter

from symnet.expressions import free_references, product, total
from symnet.operations import Call

__all__ = [
    "PROPERTIES",
    "Condition",
    "all_of",
    "closure",
    "equal",
    "greater",
    "has_property",
    "monotone",
    "negative",
    "nonzero",
    "positive",
    "unequal",
    "vanishing",
]

# Properties of an abstract function f: how one is said, in words and in TeX.
PROPERTIES = {
    "odd": ("{0} odd: {0}(-u) = -{0}(u)", r"{0}(-u) = -{0}(u)"),
    "even": ("{0} even: {0}(-u) = {0}(u)", r"{0}(-u) = {0}(u)"),
    "linear": ("{0} linear: {0}(u) = {0}(1)*u", r"{0}(u) = {0}(1)\, u"),
    "identity": ("{0} the identity: {0}(u) = u", r"{0}(u) = u"),
}


@dataclass(frozen=True)
class Condition:
    """An assumption, as it is written and as `symnet.truth.field.Field` applies it.

    signs: (u, 1) for u > 0, (u, -1) for u < 0; closed: those u that may be 0 too (proofs use the open condition,
    and continuity); values: (name, value) for name = value; functions: (name, one of PROPERTIES); nonzero: what is
    not 0.
    """

    text: str
    latex: str
    signs: tuple[tuple[Expr, int], ...] = ()
    values: tuple[tuple[Expr, Expr], ...] = ()
    functions: tuple[tuple[str, str], ...] = ()
    nonzero: tuple[Expr, ...] = ()
    closed: tuple[Expr, ...] = ()

    def __str__(self) -> str:
        return self.text

    def map(self, change: Callable[[Expr], Expr]) -> "Condition":
        """The same of changed expressions; how it is written stays."""
        return replace(
            self,
            signs=tuple((change(u), sign) for u, sign in self.signs),
            values=tuple((change(name), change(value)) for name, value in self.values),
            nonzero=tuple(map(change, self.nonzero)),
            closed=tuple(map(change, self.closed)),
        )


def positive(u: Expr) -> Condition:
    return Condition(f"{u} > 0", f"{tex(u)} > 0", signs=((u, 1),))


def negative(u: Expr) -> Condition:
    return Condition(f"{u} < 0", f"{tex(u)} < 0", signs=((u, -1),))


def greater(u: Expr, v: Expr) -> Condition:
    return Condition(f"{u} > {v}", f"{tex(u)} > {tex(v)}", signs=((u - v, 1),))


def unequal(u: Expr, v: Expr) -> Condition:
    return Condition(f"{u} != {v}", rf"{tex(u)} \ne {tex(v)}", nonzero=(u - v,))


def closure(condition: Condition) -> Condition:
    """u >= 0 for u > 0, u <= 0 for u < 0."""
    text = condition.text.replace(" > ", " >= ").replace(" < ", " <= ")
    formula = condition.latex.replace(" > ", r" \ge ").replace(" < ", r" \le ")
    return replace(condition, text=text, latex=formula, closed=tuple(u for u, _ in condition.signs))


def nonzero(u: Expr) -> Condition:
    return Condition(f"{u} != 0", rf"{tex(u)} \ne 0", nonzero=(u,))


def equal(name: Expr, value: Expr) -> Condition:
    """A parameter has a value, which does not hold the parameter itself."""
    return Condition(f"{name} = {value}", f"{tex(name)} = {tex(value)}", values=((name, value),))


def vanishing(u: Expr, names: Iterable[Expr]) -> Condition | None:
    """u = 0 as a value of one of the names, where u is a rational multiple of it plus something without it."""
    for name in names:
        terms = [t.as_coeff_Mul() for t in Add.make_args(u)]
        coefficients = [c for c, rest in terms if rest == name]
        others = [product(c, rest) for c, rest in terms if rest != name]
        if len(coefficients) == 1 and not any(name in free_references(t) for t in others):
            return equal(name, total(*(product(-1 / coefficients[0], t) for t in others)))
    return None


def has_property(function: str, name: str) -> Condition:
    text, formula = PROPERTIES[name]
    return Condition(text.format(function), formula.format(function), functions=((function, name),))


def monotone(function: str, increasing: bool, signs: Iterable[tuple[Expr, int]]) -> Condition:
    """f increasing (or decreasing), used only through the signs of differences f(u) - f(v) it implies."""
    text = f"{function} {'increasing' if increasing else 'decreasing'}"
    return Condition(text, rf"\text{{${function}$ {text.split()[1]}}}", signs=tuple(signs))


def all_of(*conditions: Condition) -> Condition:
    """The conjunction."""
    if len(conditions) == 1:
        return conditions[0]
    return Condition(
        " and ".join(c.text for c in conditions),
        r",\; ".join(c.latex for c in conditions),
        tuple(s for c in conditions for s in c.signs),
        tuple(v for c in conditions for v in c.values),
        tuple(f for c in conditions for f in c.functions),
        tuple(u for c in conditions for u in c.nonzero),
        tuple(u for c in conditions for u in c.closed),
    )


class _Latex(LatexPrinter):
    """SymPy's printer with our operations: f'(u), and the TeX of the table."""

    def _print_Call(self, node: Call) -> str:
        text = node.operation.latex
        if node.operation.abstract:
            text = text.replace("(", "'" * node.order + "(", 1)
        for position, argument in enumerate(node.args, 1):
            text = text.replace(f"#{position}", self._print(argument))
        return text


def tex(expression: Expr) -> str:
    """An expression in TeX, its names as SymPy writes them."""
    return str(_Latex().doprint(expression))

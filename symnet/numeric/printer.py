"""Expressions as vectorized NumPy source, read off their index pattern.

Every index is an axis: `w[j, k]` is the whole array, an index that a value lacks is broadcast, and a sum is a
matrix product, an einsum or a sum over an axis. A number of objects or neurons never becomes a Python loop.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from sympy import Expr, Float, Indexed, Integer, Mul, Pow, Rational, S, Symbol, Tuple
from sympy.core.basic import Basic

from symnet.equations import Equation, Variable, name_of
from symnet.errors import SymnetError
from symnet.expressions import Binder, product, subexpressions, substitute
from symnet.numeric.names import Names
from symnet.numeric.values import (
    ATOM,
    MATMUL,
    POWER,
    PRODUCT,
    SUM,
    Scope,
    Value,
    arange,
    contraction,
    exact,
    fraction,
    summed,
    union,
)
from symnet.operations import OPERATIONS, Call
from symnet.sums import Delta, Sum, Within

__all__ = ["equation_lines", "function_name"]

_BINDING = {ast.Add: SUM, ast.Sub: SUM, ast.Mult: PRODUCT, ast.Div: PRODUCT, ast.Pow: POWER}
_Key = tuple[Expr, frozenset[tuple[Symbol, tuple[Expr, Expr]]], bool]
_CHEAP = re.compile(r"\w+(\[[^()]*\])?")  # a name or a view of it: nothing is computed


def equation_lines(equation: Equation, variables: Mapping[str, Variable], names: Names) -> list[str]:
    """Python statements that compute an equation: what it uses repeatedly first, then its whole array.

    variables: what the names in its right-hand side mean. names: their spelling; abstract functions are called by
    their own names, sizes by kind "size". The source needs `np`, `real` (the floating type in use) and, for some
    operations, `normal_cdf`. Raises SymnetError for what cannot be written.
    """
    # The first pass gives every step a line of its own and counts how often each is used; the second knows.
    trial = _Printer(equation, variables, names, None)
    trial.whole()
    printer = _Printer(equation, variables, names, trial.uses)
    whole = printer.whole()
    lines = [*printer.lines, f"{names(equation.name)} = {whole}"]
    # Python's own unparser leaves the brackets that are needed; it quotes with ', and only einsum has strings.
    return [ast.unparse(ast.parse(line)).replace("'", '"') for line in lines]


class _Printer:
    def __init__(
        self, equation: Equation, variables: Mapping[str, Variable], names: Names, known: Counter[_Key] | None
    ) -> None:
        self.equation, self.variables, self.names, self.known = equation, variables, names, known
        self.uses: Counter[_Key] = Counter()
        self.lines: list[str] = []
        self._done: dict[_Key, Value] = {}
        self._open: dict[Basic, frozenset[Symbol]] = {}
        self._counting = False  # inside a position: index arithmetic, in integers
        # Under a range condition a reference may point outside its array where the condition makes it 0.
        self._guarded = any(isinstance(node, Within) for node in subexpressions(equation.rhs))

    def whole(self) -> str:
        """The right-hand side as an array with all the axes the equation declares."""
        scope = {k.symbol: (k.lower, k.upper) for k in self.equation.indices}
        value, axes = self.value(self.equation.rhs, scope), tuple(scope)
        if set(value.axes) != set(axes):
            shape = ", ".join(self.count(k.size) for k in self.equation.indices)
            return f"np.full(({shape},), {value.along(axes).text}, real)"
        return f"real({value.text})" if value.literal else value.along(axes).text

    def value(self, node: Expr, scope: Scope) -> Value:
        """The source of an expression; what is used more than once is computed on a line of its own."""
        key = self._key(node, scope)
        self.uses[key] += 1
        if key not in self._done:
            value = self._write(node, scope)
            if (self.known is None or self.known[key] > 1) and not (value.literal or _CHEAP.fullmatch(value.text)):
                name = self.names(f"t{len(self.lines) + 1}", "temporary")
                self.lines.append(f"{name} = {value.text}")
                value = replace(value, text=name, binding=ATOM)
            self._done[key] = value
        return self._done[key]

    def _key(self, node: Expr, scope: Scope) -> _Key:
        return node, frozenset((k, scope[k]) for k in self._indices(node, scope)), self._counting

    def _indices(self, node: Expr, scope: Scope) -> list[Symbol]:
        """The indices in sight that an expression depends on, in the order of the scope."""
        if node not in self._open:
            for below in subexpressions(node):
                free = frozenset[Symbol]().union(*(self._open[child] for child in below.args))
                if isinstance(below, Symbol):
                    free = frozenset((below,))
                elif isinstance(below, Binder):
                    limits = (self._open[below.lower], self._open[below.upper])
                    free = (self._open[below.body] - {below.index}).union(*limits)
                self._open[below] = free
        return [k for k in scope if k in self._open[node]]

    # One node

    def _write(self, node: Expr, scope: Scope) -> Value:
        if isinstance(node, Rational):
            return exact(node)
        if isinstance(node, Float):
            return Value(repr(float(node)), (), ATOM if node >= 0 else SUM, True)
        if isinstance(node, Symbol):
            return self._symbol(node, scope)
        if isinstance(node, Indexed):
            return self._reference(node, scope)
        if node.is_Add:
            return self._sum_of_terms(node.args, scope)
        if node.is_Mul:
            return self._product(node.args, scope)
        if isinstance(node, Pow):
            return self._power(node.base, node.exp, scope)
        if isinstance(node, Sum):
            return self._sum(node, scope)
        if isinstance(node, Call):
            return self._call(node, scope)
        if isinstance(node, Delta):
            return self._delta(node, scope)
        if isinstance(node, Within):
            return self._range_condition(node, scope)
        raise SymnetError(f"{self.equation.name}: {node} cannot be written in NumPy")

    def _symbol(self, node: Symbol, scope: Scope) -> Value:
        if node in scope:
            lower, upper = scope[node]
            text = arange(self.count(lower), self.count(upper + 1), "" if self._counting else ", dtype=real")
            return Value(text, (node,))
        if node.is_integer and node.name not in self.variables:
            return Value(self.names(node.name, "size"), literal=True)
        return Value(self.names(node.name))

    def count(self, size: Expr) -> str:
        """A number of objects or neurons as source."""
        return self.position(size, {}).text

    def position(self, where: Expr, scope: Scope) -> Value:
        """An index expression as integers."""
        counting, self._counting = self._counting, True
        inside = self._indices(where, scope)
        if len(inside) == 1 and not (where - inside[0]).has(inside[0]):
            # One index moved by a constant is a range again.
            lower, upper = (
                self.count(where - inside[0] + end) for end in (scope[inside[0]][0], scope[inside[0]][1] + 1)
            )
            value = Value(arange(lower, upper), (inside[0],))
        else:
            value = self.value(where, scope)
        self._counting = counting
        return value

    def _sum_of_terms(self, terms: Sequence[Expr], scope: Scope) -> Value:
        signed = []
        for term in terms:
            number, rest = term.as_coeff_Mul()
            signed.append((-1, product(-number, rest)) if number.is_negative else (1, term))
        signed.sort(key=lambda pair: pair[1].is_Number)
        values = [(sign, self.value(term, scope)) for sign, term in signed]
        # Positive terms first, then more axes, numbers last, as one would write x @ w + b, n + 1, or 1 - v**2.
        values.sort(key=lambda pair: (-pair[0], -len(pair[1].axes)))
        axes = union([v for _, v in values], scope)
        text = ""
        for sign, value in values:
            sign_text = (" + " if sign > 0 else " - ") if text else ("" if sign > 0 else "-")
            text += sign_text + value.along(axes).within(MATMUL if sign > 0 else PRODUCT)
        return Value(text, axes, SUM, all(v.literal for _, v in values))

    def _product(self, factors: Iterable[Expr], scope: Scope, *ready: Value) -> Value:
        number, over, under = S.One, list(ready), list[Value]()
        for factor in factors:
            if isinstance(factor, Rational):
                number *= factor
            elif isinstance(factor, Pow) and factor.exp.is_Integer and factor.exp.is_negative:
                under.append(self.value(Pow(factor.base, -factor.exp), scope))
            else:
                over.append(self.value(factor, scope))
        over = [exact(Integer(abs(number.p)))] * (abs(number.p) != 1) + over
        under = [exact(Integer(number.q))] * (number.q != 1) + under
        axes = union([*over, *under], scope)
        text = fraction(over, under, axes, "//" if self._counting else "/")
        literal = all(v.literal for v in (*over, *under))
        if number.is_negative:
            return Value(f"-{text}", axes, SUM, literal)
        return Value(text, axes, over[0].binding if len(over) == 1 and not under else PRODUCT, literal)

    def _power(self, base: Expr, exponent: Expr, scope: Scope) -> Value:
        if exponent.is_Integer and exponent.is_negative:
            return self._product([Pow(base, exponent)], scope)
        if exponent.is_Integer and exponent > 2 and self._indices(base, scope):
            # NumPy squares arrays quickly and raises them to other powers slowly (measured: 100 times).
            if exponent % 2:
                return self._product([base, Pow(base, exponent - 1)], scope)
            base, exponent = Pow(base, exponent / 2), Integer(2)
        values = [self.value(base, scope), self.value(exponent, scope)]
        axes = union(values, scope)
        below, above = (v.along(axes) for v in values)
        literal = all(v.literal for v in values)
        return Value(f"{below.within(ATOM)} ** {above.within(ATOM)}", axes, POWER, literal)

    def _call(self, node: Call, scope: Scope) -> Value:
        values = [self.value(argument, scope) for argument in node.args]
        axes = union(values, scope)
        aligned = [v.along(axes) for v in values]
        if all(v.literal for v in aligned):
            aligned[0] = Value(f"real({aligned[0].text})")
        if node.operation.abstract:
            return Value(f"{function_name(node)}({', '.join(v.text for v in aligned)})", axes)
        template, (binding, cast) = node.operation.numpy, _kind_of(node.function)
        for position, argument in enumerate(node.args):
            self.uses[self._key(argument, scope)] += template.count(f"{{{position}}}") - 1
        text = template.format(*(v.text for v in aligned))
        return Value(f"real({text})", axes) if cast else Value(text, axes, binding)

    def _delta(self, node: Delta, scope: Scope) -> Value:
        left, right = node.args
        if left in scope and right in scope and scope[left] == scope[right]:
            lower, upper = scope[left]
            return Value(f"np.eye({self.count(upper - lower + 1)}, dtype=real)", (left, right))
        values = [self.position(side, scope) for side in (left, right)]
        axes = union(values, scope)
        left_text, right_text = (v.along(axes).text for v in values)
        return Value(f"real({left_text} == {right_text})", axes)

    def _range_condition(self, node: Within, scope: Scope) -> Value:
        where, lower, upper = node.args
        value = self.position(where, scope)
        known = scope.get(where, (None, None))
        parts = [f"({self.count(lower)} <= {value.text})"] if lower != known[0] else []
        parts += [f"({value.text} <= {self.count(upper)})"] if upper != known[1] else []
        return Value(f"real({' & '.join(parts)})", value.axes) if parts else Value("1", literal=True)

    def _reference(self, node: Indexed, scope: Scope) -> Value:
        variable = self.variables.get(str(name_of(node)))
        if variable is None or len(variable.indices) != len(node.indices):
            raise SymnetError(f"{self.equation.name} uses {node}, which is not declared with these indices")
        name, picks, axes = self.names(variable.name), list[str](), list[Symbol]()
        for where, own in zip(node.indices, variable.indices, strict=True):
            inside = self._indices(where, scope)
            if not inside:
                picks.append(self.count(where - own.lower))
                continue
            offset = where - inside[0] - own.lower
            if len(inside) > 1 or inside[0] in axes or offset.has(inside[0]):
                return self._gather(node, variable, scope)
            start, stop = scope[inside[0]][0] + offset, scope[inside[0]][1] + offset + 1
            if self._guarded and not (start == 0 and stop == own.size):
                return self._gather(node, variable, scope)
            axes.append(inside[0])
            picks.append(f"{self.count(start) if start != 0 else ''}:{self.count(stop) if stop != own.size else ''}")
        while picks and picks[-1] == ":":
            picks.pop()
        return Value(f"{name}[{', '.join(picks)}]" if picks else name, tuple(axes))

    def _gather(self, node: Indexed, variable: Variable, scope: Scope) -> Value:
        """A reference at computed places: one array of positions for each index, broadcast together."""
        places = [self.position(w - own.lower, scope) for w, own in zip(node.indices, variable.indices, strict=True)]
        axes = union(places, scope)
        picks = [place.along(axes).text for place in places]
        if self._guarded:
            ends = [self.count(own.size - 1) for own in variable.indices]
            picks = [f"np.clip({pick}, 0, {end})" for pick, end in zip(picks, ends, strict=True)]
        return Value(f"{self.names(variable.name)}[{', '.join(picks)}]", axes)

    # Sums

    def _sum(self, node: Sum, scope: Scope) -> Value:
        body, inner, bounds = node, dict(scope), list[Symbol]()
        while isinstance(body, Sum) and body.index not in bounds:
            index, lower, upper, body = body.index, body.lower, body.upper, body.body
            if self._indices(Tuple(lower, upper), inner):
                # Limits that move with another index: count from the lower one.
                body, lower, upper = substitute(body, {index: index + lower}), S.Zero, upper - lower
                if self._indices(upper, inner):
                    raise SymnetError(f"{self.equation.name}: the length of {node} depends on an index")
            inner[index] = (lower, upper)
            bounds.append(index)
        factors: list[Expr] = []
        for factor in Mul.make_args(body):
            square = isinstance(factor, Pow) and isinstance(factor.base, Indexed) and factor.exp == 2
            factors += [factor.base] * 2 if square else [factor]
        inside = [f for f in factors if set(bounds) & set(self._indices(f, inner))]
        present = {k for f in inside for k in self._indices(f, inner)}
        outside = [f for f in factors if f not in inside]
        outside += [inner[k][1] - inner[k][0] + 1 for k in bounds if k not in present]
        if not inside:
            return self._product(outside, scope)
        contracted = self._contract(inside, [k for k in bounds if k in present], inner)
        return self._product(outside, scope, contracted) if outside else contracted

    def _contract(self, factors: Sequence[Expr], bounds: Sequence[Symbol], scope: Scope) -> Value:
        """The sum of a product of factors over bound indices that all occur in it."""
        for bound in reversed(bounds if len(bounds) > 1 else ()):
            concerned = [f for f in factors if bound in self._indices(f, scope)]
            if len(concerned) < len(factors):  # what does not depend on this index stays outside its sum
                partial = Sum(product(*concerned), (bound, *scope[bound]))
                others = [f for f in factors if f not in concerned]
                return self._contract([*others, partial], [k for k in bounds if k != bound], scope)
        groups = self._groups(factors, scope)
        if len(groups) == 1 and all(isinstance(f, Indexed) for f in factors):
            groups = [[f] for f in factors]
        values = [self.value(product(*group), scope) for group in groups]
        return summed(values[0], bounds) if len(values) == 1 else contraction(values, bounds, scope)

    def _groups(self, factors: Sequence[Expr], scope: Scope) -> list[list[Expr]]:
        """Factors to be multiplied entry by entry before the sum: those with the same axes, and where that leaves
        more than two groups also those whose axes another one has."""
        groups: dict[frozenset[Symbol], list[Expr]] = {}
        for factor in factors:
            groups.setdefault(frozenset(self._indices(factor, scope)), []).append(factor)
        for own in list(groups):
            larger = next((axes for axes in groups if own < axes), None)
            if larger is not None and len(groups) > 2:
                groups[larger] += groups.pop(own)
        return list(groups.values())


def function_name(node: Call) -> str:
    """What an abstract function or its derivative is called: f, fprime, fprimeprime."""
    return node.function + "prime" * node.order


@cache
def _kind_of(function: str) -> tuple[int, bool]:
    """How tightly an operation's template binds, and whether its result needs the floating type in use.

    It does where it is a truth value, or where a NumPy function of numbers alone makes a float64.
    """
    template = OPERATIONS[function].numpy
    tree = ast.parse(template.format("a", "b", "c"), mode="eval").body
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    constant = any(not {n.id for n in ast.walk(c) if isinstance(n, ast.Name)} & {"a", "b", "c"} for c in calls)
    if isinstance(tree, ast.Compare) or constant:
        return ATOM, True
    return _BINDING[type(tree.op)] if isinstance(tree, ast.BinOp) else ATOM, False

"""Equations as array operations, read off their index pattern.

Every index is an axis: `w[j, k]` is the whole array, an index that a value lacks is broadcast, and a sum is a
matrix product, an einsum or a sum over an axis. A number of objects or neurons never becomes a loop.
"""

from collections.abc import Iterable, Mapping, Sequence

from sympy import Expr, Float, Indexed, Integer, Mul, Pow, Rational, S, Symbol, Tuple
from sympy.core.basic import Basic

from symnet.equations import Equation, Variable, name_of
from symnet.errors import SymnetError
from symnet.expressions import Binder, contains, product, subexpressions, substitute
from symnet.numeric.program import Graph, Node
from symnet.numeric.templates import written
from symnet.numeric.values import Arrays, Scope, Value, union
from symnet.operations import Call
from symnet.sums import Delta, Sum, Within

__all__ = ["Lowering", "function_name"]

_OBJECT = Symbol("_object", integer=True)
_Key = tuple[Expr, frozenset[tuple[Symbol, tuple[Expr, Expr]]], bool]
_Signed = list[tuple[int, Value]]
_NO_INDEX: frozenset[tuple[Symbol, tuple[Expr, Expr]]] = frozenset()


class Lowering:
    """Turns the equations of a derivation, one after the other, into nodes of one graph.

    variables: what the names in right-hand sides mean. apart: see `Arrays`. centred: differences from a mean are
    centred a second time, so that they and their squares are right to a few units in the last place however large
    the mean is beside the deviation (Chan, Golub and LeVeque 1983, the corrected two-pass algorithm).
    """

    def __init__(self, variables: Mapping[str, Variable], apart: bool, centred: bool) -> None:
        self.variables, self.arrays = variables, Arrays(Graph(), apart, self.count)
        self.graph, self.apart, self.centred = self.arrays.graph, apart, centred
        self._rank = min(2, max((len(v.indices) for v in variables.values()), default=0))
        self._known: dict[str, tuple[tuple[Symbol, ...], Value]] = {}
        self._means: dict[str, tuple[tuple[Symbol, ...], Sum]] = {}
        self._done: dict[_Key, Value] = {}
        self._open: dict[Basic, frozenset[Symbol]] = {}
        self._counting = False  # inside a position: index arithmetic, in integers

    def equation(self, equation: Equation) -> Node:
        """The right-hand side as an array with all the axes the equation declares.

        Later equations may refer to it. Raises SymnetError for what cannot be written.
        """
        self.current, self._done = equation.name, {}
        # Under a range condition a reference may point outside its array where the condition makes it 0.
        self._guarded = any(isinstance(node, Within) for node in subexpressions(equation.rhs))
        scope = {k.symbol: (k.lower, k.upper) for k in equation.indices}
        value, axes = self.value(equation.rhs, scope), tuple(scope)
        node = self.arrays.along(value, axes)
        factors = value.factors if len(axes) >= self._rank else ()  # a product of small arrays is left whole
        if set(value.axes) != set(axes):
            shape = self.arrays.shape(axes, scope)
            node, factors = self.graph("full", [node, *map(self.count, shape)], shape), ()
        elif value.literal:
            node, factors = self.graph("real", [node]), ()
        self._known[equation.name] = axes, Value(node, axes, factors)
        if self.centred and (mean := _mean(equation)) is not None:
            self._means[equation.name] = axes, mean
        return node

    def value(self, node: Expr, scope: Scope) -> Value:
        """An expression as a node, and the index each of its axes runs over."""
        ranges = frozenset([(k, scope[k]) for k in self._indices(node, scope)]) if scope else _NO_INDEX
        key = node, ranges, self._counting
        value = self._done.get(key)
        if value is None:
            value = self._done[key] = self._write(node, scope)
        return value

    def _indices(self, node: Expr, scope: Scope) -> list[Symbol]:
        """The indices in sight that an expression depends on, in the order of the scope."""
        if not scope:
            return []
        if node not in self._open:
            for below in subexpressions(node):
                if below in self._open:
                    continue
                free = frozenset[Symbol]().union(*[self._open[child] for child in below.args])
                if isinstance(below, Symbol):
                    free = frozenset((below,))
                elif isinstance(below, Binder):
                    limits = (self._open[below.lower], self._open[below.upper])
                    free = (self._open[below.body] - {below.index}).union(*limits)
                self._open[below] = free
        free = self._open[node]
        return [k for k in scope if k in free]

    # One node

    def _write(self, node: Expr, scope: Scope) -> Value:
        if isinstance(node, Rational):
            return self.arrays.number(node)
        if isinstance(node, Float):
            return self.arrays.number(float(node))
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
        raise SymnetError(f"{self.current}: {node} cannot be written in NumPy")

    def _symbol(self, node: Symbol, scope: Scope) -> Value:
        if node in scope:
            lower, upper = scope[node]
            return self._range(self.count(lower), self.count(upper + 1), node, scope)
        if node.is_integer and node.name not in self.variables:
            return Value(self.graph("size", detail=node, kind="literal"))
        if node.name in self._known:
            return self._known[node.name][1]
        return Value(self.graph("input", detail=node.name))

    def _range(self, lower: Node, upper: Node, index: Symbol, scope: Scope) -> Value:
        kind = "integer" if self._counting else "real"
        return Value(self.graph("arange", [lower, upper], self.arrays.shape((index,), scope), None, kind), (index,))

    def count(self, size: Expr) -> Node:
        """A number of objects or neurons."""
        return self.position(size, {}).node

    def position(self, where: Expr, scope: Scope) -> Value:
        """An index expression as integers."""
        counting, self._counting = self._counting, True
        inside = self._indices(where, scope)
        if len(inside) == 1 and not (where - inside[0]).has(inside[0]):
            # One index moved by a constant is a range again.
            lower, upper = (
                self.count(where - inside[0] + end) for end in (scope[inside[0]][0], scope[inside[0]][1] + 1)
            )
            value = self._range(lower, upper, inside[0], scope)
        else:
            value = self.value(where, scope)
        self._counting = counting
        return value

    def _sum_of_terms(self, terms: Sequence[Expr], scope: Scope) -> Value:
        signed = []
        for term in terms:
            number, rest = term.as_coeff_Mul()
            minus = (number.p if number.is_Rational else number) < 0  # SymPy's own comparison costs as much as all else
            rest = rest if number is S.NegativeOne else product(-number, rest) if minus else term
            signed.append((-1 if minus else 1, rest))
        signed.sort(key=lambda pair: pair[1].is_Number)
        values = [(sign, self.value(term, scope)) for sign, term in signed]
        # Positive terms first, then more axes, numbers last, as one would write x @ w + b, n + 1, or 1 - v**2.
        values.sort(key=lambda pair: (-pair[0], -len(pair[1].axes)))
        result = self._signed(values, scope)
        if self._means and [sign for sign, _ in values] == [1, -1]:
            by_sign = dict(signed)
            return self._centred(by_sign[1], by_sign[-1], result, scope)
        return result

    def _signed(self, values: _Signed, scope: Scope) -> Value:
        """The sum of signed values; two at a time where each step may overwrite an operand."""
        if not self.apart or self._counting:
            return self.arrays.combine("add", [v for _, v in values], scope, tuple(sign for sign, _ in values))
        values = [self.arrays.signed(sign, value) for sign, value in values]
        values.sort(key=lambda pair: -pair[0])
        sign, result = values[0]
        if sign < 0:
            result = self.arrays.combine("negative", [result], scope)
        for sign, value in values[1:]:
            result = self.arrays.combine("add", [result, value], scope, (1, sign))
        return result

    def _centred(self, term: Expr, mean: Expr, difference: Value, scope: Scope) -> Value:
        """`z[i] - C`, centred again by the mean of such differences, where C is the mean of z."""
        if name_of(mean) not in self._means or not isinstance(term, Indexed):
            return difference
        own, over = self._means[str(name_of(mean))]
        where = mean.indices if isinstance(mean, Indexed) else ()
        averaged = substitute(over.body, {**dict(zip(own, where, strict=True)), over.index: _OBJECT})
        moving = [(a, b) for a, b in zip(term.args, averaged.args, strict=False) if a != b]
        if len(moving) != 1 or moving[0][1] != _OBJECT or moving[0][0] not in scope:
            return difference
        limits = (over.lower, over.upper)
        if scope[moving[0][0]] == limits:
            inner, differences, index = scope, difference, moving[0][0]
        else:  # a mean over some of the objects
            inner, index = {**scope, _OBJECT: limits}, _OBJECT
            differences = self._signed([(1, self.value(averaged, inner)), (-1, self.value(mean, inner))], inner)
        rest = self.arrays.summed(differences, (index,), inner)
        number = self.value(over.upper - over.lower + 1, {})
        remainder = self.arrays.product(S.One, [(rest, 1), (number, -1)], scope, "divide")
        return self._signed([(1, difference), (-1, remainder)], scope)

    def _factors(self, factors: Iterable[Expr], scope: Scope) -> tuple[Rational, list[tuple[Value, int]]]:
        """A number, and values with their exponents."""
        number, values = S.One, list[tuple[Value, int]]()
        for factor in factors:
            exponent = factor.exp if isinstance(factor, Pow) else S.One
            if isinstance(factor, Rational):
                number *= factor
            elif exponent.is_Integer and exponent.is_negative:
                below = factor.base if exponent is S.NegativeOne else Pow(factor.base, -exponent)
                values.append((self.value(below, scope), -1))
            else:
                values.append((self.value(factor, scope), 1))
        return number, values

    def _product(self, factors: Iterable[Expr], scope: Scope) -> Value:
        return self.arrays.product(*self._factors(factors, scope), scope, self._divide)

    @property
    def _divide(self) -> str:
        return "floor_divide" if self._counting else "divide"

    def _power(self, base: Expr, exponent: Expr, scope: Scope) -> Value:
        if exponent.is_Integer and exponent.is_negative:
            return self._product([Pow(base, exponent)], scope)
        if exponent.is_Integer and exponent > 2 and self._indices(base, scope):
            # NumPy squares arrays quickly and raises them to other powers slowly (measured: 100 times).
            if exponent % 2:
                return self._product([base, Pow(base, exponent - 1)], scope)
            base, exponent = Pow(base, exponent / 2), Integer(2)
        value = self.value(base, scope)
        if self.apart and exponent == 2:
            return self.arrays.product(S.One, [(value, 1), (value, 1)], scope, self._divide)
        return self.arrays.combine("power", [value, self.value(exponent, scope)], scope)

    def _call(self, node: Call, scope: Scope) -> Value:
        values = [self.value(argument, scope) for argument in node.args]
        if all(v.literal for v in values):
            values[0] = Value(self.graph("real", [values[0].node]))
        if node.operation.abstract:
            return self.arrays.combine("apply", values, scope, function_name(node))
        value = written(node.function, values, self.arrays, scope)
        return self._real(value, scope) if value.node.kind == "truth" else value

    def _real(self, value: Value, scope: Scope) -> Value:
        return self.arrays.combine("real", [value], scope, kind="real")

    def _delta(self, node: Delta, scope: Scope) -> Value:
        left, right = node.args
        if left in scope and right in scope and scope[left] == scope[right]:
            shape = self.arrays.shape((left, right), scope)
            return Value(self.graph("eye", [self.count(shape[0])], shape), (left, right))
        values = [self.position(side, scope) for side in (left, right)]
        return self._real(self.arrays.combine("compare", values, scope, "==", "truth"), scope)

    def _range_condition(self, node: Within, scope: Scope) -> Value:
        where, lower, upper = node.args
        value = self.position(where, scope)
        known = scope.get(where, (None, None))
        ends = [Value(self.count(end)) for end in (lower, upper)]
        sides = [[ends[0], value]] * (lower != known[0]) + [[value, ends[1]]] * (upper != known[1])
        parts = [self.arrays.combine("compare", pair, scope, "<=", "truth") for pair in sides]
        if not parts:
            return self.arrays.number(S.One)
        both = parts[0] if len(parts) == 1 else self.arrays.combine("compare", parts, scope, "&", "truth")
        return self._real(both, scope)

    # References

    def _reference(self, node: Indexed, scope: Scope) -> Value:
        variable = self.variables.get(str(name_of(node)))
        if variable is None or len(variable.indices) != len(node.indices):
            raise SymnetError(f"{self.current} uses {node}, which is not declared with these indices")
        picks, places, axes = list[str](), list[Node](), list[Symbol]()
        for where, own in zip(node.indices, variable.indices, strict=True):
            if where not in axes and scope.get(where) == (own.lower, own.upper):  # the whole axis
                picks.append(":")
                axes.append(where)
                continue
            inside = self._indices(where, scope)
            if not inside:
                picks.append("at")
                places.append(self.count(where - own.lower))
                continue
            offset = where - inside[0] - own.lower
            if len(inside) > 1 or inside[0] in axes or offset.has(inside[0]):
                return self._gather(node, variable, scope)
            start, stop = scope[inside[0]][0] + offset, scope[inside[0]][1] + offset + 1
            if self._guarded and not (start == 0 and stop == own.size):
                return self._gather(node, variable, scope)
            axes.append(inside[0])
            ends = ("a" if start != 0 else "", "b" if stop != own.size else "")
            picks.append(":".join(ends))
            places += [self.count(end) for end, given in zip((start, stop), ends, strict=True) if given]
        while picks and picks[-1] == ":":
            picks.pop()
        if not picks and variable.name in self._known:
            own_axes, value = self._known[variable.name]
            return (
                value.renamed(dict(zip(own_axes, axes, strict=True))) if self.apart else Value(value.node, tuple(axes))
            )
        base = self._array(variable)
        if not picks:
            return Value(base, tuple(axes))
        return Value(
            self.graph("pick", [base, *places], self.arrays.shape(tuple(axes), scope), tuple(picks)), tuple(axes)
        )

    def _array(self, variable: Variable) -> Node:
        if variable.name in self._known:
            return self._known[variable.name][1].node
        return self.graph("input", [], tuple(k.size for k in variable.indices), variable.name)

    def _gather(self, node: Indexed, variable: Variable, scope: Scope) -> Value:
        """A reference at computed places: one array of positions for each index, broadcast together."""
        places = [self.position(w - own.lower, scope) for w, own in zip(node.indices, variable.indices, strict=True)]
        axes = union(places, scope)
        picks = [self.arrays.along(place, axes) for place in places]
        if self._guarded:
            ends = [self.count(own.size - 1) for own in variable.indices]
            zero = self.count(S.Zero)
            picks = [
                self.graph("call", [pick, zero, end], pick.shape, "np.clip", "integer")
                for pick, end in zip(picks, ends, strict=True)
            ]
        shape, detail = self.arrays.shape(axes, scope), ("at",) * len(picks)
        return Value(self.graph("pick", [self._array(variable), *picks], shape, detail), axes)

    # Sums

    def _sum(self, node: Sum, scope: Scope) -> Value:
        body, inner, bounds = node, dict(scope), list[Symbol]()
        while isinstance(body, Sum) and body.index not in bounds:
            index, lower, upper, body = body.index, body.lower, body.upper, body.body
            if self._indices(Tuple(lower, upper), inner):
                # Limits that move with another index: count from the lower one.
                body, lower, upper = substitute(body, {index: index + lower}), S.Zero, upper - lower
                if self._indices(upper, inner):
                    raise SymnetError(f"{self.current}: the length of {node} depends on an index")
            inner[index] = (lower, upper)
            bounds.append(index)
        factors: list[Expr] = []
        for factor in Mul.make_args(body):
            square = isinstance(factor, Pow) and isinstance(factor.base, Indexed) and factor.exp == 2
            factors += [factor.base] * 2 if square else [factor]
        number, values = self._factors(factors, inner)
        if self.apart:
            values = self.arrays.flat(values)
        inside = [(v, e) for v, e in values if set(bounds) & set(v.axes)]
        outside = [(v, e) for v, e in values if not set(bounds) & set(v.axes)]
        present = {k for v, _ in inside for k in v.axes}
        outside += [(self.value(inner[k][1] - inner[k][0] + 1, {}), 1) for k in bounds if k not in present]
        if inside:
            plain = all(isinstance(f, Indexed | Rational) for f in factors)
            outside.insert(0, (self.arrays.contract(inside, [k for k in bounds if k in present], inner, plain), 1))
        return self.arrays.product(number, outside, scope, self._divide)


def _mean(equation: Equation) -> Sum | None:
    """The sum in `C = 1/n sum z`, when that is what the equation says."""
    factors = Mul.make_args(equation.rhs)
    sums = [f for f in factors if isinstance(f, Sum) and isinstance(f.body, Indexed)]
    if len(sums) != 1 or not contains(sums[0].body, sums[0].index):
        return None
    rest = Mul(*(f for f in factors if f is not sums[0]))
    return sums[0] if rest * (sums[0].upper - sums[0].lower + 1) == 1 else None


def function_name(node: Call) -> str:
    """What an abstract function or its derivative is called: f, fprime, fprimeprime."""
    return node.function + "prime" * node.order

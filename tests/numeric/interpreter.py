"""What an indexed derivation means, number by number: the slow and plain way, to judge the compiled one by."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, Indexed, Pow, Rational, Symbol

from symnet.equations import Derivation, name_of
from symnet.numeric.reference import ACTIVATIONS
from symnet.operations import Call
from symnet.sums import Delta, Sum, Within


def interpret(derivation: Derivation, sizes: Mapping[Symbol, int], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Every equation's array, by loops over its indices and sums."""
    known = dict(arrays)
    first = {v.name: [int(k.lower) for k in v.indices] for v in derivation.variables.values()}

    def read(name: str, where: list[int]) -> float:
        places = tuple(k - low for k, low in zip(where, first[name], strict=True))
        array = np.asarray(known[name])
        inside = all(0 <= k < length for k, length in zip(places, array.shape, strict=True))
        return float(array[places]) if inside else 0.0  # only ever multiplied by a range condition that is 0

    def at(node: Expr, env: Mapping[Any, Any]) -> float:
        if isinstance(node, Rational):
            return node.p / node.q
        if isinstance(node, Symbol):
            return env[node] if node in env else read(node.name, [])
        if isinstance(node, Indexed):
            return read(str(name_of(node)), [int(at(k, env)) for k in node.indices])
        if isinstance(node, Sum):
            steps = range(int(at(node.lower, env)), int(at(node.upper, env)) + 1)
            return sum(at(node.body, {**env, node.index: k}) for k in steps)
        values = [at(child, env) for child in node.args]
        if node.is_Add:
            return sum(values)
        if node.is_Mul:
            return float(np.prod(values))
        if isinstance(node, Pow):
            return values[0] ** values[1]
        if isinstance(node, Delta):
            return float(values[0] == values[1])
        if isinstance(node, Within):
            return float(values[1] <= values[0] <= values[2])
        assert isinstance(node, Call)
        if node.operation.abstract:
            return float(arrays[node.function + "prime" * node.order](values[0]))
        return float(ACTIVATIONS[node.function].forward(*map(np.asarray, values)))

    for equation in derivation:
        ranges = [range(int(at(k.lower, sizes)), int(at(k.upper, sizes)) + 1) for k in equation.indices]
        symbols = [k.symbol for k in equation.indices]
        result = np.empty([len(r) for r in ranges])
        for places in itertools.product(*(range(len(r)) for r in ranges)):
            values = [r[p] for r, p in zip(ranges, places, strict=True)]
            result[places] = at(equation.rhs, {**sizes, **dict(zip(symbols, values, strict=True))})
        known[equation.name] = result
    return {equation.name: known[equation.name] for equation in derivation}

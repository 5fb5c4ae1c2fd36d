"""Lecture 8, the normalized chain once more: what its function and gradient make of the weights (lines 533-543).

f is abstract, so every verdict holds for every smooth activation.
"""

from sympy import Expr, Indexed, S, Symbol

from derivations.lecture08_chain import CHAIN, THREE_OBJECTS, chain, of_depth, operations, w1, w2, w3, whole
from symnet.claims import Finding, Section, Slide, combine, shown
from symnet.differentiate import adjoint_name, gradient, paths
from symnet.equations import Derivation, names_used
from symnet.expressions import product, rewrite, substitute, total
from symnet.network import Network
from symnet.operations import sqrt
from symnet.reading.load import network
from symnet.sums import normal_form
from symnet.training import example_gradient
from symnet.truth.assumptions import positive
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("L8", "Everything is very complicated: the weights of the chain")

K, V = Symbol("k"), Symbol("V")  # a factor > 0; a variance, which is > 0 wherever F is defined


def for_every_batch(net: Network, weight: Symbol) -> Verdict:
    """F(k w) = F(w) for k > 0, every number of objects and every x: each step is a normal form of sums.

    The one norm whose input z uses the weight gets k z instead, so its mean becomes k C, its variance k^2 V, its
    deviation k S, and its value stays, for the batch and at an asked x alike. No other equation uses the weight.
    """
    d, change = net.derivation, {weight: product(K, weight)}
    users = [e.name for e in d if weight.name in names_used(e.rhs)]
    (norm,) = (n for n in net.normalizations if n.input in users)
    z, mean, deviation, value = (d[n] for n in (norm.input, norm.mean, norm.deviation, norm.value))
    asked, variance = norm.norm.args[0], deviation.rhs.args[0]

    def scaled(node: Expr) -> Expr | None:
        mine = isinstance(node, Indexed) and node.base == z.reference.base
        return product(K, node) if mine or node in (mean.reference, deviation.reference) else None

    steps = {
        "input": substitute(z.rhs, change) - product(K, z.rhs),
        "input at x": substitute(asked, change) - product(K, asked),
        "mean": rewrite(mean.rhs, scaled) - product(K, mean.rhs),
        "variance": rewrite(variance, scaled) - product(K**2, variance),
        "value": rewrite(value.rhs, scaled) - value.rhs,
    }
    left = {step: str(normal_form(u)) for step, u in steps.items()}
    holds = users == [z.name] and all(u == "0" for u in left.values())
    method = "normal form of sums, for every number of objects and every x"
    same = shown(holds, method, {"used in": ", ".join(users), **left})
    root = decide(sqrt(product(K**2, V)), product(K, sqrt(V)), assumptions=[positive(K), positive(V)])
    return combine([same, root])


@section.check(
    "L8.53",
    "Scale invariance in w_1, w_2, w_3 (beyond text)",
    r"f([(w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02}) - C_2) / S_2] + w_{03})",
    lines="533",
    expected="proved",
)
def only_signs_of_weights() -> Finding:
    """F(k w) = F(w) for every k > 0, one weight at a time; k = 1/|w| leaves the sign of w."""
    every = [for_every_batch(whole, w) for w in (w1, w2, w3)]
    small = [_scaled(w, count) for w in (w1, w2, w3) for count in (2, 3)]
    mirrored = substitute(whole.asked().unfold(Symbol("F")), {w3: -w3})
    signs = find_witness(Symbol("F"), mirrored, whole.asked())
    note = (
        "for every batch, also with 2 and 3 symbolic objects by the normal form of F(x) itself; "
        f"the signs do matter: with -w3 in place of w3 F(x) changes, {signs}"
    )
    return Finding(combine([*every, *small]), note=note)


def _asked(count: int) -> Derivation:
    """The whole network over `count` symbolic objects, and its F at another x."""
    batch = Network(whole.inputs, whole.neurons)
    filled = batch.derivation.instantiate({batch.objects: count})
    return filled.extend(batch.function().equations)


def _scaled(weight: Symbol, count: int) -> Verdict:
    asked = _asked(count)
    changed = asked.map(lambda rhs: substitute(rhs, {weight: product(K, weight)}))
    return decide(Symbol("F"), changed.unfold(Symbol("F")), asked, assumptions=[positive(K)])


@section.check(
    "L8.54",
    "'C, S depend on the weights so the gradient gets harder'",
    "**выражения C_1, C_2, S_1, S_2 зависят от весов НС**, поэтому вычислить градиент функции потерь становится "
    "сложнее.",
    lines="543",
    expected="proved",
)
def harder_gradient() -> Finding:
    """C and S move with the weights, part of dL/dw flows through them, and the gradient has more to compute."""
    three = network(CHAIN + THREE_OBJECTS)
    statistics = [n for k in three.normalizations for n in (k.mean, k.deviation)]
    split = three.fill(paths(three.derivation, "L", statistics, ["w01"]))
    shares = [Symbol(adjoint_name("L", "w01", name)) for name in statistics]
    flows = [_nonzero(share, split, str(share)) for share in (*shares, total(*shares))]
    counts = {said: _cost(of_depth(3, normalize)) for said, normalize in (("without", False), ("with", True))}
    witness = {said: f"{a} named, {b} written out" for said, (a, b) in counts.items()}
    harder = all(more > less for less, more in zip(counts["without"], counts["with"], strict=True))
    on_slide = Slide(whole)
    flat = [p for p in whole.parameters if _flat(p, on_slide)]
    note = (
        f"operations of the whole gradient by name, and of dL/dw1 written out: without normalization "
        f"{counts['without']}, with it {counts['with']}. On the slide's own two objects dL/dw = 0 identically "
        f"for {', '.join(flat)}"
    )
    verdict = combine([*map(_depends, statistics), *flows, shown(harder, "operations counted", witness)])
    return Finding(verdict, note=note)


def _depends(name: str) -> Verdict:
    """A mean or deviation of the slide moves with the weight just before it."""
    weight = "w2" if name.endswith("1") else "w3"
    d = gradient(chain.example, name, [weight])
    return _nonzero(Symbol(adjoint_name(name, weight)), d, f"d{name}/d{weight}")


def _nonzero(expression: Expr, derivation: Derivation, said: str) -> Verdict:
    """A point where the expression is not 0."""
    found = find_witness(expression, S.Zero, derivation)
    return shown(found is not None, f"{said} is {found}", found.as_dict() if found else {said: "0 wherever tried"})


def _cost(net: Network) -> tuple[int, int]:
    """Operations of all equations of the gradient, names kept, and of dL/dw1 with everything written out."""
    filled = example_gradient(net)
    own = filled.equations[len(net.example.equations) :]
    return sum(operations(e.rhs) for e in own), operations(filled.unfold(Symbol("dL_dw1")))


def _flat(parameter: str, on: Slide) -> bool:
    return decide(Symbol(adjoint_name("L", parameter)), S.Zero, on.derivation).verdict == "proved"


if __name__ == "__main__":
    section.main()

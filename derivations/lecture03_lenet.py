r"""Lecture 3, convolutional networks: tied weights, LeNet-5 and AlexNet layer by layer (lines 242-249).

Each layer is a derivation of symnet.network.convolution: its shape is that of its outputs, its number of parameters
that of its parameters. Sources of the figures compared with: LeCun, Bottou, Bengio and Haffner, Gradient-based learning
applied to document recognition, 1998, section II.B and table I; Krizhevsky, Sutskever and Hinton, ImageNet
classification with deep convolutional neural networks, 2012, section 3.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Indexed, IndexedBase, Integer, S, Symbol

from symnet.claims import Finding, Section, combine, shown
from symnet.differentiate import gradient
from symnet.equations import Derivation, Equation, Variable, index, name_of, size
from symnet.expressions import product, rewrite, substitute, total
from symnet.network.convolution import Window, convolution, pairing, parameter_count, pooling
from symnet.sums import Delta, Sum, Within
from symnet.truth.verdict import Verdict, decide

section = Section("E3", "LeNet-5 and AlexNet")

C, M, J, K = map(size, "CMJK")
c, o, i, p, r = (Symbol(name, integer=True) for name in "coipr")
w, g, x = map(IndexedBase, ("w", "g", "x"))
plane = pairing(convolution([Window(J + K - 1, K)], channels=C, filters=M))
backward = gradient(plane, "L", ["w", "b", "x"])


def dl_d(name: str, *where: Expr) -> Expr:
    return IndexedBase(f"dL_d{name}")[where]


# Tied weights and the backward pass, for every size


def transposed() -> list[Verdict]:
    """dL/dx: a sum over outputs, the same over places of the mask, and both are one double sum."""
    by_output = Sum(product(g[o, i], w[o, c, r - i + 1], Within(r - i + 1, S.One, K)), (i, S.One, J))
    by_place = Sum(product(w[o, c, p], g[o, r - p + 1], Within(r - p + 1, S.One, J)), (p, S.One, K))
    pairs = product(g[o, i], w[o, c, p], Delta(i + p - 1, r))
    outer = (o, S.One, M)
    return [
        decide(dl_d("x", c, r), Sum(by_output, outer), backward),
        decide(by_output, Sum(Sum(pairs, (p, S.One, K)), (i, S.One, J))),
        decide(by_place, Sum(Sum(pairs, (i, S.One, J)), (p, S.One, K))),
    ]


def as_convolution(outputs: int, width: int) -> Verdict:
    """At one size: dL/dx is the convolution of g, K - 1 zeros around it, with the mask turned round."""
    below = gradient(pairing(convolution([Window(outputs + width - 1, width)], bias=False)), "L", ["x"]).instantiate()
    padded = convolution([Window(outputs, width, 1, width - 1)], bias=False).instantiate()
    turned = {Symbol(f"w_1_1_{q}"): Symbol(f"w_1_1_{width + 1 - q}") for q in range(1, width + 1)}
    from_above = {Symbol(f"x_1_{q}"): Symbol(f"g_1_{q}") for q in range(1, outputs + 1)}
    places = range(1, outputs + width)
    return combine(
        [
            decide(below.unfold(Symbol(f"dL_dx_1_{k}")), substitute(padded[f"y_1_{k}"].rhs, turned | from_above))
            for k in places
        ]
    )


def tied() -> list[Verdict]:
    """Every place with weights of its own, constrained to be identical: their gradients add up to the mask's."""
    units, inside = index("i", J), index("p", K)
    read = index("r", J + K - 1)
    own = Variable("W", (units, inside))
    mask = Variable("w", (inside,))
    output = Equation("y", (units,), rhs=Sum(product(own.reference, x[i + p - 1]), inside.limits))
    loss = Equation("L", rhs=Sum(product(g[i], output.reference), units.limits))
    given = (Variable("x", (read,)), Variable("g", (units,)))
    free = gradient(Derivation((output, loss), given, (own,)), "L")
    constrained = Derivation((Equation("W", own.indices, rhs=mask.reference), output, loss), given, (mask,))
    one = gradient(constrained, "L")
    added = Sum(free.unfold(dl_d("W", i, p)), units.limits)
    moved = substitute(plane["y"].rhs, {i: i + 1})
    after_shift = rewrite(plane["y"].rhs, lambda v: x[c, v.indices[1] + 1] if is_input(v) else None)
    return [
        decide(one.unfold(dl_d("w", p)), added),
        decide(dl_d("w", o, c, p), Sum(product(g[o, i], x[c, i + p - 1]), units.limits), backward),
        decide(after_shift, moved),
    ]


def is_input(node: Expr) -> bool:
    return isinstance(node, Indexed) and name_of(node) == "x"


# Layers


@dataclass(frozen=True)
class Layer:
    """One layer: its derivation (of one of `groups` alike), its maps, and what a unit reads besides its bias."""

    name: str
    derivation: Derivation
    maps: int
    fan_in: Expr
    groups: int = 1

    @property
    def side(self) -> Expr:
        return self.derivation.equations[0].indices[-1].size

    @property
    def units(self) -> Expr:
        return self.maps * self.side**2

    @property
    def parameters(self) -> Expr:
        return self.groups * parameter_count(self.derivation)

    @property
    def connections(self) -> Expr:
        return self.units * (self.fan_in + 1)


def filters(
    name: str, window: Window, channels: int, maps: int, table: Sequence[Sequence[int]] | None = None, groups: int = 1
) -> Layer:
    """Square masks; a full connection is a window as large as its input. fan_in is the average over the maps."""
    one = convolution([window, window], channels // groups, maps // groups, table)
    return Layer(name, one, maps, groups * parameter_count(one) / maps - 1, groups)


def subsampling(name: str, window: Window, maps: int) -> Layer:
    """LeNet's pooling: the sum of four cells times one coefficient a map, plus a bias a map."""
    average = pooling("average", [window, window], maps)
    (mean,) = average
    per_map = mean.indices[:1]
    a, b = Variable("a", per_map), Variable("b", per_map)
    cells = window.width**2
    out = Equation("z", mean.indices, rhs=total(product(a.reference, cells, mean.reference), b.reference))
    return Layer(name, replace(average.extend([out]), parameters=(a, b)), maps, cells)


def runs(lengths: Sequence[int], count: int) -> list[list[int]]:
    """For each length every run of consecutive maps, around the end."""
    return [[1 + (start + k) % count for k in range(length)] for length in lengths for start in range(count)]


# Table I: each of the 16 maps of C3 and the maps of S2 it reads.
C3 = [*runs((3, 4), 6), [1, 2, 4, 5], [2, 3, 5, 6], [1, 3, 4, 6], [1, 2, 3, 4, 5, 6]]


def lenet(table: Sequence[Sequence[int]] | None) -> list[Layer]:
    c1 = filters("C1", Window(32, 5), 1, 6)
    s2 = subsampling("S2", Window(c1.side, 2, 2), 6)
    c3 = filters("C3", Window(s2.side, 5), 6, 16, table)
    s4 = subsampling("S4", Window(c3.side, 2, 2), 16)
    c5 = filters("C5", Window(s4.side, 5), 16, 120)
    return [c1, s2, c3, s4, c5, filters("F6", Window(c5.side, 1), 120, 84)]


def described(layers: Sequence[Layer]) -> str:
    return ", ".join(f"{v.name} {v.maps}@{v.side}x{v.side} {v.parameters}" for v in layers)


def sum_of(layers: Sequence[Layer]) -> Expr:
    return total(*(v.parameters for v in layers))


LENET_SAYS = (
    "LeNet архитектура (1998) […] Fig. 2. Architecture of LeNet-5, a Convolutional Neural Network, here for digits "
    "recognition. Each plane is a feature map, i.e. a set of units whose weights are constrained to be identical."
)


@section.definition("E3.32", "LeNet-5 (1998): planes with tied weights", LENET_SAYS, lines="242, 247")
def lenet_5() -> Finding:
    """What "constrained to be identical" means, for every size; then shapes and parameters of the six layers."""
    layers, full = lenet(C3), lenet(None)
    figures = {
        "C1": (28, 156, 122304),
        "S2": (14, 12, 5880),
        "C3": (10, 1516, 151600),
        "S4": (5, 32, 2000),
        "C5": (1, 48120, 48120),
        "F6": (1, 10164, 10164),
    }
    found = {v.name: (v.side, v.parameters, v.connections) for v in layers}
    output = 84 * 10  # ten radial basis functions, whose weights are fixed
    connections = total(*(v.connections for v in layers)) + output
    shapes = shown(found == figures, "shapes, parameters and connections of each layer", {"found": str(found)})
    figures_of_paper = combine([decide(sum_of(layers), Integer(60000)), decide(connections, Integer(340908))])
    every_size, small = transposed(), [as_convolution(n, k) for n in range(1, 5) for k in range(1, 5)]
    c1 = layers[0]
    untied = product(c1.connections)
    tail = filters("F7", Window(1, 1), 84, 10)
    modern = [v for v in [*full, tail] if not v.name.startswith("S")]
    note = (
        f"a plane is one equation with one mask: the mask's gradient is the sum of the gradients of the units' own "
        f"weights, and moving the input moves the plane. C1 has {c1.parameters} parameters, untied {untied}. "
        f"{described(layers)}: {sum_of(layers)} trainable, {connections} connections with the {output} fixed ones of "
        f"the output, as the paper says. With C3 fully connected {full[2].parameters} instead of "
        f"{layers[2].parameters}, in all {sum_of(full)}; with plain pooling and a trained output layer of 10 "
        f"{sum_of(modern)}. Backward, for every size: dL/dx_r = sum_i g_i w_(r-i+1) where 1 <= r-i+1 <= K; as the "
        f"convolution of g with the mask turned round and K - 1 zeros around g, for 1..4 outputs and masks"
    )
    return Finding(combine([*tied(), *every_size, *small, shapes, figures_of_paper]), note=note)


def alexnet(groups: int, window: Window) -> list[Layer]:
    """The trainable layers; groups = 2 where the paper's two GPUs do not see each other's maps."""
    pool = [window.outputs]
    for _ in range(2):
        pool.append(Window(pool[-1], 3, 2).outputs)
    last = Window(pool[-1], 3, 2).outputs
    middle = Window(pool[2], 3, 1, 1)
    return [
        filters("conv1", window, 3, 96),
        filters("conv2", Window(pool[1], 5, 1, 2), 96, 256, groups=groups),
        filters("conv3", middle, 256, 384),
        filters("conv4", middle, 384, 384, groups=groups),
        filters("conv5", middle, 384, 256, groups=groups),
        filters("fc6", Window(last, last), 256, 4096),
        filters("fc7", Window(1, 1), 4096, 4096),
        filters("fc8", Window(1, 1), 4096, 1000),
    ]


@section.definition("E3.33", "AlexNet", "AlexNet архитектура", lines="249")
def alex_net() -> Finding:
    """Which input gives the 55 x 55 maps of the paper, then the layers."""
    first = {n: Window(n, 11, 4) for n in range(220, 236)}
    exact = [n for n, v in first.items() if v.outputs == 55 and v.unused == 0]
    floored = [n for n, v in first.items() if v.outputs == 55]
    padded = [q for q in range(4) if Window(224, 11, 4, q).outputs == 55]
    needed = decide(Window(exact[0], 11, 4).place(55, 11), Integer(exact[0]))
    layers, whole = alexnet(2, first[exact[0]]), alexnet(1, first[exact[0]])
    units = [v.units for v in layers]
    said = [290400, 186624, 64896, 64896, 43264, 4096, 4096, 1000]
    shapes = shown(units == said, "units of each layer", {"found": str(units)})
    once = [decide(sum_of(layers), Integer(60965224)), decide(sum_of(whole), Integer(62378344))]
    share = total(*(v.parameters for v in layers[5:]))
    note = (
        f"the stride formula (n - 11)/4 + 1 gives {first[224].outputs} with {first[224].unused} left over for "
        f"the n = 224 of the paper; 55 needs n = {exact}, or one of {floored} when places may be left over, "
        f"or {padded} zeros around 224. {described(layers)}: {sum_of(layers)} parameters with two groups in "
        f"conv2, conv4 and conv5, {sum_of(whole)} without groups, {share} of the first in the three full "
        f"layers. Units {units}; the paper writes 253440 for the first layer, which is no 96 maps of 55 x 55"
    )
    return Finding(combine([needed, shapes, *once]), note=note)


if __name__ == "__main__":
    section.main()

r"""Lecture 3, convolution, pooling, LeNet-5 and AlexNet (lines 191-249).

Layers are derivations of symnet.network.convolution: one equation with affine indices each. "For every size" is a
normal form of sums; what holds for the numbers on the slide is computed exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product as choices

from sympy import Expr, Integer, Rational, S, Symbol

from symnet.claims import Finding, Section, combine, listed, shown
from symnet.differentiate import gradient
from symnet.equations import Derivation, size
from symnet.errors import SymnetError
from symnet.expressions import product, rewrite, substitute, total
from symnet.network.convolution import Kind, Ties, Window, convolution, pairing, parameter_count, pooling, same
from symnet.operations import Call, call
from symnet.truth.evaluate import evaluate
from symnet.truth.verdict import Verdict, decide

section = Section("E3", "Convolutional networks")

Table = list[list[int]]
Grid = list[list[Expr]]


def table(rows: str) -> Table:
    """The numbers of a table of the slide."""
    return [[int(cell) for cell in row.split()] for row in rows.splitlines()]


def grid(layer: Derivation, x: Table, **parameters: list[int]) -> Grid:
    """The exact outputs of a layer with one channel at the numbers x, its parameters given in their order."""
    point = {f"x_1_{r}_{s}": Integer(v) for r, row in enumerate(x, 1) for s, v in enumerate(row, 1)}
    scalar = layer.instantiate()
    for name, given in parameters.items():
        own = (v.name for v in scalar.parameters if v.name.partition("_")[0] == name)
        point |= dict(zip(own, map(Integer, given), strict=True))
    values = evaluate(scalar, point)
    rows, columns = (int(k.upper) for k in layer["y"].indices[1:])
    return [[values[f"y_1_{i}_{j}"].as_expr() for j in range(1, columns + 1)] for i in range(1, rows + 1)]


def written(rows: Iterable[Iterable[object]]) -> str:
    return "; ".join(" ".join(map(str, row)) for row in rows)


def begins(rows: Grid, printed: Sequence[int]) -> Verdict:
    """Whether the first row begins with the printed numbers."""
    return combine([decide(value, Integer(p)) for value, p in zip(rows[0], printed, strict=False)])


INPUT = "1	2	3	1	0\n1	4	2	2	4\n3	8	5	1	3"
MASK = "1	1\n1	1"
OUTPUT = "6 7"
ENTRIES = (-1, 0, 1, 2)


@section.check(
    "E3.28",
    "Convolution example",
    "Input\n" + INPUT + "\nMask/Filter\n" + MASK + "\nOutput\n" + OUTPUT + " ...",
    lines="197-199, 203-204, 211",
    expected="refuted",
)
def convolution_example() -> Finding:
    """The valid correlation, exactly; then what else would give the printed numbers, by exhaustion."""
    x, mask, printed = table(INPUT), table(MASK), table(OUTPUT)[0]
    found = filtered(x, mask)
    verdict = begins(found, printed)
    right = written(found)
    verdict = replace(verdict, correction={"text": right, "latex": matrix(found)})
    fits = fitting_masks(x, printed)
    flat = [entry for row in mask for entry in row]
    unmoved = [m for m, *where in fits if where == [2, 2, 1]]  # past the zeros around
    fewest = min(sum(a != b for a, b in zip(m, flat, strict=True)) for m in unmoved)
    nearest = [m for m in unmoved if sum(a != b for a, b in zip(m, flat, strict=True)) == fewest]
    as_printed = [where for m, *where in fits if list(m) == flat]
    once = single_edits(x, mask, printed)
    note = (
        f"the mask gives {right}. Of all first windows of the input between zeros, with stride 1 or 2 along a row, "
        f"{len(as_printed)} give the printed {row(printed)}, and {len(once)} do after a change of one number. "
        f"Of the {len(ENTRIES) ** 4} masks with entries {row(ENTRIES)}, those that give it where the slide has it are "
        f"{'; '.join(map(row, unmoved))} (row by row); the nearest to the printed one, {'; '.join(map(row, nearest))}, "
        f"differs from it in {fewest}. With every place and stride there are {len(fits)} combinations. The MaxPool "
        f"example (E3.30) begins with {row(pooled_first_row()[: len(printed)])}"
    )
    return Finding(verdict, (right, matrix(found)), note=note)


def row(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))


def filtered(x: Table, mask: Table) -> Grid:
    """The valid correlation with a mask, by symnet's layer."""
    windows = [Window(len(x), len(mask)), Window(len(x[0]), len(mask[0]))]
    return grid(convolution(windows, bias=False), x, w=[entry for row in mask for entry in row])


def matrix(rows: Grid) -> str:
    return r"\begin{matrix} " + r" \\ ".join(" & ".join(map(str, row)) for row in rows) + r" \end{matrix}"


def fitting_masks(x: Table, printed: Sequence[int]) -> list[tuple[tuple[int, ...], int, int, int]]:
    """All 2 x 2 masks with entries of ENTRIES, first windows (row, column) and strides that give the numbers."""
    width = len(x[0]) + 2
    padded = [[0] * width, *([0, *row, 0] for row in x), [0] * width]
    fits = []
    for stride, row, column in choices((1, 2), range(1, len(padded)), range(1, width)):
        window = Window(width - column + 1, 2, stride)
        if window.outputs < len(printed):
            continue
        steps = [[int(window.place(j, q)) for q in (1, 2)] for j in range(1, len(printed) + 1)]
        under = [[padded[row + p - 2][column + at - 2] for p in (1, 2) for at in step] for step in steps]
        for mask in choices(ENTRIES, repeat=4):
            if all(sum(m * u for m, u in zip(mask, v, strict=True)) == y for v, y in zip(under, printed, strict=True)):
                fits.append((mask, row, column, stride))
    return fits


def single_edits(x: Table, mask: Table, printed: Sequence[int]) -> list[tuple[int, int]]:
    """The places of the input where one other number would give the printed ones: y is affine in that number."""
    base = filtered(x, mask)[0][: len(printed)]
    found = []
    for r, s in choices(range(len(x)), range(len(x[0]))):
        moved = [row[:] for row in x]
        moved[r][s] += 1
        slopes = [b - a for a, b in zip(base, filtered(moved, mask)[0], strict=False)]
        needed = {(y - a) / k for y, a, k in zip(printed, base, slopes, strict=True) if k}
        if len(needed) == 1 and all(k or y == a for y, a, k in zip(printed, base, slopes, strict=True)):
            found.append((r + 1, s + 1))
    return found


@section.empirical(
    "E3.29",
    "Usual filter sizes",
    "обычно 2x2 - 3x3 - 5x5 - 7x7 - 1x3 - 3x1 - 5x1 - 1x5",
    lines="207, 213-220",
)
def usual_sizes() -> Finding:
    """Why odd, why two of 3 x 3, why 1 x 3: what of the habit can be proved."""
    n, k, padding = size("n"), size("K"), size("P")
    odd = decide(Window(n, 2 * padding + 1, 1, padding).outputs, n)
    lengths = [decide(Window(n, k, 1, padding).outputs - n, 2 * padding + 1 - k)]
    kept = {width: keeps_length(width) for width in (1, 2, 3, 5, 7)}
    stacked = [decide(Window(Window(n, 3).outputs, 3).outputs, Window(n, 5).outputs)]
    stacked.append(decide(Window(Window(Window(n, 3).outputs, 3).outputs, 3).outputs, Window(n, 7).outputs))
    two_of_three = chain_of(3, 3)
    separable = separable_filters()
    saved = {f"{k}x{k}": (weights(k, k), weights(1, k) + weights(k, 1)) for k in (3, 5)}
    note = (
        f"usual is a habit; provable: n + 2P - K + 1 = n only for K = 2P + 1, so a window can keep the length with the "
        f"same zeros at both ends only if it is odd ({listed(kept)}); two windows of 3 see 5 "
        f"places and three see 7, and two masks of 3 in a row are one of 5 with the full convolution of the weights; "
        f"1xK after Kx1 is a KxK mask of rank 1; weights of KxK and of the two together: {listed(saved)}"
    )
    return Finding(combine([odd, *lengths, *stacked, two_of_three, separable]), note=note)


def keeps_length(width: int) -> bool:
    try:
        return bool(same(9, width).outputs == 9)
    except SymnetError:
        return False


def weights(*widths: int) -> Expr:
    return parameter_count(convolution([Window(9, width) for width in widths], bias=False))


def at_first(first: Derivation, second: Derivation) -> Expr:
    """What two layers with one channel give at the first place of the second, in x, w and v."""
    inner, outer = first.instantiate(), second.instantiate()
    y = outer[outer.equations[0].name].rhs
    middle = {Symbol(v.name): Symbol("y" + v.name.removeprefix("x")) for v in outer.inputs}
    renamed = {Symbol(v.name): Symbol("v" + v.name.removeprefix("w")) for v in outer.parameters}
    return inner.unfold(substitute(y, middle | renamed))


def chain_of(width: int, other: int) -> Verdict:
    """Masks w and v in a row: one mask with weights sum_p w_p v_{t-p+1}, at the first place."""
    length = width + other - 1
    first = convolution([Window(length, width)], bias=False)
    one = at_first(first, convolution([Window(other, other)], bias=False))
    w, v, x = ([Symbol(f"{name}_1_{t}") for t in range(1, length + 1)] for name in ("w_1", "v_1", "x"))
    taken = total(*(w[p] * v[q] * x[p + q] for p, q in choices(range(width), range(other))))
    return decide(one, taken)


def separable_filters() -> Verdict:
    """1 x 3 after 3 x 1 at the first place: a 3 x 3 mask w_p v_q."""
    first = convolution([Window(3, 3), Window(3, 1)], bias=False)
    one = at_first(first, convolution([Window(1, 1), Window(3, 3)], bias=False))
    full = convolution([Window(3, 3), Window(3, 3)], bias=False).instantiate()["y_1_1_1"].rhs
    rank_one = {
        Symbol(f"w_1_1_{p}_{q}"): Symbol(f"w_1_1_{p}_1") * Symbol(f"v_1_1_1_{q}")
        for p, q in choices(range(1, 4), repeat=2)
    }
    return decide(one, substitute(full, rank_one))


POOLED = "1	2	3	4\n5	6	7	8\n9	1	2	3\n4	5	6	7"
POOL_OUTPUT = "6	7	...\n-	-	-\n-	-	-"


def pooled(kind: Kind, height: int, width: int, down: int, right: int) -> Grid:
    x = table(POOLED)
    return grid(pooling(kind, [Window(len(x), height, down), Window(len(x[0]), width, right)]), x)


def pooled_first_row() -> list[Expr]:
    return pooled("max", 2, 2, 1, 1)[0]


@section.check(
    "E3.30",
    "MaxPool example",
    POOLED + "\n" + r"$\begin{matrix} + \\ 2 \end{matrix}$ MaxPool" + "\n" + POOL_OUTPUT,
    lines="231-234, 236, 238",
    expected="proved-if",
)
def max_pool_example() -> Finding:
    """Every window without padding and every stride up to 4: which give 3 x 3 outputs that begin with 6 7."""
    printed = [int(cell) for cell in POOL_OUTPUT.splitlines()[0].split() if cell.isdigit()]
    shape = [len(row.split()) for row in POOL_OUTPUT.splitlines()]
    every = {how: pooled("max", *how) for how in choices(range(1, 5), repeat=4)}
    begin = [how for how, rows in every.items() if rows[0][: len(printed)] == printed]
    fit = [how for how in begin if [len(row) for row in every[how]] == shape]
    usual = every[2, 2, 2, 2]
    found = begins(every[fit[0]], printed)
    condition = "window {} x {}, stride {} down and {} to the right".format(*fit[0])
    witness = {"window": "2 x 2", "stride": "2", "output": written(usual)}
    unique = shown(len(fit) == 1, f"all {len(every)} windows and strides", witness, [condition])
    right = every[fit[0]]
    note = (
        f"the mark before MaxPool cannot be read. {begin} (height, width, strides) give rows that begin with "
        f"{printed}, and only {fit} of {len(every)} the printed 3 x 3 too: {written(right)}. The usual stride 2 "
        f"gives {written(usual)}. Minimum: {written(pooled('min', *fit[0]))}, average: "
        f"{written(pooled('average', *fit[0]))}"
    )
    return Finding(combine([found, unique]), (written(right), matrix(right)), note=note)


@section.definition("E3.31", "Average / Max / Min pooling", "Pooling слой (Average, Max, Min)", lines="229")
def pooling_layers() -> Finding:
    """Values, gradients and the convention at a tie, for a window of 2 x 2."""
    a, b = Symbol("a"), Symbol("b")
    cells = [Symbol(f"x_1_{r}_{s}") for r, s in choices((1, 2), repeat=2)]
    average, greatest, least = (pool(kind) for kind in ("average", "max", "min"))
    whole = convolution([Window(2, 2), Window(2, 2)], bias=False).instantiate()["y_1_1_1"]
    quarter = {Symbol(f"w_1_1_{p}_{q}"): Rational(1, 4) for p, q in choices((1, 2), repeat=2)}
    turned = substitute(greatest["y_1_1_1"].rhs, {x: -x for x in cells})
    verdicts = [
        decide(average["y_1_1_1"].rhs, substitute(whole.rhs, quarter)),
        decide(product(*(greatest["y_1_1_1"].rhs - x for x in cells)), S.Zero),
        *(decide(call("max", a, b) - u, call("relu", v - u)) for u, v in ((a, b), (b, a))),
        decide(least["y_1_1_1"].rhs, -turned),
        *(decide(slope(average, x), product(Rational(1, 4), Symbol("g_1_1_1"))) for x in cells),
        *(decide(total(*(without_steps(slope(d, x)) for x in cells)), Symbol("g_1_1_1")) for d in (greatest, least)),
    ]
    ties = {
        f"{kind}, {which}": written([at_tie(kind, which)]) for kind in ("max", "min") for which in ("first", "last")
    }
    expected = {key: "1 0 0 0" if "first" in key else "0 0 0 1" for key in ties}
    verdicts.append(shown(ties == expected, "the gradient where all four are equal", {"found": str(ties)}))
    note = (
        f"the maximum, a chain of max(a, b), is one of the cells, and max(a, b) - a = relu(b - a) is not below 0; "
        f"the minimum is -max(-x), the average is a convolution with 1/4. Backward: an average gives g/4 to each cell; "
        f"a maximum gives all of g to one cell, so the cells' shares add to g also at ties, where the choice is a "
        f"convention: {listed(ties)}"
    )
    return Finding(combine(verdicts), note=note)


def pool(kind: Kind, ties: Ties = "first") -> Derivation:
    return gradient(pairing(pooling(kind, [Window(2, 2, 2), Window(2, 2, 2)], ties=ties)), "L", ["x"]).instantiate()


def slope(layer: Derivation, cell: Expr) -> Expr:
    return layer.unfold(Symbol("dL_d" + str(cell)), {e.name for e in layer if e.name.startswith("dL")})


def without_steps(share: Expr) -> Expr:
    """A name for every step, so that what is proved holds whatever the convention at a tie makes of it."""
    return rewrite(share, lambda node: Symbol(f"s({node.args[0]})") if isinstance(node, Call) else None)


def at_tie(kind: Kind, ties: Ties) -> list[str]:
    layer = pool(kind, ties)
    point = dict.fromkeys((v.name for v in layer.inputs), Integer(1))
    found = evaluate(layer, point)
    return [found[f"dL_dx_1_{r}_{s}"].text for r, s in choices((1, 2), repeat=2)]


if __name__ == "__main__":
    section.main()

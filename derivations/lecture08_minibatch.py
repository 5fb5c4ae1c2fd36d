"""Lecture 8, normalization by mini-batches, and the conclusions (lines 655-765).

C and S are sums over the training set that occur in the loss again and again; a mini-batch keeps them short.
`CHAIN` is the chain of the slides, where the first normalized input is x; `WHOLE` normalizes w_1 x instead.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from itertools import product as choices

from sympy import Expr, Integer, Poly, Rational, S, Symbol

from symnet.claims import Finding, Section, Slide, combine, shown
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Derivation, size
from symnet.expressions import product, subexpressions, substitute, total
from symnet.network.masks import mask_probability
from symnet.network.network import Network
from symnet.reading.load import network
from symnet.reading.slide import Applied
from symnet.sums import Sum
from symnet.truth.assumptions import positive
from symnet.truth.verdict import Verdict, decide
from symnet.truth.witness import find_witness

section = Section("L8", "Normalization by mini-batches")

CHAIN = """
network chain
inputs x                       # already normalized, as on the slides
h1 = f(x + w01)
h2 = f(norm(w2*h1) + w02)
F  = f(norm(w3*h2) + w03)
"""
WHOLE = CHAIN.replace("f(x + w01)", "f(norm(w1*x) + w01)")
FIRST_NORM_ONLY = "network one\ninputs x\nF = f(norm(w1*x) + w01)"
TABLE = ((-1, -1), (1, 1), (2, 2))  # the slide's training set as far as it is printed


def net(text: str, rows: Sequence[tuple[int, int]], statistics: int | None = None) -> Network:
    """The network on these rows; its mini-batch are the first `statistics` of them, or all."""
    table = "\n".join(f"{x} | {y}" for x, y in rows)
    return network(f"{text}\ndata x | y\n{table}\n" + (f"statistics 1..{statistics}\n" if statistics else ""))


def at_x(of: Network) -> Derivation:
    """The equations of the data, and the function at a free x with their C and S."""
    return of.example.extend(of.function().equations)


def of_depth(depth: int) -> Network:
    """The chain of `depth` neurons for a symbolic number m of objects, the input of each normalized."""
    signals = ["x", *(f"h{k}" for k in range(1, depth + 1))]
    lines = [f"{signals[k]} = f(norm(w{k}*{signals[k - 1]}) + w0{k})" for k in range(1, depth + 1)]
    return network("\n".join(["inputs x", *lines]))


def occurrences(expression: Expr, name: Expr) -> Expr:
    """How often a name is written when every sum is written out and a square is not: a polynomial in the sizes."""
    counts: dict[Expr, Expr] = {}
    for node in subexpressions(expression):
        below = total(*(counts[child] for child in node.args))
        if isinstance(node, Sum):
            below = ((node.upper - node.lower + 1) * counts[node.body]).expand()
        counts[node] = S.One if node == name else below
    return counts[expression]


def in_the_loss(of: Network) -> dict[str, Expr]:
    """For the first mean and the first deviation: how often the loss writes them."""
    first = of.normalizations[0]
    return {
        name: occurrences(of.derivation.inline(keep={name})["L"].rhs, Symbol(name))
        for name in (first.mean, first.deviation)
    }


def summands(of: Network) -> list[Expr]:
    """The number of summands of every mean and every deviation, from the limits of the sums in their equations."""
    equations = [of.derivation[name] for k in of.normalizations for name in (k.mean, k.deviation)]
    sums = [node for e in equations for node in subexpressions(e.rhs) if isinstance(node, Sum)]
    return [node.upper - node.lower + 1 for node in sums]


m = size("m")


@section.check(
    "L8.63",
    "Number of summands = TS size",
    "Эти выражения являются суммами с числом слагаемых равным объёму ТВ. И эти выражения "
    "**встречаются в $L_N(w)$ много раз**",
    lines="663, 665",
    expected="proved",
)
def long_sums_many_times() -> Finding:
    """Chains of 1 to 4 neurons, every number m of objects: how often C_1, S_1 stand in the loss written out.

    Many times: the counts are polynomials in m without a constant and without a negative coefficient, hence at
    least 2 for m >= 2 objects.
    """
    chains = {depth: of_depth(depth) for depth in (1, 2, 3, 4)}
    long = all(count == m for of in chains.values() for count in summands(of))
    counts = {depth: in_the_loss(of) for depth, of in chains.items()}
    terms = [term for found in counts.values() for count in found.values() for term in Poly(count, m).terms()]
    many = all(coefficient > 0 and power > 0 for (power,), coefficient in terms)
    means = [next(iter(found.values())) for found in counts.values()]
    growth = combine([decide(deeper, product((m + 1) ** 2, count)) for count, deeper in pairwise(means)])
    witness = {
        f"{depth} neurons": ", ".join(f"{name} {count.factor()} times" for name, count in found.items())
        for depth, found in counts.items()
    }
    note = (
        f"every mean and deviation has m summands; written out, the loss holds the first mean {means[0].factor()} "
        f"times for one neuron, and (m + 1)^2 times as often for each further neuron, to 4: {growth.verdict}"
    )
    method = "limits of the sums, and occurrences counted in the loss, for every m and 1 to 4 neurons"
    return Finding(shown(long and many, method, witness), note=note)


# One mini-batch

FUNCTION = r"$$F_{NNN}(x) = f([(w_3 f([(w_2 f(x + w_{01}) - C_1) / S_1] + w_{02}) - C_2) / S_2] + w_{03})$$"
LOSS = r"$$L_N(w) = (F_{NNN}(-1) + 1)^2 + (F_{NNN}(1) - 1)^2 + (F_{NNN}(2) - 2)^2 + \dots$$"


@section.check(
    "L8.64",
    "Mini-batch: statistics from the batch, loss over the whole TS",
    f"А вот функция потерь использует уже все объекты из ТВ: {LOSS}",
    lines="712, 714",
    expected="proved",
)
def statistics_from_the_batch() -> Finding:
    """Training sets of 3, 4 and 5 objects, the first two the mini-batch; the dots are the objects not printed."""
    statement = Slide(net(CHAIN, TABLE, statistics=2)).read(LOSS)
    ((loss, printed),) = statement.equalities
    function = next(node.name for node in subexpressions(printed) if isinstance(node, Applied))
    verdicts = []
    for rows in (TABLE, (*TABLE, (3, 3)), (*TABLE, (3, 3), (4, 4))):
        others = [(Applied(function, Integer(x)) - y) ** 2 for x, y in rows[len(TABLE) :]]
        verdicts.append(Slide(net(CHAIN, rows, statistics=2)).equal(loss, total(printed, *others)))
    whole = net(WHOLE, TABLE, statistics=2)
    short = shown(
        statement.open and set(summands(whole)) == {Integer(2)} and whole.objects == len(TABLE),
        "every mean and deviation has 2 summands, the loss has all objects",
        {"summands": str(summands(whole)), "objects": str(whole.objects)},
    )
    note = "the sum ends in dots: proved as printed for the three objects of the table, and with the further objects"
    return Finding(combine([*verdicts, short]), note=note)


@section.check(
    "L8.65",
    '"Absolutely the same formulas"',
    "У нас получатся **абсолютно такие же формулы**, что и в старом примере. В частности, получим: " + FUNCTION,
    lines="707, 710",
    expected="proved",
)
def the_same_formulas() -> Finding:
    """C_k, S_k and F(x) written out for two objects against three with a mini-batch of two; then L and dL/dw.

    The slide itself takes the loss out of this statement (L8.64); its gradient goes with it, as the note says.
    """
    old, new = net(CHAIN, TABLE[:2]), net(CHAIN, TABLE, statistics=2)
    old_whole, new_whole = net(WHOLE, TABLE[:2]), net(WHOLE, TABLE, statistics=2)
    names = [name for k in old_whole.normalizations for name in (k.mean, k.deviation)]
    same = combine(
        [
            Slide(new).check(FUNCTION).verdict,
            *(decide(at_x(old_whole).unfold(Symbol(n)), at_x(new_whole).unfold(Symbol(n))) for n in (*names, "F")),
        ]
    )
    third = {Symbol("x"): Integer(2)}
    at_new = gradient(at_x(new), "F")
    miss = substitute(at_new.unfold(Symbol("F")), third) - 2
    before, after = (of.fill(gradient(of.derivation, "L")) for of in (old, new))
    extra = [decide(after.unfold(Symbol("L")), before.unfold(Symbol("L")) + miss**2)]
    for name in new.parameters:
        slope = substitute(at_new.unfold(Symbol(adjoint_name("F", name))), third)
        partial = Symbol(adjoint_name("L", name))
        extra.append(decide(after.unfold(partial), before.unfold(partial) + product(Integer(2), miss, slope)))
    partial = Symbol(adjoint_name("L", "w01"))
    differing = find_witness(after.unfold(partial), before.unfold(partial))
    note = (
        f"{', '.join(names)} and F(x) are the same; L and its gradient are not: L gets (F(2) - 2)^2 and dL/dw "
        f"gets 2 (F(2) - 2) dF(2)/dw, straight from the object outside the mini-batch ({combine(extra).verdict}); "
        f"dL/dw01 new and old: {differing}"
    )
    return Finding(same, note=note)


# Samples


def mean(values: Sequence[Expr]) -> Expr:
    return product(Rational(1, len(values)), total(*values))


def variance(values: Sequence[Expr]) -> Expr:
    return mean([(value - mean(values)) ** 2 for value in values])


def by_enumeration(count: int) -> list[Verdict]:
    """Both formulas for a population of so many symbolic values and every k, all samples (at most 100) listed."""
    values = [Symbol(f"x{number}") for number in range(1, count + 1)]
    verdicts = []
    for k in range(1, count + 1):
        errors = [(mean(sample) - mean(values)) ** 2 for sample in combinations(values, k)]
        verdicts.append(decide(mean(errors), product(Rational(count - k, k * (count - 1)), variance(values))))
        if count**k <= 100:
            spreads = [variance(sample) for sample in choices(values, repeat=k)]
            verdicts.append(decide(mean(spreads), product(Rational(k - 1, k), variance(values))))
    return verdicts


def by_moments() -> list[Verdict]:
    """Both for every N and k; q is the sum of the squares of the values, s their sum.

    Without replacement a value is in the sample with probability k/N, two are with k(k-1)/(N(N-1)); with
    replacement two draws are independent.
    """
    N, k, q, s = map(Symbol, "Nkqs")
    sigma2 = q / N - s**2 / N**2
    square_of_mean = (product(k / N, q) + product(k * (k - 1) / (N * (N - 1)), s**2 - q)) / k**2
    with_replacement = (product(k / N, q) + product(k * (k - 1) / N**2, s**2)) / k**2
    return [
        decide(square_of_mean - s**2 / N**2, product(sigma2 / k, (N - k) / (N - 1))),
        decide(q / N - with_replacement, product((k - 1) / k, sigma2)),
    ]


@section.check(
    "L8.66",
    "Sample mean close to population mean",
    "и их средний рост **не будет сильно отличаться** от среднего роста всего человечества.",
    lines="679",
    expected="proved",
)
def sample_mean() -> Finding:
    """The variance of the mean without replacement, and the mean of the variance with replacement."""
    found = combine([verdict for count in (2, 3, 4, 5) for verdict in by_enumeration(count)] + by_moments())
    column = [Integer(x) for x, _ in TABLE]
    means = {sample: mean(sample) for sample in combinations(column, 2)}
    far = max(means, key=lambda sample: abs(means[sample] - mean(column)))
    method = f"{found.method}: all samples for N = 2..5 symbolic values; every N and k by moments"
    note = (
        f"in mean square, Var = sigma^2/k (N-k)/(N-1): likely for large k, by Chebyshev, but not certain: of "
        f"{column} with mean {mean(column)} the sample {far} has mean {means[far]}; the mean of the variance of a "
        f"sample is (k-1)/k sigma^2, less than sigma^2"
    )
    return Finding(replace(found, method=method), note=note)


@section.check(
    "L8.67",
    "F_NNN changes with each mini-batch",
    "А на следующей итерации ГС будет выбран уже другой мини-батч, функция $F_{NNN}(x)$ на следующей итерации ГС "
    "изменится.",
    lines="722",
    expected="proved",
)
def function_changes() -> Finding:
    """Every two mini-batches of two among the three objects of the table: a point at which the two F differ.

    It is a fact about these objects. Batches of equal mean and deviation, 0, 4, 5 and 1, 2, 6, show the exception.
    """

    def function(text: str, batch: Sequence[tuple[int, int]], rows: Sequence[tuple[int, int]]) -> Expr:
        others = [row for row in rows if row not in batch]
        return at_x(net(text, (*batch, *others), statistics=len(batch))).unfold(Symbol("F"))

    batches = list(combinations(TABLE, 2))
    found = {
        (one, two): find_witness(function(WHOLE, one, TABLE), function(WHOLE, two, TABLE))
        for one, two in combinations(batches, 2)
    }
    written = {
        f"x = {', '.join(str(x) for x, _ in one)} and {', '.join(str(x) for x, _ in two)}": str(witness)
        for (one, two), witness in found.items()
    }
    differ = all(witness is not None for witness in found.values())
    verdict = shown(differ, "an exact point for every two mini-batches of two of the three objects", written)

    left, right = ([(x, x) for x in batch] for batch in ((0, 4, 5), (1, 2, 6)))
    one_norm, two_norms = (
        decide(function(text, left, left + right), function(text, right, left + right))
        for text in (FIRST_NORM_ONLY, "inputs x\nh1 = f(norm(w1*x) + w01)\nF = f(norm(w2*h1) + w02)")
    )
    note = (
        f"at the same weights, and not for all data: x = 0, 4, 5 and 1, 2, 6 have one mean and deviation, and F "
        f"is the same: {one_norm.verdict} with one normalized neuron, {two_norms.verdict} "
        f"{', '.join(two_norms.assumptions)} with two"
    )
    return Finding(verdict, note=note)


# Conclusions


@section.empirical(
    "L8.68",
    "BN makes dropout and regularisation unnecessary",
    "если используется **батч-нормализация**, то можно не применять ни **дропаут** ни **регуляризацию**",
    lines="730",
)
def without_regularization() -> Finding:
    """What can be proved: a penalty on weights that are normalized away cannot restrict the function.

    F at every x for the three objects, statistics of all: w -> k w for k > 0 changes nothing, dF/dw = 0.
    """
    three = net(WHOLE, TABLE)
    weights = [Symbol(name) for name in ("w1", "w2", "w3")]
    k = Symbol("k")
    F = at_x(three).unfold(Symbol("F"))
    scaled = substitute(F, {w: product(k, w) for w in weights})
    slopes = gradient(at_x(three), "F")
    verdicts = [decide(F, scaled, assumptions=[positive(k)])]
    verdicts += [decide(Symbol(adjoint_name("F", w.name)), S.Zero, slopes) for w in weights]
    note = (
        "proved for the three objects: F is the same for k w1, k w2, k w3, k > 0, so a penalty k^2 (w1^2 + w2^2 + "
        "w3^2) gets as small as one likes with the same F and restricts no function; whether training does well "
        "without dropout and penalties is a matter of experience"
    )
    return Finding(combine(verdicts), note=note)


@section.definition(
    "L8.69",
    "Conclusions",
    "Она позволяет представить НС в виде ансамбля нескольких НС. Для сокращения вычислений нормировать нужно не "
    "по всей ТВ, а по мини-батчам.",
    lines="764, 765",
)
def conclusions() -> Finding:
    """Dropout on one hidden layer: the mean over all masks of the smaller nets is the net with (1 - p) outputs.

    Mini-batches: with statistics of 2 objects the first mean stands in the loss a number of times linear in m.
    """
    text = "inputs x\nh1 = f(w1*x + w01)\nh2 = f(w2*x + w02)\nF = {0}h1*w3 + {0}h2*w4 + w03"
    full, scaled = (network(text.format(factor)) for factor in ("", "q*"))
    p = Symbol("p")
    masks = [frozenset(gone) for count in (0, 1, 2) for gone in combinations(full.hidden, count)]
    ensemble = [
        product(mask_probability(mask, full.hidden, p), function_of(full.drop(sorted(mask), connected=False)))
        for mask in masks
    ]
    average = decide(total(*ensemble), substitute(function_of(scaled), {Symbol("q"): 1 - p}))

    whole_set, mini_batch = of_depth(3), replace(of_depth(3), statistics=(1, 2))
    counts = [in_the_loss(of)["C_1"] for of in (whole_set, mini_batch)]
    degrees = [Poly(count, m).degree() for count in counts]
    written = [str(count.factor()) for count in counts]
    shorter = shown(
        set(summands(mini_batch)) == {Integer(2)} and degrees[1] == 1 < degrees[0],
        "with a mini-batch of 2 the sums have 2 summands, and C_1 stands linearly often in the loss",
        {"whole set": written[0], "mini-batch of 2": written[1]},
    )
    note = (
        f"the mean over the {len(masks)} masks, for every p; C_1 stands {written[0]} times in the loss of a chain "
        f"of three with the statistics of all m objects, {written[1]} times with a mini-batch of 2"
    )
    return Finding(combine([average, shorter]), note=note)


def function_of(of: Network) -> Expr:
    """The function of the network at a free x."""
    return of.function().unfold(Symbol("F"))


if __name__ == "__main__":
    section.main()

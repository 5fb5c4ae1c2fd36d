"""The article of the wiki on batch normalization, as it was edited on 12 January 2019: text, figures and code."""

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

from sympy import Indexed, Rational, S, Symbol

from derivations.contradictions import AVERAGES, alpha, gamma, sides
from derivations.lecture08_normalization import standardized
from derivations.slides4_normalization import BACKWARD, batch_norm, check
from derivations.slides4_normalization_use import rates
from symnet.claims import Finding, Reading, Section, combine, shown
from symnet.expressions import subexpressions, substitute
from symnet.operations import sqrt
from symnet.reading.load import network
from symnet.truth.assumptions import nonzero, positive
from symnet.truth.evaluate import evaluate
from symnet.truth.numbers import Number
from symnet.truth.verdict import Verdict, decide

section = Section("W", "The wiki on batch normalization")

x, C, s, w, b = map(Symbol, ("x", "C", "S", "w", "b"))


@section.check(
    "W.1",
    "Features 0..1 and 1..1000 must be normalised to speed up training",
    "когда есть признаки со значениями от <tex>0</tex> до <tex>1</tex> и некоторые признаки со значениями от "
    "<tex>1</tex> до <tex>1000</tex>, то их необходимо нормализовать, чтобы ускорить обучение",
    lines="11",
    expected="proved",
)
def ranges_of_features() -> Finding:
    """The rate of the best constant step is (kappa - 1)/(kappa + 1); at the four corners of both ranges, exactly."""
    low, high = map(Symbol, ("lambda_min", "lambda_max"))
    best = 2 / (low + high)
    verdicts = [
        decide(1 - best * low, (high / low - 1) / (high / low + 1)),
        decide(best * high - 1, 1 - best * low),
    ]
    corners = [(one, other) for one in (0, 1) for other in (1, 1000)]
    raw, normal = rates(corners), rates([(2 * one - 1, 1 if other > 1 else -1) for one, other in corners])
    slow, fast = (loss.rate(loss.best_step()) for loss in (raw, normal))
    kappa = raw.eigenvalues[-1] / raw.eigenvalues[0]
    facts = {"rate": slow.text(), "kappa": kappa.text(), "normalized": fast.text()}
    verdicts += [
        shown(slow == (kappa - 1) / (kappa + 1), "exact eigenvalues of the Hessian", facts),
        shown(fast < slow and fast == Number(S.Zero), "exact rates of both Hessians", facts),
    ]
    steps = (slow.ball().log() ** -1 * Number(Rational(1, 1000)).ball().log()).str(4, radius=False)
    return Finding(
        combine(verdicts),
        note=f"Least squares on the four corners of the ranges: kappa = {kappa.ball().str(7, radius=False)}, "
        f"the best constant step takes {steps} steps for an error 1000 times smaller; with normalized features one "
        "step reaches the minimum. 'Necessary' is for speed only: the unnormalized descent converges too.",
    )


@section.check(
    "W.2",
    "Normalisation scales data fed to activation functions",
    "Нормализация входного слоя нейронной сети обычно выполняется путем масштабирования данных, подаваемых в функции "
    "активации.",
    lines="11",
    expected="ambiguous",
)
def scaling() -> Finding:
    """(x - C)/S against a multiplication, against a multiplication with a shift; and which data are meant."""
    value = (x - C) / s
    multiplied = decide(value, x / s, parameters=[C])
    affine = decide(value, 1 / s * x + -C / s)
    readings = (
        Reading(r"\frac{x - C}{S} = \frac{1}{S} x", multiplied),
        Reading(r"\frac{x - C}{S} = \frac{1}{S} x - \frac{C}{S}", affine),
    )
    before, after = (
        w * value + b,
        decide(w * (x - C) / sqrt(w**2 * s**2), value, assumptions=[nonzero(w), positive(s)]),
    )
    activation = decide(before, value)
    return Finding(
        Verdict("ambiguous", "scaling with and without a shift", multiplied.seconds + affine.seconds),
        readings=readings,
        note="As a multiplication alone it leaves the mean where it was, and is a normalization only under the "
        f"condition ({', '.join(multiplied.assumptions)}); with a shift it always is. What an activation of the first "
        f"layer is fed is w (x - C)/S + b, not the normalized data ({activation.verdict}); normalizing w x + b instead "
        f"gives (x - C)/S again only under a condition ({', '.join(after.assumptions)}).",
    )


@section.definition(
    "W.3",
    "BN does the same in hidden layers",
    "Нормализацию данных можно выполнить и в скрытых слоях нейронных сетей, что и делает метод нормализации батчей.",
    lines="11",
)
def hidden_layers() -> Finding:
    net = network("inputs x\nh = f(norm(w1*x) + w01)\nr = f(norm(w2*h) + w02)\nF = w3*r + w03")
    return Finding(standardized(net), note="Two hidden layers: mean 0 and deviation 1 for every f, m and weights.")


def below_each_other(formulas: Iterable[str]) -> str:
    """Display formulas as one, a line each."""
    lines = " \\\\\n".join(f"& {formula.strip('$')}" for formula in formulas)
    return rf"\begin{{aligned}}{lines}\end{{aligned}}"


@section.check(
    "W.4",
    '"The gradient is computed as follows:" (formula absent)',
    "В случае использования метода нормализации батчей градиент вычисляется следующим образом:",
    lines="14",
    expected="ambiguous",
)
def absent_gradient() -> Finding:
    """After the colon nothing is printed. What could stand there, with m and as slides 4 print it, with m - 1."""
    graph = batch_norm()
    right = {name: formula.replace("{m-1}", "{m}") for name, formula in BACKWARD.items()}
    derived = combine([check(formula, graph) for formula in right.values()])
    printed = combine([check(formula, graph) for formula in BACKWARD.values()])
    latex = below_each_other(right.values())
    readings = (Reading(latex, derived), Reading(below_each_other(BACKWARD.values()), printed))
    verdict = Verdict("ambiguous", "no formula is printed after the colon", derived.seconds + printed.seconds)
    correction = {"text": "the six derivatives of Ioffe and Szegedy, with m", "latex": latex}
    return Finding(
        replace(verdict, correction=correction if derived.verdict == "proved" else None),
        readings=readings,
        note="What symnet derives, for every m, loss, gamma, beta and eps, are the six formulas with m, node by node "
        f"({derived.verdict}); as slides 4 print them, with m - 1, they are {printed.verdict} (P4.61).",
    )


@section.definition(
    "W.5",
    "Caption of BN circuit: N=m, D=d",
    "Здесь <tex>N=m</tex> и <tex>D=d</tex>. […] Слева-направо черными стрелками показана работа алгоритма в прямом "
    "направлении. А справа-налево красными стрелками {{---}} в обратном направлении, где вычисляется градиент функции "
    "потерь.",
    lines="13",
)
def circuit() -> Finding:
    """Statistics of two columns over m rows; and the order of the equations, forward and back."""
    net = network("inputs x1 x2\nF = w1*norm(x1) + w2*norm(x2)")
    own: dict[str, set[str]] = {}
    rows: list[bool] = []
    for norm in net.normalizations:
        inside = set(subexpressions(net.derivation.unfold(Symbol(norm.deviation))))
        own[norm.deviation] = {str(node.base) for node in inside if isinstance(node, Indexed)}
        rows.append(net.objects in inside and not {Symbol(name) for name in net.parameters} & inside)
    facts = {name: ", ".join(sorted(names)) for name, names in own.items()}
    apart = sorted(map(sorted, own.values())) == [["x1"], ["x2"]]
    columns = shown(apart and all(rows), "the names in the deviations, which are sums over m rows", facts)
    names = [equation.name for equation in batch_norm()]
    forward = [name for name in names if not name.startswith("dL_d")]
    backward = [name.removeprefix("dL_d") for name in names if name.startswith("dL_d")]
    nodes = [name for name in backward if name in forward and name != "L"]
    back = shown(
        nodes == [name for name in reversed(forward) if name in nodes] and len(nodes) == len(forward) - 1,
        "the order of the equations of the sweep",
        {"forward": ", ".join(forward), "backward": ", ".join(backward)},
    )
    return Finding(
        combine([columns, back, standardized(net)]),
        note=f"N = m rows are objects, D = d columns are features: each column has a mean and a deviation of its own "
        f"({'; '.join(f'{n} of {c}' for n, c in facts.items())}). Forward {', '.join(forward)}; backward the same "
        f"nodes in the opposite order: {', '.join(nodes)}.",
    )


SUBSETS = {"upper": ((0, 1), (1, 0), (1, 2), (2, 1)), "lower": ((5, 6), (6, 5), (6, 7), (7, 6))}


@section.definition(
    "W.6",
    "Covariate shift figure",
    "Два подмножества имеют довольно различные распределения. […] Синяя линия показывает границу между двумя классами.",
    lines="10",
)
def two_subsets() -> Finding:
    """Points with the classes on two sides of one line x_1 = x_2, and a line that only fits the upper subset."""
    means = {name: _means(points) for name, points in SUBSETS.items()}

    def errors(weights: tuple[int, int], offset: int, name: str) -> int:
        answers = [weights[0] * one + weights[1] * other + offset > 0 for one, other in SUBSETS[name]]
        return sum(answer != (other > one) for answer, (one, other) in zip(answers, SUBSETS[name], strict=True))

    wrong = {name: (errors((-1, 1), 0, name), errors((-3, 1), 2, name)) for name in SUBSETS}
    facts = {name: f"mean {means[name]}, errors {wrong[name]}" for name in SUBSETS}
    shifted = means["upper"] != means["lower"]
    same_rule = all(own == 0 for own, _ in wrong.values())
    learned = wrong["upper"][1] == 0 and wrong["lower"][1] > 0
    return Finding(
        shown(shifted and same_rule and learned, "means and classes of eight points, exactly", facts),
        note="The figure is not in the text. As an object: two sets of points with different means and one boundary, "
        f"x_2 = x_1, that is right on both; the line x_2 = 3 x_1 - 2 is right on one and wrong {wrong['lower'][1]} "
        "times on the other. The distribution of x changes, that of the class given x does not.",
    )


def _means(points: tuple[tuple[int, int], ...]) -> list[str]:
    """The means of both columns by the norms of a network."""
    rows = "\n".join(f"{one} {other} | 0" for one, other in points)
    net = network(f"inputs x1 x2\nF = norm(x1) + norm(x2)\ndata x1 x2 | y\n{rows}")
    return [value.text for value in evaluate(net.example, {}, [norm.mean for norm in net.normalizations]).values()]


@section.empirical(
    "W.7",
    'Implemented in "practically all" toolkits',
    "Механизм нормализации батчей реализован практически во всех современных инструментариях для машинного обучения, "
    "таких как: TensorFlow",
    lines="15",
)
def toolkits() -> Finding:
    """What they share is the formula; the two conventions of the running averages are one under 1 - momentum."""
    new_weighted, _, old_weighted, _ = (sides(*one)[1] for one in AVERAGES.items())
    same = decide(substitute(new_weighted, {alpha: 1 - gamma}), old_weighted)
    spread, scale, shift = sqrt(Symbol("var") + Symbol("eps")), Symbol("gamma"), Symbol("beta")
    formula = decide(scale * (x - C) / spread + shift, x * (scale / spread) + (shift - C * (scale / spread)))
    return Finding(
        combine([same, formula]),
        note="Which toolkits have it is a matter of record. Provable: the momentum of PyTorch, which weights the new "
        "batch, and that of Keras, which weights the old value, give the same running statistics for "
        "alpha = 1 - gamma, and at inference the layer is one multiplication and one addition.",
    )


CODE = "import tensorflow as tf\n210"


@section.check("W.8", "Code example truncated", CODE, lines="17, 18", expected="ambiguous")
def truncated_code() -> Finding:
    """The lines read as Python, with 210 as code and as the count of edits in the foot of the page."""
    readings = []
    for lines in (CODE, CODE.partition("\n")[0]):
        calls = [node for node in ast.walk(ast.parse(lines)) if isinstance(node, ast.Call)]
        facts = {"calls in the program": str(len(calls)), "program": lines}
        readings.append(Reading(rf"\texttt{{{lines}}}", shown(bool(calls), "the syntax tree of the program", facts)))
    return Finding(
        Verdict("ambiguous", "two readings of the line 210, neither of which applies anything", 0.0),
        readings=tuple(readings),
        note="What follows the import was not kept in the text: 210 counts the edits, '210 правок'. "
        "Both readings are valid Python without a single call: the announced example is absent.",
    )


WIDTH = "800px700px"


@section.check("W.9", "Diff artefact 800px700px", WIDTH, lines="13", expected="ambiguous")
def diff_artefact() -> Finding:
    """As a width of MediaWiki, whole and after either half of the difference is taken away."""
    size = re.compile(r"(\d+)?(x\d+)?px")
    old, new = re.findall(r"\d+px", WIDTH)
    verdicts = {
        text: shown(size.fullmatch(text) is not None, "the form of a width in MediaWiki", {"text": text})
        for text in (WIDTH, old, new)
    }
    return Finding(
        Verdict("ambiguous", "the text before and after an edit, one after the other", 0.0),
        readings=tuple(Reading(rf"\texttt{{{text}}}", verdict) for text, verdict in verdicts.items()),
        note=f"The page shows a difference of two versions without its colours: {old} was replaced by {new}, or the "
        "other way round. The whole is no width that MediaWiki knows, each half is.",
    )


if __name__ == "__main__":
    section.main()

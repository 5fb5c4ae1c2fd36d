"""Where the lectures contradict each other on dropout: what p is, and what an ensemble is better than."""

from dataclasses import replace

from sympy import Expr, IndexedBase, Integer, Rational, Symbol

from derivations.contradictions import said
from derivations.lecture08_ensembles import ensemble, output, two_linear
from symnet.claims import Finding, Section, combine, shown, verdict_of
from symnet.expressions import substitute, total
from symnet.moments import bernoulli, expectation
from symnet.training import expected_function
from symnet.truth.verdict import decide

section = Section("X", "Contradictions between the lectures: dropout")

p, o = map(Symbol, ("p", "o"))
i = Symbol("i", integer=True)


# X.1


@section.check(
    "X.1",
    "Meaning of p in dropout",
    "p – вероятность «смерти» нейрона […] выход каждого нейрона домножается на число p (вероятность исключения этого "
    r"нейрона). […] С вероятностью  $p$  отключаем нейрон […] D = (D_1, \dots, D_k) \sim iidBern(p) […] "
    r"$$o = p \cdot f(X \cdot W + b)$$ […] $$\text{train: } o = \frac{1}{p} \cdot D \cdot f(X \cdot W + b)$$ […] "
    "Drop-Out $p=0.5$",
    lines="L8 76, 181; P4 495, 513, 577, 602; E3 131",
    expected="proved-if",
)
def meaning_of_p() -> Finding:
    """The mean output of a neuron with output o, and of inverted dropout, under both meanings of p."""
    mask = IndexedBase("D")[i]
    keeps = {"p is the chance to die": 1 - p, "p is the chance to live": p}
    says = {"test: multiply by p": (mask * o, p * o), "train: divide by p": (mask * o / p, o)}
    found = {
        (rule, meaning): decide(expectation(left, "D", bernoulli(keep)), right, parameters=[p])
        for rule, (left, right) in says.items()
        for meaning, keep in keeps.items()
    }
    always = [meaning for meaning in keeps if all(found[rule, meaning].verdict == "proved" for rule in says)]
    note = "; ".join(f"{rule}, {meaning}: {said(verdict)}" for (rule, meaning), verdict in found.items())
    return Finding(
        combine(list(found.values())),
        note=f"{note}. Both rules are right where {' or '.join(always)} (P4.70-77); L8.5 and P4.69 let p be the chance "
        "to die, so L8.20 should multiply by 1 - p. At the p = 0.5 of E3.16 and of L8.8 it is all one.",
    )


# X.14


@section.check(
    "X.14",
    "Ensembles",
    "Точность ансамбля выше точности каждого из его членов. […] можно отключать по очереди все возможные комбинации "
    "нейронов, получить  $2^n$  прогнозов и усреднить их",
    lines="L8 29; P4 568",
    expected="refuted",
)
def ensembles() -> Finding:
    """L8.2 on constants, and on the 2^n nets of P4.74 themselves: their average against the net with all neurons."""
    average = expected_function(two_linear, Rational(1, 2), reject=False)
    whole = output(two_linear)
    half = decide(average, whole / 2)
    targets = {1: 3, 2: 2, 3: 1}
    point = {"w1": Rational(-1, 2), "w01": 2, "w2": Rational(-1, 2), "w02": 2}

    def error(function: Expr) -> Expr:
        at = {Symbol(name): value for name, value in point.items()}
        return total(*((substitute(function, {**at, Symbol("x"): Integer(q)}) - y) ** 2 for q, y in targets.items()))

    errors = {"average of the 4 nets": error(average), "the net with all neurons": error(whole)}
    facts = {name: str(value) for name, value in errors.items()}
    member = shown(errors["average of the 4 nets"] < errors["the net with all neurons"], "exact losses", facts)
    both = verdict_of(ensemble)
    return Finding(
        replace(combine([member, both]), correction=both.correction),
        note=f"The average of the 2^n forecasts is the net at half its signals ({half.verdict}, two linear neurons). "
        f"Where the whole net answers -x + 4 exactly, its loss is {facts['the net with all neurons']} and that of the "
        f"average {facts['average of the 4 nets']}: a member of P4's own ensemble beats it. What holds "
        "for every ensemble is the correction: it is better than its members on average.",
    )


if __name__ == "__main__":
    section.main()

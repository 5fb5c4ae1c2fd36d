r"""The names of a network as a slide writes them.

`w_1` and `w_2` are a family, so that `\sum_k w_k h_k` is read; `x`, `h_1`, `F` and `y` have a value an object, so that
`F_i` and `x_1^{(i)}` are read; `\hat{y}` is what the network predicts, and `m` the number of objects.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, Symbol

from symnet.expressions import substitute
from symnet.names import default_latex
from symnet.network.network import Network
from symnet.reading.slide import Vocabulary

__all__ = ["AVERAGES", "EVERY", "FUNCTION_NAMES", "LOSS_NAMES", "OVER_OBJECTS", "Names", "plain"]

FUNCTION_NAMES = ("F", "F_{NN}", "F_{NNN}", "F_{N}")
LOSS_NAMES = ("L", "L_{N}")
OTHER_LOSSES = (r"\mathcal{L}", r"\ell", "J", "E", "Q", "Loss")  # unless the network gives them another meaning
# How an average, a variance and a covariance over the objects are written.
AVERAGES: Mapping[str, str] = {
    r"\mathbb{E}": "mean of",
    "E": "mean of",
    "M": "mean of",
    r"\mathbb{D}": "variance of",
    "D": "variance of",
    "Var": "variance of",
    r"\mathbb{V}": "variance of",
    "Cov": "covariance of",
    "cov": "covariance of",
}
# What is taken over the objects, by names that nothing else can have, and how it is printed.
OVER_OBJECTS: Mapping[str, str] = {
    "mean of": r"\mathbb{E}",
    "variance of": r"\operatorname{Var}",
    "covariance of": r"\operatorname{Cov}",
    "norm of": r"\operatorname{norm}",
}
EVERY = Symbol("every", integer=True, positive=True)  # the last value of an index that a formula leaves out


def plain(latex: str) -> str:
    r"""The symbol a LaTeX name is read as: F_{NN} is FNN, \mathcal{L} is Lcal, \mathbb{E} is Ebb."""
    accented = re.fullmatch(r"\\math(cal|bb)\{(.)\}", latex)
    return f"{accented[2]}{accented[1]}" if accented else "".join(filter(str.isalnum, latex))


@dataclass(frozen=True)
class Names:
    """functions, losses: LaTeX names beyond the usual ones, each of a network's function or loss.

    given: symbols that have a meaning of their own on the slide.
    """

    network: Network
    functions: Mapping[str, Network]
    losses: Mapping[str, Network]
    given: frozenset[str] = frozenset()

    @cached_property
    def of_objects(self) -> frozenset[str]:
        """The names with a value an object."""
        network = self.network
        inner = [n for k in network.normalizations for n in (k.input, k.value)]
        return frozenset((*network.inputs, *network.targets, *(n.name for n in network), *inner)) - self.given

    @cached_property
    def known(self) -> frozenset[str]:
        """Every name of the network: nothing else gets its meaning from a habit of lectures."""
        statistics = [n for k in self.network.normalizations for n in (k.mean, k.deviation)]
        return frozenset((*self.of_objects, *self.network.parameters, *statistics, *self.given))

    @cached_property
    def by_function(self) -> dict[str, Network]:
        """The network whose function a symbol is."""
        return {plain(n): net for n, net in {**dict.fromkeys(FUNCTION_NAMES, self.network), **self.functions}.items()}

    @cached_property
    def by_loss(self) -> dict[str, Network]:
        """The network whose loss a symbol is."""
        return {plain(name): net for name, net in self._losses.items()}

    @cached_property
    def _losses(self) -> dict[str, Network]:
        free = [name for name in OTHER_LOSSES if plain(name) not in self.known | {*map(plain, self.functions)}]
        return {**dict.fromkeys((*LOSS_NAMES, *free), self.network), **self.losses}

    @cached_property
    def averages(self) -> dict[str, str]:
        """What a symbol that is applied to arguments takes over the objects."""
        return {plain(name): kind for name, kind in AVERAGES.items() if plain(name) not in self.known}

    @cached_property
    def size(self) -> Symbol:
        """The number of objects as a formula writes it, `m`."""
        return Symbol(self.network.size_letter)

    @cached_property
    def prediction(self) -> Mapping[str, str]:
        r"""`\hat{y}` is the output that is compared with y, and F the only one, if nothing else has this name."""
        outputs = self.network.outputs
        meant = {_hat(target): output for target, output in zip(self.network.targets, outputs, strict=False)}
        meant |= {"F": outputs[0]} if len(outputs) == 1 else {}
        return {name: output for name, output in meant.items() if name not in self.known}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        names: dict[str, Expr] = {}
        for norm in self.network.normalizations:
            for name in (norm.mean, norm.deviation):
                base, _, number = name.partition("_")
                names[f"{base}_{{{number}}}" if number else base] = Symbol(name)
        for name in (*self.network.parameters, *(n.name for n in self.network)):
            if name.isalpha() and len(name) > 1:
                names |= {name: Symbol(name), default_latex(name): Symbol(name)}
        if Symbol("eps") in names.values():
            names[r"\epsilon"] = Symbol("eps")
        if len(self.network.normalizations) == 1 and "sigma" not in self.known:
            names[r"\sigma"] = Symbol("sigma")
        if "e" in self.known:
            names["e"] = Symbol("e")
        if self.network.rows is None:
            names[str(self.network.objects)] = self.network.objects
        indices = frozenset({*"ijk", self.network.object_index.symbol.name} - names.keys() - self.known)
        neurons = [default_latex(n.name) for n in self.network]
        predicted = [rf"\hat{{{name[0]}}}" for name in self.prediction if name[1:] == "hat"]
        averages = [name for name in AVERAGES if plain(name) in self.averages]
        applied = {*FUNCTION_NAMES, *self.functions, *self._losses, *neurons, *predicted, *averages}
        return Vocabulary(names=names, applied=frozenset(applied), indices=indices, every=EVERY, objects=True)

    def with_definitions(self, chains: Sequence[tuple[Expr, ...]]) -> list[tuple[Expr, ...]]:
        """What is said, with `z = wx + b` beside it put in, where nothing else is called z."""
        taken = self.known | self.by_function.keys() | self.by_loss.keys()
        given: dict[Expr, Expr] = {}
        for chain in chains:
            if len(chain) == 2 and isinstance(chain[0], Symbol) and len(chain[0].name) == 1:
                given |= {} if chain[0].name in taken or chain[0].is_integer else {chain[0]: chain[1]}
        said = [chain for chain in chains if chain[0] not in given]
        return [tuple(substitute(side, given) for side in chain) for chain in said] if said else list(chains)

    # Families: w1, w2, …

    @cached_property
    def _families(self) -> dict[str, dict[tuple[str, ...], str]]:
        """For a base the names with labels of digits after it; w12 has the label 12, and the labels 1 and 2."""
        found: dict[str, dict[tuple[str, ...], str]] = {}
        for name in sorted(self.known):
            match = re.fullmatch(r"(.*?[^\W\d])_?(\d+(?:_\d+)*)", name)
            if match:
                labels = tuple(match[2].split("_"))
                members = found.setdefault(match[1], {})
                members.setdefault(tuple(match[2]), name)
                members[labels] = name
        return found

    def member(self, base: str, labels: tuple[int, ...]) -> str | None:
        """The name `base` with these labels."""
        return self._families.get(base, {}).get(tuple(map(str, labels)))

    def is_family(self, base: str) -> bool:
        return base in self._families and base not in self.known

    def sizes(self, base: str, count: int) -> list[int]:
        """For each of so many labels the largest there is; none for a base that has no names with so many."""
        members = [labels for labels in self._families[base] if len(labels) == count]
        return [max(int(labels[k]) for labels in members) for k in range(count if members else 0)]

    # Objects

    @property
    def objects(self) -> Expr:
        """How many objects there are: a size, or a number."""
        return self.network.objects


def _hat(target: str) -> str:
    letters, digits = re.fullmatch(r"(\D*)(.*)", target).groups()  # type: ignore[union-attr]  # matches any name
    return f"{letters}hat{digits}"

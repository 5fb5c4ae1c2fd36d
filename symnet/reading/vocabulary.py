"""What the names in a formula mean: the caller's declarations, and a default for every other name."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cache

from sympy import Expr, IndexedBase, Integer, Symbol

from symnet.errors import InputError
from symnet.reading.latex import canonical, lex

__all__ = ["FUNCTIONS", "Vocabulary"]

# How lectures write the functions of `symnet.operations`.
FUNCTIONS: Mapping[str, str] = {
    "f": "f",
    "g": "g",
    r"\phi": "phi",
    r"\varphi": "phi",
    r"\sigma": "sigmoid",
    "sigmoid": "sigmoid",
    r"\tanh": "tanh",
    "tanh": "tanh",
    r"\th": "tanh",
    r"\sinh": "sinh",
    r"\sh": "sinh",
    r"\cosh": "cosh",
    r"\ch": "cosh",
    r"\exp": "exp",
    r"\ln": "log",
    r"\log": "log",
    r"\max": "max",
    r"\min": "min",
    "ReLU": "relu",
    "relu": "relu",
    "ELU": "elu",
    "SELU": "selu",
    "GELU": "gelu",
    "softplus": "softplus",
    "sgn": "sign",
    "sign": "sign",
}


@dataclass(frozen=True)
class Vocabulary:
    """The names a caller knows, by their LaTeX; `w_{1}`, `w_1` and `w_{01}`, `w_01` are the same key.

    names: what a name stands for, as `{r"\\mu_{\\mathcal{B}}": Symbol("mu")}`. A key may be a word (`Loss`) or
        carry a superscript that is part of the name (`\\sigma_h^2`). An IndexedBase declares the base of indexed
        names.
    functions: names that are applied to a bracket, and the function of `symnet.operations` each stands for.
    applied: names that are applied to arguments without being functions of the table: `F_{NN}(x)`, `L(w)`.
        They are read as `Applied(symbol, arguments)`.
    indices: letters that are indices: with `i` among them, `x_i` is `IndexedBase("x")[i]`, and `x_1^{(i)}` is
        `IndexedBase("x1")[i]`.
    every: the last value of the index of a sum that gives none, `\\sum_i`; without it such a sum is refused.
    objects: whether names have a value an object, so that there are averages and norms over the objects:
        `\\overline{xy}` and `\\langle xy \\rangle` are read as `Applied(Symbol("mean of"), x*y)`, `\\|x\\|` as
        `Applied(Symbol("norm of"), x)`; otherwise an average is refused and a norm is that of a number.

    A name that is not declared is the Symbol of its letters and digits: `w_{01}` is w01, `\\mu_h` is mu_h,
    `\\hat{x}` is xhat, `\\nabla f` is nablaf, `x'` is xprime. A function's name without a bracket is
    refused unless `names` has it too.
    """

    names: Mapping[str, Expr] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=lambda: FUNCTIONS)
    applied: frozenset[str] = frozenset()
    indices: frozenset[str] = frozenset()
    every: Expr | None = None
    objects: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", {_key(k): v for k, v in self.names.items()})
        object.__setattr__(self, "functions", {_key(k): v for k, v in self.functions.items()})
        object.__setattr__(self, "applied", frozenset(map(_key, self.applied)))

    @property
    def words(self) -> set[str]:
        """The declared names of several plain letters, which a formula writes like a product of letters."""
        keys = (*self.names, *self.functions, *self.applied)
        return {match[0] for match in (re.match(r"[A-Za-z]{2,}", key) for key in keys) if match}

    def function(self, name: str) -> tuple[str, int] | None:
        """The operation a name with its primes stands for, and the order of the derivative."""
        plain = name.rstrip("'")
        return (self.functions[plain], len(name) - len(plain)) if plain in self.functions else None

    def meaning(self, name: str, bound: Set[str] = frozenset()) -> Expr:
        """The expression a name in canonical spelling stands for; `bound` are more indices."""
        indices = self.indices | bound
        if name in bound:
            return _index(name)
        if name in self.names:
            value = self.names[name]
            if isinstance(value, IndexedBase):
                raise InputError(f"the name {name} needs an index")
            return value
        if name in indices:
            return _index(name)
        base, _, subscript = name.rstrip("'").partition("_")
        primes = "prime" * (len(name) - len(name.rstrip("'")))
        subscript = subscript.removeprefix("{").removesuffix("}")
        subscript, _, place = subscript.partition(";")
        objects = _places(place, indices | {*place}) if place else ()
        places = _places(subscript, indices)
        if not places and objects and subscript:
            return IndexedBase(self.meaning(f"{base}_{{{subscript}}}").name)[objects]
        if (places or objects) and not primes:
            declared = self.names.get(base)
            indexed = declared if isinstance(declared, IndexedBase) else IndexedBase(_word(base, name))
            return indexed[*places, *objects]
        word = _word(base, name)
        if not subscript:
            return Symbol(word + primes)
        between = "" if len(word) == 1 else "_"
        return Symbol(word + between + _subscript(subscript, name) + primes)


def _places(subscript: str, indices: Set[str]) -> tuple[Expr, ...]:
    """The indices a subscript lists: `jk`, `i,1` or `i-1`; none when it is a label."""
    parts = re.findall(r"[A-Za-z](?:[-+]\d+)?|\d+|[^,]", subscript)
    if not any(part[0] in indices for part in parts):
        return ()
    if not all(part[0] in indices or part.isdecimal() for part in parts):
        return ()
    return tuple(Integer(part) if part.isdecimal() else _index(part[0]) + Integer(part[1:] or 0) for part in parts)


def _index(letter: str) -> Symbol:
    return Symbol(letter, integer=True)


@cache
def _key(latex: str) -> str:
    return canonical(lex(latex))


def _word(base: str, name: str) -> str:
    """`\\alpha` is alpha, `\\hat{x}` is xhat, `\\tilde{\\mu}` is mutilde, `\\mathcal{L}` is Lcal."""
    accented = re.fullmatch(r"\\([a-z]+)\{\\?([A-Za-z]+)\}", base)
    if accented and accented[1] == "nabla":
        return accented[1] + accented[2]
    if accented:
        return accented[2] + accented[1].removeprefix("wide").removeprefix("math")
    return base.removeprefix("\\")


def _subscript(subscript: str, name: str) -> str:
    plain = subscript.replace(r"\mathcal", "")
    if not re.fullmatch(r"(?:\\[A-Za-z]+|[A-Za-z0-9{},])+", plain):
        raise InputError(f"the subscript of {name} is neither a label nor declared indices")
    return "_".join("".join(re.findall(r"[A-Za-z0-9]+", part)) for part in plain.split(","))

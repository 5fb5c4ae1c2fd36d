"""What `symnet derive --format json` prints is read back by SymPy, in order, to the same numbers."""

import re
from fractions import Fraction
from typing import Any

import sympy
from flint import arb
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

from symnet.commands.derive import Request, derive
from symnet.errors import DegenerateError
from symnet.network.network import Network
from symnet.reading import load
from tests.laws.rigour import Point, values
from tests.strategies import ABSTRACT, KINKED, SMOOTH, networks, points

DIGITS = 60
law = settings(max_examples=15, deadline=None, derandomize=True, phases=(Phase.generate,))


def _wave(u: Any, order: int) -> Any:
    """The f of `rigour.FUNCTIONS` in SymPy's own functions."""
    return sympy.sin(u + order * sympy.pi / 2) + (u / 2 if order == 0 else sympy.Rational(1, 2))


def _bell(u: Any, order: int) -> Any:
    return sympy.exp(-u / 3) * sympy.Rational(-1, 3) ** order + (u**2 if order == 0 else 2 * u)


def _step(u: Any) -> Any:
    return sympy.Heaviside(u, 0)


def _cdf(u: Any) -> Any:
    return (1 + sympy.erf(u / sympy.sqrt(2))) / 2


# The functions of a printed text, written down here once more and on purpose.
MEANINGS: dict[str, Any] = {
    "f": lambda u: _wave(u, 0),
    "fprime": lambda u: _wave(u, 1),
    "g": lambda u: _bell(u, 0),
    "gprime": lambda u: _bell(u, 1),
    "phi": lambda u: _wave(u - 1, 0),
    "phiprime": lambda u: _wave(u - 1, 1),
    "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)),
    "softplus": lambda u: sympy.log(1 + sympy.exp(u)),
    "gelu": lambda u: u * _cdf(u),
    "normal_cdf": _cdf,
    "normal_pdf": lambda u: sympy.exp(-(u**2) / 2) / sympy.sqrt(2 * sympy.pi),
    "step": _step,
    "relu": lambda u: u * _step(u),
    "leaky_relu": lambda u, a: u * _step(u) + a * u * _step(-u),
    "elu": lambda u, a: u * _step(u) + a * (sympy.exp(u) - 1) * _step(-u),
    "sign": sympy.sign,
    "abs": sympy.Abs,
    "sqrt": sympy.sqrt,
    "exp": sympy.exp,
    "tanh": sympy.tanh,
}


def read_number(text: str, known: dict[str, Any]) -> Any:
    """The value of a printed text: SymPy reads it, every name a known number or a function of this table."""
    names = set(re.findall(r"[A-Za-z_]\w*", text))
    applied = set(re.findall(r"([A-Za-z_]\w*)\(", text))
    scope = {n: MEANINGS[n] if n in applied else known[n] for n in names}
    return sympy.sympify(text, locals=scope).evalf(DIGITS)


def decimal(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator).evalf(DIGITS)


def assert_in(value: Any, ball: arb, what: str) -> None:
    """The value agrees with a ball to a relative 10^-25 (of 60 digits computed with, subtraction cancels some)."""
    assert (arb(str(value)) - ball).overlaps(arb(0, 1e-25) * (1 + abs(ball))), what


def is_balanced(latex: str) -> bool:
    """Braces, and `\\left` with `\\right`, close in order."""
    depth: list[str] = []
    for piece in re.findall(r"\\left|\\right|\\[{}]|[{}]", latex):
        if piece in ("{", r"\left"):
            depth.append(piece)
        elif piece in ("}", r"\right") and (not depth or depth.pop() != {"}": "{", r"\right": r"\left"}[piece]):
            return False
    return not depth


def every_latex(answer: Any) -> list[str]:
    if isinstance(answer, dict):
        own = [answer["latex"]] if isinstance(answer.get("latex"), str) else []
        return own + [text for value in answer.values() for text in every_latex(value)]
    return [text for value in answer for text in every_latex(value)] if isinstance(answer, list) else []


@law
@given(networks(activations=SMOOTH + KINKED + ABSTRACT), st.booleans(), st.data())
def test_the_printed_equations_have_the_values_of_the_derivation(network: Network, expand: bool, data) -> None:
    point: Point = data.draw(points(network))
    expand = expand and len(network.normalizations) < 2
    try:
        answer = derive(network, Request(expand=expand, seek=False))
    except DegenerateError:
        reject()  # a batch that is constant whatever the parameters are
    printed = answer.json
    balls = values(answer.full, point)
    known = {name: decimal(value) for name, value in point.items()}
    for equation in printed["equations"]:
        known[equation["name"]] = read_number(equation["text"], known)
        assert_in(known[equation["name"]], balls[equation["name"]], equation["name"])
    assert_in(read_number(printed["loss"]["text"], known), balls["L"], "L")
    for name, partial in printed["gradient"].items():
        assert_in(read_number(partial["text"], known), balls[f"dL_d{name}"], name)

    asked = {name: Fraction(k, 7) for k, name in enumerate(network.inputs, 2)}
    expected = values(network.asked(), {**point, **asked})
    known |= {name: decimal(value) for name, value in asked.items()}
    if expand:  # the equations of the means are written into the loss, but F at x still speaks of them
        known |= {n: sympy.Float(balls[n].str(DIGITS, radius=False), DIGITS) for n in statistics(network)}
    for name, function in printed["functions"].items():
        known[name] = read_number(function["text"], known)
        assert_in(known[name], expected[name], f"{name} at x")
    latexes = every_latex(printed)
    assert latexes
    assert all(map(is_balanced, latexes))


def statistics(network: Network) -> list[str]:
    return [name for k in network.normalizations for name in (k.mean, k.deviation)]


@law
@given(networks(activations=SMOOTH + ABSTRACT, data=False), st.booleans())
def test_a_symbolic_batch_is_read_back_with_its_sums(network: Network, expand: bool) -> None:
    expand = expand and not network.normalizations
    printed = derive(network, Request(expand=expand, seek=False)).json
    parts = [*printed["equations"], printed["loss"], *printed["gradient"].values()]
    for part in parts:
        names = set(re.findall(r"[A-Za-z_]\w*", part["text"])) - {"Sum"}
        applied = set(re.findall(r"([A-Za-z_]\w*)\(", part["text"])) - {"Sum"}
        indexed = set(re.findall(r"([A-Za-z_]\w*)\[", part["text"]))
        scope: dict[str, Any] = {n: sympy.Symbol(n) for n in names - applied - indexed}
        scope |= {n: sympy.Function(n) for n in applied} | {n: sympy.IndexedBase(n) for n in indexed}
        assert isinstance(sympy.sympify(part["text"], locals=scope), sympy.Expr)
        assert is_balanced(part["latex"])


def test_names_that_sympy_has_meanings_for_are_plain_names() -> None:
    net = load.network("inputs x\nF = N*x + E*Q + I*x^2 + O\ndata x | y\n 2 | 3\n 3 | 5\n")
    answer = derive(net, Request(seek=False)).json
    known = {name: sympy.Integer(k) for k, name in enumerate(("N", "E", "Q", "I", "O"), 2)}
    loss = (4 + 12 + 20 + 6 - 3) ** 2 + (6 + 12 + 45 + 6 - 5) ** 2
    assert int(read_number(answer["loss"]["text"], known)) == loss

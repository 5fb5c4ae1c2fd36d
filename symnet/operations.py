"""The one table of operations: value, derivative, LaTeX and NumPy of every function symnet knows.

Adding an operation means adding one row here; the sweep, the prover, the printers, the exact evaluator and the
compiler all read it. Applied operations are opaque to SymPy (`call("tanh", u)` is a SymPy `Expr` that SymPy
never evaluates, so building one costs nothing and keeps the slide's form).

A name that is not in the table may be declared as an *abstract* activation `f`: its derivatives are the
opaque functions f', f'', … written `fprime(u)`, `fprimeprime(u)` in text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from flint import arb
from sympy import Expr, Integer, Rational, S

from symnet.expressions import as_expression, product

__all__ = [
    "ABSTRACT",
    "OPERATIONS",
    "SELU_ALPHA",
    "SELU_SCALE",
    "Call",
    "Operation",
    "abstract",
    "call",
    "head",
    "sqrt",
]

Derivative = Callable[..., tuple[Expr, ...]]


@dataclass(frozen=True)
class Operation:
    """One row: what symnet knows of a function.

    derivative(value, *args): the partial derivatives by each argument; `value` is a name for the applied
        operation itself, so that sqrt' = 1/(2 value) reuses the S that already has a name.
    latex: TeX with #1, #2 for the arguments.  numpy: a NumPy expression with {0}, {1}.
    ball(*args): a rigorous enclosure by python-flint.
    definition(*args): its value, at kinks and jumps too, by sign, exp, log and arithmetic, for proofs; or None.
    exact(*args): its value at rational arguments where that value is rational, else None.
    """

    name: str
    arity: int
    derivative: Derivative
    latex: str
    numpy: str
    ball: Callable[..., Any]
    definition: Callable[..., Expr] | None = None
    exact: Callable[..., Rational | None] = lambda *args: None
    abstract: bool = False


class Call(Expr):
    """An applied operation, `node.args` its arguments. Each operation has its own subclass (see `head`)."""

    is_commutative = True
    operation: Operation
    order = 0  # f has order 0, f' order 1, …; always 0 for the operations of the table

    def __new__(cls, *args: Any) -> "Call":
        return Expr.__new__(cls, *map(as_expression, args))

    @property
    def function(self) -> str:
        """The name of the function, without primes."""
        return self.operation.name

    def partials(self, value: Expr) -> tuple[Expr, ...]:
        """The partial derivative by each argument; `value` stands for the call itself."""
        if self.operation.abstract:
            return (head(self.function, self.order + 1)(*self.args),)
        return self.operation.derivative(value, *self.args)

    def fdiff(self, argindex: int = 1) -> Expr:
        """The derivative by one argument, as SymPy's own functions offer it."""
        return self.partials(self)[argindex - 1]


def head(name: str, order: int = 0) -> type[Call]:
    """The class of applications of an operation, or of the order-th derivative of an abstract function."""
    return _head(name, order)  # one class, however the arguments are passed


@cache
def _head(name: str, order: int) -> type[Call]:
    operation = OPERATIONS.get(name) or abstract(name)
    if order and not operation.abstract:
        raise ValueError(f"{name} is a concrete function: its derivative is an expression")
    attributes = {"operation": operation, "order": order, "__module__": __name__}
    return type(name + "prime" * order, (Call,), attributes)


def call(name: str, *args: Any, order: int = 0) -> Expr:
    """Apply an operation of the table or an abstract function (`order` primes) to expressions or numbers."""
    return head(name, order)(*args)


def sqrt(argument: Expr) -> Expr:
    """The square root as written, never split or evaluated."""
    return call("sqrt", argument)


@cache
def abstract(name: str) -> Operation:
    """The row of a function of which nothing is known but that it has derivatives."""

    def unknown(*args: object) -> Any:
        raise ValueError(f"{name} is abstract: it has no numeric value")

    return Operation(
        name,
        1,
        unknown,
        rf"{ABSTRACT.get(name, name)}(#1)",
        f"{name}({{0}})",
        unknown,
        abstract=True,
    )


# Names read as abstract activations, with the way they are printed.
ABSTRACT = {"f": "f", "g": "g", "phi": r"\varphi"}

_HALF = Rational(1, 2)


def _sign(u: Any) -> Rational:
    return Integer(bool(u > 0) - bool(u < 0))


def _at_zero(value: Any) -> Callable[[Any], Rational | None]:
    return lambda u: as_expression(value) if u == 0 else None


def _by_sign(positive: Expr, negative: Expr, decisive: Expr) -> Expr:
    """The expression that is `positive` where `decisive` > 0 and `negative` where it is < 0."""
    sign = call("sign", decisive)
    return product(_HALF, 1 + sign, positive) + product(_HALF, 1 - sign, negative)


def _rational_sqrt(u: Any) -> Rational | None:
    root = Rational(u) ** _HALF if u >= 0 else None
    return root if isinstance(root, Rational) else None


def _ball_sign(u: arb) -> arb:
    if u > 0:
        return arb(1)
    if u < 0:
        return arb(-1)
    return arb(0) if u.is_zero() else arb(0, 1)


def _ball_step(u: arb) -> arb:
    if u > 0:
        return arb(1)
    return arb(0) if u <= 0 else arb(_HALF_BALL, _HALF_BALL)


_HALF_BALL = 0.5


def _ball(value: Rational) -> arb:
    return arb(int(value.p)) / int(value.q)


def _ball_sigmoid(u: arb) -> arb:
    return 1 / (1 + (-u).exp())


def _step(u: Expr) -> Expr:
    return call("step", u)


def _elu(z: Any, alpha: Any) -> Rational | None:
    return Rational(z) if z >= 0 else None


def _leaky(z: Any, slope: Any) -> Rational:
    return z if z > 0 else slope * z


# SELU's numbers: Klambauer et al., Self-normalizing neural networks, 2017, to the digits all frameworks have.
SELU_ALPHA = Rational("1.6732632423543772848170429916717")
SELU_SCALE = Rational("1.0507009873554804934193349852946")


_ROWS = (
    Operation(
        "sqrt",
        1,
        lambda v, u: (1 / (2 * v),),
        r"\sqrt{#1}",
        "np.sqrt({0})",
        lambda u: u.sqrt(),
        exact=_rational_sqrt,
    ),
    Operation(
        "exp",
        1,
        lambda v, u: (v,),
        r"e^{#1}",
        "np.exp({0})",
        lambda u: u.exp(),
        exact=_at_zero(1),
    ),
    Operation(
        "log",
        1,
        lambda v, u: (1 / u,),
        r"\ln(#1)",
        "np.log({0})",
        lambda u: u.log(),
        exact=lambda u: S.Zero if u == 1 else None,
    ),
    Operation(
        "sigmoid",
        1,
        lambda v, u: (v * (1 - v),),
        r"\sigma(#1)",
        "0.5 * (1 + np.tanh(0.5 * ({0})))",
        _ball_sigmoid,
        definition=lambda u: 1 / (1 + call("exp", -u)),
        exact=_at_zero(_HALF),
    ),
    Operation(
        "tanh",
        1,
        lambda v, u: (1 - v**2,),
        r"\tanh(#1)",
        "np.tanh({0})",
        lambda u: u.tanh(),
        definition=lambda u: 1 - 2 / (1 + call("exp", product(Integer(2), u))),
        exact=_at_zero(0),
    ),
    Operation(
        "softplus",
        1,
        lambda v, u: (call("sigmoid", u),),
        r"\operatorname{softplus}(#1)",
        "np.logaddexp(0, {0})",
        lambda u: (1 + u.exp()).log(),
        definition=lambda u: call("log", 1 + call("exp", u)),
    ),
    Operation(
        "sign",
        1,
        lambda v, u: (S.Zero,),
        r"\operatorname{sgn}(#1)",
        "np.sign({0})",
        _ball_sign,
        exact=_sign,
    ),
    Operation(
        # the derivative of relu; 0 at the kink, as PyTorch, TensorFlow and JAX have it
        "step",
        1,
        lambda v, u: (S.Zero,),
        r"[#1 > 0]",
        "(({0}) > 0)",
        _ball_step,
        definition=lambda u: product(_HALF, call("sign", u) + call("sign", u) ** 2),
        exact=lambda u: Integer(bool(u > 0)),
    ),
    Operation(
        "abs",
        1,
        lambda v, u: (call("sign", u),),
        r"\left|#1\right|",
        "np.abs({0})",
        lambda u: abs(u),
        definition=lambda u: product(call("sign", u), u),
        exact=lambda u: Rational(abs(u)),
    ),
    Operation(
        "relu",
        1,
        lambda v, u: (_step(u),),
        r"\operatorname{ReLU}(#1)",
        "np.maximum({0}, 0)",
        lambda u: u.max(arb(0)),
        definition=lambda u: _by_sign(u, S.Zero, u),
        exact=lambda u: Rational(max(u, 0)),
    ),
    Operation(
        "leaky_relu",
        2,
        lambda v, z, a: (_step(z) + a * (1 - _step(z)), z * (1 - _step(z))),
        r"\operatorname{LReLU}_{#2}(#1)",
        "np.where(({0}) > 0, {0}, ({1}) * ({0}))",
        lambda z, a: z.max(arb(0)) + a * z.min(arb(0)),
        definition=lambda z, a: _by_sign(z, a * z, z),
        exact=_leaky,
    ),
    Operation(
        "elu",
        2,
        lambda v, z, a: (
            _step(z) + (v + a) * (1 - _step(z)),
            (call("exp", z) - 1) * (1 - _step(z)),
        ),
        r"\operatorname{ELU}_{#2}(#1)",
        "np.where(({0}) > 0, {0}, ({1}) * np.expm1(np.minimum({0}, 0)))",
        lambda z, a: z.max(arb(0)) + a * (z.min(arb(0)).exp() - 1),
        definition=lambda z, a: _by_sign(z, a * (call("exp", z) - 1), z),
        exact=_elu,
    ),
    Operation(
        "selu",
        1,
        lambda v, z: (SELU_SCALE * _step(z) + (v + SELU_SCALE * SELU_ALPHA) * (1 - _step(z)),),
        r"\operatorname{SELU}(#1)",
        f"{float(SELU_SCALE)} * np.where(({{0}}) > 0, {{0}}, {float(SELU_ALPHA)} * np.expm1(np.minimum({{0}}, 0)))",
        lambda z: _ball(SELU_SCALE) * (z.max(arb(0)) + _ball(SELU_ALPHA) * (z.min(arb(0)).exp() - 1)),
        definition=lambda z: product(SELU_SCALE, call("elu", z, SELU_ALPHA)),
        exact=lambda z: SELU_SCALE * z if z >= 0 else None,
    ),
    Operation(
        "max",
        2,
        lambda v, a, b: (_step(a - b), 1 - _step(a - b)),
        r"\max(#1, #2)",
        "np.maximum({0}, {1})",
        lambda a, b: a.max(b),
        definition=lambda a, b: _by_sign(a, b, a - b),
        exact=lambda a, b: Rational(max(a, b)),
    ),
    Operation(
        "min",
        2,
        lambda v, a, b: (1 - _step(a - b), _step(a - b)),
        r"\min(#1, #2)",
        "np.minimum({0}, {1})",
        lambda a, b: a.min(b),
        definition=lambda a, b: _by_sign(b, a, a - b),
        exact=lambda a, b: Rational(min(a, b)),
    ),
    Operation(
        "gelu",
        1,
        lambda v, u: (call("normal_cdf", u) + u * call("normal_pdf", u),),
        r"\operatorname{GELU}(#1)",
        "({0}) * normal_cdf({0})",
        lambda u: u * (1 + (u / arb(2).sqrt()).erf()) / 2,
        definition=lambda u: u * call("normal_cdf", u),
        exact=_at_zero(0),
    ),
    Operation(
        "normal_cdf",
        1,
        lambda v, u: (call("normal_pdf", u),),
        r"\Phi(#1)",
        "normal_cdf({0})",
        lambda u: (1 + (u / arb(2).sqrt()).erf()) / 2,
        exact=_at_zero(_HALF),
    ),
    Operation(
        "normal_pdf",
        1,
        lambda v, u: (-u * v,),
        r"\varphi_{0,1}(#1)",
        "np.exp(-({0}) ** 2 / 2) / np.sqrt(2 * np.pi)",
        lambda u: (-(u * u) / 2).exp() / (2 * arb.pi()).sqrt(),
    ),
)

OPERATIONS: dict[str, Operation] = {row.name: row for row in _ROWS}

"""The text of a module of its own around the statements of a program."""

from collections.abc import Iterable, Sequence
from textwrap import indent

from symnet.numeric.arguments import Argument

__all__ = ["NORMAL_CDF", "RESERVED", "module", "unpacking"]

_REALS = '''
def _reals(*arguments):
    """The arguments as arrays of one floating type: that of the arrays among them, else float64."""
    given = {a.dtype for a in arguments if hasattr(a, "dtype")}
    real = np.result_type(1.0, *given).type
    return real, [np.asarray(a, dtype=real) for a in arguments]
'''

_ARRAYS = '''
def _arrays(workspace, real, *shapes):
    """Arrays to write to: those of the workspace if they are of these shapes, else new ones, which it keeps."""
    workspace = {} if workspace is None else workspace
    if workspace.get("shapes") != (real, shapes):
        workspace.update(shapes=(real, shapes), arrays=[np.empty(shape, real) for shape in shapes])
    return workspace["arrays"]
'''

NORMAL_CDF = '''
def normal_cdf(z):
    """The standard normal distribution function (NumPy has no erf of its own)."""
    tail = np.vectorize(math.erfc, otypes=[float])(-z * math.sqrt(0.5)) / 2
    return tail.astype(z.dtype)
'''

_SIGN = '''
def sign(z):
    """1, 0 or -1."""
    return float((z > 0) - (z < 0))
'''

_LOGADDEXP = '''
def logaddexp(a, b):
    """log(exp(a) + exp(b)) without overflow."""
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))
'''

_SCALAR_NORMAL_CDF = '''
def normal_cdf(z):
    """The standard normal distribution function."""
    return math.erfc(-z * math.sqrt(0.5)) / 2
'''

# The functions a module may need beside its own, by the call that shows it.
_HELPERS = {"_reals(": _REALS, "_arrays(": _ARRAYS, "normal_cdf(": NORMAL_CDF}
_SCALAR_HELPERS = {"sign(": _SIGN, "logaddexp(": _LOGADDEXP, "normal_cdf(": _SCALAR_NORMAL_CDF}

RESERVED = {"np", "math", "real", "normal_cdf", "sign", "logaddexp", "_reals", "_arrays", "workspace"}
RESERVED |= {"abs", "float", "map", "max", "min"}


def unpacking(arguments: Iterable[Argument], scalar: bool) -> str:
    """The line that makes numbers of one type of what was passed."""
    arrays = ", ".join(a.spelling for a in arguments if a.kind == "array")
    if scalar:
        given = f"{arrays}{',' * (',' not in arrays)}"
        return f"{given} = map(float, ({given}))" if arrays else ""
    return f"real, [{arrays}] = _reals({arrays})" if arrays else "real = np.float64"


def module(name: str, arguments: Sequence[Argument], outputs: Sequence[str], lines: Iterable[str], scalar: bool) -> str:
    """The source of a module that defines the function `name`, for arrays or for Python's own numbers."""
    body = "\n".join(lines)
    helpers = [text for call, text in (_SCALAR_HELPERS if scalar else _HELPERS).items() if call in body]
    shapes = [
        f"{a.spelling}: {'a function of a number' if scalar and a.kind == 'function' else _shape(a)}" for a in arguments
    ]
    parameters = [a.spelling for a in arguments]
    if "_arrays(" in body:
        parameters.append("workspace=None")
        shapes.append("workspace: a dict that keeps the arrays written to, and the results, for the next call")
    document = f'"""{", ".join(outputs)}.\n\n{indent(chr(10).join(shapes), "    ")}\n    """'
    needs = ["math"] * (scalar or NORMAL_CDF in helpers) + ["numpy as np"] * (not scalar)
    imports = "\n\n".join(f"import {need}" for need in needs)
    head = f'"""Written by symnet: {", ".join(outputs)} in {"Python" if scalar else "NumPy"}."""\n\n{imports}\n'
    signature = f"def {name}({', '.join(parameters)}):"
    functions = "".join(f"\n{helper}" for helper in helpers)
    return f"{head}{functions}\n\n{signature}\n    {document}\n{indent(body, '    ')}\n"


def _shape(argument: Argument) -> str:
    if argument.kind == "function":
        return "a function of an array"
    if argument.kind == "size":
        return "an integer"
    sizes = ", ".join(str(k.size) for k in argument.indices)
    return f"shape ({sizes}{',' * (len(argument.indices) == 1)})" if argument.indices else "a number"

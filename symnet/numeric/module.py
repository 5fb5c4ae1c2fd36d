"""The text of a module of its own around the statements of a program."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent

from symnet.numeric.arguments import Argument

__all__ = ["NORMAL_CDF", "NUMPY", "PYTHON", "RESERVED", "Language", "module", "shape_of"]


@dataclass(frozen=True)
class Language:
    """What a module in a language, or for a library, has around its statements.

    imports: each module that may be needed, as it is imported, and the text that shows the need. helpers: likewise the
    functions that may be needed, by the call that shows it. unpacked: the line that makes numbers of one type of the
    {arrays} that were passed, and without_arrays: the line where there are none.
    """

    title: str
    imports: Mapping[str, str]
    helpers: Mapping[str, str]
    unpacked: str
    without_arrays: str = ""
    takes: str = "a function of an array"  # what an abstract function is to be

    def start(self, arguments: Iterable[Argument]) -> str:
        """The line that makes numbers of one type of what was passed."""
        arrays = ", ".join(a.spelling for a in arguments if a.kind == "array")
        comma = "," * (", " not in arrays)
        return self.unpacked.format(arrays=arrays, comma=comma) if arrays else self.without_arrays


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

NUMPY = Language(
    "NumPy",
    {"import math\n": "math.", "import numpy as np": "np."},
    {"_reals(": _REALS, "_arrays(": _ARRAYS, "normal_cdf(": NORMAL_CDF},
    "real, [{arrays}] = _reals({arrays})",
    "real = np.float64",
)
PYTHON = Language(
    "Python",
    {"import math": "math."},
    {"sign(": _SIGN, "logaddexp(": _LOGADDEXP, "normal_cdf(": _SCALAR_NORMAL_CDF},
    "{arrays}{comma} = map(float, ({arrays}{comma}))",
    takes="a function of a number",
)

RESERVED = {"np", "math", "real", "normal_cdf", "sign", "logaddexp", "_reals", "_arrays", "workspace"}
RESERVED |= {"abs", "float", "map", "max", "min", "jax", "jnp", "torch", "device"}


def module(
    name: str, arguments: Sequence[Argument], outputs: Sequence[str], lines: Iterable[str], language: Language
) -> str:
    """The source of a module that defines the function `name`."""
    body = "\n".join(lines)
    functions = "".join(f"\n{text}" for call, text in language.helpers.items() if call in body)
    shapes = [f"{a.spelling}: {language.takes if a.kind == 'function' else shape_of(a)}" for a in arguments]
    parameters = [a.spelling for a in arguments]
    if "_arrays(" in body:
        parameters.append("workspace=None")
        shapes.append("workspace: a dict that keeps the arrays written to, and the results, for the next call")
    document = f'"""{", ".join(outputs)}.\n\n{indent(chr(10).join(shapes), "    ")}\n    """'
    imports = "\n".join(line for line, use in language.imports.items() if use in functions + body)
    head = f'"""Written by symnet: {", ".join(outputs)} in {language.title}."""\n' + f"\n{imports}\n" * bool(imports)
    signature = f"def {name}({', '.join(parameters)}):"
    return f"{head}{functions}\n\n{signature}\n    {document}\n{indent(body, '    ')}\n"


def shape_of(argument: Argument) -> str:
    """What an array or a size is to be, in words."""
    if argument.kind == "size":
        return "an integer"
    sizes = ", ".join(str(k.size) for k in argument.indices)
    return f"shape ({sizes}{',' * (len(argument.indices) == 1)})" if argument.indices else "a number"

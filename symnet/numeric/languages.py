"""The equations that `compile_numpy` writes in NumPy, in JAX, PyTorch or C.

    print(source("jax", derivation, ["L", "dL_dw"]))            # a module of its own; nothing need be installed
    function = compile_in("torch", derivation, ["L", "dL_dw"])  # takes and returns tensors
    function = compile_in("c", derivation, ["L", "dL_dw"])      # through the machine's compiler, for NumPy arrays

Where eps stands, what a derivative is at a kink and how a difference from a mean keeps its digits is decided before
a line is written, and so the same everywhere. The functions of JAX and PyTorch are the frameworks' own: `jax.jit`,
`vmap` and one more derivative work, and matrices are multiplied in the precision the framework is set to.
"""

from collections.abc import Sequence
from functools import partial

from symnet.equations import Derivation
from symnet.errors import SymnetError
from symnet.numeric.c_source import c_source
from symnet.numeric.compile import Compiled, loaded, needed, write
from symnet.numeric.frameworks import FRAMEWORKS
from symnet.numeric.library import REALS, Library

__all__ = ["LANGUAGES", "compile_in", "source"]

LANGUAGES = (*FRAMEWORKS, "c")


def source(
    language: str, derivation: Derivation, outputs: Sequence[str], name: str = "evaluate", dtype: str | None = None
) -> str:
    """The text of a module, or of a C file, that defines the function `name` and needs nothing but the language.

    language: "jax", "torch" or "c". dtype: "float64" (the default) or "float32", for C alone: the others compute in
    the floating type of their arguments. C takes the sizes first, as integers, arrays row after row, and at the end a
    pointer to where each output goes; it returns 0 when all went well.
    Raises SymnetError for what the language has no form for, and where `compile_numpy` does.
    """
    _check(language)
    if language != "c":
        if dtype is not None:
            raise SymnetError(f"{language} source computes in the type of its arguments: leave out {dtype}")
        printer, around = FRAMEWORKS[language]
        return write(derivation, needed(derivation, outputs), outputs, name, language, printer, around).source
    if dtype not in (None, *REALS):
        raise SymnetError(f"there is no {dtype!r} in C source; there are {', '.join(REALS)}")
    return c_source(derivation, needed(derivation, outputs), outputs, name, REALS[dtype or "float64"]).text


def compile_in(language: str, derivation: Derivation, outputs: Sequence[str], name: str = "evaluate") -> Compiled:
    """The equations that `outputs` depend on as a function called as that of `compile_numpy` is.

    language: "jax" and "torch" take and return arrays of theirs, "c" takes and returns NumPy's. C is compiled by the
    command in the environment's CC, or `cc`; an abstract activation is called from it for every number.
    Raises SymnetError where the framework or a compiler is missing, and where `source` does.
    """
    _check(language)
    equations = needed(derivation, outputs)
    if language == "c":
        library = Library(name, partial(c_source, derivation, equations, outputs, name))
        file = library.file
        unused = frozenset(derivation.variables) - {a.name for a in file.arguments}
        return Compiled(file.text, file.arguments, tuple(outputs), unused, library, "c", False)
    printer, around = FRAMEWORKS[language]
    written = write(derivation, equations, outputs, name, language, printer, around)
    try:
        return loaded(written)
    except ModuleNotFoundError as missing:
        raise SymnetError(f"{missing.name} is not installed here; `source` writes the text without it") from None


def _check(language: str) -> None:
    if language not in LANGUAGES:
        raise SymnetError(f"there is no language {language!r}; there are {', '.join(LANGUAGES)}")

"""A LaTeX document around formulas, for pdflatex."""

from unicodedata import combining, name, normalize

from symnet.errors import SymnetError
from symnet.names import default_latex

__all__ = ["babel_name", "cropped", "plain_words", "standalone"]

_LANGUAGES = {"en": "english", "ru": "russian"}

_DOCUMENT = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[T1,T2A]{fontenc} %% an English text quotes Russian: T2A has both alphabets
\usepackage[%s]{babel}
\usepackage{amsmath,amssymb,xcolor}
\allowdisplaybreaks
\begin{document}
%s
\end{document}
"""


def babel_name(language: str) -> str:
    """What babel calls it. Raises SymnetError for a language other than "en" and "ru"."""
    if language not in _LANGUAGES:
        raise SymnetError(f"there is no language {language!r}; choose one of {', '.join(_LANGUAGES)}")
    return _LANGUAGES[language]


def standalone(body: str, language: str = "en") -> str:
    """A complete document with `body` (LaTeX) in it, in English ("en") or Russian ("ru").

    Raises SymnetError for another language.
    """
    return _DOCUMENT % (babel_name(language), body.strip())


# Primitives of pdfTeX only: the classes and packages that crop are not part of a plain TeX Live.
_CROPPED = r"""\documentclass{article}
\usepackage{amsmath,amssymb,xcolor}
\newsavebox{\formula}
\begin{document}
\savebox{\formula}{$\displaystyle %s$}
\pdfhorigin=3pt \pdfvorigin=3pt
\pdfpagewidth=\dimexpr\wd\formula+6pt\relax
\pdfpageheight=\dimexpr\ht\formula+\dp\formula+6pt\relax
\shipout\box\formula
\end{document}
"""


def cropped(formula: str) -> str:
    """A complete document of one page, as large as the formula (LaTeX math) in it: a picture for any other program."""
    return _CROPPED % formula.strip()


_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    '"': "''",  # Russian babel makes the straight quote a command
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
}
_MATHEMATICAL = {
    "Π": r"\Pi", "Σ": r"\Sigma", "Φ": r"\Phi", "∂": r"\partial", "∇": r"\nabla", "√": r"\surd", "∞": r"\infty",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "≡": r"\equiv", "→": r"\to", "←": r"\leftarrow",
    "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow", "∈": r"\in", "±": r"\pm", "·": r"\cdot", "×": r"\times",
    "⊙": r"\odot", "−": "-", "²": "^2", "³": "^3", "½": r"\tfrac12", "¼": r"\tfrac14", "ᵀ": "^T", "₀": "_0",
    "₁": "_1", "₂": "_2",
    "₃": "_3", "₄": "_4", "‖": r"\|", "∪": r"\cup", "∩": r"\cap", "∘": r"\circ", "ℓ": r"\ell", "κ": r"\kappa",
}  # fmt: skip


def plain_words(text: str) -> str:
    """Plain words for LaTeX: every character stands for itself, Greek letters and signs as mathematics."""
    written = []
    for c in normalize("NFC", text):
        letter = name(c, "").removeprefix("GREEK SMALL LETTER ").lower()
        if c in _SPECIAL:
            written.append(_SPECIAL[c])
        elif c in _MATHEMATICAL:
            written.append(rf"\ensuremath{{{_MATHEMATICAL[c]}}}")
        elif c.isascii() or "CYRILLIC" in name(c, "") or c in "«»—–…":
            written.append(c)
        elif letter.isalpha() and default_latex(letter).startswith("\\"):
            written.append(rf"\ensuremath{{{default_latex(letter)}}}")
        elif not combining(c):  # an accent that has no letter of its own is left out
            written.append("?")
    return "".join(written)

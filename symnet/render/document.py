"""A LaTeX document around formulas, for pdflatex."""

from unicodedata import combining, name, normalize

from symnet.errors import SymnetError
from symnet.names import default_latex

__all__ = ["plain_words", "standalone"]

_LANGUAGES = {"en": "english", "ru": "russian"}

_DOCUMENT = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[%s]{fontenc}
\usepackage[%s]{babel}
\usepackage{amsmath,amssymb,xcolor}
\allowdisplaybreaks
\begin{document}
%s%s
\end{document}
"""


def standalone(body: str, language: str = "en") -> str:
    """A complete document with `body` (LaTeX) in it, in English ("en") or Russian ("ru").

    Raises SymnetError for another language.
    """
    if language not in _LANGUAGES:
        raise SymnetError(f"there is no language {language!r}; choose one of {', '.join(_LANGUAGES)}")
    cyrillic = language == "ru" or any("CYRILLIC" in name(c, "") for c in body)
    encodings = "T1,T2A" if cyrillic else "T2A,T1"  # the last one is that of the text
    quotes = '\\shorthandoff{"}\n' if language == "ru" else ""  # the straight quote is no command in formulas
    return _DOCUMENT % (encodings, _LANGUAGES[language], quotes, body.strip())


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

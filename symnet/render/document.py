"""A LaTeX document around formulas, for pdflatex."""

from symnet.errors import SymnetError

__all__ = ["standalone"]

_LANGUAGES = {"en": ("T2A,T1", "english"), "ru": ("T1,T2A", "russian")}  # the last encoding is that of the text

_DOCUMENT = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[%s]{fontenc}
\usepackage[%s]{babel}
\usepackage{amsmath,amssymb,xcolor}
\allowdisplaybreaks
\begin{document}
%s
\end{document}
"""


def standalone(body: str, language: str = "en") -> str:
    """A complete document with `body` (LaTeX) in it, in English ("en") or Russian ("ru").

    Raises SymnetError for another language.
    """
    if language not in _LANGUAGES:
        raise SymnetError(f"there is no language {language!r}; choose one of {', '.join(_LANGUAGES)}")
    return _DOCUMENT % (*_LANGUAGES[language], body.strip())

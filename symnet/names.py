"""How a plain name is written in LaTeX when it was given none."""

import re

__all__ = ["default_latex", "subscript"]

# Greek letters that TeX has; the lectures' variants of epsilon and phi.
_GREEK = {
    letter: f"\\{letter}"
    for group in (
        ("alpha", "beta", "gamma", "delta", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi"),
        ("pi", "rho", "sigma", "tau", "upsilon", "chi", "psi", "omega"),
        ("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
    )
    for letter in group
} | {"eps": r"\varepsilon", "epsilon": r"\varepsilon", "phi": r"\varphi"}


def subscript(text: str) -> str:
    """`_w`, or `_{01}` for more than one character."""
    return f"_{text}" if len(text) == 1 else f"_{{{text}}}"


def default_latex(name: str) -> str:
    """The LaTeX of a name that was given none: digits and what follows `_` become a subscript.

    `w01` is w_{01}, `C_1` is C_1, `alpha` is \\alpha, `sigma_x` is \\sigma_x, `bias` is \\mathit{bias}; `dL_dw1` is a
    derivative, `x[2, 3]` is x_{2,3} and `Var(w)` is what it looks like.
    """
    if found := re.fullmatch(r"d([A-Z])_d(\w+)", name):
        return rf"\frac{{\partial {found[1]}}}{{\partial {default_latex(found[2])}}}"
    if found := re.fullmatch(r"(\w+)\[([\w, ]+)\]", name):
        return default_latex("_".join((found[1], *found[2].replace(" ", "").split(","))))
    if found := re.fullmatch(r"([A-Za-z]+)\((\w+)\)", name):
        function = found[1] if len(found[1]) == 1 else rf"\operatorname{{{found[1]}}}"
        return f"{function}({default_latex(found[2])})"
    head, *parts = name.strip("_").split("_") if name.strip("_") else [name.replace("_", r"\_")]
    letters, digits = re.fullmatch(r"(\D*)(.*)", head, re.DOTALL).groups()  # type: ignore[union-attr]
    below = ",".join(_word(part, "mathrm") for part in (digits, *parts) if part)
    return _word(letters, "mathit") + (subscript(below) if below else "")


def _word(text: str, style: str) -> str:
    if text in _GREEK:
        return _GREEK[text]
    if not text.isascii():
        return rf"\text{{{text}}}"
    return rf"\{style}{{{text}}}" if len(text) > 1 and text.isalpha() and not text.isupper() else text

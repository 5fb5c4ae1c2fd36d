r"""Quotations of lectures as LaTeX: Markdown words with `$…$` and `$$…$$` in them, or bare formulas.

A formula that TeX would choke on (unbalanced braces, say, for which it is quoted) is shown letter by letter.
"""

import re
from collections.abc import Iterator

from symnet.names import default_latex
from symnet.render.align import width
from symnet.render.document import plain_words

__all__ = ["Quoted", "formula_words", "math", "quoted"]

Quoted = tuple[bool, str]  # whether it is a display formula, and the LaTeX

_MATH = re.compile(r"\$\$(?P<display>.*?)\$\$|\$(?P<inline>[^$]*)\$", re.DOTALL)
_COMMANDS = set(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon varepsilon eta lambda mu nu pi rho sigma tau theta varphi phi omega "
        "Delta Gamma Lambda Omega Phi Pi Sigma cdot cdots dots ell equiv frac geq ge hat leftarrow leq le left "
        "lim ln log mathcal mathrm max min nabla ne neq odot partial pm prod quad right rightarrow Rightarrow "
        "sim sqrt sum tanh exp text textcolor tfrac tilde times to underbrace vec bar begin end infty in mid "
        "operatorname mathit approx displaystyle texttt big Big bigl bigr forall ",
    )
)
_INLINE = 18.0  # em: a formula longer than that stands on a line of its own


def math(formula: str) -> str | None:
    r"""The formula as TeX math that compiles, or lines of it between `\\`, without `&`; None where it would not."""
    text = re.sub(r"(?<!\\)%.*", "", formula).strip().removesuffix(r"\\").strip()
    if r"\begin" not in text:
        text = text.replace("&", "")
    commands = re.findall(r"\\([A-Za-z]+)", text)
    depth = 0
    for token in re.findall(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            return None
    if depth or "$" in text.replace(r"\$", "") or not text or not set(commands) <= _COMMANDS:
        return None
    if commands.count("left") != commands.count("right") or _nesting(text) is None:
        return None
    if re.search(r"[_^]\s*$|[_^]\s*[_^}]|^\s*[_^]", text):
        return None
    return _upright(text).replace('"', "''")  # Russian babel makes the straight quote a command


def _nesting(text: str) -> bool | None:
    """None when environments do not close in order."""
    opened: list[str] = []
    for how, name in re.findall(r"\\(begin|end)\{(\w+)\*?\}", text):
        if how == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            return None
    return None if opened else True


def _upright(text: str) -> str:
    r"""Russian words and signs of no mathematical font in \text."""
    parts = re.split(r"(\\text\{[^{}]*\})", text)
    for k, part in enumerate(parts):
        if part.startswith(r"\text{"):
            parts[k] = rf"\text{{{plain_words(part[6:-1])}}}"
        else:
            parts[k] = re.sub(r"[^\x00-\x7f]+(?: +[^\x00-\x7f]+)*", lambda m: rf"\text{{{plain_words(m[0])}}}", part)
    return "".join(parts)


def quoted(text: str) -> Iterator[Quoted]:
    """The quotation in pieces: paragraphs of words with short formulas in them, and displayed formulas."""
    bare = "$" not in text and re.search(r"\\[a-z]|\w_[\w{]", text) and not re.search("[а-яё]{3}|[a-z]{4}_", text)
    if bare and (whole := math(text)):
        yield True, whole
        return
    words: list[str] = []
    start = 0
    for match in _MATH.finditer(text):
        words.append(_words(text[start : match.start()]))
        start = match.end()
        source = match["display"] if match["display"] is not None else match["inline"]
        formula = math(source)
        if formula is None:
            words.append(verbatim(source))
        elif match["display"] is None and width(formula) <= _INLINE and r"\\" not in formula:
            words.append(f"${formula}$")
        else:
            if said := "".join(words).strip(" .,"):
                yield False, said
            words = []
            yield True, formula
    if said := "".join([*words, _words(text[start:])]).strip():
        yield False, said


def _words(text: str) -> str:
    """Markdown: bold between two asterisks, code between backquotes, an underscore that may be escaped."""
    parts = re.split(r"(\*\*|`)", text.replace(r"\_", "_"))
    styles = {"**": r"\bfseries", "`": r"\ttfamily"}
    shown, opened = "", ""
    for part in parts:
        if part in styles and not opened and parts.count(part) % 2 == 0:
            shown, opened = rf"{shown}{{{styles[part]} ", part
        elif part == opened and opened:
            shown, opened = shown + "}", ""
        else:
            shown += verbatim(part) if "\\" in part else _with_names(re.sub(r"\s+", " ", part))
    return shown


def _with_names(text: str) -> str:
    """Plain words; names with an index among them, w_1, as mathematics."""
    parts = re.split(r"((?<![A-Za-z_])[A-Za-z]_(?:\w|\{\w+\})(?![A-Za-z_]))", text)
    return "".join(f"${part}$" if k % 2 else plain_words(part) for k, part in enumerate(parts))


def verbatim(text: str) -> str:
    """Letter by letter in a typewriter font, with places to break a line."""
    pieces = re.findall(r"\w+|\s+|.", text, re.DOTALL)
    shown = "".join(" " if p.isspace() else plain_words(p) + r"\allowbreak{}" for p in pieces)
    return rf"{{\ttfamily\small {shown}}}"


_TOKEN = re.compile(r"[A-Za-z]\w*|\*\*|[<>!]=|.", re.DOTALL)
_KNOWN = {"sqrt", "alpha", "beta", "gamma", "lambda", "eta", "eps", "Var", "sigma", "tanh", "exp", "log"}
_SIGNS = {"!=": r"\ne ", ">=": r"\ge ", "<=": r"\le ", "*": " ", "**": "^", "[": "_{", "]": "}"}


def formula_words(text: str) -> str | None:
    """A condition or value in plain text, `w1 >= sqrt(2)/2`, as inline math; None where it has words in it."""
    shown: list[str] = []
    roots: list[int] = []  # how many brackets are open, where a root is
    depth = 0
    for token in _TOKEN.findall(text):
        name = re.fullmatch(r"([A-Za-z]+)\w*", token)
        if name and ((len(name[1]) > 2 and name[1].rstrip("_") not in _KNOWN) or not token.isascii()):
            return None
        if not name and not re.fullmatch(r"[-+*/^()=<>!., \d\[\]|:]+", token):
            return None
        if token == "[" and "_" in "".join(shown[-1:]):
            shown[-1] = f"{{{shown[-1]}}}"
        if token == "sqrt":
            roots.append(depth)
            shown.append(r"\sqrt")
            continue
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == "(" and shown[-1:] == [r"\sqrt"]:
            shown.append("{")
        elif token == ")" and roots and roots[-1] == depth:
            roots.pop()
            shown.append("}")
        else:
            shown.append(default_latex(token) if name else _SIGNS.get(token, token))
    formula = re.sub(r"\^(-?\d+)", r"^{\1}", "".join(shown))
    return f"${formula}$" if math(formula) else None

from pathlib import Path

import pytest

from symnet.cli import main
from symnet.commands.lint import displays
from symnet.commands.macros import definitions, expanded
from symnet.errors import SymnetError

NETWORK = "inputs x\nF = w*x + b\ndata x | y\n 1 | 2\n 2 | 3\n"
SLIDES = r"""\documentclass{beamer}
% $$ L = 5 $$ is a comment, 50\% is not
\begin{document}
$$L(w) = (w + b - 2)^2 + (2w + b - 3)^2$$
\begin{align*}
\frac{\partial L}{\partial b} &= 2(w + b - 2) \\
  &\quad {} + 2(2w + b - 3), \nonumber \\
\frac{\partial L}{\partial w} &= 2(w + b - 2) + 2(2w + b - 3)
\end{align*}
\begin{verbatim}
$$ L = 7 $$
\end{verbatim}
\[ E = mc^2 \]
\[ \frac{\partial L}{\partial w} = (2(w + b - 2) + 4(2w + b - 3) \]
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "s.tex").write_text(SLIDES, encoding="utf-8")
    (tmp_path / "n.net").write_text(NETWORK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_displays_with_their_lines() -> None:
    assert [(f.line, f.latex[:12]) for f in displays(SLIDES)] == [
        (4, "L(w) = (w + "),
        (6, r"\frac{\parti"),
        (8, r"\frac{\parti"),
        (13, "E = mc^2"),
        (14, r"\frac{\parti"),
    ]
    second = list(displays(SLIDES))[1].latex
    assert second.endswith("+ 2(2w + b - 3),")


def test_every_formula_has_its_verdict_and_line(files: Path, capsys) -> None:
    assert main(["lint", "s.tex", "--network", "n.net"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("s.tex")]
    assert lines[:3] == ["s.tex:4: proved", "s.tex:6: proved", "s.tex:8: refuted"]
    assert lines[3].startswith("s.tex:13: not checked: c is not a name")
    assert lines[4] == "s.tex:14: ambiguous"


def test_the_marked_file_keeps_the_text_and_says_what_is_right(files: Path, capsys) -> None:
    main(["lint", "s.tex", "--network", "n.net", "-o", "marked.tex"])
    marked = (files / "marked.tex").read_text(encoding="utf-8")
    kept = [line for line in marked.splitlines() if not line.startswith("% symnet:")]
    assert kept == SLIDES.splitlines()
    remark = next(line for line in marked.splitlines() if "line 8" in line)
    assert "it should be 2(w + b - 2) + 4(2w + b - 3)" in remark


def test_true_slides_exit_with_0(files: Path) -> None:
    (files / "s.tex").write_text("$$L = (w + b - 2)^2 + (2w + b - 3)^2$$", encoding="utf-8")
    assert main(["lint", "s.tex", "--network", "n.net"]) == 0


@pytest.mark.parametrize("name", ["missing.tex", "."])
def test_files_that_cannot_be_read(name: str, files: Path, capsys) -> None:
    assert main(["lint", name, "--network", "n.net"]) == 2
    assert f"cannot read {name}" in capsys.readouterr().err


def test_bytes_that_are_no_text(files: Path, capsys) -> None:
    (files / "s.tex").write_bytes(b"$$ L = \xff $$")
    assert main(["lint", "s.tex", "--network", "n.net"]) == 2
    assert "not UTF-8" in capsys.readouterr().err


LECTURE = r"""\documentclass{article}
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}
\newcommand\E{\mathbb{E}}
\DeclareMathOperator{\Mean}{E}
\begin{document}
$$\pd{L}{c} = \E[\hat y - y] = \Mean(F - y)$$
\begin{equation}
\begin{split}
\pd{L}{v} &= \frac1m\sum_{i=1}^m (\hat y_i - y_i)h_i \\
&= \E[(\hat y - y)h], \quad i = \overline{1,m}.
\end{split}
\end{equation}
$$ F = \begin{cases} c + vh, & h > 0, \\ c + vh, & h \le 0. \end{cases} $$
$$ \pd{L}{\hat y_i} = \frac1m(\hat y_i - y_i), \quad i = 1,\dots,m $$
$$ h = \frac{e^z - e^{-z}}{e^z + e^{-z}}, \qquad \text{где } z = wx + b. $$
$$ \tanh'(u) = 1 - \tanh^2 u $$
$$ w \leftarrow w - \frac{1}{10}\pd{L}{w} $$
$$ \pd Lb = v\,\E[(\hat y - y)(1 - h)^2] $$
\end{document}
"""


def test_a_lecture_with_its_own_commands(tmp_path: Path, capsys) -> None:
    (tmp_path / "s.tex").write_text(LECTURE, encoding="utf-8")
    net = "inputs x\nh = tanh(w*x + b)\nF = v*h + c\nloss mean (F - y)^2 / 2\n"
    (tmp_path / "n.net").write_text(net, encoding="utf-8")
    assert main(["lint", str(tmp_path / "s.tex"), "--network", str(tmp_path / "n.net")]) == 1
    lines = [line.split(".tex:")[1] for line in capsys.readouterr().out.splitlines() if ".tex:" in line]
    assert lines[:6] == [f"{number}: proved" for number in (6, 9, 13, 14, 15, 16)]
    assert lines[6] == "17: not checked: w stands on both sides: this is an update of w, no equality"
    assert lines[7:] == ["18: refuted"]


@pytest.mark.parametrize(
    ("text", "formula", "written"),
    [
        (r"\newcommand{\a}{b}", r"\a + \alpha", r"b  + \alpha"),
        (r"\newcommand*\a[1]{#1^#1}", r"\a{x}\a y", r"x^x y^y "),
        (r"\renewcommand{\a}[2]{\frac{#2}{#1}}", r"\a{\a{1}{2}}{3}", r"\frac{3}{\frac{2}{1} } "),
        (r"\DeclareMathOperator*{\Var}{Var}", r"\Var(x)", r"\operatorname{Var} (x)"),
        (r"\newcommand{\a}[1]{#1\}}", r"\a\beta", r"\beta\} "),
    ],
)
def test_commands_are_written_out(text: str, formula: str, written: str) -> None:
    assert expanded(formula, definitions(text)) == written


def test_a_command_without_end_is_refused() -> None:
    with pytest.raises(SymnetError, match=r"the command \\a of the file never ends"):
        expanded(r"\a", definitions(r"\newcommand{\a}{\a\a}"))

from pathlib import Path

import pytest

from symnet.cli import main
from symnet.commands.lint import displays

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

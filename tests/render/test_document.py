import pytest

from symnet.errors import SymnetError
from symnet.render.align import align_latex
from symnet.render.document import standalone
from tests.render.examples import LECTURE_8


@pytest.mark.parametrize(
    ("language", "word", "babel", "encoding"),
    [("en", "Example", "english", "T1"), ("en", "Пример", "english", "T2A"), ("ru", "Пример", "russian", "T2A")],
)
def test_a_document_around_formulas(language, word, babel, encoding):
    body = align_latex(LECTURE_8)
    lines = standalone(f"{word}\n{body}\n", language).splitlines()
    assert lines[0] == r"\documentclass{article}"
    assert rf"\usepackage[{babel}]{{babel}}" in lines
    assert any(line.endswith(f",{encoding}]{{fontenc}}") for line in lines)
    begin, end = lines.index(r"\begin{document}"), lines.index(r"\end{document}")
    quotes = ['\\shorthandoff{"}'] if language == "ru" else []
    assert lines[begin + 1 : end] == [*quotes, word, *body.splitlines()]


def test_another_language_is_refused():
    with pytest.raises(SymnetError, match="there is no language 'fr'"):
        standalone("", "fr")

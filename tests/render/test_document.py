import pytest

from symnet.errors import SymnetError
from symnet.render.align import align_latex
from symnet.render.document import standalone
from tests.render.examples import LECTURE_8


@pytest.mark.parametrize(("language", "babel"), [("en", "english"), ("ru", "russian")])
def test_a_document_around_formulas(language, babel):
    body = align_latex(LECTURE_8)
    lines = standalone(f"Пример\n{body}\n", language).splitlines()
    assert lines[0] == r"\documentclass{article}"
    assert rf"\usepackage[{babel}]{{babel}}" in lines
    assert any(line.startswith(r"\usepackage[T1,T2A]{fontenc}") for line in lines)
    begin, end = lines.index(r"\begin{document}"), lines.index(r"\end{document}")
    assert "\n".join(lines[begin + 1 : end]) == f"Пример\n{body}"


def test_another_language_is_refused():
    with pytest.raises(SymnetError, match="there is no language 'fr'"):
        standalone("", "fr")

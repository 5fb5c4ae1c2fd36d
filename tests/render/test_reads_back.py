"""The law that ties the printer to the reader of slides: what is printed is read back as the same expression."""

from hypothesis import given, settings

from symnet.reading.slide import read_formula
from symnet.reading.vocabulary import Vocabulary
from symnet.render.latex import latex
from symnet.sums import normal_form
from tests.render.examples import NAMING, expressions, i, m, z

VOCABULARY = Vocabulary(names={"z": z, "z_1": z[1], "m": m, "i": i}, indices=frozenset({"i"}))


@settings(max_examples=150, deadline=None)
@given(expressions)
def test_printed_latex_reads_back(expression):
    ((read,),) = read_formula(latex(expression, NAMING), VOCABULARY).equalities
    assert normal_form(read) == normal_form(expression)

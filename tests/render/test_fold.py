from sympy import Add, Expr, Symbol

from symnet.equations import Derivation, Equation
from symnet.expressions import product
from symnet.operations import call
from symnet.render.align import break_lines, breaks_inside, height, separate, width
from symnet.render.fold import Folder, fits
from symnet.render.latex import latex
from symnet.render.naming import Naming
from symnet.sums import Sum
from tests.render.examples import NAMING, S, f, over_i, w1, w2, w3, x, z


def sum_of(count: int, name: str = "v") -> Expr:
    return Add(*(Symbol(f"{name}{k}") * x for k in range(count)))


def folded(rhs: Expr, line: float = 20, most: int = 3) -> list[Equation]:
    folder = Folder(NAMING, line, most)
    found = folder.fold(Equation("G", rhs=rhs))
    assert all(fits(e, folder.naming, line) for e in found)
    # Written out again the definitions give what was folded.
    assert Derivation(tuple(found)).unfold(found[-1].rhs) == rhs
    return found


def test_what_fits_stays_as_it_is():
    assert folded(sum_of(3)) == [Equation("G", rhs=sum_of(3))]


def test_a_numerator_too_wide_gets_a_name():
    names = [e.name for e in folded(sum_of(12) / S + w3)]
    assert names == ["D_1", "G"]


def test_what_recurs_gets_a_name_only_where_lines_are_many():
    wide = f(w1 * x + w2)
    many = Add(*(product(wide, f(Symbol(f"v{k}") * x)) for k in range(6)))
    assert [e.name for e in folded(many, most=3)] == ["D_1", "G"]
    assert [e.name for e in folded(many, most=9)] == ["G"]


def test_names_that_are_taken_are_not_given():
    naming = Naming({**NAMING.variables, "D": Equation("D")})
    assert Folder(naming, 20, 3).fold(Equation("G", rhs=sum_of(12) / S))[0].name == "E_1"


def test_a_part_under_a_sum_keeps_its_index():
    body = (Add(*(z[over_i.symbol] * Symbol(f"v{k}") for k in range(9)))) / S
    folder = Folder(NAMING, 20, 3)
    definition, whole = folder.fold(Equation("G", rhs=Sum(body, over_i.limits)))
    assert latex(definition.reference, folder.naming) == "D_{1,i}"
    assert definition.reference in whole.rhs.atoms(type(definition.reference))


def test_a_product_of_many_factors_is_halved():
    factors = product(*(call("tanh", Symbol(f"v{k}") * x) for k in range(8)))
    assert [e.name for e in folded(factors)][-1] == "G"


def test_lines_break_between_brackets_that_are_multiplied():
    formula = latex(product(w1 + w2 + x, w3 + f(x) + S, f(w1) + f(w2) + f(w3)), NAMING)
    first, *more = break_lines(formula, 12, 12)
    assert first.startswith("(")
    assert len(more) == 2
    assert all(line.startswith(r"\cdot (") for line in more)
    assert all(line.count("(") == line.count(")") for line in (first, *more))
    assert not breaks_inside(formula, 12)
    assert not breaks_inside(formula, 6)
    assert breaks_inside(latex(f(f(w1 * x + w2 * x + w3 * x)), NAMING), 6)


def test_lines_break_before_a_factor_rather_than_in_its_bracket():
    assert break_lines("2f(w_1 + b) w_3 (F - y) + c", 9, 9) == ["2f(w_1 + b)", r"\cdot w_3 (F - y) + c"]
    assert break_lines("f(a + b)^2 w_3 (1 - c)", 7, 7) == ["f(a + b)^2", r"\cdot w_3 (1 - c)"]
    assert break_lines("f(a + b)^{10} w_3 (1 - c)", 7, 7) == ["f(a + b)^{10}", r"\cdot w_3 (1 - c)"]
    assert break_lines(r"f(a + b) [w_1 x + b > 0] g(c + d + e)", 12, 12) == [
        "f(a + b) [w_1 x + b > 0]",
        r"\cdot g(c + d + e)",
    ]


def test_a_list_of_formulas_is_separated_where_it_is_too_wide():
    assert separate(r"a = 1, \quad b = 2", 20) == [r"a = 1, \quad b = 2"]
    assert separate(r"a = 1, \quad b = 2", 5) == ["a = 1,", "b = 2"]
    assert separate(r"a = 1 \\ b = 2", 20) == ["a = 1", "b = 2"]
    assert separate(r"\begin{aligned}& a = 1 \\ & b = 2\end{aligned}", 20) == ["a = 1", "b = 2"]
    assert separate(r"\begin{matrix} 1 \\ 2 \end{matrix}", 20) == [r"\begin{matrix} 1 \\ 2 \end{matrix}"]


def test_a_colour_takes_no_room():
    assert width(r"\textcolor{red!80!black}{w_1 x}") == width("w_1 x")


def test_heights_of_rows():
    plain, fraction, limits = map(height, ("w_1 x", r"\frac{a}{b}", r"\sum_{i=1}^{m} z_i"))
    assert plain < fraction < limits
    assert height(r"\frac{\frac{a}{b}}{c}") > fraction

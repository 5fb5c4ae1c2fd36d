"""Gradients as they are printed, letter by letter, and the requests that are refused.

A mutant of `differentiate.py` that still gives a right answer, but no longer the one a person would write, shows here.
"""

from dataclasses import replace

import pytest
from sympy import IndexedBase, Pow, Symbol, Tuple, symbols, sympify

from symnet.differentiate import _covers, _free_letter, adjoint_name, gradient, hessian, paths
from symnet.equations import Derivation, Equation, Variable, index, size
from symnet.errors import SymnetError
from symnet.expressions import Binder
from symnet.operations import call, sqrt
from symnet.sums import Delta, Sum
from tests.builders import normalized_chain

m, n = size("m"), size("n")
i, j = symbols("i j", integer=True)
a, b, c = symbols("a b c")
OBJECT, CLASS = index("i", m), index("j", n)
z, x, W = Variable("z", (OBJECT,)), Variable("x", (OBJECT,)), Variable("W", (OBJECT, CLASS))
PARAMETERS = tuple(Variable(str(s)) for s in (a, b, c))


def derivation(*equations: Equation) -> Derivation:
    return Derivation(equations, (z, x), (*PARAMETERS, W))


def over(body, letter=i, size=m):
    return Sum(body, (letter, 1, size))


def added(result: Derivation) -> dict[str, str]:
    """The text of the equations that a gradient has added."""
    return {e.name: str(e.rhs) for e in result if e.name.startswith("d")}


def test_normalization() -> None:
    expected = {
        "dL_dxhat1": "2*a*(a*xhat1[i] + b - y[i])",
        "dL_dS1": "-Sum(dL_dxhat1[i]*xhat1[i], (i, 1, m))/S1",
        "dL_dC1": "-Sum(dL_dxhat1[i], (i, 1, m))/S1",
        "dL_dz1": "dL_dC1/m + dL_dS1*xhat1[i]/m + dL_dxhat1[i]/S1",
        "dL_dw1": "Sum(dL_dz1[i]*f(x[i]), (i, 1, m))",
        "dL_dv1": "Sum(dL_dz1[i], (i, 1, m))",
        "dL_da": "2*Sum((a*xhat1[i] + b - y[i])*xhat1[i], (i, 1, m))",
        "dL_db": "2*Sum(a*xhat1[i] + b - y[i], (i, 1, m))",
    }
    assert added(gradient(normalized_chain(1), "L")) == expected
    assert added(gradient(normalized_chain(1, Symbol("eps")), "L")) == expected
    latex = {e.name: e.latex for e in gradient(normalized_chain(1), "L")}
    assert latex["dL_dS1"] == r"\frac{\partial L}{\partial S_1}"
    assert latex["dL_dz1"] == r"\frac{\partial L}{\partial z_{1,#1}}"


def test_two_normalized_layers_by_the_first_parameter_and_the_input() -> None:
    result = gradient(normalized_chain(2), "L", ["w1", "x"])
    assert list(added(result)) == [
        "dL_dxhat2", "dL_dS2", "dL_dC2", "dL_dz2", "dL_dxhat1", "dL_dS1", "dL_dC1", "dL_dz1", "dL_dw1", "dL_dx",
    ]  # fmt: skip
    assert str(result["dL_dxhat1"].rhs) == "a*w2*dL_dz2[i]*fprime(a*xhat1[i] + b)"
    assert str(result["dL_dx"].rhs) == "w1*dL_dz1[i]*fprime(x[i])"
    assert result["dL_dx"].indices == (OBJECT,)


def test_paths() -> None:
    result = paths(normalized_chain(1), "L", ["C1", "S1"], ["w1"])
    assert added(result) == {
        "dL_dxhat1_via_direct": "2*a*(a*xhat1[i] + b - y[i])",
        "dL_dS1_via_direct": "-Sum(dL_dxhat1_via_direct[i]*xhat1[i], (i, 1, m))/S1",
        "dL_dC1_via_direct": "-Sum(dL_dxhat1_via_direct[i], (i, 1, m))/S1",
        "dL_dz1_via_direct": "dL_dxhat1_via_direct[i]/S1",
        "dL_dz1_via_S1": "dL_dS1_via_direct*xhat1[i]/m",
        "dL_dz1_via_C1": "dL_dC1_via_direct/m",
        "dL_dw1_via_direct": "Sum(dL_dz1_via_direct[i]*f(x[i]), (i, 1, m))",
        "dL_dw1_via_C1": "Sum(dL_dz1_via_C1[i]*f(x[i]), (i, 1, m))",
        "dL_dw1_via_S1": "Sum(dL_dz1_via_S1[i]*f(x[i]), (i, 1, m))",
    }
    at = r"\left.\frac{\partial L}{\partial w_1}\right|_"
    assert result["dL_dw1_via_direct"].latex == at + r"{\mathrm{direct}}"
    assert result["dL_dw1_via_S1"].latex == at + "{S_1}"
    by_equation = paths(normalized_chain(1), "L", ["C1", "S1"], ["z1"])
    assert {k: v for k, v in added(result).items() if "_dw1" not in k} == added(by_equation)
    through = paths(normalized_chain(1), "L", ["z1"], ["w1"])
    assert through["dL_dw1_via_z1"].latex == at + "{z_{1,1}}"


def test_paths_that_do_not_exist_are_zero() -> None:
    result = paths(derivation(Equation("L", rhs=a**2 * b)), "L", ["a"], ["a", "c"])
    assert added(result) == {
        "dL_da_via_direct": "2*a*b",
        "dL_da_via_a": "0",
        "dL_dc_via_direct": "0",
        "dL_dc_via_a": "0",
    }


def test_a_path_belongs_to_the_first_name_it_meets() -> None:
    p = Equation("p", rhs=a**2)
    q = Equation("q", rhs=p.reference * b)
    loss = Equation("L", rhs=q.reference**2 * c + p.reference**3 + a)
    assert added(paths(derivation(p, q, loss), "L", ["q", "p"], ["a"])) == {
        "dL_dq_via_direct": "2*c*q",
        "dL_dp_via_direct": "3*p**2",
        "dL_dp_via_q": "b*dL_dq_via_direct",
        "dL_da_via_direct": "1",
        "dL_da_via_q": "2*a*dL_dp_via_q",
        "dL_da_via_p": "2*a*dL_dp_via_direct",
    }


def test_right_sides_that_have_a_name_are_written_by_it() -> None:
    u = Equation("u", rhs=a * b**2)
    v = Equation("v", rhs=3 * u.reference**2 * c)
    loss = Equation("L", rhs=v.reference * u.reference + a**3 * b**4)
    assert added(gradient(derivation(u, v, loss), "L", ["a", "b", "c"])) == {
        "dL_dv": "u",
        "dL_du": "6*c*dL_dv*u + v",
        "dL_da": "3*a*b**2*u + b**2*dL_du",
        "dL_db": "4*a**2*b*u + 2*a*b*dL_du",
        "dL_dc": "3*dL_dv*u**2",
    }


def test_what_is_recognized() -> None:
    for rhs in (a * c, a + c, a**2, call("exp", a)):
        u = Equation("u", rhs=rhs)
        assert added(gradient(derivation(u, Equation("L", rhs=b * rhs + u.reference)), "L", ["b"])) == {"dL_db": "u"}
    for rhs, share, text in (
        (3 * a * c, 5 * a * c, "5*u/3"),
        (a * c, a**2 * c**3, "a*c**2*u"),
        (a / c, a**2 / c**2, "a*u/c"),
        (a / c, a**2 * c, "a**2*c"),
        (a**2, a**3 * c, "a**3*c"),
        (a**2, a**2 * c, "c*u"),
        (2 * a**2, a**3, "a**3"),
        (over(z.reference) * a, over(z.reference) * a, "a*Sum(z[i], (i, 1, m))"),
    ):
        u = Equation("u", rhs=rhs)
        assert added(gradient(derivation(u, Equation("L", rhs=b * share + u.reference)), "L", ["b"])) == {"dL_db": text}
    first = Equation("u", (OBJECT,), rhs=a * i)  # at the places of indices, not at those of sizes or names
    for share, text in ((over(a * i), "Sum(u[i], (i, 1, m))"), (a**2, "a**2"), (a * m, "a*m")):
        loss = Equation("L", rhs=b * share + over(first.reference))
        assert added(gradient(derivation(first, loss), "L", ["b"])) == {"dL_db": text}
    alias = Equation("u", rhs=a)
    assert added(gradient(derivation(alias, Equation("L", rhs=b * a + alias.reference)), "L", ["b"])) == {"dL_db": "a"}
    rows = Equation("u", (OBJECT,), rhs=z.reference * x.reference)
    assert added(gradient(derivation(rows, Equation("L", rhs=b * z.at(2) * x.at(2))), "L", ["b"])) == {
        "dL_db": "x[2]*z[2]"
    }
    k = Symbol("k", integer=True)
    cube = Equation("u", (OBJECT, CLASS, index("k", 2)), rhs=c * IndexedBase("V")[i, j, k])  # too many places to try
    loss = Equation("L", rhs=b * over(over(over(cube.rhs, j, n)), k, 2) + cube.at(1, 1, 1))
    assert added(gradient(derivation(cube, loss), "L", ["b"])) == {
        "dL_db": "Sum(Sum(Sum(c*V[i, j, k], (j, 1, n)), (i, 1, m)), (k, 1, 2))"
    }
    q = Symbol("q", integer=True)
    loss = Equation("L", rhs=over(a * rows.reference * z.at(q) * x.at(q), i) + b * over(z.reference * x.reference))
    assert "u" in str(gradient(derivation(rows, loss), "L", ["b"])["dL_db"].rhs)


def test_exponents_that_cover_others() -> None:
    def covers(mine, wanted) -> bool:
        return bool(_covers(sympify(mine), sympify(wanted)))

    assert [covers(mine, 2) for mine in (-1, 0, 1, 2, 3)] == [False, False, False, True, True]
    assert [covers(mine, -2) for mine in (-3, -2, -1, 0, 1)] == [True, True, False, False, False]
    assert (covers(m, m), covers(m, n), covers(2, n), covers(n, 2), covers(m, -1)) == (True, False, False, False, False)
    assert covers(m + 1, m) is False


def test_activations_are_written_by_their_values() -> None:
    s = Equation("s", rhs=call("sigmoid", a * b))
    t = Equation("t", rhs=call("tanh", s.reference + c))
    q = Equation("q", rhs=1 / (s.reference * t.reference))
    loss = Equation("L", rhs=q.reference * t.reference**2 + sqrt(s.reference) + call("f", t.reference))
    assert added(gradient(derivation(s, t, q, loss), "L", ["a", "c"])) == {
        "dL_dq": "t**2",
        "dL_dt": "-dL_dq*q/t + 2*q*t + fprime(t)",
        "dL_ds": "-dL_dq*q/s + dL_dt*(1 - t**2) + 1/(2*sqrt(s))",
        "dL_da": "b*dL_ds*s*(1 - s)",
        "dL_dc": "dL_dt*(1 - t**2)",
    }


def test_what_a_later_equation_names_is_written_by_it() -> None:
    s = Equation("s", rhs=call("tanh", a))
    q = Equation("q", rhs=1 - s.reference**2)
    loss = Equation("L", rhs=s.reference**3 + b * q.reference)
    assert added(gradient(derivation(s, q, loss), "L", ["a"])) == {
        "dL_dq": "b",
        "dL_ds": "-2*dL_dq*s + 3*s**2",
        "dL_da": "dL_ds*q",
    }


def test_matrices_and_softmax_over_columns() -> None:
    u = Equation("u", (OBJECT,), rhs=over(W.at(i, j) * x.at(j) ** 2, j, n))
    assert added(gradient(derivation(u, Equation("L", rhs=over(u.at(i) ** 3))), "L", ["W", "x"])) == {
        "dL_du": "3*u[i]**2",
        "dL_dW": "dL_du[i]*x[j]**2",
        "dL_dx": "2*x[i]*Sum(W[j, i]*dL_du[j], (j, 1, m))*Within(i, 1, n)",
    }
    exps = Equation("U", (OBJECT, CLASS), rhs=call("exp", W.reference))
    totals = Equation("V", (CLASS,), rhs=over(exps.reference))
    shares = Equation("T", (OBJECT, CLASS), rhs=exps.reference / totals.reference)
    loss = Equation("L", rhs=over(over(shares.reference**2 * z.reference), j, n))
    assert added(gradient(derivation(exps, totals, shares, loss), "L", ["W"])) == {
        "dL_dT": "2*T[i, j]*z[i]",
        "dL_dV": "-Sum(T[i, j]*dL_dT[i, j], (i, 1, m))/V[j]",
        "dL_dU": "dL_dV[j] + dL_dT[i, j]/V[j]",
        "dL_dW": "U[i, j]*dL_dU[i, j]",
    }


def test_names_that_matter_nowhere_have_a_derivative_of_zero() -> None:
    result = gradient(derivation(Equation("L", rhs=a + 2)), "L", ["a", "b", "W", "z"])
    assert added(result) == {"dL_da": "1", "dL_db": "0", "dL_dW": "0", "dL_dz": "0"}
    assert result["dL_dW"].indices == (OBJECT, CLASS)
    part = gradient(derivation(Equation("L", rhs=Sum(a * z.reference**2, (i, 2, m)))), "L", ["z"])
    assert added(part) == {"dL_dz": "2*a*z[i]*Within(i, 2, m)"}


def test_sums_that_vanish_by_the_definition_of_a_mean() -> None:
    mean = Equation("C", rhs=over(z.reference) / m)
    centred = Equation("h", (OBJECT,), rhs=z.reference - mean.reference)
    h = centred.reference
    loss = Equation("L", rhs=a * over(h) + over(b * (z.reference - mean.reference)) + over(b * z.reference**2 * h))
    assert added(gradient(derivation(mean, centred, loss), "L", ["a", "b", "z"])) == {
        "dL_dh": "a + b*z[i]**2",
        "dL_dC": "-b*m - Sum(dL_dh[i], (i, 1, m))",
        "dL_da": "0",
        "dL_db": "Sum(-C + h[i]*z[i]**2 + z[i], (i, 1, m))",
        "dL_dz": "2*b*h[i]*z[i] + b + dL_dC/m + dL_dh[i]",
    }


def test_a_centred_sum_vanishes_without_a_name_for_it() -> None:
    mean = Equation("C", rhs=over(z.reference) / m)
    loss = Equation("L", rhs=b * over(z.reference - mean.reference))
    assert added(gradient(derivation(mean, loss), "L", ["b"])) == {"dL_db": "0"}


def test_letters_are_kept_apart() -> None:
    rhs = over((z.at(j) - over(z.at(j), j) / m) ** 2 * z.at(j), j)
    assert added(gradient(derivation(Equation("L", rhs=rhs)), "L", ["z"])) == {
        "dL_dz": "(z[i] - Sum(z[j], (j, 1, m))/m)**2 + 2*(z[i] - Sum(z[j], (j, 1, m))/m)*z[i]"
        " - 2*Sum((z[k] - Sum(z[j], (j, 1, m))/m)*z[k], (k, 1, m))/m"
    }
    nested = over(z.at(i) * over(z.at(j) * over(z.at(i) * x.at(j)), j))
    assert added(gradient(derivation(Equation("L", rhs=nested)), "L", ["z"])) == {
        "dL_dz": "Sum(x[i]*z[i1], (i1, 1, m))*Sum(z[k], (k, 1, m)) + Sum(x[j]*z[j], (j, 1, m))*Sum(z[k], (k, 1, m))"
        " + Sum(z[j]*Sum(x[j]*z[i], (i, 1, m)), (j, 1, m))"
    }


def test_letters_of_the_equation_itself_are_kept_apart() -> None:
    own = Equation("u", (OBJECT,), rhs=z.reference * over(z.reference * x.reference))
    assert added(gradient(derivation(own, Equation("L", rhs=over(own.reference**2))), "L", ["z"])) == {
        "dL_du": "2*u[i]",
        "dL_dz": "dL_du[i]*Sum(x[j]*z[j], (j, 1, m)) + x[i]*Sum(dL_du[j]*z[j], (j, 1, m))",
    }
    table = Equation("T", (OBJECT, CLASS), rhs=W.reference * over(z.reference**2))
    loss = Equation("L", rhs=over(over(table.reference**2 * x.at(j), j, n)))
    assert added(gradient(derivation(table, loss), "L", ["z"])) == {
        "dL_dT": "2*T[i, j]*x[j]",
        "dL_dz": "2*z[i]*Sum(Sum(W[k, j]*dL_dT[k, j], (j, 1, n)), (k, 1, m))",
    }
    square = Equation("u", (OBJECT,), rhs=over(z.reference**2))
    by_z = added(gradient(derivation(square, Equation("L", rhs=over(square.reference * x.reference))), "L", ["z"]))
    assert by_z == {"dL_du": "x[i]", "dL_dz": "2*z[i]*Sum(dL_du[j], (j, 1, m))"}
    q = Symbol("q", integer=True)  # a place that is given, and an index of a sum
    loss = Equation("L", rhs=z.at(q) * over(z.at(q) * x.at(q), q))
    by_z = added(gradient(derivation(loss), "L", ["z"]))
    assert by_z == {"dL_dz": "Delta(i, q)*Sum(x[i]*z[i], (i, 1, m)) + x[i]*z[q]"}
    named = replace(own, rhs=own.rhs * Symbol("j"))  # a scalar may be called j
    by_z = added(gradient(derivation(named, Equation("L", rhs=over(named.reference**2))), "L", ["z"]))["dL_dz"]
    assert by_z == "j*dL_du[i]*Sum(x[j]*z[j], (j, 1, m)) + j*x[i]*Sum(dL_du[k]*z[k], (k, 1, m))"


def test_letters_run_out_late() -> None:
    k = Symbol("k", integer=True)
    cube = IndexedBase("V")[i, j, k]
    loss = Equation("L", rhs=over(over(W.reference * over(z.at(k) * cube, k)), j, n))
    by_z = gradient(derivation(loss), "L", ["z"])
    assert added(by_z) == {"dL_dz": "Sum(Sum(V[j, k, i]*W[j, k], (j, 1, m)), (k, 1, n))"}
    integers = [Symbol(letter, integer=True) for letter in "ijklpqrstuv"]
    assert str(_free_letter(i, integers[1:])) == "i"
    assert [str(_free_letter(i, integers[:count])) for count in (1, 2, 10)] == ["j", "k", "v"]
    assert str(_free_letter(i, integers)) == "i1"
    assert str(_free_letter(i, [*integers, Symbol("i1")])) == "i2"
    assert _free_letter(i, integers).is_integer


def test_a_delta_in_the_loss_needs_no_condition_within_the_same_range() -> None:
    loss = Equation("L", rhs=over(over(Delta(i, j) * z.reference**2 * x.at(j), j)))
    assert added(gradient(derivation(loss), "L", ["z", "x"])) == {"dL_dz": "2*x[i]*z[i]", "dL_dx": "z[i]**2"}


def test_second_derivatives() -> None:
    result = hessian(derivation(Equation("L", rhs=a**2 * b)), "L", ["a", "b", "c"])
    second = {e.name: str(e.rhs) for e in result if e.name.startswith("d2L")}
    assert second == {
        "d2L_da_da": "2*b",
        "d2L_da_db": "2*a",
        "d2L_da_dc": "0",
        "d2L_db_da": "d2L_da_db",
        "d2L_db_db": "0",
        "d2L_db_dc": "0",
        "d2L_dc_da": "0",
        "d2L_dc_db": "0",
        "d2L_dc_dc": "0",
    }
    assert result["d2L_da_da"].latex == r"\frac{\partial^2 L}{\partial a^2}"
    assert result["d2L_da_db"].latex == r"\frac{\partial^2 L}{\partial a \partial b}"
    everything = hessian(Derivation((Equation("L", rhs=a * b),), (), PARAMETERS[:2]), "L")
    assert [e.name for e in everything][-4:] == ["d2L_da_da", "d2L_da_db", "d2L_db_da", "d2L_db_db"]


def test_second_derivatives_through_a_name() -> None:
    u = Equation("u", rhs=a * b)
    result = hessian(derivation(u, Equation("L", rhs=u.reference**3)), "L", ["a", "b"])
    assert added(result) == {
        "dL_du": "3*u**2",
        "dL_da": "b*dL_du",
        "dL_db": "a*dL_du",
        "ddL_da_ddL_du": "b",
        "ddL_da_du": "6*ddL_da_ddL_du*u",
        "d2L_da_da": "b*ddL_da_du",
        "d2L_da_db": "a*ddL_da_du + dL_du",
        "ddL_db_ddL_du": "a",
        "ddL_db_du": "6*ddL_db_ddL_du*u",
        "d2L_db_da": "b*ddL_db_du + dL_du",
        "d2L_db_db": "a*ddL_db_du",
    }


def test_only_what_depends_on_the_names_asked_for_has_an_adjoint() -> None:
    u = Equation("u", rhs=b**2)
    v = Equation("v", rhs=a * u.reference)
    aside = Equation("q", rhs=a**2)
    result = gradient(derivation(u, v, aside, Equation("L", rhs=v.reference**2 * u.reference)), "L", ["a", "q"])
    assert added(result) == {"dL_dv": "2*u*v", "dL_da": "dL_dv*u", "dL_dq": "0"}
    assert added(gradient(derivation(u, Equation("L", rhs=u.reference**2)), "L", ["a"])) == {"dL_da": "0"}


def test_adjoints_that_are_numbers_are_written_in() -> None:
    u = Equation("u", rhs=a**2)
    v = Equation("v", rhs=a * b)
    loss = Equation("L", rhs=u.reference - 3 * v.reference)
    assert added(gradient(derivation(u, v, loss), "L", ["a"])) == {"dL_da": "2*a - 3*b"}
    assert added(gradient(derivation(u, v, loss), "L", ["a", "u"])) == {"dL_du": "1", "dL_da": "2*a*dL_du - 3*b"}
    p, q = Equation("p", rhs=u.reference + b), Equation("q", rhs=u.reference - b)
    cancelled = derivation(u, p, q, Equation("L", rhs=p.reference - q.reference))
    assert added(gradient(cancelled, "L", ["a", "b"])) == {"dL_da": "0", "dL_db": "2"}
    assert added(gradient(cancelled, "L", ["a", "u"])) == {"dL_du": "0", "dL_da": "0"}


def test_names_of_adjoints() -> None:
    assert adjoint_name("L", "w1") == "dL_dw1"
    assert adjoint_name("L", "w1", "C") == "dL_dw1_via_C"


class Largest(Binder):
    """A binder without a rule."""


def test_what_cannot_be_differentiated_is_said() -> None:
    loss = derivation(Equation("u", (OBJECT,), rhs=a * z.reference), Equation("L", rhs=a**2))
    with pytest.raises(SymnetError, match=r"u has indices: sum it over them"):
        gradient(loss, "u")
    with pytest.raises(SymnetError, match=r"^Q uses the index i without having it: sum it, or say which one$"):
        gradient(loss.extend([Equation("Q", rhs=W.reference)]), "Q")
    with pytest.raises(SymnetError, match="L is what is differentiated: it cannot be among the names"):
        gradient(loss, "L", ["a", "L"])
    with pytest.raises(SymnetError, match="there is no 'q' here; the names are z, x, a, b, c, W, u, L"):
        paths(loss, "L", ["q"])
    with pytest.raises(SymnetError, match="second derivatives by W, which has indices, are not written out"):
        hessian(loss, "L", ["a", "W"])
    with pytest.raises(SymnetError, match="there is no derivative rule for Largest in"):
        gradient(derivation(Equation("L", rhs=Largest(z.reference, Tuple(i, 1, m)))), "L", ["z"])


def test_what_does_not_matter_needs_no_rule() -> None:
    loss = Equation("L", rhs=Largest(z.reference, Tuple(i, 1, m)))
    assert added(gradient(derivation(loss), "L", ["a"])) == {"dL_da": "0"}
    beside = Equation("L", rhs=loss.rhs * a + Pow(c, b))
    assert added(gradient(derivation(beside), "L", ["a"])) == {"dL_da": str(loss.rhs)}


def test_powers_with_a_symbolic_exponent() -> None:
    assert added(gradient(derivation(Equation("L", rhs=Pow(a, b))), "L", ["a"])) == {"dL_da": "a**(b - 1)*b"}
    exponent = Equation("p", rhs=2 * b)
    for power in (Pow(a, b), Pow(a, a), Pow(c, over(a * z.reference)), Pow(c, exponent.reference)):
        with pytest.raises(SymnetError, match=r"the exponent of .* depends on what is differentiated by"):
            gradient(derivation(exponent, Equation("L", rhs=power)), "L", ["a", "b"])
    mixed = Pow(a * c, a)
    assert added(gradient(derivation(Equation("L", rhs=mixed)), "L", ["c"])) == {"dL_dc": "a**2*(a*c)**(a - 1)"}

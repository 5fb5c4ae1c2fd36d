"""Laws that the gradients of random networks obey, each decided by balls that are rigorous at exact points."""

from fractions import Fraction

from flint import arb
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st
from sympy import Expr, Symbol

from symnet.differentiate import DIRECT, adjoint_name, gradient, hessian, paths
from symnet.errors import DegenerateError
from symnet.expressions import product, rewrite
from symnet.network.network import Network
from symnet.network.neurons import Neuron
from symnet.reading import load
from symnet.truth.enclosure import enclose_derivation, enclose_difference_quotient, is_accurate
from symnet.truth.evaluate import evaluate
from tests.laws.rigour import DIGITS, FUNCTIONS, filled_gradient, forward, partials, values
from tests.strategies import ABSTRACT, KINKED, SMOOTH, networks, points

STEP = Fraction(1, 10**12)  # of a difference quotient: its ball has a radius of about 10^-24
FAULT = 1 + arb(10) ** -15  # the smallest wrong factor that the comparison has to see

# What is drawn is small already, and making a failure smaller would take minutes.
law = settings(max_examples=20, deadline=None, derandomize=True, phases=(Phase.generate,))
any_network = networks(activations=SMOOTH + KINKED + ABSTRACT)


@law
@given(any_network, st.data())
def test_the_sweep_agrees_with_forward_mode_and_with_the_difference_quotient(network: Network, data) -> None:
    point = data.draw(points(network))
    swept = values(filled_gradient(network), point)
    example = network.example
    sharp = 0
    for name, partial in partials(network.parameters).items():
        opinions = [forward(example, "L", name, point)]
        try:
            opinions.append(enclose_difference_quotient(example, "L", name, point, STEP, DIGITS, FUNCTIONS))
        except DegenerateError:
            reject()  # the interval of the quotient meets a kink
        for opinion in opinions:
            assert opinion.overlaps(swept[partial]), name
            if is_accurate(opinion, 18) and not opinion.contains(0):
                sharp += 1
                assert not opinion.overlaps(swept[partial] * FAULT), f"{name}: too blunt to see a fault"


@law
@given(networks(activations=SMOOTH + ABSTRACT, norms=(1, 1), max_neurons=3), st.data())
def test_the_gradient_commutes_with_inlining_and_with_filling_in_the_data(network: Network, data) -> None:
    point = data.draw(points(network))
    names = partials(network.parameters)
    expected = values(filled_gradient(network), point)
    symbolic = network.derivation
    others = {
        "instantiated first": gradient(network.example, "L"),
        "inlined first": network.fill(gradient(symbolic.inline(), "L")),
        "gradient inlined": filled_gradient(network).inline(keep=("L", *names.values())),
        "neurons inlined": network.fill(gradient(symbolic.inline(*(n.name for n in network)), "L")),
    }
    for how, derivation in others.items():
        got = values(derivation, point)
        for name in ("L", *names.values()):
            assert got[name].overlaps(expected[name]), f"{name}, {how}"


def masked(network: Network, names: tuple[str, ...]) -> Network:
    """The network with every use of these signals h replaced by D_h h."""
    gates = {Symbol(name): product(Symbol(f"D_{name}"), Symbol(name)) for name in names}

    def gated(formula: Expr) -> Expr:
        return rewrite(formula, lambda node: gates.get(node))

    neurons = tuple(Neuron(n.name, gated(n.formula)) for n in network)
    return Network(
        network.inputs,
        neurons,
        network.outputs,
        network.targets,
        network.loss,
        network.rows,
        network.statistics,
        order=network.order,
    )


@law
@given(any_network, st.data())
def test_dropping_is_putting_the_mask_variables_to_zero(network: Network, data) -> None:
    droppable = (*network.inputs, *network.hidden)
    mask = data.draw(st.sets(st.sampled_from(droppable)))
    point = data.draw(points(network))
    gates = {f"D_{name}": Fraction(name not in mask) for name in droppable}
    if not network.is_connected(mask):
        reject()
    smaller, whole = filled_gradient(network.drop(sorted(mask))), masked(network, droppable)
    full = filled_gradient(whole, *network.parameters)
    used = {name: value for name, value in gates.items() if name in whole.parameters}
    try:
        expected = enclose_derivation(full, {**point, **used}, DIGITS, FUNCTIONS)
    except DegenerateError:  # what is left of a batch may be constant; the kept equations say so too
        try:
            enclose_derivation(smaller, point, DIGITS, FUNCTIONS)
        except DegenerateError:
            return
        reject()  # a statistic of a dropped branch alone
    got = values(smaller, point)
    for name in ("L", *partials(network.parameters).values()):
        assert got[name].overlaps(expected[name]), name


@law
@given(networks(activations=SMOOTH + ABSTRACT, norms=(1, 2)), st.data())
def test_the_shares_of_the_paths_add_up_to_the_gradient(network: Network, data) -> None:
    point = data.draw(points(network))
    through = data.draw(
        st.lists(
            st.sampled_from([n for k in network.normalizations for n in (k.mean, k.deviation)]),
            unique=True,
            min_size=1,
        )
    )
    split = values(network.fill(paths(network.derivation, "L", through)), point)
    whole = values(filled_gradient(network), point)
    for name, partial in partials(network.parameters).items():
        shares = [split[adjoint_name("L", name, label)] for label in (DIRECT, *through)]
        assert sum(shares, arb(0)).overlaps(whole[partial]), name


@law
@given(networks(activations=SMOOTH + ABSTRACT, max_neurons=3), st.data())
def test_second_derivatives_are_symmetric_and_are_derivatives_of_the_first(network: Network, data) -> None:
    point = data.draw(points(network))
    pool = network.parameters
    wrt = tuple(sorted(data.draw(st.sets(st.sampled_from(pool), min_size=1, max_size=2))))
    second = values(network.fill(hessian(network.derivation, "L", wrt)), point)
    first = filled_gradient(network, *wrt)
    for a in wrt:
        for b in wrt:
            assert second[f"d2L_d{a}_d{b}"].overlaps(second[f"d2L_d{b}_d{a}"])
            assert second[f"d2L_d{a}_d{b}"].overlaps(forward(first, adjoint_name("L", a), b, point))


def test_a_sum_inside_a_sum_over_the_same_letter_keeps_its_own() -> None:
    """Inlining C into S gives sum_j (z_j - sum_j z_j / m): the sweep once took both j for one."""
    network = load.network("inputs x\nF = norm(w*x) + w\ndata x | y\n -2 | -2\n -7/4 | 1\n 3 | 5\n")
    inlined = network.fill(gradient(network.derivation.inline(), "L"))
    point = {"w": Fraction(2, 13)}
    (slope,) = evaluate(inlined, point, ["dL_dw"]).values()
    assert slope == evaluate(filled_gradient(network), point, ["dL_dw"])["dL_dw"]
    assert slope.text == "-92/13"  # 2 sum (xhat + w - y), where xhat adds up to 0

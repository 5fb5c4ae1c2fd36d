"""Lecture 8, dropout: two linear neurons, one of them dropped at each step (lines 89-204)."""

from sympy import Integer, Rational

from symnet.claims import Finding, Section, Slide, combine, shown
from symnet.quadratic import Quadratic
from symnet.reading.load import network
from symnet.training import descend
from symnet.truth.numbers import Number
from symnet.truth.verdict import Verdict

section = Section("L8", "Dropout: two neurons")

net = network("""
network two_linear_neurons
inputs x
h1 = w1*x + w01          # the upper neuron
h2 = w2*x + w02          # the lower one
F  = h1 + h2
data x | y
     1 | 3
     2 | 2
     3 | 1
""")
without_upper, without_lower = net.drop(["h1"]), net.drop(["h2"])
h = Rational(1, 10)
start = dict.fromkeys(net.parameters, Integer(0))
first, second = descend(net, start, h, [("h1",), ("h2",)])

whole = Slide(net)
upper = Slide(without_upper, losses={"L_1": without_upper})
lower = Slide(without_lower, losses={"L_1": without_upper, "L_2": without_lower})


@section.definition(
    "L8.7",
    "Two-neuron net: function and loss",
    r"$F_{NN}(x) = (w_1x + w_{01}) + (w_2x + w_{02})$",
    lines="99, 101",
)
def function_and_loss() -> Finding:
    loss = r"$L(w) = (F_{NN}(1) - 3)^2 + (F_{NN}(2) - 2)^2 + (F_{NN}(3) - 1)^2$"
    function = whole.check(r"$F_{NN}(x) = (w_1x + w_{01}) + (w_2x + w_{02})$")
    return Finding(combine([function.verdict, whole.check(loss).verdict]), function.derived)


section.formula(
    "L8.8a",
    "Net after killing the upper neuron",
    r"$F_{NN}(x) = (w_2 x + w_{02})$",
    upper,
    lines="112, 145",
    expected="proved",
)
section.formula(
    "L8.9",
    "L_1",
    r"$$L_1(w) = (w_2 + w_{02} - 3)^2 + (2w_2 + w_{02} - 2)^2 + (3w_2 + w_{02} - 1)^2$$",
    upper,
    lines="116",
    expected="proved",
)
section.formula(
    "L8.10",
    "Zero partials of the killed neuron",
    r"$$\frac{\partial L_1}{\partial w_1} = \frac{\partial L_1}{\partial w_{01}} = 0,$$",
    upper,
    lines="122",
    expected="proved",
)
section.formula(
    "L8.13",
    "Values -20, -12",
    r"$$\frac{\partial L_1}{\partial w_1} = \frac{\partial L_1}{\partial w_{01}} = 0, "
    r"\frac{\partial L_1}{\partial w_2} = -20, \frac{\partial L_1}{\partial w_{02}} = -12$$",
    Slide(without_upper, losses={"L_1": without_upper}, point=start),
    lines="133",
    expected="proved",
)
section.formula(
    "L8.14",
    "First new point",
    r"$$w_1=0, w_{01}=0, w_2=2, w_{02}=1.2$$",
    Slide(without_upper, point=first.next_point),
    lines="139",
    expected="proved",
)


@section.check(
    "L8.19a",
    "Convergence with the stated h = 0.1",
    "веса сойдутся к значениям: (шаг обучения h=0.1)",
    lines="103, 188",
    expected="refuted",
)
def convergence_at_the_printed_step() -> Verdict:
    """Each neuron's own update contracts only below 2/lambda_max of its quadratic loss."""
    quadratic = Quadratic.of(without_upper.example.inline()["L"].rhs, ["w2", "w02"])
    bound, rate = quadratic.step_bound(), quadratic.rate(h)
    witness = {"h": str(h), "largest convergent h": bound.text(), "factor a step": rate.text()}
    return shown(Number(h) < bound, "eigenvalues of the Hessian, exactly", witness)


if __name__ == "__main__":
    section.main()

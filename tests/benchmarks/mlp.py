from symnet.equations import Derivation, Equation, Expr, Variable, index, size
from symnet.operations import call, sqrt
from symnet.sums import sum_over
from sympy import Rational

def normalized_mlp(depth: int, activation: str = "tanh") -> Derivation:
    m, n = size("m"), size("n")
    i, j, k, o = index("i", m), index("j", n), index("k", n), index("o", m)
    x, y = Variable("x", (i, k)), Variable("y", (i, k))
    equations, parameters = [], []
    previous: Variable = x
    for layer in range(1, depth + 1):
        w, a, b = Variable(f"W{layer}", (j, k)), Variable(f"a{layer}", (k,)), Variable(f"b{layer}", (k,))
        eps = Rational(1, 100000)
        z = Equation(f"z{layer}", (i, k), rhs=sum_over(previous.at(i.symbol, j.symbol) * w.reference, j.limits))
        mean = Equation(f"C{layer}", (k,), rhs=sum_over(z.reference, i.limits) / m)
        squares = sum_over((z.reference - mean.reference) ** 2, i.limits)
        deviation = Equation(f"S{layer}", (k,), rhs=sqrt(squares / m + eps))
        hat = Equation(f"xhat{layer}", (i, k), rhs=(z.reference - mean.reference) / deviation.reference)
        h = Equation(f"h{layer}", (i, k), rhs=call(activation, a.reference * hat.reference + b.reference))
        equations += [z, mean, deviation, hat, h]
        parameters += [w, a, b]
        previous = h
    squares = sum_over(sum_over((previous.reference - y.reference) ** 2, k.limits), i.limits)
    equations.append(Equation("L", rhs=squares / m))
    return Derivation(tuple(equations), (x, y), tuple(parameters))

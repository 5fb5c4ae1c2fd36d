"""What a derivation costs: the operations on numbers in its compiled program."""

from math import prod

from symnet.equations import Derivation, size
from symnet.expressions import subexpressions
from symnet.numeric.lower import Lowering
from symnet.numeric.program import ELEMENTWISE

__all__ = ["cost"]


def cost(derivation: Derivation, outputs: list[str], m: int, n: int) -> int:
    """The operations on numbers in the compiled program."""
    lowering = Lowering(derivation.variables, apart=True, centred=True)
    values = [lowering.equation(equation) for equation in derivation]
    wanted = [value for equation, value in zip(derivation, values, strict=True) if equation.name in outputs]
    count, sizes = 0, {size("m"): m, size("n"): n}
    for node in subexpressions(*wanted):
        over = node.args[0].shape if node.op in ("sum", "matmul") else node.shape  # each entry read is an operation
        entries = prod(int(k.xreplace(sizes)) for k in over)
        if node.op == "matmul" and len(node.shape) == 2:
            entries *= 2 * int(node.shape[1].xreplace(sizes))
        elif node.op == "matmul" and len(over) == 1:
            entries *= prod(int(k.xreplace(sizes)) for k in node.shape)
        count += entries if node.op in ELEMENTWISE | {"sum", "matmul", "einsum"} else 0
    return count

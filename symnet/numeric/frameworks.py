"""What JAX and PyTorch write otherwise than NumPy: few things, as both took its names over.

Nothing is written in place, so that a framework can batch and differentiate the functions.
"""

from sympy import Integer

from symnet.numeric.module import Language
from symnet.numeric.program import ELEMENTWISE, Node
from symnet.numeric.source import ATOM, SUM, Expressions

__all__ = ["FRAMEWORKS", "Jax", "Torch"]

_LARGE = 2**31


class _Framework(Expressions):
    """Integers of a framework are of 32 or 64 bits: larger ones are written as real numbers."""

    def _number(self, node: Node) -> tuple[str, int]:
        large = isinstance(node.detail, Integer) and abs(node.detail) >= _LARGE
        return (repr(float(node.detail)), SUM if node.detail < 0 else ATOM) if large else super()._number(node)


class Jax(_Framework):
    """The text of nodes in jax.numpy."""

    library = "jnp"
    _meets_reals = False  # what is being written

    def write(self, node: Node) -> tuple[str, int]:
        outer, self._meets_reals = self._meets_reals, node.op in ELEMENTWISE and node.kind == "real"
        written = super().write(node)
        self._meets_reals = outer
        return written

    def _bound(self, node: Node) -> tuple[str, int]:
        text, binding = super()._bound(node)
        if self._meets_reals and node.literal and node.op in ("multiply", "power"):
            return f"float({text})", ATOM  # m * (m - 1) may be more than 2**31
        return text, binding

    def _call(self, node: Node) -> tuple[str, int] | str:
        if node.detail == "normal_cdf":
            return f"jax.scipy.special.ndtr({self._list(node.args)})"
        return super()._call(node)

    def _real(self, node: Node) -> str:
        return f"jnp.asarray({self.text(node.args[0])}, real)"


class Torch(_Framework):
    """The text of nodes in PyTorch, whose functions take tensors only; new ones go to the device of the arguments."""

    library = "torch"

    def _call(self, node: Node) -> str:
        name = "torch.special.ndtr" if node.detail == "normal_cdf" else node.detail.replace("np.", "torch.")
        if node.kind != "integer":
            return f"{name}({', '.join(map(self._tensor, node.args))})"
        where, first, last = map(self.text, node.args)  # places are clipped
        return f"{name}({where}, {first}, {last})" if node.shape else f"min(max({where}, {first}), {last})"

    def _tensor(self, node: Node) -> str:
        if node.literal:
            return self._new(node)
        known = node.kind == "truth" and all(side.literal for side in node.args)
        return f"torch.as_tensor({self.text(node)}, device=device)" if known else self.text(node)

    def _new(self, node: Node) -> str:
        return f"torch.as_tensor({self.text(node)}, dtype=real, device=device)"

    def _real(self, node: Node) -> str:
        return self._new(node.args[0])

    def _turn(self, node: Node) -> str:
        base = self.within(node.args[0], ATOM)
        return f"{base}.T" if node.detail == (1, 0) else f"{base}.permute{node.detail}"

    def _einsum(self, node: Node) -> str:
        return f'torch.einsum("{node.detail[0]}", {self._list(node.args)})'

    def _full(self, node: Node) -> str:
        value, *sizes = node.args
        base = self._new(value) if value.literal else self.within(value, ATOM)
        return f"{base}.expand({self.shape(sizes)})"

    def _arange(self, node: Node) -> str:
        lower, upper = map(self.text, node.args)
        ends = upper if lower == "0" else f"{lower}, {upper}"
        return f"torch.arange({ends}, {'dtype=real, ' if node.kind == 'real' else ''}device=device)"

    def _eye(self, node: Node) -> str:
        return f"torch.eye({self.text(node.args[0])}, dtype=real, device=device)"


_JAX_REALS = '''
def _reals(*arguments):
    """The arguments as arrays of one floating type: that of the arrays among them, else the one JAX is set to."""
    real = jnp.result_type(float, *(a.dtype for a in arguments if hasattr(a, "dtype")))
    return real, [jnp.asarray(a, real) for a in arguments]
'''

_TORCH_REALS = '''
def _reals(*arguments):
    """The arguments as tensors of one floating type: that of the tensors among them, else float64."""
    tensors = [torch.as_tensor(a) for a in arguments if hasattr(a, "dtype")]
    types = {a.dtype for a in tensors if a.is_floating_point()} or {torch.float64}
    real = max(types, key=lambda type: torch.finfo(type).bits)
    device = next((a.device for a in tensors if a.device.type != "cpu"), None)
    new = {"dtype": real, "device": device}
    return real, device, [a.to(real) if isinstance(a, torch.Tensor) else torch.as_tensor(a, **new) for a in arguments]
'''

# Each framework: its own name, how it prints, and what its modules have around the statements.
FRAMEWORKS: dict[str, tuple[type[Expressions], Language]] = {
    "jax": (
        Jax,
        Language(
            "JAX",
            {"import jax": "jax.", "import jax.numpy as jnp": "jnp."},
            {"_reals(": _JAX_REALS},
            "real, [{arrays}] = _reals({arrays})",
            "real = jnp.result_type(float)",
        ),
    ),
    "torch": (
        Torch,
        Language(
            "PyTorch",
            {"import torch": "torch."},
            {"_reals(": _TORCH_REALS},
            "real, device, [{arrays}] = _reals({arrays})",
            "real, device = torch.float64, None",
        ),
    ),
}

"""Second derivatives as something to check: the gradients of a layer are themselves a layer.

For y(x, …) with the gradients g of sum dy y, the second pass is given an upstream dg for each of them and answers with
the gradients of sum dg g by x, …, and by dy: a Hessian-vector product in every direction at once.
"""

from dataclasses import replace

from sympy import Expr, Indexed, IndexedBase, Symbol

from symnet.candidates.spec import Spec
from symnet.differentiate import adjoint_name
from symnet.equations import name_of
from symnet.errors import SymnetError
from symnet.expressions import rewrite

__all__ = ["SUFFIX", "second"]

SUFFIX = "_second"


def second(spec: Spec) -> Spec:
    """The spec of its backward pass: outputs gx, gscale, …; gradients dx, dscale, …, and ddy by the upstream.

    Raises SymnetError for a spec without gradients, and for one that draws: its backward pass is linear.
    """
    if not spec.wrt or spec.reported:
        raise SymnetError(f"there are no second derivatives of {spec.name} to check")
    gradients = {adjoint_name("L", name): f"g{name}" for name in spec.wrt}
    whole = spec.complete.needed_for(*gradients)
    names = {e.name: gradients.get(e.name, f"grad_{e.name}") for e in whole if e.name.startswith("dL_d")}

    def rule(node: Expr) -> Expr | None:
        name = name_of(node) if isinstance(node, Indexed | Symbol) else None
        if name not in names:
            return None
        return IndexedBase(names[name])[node.indices] if isinstance(node, Indexed) else Symbol(names[name])

    equations = (replace(e, name=names.get(e.name, e.name), latex="", rhs=rewrite(e.rhs, rule)) for e in whole)
    return replace(
        spec,
        name=spec.name + SUFFIX,
        kind="layer",
        derivation=replace(whole, equations=tuple(equations)),
        outputs=tuple(gradients.values()),
        wrt=(*spec.wrt, *spec.upstream),
        arguments=(*spec.arguments, *spec.upstream),
        variants={name: second(spec.as_variant(name)).derivation for name in spec.variants},
    )

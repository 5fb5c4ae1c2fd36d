"""When each array is computed, and where it is kept.

A plan is a list of steps. Each gives one node a name; everything between named nodes is written inside the step that
needs it. A step may own a buffer: the smallest number of buffers that never overwrites what is still to be read.
Nothing that is not needed for an output is computed.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from symnet.equations import Equation
from symnet.expressions import subexpressions
from symnet.numeric.program import ELEMENTWISE, Node, Shape

__all__ = ["Plan", "Step", "in_place", "one_step_each"]

_DEPTH = 40  # operations in one expression beyond which a part of it gets a name
_WRITTEN = ELEMENTWISE | {"matmul", "einsum"}


@dataclass(frozen=True)
class Step:
    """node: what is computed. equation: the one it is the value of, if any. buffer: where it is written, if any."""

    node: Node
    equation: Equation | None = None
    buffer: int | None = None


@dataclass(frozen=True)
class Plan:
    """groups: the steps that each equation needs, none where it is only used in parts. buffers: their shapes."""

    groups: tuple[tuple[Equation, tuple[Step, ...]], ...]
    buffers: tuple[Shape, ...] = ()


def one_step_each(values: Sequence[tuple[Equation, Node]], others: Collection[Node] = ()) -> Plan:
    """A step for every equation, before it one for each node that is used repeatedly or is one of the others."""
    named = _repeated(node for _, node in values).union(others)
    return Plan(_grouped(values, named, every=True))


def in_place(values: Sequence[tuple[Equation, Node]], outputs: Collection[str]) -> Plan:
    """The plan with buffers; an equation that nothing later reads comes as soon as what it reads is there."""
    values = _early(values)
    wanted = [node for equation, node in values if equation.name in outputs]
    live = list(subexpressions(*wanted))
    large = _large(live)
    named = _repeated(wanted) | large | {n for n in live if n.op in ("apply", "ones")}
    named |= {node for _, node in values if not node.literal}
    groups = _grouped(values, named.intersection(live), every=False)
    steps = [step for _, group in groups for step in group]
    places, shapes = _allocate([step.node for step in steps], large, wanted)
    placed = tuple(
        (equation, tuple(Step(s.node, s.equation, places.get(s.node)) for s in group)) for equation, group in groups
    )
    return Plan(placed, shapes)


# What gets a name, and when


def _repeated(roots: Iterable[Node]) -> set[Node]:
    """The nodes used more than once that are worth a name, and those that would nest an expression too deep."""
    nodes = list(subexpressions(*roots))
    uses = Counter(child for node in nodes for child in node.args)
    named, depth = set[Node](), dict[Node, int]()
    for node in nodes:
        depth[node] = 1 + max((depth[child] for child in node.args), default=0)
        if (uses[node] > 1 and not _cheap(node)) or depth[node] > _DEPTH:
            named.add(node)
            depth[node] = 0
    return named


def _cheap(node: Node) -> bool:
    """A number, a name or a view of one: nothing is computed."""
    if node.op == "pick":
        return node.args[0].op == "input" and all(_cheap(place) for place in node.args[1:])
    return node.literal or node.op in ("input", "size")


def _early(values: Sequence[tuple[Equation, Node]]) -> list[tuple[Equation, Node]]:
    """The equations in their order, but each that no other one reads directly after the last that it reads."""
    own = {equation.name for equation, _ in values}
    reads = {equation.name: equation.reads & own for equation, _ in values}
    read = set[str]().union(*reads.values())
    last = {equation.name: equation for equation, _ in values if equation.name not in read}
    order, done = list[tuple[Equation, Node]](), set[str]()
    nodes = {equation.name: node for equation, node in values}
    for equation, node in values:
        if equation.name in done:
            continue
        order.append((equation, node))
        done.add(equation.name)
        for name in [name for name in last if name not in done and reads[name] <= done]:
            order.append((last[name], nodes[name]))
            done.add(name)
    return order


def _grouped(
    values: Sequence[tuple[Equation, Node]], named: set[Node], every: bool
) -> tuple[tuple[Equation, tuple[Step, ...]], ...]:
    """The steps in the order of the equations; every: one for each equation, even where it only repeats another."""
    of = {node: equation for equation, node in reversed(values)}
    done, groups = set[Node](), []
    for equation, root in values:
        fresh = [n for n in _until(root, done) if n in named or n is root]
        steps = [Step(n, of.get(n)) for n in fresh if n not in done and (every or n in named)]
        if (every and of[root] is not equation) or (every and not steps):
            steps.append(Step(root, equation))
        done.update(fresh)
        groups.append((equation, tuple(steps)))
    return tuple(groups)


def _until(root: Node, done: set[Node]) -> Iterable[Node]:
    """The nodes under the root that are not done nor only needed for what is done, arguments first."""
    seen: set[Node] = set()
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif node not in seen and node not in done:
            seen.add(node)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.args))


# Where it is kept


def _large(live: Iterable[Node]) -> set[Node]:
    """The nodes worth a buffer: arrays over two indices or more, or over one where there are none of these."""
    nodes = [n for n in live if n.op in _WRITTEN and n.kind == "real" and n.shape and _has_out(n)]
    rank = min(2, max((len(n.shape) for n in nodes), default=0))
    return {n for n in nodes if len(n.shape) >= rank}


def _has_out(node: Node) -> bool:
    """Whether NumPy can write the result into an array there is."""
    if node.op == "call":
        return isinstance(getattr(np, node.detail.removeprefix("np."), None), np.ufunc)
    return node.op != "real" or node.args[0].op == "compare"


def _allocate(
    steps: Sequence[Node], large: set[Node], outputs: Iterable[Node]
) -> tuple[dict[Node, int], tuple[Shape, ...]]:
    """A buffer for each large node. An operation entry by entry may overwrite an operand that nothing reads later."""
    last = last_reads(steps, large)
    kept = set[Node]().union(*(memory(node, large) for node in outputs))
    places, shapes, free = dict[Node, int](), list[Shape](), defaultdict[Shape, list[int]](list)
    dying = defaultdict[int, list[Node]](list)
    for node, when in last.items():
        if node not in kept:
            dying[when].append(node)
    for when, node in enumerate(steps):
        over = list(dying[when])
        if node in large:
            reusable = [n for n in node.args if n in over and n.shape == node.shape] if node.op in ELEMENTWISE else []
            if reusable:
                over.remove(reusable[0])
                places[node] = places[reusable[0]]
            elif free[node.shape]:
                places[node] = free[node.shape].pop()
            else:
                places[node] = len(shapes)
                shapes.append(node.shape)
        for gone in over:
            free[gone.shape].append(places[gone])
    return places, tuple(shapes)


def last_reads(steps: Sequence[Node], large: set[Node]) -> dict[Node, int]:
    """The last step that reads the memory of each large node, by whatever name."""
    named, last = set(steps), dict[Node, int]()
    for when, node in enumerate(steps):
        for read in _reads(node, named):
            for owner in memory(read, large):
                last[owner] = when
    return last


def _reads(step: Node, named: set[Node]) -> Iterable[Node]:
    """The named nodes whose arrays the expression of a step reads."""
    stack, seen = list(step.args), set[Node]()
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in named:
            yield node
        else:
            stack.extend(node.args)


def memory(node: Node, large: set[Node]) -> set[Node]:
    """The large nodes whose buffers the array of a node may lie in.

    A view lies in what it views, and a function that the caller passes may return its argument.
    """
    if node in large:
        return {node}
    if node.op == "pick" or node.op == "turn":
        return memory(node.args[0], large)
    if node.op == "apply":
        return set[Node]().union(*(memory(argument, large) for argument in node.args))
    return set()

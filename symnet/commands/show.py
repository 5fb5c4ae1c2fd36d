"""What `symnet derive` prints: the answer as text, as LaTeX, as NumPy source."""

from collections.abc import Iterable
from dataclasses import replace

from sympy import Expr, Symbol

from symnet.commands.derive import Answer, complete_point
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Equation, Variable, names_used
from symnet.errors import SymnetError
from symnet.numeric.compile import compile_numpy
from symnet.render.align import align_latex, align_steps
from symnet.render.byhand import by_hand_steps
from symnet.render.document import standalone
from symnet.render.latex import latex
from symnet.render.text import text
from symnet.training import Step
from symnet.truth.evaluate import Value

__all__ = ["answer_latex", "answer_numpy", "answer_text"]

_WORDS = {
    "en": {
        "equations": "Equations",
        "function": "Network function",
        "loss": "Loss",
        "gradient": "Gradient",
        "hessian": "Second derivatives",
        "values": "Values",
        "steps": "Gradient descent",
        "step": "Step",
        "dropped": "dropped",
        "at": "at",
        "to": "moves to",
        "findings": "Findings",
    },
    "ru": {
        "equations": "Уравнения",
        "function": "Функция сети",
        "loss": "Функция потерь",
        "gradient": "Градиент",
        "hessian": "Вторые производные",
        "values": "Значения",
        "steps": "Градиентный спуск",
        "step": "Шаг",
        "dropped": "выброшены",
        "at": "в точке",
        "to": "переход в",
        "findings": "Обнаружено",
    },
}


def answer_text(answer: Answer, language: str = "en") -> str:
    """The answer for a terminal: a heading, then one equation a line."""
    words = _WORDS[language]
    blocks = [
        (words["equations"], [_line(answer, e) for e in answer.equations]),
        (words["function"], [_function_line(answer, e) for e in answer.functions]),
        (words["loss"], [_line(answer, answer.loss)]),
        (words["gradient"], [_line(answer, e) for e in answer.gradient.values()]),
        (words["hessian"], [_line(answer, e) for e in answer.hessian.values()]),
        (words["values"], list(_values(answer))),
        (words["steps"], [line for k, s in enumerate(answer.steps, 1) for line in _step(words, k, s)]),
        (words["findings"], [f"{f.kind}: {f.text}" for f in answer.findings]),
    ]
    parts = [f"{title}\n" + "\n".join(f"  {line}" for line in lines) for title, lines in blocks if lines]
    return "\n\n".join(parts)


def _line(answer: Answer, equation: Equation) -> str:
    return f"{text(equation.reference, answer.naming)} = {text(equation.rhs, answer.naming)}"


def _function_line(answer: Answer, equation: Equation) -> str:
    arguments = ", ".join(answer.network.inputs)
    return f"{equation.name}({arguments}) = {text(equation.rhs, answer.naming)}"


def _values(answer: Answer) -> Iterable[str]:
    names = ["L", *(e.name for e in answer.gradient.values()), *(e.name for e in answer.hessian.values())]
    statistics = [n for k in answer.network.normalizations for n in (k.mean, k.deviation)]
    for name in [*statistics, *names]:
        if name in answer.values:
            value = answer.values[name]
            yield f"{name} = {value.text}" + (f" ± {value.radius}" if value.radius else "")


def _step(words: dict[str, str], number: int, step: Step) -> Iterable[str]:
    mask = f" ({words['dropped']} {', '.join(step.mask)})" if step.mask else ""
    slopes = ", ".join(f"{adjoint_name('L', n)} = {v.text}" for n, v in step.gradient.items())
    moved = ", ".join(f"{n} = {v.text}" for n, v in step.next_point.items())
    yield f"{words['step']} {number}{mask}: L = {step.loss.text} -> {step.next_loss.text}"
    yield f"  {slopes}"
    yield f"  {words['to']} {moved}"


def answer_latex(answer: Answer, language: str = "en") -> str:
    """A complete LaTeX document; every display is an `align*` that can be pasted as it is."""
    words = _WORDS[language]
    naming = answer.naming
    arguments = ", ".join(naming.latex(name) for name in answer.network.inputs)
    at_x = {e.name: Variable(e.name, latex=f"{naming.latex(e.name)}({arguments})") for e in answer.functions}
    of_x = replace(naming, variables={**naming.variables, **at_x})
    blocks: list[tuple[str, Iterable[Equation]]] = [
        (words["equations"], answer.equations),
        (words["loss"], [answer.loss]),
        (words["gradient"], answer.gradient.values()),
        (words["hessian"], answer.hessian.values()),
    ]
    shown = [(title, align_latex(list(equations), naming)) for title, equations in blocks if list(equations)]
    shown.insert(1, (words["function"], align_latex(answer.functions, of_x)))
    if by_hand := list(_by_hand(answer)):
        shown.append((words["values"], "\n".join(by_hand)))
    shown += [(f"{words['step']} {k}", _step_latex(answer, words, s)) for k, s in enumerate(answer.steps, 1)]
    body = "\n\n".join(f"\\subsection*{{{title}}}\n{display}" for title, display in shown)
    return standalone(body, language)


def _by_hand(answer: Answer) -> Iterable[str]:
    """Formula = numbers = value for everything whose numbers are exact."""
    if answer.request.at is None:
        return
    known: dict[Expr, Expr] = {
        Symbol(name): value for name, value in complete_point(answer.network, answer.request.at).items()
    }
    for name, value in answer.values.items():
        expression = value.as_expr()
        if expression is not None:
            known[Symbol(name)] = expression
    for equation in (*answer.equations, answer.loss, *answer.gradient.values(), *answer.hessian.values()):
        used = {s for s in map(Symbol, names_used(equation.rhs)) if s in known}
        if used and used == set(map(Symbol, names_used(equation.rhs))):
            yield align_steps(by_hand_steps(equation, {s: known[s] for s in used}, answer.naming))


def _step_latex(answer: Answer, words: dict[str, str], step: Step) -> str:
    """The gradient's values at the point of departure, and w - h dL/dw for each weight."""
    naming = answer.naming
    rate = latex(answer.request.rate, naming)
    lines = [rf"L &= {_value_latex(step.loss)}"]
    for name, slope in step.gradient.items():
        lines.append(rf"{naming.latex(adjoint_name('L', name))} &= {_value_latex(slope)}")
    for name, slope in step.gradient.items():
        start, end = (_value_latex(p[name]) for p in (step.point, step.next_point))
        by = _value_latex(slope)
        by = f"({by})" if by.startswith("-") else by
        lines.append(rf"{naming.latex(name)} &\leftarrow {start} - {rate} \cdot ({_value_latex(slope)}) = {end}")
    mask = rf"\text{{{words['dropped']} {', '.join(step.mask)}}}: \quad " if step.mask else ""
    lines[0] = lines[0].replace("L &", f"{mask}L &")
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _value_latex(value: Value) -> str:
    expression = value.as_expr()
    return value.text if expression is None else latex(expression)


def answer_numpy(answer: Answer, style: str | None = None) -> str:
    """A module that computes the loss and all gradients of the network.

    style: as in `compile_numpy`. "scalar" is for the network's own data, the others take any batch.
    """
    network = answer.network
    if style == "scalar":
        if network.rows is None:
            raise SymnetError("--style scalar needs data: without them the batch is symbolic")
        derivation, wanted = answer.full, ["L", *(e.name for e in answer.gradient.values())]
    else:
        if network.statistics is None:
            network = replace(network, rows=None)  # any number of objects, not only the data's
        derivation = gradient(network.derivation, "L", answer.wrt)
        wanted = ["L", *(adjoint_name("L", name) for name in answer.wrt)]
    source: str = compile_numpy(derivation, wanted, name="loss_and_gradient", style=style).source
    return source.rstrip("\n")

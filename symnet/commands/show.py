"""What `symnet derive` prints: the answer as text, as LaTeX, as NumPy source."""

from collections.abc import Iterable
from dataclasses import replace

from symnet.commands.derive import Answer
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Equation, Variable
from symnet.numeric.compile import compile_numpy
from symnet.render.align import align_latex
from symnet.render.document import standalone
from symnet.render.text import text
from symnet.training import Step

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
    body = "\n\n".join(f"\\subsection*{{{title}}}\n{display}" for title, display in shown)
    return standalone(body, language)


def answer_numpy(answer: Answer) -> str:
    """A NumPy module that computes the loss and all gradients of the network for any batch."""
    network = answer.network
    if network.statistics is None:
        network = replace(network, rows=None)  # any number of objects, not only the data's
    derivation = gradient(network.derivation, "L", answer.wrt)
    wanted = ["L", *(adjoint_name("L", name) for name in answer.wrt)]
    source: str = compile_numpy(derivation, wanted, name="loss_and_gradient").source
    return source.rstrip("\n")

"""What `symnet derive` prints: the answer as text, as LaTeX, as NumPy source."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sympy import Symbol

from symnet.commands.derive import Answer, complete_point
from symnet.differentiate import adjoint_name, gradient
from symnet.equations import Equation, Variable, leaves, names_used
from symnet.errors import SymnetError
from symnet.numeric.compile import compile_numpy
from symnet.numeric.languages import source
from symnet.render.align import align_latex, align_steps, width
from symnet.render.byhand import by_hand_steps
from symnet.render.document import cropped, standalone
from symnet.render.latex import latex, left_side
from symnet.render.naming import Naming
from symnet.render.steps import explain
from symnet.render.text import text
from symnet.render.words import words
from symnet.training import Step
from symnet.truth.evaluate import Value

__all__ = [
    "answer_displays",
    "answer_latex",
    "answer_source",
    "answer_text",
    "by_hand",
    "function_naming",
    "step_rows",
    "value_latex",
    "valued",
]


def answer_text(answer: Answer, language: str = "en", steps: bool = False) -> str:
    """The answer for a terminal: a heading, then one equation a line; `steps` puts the derivation before it."""
    spoken = words(language)
    blocks = [
        (spoken["explanation"], _explained(answer, language) if steps else []),
        (spoken["equations"], [_line(answer, e) for e in answer.equations]),
        (spoken["function"], [_function_line(answer, e) for e in answer.functions]),
        (spoken["loss"], [_line(answer, answer.loss)]),
        (spoken["gradient"], [_line(answer, e) for e in answer.gradient.values()]),
        (spoken["hessian"], [_line(answer, e) for e in answer.hessian.values()]),
        (spoken["values"], list(_values(answer))),
        (spoken["steps"], [line for k, s in enumerate(answer.steps, 1) for line in _step(spoken, k, s)]),
        (spoken["findings"], [f"{f.kind}: {f.text}" for f in answer.findings]),
    ]
    parts = [f"{title}\n" + "\n".join(f"  {line}" for line in lines) for title, lines in blocks if lines]
    return "\n\n".join(parts)


def _explained(answer: Answer, language: str) -> list[str]:
    """Each step numbered, in words, its equations below it."""
    explanation = explain(answer.network, answer.wrt)
    lines = []
    for number, step in enumerate((*explanation.forward, *explanation.backward), 1):
        lines.append(f"{number}. {explanation.words(step, language)}")
        for equation in step.equations:
            left, right = (text(side, explanation.naming) for side in (equation.reference, equation.rhs))
            lines.append(f"     {left} = {right}")
    return lines


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


def _step(spoken: dict[str, str], number: int, step: Step) -> Iterable[str]:
    mask = f" ({spoken['dropped']} {', '.join(step.mask)})" if step.mask else ""
    slopes = ", ".join(f"{adjoint_name('L', n)} = {v.text}" for n, v in step.gradient.items())
    moved = ", ".join(f"{n} = {v.text}" for n, v in step.next_point.items())
    yield f"{spoken['step']} {number}{mask}: L = {step.loss.text} -> {step.next_loss.text}"
    yield f"  {slopes}"
    yield f"  {spoken['to']} {moved}"


def answer_latex(answer: Answer, language: str = "en", steps: bool = False, snippet: bool = False) -> str:
    """A complete LaTeX document; every display is an `align*` that can be pasted as it is.

    steps: with the derivation step by step before it. snippet: without the preamble.
    """
    shown = [(title, "\n".join(displays)) for title, displays in answer_displays(answer, language)]
    if steps:
        shown.insert(0, (words(language)["explanation"], _explained_latex(answer, language)))
    body = "\n\n".join(f"\\subsection*{{{title}}}\n{display}" for title, display in shown)
    return body if snippet else standalone(body, language)


def answer_displays(answer: Answer, language: str = "en") -> list[tuple[str, list[str]]]:
    """What there is to show under each heading, as `align*` displays."""
    spoken = words(language)
    naming = answer.naming
    blocks: list[tuple[str, Iterable[Equation]]] = [
        (spoken["equations"], answer.equations),
        (spoken["loss"], [answer.loss]),
        (spoken["gradient"], answer.gradient.values()),
        (spoken["hessian"], answer.hessian.values()),
    ]
    shown = [(title, [align_latex(list(equations), naming)]) for title, equations in blocks if list(equations)]
    shown.insert(
        1 if answer.equations else 0, (spoken["function"], [align_latex(answer.functions, function_naming(answer))])
    )
    if values := [align_steps(steps) for _, steps in by_hand(answer)]:
        shown.append((spoken["values"], values))
    return shown + [(f"{spoken['step']} {k}", [_step_latex(answer, spoken, s)]) for k, s in enumerate(answer.steps, 1)]


def _explained_latex(answer: Answer, language: str) -> str:
    explanation = explain(answer.network, answer.wrt)
    lines = []
    for step in (*explanation.forward, *explanation.backward):
        lines += [explanation.latex_words(step, language), align_latex(step.equations, explanation.naming)]
    return "\n".join(lines)


def formula_latex(answer: Answer, name: str) -> str:
    """A document of one formula alone, as large as it is: L, the network function, S, dL_dw1, …

    Raises SymnetError for a name that nothing has.
    """
    equations = {e.name: (e, answer.naming) for e in answer.shown}
    equations |= {e.name: (e, function_naming(answer)) for e in answer.functions}
    if name not in equations:
        raise SymnetError(f"there is no formula for {name!r}; there are {', '.join(equations)}")
    equation, naming = equations[name]
    aligned = align_latex([equation], naming).replace("{align*}", "{aligned}")
    return cropped(aligned)


def function_naming(answer: Answer) -> Naming:
    """The names of the network function, with the inputs it is a function of: F(x)."""
    naming = answer.naming
    arguments = ", ".join(naming.latex(name) for name in answer.network.inputs)
    at_x = {e.name: Variable(e.name, latex=f"{naming.latex(e.name)}({arguments})") for e in answer.functions}
    return replace(naming, variables={**naming.variables, **at_x})


def by_hand(answer: Answer) -> Iterator[tuple[Equation, list[str]]]:
    """Each equation that has a value at the point, with `name`, `formula`, `numbers`, `value` in LaTeX.

    Where numbers too long to read would be put in, or come out, there is only the value, rounded.
    """
    if answer.request.at is None:
        return
    known: dict[str, Value] = {
        name: Value.of(value) for name, value in complete_point(answer.network, answer.request.at).items()
    }
    known |= answer.values
    for equation in (*answer.equations, answer.loss, *answer.gradient.values(), *answer.hessian.values()):
        used = names_used(equation.rhs)
        if not used or not used <= known.keys():
            continue
        shown = value_latex(known[equation.name])
        exact = {Symbol(name): known[name].as_expr() for name in used if not value_latex(known[name])[0]}
        if len(exact) < len(used):
            steps = [left_side(equation, answer.naming), latex(equation.rhs, answer.naming), shown[1]]
        else:
            steps = by_hand_steps(equation, exact, answer.naming)
            if shown[0]:
                steps[-1] = shown[1]
        yield equation, [*steps[:-1], shown[0] + steps[-1]]


def _step_latex(answer: Answer, spoken: dict[str, str], step: Step) -> str:
    """The gradient's values at the point of departure, and w - h dL/dw for each weight."""
    naming = answer.naming
    lines = [(naming.latex(adjoint_name("L", name)), valued(slope)) for name, slope in step.gradient.items()]
    lines = [("L", valued(step.loss)), *lines]
    mask = rf"\text{{{spoken['dropped']} {', '.join(step.mask)}}}: \quad " if step.mask else ""
    rows = [f"{left} &{right}" for left, right in (*lines, *step_rows(answer, step))]
    body = " \\\\\n".join([mask + rows[0], *rows[1:]])
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def step_rows(answer: Answer, step: Step) -> Iterator[tuple[str, str]]:
    """`w <- w - h dL/dw = new value` for every parameter, with the numbers put in."""
    rate = latex(answer.request.rate, answer.naming)
    for name, slope in step.gradient.items():
        start, by = value_latex(step.point[name])[1], value_latex(slope)[1]
        times = rf"\left({by}\right)" if by.startswith("-") or " + " in by or " - " in by else by
        yield answer.naming.latex(name), rf"\leftarrow {start} - {rate} \cdot {times} {valued(step.next_point[name])}"


_READABLE = 14.0  # em: of an exact value
_LONGEST = 30.0  # em: of a value made of f(1) and the like, for which there is no decimal
_LEAVES = 150  # of an expression whose width is worth measuring


def value_latex(value: Value) -> tuple[str, str]:
    r"""The value in LaTeX, exact where a reader can take it in: then "" stands before it, else `\approx`.

    What is made of f(1) and the like has no decimal: where it is long, dots stand for it.
    """
    expression = value.as_expr()
    exact = None if expression is None or leaves(expression) > _LEAVES else latex(expression)
    if exact is not None and width(exact) <= _READABLE:
        return "", exact
    try:
        rounded = value.ball().str(6, radius=False)
    except SymnetError:  # made of f(1) and the like
        return ("", exact) if exact is not None and width(exact) <= _LONGEST else ("= ", r"\dots")
    digits, _, power = rounded.partition("e")
    if not digits.strip("-0."):
        return r"\approx ", "0"  # of a ball around 0, whatever its radius
    return r"\approx ", digits + (rf" \cdot 10^{{{int(power)}}}" if power else "")


def valued(value: Value) -> str:
    """`= 2/3`, or `\\approx 0.31415` for a value that is long."""
    relation, shown = value_latex(value)
    return (relation or "= ") + shown


def answer_source(answer: Answer, language: str = "numpy", style: str | None = None, dtype: str | None = None) -> str:
    """A module, or a C file, that computes the loss and all gradients of the network.

    language: "numpy", or as in `languages.source`, with its dtype. style: as in `compile_numpy`; "scalar" and "packed"
    take the network's own data, the others any batch.
    """
    network = answer.network
    if style in ("scalar", "packed"):
        if network.rows is None:
            raise SymnetError(f"--style {style} needs data: without them the batch is symbolic")
        derivation, wanted = answer.full, ["L", *(e.name for e in answer.gradient.values())]
    else:
        if network.statistics is None:
            network = replace(network, rows=None)  # any number of objects, not only the data's
        derivation = gradient(network.derivation, "L", answer.wrt)
        wanted = ["L", *(adjoint_name("L", name) for name in answer.wrt)]
    name = "loss_and_gradient"
    if language == "numpy":
        return compile_numpy(derivation, wanted, name, style).source.rstrip("\n")
    return source(language, derivation, wanted, name, dtype).rstrip("\n")

"""One network as a page: its picture, everything `symnet derive` finds, and the derivation in steps that fold."""

from collections.abc import Iterable
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from symnet.commands.derive import Answer
from symnet.commands.show import answer_displays
from symnet.drawing.diagram import diagram
from symnet.drawing.svg import svg
from symnet.errors import SymnetError
from symnet.render.align import align_sides
from symnet.render.mathml import MATHML_STYLE, html_words, mathml
from symnet.render.steps import Explanation, Said, explain
from symnet.render.words import words
from symnet.site.words import WORDS

__all__ = ["Steps", "answer_html", "environment", "formula", "printed", "steps", "style"]

Steps = list[tuple[Markup, Markup]]  # each step: a sentence, and the formulas it gives


def environment() -> Environment:
    """The templates of the pages."""
    return Environment(
        loader=PackageLoader("symnet.site"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def style() -> str:
    """The style sheet of the pages."""
    own = files("symnet.site").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return f"{own}{MATHML_STYLE}\n"


def formula(latex: str) -> Markup:
    """The formula as a display; where a browser has no signs for it, as it is written."""
    try:
        return Markup(mathml(latex, display=True))
    except SymnetError:
        return Markup("<code>{}</code>").format(latex)


def steps(explanation: Explanation, language: str) -> list[tuple[str, Steps]]:
    """The steps forward and backward, where there are any, under the key of their heading in WORDS."""

    ways = (("forward", explanation.forward), ("backward", explanation.backward))
    return [(way, printed(map(explanation.said, found), language)) for way, found in ways if found]


def printed(said: Iterable[Said], language: str) -> Steps:
    """Each step in words with its formulas below it."""
    return [
        (Markup(html_words(one.words(language))), formula(align_sides(one.sides)) if one.sides else Markup(""))
        for one in said
    ]


def answer_html(answer: Answer, language: str = "en", opened: bool = False) -> str:
    """A page of its own, without any other file: `symnet derive --format html`. opened: its steps are unfolded."""
    spoken = words(language)
    whole = answer.whole or answer.network
    names = answer.naming
    findings = [
        (html_words(spoken[f.kind].format(", ".join(f"${names.latex(p)}$" for p in f.parameters))), f.text)
        for f in answer.findings
    ]
    return (
        environment()
        .get_template("network.html")
        .render(
            language=language,
            words=WORDS[language],
            spoken=spoken,
            title=spoken["network"].format(whole.name),
            style=Markup(style()),
            picture=Markup(svg(diagram(whole, answer.request.drop))),
            blocks=[(title, [formula(d) for d in displays]) for title, displays in answer_displays(answer, language)],
            findings=[(Markup(sentence), why) for sentence, why in findings],
            steps=steps(explain(answer.network, answer.wrt), language),
            open=opened,
        )
        .rstrip()
    )

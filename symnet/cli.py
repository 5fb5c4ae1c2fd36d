"""The command line: parse, call, print. Nothing heavy is imported before a command needs it.

Exit status: 0 done and all as expected, 1 something was found wrong, 2 the input cannot be used.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import shtab

from symnet.commands.arguments import count, digits, exact, load, names, point, seconds, write
from symnet.commands.help import EXAMPLES, STARTER
from symnet.errors import SymnetError

if TYPE_CHECKING:
    from symnet.commands.derive import Request

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the answer is the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except SymnetError as error:
        print(f"symnet: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe went away: nothing more to say
        sys.stderr.close()
        return 0
    except OSError as error:  # files name themselves: this is standard output
        print(f"symnet: cannot write to standard output: {error.strerror}", file=sys.stderr)
        return 2


_SOURCES = ("numpy", "jax", "torch", "c")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the options in one sentence, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"symnet: {message} ({self.prog} --help shows the options)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="symnet", description="Symbolic derivation and verification of neural-network mathematics.")
    shtab.add_argument_to(parser, "--print-completion")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    derive = _command(commands, "derive", "a network's function, loss, gradient and exact values", _derive)
    derive.add_argument("network", metavar="FILE|MODULE:OBJECT", help="a .net file, or a Network in Python")
    derive.add_argument("--wrt", metavar="w1,w01", help="differentiate by these (default: all parameters)")
    derive.add_argument("--expand", action="store_true", help="write every definition out")
    derive.add_argument("--hessian", action="store_true", help="second derivatives as well")
    _training_options(derive)
    derive.add_argument("--format", choices=("text", "latex", "slides", "json", "html", *_SOURCES), default="text")
    derive.add_argument(
        "--style", choices=("numpy", "plain", "scalar", "packed"), help="of --format numpy; scalar of jax, torch, c too"
    )
    derive.add_argument("--dtype", choices=("float32", "float64"), help="the floats of --format c (default float64)")
    derive.add_argument("--explain", action="store_true", help="the derivation step by step, forward and backward")
    derive.add_argument("--standalone", metavar="NAME", help="LaTeX of one formula alone, cropped: L, F, S, dL_dw1")
    derive.add_argument("--snippet", action="store_true", help="LaTeX or slides without a preamble, to be pasted")
    derive.add_argument("--language", choices=("en", "ru"), default="en", help="of the words around formulas")
    derive.add_argument("-o", "--output", metavar="FILE", help="write there instead of standard output")

    draw = _command(commands, "draw", "a picture of a network, or of how its loss is computed", _draw)
    draw.add_argument("network", metavar="FILE|MODULE:OBJECT", help="a .net file, or a Network in Python")
    draw.add_argument("--drop", default="", metavar="h1,x2", help="cross these neurons or inputs out")
    draw.add_argument("--graph", action="store_true", help="the graph of the loss with values and derivatives")
    draw.add_argument("--at", metavar="w1=0,w2=1/2", help="exact parameter values for the graph; all=0 sets the others")
    draw.add_argument("-o", "--output", metavar="FILE", help="FILE.svg, or FILE.tex for TikZ (default: SVG to stdout)")

    plot = _command(commands, "plot", "training over the loss, its convergence, or an activation (matplotlib)", _plot)
    plot.add_argument("network", nargs="?", metavar="FILE|MODULE:OBJECT", help="whose training is plotted")
    plot.add_argument("--activation", metavar="elu,1", help="a function of the table and its derivative instead")
    plot.add_argument("--over", default="", metavar="w1,w2", help="the path of training over these two parameters")
    _training_options(plot)
    plot.add_argument("-o", "--output", required=True, metavar="FILE", help="FILE.svg, FILE.png or FILE.pdf")

    lectures = _command(commands, "lectures", "derive and verify what the lectures claim", _lectures)
    lectures.add_argument("ids", nargs="*", metavar="ID", help="explain these claims at length (L8.43)")
    lectures.add_argument("--json", action="store_true")
    lectures.add_argument("--latex", metavar="DIR", help="write a LaTeX file for each lecture section there")
    lectures.add_argument("--coverage", metavar="FILE.md", help="put the table of coverage between its markers there")
    lectures.add_argument("--no-cache", action="store_true", help="decide anew what earlier runs have decided")
    lectures.add_argument("--html", metavar="DIR", help="write a site of plain files there: overview, sections, errata")
    lectures.add_argument("--slides", metavar="FILE", help="write a Beamer file there, a frame for every claim")
    lectures.add_argument("--errata", action="store_true", help="a sheet of what is wrong, for the lecturer")
    lectures.add_argument(
        "--language", choices=("en", "ru"), default="en", help="of the errata, the site and the slides"
    )
    lectures.add_argument("-o", "--output", metavar="FILE", help="where the errata go: .md, .tex or .html")

    explaining = _command(commands, "explain", "one claim of a lecture at length, as `symnet lectures ID`", _explain)
    explaining.add_argument("ids", nargs="+", metavar="ID")

    new = _command(commands, "new", "write a commented network file to start from", _new)
    new.add_argument("file", metavar="FILE.net", help="a file that does not exist yet; - is standard output")

    claim = _command(commands, "claim", "check one formula of a slide against a network", _claim)
    claim.add_argument("network", metavar="FILE.net")
    claim.add_argument("formula", metavar="LATEX", help="in the slide's own LaTeX; - reads standard input")
    claim.add_argument("--json", action="store_true")
    claim.add_argument("--seconds", type=seconds, default=20, help="time limit for a proof (default 20)")
    claim.add_argument("--replay", action="store_true", help="check the verdict once more, by numbers alone")
    lint = _command(commands, "lint", "check every display formula of a LaTeX file", _lint)
    lint.add_argument("slides", metavar="SLIDES.tex")
    lint.add_argument("--network", required=True, metavar="FILE.net", help="what its formulas speak of")
    lint.add_argument("--json", action="store_true")
    lint.add_argument("--seconds", type=seconds, default=5, help="time limit for a formula (default 5)")
    lint.add_argument("-o", "--output", metavar="FILE", help="write the file with a comment after each formula")

    check = _command(commands, "check", "an implementation of a layer, a loss or an optimizer", _check)
    check.add_argument("target", metavar="TARGET", help="module:name, file.py:name or a preset: torch:BatchNorm1d")
    check.add_argument(
        "--as", dest="spec", required=True, metavar="SPEC", help="batch_norm, relu, adam, …, or FILE.net"
    )
    check.add_argument(
        "--dtype", choices=("float16", "bfloat16", "float32", "float64"), help="the floats to test it with"
    )
    check.add_argument("--tests", metavar="FILE::TEST", help="a test of yours: which mistakes would it miss?")
    check.add_argument("--json", action="store_true")
    return parser


def _command(commands: Any, name: str, summary: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _training_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--drop", default="", metavar="h1,x2", help="neurons or inputs to drop")
    parser.add_argument("--at", metavar="w1=0,w2=1/2", help="exact parameter values; all=0 sets the others")
    parser.add_argument(
        "--digits", type=digits, default=30, metavar="N", help="of values that have no short exact form"
    )
    parser.add_argument("--steps", type=count, default=0, metavar="N", help="steps of gradient descent")
    parser.add_argument("--rate", metavar="h", help="the step size, exact: 0.1 is 1/10")
    parser.add_argument("--optimizer", default="gradient_descent", metavar="NAME", help="adam, heavy_ball, rprop, …")
    parser.add_argument("--hyper", default="", metavar="gamma=9/10", help="its hyperparameters beside the rate")
    parser.add_argument("--masks", metavar='"h1;h2"', help="the neurons dropped at each step")


# symnet derive


def _derive(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from symnet.commands.derive import derive
    from symnet.commands.show import answer_latex, answer_source, answer_text, formula_latex
    from symnet.render.terminal import fitted

    _check_output(options)
    network = load(options.network)
    request = replace(
        _training(options),
        wrt=names(options.wrt) if options.wrt is not None else None,
        expand=options.expand,
        second=options.hessian,
        seek=options.format in ("text", "json", "slides", "html"),
    )
    answer = derive(network, request)
    if options.format == "json":
        output = json.dumps(answer.json, indent=2, ensure_ascii=False)
    elif options.format in _SOURCES:
        output = answer_source(answer, options.format, options.style, options.dtype)
    elif options.format == "slides":
        from symnet.commands.present import answer_slides

        output = answer_slides(answer, options.language, options.explain, options.snippet)
    elif options.format == "html":
        from symnet.site.derivation import answer_html

        output = answer_html(answer, options.language, options.explain)
    elif options.standalone:
        output = formula_latex(answer, options.standalone)
    elif options.format == "latex":
        output = answer_latex(answer, options.language, options.explain, options.snippet)
    else:
        output = answer_text(answer, options.language, options.explain)
        output = output if options.output else fitted(output)
    return write(output, options.output)


def _check_output(options: argparse.Namespace) -> None:
    """Options that mean nothing for the format asked for are a mistake, not to be passed over."""
    if options.standalone and options.format != "latex":
        raise SymnetError(f"--standalone {options.standalone} is LaTeX: add --format latex")
    if options.snippet and (options.format not in ("latex", "slides") or options.standalone):
        raise SymnetError("--snippet leaves out a preamble: it goes with --format latex or --format slides")
    if options.explain and (options.format in ("json", *_SOURCES) or options.standalone):
        raise SymnetError("--explain writes words: it goes with --format text, latex, slides or html")
    if options.style and options.format != "numpy" and (options.style != "scalar" or options.format not in _SOURCES):
        raise SymnetError(f"--style {options.style} does not go with --format {options.format}")
    if options.dtype and options.format != "c":
        raise SymnetError(
            f"--dtype {options.dtype} is of --format c: other source computes in the type of its arguments"
        )


def _training(options: argparse.Namespace) -> "Request":
    """What `_training_options` say."""
    from symnet.commands.derive import Request

    masks = tuple(names(mask) for mask in options.masks.split(";")) if options.masks else ()
    return Request(
        drop=names(options.drop),
        digits=options.digits,
        at=point(options.at) if options.at is not None else None,
        steps=options.steps or len(masks),
        rate=exact(options.rate, "--rate") if options.rate is not None else None,
        masks=masks,
        optimizer=options.optimizer,
        hyper=point(options.hyper, "--hyper"),
    )


# symnet draw


def _draw(options: argparse.Namespace) -> int:
    from symnet.commands.draw import draw

    at = None if options.at is None else point(options.at)
    network, dropped = load(options.network), names(options.drop)
    return write(draw(network, dropped, options.graph, at, options.output), options.output)


# symnet plot


def _plot(options: argparse.Namespace) -> int:
    from symnet.commands.plot import plot_training, save
    from symnet.drawing.plots import activation

    if (options.network is None) == (options.activation is None):
        raise SymnetError("plot the training of a network, or one function with --activation")
    if options.activation:
        name, *parameters = names(options.activation)
        figure = activation(name, *(exact(p, "--activation") for p in parameters))
    else:
        figure = plot_training(load(options.network), _training(options), names(options.over))
    save(figure, options.output)
    return 0


# symnet lectures


def _lectures(options: argparse.Namespace) -> int:
    from symnet.claims import load_claims
    from symnet.commands.cache import Cache
    from symnet.commands.lectures import explain, report, run_claims, summary, write_coverage, write_latex

    if options.errata and not options.output:
        raise SymnetError("--errata needs a file to write: -o errata.md, errata.tex or errata.html")
    if options.coverage and options.ids:
        raise SymnetError(f"the table of coverage counts all claims: leave out {' '.join(options.ids)}")
    claims = load_claims(options.ids)
    results = run_claims(claims, progress=not options.json, cache=None if options.no_cache else Cache())
    if options.latex:
        write_latex(results, options.latex)
    if options.coverage:
        write_coverage(results, options.coverage)
    if options.html:
        from symnet.site.pages import write_site

        write_site(results, options.html, options.language)
    if options.slides:
        from symnet.commands.present_lectures import lecture_slides

        write(lecture_slides(results, options.language), options.slides)
    if options.errata:
        from symnet.commands.errata import errata

        write(errata(results, options.output, options.language).rstrip("\n"), options.output)
    if options.json:
        answers = {"claims": [r.json for r in results], "summary": summary(results)}
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    elif options.ids:
        print("\n\n".join(explain(result) for result in results))
    else:
        report(results)
    return 0 if all(result.as_expected for result in results) else 1


def _explain(options: argparse.Namespace) -> int:
    return main(["lectures", *options.ids])


# symnet new


def _new(options: argparse.Namespace) -> int:
    if options.file != "-" and os.path.exists(options.file):
        raise SymnetError(f"{options.file} exists already: choose another name")
    return write(STARTER.rstrip("\n"), None if options.file == "-" else options.file)


# symnet claim


def _claim(options: argparse.Namespace) -> int:
    from symnet.claims import check_formula
    from symnet.commands.lectures import explain

    formula = sys.stdin.read() if options.formula == "-" else options.formula
    result = check_formula(load(options.network), formula, options.seconds)
    again = result.finding.verdict.replay() if options.replay else None
    if options.json:
        answer = result.json | ({"replay": {"outcome": again.outcome, "text": again.text}} if again else {})
        print(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        print(explain(result) + (f"\nreplayed\n    {again.outcome}: {again.text}" if again else ""))
    contradicted = again is not None and again.outcome == "contradicted"
    return 0 if result.verdict in ("proved", "proved-if") and not contradicted else 1


# symnet lint


def _lint(options: argparse.Namespace) -> int:
    from symnet.commands.lint import lint, marked_up

    found = lint(options.slides, load(options.network), options.seconds)
    if options.output:
        write(marked_up(options.slides, found).rstrip("\n"), options.output)
    if options.json:
        print(json.dumps([item.json for item in found], indent=2, ensure_ascii=False))
    else:
        for item in found:
            reason = f": {item.reason}" if item.reason else ""
            print(f"{options.slides}:{item.formula.line}: {item.verdict}{reason}\n    {item.formula.latex}")
    return 1 if any(item.verdict in ("refuted", "ambiguous") for item in found) else 0


# symnet check


def _check(options: argparse.Namespace) -> int:
    from symnet.candidates.check import check
    from symnet.commands.check import replayed, show, show_replayed

    report = check(options.target, options.spec, options.dtype)
    tests = replayed(report, options.tests) if options.tests else None
    if options.json:
        print(json.dumps(report.json | ({"tests": tests} if tests else {}), indent=2, ensure_ascii=False))
    else:
        show(report)
        if tests:
            show_replayed(tests)
    return 0 if report.right and not (tests and tests["missed"]) else 1

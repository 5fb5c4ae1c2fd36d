"""What the design promises of the source itself: who may import whom, and what nobody does."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from symnet.cli import main
from symnet.equations import index
from symnet.errors import SymnetError
from symnet.expressions import as_expression
from symnet.network.neurons import Norm
from symnet.operations import call

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "symnet").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
DERIVATIONS = sorted((ROOT / "derivations").glob("*.py"))

# Data flows down this list. A room imports rooms above it, and none beside it on its own line.
ORDER = [
    {"errors", "names", "clock"},
    {"expressions"},
    {"operations"},
    {"sums"},
    {"instances"},
    {"equations"},
    {"differentiate", "moments"},
    {"network"},
    {"reading"},
    {"truth", "numeric", "render"},
    {"activations", "quadratic", "training", "correction", "meaning"},
    {"findings", "slides", "drawing"},
    {"grounds"},
    {"claims"},
    {"candidates"},
    {"commands"},
    {"notebook", "site", "testing"},
    {"pytest_plugin"},
    {"cli"},
]
# A file of `derivations/` is a script too: its `section.main()` prints the table of the command line.
# A notebook asks an object itself what it looks like.
BACKWARDS = {("claims", "commands"), *((room, "notebook") for room in ("equations", "network", "truth", "claims"))}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, in functions too; a name imported from a package counts as one.

    What only a type checker reads is not imported.
    """
    tree = parsed(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "symnet" else (module,)


def room_of(module: str) -> str:
    """symnet.truth.prove is in the room truth."""
    return module.split(".")[1]


def place(room: str) -> int:
    found = [k for k, rooms in enumerate(ORDER) if room in rooms]
    assert found, f"give the room {room} its place in ORDER"
    return found[0]


def within(path: Path) -> str:
    first = path.relative_to(ROOT / "symnet").parts[0]
    return first.removesuffix(".py")


def test_data_flows_one_way() -> None:
    backwards = set()
    for path in SOURCES:
        if within(path) == "__init__":
            continue
        own = within(path)
        for module in imports(path):
            if module.startswith("symnet."):
                other = room_of(module)
                if other != own and place(other) >= place(own):
                    backwards.add((own, other))
    assert backwards == BACKWARDS


def test_the_reference_and_the_symbolic_rooms_do_not_know_each_other() -> None:
    home = ROOT / "symnet" / "numeric" / "reference"
    for path in SOURCES:
        used = set(imports(path))
        if path.is_relative_to(home):
            ours = {m for m in used if m.startswith("symnet")}
            assert all(m == "symnet.errors" or m.startswith("symnet.numeric.reference") for m in ours), path
            assert not any(m.partition(".")[0] in ("sympy", "flint") for m in used), path
        else:
            assert not any(m.startswith("symnet.numeric.reference") for m in used), path


# Text from outside is parsed by a grammar, and nested expressions are never handed to SymPy's own walks.
FORBIDDEN = {
    "eval", "exec", "compile", "__import__",
    "parse_expr", "parse_latex", "lambdify", "simplify", "nsimplify", "cse", "diff", "sympify",
}  # fmt: skip


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_executed_and_nothing_is_simplified(path: Path) -> None:
    called = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            function = node.func
            called.add(function.id if isinstance(function, ast.Name) else getattr(function, "attr", ""))
        elif isinstance(node, ast.ImportFrom):
            called |= {alias.name for alias in node.names}
    assert not called & FORBIDDEN - _allowed(path)


def _allowed(path: Path) -> set[str]:
    """`re.compile` is no code; numbers become expressions in one place, which refuses text."""
    if path.name == "expressions.py":
        return {"sympify"}
    return {"compile"} if "re.compile(" in path.read_text(encoding="utf-8") else set()


def test_only_the_compiler_makes_code() -> None:
    makers = {path.name for path in SOURCES if "importlib.util" in set(imports(path))}
    assert makers == {"compile.py"}
    assert {path.name for path in SOURCES if "ctypes" in set(imports(path))} == {"library.py"}


def test_sympy_never_parses_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """sympify("…") would call this, and it evaluates what it reads."""

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"SymPy is asked to parse {arguments[0]!r}")

    monkeypatch.setattr("sympy.parsing.sympy_parser.parse_expr", refuse)
    net = tmp_path / "a.net"
    net.write_text("inputs x\nh = tanh(w1*x + w2)\nF = norm(w3*h) + w4\ndata x | y\n 0.1 | 1/2\n 2 | -3\n 4 | 5\n")
    for form in ("text", "latex", "numpy", "json"):
        arguments = ["derive", str(net), "--format", form, "--at", "all=1/2", "--steps", "1", "--rate", "0.1"]
        assert main(arguments) == 0
    assert main(["claim", str(net), r"\frac{\partial L}{\partial w_2} = \frac{1}{2} w_1"]) == 1
    assert main(["lectures", "L8.13", "L8.14", "L8.19a"]) == 0


def test_text_is_no_number_and_no_expression() -> None:
    for take in (as_expression, partial(call, "exp"), Norm, partial(index, "i")):
        with pytest.raises(SymnetError, match=r"'1 \+ 1' is neither a number nor an expression"):
            take("1 + 1")


# House rules


@pytest.mark.parametrize("path", [*SOURCES, *DERIVATIONS, *TESTS], ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 420


def test_no_test_is_skipped_and_nothing_is_left_to_do() -> None:
    marks = {"skip", "skipif", "xfail", "importorskip"}
    for path in TESTS:
        used = {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
        assert not used & marks, path
    for path in (*SOURCES, *DERIVATIONS):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in ("TODO", "FIXME", "XXX")), path


def test_the_project_stands_alone() -> None:
    """Nothing that is run or read here lies outside the repository."""
    outside = "shared" + "/"
    for path in (*SOURCES, *DERIVATIONS, *TESTS, ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / "README.md"):
        assert outside not in path.read_text(encoding="utf-8"), path


def test_importing_symnet_imports_nothing_heavy() -> None:
    code = "import sys, symnet, symnet.cli; print(*{'sympy', 'numpy', 'flint', 'lark', 'rich'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == ""


def test_a_plain_use_imports_what_it_needs_only() -> None:
    """A network is read, derived and evaluated without NumPy, a terminal library or a plotter."""
    code = (
        "import sys\n"
        "from symnet.differentiate import gradient\n"
        "from symnet.reading.load import load_network\n"
        "from symnet.truth.evaluate import evaluate\n"
        "network = load_network('examples/two_linear.net')\n"
        "derivation = network.fill(gradient(network.derivation, 'L'))\n"
        "print(evaluate(derivation, dict.fromkeys(network.parameters, 0), ['L'])['L'])\n"
        "print(*{'numpy', 'scipy', 'rich', 'jinja2', 'matplotlib'} & sys.modules.keys())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout == "14\n\n"


def test_optional_frameworks_are_never_imported_by_name() -> None:
    """Adapters meet only what is already loaded."""
    for path in SOURCES:
        loaded = {module.partition(".")[0] for module in imports(path)}
        assert not loaded & {"torch", "tensorflow", "keras", "jax", "pandas", "scipy"}, path

"""Finding the implementation a target names. This is the only place where code of a user is imported."""

import inspect
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from symnet.candidates.bind import Functions, bind
from symnet.candidates.candidate import Candidate
from symnet.candidates.own import bind_own, framework_of
from symnet.candidates.spec import Spec
from symnet.errors import SymnetError

__all__ = ["candidate", "functions", "load"]

_ADAPTERS = Path(__file__).parent / "adapters"


def load(target: str, spec: Spec) -> Candidate:
    """The candidate for `module:name`, `file.py:name` or a preset such as `torch:BatchNorm1d`.

    name is a function or a class, or a prefix: `batchnorm` finds `batchnorm_forward` and `batchnorm_backward`.
    Raises SymnetError when it is not found or its arguments cannot be told.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise SymnetError(f"{target!r} is not of the form module:name or file.py:name")
    if place.isidentifier() and (_ADAPTERS / f"{place}.py").exists():
        found: Candidate = import_module(f"symnet.candidates.adapters.{place}").preset(name, spec)
        return found
    return _bound(functions(target), spec, target)


def functions(target: str) -> dict[str, Callable[..., Any]]:
    """The `forward` that `module:name` or `file.py:name` speaks of, and its `backward` and `second` if there are."""
    place, _, name = target.rpartition(":")
    if not place or not name:
        raise SymnetError(f"{target!r} is not of the form module:name or file.py:name")
    return _functions(_module(place), name, target)


def candidate(given: Any, spec: Spec) -> Candidate:
    """A candidate from what is at hand: one as it is, a target, a class, a function, (forward, backward[, second])."""
    if isinstance(given, Candidate):
        return given
    if isinstance(given, str):
        return load(given, spec)
    if isinstance(given, tuple):
        pair = dict(zip(("forward", "backward", "second"), given, strict=False))
        return _bound(pair, spec, getattr(given[0], "__name__", spec.name).removesuffix("_forward"))
    if not callable(given):
        raise SymnetError(f"{given!r} cannot be called: give a function, a pair of them, a class or module:name")
    return _bound({"forward": given}, spec, getattr(given, "__name__", spec.name))


def _bound(code: Functions, spec: Spec, name: str) -> Candidate:
    framework = framework_of(code["forward"])
    return bind(code, spec, name) if framework is None else bind_own(code, spec, name, framework)


def _module(place: str) -> ModuleType:
    try:
        if place.endswith(".py"):
            return _file(Path(place))
        if "" not in sys.path:
            sys.path.insert(0, "")
        return import_module(place)
    except SymnetError:
        raise
    except Exception as error:  # whatever the code of a user raises while it is imported
        raise SymnetError(f"cannot import {place}: {type(error).__name__}: {error}") from error


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        raise SymnetError(f"there is no file {path}")
    name = f"checked_{path.stem}"
    loader = SourceFileLoader(name, str(path))
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # what the file defines asks for its module (dataclasses, inspect)
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    loader.exec_module(module)
    return module


def _functions(module: ModuleType, name: str, target: str) -> dict[str, Callable[..., Any]]:
    found = getattr(module, name, None)
    forward = getattr(module, f"{name}_forward", None)
    if not callable(found) and not callable(forward):
        known = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SymnetError(
            f"{target}: there is no {name} and no {name}_forward in {module.__name__.removeprefix('checked_')}{hint}"
        )
    both: dict[str, Callable[..., Any]] = {"forward": forward if callable(forward) else found}  # type: ignore[dict-item]
    if inspect.isclass(both["forward"]):
        return both
    base = name.removesuffix("_forward")
    for other in (f"{base}_backward", f"{base}_gradient", f"{base}_grad"):
        if callable(getattr(module, other, None)):
            both["backward"] = getattr(module, other)
            break
    for other in (f"{base}_backward_backward", f"{base}_double_backward", f"{base}_hvp"):
        if callable(getattr(module, other, None)):
            both["second"] = getattr(module, other)
            break
    return both

"""What the words on the command line mean. Nothing heavy is imported before it is needed."""

import argparse
import sys
from math import inf
from typing import TYPE_CHECKING

from symnet.errors import SymnetError

if TYPE_CHECKING:
    from sympy import Rational

    from symnet.network.network import Network

__all__ = ["count", "digits", "exact", "load", "names", "point", "seconds", "write"]


def count(text: str) -> int:
    if not text.isdigit() or int(text) > 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of steps from 0 to 1000")
    return int(text)


def digits(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 10000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of digits from 1 to 10000")
    return int(text)


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 < number < inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, which is more than 0")
    return number


def write(output: str, path: str | None) -> int:
    if path is None:
        print(output)
        return 0
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(output + "\n")
    except OSError as error:
        raise SymnetError(f"cannot write {path}: {error.strerror}") from None
    return 0


def load(source: str) -> "Network":
    from symnet.network.network import Network

    module, colon, name = source.rpartition(":")
    if colon and not source.endswith(".net"):
        from importlib import import_module

        sys.path.insert(0, "")
        try:
            found = getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError, TypeError) as error:
            raise SymnetError(f"cannot load {source}: {error}") from None
        if not isinstance(found, Network):
            raise SymnetError(f"{source} is a {type(found).__name__}, not a symnet Network")
        return found
    from symnet.reading.load import load_network

    return load_network(source)


def names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def exact(text: str, where: str) -> "Rational":
    from symnet.reading.arithmetic import number

    try:
        return number(text.strip())
    except SymnetError:
        raise SymnetError(f"{where}: {text!r} is not an exact number such as -2, 1/2 or 0.1") from None


def point(text: str, where: str = "--at") -> "dict[str, Rational]":
    point: dict[str, Rational] = {}
    for part in names(text):
        name, equals, value = part.partition("=")
        if not equals:
            raise SymnetError(f"{where}: {part!r} is not of the form name=value")
        if name.strip() in point:
            raise SymnetError(f"{where}: {name.strip()} is given twice")
        point[name.strip()] = exact(value, where)
    return point

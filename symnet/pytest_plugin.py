"""The pytest plugin: a fixture `symnet` with the assertions of `symnet.testing`, and `--symnet-digits`."""

from dataclasses import dataclass
from typing import Any

import pytest

__all__ = ["Assertions", "symnet"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("symnet")
    group.addoption(
        "--symnet-digits",
        type=float,
        default=None,
        metavar="N",
        help="N correct digits are enough for the symnet fixture (default: all that rounding leaves)",
    )


@dataclass(frozen=True)
class Assertions:
    """`symnet.assert_matches(layer, "batch_norm")` with the digits of the command line."""

    digits: float | None

    def assert_matches(self, candidate: Any, spec: str, dtype: str | None = None) -> None:
        from symnet.testing import assert_matches

        __tracebackhide__ = True
        assert_matches(candidate, spec, dtype, self.digits)

    def assert_matches_everywhere(self, candidate: Any, spec: str, examples: int = 50) -> None:
        from symnet.testing import assert_matches_everywhere

        __tracebackhide__ = True
        assert_matches_everywhere(candidate, spec, examples)


@pytest.fixture(scope="session")
def symnet(request: pytest.FixtureRequest) -> Assertions:
    """The assertions of symnet.testing."""
    return Assertions(request.config.getoption("--symnet-digits"))

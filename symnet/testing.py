"""For people's own tests: one line that checks a layer.

    from symnet.testing import assert_matches

    def test_my_layer():
        assert_matches("my.layers:batchnorm", "batch_norm")

With pytest, the fixture `symnet` has the same two functions, and `--symnet-digits` says how many correct digits are
enough for them. With hypothesis installed, `assert_matches_everywhere` looks for the smallest input that fails.
"""

from typing import Any

from symnet.errors import SymnetError

__all__ = ["assert_matches", "assert_matches_everywhere"]


def assert_matches(candidate: Any, spec: str, dtype: str | None = None, digits: float | None = None) -> None:
    """Raises AssertionError, saying what is wrong, unless the implementation is right.

    candidate: `module:name`, `file.py:name`, a function, a pair (forward, backward), or a class. spec: as in
    `symnet check --as`. dtype: the floats to test with, by default float64 or what it answers with. digits: how many
    correct ones, counted from the largest element of a feature, are enough; by default all but what rounding explains.
    Raises SymnetError when the candidate cannot be found or called.
    """
    from symnet.candidates.check import check
    from symnet.candidates.told import failure

    report = check(candidate, spec, dtype, digits)
    if not report.passed:
        raise AssertionError(failure(report))


def assert_matches_everywhere(candidate: Any, spec: str, examples: int = 50, dtype: str = "float64") -> None:
    """The same at inputs that hypothesis chooses and, when one fails, makes small.

    Inputs at which rounding alone may change half of the digits are left out: kinks and cancellations.
    Raises SymnetError without hypothesis.
    """
    try:
        import hypothesis  # noqa: F401
    except ImportError:
        raise SymnetError("assert_matches_everywhere needs hypothesis: pip install hypothesis") from None
    from symnet.candidates.everywhere import search

    search(candidate, spec, examples, dtype)

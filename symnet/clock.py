"""The clock that limits are held against: seconds of the processor, so that a busy machine changes nothing.

Within `by_work` it counts steps of work, as many on every machine. Whatever may take long calls `now` as it goes, with
the number of steps that it is about to take, or has taken.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import process_time

__all__ = ["by_work", "now"]

STEPS = 60_000  # that are counted as a second
_AN_HOUR = 3600 * STEPS


@dataclass
class _Work:
    """steps: done so far. last: the time after which every look at the clock takes an hour: everything is late."""

    steps: int
    last: float


_work: ContextVar[_Work | None] = ContextVar("work", default=None)


def now(steps: int = 1) -> float:
    """Seconds, or the steps done so far as seconds, with these."""
    work = _work.get()
    if work is None:
        return process_time()
    work.steps += steps if process_time() < work.last else _AN_HOUR
    return work.steps / STEPS


@contextmanager
def by_work(last_resort: float) -> Iterator[None]:
    """Within, `now` counts work; but after so many seconds of time every limit passes at once."""
    token = _work.set(_Work(0, process_time() + last_resort))
    try:
        yield
    finally:
        _work.reset(token)

"""Timing that other work on the machine disturbs least, and peers that are stopped when they take too long."""

import multiprocessing
import queue
import re
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["best_of", "cell", "megabytes", "milliseconds", "within"]


def best_of(count: int, run: Callable[[], object]) -> float:
    """The smallest of several times of this processor, which other work on the machine disturbs least."""
    times = []
    for _ in range(count):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def within(limit: float, run: Callable[[], Any]) -> tuple[Any, float] | None:
    """What `run` returned in a process of its own, and the seconds it took; None when it took longer, or died."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=_timed, args=(run, answers))
    process.start()
    try:
        return answers.get(timeout=limit)
    except queue.Empty:
        return None
    finally:
        process.terminate()
        process.join()


def _timed(run: Callable[[], Any], answers: Any) -> None:
    start = time.perf_counter()
    result = run()
    answers.put((result, time.perf_counter() - start))


def megabytes() -> float:
    """The most memory so far, with the libraries that were imported."""
    status = Path("/proc/self/status")
    if status.exists():  # what `getrusage` says there counts the process that started this one
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"


def cell(outcome: str, seconds: float | None, expected: str, limit: float) -> str:
    """A time, with the outcome where it is not the expected one."""
    if seconds is None:
        return f"> {limit:.0f} s" if outcome == "no answer" else outcome
    return milliseconds(seconds) if outcome == expected else f"{outcome} ({milliseconds(seconds)})"

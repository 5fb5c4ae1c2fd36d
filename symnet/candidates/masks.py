"""Where a dropout gets its mask from, and which mask it drew, told by what it did."""

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["MaskSource", "mask_of", "mask_sources"]


class MaskSource(np.random.Generator):
    """A NumPy generator that can also be called, and that has the names of the older interface."""

    def __init__(self, seed: int = 20) -> None:
        super().__init__(np.random.PCG64(seed))

    def __call__(self, *shape: Any) -> Any:
        return self.random(shape[0] if len(shape) == 1 else shape)

    rand = random_sample = __call__


def mask_sources(mask: Any, x: Any, named: bool) -> Iterator[Any]:
    """What to try in turn: the array itself where the parameter is named a mask, a generator, a function of a shape."""
    shape = np.shape(x)
    source = MaskSource()
    drawn = mask if mask is not None else (source.random(shape) < 0.7) * 1.0
    generator = [MaskSource(), lambda *shape: drawn]
    yield from ([drawn, *generator] if named else [*generator, drawn])


def mask_of(x: Any, out: Any, source: Any) -> Any:
    """1 where something was let through; the array itself where it was given. Raises ValueError for no mask.

    What is let through has one factor everywhere; a source that was misunderstood gives many.
    """
    if isinstance(source, np.ndarray):
        return source
    out = np.asarray(out)
    kept = out != 0
    ratios = np.asarray(out, dtype=float)[kept] / np.asarray(x, dtype=float)[kept]
    if ratios.size and np.ptp(ratios) > 1e-2 * abs(ratios[0]):
        raise ValueError("the mask is not of zeros and ones")
    return kept.astype(np.asarray(x).dtype)

"""Whether a series stays where it is."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from scipy.stats import theilslopes

SETTLED = 1 / 3
"""Share of a run after which nothing may grow any more."""
PRESENT = 0.75
"""Share of the values that have to be there."""


def growth(times: Sequence[float], values: Sequence[float]) -> float:
    """By how much a series grew from `SETTLED` to its end, relative to its median there.

    The line is the median of the slopes between all pairs (Theil and Sen), so that single peaks, such as those of a
    fault, don't count. A value that is NaN wasn't there to measure, as of a process that was away. NaN, which is no
    growth within any limit, when that holds for more than a quarter, or there are fewer than three.
    """
    end = max(times, default=0.0)
    late = [(at, value) for at, value in zip(times, values, strict=True) if at >= end * SETTLED]
    kept = [(at, value) for at, value in late if not isnan(value)]
    if len(kept) < max(3, PRESENT * len(late)):
        return float("nan")
    slope, _, _, _ = theilslopes([value for _, value in kept], [at for at, _ in kept])
    middle = sorted(value for _, value in kept)[len(kept) // 2]
    return float(slope) * (end - end * SETTLED) / max(middle, 1e-9)

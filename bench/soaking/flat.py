"""Whether a series stays where it is."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import theilslopes

SETTLED = 1 / 3
"""Share of a run after which nothing may grow any more."""


def growth(times: Sequence[float], values: Sequence[float]) -> float:
    """By how much a series grew from `SETTLED` to its end, relative to its median there.

    The line is the median of the slopes between all pairs (Theil and Sen), so that single peaks, such as those of a
    fault, don't count. NaN for fewer than three values.
    """
    end = max(times, default=0.0)
    kept = [(at, value) for at, value in zip(times, values, strict=True) if at >= end * SETTLED]
    if len(kept) < 3:
        return float("nan")
    slope, _, _, _ = theilslopes([value for _, value in kept], [at for at, _ in kept])
    middle = sorted(value for _, value in kept)[len(kept) // 2]
    return float(slope) * (end - end * SETTLED) / max(middle, 1e-9)
